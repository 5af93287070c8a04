package kiln_test

import (
	"context"
	"fmt"
	"testing"
)

// What Spark 4.0 refuses and kiln answers, on purpose: docs/RATIONALE.md says why. Results are DuckDB's.
func TestAnswersThatSparkRefuses(t *testing.T) {
	s := open(t, nil)
	for query, want := range map[string]string{
		"SELECT id, (SELECT max(r.id) + t.id FROM range(3) r WHERE r.id <= t.id) FROM range(3) t ORDER BY id":                                           "[0 0] [1 2] [2 4]",
		"SELECT id, (SELECT max(r.id) FROM range(3) r WHERE r.id = t.id ORDER BY t.id) FROM range(3) t ORDER BY id":                                     "[0 0] [1 1] [2 2]",
		"SELECT id FROM range(3) t ORDER BY (SELECT max(r.id) FROM range(9) r WHERE r.id < 3 - t.id)":                                                   "[2] [1] [0]",
		"SELECT id, (SELECT (SELECT max(u.id) FROM range(9) u WHERE u.id < r.id + t.id) FROM range(4) r WHERE r.id = t.id) FROM range(3) t ORDER BY id": "[0 <nil>] [1 1] [2 3]",
		"SELECT * FROM (SELECT 1 AS p, 2 AS q UNION ALL BY NAME SELECT 3 AS q, 4 AS p) ORDER BY p":                                                      "[1 2] [4 3]",
		"SELECT 1 / 0 FROM range(3) LIMIT 0": "",
	} {
		rows, err := s.SQL(query).Collect(context.Background())
		got := ""
		for i, r := range rows {
			if i > 0 {
				got += " "
			}
			values := make([]any, r.Len())
			for j := range values {
				values[j] = r.At(j)
			}
			got += fmt.Sprint(values)
		}
		if err != nil || got != want {
			t.Errorf("%s\ngot %s, want %s, %v", query, got, want, err)
		}
	}
}
