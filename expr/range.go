package expr

import (
	"math"

	"github.com/kilnql/kiln/types"
)

// Ranges gives the proven range of a column; nil proves nothing.
type Ranges func(ColumnID) types.Range

// RangeAnalysis answers what is proven of expressions over columns whose ranges are known. It keeps the ranges of the
// nodes that it has seen, which are immutable: questions about every node of a tree, as Fallible asks them, cost one walk
// however deep the tree is. It is not safe for concurrent use.
type RangeAnalysis struct {
	columns Ranges
	known   map[Expr]types.Range
}

// NewRangeAnalysis makes an analysis over columns; nil proves nothing of them. What columns says must not change.
func NewRangeAnalysis(columns Ranges) *RangeAnalysis {
	return &RangeAnalysis{columns: columns, known: map[Expr]types.Range{}}
}

// Fallible reports whether evaluating e may raise an error, judged by types and literals alone.
func Fallible(e Expr) bool { return FallibleWith(e, nil) }

// FallibleWith is Fallible where ranges of columns are proven.
func FallibleWith(e Expr, r Ranges) bool { return NewRangeAnalysis(r).Fallible(e) }

// Fallible reports whether evaluating e may raise an error.
func (r *RangeAnalysis) Fallible(e Expr) bool { return Any(e, r.FallibleNode) }

// FallibleNode is RangeAnalysis.FallibleNode for a single node.
func FallibleNode(e Expr, r Ranges) bool { return NewRangeAnalysis(r).FallibleNode(e) }

// FallibleNode reports whether the node e itself, apart from what is below it, may raise an error.
func (r *RangeAnalysis) FallibleNode(e Expr) bool {
	switch e := e.(type) {
	case *Arithmetic:
		return e.Mode == Checked && r.MayFail(e)
	case *Cast:
		return e.Mode == Checked && e.Fails
	case *Call:
		return e.Fails
	case *Subquery:
		return e.Kind == ScalarSubquery
	}
	return false
}

// MayFail is RangeAnalysis.MayFail for a single node.
func MayFail(e *Arithmetic, r Ranges) bool { return NewRangeAnalysis(r).MayFail(e) }

// MayFail reports whether there may be operands for which the arithmetic of e has no value: overflow or division by zero.
// Its ErrorMode says what happens then.
func (r *RangeAnalysis) MayFail(e *Arithmetic) bool {
	t := e.Left.Type()
	switch e.Op {
	case Divide, IntegralDivide, Remainder:
		if !r.nonZero(e.Right) {
			return true
		}
	}
	switch {
	case t.IsFloating():
		return false
	case t.Kind == types.Decimal:
		return r.decimalMayFail(e)
	}
	_, ok := r.arithmeticRange(e)
	return !ok
}

func (r *RangeAnalysis) nonZero(e Expr) bool {
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
	x := r.RangeOf(e)
	return x.Known && (x.Min > 0 || x.Max < 0)
}

// decimalMayFail compares the digits that a result can have with the digits of its type.
func (r *RangeAnalysis) decimalMayFail(e *Arithmetic) bool {
	if e.Op == Negate {
		return false
	}
	if _, ok := r.arithmeticRange(e); ok {
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
func RangeOf(e Expr, r Ranges) types.Range { return NewRangeAnalysis(r).RangeOf(e) }

// RangeOf bounds the values of e; see the function RangeOf.
func (r *RangeAnalysis) RangeOf(e Expr) types.Range {
	switch e.(type) {
	case *Arithmetic, *Case, *Coalesce, *Cast:
		x, known := r.known[e]
		if !known {
			x = r.rangeOf(e)
			r.known[e] = x
		}
		return x
	}
	return r.rangeOf(e)
}

func (r *RangeAnalysis) rangeOf(e Expr) types.Range {
	switch e := e.(type) {
	case *Column:
		if r.columns != nil {
			if x := r.columns(e.ID); x.Known {
				return x.Intersect(types.RangeOfType(e.Typ))
			}
		}
	case *Literal:
		if x := types.RangeOfValue(e.Value); x.Known {
			return x
		}
	case *Arithmetic:
		if x, _ := r.arithmeticRange(e); x.Known {
			return x
		}
	case *Case:
		x := r.RangeOf(e.Else)
		if isNull(e.Else) {
			x = types.Range{}
		}
		for i, w := range e.Whens {
			switch {
			case isNull(w.Result):
			case i == 0 && isNull(e.Else):
				x = r.RangeOf(w.Result)
			default:
				x = x.Union(r.RangeOf(w.Result))
			}
		}
		if x.Known {
			return x
		}
	case *Coalesce:
		x := r.RangeOf(e.Args[0])
		for _, a := range e.Args[1:] {
			x = x.Union(r.RangeOf(a))
		}
		if x.Known {
			return x
		}
	case *Cast:
		return r.castRange(e)
	}
	return types.RangeOfType(e.Type())
}

func isNull(e Expr) bool {
	l, ok := e.(*Literal)
	return ok && l.Value == nil
}

// castRange follows a value through casts that only widen: integers to wider integers and to decimals.
func (r *RangeAnalysis) castRange(e *Cast) types.Range {
	own := types.RangeOfType(e.Typ)
	from := e.Input.Type()
	if !from.IsIntegral() && from.Kind != types.Decimal {
		return own
	}
	x := r.RangeOf(e.Input)
	if !x.Known {
		return own
	}
	switch {
	case e.Typ.IsIntegral() && from.IsIntegral() && e.Mode != Legacy:
		return x.Intersect(own)
	case e.Typ.Kind == types.Decimal && e.Typ.Scale >= from.Scale && e.Typ.Scale-from.Scale <= types.MaxDecimal64:
		if x, ok := scaleRange(x, int(e.Typ.Scale-from.Scale)); ok {
			return x.Intersect(own)
		}
	}
	return own
}

// arithmeticRange bounds e's results. ok is true if no operands in range overflow the result type or 64 bits on the way;
// division by zero is not considered.
func (r *RangeAnalysis) arithmeticRange(e *Arithmetic) (_ types.Range, ok bool) {
	own := types.RangeOfType(e.Typ)
	a := r.RangeOf(e.Left)
	b := types.Range{Known: true}
	if e.Right != nil {
		b = r.RangeOf(e.Right)
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
		return x.Intersect(own), false
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

// scaleRange is the range of x times 10^digits; ok is false if 64 bits do not hold it.
func scaleRange(x types.Range, digits int) (_ types.Range, ok bool) {
	if digits > types.MaxDecimal64 {
		return x, false
	}
	p := types.Pow10Int64(digits)
	x = x.Mul(types.Range{Known: true, Min: p, Max: p})
	return x, x.Known
}

// combine applies an operator to intervals; ok is false if 64 bits do not hold the result.
func combine(op ArithmeticOp, a, b types.Range) (x types.Range, ok bool) {
	switch op {
	case Add:
		x = a.Add(b)
	case Subtract:
		x = a.Sub(b)
	case Negate:
		x = a.Neg()
	case Multiply:
		x = a.Mul(b)
	case IntegralDivide:
		// The quotient is no larger than the dividend, but -2^63 / -1.
		if a.Min != math.MinInt64 {
			m := max(a.Max, -a.Min)
			x = types.Range{Known: true, Min: -m, Max: m}
		}
	case Remainder:
		x = remainderRange(a, b)
	}
	return x, x.Known
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
