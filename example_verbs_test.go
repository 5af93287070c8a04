package kiln_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/functions"
)

// printRows prints rows, or what went wrong, one line each.
func printRows(d *kiln.DataFrame) {
	for row, err := range d.Rows(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(row)
	}
}

type employee struct {
	Name   string `kiln:"name"`
	Team   string `kiln:"team"`
	Salary int64  `kiln:"salary"`
}

func employees(s *kiln.Session) *kiln.DataFrame {
	return s.CreateDataFrame([]employee{{"ada", "core", 120}, {"bob", "core", 90}, {"cyd", "web", 100}, {"dan", "web", 100}})
}

// Files, directories and globs of Parquet; options and a schema as in Spark.
func ExampleReader() {
	s := session()
	defer s.Close()
	nations := s.Read().Option("mergeSchema", true).Parquet("testdata/tpch/sf0.01/nation.parquet")
	fmt.Println(nations.Columns(), nations.Err())
	printRows(s.Read().Schema("n_name string").Parquet("testdata/tpch/sf0.01/nation.parquet").Limit(2))
	printRows(s.SQL("SELECT count(*) FROM 'testdata/tpch/sf0.01/nation.parquet'"))
	// Output:
	// [n_nationkey n_name n_regionkey n_comment] <nil>
	// [ALGERIA]
	// [ARGENTINA]
	// [25]
}

// Markers take values, never text: ? in order, or :name.
func ExampleNamed() {
	s := session()
	defer s.Close()
	printRows(s.SQL("SELECT id FROM range(10) WHERE id BETWEEN ? AND ?", 3, 4))
	printRows(s.SQL("SELECT :who AS who, :n * 2 AS twice", kiln.Named("who", "O'Neil"), kiln.Named("n", 21)))
	// Output:
	// [3]
	// [4]
	// [O'Neil, 42]
}

// Data of the program: rows with a schema, and Arrow record batches.
func ExampleSession_CreateDataFrame_arrow() {
	s := session()
	defer s.Close()
	printRows(s.CreateDataFrame([][]any{{1, "2.50"}, {2, nil}}, "id int, price decimal(5,2)"))

	ids := array.NewInt64Builder(memory.DefaultAllocator)
	ids.AppendValues([]int64{7, 8}, nil)
	schema := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}, nil)
	batch := array.NewRecordBatch(schema, []arrow.Array{ids.NewArray()}, 2)
	printRows(s.CreateDataFrame(batch))
	// Output:
	// [1, 2.50]
	// [2, NULL]
	// [7]
	// [8]
}

// Choosing, computing and renaming columns.
func ExampleDataFrame_Select() {
	s := session()
	defer s.Close()
	d := employees(s).
		Select("name", "salary").
		WithColumn("monthly", kiln.Col("salary").Divide(12).Cast("decimal(6,2)")).
		WithColumns("upper", functions.Upper("name"), "rich", kiln.Col("salary").Gt(100)).
		WithColumnRenamed("salary", "yearly").
		Drop("name")
	fmt.Println(d.Columns())
	printRows(d.Limit(2))
	printRows(employees(s).SelectExpr("max(salary) AS top", "count(DISTINCT team)"))
	// Output:
	// [yearly monthly upper rich]
	// [120, 10.00, ADA, true]
	// [90, 7.50, BOB, false]
	// [120, 2]
}

// Conditions are Columns with operators as methods, or SQL text.
func ExampleDataFrame_Where() {
	s := session()
	defer s.Close()
	printRows(employees(s).Where(kiln.Col("team").Eq("web").And(kiln.Col("name").StartsWith("c"))))
	printRows(employees(s).Filter("salary > 100 OR name IN ('bob')").Select("name"))
	printRows(employees(s).Select(functions.When(kiln.Col("salary").Geq(100), "high").Otherwise("low").As("band")).Distinct().OrderBy("band"))
	// Output:
	// [cyd, web, 100]
	// [ada]
	// [bob]
	// [high]
	// [low]
}

func ExampleDataFrame_DropDuplicates() {
	s := session()
	defer s.Close()
	printRows(employees(s).DropDuplicates("team").Select("team").OrderBy("team"))
	// Output:
	// [core]
	// [web]
}

// Groups, with shortcuts for one aggregate.
func ExampleDataFrame_GroupBy() {
	s := session()
	defer s.Close()
	teams := employees(s).GroupBy("team")
	printRows(teams.Agg(functions.Avg("salary").As("mean"), functions.Max("name")).OrderBy("team"))
	printRows(teams.Count().OrderBy("team"))
	printRows(teams.Sum("salary").OrderBy("team"))
	// Output:
	// [core, 105.0, bob]
	// [web, 100.0, dan]
	// [core, 2]
	// [web, 2]
	// [core, 210]
	// [web, 200]
}

