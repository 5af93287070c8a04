package analysis

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/builtin"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/sql"
	"github.com/kilnql/kiln/types"
)

// fakeTable is a table without rows.
type fakeTable struct {
	name   string
	schema types.Type
}

func (t *fakeTable) Name() string                   { return t.name }
func (t *fakeTable) Schema() types.Type             { return t.schema }
func (t *fakeTable) Statistics() *source.Statistics { return &source.Statistics{Rows: -1} }
func (t *fakeTable) Scan(context.Context, *source.Request) (source.Scan, error) {
	return nil, fmt.Errorf("a fake table cannot be scanned")
}

// fakeCatalog holds the tables and views of one test file.
type fakeCatalog struct {
	tables map[string]*fakeTable
	views  map[string]Relation
}

func newFakeCatalog() *fakeCatalog {
	return &fakeCatalog{tables: map[string]*fakeTable{}, views: map[string]Relation{}}
}

func (c *fakeCatalog) ResolveTable(_ context.Context, name []string) (Relation, error) {
	last := strings.ToLower(name[len(name)-1])
	if v, ok := c.views[last]; ok && len(name) == 1 {
		return v, nil
	}
	if t, ok := c.tables[last]; ok && len(name) <= 3 {
		return Relation{Table: t, Qualifier: []string{"spark_catalog", "default", last}}, nil
	}
	return Relation{}, nil
}

func (c *fakeCatalog) OpenFiles(_ context.Context, f *ast.FileTable) (source.Table, error) {
	return &fakeTable{name: "files " + strings.Join(f.Paths, ","), schema: types.StructType(types.Field{Name: "x", Type: types.LongType, Nullable: true})}, nil
}

func (c *fakeCatalog) TableNames() []string {
	var names []string
	for n := range c.tables {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func (c *fakeCatalog) add(t testing.TB, name, columns string) {
	schema, err := types.ParseSchema(columns)
	if err != nil {
		t.Fatal(err)
	}
	c.tables[strings.ToLower(name)] = &fakeTable{name: name, schema: schema}
}

func testSettings() *expr.Settings {
	return &expr.Settings{ANSI: true, Zone: time.UTC, Now: time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC), User: "tester", Database: "default"}
}

// bindSQL binds a statement and checks the plan.
func bindSQL(c Catalog, text string, parameters ...Parameter) (logical.Node, error) {
	return bindSQLWith(c, testSettings(), text, parameters...)
}

func bindSQLWith(c Catalog, settings *expr.Settings, text string, parameters ...Parameter) (logical.Node, error) {
	s, err := sql.ParseStatement(text)
	if err != nil {
		return nil, err
	}
	if s.Query == nil {
		return nil, fmt.Errorf("not a query")
	}
	a := &Analyzer{Functions: testFunctions{}, Catalog: c, Settings: settings, Positional: parameters}
	plan, err := a.Query(context.Background(), s.Query)
	if err != nil {
		return nil, diag.WithSQL(err, text)
	}
	if err := logical.Check(plan); err != nil {
		return nil, fmt.Errorf("broken plan: %w\n%s", err, logical.Format(plan))
	}
	return plan, nil
}

func TestPlans(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		c := newFakeCatalog()
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "tables":
				for _, line := range strings.Split(strings.TrimSpace(d.Input), "\n") {
					name, columns, _ := strings.Cut(line, ":")
					c.add(t, strings.TrimSpace(name), columns)
				}
				return ""
			case "view":
				s, err := sql.ParseStatement(d.Input)
				if err != nil {
					return err.Error()
				}
				c.views[d.CmdArgs[0].Key] = Relation{View: s.Query, Text: d.Input}
				return ""
			case "plan":
				plan, err := bindSQL(c, d.Input)
				if err != nil {
					return "error: " + err.Error()
				}
				return logical.Format(plan)
			case "schema":
				plan, err := bindSQL(c, d.Input)
				if err != nil {
					return "error: " + err.Error()
				}
				var lines []string
				for _, col := range plan.Columns() {
					null := ""
					if !col.Nullable {
						null = " not null"
					}
					lines = append(lines, col.Name+": "+col.Type.String()+null)
				}
				return strings.Join(lines, "\n") + "\n"
			case "error":
				plan, err := bindSQL(c, d.Input)
				if err == nil {
					return "no error\n" + logical.Format(plan)
				}
				return err.Error()
			}
			d.Fatalf(t, "unknown command %s", d.Cmd)
			return ""
		})
	})
}

