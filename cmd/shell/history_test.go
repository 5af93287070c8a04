package shell

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestHistoryKeepsStatementsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "kiln", "history")
	h := openHistory(path)
	statements := []string{"SELECT 1;", "SELECT 'a\\nb',\n  2\nFROM t;", `\d t`, "SELECT '\\\\';"}
	for _, s := range statements {
		h.add(s + "\n")
		h.add(s) // the same again is not kept
	}
	h.add("  \n")
	if got := openHistory(path).entries; !slices.Equal(got, statements) {
		t.Errorf("got %q, want %q", got, statements)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: others must not read the file", info.Mode(), err)
	}
	for _, s := range statements {
		if fromEditor(toEditor(s)) != s || strings.Contains(toEditor(s), "\n") {
			t.Errorf("%q does not survive the editor", s)
		}
	}
}

func TestHistoryIsShortened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	var text strings.Builder
	for i := range 2*historyLimit + 1 {
		fmt.Fprintf(&text, "SELECT %d;\n", i)
	}
	os.WriteFile(path, []byte(text.String()), 0o600)
	h := openHistory(path)
	if len(h.entries) != historyLimit || h.entries[historyLimit-1] != fmt.Sprintf("SELECT %d;", 2*historyLimit) {
		t.Errorf("%d entries, the last %q", len(h.entries), h.entries[len(h.entries)-1])
	}
	kept, _ := os.ReadFile(path)
	if n := strings.Count(string(kept), "\n"); n != historyLimit {
		t.Errorf("the file has %d lines", n)
	}
	if names, _ := os.ReadDir(filepath.Dir(path)); len(names) != 1 {
		t.Errorf("left behind: %v", names)
	}
}

func TestHistoryWithoutAPlace(t *testing.T) {
	for _, path := range []string{"", "/proc/nowhere/history"} {
		h := openHistory(path)
		h.add("SELECT 1;")
		if len(h.entries) != 1 {
			t.Errorf("%q: %q", path, h.entries)
		}
	}
	t.Setenv("XDG_STATE_HOME", "/state")
	if got := historyPath(); got != filepath.FromSlash("/state/kiln/history") {
		t.Error(got)
	}
	t.Setenv("XDG_STATE_HOME", "relative")
	t.Setenv("HOME", "/home/me")
	if got := historyPath(); got != filepath.FromSlash("/home/me/.local/state/kiln/history") {
		t.Error(got)
	}
}

func TestPrompts(t *testing.T) {
	for pending, want := range map[string]string{"": prompt, "select\n": "   -> ", "select 'a\n": "   '> ", "select `a": "   `> ", "select /* a\n": "   /> "} {
		if got := promptFor(pending); got != want {
			t.Errorf("%q: %q, want %q", pending, got, want)
		}
	}
	if got := string(painter{}.Paint([]rune(toEditor("a\nb")), 0)); got != "a↵b" {
		t.Error(got)
	}
}
