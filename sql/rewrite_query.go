package sql

import (
	"strings"

	"github.com/kilnql/kiln/diag"
)

// anonymous is the alias of derived tables that the user did not name.
const anonymous = "`k:anon`"

// clauseWords end an expression or a relation, and are no implicit alias.
var clauseWords = setOf(kwFrom, kwWhere, kwGroup, kwHaving, kwOrder, kwLimit, kwOffset, kwWindow, kwQualify, kwSort, kwDistribute, kwCluster,
	kwPivot, kwUnpivot, kwTablesample, kwSelect, kwAnd, kwOr, kwSet, kwAs, kwInto, kwFor, kwWith, kwIs, kwIn, kwNot, kwBetween, kwLike)

// isAlias reports whether the current token can be an alias without AS. Spark reserves hardly a word; what a
// keyword means depends on the words behind it.
func (r *rewriter) isAlias() bool {
	t := r.tok()
	if t.kind == tokenQuoted {
		return true
	}
	if t.kind != tokenWord || t.oneOf(&joinWords) || r.cases > 0 && t.oneOf(&inCase) {
		return false
	}
	if r.aliasBeforeEnd() {
		return true
	}
	switch t.keyword {
	case kwSort, kwCluster, kwDistribute, kwOrder, kwGroup:
		return !r.peek(1).word(kwBy)
	case kwWindow:
		return !r.peek(2).word(kwAs)
	case kwLimit, kwOffset:
		return !beginsOperand(r.peek(1))
	case kwPivot, kwTablesample:
		return !r.peek(1).is(symOpen)
	case kwUnpivot:
		return !r.peek(1).is(symOpen) && !r.peek(1).word(kwInclude) && !r.peek(1).word(kwExclude)
	case kwInsert:
		return !r.peek(1).word(kwInto) && !r.peek(1).word(kwOverwrite)
	}
	return !clauseWords.has(t.keyword)
}

// aliasBeforeEnd reports whether the current token is a word that begins nothing, because what it stands in ends behind it:
// SELECT 1 from names its column "from".
func (r *rewriter) aliasBeforeEnd() bool {
	t := r.tok()
	if t.kind != tokenWord || t.keyword == kwAs || r.cases > 0 && t.oneOf(&inCase) {
		return false
	}
	switch next := r.peek(1); next.kind {
	case tokenEnd:
		return true
	case tokenSymbol:
		return next.is(symClose) || next.is(symComma) || next.is(symSemicolon)
	case tokenWord: // the alias of the only item, and the clause
		return (t.keyword == kwFrom || t.keyword == kwWhere) && next.keyword == t.keyword && r.peek(2).kind != tokenEnd
	case tokenQuoted, tokenString, tokenNumber:
	}
	return false
}

// beginsOperand reports whether t, behind LIMIT or OFFSET, begins the number of rows.
func beginsOperand(t *token) bool {
	switch t.kind {
	case tokenNumber, tokenString, tokenQuoted:
		return true
	case tokenWord:
		level, _ := setOperator(t)
		return level == 0 && !clauseWords.has(t.keyword) && !joinWords.has(t.keyword)
	}
	return t.is(symOpen) || t.is(symMinus) || t.is(symPlus) || t.is(symTilde) || t.is(symQuestion) || t.is(symColon)
}

// queryAt reports whether a query starts at token i.
func (r *rewriter) queryAt(i int) bool {
	t := &r.tokens[i]
	if t.is(symOpen) {
		return r.queryInside(i) && r.queryGoesOn(r.closing(i))
	}
	next := &r.tokens[min(i+1, len(r.tokens)-1)]
	if t.kind != tokenWord {
		return false
	}
	switch t.keyword {
	case kwSelect, kwWith:
		return !next.is(symDot) && !next.is(symClose) && !next.is(symComma) && infixAt(next) == nil || next.is(symStar) || next.is(symMinus) || next.is(symPlus)
	case kwValues:
		return next.kind != tokenEnd && !next.is(symComma) && !next.is(symClose) && !next.is(symDot) && infixAt(next) == nil || next.is(symMinus)
	case kwFrom:
		return next.isName() || next.is(symOpen) || next.kind == tokenString
	case kwTable:
		return next.isName()
	}
	return false
}

