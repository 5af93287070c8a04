package optimizer

import (
	"slices"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// simplifyBooleans simplifies AND, OR, NOT, CASE and COALESCE whose operands are constant or repeated, and moves NOT to the
// leaves, where it turns comparisons around. Three-valued logic is kept: x AND NOT x is null for a null x, so it stays.
// The guard: what decides alone may not hide an operand before it that can fail. In
//
//	SELECT * FROM t WHERE 1 / x > 0 AND false
//
// the division by zero is the user's error, as it is where the false is not known in advance.
func simplifyBooleans(e expr.Expr, _ *Context) expr.Expr {
	switch e := e.(type) {
	case *expr.And:
		return simplifyJunction(e, e.Args, true)
	case *expr.Or:
		return simplifyJunction(e, e.Args, false)
	case *expr.Not:
		return simplifyNot(e)
	case *expr.Case:
		return simplifyCase(e)
	case *expr.Coalesce:
		return simplifyCoalesce(e)
	}
	return e
}

// simplifyJunction simplifies an AND (and true) or an OR. unit is the operand without effect, zero the one that decides.
func simplifyJunction(e expr.Expr, args []expr.Expr, and bool) expr.Expr {
	if flat := flatten(args, and); flat != nil {
		return simplifyJunction(nil, flat, and)
	}
	unit, zero := isTrue, isFalse
	if !and {
		unit, zero = isFalse, isTrue
	}
	var out []expr.Expr
	seen := map[string]bool{}
	changed, safe := false, true
	for i, a := range args {
		switch {
		case unit(a):
			changed = true
			continue
		case zero(a) && safe:
			return a
		case zero(a) && i < len(args)-1:
			return rebuild(append(out, a), and) // what follows is never reached
		}
		if key := expr.Key(a); expr.Deterministic(a) {
			if seen[key] {
				changed = true
				continue
			}
			seen[key] = true
		}
		safe = safe && droppable(a)
		out = append(out, a)
	}
	if e != nil && !changed {
		return e
	}
	return rebuild(out, and)
}

// flatten puts the operands of nested operators of the same kind in their place; nil if there are none.
func flatten(args []expr.Expr, and bool) []expr.Expr {
	if !slices.ContainsFunc(args, func(a expr.Expr) bool { return nestedArgs(a, and) != nil }) {
		return nil
	}
	var out []expr.Expr
	for _, a := range args {
		if nested := nestedArgs(a, and); nested != nil {
			out = append(out, nested...)
		} else {
			out = append(out, a)
		}
	}
	return out
}

func nestedArgs(e expr.Expr, and bool) []expr.Expr {
	switch e := e.(type) {
	case *expr.And:
		if and {
			return e.Args
		}
	case *expr.Or:
		if !and {
			return e.Args
		}
	}
	return nil
}

func rebuild(args []expr.Expr, and bool) expr.Expr {
	switch {
	case len(args) == 0:
		return booleanLiteral(and)
	case and:
		return expr.Conjunction(args...)
	}
	return disjunction(args...)
}

func simplifyNot(e *expr.Not) expr.Expr {
	switch in := e.Input.(type) {
	case *expr.Literal:
		if v, ok := in.Value.(bool); ok {
			return booleanLiteral(!v)
		}
	case *expr.Not:
		return in.Input
	case *expr.Comparison:
		if op, ok := in.Op.Negate(); ok {
			n := *in
			n.Op = op
			return &n
		}
	case *expr.And:
		return disjunction(negated(in.Args)...)
	case *expr.Or:
		return expr.Conjunction(negated(in.Args)...)
	}
	return e
}

func negated(args []expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(args))
	for i, a := range args {
		n := not(a)
		out[i] = simplifyNot(n.(*expr.Not))
	}
	return out
}

func simplifyCase(e *expr.Case) expr.Expr {
	var whens []expr.When
	for i, w := range e.Whens {
		if isFalse(w.Condition) || isNullLiteral(w.Condition) {
			continue
		}
		if isTrue(w.Condition) {
			if len(whens) == 0 {
				return w.Result
			}
			return &expr.Case{Base: e.Base, Whens: whens, Else: w.Result}
		}
		whens = append(whens, e.Whens[i])
	}
	if len(whens) == 0 {
		return e.Else
	}
	same := !slices.ContainsFunc(whens, func(w expr.When) bool {
		return !droppable(w.Condition) || !expr.Same(w.Result, e.Else)
	})
	switch {
	case same && expr.Deterministic(e.Else):
		return e.Else
	case e.Typ.Kind == types.Boolean && len(whens) == 1 && isTrue(whens[0].Result) && isFalse(e.Else) && !whens[0].Condition.Nullable():
		return whens[0].Condition
	case len(whens) == len(e.Whens):
		return e
	}
	return &expr.Case{Base: e.Base, Whens: whens, Else: e.Else}
}

func simplifyCoalesce(e *expr.Coalesce) expr.Expr {
	var args []expr.Expr
	for i, a := range e.Args {
		if isNullLiteral(a) {
			continue
		}
		args = append(args, e.Args[i])
		if !a.Nullable() {
			break
		}
	}
	switch {
	case len(args) == 0:
		return nullLiteral(e.Typ)
	case len(args) == 1:
		return args[0]
	case len(args) == len(e.Args):
		return e
	}
	return coalesce(args...)
}
