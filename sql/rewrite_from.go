package sql

import (
	"strings"

	"github.com/kilnql/kiln/diag"
)

// fromClause writes FROM. Spark joins from the left, commas included, so a comma is written as a join.
func (r *rewriter) fromClause() {
	r.put("from")
	r.p++
	at := len(r.out)
	r.relation(at)
	for r.acceptSymbol(symComma) {
		r.put("join")
		r.relation(at)
	}
	for {
		r.lateralViews(true)
		if !r.pivots(at) {
			return
		}
	}
}

// relation writes a table with its joins and pivots; these apply to all that was written since at.
func (r *rewriter) relation(at int) {
	r.enter()
	r.relationPrimary()
	for r.join() || r.pivots(at) {
	}
	r.depth--
}

// lateralViews writes LATERAL VIEW as a join with a marked lateral derived table.
func (r *rewriter) lateralViews(join bool) {
	for r.isWords(kwLateral, kwView) {
		if join {
			r.put("join")
		}
		join = true
		r.put("lateral (select")
		m := r.open("view")
		r.p += 2
		if r.acceptWords(kwOuter) {
			r.out[m].text = "view_outer"
		}
		start := r.tok().start
		name := r.nameParts()
		if !r.isSymbol(symOpen) {
			r.fail()
		}
		r.call(name, start)
		r.seal(m)
		r.put(") as")
		start = r.tok().start
		alias := ""
		if r.isAlias() {
			alias = r.part()
		}
		if r.acceptWords(kwAs) || r.isAlias() {
			for {
				alias += aliasSeparator + r.part()
				if !r.acceptSymbol(symComma) {
					break
				}
			}
		}
		r.add(pieceName, alias, start, r.lastEnd())
	}
}

// tableAlias writes an alias with its columns as one identifier. It may be empty. Where it is called a sample has been read, or
// cannot stand: TABLESAMPLE is a name then.
func (r *rewriter) tableAlias() {
	s := ""
	start := r.tok().start
	if r.acceptWords(kwAs) || r.isAlias() || r.isWords(kwTablesample) {
		start = r.tok().start
		s = r.part()
		if r.isSymbol(symOpen) {
			s += r.columnNames()
		}
	}
	r.add(pieceName, s, start, r.lastEnd())
}

// relationTail writes the sample and the alias of the relation written since at. MySQL wants an alias for each derived table.
func (r *rewriter) relationTail(at int, from int32, derived bool) {
	switch t := r.tok(); {
	case t.word(kwFor) && r.peek(2).word(kwAs) && r.peek(3).word(kwOf),
		(t.word(kwVersion) || t.word(kwTimestamp) || t.word(kwSystemTime) || t.word(kwSystemVersion)) && r.peek(1).word(kwAs) && r.peek(2).word(kwOf):
		r.unsupported("time travel", r.p)
	case t.word(kwWith) && r.peek(1).is(symOpen):
		r.unsupported("table options", r.p)
	case t.word(kwTablesample) && r.peek(1).is(symOpen):
		if derived {
			r.put("as " + anonymous)
		}
		r.sample(at, from)
		derived = true
	}
	if r.isWords(kwAs) || r.isAlias() {
		r.put("as")
		r.tableAlias()
	} else if derived {
		r.put("as " + anonymous)
	}
}

// sample writes TABLESAMPLE around the relation written since at, which is (select k:sample(…) from <it>).
func (r *rewriter) sample(at int, from int32) {
	mark := len(r.out)
	r.put("(select")
	m := r.add(pieceMarker, "sample_percent", from, 0)
	r.p += 2
	if r.acceptWords(kwBucket) {
		r.out[m].text = "sample_bucket"
		r.number()
		r.put(",")
		r.expectWord(kwOut)
		r.expectWord(kwOf)
		r.number()
		if r.isWords(kwOn) {
			r.unsupported("TABLESAMPLE BUCKET … ON", r.p)
		}
	} else {
		r.expr()
		switch {
		case r.acceptWords(kwPercent):
		case r.acceptWords(kwRows):
			r.out[m].text = "sample_rows"
		default:
			r.out[m].text = "sample_bytes"
		}
	}
	r.expectSymbol(symClose)
	if r.acceptWords(kwRepeatable) {
		r.expectSymbol(symOpen)
		r.put(",")
		r.expr()
		r.expectSymbol(symClose)
	}
	r.seal(m)
	r.put("from")
	r.moveBefore(at, mark)
	r.put(")")
}

