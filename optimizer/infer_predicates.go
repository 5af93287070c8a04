package optimizer

import (
	"slices"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// inferPredicates carries predicates on one column across an equality to the other: ON a.k = b.k WHERE a.k > 5 filters b
// by k > 5 too. Which way depends on the join: in
//
//	SELECT * FROM a LEFT JOIN b ON a.k = b.k AND b.k > 5
//
// a must not be filtered. Both columns must have one type, else the predicate may mean another thing there.
func inferPredicates(n logical.Node, _ *Context) (logical.Node, bool) {
	j, ok := n.(*logical.Join)
	if !ok || j.Lateral || j.Condition == nil {
		return n, false
	}
	var toLeft, toRight bool
	switch j.Type {
	case logical.Inner, logical.LeftSemi:
		toLeft, toRight = true, true
	case logical.LeftOuter, logical.LeftAnti, logical.LeftMark:
		toRight = !j.NullAware
	case logical.RightOuter:
		toLeft = true
	}
	left, right := facts(j.Left), facts(j.Right)
	inLeft := outputSet(j.Left)
	var newLeft, newRight []expr.Expr
	for _, p := range conjuncts(j.Condition) {
		l, r, ok := columnEquality(p)
		if !ok {
			continue
		}
		if !inLeft[l.ID] {
			l, r = r, l
		}
		if !inLeft[l.ID] || inLeft[r.ID] {
			continue
		}
		if toRight {
			newRight = append(newRight, carry(left, l, r, slices.Concat(right, newRight))...)
		}
		if toLeft {
			newLeft = append(newLeft, carry(right, r, l, slices.Concat(left, newLeft))...)
		}
	}
	if len(newLeft) == 0 && len(newRight) == 0 {
		return n, false
	}
	return j.WithChildren([]logical.Node{filtered(j.Left, newLeft...), filtered(j.Right, newRight...)}), true
}

// carry are the facts about column from alone, said of column to, that are not known there.
func carry(known []expr.Expr, from, to *expr.Column, there []expr.Expr) []expr.Expr {
	var out []expr.Expr
	for _, p := range known {
		if ids := expr.Columns(p); len(ids) != 1 || ids[0] != from.ID {
			continue
		}
		if n, ok := p.(*expr.Not); ok {
			if _, ok := n.Input.(*expr.IsNull); ok {
				continue // an equality says this already
			}
		}
		q := substitute(p, map[expr.ColumnID]expr.Expr{from.ID: to})
		if to.Null {
			q = loosen(q, setOf(to.ID))
		}
		if !containsSame(there, q) && !containsSame(out, q) {
			out = append(out, q)
		}
	}
	return out
}

// facts are predicates that hold for all rows of n: movable ones that cannot fail.
func facts(n logical.Node) []expr.Expr {
	switch n := n.(type) {
	case *logical.Filter:
		free, _ := beforeFailure(expr.Conjuncts(n.Condition))
		return append(facts(n.Input), free...)
	case *logical.Project:
		return renamedFacts(facts(n.Input), n.Items)
	case *logical.Aggregate:
		if n.Sets == nil {
			return renamedFacts(facts(n.Input), n.Keys)
		}
	case *logical.Join:
		switch n.Type {
		case logical.Inner, logical.Cross:
			free, _ := beforeFailure(conjuncts(n.Condition))
			return append(append(facts(n.Left), facts(n.Right)...), free...)
		case logical.RightOuter:
			return facts(n.Right)
		case logical.FullOuter:
			return nil
		}
		return facts(n.Left)
	case *logical.SetOperation:
		return unionFacts(n)
	case *logical.Sort, *logical.Limit, *logical.Window, *logical.Repartition, *logical.Sample, *logical.Generate:
		return facts(n.Children()[0])
	}
	return nil
}

// renamedFacts says facts about columns that items pass on under the items' IDs.
func renamedFacts(known []expr.Expr, items []logical.Named) []expr.Expr {
	by := map[expr.ColumnID]expr.Expr{}
	for _, item := range items {
		if c, ok := item.Expr.(*expr.Column); ok && by[c.ID] == nil {
			by[c.ID] = item.Column().Ref()
		}
	}
	var out []expr.Expr
	for _, p := range known {
		if !slices.ContainsFunc(expr.Columns(p), func(id expr.ColumnID) bool { return by[id] == nil }) {
			out = append(out, substitute(p, by))
		}
	}
	return out
}

func unionFacts(n *logical.SetOperation) []expr.Expr {
	if n.Op != ast.Union {
		return nil
	}
	var out []expr.Expr
	for i, input := range n.Inputs {
		items := make([]logical.Named, len(n.Output))
		for j, c := range input.Columns() {
			items[j] = logical.Named{ID: n.Output[j].ID, Name: n.Output[j].Name, Expr: c.Ref()}
		}
		own := renamedFacts(facts(input), items)
		if i == 0 {
			out = own
			continue
		}
		out = slices.DeleteFunc(out, func(p expr.Expr) bool { return !containsSame(own, p) })
	}
	return out
}
