package builtin

import (
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// arithmeticInput is what Spark's messages say an operator takes.
var arithmeticInput = map[expr.ArithmeticOp]string{
	expr.Add:            `("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH" or "INTERVAL")`,
	expr.Subtract:       `("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH" or "INTERVAL")`,
	expr.Multiply:       `"NUMERIC"`,
	expr.Divide:         `("DOUBLE" or "DECIMAL")`,
	expr.IntegralDivide: `("BIGINT" or "DECIMAL" or "INTERVAL YEAR TO MONTH" or "INTERVAL DAY TO SECOND")`,
	expr.Remainder:      `"NUMERIC"`,
}

var operatorFunctions = []*expr.Function{
	arithmeticFunction("+", expr.Add, doc("math_funcs", "Returns expr1 + expr2.", "expr1 - a number, date, timestamp or interval", "expr2 - a number or interval").printed(printTemporal, infix("+"), enclosed(1, "(+ ", ")")).
		example("SELECT 1 + 2;", "3")),
	arithmeticFunction("-", expr.Subtract, doc("math_funcs", "Returns expr1 - expr2.", "expr1 - a number, date, timestamp or interval", "expr2 - a number, date, timestamp or interval").printed(printTemporal, infix("-"), printNegative).
		example("SELECT 2 - 1;", "1")),
	arithmeticFunction("*", expr.Multiply, doc("math_funcs", "Returns expr1 * expr2.", "expr1 - a number or interval", "expr2 - a number").printed(printTemporal, infix("*")).
		example("SELECT 2 * 3;", "6")),
	arithmeticFunction("/", expr.Divide, doc("math_funcs", "Returns expr1 / expr2. It always performs floating point or decimal division.", "expr1 - a number or interval", "expr2 - a number").printed(infix("/")).
		example("SELECT 3 / 2;", "1.5").example("SELECT 2L / 2L;", "1.0")),
	alias(arithmeticFunction("%", expr.Remainder, doc("math_funcs", "Returns the remainder after expr1 / expr2, with the sign of expr1.", "expr1 - a number", "expr2 - a number").printed(infix("%")).
		example("SELECT 2 % 1.8;", "0.2").example("SELECT MOD(2, 1.8);", "0.2")), "mod"),
	arithmeticFunction("div", expr.IntegralDivide, doc("math_funcs", "Divides expr1 by expr2 and returns the integral part, a bigint.", "expr1 - a number or interval", "expr2 - a number or interval").printed(infix("div")).
		example("SELECT 3 div 2;", "1").example("SELECT INTERVAL '1-1' YEAR TO MONTH div INTERVAL '-1' MONTH;", "-13")),
	rewrite("negative", doc("math_funcs", "Returns the negated value of expr.", "expr - a number or interval").printed(printNegative).
		example("SELECT negative(1);", "-1"), 1, 1, bindNegate),
	rewrite("positive", doc("math_funcs", "Returns the value of expr.", "expr - a number or interval").printed(enclosed(1, "(+ ", ")")).
		example("SELECT positive(1);", "1"), 1, 1, bindPositive),
	tryFunction("try_add", expr.Add, doc("math_funcs", "Returns the sum of expr1 and expr2, or null if it does not fit its type.", "expr1 - as for +", "expr2 - as for +").
		example("SELECT try_add(1, 2);", "3").example("SELECT try_add(2147483647, 1);", "NULL")),
	tryFunction("try_subtract", expr.Subtract, doc("math_funcs", "Returns expr1 - expr2, or null if it does not fit its type.", "expr1 - as for -", "expr2 - as for -").
		example("SELECT try_subtract(2, 1);", "1").example("SELECT try_subtract(-2147483648, 1);", "NULL")),
	tryFunction("try_multiply", expr.Multiply, doc("math_funcs", "Returns expr1 * expr2, or null if it does not fit its type.", "expr1 - as for *", "expr2 - as for *").
		example("SELECT try_multiply(2, 3);", "6").example("SELECT try_multiply(-2147483648, 10);", "NULL")),
	tryFunction("try_divide", expr.Divide, doc("math_funcs", "Returns expr1 / expr2, or null if expr2 is 0 or the result does not fit.", "expr1 - as for /", "expr2 - as for /").
		example("SELECT try_divide(3, 2);", "1.5").example("SELECT try_divide(1, 0);", "NULL")),
	tryFunction("try_mod", expr.Remainder, doc("math_funcs", "Returns the remainder after expr1 / expr2, or null if expr2 is 0.", "expr1 - a number", "expr2 - a number").
		example("SELECT try_mod(3, 2);", "1").example("SELECT try_mod(1, 0);", "NULL")),
}

func arithmeticFunction(name string, op expr.ArithmeticOp, d document) *expr.Function {
	least := 2
	if op == expr.Subtract || op == expr.Add {
		least = 1 // the sign
	}
	return rewrite(name, d, least, 2, func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		if len(args) == 1 && op == expr.Subtract {
			return bindNegate(c, args)
		}
		if len(args) == 1 {
			return bindPositive(c, args)
		}
		return bindArithmetic(c, op, args[0], args[1], modeOf(c))
	})
}

