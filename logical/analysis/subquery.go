package analysis

import (
	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// subqueryPlan binds a query inside an expression. Its names may mean columns of this site; those it uses are returned.
func (s *site) subqueryPlan(e ast.Expr, q ast.Query) (logical.Node, []*expr.Column, error) {
	c := &correlation{site: s}
	r, err := s.query(q, environment{ctes: s.env.ctes, outer: c})
	if err != nil {
		return nil, nil, err
	}
	s.outerNames[e] = c.names
	return r.plan(), c.outer, nil
}

func (s *site) scalarSubquery(e *ast.ScalarSubquery) (expr.Expr, error) {
	plan, outer, err := s.subqueryPlan(e, e.Query)
	if err != nil {
		return nil, err
	}
	columns := plan.Columns()
	if len(columns) != 1 {
		return nil, diag.New("INVALID_SUBQUERY_EXPRESSION.SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN", "number", itoa(len(columns)))
	}
	// Without rows the value is null, whatever the column says; a global aggregate always has its row.
	null := columns[0].Nullable || !givesOneRow(plan)
	return &expr.Subquery{Base: expr.Base{Typ: columns[0].Type, Null: null, Span: e.Place()}, Kind: expr.ScalarSubquery, Plan: plan, Outer: outer}, nil
}

// givesOneRow reports whether a plan is sure to have exactly one row.
func givesOneRow(n logical.Node) bool {
	switch n := n.(type) {
	case *logical.Aggregate:
		return len(n.Keys) == 0 && n.Sets == nil
	case *logical.Project:
		return givesOneRow(n.Input)
	case *logical.Window:
		return givesOneRow(n.Input)
	case *logical.Sort:
		return givesOneRow(n.Input)
	case *logical.Values:
		return len(n.Rows) == 1
	}
	return false
}

func (s *site) exists(e *ast.Exists) (expr.Expr, error) {
	plan, outer, err := s.subqueryPlan(e, e.Query)
	if err != nil {
		return nil, err
	}
	return &expr.Subquery{Base: expr.Base{Typ: types.BooleanType, Span: e.Place()}, Kind: expr.ExistsSubquery, Plan: plan, Outer: outer}, nil
}

// inSubquery binds x IN (query) and (x, y) IN (query). Both sides are cast to their common types.
func (s *site) inSubquery(e *ast.In) (expr.Expr, error) {
	values, err := s.rowValue(e)
	if err != nil {
		return nil, err
	}
	plan, outer, err := s.subqueryPlan(e, e.Query)
	if err != nil {
		return nil, err
	}
	columns := plan.Columns()
	if len(columns) != len(values) {
		left, right := make([]string, len(values)), make([]string, len(columns))
		for i, v := range values {
			left[i] = sqlOf(v)
		}
		for i, c := range columns {
			right[i] = quoteSQL(c.Name)
		}
		return nil, diag.New("DATATYPE_MISMATCH.IN_SUBQUERY_LENGTH_MISMATCH", "sqlExpr", quoteSQL("("+joinSQL(values)+" IN (listquery()))"),
			"leftLength", itoa(len(values)), "rightLength", itoa(len(columns)), "leftColumns", joinComma(left), "rightColumns", joinComma(right))
	}
	result := &expr.Subquery{Base: expr.Base{Typ: types.BooleanType, Span: e.Place()}, Kind: expr.InSubquery, Outer: outer, Values: values}
	items := passThrough(plan)
	for i, c := range columns {
		t, ok := s.coercion.WiderType(values[i].Type(), c.Type)
		if !ok {
			return nil, diag.New("DATATYPE_MISMATCH.IN_SUBQUERY_DATA_TYPE_MISMATCH", "sqlExpr", quoteSQL("("+joinSQL(values)+" IN (listquery()))"),
				"mismatchedColumns", sqlOf(values[i])+":"+quoteSQL(values[i].Type().SQL())+", "+quoteSQL(c.Name)+":"+quoteSQL(c.Type.SQL()),
				"leftType", quoteSQL(values[i].Type().SQL()), "rightType", quoteSQL(c.Type.SQL()))
		}
		if values[i], err = s.cast(values[i], t); err != nil {
			return nil, err
		}
		cast, err := s.cast(c.Ref(), t)
		if err != nil {
			return nil, err
		}
		if _, isColumn := cast.(*expr.Column); !isColumn {
			items[i].ID, items[i].Expr = s.ids.Next(), cast
		}
		result.Null = result.Null || values[i].Nullable() || cast.Nullable()
	}
	result.Plan = project(plan, items)
	return result, nil
}

func joinSQL(list []expr.Expr) string {
	text := sqlList(list)
	if len(list) > 1 {
		text = "named_struct(" + text + ")"
	}
	return text
}

// rowValue is the left side of IN (query): one value, or those of a row (a, b).
func (s *site) rowValue(e *ast.In) ([]expr.Expr, error) {
	if call, ok := e.Value.(*ast.Call); ok && e.RowValue {
		return s.exprs(call.Args)
	}
	value, err := s.expr(e.Value)
	if err != nil {
		return nil, err
	}
	return []expr.Expr{value}, nil
}

// asOuter makes what a name of the enclosing query stands for usable inside a subquery: columns, and expressions over
// them. For an aggregate function of the enclosing block stands a column that the block's Aggregate will have; a window
// function is not there yet when a subquery runs.
func (s *site) asOuter(e expr.Expr) (expr.Expr, error) {
	if !expr.Any(e, isSpecial) {
		return e, nil
	}
	k := s.env.outer.site.block
	if k == nil || hasWindow(e) || hasGenerator(e) {
		return nil, diag.New("UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.CORRELATED_REFERENCE", "sqlExprs", sqlOf(e)).At(e.Place())
	}
	k.aggregated(e)
	return expr.TransformDown(e, func(x expr.Expr) (expr.Expr, bool) {
		a, ok := x.(*expr.Aggregate)
		if !ok {
			return x, false
		}
		return k.outerValue(a), true
	}), nil
}

// outerValue is the column that stands for an aggregate function of the block inside subqueries.
func (k *block) outerValue(a *expr.Aggregate) *expr.Column {
	c := &expr.Column{Base: expr.Base{Typ: a.Typ, Null: a.Null, Span: a.Span}, ID: k.ids.Next(), Name: pretty(a)}
	if k.outerValues == nil {
		k.outerValues = map[expr.ColumnID]expr.Expr{}
	}
	k.outerValues[c.ID] = a
	return c
}

// outerAggregate decides whose aggregate function a call in a subquery is. One over columns of the enclosing query alone is
// that query's, as HAVING EXISTS (SELECT … WHERE s.x = sum(outer.y)) has it; before are the columns noted before its
// arguments were bound.
func (s *site) outerAggregate(bound expr.Expr, before []*expr.Column) (expr.Expr, error) {
	c := s.env.outer
	if c == nil || c.lateral {
		return bound, nil
	}
	outer, local := false, false
	expr.VisitColumns(bound, func(column *expr.Column) {
		if s.relation.has(column.ID) || hasColumn(s.relation.node, column.ID) {
			local = true
		} else if !s.isLambdaParameter(column.ID) {
			outer = true
		}
	})
	switch {
	case !outer:
		return bound, nil
	case local:
		return nil, diag.New("UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.AGGREGATE_FUNCTION_MIXED_OUTER_LOCAL_REFERENCES", "function", pretty(bound)).At(bound.Place())
	case s.clause != "WHERE" && s.clause != "HAVING":
		return nil, diag.New("UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.CORRELATED_REFERENCE", "sqlExprs", sqlOf(bound)).At(bound.Place())
	}
	c.outer = before
	e, err := s.asOuter(bound)
	if err == nil {
		c.note(e)
	}
	return e, err
}

func (s *site) isLambdaParameter(id expr.ColumnID) bool {
	for _, l := range s.lambdas {
		for _, p := range l.params {
			if p.ID == id {
				return true
			}
		}
	}
	return false
}
