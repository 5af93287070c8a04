package shell

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/kilnql/kiln/internal/testenv"
)

func TestMain(m *testing.M) {
	status := m.Run()
	removeBinary()
	if status == 0 {
		if err := goleak.Find(testenv.LeakOptions()...); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	os.Exit(status)
}

const lineitem = "../../testdata/tpch/sf0.01/lineitem.parquet"

// ran is what a run of the command gave.
type ran struct {
	status      int
	out, errors string
}

// run calls Main as the process would.
func run(t *testing.T, stdin string, args ...string) ran {
	t.Helper()
	var out, errors bytes.Buffer
	status := Main(args, strings.NewReader(stdin), &out, &errors)
	return ran{status, out.String(), errors.String()}
}

// want fails unless the run gave this status and output, and nothing on standard error when it succeeded.
func (r ran) want(t *testing.T, status int, out string) {
	t.Helper()
	if r.status != status {
		t.Errorf("status %d, want %d; stderr: %s", r.status, status, r.errors)
	}
	if r.out != out {
		t.Errorf("got\n%s\nwant\n%s", r.out, out)
	}
	if status == statusOK && r.errors != "" {
		t.Errorf("unexpected on standard error: %s", r.errors)
	}
}

func (r ran) wantError(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(r.errors, part) {
			t.Errorf("standard error lacks %q:\n%s", part, r.errors)
		}
	}
}

const sample = `SELECT 1 AS a, CAST(NULL AS int) AS b, '' AS c, 'x,"y|z' AS d, X'0aff' AS e, 1.50 AS f, DATE '2024-02-29' AS g`

func TestForms(t *testing.T) {
	for _, c := range []struct{ form, want string }{
		{"table", "" +
			"+---+----+---+------+-------+----+----------+\n" +
			"|a  |b   |c  |d     |e      |f   |g         |\n" +
			"+---+----+---+------+-------+----+----------+\n" +
			"|1  |NULL|   |x,\"y|z|[0A FF]|1.50|2024-02-29|\n" +
			"+---+----+---+------+-------+----+----------+\n"},
		{"vertical", "" +
			"-RECORD 0---------\n" +
			" a   | 1          \n" +
			" b   | NULL       \n" +
			" c   |            \n" +
			" d   | x,\"y|z     \n" +
			" e   | [0A FF]    \n" +
			" f   | 1.50       \n" +
			" g   | 2024-02-29 \n"},
		{"csv", "a,b,c,d,e,f,g\n1,,\"\",\"x,\"\"y|z\",[0A FF],1.50,2024-02-29\n"},
		{"tsv", "a\tb\tc\td\te\tf\tg\n1\t\\N\t\tx,\"y|z\t[0A FF]\t1.50\t2024-02-29\n"},
		{"jsonl", `{"a":1,"b":null,"c":"","d":"x,\"y|z","e":"Cv8=","f":"1.50","g":"2024-02-29"}` + "\n"},
		{"markdown", "| a | b | c | d | e | f | g |\n|---|---|---|---|---|---|---|\n" +
			"| 1 | NULL |  | x,\"y\\|z | [0A FF] | 1.50 | 2024-02-29 |\n"},
	} {
		t.Run(c.form, func(t *testing.T) {
			run(t, "", "--output", c.form, "-c", sample).want(t, statusOK, c.want)
		})
	}
}

func TestCellsThatNeedCare(t *testing.T) {
	query := `SELECT 'a' || chr(9) || chr(10) || chr(92) AS s`
	run(t, "", "-o", "tsv", "--no-header", "-c", query).want(t, statusOK, "a\\t\\n\\\\\n")
	run(t, "", "-o", "csv", "--no-header", "-c", query).want(t, statusOK, "\"a\t\n\\\"\n")
	run(t, "", "-o", "csv", "-c", "SELECT ' a' AS `x,y` WHERE false").want(t, statusOK, "\"x,y\"\n")
	run(t, "", "-o", "jsonl", "-c", "SELECT 1 WHERE false").want(t, statusOK, "")
	run(t, "", "--truncate", "5", "-c", "SELECT 'abcdefgh' AS long_name").want(t, statusOK, "+---------+\n|long_name|\n+---------+\n|    ab...|\n+---------+\n") // as Spark
	run(t, "", "--truncate", "5", "-c", "SELECT 'abcdefgh' AS s").want(t, statusOK, "+-----+\n|    s|\n+-----+\n|ab...|\n+-----+\n")
}

