package builtin

import (
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Functions that take lambdas. Their kernels gather the elements of all arrays of a chunk and evaluate the lambda for them at
// once; only aggregate and the comparators of array_sort go through it step by step.

var lambdaFunctions = []*expr.Function{
	higherOrder("transform", elementAndIndex, doc("lambda_funcs", "Returns the array of func for each element; a second parameter is the element's index.", "expr - an array", "func - a lambda").printed(constantLambda(1, 1)).
		example("SELECT transform(array(1, 2, 3), x -> x + 1);", "[2,3,4]").example("SELECT transform(array(1, 2, 3), (x, i) -> x + i);", "[1,3,5]"), 1,
		func(_ *expr.BindContext, args []expr.Expr) (outcome, error) {
			body := args[1].(*expr.Lambda)
			return outcome{result: types.ArrayType(body.Typ, body.Null), kernel: transformKernel}, nil
		}),
	higherOrder("filter", elementAndIndex, doc("lambda_funcs", "Returns the elements of an array, or the entries of a map, for which func is true; a second parameter is the element's index.", "expr - an array", "func - a lambda").printed(constantLambda(1, 1)).
		example("SELECT filter(array(1, 2, 3), x -> x % 2 == 1);", "[1,3]"), 1,
		func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			return outcome{result: args[0].Type(), kernel: filterKernel}, predicate(c, "filter", args)
		}),
	higherOrder("exists", element, doc("lambda_funcs", "Reports whether func is true for an element of an array; null if for none, but null for some.", "expr - an array", "pred - a lambda").printed(constantLambda(1, 1)).
		example("SELECT exists(array(1, 2, 3), x -> x % 2 == 0);", "true"), 1,
		func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			return outcome{result: types.BooleanType, nullable: true, kernel: anyKernel(1)}, predicate(c, "exists", args)
		}),
	higherOrder("forall", element, doc("lambda_funcs", "Reports whether func is true for all elements of an array; null if it is false for none, but null for some.", "expr - an array", "pred - a lambda").printed(constantLambda(1, 1)).
		example("SELECT forall(array(1, 2, 3), x -> x % 2 == 0);", "false"), 1,
		func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			return outcome{result: types.BooleanType, nullable: true, kernel: anyKernel(0)}, predicate(c, "forall", args)
		}),
	aggregateFunction,
	zipWithFunction, mapZipFunction,
	higherOrder("map_filter", keyAndValue, doc("lambda_funcs", "Returns the entries of a map for which func is true.", "expr - a map", "func - a lambda of key and value").printed(constantLambda(1, 2)).
		example("SELECT map_filter(map(1, 0, 2, 2, 3, -1), (k, v) -> k > v);", "{1:0,3:-1}"), 1,
		func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			return outcome{result: args[0].Type(), kernel: mapFilterKernel}, predicate(c, "map_filter", args)
		}),
	higherOrder("transform_keys", keyAndValue, doc("lambda_funcs", "Returns a map with func for each entry as its key.", "expr - a map", "func - a lambda of key and value").printed(constantLambda(1, 2)).
		example("SELECT transform_keys(map_from_arrays(array(1, 2, 3), array(1, 2, 3)), (k, v) -> k + 1);", "{2:1,3:2,4:3}"), 1,
		func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			t, body := args[0].Type(), args[1].(*expr.Lambda)
			return outcome{result: types.MapType(body.Typ, t.Elem(), t.ElemNullable()), fails: true, kernel: transformKeysKernel}, mapKey(c, "transform_keys", args, body.Typ)
		}),
	higherOrder("transform_values", keyAndValue, doc("lambda_funcs", "Returns a map with func for each entry as its value.", "expr - a map", "func - a lambda of key and value").printed(constantLambda(1, 2)).
		example("SELECT transform_values(map_from_arrays(array(1, 2, 3), array(1, 2, 3)), (k, v) -> v + 1);", "{1:2,2:3,3:4}"), 1,
		func(_ *expr.BindContext, args []expr.Expr) (outcome, error) {
			body := args[1].(*expr.Lambda)
			return outcome{result: types.MapType(args[0].Type().Key(), body.Typ, body.Null), kernel: transformValuesKernel}, nil
		}),
	withLambda(twoElements, rewriteSelf("array_sort", doc("lambda_funcs", "Returns an array sorted, nulls last, or by a lambda that compares two elements: negative, zero or positive.", "expr - an array", "func - a lambda of two elements").printed(defaults(1, sortLambda)).
		example("SELECT array_sort(array('bc', 'ab', 'dc', NULL));", `["ab","bc","dc",null]`).
		example("SELECT array_sort(array(5, 6, 1), (left, right) -> CASE WHEN left < right THEN -1 WHEN left > right THEN 1 ELSE 0 END);", "[1,5,6]"), bindArraySort)),
}

