package types

import (
	"math"
	"testing"

	"github.com/kilnql/kiln/diag"
)

func TestFormatIntervals(t *testing.T) {
	for _, c := range []struct {
		value    int64
		typ      string
		literal  string
		hiveText string
	}{
		{14, "interval year to month", "INTERVAL '1-2' YEAR TO MONTH", "1-2"}, {-12, "interval year", "INTERVAL '-1' YEAR", "-1-0"},
		{10, "interval month", "INTERVAL '10' MONTH", "0-10"}, {math.MinInt32, "interval year to month", "INTERVAL '-178956970-8' YEAR TO MONTH", "-178956970-8"},
		{93784500000, "interval day to second", "INTERVAL '1 02:03:04.5' DAY TO SECOND", "1 02:03:04.500000000"},
		{-93784500000, "interval day to second", "INTERVAL '-1 02:03:04.5' DAY TO SECOND", "-1 02:03:04.500000000"},
		{90 * MicrosPerSecond, "interval second", "INTERVAL '90' SECOND", "0 00:01:30.000000000"}, {2 * MicrosPerHour, "interval hour", "INTERVAL '02' HOUR", "0 02:00:00.000000000"},
		{26 * MicrosPerHour, "interval day to hour", "INTERVAL '1 02' DAY TO HOUR", "1 02:00:00.000000000"}, {100 * MicrosPerMinute, "interval minute to second", "INTERVAL '100:00' MINUTE TO SECOND", "0 01:40:00.000000000"},
		{0, "interval second", "INTERVAL '00' SECOND", "0 00:00:00.000000000"}, {0, "interval day", "INTERVAL '0' DAY", "0 00:00:00.000000000"},
		{math.MinInt64, "interval day to second", "INTERVAL '-106751991 04:00:54.775808' DAY TO SECOND", "-106751991 04:00:54.775808000"},
		{123 * MicrosPerMinute, "interval hour to minute", "INTERVAL '02:03' HOUR TO MINUTE", "0 02:03:00.000000000"},
	} {
		typ := mustParse(t, c.typ)
		for _, bare := range []bool{false, true} {
			want := c.literal
			if bare {
				want = c.hiveText
			}
			var got []byte
			if typ.Kind == YearMonthInterval {
				got = AppendYearMonth(nil, int32(c.value), typ, bare)
			} else {
				got = AppendDayTime(nil, c.value, typ, bare)
			}
			if string(got) != want {
				t.Errorf("%d as %s = %s, want %s", c.value, c.typ, got, want)
			}
		}
		// The literal reads back.
		if typ.Kind == YearMonthInterval {
			if v, err := ParseYearMonth(c.literal, typ); err != nil || int64(v) != c.value {
				t.Errorf("%s reads as %d, %v", c.literal, v, err)
			}
		} else if v, err := ParseDayTime(c.literal, typ); err != nil || v != c.value {
			t.Errorf("%s reads as %d, %v", c.literal, v, err)
		}
	}
}

func TestCalendarInterval(t *testing.T) {
	for _, c := range []struct {
		text, want, condition string
	}{
		{"1 year 2 months 3 weeks 4 days 5 hours 6 minutes 7.5 seconds", "1 years 2 months 25 days 5 hours 6 minutes 7.5 seconds", ""},
		{" INTERVAL  1.5 SECONDS -1 months", "-1 months 1.5 seconds", ""}, {"-1 year 5 months", "-7 months", ""}, {".5 seconds", "0.5 seconds", ""},
		{"1. second", "1 seconds", ""}, {"+ 1 day", "1 days", ""}, {"- .5 second", "-0.5 seconds", ""}, {"1 milliseconds 1 microsecond", "0.001001 seconds", ""},
		{"0 days", "0 seconds", ""}, {"1.123456789 second", "1.123456 seconds", ""},
		{"", "", "INPUT_IS_EMPTY"}, {"interval", "", "INPUT_IS_EMPTY"}, {"intervalx 1 day", "", "INVALID_PREFIX"}, {"1 foo", "", "INVALID_UNIT"}, {"1 daysx", "", "INVALID_UNIT"},
		{"1.5 day", "", "INVALID_FRACTION"}, {"1.1234567891 second", "", "INVALID_PRECISION"}, {"x day", "", "UNRECOGNIZED_NUMBER"}, {"1x day", "", "INVALID_VALUE"},
		{"- day", "", "INVALID_VALUE"}, {"1", "", "MISSING_UNIT"}, {"-", "", "MISSING_NUMBER"}, {". second", "", "INVALID_VALUE"},
		{"99999999999999999999 day", "", "ARITHMETIC_EXCEPTION"}, {"999999999 year", "", "ARITHMETIC_EXCEPTION"}, {"9999999999 hour", "", "ARITHMETIC_EXCEPTION"},
	} {
		v, err := ParseInterval(c.text)
		if c.condition != "" {
			if diag.ConditionOf(err) != "INVALID_INTERVAL_FORMAT."+c.condition {
				t.Errorf("ParseInterval(%q): %v, want %s", c.text, err, c.condition)
			}
			continue
		}
		if got := string(AppendInterval(nil, v)); err != nil || got != c.want {
			t.Errorf("ParseInterval(%q) = %s, %v; want %s", c.text, got, err, c.want)
		}
	}
}

