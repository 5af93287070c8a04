package kiln_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
)

// first is the first value of a query's first row.
func first(t *testing.T, d *kiln.DataFrame) any {
	t.Helper()
	row, ok, err := kiln.FirstRow(context.Background(), d)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	return row.At(0)
}

func TestPlansAreTakenAgain(t *testing.T) {
	s := open(t, nil)
	ctx := context.Background()
	p, err := s.Prepare("SELECT sum(id) FROM range(10) WHERE id < ?")
	if err != nil {
		t.Fatal(err)
	}
	a, b := p.Query(ctx, 5), p.Query(ctx, 5)
	if !kiln.SharePlan(a, b) || kiln.SharePlan(a, p.Query(ctx, 6)) || kiln.SharePlan(a, p.Query(ctx, int64(5))) || kiln.SharePlan(a, p.Query(ctx, "5")) {
		t.Error("a plan is for arguments of the same types and values")
	}
	for i := range 8 {
		want := int64(i * (i - 1) / 2)
		for range 2 {
			if got := first(t, p.Query(ctx, i)); got != want && !(i == 0 && got == nil) {
				t.Errorf("%d: %v", i, got)
			}
		}
	}
	if !kiln.SharePlan(s.SQL("SELECT 1"), s.SQL("SELECT 1")) {
		t.Error("Session.SQL takes plans again too")
	}
	named := func(n int) *kiln.DataFrame { return s.SQL("SELECT :n + 1", kiln.Named("n", n)) }
	if !kiln.SharePlan(named(1), named(1)) || kiln.SharePlan(named(1), named(2)) || first(t, named(2)) != int32(3) {
		t.Error("named arguments")
	}
	// What the bytes of an argument are must not be taken for a second argument.
	two := func(x, y string) *kiln.DataFrame { return s.SQL("SELECT concat(?, '-', ?)", x, y) }
	for _, c := range [][2]string{{"a\" STRING \"b", "c"}, {"a", "b\" STRING \"c"}, {"a\n", "b"}, {"a", "\nb"}} {
		if got := first(t, two(c[0], c[1])); got != c[0]+"-"+c[1] {
			t.Errorf("%q: %q", c, got)
		}
	}
}

func TestPlansThatAreNotTakenAgain(t *testing.T) {
	s := open(t, nil)
	for _, sql := range []string{
		"SELECT current_timestamp()", "SELECT now()", "SELECT current_date()", "SELECT rand()", "SELECT uuid()", "SELECT TIMESTAMP 'now'", "SELECT TIMESTAMP '12:30'",
		"SELECT CAST('12:30' AS TIMESTAMP)", "SELECT CAST(x AS TIMESTAMP) FROM VALUES ('12:30') AS t(x)", "SELECT * FROM (SELECT * FROM range(10)) TABLESAMPLE (50 PERCENT)",
		"SELECT (SELECT rand())", "SELECT 1 WHERE EXISTS (SELECT current_date())",
	} {
		if kiln.SharePlan(s.SQL(sql), s.SQL(sql)) {
			t.Error(sql)
		}
	}
	for _, sql := range []string{
		"SELECT TIMESTAMP '2024-02-29 12:30:00', DATE '2024-02-29'", "SELECT CAST('2024-02-29 12:30:00' AS TIMESTAMP)", "SELECT CAST(x AS DATE) FROM VALUES ('2024-02-29') AS t(x)",
		"SELECT * FROM (SELECT * FROM range(10)) TABLESAMPLE (50 PERCENT) REPEATABLE (1)",
	} {
		if !kiln.SharePlan(s.SQL(sql), s.SQL(sql)) {
			t.Error("taken again:", sql)
		}
	}
	a := first(t, s.SQL("SELECT current_timestamp()")).(time.Time)
	time.Sleep(2 * time.Millisecond)
	if b := first(t, s.SQL("SELECT current_timestamp()")).(time.Time); !b.After(a) {
		t.Error("time stands still", a, b)
	}
}

