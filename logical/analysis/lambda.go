package analysis

import (
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// lambdaParameters are those of the lambda that is argument at of a function, nil if it takes none there.
func lambdaParameters(f *expr.Function, at int, args []expr.Expr, rules types.Coercion) []expr.LambdaParameter {
	if f == nil || f.Lambda == nil {
		return nil
	}
	return f.Lambda(at, args, rules)
}

// constantLambda makes a lambda without parameters of an expression that stands where a higher-order function wants one:
// transform(a, 0).
func constantLambda(f *expr.Function, at int, args []expr.Expr, body expr.Expr) expr.Expr {
	if lambdaParameters(f, at, args, types.Coercion{}) == nil {
		return body
	}
	return &expr.Lambda{Base: expr.Base{Typ: body.Type(), Null: body.Nullable(), Span: body.Place()}, Body: body}
}

// lambda binds a lambda that is argument at of a function, which is called by the given name; f is nil if it is an aggregate.
func (s *site) lambda(e *ast.Lambda, f *expr.Function, function string, at int, args []expr.Expr) (expr.Expr, error) {
	wanted := lambdaParameters(f, at, args, s.coercion)
	if wanted == nil {
		return nil, diag.New("INVALID_LAMBDA_FUNCTION_CALL.NON_HIGHER_ORDER_FUNCTION", "class", function).At(e.Place())
	}
	if len(e.Params) > len(wanted) {
		return nil, diag.New("INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH", "expectedNumArgs", itoa(len(e.Params)),
			"actualNumArgs", itoa(len(wanted))).At(e.Place())
	}
	l := &expr.Lambda{}
	for i, name := range e.Params {
		for _, p := range l.Params {
			if s.sameName(p.Name, name) {
				return nil, diag.New("INVALID_LAMBDA_FUNCTION_CALL.DUPLICATE_ARG_NAMES", "args", joinComma(e.Params),
					"caseSensitiveConfig", `"spark.sql.caseSensitive"`).At(e.Place())
			}
		}
		l.Params = append(l.Params, &expr.Column{Base: expr.Base{Typ: wanted[i].Type, Null: wanted[i].Nullable}, ID: s.ids.Next(), Name: strings.Clone(name)})
	}
	inner := *s
	inner.lambdas = append(append([]lambdaScope(nil), s.lambdas...), lambdaScope{l.Params})
	body, err := inner.expr(e.Body)
	if err != nil {
		return nil, err
	}
	l.Body = body
	l.Base = expr.Base{Typ: body.Type(), Null: body.Nullable(), Span: e.Place()}
	return l, nil
}
