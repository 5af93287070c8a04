package kiln

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

// fit turns a Go value into one of a field's type, in the form of package types. What the type cannot hold is an error,
// whose words and path ("element in array field a") are PySpark's.
func fit(v any, f types.Field, path string) (any, error) {
	if isNil(v) {
		if !f.Nullable {
			return nil, diag.New("FIELD_NOT_NULLABLE_WITH_NAME", "field_name", path)
		}
		return nil, nil
	}
	for r := reflect.ValueOf(v); r.Kind() == reflect.Pointer; r = reflect.ValueOf(v) {
		if v = r.Elem().Interface(); isNil(v) {
			return fit(nil, f, path)
		}
	}
	switch f.Type.Kind {
	case types.Array:
		return fitArray(v, f.Type, path)
	case types.Map:
		return fitMap(v, f.Type, path)
	case types.Struct:
		return fitStruct(reflect.ValueOf(v), f.Type, path)
	}
	value, from, err := types.FromGo(v)
	if err != nil {
		return nil, err
	}
	return fitScalar(v, value, from, f.Type, path)
}

// isNil reports whether v is NULL: nil, or a pointer, map or slice that is nil.
func isNil(v any) bool {
	if v == nil {
		return true
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return r.IsNil()
	}
	return false
}

func unacceptable(v any, t types.Type, path string) error {
	return diag.New("FIELD_DATA_TYPE_UNACCEPTABLE_WITH_NAME", "field_name", path, "data_type", t.String(), "obj", fmt.Sprintf("%.100v", v), "obj_type", fmt.Sprintf("%T", v))
}

