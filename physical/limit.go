package physical

import (
	"strconv"

	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/logical"
)

// topNRows is the number of rows up to which a limit over a sort keeps a heap; beyond it everything is sorted.
const topNRows = 100_000

// lowerLimit stops its sources when it has enough. Over a sort of all rows it is a top-n.
func (p *planner) lowerLimit(n *logical.Limit, w wanted) (*flow, error) {
	if s, ok := n.Input.(*logical.Sort); ok && s.Global && n.Count >= 0 && n.Count+n.Offset <= topNRows {
		return p.lowerOrdered(s, w, n.Count, n.Offset)
	}
	down := wanted{needed: w.needed}
	if n.Count >= 0 {
		down.limit = n.Count + n.Offset
	}
	f, err := p.lower(n.Input, down)
	if err != nil {
		return nil, err
	}
	op := &Operator{Name: "Limit", Detail: strconv.FormatInt(n.Count, 10), Breaker: true}
	if n.Offset > 0 {
		op.Detail += " offset " + strconv.FormatInt(n.Offset, 10)
	}
	if _, err := p.fuse(f, op); err != nil {
		return nil, err
	}
	for _, b := range f.branches {
		b.onePartition = n.Count >= 0 && n.Count+n.Offset <= topNRows
	}
	return p.endIn(f, neededColumns(n, w), op, func(outputs []program.Input) exec.Sink {
		return exec.NewLimit(layouts(outputs), n.Count, n.Offset)
	})
}
