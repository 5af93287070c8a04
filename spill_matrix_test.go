package kiln_test

import (
	"context"
	"fmt"
	"testing"
)

// spillRows is a prime: id * spillFactor % spillRows takes each value below it once, and spillInverse undoes it.
const (
	spillRows    = 100_003
	spillFactor  = 7919
	spillInverse = 47318
)

// spillCase is a statement over more rows than memory holds, with the answer by a formula: the row whose first column is i
// is want(i), for each i below places; an empty text stands for no row.
type spillCase struct {
	name, sql string
	places    int
	ordered   bool // row i is the i-th
	want      func(i int) string
}

// unshuffled is the id whose place in the order is i.
func unshuffled(i int) int { return i * spillInverse % spillRows }

func spillCases() []spillCase {
	shuffled := fmt.Sprintf("(SELECT id * %d %% %d AS x, id AS y, concat('padding of some length ', id) AS p FROM range(%d))", spillFactor, spillRows, spillRows)
	padded := func(step, from, rows int) string {
		return fmt.Sprintf("(SELECT /*+ MERGE */ id * %d + %d AS k, concat('padding of some length ', id) AS p FROM range(%d))", step, from, rows)
	}
	text := func(i int) string { return fmt.Sprint("padding of some length ", i) }
	joined := func(i, from, step, rows int) string { // of row i with padded(step, from, rows)
		if j := i - from; j >= 0 && j%step == 0 && j/step < rows {
			return fmt.Sprintf("[%d, %d, %s]", i, i, text(j/step))
		}
		return fmt.Sprintf("[%d, NULL, NULL]", i)
	}
	const n, third = spillRows, (spillRows + 2) / 3
	number := func(i int) string { return fmt.Sprintf("[%d]", i) }
	return []spillCase{
		{"sort", "SELECT x, y, p FROM " + shuffled + " ORDER BY x", n, true,
			func(i int) string { return fmt.Sprintf("[%d, %d, %s]", i, unshuffled(i), text(unshuffled(i))) }},
		{"sort down", fmt.Sprintf("SELECT %d - x AS i, p FROM %s ORDER BY x DESC", n-1, shuffled), n, true,
			func(i int) string { return fmt.Sprintf("[%d, %s]", i, text(unshuffled(n-1-i))) }},
		{"sort of nulls and ties", "SELECT x, z, p FROM (SELECT *, if(x < 25000, NULL, 'one text for all of the other rows') AS z FROM " + shuffled + ") ORDER BY z NULLS FIRST, x", n, true,
			func(i int) string {
				z := "one text for all of the other rows"
				if i < 25_000 {
					z = "NULL"
				}
				return fmt.Sprintf("[%d, %s, %s]", i, z, text(unshuffled(i)))
			}},
		{"sort by text", "SELECT CAST(right(q, 7) AS bigint) AS i, y FROM (SELECT concat('padding of some length ', lpad(x, 7, '0')) AS q, y FROM " + shuffled + ") ORDER BY q", n, true,
			func(i int) string { return fmt.Sprintf("[%d, %d]", i, unshuffled(i)) }},
		{"sort, limit and offset", "SELECT x - 1000 AS i, y FROM " + shuffled + " ORDER BY x LIMIT 99002 OFFSET 1000", 99_002, true,
			func(i int) string { return fmt.Sprintf("[%d, %d]", i, unshuffled(i+1000)) }},
		{"aggregate", fmt.Sprintf("SELECT id %% %d AS k, count(*), sum(id), min(id), max(id), avg(id) FROM range(%d) GROUP BY k", n, 3*n), n, false,
			func(i int) string { return fmt.Sprintf("[%d, 3, %d, %d, %d, %d.0]", i, 3*i+3*n, i, i+2*n, i+n) }},
		{"aggregate of texts", "SELECT max(x) AS i, count(*), max(p) FROM (SELECT x, p FROM " + shuffled + " UNION ALL SELECT x, p FROM " + shuffled + ") GROUP BY p", n, false,
			func(i int) string { return fmt.Sprintf("[%d, 2, %s]", i, text(unshuffled(i))) }},
		{"first text", fmt.Sprintf("SELECT id %% %d AS k, first(concat('text ', id)) FROM range(%d) GROUP BY k", n, 2*n), n, false,
			func(i int) string { return fmt.Sprintf("[%d, text %d]", i, i) }},
		{"last array", fmt.Sprintf("SELECT id %% %d AS k, last(array('text', NULL, string(id)))[2] FROM range(%d) GROUP BY k", n, 2*n), n, false,
			func(i int) string { return fmt.Sprintf("[%d, %d]", i, i+n) }},
		{"distinct", fmt.Sprintf("SELECT DISTINCT id * %d %% %d AS x, concat('padding of some length ', id %% %d) AS p FROM range(%d)", spillFactor, n, n, 2*n), n, false,
			func(i int) string { return fmt.Sprintf("[%d, %s]", i, text(unshuffled(i))) }},
		{"distinct aggregate", fmt.Sprintf("SELECT id %% 7 AS k, count(DISTINCT concat('padding of some length ', id DIV 14)), count(*) FROM range(%d) GROUP BY k", 4*n), 7, false,
			func(i int) string {
				c := (4*n - i + 6) / 7 // rows of the group, of which two at a time have one text
				return fmt.Sprintf("[%d, %d, %d]", i, (c+1)/2, c)
			}},
		{"inner join", fmt.Sprintf("SELECT a.k - 45000 AS i, b.k, b.p FROM %s a JOIN %s b ON a.k = b.k AND a.p <> b.p", padded(1, 0, n), padded(1, 45_000, n)), n - 45_000, false,
			func(i int) string { return fmt.Sprintf("[%d, %d, %s]", i, i+45_000, text(i)) }},
		{"left join", fmt.Sprintf("SELECT a.k AS i, b.k, b.p FROM %s a LEFT JOIN %s b ON a.k = b.k", padded(1, 0, 2*n), padded(3, 25_000, n)), 2 * n, false,
			func(i int) string { return joined(i, 25_000, 3, n) }},
		{"left join of nulls by <=>", fmt.Sprintf("SELECT a.id AS i, a.k, b.p FROM (SELECT id, if(id %% 7 = 0, NULL, id) AS k FROM range(%d)) a LEFT JOIN (SELECT nullif(k, 25000) AS k, p FROM %s) b ON a.k <=> b.k", 2*n, padded(3, 25_000, n)), 2 * n, false,
			// Each null of a has the one null of b for its partner, whose number it was has none.
			func(i int) string {
				switch j := i - 25_000; {
				case i%7 == 0:
					return fmt.Sprintf("[%d, NULL, %s]", i, text(0))
				case j > 0 && j%3 == 0 && j/3 < n:
					return fmt.Sprintf("[%d, %d, %s]", i, i, text(j/3))
				}
				return fmt.Sprintf("[%d, %d, NULL]", i, i)
			}},
		{"left join of nulls by =", fmt.Sprintf("SELECT a.id AS i, a.k, b.p FROM (SELECT id, if(id %% 7 = 0, NULL, id) AS k FROM range(%d)) a LEFT JOIN (SELECT nullif(k, 25000) AS k, p FROM %s) b ON a.k = b.k", 2*n, padded(3, 25_000, n)), 2 * n, false,
			func(i int) string {
				switch j := i - 25_000; {
				case i%7 == 0:
					return fmt.Sprintf("[%d, NULL, NULL]", i)
				case j > 0 && j%3 == 0 && j/3 < n:
					return fmt.Sprintf("[%d, %d, %s]", i, i, text(j/3))
				}
				return fmt.Sprintf("[%d, %d, NULL]", i, i)
			}},
		{"right join", fmt.Sprintf("SELECT b.k AS i, a.k, a.p FROM %s a RIGHT JOIN %s b ON a.k = b.k", padded(2, 7, n), padded(1, 0, 2*n)), 2 * n, false,
			func(i int) string { return joined(i, 7, 2, n) }},
		{"full join", fmt.Sprintf("SELECT coalesce(a.k, b.k) AS i, a.k, a.p, b.k, b.p FROM %s a FULL JOIN %s b ON a.k = b.k", padded(1, 0, n), padded(1, 35_000, n)), n + 35_000, false,
			func(i int) string {
				a, b := joined(i, 0, 1, n), joined(i, 35_000, 1, n)
				return a[:len(a)-1] + ", " + b[len(fmt.Sprintf("[%d, ", i)):]
			}},
		{"full join with a residual", fmt.Sprintf("SELECT coalesce(a.k, b.k + %d) AS i, a.k, b.k FROM %s a FULL JOIN %s b ON a.k = b.k AND right(a.p, 1) = '5'", n, padded(1, 0, n), padded(1, 0, n)), 2 * n, false,
			func(i int) string {
				switch {
				case i < n && i%10 == 5:
					return fmt.Sprintf("[%d, %d, %d]", i, i, i)
				case i < n:
					return fmt.Sprintf("[%d, %d, NULL]", i, i)
				case (i-n)%10 != 5:
					return fmt.Sprintf("[%d, NULL, %d]", i, i-n)
				}
				return ""
			}},
		{"full join above a left join", fmt.Sprintf("SELECT coalesce(a.y, b.k) AS i, a.x, c.p, b.k FROM (SELECT id * %d %% %d AS x, id AS y FROM range(%d)) a LEFT JOIN %s c ON a.x = c.k FULL JOIN %s b ON a.y = b.k", spillFactor, n, n, padded(2, 0, n), padded(1, 1000, n)), n + 1000, false,
			// Each part of one build side meets each part of the other, and a row of b has one partner.
			func(i int) string {
				x, p, k := "NULL", "NULL", fmt.Sprint(i)
				if i < n {
					at := i * spillFactor % n
					if x = fmt.Sprint(at); at%2 == 0 {
						p = text(at / 2)
					}
				}
				if i < 1000 {
					k = "NULL"
				}
				return fmt.Sprintf("[%d, %s, %s, %s]", i, x, p, k)
			}},
		{"semi join", fmt.Sprintf("SELECT k DIV 3 AS i, p FROM %s a WHERE EXISTS (SELECT 1 FROM %s b WHERE b.k = a.k AND b.p <> '')", padded(1, 0, n), padded(3, 0, n)), third, false,
			func(i int) string { return fmt.Sprintf("[%d, %s]", i, text(3*i)) }},
		{"anti join", fmt.Sprintf("SELECT k - 60000 AS i, p FROM %s a WHERE NOT EXISTS (SELECT 1 FROM %s b WHERE b.k = a.k)", padded(1, 0, n+10_000), padded(1, 0, 60_000)), n + 10_000 - 60_000, false,
			func(i int) string { return fmt.Sprintf("[%d, %s]", i, text(i+60_000)) }},
		{"intersect", fmt.Sprintf("SELECT k - 30000 AS i FROM (SELECT k, concat('padding of some length ', k) FROM %s INTERSECT SELECT k, concat('padding of some length ', k) FROM %s)", padded(1, 0, n), padded(1, 30_000, n)), n - 30_000, false, number},
		{"except", fmt.Sprintf("SELECT k AS i FROM (SELECT k, concat('padding of some length ', k) FROM %s EXCEPT SELECT k, concat('padding of some length ', k) FROM %s)", padded(1, 0, n+9), padded(1, 30_000, n)), 30_000, false, number},
		{"union", fmt.Sprintf("SELECT k AS i FROM (SELECT k, concat('padding of some length ', k) FROM %s UNION SELECT k, concat('padding of some length ', k) FROM %s)", padded(1, 0, n), padded(1, 30_000, n)), n + 30_000, false, number},
		{"intersect all", fmt.Sprintf("SELECT k AS i, count(*) FROM (%s INTERSECT ALL %s) GROUP BY k", copies(n/2, "k % 5"), copies(n/2, "2")), n / 2, false,
			func(i int) string { return copied(i, min(i%5, 2)) }},
		{"except all", fmt.Sprintf("SELECT k AS i, count(*) FROM (%s EXCEPT ALL %s) GROUP BY k", copies(n/2, "k % 5"), copies(n/2, "2")), n / 2, false,
			func(i int) string { return copied(i, i%5-2) }},
	}
}

