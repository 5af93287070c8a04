package builtin

import (
	"strconv"
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

const numberFormatArgument = "format - 0 and 9 for digits, . or D for the point, , or G between groups, $, S or MI for the sign, PR for angle brackets around negative numbers"

var numberFormatFunctions = []*expr.Function{
	alias(rewrite("to_char", doc("string_funcs", "Returns a number, date, timestamp or binary value as text in a format.", "expr - a value",
		numberFormatArgument+"; a pattern of dates; or base64, hex or utf-8 for binary").printed(printToChar).
		example("SELECT to_char(454, '999');", "454").example("SELECT to_char(12454, '99G999');", "12,454").
		example("SELECT to_char(-12454.8, '99G999D9S');", "12,454.8-").example("SELECT to_char(date'2016-04-08', 'y');", "2016").
		example("SELECT to_char(x'537061726b2053514c', 'hex');", "537061726B2053514C"), 2, 2, bindToChar), "to_varchar"),
	toNumberFunction("to_number", "Reads a number in a format.", false),
	toNumberFunction("try_to_number", "Reads a number in a format; null if the text does not fit.", true),
}

var numberToText = &expr.Function{Name: "to_char"}

// printToChar writes to_char of a time or of binary as the function that it is then.
func printToChar(c *expr.PrintedCall) (string, bool) {
	called := c.Name
	c.Name = "to_char"
	if len(c.Args) != 2 {
		return "", false
	}
	switch t := c.ArgType(0); {
	case t.IsDatetime():
		c.Name = "date_format"
		return "", false
	case t.Kind != types.Binary:
		return "", false
	case called == "to_varchar":
		return "to_varchar(" + c.Args[0] + ")", true
	}
	switch format := strings.ToLower(c.Args[1]); format {
	case "base64", "hex":
		return format + "(" + c.Args[0] + ")", true
	}
	c.Name = "decode"
	return "", false
}

func bindToChar(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
	name := strings.ToLower(c.Name)
	if name == "" {
		name = "to_char"
	}
	switch args[0].Type().Kind {
	case types.Date, types.Timestamp, types.TimestampNTZ:
		return callBuiltin(c, "date_format", args...)
	case types.Binary:
		return bindBinaryToChar(c, name, args)
	}
	number := signature{params: of(decimal, text), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
		value, err := constantOf(c, name, "attributereference", types.StringType, args, 1)
		if err != nil {
			return outcome{}, err
		}
		o := outcome{result: types.StringType, kernel: toCharKernel(nil)}
		if text, ok := value.(string); ok {
			f, wrong := parseNumberFormat(text)
			if wrong != nil {
				return o, wrong.At(c.Span)
			}
			o.kernel = toCharKernel(f)
		}
		return o, nil
	}}
	// Intervals have a cast to decimal, but no text in a format of numbers.
	if t := args[0].Type(); t.IsInterval() {
		return nil, unexpectedType(c, name, args, 0, decimal.text)
	}
	return bindCall(c, numberToText, []signature{number}, args)
}

func bindBinaryToChar(c *expr.BindContext, name string, args []expr.Expr) (expr.Expr, error) {
	value, ok, err := Constant(args[1])
	if err != nil {
		return nil, err
	}
	text, isString := value.(string)
	if !ok || !isString {
		return nil, diag.New("NON_FOLDABLE_ARGUMENT", "funcName", routine(name), "paramName", "`format`", "paramType", quoted(args[1].Type().SQL())).At(c.Span)
	}
	switch strings.ToLower(text) {
	case "base64":
		return callBuiltin(c, "base64", args[0])
	case "hex":
		return callBuiltin(c, "hex", args[0])
	case "utf-8":
		return callBuiltin(c, "decode", args[0], newLiteral(c, "UTF-8", types.StringType))
	}
	return nil, diag.New("INVALID_PARAMETER_VALUE.BINARY_FORMAT", "functionName", routine(name), "parameter", "`format`", "invalidFormat", "'"+text+"'").At(c.Span)
}

func toCharKernel(f *numberFormat) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		scale := int(c.ArgTypes[0].Scale)
		return buildText(c, sel, out, func(dst []byte, i int) []byte {
			at := args[0].At(i)
			return f.append(dst, decimalAt(args[0], at), scale)
		})
	}
}

func toNumberFunction(name, usage string, try bool) *expr.Function {
	d := doc("string_funcs", usage, "expr - a string", numberFormatArgument).
		example("SELECT "+name+"('454', '999');", "454").example("SELECT "+name+"('$78.12', '$99.99');", "78.12").
		example("SELECT "+name+"('12,454.8-', '99,999.9S');", "-12454.8")
	return scalar(name, d, signature{params: of(text, text), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
		value, err := constantOf(c, name, "attributereference", types.StringType, args, 1)
		if err != nil {
			return outcome{}, err
		}
		text, ok := value.(string)
		if !ok {
			return outcome{result: types.DecimalType(10, 0), kernel: toNumberKernel(nil, try), nullable: true}, nil
		}
		f, wrong := parseNumberFormat(text)
		if wrong != nil {
			return outcome{}, wrong.At(c.Span)
		}
		precision := f.wholeDigits + f.fractionDigits
		if precision > types.MaxPrecision {
			return outcome{}, diag.New("DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION", "precision", strconv.Itoa(precision), "maxPrecision", strconv.Itoa(types.MaxPrecision)).At(c.Span)
		}
		return outcome{result: types.DecimalType(precision, f.fractionDigits), kernel: toNumberKernel(f, try), fails: !try, nullable: try}, nil
	}})
}

func toNumberKernel(f *numberFormat, try bool) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		s := stringsOf(args[0])
		return each(sel, out, func(i int) error {
			v, ok := f.parse(string(s.at(i)))
			switch {
			case !ok && try:
				out.SetNull(i)
			case !ok:
				return placed(c, diag.New("INVALID_FORMAT.MISMATCH_INPUT", "format", f.text, "input", string(s.at(i)), "inputType", `"STRING"`))
			case out.Physical == types.PhysicalInt128:
				vector.Set(out, i, v)
			default:
				vector.Set(out, i, v.Int64())
			}
			return nil
		})
	}
}
