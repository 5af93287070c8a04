package kiln_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/functions"
)

// session opens a session for the examples, in UTC.
func session() *kiln.Session {
	s, err := kiln.Open(kiln.NewConfig().WithoutDefaults().With("spark.sql.session.timeZone", "UTC"))
	if err != nil {
		panic(err)
	}
	return s
}

func Example() {
	ctx := context.Background()
	s := session()
	defer s.Close()
	nations := s.Read().Parquet("testdata/tpch/sf0.01/nation.parquet")
	regions := s.Read().Parquet("testdata/tpch/sf0.01/region.parquet")
	d := nations.
		Join(regions, kiln.Col("n_regionkey").Eq(kiln.Col("r_regionkey")), "inner").
		GroupBy("r_name").
		Agg(functions.CountStar().As("nations")).
		OrderBy("r_name")
	if err := d.Show(ctx, kiln.ShowOptions{}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// +-----------+-------+
	// |     r_name|nations|
	// +-----------+-------+
	// |     AFRICA|      5|
	// |    AMERICA|      5|
	// |       ASIA|      5|
	// |     EUROPE|      5|
	// |MIDDLE EAST|      5|
	// +-----------+-------+
}

type measurement struct {
	ID int64   `kiln:"id"`
	V  float64 `kiln:"v"`
}

var measurements = []measurement{{1, 1.0}, {1, 2.0}, {2, 3.0}, {2, 5.0}, {2, 10.0}}

// The mean of v for each id, on Go data.
func ExampleSession_CreateDataFrame() {
	s := session()
	defer s.Close()
	means := s.CreateDataFrame(measurements).GroupBy("id").Agg(functions.Mean("v").As("mean")).OrderBy("id")
	for row, err := range means.Rows(context.Background()) {
		fmt.Println(row, err)
	}
	// Output:
	// [1, 1.5] <nil>
	// [2, 6.0] <nil>
}

// Rows of a struct type: columns go to fields by name.
func ExampleRows() {
	s := session()
	defer s.Close()
	type mean struct {
		ID   int64
		Mean *float64
	}
	d := s.CreateDataFrame(measurements).GroupBy("id").Agg(functions.Avg("v").As("mean")).OrderBy("id")
	for m, err := range kiln.Rows[mean](context.Background(), d) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(m.ID, *m.Mean)
	}
	// Output:
	// 1 1.5
	// 2 6
}

// The aggregation of ten million int pairs: SQL and DataFrame calls are one plan.
func ExampleSession_SQL() {
	ctx := context.Background()
	s := session()
	defer s.Close()
	pairs := s.Range(0, 10_000_000, 1).Select(kiln.Col("id").Mod(100).As("k"), kiln.Col("id").As("v"))
	if err := pairs.CreateTempView("pairs"); err != nil {
		fmt.Println(err)
		return
	}
	inSQL := s.SQL("SELECT k, sum(v) AS total FROM pairs GROUP BY k ORDER BY k LIMIT 2")
	inCalls := pairs.GroupBy("k").Agg(functions.Sum("v").As("total")).OrderBy("k").Limit(2)
	for _, d := range []*kiln.DataFrame{inSQL, inCalls} {
		rows, err := d.Collect(ctx)
		fmt.Println(rows, err)
	}
	// Output:
	// [[0, 499995000000] [1, 499995100000]] <nil>
	// [[0, 499995000000] [1, 499995100000]] <nil>
}

// Arguments are values, never text.
func ExampleSession_Prepare() {
	s := session()
	defer s.Close()
	p, err := s.Prepare("SELECT id FROM range(10) WHERE id >= :low AND id < :high")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, low := range []int{2, 5} {
		rows, err := p.Query(context.Background(), kiln.Named("low", low), kiln.Named("high", low+2)).Collect(context.Background())
		fmt.Println(rows, err)
	}
	// Output:
	// [[2] [3]] <nil>
	// [[5] [6]] <nil>
}

