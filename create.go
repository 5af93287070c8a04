package kiln

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/catalog/memory"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// CreateDataFrame makes a DataFrame of the program's own data, which is copied. data is one of
//
//   - a slice of structs: a column for each exported field, named by the field or by its `kiln:"name"` tag, those of
//     embedded structs included; pointers, slices and maps are nullable;
//   - a slice of anything else that has a Spark type: one column, "value"; types.GoType says which type it has;
//   - a slice of Row of one schema, such as Collect returns;
//   - [][]any: rows whose values have the types of schema, given as SQL text in names[0] ("id int not null, v double");
//     a Go value is converted where that changes nothing but the digits of a decimal, which is rounded. If names are only
//     names, or there are none (_1, _2, …), each column has the type of its values, which must be one: an int is bigint;
//   - an Arrow record batch, or a slice of them with one schema.
//
// names, if given, rename the columns.
func (s *Session) CreateDataFrame(data any, names ...string) *DataFrame {
	table, err := localData(data, names)
	if err == nil {
		err = s.usable()
	}
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
	case []Row:
		return collectedTable(data, names)
	}
	r := reflect.ValueOf(data)
	if r.Kind() != reflect.Slice && r.Kind() != reflect.Array {
		return nil, diag.New("ENCODER_NOT_FOUND", "typeName", fmt.Sprintf("%T, which is neither a slice nor Arrow record batches,", data))
	}
	fields, cells, err := goCells(r)
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
		return nil, diag.New("ASSIGNMENT_ARITY_MISMATCH", "numExpr", strconv.Itoa(len(fields)), "numTarget", strconv.Itoa(len(names)))
	}
	fields = slices.Clone(fields)
	for i := range fields {
		fields[i].Name = names[i]
	}
	return fields, nil
}

// goCells turns a slice into fields and rows of values in the forms of package types.
func goCells(r reflect.Value) ([]types.Field, [][]any, error) {
	elem := r.Type().Elem()
	t, null, err := types.GoType(elem)
	if err != nil {
		return nil, nil, err
	}
	rows := make([][]any, r.Len())
	if elem.Kind() != reflect.Struct || types.IsGoLeaf(elem) {
		f := types.Field{Name: "value", Type: t, Nullable: null}
		for i := range rows {
			v, err := fit(r.Index(i).Interface(), f, "field value")
			if err != nil {
				return nil, nil, err
			}
			rows[i] = []any{v}
		}
		return []types.Field{f}, rows, nil
	}
	for i := range rows {
		if rows[i], err = fitStruct(r.Index(i), t, ""); err != nil {
			return nil, nil, err
		}
	}
	return t.Fields(), rows, nil
}

// rowTable takes rows whose types are given as SQL text, or those of their values.
func rowTable(rows [][]any, names []string) (*memory.Table, error) {
	schema, err := schemaOfRows(rows, names)
	if err != nil {
		return nil, err
	}
	cells := make([][]any, len(rows))
	for i, row := range rows {
		if cells[i], err = fitFields(row, schema, "row "+strconv.Itoa(i)); err != nil {
			return nil, err
		}
	}
	return localTable("LocalRelation", schema.Fields(), cells), nil
}

// schemaOfRows reads the schema that names is, or finds the types of columns with these names. A single name is one of the
// latter if it is no schema and one word.
func schemaOfRows(rows [][]any, names []string) (types.Type, error) {
	if len(names) == 1 {
		schema, err := types.ParseSchema(names[0])
		if err == nil || strings.ContainsAny(names[0], " ,:<\t\n") {
			return schema, diag.WithSQL(err, names[0])
		}
	}
	if len(names) == 0 && len(rows) > 0 {
		for i := range rows[0] {
			names = append(names, "_"+strconv.Itoa(i+1)) // Spark's names of a tuple's parts
		}
	}
	fields := make([]types.Field, len(names))
	for i, name := range names {
		t, err := typeOfColumn(rows, i)
		if err != nil {
			return types.Type{}, err
		}
		fields[i] = types.Field{Name: name, Type: t, Nullable: true}
	}
	return types.StructType(fields...), nil
}

// typeOfColumn is the one type of the values of a column. What a Go type cannot tell, a value can: the elements of []any.
func typeOfColumn(rows [][]any, column int) (types.Type, error) {
	var found types.Type
	known := false
	for _, row := range rows {
		if column >= len(row) || isNil(row[column]) {
			continue
		}
		t, _, err := types.GoType(reflect.TypeOf(row[column]))
		if err != nil {
			_, t, err = types.FromGo(row[column])
		}
		if err != nil {
			return t, err
		}
		if known && !found.SameType(t) {
			return t, diag.New("CANNOT_MERGE_TYPE", "data_type1", found.String(), "data_type2", t.String())
		}
		found, known = t, true
	}
	if !known {
		return found, diag.New("CANNOT_DETERMINE_TYPE")
	}
	return found, nil
}

// collectedTable takes rows of a result.
func collectedTable(rows []Row, names []string) (*memory.Table, error) {
	if len(rows) == 0 {
		return nil, diag.New("ENCODER_NOT_FOUND", "typeName", "[]kiln.Row without rows, which has no schema,")
	}
	cells := make([][]any, len(rows))
	for i, r := range rows {
		if !r.schema.Equal(rows[0].schema) {
			return nil, diag.New("CANNOT_MERGE_TYPE", "data_type1", rows[0].schema.String(), "data_type2", r.schema.String())
		}
		cells[i] = r.raw
	}
	fields, err := renamed(rows[0].schema.Fields(), names)
	if err != nil {
		return nil, err
	}
	return localTable("LocalRelation", fields, cells), nil
}

// arrowTable copies record batches, one partition each.
func arrowTable(batches []arrow.RecordBatch, names []string) (*memory.Table, error) {
	if len(batches) == 0 {
		return nil, diag.New("ENCODER_NOT_FOUND", "typeName", "[]arrow.RecordBatch without batches, which has no schema,")
	}
	fields, err := types.FromArrowSchema(batches[0].Schema())
	if err != nil {
		return nil, err
	}
	partitions := make([][]memory.Batch, len(batches))
	for i, b := range batches {
		if !b.Schema().Equal(batches[0].Schema()) {
			return nil, diag.New("CANNOT_MERGE_TYPE", "data_type1", batches[0].Schema().String(), "data_type2", b.Schema().String())
		}
		batch := memory.Batch{Len: int(b.NumRows())}
		for c, f := range fields {
			column, err := vector.FromArrow(b.Column(c), f.Type)
			if err != nil {
				return nil, fmt.Errorf("column %s: %w", f.Name, err)
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
