package sql

import (
	"strings"
	"unicode/utf8"
)

// nameText is the identifier that a name token spells.
func nameText(source string, t *token) string {
	s := source[t.start:t.end]
	if t.kind != tokenQuoted {
		return s
	}
	quote := s[:1]
	body := s[1 : len(s)-1]
	if quote == `"` {
		return unescape(body, '"')
	}
	if strings.Contains(body, "``") {
		return strings.ReplaceAll(body, "``", "`")
	}
	return body
}

// stringText is the value of a string literal token.
func stringText(source string, t *token) string {
	s := source[t.start:t.end]
	switch s[0] {
	case '$':
		n := dollarTag(s)
		return s[n : len(s)-n]
	case 'r', 'R':
		return s[2 : len(s)-1]
	}
	return unescape(s[1:len(s)-1], s[0])
}

// unescape decodes the escapes of Spark's string literals. \% and \_ keep the backslash, for LIKE.
func unescape(s string, quote byte) string {
	if strings.IndexByte(s, '\\') < 0 && strings.IndexByte(s, quote) < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == quote: // doubled
			b.WriteByte(c)
			i += 2
		case c == '\\' && i+1 < len(s):
			i += 1 + unescapeOne(&b, s[i+1:])
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String()
}

// unescapeOne decodes what follows a backslash and returns its length.
func unescapeOne(b *strings.Builder, s string) int {
	switch c := s[0]; c {
	case '0', '1', '2', '3':
		if len(s) >= 3 && isOctal(s[1]) && isOctal(s[2]) && c <= '1' {
			b.WriteRune(rune(c-'0')<<6 | rune(s[1]-'0')<<3 | rune(s[2]-'0'))
			return 3
		}
		if c == '0' {
			c = 0
		}
		b.WriteByte(c)
	case 'b':
		b.WriteByte('\b')
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case 'Z':
		b.WriteByte(26)
	case '%', '_':
		b.WriteByte('\\')
		b.WriteByte(c)
	case 'u':
		return unescapeHex(b, s, 4)
	case 'U':
		return unescapeHex(b, s, 8)
	default:
		_, n := utf8.DecodeRuneInString(s)
		b.WriteString(s[:n])
		return n
	}
	return 1
}

// unescapeHex decodes \u and \U; without enough digits the letter stands for itself.
func unescapeHex(b *strings.Builder, s string, digits int) int {
	var r rune
	for i := 1; i <= digits; i++ {
		if i >= len(s) {
			b.WriteByte(s[0])
			return 1
		}
		d := hexDigit(s[i])
		if d < 0 {
			b.WriteByte(s[0])
			return 1
		}
		r = r<<4 | rune(d)
	}
	b.WriteRune(r)
	return digits + 1
}

func hexDigit(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }

func lower(s string) string { return strings.ToLower(s) }

func upper(s string) string { return strings.ToUpper(s) }

// singular drops the S of a unit name such as DAYS.
func singular(unit string) string { return strings.TrimSuffix(unit, "S") }

// intervalUnits are the units of interval literals and types.
var intervalUnits = map[string]bool{"NANOSECOND": true, "MICROSECOND": true, "MILLISECOND": true, "SECOND": true, "MINUTE": true, "HOUR": true,
	"DAY": true, "WEEK": true, "MONTH": true, "YEAR": true}

// datetimeUnits are the units of DATEADD and its kin.
var datetimeUnits = map[string]bool{"YEAR": true, "QUARTER": true, "MONTH": true, "WEEK": true, "DAY": true, "DAYOFYEAR": true, "HOUR": true,
	"MINUTE": true, "SECOND": true, "MILLISECOND": true, "MICROSECOND": true}
