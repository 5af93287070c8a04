package types

import "math/bits"

// Decimal arithmetic on unscaled values. All rounding is HALF_UP: away from zero at one half, as Java's BigDecimal.
// A result that does not fit its precision is reported with ok false; the caller makes it an error or NULL.

// FitsPrecision reports whether |v| has at most precision digits.
func (a Int128) FitsPrecision(precision int) bool {
	if precision >= len(pow10) {
		return false
	}
	limit := pow10[precision]
	return a.Cmp(limit) < 0 && a.Cmp(limit.Neg()) > 0
}

// FitsPrecisionInt64 reports whether |v| has at most precision digits.
func FitsPrecisionInt64(v int64, precision int) bool {
	if precision >= len(pow10Int64) {
		return true
	}
	limit := pow10Int64[precision]
	return v < limit && v > -limit
}

// Rescale brings an unscaled value from one scale to another; ok is false if it needs more than precision digits.
func Rescale(v Int128, from, to, precision int) (r Int128, ok bool) {
	switch {
	case to == from:
		r, ok = v, true
	case to > from:
		r, ok = scaleUp(v, to-from)
	default:
		r, ok = DivideByPow10(v, from-to), true
	}
	return r, ok && r.FitsPrecision(precision)
}

// RescaleInt64 is Rescale where both the value and the result are known to have at most 18 digits' types.
func RescaleInt64(v int64, from, to, precision int) (r int64, ok bool) {
	switch {
	case to == from:
		r = v
	case to > from:
		if to-from >= len(pow10Int64) {
			return 0, v == 0
		}
		hi, lo := bits.Mul64(uint64(abs64(v)), uint64(pow10Int64[to-from]))
		if hi != 0 || lo>>63 != 0 {
			return 0, false
		}
		r = int64(lo)
		if v < 0 {
			r = -r
		}
	default:
		r = DivideInt64ByPow10(v, from-to)
	}
	return r, FitsPrecisionInt64(r, precision)
}

func abs64(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}

// scaleUp multiplies by 10^n.
func scaleUp(v Int128, n int) (r Int128, ok bool) {
	if n >= len(pow10) {
		return Int128{}, v.IsZero()
	}
	r, overflow := v.Mul(pow10[n])
	return r, !overflow
}

// DivideByPow10 divides by 10^n, rounding half up; n ≥ 0.
func DivideByPow10(v Int128, n int) Int128 {
	if n == 0 {
		return v
	}
	if n >= len(pow10) {
		// |v| < 1.8e38: half of 10^39 is above it.
		return Int128{}
	}
	q, r := v.DivMod(pow10[n])
	if rest := r.Abs(); rest.Cmp(pow10[n].Sub(rest)) >= 0 {
		q = q.Add(Int128From(int64(v.Sign())))
	}
	return q
}

// DivideInt64ByPow10 divides by 10^n, rounding half up; n ≥ 0.
func DivideInt64ByPow10(v int64, n int) int64 {
	if n == 0 {
		return v
	}
	if n >= len(pow10Int64) {
		if n == len(pow10Int64) && uint64(abs64(v)) >= 5e18 {
			return 1 | v>>63
		}
		return 0
	}
	d := pow10Int64[n]
	q, r := v/d, v%d
	if 2*abs64(r) >= d {
		q += 1 | v>>63
	}
	return q
}

// DecimalMultiply multiplies two unscaled values whose scales add up to productScale, into decimal(precision, scale).
func DecimalMultiply(a, b Int128, productScale, scale, precision int) (Int128, bool) {
	drop := productScale - scale
	if drop == 0 && a.IsInt64() && b.IsInt64() {
		r := MulInt64(a.Int64(), b.Int64())
		return r, r.FitsPrecision(precision)
	}
	negative := (a.Hi ^ b.Hi) < 0
	product := mulUnsigned(a.magnitude(), b.magnitude())
	if drop <= 0 {
		r, overflow := product.signed(negative)
		if overflow {
			return Int128{}, false
		}
		return Rescale(r, productScale, scale, precision)
	}
	q, remainder, divisor := product.divideByPow10(drop)
	if !q.isUint128() {
		return Int128{}, false
	}
	if remainder.add(remainder).cmp(divisor) >= 0 {
		q = q.add(uint256{1})
	}
	r, overflow := q.signed(negative)
	return r, !overflow && r.FitsPrecision(precision)
}

// divideByPow10 divides by 10^n for n ≤ 76.
func (x uint256) divideByPow10(n int) (quotient, remainder, divisor uint256) {
	divisor = powUnsigned(n)
	if n < len(pow10) {
		q, r := x.divide(divisor.low())
		return q, r.wide(), divisor
	}
	first, low := x.divide(unsignedPow10(MaxPrecision))
	q, high := first.divide(unsignedPow10(n - MaxPrecision))
	return q, mulUnsigned(high, unsignedPow10(MaxPrecision)).add(low.wide()), divisor
}

