package builtin

import (
	"slices"
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

var changeFunctions = []*expr.Function{
	oneArray("array_distinct", "Returns an array without duplicates.", "SELECT array_distinct(array(1, 2, 3, NULL, 3));", "[1,2,3,null]", distinctKernel, nil),
	oneArray("array_compact", "Returns an array without its nulls.", "SELECT array_compact(array(1, 2, 3, NULL));", "[1,2,3]", compactKernel,
		func(t types.Type) types.Type { return types.ArrayType(t.Elem(), false) }),
	strictly(1, scalar("sort_array", doc("array_funcs", "Returns an array sorted, nulls first if ascending, else last.", "array - an array", "ascendingOrder - a boolean constant, true if absent").printed(defaults(1, "true")).
		example("SELECT sort_array(array('b', 'd', NULL, 'c', 'a'), true);", "[null,\"a\",\"b\",\"c\",\"d\"]"),
		signature{params: of(anyArray, boolean), optional: 1, resolve: resolveSortArray}), boolean),
	setFunction("array_union", "Returns the elements of either array, without duplicates.", "[1,2,3,5]", func(inRight bool) bool { return true }, true),
	setFunction("array_intersect", "Returns the elements of both arrays, without duplicates.", "[1,3]", func(inRight bool) bool { return inRight }, false),
	setFunction("array_except", "Returns the elements of array1 that are not in array2, without duplicates.", "[2]", func(inRight bool) bool { return !inRight }, false),
	twoArrays(scalar("arrays_overlap", doc("array_funcs", "Reports whether two arrays have an element in common that is not null; null if they have none but both have elements and one a null.",
		"array1 - an array", "array2 - an array").example("SELECT arrays_overlap(array(1, 2, 3), array(3, 4, 5));", "true"),
		signature{params: of(anyArray, anyArray), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			cast, _, err := sameArrays(c, "arrays_overlap", args)
			return outcome{result: types.BooleanType, nullable: true, args: cast, kernel: overlapKernel}, err
		}})),
	elementFunction(1, nullAware("array_append", doc("array_funcs", "Adds an element at the end of an array.", "array - an array", "element - a value").
		example("SELECT array_append(array('b', 'd', 'c', 'a'), 'd');", "[\"b\",\"d\",\"c\",\"a\",\"d\"]"),
		signature{params: of(anyArray, anything), resolve: resolveAdd("array_append", appendKernel)})),
	elementFunction(1, nullAware("array_prepend", doc("array_funcs", "Adds an element at the start of an array.", "array - an array", "element - a value").
		example("SELECT array_prepend(array('b', 'd', 'c', 'a'), 'd');", "[\"d\",\"b\",\"d\",\"c\",\"a\"]"),
		signature{params: of(anyArray, anything), resolve: resolveAdd("array_prepend", prependKernel)})),
	elementFunction(2, nullAware("array_insert", doc("array_funcs", "Inserts a value into an array at a position from 1, or from the end if negative; nulls fill the gap if it lies outside.",
		"x - an array", "pos - an integer", "val - a value").example("SELECT array_insert(array(1, 2, 3, 4), 5, 5);", "[1,2,3,4,5]").
		example("SELECT array_insert(array(5, 4, 3, 2), -1, 1);", "[5,4,3,2,1]"),
		signature{params: of(anyArray, integer, anything), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			cast, err := withElement(c, "array_insert", args, 2)
			if err != nil {
				return outcome{}, err
			}
			return outcome{result: types.ArrayType(cast[0].Type().Elem(), true), nullable: anyNullable(args[:2]), fails: true, args: cast, kernel: insertKernel}, nil
		}})),
	elementFunction(1, scalar("array_remove", doc("array_funcs", "Removes all elements that equal a value from an array.", "array - an array", "element - a value").
		example("SELECT array_remove(array(1, 2, 3, NULL, 3), 3);", "[1,2,null]"),
		signature{params: of(anyArray, anything), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			cast, err := withElement(c, "array_remove", args, 1)
			if err != nil {
				return outcome{}, err
			}
			return outcome{result: cast[0].Type(), args: cast, kernel: removeKernel}, nil
		}})),
	scalar("slice", doc("array_funcs", "Returns length elements of an array from a position on, counted from 1 or, if negative, from the end.", "x - an array", "start - an integer", "length - an integer").
		example("SELECT slice(array(1, 2, 3, 4), 2, 2);", "[2,3]").example("SELECT slice(array(1, 2, 3, 4), -2, 2);", "[3,4]"),
		signature{params: of(anyArray, integer, integer), resolve: func(_ *expr.BindContext, args []expr.Expr) (outcome, error) {
			return outcome{result: args[0].Type(), fails: true, kernel: sliceKernel}, nil
		}}),
	scalar("flatten", doc("array_funcs", "Returns the elements of an array of arrays as one array; null if one of them is null.", "arrayOfArrays - an array of arrays").
		example("SELECT flatten(array(array(1, 2), array(3, 4)));", "[1,2,3,4]"),
		signature{params: of(anyArray), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			t := args[0].Type()
			if t.Kind == types.Array && t.Elem().Kind != types.Array {
				return outcome{}, unexpectedType(c, "flatten", args, 0, quoted("ARRAY")+" of "+quoted("ARRAY"))
			}
			return outcome{result: t.Elem(), nullable: t.ElemNullable(), kernel: flattenKernel}, nil
		}}),
}

