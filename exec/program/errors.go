package program

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// ansiSetting is how Spark's messages name the setting that turns errors off.
const ansiSetting = "\"spark.sql.ansi.enabled\""

func divideByZero(e *expr.Arithmetic) error {
	return diag.New("DIVIDE_BY_ZERO", "config", ansiSetting).At(e.Span)
}

func integralOverflow(e *expr.Arithmetic) error {
	return overflow("Overflow in integral divide", "try_divide").At(e.Span)
}

func overflow(message, function string) *diag.Error {
	alternative := ""
	if function != "" {
		alternative = " Use '" + function + "' to tolerate overflow and return NULL instead."
	}
	return diag.New("ARITHMETIC_OVERFLOW", "message", message, "alternative", alternative, "config", ansiSetting)
}

var tryFunctions = map[expr.ArithmeticOp]string{expr.Add: "try_add", expr.Subtract: "try_subtract", expr.Multiply: "try_multiply"}

// overflowError is what Spark raises where a op b leaves the type of e.
func overflowError(e *expr.Arithmetic, a, b types.Int128) error {
	switch e.Typ.Kind {
	case types.Byte, types.Short:
		if e.Op == expr.Negate {
			return overflow(smallName(e.Typ)+" overflow", "").At(e.Span)
		}
		return diag.New("BINARY_ARITHMETIC_OVERFLOW", "value1", expr.FormatLiteral(a, e.Typ), "symbol", e.Op.String(),
			"value2", expr.FormatLiteral(b, e.Typ), "functionName", "`"+tryFunctions[e.Op]+"`").At(e.Span)
	case types.Int, types.YearMonthInterval, types.Date:
		return overflow("integer overflow", tryFunctions[e.Op]).At(e.Span)
	case types.Decimal:
		return outOfRange(e, e.Op, a, b)
	}
	return overflow("long overflow", tryFunctions[e.Op]).At(e.Span)
}

func smallName(t types.Type) string {
	if t.Kind == types.Byte {
		return "byte"
	}
	return "short"
}

// outOfRange names the value as it was before it was rounded to the result's scale.
func outOfRange(e *expr.Arithmetic, op expr.ArithmeticOp, a, b types.Int128) error {
	return diag.New("NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION", "value", exactDecimal(e, op, a, b), "precision", strconv.Itoa(int(e.Typ.Precision)),
		"scale", strconv.Itoa(int(e.Typ.Scale)), "config", ansiSetting).At(e.Span)
}

// exactDecimal is the text of a op b, products to 39 significant digits as Spark computes them.
func exactDecimal(e *expr.Arithmetic, op expr.ArithmeticOp, a, b types.Int128) string {
	s1, s2 := int(e.Left.Type().Scale), int(e.Left.Type().Scale)
	if e.Right != nil {
		s2 = int(e.Right.Type().Scale)
	}
	x, y := rational(a, s1), rational(b, s2)
	scale := max(s1, s2)
	switch op {
	case expr.Add:
		x.Add(x, y)
	case expr.Subtract, expr.Negate:
		x.Sub(x, y)
	case expr.Multiply:
		x.Mul(x, y)
		scale = s1 + s2
	default:
		// Quotients have 39 fraction digits whatever their size.
		return x.Quo(x, y).FloatString(types.MaxPrecision + 1)
	}
	text := x.FloatString(scale)
	if digits := len(strings.Trim(text, "-.")); digits > types.MaxPrecision+2 && scale > 0 {
		text = x.FloatString(max(0, scale-(digits-types.MaxPrecision-2)))
	}
	return text
}

func rational(v types.Int128, scale int) *big.Rat {
	n, _ := new(big.Int).SetString(v.String(), 10)
	return new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
}

func decimalError(e *expr.Arithmetic, op expr.ArithmeticOp, a, b types.Int128) error {
	switch op {
	case expr.Divide, expr.Remainder, expr.IntegralDivide:
		if b.IsZero() {
			return divideByZero(e)
		}
	}
	if op == expr.IntegralDivide {
		return overflow("Overflow in integral divide", "try_divide").At(e.Span)
	}
	return outOfRange(e, op, a, b)
}
