package builtin

import (
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

var logicFunctions = []*expr.Function{
	rewrite("and", doc("predicate_funcs", "Logical AND.", "expr1 - a boolean", "expr2 - a boolean").printed(infix("AND", "and")).
		example("SELECT true and true;", "true").example("SELECT true and NULL;", "NULL").example("SELECT false and NULL;", "false"), 2, -1,
		func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
			args, err := logicArgs(c, "AND", args)
			if err != nil {
				return nil, err
			}
			return newAnd(c, flatten(args, expr.Conjuncts)...), nil
		}),
	rewrite("or", doc("predicate_funcs", "Logical OR.", "expr1 - a boolean", "expr2 - a boolean").printed(infix("OR", "or")).
		example("SELECT true or false;", "true").example("SELECT true or NULL;", "true").example("SELECT false or NULL;", "NULL"), 2, -1,
		func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
			args, err := logicArgs(c, "OR", args)
			if err != nil {
				return nil, err
			}
			args = flatten(args, expr.Disjuncts)
			return &expr.Or{Base: expr.Base{Typ: types.BooleanType, Null: anyNullable(args), Span: c.Span}, Args: args}, nil
		}),
	alias(rewrite("not", doc("predicate_funcs", "Logical NOT.", "expr - a boolean").printed(enclosed(1, "(NOT ", ")")).
		example("SELECT not true;", "false").example("SELECT ! NULL;", "NULL"), 1, 1,
		func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
			t, ok := boolean.implicit(args[0].Type(), coercion(c))
			if !ok {
				return nil, unexpectedTypeIn(c, quoted("(NOT "+pretty(args[0])+")"), args, 0, boolean.text)
			}
			e, err := castTo(c, args[0], t)
			if err != nil {
				return nil, err
			}
			return newNot(c, e), nil
		}), "!"),
}

// flatten splits nested conjunctions (or disjunctions) into one list.
func flatten(args []expr.Expr, split func(expr.Expr) []expr.Expr) []expr.Expr {
	var all []expr.Expr
	for _, a := range args {
		all = append(all, split(a)...)
	}
	return all
}

// logicArgs are the operands of AND or OR as booleans.
func logicArgs(c *expr.BindContext, operator string, args []expr.Expr) ([]expr.Expr, error) {
	for i := 1; i < len(args); i++ {
		l, r := args[0].Type(), args[i].Type()
		text := operatorText(operator, args[0], args[i])
		// In ANSI mode a string next to a boolean is read as one.
		hasBoolean := l.Kind == types.Boolean || r.Kind == types.Boolean
		fits := func(t types.Type) bool {
			return t.Kind == types.Boolean || t.Kind == types.Void || c.Settings.ANSI && hasBoolean && t.Kind == types.String
		}
		switch {
		case fits(l) && fits(r):
		case l.SameType(r), l.Kind == types.Void, r.Kind == types.Void:
			if l.Kind == types.Void {
				l = r
			}
			return nil, diag.New("DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE", "sqlExpr", text, "inputType", boolean.text,
				"actualDataType", quoted(l.SQL())).At(c.Span)
		default:
			return nil, diag.New("DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES", "sqlExpr", text, "left", quoted(l.SQL()),
				"right", quoted(r.SQL())).At(c.Span)
		}
	}
	return castAllTo(c, args, types.BooleanType)
}

// condition is argument at, which has to be a boolean or NULL.
func condition(c *expr.BindContext, sqlExpr string, args []expr.Expr, at int) (expr.Expr, error) {
	if k := args[at].Type().Kind; k != types.Boolean && k != types.Void {
		return nil, unexpectedTypeIn(c, sqlExpr, args, at, boolean.text)
	}
	return castTo(c, args[at], types.BooleanType)
}

