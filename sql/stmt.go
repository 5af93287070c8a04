package sql

import (
	"strings"

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
	return s
}

// statement reads the statement at the current token. It is a query or a command.
func (r *rewriter) statement() *ast.Statement {
	s := &ast.Statement{Text: r.source}
	if s.Command = r.command(); s.Command == nil {
		s.Query = r.parseQuery()
	}
	s.Named, s.NamedAt = r.named, r.namedAt
	for _, at := range r.parameters {
		s.Parameters = append(s.Parameters, diag.Span{Start: at, Stop: at + 1})
	}
	return s
}

// command reads a command; nil if a query stands here.
func (r *rewriter) command() ast.Command {
	t := r.tok()
	if t.is(symOpen) {
		return nil
	}
	if t.kind != tokenWord {
		r.fail()
	}
	start := r.p
	switch t.keyword {
	case kwSelect, kwValues, kwTable, kwMap, kwReduce:
		return nil
	case kwFrom:
		if r.multiInsert(r.p) {
			return r.unsupportedCommand("INSERT", start)
		}
		return nil
	case kwWith:
		return r.commandAfterWith()
	case kwExplain:
		return r.explain()
	case kwShow:
		return r.show()
	case kwDesc, kwDescribe:
		return r.describe()
	case kwSet:
		return r.set()
	case kwReset:
		return r.reset()
	case kwCreate:
		return r.create()
	case kwDrop:
		return r.drop()
	case kwCache:
		return r.cache()
	case kwUncache:
		r.p++
		r.expectWord(kwTable)
		exists := r.acceptWords(kwIf, kwExists)
		c := &ast.UncacheTable{IfExists: exists, Name: r.names()}
		c.Span = r.since(start)
		return c
	case kwClear:
		r.p++
		r.expectWord(kwCache)
		c := &ast.ClearCache{}
		c.Span = r.since(start)
		return c
	case kwUse:
		return r.use()
	}
	return r.otherCommand()
}

// since is the source range from token i to the last one consumed.
func (r *rewriter) since(i int) diag.Span {
	return diag.Span{Start: r.tokens[i].start, Stop: max(r.lastEnd(), r.tokens[i].end)}
}

// names reads a.b.c.
func (r *rewriter) names() []string { return splitNames(r.nameParts(), partSeparator) }

// isText reports whether the current token is this word, which the lexer has no id for.
func (r *rewriter) isText(upperWord string) bool {
	t := r.tok()
	return t.kind == tokenWord && strings.EqualFold(r.text(t), upperWord)
}

// stringValue reads a string literal.
func (r *rewriter) stringValue() string {
	t := r.tok()
	if t.kind != tokenString {
		r.fail()
	}
	r.p++
	return stringText(r.source, t)
}

// otherCommands are the first words of the statements that kiln knows of but does not run, each with how
// many of its words name it.
var otherCommands = map[string]int{
	"ADD": 2, "ALTER": 2, "ANALYZE": 2, "BEGIN": 1, "CALL": 1, "COMMENT": 2, "COMMIT": 1, "DECLARE": 1, "DELETE": 1, "DFS": 1, "EXECUTE": 2,
	"EXPORT": 2, "GRANT": 1, "IMPORT": 2, "INSERT": 1, "LIST": 2, "LOAD": 2, "LOCK": 2, "MERGE": 1, "MSCK": 2, "REFRESH": 1, "REPAIR": 2,
	"REPLACE": 2, "REVOKE": 1, "ROLLBACK": 1, "START": 2, "TRUNCATE": 2, "UNLOCK": 2, "UPDATE": 1,
}

func (r *rewriter) otherCommand() ast.Command {
	start := r.p
	name := upper(r.text(r.tok()))
	words, known := otherCommands[name]
	if !known {
		r.fail()
	}
	if words == 2 && r.peek(1).kind == tokenWord {
		name += " " + upper(r.text(r.peek(1)))
	}
	return r.unsupportedCommand(name, start)
}

// unsupportedCommand skips the rest of a statement that kiln does not run.
func (r *rewriter) unsupportedCommand(name string, start int) ast.Command {
	for r.tok().kind != tokenEnd && !(r.isSymbol(symSemicolon) && name != "BEGIN") {
		r.p++
	}
	c := &ast.Unsupported{Name: name}
	c.Span = r.since(start)
	return c
}

