package exec

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/vector"
)

// AggregateSpec describes an aggregation. The stage's program computes the keys and updates the states; the sink finds
// groups, merges the workers' groups and computes results.
type AggregateSpec struct {
	Keys []program.Input
	// Aggregates in the order of their states, which follow each other without gaps. DISTINCT has been expanded.
	Aggregates []*expr.Aggregate
	StateSize  int // bytes of a group's states: the sum of the kernels' sizes
	// Number tells the sinks of a query apart. Each hashes by a seed of its own, and a query of the same plan by the same.
	Number int
	// PerfectArrays allows arrays indexed by key where ranges are known and small.
	PerfectArrays bool
	Groups        float64 // expected number of groups; 0: unknown
}

// Aggregate is the sink of a hash aggregation. Each worker has a table of its own; when all rows are in, small tables are
// merged at once and large ones part by part as the result is read. A worker whose table grows past its share without
// bringing the rows down, or past the memory there is, hands its groups on as runs, sorted by part, in memory or in a
// spill file. The output has the keys, in their layouts, then the results.
//
// The order of the groups depends on the sink's number and on the keys alone, however many workers there were and whatever
// went to disk: it is that of their hashes, or of the keys themselves if they suit an array.
type Aggregate struct {
	spec    AggregateSpec
	layouts []vector.Layout // of the keys
	offsets []int           // of the states
	blobs   bool            // some states have blobs
	seed    uint64          // odd: what hashes are multiplied by
	array   *arrayTable     // nil if the keys do not suit an array; without memory, to be copied
	unfit   atomic.Bool     // a key was seen that the array has no place for
	budget  int64           // bytes that a table may take before it has groups

	mu     sync.Mutex
	query  *Query
	locals []*aggregateLocal
	shared *memory.Reservation // of runs and of what readers merge
	output *aggregateScan
	// readable is the output once it is complete.
	readable atomic.Pointer[aggregateScan]

	fileMu sync.Mutex
	file   *memory.SpillFile // of runs
}

// NewAggregate makes the sink.
func NewAggregate(spec AggregateSpec) *Aggregate {
	// Groups come out in the order of their hashes. If an aggregation by the same keys used the same hashes on them, they would
	// crowd in one place after the other of its growing table.
	a := &Aggregate{spec: spec, seed: vector.Hash64(uint64(spec.Number)+1) | 1}
	for _, k := range spec.Keys {
		a.layouts = append(a.layouts, vector.Layout{Type: k.Type, Physical: k.Physical})
	}
	at := 0
	for _, c := range spec.Aggregates {
		a.offsets = append(a.offsets, at)
		at += c.Kernel.Size
		a.blobs = a.blobs || c.Kernel.Blob
	}
	if at != spec.StateSize {
		panic(fmt.Sprintf("exec: states take %d bytes, not %d", at, spec.StateSize))
	}
	return a
}

// NewLocal implements Sink.
func (a *Aggregate) NewLocal(w *Worker) (LocalSink, error) {
	a.begin(w.Query)
	l := a.newLocal()
	limit := w.Query.runtime.memory.Limit() / int64(4*w.Query.runtime.workers)
	l.share = max(minShare, min(limit, maxShare))
	a.mu.Lock()
	defer a.mu.Unlock()
	a.locals = append(a.locals, l)
	return l, nil
}

// begin notes the query at the first use.
func (a *Aggregate) begin(q *Query) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.query == nil {
		a.query = q
		a.budget = min(maxFirstBytes, q.runtime.memory.Limit()/int64(8*q.runtime.workers))
		a.array = a.planArray()
		a.shared = q.Reserve("aggregate", nil)
	}
}

// newLocal makes an empty set of groups with its account.
func (a *Aggregate) newLocal() *aggregateLocal {
	l := &aggregateLocal{sink: a}
	l.account = a.query.Reserve("aggregate", l)
	l.groups.init(a, l.take)
	return l
}

