package builtin

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// roundToEight rounds half up to 8 digits behind the point, as Java's Math.round does.
func roundToEight(v float64) float64 { return math.Floor(v*1e8+0.5) / 1e8 }

// fieldOutOfBounds is the error of a part of a date or time that no calendar has.
func fieldOutOfBounds(message string) *diag.Error {
	return diag.New("DATETIME_FIELD_OUT_OF_BOUNDS", "rangeMessage", message, "ansiConfig", ansiConfig)
}

// inBounds checks one part as Java's calendar fields do.
func inBounds(field string, least, most, v int32) error {
	if v >= least && v <= most {
		return nil
	}
	return fieldOutOfBounds("Invalid value for " + field + " (valid values " + strconv.Itoa(int(least)) + " - " + strconv.Itoa(int(most)) + "): " + strconv.Itoa(int(v)))
}

const largestYear = 999999999

// dateOf is the day number of a date of its parts.
func dateOf(year, month, day int32) (int64, error) {
	if err := inBounds("Year", -largestYear, largestYear, year); err != nil {
		return 0, err
	}
	if err := inBounds("MonthOfYear", 1, 12, month); err != nil {
		return 0, err
	}
	if day < 1 || day > 31 {
		return 0, fieldOutOfBounds("Invalid value for DayOfMonth (valid values 1 - 28/31): " + strconv.Itoa(int(day)))
	}
	if !types.ValidDate(int(year), int(month), int(day)) {
		if day == 29 {
			return 0, fieldOutOfBounds("Invalid date 'February 29' as '" + strconv.Itoa(int(year)) + "' is not a leap year")
		}
		return 0, fieldOutOfBounds("Invalid date '" + strings.ToUpper(time.Month(month).String()) + " " + strconv.Itoa(int(day)) + "'")
	}
	return types.CivilToDays(int(year), int(month), int(day)), nil
}

// secondsParameter is seconds with microseconds, as make_timestamp takes them.
var secondsParameter = exactly(types.DecimalType(16, 6))

func makeTimestamp(name, usage string, try bool, t func(c *expr.BindContext) types.Type, zone bool) *expr.Function {
	params := of(integer, integer, integer, integer, integer, secondsParameter)
	args := []string{"year - an integer", "month - 1 to 12", "day - 1 to 31", "hour - 0 to 23", "min - 0 to 59", "sec - 0 to 60, with a fraction"}
	optional := 0
	if zone {
		params, optional = append(params, parameter{text}), 1
		args = append(args, "timezone - the time zone of the parts, by default the session's")
	}
	result := "2014-12-28 06:30:45.887"
	return scalar(name, doc("datetime_funcs", usage, args...).example("SELECT "+name+"(2014, 12, 28, 6, 30, 45.887);", result),
		signature{params: params, optional: optional, resolve: func(c *expr.BindContext, _ []expr.Expr) (outcome, error) {
			if try {
				return outcome{result: t(c), kernel: tryKernel(makeTimestampKernel), nullable: true}, nil
			}
			return checkedOutcome(c, t(c), makeTimestampKernel), nil
		}})
}

func makeTimestampKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	var parts [5]column[int32]
	for i := range parts {
		parts[i] = columnOf[int32](args[i])
	}
	seconds, to := columnOf[int64](args[5]), vector.Values[int64](out)
	var zones stringColumn
	if len(args) == 7 {
		zones = stringsOf(args[6])
	}
	own := zoneOf(c, c.Type.Kind == types.Timestamp)
	return each(sel, out, func(i int) error {
		zone := own
		if len(args) == 7 {
			z, err := types.ParseZone(string(zones.at(i)))
			if err != nil {
				return placed(c, err)
			}
			zone = z
		}
		local, err := localTime(parts[0].at(i), parts[1].at(i), parts[2].at(i), parts[3].at(i), parts[4].at(i), seconds.at(i))
		if err != nil {
			return placed(c, err)
		}
		if to[i] = zone.ToUTC(local); c.Type.Kind == types.TimestampNTZ {
			to[i] = local // a zone does not move a wall clock time
		}
		return nil
	})
}

// localTime is a wall clock time of its parts, in microseconds; seconds are in microseconds. 60 seconds are the next minute.
func localTime(year, month, day, hour, minute int32, micros int64) (int64, error) {
	seconds, fraction := types.FloorDivMod(micros, types.MicrosPerSecond)
	if seconds == 60 && fraction != 0 {
		return 0, diag.New("INVALID_FRACTION_OF_SECOND", "secAndMicros", strings.TrimRight(types.FormatDecimal(types.Int128From(micros), 6), "0"))
	}
	days, err := dateOf(year, month, day)
	if err != nil {
		return 0, err
	}
	if err := inBounds("HourOfDay", 0, 23, hour); err != nil {
		return 0, err
	}
	if err := inBounds("MinuteOfHour", 0, 59, minute); err != nil {
		return 0, err
	}
	if seconds != 60 {
		if err := inBounds("SecondOfMinute", 0, 59, int32(max(min(seconds, math.MaxInt32), math.MinInt32))); err != nil {
			return 0, err
		}
	}
	local, ok := types.JoinDays(days, int64(hour)*types.MicrosPerHour+int64(minute)*types.MicrosPerMinute+micros)
	if !ok {
		return 0, overflow("long overflow", "")
	}
	return local, nil
}

// defaultTimestamp is the type that TIMESTAMP means in the session.
func defaultTimestamp(c *expr.BindContext) types.Type {
	if c.Settings.Conf != nil && strings.EqualFold(c.Settings.Conf("spark.sql.timestampType"), "TIMESTAMP_NTZ") {
		return types.TimestampNTZType
	}
	return types.TimestampType
}

func withZone(*expr.BindContext) types.Type    { return types.TimestampType }
func withoutZone(*expr.BindContext) types.Type { return types.TimestampNTZType }

var makeTimestampFunctions = []*expr.Function{
	makeTimestamp("make_timestamp", "Makes a timestamp of its parts.", false, defaultTimestamp, true),
	makeTimestamp("make_timestamp_ltz", "Makes a timestamp with local time zone of its parts.", false, withZone, true),
	makeTimestamp("make_timestamp_ntz", "Makes a timestamp without time zone of its parts.", false, withoutZone, false),
	makeTimestamp("try_make_timestamp", "Makes a timestamp of its parts; null if there is none.", true, defaultTimestamp, true),
	makeTimestamp("try_make_timestamp_ltz", "Makes a timestamp with local time zone of its parts; null if there is none.", true, withZone, true),
	makeTimestamp("try_make_timestamp_ntz", "Makes a timestamp without time zone of its parts; null if there is none.", true, withoutZone, false),
}