func TestIntervalLiteral(t *testing.T) {
	for text, want := range map[string]string{
		"1 year 2 months": "INTERVAL '1-2' YEAR TO MONTH", "1 day 2 hours": "INTERVAL '1 02' DAY TO HOUR", "-1 year": "INTERVAL '-1' YEAR",
		"1 week 2 millisecond 3 microsecond": "INTERVAL '7 00:00:00.002003' DAY TO SECOND", "1 second 2 days": "INTERVAL '2 00:00:01' DAY TO SECOND",
		"1 year 2 days": "", "106751992 days": "", "106751991 days 5 hours": "", "": "", "-106751991 days -14454 seconds -775808 microseconds": "INTERVAL '-106751991 04:00:54.775808' DAY TO SECOND",
	} {
		v, typ, err := ParseIntervalLiteral(text)
		if (err == nil) != (want != "") || err == nil && SQLLiteral(v, typ, nil) != want {
			t.Errorf("%q = %v of %v, %v; want %s", text, v, typ, err, want)
		}
	}
}

func TestParseAnsiIntervalErrors(t *testing.T) {
	for _, c := range []struct{ text, typ, condition, parameter string }{
		{"INTERVAL 1-2 year to month", "interval year to month", "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING", "`[+|-]y-m`, `INTERVAL [+|-]'[+|-]y-m' YEAR TO MONTH`"},
		{"abc", "interval day", "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING_WITH_NOTICE", "`[+|-]d`, `INTERVAL [+|-]'[+|-]d' DAY`"},
		{"1", "interval hour to second", "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING_WITH_NOTICE", "`[+|-]h:m:s.n`, `INTERVAL [+|-]'[+|-]h:m:s.n' HOUR TO SECOND`"},
		{"1-13", "interval year to month", "INVALID_INTERVAL_FORMAT.INTERVAL_PARSING", ""}, {"178956970-8", "interval year to month", "INVALID_INTERVAL_FORMAT.INTERVAL_PARSING", ""},
		{"178956971", "interval year", "INVALID_INTERVAL_FORMAT.INTERVAL_PARSING", ""}, {"99999999999", "interval month", "INVALID_INTERVAL_FORMAT.INTERVAL_PARSING", ""},
		{"1.5", "interval day", "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING_WITH_NOTICE", ""}, {"1234567890", "interval day", "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING_WITH_NOTICE", ""},
		{"1 24", "interval day to hour", "_LEGACY_ERROR_TEMP_0063", ""}, {"106751992 00", "interval day to hour", "_LEGACY_ERROR_TEMP_0063", ""},
		{"1  2", "interval day to hour", "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING_WITH_NOTICE", ""}, {"1:2:3.", "interval hour to second", "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING_WITH_NOTICE", ""},
		{"interval '1' hour", "interval day", "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING_WITH_NOTICE", ""}, {"100:99", "interval minute to second", "_LEGACY_ERROR_TEMP_0063", ""},
		{"106751991 04:00:54.775808", "interval day to second", "_LEGACY_ERROR_TEMP_0063", ""}, {"1-2", "interval year", "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING", "`[+|-]y`, `INTERVAL [+|-]'[+|-]y' YEAR`"},
		{"1 2:3:4.1234567890", "interval day to second", "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING_WITH_NOTICE", ""}, {"interval '1", "interval day", "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING_WITH_NOTICE", ""},
	} {
		typ := mustParse(t, c.typ)
		var err error
		if typ.Kind == YearMonthInterval {
			_, err = ParseYearMonth(c.text, typ)
		} else {
			_, err = ParseDayTime(c.text, typ)
		}
		e, _ := err.(*diag.Error)
		if e == nil || e.Condition != c.condition || c.parameter != "" && e.Param("supportedFormat") != c.parameter {
			t.Errorf("%q as %s: %v", c.text, c.typ, err)
		}
	}
	for text, typ := range map[string]string{"interval '1' day": "interval day", "INTERVAL -'-1-2' year to month": "interval year to month", "1 2": "interval day to hour", "+1-2": "interval year to month",
		"INTERVAL '1.5' second": "interval second", " 12 ": "interval minute", "2:3.5": "interval minute to second", "INTERVAL  '1'  HOUR": "interval hour"} {
		typ := mustParse(t, typ)
		var err error
		if typ.Kind == YearMonthInterval {
			_, err = ParseYearMonth(text, typ)
		} else {
			_, err = ParseDayTime(text, typ)
		}
		if err != nil {
			t.Errorf("%q as %s: %v", text, typ, err)
		}
	}
}
