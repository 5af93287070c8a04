package types

import (
	"math"
	"strings"
)

// parsedFields are what a pattern found in a text.
type parsedFields struct {
	values [fieldCount]int64
	set    [fieldCount]bool
	zone   *Zone
}

func (p *parsedFields) put(field patternField, v int64) bool {
	if p.set[field] && p.values[field] != v {
		return false
	}
	p.values[field], p.set[field] = v, true
	return true
}

func (p *parsedFields) get(field patternField, otherwise int64) int64 {
	if p.set[field] {
		return p.values[field]
	}
	return otherwise
}

// Parse reads an instant. zone holds unless the text has a zone. Missing fields are those of 1970-01-01 00:00:00.
// ok is false if the text does not match or its fields make no date and time.
func (p *Pattern) Parse(text string, zone *Zone) (micros int64, ok bool) {
	local, found, ok := p.parse(text)
	if !ok {
		return 0, false
	}
	if found != nil {
		zone = found
	}
	micros = zone.ToUTC(local)
	return micros, (local < 0) == (micros < 0) || abs64(local) < 1<<62
}

// ParseLocal reads a wall clock time in microseconds, as for timestamp_ntz; a zone in the text is read and dropped.
func (p *Pattern) ParseLocal(text string) (micros int64, ok bool) {
	micros, _, ok = p.parse(text)
	return micros, ok
}

// ParseDate reads a date; the time of day is read and dropped.
func (p *Pattern) ParseDate(text string) (days int32, ok bool) {
	var f parsedFields
	if at := f.match(p.elements, text, 0); at != len(text) {
		return 0, false
	}
	d, ok := f.date()
	if _, valid := f.timeOfDay(); !valid {
		return 0, false
	}
	return int32(d), ok && d >= math.MinInt32 && d <= math.MaxInt32
}

func (p *Pattern) parse(text string) (local int64, zone *Zone, ok bool) {
	var f parsedFields
	if at := f.match(p.elements, text, 0); at != len(text) {
		return 0, nil, false
	}
	days, ok1 := f.date()
	ofDay, ok2 := f.timeOfDay()
	if !ok1 || !ok2 || abs64(days) > 1<<40 {
		return 0, nil, false
	}
	local, ok = JoinDays(days, ofDay)
	return local, f.zone, ok
}

// match reads elements from text at a place and returns the place behind them, -1 if they do not match.
func (f *parsedFields) match(elements []patternElement, text string, at int) int {
	for i := range elements {
		e := &elements[i]
		switch e.kind {
		case elementNumber, elementReducedYear:
			at = f.matchNumber(e, text, at)
		case elementFraction:
			at = f.matchFraction(e, text, at)
		case elementText:
			at = f.matchText(e, text, at)
		case elementLiteral:
			if end := at + len(e.text); end <= len(text) && strings.EqualFold(text[at:end], e.text) {
				at = end
			} else {
				at = -1
			}
		case elementOptional:
			saved := *f
			if end := f.match(e.optional, text, at); end >= 0 {
				at = end
			} else {
				*f = saved
			}
		default:
			at = f.matchZone(e, text, at)
		}
		if at < 0 {
			return -1
		}
	}
	return at
}

func (f *parsedFields) matchNumber(e *patternElement, text string, at int) int {
	negative, signed := false, false
	if at < len(text) && (text[at] == '-' || text[at] == '+') {
		negative = text[at] == '-'
		if e.sign == signNever || e.sign == signNormal && !negative {
			return -1
		}
		signed = true
		at++
	}
	end := at
	for limit := min(len(text), at+e.max+max(e.subsequent, 0)); end < limit && isDigit(text[end]); {
		end++
	}
	if e.subsequent > 0 {
		// The digits at the end of the run belong to the numbers that follow.
		end = at + max(e.min, end-at-e.subsequent)
	}
	width := end - at
	if width < e.min || end > len(text) || skipDigits(text[:end], at) != end {
		return -1
	}
	if e.sign == signExceedsPad && !negative && signed != (width > e.min) {
		return -1 // a plus and more digits than the width go together
	}
	v, overflow := parseDigits(text[at:end])
	if overflow || negative && v == 0 {
		return -1
	}
	n := int64(v)
	if negative {
		n = -n
	}
	if e.kind == elementReducedYear {
		n += 2000
	}
	if !f.put(e.field, n) {
		return -1
	}
	return end
}

