package analysis

import (
	"slices"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
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
func sqlOf(e expr.Expr) string { return quoteSQL(expr.SQL(e)) }

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
	var names []string
	parts := map[string][]string{}
	add := func(list []visible) {
		qualify := slices.ContainsFunc(list, func(c visible) bool { return !slices.Equal(c.qualifier, list[0].qualifier) })
		for _, c := range list {
			p := []string{c.Name}
			if qualify || len(n.Parts) > 1 {
				p = append(slices.Clip(c.qualifier), c.Name)
			}
			text := strings.Join(p, ".")
			if parts[text] == nil {
				parts[text] = p
				names = append(names, text)
			}
		}
	}
	add(s.relation.columns)
	e := diag.New("UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", "objectName", quoteName(n.Parts))
	if len(names) > 0 {
		near := diag.Nearest(strings.Join(n.Parts, "."), names, suggestedNames)
		quoted := make([]string, len(near))
		for i, name := range near {
			quoted[i] = quoteName(parts[name])
		}
		e = diag.New("UNRESOLVED_COLUMN.WITH_SUGGESTION", "objectName", quoteName(n.Parts), "proposal", strings.Join(quoted, ", "))
		e.Suggestions = near
	}
	return e.At(n.Place())
}

// OuterError says that a DataFrame refers to columns of a query around it, and so has no meaning by itself: it is not a
// mistake until it is run.
type OuterError struct{ Name *ast.Name }

// Error names the column.
func (e *OuterError) Error() string {
	return "column " + quoteName(e.Name.Parts) + " belongs to a query around this one"
}

func ambiguousAlias(parts []string, n int) *diag.Error {
	return diag.New("AMBIGUOUS_LATERAL_COLUMN_ALIAS", "name", quoteName(parts), "n", itoa(n))
}

func unresolvedRoutine(name []string) *diag.Error {
	return diag.New("UNRESOLVED_ROUTINE", "routineName", quoteName(name),
		"searchPath", "[`system`.`builtin`, `system`.`session`, `spark_catalog`.`default`]")
}

func (b *binder) tableNotFound(name []string) *diag.Error {
	e := diag.New("TABLE_OR_VIEW_NOT_FOUND", "relationName", quoteName(name))
	if b.catalog != nil {
		e.Suggestions = diag.Nearest(name[len(name)-1], b.catalog.TableNames(), suggestedNames)
	}
	return e
}
