package analysis

import (
	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// sample binds TABLESAMPLE: a fraction of the rows, or a number of them, which is a limit.
func (b *binder) sample(q *ast.Sample, env environment) (*relation, error) {
	r, err := b.from(q.Input, env)
	if err != nil {
		return nil, err
	}
	if q.Unit == ast.SampleRows {
		n, err := b.limitNumber(q.Size, "limit", env)
		if err != nil {
			return nil, err
		}
		return r.over(&logical.Limit{Input: r.node, Count: n}), nil
	}
	s := b.site(newRelation(oneRow(), nil), environment{})
	n := &logical.Sample{Input: r.node, Span: q.Place()}
	switch q.Unit {
	case ast.SamplePercent:
		percent, err := s.number(q.Size)
		if err != nil {
			return nil, err
		}
		n.Upper = percent / 100
	case ast.SampleBuckets:
		bucket, err := s.number(q.Size)
		if err != nil {
			return nil, err
		}
		buckets, err := s.number(q.Out)
		if err != nil {
			return nil, err
		}
		n.Upper = bucket / buckets
	default:
		return nil, diag.Unsupported("TABLESAMPLE by bytes")
	}
	// Spark allows for rounding errors of this size.
	const epsilon = 1e-6
	if n.Upper < -epsilon || n.Upper > 1+epsilon {
		return nil, diag.New("_LEGACY_ERROR_TEMP_0064", "msg", "Sampling fraction must be on interval [0, 1]").At(q.Place())
	}
	if q.Seed != nil {
		seed, err := s.number(q.Seed)
		if err != nil {
			return nil, err
		}
		n.Seed = int64(seed)
	} else {
		n.Seed = b.settings.CurrentTime().UnixNano()
	}
	return r.over(n), nil
}

// number is the value of a numeric constant.
func (s *site) number(e ast.Expr) (float64, error) {
	bound, err := s.expr(e)
	if err != nil {
		return 0, err
	}
	sign := 1.0
	if a, ok := bound.(*expr.Arithmetic); ok && a.Op == expr.Negate {
		bound, sign = a.Left, -1
	}
	if l, ok := bound.(*expr.Literal); ok && l.Value != nil && l.Typ.IsNumeric() {
		switch v := l.Value.(type) {
		case float64:
			return sign * v, nil
		case float32:
			return sign * float64(v), nil
		default:
			if l.Typ.Kind == types.Decimal {
				return sign * types.DecimalToFloat64(types.DecimalValue(v), int(l.Typ.Scale)), nil
			}
			n, _ := types.Integer64(v)
			return sign * float64(n), nil
		}
	}
	return 0, diag.Unsupported("a sample size that is no literal number").At(e.Place())
}
