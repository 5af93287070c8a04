package logical

import (
	"github.com/kilnql/kiln/expr"
)

// Cache is a subplan whose result the session keeps; Table is the cached data once it exists.
type Cache struct {
	Input Node
	Key   string
}

// Children returns the input.
func (n *Cache) Children() []Node { return []Node{n.Input} }

// WithChildren returns the same operator over another input.
func (n *Cache) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

// Columns returns the input's columns.
func (n *Cache) Columns() []Column { return n.Input.Columns() }

// Expressions returns nil.
func (n *Cache) Expressions() []expr.Expr { return nil }

// MapExpressions returns n.
func (n *Cache) MapExpressions(func(expr.Expr) expr.Expr) Node { return n }

// Describe names the cached plan.
func (n *Cache) Describe() string { return "Cache " + n.Key }

func (n *Cache) mapIDs(mapID) Node { return n }
