package exec

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kilnql/kiln/catalog/memory"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// sumKernel sums bigints: state is the sum and the number of values.
var sumKernel = &expr.AggregateKernel{
	Size: 16,
	Update: func(_ *expr.AggregateContext, g *expr.Groups, args []*vector.Vector, sel vector.Selection, n int) error {
		values := vector.Values[int64](args[0])
		each := func(i int) {
			s := vector.As[int64](g.State(i, 16))
			s[0] += values[i]
			s[1]++
		}
		if sel == nil {
			for i := range n {
				each(i)
			}
		}
		for _, i := range sel {
			each(int(i))
		}
		return nil
	},
	Merge: func(_ *expr.AggregateContext, dst, src []byte, _ *expr.BlobStore) error {
		d, s := vector.As[int64](dst), vector.As[int64](src)
		d[0] += s[0]
		d[1] += s[1]
		return nil
	},
	Final: func(_ *expr.AggregateContext, g *expr.Groups, n int, out *vector.Vector) error {
		for i := range n {
			vector.Set(out, i, vector.As[int64](g.State(i, 16))[0])
		}
		return nil
	},
}

// setKernel collects distinct bigints in a blob and gives how many there are.
var setKernel = &expr.AggregateKernel{
	Size: 8, Blob: true,
	Update: func(c *expr.AggregateContext, g *expr.Groups, args []*vector.Vector, sel vector.Selection, n int) error {
		values := vector.Values[int64](args[0])
		if sel == nil {
			for i := range n {
				sel = append(sel, uint16(i))
			}
		}
		for _, i := range sel {
			addToSet(c, g.State(int(i), 8), values[i])
		}
		return nil
	},
	Merge: func(c *expr.AggregateContext, dst, src []byte, srcBlobs *expr.BlobStore) error {
		if number := binary.LittleEndian.Uint64(src); number != 0 {
			for v := range srcBlobs.Get(number).(map[int64]bool) {
				addToSet(c, dst, v)
			}
		}
		return nil
	},
	Final: func(c *expr.AggregateContext, g *expr.Groups, n int, out *vector.Vector) error {
		for i := range n {
			count := 0
			if number := binary.LittleEndian.Uint64(g.State(i, 8)); number != 0 {
				count = len(c.Blobs.Get(number).(map[int64]bool))
			}
			vector.Set(out, i, int64(count))
		}
		return nil
	},
	Encode: func(c *expr.AggregateContext, state []byte, b []byte) ([]byte, error) {
		if number := binary.LittleEndian.Uint64(state); number != 0 {
			for v := range c.Blobs.Get(number).(map[int64]bool) {
				b = binary.LittleEndian.AppendUint64(b, uint64(v))
			}
		}
		return b, nil
	},
	Decode: func(c *expr.AggregateContext, state []byte, b []byte) error {
		binary.LittleEndian.PutUint64(state, 0)
		for ; len(b) > 0; b = b[8:] {
			addToSet(c, state, int64(binary.LittleEndian.Uint64(b)))
		}
		return nil
	},
}

func addToSet(c *expr.AggregateContext, state []byte, v int64) {
	number := binary.LittleEndian.Uint64(state)
	if number == 0 {
		number = c.Blobs.New(map[int64]bool{})
		binary.LittleEndian.PutUint64(state, number)
	}
	set := c.Blobs.Get(number).(map[int64]bool)
	if !set[v] {
		set[v] = true
		c.Blobs.Bytes += 32
	}
}

func call(name string, k *expr.AggregateKernel) *expr.Aggregate {
	arg := &expr.Column{Base: expr.Base{Typ: types.LongType}}
	return &expr.Aggregate{Base: expr.Base{Typ: types.LongType}, Function: &expr.AggregateFunction{Name: name}, Args: []expr.Expr{arg}, Kernel: k}
}

// drivenAggregate stands in for a stage's program: the last column is the argument of every aggregate, the others are keys.
type drivenAggregate struct{ *Aggregate }

type drivenLocal struct {
	*aggregateLocal
	rows     []uint32
	contexts []expr.AggregateContext
}

func (d drivenAggregate) NewLocal(w *Worker) (LocalSink, error) {
	l, err := d.Aggregate.NewLocal(w)
	if err != nil {
		return nil, err
	}
	local := l.(*aggregateLocal)
	return &drivenLocal{aggregateLocal: local, rows: make([]uint32, vector.ChunkSize), contexts: d.contexts(&local.groups.blobs)}, nil
}

