package builtin

import (
	"math"
	"strconv"
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// rounder brings an unscaled value down by n digits.
type rounder func(v types.Int128, n int) types.Int128

func roundHalfUp(v types.Int128, n int) types.Int128 {
	if n > types.MaxPrecision {
		return types.Int128{}
	}
	return types.DivideByPow10(v, n)
}

func roundHalfEven(v types.Int128, n int) types.Int128 {
	if n > types.MaxPrecision {
		return types.Int128{}
	}
	divisor := types.Pow10(n)
	q, r := v.DivMod(divisor)
	rest := divisor.Sub(r.Abs())
	if c := r.Abs().Cmp(rest); c > 0 || c == 0 && q.Lo&1 == 1 {
		return awayFromZero(q, v.Sign())
	}
	return q
}

func roundUp(v types.Int128, n int) types.Int128 {
	q, positive, negative := splitFraction(v, n)
	if positive && !negative {
		return q.Add(types.Int128From(1))
	}
	return q
}

func roundDown(v types.Int128, n int) types.Int128 {
	q, _, negative := splitFraction(v, n)
	if negative {
		return q.Sub(types.Int128From(1))
	}
	return q
}

// splitFraction cuts n digits off and says of what sign what was cut was.
func splitFraction(v types.Int128, n int) (q types.Int128, positive, negative bool) {
	if n > types.MaxPrecision {
		return types.Int128{}, v.Sign() > 0, v.Sign() < 0
	}
	q, r := v.DivMod(types.Pow10(n))
	return q, r.Sign() > 0, r.Sign() < 0
}

func awayFromZero(v types.Int128, sign int) types.Int128 { return v.Add(types.Int128From(int64(sign))) }

var roundingFunctions = []*expr.Function{
	roundFunction("round", roundHalfUp, doc("math_funcs", "Returns expr rounded to d digits behind the point, one half away from zero.", "expr - a number", "d - an integer constant, 0 if absent; negative for digits before the point").printed(defaults(1, "0")).
		example("SELECT round(2.5, 0);", "3").example("SELECT round(25, -1);", "30")),
	roundFunction("bround", roundHalfEven, doc("math_funcs", "Returns expr rounded to d digits behind the point, one half to the even neighbour.", "expr - a number", "d - an integer constant, 0 if absent; negative for digits before the point").printed(defaults(1, "0")).
		example("SELECT bround(2.5, 0);", "2").example("SELECT bround(25, -1);", "20")),
	alias(wholeFunction("ceil", math.Ceil, roundUp, doc("math_funcs", "Returns the smallest number that is not below expr and has at most scale digits behind the point.", "expr - a number", "scale - an integer constant, 0 if absent").printed(printWhole("ceil")).
		example("SELECT ceil(-0.1);", "0").example("SELECT ceil(5);", "5").example("SELECT ceil(3.1411, 3);", "3.142")), "ceiling"),
	wholeFunction("floor", math.Floor, roundDown, doc("math_funcs", "Returns the largest number that is not above expr and has at most scale digits behind the point.", "expr - a number", "scale - an integer constant, 0 if absent").printed(printWhole("floor")).
		example("SELECT floor(-0.1);", "-1").example("SELECT floor(5);", "5").example("SELECT floor(3.1411, 3);", "3.141")),
}

// roundedDecimal is the type of a decimal rounded to scale digits.
func roundedDecimal(t types.Type, scale int) types.Type {
	integral := int(t.Precision) - int(t.Scale) + 1
	if scale < 0 {
		return types.DecimalType(min(max(integral, -scale+1), types.MaxPrecision), 0)
	}
	kept := min(int(t.Scale), scale)
	return types.DecimalType(min(integral+kept, types.MaxPrecision), kept)
}

// roundFunction is round or bround.
func roundFunction(name string, round rounder, d document) *expr.Function {
	return scalar(name, d, signature{params: of(numeric, integer), optional: 1, resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
		scale, null, err := scaleOf(c, name, args)
		if err != nil {
			return outcome{}, err
		}
		t := args[0].Type()
		o := outcome{result: t}
		switch {
		case null:
			if t.Kind == types.Decimal {
				o.result = roundedDecimal(t, 0)
			}
			o.kernel, o.nullable = nullKernel, true
		case t.Kind == types.Decimal:
			return roundDecimal(c, t, int(scale), round), nil
		case t.Kind == types.Double:
			o.kernel = unary(func(v float64) float64 { return roundFloat(v, int(scale), round) })
		case t.Kind == types.Float:
			o.kernel = unary(func(v float32) float32 { return float32(roundFloat(float64(v), int(scale), round)) })
		case scale >= 0:
			o.kernel = chooseByLayout(t, identityOf[int8](), identityOf[int16](), identityOf[int32](), identityOf[int64](), nil, nil, nil)
		default:
			checked := modeOf(c) == expr.Checked
			o.fails = checked
			n := int(-scale)
			o.kernel = chooseByLayout(t, roundInteger[int8](n, round, checked), roundInteger[int16](n, round, checked),
				roundInteger[int32](n, round, checked), roundInteger[int64](n, round, checked), nil, nil, nil)
		}
		return o, nil
	}})
}

