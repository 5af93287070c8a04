package logical

import (
	"github.com/kilnql/kiln/expr"
)

// Single passes its input on and fails with SCALAR_SUBQUERY_TOO_MANY_ROWS at a second row; without rows it gives one of nulls.
type Single struct{ Input Node }

// Children returns the input.
func (n *Single) Children() []Node { return []Node{n.Input} }

// WithChildren returns the same operator over another input.
func (n *Single) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

// Columns returns the input's columns, nullable: no row gives one of nulls.
func (n *Single) Columns() []Column {
	input := n.Input.Columns()
	columns := append(input[:0:0], input...)
	setNullable(columns)
	return columns
}

// Expressions returns nil.
func (n *Single) Expressions() []expr.Expr { return nil }

// MapExpressions returns n.
func (n *Single) MapExpressions(func(expr.Expr) expr.Expr) Node { return n }

// Describe names the operator.
func (n *Single) Describe() string { return "Single" }

func (n *Single) mapIDs(mapID) Node { return n }