// Subtotals: every prefix of the keys with Rollup, every subset with Cube.
func ExampleDataFrame_Rollup() {
	s := session()
	defer s.Close()
	printRows(employees(s).Rollup("team").Agg(functions.Sum("salary")).OrderBy("team"))
	n, err := employees(s).Cube("team", "salary").Count().Count(context.Background())
	fmt.Println(n, err)
	// Output:
	// [NULL, 410]
	// [core, 210]
	// [web, 200]
	// 9 <nil>
}

// A join on names that both sides have, on a condition, and those that only filter.
func ExampleDataFrame_Join() {
	s := session()
	defer s.Close()
	e := employees(s)
	rooms := s.CreateDataFrame([]struct {
		Team string `kiln:"team"`
		Room int32  `kiln:"room"`
	}{{"core", 1}, {"ops", 2}})
	printRows(e.Join(rooms, "team", "inner").OrderBy("name"))
	printRows(e.Join(rooms, e.Col("team").Eq(rooms.Col("team")), "full").Select("name", "room").OrderBy("name").Limit(2))
	printRows(e.Join(rooms, "team", "left_anti").Select("name").OrderBy("name"))
	n, err := e.CrossJoin(rooms).Count(context.Background())
	fmt.Println(n, err)
	// Output:
	// [core, ada, 120, 1]
	// [core, bob, 90, 1]
	// [NULL, 2]
	// [ada, 1]
	// [cyd]
	// [dan]
	// 8 <nil>
}

func ExampleDataFrame_Union() {
	s := session()
	defer s.Close()
	a, b := s.Range(0, 3, 1), s.Range(2, 4, 1)
	printRows(a.Union(b).Agg(functions.CountStar(), functions.Sum("id")))
	printRows(a.Intersect(b))
	printRows(a.Except(b).OrderBy("id"))
	other := s.SQL("SELECT 'x' AS tag, 9 AS id")
	printRows(b.UnionByName(other, true).OrderBy("id"))
	// Output:
	// [5, 8]
	// [2]
	// [0]
	// [1]
	// [2, NULL]
	// [3, NULL]
	// [9, x]
}

func ExampleDataFrame_OrderBy() {
	s := session()
	defer s.Close()
	printRows(employees(s).OrderBy(kiln.Col("salary").Desc(), "name").Offset(1).Limit(2).Select("name"))
	// Output:
	// [cyd]
	// [dan]
}

// Partitions are what workers share and what First stops after.
func ExampleDataFrame_Repartition() {
	s := session()
	defer s.Close()
	d := s.Range(0, 100, 1).Repartition(4)
	printRows(d.SelectExpr("spark_partition_id() AS p").GroupBy("p").Count().OrderBy("p"))
	printRows(d.Coalesce(1).SelectExpr("max(spark_partition_id())"))
	// Output:
	// [0, 25]
	// [1, 25]
	// [2, 25]
	// [3, 25]
	// [0]
}

// A view gives a DataFrame a name in SQL.
func ExampleDataFrame_CreateTempView() {
	s := session()
	defer s.Close()
	if err := employees(s).CreateTempView("employees"); err != nil {
		fmt.Println(err)
	}
	printRows(s.SQL("SELECT team, max(salary) FROM employees GROUP BY team ORDER BY team"))
	printRows(s.Table("employees").Agg(functions.Min("salary")))
	// Output:
	// [core, 120]
	// [web, 100]
	// [90]
}

func ExampleDataFrame_ExplainString() {
	s := session()
	defer s.Close()
	text, err := employees(s).GroupBy("team").Count().ExplainString(context.Background(), "")
	fmt.Println(strings.Contains(text, "*(1) HashAggregate keys=[team"), err)
	// Output:
	// true <nil>
}

// Results as rows, as a number, and as Arrow record batches.
func ExampleDataFrame_Collect() {
	ctx := context.Background()
	s := session()
	defer s.Close()
	d := s.Range(0, 5, 1)
	rows, err := d.Collect(ctx)
	fmt.Println(len(rows), rows[4].Get("id"), err)
	rows, err = d.Take(ctx, 2)
	fmt.Println(rows, err)
	n, err := d.Count(ctx)
	fmt.Println(n, err)
	for batch, err := range d.Batches(ctx) {
		fmt.Println(batch.NumRows(), batch.Column(0), err)
	}
	batches, err := d.ToArrow(ctx)
	fmt.Println(len(batches), err)
	// Output:
	// 5 4 <nil>
	// [[0] [1]] <nil>
	// 5 <nil>
	// 5 [0 1 2 3 4] <nil>
	// 1 <nil>
}

// Show prints as Spark's show does.
func ExampleDataFrame_Show() {
	s := session()
	defer s.Close()
	if err := employees(s).Show(context.Background(), kiln.ShowOptions{Rows: 2}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// +----+----+------+
	// |name|team|salary|
	// +----+----+------+
	// | ada|core|   120|
	// | bob|core|    90|
	// +----+----+------+
	// only showing top 2 rows
}
