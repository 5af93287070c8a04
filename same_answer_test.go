package kiln_test

import (
	"testing"

	"github.com/kilnql/kiln/internal/testenv"
)

// TestSubqueriesThatSparkRefuses asks what Spark does not answer in two ways, of which Spark answers the second.
func TestSubqueriesThatSparkRefuses(t *testing.T) {
	for _, c := range []struct{ name, refused, answered string }{
		{"keys that grouping sets leave out are null in subqueries",
			`SELECT r_regionkey, (SELECT count(*) FROM nation WHERE coalesce(r_regionkey, -1) = -1) AS n FROM region GROUP BY ROLLUP(r_regionkey)`,
			`SELECT r_regionkey, (SELECT count(*) FROM nation WHERE coalesce(r_regionkey, -1) = -1) AS n
			 FROM (SELECT r_regionkey FROM region GROUP BY ROLLUP(r_regionkey))`},
		{"a subquery in the condition of a lateral join",
			`SELECT r_name, n FROM region LEFT JOIN LATERAL (SELECT n_name AS n FROM nation WHERE n_regionkey = r_regionkey)
			 ON EXISTS (SELECT 1 FROM supplier WHERE s_suppkey = r_regionkey)`,
			`SELECT r_name, n FROM region LEFT JOIN LATERAL (SELECT n_name AS n FROM nation WHERE n_regionkey = r_regionkey
			 AND r_regionkey IN (SELECT s_suppkey FROM supplier))`},
		{"a subquery in the condition of a lateral join that reads no column outside",
			`SELECT r_name, n FROM region LEFT JOIN LATERAL (SELECT 1 AS n) ON EXISTS (SELECT 1 FROM supplier WHERE s_suppkey = r_regionkey)`,
			`SELECT r_name, if(r_regionkey IN (SELECT s_suppkey FROM supplier), 1, NULL) AS n FROM region`},
	} {
		for mode, conf := range map[string]map[string]string{"checked": {"kiln.optimizer.check": "true"}, "plain": {"kiln.exec.fusion": "false"}} {
			t.Run(c.name+"/"+mode, func(t *testing.T) {
				s := openTPCH(t, "0.01", conf)
				if err := testenv.Compare(answerOf(t, s.SQL(c.answered)), answerOf(t, s.SQL(c.refused))); err != nil {
					t.Error(err)
				}
			})
		}
	}
}
