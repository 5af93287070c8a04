package kiln

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/functions"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/logical/analysis"
	"github.com/kilnql/kiln/types"
)

// Column is an expression over the columns of a DataFrame; see package functions for constructors.
type Column = functions.Column

// Col is the column of that name: "a", "t.a", "s.field", "*".
func Col(name string) Column { return functions.Col(name) }

// Lit is a constant.
func Lit(value any) Column { return functions.Lit(value) }

// DataFrame is a query that has not run: a step of a chain of verbs. It is immutable and safe for concurrent use. A
// chain stays a chain: a mistake anywhere in it is kept and returned by Err and by every action; nothing runs until an
// action (Collect, Count, Show, Batches, …) is called with a context.
//
// Verbs take columns by the rule of package functions: a string is a column's name, a Column is itself. A []string,
// []Column or []any stands for its elements.
type DataFrame struct {
	session *Session
	query   ast.Query      // unresolved: what can be stored, bound again, or sent away
	plan    logical.Node   // bound when the DataFrame was made
	step    *analysis.Step // what the next verb starts from; nil with err or unbound
	err     error
	unbound error  // why plan is nil although there is no mistake: Outer columns
	sqlText string // what places in the plan refer to, "" for DataFrame calls
	// prepared holds plan, and its optimized form once it has run; nil for DataFrame calls.
	prepared *preparedPlan
}

// newDataFrame binds a query made of those of other DataFrames.
func (s *Session) newDataFrame(q ast.Query, err error, inputs ...*DataFrame) *DataFrame {
	d := &DataFrame{session: s, query: q, err: err}
	steps := map[ast.Query]*analysis.Step{}
	for _, input := range inputs {
		if input.step != nil {
			steps[input.query] = input.step
		}
	}
	if d.err == nil {
		d.err = s.usable()
	}
	if d.err == nil {
		d.plan, d.step, d.err = s.bindStep(context.Background(), q, parameters{}, steps)
	}
	return d.deferred()
}

// deferred lets a step with Outer columns stand until it is used inside the query that has them: only then can it be
// bound. An action on it alone reports the column.
func (d *DataFrame) deferred() *DataFrame {
	var outer *analysis.OuterError
	if d.query != nil && errors.As(d.err, &outer) {
		d.unbound, d.err = d.err, nil
	}
	return d
}

// bound returns the mistake of the chain, or that it has columns of a query around it.
func (d *DataFrame) bound() error {
	if d.err != nil {
		return d.err
	}
	return d.unbound
}

// with is the next step of the chain.
func (d *DataFrame) with(q ast.Query, errs ...error) *DataFrame { return d.combined(nil, q, errs...) }

// combined is with, for a step made of another DataFrame too.
func (d *DataFrame) combined(other *DataFrame, q ast.Query, errs ...error) *DataFrame {
	if d.err != nil {
		return d
	}
	for _, err := range errs {
		if err != nil {
			return &DataFrame{session: d.session, query: q, err: err}
		}
	}
	inputs := []*DataFrame{d}
	if other != nil {
		inputs = append(inputs, other)
	}
	next := d.session.newDataFrame(q, nil, inputs...)
	next.sqlText = d.sqlText
	return next
}

// Err returns the first mistake of the chain, or nil.
func (d *DataFrame) Err() error { return d.err }

// Session returns the session the DataFrame belongs to.
func (d *DataFrame) Session() *Session { return d.session }

// Unresolved returns the query as it was written, for use in an expression of another query of the session.
func (d *DataFrame) Unresolved() (ast.Query, error) {
	if d == nil {
		return nil, diag.New("CANNOT_BE_NONE", "arg_name", "DataFrame")
	}
	return d.owned(), d.err
}

// owned is the query with what it was bound to.
func (d *DataFrame) owned() *ast.Owned {
	q := &ast.Owned{Input: d.query, Owner: d.session}
	if d.step != nil {
		q.Step = d.step
	}
	return q
}

// Schema is the struct type of the rows; void if the DataFrame has a mistake.
func (d *DataFrame) Schema() types.Type {
	if d.bound() != nil {
		return types.VoidType
	}
	return schemaOf(d.plan)
}

