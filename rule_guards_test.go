package kiln_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/kilnql/kiln/diag"
)

// ruleGuards are statements whose answer changes if a rule of the optimizer, or the lowering of an operator, goes further than it may:
// rows that share a line in the plan with a limit, an outer join, a null or an error. want is the one row, or the condition of
// the error.
var ruleGuards = []struct{ sql, want string }{
	// A limit over a limit, and limits over joins, of which only the side whose rows are kept may be cut off.
	{"SELECT count(*), min(id) FROM (SELECT * FROM (SELECT id FROM range(10) LIMIT 3) LIMIT 5 OFFSET 1)", "[2, 1]"},
	{"SELECT count(*), min(id) FROM (SELECT * FROM (SELECT id FROM range(10) LIMIT 8 OFFSET 2) LIMIT 3 OFFSET 4)", "[3, 6]"},
	{"SELECT count(*), min(id) FROM (SELECT id FROM range(100) LIMIT 20 OFFSET 70)", "[20, 70]"},
	{"SELECT count(*) FROM (SELECT id FROM range(100) WHERE id >= 50 LIMIT 20)", "[20]"},
	{"SELECT count(x), count(*) FROM (SELECT a.id AS x FROM range(1000) a RIGHT JOIN (VALUES 990, 991, 992, 993) b(k) ON a.id = b.k LIMIT 2)", "[2, 2]"},
	{"SELECT count(x), count(*) FROM (SELECT a.id AS x FROM (VALUES 990, 991, 992, 993) b(k) LEFT JOIN range(1000) a ON a.id = b.k LIMIT 2)", "[2, 2]"},
	{"SELECT count(*) FROM (SELECT a.id FROM range(1000) a JOIN (VALUES 990, 991, 992) b(k) ON a.id = b.k LIMIT 2)", "[2]"},
	{"SELECT count(*) FROM (SELECT id FROM range(10) INTERSECT SELECT id + 8 FROM range(10) LIMIT 2)", "[2]"},
	{"SELECT count(*), sum(k) FROM (SELECT id % 100 AS k FROM range(1000) ORDER BY id LIMIT 10) a JOIN (VALUES 5, 50, 51) b(j) ON a.k = b.j", "[1, 5]"},
	{"SELECT count(*), sum(k) FROM (SELECT id AS k FROM range(1000) LIMIT 10) a JOIN (VALUES 5, 500) b(j) ON a.k = b.j", "[1, 5]"},
	{"SELECT count(*), sum(k) FROM (SELECT id AS k FROM range(1000) ORDER BY id DESC LIMIT 10) a JOIN (VALUES 5, 500, 995) b(j) ON a.k = b.j", "[1, 995]"},
	{"SELECT count(*), sum(k) FROM (SELECT id AS k FROM range(1000) WHERE id % 2 = 1 LIMIT 10) a JOIN (VALUES 5, 501) b(j) ON a.k = b.j", "[1, 5]"},
	{"SELECT count(*), min(id), max(id) FROM range(100000) a JOIN (VALUES 7, 99, 5000) b(k) ON a.id = b.k", "[3, 7, 5000]"},
	{"SELECT count(*), min(id), max(id) FROM (SELECT id FROM range(300000) ORDER BY id DESC LIMIT 150000)", "[150000, 150000, 299999]"},
	// Statistics answer what is asked of all rows only.
	{"SELECT count(*) FILTER (WHERE id > 5) FROM range(10)", "[4]"},
	{"SELECT count(id) FILTER (WHERE id > 5) FROM range(10)", "[4]"},
	{"SELECT max(id) FILTER (WHERE id < 5) FROM range(10)", "[4]"},
	{"SELECT count(NULL) FROM range(10)", "[0]"},
	{"SELECT min(id), max(id), sum(id) FROM (SELECT id FROM range(-100000, 10) WHERE id <> 3)", "[-100000, 9, -5000049958]"},
	// Nulls of one input of a set operation.
	{"SELECT count(*), sum(id) FROM (SELECT id FROM range(3) EXCEPT ALL SELECT if(id = 0, NULL, id) FROM range(3))", "[1, 0]"},
	{"SELECT count(*), sum(id) FROM (SELECT id FROM range(3) INTERSECT ALL SELECT if(id = 0, NULL, id) FROM range(3))", "[2, 3]"},
	{"SELECT count(*), count(x) FROM (SELECT if(id = 0, NULL, id) AS x FROM range(3) INTERSECT SELECT if(id = 0, NULL, id) FROM range(3))", "[3, 2]"},
	// Joins with an empty side.
	{"SELECT count(*), count(a.id), count(b.id) FROM (SELECT id FROM range(3) WHERE false) a FULL JOIN range(2) b ON a.id = b.id", "[2, 0, 2]"},
	{"SELECT count(*), count(a.id), count(b.id) FROM range(2) a FULL JOIN (SELECT id FROM range(3) WHERE false) b ON a.id = b.id", "[2, 2, 0]"},
	{"SELECT count(*), count(b.id) FROM range(2) a LEFT JOIN (SELECT id FROM range(3) WHERE false) b ON a.id = b.id", "[2, 0]"},
	{"SELECT count(*), count(a.id) FROM (SELECT id FROM range(3) WHERE false) a RIGHT JOIN range(2) b ON a.id = b.id", "[2, 0]"},
	{"SELECT count(*) FROM range(3) WHERE id NOT IN (SELECT id FROM range(3) WHERE false)", "[3]"},
	{"SELECT count(*), sum(id) FROM (SELECT id FROM range(3) WHERE false)", "[0, NULL]"},
	// Branches that feed one sink: what one of them proves of a column is not so in the other.
	{"SELECT count(*), sum(coalesce(k, -7)), count(coalesce(k, j)) FROM (SELECT k, j FROM (SELECT id AS k FROM range(3)) a FULL JOIN (SELECT id + 2 AS j FROM range(3)) b ON k = j LIMIT 100)", "[5, -11, 5]"},
	{"SELECT count(*), sum(coalesce(k, -7)) FROM (SELECT k FROM (SELECT id AS k FROM range(3)) a FULL JOIN (SELECT id + 2 AS j FROM range(3)) b ON k = j GROUP BY k)", "[4, -4]"},
	{"SELECT count(*), sum(coalesce(x, -7)) FROM (SELECT DISTINCT x FROM (SELECT id AS x FROM range(3) UNION ALL SELECT if(id > 1, id, NULL) FROM range(3)))", "[4, -4]"},
	{"SELECT count(*), count(j) FROM (SELECT k, j FROM (SELECT id AS k FROM range(3)) a FULL JOIN (SELECT id + 2 AS j FROM range(3)) b ON k = j ORDER BY j LIMIT 100) WHERE k IS NULL", "[2, 2]"},
	// Joins without equal keys that build the side whose rows are kept.
	{"SELECT count(*), count(b.id) FROM range(3) a LEFT JOIN range(1000) b ON a.id > b.id + 1", "[3, 1]"},
	{"SELECT count(*), count(b.id) FROM range(1000) b RIGHT JOIN range(3) a ON a.id > b.id + 1", "[3, 1]"},
	// Lists with a null, and errors behind a condition that a set must not overtake.
	{"SELECT id IN (1, NULL) OR id = 2 FROM range(3, 4)", "[NULL]"},
	{"SELECT count(*) FROM range(5) WHERE NOT (id IN (1, NULL) OR id = 2)", "[0]"},
	{"SELECT count(*) FROM range(1) WHERE id = 1 OR 1 / id > 0 OR id = 0", "DIVIDE_BY_ZERO"},
	{"SELECT count(*) FROM range(1) WHERE id = 0 OR 1 / id > 0 OR id = 1", "[1]"},
	{"SELECT count(*) FROM range(3) WHERE 7 NOT IN (SELECT if(id = 1, NULL, id) FROM range(3))", "[0]"},
	{"SELECT count(*) FROM range(3) WHERE 7 NOT IN (SELECT id FROM range(3))", "[3]"},
	{"SELECT count(*) FROM (VALUES 1, 2) p(k) WHERE k NOT IN (SELECT if(id = 5, NULL, id + 10) FROM range(200000))", "[0]"},
	// Scalar subqueries: no row is null, two are an error, also where the subquery reads columns from further out.
	{"SELECT count(*), count(x) FROM (SELECT (SELECT id FROM range(3) WHERE id > 5 LIMIT 1) AS x FROM range(4))", "[4, 0]"},
	{"SELECT (SELECT max(s) FROM (SELECT (SELECT t.id FROM range(3) t WHERE t.id < o.id) AS s FROM range(1))) FROM range(1, 2) o", "[0]"},
	{"SELECT (SELECT max(s) FROM (SELECT (SELECT t.id FROM range(3) t WHERE t.id < o.id) AS s FROM range(1))) FROM range(2, 3) o", "SCALAR_SUBQUERY_TOO_MANY_ROWS"},
	{"SELECT count((SELECT count(*) FROM range(3) t WHERE t.id = o.id HAVING count(*) > 5)) FROM range(5) o", "[0]"},
	{"SELECT count((SELECT count(*) FROM range(3) t WHERE t.id = o.id HAVING count(*) < 1)) FROM range(5) o", "[2]"},
	{"SELECT sum((SELECT count(*) FROM (SELECT id AS a, id % 2 AS b FROM range(10)) t WHERE t.a = o.id + t.b)) FROM range(3) o", "[4]"},
	// A small side that reduces a large one keeps what <=> compares, and does not touch rows that grouping sets add.
	{"SELECT count(*), sum(c) FROM (VALUES (1), (NULL)) p(k) JOIN (SELECT nullif(id % 100000, 0) AS k, count(*) AS c FROM range(400000) GROUP BY 1) l ON p.k <=> l.k", "[2, 8]"},
	{"SELECT count(*), sum(c) FROM (VALUES (1), (NULL)) p(k) JOIN (SELECT id % 100000 AS k, count(*) AS c FROM range(400000) GROUP BY ROLLUP (1)) l ON p.k <=> l.k", "[2, 400004]"},
	// Conditions and numbers at the end of a layout, a list or a partition.
	{"SELECT count(*) FROM range(10) WHERE id <> 5 AND id > 3", "[5]"},
	{"SELECT count(*) FROM range(10) WHERE id > 3 AND id <> 5 AND id < 9", "[4]"},
	{"SELECT max(CAST(id AS decimal(38, 10))) FROM range(9000000000000000000, 9000000000000000003)", "[9000000000000000002.0000000000]"},
	{"SELECT max(monotonically_increasing_id() % 8589934592) FROM range(0, 64000, 1, 64)", "[999]"},
	{"SELECT max(monotonically_increasing_id() % 8589934592) FROM range(0, 64000, 1, 64) CROSS JOIN (VALUES 1, 2) b(x)", "[1999]"},
	{"SELECT count(*), sum(k) FROM (SELECT k FROM (SELECT id AS k FROM range(3) UNION ALL SELECT id + 100000 FROM range(3)) GROUP BY k)", "[6, 300006]"},
	// AND looks at its right side where the left one is null, below OR too; there it may raise an error.
	{"SELECT count(*) FROM (SELECT nullif(id, 0) AS x, id AS y FROM range(1)) WHERE (x > 1 AND 1 / y > 0) OR y = 5", "DIVIDE_BY_ZERO"},
	{"SELECT count(*) FROM (SELECT id AS x, id AS y FROM range(1)) WHERE (x > 1 AND 1 / y > 0) OR y = 5", "[0]"},
	// What is random is computed where it is written.
	{"SELECT a.s = b.s FROM (SELECT sum(rand()) AS s FROM range(10000)) a CROSS JOIN (SELECT sum(rand()) AS s FROM range(10000)) b", "[false]"},
	{"SELECT count(DISTINCT id), collect_list(id) FROM range(0)", "[0, []]"},
	{"SELECT count(*) FROM (SELECT monotonically_increasing_id() AS i, id FROM range(0, 10, 1, 1)) WHERE id > 5 AND i = 6", "[1]"},
}

