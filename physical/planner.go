// Package physical turns a logical plan into stages that exec runs: which operators fuse into one program, which side
// of a join builds, which layouts columns have. Each operator's lowering is in the file with its name.
//
// A flow is a plan that is being lowered: one or more branches (a union has several), each a source with the program
// that has been compiled for it so far. Operators that work row by row are added to the program of every branch; a
// pipeline breaker ends the branches in stages that feed one sink, and what the sink holds is the source of a new flow.
package physical

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/optimizer"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Options are the settings a plan is lowered with.
type Options struct {
	Program        program.Options
	FusedStages    bool // false: each operator is a stage of its own
	RuntimeFilters bool
	PerfectArrays  bool
	Workers        int
	// Partitions is what Repartition makes when it is given no number.
	Partitions int
	Settings   *expr.Settings
}

// Plan is a lowered query.
type Plan struct {
	// Root is the tree of operators for EXPLAIN.
	Root *Operator
	// Stages in the order they were made: each after those it depends on.
	Stages []*exec.Stage
	// Output are the columns of the result and their layouts.
	Output []program.Input
}

// planner lowers one plan.
type planner struct {
	options   Options
	estimator *optimizer.Estimator
	stages    []*exec.Stage
	common    map[int32]*commonPlan
	ids       expr.ColumnID // of columns that only the physical plan has: below zero
	operators int           // made so far
}

// flow is a subplan lowered up to here.
type flow struct {
	branches []*branch
	operator *Operator
}

// branch is one source and its program.
type branch struct {
	scan    source.Scan // nil: open gives it when the stages in after have finished
	open    func(ctx context.Context) (source.Scan, error)
	builder *program.Builder
	after   []*exec.Stage
	// afterTwins are branches of the same flow whose stages must have read everything before this one starts.
	afterTwins   []*branch
	stage        *exec.Stage       // once it is made
	builds       []*exec.JoinBuild // that the program probes
	inOrder      bool
	onePartition bool
	// operators are those whose work is in this branch's program, topmost last.
	operators []*Operator
}

// Lower makes the plan for a logical plan, its rows going to the sink that newSink makes for their layouts. limit and
// offset say which rows that sink will take (-1: all), so that the last stages read no more partitions than they must.
func Lower(plan logical.Node, o Options, limit, offset int64, newSink func([]vector.Layout) exec.Sink) (_ *Plan, err error) {
	defer diag.Recover(&err)
	p := &planner{options: o, estimator: optimizer.NewEstimator(), common: map[int32]*commonPlan{}}
	w := wanted{}
	if limit >= 0 {
		w.limit = limit + offset
	}
	f, err := p.lower(plan, w)
	if err != nil {
		return nil, err
	}
	for _, b := range f.branches {
		b.onePartition = limit >= 0 && limit+offset <= topNRows
	}
	var top *Operator
	if limit >= 0 || offset > 0 {
		top = p.newOperator(plan, "CollectLimit", limitText(limit, offset), limitArguments(limit, offset)...)
		p.fuse(f, top)
	}
	programs, err := p.build(f, idsOf(plan.Columns()))
	if err != nil {
		return nil, err
	}
	outputs := outputsOf(programs)
	p.feed(f, programs, newSink(layouts(outputs)), "Result", top)
	made := &Plan{Root: f.operator, Stages: p.stages, Output: outputs}
	made.number()
	return made, nil
}

// wanted is what the operators above a subplan would like of it.
type wanted struct {
	// filters are run-time filters on columns of the subplan.
	filters []columnFilter
	// limit is the number of rows that are enough; 0: all.
	limit int64
	// needed are the columns that are read above; nil: all of them.
	needed map[expr.ColumnID]bool
}

// needs reports whether a column is read above.
func (w wanted) needs(id expr.ColumnID) bool { return w.needed == nil || w.needed[id] }

// reading is w with the columns that exprs read added to those needed.
func (w wanted) reading(exprs ...expr.Expr) wanted {
	if w.needed == nil {
		return w
	}
	needed := maps.Clone(w.needed)
	for _, e := range exprs {
		for _, id := range expr.Columns(e) {
			needed[id] = true
		}
	}
	w.needed = needed
	return w
}

