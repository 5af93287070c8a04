package parquet

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/parquet-go/parquet-go/format"
)

// valueKind is how the values of a leaf get into a vector.
type valueKind uint8

const (
	fixedValues   valueKind = iota // physical values of a fixed width, converted one by one
	booleanValues                  // bits
	stringValues                   // byte arrays: views
	fixedStrings                   // fixed-length byte arrays: views
	uuidStrings                    // 16 bytes, as text: views
	bytesDecimal                   // byte arrays that hold decimals
	voidValues                     // nothing: all null
)

// conversion turns the physical values of a leaf into the layout that a plan asked for.
type conversion struct {
	kind     valueKind
	physical types.Physical
	width    int // bytes of a PLAIN value; 0: byte arrays and bits
	size     int // bytes of a value in the vector
	// fixed converts n PLAIN values from src to dst and reports whether all of them fitted.
	fixed func(dst, src []byte, n int) bool
	same  bool // PLAIN values are already in the layout
	scale int64
}

// newConversion decides how leaf n is read as type t in layout p; ok is false where the types do not go together.
func newConversion(n *node, t types.Type, p types.Physical, rebase rebasing) (c *conversion, ok bool) {
	c = &conversion{physical: p, size: p.Size(), scale: 1}
	if n.form == formNull || t.Kind == types.Void {
		c.kind = voidValues
		return c, n.form == formNull
	}
	e := n.element
	switch e.Type.V {
	case format.Boolean:
		c.kind = booleanValues
		return c, t.Kind == types.Boolean && p == types.PhysicalBool
	case format.Int32:
		c.width = 4
	case format.Int64, format.Double:
		c.width = 8
	case format.Float:
		c.width = 4
	case format.Int96:
		c.width = 12
	case format.FixedLenByteArray:
		c.width = int(e.TypeLength.V)
	}
	switch {
	case n.typ.Kind == types.String || n.typ.Kind == types.Binary:
		return c, c.strings(n, t)
	case n.typ.Kind == types.Decimal && (e.Type.V == format.ByteArray || e.Type.V == format.FixedLenByteArray):
		return c, c.bigEndianDecimal(n, t)
	}
	c.kind = fixedValues
	c.fixed, c.same = fixedConversion(n, t, p, rebase)
	return c, c.fixed != nil
}

func (c *conversion) strings(n *node, t types.Type) bool {
	if t.Kind != types.String && t.Kind != types.Binary || c.physical != types.PhysicalString {
		return false
	}
	switch {
	case n.form == formUUID:
		c.kind = uuidStrings
	case n.element.Type.V == format.FixedLenByteArray:
		c.kind = fixedStrings
	default:
		c.kind = stringValues
	}
	return true
}

func (c *conversion) bigEndianDecimal(n *node, t types.Type) bool {
	factor, ok := decimalFactor(n.typ, t)
	if !ok {
		return false
	}
	if n.element.Type.V == format.ByteArray {
		c.kind, c.scale = bytesDecimal, factor
		return c.physical.IsInteger()
	}
	c.kind = fixedValues
	width := c.width
	switch c.physical {
	case types.PhysicalInt128:
		c.fixed = func(dst, src []byte, n int) bool { return wideDecimals(dst, src, n, width, factor) }
	case types.PhysicalInt64:
		c.fixed = func(dst, src []byte, n int) bool { return narrowDecimals[int64](dst, src, n, width, factor) }
	case types.PhysicalInt32:
		c.fixed = func(dst, src []byte, n int) bool { return narrowDecimals[int32](dst, src, n, width, factor) }
	case types.PhysicalInt16:
		c.fixed = func(dst, src []byte, n int) bool { return narrowDecimals[int16](dst, src, n, width, factor) }
	case types.PhysicalInt8:
		c.fixed = func(dst, src []byte, n int) bool { return narrowDecimals[int8](dst, src, n, width, factor) }
	}
	return c.fixed != nil
}

