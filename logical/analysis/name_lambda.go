package analysis

import (
	"strings"

	"github.com/kilnql/kiln/ast"
)

// lambdaArguments says which argument of a higher-order function is a lambda, and of how many parameters.
var lambdaArguments = map[string][2]int{
	"transform": {1, 1}, "filter": {1, 1}, "exists": {1, 1}, "forall": {1, 1}, "any_match": {1, 1}, "all_match": {1, 1}, "map_filter": {1, 2},
	"transform_keys": {1, 2}, "transform_values": {1, 2}, "aggregate": {2, 2}, "reduce": {2, 2}, "zip_with": {2, 2}, "map_zip_with": {2, 3},
}

// nameConstantLambda writes a value that stands where a lambda is expected as Spark does: as a lambda.
func nameConstantLambda(name string, list []ast.Expr, args []string) {
	place, ok := lambdaArguments[name]
	if !ok || place[0] >= len(list) || len(args) < len(list) {
		return
	}
	if _, isLambda := list[place[0]].(*ast.Lambda); !isLambda {
		args[place[0]] = "lambdafunction(" + args[place[0]] + strings.Repeat(", namedlambdavariable()", place[1]) + ")"
	}
}
