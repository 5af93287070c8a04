package optimizer

import (
	"slices"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// expandDistinct computes DISTINCT aggregates by aggregating twice: the lower aggregate groups by the arguments as well,
// which leaves each combination once. If all aggregates share their arguments that is all. Otherwise the lower aggregate
// has one grouping set for each list of arguments and one for the aggregates without DISTINCT, whose results the upper
// one only picks out:
//
//	SELECT k, count(DISTINCT a), count(DISTINCT b), sum(c) FROM t GROUP BY k
//
// groups by (k, a), (k, b) and (k). A FILTER is grouped by like an argument, and applied above: in
//
//	SELECT count(DISTINCT a) FILTER (WHERE b > 1), count(DISTINCT a) FROM t
//
// applying it below would take its rows from the second count. Without GROUP BY and without rows, the upper aggregate
// finds nothing to pick out, so that a plain count is null there and has to be made 0.
func expandDistinct(n logical.Node, c *Context) (logical.Node, bool) {
	a, ok := n.(*logical.Aggregate)
	if !ok || a.Sets != nil {
		return n, false
	}
	distinct := 0
	items := slices.Clone(a.Aggregates)
	for i, item := range items {
		call := item.Expr.(*expr.Aggregate)
		if call.Distinct && call.Function.IgnoresDuplicates {
			plain := *call
			plain.Distinct = false
			items[i].Expr, call = &plain, &plain
		}
		if call.Distinct {
			distinct++
		}
	}
	if distinct == 0 {
		if sameItems(items, a.Aggregates) {
			return n, false
		}
		m := *a
		m.Aggregates = items
		return &m, true
	}
	e := &distinctExpansion{c: c, a: a, lower: &logical.Aggregate{}, place: map[string]logical.Column{}}
	if distinct == len(items) && e.oneArgumentList(items) {
		return e.twoLevels(items), true
	}
	if len(a.Keys) == 0 && slices.ContainsFunc(items, neverNullButCount) {
		return splitDistinct(a, items, c), true
	}
	m, err := e.groupingSets(items)
	if err != nil {
		c.fail(err)
		return n, false
	}
	return m, true
}

// neverNullButCount reports whether an aggregate has a result over no rows that is neither null nor 0, such as an empty list.
func neverNullButCount(item logical.Named) bool {
	call := item.Expr.(*expr.Aggregate)
	return !call.Distinct && !call.Null && (call.Kernel == nil || call.Kernel.Kind != expr.CountAggregate)
}

// splitDistinct computes aggregates without GROUP BY apart, those with and those without DISTINCT, and puts the two rows
// together.
func splitDistinct(a *logical.Aggregate, items []logical.Named, c *Context) logical.Node {
	definition, _ := logical.FreshCopy(a.Input, c.IDs)
	key := c.nextCommonKey()
	use := func(items []logical.Named) logical.Node {
		n := &logical.CommonPlan{Key: key, Definition: definition}
		renamed := map[expr.ColumnID]expr.ColumnID{}
		for i, column := range definition.Columns() {
			column = c.freshColumn(column)
			n.Output = append(n.Output, column)
			renamed[a.Input.Columns()[i].ID] = column.ID
		}
		m := &logical.Aggregate{Input: n}
		for _, item := range items {
			item.Expr = logical.RenumberExpr(item.Expr, renamed)
			m.Aggregates = append(m.Aggregates, item)
		}
		return m
	}
	var plain, distinct []logical.Named
	for _, item := range items {
		if item.Expr.(*expr.Aggregate).Distinct {
			distinct = append(distinct, item)
		} else {
			plain = append(plain, item)
		}
	}
	return keepColumns(&logical.Join{Type: logical.Cross, Left: use(plain), Right: use(distinct)}, a.Columns())
}

func sameItems(a, b []logical.Named) bool {
	return slices.EqualFunc(a, b, func(x, y logical.Named) bool { return x.Expr == y.Expr })
}

// distinctExpansion builds the two aggregates. Keys, arguments and filters are computed below both.
type distinctExpansion struct {
	c *Context
	a *logical.Aggregate
	// lower is the lower aggregate; place finds its key for an expression of the input.
	lower *logical.Aggregate
	place map[string]logical.Column
	index map[string]int
}

// inputs are the expressions that a call reads, its filter included.
func inputs(call *expr.Aggregate) []expr.Expr { return call.Children() }

func (e *distinctExpansion) oneArgumentList(items []logical.Named) bool {
	first := items[0].Expr.(*expr.Aggregate)
	for _, item := range items {
		call := item.Expr.(*expr.Aggregate)
		if call.Filter != nil || !sameList(inputs(first), inputs(call)) {
			return false
		}
	}
	return true
}

// key makes x a key of the lower aggregate and returns the number of the key.
func (e *distinctExpansion) key(x expr.Expr) int {
	text := expr.Key(x)
	if i, ok := e.index[text]; ok {
		return i
	}
	if e.index == nil {
		e.index = map[string]int{}
	}
	name := "value"
	if c, ok := x.(*expr.Column); ok {
		name = c.Name
	}
	k := logical.Named{ID: e.c.IDs.Next(), Name: name, Expr: x}
	e.index[text] = len(e.lower.Keys)
	e.lower.Keys = append(e.lower.Keys, k)
	e.place[text] = k.Column()
	return e.index[text]
}

// above is x as the upper aggregate sees it.
func (e *distinctExpansion) above(x expr.Expr, nullable bool) expr.Expr {
	column := e.place[expr.Key(x)]
	column.Nullable = column.Nullable || nullable
	return column.Ref()
}

// upper is the upper aggregate with the original keys and no aggregates.
func (e *distinctExpansion) upper() *logical.Aggregate {
	m := &logical.Aggregate{Input: e.lower}
	for _, k := range e.a.Keys {
		m.Keys = append(m.Keys, logical.Named{ID: k.ID, Name: k.Name, Expr: e.above(k.Expr, false), Metadata: k.Metadata})
	}
	return m
}

// twoLevels is the expansion for one list of arguments.
func (e *distinctExpansion) twoLevels(items []logical.Named) logical.Node {
	for _, k := range e.a.Keys {
		e.key(k.Expr)
	}
	for _, x := range inputs(items[0].Expr.(*expr.Aggregate)) {
		e.key(x)
	}
	e.lower.Input = e.a.Input
	m := e.upper()
	for _, item := range items {
		item.Expr = e.over(item.Expr.(*expr.Aggregate), false, nil)
		m.Aggregates = append(m.Aggregates, item)
	}
	return keepColumns(m, e.a.Columns())
}

// over is a call without DISTINCT over the lower aggregate's keys, of the rows for which only holds.
func (e *distinctExpansion) over(call *expr.Aggregate, nullable bool, only expr.Expr) expr.Expr {
	children := inputs(call)
	changed := make([]expr.Expr, len(children))
	for i, x := range children {
		changed[i] = e.above(x, nullable)
	}
	m := *call.WithChildren(changed).(*expr.Aggregate)
	m.Distinct = false
	switch {
	case m.Filter == nil:
		m.Filter = only
	case only != nil:
		m.Filter = expr.Conjunction(only, m.Filter)
	}
	return &m
}

// groupingSets is the general expansion.
func (e *distinctExpansion) groupingSets(items []logical.Named) (logical.Node, error) {
	var keys []int
	for _, k := range e.a.Keys {
		keys = append(keys, e.key(k.Expr))
	}
	var sets [][]int
	setOfItem := make([]int, len(items)) // the grouping set that an aggregate is computed from
	addSet := func(set []int) int {
		i := slices.IndexFunc(sets, func(s []int) bool { return slices.Equal(s, set) })
		if i < 0 {
			sets = append(sets, set)
			i = len(sets) - 1
		}
		return i
	}
	for i, item := range items {
		call := item.Expr.(*expr.Aggregate)
		set := slices.Clone(keys)
		if call.Distinct {
			for _, x := range inputs(call) {
				set = append(set, e.key(x))
			}
		} else {
			e.lower.Aggregates = append(e.lower.Aggregates, logical.Named{ID: e.c.IDs.Next(), Name: item.Name, Expr: call})
		}
		slices.Sort(set)
		setOfItem[i] = addSet(slices.Compact(set))
	}
	e.lower.Input, e.lower.Sets, e.lower.GroupingID = e.a.Input, sets, e.c.IDs.Next()
	return e.pick(items, setOfItem)
}

// pick computes the upper aggregate over the lower one with grouping sets.
func (e *distinctExpansion) pick(items []logical.Named, setOfItem []int) (logical.Node, error) {
	id := logical.Column{ID: e.lower.GroupingID, Name: "spark_grouping_id", Type: types.LongType}
	m := e.upper()
	out := passColumns(m.Columns())
	plain := 0
	for i, item := range items {
		call := item.Expr.(*expr.Aggregate)
		only := compare(expr.Equal, id.Ref(), longLiteral(groupingID(e.lower.Sets[setOfItem[i]], len(e.lower.Keys))))
		if call.Distinct {
			item.Expr = e.over(call, true, only)
			m.Aggregates = append(m.Aggregates, item)
			out = append(out, passColumn(item.Column()))
			continue
		}
		value := e.lower.Aggregates[plain].Column()
		plain++
		first, err := e.c.firstOf(value.Ref())
		if err != nil {
			return nil, err
		}
		first.Filter = only
		if len(e.a.Keys) > 0 && !call.Null {
			first.Null = false // the lower aggregate has one such row for each group
		}
		picked := logical.Named{ID: e.c.IDs.Next(), Name: item.Name, Expr: first}
		m.Aggregates = append(m.Aggregates, picked)
		result := expr.Expr(picked.Column().Ref())
		if len(e.a.Keys) == 0 && !call.Null {
			result = coalesce(result, longLiteral(0)) // split sees to it that call is a count
		}
		out = append(out, logical.Named{ID: item.ID, Name: item.Name, Expr: result, Metadata: item.Metadata})
	}
	return &logical.Project{Input: m, Items: out}, nil
}

// firstOf is the aggregate first(e).
func (c *Context) firstOf(e expr.Expr) (*expr.Aggregate, error) {
	f, ok := lookupAggregate("first")
	if !ok {
		return nil, diag.Unsupported("an aggregate that needs the function first")
	}
	bound, err := f.Bind(&expr.BindContext{Settings: c.Settings, Name: "first"}, []expr.Expr{e}, false)
	if err != nil {
		return nil, err
	}
	return bound.(*expr.Aggregate), nil
}
