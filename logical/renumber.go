package logical

import (
	"slices"

	"github.com/kilnql/kiln/expr"
)

// FreshCopy returns the same plan over new column IDs, for a plan that is used a second time in one query. Columns that
// the plan takes from outside (of an enclosing query, for a correlated one) keep their IDs. The returned map gives the
// new ID of every ID the plan makes; they are in the order of the old ones.
func FreshCopy(plan Node, ids *IDs) (Node, map[expr.ColumnID]expr.ColumnID) {
	fresh := map[expr.ColumnID]expr.ColumnID{}
	for _, id := range slices.Sorted(slices.Values(Made(plan))) {
		fresh[id] = ids.Next()
	}
	return Renumber(plan, fresh), fresh
}

// Made lists the column IDs that a plan makes anywhere in it, those of subqueries and lambdas included, in order of the
// walk. The definition of a CommonPlan is not part of the plan: all uses share it.
func Made(plan Node) []expr.ColumnID {
	var made []expr.ColumnID
	seen := map[expr.ColumnID]bool{}
	add := func(id expr.ColumnID) {
		if !seen[id] {
			seen[id] = true
			made = append(made, id)
		}
	}
	WalkAll(plan, func(n Node) bool {
		for _, c := range n.Columns() {
			add(c.ID)
		}
		for _, e := range n.Expressions() {
			expr.Walk(e, func(e expr.Expr) bool {
				if l, ok := e.(*expr.Lambda); ok {
					for _, p := range l.Params {
						add(p.ID)
					}
				}
				return true
			})
		}
		_, common := n.(*CommonPlan)
		return !common
	})
	return made
}

// Renumber replaces column IDs everywhere in a plan, plans of subqueries and definitions of common plans included. IDs
// that are not in the map stay.
func Renumber(plan Node, ids map[expr.ColumnID]expr.ColumnID) Node {
	r := renumberer{ids: ids, common: map[Node]Node{}}
	return r.node(plan)
}

// RenumberExpr replaces column IDs everywhere in an expression, plans of subqueries included.
func RenumberExpr(e expr.Expr, ids map[expr.ColumnID]expr.ColumnID) expr.Expr {
	r := renumberer{ids: ids, common: map[Node]Node{}}
	return r.expr(e)
}

type renumberer struct {
	ids map[expr.ColumnID]expr.ColumnID
	// common keeps the definition of a common plan one node for all its uses.
	common map[Node]Node
}

func (r *renumberer) id(id expr.ColumnID) expr.ColumnID {
	if n, ok := r.ids[id]; ok {
		return n
	}
	return id
}

func (r *renumberer) node(n Node) Node {
	if c, ok := n.(*CommonPlan); ok {
		definition, done := r.common[c.Definition]
		if !done {
			definition = c.Definition
			if r.touches(definition) {
				definition = r.node(definition)
			}
			r.common[c.Definition] = definition
		}
		return (&CommonPlan{Key: c.Key, Definition: definition, Output: c.Output}).mapIDs(r.id)
	}
	if children := n.Children(); len(children) > 0 {
		changed := make([]Node, len(children))
		for i, c := range children {
			changed[i] = r.node(c)
		}
		n = n.WithChildren(changed)
	}
	return n.MapExpressions(r.expr).(identified).mapIDs(r.id)
}

// touches reports whether a plan makes or reads a column whose ID changes.
func (r *renumberer) touches(plan Node) bool {
	found := false
	check := func(id expr.ColumnID) {
		if _, ok := r.ids[id]; ok {
			found = true
		}
	}
	WalkAll(plan, func(n Node) bool {
		for _, c := range n.Columns() {
			check(c.ID)
		}
		for _, e := range n.Expressions() {
			expr.VisitColumns(e, func(c *expr.Column) { check(c.ID) })
		}
		return !found
	})
	return found
}

func (r *renumberer) expr(e expr.Expr) expr.Expr {
	return expr.Transform(e, func(e expr.Expr) expr.Expr {
		switch e := e.(type) {
		case *expr.Column:
			return r.column(e)
		case *expr.Lambda:
			return &expr.Lambda{Base: e.Base, Params: r.columns(e.Params), Body: e.Body}
		case *expr.Subquery:
			c := *e
			c.Plan = r.node(e.Plan.(Node))
			c.Outer = r.columns(e.Outer)
			return &c
		}
		return e
	})
}

func (r *renumberer) column(c *expr.Column) *expr.Column {
	id := r.id(c.ID)
	if id == c.ID {
		return c
	}
	n := *c
	n.ID = id
	return &n
}

func (r *renumberer) columns(list []*expr.Column) []*expr.Column {
	out := make([]*expr.Column, len(list))
	for i, c := range list {
		out[i] = r.column(c)
	}
	return out
}
