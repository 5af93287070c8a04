package builtin

import (
	"encoding/base64"
	bin "encoding/binary"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

var encodeFunctions = []*expr.Function{
	scalar("base64", doc("string_funcs", "Returns binary in base 64, in lines of 76 characters.", "bin - binary").
		example("SELECT base64('Spark SQL');", "U3BhcmsgU1FM").example("SELECT base64(x'537061726b2053514c');", "U3BhcmsgU1FM"),
		signature{params: of(blob), result: types.StringType, kernel: textToText(appendBase64)}),
	scalar("unbase64", doc("string_funcs", "Reads base 64; characters outside of its alphabet are skipped.", "str - a string").
		example("SELECT unbase64('U3BhcmsgU1FM');", "Spark SQL"),
		signature{params: of(text), result: types.BinaryType, fails: true, kernel: textToTextErr(func(_ *expr.KernelContext, dst, s []byte) ([]byte, error) {
			if b, ok := appendUnbase64(dst, s); ok {
				return b, nil
			}
			return nil, malformedInput(s, "BASE64")
		})}),
	scalar("encode", doc("string_funcs", "Returns a string in a character set.", "str - a string", charsetArgument).
		example("SELECT encode('abc', 'utf-8');", "abc"),
		signature{params: of(text, text), resolve: resolveCharset(types.BinaryType, "encode", encodings, javaEncodings)}),
	decodeFunction,
	scalar("is_valid_utf8", doc("string_funcs", "Reports whether str is valid UTF-8.", "str - a string").
		example("SELECT is_valid_utf8('Spark');", "true").example("SELECT is_valid_utf8(x'80');", "false"),
		signature{params: of(text), result: types.BooleanType, kernel: textTo(func(s []byte) uint8 { return boolByte(utf8.Valid(s)) })}),
	scalar("make_valid_utf8", doc("string_funcs", "Returns str with what is not valid UTF-8 replaced by U+FFFD.", "str - a string").
		example("SELECT make_valid_utf8('Spark');", "Spark"), signature{params: of(text), result: types.StringType, kernel: textToText(appendValidUTF8)}),
	scalar("validate_utf8", doc("string_funcs", "Returns str if it is valid UTF-8, else an error.", "str - a string").
		example("SELECT validate_utf8('Spark');", "Spark"),
		signature{params: of(text), result: types.StringType, fails: true, kernel: textToTextErr(func(_ *expr.KernelContext, dst, s []byte) ([]byte, error) {
			if !utf8.Valid(s) {
				return nil, diag.New("INVALID_UTF8_STRING", "str", escapedBytes(s))
			}
			return append(dst, s...), nil
		})}),
	scalar("try_validate_utf8", doc("string_funcs", "Returns str if it is valid UTF-8, else null.", "str - a string").
		example("SELECT try_validate_utf8(x'80');", "NULL"),
		signature{params: of(text), result: types.StringType, nullable: true, kernel: textToTextNull(func(dst, s []byte) ([]byte, bool) {
			return append(dst, s...), utf8.Valid(s)
		})}),
	toBinaryFunction("to_binary", "Converts a string to binary.", false),
	toBinaryFunction("try_to_binary", "Converts a string to binary; null if it is malformed.", true),
}

// appendBase64 breaks lines as MIME does.
func appendBase64(dst, b []byte) []byte {
	const line = 57 // bytes in 76 characters
	for len(b) > line {
		dst = append(base64.StdEncoding.AppendEncode(dst, b[:line]), '\r', '\n')
		b = b[line:]
	}
	return base64.StdEncoding.AppendEncode(dst, b)
}

// base64Values are the values of the characters of base 64, 64 for padding, 255 for others.
var base64Values = func() (v [256]uint8) {
	for i := range v {
		v[i] = 255
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") {
		v[c] = uint8(i)
	}
	return v
}()

// appendUnbase64 skips foreign characters. ok is false if padding is misplaced or six bits are left over.
func appendUnbase64(dst, s []byte) (_ []byte, ok bool) {
	var word uint32
	digits, at := 0, 0
	for at < len(s) {
		v := base64Values[s[at]]
		at++
		if v == 64 {
			if digits == 0 || digits == 2 && (at == len(s) || s[at] != '=') {
				return nil, false
			}
			if digits == 2 {
				at++
			}
			break
		}
		if v > 64 {
			continue
		}
		word = word<<6 | uint32(v)
		if digits++; digits == 4 {
			dst = append(dst, byte(word>>16), byte(word>>8), byte(word))
			word, digits = 0, 0
		}
	}
	switch digits {
	case 1:
		return nil, false
	case 2:
		dst = append(dst, byte(word>>4))
	case 3:
		dst = append(dst, byte(word>>10), byte(word>>2))
	}
	for _, c := range s[at:] {
		if base64Values[c] < 64 {
			return nil, false
		}
	}
	return dst, true
}

func malformedInput(s []byte, format string) *diag.Error {
	return diag.New("CONVERSION_INVALID_INPUT", "str", quoteText(s), "fmt", "'"+format+"'", "targetType", `"BINARY"`, "suggestion", "`try_to_binary`")
}

const charsetArgument = "charset - ISO-8859-1, US-ASCII, UTF-8, UTF-16, UTF-16BE, UTF-16LE or UTF-32"

// transcoder appends s in, or from, a character set; ok is false if it cannot.
type transcoder func(dst, s []byte) (_ []byte, ok bool)

var encodings = map[string]transcoder{
	"UTF-8": encodeUTF8, "ISO-8859-1": encodeBelow(0x100), "US-ASCII": encodeBelow(0x80),
	"UTF-16": func(dst, s []byte) ([]byte, bool) {
		if len(s) == 0 {
			return dst, true
		}
		return encodeUTF16(bin.BigEndian)(append(dst, 0xFE, 0xFF), s)
	},
	"UTF-16BE": encodeUTF16(bin.BigEndian), "UTF-16LE": encodeUTF16(bin.LittleEndian),
	"UTF-32": func(dst, s []byte) ([]byte, bool) {
		for _, r := range string(s) {
			dst = bin.BigEndian.AppendUint32(dst, uint32(r))
		}
		return dst, true
	},
}

var decodings = map[string]transcoder{
	"UTF-8": func(dst, s []byte) ([]byte, bool) { return append(dst, s...), utf8.Valid(s) },
	"ISO-8859-1": func(dst, s []byte) ([]byte, bool) {
		for _, b := range s {
			dst = utf8.AppendRune(dst, rune(b))
		}
		return dst, true
	},
	"US-ASCII": func(dst, s []byte) ([]byte, bool) { return append(dst, s...), isASCII(s) },
	"UTF-16": func(dst, s []byte) ([]byte, bool) {
		switch {
		case len(s) >= 2 && s[0] == 0xFF && s[1] == 0xFE:
			return decodeUTF16(bin.LittleEndian)(dst, s[2:])
		case len(s) >= 2 && s[0] == 0xFE && s[1] == 0xFF:
			s = s[2:]
		}
		return decodeUTF16(bin.BigEndian)(dst, s)
	},
	"UTF-16BE": decodeUTF16(bin.BigEndian), "UTF-16LE": decodeUTF16(bin.LittleEndian), "UTF-32": decodeUTF32,
}

// encodeUTF8 replaces damage, as text that is damaged cannot be encoded as it is.
func encodeUTF8(dst, s []byte) ([]byte, bool) { return appendValidUTF8(dst, s), true }

func encodeBelow(limit rune) transcoder {
	return func(dst, s []byte) ([]byte, bool) {
		for _, r := range string(s) {
			if r >= limit {
				return nil, false
			}
			dst = append(dst, byte(r))
		}
		return dst, true
	}
}

func encodeUTF16(order bin.AppendByteOrder) transcoder {
	return func(dst, s []byte) ([]byte, bool) {
		for _, r := range string(s) {
			if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
				dst = order.AppendUint16(order.AppendUint16(dst, uint16(high)), uint16(low))
			} else {
				dst = order.AppendUint16(dst, uint16(r))
			}
		}
		return dst, true
	}
}