var conditionalFunctions = []*expr.Function{
	rewrite("if", doc("conditional_funcs", "Returns expr2 if expr1 is true, else expr3.", "expr1 - a boolean", "expr2 - a value", "expr3 - a value of a common type").printed(enclosed(3, "(IF(", "))")).
		example("SELECT if(1 < 2, 'a', 'b');", "a"), 3, 3,
		func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
			texts := []string{pretty(args[0]), pretty(args[1]), pretty(args[2])}
			text := quoted("(IF(" + strings.Join(texts, ", ") + "))")
			when, err := condition(c, text, args, 0)
			if err != nil {
				return nil, err
			}
			return newIf(c, text, when, args[1], args[2])
		}),
	alias(rewrite("when", doc("conditional_funcs", "CASE WHEN expr1 THEN expr2 [WHEN expr3 THEN expr4]* [ELSE expr5] END: returns the result of the first condition that is true, else expr5 or null.",
		"expr1, expr3 - booleans", "expr2, expr4, expr5 - values of a common type").
		example("SELECT CASE WHEN 1 > 0 THEN 1 WHEN 2 > 0 THEN 2.0 ELSE 1.2 END;", "1.0").
		example("SELECT CASE WHEN 1 < 0 THEN 1 WHEN 2 < 0 THEN 2.0 END;", "NULL"), 2, -1, bindCase), "case"),
	rewrite("coalesce", doc("conditional_funcs", "Returns the first argument that is not null, else null.", "expr1, expr2, … - values of a common type").
		example("SELECT coalesce(NULL, 1, NULL);", "1"), 1, -1, bindCoalesce),
	alias(rewrite("nvl", doc("conditional_funcs", "Returns expr2 if expr1 is null, else expr1.", "expr1 - a value", "expr2 - a value of a common type").
		example("SELECT nvl(NULL, 2);", "2"), 2, 2, bindCoalesce), "ifnull"),
	rewrite("nvl2", doc("conditional_funcs", "Returns expr2 if expr1 is not null, else expr3.", "expr1 - a value", "expr2 - a value", "expr3 - a value of a common type").
		example("SELECT nvl2(NULL, 2, 1);", "1"), 3, 3,
		func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
			return newIf(c, callText("nvl2", args), newNot(c, newIsNull(c, args[0])), args[1], args[2])
		}),
	rewrite("nullif", doc("conditional_funcs", "Returns null if expr1 equals expr2, else expr1.", "expr1 - a value", "expr2 - a value of a common type").
		example("SELECT nullif(2, 2);", "NULL"), 2, 2, bindNullIf),
	rewrite("nullifzero", doc("conditional_funcs", "Returns null if expr is 0, else expr.", "expr - a number").
		example("SELECT nullifzero(0);", "NULL").example("SELECT nullifzero(2);", "2"), 1, 1,
		func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
			return bindNullIf(c, []expr.Expr{args[0], newLiteral(c, int32(0), types.IntType)})
		}),
	rewrite("zeroifnull", doc("conditional_funcs", "Returns 0 if expr is null, else expr.", "expr - a number").
		example("SELECT zeroifnull(NULL);", "0").example("SELECT zeroifnull(2);", "2"), 1, 1,
		func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
			return bindCoalesce(c, []expr.Expr{args[0], newLiteral(c, int32(0), types.IntType)})
		}),
}

func bindNullIf(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
	equal, err := bindComparison(c, expr.Equal, args[0], args[1])
	if err != nil {
		return nil, err
	}
	return newIf(c, callText("nullif", args), equal, newLiteral(c, nil, args[0].Type()), args[0])
}

// newIf makes IF(when, then, otherwise).
func newIf(c *expr.BindContext, sqlExpr string, when, then, otherwise expr.Expr) (expr.Expr, error) {
	values, t, err := commonType(c, "if", sqlExpr, []expr.Expr{then, otherwise})
	if err != nil {
		return nil, err
	}
	return &expr.Case{Base: expr.Base{Typ: t, Null: anyNullable(values), Span: c.Span},
		Whens: []expr.When{{Condition: when, Result: values[0]}}, Else: values[1]}, nil
}

// bindCase binds condition, result, condition, result, … [, else].
func bindCase(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
	text := caseText(args)
	n := len(args) / 2
	conditions := make([]expr.Expr, n)
	values := make([]expr.Expr, 0, n+1)
	for i := range n {
		conditions[i] = args[2*i]
		values = append(values, args[2*i+1])
	}
	null := newLiteral(c, nil, types.VoidType)
	if len(args)%2 == 1 {
		values = append(values, args[len(args)-1])
	} else {
		values = append(values, null)
	}
	values, t, err := commonType(c, "casewhen", text, values)
	if err != nil {
		return nil, err
	}
	result := &expr.Case{Base: expr.Base{Typ: t, Null: anyNullable(values), Span: c.Span}, Else: values[n]}
	for i := range n {
		when, err := condition(c, text, conditions, i)
		if err != nil {
			return nil, err
		}
		result.Whens = append(result.Whens, expr.When{Condition: when, Result: values[i]})
	}
	return result, nil
}

func caseText(args []expr.Expr) string {
	var b strings.Builder
	b.WriteString("CASE")
	for i := 0; i+1 < len(args); i += 2 {
		b.WriteString(" WHEN " + pretty(args[i]) + " THEN " + pretty(args[i+1]))
	}
	if len(args)%2 == 1 {
		b.WriteString(" ELSE " + pretty(args[len(args)-1]))
	}
	return quoted(b.String() + " END")
}

func bindCoalesce(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
	values, t, err := commonType(c, "coalesce", callText("coalesce", args), args)
	if err != nil {
		return nil, err
	}
	if len(values) == 1 {
		return values[0], nil
	}
	null := true
	for _, v := range values {
		null = null && v.Nullable()
	}
	return &expr.Coalesce{Base: expr.Base{Typ: t, Null: null, Span: c.Span}, Args: values}, nil
}

// commonType casts values to the type that all of them share.
func commonType(c *expr.BindContext, name, sqlExpr string, values []expr.Expr) ([]expr.Expr, types.Type, error) {
	list := make([]types.Type, len(values))
	for i, v := range values {
		list[i] = v.Type()
	}
	t, ok := coercion(c).WiderCommonType(list)
	if !ok {
		// An absent ELSE is not among the types that the message lists.
		shown := values
		if l, ok := values[len(values)-1].(*expr.Literal); ok && name == "casewhen" && l.Value == nil && l.Typ.Kind == types.Void {
			shown = values[:len(values)-1]
		}
		return nil, t, differentTypes(c, name, sqlExpr, shown)
	}
	cast := make([]expr.Expr, len(values))
	for i, v := range values {
		e, err := castTo(c, v, t)
		if err != nil {
			return nil, t, err
		}
		cast[i] = e
	}
	return cast, t, nil
}
