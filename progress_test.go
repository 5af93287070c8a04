package kiln_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
)

func TestHeadCountsAllRows(t *testing.T) {
	s := open(t, nil)
	for _, c := range []struct{ n, rows int }{{0, 0}, {3, 3}, {9000, 9000}, {-1, 10000}, {20000, 10000}} {
		rows, total, err := s.Range(0, 10000, 1).Head(context.Background(), c.n)
		if err != nil || total != 10000 || len(rows) != c.rows {
			t.Errorf("Head(%d): %d rows of %d, %v", c.n, len(rows), total, err)
		}
		if len(rows) > 0 && rows[len(rows)-1].At(0) != int64(len(rows)-1) {
			t.Errorf("Head(%d) ends with %v", c.n, rows[len(rows)-1])
		}
	}
	if _, _, err := s.SQL("SELECT 1/0").Head(context.Background(), 5); diag.ConditionOf(err) != "DIVIDE_BY_ZERO" {
		t.Error(err)
	}
}

func TestProgressOfAQuery(t *testing.T) {
	s := open(t, nil)
	var p kiln.Progress
	if _, ok := p.Fraction(); ok || p.Rows() != 0 {
		t.Error("progress before a query has begun")
	}
	if _, err := s.Range(0, 1_000_000, 1).Where("id % 2 = 0").Count(kiln.WithProgress(context.Background(), &p)); err != nil {
		t.Fatal(err)
	}
	if done, ok := p.Fraction(); !ok || done != 1 || p.Rows() < 1_000_000 {
		t.Errorf("at the end %v of the work is done, %v; %d rows", done, ok, p.Rows())
	}
}

// A join without keys is work for each pair of rows: when its build side has been read, next to nothing is done.
func TestProgressOfACrossJoin(t *testing.T) {
	s := open(t, nil)
	var p kiln.Progress
	ctx, cancel := context.WithCancel(kiln.WithProgress(context.Background(), &p))
	defer cancel()
	ended := make(chan error)
	go func() {
		_, err := s.SQL("SELECT sum(a.id % 7) FROM range(4000000) a, range(100000) b").Collect(ctx)
		ended <- err
	}()
	for p.Rows() <= 100_000 {
		time.Sleep(time.Millisecond)
	}
	if done, ok := p.Fraction(); !ok || done > 0.1 {
		t.Errorf("%v of the work is said to be done, %v", done, ok)
	}
	cancel()
	if err := <-ended; diag.ConditionOf(err) != "OPERATION_CANCELED" && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestSQLContextEndsCommands(t *testing.T) {
	s := open(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, command := range []string{"CACHE TABLE c AS SELECT id FROM range(1000000)", "SHOW TABLES", "DESCRIBE QUERY SELECT 1", "SET x=1", "EXPLAIN SELECT 1"} {
		err := s.SQLContext(ctx, command).Err()
		if diag.ConditionOf(err) != "OPERATION_CANCELED" && !errors.Is(err, context.Canceled) {
			t.Error(command, err)
		}
	}
	if err := s.SQLContext(context.Background(), "SELECT ?", 1).Err(); err != nil {
		t.Error(err)
	}
}
