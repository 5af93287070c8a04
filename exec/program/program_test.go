package program

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// testColumn is a column of test data: values of all rows, and the layout and encoding to hand them out in.
type testColumn struct {
	Input
	values   []any
	encoding vector.Encoding
}

// testSource hands out test columns, chunk by chunk. Rows outside a selection are junk.
type testSource struct {
	columns []*testColumn
	start   int
	n       int
	random  *rand.Rand
	loads   map[int]int
}

var testDictionaries uint64 = 1 << 40

func (s *testSource) Load(c int, sel vector.Selection, v *vector.Vector) error {
	if s.loads != nil {
		s.loads[c]++
	}
	col := s.columns[c]
	values := append([]any(nil), col.values[s.start:s.start+s.n]...)
	if sel != nil {
		chosen := map[int]bool{}
		for _, i := range sel {
			chosen[int(i)] = true
		}
		for i := range values {
			if !chosen[i] {
				values[i] = col.values[s.random.IntN(len(col.values))]
			}
		}
	}
	switch col.encoding {
	case vector.Constant:
		v.Reset(1)
		kernel.SetValue(v, 0, values[0])
		v.SetConstant(s.n)
	case vector.Dictionary:
		s.dictionary(col, values, v)
	default:
		v.Reset(s.n)
		for i, x := range values {
			kernel.SetValue(v, i, x)
		}
	}
	return nil
}

// dictionary makes a dictionary of the chunk's distinct values and two more; nulls stand in the codes' validity.
func (s *testSource) dictionary(col *testColumn, values []any, v *vector.Vector) {
	index := map[string]int32{}
	var entries []any
	codes := make([]int32, len(values))
	for i, x := range append(append([]any(nil), values...), col.values[0]) {
		if x == nil {
			continue
		}
		key := fmt.Sprint(x) // NaN equals itself
		if _, ok := index[key]; !ok {
			index[key] = int32(len(entries))
			entries = append(entries, x)
		}
		if i < len(codes) {
			codes[i] = index[key]
		}
	}
	dict := vector.New(col.Type, col.Physical, len(entries))
	dict.Reset(len(entries))
	for i, x := range entries {
		kernel.SetValue(dict, i, x)
	}
	testDictionaries++
	v.Reset(0)
	copy(v.SetDictionary(&vector.Dict{ID: testDictionaries, Values: dict}, len(values)), codes)
	for i, x := range values {
		if x == nil {
			if v.Valid == nil {
				v.NewValid()
			}
			v.Valid.Clear(i)
		}
	}
}

func base(t types.Type) expr.Base { return expr.Base{Typ: t, Null: true} }

func (c *testColumn) ref() *expr.Column {
	return &expr.Column{Base: expr.Base{Typ: c.Type, Null: c.Nullable}, ID: c.ID, Name: c.Name}
}

func (s *testSource) inputs() []Input {
	var in []Input
	for _, c := range s.columns {
		in = append(in, c.Input)
	}
	return in
}

