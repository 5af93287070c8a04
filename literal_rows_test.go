package kiln_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/kilnql/kiln/diag"
)

// TestLiteralRowsAreCharged checks that rows of VALUES count as memory of the query, whether they are computed or written out,
// and that little is made before the limit is noticed.
func TestLiteralRowsAreCharged(t *testing.T) {
	s := open(t, map[string]string{"kiln.memory.limit": "4m", "kiln.memory.query.minimum": "1m", "kiln.spill.directory": t.TempDir(), "kiln.master": "local[2]"})
	repeated := func(row string, n int) string { return strings.TrimSuffix(strings.Repeat(row+", ", n), ", ") }
	written := fmt.Sprintf("('%s')", strings.Repeat("y", 2_000))
	for name, sql := range map[string]string{
		"computed":       "SELECT count(*), max(length(v)) FROM VALUES " + repeated("(repeat('x', 300000))", 400) + " AS t(v)",
		"one too large":  "SELECT length(v) FROM VALUES (repeat('x', 100000000)) AS t(v)",
		"written out":    "SELECT count(*), max(length(v)) FROM VALUES " + repeated(written, 4_000) + " AS t(v)",
		"lists":          "SELECT count(*), max(size(v)) FROM VALUES " + repeated("(sequence(1, 30000))", 400) + " AS t(v)",
		"of a join side": "SELECT count(*) FROM range(10) r JOIN (VALUES " + repeated("(1, repeat('x', 300000))", 400) + ") AS t(k, v) ON r.id = t.k WHERE length(v) > r.id",
	} {
		t.Run(name, func(t *testing.T) {
			df := s.SQL(sql)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := df.Collect(context.Background())
			runtime.ReadMemStats(&after)
			if diag.ConditionOf(err) != "OUT_OF_MEMORY" || !strings.Contains(err.Error(), "memory limit of 4.0 MiB") || !strings.Contains(err.Error(), "literal rows of query") {
				t.Errorf("%.400v", err)
			}
			if made := after.TotalAlloc - before.TotalAlloc; made > 90<<20 { // of 96 MiB and more that the rows would be
				t.Errorf("%d MiB were allocated before the error", made>>20)
			}
		})
	}
	rows, err := s.SQL("SELECT count(*), sum(length(v)) FROM VALUES " + repeated("(repeat('x', 100000)), ('y')", 10) + " AS t(v)").Collect(context.Background())
	if err != nil || rows[0].String() != "[20, 1000010]" {
		t.Error("what fits:", rows, err)
	}
}

// TestCreateDataFrameBeyondTheLimit checks that data which the program made a DataFrame of, before any query, is not charged to the
// queries that read it.
func TestCreateDataFrameBeyondTheLimit(t *testing.T) {
	s := open(t, map[string]string{"kiln.memory.limit": "4m", "kiln.memory.query.minimum": "1m", "kiln.spill.directory": t.TempDir(), "kiln.master": "local[2]"})
	data := make([]string, 10_000)
	for i := range data {
		data[i] = strings.Repeat("x", 1_000) + fmt.Sprint(i)
	}
	df := s.CreateDataFrame(data)
	if n, err := df.Count(context.Background()); n != int64(len(data)) || err != nil {
		t.Error(n, err)
	}
	rows, err := df.SelectExpr("sum(length(value))", "max(value) = concat(repeat('x', 1000), '9999')").Collect(context.Background())
	if err != nil || rows[0].String() != "[10038890, true]" {
		t.Error(rows, err)
	}
}