func TestTPCHBinds(t *testing.T) {
	c := newFakeCatalog()
	for name, columns := range tpchTables {
		c.add(t, name, columns)
	}
	files, err := filepath.Glob("../../testdata/tpch/queries/*.sql")
	if err != nil || len(files) != 22 {
		t.Fatalf("%d TPC-H queries, %v", len(files), err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(f), func(t *testing.T) {
			statement := strings.TrimSuffix(strings.TrimSpace(string(text)), ";")
			plan, err := bindSQL(c, statement)
			if err != nil {
				t.Fatal(err)
			}
			ids := &logical.IDs{}
			for range 1000 {
				ids.Next() // past those of the plan, whose common plans are shared with the copy
			}
			fresh, _ := logical.FreshCopy(plan, ids)
			if err := logical.Check(fresh); err != nil {
				t.Errorf("fresh copy: %v", err)
			}
			if !logical.Same(plan, fresh) {
				t.Error("a fresh copy is not the same plan")
			}
			again, err := bindSQL(c, statement)
			if err != nil || !logical.Same(plan, again) {
				t.Errorf("bound twice, the plans differ: %v", err)
			}
		})
	}
}

var tpchTables = map[string]string{
	"region":   "r_regionkey bigint not null, r_name string, r_comment string",
	"nation":   "n_nationkey bigint not null, n_name string, n_regionkey bigint, n_comment string",
	"supplier": "s_suppkey bigint, s_name string, s_address string, s_nationkey bigint, s_phone string, s_acctbal decimal(15,2), s_comment string",
	"part":     "p_partkey bigint, p_name string, p_mfgr string, p_brand string, p_type string, p_size int, p_container string, p_retailprice decimal(15,2), p_comment string",
	"partsupp": "ps_partkey bigint, ps_suppkey bigint, ps_availqty int, ps_supplycost decimal(15,2), ps_comment string",
	"customer": "c_custkey bigint, c_name string, c_address string, c_nationkey bigint, c_phone string, c_acctbal decimal(15,2), c_mktsegment string, c_comment string",
	"orders":   "o_orderkey bigint, o_custkey bigint, o_orderstatus string, o_totalprice decimal(15,2), o_orderdate date, o_orderpriority string, o_clerk string, o_shippriority int, o_comment string",
	"lineitem": "l_orderkey bigint, l_partkey bigint, l_suppkey bigint, l_linenumber int, l_quantity decimal(15,2), l_extendedprice decimal(15,2), l_discount decimal(15,2), l_tax decimal(15,2), l_returnflag string, l_linestatus string, l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct string, l_shipmode string, l_comment string",
}

// TestLongTexts binds queries that are long in one way each: none of them may take time beyond the length of its text.
func TestLongTexts(t *testing.T) {
	c := testCatalog(t)
	repeat := func(part, separator string, n int) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = strings.ReplaceAll(part, "#", fmt.Sprint(i))
		}
		return strings.Join(parts, separator)
	}
	for name, text := range map[string]string{
		"in list":    "SELECT a FROM t WHERE a IN (" + repeat("#", ", ", 20000) + ")",
		"and":        "SELECT a FROM t WHERE " + repeat("a <> #", " AND ", 2000),
		"sum":        "SELECT " + repeat("#L", " + ", 2000),
		"union":      repeat("SELECT # AS x", " UNION ALL ", 500),
		"aggregates": "SELECT " + repeat("sum(a + #)", ", ", 500) + " FROM t GROUP BY b",
		"case":       "SELECT CASE a " + repeat("WHEN # THEN '#'", " ", 1000) + " END FROM t",
	} {
		start := time.Now()
		if _, err := bindSQL(c, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s: %v", name, d)
		}
	}
}

// TestAbsentFunctions: no function that is there is called absent.
func TestAbsentFunctions(t *testing.T) {
	for _, name := range builtin.Callable() {
		if absent[name] {
			t.Errorf("%s is there", name)
		}
	}
	if names := strings.Fields(absentFunctions); !slices.IsSorted(names) {
		t.Error("not in order")
	}
}
