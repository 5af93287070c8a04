package physical

import (
	"context"
	"slices"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// joinKeys is a join's condition, taken apart.
type joinKeys struct {
	left, right []expr.Expr // compared pairwise
	nullSafe    []bool
	residual    []expr.Expr // the rest, in order
	// nullAware: the one key is that of NOT IN / IN. residualAware: the residual is, because there are several.
	nullAware, residualAware bool
}

// splitCondition finds the conjuncts that compare an expression of the left side with one of the right.
func splitCondition(n *logical.Join) joinKeys {
	var k joinKeys
	if n.Condition == nil {
		return k
	}
	left, right := columnSet(n.Left), columnSet(n.Right)
	equals := 0
	before := guards{open: !n.NullAware}
	for _, c := range expr.Conjuncts(n.Condition) {
		cmp, ok := c.(*expr.Comparison)
		if ok && cmp.Op == expr.Equal {
			equals++
		}
		if !ok || cmp.Op != expr.Equal && cmp.Op != expr.NullSafeEqual || !expr.Deterministic(cmp) {
			k.residual = append(k.residual, c)
			before.add(c, left, right)
			continue
		}
		a, b := cmp.Left, cmp.Right
		if within(a, right) && within(b, left) {
			a, b = b, a
		}
		ok = within(a, left) && within(b, right) && len(expr.Columns(a)) > 0 && len(expr.Columns(b)) > 0
		if ok && expr.Fallible(cmp) {
			a, b, ok = before.protect(cmp, a, b)
		}
		before.add(c, left, right)
		if !ok {
			k.residual = append(k.residual, c)
			continue
		}
		k.left, k.right = append(k.left, a), append(k.right, b)
		k.nullSafe = append(k.nullSafe, cmp.Op == expr.NullSafeEqual)
	}
	if n.NullAware {
		k.splitNullAware(equals)
	}
	return k
}

// guards are the conjuncts before one that may raise an error. As a key it is evaluated for all rows of its side, and not
// only for pairs that passed them: x <> 0 AND 1 / x = y must not divide by zero.
type guards struct {
	left, right []expr.Expr // of columns of one side
	open        bool        // there are no others
}

func (g *guards) add(c expr.Expr, left, right map[expr.ColumnID]bool) {
	switch {
	case !expr.Deterministic(c):
		g.open = false
	case within(c, left):
		g.left = append(g.left, c)
	case within(c, right):
		g.right = append(g.right, c)
	default:
		g.open = false
	}
}

// protect makes keys of the sides of an equality of which one may raise an error: null, which equals nothing, for rows
// that a conjunct before rules out. ok is false where that cannot be said of single rows.
func (g *guards) protect(c *expr.Comparison, a, b expr.Expr) (left, right expr.Expr, ok bool) {
	if !g.open || c.Op != expr.Equal && len(g.left)+len(g.right) > 0 {
		return a, b, false
	}
	return protected(a, g.left), protected(b, g.right), true
}

func protected(e expr.Expr, conditions []expr.Expr) expr.Expr {
	if len(conditions) == 0 || !expr.Fallible(e) {
		return e
	}
	base := expr.Base{Typ: e.Type(), Null: true}
	return &expr.Case{Base: base, Whens: []expr.When{{Condition: expr.Conjunction(conditions...), Result: e}}, Else: &expr.Literal{Base: base}}
}

// splitNullAware leaves a single IN comparison as the key if it stands alone. Otherwise the = comparisons, which are
// IN's own, become the residual, whose unknown outcomes count; the <=> ones stay keys.
func (k *joinKeys) splitNullAware(equals int) {
	if len(k.left) == 1 && equals == 1 && len(k.residual) == 0 {
		k.nullAware = true
		return
	}
	k.residualAware = true
	keys := *k
	k.left, k.right, k.nullSafe = nil, nil, nil
	for i, safe := range keys.nullSafe {
		if safe {
			k.left, k.right, k.nullSafe = append(k.left, keys.left[i]), append(k.right, keys.right[i]), append(k.nullSafe, true)
			continue
		}
		k.residual = append(k.residual, &expr.Comparison{
			Base: expr.Base{Typ: types.BooleanType, Null: true}, Op: expr.Equal, Left: keys.left[i], Right: keys.right[i]})
	}
}

func columnSet(n logical.Node) map[expr.ColumnID]bool {
	set := map[expr.ColumnID]bool{}
	for _, c := range n.Columns() {
		set[c.ID] = true
	}
	return set
}

func within(e expr.Expr, set map[expr.ColumnID]bool) bool {
	return !slices.ContainsFunc(expr.Columns(e), func(id expr.ColumnID) bool { return !set[id] })
}

// hashJoin is a join with its sides decided.
type hashJoin struct {
	node         *logical.Join
	kind         program.ProbeKind
	probe, build logical.Node
	probeKeys    []expr.Expr
	buildKeys    []expr.Expr
	keys         joinKeys
	// unmatched: build rows without a partner are rows of the result too (right and full joins).
	unmatched bool
	// filtering: probe rows without a partner are dropped, so a run-time filter may drop them earlier.
	filtering bool
	swapped   bool
	// markOnly: the probe side is read only to mark build rows, which are then the result: semi and anti joins of a small
	// left side with a large right one.
	markOnly bool
}

// markRatio is how many times larger the right side of a semi or anti join must be for the left side to be built.
const markRatio = 4

// decide chooses the build side: the right one, but for a right join the left, and for inner joins the smaller, unless a
// hint names a side. An outer join without equal keys builds the side whose rows are kept if that is the smaller: it can be
// probed in blocks, the other side cannot.
func (p *planner) decide(n *logical.Join) hashJoin {
	k := splitCondition(n)
	j := hashJoin{node: n, probe: n.Left, build: n.Right, probeKeys: k.left, buildKeys: k.right, keys: k}
	swap := func() {
		j.probe, j.build, j.probeKeys, j.buildKeys, j.swapped = n.Right, n.Left, k.right, k.left, true
	}
	switch n.Type {
	case logical.Inner, logical.Cross:
		j.kind, j.filtering = program.InnerProbe, true
		switch {
		case n.LeftHint != "" && n.RightHint == "":
			swap()
		case n.RightHint == "" && p.estimator.Rows(n.Left) < p.estimator.Rows(n.Right):
			swap()
		}
		if n.Single {
			j.kind, j.filtering = program.SingleProbe, false
			if j.swapped {
				j.probe, j.build, j.probeKeys, j.buildKeys, j.swapped = n.Left, n.Right, k.left, k.right, false
			}
		}
	case logical.LeftOuter:
		j.kind = program.LeftOuterProbe
		switch {
		case n.Single:
			j.kind = program.SingleProbe
		case len(k.left) == 0 && n.RightHint == "" && p.estimator.Rows(n.Left) < p.estimator.Rows(n.Right):
			swap()
			j.kind, j.unmatched = program.InnerProbe, true
		}
	case logical.RightOuter:
		if len(k.left) == 0 && n.LeftHint == "" && p.estimator.Rows(n.Right) < p.estimator.Rows(n.Left) {
			j.kind, j.unmatched = program.InnerProbe, true
			break
		}
		swap()
		j.kind = program.LeftOuterProbe
	case logical.FullOuter:
		j.kind, j.unmatched = program.LeftOuterProbe, true
	case logical.LeftSemi:
		j.kind, j.filtering = program.SemiProbe, true
		p.buildLeft(&j, swap)
	case logical.LeftAnti:
		j.kind = program.AntiProbe
		p.buildLeft(&j, swap)
		if n.NullAware {
			j.kind = program.NullAwareAntiProbe
		}
	case logical.LeftMark:
		j.kind = program.MarkProbe
		if n.NullAware {
			j.kind = program.NullAwareMarkProbe
		}
	}
	return j
}

// buildLeft turns a semi or anti join around if its left side is much smaller.
func (p *planner) buildLeft(j *hashJoin, swap func()) {
	n := j.node
	if n.NullAware || n.RightHint != "" || len(j.probeKeys) == 0 || p.estimator.Rows(n.Left)*markRatio > p.estimator.Rows(n.Right) {
		return
	}
	swap()
	j.kind, j.filtering, j.markOnly, j.unmatched = program.InnerProbe, true, true, true
}

// lowerJoin builds a table of one side in a stage of its own and adds the probe of it to the program of the other.
func (p *planner) lowerJoin(n *logical.Join, w wanted) (*flow, error) {
	j := p.decide(n)
	filters := p.keyFilters(&j)
	op := p.joinOperator(&j)
	build, err := p.lowerBuild(&j, op, w, filters)
	if err != nil {
		return nil, err
	}
	down := w.only(j.probe.Columns())
	down.needed = w.reading(n.Expressions()...).needed
	for k, f := range filters {
		if f != nil {
			down.filters = append(down.filters, columnFilter{j.probeKeys[k].(*expr.Column).ID, f})
		}
	}
	probe, err := p.lower(j.probe, down)
	if err != nil {
		return nil, err
	}
	spec := program.ProbeSpec{
		Lookup: build.sink.Lookup(), Kind: j.kind, Keys: j.probeKeys, Build: build.columns, Residual: expr.Conjunction(j.keys.residual...),
		MarkID: n.Mark.ID, MarkBuild: j.unmatched, ResidualNullAware: j.keys.residualAware,
	}
	probe.begin(op)
	if err := probe.each(func(b *program.Builder) error { return b.Probe(spec) }); err != nil {
		return nil, err
	}
	for _, b := range probe.branches {
		b.after = append(slices.Clip(b.after), build.stages...)
		b.builds = append(slices.Clip(b.builds), build.sink)
	}
	if j.unmatched && !j.markOnly {
		p.addUnmatched(probe, &j, build, op)
	}
	children := []*Operator{probe.operator, build.operator}
	if j.swapped {
		slices.Reverse(children)
	}
	op.Children = children
	op.builds = append(op.builds, build.sink)
	probe.operator = op
	probe.end(op)
	if j.markOnly {
		op.Breaker = true // its rows are read from the build side
		return p.readMarked(probe, &j, build)
	}
	return p.cut(probe, neededColumns(n, w))
}

// readMarked ends the probing stages and reads the build rows that they marked, or the others for an anti join.
func (p *planner) readMarked(probe *flow, j *hashJoin, build *buildSide) (*flow, error) {
	programs, err := p.build(probe, nil)
	if err != nil {
		return nil, err
	}
	stages := p.feed(probe, programs, exec.NewDiscard(), "JoinMark", probe.operator)
	open := func(context.Context) (source.Scan, error) {
		if j.node.Type == logical.LeftSemi {
			return build.sink.Matched(), nil
		}
		return build.sink.Unmatched(), nil
	}
	return p.newFlow(probe.operator, &branch{after: stages, open: open}, build.inputs), nil
}

// joinOperator is the operator of a join.
func (p *planner) joinOperator(j *hashJoin) *Operator {
	op := p.newOperator(j.node, "HashJoin", p.joinDetail(j))
	if len(j.probeKeys) == 0 {
		op.Name = "NestedLoopJoin"
	} else {
		op.Arguments = append(op.Arguments, listArgument("Left keys", debugTexts(j.keys.left)), listArgument("Right keys", debugTexts(j.keys.right)))
	}
	kind, condition, side := j.node.Type.String(), "None", "right"
	if j.node.NullAware {
		kind += " null-aware"
	}
	if j.node.Single {
		kind += " single"
	}
	if c := expr.Conjunction(j.keys.residual...); c != nil {
		condition = expr.Debug(c)
	}
	if j.swapped {
		side = "left"
	}
	op.Arguments = append(op.Arguments, Argument{Name: "Join type", Value: kind}, Argument{Name: "Join condition", Value: condition},
		Argument{Name: "Build side", Value: side})
	return op
}

func debugTexts(list []expr.Expr) []string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = expr.Debug(e)
	}
	return out
}

