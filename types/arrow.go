package types

import (
	"maps"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/kilnql/kiln/diag"
)

// Arrow's types for Spark's and back.

// ArrowOptions choose among the Arrow layouts of a type. The zero value is the border: what other programs read best.
type ArrowOptions struct {
	// Views makes strings and binaries views of 16 bytes.
	Views bool
	// Decimal64 holds decimals of up to 18 digits in 64 bits.
	Decimal64 bool
	// Zone is the zone that timestamps are labelled with; "" is UTC. Values are instants in any case.
	Zone string
}

// InsideArrow are the layouts that kiln computes with.
var InsideArrow = ArrowOptions{Views: true, Decimal64: true}

// ArrowTypeKey is the key of the field metadata that keeps the Spark type where Arrow has no type of its own for it: char, varchar,
// collations, single interval fields and variant.
const ArrowTypeKey = "kiln.type"

// sparkCharVarcharKey is the key under which Spark keeps char(n) and varchar(n).
const sparkCharVarcharKey = "__CHAR_VARCHAR_TYPE_STRING"

// ToArrow returns the Arrow type of t.
func ToArrow(t Type, o ArrowOptions) arrow.DataType {
	switch t.Kind {
	case Boolean:
		return arrow.FixedWidthTypes.Boolean
	case Byte:
		return arrow.PrimitiveTypes.Int8
	case Short:
		return arrow.PrimitiveTypes.Int16
	case Int:
		return arrow.PrimitiveTypes.Int32
	case Long:
		return arrow.PrimitiveTypes.Int64
	case Float:
		return arrow.PrimitiveTypes.Float32
	case Double:
		return arrow.PrimitiveTypes.Float64
	case Decimal:
		if o.Decimal64 && t.Precision <= MaxDecimal64 {
			return &arrow.Decimal64Type{Precision: int32(t.Precision), Scale: int32(t.Scale)}
		}
		return &arrow.Decimal128Type{Precision: int32(t.Precision), Scale: int32(t.Scale)}
	case String:
		if o.Views {
			return arrow.BinaryTypes.StringView
		}
		return arrow.BinaryTypes.String
	case Binary:
		if o.Views {
			return arrow.BinaryTypes.BinaryView
		}
		return arrow.BinaryTypes.Binary
	case Date:
		return arrow.FixedWidthTypes.Date32
	case Timestamp:
		if o.Zone != "" {
			return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: o.Zone}
		}
		return arrow.FixedWidthTypes.Timestamp_us
	case TimestampNTZ:
		return &arrow.TimestampType{Unit: arrow.Microsecond}
	case YearMonthInterval:
		return arrow.FixedWidthTypes.MonthInterval
	case DayTimeInterval:
		return arrow.FixedWidthTypes.Duration_us
	case CalendarInterval:
		return arrow.FixedWidthTypes.MonthDayNanoInterval
	case Void:
		return arrow.Null
	}
	return nestedToArrow(t, o)
}

func nestedToArrow(t Type, o ArrowOptions) arrow.DataType {
	switch t.Kind {
	case Array:
		return arrow.ListOfField(ToArrowField(Field{Name: "element", Type: t.Elem(), Nullable: t.ElemNullable()}, o))
	case Map:
		key := ToArrowField(Field{Name: "key", Type: t.Key()}, o)
		value := ToArrowField(Field{Name: "value", Type: t.Elem(), Nullable: t.ElemNullable()}, o)
		return arrow.MapOfFields(key, value)
	case Struct:
		fields := make([]arrow.Field, len(t.Fields()))
		for i, f := range t.Fields() {
			fields[i] = ToArrowField(f, o)
		}
		return arrow.StructOf(fields...)
	case Variant:
		// A variant travels as its JSON text, marked in the field's metadata.
		return ToArrow(StringType, o)
	}
	panic("types: no Arrow type for " + t.String())
}

// ToArrowField returns the Arrow field of f, with f's metadata and what the Arrow type cannot say.
func ToArrowField(f Field, o ArrowOptions) arrow.Field {
	field := arrow.Field{Name: f.Name, Type: ToArrow(f.Type, o), Nullable: f.Nullable}
	lost := arrowLoses(f.Type)
	if len(f.Metadata) == 0 && !lost {
		return field
	}
	keys := slices.Sorted(maps.Keys(f.Metadata))
	values := make([]string, len(keys), len(keys)+1)
	for i, k := range keys {
		values[i] = f.Metadata[k]
	}
	if lost {
		keys, values = append(keys, ArrowTypeKey), append(values, f.Type.String())
	}
	field.Metadata = arrow.NewMetadata(keys, values)
	return field
}

// arrowLoses reports whether reading t's Arrow type back would give another type.
func arrowLoses(t Type) bool {
	switch t.Kind {
	case String:
		return t.Form != PlainString || t.Collation() != ""
	case YearMonthInterval:
		return t.Start != FieldYear || t.End != FieldMonth
	case DayTimeInterval:
		return t.Start != FieldDay || t.End != FieldSecond
	}
	return t.Kind == Variant
}

// ToArrowSchema returns the Arrow schema of columns.
func ToArrowSchema(columns []Field, o ArrowOptions) *arrow.Schema {
	fields := make([]arrow.Field, len(columns))
	for i, f := range columns {
		fields[i] = ToArrowField(f, o)
	}
	return arrow.NewSchema(fields, nil)
}