// documents parses machine output; the times are checked and taken out.
func documents(t *testing.T, out string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(out) {
		var d map[string]any
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if ms, ok := d["elapsed_ms"].(float64); !ok || ms < 0 {
			t.Errorf("no elapsed_ms in %s", line)
		}
		delete(d, "elapsed_ms")
		all = append(all, d)
	}
	return all
}

func TestMachineOutputGoesOnAfterErrors(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script.sql")
	text := `SELECT 1 AS k, 'x' AS s; ;; -- nothing
		CREATE TEMP VIEW v AS SELECT 2 AS n;
		SELECT 1/0;
		SELECT nosuch FROM v;
		SELECT n, CAST('NaN' AS double) AS f FROM v`
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r := run(t, "", "--output", "json", "-f", script)
	if r.status != statusFailed || r.errors != "" {
		t.Errorf("status %d, stderr %q", r.status, r.errors)
	}
	all := documents(t, r.out)
	if len(all) != 5 {
		t.Fatalf("%d documents, want 5:\n%s", len(all), r.out)
	}
	for i, want := range []string{
		`{"columns":[{"name":"k","type":"int"},{"name":"s","type":"string"}],"rows":[[1,"x"]]}`,
		`{"columns":[],"rows":[]}`, "", "",
		`{"columns":[{"name":"n","type":"int"},{"name":"f","type":"double"}],"rows":[[2,"NaN"]]}`,
	} {
		got, _ := json.Marshal(all[i])
		if want != "" && string(got) != want {
			t.Errorf("document %d: got %s, want %s", i, got, want)
		}
	}
	e := all[2]["error"].(map[string]any)
	if e["condition"] != "DIVIDE_BY_ZERO" || e["sqlstate"] != "22012" || e["line"] != 1.0 || e["column"] != 8.0 || e["messageParameters"] == nil {
		t.Errorf("the error is %v", e)
	}
	if e := all[3]["error"].(map[string]any); e["condition"] != "UNRESOLVED_COLUMN.WITH_SUGGESTION" {
		t.Errorf("the error is %v", e)
	}
}

func TestRequests(t *testing.T) {
	stdin := `{"id":1,"sql":"SELECT 1 AS a"}
{"id":"two","sql":"SELECT 1/0"}

{"sql":"SELECT 3 AS a"}
nonsense
[1]
{"id":7,"sql":12}
{"id":8}
`
	r := run(t, stdin, "--input", "jsonl", "--output", "json")
	all := documents(t, r.out)
	if r.status != statusFailed || len(all) != 7 {
		t.Fatalf("status %d, output\n%s", r.status, r.out)
	}
	for i, id := range []any{1.0, "two", nil, nil, nil, 7.0, 8.0} {
		if got, ok := all[i]["id"]; !ok || got != id {
			t.Errorf("answer %d has id %v, want %v", i, got, id)
		}
		if (all[i]["error"] != nil) != (i == 1 || i >= 3) {
			t.Errorf("answer %d is %v", i, all[i])
		}
	}
	for i, message := range map[int]string{
		4: `not a request: want an object such as {"id":1,"sql":"SELECT 1"}, found an array`,
		5: "not a request: sql has to be a string, found a number",
	} {
		if got := all[i]["error"].(map[string]any)["message"]; got != message {
			t.Errorf("answer %d: %v", i, got)
		}
	}
	if r := run(t, `{"id":1,"sql":"SELECT 1"}`, "--input", "jsonl", "--output", "json"); r.status != statusOK {
		t.Errorf("status %d without an error", r.status)
	}
}

