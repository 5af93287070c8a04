package builtin

import (
	"strconv"
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// printDateAdd writes date_add, also where it is called by its alias, and timestampadd where it has a unit.
func printDateAdd(c *expr.PrintedCall) (string, bool) {
	c.Name = "date_add"
	if len(c.Args) == 3 {
		c.Name = "timestampadd"
	}
	return "", false
}

// printDateDifference writes timestampdiff where date_diff has a unit.
func printDateDifference(c *expr.PrintedCall) (string, bool) {
	if len(c.Args) == 3 {
		c.Name = "timestampdiff"
	}
	return "", false
}

// smallNumber is the number of days in date_add and date_sub: Spark does not take bigint there.
var smallNumber = anyOf(integer, exactly(types.ShortType), exactly(types.ByteType))

var dateFunctions = []*expr.Function{
	reprinted(alias(clockCall("current_date", types.DateType, func(s *expr.Settings) any { return int32(zoneIn(s).InstantToDays(s.CurrentTime().UnixMicro())) },
		"Returns the current date at the start of the query."), "curdate"), under("current_date", "curdate")),
	alias(withUnit("timestampadd", daysOfText(scalar("date_add", doc("datetime_funcs", "Returns the date that is num_days after start_date.", "start_date - a date", "num_days - an integer").printed(printDateAdd).
		example("SELECT date_add('2016-07-30', 1);", "2016-07-31"),
		signature{params: of(date, smallNumber), resolve: dayShift(dateAddKernel)}))), "dateadd"),
	daysOfText(scalar("date_sub", doc("datetime_funcs", "Returns the date that is num_days before start_date.", "start_date - a date", "num_days - an integer").
		example("SELECT date_sub('2016-07-30', 1);", "2016-07-29"),
		signature{params: of(date, smallNumber), resolve: dayShift(dateSubKernel)})),
	alias(withUnit("timestampdiff", scalar("date_diff", doc("datetime_funcs", "Returns the number of days from startDate to endDate.", "endDate - a date", "startDate - a date").printed(printDateDifference).
		example("SELECT date_diff('2009-07-30', '2009-07-31');", "-1"),
		signature{params: of(date, date), result: types.IntType, kernel: binaryOf(func(a, b int32) int32 { return a - b })})), "datediff"),
	scalar("add_months", doc("datetime_funcs", "Returns the date that is num_months after start_date; the day of month is the last one if the month is shorter.",
		"start_date - a date", "num_months - an integer").
		example("SELECT add_months('2016-08-31', 1);", "2016-09-30"),
		signature{params: of(date, integer), result: types.DateType, fails: true,
			kernel: binaryErr(func(_ *expr.KernelContext, days, months int32) (int32, error) {
				moved := types.AddMonths(int64(days), int64(months))
				if moved != int64(int32(moved)) {
					return 0, overflow("integer overflow", "")
				}
				return int32(moved), nil
			})}),
	scalar("months_between", doc("datetime_funcs",
		"Returns the number of months from timestamp2 to timestamp1: whole if both are the same day of month or the last one, else with a fraction of 31 days. It is rounded to 8 digits unless roundOff is false.",
		"timestamp1 - a timestamp", "timestamp2 - a timestamp", "roundOff - a boolean, true if absent").printed(defaults(2, "true")).
		example("SELECT months_between('1997-02-28 10:30:00', '1996-10-30');", "3.94959677").
		example("SELECT months_between('1997-02-28 10:30:00', '1996-10-30', false);", "3.9495967741935485"),
		signature{params: of(timestamp, timestamp, boolean), optional: 1, result: types.DoubleType, kernel: monthsBetweenKernel}),
	scalar("last_day", doc("datetime_funcs", "Returns the last day of the month of a date.", "date - a date").
		example("SELECT last_day('2009-01-12');", "2009-01-31"),
		signature{params: of(date), result: types.DateType, kernel: unary(func(days int32) int32 {
			year, month, day := types.DaysToCivil(int64(days))
			return days + int32(types.DaysInMonth(year, month)-day)
		})}),
	scalar("next_day", doc("datetime_funcs", "Returns the first date after start_date that is the given day of week.", "start_date - a date", "day_of_week - MO, MON, MONDAY, …, in any case").
		example("SELECT next_day('2015-01-14', 'TU');", "2015-01-20"),
		signature{params: of(date, text), resolve: func(c *expr.BindContext, _ []expr.Expr) (outcome, error) {
			return outcome{result: types.DateType, kernel: nextDayKernel(c.Settings.ANSI), fails: c.Settings.ANSI, nullable: !c.Settings.ANSI}, nil
		}}),
	scalar("trunc", doc("datetime_funcs", "Returns a date cut to the start of its week, month, quarter or year; null if fmt is none of them.", "date - a date",
		"fmt - WEEK, MONTH (MON, MM), QUARTER or YEAR (YYYY, YY)").
		example("SELECT trunc('2019-08-04', 'week');", "2019-07-29").
		example("SELECT trunc('2009-02-12', 'MM');", "2009-02-01"),
		signature{params: of(date, text), result: types.DateType, nullable: true, kernel: truncDateKernel}),
	scalar("make_date", doc("datetime_funcs", "Makes a date of its parts.", "year - an integer", "month - 1 to 12", "day - 1 to 31").
		example("SELECT make_date(2013, 7, 15);", "2013-07-15"),
		signature{params: of(integer, integer, integer), resolve: func(c *expr.BindContext, _ []expr.Expr) (outcome, error) {
			return checkedOutcome(c, types.DateType, makeDateKernel), nil
		}}),
	scalar("dayname", doc("datetime_funcs", "Returns the three-letter name of the day of week of a date.", "date - a date").
		example("SELECT dayname(DATE('2008-02-20'));", "Wed"),
		signature{params: of(date), result: types.StringType, kernel: toText(func(dst []byte, days int32) []byte {
			i := 3 * (types.DayOfWeek(int64(days)) - 1)
			return append(dst, "MonTueWedThuFriSatSun"[i:i+3]...)
		})}),
	scalar("monthname", doc("datetime_funcs", "Returns the three-letter name of the month of a date.", "date - a date").
		example("SELECT monthname('2008-02-20');", "Feb"),
		signature{params: of(date), result: types.StringType, kernel: toText(func(dst []byte, days int32) []byte {
			i := 3 * (monthOf(days) - 1)
			return append(dst, "JanFebMarAprMayJunJulAugSepOctNovDec"[i:i+3]...)
		})}),
	strictly(0, scalar("unix_date", doc("datetime_funcs", "Returns the number of days from 1970-01-01 to a date.", "date - a date").
		example("SELECT unix_date(DATE('1970-01-02'));", "1"),
		signature{params: of(date), result: types.IntType, kernel: unary(func(days int32) int32 { return days })}), date),
	scalar("date_from_unix_date", doc("datetime_funcs", "Returns the date that is days after 1970-01-01.", "days - an integer").
		example("SELECT date_from_unix_date(1);", "1970-01-02"),
		signature{params: of(integer), result: types.DateType, kernel: unary(func(days int32) int32 { return days })}),
}

// checkedOutcome is a kernel that fails: in ANSI mode as an error, else with null.
func checkedOutcome(c *expr.BindContext, t types.Type, kernel expr.Kernel) outcome {
	if c.Settings.ANSI {
		return outcome{result: t, kernel: kernel, fails: true}
	}
	return outcome{result: t, kernel: tryKernel(kernel), nullable: true}
}

// withUnit makes f with three arguments the function over units of that name: dateadd(unit, value, expr).
func withUnit(name string, f *expr.Function) *expr.Function {
	two := f.Bind
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		if len(args) == 3 {
			three, _ := Lookup(name)
			return three.Bind(c, args)
		}
		return two(c, args)
	}
	return f
}

