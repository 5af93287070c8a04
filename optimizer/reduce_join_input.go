package optimizer

import (
	"slices"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// reduceJoinInput drops rows that will find no partner before they are stored: where one side of a join is small and the
// other is a large input that has to be grouped, or built although it is the larger (semi, anti and left joins build their
// right side), the large side is first reduced to the keys of the small one, which is computed once for both uses. In
//
//	SELECT sum(l.price) FROM l JOIN p ON l.k = p.k WHERE p.brand = 'x' AND l.q < (SELECT avg(q) FROM l AS m WHERE m.k = p.k)
//
// only the averages of the few keys of p are asked for. The guard: only rows that no result can depend on may go. For an
// inner join that is so on both sides, for the others on the right side only, and not where NOT IN counts nulls:
//
//	SELECT * FROM a WHERE a.x NOT IN (SELECT y FROM b)
func reduceJoinInput(n logical.Node, c *Context) (logical.Node, bool) {
	j, ok := n.(*logical.Join)
	if !ok || j.Lateral || j.NullAware || j.Condition == nil || !infallible(conjuncts(j.Condition)...) {
		return n, false
	}
	switch j.Type {
	case logical.Inner:
		r := reduction{c: c, join: j, grouped: true}
		if m, ok := r.reduce(j.Left, j.Right); ok {
			return m, true
		}
		r.swapped = true
		return r.reduce(j.Right, j.Left)
	case logical.LeftOuter, logical.LeftSemi, logical.LeftAnti, logical.LeftMark:
		r := reduction{c: c, join: j}
		return r.reduce(j.Left, j.Right)
	}
	return n, false
}

// Reducing pays for a large input of which it leaves at most a part, and if the small side is much smaller.
const (
	reducedRows  = 100000
	reducedShare = 0.3
	reducingSize = 0.2
)

// reduction reduces target, one side of join, to the keys that source, the other side, has.
type reduction struct {
	c    *Context
	join *logical.Join
	// grouped asks for an aggregate in the target; swapped says that the target is the left side.
	grouped, swapped bool
}

// keyPair is an equality between a column of the source and one of the target.
type keyPair struct {
	source, target *expr.Column
	op             expr.CompareOp
}

func (r reduction) reduce(source, target logical.Node) (logical.Node, bool) {
	keys := r.keys(outputSet(source), outputSet(target))
	if len(keys) == 0 || hasLimit(target) {
		return r.join, false
	}
	var common logical.Node
	reduced, ok := r.insert(target, keys, source, func() (logical.Node, copies) {
		use, again := r.share(source) // a copy, made only where it is used
		common = use
		return again()
	})
	if !ok {
		return r.join, false
	}
	if r.swapped {
		return r.join.WithChildren([]logical.Node{reduced, common}), true
	}
	return r.join.WithChildren([]logical.Node{common, reduced}), true
}

func (r reduction) keys(source, target columnSet) []keyPair {
	var out []keyPair
	for _, p := range conjuncts(r.join.Condition) {
		c, ok := p.(*expr.Comparison)
		if !ok || c.Op != expr.Equal && c.Op != expr.NullSafeEqual {
			continue
		}
		a, ok1 := c.Left.(*expr.Column)
		b, ok2 := c.Right.(*expr.Column)
		if !ok1 || !ok2 {
			continue
		}
		if !source[a.ID] {
			a, b = b, a
		}
		if source[a.ID] && target[b.ID] {
			out = append(out, keyPair{a, b, c.Op})
		}
	}
	return out
}

// hasLimit reports whether a limit chooses among the rows of n before it is grouped.
func hasLimit(n logical.Node) bool {
	switch n := n.(type) {
	case *logical.Limit:
		return true
	case *logical.Project, *logical.Filter:
		return hasLimit(n.Children()[0])
	}
	return false
}

// share makes source a common plan: the node to use in its place, and a function that gives further uses with the copies
// of its columns.
func (r reduction) share(source logical.Node) (logical.Node, func() (logical.Node, copies)) {
	use, ok := source.(*logical.CommonPlan)
	if !ok {
		definition, _ := logical.FreshCopy(source, r.c.IDs)
		use = &logical.CommonPlan{Key: r.c.nextCommonKey(), Definition: definition, Output: source.Columns()}
	}
	return use, func() (logical.Node, copies) {
		n := &logical.CommonPlan{Key: use.Key, Definition: use.Definition}
		m := copies{}
		for _, column := range use.Output {
			fresh := r.c.freshColumn(column)
			n.Output = append(n.Output, fresh)
			m[column.ID] = fresh
		}
		return n, m
	}
}

// insert puts the semi join below the aggregates at the top of target, or on top of target if there are none.
func (r reduction) insert(target logical.Node, keys []keyPair, source logical.Node, again func() (logical.Node, copies)) (logical.Node, bool) {
	switch n := target.(type) {
	case *logical.Filter:
		if r.grouped || containsAggregate(n.Input) {
			if !expr.Deterministic(n.Condition) {
				return nil, false
			}
			return r.below(n, keys, source, again)
		}
	case *logical.Project:
		if (r.grouped || containsAggregate(n.Input)) && allDeterministic(n.Items) {
			return r.below(n, renamedKeys(keys, n.Items), source, again)
		}
	case *logical.Aggregate:
		if n.Sets != nil {
			return nil, false
		}
		own := renamedKeys(keys, n.Keys)
		inner := reduction{c: r.c, join: r.join}
		return inner.below(n, own, source, again)
	}
	if r.grouped || !r.pays(target, keys, source) {
		return nil, false
	}
	use, m := again()
	var parts []expr.Expr
	for _, k := range keys {
		parts = append(parts, compare(k.op, k.target, m[k.source.ID].Ref()))
	}
	return &logical.Join{Type: logical.LeftSemi, Left: target, Right: use, Condition: expr.Conjunction(parts...)}, true
}

func (r reduction) below(n logical.Node, keys []keyPair, source logical.Node, again func() (logical.Node, copies)) (logical.Node, bool) {
	if len(keys) == 0 {
		return nil, false
	}
	input, ok := r.insert(n.Children()[0], keys, source, again)
	if !ok {
		return nil, false
	}
	return n.WithChildren([]logical.Node{input}), true
}

// containsAggregate reports whether projections and filters at the top of n stand above an aggregate.
func containsAggregate(n logical.Node) bool {
	switch n := n.(type) {
	case *logical.Aggregate:
		return true
	case *logical.Project, *logical.Filter:
		return containsAggregate(n.Children()[0])
	}
	return false
}

// renamedKeys says keys about the input of items; those that items compute are left out.
func renamedKeys(keys []keyPair, items []logical.Named) []keyPair {
	var out []keyPair
	for _, k := range keys {
		i := slices.IndexFunc(items, func(item logical.Named) bool { return item.ID == k.target.ID })
		if i < 0 {
			continue
		}
		if c, ok := items[i].Expr.(*expr.Column); ok {
			out = append(out, keyPair{k.source, c, k.op})
		}
	}
	return out
}

// pays estimates whether the semi join drops enough of target. One that is there already is not put there again.
func (r reduction) pays(target logical.Node, keys []keyPair, source logical.Node) bool {
	if j, ok := target.(*logical.Join); ok && j.Type == logical.LeftSemi {
		if _, ok := j.Right.(*logical.CommonPlan); ok {
			return false
		}
	}
	e := r.c.estimator
	rows := e.Rows(target)
	if rows < reducedRows || e.Rows(source) > reducingSize*rows {
		return false
	}
	share := 1.0
	for _, k := range keys {
		share = min(share, e.Distinct(source, k.source.ID)/max(1, e.Distinct(target, k.target.ID)))
	}
	return share <= reducedShare
}