// oneArray makes a function array → array.
func oneArray(name, usage, query, result string, kernel expr.Kernel, t func(types.Type) types.Type) *expr.Function {
	return scalar(name, doc("array_funcs", usage, "array - an array").example(query, result),
		signature{params: of(anyArray), resolve: func(_ *expr.BindContext, args []expr.Expr) (outcome, error) {
			o := outcome{result: args[0].Type(), kernel: kernel}
			if t != nil {
				o.result = t(o.result)
			}
			return o, nil
		}})
}

func distinctKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	in, to, e, seen := columnOf[vector.List](args[0]), newLists(c, out, args[0].Children[0]), elementsOf(args[0]), map[string]bool{}
	e.exact = true
	_ = each(sel, out, func(i int) error {
		l, start := in.at(i), to.mark()
		e.load(l)
		clear(seen)
		for k := range l.Length {
			if b := e.at(k); !seen[string(b)] {
				seen[string(b)] = true
				to.add(0, l.Start+k)
			}
		}
		return to.close(i, start)
	})
	return to.done()
}

func compactKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	in, to := columnOf[vector.List](args[0]), newLists(c, out, args[0].Children[0])
	_ = each(sel, out, func(i int) error {
		l, start := in.at(i), to.mark()
		for r := l.Start; r < l.Start+l.Length; r++ {
			if !to.sources[0].IsNull(int(r)) {
				to.add(0, r)
			}
		}
		return to.close(i, start)
	})
	return to.done()
}

func resolveSortArray(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	if err := orderedElements(c, "sort_array", args); err != nil {
		return outcome{}, err
	}
	if len(args) == 2 {
		if _, ok, err := Constant(args[1]); err != nil || !ok {
			if err == nil {
				err = unexpectedType(c, "sort_array", args, 1, boolean.text)
			}
			return outcome{}, err
		}
	}
	return outcome{result: args[0].Type(), kernel: func(k *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		descending := len(args) == 2 && !args[1].IsNull(0) && vector.Get[uint8](args[1], 0) == 0
		return sortLists(k, args[0], sel, out, func(e *elements, a, b int32) int {
			if descending {
				return e.compare(b, a)
			}
			return e.compare(a, b)
		})
	}}, nil
}

