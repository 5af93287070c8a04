package logical

import (
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
)

// MoveTo returns the plan with every place in it being place: a view's plan is of another text than the statement that uses the
// view, and what fails in it failed, for the statement, where the view stands.
func MoveTo(n Node, place diag.Span) Node {
	return TransformAll(n, func(n Node) Node {
		if s, ok := n.(*Sample); ok {
			moved := *s
			moved.Span = place
			n = &moved
		}
		return n.MapExpressions(func(e expr.Expr) expr.Expr { return expr.MoveTo(e, place) })
	})
}
