package exec

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/vector"
)

// JoinBuildSpec describes the build side of a join.
type JoinBuildSpec struct {
	// Layout are the columns that the feeding stages give: the keys, then what the join's output needs.
	Layout []vector.Layout
	Keys   int // 0: every row matches every row (the residual condition decides)
	// NullSafe says for each key that null equals null (<=>).
	NullSafe []bool
	// Filters get the values of each key when the build is done; nil for keys nobody filters by.
	Filters []*vector.RuntimeFilter
	// PerfectArrays allows arrays indexed by key.
	PerfectArrays bool
	// Blocks: a probe row without a partner is no row of the result, so that rows without keys may be probed in blocks.
	Blocks bool
	// Unmatched: the build rows without a partner will be read (right and full joins).
	Unmatched bool
}

// JoinBuild is the sink of a join's build side and the lookup its probes use. When the rows do not fit memory they are
// split by hash into parts on disk; the probing stage then reads its source once for each group of parts that fits, and
// each pass concerns only the probe rows whose keys belong to the group (Probe.Restrict, Stage.Again). Rows without keys, of
// which each matches all probe rows, are split into blocks where the kind of join allows it.
type JoinBuild struct {
	spec  JoinBuildSpec
	query *Query

	mu      sync.Mutex
	locals  []*joinLocal
	rows    int64
	nullKey bool
	held    atomic.Int64 // bytes of all workers' rows
	table   atomic.Pointer[joinTable]
	memory  *memory.Reservation // of the table and its rows
	spill   *joinSpill          // nil while everything fits
	spans   []rowSpan           // of the merged rows, in the order of their morsels; nil if they stand in it

	// For the profile: rows held when the build side is complete, bytes written to spill files, groups of parts.
	built, spilled, passes atomic.Int64
}

// NewJoinBuild makes the sink.
func NewJoinBuild(spec JoinBuildSpec) *JoinBuild { return &JoinBuild{spec: spec} }

// joinLocal is one worker's part: rows as they came.
type joinLocal struct {
	build  *JoinBuild
	spans  []rowSpan // of the store, one for each morsel
	store  *vector.Store
	memory *memory.Reservation
	size   int64 // counted in build.held
	file   *memory.SpillFile
}

// NewLocal implements Sink.
func (b *JoinBuild) NewLocal(w *Worker) (LocalSink, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.query != w.Query { // workers that have begun read it without the lock
		b.query = w.Query
	}
	l := &joinLocal{build: b, store: vector.NewStore(b.spec.Layout), memory: w.Query.Reserve("join build", nil)}
	b.locals = append(b.locals, l)
	return l, nil
}

// Consume implements LocalSink.
func (l *joinLocal) Consume(c *vector.Chunk, at program.Position) error {
	l.store.Append(c.Columns, c.Selection, c.Len)
	l.spans = addSpan(l.spans, at.Order, l.store.Len)
	size := l.store.Bytes() + tableBytes(l.store.Len)
	held := l.build.held.Add(size - l.size)
	l.size = size
	if l.memory.Pressure() == 0 && held <= l.build.share() && l.memory.TryResize(size) {
		return nil
	}
	return l.build.spillLocal(l)
}

// share is how much of the session's memory a build side may take: it cannot give any back while it is probed, and what
// comes after the probe needs memory too.
func (b *JoinBuild) share() int64 { return b.query.Runtime().Memory().Limit() / 2 }

// Finish implements LocalSink.
func (l *joinLocal) Finish() error { return nil }

// Finish implements Sink: it merges the workers' rows and indexes them.
func (b *JoinBuild) Finish(ctx context.Context, p *Pool) error {
	defer func() { b.built.Store(b.rows) }()
	b.query = p.Query()
	b.memory = b.query.Reserve("join table", nil)
	for _, l := range b.locals {
		b.rows += int64(l.store.Len)
		b.nullKey = b.nullKey || hasNullKey(l.store, b.spec)
	}
	if b.spill != nil {
		return b.finishSpilled(ctx)
	}
	store, err := b.merge(ctx)
	if err != nil || store == nil {
		return err
	}
	table, err := buildJoinTable(ctx, store, b.spans, b.spec.NullSafe, b.spec.PerfectArrays)
	if err != nil {
		return err
	}
	b.publish(table)
	b.publishFilters(store)
	return nil
}

// publish makes a table the one that probes use.
func (b *JoinBuild) publish(t *joinTable) {
	if b.spec.Unmatched {
		t.marks = make([]atomic.Uint64, vector.BitmapWords(t.store.Len))
	}
	b.table.Store(t)
}

