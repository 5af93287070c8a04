package types

import (
	"math"
	"strings"
)

// Dates and timestamps as text, in the forms of Spark's casts.

// ParseDate reads a string as a cast to date does: [+-]yyyy*[-[m]m[-[d]d[( |T)anything]]].
func ParseDate(text string) (days int32, ok bool) {
	t := trimSpark(text)
	sign, t := cutSign(t)
	var parts [3]int
	parts[1], parts[2] = 1, 1
	for i := 0; ; i++ {
		n := skipDigits(t, 0)
		if i == 0 && (n < 4 || n > 7) || i > 0 && (n < 1 || n > 2) {
			return 0, false
		}
		parts[i] = atoi(t[:n])
		t = t[n:]
		switch {
		case t == "":
		case i < 2 && t[0] == '-':
			t = t[1:]
			continue
		case i < 2 || t[0] != ' ' && t[0] != 'T':
			return 0, false
		}
		break
	}
	year := sign * parts[0]
	if !ValidDate(year, parts[1], parts[2]) {
		return 0, false
	}
	d := CivilToDays(year, parts[1], parts[2])
	return int32(d), d >= math.MinInt32 && d <= math.MaxInt32
}

func cutSign(t string) (sign int, rest string) {
	if t != "" && (t[0] == '-' || t[0] == '+') {
		if t[0] == '-' {
			return -1, t[1:]
		}
		return 1, t[1:]
	}
	return 1, t
}

