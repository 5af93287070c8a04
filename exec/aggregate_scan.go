package exec

import (
	"context"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/vector"
)

// aggregateScan reads the groups of an Aggregate. A morsel is either parts of a table that is complete, or one part that the
// reader merges from all tables and runs. While it is read, tables can still be written to disk for others who need memory:
// what is then read is merged from the runs.
type aggregateScan struct {
	sink    *Aggregate
	morsels []source.Morsel
	mu      sync.RWMutex // held while tables and runs of workers are read (RLock) or spilled (Lock)
	// inPlace are the readers in the middle of a whole table whose states have blobs: they work results out in place.
	inPlace atomic.Int32
}

// wholeGroups is the handle of a morsel of a complete table, which is that of a worker unless there are no keys.
type wholeGroups struct {
	set      *groupSet
	owner    *aggregateLocal
	from, to int
}

// partGroups is the handle of a morsel that is to be merged: a part of all workers' tables and runs, or runs that such a part
// was split into; level is how often it was.
type partGroups struct {
	locals []*aggregateLocal
	part   int
	runs   []groupRun
	level  int
}

// size is about how many groups the part has, at most, and how many bytes they take once merged, with their blobs.
func (p *partGroups) size(a *Aggregate) (groups int, bytes int64) {
	for _, l := range p.locals {
		if t := l.groups.table; t != nil {
			groups += t.count()/groupPartitions + 1
			bytes += l.groups.blobs.Bytes / groupPartitions
		}
	}
	for r := range p.allRuns() {
		groups += r.n
		if a.blobs {
			bytes += r.bytes()
		}
	}
	return groups, bytes + int64(groups)*int64(a.spec.StateSize+32)
}

// skip is the number of leading hash bits that all groups of the part share.
func (p *partGroups) skip() uint { return uint(partitionBits + fanBits*p.level) }

// allRuns are the runs of the part.
func (p *partGroups) allRuns() iter.Seq[*groupRun] {
	return func(yield func(*groupRun) bool) {
		for _, l := range p.locals {
			for i := range l.runs {
				if l.runs[i].part == p.part && !yield(&l.runs[i]) {
					return
				}
			}
		}
		for i := range p.runs {
			if !yield(&p.runs[i]) {
				return
			}
		}
	}
}

// spill writes a worker's groups to disk and returns the bytes freed; 0 if that cannot be done now, or not at all. A reader in
// the middle of a whole table goes on with it, and keeps it alive until its morsel ends.
func (s *aggregateScan) spill(l *aggregateLocal) (freed int64, err error) {
	if !s.mu.TryLock() {
		return 0, nil
	}
	defer s.mu.Unlock()
	return s.spillLocked(l)
}

func (s *aggregateScan) spillLocked(l *aggregateLocal) (freed int64, err error) {
	if !s.divisible(l) {
		return 0, nil
	}
	before := l.account.Size()
	if err := l.spill(false); err != nil {
		return 0, err
	}
	return before - l.account.Size(), nil
}

// divisible reports whether a worker has groups that can be written as runs now.
func (s *aggregateScan) divisible(l *aggregateLocal) bool {
	t := l.groups.table
	if t == nil || t.count() == 0 || s.inPlace.Load() > 0 {
		return false
	}
	_, array := t.(*arrayTable)
	return !array
}

// whole makes morsels of a complete table.
func (s *aggregateScan) whole(l *aggregateLocal) {
	g := &l.groups
	if g.table == nil {
		s.morsels = []source.Morsel{{Rows: 1, Handle: wholeGroups{set: g, owner: l}}}
		return
	}
	count := g.table.count()
	if count == 0 {
		return
	}
	n := max(1, min(groupPartitions, count/morselRows))
	for i := range n {
		w := wholeGroups{g, l, groupPartitions * i / n, groupPartitions * (i + 1) / n}
		s.morsels = append(s.morsels, source.Morsel{Sequence: int32(i), Rows: int64(count / n), Handle: w})
	}
}