// decimalFactor is what unscaled values of one decimal type are multiplied with to be those of a wider one.
func decimalFactor(from, to types.Type) (int64, bool) {
	if to.Kind != types.Decimal || to.Scale < from.Scale || to.Precision-to.Scale < from.Precision-from.Scale || to.Scale-from.Scale > types.MaxDecimal64 {
		return 0, false
	}
	return powerOfTen(int(to.Scale - from.Scale)), true
}

func powerOfTen(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// bigEndian reads a two's complement number of any length; false if it needs more than 128 bits.
func bigEndian(b []byte) (types.Int128, bool) {
	if len(b) == 0 {
		return types.Int128{}, true
	}
	sign := byte(int8(b[0]) >> 7)
	for len(b) > 16 {
		if b[0] != sign {
			return types.Int128{}, false
		}
		b = b[1:]
	}
	if len(b) == 16 && byte(int8(b[0])>>7) != sign {
		return types.Int128{}, false
	}
	var whole [16]byte
	for i := range whole[:16-len(b)] {
		whole[i] = sign
	}
	copy(whole[16-len(b):], b)
	return types.Int128{Lo: binary.BigEndian.Uint64(whole[8:]), Hi: int64(binary.BigEndian.Uint64(whole[:8]))}, true
}

// multiply128 is a*f for a positive factor; false on overflow.
func multiply128(a types.Int128, f int64) (types.Int128, bool) {
	if f == 1 {
		return a, true
	}
	negative := a.Sign() < 0
	if negative {
		a = a.Neg()
	}
	hi1, lo := mul64(a.Lo, uint64(f))
	hi2, mid := mul64(uint64(a.Hi), uint64(f))
	high := hi1 + mid
	if hi2 != 0 || high < mid || int64(high) < 0 {
		return a, false
	}
	r := types.Int128{Lo: lo, Hi: int64(high)}
	if negative {
		r = r.Neg()
	}
	return r, true
}

func wideDecimals(dst, src []byte, n, width int, factor int64) bool {
	out := vector.As[types.Int128](dst)[:n]
	ok := true
	for i := range out {
		v, fits := bigEndian(src[i*width : (i+1)*width])
		v, more := multiply128(v, factor)
		out[i] = v
		ok = ok && fits && more
	}
	return ok
}

func narrowDecimals[T int8 | int16 | int32 | int64](dst, src []byte, n, width int, factor int64) bool {
	out := vector.As[T](dst)[:n]
	ok := true
	for i := range out {
		v, fits := bigEndian(src[i*width : (i+1)*width])
		v, more := multiply128(v, factor)
		out[i] = T(v.Lo)
		ok = ok && fits && more && v.IsInt64() && int64(T(v.Lo)) == int64(v.Lo)
	}
	return ok
}

// fixedConversion chooses the loop for values of a fixed width that are no byte arrays.
func fixedConversion(n *node, t types.Type, p types.Physical, rebase rebasing) (convert func(dst, src []byte, n int) bool, same bool) {
	switch n.element.Type.V {
	case format.Int96:
		if t.Kind == types.Timestamp && p == types.PhysicalInt64 || t.Kind == types.TimestampNTZ && p == types.PhysicalInt64 {
			return func(dst, src []byte, n int) bool { return int96Timestamps(dst, src, n, rebase) }, false
		}
		return nil, false
	case format.Float:
		switch {
		case t.Kind == types.Float && p == types.PhysicalFloat32:
			return copier(4), true
		case t.Kind == types.Double && p == types.PhysicalFloat64:
			return widenFloats[float32, float64], false
		}
		return nil, false
	case format.Double:
		if t.Kind == types.Double && p == types.PhysicalFloat64 {
			return copier(8), true
		}
		return nil, false
	case format.FixedLenByteArray:
		switch {
		case n.form == formHalf && t.Kind == types.Float:
			return halfFloats, false
		case n.form == formHiveInterval && t.Kind == types.CalendarInterval:
			return hiveIntervals, false
		}
		return nil, false
	}
	return integerConversion(n, t, p, rebase)
}

// integerConversion chooses the loop for INT32 and INT64 values.
func integerConversion(n *node, t types.Type, p types.Physical, rebase rebasing) (func(dst, src []byte, n int) bool, bool) {
	factor, divisor, ok := integerScale(n, t)
	if !ok {
		return nil, false
	}
	wide := n.element.Type.V == format.Int64
	unsigned := n.form == formUnsigned
	if rebase.dates && (n.typ.Kind == types.Date || n.typ.Kind == types.Timestamp) {
		return rebasedConversion(n, p, factor, divisor), false
	}
	if p == types.PhysicalFloat64 {
		switch {
		case unsigned || wide || factor != 1 || divisor != 1:
			return nil, false
		}
		return widenFloats[int32, float64], false
	}
	if unsigned && !wide {
		// The value's own width: a uint8 is stored as an INT32 whose upper bits may be anything.
		mask := uint32(math.MaxUint32)
		switch n.typ.Kind {
		case types.Short:
			mask = math.MaxUint8
		case types.Int:
			mask = math.MaxUint16
		}
		return unsignedConversion(p, mask, factor), false
	}
	if unsigned {
		return unsigned64Conversion(p, factor), false
	}
	if wide {
		return signedConversion[int64](p, factor, divisor)
	}
	return signedConversion[int32](p, factor, divisor)
}

// integerScale is what integers of leaf n are multiplied with and divided by (rounding down) to be values of type t.
func integerScale(n *node, t types.Type) (factor, divisor int64, ok bool) {
	from := n.typ
	factor, divisor = 1, 1
	switch n.form {
	case formMillis:
		factor = 1000
	case formNanos:
		divisor = 1000
	}
	switch from.Kind {
	case types.Byte, types.Short, types.Int, types.Long:
		switch t.Kind {
		case types.Byte, types.Short, types.Int, types.Long:
			return factor, divisor, t.Kind >= from.Kind
		case types.Double:
			return factor, divisor, from.Kind <= types.Int
		case types.Decimal:
			if int(t.Precision-t.Scale) < digitsOf(from.Kind) || t.Scale > types.MaxDecimal64 {
				return 0, 0, false
			}
			return powerOfTen(int(t.Scale)), 1, true
		case types.DayTimeInterval:
			return 1, 1, from.Kind == types.Long
		case types.YearMonthInterval:
			return 1, 1, from.Kind == types.Int
		}
		return 0, 0, false
	case types.Decimal:
		factor, ok = decimalFactor(from, t)
		return factor, 1, ok
	case types.Date:
		if t.Kind == types.TimestampNTZ {
			return 86400e6, 1, true
		}
		return 1, 1, t.Kind == types.Date
	case types.Timestamp, types.TimestampNTZ:
		// Spark reads an instant as a wall clock and the other way round only when asked; the values are the same here.
		return factor, divisor, t.Kind == from.Kind
	case types.DayTimeInterval, types.YearMonthInterval:
		return factor, divisor, t.Kind == from.Kind
	}
	return 0, 0, false
}

// digitsOf is how many decimal digits hold every value of an integer type.
func digitsOf(k types.Kind) int {
	switch k {
	case types.Byte:
		return 3
	case types.Short:
		return 5
	case types.Int:
		return 10
	}
	return 20
}

func copier(width int) func(dst, src []byte, n int) bool {
	return func(dst, src []byte, n int) bool {
		copy(dst[:n*width], src[:n*width])
		return true
	}
}

func signedConversion[S int32 | int64](p types.Physical, factor, divisor int64) (func(dst, src []byte, n int) bool, bool) {
	var s S
	if factor == 1 && divisor == 1 {
		switch p {
		case types.PhysicalInt8:
			return narrow[S, int8], false
		case types.PhysicalInt16:
			return narrow[S, int16], false
		case types.PhysicalInt32:
			if unsafe.Sizeof(s) == 4 {
				return copier(4), true
			}
			return narrow[S, int32], false
		case types.PhysicalInt64:
			if unsafe.Sizeof(s) == 8 {
				return copier(8), true
			}
			return narrow[S, int64], false
		}
	}
	switch p {
	case types.PhysicalInt8:
		return func(dst, src []byte, n int) bool { return scaled[S, int8](dst, src, n, factor, divisor) }, false
	case types.PhysicalInt16:
		return func(dst, src []byte, n int) bool { return scaled[S, int16](dst, src, n, factor, divisor) }, false
	case types.PhysicalInt32:
		return func(dst, src []byte, n int) bool { return scaled[S, int32](dst, src, n, factor, divisor) }, false
	case types.PhysicalInt64:
		return func(dst, src []byte, n int) bool { return scaled[S, int64](dst, src, n, factor, divisor) }, false
	case types.PhysicalInt128:
		return func(dst, src []byte, n int) bool { return scaledWide[S](dst, src, n, factor) }, false
	}
	return nil, false
}

// unaligned views bytes as values; amd64 and arm64 load them at any address, and nothing here is written through it.
func unaligned[T any](b []byte, n int) []T {
	var zero T
	_ = b[:n*int(unsafe.Sizeof(zero))]
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n)
}

