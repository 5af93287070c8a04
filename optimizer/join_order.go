package optimizer

import (
	"maps"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// orderJoins chooses the order of inner joins by cost: all orders of up to exactRelations relations are compared, more
// are joined greedily. Equalities of columns are transitive, so that any two relations with columns of one class can be
// joined first. Semi and anti joins among the inner joins go to the one relation they read, or above all joins, whichever
// costs less. The result has the smaller side of each join on the right, where it is built.
//
// The guards: joins with hints, and those whose condition may fail, stay where they are written. In
//
//	SELECT * FROM a JOIN b ON a.k = b.k JOIN c ON a.x / b.y = c.z
//
// the division sees pairs of a and b with equal k only.
func orderJoins(n logical.Node, c *Context) (logical.Node, bool) {
	o := &joinOrderer{c: c, common: map[logical.Node]logical.Node{}}
	m := o.tree(n)
	return m, m != n
}

const (
	exactRelations = 10
	placedSemis    = 3 // semi joins for which both places are compared; the others go by their selectivity
)

type joinOrderer struct {
	c      *Context
	common map[logical.Node]logical.Node
}

func (o *joinOrderer) tree(n logical.Node) logical.Node {
	o.c.check()
	switch n := n.(type) {
	case *logical.CommonPlan:
		definition, done := o.common[n.Definition]
		if !done {
			definition = o.tree(n.Definition)
			o.common[n.Definition] = definition
		}
		return replaced(n, definition)
	case *logical.Join:
		g := &orderGraph{}
		g.flatten(n)
		if len(g.relations) > 2 || len(g.relations) == 2 && len(g.semis) > 0 || len(g.relations) == 2 && reorderable(n) {
			return o.order(n, g)
		}
	}
	return mapChildren(n, o.tree)
}

// order orders the relations of g, each of which is ordered inside first. A tree that is as it should be stays.
func (o *joinOrderer) order(n *logical.Join, g *orderGraph) logical.Node {
	for i, r := range g.relations {
		g.relations[i] = o.tree(r)
	}
	for i, s := range g.semis {
		m := *s
		m.Right = o.tree(s.Right)
		g.semis[i] = &m
	}
	// In a fixed order, whatever the places they were found at: which of them are tried at both depends on it.
	slices.SortStableFunc(g.semis, func(a, b *logical.Join) int { return int(firstID(a.Right)) - int(firstID(b.Right)) })
	best := keepColumns(g.best(o.c), n.Columns())
	if logical.Format(best) == logical.Format(n) { // IDs are the same too: nothing was renumbered
		return n
	}
	return best
}

// orderGraph is a tree of inner, semi and anti joins taken apart.
type orderGraph struct {
	relations  []logical.Node
	predicates []expr.Expr
	semis      []*logical.Join
}

// flatten takes n apart. Projections that only drop columns are left out; what they dropped is dropped at the end.
func (g *orderGraph) flatten(n logical.Node) {
	switch m := n.(type) {
	case *logical.Join:
		switch {
		case reorderable(m) && freelyMovable(conjuncts(m.Condition)):
			g.flatten(m.Left)
			g.flatten(m.Right)
			g.predicates = append(g.predicates, conjuncts(m.Condition)...)
			return
		case movableSemi(m):
			g.flatten(m.Left)
			g.semis = append(g.semis, m)
			return
		}
	case *logical.Project:
		if j, ok := m.Input.(*logical.Join); ok && passesOn(m) && (reorderable(j) || movableSemi(j)) {
			g.flatten(j)
			return
		}
	}
	g.relations = append(g.relations, n)
}

// movableSemi reports whether a join only drops rows of its left side.
func movableSemi(j *logical.Join) bool {
	return (j.Type == logical.LeftSemi || j.Type == logical.LeftAnti) && !j.Lateral && j.LeftHint == "" && j.RightHint == "" &&
		freelyMovable(conjuncts(j.Condition))
}

// passesOn reports whether a projection gives columns of its input as they are.
func passesOn(p *logical.Project) bool {
	for _, item := range p.Items {
		if c, ok := item.Expr.(*expr.Column); !ok || c.ID != item.ID {
			return false
		}
	}
	return true
}

// best builds the cheapest tree.
func (g *orderGraph) best(c *Context) logical.Node {
	e := c.estimator
	var choice []int // semi joins for which both places are tried
	leaf := make([]int, len(g.semis))
	early := make([]bool, len(g.semis))
	for i, s := range g.semis {
		leaf[i] = g.leafOf(s)
		if leaf[i] < 0 {
			continue
		}
		below := semiOver(s, g.relations[leaf[i]])
		early[i] = e.Rows(below) < 0.5*e.Rows(below.Left)
		if len(choice) < placedSemis && len(g.relations) <= 8 {
			choice = append(choice, i)
		}
	}
	var best logical.Node
	cheapest := math.Inf(1)
	for tried := range 1 << len(choice) {
		for k, i := range choice {
			early[i] = tried>>k&1 == 1
		}
		plan, cost := g.plan(c, leaf, early)
		if cost < cheapest {
			best, cheapest = plan, cost
		}
	}
	return best
}

// leafOf is the relation that has all columns a semi join reads of its left side; -1 if there is none.
func (g *orderGraph) leafOf(s *logical.Join) int {
	if s.Condition == nil {
		return -1
	}
	right := outputSet(s.Right)
	at := -1
	for _, id := range expr.Columns(s.Condition) {
		if right[id] {
			continue
		}
		i := g.relationOf(id)
		if i < 0 || at >= 0 && i != at {
			return -1
		}
		at = i
	}
	return at
}

func (g *orderGraph) relationOf(id expr.ColumnID) int {
	for i, r := range g.relations {
		if _, ok := columnByID(r.Columns(), id); ok {
			return i
		}
	}
	return -1
}

func semiOver(s *logical.Join, left logical.Node) *logical.Join {
	m := *s
	m.Left = left
	return &m
}

// plan is the cheapest tree with the semi joins at the given places, and its cost.
func (g *orderGraph) plan(c *Context, leaf []int, early []bool) (logical.Node, float64) {
	e := c.estimator
	relations := append([]logical.Node(nil), g.relations...)
	cost := 0.0
	for i, s := range g.semis {
		if early[i] && leaf[i] >= 0 {
			below := semiOver(s, relations[leaf[i]])
			cost += semiCost(e.Rows(below.Left), e.Rows(below.Right), e.Rows(below))
			relations[leaf[i]] = below
		}
	}
	q := newOrderSearch(c, relations, g.predicates)
	tree := q.search()
	cost += tree.cost
	plan := q.build(tree)
	for i, s := range g.semis {
		if !early[i] || leaf[i] < 0 {
			above := semiOver(s, plan)
			cost += semiCost(e.Rows(plan), e.Rows(s.Right), e.Rows(above))
			plan = above
		}
	}
	return plan, cost
}

// Costs of a join for each row built, probed and given, in units of one row probed.
const (
	buildCost  = 2.5
	outputCost = 1.0
)

func joinCost(l, r, out float64) float64 {
	return buildCost*min(l, r) + max(l, r) + outputCost*out
}

func semiCost(l, r, out float64) float64 {
	return min(buildCost*r+l, buildCost*l+r) + outputCost*out
}

// orderSearch looks for the cheapest tree over relations.
type orderSearch struct {
	c         *Context
	relations []logical.Node
	estimates []*estimate
	// known is what is known of the columns of all relations.
	known   *estimate
	classes []columnClass
	edges   []orderEdge  // predicates that are no equalities of columns
	memo    []*orderTree // of the exact search, by the bits of the set
}

// columnClass is a set of columns that the predicates make equal.
type columnClass struct {
	columns  []*expr.Column
	relation []int
	set      relationSet
}

// orderEdge is a predicate with the relations it reads; left and right are those of an equality's sides, else nil.
type orderEdge struct {
	predicate   expr.Expr
	set         relationSet
	left, right relationSet
	selectivity float64
}

// orderTree is a tree over a set of relations.
type orderTree struct {
	set         relationSet
	rows, cost  float64
	left, right *orderTree // nil for a relation
}

func newOrderSearch(c *Context, given []logical.Node, predicates []expr.Expr) *orderSearch {
	q := &orderSearch{c: c, relations: slices.Clone(given)}
	// A fixed order makes the result independent of the tree the relations came from.
	slices.SortStableFunc(q.relations, func(a, b logical.Node) int { return int(firstID(a)) - int(firstID(b)) })
	place := map[expr.ColumnID]int{}
	for i, r := range q.relations {
		for _, c := range r.Columns() {
			place[c.ID] = i
		}
	}
	for _, p := range predicates {
		if l, r, ok := columnEquality(p); ok && place[l.ID] != place[r.ID] {
			q.addEquality(l, place[l.ID], r, place[r.ID])
			continue
		}
		q.addEdge(p, place)
	}
	for i := range q.classes {
		q.closeClass(&q.classes[i])
	}
	slices.SortFunc(q.classes, func(a, b columnClass) int { return int(a.columns[0].ID) - int(b.columns[0].ID) })
	slices.SortStableFunc(q.edges, func(a, b orderEdge) int { return strings.Compare(expr.Key(a.predicate), expr.Key(b.predicate)) })
	q.known = &estimate{rows: math.Inf(1), columns: map[expr.ColumnID]*columnEstimate{}}
	for _, r := range q.relations {
		s := c.estimator.of(r)
		q.estimates = append(q.estimates, s)
		maps.Copy(q.known.columns, s.columns)
	}
	for i := range q.edges {
		q.edges[i].selectivity = q.known.selectivity(q.edges[i].predicate)
	}
	return q
}

func firstID(n logical.Node) expr.ColumnID {
	first := expr.ColumnID(math.MaxInt32)
	for _, c := range n.Columns() {
		first = min(first, c.ID)
	}
	return first
}

// addEdge takes a predicate that is not an equality of columns of two relations. One over a single relation filters it.
func (q *orderSearch) addEdge(p expr.Expr, place map[expr.ColumnID]int) {
	setOf := func(x expr.Expr) relationSet {
		s := newRelationSet(len(q.relations))
		expr.VisitColumns(x, func(c *expr.Column) {
			if i, ok := place[c.ID]; ok {
				s.add(i)
			}
		})
		return s
	}
	edge := orderEdge{predicate: p, set: setOf(p)}
	if edge.set.count() == 1 {
		i := edge.set.first()
		q.relations[i] = addFilter(q.relations[i], p)
		return
	}
	if c, ok := p.(*expr.Comparison); ok && (c.Op == expr.Equal || c.Op == expr.NullSafeEqual) {
		l, r := setOf(c.Left), setOf(c.Right)
		if !l.intersects(r) && l.count() > 0 && r.count() > 0 {
			edge.left, edge.right = l, r
		}
	}
	q.edges = append(q.edges, edge)
}

// closeClass puts the columns of a class in a fixed order. Of two columns of one relation only one will be compared with
// other relations, so that the relation itself has to see to it that they are equal:
//
//	SELECT * FROM a JOIN b ON a.x = b.k AND a.y = b.k
func (q *orderSearch) closeClass(k *columnClass) {
	order := make([]int, len(k.columns))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return int(k.columns[a].ID) - int(k.columns[b].ID) })
	sorted := columnClass{set: k.set}
	first := map[int]*expr.Column{}
	for _, i := range order {
		c, r := k.columns[i], k.relation[i]
		sorted.columns, sorted.relation = append(sorted.columns, c), append(sorted.relation, r)
		switch f := first[r]; {
		case f == nil:
			first[r] = c
		case f.ID != c.ID:
			q.relations[r] = addFilter(q.relations[r], compare(expr.Equal, f, c))
		}
	}
	*k = sorted
}