// multiInsert reports whether Hive's FROM t INSERT … stands at token i.
func (r *rewriter) multiInsert(i int) bool {
	for ; i < len(r.tokens)-1; i++ {
		switch t := &r.tokens[i]; {
		case t.is(symOpen):
			i = r.closing(i) - 1
		case t.word(kwSelect), t.is(symSemicolon):
			return false
		case t.word(kwInsert) && (r.tokens[i+1].word(kwInto) || r.tokens[i+1].word(kwOverwrite)):
			return true
		}
	}
	return false
}

// commandAfterWith tells WITH … INSERT from a query.
func (r *rewriter) commandAfterWith() ast.Command {
	i := r.p + 1
	last := len(r.tokens) - 1
	for i < last {
		for i < last && r.tokens[i].isName() { // [RECURSIVE] name … AS
			i++
		}
		for i < last && r.tokens[i].is(symOpen) {
			i = r.closing(i)
			if i < last && r.tokens[i].word(kwAs) {
				i++
			}
		}
		if !r.tokens[i].is(symComma) {
			break
		}
		i++
	}
	t := &r.tokens[i]
	if t.kind != tokenWord {
		return nil
	}
	switch name := upper(r.text(t)); name {
	case "INSERT", "UPDATE", "DELETE", "MERGE":
		return r.unsupportedCommand(name, r.p)
	case "FROM":
		if r.multiInsert(i) {
			return r.unsupportedCommand("INSERT", r.p)
		}
	}
	return nil
}

func (r *rewriter) explain() ast.Command {
	c := &ast.Explain{}
	start := r.p
	r.p++
	switch {
	case r.acceptWords(kwExtended):
		c.Mode = ast.ExplainExtended
	case r.acceptWords(kwCodegen):
		c.Mode = ast.ExplainCodegen
	case r.acceptWords(kwCost):
		c.Mode = ast.ExplainCost
	case r.acceptWords(kwFormatted):
		c.Mode = ast.ExplainFormatted
	case r.isText("LOGICAL"):
		r.unsupported("EXPLAIN LOGICAL", r.p)
	case r.isText("VERBOSE"):
		r.p++
		c.Mode = ast.ExplainVerbose
	case r.isWords(kwAnalyze) && !(r.peek(1).word(kwTable) || r.peek(1).word(kwTables)):
		r.p++
		c.Mode = ast.ExplainAnalyze
	}
	c.Statement = r.statement()
	c.Span = r.since(start)
	return c
}

// set reads SET, SET -v, SET key, SET key = value and SET TIME ZONE. A value is whatever text follows the '='.
func (r *rewriter) set() ast.Command {
	start := r.p
	r.p++
	c := &ast.Set{}
	switch t := r.tok(); {
	case r.atEnd():
	case t.is(symMinus) && strings.EqualFold(r.text(r.peek(1)), "v"):
		r.p += 2
		c.Verbose = true
	case r.isWords(kwTime, kwZone):
		r.p += 2
		r.timeZone(c)
	case (r.isText("VAR") || r.isText("VARIABLE")) && !r.peek(1).is(symDot) && !r.peek(1).is(symEqual):
		return r.unsupportedCommand("SET VARIABLE", start)
	case r.isText("CATALOG") && r.peek(1).isName():
		return r.unsupportedCommand("SET CATALOG", start)
	default:
		r.setKey(c, start)
	}
	c.Span = r.since(start)
	return c
}

func (r *rewriter) atEnd() bool { return r.tok().kind == tokenEnd || r.isSymbol(symSemicolon) }

func (r *rewriter) timeZone(c *ast.Set) {
	c.Key = "spark.sql.session.timeZone"
	switch t := r.tok(); {
	case r.acceptWords(kwLocal):
		c.LocalZone = true
	case t.kind == tokenString:
		v := r.stringValue()
		c.Value = &v
	case t.word(kwInterval):
		c.TimeZone = r.parseExpression()
	default:
		r.fail()
	}
}

