package types

import (
	"math"
	"math/bits"
	"strconv"
)

// The extremes of Int128.
var (
	MaxInt128 = Int128{Lo: math.MaxUint64, Hi: math.MaxInt64}
	MinInt128 = Int128{Hi: math.MinInt64}
)

// pow10 holds 10^0 to 10^38, all that fit 128 bits.
var pow10 = func() (table [39]Int128) {
	table[0] = Int128From(1)
	for i := 1; i < len(table); i++ {
		table[i], _ = table[i-1].Mul(Int128From(10))
	}
	return table
}()

// pow10Int64 holds 10^0 to 10^18.
var pow10Int64 = [19]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// Pow10 returns 10^n for 0 ≤ n ≤ 38.
func Pow10(n int) Int128 { return pow10[n] }

// Pow10Int64 returns 10^n for 0 ≤ n ≤ 18.
func Pow10Int64(n int) int64 { return pow10Int64[n] }

// IsZero reports whether a is 0.
func (a Int128) IsZero() bool { return a == Int128{} }

// Abs returns |a|; the smallest value stays itself, as with Neg.
func (a Int128) Abs() Int128 {
	if a.Hi < 0 {
		return a.Neg()
	}
	return a
}

// AddOverflow returns a+b and whether it did not fit.
func (a Int128) AddOverflow(b Int128) (Int128, bool) {
	sum := a.Add(b)
	return sum, (a.Hi^sum.Hi)&(b.Hi^sum.Hi) < 0
}

// SubOverflow returns a-b and whether it did not fit.
func (a Int128) SubOverflow(b Int128) (Int128, bool) {
	difference := a.Sub(b)
	return difference, (a.Hi^b.Hi)&(a.Hi^difference.Hi) < 0
}

// Mul returns a*b, wrapping, and whether it did not fit.
func (a Int128) Mul(b Int128) (Int128, bool) {
	if a.IsInt64() && b.IsInt64() {
		return MulInt64(a.Int64(), b.Int64()), false
	}
	product := mulUnsigned(a.magnitude(), b.magnitude())
	return product.signed((a.Hi ^ b.Hi) < 0)
}

// MulInt64 returns the exact product of two 64-bit integers.
func MulInt64(a, b int64) Int128 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	// The unsigned product exceeds the signed one by 2^64 times the other factor for each negative factor.
	return Int128{Lo: lo, Hi: int64(hi) - (a>>63)&b - (b>>63)&a}
}

// MulLow returns a*b modulo 2^128.
func (a Int128) MulLow(b Int128) Int128 {
	hi, lo := bits.Mul64(a.Lo, b.Lo)
	return Int128{Lo: lo, Hi: int64(hi + uint64(a.Hi)*b.Lo + a.Lo*uint64(b.Hi))}
}

// DivMod returns the quotient rounded towards zero and the remainder, which has the sign of a.
// The divisor must not be zero. The smallest value divided by -1 wraps.
func (a Int128) DivMod(b Int128) (quotient, remainder Int128) {
	if a.IsInt64() && b.IsInt64() && (a.Int64() != math.MinInt64 || b.Int64() != -1) {
		x, y := a.Int64(), b.Int64()
		return Int128From(x / y), Int128From(x % y)
	}
	q, r := divUnsigned(a.magnitude(), b.magnitude())
	quotient, remainder = Int128{q.lo, int64(q.hi)}, Int128{r.lo, int64(r.hi)}
	if (a.Hi ^ b.Hi) < 0 {
		quotient = quotient.Neg()
	}
	if a.Hi < 0 {
		remainder = remainder.Neg()
	}
	return quotient, remainder
}

// magnitude is |a| as an unsigned integer; it is exact for the smallest value too.
func (a Int128) magnitude() uint128 {
	b := a.Abs()
	return uint128{uint64(b.Hi), b.Lo}
}

// uint128 and uint256 are the unsigned intermediates of decimal arithmetic.
type uint128 struct{ hi, lo uint64 }

// uint256 is four words, least significant first.
type uint256 [4]uint64

func (x uint128) cmp(y uint128) int {
	switch {
	case x.hi < y.hi, x.hi == y.hi && x.lo < y.lo:
		return -1
	case x == y:
		return 0
	}
	return 1
}

func (x uint128) sub(y uint128) uint128 {
	lo, borrow := bits.Sub64(x.lo, y.lo, 0)
	hi, _ := bits.Sub64(x.hi, y.hi, borrow)
	return uint128{hi, lo}
}

func (x uint128) shiftLeft(n uint) uint128 {
	if n >= 64 {
		return uint128{x.lo << (n - 64), 0}
	}
	return uint128{x.hi<<n | x.lo>>(64-n), x.lo << n}
}

func (x uint128) shiftRight(n uint) uint128 {
	if n >= 64 {
		return uint128{0, x.hi >> (n - 64)}
	}
	return uint128{x.hi >> n, x.lo>>n | x.hi<<(64-n)}
}

