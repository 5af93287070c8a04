package kiln

import (
	"context"
	"fmt"
	"iter"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/kilnql/kiln/configuration"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

// Rows runs d and yields each row as a T. If T is a struct, its exported fields, those of embedded structs included, take the
// columns of their name (or of the name in a `kiln:"name"` tag), regardless of case; every field must have one column. A
// pointer, slice or map is nil for NULL; NULL in any other field is an error, and so is a number that its field cannot
// hold. T may be Row. Otherwise d must have one column, whose values are the Ts.
//
// Leaving the loop cancels the query. After an error the loop ends.
func Rows[T any](ctx context.Context, d *DataFrame) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		assign, err := rowDecoder(reflect.TypeFor[T](), d)
		if err != nil {
			yield(zero, err)
			return
		}
		for row, err := range d.Rows(ctx) {
			if err != nil {
				yield(zero, err)
				return
			}
			var v T
			if err := assign(row, reflect.ValueOf(&v).Elem()); err != nil {
				yield(zero, err)
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

var (
	rowType     = reflect.TypeFor[Row]()
	decimalType = reflect.TypeFor[Decimal]()
	mapType     = reflect.TypeFor[Map]()
	listType    = reflect.TypeFor[[]any]()
)

// rowDecoder plans how a row of d is written into a T.
func rowDecoder(t reflect.Type, d *DataFrame) (func(Row, reflect.Value) error, error) {
	if err := d.bound(); err != nil {
		return nil, err
	}
	if t == rowType {
		return func(r Row, to reflect.Value) error { to.Set(reflect.ValueOf(r)); return nil }, nil
	}
	if _, _, err := types.GoType(t); diag.ConditionOf(err) == "CIRCULAR_CLASS_REFERENCE" {
		return nil, err
	}
	schema := d.Schema()
	columns := schema.Fields()
	decode := &decoder{caseSensitive: d.session.configuration.Bool(configuration.CaseSensitive)}
	if t.Kind() != reflect.Struct || types.IsGoLeaf(t) {
		if len(columns) != 1 {
			return nil, diag.New("UNSUPPORTED_DESERIALIZER.FIELD_NUMBER_MISMATCH", "schema", `"`+strings.ToUpper(schema.String())+`"`, "ordinal", "1", "type", "Go "+t.String())
		}
		return func(r Row, to reflect.Value) error { return decode.value(to, r.At(0), columns[0].Name) }, nil
	}
	targets, err := decode.targets(t, schema)
	if err != nil {
		return nil, err
	}
	return func(r Row, to reflect.Value) error { return decode.fields(to, r, targets, "") }, nil
}

// decoder writes values of rows into Go values.
type decoder struct {
	caseSensitive bool
	structs       map[structPair][]target
}

type structPair struct {
	to   reflect.Type
	from types.Type
}

// target is a field of a Go struct and the column it takes.
type target struct {
	field  types.GoField
	source int
}

// targets finds the column of each field of a Go struct.
func (d *decoder) targets(t reflect.Type, schema types.Type) ([]target, error) {
	key := structPair{t, schema}
	if known, ok := d.structs[key]; ok {
		return known, nil
	}
	fields, err := types.GoFields(t)
	if err != nil {
		return nil, err
	}
	var out []target
	for _, f := range fields {
		source, err := d.column(f.Name, schema.Fields())
		if err != nil {
			err.Hint = fmt.Sprintf("this is for field %s of %s, which is given another column by the tag `kiln:\"column\"`.", t.FieldByIndex(f.Index).Name, t)
			return nil, err
		}
		out = append(out, target{f, source})
	}
	if d.structs == nil {
		d.structs = map[structPair][]target{}
	}
	d.structs[key] = out
	return out, nil
}

// column finds the column of a name. Letters' case does not matter, but where the session says that it does, it decides
// between several.
func (d *decoder) column(name string, columns []types.Field) (int, *diag.Error) {
	var same, exact []int
	var names []string
	for i, c := range columns {
		names = append(names, c.Name)
		if strings.EqualFold(c.Name, name) {
			same = append(same, i)
		}
		if c.Name == name {
			exact = append(exact, i)
		}
	}
	switch {
	case len(same) == 1:
		return same[0], nil
	case d.caseSensitive && len(exact) == 1:
		return exact[0], nil
	case len(same) > 1:
		list := make([]string, len(same))
		for i, c := range same {
			list[i] = quoteName([]string{columns[c].Name})
		}
		return 0, diag.New("AMBIGUOUS_REFERENCE", "name", quoteName([]string{name}), "referenceNames", "["+strings.Join(list, ", ")+"]")
	case len(columns) == 0:
		return 0, diag.New("UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", "objectName", quoteName([]string{name}))
	}
	near := diag.Nearest(name, names, 5)
	for i, n := range near {
		near[i] = quoteName([]string{n})
	}
	return 0, diag.New("UNRESOLVED_COLUMN.WITH_SUGGESTION", "objectName", quoteName([]string{name}), "proposal", strings.Join(near, ", "))
}

func (d *decoder) fields(to reflect.Value, r Row, targets []target, path string) error {
	for _, t := range targets {
		v := r.At(t.source)
		field, err := to.FieldByIndexErr(t.field.Index)
		if err != nil { // in an embedded struct that is not there yet
			if v == nil {
				continue
			}
			field = reach(to, t.field.Index)
		}
		if err := d.value(field, v, path+r.schema.Fields()[t.source].Name); err != nil {
			return err
		}
	}
	return nil
}

// reach makes the embedded structs on the way to a field.
func reach(v reflect.Value, index []int) reflect.Value {
	for i, x := range index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(x)
	}
	return v
}

// value writes a value of a Row; column is its name for messages.
func (d *decoder) value(to reflect.Value, v any, column string) error {
	if v == nil {
		switch to.Kind() {
		case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
			to.SetZero()
			return nil
		}
		return diag.New("NOT_NULL_ASSERT_VIOLATION", "walkedTypePath", column+", a Go "+to.Type().String())
	}
	if to.Kind() == reflect.Pointer {
		to.Set(reflect.New(to.Type().Elem()))
		return d.value(to.Elem(), v, column)
	}
	from := reflect.ValueOf(v)
	switch {
	case from.Type().AssignableTo(to.Type()):
		to.Set(from)
		return nil
	case types.IsGoLeaf(to.Type()), types.IsGoLeaf(from.Type()) && from.Type() != decimalType && from.Type() != rowType && from.Type() != mapType:
		return mismatch(to, v, column) // an interval is no number
	case to.CanInt() || to.CanUint():
		return d.integer(to, v, column)
	case to.CanFloat() && from.CanFloat():
		return setFloat(to, from.Float(), column)
	case to.CanFloat() && from.Type() == decimalType:
		return setFloat(to, v.(Decimal).Float64(), column)
	case to.CanFloat() && from.CanInt() && from.Type().Bits() < to.Type().Bits():
		to.SetFloat(float64(from.Int())) // exact, as in Spark's upcast
		return nil
	case to.Kind() == reflect.Bool && from.Kind() == reflect.Bool:
		to.SetBool(from.Bool())
		return nil
	case to.Kind() == reflect.String && from.Kind() == reflect.String:
		to.SetString(from.String())
		return nil
	case to.Kind() == reflect.String && from.Type() == decimalType:
		to.SetString(v.(Decimal).String())
		return nil
	case from.Type() == rowType:
		return d.nested(to, v.(Row), column)
	case from.Type() == mapType:
		return d.entries(to, v.(Map), column)
	case from.Type() == listType, from.Kind() == reflect.Slice && from.Type().Elem().Kind() == reflect.Uint8:
		return d.list(to, from, column)
	}
	return mismatch(to, v, column)
}

func mismatch(to reflect.Value, v any, column string) error {
	return diag.New("UNSUPPORTED_DESERIALIZER.DATA_TYPE_MISMATCH", "desiredType", "Go "+to.Type().String(), "dataType", fmt.Sprintf("a %T in column %s", v, column))
}

// integer takes integers and decimals that are integers, as far as the Go type can hold them.
func (d *decoder) integer(to reflect.Value, v any, column string) error {
	from := reflect.ValueOf(v)
	var n types.Int128
	switch x := v.(type) {
	case Decimal:
		var ok bool
		n, ok = types.Rescale(x.Unscaled, x.Scale, 0, types.MaxPrecision)
		if back, exact := types.Rescale(n, 0, x.Scale, types.MaxPrecision); !ok || !exact || back != x.Unscaled {
			return mismatch(to, v, column)
		}
	default:
		if !from.CanInt() {
			return mismatch(to, v, column)
		}
		n = types.Int128From(from.Int())
	}
	switch bits := to.Type().Bits(); {
	case to.CanInt() && n.IsInt64() && !to.OverflowInt(n.Int64()):
		to.SetInt(n.Int64())
		return nil
	case to.CanUint() && n.Hi == 0 && !to.OverflowUint(n.Lo):
		to.SetUint(n.Lo)
		return nil
	case to.CanUint():
		return outOfGoBounds(column, "0", strconv.FormatUint(math.MaxUint64>>(64-bits), 10), types.FormatDecimal(n, 0))
	default:
		limit := int64(math.MaxInt64) >> (64 - bits)
		return outOfGoBounds(column, strconv.FormatInt(-limit-1, 10), strconv.FormatInt(limit, 10), types.FormatDecimal(n, 0))
	}
}

func setFloat(to reflect.Value, x float64, column string) error {
	if to.OverflowFloat(x) && !math.IsInf(x, 0) {
		limit := strconv.FormatFloat(math.MaxFloat32, 'g', -1, 32)
		return outOfGoBounds(column, "-"+limit, limit, strconv.FormatFloat(x, 'g', -1, 64))
	}
	to.SetFloat(x)
	return nil
}

func outOfGoBounds(column, low, high, actual string) error {
	return diag.New("VALUE_OUT_OF_BOUNDS", "arg_name", column, "lower_bound", low, "upper_bound", high, "actual", actual)
}

// list writes an array, or bytes, into a slice or an array of as many elements.
func (d *decoder) list(to, from reflect.Value, column string) error {
	target := to
	switch {
	case to.Kind() == reflect.Slice:
		target = reflect.MakeSlice(to.Type(), from.Len(), from.Len())
	case to.Kind() != reflect.Array:
		return mismatch(to, from.Interface(), column)
	case to.Len() != from.Len():
		return diag.New("FIELD_STRUCT_LENGTH_MISMATCH_WITH_NAME", "field_name", column, "object_length", strconv.Itoa(from.Len()), "field_length", strconv.Itoa(to.Len()))
	}
	if b, ok := from.Interface().([]byte); ok {
		if to.Type().Elem().Kind() != reflect.Uint8 {
			return mismatch(to, b, column)
		}
		reflect.Copy(target, from.Convert(reflect.SliceOf(to.Type().Elem())))
	} else {
		for i := range from.Len() {
			if err := d.value(target.Index(i), from.Index(i).Interface(), column+"["+strconv.Itoa(i)+"]"); err != nil {
				return err
			}
		}
	}
	to.Set(target)
	return nil
}

func (d *decoder) entries(to reflect.Value, m Map, column string) error {
	if to.Kind() != reflect.Map {
		return mismatch(to, m, column)
	}
	out := reflect.MakeMapWithSize(to.Type(), len(m))
	for _, e := range m {
		key, value := reflect.New(to.Type().Key()).Elem(), reflect.New(to.Type().Elem()).Elem()
		if err := d.value(key, e.Key, "key of "+column); err != nil {
			return err
		}
		if !key.Comparable() {
			return mismatch(to, m, column)
		}
		if err := d.value(value, e.Value, "value of "+column); err != nil {
			return err
		}
		out.SetMapIndex(key, value)
	}
	to.Set(out)
	return nil
}

func (d *decoder) nested(to reflect.Value, r Row, column string) error {
	if to.Kind() != reflect.Struct || types.IsGoLeaf(to.Type()) {
		return mismatch(to, r, column)
	}
	targets, err := d.targets(to.Type(), r.schema)
	if err != nil {
		return err
	}
	return d.fields(to, r, targets, column+".")
}
