package diag

import (
	"slices"
	"testing"
)

func TestSimilarNames(t *testing.T) {
	settings := []string{"kiln.master", "kiln.memory.limit", "kiln.exec.fusion", "kiln.files.allow"}
	for _, c := range []struct {
		name  string
		names []string
		want  []string
	}{
		{"jsn", []string{"csv", "json", "jsonl"}, []string{"json"}},
		{"xml", []string{"csv", "json", "jsonl"}, nil},
		{"kiln.bogus", settings, nil},
		{"kiln.exec.fusoin", settings, []string{"kiln.exec.fusion"}},
		{"KILN.MASTR", settings, []string{"kiln.master"}},
		{"kiln.memory", settings, []string{"kiln.memory.limit"}},
		{"nope_nope", []string{"bool_or", "named_struct", "nullif"}, nil},
		{"uper", []string{"lower", "upper"}, []string{"upper"}},
		{"z", []string{"d", "q"}, nil},
		{"", []string{"d", "q"}, nil},
	} {
		if got := Similar(c.name, c.names, 3); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.name, got, c.want)
		}
	}
	if got := Nearest("xml", []string{"json", "csv"}, 5); !slices.Equal(got, []string{"csv", "json"}) {
		t.Errorf("all names, the nearest first: %q", got)
	}
}

func TestPrintable(t *testing.T) {
	for s, want := range map[string]string{
		"Grüße\t日本\n": "Grüße\t日本\n", "a\x1b[31mb": `a\x1B[31mb`, "\x00\r\x7f": `\x00\r\x7F`, "\u009b2J": `\u009B2J`, "a\xffb": "a\ufffdb", "": "",
	} {
		if got := Printable(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

// The carets stand below the same text as it is shown, whatever is before it.
func TestCarets(t *testing.T) {
	for _, c := range []struct {
		sql         string
		start, stop int32
		want        string
	}{
		{"SELECT nosuch", 7, 13, "== SQL (line 1, position 8) ==\nSELECT nosuch\n       ^^^^^^"},
		{"SELECT\n  a + b,\n  c", 9, 14, "== SQL (line 2, position 3) ==\n  a + b,\n  ^^^^^"},
		{"SELECT '\x1b[31m', a\x1bb FROM t", 16, 19, "== SQL (line 1, position 17) ==\nSELECT '\\x1B[31m', a\\x1Bb FROM t\n" + "                   ^^^^^^"},
		{"\tSELECT é, x\r\nFROM t", 12, 13, "== SQL (line 1, position 12) ==\n\tSELECT é, x\n\t          ^"},
		{"SELECT '漢字e\u0301', 漢", 20, 23, "== SQL (line 1, position 16) ==\nSELECT '漢字e\u0301', 漢\n                ^^"},
		{"SELECT a\n+ 1", 7, 12, "== SQL (line 1, position 8) ==\nSELECT a\n       ^"},
		{"SELECT 1", 8, 8, "== SQL (line 1, position 9) ==\nSELECT 1\n        ^"},
	} {
		e := &Error{SQL: c.sql, Span: Span{c.start, c.stop}}
		if got := e.Caret(); got != c.want {
			t.Errorf("%q\n%s\nwant\n%s", c.sql, got, c.want)
		}
	}
}