func (p *planner) joinDetail(j *hashJoin) string {
	side := "BuildRight"
	if j.swapped {
		side = "BuildLeft"
	}
	detail := j.node.Type.String()
	if j.node.NullAware {
		detail += " null-aware"
	}
	if j.node.Single {
		detail += " single"
	}
	if j.node.Condition != nil {
		detail += ", " + expr.Debug(j.node.Condition)
	}
	return detail + ", " + side
}

// keyFilters makes the run-time filters that the build side will fill: one for each key that is a plain column of the
// probe side.
func (p *planner) keyFilters(j *hashJoin) []*vector.RuntimeFilter {
	filters := make([]*vector.RuntimeFilter, len(j.probeKeys))
	if !j.filtering || !p.options.RuntimeFilters {
		return filters
	}
	for k, e := range j.probeKeys {
		c, ok := e.(*expr.Column)
		layout := e.Type().Physical()
		if ok && !j.keys.nullSafe[k] && (layout.IsInteger() && layout != types.PhysicalInt128 || layout == types.PhysicalString) {
			filters[k] = &vector.RuntimeFilter{Type: c.Typ}
		}
	}
	return filters
}

// buildSide is a join's build side, lowered.
type buildSide struct {
	sink     *exec.JoinBuild
	stages   []*exec.Stage
	columns  []program.BuildColumn
	inputs   []program.Input
	operator *Operator
}

