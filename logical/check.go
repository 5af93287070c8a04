package logical

import (
	"fmt"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// Check verifies a whole plan: each column that an expression reads is there, with that type, and is nullable if its
// input says so; no node gives two columns one ID; conditions are boolean; inputs of set operations and rows of values have
// the types of their columns; aggregates and window functions stand where they may. The error names the node. A plan
// that fails is a bug of whoever made it.
func Check(plan Node) error {
	c := checker{}
	return c.node(plan, nil)
}

type checker struct{}

type columnMap map[expr.ColumnID]Column

func (m columnMap) with(columns []Column) columnMap {
	out := make(columnMap, len(m)+len(columns))
	for id, c := range m {
		out[id] = c
	}
	for _, c := range columns {
		out[c.ID] = c
	}
	return out
}

// node checks n, whose expressions may also read the columns of outer.
func (c checker) node(n Node, outer columnMap) error {
	for i, child := range n.Children() {
		visible := outer
		if j, ok := n.(*Join); ok && j.Lateral && i == 1 {
			visible = outer.with(j.Left.Columns())
		}
		if err := c.node(child, visible); err != nil {
			return err
		}
	}
	if err := distinctIDs(n.Columns()); err != nil {
		return describe(n, err)
	}
	visible := outer
	for _, child := range n.Children() {
		visible = visible.with(child.Columns())
	}
	if s, ok := n.(*Scan); ok { // its filters read the columns that it makes
		visible = visible.with(s.Columns())
	}
	for _, e := range n.Expressions() {
		if err := c.expr(e, visible, outer); err != nil {
			return describe(n, err)
		}
	}
	if err := c.own(n); err != nil {
		return describe(n, err)
	}
	return nil
}

func describe(n Node, err error) error { return fmt.Errorf("%w in %s", err, n.Describe()) }

func distinctIDs(columns []Column) error {
	seen := make(map[expr.ColumnID]bool, len(columns))
	for _, c := range columns {
		if c.ID == 0 {
			return fmt.Errorf("column %s has no ID", c.Name)
		}
		if seen[c.ID] {
			return fmt.Errorf("two columns have the ID of %s", columnName(c))
		}
		seen[c.ID] = true
	}
	return nil
}

func (c checker) expr(e expr.Expr, visible, outer columnMap) error {
	if e == nil {
		return fmt.Errorf("an expression is missing")
	}
	switch e := e.(type) {
	case *expr.Column:
		return checkColumn(e, visible, outer)
	case *expr.Lambda:
		params := make([]Column, len(e.Params))
		for i, p := range e.Params {
			params[i] = Column{ID: p.ID, Name: p.Name, Type: p.Typ, Nullable: p.Null}
		}
		return c.expr(e.Body, visible.with(params), outer)
	case *expr.Subquery:
		if err := c.subquery(e, visible, outer); err != nil {
			return err
		}
	case *expr.Comparison:
		if l, r := e.Left.Type(), e.Right.Type(); !comparable(l, r) {
			return fmt.Errorf("%s compares %s with %s", expr.Debug(e), l, r)
		}
	case *expr.And, *expr.Or, *expr.Not:
		for _, child := range e.Children() {
			if child.Type().Kind != types.Boolean {
				return fmt.Errorf("%s has an operand of type %s", expr.Debug(e), child.Type())
			}
		}
	}
	for _, child := range e.Children() {
		if err := c.expr(child, visible, outer); err != nil {
			return err
		}
	}
	return nil
}

// comparable reports whether operands of types a and b may meet in a comparison: the same type but for nullability and,
// for decimals, precision and scale, and for strings, the declared length.
func comparable(a, b types.Type) bool {
	if a.Kind == types.Decimal || a.Kind == types.String || a.IsInterval() {
		return a.Kind == b.Kind
	}
	return a.SameType(b) || a.Kind == b.Kind && a.IsNested()
}

func checkColumn(e *expr.Column, visible, outer columnMap) error {
	c, ok := visible[e.ID]
	if !ok {
		return fmt.Errorf("column %s is not in the input", expr.Debug(e))
	}
	if !c.Type.SameType(e.Typ) {
		return fmt.Errorf("column %s is read as %s but is %s", expr.Debug(e), e.Typ, c.Type)
	}
	if _, isOuter := outer[e.ID]; c.Nullable && !e.Null && !isOuter {
		return fmt.Errorf("column %s is read as never null but may be", expr.Debug(e))
	}
	return nil
}

func (c checker) subquery(e *expr.Subquery, visible, outer columnMap) error {
	plan, ok := e.Plan.(Node)
	if !ok {
		return fmt.Errorf("a subquery's plan is %T", e.Plan)
	}
	columns := plan.Columns()
	switch {
	case e.Kind == expr.ScalarSubquery && len(columns) != 1:
		return fmt.Errorf("a scalar subquery has %d columns", len(columns))
	case e.Kind == expr.InSubquery && len(columns) != len(e.Values):
		return fmt.Errorf("IN compares %d values with %d columns", len(e.Values), len(columns))
	}
	listed := columnMap{}.with(nil)
	for _, o := range e.Outer {
		col, ok := visible[o.ID]
		if !ok {
			return fmt.Errorf("outer column %s of a subquery is not in the input", expr.Debug(o))
		}
		listed[o.ID] = col
	}
	return c.node(plan, listed)
}

// own checks what only one kind of node promises.
func (c checker) own(n Node) error {
	switch n := n.(type) {
	case *Filter:
		return isBoolean(n.Condition)
	case *Join:
		if n.Condition != nil {
			return isBoolean(n.Condition)
		}
	case *Project:
		for _, item := range n.Items {
			if hasAggregate(item.Expr) {
				return fmt.Errorf("%s is an aggregate or window function", expr.Debug(item.Expr))
			}
		}
	case *Aggregate:
		return checkAggregate(n)
	case *Window:
		for _, f := range n.Functions {
			if _, ok := f.Expr.(*expr.WindowCall); !ok {
				return fmt.Errorf("%s is not a window function", expr.Debug(f.Expr))
			}
		}
	case *SetOperation:
		for _, input := range n.Inputs {
			if err := sameTypes(input.Columns(), n.Output); err != nil {
				return err
			}
		}
	case *CommonPlan:
		return sameTypes(n.Definition.Columns(), n.Output)
	case *Values:
		return checkValues(n)
	}
	return nil
}

func isBoolean(e expr.Expr) error {
	if k := e.Type().Kind; k != types.Boolean && k != types.Void {
		return fmt.Errorf("condition %s has type %s", expr.Debug(e), e.Type())
	}
	if hasAggregate(e) {
		return fmt.Errorf("condition %s holds an aggregate or window function", expr.Debug(e))
	}
	return nil
}

func hasAggregate(e expr.Expr) bool {
	return expr.Any(e, func(e expr.Expr) bool {
		switch e.(type) {
		case *expr.Aggregate, *expr.WindowCall:
			return true
		}
		return false
	})
}

func checkAggregate(n *Aggregate) error {
	for _, k := range n.Keys {
		if hasAggregate(k.Expr) {
			return fmt.Errorf("key %s holds an aggregate or window function", expr.Debug(k.Expr))
		}
	}
	for _, a := range n.Aggregates {
		if _, ok := a.Expr.(*expr.Aggregate); !ok {
			return fmt.Errorf("%s is not an aggregate function", expr.Debug(a.Expr))
		}
	}
	for _, set := range n.Sets {
		for _, i := range set {
			if i < 0 || i >= len(n.Keys) {
				return fmt.Errorf("a grouping set names key %d of %d", i, len(n.Keys))
			}
		}
	}
	return nil
}

func checkValues(n *Values) error {
	for _, row := range n.Rows {
		if len(row) != len(n.Output) {
			return fmt.Errorf("a row has %d values for %d columns", len(row), len(n.Output))
		}
		for i, e := range row {
			if !e.Type().SameType(n.Output[i].Type) {
				return fmt.Errorf("value %s has type %s in a column of %s", expr.Debug(e), e.Type(), n.Output[i].Type)
			}
		}
	}
	return nil
}

func sameTypes(have, want []Column) error {
	if len(have) != len(want) {
		return fmt.Errorf("an input has %d columns for %d", len(have), len(want))
	}
	for i := range have {
		if !have[i].Type.SameType(want[i].Type) {
			return fmt.Errorf("input column %s has type %s, not %s", columnName(have[i]), have[i].Type, want[i].Type)
		}
		if have[i].Nullable && !want[i].Nullable {
			return fmt.Errorf("input column %s may be null, unlike the output", columnName(have[i]))
		}
	}
	return nil
}
