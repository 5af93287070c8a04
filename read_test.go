package kiln_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	arrowmemory "github.com/apache/arrow-go/v18/arrow/memory"
	arrowparquet "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/functions"
)

// writeParquet writes rows, given as JSON objects with commas between, to root/name and returns the path of the file.
func writeParquet(t testing.TB, root, name string, schema *arrow.Schema, rows string, options ...arrowparquet.WriterProperty) string {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	record, _, err := array.RecordFromJSON(arrowmemory.DefaultAllocator, schema, strings.NewReader("["+rows+"]"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := pqarrow.NewFileWriter(schema, f, arrowparquet.NewWriterProperties(options...), pqarrow.NewArrowWriterProperties())
	if err == nil {
		err = w.Write(record)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// columnsOf is a schema of nullable columns: names and types in turn.
func columnsOf(parts ...any) *arrow.Schema {
	var fields []arrow.Field
	for i := 0; i < len(parts); i += 2 {
		fields = append(fields, arrow.Field{Name: parts[i].(string), Type: parts[i+1].(arrow.DataType), Nullable: true})
	}
	return arrow.NewSchema(fields, nil)
}

// rowsText is the rows of a DataFrame as text, or the error's condition.
func rowsText(df *kiln.DataFrame) string {
	rows, err := df.Collect(context.Background())
	if err != nil {
		return diag.ConditionOf(err)
	}
	return fmt.Sprint(rows)
}

// TestUnsignedColumns: columns without sign are narrowed to what their statistics prove. DuckDB 2.0.0 gives the same sums.
func TestUnsignedColumns(t *testing.T) {
	schema := columnsOf("a", arrow.PrimitiveTypes.Uint8, "b", arrow.PrimitiveTypes.Uint16, "c", arrow.PrimitiveTypes.Uint32, "d", arrow.PrimitiveTypes.Uint64, "e", arrow.PrimitiveTypes.Uint64)
	var rows []string
	for i := range 3000 {
		rows = append(rows, fmt.Sprintf(`{"a":%d,"b":%d,"c":%d,"d":%d,"e":18446744073709551%03d}`, i%256, i*20, i*1000000, i, i%616))
	}
	for _, dictionary := range []bool{true, false} {
		path := writeParquet(t, t.TempDir(), "u.parquet", schema, strings.Join(rows, ","), arrowparquet.WithDictionaryDefault(dictionary))
		for _, narrow := range []string{"true", "false"} {
			s := open(t, map[string]string{"kiln.exec.narrowTypes": narrow})
			got := rowsText(s.SQL("select sum(a), sum(b), sum(c), sum(d), max(e), count(distinct d), sum(case when d > 2000 then d - 2000 end), d % 7 + max(a) from parquet.`" + path + "` group by d % 7 having d % 7 = 3"))
			if want := "[[53849, 12878580, 643929000000, 643929, 18446744073709551612, 429, 71786, 258]]"; got != want {
				t.Errorf("narrow %s, dictionary %t: %s, want %s", narrow, dictionary, got, want)
			}
		}
	}
}

// partitioned writes a file of one row, whose v is its name, in each directory, and returns their root.
func partitioned(t testing.TB, names ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range names {
		writeParquet(t, root, name, columnsOf("v", arrow.BinaryTypes.String), `{"v":"`+name[strings.LastIndexByte(name, '/')+1:]+`"}`)
	}
	return root
}

// TestSchemaOfPartitions: a given schema gives types to partition columns. The answers are Spark 4.0.1's.
func TestSchemaOfPartitions(t *testing.T) {
	numbers := []string{"k=01/a", "k=2/b", "k=__HIVE_DEFAULT_PARTITION__/c"}
	moments := []string{"k=2024-01-01 10%3A00%3A00/a", "k=2024-02-29/b"}
	s := open(t, nil)
	for _, c := range []struct {
		names        []string
		schema, want string
	}{
		{numbers, "", "[v k] [[a, 1] [b, 2] [c, NULL]]"},
		{numbers, "v string", "[v k] [[a, 1] [b, 2] [c, NULL]]"},
		{numbers, "v string, k string", "[v k] [[a, 01] [b, 2] [c, NULL]]"},
		{numbers, "k string, x int, v string", "[x v k] [[NULL, a, 01] [NULL, b, 2] [NULL, c, NULL]]"},
		{numbers, "V string, K tinyint", "[V K] [[a, 1] [b, 2] [c, NULL]]"},
		{numbers, "v string, k smallint", "[v k] [[a, 1] [b, 2] [c, NULL]]"},
		{numbers, "v string, k bigint", "[v k] [[a, 1] [b, 2] [c, NULL]]"},
		{numbers, "v string, k float", "[v k] [[a, 1.0] [b, 2.0] [c, NULL]]"},
		{numbers, "v string, k double", "[v k] [[a, 1.0] [b, 2.0] [c, NULL]]"},
		{numbers, "v string, k decimal(5,2)", "[v k] [[a, 1.00] [b, 2.00] [c, NULL]]"},
		{numbers, "v string, k decimal(25,2)", "[v k] [[a, 1.00] [b, 2.00] [c, NULL]]"},
		{numbers, "v string, k interval day", "[v k] [[a, INTERVAL '1' DAY] [b, INTERVAL '2' DAY] [c, NULL]]"},
		{numbers, "v string, k boolean", "INVALID_PARTITION_VALUE"},
		{numbers, "v string, k date", "INVALID_PARTITION_VALUE"},
		{numbers, "v string, k array<int>", "INVALID_PARTITION_VALUE"},
		{[]string{"k=1.5/a"}, "v string, k int", "INVALID_PARTITION_VALUE"},
		{[]string{"k=true/a", "k=false/b"}, "v string, k boolean", "[v k] [[b, false] [a, true]]"},
		{moments, "", "[v k] [[a, 2024-01-01 10:00:00] [b, 2024-02-29 00:00:00]]"},
		{moments, "v string, k timestamp_ntz", "[v k] [[a, 2024-01-01 10:00:00] [b, 2024-02-29 00:00:00]]"},
		{moments, "v string, k string", "[v k] [[a, 2024-01-01 10:00:00] [b, 2024-02-29]]"},
		{[]string{"k=123456789012345678901234567890/a", "k=7/b"}, "", "[v k] [[a, 123456789012345678901234567890] [b, 7]]"},
	} {
		r := s.Read()
		if c.schema != "" {
			r = r.Schema(c.schema)
		}
		df := r.Parquet(partitioned(t, c.names...))
		got := rowsText(df)
		if df.Err() == nil {
			var names []string
			for _, f := range df.Schema().Fields() {
				names = append(names, f.Name)
			}
			got = fmt.Sprint(names, " ", got)
		}
		if got != c.want {
			t.Errorf("%v as %q: %s, want %s", c.names, c.schema, got, c.want)
		}
	}
}

// TestPartitionInference: the setting, and zones of timestamps.
func TestPartitionInference(t *testing.T) {
	root := partitioned(t, "k=01/a", "k=2/b")
	s := open(t, map[string]string{"spark.sql.sources.partitionColumnTypeInference.enabled": "false", "spark.sql.session.timeZone": "Europe/Prague"})
	if got := rowsText(s.SQL("select k, typeof(k) from parquet.`" + root + "` where k > '00'")); got != "[[01, string] [2, string]]" {
		t.Error(got)
	}
	if err := s.Set("spark.sql.sources.partitionColumnTypeInference.enabled", "true"); err != nil {
		t.Fatal(err)
	}
	if got := rowsText(s.SQL("select k, typeof(k) from parquet.`" + root + "` where k > 1")); got != "[[2, int]]" {
		t.Error(got)
	}
	root = partitioned(t, "k=2024-07-01 10%3A00%3A00/a")
	if got := rowsText(s.SQL("select unix_seconds(k) from parquet.`" + root + "`")); got != "[[1719820800]]" {
		t.Error(got)
	}
	if err := s.Set("spark.sql.session.timeZone", "UTC"); err != nil {
		t.Fatal(err)
	}
	if got := rowsText(s.SQL("select unix_seconds(k) from parquet.`" + root + "`")); got != "[[1719828000]]" {
		t.Error(got)
	}
}

// TestReaderOptions: what the options of Reader.Option choose is what Spark 4.0.1 chooses.
func TestReaderOptions(t *testing.T) {
	root := partitioned(t, "k=7/a4", "k=8/a5", "k=8/b4", "k=8/_h/a9")
	s := open(t, nil)
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := os.Chtimes(filepath.Join(root, "k=7/a4"), old, old); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		below, schema string
		options       []string
		want          string
	}{
		{"", "", nil, "[[a4, 7] [a5, 8] [b4, 8]]"},
		{"", "", []string{"pathGlobFilter", "a*"}, "[[a4, 7] [a5, 8]]"},
		{"", "", []string{"PATHGLOBFILTER", "{a,b}[3-4]"}, "[[a4, 7] [b4, 8]]"},
		{"", "", []string{"pathGlobFilter", "zzz*"}, "UNABLE_TO_INFER_SCHEMA"},
		{"", "v string", []string{"pathGlobFilter", "zzz*"}, "[]"},
		{"", "", []string{"pathGlobFilter", "["}, "INVALID_CONF_VALUE.TYPE_MISMATCH"},
		{"", "", []string{"recursiveFileLookup", "true"}, "[[a4] [a5] [b4]]"},
		{"", "", []string{"recursiveFileLookup", "True", "pathGlobFilter", "?4"}, "[[a4] [b4]]"},
		{"", "", []string{"recursiveFileLookup", "maybe"}, "INVALID_CONF_VALUE.TYPE_MISMATCH"},
		{"/k=8", "", nil, "[[a5] [b4]]"},
		{"/k=8", "", []string{"basePath", root}, "[[a5, 8] [b4, 8]]"},
		{"/k=8/a5", "", []string{"basePath", "file://" + root + "/"}, "[[a5, 8]]"},
		{"/*", "", []string{"basePath", root}, "[[a4, 7] [a5, 8] [b4, 8]]"},
		{"/k=8", "", []string{"basePath", root, "recursiveFileLookup", "true"}, "[[a5] [b4]]"},
		{"/k=8", "", []string{"basePath", root + "/k=7"}, "INVALID_CONF_VALUE.TYPE_MISMATCH"},
		{"", "", []string{"modifiedBefore", "2020-01-01T00:00:01"}, "[[a4, 7]]"},
		{"", "", []string{"modifiedBefore", "2020-01-01"}, "UNABLE_TO_INFER_SCHEMA"},
		{"", "", []string{"modifiedAfter", "2020-01-01 00:00:00"}, "[[a5, 8] [b4, 8]]"},
		{"", "", []string{"modifiedAfter", "xx"}, "INVALID_CONF_VALUE.TYPE_MISMATCH"},
		{"", "", []string{"unknownOption", "1"}, "UNSUPPORTED_FEATURE"},
	} {
		r := s.Read()
		for i := 0; i < len(c.options); i += 2 {
			r = r.Option(c.options[i], c.options[i+1])
		}
		if c.schema != "" {
			r = r.Schema(c.schema)
		}
		if got := rowsText(r.Parquet(root + c.below)); got != c.want {
			t.Errorf("%s with %v: %s, want %s", c.below, c.options, got, c.want)
		}
	}
}

// TestNamesOfFileColumns: two columns of one name, and a partition column that the files have too, as in Spark 4.0.1.
func TestNamesOfFileColumns(t *testing.T) {
	integer := arrow.PrimitiveTypes.Int64
	root := t.TempDir()
	twice := writeParquet(t, root, "twice/f", columnsOf("x", integer, "X", integer), `{"x":1,"X":2}`)
	nested := writeParquet(t, root, "nested/f", columnsOf("s", arrow.StructOf(columnsOf("x", integer, "X", integer).Fields()...)), `{"s":{"x":1,"X":2}}`)
	writeParquet(t, root, "both/K=1/f", columnsOf("k", integer, "v", integer), `{"k":99,"v":1}`)
	writeParquet(t, root, "deep/K=1/k=2/f", columnsOf("v", integer), `{"v":1}`)
	folded, exact := open(t, nil), open(t, map[string]string{"spark.sql.caseSensitive": "true"})
	for _, c := range []struct {
		s          *kiln.Session
		path, want string
	}{
		{folded, twice, "COLUMN_ALREADY_EXISTS"},
		{folded, nested, "COLUMN_ALREADY_EXISTS"},
		{folded, root + "/deep", "COLUMN_ALREADY_EXISTS"},
		{folded, root + "/both", "[[1, 1]]"},
		{exact, twice, "[[1, 2]]"},
		{exact, root + "/deep", "[[1, 1, 2]]"},
		{exact, root + "/both", "[[99, 1, 1]]"},
	} {
		if got := rowsText(c.s.SQL("select * from parquet.`" + c.path + "`")); got != c.want {
			t.Errorf("%s: %s, want %s", c.path, got, c.want)
		}
	}
	if schema := folded.Read().Parquet(root + "/both").Schema(); schema.String() != "struct<K:int,v:bigint>" {
		t.Error(schema)
	}
}

// TestColumnsOfNulls: a column that its file says is always null has the type of its physical values, as in Spark 4.0.1.
func TestColumnsOfNulls(t *testing.T) {
	path := writeParquet(t, t.TempDir(), "f", columnsOf("n", arrow.Null, "a", arrow.PrimitiveTypes.Int64), `{"n":null,"a":1},{"n":null,"a":2}`)
	for _, narrow := range []string{"true", "false"} {
		s := open(t, map[string]string{"kiln.exec.narrowTypes": narrow})
		if got := rowsText(s.SQL("select n, typeof(n), a from parquet.`" + path + "`")); got != "[[NULL, int, 1] [NULL, int, 2]]" {
			t.Error(got)
		}
		if got := rowsText(s.SQL("select sum(n + a), count(n), max(n), count(*) from parquet.`" + path + "` where n is null")); got != "[[NULL, 0, NULL, 2]]" {
			t.Error(got)
		}
	}
}

// TestMergedWidths: mergeSchema takes the wider of two types, where Spark raises CANNOT_MERGE_SCHEMAS; without it the first
// file's type holds, and the other file is an error, as in Spark.
func TestMergedWidths(t *testing.T) {
	root := t.TempDir()
	writeParquet(t, root, "a", columnsOf("n", arrow.PrimitiveTypes.Int32), `{"n":1}`)
	writeParquet(t, root, "b", columnsOf("n", arrow.PrimitiveTypes.Int64), `{"n":1099511627776}`)
	s := open(t, nil)
	if got := rowsText(s.Read().Parquet(root)); got != "FAILED_READ_FILE.PARQUET_COLUMN_DATA_TYPE_MISMATCH" {
		t.Error(got)
	}
	merged := s.Read().Option("mergeSchema", true).Parquet(root)
	if got := merged.Schema().String() + rowsText(merged); got != "struct<n:bigint>[[1] [1099511627776]]" {
		t.Error(got)
	}
	writeParquet(t, root, "c", columnsOf("n", arrow.BinaryTypes.String), `{"n":"x"}`)
	if got := rowsText(s.Read().Option("mergeSchema", true).Parquet(root)); got != "CANNOT_MERGE_SCHEMAS" {
		t.Error(got)
	}
}

// TestFileChangesAfterItsPlan: a DataFrame reads the files as they are when it runs, or says that they changed.
func TestFileChangesAfterItsPlan(t *testing.T) {
	root := t.TempDir()
	schema := columnsOf("n", arrow.PrimitiveTypes.Int64)
	path := writeParquet(t, root, "a", schema, `{"n":1},{"n":2}`)
	s := open(t, nil)
	df := s.Read().Parquet(path)
	sum := df.Agg(functions.Sum("n"))
	prepared, err := s.Prepare("select sum(n) from parquet.`" + path + "`")
	if err != nil {
		t.Fatal(err)
	}
	for i, rows := range []string{`{"n":1},{"n":2}`, `{"n":5},{"n":6}`, `{"n":5},{"n":6},{"n":7}`} {
		writeParquet(t, root, "a", schema, rows)
		if err := os.Chtimes(path, time.Time{}, time.Date(2024, 1, 1+i, 0, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
		want := []string{"[[3]]", "[[11]]", "[[18]]"}[i]
		for name, d := range map[string]*kiln.DataFrame{"DataFrame": sum, "prepared": prepared.Query(t.Context()), "fresh": s.SQL("select sum(n) from parquet.`" + path + "`")} {
			if got := rowsText(d); got != want && got != "FAILED_READ_FILE.NO_HINT" {
				t.Errorf("%s after change %d: %s, want %s", name, i, got, want)
			} else if name == "fresh" && got != want {
				t.Errorf("a new query after change %d: %s", i, got)
			}
		}
	}
}

// TestFilesOfRowsAreUnsupported: what would tell the file of a row says so, rather than that the name is wrong.
func TestFilesOfRowsAreUnsupported(t *testing.T) {
	path := partitioned(t, "a")
	s := open(t, nil)
	for construct, item := range map[string]string{"_metadata": "_metadata.file_name", "column _metadata": "_metadata", "input_file_name": "input_file_name()"} {
		_, err := s.SQL("select v, " + item + " from parquet.`" + path + "`").Collect(t.Context())
		if diag.ConditionOf(err) != "UNSUPPORTED_FEATURE" || !strings.Contains(err.Error(), construct) {
			t.Errorf("%s: %v", item, err)
		}
	}
}

// TestINT96 reads the same moments from the timestamps of Impala and old Spark as from microseconds; Spark 4.0.1 finds them
// equal too.
func TestINT96(t *testing.T) {
	moment := &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	b := array.NewRecordBuilder(arrowmemory.DefaultAllocator, columnsOf("t", moment))
	for _, micros := range []int64{-12219292800000001, -1, 0, 951782399999999, 9223372036854775} {
		b.Field(0).(*array.TimestampBuilder).Append(arrow.Timestamp(micros))
	}
	b.Field(0).AppendNull()
	record := b.NewRecordBatch()
	write := func(options ...pqarrow.WriterOption) string {
		path := filepath.Join(t.TempDir(), "f")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w, err := pqarrow.NewFileWriter(record.Schema(), f, nil, pqarrow.NewArrowWriterProperties(options...))
		if err == nil {
			err = w.Write(record)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	s := open(t, nil)
	want := "[[-12219292800000001] [-1] [0] [951782399999999] [9223372036854775] [NULL]]"
	for name, path := range map[string]string{"INT96": write(pqarrow.WithDeprecatedInt96Timestamps(true)), "INT64": write()} {
		if got := rowsText(s.SQL("select unix_micros(t) from parquet.`" + path + "`")); got != want {
			t.Errorf("%s: %s", name, got)
		}
		if got := rowsText(s.SQL("select count(*) from parquet.`" + path + "` where t >= timestamp'2000-02-28 23:59:59.999999'")); got != "[[2]]" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestRowGroupsWithoutRows: a file may have row groups of zero rows among others, and nothing else.
func TestRowGroupsWithoutRows(t *testing.T) {
	schema := columnsOf("n", arrow.PrimitiveTypes.Int64, "s", arrow.BinaryTypes.String)
	path := filepath.Join(t.TempDir(), "f")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := pqarrow.NewFileWriter(schema, f, nil, pqarrow.NewArrowWriterProperties())
	for _, rows := range []string{"", `{"n":1,"s":"a"},{"n":2,"s":"b"}`, "", `{"n":3,"s":null}`, ""} {
		record, _, jsonErr := array.RecordFromJSON(arrowmemory.DefaultAllocator, schema, strings.NewReader("["+rows+"]"))
		if err == nil {
			err = jsonErr
		}
		if err == nil {
			err = w.Write(record)
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, nil)
	for query, want := range map[string]string{
		"select count(*), sum(n), max(s) from %s": "[[3, 6, b]]", "select * from %s where n >= 2": "[[2, b] [3, NULL]]", "select n from %s limit 1": "[[1]]",
		"select count(*) from %s where n > 3": "[[0]]",
	} {
		if got := rowsText(s.SQL(fmt.Sprintf(query, "parquet.`"+path+"`"))); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	empty := writeParquet(t, t.TempDir(), "f", schema, "")
	if got := rowsText(s.SQL("select count(*), sum(n) from parquet.`" + empty + "`")); got != "[[0, NULL]]" {
		t.Error(got)
	}
}
