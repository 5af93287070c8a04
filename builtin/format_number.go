package builtin

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

var formatFunctions = []*expr.Function{
	withoutCasts(scalar("format_number", doc("string_funcs", "Returns a number as text, like 1,234,567.80, with d decimal places or in a pattern of Java's DecimalFormat; null if d is negative.", "expr1 - a number", "expr2 - the number of decimal places, or a pattern").
		example("SELECT format_number(12332.123456, 4);", "12,332.1235").
		example("SELECT format_number(12332.123456, '##################.###');", "12332.123"),
		signature{params: of(numeric, anyOf(integer, text)), resolve: resolveFormatNumber}), numeric, anyOf(integer, text)),
	alias(nullAware("format_string", doc("string_funcs", "Returns a text in the format of Java's Formatter, as printf writes it.", "strfmt - a string", "obj1, obj2, … - values").
		example("SELECT format_string(\"Hello World %d %s\", 100, \"days\");", "Hello World 100 days"),
		signature{params: of(text, anything), optional: 1, variadic: true, resolve: resolvePrintf}), "printf"),
}

// withoutCasts makes f refuse arguments that are not of the classes already, NULL excepted.
func withoutCasts(f *expr.Function, classes ...class) *expr.Function {
	bind := f.Bind
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		for i, a := range args[:min(len(args), len(classes))] {
			if t := a.Type(); t.Kind != types.Void && !classes[i].accepts(t) {
				return nil, unexpectedType(c, f.Name, args, i, classes[i].text)
			}
		}
		return bind(c, args)
	}
	return f
}

func resolveFormatNumber(_ *expr.BindContext, args []expr.Expr) (outcome, error) {
	number := numberText(args[0].Type())
	if args[1].Type().Kind != types.String {
		return outcome{result: types.StringType, nullable: true, kernel: formatPlacesKernel(number)}, nil
	}
	return outcome{result: types.StringType, fails: true, kernel: formatPatternKernel(number)}, nil
}

// decimalText gives the digits of row i, "-" before them if it is negative, in plain notation; places is the number of
// decimal places that will be shown, rounded half to even. It is not called for NaN and infinities, which finite reports.
type decimalText struct {
	finite func(v *vector.Vector, i int) (special string, ok bool)
	digits func(dst []byte, v *vector.Vector, i, places int) []byte
}

func always(*vector.Vector, int) (string, bool) { return "", true }

func numberText(t types.Type) decimalText {
	integerText := func(get func(v *vector.Vector, i int) int64) decimalText {
		return decimalText{always, func(dst []byte, v *vector.Vector, i, _ int) []byte { return strconv.AppendInt(dst, get(v, i), 10) }}
	}
	floatText := func(get func(v *vector.Vector, i int) float64) decimalText {
		return decimalText{
			func(v *vector.Vector, i int) (string, bool) { return specialNumber(get(v, i)) },
			func(dst []byte, v *vector.Vector, i, places int) []byte { return appendRounded(dst, get(v, i), places) },
		}
	}
	switch t.Physical() {
	case types.PhysicalInt8:
		return integerText(func(v *vector.Vector, i int) int64 { return int64(vector.Get[int8](v, i)) })
	case types.PhysicalInt16:
		return integerText(func(v *vector.Vector, i int) int64 { return int64(vector.Get[int16](v, i)) })
	case types.PhysicalInt32:
		return integerText(func(v *vector.Vector, i int) int64 { return int64(vector.Get[int32](v, i)) })
	case types.PhysicalFloat32:
		return floatText(func(v *vector.Vector, i int) float64 { return float64(vector.Get[float32](v, i)) })
	case types.PhysicalFloat64:
		return floatText(func(v *vector.Vector, i int) float64 { return vector.Get[float64](v, i) })
	}
	if t.Kind == types.Decimal {
		return decimalText{always, func(dst []byte, v *vector.Vector, i, places int) []byte {
			return appendRoundedDecimal(dst, decimalAt(v, i), int(t.Scale), places)
		}}
	}
	return integerText(func(v *vector.Vector, i int) int64 { return vector.Get[int64](v, i) })
}

// decimalAt is the unscaled value of a decimal.
func decimalAt(v *vector.Vector, i int) types.Int128 {
	if v.Physical == types.PhysicalInt128 {
		return vector.Get[types.Int128](v, i)
	}
	return types.Int128From(vector.Get[int64](v, i))
}

func specialNumber(x float64) (string, bool) {
	switch {
	case math.IsNaN(x):
		return "NaN", false
	case math.IsInf(x, 1):
		return "∞", false
	case math.IsInf(x, -1):
		return "-∞", false
	}
	return "", true
}

