package program

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// testGroups is a group table over printed keys.
type testGroups struct {
	index  map[string]uint32
	names  []string
	states []byte
	stride int
	blobs  expr.BlobStore
}

func newTestGroups(stride int, grouped bool) *testGroups {
	g := &testGroups{index: map[string]uint32{}, stride: stride}
	if !grouped {
		g.names, g.states = []string{""}, make([]byte, stride)
	}
	return g
}

func (g *testGroups) Groups(keys []*vector.Vector, sel vector.Selection, n int, rows []uint32) error {
	for j := range sel.Rows(n) {
		i := j
		if sel != nil {
			i = int(sel[j])
		}
		var values []any
		for _, k := range keys {
			values = append(values, kernel.Value(k, i))
		}
		name := fmt.Sprint(values...)
		r, ok := g.index[name]
		if !ok {
			r = uint32(len(g.names))
			g.index[name] = r
			g.names = append(g.names, name)
			g.states = append(g.states, make([]byte, g.stride)...)
		}
		rows[i] = r
	}
	return nil
}

func (g *testGroups) States() ([]byte, int)  { return g.states, g.stride }
func (g *testGroups) Blobs() *expr.BlobStore { return &g.blobs }

// testKernel is an aggregate's kernel written row by row; the compiler may use it or its own instruction.
func testKernel(kind expr.AggregateKind, t types.Type) *expr.AggregateKernel {
	k := &expr.AggregateKernel{Kind: kind}
	float := t.IsFloating()
	switch kind {
	case expr.CountAggregate:
		k.Size = 8
	case expr.SumAggregate, expr.AvgAggregate:
		k.Size = 24
		switch {
		case float:
			k.Size = 16
		case t.Kind == types.Decimal:
			k.Size = 32
		}
	default:
		k.Size = 16
	}
	k.Update = func(c *expr.AggregateContext, g *expr.Groups, args []*vector.Vector, sel vector.Selection, n int) error {
		for j := range sel.Rows(n) {
			i := j
			if sel != nil {
				i = int(sel[j])
			}
			state := g.State(i, k.Size)
			if len(args) > 0 && args[0].IsNull(i) {
				continue
			}
			switch kind {
			case expr.CountAggregate:
				binary.LittleEndian.PutUint64(state, binary.LittleEndian.Uint64(state)+1)
			case expr.SumAggregate, expr.AvgAggregate:
				addTo(state, kernel.Value(args[0], i), float, k.Size-8)
			default:
				extremeOf(state, args[0], i, kind == expr.MaxAggregate)
			}
		}
		return nil
	}
	return k
}

func addTo(state []byte, v any, float bool, size int) {
	if float {
		sum := math.Float64frombits(binary.LittleEndian.Uint64(state))
		binary.LittleEndian.PutUint64(state, math.Float64bits(sum+v.(float64)))
		binary.LittleEndian.PutUint64(state[8:], binary.LittleEndian.Uint64(state[8:])+1)
		return
	}
	n, _ := types.Integer64(v)
	kernel.AddSum(state, size, n, 1)
}

func extremeOf(state []byte, v *vector.Vector, i int, largest bool) {
	size := v.Physical.Size()
	old := vector.New(v.Type, v.Physical, 1)
	old.Reset(1)
	copy(old.Data(), state[:size])
	order := Order(v.Type)(v, i, old, 0)
	if state[size] == 0 || largest && order > 0 || !largest && order < 0 {
		state[size] = 1
		one := vector.New(v.Type, v.Physical, 1)
		kernel.Gather(v, []int32{int32(i)}, nil, one)
		copy(state[:size], one.Data()[:size])
	}
}

// testAggregate is an aggregate with the text of its result for a list of values, for the oracle.
func testAggregate(kind expr.AggregateKind, arg, filter expr.Expr) *expr.Aggregate {
	name := [...]string{"other", "count", "sum", "min", "max", "avg"}[kind]
	e := &expr.Aggregate{Base: base(types.LongType), Function: &expr.AggregateFunction{Name: name}, Filter: filter}
	t := types.VoidType
	if arg != nil {
		e.Args = []expr.Expr{arg}
		t = arg.Type()
	}
	e.Kernel = testKernel(kind, t)
	return e
}

// result reads a state as text; wantResult computes the same from all values.
func result(e *expr.Aggregate, state []byte) string {
	switch e.Kernel.Kind {
	case expr.CountAggregate:
		return fmt.Sprint(int64(binary.LittleEndian.Uint64(state)))
	case expr.SumAggregate, expr.AvgAggregate:
		if e.Args[0].Type().IsFloating() {
			return fmt.Sprintf("%.6g/%d", math.Float64frombits(binary.LittleEndian.Uint64(state)), binary.LittleEndian.Uint64(state[8:]))
		}
		sum := types.Int128{Lo: binary.LittleEndian.Uint64(state), Hi: int64(binary.LittleEndian.Uint64(state[8:]))}
		return fmt.Sprintf("%s/%d", sum, binary.LittleEndian.Uint64(state[e.Kernel.Size-8:]))
	}
	p := e.Args[0].Type().Physical()
	if state[p.Size()] == 0 {
		return "none"
	}
	v := vector.New(e.Args[0].Type(), p, 1)
	v.Reset(1)
	copy(v.Data(), state[:p.Size()])
	return text(kernel.Value(v, 0))
}

func text(v any) string {
	if f, ok := v.(float64); ok {
		return fmt.Sprintf("%.6g", f+0)
	}
	return fmt.Sprint(v)
}

