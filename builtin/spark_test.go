package builtin_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/builtin"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/internal/jsonrow"
	"github.com/kilnql/kiln/internal/testenv"
	"github.com/kilnql/kiln/types"
)

// The answers in testdata are Spark's: go test ./builtin -run Spark -rewrite asks it again.
var rewrite = flag.Bool("rewrite", false, "ask Spark for the answers in testdata")

// golden is a statement with Spark's answer: a result, or the condition of an error ("?" if Spark gives it none).
type golden struct {
	SQL     string           `json:"sql"`
	Columns []testenv.Column `json:"columns,omitempty"`
	Rows    [][]any          `json:"rows,omitempty"`
	Error   string           `json:"error,omitempty"`
}

// TestSparkExamples runs every example of the table and compares the result with Spark's, and Spark's with the documented one.
func TestSparkExamples(t *testing.T) {
	type example struct{ function, sql, result string }
	var examples []example
	for _, name := range builtin.Names() {
		canonical, doc, _ := builtin.Documentation(name)
		if canonical != name {
			continue
		}
		for _, e := range doc.Examples {
			examples = append(examples, example{name, strings.TrimSuffix(e.SQL, ";"), e.Result})
		}
	}
	statements := make([]string, len(examples))
	for i, e := range examples {
		statements[i] = e.sql
	}
	answers := answersOf(t, "examples.jsonl", statements)
	s := openSession(t)
	for _, e := range examples {
		t.Run(e.function, func(t *testing.T) {
			want, ok := answers[e.sql]
			if !ok {
				t.Fatalf("no answer of Spark for %s; run with -rewrite", e.sql)
			}
			if text, ok := hiveText(t, want); ok && text != e.result {
				t.Errorf("%s\ndocumented %q\nSpark says  %q", e.sql, e.result, text)
			}
			check(t, s, want)
		})
	}
}

// TestSparkGrid runs functions and casts on edges of their types.
func TestSparkGrid(t *testing.T) {
	statements := gridStatements()
	answers := answersOf(t, "grid.jsonl", statements)
	s := openSession(t)
	const workers = 4
	var group sync.WaitGroup
	for w := range workers {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := w; i < len(statements); i += workers {
				want, ok := answers[statements[i]]
				if !ok {
					t.Errorf("no answer of Spark for %s; run with -rewrite", statements[i])
				} else if complaint := complain(s, want); complaint != "" {
					t.Errorf("%s\n%s", statements[i], complaint)
				}
			}
		}()
	}
	group.Wait()
}

// complain compares a statement of the grid with Spark's answer and says what is wrong, if anything.
func complain(s *kiln.Session, want golden) string {
	err := compare(s, want)
	reason, deviates := deviations[want.SQL]
	switch {
	case deviates && err == nil:
		return "listed as a deviation (" + reason + ") but agrees with Spark"
	case err == nil, deviates, deviatingAggregate(want.SQL), foldedByNull(want, err):
		return ""
	}
	return err.Error()
}

func deviatingAggregate(sql string) bool {
	return slices.ContainsFunc(deviatingAggregates, func(d struct{ start, over, reason string }) bool {
		return strings.Contains(sql, d.start) && strings.Contains(sql, d.over) && strings.Contains(sql, " AS t(x)")
	})
}

// foldedByNull tells where Spark never looks at a malformed string because its optimizer finds that the other operand is
// NULL. kiln evaluates operands from left to right.
func foldedByNull(want golden, err error) bool {
	return strings.Contains(want.SQL, "CAST(NULL AS") && diag.ConditionOf(err) == "CAST_INVALID_INPUT" && len(want.Rows) == 1 && want.Rows[0][0] == nil
}