func (f *parsedFields) matchFraction(e *patternElement, text string, at int) int {
	end := skipDigits(text[:min(len(text), at+e.max)], at)
	if end-at < e.min || !f.put(fieldNano, int64(atoi(text[at:end]))*pow10Int64[9-(end-at)]) {
		return -1
	}
	return end
}

func (f *parsedFields) matchText(e *patternElement, text string, at int) int {
	list, first := e.names()
	for i, name := range list {
		if end := at + len(name); end <= len(text) && strings.EqualFold(text[at:end], name) {
			if !f.put(e.field, int64(i+first)) {
				return -1
			}
			return end
		}
	}
	return -1
}

func (f *parsedFields) matchZone(e *patternElement, text string, at int) int {
	var zone *Zone
	switch e.kind {
	case elementOffset:
		zone, at = matchOffset(e, text, at)
	case elementLocalizedOffset:
		zone, at = matchLocalizedOffset(e.full, text, at)
	default:
		zone, at = matchZoneName(text, at, e.kind == elementZoneName)
	}
	if at >= 0 {
		if f.zone != nil && f.zone != zone && f.zone.String() != zone.String() {
			return -1
		}
		f.zone = zone
	}
	return at
}

func offsetZone(seconds int) *Zone {
	if seconds == 0 {
		return UTC
	}
	z, _ := LookupZone(formatOffset(seconds))
	return z
}

// matchOffset reads an offset for letters X, x or Z: two digits of hours, then what their number asks for.
func matchOffset(e *patternElement, text string, at int) (*Zone, int) {
	if e.zulu && at < len(text) && text[at]|0x20 == 'z' {
		return UTC, at + 1
	}
	minutes, seconds := 1, 0 // 1: required, 0: not read, -1: optional
	switch e.count {
	case 1:
		minutes = -1
	case 4, 5:
		seconds = -1
	}
	return readOffset(text, at, 2, minutes, seconds, e.colons)
}

// readOffset reads ±, hours of one or two digits (at least hourDigits), minutes and seconds.
func readOffset(text string, at, hourDigits, minutes, seconds int, colons bool) (*Zone, int) {
	if at >= len(text) || text[at] != '+' && text[at] != '-' {
		return nil, -1
	}
	negative := text[at] == '-'
	at++
	n := skipDigits(text[:min(len(text), at+2)], at) - at
	if n < hourDigits {
		return nil, -1
	}
	total := atoi(text[at:at+n]) * 3600
	at += n
	for i, need := range [2]int{minutes, seconds} {
		if need == 0 {
			break
		}
		start := at
		if colons {
			if start >= len(text) || text[start] != ':' {
				start = len(text)
			}
			start++
		}
		if start+2 > len(text) || skipDigits(text[:start+2], start) != start+2 || atoi(text[start:start+2]) > 59 {
			if need > 0 {
				return nil, -1
			}
			break
		}
		total += atoi(text[start:start+2]) * [2]int{60, 1}[i]
		at = start + 2
	}
	if total > 18*3600 {
		return nil, -1
	}
	if negative {
		total = -total
	}
	return offsetZone(total), at
}

func matchLocalizedOffset(full bool, text string, at int) (*Zone, int) {
	if at+3 > len(text) || !strings.EqualFold(text[at:at+3], "GMT") {
		return nil, -1
	}
	at += 3
	if at == len(text) || text[at] != '+' && text[at] != '-' {
		return UTC, at
	}
	if full {
		return readOffset(text, at, 2, 1, -1, true)
	}
	return readOffset(text, at, 1, -1, -1, true)
}

