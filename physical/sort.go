package physical

import (
	"strings"

	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

func (p *planner) lowerSort(n *logical.Sort, w wanted) (*flow, error) {
	return p.lowerOrdered(n, w, -1, 0)
}

// lowerOrdered sorts, or keeps the first count rows after offset if count is not below 0.
func (p *planner) lowerOrdered(n *logical.Sort, w wanted, count, offset int64) (*flow, error) {
	down := w.reading(n.Expressions()...)
	down.limit = 0
	if count >= 0 { // rows that a filter drops would make room for others
		down.filters = nil
	}
	var threshold *vector.RuntimeFilter
	if count >= 0 && p.options.RuntimeFilters {
		if c, ok := n.Keys[0].Expr.(*expr.Column); ok && thresholdKey(n.Keys[0], c) {
			threshold = &vector.RuntimeFilter{Type: c.Typ}
			down.filters = append(down.filters, columnFilter{c.ID, threshold})
		}
	}
	f, err := p.lower(n.Input, down)
	if err != nil {
		return nil, err
	}
	keyTexts := sortTexts(n)
	op := p.newOperator(n, "Sort", "["+strings.Join(keyTexts, ", ")+"]", listArgument("Keys", keyTexts))
	op.Breaker = true
	if count >= 0 {
		op.Name = "TopN"
		op.Detail = limitText(count, offset) + " " + op.Detail
		op.Arguments = append(op.Arguments, limitArguments(count, offset)...)
	}
	f.begin(op)
	spec := exec.SortSpec{Global: n.Global, Threshold: threshold, Limit: count, Offset: offset}
	var ids []expr.ColumnID
	for _, k := range n.Keys {
		id, err := p.define(f, k.Expr)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
		spec.Keys = append(spec.Keys, exec.SortKey{Descending: k.Descending, NullsFirst: k.NullsFirst})
	}
	var payload []expr.ColumnID
	for _, c := range n.Columns() {
		if w.needs(c.ID) {
			payload = append(payload, c.ID)
		}
	}
	p.fuse(f, op)
	programs, err := p.build(f, append(ids, payload...))
	if err != nil {
		return nil, err
	}
	outputs := outputsOf(programs)
	spec.Layout = layouts(outputs)
	var sink exec.Sink
	if count >= 0 {
		sink = exec.NewTopN(spec)
	} else {
		sink = exec.NewSort(spec)
	}
	stages := p.feed(f, programs, sink, op.Name, op)
	return p.reread(op, sink, stages, outputs[len(ids):]), nil
}

// thresholdKey reports whether the worst row of a full top-n bounds its first key: integers that sort without nulls in
// front.
func thresholdKey(k expr.SortKey, c *expr.Column) bool {
	layout := c.Typ.Physical()
	return layout.IsInteger() && layout != types.PhysicalInt128 && (!k.NullsFirst || !c.Null)
}

func sortTexts(n *logical.Sort) []string {
	parts := make([]string, len(n.Keys))
	for i, k := range n.Keys {
		parts[i] = expr.Debug(k.Expr)
		if k.Descending {
			parts[i] += " DESC"
		} else {
			parts[i] += " ASC"
		}
		if k.NullsFirst {
			parts[i] += " NULLS FIRST"
		} else {
			parts[i] += " NULLS LAST"
		}
	}
	return parts
}
