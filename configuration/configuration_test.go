package configuration

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kilnql/kiln/diag"
)

func TestPrecedence(t *testing.T) {
	c := New()
	put := func(origin Origin, text string) {
		t.Helper()
		if err := c.Put(MemoryLimit, text, origin); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		origin     Origin
		text, want string
	}{{FromFile, "1g", "1g"}, {FromProgram, "5g", "5g"}, {FromEnvironment, "2g", "5g"}, {FromCommandLine, "3g", "5g"}} {
		put(step.origin, step.text)
		if got := c.String(MemoryLimit); got != step.want {
			t.Errorf("after %v: %s, want %s", step.origin, got, step.want)
		}
	}
}

func TestFileAndEnvironment(t *testing.T) {
	c := New()
	err := c.read(strings.NewReader("# comment\nspark.master  local[3]\nspark.sql.ansi.enabled=false\nspark.foo bar\n"), "kiln.conf")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.String(Master); got != "local[3]" {
		t.Errorf("spark.master and kiln.master are one: %q", got)
	}
	if c.Bool(ANSI) {
		t.Error("ansi should be off")
	}
	if err := c.ReadEnvironment([]string{"KILN_EXEC_CHUNKSIZE=7", "KILN_EXEC_CHUNK_SIZE=9", "KILN_NOTHING=1", "HOME=/"}); err != nil {
		t.Fatal(err)
	}
	if got := c.Int(ChunkSize); got != 9 {
		t.Errorf("chunk size %d", got)
	}
}

// A bad value is told with the line that it stands on, also by those who look at it only when the session opens.
func TestMistakesHaveTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"# comment\nkiln.bogus 1":              "kiln.conf, line 2: [UNKNOWN_CONFIGURATION]",
		"kiln.exec.chunkSize =":                "kiln.conf, line 1: [INVALID_CONF_VALUE",
		"kiln.exec.chunkSize":                  "kiln.conf, line 1: [INVALID_CONFIGURATION_LINE]",
		"# a\n[server]\nport 1":                "kiln.conf, line 2: [INVALID_CONFIGURATION_LINE]",
		"foo":                                  "kiln.conf, line 1: [INVALID_CONFIGURATION_LINE]",
		"spark.foo bar\n\nkiln.master =":       "kiln.conf, line 3: wrong",
		"spark.master = nowhere\nkiln.other 1": "kiln.conf, line 2: [UNKNOWN_CONFIGURATION]",
	} {
		c := New()
		err := c.read(strings.NewReader(text), "kiln.conf")
		if err == nil {
			err = c.Placed(Master, errors.New("wrong"))
		}
		if !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	c := New()
	if err := c.ReadEnvironment([]string{"KILN_MASTER=nowhere"}); err != nil {
		t.Fatal(err)
	}
	if got := c.Placed(Master, errors.New("wrong")).Error(); got != "environment variable KILN_MASTER: wrong" {
		t.Error(got)
	}
}

func TestUnknownKeys(t *testing.T) {
	for key, want := range map[string]string{
		"kiln.bogus":       `There is no setting "kiln.bogus". SET -v lists those that there are.`,
		"kiln.exec.fusoin": `There is no setting "kiln.exec.fusoin". Did you mean kiln.exec.fusion?`,
	} {
		if got := Unknown(key).Error(); !strings.Contains(got, want) {
			t.Errorf("%s: %s", key, got)
		}
	}
}

func TestMistakes(t *testing.T) {
	c := New()
	for key, want := range map[string]string{"kiln.exec.fusoin": "UNKNOWN_CONFIGURATION", ANSI: "INVALID_CONF_VALUE.TYPE_MISMATCH", Master: "CANNOT_MODIFY_CONFIG"} {
		if got := diag.ConditionOf(c.Set(key, "maybe")); got != want {
			t.Errorf("SET %s: %q, want %q", key, got, want)
		}
	}
	if err := c.Set("spark.something.else", "1"); err != nil {
		t.Error(err)
	}
	if _, err := ParseSize("12q"); err == nil {
		t.Error("12q is no size")
	}
}

func TestResetReturnsToTheOpenedValues(t *testing.T) {
	c := New()
	if err := c.Put(ChunkSize, "3", FromFile); err != nil {
		t.Fatal(err)
	}
	c.Opened()
	if err := c.Set(ChunkSize, "5"); err != nil {
		t.Fatal(err)
	}
	if err := c.Reset(""); err != nil || c.Int(ChunkSize) != 3 {
		t.Errorf("%v, %d", err, c.Int(ChunkSize))
	}
}

