package kiln_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/internal/testenv"
)

// explain answers EXPLAIN for a text.
func explain(t testing.TB, s *kiln.Session, mode, text string) string {
	t.Helper()
	rows, err := s.SQL("EXPLAIN " + mode + " " + text).Collect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return rows[0].At(0).(string)
}

func tpchText(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "tpch", "queries", name+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(strings.TrimSpace(string(text)), ";")
}

// countOf is the answer of a query with one number.
func countOf(t testing.TB, s *kiln.Session, text string) int64 {
	t.Helper()
	rows, err := s.SQL(text).Collect(context.Background())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return rows[0].At(0).(int64)
}

// analyze runs a query with EXPLAIN ANALYZE and returns what is known of its operators.
func analyze(t testing.TB, s *kiln.Session, text string) (string, *kiln.Profile) {
	t.Helper()
	plan, err := s.SQL(text).ExplainString(context.Background(), "analyze")
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return plan, s.LastProfile()
}

func TestExplainOfQ1(t *testing.T) {
	s := openTPCH(t, "0.01", nil)
	plan := explain(t, s, "", tpchText(t, "q01"))
	if n := strings.Count(plan, "Scan parquet"); n != 1 {
		t.Errorf("%d scans:\n%s", n, plan)
	}
	for _, want := range []string{
		"*(1) HashAggregate keys=[l_returnflag#", "*(1) Filter (l_shipdate#", "*(1) Scan parquet [",
		"] [l_quantity,l_extendedprice,l_discount,l_tax,l_returnflag,l_linestatus,l_shipdate], PushedFilters: [(l_shipdate#",
	} {
		if !strings.Contains(plan, want) {
			t.Errorf("no %q in\n%s", want, plan)
		}
	}
}

func TestCodegenOfQ1(t *testing.T) {
	s := openTPCH(t, "0.01", nil)
	_, program, ok := strings.Cut(explain(t, s, "CODEGEN", tpchText(t, "q01")), "== Stage *(1) → HashAggregate ==\n")
	if !ok {
		t.Fatal("no stage 1")
	}
	program, _, _ = strings.Cut(program, "== Stage")
	for _, want := range []string{`\* r\d+:\w+ = mul_sub r\d+:\w+, 100L, r\d+`, `\* r\d+:\w+ = mul_add r\d+:\w+, 100L, r\d+`, `\* acc5 r.*sum\(l_quantity\).*avg\(l_discount\), count\(1\)`} {
		if !regexp.MustCompile(want).MatchString(program) {
			t.Errorf("no %s in\n%s", want, program)
		}
	}
	// No column is given to anybody, and each of 1-l_discount and 1+l_tax exists only inside its product.
	for _, not := range []string{"emit", " sub ", " rsub ", " add ", " mul ", "gather"} {
		if strings.Contains(program, not) {
			t.Errorf("%q in\n%s", not, program)
		}
	}
	// What EXPLAIN CODEGEN prints is what runs.
	analyzed, _ := analyze(t, s, tpchText(t, "q01"))
	for _, line := range strings.Split(strings.TrimSpace(program), "\n") {
		if _, instruction, _ := strings.Cut(strings.TrimSpace(line), " "); !strings.Contains(analyzed, strings.TrimSpace(instruction)) {
			t.Errorf("%q did not run:\n%s", instruction, analyzed)
		}
	}
}

// shape is a plan with independent counts of the rows that leave some of its operators.
type shape struct {
	name, text string
	counts     []operatorCount
}

// operatorCount says that the operators with a name whose detail holds detail give together the rows that text counts.
type operatorCount struct{ operator, detail, text string }