// sortLists sorts the elements of each array, stably.
func sortLists(c *expr.KernelContext, array *vector.Vector, sel vector.Selection, out *vector.Vector, compare func(e *elements, a, b int32) int) error {
	in, to, e := columnOf[vector.List](array), newLists(c, out, array.Children[0]), elementsOf(array)
	var order []int32
	_ = each(sel, out, func(i int) error {
		l, start := in.at(i), to.mark()
		e.load(l)
		order = order[:0]
		for k := range l.Length {
			order = append(order, k)
		}
		if err := sortStably(c, order, func(a, b int32) int { return compare(e, a, b) }); err != nil {
			return err
		}
		for _, k := range order {
			to.add(0, l.Start+k)
		}
		return to.close(i, start)
	})
	return to.done()
}

// errStopped ends a sort from inside its comparison.
type errStopped struct{}

// workPerComparison is the work of comparing two elements.
const workPerComparison = 16

// sortStably sorts within the budget.
func sortStably(c *expr.KernelContext, order []int32, compare func(a, b int32) int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(errStopped); !ok {
				panic(r)
			}
			err = c.Budget.Err()
		}
	}()
	slices.SortStableFunc(order, func(a, b int32) int {
		if c.Budget.Work(workPerComparison) != nil {
			panic(errStopped{})
		}
		return compare(a, b)
	})
	return nil
}

// nullsLast compares elements with nulls at the end, as array_sort does.
func nullsLast(e *elements, a, b int32) int {
	if x, y := e.isNull(a), e.isNull(b); x || y {
		return int(boolByte(x)) - int(boolByte(y))
	}
	return e.compare(a, b)
}

// sameArrays casts two arrays to one type; nulls says that elements of either may be null.
func sameArrays(c *expr.BindContext, name string, args []expr.Expr) ([]expr.Expr, types.Type, error) {
	l, r := args[0].Type(), args[1].Type()
	if l.Kind == types.Array && r.Kind == types.Array {
		if t, ok := coercion(c).TightestCommonType(l.Elem(), r.Elem()); ok {
			a, err := castTo(c, args[0], types.ArrayType(t, l.ElemNullable()))
			if err != nil {
				return nil, t, err
			}
			b, err := castTo(c, args[1], types.ArrayType(t, r.ElemNullable()))
			return []expr.Expr{a, b}, types.ArrayType(t, l.ElemNullable() || r.ElemNullable()), err
		}
	}
	return nil, l, diag.New("DATATYPE_MISMATCH.BINARY_ARRAY_DIFF_TYPES", "sqlExpr", callText(name, args), "functionName", routine(name), "arrayType", quoted("ARRAY"),
		"leftType", quoted(l.SQL()), "rightType", quoted(r.SQL())).At(c.Span)
}

// setFunction makes a set operation of two arrays: the distinct elements of the first that keep holds for and, if both, those
// of the second.
func setFunction(name, usage, result string, keep func(inRight bool) bool, both bool) *expr.Function {
	kernel := func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		left, right, to := columnOf[vector.List](args[0]), columnOf[vector.List](args[1]), newLists(c, out, args[0].Children[0], args[1].Children[0])
		a, b, inRight, seen := elementsOf(args[0]), elementsOf(args[1]), map[string]bool{}, map[string]bool{}
		a.exact, b.exact = true, true
		_ = each(sel, out, func(i int) error {
			l, r, start := left.at(i), right.at(i), to.mark()
			a.load(l)
			b.load(r)
			clear(inRight)
			clear(seen)
			if !both {
				for k := range r.Length {
					inRight[string(b.at(k))] = true
				}
			}
			for k := range l.Length {
				if v := a.at(k); !seen[string(v)] && keep(inRight[string(v)]) {
					seen[string(v)] = true
					to.add(0, l.Start+k)
				}
			}
			for k := int32(0); both && k < r.Length; k++ {
				if v := b.at(k); !seen[string(v)] {
					seen[string(v)] = true
					to.add(1, r.Start+k)
				}
			}
			return to.close(i, start)
		})
		return to.done()
	}
	return twoArrays(scalar(name, doc("array_funcs", usage, "array1 - an array", "array2 - an array").example("SELECT "+name+"(array(1, 2, 3), array(1, 3, 5));", result),
		signature{params: of(anyArray, anyArray), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			cast, t, err := sameArrays(c, name, args)
			switch {
			case err != nil:
				return outcome{}, err
			case name == "array_except":
				t = cast[0].Type()
			case name == "array_intersect":
				t = types.ArrayType(t.Elem(), cast[0].Type().ElemNullable() && cast[1].Type().ElemNullable())
			}
			return outcome{result: t, args: cast, kernel: kernel}, nil
		}}))
}

