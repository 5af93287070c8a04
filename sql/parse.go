// Package sql reads Spark SQL: text in, unresolved trees of package ast out.
//
// A lexer cuts the text into tokens. A rewriter walks Spark's grammar over them and spells the query in MySQL,
// every name quoted with its place in the source, every construct that MySQL lacks as a call whose name no user
// can write (a marker). vitess parses that text, once per query, and a decoder turns its tree into kiln's.
// Commands such as EXPLAIN and SHOW have a small parser of their own.
//
// To add a construct: write it in the rewriter (rewrite_*.go), decode its marker (decode_*.go), and add a case to
// testdata, which shows the three forms side by side. Nothing of the text may reach vitess except through the rewriter:
// vitess alone misreads Spark SQL silently, as `a || b` (OR) and `t FULL JOIN u` (an alias) show.
package sql

import (
	"errors"

	"vitess.io/vitess/go/vt/sqlparser"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
)

// Options are the settings that change how text is read. The zero value is Spark's default.
type Options struct {
	// DoubleQuotedIdentifiers makes "x" a name and not a string (spark.sql.ansi.doubleQuotedIdentifiers).
	DoubleQuotedIdentifiers bool
}

// ParseStatement reads one statement, a query or a command; a semicolon may end it.
// An error is a *diag.Error that carries text, or a *diag.Bug.
func ParseStatement(text string) (*ast.Statement, error) { return Options{}.ParseStatement(text) }

// ParseQuery reads one query. It fails for commands.
func ParseQuery(text string) (ast.Query, error) { return Options{}.ParseQuery(text) }

// ParseExpr reads one expression, as in a SELECT list: an alias may follow it.
func ParseExpr(text string) (ast.Expr, error) { return Options{}.ParseExpr(text) }

// ParseStatement is the function ParseStatement under o.
func (o Options) ParseStatement(text string) (s *ast.Statement, err error) {
	defer finish(&err, text)
	r, e := newRewriter(text, o)
	if e != nil {
		return nil, e
	}
	return r.parseStatement(), nil
}

// ParseQuery is the function ParseQuery under o.
func (o Options) ParseQuery(text string) (q ast.Query, err error) {
	defer finish(&err, text)
	r, e := newRewriter(text, o)
	if e != nil {
		return nil, e
	}
	q = r.parseQuery()
	r.end()
	return q, nil
}

// ParseExpr is the function ParseExpr under o.
func (o Options) ParseExpr(text string) (x ast.Expr, err error) {
	defer finish(&err, text)
	r, e := newRewriter(text, o)
	if e != nil {
		return nil, e
	}
	r.put("select")
	r.selectItem()
	if r.tok().kind != tokenEnd {
		r.fail()
	}
	s := r.vitess(0).(*sqlparser.Select)
	x, _ = r.decoder().selectItem(s.SelectExprs.Exprs[0])
	return x, nil
}

// finish turns a panic into an error and gives a user error its text.
func finish(err *error, text string) {
	if p := recover(); p != nil {
		func() {
			defer diag.Recover(err)
			panic(p)
		}()
	}
	if *err == nil {
		return
	}
	var e *diag.Error
	if errors.As(*err, &e) && e.SQL == "" {
		e.SQL = text
	}
}

// parseQuery reads the query at the current token.
func (r *rewriter) parseQuery() ast.Query {
	at := len(r.out)
	r.query()
	s, ok := r.vitess(at).(sqlparser.TableStatement)
	if !ok {
		panic(bug("a statement that is no query"))
	}
	return r.decoder().query(s)
}

// parseExpression reads the expression at the current token.
func (r *rewriter) parseExpression() ast.Expr {
	at := len(r.out)
	r.put("select")
	r.expr()
	s := r.vitess(at).(*sqlparser.Select)
	return r.decoder().expr(s.SelectExprs.Exprs[0].(*sqlparser.AliasedExpr).Expr)
}

// vitess parses what was written since at, and forgets it.
func (r *rewriter) vitess(at int) sqlparser.Statement {
	text := r.render(r.out[at:])
	r.out = r.out[:at]
	if r.trace != nil {
		r.trace(text)
	}
	return parseMySQL(r.source, text)
}

func (r *rewriter) decoder() *decoder {
	return &decoder{source: r.source, parameters: r.parameters}
}

// end accepts semicolons up to the end of the text.
func (r *rewriter) end() {
	semicolon := false
	for r.acceptSymbol(symSemicolon) {
		semicolon = true
	}
	switch {
	case r.tok().kind == tokenEnd:
	case semicolon || r.peek(1).kind == tokenEnd:
		r.failExtra()
	default:
		r.fail()
	}
}
