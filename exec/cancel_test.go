package exec

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kilnql/kiln/catalog/memory"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// cancelWithin is how long after its cancellation a query may go on working.
const cancelWithin = 150 * time.Millisecond * cancelFactor

// scrambled is a scan of n numbers in no order, each once, in memory, in two partitions.
func scrambled(t *testing.T, n int) source.Scan {
	t.Helper()
	partitions := make([][]memory.Batch, 2)
	for from := 0; from < n; from += 20_000 {
		rows := min(20_000, n-from)
		v := vector.New(types.LongType, types.PhysicalInt64, rows)
		v.Reset(rows)
		for i := range rows {
			vector.Set(v, i, int64(vector.Hash64(uint64(from+i))))
		}
		p := from / 20_000 % 2
		partitions[p] = append(partitions[p], memory.Batch{Columns: []*vector.Vector{v}, Len: rows})
	}
	table := memory.NewTable("t", types.StructType(types.Field{Name: "k", Type: types.LongType}), partitions)
	scan, err := table.Scan(context.Background(), &source.Request{Columns: []source.Column{{Path: []int{0}, Type: types.LongType, Physical: types.PhysicalInt64}}})
	if err != nil {
		t.Fatal(err)
	}
	return scan
}

// finishing is a sink that says when its phases at the end begin, and remembers how the last one ended.
type finishing struct {
	Sink
	local, whole func()
	err          error
}

type finishingLocal struct {
	LocalSink
	begins func()
}

func (f *finishing) NewLocal(w *Worker) (LocalSink, error) {
	l, err := f.Sink.NewLocal(w)
	return &finishingLocal{l, f.local}, err
}

func (l *finishingLocal) Finish() error {
	l.begins()
	return l.LocalSink.Finish()
}

func (f *finishing) Finish(ctx context.Context, p *Pool) error {
	f.whole()
	f.err = f.Sink.Finish(ctx, p)
	return f.err
}

// cancelledFinish runs a stage whose query is cancelled some time after a phase of its sink began, and returns how long the query
// went on then and how Finish ended.
func cancelledFinish(t *testing.T, limit int64, scan source.Scan, sink Sink, whole bool, after time.Duration) (took time.Duration, finish error) {
	t.Helper()
	rt := newTestRuntime(t, 2, limit)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cancelled := make(chan time.Time, 8)
	stop := func() {
		if after == 0 {
			cancelled <- time.Now()
			cancel()
			return
		}
		time.AfterFunc(after, func() {
			cancelled <- time.Now()
			cancel()
		})
	}
	f := &finishing{Sink: sink, local: func() {}, whole: stop}
	if !whole {
		f.local, f.whole = stop, func() {}
	}
	q, err := rt.Start(ctx, "q", []*Stage{{ID: 1, Source: scan, Columns: longLayout, Sink: f}})
	if err != nil {
		t.Fatal(err)
	}
	err = q.Wait()
	q.Close()
	ended := time.Now()
	if err != nil && (diag.ConditionOf(err) != "OPERATION_CANCELED" || !errors.Is(err, context.Canceled)) {
		t.Errorf("ended with %v", err)
	}
	if after == 0 && err == nil {
		t.Error("a query cancelled before its end ended without an error")
	}
	select {
	case at := <-cancelled:
		return ended.Sub(at), f.err
	case <-time.After(10 * time.Second):
		t.Fatal("the phase never began")
		return 0, nil
	}
}

// TestCancelWhileFinishing cancels queries when their rows have all come and are being sorted, merged and indexed: at the beginning
// of that, which must then not be done, and in the middle of it.
func TestCancelWhileFinishing(t *testing.T) {
	const rows = 3_000_000
	numbers := scrambled(t, rows)
	sorted := SortSpec{Layout: longLayout, Keys: []SortKey{{}}, Global: true}
	for _, c := range []struct {
		name  string
		limit int64
		whole bool // cancelled when the sink finishes, not when a worker's part does
		scan  source.Scan
		sink  func() Sink
	}{
		{"sort, a worker's run", 0, false, numbers, func() Sink { return NewSort(sorted) }},
		{"sort, the runs together", 0, true, numbers, func() Sink { return NewSort(sorted) }},
		{"sort, runs on disk", 3 << 20, true, numbers, func() Sink { return NewSort(sorted) }},
		{"join table", 0, true, numbers, func() Sink {
			return NewJoinBuild(JoinBuildSpec{Layout: longLayout, Keys: 1, NullSafe: []bool{false}, PerfectArrays: true})
		}},
		{"join table from disk", 32 << 20, true, numbers, func() Sink {
			return NewJoinBuild(JoinBuildSpec{Layout: longLayout, Keys: 1, NullSafe: []bool{false}, PerfectArrays: true})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			least := time.Hour
			for range 3 { // a machine with other work may be late once
				took, err := cancelledFinish(t, c.limit, c.scan, c.sink(), c.whole, 0)
				if c.whole && !errors.Is(err, context.Canceled) {
					t.Errorf("Finish of a cancelled query returned %v", err)
				}
				if least = min(least, took); least <= cancelWithin {
					break
				}
			}
			for range 3 {
				took, _ := cancelledFinish(t, c.limit, c.scan, c.sink(), c.whole, 15*time.Millisecond)
				t.Log("ended after", took)
				if least = took; least <= cancelWithin {
					break
				}
			}
			if least > cancelWithin {
				t.Errorf("the query ended %v after its cancellation", least)
			}
		})
	}
}

// TestCancelOneMorsel cancels a query of one worker in the middle of a morsel that would not end.
func TestCancelOneMorsel(t *testing.T) {
	rt := newTestRuntime(t, 1, 0)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	count := &countSink{}
	q, err := rt.Start(ctx, "q", []*Stage{{ID: 1, Source: endless{}, Columns: longLayout, Sink: count}})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	for count.rows.Load() < 100_000 {
		time.Sleep(time.Millisecond)
	}
	start := time.Now()
	cancel()
	if err := q.Wait(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	q.Close()
	if took := time.Since(start); took > cancelWithin {
		t.Errorf("the query ended %v after its cancellation", took)
	}
}

// endless is a scan and a reader of one morsel of zeros that ends only after much longer than a test may wait.
type endless struct{}

func (endless) Morsels() []source.Morsel { return []source.Morsel{{Rows: -1}} }
func (endless) Detail() [][2]string      { return nil }
func (endless) NewReader() (source.Reader, error) {
	return &endlessReader{end: time.Now().Add(5 * time.Second)}, nil
}

type endlessReader struct{ end time.Time }

func (r *endlessReader) Open(context.Context, source.Morsel) error { return nil }

func (r *endlessReader) Next() (int, error) {
	if time.Now().After(r.end) {
		return 0, nil
	}
	return 1024, nil
}

func (r *endlessReader) Load(_ int, _ vector.Selection, v *vector.Vector) error {
	v.Reset(1024)
	clear(vector.Values[int64](v))
	return nil
}

func (r *endlessReader) BytesRead() int64 { return 0 }
func (r *endlessReader) Close() error     { return nil }
