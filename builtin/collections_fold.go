package builtin

import (
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

func elementText(c *expr.KernelContext, v *vector.Vector, row int32) string {
	return types.FormatValue(kernel.Value(v, int(row)), v.Type, zoneIn(c.Settings))
}

// identityLambda is the lambda that aggregate finishes with without one.
const identityLambda = "lambdafunction(namedlambdavariable(), namedlambdavariable())"

var aggregateFunction = func() *expr.Function {
	f := alias(withLambda(stateAndElement, nullAwareRewrite("aggregate", doc("lambda_funcs", "Combines the elements of an array, one after the other, with a state that starts as start; finish makes the result of the last state.",
		"expr - an array", "start - the first state", "merge - a lambda of state and element", "finish - a lambda of the state").printed(constantLambda(2, 2), defaults(3, identityLambda)).
		example("SELECT aggregate(array(1, 2, 3), 0, (acc, x) -> acc + x);", "6").
		example("SELECT aggregate(array(1, 2, 3), 0, (acc, x) -> acc + x, acc -> acc * 10);", "60"), bindFold)), "reduce")
	return f
}()

// stateAndElement is for merge; finish gets the state alone.
func stateAndElement(at int, args []expr.Expr, _ types.Coercion) []expr.LambdaParameter {
	state := expr.LambdaParameter{Type: args[min(1, len(args)-1)].Type(), Nullable: true}
	switch at {
	case 1:
		return nil
	case 3:
		return []expr.LambdaParameter{state}
	}
	return []expr.LambdaParameter{state, elementOf(args[0])}
}

func bindFold(c *expr.BindContext, f *expr.Function, args []expr.Expr) (expr.Expr, error) {
	if len(args) < 3 || len(args) > 4 {
		return nil, wrongNumber(c, "aggregate", 3, 4, len(args))
	}
	if !anyArray.accepts(args[0].Type()) {
		return nil, unexpectedType(c, "aggregate", args, 0, anyArray.text)
	}
	fails, result := false, args[1].Type()
	for at := 2; at < len(args); at++ {
		l := lambdaArgument(args, at)
		fails = fails || expr.Fallible(l.Body)
		if at == 3 {
			result = l.Typ
		}
	}
	merge := args[2].(*expr.Lambda)
	if !sameStructure(merge.Typ, args[1].Type()) {
		return nil, unexpectedType(c, "aggregate", args, 2, quoted(args[1].Type().SQL()))
	}
	return makeCall(c, f, args, outcome{result: result, nullable: true, fails: fails, kernel: foldKernel}), nil
}

// foldKernel goes through element number 0 of all arrays, then number 1, and so on.
func foldKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	propagate(sel, out, args[0])
	in, child, n := columnOf[vector.List](args[0]), newPicker(args[0].Children[0]).sources[0], out.Len
	// states holds a row for each state there has been; at is the row of each row's last one.
	states, at, longest := vector.NewFlat(args[1].Type, n), nullRows(n), int32(0)
	start := newPicker(args[1])
	_ = each(sel, out, func(i int) error {
		at[i] = int32(len(start.rows))
		start.add(0, int32(args[1].At(i)))
		longest = max(longest, in.at(i).Length)
		return nil
	})
	start.place(states)
	for step := range longest {
		var rows, last, element []int32
		for i, a := range at {
			if a >= 0 && in.at(i).Length > step {
				rows, last, element = append(rows, int32(i)), append(last, a), append(element, in.at(i).Start+step)
			}
		}
		result, err := c.Lambdas[2]([]*vector.Vector{picked(states, last), picked(child, element)}, rows, len(rows))
		if err != nil {
			return err
		}
		// The new states replace those they came from; the others are kept.
		next := newPicker(states, result)
		k := 0
		for i, a := range at {
			if a < 0 {
				continue
			}
			at[i] = int32(len(next.rows))
			if k < len(rows) && rows[k] == int32(i) {
				next.add(1, int32(k))
				k++
			} else {
				next.add(0, a)
			}
		}
		states = vector.NewFlat(states.Type, len(next.rows))
		next.place(states)
	}
	return finishFold(c, states, at, out)
}

