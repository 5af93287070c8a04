package types

import (
	"math"
	"strconv"
)

// AppendDecimal appends an unscaled value in plain notation with exactly scale fraction digits, as Spark prints decimals.
func AppendDecimal(dst []byte, unscaled Int128, scale int) []byte {
	if unscaled.IsInt64() {
		return AppendDecimal64(dst, unscaled.Int64(), scale)
	}
	var buf [40]byte
	digits := AppendInt128(buf[:0], unscaled.Abs())
	if unscaled.Hi < 0 {
		dst = append(dst, '-')
	}
	return placePoint(dst, digits, scale)
}

// AppendDecimal64 is AppendDecimal for a value of 64 bits.
func AppendDecimal64(dst []byte, unscaled int64, scale int) []byte {
	if scale == 0 {
		return strconv.AppendInt(dst, unscaled, 10)
	}
	var buf [20]byte
	digits := strconv.AppendUint(buf[:0], uint64(abs64(unscaled)), 10)
	if unscaled < 0 {
		dst = append(dst, '-')
	}
	return placePoint(dst, digits, scale)
}

func placePoint(dst, digits []byte, scale int) []byte {
	point := len(digits) - scale
	switch {
	case scale == 0:
		return append(dst, digits...)
	case point > 0:
		dst = append(dst, digits[:point]...)
		dst = append(dst, '.')
		return append(dst, digits[point:]...)
	}
	dst = append(dst, '0', '.')
	for ; point < 0; point++ {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

// FormatDecimal is AppendDecimal as a string.
func FormatDecimal(unscaled Int128, scale int) string {
	var buf [48]byte
	return string(AppendDecimal(buf[:0], unscaled, scale))
}

// AppendDecimalScientific appends an unscaled value as Java's BigDecimal.toString does: plain, unless the adjusted
// exponent is below -6. Spark uses it for casts to string without ANSI mode, and for literals in column names.
func AppendDecimalScientific(dst []byte, unscaled Int128, scale int) []byte {
	exponent := unscaled.Digits() - 1 - scale
	if scale == 0 || exponent >= -6 {
		return AppendDecimal(dst, unscaled, scale)
	}
	if unscaled.Hi < 0 {
		dst = append(dst, '-')
	}
	var buf [40]byte
	digits := AppendInt128(buf[:0], unscaled.Abs())
	dst = append(dst, digits[0])
	if len(digits) > 1 {
		dst = append(dst, '.')
		dst = append(dst, digits[1:]...)
	}
	dst = append(dst, 'E')
	return strconv.AppendInt(dst, int64(exponent), 10)
}

// decimalText is a number in decimal notation, taken apart: digits (without the point, leading zeros kept) and
// the power of ten of the last digit.
type decimalText struct {
	negative bool
	whole    string // digits before the point
	fraction string // digits behind it
	exponent int    // of the E part
}

// maximumExponent bounds exponents: larger ones are cut to it, which changes no result of at most 38 digits.
const maximumExponent = 1 << 30

// scanDecimal reads what Java's BigDecimal reads: [+-] digits [. digits] [E [+-] digits], surrounded by blanks.
func scanDecimal(s string) (d decimalText, ok bool) {
	t := trimJava(s)
	i := 0
	if i < len(t) && (t[i] == '-' || t[i] == '+') {
		d.negative = t[i] == '-'
		i++
	}
	start := i
	i = skipDigits(t, i)
	d.whole = t[start:i]
	if i < len(t) && t[i] == '.' {
		start = i + 1
		i = skipDigits(t, start)
		d.fraction = t[start:i]
	}
	if len(d.whole)+len(d.fraction) == 0 {
		return d, false
	}
	if i < len(t) && (t[i] == 'e' || t[i] == 'E') {
		if d.exponent, ok = scanExponent(t[i+1:]); !ok {
			return d, false
		}
		i = len(t)
	}
	return d, i == len(t)
}

func scanExponent(t string) (exponent int, ok bool) {
	negative := false
	if t != "" && (t[0] == '-' || t[0] == '+') {
		negative = t[0] == '-'
		t = t[1:]
	}
	if t == "" || len(t) > 10 || skipDigits(t, 0) != len(t) {
		return 0, false
	}
	n, _ := strconv.ParseInt(t, 10, 64)
	if n > math.MaxInt32 {
		return 0, false
	}
	exponent = int(min(n, maximumExponent))
	if negative {
		exponent = -exponent
	}
	return exponent, true
}

func skipDigits(t string, i int) int {
	for i < len(t) && t[i]-'0' <= 9 {
		i++
	}
	return i
}

// digit is the i-th digit counted from the first of whole; it is 0 outside.
func (d *decimalText) digit(i int) byte {
	switch {
	case i < 0:
		return 0
	case i < len(d.whole):
		return d.whole[i] - '0'
	case i-len(d.whole) < len(d.fraction):
		return d.fraction[i-len(d.whole)] - '0'
	}
	return 0
}

// first is the position of the first digit that is not zero, or the number of digits.
func (d *decimalText) first() int {
	n := len(d.whole) + len(d.fraction)
	for i := range n {
		if d.digit(i) != 0 {
			return i
		}
	}
	return n
}

// unscaled rounds d half up to scale fraction digits; ok is false if that needs more than 38 digits.
func (d *decimalText) unscaled(scale int) (v Int128, ok bool) {
	stop := len(d.whole) + d.exponent + scale // digits before this position remain
	start := d.first()
	if start == len(d.whole)+len(d.fraction) || stop < start {
		return Int128{}, true
	}
	if stop-start > MaxPrecision {
		return Int128{}, false
	}
	// Nineteen digits at a time fit a word.
	var chunk uint64
	var power uint64 = 1
	flush := func() {
		v = v.MulLow(Int128{Lo: power}).Add(Int128{Lo: chunk})
		chunk, power = 0, 1
	}
	for i := start; i < stop; i++ {
		chunk, power = chunk*10+uint64(d.digit(i)), power*10
		if power == 1e19 {
			flush()
		}
	}
	flush()
	if d.digit(stop) >= 5 {
		v = v.Add(Int128From(1))
	}
	if d.negative {
		v = v.Neg()
	}
	return v, v.FitsPrecision(MaxPrecision)
}

// TextStatus says how reading a value from text went.
type TextStatus uint8

// The outcomes of reading text.
const (
	TextOK TextStatus = iota
	TextMalformed
	TextOverflow
)

// ParseDecimalAs reads text as a cast of a string to decimal(precision, scale) does, rounding half up.
func ParseDecimalAs(s string, precision, scale int) (Int128, TextStatus) {
	d, ok := scanDecimal(s)
	if !ok {
		return Int128{}, TextMalformed
	}
	v, ok := d.unscaled(scale)
	if !ok || !v.FitsPrecision(precision) {
		return Int128{}, TextOverflow
	}
	return v, TextOK
}

// ParseDecimal reads text exactly and returns the scale that it is written with: "1.50" is (150, 2), "1E3" is (1000, 0).
// It is TextOverflow if that takes more than 38 digits or a scale above 38.
func ParseDecimal(s string) (unscaled Int128, scale int, status TextStatus) {
	d, ok := scanDecimal(s)
	if !ok {
		return Int128{}, 0, TextMalformed
	}
	scale = max(0, len(d.fraction)-d.exponent)
	if scale > MaxPrecision {
		return Int128{}, 0, TextOverflow
	}
	if unscaled, ok = d.unscaled(scale); !ok {
		return Int128{}, 0, TextOverflow
	}
	return unscaled, scale, TextOK
}

// DecimalToFloat64 is the double nearest to an unscaled value of the given scale.
func DecimalToFloat64(unscaled Int128, scale int) float64 {
	if scale == 0 {
		return unscaled.Float64()
	}
	if v := unscaled.Int64(); unscaled.IsInt64() && scale <= 22 && v < 1<<53 && v > -(1<<53) {
		return float64(v) / float64Pow10[scale] // both exact, so the quotient is correctly rounded
	}
	var buf [48]byte
	f, _ := strconv.ParseFloat(string(appendExponent(buf[:0], unscaled, scale)), 64)
	return f
}

// DecimalToFloat32 is the float nearest to an unscaled value of the given scale.
func DecimalToFloat32(unscaled Int128, scale int) float32 {
	var buf [48]byte
	f, _ := strconv.ParseFloat(string(appendExponent(buf[:0], unscaled, scale)), 32)
	return float32(f)
}

func appendExponent(dst []byte, unscaled Int128, scale int) []byte {
	dst = append(AppendInt128(dst, unscaled), 'e')
	return strconv.AppendInt(dst, int64(-scale), 10)
}

// float64Pow10 holds the powers of ten that a double represents exactly.
var float64Pow10 = [23]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
	1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// DecimalFromFloat64 converts a double to decimal(precision, scale) through its shortest decimal text, as Spark does,
// rounding half up. ok is false for NaN, infinities and overflow.
func DecimalFromFloat64(v float64, precision, scale int) (Int128, bool) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Int128{}, false
	}
	var buf [32]byte
	return decimalFromDigits(strconv.AppendFloat(buf[:0], v, 'e', -1, 64), precision, scale)
}

// DecimalFromFloat32 is DecimalFromFloat64 for a float. Spark widens the float to a double first, so its text is that of the double.
func DecimalFromFloat32(v float32, precision, scale int) (Int128, bool) {
	return DecimalFromFloat64(float64(v), precision, scale)
}

func decimalFromDigits(digits []byte, precision, scale int) (Int128, bool) {
	v, status := ParseDecimalAs(string(digits), precision, scale)
	return v, status == TextOK
}
