package exec

import (
	"bytes"
	"container/heap"
	"context"
	"encoding/binary"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/vector"
)

// SortSpec describes a sort or a top-n.
type SortSpec struct {
	// Layout are the columns that come in: the keys, then the columns that go out.
	Layout []vector.Layout
	Keys   []SortKey
	// Global sorts all rows into one partition; otherwise each partition is sorted by itself.
	Global bool
	// Limit and Offset are for a top-n.
	Limit, Offset int64
	// Threshold learns, from a top-n, what the first key must be within; nil: nobody wants to know.
	Threshold *vector.RuntimeFilter
}

func (s SortSpec) encoder() keyEncoder { return keyEncoder{keys: s.Keys, byPartition: !s.Global} }

// payload are the layouts of the columns that go out.
func (s SortSpec) payload() []vector.Layout { return s.Layout[len(s.Keys):] }

// Sort is the sink that orders rows: each worker sorts runs by normalised keys; runs that do not fit memory go to disk,
// and all are merged.
type Sort struct {
	spec   SortSpec
	mu     sync.Mutex
	locals []*sortLocal
	files  []*memory.SpillFile // of merged runs
	merged source.Scan
	// spilled is the size of what was written to files, in bytes, for the profile.
	spilled atomic.Int64
}

// NewSort makes the sink.
func NewSort(spec SortSpec) *Sort { return &Sort{spec: spec} }

// sortLocal is one worker's part.
type sortLocal struct {
	sort    *Sort
	query   *Query
	encoder keyEncoder
	run     sortRun
	spilled []spilledRun
	file    *memory.SpillFile
	memory  *memory.Reservation
}

// sortRun is rows in memory: payload columns, keys, and the order of the rows.
type sortRun struct {
	store   *vector.Store
	keys    []byte
	entries []sortEntry
}

// sortEntry is one row of a run: the first bytes of its key, where the key is, and the row.
type sortEntry struct {
	prefix uint64
	key    uint64 // start in keys
	length uint32
	row    int32
}

func (r *sortRun) keyOf(e *sortEntry) []byte { return r.keys[e.key : e.key+uint64(e.length)] }

// bytes is the memory that a run takes.
func (r *sortRun) bytes() int64 {
	return r.store.Bytes() + int64(cap(r.keys)) + int64(cap(r.entries))*24
}

// keyPrefix is the first eight bytes of a key as a number.
func keyPrefix(key []byte) uint64 {
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	var padded [8]byte
	copy(padded[:], key)
	return binary.BigEndian.Uint64(padded[:])
}

// add appends the selected rows with their keys.
func (r *sortRun) add(e *keyEncoder, columns []*vector.Vector, sel vector.Selection, n int) {
	base := uint64(len(r.keys))
	r.keys = append(r.keys, e.buffer...)
	start := uint32(0)
	for j, end := range e.ends {
		key := e.buffer[start:end]
		r.entries = append(r.entries, sortEntry{keyPrefix(key), base + uint64(start), end - start, int32(r.store.Len + j)})
		start = end
	}
	r.store.Append(columns, sel, n)
}

// errOrderStopped ends a sort from inside its comparison.
type errOrderStopped struct{}

// order sorts the run, unless ctx is done before: then it gives its error.
func (r *sortRun) order(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(errOrderStopped); !ok {
				panic(p)
			}
			err = context.Cause(ctx)
		}
	}()
	work := 0
	slices.SortFunc(r.entries, func(a, b sortEntry) int {
		if work++; work >= workPerLook {
			if work = 0; ctx.Err() != nil {
				panic(errOrderStopped{})
			}
		}
		if a.prefix != b.prefix {
			if a.prefix < b.prefix {
				return -1
			}
			return 1
		}
		work += workOf(int(min(a.length, b.length)))
		return bytes.Compare(r.keyOf(&a), r.keyOf(&b))
	})
	return nil
}