// sortLambda is the comparison that array_sort has without one.
const sortLambda = "lambdafunction((IF(((namedlambdavariable() IS NULL) AND (namedlambdavariable() IS NULL)), 0, " +
	"(IF((namedlambdavariable() IS NULL), 1, (IF((namedlambdavariable() IS NULL), -1, " +
	"(IF((namedlambdavariable() < namedlambdavariable()), -1, (IF((namedlambdavariable() > namedlambdavariable()), 1, 0))))))))))," +
	" namedlambdavariable(), namedlambdavariable())"

// lambdaParameters says what a lambda that is argument at gets; see expr.Function.
type lambdaParameters func(at int, args []expr.Expr, rules types.Coercion) []expr.LambdaParameter

// withLambda lets a function take lambdas; they never are the first argument.
func withLambda(parameters lambdaParameters, f *expr.Function) *expr.Function {
	f.Lambda = func(at int, args []expr.Expr, rules types.Coercion) []expr.LambdaParameter {
		if at == 0 || len(args) == 0 {
			return nil
		}
		return parameters(at, args, rules)
	}
	return f
}

// elementOf is an element of an array or a value of a map, and keyOf a key.
func elementOf(e expr.Expr) expr.LambdaParameter {
	return expr.LambdaParameter{Type: e.Type().Elem(), Nullable: e.Type().ElemNullable()}
}

func keyOf(e expr.Expr) expr.LambdaParameter { return expr.LambdaParameter{Type: e.Type().Key()} }

func element(_ int, args []expr.Expr, _ types.Coercion) []expr.LambdaParameter {
	return []expr.LambdaParameter{elementOf(args[0])}
}

func elementAndIndex(_ int, args []expr.Expr, _ types.Coercion) []expr.LambdaParameter {
	return []expr.LambdaParameter{elementOf(args[0]), {Type: types.IntType}}
}

func twoElements(_ int, args []expr.Expr, _ types.Coercion) []expr.LambdaParameter {
	return []expr.LambdaParameter{elementOf(args[0]), elementOf(args[0])}
}

func keyAndValue(_ int, args []expr.Expr, _ types.Coercion) []expr.LambdaParameter {
	return []expr.LambdaParameter{keyOf(args[0]), elementOf(args[0])}
}

// higherOrder makes a function of an array or map and a lambda, which is argument at.
func higherOrder(name string, lambda lambdaParameters, d document, at int, resolve func(c *expr.BindContext, args []expr.Expr) (outcome, error)) *expr.Function {
	return withLambda(lambda, rewriteSelf(name, d, func(c *expr.BindContext, f *expr.Function, args []expr.Expr) (expr.Expr, error) {
		if len(args) != at+1 {
			return nil, wrongNumber(c, name, at+1, at+1, len(args))
		}
		wanted := anyArray
		if name == "map_filter" || name == "transform_keys" || name == "transform_values" {
			wanted = anyMap
		}
		if !wanted.accepts(args[0].Type()) {
			return nil, unexpectedType(c, name, args, 0, wanted.text)
		}
		l := lambdaArgument(args, at)
		o, err := resolve(c, args)
		if err != nil {
			return nil, err
		}
		o.fails = o.fails || expr.Fallible(l.Body)
		o.nullable = o.nullable || args[0].Nullable()
		call := makeCall(c, f, args, o)
		call.Null = o.nullable // nulls of the lambda are not those of the call
		return call, nil
	}))
}

// lambdaArgument is the lambda that has to be argument at.
func lambdaArgument(args []expr.Expr, at int) *expr.Lambda {
	if l, ok := args[at].(*expr.Lambda); ok {
		return l
	}
	// A value that is no lambda stands for the lambda that gives it.
	v := args[at]
	l := &expr.Lambda{Base: expr.Base{Typ: v.Type(), Null: v.Nullable(), Span: v.Place()}, Body: v}
	args[at] = l
	return l
}

