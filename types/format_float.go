package types

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
)

// Doubles and floats as Java up to version 18 prints them, which is what Spark 4.0 runs on: almost always the shortest digits that
// identify the value, but whole numbers keep all digits that are exact, and a value on the edge of what would read back is not used.

// AppendDouble appends a double as Spark prints it: 1.0, 0.001, 1.0E7, 1.0E-4, NaN, Infinity.
func AppendDouble(dst []byte, v float64) []byte { return appendFloating(dst, v, 64) }

// AppendFloat appends a float as Spark prints it.
func AppendFloat(dst []byte, v float32) []byte { return appendFloating(dst, float64(v), 32) }

func appendFloating(dst []byte, v float64, size int) []byte {
	magnitude := math.Abs(v)
	switch {
	case v != v:
		return append(dst, "NaN"...)
	case magnitude > math.MaxFloat64:
		if v < 0 {
			dst = append(dst, '-')
		}
		return append(dst, "Infinity"...)
	case v == 0 || magnitude >= 1e-3 && magnitude < 1e7:
		start := len(dst)
		dst = strconv.AppendFloat(dst, v, 'f', -1, size)
		for _, c := range dst[start:] {
			if c == '.' {
				return dst
			}
		}
		return append(dst, ".0"...)
	}
	if v < 0 {
		dst = append(dst, '-')
	}
	var buf [32]byte
	digits, exponent := floatingDigits(buf[:0], magnitude, size)
	return appendScientific(dst, digits, exponent)
}

// appendScientific appends d.dddE±x; at least one digit follows the point.
func appendScientific(dst, digits []byte, exponent int) []byte {
	dst = append(dst, digits[0], '.')
	if len(digits) == 1 {
		dst = append(dst, '0')
	}
	dst = append(dst, digits[1:]...)
	return strconv.AppendInt(append(dst, 'E'), int64(exponent), 10)
}

// floatingDigits returns the digits of v > 0 and the power of ten of the first one.
func floatingDigits(buf []byte, v float64, size int) (digits []byte, exponent int) {
	significant := uint(53)
	// Between these bounds lie all values whose neighbours' midpoints have few enough digits to be written.
	tieLow, tieHigh := float64(1<<53), 1e40
	if size == 32 {
		significant, tieLow, tieHigh = 24, 1<<20, 1e20
	}
	switch mantissa, _ := math.Frexp(v); {
	case v < 1<<63 && v == math.Trunc(v):
		return wholeDigits(buf, uint64(v), significant)
	case mantissa == 0.5, v >= tieLow && v <= tieHigh:
		return exactDigits(buf, v, size)
	}
	text := strconv.AppendFloat(buf, v, 'e', -1, size)
	return splitExponent(text)
}

// splitExponent takes 1.25e+07 apart, in place.
func splitExponent(text []byte) (digits []byte, exponent int) {
	e := len(text) - 1
	for text[e] != 'e' {
		e--
	}
	exponent, _ = strconv.Atoi(string(text[e+1:]))
	if e > 1 {
		copy(text[1:], text[2:e])
		e--
	}
	return text[:e], exponent
}

// wholeDigits prints a whole number with all its digits but those that half a unit in the last binary place makes meaningless.
func wholeDigits(buf []byte, n uint64, significant uint) (digits []byte, exponent int) {
	dropped := 0
	if width := uint(bits.Len64(n)); width > significant+3 {
		dropped = DigitsInt64(int64(1)<<(width-significant-2)) - 1
	}
	unit := uint64(pow10Int64[dropped])
	rest := n % unit
	if n /= unit; dropped > 0 && rest >= unit/2 {
		n++
	}
	digits = strconv.AppendUint(buf, n, 10)
	exponent = len(digits) - 1 + dropped
	for len(digits) > 1 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	return digits, exponent
}

// exactDigits generates digits of v > 0 one by one until what is left is strictly less than half the distance to the neighbours (a
// quarter at powers of two). It is exact, slow and rarely needed.
func exactDigits(buf []byte, v float64, size int) (digits []byte, exponent int) {
	mantissa, binary := floatParts(v, size)
	// rest/scale is what is left of v, margin/scale the allowed error; all are times four to stay whole.
	rest, scale, margin := new(big.Int).SetUint64(mantissa), big.NewInt(4), big.NewInt(2)
	rest.Lsh(rest, 2)
	if mantissa&(mantissa-1) == 0 {
		margin.SetInt64(1)
	}
	if binary >= 0 {
		rest.Lsh(rest, uint(binary))
		margin.Lsh(margin, uint(binary))
	} else {
		scale.Lsh(scale, uint(-binary))
	}
	_, exponent = splitExponent(strconv.AppendFloat(nil, v, 'e', -1, size)) // at most one too large
	if exponent > 0 {
		scale.Mul(scale, tenToThe(exponent))
	} else {
		rest.Mul(rest, tenToThe(-exponent))
		margin.Mul(margin, tenToThe(-exponent))
	}
	if rest.Cmp(scale) < 0 {
		exponent--
		rest.Mul(rest, bigTen)
		margin.Mul(margin, bigTen)
	}
	return generateDigits(buf, rest, scale, margin, exponent)
}

func generateDigits(buf []byte, rest, scale, margin *big.Int, exponent int) ([]byte, int) {
	digit := new(big.Int)
	for {
		digit.QuoRem(rest, scale, rest)
		buf = append(buf, byte('0'+digit.Int64()))
		low := rest.Cmp(margin) < 0
		high := new(big.Int).Add(rest, margin).Cmp(scale) > 0
		// With an exponent there are at least two digits.
		if (low || high) && len(buf) > 1 {
			half := new(big.Int).Lsh(rest, 1).Cmp(scale)
			odd := buf[len(buf)-1]&1 == 1
			if high && (!low || half > 0 || half == 0 && odd) {
				buf, exponent = roundUp(buf, exponent)
			}
			for len(buf) > 1 && buf[len(buf)-1] == '0' {
				buf = buf[:len(buf)-1]
			}
			return buf, exponent
		}
		rest.Mul(rest, bigTen)
		margin.Mul(margin, bigTen)
	}
}

func roundUp(digits []byte, exponent int) ([]byte, int) {
	for i := len(digits) - 1; i >= 0; i-- {
		if digits[i] < '9' {
			digits[i]++
			return digits[:i+1], exponent
		}
	}
	return append(digits[:0], '1'), exponent + 1
}

// floatParts returns v as mantissa * 2^binary, where 2^binary is the unit in the last place.
func floatParts(v float64, size int) (mantissa uint64, binary int) {
	if size == 32 {
		b := math.Float32bits(float32(v))
		mantissa, binary = uint64(b&(1<<23-1)), int(b>>23)
		if binary == 0 {
			return mantissa, -149
		}
		return mantissa | 1<<23, binary - 150
	}
	b := math.Float64bits(v)
	mantissa, binary = b&(1<<52-1), int(b>>52)
	if binary == 0 {
		return mantissa, -1074
	}
	return mantissa | 1<<52, binary - 1075
}

var bigTen = big.NewInt(10)

func tenToThe(n int) *big.Int { return new(big.Int).Exp(bigTen, big.NewInt(int64(n)), nil) }
