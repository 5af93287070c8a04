package exec

import (
	"bytes"
	"context"
	"math"
	"sync"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/vector"
)

// TopN is the sink that keeps the first rows of an ordering. A worker drops rows that cannot be among them as soon as it
// has enough, and tells the scan what the first key must be within.
type TopN struct {
	spec   SortSpec
	mu     sync.Mutex
	locals []*topNLocal
	output source.Scan
}

// NewTopN makes the sink; spec.Limit must be set.
func NewTopN(spec SortSpec) *TopN { return &TopN{spec: spec} }

// topNLocal is one worker's part: at most about twice the rows wanted.
type topNLocal struct {
	top     *TopN
	query   *Query
	encoder keyEncoder
	run     sortRun
	worst   []byte // the key that rows must be below, once there are enough
	room    vector.Selection
	memory  *memory.Reservation
}

// NewLocal implements Sink.
func (t *TopN) NewLocal(w *Worker) (LocalSink, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := &topNLocal{top: t, query: w.Query, encoder: t.spec.encoder(), room: make(vector.Selection, vector.ChunkSize), memory: w.Query.Reserve("top-n", nil)}
	l.run.store = vector.NewStore(l.layout())
	t.locals = append(t.locals, l)
	return l, nil
}

// layout is that of the rows kept: the payload, and the first key if someone wants the threshold.
func (l *topNLocal) layout() []vector.Layout {
	layout := l.top.spec.payload()
	if l.top.spec.Threshold != nil {
		layout = append(layout[:len(layout):len(layout)], l.top.spec.Layout[0])
	}
	return layout
}

// wanted is the number of rows that can be in the result.
func (l *topNLocal) wanted() int { return int(l.top.spec.Limit + l.top.spec.Offset) }

// Consume implements LocalSink.
func (l *topNLocal) Consume(c *vector.Chunk, at program.Position) error {
	keys := len(l.top.spec.Keys)
	columns := c.Columns[keys:]
	if l.top.spec.Threshold != nil {
		columns = append(columns[:len(columns):len(columns)], c.Columns[0])
	}
	l.encoder.encode(c.Columns[:keys], c.Selection, c.Len, at)
	sel := c.Selection
	if l.worst != nil {
		sel = l.below(c.Columns[:keys], c.Selection, c.Len, at)
		if len(sel) == 0 {
			return nil
		}
	}
	l.run.add(&l.encoder, columns, sel, c.Len)
	if l.run.store.Len >= 2*l.wanted()+vector.ChunkSize {
		if err := l.compact(); err != nil {
			return err
		}
	}
	return l.memory.Resize(l.run.bytes())
}

// below keeps the rows that come before the worst row kept, and encodes their keys again.
func (l *topNLocal) below(keys []*vector.Vector, sel vector.Selection, n int, at program.Position) vector.Selection {
	kept := l.room[:0]
	for j := range l.encoder.ends {
		if bytes.Compare(l.encoder.key(j), l.worst) < 0 {
			i := uint16(j)
			if sel != nil {
				i = sel[j]
			}
			kept = append(kept, i)
		}
	}
	if len(kept) > 0 {
		l.encoder.encode(keys, kept, n, at)
	}
	return kept
}

// compact keeps the rows wanted and learns the worst of them.
func (l *topNLocal) compact() error {
	if err := l.run.order(l.query.Context()); err != nil {
		return err
	}
	n := min(l.wanted(), len(l.run.entries))
	rows := make([]int32, n)
	next := sortRun{store: vector.NewStore(l.layout())}
	for i := range n {
		e := l.run.entries[i]
		key := l.run.keyOf(&e)
		rows[i] = e.row
		next.entries = append(next.entries, sortEntry{e.prefix, uint64(len(next.keys)), e.length, int32(i)})
		next.keys = append(next.keys, key...)
	}
	for c, column := range l.run.store.Columns {
		gathered := vector.New(column.Type, column.Physical, n)
		vector.Gather(column, rows, nil, n, gathered)
		vector.AppendRows(next.store.Columns[c], gathered, nil, n)
	}
	next.store.Len = n
	if n == l.wanted() && n > 0 {
		l.worst = bytes.Clone(next.keyOf(&next.entries[n-1]))
		l.publish(next.store, n-1)
	}
	l.run = next
	return nil
}

// publish tells the scan the bound of the first key, if the worst row's is no null.
func (l *topNLocal) publish(s *vector.Store, worst int) {
	f := l.top.spec.Threshold
	if f == nil {
		return
	}
	key := s.Columns[len(s.Columns)-1]
	if key.IsNull(worst) {
		return
	}
	state := &vector.FilterState{HasRange: true, Min: math.MinInt64, Max: math.MaxInt64}
	value := integerAt(key, worst)
	l.top.mu.Lock()
	defer l.top.mu.Unlock()
	if old := f.Load(); old != nil {
		state.Min, state.Max = old.Min, old.Max
	}
	if l.top.spec.Keys[0].Descending {
		state.Min = max(state.Min, value)
	} else {
		state.Max = min(state.Max, value)
	}
	f.Store(state)
}

// Finish implements LocalSink.
func (l *topNLocal) Finish() error {
	return l.compact()
}

// Finish implements Sink.
func (t *TopN) Finish(ctx context.Context, p *Pool) error {
	run := sortRun{store: vector.NewStore(t.spec.payload())}
	for i, l := range t.locals {
		if i == 0 {
			run = l.run
			continue
		}
		var err error
		if run, err = run.merge(ctx, &l.run); err != nil {
			return err
		}
	}
	from := min(int(t.spec.Offset), len(run.entries))
	to := min(from+int(t.spec.Limit), len(run.entries))
	run.entries = run.entries[from:to]
	spec := t.spec
	spec.Global = true
	t.output = newSortedScan(spec, &run, p.Query())
	return nil
}

// Output implements Sink.
func (t *TopN) Output() source.Scan { return t.output }

// Close implements Sink.
func (t *TopN) Close() {
	for _, l := range t.locals {
		l.run = sortRun{}
		l.memory.Close()
	}
	t.locals, t.output = nil, nil
}
