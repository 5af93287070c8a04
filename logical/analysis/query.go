package analysis

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// query binds any query: SQL's own forms and the steps of DataFrame chains.
func (b *binder) query(q ast.Query, env environment) (*relation, error) {
	if err := b.ctx.Err(); err != nil {
		return nil, err
	}
	r, err := b.bindQuery(q, env)
	if err != nil {
		return nil, at(err, q.Place())
	}
	return r.from(q), nil
}

func (b *binder) bindQuery(q ast.Query, env environment) (*relation, error) {
	if r := b.known(q); r != nil {
		return r, nil
	}
	switch q := q.(type) {
	case *ast.With:
		return b.with(q, env)
	case *ast.Select:
		k, err := b.selectBlock(q, env)
		if err != nil {
			return nil, err
		}
		return k.build()
	case *ast.SetOperation:
		return b.setOperation(q, env)
	case *ast.Sort:
		return b.sort(q, env)
	case *ast.Limit:
		return b.limit(q, env)
	case *ast.Values:
		return b.values(q, env)
	case *ast.Table, *ast.FileTable, *ast.LocalRelation, *ast.SubqueryAlias, *ast.TableFunction, *ast.Lateral, *ast.LateralView, *ast.Join:
		return b.from(q, env)
	case *ast.Bound:
		return b.bound(q, env)
	case *ast.Owned:
		if b.owner != nil && q.Owner != b.owner {
			return nil, diag.New("SESSION_NOT_SAME")
		}
		if step, ok := q.Step.(*Step); ok && b.steps[q.Input] == nil {
			b.steps[q.Input] = step
		}
		return b.query(q.Input, env)
	case *ast.Sample:
		return b.sample(q, env)
	case *ast.Pivot:
		return b.pivot(q, env)
	}
	return b.step(q, env)
}

// step binds the steps that only DataFrame chains have.
func (b *binder) step(q ast.Query, env environment) (*relation, error) {
	switch q := q.(type) {
	case *ast.Filter:
		return b.filterStep(q, env)
	case *ast.Project:
		return b.projectStep(q, env)
	case *ast.WithColumns:
		return b.withColumns(q, env)
	case *ast.DropColumns:
		return b.dropColumns(q, env)
	case *ast.RenameColumns:
		return b.renameColumns(q, env)
	case *ast.Aggregate:
		return b.aggregateStep(q, env)
	case *ast.Distinct:
		r, err := b.query(q.Input, env)
		if err != nil {
			return nil, err
		}
		return distinctRelation(r)
	case *ast.DropDuplicates:
		return b.dropDuplicates(q, env)
	case *ast.Repartition:
		return b.repartition(q, env)
	case *ast.Hint:
		r, err := b.query(q.Input, env)
		if err != nil {
			return nil, err
		}
		return b.hints(r, q.Hints, env)
	}
	panic(&diag.Bug{Value: fmt.Sprintf("analysis: no binding for %T", q)})
}

// limit binds LIMIT and OFFSET, whose numbers are constants.
func (b *binder) limit(q *ast.Limit, env environment) (*relation, error) {
	r, err := b.query(q.Input, env)
	if err != nil {
		return nil, err
	}
	n := &logical.Limit{Input: r.node, Count: -1}
	if q.Count != nil {
		if _, all := q.Count.(*ast.All); !all {
			if n.Count, err = b.limitNumber(q.Count, "limit", env); err != nil {
				return nil, err
			}
		}
	}
	if q.Offset != nil {
		if n.Offset, err = b.limitNumber(q.Offset, "offset", env); err != nil {
			return nil, err
		}
	}
	if n.Count < 0 && n.Offset == 0 {
		return r, nil
	}
	return r.over(n), nil
}