// finishFold makes the results of the last states.
func finishFold(c *expr.KernelContext, states *vector.Vector, at []int32, out *vector.Vector) error {
	if len(c.Lambdas) < 4 {
		takeRows(states, at, out)
		return nil
	}
	rows := make([]int32, 0, states.Len)
	for i, a := range at {
		if a >= 0 {
			rows = append(rows, int32(i))
		}
	}
	result, err := c.Lambdas[3]([]*vector.Vector{states}, rows, len(rows))
	if err != nil {
		return err
	}
	takeRows(result, at, out)
	return nil
}

// picked is a new vector of the given rows.
func picked(source *vector.Vector, rows []int32) *vector.Vector {
	v := vector.NewFlat(source.Type, len(rows))
	copyRows(source, rows, v)
	return v
}

// elementsOfBoth are an element of each of two arrays, or a value of each of two maps; either may have come to its end.
func elementsOfBoth(at int, args []expr.Expr, _ types.Coercion) []expr.LambdaParameter {
	if len(args) < 2 || at == 1 {
		return nil
	}
	return []expr.LambdaParameter{{Type: args[0].Type().Elem(), Nullable: true}, {Type: args[1].Type().Elem(), Nullable: true}}
}

// keyAndValues are a key of two maps, of their common type, and its value in each.
func keyAndValues(at int, args []expr.Expr, rules types.Coercion) []expr.LambdaParameter {
	values := elementsOfBoth(at, args, rules)
	if values == nil {
		return nil
	}
	key := keyOf(args[0])
	if t, ok := rules.WiderTypeWithoutStrings(key.Type, args[1].Type().Key()); ok {
		key.Type = t
	}
	return append([]expr.LambdaParameter{key}, values...)
}

var zipWithFunction = withLambda(elementsOfBoth, rewriteSelf("zip_with", doc("lambda_funcs", "Returns the array of func for the elements of two arrays; the shorter one goes on with nulls.", "left - an array", "right - an array", "func - a lambda of two elements").printed(constantLambda(2, 2)).
	example("SELECT zip_with(array(1, 2), array(3, 4), (x, y) -> x + y);", "[4,6]"), bindZipWith))

func bindZipWith(c *expr.BindContext, f *expr.Function, args []expr.Expr) (expr.Expr, error) {
	if len(args) != 3 {
		return nil, wrongNumber(c, "zip_with", 3, 3, len(args))
	}
	for i := range 2 {
		if !anyArray.accepts(args[i].Type()) {
			return nil, unexpectedType(c, "zip_with", args, i, anyArray.text)
		}
	}
	l := lambdaArgument(args, 2)
	call := makeCall(c, f, args, outcome{result: types.ArrayType(l.Typ, l.Null), fails: expr.Fallible(l.Body), kernel: zipWithKernel})
	call.Null = anyNullable(args[:2])
	return call, nil
}

func zipWithKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	left, right := columnOf[vector.List](args[0]), columnOf[vector.List](args[1])
	a, b := newPicker(args[0].Children[0]), newPicker(args[1].Children[0])
	var rows []int32
	_ = each(sel, out, func(i int) error {
		l, r := left.at(i), right.at(i)
		n := max(l.Length, r.Length)
		a.addRange(0, l.Start, l.Length)
		if err := a.addRepeated(c, -1, int64(n-l.Length)); err != nil {
			return err
		}
		b.addRange(0, r.Start, r.Length)
		if err := b.addRepeated(c, -1, int64(n-r.Length)); err != nil {
			return err
		}
		if err := c.Budget.Grow(3 * bytesPerPick * int64(n)); err != nil {
			return err
		}
		for range n {
			rows = append(rows, int32(i))
		}
		return nil
	})
	if err := c.Budget.Err(); err != nil {
		return err
	}
	result, err := c.Lambdas[2]([]*vector.Vector{picked(a.sources[0], a.rows), picked(b.sources[0], b.rows)}, rows, len(rows))
	if err != nil {
		return err
	}
	to, first := newLists(c, out, result), int32(0)
	_ = each(sel, out, func(i int) error {
		n, start := max(left.at(i).Length, right.at(i).Length), to.mark()
		to.addRange(0, first, n)
		first += n
		return to.close(i, start)
	})
	return to.done()
}