// copies is a query of the numbers below rows, each so many times, and a text.
func copies(rows int, times string) string {
	return fmt.Sprintf("SELECT k, concat('padding of some length ', k) AS p FROM (SELECT id %% %d AS k, id DIV %d AS copy FROM range(%d)) WHERE copy < %s", rows, rows, 5*rows, times)
}

// copied is the row of a number with a count of copies.
func copied(i, count int) string {
	if count <= 0 {
		return ""
	}
	return fmt.Sprintf("[%d, %d]", i, count)
}

// TestSpilledAnswers runs sorts, aggregates, joins and set operations over several times the memory and compares each row.
func TestSpilledAnswers(t *testing.T) {
	if unshuffled(spillFactor) != 1 {
		t.Fatal("the inverse is another number")
	}
	modes := []map[string]string{
		{"kiln.master": "local[2]", "kiln.memory.limit": "3m"},
		{"kiln.master": "local[1]", "kiln.memory.limit": "2m"},
		{"kiln.master": "local[2]", "kiln.memory.limit": "6m", "kiln.exec.fusion": "false"},
	}
	if testing.Short() {
		modes = modes[:1]
	}
	for _, c := range spillCases() {
		t.Run(c.name, func(t *testing.T) {
			for _, mode := range modes {
				runSpillCase(t, &c, mode)
			}
		})
	}
}

func runSpillCase(t *testing.T, c *spillCase, mode map[string]string) {
	t.Helper()
	conf := map[string]string{"kiln.spill.directory": t.TempDir()}
	for k, v := range mode {
		conf[k] = v
	}
	s := open(t, conf)
	seen := make([]bool, c.places)
	rows := 0
	for row, err := range s.SQL(c.sql).Rows(context.Background()) {
		if err != nil {
			t.Fatalf("%v: %v", mode, err)
		}
		i, ok := row.At(0).(int64)
		if !ok || i < 0 || i >= int64(c.places) || seen[i] || c.ordered && i != int64(rows) {
			t.Fatalf("%v: row %d is %s", mode, rows, row)
		}
		seen[i] = true
		rows++
		if want := c.want(int(i)); row.String() != want {
			t.Fatalf("%v: %s, want %s", mode, row, want)
		}
	}
	for i, ok := range seen {
		if want := c.want(i); !ok && want != "" {
			t.Fatalf("%v: there is no row %s", mode, want)
		}
	}
	if p := s.LastProfile(); p.SpilledBytes == 0 {
		t.Errorf("%v: nothing was spilled", mode)
	}
}
