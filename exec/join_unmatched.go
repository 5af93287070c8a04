package exec

import (
	"context"
	"sync/atomic"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/vector"
)

// Unmatched is a scan of the build rows that no probe marked, to be read when all probing is done.
func (b *JoinBuild) Unmatched() source.Scan {
	s := &unmatchedScan{build: b}
	if b.spill == nil {
		s.whole = b.table.Load()
		for start := 0; start < s.whole.store.Len; start += unmatchedMorsel {
			rows := min(unmatchedMorsel, s.whole.store.Len-start)
			s.morsels = append(s.morsels, source.Morsel{Sequence: int32(len(s.morsels)), Rows: int64(rows), Handle: start})
		}
		return s
	}
	for i := range b.spill.passes {
		s.morsels = append(s.morsels, source.Morsel{Sequence: int32(i), Rows: -1, Handle: i})
	}
	return s
}

// unmatchedMorsel is the number of build rows of one morsel.
const unmatchedMorsel = 32 * vector.ChunkSize

type unmatchedScan struct {
	build   *JoinBuild
	whole   *joinTable // nil: the build side is in parts
	morsels []source.Morsel
}

func (s *unmatchedScan) Morsels() []source.Morsel { return s.morsels }
func (s *unmatchedScan) Detail() [][2]string      { return nil }

func (s *unmatchedScan) NewReader() (source.Reader, error) { return &unmatchedReader{scan: s}, nil }

// unmatchedReader reads ranges of the table, or whole passes, which it loads again one at a time.
type unmatchedReader struct {
	scan    *unmatchedScan
	table   *joinTable
	marks   []atomic.Uint64
	at, end int
	rows    []int32
}

func (r *unmatchedReader) Open(ctx context.Context, m source.Morsel) error {
	if t := r.scan.whole; t != nil {
		r.table, r.marks, r.at = t, t.marks, m.Handle.(int)
		r.end = min(r.at+unmatchedMorsel, t.store.Len)
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

func (r *unmatchedReader) Next() (int, error) {
	r.rows = r.rows[:0]
	for ; r.at < r.end && len(r.rows) < vector.ChunkSize; r.at++ {
		if r.marks[r.at>>6].Load()&(1<<(r.at&63)) == 0 {
			r.rows = append(r.rows, int32(r.at))
		}
	}
	return len(r.rows), nil
}

func (r *unmatchedReader) Load(c int, sel vector.Selection, v *vector.Vector) error {
	vector.Gather(r.table.store.Columns[c], r.rows, sel, len(r.rows), v)
	return nil
}

func (r *unmatchedReader) BytesRead() int64 { return 0 }
func (r *unmatchedReader) Close() error     { return nil }