func (l *drivenLocal) Consume(c *vector.Chunk, _ program.Position) error {
	keys, arg := c.Columns[:len(c.Columns)-1], c.Columns[len(c.Columns)-1]
	rows := l.rows
	if len(keys) == 0 {
		rows = nil
	} else if err := l.Groups(keys, c.Selection, c.Len, rows); err != nil {
		return err
	}
	base, stride := l.States()
	for i, a := range l.sink.spec.Aggregates {
		g := &expr.Groups{Base: base, Rows: rows, Stride: stride, Offset: l.sink.offsets[i]}
		if err := a.Kernel.Update(&l.contexts[i], g, []*vector.Vector{arg}, c.Selection, c.Len); err != nil {
			return err
		}
	}
	return nil
}

// groupCase is an aggregation over made-up rows.
type groupCase struct {
	name   string
	keys   []program.Input
	rows   int
	groups int
	fill   func(v *vector.Vector, c, i, g int) // writes row i, which is of group g, of key c
	dict   bool
}

func longKey(name string, nullable bool) program.Input {
	return program.Input{Name: name, Type: types.LongType, Physical: types.PhysicalInt64, Nullable: nullable}
}

func key(t types.Type, nullable bool) program.Input {
	return program.Input{Type: t, Physical: t.Physical(), Nullable: nullable}
}

func fillLong(v *vector.Vector, _, i, g int) { vector.Set(v, i, int64(g)*7_000_000_007) }

func groupCases() []groupCase {
	ranged := longKey("k", true)
	ranged.Range = types.Range{Known: true, Min: -5, Max: 1000}
	wrong := longKey("k", true)
	wrong.Range = types.Range{Known: true, Min: 0, Max: 10}
	text := func(long int) func(v *vector.Vector, c, i, g int) {
		return func(v *vector.Vector, c, i, g int) {
			s := fmt.Sprintf("k%d", g)
			if g > 100 && long > 0 {
				s = fmt.Sprintf("a key that is long: %d", g)
			}
			v.SetString(i, []byte(s))
		}
	}
	nulls := func(f func(v *vector.Vector, c, i, g int)) func(v *vector.Vector, c, i, g int) {
		return func(v *vector.Vector, c, i, g int) {
			if g == 3 {
				v.SetNull(i)
				return
			}
			f(v, c, i, g)
		}
	}
	special := func(v *vector.Vector, c, i, g int) {
		vector.Set(v, i, []int64{keyMixSigned, 0, -1, math.MinInt64, math.MaxInt64}[g%5])
	}
	two := func(v *vector.Vector, c, i, g int) {
		if v.Physical == types.PhysicalInt32 {
			vector.Set(v, i, int32(g%10-5))
		} else {
			vector.Set(v, i, int16(g/10))
		}
	}
	mixed := func(v *vector.Vector, c, i, g int) {
		if c == 0 {
			text(1)(v, c, i, g/3)
		} else {
			vector.Set(v, i, int64(g%3))
		}
	}
	floats := func(v *vector.Vector, c, i, g int) {
		vector.Set(v, i, []float64{0, math.Copysign(0, -1), math.NaN(), 1.5, math.Inf(1)}[g%5])
	}
	list := types.ArrayType(types.IntType, true)
	lists := func(v *vector.Vector, c, i, g int) {
		child := v.Children[0]
		one := vector.NewFlat(types.IntType, 1)
		one.Reset(1)
		vector.Set(one, 0, int32(g))
		vector.Set(v, i, vector.List{Start: int32(child.Len), Length: 1})
		vector.AppendRows(child, one, nil, 1)
	}
	return []groupCase{
		{name: "none", rows: 10_000, groups: 1},
		{name: "long few", keys: []program.Input{longKey("k", false)}, rows: 50_000, groups: 100, fill: fillLong},
		{name: "long many", keys: []program.Input{longKey("k", false)}, rows: 120_000, groups: 110_000, fill: fillLong},
		{name: "long nulls", keys: []program.Input{longKey("k", true)}, rows: 50_000, groups: 3000, fill: nulls(fillLong)},
		{name: "long special", keys: []program.Input{longKey("k", true)}, rows: 5000, groups: 5, fill: special},
		{name: "array", keys: []program.Input{ranged}, rows: 50_000, groups: 1000, fill: nulls(func(v *vector.Vector, _, i, g int) { vector.Set(v, i, int64(g-5)) })},
		{name: "array with a wrong range", keys: []program.Input{wrong}, rows: 50_000, groups: 1000, fill: nulls(func(v *vector.Vector, _, i, g int) { vector.Set(v, i, int64(g-5)) })},
		{name: "short strings", keys: []program.Input{key(types.StringType, true)}, rows: 50_000, groups: 20_000, fill: nulls(text(0))},
		{name: "strings", keys: []program.Input{key(types.StringType, true)}, rows: 50_000, groups: 40_000, fill: nulls(text(1))},
		{name: "dictionary", keys: []program.Input{key(types.StringType, true)}, rows: 50_000, groups: 500, fill: nulls(text(1)), dict: true},
		{name: "two dictionaries", keys: []program.Input{key(types.StringType, true), longKey("b", true)}, rows: 50_000, groups: 90, fill: mixed, dict: true},
		{name: "int and smallint", keys: []program.Input{key(types.IntType, false), key(types.ShortType, true)}, rows: 50_000, groups: 5000, fill: two},
		{name: "two longs", keys: []program.Input{longKey("a", false), longKey("b", false)}, rows: 50_000, groups: 40_000, fill: fillLong},
		{name: "two nullable longs", keys: []program.Input{longKey("a", true), longKey("b", true)}, rows: 50_000, groups: 40_000, fill: nulls(fillLong)},
		{name: "string and long", keys: []program.Input{key(types.StringType, true), longKey("b", true)}, rows: 50_000, groups: 40_000, fill: mixed},
		{name: "decimal(38)", keys: []program.Input{key(types.DecimalType(38, 0), true)}, rows: 30_000, groups: 10_000, fill: nulls(func(v *vector.Vector, _, i, g int) {
			vector.Set(v, i, types.Int128{Lo: uint64(g) * 3, Hi: int64(g % 7)})
		})},
		{name: "double", keys: []program.Input{key(types.DoubleType, true)}, rows: 5000, groups: 5, fill: floats},
		{name: "double and list", keys: []program.Input{key(types.DoubleType, true), key(list, true)}, rows: 5000, groups: 50, fill: func(v *vector.Vector, c, i, g int) {
			if c == 0 {
				floats(v, c, i, g)
			} else {
				lists(v, c, i, g)
			}
		}},
	}
}

