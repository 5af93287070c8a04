package analysis

import (
	"slices"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// projectStep is df.Select: a SELECT block without other clauses, in which aggregate functions make one row.
func (b *binder) projectStep(q *ast.Project, env environment) (*relation, error) {
	input, err := b.query(q.Input, env)
	if err != nil {
		return nil, err
	}
	k := &block{binder: b, env: env, input: input}
	if err := k.bindItems(q.Items); err != nil {
		return nil, err
	}
	return k.build()
}

// aggregateStep is df.GroupBy(keys…).Agg(items…): a block whose items are the keys followed by the aggregates.
func (b *binder) aggregateStep(q *ast.Aggregate, env environment) (*relation, error) {
	input, err := b.query(q.Input, env)
	if err != nil {
		return nil, err
	}
	k := &block{binder: b, env: env, input: input, inSets: hasSets(q.GroupBy)}
	k.aggregation = newAggregation(k, len(q.GroupBy) > 0)
	keys, groups := groupingItems(q.GroupBy)
	if err := k.bindItems(slices.Concat(keys, q.Items)); err != nil {
		return nil, err
	}
	if err := k.aggregation.groupBy(groups); err != nil {
		return nil, err
	}
	return k.build()
}

// groupingItems are the columns that a grouping gives, each once, and the grouping without aliases.
func groupingItems(list []ast.Expr) (items, groups []ast.Expr) {
	for _, e := range list {
		g, ok := e.(*ast.Grouping)
		if !ok {
			_, inner := aliasOf(e)
			items, groups = append(items, e), append(groups, inner)
			continue
		}
		plain := *g
		plain.Sets = make([][]ast.Expr, len(g.Sets))
		for i, set := range g.Sets {
			setItems, setGroups := groupingItems(set)
			plain.Sets[i] = setGroups
			for _, it := range setItems {
				if !slices.Contains(items, it) {
					items = append(items, it)
				}
			}
		}
		groups = append(groups, &plain)
	}
	return items, groups
}

// filterStep is df.Where. Over a step that is a block, the condition may use what the block's own expressions may: columns
// that the step dropped, and aggregate functions if it aggregates.
func (b *binder) filterStep(q *ast.Filter, env environment) (*relation, error) {
	condition := q.Condition
	ids, instances, commons := b.ids.Last(), b.instances, b.commons
	r, err := b.query(q.Input, env)
	if err != nil {
		return nil, err
	}
	out, err := b.filter(r, condition, env)
	switch diag.ConditionOf(err) {
	case "INVALID_WHERE_CONDITION", "UNRESOLVED_COLUMN.WITH_SUGGESTION", "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION":
	default:
		return out, err
	}
	if step := b.steps[q.Input]; step != nil && step.unfinished {
		b.ids.Skip(ids) // what was bound is not used
		b.instances, b.commons = instances, commons
		var again error
		if r, again = b.withBlock(q.Input, env); again != nil {
			return nil, err
		}
	}
	k := r.block
	if k == nil || k.distinct || k.generates() {
		return nil, err
	}
	aggregation := k.aggregation
	bound, again := k.condition(condition, "WHERE")
	if again != nil || k.aggregation != aggregation {
		return nil, err
	}
	if k.qualify != nil {
		bound = expr.Conjunction(k.qualify, bound)
	}
	k.qualify = bound // before the sorts above the block, which keep their order without the rows
	if out, again = k.build(); again != nil {
		return nil, err
	}
	return out, nil
}

// generates reports whether the SELECT list has a generator.
func (k *block) generates() bool {
	return slices.ContainsFunc(k.items, func(it *item) bool { return it.generated != nil })
}

// withColumns adds columns, or replaces those of the same name. None of the new ones sees another.
func (b *binder) withColumns(q *ast.WithColumns, env environment) (*relation, error) {
	input, err := b.query(q.Input, env)
	if err != nil {
		return nil, err
	}
	k := &block{binder: b, env: env, input: input}
	var names []string
	for _, e := range q.Items {
		alias, _ := aliasOf(e)
		name := alias.Names[0]
		if slices.ContainsFunc(names, func(o string) bool { return b.sameName(o, name) }) {
			return nil, diag.New("COLUMN_ALREADY_EXISTS", "columnName", quoteName([]string{name}))
		}
		names = append(names, name)
	}
	added, err := k.detached(q.Items)
	if err != nil {
		return nil, err
	}
	for _, c := range input.columns {
		i := slices.IndexFunc(names, func(n string) bool { return b.sameName(n, c.Name) })
		if i < 0 {
			k.items = append(k.items, k.kept(c))
			continue
		}
		k.items = append(k.items, added[i])
	}
	for i, n := range names {
		if !slices.ContainsFunc(input.columns, func(c visible) bool { return b.sameName(n, c.Name) }) {
			k.items = append(k.items, added[i])
		}
	}
	return k.build()
}

// detached binds items without letting one see the aliases of others.
func (k *block) detached(list []ast.Expr) ([]*item, error) {
	var out []*item
	for _, e := range list {
		k.items = nil
		if err := k.bindItem(e); err != nil {
			return nil, at(err, e.Place())
		}
		if len(k.items) != 1 {
			return nil, diag.Unsupported("a generator of several columns in WithColumn").At(e.Place())
		}
		out = append(out, k.items[0])
	}
	k.items = nil
	return out, nil
}

// dropColumns leaves out columns; names that nothing has are ignored.
func (b *binder) dropColumns(q *ast.DropColumns, env environment) (*relation, error) {
	input, err := b.query(q.Input, env)
	if err != nil {
		return nil, err
	}
	dropped := map[expr.ColumnID]bool{}
	s := b.site(input, env)
	for _, e := range q.Columns {
		if name, ok := e.(*ast.Literal); ok {
			// A plain name drops all columns that have it.
			for _, c := range input.columns {
				if text, isText := name.Value.(string); isText && b.sameName(c.Name, text) {
					dropped[c.ID] = true
				}
			}
			continue
		}
		bound, err := s.expr(e)
		switch diag.ConditionOf(err) {
		case "":
		case "AMBIGUOUS_REFERENCE", "INVALID_EXTRACT_BASE_FIELD_TYPE":
			return nil, err
		default:
			continue
		}
		if c, ok := bound.(*expr.Column); ok {
			dropped[c.ID] = true
		}
	}
	k := &block{binder: b, env: env, input: input}
	for _, c := range input.columns {
		if !dropped[c.ID] {
			k.items = append(k.items, k.kept(c))
		}
	}
	return k.build()
}

// kept is the item that passes a column on.
func (k *block) kept(c visible) *item {
	return &item{block: k, expr: c.Ref(), name: c.Name, qualifier: c.qualifier, metadata: c.Metadata}
}

// renameColumns renames: all columns by position, or those of some names; names that nothing has are ignored.
func (b *binder) renameColumns(q *ast.RenameColumns, env environment) (*relation, error) {
	input, err := b.query(q.Input, env)
	if err != nil {
		return nil, err
	}
	k := &block{binder: b, env: env, input: input}
	for i, c := range input.columns {
		it := k.kept(c)
		rename := func(to string) { it.name, it.aliased, it.qualifier = to, true, nil }
		if q.From == nil {
			rename(q.To[i])
		}
		for j, from := range q.From {
			if b.sameName(c.Name, from) {
				rename(q.To[j])
			}
		}
		k.items = append(k.items, it)
	}
	return k.build()
}

// dropDuplicates keeps one row for each combination of columns: the first value of each other column.
func (b *binder) dropDuplicates(q *ast.DropDuplicates, env environment) (*relation, error) {
	input, err := b.query(q.Input, env)
	if err != nil {
		return nil, err
	}
	if len(q.Columns) == 0 {
		return distinctRelation(input)
	}
	isKey := map[expr.ColumnID]bool{}
	for _, name := range q.Columns {
		found := false
		for _, c := range input.columns {
			if b.sameName(c.Name, name) {
				isKey[c.ID], found = true, true
				if err := noMaps([]logical.Column{c.Column}); err != nil {
					return nil, err
				}
			}
		}
		if !found {
			return nil, b.site(input, env).unresolvedColumn(&ast.Name{Parts: []string{name}})
		}
	}
	return b.firstOfEach(input, isKey)
}

// firstOfEach groups by the key columns and takes the first of each other column. Other columns get new IDs.
func (b *binder) firstOfEach(input *relation, isKey map[expr.ColumnID]bool) (*relation, error) {
	first, ok := b.functions.LookupAggregate("first")
	if !ok {
		return nil, unresolvedRoutine([]string{"first"})
	}
	n := &logical.Aggregate{Input: input.node}
	out := &relation{columns: slices.Clone(input.columns)}
	for i, c := range input.columns {
		if isKey[c.ID] {
			n.Keys = append(n.Keys, logical.Named{ID: c.ID, Name: c.Name, Expr: c.Ref(), Metadata: c.Metadata})
			continue
		}
		e, err := first.Bind(b.bindContext(diag.Span{}, "first"), []expr.Expr{c.Ref()}, false)
		if err != nil {
			return nil, err
		}
		named := logical.Named{ID: b.ids.Next(), Name: c.Name, Expr: e, Metadata: c.Metadata}
		n.Aggregates = append(n.Aggregates, named)
		out.columns[i].Column = named.Column()
	}
	out.node = n
	// A name that belongs to an earlier step now means the first value.
	for _, o := range input.origins {
		columns := slices.Clone(o.columns)
		for i, c := range columns {
			for j, old := range input.columns {
				if old.ID == c.ID {
					columns[i].Column = out.columns[j].Column
				}
			}
		}
		out.origins = append(out.origins, origin{o.query, columns})
	}
	out.node = out.plan()
	return out, nil
}

func (b *binder) repartition(q *ast.Repartition, env environment) (*relation, error) {
	input, err := b.withBlock(q.Input, env)
	if err != nil {
		return nil, err
	}
	s := b.site(input, env)
	k := input.block
	if k != nil {
		s = k.aboveSite()
	}
	var keys []expr.SortKey
	for _, e := range q.By {
		bound, err := s.expr(e)
		if err != nil {
			return nil, err
		}
		if err := s.noSpecial(bound); err != nil {
			return nil, at(err, e.Place())
		}
		keys = append(keys, expr.SortKey{Expr: bound})
	}
	step := repartitionStep(keys, q.Count, q.Shuffle)
	if k != nil {
		return k.put(step)
	}
	return input.over(step.node(input.node, keys)), nil
}

// repartitionStep is a Repartition by keys as a step above a block.
func repartitionStep(keys []expr.SortKey, count int, shuffle bool) aboveStep {
	return aboveStep{keys, func(input logical.Node, keys []expr.SortKey) logical.Node {
		n := &logical.Repartition{Input: input, Count: count, Shuffle: shuffle}
		for _, key := range keys {
			n.By = append(n.By, key.Expr)
		}
		return n
	}}
}
