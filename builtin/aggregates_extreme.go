package builtin

import (
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// extremeState is the state of min and max of a fixed-width type: the value, then one byte that says there is one.
type extremeState[T any] struct {
	value T
	seen  uint8
}

// compareFunc orders two values of a fixed-width layout.
type compareFunc[T any] func(a, b T) int

func compareOrdered[T int8 | int16 | int32 | int64 | uint8](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func compareFloat[T floatType](a, b T) int { return types.CompareDouble(float64(a), float64(b)) }

// extremeKernel is min (sign -1) or max (1) of a fixed-width type.
func extremeKernel[T any](compare compareFunc[T], sign int) *expr.AggregateKernel {
	kind := expr.MaxAggregate
	if sign < 0 {
		kind = expr.MinAggregate
	}
	add := func(s *extremeState[T], v T) {
		if s.seen == 0 || compare(v, s.value) == sign {
			s.value, s.seen = v, 1
		}
	}
	return &expr.AggregateKernel{Kind: kind, Size: sizeOf[extremeState[T]](), Update: accumulate(add),
		Merge: mergeStates(func(dst, src *extremeState[T]) {
			if src.seen != 0 {
				add(dst, src.value)
			}
		}),
		Final: finish(func(s *extremeState[T]) (T, bool) { return s.value, s.seen != 0 }),
	}
}

// extremeFor picks the kernel of min or max for a type.
func extremeFor(t types.Type, sign int) *expr.AggregateKernel {
	switch t.Physical() {
	case types.PhysicalBool:
		return extremeKernel(compareOrdered[uint8], sign)
	case types.PhysicalInt8:
		return extremeKernel(compareOrdered[int8], sign)
	case types.PhysicalInt16:
		return extremeKernel(compareOrdered[int16], sign)
	case types.PhysicalInt32:
		return extremeKernel(compareOrdered[int32], sign)
	case types.PhysicalInt64:
		return extremeKernel(compareOrdered[int64], sign)
	case types.PhysicalInt128:
		return extremeKernel(types.Int128.Cmp, sign)
	case types.PhysicalFloat32:
		return extremeKernel(compareFloat[float32], sign)
	case types.PhysicalFloat64:
		return extremeKernel(compareFloat[float64], sign)
	case types.PhysicalVoid:
		return voidKernel
	}
	return extremeValueKernel(t, sign)
}

// voidKernel is an aggregate over NULL.
var voidKernel = &expr.AggregateKernel{Size: 8,
	Update: func(*expr.AggregateContext, *expr.Groups, []*vector.Vector, vector.Selection, int) error { return nil },
	Merge:  func(*expr.AggregateContext, []byte, []byte, *expr.BlobStore) error { return nil },
	Final: func(_ *expr.AggregateContext, _ *expr.Groups, _ int, out *vector.Vector) error {
		out.ClearedValid()
		return nil
	},
}

var extremeAggregates = []*expr.AggregateFunction{
	extremeFunction("max", 1, doc("agg_funcs", "Returns the largest value of expr that is not null.", "expr - a value of a type with an order").
		example("SELECT max(col) FROM VALUES (10), (50), (20) AS tab(col);", "50")),
	extremeFunction("min", -1, doc("agg_funcs", "Returns the smallest value of expr that is not null.", "expr - a value of a type with an order").
		example("SELECT min(col) FROM VALUES (10), (-1), (20) AS tab(col);", "-1")),
	aggregateAlias(booleanExtreme("bool_or", "max", doc("agg_funcs", "Returns true if expr is true in some row; null if it is null in all.", "expr - a boolean").
		example("SELECT bool_or(col) FROM VALUES (true), (false), (false) AS tab(col);", "true").
		example("SELECT any(col) FROM VALUES (NULL), (true), (false) AS tab(col);", "true")), "any", "some"),
	aggregateAlias(booleanExtreme("bool_and", "min", doc("agg_funcs", "Returns true if expr is true in every row where it is not null; null if there are none.", "expr - a boolean").
		example("SELECT bool_and(col) FROM VALUES (true), (true), (true) AS tab(col);", "true").
		example("SELECT every(col) FROM VALUES (true), (false), (true) AS tab(col);", "false")), "every"),
	bitAggregate("bit_and", func(a, b int64) int64 { return a & b }, doc("agg_funcs", "Returns the bitwise AND of all values that are not null.", "expr - an integer").
		example("SELECT bit_and(col) FROM VALUES (3), (5) AS tab(col);", "1")),
	bitAggregate("bit_or", func(a, b int64) int64 { return a | b }, doc("agg_funcs", "Returns the bitwise OR of all values that are not null.", "expr - an integer").
		example("SELECT bit_or(col) FROM VALUES (3), (5) AS tab(col);", "7")),
	bitAggregate("bit_xor", func(a, b int64) int64 { return a ^ b }, doc("agg_funcs", "Returns the bitwise XOR of all values that are not null.", "expr - an integer").
		example("SELECT bit_xor(col) FROM VALUES (3), (5) AS tab(col);", "6")),
}

func extremeFunction(name string, sign int, d document) *expr.AggregateFunction {
	return aggregate(name, d, ignoresDuplicates, aggregateSignature{params: of(anything), resolve: func(c *expr.BindContext, args []expr.Expr) (aggregateOutcome, error) {
		t := args[0].Type()
		if err := requireOrder(c, name, callText(name, args), t); err != nil {
			return aggregateOutcome{}, err
		}
		return aggregateOutcome{result: t, nullable: true, kernel: extremeFor(t, sign)}, nil
	}})
}

// requireOrder is the error for a type without an order.
func requireOrder(c *expr.BindContext, name, sqlExpr string, t types.Type) error {
	if t.IsOrderable() {
		return nil
	}
	return diag.New("DATATYPE_MISMATCH.INVALID_ORDERING_TYPE", "sqlExpr", sqlExpr, "functionName", routine(name), "dataType", quoted(t.SQL())).At(c.Span)
}

// booleanExtreme is max or min of booleans.
func booleanExtreme(name, extreme string, d document) *expr.AggregateFunction {
	return aggregateRewrite(name, d, ignoresDuplicates, 1, 1, func(c *expr.BindContext, args []expr.Expr, distinct bool) (expr.Expr, error) {
		t, ok := boolean.implicit(args[0].Type(), coercion(c))
		if !ok {
			return nil, unexpectedType(c, name, args, 0, boolean.text)
		}
		e, err := castTo(c, args[0], t)
		if err != nil {
			return nil, err
		}
		f, _ := LookupAggregate(extreme)
		return f.Bind(c, []expr.Expr{e}, distinct)
	})
}

// bitState is the state of the bitwise aggregates.
type bitState struct {
	value int64
	seen  int64
}

func bitAggregate(name string, combine func(a, b int64) int64, d document) *expr.AggregateFunction {
	t := ignoresDuplicates
	if name == "bit_xor" {
		t = 0
	}
	return aggregate(name, d, t, aggregateSignature{params: of(integral), resolve: func(c *expr.BindContext, args []expr.Expr) (aggregateOutcome, error) {
		add := func(s *bitState, v int64) {
			if s.seen == 0 {
				s.value, s.seen = v, 1
			} else {
				s.value = combine(s.value, v)
			}
		}
		k := &expr.AggregateKernel{Size: sizeOf[bitState](), Merge: mergeStates(func(dst, src *bitState) {
			if src.seen != 0 {
				add(dst, src.value)
			}
		})}
		switch args[0].Type().Kind {
		case types.Byte:
			k.Update = accumulate(func(s *bitState, v int8) { add(s, int64(v)) })
			k.Final = finish(func(s *bitState) (int8, bool) { return int8(s.value), s.seen != 0 })
		case types.Short:
			k.Update = accumulate(func(s *bitState, v int16) { add(s, int64(v)) })
			k.Final = finish(func(s *bitState) (int16, bool) { return int16(s.value), s.seen != 0 })
		case types.Int:
			k.Update = accumulate(func(s *bitState, v int32) { add(s, int64(v)) })
			k.Final = finish(func(s *bitState) (int32, bool) { return int32(s.value), s.seen != 0 })
		default:
			k.Update = accumulate(add)
			k.Final = finish(func(s *bitState) (int64, bool) { return s.value, s.seen != 0 })
		}
		return aggregateOutcome{result: args[0].Type(), nullable: true, kernel: k}, nil
	}})
}
