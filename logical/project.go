package logical

import (
	"github.com/kilnql/kiln/expr"
)

// Project computes columns.
type Project struct {
	Input Node
	Items []Named
}

// Children returns the input.
func (n *Project) Children() []Node { return []Node{n.Input} }

// WithChildren returns the same operator over another input.
func (n *Project) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

// Columns returns the columns that the items become.
func (n *Project) Columns() []Column { return namedColumns(n.Items) }

// Expressions returns the items' expressions.
func (n *Project) Expressions() []expr.Expr { return namedExprs(nil, n.Items) }

// MapExpressions maps the items' expressions.
func (n *Project) MapExpressions(f func(expr.Expr) expr.Expr) Node {
	return &Project{Input: n.Input, Items: mapNamed(n.Items, f)}
}

// Describe lists the items.
func (n *Project) Describe() string { return "Project [" + namedList(n.Items) + "]" }

func (n *Project) mapIDs(f mapID) Node {
	return &Project{Input: n.Input, Items: mapNamedIDs(n.Items, f)}
}