// predicate is the error for a lambda that is not boolean.
func predicate(c *expr.BindContext, name string, args []expr.Expr) error {
	l := args[1].(*expr.Lambda)
	if l.Typ.Kind == types.Boolean {
		return nil
	}
	if l.Typ.Kind == types.Void {
		body, err := castTo(c, l.Body, types.BooleanType)
		args[1] = &expr.Lambda{Base: expr.Base{Typ: types.BooleanType, Null: true, Span: l.Span}, Params: l.Params, Body: body}
		return err
	}
	return unexpectedType(c, name, args, 1, boolean.text)
}

// flatElements are the elements of all arrays of the rows to compute, one after the other.
type flatElements struct {
	params  []*vector.Vector
	rows    []int32 // row of each element
	indexes []int32 // of each element in its child
}

// gatherElements collects the elements of a list vector; each of children gives a parameter. If the budget is used up, run
// says so.
func gatherElements(c *expr.KernelContext, list *vector.Vector, sel vector.Selection, out *vector.Vector, children ...*vector.Vector) *flatElements {
	in, e := columnOf[vector.List](list), &flatElements{}
	_ = each(sel, out, func(i int) error {
		l := in.at(i)
		if err := c.Budget.Grow(2 * bytesPerPick * int64(l.Length)); err != nil {
			return err
		}
		for r := range l.Length {
			e.rows = append(e.rows, int32(i))
			e.indexes = append(e.indexes, l.Start+r)
		}
		return nil
	})
	for _, child := range children {
		v := vector.NewFlat(child.Type, 0)
		p := newPicker(child)
		p.rows = e.indexes
		_ = p.finish(c, v) // run gives the error
		e.params = append(e.params, v)
	}
	return e
}

// addIndex adds the index of each element in its array as a parameter.
func (e *flatElements) addIndex(list *vector.Vector) {
	in, v := columnOf[vector.List](list), vector.NewFlat(types.IntType, len(e.rows))
	v.Reset(len(e.rows))
	to := vector.Values[int32](v)
	for k, row := range e.rows {
		to[k] = e.indexes[k] - in.at(int(row)).Start
	}
	e.params = append(e.params, v)
}

// run evaluates lambda number at. Kernels give as many parameters as the lambda may have; it has perhaps fewer.
func (e *flatElements) run(c *expr.KernelContext, at int) (*vector.Vector, error) {
	if err := c.Budget.Err(); err != nil {
		return nil, err
	}
	return c.Lambdas[at](e.params, e.rows, len(e.rows))
}

// byElement calls f for each element with its row, opening and closing each row's result.
func (e *flatElements) byRow(sel vector.Selection, out *vector.Vector, list *vector.Vector, f func(i int, first, n int32) error) error {
	in, first := columnOf[vector.List](list), int32(0)
	return each(sel, out, func(i int) error {
		n := in.at(i).Length
		err := f(i, first, n)
		first += n
		return err
	})
}

func isTrueAt(v *vector.Vector, i int32) bool {
	return !v.IsNull(int(i)) && vector.Get[uint8](v, int(i)) != 0
}

func transformKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	e := gatherElements(c, args[0], sel, out, args[0].Children[0])
	e.addIndex(args[0])
	result, err := e.run(c, 1)
	if err != nil {
		return err
	}
	to := newLists(c, out, result)
	_ = e.byRow(sel, out, args[0], func(i int, first, n int32) error {
		start := to.mark()
		to.addRange(0, first, n)
		return to.close(i, start)
	})
	return to.done()
}

func filterKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	e := gatherElements(c, args[0], sel, out, args[0].Children[0])
	e.addIndex(args[0])
	keep, err := e.run(c, 1)
	if err != nil {
		return err
	}
	to := newLists(c, out, e.params[0])
	_ = e.byRow(sel, out, args[0], func(i int, first, n int32) error {
		start := to.mark()
		for k := first; k < first+n; k++ {
			if isTrueAt(keep, k) {
				to.add(0, k)
			}
		}
		return to.close(i, start)
	})
	return to.done()
}

// anyKernel is exists (wanted 1) and forall (wanted 0): whether some element has the wanted answer decides.
func anyKernel(wanted uint8) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		e := gatherElements(c, args[0], sel, out, args[0].Children[0])
		answers, err := e.run(c, 1)
		if err != nil {
			return err
		}
		to := vector.Values[uint8](out)
		return e.byRow(sel, out, args[0], func(i int, first, n int32) error {
			null := false
			for k := int(first); k < int(first+n); k++ {
				if answers.IsNull(k) {
					null = true
				} else if vector.Get[uint8](answers, k) == wanted {
					to[i] = wanted
					return nil
				}
			}
			if to[i] = 1 - wanted; null {
				out.SetNull(i)
			}
			return nil
		})
	}
}