// partition makes a morsel of each part.
func (s *aggregateScan) partition() error {
	a := s.sink
	for _, l := range a.locals {
		if l.groups.table == nil {
			continue // merged into another
		}
		if _, array := l.groups.table.(*arrayTable); array { // whose parts are not those of hashes
			l.force = true
			err := l.groups.widen()
			l.force = false
			if err != nil {
				return err
			}
		}
	}
	for i := range groupPartitions {
		s.morsels = append(s.morsels, source.Morsel{Sequence: int32(i), Rows: -1, Handle: &partGroups{part: i, locals: a.locals}})
	}
	return nil
}

func (s *aggregateScan) Morsels() []source.Morsel { return s.morsels }

func (s *aggregateScan) Detail() [][2]string { return nil }

func (s *aggregateScan) NewReader() (source.Reader, error) {
	r := &aggregateReader{sink: s.sink, scan: s, rows: make([]uint32, vector.ChunkSize), keys: s.sink.newKeys()}
	r.account = s.sink.query.Reserve("aggregate", nil)
	return r, nil
}

// aggregateReader reads groups for one worker.
type aggregateReader struct {
	sink    *Aggregate
	scan    *aggregateScan
	account *memory.Reservation
	ctx     context.Context

	set     *groupSet // of the present chunk
	inPlace bool      // counted in scan.inPlace
	cursor  groupCursor
	single  bool // the one group without keys is still to come
	rows    []uint32
	n       int
	keys    []*vector.Vector
	keyed   bool // keys are those of the chunk
	pending []*partGroups
	merged  groupSet // where parts are merged
	force   bool
	failed  error
	writer  runWriter
}

func (r *aggregateReader) Open(ctx context.Context, m source.Morsel) error {
	r.leave()
	r.ctx, r.n, r.pending = ctx, 0, nil
	switch h := m.Handle.(type) {
	case wholeGroups:
		r.openWhole(h)
	case *partGroups:
		r.pending = append(r.pending, h)
	}
	return nil
}

// openWhole reads a complete table as it is now, or its runs if it was spilled.
func (r *aggregateReader) openWhole(h wholeGroups) {
	s := r.scan
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(h.owner.runs) > 0 {
		for part := h.to - 1; part >= h.from; part-- {
			r.pending = append(r.pending, &partGroups{part: part, locals: []*aggregateLocal{h.owner}})
		}
		return
	}
	set := *h.set
	if !r.sink.blobs { // else the set stays as it is until the reader leaves it
		r.set = &set
	} else {
		r.set, r.inPlace = h.set, true
		s.inPlace.Add(1)
	}
	r.cursor, r.single = groupCursor{from: h.from, to: h.to}, set.table == nil
}

// leave ends the reading of the present set.
func (r *aggregateReader) leave() {
	r.set = nil
	if r.inPlace {
		r.inPlace = false
		r.scan.inPlace.Add(-1)
	}
}

