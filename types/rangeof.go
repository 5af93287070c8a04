package types

import "math"

// RangeOfType is the range of all values of t; unknown for types that are not integer-like and for wide decimals.
func RangeOfType(t Type) Range {
	switch t.Physical() {
	case PhysicalInt8:
		return Range{true, math.MinInt8, math.MaxInt8}
	case PhysicalInt16:
		return Range{true, math.MinInt16, math.MaxInt16}
	case PhysicalInt32:
		return Range{true, math.MinInt32, math.MaxInt32}
	case PhysicalInt64:
		if t.Kind == Decimal {
			m := pow10Int64[t.Precision] - 1
			return Range{true, -m, m}
		}
		return Range{true, math.MinInt64, math.MaxInt64}
	}
	return Range{}
}

// Integer64 is a value of an integer-like type (see Range) in its Go form as int64; false for NULL, for other values and for wide
// decimals that 64 bits do not hold.
func Integer64(v any) (int64, bool) {
	switch v := v.(type) {
	case int8:
		return int64(v), true
	case int16:
		return int64(v), true
	case int32:
		return int64(v), true
	case int64:
		return v, true
	case int:
		return int64(v), true
	case Int128:
		return v.Int64(), v.IsInt64()
	}
	return 0, false
}

// RangeOfValue is the range of a single value in its Go form; unknown for NULL and for values that are not integer-like.
func RangeOfValue(v any) Range {
	n, ok := Integer64(v)
	return Range{ok, n, n}
}

// Contains reports whether every value of s is proven to lie in r.
func (r Range) Contains(s Range) bool {
	return r.Known && s.Known && s.Min >= r.Min && s.Max <= r.Max
}

// Width is the number of values in r; 0 if unknown or not below 2^63.
func (r Range) Width() int64 {
	if w, overflow := subInt64(r.Max, r.Min); r.Known && !overflow && w < math.MaxInt64 {
		return w + 1
	}
	return 0
}

func addInt64(a, b int64) (sum int64, overflow bool) {
	sum = a + b
	return sum, (a^sum)&(b^sum) < 0
}

func subInt64(a, b int64) (difference int64, overflow bool) {
	difference = a - b
	return difference, (a^b)&(a^difference) < 0
}

// known makes a range that is unknown if a bound overflowed.
func known(low, high int64, overflow ...bool) Range {
	for _, o := range overflow {
		if o {
			return Range{}
		}
	}
	return Range{true, low, high}
}

// Add is the range of x+y; unknown if 64 bits may overflow.
func (r Range) Add(s Range) Range {
	low, o1 := addInt64(r.Min, s.Min)
	high, o2 := addInt64(r.Max, s.Max)
	return known(low, high, o1, o2, !r.Known, !s.Known)
}

// Sub is the range of x-y; unknown if 64 bits may overflow.
func (r Range) Sub(s Range) Range {
	low, o1 := subInt64(r.Min, s.Max)
	high, o2 := subInt64(r.Max, s.Min)
	return known(low, high, o1, o2, !r.Known, !s.Known)
}

// Neg is the range of -x.
func (r Range) Neg() Range { return Range{Known: true}.Sub(r) }

// Mul is the range of x*y; unknown if 64 bits may overflow.
func (r Range) Mul(s Range) Range {
	if !r.Known || !s.Known {
		return Range{}
	}
	result := Range{true, math.MaxInt64, math.MinInt64}
	for _, x := range [...]int64{r.Min, r.Max} {
		for _, y := range [...]int64{s.Min, s.Max} {
			p := MulInt64(x, y)
			if !p.IsInt64() {
				return Range{}
			}
			result.Min, result.Max = min(result.Min, p.Int64()), max(result.Max, p.Int64())
		}
	}
	return result
}

// Union is the range of values that lie in r or in s.
func (r Range) Union(s Range) Range {
	if !r.Known || !s.Known {
		return Range{}
	}
	return Range{true, min(r.Min, s.Min), max(r.Max, s.Max)}
}

// Intersect is the range of values that lie in r and in s. An unknown range is no restriction. Where no value lies in both, the
// result is empty: its Min is above its Max.
func (r Range) Intersect(s Range) Range {
	switch {
	case !r.Known:
		return s
	case !s.Known:
		return r
	}
	return Range{true, max(r.Min, s.Min), min(r.Max, s.Max)}
}

// IsEmpty reports whether no value lies in r.
func (r Range) IsEmpty() bool { return r.Known && r.Min > r.Max }

// SmallestPhysical is the narrowest integer layout that holds r; PhysicalInt64 if it is unknown.
func (r Range) SmallestPhysical() Physical {
	switch {
	case !r.Known:
		return PhysicalInt64
	case r.Min >= math.MinInt8 && r.Max <= math.MaxInt8:
		return PhysicalInt8
	case r.Min >= math.MinInt16 && r.Max <= math.MaxInt16:
		return PhysicalInt16
	case r.Min >= math.MinInt32 && r.Max <= math.MaxInt32:
		return PhysicalInt32
	}
	return PhysicalInt64
}

// UnknownStatistics says nothing about a column.
func UnknownStatistics() ColumnStatistics { return ColumnStatistics{NullCount: -1} }

// Range is the proven range of the column's values of type t; unknown where the statistics do not say.
func (s *ColumnStatistics) Range(t Type) Range {
	if !RangeOfType(t).Known && t.Kind != Decimal {
		return Range{}
	}
	low, high := RangeOfValue(s.Min), RangeOfValue(s.Max)
	if !low.Known || !high.Known {
		return Range{}
	}
	return Range{true, low.Min, high.Max}
}

// Merge returns the statistics of the values of s and u together, both of type t. What one of them does not know is unknown.
// The number of distinct values is an estimate: the sum where the ranges do not meet, else the larger.
func (s ColumnStatistics) Merge(u ColumnStatistics, t Type) ColumnStatistics {
	m := ColumnStatistics{MinMaxExact: s.MinMaxExact && u.MinMaxExact, NullCount: -1, NaNFree: s.NaNFree && u.NaNFree}
	bounded := s.Min != nil && u.Min != nil && s.Max != nil && u.Max != nil && t.IsOrderable()
	apart := false
	if bounded {
		m.Min, m.Max = s.Min, s.Max
		if ValueCompare(u.Min, m.Min, t) < 0 {
			m.Min = u.Min
		}
		if ValueCompare(u.Max, m.Max, t) > 0 {
			m.Max = u.Max
		}
		apart = ValueCompare(s.Max, u.Min, t) < 0 || ValueCompare(u.Max, s.Min, t) < 0
	} else {
		m.MinMaxExact = false
	}
	if s.NullCount >= 0 && u.NullCount >= 0 {
		m.NullCount = s.NullCount + u.NullCount
	}
	if s.Distinct > 0 && u.Distinct > 0 {
		m.Distinct = max(s.Distinct, u.Distinct)
		if apart {
			m.Distinct = s.Distinct + u.Distinct
		}
	}
	if s.AverageLength > 0 && u.AverageLength > 0 {
		m.AverageLength = (s.AverageLength + u.AverageLength) / 2
	}
	return m
}
