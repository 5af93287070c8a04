package builtin

import (
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

var mapFunctions = []*expr.Function{
	nullAwareRewrite("map", doc("map_funcs", "Makes a map of keys and values.", "key0, value0, key1, value1, … - keys of a common type, values of a common type").
		example("SELECT map(1.0, '2', 3.0, '4');", `{1.0:"2",3.0:"4"}`), bindMap),
	mapPart("map_keys", "Returns the keys of a map.", "[1,2]", 0),
	mapPart("map_values", "Returns the values of a map.", `["a","b"]`, 1),
	scalar("map_entries", doc("map_funcs", "Returns the entries of a map as an array of structs.", "map - a map").
		example("SELECT map_entries(map(1, 'a', 2, 'b'));", `[{"key":1,"value":"a"},{"key":2,"value":"b"}]`),
		signature{params: of(anyMap), resolve: func(_ *expr.BindContext, args []expr.Expr) (outcome, error) {
			t := args[0].Type()
			entry := types.StructType(types.Field{Name: "key", Type: t.Key()}, types.Field{Name: "value", Type: t.Elem(), Nullable: t.ElemNullable()})
			return outcome{result: types.ArrayType(entry, false), kernel: func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
				return copyLists(c, args[0], args[0].Children[0], sel, out)
			}}, nil
		}}),
	scalar("map_from_arrays", doc("map_funcs", "Makes a map of an array of keys and an array of values.", "keys - an array without nulls", "values - an array").
		example("SELECT map_from_arrays(array(1.0, 3.0), array('2', '4'));", `{1.0:"2",3.0:"4"}`),
		signature{params: of(anyArray, anyArray), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			k, v := args[0].Type(), args[1].Type()
			return outcome{result: types.MapType(k.Elem(), v.Elem(), v.ElemNullable()), fails: true, kernel: fromArraysKernel}, mapKey(c, "map_from_arrays", args, k.Elem())
		}}),
	scalar("map_from_entries", doc("map_funcs", "Makes a map of an array of structs of key and value; null if one of them is null.", "arrayOfEntries - an array of structs").
		example("SELECT map_from_entries(array(struct(1, 'a'), struct(2, 'b')));", `{1:"a",2:"b"}`),
		signature{params: of(anyArray), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			entry := args[0].Type().Elem()
			if entry.Kind != types.Struct || len(entry.Fields()) != 2 {
				return outcome{}, unexpectedType(c, "map_from_entries", args, 0, `"ARRAY" of pair "STRUCT"`)
			}
			f := entry.Fields()
			return outcome{result: types.MapType(f[0].Type, f[1].Type, f[1].Nullable), nullable: args[0].Type().ElemNullable(), fails: true, kernel: fromEntriesKernel},
				mapKey(c, "map_from_entries", args, f[0].Type)
		}}),
	rewriteSelf("map_concat", doc("map_funcs", "Returns the entries of all maps as one.", "map1, map2, … - maps of a common type").
		example("SELECT map_concat(map(1, 'a', 2, 'b'), map(3, 'c'));", `{1:"a",2:"b",3:"c"}`), bindMapConcat),
}

// mapKey is the error for a type that keys may not have.
func mapKey(c *expr.BindContext, name string, args []expr.Expr, t types.Type) error {
	if containsMap(t) {
		return diag.New("DATATYPE_MISMATCH.INVALID_MAP_KEY_TYPE", "sqlExpr", callText(name, args), "keyType", quoted(t.SQL())).At(c.Span)
	}
	return nil
}

func containsMap(t types.Type) bool {
	switch t.Kind {
	case types.Map, types.Variant:
		return true
	case types.Array:
		return containsMap(t.Elem())
	case types.Struct:
		for _, f := range t.Fields() {
			if containsMap(f.Type) {
				return true
			}
		}
	}
	return false
}

func bindMap(c *expr.BindContext, f *expr.Function, args []expr.Expr) (expr.Expr, error) {
	if len(args)%2 != 0 {
		return nil, diag.New("WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "functionName", "`map`", "expectedNum", "2n (n > 0)", "actualNum", itoa(len(args)), "docroot", docroot).At(c.Span)
	}
	if len(args) == 0 {
		return makeCall(c, f, args, outcome{result: types.MapType(types.VoidType, types.VoidType, false), kernel: mapKernel}), nil
	}
	var parts [2][]expr.Expr
	for i, a := range args {
		parts[i%2] = append(parts[i%2], a)
	}
	var common [2]types.Type
	for i, condition := range []string{"CREATE_MAP_KEY_DIFF_TYPES", "CREATE_MAP_VALUE_DIFF_TYPES"} {
		cast, t, err := commonType(c, "map", "", parts[i])
		if e, ok := err.(*diag.Error); ok && e.Condition == "DATATYPE_MISMATCH.DATA_DIFF_TYPES" {
			return nil, diag.New("DATATYPE_MISMATCH."+condition, "sqlExpr", callText("map", args), "functionName", "`map`", "dataType", "["+typeList(parts[i])+"]").At(c.Span)
		}
		if err != nil {
			return nil, err
		}
		parts[i], common[i] = cast, t
	}
	if err := mapKey(c, "map", args, common[0]); err != nil {
		return nil, err
	}
	var cast []expr.Expr
	for i := range parts[0] {
		cast = append(cast, parts[0][i], parts[1][i])
	}
	return makeCall(c, f, cast, outcome{result: types.MapType(common[0], common[1], anyNullable(parts[1])), kernel: mapKernel, fails: true}), nil
}

func mapKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	var keys, values []*vector.Vector
	for i := 0; i < len(args); i += 2 {
		keys, values = append(keys, args[i]), append(values, args[i+1])
	}
	m := newMapBuilder(c, out, keys, values)
	return m.fill(sel, func(i int) error {
		for k := range keys {
			if err := m.put(c, k, int32(keys[k].At(i)), k, int32(values[k].At(i))); err != nil {
				return err
			}
		}
		return nil
	})
}

