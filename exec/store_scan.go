package exec

import (
	"context"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/vector"
)

// storeMorsel is the number of rows of one morsel of a store.
const storeMorsel = 64 * vector.ChunkSize

// NewStoreScan reads the rows of a store, which must not change, as one partition.
func NewStoreScan(s *vector.Store) source.Scan {
	scan := &storeScan{store: s}
	for start := 0; start < s.Len; start += storeMorsel {
		rows := min(storeMorsel, s.Len-start)
		scan.morsels = append(scan.morsels, source.Morsel{Sequence: int32(len(scan.morsels)), Rows: int64(rows), Handle: start})
	}
	return scan
}

type storeScan struct {
	store   *vector.Store
	morsels []source.Morsel
}

func (s *storeScan) Morsels() []source.Morsel          { return s.morsels }
func (s *storeScan) Detail() [][2]string               { return nil }
func (s *storeScan) NewReader() (source.Reader, error) { return &storeReader{store: s.store}, nil }

// storeReader hands out windows of the store's columns without copying.
type storeReader struct {
	store   *vector.Store
	at, end int
	rows    int
}

func (r *storeReader) Open(_ context.Context, m source.Morsel) error {
	r.at = m.Handle.(int)
	r.end, r.rows = r.at+int(m.Rows), 0
	return nil
}

func (r *storeReader) Next() (int, error) {
	r.at += r.rows
	r.rows = min(vector.ChunkSize, r.end-r.at)
	return r.rows, nil
}

func (r *storeReader) Load(c int, _ vector.Selection, v *vector.Vector) error {
	*v = *r.store.Columns[c].Slice(r.at, r.rows)
	return nil
}

func (r *storeReader) BytesRead() int64 { return 0 }
func (r *storeReader) Close() error     { return nil }