func schemaOf(plan logical.Node) types.Type {
	var fields []types.Field
	for _, c := range plan.Columns() {
		fields = append(fields, types.Field{Name: c.Name, Type: c.Type, Nullable: c.Nullable, Metadata: c.Metadata})
	}
	return types.StructType(fields...)
}

// Columns are the names of the columns, in order.
func (d *DataFrame) Columns() []string {
	var names []string
	for _, f := range d.Schema().Fields() {
		names = append(names, f.Name)
	}
	return names
}

// Col is a column of this very DataFrame, whatever other columns of its name there are. In a join of a DataFrame with
// itself, or with a step made of it, d.Col("id").Eq(d.Col("id")) compares the left side's column with the right side's, as
// in Spark; there and after it, any other use of a column that both sides have is AMBIGUOUS_COLUMN_REFERENCE: name the
// sides with Alias.
func (d *DataFrame) Col(name string) Column {
	e, err := functions.Col(name).Expr()
	if n, ok := e.(*ast.Name); ok {
		return functions.FromExpr(&ast.Name{Parts: n.Parts, Plan: d.query}, err)
	}
	return functions.FromExpr(e, err)
}

// flat puts the elements of lists of columns in the lists' place.
func flat(columns []any) []any {
	var out []any
	for _, c := range columns {
		switch c := c.(type) {
		case []string:
			for _, x := range c {
				out = append(out, x)
			}
		case []Column:
			for _, x := range c {
				out = append(out, x)
			}
		case []any:
			out = append(out, flat(c)...)
		default:
			out = append(out, c)
		}
	}
	return out
}

func exprs(columns []any) ([]ast.Expr, error) {
	columns = flat(columns)
	out := make([]ast.Expr, len(columns))
	for i, c := range columns {
		e, err := functions.Of(c).Expr()
		if err != nil {
			return nil, err
		}
		out[i] = e
	}
	return out, nil
}

// sortItems takes columns and, as numbers from 1, places of columns; a negative one sorts downwards.
func (d *DataFrame) sortItems(columns []any) ([]ast.SortItem, error) {
	columns = flat(columns)
	out := make([]ast.SortItem, len(columns))
	for i, c := range columns {
		var column Column
		switch c := c.(type) {
		case int:
			if c == 0 {
				return nil, diag.New("ZERO_INDEX")
			}
			at, err := d.ordinal(max(c, -c))
			if err != nil {
				return nil, err
			}
			if column = at.Asc(); c < 0 {
				column = at.Desc()
			}
		case string, Column:
			column = functions.Of(c)
		default:
			return nil, diag.New("NOT_COLUMN_OR_INT_OR_STR", "arg_name", "col", "arg_type", fmt.Sprintf("%T", c))
		}
		item, err := column.SortItem()
		if err != nil {
			return nil, err
		}
		out[i] = item
	}
	return out, nil
}

// ordinal is the column of a place from 1.
func (d *DataFrame) ordinal(n int) (Column, error) {
	if err := cmp.Or(d.err, d.unbound); err != nil {
		return Column{}, err
	}
	names := d.Columns()
	if n < 1 {
		return Column{}, diag.New("INDEX_NOT_POSITIVE", "index", strconv.Itoa(n))
	}
	if n > len(names) {
		return Column{}, diag.New("INDEX_OUT_OF_RANGE", "arg_name", "column", "index", strconv.Itoa(n))
	}
	return exactly(names[n-1]), nil
}

// exactly is the column of a name in which dots and back quotes have no meaning.
func exactly(name string) Column {
	return functions.FromExpr(&ast.Name{Parts: []string{name}}, nil)
}

// groupKeys takes columns and places of columns.
func (d *DataFrame) groupKeys(columns []any) ([]ast.Expr, error) {
	columns = flat(columns)
	for i, c := range columns {
		if n, ok := c.(int); ok {
			at, err := d.ordinal(n)
			if err != nil {
				return nil, err
			}
			columns[i] = at
		}
	}
	return exprs(columns)
}

// Select computes columns. A value that is neither a Column nor a name is a constant, as everywhere: nil is NULL.
func (d *DataFrame) Select(columns ...any) *DataFrame {
	items, err := exprs(columns)
	return d.with(&ast.Project{Input: d.query, Items: items}, err)
}

