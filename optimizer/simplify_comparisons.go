package optimizer

import (
	"slices"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// simplifyComparisons puts literals on the right, drops comparisons with true and false, decides IS NULL where it is
// known, and makes x <=> NULL an IS NULL. The guard on x = x: it is null for a null x, so only a column that cannot be null
// gives true:
//
//	SELECT * FROM t WHERE x = x
func simplifyComparisons(e expr.Expr, _ *Context) expr.Expr {
	switch e := e.(type) {
	case *expr.Comparison:
		return simplifyComparison(e)
	case *expr.IsNull:
		if l, ok := e.Input.(*expr.Literal); ok {
			return booleanLiteral(l.Value == nil)
		}
		if !e.Input.Nullable() && droppable(e.Input) {
			return booleanLiteral(false)
		}
	case *expr.In:
		if len(e.Values) == 0 && !e.HasNull && droppable(e.Input) && !e.Input.Nullable() {
			return booleanLiteral(false)
		}
	}
	return e
}

func simplifyComparison(e *expr.Comparison) expr.Expr {
	l, r := e.Left, e.Right
	if isLiteral(l) && !isLiteral(r) && droppable(r) {
		n := *e
		n.Left, n.Right, n.Op = r, l, e.Op.Flip()
		return simplifyComparison(&n)
	}
	if e.Op == expr.NullSafeEqual {
		switch {
		case isNullLiteral(r):
			return isNull(l)
		case isNullLiteral(l):
			return isNull(r)
		case !l.Nullable() && !r.Nullable():
			return compare(expr.Equal, l, r)
		}
	}
	if l.Type().Kind == types.Boolean && !l.Type().IsNested() {
		switch {
		case e.Op == expr.Equal && isTrue(r), e.Op == expr.NotEqual && isFalse(r):
			return l
		case e.Op == expr.Equal && isFalse(r), e.Op == expr.NotEqual && isTrue(r):
			return not(l)
		}
	}
	if droppable(l) && !l.Nullable() && !l.Type().IsNested() && expr.Same(l, r) {
		switch e.Op {
		case expr.Equal, expr.LessOrEqual, expr.GreaterOrEqual, expr.NullSafeEqual:
			return booleanLiteral(true)
		}
		return booleanLiteral(false)
	}
	return e
}

// propagateNull replaces an operator by null if an operand is a NULL literal and null operands make it null. As in Spark, that
// holds for operators even where another operand would fail, so the rule is part of what a query means:
//
//	SELECT 1 / 0 + NULL, CAST(NULL AS INT) = 'abc', concat(NULL, 1 / 0) -- the last one fails
func propagateNull(e expr.Expr, _ *Context) expr.Expr {
	if !nullIfAnyIs(e) || !e.Nullable() || !slices.ContainsFunc(e.Children(), isNullLiteral) {
		return e
	}
	if _, ok := e.(*expr.Call); ok && slices.ContainsFunc(e.Children(), func(c expr.Expr) bool { return !droppable(c) }) {
		return e
	}
	return nullLiteral(e.Type())
}
