package builtin

import (
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

var concatFunction = func() *expr.Function {
	f := alias(newFunction("concat", doc("collection_funcs", "Joins strings, binary or arrays.", "col1, col2, … - strings, or all binary, or all arrays").printed(under("concat", "||")).
		example("SELECT concat('Spark', 'SQL');", "SparkSQL").example("SELECT 'Spark' || 'SQL';", "SparkSQL").
		example("SELECT concat(array(1, 2, 3), array(4, 5), array(6));", "[1,2,3,4,5,6]")), "||")
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) { return bindConcat(c, f, args) }
	return f
}()

func bindConcat(c *expr.BindContext, f *expr.Function, args []expr.Expr) (expr.Expr, error) {
	arrays, binaries := 0, 0
	for _, a := range args {
		switch a.Type().Kind {
		case types.Array:
			arrays++
		case types.Binary:
			binaries++
		}
	}
	switch {
	case len(args) == 0:
		return newLiteral(c, "", types.StringType), nil
	case arrays > 0:
		return bindConcatArrays(c, f, args, arrays)
	case binaries == len(args) && !legacyConf(c, "spark.sql.function.concatBinaryAsString"):
		return makeCall(c, f, args, outcome{result: types.BinaryType, kernel: concatKernel}), nil
	}
	result, cast := types.StringType, make([]expr.Expr, len(args))
	for i, a := range args {
		t, ok := text.implicit(a.Type(), coercion(c))
		if !ok {
			return nil, unexpectedType(c, "concat", args, i, `("STRING" or "BINARY" or "ARRAY")`)
		}
		if t.Kind == types.String && t.Collation() != "" {
			result = t
		}
		e, err := castTo(c, a, t)
		if err != nil {
			return nil, err
		}
		cast[i] = e
	}
	return makeCall(c, f, cast, outcome{result: result, kernel: concatKernel}), nil
}

func bindConcatArrays(c *expr.BindContext, f *expr.Function, args []expr.Expr, arrays int) (expr.Expr, error) {
	kinds := make([]string, len(args))
	for i, a := range args {
		t := a.Type()
		if t.Kind != types.Array && t.Kind != types.Binary {
			t = types.StringType // what others would be cast to
		}
		kinds[i] = quoted(t.SQL())
	}
	different := diag.New("DATATYPE_MISMATCH.DATA_DIFF_TYPES", "sqlExpr", callText("concat", args), "functionName", "`concat`",
		"dataType", "("+strings.Join(kinds, " or ")+")").At(c.Span)
	if arrays < len(args) {
		return nil, different
	}
	t, ok := coercion(c).WiderCommonType(typesOf(args))
	if !ok {
		return nil, different
	}
	cast, err := castAllTo(c, args, t)
	if err != nil {
		return nil, err
	}
	return makeCall(c, f, cast, outcome{result: t, kernel: concatArraysKernel}), nil
}

func concatKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	if len(args) == 2 {
		a, b := stringsOf(args[0]), stringsOf(args[1])
		return buildText(c, sel, out, func(dst []byte, i int) []byte { return append(append(dst, a.at(i)...), b.at(i)...) })
	}
	columns := allStrings(args)
	return buildText(c, sel, out, func(dst []byte, i int) []byte {
		for k := range columns {
			dst = append(dst, columns[k].at(i)...)
		}
		return dst
	})
}

func concatArraysKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	to, child := vector.Values[vector.List](out), out.Children[0]
	return each(sel, out, func(i int) error {
		start := int32(child.Len)
		for _, a := range args {
			if l := vector.Get[vector.List](a, i); l.Length > 0 {
				if err := c.Budget.Grow(bytesTakenByList(a.Children[0], l)); err != nil {
					return err
				}
				vector.AppendRows(child, a.Children[0].Slice(int(l.Start), int(l.Length)), nil, int(l.Length))
			}
		}
		to[i] = vector.List{Start: start, Length: int32(child.Len) - start}
		return nil
	})
}
