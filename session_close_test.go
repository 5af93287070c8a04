package kiln_test

import (
	"context"
	"iter"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/functions"
	"github.com/kilnql/kiln/internal/testenv"
)

// closeTwice closes a session from two goroutines at once, and again.
func closeTwice(t *testing.T, s *kiln.Session) {
	t.Helper()
	var wait sync.WaitGroup
	start := time.Now()
	for range 2 {
		wait.Go(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("closed only after %v", took)
	}
}

func TestCloseEndsQueries(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s := open(t, map[string]string{"kiln.master": "local[2]", "kiln.memory.limit": "16m"})
	long := s.Range(0, 1<<40, 1)
	cached := s.Range(0, 1<<40, 1).Where(kiln.Col("id").Lt(0)).Cache()
	queries := map[string]*kiln.DataFrame{
		"aggregate": long.Agg(functions.Sum("id")), "sort on disk": long.OrderBy(kiln.Col("id").Desc()).Limit(1 << 30),
		"groups": long.GroupBy("id").Count(), "join": s.SQL("SELECT count(*) FROM range(1000000) a JOIN range(1000000) b ON a.id + b.id < 0"),
		"cache": cached, "the same cache": cached, "rows": long.Where(kiln.Col("id").Lt(0)),
	}
	var wait sync.WaitGroup
	for name, d := range queries {
		wait.Go(func() {
			_, err := d.Collect(context.Background())
			wantCondition(t, name, err, "INVALID_HANDLE.SESSION_CLOSED")
		})
	}
	time.Sleep(200 * time.Millisecond)
	closeTwice(t, s)
	wait.Wait()
	if err := goleak.Find(append(testenv.LeakOptions(), before)...); err != nil {
		t.Error(err)
	}
	_, err := long.Count(context.Background())
	wantCondition(t, "Count", err, "INVALID_HANDLE.SESSION_CLOSED")
	wantCondition(t, "SQL", s.SQL("SELECT 1").Err(), "INVALID_HANDLE.SESSION_CLOSED")
	wantCondition(t, "Where", long.Where(kiln.Col("id").Lt(0)).Err(), "INVALID_HANDLE.SESSION_CLOSED")
	wantCondition(t, "Set", s.Set("spark.sql.ansi.enabled", "false"), "INVALID_HANDLE.SESSION_CLOSED")
}

// Queries begin all the time while the session is closed: each gives its rows or the error.
func TestCloseWhileQueriesBegin(t *testing.T) {
	for range 20 {
		s := open(t, map[string]string{"kiln.master": "local[2]"})
		d := s.Range(0, 5000, 1).Cache()
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				for {
					n, err := d.Count(context.Background())
					if err != nil {
						wantCondition(t, "Count", err, "INVALID_HANDLE.SESSION_CLOSED")
						return
					}
					if n != 5000 {
						t.Error(n)
					}
				}
			})
		}
		time.Sleep(2 * time.Millisecond)
		closeTwice(t, s)
		wait.Wait()
	}
}

// The reader of a query closes the session itself, or comes back only after the end.
func TestCloseBesideAReader(t *testing.T) {
	for _, conf := range []map[string]string{{"kiln.master": "local[1]"}, {"kiln.master": "local[2]", "kiln.memory.limit": "16m"}} {
		s := open(t, conf)
		cached := s.Range(0, 100_000, 1).Cache()
		next, stop := iter.Pull2(cached.CrossJoin(s.Range(0, 1000, 1)).Rows(context.Background()))
		if _, err, ok := next(); err != nil || !ok {
			t.Fatal(err, ok)
		}
		sorted, stopSorted := iter.Pull2(s.Range(0, 2_000_000, 1).OrderBy(kiln.Col("id").Desc()).Rows(context.Background()))
		if _, err, ok := sorted(); err != nil || !ok {
			t.Fatal(err, ok)
		}
		rows, ended := 0, error(nil)
		for _, err := range s.Range(0, 1<<40, 1).Rows(context.Background()) {
			if ended = err; err != nil {
				break
			}
			if rows++; rows == 3000 {
				closeTwice(t, s)
			}
		}
		wantCondition(t, "the loop that closed", ended, "INVALID_HANDLE.SESSION_CLOSED")
		for name, pull := range map[string]func() (kiln.Row, error, bool){"cached": next, "sorted": sorted} {
			for {
				_, err, ok := pull()
				if err != nil {
					wantCondition(t, name, err, "INVALID_HANDLE.SESSION_CLOSED")
				}
				if err != nil || !ok {
					break
				}
			}
		}
		stop()
		stopSorted()
	}
}