func unsignedPow10(n int) uint128 { return uint128{uint64(pow10[n].Hi), pow10[n].Lo} }

// powUnsigned is 10^n for n ≤ 76.
func powUnsigned(n int) uint256 {
	if n < len(pow10) {
		return unsignedPow10(n).wide()
	}
	return mulUnsigned(unsignedPow10(MaxPrecision), unsignedPow10(n-MaxPrecision))
}

// DecimalDivide divides two unscaled values of the given scales into decimal(precision, scale); b must not be zero.
func DecimalDivide(a, b Int128, scaleA, scaleB, scale, precision int) (Int128, bool) {
	// a/10^scaleA / (b/10^scaleB) * 10^scale = a * 10^shift / b.
	shift := scale - scaleA + scaleB
	negative := (a.Hi ^ b.Hi) < 0
	x, y := a.magnitude(), b.magnitude()
	if shift < 0 {
		return divideShiftedDown(x, y, -shift, negative, precision)
	}
	q, r := divideShiftedUp(x, y, shift)
	if !q.isUint128() {
		return Int128{}, false
	}
	if r.cmp(y.sub(r)) >= 0 {
		q = q.add(uint256{1})
	}
	v, overflow := q.signed(negative)
	return v, !overflow && v.FitsPrecision(precision)
}

// divideShiftedUp returns x*10^shift / y for shift ≤ 114, digit group by digit group as in long division,
// because the dividend may exceed 256 bits. A quotient above 256 bits saturates.
func divideShiftedUp(x, y uint128, shift int) (q uint256, r uint128) {
	if x.hi == 0 && shift < len(pow10Int64) {
		hi, lo := bits.Mul64(x.lo, uint64(pow10Int64[shift]))
		small, rest := divUnsigned(uint128{hi, lo}, y)
		return small.wide(), rest
	}
	q, r = x.wide().divide(y)
	for shift > 0 {
		n := min(shift, MaxPrecision)
		shift -= n
		if !q.isUint128() {
			return uint256{3: 1}, r
		}
		var next uint256
		next, r = mulUnsigned(r, unsignedPow10(n)).divide(y)
		q = mulUnsigned(q.low(), unsignedPow10(n)).add(next)
	}
	return q, r
}

// divideShiftedDown returns x / (y*10^shift), for a result scale below what the quotient has by itself.
func divideShiftedDown(x, y uint128, shift int, negative bool, precision int) (Int128, bool) {
	if shift >= len(pow10) {
		return Int128{}, true
	}
	divisor := mulUnsigned(y, unsignedPow10(shift))
	if !divisor.isUint128() {
		return Int128{}, true // above 2^128, so more than twice any decimal
	}
	q, r := divUnsigned(x, divisor.low())
	v, overflow := q.wide().signed(negative)
	if rest := divisor.low().sub(r); r.cmp(rest) >= 0 {
		v = v.Add(Int128From(1 - 2*int64(boolBit(negative))))
	}
	return v, !overflow && v.FitsPrecision(precision)
}

func boolBit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// DecimalRemainder is a % b with the sign of a, at the larger of the two scales, then brought to decimal(precision, scale).
// b must not be zero.
func DecimalRemainder(a, b Int128, scaleA, scaleB, scale, precision int) (Int128, bool) {
	common := max(scaleA, scaleB)
	x := mulUnsigned(a.magnitude(), unsignedPow10(common-scaleA))
	y := mulUnsigned(b.magnitude(), unsignedPow10(common-scaleB))
	r := x
	switch {
	case y.isUint128():
		_, small := x.divide(y.low())
		r = small.wide()
	case !x.isUint128():
		panic("types: decimal remainder scaled both sides")
	}
	v, overflow := r.signed(a.Hi < 0)
	if overflow {
		return Int128{}, false
	}
	return Rescale(v, common, scale, precision)
}

// DecimalIntegralDivide is a div b: the quotient rounded towards zero, as an integer. b must not be zero.
func DecimalIntegralDivide(a, b Int128, scaleA, scaleB int) (Int128, bool) {
	negative := (a.Hi ^ b.Hi) < 0
	x, y := a.magnitude(), b.magnitude()
	if scaleB >= scaleA {
		q, _ := mulUnsigned(x, unsignedPow10(scaleB-scaleA)).divide(y)
		v, overflow := q.signed(negative)
		return v, !overflow
	}
	divisor := mulUnsigned(y, unsignedPow10(scaleA-scaleB))
	if !divisor.isUint128() {
		return Int128{}, true
	}
	q, _ := divUnsigned(x, divisor.low())
	v, overflow := q.wide().signed(negative)
	return v, !overflow
}
