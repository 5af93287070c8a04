package kiln_test

import (
	"context"
	"testing"
)

// TestScansAreCounted checks that what readers of Parquet files and the registers of programs hold is part of a query's
// memory, and that nothing of it is left when the query has ended.
func TestScansAreCounted(t *testing.T) {
	s := openTPCH(t, "0.01", nil)
	for sql, least := range map[string]int64{
		"SELECT * FROM lineitem ORDER BY l_orderkey LIMIT 1":                         1 << 20,
		"SELECT count(*) FROM lineitem WHERE concat(l_comment, l_shipmode) LIKE 'a'": 200 << 10,
	} {
		if _, err := s.SQL(sql).Collect(context.Background()); err != nil {
			t.Fatal(err)
		}
		if p := s.LastProfile(); p.PeakMemory < least {
			t.Errorf("%s: %d bytes at most, expected at least %d", sql, p.PeakMemory, least)
		}
	}
}