func atoi(digits string) int {
	n := 0
	for i := 0; i < len(digits); i++ {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}

// timestampText is a timestamp taken apart.
type timestampText struct {
	year, month, day     int
	hour, minute, second int
	micros               int
	zone                 string // as written, trimmed; "" if none
	hasZone              bool
	justTime             bool // no date was given
}

// scanTimestamp reads [+-]yyyy*[-[m]m[-[d]d[( |T)time]]], or a time alone: [T][h]h[:[m]m[:[s]s[.f*][zone]]].
// A time without a T before it needs its first colon. ok says that the form is right, not that the fields are in range.
func scanTimestamp(text string) (p timestampText, ok bool) {
	p.month, p.day = 1, 1
	t := trimSpark(text)
	if t == "" {
		return p, false
	}
	if text[0] == 'T' { // no blank may precede it
		p.justTime = true
		return p, p.scanTime(t[1:])
	}
	sign, signed := 1, t[0] == '-' || t[0] == '+'
	sign, t = cutSign(t)
	n := skipDigits(t, 0)
	if n < len(t) && t[n] == ':' && !signed {
		p.justTime = true
		return p, p.scanTime(t)
	}
	if n < 4 || n > 6 {
		return p, false
	}
	p.year = sign * atoi(t[:n])
	t = t[n:]
	for _, part := range []*int{&p.month, &p.day} {
		if t == "" {
			return p, true
		}
		if t[0] != '-' {
			return p, false
		}
		if t, ok = scanTwo(t[1:], part); !ok {
			return p, false
		}
	}
	if t == "" {
		return p, true
	}
	return p, (t[0] == ' ' || t[0] == 'T') && p.scanTime(t[1:])
}

// scanTwo reads one or two digits.
func scanTwo(t string, v *int) (rest string, ok bool) {
	n := skipDigits(t, 0)
	if n < 1 || n > 2 {
		return t, false
	}
	*v = atoi(t[:n])
	return t[n:], true
}

func (p *timestampText) scanTime(t string) (ok bool) {
	if t, ok = scanTwo(t, &p.hour); !ok || t == "" {
		return ok
	}
	if t[0] != ':' {
		return false
	}
	if t, ok = scanTwo(t[1:], &p.minute); !ok || t == "" {
		return ok
	}
	if t[0] != ':' {
		return false
	}
	if t, ok = scanTwo(t[1:], &p.second); !ok || t == "" {
		return ok
	}
	if t[0] == '.' {
		n := skipDigits(t, 1)
		p.micros = fractionMicros(t[1:n])
		t = t[n:]
	}
	if t != "" {
		p.zone, p.hasZone = trimJava(t), true
	}
	return true
}

// fractionMicros reads digits behind a decimal point, of which only six count.
func fractionMicros(digits string) int {
	micros := 0
	for i := range 6 {
		micros *= 10
		if i < len(digits) {
			micros += int(digits[i] - '0')
		}
	}
	return micros
}

// local is the wall clock time in microseconds; today is the day of a time without a date.
func (p *timestampText) local(today int64) (micros int64, ok bool) {
	if p.hour > 23 || p.minute > 59 || p.second > 59 {
		return 0, false
	}
	days := today
	if !p.justTime {
		if !ValidDate(p.year, p.month, p.day) {
			return 0, false
		}
		days = CivilToDays(p.year, p.month, p.day)
	}
	ofDay := int64(p.hour)*MicrosPerHour + int64(p.minute)*MicrosPerMinute + int64(p.second)*MicrosPerSecond + int64(p.micros)
	return JoinDays(days, ofDay)
}

// JoinDays returns the microseconds of a time of day on a day; ok is false on overflow.
func JoinDays(days, microsOfDay int64) (micros int64, ok bool) {
	// The last day that overflows by itself may still fit with the time of day: count from the next midnight.
	if days < 0 {
		days, microsOfDay = days+1, microsOfDay-MicrosPerDay
	}
	m := days * MicrosPerDay
	if days > math.MaxInt64/MicrosPerDay || days < math.MinInt64/MicrosPerDay {
		return 0, false
	}
	sum := m + microsOfDay
	return sum, (m >= 0) == (sum >= 0) || (m >= 0) != (microsOfDay >= 0)
}

// ParseTimestamp reads a string as a cast to timestamp does. zone holds where the text names none; now, an instant in
// microseconds, gives the date to a text that is a time only.
func ParseTimestamp(text string, zone *Zone, now int64) (micros int64, ok bool) {
	p, ok := scanTimestamp(text)
	if !ok {
		return 0, false
	}
	if p.hasZone {
		if zone, ok = LookupZone(p.zone); !ok {
			return 0, false
		}
	}
	var today int64
	if p.justTime {
		today = zone.InstantToDays(now)
	}
	local, ok := p.local(today)
	if !ok {
		return 0, false
	}
	micros = zone.ToUTC(local)
	return micros, (local < 0) == (micros < 0) || abs64(local) < 1<<62
}

// ParseTimestampNTZ reads a string as a cast to timestamp_ntz does. A zone is dropped, or an error without allowZone.
func ParseTimestampNTZ(text string, allowZone bool) (micros int64, ok bool) {
	p, ok := scanTimestamp(text)
	if !ok || p.justTime || p.hasZone && !allowZone {
		return 0, false
	}
	if p.hasZone {
		if _, ok = LookupZone(p.zone); !ok {
			return 0, false
		}
	}
	return p.local(0)
}

// TimestampHasZone reports whether text is a timestamp that names a zone: a literal TIMESTAMP '…' is then an instant even
// where the default timestamp has no zone.
func TimestampHasZone(text string) bool {
	p, ok := scanTimestamp(text)
	return ok && p.hasZone
}

// specialValue recognises epoch, now, today, tomorrow and yesterday, which only typed literals understand. A zone may
// follow all but now; it is checked and has no effect.
func specialValue(text string) string {
	t := trimJava(text)
	n := 0
	for n < len(t) && (t[n]|0x20) >= 'a' && (t[n]|0x20) <= 'z' {
		n++
	}
	word, zone := strings.ToLower(t[:n]), strings.TrimLeft(t[n:], " \t")
	if zone != "" {
		if _, ok := LookupZone(zone); !ok || word == "now" {
			return ""
		}
	}
	return word
}

// ParseSpecialDate reads the words that DATE '…' accepts besides dates: epoch, now, today, tomorrow, yesterday.
func ParseSpecialDate(text string, zone *Zone, now int64) (days int32, ok bool) {
	today := int32(zone.InstantToDays(now))
	switch specialValue(text) {
	case "epoch":
		return 0, true
	case "now", "today":
		return today, true
	case "tomorrow":
		return today + 1, true
	case "yesterday":
		return today - 1, true
	}
	return 0, false
}

// ParseSpecialTimestamp reads the words that TIMESTAMP '…' accepts besides timestamps. The result is an instant.
func ParseSpecialTimestamp(text string, zone *Zone, now int64) (micros int64, ok bool) {
	if local, ok := ParseSpecialTimestampNTZ(text, zone, now); ok {
		switch specialValue(text) {
		case "epoch":
			return 0, true
		case "now":
			return now, true
		}
		return zone.ToUTC(local), true
	}
	return 0, false
}

// ParseSpecialTimestampNTZ is ParseSpecialTimestamp for TIMESTAMP_NTZ '…'. The result is a local time.
func ParseSpecialTimestampNTZ(text string, zone *Zone, now int64) (micros int64, ok bool) {
	if specialValue(text) == "now" {
		return zone.ToLocal(now), true
	}
	days, ok := ParseSpecialDate(text, zone, now)
	return int64(days) * MicrosPerDay, ok
}

// AppendDate appends a date as Spark prints it: 2020-02-29, +10000-01-01, -0044-03-15.
func AppendDate(dst []byte, days int64) []byte {
	year, month, day := DaysToCivil(days)
	dst = appendYear(dst, year)
	return append(dst, '-', byte('0'+month/10), byte('0'+month%10), '-', byte('0'+day/10), byte('0'+day%10))
}

func appendYear(dst []byte, year int) []byte {
	switch {
	case year < 0:
		dst = append(dst, '-')
		year = -year
	case year > 9999:
		dst = append(dst, '+')
	}
	return appendPadded(dst, uint64(year), 4)
}

// AppendTimestampNTZ appends a wall clock time in microseconds: 2020-02-29 12:30:00.5, the zeros at the end of the fraction cut.
func AppendTimestampNTZ(dst []byte, micros int64) []byte {
	days, ofDay := MicrosToDays(micros)
	dst = AppendDate(dst, days)
	dst = append(dst, ' ')
	seconds, fraction := int(ofDay/MicrosPerSecond), ofDay%MicrosPerSecond
	dst = appendTwo(dst, seconds/3600)
	dst = append(dst, ':')
	dst = appendTwo(dst, seconds/60%60)
	dst = append(dst, ':')
	dst = appendTwo(dst, seconds%60)
	return appendFraction(dst, fraction)
}

// appendFraction appends a point and up to six digits, without zeros at the end; nothing for zero.
func appendFraction(dst []byte, micros int64) []byte {
	if micros == 0 {
		return dst
	}
	dst = append(dst, '.')
	dst = appendPadded(dst, uint64(micros), 6)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// AppendTimestamp appends an instant as the wall clock time of a zone.
func AppendTimestamp(dst []byte, micros int64, zone *Zone) []byte {
	return AppendTimestampNTZ(dst, zone.ToLocal(micros))
}

// FormatDate is AppendDate as a string.
func FormatDate(days int64) string { return string(AppendDate(nil, days)) }

// FormatTimestamp is AppendTimestamp as a string.
func FormatTimestamp(micros int64, zone *Zone) string {
	return string(AppendTimestamp(nil, micros, zone))
}

// StartsWithYear reports whether a text for a date or timestamp starts with a year: what it means does not depend on
// today, as "12:30" and "now" do.
func StartsWithYear(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n+-")
	if len(text) < 4 {
		return false
	}
	for i := range 4 {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}