func wantResult(e *expr.Aggregate, values []any) string {
	float := len(e.Args) > 0 && e.Args[0].Type().IsFloating()
	switch e.Kernel.Kind {
	case expr.CountAggregate:
		return fmt.Sprint(len(values))
	case expr.SumAggregate, expr.AvgAggregate:
		if float {
			sum := 0.0
			for _, v := range values {
				sum += v.(float64)
			}
			return fmt.Sprintf("%.6g/%d", sum, len(values))
		}
		sum := new(big.Int)
		for _, v := range values {
			sum.Add(sum, bigOf(v))
		}
		return fmt.Sprintf("%s/%d", sum, len(values))
	}
	if len(values) == 0 {
		return "none"
	}
	best := values[0]
	for _, v := range values[1:] {
		if o := orderOf(v, best); e.Kernel.Kind == expr.MaxAggregate && o > 0 || e.Kernel.Kind == expr.MinAggregate && o < 0 {
			best = v
		}
	}
	return text(best)
}

// TestAggregates compares accumulated states with sums over Go values: few groups and many, none, filters, nulls, values that
// overflow 64-bit sums.
func TestAggregates(t *testing.T) {
	for round := range 200 {
		random := rand.New(rand.NewPCG(uint64(round), 5))
		s := newTestSource(random, 300, []float64{0, 0.2}[round%2])
		g := &generator{Rand: random, s: s, safe: true}
		keySets := [][]expr.ColumnID{nil, {1}, {10}, {1, 10}, {3}}
		keys := keySets[round%len(keySets)]
		var calls []*expr.Aggregate
		for range 1 + random.IntN(9) {
			kind := expr.AggregateKind(1 + random.IntN(5))
			arg := []types.Type{types.IntType, types.LongType, types.ShortType, types.ByteType, types.DecimalType(7, 2), types.DoubleType}[random.IntN(6)]
			var e expr.Expr = g.column(arg)
			if random.IntN(3) == 0 {
				e = g.value(arg, 2)
			}
			if kind == expr.CountAggregate && random.IntN(2) == 0 {
				e = nil
			}
			var filter expr.Expr
			if random.IntN(4) == 0 {
				filter = g.boolean(1)
			}
			calls = append(calls, testAggregate(kind, e, filter))
		}
		condition := g.boolean(1)
		want := wantGroups(s, keys, condition, calls)
		for _, o := range testOptions {
			got, p, err := s.aggregate(o, keys, condition, calls, []int{300, 50}[round%2])
			if err != nil {
				t.Fatal(err)
			}
			if diff := sameGroups(got, want); diff != "" {
				t.Fatalf("round %d %+v: %s\n%s", round, o, diff, p)
			}
		}
	}
}

func sameGroups(got, want map[string]string) string {
	for k, w := range want {
		if got[k] != w {
			return fmt.Sprintf("group %s: %s, want %s", k, got[k], w)
		}
	}
	if len(got) != len(want) {
		return fmt.Sprintf("%d groups, want %d", len(got), len(want))
	}
	return ""
}

func wantGroups(s *testSource, keys []expr.ColumnID, condition expr.Expr, calls []*expr.Aggregate) map[string]string {
	values := map[string][][]any{}
	if len(keys) == 0 {
		values[""] = make([][]any, len(calls))
	}
	for i := range s.columns[0].values {
		r := s.row(i)
		if v, _ := evaluate(condition, r); v != true {
			continue
		}
		var key []any
		for _, k := range keys {
			key = append(key, r[k])
		}
		name := fmt.Sprint(key...)
		if values[name] == nil {
			values[name] = make([][]any, len(calls))
		}
		for j, c := range calls {
			if c.Filter != nil {
				if v, _ := evaluate(c.Filter, r); v != true {
					continue
				}
			}
			var v any = true
			if len(c.Args) > 0 {
				v, _ = evaluate(c.Args[0], r)
			}
			if v != nil {
				values[name][j] = append(values[name][j], v)
			}
		}
	}
	want := map[string]string{}
	for name, lists := range values {
		var parts []string
		for j, c := range calls {
			parts = append(parts, wantResult(c, lists[j]))
		}
		want[name] = strings.Join(parts, " ")
	}
	return want
}

func (s *testSource) aggregate(o Options, keys []expr.ColumnID, condition expr.Expr, calls []*expr.Aggregate, chunk int) (map[string]string, *Program, error) {
	b := NewBuilder(o, s.inputs())
	if err := b.Filter(condition); err != nil {
		return nil, nil, err
	}
	spec := AggregateSpec{Keys: keys}
	stride := 0
	for _, c := range calls {
		spec.Aggregates = append(spec.Aggregates, AggregateCall{c, stride})
		stride += c.Kernel.Size
	}
	if err := b.Aggregate(spec); err != nil {
		return nil, nil, err
	}
	p, err := b.Build(nil)
	if err != nil {
		return nil, nil, err
	}
	groups := newTestGroups(stride, len(keys) > 0)
	m := p.NewMachine(Env{Groups: groups})
	total := len(s.columns[0].values)
	for s.start = 0; s.start < total; s.start += s.n {
		s.n = min(chunk, total-s.start)
		if err := m.Run(s, s.n, Position{}, nil); err != nil {
			return nil, nil, err
		}
	}
	got := map[string]string{}
	for i, name := range groups.names {
		var parts []string
		for _, c := range spec.Aggregates {
			parts = append(parts, result(c.Aggregate, groups.states[i*stride+c.Offset:]))
		}
		got[name] = strings.Join(parts, " ")
	}
	return got, p, nil
}
