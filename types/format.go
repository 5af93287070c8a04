package types

import (
	"math"
	"strconv"
)

// Values as text, as a cast to string and Show print them.

// AppendDouble appends a double as Java's Double.toString (of Java 19 and later: always the shortest digits that identify it):
// 1.0, 0.001, 1.0E7, 1.0E-4, NaN, Infinity.
func AppendDouble(dst []byte, v float64) []byte { return appendFloating(dst, v, 64) }

// AppendFloat appends a float as Java's Float.toString.
func AppendFloat(dst []byte, v float32) []byte { return appendFloating(dst, float64(v), 32) }

func appendFloating(dst []byte, v float64, bits int) []byte {
	magnitude := math.Abs(v)
	switch {
	case v != v:
		return append(dst, "NaN"...)
	case magnitude > math.MaxFloat64:
		if v < 0 {
			dst = append(dst, '-')
		}
		return append(dst, "Infinity"...)
	case v == 0 || magnitude >= 1e-3 && magnitude < 1e7:
		start := len(dst)
		dst = strconv.AppendFloat(dst, v, 'f', -1, bits)
		for _, c := range dst[start:] {
			if c == '.' {
				return dst
			}
		}
		return append(dst, ".0"...)
	}
	var buf [32]byte
	text := strconv.AppendFloat(buf[:0], v, 'e', -1, bits)
	point := 1 + boolBit(v < 0)
	if text[point] == 'e' && magnitude < 1e-300 || text[point] == 'e' && bits == 32 && magnitude < 1e-40 {
		// Java prints at least two digits, and takes the nearest two: this matters where one digit is all there is.
		text = strconv.AppendFloat(buf[:0], v, 'e', 1, bits)
	}
	return appendJavaExponent(dst, text, point)
}

// appendJavaExponent turns 1e+07 into 1.0E7. point is where the decimal point stands or is missing.
func appendJavaExponent(dst, text []byte, point int) []byte {
	e := point
	for text[e] != 'e' {
		e++
	}
	dst = append(dst, text[:e]...)
	if e == point {
		dst = append(dst, ".0"...)
	}
	dst = append(dst, 'E')
	e++
	if text[e] == '-' {
		dst = append(dst, '-')
	}
	e++
	for e+1 < len(text) && text[e] == '0' {
		e++
	}
	return append(dst, text[e:]...)
}

// FormatOptions say how values become text.
type FormatOptions struct {
	Zone *Zone // of timestamps; nil is UTC
	// Scientific prints decimals below 10^-6 with an exponent, as casts to string outside ANSI mode do.
	Scientific bool
	// HiveIntervals prints year-month and day-time intervals as bare values (1-2, 1 02:03:04.500000000), as Spark's Hive-style output does.
	HiveIntervals bool
	// Null is the text of NULL at the top; within nested values it is always null.
	Null string
}

// AppendValue appends a value of type t as a cast to string has it.
func AppendValue(dst []byte, v any, t Type, o *FormatOptions) []byte {
	if v == nil {
		return append(dst, o.Null...)
	}
	switch t.Kind {
	case Boolean:
		return strconv.AppendBool(dst, v.(bool))
	case Byte:
		return strconv.AppendInt(dst, int64(v.(int8)), 10)
	case Short:
		return strconv.AppendInt(dst, int64(v.(int16)), 10)
	case Int:
		return strconv.AppendInt(dst, int64(v.(int32)), 10)
	case Long:
		return strconv.AppendInt(dst, v.(int64), 10)
	case Float:
		return AppendFloat(dst, v.(float32))
	case Double:
		return AppendDouble(dst, v.(float64))
	case Decimal:
		if o.Scientific {
			return AppendDecimalScientific(dst, DecimalValue(v), int(t.Scale))
		}
		return AppendDecimal(dst, DecimalValue(v), int(t.Scale))
	case String, Binary, Variant:
		return append(dst, v.(string)...)
	case Date:
		return AppendDate(dst, int64(v.(int32)))
	case Timestamp:
		return AppendTimestamp(dst, v.(int64), o.zone())
	case TimestampNTZ:
		return AppendTimestampNTZ(dst, v.(int64))
	case YearMonthInterval:
		return AppendYearMonth(dst, v.(int32), t, o.HiveIntervals)
	case DayTimeInterval:
		return AppendDayTime(dst, v.(int64), t, o.HiveIntervals)
	case CalendarInterval:
		return AppendInterval(dst, v.(Interval))
	}
	return appendNested(dst, v, t, o)
}

func (o *FormatOptions) zone() *Zone {
	if o.Zone == nil {
		return UTC
	}
	return o.Zone
}

func appendNested(dst []byte, v any, t Type, o *FormatOptions) []byte {
	inner := *o
	inner.Null = "null"
	switch t.Kind {
	case Array:
		dst = append(dst, '[')
		for i, e := range v.([]any) {
			dst = appendComma(dst, i)
			dst = AppendValue(dst, e, t.Elem(), &inner)
		}
		return append(dst, ']')
	case Map:
		m := v.(MapValue)
		dst = append(dst, '{')
		for i, k := range m.Keys {
			dst = appendComma(dst, i)
			dst = AppendValue(dst, k, t.Key(), &inner)
			dst = append(dst, " -> "...)
			dst = AppendValue(dst, m.Values[i], t.Elem(), &inner)
		}
		return append(dst, '}')
	case Struct:
		dst = append(dst, '{')
		for i, e := range v.([]any) {
			dst = appendComma(dst, i)
			dst = AppendValue(dst, e, t.Fields()[i].Type, &inner)
		}
		return append(dst, '}')
	}
	panic("types: no text for a value of type " + t.String())
}

func appendComma(dst []byte, i int) []byte {
	if i > 0 {
		dst = append(dst, ", "...)
	}
	return dst
}

// FormatValue is AppendValue as a string, with NULL for a null, in zone (nil is UTC).
func FormatValue(v any, t Type, zone *Zone) string {
	return string(AppendValue(nil, v, t, &FormatOptions{Zone: zone, Null: "NULL"}))
}
