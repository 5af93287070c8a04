package kiln_test

import (
	"context"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/kilnql/kiln"
)

// TestBatchesAreTheReceivers: batches stay as they are when the query goes on, others are released, or the session is closed.
func TestBatchesAreTheReceivers(t *testing.T) {
	s, err := kiln.Open(kiln.NewConfig().WithoutDefaults().With("kiln.master", "local[2]"))
	if err != nil {
		t.Fatal(err)
	}
	batches, err := s.Range(0, 100_000, 1).SelectExpr("id", "cast(id as string) AS text", "array(id, null) AS list").ToArrow(context.Background())
	if err != nil || len(batches) < 3 {
		t.Fatal(len(batches), err)
	}
	batches[1].Release()
	batches[1].Release()
	if _, err := s.Range(0, 100_000, 1).SelectExpr("-id", "'x'").ToArrow(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	next := int64(0)
	for i, b := range batches {
		if i == 1 {
			next = batches[2].Column(0).(*array.Int64).Value(0)
			continue
		}
		ids, text := b.Column(0).(*array.Int64), b.Column(1).(*array.String)
		for row := range int(b.NumRows()) {
			if ids.Value(row) != next || text.Value(row) != ids.ValueStr(row) {
				t.Fatalf("batch %d row %d: %d, %s; want %d", i, row, ids.Value(row), text.Value(row), next)
			}
			next++
		}
	}
	if next != 100_000 {
		t.Error(next)
	}
}

// TestConcurrentTypedRows: one DataFrame, whose struct types are seen for the first time, by several goroutines.
func TestConcurrentTypedRows(t *testing.T) {
	type point struct {
		X, Y int64
		Tags map[string]int
	}
	s := open(t, map[string]string{"kiln.master": "local[2]"})
	d := s.CreateDataFrame([]point{{1, 2, map[string]int{"a": 1}}, {3, 4, nil}})
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 10 {
				got, err := typedRows[point](d)
				if err != nil || len(got) != 2 || got[0].Tags["a"] != 1 || got[1].Tags != nil {
					t.Error(got, err)
				}
				if err := s.CreateDataFrame(got).Join(d, d.Col("X").Eq(kiln.Lit(1)), "").Err(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
}
