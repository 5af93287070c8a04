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
		{"", "s|", []string{"select", "show", "set"}, "sum("},
		{"", "|", []string{"SELECT", "WITH"}, "sum("},
		{"", "select full|", []string{"full_name"}, "order_id"},
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
		if typed := len([]rune(prefix)); len(words) > 0 && !strings.EqualFold(string(common(words)[:typed]), prefix) {
			t.Errorf("%s: %q do not begin with %q", c.line, words, prefix)
		}
	}
}

// Tab goes on as far as the candidates agree, closes the quotation of a path, and lists what there is to choose from.
func TestTab(t *testing.T) {
	dir := t.TempDir() + "/"
	os.Mkdir(filepath.Join(dir, "deep"), 0o700)
	for _, name := range []string{"data.parquet", "dété.parquet", "dété 2.parquet", "漢字1", "漢字2"} {
		os.WriteFile(filepath.Join(dir, name), nil, 0o600)
	}
	session, err := kiln.Open(kiln.NewConfig().WithoutDefaults())
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if err := session.SQL("CREATE TEMP VIEW people AS SELECT 1 AS person_id, 'x' AS full_name, 'y' AS full_title").Err(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ line, more, listed string }{ // | is the cursor
		{"SEL|", "ECT", ""},
		{"select full_n| from people", "ame", ""},
		{"select full_| from people", "", "full_name full_title"},
		{"select p.| from people p", "", "p.full_name p.full_title p.person_id"},
		{"select nosuch| from people", "", ""},
		{"select * from '" + dir + "da|", "ta.parquet'", ""},
		{"select * from '" + dir + "da|'", "ta.parquet", ""},
		{"select * from parquet.`" + dir + "da|", "ta.parquet`", ""},
		{"select * from '" + dir + "de|", "ep/", ""},
		{"select * from '" + dir + "dé|", "té", ""},
		{"select * from '" + dir + "dété|", "", dir + "dété 2.parquet " + dir + "dété.parquet"},
		{"select * from '" + dir + "漢|", "字", ""},
		{"\\i " + dir + "da|", "ta.parquet", ""},
		{"\\d '" + dir + "da|", "ta.parquet'", ""},
	} {
		listed := ""
		completer := &completer{session: session, pending: func() string { return "" }, list: func(words []string) { listed = strings.Join(words, " ") }}
		before, after, _ := strings.Cut(c.line, "|")
		ends, _ := completer.Do([]rune(before+after), len([]rune(before)))
		more := ""
		if len(ends) > 0 {
			more = string(ends[0])
		}
		if len(ends) > 1 || more != c.more || listed != c.listed {
			t.Errorf("%s: goes on with %q, lists %q; want %q and %q", c.line, ends, listed, c.more, c.listed)
		}
	}
}

func TestColumns(t *testing.T) {
	for _, c := range []struct {
		words         []string
		width, height int
		want          string
	}{
		{[]string{"a", "b", "c", "d", "e"}, 8, 9, "a  c  e\nb  d\n"},
		{[]string{"a", "b", "c", "d", "e"}, 1, 9, "a\nb\nc\nd\ne\n"},
		{[]string{"a", "b", "c", "d", "e", "f", "g"}, 5, 3, "a  c\nb  d\n… a…\n"},
		{[]string{"a", "b", "c", "d", "e", "f", "g"}, 20, 2, "a  b  c  d  e  f  g\n"},
		{[]string{"漢字", "x"}, 11, 9, "漢字  x\n"},
		{[]string{"x/y/one", "x/y/two/"}, 80, 9, "one   two/\n"},
		{[]string{"p.one", "p.two"}, 80, 9, "one  two\n"},
		{[]string{"a_long_name", "another"}, 6, 9, "a_lo…\nanot…\n"},
	} {
		if got := columns(c.words, c.width, c.height); got != c.want {
			t.Errorf("columns(%q, %d, %d) = %q, want %q", c.words, c.width, c.height, got, c.want)
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
