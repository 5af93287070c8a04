package exec

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/kilnql/kiln/catalog/memory"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var longLayout = []vector.Layout{{Type: types.LongType, Physical: types.PhysicalInt64}}

// numbers is a scan of 0 … n-1 in so many partitions.
func numbers(t testing.TB, n int64, partitions int) source.Scan {
	t.Helper()
	table := &memory.Range{End: n, Step: 1, Partitions: partitions}
	scan, err := table.Scan(context.Background(), &source.Request{Columns: []source.Column{{Path: []int{0}, Type: types.LongType, Physical: types.PhysicalInt64}}})
	if err != nil {
		t.Fatal(err)
	}
	return scan
}

func newTestRuntime(t testing.TB, workers int, limit int64) *Runtime {
	t.Helper()
	dir := t.TempDir()
	rt := NewRuntime(Options{Workers: workers, MemoryLimit: limit, SpillDir: dir})
	t.Cleanup(func() {
		if used := rt.Memory().Used(); used != 0 {
			t.Errorf("%d bytes are still reserved", used)
		}
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	return rt
}

// read returns all values of the first column of a result.
func read(r *Result) ([]int64, error) {
	var out []int64
	for {
		columns, n, err := r.Next()
		if err != nil || n == 0 {
			return out, err
		}
		out = append(out, vector.Values[int64](columns[0])[:n]...)
	}
}

func upTo(from, to int64) []int64 {
	out := []int64{}
	for ; from < to; from++ {
		out = append(out, from)
	}
	return out
}

func TestResultKeepsOrder(t *testing.T) {
	for _, workers := range []int{1, 2, 5} {
		rt := newTestRuntime(t, workers, 0)
		result := NewResult(longLayout, -1, 0)
		result.SetBound(100 << 10) // parks the stage many times
		q, err := rt.Start(t.Context(), "q", []*Stage{{ID: 1, Source: numbers(t, 1_000_000, 7), Columns: longLayout, Sink: result}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := read(result)
		if err != nil || !slices.Equal(got, upTo(0, 1_000_000)) {
			t.Fatalf("%d workers: %d rows, %v", workers, len(got), err)
		}
		if err := q.Wait(); err != nil {
			t.Fatal(err)
		}
		if rows := q.Profile().Stages[0].Rows.Load(); rows != 1_000_000 {
			t.Errorf("profile has %d rows", rows)
		}
		if done, total := q.Profile().Progress(); done != total || done == 0 {
			t.Errorf("progress %d of %d", done, total)
		}
		q.Close()
	}
}

func TestResultLimit(t *testing.T) {
	rt := newTestRuntime(t, 2, 0)
	for _, c := range []struct{ limit, offset int64 }{{0, 0}, {1, 0}, {10, 5}, {5000, 70_000}, {100, 999_950}, {-1, 999_999}} {
		result := NewResult(longLayout, c.limit, c.offset)
		q, err := rt.Start(t.Context(), "q", []*Stage{{ID: 1, Source: numbers(t, 1_000_000, 20), Columns: longLayout, Sink: result, OnePartition: true}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := read(result)
		to := int64(1_000_000)
		if c.limit >= 0 {
			to = min(to, c.offset+c.limit)
		}
		if want := upTo(c.offset, to); err != nil || !slices.Equal(got, want) {
			t.Errorf("limit %d offset %d: %d rows, %v", c.limit, c.offset, len(got), err)
		}
		q.Close()
		if rows := q.Profile().Stages[0].Rows.Load(); c.limit == 1 && rows > 50_000 {
			t.Errorf("limit 1 read %d rows", rows)
		}
	}
}

// Partitions of a union that was kept, and is one of two inputs of another union, are not taken for the other input's.
func TestUnionOfAUnion(t *testing.T) {
	keep, result := NewMaterialize(longLayout), NewResult(longLayout, -1, 0)
	stage := func(id int, sink Sink, feeder int) *Stage {
		return &Stage{ID: id, Columns: longLayout, Sink: sink, Feeder: feeder, Feeders: 2}
	}
	inner := []*Stage{stage(1, keep, 0), stage(2, keep, 1)}
	for _, s := range inner {
		s.Source = numbers(t, 10_000, 2)
	}
	kept, other := stage(3, result, 0), stage(4, result, 1)
	kept.Open, kept.After = func(context.Context) (source.Scan, error) { return keep.Output(), nil }, inner
	other.Source = numbers(t, 10_000, 3)
	q, err := newTestRuntime(t, 2, 0).Start(t.Context(), "q", append(inner, kept, other))
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	want := slices.Concat(upTo(0, 10_000), upTo(0, 10_000), upTo(0, 10_000))
	if got, err := read(result); err != nil || !slices.Equal(got, want) {
		t.Fatalf("%d rows, want %d: %v", len(got), len(want), err)
	}
}

func TestUnionOfStagesInOrder(t *testing.T) {
	rt := newTestRuntime(t, 3, 0)
	keep := NewMaterialize(longLayout)
	result := NewResult(longLayout, -1, 0)
	first := &Stage{ID: 1, Source: numbers(t, 300_000, 3), Columns: longLayout, Sink: keep, Feeders: 2}
	second := &Stage{ID: 2, Source: numbers(t, 200_000, 2), Columns: longLayout, Sink: keep, Feeder: 1, Feeders: 2}
	last := &Stage{ID: 3, Open: func(context.Context) (source.Scan, error) { return keep.Output(), nil }, Columns: longLayout, Sink: result, After: []*Stage{first, second}}
	q, err := rt.Start(t.Context(), "q", []*Stage{first, second, last})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	got, err := read(result)
	if err != nil || !slices.Equal(got, append(upTo(0, 300_000), upTo(0, 200_000)...)) {
		t.Fatalf("%d rows, %v", len(got), err)
	}
}

func TestMaterializeSpills(t *testing.T) {
	rt := newTestRuntime(t, 2, 4<<20)
	keep := NewMaterialize(longLayout)
	result := NewResult(longLayout, -1, 0)
	first := &Stage{ID: 1, Source: numbers(t, 4_000_000, 3), Columns: longLayout, Sink: keep}
	last := &Stage{ID: 2, Open: func(context.Context) (source.Scan, error) { return keep.Output(), nil }, Columns: longLayout, Sink: result, After: []*Stage{first}}
	q, err := rt.Start(t.Context(), "q", []*Stage{first, last})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	got, err := read(result)
	if err != nil || !slices.Equal(got, upTo(0, 4_000_000)) {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	if q.Profile().SpilledBytes() == 0 {
		t.Error("nothing was spilled")
	}
	if peak := rt.Memory().Peak(); peak > 5<<20 {
		t.Errorf("peak %d", peak)
	}
}

func TestExchange(t *testing.T) {
	rt := newTestRuntime(t, 2, 0)
	for _, spec := range []ExchangeSpec{
		{Layout: longLayout, Partitions: 4, Shuffle: true},
		{Layout: longLayout, Partitions: 4, Shuffle: true, Keys: 1},
		{Layout: longLayout, Partitions: 2},
	} {
		e := NewExchange(spec)
		q, err := rt.Start(t.Context(), "q", []*Stage{{ID: 1, Source: numbers(t, 100_000, 5), Columns: longLayout, Sink: e}})
		if err != nil {
			t.Fatal(err)
		}
		if err := q.Wait(); err != nil {
			t.Fatal(err)
		}
		rows := map[int32]int64{}
		for _, m := range e.Output().Morsels() {
			rows[m.Partition] += m.Rows
		}
		total := int64(0)
		for _, n := range rows {
			total += n
			if n < 20_000 {
				t.Errorf("%+v: a partition of %d rows", spec, n)
			}
		}
		if len(rows) != spec.Partitions || total != 100_000 {
			t.Errorf("%+v: %v", spec, rows)
		}
		q.Close()
	}
}

func TestSingle(t *testing.T) {
	rt := newTestRuntime(t, 2, 0)
	for n, want := range map[int64]string{0: "", 1: "", 2: "SCALAR_SUBQUERY_TOO_MANY_ROWS", 300_000: "SCALAR_SUBQUERY_TOO_MANY_ROWS"} {
		single := NewSingle(longLayout)
		q, err := rt.Start(t.Context(), "q", []*Stage{{ID: 1, Source: numbers(t, n, 2), Columns: longLayout, Sink: single}})
		if err != nil {
			t.Fatal(err)
		}
		if err := q.Wait(); diag.ConditionOf(err) != want {
			t.Errorf("%d rows: %v", n, err)
		}
		q.Close()
	}
}

func TestLeavingEarly(t *testing.T) {
	rt := newTestRuntime(t, 2, 0)
	for range 20 {
		result := NewResult(longLayout, -1, 0)
		q, err := rt.Start(t.Context(), "q", []*Stage{{ID: 1, Source: numbers(t, 1<<40, 4), Columns: longLayout, Sink: result}})
		if err != nil {
			t.Fatal(err)
		}
		if _, n, err := result.Next(); err != nil || n == 0 {
			t.Fatal(n, err)
		}
		q.Close()
	}
}

func TestCancel(t *testing.T) {
	rt := newTestRuntime(t, 2, 0)
	ctx, cancel := context.WithCancel(t.Context())
	count := &countSink{}
	q, err := rt.Start(ctx, "q", []*Stage{{ID: 1, Source: numbers(t, 1<<40, 4), Columns: longLayout, Sink: count}})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	for count.rows.Load() < 100_000 {
	}
	cancel()
	if err := q.Wait(); diag.ConditionOf(err) != "OPERATION_CANCELED" || !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestPanicBecomesBug(t *testing.T) {
	rt := newTestRuntime(t, 2, 0)
	result := NewResult(longLayout, -1, 0)
	keep := &countSink{panicAt: 100_000}
	stage := &Stage{ID: 1, Source: numbers(t, 1_000_000, 4), Columns: longLayout, Sink: keep}
	next := &Stage{ID: 2, Source: numbers(t, 1, 1), Columns: longLayout, Sink: result, After: []*Stage{stage}}
	q, err := rt.Start(t.Context(), "q", []*Stage{stage, next})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	_, err = read(result)
	var bug *diag.Bug
	if !errors.As(err, &bug) {
		t.Fatal(err)
	}
}

func TestQueryWithinLoop(t *testing.T) {
	rt := newTestRuntime(t, 1, 0)
	outer := NewResult(longLayout, -1, 0)
	outer.SetBound(20 << 10)
	q, err := rt.Start(t.Context(), "outer", []*Stage{{ID: 1, Source: numbers(t, 200_000, 2), Columns: longLayout, Sink: outer}})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	for {
		_, n, err := outer.Next()
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
		inner := NewResult(longLayout, -1, 0)
		p, err := rt.Start(t.Context(), "inner", []*Stage{{ID: 1, Source: numbers(t, 100_000, 1), Columns: longLayout, Sink: inner}})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := read(inner); err != nil || len(got) != 100_000 {
			t.Fatal(len(got), err)
		}
		p.Close()
	}
}

func TestSixteenQueriesAtOnce(t *testing.T) {
	rt := newTestRuntime(t, 3, 0)
	var wait sync.WaitGroup
	for i := range int64(16) {
		wait.Go(func() {
			n := 200_000 + 1000*i
			result := NewResult(longLayout, -1, 0)
			result.SetBound(64 << 10)
			q, err := rt.Start(t.Context(), fmt.Sprint("q", i), []*Stage{{ID: 1, Source: numbers(t, n, 3), Columns: longLayout, Sink: result}})
			if err != nil {
				t.Error(err)
				return
			}
			defer q.Close()
			if got, err := read(result); err != nil || !slices.Equal(got, upTo(0, n)) {
				t.Error(len(got), err)
			}
		})
	}
	wait.Wait()
}

func TestBlockingCallsDoNotOccupyWorkers(t *testing.T) {
	rt := newTestRuntime(t, 1, 0)
	release := make(chan struct{})
	slow := &countSink{block: release}
	q, err := rt.Start(t.Context(), "slow", []*Stage{{ID: 1, Source: numbers(t, 1000, 1), Columns: longLayout, Sink: slow}})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	result := NewResult(longLayout, -1, 0)
	p, err := rt.Start(t.Context(), "quick", []*Stage{{ID: 1, Source: numbers(t, 1000, 1), Columns: longLayout, Sink: result}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if got, err := read(result); err != nil || len(got) != 1000 {
		t.Fatal(len(got), err)
	}
	close(release)
	if err := q.Wait(); err != nil || slow.rows.Load() != 1000 {
		t.Fatal(err, slow.rows.Load())
	}
}

func TestInOrderStage(t *testing.T) {
	rt := newTestRuntime(t, 3, 0)
	check := &inOrderSink{t: t}
	q, err := rt.Start(t.Context(), "q", []*Stage{{ID: 1, Source: numbers(t, 3_000_000, 4), Columns: longLayout, Sink: check, InOrder: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if err := q.Wait(); err != nil || check.rows.Load() != 3_000_000 {
		t.Fatal(err, check.rows.Load())
	}
}

// countSink counts rows; it may panic or block.
type countSink struct {
	rows    atomic.Int64
	panicAt int64
	block   chan struct{}
}

type countLocal struct {
	sink *countSink
	w    *Worker
}

func (s *countSink) NewLocal(w *Worker) (LocalSink, error) {
	if s.block != nil {
		w.Blocking(func() { <-s.block })
	}
	return &countLocal{s, w}, nil
}
func (s *countSink) Finish(context.Context, *Pool) error { return nil }
func (s *countSink) Output() source.Scan                 { return nil }
func (s *countSink) Close()                              {}

func (l *countLocal) Consume(c *vector.Chunk, _ program.Position) error {
	n := l.sink.rows.Add(int64(c.Rows()))
	if l.sink.panicAt > 0 && n > l.sink.panicAt {
		panic("told to")
	}
	return nil
}
func (l *countLocal) Finish() error { return nil }

// inOrderSink checks that a partition's rows come in order, with their number.
type inOrderSink struct {
	countSink
	t  *testing.T
	mu sync.Mutex
	at map[int32]int64
}

type inOrderLocal struct{ sink *inOrderSink }

func (s *inOrderSink) NewLocal(*Worker) (LocalSink, error) { return &inOrderLocal{s}, nil }

func (l *inOrderLocal) Consume(c *vector.Chunk, at program.Position) error {
	s := l.sink
	s.rows.Add(int64(c.Rows()))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at == nil {
		s.at = map[int32]int64{}
	}
	if s.at[at.Partition] != at.RowBase {
		s.t.Errorf("partition %d: row base %d, want %d", at.Partition, at.RowBase, s.at[at.Partition])
	}
	s.at[at.Partition] += int64(c.Rows())
	return nil
}
func (l *inOrderLocal) Finish() error { return nil }

// openOutput opens what a sink holds, for a stage that comes after it.
func openOutput(s Sink) func(context.Context) (source.Scan, error) {
	return func(context.Context) (source.Scan, error) { return s.Output(), nil }
}

func containsText(err error, text string) bool {
	return err != nil && strings.Contains(err.Error(), text)
}