// run gives the rows that a program emits, each as values.
func (s *testSource) run(t testing.TB, p *Program, chunk int) ([][]any, error) {
	t.Helper()
	m := p.NewMachine(Env{Profile: true})
	var out [][]any
	total := len(s.columns[0].values)
	for s.start = 0; s.start < total; s.start += s.n {
		s.n = min(chunk, total-s.start)
		err := m.Run(s, s.n, Position{Order: int64(s.start)}, func(c *vector.Chunk) error {
			for j := range c.Rows() {
				i := j
				if c.Selection != nil {
					i = int(c.Selection[j])
				}
				var r []any
				for _, v := range c.Columns {
					r = append(r, kernel.Value(v, i))
				}
				out = append(out, r)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *testSource) row(i int) row {
	r := row{}
	for _, c := range s.columns {
		v := c.values[i]
		if c.encoding == vector.Constant {
			v = c.values[0]
		}
		r[c.ID] = v
	}
	return r
}

// options is the compiler's switches in all the forms that are tested.
var testOptions = []Options{
	DefaultOptions(),
	{ChunkSize: 2048},
	{Fusion: true, NarrowTypes: true, ChunkSize: 3},
	{CommonSubexpressions: true, DictionaryEvaluation: true, ChunkSize: 64},
}

// newTestSource makes columns of many types with random values. Constant columns get one value.
func newTestSource(random *rand.Rand, n int, nulls float64) *testSource {
	s := &testSource{random: random}
	add := func(name string, t types.Type, value func() any) {
		c := &testColumn{Input: Input{ID: expr.ColumnID(len(s.columns) + 1), Name: name, Type: t, Physical: t.Physical(), Nullable: nulls > 0 && random.IntN(4) > 0}}
		c.encoding = vector.Encoding(random.IntN(6))
		if c.encoding > vector.Dictionary {
			c.encoding = vector.Flat
		}
		lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
		for range n {
			v := value()
			if c.Nullable && random.Float64() < nulls {
				v = nil
			}
			if x, ok := types.Integer64(v); ok {
				lo, hi = min(lo, x), max(hi, x)
			}
			c.values = append(c.values, v)
		}
		if c.encoding == vector.Constant {
			for i := range c.values {
				c.values[i] = c.values[0]
			}
		}
		if t.Physical().IsInteger() && lo <= hi && random.IntN(2) == 0 {
			c.Range = types.Range{Known: true, Min: lo, Max: hi}
			for _, p := range []types.Physical{types.PhysicalInt8, types.PhysicalInt16, types.PhysicalInt32, types.PhysicalInt64} {
				bits := p.Size()*8 - 1
				if p.Size() <= t.Physical().Size() && lo >= -1<<bits && hi <= 1<<bits-1 {
					c.Physical = p
					break
				}
			}
		}
		s.columns = append(s.columns, c)
	}
	small := func(k int64) int64 { return random.Int64N(2*k+1) - k }
	words := []string{"", "a", "apple", "banana", "a longer string than twelve", "berlin is also longer than twelve", "ä", "zz"}
	add("i", types.IntType, func() any { return int32(small(5)) })
	add("j", types.IntType, func() any { return int32(small(math.MaxInt32)) })
	add("l", types.LongType, func() any { return small(1000) })
	add("m", types.LongType, func() any { return small(math.MaxInt64 / 2) })
	add("h", types.ShortType, func() any { return int16(small(200)) })
	add("y", types.ByteType, func() any { return int8(small(100)) })
	add("d", types.DecimalType(7, 2), func() any { return types.Int128From(small(99999)) })
	add("e", types.DecimalType(20, 3), func() any { return types.Int128From(small(1 << 50)) })
	add("f", types.DoubleType, func() any {
		return []float64{0, 1, -2.5, math.NaN(), math.Inf(1), 1e300, 7}[random.IntN(7)]
	})
	add("s", types.StringType, func() any { return words[random.IntN(len(words))] })
	add("u", types.StringType, func() any { return words[random.IntN(len(words))] })
	add("t", types.BooleanType, func() any { return random.IntN(2) == 0 })
	add("o", types.DateType, func() any { return int32(small(20000)) })
	return s
}

// generator makes random expressions over a source's columns.
type generator struct {
	*rand.Rand
	s    *testSource
	safe bool // make nothing that fails
}

func (g *generator) column(t types.Type) expr.Expr {
	var fit []expr.Expr
	for _, c := range g.s.columns {
		if c.Type.Equal(t) {
			fit = append(fit, c.ref())
		}
	}
	if len(fit) == 0 {
		return g.literal(t)
	}
	return fit[g.IntN(len(fit))]
}

func (g *generator) literal(t types.Type) expr.Expr {
	l := &expr.Literal{Base: expr.Base{Typ: t}}
	small := g.Int64N(7) - 3
	switch t.Kind {
	case types.Boolean:
		l.Value = g.IntN(2) == 0
	case types.String:
		l.Value = []string{"a", "banana", "a longer string than twelve", ""}[g.IntN(4)]
	case types.Double:
		l.Value = []float64{0, 1, -1, 2.5}[g.IntN(4)]
	case types.Decimal:
		l.Value = types.Int128From(small)
	case types.Byte:
		l.Value = int8(small)
	case types.Short:
		l.Value = int16(small)
	case types.Int, types.Date:
		l.Value = int32(small)
	default:
		l.Value = small
	}
	if g.IntN(12) == 0 {
		l.Value, l.Null = nil, true
	}
	return l
}

var comparableTypes = []types.Type{types.IntType, types.LongType, types.ShortType, types.ByteType, types.DecimalType(7, 2), types.DecimalType(20, 3),
	types.DoubleType, types.StringType, types.BooleanType, types.DateType}

func (g *generator) boolean(depth int) expr.Expr {
	if depth == 0 {
		if g.IntN(2) == 0 {
			return g.column(types.BooleanType)
		}
		return g.comparison(1)
	}
	list := func() []expr.Expr {
		var args []expr.Expr
		for range 2 + g.IntN(2) {
			args = append(args, g.boolean(depth-1))
		}
		return args
	}
	switch g.IntN(8) {
	case 0:
		return &expr.And{Base: base(types.BooleanType), Args: list()}
	case 1:
		return &expr.Or{Base: base(types.BooleanType), Args: list()}
	case 2:
		return &expr.Not{Base: base(types.BooleanType), Input: g.boolean(depth - 1)}
	case 3:
		return &expr.IsNull{Base: expr.Base{Typ: types.BooleanType}, Input: g.value(comparableTypes[g.IntN(len(comparableTypes))], depth-1)}
	case 4:
		return g.in(depth)
	case 5:
		return g.caseWhen(types.BooleanType, depth)
	}
	return g.comparison(depth)
}

func (g *generator) comparison(depth int) expr.Expr {
	t := comparableTypes[g.IntN(len(comparableTypes))]
	e := &expr.Comparison{Base: base(types.BooleanType), Op: expr.CompareOp(g.IntN(7)), Left: g.value(t, depth-1), Right: g.value(t, depth-1)}
	if g.IntN(2) == 0 {
		e.Right = g.literal(t)
	}
	return e
}

func (g *generator) in(depth int) expr.Expr {
	t := comparableTypes[g.IntN(len(comparableTypes)-2)]
	e := &expr.In{Base: base(types.BooleanType), Input: g.value(t, depth-1), HasNull: g.IntN(4) == 0}
	for range 1 + g.IntN(4) {
		if l := g.literal(t).(*expr.Literal); l.Value != nil {
			e.Values = append(e.Values, l.Value)
		}
	}
	return e
}

func (g *generator) caseWhen(t types.Type, depth int) expr.Expr {
	e := &expr.Case{Base: base(t), Else: g.value(t, depth-1)}
	for range 1 + g.IntN(2) {
		e.Whens = append(e.Whens, expr.When{Condition: g.boolean(depth - 1), Result: g.value(t, depth-1)})
	}
	if g.IntN(4) == 0 {
		e.Else = &expr.Literal{Base: base(t)}
	}
	return e
}

func (g *generator) value(t types.Type, depth int) expr.Expr {
	if depth <= 0 {
		if g.IntN(4) == 0 {
			return g.literal(t)
		}
		return g.column(t)
	}
	switch {
	case t.Kind == types.Boolean:
		return g.boolean(depth - 1)
	case g.IntN(6) == 0:
		return g.caseWhen(t, depth)
	case g.IntN(8) == 0:
		return &expr.Coalesce{Base: base(t), Args: []expr.Expr{g.value(t, depth-1), g.value(t, depth-1)}}
	}
	switch {
	case t.Kind == types.String:
		return g.call(t, depth)
	case t.IsNumeric():
		return g.arithmetic(t, depth)
	}
	return g.column(t)
}

func (g *generator) call(t types.Type, depth int) expr.Expr {
	if !g.safe && g.IntN(4) == 0 {
		return testCall("picky", t, true, g.value(t, depth-1))
	}
	return testCall("shout", t, false, g.value(t, depth-1))
}

func (g *generator) mode() expr.ErrorMode {
	if g.safe {
		return expr.ErrorMode(1 + g.IntN(2))
	}
	return expr.ErrorMode(g.IntN(3))
}

func (g *generator) arithmetic(t types.Type, depth int) expr.Expr {
	e := &expr.Arithmetic{Base: base(t), Op: expr.ArithmeticOp(g.IntN(3)), Mode: g.mode()}
	switch {
	case t.Kind == types.Decimal:
		return g.decimal(t, depth)
	case t.Kind == types.Long && g.IntN(4) == 0:
		return testCast(t, g.value(types.IntType, depth-1))
	case t.Kind == types.Long && g.IntN(4) == 0:
		e.Op = expr.IntegralDivide
	case t.IsIntegral() && g.IntN(5) == 0:
		e.Op = expr.Remainder
	case t.Kind == types.Double && g.IntN(3) == 0:
		e.Op = expr.Divide
	case g.IntN(8) == 0:
		e.Op, e.Left = expr.Negate, g.value(t, depth-1)
		return e
	}
	e.Left, e.Right = g.value(t, depth-1), g.value(t, depth-1)
	return e
}

// decimal makes operations whose result type is by accident t: comparisons of decimals need equal types.
func (g *generator) decimal(t types.Type, depth int) expr.Expr {
	if t.Precision == 20 {
		a, b := types.DecimalType(7, 2), types.DecimalType(7, 2)
		switch g.IntN(3) {
		case 0: // a cast to 17,3 never loses
			return testCast(t, g.value(a, depth-1))
		case 1:
			e := &expr.Arithmetic{Base: base(types.DecimalType(15, 4)), Op: expr.Multiply, Left: g.value(a, depth-1), Right: g.value(b, depth-1), Mode: g.mode()}
			return &expr.Arithmetic{Base: base(t), Op: expr.ArithmeticOp(g.IntN(5)), Left: e, Right: g.column(t), Mode: g.mode()}
		}
		return &expr.Arithmetic{Base: base(t), Op: expr.ArithmeticOp(g.IntN(4)), Left: g.value(t, depth-1), Right: g.value(a, depth-1), Mode: g.mode()}
	}
	return &expr.Arithmetic{Base: base(t), Op: expr.ArithmeticOp(g.IntN(6)), Left: g.value(t, depth-1), Right: g.value(t, depth-1), Mode: g.mode()}
}

func testCall(name string, t types.Type, fails bool, args ...expr.Expr) *expr.Call {
	return &expr.Call{Base: base(t), Function: &expr.Function{Name: name}, Args: args, Kernel: kernelOf(testFunctions[name]), Fails: fails}
}

// kernelOf makes a kernel of a function of values.
func kernelOf(evaluate func(args []any) (any, error)) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		for j := range sel.Rows(out.Len) {
			i := j
			if sel != nil {
				i = int(sel[j])
			}
			if out.Valid != nil && !out.Valid.Get(i) {
				continue
			}
			values := make([]any, len(args))
			for k, a := range args {
				values[k] = kernel.Value(a, i)
			}
			v, err := evaluate(values)
			if err != nil {
				return err
			}
			kernel.SetValue(out, i, v)
		}
		return nil
	}
}

func testCast(t types.Type, input expr.Expr) expr.Expr {
	e := &expr.Cast{Base: base(t), Input: input}
	e.Kernel = kernelOf(func(args []any) (any, error) { return castPlain(e, args[0]) })
	return e
}

func conditionOf(err error) string {
	var f failure
	if errors.As(err, &f) {
		return string(f)
	}
	return diag.ConditionOf(err)
}

// same compares values of the two evaluators; NaN equals NaN, 0 and -0 are the same.
func same(a, b any) bool {
	x, ok1 := a.(float64)
	y, ok2 := b.(float64)
	if ok1 && ok2 {
		return x == y || math.IsNaN(x) && math.IsNaN(y)
	}
	if w, ok := a.(types.Int128); ok && b != nil {
		return w == types.DecimalValue(b)
	}
	if w, ok := b.(types.Int128); ok && a != nil {
		return w == types.DecimalValue(a)
	}
	return a == b
}

// TestRandomExpressions compares programs with the oracle: a filter and two columns over random data, in all forms of the
// options, for several chunk sizes and densities of nulls.
func TestRandomExpressions(t *testing.T) {
	rounds := 1500
	if testing.Short() {
		rounds = 200
	}
	for round := range rounds {
		random := rand.New(rand.NewPCG(uint64(round), 7))
		nulls := []float64{0, 0.1, 0.7}[round%3]
		n := []int{1, 5, 70, 300}[round%4]
		s := newTestSource(random, n, nulls)
		g := &generator{Rand: random, s: s, safe: round%2 == 0}
		filter := g.boolean(2)
		types := []types.Type{comparableTypes[g.IntN(len(comparableTypes))], comparableTypes[g.IntN(len(comparableTypes))]}
		exprs := []expr.Expr{g.value(types[0], 3), g.value(types[1], 3)}
		if err := compareWithOracle(t, s, filter, exprs, []int{n, 3, 64}[round%3]); err != nil {
			t.Fatalf("round %d\nfilter %s\nexprs %s\n      %s\n%v", round, expr.SQL(filter), expr.SQL(exprs[0]), expr.SQL(exprs[1]), err)
		}
	}
}

func compareWithOracle(t *testing.T, s *testSource, filter expr.Expr, exprs []expr.Expr, chunk int) error {
	want, wantErr := oracleRows(s, filter, exprs)
	for _, o := range testOptions {
		b := NewBuilder(o, s.inputs())
		if err := b.Filter(filter); err != nil {
			return err
		}
		var ids []expr.ColumnID
		for i, e := range exprs {
			id := expr.ColumnID(100 + i)
			ids = append(ids, id)
			if err := b.Define(id, fmt.Sprint("x", i), e); err != nil {
				return err
			}
		}
		p, err := b.Build(ids)
		if err != nil {
			return err
		}
		got, err := s.run(t, p, chunk)
		if (err != nil) != (len(wantErr) > 0) || err != nil && !wantErr[conditionOf(err)] {
			return fmt.Errorf("%+v: error %v, want %v\n%s", o, err, wantErr, p)
		}
		if err != nil {
			continue
		}
		if len(got) != len(want) {
			return fmt.Errorf("%+v: %d rows, want %d\n%s", o, len(got), len(want), p)
		}
		for i := range got {
			for j := range got[i] {
				if !same(got[i][j], want[i][j]) {
					return fmt.Errorf("%+v: row %d column %d: %#v, want %#v\n%s", o, i, j, got[i][j], want[i][j], p)
				}
			}
		}
	}
	return nil
}

// oracleRows gives the rows that pass and their values, or the conditions of all errors that some row raises: which of them a program
// meets first depends on its order.
func oracleRows(s *testSource, filter expr.Expr, exprs []expr.Expr) (rows [][]any, conditions map[string]bool) {
	conditions = map[string]bool{}
	for i := range s.columns[0].values {
		r := s.row(i)
		pass := true
		for _, c := range expr.Conjuncts(filter) {
			v, err := evaluate(c, r)
			if err != nil {
				conditions[conditionOf(err)] = true
			}
			if v != true {
				pass = false
				break
			}
		}
		if !pass {
			continue
		}
		var out []any
		for _, e := range exprs {
			v, err := evaluate(e, r)
			if err != nil {
				conditions[conditionOf(err)] = true
			}
			out = append(out, v)
		}
		rows = append(rows, out)
	}
	return rows, conditions
}

// newRandom is a random source for junk in rows that are not selected.
func newRandom() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }
