package optimizer

import (
	"slices"

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
	values := make([]any, 0, len(e.Values))
	for _, v := range e.Values {
		if !slices.Contains(values, v) {
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
	var out []expr.Expr
	merged := false
	used := make([]bool, len(e.Args))
	for i, a := range e.Args {
		if used[i] {
			continue
		}
		x, values, hasNull, ok := member(a)
		if !ok || !setType(x.Type()) || !expr.Deterministic(x) {
			out = append(out, a)
			continue
		}
		values = slices.Clone(values)
		count := 1
		for j := i + 1; j < len(e.Args); j++ {
			y, more, null, ok := member(e.Args[j])
			if ok && expr.Same(x, y) {
				values, hasNull, used[j] = append(values, more...), hasNull || null, true
				count++
			}
		}
		if count == 1 {
			out = append(out, a)
			continue
		}
		merged = true
		set := &expr.In{Base: expr.Base{Typ: types.BooleanType, Null: x.Nullable() || hasNull, Span: a.Place()}, Input: x, Values: values, HasNull: hasNull}
		out = append(out, smallSet(set))
	}
	if !merged {
		return e
	}
	return disjunction(out...)
}
