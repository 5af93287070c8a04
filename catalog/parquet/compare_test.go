package parquet

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	arrowmemory "github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// value is row i of a vector in a form that compares with ==, or reflect.DeepEqual for nested ones.
func value(v *vector.Vector, i int) any {
	if v.IsNull(i) {
		return nil
	}
	if v.Encoding == vector.Dictionary {
		return value(v.Dict.Values, int(v.Codes()[i]))
	}
	switch v.Physical {
	case types.PhysicalBool:
		return vector.Get[uint8](v, i) != 0
	case types.PhysicalInt8:
		return int64(vector.Get[int8](v, i))
	case types.PhysicalInt16:
		return int64(vector.Get[int16](v, i))
	case types.PhysicalInt32:
		return int64(vector.Get[int32](v, i))
	case types.PhysicalInt64:
		return vector.Get[int64](v, i)
	case types.PhysicalInt128:
		w := vector.Get[types.Int128](v, i)
		if w.IsInt64() {
			return w.Int64()
		}
		return w
	case types.PhysicalFloat32:
		return floatValue(float64(vector.Get[float32](v, i)))
	case types.PhysicalFloat64:
		return floatValue(vector.Get[float64](v, i))
	case types.PhysicalString:
		return string(v.StringAt(i))
	case types.PhysicalInterval:
		return vector.Get[types.Interval](v, i)
	case types.PhysicalStruct:
		out := make([]any, len(v.Children))
		for c, child := range v.Children {
			out[c] = value(child, v.At(i))
		}
		return out
	case types.PhysicalList:
		l := vector.Get[vector.List](v, i)
		out := make([]any, 0, l.Length)
		for k := range l.Length {
			out = append(out, value(v.Children[0], int(l.Start+k)))
		}
		return out
	}
	panic("layout")
}

func floatValue(f float64) any {
	if f != f {
		return "NaN"
	}
	return math.Float64bits(f)
}

// arrowValue is the same of an Arrow array.
func arrowValue(a arrow.Array, i int) any {
	if a.IsNull(i) {
		return nil
	}
	switch a := a.(type) {
	case *array.Boolean:
		return a.Value(i)
	case *array.Int8:
		return int64(a.Value(i))
	case *array.Int16:
		return int64(a.Value(i))
	case *array.Int32:
		return int64(a.Value(i))
	case *array.Int64:
		return a.Value(i)
	case *array.Uint8:
		return int64(a.Value(i))
	case *array.Uint16:
		return int64(a.Value(i))
	case *array.Uint32:
		return int64(a.Value(i))
	case *array.Uint64:
		w := types.Int128{Lo: a.Value(i)}
		if w.IsInt64() {
			return w.Int64()
		}
		return w
	case *array.Float16:
		return floatValue(float64(a.Value(i).Float32()))
	case *array.Float32:
		return floatValue(float64(a.Value(i)))
	case *array.Float64:
		return floatValue(a.Value(i))
	case *array.String:
		return a.Value(i)
	case *array.LargeString:
		return a.Value(i)
	case *array.Binary:
		return string(a.Value(i))
	case *array.FixedSizeBinary:
		return string(a.Value(i))
	case *array.Date32:
		return int64(a.Value(i))
	case *array.Time32:
		return int64(a.Value(i)) * 1000
	case *array.Time64:
		if a.DataType().(*arrow.Time64Type).Unit == arrow.Nanosecond {
			return floorDivide(int64(a.Value(i)), 1000)
		}
		return int64(a.Value(i))
	case *array.Timestamp:
		switch a.DataType().(*arrow.TimestampType).Unit {
		case arrow.Millisecond:
			return int64(a.Value(i)) * 1000
		case arrow.Nanosecond:
			return floorDivide(int64(a.Value(i)), 1000)
		}
		return int64(a.Value(i))
	case *array.Decimal128:
		w := types.Int128{Lo: a.Value(i).LowBits(), Hi: a.Value(i).HighBits()}
		if w.IsInt64() {
			return w.Int64()
		}
		return w
	case *array.Dictionary:
		return arrowValue(a.Dictionary(), a.GetValueIndex(i))
	case *array.Struct:
		out := make([]any, a.NumField())
		for c := range out {
			out[c] = arrowValue(a.Field(c), i)
		}
		return out
	case *array.Map:
		start, end := a.ValueOffsets(i)
		out := make([]any, 0, end-start)
		for k := start; k < end; k++ {
			out = append(out, []any{arrowValue(a.Keys(), int(k)), arrowValue(a.Items(), int(k))})
		}
		return out
	case *array.List:
		start, end := a.ValueOffsets(i)
		out := make([]any, 0, end-start)
		for k := start; k < end; k++ {
			out = append(out, arrowValue(a.ListValues(), int(k)))
		}
		return out
	}
	panic(fmt.Sprintf("%T", a))
}