const keyMixSigned = -0x61c8864680b583eb // keyMix as int64

// table makes the case's rows, and what each group's sum and number of distinct values is, by the bytes of its keys.
func (c groupCase) table(r *rand.Rand) (source.Scan, []vector.Layout, map[string][2]int64) {
	var layout []vector.Layout
	var columns []*vector.Vector
	var fields []types.Field
	for _, k := range append(slices.Clone(c.keys), longKey("v", false)) {
		layout = append(layout, vector.Layout{Type: k.Type, Physical: k.Physical})
		v := vector.New(k.Type, k.Physical, c.rows)
		v.Reset(c.rows)
		columns = append(columns, v)
		fields = append(fields, types.Field{Name: k.Name, Type: k.Type})
	}
	want := map[string][2]int64{}
	sets := map[string]map[int64]bool{}
	argument := columns[len(c.keys)]
	for i := range c.rows {
		g := r.IntN(c.groups)
		var k []byte
		for j := range c.keys {
			c.fill(columns[j], j, i, g)
			k = vector.AppendValue(k, columns[j], i)
		}
		v := int64(r.IntN(5))
		vector.Set(argument, i, v)
		w := want[string(k)]
		w[0] += v
		if sets[string(k)] == nil {
			sets[string(k)] = map[int64]bool{}
		}
		sets[string(k)][v] = true
		w[1] = int64(len(sets[string(k)]))
		want[string(k)] = w
	}
	var batches []memory.Batch
	for from := 0; from < c.rows; from += 20_000 {
		n := min(20_000, c.rows-from)
		b := memory.Batch{Len: n}
		for _, v := range columns {
			part := v.Slice(from, n)
			if c.dict && v != argument {
				part = encodeDictionary(part)
			}
			b.Columns = append(b.Columns, part)
		}
		batches = append(batches, b)
	}
	request := &source.Request{}
	for i, l := range layout {
		request.Columns = append(request.Columns, source.Column{Path: []int{i}, Type: l.Type, Physical: l.Physical})
	}
	scan, err := memory.NewTable("t", types.StructType(fields...), [][]memory.Batch{batches}).Scan(context.Background(), request)
	if err != nil {
		panic(err)
	}
	return scan, layout, want
}

