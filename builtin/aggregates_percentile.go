package builtin

import (
	encoding "encoding/binary"
	"math"
	"slices"
	"sort"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Percentiles keep every distinct value with its count: they are exact, approx_percentile too.

// counted is a value and how often it occurred.
type counted struct {
	value float64
	count int64
}

// sampleBlob holds the values of a group. Those before sorted are in order and distinct.
type sampleBlob struct {
	entries []counted
	sorted  int
}

func sampleOf(store *expr.BlobStore, s *blobState) *sampleBlob {
	if s.blob == 0 {
		s.blob = store.New(&sampleBlob{})
		store.Bytes += 64
	}
	return store.Get(s.blob).(*sampleBlob)
}

const countedSize = 16

func (b *sampleBlob) add(store *expr.BlobStore, value float64, count int64) {
	if count == 0 {
		return
	}
	b.entries = append(b.entries, counted{value, count})
	store.Bytes += countedSize
	// Where values repeat, joining equal ones now and then keeps the state small.
	if len(b.entries)-b.sorted > 1024 && len(b.entries) > 2*b.sorted {
		before := len(b.entries)
		b.sort()
		store.Bytes -= int64(before-len(b.entries)) * countedSize
	}
}

// compareTotal is the order of doubles that tells -0.0 from 0.0, as Java's Double.compare.
func compareTotal(a, b float64) int {
	if a == 0 && b == 0 {
		return int(boolByte(math.Signbit(b))) - int(boolByte(math.Signbit(a)))
	}
	return types.CompareDouble(a, b)
}

// sort orders the values and joins equal ones.
func (b *sampleBlob) sort() {
	if b.sorted == len(b.entries) {
		return
	}
	slices.SortFunc(b.entries, func(x, y counted) int { return compareTotal(x.value, y.value) })
	kept := b.entries[:1]
	for _, e := range b.entries[1:] {
		if last := &kept[len(kept)-1]; compareTotal(last.value, e.value) == 0 {
			last.count += e.count
		} else {
			kept = append(kept, e)
		}
	}
	b.entries, b.sorted = kept, len(kept)
}

// cumulative returns the running counts; the last is the number of values.
func (b *sampleBlob) cumulative() []int64 {
	sums := make([]int64, len(b.entries))
	total := int64(0)
	for i, e := range b.entries {
		total += e.count
		sums[i] = total
	}
	return sums
}

// at is the value of the given rank, from 1.
func (b *sampleBlob) at(sums []int64, rank int64) float64 {
	i := sort.Search(len(sums), func(i int) bool { return sums[i] >= rank })
	return b.entries[min(i, len(b.entries)-1)].value
}

// percentileMethod picks a value of the sorted sample at fraction p.
type percentileMethod func(b *sampleBlob, sums []int64, p float64) float64

// interpolated lies between the two nearest values: percentile, percentile_cont and median.
func interpolated(b *sampleBlob, sums []int64, p float64) float64 {
	position := float64(sums[len(sums)-1]-1) * p
	lower, higher := math.Floor(position), math.Ceil(position)
	low, high := b.at(sums, int64(lower)+1), b.at(sums, int64(higher)+1)
	if lower == higher || low == high {
		return low
	}
	return (higher-position)*low + (position-lower)*high
}

// discrete is the first value whose cumulative share reaches p: percentile_disc.
func discrete(b *sampleBlob, sums []int64, p float64) float64 {
	return b.at(sums, int64(math.Ceil(float64(sums[len(sums)-1])*p)))
}

// legacyDiscrete is percentile_disc before Spark 4 (spark.sql.legacy.percentileDiscCalculation).
func legacyDiscrete(b *sampleBlob, sums []int64, p float64) float64 {
	return b.at(sums, int64(float64(sums[len(sums)-1]-1)*p)+1)
}

// approximate is what Spark's sketch answers while it holds every value. The sketch keeps the least value only if it is at most
// the next one: a number whose neighbours are all NaN gets lost.
func approximate(accuracy int64) percentileMethod {
	tolerance := 1 / float64(accuracy)
	return func(b *sampleBlob, sums []int64, p float64) float64 {
		total := sums[len(sums)-1]
		switch {
		case sums[0] == 1 && total > 1 && math.IsNaN(b.entries[1].value):
			return b.entries[1].value
		case p <= tolerance:
			return b.at(sums, 1)
		case p >= 1-tolerance:
			return b.at(sums, total)
		}
		return b.at(sums, int64(math.Ceil(p*float64(total))))
	}
}

// descending mirrors a method for ORDER BY … DESC.
func descending(method percentileMethod) percentileMethod {
	return func(b *sampleBlob, _ []int64, p float64) float64 {
		mirrored := sampleBlob{entries: slices.Clone(b.entries)}
		slices.Reverse(mirrored.entries)
		return method(&mirrored, mirrored.cumulative(), p)
	}
}

// percentiles is a bound percentile function.
type percentiles struct {
	of       types.Type // of the values
	fraction []float64
	array    bool
	method   percentileMethod
	// frequency says that the third argument is how often a value counts. Constant arguments stay with the call, though the
	// kernel does not read them: they tell percentile(x, 0.1) and percentile(x, 0.9) apart.
	frequency bool
}

func (p *percentiles) kernel() *expr.AggregateKernel {
	return &expr.AggregateKernel{Size: 8, Blob: true, Update: p.update, Final: p.final,
		Merge: func(c *expr.AggregateContext, dst, src []byte, blobs *expr.BlobStore) error {
			s := as[blobState](src)
			if s.blob == 0 {
				return nil
			}
			to := sampleOf(c.Blobs, as[blobState](dst))
			for _, e := range blobs.Get(s.blob).(*sampleBlob).entries {
				to.add(c.Blobs, e.value, e.count)
			}
			return nil
		},
		Encode: func(c *expr.AggregateContext, state, b []byte) ([]byte, error) {
			if s := as[blobState](state); s.blob != 0 {
				for _, e := range c.Blobs.Get(s.blob).(*sampleBlob).entries {
					b = encoding.LittleEndian.AppendUint64(b, math.Float64bits(e.value))
					b = encoding.LittleEndian.AppendUint64(b, uint64(e.count))
				}
			}
			return b, nil
		},
		Decode: func(c *expr.AggregateContext, state, b []byte) error {
			s := as[blobState](state)
			s.blob = 0
			for ; len(b) >= countedSize; b = b[countedSize:] {
				sampleOf(c.Blobs, s).add(c.Blobs, math.Float64frombits(encoding.LittleEndian.Uint64(b)), int64(encoding.LittleEndian.Uint64(b[8:])))
			}
			return nil
		},
	}
}

// update adds values, as often as the third argument says.
func (p *percentiles) update(c *expr.AggregateContext, g *expr.Groups, args []*vector.Vector, sel vector.Selection, n int) error {
	read := readFloat(args[0])
	var failed error
	eachRow(sel, n, func(i int) {
		if args[0].IsNull(i) || failed != nil {
			return
		}
		count := int64(1)
		if p.frequency {
			if args[2].IsNull(i) {
				return
			}
			if count = vector.Get[int64](args[2], i); count < 0 {
				failed = diag.New("NEGATIVE_VALUES_IN_FREQUENCY_EXPRESSION", "frequencyExpression", quoted(itoa(int(count))),
					"negativeValue", itoa(int(count))+"L").At(c.Span)
				return
			}
		}
		sampleOf(c.Blobs, stateAt[blobState](g, i)).add(c.Blobs, read(i), count)
	})
	return failed
}

// readFloat reads rows of any numeric, date, timestamp or interval type as doubles.
func readFloat(v *vector.Vector) func(i int) float64 {
	if v.Type.Kind == types.Decimal {
		read, scale := readDecimal(v), int(v.Type.Scale)
		return func(i int) float64 { return types.DecimalToFloat64(read(i), scale) }
	}
	switch v.Physical {
	case types.PhysicalInt8:
		return func(i int) float64 { return float64(vector.Get[int8](v, i)) }
	case types.PhysicalInt16:
		return func(i int) float64 { return float64(vector.Get[int16](v, i)) }
	case types.PhysicalInt32:
		return func(i int) float64 { return float64(vector.Get[int32](v, i)) }
	case types.PhysicalInt64:
		return func(i int) float64 { return float64(vector.Get[int64](v, i)) }
	case types.PhysicalFloat32:
		return func(i int) float64 { return float64(vector.Get[float32](v, i)) }
	}
	return func(i int) float64 { return vector.Get[float64](v, i) }
}

// writeFloat writes a percentile as a value of the layout of out; what is between two integers is cut.
func writeFloat(out *vector.Vector, i int, v float64) {
	if out.Type.Kind == types.Decimal {
		d, ok := types.DecimalFromFloat64(v, int(out.Type.Precision), int(out.Type.Scale))
		if !ok {
			out.SetNull(i) // the double has digits too many
		}
		writeDecimal(out, i, d)
		return
	}
	switch out.Physical {
	case types.PhysicalInt8:
		vector.Set(out, i, int8(v))
	case types.PhysicalInt16:
		vector.Set(out, i, int16(v))
	case types.PhysicalInt32:
		vector.Set(out, i, int32(v))
	case types.PhysicalInt64:
		vector.Set(out, i, saturatedInteger(v))
	case types.PhysicalFloat32:
		vector.Set(out, i, float32(v))
	default:
		vector.Set(out, i, v)
	}
}

func (p *percentiles) final(c *expr.AggregateContext, g *expr.Groups, n int, out *vector.Vector) error {
	to := out
	if p.array {
		to = out.Children[0]
		to.Reset(n * len(p.fraction))
	}
	for i := range n {
		s := resultAt[blobState](g, i)
		var b *sampleBlob
		if s.blob != 0 {
			b = c.Blobs.Get(s.blob).(*sampleBlob)
		}
		if b == nil || len(b.entries) == 0 {
			if p.array {
				vector.Set(out, i, vector.List{})
			}
			out.SetNull(i)
			continue
		}
		b.sort()
		sums := b.cumulative()
		for j, fraction := range p.fraction {
			at := i + j // without an array there is one fraction
			if p.array {
				at = i*len(p.fraction) + j
			}
			writeFloat(to, at, p.method(b, sums, fraction))
		}
		if p.array {
			vector.Set(out, i, vector.List{Start: int32(i * len(p.fraction)), Length: int32(len(p.fraction))})
		}
	}
	return nil
}

// fractions reads the argument that says which percentiles are wanted.
func fractions(c *expr.BindContext, name string, args []expr.Expr, at int) (list []float64, array bool, err error) {
	text := callText(name, args)
	t := types.DoubleType
	if args[at].Type().Kind == types.Array {
		t = types.ArrayType(types.DoubleType, args[at].Type().ElemNullable())
		array = true
	}
	cast, err := castTo(c, args[at], t)
	if err != nil {
		return nil, false, err
	}
	constant, ok, err := Constant(cast)
	switch {
	case err != nil:
		return nil, false, err
	case !ok:
		return nil, false, notFoldable(c, name, "percentage", t, args, at)
	case constant == nil:
		return nil, false, diag.New("DATATYPE_MISMATCH.UNEXPECTED_NULL", "sqlExpr", text, "exprName", "percentage").At(c.Span)
	}
	values := []any{constant}
	if array {
		values = constant.([]any)
	}
	for _, v := range values {
		f, ok := v.(float64)
		if !ok {
			return nil, false, diag.New("DATATYPE_MISMATCH.UNEXPECTED_NULL", "sqlExpr", text, "exprName", "percentage").At(c.Span)
		}
		if !(f >= 0 && f <= 1) {
			return nil, false, diag.New("DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE", "sqlExpr", text, "exprName", "percentage",
				"valueRange", "[0.0, 1.0]", "currentValue", types.SQLLiteral(f, types.DoubleType, nil)).At(c.Span)
		}
		list = append(list, f)
	}
	return list, array, nil
}

// outcome makes the aggregate: numbers are taken as doubles; intervals give intervals.
func (p *percentiles) outcome(c *expr.BindContext, args []expr.Expr) (aggregateOutcome, error) {
	value := args[0]
	result := types.DoubleType
	switch p.of.Kind {
	case types.YearMonthInterval:
		result = wholeYearMonth
	case types.DayTimeInterval:
		result = wholeDayTime
	default:
		e, err := castTo(c, value, types.DoubleType)
		if err != nil {
			return aggregateOutcome{}, err
		}
		value = e
	}
	if p.array {
		result = types.ArrayType(result, false)
	}
	return aggregateOutcome{result: result, nullable: true, kernel: p.kernel(), args: append([]expr.Expr{value}, args[1:]...)}, nil
}

var (
	numberOrInterval = class{`("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH")`, summable.expected}
)

var percentileAggregates = []*expr.AggregateFunction{
	aggregate("percentile", doc("agg_funcs", "Returns the exact percentile of col at the given fraction, between the two nearest values if need be; an array of them for an array of fractions.",
		"col - a number or interval", "percentage - a constant between 0 and 1, or an array of such", "frequency - how often the value counts, an integer").printed(defaults(2, "1")).
		example("SELECT percentile(col, 0.3) FROM VALUES (0), (10) AS tab(col);", "3.0").
		example("SELECT percentile(col, array(0.25, 0.75)) FROM VALUES (0), (10) AS tab(col);", "[2.5,7.5]"), 0,
		aggregateSignature{params: of(numberOrInterval, anything, integral), optional: 1, resolve: func(c *expr.BindContext, args []expr.Expr) (aggregateOutcome, error) {
			p := percentiles{of: args[0].Type(), method: interpolated}
			var err error
			if p.fraction, p.array, err = fractions(c, "percentile", args, 1); err != nil {
				return aggregateOutcome{}, err
			}
			if len(args) == 3 {
				frequency, err := castTo(c, args[2], types.LongType)
				if err != nil {
					return aggregateOutcome{}, err
				}
				args = []expr.Expr{args[0], args[1], frequency}
				p.frequency = true
			}
			return p.outcome(c, args)
		}}),
	aggregate("median", doc("agg_funcs", "Returns the median of col: its percentile at 0.5.", "col - a number or interval").
		example("SELECT median(col) FROM VALUES (0), (10) AS tab(col);", "5.0"), 0,
		aggregateSignature{params: of(numberOrInterval), resolve: func(c *expr.BindContext, args []expr.Expr) (aggregateOutcome, error) {
			p := percentiles{of: args[0].Type(), method: interpolated, fraction: []float64{0.5}}
			return p.outcome(c, args)
		}}),
	withinGroup("percentile_cont", interpolated, doc("agg_funcs", "percentile_cont(percentage) WITHIN GROUP (ORDER BY col): the percentile of col at the given fraction, between the two nearest values if need be.",
		"percentage - a constant between 0 and 1, or an array of such").printed(printWithinGroup).
		example("SELECT percentile_cont(0.25) WITHIN GROUP (ORDER BY col) FROM VALUES (0), (10) AS tab(col);", "2.5")),
	withinGroup("percentile_disc", discrete, doc("agg_funcs", "percentile_disc(percentage) WITHIN GROUP (ORDER BY col): the first value of col whose share of the rows up to it reaches the given fraction.",
		"percentage - a constant between 0 and 1, or an array of such").printed(printWithinGroup).
		example("SELECT percentile_disc(0.25) WITHIN GROUP (ORDER BY col) FROM VALUES (0), (10) AS tab(col);", "0.0")),
	aggregateAlias(aggregate("approx_percentile", doc("agg_funcs", "Returns the value of col below which at least the given fraction of the values lies. kiln's answer is exact; accuracy is checked only.",
		"col - a number, date, timestamp or interval", "percentage - a constant between 0 and 1, or an array of such", "accuracy - a positive integer constant").printed(defaults(2, "10000")).
		example("SELECT approx_percentile(col, array(0.5, 0.4, 0.1), 100) FROM VALUES (0), (1), (2), (10) AS tab(col);", "[1,1,0]").
		example("SELECT approx_percentile(col, 0.5, 100) FROM VALUES (0), (6), (7), (9), (10) AS tab(col);", "7"), 0,
		aggregateSignature{params: of(approximable, anything, integral), optional: 1, resolve: bindApproxPercentile}), "percentile_approx"),
}

var approximable = class{`("NUMERIC" or "DATE" or "TIMESTAMP" or "TIMESTAMP_NTZ" or "INTERVAL YEAR TO MONTH" or "INTERVAL DAY TO SECOND")`,
	append(append([]types.Expected{}, summable.expected...), types.Expect(types.DateType), types.Expect(types.TimestampType), types.Expect(types.TimestampNTZType))}

func bindApproxPercentile(c *expr.BindContext, args []expr.Expr) (aggregateOutcome, error) {
	const name = "approx_percentile"
	p := percentiles{of: args[0].Type()}
	var err error
	if p.fraction, p.array, err = fractions(c, name, args, 1); err != nil {
		return aggregateOutcome{}, err
	}
	accuracy := int64(10000)
	if len(args) == 3 {
		v, err := constantOf(c, name, "accuracy", types.LongType, args, 2)
		if err != nil {
			return aggregateOutcome{}, err
		}
		if v == nil {
			return aggregateOutcome{}, diag.New("DATATYPE_MISMATCH.UNEXPECTED_NULL", "sqlExpr", callText(name, args), "exprName", "accuracy").At(c.Span)
		}
		if accuracy = integerValue(v); accuracy <= 0 || accuracy > math.MaxInt32 {
			return aggregateOutcome{}, diag.New("DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE", "sqlExpr", callText(name, args), "exprName", "accuracy",
				"valueRange", "(0, 2147483647]", "currentValue", types.SQLLiteral(accuracy, types.LongType, nil)).At(c.Span)
		}
	}
	p.method = approximate(accuracy)
	result := p.of
	if p.array {
		result = types.ArrayType(result, false)
	}
	return aggregateOutcome{result: result, nullable: true, kernel: p.kernel()}, nil
}

// withinGroup makes percentile_cont or percentile_disc. Its Bind takes the fraction, the expression of WITHIN GROUP's
// ORDER BY and a boolean constant that says the order is descending; see BindWithinGroup.
func withinGroup(name string, method percentileMethod, d document) *expr.AggregateFunction {
	return aggregateRewrite(name, d, 0, 1, 3, func(c *expr.BindContext, args []expr.Expr, distinct bool) (expr.Expr, error) {
		if len(args) == 1 {
			return nil, withinGroupMissing(c, name)
		}
		f, _ := LookupAggregate(name)
		if _, ok := numberOrInterval.implicit(args[1].Type(), coercion(c)); !ok {
			return nil, unexpectedType(c, name, args[:2], 1, numberOrInterval.text)
		}
		p := percentiles{of: args[1].Type(), method: method}
		if name == "percentile_disc" && c.Settings.Conf != nil && c.Settings.Conf("spark.sql.legacy.percentileDiscCalculation") == "true" {
			p.method = legacyDiscrete
		}
		var err error
		if p.fraction, p.array, err = fractions(c, name, args[:1], 0); err != nil {
			return nil, err
		}
		if isTrue(args, 2) {
			p.method = descending(p.method)
		}
		o, err := p.outcome(c, append([]expr.Expr{args[1], args[0]}, args[2:]...))
		if err != nil {
			return nil, err
		}
		return makeAggregate(c, f, o.args, o, distinct), nil
	})
}

func withinGroupMissing(c *expr.BindContext, name string) *diag.Error {
	return diag.New("INVALID_WITHIN_GROUP_EXPRESSION.WITHIN_GROUP_MISSING", "funcName", routine(name)).At(c.Span)
}

// isTrue reports whether argument at is there and the constant true.
func isTrue(args []expr.Expr, at int) bool {
	if at >= len(args) {
		return false
	}
	l, ok := args[at].(*expr.Literal)
	return ok && l.Value == true
}

// BindWithinGroup binds f(args) WITHIN GROUP (ORDER BY keys).
func BindWithinGroup(c *expr.BindContext, f *expr.AggregateFunction, args []expr.Expr, keys []expr.SortKey, distinct bool) (expr.Expr, error) {
	if f.Name == "listagg" {
		if len(args) < 1 || len(args) > 2 {
			return nil, wrongNumber(c, f.Name, 1, 2, len(args))
		}
		return bindListAgg(c, args, keys, distinct)
	}
	if len(keys) != 1 {
		return nil, diag.New("INVALID_WITHIN_GROUP_EXPRESSION.WRONG_NUM_ORDERINGS", "funcName", routine(f.Name), "expectedNum", "1",
			"actualNum", itoa(len(keys))).At(c.Span)
	}
	down := newLiteral(c, keys[0].Descending, types.BooleanType)
	switch f.Name {
	case "percentile_cont", "percentile_disc":
		if len(args) != 1 {
			return nil, wrongNumber(c, f.Name, 1, 1, len(args))
		}
		return f.Bind(c, []expr.Expr{args[0], keys[0].Expr, down}, distinct)
	case "mode":
		if len(args) != 0 {
			return nil, wrongNumber(c, f.Name, 0, 0, len(args))
		}
		return f.Bind(c, []expr.Expr{keys[0].Expr, newLiteral(c, true, types.BooleanType), down}, distinct)
	}
	return nil, diag.Unsupported("WITHIN GROUP of " + f.Name).At(c.Span)
}
