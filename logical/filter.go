package logical

import (
	"github.com/kilnql/kiln/expr"
)

// Filter keeps the rows for which Condition is true.
type Filter struct {
	Input     Node
	Condition expr.Expr
}

// Children returns the input.
func (n *Filter) Children() []Node { return []Node{n.Input} }

// WithChildren returns the same operator over another input.
func (n *Filter) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

// Columns returns the input's columns.
func (n *Filter) Columns() []Column { return n.Input.Columns() }

// Expressions returns the condition.
func (n *Filter) Expressions() []expr.Expr { return []expr.Expr{n.Condition} }

// MapExpressions maps the condition.
func (n *Filter) MapExpressions(f func(expr.Expr) expr.Expr) Node {
	return &Filter{Input: n.Input, Condition: f(n.Condition)}
}

// Describe gives the condition.
func (n *Filter) Describe() string { return "Filter " + expr.Debug(n.Condition) }

func (n *Filter) mapIDs(mapID) Node { return n }
