package optimizer

import (
	"math"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// Estimator estimates how many rows a plan gives and what its columns hold, from the statistics of the tables and the
// usual assumptions (predicates are independent, values are spread evenly, the values of a foreign key all have a
// partner). It also knows what is proven: ranges of values, uniqueness, and columns without nulls. It keeps what it found
// by node, nodes being immutable. It is not safe for concurrent use.
type Estimator struct {
	nodes map[logical.Node]*estimate
}

// NewEstimator makes an estimator for the nodes of one query.
func NewEstimator() *Estimator { return &Estimator{nodes: map[logical.Node]*estimate{}} }

// Rows estimates the number of rows that n gives; at least 1.
func (e *Estimator) Rows(n logical.Node) float64 { return e.of(n).rows }

// MaxRows is a proven upper bound of the number of rows that n gives; ok is false if there is none.
func (e *Estimator) MaxRows(n logical.Node) (rows float64, ok bool) {
	m := e.of(n).maxRows
	return m, !math.IsInf(m, 1)
}

// Distinct estimates the number of different values of a column of n; 0 if n has no such column.
func (e *Estimator) Distinct(n logical.Node, id expr.ColumnID) float64 {
	if c := e.of(n).columns[id]; c != nil {
		return c.distinct
	}
	return 0
}

// Range is the proven range of a column of n: no value lies outside, though null may occur.
func (e *Estimator) Range(n logical.Node, id expr.ColumnID) types.Range {
	if c := e.of(n).columns[id]; c != nil {
		return c.proven
	}
	return types.Range{}
}

// NeverNull reports whether a column of n is proven to hold no null, by its type or by exact statistics.
func (e *Estimator) NeverNull(n logical.Node, id expr.ColumnID) bool {
	c := e.of(n).columns[id]
	return c != nil && c.neverNull
}

// Bytes estimates the size of n's rows in memory.
func (e *Estimator) Bytes(n logical.Node) float64 {
	s := e.of(n)
	width := 0.0
	for _, c := range n.Columns() {
		if column := s.columns[c.ID]; column != nil {
			width += column.width
		} else {
			width += typeWidth(c.Type)
		}
	}
	return s.rows * max(width, 1)
}

// Unique reports whether n is proven to have no two rows that agree in all of the columns ids (null agreeing with null).
func (e *Estimator) Unique(n logical.Node, ids ...expr.ColumnID) bool {
	return unique(n, setOf(ids...))
}

// estimate is what is known of a node's output.
type estimate struct {
	rows    float64
	maxRows float64 // proven bound, +Inf if unknown
	columns map[expr.ColumnID]*columnEstimate
}

// columnEstimate is what is known of a column.
type columnEstimate struct {
	// distinct is the number of different values; domain the number there are in the table the column comes from, which
	// predicates on other columns do not reduce: a row finds its partner among so many.
	distinct, domain float64
	// tableRows is the number of rows of that table.
	tableRows float64
	nulls     float64 // fraction of rows
	// low and high bound the values as numbers, if bounded.
	low, high float64
	bounded   bool
	width     float64 // bytes a value
	proven    types.Range
	neverNull bool
	// origin is the column of a common plan that this is one use of; the values of a column reduced by a semi join with
	// such a column are within it. Joined with each other they find their partners among its values, not among the table's.
	origin, within commonColumn
}

// commonColumn is a column of a common plan's definition and the number of its different values.
type commonColumn struct {
	definition logical.Node
	id         expr.ColumnID
	distinct   float64
}

// sharedDomain is the number of values that two columns have in common by construction; ok is false if that is not known.
func sharedDomain(a, b *columnEstimate) (distinct float64, ok bool) {
	if a == nil || b == nil {
		return 0, false
	}
	for _, x := range []commonColumn{a.origin, a.within} {
		for _, y := range []commonColumn{b.origin, b.within} {
			if x.definition != nil && x.definition == y.definition && x.id == y.id {
				return x.distinct, true
			}
		}
	}
	return 0, false
}

// columnOf is what is known of e if it is a column.
func (s *estimate) columnOf(e expr.Expr) *columnEstimate {
	if c, ok := e.(*expr.Column); ok {
		return s.columns[c.ID]
	}
	return nil
}

func (c *columnEstimate) clone() *columnEstimate { n := *c; return &n }

// ranges gives the proven ranges of the columns.
func (s *estimate) ranges(id expr.ColumnID) types.Range {
	if c := s.columns[id]; c != nil {
		return c.proven
	}
	return types.Range{}
}

// unknownRows is assumed for a table that does not say how many rows it has.
const unknownRows = 1e6

func (e *Estimator) of(n logical.Node) *estimate {
	if s, ok := e.nodes[n]; ok {
		return s
	}
	s := e.compute(n)
	s.rows = max(1, min(s.rows, s.maxRows))
	for _, c := range s.columns {
		c.distinct = max(1, min(c.distinct, s.rows))
		c.domain = max(c.domain, 1)
	}
	e.nodes[n] = s
	return s
}

func (e *Estimator) compute(n logical.Node) *estimate {
	switch n := n.(type) {
	case *logical.Scan:
		return scanEstimate(n)
	case *logical.Values:
		return valuesEstimate(n)
	case *logical.Filter:
		return filterEstimate(e.of(n.Input), n.Condition)
	case *logical.Project:
		return projectEstimate(e.of(n.Input), n.Items)
	case *logical.Aggregate:
		return aggregateEstimate(e.of(n.Input), n)
	case *logical.Join:
		return e.join(n)
	case *logical.Limit:
		return limitEstimate(e.of(n.Input), n)
	case *logical.Single:
		s := e.of(n.Input).withColumns(1)
		s.rows, s.maxRows = 1, 1
		for _, c := range s.columns {
			c.neverNull = false
		}
		return s
	case *logical.SetOperation:
		return e.union(n)
	case *logical.CommonPlan:
		s := renamed(e.of(n.Definition), n.Definition.Columns(), n.Output)
		for i, c := range n.Definition.Columns() {
			if column := s.columns[n.Output[i].ID]; column != nil {
				column.origin = commonColumn{n.Definition, c.ID, column.distinct}
			}
		}
		return s
	case *logical.Window:
		s := e.of(n.Input).withColumns(1)
		for _, f := range n.Functions {
			s.columns[f.ID] = unknownColumn(f.Column(), s.rows)
		}
		return s
	case *logical.Generate:
		const perRow = 4
		s := e.of(n.Input).withColumns(1)
		s.rows, s.maxRows = s.rows*perRow, math.Inf(1)
		for _, c := range n.Output {
			s.columns[c.ID] = unknownColumn(c, s.rows)
		}
		return s
	case *logical.Sample:
		return e.of(n.Input).scaled(n.Upper - n.Lower)
	}
	if children := n.Children(); len(children) == 1 {
		return e.of(children[0])
	}
	return unknownEstimate(n.Columns(), unknownRows)
}

func unknownEstimate(columns []logical.Column, rows float64) *estimate {
	s := &estimate{rows: rows, maxRows: math.Inf(1), columns: map[expr.ColumnID]*columnEstimate{}}
	for _, c := range columns {
		s.columns[c.ID] = unknownColumn(c, rows)
	}
	return s
}

// unknownColumn assumes a column of which only the type is known.
func unknownColumn(c logical.Column, rows float64) *columnEstimate {
	out := &columnEstimate{distinct: max(1, rows/10), domain: max(1, rows/10), tableRows: rows, width: typeWidth(c.Type), neverNull: !c.Nullable}
	if c.Nullable {
		out.nulls = 0.01
	}
	out.proven = types.RangeOfType(c.Type)
	if c.Type.Kind == types.Boolean {
		out.distinct, out.domain = 2, 2
	}
	return out
}

func typeWidth(t types.Type) float64 {
	if size := t.Physical().Size(); size > 0 {
		return float64(size)
	}
	width := 1.0
	for _, f := range t.Fields() {
		width += typeWidth(f.Type)
	}
	return width
}

// withColumns is a copy whose columns may be changed; rows are multiplied by factor.
func (s *estimate) withColumns(factor float64) *estimate {
	n := &estimate{rows: s.rows * factor, maxRows: s.maxRows, columns: make(map[expr.ColumnID]*columnEstimate, len(s.columns)+4)}
	for id, c := range s.columns {
		n.columns[id] = c.clone()
	}
	return n
}

// scaled keeps a fraction of the rows, chosen without regard to the columns.
func (s *estimate) scaled(fraction float64) *estimate {
	n := s.withColumns(min(1, fraction))
	for _, c := range n.columns {
		c.distinct = distinctAfter(c.distinct, s.rows, n.rows)
	}
	return n
}

// distinctAfter is the expected number of different values among kept of rows rows.
func distinctAfter(distinct, rows, kept float64) float64 {
	if kept >= rows || distinct <= 1 {
		return distinct
	}
	return max(1, distinct*(1-math.Pow(1-kept/rows, rows/distinct)))
}

func scanEstimate(n *logical.Scan) *estimate {
	st := n.Table.Statistics()
	if st == nil || st.Rows < 0 {
		return unknownEstimate(n.Columns(), unknownRows)
	}
	rows := max(1, float64(st.Rows))
	s := &estimate{rows: rows, maxRows: math.Inf(1), columns: map[expr.ColumnID]*columnEstimate{}}
	if st.RowsExact {
		s.maxRows = float64(st.Rows)
	}
	if n.Limit >= 0 {
		s.rows = min(s.rows, float64(n.Limit))
	}
	for _, c := range n.Output {
		var cs *types.ColumnStatistics
		if len(c.Path) == 1 && c.Path[0] < len(st.Columns) {
			cs = st.Columns[c.Path[0]]
		}
		s.columns[c.ID] = columnFromStatistics(c.Column, cs, rows)
	}
	return s
}

func columnFromStatistics(c logical.Column, cs *types.ColumnStatistics, rows float64) *columnEstimate {
	out := unknownColumn(c, rows)
	if cs == nil {
		return out
	}
	if cs.NullCount >= 0 {
		out.nulls = float64(cs.NullCount) / rows
		out.neverNull = out.neverNull || cs.NullCount == 0
	}
	if cs.AverageLength > 0 {
		out.width = 16
		if cs.AverageLength > 12 {
			out.width += cs.AverageLength
		}
	}
	low, ok1 := number(cs.Min)
	high, ok2 := number(cs.Max)
	if ok1 && ok2 {
		out.low, out.high, out.bounded = low, high, true
		if lo, ok := types.Integer64(cs.Min); ok {
			if hi, ok := types.Integer64(cs.Max); ok && c.Type.Kind != types.Boolean {
				out.proven = types.Range{Known: true, Min: lo, Max: hi}
			}
		}
	}
	values := max(1, rows*(1-out.nulls))
	switch {
	case cs.Distinct > 0:
		out.distinct = min(cs.Distinct, values)
	case out.bounded && !c.Type.IsFloating() && c.Type.Kind != types.Decimal:
		out.distinct = min(values, high-low+1)
	}
	out.domain = out.distinct
	return out
}

// number is a value as a number that orders like it; ok is false for strings and others.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, !math.IsNaN(v)
	case float32:
		return float64(v), !math.IsNaN(float64(v))
	case types.Int128:
		return float64(v.Hi)*(1<<64) + float64(v.Lo), true
	}
	i, ok := types.Integer64(v)
	return float64(i), ok
}