func decodeUTF16(order bin.ByteOrder) transcoder {
	return func(dst, s []byte) ([]byte, bool) {
		for len(s) >= 2 {
			r := rune(order.Uint16(s))
			s = s[2:]
			if utf16.IsSurrogate(r) {
				if len(s) < 2 {
					return nil, false
				}
				if r = utf16.DecodeRune(r, rune(order.Uint16(s))); r == utf8.RuneError {
					return nil, false
				}
				s = s[2:]
			}
			dst = utf8.AppendRune(dst, r)
		}
		return dst, len(s) == 0
	}
}

func decodeUTF32(dst, s []byte) ([]byte, bool) {
	if len(s) >= 4 && bin.BigEndian.Uint32(s) == 0xFEFF {
		s = s[4:]
	}
	for ; len(s) >= 4; s = s[4:] {
		r := bin.BigEndian.Uint32(s)
		if r > utf8.MaxRune || !utf8.ValidRune(rune(r)) {
			return nil, false
		}
		dst = utf8.AppendRune(dst, rune(r))
	}
	return dst, len(s) == 0
}

// charsets converts between strings and character sets.
type charsets struct {
	function string
	sets     map[string]transcoder
	// lenient replaces what a set lacks, as Spark did before version 4; java allows more sets, as it did too.
	lenient, java bool
}

