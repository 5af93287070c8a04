package builtin

import (
	"bytes"
	bin "encoding/binary"
	"unicode"
	"unicode/utf8"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

var textCaseFunctions = []*expr.Function{
	alias(scalar("lower", doc("string_funcs", "Returns str in lower case.", "str - a string").
		example("SELECT lower('SparkSql');", "sparksql"), signature{params: of(text), resolve: textLike(textToText(appendLower))}), "lcase"),
	alias(scalar("upper", doc("string_funcs", "Returns str in upper case.", "str - a string").
		example("SELECT upper('SparkSql');", "SPARKSQL"), signature{params: of(text), resolve: textLike(textToText(appendUpper))}), "ucase"),
	scalar("initcap", doc("string_funcs", "Returns str with the first letter of each word in upper case and the others in lower case; words are what blanks separate.", "str - a string").
		example("SELECT initcap('sPark sql');", "Spark Sql"), signature{params: of(text), resolve: textLike(textToText(appendTitle))}),
}

// textLike is the outcome of functions whose result has the type of their first argument.
func textLike(kernel expr.Kernel) func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	return func(_ *expr.BindContext, args []expr.Expr) (outcome, error) {
		if args[0].Type().Kind == types.Binary {
			return outcome{result: types.BinaryType, kernel: kernel}, nil
		}
		return outcome{result: plainString(args[0].Type()), kernel: kernel}, nil
	}
}

func appendLower(dst, s []byte) []byte {
	start := len(dst)
	n := asciiPrefix(s)
	dst = append(dst, s[:n]...)
	flipCase(dst[start:], 'A')
	if n == len(s) {
		return dst
	}
	return appendLowerFrom(dst, s[n:], start)
}

func appendUpper(dst, s []byte) []byte {
	start := len(dst)
	n := asciiPrefix(s)
	dst = append(dst, s[:n]...)
	flipCase(dst[start:], 'a')
	if n == len(s) {
		return dst
	}
	return appendUpperText(dst, s[n:])
}

// flipCase gives the other case to the 26 letters of ASCII text s from first on, eight bytes at a time.
func flipCase(s []byte, first byte) {
	const ones = 0x0101010101010101
	from, to := uint64(0x80-first)*ones, uint64(0x80-first-26)*ones // what carries a letter, and what follows the last, into bit 7
	for ; len(s) >= 8; s = s[8:] {
		w := bin.LittleEndian.Uint64(s)
		letters := (w + from) &^ (w + to) & highBits
		bin.LittleEndian.PutUint64(s, w^letters>>2)
	}
	for i, b := range s {
		if b-first < 26 {
			s[i] = b ^ 0x20
		}
	}
}

// appendLowerFrom lowers any text, with the two cases in which Unicode lowers a letter by what is around it or to two: a
// capital sigma at the end of a word, and a capital i with a dot. The text before s has been written to dst from start on.
func appendLowerFrom(dst, s []byte, start int) []byte {
	for i := 0; i < len(s); {
		r, width := utf8.DecodeRune(s[i:])
		switch {
		case r == utf8.RuneError && width == 1:
			dst = append(dst, "\uFFFD"...)
		case r == 'Σ' && endsWord(dst[start:], s[i+width:]):
			dst = append(dst, "ς"...)
		case r == 'İ':
			dst = append(dst, "i̇"...)
		default:
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
		i += width
	}
	return dst
}

// endsWord reports whether a letter comes before, and none behind.
func endsWord(before, behind []byte) bool {
	cased := func(r rune) bool { return unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r) }
	ignorable := func(r rune) bool {
		return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) || bytes.ContainsRune([]byte("'.:·’"), r)
	}
	for len(before) > 0 {
		r, width := utf8.DecodeLastRune(before)
		before = before[:len(before)-width]
		if ignorable(r) {
			continue
		}
		if !cased(r) {
			return false
		}
		for len(behind) > 0 {
			r, width := utf8.DecodeRune(behind)
			behind = behind[width:]
			if !ignorable(r) {
				return !cased(r)
			}
		}
		return true
	}
	return false
}

func appendUpperText(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		r, width := utf8.DecodeRune(s[i:])
		if special := specialUpper[r]; special != "" {
			dst = append(dst, special...)
		} else {
			dst = utf8.AppendRune(dst, unicode.ToUpper(r))
		}
		i += width
	}
	return dst
}

// specialUpper are the letters whose capital form is several letters, from Unicode's SpecialCasing.
var specialUpper = map[rune]string{
	'ß': "SS", 'ŉ': "ʼN", 'ǰ': "J̌", 'ΐ': "Ϊ́", 'ΰ': "Ϋ́", 'և': "ԵՒ", 'ẖ': "H̱", 'ẗ': "T̈", 'ẘ': "W̊", 'ẙ': "Y̊", 'ẚ': "Aʾ",
	'ﬀ': "FF", 'ﬁ': "FI", 'ﬂ': "FL", 'ﬃ': "FFI", 'ﬄ': "FFL", 'ﬅ': "ST", 'ﬆ': "ST",
	'ﬓ': "ՄՆ", 'ﬔ': "ՄԵ", 'ﬕ': "ՄԻ", 'ﬖ': "ՎՆ", 'ﬗ': "ՄԽ",
}

// appendTitle capitalizes the first letter of what blanks separate and lowers the rest.
func appendTitle(dst, s []byte) []byte {
	if isASCII(s) {
		start := len(dst)
		dst = appendLower(dst, s)
		letter := true
		for i, c := range dst[start:] {
			if letter && c-'a' < 26 {
				dst[start+i] = c ^ 0x20
			}
			letter = c == ' '
		}
		return dst
	}
	for {
		word := s
		if blank := bytes.IndexByte(s, ' '); blank >= 0 {
			word = s[:blank]
		}
		if len(word) > 0 {
			start := len(dst)
			r, width := utf8.DecodeRune(word)
			if special := specialUpper[r]; special != "" {
				dst = appendTitleOf(dst, special)
			} else {
				dst = utf8.AppendRune(dst, unicode.ToTitle(r))
			}
			dst = appendLowerFrom(dst, word[width:], start)
		}
		if len(word) == len(s) {
			return dst
		}
		dst = append(dst, ' ')
		s = s[len(word)+1:]
	}
}

// appendTitleOf lowers what follows the first capital letter.
func appendTitleOf(dst []byte, capitals string) []byte {
	seen := false
	for _, r := range capitals {
		if seen {
			r = unicode.ToLower(r)
		}
		seen = seen || unicode.IsUpper(r)
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}