// limitNumber evaluates a LIMIT or OFFSET expression.
func (b *binder) limitNumber(e ast.Expr, name string, env environment) (int64, error) {
	bound, err := b.site(newRelation(oneRow(), nil), environment{}).expr(e)
	if err != nil {
		if diag.ConditionOf(err) == "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION" {
			return 0, diag.New("INVALID_LIMIT_LIKE_EXPRESSION.IS_UNFOLDABLE", "name", name, "expr", quoteSQL(describeAST(e))).At(e.Place())
		}
		return 0, err
	}
	switch t := bound.Type().Kind; {
	case !expr.Foldable(bound):
		return 0, diag.New("INVALID_LIMIT_LIKE_EXPRESSION.IS_UNFOLDABLE", "name", name, "expr", sqlOf(bound)).At(e.Place())
	case t != types.Int && t != types.Byte && t != types.Short:
		return 0, diag.New("INVALID_LIMIT_LIKE_EXPRESSION.DATA_TYPE", "name", name, "expr", sqlOf(bound), "dataType", quoteSQL(bound.Type().SQL())).At(e.Place())
	}
	v, err := b.fold(bound)
	if err != nil {
		return 0, err
	}
	if v == nil {
		return 0, diag.New("INVALID_LIMIT_LIKE_EXPRESSION.IS_NULL", "name", name, "expr", sqlOf(bound)).At(e.Place())
	}
	n, ok := types.Integer64(v)
	if !ok {
		return 0, diag.Unsupported("a " + name + " computed by a function")
	}
	if n < 0 {
		return 0, diag.New("INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE", "name", name, "expr", sqlOf(bound), "v", itoa(int(n))).At(e.Place())
	}
	return n, nil
}

func describeAST(e ast.Expr) string {
	n := namer{}
	return n.expr(e)
}

// fold computes a constant expression of integers; other functions give an error.
func (b *binder) fold(e expr.Expr) (any, error) {
	switch e := e.(type) {
	case *expr.Literal:
		return e.Value, nil
	case *expr.Arithmetic:
		var operands [2]int64
		for i, c := range e.Children() {
			v, err := b.fold(c)
			if v == nil || err != nil {
				return nil, err
			}
			operands[i], _ = types.Integer64(v)
		}
		switch e.Op {
		case expr.Add:
			return operands[0] + operands[1], nil
		case expr.Subtract:
			return operands[0] - operands[1], nil
		case expr.Multiply:
			return operands[0] * operands[1], nil
		case expr.Negate:
			return -operands[0], nil
		}
	case *expr.Cast:
		if e.Typ.IsIntegral() && e.Input.Type().IsIntegral() {
			return b.fold(e.Input)
		}
	}
	return nil, diag.Unsupported("the constant " + expr.Pretty(e) + " where a literal is expected").At(e.Place())
}

// values binds VALUES: every column gets the common type of its cells. Strings are not converted to other types for that.
func (b *binder) values(q *ast.Values, env environment) (*relation, error) {
	s := b.site(newRelation(oneRow(), nil), env)
	s.clause = "VALUES"
	n := &logical.Values{Rows: make([][]expr.Expr, len(q.Rows))}
	width := 0
	if len(q.Rows) > 0 {
		width = len(q.Rows[0])
	}
	for i, row := range q.Rows {
		if len(row) != width {
			return nil, valuesWidth(width, len(row), i).At(q.Place())
		}
		var err error
		if n.Rows[i], err = s.exprs(row); err != nil {
			return nil, err
		}
		for j, e := range n.Rows[i] {
			if s.noSpecial(e) != nil || len(expr.Columns(e)) > 0 {
				return nil, diag.New("INVALID_INLINE_TABLE.CANNOT_EVALUATE_EXPRESSION_IN_INLINE_TABLE", "expr", quoteSQL(s.fullSQL(e))).At(row[j].Place())
			}
		}
	}
	if err := b.valuesColumns(n, width); err != nil {
		return nil, at(err, q.Place())
	}
	return newRelation(n, nil), nil
}

// valuesWidth is the error for a row of VALUES that has another number of columns than the first, or than there are names.
func valuesWidth(want, got, row int) *diag.Error {
	return diag.New("INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH", "expectedNumCols", itoa(want), "actualNumCols", itoa(got), "rowIndex", itoa(row))
}

func (b *binder) valuesColumns(n *logical.Values, width int) error {
	n.Output = make([]logical.Column, width)
	for j := range n.Output {
		kinds := make([]types.Type, len(n.Rows))
		for i, row := range n.Rows {
			kinds[i] = row[j].Type()
		}
		t, ok := b.coercion.WiderCommonTypeWithoutStrings(kinds)
		if !ok {
			return diag.New("INVALID_INLINE_TABLE.INCOMPATIBLE_TYPES_IN_INLINE_TABLE", "colName", quoteName([]string{"col" + itoa(j+1)}))
		}
		c := logical.Column{ID: b.ids.Next(), Name: "col" + itoa(j+1), Type: t}
		for _, row := range n.Rows {
			cell, err := b.cast(row[j], t)
			if err != nil {
				return err
			}
			row[j] = cell
			c.Nullable = c.Nullable || cell.Nullable()
		}
		n.Output[j] = c
	}
	return nil
}

