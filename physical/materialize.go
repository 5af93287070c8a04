package physical

import (
	"slices"
	"strconv"

	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// neededColumns are the output columns of n that are read above.
func neededColumns(n logical.Node, w wanted) []expr.ColumnID {
	ids := []expr.ColumnID{}
	for _, c := range n.Columns() {
		if w.needs(c.ID) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// endIn ends a flow in a sink over the given columns and reads what it holds.
func (p *planner) endIn(f *flow, ids []expr.ColumnID, op *Operator, newSink func([]program.Input) exec.Sink) (*flow, error) {
	programs, err := p.build(f, ids)
	if err != nil {
		return nil, err
	}
	outputs := outputsOf(programs)
	sink := newSink(outputs)
	stages := p.feed(f, programs, sink, op.Name, op)
	return p.reread(op, sink, stages, outputs), nil
}

func newMaterialize(outputs []program.Input) exec.Sink { return exec.NewMaterialize(layouts(outputs)) }

// commonPlan is a subplan that is computed once for several uses.
type commonPlan struct {
	sink     exec.Sink
	stages   []*exec.Stage
	outputs  []program.Input
	operator *Operator
}

// lowerCommonPlan computes the subplan at its first use; every use reads what was kept.
func (p *planner) lowerCommonPlan(n *logical.CommonPlan) (*flow, error) {
	c, ok := p.common[n.Key]
	key := strconv.Itoa(int(n.Key))
	op := p.newOperator(n, "CommonPlan", key, Argument{Name: "Key", Value: key})
	op.Breaker = true
	if !ok {
		f, err := p.lower(n.Definition, wanted{})
		if err != nil {
			return nil, err
		}
		p.fuse(f, op)
		programs, err := p.build(f, idsOf(n.Definition.Columns()))
		if err != nil {
			return nil, err
		}
		c = &commonPlan{outputs: outputsOf(programs), operator: op}
		c.sink = exec.NewMaterialize(layouts(c.outputs))
		c.stages = p.feed(f, programs, c.sink, "CommonPlan", op)
		p.common[n.Key] = c
	} else {
		op.Name, op.Stages = "ReusedCommonPlan", c.operator.Stages
	}
	inputs := slices.Clone(c.outputs)
	for i, column := range n.Output {
		inputs[i].ID, inputs[i].Name = column.ID, column.Name
	}
	return p.reread(op, c.sink, c.stages, inputs), nil
}

// lowerRepartition deals rows to a number of partitions.
func (p *planner) lowerRepartition(n *logical.Repartition, w wanted) (*flow, error) {
	f, err := p.lower(n.Input, wanted{needed: w.needed}.reading(n.By...))
	if err != nil {
		return nil, err
	}
	count := n.Count
	if count <= 0 {
		count = p.options.Partitions
	}
	detail := exchangeDetail(n, count)
	op := p.newOperator(n, "Exchange", detail, Argument{Name: "Partitioning", Value: detail})
	op.Breaker = true
	p.fuse(f, op)
	var keys []expr.ColumnID
	for _, e := range n.By {
		id, err := p.define(f, e)
		if err != nil {
			return nil, err
		}
		keys = append(keys, id)
	}
	next, err := p.endIn(f, append(keys, neededColumns(n, w)...), op, func(outputs []program.Input) exec.Sink {
		return exec.NewExchange(exec.ExchangeSpec{Layout: layouts(outputs), Keys: len(keys), Partitions: count, Shuffle: n.Shuffle})
	})
	return next, err
}

func exchangeDetail(n *logical.Repartition, count int) string {
	switch {
	case !n.Shuffle:
		return "coalesce(" + strconv.Itoa(count) + ")"
	case len(n.By) == 0:
		return "roundrobin(" + strconv.Itoa(count) + ")"
	}
	text := "hashpartitioning("
	for _, e := range n.By {
		text += expr.Debug(e) + ", "
	}
	return text + strconv.Itoa(count) + ")"
}

// lowerSingle lets one row through; a second is an error and none becomes a row of nulls.
func (p *planner) lowerSingle(n *logical.Single) (*flow, error) {
	f, err := p.lower(n.Input, wanted{})
	if err != nil {
		return nil, err
	}
	op := p.newOperator(n, "SingleRow", "")
	op.Breaker = true
	p.fuse(f, op)
	programs, err := p.build(f, idsOf(n.Columns()))
	if err != nil {
		return nil, err
	}
	outputs := outputsOf(programs)
	for i := range outputs {
		outputs[i].Nullable = true // the row of nulls is the sink's own
	}
	sink := exec.NewSingle(layouts(outputs))
	return p.reread(op, sink, p.feed(f, programs, sink, op.Name, op), outputs), nil
}
