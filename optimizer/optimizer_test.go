package optimizer

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
	"github.com/kilnql/kiln/logical/analysis"
	"github.com/kilnql/kiln/sql"
	"github.com/kilnql/kiln/types"
)

var showPlans = flag.Bool("plans", false, "log the plans of TPC-H with their estimated rows")

// table is a table without rows, with statistics.
type table struct {
	name       string
	schema     types.Type
	statistics source.Statistics
}

func (t *table) Name() string                   { return t.name }
func (t *table) Schema() types.Type             { return t.schema }
func (t *table) Statistics() *source.Statistics { return &t.statistics }
func (t *table) Scan(context.Context, *source.Request) (source.Scan, error) {
	return nil, errors.New("a table of the optimizer's tests cannot be scanned")
}

// tables is the catalog of one test file.
type tables map[string]*table

func (c tables) ResolveTable(_ context.Context, name []string) (analysis.Relation, error) {
	last := strings.ToLower(name[len(name)-1])
	if t, ok := c[last]; ok {
		return analysis.Relation{Table: t, Qualifier: []string{"spark_catalog", "default", last}}, nil
	}
	return analysis.Relation{}, nil
}

func (c tables) OpenFiles(context.Context, *ast.FileTable) (source.Table, error) {
	return nil, errors.New("there are no files")
}

func (c tables) TableNames() []string { return nil }

// add defines a table by a line "name rows: a int, b string not null".
func (c tables) add(line string) error {
	head, columns, _ := strings.Cut(line, ":")
	fields := strings.Fields(head)
	schema, err := types.ParseSchema(strings.TrimSpace(columns))
	if err != nil {
		return err
	}
	t := &table{name: fields[0], schema: schema, statistics: source.Statistics{Rows: -1, Bytes: -1}}
	t.statistics.Columns = make([]*types.ColumnStatistics, len(schema.Fields()))
	if len(fields) > 1 {
		if t.statistics.Rows, err = strconv.ParseInt(fields[1], 10, 64); err != nil {
			return err
		}
		t.statistics.RowsExact = true
	}
	c[fields[0]] = t
	return nil
}

// describe sets statistics by a line "table.column min max distinct nulls"; "-" leaves one unknown.
func (c tables) describe(line string) error {
	f := strings.Fields(line)
	name, column, _ := strings.Cut(f[0], ".")
	t := c[name]
	if t == nil || len(f) != 5 {
		return fmt.Errorf("bad statistics: %s", line)
	}
	for i, field := range t.schema.Fields() {
		if field.Name != column {
			continue
		}
		s := &types.ColumnStatistics{NullCount: -1, MinMaxExact: true, NaNFree: true}
		s.Min, s.Max = statistic(f[1], field.Type), statistic(f[2], field.Type)
		if f[3] != "-" {
			s.Distinct, _ = strconv.ParseFloat(f[3], 64)
		}
		if f[4] != "-" {
			s.NullCount, _ = strconv.ParseInt(f[4], 10, 64)
		}
		t.statistics.Columns[i] = s
	}
	return nil
}

func statistic(text string, t types.Type) any {
	if text == "-" {
		return nil
	}
	if t.Kind == types.Date {
		d, err := time.Parse("2006-01-02", text)
		if err != nil {
			panic(err)
		}
		return int32(d.Unix() / 86400)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	switch t.Kind {
	case types.Int:
		return int32(n)
	case types.Decimal:
		return types.NewDecimalValue(types.Int128From(n), t)
	case types.Double:
		return float64(n)
	}
	return n
}

func settings() *expr.Settings {
	return &expr.Settings{ANSI: true, Zone: time.UTC, Now: time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC), User: "tester", Database: "default"}
}

// functions are the builtin ones, and dice(), which gives a random number.
type functions struct{}

var dice = &expr.Function{Name: "dice", NonDeterministic: true}

func (functions) Lookup(name string) (*expr.Function, bool) {
	if name == "dice" {
		return dice, true
	}
	return builtin.Lookup(name)
}

func (functions) LookupAggregate(name string) (*expr.AggregateFunction, bool) {
	return builtin.LookupAggregate(name)
}

func (functions) WithinGroup(c *expr.BindContext, f *expr.AggregateFunction, args []expr.Expr, keys []expr.SortKey, distinct bool) (expr.Expr, error) {
	return builtin.BindWithinGroup(c, f, args, keys, distinct)
}

func (functions) Cast(e expr.Expr, t types.Type, mode expr.ErrorMode, s *expr.Settings) (expr.Expr, error) {
	return builtin.Cast(e, t, mode, s)
}

func init() {
	dice.Bind = func(c *expr.BindContext, _ []expr.Expr) (expr.Expr, error) {
		return &expr.Call{Base: expr.Base{Typ: types.LongType, Span: c.Span}, Function: dice, Instance: c.NextInstance()}, nil
	}
}

