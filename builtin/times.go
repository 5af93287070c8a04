package builtin

import (
	"bytes"
	"math"
	"strings"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// zoneIn is the session's time zone.
func zoneIn(s *expr.Settings) *types.Zone {
	if s == nil || s.Zone == nil {
		return types.UTC
	}
	return types.ZoneOf(s.Zone)
}

// clockCall is a function without arguments whose value is the same for the whole query. It is read when the query runs.
func clockCall(name string, t types.Type, value func(s *expr.Settings) any, usage string) *expr.Function {
	f := scalar(name, doc("datetime_funcs", usage).example("SELECT "+name+"() > '2020-01-01';", "true"), signature{result: t,
		kernel: func(c *expr.KernelContext, _ []*vector.Vector, _ vector.Selection, out *vector.Vector) error {
			v := value(c.Settings)
			for i := range out.Len {
				kernel.SetValue(out, i, v)
			}
			return nil
		}})
	bind := f.Bind
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		if c.Settings != nil {
			c.Settings.CurrentTime() // the plan is good for this query only
		}
		return bind(c, args)
	}
	return f
}

var timeFunctions = []*expr.Function{
	clockCall("current_timestamp", types.TimestampType, func(s *expr.Settings) any { return s.CurrentTime().UnixMicro() },
		"Returns the time at the start of the query."),
	clockCall("now", types.TimestampType, func(s *expr.Settings) any { return s.CurrentTime().UnixMicro() },
		"Returns the time at the start of the query."),
	clockCall("localtimestamp", types.TimestampNTZType, func(s *expr.Settings) any { return zoneIn(s).ToLocal(s.CurrentTime().UnixMicro()) },
		"Returns the wall clock time at the start of the query, without time zone."),
	rewrite("current_timezone", doc("datetime_funcs", "Returns the session's time zone.").example("SELECT current_timezone();", "UTC"), 0, 0,
		func(c *expr.BindContext, _ []expr.Expr) (expr.Expr, error) {
			return newLiteral(c, zoneIn(c.Settings).String(), types.StringType), nil
		}),
	scalar("date_trunc", doc("datetime_funcs", "Returns a timestamp cut to a unit; null if fmt is none.",
		"fmt - YEAR (YYYY, YY), QUARTER, MONTH (MON, MM), WEEK, DAY (DD), HOUR, MINUTE, SECOND, MILLISECOND or MICROSECOND", "ts - a timestamp").
		example("SELECT date_trunc('YEAR', '2015-03-05T09:32:05.359');", "2015-01-01 00:00:00").
		example("SELECT date_trunc('HOUR', '2015-03-05T09:32:05.359');", "2015-03-05 09:00:00"),
		signature{params: of(text, timestamp), result: types.TimestampType, nullable: true, kernel: truncTimeKernel}),
	zoneShift("from_utc_timestamp", "Returns the wall clock time of a zone when a clock of UTC shows the given one.", "2016-08-31 09:00:00",
		(*types.Zone).ToLocal),
	zoneShift("to_utc_timestamp", "Returns the wall clock time of UTC when a clock of the zone shows the given one.", "2016-08-30 15:00:00",
		(*types.Zone).ToUTC),
	rewrite("convert_timezone", doc("datetime_funcs", "Converts a timestamp without time zone from sourceTz to targetTz.",
		"sourceTz - the time zone of sourceTs, by default the session's", "targetTz - a time zone", "sourceTs - a timestamp without time zone").printed(printConvertZone).
		example("SELECT convert_timezone('Europe/Brussels', 'America/Los_Angeles', timestamp_ntz'2021-12-06 00:00:00');", "2021-12-05 15:00:00"), 2, 3, bindConvertZone),
}

// printConvertZone adds the zone of the session where none is given.
func printConvertZone(c *expr.PrintedCall) (string, bool) {
	if len(c.Args) == 2 {
		c.Args = append([]string{"current_timezone()"}, c.Args...)
	}
	return "", false
}

// convertZone is convert_timezone with all its arguments.
var convertZone = scalar("convert_timezone", document{}, signature{params: of(text, text, timestampNTZ), result: types.TimestampNTZType, fails: true,
	kernel: func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		source, target, in, to := stringsOf(args[0]), stringsOf(args[1]), columnOf[int64](args[2]), vector.Values[int64](out)
		return each(sel, out, func(i int) error {
			from, err := types.ParseZone(string(source.at(i)))
			if err != nil {
				return placed(c, err)
			}
			zone, err := types.ParseZone(string(target.at(i)))
			if err != nil {
				return placed(c, err)
			}
			to[i] = zone.ToLocal(from.ToUTC(in.at(i)))
			return nil
		})
	}})

