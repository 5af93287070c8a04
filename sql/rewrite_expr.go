package sql

import "github.com/kilnql/kiln/diag"

// The levels of Spark's infix operators, loosest first. MySQL has another order for some of them; those, and the
// ones it does not know, become markers.
const (
	levelNone uint8 = iota
	levelCompare
	levelOr
	levelXor
	levelAnd
	levelShift
	levelAdd
	levelMultiply
	levelUnary
	levelPrimary
)

// infix describes an infix operator: its level, and either MySQL's spelling or the marker that stands for it.
type infix struct {
	level  uint8
	text   string
	marker string
}

var infixOperators = [...]infix{
	symEqual: {levelCompare, "=", ""}, symDoubleEqual: {levelCompare, "=", ""}, symUnequal: {levelCompare, "<>", ""},
	symBangEqual: {levelCompare, "<>", ""}, symLess: {levelCompare, "<", ""}, symLessEqual: {levelCompare, "<=", ""},
	symGreater: {levelCompare, ">", ""}, symGreaterEqual: {levelCompare, ">=", ""}, symNullSafe: {levelCompare, "<=>", ""},
	symNotLess: {levelCompare, ">=", ""}, symNotGreater: {levelCompare, "<=", ""},
	symBar: {levelOr, "|", ""}, symCaret: {levelXor, "", "^"}, symAmpersand: {levelAnd, "&", ""},
	symShiftLeft: {levelShift, "<<", ""}, symShiftRight: {levelShift, ">>", ""}, symUnsignedShift: {levelShift, "", ">>>"},
	symPlus: {levelAdd, "+", ""}, symMinus: {levelAdd, "-", ""}, symConcat: {levelAdd, "", "concat"},
	symStar: {levelMultiply, "*", ""}, symSlash: {levelMultiply, "/", ""}, symPercent: {levelMultiply, "%", ""},
	symOther: {},
}

var divOperator = infix{levelMultiply, "div", ""}

// infixAt returns the infix operator that t is, or nil.
func infixAt(t *token) *infix {
	if t.kind == tokenSymbol {
		if o := &infixOperators[t.symbol]; o.level != levelNone {
			return o
		}
	} else if t.word(kwDiv) {
		return &divOperator
	}
	return nil
}

// expr writes an expression.
func (r *rewriter) expr() {
	r.enter()
	r.conjunction()
	for r.isWords(kwOr) {
		r.put("or")
		r.p++
		r.conjunction()
	}
	r.depth--
}

func (r *rewriter) conjunction() {
	r.negation()
	for r.isWords(kwAnd) {
		r.put("and")
		r.p++
		r.negation()
	}
}

// negation writes NOT x. Spark's ! is the same operator, while MySQL's binds tighter than anything.
func (r *rewriter) negation() {
	if !r.isSymbol(symBang) && !(r.isWords(kwNot) && !r.peek(1).is(symDot) && !r.peek(1).is(symClose) && !r.peek(1).is(symComma)) {
		r.predicate()
		return
	}
	r.enter()
	m := r.open("not")
	r.p++
	r.negation()
	r.seal(m)
	r.depth--
}

// exprList writes expressions separated by commas.
func (r *rewriter) exprList() {
	r.list(r.expr)
}

// list writes what element writes, as often as commas follow.
func (r *rewriter) list(element func()) {
	element()
	for r.isSymbol(symComma) {
		r.put(",")
		r.p++
		element()
	}
}

var predicateWords = setOf(kwBetween, kwIn, kwLike, kwIlike, kwRlike, kwRegexp)

// predicate writes a value and the BETWEEN, IN, LIKE … or IS that follows it.
func (r *rewriter) predicate() {
	at, from := len(r.out), r.tok().start
	top := r.value(levelCompare)
	negated := ""
	if (r.isWords(kwNot) || r.isSymbol(symBang)) && r.peek(1).oneOf(&predicateWords) {
		negated = "not "
		r.p++
	}
	t := r.tok()
	if t.kind != tokenWord {
		return
	}
	switch t.keyword {
	case kwBetween:
		r.group(at, top)
		r.put(negated + "between")
		r.p++
		r.operand()
		r.put("and")
		r.expectWord(kwAnd)
		r.operand()
	case kwIn:
		r.in(at, from, top, negated)
	case kwLike, kwIlike:
		r.like(at, from, top, negated)
	case kwRlike, kwRegexp:
		r.group(at, top)
		r.put(negated + "regexp")
		r.p++
		r.operand()
	case kwIs:
		r.is(at, from)
	}
}

// group puts what was written since at in parentheses if its topmost operator is a comparison, which a
// MySQL predicate would take apart: Spark reads a = b IN (c) as (a = b) IN (c).
func (r *rewriter) group(at int, top uint8) {
	if top == levelCompare {
		r.wrapText(at, "(")
		r.put(")")
	}
}

