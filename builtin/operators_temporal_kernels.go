package builtin

import (
	"math"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// number is what an interval is multiplied by or divided by.
type number interface {
	int64 | float64 | types.Int128
}

var (
	dateAddKernel       = binaryOf(func(days, n int32) int32 { return days + n })
	dateSubKernel       = binaryOf(func(days, n int32) int32 { return days - n })
	subtractDatesKernel = binaryOf(func(a, b int32) int64 { return (int64(a) - int64(b)) * types.MicrosPerDay })
)

// zoneOf is the session's zone for instants, UTC for wall clock times.
func zoneOf(c *expr.KernelContext, instant bool) *types.Zone {
	if !instant || c.Settings == nil || c.Settings.Zone == nil {
		return types.UTC
	}
	return types.ZoneOf(c.Settings.Zone)
}

func intervalOverflow(suggestion string) *diag.Error {
	if suggestion == "" {
		return diag.New("INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION")
	}
	return diag.New("INTERVAL_ARITHMETIC_OVERFLOW.WITH_SUGGESTION", "functionName", routine(suggestion))
}

func datetimeOverflow(operation string) *diag.Error {
	return diag.New("DATETIME_OVERFLOW", "operation", operation)
}

// toDays narrows a day number to a date.
func toDays(days int64) (int32, error) {
	if days != int64(int32(days)) {
		return 0, datetimeOverflow("the date is out of range")
	}
	return int32(days), nil
}

func dateAddIntervalDaysKernel(sign int64) expr.Kernel {
	return binaryOf(func(days int32, micros int64) int32 { return days + int32(sign*(micros/types.MicrosPerDay)) })
}

func dateAddMonthsKernel(sign int64) expr.Kernel {
	return binaryErr(func(_ *expr.KernelContext, days, months int32) (int32, error) {
		moved := types.AddMonths(int64(days), sign*int64(months))
		if moved != int64(int32(moved)) {
			return 0, overflow("integer overflow", "")
		}
		return int32(moved), nil
	})
}

func dateAddIntervalKernel(sign int64, legacy bool) expr.Kernel {
	return binaryErr(func(_ *expr.KernelContext, days int32, v types.Interval) (int32, error) {
		if v.Micros != 0 && !legacy {
			return 0, diag.New("INVALID_INTERVAL_WITH_MICROSECONDS_ADDITION", "ansiConfig", ansiConfig)
		}
		moved := types.AddMonths(int64(days), sign*int64(v.Months)) + sign*int64(v.Days)
		if v.Micros != 0 {
			quotient, _ := types.FloorDivMod(sign*v.Micros, types.MicrosPerDay)
			moved += quotient
		}
		return toDays(moved)
	})
}

// moveTimestamp adds months and days on the wall clock of zone, then microseconds.
func moveTimestamp(micros, months, days, plus int64, zone *types.Zone) (int64, error) {
	if months != 0 || days != 0 {
		day, time := types.MicrosToDays(zone.ToLocal(micros))
		local, ok := types.JoinDays(types.AddMonths(day, months)+days, time)
		if !ok {
			return 0, datetimeOverflow("the timestamp is out of range")
		}
		micros = zone.ToUTC(local)
	}
	sum := micros + plus
	if (sum > micros) != (plus > 0) && plus != 0 {
		return 0, datetimeOverflow("the timestamp is out of range")
	}
	return sum, nil
}

func timestampAddMonthsKernel(sign int64) expr.Kernel {
	return binaryErr(func(c *expr.KernelContext, micros int64, months int32) (int64, error) {
		return moveTimestamp(micros, sign*int64(months), 0, 0, zoneOf(c, c.Type.Kind == types.Timestamp))
	})
}

func timestampAddTimeKernel(sign int64) expr.Kernel {
	return binaryErr(func(c *expr.KernelContext, micros, interval int64) (int64, error) {
		days := interval / types.MicrosPerDay
		return moveTimestamp(micros, 0, sign*days, sign*(interval-days*types.MicrosPerDay), zoneOf(c, c.Type.Kind == types.Timestamp))
	})
}

func timestampAddIntervalKernel(sign int64) expr.Kernel {
	return binaryErr(func(c *expr.KernelContext, micros int64, v types.Interval) (int64, error) {
		return moveTimestamp(micros, sign*int64(v.Months), sign*int64(v.Days), sign*v.Micros, zoneOf(c, c.Type.Kind == types.Timestamp))
	})
}

// subtractTimestampsKernel takes the difference of wall clock times, as Spark does.
func subtractTimestampsKernel(instants bool) expr.Kernel {
	return binaryErr(func(c *expr.KernelContext, a, b int64) (int64, error) {
		zone := zoneOf(c, instants)
		a, b = zone.ToLocal(a), zone.ToLocal(b)
		if d, ok := subtract64(a, b); ok {
			return d, nil
		}
		return 0, overflow("long overflow", "")
	})
}

func add64(a, b int64) (int64, bool) {
	sum := a + b
	return sum, (a^sum)&(b^sum) >= 0
}

func subtract64(a, b int64) (int64, bool) {
	d := a - b
	return d, (a^b)&(a^d) >= 0
}

func multiply64(a, b int64) (int64, bool) {
	p := types.MulInt64(a, b)
	return p.Int64(), p.IsInt64()
}

// intervalAddKernel adds (sign 1) or subtracts (-1) intervals of one kind.
func intervalAddKernel(t types.Type, sign int64, suggestion string) expr.Kernel {
	combine := add64
	if sign < 0 {
		combine = subtract64
	}
	months := func(a, b int32) (int32, error) {
		v := int64(a) + sign*int64(b)
		if v != int64(int32(v)) {
			return 0, intervalOverflow(suggestion)
		}
		return int32(v), nil
	}
	micros := func(a, b int64) (int64, error) {
		v, ok := combine(a, b)
		if !ok {
			return 0, intervalOverflow(suggestion)
		}
		return v, nil
	}
	switch t.Kind {
	case types.YearMonthInterval:
		return binaryErr(func(_ *expr.KernelContext, a, b int32) (int32, error) { return months(a, b) })
	case types.DayTimeInterval:
		return binaryErr(func(_ *expr.KernelContext, a, b int64) (int64, error) { return micros(a, b) })
	}
	return binaryErr(func(_ *expr.KernelContext, a, b types.Interval) (r types.Interval, err error) {
		if r.Months, err = months(a.Months, b.Months); err != nil {
			return r, err
		}
		if r.Days, err = months(a.Days, b.Days); err != nil {
			return r, err
		}
		r.Micros, err = micros(a.Micros, b.Micros)
		return r, err
	})
}

func intervalNegateKernel(kind types.Kind) expr.Kernel {
	switch kind {
	case types.YearMonthInterval:
		return unaryErr(func(_ *expr.KernelContext, v int32) (int32, error) {
			if v == math.MinInt32 {
				return 0, intervalOverflow("")
			}
			return -v, nil
		})
	case types.DayTimeInterval:
		return unaryErr(func(_ *expr.KernelContext, v int64) (int64, error) {
			if v == math.MinInt64 {
				return 0, intervalOverflow("")
			}
			return -v, nil
		})
	}
	return unaryErr(func(_ *expr.KernelContext, v types.Interval) (types.Interval, error) {
		if v.Months == math.MinInt32 || v.Days == math.MinInt32 || v.Micros == math.MinInt64 {
			return v, intervalOverflow("")
		}
		return types.Interval{Months: -v.Months, Days: -v.Days, Micros: -v.Micros}, nil
	})
}

// scaler computes value * number or value / number rounded half up; ok is false if it does not fit 64 bits, and zero
// reports a zero divisor.
func scaler[N number](scale int, divide bool) func(value int64, n N) (r int64, ok, zero bool) {
	var f any
	switch any(*new(N)).(type) {
	case int64:
		f = func(v, n int64) (int64, bool, bool) { return scaleByInteger(v, n, divide) }
	case float64:
		f = func(v int64, n float64) (int64, bool, bool) { return scaleByFloat(v, n, divide) }
	default:
		f = func(v int64, n types.Int128) (int64, bool, bool) { return scaleByDecimal(v, n, scale, divide) }
	}
	return f.(func(int64, N) (int64, bool, bool))
}

func scaleByInteger(v, n int64, divide bool) (int64, bool, bool) {
	if !divide {
		r, ok := multiply64(v, n)
		return r, ok, false
	}
	if n == 0 {
		return 0, false, true
	}
	if v == math.MinInt64 && n == -1 {
		return 0, false, false
	}
	q, r := v/n, v%n
	// Half up is away from zero: compare twice the remainder with the divisor without overflow.
	if r != 0 && absolute(r) >= absolute(n)-absolute(r) {
		if (v < 0) == (n < 0) {
			q++
		} else {
			q--
		}
	}
	return q, true, false
}

func absolute(v int64) uint64 {
	if v < 0 {
		return uint64(-v)
	}
	return uint64(v)
}

func scaleByFloat(v int64, n float64, divide bool) (int64, bool, bool) {
	x := float64(v) * n
	if divide {
		if n == 0 {
			return 0, false, true
		}
		x = float64(v) / n
	}
	x = math.Round(x)
	if !(x >= -(1<<63) && x < 1<<63) {
		return 0, false, false
	}
	return int64(x), true, false
}

func scaleByDecimal(v int64, n types.Int128, scale int, divide bool) (int64, bool, bool) {
	if !divide {
		p, over := types.Int128From(v).Mul(n)
		if over {
			return 0, false, false
		}
		p = types.DivideByPow10(p, scale)
		return p.Int64(), p.IsInt64(), false
	}
	if n.IsZero() {
		return 0, false, true
	}
	q, ok := types.DecimalDivide(types.Int128From(v), n, 0, scale, 0, types.MaxPrecision)
	return q.Int64(), ok && q.IsInt64(), false
}

// intervalScaleKernel multiplies or divides an interval by a bigint, double or decimal(38, s).
func intervalScaleKernel(kind types.Kind, by types.Type, divide bool) expr.Kernel {
	if kind == types.CalendarInterval {
		return calendarScaleKernel(divide)
	}
	switch by.Kind {
	case types.Long:
		return intervalScaleBy[int64](kind, by, divide)
	case types.Double:
		return intervalScaleBy[float64](kind, by, divide)
	}
	return intervalScaleBy[types.Int128](kind, by, divide)
}

func intervalScaleBy[N number](kind types.Kind, by types.Type, divide bool) expr.Kernel {
	scaled := scaler[N](int(by.Scale), divide)
	suggestion := ""
	if divide {
		suggestion = "try_divide"
	}
	compute := func(v int64, n N, least, most int64) (int64, error) {
		r, ok, zero := scaled(v, n)
		switch {
		case zero:
			return 0, diag.New("INTERVAL_DIVIDED_BY_ZERO")
		case !ok || r < least || r > most:
			return 0, intervalOverflow(suggestion)
		}
		return r, nil
	}
	if kind == types.YearMonthInterval {
		return binaryErr(func(_ *expr.KernelContext, months int32, n N) (int32, error) {
			r, err := compute(int64(months), n, math.MinInt32, math.MaxInt32)
			return int32(r), err
		})
	}
	return binaryErr(func(_ *expr.KernelContext, micros int64, n N) (int64, error) {
		return compute(micros, n, math.MinInt64, math.MaxInt64)
	})
}

// calendarScaleKernel scales months, days and microseconds; a fraction of a day becomes microseconds, one of a month is lost.
func calendarScaleKernel(divide bool) expr.Kernel {
	return binaryErr(func(_ *expr.KernelContext, v types.Interval, n float64) (types.Interval, error) {
		scaled := func(x float64) float64 { return x * n }
		if divide {
			if n == 0 {
				return v, diag.New("INTERVAL_DIVIDED_BY_ZERO")
			}
			scaled = func(x float64) float64 { return x / n }
		}
		months, days := scaled(float64(v.Months)), scaled(float64(v.Days))
		micros := math.Floor(scaled(float64(v.Micros)) + float64(types.MicrosPerDay)*(days-math.Trunc(days)) + 0.5)
		if !(math.Abs(math.Trunc(months)) < 1<<31) || !(math.Abs(math.Trunc(days)) < 1<<31) || !(math.Abs(micros) < 1<<63) {
			return v, overflow("integer overflow", "")
		}
		return types.Interval{Months: int32(months), Days: int32(days), Micros: int64(micros)}, nil
	})
}

func intervalDivKernel(kind types.Kind) expr.Kernel {
	if kind == types.YearMonthInterval {
		return binaryErr(func(_ *expr.KernelContext, a, b int32) (int64, error) {
			if b == 0 {
				return 0, divideByZero()
			}
			return int64(a) / int64(b), nil
		})
	}
	return binaryErr(func(_ *expr.KernelContext, a, b int64) (int64, error) {
		switch {
		case b == 0:
			return 0, divideByZero()
		case a == math.MinInt64 && b == -1:
			return 0, overflow("Overflow in integral divide.", "try_divide")
		}
		return a / b, nil
	})
}
