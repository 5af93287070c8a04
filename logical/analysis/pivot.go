package analysis

import (
	"slices"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// pivot binds PIVOT (aggregates FOR columns IN (values)): a grouping by all columns that it does not mention, with one aggregate
// for each value, which sees only the rows that have the value.
func (b *binder) pivot(q *ast.Pivot, env environment) (*relation, error) {
	input, err := b.from(q.Input, env)
	if err != nil {
		return nil, err
	}
	k := &block{binder: b, env: env, input: input}
	k.aggregation = newAggregation(k, true)
	s := k.site()
	columns, err := s.exprs(pivotColumns(q))
	if err != nil {
		return nil, err
	}
	mentioned := map[expr.ColumnID]bool{}
	note := func(e expr.Expr) {
		expr.VisitColumns(e, func(c *expr.Column) { mentioned[c.ID] = true })
	}
	for _, c := range columns {
		note(c)
	}
	aggregates := make([]*pivotAggregate, len(q.Aggregates))
	for i, e := range q.Aggregates {
		if aggregates[i], err = s.pivotAggregate(e); err != nil {
			return nil, err
		}
		note(aggregates[i].expr)
	}
	for _, c := range input.columns {
		if !mentioned[c.ID] {
			k.items = append(k.items, &item{block: k, expr: c.Ref(), name: c.Name, metadata: c.Metadata})
			if _, err := k.aggregation.add(c.Ref(), q.Place()); err != nil {
				return nil, err
			}
		}
	}
	if len(k.aggregation.keys) == 0 {
		k.aggregation.grouped = false
	}
	for _, v := range q.Values {
		if err := k.pivotValue(s, v, columns, aggregates); err != nil {
			return nil, at(err, v.Place())
		}
	}
	r, err := k.build()
	if err != nil {
		return nil, err
	}
	r.block = nil
	return r, nil
}

type pivotAggregate struct {
	expr expr.Expr
	name string
}

func (s *site) pivotAggregate(e ast.Expr) (*pivotAggregate, error) {
	alias, inner := aliasOf(e)
	bound, err := s.expr(inner)
	if err != nil {
		return nil, err
	}
	if !needsAggregate(bound) {
		return nil, diag.New("_LEGACY_ERROR_TEMP_1006", "sql", expr.Pretty(bound)).At(e.Place())
	}
	a := &pivotAggregate{expr: bound, name: s.topName(inner)}
	if alias != nil {
		a.name = alias.Names[0]
	}
	return a, nil
}

// pivotColumns are the columns after FOR; (a, b) is written as a row.
func pivotColumns(q *ast.Pivot) []ast.Expr {
	if len(q.Columns) == 1 {
		if row, ok := q.Columns[0].(*ast.Call); ok && row.Operator && row.Func[0] == "struct" {
			return row.Args
		}
	}
	return q.Columns
}

// pivotValue adds the columns of one value.
func (k *block) pivotValue(s *site, v ast.Expr, columns []expr.Expr, aggregates []*pivotAggregate) error {
	alias, inner := aliasOf(v)
	parts := []ast.Expr{inner}
	if row, ok := inner.(*ast.Call); ok && row.Func[0] == "struct" && len(columns) > 1 {
		parts = row.Args
	}
	values, err := s.exprs(parts)
	if err != nil {
		return err
	}
	if len(values) != len(columns) {
		return diag.New("PIVOT_VALUE_DATA_TYPE_MISMATCH", "value", s.topName(inner), "valueType", values[0].Type().String(), "pivotType", "struct")
	}
	var conditions []expr.Expr
	var texts []string
	for i, value := range values {
		if !expr.Foldable(value) {
			return diag.New("NON_LITERAL_PIVOT_VALUES", "expression", sqlOf(value))
		}
		equal, err := k.call(v.Place(), "<=>", columns[i], value)
		if err != nil {
			return diag.New("PIVOT_VALUE_DATA_TYPE_MISMATCH", "value", s.topName(parts[i]), "valueType", value.Type().String(), "pivotType", columns[i].Type().String())
		}
		conditions = append(conditions, equal)
		text := s.topName(parts[i])
		if text == "NULL" {
			text = "null"
		}
		texts = append(texts, text)
	}
	name := texts[0]
	if len(texts) > 1 {
		name = "{" + strings.Join(texts, ", ") + "}"
	}
	if alias != nil {
		name = alias.Names[0]
	}
	for _, a := range aggregates {
		value, err := k.nullWithoutRows(withFilter(a.expr, conditions), conditions, v.Place())
		if err != nil {
			return err
		}
		it := &item{block: k, expr: value, name: name}
		if len(aggregates) > 1 {
			it.name += "_" + a.name
		}
		k.items = append(k.items, it)
	}
	return nil
}

// nullWithoutRows is null for a group that has no row with the value, where the aggregate itself would not be: count.
func (k *block) nullWithoutRows(e expr.Expr, conditions []expr.Expr, span diag.Span) (expr.Expr, error) {
	if e.Nullable() {
		return e, nil
	}
	count, ok := k.functions.LookupAggregate("count")
	if !ok {
		return nil, unresolvedRoutine([]string{"count"})
	}
	rows, err := count.Bind(k.bindContext(span, "count"), []expr.Expr{intLiteral(1, span)}, false)
	if err != nil {
		return nil, err
	}
	some, err := k.call(span, ">", withFilter(rows, conditions), &expr.Literal{Base: expr.Base{Typ: types.LongType}, Value: int64(0)})
	if err != nil {
		return nil, err
	}
	null := &expr.Literal{Base: expr.Base{Typ: e.Type(), Null: true}}
	return &expr.Case{Base: expr.Base{Typ: e.Type(), Null: true, Span: span}, Whens: []expr.When{{Condition: some, Result: e}}, Else: null}, nil
}

// withFilter lets the aggregate functions in e see only rows that meet the conditions.
func withFilter(e expr.Expr, conditions []expr.Expr) expr.Expr {
	return expr.TransformDown(e, func(x expr.Expr) (expr.Expr, bool) {
		a, ok := x.(*expr.Aggregate)
		if !ok {
			return x, false
		}
		n := *a
		all := slices.Clone(conditions)
		if a.Filter != nil {
			all = append([]expr.Expr{a.Filter}, all...)
		}
		n.Filter = expr.Conjunction(all...)
		return &n, true
	})
}