// daysOfText makes f take days of type int or smaller only; a string is cast in ANSI mode, else it has to be the constant
// text of an integer.
func daysOfText(f *expr.Function) *expr.Function {
	bind := f.Bind
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		if len(args) != 2 || smallNumber.accepts(args[1].Type()) || args[1].Type().Kind == types.Void {
			return bind(c, args)
		}
		if args[1].Type().Kind != types.String {
			return nil, unexpectedType(c, f.Name, args, 1, smallNumber.text)
		}
		if !c.Settings.ANSI {
			value, ok, err := Constant(args[1])
			if err != nil {
				return nil, err
			}
			if !ok {
				return nil, unexpectedType(c, f.Name, args, 1, smallNumber.text)
			}
			if text, isText := value.(string); isText {
				if _, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32); err != nil {
					return nil, diag.New("SECOND_FUNCTION_ARGUMENT_NOT_INTEGER", "functionName", f.Name).At(c.Span)
				}
			}
		}
		return bind(c, args)
	}
	return f
}

// strictly makes f refuse an argument that is not of the class already: Spark casts nothing there but NULL.
func strictly(at int, f *expr.Function, wanted class) *expr.Function {
	bind := f.Bind
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		if at < len(args) {
			t := args[at].Type()
			if !wanted.accepts(t) && t.Kind != types.Void {
				return nil, unexpectedType(c, f.Name, args, at, wanted.text)
			}
		}
		return bind(c, args)
	}
	return f
}

