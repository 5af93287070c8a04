//go:build linux

package kiln_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/internal/testenv"
)

// oneClearError checks that a statement fails with an error of a user, not a bug, and that the session goes on.
func oneClearError(t *testing.T, s *kiln.Session, sql, condition string, mentions ...string) {
	t.Helper()
	_, err := s.SQL(sql).Collect(context.Background())
	var e *diag.Error
	if !errors.As(err, &e) || e.Condition == "INTERNAL_ERROR" || (condition != "" && e.Condition != condition) {
		t.Errorf("%s: %v, want %s", sql, err, condition)
		return
	}
	for _, m := range mentions {
		if !strings.Contains(err.Error(), m) {
			t.Errorf("%s: %q is not in %v", sql, m, err)
		}
	}
	if rows, err := s.SQL("SELECT 1").Collect(context.Background()); err != nil || len(rows) != 1 {
		t.Errorf("the session does not go on: %v", err)
	}
}

func TestBadParquetFiles(t *testing.T) {
	s := open(t, map[string]string{"kiln.master": "local[2]"})
	good, err := os.ReadFile(filepath.Join(testenv.TPCHDir(t, "0.01"), "nation.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, content := range map[string][]byte{
		"empty.parquet": nil, "text.parquet": []byte("this is no table at all\n"), "magic.parquet": []byte("PAR1"), "truncated.parquet": good[:len(good)/2],
		"tail.parquet": good[len(good)/2:], "nothing.parquet": make([]byte, 1000),
	} {
		path := write(name, content)
		oneClearError(t, s, "SELECT * FROM '"+path+"'", "", name)
	}
	oneClearError(t, s, "SELECT * FROM '"+filepath.Join(dir, "missing.parquet")+"'", "PATH_NOT_FOUND", "missing.parquet")
	flipped := filepath.Join(dir, "flipped.parquet")
	parts, err := testenv.ParquetParts(good)
	if err != nil {
		t.Fatal(err)
	}
	noticed := map[string]int{}
	for _, p := range parts {
		for at := p.From; at < p.To; at += 1 + (p.To-p.From)/8 {
			content := bytes.Clone(good)
			content[at] ^= 0xff
			write("flipped.parquet", content)
			_, err := s.SQL("SELECT * FROM '" + flipped + "'").Collect(context.Background())
			if err == nil {
				continue // nothing tells the byte from another one
			}
			noticed[p.Kind]++
			if e := (*diag.Error)(nil); !errors.As(err, &e) || e.Condition == "INTERNAL_ERROR" || !strings.Contains(err.Error(), flipped) || !strings.Contains(err.Error(), p.Column) {
				t.Errorf("byte %d of %d, %s of column %s: %v", at, len(good), p.Kind, p.Column, err)
			}
		}
	}
	// What each kind of part leads to is in TestDamagedParts of catalog/parquet.
	for _, kind := range []string{"magic head", "dictionary page header", "data page header", "compressed page", "footer", "footer length", "magic tail"} {
		if noticed[kind] == 0 {
			t.Errorf("no damage of the kind %q was noticed", kind)
		}
	}
}

// writeColumn writes a Parquet file of one column x.
func writeColumn(t *testing.T, path string, kind arrow.DataType, fill func(array.Builder)) {
	t.Helper()
	b := array.NewBuilder(memory.DefaultAllocator, kind)
	defer b.Release()
	fill(b)
	column := b.NewArray()
	defer column.Release()
	schema := arrow.NewSchema([]arrow.Field{{Name: "x", Type: kind, Nullable: true}}, nil)
	record := array.NewRecordBatch(schema, []arrow.Array{column}, int64(column.Len()))
	defer record.Release()
	writeRecord(t, path, record, int64(column.Len()))
}

// writeRecord writes a Parquet file with so many rows in a row group.
func writeRecord(t *testing.T, path string, record arrow.RecordBatch, rowGroup int64, options ...parquet.WriterProperty) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := pqarrow.NewFileWriter(record.Schema(), f, parquet.NewWriterProperties(append(options, parquet.WithMaxRowGroupLength(rowGroup))...), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(record), w.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestColumnOfAnotherTypeInOneFile(t *testing.T) {
	s := open(t, nil)
	dir := t.TempDir()
	writeColumn(t, filepath.Join(dir, "a.parquet"), arrow.PrimitiveTypes.Int64, func(b array.Builder) { b.(*array.Int64Builder).AppendValues([]int64{1, 2}, nil) })
	writeColumn(t, filepath.Join(dir, "b.parquet"), arrow.BinaryTypes.String, func(b array.Builder) { b.(*array.StringBuilder).AppendValues([]string{"p", "q"}, nil) })
	oneClearError(t, s, "SELECT sum(x) FROM '"+dir+"/*.parquet'", "", "b.parquet", "x")
}

func TestBadStatements(t *testing.T) {
	s := openTPCH(t, "0.01", nil)
	for sql, condition := range map[string]string{
		"SELEC 1": "PARSE_SYNTAX_ERROR", "SELECT nope FROM nation": "UNRESOLVED_COLUMN.WITH_SUGGESTION",
		"SELECT n_name FROM nation a JOIN nation b ON a.n_nationkey = b.n_nationkey": "AMBIGUOUS_REFERENCE",
		"SELECT n_nationkey + true FROM nation":                                      "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
		"SELECT n_nationkey / (n_nationkey - 3) FROM nation":                         "DIVIDE_BY_ZERO",
		"SELECT sum(l_orderkey * 9223372036854775L) FROM lineitem":                   "",
		"SELECT CAST(n_name AS INT) FROM nation":                                     "CAST_INVALID_INPUT",
	} {
		oneClearError(t, s, sql, condition)
	}
}

// TestFullFileSystem spills onto a file system of 1 MB.
func TestFullFileSystem(t *testing.T) {
	dir := t.TempDir()
	if err := mountSmall(dir); err != nil {
		t.Skip("no right to mount a file system:", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	s := open(t, map[string]string{"kiln.memory.limit": "4m", "kiln.memory.query.minimum": "1m", "kiln.spill.directory": dir, "kiln.master": "local[2]"})
	oneClearError(t, s, "SELECT count(*) FROM (SELECT id % 900000 k, count(*) c FROM range(3000000) GROUP BY 1)", "SPILL_FAILED")
	left := 0
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.Contains(path, "query") {
			left++
		}
		return nil
	})
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 || left > 0 {
		t.Errorf("left behind: %v", entries)
	}
}

func mountSmall(dir string) error { return syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m") }

// However little memory there is, a query gives its answer or says that it has too little, and does not wait for ever.
func TestMemoryTooSmall(t *testing.T) {
	lineitem := filepath.Join(testenv.TPCHDir(t, "0.01"), "lineitem.parquet")
	for _, sql := range []string{
		"SELECT count(*) FROM range(1000)", "SELECT * FROM range(100000)",
		"SELECT l_orderkey, count(*) FROM '" + lineitem + "' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1",
		"SELECT count(*) FROM '" + lineitem + "' a JOIN '" + lineitem + "' b USING (l_orderkey)",
		"SELECT * FROM '" + lineitem + "' ORDER BY l_comment, l_orderkey, l_linenumber",
	} {
		want := -1
		for _, limit := range []string{"0", "1", "7", "100", "4k", "64k", "512k", "2m"} {
			s := open(t, map[string]string{"kiln.memory.limit": limit, "kiln.master": "local[2]"})
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			rows, err := s.SQL(sql).Collect(ctx)
			cancel()
			switch {
			case err != nil && diag.ConditionOf(err) != "OUT_OF_MEMORY":
				t.Errorf("%s with %s: %v", sql, limit, err)
			case err == nil && limit == "0":
				want = len(rows)
			case err == nil && len(rows) != want:
				t.Errorf("%s with %s: %d rows, want %d", sql, limit, len(rows), want)
			}
		}
	}
}
