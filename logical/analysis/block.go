package analysis

import (
	"slices"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// block is one SELECT block, or the step of a DataFrame chain that does the same: its clauses bound, in SQL's order of
// evaluation. Expressions are bound over the FROM relation, with aggregate and window functions inside them; build lowers
// them over the plan that computes those. It may build again when an ORDER BY needs more than the items.
type block struct {
	*binder
	env      environment
	input    *relation
	items    []*item
	windows  []ast.NamedWindow
	distinct bool
	// aggregation is nil if the block has no GROUP BY, HAVING or aggregate function.
	aggregation     *aggregation
	having, qualify expr.Expr
	// inSets says that GROUP BY has grouping sets, so that a key may be null where its column is not.
	inSets bool
	// queries are the steps of a DataFrame chain whose columns are the items.
	queries []ast.Query
	// above are the steps that are put on the block and may use what it may: ORDER BY and its kin.
	above []aboveStep
	// star says that the SELECT list has a star.
	star bool
	// outerValues are the columns that stand, inside subqueries of this block, for expressions that are no columns: aggregate
	// functions of this block.
	outerValues map[expr.ColumnID]expr.Expr
	// promoted are lateral aliases whose value must be computed once: volatile expressions that others refer to.
	promoted []logical.Named
}

// item is one element of the SELECT list.
type item struct {
	block *block
	// expr is the bound expression, over the FROM relation.
	expr expr.Expr
	name string
	// aliased says that the name was given with AS; only such names are aliases inside the block.
	aliased   bool
	qualifier []string
	metadata  map[string]string
	own       expr.ColumnID // the item's own ID, once it needed one
	// generated are the columns of a generator that the item is one of; nil for other items.
	generated *generated
}

func (it *item) id() expr.ColumnID {
	if it.own == 0 {
		it.own = it.block.ids.Next()
	}
	return it.own
}

// use is the expression that another part of the block means by the item's name. A volatile expression is computed once,
// below the others.
func (it *item) use() expr.Expr {
	if _, ok := it.expr.(*expr.Column); !ok && !expr.Deterministic(it.expr) {
		it.block.promoted = append(it.block.promoted, logical.Named{ID: it.id(), Name: it.name, Expr: it.expr})
		it.expr = &expr.Column{Base: expr.Base{Typ: it.expr.Type(), Null: it.expr.Nullable(), Span: it.expr.Place()}, ID: it.id(), Name: it.name}
	}
	return it.expr
}

// selectBlock binds SELECT … FROM … WHERE … GROUP BY … HAVING … QUALIFY.
func (b *binder) selectBlock(q *ast.Select, env environment) (*block, error) {
	input, err := b.from(b.hintFrom(q.From, q.Hints), env)
	if err != nil {
		return nil, err
	}
	if len(q.Hints) > 0 {
		if input, err = b.hints(input, q.Hints, env); err != nil {
			return nil, err
		}
	}
	if q.Where != nil {
		if input, err = b.filter(input, q.Where, env); err != nil {
			return nil, err
		}
	}
	k := &block{binder: b, env: env, input: input, windows: q.Windows, distinct: q.Distinct}
	k.inSets = hasSets(q.GroupBy)
	if q.Grouped || len(q.GroupBy) > 0 || q.Having != nil {
		k.aggregation = newAggregation(k, q.Grouped || len(q.GroupBy) > 0)
	}
	if err := k.bindItems(q.Items); err != nil {
		return nil, err
	}
	if k.aggregation != nil {
		if err := k.aggregation.groupBy(q.GroupBy); err != nil {
			return nil, err
		}
	}
	if q.Having != nil {
		if k.having, err = k.condition(q.Having, "HAVING"); err != nil {
			return nil, err
		}
	}
	if q.Qualify != nil {
		if k.qualify, err = k.condition(q.Qualify, "QUALIFY"); err != nil {
			return nil, err
		}
		if err := k.checkQualify(q.Qualify); err != nil {
			return nil, err
		}
	}
	return k, k.repartitionHints(q.Hints)
}

// aggregated makes the block one that aggregates if it calls an aggregate function without GROUP BY.
func (k *block) aggregated(e expr.Expr) {
	if k.aggregation == nil && e != nil && needsAggregate(e) {
		k.aggregation = newAggregation(k, false)
	}
}

// needsAggregate reports whether e calls an aggregate function other than directly over a window.
func needsAggregate(e expr.Expr) bool {
	switch e := e.(type) {
	case *expr.Aggregate:
		return true
	case *expr.WindowCall:
		children := append(slices.Clone(e.Function.Children()), e.PartitionBy...)
		for _, o := range e.OrderBy {
			children = append(children, o.Expr)
		}
		return slices.ContainsFunc(children, needsAggregate)
	}
	return isGrouping(e) || slices.ContainsFunc(e.Children(), needsAggregate)
}

// site is where the block's expressions are bound.
func (k *block) site() *site {
	s := k.binder.site(k.input, k.env)
	s.windows, s.block = k.windows, k
	s.grouping = k.aggregation
	return s
}

// bindItems binds the SELECT list; an item may refer to the aliases before it.
func (k *block) bindItems(list []ast.Expr) error {
	for _, e := range list {
		if err := k.bindItem(e); err != nil {
			return at(err, e.Place())
		}
	}
	return nil
}

func (k *block) bindItem(e ast.Expr) error {
	s := k.site()
	s.aliases = k.items
	if star, ok := e.(*ast.Star); ok {
		k.star = true
		columns, err := s.star(star)
		if err != nil {
			return err
		}
		for _, c := range columns {
			c.block = k
			k.items = append(k.items, c)
		}
		return nil
	}
	alias, inner := aliasOf(e)
	bound, err := s.expr(inner)
	if err != nil {
		return err
	}
	k.aggregated(bound)
	if generator := generatorOf(bound); generator != nil {
		return k.bindGenerator(generator, bound, alias, e)
	}
	if alias != nil && len(alias.Names) > 1 {
		return diag.New("MULTI_ALIAS_WITHOUT_GENERATOR", "expr", sqlOf(bound), "names", joinComma(alias.Names))
	}
	it := &item{block: k, expr: bound}
	if alias != nil {
		it.name, it.aliased, it.metadata = alias.Names[0], true, alias.Metadata
	} else {
		it.name = s.topName(inner)
	}
	if c, ok := bound.(*expr.Column); ok {
		if v, ok := k.input.byID(c.ID); ok {
			if alias == nil {
				it.qualifier = v.qualifier
			}
			if it.metadata == nil {
				it.metadata = v.Metadata
			}
		}
	}
	k.items = append(k.items, it)
	return nil
}

func aliasOf(e ast.Expr) (*ast.Alias, ast.Expr) {
	if a, ok := e.(*ast.Alias); ok {
		return a, a.Input
	}
	return nil, e
}

// condition binds HAVING or QUALIFY, which may use the aliases of the SELECT list.
func (k *block) condition(e ast.Expr, clause string) (expr.Expr, error) {
	s := k.site()
	s.aliases, s.aliasesFirst, s.anyName, s.clause = k.items, true, true, clause
	bound, err := s.expr(e)
	if err != nil {
		return nil, err
	}
	k.aggregated(bound)
	return s.boolean(bound, clause)
}

// boolean is the error for a condition that is not boolean; a bare NULL is one in HAVING alone.
func (s *site) boolean(e expr.Expr, clause string) (expr.Expr, error) {
	switch {
	case e.Type().Kind == types.Boolean:
		return e, nil
	case e.Type().Kind == types.Void && clause == "HAVING":
		return s.cast(e, types.BooleanType)
	}
	if clause == "JOIN" {
		return nil, diag.New("JOIN_CONDITION_IS_NOT_BOOLEAN_TYPE", "joinCondition", sqlOf(e), "conditionType", quoteSQL(e.Type().SQL())).At(e.Place())
	}
	return nil, diag.New("DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN", "sqlExpr", sqlOf(e), "filter", sqlOf(e), "type", quoteSQL(e.Type().SQL())).At(e.Place())
}

func (k *block) checkQualify(e ast.Expr) error {
	if hasWindow(k.qualify) {
		return nil
	}
	for _, it := range k.items {
		if hasWindow(it.expr) {
			return nil
		}
	}
	return diag.Unsupported("QUALIFY without a window function").At(e.Place())
}

// filter puts WHERE on a relation.
func (b *binder) filter(r *relation, condition ast.Expr, env environment) (*relation, error) {
	s := b.site(r, env)
	s.clause = "WHERE"
	bound, err := s.expr(condition)
	if err != nil {
		return nil, err
	}
	if hasWindow(bound) {
		return nil, diag.New("_LEGACY_ERROR_TEMP_1034", "clauseName", "WHERE").At(condition.Place())
	}
	var special []string
	expr.Walk(bound, func(e expr.Expr) bool {
		if isSpecial(e) {
			special = append(special, s.fullSQL(e))
			return false
		}
		return true
	})
	if special != nil {
		return nil, diag.New("INVALID_WHERE_CONDITION", "condition", s.text(condition), "expressionList", joinComma(special)).At(condition.Place())
	}
	if bound, err = s.boolean(bound, "WHERE"); err != nil {
		return nil, at(err, condition.Place())
	}
	return r.over(&logical.Filter{Input: r.node, Condition: bound}), nil
}

// build makes the plan of the block.
func (k *block) build() (*relation, error) {
	node := k.input.node
	items := make([]expr.Expr, len(k.items))
	promoted := slices.Clone(k.promoted)
	having, qualify, order := k.having, k.qualify, make([][]expr.SortKey, len(k.above))
	lower := func(e expr.Expr) (expr.Expr, error) { return e, nil }
	if g := k.aggregation; g != nil {
		g.reset()
		lower = g.lower
		for _, it := range k.items {
			g.prefer(it)
		}
	}
	var err error
	for i, it := range k.items {
		if items[i], err = lower(it.expr); err != nil {
			return nil, plainError(err)
		}
	}
	for i := range promoted {
		if promoted[i].Expr, err = lower(promoted[i].Expr); err != nil {
			return nil, plainError(err)
		}
	}
	for _, e := range []*expr.Expr{&having, &qualify} {
		if *e != nil {
			if *e, err = lower(*e); err != nil {
				return nil, k.notInOutput(err)
			}
		}
	}
	for i, step := range k.above {
		order[i] = slices.Clone(step.keys)
		for j := range order[i] {
			if order[i][j].Expr, err = lower(order[i][j].Expr); err != nil {
				return nil, k.notInOutput(err)
			}
		}
	}
	if k.aggregation != nil {
		node = k.aggregation.node(node)
	}
	w := windowing{binder: k.binder, node: node}
	for _, p := range promoted {
		p.Expr = w.extract(p.Expr, nil)
		w.flush()
		w.node = &logical.Project{Input: w.node, Items: append(passThrough(w.node), p)}
	}
	if having != nil {
		w.node = &logical.Filter{Input: w.node, Condition: having}
	}
	return k.finish(&w, items, qualify, order)
}

// missingColumn is the error for a column that is neither grouped by nor aggregated.
type missingColumn struct {
	err    *diag.Error
	column *expr.Column
}

// Error is the message of the error as users see it.
func (e *missingColumn) Error() string { return e.err.Error() }

// Unwrap gives the error as users see it.
func (e *missingColumn) Unwrap() error { return e.err }

// plainError is err as users see it.
func plainError(err error) error {
	if m, ok := err.(*missingColumn); ok {
		return m.err
	}
	return err
}

// notInOutput makes of a column missing in GROUP BY what Spark makes of it in HAVING and ORDER BY: a column that the output
// does not have.
func (k *block) notInOutput(err error) error {
	m, ok := err.(*missingColumn)
	if !ok {
		return err
	}
	out := &relation{}
	for _, it := range k.items {
		out.columns = append(out.columns, visible{Column: logical.Column{Name: it.name}})
	}
	return at(k.binder.site(out, environment{}).unresolvedColumn(&ast.Name{Parts: []string{m.column.Name}}), m.column.Place())
}

// passThrough are the columns of a node as items of a Project over it.
func passThrough(n logical.Node) []logical.Named {
	columns := n.Columns()
	items := make([]logical.Named, len(columns))
	for i, c := range columns {
		items[i] = logical.Named{ID: c.ID, Name: c.Name, Expr: c.Ref(), Metadata: c.Metadata}
	}
	return items
}

// finish adds windows, QUALIFY, generators, the projection, DISTINCT and ORDER BY.
func (k *block) finish(w *windowing, items []expr.Expr, qualify expr.Expr, order [][]expr.SortKey) (*relation, error) {
	for i, it := range k.items {
		items[i] = w.extract(items[i], it)
	}
	for _, keys := range order {
		for i := range keys {
			keys[i].Expr = w.extract(keys[i].Expr, nil)
		}
	}
	if qualify != nil {
		qualify = w.extract(qualify, nil)
	}
	w.flush()
	if qualify != nil {
		w.node = &logical.Filter{Input: w.node, Condition: qualify}
	}
	node, err := k.generate(w.node)
	if err != nil {
		return nil, err
	}
	named := k.outputs(node, items)
	out := &relation{origins: k.input.origins, columns: make([]visible, len(named))}
	repeated := map[expr.ColumnID]expr.ColumnID{}
	for i, n := range named {
		v := visible{Column: n.Column(), qualifier: k.items[i].qualifier}
		if c, ok := items[i].(*expr.Column); ok && !k.items[i].aliased {
			input, _ := k.input.byID(c.ID)
			if v.same = repeated[c.ID]; v.same == 0 {
				v.same = input.same
			}
			if repeated[c.ID] == 0 {
				repeated[c.ID] = v.identity()
			}
		}
		out.columns[i] = v
	}
	out.block = k
	for _, q := range k.queries {
		out.origins = append(slices.Clip(out.origins), origin{q, out.columns})
	}
	return k.finishAbove(out, node, items, named, order)
}

// outputs gives each item its column ID: that of the node's column that it is, unless an item before it has that already.
func (k *block) outputs(node logical.Node, items []expr.Expr) []logical.Named {
	named := make([]logical.Named, len(items))
	made := map[expr.ColumnID]bool{}
	for _, c := range node.Columns() {
		made[c.ID] = true
	}
	used := map[expr.ColumnID]bool{}
	for i, e := range items {
		it := k.items[i]
		id := expr.ColumnID(0)
		if c, ok := e.(*expr.Column); ok && made[c.ID] && !used[c.ID] {
			id = c.ID
		} else {
			id = it.id()
		}
		used[id] = true
		named[i] = logical.Named{ID: id, Name: it.name, Expr: e, Metadata: it.metadata}
	}
	return named
}

// distinct keeps one of each set of equal rows.
func distinct(n logical.Node) (logical.Node, error) {
	if err := noMaps(n.Columns()); err != nil {
		return nil, err
	}
	return &logical.Aggregate{Input: n, Keys: passThrough(n)}, nil
}

// noMaps refuses maps where whole rows are compared.
func noMaps(columns []logical.Column) error {
	for _, c := range columns {
		if hasMap(c.Type) {
			return diag.New("UNSUPPORTED_FEATURE.SET_OPERATION_ON_MAP_TYPE", "colName", quoteName([]string{c.Name}), "dataType", quoteSQL(c.Type.SQL()))
		}
	}
	return nil
}
