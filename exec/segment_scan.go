package exec

import (
	"context"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/vector"
)

// segmentScan reads what a sink keeps. Each morsel's handle is a []*rowSegment.
type segmentScan struct {
	layout  []vector.Layout
	morsels []source.Morsel
	detail  func() [][2]string
}

func (s *segmentScan) Morsels() []source.Morsel { return s.morsels }

func (s *segmentScan) NewReader() (source.Reader, error) {
	return &segmentReader{layout: s.layout}, nil
}

func (s *segmentScan) Detail() [][2]string {
	if s.detail == nil {
		return nil
	}
	return s.detail()
}

// morselRows is about how many rows a sink puts into one morsel of its output.
const morselRows = 64 << 10

// appendMorsels adds morsels of about morselRows rows for the segments of one partition, numbered from sequence on.
func appendMorsels(to []source.Morsel, partition int32, segments []*rowSegment) []source.Morsel {
	sequence := int32(0)
	for len(segments) > 0 {
		rows, n := 0, 0
		for n < len(segments) && (n == 0 || rows+segments[n].rows <= morselRows) {
			rows += segments[n].rows
			n++
		}
		to = append(to, source.Morsel{Partition: partition, Sequence: sequence, Rows: int64(rows), Handle: segments[:n:n]})
		segments = segments[n:]
		sequence++
	}
	return to
}

type segmentReader struct {
	layout   []vector.Layout
	segments []*rowSegment
	columns  []*vector.Vector // of the segment being read
	rows     int
	at, n    int // the present chunk
}

func (r *segmentReader) Open(_ context.Context, m source.Morsel) error {
	r.segments = m.Handle.([]*rowSegment)
	r.columns, r.rows, r.at, r.n = nil, 0, 0, 0
	return nil
}

func (r *segmentReader) Next() (int, error) {
	r.at += r.n
	r.n = 0
	for r.at >= r.rows {
		if len(r.segments) == 0 {
			return 0, nil
		}
		columns, err := r.segments[0].load(r.layout)
		if err != nil {
			return 0, err
		}
		r.columns, r.rows, r.at = columns, r.segments[0].rows, 0
		r.segments = r.segments[1:]
	}
	r.n = min(vector.ChunkSize, r.rows-r.at)
	return r.n, nil
}

func (r *segmentReader) Load(c int, _ vector.Selection, v *vector.Vector) error {
	*v = *r.columns[c].Slice(r.at, r.n)
	return nil
}

func (r *segmentReader) BytesRead() int64 { return 0 }

func (r *segmentReader) Close() error {
	r.segments, r.columns = nil, nil
	return nil
}
