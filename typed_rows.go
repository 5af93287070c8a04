package kiln

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"time"

	"github.com/kilnql/kiln/types"
)

// Rows runs d and yields each row as a T. If T is a struct, its exported fields take the columns of their name (or of
// the name in a `kiln:"name"` tag), regardless of case; every field must have a column. A pointer field is nil for
// NULL; NULL in any other field is an error. Otherwise d must have one column, whose values are the Ts.
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

// rowDecoder plans how a row of d is written into a T.
func rowDecoder(t reflect.Type, d *DataFrame) (func(Row, reflect.Value) error, error) {
	if err := d.bound(); err != nil {
		return nil, err
	}
	columns := d.Schema().Fields()
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[Decimal]() {
		if len(columns) != 1 {
			return nil, fmt.Errorf("kiln: Rows of %s needs one column, not %d", t, len(columns))
		}
		return func(r Row, to reflect.Value) error { return assignValue(to, r.At(0), columns[0].Name) }, nil
	}
	var fields, sources []int
	for i := range t.NumField() {
		f := t.Field(i)
		name, skip := fieldName(f)
		if skip {
			continue
		}
		source := -1
		for c, column := range columns {
			if strings.EqualFold(column.Name, name) {
				source = c
			}
		}
		if source < 0 {
			return nil, fmt.Errorf("kiln: field %s.%s has no column %s; the columns are %s", t, f.Name, name, strings.Join(d.Columns(), ", "))
		}
		fields, sources = append(fields, i), append(sources, source)
	}
	return func(r Row, to reflect.Value) error {
		for i, f := range fields {
			if err := assignValue(to.Field(f), r.At(sources[i]), columns[sources[i]].Name); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// fieldName is the column that a struct field stands for.
func fieldName(f reflect.StructField) (name string, skip bool) {
	if tag, ok := f.Tag.Lookup("kiln"); ok {
		return tag, tag == "-"
	}
	return f.Name, !f.IsExported()
}

func assignValue(to reflect.Value, v any, column string) error {
	if v == nil {
		switch to.Kind() {
		case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
			to.SetZero()
			return nil
		}
		return fmt.Errorf("kiln: column %s is NULL, and a Go %s cannot be; use a pointer", column, to.Type())
	}
	if to.Kind() == reflect.Pointer {
		to.Set(reflect.New(to.Type().Elem()))
		return assignValue(to.Elem(), v, column)
	}
	from := reflect.ValueOf(v)
	switch {
	case from.Type().AssignableTo(to.Type()):
		to.Set(from)
		return nil
	case to.CanInt() && from.CanInt():
		if to.OverflowInt(from.Int()) {
			return fmt.Errorf("kiln: column %s: %d does not fit a Go %s", column, from.Int(), to.Type())
		}
		to.SetInt(from.Int())
		return nil
	case to.CanFloat() && from.CanFloat():
		to.SetFloat(from.Float())
		return nil
	case to.CanFloat() && from.Type() == reflect.TypeFor[Decimal]():
		to.SetFloat(v.(Decimal).Float64())
		return nil
	case to.Kind() == reflect.String && from.Kind() == reflect.String:
		to.SetString(from.String())
		return nil
	case to.Kind() == reflect.String && from.Type() == reflect.TypeFor[Decimal]():
		to.SetString(v.(Decimal).String())
		return nil
	case to.Kind() == reflect.Slice && from.Type() == reflect.TypeFor[[]any]():
		return assignSlice(to, v.([]any), column)
	case to.Kind() == reflect.Struct && from.Type() == reflect.TypeFor[Row]():
		return assignStruct(to, v.(Row), column)
	}
	return fmt.Errorf("kiln: column %s holds a %T, which a Go %s cannot take", column, v, to.Type())
}

func assignSlice(to reflect.Value, values []any, column string) error {
	s := reflect.MakeSlice(to.Type(), len(values), len(values))
	for i, v := range values {
		if err := assignValue(s.Index(i), v, column); err != nil {
			return err
		}
	}
	to.Set(s)
	return nil
}

func assignStruct(to reflect.Value, r Row, column string) error {
	for i := range to.NumField() {
		name, skip := fieldName(to.Type().Field(i))
		if skip {
			continue
		}
		if err := assignValue(to.Field(i), r.Get(name), column+"."+name); err != nil {
			return err
		}
	}
	return nil
}

// goType is the Spark type of a Go type in CreateDataFrame; pointers make it nullable.
func goType(t reflect.Type) (types.Type, bool, error) {
	switch t {
	case reflect.TypeFor[time.Time]():
		return types.TimestampType, false, nil
	case reflect.TypeFor[time.Duration]():
		return types.DayTimeType(types.FieldDay, types.FieldSecond), false, nil
	case reflect.TypeFor[[]byte]():
		return types.BinaryType, true, nil
	case reflect.TypeFor[Months]():
		return types.YearMonthType(types.FieldYear, types.FieldMonth), false, nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		inner, _, err := goType(t.Elem())
		return inner, true, err
	case reflect.Bool:
		return types.BooleanType, false, nil
	case reflect.Int8:
		return types.ByteType, false, nil
	case reflect.Int16, reflect.Uint8:
		return types.ShortType, false, nil
	case reflect.Int32, reflect.Uint16:
		return types.IntType, false, nil
	case reflect.Int, reflect.Int64, reflect.Uint32:
		return types.LongType, false, nil
	case reflect.Float32:
		return types.FloatType, false, nil
	case reflect.Float64:
		return types.DoubleType, false, nil
	case reflect.String:
		return types.StringType, false, nil
	case reflect.Slice, reflect.Array:
		elem, null, err := goType(t.Elem())
		return types.ArrayType(elem, null), true, err
	case reflect.Map:
		key, _, err := goType(t.Key())
		if err != nil {
			return types.Type{}, false, err
		}
		elem, null, err := goType(t.Elem())
		return types.MapType(key, elem, null), true, err
	case reflect.Struct:
		fields, err := structFields(t)
		return types.StructType(fields...), false, err
	}
	return types.Type{}, false, fmt.Errorf("kiln: a Go %s has no Spark type", t)
}

func structFields(t reflect.Type) ([]types.Field, error) {
	var fields []types.Field
	for i := range t.NumField() {
		name, skip := fieldName(t.Field(i))
		if skip {
			continue
		}
		ft, null, err := goType(t.Field(i).Type)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", t.Field(i).Name, err)
		}
		fields = append(fields, types.Field{Name: name, Type: ft, Nullable: null})
	}
	return fields, nil
}
