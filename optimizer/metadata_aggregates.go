package optimizer

import (
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// metadataAggregates answers count(*), count(x), min(x) and max(x) over a whole table from its statistics. The guards: the
// statistics must be exact (strings may be cut), floats must hold no NaN, which is the largest value in Spark and absent
// from statistics, and there must be no filter, whatever it lets pass:
//
//	SELECT max(x) FROM t WHERE y > 0
func metadataAggregates(n logical.Node, _ *Context) (logical.Node, bool) {
	a, ok := n.(*logical.Aggregate)
	if !ok || len(a.Keys) > 0 || a.Sets != nil || len(a.Aggregates) == 0 {
		return n, false
	}
	input := a.Input
	for {
		p, ok := input.(*logical.Project)
		if !ok {
			break
		}
		if !passesOn(p) {
			return n, false
		}
		input = p.Input
	}
	scan, ok := input.(*logical.Scan)
	if !ok || scan.Limit >= 0 {
		return n, false
	}
	st := scan.Table.Statistics()
	if st == nil || !st.RowsExact || st.Rows < 0 {
		return n, false
	}
	row := make([]expr.Expr, len(a.Aggregates))
	for i, item := range a.Aggregates {
		v, ok := answer(item.Expr.(*expr.Aggregate), scan, st)
		if !ok {
			return n, false
		}
		row[i] = v
	}
	return &logical.Values{Rows: [][]expr.Expr{row}, Output: a.Columns()}, true
}

// answer is the value of an aggregate over all rows of a scan.
func answer(call *expr.Aggregate, scan *logical.Scan, st *source.Statistics) (expr.Expr, bool) {
	if call.Kernel == nil || call.Filter != nil {
		return nil, false
	}
	kind := call.Kernel.Kind
	if kind == expr.CountAggregate && !call.Distinct && len(call.Args) <= 1 && (len(call.Args) == 0 || isLiteral(call.Args[0]) && !isNullLiteral(call.Args[0])) {
		return longLiteral(st.Rows), true
	}
	if len(call.Args) != 1 {
		return nil, false
	}
	cs := statisticsOf(call.Args[0], scan, st)
	if cs == nil || cs.NullCount < 0 {
		return nil, false
	}
	t := call.Args[0].Type()
	switch kind {
	case expr.CountAggregate:
		if !call.Distinct {
			return longLiteral(st.Rows - cs.NullCount), true
		}
	case expr.MinAggregate, expr.MaxAggregate:
		if cs.NullCount == st.Rows {
			return nullLiteral(call.Typ), true
		}
		v := cs.Min
		if kind == expr.MaxAggregate {
			v = cs.Max
		}
		if v == nil || !cs.MinMaxExact || t.IsFloating() && !cs.NaNFree || t.IsNested() || t.Kind == types.Boolean && v == nil {
			return nil, false
		}
		if f, ok := number(v); t.IsFloating() && (!ok || f == 0) {
			return nil, false // statistics do not tell -0.0 from 0.0
		}
		return &expr.Literal{Base: expr.Base{Typ: call.Typ, Span: call.Span}, Value: v}, true
	}
	return nil, false
}

// statisticsOf are the statistics of a column of a scan; nil if e is not one or they are not known.
func statisticsOf(e expr.Expr, scan *logical.Scan, st *source.Statistics) *types.ColumnStatistics {
	c, ok := e.(*expr.Column)
	if !ok {
		return nil
	}
	for _, out := range scan.Output {
		if out.ID == c.ID && len(out.Path) == 1 && out.Path[0] < len(st.Columns) {
			return st.Columns[out.Path[0]]
		}
	}
	return nil
}
