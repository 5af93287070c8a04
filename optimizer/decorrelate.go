package optimizer

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// decorrelate turns every subquery expression, and every dependent (lateral) join, into joins. It works from the inside
// out: when a subquery is replaced, its own plan holds no subqueries any more, though it may still read columns of
// queries further out, which are resolved when the walk gets there.
//
// A correlated plan becomes the right side of a join in one of two ways:
//
//   - its correlated predicates are pulled up into the join condition (pullup.go), the cheap way for the usual shapes;
//   - otherwise the set of distinct values of the outer columns, the domain, is joined into the plan at its leaves, so
//     that the plan computes its answer for all of them at once (domain.go). That works for every shape.
//
// The guard on aggregates without GROUP BY is the "count bug". In
//
//	SELECT (SELECT count(*) FROM t WHERE t.k = o.k) FROM o
//
// an o.k without partners must give 0, though grouping t by k has no group for it.
//
// The guard on NOT IN is null: x NOT IN (SELECT y …) is never true once some y is null.
func decorrelate(n logical.Node, c *Context) (logical.Node, bool) {
	if !needsDecorrelation(n) {
		return n, false
	}
	d := &decorrelator{Context: c, common: map[logical.Node]logical.Node{}, laterals: map[*logical.Join]bool{}}
	m := d.tree(n)
	return m, m != n
}

func needsDecorrelation(n logical.Node) bool {
	found := false
	logical.Walk(n, func(n logical.Node) bool {
		j, ok := n.(*logical.Join)
		found = found || ok && j.Lateral || len(logical.Subqueries(n)) > 0
		return !found
	})
	return found
}

type decorrelator struct {
	*Context
	common map[logical.Node]logical.Node // definitions of common plans, rewritten once
	// shared are the inputs that domains were taken from, laterals the joins that lateral joins became.
	shared   []*sharedInput
	laterals map[*logical.Join]bool
}

// tree removes all subqueries from a plan; columns that are free in it stay free.
func (d *decorrelator) tree(n logical.Node) logical.Node {
	d.check()
	if use, ok := n.(*logical.CommonPlan); ok {
		definition, done := d.common[use.Definition]
		if !done {
			definition = d.tree(use.Definition)
			d.common[use.Definition] = definition
		}
		if definition == use.Definition {
			return n
		}
		return use.WithChildren([]logical.Node{definition})
	}
	return d.node(mapChildren(n, d.tree))
}

func (d *decorrelator) node(n logical.Node) logical.Node {
	if j, ok := n.(*logical.Join); ok && j.Lateral {
		return d.lateral(j)
	}
	if len(logical.Subqueries(n)) == 0 {
		return n
	}
	switch n := n.(type) {
	case *logical.Filter:
		return d.filter(n)
	case *logical.Join:
		return d.join(n)
	case *logical.Values:
		return d.values(n)
	}
	return d.expressions(n)
}

// expressions replaces subqueries in a node with one input, such as a Project, by columns joined to the input.
func (d *decorrelator) expressions(n logical.Node) logical.Node {
	a := d.attachTo(n.Children()[0])
	before := n.Columns()
	m := n.MapExpressions(func(e expr.Expr) expr.Expr { return a.replace(e) })
	return keepColumns(m.WithChildren([]logical.Node{a.input}), before)
}

// values computes literal rows that hold subqueries by a projection of one row each.
func (d *decorrelator) values(n *logical.Values) logical.Node {
	union := &logical.SetOperation{All: true, Output: n.Output}
	for _, row := range n.Rows {
		items := make([]logical.Named, len(row))
		for i, e := range row {
			items[i] = logical.Named{ID: d.IDs.Next(), Name: n.Output[i].Name, Expr: e}
		}
		union.Inputs = append(union.Inputs, d.node(&logical.Project{Input: oneRow(), Items: items}))
	}
	return union
}

// oneRow is a relation of one row without columns.
func oneRow() logical.Node { return &logical.Values{Rows: [][]expr.Expr{{}}} }

// filter turns conjuncts that are EXISTS or IN, or their negations, into semi and anti joins; subqueries elsewhere in a
// condition become columns. Conjuncts without subqueries are applied first where that cannot raise an error for a row
// that the query as written would not evaluate them for.
func (d *decorrelator) filter(n *logical.Filter) logical.Node {
	lower, upper := splitAtSubqueries(conjuncts(n.Condition))
	a := d.attachTo(filtered(n.Input, lower...))
	var rest []expr.Expr
	for _, p := range upper {
		if !a.restrict(p) {
			rest = append(rest, a.replace(p))
		}
	}
	return keepColumns(filtered(a.input, rest...), n.Columns())
}

