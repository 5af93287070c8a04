package logical

import (
	"strconv"

	"github.com/kilnql/kiln/expr"
)

// Generate joins each row with the rows of a generator function. Output: input's columns, Output.
type Generate struct {
	Input     Node
	Generator expr.Expr
	Outer     bool
	Output    []Column
}

// Children returns the input.
func (n *Generate) Children() []Node { return []Node{n.Input} }

// WithChildren returns the same operator over another input.
func (n *Generate) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

// Columns returns the input's columns, then the generator's.
func (n *Generate) Columns() []Column {
	input := n.Input.Columns()
	return append(input[:len(input):len(input)], n.Output...)
}

// Expressions returns the generator call.
func (n *Generate) Expressions() []expr.Expr { return []expr.Expr{n.Generator} }

// MapExpressions maps the generator call.
func (n *Generate) MapExpressions(f func(expr.Expr) expr.Expr) Node {
	m := *n
	m.Generator = f(n.Generator)
	return &m
}

// Describe gives the call, OUTER, and the columns made.
func (n *Generate) Describe() string {
	return "Generate " + expr.Debug(n.Generator) + ", " + strconv.FormatBool(n.Outer) + "," + columnList(n.Output)
}

func (n *Generate) mapIDs(f mapID) Node {
	m := *n
	m.Output = mapColumnIDs(n.Output, f)
	return &m
}
