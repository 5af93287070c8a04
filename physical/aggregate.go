package physical

import (
	"strings"

	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// lowerAggregate ends its input in group lookup and accumulate instructions, and reads the groups as a new flow.
func (p *planner) lowerAggregate(n *logical.Aggregate, w wanted) (*flow, error) {
	down := exactly(n.Expressions()...)
	down.filters = w.renamed(n.Keys).filters // whole groups that a filter drops need not be made
	f, err := p.lower(n.Input, down)
	if err != nil {
		return nil, err
	}
	keyNames, functions := namedTexts(n.Keys), functionTexts(n.Aggregates)
	op := p.newOperator(n, "HashAggregate", "keys=["+strings.Join(keyNames, ", ")+"], functions=["+strings.Join(functions, ", ")+"]",
		listArgument("Keys", keyNames), listArgument("Functions", functions))
	op.Breaker = true
	p.fuse(f, op)
	spec := program.AggregateSpec{}
	for _, k := range n.Keys {
		if err := f.each(func(b *program.Builder) error { return b.Define(k.ID, k.Name, k.Expr) }); err != nil {
			return nil, err
		}
		spec.Keys = append(spec.Keys, k.ID)
	}
	offset := 0
	var calls []*expr.Aggregate
	for _, a := range n.Aggregates {
		call := a.Expr.(*expr.Aggregate)
		calls = append(calls, call)
		spec.Aggregates = append(spec.Aggregates, program.AggregateCall{Aggregate: call, Offset: offset})
		offset += call.Kernel.Size
	}
	var programs []*program.Program
	for _, b := range f.branches {
		if len(f.branches) > 1 {
			b.builder.Widen(spec.Keys)
		}
		if err := b.builder.Aggregate(spec); err != nil {
			return nil, err
		}
		prog, err := b.builder.Build(nil)
		if err != nil {
			return nil, err
		}
		programs = append(programs, prog)
	}
	keys := keysOf(programs)
	sink := exec.NewAggregate(exec.AggregateSpec{
		Keys: keys, Aggregates: calls, StateSize: offset, Number: len(p.stages), PerfectArrays: p.options.PerfectArrays, Groups: p.estimator.Rows(n),
	})
	stages := p.feed(f, programs, sink, "HashAggregate", op)
	inputs := append([]program.Input(nil), keys...)
	for i, k := range n.Keys {
		inputs[i].ID, inputs[i].Name = k.ID, k.Name
	}
	for _, a := range n.Aggregates {
		in := inputOf(a.Column())
		inputs = append(inputs, in)
	}
	return p.reread(op, sink, stages, inputs), nil
}

func functionTexts(items []logical.Named) []string {
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = expr.Debug(item.Expr)
	}
	return parts
}