// lowerBuild ends the build side's flow in a join build: keys first, then the columns that are read above.
func (p *planner) lowerBuild(j *hashJoin, op *Operator, w wanted, filters []*vector.RuntimeFilter) (*buildSide, error) {
	needed := w.reading(j.node.Expressions()...)
	f, err := p.lower(j.build, wanted{needed: needed.needed})
	if err != nil {
		return nil, err
	}
	side := &buildSide{operator: f.operator}
	f.begin(op)
	var ids []expr.ColumnID
	for _, e := range j.buildKeys {
		id, err := p.define(f, e)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	above := w.reading(j.keys.residual...)
	for _, c := range j.build.Columns() {
		if (j.markOnly || j.node.Type.HasRightColumns()) && above.needs(c.ID) ||
			slices.ContainsFunc(j.keys.residual, func(e expr.Expr) bool { return slices.Contains(expr.Columns(e), c.ID) }) {
			ids = append(ids, c.ID)
		}
	}
	programs, err := p.build(f, ids)
	if err != nil {
		return nil, err
	}
	side.inputs = outputsOf(programs)
	side.sink = exec.NewJoinBuild(exec.JoinBuildSpec{
		Layout: layouts(side.inputs), Keys: len(j.buildKeys), NullSafe: j.keys.nullSafe, Filters: filters,
		PerfectArrays: p.options.PerfectArrays, Unmatched: j.unmatched, Blocks: j.kind == program.InnerProbe,
	})
	side.stages = p.feed(f, programs, side.sink, "JoinBuild", op)
	for i, in := range side.inputs {
		if i < len(j.buildKeys) && slices.Contains(ids[len(j.buildKeys):], in.ID) {
			continue // the payload holds it too
		}
		side.columns = append(side.columns, program.BuildColumn{ID: in.ID, Name: in.Name, Type: in.Type, Physical: in.Physical,
			Nullable: in.Nullable, Range: in.Range, Index: i})
	}
	return side, nil
}

// define gives an expression a column of its own in every branch, unless it is a column already.
func (p *planner) define(f *flow, e expr.Expr) (expr.ColumnID, error) {
	if c, ok := e.(*expr.Column); ok {
		return c.ID, nil
	}
	p.ids--
	id := p.ids
	return id, f.each(func(b *program.Builder) error { return b.Define(id, expr.Debug(e), e) })
}

// addUnmatched adds a branch that reads the build rows without a partner, once the probing stages are done.
func (p *planner) addUnmatched(f *flow, j *hashJoin, build *buildSide, op *Operator) {
	b := &branch{
		open:       func(context.Context) (source.Scan, error) { return build.sink.Unmatched(), nil },
		afterTwins: slices.Clone(f.branches),
	}
	p.read(op, b, build.inputs)
	for _, c := range j.probe.Columns() {
		null := &expr.Literal{Base: expr.Base{Typ: c.Type, Null: true}}
		if err := b.builder.Define(c.ID, c.Name, null); err != nil {
			panic(err)
		}
	}
	f.branches = append(f.branches, b)
}
