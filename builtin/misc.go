package builtin

import (
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Version is the version of Spark whose language kiln speaks, which version() returns.
const Version = "4.0.1"

// settingFunction is a function without arguments whose value is in the session's settings.
// The example asks something whose answer is the same everywhere.
func settingFunction(name, usage string, value func(s *expr.Settings) string) *expr.Function {
	return rewrite(name, doc("misc_funcs", usage).example("SELECT length("+name+"()) > 0;", "true"), 0, 0, func(c *expr.BindContext, _ []expr.Expr) (expr.Expr, error) {
		return newLiteral(c, value(c.Settings), types.StringType), nil
	})
}

var miscFunctions = []*expr.Function{
	rewrite("typeof", doc("misc_funcs", "Returns the type of expr, as DDL spells it.", "expr - a value").
		example("SELECT typeof(1);", "int").example("SELECT typeof(array(1));", "array<int>"), 1, 1,
		func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
			return newLiteral(c, args[0].Type().String(), types.StringType), nil
		}),
	alias(settingFunction("current_user", "Returns the name of the user.", func(s *expr.Settings) string { return s.User }), "user", "session_user"),
	reprinted(alias(settingFunction("current_database", "Returns the current database.", func(s *expr.Settings) string { return s.Database }), "current_schema"), under("current_schema", "current_database")),
	settingFunction("current_catalog", "Returns the current catalog.", func(*expr.Settings) string { return "spark_catalog" }),
	settingFunction("version", "Returns the version of Spark whose language this is.", func(*expr.Settings) string { return Version }),
	raiseFunction,
	rewrite("assert_true", doc("misc_funcs", "Fails if expr is not true; else returns null.", "expr - a boolean", "message - the text of the error").printed(printAssert).
		example("SELECT assert_true(0 < 1);", "NULL"), 1, 2, bindAssert),
}

// printRaise writes raise_error as Spark keeps it: an error condition and its parameters.
func printRaise(c *expr.PrintedCall) (string, bool) {
	if len(c.Args) == 1 {
		c.Args = []string{"USER_RAISED_EXCEPTION", "map(errorMessage, " + c.Args[0] + ")"}
	}
	return "", false
}

// printAssert adds the message that assert_true has by default.
func printAssert(c *expr.PrintedCall) (string, bool) {
	if len(c.Args) == 1 {
		c.Args = append(c.Args, "'"+c.Args[0]+"' is not true!")
	}
	return "", false
}

// castFunctions are the names of types as functions: int(x) is CAST(x AS INT).
var castFunctions = []*expr.Function{
	castFunction("boolean", types.BooleanType, "'yes'", "true"), castFunction("tinyint", types.ByteType, "'12'", "12"),
	castFunction("smallint", types.ShortType, "'-300'", "-300"), castFunction("int", types.IntType, "'10'", "10"),
	castFunction("bigint", types.LongType, "'10000000000'", "10000000000"), castFunction("float", types.FloatType, "'1.5'", "1.5"),
	castFunction("double", types.DoubleType, "'1e3'", "1000.0"), castFunction("decimal", types.DecimalType(10, 0), "'12'", "12"),
	castFunction("date", types.DateType, "'2020-02-29'", "2020-02-29"), castFunction("timestamp", types.TimestampType, "'2020-02-29 01:02:03'", "2020-02-29 01:02:03"),
	castFunction("binary", types.BinaryType, "'Spark SQL'", "Spark SQL"), castFunction("string", types.StringType, "10", "10"),
}

// castFunction has as its example the cast of one literal.
func castFunction(name string, t types.Type, literal, result string) *expr.Function {
	return rewrite(name, doc("conversion_funcs", "Casts expr to "+t.SQL()+".", "expr - a value").printed(enclosed(1, "", "")).example("SELECT "+name+"("+literal+");", result), 1, 1,
		func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
			e, err := Cast(args[0], t, modeOf(c), c.Settings)
			if k, ok := e.(*expr.Cast); ok && err == nil {
				k.Span = c.Span
			}
			return e, err
		})
}

// raiseFunction fails for every row it is evaluated for. It may not be folded or moved: it is marked non-deterministic.
var raiseFunction = func() *expr.Function {
	f := scalar("raise_error", doc("misc_funcs", "Fails with the given message.", "expr - a string").printed(printRaise).
		example("SELECT IF(1 > 2, raise_error('custom error message'), 'fine');", "fine"),
		signature{params: of(text), result: types.VoidType, nullable: true, fails: true,
			kernel: func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
				message := stringsOf(args[0])
				return each(sel, out, func(i int) error {
					if args[0].IsNull(i) {
						return diag.New("USER_RAISED_EXCEPTION", "errorMessage", "null").At(c.Span)
					}
					return diag.New("USER_RAISED_EXCEPTION", "errorMessage", string(message.at(i))).At(c.Span)
				})
			}})
	f.Nulls = expr.NullAware
	f.NonDeterministic = true
	return f
}()

// bindAssert makes IF(expr, NULL, raise_error(message)).
func bindAssert(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
	t, ok := boolean.implicit(args[0].Type(), coercion(c))
	if !ok {
		return nil, unexpectedType(c, "assert_true", args, 0, boolean.text)
	}
	when, err := castTo(c, args[0], t)
	if err != nil {
		return nil, err
	}
	shown := pretty(args[0])
	if shown == "NULL" {
		shown = "null" // Spark prints its tree here, not SQL
	}
	message := expr.Expr(newLiteral(c, "'"+shown+"' is not true!", types.StringType))
	if len(args) == 2 {
		message = args[1]
	}
	raise, err := raiseFunction.Bind(c, []expr.Expr{message})
	if err != nil {
		return nil, err
	}
	return &expr.Case{Base: expr.Base{Typ: types.VoidType, Null: true, Span: c.Span},
		Whens: []expr.When{{Condition: when, Result: newLiteral(c, nil, types.VoidType)}}, Else: raise}, nil
}
