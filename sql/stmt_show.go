package sql

import (
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
)

// show reads SHOW TABLES, VIEWS, FUNCTIONS, COLUMNS and DATABASES.
func (r *rewriter) show() ast.Command {
	start := r.p
	r.p++
	switch t := r.tok(); {
	case t.word(kwTables), t.word(kwViews):
		r.p++
		c := &ast.ShowTables{Views: t.word(kwViews), Database: r.inDatabase()}
		c.Pattern = r.likePattern()
		c.Span = r.since(start)
		return c
	case t.word(kwDatabases), t.word(kwSchemas), t.word(kwNamespaces):
		r.p++
		if r.inDatabase() != nil {
			r.unsupported("SHOW DATABASES IN", start)
		}
		c := &ast.ShowDatabases{Pattern: r.likePattern()}
		c.Span = r.since(start)
		return c
	case t.word(kwColumns):
		return r.showColumns(start)
	case t.word(kwFunctions), t.kind == tokenWord && r.peek(1).word(kwFunctions):
		return r.showFunctions(start)
	case t.kind != tokenWord:
		r.fail()
	}
	name := "SHOW " + upper(r.text(r.tok()))
	if !otherShows[name[5:]] {
		r.fail()
	}
	if n := r.peek(1); n.kind == tokenWord && (r.isWords(kwCreate) || r.isWords(kwCurrent) || r.isWords(kwTable)) {
		name += " " + upper(r.text(n))
	}
	return r.unsupportedCommand(name, start)
}

// otherShows are what SHOW can show in Spark but not in kiln.
var otherShows = map[string]bool{"CATALOGS": true, "COLLATIONS": true, "COMPACTIONS": true, "CREATE": true, "CURRENT": true, "GRANT": true, "INDEX": true,
	"INDEXES": true, "LOCKS": true, "PARTITIONS": true, "PRINCIPALS": true, "PROCEDURES": true, "ROLE": true, "ROLES": true, "TABLE": true, "TBLPROPERTIES": true,
	"TRANSACTIONS": true, "VARIABLES": true}

// inDatabase reads an optional IN or FROM with a name.
func (r *rewriter) inDatabase() []string {
	if r.acceptWords(kwIn) || r.acceptWords(kwFrom) {
		return r.names()
	}
	return nil
}

// likePattern reads an optional [LIKE] 'pattern'.
func (r *rewriter) likePattern() string {
	if r.acceptWords(kwLike) || r.tok().kind == tokenString {
		return r.stringValue()
	}
	return ""
}

func (r *rewriter) showColumns(start int) ast.Command {
	r.p++
	if !r.isWords(kwIn) && !r.isWords(kwFrom) {
		r.fail()
	}
	c := &ast.ShowColumns{Table: r.inDatabase()}
	if database := r.inDatabase(); database != nil {
		if n := len(c.Table); n > 1 && !strings.EqualFold(strings.Join(c.Table[:n-1], "."), strings.Join(database, ".")) {
			panic(diag.New("SHOW_COLUMNS_WITH_CONFLICT_NAMESPACE", "namespaceA", quoteName(database), "namespaceB", quoteName(c.Table[:n-1])).At(r.since(start)))
		}
		c.Table = append(database, c.Table[len(c.Table)-1])
	}
	c.Span = r.since(start)
	return c
}

// quoteName is how messages quote a name of several parts.
func quoteName(parts []string) string { return "`" + strings.Join(parts, "`.`") + "`" }

func (r *rewriter) showFunctions(start int) ast.Command {
	c := &ast.ShowFunctions{Scope: "ALL"}
	if !r.isWords(kwFunctions) {
		c.Scope = upper(r.text(r.tok()))
		switch c.Scope {
		case "ALL", "SYSTEM", "USER":
		default:
			panic(diag.New("INVALID_SQL_SYNTAX.SHOW_FUNCTIONS_INVALID_SCOPE", "scope", r.text(r.tok())).At(r.tok().span()))
		}
		r.p++
	}
	r.p++
	if r.inDatabase() != nil {
		r.unsupported("SHOW FUNCTIONS IN", start)
	}
	if r.tok().isName() && !r.isWords(kwLike) || r.isWords(kwLike) && r.peek(1).isName() { // the old form: a name
		r.acceptWords(kwLike)
		parts := r.names()
		c.Pattern = parts[len(parts)-1]
	} else {
		c.Pattern = r.likePattern()
	}
	c.Span = r.since(start)
	return c
}

// describe reads DESCRIBE FUNCTION, DESCRIBE [QUERY] query and DESCRIBE [TABLE] name.
func (r *rewriter) describe() ast.Command {
	start := r.p
	r.p++
	switch {
	case r.isWords(kwFunction) && !r.followsName():
		return r.describeFunction(start)
	case (r.isWords(kwDatabase) || r.isWords(kwSchema) || r.isWords(kwNamespace)) && !r.followsName():
		return r.unsupportedCommand("DESCRIBE "+upper(r.text(r.tok())), start)
	case r.isWords(kwQuery) && !r.followsName():
		r.p++
	case r.isWords(kwTable), !r.queryAt(r.p):
		return r.describeTable(start)
	}
	c := &ast.DescribeQuery{Query: r.parseQuery()}
	c.Span = r.since(start)
	return c
}

// followsName reports whether the current keyword is itself the name that DESCRIBE is about.
func (r *rewriter) followsName() bool {
	n := r.peek(1)
	return n.kind == tokenEnd || n.is(symSemicolon) || n.is(symDot)
}

func (r *rewriter) describeFunction(start int) ast.Command {
	r.p++
	c := &ast.DescribeFunction{}
	if r.isWords(kwExtended) && !r.followsName() {
		r.p++
		c.Extended = true
	}
	switch t := r.tok(); {
	case t.kind == tokenString:
		c.Name = []string{r.stringValue()}
	case t.kind == tokenSymbol:
		r.p++
		c.Name = []string{r.text(t)}
	default:
		c.Name = r.names()
	}
	c.Span = r.since(start)
	return c
}

func (r *rewriter) describeTable(start int) ast.Command {
	c := &ast.DescribeTable{}
	if r.isWords(kwTable) && !r.followsName() {
		r.p++
	}
	if (r.isWords(kwExtended) || r.isWords(kwFormatted)) && !r.followsName() {
		r.p++
		c.Extended = true
	}
	c.Table = r.names()
	switch {
	case r.isWords(kwPartition) && r.peek(1).is(symOpen):
		r.unsupported("DESCRIBE … PARTITION", r.p)
	case r.isWords(kwAs):
		r.unsupported("DESCRIBE … AS JSON", r.p)
	case r.tok().isName():
		c.Column = r.names()
	}
	c.Span = r.since(start)
	return c
}