func bindConvertZone(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
	if len(args) == 2 {
		args = []expr.Expr{newLiteral(c, zoneIn(c.Settings).String(), types.StringType), args[0], args[1]}
	}
	return convertZone.Bind(c, args)
}

func zoneShift(name, usage, result string, shift func(z *types.Zone, micros int64) int64) *expr.Function {
	return scalar(name, doc("datetime_funcs", usage, "timestamp - a timestamp", "timezone - a time zone").
		example("SELECT "+name+"('2016-08-31', 'Asia/Seoul');", result),
		signature{params: of(timestamp, text), result: types.TimestampType, fails: true,
			kernel: func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
				in, names, to := columnOf[int64](args[0]), stringsOf(args[1]), vector.Values[int64](out)
				return each(sel, out, func(i int) error {
					zone, err := types.ParseZone(string(names.at(i)))
					if err != nil {
						return placed(c, err)
					}
					to[i] = shift(zone, in.at(i))
					return nil
				})
			}})
}

// truncLevel is the unit that a time is cut to, from the smallest.
type truncLevel uint8

const (
	truncNone truncLevel = iota
	truncMicrosecond
	truncMillisecond
	truncSecond
	truncMinute
	truncHour
	truncDay
	truncWeek
	truncMonth
	truncQuarter
	truncYear
)

var truncLevels = map[string]truncLevel{"MICROSECOND": truncMicrosecond, "MILLISECOND": truncMillisecond, "SECOND": truncSecond, "MINUTE": truncMinute,
	"HOUR": truncHour, "DAY": truncDay, "DD": truncDay, "WEEK": truncWeek, "MONTH": truncMonth, "MON": truncMonth, "MM": truncMonth,
	"QUARTER": truncQuarter, "YEAR": truncYear, "YYYY": truncYear, "YY": truncYear}

// truncUnit remembers the unit that was looked up last: most calls have one.
type truncUnit struct {
	text  []byte
	level truncLevel
}

func (u *truncUnit) of(text []byte) truncLevel {
	if u.text == nil || !bytes.Equal(u.text, text) {
		u.text = append(u.text[:0], text...)
		u.level = truncLevels[strings.ToUpper(string(text))]
	}
	return u.level
}

// truncDays cuts a date to its week, month, quarter or year.
func truncDays(days int64, level truncLevel) int64 {
	if level == truncWeek {
		return days - int64(types.DayOfWeek(days)) + 1
	}
	year, month, _ := types.DaysToCivil(days)
	switch level {
	case truncQuarter:
		month = (month-1)/3*3 + 1
	case truncYear:
		month = 1
	}
	return types.CivilToDays(year, month, 1)
}

// truncTime cuts an instant to a unit on the wall clock of zone.
func truncTime(micros int64, level truncLevel, zone *types.Zone) int64 {
	floor := func(v, unit int64) int64 {
		_, rest := types.FloorDivMod(v, unit)
		return v - rest
	}
	switch level {
	case truncMicrosecond:
		return micros
	case truncMillisecond:
		return floor(micros, types.MicrosPerMilli)
	case truncSecond:
		return floor(micros, types.MicrosPerSecond)
	case truncMinute, truncHour:
		unit := types.MicrosPerHour
		if level == truncMinute {
			unit = types.MicrosPerMinute
		}
		local := zone.ToLocal(micros)
		cut := floor(local, unit)
		// Where clocks were put back, the time is cut within the offset it has.
		if same := micros - (local - cut); zone.ToLocal(same) == cut {
			return same
		}
		return zone.ToUTC(cut)
	}
	days := zone.InstantToDays(micros)
	if level > truncDay {
		days = truncDays(days, level)
	}
	return zone.DaysToInstant(days)
}

func truncTimeKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	units, in, to, zone := stringsOf(args[0]), columnOf[int64](args[1]), vector.Values[int64](out), zoneOf(c, true)
	var last truncUnit
	return each(sel, out, func(i int) error {
		if level := last.of(units.at(i)); level != truncNone {
			to[i] = truncTime(in.at(i), level, zone)
		} else {
			out.SetNull(i)
		}
		return nil
	})
}