// legacyConf reports whether one of Spark's settings for the behaviour of earlier versions is on.
func legacyConf(c *expr.BindContext, key string) bool {
	return c.Settings != nil && c.Settings.Conf != nil && strings.EqualFold(c.Settings.Conf(key), "true")
}

// resolveCharset is the outcome of encode and decode.
func resolveCharset(result types.Type, function string, sets, javaSets map[string]transcoder) func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	return func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
		s := &charsets{function: function, sets: sets, lenient: legacyConf(c, "spark.sql.legacy.codingErrorAction"), java: legacyConf(c, "spark.sql.legacy.javaCharsets")}
		if s.java {
			s.sets = maps.Clone(sets)
			maps.Copy(s.sets, javaSets)
		}
		return outcome{result: result, kernel: s.kernel, fails: true}, nil
	}
}

func (s *charsets) kernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	in, names := stringsOf(args[0]), stringsOf(args[1])
	return each(sel, out, func(i int) error {
		b, err := s.convert(c.Scratch[:0], in.at(i), string(names.at(i)))
		if err != nil {
			return placed(c, err)
		}
		c.Scratch = b
		return setScratch(c, out, i)
	})
}

func (s *charsets) convert(dst, text []byte, name string) ([]byte, error) {
	convert, ok := s.sets[strings.ToUpper(name)]
	if !ok {
		return nil, diag.New("INVALID_PARAMETER_VALUE.CHARSET", "functionName", routine(s.function), "parameter", "`charset`", "charset", name,
			"charsets", "iso-8859-1, us-ascii, utf-16, utf-16be, utf-16le, utf-32, utf-8")
	}
	b, ok := convert(dst, text)
	switch {
	case ok:
		return b, nil
	case s.lenient:
		return s.replace(dst, text, name, convert), nil
	}
	return nil, diag.New("MALFORMED_CHARACTER_CODING", "function", routine(s.function), "charset", name)
}

// replace converts one character (or, of what is read, byte) at a time and marks those that have no counterpart.
func (s *charsets) replace(dst, text []byte, name string, convert transcoder) []byte {
	encode, mark := s.function == "encode", "\uFFFD"
	switch {
	case encode:
		mark = "?"
	case strings.EqualFold(name, "UTF-8"):
		return appendValidUTF8(dst, text)
	}
	for len(text) > 0 {
		width := 1
		if encode {
			_, width = utf8.DecodeRune(text)
		}
		if b, ok := convert(dst, text[:width]); ok {
			dst = b
		} else {
			dst = append(dst, mark...)
		}
		text = text[width:]
	}
	return dst
}

// windows1252 are the characters 0x80 to 0x9F of that set, 0 where it has none.
var windows1252 = [32]rune{
	0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
	0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
}

var (
	javaEncodings = map[string]transcoder{"WINDOWS-1252": func(dst, s []byte) ([]byte, bool) {
		for _, r := range string(s) {
			if at := slices.Index(windows1252[:], r); r >= 0x80 && at >= 0 {
				r = rune(0x80 + at)
			} else if r >= 0x80 && r < 0xA0 || r > 0xFF {
				return nil, false
			}
			dst = append(dst, byte(r))
		}
		return dst, true
	}}
	javaDecodings = map[string]transcoder{"WINDOWS-1252": func(dst, s []byte) ([]byte, bool) {
		for _, b := range s {
			r := rune(b)
			if b >= 0x80 && b < 0xA0 {
				if r = windows1252[b-0x80]; r == 0 {
					return nil, false
				}
			}
			dst = utf8.AppendRune(dst, r)
		}
		return dst, true
	}}
)

var decodeFunction = func() *expr.Function {
	d := doc("string_funcs", "With two arguments, reads binary in a character set. With more, compares expr with each search in turn, nulls being equal, and returns the result behind the first that is equal, else default or null.",
		"expr - binary, or a value", charsetArgument+"; or search, result, …, default").
		example("SELECT decode(encode('abc', 'utf-8'), 'utf-8');", "abc").
		example("SELECT decode(2, 1, 'Southlake', 2, 'San Francisco', 3, 'New Jersey', 4, 'Seattle', 'Non domestic');", "San Francisco").
		example("SELECT decode(6, 1, 'Southlake', 2, 'San Francisco', 3, 'New Jersey', 4, 'Seattle');", "NULL")
	charset := signature{params: of(blob, text), resolve: resolveCharset(types.StringType, "decode", decodings, javaDecodings)}
	f := newFunction("decode", d)
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		if len(args) <= 2 {
			return bindCall(c, f, []signature{charset}, args)
		}
		var cases []expr.Expr
		rest := args[1:]
		for ; len(rest) >= 2; rest = rest[2:] {
			equal, err := callBuiltin(c, "<=>", args[0], rest[0])
			if err != nil {
				return nil, err
			}
			cases = append(cases, equal, rest[1])
		}
		if len(rest) == 0 {
			rest = []expr.Expr{newLiteral(c, nil, types.StringType)} // a string even where the results are numbers
		}
		return bindCase(c, append(cases, rest...))
	}
	return f
}()

