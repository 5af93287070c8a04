package builtin

import (
	"bytes"
	"strconv"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

var accessFunctions = []*expr.Function{
	notVoid(anyOf(anyArray, anyMap), scalar("element_at", doc("collection_funcs", "Returns the element of an array at a position from 1, or from its end if negative; an error (null if ANSI mode is off) if there is none. For a map, the value of a key, null if it has none.",
		"collection - an array or map", "index - a position or key").
		example("SELECT element_at(array(1, 2, 3), 2);", "2").example("SELECT element_at(map(1, 'a', 2, 'b'), 2);", "b"),
		signature{params: of(anyOf(anyArray, anyMap), anything), resolve: resolveElement("element_at", false)})),
	notVoid(anyOf(anyArray, anyMap), scalar("try_element_at", doc("collection_funcs", "Returns the element of an array at a position from 1, or from its end if negative, or the value of a map's key; null if there is none.",
		"collection - an array or map", "index - a position or key").
		example("SELECT try_element_at(array(1, 2, 3), 2);", "2").example("SELECT try_element_at(map(1, 'a', 2, 'b'), 3);", "NULL"),
		signature{params: of(anyOf(anyArray, anyMap), anything), resolve: resolveElement("try_element_at", true)})),
	scalar("get", doc("array_funcs", "Returns the element of an array at an index from 0; null if there is none.", "array - an array", "index - an integer").
		example("SELECT get(array(1, 2, 3), 0);", "1").example("SELECT get(array(1, 2, 3), 3);", "NULL"),
		signature{params: of(anyArray, integer), resolve: func(_ *expr.BindContext, args []expr.Expr) (outcome, error) {
			return outcome{result: args[0].Type().Elem(), nullable: true, kernel: subscriptKernel(false)}, nil
		}}),
	asSyntax(scalar("[]", doc("collection_funcs", "The element of an array at an index from 0, or the value of a map's key.", "collection - an array or map", "index - an integer or key"),
		signature{params: of(anyOf(anyArray, anyMap), anything), resolve: resolveSubscript})),
	sizeFunction("size", "cardinality"),
	scalar("array_size", doc("array_funcs", "Returns the number of elements of an array.", "array - an array").
		example("SELECT array_size(array('b', 'd', 'c', 'a'));", "4"),
		signature{params: of(anyArray), result: types.IntType, kernel: sizeKernel}),
	elementFunction(1, scalar("array_contains", doc("array_funcs", "Reports whether an array contains a value; null if it does not but has nulls.", "array - an array", "value - a value").
		example("SELECT array_contains(array(1, 2, 3), 2);", "true"),
		signature{params: of(anyArray, anything), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			cast, err := withElement(c, "array_contains", args, 1)
			return outcome{result: types.BooleanType, nullable: true, args: cast, kernel: containsKernel}, err
		}})),
	elementFunction(1, scalar("array_position", doc("array_funcs", "Returns the position, from 1, of the first occurrence of a value in an array; 0 if there is none.", "array - an array", "element - a value").
		example("SELECT array_position(array(312, 773, 708, 708), 708);", "3"),
		signature{params: of(anyArray, anything), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			cast, err := withElement(c, "array_position", args, 1)
			return outcome{result: types.LongType, args: cast, kernel: elementPositionKernel}, err
		}})),
	rewrite("map_contains_key", doc("map_funcs", "Reports whether a map has a key.", "map - a map", "key - a key").
		example("SELECT map_contains_key(map(1, 'a', 2, 'b'), 1);", "true"), 2, 2, bindContainsKey),
	scalar("array_min", doc("array_funcs", "Returns the smallest element of an array that is not null.", "array - an array").
		example("SELECT array_min(array(1, 20, NULL, 3));", "1"),
		signature{params: of(anyArray), resolve: resolveExtreme("array_min", -1)}),
	scalar("array_max", doc("array_funcs", "Returns the largest element of an array that is not null.", "array - an array").
		example("SELECT array_max(array(1, 20, NULL, 3));", "20"),
		signature{params: of(anyArray), resolve: resolveExtreme("array_max", 1)}),
}

