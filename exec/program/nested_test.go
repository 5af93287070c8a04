package program

import (
	"testing"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// TestNestedValues passes structs, arrays and maps through CASE, COALESCE, comparison, IN, field access and a widening join.
func TestNestedValues(t *testing.T) {
	pair := types.StructType(types.Field{Name: "a", Type: types.IntType, Nullable: true}, types.Field{Name: "b", Type: types.StringType, Nullable: true})
	list := types.ArrayType(types.StringType, true)
	s := small([]any{int32(1), int32(2), int32(3), nil})
	s.random = newRandom()
	s.columns = append(s.columns,
		&testColumn{Input: Input{ID: 2, Name: "p", Type: pair, Physical: types.PhysicalStruct, Nullable: true}, values: []any{
			[]any{int32(1), "x"}, nil, []any{nil, "a text longer than twelve"}, []any{int32(4), "y"}}},
		&testColumn{Input: Input{ID: 3, Name: "q", Type: pair, Physical: types.PhysicalStruct, Nullable: true}, values: []any{
			[]any{int32(1), "x"}, []any{int32(2), "q"}, []any{int32(3), "r"}, nil}},
		&testColumn{Input: Input{ID: 4, Name: "l", Type: list, Physical: types.PhysicalList, Nullable: true}, values: []any{
			[]any{"m"}, []any{"n", nil}, nil, []any{}}},
		&testColumn{Input: Input{ID: 5, Name: "k", Type: list, Physical: types.PhysicalList, Nullable: true}, values: []any{
			[]any{"m"}, []any{"o"}, []any{"another text longer than twelve"}, []any{}}})
	a, p, q, l, k := s.col(0), s.col(1), s.col(2), s.col(3), s.col(4)
	when := func(t types.Type, c, v, other expr.Expr) expr.Expr {
		return &expr.Case{Base: base(t), Whens: []expr.When{{Condition: c, Result: v}}, Else: other}
	}
	first := compare(expr.LessOrEqual, a, integer(1))
	for _, c := range []struct {
		name  string
		value expr.Expr
		want  [4]string
	}{
		{"case of structs", when(pair, first, p, q), [4]string{"[1 x]", "[2 q]", "[3 r]", "<nil>"}},
		{"coalesce of structs", &expr.Coalesce{Base: base(pair), Args: []expr.Expr{p, q}}, [4]string{"[1 x]", "[2 q]", "[<nil> a text longer than twelve]", "[4 y]"}},
		{"case of arrays", when(list, first, l, k), [4]string{"[m]", "[o]", "[another text longer than twelve]", "[]"}},
		{"field", &expr.Field{Base: base(types.IntType), Input: p}, [4]string{"1", "<nil>", "<nil>", "4"}},
		{"field of a case", &expr.Field{Base: base(types.StringType), Input: when(pair, first, p, q), Index: 1}, [4]string{"x", "q", "r", "<nil>"}},
		{"structs are equal", compare(expr.Equal, p, q), [4]string{"true", "<nil>", "false", "<nil>"}},
		{"null-safe", compare(expr.NullSafeEqual, p, q), [4]string{"true", "false", "false", "false"}},
		{"arrays are ordered", compare(expr.Less, l, k), [4]string{"false", "true", "<nil>", "false"}},
		{"in", &expr.In{Base: base(types.BooleanType), Input: q, Values: []any{[]any{int32(2), "q"}, []any{int32(3), "z"}}}, [4]string{"false", "true", "false", "<nil>"}},
		{"is null", &expr.IsNull{Base: expr.Base{Typ: types.BooleanType}, Input: l}, [4]string{"false", "false", "true", "false"}},
	} {
		for _, o := range testOptions {
			b := NewBuilder(o, s.inputs())
			if err := b.Define(9, "v", c.value); err != nil {
				t.Fatal(err)
			}
			prog, err := b.Build([]expr.ColumnID{9})
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.run(t, prog, 4)
			if err != nil {
				t.Fatal(err)
			}
			for i, w := range c.want {
				if text(got[i][0]) != w {
					t.Errorf("%s row %d: %v, want %s\n%s", c.name, i, got[i][0], w, prog)
				}
			}
		}
	}
	twice := newTestLookup([][]any{{int32(1), int64(5)}, {int32(1), int64(6)}, {int32(3), int64(7)}}, 1)
	b := NewBuilder(DefaultOptions(), s.inputs())
	if err := b.Probe(ProbeSpec{Lookup: twice, Keys: []expr.Expr{a}, Build: []BuildColumn{{ID: 20, Type: types.LongType, Physical: types.PhysicalInt64, Index: 1}}}); err != nil {
		t.Fatal(err)
	}
	prog, err := b.Build([]expr.ColumnID{20, 2, 4})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.run(t, prog, 4)
	if err != nil || len(got) != 3 || text(got[1]) != "[6 [1 x] [m]]" || text(got[2]) != "[7 [<nil> a text longer than twelve] <nil>]" {
		t.Errorf("%v %v\n%s", got, err, prog)
	}
}

// TestEvaluator computes on vectors of all encodings, results in the widest layouts.
func TestEvaluator(t *testing.T) {
	in := Input{ID: 1, Name: "a", Type: types.LongType, Physical: types.PhysicalInt8, Range: types.Range{Known: true, Min: 0, Max: 9}}
	a := &expr.Column{Base: expr.Base{Typ: types.LongType}, ID: 1, Name: "a"}
	e, err := NewEvaluator(DefaultOptions(), []expr.Expr{a, arithmetic(expr.Add, types.LongType, a, a), literal(types.StringType, "x")}, []Input{in})
	if err != nil {
		t.Fatal(err)
	}
	v := vector.New(types.LongType, types.PhysicalInt8, 3)
	v.Reset(3)
	copy(vector.Values[int8](v), []int8{1, 2, 3})
	for range 2 {
		got, err := e.Run([]*vector.Vector{v}, 3)
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Physical != types.PhysicalInt64 || got[1].Physical != types.PhysicalInt64 || vector.Get[int64](got[1], 2) != 6 || string(got[2].StringAt(2)) != "x" || got[2].Len != 3 {
			t.Errorf("%+v", got)
		}
	}
}
