package optimizer

import "github.com/kilnql/kiln/expr"

// loosen marks references to columns of s as nullable, and the operators over them where that makes them so: the columns
// have come under the optional side of an outer join.
func loosen(e expr.Expr, s columnSet) expr.Expr {
	return expr.Transform(e, func(e expr.Expr) expr.Expr {
		if c, ok := e.(*expr.Column); ok {
			if !s[c.ID] || c.Null {
				return c
			}
			n := *c
			n.Null = true
			return &n
		}
		return expr.AllowNull(e)
	})
}
