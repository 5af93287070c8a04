package arrow15

import (
	"fmt"

	old "github.com/apache/arrow/go/v15/arrow"
	oldarray "github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	oldmemory "github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// FromSchema is a v15 schema as a v18 schema, metadata included.
func FromSchema(s *old.Schema) (*arrow.Schema, error) {
	fields := make([]arrow.Field, s.NumFields())
	for i, f := range s.Fields() {
		var err error
		if fields[i], err = fromField(f); err != nil {
			return nil, err
		}
	}
	metadata := arrow.NewMetadata(s.Metadata().Keys(), s.Metadata().Values())
	return arrow.NewSchema(fields, &metadata), nil
}

// ToSchema is a v18 schema as a v15 schema, metadata included.
func ToSchema(s *arrow.Schema) (*old.Schema, error) {
	fields := make([]old.Field, s.NumFields())
	for i, f := range s.Fields() {
		var err error
		if fields[i], err = toField(f); err != nil {
			return nil, err
		}
	}
	metadata := s.Metadata()
	oldMetadata := old.NewMetadata(metadata.Keys(), metadata.Values())
	return old.NewSchema(fields, &oldMetadata), nil
}

func fromField(f old.Field) (arrow.Field, error) {
	t, err := FromType(f.Type)
	if err != nil {
		return arrow.Field{}, fmt.Errorf("field %s: %w", f.Name, err)
	}
	return arrow.Field{Name: f.Name, Type: t, Nullable: f.Nullable, Metadata: arrow.NewMetadata(f.Metadata.Keys(), f.Metadata.Values())}, nil
}

func toField(f arrow.Field) (old.Field, error) {
	t, err := ToType(f.Type)
	if err != nil {
		return old.Field{}, fmt.Errorf("field %s: %w", f.Name, err)
	}
	return old.Field{Name: f.Name, Type: t, Nullable: f.Nullable, Metadata: old.NewMetadata(f.Metadata.Keys(), f.Metadata.Values())}, nil
}

// plain are the types without parameters, which both libraries number alike.
var plain = map[old.Type]arrow.DataType{
	old.NULL: arrow.Null, old.BOOL: arrow.FixedWidthTypes.Boolean,
	old.INT8: arrow.PrimitiveTypes.Int8, old.INT16: arrow.PrimitiveTypes.Int16, old.INT32: arrow.PrimitiveTypes.Int32, old.INT64: arrow.PrimitiveTypes.Int64,
	old.UINT8: arrow.PrimitiveTypes.Uint8, old.UINT16: arrow.PrimitiveTypes.Uint16, old.UINT32: arrow.PrimitiveTypes.Uint32, old.UINT64: arrow.PrimitiveTypes.Uint64,
	old.FLOAT16: arrow.FixedWidthTypes.Float16, old.FLOAT32: arrow.PrimitiveTypes.Float32, old.FLOAT64: arrow.PrimitiveTypes.Float64,
	old.STRING: arrow.BinaryTypes.String, old.BINARY: arrow.BinaryTypes.Binary, old.LARGE_STRING: arrow.BinaryTypes.LargeString,
	old.LARGE_BINARY: arrow.BinaryTypes.LargeBinary, old.STRING_VIEW: arrow.BinaryTypes.StringView, old.BINARY_VIEW: arrow.BinaryTypes.BinaryView,
	old.DATE32: arrow.PrimitiveTypes.Date32, old.DATE64: arrow.PrimitiveTypes.Date64,
	old.INTERVAL_MONTHS: arrow.FixedWidthTypes.MonthInterval, old.INTERVAL_DAY_TIME: arrow.FixedWidthTypes.DayTimeInterval,
	old.INTERVAL_MONTH_DAY_NANO: arrow.FixedWidthTypes.MonthDayNanoInterval,
}

var oldPlain = map[arrow.Type]old.DataType{
	arrow.NULL: old.Null, arrow.BOOL: old.FixedWidthTypes.Boolean,
	arrow.INT8: old.PrimitiveTypes.Int8, arrow.INT16: old.PrimitiveTypes.Int16, arrow.INT32: old.PrimitiveTypes.Int32, arrow.INT64: old.PrimitiveTypes.Int64,
	arrow.UINT8: old.PrimitiveTypes.Uint8, arrow.UINT16: old.PrimitiveTypes.Uint16, arrow.UINT32: old.PrimitiveTypes.Uint32, arrow.UINT64: old.PrimitiveTypes.Uint64,
	arrow.FLOAT16: old.FixedWidthTypes.Float16, arrow.FLOAT32: old.PrimitiveTypes.Float32, arrow.FLOAT64: old.PrimitiveTypes.Float64,
	arrow.STRING: old.BinaryTypes.String, arrow.BINARY: old.BinaryTypes.Binary, arrow.LARGE_STRING: old.BinaryTypes.LargeString,
	arrow.LARGE_BINARY: old.BinaryTypes.LargeBinary, arrow.STRING_VIEW: old.BinaryTypes.StringView, arrow.BINARY_VIEW: old.BinaryTypes.BinaryView,
	arrow.DATE32: old.PrimitiveTypes.Date32, arrow.DATE64: old.PrimitiveTypes.Date64,
	arrow.INTERVAL_MONTHS: old.FixedWidthTypes.MonthInterval, arrow.INTERVAL_DAY_TIME: old.FixedWidthTypes.DayTimeInterval,
	arrow.INTERVAL_MONTH_DAY_NANO: old.FixedWidthTypes.MonthDayNanoInterval,
}

// FromType is a v15 type as a v18 type.
func FromType(t old.DataType) (arrow.DataType, error) {
	if p, ok := plain[t.ID()]; ok {
		return p, nil
	}
	switch t := t.(type) {
	case *old.FixedSizeBinaryType:
		return &arrow.FixedSizeBinaryType{ByteWidth: t.ByteWidth}, nil
	case *old.TimestampType:
		return &arrow.TimestampType{Unit: arrow.TimeUnit(t.Unit), TimeZone: t.TimeZone}, nil
	case *old.Time32Type:
		return &arrow.Time32Type{Unit: arrow.TimeUnit(t.Unit)}, nil
	case *old.Time64Type:
		return &arrow.Time64Type{Unit: arrow.TimeUnit(t.Unit)}, nil
	case *old.DurationType:
		return &arrow.DurationType{Unit: arrow.TimeUnit(t.Unit)}, nil
	case *old.Decimal128Type:
		return &arrow.Decimal128Type{Precision: t.Precision, Scale: t.Scale}, nil
	case *old.Decimal256Type:
		return &arrow.Decimal256Type{Precision: t.Precision, Scale: t.Scale}, nil
	case *old.DictionaryType:
		index, err := FromType(t.IndexType)
		if err != nil {
			return nil, err
		}
		value, err := FromType(t.ValueType)
		return &arrow.DictionaryType{IndexType: index, ValueType: value, Ordered: t.Ordered}, err
	}
	return fromNested(t)
}

func fromNested(t old.DataType) (arrow.DataType, error) {
	nested, ok := t.(old.NestedType)
	if !ok {
		return nil, fmt.Errorf("arrow15: type %s is not bridged", t)
	}
	var fields []arrow.Field
	for _, f := range nested.Fields() {
		field, err := fromField(f)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
	}
	switch t := t.(type) {
	case *old.StructType:
		return arrow.StructOf(fields...), nil
	case *old.MapType:
		m := arrow.MapOfFields(fields[0].Type.(*arrow.StructType).Field(0), fields[0].Type.(*arrow.StructType).Field(1))
		m.KeysSorted = t.KeysSorted
		return m, nil
	case *old.ListType:
		return arrow.ListOfField(fields[0]), nil
	case *old.LargeListType:
		return arrow.LargeListOfField(fields[0]), nil
	case *old.FixedSizeListType:
		return arrow.FixedSizeListOfField(t.Len(), fields[0]), nil
	case *old.ListViewType:
		return arrow.ListViewOfField(fields[0]), nil
	case *old.LargeListViewType:
		return arrow.LargeListViewOfField(fields[0]), nil
	case *old.RunEndEncodedType:
		return arrow.RunEndEncodedOf(fields[0].Type, fields[1].Type), nil
	}
	return nil, fmt.Errorf("arrow15: type %s is not bridged", t)
}

// ToType is a v18 type as a v15 type; decimal32 and decimal64 become decimal128.
func ToType(t arrow.DataType) (old.DataType, error) {
	if p, ok := oldPlain[t.ID()]; ok {
		return p, nil
	}
	switch t := t.(type) {
	case *arrow.FixedSizeBinaryType:
		return &old.FixedSizeBinaryType{ByteWidth: t.ByteWidth}, nil
	case *arrow.TimestampType:
		return &old.TimestampType{Unit: old.TimeUnit(t.Unit), TimeZone: t.TimeZone}, nil
	case *arrow.Time32Type:
		return &old.Time32Type{Unit: old.TimeUnit(t.Unit)}, nil
	case *arrow.Time64Type:
		return &old.Time64Type{Unit: old.TimeUnit(t.Unit)}, nil
	case *arrow.DurationType:
		return &old.DurationType{Unit: old.TimeUnit(t.Unit)}, nil
	case *arrow.Decimal32Type:
		return &old.Decimal128Type{Precision: t.Precision, Scale: t.Scale}, nil
	case *arrow.Decimal64Type:
		return &old.Decimal128Type{Precision: t.Precision, Scale: t.Scale}, nil
	case *arrow.Decimal128Type:
		return &old.Decimal128Type{Precision: t.Precision, Scale: t.Scale}, nil
	case *arrow.Decimal256Type:
		return &old.Decimal256Type{Precision: t.Precision, Scale: t.Scale}, nil
	case *arrow.DictionaryType:
		index, err := ToType(t.IndexType)
		if err != nil {
			return nil, err
		}
		value, err := ToType(t.ValueType)
		return &old.DictionaryType{IndexType: index, ValueType: value, Ordered: t.Ordered}, err
	}
	return toNested(t)
}

func toNested(t arrow.DataType) (old.DataType, error) {
	nested, ok := t.(arrow.NestedType)
	if !ok {
		return nil, fmt.Errorf("arrow15: type %s is not bridged", t)
	}
	var fields []old.Field
	for _, f := range nested.Fields() {
		field, err := toField(f)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
	}
	switch t := t.(type) {
	case *arrow.StructType:
		return old.StructOf(fields...), nil
	case *arrow.MapType:
		entries := fields[0].Type.(*old.StructType)
		m := old.MapOf(entries.Field(0).Type, entries.Field(1).Type)
		m.SetItemNullable(entries.Field(1).Nullable)
		m.KeysSorted = t.KeysSorted
		return m, nil
	case *arrow.ListType:
		return old.ListOfField(fields[0]), nil
	case *arrow.LargeListType:
		return old.LargeListOfField(fields[0]), nil
	case *arrow.FixedSizeListType:
		return old.FixedSizeListOfField(t.Len(), fields[0]), nil
	case *arrow.ListViewType:
		return old.ListViewOfField(fields[0]), nil
	case *arrow.LargeListViewType:
		return old.LargeListViewOfField(fields[0]), nil
	case *arrow.RunEndEncodedType:
		return old.RunEndEncodedOf(fields[0].Type, fields[1].Type), nil
	}
	return nil, fmt.Errorf("arrow15: type %s is not bridged", t)
}

// childTypes are the types of a nested type's children.
func childTypes(t arrow.DataType) []arrow.DataType {
	nested, ok := t.(arrow.NestedType)
	if !ok {
		return nil
	}
	var out []arrow.DataType
	for _, f := range nested.Fields() {
		out = append(out, f.Type)
	}
	return out
}

func oldChildTypes(t old.DataType) []old.DataType {
	nested, ok := t.(old.NestedType)
	if !ok {
		return nil
	}
	var out []old.DataType
	for _, f := range nested.Fields() {
		out = append(out, f.Type)
	}
	return out
}

// widened copies decimals of 32 or 64 bits into decimal128, the one conversion that cannot share memory.
func widened(d arrow.ArrayData, t old.DataType) (old.ArrayData, error) {
	b := oldarray.NewDecimal128Builder(oldmemory.DefaultAllocator, t.(*old.Decimal128Type))
	defer b.Release()
	a := array.MakeFromData(d)
	defer a.Release()
	for i := range a.Len() {
		switch a := a.(type) {
		case *array.Decimal32:
			if a.IsNull(i) {
				b.AppendNull()
			} else {
				b.Append(decimal128.FromI64(int64(a.Value(i))))
			}
		case *array.Decimal64:
			if a.IsNull(i) {
				b.AppendNull()
			} else {
				b.Append(decimal128.FromI64(int64(a.Value(i))))
			}
		}
	}
	out := b.NewArray()
	defer out.Release()
	data := out.Data()
	data.Retain()
	return data, nil
}
