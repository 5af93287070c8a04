package kiln_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/functions"
	"github.com/kilnql/kiln/internal/tpch"
)

// chains are DataFrames made in many steps, where binding a step on the steps below it could differ from binding the whole.
func chains(s *kiln.Session) map[string]*kiln.DataFrame {
	col := kiln.Col
	t := s.CreateDataFrame([][]any{{1, "a", 1.5}, {2, "b", nil}, {2, "c", 2.5}, {nil, "d", 3.5}}, "k", "name", "x").Alias("t")
	u := s.SQL("WITH c AS (SELECT id AS k, id * 10 AS y FROM range(5)) SELECT a.k, a.y, b.y AS z FROM c a JOIN c b ON a.k = b.k")
	sum := t.GroupBy("k").Agg(functions.Sum("x").As("total"))
	wide := t
	for i := range 30 {
		wide = wide.WithColumn(fmt.Sprintf("c%d", i%7), col("k").Plus(i))
	}
	union := t
	for range 5 {
		union = union.Union(t.WithColumn("k", col("k").Plus(1)))
	}
	later := t.Where(col("k").Gt(0)).OrderBy("x")
	return map[string]*kiln.DataFrame{
		"a loop of columns":                  wide.Where(col("c1").Gt(2)).Drop("c2", "c3"),
		"a loop of unions":                   union.Where(col("name").NotEq("c")),
		"a union of wider types":             t.Select("k").Union(s.Range(0, 3, 1)).Union(t.Select("x")),
		"union by name":                      t.UnionByName(t.Select("x", "k"), true).UnionByName(u.Select("k"), true),
		"sort by a dropped column":           t.Select("name").OrderBy(col("x").Desc(), "name"),
		"sort twice by dropped columns":      t.Select("name").OrderBy("x").OrderBy(col("k").Desc(), "name"),
		"filter by a dropped column":         t.Select("name").Where(col("k").Eq(2)),
		"filter by an aggregate":             sum.Where(functions.Count("x").Geq(1)),
		"sort by an aggregate":               sum.OrderBy(functions.Max("x").Desc(), "k"),
		"sort of SQL by a dropped column":    s.SQL("SELECT id * 2 AS a FROM range(5)").OrderBy(col("id").Desc()),
		"qualified columns":                  t.Where(col("t.k").Gt(0)).Select("t.name", "t.x").OrderBy("t.name"),
		"columns of a step":                  t.WithColumn("x", t.Col("x").Multiply(2)).Where(t.Col("k").Gt(0)).Select(t.Col("k"), "x"),
		"join with itself":                   t.Join(t, t.Col("k").Eq(t.Col("k")), "inner"),
		"join with a step of itself":         later.Alias("l").Join(t, col("l.k").Eq(col("t.k")), "left").Select("l.name", "t.x"),
		"join with an aggregate of itself":   t.Join(sum, "k", "left").WithColumn("share", col("x").Divide(col("total"))),
		"full join with itself":              t.Join(t.Where(col("x").Gt(2)), "k", "full").OrderBy("k"),
		"joins of many":                      t.Join(u, "k", "inner").Join(sum, "k", "inner").Join(s.Range(0, 9, 1), u.Col("y").Gt(col("id")), "semi"),
		"common table expressions twice":     u.Join(u.Where(col("z").Gt(10)), "k", "left"),
		"hints on both sides":                kiln.Broadcast(t).Join(kiln.Broadcast(sum), "k", "inner"),
		"a hint below a filter":              u.Join(kiln.Broadcast(t).Where(col("k").Gt(0)), "k", "inner").Select("name", "z"),
		"subqueries of steps":                t.Where(col("k").In(sum.Where(col("total").Gt(1)).Select("k"))).Select("name", s.Range(0, 4, 1).Agg(functions.Max("id")).Scalar().As("m")),
		"a correlated subquery":              t.Where(u.Where(col("z").Gt(col("k").Outer())).Exists()).Select("name"),
		"distinct, limit, offset, partition": t.Select("k").Distinct().Repartition(3, col("k")).OrderBy("k").Limit(2).Offset(1),
		"duplicates and the first of each":   t.OrderBy("name").Coalesce(1).DropDuplicates("k").Where(t.Col("x").IsNotNull()),
		"renamed columns":                    t.WithColumnRenamed("k", "key").ToDF("a", "b", "c").Where(col("a").Gt(1)).Drop(col("b")),
		"rollup":                             t.Rollup("k", "name").Agg(functions.Sum("x").As("s"), functions.GroupingId().As("g")).OrderBy("g", "k", "name"),
	}
}