// appendRounded writes x with at most places decimal places: the shortest digits that read as x, or, if those are
// more, the value of x itself rounded.
func appendRounded(dst []byte, x float64, places int) []byte {
	start := len(dst)
	dst = strconv.AppendFloat(dst, x, 'f', -1, 64)
	if point := bytes.IndexByte(dst[start:], '.'); point >= 0 && len(dst)-start-point-1 > places {
		return strconv.AppendFloat(dst[:start], x, 'f', places, 64)
	}
	return dst
}

// appendRoundedDecimal writes an unscaled decimal with at most places decimal places, rounded half to even.
func appendRoundedDecimal(dst []byte, unscaled types.Int128, scale, places int) []byte {
	text := unscaled.String()
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		dst, text = append(dst, '-'), rest
	}
	if missing := scale + 1 - len(text); missing > 0 {
		text = strings.Repeat("0", missing) + text
	}
	whole, fraction := text[:len(text)-scale], text[len(text)-scale:]
	if len(fraction) > places {
		all, rest := []byte(whole+fraction[:places]), fraction[places:]
		if rest[0] > '5' || rest[0] == '5' && (strings.Trim(rest[1:], "0") != "" || all[len(all)-1]%2 == 1) {
			all = increment(all)
		}
		whole, fraction = string(all[:len(all)-places]), string(all[len(all)-places:])
	}
	dst = append(dst, whole...)
	if fraction != "" {
		dst = append(append(dst, '.'), fraction...)
	}
	return dst
}

// increment adds one to a number in digits.
func increment(digits []byte) []byte {
	for i := len(digits) - 1; i >= 0; i-- {
		if digits[i] < '9' {
			digits[i]++
			return digits
		}
		digits[i] = '0'
	}
	return append([]byte{'1'}, digits...)
}

// decimalFormat is a pattern of Java's DecimalFormat for numbers without an exponent.
type decimalFormat struct {
	prefix, suffix                 string
	negativePrefix, negativeSuffix string
	leastWhole                     int // digits before the point
	leastFraction, mostFraction    int
	grouping                       int // digits in a group, 0 for none
	multiplier                     int // decimal shift of percent and per mille
	point                          bool
}

// append writes digits, as decimalText gives them.
func (f *decimalFormat) append(dst, digits []byte) []byte {
	prefix, suffix := f.prefix, f.suffix
	if digits[0] == '-' {
		digits = digits[1:]
		prefix, suffix = f.negativePrefix, f.negativeSuffix
	}
	whole, fraction, _ := bytes.Cut(digits, []byte{'.'})
	whole = bytes.TrimLeft(whole, "0")
	dst = append(dst, prefix...)
	width := max(len(whole), f.leastWhole)
	for i := range width {
		digit := byte('0')
		if at := i - (width - len(whole)); at >= 0 {
			digit = whole[at]
		}
		dst = append(dst, digit)
		if left := width - 1 - i; f.grouping > 0 && left > 0 && left%f.grouping == 0 {
			dst = append(dst, ',')
		}
	}
	for len(fraction) > f.leastFraction && fraction[len(fraction)-1] == '0' {
		fraction = fraction[:len(fraction)-1]
	}
	if width == 0 && len(fraction) == 0 && f.leastFraction == 0 {
		dst = append(dst, '0')
	}
	if len(fraction) > 0 || f.leastFraction > 0 || f.point {
		dst = append(append(dst, '.'), fraction...)
	}
	for i := len(fraction); i < f.leastFraction; i++ {
		dst = append(dst, '0')
	}
	return append(dst, suffix...)
}

func placesFormat(places int) decimalFormat {
	return decimalFormat{leastWhole: 1, leastFraction: places, mostFraction: places, grouping: 3, negativePrefix: "-"}
}

func formatPlacesKernel(number decimalText) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		places := columnOf[int32](args[1])
		var digits []byte
		return each(sel, out, func(i int) error {
			n := int(places.at(i))
			if n < 0 {
				out.SetNull(i)
				return nil
			}
			f := placesFormat(n)
			c.Scratch, digits = f.appendNumber(c.Scratch[:0], number, args[0], i, digits)
			return setScratch(c, out, i)
		})
	}
}

// appendNumber writes row i of v; digits is a buffer.
func (f *decimalFormat) appendNumber(dst []byte, number decimalText, v *vector.Vector, i int, digits []byte) (text, buffer []byte) {
	if special, ok := number.finite(v, i); !ok {
		return append(dst, special...), digits
	}
	digits = number.digits(digits[:0], v, i, f.mostFraction+f.multiplier)
	if f.multiplier > 0 {
		digits = shiftPoint(digits, f.multiplier)
	}
	return f.append(dst, digits), digits
}

