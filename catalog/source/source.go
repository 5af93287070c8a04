// Package source has the interfaces between the engine and where tables come from. A format implements Table, Scan
// and Reader; the engine asks for columns in the layout its plan chose, for the chunks and rows that survive.
package source

import (
	"context"

	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Table is something that can be scanned: files, memory, a function's rows. It is a snapshot: its schema, files and
// statistics do not change. It is safe for concurrent use.
type Table interface {
	// Name describes the table in plans, such as "parquet [/data/a.parquet, …]".
	Name() string
	// Schema is the struct type of the table's columns.
	Schema() types.Type
	// Statistics are what is known without reading data.
	Statistics() *Statistics
	// Scan prepares reading. It prunes what can be pruned before any data is read.
	Scan(ctx context.Context, r *Request) (Scan, error)
}

// FileTable is implemented by tables that are files.
type FileTable interface {
	Table
	// Format is the name of the files' format, such as "parquet", with which Name begins.
	Format() string
	// Paths are the files; do not modify.
	Paths() []string
}

// Statistics are what a table knows of itself.
type Statistics struct {
	Rows      int64 // -1: unknown
	RowsExact bool
	Bytes     int64 // estimated size of the data in files or memory; -1: unknown
	// Columns are per column of the schema; a nil entry: nothing known.
	Columns []*types.ColumnStatistics
}

// Request is what a plan wants of a table.
type Request struct {
	Columns []Column
	// Filters may be used to skip files, row groups and pages. They are hints: rows that fail them may still come.
	Filters []Filter
	// Runtime filters arrive while the query runs, from join builds and top-n; also only hints.
	Runtime []RuntimeFilter
	// Limit says that the plan takes only so many rows, the first ones, so that a source may leave out the others; -1: all. It is
	// a hint, and says nothing where there are Filters.
	Limit int64
	// Partitions, if above 0, asks for the morsels to be numbered into at most that many partitions.
	Partitions int
	// Memory, if not nil, is told by readers how many bytes of buffers they take (or give back, below 0). An error of it
	// is returned by the read that needed them. It may be called by several readers at once.
	Memory func(change int64) error
}

// Column is one column to read.
type Column struct {
	// Path is the column's index in the schema, then indexes of nested struct fields when only a part is wanted.
	Path []int
	// Type is the type wanted: the column's, or a pruned struct.
	Type types.Type
	// Physical is the layout wanted; it may be narrower than Type's if statistics prove that values fit.
	Physical types.Physical
}

// FilterOp is the test of a Filter.
type FilterOp uint8

// The tests. In holds if the value is one of Values. IsNull and IsNotNull have no values.
const (
	FilterEqual FilterOp = iota
	FilterNotEqual
	FilterLess
	FilterLessOrEqual
	FilterGreater
	FilterGreaterOrEqual
	FilterIn
	FilterIsNull
	FilterIsNotNull
	FilterStartsWith
)

// Filter is a necessary condition on one column: a conjunct of the plan. Values are literals of the column's type in
// the Go forms of package types.
type Filter struct {
	Column int // index into Request.Columns
	Op     FilterOp
	Values []any
}

// RuntimeFilter is a filter whose bounds become known, or tighter, while the query runs.
type RuntimeFilter struct {
	Column int // index into Request.Columns
	Filter *vector.RuntimeFilter
}

// Morsel is a piece of a scan that one worker reads. Results follow (Partition, Sequence).
type Morsel struct {
	Partition int32
	Sequence  int32
	Rows      int64 // estimate; -1 unknown
	// Handle is the source's own.
	Handle any
}

// Scan is a prepared read of a table. It is safe for concurrent use.
type Scan interface {
	// Morsels lists the pieces in order of (Partition, Sequence).
	Morsels() []Morsel
	// NewReader makes a reader for one worker.
	NewReader() (Reader, error)
	// Detail describes the scan in EXPLAIN and the profile: pruned row groups and the like, as ordered name/value pairs.
	Detail() [][2]string
}

// Reader reads morsels, one at a time, for one worker.
type Reader interface {
	// Open starts a morsel. The context holds until the next Open or Close.
	Open(ctx context.Context, m Morsel) error
	// Next moves to the next chunk of the morsel and returns its number of rows, at most vector.ChunkSize; 0 at the end.
	Next() (rows int, err error)
	// Load decodes column c (an index into Request.Columns) of the current chunk into v, in any encoding, in the
	// requested layout. Rows outside sel are unspecified. A column that is not loaded costs nothing, and may be loaded
	// in a later chunk. What v refers to is valid until the next call of Next or Open.
	Load(c int, sel vector.Selection, v *vector.Vector) error
	// BytesRead counts bytes read from files since the reader was made.
	BytesRead() int64
	// Close frees the reader's memory; it may be called again.
	Close() error
}