// queryInside reports whether the '(' at token i encloses a query and not an expression or a relation.
// ((SELECT 1) + 1) begins like a query: what stands behind the inner ')' decides.
func (r *rewriter) queryInside(i int) bool {
	opens := i
	for r.tokens[opens+1].is(symOpen) {
		opens++
	}
	if !r.queryAt(opens + 1) {
		return false
	}
	for ; opens > i; opens-- {
		if !r.queryGoesOn(r.closing(opens)) {
			return false
		}
	}
	return true
}

// queryGoesOn reports whether token i may follow a query in parentheses that is part of a larger query.
func (r *rewriter) queryGoesOn(i int) bool {
	t := &r.tokens[i]
	if t.is(symClose) || t.is(symPipe) || t.kind == tokenEnd || t.is(symSemicolon) {
		return true
	}
	level, _ := setOperator(t)
	return level > 0 || t.word(kwOrder) || t.word(kwSort) || t.word(kwCluster) || t.word(kwDistribute) || t.word(kwLimit) || t.word(kwOffset) || t.word(kwWindow)
}

// query writes [WITH …] term [ORDER BY …] [LIMIT …].
func (r *rewriter) query() {
	r.enter()
	if r.isWords(kwWith) {
		r.with()
	}
	body := len(r.out)
	sole := r.term(1)
	r.organization(body, sole)
	if r.isSymbol(symPipe) {
		r.unsupported("the pipe operator |>", r.p)
	}
	r.depth--
}

// with writes the common table expressions before a query.
func (r *rewriter) with() {
	r.put("with")
	r.p++
	if r.isWords(kwRecursive) && r.peek(1).isName() && !r.peek(1).word(kwAs) {
		r.put("recursive")
		r.p++
	}
	var names, twice []string
	first := r.tok()
	for {
		start := r.tok().start
		name := r.part()
		for _, n := range names {
			if strings.EqualFold(n, name) {
				twice = append(twice, "`"+name+"`")
			}
		}
		names = append(names, name)
		if r.isSymbol(symOpen) && !r.queryInside(r.p) {
			name += r.columnNames()
		}
		if r.isWords(kwMax, kwRecursion) {
			r.unsupported("MAX RECURSION LEVEL", r.p)
		}
		m := r.add(pieceName, name, start, 0)
		r.acceptWords(kwAs)
		r.put("as (")
		r.expectSymbol(symOpen)
		r.isolated(r.query)
		r.put(")")
		r.expectSymbol(symClose)
		r.out[m].stop = r.lastEnd()
		if !r.acceptSymbol(symComma) {
			break
		}
		r.put(",")
	}
	if twice != nil {
		panic(diag.New("DUPLICATED_CTE_NAMES", "duplicateNames", strings.Join(twice, ", ")).At(diag.Span{Start: first.start, Stop: r.lastEnd()}))
	}
}

// columnNames reads (a, b) and returns aliasSeparator before each name.
func (r *rewriter) columnNames() string {
	s := ""
	r.expectSymbol(symOpen)
	for {
		s += aliasSeparator + r.part()
		if !r.acceptSymbol(symComma) {
			break
		}
	}
	r.expectSymbol(symClose)
	return s
}

// setOperator returns the precedence and the name of the set operator that t is; 0 if it is none.
func setOperator(t *token) (level int, name string) {
	if t.kind != tokenWord {
		return 0, ""
	}
	switch t.keyword {
	case kwUnion:
		return 1, "union"
	case kwExcept, kwMinus:
		return 1, "except"
	case kwIntersect:
		return 2, "intersect"
	case namedEnd, notKeyword:
	}
	return 0, ""
}

// term writes set operations by precedence. It reports whether it wrote a single SELECT block.
//
// MySQL's grammar has only UNION here. Another operator is a UNION whose right side is wrapped in a marked derived table.
func (r *rewriter) term(lowest int) (sole bool) {
	sole = r.queryPrimary()
	for {
		level, name := setOperator(r.tok())
		if level == 0 || level < lowest {
			return sole
		}
		sole = false
		from := r.tok().start
		r.p++
		all := r.acceptWords(kwAll)
		if !all {
			r.acceptWords(kwDistinct)
		}
		byName := name == "union" && r.acceptWords(kwBy, kwName)
		if all {
			r.put("union all")
		} else {
			r.put("union")
		}
		at := len(r.out)
		compound := !r.term(level + 1)
		switch {
		case name != "union" || byName:
			if byName {
				name = "by_name"
			}
			r.derive(at, name, from)
		case compound:
			r.derive(at, "q", from)
		}
	}
}

