package sql

import (
	"strings"

	"github.com/kilnql/kiln/diag"
)

// notOperands are the keywords that Spark would read as a column name here, but that in a text written by people
// mean that an operand is missing. A '.' or '(' behind one shows that it is a name after all.
var notOperands = setOf(kwSelect, kwFrom, kwWhere, kwGroup, kwHaving, kwOrder, kwLimit, kwAnd, kwOr, kwAs, kwOn, kwUnion, kwInto,
	kwJoin, kwInner, kwCross, kwNatural, kwFull, kwIntersect, kwExcept, kwUsing, kwLateral, kwIn, kwIs, kwLike, kwBetween, kwWith)

// inCase are the keywords that are no operands inside CASE … END.
var inCase = setOf(kwWhen, kwThen, kwElse, kwEnd)

var joinWords = setOf(kwAnti, kwCross, kwFull, kwInner, kwJoin, kwLateral, kwLeft, kwNatural, kwOn, kwRight, kwSemi, kwUsing, kwIntersect,
	kwUnion, kwExcept, kwMinus)

// atom writes an operand without what may follow it.
func (r *rewriter) atom() {
	t := r.tok()
	switch t.kind {
	case tokenString:
		r.stringLiteral()
	case tokenNumber:
		r.number()
	case tokenQuoted:
		r.column()
	case tokenSymbol:
		r.symbolAtom(t)
	case tokenWord:
		r.wordAtom(t)
	default:
		r.fail()
	}
}

func (r *rewriter) symbolAtom(t *token) {
	switch t.symbol {
	case symMinus: // of a number
		r.number()
	case symOpen:
		r.parenthesis()
	case symStar:
		r.star("", t.start)
	case symQuestion:
		m := r.open("param")
		r.p++
		r.parameters = append(r.parameters, t.start)
		r.seal(m)
	case symColon:
		if !r.peek(1).isName() {
			r.fail()
		}
		m := r.open("param")
		r.p++
		name := r.fieldName()
		r.add(pieceWord, name, 0, 0)
		r.seal(m)
		r.addNamed(name, diag.Span{Start: t.start, Stop: r.tokens[r.p-1].end})
	default:
		r.fail()
	}
}

func (r *rewriter) addNamed(name string, at diag.Span) {
	for _, n := range r.named {
		if n == name {
			return
		}
	}
	r.named, r.namedAt = append(r.named, name), append(r.namedAt, at)
}

// stringLiteral writes one or more adjacent strings as one literal.
func (r *rewriter) stringLiteral() {
	start := r.tok().start
	value := stringText(r.source, r.tok())
	for r.p++; r.tok().kind == tokenString; r.p++ {
		value += stringText(r.source, r.tok())
	}
	r.add(pieceString, value, start, r.lastEnd())
}

// number writes a numeric literal with the sign before it.
func (r *rewriter) number() {
	start := r.tok().start
	sign := ""
	if r.acceptSymbol(symMinus) {
		sign = "-"
	}
	text := r.text(r.tok())
	r.p++
	r.add(pieceNumber, sign+text, start, r.lastEnd())
}

// constant writes NULL, TRUE or FALSE.
func (r *rewriter) constant(kind pieceKind) {
	r.p++
	t := &r.tokens[r.p-1]
	r.add(kind, "", t.start, t.end)
}

// wordAtom writes what begins with a word: a literal, one of the special calls, or a name.
func (r *rewriter) wordAtom(t *token) {
	next := r.peek(1)
	if t.keyword != notKeyword && t.keyword != namedEnd && r.keywordAtom(t, next) {
		return
	}
	if next.kind == tokenString {
		r.typedLiteral(t)
		return
	}
	if !next.is(symDot) && !next.is(symOpen) && (notOperands.has(t.keyword) && !endsName(t, next) || r.cases > 0 && inCase.has(t.keyword)) {
		r.fail()
	}
	r.column()
}

// nameEnders are keywords behind which a keyword in the place of an operand is a column's name: SELECT limit FROM t.
var nameEnders = setOf(kwAs, kwFrom, kwAsc, kwDesc, kwIs)

// endsName reports whether next, behind the keyword t, shows that t is a name and that no operand is missing.
func endsName(t, next *token) bool {
	switch {
	case next.kind == tokenEnd, next.is(symClose), next.is(symSemicolon):
		return t.keyword != kwFrom // SELECT a, FROM
	case next.is(symComma), next.oneOf(&nameEnders):
		return true
	case t.keyword == kwLimit && next.keyword == kwLimit:
		return true
	}
	return infixAt(next) != nil && !next.is(symStar) && !next.is(symMinus) && !next.is(symPlus)
}

