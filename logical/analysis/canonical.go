package analysis

import (
	"slices"
	"strings"

	"github.com/kilnql/kiln/expr"
)

// canonical brings an expression into a form that it shares with others that only differ in the order of operands that may
// be exchanged: SELECT 1 + a … GROUP BY a + 1 is allowed. It is for comparing, not for evaluating: sums are reordered without
// regard to overflow.
func canonical(e expr.Expr) expr.Expr {
	return expr.Transform(numbered(e, 0), func(e expr.Expr) expr.Expr {
		switch e := e.(type) {
		case *expr.Arithmetic:
			if e.Op == expr.Add || e.Op == expr.Multiply {
				return reordered(e)
			}
		case *expr.Comparison:
			return turned(e)
		case *expr.And:
			return e.WithChildren(sorted(e.Args))
		case *expr.Or:
			return e.WithChildren(sorted(e.Args))
		}
		return e
	})
}

// numbered gives the parameters of lambdas IDs by their place in e, outer of which there are some around it: operands are
// sorted by IDs too, and those of parameters differ in SELECT and GROUP BY.
func numbered(e expr.Expr, outer int) expr.Expr {
	return expr.TransformDown(e, func(e expr.Expr) (expr.Expr, bool) {
		l, ok := e.(*expr.Lambda)
		if !ok {
			return e, false
		}
		inner := outer + len(l.Params)
		params := make([]*expr.Column, len(l.Params))
		for i, p := range l.Params {
			c := *p
			c.ID = -expr.ColumnID(outer + i + 1) // no column has a negative ID
			params[i] = &c
		}
		body := expr.ReplaceColumns(numbered(l.Body, inner), func(c *expr.Column) expr.Expr {
			for i, p := range l.Params {
				if p.ID == c.ID {
					return params[i]
				}
			}
			return c
		})
		return &expr.Lambda{Base: l.Base, Params: params, Body: body}, true
	})
}

// sorted orders expressions by their keys.
func sorted(list []expr.Expr) []expr.Expr {
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b expr.Expr) int { return strings.Compare(expr.Key(a), expr.Key(b)) })
	return out
}

// reordered sorts the operands of a chain of one operator.
func reordered(e *expr.Arithmetic) expr.Expr {
	operands := sorted(chain(e, e, nil))
	out := operands[0]
	for _, operand := range operands[1:] {
		link := *e
		link.Left, link.Right = out, operand
		out = &link
	}
	return out
}

// chain lists the operands of e that are joined by the same operator at the same type as the topmost.
func chain(top *expr.Arithmetic, e expr.Expr, operands []expr.Expr) []expr.Expr {
	a, ok := e.(*expr.Arithmetic)
	if !ok || a.Op != top.Op || !a.Typ.Equal(top.Typ) {
		return append(operands, e)
	}
	return chain(top, a.Right, chain(top, a.Left, operands))
}

// turned writes > as <, and puts the operands of = and its kin in order.
func turned(e *expr.Comparison) expr.Expr {
	n := *e
	switch e.Op {
	case expr.Greater:
		n.Op, n.Left, n.Right = expr.Less, e.Right, e.Left
	case expr.GreaterOrEqual:
		n.Op, n.Left, n.Right = expr.LessOrEqual, e.Right, e.Left
	case expr.Equal, expr.NotEqual, expr.NullSafeEqual:
		if expr.Key(e.Left) > expr.Key(e.Right) {
			n.Left, n.Right = e.Right, e.Left
		}
	}
	return &n
}