// SelectExpr is Select of SQL expressions: "a + 1 AS b".
func (d *DataFrame) SelectExpr(texts ...string) *DataFrame {
	var columns []any
	for _, text := range texts {
		columns = append(columns, functions.FromExpr(d.session.parseExpr(text)))
	}
	return d.Select(columns...)
}

// Where keeps the rows for which condition, a Column or SQL text, is true. Here a text is no column's name and no other value is a
// constant: NOT_COLUMN_OR_STR.
func (d *DataFrame) Where(condition any) *DataFrame {
	var e ast.Expr
	var err error
	switch c := condition.(type) {
	case string:
		e, err = d.session.parseExpr(c)
	case Column:
		e, err = c.Expr()
	default:
		err = diag.New("NOT_COLUMN_OR_STR", "arg_name", "condition", "arg_type", fmt.Sprintf("%T", condition))
	}
	return d.with(&ast.Filter{Input: d.query, Condition: e}, err)
}

// Filter is Where.
func (d *DataFrame) Filter(condition any) *DataFrame { return d.Where(condition) }

// WithColumn adds a column, or replaces the one of that name.
func (d *DataFrame) WithColumn(name string, column any) *DataFrame {
	return d.with(d.withColumns([]string{name}, []any{column}))
}

// WithColumns adds or replaces several columns, none of which sees the others; names and columns alternate.
func (d *DataFrame) WithColumns(namesAndColumns ...any) *DataFrame {
	var names []string
	var columns []any
	for i := 0; i+1 < len(namesAndColumns); i += 2 {
		name, ok := namesAndColumns[i].(string)
		if !ok {
			return d.with(nil, diag.New("NOT_STR", "arg_name", "namesAndColumns["+strconv.Itoa(i)+"]", "arg_type", fmt.Sprintf("%T", namesAndColumns[i])))
		}
		names, columns = append(names, name), append(columns, namesAndColumns[i+1])
	}
	if len(namesAndColumns)%2 != 0 {
		return d.with(nil, diag.New("TOO_MANY_VALUES", "expected", "pairs of a name and a column as", "item", "namesAndColumns", "actual", strconv.Itoa(len(namesAndColumns))))
	}
	return d.with(d.withColumns(names, columns))
}

func (d *DataFrame) withColumns(names []string, columns []any) (ast.Query, error) {
	items, err := exprs(columns)
	for i := range items {
		items[i] = &ast.Alias{Input: items[i], Names: []string{names[i]}}
	}
	return &ast.WithColumns{Input: d.query, Items: items}, err
}

// WithColumnRenamed renames a column; a name that is not there changes nothing.
func (d *DataFrame) WithColumnRenamed(from, to string) *DataFrame {
	return d.with(&ast.RenameColumns{Input: d.query, From: []string{from}, To: []string{to}})
}

// ToDF renames all columns.
func (d *DataFrame) ToDF(names ...string) *DataFrame {
	if d.err == nil && len(names) != len(d.Columns()) {
		return d.with(nil, diag.New("ASSIGNMENT_ARITY_MISMATCH", "numExpr", strconv.Itoa(len(d.Columns())), "numTarget", strconv.Itoa(len(names))))
	}
	return d.with(&ast.RenameColumns{Input: d.query, To: names})
}

// Drop leaves out columns; a name that is not there changes nothing. Here a string is the whole name, dots included, as in
// Spark.
func (d *DataFrame) Drop(columns ...any) *DataFrame {
	columns = flat(columns)
	for i, c := range columns {
		if name, ok := c.(string); ok {
			columns[i] = functions.Lit(name)
		}
	}
	items, err := exprs(columns)
	return d.with(&ast.DropColumns{Input: d.query, Columns: items}, err)
}

// Distinct keeps one of each set of equal rows.
func (d *DataFrame) Distinct() *DataFrame { return d.with(&ast.Distinct{Input: d.query}) }

// DropDuplicates keeps the first row of each combination of the columns; no columns means all.
func (d *DataFrame) DropDuplicates(columns ...string) *DataFrame {
	return d.with(&ast.DropDuplicates{Input: d.query, Columns: columns})
}

