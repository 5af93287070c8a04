package types

import (
	"math"
	"strconv"
	"strings"

	"github.com/kilnql/kiln/diag"
)

// ParseYearMonth reads a year-month interval of type t in months, as a cast from string does: the bare form '1-2' (or '1' for
// a single field) or the literal INTERVAL '1-2' YEAR TO MONTH.
func ParseYearMonth(text string, t Type) (months int32, err error) {
	negative, body, ok := intervalBody(text, t)
	if !ok {
		return 0, unmatchedInterval(text, t)
	}
	n := skipDigits(body, 0)
	rest := body[n:]
	first, overflow := parseDigits(body[:n])
	total := first
	switch {
	case n == 0:
		return 0, unmatchedInterval(text, t)
	case t.Start != t.End:
		if len(rest) < 2 || rest[0] != '-' || skipDigits(rest, 1) != len(rest) {
			return 0, unmatchedInterval(text, t)
		}
		second, overflow2 := parseDigits(rest[1:])
		overflow = overflow || overflow2 || first > math.MaxInt32/12 || second > 11
		total = first*12 + second
	case rest != "":
		return 0, unmatchedInterval(text, t)
	case t.Start == FieldYear:
		overflow = overflow || first > math.MaxInt32
		total = first * 12
	}
	if overflow || total > math.MaxInt32+uint64(boolBit(negative)) {
		return 0, diag.New("INVALID_INTERVAL_FORMAT.INTERVAL_PARSING", "input", text, "interval", "year-month")
	}
	if negative {
		return int32(-int64(total)), nil
	}
	return int32(total), nil
}

func parseDigits(digits string) (v uint64, overflow bool) {
	v, err := strconv.ParseUint(digits, 10, 63)
	return v, err != nil
}

// Limits of the first field of an interval with several, and the digits of a single field.
var (
	firstFieldLimits  = [...]uint64{106751991, 2562047788, 153722867280, 9223372036854}
	laterFieldLimits  = [...]uint64{0, 23, 59, 59}
	singleFieldDigits = [...]int{9, 10, 12, 13}
	dayTimeLowerNames = [...]string{"day", "hour", "minute", "second"}
)

// ParseDayTime reads a day-time interval of type t in microseconds, as a cast from string does: the bare form
// '1 02:03:04.5' or the literal INTERVAL '1 02:03:04.5' DAY TO SECOND. Digits beyond the sixth of the fraction are cut.
func ParseDayTime(text string, t Type) (micros int64, err error) {
	negative, body, ok := intervalBody(text, t)
	if !ok {
		return 0, unmatchedInterval(text, t)
	}
	var fields [4]uint64
	overflow := false
	for field := t.Start; field <= t.End; field++ {
		n := skipDigits(body, 0)
		if n == 0 || field > t.Start && n > 2 || t.Start == t.End && n > singleFieldDigits[field] {
			return 0, unmatchedInterval(text, t)
		}
		var tooLong bool
		fields[field], tooLong = parseDigits(body[:n])
		overflow = overflow || tooLong
		body = body[n:]
		if field < t.End {
			if body == "" || body[0] != " ::"[field] {
				return 0, unmatchedInterval(text, t)
			}
			body = body[1:]
		}
	}
	fraction := ""
	if t.End == FieldSecond && len(body) > 1 && len(body) <= 10 && body[0] == '.' && skipDigits(body, 1) == len(body) {
		fraction, body = body[1:], ""
	}
	if body != "" {
		return 0, unmatchedInterval(text, t)
	}
	return sumDayTime(fields, t, fraction, negative, overflow)
}

func sumDayTime(fields [4]uint64, t Type, fraction string, negative, overflow bool) (int64, error) {
	var total Int128
	for field := t.Start; field <= t.End; field++ {
		limit := laterFieldLimits[field]
		if field == t.Start {
			limit = firstFieldLimits[field]
		}
		if t.Start != t.End && (fields[field] > limit || overflow) {
			return 0, outsideRange("requirement failed: " + dayTimeLowerNames[field] + " " + strconv.FormatUint(fields[field], 10) +
				" outside range [0, " + strconv.FormatUint(limit, 10) + "]")
		}
		total = total.Add(MulInt64(int64(fields[field]), int64(dayTimeUnits[field])))
	}
	total = total.Add(Int128From(int64(fractionMicros(fraction))))
	if negative {
		total = total.Neg()
	}
	if overflow || !total.IsInt64() {
		return 0, outsideRange("long overflow")
	}
	return total.Int64(), nil
}

func outsideRange(message string) *diag.Error {
	return diag.New("_LEGACY_ERROR_TEMP_0063", "msg", message)
}

