package exec

import (
	"context"
	"sync"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/vector"
)

// aggregateLocal is one worker's groups. It implements program.GroupTable.
type aggregateLocal struct {
	sink    *Aggregate
	account *memory.Reservation
	groups  groupSet
	share   int64 // see minShare
	force   bool  // memory that is refused is an error, for the least that is needed to go on
	failed  error // of a forced reservation

	mu           sync.Mutex // held from the beginning to the end of a morsel, when states may be referred to
	spilling     sync.Mutex // held while others spill the local, and to close it
	closed       bool
	rows         int64 // since the table was last emptied
	blobBytes    int64 // of blobs, as reserved
	runs         []groupRun
	generation   int // how often groups got new numbers
	dictionaries dictionaryCache
	writer       runWriter
}

// BeginMorsel implements MorselSink.
func (l *aggregateLocal) BeginMorsel(source.Morsel) error {
	l.mu.Lock()
	return nil
}

// EndMorsel implements MorselSink. What the last chunk added is accounted for here.
func (l *aggregateLocal) EndMorsel() error {
	defer l.mu.Unlock()
	_, err := l.settle()
	return err
}

// Consume implements LocalSink; the program updates states through the group table instead.
func (l *aggregateLocal) Consume(*vector.Chunk, program.Position) error {
	panic("exec: an aggregation got rows")
}

// Finish implements LocalSink.
func (l *aggregateLocal) Finish() error { return nil }

// States implements program.GroupTable.
func (l *aggregateLocal) States() ([]byte, int) { return l.groups.states() }

// Blobs implements program.GroupTable.
func (l *aggregateLocal) Blobs() *expr.BlobStore { return &l.groups.blobs }

// take reserves memory for the table.
func (l *aggregateLocal) take(n int64) bool {
	if n <= 0 {
		l.account.Shrink(-n)
		return true
	}
	if !l.force {
		return l.account.TryGrow(n)
	}
	l.failed = l.account.Grow(n)
	return l.failed == nil
}

// Groups implements program.GroupTable.
func (l *aggregateLocal) Groups(keys []*vector.Vector, sel vector.Selection, n int, rows []uint32) error {
	if err := l.relieve(); err != nil {
		return err
	}
	l.rows += int64(sel.Rows(n))
	if done, err := l.dictionaries.find(l, keys, sel, n, rows); done || err != nil {
		return err
	}
	return l.find(keys, sel, n, rows)
}

// find finds groups in the table, handing its groups on when there is no memory to grow.
func (l *aggregateLocal) find(keys []*vector.Vector, sel vector.Selection, n int, rows []uint32) error {
	l.failed = nil // a table that was replaced may have been refused memory that it did without
	for tries := 0; ; tries++ {
		r, err := l.groups.find(keys, sel, n, rows)
		if err != nil {
			return err
		}
		if r == foundAll {
			l.force = false
			return nil
		}
		if l.failed != nil {
			return l.failed
		}
		if err := l.spill(l.account.Pressure() == 0 && tries == 0); err != nil {
			return err
		}
		l.force = true // an empty table must be able to hold the groups of one chunk
	}
}

// relieve keeps the local's memory within bounds between two chunks: it accounts for blobs, answers the pressure of
// others, and hands groups on if they are many for the rows they stand for.
func (l *aggregateLocal) relieve() error {
	if spilled, err := l.settle(); spilled || err != nil {
		return err
	}
	if l.account.Pressure() > 0 {
		return l.spill(false)
	}
	if t := l.groups.table; t.full() && 2*t.bytes() > l.share {
		if l.rows > 4*int64(t.count()) {
			l.share *= 2 // it pays to keep the groups together
			return nil
		}
		return l.handOn(false, true)
	}
	return nil
}

// settle accounts for the blobs that were added since it was last called. If their memory is refused, all groups go to disk,
// and the blobs with them: it would not do to take the memory first, since a chunk of long texts may be more than there is
// beyond the limit.
func (l *aggregateLocal) settle() (spilled bool, err error) {
	more := l.groups.blobs.Bytes - l.blobBytes
	switch {
	case more <= 0:
		l.account.Shrink(-more)
	case l.groups.table == nil: // one group without keys stays where it is
		if err := l.account.Grow(more); err != nil {
			return false, err
		}
	case !l.account.TryGrow(more):
		return true, l.spill(false)
	}
	l.blobBytes = l.groups.blobs.Bytes
	return false, nil
}

