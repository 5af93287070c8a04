package testenv

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func parse(t *testing.T, text string) Answer {
	t.Helper()
	answer, err := ParseAnswer([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestCompare(t *testing.T) {
	const (
		double   = `"columns":[{"name":"k","type":"string"},{"name":"v","type":"double"}]`
		ordered  = double + `,"order":["v"]`
		bigint   = `"columns":[{"name":"k","type":"bigint"}]`
		floating = `"columns":[{"name":"k","type":"float"}]`
		mixed    = `"columns":[{"name":"k","type":"struct<a:bigint,b:double>"}]`
		decimal  = `"columns":[{"name":"k","type":"decimal(5,2)"}]`
		pairs    = `"columns":[{"name":"k","type":"map<string,double>"}]`
	)
	tests := []struct {
		name            string
		head, want, got string
		differs         string // part of the error; empty for equal
	}{
		{"equal", double, `["a",1.5],["b",null]`, `["a",1.5],["b",null]`, ""},
		{"another order of a multiset", double, `["a",1.5],["b",2]`, `["b",2.0],["a",1.5]`, ""},
		{"doubles within the tolerance", double, `["a",100.0]`, `["a",100.00000001]`, ""},
		{"doubles beyond it", double, `["a",100.0]`, `["a",100.000001]`, "100.000001, want 100.0"},
		{"multiplicity", double, `["a",1],["a",1],["b",1]`, `["a",1],["b",1],["b",1]`, "column k"},
		{"null and zero", double, `["a",0.0]`, `["a",null]`, "null, want 0.0"},
		{"not finite", double, `["a","NaN"],["b","-Infinity"]`, `["b","-Infinity"],["a","NaN"]`, ""},
		{"signed zero", double, `["a",-0.0]`, `["a",0.0]`, "want -0.0"},
		{"signed zero spelt otherwise", double, `["a",-0.0]`, `["a",-0]`, ""},
		{"ties", ordered, `["a",1],["b",1],["c",2]`, `["b",1],["a",1],["c",2]`, ""},
		{"order", ordered, `["a",1],["b",1],["c",2]`, `["c",2],["a",1],["b",1]`, "in order, row 0"},
		{"rows missing", double, `["a",1]`, ``, "0 rows, want 1"},
		{"a value missing", double, `["a",1]`, `["a"]`, "1 values for 2 columns"},
		{"large integers are exact", bigint, `[9007199254740993]`, `[9007199254740992]`, "9007199254740992"},
		{"integers are not strings", bigint, `[1]`, `["1"]`, `"1", want 1`},
		{"32-bit floats", floating, `[0.1]`, `[0.100000001]`, ""},
		{"32-bit floats are exact", floating, `[0.1]`, `[0.1000001]`, "0.1000001"},
		{"integers beside doubles", mixed, `[{"a":9007199254740993,"b":1.0}]`, `[{"a":9007199254740992,"b":1.0}]`, "column k"},
		{"doubles beside integers", mixed, `[{"a":1,"b":1.0}]`, `[{"a":1,"b":1.0000000000001}]`, ""},
		{"decimals are exact", decimal, `["1.00"]`, `["1.0"]`, `"1.0", want "1.00"`},
		{"entries of a map", pairs, `[[["a",1.0],["b",null]]]`, `[[["a",1],["b",null]]]`, ""},
		{"key of a map", pairs, `[[["a",1.0]]]`, `[[["b",1.0]]]`, "column k"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := parse(t, `{`+test.head+`,"rows":[`+test.want+`]}`)
			got := parse(t, `{`+test.head+`,"rows":[`+test.got+`],"elapsed_ms":1}`)
			err := Compare(want, got)
			switch {
			case test.differs == "" && err != nil:
				t.Errorf("differs: %v", err)
			case test.differs != "" && err == nil:
				t.Error("found equal")
			case err != nil && !strings.Contains(err.Error(), test.differs):
				t.Errorf("error %q does not hold %q", err, test.differs)
			}
		})
	}
}

func TestCompareColumns(t *testing.T) {
	want := parse(t, `{"columns":[{"name":"a","type":"int"}],"rows":[]}`)
	for _, text := range []string{
		`{"columns":[{"name":"A","type":"int"}],"rows":[]}`,
		`{"columns":[{"name":"a","type":"bigint"}],"rows":[]}`,
		`{"columns":[],"rows":[]}`,
	} {
		if Compare(want, parse(t, text)) == nil {
			t.Errorf("%s found equal", text)
		}
	}
	want.Order = []string{"nope"}
	if Compare(want, want) == nil {
		t.Error("an order by a column that is not there is accepted")
	}
}

func TestParseAnswerError(t *testing.T) {
	_, err := ParseAnswer([]byte(`{"error":{"condition":"DIVIDE_BY_ZERO","sqlstate":"22012","message":"m"}}`))
	failure, ok := err.(*Failure)
	if !ok || failure.Condition != "DIVIDE_BY_ZERO" || failure.SQLState != "22012" {
		t.Errorf("got %v", err)
	}
}

// TestTPCHComplete checks that every query has a text and, at each scale that is
// checked in, an answer with rows whose order columns exist.
func TestTPCHComplete(t *testing.T) {
	for _, scale := range []string{"0.01", "1"} {
		for number := 1; number <= TPCHQueries; number++ {
			answer := TPCHAnswer(t, scale, number)
			if len(answer.Columns) == 0 || len(answer.Rows) == 0 {
				t.Errorf("scale %s, query %d: an empty answer proves nothing", scale, number)
			}
			if err := Compare(answer, answer); err != nil {
				t.Errorf("scale %s, query %d: not equal to itself: %v", scale, number, err)
			}
			ordered := strings.Contains(TPCHQuery(t, number), "\nORDER BY ")
			if ordered != (len(answer.Order) > 0) {
				t.Errorf("scale %s, query %d: order is %v", scale, number, answer.Order)
			}
		}
	}
	for _, table := range TPCHTables {
		if _, err := os.Stat(filepath.Join(TPCHDir(t, "0.01"), table+".parquet")); err != nil {
			t.Error(err)
		}
	}
}

// TestAskDuckDB also proves that the checked-in answers of scale 0.01 belong to
// the checked-in tables.
func TestAskDuckDB(t *testing.T) {
	var requests []Request
	for number := 1; number <= TPCHQueries; number++ {
		var types []string
		for _, column := range TPCHAnswer(t, "0.01", number).Columns {
			types = append(types, column.Type)
		}
		requests = append(requests, Request{ID: number, SQL: TPCHQuery(t, number), Types: types})
	}
	requests = append(requests, Request{ID: 99, SQL: "SELECT nope"})
	for _, response := range AskDuckDB(t, requests, TPCHDir(t, "0.01")) {
		if response.ID == 99 {
			if response.Failure == nil || !strings.Contains(response.Failure.Message, "nope") {
				t.Errorf("no error for an unknown column: %+v", response)
			}
			continue
		}
		if response.Failure != nil {
			t.Fatalf("query %d: %v", response.ID, response.Failure)
		}
		if err := Compare(TPCHAnswer(t, "0.01", response.ID), response.Answer); err != nil {
			t.Errorf("query %d: %v", response.ID, err)
		}
	}
}

// TestMissingTools runs the set-up on a machine without Python, played by a
// search path with the shell's own tools only.
func TestMissingTools(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no POSIX shell")
	}
	directory := t.TempDir()
	for _, tool := range []string{"sh", "cat", "cksum", "tr", "dirname"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Skipf("no %s", tool)
		}
		if err := os.Symlink(path, filepath.Join(directory, tool)); err != nil {
			t.Skip(err)
		}
	}
	command := exec.Command("sh", Path(t, "scripts", "setup-test-env.sh"))
	command.Env = []string{"PATH=" + directory}
	output, err := command.CombinedOutput()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != exitMissing {
		t.Fatalf("ended with %v, not status %d: %s", err, exitMissing, output)
	}
	if text := string(output); strings.Count(text, "\n") != 1 || !strings.Contains(text, "python3 not found") {
		t.Errorf("not the one line: %q", text)
	}
}
