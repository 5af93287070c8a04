package optimizer

import (
	"slices"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// removeNoOps removes operators without effect: filters on true, projections that change nothing, limits larger than
// their input, DISTINCT of what is distinct, and sorts whose order nothing sees. The guard on sorts: first and
// collect_list see the order; in
//
//	SELECT first(x) FROM (SELECT * FROM t ORDER BY y)
//
// the sort decides the result.
func removeNoOps(n logical.Node, c *Context) (logical.Node, bool) {
	switch n := n.(type) {
	case *logical.Filter:
		if isTrue(n.Condition) {
			return n.Input, true
		}
	case *logical.Project:
		if isIdentity(n) {
			return n.Input, true
		}
	case *logical.Limit:
		rows, ok := c.estimator.MaxRows(n.Input)
		if n.Offset == 0 && (n.Count < 0 || ok && rows <= float64(n.Count)) {
			return n.Input, true
		}
	case *logical.Sort:
		if len(n.Keys) == 0 || atMostOneRow(n.Input) {
			return n.Input, true
		}
		if n.Global {
			m := replaced(n, withoutSort(n.Input))
			return m, m != logical.Node(n)
		}
	case *logical.Single:
		if exactlyOneRow(n.Input) {
			return n.Input, true
		}
	case *logical.Aggregate:
		return simplerAggregate(n)
	case *logical.Join:
		if n.Condition == nil && (n.Type == logical.Cross || n.Type == logical.Inner) && !n.Lateral {
			if isOneRow(n.Left) {
				return n.Right, true
			}
			if isOneRow(n.Right) {
				return n.Left, true
			}
		}
	}
	return n, false
}

// isOneRow reports whether n is the relation of one row without columns.
func isOneRow(n logical.Node) bool {
	v, ok := n.(*logical.Values)
	return ok && len(v.Rows) == 1 && len(v.Output) == 0
}

// isIdentity reports whether a projection gives its input's columns in order, under the same names.
func isIdentity(p *logical.Project) bool {
	columns := p.Input.Columns()
	if len(columns) != len(p.Items) {
		return false
	}
	for i, item := range p.Items {
		c, ok := item.Expr.(*expr.Column)
		if !ok || c.ID != item.ID || columns[i].ID != item.ID || columns[i].Name != item.Name || item.Metadata != nil {
			return false
		}
	}
	return true
}

func simplerAggregate(n *logical.Aggregate) (logical.Node, bool) {
	if len(n.Aggregates) == 0 && n.Sets == nil && len(n.Keys) > 0 {
		ids := columnSet{}
		for _, k := range n.Keys {
			if c, ok := k.Expr.(*expr.Column); ok {
				ids[c.ID] = true
			}
		}
		if unique(n.Input, ids) {
			return &logical.Project{Input: n.Input, Items: n.Keys}, true
		}
	}
	ordered := slices.ContainsFunc(n.Aggregates, func(a logical.Named) bool {
		return !a.Expr.(*expr.Aggregate).Function.IgnoresOrder
	})
	if ordered {
		return n, false
	}
	m := replaced(n, withoutSort(n.Input))
	return m, m != logical.Node(n)
}

// withoutSort drops sorts whose order is lost above.
func withoutSort(n logical.Node) logical.Node {
	switch n := n.(type) {
	case *logical.Sort:
		return withoutSort(n.Input)
	case *logical.Project:
		if allDeterministic(n.Items) {
			return replaced(n, withoutSort(n.Input))
		}
	case *logical.Filter:
		if expr.Deterministic(n.Condition) {
			return replaced(n, withoutSort(n.Input))
		}
	}
	return n
}

// propagateEmpty replaces what certainly has no rows by a relation without rows. An aggregate without GROUP BY stays: it
// has a row for no rows.
func propagateEmpty(n logical.Node, _ *Context) (logical.Node, bool) {
	if isEmpty(n) {
		return n, false
	}
	empty := false
	switch n := n.(type) {
	case *logical.Filter:
		empty = isEmpty(n.Input) || isFalse(n.Condition) || isNullLiteral(n.Condition)
	case *logical.Project, *logical.Sort, *logical.Limit, *logical.Window, *logical.Repartition, *logical.Sample, *logical.Generate:
		empty = isEmpty(n.Children()[0])
	case *logical.Aggregate:
		empty = len(n.Keys) > 0 && isEmpty(n.Input)
	case *logical.Join:
		l, r := isEmpty(n.Left), isEmpty(n.Right)
		switch n.Type {
		case logical.Inner, logical.Cross, logical.LeftSemi:
			empty = l || r
		case logical.LeftOuter, logical.LeftMark:
			empty = l
		case logical.RightOuter:
			empty = r
		case logical.LeftAnti:
			if r {
				return n.Left, true
			}
			empty = l
		case logical.FullOuter:
			empty = l && r
		}
	case *logical.SetOperation:
		empty = !slices.ContainsFunc(n.Inputs, func(in logical.Node) bool { return !isEmpty(in) })
	}
	if !empty {
		return n, false
	}
	return emptyRelation(n.Columns()), true
}
