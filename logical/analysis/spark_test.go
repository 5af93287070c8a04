package analysis

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/sql"
)

// sparkTables are the tables that Spark's suite makes before its files run.
var sparkTables = map[string]string{
	"testdata": "key int, value string", "arraydata": "arraycol array<int>, nestedarraycol array<array<int>>",
	"mapdata": "mapcol map<int,string>", "aggtest": "a int, b float",
	"onek": wisconsin, "tenk1": wisconsin,
}

const wisconsin = "unique1 int, unique2 int, two int, four int, ten int, twenty int, hundred int, thousand int, twothousand int, fivethous int, " +
	"tenthous int, odd int, even int, stringu1 string, stringu2 string, string4 string"

var (
	createTable   = regexp.MustCompile(`(?is)^\s*create\s+table\s+(?:if\s+not\s+exists\s+)?([\w.]+)\s*\((.*)\)\s*(?:using\s+\w+)?[^()]*$`)
	conditionLine = regexp.MustCompile(`"(?:condition|errorClass)" : "([^"]*)"`)
)

// sparkOutcome is what Spark makes of a statement before it runs it.
type sparkOutcome struct {
	text, schema, condition string
	parameters              map[string]string
}

func sparkOutcomes(file string) []sparkOutcome {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	var out []sparkOutcome
	for _, part := range strings.Split(string(b), "-- !query\n")[1:] {
		text, rest, _ := strings.Cut(part, "\n-- !query schema\n")
		schema, output, _ := strings.Cut(rest, "\n-- !query output\n")
		o := sparkOutcome{text: text, schema: schema}
		if m := conditionLine.FindStringSubmatch(output); m != nil {
			o.condition = m[1]
			if !strings.Contains(strings.SplitN(output, "\n", 2)[0], "AnalysisException") {
				o.condition = "later or earlier"
			}
			var detail struct{ MessageParameters map[string]string }
			if _, text, ok := strings.Cut(output, "\n"); ok && json.Unmarshal([]byte(text), &detail) == nil {
				o.parameters = detail.MessageParameters
			}
		}
		out = append(out, o)
	}
	return out
}

// TestSparkSuite binds the queries of Spark's own suite and compares the schemas, names of unnamed columns included, and the
// conditions of errors. The numbers may only grow. With KILN_SPARK_VERBOSE set it lists what differs.
func TestSparkSuite(t *testing.T) {
	files, _ := filepath.Glob("../../.cache/spark-tests/sql-tests/results/*.out")
	more, _ := filepath.Glob("../../.cache/spark-tests/sql-tests/results/*/*.out")
	deeper, _ := filepath.Glob("../../.cache/spark-tests/sql-tests/results/*/*/*.out")
	files = append(append(files, more...), deeper...)
	if len(files) == 0 {
		t.Skip("Spark's own tests are not in .cache/spark-tests: run scripts/fetch-spark-tests.sh")
	}
	s := sparkRun{t: t, verbose: os.Getenv("KILN_SPARK_VERBOSE"), counts: map[string]int{}}
	s.zone, _ = time.LoadLocation("America/Los_Angeles")
	for _, f := range files {
		s.file(f)
	}
	t.Log(s.counts)
	const known = 4000 // raise it as functions are added
	if s.counts["same"] < known {
		t.Errorf("%d statements bind as in Spark; it were at least %d", s.counts["same"], known)
	}
	if s.counts["BROKEN"] > 0 {
		t.Error("statements broke the analyzer; see them with KILN_SPARK_VERBOSE=BROKEN")
	}
}

type sparkRun struct {
	t       *testing.T
	verbose string
	counts  map[string]int
	catalog *fakeCatalog
	conf    map[string]string
	zone    *time.Location
}

