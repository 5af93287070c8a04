package builtin

import (
	"bytes"
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
	for i, b := range s {
		if b >= utf8.RuneSelf {
			return appendLowerText(dst, s[i:])
		}
		if b-'A' < 26 {
			b += 'a' - 'A'
		}
		dst = append(dst, b)
	}
	return dst
}

func appendUpper(dst, s []byte) []byte {
	for i, b := range s {
		if b >= utf8.RuneSelf {
			return appendUpperText(dst, s[i:])
		}
		if b-'a' < 26 {
			b -= 'a' - 'A'
		}
		dst = append(dst, b)
	}
	return dst
}

// appendLowerText lowers any text, with the two cases in which Unicode lowers a letter by what is around it or to two: a capital
// sigma at the end of a word, and a capital i with a dot.
func appendLowerText(dst, s []byte) []byte {
	return appendLowerFrom(dst, s, len(dst))
}

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