// notVoid makes f refuse an untyped NULL as its first argument.
func notVoid(wanted class, f *expr.Function) *expr.Function {
	bind := f.Bind
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		if len(args) > 0 && args[0].Type().Kind == types.Void {
			return nil, unexpectedType(c, f.Name, args, 0, wanted.text)
		}
		return bind(c, args)
	}
	return f
}

// sizeFunction is null for null in ANSI mode, else -1.
func sizeFunction(name string, aliases ...string) *expr.Function {
	f := alias(&expr.Function{Name: name, Doc: doc("collection_funcs", "Returns the number of elements of an array or map.", "expr - an array or map").
		example("SELECT size(array('b', 'd', 'c', 'a'));", "4").example("SELECT size(map('a', 1, 'b', 2));", "2").Doc}, aliases...)
	s := []signature{{params: of(anyOf(anyArray, anyMap)), result: types.IntType, kernel: sizeKernel}}
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		e, err := bindCall(c, f, s, args)
		if err != nil || c.Settings.ANSI || !e.Nullable() {
			return e, err
		}
		return &expr.Coalesce{Base: expr.Base{Typ: types.IntType, Span: c.Span}, Args: []expr.Expr{e, newLiteral(c, int32(-1), types.IntType)}}, nil
	}
	return f
}

var sizeKernel = unary(func(l vector.List) int32 { return l.Length })

// withElement casts an array and a value to one element type.
func withElement(c *expr.BindContext, name string, args []expr.Expr, at int) ([]expr.Expr, error) {
	array, value := args[0].Type(), args[at].Type()
	different := diag.New("DATATYPE_MISMATCH.ARRAY_FUNCTION_DIFF_TYPES", "sqlExpr", callText(name, args), "functionName", routine(name), "dataType", quoted("ARRAY"),
		"leftType", quoted(array.SQL()), "rightType", quoted(value.SQL())).At(c.Span)
	if array.Kind != types.Array {
		return nil, different
	}
	common := coercion(c).TightestCommonType
	if name == "array_contains" {
		common = coercion(c).WiderTypeWithoutStrings
	}
	t, ok := common(array.Elem(), value)
	if !ok {
		return nil, different
	}
	cast := append([]expr.Expr(nil), args...)
	var err error
	if cast[0], err = castTo(c, args[0], types.ArrayType(t, array.ElemNullable())); err != nil {
		return nil, err
	}
	cast[at], err = castTo(c, args[at], t)
	return cast, err
}

// elementFunction checks the types of a function of an array and an element (argument at), and binds it.
func elementFunction(at int, f *expr.Function) *expr.Function {
	bind := f.Bind
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		if len(args) != at+1 {
			return bind(c, args)
		}
		array, value := args[0].Type().Kind, args[at].Type().Kind
		switch {
		case f.Name == "array_contains" && (array == types.Void || value == types.Void), f.Name == "array_position" && array == types.Void:
			return nil, diag.New("DATATYPE_MISMATCH.NULL_TYPE", "sqlExpr", callText(f.Name, args), "functionName", routine(f.Name)).At(c.Span)
		case array == types.Array:
		case f.Name == "array_append" || f.Name == "array_prepend":
			return nil, unexpectedType(c, f.Name, args, 0, anyArray.text)
		default:
			_, err := withElement(c, f.Name, args, at)
			return nil, err
		}
		if at == 2 && args[1].Type().Kind != types.Int {
			if k := args[1].Type().Kind; k != types.Byte && k != types.Short {
				return nil, unexpectedType(c, f.Name, args, 1, integer.text)
			}
		}
		return bind(c, args)
	}
	return f
}

func resolveSubscript(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	t := args[0].Type()
	if t.Kind == types.Map {
		key, err := castTo(c, args[1], t.Key())
		return outcome{result: t.Elem(), nullable: true, kernel: lookupKernel, args: []expr.Expr{args[0], key}}, err
	}
	if !args[1].Type().IsIntegral() && args[1].Type().Kind != types.Void {
		return outcome{}, unexpectedTypeIn(c, quoted(pretty(args[0])+"["+pretty(args[1])+"]"), args, 1, integral.text)
	}
	index, err := castTo(c, args[1], types.IntType)
	return outcome{result: t.Elem(), nullable: true, fails: c.Settings.ANSI, kernel: subscriptKernel(c.Settings.ANSI), args: []expr.Expr{args[0], index}}, err
}

