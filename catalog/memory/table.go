// Package memory has tables whose rows are in memory: vectors, Arrow records, and the numbers of range().
package memory

import (
	"context"
	"fmt"
	"slices"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Batch is a piece of a table: one vector a column, each with Len rows in the widest layout of its type. It must not change
// while the table is in use. Vectors are flat or dictionaries.
type Batch struct {
	Columns []*vector.Vector
	Len     int
}

// Table is a source.Table over batches.
type Table struct {
	name       string
	schema     types.Type
	partitions [][]Batch
	rows       int64
	bytes      int64
}

// NewTable makes a table of the batches of each partition.
func NewTable(name string, schema types.Type, partitions [][]Batch) *Table {
	t := &Table{name: name, schema: schema, partitions: partitions}
	for _, p := range partitions {
		for _, b := range p {
			t.rows += int64(b.Len)
			for _, c := range b.Columns {
				t.bytes += c.UsedSize()
			}
		}
	}
	return t
}

// Name implements source.Table.
func (t *Table) Name() string { return t.name }

// Schema implements source.Table.
func (t *Table) Schema() types.Type { return t.schema }

// Statistics implements source.Table.
func (t *Table) Statistics() *source.Statistics {
	return &source.Statistics{Rows: t.rows, RowsExact: true, Bytes: t.bytes, Columns: make([]*types.ColumnStatistics, len(t.schema.Fields()))}
}

// morselRows is how many rows of a batch one morsel holds at most.
const morselRows = 64 << 10

// piece is the handle of a morsel: rows [from, to) of a batch.
type piece struct {
	batch    *Batch
	from, to int
}

// Scan implements source.Table.
func (t *Table) Scan(_ context.Context, r *source.Request) (source.Scan, error) {
	s := &scan{request: r}
	target := len(t.partitions)
	if r.Partitions > 0 {
		target = min(target, r.Partitions)
	}
	sequence := make([]int32, max(target, 1))
	for p := range t.partitions {
		number := int32(p * target / len(t.partitions))
		for b := range t.partitions[p] {
			batch := &t.partitions[p][b]
			for from := 0; from < batch.Len; from += morselRows {
				to := min(from+morselRows, batch.Len)
				s.morsels = append(s.morsels, source.Morsel{Partition: number, Sequence: sequence[number], Rows: int64(to - from),
					Handle: piece{batch, from, to}})
				sequence[number]++
			}
		}
	}
	return s, nil
}

type scan struct {
	request *source.Request
	morsels []source.Morsel
}

func (s *scan) Morsels() []source.Morsel { return s.morsels }

func (s *scan) NewReader() (source.Reader, error) {
	return &reader{request: s.request, narrowed: make([]*vector.Vector, len(s.request.Columns))}, nil
}

func (s *scan) Detail() [][2]string { return nil }

type reader struct {
	request  *source.Request
	ctx      context.Context
	piece    piece
	at, n    int
	narrowed []*vector.Vector // of each column: room for values in another layout
}

func (r *reader) Open(ctx context.Context, m source.Morsel) error {
	r.ctx, r.piece = ctx, m.Handle.(piece)
	r.at, r.n = r.piece.from, 0
	return nil
}

func (r *reader) Next() (int, error) {
	r.at += r.n
	r.n = min(vector.ChunkSize, r.piece.to-r.at)
	return r.n, r.ctx.Err()
}

func (r *reader) Load(c int, _ vector.Selection, v *vector.Vector) error {
	column := r.request.Columns[c]
	part := r.piece.batch.Columns[column.Path[0]].Slice(r.at, r.n)
	if len(column.Path) > 1 || column.Type.Kind == types.Struct {
		part = member(part, column.Path[1:], column.Type)
	}
	if part.Physical == column.Physical {
		*v = *part
		return nil
	}
	if r.narrowed[c] == nil {
		r.narrowed[c] = vector.New(column.Type, column.Physical, vector.ChunkSize)
	}
	convert(r.narrowed[c], part)
	*v = *r.narrowed[c]
	return nil
}

func (r *reader) BytesRead() int64 { return 0 }

func (r *reader) Close() error { return nil }

// member walks down struct fields, a null struct having null fields, and prunes a struct to the fields of t.
func member(v *vector.Vector, path []int, t types.Type) *vector.Vector {
	for _, field := range path {
		child := *v.Children[field]
		if v.Valid != nil {
			valid := slices.Clone(v.Valid)
			if child.Valid != nil {
				valid.And(child.Valid)
			}
			child.Valid = valid
		}
		v = &child
	}
	if t.Kind != types.Struct || v.Type.Kind != types.Struct || len(t.Fields()) == len(v.Type.Fields()) {
		return v
	}
	pruned := *v
	pruned.Type, pruned.Children = t, nil
	for _, want := range t.Fields() {
		i := slices.IndexFunc(v.Type.Fields(), func(f types.Field) bool { return f.Name == want.Name })
		if i < 0 {
			panic(fmt.Sprintf("memory: no field %s in %s", want.Name, v.Type))
		}
		pruned.Children = append(pruned.Children, member(v.Children[i], nil, want.Type))
	}
	return &pruned
}

// convert copies an integer vector into another integer layout, which its values fit.
func convert(out, in *vector.Vector) {
	flat := vector.Flatten(in, in.Len)
	out.Reset(in.Len)
	out.Valid = flat.Valid
	switch out.Physical {
	case types.PhysicalInt8:
		narrow[int8](out, flat)
	case types.PhysicalInt16:
		narrow[int16](out, flat)
	case types.PhysicalInt32:
		narrow[int32](out, flat)
	case types.PhysicalInt64:
		narrow[int64](out, flat)
	default:
		panic(fmt.Sprintf("memory: values in layout %d wanted in %d", in.Physical, out.Physical))
	}
}

func narrow[T int8 | int16 | int32 | int64](out, in *vector.Vector) {
	to := vector.Values[T](out)
	switch in.Physical {
	case types.PhysicalInt8:
		copyAs(to, vector.Values[int8](in))
	case types.PhysicalInt16:
		copyAs(to, vector.Values[int16](in))
	case types.PhysicalInt32:
		copyAs(to, vector.Values[int32](in))
	case types.PhysicalInt64:
		copyAs(to, vector.Values[int64](in))
	case types.PhysicalInt128:
		for i, v := range vector.Values[types.Int128](in) {
			to[i] = T(v.Int64())
		}
	default:
		panic(fmt.Sprintf("memory: layout %d is no integer", in.Physical))
	}
}

func copyAs[T, U int8 | int16 | int32 | int64](to []T, from []U) {
	for i, v := range from {
		to[i] = T(v)
	}
}
