package optimizer

import (
	"math"
	"slices"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

func projectEstimate(s *estimate, items []logical.Named) *estimate {
	out := &estimate{rows: s.rows, maxRows: s.maxRows, columns: make(map[expr.ColumnID]*columnEstimate, len(items))}
	for _, item := range items {
		out.columns[item.ID] = s.expression(item.Column(), item.Expr)
	}
	return out
}

// expression is what is known of a computed column.
func (s *estimate) expression(c logical.Column, e expr.Expr) *columnEstimate {
	if column, ok := e.(*expr.Column); ok && s.columns[column.ID] != nil {
		return s.columns[column.ID].clone()
	}
	out := unknownColumn(c, s.rows)
	out.distinct = s.distinctOf(e)
	out.domain = out.distinct
	out.proven = expr.RangeOf(e, s.ranges)
	out.bound()
	return out
}

func aggregateEstimate(s *estimate, n *logical.Aggregate) *estimate {
	out := &estimate{rows: 1, maxRows: s.maxRows, columns: map[expr.ColumnID]*columnEstimate{}}
	for _, k := range n.Keys {
		c := s.expression(k.Column(), k.Expr)
		out.rows *= c.distinct
		out.columns[k.ID] = c
	}
	out.rows = min(out.rows, s.rows)
	switch {
	case len(n.Keys) == 0:
		out.maxRows = 1
	case len(n.Sets) > 1:
		out.rows *= float64(len(n.Sets)) / 2
		out.maxRows *= float64(len(n.Sets))
	}
	for _, a := range n.Aggregates {
		c := unknownColumn(a.Column(), out.rows)
		c.distinct = max(1, out.rows/2)
		c.proven = s.aggregateRange(a.Expr.(*expr.Aggregate))
		out.columns[a.ID] = c
	}
	if n.Sets != nil {
		for _, k := range n.Keys {
			out.columns[k.ID].neverNull = false
		}
		out.columns[n.GroupingID] = unknownColumn(logical.Column{ID: n.GroupingID, Type: types.LongType}, float64(len(n.Sets)))
	}
	return out
}

// aggregateRange is the proven range of an aggregate's result.
func (s *estimate) aggregateRange(a *expr.Aggregate) types.Range {
	own := types.RangeOfType(a.Typ)
	if a.Kernel == nil {
		return own
	}
	const exact = 1 << 53
	switch a.Kernel.Kind {
	case expr.CountAggregate:
		if s.maxRows < exact {
			return types.Range{Known: true, Max: int64(s.maxRows)}
		}
		return types.Range{Known: true, Max: math.MaxInt64}
	case expr.MinAggregate, expr.MaxAggregate:
		return expr.RangeOf(a.Args[0], s.ranges)
	case expr.SumAggregate:
		r := expr.RangeOf(a.Args[0], s.ranges)
		from := a.Args[0].Type()
		if !r.Known || s.maxRows >= exact || from.Scale != a.Typ.Scale {
			return own
		}
		low, high := float64(min(r.Min, 0))*s.maxRows, float64(max(r.Max, 0))*s.maxRows
		if low > -exact && high < exact {
			return types.Range{Known: true, Min: int64(low), Max: int64(high)}
		}
	}
	return own
}

func (e *Estimator) union(n *logical.SetOperation) *estimate {
	out := unknownEstimate(n.Output, 0)
	out.maxRows = 0
	for i, input := range n.Inputs {
		s := e.of(input)
		out.rows += s.rows
		out.maxRows += s.maxRows
		for j, c := range input.Columns() {
			from, to := s.columns[c.ID], out.columns[n.Output[j].ID]
			if from == nil {
				continue
			}
			if i == 0 {
				*to = *from
				continue
			}
			to.distinct += from.distinct
			to.domain = max(to.domain, from.domain)
			to.neverNull = to.neverNull && from.neverNull
			to.bounded = to.bounded && from.bounded
			to.low, to.high = min(to.low, from.low), max(to.high, from.high)
			if !to.proven.Known || !from.proven.Known {
				to.proven = types.Range{}
			}
			to.proven.Min, to.proven.Max = min(to.proven.Min, from.proven.Min), max(to.proven.Max, from.proven.Max)
		}
	}
	return out
}

// join estimates a join from its two sides.
func (e *Estimator) join(n *logical.Join) *estimate {
	l, r := e.of(n.Left), e.of(n.Right)
	return joinEstimate(n, l, r, conjuncts(n.Condition))
}

func joinEstimate(n *logical.Join, l, r *estimate, parts []expr.Expr) *estimate {
	keys, rest := splitKeys(parts, l, r)
	inner := l.rows * r.rows * keySelectivity(keys, l, r)
	for _, p := range rest {
		inner *= (&estimate{rows: inner, columns: both(l, r)}).selectivity(p)
	}
	out := &estimate{columns: map[expr.ColumnID]*columnEstimate{}, maxRows: math.Inf(1)}
	switch n.Type {
	case logical.LeftSemi, logical.LeftAnti, logical.LeftMark:
		return semiEstimate(n, l, r, keys)
	case logical.Inner, logical.Cross:
		out.rows, out.maxRows = inner, l.maxRows*r.maxRows
	case logical.LeftOuter:
		out.rows, out.maxRows = max(inner, l.rows), l.maxRows*max(r.maxRows, 1)
		if n.Single {
			out.rows, out.maxRows = l.rows, l.maxRows
		}
	case logical.RightOuter:
		out.rows, out.maxRows = max(inner, r.rows), r.maxRows*max(l.maxRows, 1)
	default:
		out.rows = max(inner, l.rows, r.rows)
	}
	if math.IsNaN(out.maxRows) {
		out.maxRows = math.Inf(1)
	}
	out.take(l, n.Type == logical.RightOuter || n.Type == logical.FullOuter)
	out.take(r, n.Type == logical.LeftOuter || n.Type == logical.FullOuter)
	if n.Type == logical.Inner {
		for _, k := range keys {
			out.equate(k)
		}
	}
	return out
}

// take adds a side's columns.
func (s *estimate) take(side *estimate, optional bool) {
	for id, c := range side.columns {
		c = c.clone()
		c.distinct = min(c.distinct, s.rows)
		if s.rows < side.rows {
			c.distinct = min(c.distinct, distinctAfter(c.distinct, side.rows, s.rows))
		}
		if optional {
			c.neverNull = false
		}
		s.columns[id] = c
	}
}

// equate makes the columns of an equality alike.
func (s *estimate) equate(k joinKey) {
	l, ok1 := k.left.(*expr.Column)
	r, ok2 := k.right.(*expr.Column)
	if !ok1 || !ok2 || s.columns[l.ID] == nil || s.columns[r.ID] == nil {
		return
	}
	a, b := s.columns[l.ID], s.columns[r.ID]
	d := min(a.distinct, b.distinct)
	a.distinct, b.distinct = d, d
	if !k.nullSafe {
		a.neverNull, b.neverNull = true, true
	}
	if a.proven.Known && b.proven.Known && sameScale(l.Typ, r.Typ) {
		p := types.Range{Known: true, Min: max(a.proven.Min, b.proven.Min), Max: min(a.proven.Max, b.proven.Max)}
		if p.Min > p.Max {
			p.Max = p.Min
		}
		a.proven, b.proven = p, p
	}
}

func sameScale(a, b types.Type) bool { return a.Kind == b.Kind && a.Scale == b.Scale }

// joinKey is an equality between the two sides of a join.
type joinKey struct {
	left, right expr.Expr
	nullSafe    bool
}

// splitKeys finds the equalities between two sides.
func splitKeys(parts []expr.Expr, l, r *estimate) (keys []joinKey, rest []expr.Expr) {
	for _, p := range parts {
		c, ok := p.(*expr.Comparison)
		if ok && (c.Op == expr.Equal || c.Op == expr.NullSafeEqual) {
			switch {
			case l.has(c.Left) && r.has(c.Right):
				keys = append(keys, joinKey{c.Left, c.Right, c.Op == expr.NullSafeEqual})
				continue
			case l.has(c.Right) && r.has(c.Left):
				keys = append(keys, joinKey{c.Right, c.Left, c.Op == expr.NullSafeEqual})
				continue
			}
		}
		rest = append(rest, p)
	}
	return keys, rest
}

// has reports whether e reads columns, all of s.
func (s *estimate) has(e expr.Expr) bool {
	all, some := true, false
	expr.VisitColumns(e, func(c *expr.Column) {
		some = true
		all = all && s.columns[c.ID] != nil
	})
	return all && some
}

// keySelectivity is the fraction of pairs that agree in all keys. A row of one side finds its partner among the
// combinations of key values that the other side's table has, which are no more than that table has rows: with two keys
// the product of their numbers may be far more. Of the two sides the smaller number counts, for the larger one is a
// foreign key whose number of values is not known, or combinations that do not occur.
func keySelectivity(keys []joinKey, l, r *estimate) float64 {
	if len(keys) == 0 {
		return 1
	}
	left, leftRows := 1.0, 1.0
	right, rightRows := 1.0, 1.0
	for _, k := range keys {
		if d, ok := sharedDomain(l.columnOf(k.left), r.columnOf(k.right)); ok {
			left, right = left*d, right*d
			leftRows, rightRows = max(leftRows, d), max(rightRows, d)
			continue
		}
		d, rows := l.domainOf(k.left)
		left, leftRows = left*d, max(leftRows, rows)
		d, rows = r.domainOf(k.right)
		right, rightRows = right*d, max(rightRows, rows)
	}
	if len(keys) == 1 {
		return 1 / max(left, right)
	}
	left, right = min(left, leftRows), min(right, rightRows)
	if left == leftRows || right == rightRows {
		return 1 / min(left, right)
	}
	return 1 / max(left, right)
}

// domainOf is the number of values that an expression has in its table, and the number of that table's rows.
func (s *estimate) domainOf(e expr.Expr) (domain, rows float64) {
	if c, ok := e.(*expr.Column); ok && s.columns[c.ID] != nil {
		return s.columns[c.ID].domain, s.columns[c.ID].tableRows
	}
	d := s.distinctOf(e)
	return d, max(d, s.rows)
}

// both are the columns of two sides.
func both(l, r *estimate) map[expr.ColumnID]*columnEstimate {
	out := make(map[expr.ColumnID]*columnEstimate, len(l.columns)+len(r.columns))
	for id, c := range l.columns {
		out[id] = c
	}
	for id, c := range r.columns {
		out[id] = c
	}
	return out
}

// semiEstimate: a row of the left has a partner if the right has its key, of all that there are.
func semiEstimate(n *logical.Join, l, r *estimate, keys []joinKey) *estimate {
	found := 1.0
	for _, k := range keys {
		domain, _ := l.domainOf(k.left)
		other, _ := r.domainOf(k.right)
		if d, ok := sharedDomain(l.columnOf(k.left), r.columnOf(k.right)); ok {
			domain, other = d, d
		}
		found = min(found, r.distinctOf(k.right)/max(domain, other))
	}
	if len(keys) == 0 {
		found = 0.5
	}
	if len(keys) > 1 {
		found *= math.Pow(0.9, float64(len(keys)-1))
	}
	found = min(found, 1)
	switch n.Type {
	case logical.LeftMark:
		out := l.withColumns(1)
		out.columns[n.Mark.ID] = unknownColumn(n.Mark, l.rows)
		return out
	case logical.LeftAnti:
		return l.scaled(max(1-found, 0.1))
	}
	out := l.scaled(max(found, leastSelectivity))
	for _, k := range keys {
		if c, ok := k.left.(*expr.Column); ok && out.columns[c.ID] != nil {
			out.columns[c.ID].distinct = min(out.columns[c.ID].distinct, r.distinctOf(k.right))
			if right := r.columnOf(k.right); right != nil && right.origin.definition != nil {
				out.columns[c.ID].within = right.origin
			}
		}
	}
	return out
}

// unique reports whether no two rows of n agree in all columns of ids.
func unique(n logical.Node, ids columnSet) bool {
	switch n := n.(type) {
	case *logical.Aggregate:
		if n.Sets != nil {
			return false
		}
		return !slices.ContainsFunc(n.Keys, func(k logical.Named) bool { return !ids[k.ID] })
	case *logical.Project:
		below := columnSet{}
		for _, item := range n.Items {
			if c, ok := item.Expr.(*expr.Column); ok && ids[item.ID] {
				below[c.ID] = true
			}
		}
		return unique(n.Input, below)
	case *logical.CommonPlan:
		below := columnSet{}
		for i, c := range n.Definition.Columns() {
			if ids[n.Output[i].ID] {
				below[c.ID] = true
			}
		}
		return unique(n.Definition, below)
	case *logical.Filter, *logical.Sort, *logical.Limit, *logical.Repartition, *logical.Sample, *logical.Window, *logical.Cache:
		return atMostOneRow(n) || unique(n.Children()[0], ids)
	case *logical.Join:
		return uniqueJoin(n, ids)
	}
	return atMostOneRow(n)
}

func uniqueJoin(n *logical.Join, ids columnSet) bool {
	switch {
	case !n.Type.HasRightColumns(), n.Single:
		return unique(n.Left, ids)
	case unique(n.Left, ids) && unique(n.Right, ids):
		return true
	}
	// With at most one partner each, the rows of one side are not multiplied.
	l, r := equatedColumns(n)
	if (n.Type == logical.Inner || n.Type == logical.Cross || n.Type == logical.LeftOuter) && unique(n.Right, r) && unique(n.Left, ids) {
		return true
	}
	return (n.Type == logical.Inner || n.Type == logical.Cross || n.Type == logical.RightOuter) && unique(n.Left, l) && unique(n.Right, ids)
}

// equatedColumns are the columns of either side that the condition equates with an expression of the other.
func equatedColumns(n *logical.Join) (left, right columnSet) {
	left, right = columnSet{}, columnSet{}
	l, r := outputSet(n.Left), outputSet(n.Right)
	for _, p := range conjuncts(n.Condition) {
		c, ok := p.(*expr.Comparison)
		if !ok || c.Op != expr.Equal && c.Op != expr.NullSafeEqual {
			continue
		}
		for _, pair := range [2][2]expr.Expr{{c.Left, c.Right}, {c.Right, c.Left}} {
			column, ok := pair[0].(*expr.Column)
			switch {
			case !ok:
			case l[column.ID] && r.covers(pair[1]):
				left[column.ID] = true
			case r[column.ID] && l.covers(pair[1]):
				right[column.ID] = true
			}
		}
	}
	return left, right
}