// epochFunctions convert between timestamps and numbers since the epoch.
var epochFunctions = []*expr.Function{
	sinceEpoch("unix_seconds", "seconds", "1", types.MicrosPerSecond),
	sinceEpoch("unix_millis", "milliseconds", "1000", types.MicrosPerMilli),
	sinceEpoch("unix_micros", "microseconds", "1000000", 1),
	fromEpoch("timestamp_millis", "milliseconds", "1230219000123", "2008-12-25 15:30:00.123", types.MicrosPerMilli),
	fromEpoch("timestamp_micros", "microseconds", "1230219000123123", "2008-12-25 15:30:00.123123", 1),
	strictly(0, scalar("timestamp_seconds", doc("datetime_funcs", "Returns the timestamp that is seconds after 1970-01-01 00:00:00 UTC.", "seconds - a number").
		example("SELECT timestamp_seconds(1230219000);", "2008-12-25 15:30:00").
		example("SELECT timestamp_seconds(1230219000.123);", "2008-12-25 15:30:00.123"),
		signature{params: of(numeric), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			return secondsToTimestamp(c, args)
		}}), numeric),
}

func sinceEpoch(name, unit, result string, micros int64) *expr.Function {
	return strictly(0, scalar(name, doc("datetime_funcs", "Returns the number of "+unit+" from 1970-01-01 00:00:00 UTC to a timestamp, rounded down.", "timestamp - a timestamp").
		example("SELECT "+name+"(TIMESTAMP('1970-01-01 00:00:01Z'));", result),
		signature{params: of(timestamp), result: types.LongType, kernel: unary(func(v int64) int64 {
			quotient, _ := types.FloorDivMod(v, micros)
			return quotient
		})}), timestamp)
}

func fromEpoch(name, unit, number, result string, micros int64) *expr.Function {
	return strictly(0, scalar(name, doc("datetime_funcs", "Returns the timestamp that is a number of "+unit+" after 1970-01-01 00:00:00 UTC.", unit+" - an integer").
		example("SELECT "+name+"("+number+");", result),
		signature{params: of(integral), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			v, err := castTo(c, args[0], types.LongType)
			if err != nil {
				return outcome{}, err
			}
			return outcome{result: types.TimestampType, args: []expr.Expr{v}, fails: micros > 1, kernel: scaledKernel(micros)}, nil
		}}), integral)
}

// scaledKernel multiplies by the microseconds of a unit.
func scaledKernel(unit int64) expr.Kernel {
	return unaryErr(func(_ *expr.KernelContext, v int64) (int64, error) {
		if r := v * unit; r/unit == v {
			return r, nil
		}
		return 0, overflow("long overflow", "")
	})
}

func secondsToTimestamp(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	t := args[0].Type()
	o := outcome{result: types.TimestampType}
	switch {
	case t.IsFloating():
		v, err := castTo(c, args[0], types.DoubleType)
		if err != nil {
			return o, err
		}
		o.args, o.nullable = []expr.Expr{v}, true
		o.kernel = unaryNull(func(v float64) (int64, bool) {
			return saturated(v * float64(types.MicrosPerSecond)), !math.IsNaN(v) && !math.IsInf(v, 0)
		})
	case t.Kind == types.Decimal:
		v, err := castTo(c, args[0], types.DecimalType(types.MaxPrecision, int(t.Scale)))
		if err != nil {
			return o, err
		}
		o.args, o.fails = []expr.Expr{v}, true
		o.kernel = unaryErr(func(_ *expr.KernelContext, v types.Int128) (int64, error) {
			micros, ok := types.Rescale(v, int(t.Scale), 6, types.MaxPrecision)
			if back, same := types.Rescale(micros, 6, max(int(t.Scale), 6), types.MaxPrecision); ok && int(t.Scale) > 6 && (!same || back.Cmp(v) != 0) {
				return 0, overflow("Rounding necessary", "")
			}
			if !ok || !micros.IsInt64() {
				return 0, overflow("Overflow", "")
			}
			return micros.Int64(), nil
		})
	default:
		v, err := castTo(c, args[0], types.LongType)
		if err != nil {
			return o, err
		}
		o.args, o.fails, o.kernel = []expr.Expr{v}, true, scaledKernel(types.MicrosPerSecond)
	}
	return o, nil
}

// saturated converts a double to an integer as Java does: cut, and held within the range.
func saturated(v float64) int64 {
	switch {
	case math.IsNaN(v):
		return 0
	case v >= math.MaxInt64:
		return math.MaxInt64
	case v <= math.MinInt64:
		return math.MinInt64
	}
	return int64(v)
}