func identityOf[A any]() expr.Kernel { return unary(func(v A) A { return v }) }

func roundInteger[A integerType](n int, round rounder, checked bool) expr.Kernel {
	compute := func(v A) (A, bool) {
		if n > 19 {
			return 0, true
		}
		r := round(types.Int128From(int64(v)), n).MulLow(types.Pow10(n))
		return A(r.Int64()), r == types.Int128From(int64(A(r.Int64())))
	}
	if !checked {
		return unary(func(v A) A {
			r, _ := compute(v)
			return r
		})
	}
	return unaryErr(func(_ *expr.KernelContext, v A) (A, error) {
		r, ok := compute(v)
		if !ok {
			return 0, overflow("Overflow", "")
		}
		return r, nil
	})
}

// roundFloat rounds the shortest decimal text of a number, as Java's BigDecimal of a double does.
func roundFloat(v float64, scale int, round rounder) float64 {
	switch {
	case v == 0:
		return 0 // -0.0 becomes 0.0 as well
	case v-v != 0 || scale > 400:
		return v
	}
	var buf [400]byte
	text := strconv.AppendFloat(buf[:0], v, 'e', -1, 64)
	digits, exponent, negative := mantissa(text)
	// The value is digits · 10^exponent; scale digits behind the point stay.
	drop := -exponent - scale
	if drop <= 0 {
		return v
	}
	if drop > 38 {
		return math.Copysign(0, 1)
	}
	signed := types.Int128From(digits)
	if negative {
		signed = signed.Neg()
	}
	r := round(signed, drop)
	out := append(types.AppendInt128(buf[:0], r), 'e')
	f, _ := strconv.ParseFloat(string(strconv.AppendInt(out, int64(-scale), 10)), 64)
	if f == 0 {
		return 0
	}
	return f
}

// mantissa takes the text of AppendFloat's 'e' format apart; the mantissa has at most 17 digits.
func mantissa(text []byte) (digits int64, exponent int, negative bool) {
	point := -1
	for i, c := range text {
		switch {
		case c == '-' && i == 0:
			negative = true
		case c == '.':
			point = i
		case c == 'e':
			n, _ := strconv.Atoi(string(text[i+1:]))
			if point >= 0 {
				n -= i - point - 1
			}
			return digits, n, negative
		default:
			digits = digits*10 + int64(c-'0')
		}
	}
	return digits, 0, negative
}

// roundDecimal rounds to scale digits; the result may need a digit more than there is room for.
func roundDecimal(c *expr.BindContext, t types.Type, scale int, round rounder) outcome {
	result := roundedDecimal(t, scale)
	drop := int(t.Scale) - scale
	raise := max(0, -scale) // zeros to put back before the point
	compute := func(v types.Int128) (types.Int128, bool) {
		if drop > 0 {
			v = round(v, drop)
		}
		if raise > 0 {
			if v.IsZero() {
				return v, true
			}
			if raise > types.MaxPrecision {
				return v, false
			}
			p, over := v.Mul(types.Pow10(raise))
			return p, !over && p.FitsPrecision(int(result.Precision))
		}
		return v, v.FitsPrecision(int(result.Precision))
	}
	return decimalOutcome(c, t, result, compute)
}

