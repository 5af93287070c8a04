package analysis

import (
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// lambdaParam is the type of one parameter of a lambda.
type lambdaParam struct {
	typ  types.Type
	null bool
}

// lambdaParams gives the types of the parameters of the lambda that is argument at of a function, from the arguments
// before it; nil if the function takes no lambda there.
func lambdaParams(function string, at int, args []expr.Expr, rules types.Coercion) []lambdaParam {
	if at == 0 || len(args) == 0 {
		return nil
	}
	first := args[0].Type()
	elem := lambdaParam{first.Elem(), first.ElemNullable()}
	index := lambdaParam{types.IntType, false}
	key := lambdaParam{first.Key(), false}
	switch function {
	case "transform", "filter":
		return []lambdaParam{elem, index}
	case "exists", "forall", "any_match", "all_match":
		return []lambdaParam{elem}
	case "array_sort":
		return []lambdaParam{elem, elem}
	case "aggregate", "reduce":
		if at == 1 {
			return nil
		}
		accumulator := lambdaParam{args[min(1, len(args)-1)].Type(), true}
		if at == 3 {
			return []lambdaParam{accumulator}
		}
		return []lambdaParam{accumulator, elem}
	case "map_filter", "transform_keys", "transform_values":
		return []lambdaParam{key, elem}
	case "zip_with", "map_zip_with":
		if len(args) < 2 || at == 1 {
			return nil
		}
		second := args[1].Type()
		left, right := lambdaParam{first.Elem(), true}, lambdaParam{second.Elem(), true}
		if function == "zip_with" {
			return []lambdaParam{left, right}
		}
		if t, ok := rules.WiderTypeWithoutStrings(first.Key(), second.Key()); ok {
			key.typ = t
		}
		return []lambdaParam{key, left, right}
	}
	return nil
}

// constantLambda makes a lambda without parameters of an expression that stands where a higher-order function wants one:
// transform(a, 0).
func constantLambda(function string, at int, args []expr.Expr, body expr.Expr) expr.Expr {
	if lambdaParams(function, at, args, types.Coercion{}) == nil {
		return body
	}
	return &expr.Lambda{Base: expr.Base{Typ: body.Type(), Null: body.Nullable(), Span: body.Place()}, Body: body}
}

// lambda binds a lambda that is argument at of a higher-order function.
func (s *site) lambda(e *ast.Lambda, function string, at int, args []expr.Expr) (expr.Expr, error) {
	wanted := lambdaParams(function, at, args, s.coercion)
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
		l.Params = append(l.Params, &expr.Column{Base: expr.Base{Typ: wanted[i].typ, Null: wanted[i].null}, ID: s.ids.Next(), Name: strings.Clone(name)})
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