func TestValuesInTheFormThatIsRead(t *testing.T) {
	c := New()
	for _, s := range []struct{ key, text, want string }{
		{MapKeyPolicy, "last_win", "LAST_WIN"}, {TimestampType, "timestamp_ntz", "TIMESTAMP_NTZ"}, {PrecisionLoss, "FALSE", "false"}, {ANSI, "True", "true"},
	} {
		if err := c.Set(s.key, s.text); err != nil {
			t.Fatal(err)
		}
		if got := c.String(s.key); got != s.want {
			t.Errorf("%s = %s is read as %q", s.key, s.text, got)
		}
		if shown, _, _ := c.Lookup(s.key); shown != s.text {
			t.Errorf("SET shows %q for %q", shown, s.text)
		}
	}
	for _, key := range []string{MapKeyPolicy, TimestampType, TimeParserPolicy} {
		if got := diag.ConditionOf(c.Set(key, "foo")); got != "INVALID_CONF_VALUE.TYPE_MISMATCH" {
			t.Errorf("%s = foo: %q", key, got)
		}
	}
}

func TestNumbersHaveBounds(t *testing.T) {
	for _, s := range []struct {
		key, text string
		want      string
	}{
		{MemoryLimit, "-1", "bytes, 0 or more"}, {MemoryLimit, "0", ""}, {QueryMinimum, "-4k", "bytes, 0 or more"}, {ChunkSize, "0", "int from 1 to 2048"},
		{ChunkSize, "2049", "int from 1 to 2048"}, {ChunkSize, "1", ""}, {PlanCacheSize, "-1", "int from 0"}, {BroadcastThreshold, "-1", ""},
	} {
		err := New().Put(s.key, s.text, FromProgram)
		if s.want == "" && err != nil {
			t.Errorf("%s = %s: %v", s.key, s.text, err)
		}
		if s.want != "" && (diag.ConditionOf(err) != "INVALID_CONF_VALUE.TYPE_MISMATCH" || !strings.Contains(err.Error(), s.want)) {
			t.Errorf("%s = %s: %v", s.key, s.text, err)
		}
	}
}

func TestFingerprint(t *testing.T) {
	c := New()
	none := c.Fingerprint("kiln.exec.")
	set := func(key, text string) string {
		t.Helper()
		if err := c.Set(key, text); err != nil {
			t.Fatal(err)
		}
		return c.Fingerprint("kiln.exec.")
	}
	if set(ChunkSize, "7") != none {
		t.Error("a key that is left out counts")
	}
	off, on := set(ANSI, "false"), set(ANSI, "true")
	if off == on || off == none || set(ANSI, "false") != off {
		t.Error("the same settings have the same fingerprint, others another", none, off, on)
	}
}

// TestEveryKeyIsRead compares the table with the code: a setting is read somewhere or says that it has no effect, and code reads
// no setting that the table does not have.
func TestEveryKeyIsRead(t *testing.T) {
	constants := map[string]string{} // name → key
	read := map[string]bool{}        // names of constants, and keys written out
	key := regexp.MustCompile(`^"((spark|kiln)(\.[a-z][A-Za-z]*)+)"$`)
	others := []string{"spark.apache.org", "kiln.conf", "kiln.type"}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		here := file.Name.Name == "configuration"
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				if here && len(n.Names) == 1 && len(n.Values) == 1 {
					if l, ok := n.Values[0].(*ast.BasicLit); ok && key.MatchString(l.Value) {
						constants[n.Names[0].Name] = strings.Trim(l.Value, `"`)
						return false
					}
				}
			case *ast.CompositeLit:
				return !here // the table itself
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "configuration" {
					read[n.Sel.Name] = true
				}
			case *ast.Ident:
				read[n.Name] = read[n.Name] || here
			case *ast.BasicLit:
				if m := key.FindStringSubmatch(n.Value); m != nil && !here && !slices.Contains(others, m[1]) {
					if _, ok := Known(m[1]); !ok {
						t.Errorf("%s reads %s, which is not in the table", path, m[1])
					}
					read[m[1]] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range constants {
		e, ok := Known(key)
		if !ok {
			t.Errorf("the constant %s has no entry", name)
			continue
		}
		without := strings.HasPrefix(e.Doc, "Kept for Spark programs")
		if used := read[name] || read[key]; used == without {
			t.Errorf("%s is read: %v, and its text says %q", key, used, e.Doc)
		}
	}
	if len(constants) != len(entries) {
		t.Errorf("%d constants for %d entries", len(constants), len(entries))
	}
}