// decimalOutcome makes the kernel decimal → decimal for a function of unscaled values.
func decimalOutcome(c *expr.BindContext, from, to types.Type, compute func(types.Int128) (types.Int128, bool)) outcome {
	// One digit more than before always fits, unless the type is as wide as types get.
	safe := int(to.Precision) < types.MaxPrecision
	o := outcome{result: to, fails: !safe && modeOf(c) == expr.Checked, nullable: !safe && modeOf(c) != expr.Checked}
	report := func(v, original types.Int128) error {
		return diag.New("NUMERIC_VALUE_OUT_OF_RANGE.WITHOUT_SUGGESTION", "roundedValue", types.FormatDecimal(v, int(to.Scale)),
			"originalValue", types.FormatDecimal(original, int(from.Scale)), "precision", itoa(int(to.Precision)), "scale", itoa(int(to.Scale)))
	}
	o.kernel = decimalKernel(from, to, o.fails, compute, report)
	return o
}

func decimalKernel(from, to types.Type, checked bool, compute func(types.Int128) (types.Int128, bool), report func(v, original types.Int128) error) expr.Kernel {
	narrowIn, narrowOut := from.Physical() == types.PhysicalInt64, to.Physical() == types.PhysicalInt64
	wrap := func(v types.Int128) (types.Int128, error) {
		r, ok := compute(v)
		if !ok {
			return r, report(r, v)
		}
		return r, nil
	}
	switch {
	case narrowIn && narrowOut:
		return decimalUnary(checked, func(v int64) (int64, error) { r, err := wrap(types.Int128From(v)); return r.Int64(), err })
	case narrowIn:
		return decimalUnary(checked, func(v int64) (types.Int128, error) { return wrap(types.Int128From(v)) })
	case narrowOut:
		return decimalUnary(checked, func(v types.Int128) (int64, error) { r, err := wrap(v); return r.Int64(), err })
	}
	return decimalUnary(checked, wrap)
}

func decimalUnary[A, B any](checked bool, f func(A) (B, error)) expr.Kernel {
	if checked {
		return unaryErr(func(_ *expr.KernelContext, v A) (B, error) { return f(v) })
	}
	return unaryNull(func(v A) (B, bool) {
		r, err := f(v)
		return r, err == nil
	})
}

// printWhole writes ceil or floor in capitals, but not with a scale, and no alias of it.
func printWhole(name string) printing {
	return func(c *expr.PrintedCall) (string, bool) {
		if c.Name == name && len(c.Args) == 1 {
			c.Name = strings.ToUpper(name)
		}
		return "", false
	}
}

// wholeFunction is ceil or floor.
func wholeFunction(name string, whole func(float64) float64, round rounder, d document) *expr.Function {
	f := newFunction(name, d)
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		if len(args) == 2 {
			return bindWholeWithScale(c, f, round, args)
		}
		return bindCall(c, f, []signature{
			// Doubles come first: strings are read as such.
			{params: of(double), result: types.LongType, kernel: unary(func(v float64) int64 { return saturatedInteger(whole(v)) })},
			{params: of(decimal), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
				t := args[0].Type()
				result := types.BoundedDecimal(int(t.Precision)-int(t.Scale)+1, 0)
				if t.Scale == 0 {
					result = types.BoundedDecimal(int(t.Precision), 0)
				}
				return decimalOutcome(c, t, result, func(v types.Int128) (types.Int128, bool) {
					return round(v, int(t.Scale)), true
				}), nil
			}},
			{params: of(bigint), result: types.LongType, kernel: identityOf[int64]()},
		}, integersAsLongs(c, args))
	}
	return f
}

// integersAsLongs casts narrow integers to bigint.
func integersAsLongs(c *expr.BindContext, args []expr.Expr) []expr.Expr {
	if len(args) == 1 && args[0].Type().IsIntegral() {
		if e, err := castTo(c, args[0], types.LongType); err == nil {
			return []expr.Expr{e}
		}
	}
	return args
}

// bindWholeWithScale is ceil(expr, scale) or floor(expr, scale): a decimal whatever expr is.
func bindWholeWithScale(c *expr.BindContext, f *expr.Function, round rounder, args []expr.Expr) (expr.Expr, error) {
	if !args[1].Type().IsNumeric() || !expr.Foldable(args[1]) {
		return nil, diag.New("NON_FOLDABLE_ARGUMENT", "funcName", routine(f.Name), "paramName", "`scale`", "paramType", `"INT"`).At(c.Span)
	}
	return bindCall(c, f, []signature{{params: of(decimal, integer), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
		scale, null, err := scaleOf(c, f.Name, args)
		if err != nil {
			return outcome{}, err
		}
		if null {
			return outcome{result: args[0].Type(), kernel: nullKernel, nullable: true}, nil
		}
		return roundDecimal(c, args[0].Type(), int(scale), round), nil
	}}}, args)
}