// matchZoneName reads the longest zone ID there is at a place; with names also an abbreviation or a long name.
func matchZoneName(text string, at int, names bool) (*Zone, int) {
	end := at
	for end < len(text) && (isWordByte(text[end]) || strings.IndexByte("/+-:~.", text[end]) >= 0) {
		end++
	}
	if names {
		for short, long := range zoneNames {
			if stop := at + len(long); stop <= len(text) && strings.EqualFold(text[at:stop], long) {
				z, _ := LookupZone(abbreviatedZones[short])
				return z, stop
			}
		}
	}
	for ; end > at; end-- {
		if id, ok := abbreviatedZones[strings.ToUpper(text[at:end])]; ok && names {
			z, _ := LookupZone(id)
			return z, end
		}
		if z, ok := LookupZone(text[at:end]); ok {
			return z, end
		}
		if z, ok := LookupZone(titleCase(text[at:end])); ok {
			return z, end
		}
	}
	return nil, -1
}

// titleCase writes a region in any case as zones are usually written: America/Los_Angeles.
func titleCase(id string) string {
	b := []byte(strings.ToLower(id))
	for i, c := range b {
		if c >= 'a' && c <= 'z' && (i == 0 || b[i-1] == '/' || b[i-1] == '_') {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}

// date makes days of the date fields, each checked strictly.
func (f *parsedFields) date() (days int64, ok bool) {
	if f.set[fieldYearOfEra] && f.set[fieldEra] {
		year := f.values[fieldYearOfEra]
		if year < 1 {
			return 0, false
		}
		if f.values[fieldEra] == 0 {
			year = 1 - year
		}
		if !f.put(fieldYear, year) {
			return 0, false
		}
	}
	if f.set[fieldModifiedJulian] {
		return f.values[fieldModifiedJulian] - modifiedJulianEpoch, true
	}
	year := f.get(fieldYear, 1970)
	if abs64(year) > 999999999 {
		return 0, false
	}
	month, day := f.get(fieldMonth, 1), f.get(fieldDayOfMonth, 1)
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, false
	}
	if !f.set[fieldDayOfYear] {
		return CivilToDays(int(year), int(month), int(day)), ValidDate(int(year), int(month), int(day))
	}
	days = CivilToDays(int(year), 1, 1) + f.values[fieldDayOfYear] - 1
	y, m, d := DaysToCivil(days)
	agrees := y == int(year) && (!f.set[fieldMonth] || m == int(month)) && (!f.set[fieldDayOfMonth] || d == int(day))
	return days, agrees && f.values[fieldDayOfYear] > 0
}

// timeOfDay makes microseconds of the time fields.
func (f *parsedFields) timeOfDay() (micros int64, ok bool) {
	inRange := func(field patternField, low, high int64) bool {
		return !f.set[field] || f.values[field] >= low && f.values[field] <= high
	}
	if !inRange(fieldClockHour12, 1, 12) || !inRange(fieldHour12, 0, 11) || !inRange(fieldClockHour24, 1, 24) || !inRange(fieldHour24, 0, 23) ||
		!inRange(fieldMinute, 0, 59) || !inRange(fieldSecond, 0, 59) {
		return 0, false
	}
	if f.set[fieldClockHour24] && !f.put(fieldHour24, f.values[fieldClockHour24]%24) {
		return 0, false
	}
	if f.set[fieldClockHour12] && !f.put(fieldHour12, f.values[fieldClockHour12]%12) {
		return 0, false
	}
	afternoon := f.get(fieldAmPm, 0) * 12
	hour := afternoon + f.get(fieldHour12, 0)
	if f.set[fieldHour24] {
		hour24 := f.values[fieldHour24]
		if f.set[fieldHour12] && hour24%12 != hour%12 || f.set[fieldAmPm] && hour24/12*12 != afternoon {
			return 0, false
		}
		hour = hour24
	}
	return hour*MicrosPerHour + f.get(fieldMinute, 0)*MicrosPerMinute + f.get(fieldSecond, 0)*MicrosPerSecond + f.get(fieldNano, 0)/1000, true
}
