package optimizer

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// implyFromDisjunctions adds to an OR over several relations what it implies for each of them: in
//
//	… WHERE (a.n = 'FRANCE' AND b.n = 'GERMANY') OR (a.n = 'GERMANY' AND b.n = 'FRANCE')
//
// a.n is one of the two names, which can be filtered before the join. The OR itself stays. A relation that one of the
// branches says nothing about gets nothing: (a.x = 1 AND b.y = 2) OR b.y = 3 leaves a.x free.
func implyFromDisjunctions(n logical.Node, _ *Context) (logical.Node, bool) {
	switch n := n.(type) {
	case *logical.Filter:
		j, ok := n.Input.(*logical.Join)
		if !ok {
			return n, false
		}
		implied := implications(expr.Conjuncts(n.Condition), leaves(j, nil))
		if len(implied) == 0 {
			return n, false
		}
		return &logical.Filter{Input: n.Input, Condition: expr.Conjunction(append(implied, expr.Conjuncts(n.Condition)...)...)}, true
	case *logical.Join:
		if n.Type != logical.Inner {
			return n, false
		}
		implied := implications(conjuncts(n.Condition), leaves(n, nil))
		if len(implied) == 0 {
			return n, false
		}
		m := *n
		m.Condition = expr.Conjunction(append(conjuncts(n.Condition), implied...)...)
		return &m, true
	}
	return n, false
}

// leaves are the outputs of the relations that inner and semi joins below n combine.
func leaves(n logical.Node, out []columnSet) []columnSet {
	switch m := n.(type) {
	case *logical.Join:
		out = leaves(m.Left, out)
		if m.Type.HasRightColumns() {
			out = leaves(m.Right, out)
		}
		return out
	case *logical.Filter:
		if _, ok := m.Input.(*logical.Join); ok {
			return leaves(m.Input, out)
		}
	}
	return append(out, outputSet(n))
}

// implications are the conditions on single relations that follow from the ORs among parts and are not among parts yet.
func implications(parts []expr.Expr, relations []columnSet) []expr.Expr {
	free, _ := beforeFailure(parts)
	var out []expr.Expr
	for _, p := range free {
		if _, ok := p.(*expr.Or); !ok {
			continue
		}
		for _, r := range relations {
			implied := implication(p, r)
			if implied != nil && !r.covers(p) && !containsSame(parts, implied) && !containsSame(out, implied) {
				out = append(out, implied)
			}
		}
	}
	return out
}

// implication is what an OR says about columns of r alone; nil if nothing.
func implication(or expr.Expr, r columnSet) expr.Expr {
	var branches []expr.Expr
	for _, b := range expr.Disjuncts(or) {
		var own []expr.Expr
		for _, p := range expr.Conjuncts(b) {
			if over(p, r) {
				own = append(own, p)
			}
		}
		if len(own) == 0 {
			return nil
		}
		branches = append(branches, expr.Conjunction(own...))
	}
	e := disjunction(branches...)
	if or, ok := e.(*expr.Or); ok {
		return mergeSets(or)
	}
	return e
}
