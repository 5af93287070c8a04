package expr

import "slices"

// Children and WithChildren of each node, in the order of expr.go. WithChildren keeps type, nullability and kernel:
// a rule that changes a child's nullability and wants the parent to know builds the parent anew.

// Children returns nil.
func (e *Column) Children() []Expr { return nil }

// WithChildren returns e.
func (e *Column) WithChildren([]Expr) Expr { return e }

// Children returns nil.
func (e *Literal) Children() []Expr { return nil }

// WithChildren returns e.
func (e *Literal) WithChildren([]Expr) Expr { return e }

// Children returns nil.
func (e *Parameter) Children() []Expr { return nil }

// WithChildren returns e.
func (e *Parameter) WithChildren([]Expr) Expr { return e }

// Children returns the operands.
func (e *Arithmetic) Children() []Expr {
	if e.Right == nil {
		return []Expr{e.Left}
	}
	return []Expr{e.Left, e.Right}
}

// WithChildren returns the operator over other operands.
func (e *Arithmetic) WithChildren(c []Expr) Expr {
	n := *e
	n.Left = c[0]
	if len(c) > 1 {
		n.Right = c[1]
	}
	return &n
}

// Children returns the operands.
func (e *Comparison) Children() []Expr { return []Expr{e.Left, e.Right} }

// WithChildren returns the comparison of other operands.
func (e *Comparison) WithChildren(c []Expr) Expr {
	n := *e
	n.Left, n.Right = c[0], c[1]
	return &n
}

// Children returns the arguments.
func (e *And) Children() []Expr { return e.Args }

// WithChildren returns the conjunction of other arguments.
func (e *And) WithChildren(c []Expr) Expr { return &And{e.Base, c} }

// Children returns the arguments.
func (e *Or) Children() []Expr { return e.Args }

// WithChildren returns the disjunction of other arguments.
func (e *Or) WithChildren(c []Expr) Expr { return &Or{e.Base, c} }

// Children returns the input.
func (e *Not) Children() []Expr { return []Expr{e.Input} }

// WithChildren returns the negation of another input.
func (e *Not) WithChildren(c []Expr) Expr { return &Not{e.Base, c[0]} }

// Children returns the input.
func (e *IsNull) Children() []Expr { return []Expr{e.Input} }

// WithChildren returns the test of another input.
func (e *IsNull) WithChildren(c []Expr) Expr { return &IsNull{e.Base, c[0]} }

// Children returns condition, result, condition, result, …, else.
func (e *Case) Children() []Expr {
	c := make([]Expr, 0, 2*len(e.Whens)+1)
	for _, w := range e.Whens {
		c = append(c, w.Condition, w.Result)
	}
	return append(c, e.Else)
}

// WithChildren returns the Case of other conditions and results.
func (e *Case) WithChildren(c []Expr) Expr {
	n := &Case{Base: e.Base, Whens: make([]When, len(c)/2), Else: c[len(c)-1]}
	for i := range n.Whens {
		n.Whens[i] = When{c[2*i], c[2*i+1]}
	}
	return n
}

// Children returns the arguments.
func (e *Coalesce) Children() []Expr { return e.Args }

// WithChildren returns the Coalesce of other arguments.
func (e *Coalesce) WithChildren(c []Expr) Expr { return &Coalesce{e.Base, c} }

// Children returns the tested value.
func (e *In) Children() []Expr { return []Expr{e.Input} }

// WithChildren returns the test of another value.
func (e *In) WithChildren(c []Expr) Expr {
	n := *e
	n.Input = c[0]
	return &n
}

// Children returns the input.
func (e *Cast) Children() []Expr { return []Expr{e.Input} }

// WithChildren returns the cast of another input of the same type.
func (e *Cast) WithChildren(c []Expr) Expr {
	n := *e
	n.Input = c[0]
	return &n
}

// Children returns the arguments.
func (e *Call) Children() []Expr { return e.Args }

// WithChildren returns the call with other arguments.
func (e *Call) WithChildren(c []Expr) Expr {
	n := *e
	n.Args = c
	return &n
}

// Children returns the struct.
func (e *Field) Children() []Expr { return []Expr{e.Input} }

// WithChildren returns the same field of another struct.
func (e *Field) WithChildren(c []Expr) Expr { return &Field{e.Base, c[0], e.Index} }

// Children returns the body; the parameters are not children.
func (e *Lambda) Children() []Expr { return []Expr{e.Body} }

// WithChildren returns the lambda with another body.
func (e *Lambda) WithChildren(c []Expr) Expr { return &Lambda{e.Base, e.Params, c[0]} }

// Children returns the arguments, the filter if there is one, and the sort keys.
func (e *Aggregate) Children() []Expr {
	c := slices.Clone(e.Args)
	if e.Filter != nil {
		c = append(c, e.Filter)
	}
	for _, k := range e.OrderBy {
		c = append(c, k.Expr)
	}
	return c
}

// WithChildren returns the aggregate over other inputs.
func (e *Aggregate) WithChildren(c []Expr) Expr {
	n := *e
	n.Args, c = c[:len(e.Args):len(e.Args)], c[len(e.Args):]
	if e.Filter != nil {
		n.Filter, c = c[0], c[1:]
	}
	n.OrderBy, _ = withSortKeys(e.OrderBy, c)
	return &n
}

// Children returns the function, the partition expressions and the sort keys.
func (e *WindowCall) Children() []Expr {
	c := append([]Expr{e.Function}, e.PartitionBy...)
	for _, k := range e.OrderBy {
		c = append(c, k.Expr)
	}
	return c
}

// WithChildren returns the window call over other inputs.
func (e *WindowCall) WithChildren(c []Expr) Expr {
	n := *e
	n.Function, c = c[0], c[1:]
	n.PartitionBy, c = c[:len(e.PartitionBy):len(e.PartitionBy)], c[len(e.PartitionBy):]
	n.OrderBy, _ = withSortKeys(e.OrderBy, c)
	return &n
}

// Children returns the values compared with the query's columns; the query itself is a plan.
func (e *Subquery) Children() []Expr { return e.Values }

// WithChildren returns the subquery with other compared values.
func (e *Subquery) WithChildren(c []Expr) Expr {
	n := *e
	n.Values = c
	return &n
}

func withSortKeys(keys []SortKey, c []Expr) ([]SortKey, []Expr) {
	if len(keys) == 0 {
		return keys, c
	}
	keys = slices.Clone(keys)
	for i := range keys {
		keys[i].Expr = c[i]
	}
	return keys, c[len(keys):]
}

var _ = []Expr{(*Column)(nil), (*Literal)(nil), (*Parameter)(nil), (*Arithmetic)(nil), (*Comparison)(nil), (*And)(nil), (*Or)(nil),
	(*Not)(nil), (*IsNull)(nil), (*Case)(nil), (*Coalesce)(nil), (*In)(nil), (*Cast)(nil), (*Call)(nil), (*Field)(nil), (*Lambda)(nil),
	(*Aggregate)(nil), (*WindowCall)(nil), (*Subquery)(nil)}
