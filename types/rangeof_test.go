package types

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestRangeArithmetic(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func() Range {
		a, b := r.Int64N(2000)-1000, r.Int64N(2000)-1000
		return Range{true, min(a, b), max(a, b)}
	}
	for range 2000 {
		x, y := pick(), pick()
		a, b := x.Min+r.Int64N(x.Max-x.Min+1), y.Min+r.Int64N(y.Max-y.Min+1)
		for name, c := range map[string]struct {
			r Range
			v int64
		}{"+": {x.Add(y), a + b}, "-": {x.Sub(y), a - b}, "*": {x.Mul(y), a * b}, "neg": {x.Neg(), -a}, "union": {x.Union(y), a}} {
			if !c.r.Contains(Range{true, c.v, c.v}) {
				t.Fatalf("%v %s %v = %v lacks %d", x, name, y, c.r, c.v)
			}
		}
	}
	all := RangeOfType(LongType)
	for _, got := range []Range{all.Add(Range{true, 1, 1}), all.Neg(), all.Mul(Range{true, 2, 2}), all.Sub(Range{true, 1, 1}), all.Add(Range{}), Range{}.Union(all)} {
		if got.Known {
			t.Errorf("should be unknown: %v", got)
		}
	}
	if got := all.Intersect(Range{true, 1, 2}); got != (Range{true, 1, 2}) || !got.Intersect(Range{true, 5, 6}).IsEmpty() || all.Intersect(Range{}) != all {
		t.Error("Intersect")
	}
	if all.Width() != 0 || (Range{true, -1, 1}).Width() != 3 || (Range{}).Width() != 0 {
		t.Error("Width")
	}
}

func TestSmallestPhysical(t *testing.T) {
	for _, c := range []struct {
		r    Range
		want Physical
	}{{Range{}, PhysicalInt64}, {Range{true, -128, 127}, PhysicalInt8}, {Range{true, 0, 128}, PhysicalInt16}, {Range{true, math.MinInt32, 0}, PhysicalInt32}, {Range{true, 0, 1 << 40}, PhysicalInt64}} {
		if got := c.r.SmallestPhysical(); got != c.want {
			t.Errorf("%v: %v", c.r, got)
		}
	}
	if got := RangeOfType(DecimalType(3, 1)); got != (Range{true, -999, 999}) || RangeOfType(DecimalType(20, 0)).Known || RangeOfType(StringType).Known {
		t.Error(got)
	}
}

func TestMergeStatistics(t *testing.T) {
	a := ColumnStatistics{Min: int32(1), Max: int32(5), MinMaxExact: true, NullCount: 2, Distinct: 5, NaNFree: true}
	b := ColumnStatistics{Min: int32(7), Max: int32(9), MinMaxExact: true, NullCount: 1, Distinct: 3}
	m := a.Merge(b, IntType)
	if m.Min != int32(1) || m.Max != int32(9) || !m.MinMaxExact || m.NullCount != 3 || m.Distinct != 8 || m.NaNFree {
		t.Errorf("%+v", m)
	}
	if got := m.Range(IntType); got != (Range{true, 1, 9}) {
		t.Error(got)
	}
	m = m.Merge(UnknownStatistics(), IntType)
	if m.Min != nil || m.MinMaxExact || m.NullCount != -1 || m.Distinct != 0 || m.Range(IntType).Known {
		t.Errorf("%+v", m)
	}
}