// exactly is the wish for the columns that exprs read and no others.
func exactly(exprs ...expr.Expr) wanted {
	return wanted{needed: map[expr.ColumnID]bool{}}.reading(exprs...)
}

type columnFilter struct {
	id     expr.ColumnID
	filter *vector.RuntimeFilter
}

// only keeps the filters on the given columns and drops the limit.
func (w wanted) only(columns []logical.Column) wanted {
	var out wanted
	for _, f := range w.filters {
		for _, c := range columns {
			if c.ID == f.id {
				out.filters = append(out.filters, f)
			}
		}
	}
	return out
}

// renamed follows the filters through a projection: those on columns that are passed on as they are.
func (w wanted) renamed(items []logical.Named) wanted {
	out := wanted{limit: w.limit, needed: map[expr.ColumnID]bool{}}
	for _, item := range items {
		if w.needs(item.ID) {
			out = out.reading(item.Expr)
		}
	}
	for _, f := range w.filters {
		for _, item := range items {
			if c, ok := item.Expr.(*expr.Column); ok && item.ID == f.id {
				out.filters = append(out.filters, columnFilter{c.ID, f.filter})
			}
		}
	}
	return out
}

// lower is the one switch over operators.
func (p *planner) lower(n logical.Node, w wanted) (*flow, error) {
	switch n := n.(type) {
	case *logical.Scan:
		return p.lowerScan(n, w)
	case *logical.Filter:
		return p.lowerFilter(n, w)
	case *logical.Project:
		return p.lowerProject(n, w)
	case *logical.Aggregate:
		return p.lowerAggregate(n, w)
	case *logical.Join:
		return p.lowerJoin(n, w)
	case *logical.Sort:
		return p.lowerSort(n, w)
	case *logical.Limit:
		return p.lowerLimit(n, w)
	case *logical.SetOperation:
		return p.lowerUnion(n, w)
	case *logical.Values:
		return p.lowerValues(n)
	case *logical.Repartition:
		return p.lowerRepartition(n, w)
	case *logical.CommonPlan:
		return p.lowerCommonPlan(n)
	case *logical.Cache:
		return p.lower(n.Input, w)
	case *logical.Single:
		return p.lowerSingle(n)
	case *logical.Window:
		return nil, diag.Unsupported("window functions").At(n.Functions[0].Expr.Place())
	case *logical.Generate:
		return nil, diag.Unsupported("generator functions such as explode").At(n.Generator.Place())
	case *logical.Sample:
		return nil, diag.Unsupported("TABLESAMPLE").At(n.Span)
	}
	panic(&diag.Bug{Value: fmt.Sprintf("physical: no lowering for %T", n)})
}

// newFlow starts a flow of one branch over what a sink will hold, or over a scan. inputs describe the columns of the
// scan in order.
func (p *planner) newFlow(op *Operator, b *branch, inputs []program.Input) *flow {
	p.read(op, b, inputs)
	return &flow{branches: []*branch{b}, operator: op}
}

// read starts the program of a branch whose source is op.
func (p *planner) read(op *Operator, b *branch, inputs []program.Input) {
	b.builder = program.NewBuilder(p.options.Program, inputs)
	b.builder.Operator(op.id)
	op.reads = append(op.reads, b)
}

// fuse puts op on top of f: its work is part of the program of each branch. What op adds to the programs comes before if it
// decides about rows, and may come after if op ends the flow.
func (p *planner) fuse(f *flow, op *Operator) {
	op.Children = append(op.Children, f.operator)
	f.operator = op
	f.begin(op)
	f.end(op)
}

// cut ends a flow in a stage of its own when fusing whole stages is switched off.
func (p *planner) cut(f *flow, ids []expr.ColumnID) (*flow, error) {
	if p.options.FusedStages {
		return f, nil
	}
	return p.endIn(f, ids, f.operator, newMaterialize)
}

