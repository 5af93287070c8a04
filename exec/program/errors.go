package program

import (
	"strconv"

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
		r, _ := exactDecimal(e, a, b)
		return outOfRange(e, r)
	}
	return overflow("long overflow", tryFunctions[e.Op]).At(e.Span)
}

func smallName(t types.Type) string {
	if t.Kind == types.Byte {
		return "byte"
	}
	return "short"
}

// exactDecimal is the value that did not fit, as far as 128 bits hold it.
func exactDecimal(e *expr.Arithmetic, a, b types.Int128) (types.Int128, bool) {
	wide := *e
	wide.Typ.Precision = types.MaxPrecision
	return decimalFunction(&wide, e.Op)(a, b)
}

func outOfRange(e *expr.Arithmetic, value types.Int128) error {
	return diag.New("NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION", "value", types.FormatDecimal(value, int(e.Typ.Scale)), "precision", strconv.Itoa(int(e.Typ.Precision)),
		"scale", strconv.Itoa(int(e.Typ.Scale)), "config", ansiSetting).At(e.Span)
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
	r, _ := exactDecimal(e, a, b)
	return outOfRange(e, r)
}