func TestAnErrorEndsAScript(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script.sql")
	if err := os.WriteFile(script, []byte("SELECT 1 AS a;\n-- a comment\nSELECT nosuch\nFROM range(3);\nSELECT 2;"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := run(t, "", "-o", "csv", "-f", script, "-c", "SELECT 3")
	r.want(t, statusFailed, "a\n1\n")
	r.wantError(t, script+":3:8: [UNRESOLVED_COLUMN", "SELECT nosuch\n       ^^^^^^\n")
}

func TestInputsRunInOrder(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script.sql")
	if err := os.WriteFile(script, []byte("SELECT 2"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "SELECT 3", "-o", "csv", "--no-header", "-c", "SELECT 1", "-f", script, "-f", "-", "-e", "SELECT 4; SELECT 5").
		want(t, statusOK, "1\n2\n3\n4\n5\n")
	run(t, "SELECT 6;\nSELECT 7", "-o", "csv", "--no-header").want(t, statusOK, "6\n7\n")
}

func TestInitFiles(t *testing.T) {
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good.sql"), filepath.Join(dir, "bad.sql")
	os.WriteFile(good, []byte("CREATE TEMP VIEW v AS SELECT 7 AS n; SELECT 'unseen'"), 0o600)
	os.WriteFile(bad, []byte("SELECT nosuch; SELECT 1"), 0o600)
	run(t, "", "-i", good, "-o", "csv", "-c", "SELECT n FROM v").want(t, statusOK, "n\n7\n")
	r := run(t, "", "--output", "json", "-i", bad, "-c", "SELECT 1")
	r.want(t, statusFailed, "")
	r.wantError(t, bad+":1:8: [UNRESOLVED_COLUMN")
}

func TestBadCommandLines(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"--nosuch"}, "unknown flag"},
		{[]string{"--output", "jsn"}, "did you mean json?"},
		{[]string{"--output", "xml"}, "json, jsonl, markdown\n"},
		{[]string{"--max-rows", "-5"}, "--max-rows -5: want"},
		{[]string{"--truncate", "-1"}, "--truncate -1: want"},
		{[]string{"--conf", "kiln.exec.fusoin=1"}, "Did you mean kiln.exec.fusion?"},
		{[]string{"--input", "xml"}, "sql and jsonl"},
		{[]string{"--input", "jsonl"}, "goes with --output json"},
		{[]string{"--input", "jsonl", "--output", "json", "-c", "SELECT 1"}, "standard input"},
		{[]string{"--conf", "kiln.master"}, "key=value"},
		{[]string{"--conf", "kiln.nosuch=1"}, "UNKNOWN_CONFIGURATION"},
		{[]string{"--conf", "kiln.master=many", "-c", "SELECT 1"}, "kiln.master"},
		{[]string{"--properties-file", "/nowhere/kiln.conf"}, "/nowhere/kiln.conf"},
		{[]string{"script.sql"}, `unexpected argument "script.sql"`},
	} {
		r := run(t, "", c.args...)
		r.want(t, statusUsage, "")
		r.wantError(t, "kiln: ", c.says)
	}
	r := run(t, "", "-f", "/nowhere/x.sql")
	r.want(t, statusFailed, "")
	r.wantError(t, "/nowhere/x.sql")
	r = run(t, "", "--database", "nosuch", "-c", "SELECT 1")
	r.want(t, statusFailed, "")
	if r.wantError(t, "SCHEMA_NOT_FOUND"); strings.Contains(r.errors, "USE") {
		t.Errorf("the statement is nobody's: %s", r.errors)
	}
}

func TestHelpAndVersion(t *testing.T) {
	r := run(t, "", "--help")
	if r.status != statusOK || !strings.Contains(r.out, "--properties-file") || r.errors != "" {
		t.Errorf("%+v", r)
	}
	if r := run(t, "", "--version"); r.status != statusOK || !strings.HasPrefix(r.out, "kiln ") {
		t.Errorf("%+v", r)
	}
}

// Tables of one page are tables of their own.
func TestMarkdownTables(t *testing.T) {
	run(t, "SELECT 1 AS a; SET spark.sql.ansi.enabled=true; SELECT 2 AS b;", "-o", "markdown").want(t, statusOK,
		"| a |\n|---|\n| 1 |\n\n| key | value |\n|---|---|\n| spark.sql.ansi.enabled | true |\n\n| b |\n|---|\n| 2 |\n")
}

