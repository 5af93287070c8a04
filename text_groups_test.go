package kiln_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/kilnql/kiln"
)

// TestSpillingTexts groups rows by many keys with a text as the state, of which a chunk of rows may be half of all memory, and
// goes on with the groups: they go to disk whenever they do not fit, and no other order or result comes of it.
func TestSpillingTexts(t *testing.T) {
	const groups = "(SELECT id * 7919 %% %d AS k, max(concat('row ', repeat('x', %d), id)) AS m FROM range(%d) GROUP BY k)"
	for _, size := range []struct{ groups, pad int }{{3_000, 1_000}, {30_000, 400}} {
		from := fmt.Sprintf(groups, size.groups, size.pad, size.groups*3/2)
		for name, sql := range map[string]string{
			"rows":       "SELECT k, right(m, 5), length(m) FROM " + from,
			"aggregate":  "SELECT count(*), max(m), sum(length(m)) FROM " + from,
			"text again": "SELECT k % 20000 AS g, right(max(m), 5) FROM " + from + " GROUP BY g",
			"text key":   "SELECT count(*), sum(n) FROM (SELECT m, count(*) AS n FROM " + from + " GROUP BY m)",
			"sort":       "SELECT k, right(m, 5) FROM (SELECT * FROM " + from + " ORDER BY m DESC, k)",
			"join":       "SELECT count(*), max(m), sum(id) FROM " + from + " a JOIN range(20000) b ON a.k = b.id",
		} {
			t.Run(fmt.Sprintf("%s of %d", name, size.groups), func(t *testing.T) {
				want := collectTexts(t, open(t, nil), sql)
				for _, limit := range []int{4 << 20, 8 << 20} {
					for _, workers := range []int{1, 2} {
						s := open(t, map[string]string{"kiln.memory.limit": fmt.Sprint(limit), "kiln.spill.directory": t.TempDir(), "kiln.master": fmt.Sprintf("local[%d]", workers)})
						got := collectTexts(t, s, sql)
						if got != want {
							t.Errorf("%d MiB, %d workers: other rows: %.200s, want %.200s", limit>>20, workers, got, want)
						}
						if spilled := s.LastProfile().SpilledBytes; spilled == 0 && size.groups*size.pad > 2*limit {
							t.Errorf("%d MiB, %d workers: nothing was spilled", limit>>20, workers)
						}
					}
				}
			})
		}
	}
}

// collectTexts runs a query and gives its rows as one text.
func collectTexts(t *testing.T, s *kiln.Session, sql string) string {
	t.Helper()
	rows, err := s.SQL(sql).Collect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(rows)
}
