package diag

import (
	"strings"
	"unicode/utf8"
)

// Printable returns s for a terminal: control characters, which could move the cursor, change colors or worse, are written as
// escapes: \r, \f, \b, \v and \a as Spark's show does, the others as psql does (\x1B, \u009B). Bytes that are
// not UTF-8 become U+FFFD. Newlines and tabs stay.
func Printable(s string) string {
	if strings.IndexFunc(s, unprintable) < 0 && utf8.ValidString(s) {
		return s
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, r := range s { // yields U+FFFD for a byte that is not UTF-8
		switch {
		case !unprintable(r):
			b.WriteRune(r)
		case shortEscapes[r] != "":
			b.WriteString(shortEscapes[r])
		case r < 0x80:
			b.WriteString(`\x`)
			b.WriteByte(hex[r>>4])
			b.WriteByte(hex[r&15])
		default:
			b.WriteString(`\u00`)
			b.WriteByte(hex[r>>4])
			b.WriteByte(hex[r&15])
		}
	}
	return b.String()
}

var shortEscapes = map[rune]string{'\r': `\r`, '\f': `\f`, '\b': `\b`, '\v': `\v`, '\a': `\a`}

// unprintable reports whether r is a control character other than newline and tab: of ASCII, or one of the eight-bit ones, which
// terminals obey too.
func unprintable(r rune) bool {
	return r < 0x20 && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0
}