var shapes = []shape{
	{"filter", "SELECT l_orderkey FROM lineitem WHERE l_quantity < 10", []operatorCount{
		{"Scan parquet", "", "SELECT count(*) FROM lineitem"},
		{"Filter", "", "SELECT count(*) FROM lineitem WHERE l_quantity < 10"},
	}},
	{"independent conjuncts", "SELECT l_orderkey FROM lineitem WHERE l_quantity < 10 AND l_tax > 0.03 AND l_shipmode = 'AIR'", []operatorCount{
		{"Filter", "", "SELECT count(*) FROM lineitem WHERE l_quantity < 10 AND l_tax > 0.03 AND l_shipmode = 'AIR'"},
	}},
	{"OR and a conjunct that may fail", "SELECT l_orderkey FROM lineitem WHERE (l_quantity < 3 OR l_tax = 0.08) AND 1 / l_linenumber > 0.3", []operatorCount{
		{"Filter", "", "SELECT count(*) FROM lineitem WHERE (l_quantity < 3 OR l_tax = 0.08) AND 1 / l_linenumber > 0.3"},
	}},
	{"two filters", "SELECT a FROM (SELECT l_quantity * 2 AS a, rand(1) AS r FROM lineitem WHERE l_tax < 0.02) WHERE r < 2 AND a > 50", []operatorCount{
		{"Filter", "l_tax", "SELECT count(*) FROM lineitem WHERE l_tax < 0.02"},
		{"Project", "AS a", "SELECT count(*) FROM lineitem WHERE l_tax < 0.02"},
		{"Filter", "50", "SELECT count(*) FROM lineitem WHERE l_tax < 0.02 AND l_quantity > 25"},
	}},
	{"no row", "SELECT l_orderkey, l_tax FROM lineitem WHERE l_comment = 'none such'", []operatorCount{
		{"Filter", "", "SELECT 0L"}, {"Scan parquet", "", "SELECT count(*) FROM lineitem"},
	}},
	{"join with one partner", "SELECT o_orderdate, l_tax FROM lineitem JOIN orders ON l_orderkey = o_orderkey WHERE o_totalprice < 50000 AND l_quantity > 20", []operatorCount{
		{"HashJoin", "", "SELECT count(*) FROM lineitem JOIN orders ON l_orderkey = o_orderkey WHERE o_totalprice < 50000 AND l_quantity > 20"},
		{"Filter", "l_quantity", "SELECT count(*) FROM lineitem WHERE l_quantity > 20"},
		{"Filter", "o_totalprice", "SELECT count(*) FROM orders WHERE o_totalprice < 50000"},
	}},
	{"join with many partners", "SELECT a.l_tax, b.l_tax FROM lineitem a JOIN lineitem b ON a.l_orderkey = b.l_orderkey WHERE a.l_quantity > 40", []operatorCount{
		{"HashJoin", "", "SELECT count(*) FROM lineitem a JOIN lineitem b ON a.l_orderkey = b.l_orderkey WHERE a.l_quantity > 40"},
	}},
	{"join and filter on both sides", "SELECT a.l_tax FROM lineitem a JOIN lineitem b ON a.l_orderkey = b.l_orderkey AND a.l_quantity < b.l_quantity", []operatorCount{
		{"HashJoin", "", "SELECT count(*) FROM lineitem a JOIN lineitem b ON a.l_orderkey = b.l_orderkey AND a.l_quantity < b.l_quantity"},
	}},
	{"left join", "SELECT c_name, o_orderdate FROM customer LEFT JOIN orders ON c_custkey = o_custkey AND o_totalprice > 200000", []operatorCount{
		{"HashJoin", "", "SELECT count(*) FROM customer LEFT JOIN orders ON c_custkey = o_custkey AND o_totalprice > 200000"},
	}},
	{"left join with a condition on both sides", "SELECT c_name, o_orderdate FROM customer LEFT JOIN orders ON c_custkey = o_custkey AND o_totalprice > c_acctbal * 30", []operatorCount{
		{"HashJoin", "", "SELECT count(*) FROM customer LEFT JOIN orders ON c_custkey = o_custkey AND o_totalprice > c_acctbal * 30"},
	}},
	{"right join of unique keys with a condition", "SELECT o_orderdate, c_name FROM customer RIGHT JOIN orders ON c_custkey = o_custkey AND o_totalprice > c_acctbal * 30", []operatorCount{
		{"HashJoin", "", "SELECT count(*) FROM customer RIGHT JOIN orders ON c_custkey = o_custkey AND o_totalprice > c_acctbal * 30"},
	}},
	{"full join", "SELECT c_name, s_name FROM customer FULL JOIN supplier ON c_nationkey = s_nationkey AND c_acctbal > s_acctbal AND c_custkey < 100", []operatorCount{
		{"HashJoin", "", "SELECT count(*) FROM customer FULL JOIN supplier ON c_nationkey = s_nationkey AND c_acctbal > s_acctbal AND c_custkey < 100"},
	}},
	{"semi join", "SELECT o_orderdate FROM orders LEFT SEMI JOIN lineitem ON o_orderkey = l_orderkey AND l_quantity > 49", []operatorCount{
		{"HashJoin", "", "SELECT count(*) FROM orders LEFT SEMI JOIN lineitem ON o_orderkey = l_orderkey AND l_quantity > 49"},
	}},
	{"semi join with a condition", "SELECT a.l_tax FROM lineitem a WHERE EXISTS (SELECT 1 FROM lineitem b WHERE a.l_orderkey = b.l_orderkey AND a.l_suppkey <> b.l_suppkey)", []operatorCount{
		{"HashJoin", "", "SELECT count(*) FROM lineitem a WHERE EXISTS (SELECT 1 FROM lineitem b WHERE a.l_orderkey = b.l_orderkey AND a.l_suppkey <> b.l_suppkey)"},
	}},
	{"anti join that marks", "SELECT s_name FROM supplier WHERE NOT EXISTS (SELECT 1 FROM lineitem WHERE l_suppkey = s_suppkey AND l_quantity = 50 AND l_tax = 0.08)", []operatorCount{
		{"HashJoin", "", "SELECT count(*) FROM supplier WHERE NOT EXISTS (SELECT 1 FROM lineitem WHERE l_suppkey = s_suppkey AND l_quantity = 50 AND l_tax = 0.08)"},
	}},
	{"NOT IN", "SELECT c_name FROM customer WHERE c_custkey NOT IN (SELECT o_custkey FROM orders)", []operatorCount{
		{"HashJoin", "", "SELECT count(*) FROM customer WHERE c_custkey NOT IN (SELECT o_custkey FROM orders)"},
	}},
	{"EXISTS in OR", "SELECT c_name FROM customer WHERE c_acctbal < 0 OR EXISTS (SELECT 1 FROM orders WHERE o_custkey = c_custkey)", []operatorCount{
		{"HashJoin", "", "SELECT count(*) FROM customer"},
		{"Filter", "", "SELECT count(*) FROM customer WHERE c_acctbal < 0 OR c_custkey IN (SELECT o_custkey FROM orders)"},
	}},
	{"nested loop", "SELECT n_name, s_name FROM nation JOIN supplier ON n_nationkey < s_nationkey", []operatorCount{
		{"NestedLoopJoin", "", "SELECT count(*) FROM nation JOIN supplier ON n_nationkey < s_nationkey"},
	}},
	{"groups", "SELECT l_suppkey, count(*) AS n FROM lineitem WHERE l_tax = 0.01 GROUP BY 1 HAVING n > 60", []operatorCount{
		{"HashAggregate", "", "SELECT count(DISTINCT l_suppkey) FROM lineitem WHERE l_tax = 0.01"},
		{"Filter", "60", "SELECT count(*) FROM (SELECT count(*) AS n FROM lineitem WHERE l_tax = 0.01 GROUP BY l_suppkey) WHERE n > 60"},
	}},
	{"many groups", "SELECT l_orderkey, sum(l_quantity) FROM lineitem GROUP BY 1", []operatorCount{
		{"HashAggregate", "", "SELECT count(DISTINCT l_orderkey) FROM lineitem"},
	}},
	{"sort", "SELECT o_orderkey FROM orders WHERE o_orderpriority = '1-URGENT' ORDER BY o_totalprice", []operatorCount{
		{"Sort", "", "SELECT count(*) FROM orders WHERE o_orderpriority = '1-URGENT'"},
	}},
	{"top-n", "SELECT o_orderkey FROM orders ORDER BY o_totalprice LIMIT 7 OFFSET 3", []operatorCount{{"TopN", "", "SELECT 7L"}}},
	{"limit", "SELECT * FROM orders WHERE o_totalprice > 1000 LIMIT 7", []operatorCount{{"CollectLimit", "", "SELECT 7L"}}},
	{"limit below", "SELECT count(*) FROM (SELECT o_orderkey FROM orders WHERE o_totalprice > 1000 LIMIT 4321)", []operatorCount{
		{"Limit", "", "SELECT 4321L"}, {"HashAggregate", "", "SELECT 1L"},
	}},
	{"union", "SELECT l_tax FROM lineitem WHERE l_tax < 0.03 UNION ALL SELECT o_totalprice FROM orders WHERE o_totalprice < 100000", []operatorCount{
		{"Union", "", "SELECT (SELECT count(*) FROM lineitem WHERE l_tax < 0.03) + (SELECT count(*) FROM orders WHERE o_totalprice < 100000)"},
		{"Filter", "o_totalprice", "SELECT count(*) FROM orders WHERE o_totalprice < 100000"},
	}},
	{"values and range", "SELECT * FROM VALUES (1), (2), (3) AS v(x) JOIN range(10) ON x = id", []operatorCount{
		{"LocalTableScan", "", "SELECT 3L"}, {"HashJoin", "", "SELECT 3L"},
	}},
}