func tryFunction(name string, op expr.ArithmeticOp, d document) *expr.Function {
	return rewrite(name, d, 2, 2, func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		return bindArithmetic(c, op, args[0], args[1], expr.Try)
	})
}

// modeOf is the error mode of the session.
func modeOf(c *expr.BindContext) expr.ErrorMode {
	if c.Settings.ANSI {
		return expr.Checked
	}
	return expr.Legacy
}

// bindArithmetic makes the node of a binary arithmetic operator: an Arithmetic on numbers, a call on dates, timestamps
// and intervals.
func bindArithmetic(c *expr.BindContext, op expr.ArithmeticOp, left, right expr.Expr, mode expr.ErrorMode) (expr.Expr, error) {
	if e, ok, err := bindTemporal(c, op, left, right, mode); ok || err != nil {
		return e, err
	}
	l, r, ok := arithmeticTypes(c, op, left, right)
	if !ok {
		return nil, diag.New("DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES", "sqlExpr", operatorText(op.String(), left, right),
			"left", quoted(left.Type().SQL()), "right", quoted(right.Type().SQL())).At(c.Span)
	}
	if !l.IsNumeric() {
		return nil, diag.New("DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE", "sqlExpr", operatorText(op.String(), left, right),
			"inputType", arithmeticInput[op], "actualDataType", quoted(l.SQL())).At(c.Span)
	}
	a, err := castOperand(c, left, right, l)
	if err != nil {
		return nil, err
	}
	b, err := castOperand(c, right, left, r)
	if err != nil {
		return nil, err
	}
	return newArithmetic(c, op, a, b, mode), nil
}

// castOperand casts an operand to t. In ANSI mode a string that meets an integer is read as a bigint, even where the
// operator then works on doubles.
func castOperand(c *expr.BindContext, e, other expr.Expr, t types.Type) (expr.Expr, error) {
	if c.Settings.ANSI && e.Type().Kind == types.String && other.Type().IsIntegral() {
		read, err := castTo(c, e, types.LongType)
		if err != nil {
			return nil, err
		}
		e = read
	}
	return castTo(c, e, t)
}

// newArithmetic makes the node for operands that have been coerced.
func newArithmetic(c *expr.BindContext, op expr.ArithmeticOp, left, right expr.Expr, mode expr.ErrorMode) *expr.Arithmetic {
	t := arithmeticResult(c, op, left.Type(), right.Type())
	null := left.Nullable() || right.Nullable()
	if mode != expr.Checked {
		divides := op == expr.Divide || op == expr.IntegralDivide || op == expr.Remainder
		null = null || divides || t.Kind == types.Decimal || mode == expr.Try && !t.IsFloating()
	}
	return &expr.Arithmetic{Base: expr.Base{Typ: t, Null: null, Span: c.Span}, Op: op, Left: left, Right: right, Mode: mode}
}

// arithmeticTypes are the types to cast the operands to; equal, or two decimals of their own scales.
func arithmeticTypes(c *expr.BindContext, op expr.ArithmeticOp, left, right expr.Expr) (l, r types.Type, ok bool) {
	l, r = left.Type(), right.Type()
	rules := coercion(c)
	if l.Kind == types.String || r.Kind == types.String {
		if l, r, ok = stringOperands(rules, l, r); !ok {
			return l, r, false
		}
	}
	if l.Kind == types.Void && r.Kind == types.Void {
		l, r = types.DoubleType, types.DoubleType
		if op == expr.IntegralDivide {
			l, r = types.LongType, types.LongType
		}
	}
	if l.Kind == types.Decimal || r.Kind == types.Decimal {
		l, r = decimalOperands(left, right, l, r)
	}
	if l.Kind != types.Decimal || r.Kind != types.Decimal {
		t, ok := rules.TightestCommonType(l, r)
		if !ok || t.IsInterval() && (op == expr.Divide || op == expr.IntegralDivide) {
			return l, r, false
		}
		l, r = t, t
	}
	switch {
	case !l.IsNumeric() || l.Kind == types.Decimal:
	case op == expr.Divide:
		l, r = types.DoubleType, types.DoubleType
	case op == expr.IntegralDivide && l.IsIntegral():
		l, r = types.LongType, types.LongType
	case op == expr.IntegralDivide:
		return l, r, false // div is for integers and decimals
	}
	return l, r, true
}