// samePartition is how many of the ordered entries are of the first one's partition.
func (r *sortRun) samePartition(entries []sortEntry) int {
	first := partitionOfKey(r.keyOf(&entries[0]))
	return sort.Search(len(entries), func(i int) bool { return partitionOfKey(r.keyOf(&entries[i])) != first })
}

// NewLocal implements Sink.
func (s *Sort) NewLocal(w *Worker) (LocalSink, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &sortLocal{sort: s, query: w.Query, encoder: s.spec.encoder(), memory: w.Query.Reserve("sort", nil)}
	l.run.store = vector.NewStore(s.spec.payload())
	s.locals = append(s.locals, l)
	return l, nil
}

// maxSortRun bounds the rows of a run, so that row numbers fit and sorting one stays short.
const maxSortRun = 1 << 24

// Consume implements LocalSink.
func (l *sortLocal) Consume(c *vector.Chunk, at program.Position) error {
	keys := len(l.sort.spec.Keys)
	l.encoder.encode(c.Columns[:keys], c.Selection, c.Len, at)
	l.run.add(&l.encoder, c.Columns[keys:], c.Selection, c.Len)
	if l.memory.Pressure() == 0 && l.memory.TryResize(l.run.bytes()) && l.run.store.Len < maxSortRun {
		return nil
	}
	return l.spill()
}

// Finish implements LocalSink.
func (l *sortLocal) Finish() error {
	return l.run.order(l.query.Context())
}

// Finish implements Sink.
func (s *Sort) Finish(ctx context.Context, p *Pool) error {
	spilled := slices.ContainsFunc(s.locals, func(l *sortLocal) bool { return len(l.spilled) > 0 })
	if !spilled && len(s.locals) > 1 {
		spilled = !s.room()
	}
	if spilled {
		var runs []spilledRun
		for _, l := range s.locals {
			if err := l.spill(); err != nil {
				return err
			}
			runs = append(runs, l.spilled...)
		}
		runs, err := s.narrow(ctx, runs, p.Query())
		if err != nil {
			return err
		}
		s.merged = newMergeScan(s.spec, runs, p.Query())
		return nil
	}
	run, err := s.mergeRuns(ctx)
	if err != nil {
		return err
	}
	s.merged = newSortedScan(s.spec, run, p.Query())
	return nil
}

// room asks for the memory to bring the workers' runs together.
func (s *Sort) room() bool {
	need := int64(0)
	for _, l := range s.locals[1:] {
		need += l.run.bytes()
	}
	return s.locals[0].memory.TryGrow(need)
}

// mergeRuns brings the workers' sorted runs together in one.
func (s *Sort) mergeRuns(ctx context.Context) (*sortRun, error) {
	if len(s.locals) == 0 {
		return &sortRun{store: vector.NewStore(s.spec.payload())}, nil
	}
	out := s.locals[0].run
	for _, l := range s.locals[1:] {
		var err error
		if out, err = out.merge(ctx, &l.run); err != nil {
			return nil, err
		}
		l.run = sortRun{store: vector.NewStore(s.spec.payload())}
		l.memory.Shrink(l.memory.Size())
	}
	s.locals[0].run = out
	return &out, nil
}

// merge appends the rows of b to those of a and merges the orders, unless ctx is done before: then it gives its error, and a must
// not be used any more.
func (r sortRun) merge(ctx context.Context, b *sortRun) (sortRun, error) {
	keys, rows := uint64(len(r.keys)), int32(r.store.Len)
	if err := r.appendRows(ctx, b); err != nil {
		return sortRun{}, err
	}
	out := sortRun{store: r.store, keys: r.keys, entries: make([]sortEntry, 0, len(r.entries)+len(b.entries))}
	left, right := r.entries, b.entries
	for len(left) > 0 || len(right) > 0 {
		if ctx.Err() != nil {
			return sortRun{}, context.Cause(ctx)
		}
		left, right = out.mergeSome(left, right, keys, rows)
	}
	return out, nil
}

