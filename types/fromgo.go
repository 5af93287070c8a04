package types

import (
	"cmp"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/kilnql/kiln/diag"
)

// Valuer is a Go type of another package that stands for a value of a Spark type, as kiln's Decimal, Months, Map and
// Row do.
type Valuer interface {
	// SparkValue returns the value in the form of this package, and its type.
	SparkValue() (any, Type, error)
}

// FromGo turns a Go value into a value of this package and its Spark type: nil and nil pointers are void; int and uint are
// int where they fit it, else bigint, and uint64 is bigint; what fits none of them is decimal(20,0); uint8 … uint32 widen;
// time.Time is a timestamp, time.Duration a day-time interval; a slice or array is an array, of bytes a binary; a map is a
// map, its keys sorted; a struct is a struct of its exported fields. What else there is says so as a Valuer. Any other
// type is UNSUPPORTED_FEATURE.LITERAL_TYPE.
func FromGo(v any) (any, Type, error) {
	switch v := v.(type) {
	case nil:
		return nil, VoidType, nil
	case bool:
		return v, BooleanType, nil
	case int32:
		return v, IntType, nil
	case int64:
		return v, LongType, nil
	case int:
		return fromInt(int64(v))
	case float64:
		return v, DoubleType, nil
	case string:
		return v, StringType, nil
	case time.Time:
		return v.UnixMicro(), TimestampType, nil
	case time.Duration:
		return v.Microseconds(), DayTimeType(FieldDay, FieldSecond), nil
	case Interval:
		return v, CalendarType, nil
	case Valuer:
		if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && r.IsNil() {
			return nil, VoidType, nil
		}
		return v.SparkValue()
	}
	return fromReflected(reflect.ValueOf(v))
}

func fromInt(v int64) (any, Type, error) {
	if v >= math.MinInt32 && v <= math.MaxInt32 {
		return int32(v), IntType, nil
	}
	return v, LongType, nil
}

func fromUint64(v uint64) (any, Type, error) {
	if v <= math.MaxInt64 {
		return int64(v), LongType, nil
	}
	return Int128{Lo: v}, DecimalType(20, 0), nil
}

func fromReflected(r reflect.Value) (any, Type, error) {
	switch r.Kind() {
	case reflect.Pointer:
		if r.IsNil() {
			return nil, VoidType, nil
		}
		return FromGo(r.Elem().Interface())
	case reflect.Bool:
		return r.Bool(), BooleanType, nil
	case reflect.String:
		return r.String(), StringType, nil
	case reflect.Int:
		return fromInt(r.Int())
	case reflect.Int8:
		return int8(r.Int()), ByteType, nil
	case reflect.Int16:
		return int16(r.Int()), ShortType, nil
	case reflect.Int32:
		return int32(r.Int()), IntType, nil
	case reflect.Int64:
		return r.Int(), LongType, nil
	case reflect.Uint8:
		return int16(r.Uint()), ShortType, nil
	case reflect.Uint16:
		return int32(r.Uint()), IntType, nil
	case reflect.Uint32:
		return int64(r.Uint()), LongType, nil
	case reflect.Uint:
		if r.Uint() <= math.MaxInt64 {
			return fromInt(int64(r.Uint()))
		}
		return fromUint64(r.Uint())
	case reflect.Uint64:
		return fromUint64(r.Uint())
	case reflect.Float32:
		return float32(r.Float()), FloatType, nil
	case reflect.Float64:
		return r.Float(), DoubleType, nil
	case reflect.Slice, reflect.Array:
		return fromList(r)
	case reflect.Map:
		return fromMap(r)
	case reflect.Struct:
		return fromStruct(r)
	}
	return nil, Type{}, diag.New("UNSUPPORTED_FEATURE.LITERAL_TYPE", "type", r.Type().String())
}

func fromList(r reflect.Value) (any, Type, error) {
	if b, ok := BytesOf(r); ok {
		return string(b), BinaryType, nil
	}
	list := make([]any, r.Len())
	for i := range list {
		list[i] = r.Index(i).Interface()
	}
	values, elem, null, err := unified(list, r.Type().Elem())
	return values, ArrayType(elem, null), err
}

// BytesOf returns the bytes of a slice or array of uint8.
func BytesOf(r reflect.Value) ([]byte, bool) {
	if k := r.Kind(); k != reflect.Slice && k != reflect.Array || r.Type().Elem().Kind() != reflect.Uint8 {
		return nil, false
	}
	b := make([]byte, r.Len())
	reflect.Copy(reflect.ValueOf(b), r)
	return b, true
}