// stringOperands are the types that Spark reads the strings among two operands as.
func stringOperands(rules types.Coercion, l, r types.Type) (_, _ types.Type, ok bool) {
	if !rules.ANSI {
		read := func(t types.Type) types.Type {
			if t.Kind == types.String {
				return types.DoubleType
			}
			return t
		}
		return read(l), read(r), true
	}
	if l.Kind == r.Kind {
		return l, r, true // two strings: the operator's type check refuses them
	}
	t, ok := rules.WiderType(l, r)
	return t, t, ok
}

// decimalOperands are the types of operands of which at least one is a decimal: integers become decimals, literals the
// smallest that holds them, and a float makes both doubles.
func decimalOperands(left, right expr.Expr, l, r types.Type) (_, _ types.Type) {
	switch {
	case l.IsFloating() || r.IsFloating():
		return types.DoubleType, types.DoubleType
	case l.IsIntegral():
		return decimalForInteger(left, l), r
	case r.IsIntegral():
		return l, decimalForInteger(right, r)
	case l.Kind == types.Void:
		return r, r
	case r.Kind == types.Void:
		return l, l
	}
	return l, r
}

// decimalForInteger is the decimal type for an integer operand: for a literal, as many digits as it has. As in Spark, that does
// not hold for 1Y.
func decimalForInteger(e expr.Expr, t types.Type) types.Type {
	if l, ok := e.(*expr.Literal); ok && l.Value != nil && !l.Computed && t.IsIntegral() && t.Kind != types.Byte {
		return types.DecimalForIntegerLiteral(integerValue(l.Value))
	}
	return types.DecimalFor(t)
}

// integerValue widens an integer in its Go form.
func integerValue(v any) int64 {
	n, ok := types.Integer64(v)
	if !ok {
		panic(&diag.Bug{Value: "builtin: not an integer"})
	}
	return n
}

// arithmeticResult is the type of an operator over coerced operands.
func arithmeticResult(c *expr.BindContext, op expr.ArithmeticOp, l, r types.Type) types.Type {
	if op == expr.IntegralDivide {
		return types.LongType
	}
	if l.Kind != types.Decimal {
		return l
	}
	if c.Settings.Conf != nil && c.Settings.Conf("spark.sql.decimalOperations.allowPrecisionLoss") == "false" {
		return exactDecimal(op, l, r)
	}
	switch op {
	case expr.Multiply:
		return types.DecimalMultiplyType(l, r)
	case expr.Divide:
		return types.DecimalDivideType(l, r)
	case expr.Remainder:
		return types.DecimalRemainderType(l, r)
	}
	return types.DecimalAddType(l, r)
}

// exactDecimal is the type of an operator over decimals where no digits may be lost to make room: what exceeds 38 digits
// is then an overflow.
func exactDecimal(op expr.ArithmeticOp, l, r types.Type) types.Type {
	p1, s1, p2, s2 := int(l.Precision), int(l.Scale), int(r.Precision), int(r.Scale)
	switch op {
	case expr.Multiply:
		return types.BoundedDecimal(p1+p2+1, s1+s2)
	case expr.Divide:
		integral, fraction := min(types.MaxPrecision, p1-s1+s2), min(types.MaxPrecision, max(6, s1+p2+1))
		if excess := integral + fraction - types.MaxPrecision; excess > 0 {
			fraction -= excess/2 + 1
			integral = types.MaxPrecision - fraction
		}
		return types.BoundedDecimal(integral+fraction, fraction)
	case expr.Remainder:
		return types.BoundedDecimal(min(p1-s1, p2-s2)+max(s1, s2), max(s1, s2))
	}
	return types.BoundedDecimal(max(s1, s2)+max(p1-s1, p2-s2)+1, max(s1, s2))
}

// bindNegate makes the unary minus.
func bindNegate(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
	e, err := signed(c, "negative", `("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH" or "INTERVAL")`, args)
	if err != nil {
		return nil, err
	}
	if e.Type().IsInterval() {
		return bindNegateInterval(c, e)
	}
	return &expr.Arithmetic{Base: expr.Base{Typ: e.Type(), Null: e.Nullable(), Span: c.Span}, Op: expr.Negate, Left: e, Mode: modeOf(c)}, nil
}

// bindPositive makes the unary plus: its argument.
func bindPositive(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
	return signed(c, "positive", `("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH" or "INTERVAL")`, args)
}

// signed is the argument of a sign: a number or interval; strings are read as doubles.
func signed(c *expr.BindContext, name, required string, args []expr.Expr) (expr.Expr, error) {
	t := args[0].Type()
	switch {
	case t.IsNumeric() || t.IsInterval():
		return args[0], nil
	case t.Kind == types.String || t.Kind == types.Void:
		return castTo(c, args[0], types.DoubleType)
	}
	return nil, unexpectedType(c, name, args, 0, required)
}
