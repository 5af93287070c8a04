package types

import (
	"math"
	"strconv"
	"strings"
)

// Numbers and booleans from text, as casts from string read them.

// ParseLong reads an integer: blanks around it, a sign, digits. allowFraction also accepts a point and digits behind it, which are
// cut off; casts outside ANSI mode do that. status tells malformed text from overflow, though Spark reports both as malformed.
func ParseLong(text string, allowFraction bool) (v int64, status TextStatus) {
	t := trimSpark(text)
	negative := false
	if t != "" && (t[0] == '-' || t[0] == '+') {
		negative = t[0] == '-'
		t = t[1:]
	}
	if t == "" {
		return 0, TextMalformed
	}
	n := skipDigits(t, 0)
	if n < len(t) {
		if !allowFraction || t[n] != '.' || skipDigits(t, n+1) != len(t) {
			return 0, TextMalformed
		}
	}
	var sum uint64
	for i := 0; i < n; i++ {
		if sum > (math.MaxUint64-9)/10 {
			return 0, TextOverflow
		}
		sum = sum*10 + uint64(t[i]-'0')
	}
	if sum > math.MaxInt64+uint64(boolBit(negative)) {
		return 0, TextOverflow
	}
	if negative {
		return -int64(sum), TextOK
	}
	return int64(sum), TextOK
}

// ParseInteger is ParseLong for an integer type of the given number of bits.
func ParseInteger(text string, bits int, allowFraction bool) (v int64, status TextStatus) {
	v, status = ParseLong(text, allowFraction)
	if status == TextOK && v != v<<(64-bits)>>(64-bits) {
		return 0, TextOverflow
	}
	return v, status
}

// ParseDouble reads a double as Java does, with a suffix d or f and hexadecimal forms, and the words nan, inf and infinity in any case.
func ParseDouble(text string) (float64, bool) { return parseFloating(text, 64) }

// ParseFloat is ParseDouble for a float, rounded once.
func ParseFloat(text string) (float32, bool) {
	v, ok := parseFloating(text, 32)
	return float32(v), ok
}

func parseFloating(text string, bits int) (float64, bool) {
	t := trimJava(text)
	if t == "" {
		return 0, false
	}
	if number := numberPart(t); number != "" {
		v, err := strconv.ParseFloat(number, bits)
		if err == nil || err.(*strconv.NumError).Err == strconv.ErrRange {
			return v, true
		}
		return 0, false
	}
	switch strings.ToLower(t) {
	case "nan":
		return math.NaN(), true
	case "inf", "+inf", "infinity", "+infinity":
		return math.Inf(1), true
	case "-inf", "-infinity":
		return math.Inf(-1), true
	}
	return math.NaN(), t == "-NaN" || t == "+NaN"
}

// numberPart is t without a type suffix if t may be a number: its characters are right, its form is for strconv to judge.
func numberPart(t string) string {
	i := 0
	if t[0] == '-' || t[0] == '+' {
		i++
	}
	if i == len(t) || t[i] != '.' && !isDigit(t[i]) {
		return ""
	}
	hex := len(t) > i+1 && t[i] == '0' && t[i+1]|0x20 == 'x'
	if last := t[len(t)-1] | 0x20; (last == 'd' || last == 'f') && (!hex || strings.ContainsAny(t, "pP")) {
		t = t[:len(t)-1]
	}
	if strings.IndexByte(t, '_') >= 0 {
		return ""
	}
	return t
}

// ParseBoolean reads t, true, y, yes, 1 and f, false, n, no, 0 in any case.
func ParseBoolean(text string) (v, ok bool) {
	t := trimSpark(text)
	if len(t) > 5 {
		return false, false
	}
	var lower [5]byte
	for i := range len(t) {
		c := t[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	switch string(lower[:len(t)]) {
	case "t", "true", "y", "yes", "1":
		return true, true
	case "f", "false", "n", "no", "0":
		return false, true
	}
	return false, false
}
