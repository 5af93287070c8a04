package types

import (
	"fmt"
	"math"
	"reflect"
	"time"
)

// FromGo turns a Go value into a value of this package and its Spark type: nil is void, int is bigint when it does not
// fit int, uint8 … uint32 widen, time.Time is a timestamp, time.Duration a day-time interval, []byte binary, a slice an
// array and a map a map. A type that has no counterpart is an error.
func FromGo(v any) (any, Type, error) {
	switch v := v.(type) {
	case nil:
		return nil, VoidType, nil
	case bool:
		return v, BooleanType, nil
	case int8:
		return v, ByteType, nil
	case int16:
		return v, ShortType, nil
	case int32:
		return v, IntType, nil
	case int64:
		return v, LongType, nil
	case int:
		if v >= math.MinInt32 && v <= math.MaxInt32 {
			return int32(v), IntType, nil
		}
		return int64(v), LongType, nil
	case uint8:
		return int16(v), ShortType, nil
	case uint16:
		return int32(v), IntType, nil
	case uint32:
		return int64(v), LongType, nil
	case float32:
		return v, FloatType, nil
	case float64:
		return v, DoubleType, nil
	case string:
		return v, StringType, nil
	case []byte:
		return string(v), BinaryType, nil
	case time.Time:
		return v.UnixMicro(), TimestampType, nil
	case time.Duration:
		return v.Microseconds(), DayTimeType(FieldDay, FieldSecond), nil
	case Interval:
		return v, CalendarType, nil
	}
	return fromReflected(reflect.ValueOf(v))
}

func fromReflected(r reflect.Value) (any, Type, error) {
	switch r.Kind() {
	case reflect.Pointer:
		if r.IsNil() {
			return nil, VoidType, nil
		}
		return FromGo(r.Elem().Interface())
	case reflect.Slice, reflect.Array:
		out := make([]any, r.Len())
		elem, null := VoidType, false
		for i := range out {
			v, t, err := FromGo(r.Index(i).Interface())
			if err != nil {
				return nil, Type{}, err
			}
			out[i] = v
			if v == nil {
				null = true
			} else if elem.Kind == Void {
				elem = t
			} else if !elem.SameType(t) {
				return nil, Type{}, fmt.Errorf("kiln: elements of %s have different types: %s and %s", r.Type(), elem, t)
			}
		}
		return out, ArrayType(elem, null), nil
	case reflect.Bool:
		return r.Bool(), BooleanType, nil
	case reflect.String:
		return r.String(), StringType, nil
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Int16, reflect.Int8:
		return FromGo(int(r.Int()))
	case reflect.Float64, reflect.Float32:
		return r.Float(), DoubleType, nil
	}
	return nil, Type{}, fmt.Errorf("kiln: a Go value of type %s has no Spark type", r.Type())
}