func openSession(t *testing.T) *kiln.Session {
	t.Helper()
	s, err := kiln.Open(kiln.NewConfig().WithoutDefaults().With("spark.sql.session.timeZone", "UTC").With("spark.master", "local[1]"))
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

func check(t *testing.T, s *kiln.Session, want golden) {
	t.Helper()
	if err := compare(s, want); err != nil {
		t.Errorf("%s\n%v", want.SQL, err)
	}
}

// compare runs a statement and compares types and values, or conditions. Names of columns are analysis' business.
func compare(s *kiln.Session, want golden) error {
	text, err := jsonrow.Document(context.Background(), s.SQL(want.SQL))
	if err != nil {
		condition := diag.ConditionOf(err)
		var bug *diag.Bug
		switch {
		case errors.As(err, &bug):
			return err
		case want.Error == "?" && condition != "" || want.Error == condition && condition != "":
			return nil
		case want.Error == "":
			return fmt.Errorf("fails: %w; Spark gives %v", err, want.Rows)
		}
		return fmt.Errorf("fails with %s; Spark with %s", condition, want.Error)
	}
	got, err := testenv.ParseAnswer(text)
	if err != nil {
		return err
	}
	if want.Error != "" {
		return fmt.Errorf("gives %v; Spark fails with %s", got.Rows, want.Error)
	}
	for i := range got.Columns {
		got.Columns[i].Name = ""
	}
	expected := testenv.Answer{Columns: slices.Clone(want.Columns), Rows: want.Rows}
	for i := range expected.Columns {
		expected.Columns[i].Name = ""
	}
	return testenv.Compare(expected, got)
}

// answersOf reads Spark's answers from testdata. With -rewrite it asks Spark for those that are missing and drops what
// is asked no more; to ask for all again, delete the file first.
func answersOf(t *testing.T, file string, statements []string) map[string]golden {
	t.Helper()
	name := filepath.Join("testdata", file)
	answers := readAnswers(t, name)
	if !*rewrite {
		return answers
	}
	var requests []testenv.Request
	for _, sql := range statements {
		if _, known := answers[sql]; !known {
			requests = append(requests, testenv.Request{ID: len(requests), SQL: sql})
		}
	}
	if len(requests) > 0 {
		for i, r := range testenv.AskSpark(t, requests) {
			g := golden{SQL: requests[i].SQL, Columns: r.Columns, Rows: r.Rows}
			if r.Failure != nil {
				if g.Error = r.Failure.Condition; g.Error == "" {
					g.Error = "?"
				}
			}
			answers[g.SQL] = g
		}
	}
	writeAnswers(t, name, statements, answers)
	return answers
}

func writeAnswers(t *testing.T, name string, statements []string, answers map[string]golden) {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	written := map[string]bool{}
	for _, sql := range statements {
		if written[sql] {
			continue
		}
		written[sql] = true
		if err := encoder.Encode(answers[sql]); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readAnswers(t *testing.T, name string) map[string]golden {
	t.Helper()
	answers := map[string]golden{}
	text, err := os.ReadFile(name)
	if err != nil {
		if *rewrite && errors.Is(err, os.ErrNotExist) {
			return answers
		}
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	for decoder.More() {
		var g golden
		if err := decoder.Decode(&g); err != nil {
			t.Fatal(err)
		}
		if g.Rows == nil && g.Error == "" {
			g.Rows = [][]any{}
		}
		answers[g.SQL] = g
	}
	return answers
}

// hiveText is an answer as Spark's Hive-style output prints it: columns split by tabs, rows by newlines. ok is false if the
// types cannot be read again (fields named by numbers).
func hiveText(t *testing.T, g golden) (_ string, ok bool) {
	t.Helper()
	if g.Error != "" {
		return "error " + g.Error, true
	}
	lines := make([]string, len(g.Rows))
	for i, row := range g.Rows {
		cells := make([]string, len(row))
		for j, v := range row {
			column, err := types.Parse(g.Columns[j].Type)
			if err != nil {
				return "", false
			}
			cells[j] = hiveValue(t, v, column, false)
		}
		lines[i] = strings.Join(cells, "\t")
	}
	return strings.Join(lines, "\n"), true
}

func hiveValue(t *testing.T, v any, column types.Type, nested bool) string {
	if v == nil {
		if nested {
			return "null"
		}
		return "NULL"
	}
	list := func(open, end string, values []any, of func(i int) types.Type) string {
		parts := make([]string, len(values))
		for i, x := range values {
			parts[i] = hiveValue(t, x, of(i), true)
		}
		return open + strings.Join(parts, ",") + end
	}
	switch column.Kind {
	case types.Array:
		return list("[", "]", v.([]any), func(int) types.Type { return column.Elem() })
	case types.Map:
		parts := []string{}
		for _, entry := range v.([]any) {
			kv := entry.([]any)
			parts = append(parts, hiveValue(t, kv[0], column.Key(), true)+":"+hiveValue(t, kv[1], column.Elem(), true))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case types.Struct:
		parts := []string{}
		fields, byName := v.(map[string]any)
		for i, f := range column.Fields() {
			var x any
			if byName {
				x = fields[f.Name]
			} else {
				x = v.([]any)[i].([]any)[1]
			}
			parts = append(parts, `"`+f.Name+`":`+hiveValue(t, x, f.Type, true))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case types.Float, types.Double:
		return hiveFloat(t, v, column)
	case types.String:
		if nested {
			return `"` + v.(string) + `"`
		}
		return v.(string)
	case types.Binary:
		b, err := base64.StdEncoding.DecodeString(v.(string))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	case types.YearMonthInterval:
		months, err := types.ParseYearMonth(v.(string), column)
		if err != nil {
			t.Fatal(err)
		}
		return string(types.AppendYearMonth(nil, months, column, true))
	case types.DayTimeInterval:
		micros, err := types.ParseDayTime(v.(string), column)
		if err != nil {
			t.Fatal(err)
		}
		return string(types.AppendDayTime(nil, micros, column, true))
	}
	return fmt.Sprint(v)
}

func hiveFloat(t *testing.T, v any, column types.Type) string {
	n, ok := v.(json.Number)
	if !ok {
		return v.(string)
	}
	f, err := n.Float64()
	if err != nil {
		t.Fatal(err)
	}
	if column.Kind == types.Float {
		return string(types.AppendFloat(nil, float32(f)))
	}
	return string(types.AppendDouble(nil, f))
}