// keywordAtom writes the operands that keywords begin, and reports whether there was one: most keywords
// may as well be names.
func (r *rewriter) keywordAtom(t, next *token) bool {
	call := next.is(symOpen)
	switch t.keyword {
	case kwTrue, kwFalse, kwNull:
		if next.is(symDot) || call {
			return false
		}
		r.constant(map[keyword]pieceKind{kwTrue: pieceTrue, kwFalse: pieceFalse, kwNull: pieceNull}[t.keyword])
	case kwCase:
		if next.is(symClose) || next.is(symComma) || next.is(symDot) || next.kind == tokenEnd {
			return false
		}
		r.caseExpr()
	case kwCast, kwTryCast:
		if !call {
			return false
		}
		r.cast(t)
	case kwExists:
		if !call || !r.queryInside(r.p+1) {
			return false
		}
		m := r.open("at")
		r.put("exists (")
		r.p += 2
		r.query()
		r.put(")")
		r.expectSymbol(symClose)
		r.seal(m)
	case kwInterval:
		if next.kind != tokenNumber && next.kind != tokenString && !r.intervalValueAt(1) {
			return false
		}
		r.interval()
	case kwDate, kwTimestamp, kwTimestampNtz, kwTimestampLtz:
		if next.kind != tokenString {
			return false
		}
		r.typedLiteral(t)
	default:
		return call && r.wordyCall(t)
	}
	return true
}

// typedLiteral writes DATE '…' and its kin. Whether the value fits is for the analysis to say, which knows the time zone.
func (r *rewriter) typedLiteral(t *token) {
	name := upper(r.text(t))
	switch name {
	case "DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "X", "INTERVAL":
	default:
		panic(diag.New("UNSUPPORTED_TYPED_LITERAL", "unsupportedType", `"`+name+`"`,
			"supportedTypes", `"DATE", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP", "INTERVAL", "X"`).At(t.span().To(r.peek(1).span())))
	}
	m := r.open("typed")
	r.p++
	r.add(pieceWord, name, 0, 0)
	r.put(",")
	value := r.tok()
	r.p++
	r.add(pieceString, stringText(r.source, value), value.start, value.end)
	if r.tok().kind == tokenString { // only plain strings may stand in several pieces
		r.failExtra()
	}
	r.seal(m)
}

// interval writes INTERVAL with units, or with a string that holds them.
func (r *rewriter) interval() {
	m := r.open("interval")
	first := r.p
	r.p++
	var years, days, fromTo bool
	n := 0
	for ; r.intervalValueAt(0); n++ {
		start := r.tok().start
		sign := ""
		if r.isSymbol(symMinus) || r.isSymbol(symPlus) {
			sign = r.text(r.tok())
			r.p++
		}
		t := r.tok()
		if n > 0 {
			r.put(",")
		}
		r.p++
		kind, text := pieceNumber, strings.TrimPrefix(sign, "+")+r.text(t)
		if t.kind == tokenString {
			kind, text = pieceString, negateText(sign, stringText(r.source, t))
		}
		r.add(kind, text, start, r.lastEnd())
		r.put(",")
		unit := singular(upper(r.text(r.tok())))
		r.p++
		if unit == "YEAR" || unit == "MONTH" {
			years = true
		} else {
			days = true
		}
		if r.isWords(kwTo) && r.peek(1).kind == tokenWord && intervalUnits[singular(upper(r.text(r.peek(1))))] {
			if t.kind == tokenNumber {
				r.p += 2
				panic(diag.New("_LEGACY_ERROR_TEMP_0027").At(r.since(first)))
			}
			r.p++
			unit += " TO " + singular(upper(r.part()))
			fromTo = true
		}
		r.add(pieceWord, unit, 0, 0)
	}
	switch {
	case n == 0 && r.tok().kind == tokenString: // INTERVAL '1 day 2 hours'
		r.p = first
		r.out = r.out[:m]
		r.typedLiteral(r.tok())
		return
	case n == 0:
		r.p++
		r.fail()
	case fromTo && n > 1:
		panic(diag.New("_LEGACY_ERROR_TEMP_0024").At(r.since(first)))
	case years && days && !fromTo:
		at := r.since(first)
		panic(diag.New("_LEGACY_ERROR_TEMP_0029", "literal", r.source[at.Start:at.Stop]).At(at))
	}
	r.seal(m)
}

// intervalValueAt reports whether a value with a unit stands i tokens from here.
func (r *rewriter) intervalValueAt(i int) bool {
	if r.peek(i).is(symMinus) || r.peek(i).is(symPlus) {
		i++
	}
	v, u := r.peek(i), r.peek(i+1)
	return (v.kind == tokenNumber || v.kind == tokenString) && u.kind == tokenWord && intervalUnits[singular(upper(r.text(u)))]
}

// negateText applies the sign before the string of an interval to the string.
func negateText(sign, value string) string {
	switch {
	case sign != "-":
		return value
	case strings.HasPrefix(value, "-"):
		return value[1:]
	}
	return "-" + value
}

