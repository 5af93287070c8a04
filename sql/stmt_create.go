package sql

import (
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
)

// create reads CREATE [OR REPLACE] [[GLOBAL] TEMPORARY] VIEW.
func (r *rewriter) create() ast.Command {
	start := r.p
	c := &ast.CreateView{}
	r.p++
	c.Replace = r.acceptWords(kwOr, kwReplace)
	c.Global = r.acceptWords(kwGlobal)
	c.Temporary = r.acceptWords(kwTemporary) || r.acceptWords(kwTemp)
	if !r.acceptWords(kwView) {
		if r.tok().kind != tokenWord || c.Global {
			r.fail()
		}
		name := upper(r.text(r.tok()))
		if name == "EXTERNAL" && r.peek(1).word(kwTable) {
			name = "TABLE"
		}
		return r.unsupportedCommand("CREATE "+name, start)
	}
	if c.Global && !c.Temporary {
		r.fail()
	}
	c.IfNotExists = r.acceptWords(kwIf, kwNot, kwExists)
	c.Name = r.names()
	if c.Temporary && len(c.Name) > 1 {
		panic(diag.New("TEMP_VIEW_NAME_TOO_MANY_NAME_PARTS", "actualName", quoteName(c.Name)).At(r.since(start)))
	}
	if r.isSymbol(symOpen) {
		r.viewColumns(c)
	}
	if c.Temporary && r.acceptWords(kwUsing) {
		r.viewUsing(c)
	} else {
		r.viewClauses(c)
		r.expectWord(kwAs)
		c.Query, c.QueryText = r.viewQuery()
	}
	c.Span = r.since(start)
	return c
}

// viewColumns reads (a [COMMENT '…'], …).
func (r *rewriter) viewColumns(c *ast.CreateView) {
	open := r.p
	r.p++
	commented := false
	for {
		c.Columns = append(c.Columns, unescapePart.Replace(r.part()))
		comment := ""
		switch {
		case r.acceptWords(kwComment):
			comment, commented = r.stringValue(), true
		case r.tok().isName():
			if end := r.closing(open); r.tokens[end].word(kwUsing) {
				r.unsupported("a schema in CREATE TEMPORARY VIEW … USING", open)
			}
			r.fail()
		}
		c.Comments = append(c.Comments, comment)
		if !r.acceptSymbol(symComma) {
			break
		}
	}
	if !commented {
		c.Comments = nil
	}
	r.expectSymbol(symClose)
}

// viewUsing reads what follows USING: the format and its options.
func (r *rewriter) viewUsing(c *ast.CreateView) {
	c.Using = strings.Join(r.names(), ".")
	if r.acceptWords(kwOptions) {
		c.Options = r.properties()
	}
}

// viewClauses reads COMMENT and TBLPROPERTIES, each at most once, and the schema binding of a persistent view, which
// says what to do when the columns of its tables change later.
func (r *rewriter) viewClauses(c *ast.CreateView) {
	var seen keywordSet
	for {
		t := r.tok()
		switch {
		case t.word(kwComment), t.word(kwTblproperties):
			if seen.has(t.keyword) {
				panic(diag.New("DUPLICATE_CLAUSES", "clauseName", namedKeywordText[t.keyword-1]).At(t.span()))
			}
			seen.add(t.keyword)
			r.p++
			if t.keyword == kwComment {
				c.Comment = r.stringValue()
			} else {
				r.properties()
			}
		case r.isWords(kwWith, kwSchema) && !c.Temporary:
			r.p += 2
			for r.tok().kind == tokenWord && !r.isWords(kwAs) {
				r.p++
			}
		case r.isText("DEFAULT"):
			r.unsupported("DEFAULT COLLATION of a view", r.p)
		default:
			return
		}
	}
}