func TestSettings(t *testing.T) {
	dir := t.TempDir()
	properties := filepath.Join(dir, "settings.conf")
	os.WriteFile(properties, []byte("spark.sql.session.timeZone America/Los_Angeles\nspark.sql.ansi.enabled false\n"), 0o600)
	r := run(t, "\\conf spark.sql.session.timeZone\n\\conf spark.sql.ansi.enabled\n\\conf spark.sql.ansi.enabled true\n\\conf spark.sql.ansi.enabled\n",
		"--properties-file", properties, "--conf", "spark.sql.session.timeZone=UTC")
	r.want(t, statusOK, "spark.sql.session.timeZone = UTC (command line)\nspark.sql.ansi.enabled = false (file)\n"+
		"spark.sql.ansi.enabled = true (SET)\n")
	run(t, "\\conf spark.master\n", "--conf", "kiln.master=local[1]").want(t, statusOK, "spark.master = local[1] (command line)\n")
	run(t, "", "--database", "default", "-o", "csv", "-c", "SELECT 1 AS a").want(t, statusOK, "a\n1\n")
}

// A value that only the opening of the session finds to be wrong is told with its line too.
func TestSettingsHaveTheirPlace(t *testing.T) {
	properties := filepath.Join(t.TempDir(), "settings.conf")
	for text, want := range map[string]string{
		"# workers\nkiln.master =":             ", line 2: [INVALID_CONF_VALUE.TYPE_MISMATCH] The value '' in the config \"kiln.master\"",
		"spark.sql.session.timeZone = nowhere": ", line 1: [INVALID_CONF_VALUE.TIME_ZONE]",
	} {
		os.WriteFile(properties, []byte(text), 0o600)
		r := run(t, "", "--properties-file", properties, "-c", "SELECT 1")
		r.want(t, statusUsage, "")
		r.wantError(t, "kiln: "+properties+want)
	}
}

func TestShownRowsAreCappedAndAllCounted(t *testing.T) {
	r := run(t, "", "-c", "SELECT l_orderkey FROM '"+lineitem+"'")
	if n := strings.Count(r.out, "\n"); n != 1000+5 || !strings.HasSuffix(r.out, "(first 1000 of 60175 rows)\n") {
		t.Errorf("%d lines, the last: %s", n, r.out[len(r.out)-60:])
	}
	r = run(t, "", "--max-rows", "2", "--timing", "-o", "markdown", "-c", "SELECT id FROM range(5)")
	if !strings.HasPrefix(r.out, "| id |\n|---|\n| 0 |\n| 1 |\nfirst 2 of 5 rows in ") {
		t.Error(r.out)
	}
	r = run(t, "", "--max-rows", "-1", "-c", "SELECT id FROM range(2001)")
	if n := strings.Count(r.out, "\n"); n != 2001+4 {
		t.Errorf("%d lines", n)
	}
}

func TestTimingStaysOutOfData(t *testing.T) {
	r := run(t, "", "--timing", "-o", "csv", "-c", "SELECT 1 AS a")
	if r.out != "a\n1\n" || !strings.HasPrefix(r.errors, "1 row in ") {
		t.Errorf("%+v", r)
	}
	r = run(t, "", "--timing", "-c", "CREATE TEMP VIEW v AS SELECT 1")
	if !strings.HasPrefix(r.out, "OK in ") {
		t.Errorf("%+v", r)
	}
}

func TestEcho(t *testing.T) {
	run(t, "-- one\nSELECT 1 AS a;\n\n-- two\n\\output csv\n/* three */ SELECT 2 AS b", "--echo", "-o", "csv").want(t, statusOK,
		"-- one\nSELECT 1 AS a;\na\n1\n\n\\output csv\n/* three */ SELECT 2 AS b;\nb\n2\n\n")
}

// A plan is known by its statement, not by the name of its column.
func TestColumnsWithTheNamesOfTexts(t *testing.T) {
	run(t, "", "-c", "select 'x' as plan").want(t, statusOK, "+----+\n|plan|\n+----+\n|x   |\n+----+\n")
	run(t, "", "-c", "/* EXPLAIN */ select 'x' as function_desc").want(t, statusOK,
		"+-------------+\n|function_desc|\n+-------------+\n|x            |\n+-------------+\n")
	r := run(t, "", "--timing", "-c", "-- why\ndesc function upper")
	if !strings.HasPrefix(r.out, "Function: upper\nUsage: ") {
		t.Error(r.out)
	}
}

