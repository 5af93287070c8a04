package program

import (
	"math/rand/v2"
	"testing"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// benchColumn is a column in memory, handed out without copying.
type benchColumn struct {
	Input
	data []byte
	dict *vector.Dict
}

type benchSource struct {
	columns []*benchColumn
	start   int
	n       int
}

func (s *benchSource) Load(c int, _ vector.Selection, v *vector.Vector) error {
	col := s.columns[c]
	if col.dict != nil {
		v.SetDictionary(col.dict, s.n)
		v.SetData(col.data[4*s.start:])
		return nil
	}
	v.Encoding, v.Len, v.Valid = vector.Flat, s.n, nil
	v.SetData(col.data[s.start*col.Physical.Size():])
	return nil
}

const benchRows = 1 << 18

func benchIntegers[T kernel.Integer](s *benchSource, name string, t types.Type, p types.Physical, lo, hi int64) *expr.Column {
	r := rand.New(rand.NewPCG(uint64(len(s.columns)), 1))
	values := make([]T, benchRows)
	for i := range values {
		values[i] = T(lo + r.Int64N(hi-lo+1))
	}
	c := &benchColumn{Input: Input{ID: expr.ColumnID(len(s.columns) + 1), Name: name, Type: t, Physical: p, Range: types.Range{Known: true, Min: lo, Max: hi}},
		data: vector.Bytes(values)}
	s.columns = append(s.columns, c)
	return &expr.Column{Base: expr.Base{Typ: t}, ID: c.ID, Name: name}
}

func benchStrings(s *benchSource, name string, words ...string) *expr.Column {
	dict := vector.NewFlat(types.StringType, len(words))
	dict.Reset(len(words))
	for i, w := range words {
		kernel.SetValue(dict, i, w)
	}
	codes := make([]int32, benchRows)
	for i := range codes {
		codes[i] = int32(rand.IntN(len(words)))
	}
	c := &benchColumn{Input: Input{ID: expr.ColumnID(len(s.columns) + 1), Name: name, Type: types.StringType, Physical: types.PhysicalString},
		data: vector.Bytes(codes), dict: &vector.Dict{ID: uint64(1000 + len(s.columns)), Values: dict}}
	s.columns = append(s.columns, c)
	return &expr.Column{Base: expr.Base{Typ: types.StringType}, ID: c.ID, Name: name}
}

// lineitem is the columns that Q1 and Q6 read, as narrow as their statistics allow (or as wide as their types).
type lineitem struct {
	*benchSource
	quantity, price, discount, tax, ship, flag, status *expr.Column
}

func newLineitem(narrow bool) *lineitem {
	l := &lineitem{benchSource: &benchSource{}}
	d := types.DecimalType(15, 2)
	if narrow {
		l.quantity = benchIntegers[int16](l.benchSource, "l_quantity", d, types.PhysicalInt16, 100, 5000)
		l.price = benchIntegers[int32](l.benchSource, "l_extendedprice", d, types.PhysicalInt32, 90000, 10494950)
		l.discount = benchIntegers[int8](l.benchSource, "l_discount", d, types.PhysicalInt8, 0, 10)
		l.tax = benchIntegers[int8](l.benchSource, "l_tax", d, types.PhysicalInt8, 0, 8)
		l.ship = benchIntegers[int16](l.benchSource, "l_shipdate", types.DateType, types.PhysicalInt16, 8036, 10561)
	} else {
		l.quantity = benchIntegers[int64](l.benchSource, "l_quantity", d, types.PhysicalInt64, 100, 5000)
		l.price = benchIntegers[int64](l.benchSource, "l_extendedprice", d, types.PhysicalInt64, 90000, 10494950)
		l.discount = benchIntegers[int64](l.benchSource, "l_discount", d, types.PhysicalInt64, 0, 10)
		l.tax = benchIntegers[int64](l.benchSource, "l_tax", d, types.PhysicalInt64, 0, 8)
		l.ship = benchIntegers[int32](l.benchSource, "l_shipdate", types.DateType, types.PhysicalInt32, 8036, 10561)
	}
	l.flag = benchStrings(l.benchSource, "l_returnflag", "A", "N", "R")
	l.status = benchStrings(l.benchSource, "l_linestatus", "O", "F")
	return l
}

func literal(t types.Type, v any) expr.Expr { return &expr.Literal{Base: expr.Base{Typ: t}, Value: v} }

func compare(op expr.CompareOp, l, r expr.Expr) expr.Expr {
	return &expr.Comparison{Base: expr.Base{Typ: types.BooleanType}, Op: op, Left: l, Right: r}
}

func arithmetic(op expr.ArithmeticOp, t types.Type, l, r expr.Expr) expr.Expr {
	return &expr.Arithmetic{Base: expr.Base{Typ: t}, Op: op, Left: l, Right: r}
}

func (l *lineitem) q6(b *Builder) error {
	d := types.DecimalType(15, 2)
	err := b.Filter(expr.Conjunction(
		compare(expr.GreaterOrEqual, l.ship, literal(types.DateType, int32(8766))), compare(expr.Less, l.ship, literal(types.DateType, int32(9131))),
		compare(expr.GreaterOrEqual, l.discount, literal(d, int64(5))), compare(expr.LessOrEqual, l.discount, literal(d, int64(7))),
		compare(expr.Less, l.quantity, literal(d, int64(2400)))))
	if err != nil {
		return err
	}
	revenue := arithmetic(expr.Multiply, types.DecimalType(31, 4), l.price, l.discount)
	return b.Aggregate(AggregateSpec{Aggregates: []AggregateCall{{testAggregate(expr.SumAggregate, revenue, nil), 0}}})
}

func (l *lineitem) q1(b *Builder) error {
	if err := b.Filter(compare(expr.LessOrEqual, l.ship, literal(types.DateType, int32(10471)))); err != nil {
		return err
	}
	one := literal(types.DecimalType(1, 0), int64(1))
	discounted := arithmetic(expr.Multiply, types.DecimalType(32, 4), l.price, arithmetic(expr.Subtract, types.DecimalType(16, 2), one, l.discount))
	charge := arithmetic(expr.Multiply, types.DecimalType(38, 6), discounted, arithmetic(expr.Add, types.DecimalType(16, 2), one, l.tax))
	spec := AggregateSpec{Keys: []expr.ColumnID{l.flag.ID, l.status.ID}}
	offset := 0
	add := func(kind expr.AggregateKind, arg expr.Expr) {
		a := testAggregate(kind, arg, nil)
		spec.Aggregates = append(spec.Aggregates, AggregateCall{a, offset})
		offset += a.Kernel.Size
	}
	for _, arg := range []expr.Expr{l.quantity, l.price, discounted, charge} {
		add(expr.SumAggregate, arg)
	}
	for _, arg := range []expr.Expr{l.quantity, l.price, l.discount} {
		add(expr.AvgAggregate, arg)
	}
	add(expr.CountAggregate, nil)
	return b.Aggregate(spec)
}

// benchGroups groups by the codes of two dictionaries, as the dense array of the aggregate operator does.
type benchGroups struct{ testGroups }

func (g *benchGroups) Groups(keys []*vector.Vector, sel vector.Selection, n int, rows []uint32) error {
	a, b := keys[0].Codes()[:n], keys[1].Codes()[:n]
	for i, x := range a {
		rows[i] = uint32(x)*2 + uint32(b[i])
	}
	return nil
}

func benchmarkProgram(b *testing.B, o Options, l *lineitem, build func(*Builder) error) {
	builder := NewBuilder(o, func() (in []Input) {
		for _, c := range l.columns {
			in = append(in, c.Input)
		}
		return in
	}())
	if err := build(builder); err != nil {
		b.Fatal(err)
	}
	p, err := builder.Build(nil)
	if err != nil {
		b.Fatal(err)
	}
	groups := &benchGroups{testGroups{states: make([]byte, 6*256), stride: 256}}
	m := p.NewMachine(Env{Groups: groups})
	b.ReportAllocs()
	for b.Loop() {
		for l.start = 0; l.start < benchRows; l.start += l.n {
			l.n = min(vector.ChunkSize, benchRows-l.start)
			if err := m.Run(l, l.n, Position{}, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
	if b.N == 1 {
		b.Log("\n" + p.String())
	}
}

// BenchmarkQueries runs the expressions of TPC-H queries 1 and 6 over columns in memory.
func BenchmarkQueries(b *testing.B) {
	plain := Options{ChunkSize: vector.ChunkSize}
	for _, c := range []struct {
		name    string
		narrow  bool
		options Options
	}{{"narrow", true, DefaultOptions()}, {"wide", false, DefaultOptions()}, {"plain", false, plain}} {
		l := newLineitem(c.narrow)
		b.Run("Q6/"+c.name, func(b *testing.B) { benchmarkProgram(b, c.options, l, l.q6) })
		b.Run("Q1/"+c.name, func(b *testing.B) { benchmarkProgram(b, c.options, l, l.q1) })
	}
}
