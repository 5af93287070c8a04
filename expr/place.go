package expr

import "github.com/kilnql/kiln/diag"

// MoveTo returns e with every place in it being place. Columns and constants, which never fail, keep theirs.
func MoveTo(e Expr, place diag.Span) Expr {
	return Transform(e, func(e Expr) Expr {
		if e.Place().IsZero() || e.Place() == place {
			return e
		}
		moved := e.WithChildren(e.Children())
		if m, ok := moved.(interface{ move(diag.Span) }); ok && moved != e {
			m.move(place)
		}
		return moved
	})
}

func (b *Base) move(place diag.Span) { b.Span = place }