// setOperation binds UNION, INTERSECT and EXCEPT. Columns of both sides are cast to common types; names are the left's.
func (b *binder) setOperation(q *ast.SetOperation, env environment) (*relation, error) {
	sides := b.operands(q)
	inputs := make([]*relation, len(sides))
	for i, side := range sides {
		var err error
		if inputs[i], err = b.query(side, env); err != nil {
			return nil, err
		}
	}
	// Pair by pair, as written: in 1 UNION 1.5 UNION 'a' the one becomes 1.0 before it becomes text.
	left := inputs[0]
	for i, right := range inputs[1:] {
		out, err := b.combine(q, left, right)
		if err != nil {
			return nil, at(at(err, q.Place()), sides[i+1].Place())
		}
		left = newRelation(out, nil)
	}
	if q.Op != ast.Union || q.All {
		return left, nil
	}
	out, err := distinct(left.node)
	if err != nil {
		return nil, at(err, q.Place())
	}
	return newRelation(out, nil), nil
}

func distinctRelation(r *relation) (*relation, error) {
	n, err := distinct(r.plan())
	if err != nil {
		return nil, err
	}
	return r.over(n), nil
}

// operands lists the sides of A UNION ALL B UNION ALL C, which is left-deep and may be long.
func (b *binder) operands(q *ast.SetOperation) []ast.Query {
	if left, ok := q.Left.(*ast.SetOperation); ok && b.steps[left] == nil && q.Op == ast.Union && left.Op == ast.Union && q.All == left.All && !q.ByName && !left.ByName {
		return append(b.operands(left), q.Right)
	}
	return []ast.Query{q.Left, q.Right}
}

var setOperatorNames = map[ast.SetOperator]string{ast.Union: "UNION", ast.Intersect: "INTERSECT", ast.Except: "EXCEPT"}

// combine puts one set operation on two relations; a union of a union is a union of more.
func (b *binder) combine(q *ast.SetOperation, left, right *relation) (logical.Node, error) {
	name := setOperatorNames[q.Op]
	if q.All && q.Op != ast.Union {
		name += " ALL"
	}
	if q.ByName {
		if err := b.alignByName(left, right, q.AllowMissing); err != nil {
			return nil, err
		}
	}
	if len(left.columns) != len(right.columns) {
		return nil, diag.New("NUM_COLUMNS_MISMATCH", "operator", name, "firstNumColumns", itoa(len(left.columns)),
			"invalidOrdinalNum", ordinal(1), "invalidNumColumns", itoa(len(right.columns)))
	}
	n := &logical.SetOperation{Op: q.Op, All: q.All || q.Op == ast.Union, Output: make([]logical.Column, len(left.columns))}
	for j, c := range left.columns {
		other := right.columns[j]
		t, ok := b.coercion.WiderType(c.Type, other.Type)
		if !ok {
			return nil, diag.New("INCOMPATIBLE_COLUMN_TYPE", "tableOrdinalNumber", ordinal(1), "columnOrdinalNumber", ordinal(j),
				"dataType2", quoteSQL(c.Type.SQL()), "operator", name, "hint", "", "dataType1", quoteSQL(other.Type.SQL()))
		}
		null := c.Nullable || q.Op == ast.Union && other.Nullable
		n.Output[j] = logical.Column{ID: b.ids.Next(), Name: c.Name, Type: t, Nullable: null, Metadata: c.Metadata}
	}
	if q.Op != ast.Union {
		if err := noMaps(n.Output); err != nil {
			return nil, err
		}
	}
	for _, r := range []*relation{left, right} {
		input, err := b.castColumns(r, n.Output)
		if err != nil {
			return nil, err
		}
		n.Inputs = append(n.Inputs, input)
	}
	if first, ok := n.Inputs[0].(*logical.SetOperation); ok && first.Op == ast.Union && q.Op == ast.Union {
		n.Inputs = append(slices.Clip(first.Inputs), n.Inputs[1:]...) // a union of many, unless types differ
	}
	if q.Op == ast.Intersect {
		for j := range n.Output {
			n.Output[j].Nullable = n.Output[j].Nullable || n.Inputs[0].Columns()[j].Nullable
		}
	}
	b.outputNullability(n)
	return n, nil
}

