package program

import (
	"fmt"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// AggregateSpec describes the aggregation that ends a program.
type AggregateSpec struct {
	// Keys are the columns that rows are grouped by; none means one group.
	Keys       []expr.ColumnID
	Aggregates []AggregateCall
}

// AggregateCall is one aggregate and where its state is in a group's states. DISTINCT and ORDER BY are not looked at.
type AggregateCall struct {
	Aggregate *expr.Aggregate
	Offset    int
}

// accumulation is one aggregate with its arguments compiled.
type accumulation struct {
	AggregateCall
	args []operand
	sel  selID
}

// Widen makes the given columns come out in the widest layout of their types, whatever is proven of them: where several
// programs feed one sink their layouts must agree.
func (b *Builder) Widen(ids []expr.ColumnID) {
	for _, id := range ids {
		b.wide[id] = true
	}
}

// Keys are the columns by which the aggregation groups, as GroupTable.Groups sees them.
func (p *Program) Keys() []Input { return p.keys }

// Aggregate ends the program: rows go to their groups and into the states of the aggregates.
func (b *Builder) Aggregate(spec AggregateSpec) error {
	b.aggregate = true
	b.want(spec)
	var keys []operand
	for _, id := range spec.Keys {
		c, ok := b.columns[id]
		if !ok {
			panic(fmt.Sprintf("program: key column %d is not defined", id))
		}
		o := b.output(c, id)
		keys = append(keys, o)
		b.keys = append(b.keys, Input{ID: id, Name: c.info.Name, Type: c.info.Type, Physical: o.phys, Nullable: o.nullable, Range: o.rng})
	}
	filters := map[valueID]selID{}
	var list []*accumulation
	for _, call := range spec.Aggregates {
		a := &accumulation{AggregateCall: call, sel: b.main}
		if f := call.Aggregate.Filter; f != nil {
			v := b.values.number(f)
			if _, ok := filters[v]; !ok {
				filters[v] = b.filter(v, true, b.main)
			}
			a.sel = filters[v]
		}
		list = append(list, a)
	}
	products := b.sumProducts(spec, list)
	for _, a := range list {
		if products[a] {
			continue
		}
		for _, arg := range a.Aggregate.Args {
			a.args = append(a.args, b.expression(arg, a.sel))
		}
	}
	if len(keys) > 0 {
		b.emitStep(step{name: "group", in: keys, sel: b.main, bind: bindGroups(keys)})
	}
	b.accumulate(list, products, len(keys) > 0)
	return b.err
}

// want notes what the arguments of aggregates need for every row, so that CASE branches share it.
func (b *Builder) want(spec AggregateSpec) {
	for _, call := range spec.Aggregates {
		if call.Aggregate.Filter != nil {
			continue
		}
		for _, arg := range call.Aggregate.Args {
			b.wantValue(b.values.number(arg))
		}
	}
}

// wantValue marks v and what it always evaluates.
func (b *Builder) wantValue(v valueID) {
	if b.wanted[v] {
		return
	}
	b.wanted[v] = true
	n := b.values.nodes[v]
	switch n.e.(type) {
	case *expr.Case, *expr.Coalesce, *expr.And, *expr.Or:
		b.wantValue(n.kids[0])
		return
	}
	for _, k := range n.kids {
		b.wantValue(k)
	}
}

func bindGroups(keys []operand) binder {
	return func(m *Machine, s *step) func() error {
		vectors := make([]*vector.Vector, len(keys))
		return func() error {
			for i, k := range keys {
				vectors[i] = m.vector(k.reg)
				vectors[i].Len = m.n
			}
			if len(m.groups) < m.room {
				m.groups = make([]uint32, m.room)
			}
			sel := m.sels[s.sel]
			if err := m.env.Groups.Groups(vectors, sel, m.n, m.groups); err != nil {
				return err
			}
			m.groupCount = int(kernel.MaxGroup(m.groups[:m.n], sel)) + 1
			return nil
		}
	}
}

// accumulate emits the instructions that update states: sums, averages and counts of the same rows together, the rest one
// by one.
func (b *Builder) accumulate(list []*accumulation, products map[*accumulation]bool, grouped bool) {
	for i := 0; i < len(list); i++ {
		a := list[i]
		if products[a] {
			continue
		}
		if !b.options.Fusion {
			b.accumulateOne(a, grouped)
			continue
		}
		if form, ok := passForm(a); ok {
			pass := b.passOf(list, products, i, form)
			if pass != nil {
				b.emitPass(pass, form, grouped)
			}
			continue
		}
		if !b.accumulateExtreme(a, grouped) {
			b.note("%s: no fused instruction for %s", a.Aggregate.Function.Name, expr.SQL(a.Aggregate))
			b.accumulateOne(a, grouped)
		}
	}
}

// accumulateOne goes through the aggregate's kernel.
func (b *Builder) accumulateOne(a *accumulation, grouped bool) {
	args := make([]operand, len(a.args))
	for i, o := range a.args {
		args[i] = b.widest(o, a.sel)
	}
	e := a.Aggregate
	b.emitStep(step{name: "update_" + e.Function.Name, in: args, sel: a.sel, detail: expr.SQL(e), bind: func(m *Machine, s *step) func() error {
		c := expr.AggregateContext{Settings: e.Settings, Span: e.Span, Type: e.Typ}
		for _, arg := range e.Args {
			c.ArgTypes = append(c.ArgTypes, arg.Type())
		}
		vectors := make([]*vector.Vector, len(args))
		return func() error {
			base, stride := m.env.Groups.States()
			g := expr.Groups{Base: base, Stride: stride, Offset: a.Offset}
			if grouped {
				g.Rows = m.groups
			}
			c.Blobs, c.Order = m.env.Groups.Blobs(), m.order()
			for i, o := range args {
				if vectors[i] = m.vector(o.reg); vectors[i].Encoding != vector.Constant {
					vectors[i] = m.flat(o.reg)
				}
				vectors[i].Len = m.n
			}
			if err := e.Kernel.Update(&c, &g, vectors, m.sels[s.sel], m.n); err != nil {
				return placed(err, e.Span)
			}
			return nil
		}
	}})
}

// order is the order of the current chunk's first row. Rows that a join widened share about the order of theirs.
func (m *Machine) order() int64 {
	order := m.at.Order
	for at := m.space; at != 0; at = m.p.spaces[at].parent {
		if s := &m.spaces[at]; !s.identity && s.n > 0 {
			order += int64(s.origin[0])
		}
	}
	return order
}
