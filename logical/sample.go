package logical

import (
	"fmt"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
)

// Sample keeps a random part of the rows.
type Sample struct {
	Input        Node
	Lower, Upper float64
	Seed         int64
	Span         diag.Span // of the clause in the statement, for messages
}

// Children returns the input.
func (n *Sample) Children() []Node { return []Node{n.Input} }

// WithChildren returns the same operator over another input.
func (n *Sample) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

// Columns returns the input's columns.
func (n *Sample) Columns() []Column { return n.Input.Columns() }

// Expressions returns nil.
func (n *Sample) Expressions() []expr.Expr { return nil }

// MapExpressions returns n.
func (n *Sample) MapExpressions(func(expr.Expr) expr.Expr) Node { return n }

// Describe gives the bounds and the seed.
func (n *Sample) Describe() string {
	return fmt.Sprintf("Sample %v, %v, %d", n.Lower, n.Upper, n.Seed)
}

func (n *Sample) mapIDs(mapID) Node { return n }
