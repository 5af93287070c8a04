package analysis

import (
	"slices"

	"github.com/kilnql/kiln/expr"
)

// nullabilityOfChildren returns e, nullable if one of its children is now: a grouping set makes keys null that were not.
func nullabilityOfChildren(e expr.Expr) expr.Expr {
	if e.Nullable() || !slices.ContainsFunc(e.Children(), expr.Expr.Nullable) {
		return e
	}
	switch e := e.(type) {
	case *expr.Arithmetic:
		n := *e
		n.Null = true
		return &n
	case *expr.Comparison:
		n := *e
		n.Null = e.Op != expr.NullSafeEqual
		return &n
	case *expr.And:
		return &expr.And{Base: nullable(e.Base), Args: e.Args}
	case *expr.Or:
		return &expr.Or{Base: nullable(e.Base), Args: e.Args}
	case *expr.Not:
		return &expr.Not{Base: nullable(e.Base), Input: e.Input}
	case *expr.Case:
		return &expr.Case{Base: nullable(e.Base), Whens: e.Whens, Else: e.Else}
	case *expr.Coalesce:
		return &expr.Coalesce{Base: nullable(e.Base), Args: e.Args}
	case *expr.In:
		n := *e
		n.Null = true
		return &n
	case *expr.Cast:
		n := *e
		n.Null = true
		return &n
	case *expr.Call:
		n := *e
		n.Null = true
		return &n
	case *expr.Field:
		return &expr.Field{Base: nullable(e.Base), Input: e.Input, Index: e.Index}
	}
	return e
}

func nullable(b expr.Base) expr.Base {
	b.Null = true
	return b
}
