package kiln_test

import (
	"context"
	"fmt"
	"testing"
)

// TestJoinOrder compares, with one and two workers, results that show the order of the rows of joins whose build sides have
// several rows of a key or rows without a partner.
func TestJoinOrder(t *testing.T) {
	const some = "(SELECT l_orderkey o, l_linenumber n, l_suppkey s, l_shipmode m FROM lineitem WHERE l_suppkey < 4)"
	const others = "(SELECT l_orderkey o2, l_linenumber n2, l_suppkey s2, l_shipmode m2 FROM lineitem WHERE l_suppkey BETWEEN 2 AND 5)"
	queries := []string{
		"SELECT * FROM " + some + " JOIN " + others + " ON s = s2 LIMIT 300",
		"SELECT collect_list(o * 1000000 + o2) FROM " + some + " JOIN " + others + " ON s = s2 AND m = m2",
		"SELECT * FROM " + some + " LEFT JOIN " + others + " ON s = s2 AND m = m2 LIMIT 300",
		"SELECT collect_list(coalesce(o, 0) * 1000000 + o2) FROM " + some + " RIGHT JOIN " + others + " ON o = o2",
		"SELECT /*+ BROADCAST(a) */ collect_list(coalesce(o, 0) * 1000000 + coalesce(o2, 0)) FROM " + some + " a FULL JOIN " + others + " ON o = o2",
		"SELECT /*+ BROADCAST(a) */ collect_list(o) FROM " + some + " a LEFT ANTI JOIN " + others + " ON o = o2",
		"SELECT /*+ BROADCAST(a) */ collect_list(o) FROM " + some + " a LEFT SEMI JOIN " + others + " ON s = s2 AND m = m2",
		"SELECT first(o2), last(n2), collect_list(o2) FROM " + some + " CROSS JOIN " + others + " WHERE n = 7",
		"SELECT collect_list(o * 1000000 + o2) FROM " + some + " JOIN " + others + " ON s < s2 AND n = 6",
	}
	for _, fusion := range []string{"true", "false"} {
		one := openTPCH(t, "0.01", map[string]string{"kiln.master": "local[1]", "kiln.exec.fusion": fusion})
		two := openTPCH(t, "0.01", map[string]string{"kiln.master": "local[2]", "kiln.exec.fusion": fusion})
		for _, sql := range queries {
			want, err := one.SQL(sql).Collect(context.Background())
			if err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			for range 3 {
				got, err := two.SQL(sql).Collect(context.Background())
				if err != nil {
					t.Fatalf("%s: %v", sql, err)
				}
				if a, b := fmt.Sprint(want), fmt.Sprint(got); a != b {
					t.Errorf("fusion %s: %s: %.200s\nwant %.200s", fusion, sql, b, a)
					break
				}
			}
		}
	}
}
