package optimizer

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// Constructors of the expressions that rules make.

func booleanLiteral(v bool) *expr.Literal {
	return &expr.Literal{Base: expr.Base{Typ: types.BooleanType}, Value: v}
}

func nullLiteral(t types.Type) *expr.Literal {
	return &expr.Literal{Base: expr.Base{Typ: t, Null: true}}
}

func longLiteral(v int64) *expr.Literal {
	return &expr.Literal{Base: expr.Base{Typ: types.LongType}, Value: v}
}

func compare(op expr.CompareOp, a, b expr.Expr) expr.Expr {
	null := op != expr.NullSafeEqual && (a.Nullable() || b.Nullable())
	return &expr.Comparison{Base: expr.Base{Typ: types.BooleanType, Null: null, Span: a.Place()}, Op: op, Left: a, Right: b}
}

// sameValue is a <=> b, or a = b where neither can be null.
func sameValue(a, b expr.Expr) expr.Expr {
	if !a.Nullable() && !b.Nullable() {
		return compare(expr.Equal, a, b)
	}
	return compare(expr.NullSafeEqual, a, b)
}

func isNull(e expr.Expr) expr.Expr {
	return &expr.IsNull{Base: expr.Base{Typ: types.BooleanType, Span: e.Place()}, Input: e}
}

func isNotNull(e expr.Expr) expr.Expr { return not(isNull(e)) }

func not(e expr.Expr) expr.Expr {
	return &expr.Not{Base: expr.Base{Typ: types.BooleanType, Null: e.Nullable(), Span: e.Place()}, Input: e}
}

func coalesce(args ...expr.Expr) expr.Expr {
	b := expr.Base{Typ: args[0].Type(), Null: true, Span: args[0].Place()}
	for _, a := range args {
		b.Null = b.Null && a.Nullable()
	}
	return &expr.Coalesce{Base: b, Args: args}
}

// choose is CASE WHEN condition THEN a ELSE b END.
func choose(condition, a, b expr.Expr) expr.Expr {
	return &expr.Case{Base: expr.Base{Typ: a.Type(), Null: a.Nullable() || b.Nullable(), Span: a.Place()},
		Whens: []expr.When{{Condition: condition, Result: a}}, Else: b}
}

// disjunction is the Or of parts; nil for none.
func disjunction(parts ...expr.Expr) expr.Expr {
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0]
	}
	b := expr.Base{Typ: types.BooleanType}
	for _, p := range parts {
		b.Null = b.Null || p.Nullable()
	}
	return &expr.Or{Base: b, Args: parts}
}

// conjuncts splits a condition that may be nil.
func conjuncts(e expr.Expr) []expr.Expr {
	if e == nil {
		return nil
	}
	return expr.Conjuncts(e)
}

// filtered is n under a filter of parts; n itself if there are none.
func filtered(n logical.Node, parts ...expr.Expr) logical.Node {
	if len(parts) == 0 {
		return n
	}
	return &logical.Filter{Input: n, Condition: expr.Conjunction(parts...)}
}

func isLiteral(e expr.Expr) bool { _, ok := e.(*expr.Literal); return ok }

func isNullLiteral(e expr.Expr) bool {
	l, ok := e.(*expr.Literal)
	return ok && l.Value == nil
}

// isTrue and isFalse recognise the boolean literals; a NULL is neither.
func isTrue(e expr.Expr) bool {
	l, ok := e.(*expr.Literal)
	return ok && l.Value == true
}

func isFalse(e expr.Expr) bool {
	l, ok := e.(*expr.Literal)
	return ok && l.Value == false
}

// movable reports whether a conjunct may be evaluated at another place of the plan: it gives the same value there.
func movable(e expr.Expr) bool { return expr.Deterministic(e) && !hasSubquery(e) }

func hasSubquery(e expr.Expr) bool {
	return expr.Any(e, func(e expr.Expr) bool { _, ok := e.(*expr.Subquery); return ok })
}

// beforeFailure splits conjuncts, in order, at the first that may fail: free may move, fixed stays where it is.
func beforeFailure(parts []expr.Expr) (free, fixed []expr.Expr) {
	for i, p := range parts {
		if expr.Fallible(p) || !movable(p) {
			return parts[:i:i], parts[i:]
		}
	}
	return parts, nil
}
