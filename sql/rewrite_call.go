package sql

import (
	"strings"

	"github.com/kilnql/kiln/diag"
)

// call writes a function call whose name has been read, with everything that may follow its ')'. Every call is quoted,
// so that none meets a grammar rule that MySQL has for a function of that name.
func (r *rewriter) call(name string, start int32) {
	at := r.add(pieceCall, name, start, 0)
	structArgs := strings.EqualFold(name, "struct")
	r.p++
	distinct := false
	if !r.isSymbol(symClose) {
		distinct = r.setQuantifier()
		r.isolated(func() { r.list(func() { r.argument(structArgs) }) })
	}
	nulls := r.nullTreatment() // first(x IGNORE NULLS)
	r.put(")")
	r.expectSymbol(symClose)
	r.callTail(at, start, distinct, nulls)
	r.out[at].stop = r.lastEnd()
}

// callTail writes what follows a call: WITHIN GROUP, FILTER, IGNORE NULLS, OVER. Each becomes a marker around the call.
func (r *rewriter) callTail(at int, start int32, distinct bool, nulls string) {
	around := func(marker string, more func()) {
		m := r.wrap(at, marker, start)
		if more != nil {
			more()
		}
		r.sealWrap(m)
	}
	if distinct {
		around("distinct", nil)
	}
	if r.isWords(kwWithin, kwGroup) && r.peek(2).is(symOpen) {
		r.p += 3
		around("within", func() {
			r.expectWord(kwOrder)
			r.expectWord(kwBy)
			for {
				r.put(",")
				r.sortItemCall()
				if !r.acceptSymbol(symComma) {
					break
				}
			}
			r.expectSymbol(symClose)
		})
	}
	if r.isWords(kwFilter) && r.peek(1).is(symOpen) {
		r.p += 2
		around("filter", func() {
			r.put(",")
			r.expectWord(kwWhere)
			r.isolated(r.expr)
			r.expectSymbol(symClose)
		})
	}
	if nulls == "" {
		nulls = r.nullTreatment()
	}
	if nulls != "" {
		around(nulls, nil)
	}
	if r.isWords(kwOver) && (r.peek(1).is(symOpen) || r.peek(1).isName()) {
		r.over(at, start)
	}
}

// over writes OVER. Every call is a plain function call, so an aggregate of MySQL's grammar is free to carry the window.
func (r *rewriter) over(at int, start int32) {
	r.p++
	r.wrapText(at, "max(")
	extent := r.wrap(at, "over", start)
	r.put(") over")
	if r.isSymbol(symOpen) {
		r.windowSpec()
	} else {
		from := r.tok().start
		r.add(pieceName, r.part(), from, r.lastEnd())
	}
	r.sealWrap(extent)
}

// setQuantifier reads DISTINCT or ALL before the arguments of a call.
func (r *rewriter) setQuantifier() (distinct bool) {
	next := r.peek(1)
	operandFollows := !next.is(symComma) && !next.is(symClose) && !next.is(symDot) && infixOrStar(next)
	switch {
	case r.isWords(kwDistinct) && operandFollows:
		r.p++
		return true
	case r.isWords(kwAll) && operandFollows && !next.is(symOpen):
		r.p++
	}
	return false
}

// infixOrStar reports whether t may begin an operand rather than go on with an expression; a star may.
func infixOrStar(t *token) bool {
	return t.is(symStar) || t.is(symMinus) || t.is(symPlus) || infixAt(t) == nil
}

func (r *rewriter) nullTreatment() string {
	switch {
	case r.acceptWords(kwIgnore, kwNulls):
		return "ignore_nulls"
	case r.acceptWords(kwRespect, kwNulls):
		return "respect_nulls"
	}
	return ""
}

func (r *rewriter) argument(named bool) {
	if r.tok().isName() && r.peek(1).is(symFatArrow) {
		m := r.open("named")
		r.add(pieceWord, r.fieldName(), 0, 0)
		r.put(",")
		r.p++
		r.argumentValue()
		r.seal(m)
		return
	}
	if named {
		r.namedExpr()
		return
	}
	r.argumentValue()
}