// intervalBody takes an interval's text apart: its sign and what is between quotes if it is a literal of type t, or
// the text itself without its sign.
func intervalBody(text string, t Type) (negative bool, body string, ok bool) {
	s := trimSpark(text)
	if len(s) > 8 && strings.EqualFold(s[:8], "interval") && s[8] <= ' ' {
		s = trimSpark(s[8:])
		if negative, s = cutMinus(s); s == "" || s[0] != '\'' {
			return false, "", false
		}
		end := strings.IndexByte(s[1:], '\'')
		if end < 0 || end+2 >= len(s) || s[end+2] > ' ' {
			return false, "", false
		}
		name := "interval " + strings.ToLower(strings.Join(strings.Fields(s[end+2:]), " "))
		if name != t.String() {
			return false, "", false
		}
		s = s[1 : end+1]
	}
	inner, body := cutMinus(s)
	return negative != inner, body, true
}

func cutMinus(s string) (negative bool, rest string) {
	sign, rest := cutSign(s)
	return sign < 0, rest
}

func unmatchedInterval(text string, t Type) *diag.Error {
	names := strings.ToUpper(strings.TrimPrefix(t.String(), "interval "))
	format, family, condition := "", "year-month", "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING"
	if t.Kind == YearMonthInterval {
		format = "y-m"[2*t.Start : 2*t.End+1]
	} else {
		family, condition = "day-time", condition+"_WITH_NOTICE"
		format = "d h:m:s"[2*t.Start : 2*t.End+1]
		if t.End == FieldSecond {
			format += ".n"
		}
	}
	supported := "`[+|-]" + format + "`, `INTERVAL [+|-]'[+|-]" + format + "' " + names + "`"
	return diag.New(condition, "input", text, "intervalStr", family, "supportedFormat", supported, "typeName", t.String())
}

// intervalUnits says which units an interval was written with.
type intervalUnits struct {
	yearMonth, dayTime bool
	first, last        int8 // fields of the family, the smallest and the largest
}

func (u *intervalUnits) add(family *bool, field int8) {
	if !u.yearMonth && !u.dayTime {
		u.first, u.last = field, field
	}
	*family = true
	u.first, u.last = min(u.first, field), max(u.last, field)
}

// ParseInterval reads a calendar interval: [INTERVAL] and pairs of a number and a unit, such as "1 year 2 days -3.5 seconds".
func ParseInterval(text string) (Interval, error) {
	v, _, err := parseUnits(text)
	return v, err
}

// ParseIntervalLiteral reads the text of INTERVAL '1 day 2 hours', whose type follows from the units: a year-month or a
// day-time interval. Units of both families are an error; so is a text without any.
func ParseIntervalLiteral(text string) (v any, t Type, err error) {
	interval, units, err := parseUnits(text)
	if err != nil {
		return nil, Type{}, err
	}
	switch {
	case units.yearMonth && units.dayTime:
		return nil, Type{}, diag.New("_LEGACY_ERROR_TEMP_0029", "literal", "interval '"+text+"'")
	case units.yearMonth:
		return interval.Months, YearMonthType(units.first, units.last), nil
	}
	micros, ok := JoinDays(int64(interval.Days), 0)
	sum := micros + interval.Micros
	if !ok || (micros > 0) == (interval.Micros > 0) && (sum > 0) != (micros > 0) && micros != 0 && interval.Micros != 0 {
		return nil, Type{}, diag.New("INVALID_INTERVAL_FORMAT.ARITHMETIC_EXCEPTION", "input", text)
	}
	return sum, DayTimeType(units.first, units.last), nil
}

// unitNames are the units in the order in which they are tried.
var unitNames = [...]string{"year", "week", "day", "hour", "second", "month", "minute", "millisecond", "microsecond"}

// unitReader reads numbers and units; at is the place in s, which is lower case and trimmed.
type unitReader struct {
	input, s string
	at       int
	v        Interval
	units    intervalUnits
}

func parseUnits(text string) (Interval, intervalUnits, error) {
	r := &unitReader{input: text, s: strings.ToLower(trimSpark(text))}
	if rest, ok := strings.CutPrefix(r.s, "interval"); ok {
		if rest != "" && rest[0] > ' ' {
			return Interval{}, r.units, r.fail("INVALID_PREFIX", "prefix")
		}
		r.at = len("interval")
		r.skipBlanks()
	}
	if r.at == len(r.s) {
		return Interval{}, r.units, diag.New("INVALID_INTERVAL_FORMAT.INPUT_IS_EMPTY", "input", text)
	}
	for r.at < len(r.s) {
		if err := r.pair(); err != nil {
			return Interval{}, r.units, err
		}
		r.skipBlanks()
	}
	return r.v, r.units, nil
}

func (r *unitReader) skipBlanks() {
	for r.at < len(r.s) && r.s[r.at] <= ' ' {
		r.at++
	}
}

