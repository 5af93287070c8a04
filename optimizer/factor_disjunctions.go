package optimizer

import (
	"slices"

	"github.com/kilnql/kiln/expr"
)

// factorDisjunctions takes what all branches of an OR have in common out of it: (k AND a) OR (k AND b) is k AND (a OR b).
// In TPC-H Q19 the k is the join condition, so that without this rule there is a product; it is therefore required. An OR
// in which something may fail stays: in
//
//	SELECT * FROM t WHERE (1 / x > 0 AND y = 1) OR (2 / x > 0 AND y = 1)
//
// y = 1 would be evaluated before the divisions.
func factorDisjunctions(e expr.Expr, _ *Context) expr.Expr {
	or, ok := e.(*expr.Or)
	if !ok || !infallible(or) || !expr.Deterministic(or) || hasSubquery(or) {
		return e
	}
	branches := make([][]expr.Expr, len(or.Args))
	for i, a := range or.Args {
		branches[i] = expr.Conjuncts(a)
	}
	var common []expr.Expr
	for _, p := range branches[0] {
		everywhere := !slices.ContainsFunc(branches[1:], func(b []expr.Expr) bool { return !containsSame(b, p) })
		if everywhere && !containsSame(common, p) {
			common = append(common, p)
		}
	}
	if len(common) == 0 {
		return e
	}
	var rest []expr.Expr
	for _, b := range branches {
		b = slices.DeleteFunc(slices.Clone(b), func(p expr.Expr) bool { return containsSame(common, p) })
		if len(b) == 0 { // a branch that asks for nothing more: k OR (k AND a) is k
			return expr.Conjunction(common...)
		}
		rest = append(rest, expr.Conjunction(b...))
	}
	return expr.Conjunction(append(common, disjunction(rest...))...)
}

func containsSame(list []expr.Expr, e expr.Expr) bool {
	return slices.ContainsFunc(list, func(x expr.Expr) bool { return expr.Same(x, e) })
}
