package logical

import (
	"strconv"
	"strings"

	"github.com/kilnql/kiln/expr"
)

// Values is literal rows: expressions without columns.
type Values struct {
	Rows   [][]expr.Expr
	Output []Column
}

// Children returns nil.
func (n *Values) Children() []Node { return nil }

// WithChildren returns n.
func (n *Values) WithChildren([]Node) Node { return n }

// Columns returns the columns.
func (n *Values) Columns() []Column { return n.Output }

// Expressions returns the cells, row by row.
func (n *Values) Expressions() []expr.Expr {
	exprs := make([]expr.Expr, 0, len(n.Rows)*len(n.Output))
	for _, row := range n.Rows {
		exprs = append(exprs, row...)
	}
	return exprs
}

// MapExpressions maps the cells.
func (n *Values) MapExpressions(f func(expr.Expr) expr.Expr) Node {
	m := &Values{Rows: make([][]expr.Expr, len(n.Rows)), Output: n.Output}
	for i, row := range n.Rows {
		m.Rows[i] = mapExprs(row, f)
	}
	return m
}

// describedRows is how many rows of Values a plan shows.
const describedRows = 3

// Describe gives the columns and the first rows; a relation of one row without columns is OneRowRelation.
func (n *Values) Describe() string {
	if len(n.Output) == 0 {
		if len(n.Rows) == 1 {
			return "OneRowRelation"
		}
		return "Values <" + strconv.Itoa(len(n.Rows)) + " rows>"
	}
	s := "Values" + columnList(n.Output)
	for i, row := range n.Rows {
		if i == describedRows {
			return s + ", … " + strconv.Itoa(len(n.Rows)) + " rows"
		}
		cells := make([]string, len(row))
		for j, e := range row {
			cells[j] = expr.Debug(e)
		}
		s += ", (" + strings.Join(cells, ", ") + ")"
	}
	if len(n.Rows) == 0 {
		return s + ", <empty>"
	}
	return s
}

func (n *Values) mapIDs(f mapID) Node {
	return &Values{Rows: n.Rows, Output: mapColumnIDs(n.Output, f)}
}