// relationPrimary writes one relation with its alias.
func (r *rewriter) relationPrimary() {
	r.enter()
	defer func() { r.depth-- }()
	at, t := len(r.out), r.tok()
	lateral := r.isWords(kwLateral)
	if lateral {
		r.p++
	}
	switch first := r.tok(); {
	case first.is(symOpen) && r.queryInside(r.p):
		r.put("(")
		if lateral {
			r.out[at].text = "lateral ("
		}
		r.p++
		r.isolated(r.query)
		r.put(")")
		r.expectSymbol(symClose)
		r.relationTail(at, t.start, true)
		return
	case first.isName() && r.functionFollows() && !(first.word(kwValues) && r.queryAt(r.p)):
		r.tableFunction(lateral, t.start)
		return
	case lateral:
		panic(diag.New("INVALID_SQL_SYNTAX.LATERAL_WITHOUT_SUBQUERY_OR_TABLE_VALUED_FUNC").At(first.span()))
	case first.is(symOpen):
		r.parenthesizedRelation(at, t.start)
		return
	case first.word(kwValues) && r.queryAt(r.p):
		r.put("(")
		r.values()
		r.put(") as")
		r.tableAlias()
		return
	case first.kind == tokenString && r.source[first.start] == '\'': // FROM 'file.parquet'
		r.put("")
		r.p++
		r.out[at] = piece{kind: pieceName, text: pathMark + escapePart.Replace(stringText(r.source, t)), start: t.start, stop: t.end}
		r.relationTail(at, t.start, false)
		return
	case first.kind == tokenString && r.source[first.start] == '"':
		text := stringText(r.source, first)
		panic(syntaxError(tokenDisplay(r.source, first), "", first.span()).Advise("a file's path is written in single quotes, FROM '" + text + "', and a name in backticks."))
	case first.kind == tokenWord && !r.peek(1).is(symDot) && (clauseWords.has(first.keyword) || joinWords.has(first.keyword)):
		r.fail()
	case first.word(kwStream) && r.peek(1).isName() && !r.peek(1).word(kwAs) && !r.peek(2).isName():
		if next := r.peek(1); next.kind == tokenQuoted || !clauseWords.has(next.keyword) && !joinWords.has(next.keyword) {
			r.unsupported("STREAM", r.p)
		}
	}
	r.refusePath()
	r.name()
	r.relationTail(at, t.start, false)
}

// functionFollows reports whether the current token starts a call: a (qualified) name and '('.
func (r *rewriter) functionFollows() bool {
	i := 1
	for r.peek(i).is(symDot) && r.peek(i+1).isName() {
		i += 2
	}
	return r.peek(i).is(symOpen)
}

// tableFunction writes f(…) in FROM as a marked lateral derived table.
func (r *rewriter) tableFunction(lateral bool, from int32) {
	r.put("lateral (select")
	m := r.add(pieceMarker, "tvf", from, 0)
	if lateral {
		r.out[m].text = "tvf_lateral"
	}
	start := r.tok().start
	name := r.nameParts()
	r.call(name, start)
	r.seal(m)
	r.put(") as")
	if r.isWords(kwAs) || r.isAlias() || r.isWords(kwTablesample) {
		r.tableAlias()
	} else {
		r.put(anonymous)
	}
}

// parenthesizedRelation writes (a JOIN b); with an alias or a sample it is a derived table.
func (r *rewriter) parenthesizedRelation(at int, from int32) {
	r.put("(")
	r.p++
	inner := len(r.out)
	r.isolated(func() { r.relation(inner) })
	r.put(")")
	r.expectSymbol(symClose)
	if r.isWords(kwAs) || r.isAlias() || r.isWords(kwTablesample) {
		r.wraps[r.wrap(at, "q", from)].stop = r.lastEnd()
		r.wrapText(at, "(select")
		r.out[at].text = ") from ("
		r.put(")")
		r.relationTail(at, from, true)
	}
}

// joinKind is a join as Spark spells it.
type joinKind struct {
	words []keyword
	name  string // of the marker; "" for what MySQL knows
	text  string
}

var joinKinds = []joinKind{
	{[]keyword{kwInner}, "", "join"},
	{[]keyword{kwCross}, "cross", "join"},
	{[]keyword{kwLeft, kwSemi}, "semi", "left join"}, {[]keyword{kwSemi}, "semi", "left join"},
	{[]keyword{kwLeft, kwAnti}, "anti", "left join"}, {[]keyword{kwAnti}, "anti", "left join"},
	{[]keyword{kwLeft, kwOuter}, "", "left join"}, {[]keyword{kwLeft}, "", "left join"},
	{[]keyword{kwRight, kwOuter}, "", "right join"}, {[]keyword{kwRight}, "", "right join"},
	{[]keyword{kwFull, kwOuter}, "full", "left join"}, {[]keyword{kwFull}, "full", "left join"},
	{nil, "", "join"},
}

