package builtin

import (
	"math"
	"strconv"
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// timeUnit is a unit of timestampadd and timestampdiff: months or microseconds.
type timeUnit struct{ months, micros int64 }

// timeUnits are keyed by the words as the parser writes them, in upper case.
var timeUnits = map[string]timeUnit{
	"YEAR": {12, 0}, "QUARTER": {3, 0}, "MONTH": {1, 0}, "WEEK": {0, 7 * types.MicrosPerDay}, "DAY": {0, types.MicrosPerDay},
	"DAYOFYEAR": {0, types.MicrosPerDay}, "HOUR": {0, types.MicrosPerHour}, "MINUTE": {0, types.MicrosPerMinute},
	"SECOND": {0, types.MicrosPerSecond}, "MILLISECOND": {0, types.MicrosPerMilli}, "MICROSECOND": {0, 1},
}

var unitFunctions = []*expr.Function{
	asSyntax(rewrite("timestampadd", doc("datetime_funcs", "Adds a number of units to a timestamp.",
		"unit - YEAR, QUARTER, MONTH, WEEK, DAY, DAYOFYEAR, HOUR, MINUTE, SECOND, MILLISECOND or MICROSECOND", "value - an integer", "expr - a timestamp").
		example("SELECT timestampadd(MONTH, -1, timestamp'2022-03-31 00:00:00');", "2022-02-28 00:00:00"), 3, 3, bindUnit(addUnits))),
	asSyntax(alias(rewrite("timestampdiff", doc("datetime_funcs", "Returns the number of whole units from startTimestamp to endTimestamp.",
		"unit - YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND, MILLISECOND or MICROSECOND", "startTimestamp - a timestamp", "endTimestamp - a timestamp").printed(under("timestampdiff", "timediff")).
		example("SELECT timestampdiff(HOUR, timestamp'2022-02-11 20:30:00', timestamp'2022-02-12 04:30:00');", "8"), 3, 3, bindUnit(countUnits)), "timediff")),
}

// bindUnit takes the unit, which the parser gives as a string, off the arguments.
func bindUnit(f func(name string, unit timeUnit) *expr.Function) func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
	return func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		name, ok, err := Constant(args[0])
		if err != nil {
			return nil, err
		}
		word, isText := name.(string)
		word = strings.ToUpper(word)
		unit, known := timeUnits[word]
		if !ok || !isText || !known {
			return nil, diag.New("INVALID_PARAMETER_VALUE.DATETIME_UNIT", "parameter", "`unit`", "functionName", routine(c.Name), "invalidValue", pretty(args[0])).At(c.Span)
		}
		if word == "DAYOFYEAR" && !strings.HasSuffix(c.Name, "add") { // a difference in days is DAY in Spark
			return nil, diag.New("INVALID_PARAMETER_VALUE.DATETIME_UNIT", "parameter", "`unit`", "functionName", routine("TIMESTAMPDIFF"), "invalidValue", "'DAYOFYEAR'").At(c.Span)
		}
		return f(word, unit).Bind(c, args[1:])
	}
}

func addUnits(name string, unit timeUnit) *expr.Function {
	return scalar("timestampadd_"+name, document{}, signature{params: of(bigint, anyTimestamp), resolve: func(_ *expr.BindContext, args []expr.Expr) (outcome, error) {
		return outcome{result: args[1].Type(), fails: true, kernel: binaryErr(func(c *expr.KernelContext, n, micros int64) (int64, error) {
			zone := zoneOf(c, c.Type.Kind == types.Timestamp)
			moved, err := unit.add(micros, n, zone)
			if err != nil {
				err = datetimeOverflow("add " + strconv.FormatInt(n, 10) + "L " + name + " to " + types.SQLLiteral(micros, c.Type, zone))
			}
			return moved, err
		})}, nil
	}})
}

// add moves a timestamp by n units.
func (u timeUnit) add(micros, n int64, zone *types.Zone) (int64, error) {
	if u.months != 0 {
		months := n * u.months
		if months/u.months != n || months != int64(int32(months)) {
			return 0, datetimeOverflow("")
		}
		return moveTimestamp(micros, months, 0, 0, zone)
	}
	plus := n * u.micros
	if plus/u.micros != n {
		return 0, datetimeOverflow("")
	}
	days := plus / types.MicrosPerDay
	return moveTimestamp(micros, 0, days, plus-days*types.MicrosPerDay, zone)
}

func countUnits(name string, unit timeUnit) *expr.Function {
	return scalar("timestampdiff_"+name, document{}, signature{params: of(timestamp, timestamp), result: types.LongType, fails: true,
		kernel: func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
			start, end, to, zone := columnOf[int64](args[0]), columnOf[int64](args[1]), vector.Values[int64](out), zoneOf(c, true)
			return each(sel, out, func(i int) (err error) {
				to[i], err = unit.between(zone.ToLocal(start.at(i)), zone.ToLocal(end.at(i)))
				return placed(c, err)
			})
		}})
}

// between counts the whole units from start to end, wall clock times.
func (u timeUnit) between(start, end int64) (int64, error) {
	if u.months == 0 {
		if d, ok := subtract64(end, start); ok {
			return d / u.micros, nil
		}
		if u.micros == 1 {
			return 0, overflow("long overflow", "")
		}
		return end/u.micros - start/u.micros, nil
	}
	startDay, startTime := types.MicrosToDays(start)
	endDay, endTime := types.MicrosToDays(end)
	switch {
	case endDay > startDay && endTime < startTime:
		endDay--
	case endDay < startDay && endTime > startTime:
		endDay++
	}
	year, month, day := types.DaysToCivil(startDay)
	year2, month2, day2 := types.DaysToCivil(endDay)
	// Months and days packed into one number: the quotient drops the last month if it is not whole.
	packed := (int64(year)*12+int64(month))*32 + int64(day)
	packed2 := (int64(year2)*12+int64(month2))*32 + int64(day2)
	return (packed2 - packed) / 32 / u.months, nil
}