// Control characters do not reach a terminal from cells, names and the lines under errors; programs get them as they are.
func TestControlCharacters(t *testing.T) {
	query := "SELECT 'a\x1b[31m' || chr(7) AS `s\x1b`"
	run(t, "", "-c", query).want(t, statusOK, "+-----------+\n|s\\x1B      |\n+-----------+\n|a\\x1B[31m\\a|\n+-----------+\n")
	run(t, "", "-o", "vertical", "-c", query).want(t, statusOK, "-RECORD 0------------\n s\\x1B | a\\x1B[31m\\a \n")
	run(t, "", "-o", "markdown", "-c", query).want(t, statusOK, "| s\\x1B |\n|---|\n| a\\x1B[31m\\a |\n")
	run(t, "", "-o", "csv", "-c", query).want(t, statusOK, "s\x1b\na\x1b[31m\a\n")
	run(t, "", "-o", "jsonl", "-c", query).want(t, statusOK, `{"s\u001b":"a\u001b[31m\u0007"}`+"\n")
	for _, bad := range []string{"SELECT '\x1b[31m', `no\x1bsuch` FROM range(1)", "SELECT \x1b[31m", "SELECT a\x9b2J FROM range(1)"} {
		r := run(t, "", "-c", bad)
		r.want(t, statusFailed, "")
		if strings.ContainsAny(r.errors, "\x1b\u009b\r") || !utf8.ValidString(r.errors) {
			t.Errorf("%q", r.errors)
		}
	}
}

func TestPlansArePrintedAsTheyAre(t *testing.T) {
	r := run(t, "", "-c", "EXPLAIN SELECT count(*) FROM range(5)")
	if !strings.HasPrefix(r.out, "== Physical Plan ==\n*(") {
		t.Error(r.out)
	}
}

// Errors of a script are shown where they are in it, not in the statement; documents for programs keep to the statement.
func TestPlaceInAScript(t *testing.T) {
	dir := t.TempDir()
	included, script := filepath.Join(dir, "included.sql"), filepath.Join(dir, "script.sql")
	for _, c := range []struct{ text, want string }{
		{"SELECT 1;\n\n/* é漢 */ SELECT 'é漢',\t1/0;\n", ":3:23: [DIVIDE_BY_ZERO] *\n== SQL (line 3, position 23) ==\n/* é漢 */ SELECT 'é漢',\t1/0;\n                       \t^^^\n"},
		{"SELECT 1; SELECT\r\n  nosuch FROM range(1);\r\n", ":2:3: [UNRESOLVED_COLUMN*\n== SQL (line 2, position 3) ==\n  nosuch FROM range(1);\n  ^^^^^^\n"},
		{"SELECT 1;\n SELECT 1 +", ":2:12: [PARSE_SYNTAX_ERROR]*\n== SQL (line 2, position 12) ==\n SELECT 1 +\n           ^\n"},
		{"\\x\nSELECT 1;\nDROP VIEW nosuch;", ":3:*[TABLE_OR_VIEW_NOT_FOUND]*"},
	} {
		os.WriteFile(included, []byte(c.text), 0o600)
		os.WriteFile(script, []byte("SELECT 2;\n\\i "+included+"\n"), 0o600)
		for _, file := range []string{included, script} {
			r := run(t, "", "-f", file)
			want := included + c.want
			for part := range strings.SplitSeq(want, "*") {
				at := strings.Index(r.errors, part)
				if at < 0 {
					t.Errorf("%q: no %q in %s", c.text, part, r.errors)
					break
				}
				r.errors = r.errors[at+len(part):]
			}
		}
		r := run(t, c.text)
		if r.wantError(t, "["); strings.Contains(r.errors, "sql:") {
			t.Errorf("standard input has no name: %s", r.errors)
		}
	}
	r := run(t, "SELECT 1;\nSELECT\n1/0", "-o", "json")
	e, _ := documents(t, r.out)[1]["error"].(map[string]any)
	if e["line"] != 2.0 || e["column"] != 1.0 {
		t.Errorf("%+v", r)
	}
}
