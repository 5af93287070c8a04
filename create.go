package kiln

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/catalog/memory"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// CreateDataFrame makes a DataFrame of the program's own data, which is copied. data is one of
//
//   - a slice of structs: a column for each exported field, named by the field or by its `kiln:"name"` tag; pointer
//     fields are nullable;
//   - a slice of anything else that has a Spark type: one column, "value";
//   - [][]any: rows whose values have the types of schema, given as SQL text in names[0] ("id int, v double");
//   - an Arrow record batch, or a slice of them with one schema.
//
// names, if given, rename the columns.
func (s *Session) CreateDataFrame(data any, names ...string) *DataFrame {
	table, err := localData(data, names)
	if err != nil {
		return &DataFrame{session: s, err: err}
	}
	return s.newDataFrame(&ast.LocalRelation{Source: table}, nil)
}

func localData(data any, names []string) (*memory.Table, error) {
	switch data := data.(type) {
	case arrow.RecordBatch:
		return arrowTable([]arrow.RecordBatch{data}, names)
	case []arrow.RecordBatch:
		return arrowTable(data, names)
	case [][]any:
		return rowTable(data, names)
	}
	r := reflect.ValueOf(data)
	if r.Kind() != reflect.Slice && r.Kind() != reflect.Array {
		return nil, fmt.Errorf("kiln: CreateDataFrame takes a slice or Arrow record batches, not a %T", data)
	}
	fields, cells, err := structCells(r)
	if err != nil {
		return nil, err
	}
	if fields, err = renamed(fields, names); err != nil {
		return nil, err
	}
	return localTable("LocalRelation", fields, cells), nil
}

func renamed(fields []types.Field, names []string) ([]types.Field, error) {
	if len(names) == 0 {
		return fields, nil
	}
	if len(names) != len(fields) {
		return nil, fmt.Errorf("kiln: CreateDataFrame has %d names for %d columns", len(names), len(fields))
	}
	fields = slices.Clone(fields)
	for i := range fields {
		fields[i].Name = names[i]
	}
	return fields, nil
}

// structCells turns a slice into fields and rows of values in the forms of package types.
func structCells(r reflect.Value) ([]types.Field, [][]any, error) {
	elem := r.Type().Elem()
	single := elem.Kind() != reflect.Struct || elem == reflect.TypeFor[time.Time]()
	var fields []types.Field
	var err error
	if single {
		t, null, e := goType(elem)
		fields, err = []types.Field{{Name: "value", Type: t, Nullable: null}}, e
	} else {
		fields, err = structFields(elem)
	}
	if err != nil {
		return nil, nil, err
	}
	rows := make([][]any, r.Len())
	for i := range rows {
		if single {
			rows[i] = []any{plainValue(r.Index(i))}
			continue
		}
		rows[i] = structValues(r.Index(i))
	}
	return fields, rows, nil
}

func structValues(v reflect.Value) []any {
	var out []any
	for i := range v.NumField() {
		if _, skip := fieldName(v.Type().Field(i)); !skip {
			out = append(out, plainValue(v.Field(i)))
		}
	}
	return out
}

// plainValue is a Go value, whose type goType has accepted, in the form of package types.
func plainValue(v reflect.Value) any {
	switch x := v.Interface().(type) {
	case time.Time:
		return x.UnixMicro()
	case time.Duration:
		return x.Microseconds()
	case []byte:
		if x == nil {
			return nil
		}
		return string(x)
	case Months:
		return int32(x)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return plainValue(v.Elem())
	case reflect.Bool:
		return v.Bool()
	case reflect.Int8:
		return int8(v.Int())
	case reflect.Int16:
		return int16(v.Int())
	case reflect.Int32:
		return int32(v.Int())
	case reflect.Int, reflect.Int64:
		return v.Int()
	case reflect.Uint8:
		return int16(v.Uint())
	case reflect.Uint16:
		return int32(v.Uint())
	case reflect.Uint32:
		return int64(v.Uint())
	case reflect.Float32:
		return float32(v.Float())
	case reflect.Float64:
		return v.Float()
	case reflect.String:
		return v.String()
	case reflect.Struct:
		return structValues(v)
	case reflect.Map:
		if v.IsNil() {
			return nil
		}
		m := types.MapValue{}
		for _, k := range v.MapKeys() {
			m.Keys, m.Values = append(m.Keys, plainValue(k)), append(m.Values, plainValue(v.MapIndex(k)))
		}
		return m
	}
	if v.Kind() == reflect.Slice && v.IsNil() {
		return nil
	}
	out := make([]any, v.Len())
	for i := range out {
		out[i] = plainValue(v.Index(i))
	}
	return out
}

