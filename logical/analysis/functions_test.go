package analysis

import (
	"strings"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// testFunctions adds functions to the builtin ones where those are not there yet: window functions and generators, which are bound
// before anything runs them, and a few that the TPC-H queries call.
type testFunctions struct{ builtinFunctions }

func (f testFunctions) Lookup(name string) (*expr.Function, bool) {
	if found, ok := f.builtinFunctions.Lookup(name); ok {
		return found, true
	}
	found, ok := testTable[name]
	return found, ok
}

var testTable = map[string]*expr.Function{
	"row_number": testFunction("row_number", expr.Function{Window: true}, types.IntType),
	"rank": testFunction("rank", expr.Function{Window: true, Print: func(c *expr.PrintedCall) string {
		c.Name = "RANK"
		return c.Text()
	}}, types.IntType),
	"lag":       testFunction("lag", expr.Function{Window: true, Print: printLag}, types.IntType),
	"explode":   testGenerator("explode"),
	"rand":      testFunction("rand", expr.Function{NonDeterministic: true}, types.DoubleType),
	"like":      testFunction("like", expr.Function{}, types.BooleanType),
	"substring": testFunction("substring", expr.Function{}, types.StringType),
	"extract":   testFunction("extract", expr.Function{}, types.IntType),
	"transform": testFunction("transform", expr.Function{}, types.ArrayType(types.IntType, true)),

	"current_date": testFunction("current_date", expr.Function{}, types.DateType),
	"concat":       testFunction("concat", expr.Function{}, types.StringType),
}

// printLag writes the frame of lag, which is one row.
func printLag(c *expr.PrintedCall) string {
	c.Args = append(c.Args, []string{"1", "NULL"}[min(2, len(c.Args)-1):]...)
	offset := strings.TrimPrefix("-"+c.Args[1], "--")
	c.Frame = "ROWS BETWEEN " + offset + " FOLLOWING AND " + offset + " FOLLOWING"
	return c.Text()
}

func testFunction(name string, f expr.Function, t types.Type) *expr.Function {
	f.Name = name
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		call := &expr.Call{Base: expr.Base{Typ: t, Span: c.Span}, Function: &f, Args: args, Settings: c.Settings}
		for _, a := range args {
			call.Null = call.Null || a.Nullable()
		}
		if f.NonDeterministic {
			call.Instance = c.NextInstance()
		}
		return call, nil
	}
	return &f
}

// testGenerator makes rows of one column from the elements of an array.
func testGenerator(name string) *expr.Function {
	f := &expr.Function{Name: name, Generator: true, Parameters: []expr.NamedParameter{{Name: "collection"}}}
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		row := types.StructType(types.Field{Name: "col", Type: args[0].Type().Elem(), Nullable: args[0].Type().ElemNullable()})
		return &expr.Call{Base: expr.Base{Typ: row, Span: c.Span}, Function: f, Args: args}, nil
	}
	return f
}
