package parquet

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/kilnql/kiln/catalog/files"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/types"
)

// Pieces of work: a row group of more than sliceAbove rows is read as slices of about sliceRows.
const (
	sliceAbove = 512 << 10
	sliceRows  = 256 << 10
	// maximumSlices bounds the work that a damaged number of rows can make.
	maximumSlices = 1024
)

// scan is a prepared read of a Table.
type scan struct {
	table    *Table
	request  source.Request
	columns  []wantedColumn
	morsels  []source.Morsel
	rows     int64 // of morsels
	counters counters
}

// wantedColumn is a column of the request.
type wantedColumn struct {
	source.Column
	partition int      // of the set, or -1
	names     []string // the field names of the path
	filters   []source.Filter
	runtime   []source.RuntimeFilter
}

// counters say what a scan left out.
type counters struct {
	files, rowGroups   int64 // of the table
	filesPruned        int64 // by partition values
	groupsByPartition  int64
	groupsByStatistics int64
	groupsByBloom      int64
	groupsByLimit      int64
	morselsByRuntime   atomic.Int64
	rowsByIndex        atomic.Int64
}

// piece is the Handle of a morsel: rows [from, to) of a row group of a file.
type piece struct {
	file     int
	rowGroup int
	from, to int64
}

// Scan prepares a read: files and row groups that no wanted row can be in are left out.
func (t *Table) Scan(ctx context.Context, r *source.Request) (source.Scan, error) {
	s := &scan{table: t, request: *r}
	for i, c := range r.Columns {
		w := wantedColumn{Column: c, partition: t.partitions[c.Path[0]]}
		typ := t.schema
		for _, at := range c.Path {
			f := typ.Fields()[at]
			w.names = append(w.names, f.Name)
			typ = f.Type
		}
		for _, f := range r.Filters {
			if f.Column == i {
				w.filters = append(w.filters, f)
			}
		}
		for _, f := range r.Runtime {
			if f.Column == i {
				w.runtime = append(w.runtime, f)
			}
		}
		s.columns = append(s.columns, w)
	}
	if err := s.plan(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// plan lists the morsels.
func (s *scan) plan(ctx context.Context) error {
	t := s.table
	s.counters.files = int64(len(t.footers))
	partition := int32(-1)
	for i, f := range t.footers {
		if err := ctx.Err(); err != nil {
			return err
		}
		groups := len(f.metadata.RowGroups)
		s.counters.rowGroups += int64(groups)
		if !s.keepsFile(i) {
			s.counters.filesPruned++
			s.counters.groupsByPartition += int64(groups)
			continue
		}
		if s.enough() {
			s.counters.groupsByLimit += int64(groups)
			continue
		}
		kept, err := s.keptRowGroups(i)
		if err != nil {
			return err
		}
		for _, g := range kept {
			if s.enough() {
				s.counters.groupsByLimit++
				continue
			}
			rg := &f.metadata.RowGroups[g]
			s.rows += rg.NumRows
			partition++ // a row group is a partition: what first and small limits read
			sequence := int32(0)
			slices := int64(1)
			if rg.NumRows > sliceAbove {
				slices = min((rg.NumRows+sliceRows-1)/sliceRows, maximumSlices)
			}
			for k := range slices {
				from, to := rg.NumRows*k/slices, rg.NumRows*(k+1)/slices
				s.morsels = append(s.morsels, source.Morsel{Partition: partition, Sequence: sequence, Rows: to - from,
					Handle: &piece{file: i, rowGroup: g, from: from, to: to}})
				sequence++
			}
		}
	}
	if n := s.request.Partitions; n > 0 {
		renumber(s.morsels, n)
	}
	return nil
}

// enough reports whether the row groups listed so far hold all rows that the plan will take. Filters may leave any number of
// rows.
func (s *scan) enough() bool {
	r := &s.request
	return r.Limit >= 0 && s.rows >= r.Limit && len(r.Filters) == 0 && len(r.Runtime) == 0
}

// keptRowGroups are the row groups of a file that have rows and may have wanted ones.
func (s *scan) keptRowGroups(file int) (kept []int, err error) {
	f := s.table.footers[file]
	var opened files.File
	var read int64
	defer func() {
		if opened != nil {
			opened.Close()
		}
	}()
	open := func() (fileReader, error) {
		var err error
		if opened == nil {
			opened, err = f.open(s.table.set.Gate)
		}
		return fileReader{opened, &read}, err
	}
	for g := range f.metadata.RowGroups {
		keep, err := s.keepsRowGroup(file, g, open)
		if err != nil {
			return nil, err
		}
		if keep && f.metadata.RowGroups[g].NumRows > 0 {
			kept = append(kept, g)
		}
	}
	return kept, nil
}

// renumber spreads the morsels, in their order, over at most n partitions of about as many rows.
func renumber(morsels []source.Morsel, n int) {
	total := int64(0)
	for _, m := range morsels {
		total += m.Rows
	}
	partition, sequence, done := int32(0), int32(0), int64(0)
	for i := range morsels {
		if want := int32(done * int64(n) / max(total, 1)); want > partition {
			partition, sequence = partition+1, 0
		}
		morsels[i].Partition, morsels[i].Sequence = partition, sequence
		sequence++
		done += morsels[i].Rows
	}
}

// nodeOf finds a wanted column in a file; nil if the file does not have it.
func (s *scan) nodeOf(f *footer, w *wantedColumn) *node {
	if w.partition >= 0 {
		return nil
	}
	n := f.root
	for _, name := range w.names {
		if n.kind != structNode {
			return nil
		}
		if n = n.child(name, s.table.options.CaseSensitive); n == nil {
			return nil
		}
	}
	return n
}

// Morsels lists the pieces to read.
func (s *scan) Morsels() []source.Morsel { return s.morsels }

// NewReader makes a reader for one worker.
func (s *scan) NewReader() (source.Reader, error) { return newReader(s), nil }

// Detail gives the counts of what was left out.
func (s *scan) Detail() [][2]string {
	c := &s.counters
	detail := [][2]string{{"files", strconv.FormatInt(c.files, 10)}, {"row groups", strconv.FormatInt(c.rowGroups, 10)}}
	add := func(name string, n int64) {
		if n > 0 {
			detail = append(detail, [2]string{name, strconv.FormatInt(n, 10)})
		}
	}
	add("files pruned by partition values", c.filesPruned)
	add("row groups pruned by partition values", c.groupsByPartition)
	add("row groups pruned by statistics", c.groupsByStatistics)
	add("row groups pruned by bloom filters", c.groupsByBloom)
	add("row groups left out by the limit", c.groupsByLimit)
	add("morsels pruned by runtime filters", c.morselsByRuntime.Load())
	add("rows pruned by page index", c.rowsByIndex.Load())
	return detail
}

// String is for debugging.
func (s *scan) String() string { return fmt.Sprintf("%s: %d morsels", s.table.Name(), len(s.morsels)) }

// physicalType is the physical layout of a type when the request leaves it open.
func physicalOf(c *source.Column) types.Physical {
	if c.Physical == types.PhysicalVoid && c.Type.Kind != types.Void {
		return c.Type.Physical()
	}
	return c.Physical
}
