package optimizer

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// pushFilterJoin moves the conjuncts of a filter above a join, and of the join's condition, to the sides they read. What
// may move where depends on the type of join; in
//
//	SELECT * FROM a LEFT JOIN b ON a.k = b.k AND a.x > 1 WHERE b.y IS NULL
//
// neither predicate may move: b.y IS NULL below the join would remove the partners that rows of a then lack, and a.x > 1
// below it would remove rows of a that the join keeps. Predicates that may fail stay, with what is written after them.
func pushFilterJoin(n logical.Node, _ *Context) (logical.Node, bool) {
	var above []expr.Expr
	j, ok := n.(*logical.Join)
	if f, isFilter := n.(*logical.Filter); isFilter {
		j, ok = f.Input.(*logical.Join)
		above = expr.Conjuncts(f.Condition)
	}
	if !ok || j.Lateral {
		return n, false
	}
	p := joinPushdown{left: outputSet(j.Left), right: outputSet(j.Right)}
	stay := p.fromAbove(j, above)
	condition := p.fromCondition(j)
	if len(p.toLeft) == 0 && len(p.toRight) == 0 && len(p.toCondition) == 0 {
		return n, false
	}
	m := *j
	m.Left, m.Right = filtered(j.Left, p.toLeft...), filtered(j.Right, p.toRight...)
	m.Condition = expr.Conjunction(append(condition, p.toCondition...)...)
	switch {
	case m.Type == logical.Cross && m.Condition != nil:
		m.Type = logical.Inner
	case m.Type == logical.Inner && m.Condition == nil:
		m.Type = logical.Cross
	}
	return filtered(&m, stay...), true
}

// joinPushdown collects what moves where.
type joinPushdown struct {
	left, right                  columnSet
	toLeft, toRight, toCondition []expr.Expr
}

// fromAbove distributes the conjuncts of a filter above the join and returns those that stay in it.
func (p *joinPushdown) fromAbove(j *logical.Join, parts []expr.Expr) (stay []expr.Expr) {
	keepsLeft := j.Type != logical.RightOuter && j.Type != logical.FullOuter
	keepsRight := j.Type == logical.Inner || j.Type == logical.Cross || j.Type == logical.RightOuter
	inner := keepsLeft && keepsRight && !j.Single
	free, fixed := beforeFailure(parts)
	for _, e := range free {
		switch {
		case len(expr.Columns(e)) == 0:
			stay = append(stay, e)
		case keepsLeft && p.left.covers(e):
			p.toLeft = append(p.toLeft, e)
		case keepsRight && p.right.covers(e):
			p.toRight = append(p.toRight, e)
		case inner:
			p.toCondition = append(p.toCondition, e)
		default:
			stay = append(stay, e)
		}
	}
	return append(stay, fixed...)
}

// fromCondition distributes the join's own conjuncts and returns those that stay in it.
func (p *joinPushdown) fromCondition(j *logical.Join) (stay []expr.Expr) {
	filtersLeft := j.Type == logical.Inner || j.Type == logical.Cross || j.Type == logical.RightOuter || j.Type == logical.LeftSemi
	filtersRight := j.Type != logical.RightOuter && j.Type != logical.FullOuter
	free, fixed := beforeFailure(conjuncts(j.Condition))
	for _, e := range free {
		// In a null-aware join a predicate that may be unknown is one of IN's comparisons: 1 NOT IN (SELECT y FROM t).
		unknown := j.NullAware && e.Nullable()
		switch {
		case len(expr.Columns(e)) == 0 || unknown:
			stay = append(stay, e)
		case filtersLeft && p.left.covers(e):
			p.toLeft = append(p.toLeft, e)
		case filtersRight && p.right.covers(e):
			p.toRight = append(p.toRight, e)
		default:
			stay = append(stay, e)
		}
	}
	return append(stay, fixed...)
}
