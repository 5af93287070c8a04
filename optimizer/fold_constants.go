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
		constant := constants{}
		constant.add(e)
		return expr.TransformDown(e, func(e expr.Expr) (expr.Expr, bool) {
			c.check()
			switch e.(type) {
			case *expr.Literal, *expr.Column:
				return e, true
			}
			if !constant[e] || !literalHolds(e.Type()) {
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

// literalHolds reports whether values of t can stand in a literal.
func literalHolds(t types.Type) bool {
	return !t.IsNested() && t.Kind != types.Variant && t.Kind != types.Void
}

// constants are the nodes of an expression, with inputs, that are constant; found in one walk, however deep it is.
type constants map[expr.Expr]bool

// add finds the constants in e and reports whether e is one.
func (s constants) add(e expr.Expr) bool {
	constant := constantNode(e)
	for _, c := range e.Children() {
		if !s.add(c) {
			constant = false
		}
	}
	if constant {
		s[e] = true
	}
	return constant
}

// constantNode reports whether e is a constant if all its inputs are.
func constantNode(e expr.Expr) bool {
	switch e := e.(type) {
	case *expr.Column, *expr.Parameter, *expr.Subquery, *expr.Aggregate, *expr.WindowCall, *expr.Lambda:
		return false
	case *expr.Call: // row_number() is no constant, though it has no arguments
		f := e.Function
		return e.Kernel != nil && (f == nil || !f.Window && !f.Generator && !f.NonDeterministic && !f.Stateful)
	}
	return true
}
