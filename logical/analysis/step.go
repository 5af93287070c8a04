package analysis

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// Step is a query that was bound, kept so that queries made of it start from there: a chain of DataFrame verbs is bound verb
// by verb, not from its first verb for each, and what a verb was made of stays what it was when a view is replaced. It never
// changes, and is safe for concurrent use.
type Step struct {
	relation *relation
	// unfinished says that the relation came from a SELECT block, which a step above may still add to: sort on a column
	// that the block dropped. Such a step binds the block again.
	unfinished bool
	// What the binder had handed out when it was done.
	ids                expr.ColumnID
	instances, commons int32
	hinted             bool
	clock              bool
	inputs             map[ast.Query]*Step
}

// ReadsClock reports whether the meaning of the query depends on when it was bound: it asks for the time of day.
func (s *Step) ReadsClock() bool { return s.clock }

// Query binds a query to a plan. The plan's columns are the query's, under their final names.
func (a *Analyzer) Query(ctx context.Context, q ast.Query) (logical.Node, error) {
	plan, _, err := a.Step(ctx, q)
	return plan, err
}

// Step is Query that also returns what queries made of this one start from, see Analyzer.Steps.
func (a *Analyzer) Step(ctx context.Context, q ast.Query) (_ logical.Node, _ *Step, err error) {
	defer diag.Recover(&err)
	if a.Settings.ClockRead == nil {
		a.Settings.ClockRead = &atomic.Bool{}
	}
	b := a.binder(ctx)
	r, err := b.query(q, environment{})
	if err != nil {
		return nil, nil, err
	}
	finished := *r
	finished.block = nil
	step := &Step{
		relation: &finished, unfinished: r.block != nil, ids: b.ids.Last(), instances: b.instances, commons: b.commons, hinted: b.hinted,
		clock: a.Settings.ClockRead.Load(),
	}
	if step.unfinished || step.clock || step.instances > 0 || step.commons > 0 || step.hinted {
		step.inputs = a.Steps // it may have to be bound again
	}
	plan := r.plan()
	if b.commons > 0 || b.hinted {
		plan = b.inlineSingleUses(plan)
	}
	return plan, step, nil
}

// known is the relation of a query that was bound before, or nil if it has to be bound now; then from the steps that it was
// made of. The first one of a query is taken as it is, others under fresh column IDs.
func (b *binder) known(q ast.Query) *relation {
	step := b.steps[q]
	if step == nil {
		return nil
	}
	if r := b.use(step); r != nil {
		return r
	}
	b.forget(q)
	return nil
}

// forget makes b bind a query that was bound before, from the steps that it was made of.
func (b *binder) forget(q ast.Query) {
	inputs := b.steps[q].inputs
	delete(b.steps, q)
	for input, step := range inputs {
		b.steps[input] = step
	}
}

// use is the relation of a step, nil if this query cannot have it: one that asks for the time has that of this query, and
// calls that are told apart by number cannot be copied.
func (b *binder) use(step *Step) *relation {
	if step.clock {
		return nil
	}
	r := *step.relation
	r.columns, r.hidden = slices.Clone(r.columns), slices.Clone(r.hidden) // which aligning columns by name changes
	if b.ids.Last() == 0 && b.instances == 0 && b.commons == 0 {
		b.ids.Skip(step.ids)
		b.instances, b.commons = step.instances, step.commons
	} else if step.instances > 0 || step.commons > 0 || !r.renumber(b.ids) {
		return nil
	}
	b.hinted = b.hinted || step.hinted
	return &r
}

// renumber puts a relation under fresh column IDs; false if a hint is in it that would be lost.
func (r *relation) renumber(ids *logical.IDs) bool {
	node, hint := r.node, (*hinted)(nil)
	if h, ok := node.(*hinted); ok {
		node, hint = h.Node, h
	}
	whole := true
	logical.WalkAll(node, func(n logical.Node) bool {
		_, isHint := n.(*hinted)
		whole = whole && !isHint
		return whole
	})
	if !whole {
		return false
	}
	node, fresh := logical.FreshCopy(node, ids)
	if r.node = node; hint != nil {
		r.node = &hinted{Node: node, hint: hint.hint}
	}
	renumber := func(columns []visible) []visible {
		columns = slices.Clone(columns)
		for i, c := range columns {
			if id, ok := fresh[c.ID]; ok {
				columns[i].ID = id
			}
			if id, ok := fresh[c.same]; ok {
				columns[i].same = id
			}
		}
		return columns
	}
	r.columns, r.hidden = renumber(r.columns), renumber(r.hidden)
	r.origins = slices.Clone(r.origins)
	for i, o := range r.origins {
		r.origins[i].columns = renumber(o.columns)
	}
	return true
}

// withBlock is query for a step that may add to the SELECT block which q is.
func (b *binder) withBlock(q ast.Query, env environment) (*relation, error) {
	if step := b.steps[q]; step != nil && step.unfinished {
		b.forget(q)
	}
	return b.query(q, env)
}
