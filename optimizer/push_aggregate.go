package optimizer

import (
	"slices"

	"github.com/kilnql/kiln/builtin"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// pushAggregate aggregates one side of a join before it, by the columns the join and the aggregate above need, where that
// leaves far fewer rows to join; the aggregate above puts the parts together. All aggregates must read that side, and be
// ones that can be put together: count, sum, min and max. The guard on outer joins: a row without a partner counts as one
// row for count(*) and as none for count(x); in
//
//	SELECT c.k, count(*), count(o.x) FROM c LEFT JOIN o ON c.k = o.k GROUP BY c.k
//
// the two differ for a c.k without orders.
func pushAggregate(n logical.Node, c *Context) (logical.Node, bool) {
	a, ok := n.(*logical.Aggregate)
	if !ok || a.Sets != nil || len(a.Aggregates) == 0 {
		return n, false
	}
	input := a.Input
	for {
		p, ok := input.(*logical.Project)
		if !ok || !passesOn(p) {
			break
		}
		input = p.Input
	}
	j, ok := input.(*logical.Join)
	if !ok || j.Lateral || j.Single || !infallible(conjuncts(j.Condition)...) {
		return n, false
	}
	var sides []bool // whether the side is the left one
	switch j.Type {
	case logical.Inner:
		sides = []bool{true, false}
	case logical.LeftOuter:
		sides = []bool{false}
	case logical.RightOuter:
		sides = []bool{true}
	}
	for _, left := range sides {
		p := &aggregatePush{c: c, above: a, join: j, left: left, side: j.Right}
		if left {
			p.side = j.Left
		}
		p.columns = outputSet(p.side)
		if p.pays() {
			if m, ok := p.push(); ok {
				return m, true
			}
		}
	}
	return n, false
}

// aggregatePush is one attempt to aggregate a side of a join first.
type aggregatePush struct {
	c       *Context
	above   *logical.Aggregate
	join    *logical.Join
	left    bool
	side    logical.Node
	columns columnSet
}

// Aggregating first pays if it leaves at most this part of the side's rows, of which the join must not drop most anyway.
const (
	pushedShare  = 0.25
	joinedShare  = 0.5
	pushedAtRows = 10000
)

// needed are the columns of the side that the join and the keys above read.
func (p *aggregatePush) needed() []logical.Column {
	read := columnSet{}
	for _, e := range conjuncts(p.join.Condition) {
		read.addExpr(e)
	}
	for _, k := range p.above.Keys {
		read.addExpr(k.Expr)
	}
	return needed(p.side, read)
}

func (p *aggregatePush) pays() bool {
	rows := p.c.estimator.Rows(p.side)
	if rows < pushedAtRows || p.c.estimator.Rows(p.join) < joinedShare*rows || isAggregated(p.side) {
		return false
	}
	groups := 1.0
	for _, k := range p.needed() {
		groups *= p.c.estimator.Distinct(p.side, k.ID)
	}
	return groups <= pushedShare*rows
}

// isAggregated reports whether a side was aggregated already.
func isAggregated(n logical.Node) bool {
	switch n := n.(type) {
	case *logical.Aggregate:
		return true
	case *logical.Project, *logical.Filter:
		return isAggregated(n.Children()[0])
	}
	return false
}

func (p *aggregatePush) push() (logical.Node, bool) {
	lower := &logical.Aggregate{Input: p.side}
	for _, k := range p.needed() {
		lower.Keys = append(lower.Keys, passColumn(k))
	}
	upper := &logical.Aggregate{Keys: p.above.Keys}
	items := passColumns(p.above.Columns()[:len(p.above.Keys)])
	optional := p.join.Type != logical.Inner
	for _, item := range p.above.Aggregates {
		call := item.Expr.(*expr.Aggregate)
		part, ok := p.part(call, optional)
		if !ok {
			return nil, false
		}
		lowerItem := logical.Named{ID: p.c.IDs.Next(), Name: item.Name, Expr: part}
		lower.Aggregates = append(lower.Aggregates, lowerItem)
		total, result, ok := p.total(call, lowerItem.Column(), optional)
		if !ok {
			return nil, false
		}
		total.ID, total.Name = p.c.IDs.Next(), item.Name
		upper.Aggregates = append(upper.Aggregates, total)
		value, err := result(total.Column())
		if err != nil {
			return nil, false
		}
		items = append(items, logical.Named{ID: item.ID, Name: item.Name, Expr: value, Metadata: item.Metadata})
	}
	j := *p.join
	if p.left {
		j.Left = lower
	} else {
		j.Right = lower
	}
	upper.Input = &j
	return &logical.Project{Input: upper, Items: items}, true
}

// part is the call as the lower aggregate computes it; columns of an optional side are less nullable below the join.
func (p *aggregatePush) part(call *expr.Aggregate, optional bool) (expr.Expr, bool) {
	if call.Distinct || call.Kernel == nil || len(call.OrderBy) > 0 || !infallible(call.Children()...) {
		return nil, false
	}
	constant := !slices.ContainsFunc(call.Args, func(a expr.Expr) bool { return !isLiteral(a) })
	switch call.Kernel.Kind {
	case expr.CountAggregate:
		if constant && call.Filter == nil && !slices.ContainsFunc(call.Args, isNullLiteral) {
			return call, true
		}
	case expr.SumAggregate, expr.MinAggregate, expr.MaxAggregate:
	default:
		return nil, false
	}
	if slices.ContainsFunc(call.Children(), func(e expr.Expr) bool { return !over(e, p.columns) }) {
		return nil, false
	}
	// A row that an outer join fills up with nulls must give the aggregate nothing: the argument is null there.
	if optional && (call.Filter != nil || !slices.ContainsFunc(call.Args, func(e expr.Expr) bool { return surelyNull(e, p.columns) })) {
		return nil, false
	}
	return call, true
}

// total puts the parts together; result makes of the total what the call gave.
func (p *aggregatePush) total(call *expr.Aggregate, part logical.Column, optional bool) (_ logical.Named, result func(logical.Column) (expr.Expr, error), ok bool) {
	part.Nullable = part.Nullable || optional
	argument := expr.Expr(part.Ref())
	function := call.Function
	if call.Kernel.Kind == expr.CountAggregate {
		if function, ok = lookupAggregate("sum"); !ok {
			return logical.Named{}, nil, false
		}
		if optional {
			without := int64(1) // a row without a partner is a row for count(*)
			if slices.ContainsFunc(call.Args, func(a expr.Expr) bool { return !isLiteral(a) }) {
				without = 0
			}
			argument = coalesce(argument, longLiteral(without))
		}
	}
	bound, err := function.Bind(&expr.BindContext{Settings: p.c.Settings, Name: function.Name, Span: call.Span}, []expr.Expr{argument}, false)
	if err != nil {
		return logical.Named{}, nil, false
	}
	total, ok := bound.(*expr.Aggregate)
	if !ok {
		return logical.Named{}, nil, false
	}
	return logical.Named{Expr: total}, func(c logical.Column) (expr.Expr, error) {
		e := expr.Expr(c.Ref())
		if call.Kernel.Kind == expr.CountAggregate {
			return coalesce(e, longLiteral(0)), nil
		}
		if !c.Type.SameType(call.Typ) {
			return builtin.Cast(e, call.Typ, expr.Checked, p.c.Settings)
		}
		return e, nil
	}, true
}
