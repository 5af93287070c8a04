package optimizer

import (
	"slices"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// mergeFilters makes one filter of two. The lower one's conjuncts come first: in
//
//	SELECT * FROM (SELECT * FROM t WHERE x <> 0) WHERE 1 / x > 2
//
// the other order would divide by zero.
func mergeFilters(n logical.Node, _ *Context) (logical.Node, bool) {
	f, ok := n.(*logical.Filter)
	if !ok {
		return n, false
	}
	below, ok := f.Input.(*logical.Filter)
	if !ok {
		return n, false
	}
	return &logical.Filter{Input: below.Input, Condition: expr.Conjunction(
		append(expr.Conjuncts(below.Condition), expr.Conjuncts(f.Condition)...)...)}, true
}

// pushFilterProject filters before a projection. The guard: not if the projection draws random numbers or counts rows;
// in
//
//	SELECT * FROM (SELECT monotonically_increasing_id() AS i, x FROM t) WHERE x > 5
//
// the numbers of the rows that stay would change.
func pushFilterProject(n logical.Node, _ *Context) (logical.Node, bool) {
	f, ok := n.(*logical.Filter)
	if !ok {
		return n, false
	}
	p, ok := f.Input.(*logical.Project)
	if !ok || !allDeterministic(p.Items) {
		return n, false
	}
	below := filtered(p.Input, substitute(f.Condition, itemExprs(p.Items)))
	return &logical.Project{Input: below, Items: p.Items}, true
}

func allDeterministic(items []logical.Named) bool {
	return !slices.ContainsFunc(items, func(i logical.Named) bool { return !expr.Deterministic(i.Expr) })
}

// pushFilterAggregate filters rows where it filtered groups by their keys. The guards: a predicate on an aggregate, or
// one that may fail, stays; so does every predicate if there are no keys:
//
//	SELECT * FROM (SELECT count(*) AS c FROM t) WHERE 1 = 0
//
// has no row, but count(*) over no rows has one. With grouping sets a key is null in the sets that leave it out:
//
//	SELECT * FROM (SELECT a, count(*) FROM t GROUP BY ROLLUP (a)) WHERE a IS NULL
//
// A group of a floating key is that of 0.0 and of -0.0, whose rows a predicate may tell apart:
//
//	SELECT * FROM (SELECT x, count(*) FROM t GROUP BY x) WHERE CAST(x AS STRING) = '0.0'
func pushFilterAggregate(n logical.Node, _ *Context) (logical.Node, bool) {
	f, ok := n.(*logical.Filter)
	if !ok {
		return n, false
	}
	a, ok := f.Input.(*logical.Aggregate)
	if !ok || len(a.Keys) == 0 {
		return n, false
	}
	keys := columnSet{}
	for i, k := range a.Keys {
		if !slices.ContainsFunc(a.Sets, func(set []int) bool { return !slices.Contains(set, i) }) && expr.Deterministic(k.Expr) {
			keys[k.ID] = true
		}
	}
	down, stay := splitCovered(expr.Conjuncts(f.Condition), keys)
	down = slices.DeleteFunc(down, func(p expr.Expr) bool {
		zeros := tellsZerosApart(p)
		if zeros {
			stay = append(stay, p)
		}
		return zeros
	})
	if len(down) == 0 {
		return n, false
	}
	by := itemExprs(a.Keys)
	for i, p := range down {
		down[i] = substitute(p, by)
	}
	return filtered(a.WithChildren([]logical.Node{filtered(a.Input, down...)}), stay...), true
}

// tellsZerosApart reports whether a predicate may be true of 0.0 and not of -0.0: unless all it does with floating columns
// is to compare them.
func tellsZerosApart(e expr.Expr) bool {
	switch e := e.(type) {
	case *expr.Column:
		return mayBeZeros(e.Typ)
	case *expr.Comparison, *expr.IsNull, *expr.In:
		return slices.ContainsFunc(e.Children(), func(c expr.Expr) bool {
			_, plain := c.(*expr.Column)
			return !plain && tellsZerosApart(c)
		})
	}
	return slices.ContainsFunc(e.Children(), tellsZerosApart)
}

// mayBeZeros reports whether values of a type are equal and yet different: there are numbers with a sign of zero in them.
func mayBeZeros(t types.Type) bool {
	switch t.Kind {
	case types.Struct:
		return slices.ContainsFunc(t.Fields(), func(f types.Field) bool { return mayBeZeros(f.Type) })
	case types.Array:
		return mayBeZeros(t.Elem())
	}
	return t.IsFloating()
}

// splitCovered splits conjuncts into those that read columns of s and may move, and those that stay.
func splitCovered(parts []expr.Expr, s columnSet) (down, stay []expr.Expr) {
	free, fixed := beforeFailure(parts)
	for _, p := range free {
		if over(p, s) {
			down = append(down, p)
		} else {
			stay = append(stay, p)
		}
	}
	return down, append(stay, fixed...)
}

// pushFilterWindow filters before window functions by their PARTITION BY columns. Any other predicate would change what
// the functions see:
//
//	SELECT * FROM (SELECT x, row_number() OVER (ORDER BY y) AS r FROM t) WHERE x = 1
func pushFilterWindow(n logical.Node, _ *Context) (logical.Node, bool) {
	f, ok := n.(*logical.Filter)
	if !ok {
		return n, false
	}
	w, ok := f.Input.(*logical.Window)
	if !ok {
		return n, false
	}
	var keys columnSet
	for _, item := range w.Functions {
		own := columnSet{}
		for _, e := range item.Expr.(*expr.WindowCall).PartitionBy {
			if c, ok := e.(*expr.Column); ok && (keys == nil || keys[c.ID]) {
				own[c.ID] = true
			}
		}
		keys = own
	}
	down, stay := splitCovered(expr.Conjuncts(f.Condition), keys)
	if len(down) == 0 {
		return n, false
	}
	return filtered(w.WithChildren([]logical.Node{filtered(w.Input, down...)}), stay...), true
}

// pushFilterSetOperation filters the inputs of a set operation. All conjuncts go: each row passes exactly one of them,
// in the same order. Random ones do not: INTERSECT compares rows of several inputs.
func pushFilterSetOperation(n logical.Node, _ *Context) (logical.Node, bool) {
	f, ok := n.(*logical.Filter)
	if !ok {
		return n, false
	}
	s, ok := f.Input.(*logical.SetOperation)
	if !ok || !expr.Deterministic(f.Condition) {
		return n, false
	}
	inputs := make([]logical.Node, len(s.Inputs))
	for i, input := range s.Inputs {
		by := map[expr.ColumnID]expr.Expr{}
		for j, c := range input.Columns() {
			by[s.Output[j].ID] = c.Ref()
		}
		inputs[i] = filtered(input, substitute(f.Condition, by))
	}
	return s.WithChildren(inputs), true
}

// pushFilterUnary filters before operators that pass rows on unchanged, and before generators by the columns that are not
// theirs. It does not pass Sample or Limit: they choose among the rows they see.
func pushFilterUnary(n logical.Node, _ *Context) (logical.Node, bool) {
	f, ok := n.(*logical.Filter)
	if !ok {
		return n, false
	}
	switch below := f.Input.(type) {
	case *logical.Sort, *logical.Repartition:
		if !expr.Deterministic(f.Condition) {
			return n, false
		}
		return below.WithChildren([]logical.Node{filtered(below.Children()[0], f.Condition)}), true
	case *logical.Generate:
		down, stay := splitCovered(expr.Conjuncts(f.Condition), outputSet(below.Input))
		if len(down) == 0 {
			return n, false
		}
		return filtered(below.WithChildren([]logical.Node{filtered(below.Input, down...)}), stay...), true
	}
	return n, false
}

// pushFilterToScan offers the conjuncts of a filter to the scan below it, which may skip what they exclude. The filter
// stays. The guard: conjuncts behind one that may fail are not offered; in
//
//	SELECT * FROM t WHERE 1 / x > 2 AND x <> 0
//
// the error must not depend on whether the row with x = 0 sits in a row group of its own.
func pushFilterToScan(n logical.Node, _ *Context) (logical.Node, bool) {
	f, ok := n.(*logical.Filter)
	if !ok {
		return n, false
	}
	scan, ok := f.Input.(*logical.Scan)
	if !ok {
		return n, false
	}
	offered, _ := beforeFailure(expr.Conjuncts(f.Condition))
	if len(offered) == 0 || sameList(offered, scan.Filters) {
		return n, false
	}
	m := *scan
	m.Filters = offered
	return f.WithChildren([]logical.Node{&m}), true
}

func sameList(a, b []expr.Expr) bool { return slices.EqualFunc(a, b, expr.Same) }