// columnEquality recognises a = b over two columns of one type.
func columnEquality(p expr.Expr) (l, r *expr.Column, ok bool) {
	c, ok := p.(*expr.Comparison)
	if !ok || c.Op != expr.Equal {
		return nil, nil, false
	}
	l, ok1 := c.Left.(*expr.Column)
	r, ok2 := c.Right.(*expr.Column)
	return l, r, ok1 && ok2 && l.Typ.SameType(r.Typ)
}

func (q *orderSearch) addEquality(l *expr.Column, li int, r *expr.Column, ri int) {
	find := func(id expr.ColumnID) int {
		for i, class := range q.classes {
			for _, c := range class.columns {
				if c.ID == id {
					return i
				}
			}
		}
		return -1
	}
	a, b := find(l.ID), find(r.ID)
	switch {
	case a < 0 && b < 0:
		k := columnClass{set: newRelationSet(len(q.relations))}
		k.add(l, li)
		k.add(r, ri)
		q.classes = append(q.classes, k)
	case a < 0:
		q.classes[b].add(l, li)
	case b < 0:
		q.classes[a].add(r, ri)
	case a != b:
		for i, c := range q.classes[b].columns {
			q.classes[a].add(c, q.classes[b].relation[i])
		}
		q.classes = append(q.classes[:b], q.classes[b+1:]...)
	}
}

