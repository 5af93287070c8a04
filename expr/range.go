package expr

import (
	"math"
	"math/bits"

	"github.com/kilnql/kiln/types"
)

// Ranges gives the proven range of a column; nil proves nothing.
type Ranges func(ColumnID) types.Range

// Fallible reports whether evaluating e may raise an error, judged by types and literals alone.
func Fallible(e Expr) bool { return FallibleWith(e, nil) }

// FallibleWith is Fallible where ranges of columns are proven.
func FallibleWith(e Expr, r Ranges) bool {
	return Any(e, func(x Expr) bool { return FallibleNode(x, r) })
}

// FallibleNode reports whether the node e itself, apart from what is below it, may raise an error.
func FallibleNode(e Expr, r Ranges) bool {
	switch e := e.(type) {
	case *Arithmetic:
		return e.Mode == Checked && MayFail(e, r)
	case *Cast:
		return e.Mode == Checked && e.Fails
	case *Call:
		return e.Fails
	case *Subquery:
		return e.Kind == ScalarSubquery
	}
	return false
}

// MayFail reports whether there may be operands for which the arithmetic of e has no value: overflow or division by zero.
// Its ErrorMode says what happens then.
func MayFail(e *Arithmetic, r Ranges) bool {
	t := e.Left.Type()
	switch e.Op {
	case Divide, IntegralDivide, Remainder:
		if !nonZero(e.Right, r) {
			return true
		}
	}
	switch {
	case t.IsFloating():
		return false
	case t.Kind == types.Decimal:
		return decimalMayFail(e, r)
	}
	_, ok := arithmeticRange(e, r)
	return !ok
}

func nonZero(e Expr, r Ranges) bool {
	if l, ok := e.(*Literal); ok {
		switch v := l.Value.(type) {
		case float64:
			return v != 0
		case float32:
			return v != 0
		case types.Int128:
			return !v.IsZero()
		}
	}
	x := RangeOf(e, r)
	return x.Known && (x.Min > 0 || x.Max < 0)
}

// decimalMayFail compares the digits that a result can have with the digits of its type.
func decimalMayFail(e *Arithmetic, r Ranges) bool {
	if e.Op == Negate {
		return false
	}
	if _, ok := arithmeticRange(e, r); ok {
		return false
	}
	a, b, t := e.Left.Type(), e.Right.Type(), e.Typ
	p1, s1, p2, s2 := int(a.Precision), int(a.Scale), int(b.Precision), int(b.Scale)
	integral := int(t.Precision - t.Scale)
	switch e.Op {
	case Add, Subtract:
		return max(p1-s1, p2-s2)+1 > integral
	case Multiply:
		// Rounding to fewer fraction digits may carry into one more integral digit.
		need := p1 - s1 + p2 - s2
		if int(t.Scale) < s1+s2 {
			need++
		}
		return need > integral
	case Divide:
		return p1-s1+s2+1 > integral
	case IntegralDivide:
		return p1-s1+s2 > types.MaxDecimal64
	}
	return false // the remainder is smaller than both operands
}

// RangeOf bounds the values of an integer-like expression (see types.Range); Known is false where nothing is proven.
// For arithmetic it bounds the values of rows that do not fail.
func RangeOf(e Expr, r Ranges) types.Range {
	switch e := e.(type) {
	case *Column:
		if r != nil {
			if x := r(e.ID); x.Known {
				return intersect(x, TypeRange(e.Typ))
			}
		}
	case *Literal:
		if v, ok := integerValue(e.Value); ok && e.Typ.Kind != types.Boolean {
			return types.Range{Known: true, Min: v, Max: v}
		}
	case *Arithmetic:
		if x, _ := arithmeticRange(e, r); x.Known {
			return x
		}
	case *Case:
		x := RangeOf(e.Else, r)
		if isNull(e.Else) {
			x = types.Range{}
		}
		for i, w := range e.Whens {
			switch {
			case isNull(w.Result):
			case i == 0 && isNull(e.Else):
				x = RangeOf(w.Result, r)
			default:
				x = unite(x, RangeOf(w.Result, r))
			}
		}
		if x.Known {
			return x
		}
	case *Coalesce:
		x := RangeOf(e.Args[0], r)
		for _, a := range e.Args[1:] {
			x = unite(x, RangeOf(a, r))
		}
		if x.Known {
			return x
		}
	case *Cast:
		return castRange(e, r)
	}
	return TypeRange(e.Type())
}

