package optimizer

import (
	"slices"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// expandGroupingSets computes grouping sets by giving each row to every set: the input is multiplied by the list of sets,
// keys that a set leaves out become null, and the set's number is one more key. Grouping by the nulled keys alone would be
// wrong; in
//
//	SELECT a, count(*) FROM t GROUP BY ROLLUP (a)
//
// rows whose a is null are not the total. The number and not the grouping ID is the key, since a set that is written twice
// gives its groups twice. As in Spark, no input rows give no groups, not even that of the empty set.
func expandGroupingSets(n logical.Node, c *Context) (logical.Node, bool) {
	a, ok := n.(*logical.Aggregate)
	if !ok || a.Sets == nil {
		return n, false
	}
	number := logical.Column{ID: c.IDs.Next(), Name: "grouping_set", Type: types.IntType}
	id := logical.Column{ID: c.IDs.Next(), Name: "spark_grouping_id", Type: types.LongType}
	sets := &logical.Values{Output: []logical.Column{number, id}}
	for i, set := range a.Sets {
		sets.Rows = append(sets.Rows, []expr.Expr{intLiteral(int32(i)), longLiteral(groupingID(set, len(a.Keys)))})
	}
	product := &logical.Join{Type: logical.Cross, Left: a.Input, Right: sets}
	items := passColumns(product.Columns())
	m := &logical.Aggregate{Aggregates: a.Aggregates}
	for i, k := range a.Keys {
		item := logical.Named{ID: c.IDs.Next(), Name: k.Name, Expr: inSets(k.Expr, i, a.Sets, number)}
		items = append(items, item)
		m.Keys = append(m.Keys, logical.Named{ID: k.ID, Name: k.Name, Expr: item.Column().Ref(), Metadata: k.Metadata})
	}
	m.Keys = append(m.Keys, logical.Named{ID: a.GroupingID, Name: "spark_grouping_id", Expr: id.Ref()},
		logical.Named{ID: c.IDs.Next(), Name: number.Name, Expr: number.Ref()})
	m.Input = &logical.Project{Input: product, Items: items}
	return keepColumns(m, a.Columns()), true
}

func intLiteral(v int32) *expr.Literal {
	return &expr.Literal{Base: expr.Base{Typ: types.IntType}, Value: v}
}

// groupingID has a bit for each key, the first key's highest, set if the grouping set leaves the key out.
func groupingID(set []int, keys int) int64 {
	var id int64
	for i := range keys {
		id <<= 1
		if !slices.Contains(set, i) {
			id |= 1
		}
	}
	return id
}

// inSets is e in the sets that have key i and null in the others.
func inSets(e expr.Expr, i int, sets [][]int, number logical.Column) expr.Expr {
	var have []any
	for s, set := range sets {
		if slices.Contains(set, i) {
			have = append(have, int32(s))
		}
	}
	if len(have) == len(sets) {
		return e
	}
	if len(have) == 0 {
		return nullLiteral(e.Type())
	}
	test := &expr.In{Base: expr.Base{Typ: types.BooleanType}, Input: number.Ref(), Values: have}
	return choose(test, e, nullLiteral(e.Type()))
}