// outputNullability makes an output column nullable where a cast made an input's so.
func (b *binder) outputNullability(n *logical.SetOperation) {
	for _, input := range n.Inputs {
		for j, c := range input.Columns() {
			n.Output[j].Nullable = n.Output[j].Nullable || c.Nullable
		}
	}
}

// castColumns casts the columns of a relation, in order, to the types of others.
func (b *binder) castColumns(r *relation, to []logical.Column) (logical.Node, error) {
	plan := r.plan()
	items := passThrough(plan)
	for j := range items {
		e, err := b.cast(items[j].Expr, to[j].Type)
		if err != nil {
			return nil, err
		}
		if e != items[j].Expr {
			items[j].ID, items[j].Expr = b.ids.Next(), e
		}
	}
	return project(plan, items), nil
}

// alignByName puts the columns of the right input into the order of the left's names.
func (b *binder) alignByName(left, right *relation, allowMissing bool) error {
	for _, r := range []*relation{left, right} {
		if name := b.duplicate(r); name != "" {
			return diag.New("COLUMN_ALREADY_EXISTS", "columnName", quoteName([]string{name}))
		}
	}
	has := func(list []visible, name string) bool {
		return slices.ContainsFunc(list, func(c visible) bool { return b.sameName(c.Name, name) })
	}
	names, columns := left.columns, right.columns
	var aligned []visible
	for _, c := range names {
		i := slices.IndexFunc(columns, func(o visible) bool { return b.sameName(o.Name, c.Name) })
		switch {
		case i >= 0:
			aligned = append(aligned, columns[i])
		case allowMissing:
			aligned = append(aligned, b.addNull(right, c))
		default:
			return b.site(right, environment{}).unresolvedColumn(&ast.Name{Parts: []string{c.Name}})
		}
	}
	if len(names) < len(columns) && !allowMissing {
		return nil // the numbers of columns differ, which is the error
	}
	for _, o := range columns {
		if !has(names, o.Name) {
			left.columns = append(slices.Clip(left.columns), b.addNull(left, o))
			aligned = append(aligned, o)
		}
	}
	right.columns = aligned
	return nil
}

func (b *binder) duplicate(r *relation) string {
	for i, c := range r.columns {
		if slices.ContainsFunc(r.columns[:i], func(o visible) bool { return b.sameName(o.Name, c.Name) }) {
			return c.Name
		}
	}
	return ""
}

// addNull gives a relation a column of nulls like c.
func (b *binder) addNull(r *relation, c visible) visible {
	null := &expr.Literal{Base: expr.Base{Typ: c.Type, Null: true}}
	n := logical.Named{ID: b.ids.Next(), Name: c.Name, Expr: null}
	r.node = &logical.Project{Input: r.node, Items: append(passThrough(r.node), n)}
	return visible{Column: n.Column()}
}

// scan reads all columns of a table.
func (b *binder) scan(t source.Table, alias string) *logical.Scan {
	n := &logical.Scan{Table: t, Limit: -1, Alias: alias}
	for i, f := range t.Schema().Fields() {
		c := logical.Column{ID: b.ids.Next(), Name: f.Name, Type: f.Type, Nullable: f.Nullable, Metadata: f.Metadata}
		if c.Type.Kind == types.String && c.Type.Form != types.PlainString {
			// A query sees char(n) and varchar(n) as strings; the border shows what was declared.
			c.Metadata = maps.Clone(c.Metadata)
			if c.Metadata == nil {
				c.Metadata = map[string]string{}
			}
			c.Metadata["__CHAR_VARCHAR_TYPE_STRING"] = c.Type.String()
			c.Type = types.StringType
		}
		n.Output = append(n.Output, logical.ScanColumn{Column: c, Path: []int{i}})
	}
	return n
}

// bound binds a query whose markers have values of their own, as a DataFrame made from SQL with arguments has.
func (b *binder) bound(q *ast.Bound, env environment) (*relation, error) {
	positional, named := b.positional, b.named
	defer func() { b.positional, b.named = positional, named }()
	b.positional, b.named = nil, map[string]Parameter{}
	for _, l := range q.Positional {
		b.positional = append(b.positional, Parameter{Value: l.Value, Type: l.Type})
	}
	for name, l := range q.Named {
		b.named[name] = Parameter{Value: l.Value, Type: l.Type}
	}
	return b.query(q.Input, env)
}
