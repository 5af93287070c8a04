package sql

import (
	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
)

// parseStatement reads one whole statement.
func (r *rewriter) parseStatement() *ast.Statement {
	for r.acceptSymbol(symSemicolon) {
	}
	if r.tok().kind == tokenEnd {
		panic(diag.New("PARSE_EMPTY_STATEMENT"))
	}
	s := r.statement()
	r.end()
	s.Text, s.Parameters, s.Named = r.source, len(r.parameters), r.named
	return s
}

// statement reads the statement at the current token.
func (r *rewriter) statement() *ast.Statement {
	return &ast.Statement{Query: r.parseQuery()}
}
