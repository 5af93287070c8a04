package kiln_test

import (
	"context"
	"errors"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// wideJoin makes 600 rows of each row of a: 3.6 million in all, from very few chunks.
const wideJoin = "SELECT a.id AS x, b.id AS y FROM range(6000) a JOIN range(1200) b ON a.id % 2 = b.id % 2"

// TestResultsAreBounded reads a join whose single chunks give millions of rows: only a part of them may wait for the reader,
// who meanwhile runs other queries, also with one worker.
func TestResultsAreBounded(t *testing.T) {
	for _, master := range []string{"local[1]", "local[2]"} {
		t.Run(master, func(t *testing.T) {
			s := open(t, map[string]string{"kiln.master": master, "kiln.memory.limit": "16m"})
			rows, batches, sum := int64(0), 0, int64(0)
			last := int64(-1)
			for batch, err := range s.SQL("SELECT x, y FROM (" + wideJoin + ")").Batches(context.Background()) {
				if err != nil {
					t.Fatal(err)
				}
				x, y := batch.Column(0).(*array.Int64).Int64Values(), batch.Column(1).(*array.Int64).Int64Values()
				for i := range x {
					sum += y[i]
					if x[i] < last {
						t.Fatalf("row %d after row %d", x[i], last)
					}
					last = x[i]
				}
				rows += batch.NumRows()
				if batches++; batches%50 == 0 {
					if n, err := s.Range(0, 50_000, 1).Count(context.Background()); n != 50_000 || err != nil {
						t.Fatal(n, err)
					}
				}
			}
			if rows != 3_600_000 || sum != 6000/2*(1200*1199/2) {
				t.Errorf("%d rows, sum %d", rows, sum)
			}
			if p := s.LastProfile(); p.PeakMemory > 6<<20 {
				t.Errorf("%d bytes at most", p.PeakMemory)
			}
		})
	}
}

// TestWideJoinStopsEarly checks that a limit, and a reader that leaves or cancels, end a join in the middle of a chunk.
func TestWideJoinStopsEarly(t *testing.T) {
	for _, master := range []string{"local[1]", "local[2]"} {
		s := open(t, map[string]string{"kiln.master": master, "kiln.memory.limit": "16m"})
		for _, sql := range []string{wideJoin + " LIMIT 5000", "SELECT x + y AS z FROM (" + wideJoin + " LIMIT 5000) WHERE x >= 0"} {
			got, err := s.SQL(sql).Collect(context.Background())
			if err != nil || len(got) != 5000 {
				t.Fatal(len(got), err)
			}
			for _, stage := range s.LastProfile().Stages {
				if stage.RowsOut > 100_000 {
					t.Errorf("%s, %s: a stage gave %d rows", master, sql, stage.RowsOut)
				}
			}
		}
		for range s.SQL(wideJoin).Batches(context.Background()) {
			break
		}
		ctx, cancel := context.WithCancel(context.Background())
		rows, cancelled := 0, false
		for batch, err := range s.SQL(wideJoin).Batches(ctx) {
			if err != nil {
				cancelled = errors.Is(err, context.Canceled)
				break
			}
			if rows += int(batch.NumRows()); rows > 1_000_000 {
				cancel()
			}
		}
		cancel()
		if !cancelled {
			t.Errorf("%s: not cancelled after %d rows", master, rows)
		}
	}
}