// Spill implements memory.Spiller. It waits for no lock: spilling reserves a little memory itself, so two locals could
// wait for each other.
func (l *aggregateLocal) Spill(int64) (int64, error) {
	if !l.spilling.TryLock() {
		return 0, nil
	}
	defer l.spilling.Unlock()
	if l.closed {
		return 0, nil
	}
	if output := l.sink.readable.Load(); output != nil {
		return output.spill(l)
	}
	if !l.mu.TryLock() {
		return 0, nil
	}
	defer l.mu.Unlock()
	before := l.account.Size()
	if err := l.spill(false); err != nil {
		return 0, err
	}
	return before - l.account.Size(), nil
}

// close gives the memory back; nobody spills the local afterwards.
func (l *aggregateLocal) close() {
	l.spilling.Lock()
	defer l.spilling.Unlock()
	l.closed = true
	l.account.Close()
}

// spill writes everything to disk: runs that are still in memory, then the table, whose memory is kept for more groups if
// keep is set.
func (l *aggregateLocal) spill(keep bool) error {
	if l.groups.table == nil {
		return nil
	}
	if err := l.writeRuns(); err != nil {
		return err
	}
	if l.groups.table.count() == 0 {
		return nil
	}
	return l.handOn(true, keep)
}

// handOn turns the table's groups into runs, in memory or on disk, and empties it; keep leaves its memory for more groups.
func (l *aggregateLocal) handOn(disk, keep bool) error {
	if err := l.sink.spillable(l.account); err != nil {
		return err
	}
	if _, array := l.groups.table.(*arrayTable); array {
		l.force = true
		err := l.groups.widen() // so that parts are the same in all runs
		l.force = false
		if err != nil {
			return err
		}
	}
	w := &l.writer
	w.begin(l.sink, disk, l.takeRun)
	for part := range groupPartitions {
		if ctx := l.sink.query.ctx; ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := w.table(&l.groups, part); err != nil {
			return err
		}
	}
	l.runs = append(l.runs, w.runs...)
	w.runs = nil
	l.account.Shrink(l.blobBytes)
	l.blobBytes = 0
	l.force = true
	l.groups.reset(keep)
	l.force = false
	l.generation++
	l.rows = 0
	return nil
}

// takeRun reserves memory for a run.
func (l *aggregateLocal) takeRun(n int64) bool { return l.account.TryGrow(n) }

// writeRuns moves runs from memory to disk.
func (l *aggregateLocal) writeRuns() error {
	for i := range l.runs {
		r := &l.runs[i]
		if r.raw == nil {
			continue
		}
		n := int64(cap(r.raw))
		if err := l.sink.writeRun(r); err != nil {
			return err
		}
		l.account.Shrink(n)
	}
	return nil
}

// absorb merges the groups of another local, and its runs, into l's, unless ctx is done before. The caller settles for blobs.
func (l *aggregateLocal) absorb(ctx context.Context, o *aggregateLocal) error {
	l.force = true
	defer func() { l.force = false }()
	c := allGroups()
	keys, from := l.sink.newKeys(), make([]uint32, vector.ChunkSize)
	base, stride := o.groups.states()
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n := o.groups.table.list(&c, from)
		if n == 0 {
			break
		}
		o.groups.table.keys(from[:n], keys)
		r, err := l.groups.add(keys, n, base, from[:n], stride, &o.groups.blobs)
		if err != nil {
			return err
		}
		if r != foundAll {
			return l.failed
		}
	}
	for i := range o.runs {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		d, err := l.sink.load(&o.runs[i])
		if err != nil {
			return err
		}
		r, err := l.groups.add(d.keys, d.n, d.states, d.rows, l.sink.spec.StateSize, &d.blobs)
		if err != nil {
			return err
		}
		if r != foundAll {
			return l.failed
		}
		o.account.Shrink(int64(cap(o.runs[i].raw)))
		o.runs[i].raw = nil
	}
	o.runs = nil
	o.groups.table.release()
	o.account.Shrink(o.blobBytes)
	o.blobBytes = 0
	o.groups = groupSet{}
	return nil
}
