package kiln_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// mostPlanning is far above what planning one of the queries of this file takes, and far below what it took when the plan
// doubled with each subquery.
const mostPlanning = 20 * time.Second

// planAndRun checks that sql is planned in time and gives want.
func planAndRun(t *testing.T, name, sql, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), mostPlanning)
	defer cancel()
	s := open(t, map[string]string{"kiln.master": "local[1]"})
	if _, err := s.SQL("EXPLAIN " + sql).Collect(ctx); err != nil {
		t.Errorf("%s: planning: %v", name, err)
		return
	}
	rows, err := s.SQL(sql).Collect(context.Background())
	if got := fmt.Sprint(rows); err != nil || got != want {
		t.Errorf("%s: %.300s %v, want %.300s", name, got, err, want)
	}
}

// repeated joins n copies of a text; in copy i, $i stands for i, $p for i-1 and $n for i+1.
func repeated(n int, separator, text string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strings.NewReplacer("$i", fmt.Sprint(i), "$p", fmt.Sprint(i-1), "$n", fmt.Sprint(i+1)).Replace(text)
	}
	return strings.Join(parts, separator)
}

// TestJoinsOfManyRelations: no number of relations is too large for the search for an order.
func TestJoinsOfManyRelations(t *testing.T) {
	chain := func(n int) string {
		return "range(3) t0" + repeated(n-1, "", " join range(3) t$n on t$n.id = t$i.id")
	}
	for _, n := range []int{63, 64, 65, 66, 130, 200} {
		planAndRun(t, fmt.Sprintf("%d in a chain", n), "select count(*), sum(t0.id) from "+chain(n), "[[3, 3]]")
	}
	for _, n := range []int{63, 64, 65, 130} {
		// t0.id has one partner in each table, and ranges end at 2+n: equalities of different columns, from WHERE.
		planAndRun(t, fmt.Sprintf("%d, each next id", n), "select count(*), max(t0.id) from range(3) t0, "+
			repeated(n-1, ", ", fmt.Sprintf("range(%d) t$n", n+2))+" where "+repeated(n-1, " and ", "t$n.id = t$i.id + 1"), "[[3, 2]]")
		planAndRun(t, fmt.Sprintf("%d with outer and semi joins", n), "select count(*), count(o.id), min(t1.id) from "+chain(n)+
			fmt.Sprintf(" left join range(2) o on o.id = t%d.id left semi join range(1, 9) s on s.id = t1.id left anti join range(5, 9) a on a.id = t0.id", n-1)+
			" join range(9) z on z.id > t0.id + 6 and z.id < t1.id + 8", "[[1, 1, 1]]")
	}
	planAndRun(t, "66 scalar subqueries", "select "+repeated(66, " + ", "(select max(id) from range($n))"), "[[2145]]") // 0 + … + 65
	planAndRun(t, "66 products", "select count(*) from "+repeated(66, " cross join ", "(select id from range(1)) t$i"), "[[1]]")
}

// TestManyCorrelatedSubqueries attaches many subqueries that are correlated by more than equalities to one input, wherever
// subqueries may stand.
func TestManyCorrelatedSubqueries(t *testing.T) {
	const n = 30
	row := func(first, second int) string { // least(i, first), …: the largest id up to first in range(i+1)
		out := fmt.Sprint(first)
		for i := range n {
			out += ", " + fmt.Sprint(min(i, second))
		}
		return "[" + out + "]"
	}
	three := "[" + row(0, 0) + " " + row(1, 1) + " " + row(2, 2) + "]"
	planAndRun(t, "SELECT", "select a.id, "+repeated(n, ", ", "(select max(id) from range(1 + $i) b where b.id <= a.id) s$i")+
		" from range(3) a order by 1", three)
	planAndRun(t, "LATERAL", "select * from range(3) a, "+repeated(n, ", ", "lateral (select max(id) m$i from range(1 + $i) b where b.id <= a.id) q$i")+
		" order by 1", three)
	// The subquery is 0 for the first, and a.id for the others.
	planAndRun(t, "WHERE", "select a.id from range(3) a where "+
		repeated(n, " and ", "a.id > (select max(id) - 1 from range(1 + $i) b where b.id <= a.id) and a.id < 2")+" order by 1", "[[0] [1]]")
	planAndRun(t, "EXISTS", "select a.id from range(3) a where "+
		repeated(n, " and ", "exists (select 1 from range(31) b where b.id > a.id * 10 + $i)")+" order by 1", "[[0]]")
	planAndRun(t, "EXISTS that may fail", "select a.id from range(3) a where "+
		repeated(n, " and ", "exists (select 1 from range(30) b where b.id div (a.id + 1) > 9 + $i div 10)")+" order by 1", "[[0] [1]]")
	planAndRun(t, "HAVING", "select a.id from range(3) a group by a.id having "+
		repeated(n, " and ", "a.id >= (select max(id) from range(1 + $i) b where b.id <= a.id)")+" order by 1", "[[0] [1] [2]]")
	planAndRun(t, "ON", "select a.id, c.id from range(3) a left join range(3) c on "+
		repeated(n, " and ", "c.id >= (select max(id) from range(3) b where b.id <= c.id)")+" and a.id = c.id order by 1", "[[0, 0] [1, 1] [2, 2]]")
	planAndRun(t, "ON with both sides", "select a.id, c.id from range(3) a left join range(3) c on "+
		repeated(n, " and ", "c.id = (select max(id) from range(3 + $i) b where b.id <= a.id and b.id <= c.id + 1)")+" order by 1, 2",
		"[[0, 0] [1, 1] [2, 2]]")
}