// TestRuleGuards runs statements at the edge of what the rules may do, with and without the rules.
func TestRuleGuards(t *testing.T) {
	for name, conf := range map[string]map[string]string{
		"default": nil, "unoptimized": {"kiln.optimizer.enabled": "false"}, "plain": {"kiln.exec.fusion": "false"},
	} {
		s := open(t, conf)
		for _, g := range ruleGuards {
			rows, err := s.SQL(g.sql).Collect(context.Background())
			switch {
			case !strings.HasPrefix(g.want, "["):
				if diag.ConditionOf(err) != g.want {
					t.Errorf("%s: %s: %v %v, want %s", name, g.sql, rows, err, g.want)
				}
			case err != nil || len(rows) != 1 || rows[0].String() != g.want:
				t.Errorf("%s: %s: %v %v, want %s", name, g.sql, rows, err, g.want)
			}
		}
	}
}

// TestTopNKeepsTies sorts by a key of which all rows of the result have one value: rows with the value of the worst row so far may
// still be better by the second key. Each order has one first line.
func TestTopNKeepsTies(t *testing.T) {
	s := openTPCH(t, "0.01", map[string]string{"kiln.master": "local[2]"})
	texts := func(sql string) string {
		rows, err := s.SQL(sql).Collect(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(rows)
	}
	want := texts("SELECT o_orderkey FROM orders ORDER BY o_orderkey DESC LIMIT 7")
	if got := texts("SELECT l_orderkey FROM lineitem ORDER BY l_linenumber NULLS LAST, l_orderkey DESC LIMIT 7"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	want = texts("SELECT l_orderkey FROM lineitem WHERE l_linenumber = 7 ORDER BY -l_orderkey LIMIT 7")
	if got := texts("SELECT l_orderkey FROM lineitem ORDER BY l_linenumber DESC, l_orderkey DESC LIMIT 7"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
