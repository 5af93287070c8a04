package builtin

import (
	"math"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// mathFunction is a function double → double that has a result for every number.
func mathFunction(name, usage, sql, result string, f func(float64) float64) *expr.Function {
	return scalar(name, doc("math_funcs", usage, "expr - a number").printed(capitals()).example(sql, result),
		signature{params: of(double), result: types.DoubleType, kernel: unary(f)})
}

// logFunction is a logarithm: null where its argument is not above least.
func logFunction(name, usage, sql, result string, least float64, f func(float64) float64) *expr.Function {
	return scalar(name, doc("math_funcs", usage, "expr - a number").printed(capitals()).example(sql, result),
		signature{params: of(double), result: types.DoubleType, nullable: true, kernel: unaryNull(func(v float64) (float64, bool) {
			if v <= least {
				return 0, false
			}
			return f(v), true
		})})
}

// mathFunction2 is a function (double, double) → double.
func mathFunction2(name, usage, sql, result string, f func(a, b float64) float64) *expr.Function {
	return scalar(name, doc("math_funcs", usage, "expr1 - a number", "expr2 - a number").printed(capitals(name)).example(sql, result),
		signature{params: of(double, double), result: types.DoubleType, kernel: binaryOf(f)})
}

// mathConstant is a function without arguments.
func mathConstant(name, usage, sql, result string, value float64) *expr.Function {
	return rewrite(name, doc("math_funcs", usage).printed(capitals()).example(sql, result), 0, 0, func(c *expr.BindContext, _ []expr.Expr) (expr.Expr, error) {
		return newLiteral(c, value, types.DoubleType), nil
	})
}

// printLog writes the logarithm with its base.
func printLog(c *expr.PrintedCall) (string, bool) {
	c.Name = "LOG"
	if len(c.Args) == 1 {
		c.Args = []string{"E()", c.Args[0]}
	}
	return "", false
}

var mathFunctions = []*expr.Function{
	mathFunction("sqrt", "Returns the square root of expr.", "SELECT sqrt(4);", "2.0", math.Sqrt),
	mathFunction("cbrt", "Returns the cube root of expr.", "SELECT cbrt(27.0);", "3.0", math.Cbrt),
	mathFunction("exp", "Returns e to the power of expr.", "SELECT exp(0);", "1.0", math.Exp),
	mathFunction("expm1", "Returns exp(expr) - 1.", "SELECT expm1(0);", "0.0", math.Expm1),
	mathFunction("sin", "Returns the sine of expr, in radians.", "SELECT sin(0);", "0.0", math.Sin),
	mathFunction("cos", "Returns the cosine of expr, in radians.", "SELECT cos(0);", "1.0", math.Cos),
	mathFunction("tan", "Returns the tangent of expr, in radians.", "SELECT tan(0);", "0.0", math.Tan),
	mathFunction("cot", "Returns the cotangent of expr, in radians.", "SELECT cot(1);", "0.6420926159343306", func(v float64) float64 { return 1 / math.Tan(v) }),
	mathFunction("sec", "Returns the secant of expr, in radians.", "SELECT sec(0);", "1.0", func(v float64) float64 { return 1 / math.Cos(v) }),
	mathFunction("csc", "Returns the cosecant of expr, in radians.", "SELECT csc(1);", "1.1883951057781212", func(v float64) float64 { return 1 / math.Sin(v) }),
	mathFunction("asin", "Returns the angle in radians whose sine is expr.", "SELECT asin(0);", "0.0", math.Asin),
	mathFunction("acos", "Returns the angle in radians whose cosine is expr.", "SELECT acos(1);", "0.0", math.Acos),
	mathFunction("atan", "Returns the angle in radians whose tangent is expr.", "SELECT atan(0);", "0.0", math.Atan),
	mathFunction("sinh", "Returns the hyperbolic sine of expr.", "SELECT sinh(0);", "0.0", math.Sinh),
	mathFunction("cosh", "Returns the hyperbolic cosine of expr.", "SELECT cosh(0);", "1.0", math.Cosh),
	mathFunction("tanh", "Returns the hyperbolic tangent of expr.", "SELECT tanh(0);", "0.0", math.Tanh),
	mathFunction("asinh", "Returns the inverse hyperbolic sine of expr.", "SELECT asinh(0);", "0.0", func(v float64) float64 {
		if math.IsInf(v, -1) {
			return v
		}
		return math.Log(v + math.Sqrt(v*v+1))
	}),
	mathFunction("acosh", "Returns the inverse hyperbolic cosine of expr.", "SELECT acosh(1);", "0.0", func(v float64) float64 { return math.Log(v + math.Sqrt(v*v-1)) }),
	mathFunction("atanh", "Returns the inverse hyperbolic tangent of expr.", "SELECT atanh(0);", "0.0", func(v float64) float64 { return 0.5 * (math.Log1p(v) - math.Log1p(-v)) }),
	mathFunction("degrees", "Converts radians to degrees.", "SELECT degrees(3.141592653589793);", "180.0", func(v float64) float64 { return v * (180 / math.Pi) }),
	mathFunction("radians", "Converts degrees to radians.", "SELECT radians(180);", "3.141592653589793", func(v float64) float64 { return v * (math.Pi / 180) }),
	reprinted(mathFunction("rint", "Returns the double nearest to expr that is an integer; of two, the even one.", "SELECT rint(12.3456);", "12.0", math.RoundToEven)),
	reprinted(logFunction("ln", "Returns the natural logarithm of expr; null if expr is not positive.", "SELECT ln(1);", "0.0", 0, math.Log)),
	logFunction("log10", "Returns the logarithm of expr with base 10; null if expr is not positive.", "SELECT log10(10);", "1.0", 0, math.Log10),
	logFunction("log2", "Returns the logarithm of expr with base 2; null if expr is not positive.", "SELECT log2(2);", "1.0", 0, func(v float64) float64 { return math.Log(v) / math.Ln2 }),
	logFunction("log1p", "Returns ln(1 + expr); null if expr is not above -1.", "SELECT log1p(0);", "0.0", -1, math.Log1p),
	scalar("log", doc("math_funcs", "Returns the logarithm of expr with the given base, e if there is none; null if either is not positive.", "base - a number", "expr - a number").printed(printLog).
		example("SELECT log(10, 100);", "2.0").example("SELECT log(1);", "0.0"),
		signature{params: of(double), result: types.DoubleType, nullable: true, kernel: unaryNull(func(v float64) (float64, bool) { return math.Log(v), !(v <= 0) })},
		signature{params: of(double, double), result: types.DoubleType, nullable: true, kernel: binaryNull(func(base, v float64) (float64, bool) {
			return math.Log(v) / math.Log(base), !(v <= 0 || base <= 0)
		})}),
	alias(mathFunction2("power", "Returns expr1 to the power of expr2.", "SELECT power(2, 3);", "8.0", power), "pow"),
	mathFunction2("atan2", "Returns the angle in radians between the positive x axis and the point (expr2, expr1).", "SELECT atan2(0, 0);", "0.0", func(y, x float64) float64 { return math.Atan2(y+0, x+0) }),
	mathFunction2("hypot", "Returns sqrt(expr1² + expr2²).", "SELECT hypot(3, 4);", "5.0", math.Hypot),
	mathConstant("pi", "Returns pi.", "SELECT pi();", "3.141592653589793", math.Pi),
	mathConstant("e", "Returns Euler's number.", "SELECT e();", "2.718281828459045", math.E),
	alias(scalar("sign", doc("math_funcs", "Returns -1.0, 0.0 or 1.0 as expr is negative, zero or positive.", "expr - a number or interval").printed(capitals("signum")).
		example("SELECT sign(40);", "1.0").example("SELECT sign(INTERVAL -'100' YEAR);", "-1.0"),
		signature{params: of(double), result: types.DoubleType, kernel: unary(func(v float64) float64 {
			switch {
			case v > 0:
				return 1
			case v < 0:
				return -1
			}
			return v // zeros and NaN stay
		})},
		signature{params: of(yearMonth), result: types.DoubleType, kernel: unary(func(v int32) float64 { return float64(compareOrdered(v, 0)) })},
		signature{params: of(dayTime), result: types.DoubleType, kernel: unary(func(v int64) float64 { return float64(compareOrdered(v, 0)) })}), "signum"),
	nullAware("isnan", doc("predicate_funcs", "Returns true if expr is NaN; false for null.", "expr - a number").
		example("SELECT isnan(cast('NaN' as double));", "true"),
		signature{params: of(double), resolve: bindIsNaN}, signature{params: of(exactly(types.FloatType)), resolve: bindIsNaN}),
	rewrite("nanvl", doc("math_funcs", "Returns expr1 if it is not NaN, else expr2.", "expr1 - a number", "expr2 - a number").
		example("SELECT nanvl(cast('NaN' as double), 123);", "123.0"), 2, 2, bindNaNVL),
	scalar("factorial", doc("math_funcs", "Returns the factorial of expr; null outside 0 to 20.", "expr - an integer").
		example("SELECT factorial(5);", "120"),
		signature{params: of(integer), result: types.LongType, nullable: true, kernel: unaryNull(func(n int32) (int64, bool) {
			if n < 0 || n > 20 {
				return 0, false
			}
			f := int64(1)
			for i := int64(2); i <= int64(n); i++ {
				f *= i
			}
			return f, true
		})}),
	scalar("width_bucket", doc("math_funcs", "Returns the number of the bucket that value falls into when min to max is cut into num_bucket equal ones; 0 below, num_bucket + 1 above; null if that makes no sense.",
		"value - a number or interval", "min_value - as value", "max_value - as value", "num_bucket - a positive integer").
		example("SELECT width_bucket(5.3, 0.2, 10.6, 5);", "3").example("SELECT width_bucket(-2.1, 1.3, 3.4, 3);", "0"),
		signature{params: of(double, double, double, bigint), result: types.LongType, nullable: true, kernel: widthBucketKernel(func(v float64) float64 { return v })},
		signature{params: of(yearMonth, yearMonth, yearMonth, bigint), result: types.LongType, nullable: true, kernel: widthBucketKernel(func(v int32) float64 { return float64(v) })},
		signature{params: of(dayTime, dayTime, dayTime, bigint), result: types.LongType, nullable: true, kernel: widthBucketKernel(func(v int64) float64 { return float64(v) })}),
	rewrite("abs", doc("math_funcs", "Returns the absolute value of expr.", "expr - a number or interval").
		example("SELECT abs(-1);", "1").example("SELECT abs(INTERVAL -'1-1' YEAR TO MONTH);", "1-1"), 1, 1, bindAbs),
	rewrite("pmod", doc("math_funcs", "Returns the positive remainder of expr1 / expr2.", "expr1 - a number", "expr2 - a number").
		example("SELECT pmod(10, 3);", "1").example("SELECT pmod(-10, 3);", "2"), 2, 2, bindPositiveModulo),
	comparingFunction("greatest", 1, doc("math_funcs", "Returns the largest argument that is not null; null if all are.", "expr1, expr2, … - values of a common type with an order").
		example("SELECT greatest(10, 9, 2, 4, 3);", "10")),
	comparingFunction("least", -1, doc("math_funcs", "Returns the smallest argument that is not null; null if all are.", "expr1, expr2, … - values of a common type with an order").
		example("SELECT least(10, 9, 2, 4, 3);", "2")),
}

// power is Java's Math.pow: unlike Go's, 1 to the power of NaN or infinity is NaN.
func power(a, b float64) float64 {
	if a == 1 && b != b || (a == 1 || a == -1) && math.IsInf(b, 0) {
		return math.NaN()
	}
	return math.Pow(a, b)
}

// bindIsNaN makes isnan, which is false for null.
func bindIsNaN(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	return outcome{result: types.BooleanType, kernel: isNaNKernel, args: args}, nil
}

// bindNaNVL makes IF(isnan(a), b, a).
func bindNaNVL(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
	t := types.DoubleType
	if args[0].Type().Kind == types.Float && args[1].Type().Kind == types.Float {
		t = types.FloatType
	}
	for i := range args {
		if k := args[i].Type(); !k.IsNumeric() && k.Kind != types.String && k.Kind != types.Void {
			return nil, unexpectedType(c, "nanvl", args, i, `("DOUBLE" or "FLOAT")`)
		}
	}
	a, err := castTo(c, args[0], t)
	if err != nil {
		return nil, err
	}
	b, err := castTo(c, args[1], t)
	if err != nil {
		return nil, err
	}
	f, _ := Lookup("isnan")
	nan, err := f.Bind(c, []expr.Expr{a})
	if err != nil {
		return nil, err
	}
	return newIf(c, callText("nanvl", args), nan, b, a)
}
