package optimizer

import (
	"github.com/kilnql/kiln/expr"
)

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
		return renull(e)
	})
}

// renull makes e nullable if its children now allow null; it never claims that e cannot be null where e did not.
func renull(e expr.Expr) expr.Expr {
	if e.Nullable() {
		return e
	}
	some, all := false, true
	children := e.Children()
	for _, c := range children {
		some = some || c.Nullable()
		all = all && c.Nullable()
	}
	if !some || len(children) == 0 {
		return e
	}
	switch e := e.(type) {
	case *expr.Arithmetic:
		n := *e
		n.Null = true
		return &n
	case *expr.Comparison:
		if e.Op == expr.NullSafeEqual {
			return e
		}
		n := *e
		n.Null = true
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
		if !all {
			return e
		}
		return &expr.Coalesce{Base: nullable(e.Base), Args: e.Args}
	case *expr.In:
		n := *e
		n.Null = true
		return &n
	case *expr.Cast:
		n := *e
		n.Null = true
		return &n
	case *expr.Field:
		return &expr.Field{Base: nullable(e.Base), Input: e.Input, Index: e.Index}
	case *expr.Call:
		n := *e
		n.Null = true
		return &n
	}
	return e
}

func nullable(b expr.Base) expr.Base {
	b.Null = true
	return b
}
