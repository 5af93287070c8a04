package builtin

import (
	"unicode"
	"unicode/utf8"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// Functions from a string to a number.

var textOrBlob = anyOf(text, blob)

// byType is the outcome of a function over strings or binary: one kernel for each.
func byType(result types.Type, ofText, ofBinary expr.Kernel) func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	return func(_ *expr.BindContext, args []expr.Expr) (outcome, error) {
		if args[0].Type().Kind == types.Binary {
			return outcome{result: result, kernel: ofBinary}, nil
		}
		return outcome{result: result, kernel: ofText}, nil
	}
}

func bytesIn(s []byte) int32 { return int32(len(s)) }

var (
	charactersKernel = textTo(func(s []byte) int32 { return int32(characters(s)) })
	bytesKernel      = textTo(bytesIn)
)

var stringLengthFunctions = []*expr.Function{
	alias(scalar("length", doc("string_funcs", "Returns the number of characters of a string, blanks at the end included, or of bytes of binary.", "expr - a string or binary").
		example("SELECT length('Spark SQL ');", "10"),
		signature{params: of(textOrBlob), resolve: byType(types.IntType, charactersKernel, bytesKernel)}), "char_length", "character_length", "len"),
	scalar("octet_length", doc("string_funcs", "Returns the number of bytes of a string or binary.", "expr - a string or binary").
		example("SELECT octet_length('Spark SQL');", "9"), signature{params: of(textOrBlob), result: types.IntType, kernel: bytesKernel}),
	scalar("bit_length", doc("string_funcs", "Returns the number of bits of a string or binary.", "expr - a string or binary").
		example("SELECT bit_length('Spark SQL');", "72"),
		signature{params: of(textOrBlob), result: types.IntType, kernel: textTo(func(s []byte) int32 { return int32(8 * len(s)) })}),
	scalar("ascii", doc("string_funcs", "Returns the code point of the first character of str, 0 if it is empty.", "str - a string").
		example("SELECT ascii('222');", "50").example("SELECT ascii(2);", "50"), signature{params: of(text), result: types.IntType, kernel: textTo(firstCodePoint)}),
	alias(scalar("char", doc("string_funcs", "Returns the character with the code expr modulo 256; an empty string if expr is negative.", "expr - an integer").
		example("SELECT char(65);", "A"), signature{params: of(bigint), result: types.StringType, kernel: toText(appendCharacter)}), "chr"),
	scalar("levenshtein", doc("string_funcs", "Returns the Levenshtein distance of two strings, or -1 if it is greater than threshold.", "str1 - a string", "str2 - a string", "threshold - the greatest distance of interest").
		example("SELECT levenshtein('kitten', 'sitting');", "3").example("SELECT levenshtein('kitten', 'sitting', 2);", "-1"),
		signature{params: of(text, text), result: types.IntType, kernel: levenshteinKernel},
		signature{params: of(text, text, integer), result: types.IntType, kernel: levenshteinKernel}),
	scalar("soundex", doc("string_funcs", "Returns the Soundex code of str.", "str - a string").
		example("SELECT soundex('Miller');", "M460"), signature{params: of(text), result: types.StringType, kernel: textToText(appendSoundex)}),
	scalar("luhn_check", doc("string_funcs", "Reports whether a string of digits is valid by the Luhn algorithm, as the numbers of payment cards are.", "str - a string").
		example("SELECT luhn_check('8112189876');", "true").example("SELECT luhn_check('79927398713');", "true").example("SELECT luhn_check('79927398714');", "false"),
		signature{params: of(text), result: types.BooleanType, kernel: textTo(passesLuhn)}),
}

func firstCodePoint(s []byte) int32 {
	if len(s) == 0 {
		return 0
	}
	r, _ := utf8.DecodeRune(s)
	return r
}

func appendCharacter(dst []byte, code int64) []byte {
	if code < 0 {
		return dst
	}
	return utf8.AppendRune(dst, rune(code&0xFF))
}

// appendSoundex writes a letter and three digits; a string that does not begin with an English letter is its own code.
func appendSoundex(dst, s []byte) []byte {
	const codes = "01230127022455012623017202" // of A to Z; 7 is a letter that does not separate
	letter := func(b byte) byte { return b&^0x20 - 'A' }
	if len(s) == 0 || letter(s[0]) >= 26 || s[0] < 'A' {
		return append(dst, s...)
	}
	dst = append(dst, s[0]&^0x20)
	end := len(dst) + 3
	last := codes[letter(s[0])]
	for _, b := range s[1:] {
		if len(dst) == end {
			return dst
		}
		if letter(b) >= 26 || b < 'A' || b >= 0x80 {
			last = '0'
			continue
		}
		code := codes[letter(b)]
		if code == '7' {
			continue
		}
		if code != '0' && code != last {
			dst = append(dst, code)
		}
		last = code
	}
	for len(dst) < end {
		dst = append(dst, '0')
	}
	return dst
}

func passesLuhn(s []byte) uint8 {
	if len(s) == 0 {
		return 0
	}
	sum, double := 0, false
	for len(s) > 0 {
		r, width := utf8.DecodeLastRune(s)
		s = s[:len(s)-width]
		if !unicode.IsDigit(r) {
			return 0
		}
		digit := valueOfDigit(r)
		if double {
			if digit *= 2; digit > 9 {
				digit -= 9
			}
		}
		sum, double = sum+digit, !double
	}
	return boolByte(sum%10 == 0)
}

// valueOfDigit is the value of a decimal digit of any script: the digits of a script follow each other from zero.
func valueOfDigit(r rune) int {
	if r <= '9' {
		return int(r - '0')
	}
	n := 0
	for n < 9 && unicode.IsDigit(r-rune(n)-1) {
		n++
	}
	return n
}
