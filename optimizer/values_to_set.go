package optimizer

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// valuesToSet makes one set of x = 1 OR x = 2 OR x IN (3, 4), and an equality of a set with one value. The guards: no
// floating types, whose NaN and zeros the set would compare by bits; nothing that may fail between the equalities, since
// the set is tested at the place of the first:
//
//	SELECT * FROM t WHERE x = 1 OR 1 / y > 0 OR x = 0
func valuesToSet(e expr.Expr, _ *Context) expr.Expr {
	switch e := e.(type) {
	case *expr.In:
		return smallSet(e)
	case *expr.Or:
		return mergeSets(e)
	}
	return e
}

func smallSet(e *expr.In) expr.Expr {
	if !setType(e.Input.Type()) {
		return e
	}
	values := make([]any, 0, len(e.Values))
	seen := make(map[any]bool, len(e.Values))
	for _, v := range e.Values {
		if !seen[v] {
			seen[v] = true
			values = append(values, v)
		}
	}
	switch {
	case len(values) == 1 && !e.HasNull:
		t := e.Input.Type()
		return compare(expr.Equal, e.Input, &expr.Literal{Base: expr.Base{Typ: t, Span: e.Span}, Value: values[0]})
	case len(values) < len(e.Values):
		n := *e
		n.Values = values
		return &n
	}
	return e
}

// member takes apart x = literal and x IN (…).
func member(e expr.Expr) (x expr.Expr, values []any, hasNull, ok bool) {
	switch e := e.(type) {
	case *expr.In:
		return e.Input, e.Values, e.HasNull, true
	case *expr.Comparison:
		l, isLiteral := e.Right.(*expr.Literal)
		if isLiteral && e.Op == expr.Equal && l.Value != nil && l.Typ.Equal(e.Left.Type()) {
			return e.Left, []any{l.Value}, false, true
		}
	}
	return nil, nil, false, false
}

func setType(t types.Type) bool {
	return !t.IsFloating() && !t.IsNested() && t.Kind != types.CalendarInterval && t.Kind != types.Variant && t.Kind != types.Binary
}

func mergeSets(e *expr.Or) expr.Expr {
	if !infallible(e.Args...) {
		return e
	}
	type set struct {
		x       expr.Expr
		values  []any
		hasNull bool
		count   int
	}
	sets := map[string]*set{}
	place := make([]*set, len(e.Args)) // the set that an argument is the first part of
	part := make([]bool, len(e.Args))
	merged := false
	for i, a := range e.Args {
		x, values, hasNull, ok := member(a)
		if !ok || !setType(x.Type()) || !expr.Deterministic(x) {
			continue
		}
		key := expr.Key(x)
		s := sets[key]
		if s == nil {
			s = &set{x: x}
			sets[key], place[i] = s, s
		} else {
			part[i], merged = true, true
		}
		s.values, s.hasNull = append(s.values, values...), s.hasNull || hasNull
		s.count++
	}
	if !merged {
		return e
	}
	var out []expr.Expr
	for i, a := range e.Args {
		switch s := place[i]; {
		case part[i]:
		case s == nil || s.count == 1:
			out = append(out, a)
		default:
			b := expr.Base{Typ: types.BooleanType, Null: s.x.Nullable() || s.hasNull, Span: a.Place()}
			out = append(out, smallSet(&expr.In{Base: b, Input: s.x, Values: s.values, HasNull: s.hasNull}))
		}
	}
	return disjunction(out...)
}
