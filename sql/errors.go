package sql

import (
	"strings"

	"github.com/kilnql/kiln/diag"
)

// syntaxError is Spark's PARSE_SYNTAX_ERROR. near is quoted as Spark does, hint is "" or begins with ": ".
func syntaxError(near, hint string, at diag.Span) *diag.Error {
	return diag.New("PARSE_SYNTAX_ERROR", "error", near, "hint", hint).At(at)
}

var blankEscapes = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`)

// tokenDisplay is how Spark's messages quote a token.
func tokenDisplay(source string, t *token) string {
	if t.kind == tokenEnd {
		return "end of input"
	}
	return "'" + blankEscapes.Replace(source[t.start:t.end]) + "'"
}

// failAt stops the rewriting with a syntax error at token i.
func (r *rewriter) failAt(i int, hint string) {
	t := &r.tokens[i]
	panic(syntaxError(tokenDisplay(r.source, t), hint, t.span()))
}

// fail stops the rewriting with a syntax error at the current token.
func (r *rewriter) fail() { r.failAt(r.p, "") }

// failExpected is fail where one certain token was expected. As Spark does, it says so if leaving out the current
// token would help.
func (r *rewriter) failExpected(isExpected func(*token) bool) {
	if r.tok().kind != tokenEnd && isExpected(r.peek(1)) {
		r.failExtra()
	}
	r.fail()
}

// failExtra is fail at a token that is one too many.
func (r *rewriter) failExtra() { r.failAt(r.p, ": extra input "+tokenDisplay(r.source, r.tok())) }

// unsupported stops with the one error for what kiln reads but does not do; from is the first token of the construct.
func (r *rewriter) unsupported(what string, from int) {
	last := max(from, r.p-1)
	panic(diag.Unsupported(what).At(diag.Span{Start: r.tokens[from].start, Stop: r.tokens[last].end}))
}

// invalidEscape is the error for an ESCAPE that is not one character.
func invalidEscape(s string, t *token) *diag.Error {
	return diag.New("INVALID_ESC", "invalidEscape", s).At(t.span())
}
