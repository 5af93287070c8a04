package functions

import "github.com/kilnql/kiln/ast"

// CountDistinct counts the distinct combinations of columns without nulls.
func CountDistinct(columns ...any) Column { return Call("count", columns...).Distinct() }

// SumDistinct sums the distinct values of a column.
func SumDistinct(column any) Column { return Call("sum", column).Distinct() }

// CountStar is count(*).
func CountStar() Column {
	return Column{expr: &ast.Call{Func: []string{"count"}, Args: []ast.Expr{&ast.Star{}}}}
}