// intervalMakers make intervals of their parts.
var intervalMakers = []*expr.Function{
	makeInterval("make_interval", "Makes an interval of its parts.", false),
	makeInterval("try_make_interval", "Makes an interval of its parts; null if it is too large.", true),
	rewrite("make_dt_interval", doc("datetime_funcs", "Makes a day-time interval of its parts.", "days - an integer", "hours - an integer", "mins - an integer", "secs - seconds with their fraction").printed(defaults(0, "0", "0", "0", "0.000000")).
		example("SELECT make_dt_interval(1, 12, 30, 01.001001);", "1 12:30:01.001001000"), 0, 4,
		func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
			return makeDayTime.Bind(c, withZeros(c, args, 4, true))
		}),
	rewrite("make_ym_interval", doc("datetime_funcs", "Makes a year-month interval of its parts.", "years - an integer", "months - an integer").printed(defaults(0, "0", "0")).
		example("SELECT make_ym_interval(1, 2);", "1-2"), 0, 2,
		func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
			return makeYearMonth.Bind(c, withZeros(c, args, 2, false))
		}),
}

var intervalSeconds = exactly(types.DecimalType(18, 6))

// withZeros fills up the arguments of a maker of intervals; the last may be a number of seconds.
func withZeros(c *expr.BindContext, args []expr.Expr, n int, seconds bool) []expr.Expr {
	args = append([]expr.Expr(nil), args...)
	for len(args) < n {
		if seconds && len(args) == n-1 {
			args = append(args, newLiteral(c, int64(0), intervalSeconds.expected[0].Type))
			continue
		}
		args = append(args, newLiteral(c, int32(0), types.IntType))
	}
	return args
}

func makeInterval(name, usage string, try bool) *expr.Function {
	least := 0
	if try {
		least = 1
	}
	full := scalar(name, document{}, signature{params: of(integer, integer, integer, integer, integer, integer, intervalSeconds),
		resolve: func(c *expr.BindContext, _ []expr.Expr) (outcome, error) {
			if try {
				return outcome{result: types.CalendarType, kernel: tryKernel(makeIntervalKernel), nullable: true}, nil
			}
			return checkedOutcome(c, types.CalendarType, makeIntervalKernel), nil
		}})
	return rewrite(name, doc("datetime_funcs", usage, "years - an integer", "months - an integer", "weeks - an integer", "days - an integer", "hours - an integer", "mins - an integer",
		"secs - seconds with their fraction").printed(defaults(0, "0", "0", "0", "0", "0", "0", "0.000000")).
		example("SELECT "+name+"(100, 11, 1, 1, 12, 30, 01.001001);", "100 years 11 months 8 days 12 hours 30 minutes 1.001001 seconds"), least, 7,
		func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
			return full.Bind(c, withZeros(c, args, 7, true))
		})
}

func makeIntervalKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	var parts [6]column[int32]
	for i := range parts {
		parts[i] = columnOf[int32](args[i])
	}
	seconds, to := columnOf[int64](args[6]), vector.Values[types.Interval](out)
	return each(sel, out, func(i int) error {
		part := func(n int) int64 { return int64(parts[n].at(i)) }
		months := part(0)*12 + part(1)
		days := part(2)*7 + part(3)
		if months != int64(int32(months)) || days != int64(int32(days)) || part(0)*12 != int64(int32(part(0)*12)) || part(2)*7 != int64(int32(part(2)*7)) {
			return overflow("integer overflow", "").At(c.Span)
		}
		micros, ok := sumMicros(0, part(4), part(5), seconds.at(i))
		if !ok {
			return overflow("long overflow", "").At(c.Span)
		}
		to[i] = types.Interval{Months: int32(months), Days: int32(days), Micros: micros}
		return nil
	})
}

// sumMicros adds days, hours, minutes and microseconds; ok is false on overflow.
func sumMicros(days, hours, minutes, micros int64) (int64, bool) {
	sum := types.MulInt64(days, types.MicrosPerDay).Add(types.MulInt64(hours, types.MicrosPerHour)).
		Add(types.MulInt64(minutes, types.MicrosPerMinute)).Add(types.Int128From(micros))
	return sum.Int64(), sum.IsInt64()
}

var makeDayTime = scalar("make_dt_interval", document{}, signature{params: of(integer, integer, integer, intervalSeconds), result: wholeDayTime, fails: true,
	kernel: func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		d, h, m, s, to := columnOf[int32](args[0]), columnOf[int32](args[1]), columnOf[int32](args[2]), columnOf[int64](args[3]), vector.Values[int64](out)
		return each(sel, out, func(i int) error {
			micros, ok := sumMicros(int64(d.at(i)), int64(h.at(i)), int64(m.at(i)), s.at(i))
			if !ok {
				return intervalOverflow("").At(c.Span)
			}
			to[i] = micros
			return nil
		})
	}})

var makeYearMonth = scalar("make_ym_interval", document{}, signature{params: of(integer, integer), result: wholeYearMonth, fails: true,
	kernel: binaryErr(func(_ *expr.KernelContext, years, months int32) (int32, error) {
		total := int64(years)*12 + int64(months)
		if total > math.MaxInt32 || total < math.MinInt32 {
			return 0, intervalOverflow("")
		}
		return int32(total), nil
	})})