// arrowColumns reads a file with arrow-go.
func arrowColumns(t testing.TB, path string) [][]any {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := file.NewParquetReader(f)
	if err != nil {
		t.Fatal(err)
	}
	fr, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{}, arrowmemory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	table, err := fr.ReadTable(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	out := make([][]any, table.NumCols())
	for c := range out {
		out[c] = chunkedValues(table.Column(c).Data())
	}
	return out
}

func chunkedValues(c *arrow.Chunked) []any {
	var out []any
	for _, a := range c.Chunks() {
		for i := range a.Len() {
			out = append(out, arrowValue(a, i))
		}
	}
	return out
}

// open opens files as a table.
func open(t testing.TB, paths ...string) *Table {
	t.Helper()
	table, err := OpenPaths(context.Background(), nil, paths, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// everything is a request for all columns.
func everything(table *Table) *source.Request {
	r := &source.Request{Limit: -1}
	for i, f := range table.Schema().Fields() {
		r.Columns = append(r.Columns, source.Column{Path: []int{i}, Type: f.Type, Physical: f.Type.Physical()})
	}
	return r
}

// vectorsFor makes a vector for each column of a request.
func vectorsFor(r *source.Request) []*vector.Vector {
	var out []*vector.Vector
	for _, c := range r.Columns {
		out = append(out, vector.New(c.Type, c.Physical, vector.ChunkSize))
	}
	return out
}

// readColumns reads all rows of a request.
func readColumns(t testing.TB, table *Table, r *source.Request) [][]any {
	t.Helper()
	out, err := tryColumns(table, r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tryColumns(table *Table, r *source.Request) ([][]any, error) {
	s, err := table.Scan(context.Background(), r)
	if err != nil {
		return nil, err
	}
	reader, err := s.NewReader()
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	out := make([][]any, len(r.Columns))
	vectors := vectorsFor(r)
	for _, m := range s.Morsels() {
		if err := reader.Open(context.Background(), m); err != nil {
			return nil, err
		}
		for {
			n, err := reader.Next()
			if err != nil {
				return nil, err
			}
			if n == 0 {
				break
			}
			for c, v := range vectors {
				if err := reader.Load(c, nil, v); err != nil {
					return nil, err
				}
				for i := range n {
					out[c] = append(out[c], value(v, i))
				}
			}
		}
	}
	return out, nil
}

// same compares columns value by value.
func same(t testing.TB, name string, got, want []any) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d rows, want %d", name, len(got), len(want))
	}
	for i := range got {
		if !equalValues(got[i], want[i]) {
			t.Fatalf("%s: row %d is %v, want %v", name, i, got[i], want[i])
		}
	}
}

func equalValues(a, b any) bool {
	if _, nested := a.([]any); nested {
		return reflect.DeepEqual(a, b)
	}
	if _, nested := b.([]any); nested {
		return false
	}
	return a == b
}

// randomReads opens the morsels of a request in random order and loads random columns with random selections of random
// chunks, some of them twice, comparing with the columns of a full read.
func randomReads(t testing.TB, table *Table, r *source.Request, want [][]any, rng *rand.Rand) {
	t.Helper()
	s, err := table.Scan(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	reader, _ := s.NewReader()
	defer reader.Close()
	vectors := vectorsFor(r)
	first := make([]int64, len(s.Morsels()))
	at := int64(0)
	for i, m := range s.Morsels() {
		first[i] = at
		at += m.Rows
	}
	for _, i := range rng.Perm(len(s.Morsels())) {
		if err := reader.Open(context.Background(), s.Morsels()[i]); err != nil {
			t.Fatal(err)
		}
		base := first[i]
		for {
			n, err := reader.Next()
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 || rng.IntN(50) == 0 {
				break
			}
			for k := range rng.IntN(2 * len(vectors)) {
				c := rng.IntN(len(vectors))
				sel := randomSelection(rng, n)
				if err := reader.Load(c, sel, vectors[c]); err != nil {
					t.Fatalf("load %d of column %d, %d rows of %d: %v", k, c, sel.Rows(n), n, err)
				}
				checkSelected(t, r.Columns[c].Path, vectors[c], sel, n, want[c][base:base+int64(n)])
			}
			base += int64(n)
		}
	}
}

func checkSelected(t testing.TB, path []int, v *vector.Vector, sel vector.Selection, n int, want []any) {
	t.Helper()
	if v.Len != n {
		t.Fatalf("column %v has %d rows of %d", path, v.Len, n)
	}
	for k := range sel.Rows(n) {
		row := k
		if sel != nil {
			row = int(sel[k])
		}
		if got := value(v, row); !equalValues(got, want[row]) {
			t.Fatalf("column %v: row %d is %v, want %v (%d rows of %d selected)", path, row, got, want[row], sel.Rows(n), n)
		}
	}
}

func randomSelection(rng *rand.Rand, n int) vector.Selection {
	share := []float64{2, 0, 0.01, 0.1, 0.3, 0.9}[rng.IntN(6)]
	if share > 1 {
		return nil
	}
	sel := vector.Selection{}
	for i := range n {
		if rng.Float64() < share {
			sel = append(sel, uint16(i))
		}
	}
	return sel
}
