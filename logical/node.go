// Package logical holds the bound query: nodes over column IDs. Nodes are immutable; a rule that changes one builds a
// new one and shares the rest. Each operator has one file here, and files of the same name in physical and exec.
package logical

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// Column is one output column of a node.
type Column struct {
	ID       expr.ColumnID
	Name     string
	Type     types.Type
	Nullable bool
	// Metadata carries comments and char/varchar length to the border.
	Metadata map[string]string
}

// Ref is the expression that refers to the column.
func (c Column) Ref() *expr.Column {
	return &expr.Column{Base: expr.Base{Typ: c.Type, Null: c.Nullable}, ID: c.ID, Name: c.Name}
}

// Named is an expression with the column it becomes.
type Named struct {
	ID   expr.ColumnID
	Name string
	Expr expr.Expr
	// Metadata as in Column.
	Metadata map[string]string
}

// Column is the column that n becomes.
func (n Named) Column() Column {
	return Column{ID: n.ID, Name: n.Name, Type: n.Expr.Type(), Nullable: n.Expr.Nullable(), Metadata: n.Metadata}
}

// Node is an operator of a logical plan.
type Node interface {
	// Children are the inputs; do not modify.
	Children() []Node
	// WithChildren is the same operator over other inputs with the same columns.
	WithChildren([]Node) Node
	// Columns is the output, in order.
	Columns() []Column
	// Expressions are all expressions the node holds, in a fixed order; MapExpressions returns the node with each replaced by f.
	Expressions() []expr.Expr
	MapExpressions(f func(expr.Expr) expr.Expr) Node
	// Describe is one line for EXPLAIN, without children.
	Describe() string
}

// IDs hands out the column IDs of one query.
type IDs struct{ next expr.ColumnID }

// Next returns a new ID.
func (s *IDs) Next() expr.ColumnID { s.next++; return s.next }

// Last is the ID that Next returned last, 0 before.
func (s *IDs) Last() expr.ColumnID { return s.next }

// Skip makes Next go on after last.
func (s *IDs) Skip(last expr.ColumnID) { s.next = last }

// IDsAfter returns a counter whose IDs are used nowhere in a plan, for work on a plan whose own counter is gone.
func IDsAfter(plan Node) *IDs {
	ids := &IDs{}
	WalkAll(plan, func(n Node) bool {
		for _, c := range n.Columns() {
			ids.next = max(ids.next, c.ID)
		}
		for _, e := range n.Expressions() {
			expr.Walk(e, func(e expr.Expr) bool {
				switch e := e.(type) {
				case *expr.Lambda:
					for _, p := range e.Params {
						ids.next = max(ids.next, p.ID)
					}
				case *expr.Column:
					ids.next = max(ids.next, e.ID)
				}
				return true
			})
		}
		return true
	})
	return ids
}