func fromMap(r reflect.Value) (any, Type, error) {
	var keys, values []any
	for it := r.MapRange(); it.Next(); {
		keys, values = append(keys, it.Key().Interface()), append(values, it.Value().Interface())
	}
	return mapOf(keys, values, r.Type().Key(), r.Type().Elem())
}

// MapOf is the map of the given Go keys and values, in their order.
func MapOf(keys, values []any) (any, Type, error) {
	k, key, _, err := unified(keys, reflect.TypeFor[any]())
	if err != nil {
		return nil, Type{}, err
	}
	v, elem, null, err := unified(values, reflect.TypeFor[any]())
	return MapValue{k, v}, MapType(key, elem, null), err
}

func mapOf(keys, values []any, keyType, valueType reflect.Type) (any, Type, error) {
	k, key, _, err := unified(keys, keyType)
	if err != nil {
		return nil, Type{}, err
	}
	v, elem, null, err := unified(values, valueType)
	if err != nil {
		return nil, Type{}, err
	}
	m := MapValue{k, v}
	m.Sort(key)
	return m, MapType(key, elem, null), nil
}

// Sort orders the entries by key, so that a Go map, which has no order, is always the same value.
func (m MapValue) Sort(key Type) {
	if !key.IsOrderable() {
		return
	}
	order := make([]int, len(m.Keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(ValueCompare(m.Keys[a], m.Keys[b], key), cmp.Compare(a, b)) })
	keys, values := slices.Clone(m.Keys), slices.Clone(m.Values)
	for to, from := range order {
		m.Keys[to], m.Values[to] = keys[from], values[from]
	}
}

// unified turns Go values of static type t into values of one Spark type: integers of several widths take the widest.
func unified(list []any, t reflect.Type) (values []any, elem Type, null bool, err error) {
	values, elem = make([]any, len(list)), VoidType
	kinds := make([]Type, len(list))
	for i, v := range list {
		value, vt, err := FromGo(v)
		if err != nil {
			return nil, Type{}, false, err
		}
		values[i], kinds[i] = value, vt
		switch {
		case value == nil:
			null = true
		case elem.Kind == Void, elem.IsIntegral() && vt.IsIntegral() && vt.Kind > elem.Kind:
			elem = vt
		case elem.Kind == Decimal && vt.Kind == Decimal:
			elem = WiderDecimal(elem, vt)
		case !elem.SameType(vt) && !(elem.IsIntegral() && vt.IsIntegral()):
			return nil, Type{}, false, diag.New("CANNOT_MERGE_TYPE", "data_type1", elem.String(), "data_type2", vt.String())
		}
	}
	if elem.Kind == Void && t.Kind() != reflect.Interface {
		if elem, null, err = GoType(t); err != nil {
			return nil, Type{}, false, err
		}
	}
	for i, v := range values {
		switch {
		case v == nil || kinds[i].SameType(elem):
		case elem.Kind == Decimal:
			d, ok := Rescale(DecimalValue(v), int(kinds[i].Scale), int(elem.Scale), int(elem.Precision))
			if !ok {
				return nil, Type{}, false, diag.New("CANNOT_MERGE_TYPE", "data_type1", elem.String(), "data_type2", kinds[i].String())
			}
			values[i] = NewDecimalValue(d, elem)
		case elem.IsIntegral():
			values[i] = integralValue(reflect.ValueOf(v).Int(), elem)
		}
	}
	return values, elem, null, nil
}

// integralValue is v, which fits, in the form of an integral type.
func integralValue(v int64, t Type) any {
	switch t.Kind {
	case Byte:
		return int8(v)
	case Short:
		return int16(v)
	case Int:
		return int32(v)
	}
	return v
}

func fromStruct(r reflect.Value) (any, Type, error) {
	fields, err := GoFields(r.Type())
	if err != nil {
		return nil, Type{}, err
	}
	values, columns := make([]any, len(fields)), make([]Field, len(fields))
	for i, f := range fields {
		_, null, err := GoType(f.Type) // finds cycles before the values are walked
		if err != nil {
			null = true
		}
		if diag.ConditionOf(err) == "CIRCULAR_CLASS_REFERENCE" {
			return nil, Type{}, err
		}
		v, t, err := FromGo(f.Of(r))
		if err != nil {
			return nil, Type{}, err
		}
		values[i], columns[i] = v, Field{Name: f.Name, Type: t, Nullable: null || f.Optional}
	}
	return values, StructType(columns...), nil
}