// encodeDictionary makes a dictionary vector of a flat one.
func encodeDictionary(v *vector.Vector) *vector.Vector {
	values := vector.New(v.Type, v.Physical, 0)
	codes := map[string]int32{}
	out := &vector.Vector{Type: v.Type, Physical: v.Physical}
	all := out.SetDictionary(&vector.Dict{ID: vector.NewDictIDs(1), Values: values}, v.Len)
	for i := range all {
		k := string(vector.AppendValue(nil, v, i))
		code, ok := codes[k]
		if !ok {
			code = int32(values.Len)
			codes[k] = code
			vector.AppendRows(values, v, vector.Selection{uint16(i)}, v.Len)
		}
		all[i] = code
	}
	return out
}

// readGroups reads an aggregation's output in the same form.
func readGroups(t *testing.T, scan source.Scan, keys []program.Input) map[string][2]int64 {
	t.Helper()
	got := map[string][2]int64{}
	eachRow(t, scan, append(slices.Clone(keys), longKey("s", true), longKey("d", true)), func(columns []*vector.Vector, i int) {
		var k []byte
		for j := range keys {
			k = vector.AppendValue(k, columns[j], i)
		}
		if _, twice := got[string(k)]; twice {
			t.Fatalf("group %q twice", k)
		}
		got[string(k)] = [2]int64{vector.Get[int64](columns[len(keys)], i), vector.Get[int64](columns[len(keys)+1], i)}
	})
	return got
}

