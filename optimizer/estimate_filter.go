package optimizer

import (
	"math"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// Selectivities assumed where nothing better is known, and a floor for what is.
const (
	rangeSelectivity   = 1.0 / 3
	compareSelectivity = 0.5 // of x < y on two columns
	patternSelectivity = 0.1 // of LIKE and other functions
	// of a computed value being equal to a literal: functions such as year and substring have few results
	computedSelectivity = 0.05
	leastSelectivity    = 1e-7
)

func filterEstimate(s *estimate, condition expr.Expr) *estimate {
	out := s.withColumns(1)
	parts := expr.Conjuncts(condition)
	kept := 1.0
	touched := map[expr.ColumnID]bool{}
	for _, p := range parts {
		kept *= out.restrict(p, touched)
	}
	kept = max(kept, leastSelectivity)
	out.rows = s.rows * kept
	for id, c := range out.columns {
		if !touched[id] {
			c.distinct = distinctAfter(c.distinct, s.rows, out.rows)
		}
	}
	return out
}

// restrict narrows the columns to the rows that pass p, proven ranges included, and returns the fraction that does.
func (s *estimate) restrict(p expr.Expr, touched map[expr.ColumnID]bool) float64 {
	switch p := p.(type) {
	case *expr.Comparison:
		if c, op, v, ok := s.columnAndLiteral(p); ok {
			touched[c] = true
			return s.columns[c].compare(op, v, p.Left.Type())
		}
	case *expr.In:
		if c, ok := p.Input.(*expr.Column); ok && s.columns[c.ID] != nil {
			touched[c.ID] = true
			return s.columns[c.ID].in(p.Values)
		}
	case *expr.Not:
		if n, ok := p.Input.(*expr.IsNull); ok {
			if c, ok := n.Input.(*expr.Column); ok && s.columns[c.ID] != nil {
				nulls := s.columns[c.ID].nulls
				s.columns[c.ID].nulls, s.columns[c.ID].neverNull = 0, true
				return 1 - nulls
			}
		}
	}
	return s.selectivity(p)
}

// columnAndLiteral recognises a comparison of a column with a literal, which is brought to the column's scale.
func (s *estimate) columnAndLiteral(p *expr.Comparison) (expr.ColumnID, expr.CompareOp, any, bool) {
	l, r, op := p.Left, p.Right, p.Op
	if isLiteral(l) {
		l, r, op = r, l, op.Flip()
	}
	v, ok := r.(*expr.Literal)
	c, isColumn := l.(*expr.Column)
	if !ok || !isColumn || v.Value == nil || s.columns[c.ID] == nil {
		return 0, 0, nil, false
	}
	value := v.Value
	if digits := int(c.Typ.Scale) - int(v.Typ.Scale); c.Typ.Kind == types.Decimal && digits != 0 {
		i, ok := types.Integer64(value)
		if !ok || digits < 0 || digits > types.MaxDecimal64 || i > math.MaxInt64/types.Pow10Int64(digits) || i < math.MinInt64/types.Pow10Int64(digits) {
			return 0, 0, nil, false
		}
		value = i * types.Pow10Int64(digits)
	}
	return c.ID, op, value, true
}

// compare narrows a column to the values for which "value op v" holds and returns the fraction of rows kept.
func (c *columnEstimate) compare(op expr.CompareOp, v any, t types.Type) float64 {
	present := 1 - c.nulls
	c.nulls, c.neverNull = 0, true
	if i, ok := types.Integer64(v); ok && t.Kind != types.Boolean {
		c.proven = narrow(c.proven, op, i, t)
	}
	x, numeric := number(v)
	switch op {
	case expr.Equal, expr.NullSafeEqual:
		kept := 1 / c.distinct
		if numeric && c.bounded && (x < c.low || x > c.high) {
			kept = leastSelectivity
		}
		if numeric {
			c.low, c.high, c.bounded = x, x, true
		}
		c.distinct, c.domain = 1, 1
		return present * kept
	case expr.NotEqual:
		kept := 1 - 1/c.distinct
		c.distinct = max(1, c.distinct-1)
		return present * max(kept, 0.1)
	}
	if !numeric || !c.bounded || math.IsInf(c.high-c.low, 0) {
		c.shrink(rangeSelectivity)
		return present * rangeSelectivity
	}
	step := 0.0
	if !t.IsFloating() {
		step = 1
	}
	low, high := c.low, c.high
	switch op {
	case expr.Less:
		high = min(high, x-step)
	case expr.LessOrEqual:
		high = min(high, x)
	case expr.Greater:
		low = max(low, x+step)
	case expr.GreaterOrEqual:
		low = max(low, x)
	}
	kept := leastSelectivity
	if high >= low {
		kept = min(1, (high-low+step)/max(c.high-c.low+step, 1e-300))
	}
	c.low, c.high = low, max(low, high)
	c.shrink(kept)
	return present * max(kept, leastSelectivity)
}

// shrink keeps a fraction of the different values.
func (c *columnEstimate) shrink(kept float64) {
	c.distinct, c.domain = max(1, c.distinct*kept), max(1, c.domain*kept)
}

// narrow intersects a proven range with "value op v". t says how wide the integers are.
func narrow(r types.Range, op expr.CompareOp, v int64, t types.Type) types.Range {
	if !r.Known {
		if r = types.RangeOfType(t); !r.Known {
			return r
		}
	}
	switch op {
	case expr.Equal, expr.NullSafeEqual:
		r.Min, r.Max = max(r.Min, v), min(r.Max, v)
	case expr.Less:
		if v > math.MinInt64 {
			r.Max = min(r.Max, v-1)
		}
	case expr.LessOrEqual:
		r.Max = min(r.Max, v)
	case expr.Greater:
		if v < math.MaxInt64 {
			r.Min = max(r.Min, v+1)
		}
	case expr.GreaterOrEqual:
		r.Min = max(r.Min, v)
	}
	if r.Min > r.Max { // no row passes: any range is true of them
		r.Max = r.Min
	}
	return r
}

// in narrows a column to a list of values.
func (c *columnEstimate) in(values []any) float64 {
	present := 1 - c.nulls
	c.nulls, c.neverNull = 0, true
	n := float64(len(values))
	kept := min(1, n/c.distinct)
	low, high, all := math.Inf(1), math.Inf(-1), len(values) > 0
	for _, v := range values {
		x, ok := number(v)
		all = all && ok
		low, high = min(low, x), max(high, x)
	}
	if all {
		c.low, c.high, c.bounded = low, high, true
		if lo, ok := types.Integer64(values[0]); ok && c.proven.Known {
			hi := lo
			for _, v := range values {
				i, _ := types.Integer64(v)
				lo, hi = min(lo, i), max(hi, i)
			}
			c.proven.Min, c.proven.Max = max(c.proven.Min, lo), min(c.proven.Max, hi)
			if c.proven.Min > c.proven.Max {
				c.proven.Max = c.proven.Min
			}
		}
	}
	c.distinct, c.domain = min(c.distinct, n), min(c.domain, n)
	return present * max(kept, leastSelectivity)
}

// selectivity is the fraction of rows for which p is true.
func (s *estimate) selectivity(p expr.Expr) float64 {
	switch p := p.(type) {
	case *expr.Literal:
		if p.Value == true {
			return 1
		}
		return leastSelectivity
	case *expr.And:
		kept := 1.0
		probe := s.withColumns(1)
		for _, a := range p.Args {
			kept *= probe.restrict(a, map[expr.ColumnID]bool{})
		}
		return kept
	case *expr.Or:
		fails := 1.0
		for _, a := range p.Args {
			fails *= 1 - s.selectivity(a)
		}
		return 1 - fails
	case *expr.Not:
		return max(0, 1-s.selectivity(p.Input))
	case *expr.IsNull:
		if c, ok := p.Input.(*expr.Column); ok && s.columns[c.ID] != nil {
			return max(s.columns[c.ID].nulls, leastSelectivity)
		}
		return 0.1
	case *expr.Comparison:
		return s.comparison(p)
	case *expr.In:
		if c, ok := p.Input.(*expr.Column); ok && s.columns[c.ID] != nil {
			return s.columns[c.ID].clone().in(p.Values)
		}
		return 1 - math.Pow(1-computedSelectivity, float64(len(p.Values)))
	case *expr.Column: // a boolean
		return 0.5
	}
	return patternSelectivity
}

func (s *estimate) comparison(p *expr.Comparison) float64 {
	if c, op, v, ok := s.columnAndLiteral(p); ok {
		return s.columns[c].clone().compare(op, v, p.Left.Type())
	}
	one := isLiteral(p.Left) || isLiteral(p.Right)
	switch p.Op {
	case expr.Equal, expr.NullSafeEqual:
		if one {
			return computedSelectivity
		}
		return 1 / max(s.distinctOf(p.Left), s.distinctOf(p.Right))
	case expr.NotEqual:
		return 1 - 1/max(2, s.distinctOf(p.Left), s.distinctOf(p.Right))
	}
	if one {
		return rangeSelectivity
	}
	return compareSelectivity
}

// distinctOf estimates the number of different values of an expression.
func (s *estimate) distinctOf(e expr.Expr) float64 {
	if isLiteral(e) {
		return 1
	}
	n, known := 1.0, false
	expr.VisitColumns(e, func(c *expr.Column) {
		if column := s.columns[c.ID]; column != nil {
			n *= column.distinct
			known = true
		}
	})
	if !known {
		return 10
	}
	if _, isColumn := e.(*expr.Column); !isColumn {
		n = max(1, n/2) // functions usually join values
	}
	return max(1, min(n, s.rows))
}