// A worker's table that brings the rows down little hands its groups on when it would take more than a share of the memory
// limit between these bounds: larger tables miss every cache.
const (
	minShare = 1 << 20
	maxShare = 32 << 20
)

// maxFirstBytes bounds a table that is made for an expected number of groups, or for all values of the keys.
const maxFirstBytes = 64 << 20

// contexts makes what the kernels need to merge and finish states with the given blobs.
func (a *Aggregate) contexts(blobs *expr.BlobStore) []expr.AggregateContext {
	out := make([]expr.AggregateContext, len(a.spec.Aggregates))
	for i, c := range a.spec.Aggregates {
		out[i] = expr.AggregateContext{Settings: c.Settings, Span: c.Place(), Blobs: blobs, Type: c.Type()}
		for _, arg := range c.Args {
			out[i].ArgTypes = append(out[i].ArgTypes, arg.Type())
		}
	}
	return out
}

// newTable makes an empty table of the kind that suits the keys; first says that it is a worker's first one, which may be
// an array or sized for the expected groups. skip is the number of leading hash bits that all keys share.
func (a *Aggregate) newTable(first bool, skip uint, r reserve) groupTable {
	p := newKeyPacker(a.spec.Keys)
	if first && a.array != nil {
		if t := a.array.allocated(p, r); t != nil {
			return t
		}
	}
	if p.form == noPacking {
		t := newRowTable(a.layouts, a.spec.StateSize, a.seed, skip, r)
		if first {
			t.room(int(min(a.spec.Groups, float64(a.budget)/float64(a.spec.StateSize+32))))
		}
		return t
	}
	t := newSlotTable(p, a.spec.StateSize, a.seed, skip, r)
	if first {
		t.room(int(min(a.spec.Groups, float64(a.budget)/float64(4*t.stride))))
	}
	return t
}

// wider makes an empty table for keys that did not fit t.
func (a *Aggregate) wider(t groupTable, skip uint, r reserve) groupTable {
	if _, ok := t.(*arrayTable); ok {
		return a.newTable(false, skip, r)
	}
	return newRowTable(a.layouts, a.spec.StateSize, a.seed, skip, r)
}

// Output implements Sink.
func (a *Aggregate) Output() source.Scan { return a.output }

// Finish implements Sink. It merges tables that are small; others are merged as they are read. From then on groups can be
// spilled for others again.
func (a *Aggregate) Finish(ctx context.Context, p *Pool) error {
	if err := a.finish(ctx, p); err != nil {
		return err
	}
	a.readable.Store(a.output)
	return nil
}

func (a *Aggregate) finish(ctx context.Context, p *Pool) error {
	a.begin(p.query)
	if len(a.locals) == 0 {
		a.locals = append(a.locals, a.newLocal())
	}
	for _, l := range a.locals {
		l.mu.Lock() // for good: only what the output guards is spilled from now on
	}
	a.output = &aggregateScan{sink: a}
	if len(a.spec.Keys) == 0 {
		return a.finishSingle()
	}
	if a.array != nil {
		if done, err := a.mergeArrays(ctx); done || err != nil {
			return err
		}
	}
	if a.fewGroups() && !a.crowdedBlobs() {
		if done, err := a.mergeAll(ctx); done || err != nil {
			return err
		}
	}
	if err := a.makeRoom(); err != nil {
		return err
	}
	return a.output.partition()
}

// mergeAll merges all groups into the largest table; done is false if that takes more memory than there is.
func (a *Aggregate) mergeAll(ctx context.Context) (done bool, err error) {
	main := a.locals[0]
	for _, l := range a.locals {
		if l.groups.table.count() > main.groups.table.count() {
			main = l
		}
	}
	for _, l := range a.locals {
		if l == main {
			continue
		}
		if !main.groups.table.room(l.groups.table.count()) {
			return false, nil
		}
		if err := main.absorb(ctx, l); err != nil {
			return false, err
		}
		if spilled, err := main.settle(); spilled || err != nil {
			return false, err
		}
	}
	a.output.whole(main)
	return true, nil
}