func (k *columnClass) add(c *expr.Column, relation int) {
	k.columns, k.relation = append(k.columns, c), append(k.relation, relation)
	k.set.add(relation)
}

// member is a column of the class in one of the relations of set: the one with the fewest values there.
func (k *columnClass) member(q *orderSearch, set relationSet) *expr.Column {
	best, at := -1, math.Inf(1)
	for i, r := range k.relation {
		if !set.has(r) {
			continue
		}
		if d, _ := q.estimates[r].domainOf(k.columns[i]); best < 0 || d < at {
			best, at = i, d
		}
	}
	return k.columns[best]
}

// connected reports whether an equality joins two disjoint sets.
func (q *orderSearch) connected(a, b relationSet) bool {
	for i := range q.classes {
		if k := &q.classes[i]; k.set.intersects(a) && k.set.intersects(b) {
			return true
		}
	}
	for i := range q.edges {
		if e := &q.edges[i]; e.left != nil && e.crosses(a, b) {
			return true
		}
	}
	return false
}

// crosses reports whether a predicate can be applied when a and b are joined, and not before.
func (e *orderEdge) crosses(a, b relationSet) bool {
	return e.set.intersects(a) && e.set.intersects(b) && e.set.within(a, b)
}

// connecting are the classes that have columns on both sides.
func (q *orderSearch) connecting(a, b relationSet) []*columnClass {
	var out []*columnClass
	for i := range q.classes {
		if k := &q.classes[i]; k.set.intersects(a) && k.set.intersects(b) {
			out = append(out, k)
		}
	}
	return out
}