// Join joins with other. on is a Column (the condition), a []Column (all of them), a column name or []string (columns both
// have, merged), or nil. how is "inner" (default ""), "cross", "left", "right", "full", "semi", "anti" or one of Spark's longer
// names of these, in any case of letters, with or without underscores.
func (d *DataFrame) Join(other *DataFrame, on any, how string) *DataFrame {
	if err := d.fits(other); err != nil {
		return d.with(nil, err)
	}
	j := &ast.Join{Left: d.query, Right: other.query}
	var ok bool
	if j.Type, ok = joinTypes[strings.ToLower(strings.ReplaceAll(how, "_", ""))]; !ok {
		return d.with(nil, diag.New("UNSUPPORTED_JOIN_TYPE", "typ", how, "supported", supportedJoins))
	}
	var err error
	switch on := on.(type) {
	case nil:
	case string:
		j.Using = []string{on}
	case []string:
		if j.Using = on; len(on) == 0 {
			err = diag.New("CANNOT_BE_EMPTY", "item", "on")
		}
	case Column:
		j.On, err = on.Expr()
	case []Column:
		if len(on) == 0 {
			err = diag.New("CANNOT_BE_EMPTY", "item", "on")
			break
		}
		all := on[0]
		for _, c := range on[1:] {
			all = all.And(c)
		}
		j.On, err = all.Expr()
	default:
		err = diag.New("NOT_COLUMN_OR_LIST_OR_STR", "arg_name", "on", "arg_type", fmt.Sprintf("%T", on))
	}
	return d.combined(other, j, other.err, err)
}

// fits reports a DataFrame that cannot be combined with d.
func (d *DataFrame) fits(other *DataFrame) error {
	switch {
	case other == nil:
		return diag.New("CANNOT_BE_NONE", "arg_name", "other")
	case other.session == nil: // Broadcast of nil
		return other.err
	case other.session != d.session:
		return diag.New("SESSION_NOT_SAME")
	}
	return nil
}

var joinTypes = map[string]ast.JoinType{
	"": ast.InnerJoin, "inner": ast.InnerJoin, "cross": ast.CrossJoin,
	"left": ast.LeftJoin, "leftouter": ast.LeftJoin, "right": ast.RightJoin, "rightouter": ast.RightJoin,
	"full": ast.FullJoin, "outer": ast.FullJoin, "fullouter": ast.FullJoin,
	"semi": ast.LeftSemiJoin, "leftsemi": ast.LeftSemiJoin, "anti": ast.LeftAntiJoin, "leftanti": ast.LeftAntiJoin,
}

const supportedJoins = "'inner', 'outer', 'full', 'fullouter', 'full_outer', 'leftouter', 'left', 'left_outer', 'rightouter', 'right', " +
	"'right_outer', 'leftsemi', 'left_semi', 'semi', 'leftanti', 'left_anti', 'anti', 'cross'"

// CrossJoin pairs every row with every row of other.
func (d *DataFrame) CrossJoin(other *DataFrame) *DataFrame { return d.Join(other, nil, "cross") }

func (d *DataFrame) setOperation(op ast.SetOperator, all, byName, allowMissing bool, other *DataFrame) *DataFrame {
	if err := d.fits(other); err != nil {
		return d.with(nil, err)
	}
	return d.combined(other, &ast.SetOperation{Op: op, All: all, ByName: byName, AllowMissing: allowMissing, Left: d.query, Right: other.query}, other.err)
}

// Union puts other's rows after these, by position, duplicates kept.
func (d *DataFrame) Union(other *DataFrame) *DataFrame {
	return d.setOperation(ast.Union, true, false, false, other)
}

// UnionByName is Union by column name; with allowMissing a column that one side lacks is null there.
func (d *DataFrame) UnionByName(other *DataFrame, allowMissing bool) *DataFrame {
	return d.setOperation(ast.Union, true, true, allowMissing, other)
}

// Intersect keeps the distinct rows that are in both.
func (d *DataFrame) Intersect(other *DataFrame) *DataFrame {
	return d.setOperation(ast.Intersect, false, false, false, other)
}

// IntersectAll is Intersect with duplicates kept.
func (d *DataFrame) IntersectAll(other *DataFrame) *DataFrame {
	return d.setOperation(ast.Intersect, true, false, false, other)
}

