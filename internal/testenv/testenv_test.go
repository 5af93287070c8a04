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

// TestAskSpark asks for one of each kind of value that needs care on the way
// from Spark into the machine format.
func TestAskSpark(t *testing.T) {
	if testing.Short() {
		t.Skip("starting Spark takes 10 seconds")
	}
	tests := []struct{ sql, kind, value string }{
		{"SELECT 9007199254740993", "bigint", `9007199254740993`},
		{"SELECT CAST(0.1 AS FLOAT)", "float", `0.1`},
		{"SELECT DOUBLE('-inf')", "double", `"-Infinity"`},
		{"SELECT 1e-8BD", "decimal(8,8)", `"0.00000001"`},
		{"SELECT DATE'0001-01-01' - 400", "date", `"-0001-11-28"`},
		{"SELECT TIMESTAMP'2024-01-02 03:04:05.120'", "timestamp", `"2024-01-02 03:04:05.12"`},
		{"SELECT INTERVAL '1-2' YEAR TO MONTH", "interval year to month", `"INTERVAL '1-2' YEAR TO MONTH"`},
		{"SELECT X'00FF'", "binary", `"AP8="`},
		{"SELECT NULL", "void", `null`},
		{"SELECT MAP('b', 1, 'a', NULL)", "map<string,int>", `[["b",1],["a",null]]`},
		{"SELECT ARRAY(STRUCT(1 AS x, DATE'2020-01-01' AS d))", "array<struct<x:int,d:date>>", `[{"d":"2020-01-01","x":1}]`},
		{"SELECT NAMED_STRUCT('x', 1, 'x', 2)", "struct<x:int,x:int>", `[["x",1],["x",2]]`},
		{"SELECT PARSE_JSON('{\"a\":[1]}')", "variant", `"{\"a\":[1]}"`},
	}
	var requests []Request
	for _, test := range tests {
		requests = append(requests, Request{SQL: test.sql})
	}
	requests = append(requests,
		Request{SQL: "SELECT 1/0"},
		Request{SQL: "SELECT 1/0", Conf: map[string]string{"spark.sql.ansi.enabled": "false"}},
		Request{SQL: "SELECT nope FROM (VALUES (1)) AS t(yes)"})
	responses := AskSpark(t, requests)
	for i, test := range tests {
		response := responses[i]
		if response.Failure != nil {
			t.Errorf("%s: %v", test.sql, response.Failure)
			continue
		}
		if kind := response.Columns[0].Type; kind != test.kind {
			t.Errorf("%s: type %s, want %s", test.sql, kind, test.kind)
		}
		if value := text(response.Rows[0][0]); value != test.value {
			t.Errorf("%s: %s, want %s", test.sql, value, test.value)
		}
	}
	rest := responses[len(tests):]
	if failure := rest[0].Failure; failure == nil || failure.Condition != "DIVIDE_BY_ZERO" || failure.SQLState != "22012" {
		t.Errorf("1/0: %+v", rest[0])
	}
	if rest[1].Failure != nil || rest[1].Rows[0][0] != nil {
		t.Errorf("1/0 without ANSI: %+v", rest[1])
	}
	failure := rest[2].Failure
	if failure == nil || failure.Condition != "UNRESOLVED_COLUMN.WITH_SUGGESTION" ||
		failure.MessageParameters["objectName"] != "`nope`" || failure.Line != 1 || failure.Column != 8 {
		t.Errorf("unknown column: %+v", failure)
	}
}
