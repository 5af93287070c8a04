package kiln_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestWideUnions: a union may have more branches than bits were ever set aside to number them; its rows come in the order of
// the branches, and those of a union that was kept are told from the others'.
func TestWideUnions(t *testing.T) {
	for _, branches := range []int{2, 511, 513, 2049} {
		var text strings.Builder
		for i := range branches {
			if i > 0 {
				text.WriteString(" UNION ALL ")
			}
			fmt.Fprintf(&text, "SELECT id + %d AS v FROM range(2)", 2*i)
		}
		last := int64(2*branches - 1)
		s := open(t, map[string]string{"kiln.master": "local[2]"})
		rows, err := s.SQL(text.String()).Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range rows {
			if r.At(0) != int64(i) {
				t.Fatalf("%d branches: row %d is %v", branches, i, r)
			}
		}
		if int64(len(rows)) != last+1 {
			t.Errorf("%d branches: %d rows", branches, len(rows))
		}
		for query, want := range map[string]string{
			"SELECT count(*), sum(v), first(v), last(v), min(v), max(v) FROM u":                                      fmt.Sprintf("[%d, %d, 0, %d, 0, %d]", last+1, last*(last+1)/2, last, last),
			"SELECT count(*), count(DISTINCT v), first(v), last(v) FROM (SELECT * FROM u UNION ALL SELECT * FROM u)": fmt.Sprintf("[%d, %d, 0, %d]", 2*(last+1), last+1, last),
			"SELECT a.v FROM u a JOIN u b ON a.v = b.v ORDER BY a.v DESC LIMIT 1":                                    fmt.Sprintf("[%d]", last),
		} {
			got, err := s.SQL("WITH u AS (" + text.String() + ") " + query).Collect(t.Context())
			if err != nil || len(got) != 1 || got[0].String() != want {
				t.Errorf("%d branches: %s: %v, %v, want %s", branches, query, got, err, want)
			}
		}
	}
}