func fitArray(v any, t types.Type, path string) (any, error) {
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Slice && r.Kind() != reflect.Array || types.IsGoLeaf(r.Type()) {
		return nil, unacceptable(v, t, path)
	}
	out := make([]any, r.Len())
	elem := types.Field{Type: t.Elem(), Nullable: t.ElemNullable()}
	for i := range out {
		var err error
		if out[i], err = fit(r.Index(i).Interface(), elem, "element in array "+path); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func fitMap(v any, t types.Type, path string) (any, error) {
	var m types.MapValue
	key, elem := types.Field{Type: t.Key()}, types.Field{Type: t.Elem(), Nullable: t.ElemNullable()}
	add := func(k, v any) error {
		k, err := fit(k, key, "key of map "+path)
		if err != nil {
			return err
		}
		v, err = fit(v, elem, "value of map "+path)
		m.Keys, m.Values = append(m.Keys, k), append(m.Values, v)
		return err
	}
	if entries, ok := v.(Map); ok {
		for _, e := range entries {
			if err := add(e.Key, e.Value); err != nil {
				return nil, err
			}
		}
		return m, nil
	}
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Map {
		return nil, unacceptable(v, t, path)
	}
	for it := r.MapRange(); it.Next(); {
		if err := add(it.Key().Interface(), it.Value().Interface()); err != nil {
			return nil, err
		}
	}
	m.Sort(t.Key())
	return m, nil
}

// fitStruct takes a Go struct or map by the names of its fields, a Row or list by position.
func fitStruct(r reflect.Value, t types.Type, path string) ([]any, error) {
	if row, ok := r.Interface().(Row); ok {
		return fitFields(row.Values(), t, path)
	}
	if list, ok := r.Interface().([]any); ok {
		return fitFields(list, t, path)
	}
	fields := t.Fields()
	values := make([]any, len(fields))
	switch {
	case r.Kind() == reflect.Map && r.Type().Key().Kind() == reflect.String:
		for it := r.MapRange(); it.Next(); {
			i := fieldNamed(fields, it.Key().String())
			if i < 0 {
				return nil, diag.New("FIELD_NOT_FOUND", "fieldName", "`"+it.Key().String()+"`", "fields", fieldList(fields))
			}
			values[i] = it.Value().Interface()
		}
	case r.Kind() == reflect.Struct && !types.IsGoLeaf(r.Type()):
		source, err := types.GoFields(r.Type())
		if err != nil {
			return nil, err
		}
		if len(source) != len(fields) {
			return nil, wrongLength(len(source), t, path)
		}
		for i, f := range source {
			values[i] = f.Of(r)
			if at := fieldNamed(fields, f.Name); at != i && fields[i].Name != f.Name {
				return nil, diag.New("FIELD_NOT_FOUND", "fieldName", "`"+f.Name+"`", "fields", fieldList(fields))
			}
		}
	default:
		return nil, unacceptable(r.Interface(), t, path)
	}
	return fitFields(values, t, path)
}

// fieldNamed is the place of the one field of that name; -1 if there is none.
func fieldNamed(fields []types.Field, name string) int {
	for i, f := range fields {
		if strings.EqualFold(f.Name, name) {
			return i
		}
	}
	return -1
}

func fieldList(fields []types.Field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = "`" + f.Name + "`"
	}
	return strings.Join(names, ", ")
}

func wrongLength(n int, t types.Type, path string) error {
	return diag.New("FIELD_STRUCT_LENGTH_MISMATCH_WITH_NAME", "field_name", path, "object_length", strconv.Itoa(n), "field_length", strconv.Itoa(len(t.Fields())))
}

func fitFields(values []any, t types.Type, path string) ([]any, error) {
	fields := t.Fields()
	if len(values) != len(fields) {
		return nil, wrongLength(len(values), t, path)
	}
	out := make([]any, len(fields))
	for i, f := range fields {
		name := "field " + f.Name
		if path != "" {
			name += " in " + path
		}
		var err error
		if out[i], err = fit(values[i], f, name); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fitScalar converts value, of type from, the form of package types of v, to type t where that loses nothing.
func fitScalar(v, value any, from, t types.Type, path string) (any, error) {
	if from.SameType(t) {
		return value, nil
	}
	r := reflect.ValueOf(value)
	isInteger := from.IsIntegral()
	switch {
	case t.Kind == types.Date && from.Kind == types.Timestamp:
		year, month, day := v.(time.Time).Date()
		return int32(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400), nil
	case t.Kind == types.TimestampNTZ && from.Kind == types.Timestamp:
		_, offset := v.(time.Time).Zone()
		return value.(int64) + int64(offset)*1_000_000, nil
	case t.IsFloating() && isInteger:
		return fitFloat(float64(r.Int()), t, path)
	case t.IsFloating() && from.IsFloating():
		return fitFloat(r.Float(), t, path)
	case t.IsIntegral() && isInteger:
		return fitInteger(r.Int(), t, path)
	case t.IsIntegral() && from.Kind == types.Decimal && from.Scale == 0: // a uint64 above all bigints
		return nil, outOfBounds(t, types.FormatDecimal(types.DecimalValue(value), 0), path)
	case t.Kind == types.Decimal && (isInteger || from.Kind == types.Decimal || from.Kind == types.String):
		return fitDecimal(v, value, from, t, path)
	case t.Kind == types.String && from.Kind == types.String, t.Kind == types.Binary && from.Kind == types.String,
		t.Kind == types.YearMonthInterval && from.Kind == t.Kind, t.Kind == types.DayTimeInterval && from.Kind == t.Kind:
		return value, nil
	}
	return nil, unacceptable(v, t, path)
}

func fitFloat(x float64, t types.Type, path string) (any, error) {
	if t.Kind == types.Double {
		return x, nil
	}
	if narrow := float32(x); !math.IsInf(float64(narrow), 0) || math.IsInf(x, 0) {
		return narrow, nil
	}
	limit := strconv.FormatFloat(math.MaxFloat32, 'g', -1, 32)
	return nil, diag.New("VALUE_OUT_OF_BOUNDS", "arg_name", path, "lower_bound", "-"+limit, "upper_bound", limit, "actual", strconv.FormatFloat(x, 'g', -1, 64))
}

func fitInteger(x int64, t types.Type, path string) (any, error) {
	switch {
	case t.Kind == types.Byte && x == int64(int8(x)):
		return int8(x), nil
	case t.Kind == types.Short && x == int64(int16(x)):
		return int16(x), nil
	case t.Kind == types.Int && x == int64(int32(x)):
		return int32(x), nil
	case t.Kind == types.Long:
		return x, nil
	}
	return nil, outOfBounds(t, strconv.FormatInt(x, 10), path)
}

var integerBits = map[types.Kind]int{types.Byte: 8, types.Short: 16, types.Int: 32, types.Long: 64}

func outOfBounds(t types.Type, actual, path string) error {
	limit := int64(math.MaxInt64) >> (64 - integerBits[t.Kind])
	return diag.New("VALUE_OUT_OF_BOUNDS", "arg_name", path, "lower_bound", strconv.FormatInt(-limit-1, 10), "upper_bound", strconv.FormatInt(limit, 10), "actual", actual)
}

// fitDecimal rounds to the scale, as Spark does.
func fitDecimal(v, value any, from, t types.Type, path string) (any, error) {
	var text string
	switch from.Kind {
	case types.String:
		text = value.(string)
	case types.Decimal:
		text = types.FormatDecimal(types.DecimalValue(value), int(from.Scale))
	default:
		text = strconv.FormatInt(reflect.ValueOf(value).Int(), 10)
	}
	unscaled, status := types.ParseDecimalAs(text, int(t.Precision), int(t.Scale))
	switch status {
	case types.TextOK:
		return types.NewDecimalValue(unscaled, t), nil
	case types.TextOverflow:
		return nil, diag.New("NUMERIC_VALUE_OUT_OF_RANGE.WITHOUT_SUGGESTION", "roundedValue", text, "originalValue", text,
			"precision", strconv.Itoa(int(t.Precision)), "scale", strconv.Itoa(int(t.Scale)))
	}
	return nil, unacceptable(v, t, path)
}