// bind makes a plan of a query.
func bind(c tables, text string, ids *logical.IDs) (logical.Node, error) {
	s, err := sql.ParseStatement(strings.TrimSuffix(strings.TrimSpace(text), ";"))
	if err != nil {
		return nil, err
	}
	a := &analysis.Analyzer{Catalog: c, Settings: settings(), IDs: ids, Functions: functions{}}
	plan, err := a.Query(context.Background(), s.Query)
	if err != nil {
		return nil, diag.WithSQL(err, text)
	}
	return plan, nil
}

// run binds and optimizes a query in checked mode; fired are the rules that changed the plan.
func run(c tables, text string, o Options) (plan logical.Node, fired map[string]bool, err error) {
	o.IDs, o.Settings, o.Check = &logical.IDs{}, settings(), true
	fired = map[string]bool{}
	o.Trace = func(rule string, _, _ logical.Node, _ time.Duration) { fired[rule] = true }
	plan, err = bind(c, text, o.IDs)
	if err != nil {
		return nil, nil, err
	}
	plan, err = Optimize(plan, o)
	return plan, fired, err
}

var tpch = loadTPCH()

// loadTPCH are the tables of TPC-H at scale 1, with the statistics that its files have.
func loadTPCH() tables {
	c := tables{}
	text, err := os.ReadFile("testdata/tpch.tables")
	if err != nil {
		panic(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
			continue
		case strings.Contains(line, ":"):
			err = c.add(line)
		default:
			err = c.describe(line)
		}
		if err != nil {
			panic(err)
		}
	}
	return c
}

// TestGoldens runs the files in testdata. Commands:
//
//	tables                                     defines tables, one a line: name rows: columns
//	statistics                                 one a line: table.column min max distinct nulls
//	norm expect=(Rule) expect-not=(Rule) disable=(Rule) only=(Rule) off
//	                                           the optimized plan; the rules named must, or must not, have changed it;
//	                                           only leaves all other optional rules out, off leaves all out
//	same label=a                               no output: all queries of a label have the same optimized plan
//	tpch                                       the order of joins of a query of TPC-H at scale 1, named by the input: the
//	                                           right side is built, and numbers are estimated rows in thousands
//
// A query of norm that a rule's guard protects shows the plan in which the rule did nothing. Run with -rewrite to accept
// new plans. A rule without a section that expects it fails the test.
func TestGoldens(t *testing.T) {
	expected := map[string]bool{}
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if !strings.HasSuffix(path, ".test") {
			if name := filepath.Base(path); name != "tpch.tables" && name != "meaning.sql" {
				t.Errorf("no test reads %s", path)
			}
			return
		}
		c := tables{}
		labels := map[string]logical.Node{}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "tables", "statistics":
				for _, line := range strings.Split(strings.TrimSpace(d.Input), "\n") {
					add := c.add
					if d.Cmd == "statistics" {
						add = c.describe
					}
					if err := add(line); err != nil {
						d.Fatalf(t, "%v", err)
					}
				}
				return ""
			case "norm":
				return golden(t, d, c, expected)
			case "same":
				return sameAsLabel(t, d, c, labels)
			case "tpch":
				return tpchShape(t, d)
			}
			d.Fatalf(t, "unknown command %s", d.Cmd)
			return ""
		})
	})
	if flag.Lookup("test.run").Value.String() != "" {
		return
	}
	for _, r := range Rules() {
		if !expected[r.Name] {
			t.Errorf("no section of testdata expects the rule %s", r.Name)
		}
	}
}

func golden(t *testing.T, d *datadriven.TestData, c tables, expected map[string]bool) string {
	o := Options{Enabled: true}
	var expect, expectNot, only []string
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "off":
			o.Enabled = false
		case "disable":
			o.Disabled = a.Vals
		case "expect":
			expect = a.Vals
		case "expect-not":
			expectNot = a.Vals
		case "only":
			only = a.Vals
		default:
			d.Fatalf(t, "unknown argument %s", a.Key)
		}
	}
	for _, name := range slices.Concat(expect, expectNot, only, o.Disabled) {
		if !slices.ContainsFunc(Rules(), func(r RuleInfo) bool { return r.Name == name }) {
			d.Fatalf(t, "there is no rule %s", name)
		}
	}
	if only != nil {
		for _, r := range Rules() {
			if !slices.Contains(only, r.Name) {
				o.Disabled = append(o.Disabled, r.Name)
			}
		}
	}
	plan, fired, err := run(c, d.Input, o)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	for _, name := range expect {
		expected[name] = true
		if !fired[name] {
			t.Errorf("%s: rule %s did not change the plan", d.Pos, name)
		}
	}
	for _, name := range expectNot {
		if fired[name] {
			t.Errorf("%s: rule %s changed the plan", d.Pos, name)
		}
	}
	return logical.Format(plan)
}

