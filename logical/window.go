package logical

import (
	"slices"
	"strings"

	"github.com/kilnql/kiln/expr"
)

// Window computes window functions over its input: Output is the input's columns and Functions.
type Window struct {
	Input     Node
	Functions []Named // each an *expr.WindowCall with the same PartitionBy and OrderBy
}

// Children returns the input.
func (n *Window) Children() []Node { return []Node{n.Input} }

// WithChildren returns the same operator over another input.
func (n *Window) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

// Columns returns the input's columns, then the functions' results.
func (n *Window) Columns() []Column {
	return append(slices.Clip(n.Input.Columns()), namedColumns(n.Functions)...)
}

// Expressions returns the window calls.
func (n *Window) Expressions() []expr.Expr { return namedExprs(nil, n.Functions) }

// MapExpressions maps the window calls.
func (n *Window) MapExpressions(f func(expr.Expr) expr.Expr) Node {
	return &Window{Input: n.Input, Functions: mapNamed(n.Functions, f)}
}

// Describe lists the calls, the partition expressions and the order.
func (n *Window) Describe() string {
	s := "Window [" + namedList(n.Functions) + "]"
	if len(n.Functions) == 0 {
		return s
	}
	call, ok := n.Functions[0].Expr.(*expr.WindowCall)
	if !ok {
		return s
	}
	parts := make([]string, len(call.PartitionBy))
	for i, e := range call.PartitionBy {
		parts[i] = expr.Debug(e)
	}
	keys := make([]string, len(call.OrderBy))
	for i, k := range call.OrderBy {
		keys[i] = sortKey(k)
	}
	return s + ", [" + strings.Join(parts, ", ") + "], [" + strings.Join(keys, ", ") + "]"
}

func (n *Window) mapIDs(f mapID) Node {
	return &Window{Input: n.Input, Functions: mapNamedIDs(n.Functions, f)}
}
