package exec

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/vector"
)

// spillingAggregate writes its groups to disk every few chunks, as the want of memory by others would make it.
type spillingAggregate struct{ drivenAggregate }

type spillingLocal struct {
	*drivenLocal
	chunks int
}

func (s spillingAggregate) NewLocal(w *Worker) (LocalSink, error) {
	l, err := s.drivenAggregate.NewLocal(w)
	if err != nil {
		return nil, err
	}
	return &spillingLocal{drivenLocal: l.(*drivenLocal)}, nil
}

func (l *spillingLocal) Consume(c *vector.Chunk, at program.Position) error {
	if l.chunks++; l.chunks%8 == 0 {
		if err := l.spill(l.chunks%16 == 0); err != nil {
			return err
		}
	}
	return l.drivenLocal.Consume(c, at)
}

// groupOrder reads the keys of an aggregation's output in order.
func groupOrder(t *testing.T, scan source.Scan, keys []program.Input) []string {
	t.Helper()
	var order []string
	eachRow(t, scan, keys, func(columns []*vector.Vector, i int) {
		var k []byte
		for _, v := range columns {
			k = vector.AppendValue(k, v, i)
		}
		order = append(order, string(k))
	})
	return order
}

// TestGroupOrder compares the order in which groups come out for tables of every kind: with several workers, with groups
// that went to disk, with little memory, and again.
func TestGroupOrder(t *testing.T) {
	for _, c := range groupCases() {
		if len(c.keys) == 0 {
			continue
		}
		for _, calls := range [][]*expr.Aggregate{{call("sum", sumKernel)}, {call("sum", sumKernel), call("set", setKernel)}} {
			t.Run(fmt.Sprint(c.name, " ", len(calls)), func(t *testing.T) {
				first := runForOrder(t, c, calls, 1, 0, false)
				check := func(what string, got []string) {
					if !slices.Equal(first, got) {
						t.Errorf("%s: another order of %d groups, %d at first", what, len(got), len(first))
					}
				}
				check("2 workers, on disk", runForOrder(t, c, calls, 2, 0, true))
				check("3 workers", runForOrder(t, c, calls, 3, 0, false))
				if len(calls) > 1 {
					return
				}
				check("again", runForOrder(t, c, calls, 1, 0, false))
				check("on disk", runForOrder(t, c, calls, 1, 0, true))
				check("2 workers, little memory", runForOrder(t, c, calls, 2, 8<<20, false))
			})
		}
	}
}

func runForOrder(t *testing.T, c groupCase, calls []*expr.Aggregate, workers int, limit int64, spill bool) []string {
	t.Helper()
	scan, layout, want := c.table(rand.New(rand.NewPCG(1, 2)))
	rt := newTestRuntime(t, workers, limit)
	driven := drivenAggregate{NewAggregate(AggregateSpec{Keys: c.keys, Aggregates: calls, StateSize: 8 + 8*len(calls), PerfectArrays: true})}
	var sink Sink = driven
	if spill {
		sink = spillingAggregate{driven}
	}
	q, err := rt.Start(t.Context(), "q", []*Stage{{ID: 1, Source: scan, Columns: layout, Sink: sink}})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if err := q.Wait(); err != nil {
		t.Fatal(err)
	}
	if spill && len(want) > 5000 && q.Profile().SpilledBytes() == 0 {
		t.Error("nothing spilled")
	}
	return groupOrder(t, sink.Output(), c.keys)
}

// TestGroupOrderOfSplitParts reads groups when there is no memory even for one of their parts.
func TestGroupOrderOfSplitParts(t *testing.T) {
	for name, keys := range map[string][]program.Input{"slots": {longKey("k", false)}, "words": {longKey("k", false), longKey("l", true)},
		"rows": {longKey("k", true), longKey("l", false), longKey("m", false)}} {
		t.Run(name, func(t *testing.T) {
			c := groupCase{keys: keys, rows: 300_000, groups: 290_000, fill: fillLong}
			calls := []*expr.Aggregate{call("sum", sumKernel)}
			first := runForOrder(t, c, calls, 1, 0, false)
			scan, layout, _ := c.table(rand.New(rand.NewPCG(1, 2)))
			rt := newTestRuntime(t, 2, 8<<20)
			sink := spillingAggregate{drivenAggregate{NewAggregate(AggregateSpec{Keys: c.keys, Aggregates: calls, StateSize: 16})}}
			q, err := rt.Start(t.Context(), "q", []*Stage{{ID: 1, Source: scan, Columns: layout, Sink: sink}})
			if err != nil {
				t.Fatal(err)
			}
			defer q.Close()
			if err := q.Wait(); err != nil {
				t.Fatal(err)
			}
			before := q.Profile().SpilledBytes()
			hold := q.Reserve("hold", nil)
			defer hold.Close()
			if err := hold.Grow(rt.memory.Limit() - rt.memory.Used() - 200<<10); err != nil {
				t.Fatal(err)
			}
			if got := groupOrder(t, sink.Output(), keys); !slices.Equal(first, got) {
				t.Errorf("another order of %d groups, %d at first", len(got), len(first))
			}
			if q.Profile().SpilledBytes() == before {
				t.Error("no part was split")
			}
		})
	}
}