func sameAsLabel(t *testing.T, d *datadriven.TestData, c tables, labels map[string]logical.Node) string {
	var label string
	d.ScanArgs(t, "label", &label)
	plan, _, err := run(c, d.Input, Options{Enabled: true})
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	if first, ok := labels[label]; !ok {
		labels[label] = plan
	} else if !logical.Same(first, plan) {
		t.Errorf("%s: another plan than the first with label %s:\n%s\n%s", d.Pos, label, logical.Format(first), logical.Format(plan))
	}
	return ""
}

func tpchQueries(t testing.TB) map[string]string {
	files, err := filepath.Glob("../testdata/tpch/queries/q*.sql")
	if err != nil || len(files) != 22 {
		t.Fatalf("%d TPC-H queries, %v", len(files), err)
	}
	out := map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(f), ".sql")] = string(text)
	}
	return out
}

// TestTPCH asserts of all queries, with all rules, with the required ones, and with each optional rule that changed the
// plan left out: the plan holds together after each rule, and no subquery and no product is left but with a relation of
// one row.
func TestTPCH(t *testing.T) {
	for query, text := range tpchQueries(t) {
		plan, fired, err := run(tpch, text, Options{Enabled: true})
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if *showPlans {
			t.Logf("%s\n%s", query, withRows(plan))
		}
		modes := map[string]Options{"all": {Enabled: true}, "required": {}}
		for _, r := range Rules() {
			if fired[r.Name] && !r.Required {
				modes["without "+r.Name] = Options{Enabled: true, Disabled: []string{r.Name}}
			}
		}
		for name, o := range modes {
			plan, _, err := run(tpch, text, o)
			if err != nil {
				t.Errorf("%s %s: %v", query, name, err)
				continue
			}
			if problem := unexecutable(plan); problem != "" {
				t.Errorf("%s %s: %s\n%s", query, name, problem, logical.Format(plan))
			}
		}
	}
}

// unexecutable names what a plan still has that required rules should have removed.
func unexecutable(plan logical.Node) string {
	problem := ""
	logical.Walk(plan, func(n logical.Node) bool {
		switch n := n.(type) {
		case *logical.Join:
			switch {
			case n.Lateral:
				problem = "a lateral join"
			case n.Type.HasRightColumns() && n.Condition == nil && !exactlyOneRow(n.Left) && !exactlyOneRow(n.Right):
				problem = "a product: " + n.Describe()
			}
		case *logical.Aggregate:
			if n.Sets != nil {
				problem = "grouping sets"
			}
			for _, a := range n.Aggregates {
				if a.Expr.(*expr.Aggregate).Distinct {
					problem = "a DISTINCT aggregate"
				}
			}
		case *logical.SetOperation:
			if n.Op != ast.Union {
				problem = n.Describe()
			}
		}
		if len(logical.Subqueries(n)) > 0 {
			problem = "a subquery"
		}
		return true
	})
	return problem
}

func tpchShape(t *testing.T, d *datadriven.TestData) string {
	plan, _, err := run(tpch, tpchQueries(t)[strings.TrimSpace(d.Input)], Options{Enabled: true})
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	return shape(plan, NewEstimator()) + "\n"
}

// shape writes the joins, aggregates and scans of a plan on a line.
func shape(n logical.Node, e *Estimator) string {
	thousands := func() string { return ":" + strconv.FormatFloat(e.Rows(n)/1000, 'g', 2, 64) }
	switch n := n.(type) {
	case *logical.Scan:
		return n.Table.Name()
	case *logical.Filter:
		if s, ok := n.Input.(*logical.Scan); ok {
			return s.Table.Name() + thousands()
		}
	case *logical.Aggregate:
		return "group[" + shape(n.Input, e) + "]" + thousands()
	case *logical.CommonPlan:
		return "common" + strconv.Itoa(int(n.Key)) + "[" + shape(n.Definition, e) + "]"
	case *logical.Join:
		name := map[logical.JoinType]string{logical.Inner: "join", logical.Cross: "cross", logical.LeftSemi: "semi", logical.LeftAnti: "anti"}[n.Type]
		if name == "" {
			name = strings.ToLower(n.Type.String())
		}
		return "(" + shape(n.Left, e) + " " + name + " " + shape(n.Right, e) + ")" + thousands()
	}
	if children := n.Children(); len(children) == 1 {
		return shape(children[0], e)
	}
	return fmt.Sprintf("%T", n)
}

// withRows draws a plan with the estimated rows of each node.
func withRows(plan logical.Node) string {
	e := NewEstimator()
	var rows []float64
	logical.Walk(plan, func(n logical.Node) bool { rows = append(rows, e.Rows(n)); return true })
	lines := strings.Split(strings.TrimRight(logical.Format(plan), "\n"), "\n")
	for i := range lines {
		if i < len(rows) {
			lines[i] = fmt.Sprintf("%10.0f %s", rows[i], lines[i])
		}
	}
	return strings.Join(lines, "\n")
}