func valuesEstimate(n *logical.Values) *estimate {
	s := unknownEstimate(n.Output, float64(len(n.Rows)))
	s.maxRows = float64(len(n.Rows))
	for i, c := range n.Output {
		seen := map[any]bool{}
		out := s.columns[c.ID]
		first := true
		for _, row := range n.Rows {
			seen[expr.Key(row[i])] = true
			r := expr.RangeOf(row[i], nil)
			switch {
			case isNullLiteral(row[i]):
				continue
			case first:
				out.proven, first = r, false
			case !r.Known || !out.proven.Known:
				out.proven = types.Range{}
			default:
				out.proven.Min, out.proven.Max = min(out.proven.Min, r.Min), max(out.proven.Max, r.Max)
			}
		}
		out.distinct, out.domain = float64(len(seen)), float64(len(seen))
		out.bound()
	}
	return s
}

// bound takes over the proven range as the estimated one if it is narrower.
func (c *columnEstimate) bound() {
	if !c.proven.Known {
		return
	}
	lo, hi := float64(c.proven.Min), float64(c.proven.Max)
	if !c.bounded || lo > c.low || hi < c.high {
		if hi-lo < 1e15 { // else it is only the type's
			c.low, c.high, c.bounded = lo, hi, true
			c.distinct = min(c.distinct, hi-lo+1)
		}
	}
}

func limitEstimate(s *estimate, n *logical.Limit) *estimate {
	if n.Count < 0 {
		return s
	}
	out := s.scaled(float64(n.Count) / s.rows)
	out.maxRows = min(s.maxRows, float64(n.Count))
	return out
}

// renamed is s with the columns of from under the IDs of to.
func renamed(s *estimate, from, to []logical.Column) *estimate {
	n := &estimate{rows: s.rows, maxRows: s.maxRows, columns: map[expr.ColumnID]*columnEstimate{}}
	for i, c := range from {
		if column := s.columns[c.ID]; column != nil {
			n.columns[to[i].ID] = column.clone()
		}
	}
	return n
}
