package exec

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/vector"
)

// partitioning says how a Materialize numbers the partitions of its output.
type partitioning uint8

const (
	// The zero value leaves the rows in the partitions they came in.
	_ partitioning = iota
	// roundRobin deals the rows of each morsel out over the partitions.
	roundRobin
	// byHash puts rows with equal keys into the same partition.
	byHash
	// coalesce joins neighbouring partitions until at most so many are left.
	coalesce
)

// materializeOptions configure a Materialize.
type materializeOptions struct {
	name   string          // in the profile, in errors and of spill files
	layout []vector.Layout // of the rows
	// limit keeps so many rows (-1: all) after offset rows, in order of (partition, sequence), and stops the sources
	// when they are there.
	limit, offset int64
	partitioning  partitioning
	partitions    int
	keys          int // byHash: the first so many columns
	storage       Storage
}

// Materialize is a sink that keeps its rows: a limit, a common part of a plan, a cache, a repartitioning. It keeps the
// order of the morsels and spills when memory is short.
type Materialize struct {
	o      materializeOptions
	mu     sync.Mutex
	limit  rowLimit
	pieces []piece
	full   bool // the limit is reached

	account *memory.Reservation
	spill   *memory.Spill
	file    *memory.SpillFile
	scratch []byte
	next    int // pieces before are spilled
	output  *segmentScan
}

// piece is a segment with its place in the output.
type piece struct {
	target  int32 // partition of the output
	from    morselKey
	number  int // within the morsel
	segment *rowSegment
}

// NewMaterialize keeps all rows: a common part of a plan, a cache.
func NewMaterialize(layout []vector.Layout) *Materialize {
	return newMaterialize(materializeOptions{name: "materialize", layout: layout, limit: -1})
}

// Storage says where a Materialize keeps its rows.
type Storage uint8

const (
	// MemoryAndDisk keeps rows in memory and moves them to disk when memory is short.
	MemoryAndDisk Storage = iota
	// MemoryOnly never moves rows to disk: without memory for them the query fails.
	MemoryOnly
	// DiskOnly moves rows to disk as they come.
	DiskOnly
)

// NewCache keeps all rows in the given storage.
func NewCache(layout []vector.Layout, storage Storage) *Materialize {
	return newMaterialize(materializeOptions{name: "cache", layout: layout, limit: -1, storage: storage})
}

// NewLimit keeps count rows (-1: all) after offset rows, in order of (partition, sequence), and stops its sources.
func NewLimit(layout []vector.Layout, count, offset int64) *Materialize {
	return newMaterialize(materializeOptions{name: "limit", layout: layout, limit: count, offset: offset})
}

// ExchangeSpec describes a repartitioning.
type ExchangeSpec struct {
	Layout []vector.Layout
	// Keys is the number of leading columns by which rows are spread; 0: in turn.
	Keys       int
	Partitions int
	// Shuffle false only joins neighbouring partitions until at most Partitions are left.
	Shuffle bool
}

// NewExchange deals rows to partitions.
func NewExchange(spec ExchangeSpec) *Materialize {
	o := materializeOptions{name: "exchange", layout: spec.Layout, limit: -1, partitions: max(1, spec.Partitions), keys: spec.Keys, partitioning: coalesce}
	switch {
	case spec.Shuffle && spec.Keys > 0:
		o.partitioning = byHash
	case spec.Shuffle:
		o.partitioning = roundRobin
	}
	return newMaterialize(o)
}

func newMaterialize(o materializeOptions) *Materialize {
	m := &Materialize{o: o}
	m.limit.need = -1
	if o.limit >= 0 {
		m.limit.need = o.offset + o.limit
	}
	return m
}

// Feeders implements Sequencer.
func (m *Materialize) Feeders(offsets []int32) { m.limit.order.setFeeders(offsets) }

// Expect implements Sequencer.
func (m *Materialize) Expect(offset int32, morsels []source.Morsel) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.limit.order.expect(offset, morsels)
}