// appendValidUTF8 writes one U+FFFD for each longest run of bytes that could have begun a character.
func appendValidUTF8(dst, s []byte) []byte {
	for len(s) > 0 {
		r, width := utf8.DecodeRune(s)
		if r == utf8.RuneError && width == 1 {
			dst = append(dst, "\uFFFD"...)
			s = s[damagedWidth(s):]
			continue
		}
		dst = append(dst, s[:width]...)
		s = s[width:]
	}
	return dst
}

// damagedWidth is the number of bytes, at least one, of the damaged character that s begins with.
func damagedWidth(s []byte) int {
	low, high := byte(0x80), byte(0xBF) // what the second byte may be
	switch s[0] {
	case 0xE0:
		low = 0xA0
	case 0xED:
		high = 0x9F
	case 0xF0:
		low = 0x90
	case 0xF4:
		high = 0x8F
	}
	width := 1
	for width < int(characterWidths[s[0]]) && width < len(s) && s[width] >= low && s[width] <= high {
		low, high = 0x80, 0xBF
		width++
	}
	return width
}

// escapedBytes shows damaged text as Spark does: bytes that are not ASCII as \xFF.
func escapedBytes(s []byte) string {
	const hexadecimal = "0123456789ABCDEF"
	var b strings.Builder
	for len(s) > 0 {
		r, width := utf8.DecodeRune(s)
		if r == utf8.RuneError && width == 1 {
			b.WriteString(`\x`)
			b.WriteByte(hexadecimal[s[0]>>4])
			b.WriteByte(hexadecimal[s[0]&15])
		} else {
			b.Write(s[:width])
		}
		s = s[width:]
	}
	return b.String()
}

// toBinaryFunction makes to_binary and try_to_binary.
func toBinaryFunction(name, usage string, try bool) *expr.Function {
	d := doc("string_funcs", usage, "str - a string", "fmt - 'hex' (the default), 'utf-8', 'utf8' or 'base64'").
		example("SELECT "+name+"('abc', 'utf-8');", "abc")
	return scalar(name, d, signature{params: of(text, text), optional: 1, resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
		var format any = "hex"
		if len(args) == 2 {
			var err error
			if format, err = constantOf(c, "to_binary", "fmt", types.StringType, args, 1); err != nil {
				return outcome{}, err
			}
		}
		f, _ := format.(string)
		convert := map[string]transcoder{"hex": unhexBytes, "base64": appendStrictBase64, "utf-8": encodeUTF8, "utf8": encodeUTF8}[strings.ToLower(f)]
		if convert == nil && format != nil && !try {
			return outcome{}, diag.New("DATATYPE_MISMATCH.INVALID_ARG_VALUE", "sqlExpr", callText("to_binary", args), "inputName", "fmt",
				"requireType", `case-insensitive "STRING"`, "validValues", "'hex', 'utf-8', 'utf8', or 'base64'", "inputValue", "'"+f+"'").At(c.Span)
		}
		return outcome{result: types.BinaryType, nullable: try || convert == nil, fails: !try, kernel: toBinaryKernel(convert, strings.ToUpper(f), try)}, nil
	}})
}

func toBinaryKernel(convert transcoder, format string, try bool) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		s := stringsOf(args[0])
		return each(sel, out, func(i int) error {
			if convert == nil {
				out.SetNull(i)
				return nil
			}
			b, ok := convert(c.Scratch[:0], s.at(i))
			switch {
			case ok:
				c.Scratch = b
				return setScratch(c, out, i)
			case try:
				out.SetNull(i)
			default:
				return placed(c, malformedInput(s.at(i), format))
			}
			return nil
		})
	}
}

// appendStrictBase64 accepts blanks, and padding that completes the last four characters or is left out.
func appendStrictBase64(dst, s []byte) ([]byte, bool) {
	data, padding := 0, 0
	for _, c := range s {
		switch v := base64Values[c]; {
		case v < 64:
			if padding > 0 {
				return nil, false
			}
			data++
		case v == 64:
			padding++
		case c != ' ' && (c < '\t' || c > '\r'):
			return nil, false
		}
	}
	if data%4 == 1 || padding > 0 && (data+padding)%4 != 0 || padding > 2 {
		return nil, false
	}
	return appendUnbase64(dst, s)
}
