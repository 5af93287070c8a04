package memory

import (
	"context"
	"fmt"
	"math/bits"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Range is the table of range(start, end, step): one bigint column "id".
type Range struct {
	Start, End, Step int64
	// Partitions is the number of partitions, at least 1.
	Partitions int
}

// Name implements source.Table.
func (t *Range) Name() string { return fmt.Sprintf("range (%d, %d, %d)", t.Start, t.End, t.Step) }

// Schema implements source.Table.
func (t *Range) Schema() types.Type {
	return types.StructType(types.Field{Name: "id", Type: types.LongType})
}

// Same reports whether u has the same rows in the same partitions.
func (t *Range) Same(u source.Table) bool {
	r, ok := u.(*Range)
	return ok && *r == *t
}

// Rows is the number of rows.
func (t *Range) Rows() int64 {
	distance, step := uint64(t.End)-uint64(t.Start), uint64(t.Step)
	switch {
	case t.Step == 0 || (t.Step > 0) != (t.Start < t.End) || t.Start == t.End:
		return 0
	case t.Step < 0:
		distance, step = -distance, -step
	}
	n, rest := bits.Div64(0, distance, step)
	if rest > 0 {
		n++
	}
	return int64(n)
}

// Statistics implements source.Table.
func (t *Range) Statistics() *source.Statistics {
	n := t.Rows()
	s := &types.ColumnStatistics{MinMaxExact: true, Distinct: float64(n)}
	if n > 0 {
		last := t.Start + (n-1)*t.Step
		s.Min, s.Max = min(t.Start, last), max(t.Start, last)
	}
	return &source.Statistics{Rows: n, RowsExact: true, Bytes: 8 * n, Columns: []*types.ColumnStatistics{s}}
}

// Scan implements source.Table.
func (t *Range) Scan(_ context.Context, r *source.Request) (source.Scan, error) {
	s := &rangeScan{table: t, columns: r.Columns}
	n := t.Rows()
	parts := int64(max(t.Partitions, 1))
	size := max(4*morselRows, n>>12) // a huge range has no more than some thousand morsels
	if r.Partitions > 0 {
		parts = min(parts, int64(r.Partitions))
	}
	for p := range parts {
		from, to := share(n, p, parts), share(n, p+1, parts)
		for sequence := int32(0); from < to; sequence++ {
			rows := min(to-from, size)
			s.morsels = append(s.morsels, source.Morsel{Partition: int32(p), Sequence: sequence, Rows: rows, Handle: from})
			from += rows
		}
	}
	return s, nil
}

// share is n*p/parts without overflow.
func share(n, p, parts int64) int64 {
	hi, lo := bits.Mul64(uint64(n), uint64(p))
	q, _ := bits.Div64(hi, lo, uint64(parts))
	return int64(q)
}

type rangeScan struct {
	table   *Range
	columns []source.Column
	morsels []source.Morsel
}

func (s *rangeScan) Morsels() []source.Morsel { return s.morsels }

func (s *rangeScan) NewReader() (source.Reader, error) { return &rangeReader{scan: s}, nil }

func (s *rangeScan) Detail() [][2]string { return nil }

type rangeReader struct {
	scan     *rangeScan
	ctx      context.Context
	at, last int64
	n        int
}

func (r *rangeReader) Open(ctx context.Context, m source.Morsel) error {
	r.ctx, r.at, r.n = ctx, m.Handle.(int64), 0
	r.last = r.at + m.Rows
	return nil
}

func (r *rangeReader) Next() (int, error) {
	r.at += int64(r.n)
	r.n = int(min(vector.ChunkSize, r.last-r.at))
	return r.n, r.ctx.Err()
}

func (r *rangeReader) Load(c int, _ vector.Selection, v *vector.Vector) error {
	wide := v
	physical := r.scan.columns[c].Physical
	if physical != types.PhysicalInt64 {
		wide = vector.NewFlat(types.LongType, r.n)
	}
	wide.Reset(r.n)
	values := vector.Values[int64](wide)
	first, step := r.scan.table.Start+r.at*r.scan.table.Step, r.scan.table.Step
	for i := range values {
		values[i] = first + int64(i)*step
	}
	if wide != v {
		convert(v, wide)
	}
	return nil
}

func (r *rangeReader) BytesRead() int64 { return 0 }

func (r *rangeReader) Close() error { return nil }