// derive makes what was written since at the derived table of a SELECT whose only item is a marker.
func (r *rewriter) derive(at int, marker string, from int32) {
	r.wrapText(at, ") from (")
	r.wraps[r.wrap(at, marker, from)].stop = r.lastEnd()
	r.wrapText(at, "select")
	r.put(") as " + anonymous)
}

// queryPrimary writes one operand of the set operators. It reports whether that is a SELECT block of the user's.
func (r *rewriter) queryPrimary() (block bool) {
	t := r.tok()
	switch {
	case t.is(symOpen):
		at := len(r.out)
		r.put("")
		r.p++
		r.isolated(r.query)
		r.expectSymbol(symClose)
		// Never MySQL's own parentheses: its parser lets an outer LIMIT overwrite the inner one.
		r.derive(at, "q", t.start)
	case t.word(kwValues):
		at := len(r.out)
		r.values()
		if r.isAlias() || r.isWords(kwAs) {
			r.wrapText(at, ") from (")
			r.wraps[r.wrap(at, "q", t.start)].stop = r.lastEnd()
			r.wrapText(at, "select")
			r.put(") as")
			r.tableAlias()
		} else {
			r.derive(at, "q", t.start)
		}
	case t.word(kwTable):
		m := r.openSelect()
		r.p++
		r.seal(m)
		r.put("from")
		r.name()
	case t.word(kwFrom):
		return r.fromFirst()
	case t.word(kwSelect):
		r.selectBlock(nil)
		return true
	case t.word(kwMap), t.word(kwReduce):
		if r.peek(1).kind == tokenEnd {
			r.fail()
		}
		r.unsupported("TRANSFORM", r.p)
	default:
		r.fail()
	}
	return false
}

func (r *rewriter) openSelect() int {
	r.put("select")
	return r.open("q")
}

// fromFirst writes FROM t SELECT a WHERE b, Hive's order of clauses, in MySQL's.
func (r *rewriter) fromFirst() (block bool) {
	at := len(r.out)
	start := r.tok().start
	r.fromClause()
	if r.isWords(kwMap) || r.isWords(kwReduce) {
		r.unsupported("TRANSFORM", r.p)
	}
	if !r.isWords(kwSelect) {
		from := r.cut(at)
		r.put("select")
		r.seal(r.add(pieceMarker, "q", start, 0))
		r.out = append(r.out, from...)
		return false
	}
	r.selectBlock(r.cut(at))
	return true
}

// selectBlock writes SELECT … HAVING …; from is the FROM clause if that came first.
func (r *rewriter) selectBlock(from []piece) {
	r.put("select")
	r.p++
	hints := len(r.out)
	r.hints()
	moved := r.cut(hints)
	if r.isWords(kwDistinct) && !r.peek(1).is(symComma) && !r.peek(1).is(symDot) && !r.peek(1).word(kwFrom) {
		r.p++
		r.put("distinct")
	} else if r.isWords(kwAll) && !r.peek(1).is(symComma) && !r.peek(1).is(symDot) && !r.peek(1).word(kwFrom) && r.peek(1).kind != tokenEnd {
		r.p++
	}
	if len(moved) > 0 {
		r.out = append(r.out, moved...)
		r.put(",")
	}
	r.list(r.selectItem)
	switch {
	case from != nil:
		r.out = append(r.out, from...)
		r.lateralViews(true)
	case r.isWords(kwFrom):
		r.fromClause()
	case r.isWords(kwLateral, kwView):
		r.put("from")
		r.lateralViews(false)
	}
	if r.acceptWords(kwWhere) {
		r.put("where")
		r.expr()
	}
	if r.isWords(kwGroup, kwBy) {
		r.groupBy()
	}
	r.having()
	if r.isWords(kwWindow) && r.peek(2).word(kwAs) {
		r.windows()
	}
}

// having writes HAVING and QUALIFY; MySQL has no place of its own for the latter.
func (r *rewriter) having() {
	at := -1
	if r.acceptWords(kwHaving) {
		r.put("having")
		at = len(r.out)
		r.expr()
	}
	if !r.isWords(kwQualify) {
		return
	}
	if at < 0 {
		r.put("having")
		at = len(r.out)
		r.put("''")
	}
	m := r.wrap(at, "qualify", r.tok().start)
	r.p++
	r.put(",")
	r.expr()
	r.sealWrap(m)
}

