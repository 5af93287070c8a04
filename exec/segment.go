package exec

import (
	"sync"

	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/vector"
)

// A segment is closed when it has this many rows, or about this many bytes.
const (
	segmentRows  = 4 * vector.ChunkSize
	segmentBytes = 1 << 20
)

// rowSegment is a piece of what a sink keeps: flat columns, in memory or in a spill file. Once closed it does not
// change but for where it is.
type rowSegment struct {
	rows  int
	bytes int64 // in memory

	mu      sync.Mutex
	columns []*vector.Vector // nil: spilled
	file    *memory.SpillFile
	frame   memory.Frame
}

// load returns the columns, reading them back if they were spilled. They must not be written to.
func (s *rowSegment) load(layout []vector.Layout) ([]*vector.Vector, error) {
	s.mu.Lock()
	columns, file, frame := s.columns, s.file, s.frame
	s.mu.Unlock()
	if columns != nil || len(layout) == 0 {
		return columns, nil
	}
	b, err := file.Read(frame, nil, nil)
	if err != nil {
		return nil, err
	}
	columns, _, err = vector.DecodeColumns(b, layout)
	return columns, err
}

// spill writes the segment to a file and drops it from memory. scratch is reused between calls.
func (s *rowSegment) spill(file *memory.SpillFile, scratch *[]byte) (freed int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.columns == nil {
		return 0, nil
	}
	*scratch = vector.EncodeColumns((*scratch)[:0], s.columns, s.rows)
	if s.frame, err = file.Write(*scratch); err != nil {
		return 0, err
	}
	s.columns, s.file = nil, file
	return s.bytes, nil
}

// segmentBuilder fills segments with rows.
type segmentBuilder struct {
	layout  []vector.Layout
	columns []*vector.Vector
	rows    int
}

// add copies rows of a chunk and returns a segment if one became full.
func (b *segmentBuilder) add(columns []*vector.Vector, sel vector.Selection, n int) *rowSegment {
	if b.columns == nil {
		b.columns = make([]*vector.Vector, len(b.layout))
		for i, l := range b.layout {
			b.columns[i] = vector.New(l.Type, l.Physical, 0)
		}
	}
	for i, c := range b.columns {
		vector.AppendRows(c, columns[i], sel, n)
	}
	b.rows += sel.Rows(n)
	if b.rows >= segmentRows || b.used() >= segmentBytes {
		return b.close()
	}
	return nil
}

func (b *segmentBuilder) used() int64 {
	n := int64(0)
	for _, c := range b.columns {
		n += c.UsedSize()
	}
	return n
}

// close returns the rows added since the last segment as one, or nil if there are none.
func (b *segmentBuilder) close() *rowSegment {
	if b.rows == 0 {
		return nil
	}
	s := &rowSegment{rows: b.rows, columns: b.columns}
	for _, c := range b.columns {
		s.bytes += c.Bytes()
	}
	b.columns, b.rows = nil, 0
	return s
}

// cut returns rows [from, from+n) of a segment as a segment that shares its memory.
func (s *rowSegment) cut(from, n int, layout []vector.Layout) (*rowSegment, error) {
	if from == 0 && n == s.rows {
		return s, nil
	}
	columns, err := s.load(layout)
	if err != nil {
		return nil, err
	}
	out := &rowSegment{rows: n, bytes: s.bytes, columns: make([]*vector.Vector, len(columns))}
	for i, c := range columns {
		out.columns[i] = c.Slice(from, n)
	}
	return out, nil
}