// TestAnalyzeCountsRows compares the rows of operators with counts of the same things. Run-time filters are off: with them
// a scan gives less than the filter above it asks for.
func TestAnalyzeCountsRows(t *testing.T) {
	for _, mode := range []struct{ master, fusion string }{{"local[1]", "true"}, {"local[2]", "true"}, {"local[2]", "false"}} {
		t.Run(mode.master+" fusion="+mode.fusion, func(t *testing.T) {
			s := openTPCH(t, "0.01", map[string]string{"kiln.master": mode.master, "kiln.exec.fusion": mode.fusion, "kiln.exec.runtimeFilters": "false"})
			for _, shape := range shapes {
				plan, profile := analyze(t, s, shape.text)
				checkTimes(t, shape.name, plan, profile, mode.master)
				for _, c := range shape.counts {
					want := countOf(t, s, c.text)
					got, found := int64(0), 0
					for _, o := range profile.Operators {
						if o.Name == c.operator && strings.Contains(o.Detail, c.detail) {
							got += o.Rows
							found++
						}
					}
					if found != 1 || got != want {
						t.Errorf("%s: %d of %s %s, %d rows, want %d\n%s", shape.name, found, c.operator, c.detail, got, want, plan)
					}
				}
			}
		})
	}
}

// checkTimes: operators share the workers' time, and each line of the tree has the rows and the time of its operator.
func checkTimes(t *testing.T, name, plan string, profile *kiln.Profile, master string) {
	t.Helper()
	sum := time.Duration(0)
	for _, o := range profile.Operators {
		if o.Time < 0 {
			t.Errorf("%s: %s took %v", name, o.Name, o.Time)
		}
		sum += o.Time
		if !regexp.MustCompile(fmt.Sprintf(`%s \(%d\) +rows=[0-9,]+ +time=[0-9.]+ (µs|ms|s)\b`, o.Name, o.Number)).MatchString(plan) {
			t.Errorf("%s: no line for %s (%d) in\n%s", name, o.Name, o.Number, plan)
		}
	}
	workers := time.Duration(1)
	if master == "local[2]" {
		workers = 2
	}
	if sum == 0 || sum > workers*profile.Elapsed {
		t.Errorf("%s: operators took %v of %v with %s\n%s", name, sum, profile.Elapsed, master, plan)
	}
}

