package kiln_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/functions"
	"github.com/kilnql/kiln/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// open opens a session that reads neither files nor the environment.
func open(t testing.TB, conf map[string]string) *kiln.Session {
	t.Helper()
	c := kiln.NewConfig().WithoutDefaults().With("spark.sql.session.timeZone", "UTC")
	for key, value := range conf {
		c = c.With(key, value)
	}
	s, err := kiln.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSixteenGoroutinesAskAtOnce(t *testing.T) {
	s := openTPCH(t, "0.01", map[string]string{"kiln.master": "local[2]"})
	var wait sync.WaitGroup
	for g := range 16 {
		wait.Go(func() {
			for _, n := range []int{1 + g%22, 1 + (g*7+3)%22} {
				got := answerOf(t, s.SQL(testenv.TPCHQuery(t, n)))
				if err := testenv.Compare(testenv.TPCHAnswer(t, "0.01", n), got); err != nil {
					t.Errorf("goroutine %d, Q%d: %v", g, n, err)
				}
			}
		})
	}
	wait.Wait()
}

func TestQueryInsideTheLoopOverAnothersBatches(t *testing.T) {
	s := openTPCH(t, "0.01", map[string]string{"kiln.master": "local[1]"})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	rows := 0
	for batch, err := range s.Table("lineitem").Batches(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		n, err := s.Table("nation").Count(ctx)
		if err != nil || n != 25 {
			t.Fatal(n, err)
		}
		rows += int(batch.NumRows())
	}
	if rows != 60175 {
		t.Errorf("%d rows", rows)
	}
}

func TestCancellation(t *testing.T) {
	s := open(t, nil)
	slow := s.Range(0, 1<<40, 1).Agg(functions.Sum("id"))
	for i, d := range []*kiln.DataFrame{slow, s.SQL("SELECT count(*) FROM range(100000) a JOIN range(100000) b ON a.id + b.id < 0"), s.Range(0, 1<<40, 1).OrderBy("id").Limit(200000)} {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(50*time.Millisecond, cancel)
		start := time.Now()
		_, err := d.Collect(ctx)
		if took := time.Since(start); took > time.Second {
			t.Errorf("query %d cancelled only after %v", i, took)
		}
		if diag.ConditionOf(err) != "OPERATION_CANCELED" || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}

func TestLeavingTheLoopEndsTheQuery(t *testing.T) {
	s := open(t, nil)
	for row, err := range s.Range(0, 1<<40, 1).Rows(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if row.At(0).(int64) == 5000 {
			break
		}
	}
}

func TestErrorsAreSparkErrorsWithAPlace(t *testing.T) {
	s := openTPCH(t, "0.01", nil)
	for _, c := range []struct{ sql, condition, state string }{
		{"SELECT 1 FROM (", "PARSE_SYNTAX_ERROR", "42601"},
		{"SELECT l_quantty FROM lineitem", "UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703"},
		{"SELECT n_name FROM nation a, nation b", "AMBIGUOUS_REFERENCE", "42704"},
		{"SELECT 1/0", "DIVIDE_BY_ZERO", "22012"},
		{"SELECT 2147483647 + 1", "ARITHMETIC_OVERFLOW", "22003"},
		{"SELECT * FROM nations", "TABLE_OR_VIEW_NOT_FOUND", "42P01"},
		{"SELECT foo(1)", "UNRESOLVED_ROUTINE", "42883"},
		{"SELECT CAST('x' AS INT)", "CAST_INVALID_INPUT", "22018"},
		{"SELECT * FROM 'no/such/file.parquet'", "PATH_NOT_FOUND", "42K03"},
	} {
		_, err := s.SQL(c.sql).Collect(context.Background())
		var e *diag.Error
		if !errors.As(err, &e) || e.Condition != c.condition || e.SQLState != c.state {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		if line, column := e.Position(); line != 1 || column < 1 {
			t.Errorf("%s: no place in %v", c.sql, err)
		}
	}
}

func TestNeverRaises(t *testing.T) {
	s := open(t, nil)
	for _, conf := range []string{"true", "false"} {
		if err := s.Set("kiln.exec.fusion", conf); err != nil {
			t.Fatal(err)
		}
		for _, sql := range []string{
			"SELECT count(*) FROM (SELECT id - 5 AS x FROM range(10)) WHERE x <> 0 AND 1/x > 2",
			"SELECT count(*) FROM (SELECT id - 5 AS x FROM range(10)) WHERE x = 0 OR 1/x > 2",
			"SELECT sum(CASE WHEN x = 0 THEN 0 ELSE 1/x END) FROM (SELECT id - 5 AS x FROM range(10))",
			"SELECT sum(if(x = 0, 0, 1/x)) FROM (SELECT id - 5 AS x FROM range(10))",
			"SELECT count(coalesce(nullif(x, x), 1, 1/x)) FROM (SELECT id - 5 AS x FROM range(10))",
			"SELECT count(*) FROM (SELECT id - 5 AS x FROM range(10)) t JOIN range(3) r ON t.x = r.id + 1 WHERE 1/x > 0",
			"SELECT count(try_divide(1, x)) FROM (SELECT id - 5 AS x FROM range(10))",
		} {
			if _, err := s.SQL(sql).Collect(context.Background()); err != nil {
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
}

func TestParameters(t *testing.T) {
	s := open(t, nil)
	rows, err := s.SQL("SELECT ? + 1, upper(?)", 41, "x").Collect(context.Background())
	if err != nil || rows[0].String() != "[42, X]" {
		t.Error(rows, err)
	}
	rows, err = s.SQL("SELECT :a + :b", kiln.Named("a", 1), kiln.Named("b", 2)).Where("true").Collect(context.Background())
	if err != nil || rows[0].String() != "[3]" {
		t.Error(rows, err)
	}
	p, err := s.Prepare("SELECT id FROM range(10) WHERE id > ?")
	if err != nil {
		t.Fatal(err)
	}
	for want := range 10 {
		n, err := p.Query(context.Background(), 9-want).Count(context.Background())
		if err != nil || n != int64(want) {
			t.Error(n, err)
		}
	}
	if err := s.SQL("SELECT ?").Err(); diag.ConditionOf(err) != "UNBOUND_SQL_PARAMETER" {
		t.Error(err)
	}
}

func TestMemoryLimitTooSmall(t *testing.T) {
	dir := t.TempDir()
	s := open(t, map[string]string{"kiln.memory.limit": "1m", "kiln.spill.directory": dir})
	_, err := s.SQL("SELECT collect_list(id) FROM range(10000000)").Collect(context.Background())
	if diag.ConditionOf(err) != "OUT_OF_MEMORY" {
		t.Error(err)
	}
	if n, err := s.Range(0, 10, 1).Count(context.Background()); n != 10 || err != nil {
		t.Error("the session goes on", n, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Error("left behind:", left, err)
	}
}

// TestSpilling gives each kind of sink at least eight times the memory there is.
func TestSpilling(t *testing.T) {
	const limit = 4 << 20
	for name, sql := range map[string]string{
		"aggregate": "SELECT count(*), sum(c), max(m) FROM (SELECT id * 7919 % 1000003 AS k, count(*) AS c, max(id) AS m FROM range(2000000) GROUP BY k)",
		"join":      "SELECT count(*), sum(a.id) FROM range(1500000) a JOIN (SELECT id * 3 AS k, id AS v, id + 1 AS w FROM range(1500000)) b ON a.id = b.k WHERE b.v + b.w > 0",
		"distinct":  "SELECT count(*) FROM (SELECT DISTINCT id * 7919 % 1500007 AS x, id % 3 AS y FROM range(3000000))",
	} {
		t.Run(name, func(t *testing.T) {
			want, err := open(t, nil).SQL(sql).Collect(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			s := open(t, map[string]string{"kiln.memory.limit": fmt.Sprint(limit), "kiln.spill.directory": t.TempDir()})
			got, err := s.SQL(sql).Collect(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if got[0].String() != want[0].String() {
				t.Errorf("with little memory %s, want %s", got[0], want[0])
			}
			if p := s.LastProfile(); p.SpilledBytes == 0 {
				t.Error("nothing was spilled")
			}
		})
	}
}

// TestSpillingSort sorts several times the memory and looks at the order and the other columns of each row.
func TestSpillingSort(t *testing.T) {
	const rows, factor, modulus = 1_000_000, 7919, 4_000_037
	ids := map[int64]int64{}
	for id := range int64(rows) {
		ids[id*factor%modulus] = id
	}
	want := slices.Sorted(maps.Keys(ids))[:900_000]
	s := open(t, map[string]string{"kiln.memory.limit": "4m", "kiln.spill.directory": t.TempDir()})
	at := 0
	for row, err := range s.SQL(fmt.Sprintf("SELECT id * %d %% %d AS x, concat('padding of some length ', id) AS p FROM range(%d) ORDER BY x LIMIT %d", factor, modulus, rows, len(want))).Rows(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if at == len(want) || row.At(0) != want[at] || row.At(1) != fmt.Sprint("padding of some length ", ids[want[at]]) {
			t.Fatalf("row %d is %s", at, row)
		}
		at++
	}
	if at != len(want) {
		t.Errorf("%d rows", at)
	}
	if p := s.LastProfile(); p.SpilledBytes == 0 {
		t.Error("nothing was spilled")
	}
}

// TestSumsAndDifferencesOfDates asks for both in one query; the answers are Spark's. A call that equals another is computed
// once, so calls that add and that subtract must differ.
func TestSumsAndDifferencesOfDates(t *testing.T) {
	s := open(t, map[string]string{"spark.sql.session.timeZone": "UTC"})
	rows, err := s.SQL(`SELECT x - INTERVAL '1' DAY, x + INTERVAL '1' DAY, x + INTERVAL '1' MONTH, x - INTERVAL '1' MONTH, y - INTERVAL '1' HOUR, y + INTERVAL '1' HOUR,
		y - INTERVAL '1' MONTH, y + INTERVAL '1' MONTH, x + make_interval(0, 1, 0, 2), x - make_interval(0, 1, 0, 2), y + make_interval(0, 1, 0, 2, 3),
		y - make_interval(0, 1, 0, 2, 3), INTERVAL '1' HOUR + z, INTERVAL '1' HOUR - z
		FROM VALUES (DATE'2020-01-01', TIMESTAMP'2020-01-01 00:00:00', INTERVAL '2' HOUR) t(x, y, z)`).Collect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := "[2019-12-31, 2020-01-02, 2020-02-01, 2019-12-01, 2019-12-31 23:00:00, 2020-01-01 01:00:00, 2019-12-01 00:00:00, 2020-02-01 00:00:00, " +
		"2020-02-03, 2019-11-29, 2020-02-03 03:00:00, 2019-11-28 21:00:00, INTERVAL '03' HOUR, INTERVAL '-01' HOUR]"
	if got := rows[0].String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
