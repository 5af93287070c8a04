package kiln_test

import (
	"context"
	"strings"
	"testing"
)

// TestErrorsOfViews: what fails while a view's query runs is shown where the statement uses the view.
func TestErrorsOfViews(t *testing.T) {
	s := open(t, nil)
	ctx := context.Background()
	for _, sql := range []string{
		"CREATE TEMP VIEW v AS SELECT      id / (id - 1) AS q,  (SELECT max(id) / 0 FROM range(2)) AS r FROM range(3)",
		"CREATE TEMP VIEW w AS SELECT   *   FROM v",
	} {
		if err := s.SQL(sql).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for sql, caret := range map[string]string{
		"SELECT q FROM v":                          "              ^",
		"SELECT 1, q FROM range(1), w WHERE q > 0": "                           ^",
		"SELECT r FROM v":                          "              ^",
		"SELECT id / 0 FROM (SELECT count(1) AS id FROM range(1), VALUES (2) v)": "       ^^^^^^",
	} {
		_, err := s.SQL(sql).Collect(ctx)
		if err == nil || !strings.Contains(err.Error(), "DIVIDE_BY_ZERO") || !strings.HasSuffix(strings.TrimRight(err.Error(), "\n"), "\n"+sql+"\n"+caret) {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
