package analysis

import (
	"context"
	"errors"
	"testing"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

func name(parts ...string) ast.Expr { return &ast.Name{Parts: parts} }

func number(n int32) ast.Expr { return &ast.Literal{Value: n, Type: types.IntType} }

func call(f string, args ...ast.Expr) ast.Expr { return &ast.Call{Func: []string{f}, Args: args} }

func as(e ast.Expr, n string) ast.Expr { return &ast.Alias{Input: e, Names: []string{n}} }

func table(n string) ast.Query { return &ast.Table{Name: []string{n}} }

func bindQuery(c Catalog, q ast.Query) (logical.Node, error) {
	a := &Analyzer{Functions: testFunctions{}, Catalog: c, Settings: testSettings()}
	plan, err := a.Query(context.Background(), q)
	if err == nil {
		err = logical.Check(plan)
	}
	return plan, err
}

func testCatalog(t testing.TB) *fakeCatalog {
	c := newFakeCatalog()
	c.add(t, "t", "a int not null, b string, c double")
	c.add(t, "u", "a int, k bigint, v string")
	return c
}

// TestDataFrameSameAsSQL asks the same question in SQL and as the steps of a DataFrame chain.
func TestDataFrameSameAsSQL(t *testing.T) {
	c := testCatalog(t)
	agg := &ast.Aggregate{Input: table("t"), GroupBy: []ast.Expr{name("b")}, Items: []ast.Expr{as(call("sum", name("a")), "s")}}
	added := &ast.Project{Input: table("t"), Items: []ast.Expr{as(call("+", name("a"), number(1)), "x")}}
	for _, test := range []struct {
		sql string
		q   ast.Query
	}{
		{"SELECT a, b FROM t WHERE a > 1",
			&ast.Project{Input: &ast.Filter{Input: table("t"), Condition: call(">", name("a"), number(1))}, Items: []ast.Expr{name("a"), name("b")}}},
		{"SELECT b, sum(a) AS s FROM t GROUP BY b", agg},
		{"SELECT b, sum(a) AS s FROM t GROUP BY b HAVING sum(a) > 1",
			&ast.Filter{Input: agg, Condition: call(">", name("s"), &ast.Literal{Value: int32(1), Type: types.IntType})}},
		{"SELECT b, sum(a) AS s FROM t GROUP BY b ORDER BY s DESC LIMIT 3",
			&ast.Limit{Input: &ast.Sort{Input: agg, Items: []ast.SortItem{{Expr: name("s"), Descending: true}}, Global: true}, Count: number(3)}},
		{"SELECT b, sum(a) AS s FROM t GROUP BY b ORDER BY max(c)",
			&ast.Sort{Input: agg, Items: []ast.SortItem{{Expr: call("max", name("c"))}}, Global: true}},
		{"SELECT b, c, sum(a) AS s FROM t GROUP BY ROLLUP(b, c)",
			&ast.Aggregate{Input: table("t"), GroupBy: []ast.Expr{&ast.Grouping{Kind: ast.Rollup, Sets: [][]ast.Expr{{name("b")}, {name("c")}}}},
				Items: []ast.Expr{as(call("sum", name("a")), "s")}}},
		{"SELECT count(*) AS n FROM t", &ast.Project{Input: table("t"), Items: []ast.Expr{as(call("count", &ast.Star{}), "n")}}},
		{"SELECT a + 1 AS x FROM t ORDER BY x, b", &ast.Sort{Input: added, Global: true, Items: []ast.SortItem{
			{Expr: &ast.Name{Parts: []string{"x"}, Plan: added}}, {Expr: name("b")}}}},
		{"SELECT a + 1 AS x FROM t WHERE b = 'y'", &ast.Filter{Input: added, Condition: call("=", name("b"),
			&ast.Literal{Value: "y", Type: types.StringType})}},
		{"SELECT a FROM t DISTRIBUTE BY b SORT BY c", &ast.Sort{Items: []ast.SortItem{{Expr: name("c")}}, Input: &ast.Repartition{
			By: []ast.Expr{name("b")}, Shuffle: true, Input: &ast.Project{Input: table("t"), Items: []ast.Expr{name("a")}}}}},
		{"SELECT DISTINCT b FROM t", &ast.Distinct{Input: &ast.Project{Input: table("t"), Items: []ast.Expr{name("b")}}}},
		{"SELECT *, a + 1 AS d FROM t", &ast.WithColumns{Input: table("t"), Items: []ast.Expr{as(call("+", name("a"), number(1)), "d")}}},
		{"SELECT a, b FROM t", &ast.DropColumns{Input: table("t"), Columns: []ast.Expr{name("c"), name("nothing")}}},
		{"SELECT a AS x, b, c FROM t", &ast.RenameColumns{Input: table("t"), From: []string{"a", "zz"}, To: []string{"x", "y"}}},
		{"SELECT * FROM t JOIN u USING (a)", &ast.Join{Left: table("t"), Right: table("u"), Using: []string{"a"}}},
		{"SELECT x.b FROM t x JOIN u y ON x.a = y.a",
			&ast.Project{Items: []ast.Expr{name("x", "b")}, Input: &ast.Join{Left: &ast.SubqueryAlias{Input: table("t"), Name: "x"},
				Right: &ast.SubqueryAlias{Input: table("u"), Name: "y"}, On: call("=", name("x", "a"), name("y", "a"))}}},
		{"SELECT a FROM t WHERE EXISTS (SELECT * FROM u WHERE u.a = t.a)",
			&ast.Project{Items: []ast.Expr{name("a")}, Input: &ast.Filter{Input: table("t"), Condition: &ast.Exists{
				Query: &ast.Filter{Input: table("u"), Condition: call("=", name("a"), &ast.Outer{Input: name("a")})}}}}},
	} {
		want, err := bindSQL(c, test.sql)
		if err != nil {
			t.Errorf("%s: %v", test.sql, err)
			continue
		}
		got, err := bindQuery(c, test.q)
		if err != nil {
			t.Errorf("%s as DataFrame: %v", test.sql, err)
			continue
		}
		if !logical.Same(want, got) {
			t.Errorf("%s\nSQL:\n%sDataFrame:\n%s", test.sql, logical.Format(want), logical.Format(got))
		}
	}
}

// TestPlanColumns joins steps of one chain with each other and tells their columns apart by the step.
func TestPlanColumns(t *testing.T) {
	c := testCatalog(t)
	left := &ast.Filter{Input: table("t"), Condition: call(">", name("a"), number(1))}
	right := &ast.Filter{Input: left, Condition: call("<", name("a"), number(9))}
	of := func(q ast.Query, n string) ast.Expr { return &ast.Name{Parts: []string{n}, Plan: q} }
	join := &ast.Join{Left: left, Right: right, On: call("=", of(right, "a"), of(right, "a"))}
	plan, err := bindQuery(c, &ast.Project{Input: join, Items: []ast.Expr{of(right, "b")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(logical.Format(plan))
	if _, err = bindQuery(c, &ast.Project{Input: join, Items: []ast.Expr{of(left, "b")}}); diag.ConditionOf(err) != "AMBIGUOUS_COLUMN_REFERENCE" {
		t.Errorf("a step that is in both sides: %v", err)
	}
	if _, err = bindQuery(c, &ast.Project{Input: left, Items: []ast.Expr{of(right, "b")}}); diag.ConditionOf(err) != "CANNOT_RESOLVE_DATAFRAME_COLUMN" {
		t.Errorf("a step that is not there: %v", err)
	}
}

func TestOuterAlone(t *testing.T) {
	_, err := bindQuery(testCatalog(t), &ast.Filter{Input: table("u"), Condition: call("=", name("a"), &ast.Outer{Input: name("a")})})
	var outer *OuterError
	if !errors.As(err, &outer) {
		t.Errorf("a query with outer columns by itself: %v", err)
	}
}

func TestParameters(t *testing.T) {
	plan, err := bindSQL(testCatalog(t), "SELECT a FROM t WHERE b = ?", Parameter{Value: "x", Type: types.StringType})
	if err != nil {
		t.Fatal(err)
	}
	same, err := bindSQL(testCatalog(t), "SELECT a FROM t WHERE b = 'x'")
	if err != nil {
		t.Fatal(err)
	}
	if logical.Same(plan, same) {
		t.Error("plans over different tables are the same")
	}
	if _, err = bindSQL(testCatalog(t), "SELECT ?"); diag.ConditionOf(err) != "UNBOUND_SQL_PARAMETER" {
		t.Error(err)
	}
}

func TestColumnName(t *testing.T) {
	for want, e := range map[string]ast.Expr{
		"(a + 1)": call("+", name("t", "a"), number(1)), "sum(x)": call("sum", name("x")), "count(1)": call("count", &ast.Star{}),
		"b": name("t", "b"), "(NOT (a = b))": call("!=", name("a"), name("b")), "x": as(name("y"), "x"),
	} {
		if got := ColumnName(e); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