func narrow[S, T int8 | int16 | int32 | int64](dst, src []byte, n int) bool {
	in, out := unaligned[S](src, n), vector.As[T](dst)[:n]
	var lost S
	for i, v := range in {
		out[i] = T(v)
		lost |= S(T(v)) ^ v
	}
	return lost == 0
}

func scaled[S, T int8 | int16 | int32 | int64](dst, src []byte, n int, factor, divisor int64) bool {
	in, out := unaligned[S](src, n), vector.As[T](dst)[:n]
	ok := true
	for i, v := range in {
		w := int64(v)
		if divisor != 1 {
			q := w / divisor
			if w%divisor < 0 {
				q--
			}
			w = q
		}
		if factor != 1 {
			m := w * factor
			ok = ok && m/factor == w
			w = m
		}
		out[i] = T(w)
		ok = ok && int64(T(w)) == w
	}
	return ok
}

func scaledWide[S int32 | int64](dst, src []byte, n int, factor int64) bool {
	in, out := unaligned[S](src, n), vector.As[types.Int128](dst)[:n]
	ok := true
	for i, v := range in {
		w, fits := multiply128(types.Int128From(int64(v)), factor)
		out[i] = w
		ok = ok && fits
	}
	return ok
}

func unsignedConversion(p types.Physical, mask uint32, factor int64) func(dst, src []byte, n int) bool {
	switch p {
	case types.PhysicalInt8:
		return func(dst, src []byte, n int) bool { return masked[int8](dst, src, n, mask, factor) }
	case types.PhysicalInt16:
		return func(dst, src []byte, n int) bool { return masked[int16](dst, src, n, mask, factor) }
	case types.PhysicalInt32:
		return func(dst, src []byte, n int) bool { return masked[int32](dst, src, n, mask, factor) }
	case types.PhysicalInt64:
		return func(dst, src []byte, n int) bool { return masked[int64](dst, src, n, mask, factor) }
	case types.PhysicalInt128:
		return func(dst, src []byte, n int) bool { return maskedWide(dst, src, n, mask, factor) }
	}
	return nil
}

