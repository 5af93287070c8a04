package optimizer

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// onExpressions makes a rule of a function on expression nodes, which is applied from the leaves up in all expressions of
// a node. Aggregates and window functions keep their place: only what is below them is rewritten.
func onExpressions(f func(expr.Expr, *Context) expr.Expr) func(logical.Node, *Context) (logical.Node, bool) {
	return func(n logical.Node, c *Context) (logical.Node, bool) {
		return mapExpressions(n, func(e expr.Expr) expr.Expr {
			return expr.Transform(e, func(e expr.Expr) expr.Expr {
				c.check()
				switch e.(type) {
				case *expr.Column, *expr.Literal, *expr.Aggregate, *expr.WindowCall:
					return e
				}
				return f(e, c)
			})
		})
	}
}

// mapExpressions is MapExpressions that says whether an expression changed, and returns n itself if none did.
func mapExpressions(n logical.Node, f func(expr.Expr) expr.Expr) (logical.Node, bool) {
	if len(n.Expressions()) == 0 {
		return n, false
	}
	changed := false
	m := n.MapExpressions(func(e expr.Expr) expr.Expr {
		x := f(e)
		changed = changed || x != e
		return x
	})
	if !changed {
		return n, false
	}
	return m, true
}

// infallible reports whether nothing in es can fail.
func infallible(es ...expr.Expr) bool {
	for _, e := range es {
		if expr.Fallible(e) {
			return false
		}
	}
	return true
}

// droppable reports whether e can be left unevaluated: it cannot fail and has no effects.
func droppable(e expr.Expr) bool {
	return !expr.Fallible(e) && expr.Deterministic(e) && !hasSubquery(e)
}
