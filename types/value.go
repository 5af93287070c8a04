package types

import (
	"cmp"
	"math"
	"strings"
)

// One value, as literals, statistics and rows hold it, is an any of these Go forms:
//
//	NULL                            nil
//	boolean                         bool
//	tinyint, smallint               int8, int16
//	int, date, year-month interval  int32 (days since 1970-01-01; months)
//	bigint, timestamps, day-time    int64 (microseconds)
//	float, double                   float32, float64
//	decimal up to 18 digits         int64, unscaled
//	decimal of more digits          Int128, unscaled
//	string, binary                  string
//	calendar interval               Interval
//	array                           []any
//	map                             MapValue
//	struct                          []any, one for each field
//	variant                         string: its JSON text

// MapValue is a value of a map type, in the order of its entries.
type MapValue struct{ Keys, Values []any }

// DecimalValue returns the unscaled value of a decimal in either of its Go forms.
func DecimalValue(v any) Int128 {
	if w, ok := v.(Int128); ok {
		return w
	}
	return Int128From(v.(int64))
}

// NewDecimalValue returns the Go form of an unscaled value for decimal type t.
func NewDecimalValue(unscaled Int128, t Type) any {
	if t.Precision <= MaxDecimal64 {
		return unscaled.Int64()
	}
	return unscaled
}

// ValueEqual reports whether two values of type t are equal as <=> has it: NULL equals NULL, NaN equals NaN, -0.0 equals 0.0.
// Maps are equal if their entries are in the same order.
func ValueEqual(a, b any, t Type) bool {
	if t.Kind == Map && a != nil && b != nil {
		x, y := a.(MapValue), b.(MapValue)
		return compareLists(x.Keys, y.Keys, t.Key()) == 0 && equalLists(x.Values, y.Values, t.Elem())
	}
	if t.Kind == CalendarInterval {
		return a == b
	}
	return ValueCompare(a, b, t) == 0
}

func equalLists(a, b []any, t Type) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !ValueEqual(a[i], b[i], t) {
			return false
		}
	}
	return true
}

// ValueCompare orders two values of type t as ORDER BY does: NULL first, NaN last, -0.0 equal to 0.0, strings by bytes
// (ignoring case under a collation that does). t must be orderable: maps and calendar intervals are not.
func ValueCompare(a, b any, t Type) int {
	if a == nil || b == nil {
		return boolBit(a != nil) - boolBit(b != nil)
	}
	switch t.Kind {
	case Boolean:
		return boolBit(a.(bool)) - boolBit(b.(bool))
	case Byte:
		return cmp.Compare(a.(int8), b.(int8))
	case Short:
		return cmp.Compare(a.(int16), b.(int16))
	case Int, Date, YearMonthInterval:
		return cmp.Compare(a.(int32), b.(int32))
	case Long, Timestamp, TimestampNTZ, DayTimeInterval:
		return cmp.Compare(a.(int64), b.(int64))
	case Float:
		return CompareDouble(float64(a.(float32)), float64(b.(float32)))
	case Double:
		return CompareDouble(a.(float64), b.(float64))
	case Decimal:
		return DecimalValue(a).Cmp(DecimalValue(b))
	case String, Binary, Variant:
		return compareStrings(a.(string), b.(string), t)
	case Array:
		return compareLists(a.([]any), b.([]any), t.Elem())
	case Struct:
		x, y := a.([]any), b.([]any)
		for i, f := range t.Fields() {
			if c := ValueCompare(x[i], y[i], f.Type); c != 0 {
				return c
			}
		}
		return 0
	case Void:
		return 0
	}
	panic("types: values of type " + t.String() + " have no order")
}

// CompareDouble orders doubles as Spark does: NaN above everything and equal to itself, -0.0 equal to 0.0.
func CompareDouble(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	}
	return boolBit(math.IsNaN(a)) - boolBit(math.IsNaN(b))
}

func compareStrings(a, b string, t Type) int {
	if c := t.Collation(); c != "" && (c == "UTF8_LCASE" || strings.Contains(c, "_CI")) {
		return strings.Compare(strings.ToLower(a), strings.ToLower(b))
	}
	return strings.Compare(a, b)
}

func compareLists(a, b []any, elem Type) int {
	for i := range min(len(a), len(b)) {
		if c := ValueCompare(a[i], b[i], elem); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

// IsOrderable reports whether values of t have an order (ORDER BY, <, min).
func (t Type) IsOrderable() bool {
	switch t.Kind {
	case Map, CalendarInterval, Variant:
		return false
	case Array:
		return t.Elem().IsOrderable()
	case Struct:
		for _, f := range t.Fields() {
			if !f.Type.IsOrderable() {
				return false
			}
		}
	}
	return true
}
