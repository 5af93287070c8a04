package builtin

import (
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

var arrayMakers = []*expr.Function{
	nullAwareRewrite("array", doc("array_funcs", "Makes an array of its arguments.", "expr1, expr2, … - values of a common type").
		example("SELECT array(1, 2, 3);", "[1,2,3]"), bindArray),
	nullAwareRewrite("named_struct", doc("struct_funcs", "Makes a struct of names and values.", "name1, val1, name2, val2, … - string constants and values").
		example("SELECT named_struct('a', 1, 'b', 2, 'c', 3);", "{\"a\":1,\"b\":2,\"c\":3}"), bindNamedStruct),
	rewrite("struct", doc("struct_funcs", "Makes a struct of values, named after their columns or col1, col2, ….", "col1, col2, … - values").
		example("SELECT struct(1, 2, 3);", "{\"col1\":1,\"col2\":2,\"col3\":3}"), 0, -1, func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		var named []expr.Expr
		for i, a := range args {
			name := "col" + itoa(i+1)
			if column, ok := a.(*expr.Column); ok {
				name = column.Name
			}
			named = append(named, newLiteral(c, name, types.StringType), a)
		}
		return call(c, "named_struct", named...)
	}),
	nullAware("array_repeat", doc("array_funcs", "Returns an array of count times a value.", "element - a value", "count - an integer").
		example("SELECT array_repeat('123', 2);", "[\"123\",\"123\"]"),
		signature{params: of(anything, integer), resolve: func(_ *expr.BindContext, args []expr.Expr) (outcome, error) {
			return outcome{result: types.ArrayType(args[0].Type(), args[0].Nullable()), nullable: args[1].Nullable(), fails: true, kernel: repeatKernel}, nil
		}}),
	rewriteSelf("arrays_zip", doc("array_funcs", "Returns an array of structs: number n holds the elements number n of all arrays.", "a1, a2, … - arrays").
		example("SELECT arrays_zip(array(1, 2, 3), array(2, 3, 4));", `[{"0":1,"1":2},{"0":2,"1":3},{"0":3,"1":4}]`), bindZip),
	nullAware("array_join", doc("array_funcs", "Joins the elements of an array of strings by a delimiter; nulls are left out or replaced.", "array - an array of strings", "delimiter - a string", "nullReplacement - a string").
		example("SELECT array_join(array('hello', NULL, 'world'), ' ', ',');", "hello , world"),
		signature{params: of(arrayOf(text), text, text), optional: 1, resolve: func(_ *expr.BindContext, args []expr.Expr) (outcome, error) {
			return outcome{result: types.StringType, nullable: anyNullable(args), kernel: joinKernel}, nil
		}}),
}

// rewriteSelf makes the entry of a function that is bound by hand, with a call of the entry itself.
func rewriteSelf(name string, d document, bind func(c *expr.BindContext, f *expr.Function, args []expr.Expr) (expr.Expr, error)) *expr.Function {
	f := newFunction(name, d)
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) { return bind(c, f, args) }
	return f
}

func nullAwareRewrite(name string, d document, bind func(c *expr.BindContext, f *expr.Function, args []expr.Expr) (expr.Expr, error)) *expr.Function {
	f := rewriteSelf(name, d, bind)
	f.Nulls = expr.NullAware
	return f
}

func bindArray(c *expr.BindContext, f *expr.Function, args []expr.Expr) (expr.Expr, error) {
	t := types.VoidType
	if len(args) > 0 {
		var err error
		if args, t, err = commonType(c, "array", callText("array", args), args); err != nil {
			return nil, err
		}
	}
	return makeCall(c, f, args, outcome{result: types.ArrayType(t, anyNullable(args)), kernel: arrayKernel}), nil
}

func arrayKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	to := newLists(c, out, args...)
	eachRow(sel, out.Len, func(i int) {
		start := to.mark()
		for k, a := range args {
			to.add(k, int32(a.At(i)))
		}
		to.close(i, start)
	})
	return to.done()
}

func bindNamedStruct(c *expr.BindContext, f *expr.Function, args []expr.Expr) (expr.Expr, error) {
	if len(args)%2 != 0 {
		return nil, diag.New("WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "functionName", "`named_struct`", "expectedNum", "2n (n > 0)", "actualNum", itoa(len(args)), "docroot", docroot).At(c.Span)
	}
	var fields []types.Field
	var values []expr.Expr
	for i := 0; i < len(args); i += 2 {
		name, ok, err := Constant(args[i])
		if err != nil {
			return nil, err
		}
		text, isText := name.(string)
		if !ok || !isText || args[i].Type().Kind != types.String {
			return nil, diag.New("DATATYPE_MISMATCH.CREATE_NAMED_STRUCT_WITHOUT_FOLDABLE_STRING", "sqlExpr", callText("named_struct", args), "inputExprs", "["+quoted(pretty(args[i]))+"]").At(c.Span)
		}
		fields = append(fields, types.Field{Name: text, Type: args[i+1].Type(), Nullable: args[i+1].Nullable()})
		values = append(values, args[i+1])
	}
	return makeCall(c, f, values, outcome{result: types.StructType(fields...), kernel: structKernel}), nil
}

// structKernel makes each argument a field.
func structKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	for f, a := range args {
		rows := nullRows(out.Len)
		eachRow(sel, out.Len, func(i int) { rows[i] = int32(a.At(i)) })
		p := newPicker(a)
		p.rows = rows
		out.Children[f].Reset(0)
		if err := p.finish(c, out.Children[f]); err != nil {
			return err
		}
	}
	return nil
}

func repeatKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	propagate(sel, out, args[1])
	counts, to := columnOf[int32](args[1]), newLists(c, out, args[0])
	err := each(sel, out, func(i int) error {
		start, row := to.mark(), int32(args[0].At(i))
		if counts.at(i) > largestArray {
			return tooManyElements(c, "array_repeat", int64(counts.at(i)))
		}
		if err := to.addRepeated(c, row, int64(counts.at(i))); err != nil {
			return err
		}
		return to.close(i, start)
	})
	if err != nil {
		return err
	}
	return to.done()
}

func bindZip(c *expr.BindContext, f *expr.Function, args []expr.Expr) (expr.Expr, error) {
	var fields []types.Field
	for i, a := range args {
		if a.Type().Kind == types.Void {
			t := types.ArrayType(types.VoidType, true)
			args = append([]expr.Expr(nil), args...)
			args[i] = newLiteral(c, nil, t)
			a = args[i]
		}
		if k := a.Type().Kind; k != types.Array {
			return nil, unexpectedType(c, "arrays_zip", args, i, anyArray.text)
		}
		name := itoa(i)
		switch a := a.(type) {
		case *expr.Column:
			name = a.Name
		case *expr.Field:
			name = a.Input.Type().Fields()[a.Index].Name
		}
		fields = append(fields, types.Field{Name: name, Type: a.Type().Elem(), Nullable: true})
	}
	return makeCall(c, f, args, outcome{result: types.ArrayType(types.StructType(fields...), false), kernel: zipKernel}), nil
}

func zipKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	to, child := vector.Values[vector.List](out), out.Children[0]
	clear(to)
	columns, pickers := make([]column[vector.List], len(args)), make([]*picker, len(args))
	for k, a := range args {
		columns[k], pickers[k] = columnOf[vector.List](a), newPicker(a.Children[0])
	}
	total := int32(child.Len)
	_ = each(sel, out, func(i int) error {
		longest := int32(0)
		for k := range columns {
			longest = max(longest, columns[k].at(i).Length)
		}
		for k := range columns {
			l := columns[k].at(i)
			pickers[k].addRange(0, l.Start, l.Length)
			if err := pickers[k].addRepeated(c, -1, int64(longest-l.Length)); err != nil {
				return err
			}
		}
		to[i] = vector.List{Start: total, Length: longest}
		total += longest
		return nil
	})
	for k, p := range pickers {
		if err := p.finish(c, child.Children[k]); err != nil {
			return err
		}
	}
	child.Len = int(total)
	return nil
}

func joinKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	propagate(sel, out, args...)
	in, delimiters := columnOf[vector.List](args[0]), stringsOf(args[1])
	var replacements stringColumn
	if len(args) == 3 {
		replacements = stringsOf(args[2])
	}
	child := vector.Flatten(args[0].Children[0], args[0].Children[0].Len)
	texts := stringsOf(child)
	return each(sel, out, func(i int) error {
		l, first := in.at(i), true
		c.Scratch = c.Scratch[:0]
		for r := int(l.Start); r < int(l.Start+l.Length); r++ {
			null := child.IsNull(r)
			if null && len(args) < 3 {
				continue
			}
			if !first {
				c.Scratch = append(c.Scratch, delimiters.at(i)...)
			}
			first = false
			if null {
				c.Scratch = append(c.Scratch, replacements.at(i)...)
			} else {
				c.Scratch = append(c.Scratch, texts.at(r)...)
			}
		}
		return setScratch(c, out, i)
	})
}

// nullMapKey is the error of a null key.
func nullMapKey(c *expr.KernelContext) *diag.Error { return diag.New("NULL_MAP_KEY").At(c.Span) }

// duplicateMapKey is the error of a key that a map has already.
func duplicateMapKey(c *expr.KernelContext, keys *vector.Vector, row int) *diag.Error {
	return diag.New("DUPLICATED_MAP_KEY", "key", types.FormatValue(kernel.Value(keys, row), keys.Type, zoneIn(c.Settings)), "mapKeyDedupPolicy", `"spark.sql.mapKeyDedupPolicy"`).At(c.Span)
}