// members are columns of set for each of classes: of one relation if one has them all, since such a relation says how many
// combinations of their values there are.
func (q *orderSearch) members(classes []*columnClass, set relationSet) []*expr.Column {
	if common := set.firstOfAll(classes); common >= 0 {
		set = newRelationSet(len(q.relations))
		set.add(common)
	}
	out := make([]*expr.Column, len(classes))
	for i, k := range classes {
		out[i] = k.member(q, set)
	}
	return out
}

// rowsOf estimates the join of two disjoint sets.
func (q *orderSearch) rowsOf(a, b *orderTree) float64 {
	kept := 1.0
	if classes := q.connecting(a.set, b.set); len(classes) > 0 {
		left, right := q.members(classes, a.set), q.members(classes, b.set)
		keys := make([]joinKey, len(classes))
		for i := range classes {
			keys[i] = joinKey{left: left[i], right: right[i]}
		}
		kept = keySelectivity(keys, q.known, q.known)
	}
	for i := range q.edges {
		if q.edges[i].crosses(a.set, b.set) {
			kept *= q.edges[i].selectivity
		}
	}
	return max(1, a.rows*b.rows*kept)
}

// search finds the cheapest tree over all relations.
func (q *orderSearch) search() *orderTree {
	n := len(q.relations)
	trees := make([]*orderTree, n)
	for i, s := range q.estimates {
		trees[i] = &orderTree{set: newRelationSet(n), rows: s.rows}
		trees[i].set.add(i)
	}
	if n > exactRelations {
		return q.greedy(trees)
	}
	all := uint64(1)<<n - 1
	q.memo = make([]*orderTree, all+1)
	for i, t := range trees {
		q.memo[1<<i] = t
	}
	for mask := uint64(1); mask <= all; mask++ {
		if bits.OnesCount64(mask) > 1 {
			q.c.check()
			q.exact(mask)
		}
	}
	if t := q.memo[all]; t != nil {
		return t
	}
	// The predicates leave several parts: products of them, the smallest first.
	var parts []*orderTree
	for rest := all; rest != 0; {
		part := q.partOf(rest)
		parts = append(parts, q.memo[part])
		rest &^= part
	}
	return q.greedy(parts)
}

