package functions

import (
	"strconv"
	"sync/atomic"

	"github.com/kilnql/kiln/ast"
)

// lambdaNumber makes the names of parameters differ, so that a lambda inside another does not hide the outer one's.
var lambdaNumber atomic.Int64

// Lambda makes the function argument of Transform, Filter, Aggregate and the other higher-order functions of a Go function, which
// is called once, with the parameters as columns:
//
//	functions.Transform("prices", functions.Lambda(func(x functions.Column) functions.Column { return x.Multiply(2) }))
func Lambda[F func(x Column) Column | func(x, y Column) Column | func(x, y, z Column) Column](f F) Column {
	var params []string
	parameter := func() Column {
		params = append(params, "x_"+strconv.FormatInt(lambdaNumber.Add(1), 10))
		return Column{expr: &ast.Name{Parts: params[len(params)-1:]}}
	}
	var body Column
	switch f := any(f).(type) {
	case func(x Column) Column:
		body = f(parameter())
	case func(x, y Column) Column:
		body = f(parameter(), parameter())
	case func(x, y, z Column) Column:
		body = f(parameter(), parameter(), parameter())
	}
	e, err := body.Expr()
	return Column{expr: &ast.Lambda{Params: params, Body: e}, err: err}
}