// shiftPoint multiplies a number in digits by a power of ten.
func shiftPoint(digits []byte, places int) []byte {
	whole, fraction, _ := bytes.Cut(digits, []byte{'.'})
	shifted := bytes.Clone(whole)
	for i := range places {
		if i < len(fraction) {
			shifted = append(shifted, fraction[i])
		} else {
			shifted = append(shifted, '0')
		}
	}
	if len(fraction) > places {
		shifted = append(append(shifted, '.'), fraction[places:]...)
	}
	return shifted
}

// formatState is the pattern that the kernel read last.
type formatState struct {
	text   []byte
	format decimalFormat
	set    bool
}

func formatPatternKernel(number decimalText) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		state, _ := stateOf(c, func() (*formatState, error) { return &formatState{}, nil })
		patterns := stringsOf(args[1])
		var digits []byte
		return each(sel, out, func(i int) error {
			if text := patterns.at(i); !state.set || !bytes.Equal(state.text, text) {
				f, ok := parseDecimalFormat(string(text))
				if !ok {
					return placed(c, diag.New("INVALID_PARAMETER_VALUE.PATTERN", "parameter", "`expr2`", "functionName", "`format_number`", "value", quoteText(text)))
				}
				state.text, state.format, state.set = append(state.text[:0], text...), f, true
			}
			c.Scratch, digits = state.format.appendNumber(c.Scratch[:0], number, args[0], i, digits)
			return setScratch(c, out, i)
		})
	}
}

// parseDecimalFormat reads a pattern; ok is false if it is wrong or has an exponent.
func parseDecimalFormat(pattern string) (f decimalFormat, ok bool) {
	if pattern == "" {
		return placesFormat(0), true
	}
	positive, negative := pattern, ""
	if at := unquotedIndex(pattern, ';'); at >= 0 {
		positive, negative = pattern[:at], pattern[at+1:]
	}
	var body string
	if f.prefix, body, f.suffix, f.multiplier, ok = splitFormat(positive); !ok || !f.readBody(body) {
		return f, false
	}
	f.negativePrefix, f.negativeSuffix = "-"+f.prefix, f.suffix
	if negative != "" {
		if f.negativePrefix, _, f.negativeSuffix, _, ok = splitFormat(negative); !ok {
			return f, false
		}
	}
	return f, true
}

// unquotedIndex is the index of a character outside of quotes, -1 if there is none.
func unquotedIndex(s string, c byte) int {
	inside := false
	for i := range len(s) {
		if s[i] == '\'' {
			inside = !inside
		} else if s[i] == c && !inside {
			return i
		}
	}
	return -1
}

// splitFormat takes a pattern apart: what precedes the digits, the digits, what follows.
func splitFormat(pattern string) (prefix, body, suffix string, multiplier int, ok bool) {
	var texts [2]strings.Builder
	at, quotedText := 0, false
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '\'' && i+1 < len(pattern) && pattern[i+1] == '\'':
			texts[at].WriteByte(c)
			i++
		case c == '\'':
			quotedText = !quotedText
		case !quotedText && strings.IndexByte("#0,.", c) >= 0:
			if at == 1 {
				return "", "", "", 0, false
			}
			end := i
			for end < len(pattern) && strings.IndexByte("#0,.", pattern[end]) >= 0 {
				end++
			}
			body, at, i = pattern[i:end], 1, end-1
		case !quotedText && c == 'E' && at == 1 && i+1 < len(pattern) && pattern[i+1] == '0':
			return "", "", "", 0, false
		default:
			if !quotedText && c == '%' {
				multiplier = 2
			}
			texts[at].WriteByte(c)
		}
	}
	return texts[0].String(), body, texts[1].String(), multiplier, !quotedText
}

// readBody reads the digits of a pattern.
func (f *decimalFormat) readBody(body string) bool {
	whole, fraction, point := strings.Cut(body, ".")
	if strings.ContainsAny(fraction, ".,") || strings.Contains(strings.TrimLeft(whole, "#,"), "#") || strings.Contains(strings.TrimLeft(fraction, "0"), "0") {
		return false
	}
	if comma := strings.LastIndexByte(whole, ','); comma >= 0 {
		if f.grouping = len(whole) - comma - 1; f.grouping == 0 {
			return false
		}
	}
	f.leastWhole = strings.Count(whole, "0")
	f.leastFraction, f.mostFraction = strings.Count(fraction, "0"), len(fraction)
	if f.leastWhole == 0 && f.leastFraction == 0 && point && strings.Contains(whole, "#") {
		f.leastWhole = 1
	}
	if f.leastWhole == 0 && f.leastFraction == 0 && point && whole == "" {
		f.leastFraction = min(1, f.mostFraction)
	}
	f.point = point && fraction == ""
	return true
}
