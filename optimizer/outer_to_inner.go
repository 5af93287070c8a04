package optimizer

import (
	"slices"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// outerToInner makes an outer join an inner one, or a full one a left or right one, where a predicate above it drops the
// rows that the join filled up with nulls. The guard: the predicate must not be true for nulls; in
//
//	SELECT * FROM a LEFT JOIN b ON a.k = b.k WHERE b.x IS NULL OR b.x > 1
//
// the rows without a partner are the ones asked for. Single joins stay: an inner join does not count partners.
func outerToInner(n logical.Node, _ *Context) (logical.Node, bool) {
	switch n := n.(type) {
	case *logical.Filter:
		return strengthened(n, n.Input, expr.Conjuncts(n.Condition))
	case *logical.Join:
		if n.Type != logical.Inner && n.Type != logical.LeftSemi || n.NullAware {
			return n, false
		}
		parts := conjuncts(n.Condition)
		left, right := strengthen(n.Left, parts), n.Right
		if n.Type == logical.Inner {
			right = strengthen(n.Right, parts)
		}
		m := replaced(n, left, right)
		return m, m != logical.Node(n)
	}
	return n, false
}

func strengthened(n, input logical.Node, parts []expr.Expr) (logical.Node, bool) {
	m := replaced(n, strengthen(input, parts))
	return m, m != n
}

// strengthen rewrites the joins at the top of n, of whose rows only those matter for which all parts are true.
func strengthen(n logical.Node, parts []expr.Expr) logical.Node {
	switch n := n.(type) {
	case *logical.Filter:
		return replaced(n, strengthen(n.Input, append(slices.Clip(parts), expr.Conjuncts(n.Condition)...)))
	case *logical.Project:
		if passesOn(n) {
			return replaced(n, strengthen(n.Input, parts))
		}
	case *logical.Join:
		return strengthenJoin(n, parts)
	}
	return n
}

func strengthenJoin(n *logical.Join, parts []expr.Expr) logical.Node {
	if n.Lateral {
		return n
	}
	m := *n
	if !n.Single {
		m.Type = strengthenedType(n, parts)
	}
	switch m.Type {
	case logical.Inner, logical.Cross:
		parts = append(slices.Clip(parts), conjuncts(n.Condition)...)
		m.Left, m.Right = strengthen(n.Left, parts), strengthen(n.Right, parts)
	case logical.LeftOuter, logical.LeftSemi, logical.LeftAnti, logical.LeftMark:
		m.Left = strengthen(n.Left, parts)
	case logical.RightOuter:
		m.Right = strengthen(n.Right, parts)
	}
	if m.Type == n.Type && m.Left == n.Left && m.Right == n.Right {
		return n
	}
	return &m
}

// strengthenedType is the type of join that gives those rows of n for which all parts are true.
func strengthenedType(n *logical.Join, parts []expr.Expr) logical.JoinType {
	fillsLeft := n.Type == logical.RightOuter || n.Type == logical.FullOuter
	fillsRight := n.Type == logical.LeftOuter || n.Type == logical.FullOuter
	rejectsLeft := fillsLeft && rejects(parts, outputSet(n.Left))
	rejectsRight := fillsRight && rejects(parts, outputSet(n.Right))
	switch {
	case n.Type == logical.LeftOuter && rejectsRight, n.Type == logical.RightOuter && rejectsLeft,
		n.Type == logical.FullOuter && rejectsLeft && rejectsRight:
		if n.Condition == nil {
			return logical.Cross
		}
		return logical.Inner
	case n.Type == logical.FullOuter && rejectsLeft: // rows without a left partner go
		return logical.LeftOuter
	case n.Type == logical.FullOuter && rejectsRight:
		return logical.RightOuter
	}
	return n.Type
}

// rejects reports whether one of parts is not true for rows in which all columns of s are null.
func rejects(parts []expr.Expr, s columnSet) bool {
	return slices.ContainsFunc(parts, func(p expr.Expr) bool { return neverTrue(p, s) })
}

// neverTrue reports whether e is null or false if all columns of s are null.
func neverTrue(e expr.Expr, s columnSet) bool {
	switch e := e.(type) {
	case *expr.And:
		return slices.ContainsFunc(e.Args, func(a expr.Expr) bool { return neverTrue(a, s) })
	case *expr.Or:
		return !slices.ContainsFunc(e.Args, func(a expr.Expr) bool { return !neverTrue(a, s) })
	case *expr.Not:
		if in, ok := e.Input.(*expr.IsNull); ok {
			return surelyNull(in.Input, s)
		}
	case *expr.Literal:
		return e.Value != true
	}
	return surelyNull(e, s)
}

// surelyNull reports whether e is null if all columns of s are.
func surelyNull(e expr.Expr, s columnSet) bool {
	if c, ok := e.(*expr.Column); ok {
		return s[c.ID]
	}
	if isNullLiteral(e) {
		return true
	}
	return nullIfAnyIs(e) && slices.ContainsFunc(e.Children(), func(c expr.Expr) bool { return surelyNull(c, s) })
}
