package logical

import (
	"strconv"

	"github.com/kilnql/kiln/expr"
)

// Limit keeps Count rows (-1: all) after Offset rows. A Limit over a global Sort is executed as top-n.
type Limit struct {
	Input         Node
	Count, Offset int64
}

// Children returns the input.
func (n *Limit) Children() []Node { return []Node{n.Input} }

// WithChildren returns the same operator over another input.
func (n *Limit) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

// Columns returns the input's columns.
func (n *Limit) Columns() []Column { return n.Input.Columns() }

// Expressions returns nil.
func (n *Limit) Expressions() []expr.Expr { return nil }

// MapExpressions returns n.
func (n *Limit) MapExpressions(func(expr.Expr) expr.Expr) Node { return n }

// Describe gives the numbers.
func (n *Limit) Describe() string {
	switch {
	case n.Offset == 0:
		return "Limit " + strconv.FormatInt(n.Count, 10)
	case n.Count < 0:
		return "Offset " + strconv.FormatInt(n.Offset, 10)
	}
	return "Limit " + strconv.FormatInt(n.Count, 10) + " offset " + strconv.FormatInt(n.Offset, 10)
}

func (n *Limit) mapIDs(mapID) Node { return n }
