package shell

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestResultsInAFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out file.csv")
	r := run(t, "SELECT 1 AS a;\n\\o '"+name+"'\nSELECT 2 AS a;\nSELECT 3 AS a;\n\\o\nSELECT 4 AS a;\n", "-o", "csv")
	r.want(t, statusOK, "a\n1\na\n4\n")
	if got, _ := os.ReadFile(name); string(got) != "a\n2\na\n3\n" {
		t.Errorf("the file holds %q", got)
	}
	r = run(t, "\\o /nowhere/x.csv\nSELECT 1;")
	r.want(t, statusFailed, "")
	r.wantError(t, "/nowhere/x.csv")
}

func TestFormsInAScript(t *testing.T) {
	run(t, "\\output csv\nSELECT 1 AS a;\n\\output jsonl\nSELECT 2 AS a;\n\\x\nSELECT 3 AS a;\n\\x\nSELECT 4 AS a;").want(t, statusOK,
		"a\n1\n{\"a\":2}\n-RECORD 0--\n a   | 3   \n+---+\n|a  |\n+---+\n|4  |\n+---+\n")
}

func TestDescribeTablesAndFunctions(t *testing.T) {
	script := "CREATE TEMP VIEW v AS SELECT 1 AS n, 'x' AS s;\n\\d\n\\d v;\n\\d '" + lineitem + "'\n\\l\n"
	r := run(t, script, "-o", "csv")
	for _, want := range []string{",v,true\n", "n,int,\ns,string,\n", "l_quantity,\"decimal(15,2)\",\n", "namespace\ndefault\n"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s", want, r.out)
		}
	}
	r = run(t, "\\df upp*\n\\df upper\n")
	if !strings.Contains(r.out, "|upper   |") || !strings.Contains(r.out, "Function: upper\nUsage: ") {
		t.Error(r.out)
	}
	r = run(t, "\\df nosuchfunction\n")
	if r.status != statusFailed || r.errors != "no function is like nosuchfunction\n" {
		t.Errorf("%+v", r)
	}
	r = run(t, "\\df uper\n")
	r.wantError(t, "did you mean upper")
}

// Nobody has typed the SQL that a command stands for; in a script its errors have its place.
func TestErrorsOfCommands(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script.sql")
	for command, want := range map[string]string{
		`\d nope`:                ":3:1: [TABLE_OR_VIEW_NOT_FOUND] ",
		`\d a b c`:               ":3:1: [PARSE_SYNTAX_ERROR] ",
		`\tming`:                 ":3:1: no command `\\tming`; did you mean \\timing? ",
		`\z`:                     ":3:1: no command `\\z`; \\? lists them",
		`\x foo`:                 `:3:1: \x takes on or off, not foo`,
		`\l foo`:                 `:3:1: \l takes no argument`,
		`\conf kiln.nope`:        ":3:1: [UNKNOWN_CONFIGURATION] There is no setting \"kiln.nope\". SET -v lists",
		`\conf kiln.exec.fusoin`: ":3:1: [UNKNOWN_CONFIGURATION] There is no setting \"kiln.exec.fusoin\". Did you mean kiln.exec.fusion?",
		`\conf spark.nope`:       ":3:1: spark.nope is not set",
		`\i /nowhere/x.sql`:      ":3:1: open /nowhere/x.sql",
	} {
		os.WriteFile(script, []byte("\n-- a comment\n"+command+"\nSELECT 1"), 0o600)
		r := run(t, "", "-f", script)
		r.want(t, statusFailed, "")
		if !strings.HasPrefix(r.errors, script+want) || strings.Contains(r.errors, "DESCRIBE") || strings.Contains(r.errors, "^") {
			t.Errorf("%s: %s", command, r.errors)
		}
	}
	r := run(t, `\d nope`, "-o", "json")
	e, _ := documents(t, r.out)[0]["error"].(map[string]any)
	if e["condition"] != "TABLE_OR_VIEW_NOT_FOUND" || e["line"] != nil {
		t.Errorf("%+v", r)
	}
}

func TestVerticalOnAndOff(t *testing.T) {
	run(t, "\\x on\n\\x on\nSELECT 3 AS a;\n\\x off\nSELECT 4 AS a;\n\\output csv\n\\x off\nSELECT 5 AS a").want(t, statusOK,
		"-RECORD 0--\n a   | 3   \n+---+\n|a  |\n+---+\n|4  |\n+---+\na\n5\n")
}

func TestInclude(t *testing.T) {
	dir := t.TempDir()
	inner, outer := filepath.Join(dir, "inner.sql"), filepath.Join(dir, "outer.sql")
	os.WriteFile(inner, []byte("SELECT 2 AS a;\n"), 0o600)
	os.WriteFile(outer, []byte("SELECT 1 AS a;\n\\i "+inner+"\nSELECT 3 AS a"), 0o600)
	run(t, "\\i "+outer+"\nSELECT 4 AS a", "-o", "csv", "--no-header").want(t, statusOK, "1\n2\n3\n4\n")

	os.WriteFile(inner, []byte("SELECT nosuch;\nSELECT 2"), 0o600)
	r := run(t, "\\i "+outer+"\nSELECT 4 AS a", "-o", "csv", "--no-header")
	r.want(t, statusFailed, "1\n")
	r.wantError(t, inner+":1:8: ")

	os.WriteFile(inner, []byte("\\i "+inner+"\n"), 0o600)
	r = run(t, "\\i "+inner)
	r.want(t, statusFailed, "")
	r.wantError(t, "more than 16 deep")
}

func TestCommandsThatAreNone(t *testing.T) {
	r := run(t, "\\tming\nSELECT 1")
	r.want(t, statusFailed, "")
	r.wantError(t, `no command `+"`\\tming`"+`; did you mean \timing?`)
	r = run(t, `\timing maybe`)
	r.want(t, statusFailed, "")
	r = run(t, "\\output csw\n")
	r.want(t, statusFailed, "")
	r.wantError(t, "did you mean csv?")
	// A backslash inside a statement is no command.
	run(t, "SELECT 'a\n\\q\nb' AS s;\n\\q\nSELECT 2", "-o", "jsonl").want(t, statusOK, "{\"s\":\"a\\nq\\nb\"}\n")
}

// The manual has each command, form and option of the command line.
func TestManualIsComplete(t *testing.T) {
	page, err := os.ReadFile("../../docs/shell.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, c := range commands {
		for _, name := range c.names {
			if !regexp.MustCompile("`" + regexp.QuoteMeta(`\`+name) + "[ `]").MatchString(text) {
				t.Errorf(`docs/shell.md lacks \%s`, name)
			}
		}
	}
	for _, form := range outputs {
		if !strings.Contains(text, "`"+form+"`") {
			t.Errorf("docs/shell.md lacks the form %s", form)
		}
	}
	help := run(t, "", "--help").out
	for _, option := range regexp.MustCompile(`--[a-z][a-z-]+`).FindAllString(help, -1) {
		if !strings.Contains(text, "`"+option) {
			t.Errorf("docs/shell.md lacks the option %s", option)
		}
	}
}
