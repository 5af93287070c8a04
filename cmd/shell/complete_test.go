package shell

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kilnql/kiln"
)

func TestCompletion(t *testing.T) {
	dir := t.TempDir()
	os.Mkdir(filepath.Join(dir, "deep"), 0o700)
	os.WriteFile(filepath.Join(dir, "data.parquet"), nil, 0o600)
	os.WriteFile(filepath.Join(dir, ".hidden"), nil, 0o600)
	session, err := kiln.Open(kiln.NewConfig().WithoutDefaults())
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	for _, text := range []string{"CREATE TEMP VIEW people AS SELECT 1 AS person_id, 'x' AS full_name", "CREATE TEMP VIEW orders AS SELECT 1 AS order_id, 2 AS person_id"} {
		if err := session.SQL(text).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		pending, line string // | is the cursor
		want          []string
		not           string
	}{
		{"", "SEL|", []string{"SELECT"}, ""},
		{"", "sel|", []string{"select"}, ""},
		{"", "select * from pe|", []string{"people"}, "percentile("},
		{"", "select * from |", []string{"people", "orders", "parquet.`"}, ""},
		{"", "select fu| from people", []string{"full_name"}, "order_id"},
		{"", "select | from people", []string{"full_name", "person_id"}, "select"},
		{"select\n", "per| from people", []string{"person_id"}, ""},
		{"", "select upp|", []string{"upper("}, ""},
		{"", "select o.| from orders as o join people p", []string{"o.order_id", "o.person_id"}, "o.full_name"},
		{"", "select 1 from orders o, people p where p.f|", []string{"p.full_name"}, ""},
		{"", "select people.| from people", []string{"people.full_name"}, ""},
		{"", "select 1; select ord| from orders", []string{"order_id"}, ""},
		{"", "select l_sh| from '" + lineitem + "'", []string{"l_shipdate", "l_shipmode"}, ""},
		{"", "select * from '" + dir + "/|", []string{dir + "/data.parquet", dir + "/deep/"}, dir + "/.hidden"},
		{"", "select * from parquet.`" + dir + "/da|", []string{dir + "/data.parquet"}, ""},
		{"", "select * from `peo|", []string{"people"}, ""},
		{"", "set spark.sql.session.t|", []string{"spark.sql.session.timeZone"}, ""},
		{"", "SET kiln.mem|", []string{"kiln.memory.limit"}, ""},
		{"", "select 1 -- sel|", nil, "select"},
		{"", `\t|`, []string{"timing"}, ""},
		{"", `\timing o|`, []string{"on", "off"}, ""},
		{"", `\output j|`, []string{"json", "jsonl"}, ""},
		{"", `\d or|`, []string{"orders"}, ""},
		{"", `\df uppe|`, []string{"upper"}, ""},
		{"", `\i ` + dir + `/d|`, []string{dir + "/data.parquet", dir + "/deep/"}, ""},
		{"", `\conf kiln.mast|`, []string{"kiln.master"}, ""},
		{"", `\nosuch x|`, nil, ""},
	} {
		completer := &completer{session: session, pending: func() string { return c.pending }}
		before, after, _ := strings.Cut(c.line, "|")
		words, prefix := completer.candidates(c.pending+before, after)
		for _, want := range c.want {
			if !slices.Contains(words, want) {
				t.Errorf("%s: no %s in %q", c.line, want, words)
			}
		}
		if c.not != "" && slices.Contains(words, c.not) || c.want == nil && len(words) > 0 {
			t.Errorf("%s: unwanted in %q", c.line, words)
		}
		ends, typed := completer.Do([]rune(before+after), len([]rune(before)))
		if typed != len([]rune(prefix)) || len(ends) != len(words) {
			t.Errorf("%s: Do gives %d words, %d characters typed", c.line, len(ends), typed)
		}
	}
}

func TestReferences(t *testing.T) {
	got := references("select x from a, b as c join parquet.`x/y` d on a.i = d.i join (select * from 'f.parquet') where e in (select 1 from s.g)")
	want := []reference{{"a", "a"}, {"b", "c"}, {"parquet.`x/y`", "d"}, {"'f.parquet'", ""}, {"s.g", "g"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