// twoArrays makes f refuse anything but two arrays with the error of arrays of different types.
func twoArrays(f *expr.Function) *expr.Function {
	bind := f.Bind
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		if len(args) == 2 && (args[0].Type().Kind != types.Array || args[1].Type().Kind != types.Array) {
			_, _, err := sameArrays(c, f.Name, args)
			return nil, err
		}
		return bind(c, args)
	}
	return f
}

func overlapKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	left, right, to := columnOf[vector.List](args[0]), columnOf[vector.List](args[1]), vector.Values[uint8](out)
	a, b, seen := elementsOf(args[0]), elementsOf(args[1]), map[string]bool{}
	return each(sel, out, func(i int) error {
		l, r := left.at(i), right.at(i)
		a.load(l)
		b.load(r)
		clear(seen)
		for k := range l.Length {
			if !a.isNull(k) {
				seen[string(a.at(k))] = true
			}
		}
		to[i] = 0
		for k := range r.Length {
			if !b.isNull(k) && seen[string(b.at(k))] {
				to[i] = 1
				return nil
			}
		}
		if l.Length > 0 && r.Length > 0 && (hasNull(a.child, l) || hasNull(b.child, r)) {
			out.SetNull(i)
		}
		return nil
	})
}

func resolveAdd(name string, kernel expr.Kernel) func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	return func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
		cast, err := withElement(c, name, args, 1)
		if err != nil {
			return outcome{}, err
		}
		t := cast[0].Type()
		return outcome{result: types.ArrayType(t.Elem(), t.ElemNullable() || cast[1].Nullable()), nullable: cast[0].Nullable(), args: cast, kernel: kernel}, nil
	}
}

func appendKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	return addKernel(c, args, sel, out, false)
}

func prependKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	return addKernel(c, args, sel, out, true)
}

func addKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector, first bool) error {
	propagate(sel, out, args[0])
	in, to := columnOf[vector.List](args[0]), newLists(c, out, args[0].Children[0], args[1])
	_ = each(sel, out, func(i int) error {
		l, start := in.at(i), to.mark()
		if first {
			to.add(1, int32(args[1].At(i)))
		}
		to.addRange(0, l.Start, l.Length)
		if !first {
			to.add(1, int32(args[1].At(i)))
		}
		return to.close(i, start)
	})
	return to.done()
}

// largestArray is the most elements that Spark puts into an array.
const largestArray = 2147483632

func insertKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	propagate(sel, out, args[0], args[1])
	in, positions, to := columnOf[vector.List](args[0]), columnOf[int32](args[1]), newLists(c, out, args[0].Children[0], args[2])
	// Position -1 is behind the last element, but before it under an old setting.
	last := int64(1)
	if c.Settings != nil && c.Settings.Conf != nil && strings.EqualFold(c.Settings.Conf("spark.sql.legacy.negativeIndexInArrayInsert"), "true") {
		last = 0
	}
	err := each(sel, out, func(i int) error {
		l, at, start := in.at(i), int64(positions.at(i)), to.mark()
		item := int32(args[2].At(i))
		n := int64(l.Length)
		if at == 0 {
			return diag.New("INVALID_INDEX_OF_ZERO").At(c.Span)
		}
		if size := max(at, -at, n+1); size > largestArray {
			return tooManyElements(c, "array_insert", size)
		}
		switch {
		case at > n:
			to.addRange(0, l.Start, l.Length)
			if err := to.addRepeated(c, -1, at-n-1); err != nil {
				return err
			}
			to.add(1, item)
		case at < -n-last:
			to.add(1, item)
			if err := to.addRepeated(c, -1, -at-n-last); err != nil {
				return err
			}
			to.addRange(0, l.Start, l.Length)
		default:
			if at < 0 {
				at += n + 1 + last
			}
			to.addRange(0, l.Start, int32(at-1))
			to.add(1, item)
			to.addRange(0, l.Start+int32(at-1), l.Length-int32(at-1))
		}
		return to.close(i, start)
	})
	if err != nil {
		return err
	}
	return to.done()
}

