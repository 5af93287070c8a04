package sql

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kilnql/kiln/diag"
)

// tokenKind is the family of a token.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenQuoted // `identifier`
	tokenString // '…', "…", r'…', $$…$$
	tokenNumber
	tokenSymbol
)

// symbol is the identity of an operator or a punctuation mark. The zero symbol is no symbol.
type symbol uint8

const (
	noSymbol symbol = iota
	symNullSafe
	symUnsignedShift
	symDoubleColon
	symAssign
	symArrow
	symFatArrow
	symDoubleEqual
	symUnequal
	symBangEqual
	symLessEqual
	symGreaterEqual
	symNotLess
	symNotGreater
	symShiftLeft
	symShiftRight
	symConcat
	symPipe
	symHintStart
	symHintEnd
	symPlus
	symMinus
	symStar
	symSlash
	symPercent
	symTilde
	symAmpersand
	symBar
	symCaret
	symBang
	symEqual
	symLess
	symGreater
	symOpen
	symClose
	symComma
	symDot
	symSemicolon
	symOpenBracket
	symCloseBracket
	symQuestion
	symColon
	symOpenBrace
	symCloseBrace
	symOther // a character that Spark's grammar has no use for; the parser reports it where it stands
)

// longSymbols are tried in order, so a symbol stands before its prefixes.
var longSymbols = []struct {
	text string
	symbol
}{
	{"<=>", symNullSafe}, {">>>", symUnsignedShift}, {"::", symDoubleColon}, {":=", symAssign}, {"->", symArrow}, {"=>", symFatArrow},
	{"==", symDoubleEqual}, {"<>", symUnequal}, {"!=", symBangEqual}, {"<=", symLessEqual}, {">=", symGreaterEqual}, {"!<", symNotLess},
	{"!>", symNotGreater}, {"<<", symShiftLeft}, {">>", symShiftRight}, {"||", symConcat}, {"|>", symPipe},
}

// shortSymbols maps one-byte symbols, longStart the first bytes of longSymbols.
var shortSymbols, longStart = func() (short [256]symbol, long [256]bool) {
	for i, c := range []byte("+-*/%~&|^!=<>(),.;[]?:{}") {
		short[c] = symPlus + symbol(i)
	}
	for _, s := range longSymbols {
		long[s.text[0]] = true
	}
	return short, long
}()

// token is one token. It holds no text: start and end refer to the source.
type token struct {
	start, end int32
	keyword    keyword // of a tokenWord
	kind       tokenKind
	symbol     symbol // of a tokenSymbol
}

func (t *token) span() diag.Span { return diag.Span{Start: t.start, Stop: t.end} }
func (t *token) isName() bool    { return t.kind == tokenWord || t.kind == tokenQuoted }

// lexer cuts Spark SQL text into tokens. Comments and white space vanish.
type lexer struct {
	text string
	at   int
	// doubleQuoted makes "x" an identifier and not a string.
	doubleQuoted bool
	inHint       bool
}

// maxText keeps byte offsets within 32 bits.
const maxText = 1<<31 - 16

// tokenize returns the tokens of text, a tokenEnd last.
func tokenize(text string, options Options) ([]token, *diag.Error) {
	if len(text) > maxText {
		return nil, diag.New("FAILED_TO_PARSE_TOO_COMPLEX")
	}
	l := lexer{text: text, doubleQuoted: options.DoubleQuotedIdentifiers}
	tokens := make([]token, 0, len(text)/4+8)
	for {
		t, err := l.next()
		if err != nil {
			return tokens, err
		}
		tokens = append(tokens, t)
		if t.kind == tokenEnd {
			return tokens, nil
		}
	}
}

// next returns the next token, or an error for a string, name or comment that never ends.
func (l *lexer) next() (token, *diag.Error) {
	if err := l.skipBlank(); err != nil {
		return token{}, err
	}
	start := l.at
	done := func(k tokenKind) (token, *diag.Error) {
		return token{start: int32(start), end: int32(l.at), kind: k}, nil
	}
	if start >= len(l.text) {
		return done(tokenEnd)
	}
	c := l.text[start]
	switch {
	case c == '\'' || c == '"':
		return l.quoted(start, start, false)
	case (c == 'r' || c == 'R') && start+1 < len(l.text) && (l.text[start+1] == '\'' || l.text[start+1] == '"'):
		return l.quoted(start, start+1, true)
	case c == '`':
		if !l.toQuote('`') {
			return token{}, l.unclosed(start)
		}
		return done(tokenQuoted)
	case c == '$':
		if n := dollarTag(l.text[start:]); n > 0 {
			tag := l.text[start : start+n]
			end := strings.Index(l.text[start+n:], tag)
			if end < 0 {
				return token{}, l.unclosed(start)
			}
			l.at = start + end + 2*n
			return done(tokenString)
		}
	case isDigit(c), c == '.' && start+1 < len(l.text) && isDigit(l.text[start+1]):
		if n := numberLength(l.text[start:]); n > 0 {
			l.at += n
			return done(tokenNumber)
		}
	}
	if n := wordLength(l.text[start:]); n > 0 {
		l.at += n
		t, _ := done(tokenWord)
		t.keyword = lookupKeyword(l.text[start:l.at])
		return t, nil
	}
	return l.punctuation(start), nil
}