// hints writes /*+ name(args), … */ as the first item of the select list.
func (r *rewriter) hints() {
	if !r.isSymbol(symHintStart) {
		return
	}
	m := r.open("hints")
	n := 0
	for r.acceptSymbol(symHintStart) {
		for !r.acceptSymbol(symHintEnd) {
			if n > 0 {
				r.put(",")
			}
			n++
			h := r.open("hint")
			r.add(pieceWord, r.fieldName(), 0, 0)
			if r.acceptSymbol(symOpen) {
				for !r.isSymbol(symClose) {
					r.put(",")
					r.primary()
					if !r.acceptSymbol(symComma) {
						break
					}
				}
				r.expectSymbol(symClose)
			}
			r.seal(h)
			r.acceptSymbol(symComma)
		}
	}
	r.seal(m)
}

// selectItem writes an element of a select list.
func (r *rewriter) selectItem() {
	if r.isWords(kwTransform) && r.peek(1).is(symOpen) && r.transformUsing() {
		r.unsupported("TRANSFORM", r.p)
	}
	at, from := len(r.out), r.tok().start
	r.expr()
	as := r.acceptWords(kwAs)
	switch {
	case r.isSymbol(symOpen) && (as || r.peek(1).isName()):
		m := r.wrap(at, "aliases", from)
		r.put(",")
		r.add(pieceWord, r.columnNames(), 0, 0)
		r.sealWrap(m)
	case as || r.isAlias() || r.aliasBeforeEnd(): // which may be JOIN or UNION here, and not behind a relation
		start := r.tok().start
		name := r.aliasPart()
		r.put("as")
		r.add(pieceName, name, start, r.lastEnd())
	}
}

// transformUsing tells Hive's TRANSFORM(…) USING 'script' from the function transform.
func (r *rewriter) transformUsing() bool {
	t := &r.tokens[r.closing(r.p+1)]
	return t.word(kwUsing) || t.word(kwRow)
}

// windows writes WINDOW a AS (…), b AS (…).
func (r *rewriter) windows() {
	r.p++
	var names []string
	for {
		r.put("window") // MySQL's parser here wants the word before each
		t := r.tok()
		name := r.part()
		for _, n := range names {
			if strings.EqualFold(n, name) {
				panic(diag.New("INVALID_SQL_SYNTAX.REPETITIVE_WINDOW_DEFINITION", "windowName", "`"+name+"`").At(t.span()))
			}
		}
		names = append(names, name)
		r.add(pieceName, name, t.start, t.end)
		r.put("as")
		r.expectWord(kwAs)
		if r.isSymbol(symOpen) {
			r.windowSpec()
		} else {
			r.put("(")
			start := r.tok().start
			r.add(pieceName, r.part(), start, r.lastEnd())
			r.put(")")
		}
		if !r.acceptSymbol(symComma) && !r.acceptWords(kwWindow) {
			return
		}
		r.put(",")
	}
}

// groupBy writes GROUP BY.
func (r *rewriter) groupBy() {
	r.put("group by")
	r.p += 2
	at, from := len(r.out), r.tok().start
	if r.keywordAlone(kwAll) {
		r.seal(r.openConsumed("all"))
		return
	}
	plain := true
	r.list(func() { plain = r.groupItem() && plain })
	tail := r.isWords(kwWith, kwRollup) || r.isWords(kwWith, kwCube) || r.isWords(kwGrouping, kwSets)
	switch {
	case !tail:
	case !plain:
		r.fail()
	case r.isWords(kwWith):
		m := r.wrap(at, "with_"+lower(r.text(r.peek(1))), from)
		r.p += 2
		r.sealWrap(m)
	default: // GROUP BY a, b GROUPING SETS (…)
		r.wrap(at, "group_list", from)
		r.put("),")
		r.groupingSets()
	}
}

// openConsumed writes the start of a marker at the current token and consumes that.
func (r *rewriter) openConsumed(marker string) int {
	m := r.open(marker)
	r.p++
	return m
}

// keywordAlone reports whether the keyword is the current token and not the name of a column or function.
func (r *rewriter) keywordAlone(k keyword) bool {
	n := r.peek(1)
	return r.isWords(k) && !n.is(symComma) && !n.is(symDot) && !n.is(symOpen)
}

