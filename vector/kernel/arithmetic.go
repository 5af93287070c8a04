package kernel

import (
	"math"
	"math/bits"

	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Operator is an operator of the arithmetic kernels.
type Operator uint8

// The operators; ReverseSubtract is b - a, for constants on the left.
const (
	Add Operator = iota
	Subtract
	Multiply
	ReverseSubtract
)

// String is the operator's name in a program listing.
func (o Operator) String() string { return [...]string{"add", "sub", "mul", "rsub"}[o] }

// Arithmetic computes out = a op b in R's width, wrapping.
func Arithmetic[A, B, R Integer](op Operator, a []A, b []B, sel vector.Selection, out []R) {
	if sel != nil {
		arithmeticSelected(op, a, b, sel, out)
		return
	}
	b, out = b[:len(a)], out[:len(a)]
	switch op {
	case Add:
		for i, x := range a {
			out[i] = R(x) + R(b[i])
		}
	case Subtract:
		for i, x := range a {
			out[i] = R(x) - R(b[i])
		}
	case Multiply:
		for i, x := range a {
			out[i] = R(x) * R(b[i])
		}
	case ReverseSubtract:
		for i, x := range a {
			out[i] = R(b[i]) - R(x)
		}
	}
}

func arithmeticSelected[A, B, R Integer](op Operator, a []A, b []B, sel vector.Selection, out []R) {
	b, out = b[:len(a)], out[:len(a)]
	switch op {
	case Add:
		for _, i := range sel {
			out[i] = R(a[i]) + R(b[i])
		}
	case Subtract:
		for _, i := range sel {
			out[i] = R(a[i]) - R(b[i])
		}
	case Multiply:
		for _, i := range sel {
			out[i] = R(a[i]) * R(b[i])
		}
	case ReverseSubtract:
		for _, i := range sel {
			out[i] = R(b[i]) - R(a[i])
		}
	}
}

// ArithmeticConstant computes out = a op c in R's width, wrapping.
func ArithmeticConstant[A, R Integer](op Operator, a []A, c R, sel vector.Selection, out []R) {
	out = out[:len(a)]
	if sel != nil {
		switch op {
		case Add:
			for _, i := range sel {
				out[i] = R(a[i]) + c
			}
		case Subtract:
			for _, i := range sel {
				out[i] = R(a[i]) - c
			}
		case Multiply:
			for _, i := range sel {
				out[i] = R(a[i]) * c
			}
		case ReverseSubtract:
			for _, i := range sel {
				out[i] = c - R(a[i])
			}
		}
		return
	}
	switch op {
	case Add:
		for i, x := range a {
			out[i] = R(x) + c
		}
	case Subtract:
		for i, x := range a {
			out[i] = R(x) - c
		}
	case Multiply:
		for i, x := range a {
			out[i] = R(x) * c
		}
	case ReverseSubtract:
		for i, x := range a {
			out[i] = c - R(x)
		}
	}
}

// CheckedOne is one checked operation: the 64-bit result and whether it overflowed 64 bits or left [lo, hi].
func CheckedOne(op Operator, a, b, lo, hi int64) (r int64, bad bool) {
	var overflow int64
	switch op {
	case Add:
		r = a + b
		overflow = (a ^ r) & (b ^ r)
	case Subtract:
		r = a - b
		overflow = (a ^ b) & (a ^ r)
	case ReverseSubtract:
		r = b - a
		overflow = (a ^ b) & (b ^ r)
	case Multiply:
		h, l := bits.Mul64(uint64(a), uint64(b))
		r = int64(l)
		overflow = -int64(bit(int64(h)-(a>>63)&b-(b>>63)&a != r>>63))
	}
	return r, overflow < 0 || r < lo || r > hi
}

// ArithmeticChecked computes out = a op b and reports whether some row that it visited, null rows among them, overflowed
// 64 bits or left [lo, hi]. The loop has no branch: the caller looks for the row only if it must.
func ArithmeticChecked[A, B, R Integer](op Operator, a []A, b []B, lo, hi int64, sel vector.Selection, out []R) (bad bool) {
	b, out = b[:len(a)], out[:len(a)]
	width := uint64(hi) - uint64(lo)
	var flag uint64
	if sel != nil {
		for _, i := range sel {
			r, f := checked(op, int64(a[i]), int64(b[i]))
			out[i] = R(r)
			flag |= f | beyond(r, lo, width)
		}
		return flag != 0
	}
	switch op {
	case Add:
		for i, x := range a {
			r, f := checked(Add, int64(x), int64(b[i]))
			out[i] = R(r)
			flag |= f | beyond(r, lo, width)
		}
	case Subtract:
		for i, x := range a {
			r, f := checked(Subtract, int64(x), int64(b[i]))
			out[i] = R(r)
			flag |= f | beyond(r, lo, width)
		}
	case Multiply:
		for i, x := range a {
			r, f := checked(Multiply, int64(x), int64(b[i]))
			out[i] = R(r)
			flag |= f | beyond(r, lo, width)
		}
	case ReverseSubtract:
		for i, x := range a {
			r, f := checked(Subtract, int64(b[i]), int64(x))
			out[i] = R(r)
			flag |= f | beyond(r, lo, width)
		}
	}
	return flag != 0
}

// ArithmeticConstantChecked is ArithmeticChecked with a constant on the right.
func ArithmeticConstantChecked[A, R Integer](op Operator, a []A, c int64, lo, hi int64, sel vector.Selection, out []R) (bad bool) {
	out = out[:len(a)]
	width := uint64(hi) - uint64(lo)
	var flag uint64
	if sel != nil {
		for _, i := range sel {
			r, f := checked(op, int64(a[i]), c)
			out[i] = R(r)
			flag |= f | beyond(r, lo, width)
		}
		return flag != 0
	}
	if op == Multiply {
		for i, x := range a {
			r, f := checked(Multiply, int64(x), c)
			out[i] = R(r)
			flag |= f | beyond(r, lo, width)
		}
		return flag != 0
	}
	for i, x := range a {
		r, f := checked(op, int64(x), c)
		out[i] = R(r)
		flag |= f | beyond(r, lo, width)
	}
	return flag != 0
}

// checked has a nonzero flag on overflow of 64 bits. It is small enough to be inlined with a constant op.
func checked(op Operator, a, b int64) (r int64, flag uint64) {
	switch op {
	case Add:
		r = a + b
		return r, uint64((a^r)&(b^r)) >> 63
	case Subtract:
		r = a - b
		return r, uint64((a^b)&(a^r)) >> 63
	case ReverseSubtract:
		r = b - a
		return r, uint64((a^b)&(b^r)) >> 63
	}
	h, l := bits.Mul64(uint64(a), uint64(b))
	r = int64(l)
	return r, (h - uint64((a>>63)&b) - uint64((b>>63)&a)) ^ uint64(r>>63)
}

func beyond(r, lo int64, width uint64) uint64 { return uint64(bit(uint64(r)-uint64(lo) > width)) }

// FloatArithmetic computes out = a op b on floats.
func FloatArithmetic[T Float](op Operator, a, b []T, sel vector.Selection, out []T) {
	b, out = b[:len(a)], out[:len(a)]
	if sel != nil {
		for _, i := range sel {
			out[i] = floatOne(op, a[i], b[i])
		}
		return
	}
	switch op {
	case Add:
		for i, x := range a {
			out[i] = x + b[i]
		}
	case Subtract:
		for i, x := range a {
			out[i] = x - b[i]
		}
	case Multiply:
		for i, x := range a {
			out[i] = x * b[i]
		}
	case ReverseSubtract:
		for i, x := range a {
			out[i] = b[i] - x
		}
	}
}

// FloatArithmeticConstant computes out = a op c on floats.
func FloatArithmeticConstant[T Float](op Operator, a []T, c T, sel vector.Selection, out []T) {
	out = out[:len(a)]
	if sel != nil {
		for _, i := range sel {
			out[i] = floatOne(op, a[i], c)
		}
		return
	}
	switch op {
	case Add:
		for i, x := range a {
			out[i] = x + c
		}
	case Subtract:
		for i, x := range a {
			out[i] = x - c
		}
	case Multiply:
		for i, x := range a {
			out[i] = x * c
		}
	case ReverseSubtract:
		for i, x := range a {
			out[i] = c - x
		}
	}
}

func floatOne[T Float](op Operator, a, b T) T {
	switch op {
	case Add:
		return a + b
	case Subtract:
		return a - b
	case Multiply:
		return a * b
	}
	return b - a
}

// FloatDivide computes out = a / b and reports whether a visited row had b = 0.
func FloatDivide[T Float](a, b []T, sel vector.Selection, out []T) (zero bool) {
	b, out = b[:len(a)], out[:len(a)]
	flag := 0
	if sel != nil {
		for _, i := range sel {
			out[i] = a[i] / b[i]
			flag |= bit(b[i] == 0)
		}
		return flag != 0
	}
	for i, x := range a {
		out[i] = x / b[i]
		flag |= bit(b[i] == 0)
	}
	return flag != 0
}

// FloatRemainder computes out = a % b with the sign of a, and reports whether a visited row had b = 0.
func FloatRemainder[T Float](a, b []T, sel vector.Selection, out []T) (zero bool) {
	each(sel, len(a), func(i int) {
		zero = zero || b[i] == 0
		out[i] = T(math.Mod(float64(a[i]), float64(b[i])))
	})
	return zero
}

// IntegerDivide computes out = a / b rounded to zero, or a % b if remainder is set, and reports whether a visited row
// had b = 0, or overflowed (the smallest value divided by -1, which wraps).
func IntegerDivide[A, B, R Integer](remainder bool, a []A, b []B, sel vector.Selection, out []R) (bad bool) {
	b, out = b[:len(a)], out[:len(a)]
	flag := 0
	one := func(i int) {
		x, y := int64(a[i]), int64(b[i])
		flag |= bit(y == 0)
		y += int64(bit(y == 0)) // never divide by zero: the row is null, unselected, or reported
		if remainder {
			out[i] = R(x % y)
			return
		}
		flag |= bit(x == math.MinInt64) & bit(y == -1)
		out[i] = R(x / y)
	}
	each(sel, len(a), one)
	return flag != 0
}

// each calls f for the selected rows. For kernels whose work per row dwarfs a call.
func each(sel vector.Selection, n int, f func(i int)) {
	if sel == nil {
		for i := range n {
			f(i)
		}
		return
	}
	for _, i := range sel {
		f(int(i))
	}
}

// Add128 computes out = a + b, wrapping.
func Add128(a, b []types.Int128, sel vector.Selection, out []types.Int128) {
	each(sel, len(a), func(i int) { out[i] = a[i].Add(b[i]) })
}

// Subtract128 computes out = a - b, wrapping.
func Subtract128(a, b []types.Int128, sel vector.Selection, out []types.Int128) {
	each(sel, len(a), func(i int) { out[i] = a[i].Sub(b[i]) })
}

// Multiply128 computes out = a * b, wrapping.
func Multiply128(a, b []types.Int128, sel vector.Selection, out []types.Int128) {
	each(sel, len(a), func(i int) { out[i] = a[i].MulLow(b[i]) })
}
