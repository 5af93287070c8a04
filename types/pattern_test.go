package types

import (
	"os"
	"strings"
	"testing"

	"github.com/kilnql/kiln/diag"
)

// readRows reads a file of tab-separated rows; lines that begin with # are comments.
func readRows(t *testing.T, name string) [][]string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for _, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if !strings.HasPrefix(line, "#") {
			rows = append(rows, strings.Split(line, "\t"))
		}
	}
	return rows
}

func TestPatternParse(t *testing.T) {
	for _, row := range readRows(t, "pattern_parse.txt") {
		p, err := CompileParsePattern(row[0])
		if err != nil {
			t.Errorf("%q: %v", row[0], err)
			continue
		}
		got := "NULL"
		if micros, ok := p.Parse(row[1], UTC); ok {
			got = FormatTimestamp(micros, UTC)
		}
		if got != row[2] {
			t.Errorf("%q as %q: %s, want %s", row[1], row[0], got, row[2])
		}
	}
	p, _ := CompileParsePattern("dd/MM/yyyy HH:mm XXX")
	if days, ok := p.ParseDate("29/02/2020 23:00 -08:00"); !ok || FormatDate(int64(days)) != "2020-02-29" {
		t.Error(FormatDate(int64(days)), ok)
	}
	if local, ok := p.ParseLocal("29/02/2020 23:00 -08:00"); !ok || string(AppendTimestampNTZ(nil, local)) != "2020-02-29 23:00:00" || !p.HasZone() {
		t.Error(local, ok)
	}
}

func TestPatternFormat(t *testing.T) {
	for _, row := range readRows(t, "pattern_format.txt") {
		z := zone(t, row[0])
		micros, ok := ParseTimestamp(row[1], z, 0)
		p, err := CompilePattern(row[2])
		if !ok || err != nil {
			t.Errorf("%q: %v %v", row, ok, err)
			continue
		}
		if got := p.Format(micros, z); got != row[3] {
			t.Errorf("%s in %s as %q: %s, want %s", row[1], row[0], row[2], got, row[3])
		}
	}
}

func TestPatternErrors(t *testing.T) {
	const cross, invalid = "INCONSISTENT_BEHAVIOR_CROSS_VERSION.", "INVALID_DATETIME_PATTERN."
	for _, c := range []struct {
		pattern, condition string
		parsing            bool
	}{
		{"Y", cross + "DATETIME_PATTERN_RECOGNITION", false}, {"e", cross + "DATETIME_WEEK_BASED_PATTERN", false}, {"c", cross + "DATETIME_WEEK_BASED_PATTERN", false},
		{"n", invalid + "ILLEGAL_CHARACTER", false}, {"MMMMM", cross + "DATETIME_PATTERN_RECOGNITION", false}, {"ddd", cross + "DATETIME_PATTERN_RECOGNITION", false},
		{"aa", cross + "DATETIME_PATTERN_RECOGNITION", false}, {"r", invalid + "ILLEGAL_CHARACTER", false}, {"V", invalid + "LENGTH", false}, {"{", cross + "DATETIME_PATTERN_RECOGNITION", false},
		{"E", cross + "DATETIME_PATTERN_RECOGNITION", true}, {"Q", invalid + "ILLEGAL_CHARACTER", true}, {"SSSSSSSSSS", cross + "DATETIME_PATTERN_RECOGNITION", false},
		{"]", cross + "DATETIME_PATTERN_RECOGNITION", false}, {"XXXXXX", invalid + "LENGTH", false}, {"yyyy'", invalid + "ILLEGAL_CHARACTER", false}, {"QQQQQ", invalid + "LENGTH", false},
		{"EV", invalid + "ILLEGAL_CHARACTER", true}, {"DDDD", cross + "DATETIME_PATTERN_RECOGNITION", false}, {"yyyyyyy", cross + "DATETIME_PATTERN_RECOGNITION", false},
	} {
		_, err := compilePattern(c.pattern, c.parsing)
		if diag.ConditionOf(err) != c.condition {
			t.Errorf("%q: %v, want %s", c.pattern, err, c.condition)
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add("yyyy-MM-dd", "2020-01-01")
	f.Add("[yyyy][MM]''G z", "x")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if p, err := CompileParsePattern(pattern); err == nil {
			p.Parse(text, UTC)
			p.ParseDate(text)
		}
		if p, err := CompilePattern(pattern); err == nil {
			p.Format(0, UTC)
		}
		ParseTimestamp(text, UTC, 0)
		ParseDate(text)
		ParseInterval(text)
		ParseDouble(text)
		Parse(text)
	})
}

func BenchmarkPatternFormat(b *testing.B) {
	p, _ := CompilePattern("yyyy-MM-dd HH:mm:ss")
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		buf = p.Append(buf[:0], 1583417229123456, UTC)
	}
}

func BenchmarkPatternParse(b *testing.B) {
	p, _ := CompileParsePattern("yyyy-MM-dd HH:mm:ss")
	b.ReportAllocs()
	for b.Loop() {
		p.Parse("2020-03-05 14:07:09", UTC)
	}
}
