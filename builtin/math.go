package builtin

import (
	"math"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

var mathFunctions = []*expr.Function{
	scalar("sqrt", doc("math_funcs", "Returns the square root of expr.", "expr - a number").
		example("SELECT sqrt(4);", "2.0"),
		signature{params: of(double), result: types.DoubleType, kernel: unary(math.Sqrt)}),
}
