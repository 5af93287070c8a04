package builtin

import (
	"math/bits"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// summable are the arguments of sum and avg.
var summable = class{`"NUMERIC" or "ANSI INTERVAL"`, append(append([]types.Expected{}, numeric.expected...), ansiInterval.expected...)}

var sumAggregates = []*expr.AggregateFunction{
	aggregateRewrite("count", doc("agg_funcs", "count(*) returns the number of rows; count(expr1[, …]) the number of rows in which no argument is null.", "expr1, … - values").
		example("SELECT count(*) FROM VALUES (NULL), (5), (5), (20) AS tab(col);", "4").
		example("SELECT count(col) FROM VALUES (NULL), (5), (5), (20) AS tab(col);", "3").
		example("SELECT count(DISTINCT col) FROM VALUES (NULL), (5), (5), (10) AS tab(col);", "2"), 0, 0, -1, bindCount),
	aggregateRewrite("count_if", doc("agg_funcs", "Returns the number of rows for which expr is true.", "expr - a boolean").
		example("SELECT count_if(col % 2 = 0) FROM VALUES (NULL), (0), (1), (2), (3) AS tab(col);", "2"), 0, 1, 1, bindCountIf),
	sumFunction("sum", doc("agg_funcs", "Returns the sum of expr over the rows where it is not null; null if there are none.", "expr - a number or interval").
		example("SELECT sum(col) FROM VALUES (5), (10), (15) AS tab(col);", "30").
		example("SELECT sum(col) FROM VALUES (NULL), (NULL) AS tab(col);", "NULL"), false, false),
	sumFunction("try_sum", doc("agg_funcs", "Returns the sum of expr, or null if it does not fit its type.", "expr - a number or interval").
		example("SELECT try_sum(col) FROM VALUES (5), (10), (15) AS tab(col);", "30").
		example("SELECT try_sum(col) FROM VALUES (9223372036854775807L), (1L) AS tab(col);", "NULL"), false, true),
	aggregateAlias(sumFunction("avg", doc("agg_funcs", "Returns the mean of expr over the rows where it is not null; null if there are none.", "expr - a number or interval").
		example("SELECT avg(col) FROM VALUES (1), (2), (3) AS tab(col);", "2.0").
		example("SELECT avg(col) FROM VALUES (1), (2), (NULL) AS tab(col);", "1.5"), true, false), "mean"),
	sumFunction("try_avg", doc("agg_funcs", "Returns the mean of expr, or null if it does not fit its type.", "expr - a number or interval").
		example("SELECT try_avg(col) FROM VALUES (1), (2), (3) AS tab(col);", "2.0"), true, true),
}

// bindCount counts rows, or rows without a null among the arguments.
// count(*) has no arguments here.
func bindCount(c *expr.BindContext, args []expr.Expr, distinct bool) (expr.Expr, error) {
	f, _ := LookupAggregate("count")
	if !distinct {
		// A literal counts every row, as does an argument that is never null.
		kept := args[:0:0]
		for _, a := range args {
			if a.Nullable() {
				kept = append(kept, a)
			}
		}
		args = kept
	}
	return makeAggregate(c, f, args, aggregateOutcome{result: types.LongType, kernel: countKernel}, distinct), nil
}

func bindCountIf(c *expr.BindContext, args []expr.Expr, distinct bool) (expr.Expr, error) {
	t, ok := boolean.implicit(args[0].Type(), coercion(c))
	if !ok {
		return nil, unexpectedType(c, "count_if", args, 0, boolean.text)
	}
	e, err := castTo(c, args[0], t)
	if err != nil {
		return nil, err
	}
	// NULLIF(e, false): what is left are the true ones.
	when := expr.When{Condition: e, Result: newLiteral(c, true, types.BooleanType)}
	counted := &expr.Case{Base: expr.Base{Typ: types.BooleanType, Null: true, Span: c.Span}, Whens: []expr.When{when}, Else: newLiteral(c, nil, types.BooleanType)}
	return bindCount(c, []expr.Expr{counted}, distinct)
}

// countKernel's state is an int64.
var countKernel = &expr.AggregateKernel{Kind: expr.CountAggregate, Size: 8,
	Update: func(_ *expr.AggregateContext, g *expr.Groups, args []*vector.Vector, sel vector.Selection, n int) error {
		nullable := args[:0:0]
		for _, a := range args {
			if a.MayHaveNulls() {
				nullable = append(nullable, a)
			}
		}
		if len(nullable) == 0 && g.Rows == nil {
			*stateAt[int64](g, 0) += int64(sel.Rows(n))
			return nil
		}
		eachRow(sel, n, func(i int) {
			for _, a := range nullable {
				if a.IsNull(i) {
					return
				}
			}
			*stateAt[int64](g, i)++
		})
		return nil
	},
	Merge: mergeStates(func(dst, src *int64) { *dst += *src }),
	Final: finish(func(s *int64) (int64, bool) { return *s, true }),
}

// exactSum is the state of sums of integers, decimals and intervals.
type exactSum struct {
	sum   types.Int128
	count int64
}

// floatSum is the state of sums of floats.
type floatSum struct {
	sum   float64
	count int64
}

// wideSum is the state of sums of decimals of so many digits that 128 bits may overflow on the way.
type wideSum struct {
	low   types.Int128 // the low 128 bits
	high  int64        // the rest
	count int64
}

func (s *wideSum) add(v types.Int128) { s.addWide(v, v.Hi>>63) }

// addWide adds a 192-bit number.
func (s *wideSum) addWide(v types.Int128, high int64) {
	lo, carry := bits.Add64(s.low.Lo, v.Lo, 0)
	hi, carry := bits.Add64(uint64(s.low.Hi), uint64(v.Hi), carry)
	s.low = types.Int128{Lo: lo, Hi: int64(hi)}
	s.high += high + int64(carry)
}

// value is the sum; ok is false if it does not fit 128 bits.
func (s *wideSum) value() (types.Int128, bool) { return s.low, s.high == s.low.Hi>>63 }

// sumFunction makes sum, avg and their try_ forms.
func sumFunction(name string, d document, average, try bool) *expr.AggregateFunction {
	return aggregate(name, d, 0, aggregateSignature{params: []parameter{{summable}}, resolve: func(c *expr.BindContext, args []expr.Expr) (aggregateOutcome, error) {
		mode := modeOf(c)
		if try {
			mode = expr.Try
		}
		s := summer{from: args[0].Type(), mode: mode, average: average, name: name}
		if s.from.Kind == types.Void {
			s.from = types.DoubleType
		}
		s.to = s.resultType()
		return aggregateOutcome{result: s.to, nullable: true, kernel: s.kernel()}, nil
	}})
}

// summer is a sum or average over one type.
type summer struct {
	from, to types.Type
	mode     expr.ErrorMode
	average  bool
	name     string
}

func (s *summer) resultType() types.Type {
	switch s.from.Kind {
	case types.Decimal:
		if s.average {
			return types.DecimalAverageType(s.from)
		}
		return types.DecimalSumType(s.from)
	case types.YearMonthInterval:
		if s.average {
			return wholeYearMonth
		}
		return s.from
	case types.DayTimeInterval:
		if s.average {
			return wholeDayTime
		}
		return s.from
	}
	if s.from.IsIntegral() && !s.average {
		return types.LongType
	}
	return types.DoubleType
}

func (s *summer) kernel() *expr.AggregateKernel {
	kind := expr.SumAggregate
	if s.average {
		kind = expr.AvgAggregate
	}
	if s.from.IsFloating() {
		k := &expr.AggregateKernel{Kind: kind, Size: sizeOf[floatSum](), Update: accumulate(addFloat[float64]),
			Merge: mergeStates(func(dst, src *floatSum) { dst.sum += src.sum; dst.count += src.count }),
			Final: finish(func(st *floatSum) (float64, bool) {
				if s.average {
					return st.sum / float64(st.count), st.count > 0
				}
				return st.sum, st.count > 0
			})}
		if s.from.Kind == types.Float {
			k.Update = accumulate(addFloat[float32])
		}
		return k
	}
	if s.from.Kind == types.Decimal && s.from.Precision > 28 {
		return &expr.AggregateKernel{Kind: kind, Size: sizeOf[wideSum](), Update: accumulate(func(st *wideSum, v types.Int128) { st.add(v); st.count++ }),
			Merge: mergeStates(func(dst, src *wideSum) {
				dst.addWide(src.low, src.high)
				dst.count += src.count
			}),
			Final: s.final(func(b []byte) (types.Int128, bool, int64) {
				st := as[wideSum](b)
				v, ok := st.value()
				return v, ok, st.count
			}, sizeOf[wideSum]())}
	}
	k := &expr.AggregateKernel{Kind: kind, Size: sizeOf[exactSum](),
		Merge: mergeStates(func(dst, src *exactSum) { dst.sum = dst.sum.Add(src.sum); dst.count += src.count }),
		Final: s.final(func(b []byte) (types.Int128, bool, int64) {
			st := as[exactSum](b)
			return st.sum, true, st.count
		}, sizeOf[exactSum]())}
	switch s.from.Physical() {
	case types.PhysicalInt8:
		k.Update = accumulate(addInteger[int8])
	case types.PhysicalInt16:
		k.Update = accumulate(addInteger[int16])
	case types.PhysicalInt32:
		k.Update = accumulate(addInteger[int32])
	case types.PhysicalInt64:
		k.Update = accumulate(addInteger[int64])
	default:
		k.Update = accumulate(func(st *exactSum, v types.Int128) { st.sum = st.sum.Add(v); st.count++ })
	}
	return k
}

func addFloat[A floatType](s *floatSum, v A) {
	s.sum += float64(v)
	s.count++
}

func addInteger[A integerType](s *exactSum, v A) {
	s.sum = s.sum.Add(types.Int128From(int64(v)))
	s.count++
}

// final makes the Final of an exact sum or average: read gives the sum, whether it fits 128 bits, and the count.
func (s *summer) final(read func([]byte) (types.Int128, bool, int64), size int) func(*expr.AggregateContext, *expr.Groups, int, *vector.Vector) error {
	return func(c *expr.AggregateContext, g *expr.Groups, n int, out *vector.Vector) error {
		for i := range n {
			row := i
			if g.Rows != nil {
				row = int(g.Rows[i])
			}
			at := g.Offset + row*g.Stride
			sum, fits, count := read(g.Base[at : at+size])
			if count == 0 {
				out.SetNull(i)
				continue
			}
			if err := s.write(out, i, sum, fits, count); err != nil {
				return err.At(c.Span)
			}
		}
		return nil
	}
}

// write puts a result into row i of out, or null, or returns the error.
func (s *summer) write(out *vector.Vector, i int, sum types.Int128, fits bool, count int64) *diag.Error {
	var v types.Int128
	switch {
	case s.to.Kind == types.Double: // the average of integers
		vector.Set(out, i, sum.Float64()/float64(count))
		return nil
	case !fits:
	case s.from.Kind == types.Decimal && s.average:
		v, fits = types.DecimalDivide(sum, types.Int128From(count), int(s.from.Scale), 0, int(s.to.Scale), int(s.to.Precision))
	case s.from.Kind == types.Decimal:
		v, fits = sum, sum.FitsPrecision(int(s.to.Precision))
	case s.average:
		// As in Spark the sum has to fit the type, even where the average would.
		fits = sum.IsInt64() && (s.to.Kind != types.YearMonthInterval || sum == types.Int128From(int64(int32(sum.Int64()))))
		q, ok, _ := scaleByInteger(sum.Int64(), count, true)
		v, fits = types.Int128From(q), ok && fits
	default:
		v, fits = sum, sum.IsInt64()
	}
	if s.to.Kind == types.YearMonthInterval && fits {
		fits = v == types.Int128From(int64(int32(v.Int64())))
	}
	switch {
	case !fits && s.mode == expr.Legacy && s.to.Kind == types.Long:
		vector.Set(out, i, v.Int64()) // wraps
		return nil
	case !fits && (s.mode == expr.Checked || s.mode == expr.Legacy && s.to.IsInterval()):
		return s.overflow(sum)
	case !fits:
		out.SetNull(i)
		return nil
	}
	switch out.Physical {
	case types.PhysicalInt32:
		vector.Set(out, i, int32(v.Int64()))
	case types.PhysicalInt64:
		vector.Set(out, i, v.Int64())
	default:
		vector.Set(out, i, v)
	}
	return nil
}

func (s *summer) overflow(sum types.Int128) *diag.Error {
	switch {
	case s.to.Kind == types.Decimal:
		return outOfDecimalRange(types.FormatDecimal(sum, int(s.from.Scale)), s.to)
	case s.to.IsInterval():
		return intervalOverflow("try_add")
	}
	return overflow("long overflow", "try_add")
}
