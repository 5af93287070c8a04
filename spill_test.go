package kiln_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/kilnql/kiln/diag"
)

// TestNestedLoopInBlocks gives joins without equal keys a build side of several times the memory.
func TestNestedLoopInBlocks(t *testing.T) {
	const few, filtered = "(SELECT id AS x FROM range(50))", "(SELECT id AS x FROM range(5000000) WHERE id % 200000 = 5)"
	const many = "(SELECT id AS y, concat('padding of some length ', id) AS p FROM range(150000))"
	for name, sql := range map[string]string{
		"cross":           "SELECT count(*), sum(x + y), count(DISTINCT p) FROM " + many + " CROSS JOIN (SELECT id AS x FROM range(200000) WHERE id % 50000 = 7)",
		"inner":           "SELECT /*+ BROADCAST(b) */ count(*), sum(x), sum(y), max(p) FROM " + few + " a JOIN " + many + " b ON y % 1000 < x % 7",
		"build row kept":  "SELECT count(*), sum(x), sum(y), max(p), count(x) FROM " + many + " LEFT JOIN " + filtered + " ON x % 4 = 5 OR y % 1000 = x % 1000",
		"right row kept":  "SELECT count(*), sum(x), sum(y), max(p), count(x) FROM " + filtered + " RIGHT JOIN " + many + " ON y % 1000 < x % 1000",
		"several at once": "SELECT count(*), sum(x + y + z) FROM (SELECT id AS x FROM range(900000) WHERE id % 300000 = 5) JOIN " + many + " ON y % 100 < x % 90 JOIN (SELECT id AS z, concat('more padding ', id) AS q FROM range(800000)) b ON z = y AND q > ''",
	} {
		t.Run(name, func(t *testing.T) {
			want, err := open(t, nil).SQL(sql).Collect(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			for _, master := range []string{"local[1]", "local[2]"} {
				s := open(t, map[string]string{"kiln.memory.limit": "4m", "kiln.spill.directory": t.TempDir(), "kiln.master": master})
				got, err := s.SQL(sql).Collect(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				if got[0].String() != want[0].String() {
					t.Errorf("with little memory %s, want %s", got[0], want[0])
				}
				if p := s.LastProfile(); p.SpilledBytes == 0 || p.PeakMemory > 5<<20 {
					t.Errorf("%d bytes spilled, %d held", p.SpilledBytes, p.PeakMemory)
				}
			}
		})
	}
}

// TestNestedLoopOutOfMemory checks the error of the joins that cannot be probed in blocks, since a probe row is known to have
// no partner only after all build rows.
func TestNestedLoopOutOfMemory(t *testing.T) {
	s := open(t, map[string]string{"kiln.memory.limit": "4m", "kiln.spill.directory": t.TempDir()})
	const many = "(SELECT id AS y, concat('padding of some length ', id) AS p FROM range(150000))"
	_, err := s.SQL(fmt.Sprintf("SELECT count(*), max(a.p), max(b.p) FROM %s a FULL JOIN %s b ON a.y < b.y", many, many)).Collect(context.Background())
	if diag.ConditionOf(err) != "OUT_OF_MEMORY" || !strings.Contains(err.Error(), "A join without equal keys") {
		t.Error(err)
	}
	if n, err := s.Range(0, 10, 1).Count(context.Background()); n != 10 || err != nil {
		t.Error("the session goes on", n, err)
	}
}

// TestSortWithinPartitionsSpills checks that partitions stay when they are sorted on disk, in runs and in runs merged from
// others.
func TestSortWithinPartitionsSpills(t *testing.T) {
	for _, limit := range []string{"0", "3m", "600k"} {
		s := open(t, map[string]string{"kiln.memory.limit": limit, "kiln.spill.directory": t.TempDir(), "kiln.master": "local[2]"})
		d := s.SQL("SELECT id * 7919 % 400009 AS x, concat('padding of some length ', id) AS p FROM range(400000)").
			Repartition(5).SortWithinPartitions("x").SelectExpr("spark_partition_id() AS part", "x")
		rows, perPartition := 0, map[int32]int{}
		part, last := int32(-1), int64(-1)
		for row, err := range d.Rows(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			p, x := row.At(0).(int32), row.At(1).(int64)
			if p < part || p == part && x < last {
				t.Fatalf("%s: row %d of partition %d after row %d of partition %d", limit, x, p, last, part)
			}
			part, last = p, x
			perPartition[p]++
			rows++
		}
		if rows != 400_000 || len(perPartition) != 5 || perPartition[0] != 80_000 {
			t.Errorf("%s: %d rows in partitions of %v", limit, rows, perPartition)
		}
		if p := s.LastProfile(); limit != "0" && p.SpilledBytes == 0 {
			t.Error("nothing was spilled")
		}
	}
}