// merge puts all rows in one store, the first worker's, growing its account as others' shrink. Without memory for it,
// everything is spilled, and the store is nil.
func (b *JoinBuild) merge(ctx context.Context) (*vector.Store, error) {
	if len(b.locals) == 0 {
		return vector.NewStore(b.spec.Layout), nil
	}
	first := b.locals[0]
	spans := first.spans
	for _, l := range b.locals[1:] {
		if l.store.Len == 0 {
			l.memory.Close()
			continue
		}
		if more := l.store.Bytes() + tableBytes(l.store.Len); !b.divisible() {
			if err := b.mustFit(first.memory, more); err != nil {
				return nil, err
			}
		} else if !first.memory.TryGrow(more) {
			if err := b.spillLocal(first); err != nil {
				return nil, err
			}
			return nil, b.finishSpilled(ctx)
		}
		for _, s := range l.spans {
			spans = append(spans, rowSpan{s.order, s.start + first.store.Len, s.end + first.store.Len})
		}
		if err := appendStore(ctx, first.store, l.store); err != nil {
			return nil, err
		}
		l.store = vector.NewStore(b.spec.Layout)
		l.memory.Close()
	}
	if byOrder := func(a, b rowSpan) int { return cmp.Compare(a.order, b.order) }; !slices.IsSortedFunc(spans, byOrder) {
		slices.SortFunc(spans, byOrder)
		b.spans = spans
	}
	return first.store, nil
}

// rowSpan is the rows [start, end) of a store, of one morsel; order is that of the first (program.Position).
type rowSpan struct {
	order      int64
	start, end int
}

// addSpan notes that the rows up to end, of the store whose spans are given, begin in the given order. Rows of one morsel, whose number
// is the upper half of the order, make one span.
func addSpan(spans []rowSpan, order int64, end int) []rowSpan {
	start := 0
	if n := len(spans); n > 0 {
		last := &spans[n-1]
		if last.order>>32 == order>>32 {
			last.end = end
			return spans
		}
		start = last.end
	}
	if start == end {
		return spans
	}
	return append(spans, rowSpan{order, start, end})
}

func hasNullKey(s *vector.Store, spec JoinBuildSpec) bool {
	for k := range spec.Keys {
		if c := s.Columns[k]; !spec.NullSafe[k] && c.Valid != nil && c.Valid.Count(s.Len) < s.Len {
			return true
		}
	}
	return false
}

// Passes is the number of times that a probing stage has read its source because of this build side: more than one if it
// was spilled.
func (b *JoinBuild) Passes() int64 { return max(1, b.passes.Load()) }

// Detail implements Detailer.
func (b *JoinBuild) Detail() [][2]string {
	out := [][2]string{{"build rows", strconv.FormatInt(b.built.Load(), 10)}}
	if n := b.spilled.Load(); n > 0 {
		out = append(out, [2]string{"spilled", memory.FormatBytes(n)}, [2]string{"passes", strconv.FormatInt(b.Passes(), 10)})
	}
	return out
}

// Output implements Sink: a build side is looked up in, not read.
func (b *JoinBuild) Output() source.Scan { return nil }

// Close implements Sink.
func (b *JoinBuild) Close() {
	b.table.Store(nil)
	for _, l := range b.locals {
		l.store = nil
		l.memory.Close()
		if l.file != nil {
			l.file.Close()
		}
	}
	b.locals = nil
	if b.memory != nil {
		b.memory.Close()
	}
}

// Lookup is what programs probe.
func (b *JoinBuild) Lookup() program.Lookup { return joinLookup{b} }

type joinLookup struct{ build *JoinBuild }

// Unique implements program.Lookup. A build side in several parts is taken to have duplicates: other parts may.
func (l joinLookup) Unique() bool { return l.build.spill == nil && l.build.table.Load().Unique() }

func (l joinLookup) HasNullKey() bool { return l.build.nullKey }
func (l joinLookup) Empty() bool      { return l.build.rows == 0 }

func (l joinLookup) NewProbe() program.Probe {
	return &joinProbe{
		table: l.build.table.Load(), spill: l.build.spill,
		keys: make([]uint64, vector.ChunkSize), room: make(vector.Selection, vector.ChunkSize),
	}
}

// joinProbe searches for one worker during one pass.
type joinProbe struct {
	table *joinTable
	spill *joinSpill
	keys  []uint64
	room  vector.Selection
}

func (p *joinProbe) Find(keys []*vector.Vector, sel vector.Selection, n int, rows []int32) error {
	p.table.find(keys, sel, n, p.keys, p.room, rows)
	return nil
}

func (p *joinProbe) Restrict(keys []*vector.Vector, sel vector.Selection, n int, room vector.Selection) (vector.Selection, error) {
	if p.spill == nil {
		return sel, nil
	}
	return p.spill.restrict(keys, sel, n, p.keys, p.room, room), nil
}

func (p *joinProbe) Next(row int32) int32 {
	if p.table.next == nil {
		return program.NoRow
	}
	return p.table.next[row]
}

func (p *joinProbe) Gather(c int, rows []int32, sel vector.Selection, n int, out *vector.Vector) error {
	vector.Gather(p.table.store.Columns[c], rows, sel, n, out)
	return nil
}

func (p *joinProbe) Mark(rows []int32, sel vector.Selection, n int) { p.table.mark(rows, sel, n) }
