package builtin

import (
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

var comparisonFunctions = []*expr.Function{
	alias(comparison("=", expr.Equal, doc("predicate_funcs", "Returns true if expr1 equals expr2, or false otherwise.", "expr1 - a value", "expr2 - a value of a common type").printed(infix("=", "=", "==")).
		example("SELECT 2 = 2;", "true").example("SELECT 1 = '1';", "true").example("SELECT true = NULL;", "NULL")), "=="),
	alias(comparison("<>", expr.NotEqual, doc("predicate_funcs", "Returns true if expr1 does not equal expr2, or false otherwise.", "expr1 - a value", "expr2 - a value of a common type").printed(printNotEqual).
		example("SELECT 1 != 2;", "true").example("SELECT 1 <> '2';", "true")), "!="),
	comparison("<", expr.Less, doc("predicate_funcs", "Returns true if expr1 is less than expr2.", "expr1 - a value", "expr2 - a value of a common type").printed(infix("<")).
		example("SELECT 1 < 2;", "true").example("SELECT 1.1 < '1';", "false")),
	comparison("<=", expr.LessOrEqual, doc("predicate_funcs", "Returns true if expr1 is less than or equal to expr2.", "expr1 - a value", "expr2 - a value of a common type").printed(infix("<=")).
		example("SELECT 2 <= 2;", "true").example("SELECT 1 <= NULL;", "NULL")),
	comparison(">", expr.Greater, doc("predicate_funcs", "Returns true if expr1 is greater than expr2.", "expr1 - a value", "expr2 - a value of a common type").printed(infix(">")).
		example("SELECT 2 > 1;", "true").example("SELECT 2 > 1.1;", "true")),
	comparison(">=", expr.GreaterOrEqual, doc("predicate_funcs", "Returns true if expr1 is greater than or equal to expr2.", "expr1 - a value", "expr2 - a value of a common type").printed(infix(">=")).
		example("SELECT 2 >= 1;", "true").example("SELECT 2.0 >= '2.1';", "false")),
	comparison("<=>", expr.NullSafeEqual, doc("predicate_funcs", "Returns the same as = for values that are not null, true if both are null, and false if one of them is.", "expr1 - a value", "expr2 - a value of a common type").printed(infix("<=>")).
		example("SELECT 2 <=> 2;", "true").example("SELECT true <=> NULL;", "false").example("SELECT NULL <=> NULL;", "true")),
	rewrite("equal_null", doc("predicate_funcs", "Returns the same as expr1 <=> expr2.", "expr1 - a value", "expr2 - a value of a common type").
		example("SELECT equal_null(3, 3);", "true").example("SELECT equal_null(NULL, 'a');", "false"), 2, 2,
		func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
			return bindComparison(c, expr.NullSafeEqual, args[0], args[1])
		}),
	rewrite("between", doc("predicate_funcs", "Returns true if input is at least lower and at most upper.", "input - a value", "lower - the lowest value", "upper - the highest value").
		example("SELECT 0.5 BETWEEN 0.1 AND 1.0;", "true"), 3, 3, bindBetween),
	rewrite("isnull", doc("predicate_funcs", "Returns true if expr is null.", "expr - a value").printed(enclosed(1, "(", " IS NULL)")).
		example("SELECT isnull(1);", "false"), 1, 1, func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		return newIsNull(c, args[0]), nil
	}),
	rewrite("isnotnull", doc("predicate_funcs", "Returns true if expr is not null.", "expr - a value").printed(enclosed(1, "(", " IS NOT NULL)")).
		example("SELECT isnotnull(1);", "true"), 1, 1, func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		return newNot(c, newIsNull(c, args[0])), nil
	}),
	asSyntax(isTruth("istrue", true)), asSyntax(isTruth("isfalse", false)),
	asSyntax(rewrite("isunknown", doc("predicate_funcs", "expr IS UNKNOWN: returns true if the boolean expr is null.", "expr - a boolean").printed(enclosed(1, "(", " IS NULL)")).
		example("SELECT CAST(NULL AS BOOLEAN) IS UNKNOWN;", "true"), 1, 1, func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		e, err := condition(c, callText("isunknown", args), args, 0)
		if err != nil {
			return nil, err
		}
		return newIsNull(c, e), nil
	})),
}

func comparison(name string, op expr.CompareOp, d document) *expr.Function {
	return rewrite(name, d, 2, 2, func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		return bindComparison(c, op, args[0], args[1])
	})
}

