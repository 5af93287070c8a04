package optimizer

import (
	"fmt"
	"slices"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// domain is the set of combinations of values that some columns of a plan have, or of more than those.
type domain struct {
	d          *decorrelator
	key        int32
	definition logical.Node
	columns    []logical.Column
}

// pushInto is plan computed for each combination of the domain, and the conditions that select a row's own.
func (s *domain) pushInto(plan logical.Node) (logical.Node, []expr.Expr) {
	node, copies := (&pushDown{d: s.d, domain: s, outer: columnsOf(s.columns)}).push(plan)
	return node, matching(s.columns, copies)
}

// use is the domain with fresh columns, and these by the columns they are copies of.
func (s *domain) use() (logical.Node, map[expr.ColumnID]logical.Column) {
	n := &logical.CommonPlan{Key: s.key, Definition: s.definition}
	copies := map[expr.ColumnID]logical.Column{}
	for _, c := range s.columns {
		fresh := s.d.freshColumn(c)
		n.Output = append(n.Output, fresh)
		copies[c.ID] = fresh
	}
	return n, copies
}

// pushDown joins a domain into a plan as deep as its outer columns are read.
type pushDown struct {
	d      *decorrelator
	domain *domain
	outer  columnSet
}

type copies = map[expr.ColumnID]logical.Column

// push returns a plan with n's columns and a copy of the domain's, which computes n for each combination of the domain.
func (p *pushDown) push(n logical.Node) (logical.Node, copies) {
	p.d.check()
	if !readsAny(n, p.outer) {
		dom, m := p.domain.use()
		return &logical.Join{Type: logical.Cross, Left: dom, Right: n}, m
	}
	switch n := n.(type) {
	case *logical.Filter, *logical.Sort, *logical.Repartition, *logical.Sample, *logical.Generate:
		input, m := p.push(n.Children()[0])
		return p.bind(n, m).WithChildren([]logical.Node{input}), m
	case *logical.Project:
		input, m := p.push(n.Input)
		bound := p.bind(n, m).(*logical.Project)
		return &logical.Project{Input: input, Items: append(slices.Clip(bound.Items), passColumns(p.ordered(m))...)}, m
	case *logical.Aggregate:
		return p.aggregate(n)
	case *logical.Join:
		return p.join(n)
	case *logical.Limit:
		return p.limit(n)
	case *logical.Window:
		input, m := p.push(n.Input)
		w := p.bind(n, m).(*logical.Window)
		return &logical.Window{Input: input, Functions: p.partition(w.Functions, m)}, m
	case *logical.SetOperation:
		return p.setOperation(n)
	case *logical.Values:
		return p.values(n)
	case *logical.Single:
		// One row of nulls where there is none, and an error where there are two: a single join with the domain.
		dom, m := p.domain.use()
		input, copies := p.push(n.Input)
		return &logical.Join{Type: logical.LeftOuter, Single: !atMostOneRow(n.Input), Left: dom,
			Right: input, Condition: expr.Conjunction(p.match(m, copies)...)}, m
	case *logical.CommonPlan:
		return p.push(inlineUse(n, p.d.Context))
	}
	panic(fmt.Sprintf("optimizer: no decorrelation of %T", n))
}

// bind replaces outer columns in n's own expressions by their copies.
func (p *pushDown) bind(n logical.Node, m copies) logical.Node {
	return n.MapExpressions(func(e expr.Expr) expr.Expr { return bindCopies(e, m) })
}

func bindCopies(e expr.Expr, m copies) expr.Expr {
	return expr.ReplaceColumns(e, func(c *expr.Column) expr.Expr {
		if column, ok := m[c.ID]; ok {
			return column.Ref()
		}
		return c
	})
}

// ordered are the copies in the order of the domain's columns.
func (p *pushDown) ordered(m copies) []logical.Column {
	out := make([]logical.Column, len(p.domain.columns))
	for i, c := range p.domain.columns {
		out[i] = m[c.ID]
	}
	return out
}

// match are the predicates that two sets of copies agree.
func (p *pushDown) match(a, b copies) []expr.Expr {
	out := make([]expr.Expr, len(p.domain.columns))
	for i, c := range p.domain.columns {
		out[i] = sameValue(a[c.ID].Ref(), b[c.ID].Ref())
	}
	return out
}

// aggregate groups by the domain as well. Without GROUP BY there is one row even for a combination without rows: the
// aggregates then run over an outer join that keeps each combination, and see only the rows that have a partner.
func (p *pushDown) aggregate(n *logical.Aggregate) (logical.Node, copies) {
	input, m := p.push(n.Input)
	bound := *p.bind(n, m).(*logical.Aggregate)
	if len(n.Keys) == 0 && n.Sets == nil {
		dom, all := p.domain.use()
		present := logical.Named{ID: p.d.IDs.Next(), Name: "present", Expr: booleanLiteral(true)}
		right := &logical.Project{Input: input, Items: append(passColumns(input.Columns()), present)}
		input = &logical.Join{Type: logical.LeftOuter, Left: dom, Right: right, Condition: expr.Conjunction(p.match(all, m)...)}
		m = all
		column := present.Column()
		column.Nullable = true
		bound.Aggregates = onlyWhere(isNotNull(column.Ref()), bound.Aggregates, outputSet(right))
	}
	bound.Input = input
	out := copies{}
	bound.Keys = slices.Clone(bound.Keys)
	first := len(bound.Keys)
	for _, c := range p.domain.columns {
		k := logical.Named{ID: p.d.IDs.Next(), Name: c.Name, Expr: m[c.ID].Ref()}
		bound.Keys = append(bound.Keys, k)
		out[c.ID] = k.Column()
	}
	if bound.Sets != nil {
		bound.Sets = slices.Clone(bound.Sets)
		for i, set := range bound.Sets {
			for k := first; k < len(bound.Keys); k++ {
				set = append(slices.Clip(set), k)
			}
			bound.Sets[i] = set
		}
	}
	return &bound, out
}

// onlyWhere filters aggregates; their arguments, columns of right, have become nullable by an outer join.
func onlyWhere(condition expr.Expr, items []logical.Named, right columnSet) []logical.Named {
	out := slices.Clone(items)
	for i, item := range out {
		a := *loosen(item.Expr, right).(*expr.Aggregate)
		if a.Filter == nil {
			a.Filter = condition
		} else {
			a.Filter = expr.Conjunction(condition, a.Filter)
		}
		out[i].Expr = &a
	}
	return out
}

// join pushes the domain into the sides that need it. The side whose rows the join preserves always does: a row that is
// kept without a partner still belongs to a combination.
func (p *pushDown) join(n *logical.Join) (logical.Node, copies) {
	left, right := readsAny(n.Left, p.outer), readsAny(n.Right, p.outer)
	switch n.Type {
	case logical.RightOuter:
		right = true
	case logical.FullOuter:
		left, right = true, true
	case logical.Inner, logical.Cross:
		left = left || !right
	default:
		left = true
	}
	m := *n
	var l, r, out copies
	if left {
		m.Left, l = p.push(n.Left)
		out = l
	}
	if right {
		m.Right, r = p.push(n.Right)
		if out == nil || n.Type == logical.RightOuter {
			out = r
		}
	}
	parts := conjuncts(n.Condition)
	for i, e := range parts {
		if l == nil {
			parts[i] = bindCopies(e, r)
		} else {
			parts[i] = bindCopies(e, l)
		}
	}
	if left && right {
		parts = append(parts, p.match(l, r)...)
	}
	m.Condition = expr.Conjunction(parts...)
	if m.Type == logical.Cross && m.Condition != nil {
		m.Type = logical.Inner
	}
	if n.Type == logical.FullOuter {
		return p.eitherSide(&m, n.Columns(), l, r)
	}
	return &m, out
}

// eitherSide takes the domain's columns of a full join from the side that has a row.
func (p *pushDown) eitherSide(n *logical.Join, columns []logical.Column, l, r copies) (logical.Node, copies) {
	have := n.Columns()
	items := passColumns(columns)
	out := copies{}
	for _, c := range p.domain.columns {
		a, _ := columnByID(have, l[c.ID].ID)
		b, _ := columnByID(have, r[c.ID].ID)
		item := logical.Named{ID: p.d.IDs.Next(), Name: c.Name, Expr: coalesce(a.Ref(), b.Ref())}
		items = append(items, item)
		out[c.ID] = item.Column()
	}
	return &logical.Project{Input: n, Items: items}, out
}

// limit numbers the rows of each combination, in the order of a Sort below, and keeps the first.
func (p *pushDown) limit(n *logical.Limit) (logical.Node, copies) {
	if n.Count == 1 && n.Offset == 0 {
		return p.firstRow(n)
	}
	var keys []expr.SortKey
	below := n.Input
	if s, ok := below.(*logical.Sort); ok && s.Global {
		keys, below = s.Keys, s.Input
	}
	input, m := p.push(below)
	call := &expr.WindowCall{OrderBy: slices.Clone(keys), Function: p.d.rowNumber(),
		Frame: expr.Frame{Rows: true, StartKind: ast.UnboundedPreceding, EndKind: ast.CurrentRow}}
	call.Base = expr.Base{Typ: call.Function.Type()}
	for i := range call.OrderBy {
		call.OrderBy[i].Expr = bindCopies(call.OrderBy[i].Expr, m)
	}
	number := logical.Named{ID: p.d.IDs.Next(), Name: "row", Expr: call}
	window := &logical.Window{Input: input, Functions: p.partition([]logical.Named{number}, m)}
	literal := func(v int64) expr.Expr {
		if call.Typ.Kind == types.Int {
			return &expr.Literal{Base: expr.Base{Typ: types.IntType}, Value: int32(min(v, 1<<31-1))}
		}
		return longLiteral(v)
	}
	row := number.Column().Ref()
	var parts []expr.Expr
	if n.Offset > 0 {
		parts = append(parts, compare(expr.Greater, row, literal(n.Offset)))
	}
	if n.Count >= 0 {
		parts = append(parts, compare(expr.LessOrEqual, row, literal(n.Offset+n.Count)))
	}
	return keepColumns(filtered(window, parts...), input.Columns()), m
}

// firstRow takes the first row of each combination, in the order of a Sort below, with the aggregate first.
func (p *pushDown) firstRow(n *logical.Limit) (logical.Node, copies) {
	input, m := p.push(n.Input)
	a := &logical.Aggregate{Input: input}
	out := copies{}
	for _, c := range p.domain.columns {
		k := logical.Named{ID: p.d.IDs.Next(), Name: c.Name, Expr: m[c.ID].Ref()}
		a.Keys = append(a.Keys, k)
		out[c.ID] = k.Column()
	}
	items := passColumns(a.Columns())
	for _, c := range n.Columns() {
		have, _ := columnByID(input.Columns(), c.ID)
		first, err := p.d.firstOf(have.Ref())
		if err != nil {
			p.d.fail(err)
			return n, m
		}
		first.Null = have.Nullable // each group has a row
		item := logical.Named{ID: p.d.IDs.Next(), Name: c.Name, Expr: first}
		a.Aggregates = append(a.Aggregates, item)
		items = append(items, logical.Named{ID: c.ID, Name: c.Name, Expr: item.Column().Ref(), Metadata: c.Metadata})
	}
	return &logical.Project{Input: a, Items: items}, out
}

// partition adds the domain to the PARTITION BY of window functions.
func (p *pushDown) partition(functions []logical.Named, m copies) []logical.Named {
	out := slices.Clone(functions)
	for i, f := range out {
		call := *f.Expr.(*expr.WindowCall)
		call.PartitionBy = slices.Clip(call.PartitionBy)
		for _, c := range p.ordered(m) {
			call.PartitionBy = append(call.PartitionBy, c.Ref())
		}
		out[i].Expr = &call
	}
	return out
}

// rowNumber is a call of row_number.
func (d *decorrelator) rowNumber() expr.Expr {
	if f, ok := lookupFunction("row_number"); ok {
		e, err := f.Bind(&expr.BindContext{Settings: d.Settings, Name: "row_number"}, nil)
		if err == nil {
			return e
		}
		d.fail(err)
	} else {
		d.fail(diag.Unsupported("LIMIT in a correlated subquery"))
	}
	return &expr.Call{Base: expr.Base{Typ: types.IntType}, Function: &expr.Function{Name: "row_number", Window: true}}
}

// setOperation adds the domain's columns to each input: rows of different combinations are then different rows.
func (p *pushDown) setOperation(n *logical.SetOperation) (logical.Node, copies) {
	m := *n
	m.Inputs = make([]logical.Node, len(n.Inputs))
	m.Output = slices.Clone(n.Output)
	out := copies{}
	for _, c := range p.domain.columns {
		out[c.ID] = p.d.freshColumn(c)
		m.Output = append(m.Output, out[c.ID])
	}
	for i, input := range n.Inputs {
		pushed, copies := p.push(input)
		m.Inputs[i] = keepColumns(pushed, append(slices.Clip(input.Columns()), p.ordered(copies)...))
	}
	return &m, out
}

// values computes rows that read outer columns by projecting the domain, once for each row.
func (p *pushDown) values(n *logical.Values) (logical.Node, copies) {
	union := &logical.SetOperation{All: true, Output: slices.Clone(n.Output)}
	out := copies{}
	for _, c := range p.domain.columns {
		out[c.ID] = p.d.freshColumn(c)
		union.Output = append(union.Output, out[c.ID])
	}
	for _, row := range n.Rows {
		dom, m := p.domain.use()
		items := make([]logical.Named, len(row))
		for i, e := range row {
			items[i] = logical.Named{ID: p.d.IDs.Next(), Name: n.Output[i].Name, Expr: bindCopies(e, m)}
		}
		union.Inputs = append(union.Inputs, &logical.Project{Input: dom, Items: append(items, passColumns(p.ordered(m))...)})
	}
	return union, out
}

// inlineUse replaces one use of a common plan by a copy of its definition.
func inlineUse(n *logical.CommonPlan, c *Context) logical.Node {
	definition, _ := logical.FreshCopy(n.Definition, c.IDs)
	items := make([]logical.Named, len(n.Output))
	for i, column := range definition.Columns() {
		items[i] = logical.Named{ID: n.Output[i].ID, Name: n.Output[i].Name, Expr: column.Ref(), Metadata: n.Output[i].Metadata}
	}
	return &logical.Project{Input: definition, Items: items}
}
