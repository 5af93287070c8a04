package sql

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
)

func queryFiles(t testing.TB, pattern string) map[string]string {
	t.Helper()
	files, _ := filepath.Glob(pattern)
	texts := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		texts[f] = string(b)
	}
	return texts
}

func TestTPCH(t *testing.T) {
	texts := queryFiles(t, "../testdata/tpch/queries/*.sql")
	if len(texts) != 22 {
		t.Errorf("%d TPC-H queries", len(texts))
	}
	for f, text := range texts {
		if _, err := ParseStatement(text); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestTPCDS(t *testing.T) {
	texts := queryFiles(t, "../.cache/spark-tests/tpcds/*.sql")
	if len(texts) == 0 {
		t.Skip("the TPC-DS queries are not in .cache/spark-tests: run scripts/fetch-spark-tests.sh")
	}
	if len(texts) < 99 {
		t.Errorf("%d TPC-DS queries", len(texts))
	}
	for f, text := range texts {
		if _, err := ParseQuery(text); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestParseExpr(t *testing.T) {
	x, err := ParseExpr("a + 1 AS b")
	if err != nil {
		t.Fatal(err)
	}
	if a, is := x.(*ast.Alias); !is || a.Names[0] != "b" || a.Span != (diag.Span{Start: 0, Stop: 10}) {
		t.Errorf("got %s", dump(x))
	}
	if x, err = ParseExpr("*"); err != nil || dump(x) != "Star@0-1\n" {
		t.Errorf("got %v, %v", x, err)
	}
	for _, text := range []string{"", "a,", "a; b", "a b c", "a, b", "select 1"} {
		if _, err := ParseExpr(text); diag.ConditionOf(err) != "PARSE_SYNTAX_ERROR" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestParseQueryRefusesCommands(t *testing.T) {
	if _, err := ParseQuery("show tables"); diag.ConditionOf(err) != "PARSE_SYNTAX_ERROR" {
		t.Error(err)
	}
}

func TestStatementParameters(t *testing.T) {
	s, err := ParseStatement("select ?, :b from t where :a = ? and :b limit ?")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Parameters) != 3 || strings.Join(s.Named, " ") != "b a" {
		t.Errorf("%v, %v", s.Parameters, s.Named)
	}
}

// TestDepth: what nests too deep is an error, long chains are none.
func TestDepth(t *testing.T) {
	nest := func(open, inner, shut string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(shut, n)
	}
	deep := []string{
		nest("(", "1", ")", 5000), nest("- ", "a", "", 5000), nest("not ", "a", "", 5000), nest("f(", "1", ")", 5000), nest("(select ", "1", ")", 5000),
		nest("case when ", "a", " then 1 end", 5000), nest("x -> ", "a", "", 5000), nest("a[", "1", "]", 5000),
	}
	for _, text := range deep {
		if _, err := ParseStatement("select " + text); diag.ConditionOf(err) != "FAILED_TO_PARSE_TOO_COMPLEX" {
			t.Errorf("%.30s…: %.200v", text, err)
		}
	}
	if _, err := ParseStatement("select 1 from " + nest("(", "t", ")", 5000)); diag.ConditionOf(err) != "FAILED_TO_PARSE_TOO_COMPLEX" {
		t.Errorf("%.200v", err)
	}
	long := []string{
		nest("(", "1", ")", 500), nest("a and ", "a", "", 20_000), nest("a || ", "a", "", 20_000), nest("a + ", "1", "", 20_000),
		nest("", "1", " union all select 1", 3000), "a in (" + nest("1, ", "1", "", 50_000) + ")", "1 from a" + nest("", "", " join b on x", 3000),
		nest("", "a", ".b", 3000), nest("", "a", "::int", 1000), nest("((select 1) + ", "1", ")", 400),
	}
	for _, text := range long {
		if _, err := ParseStatement("select " + text); err != nil {
			t.Errorf("%.30s…: %.200v", text, err)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	var g sync.WaitGroup
	for range 8 {
		g.Go(func() {
			for f, text := range queryFiles(t, "../testdata/tpch/queries/*.sql") {
				if _, err := ParseStatement(text); err != nil {
					t.Errorf("%s: %v", f, err)
				}
			}
		})
	}
	g.Wait()
}

func BenchmarkParseTPCH(b *testing.B) {
	texts := queryFiles(b, "../testdata/tpch/queries/*.sql")
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range texts {
			if _, err := ParseStatement(text); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(texts)), "µs/query")
}

// BenchmarkRewriteTPCH is the part of parsing before vitess.
func BenchmarkRewriteTPCH(b *testing.B) {
	texts := queryFiles(b, "../testdata/tpch/queries/*.sql")
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range texts {
			r, err := newRewriter(text, Options{})
			if err != nil {
				b.Fatal(err)
			}
			r.query()
			r.render(r.out)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(texts)), "µs/query")
}

func BenchmarkParseInList(b *testing.B) {
	text := "select a in (" + strings.Repeat("123456, ", 100_000) + "1)"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseStatement(text); err != nil {
			b.Fatal(err)
		}
	}
}
