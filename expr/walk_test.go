package expr

import (
	"math"
	"testing"

	"github.com/kilnql/kiln/types"
)

func column(id ColumnID, name string, t types.Type) *Column {
	return &Column{Base: Base{Typ: t}, ID: id, Name: name}
}

func lit(t types.Type, v any) *Literal { return &Literal{Base: Base{Typ: t, Null: v == nil}, Value: v} }

func op(o ArithmeticOp, t types.Type, l, r Expr) *Arithmetic {
	return &Arithmetic{Base: Base{Typ: t}, Op: o, Left: l, Right: r}
}

func TestSame(t *testing.T) {
	a, b := column(1, "a", types.IntType), column(2, "b", types.IntType)
	length := &Function{Name: "length"}
	random := &Function{Name: "rand", NonDeterministic: true}
	call := func(f *Function, instance int32) Expr {
		return &Call{Base: Base{Typ: types.IntType}, Function: f, Instance: instance}
	}
	for _, c := range []struct {
		x, y Expr
		same bool
	}{
		{a, column(1, "other name", types.IntType), true},
		{a, b, false},
		{op(Add, types.IntType, a, b), op(Add, types.IntType, a, b), true},
		{op(Add, types.IntType, a, b), op(Add, types.IntType, b, a), false},
		{op(Add, types.IntType, a, b), op(Subtract, types.IntType, a, b), false},
		{lit(types.IntType, int32(1)), lit(types.LongType, int64(1)), false},
		{lit(types.DoubleType, 0.0), lit(types.DoubleType, math.Copysign(0, -1)), false},
		{lit(types.DoubleType, math.NaN()), lit(types.DoubleType, math.NaN()), true},
		{lit(types.StringType, "a"), lit(types.StringType, nil), false},
		{call(length, 0), call(length, 0), true},
		{call(random, 1), call(random, 2), false},
		{call(random, 1), call(random, 1), true},
		{&And{Args: []Expr{a, &And{Args: []Expr{b}}}}, &And{Args: []Expr{a, b}}, false},
		{&In{Input: a, Values: []any{int32(1), int32(2)}}, &In{Input: a, Values: []any{int32(12)}}, false},
		{lambda(a, a), lambda(b, b), true},
		{lambda(a, a), lambda(b, a), false},
		{lambda(a, lambda(b, a)), lambda(b, lambda(a, b)), true},
		{lambda(a, lambda(b, a)), lambda(b, lambda(b, b)), false},
		{lambda(a, a), lambda(column(3, "l", types.LongType), column(3, "l", types.LongType)), false},
	} {
		if Same(c.x, c.y) != c.same || (Hash(c.x) == Hash(c.y)) != c.same {
			t.Errorf("%s and %s: same is not %v", Debug(c.x), Debug(c.y), c.same)
		}
	}
}

func lambda(x *Column, body Expr) Expr { return &Lambda{Params: []*Column{x}, Body: body} }

func TestWalking(t *testing.T) {
	a, b := column(1, "a", types.IntType), column(2, "b", types.IntType)
	x := column(9, "x", types.IntType)
	plusB := &Lambda{Params: []*Column{x}, Body: op(Add, types.IntType, x, b)}
	e := &And{Args: []Expr{&Comparison{Op: Less, Left: op(Add, types.IntType, a, lit(types.IntType, int32(1))), Right: b},
		&IsNull{Input: &Call{Function: &Function{Name: "transform"}, Args: []Expr{a, plusB}}}}}
	if got := Columns(e); len(got) != 2 || got[0] != 1 || got[1] != 2 {
		t.Errorf("columns %v", got)
	}
	swapped := ReplaceColumns(e, func(c *Column) Expr {
		if c.ID == 1 {
			return b
		}
		return c
	})
	if got := Columns(swapped); len(got) != 1 || got[0] != 2 {
		t.Errorf("columns after replacing %v in %s", got, Debug(swapped))
	}
	if Transform(e, func(x Expr) Expr { return x }) != Expr(e) {
		t.Error("a transformation without change makes a new tree")
	}
	if got := SQL(e); got != "(((a + 1) < b) AND (transform(a, lambdafunction((x + b), x)) IS NULL))" {
		t.Error(got)
	}
	if parts := Conjuncts(Conjunction(a, Conjunction(b, x))); len(parts) != 3 {
		t.Errorf("%d conjuncts", len(parts))
	}
	if Foldable(e) || !Foldable(lit(types.IntType, int32(1))) {
		t.Error("foldable")
	}
}

func TestRangesProveWhatCannotFail(t *testing.T) {
	narrow := func(ColumnID) types.Range { return types.Range{Known: true, Min: -100, Max: 100} }
	i, d := column(1, "i", types.IntType), column(2, "d", types.DecimalType(15, 2))
	wide := column(3, "w", types.DecimalType(38, 2))
	two := lit(types.IntType, int32(2))
	for _, c := range []struct {
		e             Expr
		fails, proven bool // without ranges; with them, not
	}{
		{op(Add, types.IntType, i, i), true, true},
		{op(Multiply, types.IntType, i, two), true, true},
		{op(Remainder, types.IntType, i, two), false, true},
		{op(IntegralDivide, types.LongType, i, i), true, false},
		{op(IntegralDivide, types.LongType, i, two), false, true},
		{op(Add, types.DecimalType(16, 2), d, d), false, true},
		{op(Multiply, types.DecimalType(31, 4), d, d), false, true},
		{op(Add, types.DecimalType(38, 2), wide, wide), true, true},
		{op(Divide, types.DoubleType, column(4, "f", types.DoubleType), column(5, "g", types.DoubleType)), true, false},
		{op(Divide, types.DoubleType, column(4, "f", types.DoubleType), lit(types.DoubleType, 2.0)), false, true},
		{&Arithmetic{Base: Base{Typ: types.IntType}, Op: Add, Left: i, Right: i, Mode: Try}, false, true},
		{&Arithmetic{Base: Base{Typ: types.IntType}, Op: Negate, Left: i}, true, true},
	} {
		if got := Fallible(c.e); got != c.fails {
			t.Errorf("%s may fail: %v", SQL(c.e), got)
		}
		if got := !FallibleWith(c.e, narrow); got != c.proven {
			t.Errorf("%s is proven safe: %v", SQL(c.e), got)
		}
	}
	if r := RangeOf(op(Multiply, types.IntType, i, i), narrow); r.Min != -10000 || r.Max != 10000 {
		t.Errorf("range of a product: %+v", r)
	}
	if r := RangeOf(op(Subtract, types.DecimalType(16, 2), lit(types.DecimalType(1, 0), int64(1)), d), narrow); r.Min != 0 || r.Max != 200 {
		t.Errorf("range of 1 - d: %+v", r)
	}
}