func (r *rewriter) setKey(c *ast.Set, start int) {
	invalid := func() {
		for !r.atEnd() {
			r.p++
		}
		panic(diag.New("INVALID_SET_SYNTAX").At(r.since(start)))
	}
	c.Key = r.settingKey()
	if c.Key == "" {
		invalid()
	}
	if r.atEnd() {
		return
	}
	if !r.acceptSymbol(symEqual) {
		invalid()
	}
	if t := r.tok(); t.kind == tokenQuoted && (r.peek(1).kind == tokenEnd || r.peek(1).is(symSemicolon)) {
		v := nameText(r.source, t)
		r.p++
		c.Value = &v
		return
	}
	from := r.lastEnd()
	for !r.atEnd() {
		r.p++
	}
	v := strings.TrimSpace(r.source[from:r.lastEnd()])
	c.Value = &v
}

// settingKey reads the key of a setting: a quoted name, or letters, digits, '_', '.' and ':' without blanks. It is "" if neither stands here.
func (r *rewriter) settingKey() string {
	t := r.tok()
	if t.kind == tokenQuoted {
		r.p++
		return nameText(r.source, t)
	}
	start, end := t.start, t.start
	for !r.atEnd() && r.tok().start == end {
		t := r.tok()
		if t.kind != tokenWord && t.kind != tokenNumber && !t.is(symDot) && !t.is(symColon) {
			break
		}
		end = t.end
		r.p++
	}
	return r.source[start:end]
}

func (r *rewriter) reset() ast.Command {
	start := r.p
	r.p++
	c := &ast.Reset{}
	if !r.atEnd() {
		if c.Key = r.settingKey(); c.Key == "" || !r.atEnd() {
			panic(diag.New("INVALID_RESET_COMMAND_FORMAT").At(r.since(start)))
		}
	}
	c.Span = r.since(start)
	return c
}

func (r *rewriter) drop() ast.Command {
	start := r.p
	r.p++
	if !r.isWords(kwView) && !r.isWords(kwTable) {
		if r.tok().kind != tokenWord {
			r.fail()
		}
		return r.unsupportedCommand("DROP "+upper(r.text(r.tok())), start)
	}
	c := &ast.DropView{Table: r.isWords(kwTable)}
	r.p++
	c.IfExists = r.acceptWords(kwIf, kwExists)
	c.Name = r.names()
	r.acceptWords(kwPurge)
	c.Span = r.since(start)
	return c
}

func (r *rewriter) cache() ast.Command {
	start := r.p
	r.p++
	c := &ast.CacheTable{Lazy: r.acceptWords(kwLazy)}
	r.expectWord(kwTable)
	c.Name = r.names()
	if r.acceptWords(kwOptions) {
		c.Options = r.properties()
	}
	if r.acceptWords(kwAs) || !r.atEnd() {
		c.Query, c.QueryText = r.viewQuery()
	}
	c.Span = r.since(start)
	return c
}

// viewQuery reads a query and keeps its text.
func (r *rewriter) viewQuery() (ast.Query, string) {
	from := r.tok().start
	q := r.parseQuery()
	return q, r.source[from:r.lastEnd()]
}

func (r *rewriter) use() ast.Command {
	start := r.p
	r.p++
	if (r.isWords(kwDatabase) || r.isWords(kwSchema) || r.isWords(kwNamespace)) && r.peek(1).isName() {
		r.p++
	}
	c := &ast.Use{Database: r.names()}
	c.Span = r.since(start)
	return c
}

// properties reads ( key = value, … ). A key is a dotted name or a string; the '=' may be missing.
func (r *rewriter) properties() map[string]string {
	m := map[string]string{}
	r.expectSymbol(symOpen)
	for {
		key := ""
		if r.tok().kind == tokenString {
			key = r.stringValue()
		} else {
			key = strings.Join(r.names(), ".")
		}
		r.acceptSymbol(symEqual)
		m[key] = r.propertyValue()
		if !r.acceptSymbol(symComma) {
			break
		}
	}
	r.expectSymbol(symClose)
	return m
}

func (r *rewriter) propertyValue() string {
	switch t := r.tok(); {
	case t.kind == tokenString:
		return r.stringValue()
	case t.kind == tokenNumber:
		r.p++
		return r.text(t)
	case t.word(kwTrue), t.word(kwFalse):
		r.p++
		return lower(r.text(t))
	}
	r.fail()
	return ""
}
