package builtin

import (
	"fmt"
	"testing"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// states is a table of aggregate states as an operator keeps it.
type states struct {
	base   []byte
	stride int
	blobs  *expr.BlobStore
}

const stateOffset = 8 // as if a key stood before

func newStates(k *expr.AggregateKernel, n int) *states {
	stride := k.Size + 16
	return &states{vector.Bytes(make([]uint64, n*stride/8)), stride, &expr.BlobStore{}}
}

func (s *states) groups(rows []uint32) *expr.Groups {
	return &expr.Groups{Base: s.base, Rows: rows, Stride: s.stride, Offset: stateOffset}
}

func (s *states) state(k *expr.AggregateKernel, i int) []byte {
	at := i*s.stride + stateOffset
	return s.base[at : at+k.Size]
}

func (s *states) context(a *expr.Aggregate, order int64) *expr.AggregateContext {
	c := &expr.AggregateContext{Settings: a.Settings, Blobs: s.blobs, Type: a.Typ, Order: order}
	for _, arg := range a.Args {
		c.ArgTypes = append(c.ArgTypes, arg.Type())
	}
	return c
}

// argumentsOf makes the vectors of an aggregate's arguments: the column, or constants.
func argumentsOf(t *testing.T, a *expr.Aggregate, column *vector.Vector) []*vector.Vector {
	t.Helper()
	var args []*vector.Vector
	for _, e := range a.Args {
		switch x := e.(type) {
		case *expr.Column:
			args = append(args, column)
			continue
		case *expr.Cast:
			if _, ok := x.Input.(*expr.Column); ok {
				converted, err := evaluate(x, column, nil)
				if err != nil {
					t.Fatal(err)
				}
				args = append(args, converted)
				continue
			}
		}
		v, ok, err := constantVector(e)
		if !ok || err != nil {
			t.Fatalf("argument %s: %v", expr.SQL(e), err)
		}
		v.SetConstant(column.Len)
		args = append(args, v)
	}
	return args
}

func finalOf(t *testing.T, a *expr.Aggregate, s *states, n int) []any {
	t.Helper()
	out := vector.NewFlat(a.Typ, n)
	out.Reset(n)
	if err := a.Kernel.Final(s.context(a, 0), s.groups(nil), n, out); err != nil {
		t.Fatal(err)
	}
	values := make([]any, n)
	for i := range values {
		values[i] = kernel.Value(out, i)
	}
	return values
}

// TestAggregatesMergeAndMove checks for every aggregate that states updated apart, moved through Encode and Decode and
// merged give what one state gives, with and without groups and selections.
func TestAggregatesMergeAndMove(t *testing.T) {
	c := testContext(false) // overflow and corr of constants are no errors here
	inputs := []types.Type{types.BooleanType, types.ByteType, types.IntType, types.LongType, types.DoubleType, types.DecimalType(10, 2), types.StringType, types.DateType, wholeDayTime, wholeYearMonth}
	half := newLiteral(c, 0.5, types.DoubleType)
	cases := 0
	for name, f := range aggregates {
		if name != f.Name || name == "regr_intercept" { // its huge terms cancel: the last digits are noise
			continue
		}
		for _, in := range inputs {
			x := column0(in)
			for _, args := range [][]expr.Expr{{x}, {x, x}, {x, half}, {half, x}} {
				bound, err := f.Bind(c, args, false)
				a, ok := bound.(*expr.Aggregate)
				if err != nil || !ok || a.Kernel == nil {
					continue
				}
				if !onlyColumnsAndConstants(a) {
					continue
				}
				cases++
				t.Run(fmt.Sprintf("%s(%d args) of %s", name, len(args), in), func(t *testing.T) { mergeAndMove(t, a, in) })
			}
		}
	}
	if cases < 100 {
		t.Errorf("only %d cases", cases)
	}
}

// onlyColumnsAndConstants leaves out calls whose arguments the test cannot make.
func onlyColumnsAndConstants(a *expr.Aggregate) bool {
	for _, e := range a.Args {
		if k, ok := e.(*expr.Cast); ok {
			e = k.Input
			if k.Fails {
				return false
			}
		}
		switch e.(type) {
		case *expr.Column, *expr.Literal:
		default:
			return false
		}
	}
	return true
}

func mergeAndMove(t *testing.T, a *expr.Aggregate, in types.Type) {
	const n, groups = 60, 3
	values := rowsOf(in, n)
	column := vectorOf(in, values)
	args := argumentsOf(t, a, column)
	k := a.Kernel
	rows := make([]uint32, n)
	var first, second vector.Selection
	for i := range rows {
		rows[i] = uint32(i % groups)
		if i%7 < 4 {
			first = append(first, uint16(i))
		} else {
			second = append(second, uint16(i))
		}
	}
	update := func(s *states, rows []uint32, sel vector.Selection) {
		t.Helper()
		if err := k.Update(s.context(a, 1000), s.groups(rows), args, sel, n); err != nil {
			t.Fatal(err)
		}
	}
	whole := newStates(k, groups)
	update(whole, rows, nil)
	want := finalOf(t, a, whole, groups)

	left, right := newStates(k, groups), newStates(k, groups)
	update(left, rows, first)
	update(right, rows, second)
	moved := newStates(k, groups)
	for g := range groups {
		copy(moved.state(k, g), right.state(k, g))
		if !k.Blob {
			continue
		}
		b, err := k.Encode(right.context(a, 0), right.state(k, g), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Decode(moved.context(a, 0), moved.state(k, g), b); err != nil {
			t.Fatal(err)
		}
	}
	for g := range groups {
		if err := k.Merge(left.context(a, 0), left.state(k, g), moved.state(k, g), moved.blobs); err != nil {
			t.Fatal(err)
		}
	}
	for g, got := range finalOf(t, a, left, groups) {
		if !nearlyEqual(got, want[g], a.Typ) {
			t.Errorf("group %d: merged %v, whole %v", g, got, want[g])
		}
	}
	single := newStates(k, 1)
	update(single, nil, first)
	update(single, nil, second)
	all := newStates(k, 1)
	update(all, make([]uint32, n), nil)
	if got, want := finalOf(t, a, single, 1)[0], finalOf(t, a, all, 1)[0]; !nearlyEqual(got, want, a.Typ) {
		t.Errorf("without groups %v, with one group %v", got, want)
	}
	if empty := finalOf(t, a, newStates(k, 1), 1)[0]; empty != nil && !a.Typ.IsNested() && a.Typ.Kind != types.Long {
		t.Errorf("of nothing: %v", empty)
	}
}

// nearlyEqual compares results; doubles may differ in their last digits.
func nearlyEqual(a, b any, t types.Type) bool {
	x, ok1 := a.(float64)
	y, ok2 := b.(float64)
	if ok1 && ok2 {
		return x == y || x != x && y != y || max(x-y, y-x) <= 1e-12+1e-9*max(x, -x, y, -y)
	}
	if t.Kind == types.Array && a != nil && b != nil {
		return len(a.([]any)) == len(b.([]any))
	}
	return types.ValueEqual(a, b, t)
}
