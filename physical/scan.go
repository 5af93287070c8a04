package physical

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// lowerScan asks the table for the plan's columns in the narrowest layouts that its statistics prove, with the filters
// it may prune by.
func (p *planner) lowerScan(n *logical.Scan, w wanted) (*flow, error) {
	request := &source.Request{Limit: n.Limit, Partitions: 0}
	if request.Limit < 0 && w.limit > 0 {
		request.Limit = w.limit
	}
	inputs := make([]program.Input, len(n.Output))
	index := map[expr.ColumnID]int{}
	for i, c := range n.Output {
		r := p.estimator.Range(n, c.ID)
		inputs[i] = program.Input{ID: c.ID, Name: c.Name, Type: c.Type, Physical: p.narrowest(c.Type, r), Nullable: c.Nullable, Range: r}
		request.Columns = append(request.Columns, source.Column{Path: c.Path, Type: c.Type, Physical: inputs[i].Physical})
		index[c.ID] = i
	}
	for _, e := range n.Filters {
		if f, ok := pruningFilter(e, index); ok {
			request.Filters = append(request.Filters, f)
		}
	}
	op := p.scanOperator(n, request)
	b := &branch{}
	b.open = openOnce(n.Table, request)
	f := p.newFlow(op, b, inputs)
	for _, filter := range w.filters {
		if i, ok := index[filter.id]; ok && p.options.RuntimeFilters {
			request.Runtime = append(request.Runtime, source.RuntimeFilter{Column: i, Filter: filter.filter})
			b.builder.RuntimeFilter(filter.id, filter.filter)
		}
	}
	f.end(op)
	return f, nil
}

// openOnce prepares the read when the stage first asks for it; a stage that reads its source again has the same scan. The
// readers' buffers count for the query.
func openOnce(table source.Table, request *source.Request) func(context.Context) (source.Scan, error) {
	var once sync.Once
	var scan source.Scan
	var err error
	return func(ctx context.Context) (source.Scan, error) {
		once.Do(func() {
			request.Memory = exec.Buffers(ctx, "scan")
			scan, err = table.Scan(ctx, request)
		})
		return scan, err
	}
}

// scanOperator describes a scan: what is read of which files, and what may be left out.
func (p *planner) scanOperator(n *logical.Scan, request *source.Request) *Operator {
	names, fields := make([]string, len(n.Output)), make([]types.Field, len(n.Output))
	for i, c := range n.Output {
		names[i] = c.Name
		fields[i] = types.Field{Name: c.Name, Type: c.Type, Nullable: c.Nullable}
	}
	detail := n.Table.Name() + " [" + strings.Join(names, ",") + "]"
	op := p.newOperator(n, "Scan", "")
	if t, ok := n.Table.(source.FileTable); ok {
		format, paths := t.Format(), t.Paths()
		op.Name += " " + format
		detail = strings.TrimPrefix(detail, format+" ")
		op.Arguments = append(op.Arguments, Argument{Name: "Location", Count: len(paths), Value: pathList(paths)})
	} else {
		op.Arguments = append(op.Arguments, Argument{Name: "Table", Value: n.Table.Name()})
	}
	if len(n.Filters) > 0 {
		filters := listArgument("PushedFilters", debugTexts(n.Filters))
		detail += ", PushedFilters: " + filters.Value
		op.Arguments = append(op.Arguments, filters)
	}
	if request.Limit >= 0 {
		op.Arguments = append(op.Arguments, Argument{Name: "Limit", Value: strconv.FormatInt(request.Limit, 10)})
	}
	op.Detail = detail
	op.Arguments = append(op.Arguments, Argument{Name: "ReadSchema", Value: types.StructType(fields...).String()})
	return op
}

// shownPaths is how many files a plan names.
const shownPaths = 3

func pathList(paths []string) string {
	text := strings.Join(paths[:min(len(paths), shownPaths)], ", ")
	if len(paths) > shownPaths {
		text += ", … " + strconv.Itoa(len(paths)-shownPaths) + " more"
	}
	return "[" + text + "]"
}

var filterOps = map[expr.CompareOp]source.FilterOp{
	expr.Equal: source.FilterEqual, expr.NullSafeEqual: source.FilterEqual, expr.NotEqual: source.FilterNotEqual,
	expr.Less: source.FilterLess, expr.LessOrEqual: source.FilterLessOrEqual,
	expr.Greater: source.FilterGreater, expr.GreaterOrEqual: source.FilterGreaterOrEqual,
}

// pruningFilter turns a conjunct into a test that a source can prune by: a column against literals.
func pruningFilter(e expr.Expr, index map[expr.ColumnID]int) (source.Filter, bool) {
	column := func(e expr.Expr) (int, bool) {
		c, ok := e.(*expr.Column)
		if !ok {
			return 0, false
		}
		i, ok := index[c.ID]
		return i, ok
	}
	switch e := e.(type) {
	case *expr.Comparison:
		left, right, op := e.Left, e.Right, e.Op
		if _, ok := left.(*expr.Literal); ok {
			left, right, op = right, left, op.Flip()
		}
		l, isLiteral := right.(*expr.Literal)
		i, isColumn := column(left)
		if !isLiteral || !isColumn || l.Value == nil || !l.Typ.SameType(left.Type()) && l.Typ.Kind != types.Decimal {
			return source.Filter{}, false
		}
		return source.Filter{Column: i, Op: filterOps[op], Values: []any{l.Value}}, true
	case *expr.In:
		if i, ok := column(e.Input); ok {
			return source.Filter{Column: i, Op: source.FilterIn, Values: e.Values}, true
		}
	case *expr.IsNull:
		if i, ok := column(e.Input); ok {
			return source.Filter{Column: i, Op: source.FilterIsNull}, true
		}
	case *expr.Not:
		if null, ok := e.Input.(*expr.IsNull); ok {
			if i, ok := column(null.Input); ok {
				return source.Filter{Column: i, Op: source.FilterIsNotNull}, true
			}
		}
	}
	return source.Filter{}, false
}
