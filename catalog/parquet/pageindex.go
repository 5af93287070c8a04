package parquet

import (
	"github.com/kilnql/kiln/types"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// maximumIndex bounds the size of a page index that is read.
const maximumIndex = 16 << 20

// rowRanges are the ranges of a piece's rows that can pass the filters, by the page indexes of the filters' columns. An
// index that is absent or damaged rules nothing out: the data itself will tell.
func (s *scan) rowRanges(file fileReader, p *piece, out []rowRange) ([]rowRange, error) {
	out = append(out, rowRange{p.from, p.to})
	f := s.table.footers[p.file]
	for i := range s.columns {
		w := &s.columns[i]
		if len(w.filters) == 0 && len(w.runtime) == 0 || w.partition >= 0 || !comparableType(w.Type) {
			continue
		}
		n := s.nodeOf(f, w)
		if n == nil || n.kind != leafNode || n.repetition > 0 {
			continue
		}
		pages, ok := f.pagesOf(file, p.rowGroup, n, w.Type)
		if !ok {
			continue
		}
		out = intersect(out, pages, func(b *bounds) bool {
			for k := range w.filters {
				if !b.mayMatch(&w.filters[k], w.Type) {
					return false
				}
			}
			for k := range w.runtime {
				if !b.mayPass(w.runtime[k].Filter.Load()) {
					return false
				}
			}
			return true
		})
	}
	left := p.to - p.from
	for _, r := range out {
		left -= r.to - r.from
	}
	s.counters.rowsByIndex.Add(left)
	return out, nil
}

// pageBounds is a page of an index: the row it begins with and what is known of its values.
type pageBounds struct {
	first int64
	bounds
}

// intersect cuts from ranges the rows of pages that fail a test.
func intersect(ranges []rowRange, pages []pageBounds, keep func(*bounds) bool) []rowRange {
	var out []rowRange
	at := 0
	for i := range pages {
		from, to := pages[i].first, pages[i].first+pages[i].rows
		if !keep(&pages[i].bounds) {
			continue
		}
		for at < len(ranges) && ranges[at].to <= from {
			at++
		}
		for k := at; k < len(ranges) && ranges[k].from < to; k++ {
			cut := rowRange{max(from, ranges[k].from), min(to, ranges[k].to)}
			if n := len(out); n > 0 && out[n-1].to == cut.from {
				out[n-1].to = cut.to
			} else {
				out = append(out, cut)
			}
		}
	}
	return out
}

// pagesOf reads the page index of a leaf in a row group.
func (f *footer) pagesOf(file fileReader, rowGroup int, n *node, t types.Type) ([]pageBounds, bool) {
	rg := &f.metadata.RowGroups[rowGroup]
	chunk := &rg.Columns[n.firstLeaf]
	if chunk.ColumnIndexOffset <= 0 || chunk.OffsetIndexOffset <= 0 {
		return nil, false
	}
	var columns format.ColumnIndex
	var offsets format.OffsetIndex
	if !f.readIndex(file, chunk.OffsetIndexOffset, chunk.OffsetIndexLength, &offsets) || len(offsets.PageLocations) < 2 ||
		!f.readIndex(file, chunk.ColumnIndexOffset, chunk.ColumnIndexLength, &columns) {
		return nil, false
	}
	count := len(offsets.PageLocations)
	if len(columns.NullPages) != count || len(columns.MinValues) != count || len(columns.MaxValues) != count {
		return nil, false
	}
	signed := n.form != formUnsigned && n.element.Type.V != format.ByteArray && n.element.Type.V != format.FixedLenByteArray
	ordered := signed || len(f.metadata.ColumnOrders) > 0
	pages := make([]pageBounds, count)
	for i := range pages {
		p := &pages[i]
		p.first = offsets.PageLocations[i].FirstRowIndex
		end := rg.NumRows
		if i+1 < count {
			end = offsets.PageLocations[i+1].FirstRowIndex
		}
		if i == 0 && p.first != 0 || end < p.first || end > rg.NumRows {
			return nil, false
		}
		p.rows, p.nulls = end-p.first, -1
		switch {
		case columns.NullPages[i]:
			p.nulls = p.rows
			continue
		case n.definition == 0:
			p.nulls = 0
		case len(columns.NullCounts) == count && columns.NullCounts[i] >= 0 && columns.NullCounts[i] < p.rows:
			p.nulls = columns.NullCounts[i]
		}
		if ordered {
			p.min, p.max, _ = f.decodeBounds(n, t, columns.MinValues[i], columns.MaxValues[i])
		}
	}
	return pages, true
}

// readIndex reads and checks one Thrift structure of the page index.
func (f *footer) readIndex(file fileReader, offset int64, length int32, into any) (ok bool) {
	if length <= 0 || length > maximumIndex || offset < 4 || offset+int64(length) > f.size {
		return false
	}
	b := make([]byte, length)
	if readFull(file, b, offset) != nil {
		return false
	}
	*file.read += int64(length)
	c := compact{b: b}
	if c.skip(thriftStruct, false, 0); c.bad {
		return false
	}
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return thrift.Unmarshal(new(thrift.CompactProtocol), b, into) == nil
}