func masked[T int8 | int16 | int32 | int64](dst, src []byte, n int, mask uint32, factor int64) bool {
	in, out := unaligned[uint32](src, n), vector.As[T](dst)[:n]
	ok := true
	for i, v := range in {
		w := int64(v & mask)
		m := w * factor
		out[i] = T(m)
		ok = ok && int64(T(m)) == m && m/factor == w
	}
	return ok
}

func maskedWide(dst, src []byte, n int, mask uint32, factor int64) bool {
	in, out := unaligned[uint32](src, n), vector.As[types.Int128](dst)[:n]
	ok := true
	for i, v := range in {
		w, fits := multiply128(types.Int128From(int64(v&mask)), factor)
		out[i] = w
		ok = ok && fits
	}
	return ok
}

// unsigned64Conversion chooses the loop for 64-bit integers without sign, which read as decimals.
func unsigned64Conversion(p types.Physical, factor int64) func(dst, src []byte, n int) bool {
	switch p {
	case types.PhysicalInt8:
		return func(dst, src []byte, n int) bool { return narrowUnsigned64[int8](dst, src, n, factor) }
	case types.PhysicalInt16:
		return func(dst, src []byte, n int) bool { return narrowUnsigned64[int16](dst, src, n, factor) }
	case types.PhysicalInt32:
		return func(dst, src []byte, n int) bool { return narrowUnsigned64[int32](dst, src, n, factor) }
	case types.PhysicalInt64:
		return func(dst, src []byte, n int) bool { return narrowUnsigned64[int64](dst, src, n, factor) }
	case types.PhysicalInt128:
		return func(dst, src []byte, n int) bool { return wideUnsigned64(dst, src, n, factor) }
	}
	return nil
}

