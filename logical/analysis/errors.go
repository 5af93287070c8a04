package analysis

import (
	"math"
	"slices"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/builtin"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// quoteName writes a name of several parts as Spark's messages do: `a`.`b`.
func quoteName(parts []string) string {
	quoted := make([]string, len(parts))
	for i, p := range parts {
		quoted[i] = "`" + strings.ReplaceAll(p, "`", "``") + "`"
	}
	return strings.Join(quoted, ".")
}

// quoteSQL puts expressions and types of messages in quotes, as Spark does.
func quoteSQL(text string) string { return `"` + text + `"` }

// sqlOf is an expression as messages quote it.
func sqlOf(e expr.Expr) string { return quoteSQL(expr.Pretty(e)) }

// fullSQL prints an expression with the qualifiers of its columns, and columns of queries around this one as such.
func (s *site) fullSQL(e expr.Expr) string {
	return expr.SQL(expr.ReplaceColumns(e, func(c *expr.Column) expr.Expr {
		n := *c
		if v, ok := s.relation.byID(c.ID); ok {
			n.Name = v.fullName()
		} else if s.env.outer != nil {
			if v, ok := s.env.outer.site.relation.byID(c.ID); ok {
				n.Name = "outer(" + v.fullName() + ")"
			}
		}
		return &n
	}))
}

func (v visible) fullName() string {
	return strings.Join(append(slices.Clip(v.qualifier), v.Name), ".")
}

// text is an unbound expression as messages quote it.
func (s *site) text(e ast.Expr) string {
	n := namer{site: s}
	return quoteSQL(n.expr(e))
}

func ambiguousReference(parts []string, found []visible) *diag.Error {
	names := make([]string, len(found))
	for i, c := range found {
		names[i] = quoteName(append(slices.Clip(c.qualifier), c.Name))
	}
	return diag.New("AMBIGUOUS_REFERENCE", "name", quoteName(parts), "referenceNames", "["+strings.Join(names, ", ")+"]")
}

// suggestedNames is how many candidates an error lists.
const suggestedNames = 5

// unresolvedColumn is the error for a name that nothing has, with the nearest that something has.
func (s *site) unresolvedColumn(n *ast.Name) error {
	if slices.ContainsFunc(n.Parts, func(part string) bool { return strings.EqualFold(part, "_metadata") }) {
		return diag.Unsupported("the hidden column _metadata of tables of files").At(n.Place())
	}
	var names []string
	parts := map[string][]string{}
	known := s.relation
	if s.sorts && s.block != nil {
		known = &relation{columns: visibleItems(s.block.items)} // what there is to sort by comes from the SELECT list
	}
	kept := known.commonQualifier(len(n.Parts))
	for _, c := range known.columns {
		p := append(slices.Clip(c.qualifier), c.Name)
		p = p[max(0, len(p)-kept):]
		text := strings.Join(p, ".")
		parts[text] = p
		names = append(names, text)
	}
	e := diag.New("UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", "objectName", quoteName(n.Parts))
	if len(names) > 0 {
		near := diag.Nearest(strings.Join(n.Parts, "."), names, suggestedNames)
		quoted := make([]string, len(near))
		for i, name := range near {
			quoted[i] = quoteName(parts[name])
		}
		e = diag.New("UNRESOLVED_COLUMN.WITH_SUGGESTION", "objectName", quoteName(n.Parts), "proposal", strings.Join(quoted, ", "))
		e.Suggestions = slices.Compact(near) // the same ones are equally near, and so neighbours
	}
	return e.At(n.Place())
}

// commonQualifier is how many last parts of full column names a suggestion shows for a name of n parts: the column alone if
// all are of one table, table and column if all are of one database.
func (r *relation) commonQualifier(n int) int {
	same := func(drop int) bool {
		prefix := func(c visible) []string { return c.qualifier[:max(0, len(c.qualifier)-drop)] }
		return !slices.ContainsFunc(r.columns, func(c visible) bool { return !slices.Equal(prefix(c), prefix(r.columns[0])) })
	}
	switch {
	case n == 1 && same(0):
		return 1
	case n <= 2 && same(1):
		return 2
	}
	return math.MaxInt
}

// OuterError says that a DataFrame refers to columns of a query around it, and so has no meaning by itself: it is not a
// mistake until it is run.
type OuterError struct{ Name *ast.Name }

// Error is the message of the error as users see it.
func (e *OuterError) Error() string { return e.Unwrap().Error() }

// Unwrap gives the error as users see it, when the DataFrame is run: no query around has the column.
func (e *OuterError) Unwrap() error {
	err := diag.New("UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", "objectName", quoteName(e.Name.Parts)).At(e.Name.Place())
	return err.Advise("it is marked as a column of a query around this one, in which Exists, Scalar or In put this one.")
}

func ambiguousAlias(parts []string, n int) *diag.Error {
	return diag.New("AMBIGUOUS_LATERAL_COLUMN_ALIAS", "name", quoteName(parts), "n", itoa(n))
}

// unresolvedRoutine is the error for a function that is not in the table: one that Spark has and kiln does not, or none at all.
func unresolvedRoutine(name []string) *diag.Error {
	if known := functionName(name); absent[known] {
		return diag.Unsupported("the function " + known)
	}
	e := diag.New("UNRESOLVED_ROUTINE", "routineName", quoteName(name),
		"searchPath", "[`system`.`builtin`, `system`.`session`, `spark_catalog`.`default`]")
	e.Suggestions = diag.Similar(name[len(name)-1], builtin.Callable(), suggestedNames)
	return e
}

func (b *binder) tableNotFound(name []string) *diag.Error {
	e := diag.New("TABLE_OR_VIEW_NOT_FOUND", "relationName", quoteName(name))
	if b.catalog != nil {
		e.Suggestions = diag.Similar(name[len(name)-1], b.catalog.TableNames(), suggestedNames)
	}
	if path := strings.Join(name, "."); looksLikePath(path) {
		e.Hint = quotedPath(path)
	}
	return e
}

// quotedPath is the hint for a file that was not written as one.
func quotedPath(path string) string {
	return "a file's path is written in single quotes: FROM '" + path + "'."
}

// looksLikePath reports whether a name that no table has is that of a file, without its quotes.
func looksLikePath(name string) bool {
	switch strings.ToLower(name[strings.LastIndexByte(name, '.')+1:]) {
	case "parquet", "csv", "json", "jsonl", "tsv", "txt", "gz":
		return true
	}
	return strings.Contains(name, "/")
}

// tableFunctionNotFound is the error for a function in FROM that makes no table. Other engines have some for files.
func tableFunctionNotFound(q *ast.TableFunction) *diag.Error {
	e := diag.New("UNRESOLVABLE_TABLE_VALUED_FUNCTION", "name", quoteName(q.Name))
	name := strings.ToLower(q.Name[len(q.Name)-1])
	if len(q.Args) == 0 || !strings.HasPrefix(name, "read_") && !strings.HasSuffix(name, "_scan") {
		return e
	}
	if path, ok := q.Args[0].(*ast.Literal); ok && path.Type.Kind == types.String {
		e.Hint = quotedPath(path.Value.(string))
	}
	return e
}