// splitAtSubqueries divides conjuncts into those to apply before the joins and those that need them or stay behind.
func splitAtSubqueries(parts []expr.Expr) (lower, upper []expr.Expr) {
	blocked, seen := false, false
	for _, p := range parts {
		fails := failsBesideSubqueries(p)
		switch {
		case hasSubquery(p):
			seen = true
			blocked = blocked || fails
			upper = append(upper, p)
		case !seen, !blocked && !fails && movable(p):
			lower = append(lower, p)
		default:
			blocked = blocked || fails
			upper = append(upper, p)
		}
	}
	return lower, upper
}

func failsBesideSubqueries(e expr.Expr) bool {
	return expr.Any(e, func(e expr.Expr) bool {
		_, sub := e.(*expr.Subquery)
		return !sub && expr.FallibleNode(e, nil)
	})
}

// attachment is a plan to which subqueries are joined, one after another.
type attachment struct {
	d     *decorrelator
	input logical.Node
	// done are the values of the subqueries attached so far, by their plan: one that occurs twice is computed once.
	done map[any]expr.Expr
	// shared is what domains are taken from, nil as long as there was none; narrowed says that the input lost rows since.
	shared   *sharedInput
	narrowed bool
}

func (d *decorrelator) attachTo(input logical.Node) *attachment {
	return &attachment{d: d, input: input, done: map[any]expr.Expr{}}
}

// replace attaches the subqueries of e and returns e over their columns. As in Spark, IN as a value is true or false: what
// is unknown is false, and for NOT IN false as well. NOT therefore goes to the leaves first:
//
//	SELECT NOT (a IN (SELECT k FROM t) OR b = 1) FROM o
//
// is a NOT IN (…) AND b <> 1.
func (a *attachment) replace(e expr.Expr) expr.Expr {
	if !hasSubquery(e) {
		return e
	}
	if n, ok := e.(*expr.Not); ok {
		if m := simplifyNot(n); m != e {
			return a.replace(m)
		}
		if s, ok := n.Input.(*expr.Subquery); ok && s.Kind == expr.InSubquery {
			s = a.replaceValues(s)
			return not(orTrue(a.in(s, logical.LeftMark, true)))
		}
	}
	s, ok := e.(*expr.Subquery)
	if !ok {
		children := e.Children()
		changed := make([]expr.Expr, len(children))
		for i, c := range children {
			changed[i] = a.replace(c)
		}
		return e.WithChildren(changed)
	}
	if s.Kind == expr.InSubquery {
		return a.in(a.replaceValues(s), logical.LeftMark, false)
	}
	if v, done := a.done[s.Plan]; done {
		return v
	}
	var v expr.Expr
	if s.Kind == expr.ScalarSubquery {
		v = a.scalar(s)
	} else {
		v = a.exists(s, logical.LeftMark)
	}
	a.done[s.Plan] = v
	return v
}

// replaceValues replaces subqueries in the values that IN compares.
func (a *attachment) replaceValues(s *expr.Subquery) *expr.Subquery {
	n := *s
	n.Values = make([]expr.Expr, len(s.Values))
	for i, v := range s.Values {
		n.Values[i] = a.replace(v)
	}
	return &n
}

// orTrue is e with true for null.
func orTrue(e expr.Expr) expr.Expr {
	if !e.Nullable() {
		return e
	}
	return coalesce(e, booleanLiteral(true))
}

// restrict turns a conjunct that is a subquery predicate or its negation into a semi or anti join.
func (a *attachment) restrict(p expr.Expr) bool {
	kind := logical.LeftSemi
	if n, ok := p.(*expr.Not); ok {
		kind, p = logical.LeftAnti, n.Input
	}
	s, ok := p.(*expr.Subquery)
	if !ok || s.Kind == expr.ScalarSubquery {
		return false
	}
	if s.Kind == expr.ExistsSubquery {
		if v := a.exists(s, kind); v != nil { // decided without a join
			if kind == logical.LeftAnti {
				v = not(v)
			}
			a.input, a.narrowed = filtered(a.input, v), true
		}
		return true
	}
	a.in(a.replaceValues(s), kind, true)
	return true
}

// plan is the subquery's plan without subqueries of its own, and the columns of the input that it reads.
func (a *attachment) plan(s *expr.Subquery) (logical.Node, []logical.Column) {
	plan := a.d.tree(s.Plan.(logical.Node))
	return plan, outerColumns(a.input, plan)
}

// outerColumns are the columns of input that are free in plan.
func outerColumns(input, plan logical.Node) []logical.Column {
	free := freeColumns(plan)
	var outer []logical.Column
	for _, c := range input.Columns() {
		if free[c.ID] != nil {
			outer = append(outer, c)
		}
	}
	return outer
}

