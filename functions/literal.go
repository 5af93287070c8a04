package functions

import (
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

// Date is the constant DATE 'text', as in Date("1998-12-01").
func Date(text string) Column { return typed("DATE", text) }

// Timestamp is the constant TIMESTAMP 'text', in the session's time zone unless it names one.
func Timestamp(text string) Column { return typed("TIMESTAMP", text) }

func typed(name, text string) Column {
	return Column{expr: &ast.TypedLiteral{TypeName: name, Text: text}}
}

// Decimal is an exact decimal constant with the digits as written: Decimal("0.05") is a decimal(2,2).
func Decimal(text string) Column {
	unscaled, scale, status := types.ParseDecimal(text)
	if status != types.TextOK {
		return Column{err: diag.New("CAST_INVALID_INPUT", "expression", "'"+text+"'", "sourceType", `"STRING"`, "targetType", `"DECIMAL"`)}
	}
	t := types.DecimalType(max(unscaled.Digits(), scale), scale)
	return Column{expr: &ast.Literal{Value: types.NewDecimalValue(unscaled, t), Type: t, Text: text}}
}

// Interval is the constant INTERVAL 'value' UNIT, as in Interval("3", "month").
func Interval(value, unit string) Column {
	text := &ast.Literal{Value: value, Type: types.StringType}
	return Column{expr: &ast.IntervalLiteral{Fields: []ast.IntervalField{{Value: text, Unit: strings.ToUpper(unit)}}}}
}
