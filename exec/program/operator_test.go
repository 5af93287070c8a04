package program

import (
	"fmt"
	"testing"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// TestOperators: loads belong to the source; a defined column to who defined it, wherever it is computed first; a value that is
// needed twice to the first.
func TestOperators(t *testing.T) {
	s := small([]any{int32(1), int32(4), int32(5)}, []any{int32(1), int32(2), int32(3)})
	b := NewBuilder(DefaultOptions(), s.inputs())
	sum := arithmetic(expr.Add, types.IntType, s.col(0), s.col(1))
	steps := []func() error{
		func() error { return b.Filter(compare(expr.Greater, s.col(0), integer(3))) },
		func() error { return b.Define(9, "sum", sum) },
		func() error {
			return b.Filter(compare(expr.Greater, &expr.Column{Base: base(types.IntType), ID: 9, Name: "sum"}, integer(6)))
		},
		func() error { return b.Define(10, "same", arithmetic(expr.Add, types.IntType, s.col(0), s.col(1))) },
	}
	b.Operator(1)
	points := []Point{b.Point()}
	for i, add := range steps {
		b.Operator(i + 2)
		if err := add(); err != nil {
			t.Fatal(err)
		}
		points = append(points, b.Point())
	}
	p, err := b.Build([]expr.ColumnID{10})
	if err != nil {
		t.Fatal(err)
	}
	m := p.NewMachine(Env{Profile: true})
	s.random, s.n = newRandom(), 3
	if err := m.Run(s, s.n, Position{}, func(*vector.Chunk) error { return nil }); err != nil {
		t.Fatal(err)
	}
	counters := append([]InstructionCounters(nil), m.Counters()...)
	p.Describe(counters, false)
	var owners []int
	for _, c := range counters {
		owners = append(owners, c.Operator)
	}
	if got, want := fmt.Sprint(owners), "[1 2 1 3 4]"; got != want {
		t.Errorf("instructions belong to %s, want %s\n%s", got, want, p)
	}
	want := []int64{3, 2, 2, 1, 1} // rows after each operator
	for i, at := range points {
		rows := int64(3)
		if made := p.MadeBy(at); made >= 0 {
			rows = counters[made].RowsOut
		}
		if rows != want[i] {
			t.Errorf("operator %d: %d rows, want %d\n%s", i+1, rows, want[i], p)
		}
	}
}
