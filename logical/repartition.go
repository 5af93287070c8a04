package logical

import (
	"strconv"
	"strings"

	"github.com/kilnql/kiln/expr"
)

// Repartition sets the partitions: by hash of By, or round robin; Shuffle false only merges (coalesce).
type Repartition struct {
	Input   Node
	Count   int
	By      []expr.Expr
	Shuffle bool
}

// Children returns the input.
func (n *Repartition) Children() []Node { return []Node{n.Input} }

// WithChildren returns the same operator over another input.
func (n *Repartition) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

// Columns returns the input's columns.
func (n *Repartition) Columns() []Column { return n.Input.Columns() }

// Expressions returns the hash expressions.
func (n *Repartition) Expressions() []expr.Expr { return n.By }

// MapExpressions maps the hash expressions.
func (n *Repartition) MapExpressions(f func(expr.Expr) expr.Expr) Node {
	if len(n.By) == 0 {
		return n
	}
	m := *n
	m.By = mapExprs(n.By, f)
	return &m
}

// Describe gives the number of partitions and the hash expressions.
func (n *Repartition) Describe() string {
	if len(n.By) == 0 {
		return "Repartition " + strconv.Itoa(n.Count) + ", " + strconv.FormatBool(n.Shuffle)
	}
	parts := make([]string, len(n.By))
	for i, e := range n.By {
		parts[i] = expr.Debug(e)
	}
	return "RepartitionByExpression [" + strings.Join(parts, ", ") + "], " + strconv.Itoa(n.Count)
}

func (n *Repartition) mapIDs(mapID) Node { return n }