// isTruth is IS TRUE or IS FALSE, which Spark reads as <=> with the constant.
func isTruth(name string, truth bool) *expr.Function {
	value := map[bool]string{true: "TRUE", false: "FALSE"}[truth]
	return rewrite(name, doc("predicate_funcs", "expr IS "+value+": false if expr is null.", "expr - a boolean").printed(enclosed(1, "(", " <=> "+strings.ToLower(value)+")")).
		example("SELECT (1 = 2) IS "+value+";", map[bool]string{true: "false", false: "true"}[truth]), 1, 1,
		func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
			return bindComparison(c, expr.NullSafeEqual, args[0], newLiteral(c, truth, types.BooleanType))
		})
}

// bindComparison makes a comparison after bringing both sides to one type.
func bindComparison(c *expr.BindContext, op expr.CompareOp, left, right expr.Expr) (expr.Expr, error) {
	operator := op.String()
	if op == expr.NotEqual {
		operator = "=" // Spark reads a <> b as NOT (a = b), and its messages show the inner part
	}
	l, r := left.Type(), right.Type()
	if l.Kind == types.Decimal || r.Kind == types.Decimal {
		if l.IsNumeric() && r.IsNumeric() {
			l, r = decimalOperands(left, right, l, r)
		}
	}
	t, ok := coercion(c).ComparisonType(l, r)
	if !ok && !c.Settings.ANSI {
		t, ok = booleanEquality(op, l, r)
	}
	if !ok {
		return nil, diag.New("DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES", "sqlExpr", operatorText(operator, left, right),
			"left", quoted(left.Type().SQL()), "right", quoted(right.Type().SQL())).At(c.Span)
	}
	if !Orderable(t) {
		return nil, diag.New("DATATYPE_MISMATCH.INVALID_ORDERING_TYPE", "sqlExpr", operatorText(operator, left, right),
			"functionName", routine(operator), "dataType", quoted(t.SQL())).At(c.Span)
	}
	if t.Kind == types.Void {
		if op == expr.NullSafeEqual {
			return newLiteral(c, true, types.BooleanType), nil
		}
		return newLiteral(c, nil, types.BooleanType), nil
	}
	a, err := castTo(c, left, t)
	if err != nil {
		return nil, err
	}
	b, err := castTo(c, right, t)
	if err != nil {
		return nil, err
	}
	null := op != expr.NullSafeEqual && (a.Nullable() || b.Nullable())
	return &expr.Comparison{Base: expr.Base{Typ: types.BooleanType, Null: null, Span: c.Span}, Op: op, Left: a, Right: b}, nil
}

// booleanEquality lets a boolean meet a number outside ANSI mode: true = 1.
func booleanEquality(op expr.CompareOp, l, r types.Type) (types.Type, bool) {
	if op != expr.Equal && op != expr.NotEqual && op != expr.NullSafeEqual {
		return types.Type{}, false
	}
	switch {
	case l.Kind == types.Boolean && r.IsNumeric():
		return r, true
	case r.Kind == types.Boolean && l.IsNumeric():
		return l, true
	}
	return types.Type{}, false
}

// Orderable reports whether values of t can be compared, sorted and grouped: no maps, variants or calendar intervals.
func Orderable(t types.Type) bool {
	switch t.Kind {
	case types.Map, types.Variant, types.CalendarInterval:
		return false
	case types.Array:
		return Orderable(t.Elem())
	case types.Struct:
		for _, f := range t.Fields() {
			if !Orderable(f.Type) {
				return false
			}
		}
	}
	return true
}

func bindBetween(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
	low, err := bindComparison(c, expr.GreaterOrEqual, args[0], args[1])
	if err != nil {
		return nil, err
	}
	high, err := bindComparison(c, expr.LessOrEqual, args[0], args[2])
	if err != nil {
		return nil, err
	}
	return newAnd(c, low, high), nil
}

// newLiteral makes a constant at the call's place.
func newLiteral(c *expr.BindContext, value any, t types.Type) *expr.Literal {
	return &expr.Literal{Base: expr.Base{Typ: t, Null: value == nil, Span: c.Span}, Value: value}
}

func newIsNull(c *expr.BindContext, e expr.Expr) expr.Expr {
	return &expr.IsNull{Base: expr.Base{Typ: types.BooleanType, Span: c.Span}, Input: e}
}

func newNot(c *expr.BindContext, e expr.Expr) expr.Expr {
	return &expr.Not{Base: expr.Base{Typ: types.BooleanType, Null: e.Nullable(), Span: c.Span}, Input: e}
}

func newAnd(c *expr.BindContext, args ...expr.Expr) expr.Expr {
	return &expr.And{Base: expr.Base{Typ: types.BooleanType, Null: anyNullable(args), Span: c.Span}, Args: args}
}
