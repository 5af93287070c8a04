package optimizer

import (
	"slices"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// simplifyJoins makes joins cheaper by what is proven of their sides: a null-aware anti join whose keys are never null is
// an ordinary one, a single join whose right side is unique on the keys need not count, and DISTINCT on the right of a semi
// join is lost work. The guard on nulls is that both sides must be free of them:
//
//	SELECT * FROM a WHERE a.x NOT IN (SELECT y FROM b)
//
// is empty as soon as one y is null.
func simplifyJoins(n logical.Node, c *Context) (logical.Node, bool) {
	j, ok := n.(*logical.Join)
	if !ok || j.Lateral {
		return n, false
	}
	m := *j
	if j.NullAware && !slices.ContainsFunc(conjuncts(j.Condition), func(p expr.Expr) bool { return mayBeUnknown(p, j, c.estimator) }) {
		m.NullAware = false
	}
	if _, right := equatedColumns(j); j.Single && unique(j.Right, right) {
		m.Single = false
	}
	if !j.Type.HasRightColumns() {
		m.Right = withoutDistinct(j.Right)
	}
	if m.NullAware == j.NullAware && m.Single == j.Single && m.Right == j.Right {
		return n, false
	}
	return &m, true
}

// mayBeUnknown reports whether p may be null: not if each column that could make it so is proven to hold no null.
func mayBeUnknown(p expr.Expr, j *logical.Join, e *Estimator) bool {
	if !p.Nullable() {
		return false
	}
	c, ok := p.(*expr.Comparison)
	if !ok {
		return true
	}
	return slices.ContainsFunc(c.Children(), func(x expr.Expr) bool {
		column, ok := x.(*expr.Column)
		return x.Nullable() && (!ok || !e.NeverNull(j.Left, column.ID) && !e.NeverNull(j.Right, column.ID))
	})
}

// withoutDistinct drops a DISTINCT at the top of n.
func withoutDistinct(n logical.Node) logical.Node {
	switch n := n.(type) {
	case *logical.Aggregate:
		if len(n.Aggregates) == 0 && len(n.Keys) > 0 && n.Sets == nil {
			return &logical.Project{Input: withoutDistinct(n.Input), Items: n.Keys}
		}
	case *logical.Project:
		return replaced(n, withoutDistinct(n.Input))
	}
	return n
}