func (r *rewriter) caseExpr() {
	m := r.open("at")
	r.put("case")
	r.p++
	r.cases++
	if !r.isWords(kwWhen) {
		r.expr()
	}
	if !r.isWords(kwWhen) {
		r.fail()
	}
	for r.isWords(kwWhen) {
		r.put("when")
		r.p++
		r.expr()
		r.put("then")
		r.expectWord(kwThen)
		r.expr()
	}
	if r.acceptWords(kwElse) {
		r.put("else")
		r.expr()
	}
	r.put("end")
	r.cases--
	r.expectWord(kwEnd)
	r.seal(m)
}

func (r *rewriter) cast(t *token) {
	m := r.open(lower(r.text(t)))
	r.p += 2
	r.isolated(r.expr)
	r.expectWord(kwAs)
	r.put(",")
	r.typeName()
	if r.tok().kind == tokenWord && strings.EqualFold(r.text(r.tok()), "FORMAT") {
		r.unsupported("CAST with FORMAT", r.p)
	}
	r.expectSymbol(symClose)
	r.seal(m)
}

// isolated writes an expression in parentheses, where the words of a surrounding CASE are ordinary names.
func (r *rewriter) isolated(f func()) {
	cases := r.cases
	r.cases = 0
	f()
	r.cases = cases
}

// parenthesis writes ( … ): a subquery, the parameters of a lambda, a row, or just an expression.
func (r *rewriter) parenthesis() {
	if r.queryInside(r.p) {
		m := r.open("query")
		r.put("(")
		r.p++
		r.isolated(r.query)
		r.put(")")
		r.expectSymbol(symClose)
		r.seal(m)
		return
	}
	if r.tokens[r.closing(r.p)].is(symArrow) && r.lambdaParameters() {
		return
	}
	m := r.open("p")
	r.p++
	n := 0
	named := false
	r.isolated(func() {
		r.list(func() {
			n++
			named = r.namedExpr() || named
		})
	})
	r.expectSymbol(symClose)
	if n > 1 || named {
		r.out[m].text = "row"
	}
	r.seal(m)
}

// namedExpr writes an expression with an optional alias inside a call or row: struct(a AS x).
func (r *rewriter) namedExpr() (named bool) {
	at, from := len(r.out), r.tok().start
	r.expr()
	if !r.acceptWords(kwAs) && !r.isAlias() {
		return false
	}
	r.aliasAround(at, from)
	return true
}

// aliasAround reads an alias of the expression written since at, where MySQL's grammar has none.
func (r *rewriter) aliasAround(at int, from int32) {
	m := r.wrap(at, "as", from)
	r.put(",")
	r.add(pieceWord, r.aliasPart(), 0, 0)
	r.sealWrap(m)
}

// lambdaParameters writes (x, y) -> body, and reports whether it was one.
func (r *rewriter) lambdaParameters() bool {
	i := 1
	for ; r.peek(i).isName(); i += 2 {
		if !r.peek(i + 1).is(symComma) {
			break
		}
	}
	if !r.peek(i).isName() || !r.peek(i+1).is(symClose) {
		return false
	}
	m := r.open("lambda")
	r.p++
	for {
		r.add(pieceWord, r.fieldName(), 0, 0)
		r.put(",")
		if !r.acceptSymbol(symComma) {
			break
		}
	}
	r.p += 2
	r.expr()
	r.seal(m)
	return true
}

// star writes a star with its qualifier, which has been read, and its EXCEPT list.
func (r *rewriter) star(qualifier string, start int32) {
	m := r.add(pieceMarker, "star", start, 0)
	if qualifier != "" {
		r.add(pieceName, qualifier, start, r.lastEnd()-1)
	}
	r.p++
	if r.isWords(kwExcept) && r.peek(1).is(symOpen) && !r.queryInside(r.p+1) {
		r.p += 2
		if qualifier == "" {
			r.put("''")
		}
		for {
			r.put(",")
			r.name()
			if !r.acceptSymbol(symComma) {
				break
			}
		}
		r.expectSymbol(symClose)
	}
	r.seal(m)
}

// column writes what starts with a name: a column, a call, a lambda, t.*.
func (r *rewriter) column() {
	t := r.tok()
	if r.peek(1).is(symArrow) {
		m := r.open("lambda")
		r.add(pieceWord, r.fieldName(), 0, 0)
		r.put(",")
		r.p++
		r.expr()
		r.seal(m)
		return
	}
	name := r.nameParts()
	switch {
	case r.isSymbol(symDot) && r.peek(1).is(symStar):
		r.p++
		r.star(name, t.start)
	case r.isSymbol(symOpen):
		r.call(name, t.start)
	default:
		r.add(pieceName, name, t.start, r.lastEnd())
	}
}
