package parquet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/kilnql/kiln/catalog/files"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// fileReader is an open file that counts what is read of it.
type fileReader struct {
	io.ReaderAt
	read *int64
}

// reader reads morsels for one worker. Columns and their buffers are kept from morsel to morsel.
type reader struct {
	scan         *scan
	ctx          context.Context
	decompressor decompressor
	bytesRead    int64
	counted      int64 // bytes of buffers that Request.Memory knows of
	countedAt    int64 // decompressor.pages when they were counted

	fileIndex int // of the open file; -1: none
	file      files.File
	layouts   map[int][]*layout // per file: how each wanted column is read

	piece    *piece
	columns  []columnReader
	ranges   []rowRange // rows of the piece still to be read, as ranges
	start    int64      // of the current chunk
	rows     int
	finished bool
}

// rowRange is a range of rows of a row group.
type rowRange struct{ from, to int64 }

// columnReader reads one wanted column in the row group at hand.
type columnReader struct {
	layout   *layout
	flat     *column
	assembly *assembly
	opened   bool // positioned in the current row group
}

// layout is how a wanted column is read from one file.
type layout struct {
	node       *node       // nil: not in the file
	constant   any         // of a partition column
	isConstant bool        // the same value in all rows: partition columns, and null for missing ones
	conversion *conversion // of a leaf outside lists
	shape      *shape      // of anything nested
	err        error       // the column cannot be read from this file
}

func newReader(s *scan) *reader {
	return &reader{scan: s, fileIndex: -1, layouts: map[int][]*layout{}, columns: make([]columnReader, len(s.columns)), finished: true}
}

// Open starts a morsel. A morsel that runtime filters rule out is empty.
func (r *reader) Open(ctx context.Context, m source.Morsel) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	p := m.Handle.(*piece)
	defer r.guard(p, "", &err)
	r.ctx, r.piece, r.rows, r.finished = ctx, p, 0, false
	for i := range r.columns {
		r.columns[i].opened = false
	}
	if !r.scan.passesRuntime(p) {
		r.scan.counters.morselsByRuntime.Add(1)
		r.finished = true
		return nil
	}
	if len(r.scan.columns) == 0 {
		r.ranges = append(r.ranges[:0], rowRange{p.from, p.to})
		return nil
	}
	if err := r.openFile(p.file); err != nil {
		return err
	}
	r.ranges, err = r.scan.rowRanges(fileReader{r.file, &r.bytesRead}, p, r.ranges[:0])
	return err
}

// openFile opens a file of the set, unless it is open, and makes sure that it is the one whose footer was read.
func (r *reader) openFile(i int) error {
	if r.fileIndex == i {
		return nil
	}
	r.closeFile()
	file, err := r.scan.table.footers[i].open(r.scan.table.set.Gate)
	if err != nil {
		return err
	}
	r.file, r.fileIndex = file, i
	return nil
}

func (r *reader) closeFile() {
	if r.file != nil {
		r.file.Close()
		r.file, r.fileIndex = nil, -1
	}
}

// Next moves to the next chunk.
func (r *reader) Next() (rows int, err error) {
	if r.finished || r.piece == nil {
		return 0, nil
	}
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if err := r.count(); err != nil {
		return 0, err
	}
	r.rows = 0
	for len(r.ranges) > 0 && r.ranges[0].from >= r.ranges[0].to {
		r.ranges = r.ranges[1:]
	}
	if len(r.ranges) == 0 {
		r.finished = true
		return 0, nil
	}
	at := &r.ranges[0]
	r.start = at.from
	r.rows = int(min(at.to-at.from, vector.ChunkSize))
	at.from += int64(r.rows)
	return r.rows, nil
}

// Load decodes a column of the current chunk.
func (r *reader) Load(c int, sel vector.Selection, v *vector.Vector) (err error) {
	defer r.guard(r.piece, strings.Join(r.scan.columns[c].names, "."), &err)
	if r.rows == 0 {
		v.Reset(0)
		return nil
	}
	at := &r.columns[c]
	if !at.opened {
		if err := r.openColumn(c, at); err != nil {
			return err
		}
	}
	if sel != nil && len(sel) == r.rows {
		sel = nil
	}
	switch {
	case at.layout.isConstant:
		setConstant(v, at.layout.constant, r.rows)
		return nil
	case at.layout.shape != nil:
		return at.assembly.load(r.start, r.rows, v)
	}
	return at.flat.loadFlat(r.start, r.rows, sel, v)
}

// openColumn positions a column reader in the row group of the current morsel.
func (r *reader) openColumn(c int, at *columnReader) error {
	l, err := r.layoutOf(r.piece.file, c)
	if err != nil {
		return err
	}
	f := r.scan.table.footers[r.piece.file]
	file := fileReader{r.file, &r.bytesRead}
	at.layout = l
	switch {
	case l.isConstant:
	case l.shape != nil:
		if at.assembly == nil || at.assembly.shape != l.shape {
			at.assembly = newAssembly(l.shape, &r.decompressor)
		}
		at.assembly.reset(f, r.piece.rowGroup, file)
	default:
		if at.flat == nil {
			at.flat = &column{decompressor: &r.decompressor}
		}
		at.flat.typ, at.flat.conversion = r.scan.columns[c].Type, l.conversion
		at.flat.reset(f, r.piece.rowGroup, l.node, file)
	}
	at.opened = true
	return nil
}