// addRepeated picks a row of the first source (-1: null) n times, if the budget allows.
func (p *picker) addRepeated(c *expr.KernelContext, row int32, n int64) error {
	if n <= 0 {
		return nil
	}
	if err := c.Budget.Grow(bytesPerPick * n); err != nil {
		return err
	}
	p.rows = slices.Grow(p.rows, int(n))
	for done := int64(0); done < n; done++ {
		p.add(0, row)
		if done%pickBlock == pickBlock-1 {
			if err := c.Budget.Work(pickBlock); err != nil {
				return err
			}
		}
	}
	return nil
}

// pickBlock is how many values are made before the budget is told.
const pickBlock = 16 << 10

func tooManyElements(c *expr.KernelContext, name string, n int64) *diag.Error {
	return diag.New("COLLECTION_SIZE_LIMIT_EXCEEDED.FUNCTION", "functionName", routine(name), "numberOfElements", itoa(int(n)), "maxRoundedArrayLength", itoa(largestArray)).At(c.Span)
}

func removeKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	in, to, e := columnOf[vector.List](args[0]), newLists(c, out, args[0].Children[0]), elementsOf(args[0])
	var wanted []byte
	_ = each(sel, out, func(i int) error {
		l, start := in.at(i), to.mark()
		e.load(l)
		wanted = vector.AppendValue(wanted[:0], args[1], i)
		for k := range l.Length {
			if string(e.at(k)) != string(wanted) {
				to.add(0, l.Start+k)
			}
		}
		return to.close(i, start)
	})
	return to.done()
}

func sliceKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	in, starts, lengths, to := columnOf[vector.List](args[0]), columnOf[int32](args[1]), columnOf[int32](args[2]), newLists(c, out, args[0].Children[0])
	err := each(sel, out, func(i int) error {
		l, at, n, mark := in.at(i), int64(starts.at(i)), int64(lengths.at(i)), to.mark()
		switch {
		case at == 0:
			return diag.New("INVALID_PARAMETER_VALUE.START", "parameter", "`start`", "functionName", "`slice`").At(c.Span)
		case n < 0:
			return diag.New("INVALID_PARAMETER_VALUE.LENGTH", "parameter", "`length`", "length", itoa(int(n)), "functionName", "`slice`").At(c.Span)
		case at < 0:
			at += int64(l.Length)
		default:
			at--
		}
		if at >= 0 && at < int64(l.Length) {
			to.addRange(0, l.Start+int32(at), int32(min(n, int64(l.Length)-at)))
		}
		return to.close(i, mark)
	})
	if err != nil {
		return err
	}
	return to.done()
}

func flattenKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	inner := vector.Flatten(args[0].Children[0], args[0].Children[0].Len)
	in, to, parts := columnOf[vector.List](args[0]), newLists(c, out, inner.Children[0]), vector.Values[vector.List](inner)
	_ = each(sel, out, func(i int) error {
		l, start := in.at(i), to.mark()
		if hasNull(inner, l) {
			out.SetNull(i)
			return nil
		}
		for _, p := range parts[l.Start : l.Start+l.Length] {
			to.addRange(0, p.Start, p.Length)
		}
		return to.close(i, start)
	})
	return to.done()
}
