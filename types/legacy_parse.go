package types

import (
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// legacyFields are what a legacy pattern found in a text. Where fields contradict each other the ones set last decide.
type legacyFields struct {
	values [legacyFieldCount]int
	stamps [legacyFieldCount]int // 0: not set
	next   int
	zone   *Zone // of a name in the text, nil if none
	short  bool  // a year of two digits was the first of its hundred years
}

func (f *legacyFields) set(field legacyField, v int) {
	f.next++
	f.values[field], f.stamps[field] = v, f.next
}

func (f *legacyFields) isSet(field legacyField) bool { return f.stamps[field] > 0 }

// Parse reads an instant at the start of a text; what follows is ignored. zone holds unless the text has a zone, and is the one
// in which dates of the Julian calendar are read. Missing fields are those of 1970-01-01 00:00:00. ok is false if the
// text does not match, or its fields are out of range or contradict each other.
func (p *LegacyPattern) Parse(text string, zone *Zone) (micros int64, ok bool) {
	var f legacyFields
	end := f.match(p, text, zone)
	if end <= 0 { // Java takes nothing read as a failure, even if the pattern is empty
		return 0, false
	}
	in := zone
	if f.zone != nil {
		in = f.zone
	}
	found := f
	millis, ok := f.resolve(in)
	if ok && f.short && millis < p.centuryStart.UnixMilli() {
		f = found
		f.values[legacyYear] += 100
		f.values[legacyWeekYear] += 100
		millis, ok = f.resolve(in)
	}
	if !ok || millis > math.MaxInt64/MicrosPerMilli || millis < math.MinInt64/MicrosPerMilli {
		return 0, false
	}
	return zone.toProleptic(millis * MicrosPerMilli), true
}

// match returns the end of what the pattern reads, -1 if it does not match.
func (f *legacyFields) match(p *LegacyPattern, text string, zone *Zone) int {
	at := 0
	for i := range p.elements {
		e := &p.elements[i]
		if e.letter == 0 {
			if !strings.HasPrefix(text[at:], e.literal) {
				return -1
			}
			at += len(e.literal)
			continue
		}
		from := at
		for from < len(text) && (text[from] == ' ' || text[from] == '\t') {
			from++
		}
		if from == len(text) {
			return -1
		}
		switch {
		case e.isNumber():
			at = f.matchNumber(p, e, text, at, from)
		case e.letter == 'Z' || e.letter == 'z':
			at = f.matchZone(text, at, from, zone)
		case e.letter == 'X':
			at = f.matchISOZone(text, from, e.count)
		default: // blanks before names are not skipped
			at = f.matchName(e.letter, text, at)
		}
		if at < 0 {
			return -1
		}
	}
	return at
}

var legacyNumbers = [128]legacyField{'y': legacyYear, 'Y': legacyWeekYear, 'M': legacyMonth, 'L': legacyMonth, 'w': legacyWeekOfYear,
	'W': legacyWeekOfMonth, 'D': legacyDayOfYear, 'd': legacyDayOfMonth, 'F': legacyDayOfWeekInMonth, 'u': legacyDayOfWeek, 'H': legacyHourOfDay,
	'k': legacyHourOfDay, 'K': legacyHour, 'h': legacyHour, 'm': legacyMinute, 's': legacySecond, 'S': legacyMilli}

// matchNumber reads a number from a place behind blanks. One that is followed by another number may end count characters
// behind the blanks' start at most.
func (f *legacyFields) matchNumber(p *LegacyPattern, e *legacyElement, text string, at, from int) int {
	limit := text
	if e.exact {
		end := at
		for range e.count {
			if end == len(text) {
				return -1
			}
			_, n := utf8.DecodeRuneInString(text[end:])
			end += n
		}
		limit = text[:end]
	}
	v, end := parseJavaInteger(limit, from)
	if end < 0 {
		return -1
	}
	switch e.letter {
	case 'y', 'Y':
		if e.count <= 2 && end-from == 2 && isDigit(text[from]) && isDigit(text[from+1]) {
			start := p.centuryStart.Year()
			f.short = v == start%100
			if v < start%100 {
				v += 100
			}
			v += start / 100 * 100
		}
	case 'M', 'L':
		v--
	case 'k':
		if v < 1 || v > 24 {
			return -1
		}
		v %= 24
	case 'h':
		if v < 1 || v > 12 {
			return -1
		}
		v %= 12
	case 'u':
		if v >= 1 && v <= 7 {
			v = v%7 + 1
		}
	}
	f.set(legacyNumbers[e.letter], v)
	return end
}

// parseJavaInteger reads an integer as Java's DecimalFormat does: with a minus, decimal digits of any script, an exponent, or NaN
// for 0. What does not fit wraps around, as Java's conversion to an int. end is -1 if there is none.
func parseJavaInteger(text string, at int) (v, end int) {
	if at > len(text) {
		return 0, -1
	}
	if strings.HasPrefix(text[at:], "NaN") {
		return 0, at + 3
	}
	mantissa, end := scanJavaDigits(text, at)
	if end < 0 {
		return 0, -1
	}
	if end < len(text) && text[end] == 'E' {
		if exponent, stop := scanJavaDigits(text, end+1); stop >= 0 {
			scaled := mantissa * math.Pow(10, exponent)
			return int(max(math.MinInt32, min(math.MaxInt32, scaled))), stop
		}
	}
	if math.Abs(mantissa) >= 1<<62 {
		return math.MaxInt32, end
	}
	digits := text[at:end]
	if len(digits) > 15 { // beyond what a float holds exactly
		return int(int32(exactJavaInteger(digits))), end
	}
	return int(int32(int64(mantissa))), end
}

// scanJavaDigits reads a minus and digits; end is -1 if there are none.
func scanJavaDigits(text string, at int) (v float64, end int) {
	sign := 1.0
	if at < len(text) && text[at] == '-' {
		sign, at = -1, at+1
	}
	end = at
	for end < len(text) {
		r, n := utf8.DecodeRuneInString(text[end:])
		digit := digitOf(r)
		if digit < 0 {
			break
		}
		v = v*10 + float64(digit)
		end += n
	}
	if end == at {
		return 0, -1
	}
	return sign * v, end
}

func exactJavaInteger(digits string) (n int64) {
	digits, negative := strings.CutPrefix(digits, "-")
	for _, r := range digits {
		n = n*10 + int64(digitOf(r))
	}
	if negative {
		n = -n
	}
	return n
}

// digitOf is the value of a decimal digit of any script of the basic plane, -1 if it is none.
func digitOf(r rune) int {
	if r < utf8.RuneSelf {
		if r >= '0' && r <= '9' {
			return int(r - '0')
		}
		return -1
	}
	for _, block := range unicode.Nd.R16 {
		if r >= rune(block.Lo) && r <= rune(block.Hi) {
			return int(r-rune(block.Lo)) % 10
		}
	}
	return -1
}

// matchName reads an era, month, day of the week or half of the day in any case, by its short or its long name.
func (f *legacyFields) matchName(letter byte, text string, at int) int {
	field, lists := legacyEra, [2][]string{eraNames, shortEra}
	first := 0
	switch letter {
	case 'M', 'L':
		field, lists = legacyMonth, [2][]string{monthNames, shortMonth}
	case 'E':
		field, lists, first = legacyDayOfWeek, [2][]string{dayNames, shortDay}, 1
	case 'a':
		field, lists = legacyAmPm, [2][]string{amPm}
	}
	for _, list := range lists {
		for i, name := range list {
			if hasPrefixFold(text, at, name) {
				if first == 1 {
					i = (i+1)%7 + 1 // Sunday comes first
				}
				f.set(field, i)
				return at + len(name)
			}
		}
	}
	return -1
}

func hasPrefixFold(text string, at int, prefix string) bool {
	return at+len(prefix) <= len(text) && strings.EqualFold(text[at:at+len(prefix)], prefix)
}

func (f *legacyFields) setOffset(seconds int) {
	f.set(legacyZoneOffset, seconds)
	f.set(legacyDaylightOffset, 0)
}

// matchZone reads ±hhmm, GMT, GMT±h:mm or the name of a zone.
func (f *legacyFields) matchZone(text string, at, from int, zone *Zone) int {
	if sign := offsetSign(text, from); sign != 0 {
		return f.matchOffset(text, from+1, sign, false, 0)
	}
	if !hasPrefixFold(text, at, "GMT") {
		return f.matchZoneName(text, from, zone)
	}
	at += 3
	if sign := offsetSign(text, at); sign != 0 {
		return f.matchOffset(text, at+1, sign, true, 0)
	}
	f.setOffset(0)
	return at
}

func offsetSign(text string, at int) int {
	switch {
	case at < len(text) && text[at] == '+':
		return 1
	case at < len(text) && text[at] == '-':
		return -1
	}
	return 0
}

// matchISOZone reads Z or ±hh, ±hhmm, ±hh:mm for one, two or three letters.
func (f *legacyFields) matchISOZone(text string, at, letters int) int {
	if text[at] == 'Z' {
		f.setOffset(0)
		return at + 1
	}
	if sign := offsetSign(text, at); sign != 0 {
		return f.matchOffset(text, at+1, sign, letters == 3, letters)
	}
	return -1
}

// matchOffset reads the hours and minutes of an offset; letters are those of X, or 0. Without them a colon allows hours of one digit.
func (f *legacyFields) matchOffset(text string, at, sign int, colon bool, letters int) int {
	n := skipDigits(text[:min(len(text), at+2)], at) - at
	if n == 0 || n == 1 && (letters > 0 || !colon || at+1 >= len(text)) {
		return -1
	}
	hours, minutes := atoi(text[at:at+n]), 0
	at += n
	if letters != 1 {
		if colon {
			if at >= len(text) || text[at] != ':' {
				return -1
			}
			at++
		}
		if at+2 > len(text) || skipDigits(text[:at+2], at) != at+2 {
			return -1
		}
		minutes = atoi(text[at : at+2])
		at += 2
	}
	if hours > 23 || minutes > 59 {
		return -1
	}
	f.setOffset(sign * (hours*3600 + minutes*60))
	return at
}

// matchZoneName reads a long name or an abbreviation of a zone, first of the session's. The name says whether it is daylight
// saving time, at any time of the year.
func (f *legacyFields) matchZoneName(text string, at int, zone *Zone) int {
	found, name, daylight := zone, "", false
	for _, d := range [2]bool{false, true} {
		short := zone.abbreviation(d)
		for _, candidate := range [2]string{longZoneName(zone, short), short} {
			if candidate != "" && len(candidate) > len(name) && hasPrefixFold(text, at, candidate) {
				name, daylight = candidate, d
			}
		}
	}
	if name == "" {
		for short, id := range abbreviatedZones {
			for _, candidate := range [2]string{zoneNames[short], short} {
				if len(candidate) > len(name) && hasPrefixFold(text, at, candidate) {
					name, daylight = candidate, daylightNames[short]
					found, _ = LookupZone(id)
				}
			}
		}
	}
	if name == "" {
		return -1
	}
	f.zone = found
	switch {
	case strings.EqualFold(name, "UTC") || strings.EqualFold(name, zoneNames["UTC"]):
		return at + len(name) // the same name all year says nothing about daylight saving time, and keeps an offset read before
	case daylight:
		f.set(legacyDaylightOffset, 3600)
	default:
		f.set(legacyDaylightOffset, 0)
	}
	f.values[legacyZoneOffset], f.stamps[legacyZoneOffset] = 0, 0 // an offset read before no longer counts
	return at + len(name)
}

// abbreviation is the short name of a zone today, in standard or in daylight saving time; "" if it has none.
func (z *Zone) abbreviation(daylight bool) string {
	for _, month := range [2]time.Month{time.January, time.July} {
		name, offset := time.Date(2024, month, 1, 0, 0, 0, 0, z.location).Zone()
		if (int64(offset) != z.standardOffset()) == daylight && name != "" && name[0] != '+' && name[0] != '-' {
			return name
		}
	}
	return ""
}

// daylightNames are the abbreviations of daylight saving time.
var daylightNames = map[string]bool{"PDT": true, "MDT": true, "CDT": true, "EDT": true, "AKDT": true, "BST": true, "CEST": true, "EEST": true, "WEST": true,
	"AEDT": true, "NZDT": true}