// appendRows copies the rows and keys of b behind those of r, a part at a time.
func (r *sortRun) appendRows(ctx context.Context, b *sortRun) error {
	r.keys = slices.Grow(r.keys, len(b.keys))
	for rest := b.keys; len(rest) > 0; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n := min(len(rest), workPerLook<<6)
		r.keys, rest = append(r.keys, rest[:n]...), rest[n:]
	}
	return appendStore(ctx, r.store, b.store)
}

// mergeSome appends about workPerLook entries of two orders and returns what is left of both. Those of right get their places
// among the rows and keys that were appended.
func (r *sortRun) mergeSome(left, right []sortEntry, keys uint64, rows int32) (_, _ []sortEntry) {
	if len(right) == 0 {
		n := min(len(left), workPerLook)
		r.entries = append(r.entries, left[:n]...)
		return left[n:], nil
	}
	work := 0
	for len(right) > 0 {
		e := right[0]
		e.key += keys
		e.row += rows
		for len(left) > 0 && r.less(&left[0], &e) {
			r.entries = append(r.entries, left[0])
			left = left[1:]
			if work += 1 + workOf(int(e.length)); work >= workPerLook {
				return left, right
			}
		}
		r.entries = append(r.entries, e)
		right = right[1:]
		if work += 1 + workOf(int(e.length)); work >= workPerLook {
			return left, right
		}
	}
	return left, right
}

func (r *sortRun) less(a, b *sortEntry) bool {
	if a.prefix != b.prefix {
		return a.prefix < b.prefix
	}
	return bytes.Compare(r.keyOf(a), r.keyOf(b)) < 0
}

// Output implements Sink.
func (s *Sort) Output() source.Scan { return s.merged }

// Detail implements Detailer.
func (s *Sort) Detail() [][2]string {
	if n := s.spilled.Load(); n > 0 {
		return [][2]string{{"spilled", memory.FormatBytes(n)}}
	}
	return nil
}

// Close implements Sink.
func (s *Sort) Close() {
	for _, l := range s.locals {
		l.run = sortRun{}
		l.memory.Close()
		if l.file != nil {
			l.file.Close()
		}
	}
	for _, f := range s.files {
		f.Close()
	}
	s.locals, s.files, s.merged = nil, nil, nil
}

// spilledRun is a sorted run on disk: frames of rows with their keys. Where partitions are sorted by themselves, a frame has
// rows of one partition only.
type spilledRun struct {
	file       *memory.SpillFile
	frames     []memory.Frame
	partitions []uint32 // of each frame; nil for a global sort
}

// of is the part of a run with the rows of one partition.
func (r spilledRun) of(partition uint32) spilledRun {
	from, _ := slices.BinarySearch(r.partitions, partition)
	to, _ := slices.BinarySearch(r.partitions, partition+1)
	return spilledRun{file: r.file, frames: r.frames[from:to]}
}

// partitionOfKey is the partition that a key begins with where partitions are sorted by themselves.
func partitionOfKey(key []byte) uint32 { return binary.BigEndian.Uint32(key) }

// A frame has at most spillFrame rows, and few enough of long ones that it takes about 1/frameShare of the memory limit: a
// merge holds one or two frames of each run.
const (
	spillFrame = 512
	frameShare = 64
	maxFrame   = 1 << 20
)

// frameBytes is the size of a frame that no more rows are added to.
func frameBytes(q *Query) int { return int(min(maxFrame, q.runtime.memory.Limit()/frameShare)) }

// rowsPerLook is how many rows are gathered between two looks at how much memory they take.
const rowsPerLook = 16

// sortedRunWriter writes rows in order as frames.
type sortedRunWriter struct {
	run  spilledRun
	keys []byte // lengths and bytes of the frame's keys
	rows *vector.Store
	spec SortSpec
	full int // bytes of a frame that is large enough
}

