package optimizer

import (
	"slices"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// pulled is a plan out of which correlated predicates were taken.
type pulled struct {
	// node has the columns of the original plan and those that the predicates read.
	node logical.Node
	// predicates go over node's columns and the outer ones; a row of the original plan is a row of node for which all hold.
	predicates []expr.Expr
	// empty is set if the original plan gives one row even where node has none: an aggregate without GROUP BY. Then it
	// holds the columns' values in that row, and node has at most one row for each combination of outer values.
	empty map[expr.ColumnID]expr.Expr
}

// pullUp takes the predicates that read columns of outer out of a plan. ok is false if the plan's shape does not allow
// it. The guard on aggregates: only k = o.k may pass GROUP BY, by grouping by k as well. In
//
//	SELECT (SELECT sum(v) FROM t WHERE t.k < o.k) FROM o
//
// one row of t belongs to the sums of many rows of o.
func pullUp(c *Context, n logical.Node, outer columnSet) (_ *pulled, ok bool) {
	if !readsAny(n, outer) {
		return &pulled{node: n}, true
	}
	switch n := n.(type) {
	case *logical.Filter:
		return pullUpFilter(c, n, outer)
	case *logical.Project:
		return pullUpProject(c, n, outer)
	case *logical.Join:
		return pullUpJoin(c, n, outer)
	case *logical.Aggregate:
		return pullUpAggregate(c, n, outer)
	case *logical.Sort: // the order of rows in a subquery without LIMIT has no meaning
		return pullUp(c, n.Input, outer)
	}
	return nil, false
}

func pullUpFilter(c *Context, n *logical.Filter, outer columnSet) (*pulled, bool) {
	p, ok := pullUp(c, n.Input, outer)
	if !ok || p.empty != nil {
		return nil, false // HAVING over one certain row: a group that fails it is not a group that is missing
	}
	var own []expr.Expr
	for _, e := range expr.Conjuncts(n.Condition) {
		if !outer.touches(e) {
			own = append(own, e)
			continue
		}
		if !expr.Deterministic(e) {
			return nil, false
		}
		p.predicates = append(p.predicates, e)
	}
	p.node = filtered(p.node, own...)
	return p, true
}

func pullUpProject(c *Context, n *logical.Project, outer columnSet) (*pulled, bool) {
	for _, item := range n.Items {
		if outer.touches(item.Expr) {
			return nil, false
		}
	}
	p, ok := pullUp(c, n.Input, outer)
	if !ok {
		return nil, false
	}
	items := slices.Clone(n.Items)
	have := columnSet{}
	for _, item := range items {
		have[item.ID] = true
	}
	for _, column := range p.node.Columns() {
		if !have[column.ID] && slices.ContainsFunc(p.predicates, func(e expr.Expr) bool { return setOf(column.ID).touches(e) }) {
			items = append(items, passColumn(column))
		}
	}
	p.node = &logical.Project{Input: p.node, Items: items}
	if p.empty != nil {
		empty := make(map[expr.ColumnID]expr.Expr, len(n.Items))
		for _, item := range n.Items {
			empty[item.ID] = propagateNulls(substitute(item.Expr, p.empty))
		}
		p.empty = empty
	}
	return p, true
}

func pullUpJoin(c *Context, n *logical.Join, outer columnSet) (*pulled, bool) {
	if n.Lateral {
		return nil, false
	}
	var own, free []expr.Expr
	for _, e := range conjuncts(n.Condition) {
		if outer.touches(e) {
			free = append(free, e)
		} else {
			own = append(own, e)
		}
	}
	m := *n
	out := &pulled{node: &m}
	pull := func(side *logical.Node, allowed bool) bool {
		if !readsAny(*side, outer) {
			return true
		}
		p, ok := pullUp(c, *side, outer)
		if !ok || !allowed || p.empty != nil {
			return false
		}
		*side = p.node
		out.predicates = append(out.predicates, p.predicates...)
		return true
	}
	inner := n.Type == logical.Inner || n.Type == logical.Cross
	if len(free) > 0 && !inner {
		return nil, false
	}
	if !pull(&m.Left, n.Type != logical.RightOuter && n.Type != logical.FullOuter) {
		return nil, false
	}
	if !pull(&m.Right, inner || n.Type == logical.RightOuter) {
		return nil, false
	}
	m.Condition = expr.Conjunction(own...)
	if m.Condition == nil && m.Type == logical.Inner {
		m.Type = logical.Cross
	}
	out.predicates = append(out.predicates, free...)
	return out, true
}

func pullUpAggregate(c *Context, n *logical.Aggregate, outer columnSet) (*pulled, bool) {
	if n.Sets != nil || slices.ContainsFunc(n.Expressions(), outer.touches) {
		return nil, false
	}
	p, ok := pullUp(c, n.Input, outer)
	if !ok || p.empty != nil {
		return nil, false
	}
	m := *n
	m.Keys = slices.Clone(n.Keys)
	m.Input = p.node
	predicates := make([]expr.Expr, len(p.predicates))
	for i, e := range p.predicates {
		op, own, other, ok := splitEquality(e, outer)
		if !ok {
			return nil, false
		}
		predicates[i] = compare(op, addKey(c, &m, own).Ref(), other)
	}
	out := &pulled{node: &m, predicates: predicates}
	if len(n.Keys) == 0 {
		if out.empty, ok = emptyResults(n); !ok {
			return nil, false
		}
	}
	return out, true
}

// splitEquality takes apart own = other or own <=> other, where own reads no column of outer and other nothing else.
func splitEquality(e expr.Expr, outer columnSet) (_ expr.CompareOp, own, other expr.Expr, ok bool) {
	c, ok := e.(*expr.Comparison)
	if !ok || c.Op != expr.Equal && c.Op != expr.NullSafeEqual {
		return 0, nil, nil, false
	}
	own, other = c.Left, c.Right
	if outer.touches(own) {
		own, other = other, own
	}
	return c.Op, own, other, !outer.touches(own) && outer.covers(other)
}

// addKey groups by e as well and returns its column.
func addKey(c *Context, n *logical.Aggregate, e expr.Expr) logical.Column {
	for _, k := range n.Keys {
		if expr.Same(k.Expr, e) {
			return k.Column()
		}
	}
	key := logical.Named{ID: c.IDs.Next(), Name: "key", Expr: e}
	if column, ok := e.(*expr.Column); ok {
		key.Name = column.Name
	}
	n.Keys = append(n.Keys, key)
	return key.Column()
}

// emptyResults are the results of aggregates over no rows, where they are known: null for sum, min, max and avg, 0 for
// count. Others are left to the domain, which evaluates them over an empty group.
func emptyResults(n *logical.Aggregate) (map[expr.ColumnID]expr.Expr, bool) {
	out := make(map[expr.ColumnID]expr.Expr, len(n.Aggregates))
	for _, item := range n.Aggregates {
		a, ok := item.Expr.(*expr.Aggregate)
		if !ok || a.Kernel == nil {
			return nil, false
		}
		switch a.Kernel.Kind {
		case expr.CountAggregate:
			out[item.ID] = longLiteral(0)
		case expr.SumAggregate, expr.MinAggregate, expr.MaxAggregate, expr.AvgAggregate:
			out[item.ID] = nullLiteral(a.Typ)
		default:
			return nil, false
		}
	}
	return out, true
}

// propagateNulls replaces what is null because an operand is, such as 0.2 * NULL.
func propagateNulls(e expr.Expr) expr.Expr {
	return expr.Transform(e, func(e expr.Expr) expr.Expr {
		if !nullIfAnyIs(e) || !slices.ContainsFunc(e.Children(), isNullLiteral) {
			return e
		}
		return nullLiteral(e.Type())
	})
}

// nullIfAnyIs reports whether e is null as soon as one of its children is.
func nullIfAnyIs(e expr.Expr) bool {
	switch e := e.(type) {
	case *expr.Arithmetic, *expr.Cast, *expr.Not, *expr.Field, *expr.In:
		return true
	case *expr.Comparison:
		return e.Op != expr.NullSafeEqual
	case *expr.Call:
		return e.Function.Nulls == expr.NullPropagating && !e.Function.NonDeterministic && !e.Function.Generator && !e.Function.Window
	}
	return false
}
