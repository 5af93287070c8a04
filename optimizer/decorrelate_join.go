package optimizer

import (
	"slices"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// lateral turns a dependent join into an ordinary one.
func (d *decorrelator) lateral(n *logical.Join) logical.Node {
	outer := outerColumns(n.Left, n.Right)
	m := *n
	m.Lateral = false
	if len(outer) == 0 {
		return d.condition(&m)
	}
	if n.Type != logical.Inner && n.Type != logical.Cross && n.Type != logical.LeftOuter {
		d.fail(diag.Unsupported("LATERAL in a " + n.Type.String() + " join"))
		return n
	}
	var condition []expr.Expr
	if p, ok := pullUp(d.Context, n.Right, columnsOf(outer)); ok && p.empty == nil {
		m.Right, condition = p.node, p.predicates
	} else {
		dom, left := d.lateralDomain(n, outer)
		m.Left = left
		m.Right, condition = dom.pushInto(n.Right)
	}
	d.laterals[&m] = true
	m.Condition = expr.Conjunction(append(conjuncts(n.Condition), condition...)...)
	if m.Type == logical.Cross && m.Condition != nil {
		m.Type = logical.Inner
	}
	return keepColumns(d.condition(&m), n.Columns())
}

// condition removes the subqueries from the condition of a join.
func (d *decorrelator) condition(n *logical.Join) logical.Node {
	if len(logical.Subqueries(n)) == 0 {
		return n
	}
	return d.join(n)
}

// join replaces subqueries in a join's condition. Above an inner join the condition is a filter. For the other types, a
// subquery that needs one side only becomes a column of that side; one that needs both is computed for all pairs of the
// values it needs, and those pairs are joined to the side that the join does not preserve:
//
//	SELECT … FROM a LEFT JOIN b ON EXISTS (SELECT 1 FROM t WHERE t.x = a.x AND t.y = b.y)
//
// Filtering above this join instead would lose the rows of a that have no partner.
func (d *decorrelator) join(n *logical.Join) logical.Node {
	if n.Type == logical.Inner || n.Type == logical.Cross {
		return d.joinByFilter(n)
	}
	columns := n.Columns()
	j := joinAttachment{d: d, join: n, left: d.attachTo(n.Left), right: d.attachTo(n.Right), paired: copies{}}
	var parts []expr.Expr
	for _, p := range conjuncts(n.Condition) {
		parts = append(parts, j.replace(p))
	}
	m := *n
	m.Left, m.Right = j.left.input, j.right.input
	m.Condition = expr.Conjunction(append(parts, j.extra...)...)
	return keepColumns(&m, columns)
}

func (d *decorrelator) joinByFilter(n *logical.Join) logical.Node {
	m := *n
	var plain, upper []expr.Expr
	for _, p := range conjuncts(n.Condition) {
		if len(upper) > 0 || hasSubquery(p) {
			upper = append(upper, p)
		} else {
			plain = append(plain, p)
		}
	}
	m.Condition = expr.Conjunction(plain...)
	if m.Condition == nil {
		m.Type = logical.Cross
	}
	return d.filter(&logical.Filter{Input: &m, Condition: expr.Conjunction(upper...)})
}

// joinAttachment attaches the subqueries of a join's condition to its sides.
type joinAttachment struct {
	d           *decorrelator
	join        *logical.Join
	left, right *attachment
	// extra are conjuncts that the new inputs need.
	extra []expr.Expr
	// paired are the copies of columns of the preserved side that the other side has got; see pairs.
	paired copies
}

func (j *joinAttachment) replace(e expr.Expr) expr.Expr {
	return expr.TransformDown(e, func(e expr.Expr) (expr.Expr, bool) {
		s, ok := e.(*expr.Subquery)
		if !ok {
			return e, false
		}
		return j.subquery(s), true
	})
}

func (j *joinAttachment) subquery(s *expr.Subquery) expr.Expr {
	needs := columnSet{}
	for id := range freeColumns(s.Plan.(logical.Node)) {
		needs[id] = true
	}
	for _, v := range s.Values {
		needs.addExpr(v)
	}
	left, right := needed(j.join.Left, needs), needed(j.join.Right, needs)
	switch {
	case len(right) == 0:
		return j.left.replace(s)
	case len(left) == 0:
		return j.right.replace(s)
	case j.join.Type == logical.FullOuter:
		j.d.fail(diag.Unsupported("a subquery over columns of both sides in the condition of a full outer join").At(s.Span))
		return s
	}
	return j.pairs(s, left, right)
}

func needed(n logical.Node, needs columnSet) []logical.Column {
	return slices.DeleteFunc(slices.Clone(n.Columns()), func(c logical.Column) bool { return !needs[c.ID] })
}

// pairs computes a subquery for all pairs of distinct values of columns of the left and of the right side.
func (j *joinAttachment) pairs(s *expr.Subquery, left, right []logical.Column) expr.Expr {
	plan := s.Plan.(logical.Node)
	l, ofLeft := j.left.domain(plan, left).use()
	r, ofRight := j.right.domain(plan, right).use()
	renamed := map[expr.ColumnID]expr.ColumnID{}
	for id, c := range ofLeft {
		renamed[id] = c.ID
	}
	for id, c := range ofRight {
		renamed[id] = c.ID
	}
	a := j.d.attachTo(&logical.Join{Type: logical.Cross, Left: l, Right: r})
	value := a.replace(logical.RenumberExpr(s, renamed))
	out := logical.Column{ID: j.d.IDs.Next(), Name: "value", Type: value.Type(), Nullable: value.Nullable()}
	items := append(passColumns(l.Columns()), passColumns(r.Columns())...)
	items = append(items, logical.Named{ID: out.ID, Name: out.Name, Expr: value})
	computed := &logical.Project{Input: a.input, Items: items}

	optional, near, ofNear, far, ofFar := j.right, right, ofRight, left, ofLeft
	if j.join.Type == logical.RightOuter {
		optional, near, ofNear, far, ofFar = j.left, left, ofLeft, right, ofRight
	}
	condition := matching(near, ofNear)
	for _, c := range far {
		if known, again := j.paired[c.ID]; again { // a row of the pairs of both, not each with each
			condition = append(condition, sameValue(known.Ref(), ofFar[c.ID].Ref()))
			continue
		}
		j.paired[c.ID] = ofFar[c.ID]
		j.extra = append(j.extra, sameValue(c.Ref(), ofFar[c.ID].Ref()))
	}
	optional.input = &logical.Join{Type: logical.Inner, Left: optional.input, Right: computed, Condition: expr.Conjunction(condition...)}
	return out.Ref()
}

// matching are the predicates column <=> its copy.
func matching(columns []logical.Column, copies map[expr.ColumnID]logical.Column) []expr.Expr {
	out := make([]expr.Expr, len(columns))
	for i, c := range columns {
		out[i] = sameValue(c.Ref(), copies[c.ID].Ref())
	}
	return out
}