// TestAnalyzeCountsRowsOfSpilledJoins: a source that is read once for each part of a build side gives its rows once.
func TestAnalyzeCountsRowsOfSpilledJoins(t *testing.T) {
	s := openTPCH(t, "0.01", map[string]string{"kiln.master": "local[2]", "kiln.memory.limit": "3m", "kiln.memory.query.minimum": "1m", "kiln.exec.runtimeFilters": "false"})
	text := "SELECT count(*) FROM lineitem a JOIN lineitem b ON a.l_orderkey = b.l_partkey AND a.l_comment < b.l_comment WHERE a.l_quantity > 5"
	plan, profile := analyze(t, s, text)
	rows := map[string]int64{}
	passes := false
	for _, o := range profile.Operators {
		rows[o.Name] += o.Rows
		for _, m := range o.Measured {
			passes = passes || m[0] == "passes" && m[1] != "1"
		}
	}
	if !passes {
		t.Errorf("one pass:\n%s", plan)
	}
	if want := countOf(t, s, text); rows["HashJoin"] != want {
		t.Errorf("join: %d rows, want %d\n%s", rows["HashJoin"], want, plan)
	}
	if want := countOf(t, s, "SELECT count(*) FROM lineitem WHERE l_quantity > 5"); rows["Filter"] != want {
		t.Errorf("filter: %d rows, want %d\n%s", rows["Filter"], want, plan)
	}
}

