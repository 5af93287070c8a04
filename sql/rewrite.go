package sql

import (
	"strconv"
	"strings"

	"github.com/kilnql/kiln/diag"
)

// The control characters inside the identifiers that the rewriter writes. A user's text that holds one is escaped.
const (
	partSeparator  = "\x1f" // between the parts of a name: a.b
	aliasSeparator = "\x1e" // between a table alias and its column names
	escapeMark     = "\x10"
	pathMark       = escapeMark + "3" // before the path of a file that stands for a table; no escaped text holds it
)

// pieceKind says how a piece is rendered; s:e stands for its source positions.
type pieceKind uint8

const (
	pieceText   pieceKind = iota // text
	pieceName                    // `text@s:e`
	pieceCall                    // `text@s:e`(
	pieceMarker                  // `k:text!s:e`(
	pieceNumber                  // 'ns:e:text'
	pieceString                  // 'ss:e:text', escaped
	pieceWord                    // 'text', escaped: an argument of a marker
	pieceNull                    // 'zs:e:'
	pieceTrue                    // 'ts:e:'
	pieceFalse                   // 'fs:e:'
)

// piece is a part of the text that is being written.
type piece struct {
	text        string
	start, stop int32
	wrap        int32 // 1 + index of the last wrap opened before it; 0: none
	kind        pieceKind
}

// wrap is something opened before a piece that had been written already: the left operand of an operator.
type wrap struct {
	text        string
	start, stop int32
	next        int32 // the wrap opened at the same place before this one
	kind        pieceKind
}

// rewriter spells one Spark SQL query or expression in MySQL. It walks Spark's grammar by recursive descent, but
// builds no tree: it appends pieces of text, whose parse by vitess is the tree.
type rewriter struct {
	source  string
	tokens  []token
	p       int // the current token
	out     []piece
	wraps   []wrap
	partner []int32 // for each '(' token the index of its ')', made on first use
	depth   int
	cases   int // how many CASE … END surround the current token
	// parameters are the offsets of '?', named lists :names in order of first use.
	parameters []int32
	named      []string
	namedAt    []diag.Span
	options    Options
	trace      func(mysql string) // tests look at the rewritten texts
}

// maxDepth limits the nesting of expressions and queries.
const maxDepth = 2000

func newRewriter(text string, options Options) (*rewriter, *diag.Error) {
	tokens, err := tokenize(text, options)
	if err != nil {
		return nil, err
	}
	return &rewriter{source: text, tokens: tokens, options: options}, nil
}

// enter counts a level of nesting; leave it with r.depth--.
func (r *rewriter) enter() {
	if r.depth++; r.depth > maxDepth {
		panic(diag.New("FAILED_TO_PARSE_TOO_COMPLEX").At(r.tok().span()))
	}
}

// ---- tokens

func (r *rewriter) tok() *token { return &r.tokens[r.p] }

func (r *rewriter) peek(n int) *token { return &r.tokens[min(r.p+n, len(r.tokens)-1)] }

// lastEnd is the source offset behind the last token consumed.
func (r *rewriter) lastEnd() int32 {
	if r.p == 0 {
		return 0
	}
	return r.tokens[r.p-1].end
}

func (t *token) is(s symbol) bool { return t.symbol == s && t.kind == tokenSymbol }

// word reports whether t is one of the keywords, unquoted.
func (t *token) word(k keyword) bool { return t.kind == tokenWord && t.keyword == k }

func (t *token) oneOf(s *keywordSet) bool { return t.kind == tokenWord && s.has(t.keyword) }

func (r *rewriter) isSymbol(s symbol) bool { return r.tok().is(s) }

// isWords reports whether the next tokens are these keywords.
func (r *rewriter) isWords(words ...keyword) bool {
	for i, w := range words {
		if !r.peek(i).word(w) {
			return false
		}
	}
	return true
}

func (r *rewriter) acceptSymbol(s symbol) bool {
	if r.isSymbol(s) {
		r.p++
		return true
	}
	return false
}

func (r *rewriter) acceptWords(words ...keyword) bool {
	if r.isWords(words...) {
		r.p += len(words)
		return true
	}
	return false
}

func (r *rewriter) expectSymbol(s symbol) {
	if !r.acceptSymbol(s) {
		r.failExpected(func(t *token) bool { return t.is(s) })
	}
}

func (r *rewriter) expectWord(w keyword) {
	if !r.acceptWords(w) {
		r.failExpected(func(t *token) bool { return t.word(w) })
	}
}

var namedKeywordText = strings.Fields(namedKeywords)

// closing returns the index of the token after the ')' that closes the '(' at token i.
func (r *rewriter) closing(i int) int {
	if r.partner == nil {
		r.partner = make([]int32, len(r.tokens))
		var open []int32
		for i := range r.tokens {
			switch t := &r.tokens[i]; {
			case t.is(symOpen):
				open = append(open, int32(i))
				r.partner[i] = int32(len(r.tokens) - 1)
			case t.is(symClose) && len(open) > 0:
				r.partner[open[len(open)-1]] = int32(i)
				open = open[:len(open)-1]
			}
		}
	}
	return min(int(r.partner[i])+1, len(r.tokens)-1)
}

// ---- writing

// put writes text that is nothing of the user's.
func (r *rewriter) put(text string) { r.out = append(r.out, piece{text: text}) }

// open writes the start of a marker at the current token; seal it when its source has been read.
func (r *rewriter) open(marker string) int { return r.add(pieceMarker, marker, r.tok().start, 0) }

