package logical

import (
	"strconv"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/expr"
)

// ScanColumn is one column that a Scan reads.
type ScanColumn struct {
	Column
	// Path is the field's index in the table's schema, then of nested struct fields.
	Path []int
}

// Scan reads a table. Output columns refer to fields of the table's schema.
type Scan struct {
	Table  source.Table
	Output []ScanColumn
	// Filters are conjuncts above the scan, offered to the source for pruning; they do not replace the Filter node.
	Filters []expr.Expr
	// Limit is the number of rows that are enough, -1 for all.
	Limit int64
	// Alias is the name that the query gives the table, for printing.
	Alias string
	// Files is how Table was opened, to see later whether its files have changed; nil for tables that are not files.
	Files *ast.FileTable
}

// Children returns nil.
func (n *Scan) Children() []Node { return nil }

// WithChildren returns n.
func (n *Scan) WithChildren([]Node) Node { return n }

// Columns returns the columns read.
func (n *Scan) Columns() []Column {
	columns := make([]Column, len(n.Output))
	for i, c := range n.Output {
		columns[i] = c.Column
	}
	return columns
}

// Expressions returns the filters.
func (n *Scan) Expressions() []expr.Expr { return n.Filters }

// MapExpressions maps the filters.
func (n *Scan) MapExpressions(f func(expr.Expr) expr.Expr) Node {
	if len(n.Filters) == 0 {
		return n
	}
	m := *n
	m.Filters = mapExprs(n.Filters, f)
	return &m
}

// Describe names the table, what is read of it, and what it is asked to skip.
func (n *Scan) Describe() string {
	s := "Scan " + n.Table.Name() + columnList(n.Columns())
	if len(n.Filters) > 0 {
		filters := make([]string, len(n.Filters))
		for i, e := range n.Filters {
			filters[i] = expr.Debug(e)
		}
		s += " filters: [" + strings.Join(filters, ", ") + "]"
	}
	if n.Limit >= 0 {
		s += " limit: " + strconv.FormatInt(n.Limit, 10)
	}
	return s
}

func (n *Scan) mapIDs(f mapID) Node {
	m := *n
	m.Output = make([]ScanColumn, len(n.Output))
	for i, c := range n.Output {
		c.ID = f(c.ID)
		m.Output[i] = c
	}
	return &m
}