func newSortedRunWriter(file *memory.SpillFile, spec SortSpec, q *Query) *sortedRunWriter {
	return &sortedRunWriter{run: spilledRun{file: file}, spec: spec, rows: vector.NewStore(spec.payload()), full: frameBytes(q)}
}

// add appends a row of columns with its key.
func (w *sortedRunWriter) add(key []byte, columns []*vector.Vector, row vector.Selection, n int) error {
	if !w.spec.Global && w.rows.Len > 0 && partitionOfKey(key) != partitionOfKey(w.keys[4:]) {
		if err := w.flush(); err != nil {
			return err
		}
	}
	w.keys = append(binary.LittleEndian.AppendUint32(w.keys, uint32(len(key))), key...)
	w.rows.Append(columns, row, n)
	if w.rows.Len == spillFrame || w.rows.Len%rowsPerLook == 0 && int(w.rows.Bytes())+len(w.keys) > w.full {
		return w.flush()
	}
	return nil
}

// flush writes the rows that are waiting as a frame.
func (w *sortedRunWriter) flush() error {
	if w.rows.Len == 0 {
		return nil
	}
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, len(w.keys)+16), uint64(w.rows.Len))
	b = append(b, w.keys...)
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	frame, err := w.run.file.Write(vector.EncodeColumns(b, w.rows.Columns, w.rows.Len))
	if err != nil {
		return err
	}
	w.run.frames = append(w.run.frames, frame)
	if !w.spec.Global {
		w.run.partitions = append(w.run.partitions, partitionOfKey(w.keys[4:]))
	}
	w.keys, w.rows = w.keys[:0], vector.NewStore(w.spec.payload())
	return nil
}

// spill sorts the run and writes it to disk.
func (l *sortLocal) spill() error {
	if len(l.run.entries) == 0 {
		return nil
	}
	ctx := l.query.Context()
	if err := l.run.order(ctx); err != nil {
		return err
	}
	if l.file == nil {
		file, err := l.query.Spill().Create("sort", l.memory)
		if err != nil {
			return err
		}
		l.file = file
	}
	before := l.file.Size()
	w := newSortedRunWriter(l.file, l.sort.spec, l.query)
	most := max(1, min(spillFrame, int(int64(w.full)*int64(len(l.run.entries))/l.run.bytes())))
	rows := make([]int32, 0, spillFrame)
	gathered := make([]*vector.Vector, len(l.run.store.Columns))
	for c, column := range l.run.store.Columns {
		gathered[c] = vector.New(column.Type, column.Physical, spillFrame)
	}
	for rest := l.run.entries; len(rest) > 0; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		entries := rest[:min(most, len(rest))]
		if !l.sort.spec.Global {
			entries = entries[:l.run.samePartition(entries)]
		}
		rest = rest[len(entries):]
		rows = rows[:0]
		for i := range entries {
			key := l.run.keyOf(&entries[i])
			w.keys = append(binary.LittleEndian.AppendUint32(w.keys, uint32(len(key))), key...)
			rows = append(rows, entries[i].row)
		}
		for c, column := range l.run.store.Columns {
			vector.Gather(column, rows, nil, len(rows), gathered[c])
		}
		w.rows.Append(gathered, nil, len(rows))
		if err := w.flush(); err != nil {
			return err
		}
	}
	l.sort.spilled.Add(l.file.Size() - before)
	l.spilled = append(l.spilled, w.run)
	l.run = sortRun{store: vector.NewStore(l.sort.spec.payload())}
	l.memory.Shrink(l.memory.Size())
	return nil
}

