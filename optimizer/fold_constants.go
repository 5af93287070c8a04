package optimizer

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// foldConstants replaces constant expressions by their values, computed by the very program that would run them. Folding
// never raises: an expression that fails stays, since no row may ever reach it:
//
//	SELECT CASE WHEN x = 0 THEN 0 ELSE 1 / 0 END FROM t WHERE x = 0
func foldConstants(n logical.Node, c *Context) (logical.Node, bool) {
	return mapExpressions(n, func(e expr.Expr) expr.Expr {
		return expr.TransformDown(e, func(e expr.Expr) (expr.Expr, bool) {
			switch e.(type) {
			case *expr.Literal, *expr.Column:
				return e, true
			}
			if !folds(e) {
				return e, false
			}
			v, err := c.Fold(e)
			if err != nil || v == nil && !e.Nullable() {
				return e, false
			}
			b := expr.Base{Typ: e.Type(), Null: v == nil, Span: e.Place()}
			return &expr.Literal{Base: b, Value: v}, true
		})
	})
}

// folds reports whether e is a constant expression with a value that a literal can hold.
func folds(e expr.Expr) bool {
	t := e.Type()
	if t.IsNested() || t.Kind == types.Variant || t.Kind == types.Void {
		return false
	}
	return expr.Foldable(e) && !expr.Any(e, func(e expr.Expr) bool {
		switch e := e.(type) {
		case *expr.Lambda:
			return true
		case *expr.Call: // row_number() is no constant, though it has no arguments
			return e.Function.Window || e.Kernel == nil
		}
		return false
	})
}
