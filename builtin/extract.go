package builtin

import (
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// secondsType is the type of seconds with their fraction.
var secondsType = types.DecimalType(8, 6)

// dayPart makes a function date → int.
func dayPart(name, usage, query, result string, kernel expr.Kernel) *expr.Function {
	return scalar(name, doc("datetime_funcs", usage, "date - a date or timestamp").example(query, result),
		signature{params: of(date), result: types.IntType, kernel: kernel})
}

// clockPart makes a function timestamp → int of the part that is micros modulo over, in units.
func clockPart(name, usage, query, result string, unit, over int64) *expr.Function {
	return scalar(name, doc("datetime_funcs", usage, "timestamp - a timestamp").example(query, result),
		signature{params: of(anyTimestamp), resolve: func(_ *expr.BindContext, args []expr.Expr) (outcome, error) {
			return outcome{result: types.IntType, kernel: clockKernel[int32](unit, over)}, nil
		}})
}

// clockKernel takes the part of the wall clock time below over, in units.
func clockKernel[R int32 | int64](unit, over int64) expr.Kernel {
	return unaryErr(func(c *expr.KernelContext, micros int64) (R, error) {
		local := zoneOf(c, c.ArgTypes[0].Kind == types.Timestamp).ToLocal(micros)
		_, rest := types.FloorDivMod(local, over)
		return R(rest / unit), nil
	})
}

// printFrom writes extract(field FROM source); date_part is a plain call, and its alias datepart is not.
func printFrom(c *expr.PrintedCall) (string, bool) {
	return c.Name + "(" + strings.Join(c.Args, " FROM ") + ")", c.Name != "date_part"
}

var extractFunctions = []*expr.Function{
	rewrite("extract", doc("datetime_funcs", "Extracts a part of a date, timestamp or interval.",
		"field - YEAR, YEAROFWEEK, QUARTER, MONTH, WEEK, DAY, DAYOFWEEK, DAYOFWEEK_ISO, DOY, HOUR, MINUTE or SECOND",
		"source - a date, timestamp or interval").printed(printFrom).
		example("SELECT extract(YEAR FROM TIMESTAMP '2019-08-12 01:00:00.123456');", "2019").
		example("SELECT extract(SECONDS FROM INTERVAL 5 HOURS 30 SECONDS 1 MILLISECONDS);", "30.001000"), 2, 2, bindExtract("extract")),
	alias(rewrite("date_part", doc("datetime_funcs", "Extracts a part of a date, timestamp or interval.",
		"field - a string literal: the name of the part, see extract", "source - a date, timestamp or interval").printed(printFrom).
		example("SELECT date_part('week', timestamp'2019-08-12 01:00:00.123456');", "33").
		example("SELECT date_part('doy', DATE'2019-08-12');", "224"), 2, 2, bindExtract("date_part")), "datepart"),

	dayPart("year", "Returns the year of a date.", "SELECT year('2016-07-30');", "2016", unary(yearOf)),
	dayPart("quarter", "Returns the quarter of a date, 1 to 4.", "SELECT quarter('2016-08-31');", "3",
		unary(func(days int32) int32 { return (monthOf(days) + 2) / 3 })),
	dayPart("month", "Returns the month of a date, 1 to 12.", "SELECT month('2016-07-30');", "7", unary(monthOf)),
	alias(dayPart("day", "Returns the day of month of a date, 1 to 31.", "SELECT day('2009-07-30');", "30", unary(dayOf)), "dayofmonth"),
	dayPart("dayofyear", "Returns the day of year of a date, 1 to 366.", "SELECT dayofyear('2016-04-09');", "100",
		unary(func(days int32) int32 { return int32(types.DayOfYear(int64(days))) })),
	dayPart("dayofweek", "Returns the day of week of a date, 1 for Sunday to 7 for Saturday.", "SELECT dayofweek('2009-07-30');", "5",
		unary(func(days int32) int32 { return int32(types.DayOfWeek(int64(days))%7 + 1) })),
	dayPart("weekday", "Returns the day of week of a date, 0 for Monday to 6 for Sunday.", "SELECT weekday('2009-07-30');", "3",
		unary(func(days int32) int32 { return int32(types.DayOfWeek(int64(days)) - 1) })),
	dayPart("weekofyear", "Returns the ISO week of a date, 1 to 53.", "SELECT weekofyear('2008-02-20');", "8",
		unary(func(days int32) int32 { _, week := types.ISOWeek(int64(days)); return int32(week) })),
	clockPart("hour", "Returns the hour of a timestamp, 0 to 23.", "SELECT hour('2018-02-14 12:58:59');", "12", types.MicrosPerHour, types.MicrosPerDay),
	clockPart("minute", "Returns the minute of a timestamp, 0 to 59.", "SELECT minute('2009-07-30 12:58:59');", "58", types.MicrosPerMinute, types.MicrosPerHour),
	clockPart("second", "Returns the second of a timestamp, 0 to 59.", "SELECT second('2018-02-14 12:58:59');", "59", types.MicrosPerSecond, types.MicrosPerMinute),
}

func yearOf(days int32) int32 {
	year, _, _ := types.DaysToCivil(int64(days))
	return int32(year)
}

func monthOf(days int32) int32 {
	_, month, _ := types.DaysToCivil(int64(days))
	return int32(month)
}

func dayOf(days int32) int32 {
	_, _, day := types.DaysToCivil(int64(days))
	return int32(day)
}

// The parts that only EXTRACT gives.
var (
	yearOfWeek = internalPart("yearofweek", date, types.IntType,
		unary(func(days int32) int32 { year, _ := types.ISOWeek(int64(days)); return int32(year) }))
	isoDayOfWeek = internalPart("dayofweek_iso", date, types.IntType,
		unary(func(days int32) int32 { return int32(types.DayOfWeek(int64(days))) }))
	secondsOfTime = internalPart("secondwithfraction", anyTimestamp, secondsType, clockKernel[int64](1, types.MicrosPerMinute))
)

func internalPart(name string, of1 class, result types.Type, kernel expr.Kernel) *expr.Function {
	return scalar(name, document{}, signature{params: of(of1), result: result, kernel: kernel})
}

// fieldNames gives all names of a field the first one.
var fieldNames = func() map[string]string {
	names := map[string]string{}
	for _, all := range []string{
		"YEAR Y YEARS YR YRS", "YEAROFWEEK", "QUARTER QTR", "MONTH MON MONS MONTHS", "WEEK W WEEKS", "DAY D DAYS", "DAYOFWEEK DOW",
		"DAYOFWEEK_ISO DOW_ISO", "DOY", "HOUR H HOURS HR HRS", "MINUTE M MIN MINS MINUTES", "SECOND S SEC SECONDS SECS",
	} {
		list := strings.Fields(all)
		for _, name := range list {
			names[name] = list[0]
		}
	}
	return names
}()

// timeField is the function that takes a field out of a date or timestamp.
func timeField(field string) (*expr.Function, bool) {
	switch field {
	case "YEAROFWEEK":
		return yearOfWeek, true
	case "DAYOFWEEK_ISO":
		return isoDayOfWeek, true
	case "SECOND":
		return secondsOfTime, true
	case "WEEK":
		field = "weekofyear"
	case "DOY":
		field = "dayofyear"
	case "":
		return nil, false
	}
	return Lookup(field)
}

// bindExtract finds the function for the field, which has to be a constant.
func bindExtract(name string) func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
	return func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		value, ok, err := Constant(args[0])
		if err != nil {
			return nil, err
		}
		text, isString := value.(string)
		if !ok || !isString && value != nil {
			return nil, diag.New("NON_FOLDABLE_ARGUMENT", "funcName", routine(name), "paramName", "`field`", "paramType", `"STRING"`).At(c.Span)
		}
		if value == nil {
			return newLiteral(c, nil, types.DoubleType), nil
		}
		find := timeField
		if args[1].Type().IsInterval() {
			find = intervalField(args[1].Type())
		}
		f, ok := find(fieldNames[strings.ToUpper(text)])
		if !ok {
			return nil, diag.New("INVALID_EXTRACT_FIELD", "field", routine(text), "expr", quoted(pretty(args[1]))).At(c.Span)
		}
		return f.Bind(c, args[1:])
	}
}

