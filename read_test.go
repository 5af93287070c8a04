package kiln_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	arrowmemory "github.com/apache/arrow-go/v18/arrow/memory"
	arrowparquet "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
)

// writeParquet writes rows, given as JSON objects with commas between, to root/name and returns the path of the file.
func writeParquet(t testing.TB, root, name string, schema *arrow.Schema, rows string, options ...arrowparquet.WriterProperty) string {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	record, _, err := array.RecordFromJSON(arrowmemory.DefaultAllocator, schema, strings.NewReader("["+rows+"]"), array.WithUseNumber())
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
