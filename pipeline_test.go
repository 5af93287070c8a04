package kiln_test

import (
	"context"
	"testing"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/functions"
)

// revenueByDay is a pipeline as a user would write it: DataFrames in, a DataFrame out.
func revenueByDay(sales, refunds *kiln.DataFrame) *kiln.DataFrame {
	return sales.Alias("s").
		Join(refunds.Alias("r"), kiln.Col("s.id").Eq(kiln.Col("r.sale")), "left").
		Where(kiln.Col("r.sale").IsNull()).
		GroupBy("day").
		Agg(functions.Sum("amount").As("revenue")).
		OrderBy("day")
}

// TestRevenueByDay is the unit test of that pipeline (docs/guide.md): data in Go, rows in Go, no files.
func TestRevenueByDay(t *testing.T) {
	s := open(t, nil)
	type sale struct {
		ID     int64
		Day    string
		Amount float64
	}
	sales := s.CreateDataFrame([]sale{{1, "mon", 10}, {2, "mon", 5}, {3, "tue", 7}})
	refunds := s.CreateDataFrame([]struct{ Sale int64 }{{2}})
	type day struct {
		Day     string
		Revenue float64
	}
	want := []day{{"mon", 10}, {"tue", 7}}
	i := 0
	for got, err := range kiln.Rows[day](context.Background(), revenueByDay(sales, refunds)) {
		if err != nil {
			t.Fatal(err)
		}
		if got != want[i] {
			t.Errorf("row %d: %v, want %v", i, got, want[i])
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d rows, want %d", i, len(want))
	}
}

// TestFirstReadsOnePartition looks at what was read.
func TestFirstReadsOnePartition(t *testing.T) {
	s := openTPCH(t, "0.01", map[string]string{"kiln.master": "local[2]"})
	lineitem := s.Table("lineitem")
	if _, ok, err := lineitem.First(context.Background()); !ok || err != nil {
		t.Fatal(ok, err)
	}
	read := s.LastProfile().Stages[0]
	if read.Rows > 8192 || read.Morsels > 2 {
		t.Errorf("First read %d rows of %d morsels", read.Rows, read.Morsels)
	}
}

// TestTwoWorkersBothWork asserts what other tests rely on: the demo's lineitem has several row groups, and two workers share
// them.
func TestTwoWorkersBothWork(t *testing.T) {
	s := openTPCH(t, "0.01", map[string]string{"kiln.master": "local[2]"})
	for range 20 { // a worker may find nothing left to do on a busy machine
		if _, err := s.Table("lineitem").Agg(functions.Sum("l_extendedprice"), functions.Max("l_comment")).Collect(context.Background()); err != nil {
			t.Fatal(err)
		}
		read := s.LastProfile().Stages[0]
		if read.Morsels < 5 {
			t.Fatalf("lineitem has %d row groups, want at least 5", read.Morsels)
		}
		busy := 0
		for _, n := range read.MorselsPerWorker {
			if n > 0 {
				busy++
			}
		}
		if busy == 2 {
			return
		}
	}
	t.Error("two workers never both ran morsels")
}

// TestStorageLevels caches the same rows in each storage, with memory for a tenth of them.
func TestStorageLevels(t *testing.T) {
	for level, want := range map[kiln.StorageLevel]string{kiln.MemoryAndDisk: "", kiln.DiskOnly: "", kiln.MemoryOnly: "OUT_OF_MEMORY"} {
		s := open(t, map[string]string{"kiln.memory.limit": "4m", "kiln.spill.directory": t.TempDir()})
		d := s.Range(0, 4_000_000, 1).Persist(level)
		for range 2 {
			rows, err := d.Agg(functions.Sum("id")).Collect(context.Background())
			if got := diag.ConditionOf(err); got != want {
				t.Errorf("level %d: %v", level, err)
			}
			if err == nil && rows[0].At(0) != int64(7999998000000) {
				t.Errorf("level %d: %v", level, rows)
			}
		}
	}
}