func isNull(e Expr) bool {
	l, ok := e.(*Literal)
	return ok && l.Value == nil
}

// castRange follows a value through casts that only widen: integers to wider integers and to decimals.
func castRange(e *Cast, r Ranges) types.Range {
	own := TypeRange(e.Typ)
	from := e.Input.Type()
	if !from.IsIntegral() && from.Kind != types.Decimal {
		return own
	}
	x := RangeOf(e.Input, r)
	if !x.Known {
		return own
	}
	switch {
	case e.Typ.IsIntegral() && from.IsIntegral() && e.Mode != Legacy:
		return intersect(x, own)
	case e.Typ.Kind == types.Decimal && e.Typ.Scale >= from.Scale && e.Typ.Scale-from.Scale <= types.MaxDecimal64:
		p := types.Pow10Int64(int(e.Typ.Scale - from.Scale))
		lo, ok1 := multiply(x.Min, p)
		hi, ok2 := multiply(x.Max, p)
		if ok1 && ok2 {
			if !own.Known {
				return types.Range{Known: true, Min: lo, Max: hi}
			}
			return intersect(types.Range{Known: true, Min: lo, Max: hi}, own)
		}
	}
	return own
}

// TypeRange is the range of all values of t.
func TypeRange(t types.Type) types.Range {
	switch t.Kind {
	case types.Byte:
		return types.Range{Known: true, Min: math.MinInt8, Max: math.MaxInt8}
	case types.Short:
		return types.Range{Known: true, Min: math.MinInt16, Max: math.MaxInt16}
	case types.Int, types.Date, types.YearMonthInterval:
		return types.Range{Known: true, Min: math.MinInt32, Max: math.MaxInt32}
	case types.Long, types.Timestamp, types.TimestampNTZ, types.DayTimeInterval:
		return types.Range{Known: true, Min: math.MinInt64, Max: math.MaxInt64}
	case types.Decimal:
		if t.Precision <= types.MaxDecimal64 {
			m := types.Pow10Int64(int(t.Precision)) - 1
			return types.Range{Known: true, Min: -m, Max: m}
		}
	}
	return types.Range{}
}

// arithmeticRange bounds e's results. ok is true if no operands in range overflow the result type or 64 bits on the way;
// division by zero is not considered.
func arithmeticRange(e *Arithmetic, r Ranges) (_ types.Range, ok bool) {
	own := TypeRange(e.Typ)
	a := RangeOf(e.Left, r)
	b := types.Range{Known: true}
	if e.Right != nil {
		b = RangeOf(e.Right, r)
	}
	if !a.Known || !b.Known || e.Typ.IsFloating() {
		return own, false
	}
	if e.Typ.Kind == types.Decimal || e.Left.Type().Kind == types.Decimal {
		if a, b, ok = alignScales(e, a, b); !ok {
			return own, false
		}
	}
	x, ok := combine(e.Op, a, b)
	if !ok {
		return own, false
	}
	if !own.Known { // a wide decimal whose values are small
		return x, x.Known
	}
	if x.Min < own.Min || x.Max > own.Max {
		if e.Mode == Legacy {
			return own, false // wraps
		}
		return intersect(x, own), false
	}
	return x, true
}

// alignScales brings the ranges of decimal operands to the scale in which e's result is computed; not for division.
func alignScales(e *Arithmetic, a, b types.Range) (_, _ types.Range, ok bool) {
	switch e.Op {
	case Add, Subtract:
		scale := max(e.Left.Type().Scale, e.Right.Type().Scale)
		if scale != e.Typ.Scale {
			return a, b, false
		}
		a, ok1 := scaleRange(a, int(scale-e.Left.Type().Scale))
		b, ok2 := scaleRange(b, int(scale-e.Right.Type().Scale))
		return a, b, ok1 && ok2
	case Multiply:
		return a, b, e.Left.Type().Scale+e.Right.Type().Scale == e.Typ.Scale
	case Negate:
		return a, b, true
	}
	return a, b, false
}

