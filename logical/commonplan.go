package logical

import (
	"strconv"

	"github.com/kilnql/kiln/expr"
)

// CommonPlan is a subplan used more than once and computed once: Definition is shared by all uses with one Key;
// Output maps its columns, in order, to fresh IDs.
type CommonPlan struct {
	Key        int32
	Definition Node
	Output     []Column
}

// Children returns the definition.
func (n *CommonPlan) Children() []Node { return []Node{n.Definition} }

// WithChildren returns a use of another definition.
func (n *CommonPlan) WithChildren(c []Node) Node {
	m := *n
	m.Definition = c[0]
	return &m
}

// Columns returns this use's columns.
func (n *CommonPlan) Columns() []Column { return n.Output }

// Expressions returns nil.
func (n *CommonPlan) Expressions() []expr.Expr { return nil }

// MapExpressions returns n.
func (n *CommonPlan) MapExpressions(func(expr.Expr) expr.Expr) Node { return n }

// Describe gives the key and this use's columns.
func (n *CommonPlan) Describe() string {
	return "CommonPlan " + strconv.Itoa(int(n.Key)) + columnList(n.Output)
}

func (n *CommonPlan) mapIDs(f mapID) Node {
	m := *n
	m.Output = mapColumnIDs(n.Output, f)
	return &m
}