// Demand implements Demander: it stops sources when the limit is reached.
func (m *Materialize) Demand(at source.Morsel) Need {
	if m.limit.need < 0 {
		return NeedMore
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.full = m.full || m.limit.enough(); m.full {
		return NeedNothing
	}
	if s := m.limit.order.find(at); s != nil && s.rows >= m.limit.need {
		return NeedLess
	}
	return NeedMore
}

// NewLocal implements Sink.
func (m *Materialize) NewLocal(w *Worker) (LocalSink, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.account == nil {
		var spiller memory.Spiller
		if m.o.storage != MemoryOnly {
			spiller = m
		}
		m.account = w.Query.Reserve(m.o.name, spiller)
		m.spill = w.Query.Spill()
	}
	l := &materializeLocal{sink: m}
	n := 1
	if m.o.partitioning == roundRobin || m.o.partitioning == byHash {
		n = max(1, m.o.partitions)
	}
	for range n {
		l.builders = append(l.builders, segmentBuilder{layout: m.o.layout})
	}
	return l, nil
}

// add takes a closed segment.
func (m *Materialize) add(p piece) error {
	if m.o.storage == MemoryOnly {
		if err := m.account.Grow(p.segment.bytes); err != nil {
			return err
		}
	} else if !m.account.TryGrow(p.segment.bytes) {
		if _, err := m.Spill(p.segment.bytes); err != nil {
			return err
		}
		if err := m.account.Grow(p.segment.bytes); err != nil {
			return err
		}
	}
	m.mu.Lock()
	m.pieces = append(m.pieces, p)
	m.mu.Unlock()
	if m.o.storage == DiskOnly {
		_, err := m.Spill(p.segment.bytes)
		return err
	}
	return nil
}

// Spill writes segments to a file until need bytes are free; it implements memory.Spiller.
func (m *Materialize) Spill(need int64) (freed int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for ; m.next < len(m.pieces) && freed < need; m.next++ {
		if m.file == nil {
			if m.file, err = m.spill.Create(m.o.name, m.account); err != nil {
				return freed, err
			}
		}
		n, err := m.pieces[m.next].segment.spill(m.file, &m.scratch)
		if err != nil {
			return freed, err
		}
		freed += n
		m.account.Shrink(n)
	}
	return freed, nil
}

// Finish implements Sink: it puts the segments in order and cuts off what the limit leaves out.
func (m *Materialize) Finish(context.Context, *Pool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.o.partitioning == coalesce {
		m.joinPartitions()
	}
	inOrder := slices.Clone(m.pieces) // Spill goes on in the order of arrival
	slices.SortStableFunc(inOrder, comparePieces)
	if m.limit.need >= 0 || m.o.offset > 0 {
		var err error
		if inOrder, err = m.cut(inOrder); err != nil {
			return err
		}
	}
	if m.o.partitioning != roundRobin && m.o.partitioning != byHash {
		numberPartitions(inOrder)
	}
	m.output = &segmentScan{layout: m.o.layout, detail: m.Detail}
	for len(inOrder) > 0 {
		n := 0
		var segments []*rowSegment
		for n < len(inOrder) && inOrder[n].target == inOrder[0].target {
			segments = append(segments, inOrder[n].segment)
			n++
		}
		m.output.morsels = appendMorsels(m.output.morsels, inOrder[0].target, segments)
		inOrder = inOrder[n:]
	}
	return nil
}

func comparePieces(a, b piece) int {
	return cmp.Or(cmp.Compare(a.target, b.target), cmp.Compare(a.from.partition, b.from.partition),
		cmp.Compare(a.from.sequence, b.from.sequence), cmp.Compare(a.number, b.number))
}

// numberPartitions numbers the partitions of ordered pieces from 0 on. Those of several feeding stages are far apart: a stage
// that reads them and feeds a sink together with others has no room for such numbers.
func numberPartitions(inOrder []piece) {
	number, last := int32(-1), int32(-1)
	for i := range inOrder {
		if p := &inOrder[i]; p.target != last {
			number++
			last = p.target
		}
		inOrder[i].target = number
	}
}

// joinPartitions renumbers partitions so that at most o.partitions are left.
func (m *Materialize) joinPartitions() {
	var all []int32
	for _, p := range m.pieces {
		all = append(all, p.target)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) <= m.o.partitions {
		return
	}
	for i := range m.pieces {
		at, _ := slices.BinarySearch(all, m.pieces[i].target)
		m.pieces[i].target = int32(at * m.o.partitions / len(all))
	}
}

// cut applies offset and limit.
func (m *Materialize) cut(pieces []piece) ([]piece, error) {
	skip, take := m.o.offset, m.o.limit
	if take < 0 {
		take = math.MaxInt64
	}
	var out []piece
	for _, p := range pieces {
		rows := int64(p.segment.rows)
		from := min(skip, rows)
		skip -= from
		n := min(rows-from, take)
		if n <= 0 {
			continue
		}
		take -= n
		var err error
		if p.segment, err = p.segment.cut(int(from), int(n), m.o.layout); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// Output implements Sink.
func (m *Materialize) Output() source.Scan { return m.output }

// Rows is the number of rows kept, after Finish.
func (m *Materialize) Rows() int64 {
	n := int64(0)
	for _, o := range m.output.morsels {
		n += o.Rows
	}
	return n
}

// Detail implements Detailer.
func (m *Materialize) Detail() [][2]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := [][2]string{}
	if m.account != nil {
		out = append(out, [2]string{"memory", memory.FormatBytes(m.account.Peak())})
	}
	if m.file != nil {
		out = append(out, [2]string{"spilled", memory.FormatBytes(m.file.Size())})
	}
	return out
}

// Close implements Sink.
func (m *Materialize) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.file != nil {
		m.file.Close()
	}
	if m.account != nil {
		m.account.Close()
	}
	m.pieces, m.output, m.next = nil, nil, 0
}

// materializeLocal fills segments of the present morsel.
type materializeLocal struct {
	sink     *Materialize
	morsel   morselKey
	number   int
	builders []segmentBuilder // one a target partition, or one in all
	turn     int
	hashes   []uint64
	sels     [][]uint16
}

func (l *materializeLocal) BeginMorsel(m source.Morsel) error {
	l.morsel, l.number = morselKey{m.Partition, m.Sequence}, 0
	l.turn = int(m.Partition) + int(m.Sequence)
	return nil
}

func (l *materializeLocal) Consume(c *vector.Chunk, _ program.Position) error {
	enough := l.sink.limit.need >= 0 && l.count(int64(c.Rows()))
	if len(l.builders) == 1 {
		if err := l.append(0, c.Columns, c.Selection, c.Len); err != nil {
			return err
		}
		if enough {
			return errEnough
		}
		return nil
	}
	l.deal(c)
	for target, sel := range l.sels {
		if len(sel) > 0 {
			if err := l.append(target, c.Columns, sel, c.Len); err != nil {
				return err
			}
		}
	}
	return nil
}

// count tells the limit of further rows, and reports whether the morsel has given all that can be wanted of it.
func (l *materializeLocal) count(rows int64) bool {
	m := l.sink
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.limit.order.find(source.Morsel{Partition: l.morsel.partition, Sequence: l.morsel.sequence})
	if s == nil {
		return m.full
	}
	s.rows += rows
	return m.full || s.rows >= m.limit.need
}

func (l *materializeLocal) append(target int, columns []*vector.Vector, sel vector.Selection, n int) error {
	if s := l.builders[target].add(columns, sel, n); s != nil {
		return l.give(target, s)
	}
	return nil
}

func (l *materializeLocal) give(target int, s *rowSegment) error {
	p := piece{target: int32(target), from: l.morsel, number: l.number, segment: s}
	if len(l.builders) == 1 {
		p.target = l.morsel.partition
	}
	l.number++
	return l.sink.add(p)
}

// deal sorts the rows of a chunk by target partition.
func (l *materializeLocal) deal(c *vector.Chunk) {
	n := len(l.builders)
	if l.sels == nil {
		l.sels = make([][]uint16, n)
	}
	for i := range l.sels {
		l.sels[i] = l.sels[i][:0]
	}
	if l.sink.o.partitioning == byHash {
		l.hashes = vector.HashRows(c.Columns[:l.sink.o.keys], c.Selection, c.Len, l.hashes)
	}
	each := func(i uint16) {
		target := 0
		if l.sink.o.partitioning == byHash {
			target = int(l.hashes[i] >> 33 % uint64(n))
		} else {
			target = l.turn % n
			l.turn++
		}
		l.sels[target] = append(l.sels[target], i)
	}
	if c.Selection == nil {
		for i := range c.Len {
			each(uint16(i))
		}
		return
	}
	for _, i := range c.Selection {
		each(i)
	}
}

func (l *materializeLocal) EndMorsel() error {
	for target := range l.builders {
		if s := l.builders[target].close(); s != nil {
			if err := l.give(target, s); err != nil {
				return err
			}
		}
	}
	m := l.sink
	if m.limit.need < 0 {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.limit.order.find(source.Morsel{Partition: l.morsel.partition, Sequence: l.morsel.sequence}); s != nil {
		s.done = true
	}
	return nil
}

func (l *materializeLocal) Finish() error { return nil }
