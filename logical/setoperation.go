package logical

import (
	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/expr"
)

// SetOperation is union (All only; the binder puts an Aggregate on top for distinct), intersect or except. Output
// columns have their own IDs; inputs have the same types in order.
type SetOperation struct {
	Op     ast.SetOperator
	All    bool
	Inputs []Node
	Output []Column
}

var setOperators = [...]string{ast.Union: "Union", ast.Intersect: "Intersect", ast.Except: "Except"}

// Children returns the inputs.
func (n *SetOperation) Children() []Node { return n.Inputs }

// WithChildren returns the operation on other inputs.
func (n *SetOperation) WithChildren(c []Node) Node {
	m := *n
	m.Inputs = c
	return &m
}

// Columns returns the operation's own columns.
func (n *SetOperation) Columns() []Column { return n.Output }

// Expressions returns nil.
func (n *SetOperation) Expressions() []expr.Expr { return nil }

// MapExpressions returns n.
func (n *SetOperation) MapExpressions(func(expr.Expr) expr.Expr) Node { return n }

// Describe gives the operator and its columns.
func (n *SetOperation) Describe() string {
	s := setOperators[n.Op]
	if n.All && n.Op != ast.Union {
		s += " All"
	}
	return s + columnList(n.Output)
}

func (n *SetOperation) mapIDs(f mapID) Node {
	m := *n
	m.Output = mapColumnIDs(n.Output, f)
	return &m
}
