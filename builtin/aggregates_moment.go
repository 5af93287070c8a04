package builtin

import (
	"math"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// moments is the state of variance, skewness and kurtosis: the count, the mean and the sums of powers of the distances
// to it, updated in one pass with Spark's formulas.
type moments struct{ n, mean, m2, m3, m4 float64 }

func (s *moments) add(x float64) {
	n := s.n + 1
	delta := x - s.mean
	deltaN := delta / n
	m2 := s.m2 + delta*(delta-deltaN)
	delta2, deltaN2 := delta*delta, deltaN*deltaN
	m3 := s.m3 - 3*deltaN*m2 + delta*(delta2-deltaN2)
	s.m4 += -4*deltaN*m3 - 6*deltaN2*m2 + delta*(delta*delta2-deltaN*deltaN2)
	s.n, s.mean, s.m2, s.m3 = n, s.mean+deltaN, m2, m3
}

func (s *moments) merge(o *moments) {
	if o.n == 0 {
		return
	}
	if s.n == 0 {
		*s = *o
		return
	}
	n1, n2 := s.n, o.n
	n := n1 + n2
	delta := o.mean - s.mean
	deltaN := delta / n
	r := moments{n: n, mean: s.mean + deltaN*n2}
	r.m2 = s.m2 + o.m2 + delta*deltaN*n1*n2
	r.m3 = s.m3 + o.m3 + deltaN*deltaN*delta*n1*n2*(n1-n2) + 3*deltaN*(n1*o.m2-n2*s.m2)
	r.m4 = s.m4 + o.m4 + deltaN*deltaN*deltaN*delta*n1*n2*(n1*n1-n1*n2+n2*n2) +
		6*deltaN*deltaN*(n1*n1*o.m2+n2*n2*s.m2) + 4*deltaN*(n1*o.m3-n2*s.m3)
	*s = r
}

// comoments is the state of covariance, correlation and regression over pairs without a null: y first, as in regr_slope(y, x).
type comoments struct {
	n, meanY, meanX, cross float64
	m2Y, m2X               float64 // sums of squares as Spark's corr updates them
	varY, varX             float64 // the same as Spark's variance does: they differ in the last digit
}

func (s *comoments) add(y, x float64) {
	n := s.n + 1
	dy, dx := y-s.meanY, x-s.meanX
	s.meanY += dy / n
	s.meanX += dx / n
	s.cross += dy * (x - s.meanX)
	s.m2Y += dy * (y - s.meanY)
	s.m2X += dx * (x - s.meanX)
	s.varY += dy * (dy - dy/n)
	s.varX += dx * (dx - dx/n)
	s.n = n
}

func (s *comoments) merge(o *comoments) {
	if o.n == 0 {
		return
	}
	if s.n == 0 {
		*s = *o
		return
	}
	n1, n2 := s.n, o.n
	n := n1 + n2
	dy, dx := o.meanY-s.meanY, o.meanX-s.meanX
	dyN, dxN := dy/n, dx/n
	s.cross += o.cross + dy*dxN*n1*n2
	s.m2Y += o.m2Y + dy*dyN*n1*n2
	s.m2X += o.m2X + dx*dxN*n1*n2
	s.varY += o.varY + dy*dyN*n1*n2
	s.varX += o.varX + dx*dxN*n1*n2
	s.meanY += dyN * n2
	s.meanX += dxN * n2
	s.n = n
}

// momentFunction is an aggregate over doubles; result false is null.
func momentFunction(name string, d document, result func(s *moments) (float64, bool)) *expr.AggregateFunction {
	kernel := &expr.AggregateKernel{Size: sizeOf[moments](), Update: accumulate((*moments).add), Merge: mergeStates((*moments).merge), Final: finish(result)}
	return aggregate(name, d, 0, aggregateSignature{params: of(double), resolve: func(*expr.BindContext, []expr.Expr) (aggregateOutcome, error) {
		return aggregateOutcome{result: types.DoubleType, nullable: true, kernel: kernel}, nil
	}})
}

// pairFunction is an aggregate over pairs of doubles.
func pairFunction(name string, d document, result func(s *comoments) (float64, bool)) *expr.AggregateFunction {
	kernel := &expr.AggregateKernel{Size: sizeOf[comoments](), Update: accumulate2((*comoments).add), Merge: mergeStates((*comoments).merge), Final: finish(result)}
	return aggregate(name, d, 0, aggregateSignature{params: of(double, double), resolve: func(*expr.BindContext, []expr.Expr) (aggregateOutcome, error) {
		return aggregateOutcome{result: types.DoubleType, nullable: true, kernel: kernel}, nil
	}})
}

// sampleVariance is null for a single value.
func sampleVariance(s *moments) (float64, bool) { return s.m2 / (s.n - 1), s.n > 1 }

func regressionSlope(s *comoments) (float64, bool) { return s.cross / s.varX, s.n > 0 && s.varX != 0 }

var momentAggregates = []*expr.AggregateFunction{
	aggregateAlias(momentFunction("stddev_samp", doc("agg_funcs", "Returns the sample standard deviation of expr.", "expr - a number").
		example("SELECT stddev_samp(col) FROM VALUES (1), (2), (3) AS tab(col);", "1.0"),
		func(s *moments) (float64, bool) {
			v, ok := sampleVariance(s)
			return math.Sqrt(v), ok
		}), "stddev", "std"),
	momentFunction("stddev_pop", doc("agg_funcs", "Returns the population standard deviation of expr.", "expr - a number").
		example("SELECT stddev_pop(col) FROM VALUES (1), (2), (3) AS tab(col);", "0.816496580927726"),
		func(s *moments) (float64, bool) { return math.Sqrt(s.m2 / s.n), s.n > 0 }),
	aggregateAlias(momentFunction("var_samp", doc("agg_funcs", "Returns the sample variance of expr.", "expr - a number").
		example("SELECT var_samp(col) FROM VALUES (1), (2), (3) AS tab(col);", "1.0"), sampleVariance), "variance"),
	momentFunction("var_pop", doc("agg_funcs", "Returns the population variance of expr.", "expr - a number").
		example("SELECT var_pop(col) FROM VALUES (1), (2), (3) AS tab(col);", "0.6666666666666666"),
		func(s *moments) (float64, bool) { return s.m2 / s.n, s.n > 0 }),
	momentFunction("skewness", doc("agg_funcs", "Returns the skewness of expr.", "expr - a number").
		example("SELECT skewness(col) FROM VALUES (-10), (-20), (100), (1000) AS tab(col);", "1.1135657469022011"),
		func(s *moments) (float64, bool) {
			return math.Sqrt(s.n) * s.m3 / math.Sqrt(s.m2*s.m2*s.m2), s.n > 0 && s.m2 != 0
		}),
	momentFunction("kurtosis", doc("agg_funcs", "Returns the excess kurtosis of expr.", "expr - a number").
		example("SELECT kurtosis(col) FROM VALUES (-10), (-20), (100), (1000) AS tab(col);", "-0.7014368047529627"),
		func(s *moments) (float64, bool) { return s.n*s.m4/(s.m2*s.m2) - 3, s.n > 0 && s.m2 != 0 }),
	pairFunction("covar_pop", doc("agg_funcs", "Returns the population covariance of the pairs.", "expr1 - a number", "expr2 - a number").
		example("SELECT covar_pop(c1, c2) FROM VALUES (1, 1), (2, 2), (3, 3) AS tab(c1, c2);", "0.6666666666666666"),
		func(s *comoments) (float64, bool) { return s.cross / s.n, s.n > 0 }),
	pairFunction("covar_samp", doc("agg_funcs", "Returns the sample covariance of the pairs.", "expr1 - a number", "expr2 - a number").
		example("SELECT covar_samp(c1, c2) FROM VALUES (1, 1), (2, 2), (3, 3) AS tab(c1, c2);", "1.0"),
		func(s *comoments) (float64, bool) { return s.cross / (s.n - 1), s.n > 1 }),
	correlation,
	regressionCount,
	pairFunction("regr_avgx", doc("agg_funcs", "Returns the mean of x over the pairs without a null.", "y - a number", "x - a number").
		example("SELECT regr_avgx(y, x) FROM VALUES (1, 2), (2, 2), (2, 3), (2, 4) AS tab(y, x);", "2.75"),
		func(s *comoments) (float64, bool) { return s.meanX, s.n > 0 }),
	pairFunction("regr_avgy", doc("agg_funcs", "Returns the mean of y over the pairs without a null.", "y - a number", "x - a number").
		example("SELECT regr_avgy(y, x) FROM VALUES (1, 2), (2, 2), (2, 3), (2, 4) AS tab(y, x);", "1.75"),
		func(s *comoments) (float64, bool) { return s.meanY, s.n > 0 }),
	pairFunction("regr_sxx", doc("agg_funcs", "Returns the sum of squared distances of x to its mean over the pairs without a null.", "y - a number", "x - a number").
		example("SELECT regr_sxx(y, x) FROM VALUES (1, 2), (2, 2), (2, 3), (2, 4) AS tab(y, x);", "2.75"),
		func(s *comoments) (float64, bool) { return s.varX, s.n > 0 }),
	pairFunction("regr_syy", doc("agg_funcs", "Returns the sum of squared distances of y to its mean over the pairs without a null.", "y - a number", "x - a number").
		example("SELECT regr_syy(y, x) FROM VALUES (1, 2), (2, 2), (2, 3), (2, 4) AS tab(y, x);", "0.75"),
		func(s *comoments) (float64, bool) { return s.varY, s.n > 0 }),
	pairFunction("regr_sxy", doc("agg_funcs", "Returns the sum of products of the distances of x and y to their means.", "y - a number", "x - a number").
		example("SELECT regr_sxy(y, x) FROM VALUES (1, 2), (2, 2), (2, 3), (2, 4) AS tab(y, x);", "0.75"),
		func(s *comoments) (float64, bool) { return s.cross, s.n > 0 }),
	pairFunction("regr_slope", doc("agg_funcs", "Returns the slope of the line that fits the pairs best.", "y - a number", "x - a number").
		example("SELECT regr_slope(y, x) FROM VALUES (1, 1), (2, 2), (3, 3) AS tab(y, x);", "1.0"), regressionSlope),
	pairFunction("regr_intercept", doc("agg_funcs", "Returns where the line that fits the pairs best meets the y axis.", "y - a number", "x - a number").
		example("SELECT regr_intercept(y, x) FROM VALUES (1, 1), (2, 2), (3, 3) AS tab(y, x);", "0.0"),
		func(s *comoments) (float64, bool) {
			slope, ok := regressionSlope(s)
			return s.meanY - slope*s.meanX, ok
		}),
	pairFunction("regr_r2", doc("agg_funcs", "Returns the coefficient of determination of the pairs.", "y - a number", "x - a number").
		example("SELECT regr_r2(y, x) FROM VALUES (1, 2), (2, 2), (2, 3), (2, 4) AS tab(y, x);", "0.2727272727272727"),
		func(s *comoments) (float64, bool) {
			if s.m2X == 0 {
				return 1, s.n > 0 && s.m2Y != 0
			}
			r := s.cross / math.Sqrt(s.m2Y*s.m2X)
			return r * r, s.n > 0 && s.m2Y != 0
		}),
}

var regressionCount = func() *expr.AggregateFunction {
	kernel := &expr.AggregateKernel{Size: 8, Update: accumulate2(func(s *int64, _, _ float64) { *s++ }),
		Merge: mergeStates(func(dst, src *int64) { *dst += *src }), Final: finish(func(s *int64) (int64, bool) { return *s, true })}
	return aggregate("regr_count", doc("agg_funcs", "Returns the number of pairs without a null.", "y - a number", "x - a number").
		example("SELECT regr_count(y, x) FROM VALUES (1, 2), (2, 2), (2, NULL), (2, 4) AS tab(y, x);", "3"), 0,
		aggregateSignature{params: of(double, double), resolve: func(*expr.BindContext, []expr.Expr) (aggregateOutcome, error) {
			return aggregateOutcome{result: types.LongType, kernel: kernel}, nil
		}})
}()

// correlation divides by the deviations: if one is zero that is, as in Spark, a division by zero.
var correlation = aggregate("corr", doc("agg_funcs", "Returns Pearson's coefficient of correlation of the pairs.", "expr1 - a number", "expr2 - a number").
	example("SELECT corr(c1, c2) FROM VALUES (3, 2), (3, 3), (6, 4) AS tab(c1, c2);", "0.8660254037844387"), 0,
	aggregateSignature{params: of(double, double), resolve: func(c *expr.BindContext, _ []expr.Expr) (aggregateOutcome, error) {
		ansi := c.Settings.ANSI
		return aggregateOutcome{result: types.DoubleType, nullable: true, kernel: &expr.AggregateKernel{Size: sizeOf[comoments](),
			Update: accumulate2((*comoments).add), Merge: mergeStates((*comoments).merge),
			Final: finishErr(func(_ *expr.AggregateContext, s *comoments) (float64, bool, error) {
				deviations := math.Sqrt(s.m2Y * s.m2X)
				if s.n > 1 && deviations == 0 && ansi {
					return 0, false, divideByZero()
				}
				return s.cross / deviations, s.n > 1 && deviations != 0, nil
			})}}, nil
	}})