// relieve spills what others have asked for while it was in use.
func (r *aggregateReader) relieve(p *partGroups) error {
	for _, l := range p.locals {
		if l.account.Pressure() == 0 {
			continue
		}
		r.scan.mu.Lock()
		_, err := r.scan.spillLocked(l)
		r.scan.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *aggregateReader) Next() (int, error) {
	r.keyed = false
	for {
		if r.set != nil {
			if r.n = r.next(); r.n > 0 {
				return r.n, r.ctx.Err()
			}
			r.leave()
		}
		r.drop()
		if len(r.pending) == 0 {
			return 0, nil
		}
		p := r.pending[len(r.pending)-1]
		r.pending = r.pending[:len(r.pending)-1]
		if err := r.relieve(p); err != nil {
			return 0, err
		}
		if err := r.merge(p); err != nil {
			return 0, err
		}
	}
}

// next lists the next groups of the present set: fewer than a chunk may hold if their blobs are large, for all who come after
// hold the results of a chunk.
func (r *aggregateReader) next() int {
	if t := r.set.table; t != nil {
		most := len(r.rows)
		if blobs := r.set.blobs.Bytes; blobs > 0 {
			each := blobs/int64(max(1, t.count())) + 1
			most = max(leastGroups, int(min(int64(most), r.sink.query.runtime.memory.Limit()/chunkShare/each)))
		}
		return t.list(&r.cursor, r.rows[:most])
	}
	if !r.single {
		return 0
	}
	r.single, r.rows[0] = false, 0
	return 1
}

// chunkShare is the part of the memory limit that the blobs of one chunk of results may take, unless there are only leastGroups.
const (
	chunkShare  = 32
	leastGroups = 64
)

// Load gives a key or computes a result.
func (r *aggregateReader) Load(c int, _ vector.Selection, v *vector.Vector) error {
	if c < len(r.keys) {
		if !r.keyed {
			r.set.table.keys(r.rows[:r.n], r.keys)
			r.keyed = true
		}
		*v = *r.keys[c]
		return nil
	}
	c -= len(r.keys)
	base, stride := r.set.states()
	g := expr.Groups{Base: base, Rows: r.rows[:r.n], Stride: stride, Offset: r.sink.offsets[c]}
	v.Reset(r.n)
	context := r.set.contexts[c]
	return r.sink.spec.Aggregates[c].Kernel.Final(&context, &g, r.n, v)
}

func (r *aggregateReader) BytesRead() int64 { return 0 }

func (r *aggregateReader) Close() error {
	r.leave()
	r.pending = nil
	r.drop()
	r.account.Close()
	return nil
}

// drop frees what was merged.
func (r *aggregateReader) drop() {
	if r.merged.table != nil {
		r.merged.table.release()
		r.account.Shrink(r.account.Size())
		r.merged = groupSet{}
	}
}

// take reserves memory for the merged table.
func (r *aggregateReader) take(n int64) bool {
	if n <= 0 {
		r.account.Shrink(-n)
		return true
	}
	if !r.force {
		return r.account.TryGrow(n)
	}
	r.failed = r.account.Grow(n)
	return r.failed == nil
}

// A part of about minSplit bytes (and a small part of the memory) is not split for want of memory, nor one that was split maxSplits times.
const (
	minSplit  = 1 << 20
	maxSplits = 6
)

// merge makes the groups of a part the present set. A part that is too large for memory is split, and its pieces are
// put on the pending list.
func (r *aggregateReader) merge(p *partGroups) error {
	r.scan.mu.RLock()
	defer r.scan.mu.RUnlock()
	g := &r.merged
	*g = groupSet{sink: r.sink, skip: p.skip(), reserve: r.take}
	g.contexts = r.sink.contexts(&g.blobs)
	r.force = true
	g.table = r.sink.newTable(false, g.skip, r.take)
	groups, bytes := p.size(r.sink)
	r.force = p.level >= maxSplits || bytes < min(minSplit, r.sink.query.runtime.memory.Limit()/64)
	full := !g.table.room(groups) // groups come in the order of their hashes: a small table would crowd
	if full {
		return r.tooLarge(p)
	}
	blobBytes := int64(0)
	err := p.each(r.sink, func(keys []*vector.Vector, rows []uint32, base []byte, stride int, blobs *expr.BlobStore, _ []expr.AggregateContext) (bool, error) {
		result, err := g.add(keys, len(rows), base, rows, stride, blobs)
		if d := g.blobs.Bytes - blobBytes; err == nil && d > 0 {
			blobBytes += d
			if !r.take(d) {
				result = foundFull
			}
		}
		full = result == foundFull
		return !full && err == nil, cmpError(err, r.ctx.Err())
	})
	if err != nil {
		return err
	}
	if full {
		return r.tooLarge(p)
	}
	r.set, r.cursor = g, allGroups()
	return nil
}

// tooLarge splits a part for whose groups there is no memory.
func (r *aggregateReader) tooLarge(p *partGroups) error {
	if r.failed != nil {
		return r.failed
	}
	r.drop()
	return r.split(p)
}

// cmpError is the first error that is not nil.
func cmpError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// fanOut is the number of pieces that a part is split into, by fanBits bits.
const (
	fanBits = 4
	fanOut  = 1 << fanBits
)

// split writes a part's groups to disk in pieces by further bits of their hash, in the order of which the pieces are read.
func (r *aggregateReader) split(p *partGroups) error {
	if err := r.sink.spillable(r.account); err != nil {
		return err
	}
	pieces := make([]*partGroups, fanOut)
	for i := range pieces {
		pieces[i] = &partGroups{level: p.level + 1}
	}
	w := &r.writer
	w.begin(r.sink, true, nil)
	packer := newKeyPacker(r.sink.spec.Keys)
	var hashes []uint64
	sels := make([]vector.Selection, fanOut)
	piece := r.sink.newKeys()
	err := p.each(r.sink, func(keys []*vector.Vector, rows []uint32, base []byte, stride int, _ *expr.BlobStore, contexts []expr.AggregateContext) (bool, error) {
		hashes = r.sink.hashes(packer, keys, len(rows), hashes)
		for i := range sels {
			sels[i] = sels[i][:0]
		}
		for i, h := range hashes {
			s := &sels[h<<p.skip()>>(64-fanBits)]
			*s = append(*s, uint16(i))
		}
		for i, sel := range sels {
			if len(sel) == 0 {
				continue
			}
			own := make([]uint32, len(sel))
			for j, k := range sel {
				own[j] = rows[k]
			}
			for c, k := range keys {
				piece[c].Reset(0)
				vector.AppendRows(piece[c], k, sel, len(rows))
			}
			if err := w.write(0, piece, base, own, stride, contexts); err != nil {
				return false, err
			}
			pieces[i].runs = append(pieces[i].runs, w.runs...)
			w.runs = w.runs[:0]
		}
		return true, r.ctx.Err()
	})
	if err != nil {
		return err
	}
	for _, p := range slices.Backward(pieces) {
		if len(p.runs) > 0 {
			r.pending = append(r.pending, p)
		}
	}
	return nil
}

// each gives the part's groups, some at a time, until f says no. What f gets are copies where states have blobs, since
// merging may take a blob over and a part may be read again.
func (p *partGroups) each(a *Aggregate, f func(keys []*vector.Vector, rows []uint32, base []byte, stride int, blobs *expr.BlobStore, contexts []expr.AggregateContext) (bool, error)) error {
	keys, rows := a.newKeys(), make([]uint32, runGroups)
	decoded := func(d *decodedRun) (bool, error) {
		return f(d.keys, d.rows, d.states, a.spec.StateSize, &d.blobs, a.contexts(&d.blobs))
	}
	for _, l := range p.locals {
		g := &l.groups
		if g.table == nil {
			continue // merged into another
		}
		c := groupCursor{from: p.part, to: p.part + 1}
		base, stride := g.states()
		for {
			n := g.table.list(&c, rows)
			if n == 0 {
				break
			}
			g.table.keys(rows[:n], keys)
			var more bool
			var err error
			if a.blobs && a.canEncode() {
				var raw []byte
				if raw, err = a.encode(nil, keys, base, rows[:n], stride, g.contexts); err != nil {
					return err
				}
				d, err := a.decode(append(memory.Aligned(len(raw))[:0], raw...))
				if err != nil {
					return err
				}
				more, err = decoded(d)
				if !more || err != nil {
					return err
				}
				continue
			}
			if more, err = f(keys, rows[:n], base, stride, &g.blobs, g.contexts); !more || err != nil {
				return err
			}
		}
	}
	for run := range p.allRuns() {
		d, err := a.load(run)
		if err != nil {
			return err
		}
		if more, err := decoded(d); !more || err != nil {
			return err
		}
	}
	return nil
}

// canEncode reports whether all blobs can be copied by writing them.
func (a *Aggregate) canEncode() bool { return a.spillable(a.shared) == nil }