func TestPreparedAfterChanges(t *testing.T) {
	s := open(t, nil)
	ctx := context.Background()
	run := func(sql string) {
		t.Helper()
		if err := s.SQL(sql).Err(); err != nil {
			t.Fatal(err)
		}
	}
	prepare := func(sql string) *kiln.Statement {
		t.Helper()
		p, err := s.Prepare(sql)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	run("CREATE TEMP VIEW v AS SELECT 1 AS x")
	p := prepare("SELECT x FROM v")
	check := func(want any) {
		t.Helper()
		for range 2 {
			if got := first(t, p.Query(ctx)); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		}
	}
	check(int32(1))
	held := p.Query(ctx) // bound to the view as it is
	run("CREATE OR REPLACE TEMP VIEW v AS SELECT 'two' AS x")
	check("two")
	if got := first(t, held); got != int32(1) {
		t.Errorf("a DataFrame keeps the meaning it was made with, got %v", got)
	}
	if err := s.Range(3, 4, 1).ToDF("x").CreateOrReplaceTempView("v"); err != nil {
		t.Fatal(err)
	}
	check(int64(3))
	run("DROP VIEW v")
	if err := p.Query(ctx).Err(); diag.ConditionOf(err) != "TABLE_OR_VIEW_NOT_FOUND" {
		t.Error(err)
	}

	// Settings: of evaluation, of names, of the optimizer; those of execution leave plans alone.
	p = prepare("SELECT CAST(? AS INT)")
	if _, err := p.Query(ctx, "x").Collect(ctx); diag.ConditionOf(err) != "CAST_INVALID_INPUT" {
		t.Error(err)
	}
	run("SET spark.sql.ansi.enabled = false")
	if got := first(t, p.Query(ctx, "x")); got != nil {
		t.Error(got)
	}
	run("SET spark.sql.ansi.enabled = true")
	if _, err := p.Query(ctx, "x").Collect(ctx); diag.ConditionOf(err) != "CAST_INVALID_INPUT" {
		t.Error(err)
	}
	p = prepare("SELECT CAST(TIMESTAMP '2024-01-01 00:00:00Z' AS STRING)")
	check("2024-01-01 00:00:00")
	run("SET TIME ZONE 'Asia/Tokyo'")
	check("2024-01-01 09:00:00")
	run("RESET spark.sql.session.timeZone")
	check("2024-01-01 00:00:00")
	before := p.Query(ctx)
	run("SET kiln.exec.fusion = false")
	if !kiln.SharePlan(before, p.Query(ctx)) {
		t.Error("a setting of execution made a new plan")
	}
	run("SET kiln.optimizer.enabled = false")
	if kiln.SharePlan(before, p.Query(ctx)) {
		t.Error("a setting of the optimizer made no new plan")
	}
	if got := first(t, s.SQL(`SELECT "x"`)); got != "x" {
		t.Error(got)
	}
	run("SET spark.sql.ansi.doubleQuotedIdentifiers = true")
	if err := s.SQL(`SELECT "x"`).Err(); diag.ConditionOf(err) != "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION" {
		t.Error(err)
	}
}

func TestPreparedAndCachedTables(t *testing.T) {
	s := open(t, nil)
	ctx := context.Background()
	dir := t.TempDir()
	file := filepath.Join(dir, "a.parquet")
	copyFile(t, "testdata/tpch/sf0.01/nation.parquet", file)
	p, err := s.Prepare(fmt.Sprintf("SELECT count(n_name) FROM '%s' WHERE n_nationkey < ?", dir))
	if err != nil {
		t.Fatal(err)
	}
	count := func(want int64) {
		t.Helper()
		for range 2 {
			if got := first(t, p.Query(ctx, 20)); got != want {
				t.Errorf("got %v, want %d", got, want)
			}
		}
	}
	reads := func() string {
		t.Helper()
		text, err := p.Query(ctx, 20).ExplainString(ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	count(20)
	plain := p.Query(ctx, 20)
	count(20)
	table := s.Read().Parquet(dir).Cache()
	if kiln.SharePlan(plain, p.Query(ctx, 20)) {
		t.Error("the plan reads the files, not the cached rows")
	}
	count(20)
	cached := p.Query(ctx, 20)
	if got := first(t, cached); got != int64(20) {
		t.Error(got)
	}
	table.Unpersist()
	count(20)
	if got := first(t, cached); got != int64(20) { // made while the rows were cached, run when they are gone
		t.Error(got)
	}
	if text := reads(); text == "" {
		t.Error("no plan")
	}

	// Another file in the directory, the file replaced, the file gone.
	copyFile(t, "testdata/tpch/sf0.01/nation.parquet", filepath.Join(dir, "b.parquet"))
	count(40)
	copyFile(t, "testdata/tpch/sf0.01/nation.parquet", file)
	if err := os.Chtimes(file, time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	count(40)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	count(20)
	if err := os.Remove(filepath.Join(dir, "b.parquet")); err != nil {
		t.Fatal(err)
	}
	if err := p.Query(ctx, 20).Err(); err == nil {
		t.Error("no files are an error")
	}
}

func TestPlanCacheIsBounded(t *testing.T) {
	for size, again := range map[int]bool{0: false, 2: true} {
		s := open(t, map[string]string{"kiln.plan.cacheSize": fmt.Sprint(size)})
		p, err := s.Prepare("SELECT ?")
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		old := p.Query(ctx, 0)
		if got := kiln.SharePlan(old, p.Query(ctx, 0)); got != again {
			t.Errorf("%d plans: %v", size, got)
		}
		for i := range 100 {
			if got := first(t, p.Query(ctx, i)); got != int32(i) {
				t.Error(got)
			}
		}
		if kiln.SharePlan(old, p.Query(ctx, 0)) || kiln.PlansKept(s) > size {
			t.Errorf("%d plans are kept, %d at most", kiln.PlansKept(s), size)
		}
		if got := first(t, old); got != int32(0) {
			t.Error(got)
		}
	}
	s := open(t, nil)
	long := "SELECT '" + string(make([]byte, 100_000)) + "'"
	if kiln.SharePlan(s.SQL(long), s.SQL(long)) || kiln.SharePlan(s.SQL("SELECT ?", long), s.SQL("SELECT ?", long)) {
		t.Error("long texts and arguments are not kept")
	}
}

// TestColumnsOfQueriesOfOneText joins two DataFrames that share a tree and a plan.
func TestColumnsOfQueriesOfOneText(t *testing.T) {
	s := open(t, nil)
	a, b := s.SQL("SELECT id FROM range(4)"), s.SQL("SELECT id FROM range(4)")
	rows, err := a.Join(b, a.Col("id").Eq(b.Col("id").Plus(1)), "inner").Select(a.Col("id"), b.Col("id")).OrderBy(a.Col("id")).Collect(context.Background())
	if err != nil || fmt.Sprint(rows) != "[[1, 0] [2, 1] [3, 2]]" {
		t.Error(rows, err)
	}
}

func TestPreparedByManyGoroutines(t *testing.T) {
	s := open(t, nil)
	ctx := context.Background()
	p, err := s.Prepare("SELECT k, count(*) AS c FROM (SELECT id % ? AS k FROM range(10000)) GROUP BY k ORDER BY k")
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for g := range 16 {
		wait.Go(func() {
			for i := range 20 {
				n := 1 + (g+i)%4
				rows, err := p.Query(ctx, n).Collect(ctx)
				if err != nil || len(rows) != n {
					t.Error(len(rows), n, err)
				}
				if g == 0 {
					if err := s.Range(0, 1, 1).CreateOrReplaceTempView("other"); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wait.Wait()
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestColumnsOfJoinInputs names the columns of what stands at the bottom of a chain: data, a range, files, a view, an alias.
func TestColumnsOfJoinInputs(t *testing.T) {
	s := open(t, nil)
	data := func() *kiln.DataFrame { return s.CreateDataFrame([]int64{1, 2}, "id") }
	if err := data().CreateTempView("v"); err != nil {
		t.Fatal(err)
	}
	files := func() *kiln.DataFrame { return s.Read().Parquet("testdata/tpch/sf0.01/region.parquet") }
	for name, sides := range map[string][2]*kiln.DataFrame{
		"data": {data(), data()}, "range": {s.Range(1, 3, 1), s.Range(1, 3, 1)}, "views": {s.Table("v"), s.Table("v")}, "mixed": {s.Table("v"), data()},
		"aliases": {data().Alias("a"), data().Alias("b")},
	} {
		a, b := sides[0], sides[1]
		n, err := a.Join(b, a.Col("id").Eq(b.Col("id")), "inner").Where(b.Col("id").Gt(1)).Count(context.Background())
		if err != nil || n != 1 {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
	a, b := files(), files()
	if n, err := a.Join(b, a.Col("r_regionkey").Eq(b.Col("r_regionkey")), "full").Select(a.Col("r_name"), b.Col("r_name")).Count(context.Background()); n != 5 || err != nil {
		t.Error(n, err)
	}
	a = data()
	if err := a.Join(a, a.Col("id").Eq(a.Col("id")), "inner").Select(a.Col("id")).Err(); err == nil {
		t.Error("which side is meant?")
	}
}
