package sql

import "strings"

// Piece is one statement of a script: its text without the semicolon, and the byte offset at which it starts.
type Piece struct {
	Text  string
	Start int
}

// Split cuts a script at its semicolons, except those inside strings, quoted names and comments, and leaves out
// pieces without a token. Text that ends inside a string or comment is a piece to its end: parsing it gives the error.
func Split(script string) []Piece {
	var pieces []Piece
	l := lexer{text: script}
	start, end := -1, 0
	cut := func() {
		if start >= 0 {
			pieces = append(pieces, Piece{script[start:end], start})
		}
		start = -1
	}
	for {
		before := l.at
		t, err := l.next()
		switch {
		case err != nil:
			if start < 0 {
				start = before
			}
			end = len(script)
			cut()
			return pieces
		case t.kind == tokenEnd:
			cut()
			return pieces
		case t.is(symSemicolon):
			cut()
			continue
		}
		if start < 0 {
			start = int(t.start)
		}
		end = int(t.end)
	}
}

// Complete reports whether an interactive input can be run: it is blank, or its last token is a semicolon and no string,
// quoted name or comment is open.
func Complete(input string) bool {
	l := lexer{text: input}
	complete := true
	for {
		t, err := l.next()
		if err != nil {
			return false
		}
		if t.kind == tokenEnd {
			return complete
		}
		complete = t.is(symSemicolon)
	}
}

// TokenClass says what a Token is, for highlighting and completion.
type TokenClass uint8

// The classes of tokens.
const (
	WordToken       TokenClass = iota // a name that is no keyword
	KeywordToken                      // a word of Spark's grammar, though it may be used as a name
	QuotedNameToken                   // `name`
	StringToken
	NumberToken
	SymbolToken // an operator or punctuation
	CommentToken
	UnfinishedToken // a string, quoted name or comment that the text does not end
)

// Token is a stretch of SQL text, [Start, Stop) in bytes.
type Token struct {
	Class       TokenClass
	Start, Stop int
}

// Tokens returns the tokens of text, comments included, in order. It never fails.
func Tokens(text string) []Token {
	var tokens []Token
	l := lexer{text: text}
	for {
		before := l.at
		t, err := l.next()
		end := int(t.start)
		if err != nil {
			end = int(err.Span.Start)
		}
		tokens = appendComments(tokens, text, before, end)
		if err != nil {
			return append(tokens, Token{UnfinishedToken, end, len(text)})
		}
		if t.kind == tokenEnd {
			return tokens
		}
		class := WordToken
		switch {
		case t.kind == tokenWord && t.keyword != notKeyword:
			class = KeywordToken
		case t.kind == tokenQuoted:
			class = QuotedNameToken
		case t.kind == tokenString:
			class = StringToken
		case t.kind == tokenNumber:
			class = NumberToken
		case t.kind == tokenSymbol:
			class = SymbolToken
		}
		tokens = append(tokens, Token{class, int(t.start), int(t.end)})
	}
}

// appendComments adds what stands between two tokens, if it is more than white space.
func appendComments(tokens []Token, text string, from, to int) []Token {
	between := text[from:to]
	trimmed := strings.TrimSpace(between)
	if trimmed == "" {
		return tokens
	}
	start := from + strings.Index(between, trimmed)
	return append(tokens, Token{CommentToken, start, start + len(trimmed)})
}