// add writes a piece and returns its index.
func (r *rewriter) add(kind pieceKind, text string, start, stop int32) int {
	r.out = append(r.out, piece{text: text, kind: kind, start: start, stop: stop})
	return len(r.out) - 1
}

// seal ends the source range of a piece at the last token and writes its ')'.
func (r *rewriter) seal(i int) {
	r.out[i].stop = r.lastEnd()
	r.put(")")
}

// wrap opens a marker before everything written since at, whose source starts at from; sealWrap it.
func (r *rewriter) wrap(at int, marker string, from int32) int {
	return r.addWrap(at, wrap{text: marker, kind: pieceMarker, start: from})
}

// wrapText writes text before everything written since at.
func (r *rewriter) wrapText(at int, text string) { r.addWrap(at, wrap{text: text}) }

func (r *rewriter) addWrap(at int, w wrap) int {
	w.next = r.out[at].wrap
	r.wraps = append(r.wraps, w)
	r.out[at].wrap = int32(len(r.wraps))
	return len(r.wraps) - 1
}

func (r *rewriter) sealWrap(w int) {
	r.wraps[w].stop = r.lastEnd()
	r.put(")")
}

// cut takes away what was written since at.
func (r *rewriter) cut(at int) []piece {
	c := append([]piece(nil), r.out[at:]...)
	r.out = r.out[:at]
	return c
}

// moveBefore moves what was written since from in front of what was written since at.
func (r *rewriter) moveBefore(at, from int) {
	tail := r.cut(from)
	r.out = append(r.out, tail...)
	copy(r.out[at+len(tail):], r.out[at:from])
	copy(r.out[at:], tail)
}

var escapePart = strings.NewReplacer(escapeMark, escapeMark+"0", aliasSeparator, escapeMark+"1", partSeparator, escapeMark+"2")

// part reads one part of a name.
func (r *rewriter) part() string {
	t := r.tok()
	if !t.isName() {
		r.fail()
	}
	if t.word(kwIdentifier) && r.peek(1).is(symOpen) && !r.peek(2).is(symClose) {
		r.unsupported("the IDENTIFIER clause", r.p)
	}
	r.p++
	s := nameText(r.source, t)
	if strings.ContainsAny(s, escapeMark+aliasSeparator+partSeparator) {
		s = escapePart.Replace(s)
	}
	return s
}

// aliasPart reads a name that may, as an alias, also be written as a "string" (never as a 'string').
func (r *rewriter) aliasPart() string {
	if t := r.tok(); t.kind == tokenString && r.source[t.start] == '"' {
		r.p++
		return escapePart.Replace(stringText(r.source, t))
	}
	return r.part()
}

// nameParts reads a.b.c and returns its parts joined by partSeparator.
func (r *rewriter) nameParts() string {
	s := r.part()
	for r.isSymbol(symDot) && r.peek(1).isName() {
		r.p++
		s += partSeparator + r.part()
	}
	return s
}

// name reads a.b.c and writes it as one identifier.
func (r *rewriter) name() {
	start := r.tok().start
	s := r.nameParts()
	r.add(pieceName, s, start, r.lastEnd())
}

// ---- rendering

// render returns the MySQL text of pieces.
func (r *rewriter) render(pieces []piece) string {
	n := 0
	for i := range pieces {
		n += len(pieces[i].text) + 20
	}
	b := make([]byte, 0, n+n/8)
	for i := range pieces {
		p := &pieces[i]
		for w := p.wrap; w != 0; w = r.wraps[w-1].next {
			o := &r.wraps[w-1]
			b = appendPiece(b, o.kind, o.text, o.start, o.stop)
		}
		b = appendPiece(b, p.kind, p.text, p.start, p.stop)
		b = append(b, ' ')
	}
	return string(b)
}

// literalTags are the first characters of the strings that stand for literals.
var literalTags = [...]byte{pieceNumber: 'n', pieceString: 's', pieceNull: 'z', pieceTrue: 't', pieceFalse: 'f'}

func appendPiece(b []byte, kind pieceKind, text string, start, stop int32) []byte {
	switch kind {
	case pieceText:
		return append(b, text...)
	case pieceName, pieceCall:
		b = append(b, '`')
		b = appendDoubled(b, text, '`')
		b = appendRange(append(b, '@'), start, stop)
		b = append(b, '`')
	case pieceMarker:
		b = append(append(b, "`k:"...), text...)
		b = appendRange(append(b, '!'), start, stop)
		b = append(b, '`')
	case pieceWord:
		b = append(b, '\'')
		b = appendDoubled(b, text, '\'')
		return append(b, '\'')
	default:
		b = append(b, '\'', literalTags[kind])
		b = append(appendRange(b, start, stop), ':')
		b = appendDoubled(b, text, '\'')
		return append(b, '\'')
	}
	if kind != pieceName {
		b = append(b, '(')
	}
	return b
}

func appendRange(b []byte, start, stop int32) []byte {
	b = strconv.AppendInt(b, int64(start), 10)
	return strconv.AppendInt(append(b, ':'), int64(stop), 10)
}

// appendDoubled writes text inside quotes: the quote doubled and, in a string, the backslash too.
func appendDoubled(b []byte, text string, quote byte) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] == quote || text[i] == '\\' && quote == '\'' {
			b = append(b, text[i])
		}
		b = append(b, text[i])
	}
	return b
}
