package physical

import (
	"context"
	"strconv"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// lowerValues computes literal rows when the plan is made.
func (p *planner) lowerValues(n *logical.Values) (*flow, error) {
	inputs := make([]program.Input, len(n.Output))
	store := vector.NewStore(nil)
	for i, c := range n.Output {
		inputs[i] = inputOf(c)
		column := vector.NewFlat(c.Type, len(n.Rows))
		column.Reset(len(n.Rows))
		for r, row := range n.Rows {
			value, err := program.Evaluate(p.context, row[i])
			if p.context.Err() != nil {
				return nil, diag.New("QUERY_CANCELLED").Wrap(p.context.Err())
			}
			if err != nil {
				return nil, err
			}
			kernel.SetValue(column, r, value)
		}
		store.Columns = append(store.Columns, column)
	}
	store.Len = len(n.Rows)
	scan := exec.NewStoreScan(store)
	op := p.newOperator(n, "LocalTableScan", n.Describe(), Argument{Name: "Rows", Value: strconv.Itoa(len(n.Rows))})
	if len(n.Output) == 0 && len(n.Rows) == 1 {
		op.Name, op.Detail = "OneRowRelation", ""
	}
	f := p.newFlow(op, &branch{open: func(context.Context) (source.Scan, error) { return scan, nil }}, inputs)
	f.end(op)
	return f, nil
}