// eachRow reads the columns of a scan and calls visit for each row, in order.
func eachRow(t *testing.T, scan source.Scan, inputs []program.Input, visit func(columns []*vector.Vector, row int)) {
	t.Helper()
	r, err := scan.NewReader()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var columns []*vector.Vector
	for _, k := range inputs {
		columns = append(columns, vector.New(k.Type, k.Physical, vector.ChunkSize))
	}
	for _, m := range scan.Morsels() {
		if err := r.Open(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		for {
			n, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
			for c, v := range columns {
				if err := r.Load(c, nil, v); err != nil {
					t.Fatal(err)
				}
			}
			for i := range n {
				visit(columns, i)
			}
		}
	}
}

func TestAggregate(t *testing.T) {
	for _, c := range groupCases() {
		t.Run(c.name, func(t *testing.T) {
			runGroupCase(t, c, 1, 0)
			runGroupCase(t, c, 3, 0)
			runGroupCase(t, c, 2, 8<<20)
		})
	}
}

func runGroupCase(t *testing.T, c groupCase, workers int, limit int64) {
	scan, layout, want := c.table(rand.New(rand.NewPCG(1, 2)))
	rt := newTestRuntime(t, workers, limit)
	sink := drivenAggregate{NewAggregate(AggregateSpec{Keys: c.keys, Aggregates: []*expr.Aggregate{call("sum", sumKernel), call("set", setKernel)},
		StateSize: 24, PerfectArrays: true})}
	q, err := rt.Start(t.Context(), "q", []*Stage{{ID: 1, Source: scan, Columns: layout, Sink: sink}})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if err := q.Wait(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the output can be read again
		got := readGroups(t, sink.Output(), c.keys)
		if len(got) != len(want) {
			t.Fatalf("%d workers, limit %d: %d groups, want %d", workers, limit, len(got), len(want))
		}
		for k, w := range want {
			if got[k] != w {
				t.Fatalf("%d workers, limit %d: group %q is %v, want %v", workers, limit, k, got[k], w)
			}
		}
	}
	if limit > 0 && len(want) > 60_000 && q.Profile().SpilledBytes() == 0 {
		t.Errorf("%d workers: %d groups and nothing spilled", workers, len(want))
	}
}

func TestAggregateOfNothing(t *testing.T) {
	rt := newTestRuntime(t, 2, 0)
	for _, keys := range [][]program.Input{nil, {longKey("k", true)}} {
		sink := NewAggregate(AggregateSpec{Keys: keys, Aggregates: []*expr.Aggregate{call("sum", sumKernel), call("set", setKernel)}, StateSize: 24})
		q, err := rt.Start(t.Context(), "q", []*Stage{{ID: 1, Source: numbers(t, 0, 1), Columns: longLayout, Sink: sink}})
		if err != nil {
			t.Fatal(err)
		}
		if err := q.Wait(); err != nil {
			t.Fatal(err)
		}
		if got := readGroups(t, sink.Output(), keys); len(got) != 1-len(keys) {
			t.Errorf("%d keys: %v", len(keys), got)
		}
		q.Close()
	}
}

// BenchmarkAggregate sums by a bigint key, 10 million rows in memory, one worker.
func BenchmarkAggregate(b *testing.B) {
	for _, groups := range []int{100, 10_000, 1_000_000} {
		b.Run(fmt.Sprint(groups), func(b *testing.B) {
			const rows = 10_000_000
			keys, values := vector.New(types.LongType, types.PhysicalInt64, rows), vector.New(types.LongType, types.PhysicalInt64, rows)
			keys.Reset(rows)
			values.Reset(rows)
			r := rand.New(rand.NewPCG(1, 2))
			for i := range rows {
				vector.Set(keys, i, int64(r.IntN(groups))*7_000_000_007)
				vector.Set(values, i, int64(i&1023))
			}
			input := []program.Input{longKey("k", false)}
			table := memory.NewTable("t", types.StructType(types.Field{Name: "k", Type: types.LongType}, types.Field{Name: "v", Type: types.LongType}),
				[][]memory.Batch{{{Columns: []*vector.Vector{keys, values}, Len: rows}}})
			scan, _ := table.Scan(b.Context(), &source.Request{Columns: []source.Column{
				{Path: []int{0}, Type: types.LongType, Physical: types.PhysicalInt64}, {Path: []int{1}, Type: types.LongType, Physical: types.PhysicalInt64}}})
			rt := NewRuntime(Options{Workers: 1, SpillDir: b.TempDir()})
			layout := []vector.Layout{longLayout[0], longLayout[0]}
			b.ResetTimer()
			for range b.N {
				sink := drivenSum{drivenAggregate{NewAggregate(AggregateSpec{Keys: input, Aggregates: []*expr.Aggregate{call("sum", sumKernel)}, StateSize: 16})}}
				q, err := rt.Start(b.Context(), "q", []*Stage{{ID: 1, Source: scan, Columns: layout, Sink: sink}})
				if err != nil {
					b.Fatal(err)
				}
				if err := q.Wait(); err != nil {
					b.Fatal(err)
				}
				q.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
}

// drivenSum updates sums by a loop like the program's.
type drivenSum struct{ drivenAggregate }

type drivenSumLocal struct{ *drivenLocal }

func (d drivenSum) NewLocal(w *Worker) (LocalSink, error) {
	l, err := d.drivenAggregate.NewLocal(w)
	if err != nil {
		return nil, err
	}
	return &drivenSumLocal{l.(*drivenLocal)}, nil
}

func (l *drivenSumLocal) Consume(c *vector.Chunk, _ program.Position) error {
	rows := l.rows[:c.Len]
	if err := l.Groups(c.Columns[:1], nil, c.Len, rows); err != nil {
		return err
	}
	base, stride := l.States()
	words, step := vector.As[int64](base), stride/8
	for i, v := range vector.Values[int64](c.Columns[1]) {
		s := words[int(rows[i])*step:]
		s[0] += v
		s[1]++
	}
	return nil
}

func TestDictionariesOutsideTheRange(t *testing.T) {
	wrong := longKey("k", true)
	wrong.Range = types.Range{Known: true, Min: 0, Max: 10}
	c := groupCase{name: "dictionary with a wrong range", keys: []program.Input{wrong}, rows: 60_000, groups: 40, dict: true,
		fill: func(v *vector.Vector, _, i, g int) { vector.Set(v, i, int64(min(g, i/1000))) }}
	runGroupCase(t, c, 1, 0)
	runGroupCase(t, c, 3, 0)
}
