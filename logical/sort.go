package logical

import (
	"strconv"
	"strings"

	"github.com/kilnql/kiln/expr"
)

// Sort orders rows: in all (Global) or in each partition.
type Sort struct {
	Input  Node
	Keys   []expr.SortKey
	Global bool
}

// Children returns the input.
func (n *Sort) Children() []Node { return []Node{n.Input} }

// WithChildren returns the same operator over another input.
func (n *Sort) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

// Columns returns the input's columns.
func (n *Sort) Columns() []Column { return n.Input.Columns() }

// Expressions returns the keys.
func (n *Sort) Expressions() []expr.Expr {
	exprs := make([]expr.Expr, len(n.Keys))
	for i, k := range n.Keys {
		exprs[i] = k.Expr
	}
	return exprs
}

// MapExpressions maps the keys.
func (n *Sort) MapExpressions(f func(expr.Expr) expr.Expr) Node {
	m := *n
	m.Keys = make([]expr.SortKey, len(n.Keys))
	for i, k := range n.Keys {
		k.Expr = f(k.Expr)
		m.Keys[i] = k
	}
	return &m
}

// Describe lists the keys and says whether the order is that of all rows.
func (n *Sort) Describe() string {
	keys := make([]string, len(n.Keys))
	for i, k := range n.Keys {
		keys[i] = sortKey(k)
	}
	return "Sort [" + strings.Join(keys, ", ") + "], " + strconv.FormatBool(n.Global)
}

func (n *Sort) mapIDs(mapID) Node { return n }
