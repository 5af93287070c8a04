package physical

import (
	"strconv"
	"strings"

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
	op := p.newOperator(n, "Limit", limitText(n.Count, n.Offset), limitArguments(n.Count, n.Offset)...)
	op.Breaker = true
	p.fuse(f, op)
	for _, b := range f.branches {
		b.onePartition = n.Count >= 0 && n.Count+n.Offset <= topNRows
	}
	return p.endIn(f, neededColumns(n, w), op, func(outputs []program.Input) exec.Sink {
		return exec.NewLimit(layouts(outputs), n.Count, n.Offset)
	})
}

// limitText describes a limit; count is below 0 where there is only an offset.
func limitText(count, offset int64) string {
	var parts []string
	if count >= 0 {
		parts = append(parts, strconv.FormatInt(count, 10))
	}
	if offset > 0 {
		parts = append(parts, "offset "+strconv.FormatInt(offset, 10))
	}
	return strings.Join(parts, " ")
}

func limitArguments(count, offset int64) []Argument {
	var out []Argument
	if count >= 0 {
		out = append(out, Argument{Name: "Limit", Value: strconv.FormatInt(count, 10)})
	}
	if offset > 0 {
		out = append(out, Argument{Name: "Offset", Value: strconv.FormatInt(offset, 10)})
	}
	return out
}
