package types

import "strings"

// Append appends an instant as the pattern shows it in a zone. Days that the hybrid calendar lacks, 1582-10-05 to 1582-10-14, are
// shown as 1582-10-15.
func (p *LegacyPattern) Append(dst []byte, micros int64, zone *Zone) []byte {
	days, ofDay := MicrosToDays(zone.ToLocal(micros))
	year, month, day := DaysToCivil(days)
	if days < legacyCutover {
		days = hybridToDays(year, month, day)
		if year == legacyCutoverYear && month == 10 && day > 4 {
			days = legacyCutover
		}
	}
	seconds := floorDiv(micros, MicrosPerSecond)
	m := legacyTime{fields: legacyMoment(days, ofDay), zone: zone, offset: int(zone.legacyOffset(seconds)), seconds: seconds}
	for i := range p.elements {
		dst = m.append(dst, &p.elements[i])
	}
	return dst
}

// Format is Append as a string.
func (p *LegacyPattern) Format(micros int64, zone *Zone) string {
	return string(p.Append(nil, micros, zone))
}

type legacyTime struct {
	fields  [legacyFieldCount]int
	zone    *Zone
	offset  int   // in seconds
	seconds int64 // since the epoch
}

func (m *legacyTime) append(dst []byte, e *legacyElement) []byte {
	full := e.count >= 4
	switch e.letter {
	case 0:
		return append(dst, e.literal...)
	case 'G':
		return append(dst, shortEra[m.fields[legacyEra]]...)
	case 'E':
		return append(dst, pick(full, dayNames, shortDay)[(m.fields[legacyDayOfWeek]+5)%7]...)
	case 'a':
		return append(dst, amPm[m.fields[legacyAmPm]]...)
	case 'z':
		return m.appendZoneName(dst, full)
	case 'Z':
		return appendOffset(dst, m.offset/60*60, "", false)
	case 'X':
		return m.appendISOZone(dst, e.count)
	}
	if !e.isNumber() {
		return append(dst, pick(full, monthNames, shortMonth)[m.fields[legacyMonth]]...)
	}
	return m.appendNumber(dst, e)
}

func (m *legacyTime) appendNumber(dst []byte, e *legacyElement) []byte {
	v := m.fields[legacyNumbers[e.letter]]
	switch e.letter {
	case 'y', 'Y':
		if e.count == 2 {
			v %= 100
		}
	case 'M', 'L':
		v++
	case 'k':
		v = (v+23)%24 + 1
	case 'h':
		v = (v+11)%12 + 1
	case 'u':
		v = (v+5)%7 + 1
	}
	if v < 0 {
		dst, v = append(dst, '-'), -v
	}
	return appendPadded(dst, uint64(v), e.count)
}

func (m *legacyTime) appendISOZone(dst []byte, letters int) []byte {
	if m.offset == 0 {
		return append(dst, 'Z')
	}
	separator := ""
	if letters == 3 {
		separator = ":"
	}
	end := len(dst) + 3
	dst = appendOffset(dst, m.offset/60*60, separator, false)
	if letters == 1 {
		return dst[:end]
	}
	return dst
}

func (m *legacyTime) appendZoneName(dst []byte, full bool) []byte {
	short := m.zone.abbreviation(m.zone.isDaylight(m.seconds))
	switch name := m.zone.String(); {
	case short == "" && strings.IndexAny(name, "+-") == 0:
		return append(append(dst, "GMT"...), name...)
	case short == "":
		return appendLocalizedOffset(dst, m.offset, true)
	case full:
		if long := longZoneName(m.zone, short); long != "" {
			return append(dst, long...)
		}
	}
	return append(dst, short...)
}
