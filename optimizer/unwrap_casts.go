package optimizer

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// unwrapCasts compares a column itself where it was cast to a wider type to meet a literal: CAST(i AS BIGINT) = 5 is
// i = 5. Statistics and narrow layouts then apply. The guard: the cast must be one that loses nothing and never fails, and
// the literal must have an equal in the column's type; in
//
//	SELECT * FROM t WHERE CAST(i AS BIGINT) < 3000000000
//
// no int is equal to the literal.
func unwrapCasts(e expr.Expr, _ *Context) expr.Expr {
	switch e := e.(type) {
	case *expr.Comparison:
		in, ok := widened(e.Left)
		l, isLiteral := e.Right.(*expr.Literal)
		if !ok || !isLiteral {
			return e
		}
		v, ok := convertLiteral(l.Value, l.Typ, in.Type())
		if !ok {
			return e
		}
		n := *e
		n.Left, n.Right = in, &expr.Literal{Base: expr.Base{Typ: in.Type(), Span: l.Span}, Value: v}
		return &n
	case *expr.In:
		in, ok := widened(e.Input)
		if !ok {
			return e
		}
		values := make([]any, len(e.Values))
		for i, v := range e.Values {
			if values[i], ok = convertLiteral(v, e.Input.Type(), in.Type()); !ok {
				return e
			}
		}
		n := *e
		n.Input, n.Values = in, values
		return &n
	}
	return e
}

// widened is the input of a cast that keeps all values apart: between integers and decimals, to more digits.
func widened(e expr.Expr) (expr.Expr, bool) {
	c, ok := e.(*expr.Cast)
	if !ok || c.Fails {
		return nil, false
	}
	from, to := c.Input.Type(), c.Typ
	switch {
	case from.IsIntegral() && to.IsIntegral():
		return c.Input, to.Kind >= from.Kind
	case from.IsIntegral() && to.Kind == types.Decimal:
		return c.Input, int(to.Precision-to.Scale) >= digitsOf(from)
	case from.Kind == types.Decimal && to.Kind == types.Decimal:
		return c.Input, to.Scale >= from.Scale && to.Precision-to.Scale >= from.Precision-from.Scale
	}
	return nil, false
}

// digitsOf is the number of decimal digits that hold every value of an integral type.
func digitsOf(t types.Type) int {
	return map[types.Kind]int{types.Byte: 3, types.Short: 5, types.Int: 10, types.Long: 19}[t.Kind]
}

// convertLiteral is the value of type to that equals v of type from; ok is false if there is none.
func convertLiteral(v any, from, to types.Type) (any, bool) {
	i, ok := types.Integer64(v)
	if !ok {
		return nil, false
	}
	for digits := from.Scale - to.Scale; digits > 0; digits-- {
		if i%10 != 0 {
			return nil, false
		}
		i /= 10
	}
	if from.Scale < to.Scale {
		return nil, false
	}
	if r := types.RangeOfType(to); r.Known && (i < r.Min || i > r.Max) {
		return nil, false
	}
	switch to.Kind {
	case types.Byte:
		return int8(i), true
	case types.Short:
		return int16(i), true
	case types.Int:
		return int32(i), true
	case types.Long:
		return i, true
	case types.Decimal:
		return types.NewDecimalValue(types.Int128From(i), to), true
	}
	return nil, false
}
