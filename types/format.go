package types

import "strconv"

// Values as text, as a cast to string and Show print them.

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