// dayShift moves a date by a number of days, which is widened to int.
func dayShift(kernel expr.Kernel) func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	return func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
		n, err := castTo(c, args[1], types.IntType)
		return outcome{result: types.DateType, kernel: kernel, args: []expr.Expr{args[0], n}}, err
	}
}

const secondsPerMonth = 31 * types.SecondsPerDay

func monthsBetweenKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	a, b, to, zone := columnOf[int64](args[0]), columnOf[int64](args[1]), vector.Values[float64](out), zoneOf(c, true)
	var rounded column[uint8]
	if len(args) == 3 {
		rounded = columnOf[uint8](args[2])
	}
	eachRow(sel, out.Len, func(i int) {
		m := monthsBetween(a.at(i), b.at(i), zone)
		if len(args) < 3 || rounded.at(i) != 0 {
			m = roundToEight(m)
		}
		to[i] = m
	})
	return nil
}

// monthsBetween counts the months from b to a, instants. Times of day are what has passed since midnight in the zone.
func monthsBetween(a, b int64, zone *types.Zone) float64 {
	dayA, dayB := zone.InstantToDays(a), zone.InstantToDays(b)
	timeA, timeB := a-zone.DaysToInstant(dayA), b-zone.DaysToInstant(dayB)
	yearA, monthA, dA := types.DaysToCivil(dayA)
	yearB, monthB, dB := types.DaysToCivil(dayB)
	months := float64((yearA-yearB)*12 + monthA - monthB)
	if dA == dB || dA == types.DaysInMonth(yearA, monthA) && dB == types.DaysInMonth(yearB, monthB) {
		return months
	}
	seconds := int64(dA-dB)*types.SecondsPerDay + timeA/types.MicrosPerSecond - timeB/types.MicrosPerSecond
	return months + float64(seconds)/float64(secondsPerMonth)
}

var weekDays = map[string]int{"MO": 1, "MON": 1, "MONDAY": 1, "TU": 2, "TUE": 2, "TUESDAY": 2, "WE": 3, "WED": 3, "WEDNESDAY": 3, "TH": 4, "THU": 4,
	"THURSDAY": 4, "FR": 5, "FRI": 5, "FRIDAY": 5, "SA": 6, "SAT": 6, "SATURDAY": 6, "SU": 7, "SUN": 7, "SUNDAY": 7}

func nextDayKernel(ansi bool) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		days, names, to := columnOf[int32](args[0]), stringsOf(args[1]), vector.Values[int32](out)
		return each(sel, out, func(i int) error {
			day, ok := weekDays[strings.ToUpper(string(names.at(i)))]
			if !ok {
				if ansi {
					return diag.New("ILLEGAL_DAY_OF_WEEK", "string", string(names.at(i))).At(c.Span)
				}
				out.SetNull(i)
				return nil
			}
			start := days.at(i)
			ahead := (day - types.DayOfWeek(int64(start)) + 7) % 7
			if ahead == 0 {
				ahead = 7
			}
			to[i] = start + int32(ahead)
			return nil
		})
	}
}

func truncDateKernel(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	days, units, to := columnOf[int32](args[0]), stringsOf(args[1]), vector.Values[int32](out)
	var last truncUnit
	return each(sel, out, func(i int) error {
		if unit := last.of(units.at(i)); unit >= truncWeek {
			to[i] = int32(truncDays(int64(days.at(i)), unit))
		} else {
			out.SetNull(i)
		}
		return nil
	})
}

func makeDateKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	y, m, d, to := columnOf[int32](args[0]), columnOf[int32](args[1]), columnOf[int32](args[2]), vector.Values[int32](out)
	return each(sel, out, func(i int) error {
		days, err := dateOf(y.at(i), m.at(i), d.at(i))
		to[i] = int32(days)
		if err == nil && days != int64(int32(days)) {
			err = overflow("integer overflow", "")
		}
		return placed(c, err)
	})
}
