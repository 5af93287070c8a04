package exec

import (
	"context"
	"sync/atomic"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/vector"
)

// Unmatched is a scan of the build rows that no probe marked, to be read when all probing is done.
func (b *JoinBuild) Unmatched() source.Scan { return b.marked(false) }

// Matched is a scan of the build rows that probes marked.
func (b *JoinBuild) Matched() source.Scan { return b.marked(true) }

func (b *JoinBuild) marked(want bool) source.Scan {
	s := &markedScan{build: b, want: want}
	if b.spill == nil {
		s.whole = b.table.Load()
		for _, span := range s.whole.spans {
			for start := span.start; start < span.end; start += markedMorsel {
				piece := rowSpan{start: start, end: min(start+markedMorsel, span.end)}
				s.morsels = append(s.morsels, source.Morsel{Sequence: int32(len(s.morsels)), Rows: int64(piece.end - start), Handle: piece})
			}
		}
		return s
	}
	for i := range b.spill.passes {
		s.morsels = append(s.morsels, source.Morsel{Sequence: int32(i), Rows: -1, Handle: i})
	}
	return s
}

// markedMorsel is the number of build rows of one morsel.
const markedMorsel = 32 * vector.ChunkSize

type markedScan struct {
	build   *JoinBuild
	want    bool       // marked rows, not the others
	whole   *joinTable // nil: the build side is in parts
	morsels []source.Morsel
}

func (s *markedScan) Morsels() []source.Morsel { return s.morsels }
func (s *markedScan) Detail() [][2]string      { return nil }

func (s *markedScan) NewReader() (source.Reader, error) { return &markedReader{scan: s}, nil }

// markedReader reads ranges of the table, or whole passes, which it loads again one at a time.
type markedReader struct {
	scan    *markedScan
	table   *joinTable
	marks   []atomic.Uint64
	at, end int
	rows    []int32
}

func (r *markedReader) Open(ctx context.Context, m source.Morsel) error {
	if t := r.scan.whole; t != nil {
		span := m.Handle.(rowSpan)
		r.table, r.marks, r.at, r.end = t, t.marks, span.start, span.end
		return nil
	}
	b := r.scan.build
	b.mu.Lock()
	defer b.mu.Unlock()
	pass := &b.spill.passes[m.Handle.(int)]
	if err := b.load(ctx, pass.from, pass.to); err != nil {
		return err
	}
	r.table, r.marks = b.table.Load(), pass.marks
	r.at, r.end = 0, r.table.store.Len
	return nil
}

func (r *markedReader) Next() (int, error) {
	r.rows = r.rows[:0]
	for ; r.at < r.end && len(r.rows) < vector.ChunkSize; r.at++ {
		if r.marks[r.at>>6].Load()&(1<<(r.at&63)) != 0 == r.scan.want {
			r.rows = append(r.rows, int32(r.at))
		}
	}
	return len(r.rows), nil
}

func (r *markedReader) Load(c int, sel vector.Selection, v *vector.Vector) error {
	vector.Gather(r.table.store.Columns[c], r.rows, sel, len(r.rows), v)
	return nil
}

func (r *markedReader) BytesRead() int64 { return 0 }
func (r *markedReader) Close() error     { return nil }