// TestAnalyzeDetails: what operators have besides rows and time.
func TestAnalyzeDetails(t *testing.T) {
	s := openTPCH(t, "0.01", map[string]string{"kiln.master": "local[2]"})
	measured := func(profile *kiln.Profile, operator string) map[string]string {
		out := map[string]string{}
		for _, o := range profile.Operators {
			if o.Name != operator {
				continue
			}
			for _, m := range o.Measured {
				out[m[0]] = m[1]
			}
		}
		return out
	}
	plan, profile := analyze(t, s, "SELECT l_tax FROM lineitem WHERE l_orderkey < 2000")
	scan := measured(profile, "Scan parquet")
	if scan["row groups"] != "16" || scan["row groups pruned by statistics"] != "15" || scan["bytes read"] == "" {
		t.Errorf("%v\n%s", scan, plan)
	}
	if !strings.Contains(plan, "row groups=16, row groups pruned by statistics=15, bytes read=") {
		t.Error(plan)
	}
	plan, profile = analyze(t, s, "SELECT l_tax, o_orderdate FROM lineitem JOIN orders ON l_orderkey = o_orderkey WHERE o_totalprice > 300000")
	want := countOf(t, s, "SELECT count(*) FROM orders WHERE o_totalprice > 300000")
	if got := measured(profile, "HashJoin")["build rows"]; got != fmt.Sprint(want) {
		t.Errorf("build rows %s, want %d\n%s", got, want, plan)
	}
	if measured(profile, "Scan parquet")["rows read"] != "60175" {
		t.Errorf("a run-time filter hides how much is read:\n%s", plan)
	}
	small := openTPCH(t, "0.01", map[string]string{"kiln.master": "local[2]", "kiln.memory.limit": "8m", "kiln.memory.query.minimum": "1m"})
	plan, profile = analyze(t, small, "SELECT l_comment, l_orderkey, l_shipinstruct FROM lineitem ORDER BY l_comment")
	if got := measured(profile, "Sort")["spilled"]; got == "" || !strings.Contains(plan, "spilled="+got) {
		t.Errorf("spilled %q\n%s", got, plan)
	}
}

