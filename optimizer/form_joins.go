package optimizer

import (
	"slices"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// formJoins turns products under a filter into inner joins: each conjunct that reads columns of two relations becomes
// part of the condition of the join that first has both, and each that reads one relation filters it. Relations keep
// the order they were written in, except that one which no predicate connects waits until one does.
//
// The guard: a conjunct that may fail stays in the filter unless it is an equality without which there would be a
// product and nothing before it can fail; in
//
//	SELECT * FROM a, b WHERE a.k = b.k AND a.x / b.y > 1
//
// the division sees the pairs with equal k only, some b.y of other pairs being 0.
func formJoins(n logical.Node, c *Context) (logical.Node, bool) {
	f, ok := n.(*logical.Filter)
	if !ok {
		return n, false
	}
	if j, ok := f.Input.(*logical.Join); !ok || !isProduct(j) {
		return n, false
	}
	g := joinGraph{}
	g.flatten(f.Input)
	parts := expr.Conjuncts(f.Condition)
	for i, p := range parts {
		if !g.accept(p) {
			g.above = append(g.above, parts[i:]...)
			break
		}
	}
	g.rescue()
	if len(g.above) == len(parts) {
		return n, false
	}
	return keepColumns(filtered(g.leftDeep(), g.above...), n.Columns()), true
}

// isProduct reports whether a tree of inner joins has a join without a condition.
func isProduct(n logical.Node) bool {
	j, ok := n.(*logical.Join)
	if !ok || !reorderable(j) {
		return false
	}
	return j.Condition == nil || isProduct(j.Left) || isProduct(j.Right)
}

// reorderable reports whether a join is a plain inner join or product.
func reorderable(j *logical.Join) bool {
	return (j.Type == logical.Inner || j.Type == logical.Cross) && !j.Lateral && !j.Single && j.LeftHint == "" && j.RightHint == ""
}

// joinGraph is a tree of inner joins taken apart.
type joinGraph struct {
	relations []logical.Node
	outputs   []columnSet
	// predicates connect relations and may be applied at the first join that has their columns.
	predicates []expr.Expr
	// above are conjuncts that stay above all joins, in order.
	above []expr.Expr
}

// flatten takes apart the joins at the top of n. A join whose condition may fail is a relation: what is joined to it must
// not be joined below it.
func (g *joinGraph) flatten(n logical.Node) {
	j, ok := n.(*logical.Join)
	if !ok || !reorderable(j) || !freelyMovable(conjuncts(j.Condition)) {
		g.relations = append(g.relations, n)
		g.outputs = append(g.outputs, outputSet(n))
		return
	}
	g.flatten(j.Left)
	g.flatten(j.Right)
	for _, p := range conjuncts(j.Condition) {
		g.accept(p)
	}
}

func freelyMovable(parts []expr.Expr) bool {
	free, fixed := beforeFailure(parts)
	return len(free) == len(parts) && len(fixed) == 0
}

// accept takes a conjunct into the graph; false says that it has to stay above, with all that follow.
func (g *joinGraph) accept(p expr.Expr) bool {
	if expr.Fallible(p) || !movable(p) {
		return false
	}
	for i, out := range g.outputs {
		if out.covers(p) && len(expr.Columns(p)) > 0 {
			g.relations[i] = addFilter(g.relations[i], p)
			return true
		}
	}
	g.predicates = append(g.predicates, p)
	return true
}

// addFilter adds a conjunct to the filter on n.
func addFilter(n logical.Node, p expr.Expr) logical.Node {
	if f, ok := n.(*logical.Filter); ok {
		return &logical.Filter{Input: f.Input, Condition: expr.Conjunction(append(expr.Conjuncts(f.Condition), p)...)}
	}
	return filtered(n, p)
}

// rescue takes equalities between relations out of the conjuncts that stay above: without them there are products. One
// that may fail itself is taken only if it is the first of those that may.
func (g *joinGraph) rescue() {
	var rest []expr.Expr
	for _, p := range g.above {
		if movable(p) && g.connects(p) && (!expr.Fallible(p) || len(rest) == 0) {
			g.predicates = append(g.predicates, p)
			continue
		}
		rest = append(rest, p)
	}
	g.above = rest
}

// connects reports whether p equates columns of one relation with columns of others.
func (g *joinGraph) connects(p expr.Expr) bool {
	_, _, ok := g.equality(p)
	return ok
}

// equality gives the relations on the two sides of an equality that can be a join key.
func (g *joinGraph) equality(p expr.Expr) (left, right []int, ok bool) {
	e, isComparison := p.(*expr.Comparison)
	if !isComparison || e.Op != expr.Equal && e.Op != expr.NullSafeEqual {
		return nil, nil, false
	}
	left, right = g.relationsOf(e.Left), g.relationsOf(e.Right)
	for _, l := range left {
		if slices.Contains(right, l) {
			return nil, nil, false
		}
	}
	return left, right, len(left) > 0 && len(right) > 0
}

// relationsOf are the relations whose columns e reads.
func (g *joinGraph) relationsOf(e expr.Expr) []int {
	var out []int
	for i, s := range g.outputs {
		if s.touches(e) {
			out = append(out, i)
		}
	}
	return out
}

// leftDeep joins the relations in order, taking at each step the first that a predicate connects to those before it.
func (g *joinGraph) leftDeep() logical.Node {
	plan, have := g.relations[0], columnSet{}
	have.addAll(g.outputs[0])
	left := make([]int, 0, len(g.relations))
	for i := 1; i < len(g.relations); i++ {
		left = append(left, i)
	}
	pending := g.predicates
	for len(left) > 0 {
		at := slices.IndexFunc(left, func(i int) bool { return g.joins(have, g.outputs[i], pending) })
		if at < 0 {
			at = 0
		}
		i := left[at]
		left = slices.Delete(left, at, at+1)
		have.addAll(g.outputs[i])
		var now []expr.Expr
		now, pending = takeCovered(pending, have)
		plan = innerJoin(plan, g.relations[i], now)
	}
	return filtered(plan, pending...)
}

// joins reports whether an equality connects the columns of a and b.
func (g *joinGraph) joins(a, b columnSet, predicates []expr.Expr) bool {
	return slices.ContainsFunc(predicates, func(p expr.Expr) bool { return equates(p, a, b) })
}

// equates reports whether p is an equality between an expression over a and one over b.
func equates(p expr.Expr, a, b columnSet) bool {
	e, ok := p.(*expr.Comparison)
	if !ok || e.Op != expr.Equal && e.Op != expr.NullSafeEqual {
		return false
	}
	return over(e.Left, a) && over(e.Right, b) || over(e.Left, b) && over(e.Right, a)
}

// over reports whether e reads columns, all of s.
func over(e expr.Expr, s columnSet) bool { return s.covers(e) && s.touches(e) }

// takeCovered splits predicates into those that read columns of have only, and the others.
func takeCovered(predicates []expr.Expr, have columnSet) (now, later []expr.Expr) {
	for _, p := range predicates {
		if have.covers(p) {
			now = append(now, p)
		} else {
			later = append(later, p)
		}
	}
	return now, later
}

// innerJoin joins on predicates, of which there may be none.
func innerJoin(l, r logical.Node, predicates []expr.Expr) logical.Node {
	j := &logical.Join{Type: logical.Inner, Left: l, Right: r, Condition: expr.Conjunction(predicates...)}
	if j.Condition == nil {
		j.Type = logical.Cross
	}
	return j
}
