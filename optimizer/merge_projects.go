package optimizer

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// mergeProjects makes one projection of two. The guards: a computed column that is used twice stays computed once, and
// so does a random one even if it is used once under a condition:
//
//	SELECT r + r FROM (SELECT rand() AS r FROM t)
func mergeProjects(n logical.Node, _ *Context) (logical.Node, bool) {
	p, ok := n.(*logical.Project)
	if !ok {
		return n, false
	}
	below, ok := p.Input.(*logical.Project)
	if !ok || !allDeterministic(below.Items) {
		return n, false
	}
	uses := map[expr.ColumnID]int{}
	for _, item := range p.Items {
		expr.VisitColumns(item.Expr, func(c *expr.Column) { uses[c.ID]++ })
	}
	for _, item := range below.Items {
		if uses[item.ID] > 1 && !trivial(item.Expr) {
			return n, false
		}
	}
	by := itemExprs(below.Items)
	return (&logical.Project{Input: below.Input, Items: p.Items}).MapExpressions(func(e expr.Expr) expr.Expr {
		return substitute(e, by)
	}), true
}

// trivial reports whether computing e costs nothing.
func trivial(e expr.Expr) bool {
	switch e := e.(type) {
	case *expr.Column, *expr.Literal, *expr.Parameter:
		return true
	case *expr.Field:
		return trivial(e.Input)
	}
	return false
}