// partOf is the largest connected set around the first relation of mask.
func (q *orderSearch) partOf(mask uint64) uint64 {
	part := mask & -mask
	for grown := true; grown; {
		grown = false
		for i := range q.relations {
			if bit := uint64(1) << i; part&bit == 0 && mask&bit != 0 && q.memo[part|bit] != nil {
				part |= bit
				grown = true
			}
		}
	}
	return part
}

// exact finds the cheapest tree over mask from those over its parts; there is none if mask is not connected.
func (q *orderSearch) exact(mask uint64) {
	var best *orderTree
	for left := (mask - 1) & mask; left > 0; left = (left - 1) & mask {
		right := mask &^ left
		if left < right {
			continue // the mirror image
		}
		a, b := q.memo[left], q.memo[right]
		if a == nil || b == nil || !q.connected(a.set, b.set) {
			continue
		}
		rows := 0.0
		if best != nil {
			rows = best.rows // one estimate for a set, whatever its tree
		} else {
			rows = q.rowsOf(a, b)
		}
		cost := a.cost + b.cost + joinCost(a.rows, b.rows, rows)
		if best == nil || cost < best.cost {
			best = &orderTree{set: a.set.union(b.set), rows: rows, cost: cost, left: a, right: b}
		}
	}
	if best != nil {
		q.memo[mask] = best
	}
}

// greedy joins, again and again, the two trees whose join gives the fewest rows, products only if nothing else is left.
func (q *orderSearch) greedy(trees []*orderTree) *orderTree {
	pairs := make([][]treePair, len(trees)) // of each tree with those before it
	for i := range pairs {
		pairs[i] = make([]treePair, i)
	}
	for len(trees) > 1 {
		bestI, bestJ, best := 0, 0, (*treePair)(nil)
		for i, a := range trees {
			q.c.check()
			for j, b := range trees[:i] {
				p := &pairs[i][j]
				p.estimate(q, a, b)
				if best == nil || p.connected && !best.connected || p.connected == best.connected && p.rows < best.rows {
					bestI, bestJ, best = i, j, p
				}
			}
		}
		a, b := trees[bestI], trees[bestJ]
		cost := a.cost + b.cost + joinCost(a.rows, b.rows, best.rows)
		trees[bestJ] = &orderTree{set: a.set.union(b.set), rows: best.rows, cost: cost, left: a, right: b}
		trees, pairs = slices.Delete(trees, bestI, bestI+1), slices.Delete(pairs, bestI, bestI+1)
		for i := bestI; i < len(pairs); i++ {
			pairs[i] = slices.Delete(pairs[i], bestI, bestI+1)
		}
		clear(pairs[bestJ])
		for i := bestJ + 1; i < len(pairs); i++ {
			pairs[i][bestJ] = treePair{}
		}
	}
	return trees[0]
}

// treePair is what joining two trees would give, once that is known.
type treePair struct {
	known, connected bool
	rows             float64
}

func (p *treePair) estimate(q *orderSearch, a, b *orderTree) {
	if !p.known {
		*p = treePair{known: true, connected: q.connected(a.set, b.set), rows: q.rowsOf(a, b)}
	}
}

// build makes the plan of a tree.
func (q *orderSearch) build(t *orderTree) logical.Node {
	plan := q.node(t)
	var loose []expr.Expr // predicates that read no relation
	for _, e := range q.edges {
		if e.set.count() == 0 {
			loose = append(loose, e.predicate)
		}
	}
	return filtered(plan, loose...)
}

func (q *orderSearch) node(t *orderTree) logical.Node {
	if t.left == nil {
		return q.relations[t.set.first()]
	}
	a, b := t.left, t.right
	if a.rows < b.rows {
		a, b = b, a
	}
	var parts []expr.Expr
	classes := q.connecting(a.set, b.set)
	left, right := q.members(classes, a.set), q.members(classes, b.set)
	for i := range classes {
		parts = append(parts, compare(expr.Equal, left[i], right[i]))
	}
	for i := range q.edges {
		if q.edges[i].crosses(a.set, b.set) {
			parts = append(parts, q.edges[i].predicate)
		}
	}
	return innerJoin(q.node(a), q.node(b), parts)
}
