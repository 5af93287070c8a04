package kiln_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/builtin"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/internal/testenv"
)

// TestFunctionExamples runs the examples of every function; their results are Spark's.
func TestFunctionExamples(t *testing.T) {
	s := open(t, nil)
	functions, examples := 0, 0
	for _, name := range builtin.Names() {
		canonical, doc, _ := builtin.Documentation(name)
		if canonical != name {
			continue
		}
		functions++
		if doc.Usage == "" || doc.Group == "" {
			t.Errorf("%s has no documentation", name)
		}
		for _, e := range doc.Examples {
			examples++
			if got := hiveResult(s, e.SQL); !sameText(got, e.Result) {
				t.Errorf("%s: %s\n got %s\nwant %s", name, e.SQL, got, e.Result)
			}
		}
	}
	t.Logf("%d functions and operators, %d examples", functions, examples)
	if functions < 150 {
		t.Errorf("only %d functions and operators", functions)
	}
}

// sameText compares two results; numbers may differ by 1e-9 of their size, for sums of doubles.
func sameText(got, want string) bool {
	if got == want {
		return true
	}
	a, b := strings.FieldsFunc(got, cellEnd), strings.FieldsFunc(want, cellEnd)
	return slices.EqualFunc(a, b, func(x, y string) bool {
		f, err1 := strconv.ParseFloat(x, 64)
		g, err2 := strconv.ParseFloat(y, 64)
		return x == y || err1 == nil && err2 == nil && math.Abs(f-g) <= 1e-9*math.Abs(g)
	})
}

func cellEnd(r rune) bool { return r == '\t' || r == '\n' }

// hiveResult is the result of a query as text, or the condition of its error.
func hiveResult(s *kiln.Session, sql string) string {
	var rows []string
	for row, err := range s.SQL(sql).Rows(context.Background()) {
		if err != nil {
			return err.Error()
		}
		rows = append(rows, hiveRow(row, s.Zone()))
	}
	return strings.Join(rows, "\n")
}

// TestFunctionGrid runs functions on edges (null, empty, smallest, largest, NaN, non-ASCII, 29 February) and compares with
// what Spark answered; testdata/functions holds queries and answers.
func TestFunctionGrid(t *testing.T) {
	files, err := filepath.Glob(testenv.Path(t, "testdata/functions/*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			s := open(t, nil)
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			lines := bufio.NewScanner(f)
			lines.Buffer(nil, 1<<24)
			for n := 1; lines.Scan(); n++ {
				checkGridLine(t, s, n, lines.Bytes())
			}
		})
	}
}

func checkGridLine(t *testing.T, s *kiln.Session, n int, line []byte) {
	t.Helper()
	var want struct {
		SQL   string            `json:"sql"`
		Conf  map[string]string `json:"conf"`
		Error json.RawMessage   `json:"error"` // a condition, or an object that has one
	}
	if err := json.Unmarshal(line, &want); err != nil {
		t.Fatalf("line %d: %v", n, err)
	}
	if len(want.Conf) > 0 {
		s = open(t, want.Conf)
	}
	d := s.SQL(want.SQL)
	if want.Error != nil {
		var condition string
		if json.Unmarshal(want.Error, &condition) != nil {
			var failure testenv.Failure
			if err := json.Unmarshal(want.Error, &failure); err != nil {
				t.Fatalf("line %d: %v", n, err)
			}
			condition = failure.Condition
		}
		_, err := d.Collect(context.Background())
		var e *diag.Error
		if !errors.As(err, &e) || condition != "?" && e.Condition != condition { // ? is an error of Spark without a condition
			t.Errorf("line %d: %s\n got %v\nwant %s", n, want.SQL, err, condition)
		}
		return
	}
	answer, err := testenv.ParseAnswer(line)
	if err != nil {
		t.Fatalf("line %d: %v", n, err)
	}
	if _, err := d.Collect(context.Background()); err != nil {
		t.Errorf("line %d: %s\n%v", n, want.SQL, err)
		return
	}
	got := answerOf(t, d)
	if err := testenv.Compare(answer, got); err != nil {
		t.Errorf("line %d: %s\n%v", n, want.SQL, err)
	}
}

// TestFunctionDescriptions asks SHOW FUNCTIONS for what can be called, and DESCRIBE FUNCTION about each.
func TestFunctionDescriptions(t *testing.T) {
	s := open(t, nil)
	names := strings.Split(hiveResult(s, "SHOW FUNCTIONS"), "\n")
	for _, hidden := range []string{"[]", "istrue", "like_any", "not_ilike_all", "timestampadd", "timediff"} {
		if slices.Contains(names, hidden) {
			t.Errorf("SHOW FUNCTIONS lists %s, which no query can call", hidden)
		}
		if got := hiveResult(s, "SELECT `"+hidden+"`()"); !strings.Contains(got, "UNRESOLVED_ROUTINE") {
			t.Errorf("a call of %s: %s", hidden, got)
		}
	}
	for _, name := range names {
		short, long := hiveResult(s, "DESCRIBE FUNCTION `"+name+"`"), hiveResult(s, "DESCRIBE FUNCTION EXTENDED `"+name+"`")
		if !strings.Contains(short, "\nUsage: ") || !strings.Contains(long, "Extended Usage:") || !strings.Contains(long, "Examples:") {
			t.Errorf("%s is not described:\n%s", name, long)
		}
	}
}

// TestTimeParserPolicy checks that the setting chooses the parser, in any case of its letters; testdata/functions/legacy_time.jsonl
// has what Spark answers.
func TestTimeParserPolicy(t *testing.T) {
	const inconsistent = "INCONSISTENT_BEHAVIOR_CROSS_VERSION.PARSE_DATETIME_BY_NEW_PARSER"
	for _, c := range []struct{ policy, ansi, sql, want string }{
		{"LEGACY", "true", "SELECT to_date('2020-1-2x', 'yyyy-MM-dd')", "2020-01-02"},
		{"legacy", "true", "SELECT to_timestamp('x', 'yyyy-MM-dd')", `Unparseable date: "x"`},
		{"LEGACY", "true", "SELECT date_format(date'2020-01-02', 'u')", "4"},
		{"LEGACY", "true", "SELECT from_unixtime(0, 'YYYY')", "1970"},
		{"LEGACY", "true", "SELECT unix_timestamp('2020x', 'yyyy')", "1577836800"},
		{"LEGACY", "true", "SELECT to_date('2020-01-02')", "2020-01-02"},
		{"EXCEPTION", "true", "SELECT to_date('2020-01-02', 'yyyy-MM-dd')", "2020-01-02"},
		{"EXCEPTION", "true", "SELECT date_format(date'2020-01-02', 'yyyy')", "2020"},
		{"EXCEPTION", "false", "SELECT to_date('2020-01-02x', 'yyyy-MM-dd')", inconsistent},
		{"exception", "true", "SELECT try_to_timestamp('2020-1-2', 'yyyy-MM-dd')", inconsistent},
		{"EXCEPTION", "false", "SELECT to_date('x', 'yyyy-MM-dd')", "NULL"},
		{"CORRECTED", "false", "SELECT to_date('2020-01-02x', 'yyyy-MM-dd')", "NULL"},
	} {
		s := open(t, map[string]string{"spark.sql.legacy.timeParserPolicy": c.policy, "spark.sql.ansi.enabled": c.ansi})
		if got := hiveResult(s, c.sql); !strings.Contains(got, c.want) {
			t.Errorf("%s, ansi %s: %s: %s", c.policy, c.ansi, c.sql, got)
		}
	}
}
