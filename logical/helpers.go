package logical

import (
	"strconv"
	"strings"

	"github.com/kilnql/kiln/expr"
)

// mapID gives the ID that replaces another.
type mapID func(expr.ColumnID) expr.ColumnID

// identified is what every node of this package implements besides Node: the node with the column IDs that it stores
// itself (not those in its expressions and inputs) replaced.
type identified interface{ mapIDs(mapID) Node }

func mapExprs(exprs []expr.Expr, f func(expr.Expr) expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(exprs))
	for i, e := range exprs {
		out[i] = f(e)
	}
	return out
}

func mapNamed(items []Named, f func(expr.Expr) expr.Expr) []Named {
	if items == nil {
		return nil
	}
	out := make([]Named, len(items))
	for i, n := range items {
		n.Expr = f(n.Expr)
		out[i] = n
	}
	return out
}

func mapNamedIDs(items []Named, f mapID) []Named {
	if items == nil {
		return nil
	}
	out := make([]Named, len(items))
	for i, n := range items {
		n.ID = f(n.ID)
		out[i] = n
	}
	return out
}

func mapColumnIDs(columns []Column, f mapID) []Column {
	out := make([]Column, len(columns))
	for i, c := range columns {
		c.ID = f(c.ID)
		out[i] = c
	}
	return out
}

func namedColumns(items []Named) []Column {
	columns := make([]Column, len(items))
	for i, n := range items {
		columns[i] = n.Column()
	}
	return columns
}

func namedExprs(exprs []expr.Expr, items []Named) []expr.Expr {
	for _, n := range items {
		exprs = append(exprs, n.Expr)
	}
	return exprs
}

// namedList prints items as Spark does: a column that keeps its ID and name as itself, others as "e AS name#id".
func namedList(items []Named) string {
	parts := make([]string, len(items))
	for i, n := range items {
		text := expr.Debug(n.Expr)
		if name := columnName(n.Column()); text != name {
			text += " AS " + name
		}
		parts[i] = text
	}
	return strings.Join(parts, ", ")
}

func columnName(c Column) string { return c.Name + "#" + strconv.Itoa(int(c.ID)) }

func columnList(columns []Column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = columnName(c)
	}
	return " [" + strings.Join(names, ", ") + "]"
}

func sortKey(k expr.SortKey) string {
	direction, nulls := " ASC", " NULLS LAST"
	if k.Descending {
		direction = " DESC"
	}
	if k.NullsFirst {
		nulls = " NULLS FIRST"
	}
	return expr.Debug(k.Expr) + direction + nulls
}