// intervalField gives the function that takes a field out of an interval of type t.
func intervalField(t types.Type) func(field string) (*expr.Function, bool) {
	return func(field string) (*expr.Function, bool) {
		result, kernel := intervalPart(t.Kind, field)
		if kernel == nil || !hasField(t, field) {
			return nil, false
		}
		return internalPart("extract_interval_"+strings.ToLower(field), class{quoted(t.SQL()), []types.Expected{types.Expect(t)}}, result, kernel), true
	}
}

// hasField reports whether intervals of type t have a field: those of HOUR TO SECOND have no days.
func hasField(t types.Type, field string) bool {
	number, known := map[string]int8{"YEAR": types.FieldYear, "MONTH": types.FieldMonth, "DAY": types.FieldDay, "HOUR": types.FieldHour,
		"MINUTE": types.FieldMinute, "SECOND": types.FieldSecond}[field]
	return t.Kind == types.CalendarInterval || known && t.Start <= number && number <= t.End
}

func intervalPart(kind types.Kind, field string) (types.Type, expr.Kernel) {
	switch kind {
	case types.YearMonthInterval:
		switch field {
		case "YEAR":
			return types.IntType, unary(func(months int32) int32 { return months / 12 })
		case "MONTH":
			return types.ByteType, unary(func(months int32) int8 { return int8(months % 12) })
		}
	case types.DayTimeInterval:
		switch field {
		case "DAY":
			return types.IntType, unary(func(micros int64) int32 { return int32(micros / types.MicrosPerDay) })
		case "HOUR":
			return types.ByteType, unary(hoursOf)
		case "MINUTE":
			return types.ByteType, unary(minutesOf)
		case "SECOND":
			return secondsType, unary(func(micros int64) int64 { return micros % types.MicrosPerMinute })
		}
	case types.CalendarInterval:
		switch field {
		case "YEAR":
			return types.IntType, unary(func(v types.Interval) int32 { return v.Months / 12 })
		case "MONTH":
			return types.ByteType, unary(func(v types.Interval) int8 { return int8(v.Months % 12) })
		case "DAY":
			return types.IntType, unary(func(v types.Interval) int32 { return v.Days + int32(v.Micros/types.MicrosPerDay) })
		case "HOUR":
			return types.ByteType, unary(func(v types.Interval) int8 { return hoursOf(v.Micros) })
		case "MINUTE":
			return types.ByteType, unary(func(v types.Interval) int8 { return minutesOf(v.Micros) })
		case "SECOND":
			return secondsType, unary(func(v types.Interval) int64 { return v.Micros % types.MicrosPerMinute })
		}
	}
	return types.Type{}, nil
}

func hoursOf(micros int64) int8 { return int8(micros % types.MicrosPerDay / types.MicrosPerHour) }

func minutesOf(micros int64) int8 {
	return int8(micros % types.MicrosPerHour / types.MicrosPerMinute)
}
