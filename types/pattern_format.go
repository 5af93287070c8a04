package types

import (
	"strconv"
	"time"
)

// moment is an instant in a zone, taken apart into the fields of patterns.
type moment struct {
	fields  [fieldCount]int
	seconds int64 // since the epoch, for the zone's name
	offset  int
	zone    *Zone
}

// modifiedJulianEpoch is the modified Julian day of 1970-01-01.
const modifiedJulianEpoch = 40587

func (m *moment) split(local int64) {
	days, ofDay := MicrosToDays(local)
	year, month, day := DaysToCivil(days)
	hour := int(ofDay / MicrosPerHour)
	f := &m.fields
	f[fieldYear], f[fieldMonth], f[fieldDayOfMonth] = year, month, day
	f[fieldEra], f[fieldYearOfEra] = 1, year
	if year <= 0 {
		f[fieldEra], f[fieldYearOfEra] = 0, 1-year
	}
	f[fieldModifiedJulian] = int(days) + modifiedJulianEpoch
	f[fieldQuarter] = (month-1)/3 + 1
	f[fieldDayOfYear] = int(days-CivilToDays(year, 1, 1)) + 1
	f[fieldWeekInMonth] = (day-1)%7 + 1
	f[fieldDayOfWeek] = DayOfWeek(days)
	f[fieldAmPm], f[fieldHour24], f[fieldHour12] = hour/12, hour, hour%12
	f[fieldClockHour12], f[fieldClockHour24] = (hour+11)%12+1, (hour+23)%24+1
	f[fieldMinute] = int(ofDay / MicrosPerMinute % 60)
	f[fieldSecond] = int(ofDay / MicrosPerSecond % 60)
	f[fieldNano] = int(ofDay%MicrosPerSecond) * 1000
}

// Append appends an instant as the pattern shows it in a zone.
func (p *Pattern) Append(dst []byte, micros int64, zone *Zone) []byte {
	local := zone.ToLocal(micros)
	m := moment{zone: zone, seconds: floorDiv(micros, MicrosPerSecond), offset: int((local - micros) / MicrosPerSecond)}
	m.split(local)
	return m.append(dst, p.elements)
}

// Format is Append as a string.
func (p *Pattern) Format(micros int64, zone *Zone) string { return string(p.Append(nil, micros, zone)) }

func (m *moment) append(dst []byte, elements []patternElement) []byte {
	for i := range elements {
		e := &elements[i]
		switch e.kind {
		case elementNumber:
			dst = m.appendNumber(dst, e)
		case elementReducedYear:
			dst = appendTwo(dst, int(abs64(int64(m.fields[e.field])))%100)
		case elementFraction:
			nano := uint64(m.fields[fieldNano]) / uint64(pow10Int64[9-e.max])
			dst = appendPadded(dst, nano, e.max)
		case elementText:
			list, first := e.names()
			dst = append(dst, list[m.fields[e.field]-first]...)
		case elementLiteral:
			dst = append(dst, e.text...)
		case elementOffset:
			dst = appendPatternOffset(dst, m.offset, e)
		case elementLocalizedOffset:
			dst = appendLocalizedOffset(dst, m.offset, e.full)
		case elementZoneID:
			dst = append(dst, m.zone.String()...)
		case elementZoneName:
			dst = m.appendZoneName(dst, e.full)
		case elementOptional:
			dst = m.append(dst, e.optional)
		}
	}
	return dst
}

func (m *moment) appendNumber(dst []byte, e *patternElement) []byte {
	v := m.fields[e.field]
	switch {
	case v < 0:
		dst = append(dst, '-')
		v = -v
	case e.sign == signExceedsPad && uint64(v) >= uint64(pow10Int64[e.min]):
		dst = append(dst, '+')
	}
	if v < 10 && e.min == 1 {
		return append(dst, byte('0'+v))
	}
	return appendPadded(dst, uint64(v), e.min)
}

// appendPatternOffset appends an offset for one to five letters X, x or Z.
func appendPatternOffset(dst []byte, offset int, e *patternElement) []byte {
	if offset == 0 && e.zulu {
		return append(dst, 'Z')
	}
	separator := ""
	if e.colons {
		separator = ":"
	}
	if e.count == 1 && offset/60%60 == 0 {
		whole := appendOffset(nil, offset, "", false)
		return append(dst, whole[:3]...)
	}
	return appendOffset(dst, offset, separator, e.count >= 4)
}

// appendLocalizedOffset appends GMT, GMT+8 or GMT+08:00.
func appendLocalizedOffset(dst []byte, offset int, full bool) []byte {
	dst = append(dst, "GMT"...)
	if offset == 0 {
		return dst
	}
	if full {
		return appendOffset(dst, offset, ":", true)
	}
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	dst = strconv.AppendInt(append(dst, sign), int64(offset/3600), 10)
	if offset%3600 != 0 {
		dst = appendTwo(append(dst, ':'), offset/60%60)
		if offset%60 != 0 {
			dst = appendTwo(append(dst, ':'), offset%60)
		}
	}
	return dst
}

func (m *moment) appendZoneName(dst []byte, full bool) []byte {
	location := m.zone.Location()
	name, _ := time.Unix(m.seconds, 0).In(location).Zone()
	if name == "LMT" { // before there were zones: the name that came later
		name, _ = time.Unix(0, 0).In(location).Zone()
	}
	if name == "" || name[0] == '+' || name[0] == '-' {
		if location.String() == name {
			return append(dst, name...) // a fixed offset has no other name
		}
		return appendLocalizedOffset(dst, m.offset, true)
	}
	if full {
		if long := longZoneName(m.zone, name); long != "" {
			return append(dst, long...)
		}
	}
	return append(dst, name...)
}
