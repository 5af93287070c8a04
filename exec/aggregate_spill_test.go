package exec

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/vector"
)

// greedySink counts groups and adds up their sums; now and then it wants nearly all the memory there is.
type greedySink struct {
	countSink
	sum             atomic.Int64
	chunks, refused atomic.Int64
}

type greedyLocal struct {
	sink   *greedySink
	memory *memory.Reservation
	most   int64
}

func (s *greedySink) NewLocal(w *Worker) (LocalSink, error) {
	return &greedyLocal{s, w.Query.Reserve("greedy", nil), w.Query.runtime.memory.Limit() * 9 / 10}, nil
}

func (l *greedyLocal) Consume(c *vector.Chunk, _ program.Position) error {
	s := l.sink
	sums := vector.Values[int64](c.Columns[len(c.Columns)-1])
	for j := range c.Rows() {
		i := j
		if c.Selection != nil {
			i = int(c.Selection[j])
		}
		s.sum.Add(sums[i])
	}
	s.rows.Add(int64(c.Rows()))
	if n := s.chunks.Add(1); n%4 == 2 {
		if !l.memory.TryGrow(l.most) {
			s.refused.Add(1)
		}
		l.memory.Shrink(l.memory.Size())
	}
	return nil
}

func (l *greedyLocal) Finish() error { return nil }

// TestGroupsAreReclaimed has the reader of an aggregation ask for the memory that the groups still hold: they go to disk while
// they are read, and none is lost.
func TestGroupsAreReclaimed(t *testing.T) {
	const limit, rows = 40 << 20, 300_000
	for _, workers := range []int{1, 2} {
		for name, keys := range map[string][]program.Input{"long": {longKey("k", false)}, "two longs": {longKey("k", false), longKey("l", true)}} {
			c := groupCase{keys: keys, rows: rows, groups: rows / 2, fill: fillLong}
			scan, layout, want := c.table(rand.New(rand.NewPCG(1, 2)))
			rt := newTestRuntime(t, workers, limit)
			sink := drivenAggregate{NewAggregate(AggregateSpec{Keys: c.keys, Aggregates: []*expr.Aggregate{call("sum", sumKernel)}, StateSize: 16})}
			first := &Stage{ID: 1, Source: scan, Columns: layout, Sink: sink}
			greedy := &greedySink{}
			out := append(layout[:len(keys):len(keys)], longLayout[0])
			second := &Stage{ID: 2, Open: openOutput(sink), Columns: out, Sink: greedy, After: []*Stage{first}}
			q, err := rt.Start(t.Context(), "q", []*Stage{first, second})
			if err != nil {
				t.Fatal(err)
			}
			if err := q.Wait(); err != nil {
				t.Fatal(err)
			}
			sum := int64(0)
			for _, w := range want {
				sum += w[0]
			}
			if greedy.rows.Load() != int64(len(want)) || greedy.sum.Load() != sum {
				t.Errorf("%s, %d workers: %d groups of %d, want %d of %d", name, workers, greedy.rows.Load(), greedy.sum.Load(), len(want), sum)
			}
			if q.Profile().SpilledBytes() == 0 || workers == 1 && greedy.refused.Load() > 0 || greedy.refused.Load() > greedy.chunks.Load()/8 {
				t.Errorf("%s, %d workers: spilled %d, %d of %d asked in vain", name, workers, q.Profile().SpilledBytes(), greedy.refused.Load(), greedy.chunks.Load()/4)
			}
			q.Close()
		}
	}
}