// each applies an operator to the program of every branch.
func (f *flow) each(add func(*program.Builder) error) error {
	for _, b := range f.branches {
		if err := add(b.builder); err != nil {
			return err
		}
	}
	return nil
}

// build compiles the branches so that all give the same layouts.
func (p *planner) build(f *flow, ids []expr.ColumnID) ([]*program.Program, error) {
	var programs []*program.Program
	for _, b := range f.branches {
		if len(f.branches) > 1 {
			b.builder.Widen(ids)
		}
		prog, err := b.builder.Build(ids)
		if err != nil {
			return nil, err
		}
		programs = append(programs, prog)
	}
	return programs, nil
}

// feed makes the stages of a flow's branches. The sink is op's; nil for the result of the query.
func (p *planner) feed(f *flow, programs []*program.Program, sink exec.Sink, label string, op *Operator) []*exec.Stage {
	var made []*exec.Stage
	for i, b := range f.branches {
		s := &exec.Stage{
			ID: len(p.stages) + 1, Label: label, Source: b.scan, Open: b.open, Program: programs[i], Sink: sink,
			Feeder: i, Feeders: len(f.branches), After: b.after, InOrder: b.inOrder, OnePartition: b.onePartition,
		}
		if len(b.builds) > 0 {
			s.Again = passes(b.builds)
			if i > 0 && f.branches[i-1].stage != nil { // the passes of a shared build side are gone through by one stage at a time
				s.After = append(slices.Clip(s.After), f.branches[i-1].stage)
			}
		}
		for _, twin := range b.afterTwins {
			s.After = append(slices.Clip(s.After), twin.stage)
		}
		b.stage = s
		p.stages = append(p.stages, s)
		made = append(made, s)
		for _, op := range b.operators {
			op.Stages = append(op.Stages, s)
		}
	}
	if op != nil {
		op.feeds = append(op.feeds, made...)
	}
	return made
}

// passes reads a stage's source again until every combination of the parts of its joins' build sides has been probed.
func passes(builds []*exec.JoinBuild) func(context.Context, *exec.Pool) (bool, error) {
	return func(ctx context.Context, _ *exec.Pool) (bool, error) {
		for _, b := range builds {
			more, err := b.NextPass(ctx)
			if more || err != nil {
				return more, err
			}
			if err := b.Rewind(ctx); err != nil {
				return false, err
			}
		}
		return false, nil
	}
}

// reread is the flow over what a sink holds once the stages that feed it are done.
func (p *planner) reread(op *Operator, sink exec.Sink, after []*exec.Stage, inputs []program.Input) *flow {
	return p.newFlow(op, &branch{after: after, open: func(context.Context) (source.Scan, error) { return sink.Output(), nil }}, inputs)
}

func idsOf(columns []logical.Column) []expr.ColumnID {
	ids := make([]expr.ColumnID, len(columns))
	for i, c := range columns {
		ids[i] = c.ID
	}
	return ids
}

// layouts are the types and layouts of a program's outputs.
func layouts(outputs []program.Input) []vector.Layout {
	out := make([]vector.Layout, len(outputs))
	for i, o := range outputs {
		out[i] = vector.Layout{Type: o.Type, Physical: o.Physical}
	}
	return out
}

// inputOf describes a column in its widest layout.
func inputOf(c logical.Column) program.Input {
	return program.Input{ID: c.ID, Name: c.Name, Type: c.Type, Physical: c.Type.Physical(), Nullable: c.Nullable}
}

// narrowest is the smallest layout for a column whose range is proven, if narrow types are on.
func (p *planner) narrowest(t types.Type, r types.Range) types.Physical {
	wide := t.Physical()
	if !p.options.Program.NarrowTypes || !r.Known || !wide.IsInteger() {
		return wide
	}
	for _, layout := range []types.Physical{types.PhysicalInt8, types.PhysicalInt16, types.PhysicalInt32, types.PhysicalInt64} {
		bits := layout.Size()*8 - 1
		if r.Min >= -1<<bits && r.Max <= 1<<bits-1 && layout.Size() < wide.Size() {
			return layout
		}
	}
	return wide
}
