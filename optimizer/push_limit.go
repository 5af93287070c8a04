package optimizer

import (
	"math"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// pushLimit stops sources early: a limit goes below projections, is repeated below unions and on the preserved side of an
// outer join, and tells a scan how many rows are enough. A limit over a sort stays with it; the two are a top-n. It does
// not pass a filter:
//
//	SELECT * FROM (SELECT * FROM t LIMIT 10) WHERE x > 5
//
// may have fewer rows than t has with x > 5, and a limit below the filter of the reverse query might find none of them.
func pushLimit(n logical.Node, c *Context) (logical.Node, bool) {
	l, ok := n.(*logical.Limit)
	if !ok {
		return n, false
	}
	if l.Count == 0 {
		return emptyRelation(l.Columns()), true
	}
	enough := int64(-1)
	if l.Count > 0 && l.Offset <= math.MaxInt64-l.Count {
		enough = l.Offset + l.Count
	}
	switch below := l.Input.(type) {
	case *logical.Project:
		if allDeterministic(below.Items) {
			return below.WithChildren([]logical.Node{l.WithChildren([]logical.Node{below.Input})}), true
		}
	case *logical.Limit:
		return mergeLimits(l, below)
	}
	if enough < 0 {
		return n, false
	}
	switch below := l.Input.(type) {
	case *logical.Scan:
		if below.Limit < 0 || below.Limit > enough {
			m := *below
			m.Limit = enough
			return l.WithChildren([]logical.Node{&m}), true
		}
	case *logical.SetOperation:
		if below.Op == ast.Union {
			return limitInputs(l, below, enough, c)
		}
	case *logical.Join:
		return limitJoin(l, below, enough, c)
	}
	return n, false
}

// mergeLimits makes one limit of two.
func mergeLimits(upper, lower *logical.Limit) (logical.Node, bool) {
	if lower.Offset > math.MaxInt64-upper.Offset {
		return upper, false
	}
	m := &logical.Limit{Input: lower.Input, Offset: lower.Offset + upper.Offset, Count: upper.Count}
	if lower.Count >= 0 {
		rest := max(0, lower.Count-upper.Offset)
		if m.Count < 0 || m.Count > rest {
			m.Count = rest
		}
	}
	return m, true
}

// limited is n with a limit, unless it certainly gives no more rows anyway.
func limited(n logical.Node, count int64, c *Context) (logical.Node, bool) {
	if rows, ok := c.estimator.MaxRows(n); ok && rows <= float64(count) {
		return n, false
	}
	if s, ok := n.(*logical.Scan); ok && s.Limit >= 0 && s.Limit <= count {
		return n, false
	}
	return &logical.Limit{Input: n, Count: count}, true
}

func limitInputs(l *logical.Limit, s *logical.SetOperation, enough int64, c *Context) (logical.Node, bool) {
	inputs := make([]logical.Node, len(s.Inputs))
	changed := false
	for i, input := range s.Inputs {
		more := false
		inputs[i], more = limited(input, enough, c)
		changed = changed || more
	}
	if !changed {
		return l, false
	}
	return l.WithChildren([]logical.Node{s.WithChildren(inputs)}), true
}

func limitJoin(l *logical.Limit, j *logical.Join, enough int64, c *Context) (logical.Node, bool) {
	left, right, changed := j.Left, j.Right, false
	switch j.Type {
	case logical.LeftOuter:
		if !j.Single {
			left, changed = limited(j.Left, enough, c)
		}
	case logical.RightOuter:
		right, changed = limited(j.Right, enough, c)
	}
	if !changed {
		return l, false
	}
	return l.WithChildren([]logical.Node{j.WithChildren([]logical.Node{left, right})}), true
}

// emptyRelation has columns and no rows.
func emptyRelation(columns []logical.Column) logical.Node {
	return &logical.Values{Rows: [][]expr.Expr{}, Output: columns}
}

func isEmpty(n logical.Node) bool {
	v, ok := n.(*logical.Values)
	return ok && len(v.Rows) == 0
}
