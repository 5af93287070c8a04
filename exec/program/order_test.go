package program

import (
	"math"
	"strings"
	"testing"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// small is a source of a few int columns.
func small(columns ...[]any) *testSource {
	s := &testSource{loads: map[int]int{}}
	for i, values := range columns {
		c := &testColumn{Input: Input{ID: expr.ColumnID(i + 1), Name: string(rune('a' + i)), Type: types.IntType, Physical: types.PhysicalInt32, Nullable: true}, values: values}
		s.columns = append(s.columns, c)
	}
	return s
}

func (s *testSource) col(i int) expr.Expr { return s.columns[i].ref() }

func integer(v int32) expr.Expr { return literal(types.IntType, v) }

func divide(l, r expr.Expr) expr.Expr { return arithmetic(expr.IntegralDivide, types.LongType, l, r) }

func both(args ...expr.Expr) expr.Expr { return &expr.And{Base: base(types.BooleanType), Args: args} }

// TestFallibleExpressionsSeeOnlyTheirRows: one test for each sentence about errors and order of evaluation, in all forms of the options.
func TestFallibleExpressionsSeeOnlyTheirRows(t *testing.T) {
	s := small([]any{int32(0), int32(1), nil, int32(4)}, []any{int32(7), int32(0), int32(0), int32(2)})
	s.random = nil
	a, b := s.col(0), s.col(1)
	notZero := compare(expr.NotEqual, a, integer(0))
	large := compare(expr.GreaterOrEqual, divide(integer(1), a), literal(types.LongType, int64(0)))
	either := func(args ...expr.Expr) expr.Expr { return &expr.Or{Base: base(types.BooleanType), Args: args} }
	not := func(e expr.Expr) expr.Expr { return &expr.Not{Base: base(types.BooleanType), Input: e} }
	when := func(c, v, other expr.Expr) expr.Expr {
		return &expr.Case{Base: base(types.LongType), Whens: []expr.When{{Condition: c, Result: v}}, Else: other}
	}
	zero := literal(types.LongType, int64(0))
	for _, c := range []struct {
		name   string
		filter expr.Expr
		value  expr.Expr
		rows   int
		fails  bool
	}{
		{"x <> 0 AND 1/x > 2", both(notZero, large), a, 2, false},
		{"1/x > 2 AND x <> 0", both(large, notZero), a, 0, true},
		{"x = 0 OR 1/x > 2", either(compare(expr.Equal, a, integer(0)), large), a, 3, false},
		{"NOT (x = 0 OR 1/x < 0)", not(either(compare(expr.Equal, a, integer(0)), compare(expr.Less, divide(integer(1), a), zero))), a, 2, false},
		{"null AND 1/0: evaluated in a value", nil, both(compare(expr.Equal, a, integer(5)), large), 4, false},
		{"the null row's division by zero is reached", nil, both(&expr.Coalesce{Base: base(types.BooleanType), Args: []expr.Expr{compare(expr.NotEqual, a, integer(9)), literal(types.BooleanType, true)}},
			compare(expr.Greater, divide(integer(1), b), zero)), 0, true},
		{"CASE guards", nil, when(compare(expr.NotEqual, b, integer(0)), divide(a, b), zero), 4, false},
		{"CASE condition picks the failing rows", nil, when(compare(expr.Equal, b, integer(0)), divide(a, b), zero), 0, true},
		{"COALESCE stops", nil, &expr.Coalesce{Base: base(types.LongType), Args: []expr.Expr{&expr.Cast{Base: base(types.LongType), Input: b}, divide(integer(1), zero32())}}, 4, false},
		{"a filtered row does not fail", compare(expr.Greater, b, integer(0)), divide(a, b), 2, false},
		{"a null operand does not fail", compare(expr.Equal, b, integer(0)), when(&expr.IsNull{Base: expr.Base{Typ: types.BooleanType}, Input: a}, divide(a, b), zero), 2, false},
		{"no infallible conjunct moves ahead of a fallible one", both(large, compare(expr.Equal, b, integer(99))), a, 0, true},
	} {
		for _, o := range testOptions {
			builder := NewBuilder(o, s.inputs())
			if c.filter != nil {
				if err := builder.Filter(c.filter); err != nil {
					t.Fatal(err)
				}
			}
			if err := builder.Define(9, "v", c.value); err != nil {
				t.Fatal(err)
			}
			p, err := builder.Build([]expr.ColumnID{9})
			if err != nil {
				t.Fatal(err)
			}
			s.random = newRandom()
			got, err := s.run(t, p, 4)
			if c.fails != (diag.ConditionOf(err) == "DIVIDE_BY_ZERO") || err == nil && len(got) != c.rows {
				t.Errorf("%s: %d rows, error %v\n%s", c.name, len(got), err, p)
			}
		}
	}
}

func zero32() expr.Expr { return integer(0) }

// TestSharedExpressionKeepsItsRows: a fallible expression that two branches share is not evaluated for rows that neither
// reaches.
func TestSharedExpressionKeepsItsRows(t *testing.T) {
	s := small([]any{int32(0), int32(1), int32(2), int32(0)})
	s.random = newRandom()
	quotient := divide(integer(10), s.col(0))
	guarded := func(limit int32) expr.Expr {
		return &expr.Case{Base: base(types.LongType), Whens: []expr.When{{Condition: compare(expr.GreaterOrEqual, s.col(0), integer(limit)), Result: quotient}},
			Else: literal(types.LongType, int64(-1))}
	}
	b := NewBuilder(DefaultOptions(), s.inputs())
	for i, e := range []expr.Expr{guarded(1), guarded(2)} {
		if err := b.Define(expr.ColumnID(10+i), "x", e); err != nil {
			t.Fatal(err)
		}
	}
	p, err := b.Build([]expr.ColumnID{10, 11})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.run(t, p, 4)
	if err != nil {
		t.Fatal(err)
	}
	if got[1][0] != int64(10) || got[1][1] != int64(-1) || got[2][1] != int64(5) {
		t.Fatalf("%v\n%s", got, p)
	}
}

// TestErrors checks conditions, parameters and spans as Spark has them.
func TestErrors(t *testing.T) {
	span := diag.Span{Start: 7, Stop: 12}
	check := func(e *expr.Arithmetic, condition string, params ...string) {
		t.Helper()
		e.Span = span
		_, err := Evaluate(t.Context(), e, nil)
		d, ok := err.(*diag.Error)
		if !ok || d.Condition != condition || d.Span != span {
			t.Errorf("%s: %v", expr.SQL(e), err)
			return
		}
		for i := 0; i < len(params); i += 2 {
			if got := d.Param(params[i]); got != params[i+1] {
				t.Errorf("%s: %s is %q, want %q", expr.SQL(e), params[i], got, params[i+1])
			}
		}
	}
	op := func(op expr.ArithmeticOp, t types.Type, l, r expr.Expr) *expr.Arithmetic {
		return arithmetic(op, t, l, r).(*expr.Arithmetic)
	}
	check(op(expr.Add, types.IntType, integer(math.MaxInt32), integer(1)), "ARITHMETIC_OVERFLOW", "message", "integer overflow",
		"alternative", " Use 'try_add' to tolerate overflow and return NULL instead.", "config", "\"spark.sql.ansi.enabled\"")
	long := func(v int64) expr.Expr { return literal(types.LongType, v) }
	check(op(expr.Multiply, types.LongType, long(math.MaxInt64), long(2)), "ARITHMETIC_OVERFLOW", "message", "long overflow")
	check(op(expr.IntegralDivide, types.LongType, long(math.MinInt64), long(-1)), "ARITHMETIC_OVERFLOW", "message", "Overflow in integral divide")
	check(op(expr.Remainder, types.LongType, long(1), long(0)), "DIVIDE_BY_ZERO", "config", "\"spark.sql.ansi.enabled\"")
	check(op(expr.Add, types.ByteType, literal(types.ByteType, int8(127)), literal(types.ByteType, int8(1))), "BINARY_ARITHMETIC_OVERFLOW",
		"value1", "127Y", "symbol", "+", "value2", "1Y", "functionName", "`try_add`")
	check(&expr.Arithmetic{Base: expr.Base{Typ: types.IntType}, Op: expr.Negate, Left: integer(math.MinInt32)}, "ARITHMETIC_OVERFLOW", "message", "integer overflow", "alternative", "")
	wide := types.DecimalType(38, 0)
	nines := types.Pow10(38).Sub(types.Int128From(1))
	check(op(expr.Add, wide, literal(wide, nines), literal(wide, nines)), "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION", "precision", "38", "scale", "0",
		"value", "199999999999999999999999999999999999998")
}

// TestPatterns runs an example of each fused instruction: it must be chosen, do what the plain instructions do (the random tests
// compare those), and be marked in the listing.
func TestPatterns(t *testing.T) {
	l := newLineitem(true)
	in := func() (list []Input) {
		for _, c := range l.columns {
			list = append(list, c.Input)
		}
		return list
	}
	d := types.DecimalType(15, 2)
	one := literal(types.DecimalType(1, 0), int64(1))
	examples := map[string]func(b *Builder) error{
		"mul_sub": func(b *Builder) error {
			return b.Define(90, "x", arithmetic(expr.Multiply, types.DecimalType(32, 4), l.price, arithmetic(expr.Subtract, types.DecimalType(16, 2), one, l.discount)))
		},
		"case_range": func(b *Builder) error {
			return b.Define(90, "x", &expr.Case{Base: expr.Base{Typ: d}, Whens: []expr.When{{Condition: compare(expr.Greater, l.discount, literal(d, int64(5))), Result: l.price}}, Else: l.tax})
		},
		"blend": func(b *Builder) error {
			return b.Define(90, "x", &expr.Case{Base: expr.Base{Typ: d}, Whens: []expr.When{{Condition: compare(expr.Equal, l.flag, literal(types.StringType, "A")), Result: l.price}}, Else: l.tax})
		},
		"select_range": func(b *Builder) error {
			return b.Filter(expr.Conjunction(compare(expr.GreaterOrEqual, l.ship, literal(types.DateType, int32(9000))), compare(expr.Less, l.ship, literal(types.DateType, int32(9100)))))
		},
		"sum_product": l.q6,
		"probe_gather": func(b *Builder) error {
			build := newTestLookup([][]any{{types.Int128From(3), int64(1)}}, 1)
			return b.Probe(ProbeSpec{Lookup: build, Keys: []expr.Expr{l.discount}, Build: []BuildColumn{{ID: 90, Name: "x", Type: types.LongType, Physical: types.PhysicalInt64, Index: 1}}})
		},
	}
	for _, f := range patterns {
		example, ok := examples[f.name]
		if !ok {
			t.Errorf("pattern %s has no example here", f.name)
			continue
		}
		for _, fusion := range []bool{true, false} {
			o := DefaultOptions()
			o.Fusion = fusion
			b := NewBuilder(o, in())
			if err := example(b); err != nil {
				t.Fatal(err)
			}
			outputs := []expr.ColumnID{90}
			if _, ok := b.columns[90]; !ok {
				outputs = nil
			}
			p, err := b.Build(outputs)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(p.String(), f.name); got != fusion {
				t.Errorf("%s chosen: %v, fusion: %v\n%s", f.name, got, fusion, p)
			}
			if got := strings.Contains(p.String(), " * "); fusion && !got {
				t.Errorf("%s has no mark\n%s", f.name, p)
			}
		}
	}
}

// TestListing is the program of a small query as EXPLAIN CODEGEN prints it.
func TestListing(t *testing.T) {
	s := small([]any{int32(1)}, []any{int32(1)})
	b := NewBuilder(DefaultOptions(), s.inputs())
	if err := b.Filter(compare(expr.Greater, s.col(0), integer(3))); err != nil {
		t.Fatal(err)
	}
	if err := b.Define(9, "sum", arithmetic(expr.Add, types.IntType, s.col(0), s.col(1))); err != nil {
		t.Fatal(err)
	}
	p, err := b.Build([]expr.ColumnID{9, 2})
	if err != nil {
		t.Fatal(err)
	}
	want := `  0   r0:i32 = load {a}
  1   s1 = select r0:i32 {>= 4}
  2   r1:i32 = load {b} [s1]
  3   r2:i32 = add_checked r0:i32, r1:i32 [s1]
    emit sum=r2:i32 b=r1:i32 [s1]
`
	if got := p.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestRegistersAreReused: a long chain of operations needs few vectors.
func TestRegistersAreReused(t *testing.T) {
	s := small([]any{int32(1)})
	e := s.col(0)
	for i := range 30 {
		e = &expr.Arithmetic{Base: base(types.IntType), Op: expr.Add, Left: e, Right: integer(int32(i + 2)), Mode: expr.Legacy}
	}
	b := NewBuilder(DefaultOptions(), s.inputs())
	if err := b.Define(9, "x", e); err != nil {
		t.Fatal(err)
	}
	p, err := b.Build([]expr.ColumnID{9})
	if err != nil {
		t.Fatal(err)
	}
	if p.slotCount > 3 {
		t.Errorf("%d vectors for a chain\n%s", p.slotCount, p)
	}
}

// TestLateLoading: a column behind a filter that nothing passes is not loaded.
func TestLateLoading(t *testing.T) {
	s := small([]any{int32(1), int32(2)}, []any{int32(1), int32(2)})
	s.random = newRandom()
	b := NewBuilder(DefaultOptions(), s.inputs())
	if err := b.Filter(compare(expr.Greater, s.col(0), integer(5))); err != nil {
		t.Fatal(err)
	}
	p, err := b.Build([]expr.ColumnID{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.run(t, p, 2); err != nil || s.loads[0] != 1 || s.loads[1] != 0 {
		t.Errorf("loads %v, error %v", s.loads, err)
	}
}

// TestNonDeterministicCallsAreNotShared: two instances are two instructions; one used twice is one.
func TestNonDeterministicCallsAreNotShared(t *testing.T) {
	s := small([]any{int32(1), int32(2)})
	s.random = newRandom()
	calls := 0
	f := &expr.Function{Name: "counter", NonDeterministic: true}
	call := func(instance int32) expr.Expr {
		return &expr.Call{Base: expr.Base{Typ: types.IntType}, Function: f, Instance: instance, Kernel: func(_ *expr.KernelContext, _ []*vector.Vector, _ vector.Selection, out *vector.Vector) error {
			calls++
			for i := range out.Len {
				kernel.SetValue(out, i, int32(calls))
			}
			return nil
		}}
	}
	b := NewBuilder(DefaultOptions(), s.inputs())
	for i, e := range []expr.Expr{call(1), call(2)} {
		if err := b.Define(expr.ColumnID(10+i), "x", e); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Filter(compare(expr.Equal, s.col(0), integer(2))); err != nil {
		t.Fatal(err)
	}
	p, err := b.Build([]expr.ColumnID{10, 11, 10})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.run(t, p, 2)
	if err != nil || calls != 2 || got[0][0] != got[0][2] || got[0][0] == got[0][1] {
		t.Errorf("%d calls, %v, %v\n%s", calls, got, err, p)
	}
}

// TestRuntimeFilter: what a filter rules out is dropped, whatever parts it has; it may come late.
func TestRuntimeFilter(t *testing.T) {
	s := small([]any{int32(1), int32(5), nil, int32(9), int32(12)})
	s.random = newRandom()
	bits := vector.NewBitmap(12)
	bits.Set(4) // 5
	bits.Set(8) // 9
	bloom := vector.NewBloom(10)
	bloom.Add(vector.Hash64(9))
	for _, c := range []struct {
		state *vector.FilterState
		rows  int
	}{
		{nil, 5},
		{&vector.FilterState{None: true}, 0},
		{&vector.FilterState{HasRange: true, Min: 5, Max: 12}, 3},
		{&vector.FilterState{HasRange: true, Min: 1, Max: 12, Bits: bits}, 2},
		{&vector.FilterState{Bloom: bloom}, 1},
		{&vector.FilterState{HasRange: true, Min: 5, Max: 6, KeepNulls: true}, 2},
	} {
		f := &vector.RuntimeFilter{Type: types.IntType}
		b := NewBuilder(DefaultOptions(), s.inputs())
		b.RuntimeFilter(1, f)
		p, err := b.Build([]expr.ColumnID{1})
		if err != nil {
			t.Fatal(err)
		}
		if c.state != nil {
			f.Store(c.state)
		}
		for _, encoding := range []vector.Encoding{vector.Flat, vector.Dictionary} {
			s.columns[0].encoding = encoding
			got, err := s.run(t, p, 5)
			if err != nil || len(got) != c.rows {
				t.Errorf("%+v, encoding %d: %v, %v", c.state, encoding, got, err)
			}
		}
		s.columns[0].encoding = vector.Flat
	}
}

// sameDictionary gives every chunk the codes of one dictionary.
type sameDictionary struct {
	dict  *vector.Dict
	codes []int32
}

func (s sameDictionary) Load(_ int, _ vector.Selection, v *vector.Vector) error {
	copy(v.SetDictionary(s.dict, len(s.codes)), s.codes)
	return nil
}

// TestRuntimeFilterLearns changes what a run-time filter lets through between two chunks of one dictionary: what was found out
// about the dictionary's values before is over. A top-n changes its bound many times.
func TestRuntimeFilterLearns(t *testing.T) {
	values := vector.NewFlat(types.IntType, 4)
	values.Reset(4)
	copy(vector.Values[int32](values), []int32{1, 5, 9, 12})
	source := sameDictionary{&vector.Dict{ID: vector.NewDictIDs(1), Values: values}, []int32{0, 1, 2, 3, 2, 1}}
	f := &vector.RuntimeFilter{Type: types.IntType}
	b := NewBuilder(DefaultOptions(), []Input{{ID: 1, Type: types.IntType, Physical: types.PhysicalInt32}})
	b.RuntimeFilter(1, f)
	p, err := b.Build([]expr.ColumnID{1})
	if err != nil {
		t.Fatal(err)
	}
	m := p.NewMachine(Env{})
	for _, c := range []struct{ low, high int64 }{{0, 100}, {9, 100}, {0, 5}, {100, 200}, {0, 100}} {
		f.Store(&vector.FilterState{HasRange: true, Min: c.low, Max: c.high})
		want := 0
		for _, code := range source.codes {
			if v := int64(vector.Values[int32](values)[code]); v >= c.low && v <= c.high {
				want++
			}
		}
		got := 0
		if err := m.Run(source, len(source.codes), Position{}, func(c *vector.Chunk) error { got += c.Rows(); return nil }); err != nil || got != want {
			t.Errorf("%d to %d: %d rows, want %d (%v)", c.low, c.high, got, want, err)
		}
	}
}

// TestLambda evaluates a body over list elements with a captured column.
func TestLambda(t *testing.T) {
	list := types.ArrayType(types.IntType, true)
	s := small([]any{int32(10), int32(20), int32(30)})
	s.random = newRandom()
	s.columns = append(s.columns, &testColumn{Input: Input{ID: 2, Name: "list", Type: list, Physical: types.PhysicalList}, values: []any{
		[]any{int32(1), int32(2)}, []any{}, []any{int32(3), nil}}})
	x := &expr.Column{Base: base(types.IntType), ID: 30, Name: "x"}
	lambda := &expr.Lambda{Base: base(types.IntType), Params: []*expr.Column{x}, Body: arithmetic(expr.Add, types.IntType, x, s.col(0))}
	lambda.Body.(*expr.Arithmetic).Null = true
	transform := &expr.Call{Base: base(list), Function: &expr.Function{Name: "transform"}, Args: []expr.Expr{s.columns[1].ref(), lambda},
		Kernel: func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
			child := args[0].Children[0]
			var rows []int32
			lists := vector.Values[vector.List](args[0])
			for i, l := range lists {
				for range l.Length {
					rows = append(rows, int32(i))
				}
			}
			result, err := c.Lambdas[1]([]*vector.Vector{child}, rows, child.Len)
			if err != nil {
				return err
			}
			vector.AppendRows(out.Children[0], result, nil, result.Len)
			copy(vector.Values[vector.List](out), lists)
			return nil
		}}
	b := NewBuilder(DefaultOptions(), s.inputs())
	if err := b.Define(9, "y", transform); err != nil {
		t.Fatal(err)
	}
	p, err := b.Build([]expr.ColumnID{9})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.run(t, p, 3)
	if err != nil {
		t.Fatal(err)
	}
	if text(got[0][0]) != "[11 12]" || text(got[1][0]) != "[]" || text(got[2][0]) != "[33 <nil>]" {
		t.Errorf("%v\n%s", got, p)
	}
}