// copyLists makes out arrays of the same elements as list, taken from another child.
func copyLists(c *expr.KernelContext, list, child *vector.Vector, sel vector.Selection, out *vector.Vector) error {
	in, to := columnOf[vector.List](list), newLists(c, out, child)
	_ = each(sel, out, func(i int) error {
		l, start := in.at(i), to.mark()
		to.addRange(0, l.Start, l.Length)
		return to.close(i, start)
	})
	return to.done()
}

func mapPart(name, usage, result string, part int) *expr.Function {
	return scalar(name, doc("map_funcs", usage, "map - a map").example("SELECT "+name+"(map(1, 'a', 2, 'b'));", result),
		signature{params: of(anyMap), resolve: func(_ *expr.BindContext, args []expr.Expr) (outcome, error) {
			t := args[0].Type()
			result := types.ArrayType(t.Key(), false)
			if part == 1 {
				result = types.ArrayType(t.Elem(), t.ElemNullable())
			}
			return outcome{result: result, kernel: func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
				entries := vector.Flatten(args[0].Children[0], args[0].Children[0].Len)
				return copyLists(c, args[0], entries.Children[part], sel, out)
			}}, nil
		}})
}

func fromArraysKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	keys, values := columnOf[vector.List](args[0]), columnOf[vector.List](args[1])
	m := newMapBuilder(c, out, args[0].Children[:1], args[1].Children[:1])
	return m.fill(sel, func(i int) error {
		k, v := keys.at(i), values.at(i)
		if k.Length != v.Length {
			return diag.New("_LEGACY_ERROR_TEMP_2128").At(c.Span)
		}
		for r := range k.Length {
			if err := m.put(c, 0, k.Start+r, 0, v.Start+r); err != nil {
				return err
			}
		}
		return nil
	})
}

func fromEntriesKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	in, entries := columnOf[vector.List](args[0]), vector.Flatten(args[0].Children[0], args[0].Children[0].Len)
	m := newMapBuilder(c, out, entries.Children[:1], entries.Children[1:2])
	return m.fill(sel, func(i int) error {
		l := in.at(i)
		if hasNull(entries, l) {
			out.SetNull(i)
			return nil
		}
		for r := l.Start; r < l.Start+l.Length; r++ {
			if err := m.put(c, 0, r, 0, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func bindMapConcat(c *expr.BindContext, f *expr.Function, args []expr.Expr) (expr.Expr, error) {
	if len(args) == 0 {
		empty, _ := Lookup("map")
		return empty.Bind(c, nil)
	}
	list := make([]types.Type, len(args))
	different := diag.New("DATATYPE_MISMATCH.MAP_CONCAT_DIFF_TYPES", "sqlExpr", callText("map_concat", args), "functionName", "`map_concat`", "dataType", "["+typeList(args)+"]").At(c.Span)
	for i, a := range args {
		list[i] = a.Type()
		if list[i].Kind != types.Map {
			return nil, different
		}
	}
	t, ok := coercion(c).WiderTypeWithoutStrings(list[0], list[0])
	for i := 1; ok && i < len(list); i++ {
		t, ok = coercion(c).WiderTypeWithoutStrings(t, list[i])
	}
	if !ok {
		return nil, different
	}
	cast, err := castAllTo(c, args, t)
	if err != nil {
		return nil, err
	}
	return makeCall(c, f, cast, outcome{result: t, fails: true, kernel: mapConcatKernel}), nil
}

func mapConcatKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	var keys, values []*vector.Vector
	columns := make([]column[vector.List], len(args))
	for k, a := range args {
		entries := vector.Flatten(a.Children[0], a.Children[0].Len)
		keys, values = append(keys, entries.Children[0]), append(values, entries.Children[1])
		columns[k] = columnOf[vector.List](a)
	}
	m := newMapBuilder(c, out, keys, values)
	return m.fill(sel, func(i int) error {
		for k := range columns {
			l := columns[k].at(i)
			for r := l.Start; r < l.Start+l.Length; r++ {
				if err := m.put(c, k, r, k, r); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