// settings are those that the suite runs a file with, and what the file has SET.
func (s *sparkRun) settings() *expr.Settings {
	settings := testSettings()
	settings.Zone = s.zone
	settings.ANSI = s.conf["spark.sql.ansi.enabled"] != "false"
	settings.CaseSensitive = s.conf["spark.sql.caseSensitive"] == "true"
	settings.Conf = func(key string) string { return s.conf[key] }
	return settings
}

func (s *sparkRun) file(path string) {
	s.catalog = newFakeCatalog()
	s.conf = map[string]string{}
	if strings.Contains(path, "/nonansi/") {
		s.conf["spark.sql.ansi.enabled"] = "false"
	}
	if strings.Contains(path, "timestampNTZ") {
		s.conf["spark.sql.timestampType"] = "TIMESTAMP_NTZ"
	}
	for name, columns := range sparkTables {
		s.catalog.add(s.t, name, columns)
	}
	for _, o := range sparkOutcomes(path) {
		if m := createTable.FindStringSubmatch(o.text); m != nil {
			func() {
				defer func() { _ = recover() }()
				s.catalog.add(fatalAsPanic{s.t}, m[1][strings.LastIndexByte(m[1], '.')+1:], m[2])
			}()
			continue
		}
		statement, err := sql.ParseStatement(o.text)
		if err != nil {
			continue
		}
		if v, ok := statement.Command.(*ast.CreateView); ok && o.condition == "" && v.Query != nil {
			name := strings.ToLower(v.Name[len(v.Name)-1])
			s.catalog.views[name] = Relation{View: v.Query, Columns: v.Columns, Text: o.text}
			continue
		}
		if set, ok := statement.Command.(*ast.Set); ok && set.Value != nil {
			s.conf[set.Key] = strings.ToLower(*set.Value)
		}
		if statement.Query != nil && o.condition != "later or earlier" {
			s.query(filepath.Base(path), o)
		}
	}
}

// fatalAsPanic makes Fatal end only the function it is called in.
type fatalAsPanic struct{ testing.TB }

func (f fatalAsPanic) Fatal(args ...any) { panic(args) }

func (s *sparkRun) query(file string, o sparkOutcome) {
	plan, err := bindSQLWith(s.catalog, s.settings(), o.text)
	kind := "same"
	got := diag.ConditionOf(err)
	switch {
	case err != nil && got == "":
		kind = "BROKEN"
		got = err.Error()
	case got == "UNRESOLVED_ROUTINE" && o.condition != got, got == "UNSUPPORTED_FEATURE":
		kind = "unsupported"
		got = err.Error()
	case err != nil && o.condition == "":
		kind = "error for none"
		got = err.Error()
	case err != nil && got != o.condition:
		kind = "other error"
		got = err.Error()
	case err != nil && !sameParameters(err, o.parameters):
		kind = "parameters"
		got = fmt.Sprintf("%q\n  for  %q", parametersOf(err), o.parameters)
	case err == nil && o.condition != "":
		kind = "no error for " + o.condition
		if s.verbose == "" {
			kind = "no error"
		}
	case err == nil && schemaText(plan) != o.schema && o.schema != "struct<>": // which is an error while it runs
		kind = "schema"
		got = schemaText(plan)
	}
	s.counts[kind]++
	if s.verbose != "" && strings.HasPrefix(kind, s.verbose) {
		s.t.Logf("%s: %s\n%s\n  want %s %s\n  got  %s", kind, file, o.text, o.schema, o.condition, got)
	}
}

func parametersOf(err error) map[string]string {
	var e *diag.Error
	all := map[string]string{}
	if errors.As(err, &e) {
		for _, p := range e.Params {
			all[p.Name] = p.Value
		}
	}
	return all
}

func sameParameters(err error, want map[string]string) bool {
	return want == nil || maps.Equal(parametersOf(err), want)
}

func schemaText(plan logical.Node) string {
	var parts []string
	for _, c := range plan.Columns() {
		parts = append(parts, c.Name+":"+c.Type.String())
	}
	return "struct<" + strings.Join(parts, ",") + ">"
}
