package builtin

import (
	encoding "encoding/binary"
	"math"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

const microsPerSecond = 1_000_000

type integerType interface{ int8 | int16 | int32 | int64 }

type floatType interface{ float32 | float64 }

func (c *caster) fromBoolean() (conversion, bool) {
	switch c.to.Kind {
	case types.Byte:
		return total(func(b uint8) int8 { return int8(b) })
	case types.Short:
		return total(func(b uint8) int16 { return int16(b) })
	case types.Int:
		return total(func(b uint8) int32 { return int32(b) })
	case types.Long:
		return total(func(b uint8) int64 { return int64(b) })
	case types.Float:
		return total(func(b uint8) float32 { return float32(b) })
	case types.Double:
		return total(func(b uint8) float64 { return float64(b) })
	case types.Timestamp:
		return total(func(b uint8) int64 { return int64(b) }) // outside ANSI mode: true is one microsecond
	case types.Decimal:
		return toDecimal(c, func(b uint8) types.Int128 { return types.Int128From(int64(b)) }, 0, 1)
	}
	return conversion{}, false
}

func fromInteger[A integerType](c *caster) (conversion, bool) {
	switch c.to.Kind {
	case types.Boolean:
		return total(func(v A) uint8 { return boolByte(v != 0) })
	case types.Byte:
		return toInteger[A, int8](c)
	case types.Short:
		return toInteger[A, int16](c)
	case types.Int:
		return toInteger[A, int32](c)
	case types.Long:
		return toInteger[A, int64](c)
	case types.Float:
		return conversion{kernel: convert[A, float32]()}, true
	case types.Double:
		return conversion{kernel: convert[A, float64]()}, true
	case types.Decimal:
		return toDecimal(c, func(v A) types.Int128 { return types.Int128From(int64(v)) }, 0, types.DecimalFor(c.from).Precision)
	case types.Timestamp:
		return total(func(v A) int64 { return saturatingMicros(int64(v)) })
	case types.Binary:
		return integerToBinary[A]()
	case types.YearMonthInterval:
		return exact(c.strict(), func(v A) (int32, failure) {
			m, ok := multiply64(int64(v), intervalUnit(c.to))
			if !ok || m != int64(int32(m)) {
				return 0, tooLarge
			}
			return int32(m), converted
		})
	case types.DayTimeInterval:
		return exact(c.strict(), func(v A) (int64, failure) {
			m, ok := multiply64(int64(v), intervalUnit(c.to))
			if !ok {
				return 0, tooLarge
			}
			return m, converted
		})
	}
	return conversion{}, false
}

// convert is Go's conversion between two types of numbers, in loops without a call.
func convert[A, B integerType | floatType]() expr.Kernel {
	return func(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in, to := vector.Values[A](args[0]), vector.Values[B](out)
		switch {
		case args[0].Encoding == vector.Constant:
			fill(out, B(in[0]))
		case sel == nil:
			in = in[:len(to)]
			for i, v := range in {
				to[i] = B(v)
			}
		default:
			for _, r := range sel {
				to[r] = B(in[r])
			}
		}
		return nil
	}
}

// saturatingMicros turns seconds into microseconds; what does not fit becomes the nearest that does.
func saturatingMicros(seconds int64) int64 {
	switch {
	case seconds > math.MaxInt64/microsPerSecond:
		return math.MaxInt64
	case seconds < math.MinInt64/microsPerSecond:
		return math.MinInt64
	}
	return seconds * microsPerSecond
}

// toInteger converts between integers: narrowing fails on overflow, or wraps outside ANSI mode.
func toInteger[A, B integerType](c *caster) (conversion, bool) {
	if c.from.Kind < c.to.Kind || c.mode == expr.Legacy {
		return conversion{kernel: convert[A, B]()}, true
	}
	return exact(c, func(v A) (B, failure) {
		r := B(v)
		if A(r) != v {
			return 0, tooLarge
		}
		return r, converted
	})
}

// integerToBinary writes integers as big-endian bytes (outside ANSI mode).
func integerToBinary[A integerType]() (conversion, bool) {
	return conversion{kernel: toText(func(dst []byte, v A) []byte {
		switch v := any(v).(type) {
		case int8:
			return append(dst, byte(v))
		case int16:
			return encoding.BigEndian.AppendUint16(dst, uint16(v))
		case int32:
			return encoding.BigEndian.AppendUint32(dst, uint32(v))
		}
		return encoding.BigEndian.AppendUint64(dst, uint64(v))
	})}, true
}

func fromFloating[A floatType](c *caster) (conversion, bool) {
	switch c.to.Kind {
	case types.Boolean:
		return total(func(v A) uint8 { return boolByte(v != 0) })
	case types.Byte:
		return floatToInteger[A, int8](c, math.MinInt8, math.MaxInt8)
	case types.Short:
		return floatToInteger[A, int16](c, math.MinInt16, math.MaxInt16)
	case types.Int:
		return floatToInteger[A, int32](c, math.MinInt32, math.MaxInt32)
	case types.Long:
		return floatToInteger[A, int64](c, math.MinInt64, math.MaxInt64)
	case types.Float:
		return conversion{kernel: convert[A, float32]()}, true
	case types.Double:
		return conversion{kernel: convert[A, float64]()}, true
	case types.Decimal:
		return floatToDecimal[A](c)
	case types.Timestamp:
		return partial(c, func(v A) (int64, failure) {
			micros := float64(v) * microsPerSecond
			switch {
			case v-v != 0 && c.checked():
				return 0, malformed
			case v-v != 0:
				return 0, asNull
			case !(micros >= -(1<<63) && micros < 1<<63) && c.mode != expr.Legacy:
				return 0, tooLarge
			}
			return saturatedInteger(micros), converted
		})
	}
	return conversion{}, false
}

// floatToInteger truncates; in ANSI mode what then does not fit is an error, else it becomes what Java makes of it.
func floatToInteger[A floatType, B integerType](c *caster, least, most int64) (conversion, bool) {
	if c.mode == expr.Legacy {
		if most > math.MaxInt32 {
			return total(func(v A) B { return B(saturatedInteger(float64(v))) })
		}
		return total(func(v A) B { return B(min(max(saturatedInteger(float64(v)), math.MinInt32), math.MaxInt32)) })
	}
	low, high := float64(least), float64(most) // the largest bigint rounds up to 2^63, which saturates: Spark's own rule
	return exact(c, func(v A) (B, failure) {
		if f := float64(v); math.Floor(f) <= high && math.Ceil(f) >= low {
			return B(saturatedInteger(f)), converted
		}
		return 0, tooLarge
	})
}

// saturatedInteger truncates to 64 bits as Java does: NaN is 0, what is too large the nearest integer.
func saturatedInteger(v float64) int64 {
	switch {
	case v >= 1<<63:
		return math.MaxInt64
	case v <= -(1 << 63):
		return math.MinInt64
	case v != v:
		return 0
	}
	return int64(v)
}

// floatToDecimal goes through the shortest text of the number; NaN and infinities are null in every mode.
func floatToDecimal[A floatType](c *caster) (conversion, bool) {
	precision, scale := int(c.to.Precision), int(c.to.Scale)
	read := func(v A) (types.Int128, failure) {
		if v-v != 0 {
			return types.Int128{}, asNull
		}
		d, ok := types.DecimalFromFloat64(float64(v), precision, scale)
		if !ok {
			return d, outOfRange
		}
		return d, converted
	}
	if c.to.Physical() == types.PhysicalInt64 {
		return partial(c, func(v A) (int64, failure) {
			d, why := read(v)
			return d.Int64(), why
		})
	}
	return partial(c, read)
}

// toDecimal converts values that read as integers of the given scale and precision.
func toDecimal[A any](c *caster, read func(A) types.Int128, scale int, precision int8) (conversion, bool) {
	to, toScale := int(c.to.Precision), int(c.to.Scale)
	rescale := func(v A) (types.Int128, failure) {
		d, ok := types.Rescale(read(v), scale, toScale, to)
		if !ok {
			return d, outOfRange
		}
		return d, converted
	}
	// All values fit if no integral digit is lost, counting the one that rounding may add.
	integral, target := int(precision)-scale, to-toScale
	if scale > toScale {
		integral++
	}
	if integral <= target {
		if c.to.Physical() == types.PhysicalInt64 {
			return total(func(v A) int64 {
				d, _ := rescale(v)
				return d.Int64()
			})
		}
		return total(func(v A) types.Int128 {
			d, _ := rescale(v)
			return d
		})
	}
	if c.to.Physical() == types.PhysicalInt64 {
		return exact(c, func(v A) (int64, failure) {
			d, why := rescale(v)
			return d.Int64(), why
		})
	}
	return exact(c, rescale)
}

func (c *caster) fromDecimal() (conversion, bool) {
	if c.from.Physical() == types.PhysicalInt64 {
		return decimalTo(c, types.Int128From)
	}
	return decimalTo(c, func(v types.Int128) types.Int128 { return v })
}

// decimalTo converts decimals whose unscaled values wide reads.
func decimalTo[A int64 | types.Int128](c *caster, wide func(A) types.Int128) (conversion, bool) {
	scale := int(c.from.Scale)
	switch c.to.Kind {
	case types.Boolean:
		return total(func(v A) uint8 { return boolByte(!wide(v).IsZero()) })
	case types.Byte:
		return decimalToInteger[A, int8](c, wide, math.MinInt8, math.MaxInt8)
	case types.Short:
		return decimalToInteger[A, int16](c, wide, math.MinInt16, math.MaxInt16)
	case types.Int:
		return decimalToInteger[A, int32](c, wide, math.MinInt32, math.MaxInt32)
	case types.Long:
		return decimalToInteger[A, int64](c, wide, math.MinInt64, math.MaxInt64)
	case types.Float:
		return total(func(v A) float32 { return types.DecimalToFloat32(wide(v), scale) })
	case types.Double:
		return total(func(v A) float64 { return types.DecimalToFloat64(wide(v), scale) })
	case types.Decimal:
		if k, ok := rescale64(c); ok {
			return k, true
		}
		return toDecimal(c, wide, scale, c.from.Precision)
	case types.Timestamp:
		return total(func(v A) int64 { return truncateDecimal(wide(v), scale, 6).Int64() })
	case types.YearMonthInterval:
		return exact(c.strict(), func(v A) (int32, failure) {
			m, ok := scaledInterval(wide(v), scale, c.to)
			if !ok || m != int64(int32(m)) {
				return 0, tooLarge
			}
			return int32(m), converted
		})
	case types.DayTimeInterval:
		return exact(c.strict(), func(v A) (int64, failure) {
			m, ok := scaledInterval(wide(v), scale, c.to)
			if !ok {
				return 0, tooLarge
			}
			return m, converted
		})
	}
	return conversion{}, false
}

// rescale64 is the fast path between decimals of at most 18 digits that cannot overflow: one multiplication.
func rescale64(c *caster) (conversion, bool) {
	up := int(c.to.Scale) - int(c.from.Scale)
	if up < 0 || c.to.Physical() != types.PhysicalInt64 || c.from.Physical() != types.PhysicalInt64 ||
		int(c.to.Precision)-int(c.to.Scale) < int(c.from.Precision)-int(c.from.Scale) {
		return conversion{}, false
	}
	if up == 0 {
		return conversion{}, true
	}
	factor := types.Pow10Int64(up)
	return conversion{kernel: func(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in, to := columnOf[int64](args[0]), vector.Values[int64](out)
		if sel == nil {
			for i := range to {
				to[i] = in.at(i) * factor
			}
			return nil
		}
		for _, r := range sel {
			to[r] = in.at(int(r)) * factor
		}
		return nil
	}}, true
}

// truncateDecimal is the value in units of 10^-to, truncated towards zero, wrapping at 128 bits.
func truncateDecimal(v types.Int128, scale, to int) types.Int128 {
	if scale <= to {
		return v.MulLow(types.Pow10(to - scale))
	}
	q, _ := v.DivMod(types.Pow10(scale - to))
	return q
}

// decimalToInteger drops the fraction; outside ANSI mode what does not fit wraps.
func decimalToInteger[A int64 | types.Int128, B integerType](c *caster, wide func(A) types.Int128, least, most int64) (conversion, bool) {
	scale := int(c.from.Scale)
	if c.mode == expr.Legacy {
		return total(func(v A) B { return B(truncateDecimal(wide(v), scale, 0).Int64()) })
	}
	convert := func(v A) (B, failure) {
		q := truncateDecimal(wide(v), scale, 0)
		if n := q.Int64(); q.IsInt64() && n >= least && n <= most {
			return B(n), converted
		}
		return 0, tooLarge
	}
	if digits := int(c.from.Precision) - scale; digits < len(itoa(int(most))) {
		return total(func(v A) B {
			n, _ := convert(v)
			return n
		})
	}
	return exact(c, convert)
}