// argumentValue writes an argument. A query needs parentheses of its own there, so x = ANY (SELECT …) is no call.
func (r *rewriter) argumentValue() {
	if r.isWords(kwTable) && r.peek(1).is(symOpen) {
		r.unsupported("table arguments of functions", r.p)
	}
	r.expr()
}

// wordyCall writes the calls that have words between their arguments as plain calls. It reports whether t began one.
func (r *rewriter) wordyCall(t *token) bool {
	switch t.keyword {
	case kwExtract:
		if !r.peek(3).word(kwFrom) {
			return false
		}
		at := r.add(pieceCall, "extract", t.start, 0)
		r.p += 2
		field := r.tok()
		r.add(pieceString, r.part(), field.start, field.end)
		r.put(",")
		r.p++
		r.value(levelCompare)
		r.expectSymbol(symClose)
		r.seal(at)
	case kwTrim:
		return r.trim(t)
	case kwSubstr, kwSubstring, kwPosition, kwOverlay:
		return r.separatedCall(t)
	case kwTimestampadd, kwTimestampdiff, kwDateadd, kwDateAdd, kwDatediff, kwDateDiff, kwTimediff:
		return r.unitCall(t)
	default:
		return false
	}
	return true
}

// separators are the words between the arguments of SUBSTRING, POSITION and OVERLAY.
var separators = map[keyword][]keyword{
	kwSubstr: {kwFrom, kwFor}, kwSubstring: {kwFrom, kwFor}, kwPosition: {kwIn}, kwOverlay: {kwPlacing, kwFrom, kwFor},
}

// separatedNames are the functions that the calls with words stand for, whose names the result's column has.
var separatedNames = map[keyword]string{kwSubstr: "substring", kwSubstring: "substring", kwPosition: "locate", kwOverlay: "overlay"}

// separatedCall writes f(a FROM b FOR c), position(a IN b) and overlay(a PLACING b FROM c FOR d).
// With commas alone they are ordinary calls.
func (r *rewriter) separatedCall(t *token) bool {
	if !r.separated(r.p+1, separators[t.keyword][0]) {
		return false
	}
	at := r.add(pieceCall, separatedNames[t.keyword], t.start, 0)
	r.p += 2
	r.isolated(func() { r.value(levelCompare) })
	for _, w := range separators[t.keyword] {
		if !r.acceptWords(w) {
			if w == kwFor && r.isSymbol(symClose) {
				break
			}
			r.fail()
		}
		r.put(",")
		r.isolated(func() { r.value(levelCompare) })
	}
	r.expectSymbol(symClose)
	r.seal(at)
	return true
}

// separated reports whether a word stands between the parentheses that begin at token i, outside inner ones.
func (r *rewriter) separated(i int, w keyword) bool {
	end := r.closing(i) - 1
	for i++; i < end; i++ {
		if r.tokens[i].is(symOpen) {
			i = r.closing(i) - 1
		} else if r.tokens[i].word(w) {
			return true
		}
	}
	return false
}

// trim writes TRIM([BOTH|LEADING|TRAILING] [x] FROM s). The calls it stands for take the characters first.
func (r *rewriter) trim(t *token) bool {
	if !r.separated(r.p+1, kwFrom) {
		return false
	}
	at := r.add(pieceCall, "trim", t.start, 0)
	r.p += 2
	switch {
	case r.isWords(kwFrom) && !r.peek(1).word(kwFrom):
	case r.acceptWords(kwBoth):
	case r.acceptWords(kwLeading):
		r.out[at].text = "ltrim"
	case r.acceptWords(kwTrailing):
		r.out[at].text = "rtrim"
	}
	if !r.isWords(kwFrom) {
		r.isolated(func() { r.value(levelCompare) })
		r.put(",")
	}
	r.expectWord(kwFrom)
	r.isolated(func() { r.value(levelCompare) })
	r.expectSymbol(symClose)
	r.seal(at)
	return true
}