// layoutOf decides, once per file, how a column is read.
func (r *reader) layoutOf(file, c int) (*layout, error) {
	all := r.layouts[file]
	if all == nil {
		if len(r.layouts) > 64 {
			clear(r.layouts)
		}
		all = make([]*layout, len(r.scan.columns))
		r.layouts[file] = all
	}
	if all[c] == nil {
		all[c] = r.scan.newLayout(file, c)
	}
	return all[c], all[c].err
}

func (s *scan) newLayout(file, c int) *layout {
	f, w := s.table.footers[file], &s.columns[c]
	if w.partition >= 0 {
		return &layout{isConstant: true, constant: s.table.set.Files[file].Values[w.partition]}
	}
	n := s.nodeOf(f, w)
	if n == nil {
		return &layout{isConstant: true}
	}
	l := &layout{node: n}
	if n.kind == leafNode && n.repetition == 0 && !w.Type.IsNested() {
		l.conversion, l.err = f.conversionOf(n, w.Type, physicalOf(&w.Column))
		return l
	}
	l.shape, l.err = f.newShape(n, w.Type, s.table.options.CaseSensitive)
	return l
}

// conversionOf is newConversion with the error for types that do not go together.
func (f *footer) conversionOf(n *node, t types.Type, p types.Physical) (*conversion, error) {
	if n.unsupported != "" {
		return nil, diag.Unsupported("the Parquet type of column " + n.path + " in " + f.path + ": " + n.unsupported)
	}
	if n.kind == leafNode {
		if c, ok := newConversion(n, t, p, rebasingOf(f.metadata)); ok {
			return c, nil
		}
	}
	return nil, f.typeMismatch(n, t)
}

func (f *footer) typeMismatch(n *node, t types.Type) error {
	return diag.New("FAILED_READ_FILE.PARQUET_COLUMN_DATA_TYPE_MISMATCH", "path", f.path, "column", "["+n.path+"]",
		"expectedType", t.String(), "actualType", n.parquetType())
}

// guard turns whatever goes wrong while a file is decoded into the error of a damaged file.
func (r *reader) guard(p *piece, column string, err *error) {
	path := r.scan.table.footers[p.file].path
	if x := recover(); x != nil {
		switch x := x.(type) {
		case *diag.Bug:
			panic(x)
		case runtime.Error:
			*err = x
		case error:
			*err = x
		default:
			*err = fmt.Errorf("%v", x)
		}
	}
	if *err == nil {
		return
	}
	var known *diag.Error
	if errors.As(*err, &known) || errors.Is(*err, context.Canceled) || errors.Is(*err, context.DeadlineExceeded) {
		return
	}
	if column == "" {
		*err = diag.New("FAILED_READ_FILE.NO_HINT", "path", path, "reason", (*err).Error()).Wrap(*err)
		return
	}
	*err = diag.New("FAILED_READ_FILE.DAMAGED_COLUMN", "path", path, "column", column, "reason", (*err).Error()).Wrap(*err)
}

// BytesRead counts the bytes read from files, footers left out.
func (r *reader) BytesRead() int64 { return r.bytesRead }

// Close frees the reader's memory and closes its file.
func (r *reader) Close() error {
	r.closeFile()
	r.decompressor.close()
	r.columns = make([]columnReader, len(r.scan.columns))
	r.finished = true
	return r.count()
}

// count tells the plan's memory manager how the buffers have changed since the last chunk, if pages were loaded since.
func (r *reader) count() error {
	tell := r.scan.request.Memory
	if tell == nil || r.countedAt == r.decompressor.pages {
		return nil
	}
	r.countedAt = r.decompressor.pages
	bytes := r.decompressor.bytes()
	for i := range r.columns {
		if c := r.columns[i].flat; c != nil {
			bytes += c.bytes()
		}
		if a := r.columns[i].assembly; a != nil {
			for _, c := range a.columns {
				bytes += c.bytes()
			}
		}
	}
	change := bytes - r.counted
	if change == 0 {
		return nil
	}
	if err := tell(change); err != nil {
		return err
	}
	r.counted = bytes
	return nil
}

// setConstant makes v n rows of one value in the Go form of its type.
func setConstant(v *vector.Vector, value any, n int) {
	if value == nil {
		v.SetConstantNull(n)
		return
	}
	v.Reset(1)
	switch x := value.(type) {
	case bool:
		vector.Set(v, 0, uint8(asInteger(x)))
	case int8:
		putInteger(v, int64(x))
	case int16:
		putInteger(v, int64(x))
	case int32:
		putInteger(v, int64(x))
	case int64:
		putInteger(v, x)
	case types.Int128:
		if v.Physical == types.PhysicalInt128 {
			vector.Set(v, 0, x)
		} else {
			putInteger(v, x.Int64()) // statistics have proven that it fits
		}
	case float32:
		vector.Set(v, 0, x)
	case float64:
		vector.Set(v, 0, x)
	case string:
		v.SetString(0, []byte(x))
	}
	v.SetConstant(n)
}

func putInteger(v *vector.Vector, x int64) {
	switch v.Physical {
	case types.PhysicalInt8:
		vector.Set(v, 0, int8(x))
	case types.PhysicalInt16:
		vector.Set(v, 0, int16(x))
	case types.PhysicalInt32:
		vector.Set(v, 0, int32(x))
	case types.PhysicalInt64:
		vector.Set(v, 0, x)
	}
}