// quoted reads a string literal whose opening quote stands at quote.
func (l *lexer) quoted(start, quote int, raw bool) (token, *diag.Error) {
	q := l.text[quote]
	kind := tokenString
	if q == '"' && !raw && l.doubleQuoted {
		kind = tokenQuoted
	}
	l.at = quote
	ok := false
	if raw {
		if end := strings.IndexByte(l.text[quote+1:], q); end >= 0 {
			l.at, ok = quote+end+2, true
		}
	} else {
		ok = l.toQuote(q)
	}
	if !ok {
		return token{}, l.unclosed(start)
	}
	return token{start: int32(start), end: int32(l.at), kind: kind}, nil
}

// toQuote moves from an opening quote past the closing one. A backslash and what follows it are content, except in a
// `name`; a doubled quote is content in a name only: in a string it ends one literal and begins the next.
func (l *lexer) toQuote(q byte) bool {
	name := q == '`' || q == '"' && l.doubleQuoted
	for l.at++; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; {
		case c == '\\' && q != '`':
			l.at++
		case c == q:
			l.at++
			if !name || l.at >= len(l.text) || l.text[l.at] != q {
				return true
			}
		}
	}
	l.at = len(l.text)
	return false
}

// unclosed is the error for a quote without its partner: Spark's grammar has no token for it, so it is reported
// as the character that begins no token.
func (l *lexer) unclosed(start int) *diag.Error {
	return syntaxError("'"+l.text[start:start+1]+"'", "", diag.Span{Start: int32(start), Stop: int32(start) + 1})
}

func (l *lexer) punctuation(start int) token {
	t := token{start: int32(start), kind: tokenSymbol}
	rest := l.text[start:]
	n := 0
	switch {
	case strings.HasPrefix(rest, "/*"): // skipBlank leaves only hints
		t.symbol, n, l.inHint = symHintStart, 3, true
	case l.inHint && strings.HasPrefix(rest, "*/"):
		t.symbol, n, l.inHint = symHintEnd, 2, false
	case longStart[rest[0]]:
		for _, s := range longSymbols {
			if strings.HasPrefix(rest, s.text) {
				t.symbol, n = s.symbol, len(s.text)
				break
			}
		}
	}
	if n == 0 {
		if t.symbol, n = shortSymbols[rest[0]], 1; t.symbol == noSymbol {
			t.symbol = symOther
			_, n = utf8.DecodeRuneInString(rest)
		}
	}
	l.at += n
	t.end = int32(l.at)
	return t
}

// skipBlank skips white space and comments. A bracketed comment nests; one that begins with + is a hint and stays.
func (l *lexer) skipBlank() *diag.Error {
	for l.at < len(l.text) {
		switch c := l.text[l.at]; {
		case c == ' ' || c >= '\t' && c <= '\r':
			l.at++
		case c == '-' && strings.HasPrefix(l.text[l.at:], "--"):
			l.skipLine()
		case c == '/' && strings.HasPrefix(l.text[l.at:], "/*") && !strings.HasPrefix(l.text[l.at:], "/*+"):
			if err := l.skipBracketed(); err != nil {
				return err
			}
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(l.text[l.at:])
			if !unicode.IsSpace(r) && r != 0xfeff {
				return nil
			}
			l.at += n
		default:
			return nil
		}
	}
	return nil
}

// skipLine skips a -- comment; a backslash at the end of the line continues it.
func (l *lexer) skipLine() {
	for l.at < len(l.text) && l.text[l.at] != '\n' {
		if l.text[l.at] == '\\' && l.at+1 < len(l.text) && l.text[l.at+1] == '\n' {
			l.at++
		}
		l.at++
	}
}

func (l *lexer) skipBracketed() *diag.Error {
	start, depth := l.at, 0
	for l.at < len(l.text) {
		switch rest := l.text[l.at:]; {
		case strings.HasPrefix(rest, "/*"):
			depth++
			l.at += 2
		case strings.HasPrefix(rest, "*/"):
			l.at += 2
			if depth--; depth == 0 {
				return nil
			}
		default:
			l.at++
		}
	}
	return diag.New("UNCLOSED_BRACKETED_COMMENT").At(diag.Span{Start: int32(start), Stop: int32(start) + 2})
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWordByte(c byte) bool {
	return c == '_' || isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// wordLength is the length of the identifier that s begins with, or 0. Digits may come first.
func wordLength(s string) int {
	i := 0
	for i < len(s) {
		if isWordByte(s[i]) {
			i++
			continue
		}
		if s[i] < utf8.RuneSelf {
			break
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) {
			break
		}
		i += n
	}
	return i
}

// numberLength is the length of the numeric literal that s begins with, suffix included; 0 if s begins with
// an identifier such as 1abc instead.
func numberLength(s string) int {
	i := skipDigits(s, 0)
	whole := i
	if i < len(s) && s[i] == '.' {
		i = skipDigits(s, i+1)
	}
	mantissa := i
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if k := skipDigits(s, j); k > j {
			i = k
		}
	}
	if i < len(s) {
		switch s[i] | 0x20 {
		case 'b':
			if i+1 < len(s) && s[i+1]|0x20 == 'd' {
				i += 2
			}
		case 'd', 'f':
			i++
		case 'l', 's', 'y':
			if i == whole {
				i++
			}
		}
	}
	if i < len(s) && wordLength(s[i:]) > 0 {
		// 1abc is a name; in 1.abc the dot belongs to no number either, so the digits before it stand alone.
		if mantissa > whole && whole > 0 {
			return whole
		}
		return 0
	}
	return i
}

func skipDigits(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// dollarTag is the length of a $tag$ that s begins with, or 0.
func dollarTag(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] == '$' {
			return i + 1
		}
		if !isWordByte(s[i]) {
			return 0
		}
	}
	return 0
}