func (x uint128) leadingZeros() uint {
	if x.hi != 0 {
		return uint(bits.LeadingZeros64(x.hi))
	}
	return 64 + uint(bits.LeadingZeros64(x.lo))
}

func (x uint128) wide() uint256 { return uint256{x.lo, x.hi} }

func mulUnsigned(x, y uint128) uint256 {
	h0, l0 := bits.Mul64(x.lo, y.lo)
	h1, l1 := bits.Mul64(x.hi, y.lo)
	h2, l2 := bits.Mul64(x.lo, y.hi)
	h3, l3 := bits.Mul64(x.hi, y.hi)
	r1, c1 := bits.Add64(h0, l1, 0)
	r2, c2 := bits.Add64(h1, h2, c1)
	r3 := h3 + c2
	r1, c1 = bits.Add64(r1, l2, 0)
	r2, c2 = bits.Add64(r2, l3, c1)
	return uint256{l0, r1, r2, r3 + c2}
}

func (x uint256) isUint128() bool { return x[2] == 0 && x[3] == 0 }

func (x uint256) low() uint128 { return uint128{x[1], x[0]} }

func (x uint256) cmp(y uint256) int {
	for i := 3; i >= 0; i-- {
		if x[i] != y[i] {
			if x[i] < y[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}

func (x uint256) add(y uint256) (sum uint256) {
	var carry uint64
	for i := range x {
		sum[i], carry = bits.Add64(x[i], y[i], carry)
	}
	return sum
}

// signed returns ±x as Int128, and whether it does not fit.
func (x uint256) signed(negative bool) (Int128, bool) {
	v := Int128{x[0], int64(x[1])}
	overflow := !x.isUint128()
	if negative {
		v = v.Neg()
		return v, overflow || v.Hi >= 0 && !v.IsZero()
	}
	return v, overflow || v.Hi < 0
}

// divUnsigned divides 128 by 128 bits.
func divUnsigned(x, y uint128) (quotient, remainder uint128) {
	switch {
	case y.hi == 0 && x.hi == 0:
		return uint128{0, x.lo / y.lo}, uint128{0, x.lo % y.lo}
	case y.hi == 0:
		qh := x.hi / y.lo
		ql, r := bits.Div64(x.hi%y.lo, x.lo, y.lo)
		return uint128{qh, ql}, uint128{0, r}
	case x.cmp(y) < 0:
		return uint128{}, x
	}
	// The quotient fits 64 bits: estimate it from the leading words; the estimate is at most one too large after the shift.
	n := y.leadingZeros()
	half := x.shiftRight(1)
	q, _ := bits.Div64(half.hi, half.lo, y.shiftLeft(n).hi)
	q = q >> (63 - n)
	if q > 0 {
		q--
	}
	hi, lo := bits.Mul64(y.lo, q)
	r := x.sub(uint128{hi + y.hi*q, lo})
	if r.cmp(y) >= 0 {
		q++
		r = r.sub(y)
	}
	return uint128{0, q}, r
}

// divide divides 256 by 128 bits; the divisor must not be zero.
func (x uint256) divide(y uint128) (quotient uint256, remainder uint128) {
	if x.isUint128() {
		q, r := divUnsigned(x.low(), y)
		return q.wide(), r
	}
	if y.hi == 0 {
		var r uint64
		for i := 3; i >= 0; i-- {
			quotient[i], r = bits.Div64(r, x[i], y.lo)
		}
		return quotient, uint128{0, r}
	}
	return x.divideLong(y)
}

// divideLong is schoolbook division (Knuth's algorithm D) by a divisor of two words.
func (x uint256) divideLong(y uint128) (quotient uint256, remainder uint128) {
	shift := y.leadingZeros()
	d := y.shiftLeft(shift)
	var u [5]uint64 // x shifted left by shift < 64
	for i := 3; i >= 0; i-- {
		u[i+1] |= x[i] >> (63 - shift) >> 1
		u[i] = x[i] << shift
	}
	for j := 2; j >= 0; j-- {
		q := estimate(u[j+2], u[j+1], u[j], d)
		// u[j..j+2] -= q*d; the estimate may be a little too large, then d is added back.
		h0, l0 := bits.Mul64(q, d.lo)
		h1, l1 := bits.Mul64(q, d.hi)
		m1, carry := bits.Add64(l1, h0, 0)
		m2 := h1 + carry
		var borrow uint64
		u[j], borrow = bits.Sub64(u[j], l0, 0)
		u[j+1], borrow = bits.Sub64(u[j+1], m1, borrow)
		u[j+2], borrow = bits.Sub64(u[j+2], m2, borrow)
		for borrow != 0 {
			q--
			u[j], carry = bits.Add64(u[j], d.lo, 0)
			u[j+1], carry = bits.Add64(u[j+1], d.hi, carry)
			u[j+2], carry = bits.Add64(u[j+2], 0, carry)
			borrow -= carry
		}
		quotient[j] = q
	}
	return quotient, uint128{u[1], u[0]}.shiftRight(shift)
}

// estimate guesses one quotient word from the three leading words of the dividend.
func estimate(top, middle, bottom uint64, d uint128) uint64 {
	if top >= d.hi {
		return math.MaxUint64
	}
	q, r := bits.Div64(top, middle, d.hi)
	for {
		hi, lo := bits.Mul64(q, d.lo)
		if hi < r || hi == r && lo <= bottom {
			return q
		}
		q--
		var carry uint64
		if r, carry = bits.Add64(r, d.hi, 0); carry != 0 {
			return q
		}
	}
}

// digits is the number of decimal digits of |a|; 1 for zero.
func (x uint128) digits() int {
	if x.hi == 0 && x.lo == 0 {
		return 1
	}
	// 1233/4096 approximates log10(2) well enough for 128 bits; one comparison corrects it.
	n := int(128-x.leadingZeros()) * 1233 >> 12
	if n < len(pow10) {
		if p := pow10[n]; x.cmp(uint128{uint64(p.Hi), p.Lo}) < 0 {
			return n
		}
	}
	return n + 1
}

// Digits is the number of decimal digits of |a|, at least 1: the precision of a decimal with this unscaled value.
func (a Int128) Digits() int { return a.magnitude().digits() }

// DigitsInt64 is the number of decimal digits of |v|, at least 1.
func DigitsInt64(v int64) int { return Int128From(v).Digits() }

// AppendInt128 appends a in decimal.
func AppendInt128(dst []byte, a Int128) []byte {
	if a.IsInt64() {
		return strconv.AppendInt(dst, a.Int64(), 10)
	}
	if a.Hi < 0 {
		dst = append(dst, '-')
	}
	const chunk = 1e19
	high, low := divUnsigned(a.magnitude(), uint128{0, chunk})
	if high.hi != 0 || high.lo >= chunk {
		top, middle := divUnsigned(high, uint128{0, chunk})
		dst = strconv.AppendUint(dst, top.lo, 10)
		dst = appendPadded(dst, middle.lo, 19)
	} else if high.lo != 0 {
		dst = strconv.AppendUint(dst, high.lo, 10)
	} else {
		return strconv.AppendUint(dst, low.lo, 10)
	}
	return appendPadded(dst, low.lo, 19)
}

// appendPadded appends v with leading zeros to the given width; a wider v is not cut.
func appendPadded(dst []byte, v uint64, width int) []byte {
	var buf [20]byte
	for ; width > len(buf); width-- {
		dst = append(dst, '0')
	}
	i := len(buf)
	for v > 0 || len(buf)-i < width {
		i--
		buf[i] = byte('0' + v%10)
		v /= 10
	}
	return append(dst, buf[i:]...)
}

// String is a in decimal.
func (a Int128) String() string { return string(AppendInt128(nil, a)) }

// ParseInt128 reads an optional sign and decimal digits; ok is false for any other text and on overflow.
func ParseInt128(text string) (v Int128, ok bool) {
	negative := false
	if text != "" && (text[0] == '-' || text[0] == '+') {
		negative = text[0] == '-'
		text = text[1:]
	}
	if text == "" {
		return Int128{}, false
	}
	for i := 0; i < len(text); i++ {
		d := text[i] - '0'
		if d > 9 {
			return Int128{}, false
		}
		// Accumulate below zero: the negative side holds one more value.
		shifted, overflow := v.Mul(pow10[1])
		next, overflow2 := shifted.SubOverflow(Int128From(int64(d)))
		if overflow || overflow2 {
			return Int128{}, false
		}
		v = next
	}
	if negative {
		return v, true
	}
	if v == MinInt128 {
		return Int128{}, false
	}
	return v.Neg(), true
}

// Float64 is the nearest double to a, ties to even.
func (a Int128) Float64() float64 {
	if a.IsInt64() {
		return float64(a.Int64())
	}
	m := a.magnitude()
	shift := 64 - m.leadingZeros() // the magnitude has at least 64 bits here
	top := m.shiftRight(shift)
	if m != top.shiftLeft(shift) {
		top.lo |= 1 // sticky bit: top has 64 bits, so this one only breaks ties
	}
	f := math.Ldexp(float64(top.lo), int(shift))
	if a.Hi < 0 {
		return -f
	}
	return f
}

// Int128FromFloat64 truncates v towards zero; ok is false for NaN and for what does not fit.
func Int128FromFloat64(v float64) (r Int128, ok bool) {
	if !(math.Abs(v) < 1<<127) {
		return MinInt128, v == -(1 << 127)
	}
	fraction, exponent := math.Frexp(math.Trunc(v))
	mantissa := int64(math.Ldexp(fraction, 53))
	exponent -= 53
	if exponent <= 0 {
		return Int128From(mantissa >> min(uint(-exponent), 63)), true
	}
	r = Int128From(max(mantissa, -mantissa))
	m := uint128{uint64(r.Hi), r.Lo}.shiftLeft(uint(exponent))
	r = Int128{m.lo, int64(m.hi)}
	if v < 0 {
		r = r.Neg()
	}
	return r, true
}
