package logical

import (
	"slices"

	"github.com/kilnql/kiln/expr"
)

// Walk calls visit for n and, as long as visit returns true, for its inputs, parents first. Plans of subqueries are not
// visited.
func Walk(n Node, visit func(Node) bool) {
	if !visit(n) {
		return
	}
	for _, c := range n.Children() {
		Walk(c, visit)
	}
}

// WalkAll is Walk that visits the plans of subqueries as well, after the node that holds them and before its inputs.
func WalkAll(n Node, visit func(Node) bool) {
	if !visit(n) {
		return
	}
	for _, s := range Subqueries(n) {
		WalkAll(s.Plan.(Node), visit)
	}
	for _, c := range n.Children() {
		WalkAll(c, visit)
	}
}

// Transform rebuilds a plan from the leaves up: f sees each node after its inputs. Nodes without a change are shared.
// Plans of subqueries are left alone.
func Transform(n Node, f func(Node) Node) Node {
	children := n.Children()
	var changed []Node
	for i, c := range children {
		m := Transform(c, f)
		if m != c && changed == nil {
			changed = slices.Clone(children)
		}
		if changed != nil {
			changed[i] = m
		}
	}
	if changed != nil {
		n = n.WithChildren(changed)
	}
	return f(n)
}

// TransformAll is Transform that goes into the plans of subqueries as well.
func TransformAll(n Node, f func(Node) Node) Node {
	return Transform(n, func(n Node) Node {
		if len(Subqueries(n)) > 0 {
			n = n.MapExpressions(func(e expr.Expr) expr.Expr {
				return MapSubqueries(e, func(p Node) Node { return TransformAll(p, f) })
			})
		}
		return f(n)
	})
}

// MapSubqueries replaces the plan of each subquery in e by what f makes of it.
func MapSubqueries(e expr.Expr, f func(Node) Node) expr.Expr {
	return expr.Transform(e, func(e expr.Expr) expr.Expr {
		s, ok := e.(*expr.Subquery)
		if !ok {
			return e
		}
		old := s.Plan.(Node)
		plan := f(old)
		if plan == old {
			return e
		}
		c := *s
		c.Plan = plan
		return &c
	})
}
