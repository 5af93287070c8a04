package kiln_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kilnql/kiln/diag"
)

// TestGrowingResultsAreCharged checks that kernels ask for memory before they make much more than they were given, as
// constants and from rows, and that the error names the expression.
func TestGrowingResultsAreCharged(t *testing.T) {
	s := open(t, map[string]string{"kiln.memory.limit": "4m", "kiln.memory.query.minimum": "1m", "kiln.spill.directory": t.TempDir(), "kiln.master": "local[1]"})
	for name, text := range map[string]string{
		"repeat":          "SELECT sum(length(repeat('x', 100000 + CAST(id AS INT)))) FROM range(2000)",
		"space":           "SELECT sum(length(space(100000 + CAST(id AS INT)))) FROM range(2000)",
		"lpad":            "SELECT sum(length(lpad('é', 100000 + CAST(id AS INT), 'äb'))) FROM range(2000)",
		"rpad":            "SELECT sum(length(rpad('x', 100000 + CAST(id AS INT)))) FROM range(2000)",
		"sequence":        "SELECT sum(size(sequence(1, 100000 + CAST(id AS INT)))) FROM range(2000)",
		"array_repeat":    "SELECT sum(size(array_repeat(id, 100000))) FROM range(2000)",
		"array_insert":    "SELECT sum(size(array_insert(array(id), 100000, id))) FROM range(2000)",
		"arrays_zip":      "SELECT sum(size(arrays_zip(sequence(1, 20000), array(id)))) FROM range(2000)",
		"flatten":         "SELECT sum(size(flatten(array_repeat(sequence(id, id + 100), 200)))) FROM range(200)",
		"concat":          "SELECT sum(length(concat(repeat('x', 100000), CAST(id AS STRING)))) FROM range(2000)",
		"concat_ws":       "SELECT sum(length(concat_ws(repeat('x', 10000), array_repeat(CAST(id AS STRING), 20)))) FROM range(200)",
		"array_join":      "SELECT sum(length(array_join(array_repeat(CAST(id AS STRING), 20), repeat('x', 10000)))) FROM range(200)",
		"replace":         "SELECT sum(length(replace(repeat('a', 1000), 'a', repeat('b', 1000 + CAST(id AS INT))))) FROM range(200)",
		"regexp_replace":  "SELECT sum(length(regexp_replace(repeat('a', 1000), 'a', repeat('b', 100 + CAST(id AS INT))))) FROM range(200)",
		"split":           "SELECT sum(size(split(repeat('a,', 10000 + CAST(id AS INT)), ','))) FROM range(200)",
		"format_string":   "SELECT sum(length(format_string('%100000s%100000s', id, id))) FROM range(2000)",
		"transform":       "SELECT sum(size(transform(sequence(1, 1000), x -> concat(repeat('y', 100), CAST(x + id AS STRING))))) FROM range(2000)",
		"map_from_arrays": "SELECT sum(size(map_from_arrays(sequence(id, id + 1000), sequence(1, 1001)))) FROM range(2000)",
		"a constant":      "SELECT length(repeat('x', 1000000000))",
		"nested":          "SELECT length(concat(space(1000000000), 'a'))",
		"try_":            "SELECT sum(length(try_to_binary(repeat('ab', 50000 + CAST(id AS INT)), 'utf-8'))) FROM range(2000)",
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := s.SQL(text).Collect(context.Background())
			runtime.ReadMemStats(&after)
			if diag.ConditionOf(err) != "OUT_OF_MEMORY" || !strings.Contains(err.Error(), "program of query") || !strings.Contains(err.Error(), "needed for the result of ") {
				t.Error(err)
			}
			if made := after.TotalAlloc - before.TotalAlloc; made > 64<<20 {
				t.Errorf("%d MiB were allocated before the error", made>>20)
			}
		})
	}
	if n, err := s.Range(0, 10, 1).Count(context.Background()); n != 10 || err != nil {
		t.Error("the session goes on", n, err)
	}
}

// TestChargesEndWithTheChunk checks that what kernels made for a chunk is not counted for ever: registers, the elements that
// lambdas go through and the states of aggregate are used again.
func TestChargesEndWithTheChunk(t *testing.T) {
	s := open(t, map[string]string{"kiln.memory.limit": "8m", "kiln.memory.query.minimum": "1m", "kiln.spill.directory": t.TempDir(), "kiln.master": "local[2]"})
	for text, want := range map[string]string{
		"SELECT sum(length(repeat('x', 500 + CAST(id % 2 AS INT)))) FROM range(200000)":                                                               "100100000",
		"SELECT sum(size(sequence(1, 100 + CAST(id % 2 AS INT)))) FROM range(100000)":                                                                 "10050000",
		"SELECT sum(length(aggregate(sequence(1, 500), '', (a, x) -> concat(a, CAST(x % 10 AS STRING))))) FROM range(20)":                             "10000",
		"SELECT sum(length(concat(repeat('x', 400), b.id))) FROM range(40) a JOIN range(10000) b ON a.id < b.id":                                      "161226315",
		"SELECT sum(size(filter(sequence(1, 5000), x -> length(repeat('y', CAST(x % 100 AS INT))) > 50))) FROM range(10)":                             "24500",
		"SELECT sum(length(regexp_replace(lpad(CAST(id AS STRING), 300, '0'), '0', 'ab'))) FROM range(50000) WHERE id BETWEEN 10000 AND 49999":        "23816000",
		"SELECT count(*) FROM (SELECT repeat(CAST(id AS STRING), 100) AS t FROM range(20000)) WHERE length(t) > 400":                                  "10000",
		"SELECT length(repeat('x', 100)), size(sequence(1, 300000)), length(repeat('y', 3000000)), array_max(array_repeat(7, 200000)), space(2) = ''": "100, 300000, 3000000, 7, false",
	} {
		rows, err := s.SQL(text).Collect(context.Background())
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := rows[0].String(); got != "["+want+"]" {
			t.Errorf("%s: %v, want %s", text, rows[0], want)
		}
	}
}