// mapZipFunction is map_zip_with.
var mapZipFunction = withLambda(keyAndValues, rewriteSelf("map_zip_with", doc("lambda_funcs", "Returns a map of the keys of two maps with func of each key and its values, null where a map lacks the key.", "map1 - a map", "map2 - a map", "function - a lambda of key and two values").printed(constantLambda(2, 3)).
	example("SELECT map_zip_with(map(1, 'a', 2, 'b'), map(1, 'x', 2, 'y'), (k, v1, v2) -> concat(v1, v2));", `{1:"ax",2:"by"}`), bindMapZip))

func bindMapZip(c *expr.BindContext, f *expr.Function, args []expr.Expr) (expr.Expr, error) {
	if len(args) != 3 {
		return nil, wrongNumber(c, "map_zip_with", 3, 3, len(args))
	}
	for i := range 2 {
		if !anyMap.accepts(args[i].Type()) {
			return nil, unexpectedType(c, "map_zip_with", args, i, anyMap.text)
		}
	}
	l := lambdaArgument(args, 2)
	left, right := args[0].Type(), args[1].Type()
	key, ok := coercion(c).WiderTypeWithoutStrings(left.Key(), right.Key())
	if !ok {
		return nil, diag.New("DATATYPE_MISMATCH.MAP_ZIP_WITH_DIFF_TYPES", "sqlExpr", callText("map_zip_with", args), "functionName", "`map_zip_with`",
			"leftType", quoted(left.Key().SQL()), "rightType", quoted(right.Key().SQL())).At(c.Span)
	}
	cast := append([]expr.Expr(nil), args...)
	for i, t := range []types.Type{left, right} {
		var err error
		if cast[i], err = castTo(c, args[i], types.MapType(key, t.Elem(), t.ElemNullable())); err != nil {
			return nil, err
		}
	}
	call := makeCall(c, f, cast, outcome{result: types.MapType(key, l.Typ, l.Null), fails: true, kernel: mapZipKernel})
	call.Null = anyNullable(args[:2])
	return call, nil
}

func mapZipKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	left, right := entriesOf(args[0]), entriesOf(args[1])
	keys, a, b := newPicker(left[0], right[0]), newPicker(left[1]), newPicker(right[1])
	lists := [2]column[vector.List]{columnOf[vector.List](args[0]), columnOf[vector.List](args[1])}
	var rows, counts []int32
	var buffer []byte
	seen := map[string]int{}
	_ = each(sel, out, func(i int) error {
		clear(seen)
		first := len(rows)
		for s := range lists {
			l := lists[s].at(i)
			for r := l.Start; r < l.Start+l.Length; r++ {
				buffer = vector.AppendValue(buffer[:0], keys.sources[s], int(r))
				at, known := seen[string(buffer)]
				if !known {
					at = len(rows)
					seen[string(buffer)] = at
					rows = append(rows, int32(i))
					keys.add(s, r)
					a.add(0, -1)
					b.add(0, -1)
				}
				if s == 0 {
					a.rows[at] = r
				} else {
					b.rows[at] = r
				}
			}
		}
		counts = append(counts, int32(len(rows)-first))
		return nil
	})
	all := vector.NewFlat(left[0].Type, len(rows))
	if err := keys.finish(c, all); err != nil {
		return err
	}
	result, err := c.Lambdas[2]([]*vector.Vector{all, picked(a.sources[0], a.rows), picked(b.sources[0], b.rows)}, rows, len(rows))
	if err != nil {
		return err
	}
	m, k, row := newMapBuilder(c, out, []*vector.Vector{all}, []*vector.Vector{result}), int32(0), 0
	return m.fill(sel, func(int) error {
		for range counts[row] {
			if err := m.put(c, 0, k, 0, k); err != nil {
				return err
			}
			k++
		}
		row++
		return nil
	})
}

// sameStructure reports whether two types are the same but for the names of fields and for what may be null.
func sameStructure(a, b types.Type) bool {
	if a.Kind != b.Kind {
		return false
	}
	switch a.Kind {
	case types.Array:
		return sameStructure(a.Elem(), b.Elem())
	case types.Map:
		return sameStructure(a.Key(), b.Key()) && sameStructure(a.Elem(), b.Elem())
	case types.Struct:
		if len(a.Fields()) != len(b.Fields()) {
			return false
		}
		for i, f := range a.Fields() {
			if !sameStructure(f.Type, b.Fields()[i].Type) {
				return false
			}
		}
		return true
	}
	return a.SameType(b)
}