// The program outranks the command line, the command line a file.
func ExampleConfig() {
	dir, err := os.MkdirTemp("", "kiln-example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "kiln.conf")
	if err := os.WriteFile(file, []byte("spark.app.name file\nspark.sql.session.timeZone Europe/Paris\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	c := kiln.NewConfig().WithoutDefaults().WithFile(file).WithCommandLine("spark.app.name", "command line")
	for _, c := range []*kiln.Config{c, c.With("spark.app.name", "program")} {
		s, err := kiln.Open(c)
		if err != nil {
			fmt.Println(err)
			return
		}
		name, _ := s.Get("spark.app.name")
		zone, _ := s.Get("spark.sql.session.timeZone")
		fmt.Println(name, zone)
		s.Close()
	}
	// Output:
	// command line Europe/Paris
	// program Europe/Paris
}

// A cached DataFrame is computed once, at its first action; later queries over it read the kept rows.
func ExampleDataFrame_Cache() {
	ctx := context.Background()
	s := session()
	defer s.Close()
	even := s.Range(0, 1000, 1).Where(kiln.Col("id").Mod(2).Eq(0)).Cache()
	n, err := even.Count(ctx)
	fmt.Println(n, err, even.IsCached())
	n, err = even.Where(kiln.Col("id").Lt(100)).Count(ctx)
	fmt.Println(n, err)
	even.Unpersist()
	fmt.Println(even.IsCached())
	// Output:
	// 500 <nil> true
	// 50 <nil>
	// false
}

// First computes the first partition only.
func ExampleDataFrame_First() {
	ctx := context.Background()
	s := session()
	defer s.Close()
	lineitem := s.Read().Parquet("testdata/tpch/sf0.01/lineitem.parquet")
	row, ok, err := lineitem.Select("l_orderkey", "l_shipmode").First(ctx)
	fmt.Println(row, ok, err)
	// Output:
	// [1, TRUCK] true <nil>
}

// A hint chooses the side of a join that is built into a table.
func ExampleBroadcast() {
	ctx := context.Background()
	s := session()
	defer s.Close()
	orders := s.Range(0, 1000, 1).Select(kiln.Col("id").As("order"), kiln.Col("id").Mod(3).As("country"))
	countries := s.CreateDataFrame([]struct {
		Country int64
		Name    string
	}{{0, "France"}, {1, "Ghana"}, {2, "Peru"}})
	n, err := orders.Join(kiln.Broadcast(countries), "Country", "inner").Where(kiln.Col("Name").Eq("Peru")).Count(ctx)
	fmt.Println(n, err)
	// Output:
	// 333 <nil>
}

// A scalar subquery and EXISTS in DataFrame calls.
func ExampleDataFrame_Exists() {
	ctx := context.Background()
	s := session()
	defer s.Close()
	a := s.Range(0, 10, 1).Alias("a")
	b := s.Range(5, 15, 1).Alias("b")
	both := a.Where(b.Where(kiln.Col("b.id").Eq(kiln.Col("a.id").Outer())).Exists())
	above := a.Where(kiln.Col("id").Gt(a.Agg(functions.Avg("id")).Scalar()))
	for _, d := range []*kiln.DataFrame{both, above} {
		n, err := d.Count(ctx)
		fmt.Println(n, err)
	}
	// Output:
	// 5 <nil>
	// 5 <nil>
}

func ExampleDataFrame_PrintSchema() {
	s := session()
	defer s.Close()
	d := s.SQL("SELECT 1 AS id, array('x') AS tags, named_struct('lat', 1.5) AS place")
	if err := d.PrintSchema(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// root
	//  |-- id: integer (nullable = false)
	//  |-- tags: array (nullable = false)
	//  |    |-- element: string (containsNull = false)
	//  |-- place: struct (nullable = false)
	//  |    |-- lat: decimal(2,1) (nullable = false)
}

// Mistakes stay in the chain until an action, or Err, is asked.
func ExampleDataFrame_Err() {
	s := session()
	defer s.Close()
	d := s.Range(0, 10, 1).Where(kiln.Col("ident").Gt(3)).Select("id")
	fmt.Println(d.Err())
	// Output:
	// [UNRESOLVED_COLUMN.WITH_SUGGESTION] A column, variable, or function parameter with name `ident` cannot be resolved. Did you mean one of the following? [`id`]. SQLSTATE: 42703
}

// Explain prints how a DataFrame would run; mode "analyze" runs it and prints what happened.
func ExampleDataFrame_Explain() {
	s := session()
	defer s.Close()
	d := s.Range(0, 100, 1).Where(kiln.Col("id").Gt(30)).GroupBy(kiln.Col("id").Mod(7).As("k")).Agg(functions.Count("id").As("n"))
	if err := d.Explain(context.Background(), "simple"); err != nil {
		fmt.Println(err)
	}
	// Output:
	// == Physical Plan ==
	// *(1) HashAggregate keys=[(id#1 % 7L) AS k], functions=[count(1)]
	// +- *(1) Filter (id#1 > 30L)
	//    +- *(1) Scan range (0, 100, 1) [id], PushedFilters: [(id#1 > 30L)]
}
