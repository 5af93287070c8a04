package sql

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

// literal decodes a tagged string: a letter for the kind, the source range, ':' and the value.
func (d *decoder) literal(s string) (ast.Expr, diag.Span) {
	if len(s) < 4 {
		panic(bug("the literal " + s))
	}
	first := strings.IndexByte(s, ':')
	second := first + 1 + strings.IndexByte(s[first+1:], ':')
	_, span, _ := cutRange(s[:second], s[0])
	value := s[second+1:]
	l := &ast.Literal{}
	l.Span = span
	switch s[0] {
	case 'n':
		numberLiteral(l, value)
	case 's':
		l.Value, l.Type = value, types.StringType
	case 'z':
	case 't':
		l.Value, l.Type = true, types.BooleanType
	case 'f':
		l.Value, l.Type = false, types.BooleanType
	default:
		panic(bug("the literal " + s))
	}
	return l, span
}

// numberLiteral gives a number the type that its spelling asks for: 1 is an int, 3000000000 a bigint, what no bigint holds a
// decimal; 1.5 is a decimal(2,1) and 1e3 a double; a suffix says it outright.
func numberLiteral(l *ast.Literal, text string) {
	digits, suffix := cutSuffix(text)
	switch suffix {
	case "L":
		integerLiteral(l, digits, 64, types.LongType)
	case "S":
		integerLiteral(l, digits, 16, types.ShortType)
	case "Y":
		integerLiteral(l, digits, 8, types.ByteType)
	case "F":
		floatLiteral(l, digits, types.FloatType)
	case "D":
		floatLiteral(l, digits, types.DoubleType)
	case "BD":
		decimalLiteral(l, digits)
	default:
		switch {
		case strings.ContainsAny(digits, "eE"):
			floatLiteral(l, digits, types.DoubleType)
		case strings.IndexByte(digits, '.') >= 0:
			decimalLiteral(l, digits)
		default:
			plainInteger(l, digits)
		}
	}
}

// cutSuffix splits a number into what it is and its type suffix, upper-case.
func cutSuffix(text string) (digits, suffix string) {
	n := len(text)
	switch text[n-1] {
	case 'L', 'l', 'S', 's', 'Y', 'y', 'F', 'f':
		return text[:n-1], upper(text[n-1:])
	case 'D', 'd':
		if n > 1 && text[n-2]|0x20 == 'b' {
			return text[:n-2], "BD"
		}
		return text[:n-1], "D"
	}
	return text, ""
}

func plainInteger(l *ast.Literal, digits string) {
	v, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err != nil:
		decimalLiteral(l, digits)
	case v >= math.MinInt32 && v <= math.MaxInt32:
		l.Value, l.Type = int32(v), types.IntType
	default:
		l.Value, l.Type = v, types.LongType
	}
}

func integerLiteral(l *ast.Literal, digits string, bits int, t types.Type) {
	v, err := strconv.ParseInt(digits, 10, bits)
	if err != nil {
		high := int64(1)<<(bits-1) - 1
		panic(literalRange(l, digits, t, strconv.FormatInt(-high-1, 10), strconv.FormatInt(high, 10)))
	}
	l.Type = t
	switch bits {
	case 8:
		l.Value = int8(v)
	case 16:
		l.Value = int16(v)
	default:
		l.Value = v
	}
}

func floatLiteral(l *ast.Literal, digits string, t types.Type) {
	l.Type, l.Text = t, digits
	if t.Kind == types.Float {
		v, err := strconv.ParseFloat(digits, 32)
		if err != nil {
			panic(literalRange(l, digits, t, "-3.4028234663852886E+38", "3.4028234663852886E+38"))
		}
		l.Value = float32(v)
		return
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		panic(literalRange(l, digits, t, "-1.7976931348623157E+308", "1.7976931348623157E+308"))
	}
	l.Value = v
}

func decimalLiteral(l *ast.Literal, digits string) {
	unscaled, scale, status := types.ParseDecimal(digits)
	if status != types.TextOK {
		panic(diag.New("DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION", "precision", strconv.Itoa(decimalPrecision(digits)),
			"maxPrecision", strconv.Itoa(types.MaxPrecision)).At(l.Span))
	}
	l.Type, l.Text = types.DecimalForLiteral(unscaled, scale), digits
	l.Value = types.NewDecimalValue(unscaled, l.Type)
}

// decimalPrecision counts the digits of a number that is too wide for a decimal.
func decimalPrecision(text string) int {
	mantissa, exponent, _ := strings.Cut(upper(strings.TrimPrefix(text, "-")), "E")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	e, _ := strconv.Atoi(exponent)
	v, _ := new(big.Int).SetString("0"+whole+fraction, 10)
	scale := len(fraction) - e
	precision := len(v.String())
	if scale < 0 {
		precision -= scale
	}
	return max(precision, scale)
}

func literalRange(l *ast.Literal, digits string, t types.Type, low, high string) *diag.Error {
	return diag.New("INVALID_NUMERIC_LITERAL_RANGE", "rawStrippedQualifier", digits, "typeName", t.String(),
		"minValue", low, "maxValue", high).At(l.Span)
}

// dataType decodes a tagged string that holds the text of a type.
func (d *decoder) dataType(s string) types.Type {
	l, span := d.literal(s)
	t, err := types.Parse(l.(*ast.Literal).Value.(string))
	if err != nil {
		if e, is := err.(*diag.Error); is {
			if e.Span.IsZero() {
				e.Span = diag.Span{Start: 0, Stop: span.Stop - span.Start}
			}
			e.Span.Start += span.Start
			e.Span.Stop = min(e.Span.Stop+span.Start, span.Stop)
			panic(e)
		}
		panic(bug("the type at " + s + ": " + err.Error()))
	}
	return t
}