// TestChainsLikeTheirTwins compares each chain, bound step by step, with the same query bound as a whole.
func TestChainsLikeTheirTwins(t *testing.T) {
	s := open(t, map[string]string{"kiln.master": "local[1]"})
	all := chains(s)
	for i, query := range tpch.Queries {
		all[fmt.Sprintf("TPC-H Q%d", i+1)] = query(openTPCH(t, "0.01", nil))
	}
	for name, d := range all {
		t.Run(name, func(t *testing.T) {
			twin := kiln.Rebound(d)
			if d.Err() != nil || twin.Err() != nil {
				t.Fatal(d.Err(), twin.Err())
			}
			if got, want := d.Schema().String(), twin.Schema().String(); got != want {
				t.Errorf("schema %s, of the twin %s", got, want)
			}
			if plan, other, same, err := kiln.ComparePlans(t.Context(), d, twin); !same || err != nil {
				t.Errorf("plan\n%s\nof the twin\n%s%v", plan, other, err)
			}
			got, err := d.Collect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want, err := twin.Collect(t.Context())
			if err != nil || !reflect.DeepEqual(got, want) || len(got) == 0 {
				t.Errorf("%d rows: %v\nof the twin %d rows: %v, %v", len(got), got, len(want), want, err)
			}
		})
	}
}

// TestChainKeepsItsMeaning: a DataFrame and what is made of it mean what they meant when they were made, whatever happens to
// the views.
func TestChainKeepsItsMeaning(t *testing.T) {
	s := open(t, nil)
	ctx := t.Context()
	count := func(d *kiln.DataFrame) int64 {
		t.Helper()
		n, err := d.Count(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := s.Range(0, 10, 1).CreateOrReplaceTempView("v"); err != nil {
		t.Fatal(err)
	}
	inCalls, inSQL := s.Table("v").Where("id > 3"), s.SQL("SELECT * FROM v WHERE id > 3")
	for range 3 { // a view in the place of the one it was made of, as Spark allows
		if err := s.Table("v").Where("id > 3").CreateOrReplaceTempView("v"); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(s.SQL("SELECT * FROM v")); n != 6 {
		t.Errorf("the replaced view has %d rows", n)
	}
	if err := s.SQL("CREATE OR REPLACE TEMP VIEW v AS SELECT 1 AS one").Err(); err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]*kiln.DataFrame{"calls": inCalls, "SQL": inSQL} {
		if n, m := count(d), count(d.Where("id < 8").Select("id")); n != 6 || m != 4 {
			t.Errorf("%s: %d and %d rows", name, n, m)
		}
		if n := count(s.Range(0, 20, 1).Where(kiln.Col("id").In(d))); n != 6 {
			t.Errorf("%s, as a subquery: %d rows", name, n)
		}
	}
}

// TestChainDrawsOnce: random numbers are those of the column, the time is that of the query.
func TestChainDrawsOnce(t *testing.T) {
	s := open(t, map[string]string{"kiln.master": "local[1]"})
	ctx := t.Context()
	d := s.Range(0, 50, 1).WithColumn("r", functions.Rand()).WithColumn("u", functions.Uuid()).WithColumn("n", functions.Randn())
	want, err := d.Collect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for name, step := range map[string]*kiln.DataFrame{"again": d, "where": d.Where("id >= 0"), "select": d.Select("*"), "join": d.Join(s.Range(0, 50, 1), "id", "semi")} {
		if got, err := step.Collect(ctx); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v, not %v", name, got[:1], err, want[:1])
		}
	}
	if got, err := d.OrderBy("id").Select("r").Collect(ctx); err != nil || got[0].At(0) != want[0].At(1) {
		t.Errorf("sorted: %v, not %v (%v)", got[0], want[0], err)
	}
	if a, b := want[0].At(2), want[1].At(2); a == b {
		t.Errorf("one UUID twice: %v", a)
	}
	now := s.Range(0, 1, 1).WithColumn("a", functions.CurrentTimestamp()).Where("id = 0").WithColumn("b", functions.CurrentTimestamp())
	if n, err := now.Where("a = b").Count(ctx); n != 1 || err != nil {
		t.Errorf("two times in one query: %d, %v", n, err)
	}
}

// TestChainOverAChangedFile: an action reads files as they are then, if they still have the columns; cached rows stay.
func TestChainOverAChangedFile(t *testing.T) {
	s := open(t, nil)
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "t.parquet")
	put := func(table string) {
		t.Helper()
		copyFile(t, "testdata/tpch/sf0.01/"+table+".parquet", path)
	}
	put("nation")
	cached := s.Read().Parquet(path).Select("n_name").Cache()
	if n, err := cached.Count(ctx); n != 25 || err != nil {
		t.Fatal(n, err)
	}
	plain := s.Read().Parquet(path)
	sql := s.SQL("SELECT count(*) FROM '" + path + "'")
	if rows, err := sql.Collect(ctx); err != nil || rows[0].At(0) != int64(25) {
		t.Fatal(rows, err)
	}
	if err := plain.CreateTempView("nation"); err != nil {
		t.Fatal(err)
	}
	nations(t, path, 3)
	for name, d := range map[string]*kiln.DataFrame{"Read": plain, "a step": plain.Where("n_nationkey >= 0"), "a view": s.SQL("SELECT * FROM nation")} {
		if n, err := d.Count(ctx); n != 3 || err != nil {
			t.Errorf("%s counts %d, %v", name, n, err)
		}
		if rows, err := d.Collect(ctx); len(rows) != 3 || err != nil {
			t.Errorf("%s has %d rows, %v", name, len(rows), err)
		}
	}
	if rows, err := sql.Collect(ctx); err != nil || rows[0].At(0) != int64(3) {
		t.Errorf("SQL counts %v, %v", rows, err)
	}
	put("region")
	for name, d := range map[string]*kiln.DataFrame{"Read": plain, "a step": plain.Where("n_nationkey >= 0"), "a view": s.SQL("SELECT * FROM nation"), "SQL": sql} {
		if _, err := d.Count(ctx); diag.ConditionOf(err) != "FAILED_READ_FILE.NO_HINT" || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "r_regionkey") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := plain.Collect(ctx); diag.ConditionOf(err) != "PATH_NOT_FOUND" {
		t.Errorf("a file that is gone: %v", err)
	}
	for name, d := range map[string]*kiln.DataFrame{"cached": cached, "a step of it": cached.Where("n_name <> ''"), "another step": cached.Distinct()} {
		if rows, err := d.Collect(ctx); len(rows) != 25 || err != nil {
			t.Errorf("%s: %d rows, %v", name, len(rows), err)
		}
	}
	cached.Unpersist()
}