// narrow merges runs until so few are left that a frame or two of each fit a quarter of the memory, for each of the workers that
// will read partitions.
func (s *Sort) narrow(ctx context.Context, runs []spilledRun, q *Query) ([]spilledRun, error) {
	frame := int64(1)
	for _, r := range runs {
		for _, f := range r.frames {
			frame = max(frame, int64(f.Raw))
		}
	}
	if !s.spec.Global {
		frame *= int64(q.Runtime().Workers())
	}
	fanIn := max(2, int(q.Runtime().Memory().Limit()/4/(2*frame)))
	for len(runs) > fanIn {
		merged, err := s.mergeSpilled(ctx, runs[:fanIn], q)
		if err != nil {
			return nil, err
		}
		runs = append(runs[fanIn:len(runs):len(runs)], merged)
	}
	return runs, nil
}

// mergeSpilled merges runs on disk into one.
func (s *Sort) mergeSpilled(ctx context.Context, runs []spilledRun, q *Query) (spilledRun, error) {
	file, err := q.Spill().Create("sort-merge", s.locals[0].memory)
	if err != nil {
		return spilledRun{}, err
	}
	s.files = append(s.files, file)
	w := newSortedRunWriter(file, s.spec, q)
	h, err := openRuns(runs, s.spec)
	if err != nil {
		return spilledRun{}, err
	}
	one := make(vector.Selection, 1)
	for n := 0; len(h) > 0; n++ {
		if n%spillFrame == 0 && ctx.Err() != nil {
			return spilledRun{}, context.Cause(ctx)
		}
		top := h[0]
		one[0] = uint16(top.at)
		if err := w.add(top.key(), top.columns, one, len(top.keys)); err != nil {
			return spilledRun{}, err
		}
		if err := h.next(); err != nil {
			return spilledRun{}, err
		}
	}
	err = w.flush()
	s.spilled.Add(file.Size())
	return w.run, err
}

// openRuns starts reading runs.
func openRuns(runs []spilledRun, spec SortSpec) (mergeHeap, error) {
	var h mergeHeap
	for _, run := range runs {
		r := &runReader{run: run, layout: spec.payload(), at: -1}
		more, err := r.advance()
		if err != nil {
			return nil, err
		}
		if more {
			h = append(h, r)
		}
	}
	heap.Init(&h)
	return h, nil
}

// runReader reads a spilled run row by row.
type runReader struct {
	run     spilledRun
	layout  []vector.Layout
	next    int // frame
	keys    [][]byte
	columns []*vector.Vector
	at      int
	scratch []byte
}

// advance moves to the next row; false at the end.
func (r *runReader) advance() (bool, error) {
	r.at++
	if r.at < len(r.keys) {
		return true, nil
	}
	if r.next == len(r.run.frames) {
		return false, nil
	}
	raw, err := r.run.file.Read(r.run.frames[r.next], nil, &r.scratch)
	if err != nil {
		return false, err
	}
	r.next++
	n := int(binary.LittleEndian.Uint64(raw))
	at := 8
	r.keys = r.keys[:0]
	for range n {
		length := int(binary.LittleEndian.Uint32(raw[at:]))
		r.keys = append(r.keys, raw[at+4:at+4+length])
		at += 4 + length
	}
	at = (at + 7) &^ 7
	r.columns, _, err = vector.DecodeColumns(raw[at:], r.layout)
	r.at = 0
	return true, err
}

func (r *runReader) key() []byte { return r.keys[r.at] }

// mergeHeap orders the readers of runs by their present keys.
type mergeHeap []*runReader

func (h mergeHeap) Len() int           { return len(h) }
func (h mergeHeap) Less(i, j int) bool { return bytes.Compare(h[i].key(), h[j].key()) < 0 }
func (h mergeHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *mergeHeap) Push(x any)        { *h = append(*h, x.(*runReader)) }
func (h *mergeHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// next moves the run in front on by a row.
func (h *mergeHeap) next() error {
	more, err := (*h)[0].advance()
	if err != nil {
		return err
	}
	if more {
		heap.Fix(h, 0)
	} else {
		heap.Pop(h)
	}
	return nil
}
