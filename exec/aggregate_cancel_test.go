package exec

import (
	"context"
	"errors"
	"testing"

	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// manyLocals finishes an aggregation that has the groups of several workers, in a query that is cancelled before.
type manyLocals struct {
	drivenAggregate
	cancel func()
	err    error
}

func (m *manyLocals) Finish(ctx context.Context, p *Pool) error {
	for worker := range int64(3) {
		l, err := m.NewLocal(p.worker)
		if err != nil {
			return err
		}
		local := l.(*drivenLocal)
		keys := vector.New(types.LongType, types.PhysicalInt64, vector.ChunkSize)
		keys.Reset(vector.ChunkSize)
		for i := range vector.ChunkSize {
			vector.Set(keys, i, worker*vector.ChunkSize+int64(i))
		}
		if err := local.Consume(&vector.Chunk{Columns: []*vector.Vector{keys, keys}, Len: vector.ChunkSize}, program.Position{}); err != nil {
			return err
		}
	}
	if m.cancel != nil {
		m.cancel()
	}
	m.err = m.drivenAggregate.Finish(ctx, p)
	return m.err
}

// TestCancelWhileGroupsAreMerged checks that a query which was cancelled does not merge the groups of its workers, in tables and in
// arrays, and that the merging does come to an end in another.
func TestCancelWhileGroupsAreMerged(t *testing.T) {
	for _, array := range []bool{false, true} {
		for _, cancelled := range []bool{false, true} {
			key := longKey("k", false)
			if array {
				key.Range = types.Range{Known: true, Min: 0, Max: 3 * vector.ChunkSize}
			}
			sink := &manyLocals{drivenAggregate: drivenAggregate{NewAggregate(AggregateSpec{
				Keys: []program.Input{key}, Aggregates: []*expr.Aggregate{call("sum", sumKernel)}, StateSize: 16, PerfectArrays: true})}}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if cancelled {
				sink.cancel = cancel
			}
			rt := newTestRuntime(t, 1, 0)
			q, err := rt.Start(ctx, "q", []*Stage{{ID: 1, Source: numbers(t, 0, 1), Columns: []vector.Layout{longLayout[0], longLayout[0]}, Sink: sink}})
			if err != nil {
				t.Fatal(err)
			}
			err = q.Wait()
			switch {
			case cancelled && (!errors.Is(err, context.Canceled) || !errors.Is(sink.err, context.Canceled)):
				t.Errorf("array %t: Finish of a cancelled query returned %v, the query %v", array, sink.err, err)
			case !cancelled && err != nil:
				t.Error(err)
			case !cancelled:
				if got := sink.locals[0].groups.table.count(); len(sink.output.morsels) == 0 || got != 3*vector.ChunkSize {
					t.Errorf("array %t: %d groups, want %d", array, got, 3*vector.ChunkSize)
				}
			}
			q.Close()
		}
	}
}