// Except keeps the distinct rows that are not in other.
func (d *DataFrame) Except(other *DataFrame) *DataFrame {
	return d.setOperation(ast.Except, false, false, false, other)
}

// ExceptAll is Except with duplicates kept.
func (d *DataFrame) ExceptAll(other *DataFrame) *DataFrame {
	return d.setOperation(ast.Except, true, false, false, other)
}

// OrderBy sorts all rows: by a name or Column upwards, or by what Column.Desc and its like say. An int is the place of a
// column, from 1; a negative one sorts downwards.
func (d *DataFrame) OrderBy(columns ...any) *DataFrame {
	items, err := d.sortItems(columns)
	return d.with(&ast.Sort{Input: d.query, Items: items, Global: true}, err)
}

// Sort is OrderBy.
func (d *DataFrame) Sort(columns ...any) *DataFrame { return d.OrderBy(columns...) }

// SortWithinPartitions sorts each partition by itself.
func (d *DataFrame) SortWithinPartitions(columns ...any) *DataFrame {
	items, err := d.sortItems(columns)
	return d.with(&ast.Sort{Input: d.query, Items: items}, err)
}

func intLiteral(n int) ast.Expr { return &ast.Literal{Value: int32(n), Type: types.IntType} }

// Limit keeps the first n rows.
func (d *DataFrame) Limit(n int) *DataFrame {
	return d.with(&ast.Limit{Input: d.query, Count: intLiteral(n)})
}

// Offset leaves out the first n rows.
func (d *DataFrame) Offset(n int) *DataFrame {
	return d.with(&ast.Limit{Input: d.query, Offset: intLiteral(n)})
}

// Repartition deals the rows to n partitions, round robin or by hash of columns. No partition is the error VALUE_NOT_POSITIVE.
func (d *DataFrame) Repartition(n int, columns ...any) *DataFrame {
	if err := positivePartitions(n); err != nil {
		return d.with(nil, err)
	}
	by, err := exprs(columns)
	return d.with(&ast.Repartition{Input: d.query, Count: n, By: by, Shuffle: true}, err)
}

// RepartitionBy is Repartition into as many partitions as the setting spark.sql.shuffle.partitions says.
func (d *DataFrame) RepartitionBy(columns ...any) *DataFrame {
	by, err := exprs(columns)
	return d.with(&ast.Repartition{Input: d.query, By: by, Shuffle: true}, err)
}

func positivePartitions(n int) error {
	if n > 0 {
		return nil
	}
	return diag.New("VALUE_NOT_POSITIVE", "arg_name", "numPartitions", "arg_value", strconv.Itoa(n))
}

// Coalesce merges partitions until there are at most n, without moving rows between others.
func (d *DataFrame) Coalesce(n int) *DataFrame {
	if err := positivePartitions(n); err != nil {
		return d.with(nil, err)
	}
	return d.with(&ast.Repartition{Input: d.query, Count: n})
}

// Hint gives the planner advice, such as "broadcast".
func (d *DataFrame) Hint(name string, args ...any) *DataFrame {
	list, err := exprs(args)
	return d.with(&ast.Hint{Input: d.query, Hints: []ast.HintItem{{Name: name, Args: list}}}, err)
}

// Broadcast marks d as the build side of a join.
func Broadcast(d *DataFrame) *DataFrame {
	if d == nil {
		return &DataFrame{err: diag.New("CANNOT_BE_NONE", "arg_name", "df")}
	}
	return d.Hint("broadcast")
}

// Alias names the DataFrame, so that its columns can be written "name.column".
func (d *DataFrame) Alias(name string) *DataFrame {
	return d.with(&ast.SubqueryAlias{Input: d.query, Name: name})
}

// Sample keeps each row with the given probability, from 0 to 1; the same seed keeps the same rows.
func (d *DataFrame) Sample(fraction float64, seed int64) *DataFrame {
	if math.IsNaN(fraction) || fraction < 0 || fraction > 1 {
		return d.with(nil, diag.New("VALUE_NOT_BETWEEN", "arg_name", "fraction", "min", "0", "max", "1"))
	}
	percent := &ast.Literal{Value: fraction * 100, Type: types.DoubleType}
	return d.with(&ast.Sample{Input: d.query, Unit: ast.SamplePercent, Size: percent, Seed: &ast.Literal{Value: seed, Type: types.LongType}})
}