// TestCancelEndsLongKernels cancels queries whose time goes into few rows, or into constants.
func TestCancelEndsLongKernels(t *testing.T) {
	s := open(t, map[string]string{"kiln.master": "local[2]", "kiln.memory.limit": "4g"})
	for name, text := range map[string]string{
		"regexp_replace": "SELECT count(*) FROM range(20000) WHERE regexp_replace(repeat(CAST(id AS STRING), 20000), '[13579]+', 'xx') = 'a'",
		"rlike":          "SELECT count(*) FROM range(20000) WHERE repeat(CAST(id AS STRING), 20000) RLIKE '(a|b|[0-9]+c)+$'",
		"backtracking":   "SELECT count(*) FROM range(20000) WHERE concat(repeat('a', 26), id) RLIKE '(?=a)(a|aa)+b'",
		"sort_array":     "SELECT sum(size(array_sort(transform(sequence(1, 3000000), x -> (x * 7919) % 1000003)))) FROM range(100)",
		"comparator":     "SELECT sum(size(array_sort(sequence(1, 1000000), (a, b) -> b - a))) FROM range(100)",
		"sequence":       "SELECT sum(size(sequence(1L, 20000000 + id))) FROM range(1000)",
		"aggregate":      "SELECT sum(aggregate(sequence(1, 100000000), 0L, (a, x) -> a + x)) FROM range(1)",
		"repeat":         "SELECT count(*) FROM range(1000) WHERE repeat('x', 300000000 + CAST(id AS INT)) = 'a'",
		"a constant":     "SELECT size(array_sort(sequence(1, 60000000), (a, b) -> b - a))",
		"ORDER BY":       "SELECT id FROM range(8000000) ORDER BY hash(id)",
		"values":         "SELECT * FROM VALUES (regexp_replace(repeat('ab', 100000000), '[a]+', 'x'))",
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			var cancelled time.Time
			timer := time.AfterFunc(150*time.Millisecond, func() { cancelled = time.Now(); cancel() })
			defer timer.Stop()
			_, err := s.SQL(text).Collect(ctx)
			if err == nil {
				t.Fatal("it ended before it was cancelled")
			}
			late := time.Since(cancelled)
			t.Logf("%v late", late)
			if late > 2*time.Second {
				t.Errorf("ended %v after it was cancelled", late)
			}
			if diag.ConditionOf(err) != "OPERATION_CANCELED" {
				t.Error(err)
			}
		})
	}
}

// TestLargeConstantsAreNotFolded checks that constants are computed when a query is planned only if they are small, at binding
// too.
func TestLargeConstantsAreNotFolded(t *testing.T) {
	s := open(t, map[string]string{"kiln.master": "local[1]"})
	for text, folded := range map[string]bool{
		"SELECT length(repeat('x', 1000))":                                                           true,
		"SELECT length(repeat('x', 1000000000))":                                                     false,
		"SELECT element_at(sequence(1, 1000000000), 3)":                                              false,
		"SELECT length(lpad('x', 1000000000)) + length(space(1000000000))":                           false,
		"SELECT id FROM range(3) WHERE CAST(id AS STRING) LIKE repeat('x', 1000000000)":              false,
		"SELECT id FROM range(3) WHERE CAST(id AS STRING) RLIKE repeat('x', 1000000000)":             false,
		"SELECT format_string(repeat('x', 1000000000), id) FROM range(3)":                            false,
		"SELECT regexp_replace(CAST(id AS STRING), repeat('x', 5), space(1000000000)) FROM range(3)": false,
	} {
		start := time.Now()
		rows, err := s.SQL("EXPLAIN EXTENDED " + text).Collect(context.Background())
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		plan := rows[0].String()
		plan = plan[strings.Index(plan, "== Optimized Logical Plan =="):]
		if strings.Contains(plan, "(") && strings.Contains(plan, "1000000000") == folded {
			t.Errorf("%s: folded %v is wanted\n%s", text, folded, plan)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s: planning took %v", text, took)
		}
	}
}