// TestProfileWithoutAnalyze: rows are known of every query, times only when asked for.
func TestProfileWithoutAnalyze(t *testing.T) {
	for _, profiled := range []string{"false", "true"} {
		s := openTPCH(t, "0.01", map[string]string{"kiln.exec.profile": profiled})
		if _, err := s.SQL("SELECT l_suppkey, count(*) FROM lineitem WHERE l_tax > 0.02 GROUP BY 1").Collect(context.Background()); err != nil {
			t.Fatal(err)
		}
		sum := time.Duration(0)
		for _, o := range s.LastProfile().Operators {
			if o.Name == "Filter" && o.Rows == 0 {
				t.Errorf("no rows counted: %+v", o)
			}
			if o.Name != "HashAggregate" { // finishing a sink is measured always, once
				sum += o.Time
			}
		}
		if (sum > 0) != (profiled == "true") {
			t.Errorf("kiln.exec.profile=%s: %v", profiled, sum)
		}
	}
}

// TestExplainCost compares the rows of scans with the files' footers.
func TestExplainCost(t *testing.T) {
	s := openTPCH(t, "0.01", nil)
	dir := testenv.TPCHDir(t, "0.01")
	for _, table := range testenv.TPCHTables {
		name := filepath.Join(dir, table+".parquet")
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		file, err := parquet.OpenFile(f, info.Size())
		if err != nil {
			t.Fatal(err)
		}
		plan := explain(t, s, "COST", "SELECT * FROM "+table)
		if want := fmt.Sprintf(`Scan parquet .*Statistics\(sizeInBytes=\d+\.\d [KM]?i?B, rowCount=%d\)`, file.NumRows()); !regexp.MustCompile(want).MatchString(plan) {
			t.Errorf("no %s in\n%s", want, plan)
		}
		_ = f.Close()
	}
	plan := explain(t, s, "COST", "SELECT n_name, count(*) FROM nation JOIN supplier ON n_nationkey = s_nationkey WHERE s_acctbal > 0 GROUP BY 1")
	logical, _, _ := strings.Cut(plan, "\n\n== Physical Plan ==\n")
	lines := strings.Split(logical, "\n")
	if lines[0] != "== Optimized Logical Plan ==" || !strings.Contains(logical, "   :- Project") || !strings.Contains(logical, "   +- Scan") {
		t.Error(plan)
	}
	for _, line := range lines[1:] {
		if !regexp.MustCompile(`, Statistics\(sizeInBytes=\d+\.\d [KM]?i?B, rowCount=\d+\)$`).MatchString(line) {
			t.Errorf("no statistics: %s", line)
		}
	}
}

// TestExplainFormatted is the form of Spark's EXPLAIN FORMATTED.
func TestExplainFormatted(t *testing.T) {
	s := openTPCH(t, "0.01", nil)
	got := explain(t, s, "FORMATTED", "SELECT n_name, count(*) AS n FROM nation JOIN supplier ON n_nationkey = s_nationkey WHERE s_acctbal > 0 GROUP BY 1 ORDER BY n DESC LIMIT 3")
	got = regexp.MustCompile(`\[[^\[ ]*/([a-z]+\.parquet)\]`).ReplaceAllString(regexp.MustCompile(`#\d+`).ReplaceAllString(got, "#"), "[$1]")
	path := filepath.Join("testdata", "explain", "formatted.txt")
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\n%s", path, got)
	}
}