// word is the blank-separated word that r.at stands in, or the last one at the end.
func (r *unitReader) word() string {
	start := min(r.at, len(r.s)-1)
	for start > 0 && (r.s[start] <= ' ' || r.s[start-1] > ' ') {
		start--
	}
	end := start
	for end < len(r.s) && r.s[end] > ' ' {
		end++
	}
	return r.s[start:end]
}

func (r *unitReader) fail(condition string, parameter string) *diag.Error {
	return diag.New("INVALID_INTERVAL_FORMAT."+condition, "input", r.input, parameter, "'"+r.word()+"'")
}

func (r *unitReader) overflow() *diag.Error {
	return diag.New("INVALID_INTERVAL_FORMAT.ARITHMETIC_EXCEPTION", "input", r.input)
}

// pair reads a number and its unit.
func (r *unitReader) pair() error {
	negative := false
	switch c := r.s[r.at]; {
	case c == '-' || c == '+':
		negative = c == '-'
		r.at++
		r.skipBlanks()
		if r.at == len(r.s) {
			return r.fail("MISSING_NUMBER", "word")
		}
	case c != '.' && !isDigit(c):
		return r.fail("UNRECOGNIZED_NUMBER", "number")
	}
	start := r.at
	r.at = skipDigits(r.s, r.at)
	value, tooLong := parseDigits(r.s[start:r.at])
	if tooLong && r.at > start {
		return r.overflow()
	}
	fraction, hasFraction, err := r.fraction(start)
	if err != nil {
		return err
	}
	if r.at == start || r.at < len(r.s) && r.s[r.at] > ' ' {
		return r.fail("INVALID_VALUE", "value")
	}
	r.skipBlanks()
	if r.at == len(r.s) {
		return r.fail("MISSING_UNIT", "word")
	}
	if hasFraction && r.s[r.at] != 's' {
		return r.fail("INVALID_FRACTION", "unit")
	}
	n, f := int64(value), int64(fraction)
	if negative {
		n, f = -n, -f
	}
	return r.unit(n, f)
}

// fraction reads a point and up to nine digits; start is where the number began.
func (r *unitReader) fraction(start int) (micros int, ok bool, err error) {
	if r.at == len(r.s) || r.s[r.at] != '.' {
		return 0, false, nil
	}
	point := r.at
	r.at = skipDigits(r.s, point+1)
	if r.at-point-1 > 9 {
		return 0, true, r.fail("INVALID_PRECISION", "value")
	}
	if point == start && r.at == point+1 {
		return 0, true, r.fail("INVALID_VALUE", "value") // a point alone
	}
	return fractionMicros(r.s[point+1 : r.at]), true, nil
}

// unit reads the unit's name, singular or plural, and adds n of it.
func (r *unitReader) unit(n, fraction int64) error {
	for i, name := range unitNames {
		if !strings.HasPrefix(r.s[r.at:], name) {
			continue
		}
		end := r.at + len(name)
		if end < len(r.s) && r.s[end] == 's' {
			end++
		}
		if end < len(r.s) && r.s[end] > ' ' {
			return r.fail("INVALID_UNIT", "unit")
		}
		if !r.add(i, n, fraction) {
			return r.overflow()
		}
		r.at = end
		return nil
	}
	return r.fail("INVALID_UNIT", "unit")
}

// add adds n of unit number i; false is an overflow.
func (r *unitReader) add(i int, n, fraction int64) bool {
	addInt := func(dst *int32, factor int64) bool {
		sum := MulInt64(n, factor).Add(Int128From(int64(*dst)))
		*dst = int32(sum.Int64())
		return sum.IsInt64() && sum.Int64() == int64(*dst)
	}
	addMicros := func(field int8, factor int64) bool {
		r.units.add(&r.units.dayTime, field)
		sum := MulInt64(n, factor).Add(Int128From(r.v.Micros)).Add(Int128From(fraction))
		r.v.Micros = sum.Int64()
		return sum.IsInt64()
	}
	switch unitNames[i] {
	case "year":
		r.units.add(&r.units.yearMonth, FieldYear)
		return addInt(&r.v.Months, 12)
	case "month":
		r.units.add(&r.units.yearMonth, FieldMonth)
		return addInt(&r.v.Months, 1)
	case "week":
		r.units.add(&r.units.dayTime, FieldDay)
		return addInt(&r.v.Days, 7)
	case "day":
		r.units.add(&r.units.dayTime, FieldDay)
		return addInt(&r.v.Days, 1)
	case "hour":
		return addMicros(FieldHour, MicrosPerHour)
	case "minute":
		return addMicros(FieldMinute, MicrosPerMinute)
	case "second":
		return addMicros(FieldSecond, MicrosPerSecond)
	case "millisecond":
		return addMicros(FieldSecond, MicrosPerMilli)
	}
	return addMicros(FieldSecond, 1)
}