func resolveElement(name string, try bool) func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	return func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
		t := args[0].Type()
		if t.Kind == types.Map {
			key, ok := coercion(c).TightestCommonType(t.Key(), args[1].Type())
			if !ok {
				return outcome{}, diag.New("DATATYPE_MISMATCH.MAP_FUNCTION_DIFF_TYPES", "sqlExpr", callText(name, args), "functionName", routine(name), "dataType", quoted("MAP"),
					"leftType", quoted(t.SQL()), "rightType", quoted(args[1].Type().SQL())).At(c.Span)
			}
			m, err := castTo(c, args[0], types.MapType(key, t.Elem(), t.ElemNullable()))
			if err != nil {
				return outcome{}, err
			}
			k, err := castTo(c, args[1], key)
			return outcome{result: t.Elem(), nullable: true, kernel: lookupKernel, args: []expr.Expr{m, k}}, err
		}
		index := args[1].Type()
		if index.Kind != types.Int && index.Kind != types.Short && index.Kind != types.Byte {
			return outcome{}, unexpectedType(c, name, args, 1, integer.text)
		}
		at, err := castTo(c, args[1], types.IntType)
		return outcome{result: t.Elem(), nullable: true, fails: true, kernel: elementKernel(c.Settings.ANSI && !try), args: []expr.Expr{args[0], at}}, err
	}
}

// elementKernel takes elements by position from 1.
func elementKernel(checked bool) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in, index, rows := columnOf[vector.List](args[0]), columnOf[int32](args[1]), nullRows(out.Len)
		err := each(sel, out, func(i int) error {
			l, at := in.at(i), int64(index.at(i))
			switch {
			case at == 0:
				return diag.New("INVALID_INDEX_OF_ZERO").At(c.Span)
			case at > int64(l.Length) || -at > int64(l.Length):
				if checked {
					return diag.New("INVALID_ARRAY_INDEX_IN_ELEMENT_AT", "indexValue", strconv.FormatInt(at, 10), "arraySize", itoa(int(l.Length))).At(c.Span)
				}
			case at > 0:
				rows[i] = l.Start + int32(at) - 1
			default:
				rows[i] = l.Start + l.Length + int32(at)
			}
			return nil
		})
		if err != nil {
			return err
		}
		takeRows(args[0].Children[0], rows, out)
		return nil
	}
}

// subscriptKernel takes elements by index from 0.
func subscriptKernel(checked bool) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in, index, rows := columnOf[vector.List](args[0]), columnOf[int32](args[1]), nullRows(out.Len)
		err := each(sel, out, func(i int) error {
			l, at := in.at(i), index.at(i)
			if at >= 0 && at < l.Length {
				rows[i] = l.Start + at
			} else if checked {
				return diag.New("INVALID_ARRAY_INDEX", "indexValue", itoa(int(at)), "arraySize", itoa(int(l.Length))).At(c.Span)
			}
			return nil
		})
		if err != nil {
			return err
		}
		takeRows(args[0].Children[0], rows, out)
		return nil
	}
}

// lookupKernel takes the value of a map's key.
func lookupKernel(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	in, rows := columnOf[vector.List](args[0]), nullRows(out.Len)
	entries := vector.Flatten(args[0].Children[0], args[0].Children[0].Len)
	keys := vector.Flatten(entries.Children[0], entries.Children[0].Len)
	var wanted, key []byte
	_ = each(sel, out, func(i int) error {
		wanted = vector.AppendValue(wanted[:0], args[1], i)
		l := in.at(i)
		for r := l.Start; r < l.Start+l.Length; r++ {
			if key = vector.AppendValue(key[:0], keys, int(r)); bytes.Equal(key, wanted) {
				rows[i] = r
				break
			}
		}
		return nil
	})
	takeRows(entries.Children[1], rows, out)
	return nil
}