// nations writes a file with nation's columns and another number of rows.
func nations(t *testing.T, path string, rows int) {
	t.Helper()
	type nation struct {
		Key     int64  `parquet:"n_nationkey,optional"`
		Name    string `parquet:"n_name,optional"`
		Region  int64  `parquet:"n_regionkey,optional"`
		Comment string `parquet:"n_comment,optional"`
	}
	list := make([]nation, rows)
	for i := range list {
		list[i] = nation{int64(i + 1), "nation " + strconv.Itoa(i), 1, "-"}
	}
	if err := parquet.WriteFile(path, list); err != nil {
		t.Fatal(err)
	}
}

// TestChainsAtOnce makes steps of one DataFrame in many goroutines.
func TestChainsAtOnce(t *testing.T) {
	s := open(t, map[string]string{"kiln.master": "local[2]"})
	d := s.Range(0, 100, 1).WithColumn("a", kiln.Col("id").Plus(1)).Select("id", "a")
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			step := d
			for j := range 10 {
				step = step.WithColumn(fmt.Sprintf("c%d", j), kiln.Col("a").Plus(i+j)).OrderBy("id")
			}
			rows, err := step.Join(d, "id", "inner").Where(kiln.Col("c9").Gt(0)).OrderBy("id").Select("c9").Collect(context.Background())
			if err != nil || len(rows) != 100 || rows[99].At(0) != int64(100+i+9) {
				t.Error(len(rows), err)
			}
		})
	}
	wait.Wait()
}

// BenchmarkChain makes a chain of 200 verbs; the time of one should not depend on how many were before.
func BenchmarkChain(b *testing.B) {
	s, err := kiln.Open(nil)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for b.Loop() {
		d := s.Range(0, 10, 1)
		for i := range 200 {
			d = d.WithColumn(fmt.Sprintf("c%d", i), kiln.Col("id").Plus(i))
		}
		if d.Err() != nil {
			b.Fatal(d.Err())
		}
	}
}
