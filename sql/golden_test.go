package sql

import (
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestGolden shows, for each construct, Spark's text, the MySQL text that stands for it, and the decoded tree.
// Run with -rewrite to write what the code does now.
func TestGolden(t *testing.T) {
	datadriven.Walk(t, "testdata/golden", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var b strings.Builder
			options := Options{DoubleQuotedIdentifiers: d.HasArg("double-quoted-identifiers")}
			r, e := newRewriter(d.Input, options)
			if e != nil {
				e.SQL = d.Input
				return e.Error() + "\n"
			}
			r.trace = func(text string) {
				if d.HasArg("mysql") {
					b.WriteString(strings.TrimSpace(readable(text)) + "\n--\n")
				}
			}
			tree, err := goldenTree(r, d)
			if err != nil {
				return err.Error() + "\n"
			}
			return b.String() + tree
		})
	})
}

// readable shows the control characters of the rewritten text.
func readable(s string) string {
	return strings.NewReplacer(partSeparator, "␟", aliasSeparator, "␞", escapeMark, "␐").Replace(s)
}

func goldenTree(r *rewriter, d *datadriven.TestData) (tree string, err error) {
	defer finish(&err, d.Input)
	switch d.Cmd {
	case "expr":
		at := len(r.out)
		_ = at
		x := r.parseExpression()
		r.end()
		return dump(x), nil
	case "query":
		q := r.parseQuery()
		r.end()
		return dump(q), nil
	case "statement", "error":
		s := r.parseStatement()
		if s.Command != nil {
			return dump(s.Command), nil
		}
		return dump(s.Query), nil
	}
	d.Fatalf(nil, "unknown command %s", d.Cmd)
	return "", nil
}
