package logical

import (
	"strconv"
	"strings"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// Aggregate groups by Keys and computes Aggregates, each of which is an *expr.Aggregate. Output: keys, aggregates.
// Keys nil: one row for the whole input. Sets, if not nil, are grouping sets: indexes into Keys; Output then has
// GroupingID as a last column. A required rule expands them.
type Aggregate struct {
	Input      Node
	Keys       []Named
	Aggregates []Named
	Sets       [][]int
	GroupingID expr.ColumnID
}

// Children returns the input.
func (n *Aggregate) Children() []Node { return []Node{n.Input} }

// WithChildren returns the same operator over another input.
func (n *Aggregate) WithChildren(c []Node) Node {
	m := *n
	m.Input = c[0]
	return &m
}

// Columns returns keys, aggregates and, with grouping sets, the grouping ID. A key that some set leaves out is nullable.
func (n *Aggregate) Columns() []Column {
	columns := append(namedColumns(n.Keys), namedColumns(n.Aggregates)...)
	if n.Sets == nil {
		return columns
	}
	for i := range n.Keys {
		for _, set := range n.Sets {
			if !contains(set, i) {
				columns[i].Nullable = true
			}
		}
	}
	return append(columns, Column{ID: n.GroupingID, Name: "spark_grouping_id", Type: types.LongType})
}

func contains(set []int, i int) bool {
	for _, s := range set {
		if s == i {
			return true
		}
	}
	return false
}

// Expressions returns keys, then aggregates.
func (n *Aggregate) Expressions() []expr.Expr {
	return namedExprs(namedExprs(nil, n.Keys), n.Aggregates)
}

// MapExpressions maps keys, then aggregates.
func (n *Aggregate) MapExpressions(f func(expr.Expr) expr.Expr) Node {
	m := *n
	m.Keys = mapNamed(n.Keys, f)
	m.Aggregates = mapNamed(n.Aggregates, f)
	return &m
}

// Describe lists keys, grouping sets if there are any, and aggregates.
func (n *Aggregate) Describe() string {
	s := "Aggregate [" + namedList(n.Keys) + "]"
	if n.Sets != nil {
		sets := make([]string, len(n.Sets))
		for i, set := range n.Sets {
			names := make([]string, len(set))
			for j, k := range set {
				if names[j] = "?"; k >= 0 && k < len(n.Keys) { // a broken plan is printed as well
					names[j] = columnName(n.Keys[k].Column())
				}
			}
			sets[i] = "(" + strings.Join(names, ", ") + ")"
		}
		s += ", sets [" + strings.Join(sets, ", ") + "] AS spark_grouping_id#" + strconv.Itoa(int(n.GroupingID))
	}
	return s + ", [" + namedList(n.Aggregates) + "]"
}

func (n *Aggregate) mapIDs(f mapID) Node {
	m := *n
	m.Keys = mapNamedIDs(n.Keys, f)
	m.Aggregates = mapNamedIDs(n.Aggregates, f)
	if n.Sets != nil {
		m.GroupingID = f(n.GroupingID)
	}
	return &m
}