// operand writes the right side of a predicate, in parentheses where MySQL's grammar wants a narrower one.
func (r *rewriter) operand() {
	at := len(r.out)
	if r.value(levelCompare) < levelUnary {
		r.wrapText(at, "(")
		r.put(")")
	}
}

func (r *rewriter) in(at int, from int32, top uint8, negated string) {
	r.group(at, top)
	extent := r.wrap(at, "at", from)
	r.put(negated + "in (")
	r.p++
	if !r.isSymbol(symOpen) {
		r.fail()
	}
	if r.queryInside(r.p) {
		r.p++
		r.query()
	} else {
		r.p++
		r.exprList()
	}
	r.expectSymbol(symClose)
	r.put(")")
	r.sealWrap(extent)
}

// like writes LIKE and ILIKE, with ANY, SOME or ALL and a list, or with one pattern.
func (r *rewriter) like(at int, from int32, top uint8, negated string) {
	name := "like"
	if r.isWords(kwIlike) {
		name = "ilike"
	}
	quantifier := r.peek(1)
	if quantifier.kind == tokenWord && (quantifier.keyword == kwAny || quantifier.keyword == kwSome || quantifier.keyword == kwAll) && r.peek(2).is(symOpen) {
		if name += "_any"; quantifier.keyword == kwAll {
			name = name[:len(name)-3] + "all"
		}
		if negated != "" {
			name = "not_" + name
		}
		m := r.wrap(at, name, from)
		r.p += 3
		if r.isSymbol(symClose) {
			panic(diag.New("_LEGACY_ERROR_TEMP_0064", "msg", "Expected something between '(' and ')'").At(r.since(r.p - 3)))
		}
		r.put(",")
		r.exprList()
		r.expectSymbol(symClose)
		r.sealWrap(m)
		return
	}
	if name == "like" {
		r.group(at, top)
		r.put(negated + "like")
		r.p++
		r.operand()
		if r.acceptWords(kwEscape) {
			r.put("escape")
			r.escapeCharacter()
		}
		return
	}
	if negated != "" {
		name = "not_ilike"
	}
	m := r.wrap(at, name, from)
	r.p++
	r.put(",")
	r.value(levelCompare)
	if r.acceptWords(kwEscape) {
		r.put(",")
		r.escapeCharacter()
	}
	r.sealWrap(m)
}

func (r *rewriter) escapeCharacter() {
	t := r.tok()
	if t.kind != tokenString {
		r.fail()
	}
	if s := stringText(r.source, t); len([]rune(s)) != 1 {
		panic(invalidEscape(s, t))
	}
	r.stringLiteral()
}

// is writes IS [NOT] NULL, TRUE, FALSE, UNKNOWN and DISTINCT FROM.
func (r *rewriter) is(at int, from int32) {
	r.p++
	not := ""
	if r.acceptWords(kwNot) || r.acceptSymbol(symBang) {
		not = "not_"
	}
	t := r.tok()
	if t.kind != tokenWord {
		r.fail()
	}
	name := ""
	switch t.keyword {
	case kwNull:
		name = "null"
	case kwTrue:
		name = "true"
	case kwFalse:
		name = "false"
	case kwUnknown:
		name = "unknown"
	case kwDistinct:
		m := r.wrap(at, "is_"+not+"distinct", from)
		r.p++
		r.expectWord(kwFrom)
		r.put(",")
		r.value(levelCompare)
		r.sealWrap(m)
		return
	default:
		r.fail()
	}
	m := r.wrap(at, "is_"+not+name, from)
	r.p++
	r.sealWrap(m)
}

// value writes infix operators of at least level lowest and returns the level of the topmost.
func (r *rewriter) value(lowest uint8) uint8 {
	r.enter()
	at, from := len(r.out), r.tok().start
	top := r.unary()
	concat := -1 // the marker of the || just written, which the next || joins
	for {
		o := infixAt(r.tok())
		if o == nil || o.level < lowest {
			r.depth--
			return top
		}
		switch {
		case o.marker == "":
			r.put(o.text)
			top = o.level
			r.p++
			r.value(o.level + 1)
			concat = -1
			continue
		case o.marker == "concat" && concat >= 0:
			r.out = r.out[:len(r.out)-1] // its ')'
		default:
			concat = r.wrap(at, o.marker, from)
		}
		r.put(",")
		r.p++
		r.value(o.level + 1)
		r.sealWrap(concat)
		top = levelPrimary
		if o.marker != "concat" {
			concat = -1
		}
	}
}

// unary writes a signed or unsigned operand. A minus sign right before a number belongs to the number.
func (r *rewriter) unary() uint8 {
	name := ""
	switch t := r.tok(); {
	case t.is(symMinus):
		if r.peek(1).kind == tokenNumber {
			r.primary()
			return levelPrimary
		}
		name = "negative"
	case t.is(symPlus):
		name = "positive"
	case t.is(symTilde):
		name = "~"
	default:
		r.primary()
		return levelPrimary
	}
	r.enter()
	m := r.open(name)
	r.p++
	r.unary()
	r.seal(m)
	r.depth--
	return levelPrimary
}

