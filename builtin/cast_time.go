package builtin

import (
	"math"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

func (c *caster) fromDate() (conversion, bool) {
	switch c.to.Kind {
	case types.Timestamp:
		return total(func(days int32) int64 { return c.zone.DaysToInstant(int64(days)) })
	case types.TimestampNTZ:
		return total(func(days int32) int64 { return int64(days) * types.MicrosPerDay })
	case types.Boolean, types.Byte, types.Short, types.Int, types.Long, types.Float, types.Double, types.Decimal:
		return conversion{kernel: nullKernel, nulls: true}, true // only outside ANSI mode
	}
	return conversion{}, false
}

func (c *caster) fromTimestamp() (conversion, bool) {
	instant := c.from.Kind == types.Timestamp
	switch c.to.Kind {
	case types.Date:
		zone := c.zone
		if !instant {
			zone = types.UTC
		}
		return total(func(micros int64) int32 { return int32(zone.InstantToDays(micros)) })
	case types.TimestampNTZ:
		return total(c.zone.ToLocal)
	case types.Timestamp:
		return total(c.zone.ToUTC)
	case types.Boolean:
		return total(func(micros int64) uint8 { return boolByte(micros != 0) })
	case types.Byte:
		return timestampToInteger[int8](c, math.MinInt8, math.MaxInt8)
	case types.Short:
		return timestampToInteger[int16](c, math.MinInt16, math.MaxInt16)
	case types.Int:
		return timestampToInteger[int32](c, math.MinInt32, math.MaxInt32)
	case types.Long:
		return total(secondsOf)
	case types.Float:
		return total(func(micros int64) float32 { return float32(float64(micros) / microsPerSecond) })
	case types.Double:
		return total(func(micros int64) float64 { return float64(micros) / microsPerSecond })
	case types.Decimal:
		// Spark goes through a double, and so loses digits beyond its 53 bits.
		k := *c
		k.from = types.DoubleType
		inner := func(micros int64) (types.Int128, failure) {
			d, ok := types.DecimalFromFloat64(float64(micros)/microsPerSecond, int(c.to.Precision), int(c.to.Scale))
			if !ok {
				return d, outOfRange
			}
			return d, converted
		}
		if c.to.Physical() == types.PhysicalInt64 {
			return exact(c, func(micros int64) (int64, failure) {
				d, why := inner(micros)
				return d.Int64(), why
			})
		}
		return exact(c, inner)
	}
	return conversion{}, false
}

// secondsOf is the second in which an instant lies.
func secondsOf(micros int64) int64 {
	seconds, _ := types.FloorDivMod(micros, microsPerSecond)
	return seconds
}

func timestampToInteger[B integerType](c *caster, least, most int64) (conversion, bool) {
	if c.mode == expr.Legacy {
		// Spark outside ANSI mode wraps to the type of the result.
		return total(func(micros int64) B { return B(secondsOf(micros)) })
	}
	return exact(c, func(micros int64) (B, failure) {
		s := secondsOf(micros)
		if s < least || s > most {
			return 0, tooLarge
		}
		return B(s), converted
	})
}

// intervalUnit is the value of one unit of the last field of an interval type: months, or microseconds.
func intervalUnit(t types.Type) int64 {
	if t.Kind == types.YearMonthInterval {
		if t.End == types.FieldYear {
			return 12
		}
		return 1
	}
	switch t.End {
	case types.FieldDay:
		return types.MicrosPerDay
	case types.FieldHour:
		return types.MicrosPerDay / 24
	case types.FieldMinute:
		return types.MicrosPerDay / (24 * 60)
	}
	return microsPerSecond
}

// scaledInterval is a decimal number of units of the last field in months or microseconds, rounded half up. What is finer than the
// last field is kept, though it is not shown.
func scaledInterval(v types.Int128, scale int, t types.Type) (int64, bool) {
	p, over := v.Mul(types.Int128From(intervalUnit(t)))
	p = types.DivideByPow10(p, scale)
	return p.Int64(), !over && p.IsInt64()
}

func (c *caster) fromInterval() (conversion, bool) {
	if c.from.Kind == types.YearMonthInterval {
		return intervalTo[int32](c)
	}
	return intervalTo[int64](c)
}

func intervalTo[A int32 | int64](c *caster) (conversion, bool) {
	unit := intervalUnit(c.from)
	switch c.to.Kind {
	case types.YearMonthInterval, types.DayTimeInterval:
		keep := A(intervalUnit(c.to))
		if c.to.Kind == types.DayTimeInterval && c.to.End == types.FieldSecond || keep == 1 {
			return conversion{}, true
		}
		return total(func(v A) A { return v - v%keep })
	case types.Byte:
		return intervalToInteger[A, int8](c, unit, math.MinInt8, math.MaxInt8)
	case types.Short:
		return intervalToInteger[A, int16](c, unit, math.MinInt16, math.MaxInt16)
	case types.Int:
		return intervalToInteger[A, int32](c, unit, math.MinInt32, math.MaxInt32)
	case types.Long:
		return total(func(v A) int64 { return int64(v) / unit })
	case types.Decimal:
		if c.from.Kind == types.DayTimeInterval && c.from.End == types.FieldSecond {
			return toDecimal(c, func(v A) types.Int128 { return types.Int128From(int64(v)) }, 6, 19)
		}
		return toDecimal(c, func(v A) types.Int128 { return types.Int128From(int64(v) / unit) }, 0, 19)
	}
	return conversion{}, false
}

func intervalToInteger[A int32 | int64, B integerType](c *caster, unit, least, most int64) (conversion, bool) {
	return exact(c.strict(), func(v A) (B, failure) {
		n := int64(v) / unit
		if n < least || n > most {
			return 0, tooLarge
		}
		return B(n), converted
	})
}