// FromArrow returns the Spark type that values of an Arrow type are read as. Unsigned integers become the next wider signed type
// (uint64 decimal(20,0)), times of day the interval since midnight and UUIDs their text, as from Parquet; other extension types are
// their storage. Unions have none: the error is UNSUPPORTED_ARROWTYPE. Encodings (dictionary, run-end) do not matter.
func FromArrow(dt arrow.DataType) (Type, error) {
	if t, ok := arrowScalars[dt.ID()]; ok {
		return t, nil
	}
	switch dt := dt.(type) {
	case *arrow.TimestampType:
		if dt.TimeZone == "" {
			return TimestampNTZType, nil
		}
		return TimestampType, nil
	case arrow.DecimalType:
		return decimalFromArrow(dt)
	case *arrow.DictionaryType:
		return FromArrow(dt.ValueType)
	case *arrow.RunEndEncodedType:
		return FromArrow(dt.Encoded())
	case arrow.ExtensionType:
		if dt.ExtensionName() == ArrowUUID {
			return StringType, nil
		}
		return FromArrow(dt.StorageType())
	case *arrow.MapType:
		key, err := FromArrowField(dt.KeyField())
		if err != nil {
			return Type{}, err
		}
		value, err := FromArrowField(dt.ItemField())
		return MapType(key.Type, value.Type, value.Nullable), err
	case arrow.ListLikeType:
		elem, err := FromArrowField(dt.ElemField())
		return ArrayType(elem.Type, elem.Nullable), err
	case *arrow.StructType:
		fields, err := fieldsFromArrow(dt.Fields())
		return StructType(fields...), err
	}
	return Type{}, diag.New("UNSUPPORTED_ARROWTYPE", "typeName", dt.String())
}

var arrowScalars = map[arrow.Type]Type{arrow.NULL: VoidType, arrow.BOOL: BooleanType, arrow.INT8: ByteType, arrow.INT16: ShortType, arrow.INT32: IntType,
	arrow.INT64: LongType, arrow.UINT8: ShortType, arrow.UINT16: IntType, arrow.UINT32: LongType, arrow.UINT64: DecimalType(20, 0), arrow.FLOAT16: FloatType,
	arrow.FLOAT32: FloatType, arrow.FLOAT64: DoubleType, arrow.STRING: StringType, arrow.LARGE_STRING: StringType, arrow.STRING_VIEW: StringType,
	arrow.BINARY: BinaryType, arrow.LARGE_BINARY: BinaryType, arrow.BINARY_VIEW: BinaryType, arrow.FIXED_SIZE_BINARY: BinaryType, arrow.DATE32: DateType,
	arrow.DATE64: DateType, arrow.DURATION: DayTimeType(FieldDay, FieldSecond), arrow.INTERVAL_MONTHS: YearMonthType(FieldYear, FieldMonth),
	arrow.INTERVAL_MONTH_DAY_NANO: CalendarType, arrow.INTERVAL_DAY_TIME: CalendarType,
	arrow.TIME32: DayTimeType(FieldHour, FieldSecond), arrow.TIME64: DayTimeType(FieldHour, FieldSecond)}

// ArrowUUID is the name of Arrow's extension type for UUIDs: 16 bytes each.
const ArrowUUID = "arrow.uuid"

func decimalFromArrow(dt arrow.DecimalType) (Type, error) {
	precision, scale := dt.GetPrecision(), dt.GetScale()
	if scale < 0 {
		precision, scale = precision-scale, 0 // trailing zeros become digits
	}
	if precision = max(precision, scale); precision > MaxPrecision {
		return Type{}, diag.New("UNSUPPORTED_ARROWTYPE", "typeName", dt.String())
	}
	return DecimalType(int(precision), int(scale)), nil
}

// FromArrowField returns the column of an Arrow field; metadata written by ToArrowField or by Spark restores the type.
func FromArrowField(f arrow.Field) (Field, error) {
	t, err := FromArrow(f.Type)
	if err != nil {
		return Field{}, err
	}
	field := Field{Name: f.Name, Type: t, Nullable: f.Nullable}
	for i, key := range f.Metadata.Keys() {
		value := f.Metadata.Values()[i]
		if key != ArrowTypeKey && key != sparkCharVarcharKey {
			if field.Metadata == nil {
				field.Metadata = map[string]string{}
			}
			field.Metadata[key] = value
			continue
		}
		// A type of another family is not believed: the values decide.
		if exact, err := Parse(value); err == nil && (exact.Kind == t.Kind || exact.Kind == Variant && t.Kind == String) {
			field.Type = exact
		}
	}
	return field, nil
}

func fieldsFromArrow(list []arrow.Field) ([]Field, error) {
	fields := make([]Field, len(list))
	for i, f := range list {
		field, err := FromArrowField(f)
		if err != nil {
			return nil, err
		}
		fields[i] = field
	}
	return fields, nil
}

// FromArrowSchema returns the columns of an Arrow schema.
func FromArrowSchema(s *arrow.Schema) ([]Field, error) { return fieldsFromArrow(s.Fields()) }