// rowTable takes rows whose types are given as SQL text.
func rowTable(rows [][]any, names []string) (*memory.Table, error) {
	if len(names) != 1 {
		return nil, fmt.Errorf(`kiln: CreateDataFrame of [][]any takes a schema such as "id int, v double"`)
	}
	schema, err := types.ParseSchema(names[0])
	if err != nil {
		return nil, err
	}
	fields := schema.Fields()
	cells := make([][]any, len(rows))
	for i, row := range rows {
		if len(row) != len(fields) {
			return nil, fmt.Errorf("kiln: row %d has %d values for %d columns", i, len(row), len(fields))
		}
		for c, v := range row {
			value, err := fit(v, fields[c].Type)
			if err != nil {
				return nil, fmt.Errorf("kiln: row %d, column %s: %w", i, fields[c].Name, err)
			}
			cells[i] = append(cells[i], value)
		}
	}
	return localTable("LocalRelation", fields, cells), nil
}

// fit converts a Go value to a column's type where that loses nothing.
func fit(v any, t types.Type) (any, error) {
	value, from, err := types.FromGo(v)
	if err != nil || value == nil || from.SameType(t) {
		return value, err
	}
	r := reflect.ValueOf(value)
	switch {
	case t.Kind == types.Date && from.Kind == types.Timestamp:
		return int32(v.(time.Time).UTC().Truncate(24*time.Hour).Unix() / 86400), nil
	case t.Kind == types.TimestampNTZ && from.Kind == types.Timestamp:
		return value, nil
	case t.IsFloating() && (r.CanInt() || r.CanFloat()):
		f := 0.0
		if r.CanInt() {
			f = float64(r.Int())
		} else {
			f = r.Float()
		}
		if t.Kind == types.Float {
			return float32(f), nil
		}
		return f, nil
	case t.IsIntegral() && r.CanInt():
		to := reflect.New(map[types.Kind]reflect.Type{types.Byte: reflect.TypeFor[int8](), types.Short: reflect.TypeFor[int16](),
			types.Int: reflect.TypeFor[int32](), types.Long: reflect.TypeFor[int64]()}[t.Kind]).Elem()
		if to.OverflowInt(r.Int()) {
			return nil, fmt.Errorf("%d does not fit %s", r.Int(), t)
		}
		to.SetInt(r.Int())
		return to.Interface(), nil
	case t.Kind == types.Decimal && from.Kind == types.String:
		unscaled, status := types.ParseDecimalAs(value.(string), int(t.Precision), int(t.Scale))
		if status != types.TextOK {
			return nil, fmt.Errorf("%q is no %s", value, t)
		}
		return types.NewDecimalValue(unscaled, t), nil
	case t.Kind == types.Binary && from.Kind == types.String, t.Kind == types.Array && from.Kind == types.Array:
		return value, nil
	}
	return nil, fmt.Errorf("a Go %T is no %s", v, t)
}

// arrowTable copies record batches, one partition each.
func arrowTable(batches []arrow.RecordBatch, names []string) (*memory.Table, error) {
	if len(batches) == 0 {
		return nil, fmt.Errorf("kiln: CreateDataFrame needs at least one record batch")
	}
	fields, err := types.FromArrowSchema(batches[0].Schema())
	if err != nil {
		return nil, err
	}
	partitions := make([][]memory.Batch, len(batches))
	for i, b := range batches {
		if !b.Schema().Equal(batches[0].Schema()) {
			return nil, fmt.Errorf("kiln: record batch %d has another schema than the first", i)
		}
		batch := memory.Batch{Len: int(b.NumRows())}
		for c, f := range fields {
			column, err := vector.FromArrow(b.Column(c), f.Type)
			if err != nil {
				return nil, fmt.Errorf("kiln: column %s: %w", f.Name, err)
			}
			batch.Columns = append(batch.Columns, column)
		}
		partitions[i] = []memory.Batch{batch}
	}
	if fields, err = renamed(fields, names); err != nil {
		return nil, err
	}
	return memory.NewTable("LocalRelation", types.StructType(fields...), partitions), nil
}