func scaleRange(x types.Range, digits int) (types.Range, bool) {
	if digits > types.MaxDecimal64 {
		return x, false
	}
	lo, ok1 := multiply(x.Min, types.Pow10Int64(digits))
	hi, ok2 := multiply(x.Max, types.Pow10Int64(digits))
	return types.Range{Known: true, Min: lo, Max: hi}, ok1 && ok2
}

// combine applies an operator to intervals; ok is false if 64 bits do not hold the result.
func combine(op ArithmeticOp, a, b types.Range) (x types.Range, ok bool) {
	x.Known = true
	var ok1, ok2 bool
	switch op {
	case Add:
		x.Min, ok1 = add(a.Min, b.Min)
		x.Max, ok2 = add(a.Max, b.Max)
		return x, ok1 && ok2
	case Subtract:
		x.Min, ok1 = subtract(a.Min, b.Max)
		x.Max, ok2 = subtract(a.Max, b.Min)
		return x, ok1 && ok2
	case Negate:
		x.Min, ok1 = subtract(0, a.Max)
		x.Max, ok2 = subtract(0, a.Min)
		return x, ok1 && ok2
	case Multiply:
		x.Min, x.Max = math.MaxInt64, math.MinInt64
		for _, p := range [4][2]int64{{a.Min, b.Min}, {a.Min, b.Max}, {a.Max, b.Min}, {a.Max, b.Max}} {
			v, ok := multiply(p[0], p[1])
			if !ok {
				return types.Range{}, false
			}
			x.Min, x.Max = min(x.Min, v), max(x.Max, v)
		}
		return x, true
	case IntegralDivide:
		// The quotient is no larger than the dividend, but -2^63 / -1.
		m := max(a.Max, -max(a.Min, -math.MaxInt64))
		if a.Min == math.MinInt64 {
			return types.Range{}, false
		}
		return types.Range{Known: true, Min: -m, Max: m}, true
	case Remainder:
		return remainderRange(a, b), true
	}
	return types.Range{}, false
}

// remainderRange: the remainder has the dividend's sign and is smaller than both.
func remainderRange(a, b types.Range) types.Range {
	x := types.Range{Known: true, Min: min(a.Min, 0), Max: max(a.Max, 0)}
	if b.Min != math.MinInt64 {
		m := max(b.Max, -b.Min)
		if m > 0 {
			x.Min, x.Max = max(x.Min, -(m-1)), min(x.Max, m-1)
		}
	}
	return x
}

func add(a, b int64) (int64, bool) { s := a + b; return s, (a^s)&(b^s) >= 0 }

func subtract(a, b int64) (int64, bool) { d := a - b; return d, (a^b)&(a^d) >= 0 }

func multiply(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	h := int64(hi) - (a>>63)&b - (b>>63)&a
	return int64(lo), h == int64(lo)>>63
}

func intersect(a, b types.Range) types.Range {
	switch {
	case !a.Known:
		return b
	case !b.Known:
		return a
	}
	return types.Range{Known: true, Min: max(a.Min, b.Min), Max: min(a.Max, b.Max)}
}

func unite(a, b types.Range) types.Range {
	if !a.Known || !b.Known {
		return types.Range{}
	}
	return types.Range{Known: true, Min: min(a.Min, b.Min), Max: max(a.Max, b.Max)}
}

// integerValue is the value of an integer-like literal.
func integerValue(v any) (int64, bool) {
	switch v := v.(type) {
	case int8:
		return int64(v), true
	case int16:
		return int64(v), true
	case int32:
		return int64(v), true
	case int64:
		return v, true
	case int:
		return int64(v), true
	case types.Int128:
		return v.Int64(), v.IsInt64()
	}
	return 0, false
}
