package configuration

import (
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

func TestMistakes(t *testing.T) {
	c := New()
	for key, want := range map[string]string{"kiln.exec.fusoin": "UNKNOWN_CONFIGURATION", ANSI: "INVALID_CONF_VALUE.TYPE_MISMATCH", Master: "CANNOT_MODIFY_STATIC_CONFIG"} {
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
