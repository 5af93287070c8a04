package analysis

import (
	"slices"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
)

// namedArguments puts name => value arguments into their places, and the values of parameters left out before them. f is nil for
// aggregate functions, none of which has parameters that can be named.
func namedArguments(list []ast.Expr, f *expr.Function, function string) ([]ast.Expr, error) {
	first := slices.IndexFunc(list, isNamed)
	var parameters []expr.NamedParameter
	if f != nil {
		parameters = f.Parameters
	}
	ok := parameters != nil
	routine := quoteName([]string{function})
	switch {
	case first < 0 && (!ok || len(list) > 0):
		return list, nil
	case !ok:
		return nil, diag.New("NAMED_PARAMETERS_NOT_SUPPORTED", "functionName", routine).At(list[first].Place())
	case first < 0 && len(list) > len(parameters), first > len(parameters):
		return nil, diag.New("WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "functionName", routine, "expectedNum", itoa(len(parameters)),
			"actualNum", itoa(len(list)), "docroot", "https://spark.apache.org/docs/latest")
	}
	out := make([]ast.Expr, len(parameters))
	for i, e := range list {
		n, ok := e.(*ast.NamedArgument)
		if !ok {
			if first >= 0 && i > first {
				return nil, diag.New("UNEXPECTED_POSITIONAL_ARGUMENT", "routineName", routine,
					"parameterName", quoteName([]string{list[i-1].(*ast.NamedArgument).Name})).At(e.Place())
			}
			out[i] = e
			continue
		}
		place := slices.IndexFunc(parameters, func(p expr.NamedParameter) bool { return p.Name == n.Name })
		switch {
		case place < 0:
			return nil, unknownParameter(n, function, parameters)
		case place < first:
			return nil, diag.New("DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.BOTH_POSITIONAL_AND_NAMED",
				"routineName", routine, "parameterName", quoteName([]string{n.Name})).At(e.Place())
		case out[place] != nil:
			return nil, diag.New("DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.DOUBLE_NAMED_ARGUMENT_REFERENCE",
				"routineName", routine, "parameterName", quoteName([]string{n.Name})).At(e.Place())
		}
		out[place] = n.Value
	}
	for i, p := range parameters {
		switch {
		case out[i] != nil:
		case p.Default == nil:
			return nil, diag.New("REQUIRED_PARAMETER_NOT_FOUND", "routineName", routine, "parameterName", quoteName([]string{p.Name}), "index", itoa(i))
		default:
			out[i] = &ast.Literal{Value: p.Default.Value, Type: p.Default.Typ}
		}
	}
	return out, nil
}

func isNamed(e ast.Expr) bool { _, ok := e.(*ast.NamedArgument); return ok }

// unknownParameter is the error for a name that no parameter has; names are told apart by case.
func unknownParameter(n *ast.NamedArgument, function string, parameters []expr.NamedParameter) error {
	names := make([]string, len(parameters))
	for i, p := range parameters {
		names[i] = p.Name
	}
	near := diag.Nearest(n.Name, names, 3)
	quoted := make([]string, len(near))
	for i, name := range near {
		quoted[i] = quoteName([]string{name})
	}
	e := diag.New("UNRECOGNIZED_PARAMETER_NAME", "routineName", quoteName([]string{function}),
		"argumentName", quoteName([]string{n.Name}), "proposal", strings.Join(quoted, " "))
	e.Suggestions = near
	return e.At(n.Place())
}