// join writes one join, and reports whether there was one. What MySQL has no join for is a marker in ON.
func (r *rewriter) join() bool {
	save := r.p
	natural := r.acceptWords(kwNatural)
	var kind *joinKind
	for i := range joinKinds {
		if k := &joinKinds[i]; r.isWords(k.words...) && r.peek(len(k.words)).word(kwJoin) {
			kind = k
			break
		}
	}
	if kind == nil {
		if r.p += r.joinWordsHere(); r.p == save {
			return false
		}
		hint := ""
		if r.tok().kind != tokenEnd {
			hint = ": missing 'JOIN'"
		}
		r.failAt(r.p, hint)
	}
	from := r.tokens[save].start
	r.p += len(kind.words) + 1
	text := kind.text
	name := kind.name
	if natural {
		if name == "" {
			name = map[string]string{"join": "inner", "left join": "left", "right join": "right"}[text]
		}
		name, text = "natural_"+name, "left join"
	}
	r.put(text)
	lateral := r.isWords(kwLateral)
	r.relationPrimary()
	mark := func() int {
		r.put("on")
		return r.add(pieceMarker, name, from, 0)
	}
	switch {
	case natural:
		r.seal(mark())
	case r.isWords(kwOn):
		r.p++
		if name == "" {
			r.put("on")
			r.expr()
			break
		}
		m := mark()
		r.expr()
		r.seal(m)
	case r.isWords(kwUsing):
		if lateral {
			panic(diag.New("UNSUPPORTED_FEATURE.LATERAL_JOIN_USING").At(diag.Span{Start: from, Stop: r.tok().end}))
		}
		r.joinUsing(name, from)
	case name != "":
		r.seal(mark())
	case text != "join":
		name = "none"
		r.seal(mark())
	}
	return true
}

// joinWordsHere counts the words of a join kind at the current token, which no JOIN follows.
func (r *rewriter) joinWordsHere() int {
	for i := range joinKinds {
		if k := &joinKinds[i]; k.words != nil && r.isWords(k.words...) {
			return len(k.words)
		}
	}
	return 0
}

// joinUsing writes USING (a, b).
func (r *rewriter) joinUsing(name string, from int32) {
	r.p++
	r.expectSymbol(symOpen)
	m := -1
	if name != "" {
		r.put("on")
		m = r.add(pieceMarker, name+"_using", from, 0)
	} else {
		r.put("using (")
	}
	r.list(func() {
		start := r.tok().start
		r.add(pieceName, r.part(), start, r.lastEnd())
	})
	r.expectSymbol(symClose)
	if m >= 0 {
		r.seal(m)
	} else {
		r.put(")")
	}
}

// pivots writes PIVOT around the relation written since at.
func (r *rewriter) pivots(at int) (any bool) {
	for {
		switch {
		case r.isWords(kwUnpivot) && !r.isAlias():
			r.unsupported("UNPIVOT", r.p)
		case !r.isWords(kwPivot) || !r.peek(1).is(symOpen):
			return any
		}
		any = true
		r.pivot(at)
		r.relationTail(at, 0, true)
	}
}

// pivot writes PIVOT (aggregates FOR columns IN (values)) as (select k:pivot(…) from <relation>).
func (r *rewriter) pivot(at int) {
	mark := len(r.out)
	r.put("(select")
	m := r.open("pivot")
	r.p += 2
	part := func(name string, f func()) {
		p := r.open(name)
		f()
		r.seal(p)
	}
	part("set", func() { r.list(func() { r.namedExpr() }) })
	r.put(",")
	r.expectWord(kwFor)
	part("set", r.pivotColumns)
	r.put(",")
	r.expectWord(kwIn)
	r.expectSymbol(symOpen)
	part("set", func() { r.list(func() { r.namedExpr() }) })
	r.expectSymbol(symClose)
	r.expectSymbol(symClose)
	r.seal(m)
	r.put("from")
	r.moveBefore(at, mark)
	r.put(")")
}

func (r *rewriter) pivotColumns() {
	if !r.acceptSymbol(symOpen) {
		r.name()
		return
	}
	r.list(r.name)
	r.expectSymbol(symClose)
}

// refusePath stops at a path without quotes, a/file.parquet or ./file.parquet, with the hint that it wants them. No table's name goes
// on with a slash.
func (r *rewriter) refusePath() {
	start := r.tok().start
	path := r.source[start:]
	if end := strings.IndexAny(path, " \t\r\n;,()'\"`"); end >= 0 {
		path = path[:end]
	}
	slash := int32(strings.IndexByte(path, '/'))
	if slash < 0 || strings.Contains(path, "/*") || strings.Contains(path, "--") {
		return
	}
	for i := r.p; i < len(r.tokens); i++ {
		if t := &r.tokens[i]; !t.isName() && t.end > start && (t.start == start || t.start == start+slash) {
			panic(syntaxError(tokenDisplay(r.source, t), "", t.span()).Advise("a file's path is written in single quotes: FROM '" + path + "'."))
		}
	}
}
