package parquet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/kilnql/kiln/catalog/files"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// place moves a file to a name below root.
func place(t *testing.T, from, root, name string) {
	t.Helper()
	to := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func counting(t *testing.T, rows int, fields ...arrow.Field) string {
	t.Helper()
	schema := arrow.NewSchema(fields, nil)
	return writeArrow(t, buildRecord(schema, rows, func(c, row int) any {
		switch schema.Field(c).Type.ID() {
		case arrow.STRING:
			return strings.Repeat("s", row)
		case arrow.FLOAT64:
			return float64(row)
		}
		return int64(row)
	}), 1000)
}

func field(name string, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true}
}

var (
	int32Type  = arrow.PrimitiveTypes.Int32
	int64Type  = arrow.PrimitiveTypes.Int64
	stringType = arrow.BinaryTypes.String
)

func TestManyFiles(t *testing.T) {
	root := t.TempDir()
	place(t, counting(t, 3, field("a", int32Type), field("b", stringType)), root, "1.parquet")
	place(t, counting(t, 2, field("B", stringType), field("a", int32Type), field("c", int64Type)), root, "2.parquet")
	place(t, counting(t, 1, field("c", int64Type)), root, "3.parquet")
	table := open(t, root)
	if got := table.Schema().String(); got != "struct<a:int,b:string>" {
		t.Error(got)
	}
	got := readColumns(t, table, everything(table))
	want := [][]any{{int64(0), int64(1), int64(2), int64(0), int64(1), nil}, {"", "s", "ss", "", "s", nil}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	if s := table.Statistics(); s.Rows != 6 || s.Columns[0].NullCount != 1 || s.Columns[0].Max != int32(2) {
		t.Errorf("%+v %+v", s, s.Columns[0])
	}
	merged, err := OpenPaths(context.Background(), nil, []string{root}, Options{MergeSchema: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := merged.Schema().String(); got != "struct<a:int,b:string,c:bigint>" {
		t.Error(got)
	}
	got = readColumns(t, merged, everything(merged))
	if !reflect.DeepEqual(got[2], []any{nil, nil, nil, int64(0), int64(1), int64(0)}) {
		t.Errorf("%v", got[2])
	}
	exact, _ := OpenPaths(context.Background(), nil, []string{root}, Options{MergeSchema: true, CaseSensitive: true})
	if got := exact.Schema().String(); got != "struct<a:int,b:string,B:string,c:bigint>" {
		t.Error(got)
	}
}

func TestOtherTypes(t *testing.T) {
	root := t.TempDir()
	place(t, counting(t, 3, field("a", int64Type), field("b", arrow.PrimitiveTypes.Float64), field("c", &arrow.Decimal128Type{Precision: 15, Scale: 3})), root, "1.parquet")
	place(t, counting(t, 2, field("a", int32Type), field("b", int32Type), field("c", &arrow.Decimal128Type{Precision: 5, Scale: 1})), root, "2.parquet")
	table := open(t, root)
	got := readColumns(t, table, everything(table))
	if want := []any{int64(0), int64(1), int64(2), int64(0), int64(1)}; !reflect.DeepEqual(got[0], want) {
		t.Errorf("int read as bigint: %v", got[0])
	}
	if got[1][4] != floatValue(1) {
		t.Errorf("int read as double: %v", got[1])
	}
	if got[2][4] != int64(100) {
		t.Errorf("decimal(5,1) read as decimal(15,3): %v", got[2])
	}
	place(t, counting(t, 2, field("a", stringType)), root, "3.parquet")
	table = open(t, root)
	_, err := tryColumns(table, everything(table))
	wantCondition(t, err, "FAILED_READ_FILE.PARQUET_COLUMN_DATA_TYPE_MISMATCH")
	e := err.(*diag.Error)
	if !strings.HasSuffix(e.Param("path"), "3.parquet") || e.Param("column") != "[a]" || e.Param("expectedType") != "bigint" || e.Param("actualType") != "BINARY (STRING)" {
		t.Errorf("%v", e.Params)
	}
	_, err = OpenPaths(context.Background(), nil, []string{root}, Options{MergeSchema: true})
	wantCondition(t, err, "CANNOT_MERGE_SCHEMAS")
}

func TestPartitionedTable(t *testing.T) {
	root := t.TempDir()
	for _, k := range []string{"1", "2", "__HIVE_DEFAULT_PARTITION__"} {
		place(t, counting(t, 10, field("a", int32Type)), root, "k="+k+"/x.parquet")
	}
	table := open(t, root)
	if got := table.Schema().String(); got != "struct<a:int,k:int>" {
		t.Error(got)
	}
	request := everything(table)
	got := readColumns(t, table, request)
	if got[1][0] != int64(1) || got[1][10] != int64(2) || got[1][20] != nil {
		t.Errorf("%v", got[1])
	}
	if s := table.Statistics().Columns[1]; s.Min != int32(1) || s.Max != int32(2) || s.NullCount != 10 || s.Distinct != 2 || !s.MinMaxExact {
		t.Errorf("%+v", s)
	}
	for _, c := range []struct {
		filter source.Filter
		rows   int
	}{
		{source.Filter{Column: 1, Op: source.FilterEqual, Values: []any{int32(2)}}, 10},
		{source.Filter{Column: 1, Op: source.FilterNotEqual, Values: []any{int32(2)}}, 10},
		{source.Filter{Column: 1, Op: source.FilterIsNull}, 10},
		{source.Filter{Column: 1, Op: source.FilterIn, Values: []any{int32(1), int32(2)}}, 20},
		{source.Filter{Column: 1, Op: source.FilterGreater, Values: []any{int32(7)}}, 0},
	} {
		request.Filters = []source.Filter{c.filter}
		if got := readColumns(t, table, request); len(got[1]) != c.rows {
			t.Errorf("%v: %d rows", c.filter, len(got[1]))
		}
	}
}

// TestLimit: row groups behind the rows that are wanted are left out, unless filters may take any number of rows away.
func TestLimit(t *testing.T) {
	table := open(t, tpch+"/lineitem.parquet")
	key := table.Schema().Fields()[0]
	columns := []source.Column{{Path: []int{0}, Type: key.Type, Physical: key.Type.Physical()}}
	list := func(r source.Request) (morsels int, rows int64, detail string) {
		t.Helper()
		r.Columns = columns
		s, err := table.Scan(t.Context(), &r)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range s.Morsels() {
			rows += m.Rows
		}
		return len(s.Morsels()), rows, fmt.Sprint(s.Detail())
	}
	all, total, _ := list(source.Request{Limit: -1})
	first, rows, detail := list(source.Request{Limit: 1})
	if first != 1 || rows < 1 || all < 5 || !strings.Contains(detail, fmt.Sprintf("[row groups left out by the limit %d]", all-1)) {
		t.Errorf("limit 1: %d of %d row groups with %d rows, %s", first, all, rows, detail)
	}
	for limit, want := range map[int64]int{0: 0, rows: 1, rows + 1: 2, total: all, total + 1: all} {
		if n, _, _ := list(source.Request{Limit: limit}); n != want {
			t.Errorf("limit %d: %d row groups, want %d", limit, n, want)
		}
	}
	filter := source.Filter{Column: 0, Op: source.FilterIsNotNull}
	if n, _, _ := list(source.Request{Limit: 1, Filters: []source.Filter{filter}}); n != all {
		t.Errorf("limit 1 above a filter: %d of %d row groups", n, all)
	}
	if n, _, _ := list(source.Request{Limit: 1, Runtime: []source.RuntimeFilter{{Column: 0}}}); n != all {
		t.Errorf("limit 1 above a run-time filter: %d of %d row groups", n, all)
	}
}

func TestNoColumns(t *testing.T) {
	table := open(t, tpch+"/lineitem.parquet")
	s, err := table.Scan(context.Background(), &source.Request{Limit: -1, Partitions: 3})
	if err != nil {
		t.Fatal(err)
	}
	reader, _ := s.NewReader()
	defer reader.Close()
	rows, last := 0, int32(0)
	for _, m := range s.Morsels() {
		if m.Partition < last || m.Partition > 2 {
			t.Errorf("partition %d after %d", m.Partition, last)
		}
		last = m.Partition
		reader.Open(context.Background(), m)
		for n, _ := reader.Next(); n > 0; n, _ = reader.Next() {
			rows += n
		}
	}
	if rows != 60175 || last != 2 || reader.BytesRead() != 0 {
		t.Errorf("%d rows, %d partitions, %d bytes", rows, last+1, reader.BytesRead())
	}
}

// TestLateColumns reads a column only where a selection is left: pages without selected rows are not decompressed.
func TestLateColumns(t *testing.T) {
	table := open(t, tpch+"/lineitem.parquet")
	request := everything(table)
	s, _ := table.Scan(context.Background(), request)
	reader, _ := s.NewReader()
	defer reader.Close()
	vectors := vectorsFor(request)
	reader.Open(context.Background(), s.Morsels()[0])
	for chunk := 0; ; chunk++ {
		n, err := reader.Next()
		if n == 0 || err != nil {
			break
		}
		if chunk == 1 {
			if err := reader.Load(15, nil, vectors[15]); err != nil {
				t.Fatal(err)
			}
		}
	}
	late := reader.BytesRead()
	full, _ := s.NewReader()
	defer full.Close()
	full.Open(context.Background(), s.Morsels()[0])
	for n, _ := full.Next(); n > 0; n, _ = full.Next() {
		for c, v := range vectors {
			full.Load(c, nil, v)
		}
	}
	if late == 0 || late*2 > full.BytesRead() {
		t.Errorf("%d bytes of %d read", late, full.BytesRead())
	}
}

func TestNestedPath(t *testing.T) {
	inner := arrow.StructOf(field("x", int64Type), field("y", stringType))
	schema := arrow.NewSchema([]arrow.Field{field("s", arrow.StructOf(field("in", inner), field("z", int32Type)))}, nil)
	record := randomRecord(newRand(3), schema, 500, 50, 0.3)
	table := open(t, writeArrow(t, record, 200))
	whole := readColumns(t, table, everything(table))[0]
	request := &source.Request{Limit: -1, Columns: []source.Column{
		{Path: []int{0, 0, 1}, Type: types.StringType, Physical: types.PhysicalString},
		{Path: []int{0, 1}, Type: types.IntType, Physical: types.PhysicalInt32},
		{Path: []int{0}, Type: types.StructType(types.Field{Name: "in", Type: types.StructType(types.Field{Name: "y", Type: types.StringType, Nullable: true},
			types.Field{Name: "missing", Type: types.IntType, Nullable: true}), Nullable: true}), Physical: types.PhysicalStruct},
		{Path: []int{0}, Type: types.StructType(types.Field{Name: "missing", Type: types.IntType, Nullable: true}), Physical: types.PhysicalStruct},
	}}
	got := readColumns(t, table, request)
	for i, w := range whole {
		var y, z, pruned, empty any
		if w != nil {
			s := w.([]any)
			z = s[1]
			pruned, empty = []any{nil}, []any{nil}
			if s[0] != nil {
				y = s[0].([]any)[1]
				pruned = []any{[]any{y, nil}}
			}
		}
		for c, want := range []any{y, z, pruned, empty} {
			if !equalValues(got[c][i], want) {
				t.Fatalf("row %d, column %d: %v, want %v", i, c, got[c][i], want)
			}
		}
	}
}

func TestGate(t *testing.T) {
	g := files.NewGate()
	if err := g.Allow(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	open(t, tpch+"/nation.parquet") // now in the cache of footers
	_, err := OpenPaths(context.Background(), g, []string{tpch + "/nation.parquet"}, Options{})
	wantCondition(t, err, "FILE_ACCESS_DENIED")
}

func TestEmptyTable(t *testing.T) {
	_, err := OpenPaths(context.Background(), nil, []string{t.TempDir()}, Options{})
	wantCondition(t, err, "UNABLE_TO_INFER_SCHEMA")
	table := open(t, counting(t, 0, field("a", int32Type)))
	if got := readColumns(t, table, everything(table)); len(got[0]) != 0 {
		t.Errorf("%v", got)
	}
	if s := table.Statistics(); s.Rows != 0 {
		t.Errorf("%+v", s)
	}
}

func TestMemoryIsCounted(t *testing.T) {
	table := open(t, tpch+"/lineitem.parquet")
	request := everything(table)
	now, peak := int64(0), int64(0)
	request.Memory = func(change int64) error {
		now += change
		peak = max(peak, now)
		return nil
	}
	readColumns(t, table, request)
	if now != 0 || peak < 1<<20 || peak > 32<<20 {
		t.Errorf("%d bytes at the end, %d at most", now, peak)
	}
	full := errors.New("full")
	request.Memory = func(change int64) error { return full }
	if _, err := tryColumns(table, request); !errors.Is(err, full) {
		t.Error(err)
	}
}

// TestWorkers reads one scan with several readers at once.
func TestWorkers(t *testing.T) {
	table := open(t, tpch+"/lineitem.parquet")
	request := everything(table)
	s, err := table.Scan(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	morsels := make(chan source.Morsel, len(s.Morsels()))
	for _, m := range s.Morsels() {
		morsels <- m
	}
	close(morsels)
	var group sync.WaitGroup
	var rows, dictionaries atomic.Int64
	for range 4 {
		group.Go(func() {
			reader, _ := s.NewReader()
			defer reader.Close()
			vectors := vectorsFor(request)
			for m := range morsels {
				if err := reader.Open(context.Background(), m); err != nil {
					t.Error(err)
				}
				for n, _ := reader.Next(); n > 0; n, _ = reader.Next() {
					rows.Add(int64(n))
					for c, v := range vectors {
						if err := reader.Load(c, nil, v); err != nil {
							t.Error(err)
						}
						if v.Encoding == vector.Dictionary {
							dictionaries.Add(1)
						}
					}
				}
			}
			table.Statistics()
		})
	}
	group.Wait()
	if rows.Load() != 60175 || dictionaries.Load() == 0 {
		t.Errorf("%d rows, %d dictionary vectors", rows.Load(), dictionaries.Load())
	}
}

// TestCancel stops between chunks.
func TestCancel(t *testing.T) {
	table := open(t, tpch+"/lineitem.parquet")
	s, _ := table.Scan(context.Background(), everything(table))
	reader, _ := s.NewReader()
	defer reader.Close()
	ctx, cancel := context.WithCancel(context.Background())
	if err := reader.Open(ctx, s.Morsels()[0]); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := reader.Next(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestSlices reads a row group so large that it is several morsels.
func TestSlices(t *testing.T) {
	const rows = sliceAbove + 1000
	schema := arrow.NewSchema([]arrow.Field{field("a", int32Type), field("b", stringType)}, nil)
	record := buildRecord(schema, rows, func(c, row int) any {
		switch {
		case row%7 == 3:
			return nil
		case c == 0:
			return int64(row)
		}
		return text(row % 50)
	})
	table := open(t, writeArrow(t, record, rows))
	request := everything(table)
	s, _ := table.Scan(context.Background(), request)
	if n := len(s.Morsels()); n != 3 {
		t.Fatalf("%d morsels", n)
	}
	got := readColumns(t, table, request)
	for row := range rows {
		var a, b any
		if row%7 != 3 {
			a, b = int64(row), text(row%50)
		}
		if got[0][row] != a || got[1][row] != b {
			t.Fatalf("row %d is %v, %v", row, got[0][row], got[1][row])
		}
	}
	randomReads(t, table, request, got, newRand(8))
}

// TestChangedFileOfTheSameSize: after the table was opened its file is replaced by one of the same size, whose values the statistics of
// the first do not bound.
func TestChangedFileOfTheSameSize(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{field("a", int64Type)}, nil)
	constant := func(v int64) string {
		return writeArrow(t, buildRecord(schema, 10, func(_, row int) any { return v + int64(row) }), 1000)
	}
	path, other := constant(10), constant(20)
	table := open(t, path)
	s, err := table.Scan(context.Background(), everything(table))
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != int64(len(b)) {
		t.Fatal("the files are not of the same size")
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	reader, _ := s.NewReader()
	defer reader.Close()
	wantCondition(t, reader.Open(context.Background(), s.Morsels()[0]), "FAILED_READ_FILE.NO_HINT")
	if got := readColumns(t, open(t, path), everything(table))[0]; got[0] != int64(20) {
		t.Errorf("opened anew: %v", got)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	wantCondition(t, reader.Open(context.Background(), s.Morsels()[0]), "FAILED_READ_FILE.FILE_NOT_EXIST")
}