// unitCall writes DATEADD(unit, …) and its kin, the unit as a string.
func (r *rewriter) unitCall(t *token) bool {
	unit := r.peek(2)
	if !r.peek(3).is(symComma) {
		return false
	}
	if unit.kind == tokenString && r.arguments(r.p+1) == 3 {
		panic(diag.New("INVALID_PARAMETER_VALUE.DATETIME_UNIT", "parameter", "`unit`", "functionName", "`"+r.text(t)+"`",
			"invalidValue", "'"+stringText(r.source, unit)+"'").At(diag.Span{Start: t.start, Stop: r.tokens[r.closing(r.p+1)-1].end}))
	}
	if unit.kind != tokenWord || !datetimeUnits[upper(r.text(unit))] || r.arguments(r.p+1) != 3 {
		return false
	}
	at := r.add(pieceCall, r.text(t), t.start, 0)
	r.add(pieceString, r.text(unit), unit.start, unit.end)
	r.p += 3
	for r.isSymbol(symComma) {
		r.put(",")
		r.p++
		r.isolated(func() { r.value(levelCompare) })
	}
	r.expectSymbol(symClose)
	r.seal(at)
	return true
}

// arguments counts the arguments between the parentheses that begin at token i.
func (r *rewriter) arguments(i int) int {
	end := r.closing(i) - 1
	n := 1
	for i++; i < end; i++ {
		switch t := &r.tokens[i]; {
		case t.is(symOpen):
			i = r.closing(i) - 1
		case t.is(symComma):
			n++
		}
	}
	return n
}

var windowWords = setOf(kwPartition, kwDistribute, kwCluster, kwOrder, kwSort, kwRange, kwRows)

// windowSpec writes ( [name] PARTITION BY … ORDER BY … frame ).
func (r *rewriter) windowSpec() {
	r.put("(")
	r.p++
	r.isolated(r.windowBody)
	r.put(")")
	r.expectSymbol(symClose)
}

func (r *rewriter) windowBody() {
	if r.tok().isName() && !(r.tok().oneOf(&windowWords) && r.peek(1).isName()) {
		from := r.tok().start
		r.add(pieceName, r.part(), from, r.lastEnd())
	}
	cluster := r.isWords(kwCluster)
	if cluster || r.isWords(kwPartition) || r.isWords(kwDistribute) {
		r.p++
		r.expectWord(kwBy)
		r.put("partition by")
		r.exprList()
	}
	if !cluster && (r.isWords(kwOrder) || r.isWords(kwSort)) {
		r.p++
		r.expectWord(kwBy)
		r.put("order by")
		r.list(r.sortItem)
	}
	if !r.isWords(kwRows) && !r.isWords(kwRange) {
		return
	}
	r.put(lower(r.text(r.tok())))
	r.p++
	if r.acceptWords(kwBetween) {
		r.put("between")
		r.frameBound()
		r.put("and")
		r.expectWord(kwAnd)
	}
	r.frameBound()
}

// frameBound writes one end of a frame. MySQL takes only literals there, but any expression in INTERVAL e unit.
func (r *rewriter) frameBound() {
	switch {
	case r.acceptWords(kwCurrent, kwRow):
		r.put("current row")
		return
	case r.acceptWords(kwUnbounded):
		r.put("unbounded")
	default:
		r.put("interval (")
		r.expr()
		r.put(") day")
	}
	if !r.isWords(kwPreceding) && !r.isWords(kwFollowing) {
		r.fail()
	}
	r.put(lower(r.text(r.tok())))
	r.p++
}

// sortItem writes an element of ORDER BY.
func (r *rewriter) sortItem() {
	if r.sortKey() {
		r.put("desc")
	}
}

// sortItemCall writes an element of ORDER BY where MySQL's grammar has no DESC.
func (r *rewriter) sortItemCall() {
	at, from := len(r.out), r.tok().start
	if r.sortKey() {
		r.sealWrap(r.wrap(at, "desc", from))
	}
}

func (r *rewriter) sortKey() (descending bool) {
	at, from := len(r.out), r.tok().start
	r.expr()
	if !r.acceptWords(kwAsc) {
		descending = r.acceptWords(kwDesc)
	}
	r.nullOrder(at, from)
	return descending
}

// nullOrder reads NULLS FIRST or LAST behind the sort key written since at.
func (r *rewriter) nullOrder(at int, from int32) {
	name := ""
	switch {
	case r.acceptWords(kwNulls, kwFirst):
		name = "nulls_first"
	case r.acceptWords(kwNulls, kwLast):
		name = "nulls_last"
	default:
		return
	}
	r.sealWrap(r.wrap(at, name, from))
}
