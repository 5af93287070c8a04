package parquet

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// TestBoundsThatDecideNothing asks filters of bounds that look as if they ruled all values out and do not, and of some that do.
func TestBoundsThatDecideNothing(t *testing.T) {
	one := func(op source.FilterOp, v ...any) source.Filter { return source.Filter{Op: op, Values: v} }
	exact := bounds{min: int64(3), max: int64(3), exact: true, rows: 9}
	inexact := bounds{min: "abc", max: "abc", rows: 9} // cut: the values may be longer
	floats := bounds{min: 3.0, max: 3.0, rows: 9}      // and NaN
	nullsUnknown := bounds{min: int64(1), max: int64(5), nulls: -1, rows: 9}
	onlyNulls := bounds{nulls: 9, rows: 9}
	for _, c := range []struct {
		name string
		b    bounds
		f    source.Filter
		t    types.Type
		want bool
	}{
		{"other than the only value", exact, one(source.FilterNotEqual, int64(3)), types.LongType, false},
		{"other than a text that may be cut", inexact, one(source.FilterNotEqual, "abc"), types.StringType, true},
		{"other than the only number, or NaN", floats, one(source.FilterNotEqual, 3.0), types.DoubleType, true},
		{"above the maximum, or NaN", floats, one(source.FilterGreater, 3.0), types.DoubleType, true},
		{"below the minimum", floats, one(source.FilterLess, 3.0), types.DoubleType, false},
		{"NaN", floats, one(source.FilterEqual, math.NaN()), types.DoubleType, true},
		{"a literal of another Go form", exact, one(source.FilterEqual, int32(4)), types.LongType, true},
		{"null where their number is unknown", nullsUnknown, source.Filter{Op: source.FilterIsNull}, types.LongType, true},
		{"null where there is none", exact, source.Filter{Op: source.FilterIsNull}, types.LongType, false},
		{"not null among nulls", onlyNulls, source.Filter{Op: source.FilterIsNotNull}, types.LongType, false},
		{"a value among nulls", onlyNulls, one(source.FilterEqual, int64(1)), types.LongType, false},
		{"null among nulls", onlyNulls, source.Filter{Op: source.FilterIsNull}, types.LongType, true},
		{"a list with a value within", exact, one(source.FilterIn, int64(9), int64(3)), types.LongType, true},
		{"a list without", exact, one(source.FilterIn, int64(9), int64(2)), types.LongType, false},
		{"a longer prefix", bounds{min: "abc", max: "abd", rows: 9}, one(source.FilterStartsWith, "abcx"), types.StringType, true},
		{"a shorter prefix", bounds{min: "abc", max: "abd", rows: 9}, one(source.FilterStartsWith, "a"), types.StringType, true},
		{"a prefix below", bounds{min: "abc", max: "abd", rows: 9}, one(source.FilterStartsWith, "aa"), types.StringType, false},
	} {
		if got := c.b.mayMatch(&c.f, c.t); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestBoundsAndRuntimeFilters looks at both ends of a run-time filter's range and of its bits, and at nulls.
func TestBoundsAndRuntimeFilters(t *testing.T) {
	bits := vector.NewBitmap(201) // 100 … 300: 130 and 300 pass
	bits.Set(30)
	bits.Set(200)
	of := func(low, high any) bounds { return bounds{min: low, max: high, rows: 9} }
	nulls := bounds{nulls: 9, rows: 9}
	maybeNulls := bounds{min: int64(1), max: int64(2), nulls: -1, rows: 9}
	within := vector.FilterState{HasRange: true, Min: 100, Max: 300}
	some := vector.FilterState{HasRange: true, Min: 100, Max: 300, Bits: bits}
	keep := vector.FilterState{HasRange: true, Min: 100, Max: 300, KeepNulls: true}
	for _, c := range []struct {
		name string
		b    bounds
		s    *vector.FilterState
		want bool
	}{
		{"nothing known", of(int64(1), int64(2)), nil, true},
		{"up to the first", of(int64(1), int64(100)), &within, true},
		{"from the last", of(int64(300), int64(400)), &within, true},
		{"before", of(int64(1), int64(99)), &within, false},
		{"behind", of(int32(301), int32(400)), &within, false},
		{"between bits", of(int64(131), int64(299)), &some, false},
		{"up to a bit", of(int64(101), int64(130)), &some, true},
		{"within a word from a bit", of(int64(130), int64(150)), &some, true},
		{"the last bit", of(int64(131), int64(1000)), &some, true},
		{"nulls", nulls, &within, false},
		{"nulls that are kept", nulls, &keep, true},
		{"perhaps nulls that are kept", maybeNulls, &keep, true},
		{"perhaps nulls", maybeNulls, &within, false},
		{"wide decimals, which have no such range", of(types.Int128From(1), types.Int128From(2)), &within, true},
		{"texts", of("a", "b"), &within, true},
	} {
		if got := c.b.mayPass(c.s); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestStoredForms checks which values a bloom filter can be asked for: zeros are two, NaN are many, and what a file stores in
// another form than its own has another hash.
func TestStoredForms(t *testing.T) {
	for _, c := range []struct {
		v    any
		t    format.Type
		want []byte
	}{
		{1.5, format.Double, []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f}}, {0.0, format.Double, nil}, {math.Copysign(0, -1), format.Double, nil}, {math.NaN(), format.Double, nil},
		{float32(1.5), format.Float, []byte{0, 0, 0xc0, 0x3f}}, {float32(0), format.Float, nil}, {float32(math.NaN()), format.Float, nil}, {1.5, format.Float, nil},
		{int64(1), format.Int64, []byte{1, 0, 0, 0, 0, 0, 0, 0}}, {int32(1), format.Int32, []byte{1, 0, 0, 0}}, {int64(1) << 40, format.Int32, nil},
		{"ab", format.ByteArray, []byte("ab")}, {"ab", format.Int64, nil}, {types.Int128From(1), format.FixedLenByteArray, nil},
	} {
		b, ok := storedForm(c.v, c.t)
		if ok != (c.want != nil) || ok && !bytes.Equal(b, c.want) {
			t.Errorf("%v as %v: %v %v, want %v", c.v, c.t, b, ok, c.want)
		}
	}
	plain := &node{kind: leafNode, form: formPlain, typ: types.LongType, element: &format.SchemaElement{}}
	plain.element.Type.V = format.Int64
	unsigned := *plain
	unsigned.form = formUnsigned
	for name, c := range map[string]struct {
		op   source.FilterOp
		node *node
		typ  types.Type
		want bool
	}{
		"equal": {source.FilterEqual, plain, types.LongType, true}, "in": {source.FilterIn, plain, types.LongType, true},
		"not equal": {source.FilterNotEqual, plain, types.LongType, false}, "less": {source.FilterLess, plain, types.LongType, false},
		"read as another type": {source.FilterEqual, plain, types.DecimalType(20, 0), false},
		"stored without sign":  {source.FilterEqual, &unsigned, types.LongType, false},
	} {
		if _, ok := bloomHashes(&source.Filter{Op: c.op, Values: []any{int64(1)}}, c.node, c.typ); ok != c.want {
			t.Errorf("%s: %v", name, ok)
		}
	}
}

// TestBoundsOfFloats checks that zeros bound both signs, and that bounds of NaN bound nothing.
func TestBoundsOfFloats(t *testing.T) {
	low, high, exact := widenZeros(0.0, math.Copysign(0, -1))
	if math.Signbit(high.(float64)) || !math.Signbit(low.(float64)) || exact {
		t.Error(low, high, exact)
	}
	low, high, exact = widenZeros(float32(0), float32(math.Copysign(0, -1)))
	if math.Signbit(float64(high.(float32))) || !math.Signbit(float64(low.(float32))) || exact {
		t.Error(low, high, exact)
	}
	for p, v := range map[types.Physical]any{types.PhysicalFloat32: float32(math.NaN()), types.PhysicalFloat64: math.NaN()} {
		b := make([]uint64, 1)
		if f, ok := v.(float32); ok {
			vector.As[float32](vector.Bytes(b))[0] = f
		} else {
			vector.As[float64](vector.Bytes(b))[0] = v.(float64)
		}
		if _, ok := goValue(types.DoubleType, p, vector.Bytes(b)); ok {
			t.Error("NaN is a bound")
		}
	}
}

// TestSummaries joins what row groups and files say of a column: one that says nothing takes all away.
func TestSummaries(t *testing.T) {
	known := summary{min: int64(1), max: int64(5), known: true, exact: true, nulls: 2}
	for name, c := range map[string]struct {
		add  summary
		want summary
	}{
		"wider":           {summary{min: int64(0), max: int64(9), known: true, exact: true, nulls: 1}, summary{min: int64(0), max: int64(9), known: true, exact: true, nulls: 3}},
		"narrower":        {summary{min: int64(2), max: int64(3), known: true, exact: true}, known},
		"without bounds":  {summary{exact: true}, summary{min: int64(1), max: int64(5), exact: true, nulls: 2}},
		"inexact":         {summary{min: int64(2), max: int64(3), known: true}, summary{min: int64(1), max: int64(5), known: true, nulls: 2}},
		"nulls unknown":   {summary{known: true, exact: true, nulls: -1}, summary{min: int64(1), max: int64(5), known: true, exact: true, nulls: -1}},
		"nothing but one": {summary{known: true, exact: true, nulls: 7}, summary{min: int64(1), max: int64(5), known: true, exact: true, nulls: 9}},
	} {
		got := known
		if got.add(c.add); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	for _, n := range []int64{-1, 4} { // unknown stays unknown
		s := summary{nulls: -1}
		if s.addNulls(n); s.nulls != -1 {
			t.Error(n, s.nulls)
		}
	}
}

// TestMissingColumnIsNull filters a column that one of two files does not have: all its rows are null there, and count as that.
func TestMissingColumnIsNull(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, w func(*bytes.Buffer) error) {
		var b bytes.Buffer
		if err := w(&b); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	type both struct {
		ID int64 `parquet:"id"`
		X  int64 `parquet:"x"`
	}
	type one struct {
		ID int64 `parquet:"id"`
	}
	write("a.parquet", func(b *bytes.Buffer) error { return pq.Write(b, []both{{0, 5}, {1, 6}}) })
	write("b.parquet", func(b *bytes.Buffer) error { return pq.Write(b, []one{{2}, {3}, {4}}) })
	table := open(t, dir)
	if c := table.Statistics().Columns[1]; c.NullCount != 3 {
		t.Errorf("%d nulls", c.NullCount)
	}
	for op, want := range map[source.FilterOp][]int64{source.FilterIsNull: {2, 3, 4}, source.FilterIsNotNull: {0, 1}, source.FilterEqual: {0, 1}} {
		request := everything(table)
		request.Filters = []source.Filter{{Column: 1, Op: op}}
		if op == source.FilterEqual {
			request.Filters[0].Values = []any{int64(5)}
		}
		ids := readColumns(t, table, request)[0]
		if len(ids) != len(want) {
			t.Errorf("filter %v: rows %v, want those of one file, %v", op, ids, want)
			continue
		}
		for i, id := range ids {
			if id != want[i] {
				t.Errorf("filter %v: rows %v, want %v", op, ids, want)
			}
		}
	}
}

// TestIntegersThatDoNotFit converts values that the wanted type or the promised layout does not hold: each is an error.
func TestIntegersThatDoNotFit(t *testing.T) {
	src, dst := make([]uint64, 8), make([]uint64, 8)
	in, out := vector.Bytes(src), vector.Bytes(dst)
	put64 := func(v int64) { vector.As[int64](in)[0] = v }
	put64(128)
	if narrow[int64, int8](out, in, 1) || !narrow[int64, int16](out, in, 1) {
		t.Error("128 in 8 bits, or not in 16")
	}
	put64(math.MaxInt64/1000 + 1)
	if scaled[int64, int64](out, in, 1, 1000, 1) {
		t.Error("milliseconds overflow silently")
	}
	put64(-1)
	if !scaled[int64, int64](out, in, 1, 1, 1000) || vector.As[int64](out)[0] != -1 {
		t.Error("nanoseconds before the epoch are not rounded down:", vector.As[int64](out)[0])
	}
	if _, ok := multiply128(types.Int128{Lo: math.MaxUint64, Hi: math.MaxInt64}, 10); ok {
		t.Error("128 bits overflow silently")
	}
	if _, ok := multiply128(types.Int128{Lo: math.MaxUint64, Hi: 1 << 61}, 4); ok {
		t.Error("the sign bit is overrun silently")
	}
	// A uint16 stands in an INT32 whose upper half may be anything.
	vector.As[uint32](in)[0] = 0xdead_ffff
	n := &node{kind: leafNode, form: formUnsigned, typ: types.IntType, element: &format.SchemaElement{}}
	n.element.Type.V = format.Int32
	convert, _ := integerConversion(n, types.IntType, types.PhysicalInt32, rebasing{})
	if !convert(out, in, 1) || vector.As[int32](out)[0] != 0xffff {
		t.Error("a uint16 with high bits is", vector.As[int32](out)[0])
	}
}
