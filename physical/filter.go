package physical

import (
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// lowerFilter adds the condition to the program: no rows are copied.
func (p *planner) lowerFilter(n *logical.Filter, w wanted) (*flow, error) {
	above := w
	w.limit = 0
	w = w.reading(n.Condition)
	f, err := p.lower(n.Input, w)
	if err != nil {
		return nil, err
	}
	condition := expr.Debug(n.Condition)
	op := p.newOperator(n, "Filter", condition, Argument{Name: "Condition ", Value: condition})
	f.begin(op)
	if err := f.each(func(b *program.Builder) error { return b.Filter(n.Condition) }); err != nil {
		return nil, err
	}
	p.fuse(f, op)
	return p.cut(f, neededColumns(n, above))
}
