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
	c := &correlation{site: s}
	r, err := s.query(e.Query, environment{ctes: s.env.ctes, outer: c})
	if err != nil {
		return nil, err
	}
	s.outerNames[e] = c.names
	if len(r.columns) != len(values) {
		return nil, s.inLength(e, values, r.columns)
	}
	if err := s.inMismatch(e, values, r.columns); err != nil {
		return nil, err
	}
	result := &expr.Subquery{Base: expr.Base{Typ: types.BooleanType, Span: e.Place()}, Kind: expr.InSubquery, Outer: c.outer, Values: values}
	plan := r.plan()
	items := passThrough(plan)
	for i, column := range r.columns {
		t, _ := s.coercion.WiderType(values[i].Type(), column.Type)
		if values[i], err = s.cast(values[i], t); err != nil {
			return nil, err
		}
		cast, err := s.cast(items[i].Expr, t)
		if err != nil {
			return nil, err
		}
		if cast != items[i].Expr {
			items[i].ID, items[i].Expr = s.ids.Next(), cast
		}
		result.Null = result.Null || values[i].Nullable() || cast.Nullable()
	}
	result.Plan = project(plan, items)
	return result, nil
}

// inLength is the error for an IN whose sides have different numbers of columns.
func (s *site) inLength(e *ast.In, values []expr.Expr, columns []visible) error {
	left, right := make([]string, len(values)), make([]string, len(columns))
	for i, v := range values {
		left[i] = sqlOf(v)
	}
	for i, c := range columns {
		right[i] = quoteSQL(c.Name)
	}
	return diag.New("DATATYPE_MISMATCH.IN_SUBQUERY_LENGTH_MISMATCH", "sqlExpr", s.text(e), "leftLength", itoa(len(values)),
		"rightLength", itoa(len(columns)), "leftColumns", joinComma(left), "rightColumns", joinComma(right))
}

// inMismatch is the error for an IN with sides that have no common types, nil if they have.
func (s *site) inMismatch(e *ast.In, values []expr.Expr, columns []visible) error {
	var left, right, mismatched []string
	for i, c := range columns {
		l := values[i].Type()
		left, right = append(left, quoteSQL(l.SQL())), append(right, quoteSQL(c.Type.SQL()))
		if _, ok := s.coercion.WiderType(l, c.Type); !ok {
			mismatched = append(mismatched, "("+s.fullSQL(values[i])+":"+l.String()+", "+c.fullName()+":"+c.Type.String()+")")
		}
	}
	if mismatched == nil {
		return nil
	}
	return diag.New("DATATYPE_MISMATCH.IN_SUBQUERY_DATA_TYPE_MISMATCH", "sqlExpr", s.text(e), "mismatchedColumns", joinComma(mismatched),
		"leftType", joinComma(left), "rightType", joinComma(right))
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
	k := s.env.outer.site.block
	if k != nil && k.inSets {
		e = withNulls(e)
	}
	if !expr.Any(e, isSpecial) {
		return e, nil
	}
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

// withNulls is e over columns that may be null: what is bound on its value being there, such as coalesce, would not ask again
// once the column is a key that some grouping sets leave out.
func withNulls(e expr.Expr) expr.Expr {
	return expr.Transform(e, func(e expr.Expr) expr.Expr {
		c, ok := e.(*expr.Column)
		if !ok {
			return expr.AllowNull(e)
		}
		n := *c
		n.Null = true
		return &n
	})
}

// outerValue is the column that stands for an aggregate function of the block inside subqueries.
func (k *block) outerValue(a *expr.Aggregate) *expr.Column {
	c := &expr.Column{Base: expr.Base{Typ: a.Typ, Null: a.Null, Span: a.Span}, ID: k.ids.Next(), Name: expr.Pretty(a)}
	if k.outerValues == nil {
		k.outerValues = map[expr.ColumnID]expr.Expr{}
	}
	k.outerValues[c.ID] = a
	return c
}

// outerAggregate decides whose aggregate function a call in a subquery is. One over columns of the enclosing query alone is
// that query's, as HAVING EXISTS (SELECT … WHERE s.x = sum(outer.y)) has it; before are the columns noted before its
// arguments were bound.
func (s *site) outerAggregate(bound expr.Expr, args []expr.Expr, before []*expr.Column) (expr.Expr, error) {
	c := s.env.outer
	if c == nil || c.lateral {
		return bound, nil
	}
	outer, local := false, false
	visit := func(column *expr.Column) {
		if s.relation.has(column.ID) || hasColumn(s.relation.node, column.ID) {
			local = true
		} else if !s.isLambdaParameter(column.ID) {
			outer = true
		}
	}
	expr.VisitColumns(bound, visit)
	for _, a := range args {
		expr.VisitColumns(a, visit) // binding may have dropped an argument: count(x) where x is never null
	}
	switch {
	case !outer:
		return bound, nil
	case local:
		return nil, diag.New("UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.AGGREGATE_FUNCTION_MIXED_OUTER_LOCAL_REFERENCES", "function", s.fullSQL(bound)).At(bound.Place())
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