// entriesOf are the keys and values of a map vector.
func entriesOf(m *vector.Vector) []*vector.Vector {
	entries := vector.Flatten(m.Children[0], m.Children[0].Len)
	return entries.Children
}

func mapFilterKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	e := gatherElements(c, args[0], sel, out, entriesOf(args[0])...)
	keep, err := e.run(c, 1)
	if err != nil {
		return err
	}
	return buildMaps(c, e, args[0], e.params[0], e.params[1], sel, out, func(k int32) bool { return isTrueAt(keep, k) })
}

// buildMaps makes maps of the entries that keep holds for.
func buildMaps(c *expr.KernelContext, e *flatElements, list, keys, values *vector.Vector, sel vector.Selection, out *vector.Vector, keep func(k int32) bool) error {
	m := newMapBuilder(c, out, []*vector.Vector{keys}, []*vector.Vector{values})
	return m.done(e.byRow(sel, out, list, func(i int, first, n int32) error {
		m.open()
		for k := first; k < first+n; k++ {
			if keep(k) {
				if err := m.put(c, 0, k, 0, k); err != nil {
					return err
				}
			}
		}
		m.close(i)
		return nil
	}))
}

func anyEntry(int32) bool { return true }

func transformKeysKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	e := gatherElements(c, args[0], sel, out, entriesOf(args[0])...)
	keys, err := e.run(c, 1)
	if err != nil {
		return err
	}
	return buildMaps(c, e, args[0], keys, e.params[1], sel, out, anyEntry)
}

func transformValuesKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	e := gatherElements(c, args[0], sel, out, entriesOf(args[0])...)
	values, err := e.run(c, 1)
	if err != nil {
		return err
	}
	return buildMaps(c, e, args[0], e.params[0], values, sel, out, anyEntry)
}

func bindArraySort(c *expr.BindContext, f *expr.Function, args []expr.Expr) (expr.Expr, error) {
	if len(args) < 1 || len(args) > 2 {
		return nil, wrongNumber(c, "array_sort", 1, 2, len(args))
	}
	if !anyArray.accepts(args[0].Type()) {
		return nil, unexpectedType(c, "array_sort", args, 0, anyArray.text)
	}
	if len(args) == 1 {
		if err := orderedElements(c, "array_sort", args); err != nil {
			return nil, err
		}
		return makeCall(c, f, args, outcome{result: args[0].Type(), kernel: func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
			return sortLists(c, args[0], sel, out, nullsLast)
		}}), nil
	}
	l := lambdaArgument(args, 1)
	if l.Typ.Kind != types.Int {
		return nil, diag.New("DATATYPE_MISMATCH.UNEXPECTED_RETURN_TYPE", "sqlExpr", callText("array_sort", args), "functionName", "`lambdafunction`",
			"expectedType", integer.text, "actualType", quoted(l.Typ.SQL())).At(c.Span)
	}
	call := makeCall(c, f, args, outcome{result: args[0].Type(), fails: true, kernel: comparatorKernel})
	call.Null = args[0].Nullable()
	return call, nil
}

// comparatorKernel sorts by a lambda that compares two elements at a time.
func comparatorKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	in, to := columnOf[vector.List](args[0]), newLists(c, out, args[0].Children[0])
	child := to.sources[0]
	var failure error
	pair := []*vector.Vector{vector.NewFlat(child.Type, 1), vector.NewFlat(child.Type, 1)}
	compare := func(row, a, b int32) int {
		for p, r := range []int32{a, b} {
			pair[p] = vector.NewFlat(child.Type, 1)
			copyRows(child, []int32{r}, pair[p])
		}
		result, err := c.Lambdas[1](pair, []int32{row}, 1)
		switch {
		case failure != nil:
		case err != nil:
			failure = err
		case result.IsNull(0):
			failure = diag.New("COMPARATOR_RETURNS_NULL", "firstValue", elementText(c, child, a), "secondValue", elementText(c, child, b)).At(c.Span)
		default:
			return int(vector.Get[int32](result, 0))
		}
		return 0
	}
	err := each(sel, out, func(i int) error {
		l, start := in.at(i), to.mark()
		to.addRange(0, l.Start, l.Length)
		if err := sortStably(c, to.rows[start-to.base:], func(a, b int32) int { return compare(int32(i), a, b) }); err != nil {
			return err
		}
		if failure != nil {
			return failure
		}
		return to.close(i, start)
	})
	if err != nil {
		return err
	}
	return to.done()
}