// find is the index of the first element that equals the value of row i, -1 if none does.
func find(child *vector.Vector, l vector.List, wanted []byte, buffer *[]byte) int32 {
	for r := range l.Length {
		*buffer = vector.AppendValue((*buffer)[:0], child, int(l.Start+r))
		if bytes.Equal(*buffer, wanted) {
			return r
		}
	}
	return -1
}

func containsKernel(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	in, to, child := columnOf[vector.List](args[0]), vector.Values[uint8](out), vector.Flatten(args[0].Children[0], args[0].Children[0].Len)
	var wanted, buffer []byte
	return each(sel, out, func(i int) error {
		wanted = vector.AppendValue(wanted[:0], args[1], i)
		l := in.at(i)
		to[i] = 0
		if find(child, l, wanted, &buffer) >= 0 {
			to[i] = 1
		} else if hasNull(child, l) {
			out.SetNull(i)
		}
		return nil
	})
}

// hasNull reports whether an array has a null element.
func hasNull(child *vector.Vector, l vector.List) bool {
	if !child.MayHaveNulls() {
		return false
	}
	for r := l.Start; r < l.Start+l.Length; r++ {
		if child.IsNull(int(r)) {
			return true
		}
	}
	return false
}

func elementPositionKernel(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	in, to, child := columnOf[vector.List](args[0]), vector.Values[int64](out), vector.Flatten(args[0].Children[0], args[0].Children[0].Len)
	var wanted, buffer []byte
	return each(sel, out, func(i int) error {
		wanted = vector.AppendValue(wanted[:0], args[1], i)
		to[i] = int64(find(child, in.at(i), wanted, &buffer)) + 1
		return nil
	})
}

func bindContainsKey(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
	t := args[0].Type()
	if t.Kind == types.Void || args[1].Type().Kind == types.Void {
		return nil, diag.New("DATATYPE_MISMATCH.NULL_TYPE", "sqlExpr", callText("map_contains_key", args), "functionName", routine("map_contains_key")).At(c.Span)
	}
	if t.Kind == types.Map {
		if _, ok := coercion(c).WiderTypeWithoutStrings(t.Key(), args[1].Type()); ok {
			keys, err := call(c, "map_keys", args[0])
			if err != nil {
				return nil, err
			}
			return call(c, "array_contains", keys, args[1])
		}
	}
	return nil, diag.New("DATATYPE_MISMATCH.MAP_FUNCTION_DIFF_TYPES", "sqlExpr", callText("map_contains_key", args), "functionName", routine("map_contains_key"),
		"dataType", quoted("MAP"), "leftType", quoted(t.SQL()), "rightType", quoted(args[1].Type().SQL())).At(c.Span)
}

// call binds a function of the table by name.
func call(c *expr.BindContext, name string, args ...expr.Expr) (expr.Expr, error) {
	f, _ := Lookup(name)
	return f.Bind(c, args)
}

// orderedElements is the error for an array whose elements have no order.
func orderedElements(c *expr.BindContext, name string, args []expr.Expr) error {
	if t := args[0].Type(); t.Kind == types.Array && !t.Elem().IsOrderable() {
		return diag.New("DATATYPE_MISMATCH.INVALID_ORDERING_TYPE", "functionName", routine(name), "dataType", quoted(t.SQL()), "sqlExpr", callText(name, args)).At(c.Span)
	}
	return nil
}

func resolveExtreme(name string, sign int) func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	return func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
		if err := orderedElements(c, name, args); err != nil {
			return outcome{}, err
		}
		return outcome{result: args[0].Type().Elem(), nullable: true, kernel: func(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
			in, rows, e := columnOf[vector.List](args[0]), nullRows(out.Len), elementsOf(args[0])
			_ = each(sel, out, func(i int) error {
				l := in.at(i)
				e.load(l)
				best := int32(-1)
				for k := range l.Length {
					if !e.isNull(k) && (best < 0 || sign*e.compare(k, best) > 0) {
						best = k
					}
				}
				if best >= 0 {
					rows[i] = l.Start + best
				}
				return nil
			})
			takeRows(args[0].Children[0], rows, out)
			return nil
		}}, nil
	}
}