// TestExplainModes: SQL's EXPLAIN and the DataFrame's are the same for each mode.
func TestExplainModes(t *testing.T) {
	ctx := context.Background()
	s := openTPCH(t, "0.01", nil)
	text := "SELECT n_name, upper(n_comment) AS c FROM nation WHERE n_regionkey IN (1, 2) ORDER BY 1 LIMIT 3"
	headings := map[string][]string{
		"simple":    {"Physical Plan"},
		"extended":  {"Parsed Logical Plan", "Analyzed Logical Plan", "Optimized Logical Plan", "Physical Plan"},
		"codegen":   {"Stage *(1) → TopN", "Stage *(2) → Result"},
		"cost":      {"Optimized Logical Plan", "Physical Plan"},
		"formatted": {"Physical Plan", "Stages"},
		"verbose":   {"Parsed Logical Plan", "Analyzed Logical Plan", "Optimized Logical Plan", "Physical Plan", "Stage *(1) → TopN", "Stage *(2) → Result"},
		"analyze":   {"Physical Plan", "Stage *(1) → TopN", "Stage *(2) → Result"},
	}
	varying := regexp.MustCompile(`[0-9.]+ (µs|ms|s|B|KiB|MiB)\b`)
	for mode, want := range headings {
		word := strings.ToUpper(mode)
		if mode == "simple" {
			word = ""
		}
		inSQL := explain(t, s, word, text)
		inGo, err := s.SQL(text).ExplainString(ctx, strings.ToUpper(mode))
		if err != nil {
			t.Fatal(err)
		}
		if mode != "verbose" && mode != "analyze" && inSQL != inGo {
			t.Errorf("%s: in SQL\n%s\nin Go\n%s", mode, inSQL, inGo)
		}
		if a, b := len(varying.ReplaceAllString(inSQL, "")), len(varying.ReplaceAllString(inGo, "")); mode == "verbose" && a != b {
			t.Errorf("%s: in SQL\n%s\nin Go\n%s", mode, inSQL, inGo)
		}
		var found []string
		for _, line := range strings.Split(inSQL, "\n") {
			if heading, ok := strings.CutPrefix(line, "== "); ok && !strings.HasPrefix(heading, "After ") {
				found = append(found, strings.TrimSuffix(heading, " =="))
			}
		}
		if fmt.Sprint(found) != fmt.Sprint(want) {
			t.Errorf("%s: headings %q, want %q", mode, found, want)
		}
	}
	_, err := s.SQL(text).ExplainString(ctx, "cheap")
	wantCondition(t, "a mode that is none", err, "UNKNOWN_EXPLAIN_MODE")
}

// TestExplainExtended shows the query before analysis: the tree is Spark's, expressions are as they were written.
func TestExplainExtended(t *testing.T) {
	s := openTPCH(t, "0.01", nil)
	plan := explain(t, s, "EXTENDED", `WITH big AS (SELECT * FROM orders WHERE o_totalprice > 1000)
SELECT upper(o_orderpriority) AS p,
       count(*) FROM big b LEFT JOIN customer ON o_custkey = c_custkey
WHERE o_comment LIKE '% x  %' GROUP BY 1 HAVING count(*) > 1 ORDER BY p DESC LIMIT 3`)
	want := `== Parsed Logical Plan ==
CTE [big]
:- 'SubqueryAlias big
:  +- 'Project [*]
:     +- 'Filter o_totalprice > 1000
:        +- 'UnresolvedRelation [orders]
+- 'GlobalLimit 3
   +- 'Sort [p DESC NULLS LAST], true
      +- 'UnresolvedHaving count(*) > 1
         +- 'Aggregate [1], [upper(o_orderpriority) AS p, count(*)]
            +- 'Filter o_comment LIKE '% x  %'
               +- 'Join LeftOuter, o_custkey = c_custkey
                  :- 'SubqueryAlias b
                  :  +- 'UnresolvedRelation [big]
                  +- 'UnresolvedRelation [customer]

== Analyzed Logical Plan ==
p: string, count(1): bigint
`
	if !strings.HasPrefix(plan, want) {
		t.Error(plan)
	}
	d := s.Table("orders").Where(kiln.Col("o_totalprice").Gt(1000)).Select(kiln.Col("o_orderkey").Plus(1).As("k"))
	plan, err := d.ExplainString(context.Background(), "extended")
	if err != nil {
		t.Fatal(err)
	}
	if want := "'Project [(o_orderkey + 1) AS k]\n+- 'Filter (o_totalprice > 1000)\n   +- 'UnresolvedRelation [orders]\n"; !strings.Contains(plan, want) {
		t.Error(plan)
	}
}