func narrowUnsigned64[T int8 | int16 | int32 | int64](dst, src []byte, n int, factor int64) bool {
	in, out := unaligned[uint64](src, n), vector.As[T](dst)[:n]
	ok := true
	for i, v := range in {
		high, low := mul64(v, uint64(factor))
		out[i] = T(low)
		ok = ok && high == 0 && int64(low) >= 0 && int64(T(low)) == int64(low)
	}
	return ok
}

func wideUnsigned64(dst, src []byte, n int, factor int64) bool {
	in, out := unaligned[uint64](src, n), vector.As[types.Int128](dst)[:n]
	ok := true
	for i, v := range in {
		high, low := mul64(v, uint64(factor))
		out[i] = types.Int128{Lo: low, Hi: int64(high)}
		ok = ok && int64(high) >= 0
	}
	return ok
}

func widenFloats[S float32 | int32, T float64](dst, src []byte, n int) bool {
	in, out := unaligned[S](src, n), vector.As[T](dst)[:n]
	for i, v := range in {
		out[i] = T(v)
	}
	return true
}

func halfFloats(dst, src []byte, n int) bool {
	in, out := unaligned[uint16](src, n), vector.As[float32](dst)[:n]
	for i, v := range in {
		out[i] = halfFloat(v)
	}
	return true
}

// halfFloat widens an IEEE 754 half-precision number.
func halfFloat(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exponent, fraction := uint32(h>>10)&0x1f, uint32(h)&0x3ff
	switch {
	case exponent == 0x1f:
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	case exponent == 0:
		f := float32(fraction) * (1.0 / (1 << 24))
		if sign != 0 {
			return -f
		}
		return f
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}

func hiveIntervals(dst, src []byte, n int) bool {
	out := vector.As[types.Interval](dst)[:n]
	for i := range out {
		b := src[i*12 : i*12+12]
		out[i] = types.Interval{Months: int32(binary.LittleEndian.Uint32(b)), Days: int32(binary.LittleEndian.Uint32(b[4:])),
			Micros: int64(binary.LittleEndian.Uint32(b[8:])) * 1000}
	}
	return true
}

// julianEpoch is the Julian day number of 1970-01-01.
const julianEpoch = 2440588

func int96Timestamps(dst, src []byte, n int, rebase rebasing) bool {
	out := vector.As[int64](dst)[:n]
	for i := range out {
		b := src[i*12 : i*12+12]
		nanos, day := int64(binary.LittleEndian.Uint64(b)), int64(int32(binary.LittleEndian.Uint32(b[8:])))
		micros := nanos / 1000
		if nanos%1000 < 0 {
			micros--
		}
		out[i] = (day-julianEpoch)*86400e6 + micros
		if rebase.int96 {
			out[i] = rebaseMicros(out[i])
		}
	}
	return true
}

// uuidText writes the 36 characters of a UUID.
func uuidText(dst, b []byte) {
	const digits = "0123456789abcdef"
	at := 0
	for i, x := range b[:16] {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst[at] = '-'
			at++
		}
		dst[at], dst[at+1] = digits[x>>4], digits[x&15]
		at += 2
	}
}