// Scalar is the one value of a DataFrame with one column and at most one row, for use in an expression.
func (d *DataFrame) Scalar() Column {
	q, err := d.Unresolved()
	return functions.FromExpr(&ast.ScalarSubquery{Query: q}, err)
}

// Exists is true where the DataFrame, whose Outer columns are those of the query it is used in, has a row.
func (d *DataFrame) Exists() Column {
	q, err := d.Unresolved()
	return functions.FromExpr(&ast.Exists{Query: q}, err)
}

// GroupedData is a DataFrame with the grouping that Agg and its shortcuts aggregate over.
type GroupedData struct {
	frame *DataFrame
	keys  []ast.Expr
	err   error
}

// GroupBy groups by columns; no columns makes one group of all rows. An int is the place of a column, from 1.
func (d *DataFrame) GroupBy(columns ...any) *GroupedData {
	keys, err := d.groupKeys(columns)
	return &GroupedData{d, keys, err}
}

func (d *DataFrame) groupingSets(kind ast.GroupingKind, columns []any) *GroupedData {
	keys, err := d.groupKeys(columns)
	g := &ast.Grouping{Kind: kind}
	for _, k := range keys {
		g.Sets = append(g.Sets, []ast.Expr{k})
	}
	return &GroupedData{d, []ast.Expr{g}, err}
}

// Rollup groups by all columns, all but the last, and so on to none.
func (d *DataFrame) Rollup(columns ...any) *GroupedData { return d.groupingSets(ast.Rollup, columns) }

// Cube groups by every subset of the columns.
func (d *DataFrame) Cube(columns ...any) *GroupedData { return d.groupingSets(ast.Cube, columns) }

// Agg computes aggregates over the whole DataFrame.
func (d *DataFrame) Agg(aggregates ...any) *DataFrame { return d.GroupBy().Agg(aggregates...) }

// Agg computes aggregates for each group; the result has the keys, then the aggregates.
func (g *GroupedData) Agg(aggregates ...any) *DataFrame {
	items, err := exprs(aggregates)
	return g.frame.with(&ast.Aggregate{Input: g.frame.query, GroupBy: g.keys, Items: items}, g.err, err)
}

// Count is the number of rows of each group, as column "count".
func (g *GroupedData) Count() *DataFrame {
	return g.Agg(functions.Call("count", functions.Lit(1)).As("count"))
}

// each aggregates the named columns, which must be numeric, or else all numeric ones.
func (g *GroupedData) each(function string, columns []string) *DataFrame {
	d := g.frame
	if err := cmp.Or(d.err, g.err); err != nil {
		return d.with(nil, err)
	}
	var aggregates []any
	for _, name := range columns {
		c := d.Select(name)
		if c.err != nil {
			return c
		}
		if fields := c.Schema().Fields(); len(fields) != 1 || !fields[0].Type.IsNumeric() {
			if d.unbound == nil {
				return d.with(nil, diag.New("_LEGACY_ERROR_TEMP_1323", "colName", name))
			}
		}
		aggregates = append(aggregates, functions.Call(function, name))
	}
	if len(columns) == 0 {
		for _, f := range d.Schema().Fields() {
			if f.Type.IsNumeric() {
				aggregates = append(aggregates, functions.Call(function, exactly(f.Name)))
			}
		}
	}
	return g.Agg(aggregates...)
}

// Sum is the sum of each of the named columns, which must be numeric; none means every numeric column, keys included, as in
// Spark. Avg, Mean, Min and Max take columns alike.
func (g *GroupedData) Sum(columns ...string) *DataFrame { return g.each("sum", columns) }

// Avg is the mean of each column.
func (g *GroupedData) Avg(columns ...string) *DataFrame { return g.each("avg", columns) }

// Mean is Avg.
func (g *GroupedData) Mean(columns ...string) *DataFrame { return g.each("avg", columns) }

// Min is the smallest value of each column.
func (g *GroupedData) Min(columns ...string) *DataFrame { return g.each("min", columns) }

// Max is the largest value of each column.
func (g *GroupedData) Max(columns ...string) *DataFrame { return g.each("max", columns) }
