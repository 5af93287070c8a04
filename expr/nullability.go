package expr

// AllowNull returns e, made nullable if its children have become so and null in them makes e null: after a column has come under the
// optional side of an outer join, or into a grouping set. It never claims that e cannot be null where e did not.
func AllowNull(e Expr) Expr {
	if e.Nullable() {
		return e
	}
	some, all := false, true
	for _, c := range e.Children() {
		some = some || c.Nullable()
		all = all && c.Nullable()
	}
	if !some {
		return e
	}
	switch e := e.(type) {
	case *Arithmetic:
		n := *e
		n.Null = true
		return &n
	case *Comparison:
		if e.Op == NullSafeEqual {
			return e
		}
		n := *e
		n.Null = true
		return &n
	case *And:
		return &And{Base: nullable(e.Base), Args: e.Args}
	case *Or:
		return &Or{Base: nullable(e.Base), Args: e.Args}
	case *Not:
		return &Not{Base: nullable(e.Base), Input: e.Input}
	case *Case:
		return &Case{Base: nullable(e.Base), Whens: e.Whens, Else: e.Else}
	case *Coalesce:
		if !all {
			return e
		}
		return &Coalesce{Base: nullable(e.Base), Args: e.Args}
	case *In:
		n := *e
		n.Null = true
		return &n
	case *Cast:
		n := *e
		n.Null = true
		return &n
	case *Field:
		return &Field{Base: nullable(e.Base), Input: e.Input, Index: e.Index}
	case *Call:
		n := *e
		n.Null = true
		return &n
	}
	return e
}

func nullable(b Base) Base {
	b.Null = true
	return b
}