// scalar attaches a scalar subquery and returns its value.
func (a *attachment) scalar(s *expr.Subquery) expr.Expr {
	plan, outer := a.plan(s)
	column := plan.Columns()[0]
	if len(outer) == 0 {
		if !exactlyOneRow(plan) {
			plan = &logical.Single{Input: plan}
		}
		a.input = &logical.Join{Type: logical.Cross, Left: a.input, Right: plan}
		return plan.Columns()[0].Ref()
	}
	if p, ok := pullUp(a.d.Context, plan, columnsOf(outer)); ok {
		return a.pulledScalar(p, column)
	}
	join := &logical.Join{Type: logical.LeftOuter, Single: !atMostOneRow(plan)}
	if exactlyOneRow(plan) { // for each combination of the domain, and each row of the input has one
		join.Type = logical.Inner
	} else {
		column.Nullable = true
	}
	var condition []expr.Expr
	join.Left, join.Right, condition = a.withDomain(plan, outer)
	join.Condition = expr.Conjunction(condition...)
	a.input = join
	return column.Ref()
}

// pulledScalar attaches a scalar subquery whose correlated predicates were pulled up. Where the plan would give a row of
// an aggregate over no rows, the join finds no partner, and the value is what that row would hold.
func (a *attachment) pulledScalar(p *pulled, column logical.Column) expr.Expr {
	join := &logical.Join{Type: logical.LeftOuter, Left: a.input, Right: p.node, Condition: expr.Conjunction(p.predicates...), Single: p.empty == nil}
	a.input = join
	neverNull := !column.Nullable
	column.Nullable = true
	value := column.Ref()
	empty, ok := p.empty[column.ID]
	switch {
	case !ok || isNullLiteral(empty):
		return value
	case neverNull:
		return coalesce(value, empty)
	}
	marker := logical.Named{ID: a.d.IDs.Next(), Name: "present", Expr: booleanLiteral(true)}
	join.Right = &logical.Project{Input: join.Right, Items: append(passColumns(join.Right.Columns()), marker)}
	present := marker.Column()
	present.Nullable = true
	return choose(isNull(present.Ref()), empty, value)
}

// exists attaches EXISTS as a semi, anti or mark join; it returns the mark, or the answer where no join is needed.
func (a *attachment) exists(s *expr.Subquery, kind logical.JoinType) expr.Expr {
	plan, _ := a.plan(s)
	plan, answer := a.d.existence(plan)
	if answer != nil {
		return answer
	}
	join := &logical.Join{Type: kind, Left: a.input}
	outer := outerColumns(a.input, plan)
	var condition []expr.Expr
	if len(outer) == 0 {
		join.Right = plan
		if len(freeColumns(plan)) == 0 { // a limit in a plan correlated further out would have to count for each outer row
			join.Right = &logical.Limit{Input: plan, Count: 1}
		}
	} else if p, ok := pullUp(a.d.Context, plan, columnsOf(outer)); ok && p.empty == nil {
		join.Right, condition = p.node, p.predicates
	} else {
		join.Left, join.Right, condition = a.withDomain(plan, outer)
	}
	join.Condition = expr.Conjunction(condition...)
	return a.attachMark(join, "exists", false)
}

// attachMark makes the join the input and returns its mark, if it has one.
func (a *attachment) attachMark(join *logical.Join, name string, nullable bool) expr.Expr {
	a.input = join
	if join.Type != logical.LeftMark {
		a.narrowed = true
		return nil
	}
	join.Mark = logical.Column{ID: a.d.IDs.Next(), Name: name, Type: types.BooleanType, Nullable: nullable}
	return join.Mark.Ref()
}

// existence simplifies a plan of which only matters whether it has a row; answer is set if that is known.
func (d *decorrelator) existence(n logical.Node) (_ logical.Node, answer expr.Expr) {
	switch n := n.(type) {
	case *logical.Project, *logical.Sort, *logical.Window, *logical.Repartition:
		return d.existence(n.Children()[0])
	case *logical.Aggregate:
		if len(n.Keys) == 0 && n.Sets == nil {
			return n, booleanLiteral(true)
		}
		return d.existence(n.Input)
	case *logical.Limit:
		switch {
		case n.Count == 0:
			return n, booleanLiteral(false)
		case n.Offset == 0:
			return d.existence(n.Input)
		}
		if more, ok := d.moreThan(n.Input, n.Offset); ok {
			return more, nil
		}
	}
	return n, nil
}

// moreThan has a row if n has more than so many.
func (d *decorrelator) moreThan(n logical.Node, rows int64) (logical.Node, bool) {
	count, err := d.countWhere(nil)
	if err != nil {
		return nil, false
	}
	item := logical.Named{ID: d.IDs.Next(), Name: "rows", Expr: count}
	return filtered(&logical.Aggregate{Input: n, Aggregates: []logical.Named{item}}, compare(expr.Greater, item.Column().Ref(), longLiteral(rows))), true
}