// groupItem writes an element of GROUP BY and reports whether it is a plain expression.
func (r *rewriter) groupItem() (plain bool) {
	switch {
	case r.isWords(kwGrouping, kwSets) && r.peek(2).is(symOpen):
		r.groupingSets()
	case (r.isWords(kwRollup) || r.isWords(kwCube)) && r.peek(1).is(symOpen):
		element := upper(r.text(r.tok()))
		m := r.open(lower(element))
		r.p += 2
		r.isolated(func() { r.list(func() { r.groupingSet(element) }) })
		r.expectSymbol(symClose)
		r.seal(m)
	default:
		at, from := len(r.out), r.tok().start
		r.expr()
		if r.acceptWords(kwAs) || r.isAlias() && !r.isWords(kwGrouping, kwSets) {
			r.aliasAround(at, from)
		}
		return true
	}
	return false
}

func (r *rewriter) groupingSets() {
	m := r.open("grouping_sets")
	r.p += 2
	r.expectSymbol(symOpen)
	r.isolated(func() { r.list(func() { r.groupingSet("") }) })
	r.expectSymbol(symClose)
	r.seal(m)
}

// groupingSet writes one element of ROLLUP, CUBE or GROUPING SETS; these may nest in GROUPING SETS. An empty set
// is an error in the element of that name.
func (r *rewriter) groupingSet(element string) {
	if !r.isSymbol(symOpen) {
		r.groupItem()
		return
	}
	if r.peek(1).is(symClose) {
		if element != "" {
			panic(diag.New("_LEGACY_ERROR_TEMP_0051", "element", element).At(r.tok().span().To(r.peek(1).span())))
		}
		m := r.open("set")
		r.p += 2
		r.seal(m)
		return
	}
	r.expr()
}

var organizationWords = setOf(kwOrder, kwSort, kwCluster, kwDistribute)

// organization writes ORDER BY, SORT BY, CLUSTER BY, DISTRIBUTE BY, WINDOW, LIMIT and OFFSET behind the body written since body.
func (r *rewriter) organization(body int, sole bool) {
	order, first := len(r.out), r.p
	var seen keywordSet
	n := 0
	for r.tok().oneOf(&organizationWords) && r.peek(1).word(kwBy) {
		k := r.tok().keyword
		if seen.has(k) {
			r.fail()
		}
		if seen.add(k); n > 0 && (seen.has(kwOrder) || seen.has(kwCluster)) {
			panic(diag.New("UNSUPPORTED_FEATURE.COMBINATION_QUERY_RESULT_CLAUSES").At(r.since(first)))
		}
		r.sortClause(n == 0)
		n++
	}
	if r.isWords(kwWindow) && r.peek(2).word(kwAs) {
		if !sole {
			r.unsupported("a WINDOW clause behind a set operation", r.p)
		}
		from := len(r.out)
		r.windows()
		r.moveBefore(order, from)
	}
	r.limit()
}

// sortClause writes one of the four BY clauses as (a part of) ORDER BY.
func (r *rewriter) sortClause(first bool) {
	r.put(",")
	if first {
		r.out[len(r.out)-1].text = "order by"
	}
	marker := ""
	if !r.isWords(kwOrder) {
		marker = lower(r.text(r.tok())) + "_by"
		m := r.open(marker)
		r.p += 2
		r.list(r.sortItemCall)
		r.seal(m)
		return
	}
	r.p += 2
	if !r.keywordAlone(kwAll) {
		r.list(r.sortItem)
		return
	}
	at, from := len(r.out), r.tok().start
	r.seal(r.openConsumed("all"))
	descending := false
	if !r.acceptWords(kwAsc) {
		descending = r.acceptWords(kwDesc)
	}
	r.nullOrder(at, from)
	if descending {
		r.put("desc")
	}
}

// limit writes LIMIT and OFFSET, in this order.
func (r *rewriter) limit() {
	limit := r.acceptWords(kwLimit)
	if limit {
		r.put("limit")
		if r.isWords(kwAll) {
			r.seal(r.openConsumed("all"))
		} else {
			r.expr()
		}
	}
	if !r.acceptWords(kwOffset) {
		return
	}
	if !limit {
		r.put("limit '' offset")
	} else {
		r.put("offset")
	}
	r.expr()
}

// values writes VALUES (1, 2), 3 as rows. A row of several columns is decoded from the row inside ROW.
func (r *rewriter) values() {
	r.put("values")
	r.p++
	r.list(func() {
		r.put("row(")
		r.expr()
		r.put(")")
	})
}
