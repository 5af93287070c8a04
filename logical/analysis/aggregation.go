package analysis

import (
	"reflect"
	"slices"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// aggregation is the grouping of a block: its keys, and the aggregate functions that its expressions turn out to need.
type aggregation struct {
	block *block
	// grouped says that GROUP BY was written.
	grouped bool
	// keys are the grouping expressions, over the FROM relation; IDs and names are given when the block is built.
	keys []expr.Expr
	// sets are the grouping sets, as indexes into keys; nil for one plain set.
	sets       [][]int
	groupingID expr.ColumnID
	keyIDs     []expr.ColumnID
	keyNames   []string
	aggregates []logical.Named
	// known finds aggregates by the key of their expression, preferred the items that are one.
	known     map[string]int
	preferred map[string]*item
	keyTexts  []string // the keys of the keys
}

func newAggregation(k *block, grouped bool) *aggregation {
	return &aggregation{block: k, grouped: grouped}
}

// groupBy binds the GROUP BY list.
func (g *aggregation) groupBy(list []ast.Expr) error {
	// parts are the alternatives that each element of the list gives; their product is the list of sets.
	var parts [][][]int
	plain := true
	for _, e := range list {
		switch e := e.(type) {
		case *ast.All:
			indexes, err := g.all(e)
			if err != nil {
				return err
			}
			parts = append(parts, [][]int{indexes})
		case *ast.Grouping:
			plain = false
			for _, k := range e.Exprs {
				if _, err := g.key(k); err != nil {
					return err
				}
			}
			alternatives, err := g.alternatives(e)
			if err != nil {
				return err
			}
			parts = append(parts, alternatives)
		default:
			i, err := g.key(e)
			if err != nil {
				return err
			}
			parts = append(parts, [][]int{{i}})
		}
	}
	if plain {
		return nil
	}
	if len(g.keys) > 64 {
		return diag.New("GROUPING_SIZE_LIMIT_EXCEEDED", "maxSize", "64")
	}
	g.sets = product(parts)
	g.groupingID = g.block.ids.Next()
	return nil
}

// hasSets reports whether a GROUP BY list has ROLLUP, CUBE or GROUPING SETS.
func hasSets(list []ast.Expr) bool {
	return slices.ContainsFunc(list, func(e ast.Expr) bool {
		_, ok := e.(*ast.Grouping)
		return ok
	})
}

// product joins one alternative of each part, in all ways.
func product(parts [][][]int) [][]int {
	sets := [][]int{{}}
	for _, alternatives := range parts {
		var next [][]int
		for _, set := range sets {
			for _, a := range alternatives {
				joined := slices.Clone(set)
				for _, i := range a {
					if !slices.Contains(joined, i) {
						joined = append(joined, i)
					}
				}
				next = append(next, joined)
			}
		}
		sets = next
	}
	for _, set := range sets {
		slices.Sort(set)
	}
	return sets
}

// alternatives are the sets that ROLLUP, CUBE or GROUPING SETS stands for.
func (g *aggregation) alternatives(e *ast.Grouping) ([][]int, error) {
	if e.Kind == ast.GroupingSets {
		var sets [][]int
		for _, set := range e.Sets {
			more, err := g.groupingSet(set)
			if err != nil {
				return nil, err
			}
			sets = append(sets, more...)
		}
		return sets, nil
	}
	columns := make([][]int, len(e.Sets))
	for i, column := range e.Sets {
		for _, c := range column {
			k, err := g.key(c)
			if err != nil {
				return nil, err
			}
			columns[i] = append(columns[i], k)
		}
	}
	if e.Kind == ast.Rollup {
		var sets [][]int
		for n := len(columns); n >= 0; n-- {
			sets = append(sets, slices.Concat(columns[:n]...))
		}
		return sets, nil
	}
	if len(columns) > 16 {
		return nil, diag.New("GROUPING_SIZE_LIMIT_EXCEEDED", "maxSize", "16").At(e.Place())
	}
	return cube(columns), nil
}

// cube lists all subsets, larger ones of leading columns first, as Spark does.
func cube(columns [][]int) [][]int {
	if len(columns) == 0 {
		return [][]int{{}}
	}
	rest := cube(columns[1:])
	var sets [][]int
	for _, r := range rest {
		sets = append(sets, slices.Concat(columns[0], r))
	}
	return append(sets, rest...)
}

// groupingSet is one element of GROUPING SETS: columns, or a nested ROLLUP, CUBE or GROUPING SETS.
func (g *aggregation) groupingSet(set []ast.Expr) ([][]int, error) {
	if len(set) == 1 {
		if nested, ok := set[0].(*ast.Grouping); ok {
			return g.alternatives(nested)
		}
	}
	var indexes []int
	for _, c := range set {
		k, err := g.key(c)
		if err != nil {
			return nil, err
		}
		indexes = append(indexes, k)
	}
	return [][]int{indexes}, nil
}

// key binds one grouping expression: a position in the SELECT list, an expression over FROM, or an alias.
func (g *aggregation) key(e ast.Expr) (int, error) {
	k := g.block
	s := k.site()
	s.grouping, s.clause = nil, "GROUP BY"
	if k.setting("spark.sql.groupByAliases") {
		s.aliases = k.items
	}
	i, isPosition, err := k.position(e, len(k.items), "GROUP_BY_POS_OUT_OF_RANGE")
	if err != nil {
		return 0, err
	}
	var bound expr.Expr
	if isPosition {
		if k.star {
			return 0, diag.New("STAR_GROUP_BY_POS").At(e.Place())
		}
		bound = k.items[i].expr
		if needsAggregate(bound) {
			return 0, diag.New("GROUP_BY_POS_AGGREGATE", "index", itoa(i+1), "aggExpr", s.fullSQL(bound)+" AS "+quoteName([]string{k.items[i].name})).At(e.Place())
		}
	} else if bound, err = s.expr(e); err != nil {
		return 0, err
	}
	return g.add(bound, e.Place())
}

func (g *aggregation) add(bound expr.Expr, span diag.Span) (int, error) {
	if needsAggregate(bound) {
		return 0, diag.New("GROUP_BY_AGGREGATE", "sqlExpr", expr.Pretty(bound)).At(span)
	}
	if hasWindow(bound) || hasGenerator(bound) {
		return 0, diag.New("UNSUPPORTED_EXPR_FOR_OPERATOR", "invalidExprSqls", sqlOf(bound)).At(span)
	}
	if hasMap(bound.Type()) {
		return 0, diag.Unsupported("GROUP BY of a map").At(span)
	}
	if !bound.Type().IsOrderable() {
		return 0, diag.New("GROUP_EXPRESSION_TYPE_IS_NOT_ORDERABLE", "sqlExpr", sqlOf(bound), "dataType", quoteSQL(bound.Type().SQL())).At(span)
	}
	if err := g.noOuter(bound, span); err != nil {
		return 0, err
	}
	if i := g.keyOf(bound); i >= 0 {
		return i, nil
	}
	g.keys = append(g.keys, bound)
	return len(g.keys) - 1, nil
}

// noOuter refuses to group by columns of the queries around this one, which have one value for all rows.
func (g *aggregation) noOuter(key expr.Expr, span diag.Span) error {
	outer := false
	expr.VisitColumns(key, func(c *expr.Column) {
		outer = outer || !g.block.input.has(c.ID) && !hasColumn(g.block.input.node, c.ID)
	})
	if !outer {
		return nil
	}
	return diag.New("UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.CORRELATED_REFERENCE", "sqlExprs", sqlOf(key)).At(span)
}

// hasMap reports whether a type is a map or has one inside. Spark groups by maps; two with the same entries in another order
// are one group.
func hasMap(t types.Type) bool {
	return t.Kind == types.Map || t.Kind == types.Array && hasMap(t.Elem()) ||
		t.Kind == types.Struct && slices.ContainsFunc(t.Fields(), func(f types.Field) bool { return hasMap(f.Type) })
}

// all is GROUP BY ALL: every item without an aggregate function is a key.
func (g *aggregation) all(e *ast.All) ([]int, error) {
	var indexes []int
	for _, it := range g.block.items {
		if needsAggregate(it.expr) {
			continue
		}
		i, err := g.add(it.expr, e.Place())
		if err != nil {
			return nil, err
		}
		if !slices.Contains(indexes, i) {
			indexes = append(indexes, i)
		}
	}
	// In a + sum(b) the part outside the aggregate functions has to be made of keys.
	for _, it := range g.block.items {
		if needsAggregate(it.expr) && !g.covers(it.expr) {
			return nil, diag.New("UNRESOLVED_ALL_IN_GROUP_BY").At(e.Place())
		}
	}
	return indexes, nil
}

func (g *aggregation) covers(e expr.Expr) bool {
	if g.keyOf(e) >= 0 {
		return true
	}
	switch e := e.(type) {
	case *expr.Aggregate:
		return true
	case *expr.Column:
		return !g.block.input.has(e.ID)
	}
	return !slices.ContainsFunc(e.Children(), func(c expr.Expr) bool { return !g.covers(c) })
}

func (g *aggregation) keyOf(e expr.Expr) int {
	for i, k := range g.keys {
		if k == e {
			return i
		}
		// The kind of node is compared first, for the key of a large expression is long.
		if reflect.TypeOf(k) == reflect.TypeOf(e) && g.keyText(i) == expr.Key(canonical(e)) {
			return i
		}
	}
	return -1
}

func (g *aggregation) keyText(i int) string {
	for n := len(g.keyTexts); n < len(g.keys); n++ {
		g.keyTexts = append(g.keyTexts, expr.Key(canonical(g.keys[n])))
	}
	return g.keyTexts[i]
}

// reset forgets the aggregates of an earlier build and gives the keys their IDs.
func (g *aggregation) reset() {
	g.aggregates, g.known, g.preferred = nil, map[string]int{}, map[string]*item{}
	if g.keyIDs != nil {
		return
	}
	for _, k := range g.keys {
		c, isColumn := k.(*expr.Column)
		if isColumn && g.sets == nil && !slices.Contains(g.keyIDs, c.ID) {
			g.keyIDs = append(g.keyIDs, c.ID)
			g.keyNames = append(g.keyNames, c.Name)
			continue
		}
		id, name := expr.ColumnID(0), ""
		for _, it := range g.block.items {
			if expr.Same(it.expr, k) {
				id, name = it.id(), it.name
				break
			}
		}
		if id == 0 || slices.Contains(g.keyIDs, id) {
			id, name = g.block.ids.Next(), expr.Pretty(k)
		}
		g.keyIDs = append(g.keyIDs, id)
		g.keyNames = append(g.keyNames, name)
	}
}

// prefer lets an aggregate that is a whole item have the item's name and ID.
func (g *aggregation) prefer(it *item) {
	if !isAggregate(it.expr) {
		return
	}
	if key := expr.Key(it.expr); g.preferred[key] == nil && !slices.Contains(g.keyIDs, it.id()) {
		g.preferred[key] = it
	}
}

// lower rewrites an expression over FROM to one over the Aggregate's columns.
func (g *aggregation) lower(e expr.Expr) (expr.Expr, error) {
	if i := g.keyOf(e); i >= 0 {
		return g.keyRef(i, e.Place()), nil
	}
	switch e := e.(type) {
	case *expr.Aggregate:
		return g.aggregate(e), nil
	case *expr.Column:
		if g.block.input.has(e.ID) || hasColumn(g.block.input.node, e.ID) {
			return nil, g.missing(e)
		}
		return e, nil
	case *expr.Lambda:
		body, err := g.lower(e.Body)
		if err != nil {
			return nil, err
		}
		return e.WithChildren([]expr.Expr{body}), nil
	case *expr.WindowCall:
		return g.lowerWindow(e)
	case *expr.Subquery:
		return g.lowerSubquery(e)
	case *expr.Call:
		if isGrouping(e) {
			return g.lowerGrouping(e)
		}
	}
	return g.lowerChildren(e)
}

func (g *aggregation) lowerChildren(e expr.Expr) (expr.Expr, error) {
	children := e.Children()
	changed := make([]expr.Expr, len(children))
	same := true
	for i, c := range children {
		var err error
		if changed[i], err = g.lower(c); err != nil {
			return nil, err
		}
		same = same && changed[i] == c
	}
	if same {
		return e, nil
	}
	return expr.AllowNull(e.WithChildren(changed)), nil
}

// lowerWindow lowers what a window function reads, but not an aggregate function that is called over the window.
func (g *aggregation) lowerWindow(e *expr.WindowCall) (expr.Expr, error) {
	function, err := g.lowerChildren(e.Function)
	if err != nil {
		return nil, err
	}
	n := *e
	n.PartitionBy = slices.Clone(e.PartitionBy)
	n.OrderBy = slices.Clone(e.OrderBy)
	n.Function = function
	for i := range n.PartitionBy {
		if n.PartitionBy[i], err = g.lower(n.PartitionBy[i]); err != nil {
			return nil, err
		}
	}
	for i := range n.OrderBy {
		if n.OrderBy[i].Expr, err = g.lower(n.OrderBy[i].Expr); err != nil {
			return nil, err
		}
	}
	return &n, nil
}

// lowerSubquery checks that a correlated subquery refers to keys only, and gives it the keys' IDs.
func (g *aggregation) lowerSubquery(e *expr.Subquery) (expr.Expr, error) {
	renamed := map[expr.ColumnID]expr.ColumnID{}
	for _, c := range e.Outer {
		value := expr.Expr(c)
		if v, ok := g.block.outerValues[c.ID]; ok {
			value = v
		}
		lowered, err := g.lower(value)
		if err != nil {
			return nil, err
		}
		n, ok := lowered.(*expr.Column)
		if !ok {
			return nil, diag.New("UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.CORRELATED_REFERENCE", "sqlExprs", sqlOf(c)).At(e.Place())
		}
		if n.ID != c.ID {
			renamed[c.ID] = n.ID
		}
	}
	values := make([]expr.Expr, len(e.Values))
	for i, v := range e.Values {
		var err error
		if values[i], err = g.lower(v); err != nil {
			return nil, err
		}
	}
	n := *e
	n.Values = values
	if len(renamed) == 0 {
		return &n, nil
	}
	n.Plan = logical.Renumber(e.Plan.(logical.Node), renamed)
	n.Outer = slices.Clone(e.Outer)
	for i, c := range n.Outer {
		if id, ok := renamed[c.ID]; ok {
			r := *c
			r.ID = id
			if v, ok := g.block.outerValues[c.ID]; ok {
				r.Null = v.Nullable()
			}
			n.Outer[i] = &r
		}
	}
	return &n, nil
}

func (g *aggregation) keyRef(i int, span diag.Span) *expr.Column {
	k := g.keys[i]
	null := k.Nullable()
	for _, set := range g.sets {
		null = null || !slices.Contains(set, i)
	}
	return &expr.Column{Base: expr.Base{Typ: k.Type(), Null: null, Span: span}, ID: g.keyIDs[i], Name: g.keyNames[i]}
}

// aggregate is the column of an aggregate function's result.
func (g *aggregation) aggregate(e *expr.Aggregate) expr.Expr {
	key := expr.Key(e)
	if i, ok := g.known[key]; ok {
		return g.aggregates[i].Column().Ref()
	}
	n := logical.Named{Expr: e}
	if it := g.preferred[key]; it != nil {
		n.ID, n.Name = it.id(), it.name
	} else {
		n.ID, n.Name = g.block.ids.Next(), expr.Pretty(e)
	}
	g.known[key] = len(g.aggregates)
	g.aggregates = append(g.aggregates, n)
	return n.Column().Ref()
}

// missing is the error for a column that is neither grouped by nor aggregated.
func (g *aggregation) missing(c *expr.Column) error {
	if !g.grouped {
		return &missingColumn{diag.New("MISSING_GROUP_BY").At(c.Place()), c}
	}
	return &missingColumn{diag.New("MISSING_AGGREGATION", "expression", sqlOf(c), "expressionAnyValue", quoteSQL("any_value("+expr.Pretty(c)+")")).At(c.Place()), c}
}

// node is the Aggregate over its input.
func (g *aggregation) node(input logical.Node) logical.Node {
	n := &logical.Aggregate{Input: input, Aggregates: g.aggregates, Sets: g.sets, GroupingID: g.groupingID}
	for i, k := range g.keys {
		n.Keys = append(n.Keys, logical.Named{ID: g.keyIDs[i], Name: g.keyNames[i], Expr: k})
	}
	return n
}

// The descriptors of grouping() and grouping_id() inside bound expressions, until the block is built.
var (
	groupingFunction   = &expr.Function{Name: "grouping"}
	groupingIDFunction = &expr.Function{Name: "grouping_id"}
)

func isGrouping(e expr.Expr) bool {
	c, ok := e.(*expr.Call)
	return ok && (c.Function == groupingFunction || c.Function == groupingIDFunction)
}

// groupingCall binds grouping(column) and grouping_id(columns…).
func (s *site) groupingCall(e *ast.Call, name string) (expr.Expr, error) {
	args, err := s.exprs(e.Args)
	if err != nil {
		return nil, err
	}
	c := &expr.Call{Base: expr.Base{Typ: types.LongType, Span: e.Place()}, Function: groupingIDFunction, Args: args}
	if name == "grouping" {
		c.Function, c.Typ = groupingFunction, types.ByteType
		if len(args) != 1 {
			return nil, diag.New("WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "functionName", "`grouping`", "expectedNum", "1",
				"actualNum", itoa(len(args)), "docroot", "https://spark.apache.org/docs/latest")
		}
	}
	return c, nil
}

// lowerGrouping computes grouping() and grouping_id() from the bits of the grouping ID: the bit of key i, counted from the
// left, is set where i is left out.
func (g *aggregation) lowerGrouping(e *expr.Call) (expr.Expr, error) {
	if g.sets == nil {
		return nil, diag.New("UNSUPPORTED_GROUPING_EXPRESSION").At(e.Place())
	}
	id := &expr.Column{Base: expr.Base{Typ: types.LongType, Span: e.Place()}, ID: g.groupingID, Name: "spark_grouping_id"}
	if e.Function == groupingIDFunction {
		same := len(e.Args) == len(g.keys)
		for i := 0; same && i < len(e.Args); i++ {
			same = expr.Same(e.Args[i], g.keys[i])
		}
		if len(e.Args) > 0 && !same {
			return nil, diag.New("GROUPING_ID_COLUMN_MISMATCH", "groupingIdColumn", sqlList(e.Args), "groupByColumns", sqlList(g.keys)).At(e.Place())
		}
		return id, nil
	}
	i := g.keyOf(e.Args[0])
	if i < 0 {
		return nil, diag.New("GROUPING_COLUMN_MISMATCH", "grouping", expr.Pretty(e.Args[0]), "groupingColumns", sqlList(g.keys)).At(e.Place())
	}
	long := func(v int64) expr.Expr { return &expr.Literal{Base: expr.Base{Typ: types.LongType}, Value: v} }
	divided, err := g.block.call(e.Place(), "div", id, long(1<<(len(g.keys)-1-i)))
	if err != nil {
		return nil, err
	}
	bit, err := g.block.call(e.Place(), "%", divided, long(2))
	if err != nil {
		return nil, err
	}
	return g.block.cast(bit, types.ByteType)
}

func sqlList(list []expr.Expr) string {
	texts := make([]string, len(list))
	for i, e := range list {
		texts[i] = expr.Pretty(e)
	}
	return strings.Join(texts, ", ")
}