// mergeArrays merges all groups into an array; done is false if there is no memory for one, or a key has no place in it. That
// some groups went to disk, or a worker had no memory for an array, must not change their order.
func (a *Aggregate) mergeArrays(ctx context.Context) (done bool, err error) {
	if a.unfit.Load() {
		return false, nil
	}
	var main *aggregateLocal
	for _, l := range a.locals {
		if _, ok := l.groups.table.(*arrayTable); ok && len(l.runs) == 0 {
			main = l
			break
		}
	}
	if main == nil {
		if main = a.arrayLocal(); main == nil {
			return false, nil
		}
		a.mu.Lock()
		a.locals = append(a.locals, main)
		a.mu.Unlock()
	}
	for _, l := range a.locals {
		if l == main {
			continue
		}
		if err := main.absorb(ctx, l); err != nil {
			return false, err
		}
	}
	a.output.whole(main)
	return true, nil
}

// arrayLocal makes an empty set of groups with an array, spilling what others hold; nil if there is no memory.
func (a *Aggregate) arrayLocal() *aggregateLocal {
	l := &aggregateLocal{sink: a, force: true}
	l.account = a.query.Reserve("aggregate", l)
	l.mu.Lock()
	l.groups.init(a, l.take)
	l.force = false
	if _, ok := l.groups.table.(*arrayTable); !ok {
		l.close()
		return nil
	}
	return l
}

// crowdedBlobs reports whether states have blobs and memory is getting short. A whole table of such groups could not be spilled
// while it is read (aggregateScan.inPlace).
func (a *Aggregate) crowdedBlobs() bool { return a.blobs && a.crowded() }

// crowded reports whether the session uses so much memory that groups had better be on disk while others work.
func (a *Aggregate) crowded() bool {
	m := a.query.runtime.memory
	return m.Used() >= m.Limit()/2
}

// makeRoom writes all groups to disk if they leave too little memory for merging the parts.
func (a *Aggregate) makeRoom() error {
	if !a.crowded() {
		return nil
	}
	for _, l := range a.locals {
		if l.groups.table == nil {
			continue
		}
		if err := l.spill(false); err != nil {
			return err
		}
	}
	return nil
}

// eagerGroups is the number of groups, over all workers, up to which tables are merged by one worker at once.
const eagerGroups = 32 << 10

// fewGroups reports whether all groups are to be merged at once: there is only one table, or they are small.
func (a *Aggregate) fewGroups() bool {
	total := 0
	for _, l := range a.locals {
		if len(l.runs) > 0 {
			return false
		}
		total += l.groups.table.count()
	}
	return len(a.locals) == 1 || total <= eagerGroups
}

// finishSingle merges the one group of an aggregation without keys.
func (a *Aggregate) finishSingle() error {
	main := &a.locals[0].groups
	for _, l := range a.locals[1:] {
		if err := main.merge(l.groups.single, []uint32{0}, a.spec.StateSize, &l.groups.blobs, []uint32{0}); err != nil {
			return err
		}
	}
	a.output.whole(a.locals[0])
	return nil
}

// Detail implements Detailer.
func (a *Aggregate) Detail() [][2]string {
	a.mu.Lock()
	defer a.mu.Unlock()
	peak := int64(0)
	for _, l := range a.locals {
		peak += l.account.Peak()
	}
	if a.shared != nil {
		peak += a.shared.Peak()
	}
	out := [][2]string{{"memory", memory.FormatBytes(peak)}}
	a.fileMu.Lock()
	defer a.fileMu.Unlock()
	if a.file != nil {
		out = append(out, [2]string{"spilled", memory.FormatBytes(a.file.Size())})
	}
	return out
}

// Close implements Sink.
func (a *Aggregate) Close() {
	a.mu.Lock()
	locals := a.locals
	a.locals, a.output = nil, nil
	a.mu.Unlock()
	for _, l := range locals {
		l.close()
	}
	if a.file != nil {
		a.file.Close()
	}
	if a.shared != nil {
		a.shared.Close()
	}
}
