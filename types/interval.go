package types

import "strconv"

// Year-month and day-time intervals as text: the literal form that casts to string give, and Hive's bare values.

// AppendYearMonth appends months as an interval of type t: INTERVAL '1-2' YEAR TO MONTH, or 1-2 if bare.
func AppendYearMonth(dst []byte, months int32, t Type, bare bool) []byte {
	sign, m := signOf(int64(months))
	if bare {
		dst = append(dst, sign...)
		dst = strconv.AppendUint(dst, m/12, 10)
		dst = append(dst, '-')
		return strconv.AppendUint(dst, m%12, 10)
	}
	dst = append(dst, "INTERVAL '"...)
	dst = append(dst, sign...)
	switch {
	case t.End == FieldYear:
		dst = strconv.AppendUint(dst, m/12, 10)
	case t.Start == FieldMonth:
		dst = strconv.AppendUint(dst, m, 10)
	default:
		dst = strconv.AppendUint(dst, m/12, 10)
		dst = append(dst, '-')
		dst = strconv.AppendUint(dst, m%12, 10)
	}
	return appendFields(append(dst, '\''), "YEAR", "MONTH", t)
}

func signOf(v int64) (sign string, magnitude uint64) {
	if v < 0 {
		return "-", uint64(-v)
	}
	return "", uint64(v)
}

func appendFields(dst []byte, first, last string, t Type) []byte {
	names := [...]string{first, last}
	dst = append(dst, ' ')
	dst = append(dst, names[t.Start]...)
	if t.Start != t.End {
		dst = append(dst, " TO "...)
		dst = append(dst, names[t.End]...)
	}
	return dst
}

var dayTimeNames = [...]string{"DAY", "HOUR", "MINUTE", "SECOND"}

// dayTimeUnits are the microseconds of each field.
var dayTimeUnits = [...]uint64{uint64(MicrosPerDay), uint64(MicrosPerHour), uint64(MicrosPerMinute), uint64(MicrosPerSecond)}

// AppendDayTime appends microseconds as an interval of type t: INTERVAL '1 02:03:04.5' DAY TO SECOND, or 1 02:03:04.500000000 if bare.
func AppendDayTime(dst []byte, micros int64, t Type, bare bool) []byte {
	sign, rest := signOf(micros)
	if bare {
		dst = append(dst, sign...)
		dst = strconv.AppendUint(dst, rest/dayTimeUnits[0], 10)
		dst = append(dst, ' ')
		dst = appendClock(dst, rest%dayTimeUnits[0])
		dst = append(dst, '.')
		return append(appendPadded(dst, rest%uint64(MicrosPerSecond), 6), "000"...)
	}
	dst = append(dst, "INTERVAL '"...)
	dst = append(dst, sign...)
	for field := t.Start; field <= t.End; field++ {
		unit := dayTimeUnits[field]
		switch {
		case field == FieldDay:
			dst = strconv.AppendUint(dst, rest/unit, 10)
		default:
			if field > t.Start {
				dst = append(dst, " ::"[field-1])
			}
			dst = appendPadded(dst, rest/unit, 2)
		}
		rest %= unit
	}
	if t.End == FieldSecond {
		dst = appendFraction(dst, int64(rest))
	}
	dst = append(dst, "' "...)
	dst = append(dst, dayTimeNames[t.Start]...)
	if t.Start != t.End {
		dst = append(dst, " TO "...)
		dst = append(dst, dayTimeNames[t.End]...)
	}
	return dst
}

// appendClock appends hh:mm:ss of microseconds below a day.
func appendClock(dst []byte, micros uint64) []byte {
	seconds := int(micros / uint64(MicrosPerSecond))
	dst = append(appendTwo(dst, seconds/3600), ':')
	dst = append(appendTwo(dst, seconds/60%60), ':')
	return appendTwo(dst, seconds%60)
}

// AppendInterval appends a calendar interval by its units: 1 years 2 months 3 days 4 hours 5.5 seconds; 0 seconds if empty.
func AppendInterval(dst []byte, v Interval) []byte {
	start := len(dst)
	unit := func(n int64, name string) {
		if n == 0 {
			return
		}
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		dst = strconv.AppendInt(dst, n, 10)
		dst = append(dst, name...)
	}
	unit(int64(v.Months/12), " years")
	unit(int64(v.Months%12), " months")
	unit(int64(v.Days), " days")
	unit(v.Micros/MicrosPerHour, " hours")
	unit(v.Micros%MicrosPerHour/MicrosPerMinute, " minutes")
	if rest := v.Micros % MicrosPerMinute; rest != 0 {
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		sign, m := signOf(rest)
		dst = append(dst, sign...)
		dst = strconv.AppendUint(dst, m/uint64(MicrosPerSecond), 10)
		dst = appendFraction(dst, int64(m%uint64(MicrosPerSecond)))
		dst = append(dst, " seconds"...)
	}
	if len(dst) == start {
		dst = append(dst, "0 seconds"...)
	}
	return dst
}