// primary writes an operand with its subscripts, fields, casts and collations.
func (r *rewriter) primary() {
	at, from := len(r.out), r.tok().start
	r.atom()
	for {
		switch t := r.tok(); {
		case t.is(symOpenBracket):
			m := r.wrap(at, "subscript", from)
			r.put(",")
			r.p++
			r.value(levelCompare)
			if t := r.tok(); !t.is(symCloseBracket) && t.kind != tokenEnd {
				r.failAt(r.p, ": missing ']'")
			}
			r.expectSymbol(symCloseBracket)
			r.sealWrap(m)
		case t.is(symDoubleColon):
			m := r.wrap(at, "cast", from)
			r.put(",")
			r.p++
			r.typeName()
			r.sealWrap(m)
		case t.is(symDot) && r.peek(1).isName():
			m := r.wrap(at, "field", from)
			r.put(",")
			r.p++
			r.add(pieceWord, r.fieldName(), 0, 0)
			r.sealWrap(m)
		case t.is(symColon) && (r.peek(1).isName() || r.peek(1).is(symOpenBracket)):
			m := r.wrap(at, "path", from)
			r.put(",")
			r.p++
			r.jsonPath()
			r.sealWrap(m)
		case t.word(kwCollate):
			m := r.wrap(at, "collate", from)
			r.put(",")
			r.p++
			r.add(pieceWord, r.nameParts(), 0, 0)
			r.sealWrap(m)
		default:
			return
		}
	}
}

// fieldName reads a name that is written as a string and so needs no escaped separators.
func (r *rewriter) fieldName() string {
	t := r.tok()
	if !t.isName() {
		r.fail()
	}
	r.p++
	return nameText(r.source, t)
}

// jsonPath reads the path after the ':' of a semi-structured extraction, a.b[0]['c'], and writes it as text.
func (r *rewriter) jsonPath() {
	start := r.tok().start
	for first := true; ; first = false {
		switch t := r.tok(); {
		case t.is(symOpenBracket):
			r.p++
			switch n := r.tok(); {
			case n.kind == tokenNumber, n.kind == tokenString, n.is(symStar):
				r.p++
			default:
				r.fail()
			}
			r.expectSymbol(symCloseBracket)
		case first && t.isName():
			r.p++
		case t.is(symDot) && r.peek(1).isName():
			r.p += 2
		default:
			r.add(pieceString, r.source[start:r.lastEnd()], start, r.lastEnd())
			return
		}
	}
}

// nestedType reports whether s is one of the type names after which '<' opens a list of types and is no comparison.
func nestedType(s string) bool {
	switch len(s) {
	case 3:
		return s[0]|0x20 == 'm' && s[1]|0x20 == 'a' && s[2]|0x20 == 'p'
	case 5:
		return lower(s) == "array"
	case 6:
		return lower(s) == "struct"
	}
	return false
}

// typeName reads a data type and writes its text, which types.Parse will read.
func (r *rewriter) typeName() {
	start := r.tok().start
	t := r.tok()
	if !t.isName() {
		r.fail()
	}
	r.p++
	switch {
	case t.word(kwInterval):
		if r.tok().kind == tokenWord && intervalUnits[singular(upper(r.text(r.tok())))] {
			r.p++
			if r.acceptWords(kwTo) {
				r.part()
			}
		}
	case nestedType(r.text(t)) && !r.acceptSymbol(symUnequal): // struct<> is one symbol
		r.typeArguments()
	case r.isSymbol(symOpen):
		r.p = r.skipParentheses(r.p)
	}
	if t.word(kwString) && r.acceptWords(kwCollate) {
		r.part()
	}
	r.add(pieceString, r.source[start:r.lastEnd()], start, r.lastEnd())
}

// typeArguments skips <…>; '>>' and '>>>' close two and three.
func (r *rewriter) typeArguments() {
	if !r.isSymbol(symLess) {
		return
	}
	for depth := 0; ; {
		t := r.tok()
		if t.kind == tokenEnd {
			r.fail()
		}
		if t.kind == tokenSymbol {
			switch t.symbol {
			case symLess:
				depth++
			case symGreater:
				depth--
			case symShiftRight:
				depth -= 2
			case symUnsignedShift:
				depth -= 3
			case symOpen, symClose, symComma, symColon, symUnequal, symDot:
			default:
				r.fail()
			}
		}
		if depth < 0 {
			r.fail()
		}
		r.p++
		if depth == 0 {
			return
		}
	}
}

// skipParentheses returns the index behind the ')' that closes the '(' at token i, which must exist.
func (r *rewriter) skipParentheses(i int) int {
	end := r.closing(i)
	if !r.tokens[end-1].is(symClose) {
		r.p = len(r.tokens) - 1
		r.fail()
	}
	return end
}

func (r *rewriter) text(t *token) string { return r.source[t.start:t.end] }
