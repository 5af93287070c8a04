package physical

import (
	"context"
	"strconv"
	"sync"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// lowerValues makes a scan of literal rows, which are computed when the query first reads them: then their memory is the query's,
// and they end with it.
func (p *planner) lowerValues(n *logical.Values) (*flow, error) {
	inputs := make([]program.Input, len(n.Output))
	for i, c := range n.Output {
		inputs[i] = inputOf(c)
	}
	op := p.newOperator(n, "LocalTableScan", n.Describe(), Argument{Name: "Rows", Value: strconv.Itoa(len(n.Rows))})
	if len(n.Output) == 0 && len(n.Rows) == 1 {
		op.Name, op.Detail = "OneRowRelation", ""
	}
	var once sync.Mutex
	var scan source.Scan
	open := func(ctx context.Context) (source.Scan, error) {
		once.Lock()
		defer once.Unlock()
		if scan != nil { // a join of several passes reads them again
			return scan, nil
		}
		rows := literalRows{account: exec.Buffers(ctx, "literal rows")}
		if err := rows.compute(ctx, n); err != nil {
			return nil, err
		}
		scan = exec.NewStoreScan(rows.store)
		return scan, nil
	}
	f := p.newFlow(op, &branch{open: open}, inputs)
	f.end(op)
	return f, nil
}

// literalRows are rows being computed.
type literalRows struct {
	account func(change int64) error // of the query
	store   *vector.Store
	counted int64 // bytes of the store, as the account knows them
	making  int64 // bytes that were asked for by expressions whose values may be in the store by now
}

// settleEvery is the number of rows, and settleBytes that of bytes, after which the store is measured.
const (
	settleEvery = 1024
	settleBytes = 64 << 10
)

func (l *literalRows) compute(ctx context.Context, n *logical.Values) error {
	l.store = vector.NewStore(nil)
	for _, c := range n.Output {
		column := vector.NewFlat(c.Type, len(n.Rows))
		column.Reset(len(n.Rows))
		l.store.Columns = append(l.store.Columns, column)
	}
	for r, row := range n.Rows {
		for i := range n.Output {
			value, err := program.Evaluate(ctx, row[i], l.grow)
			if ctx.Err() != nil {
				return diag.New("OPERATION_CANCELED").Wrap(ctx.Err())
			}
			if err != nil {
				return err
			}
			kernel.SetValue(l.store.Columns[i], r, value)
			if l.making >= settleBytes {
				if err := l.settle(); err != nil {
					return err
				}
			}
		}
		if r%settleEvery == 0 {
			if err := l.settle(); err != nil {
				return err
			}
		}
	}
	l.store.Len = len(n.Rows)
	return l.settle()
}

// grow counts what an expression makes.
func (l *literalRows) grow(bytes int64) error {
	if err := l.account(bytes); err != nil {
		return err
	}
	l.making += bytes
	return nil
}

// settle counts the store as it is, and no longer what was made for it.
func (l *literalRows) settle() error {
	bytes := l.store.Bytes()
	err := l.account(bytes - l.counted - l.making)
	l.counted, l.making = bytes, 0
	return err
}
