package kiln_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/kilnql/kiln"
)

// answerOnDisk runs a query of one row with little memory and demands that it wrote to disk.
func answerOnDisk(t *testing.T, limit, sql string) kiln.Row {
	t.Helper()
	s := open(t, map[string]string{"kiln.memory.limit": limit, "kiln.spill.directory": t.TempDir(), "kiln.master": "local[2]"})
	rows, err := s.SQL(sql).Collect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if p := s.LastProfile(); p.SpilledBytes == 0 {
		t.Error("nothing was spilled")
	}
	return rows[0]
}

// TestSpilledJoinsOfOneStage probes two and three build sides, each of several times the memory, from one source: each part of one
// meets each part of the others. The counts are known: every row of the source has one partner or none.
func TestSpilledJoinsOfOneStage(t *testing.T) {
	const rows = 300_000
	side := func(alias string, from, step int) string {
		return fmt.Sprintf("(SELECT /*+ MERGE */ id * %d + %d AS k, concat('padding of some length ', id) AS p FROM range(%d)) %s", step, from, rows, alias)
	}
	for _, c := range []struct{ name, sql, want string }{
		{"two left", "SELECT count(*), sum(a.id), count(b.p), count(c.p), sum(b.k - a.id), max(c.p) FROM range(900000) a LEFT JOIN " + side("b", 0, 1) + " ON a.id = b.k LEFT JOIN " + side("c", 100_000, 1) +
			" ON a.id = c.k", "[900000, 404999550000, 300000, 300000, 0, padding of some length 99999]"},
		{"two left, the second by the first", "SELECT count(*), sum(a.id), count(b.p), count(c.p) FROM range(900000) a LEFT JOIN " + side("b", 0, 2) + " ON a.id = b.k LEFT JOIN " + side("c", 0, 3) +
			" ON b.k = c.k", "[900000, 404999550000, 300000, 100000]"},
		{"left and inner", "SELECT count(*), sum(a.id), count(b.p), count(c.p) FROM range(900000) a LEFT JOIN " + side("b", 0, 2) + " ON a.id = b.k JOIN " + side("c", 0, 1) +
			" ON a.id = c.k", "[300000, 44999850000, 150000, 300000]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := answerOnDisk(t, "16m", c.sql).String(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// TestSpilledNotInWithNull asks NOT IN of a list that is on disk and has one null: no row is surely not in it.
func TestSpilledNotInWithNull(t *testing.T) {
	const list = "(SELECT if(id = 123456, NULL, id * 2) AS k FROM range(1000000))"
	const none = "(SELECT id * 2 AS k FROM range(1000000))"
	for sql, want := range map[string]string{
		"SELECT count(*) FROM range(500000) WHERE id NOT IN " + list: "[0]",
		"SELECT count(*) FROM range(500000) WHERE id NOT IN " + none: "[250000]",
	} {
		if got := answerOnDisk(t, "8m", sql).String(); got != want {
			t.Errorf("%s: %s, want %s", sql, got, want)
		}
	}
}
