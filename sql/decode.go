package sql

import (
	"fmt"
	"slices"
	"strings"

	"vitess.io/vitess/go/vt/sqlparser"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
)

// decoder turns the tree that vitess built of a rewritten text into kiln's. It is local: every node says by itself
// what it stands for, and whatever the rewriter cannot have written is a bug.
type decoder struct {
	source     string
	parameters []int32 // offsets of '?', ascending
}

// cutRange takes "…s:e" apart at the separator that stands before its positions.
func cutRange(s string, separator byte) (text string, span diag.Span, ok bool) {
	i := strings.LastIndexByte(s, separator)
	if i < 0 {
		return s, diag.Span{}, false
	}
	text, s = s[:i], s[i+1:]
	n := int32(0)
	for j := 0; j < len(s); j++ {
		if s[j] == ':' {
			span.Start, n = n, 0
			continue
		}
		n = n*10 + int32(s[j]-'0')
	}
	span.Stop = n
	return text, span, true
}

var unescapePart = strings.NewReplacer(escapeMark+"0", escapeMark, escapeMark+"1", aliasSeparator, escapeMark+"2", partSeparator)

// splitNames splits a list of names that the rewriter joined.
func splitNames(s, separator string) []string {
	escaped := strings.Contains(s, escapeMark)
	parts := strings.Split(s, separator)
	if escaped {
		for i, p := range parts {
			parts[i] = unescapePart.Replace(p)
		}
	}
	return parts
}

// name decodes an identifier that stands for a name of the user's.
func name(s string) (parts []string, span diag.Span) {
	text, span, ok := cutRange(s, '@')
	if !ok {
		panic(bug("a name without a position: " + s))
	}
	return splitNames(text, partSeparator), span
}

// alias decodes an identifier that stands for an alias with column names.
func alias(s string) (alias string, columns []string, span diag.Span) {
	text, span, ok := cutRange(s, '@')
	if !ok {
		panic(bug("an alias without a position: " + s))
	}
	parts := splitNames(text, aliasSeparator)
	if len(parts) > 1 {
		columns = parts[1:]
	}
	return parts[0], columns, span
}

// marker takes a call apart that stands for a construct of Spark's; ok is false for the user's own calls,
// whose names always hold an '@'.
func marker(f *sqlparser.FuncExpr) (name string, span diag.Span, ok bool) {
	s := f.Name.String()
	if !strings.HasPrefix(s, "k:") || strings.IndexByte(s, '@') >= 0 {
		return s, diag.Span{}, false
	}
	name, span, ok = cutRange(s[len("k:"):], '!')
	return name, span, ok
}

// markerOf is marker for any expression.
func markerOf(e sqlparser.Expr) (name string, span diag.Span, args []sqlparser.Expr, ok bool) {
	if f, is := e.(*sqlparser.FuncExpr); is {
		name, span, ok = marker(f)
		return name, span, f.Exprs, ok
	}
	return "", diag.Span{}, nil, false
}

// word decodes a plain string argument of a marker.
func word(e sqlparser.Expr) string {
	l, ok := e.(*sqlparser.Literal)
	if !ok || l.Type != sqlparser.StrVal {
		panic(bug(fmt.Sprintf("a %T where a marker has a string", e)))
	}
	return l.Val
}

func bug(what string) *diag.Bug { return &diag.Bug{Value: "sql: cannot decode " + what} }

func unknown(node any) *diag.Bug { return bug(fmt.Sprintf("a %T", node)) }

// parameter decodes ? and :name.
func (d *decoder) parameter(args []sqlparser.Expr, span diag.Span) *ast.Parameter {
	p := &ast.Parameter{}
	p.Span = span
	if len(args) > 0 {
		p.Name = word(args[0])
		return p
	}
	p.Index, _ = slices.BinarySearch(d.parameters, span.Start)
	return p
}