// in attaches IN as a semi, anti or mark join; with nulls, its three-valued result is kept.
func (a *attachment) in(s *expr.Subquery, kind logical.JoinType, nulls bool) expr.Expr {
	plan, _ := a.plan(s)
	plan = membership(plan)
	outer := outerColumns(a.input, plan)
	join := &logical.Join{Type: kind, Left: a.input}
	columns := plan.Columns()
	var condition []expr.Expr
	if len(outer) == 0 {
		join.Right = plan
	} else if p, ok := pullUp(a.d.Context, plan, columnsOf(outer)); ok && p.empty == nil {
		join.Right, condition = p.node, p.predicates
	} else {
		join.Left, join.Right, condition = a.withDomain(plan, outer)
	}
	keys := make([]expr.Expr, len(columns))
	mayBeUnknown := false
	for i, column := range columns {
		keys[i] = compare(expr.Equal, s.Values[i], column.Ref())
		mayBeUnknown = mayBeUnknown || keys[i].Nullable()
	}
	join.NullAware = nulls && mayBeUnknown && kind != logical.LeftSemi
	if join.NullAware {
		join.Right, condition = neverUnknown(join.Right, condition)
	}
	join.Condition = expr.Conjunction(append(keys, condition...)...)
	return a.attachMark(join, "in", join.NullAware)
}

// membership simplifies a plan of which only the set of rows matters.
func membership(n logical.Node) logical.Node {
	switch n := n.(type) {
	case *logical.Sort:
		return membership(n.Input)
	case *logical.Aggregate:
		if len(n.Aggregates) == 0 && len(n.Keys) > 0 && n.Sets == nil {
			return membership(&logical.Project{Input: n.Input, Items: n.Keys})
		}
	}
	return n
}

// neverUnknown rewrites the predicates of a null-aware join that are not IN's own, so that they are true or false:
// k = o.k becomes k <=> o.k over rows whose k is not null.
func neverUnknown(right logical.Node, predicates []expr.Expr) (logical.Node, []expr.Expr) {
	inRight := outputSet(right)
	out := make([]expr.Expr, len(predicates))
	var present []expr.Expr
	for i, p := range predicates {
		out[i] = p
		if !p.Nullable() {
			continue
		}
		c, ok := p.(*expr.Comparison)
		if !ok || c.Op != expr.Equal {
			out[i] = coalesce(p, booleanLiteral(false))
			continue
		}
		l, r := c.Left, c.Right
		if inRight.covers(l) {
			l, r = r, l
		}
		if !inRight.covers(r) || inRight.touches(l) {
			out[i] = coalesce(p, booleanLiteral(false))
			continue
		}
		if r.Nullable() {
			present = append(present, isNotNull(r))
		}
		out[i] = compare(expr.NullSafeEqual, l, r)
	}
	return filtered(right, present...), out
}

func columnsOf(columns []logical.Column) columnSet {
	s := columnSet{}
	for _, c := range columns {
		s[c.ID] = true
	}
	return s
}

// exactlyOneRow reports whether a plan certainly gives one row.
func exactlyOneRow(n logical.Node) bool {
	switch n := n.(type) {
	case *logical.Aggregate:
		return len(n.Keys) == 0 && n.Sets == nil
	case *logical.Project, *logical.Sort, *logical.Window, *logical.Repartition, *logical.CommonPlan, *logical.Cache:
		return exactlyOneRow(n.Children()[0])
	case *logical.Single:
		return true
	case *logical.Values:
		return len(n.Rows) == 1
	case *logical.Limit:
		return n.Count != 0 && n.Offset == 0 && exactlyOneRow(n.Input)
	case *logical.Join:
		return n.Type == logical.Cross && !n.Lateral && exactlyOneRow(n.Left) && exactlyOneRow(n.Right)
	}
	return false
}

// atMostOneRow reports whether a plan certainly gives no more than one row.
func atMostOneRow(n logical.Node) bool {
	switch n := n.(type) {
	case *logical.Project, *logical.Sort, *logical.Window, *logical.Repartition, *logical.Filter, *logical.CommonPlan, *logical.Cache:
		return atMostOneRow(n.Children()[0])
	case *logical.Limit:
		return n.Count == 0 || n.Count == 1 || atMostOneRow(n.Input)
	case *logical.Join:
		switch n.Type {
		case logical.Inner, logical.Cross, logical.LeftOuter:
			return atMostOneRow(n.Left) && atMostOneRow(n.Right)
		case logical.LeftSemi, logical.LeftAnti, logical.LeftMark:
			return atMostOneRow(n.Left)
		}
	}
	return exactlyOneRow(n)
}
