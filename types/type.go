// Package types is kiln's one type system: Spark SQL's data types, the width each is held in while a query
// runs, the Arrow types they have inside and at the border, and the rules between them (coercion, decimals, ranges).
package types

import (
	"slices"
	"strconv"
	"strings"
)

// Kind is the family of a data type.
type Kind uint8

// The kinds, in Spark's own order of names. Void is the type of NULL.
const (
	Void Kind = iota
	Boolean
	Byte  // tinyint
	Short // smallint
	Int
	Long // bigint
	Float
	Double
	Decimal
	String // string, char(n), varchar(n)
	Binary
	Date              // days since 1970-01-01
	Timestamp         // microseconds since the epoch, an instant
	TimestampNTZ      // microseconds of a wall clock without zone
	YearMonthInterval // months
	DayTimeInterval   // microseconds
	CalendarInterval  // months, days, microseconds
	Array
	Map
	Struct
	Variant
)

// StringForm distinguishes string, char(n) and varchar(n).
type StringForm uint8

// The forms of String.
const (
	PlainString StringForm = iota
	CharString
	VarcharString
)

// Interval fields: the Start and End of an interval type.
const (
	FieldYear int8 = iota
	FieldMonth
)

// Day-time interval fields.
const (
	FieldDay int8 = iota
	FieldHour
	FieldMinute
	FieldSecond
)

// Type is a Spark SQL data type. It is a value: copy it freely, compare with Equal. The zero Type is void.
type Type struct {
	Kind      Kind
	Precision int8 // Decimal: 1 to 38
	Scale     int8 // Decimal: 0 to Precision
	Start     int8 // interval kinds: first field
	End       int8 // interval kinds: last field
	Form      StringForm
	Length    int32 // char(n), varchar(n)
	more      *more
}

// more holds what only some types have, so that Type stays small.
type more struct {
	elem      Type // array element, map value
	elemNull  bool // array element or map value may be null
	key       Type // map key
	fields    []Field
	collation string // String; "" means UTF8_BINARY
}

// Field is a named member of a struct type or a column of a schema.
type Field struct {
	Name     string
	Type     Type
	Nullable bool
	Metadata map[string]string // comments and the like; never affects equality
}

// The types without parameters.
var (
	VoidType         = Type{Kind: Void}
	BooleanType      = Type{Kind: Boolean}
	ByteType         = Type{Kind: Byte}
	ShortType        = Type{Kind: Short}
	IntType          = Type{Kind: Int}
	LongType         = Type{Kind: Long}
	FloatType        = Type{Kind: Float}
	DoubleType       = Type{Kind: Double}
	StringType       = Type{Kind: String}
	BinaryType       = Type{Kind: Binary}
	DateType         = Type{Kind: Date}
	TimestampType    = Type{Kind: Timestamp}
	TimestampNTZType = Type{Kind: TimestampNTZ}
	CalendarType     = Type{Kind: CalendarInterval}
	VariantType      = Type{Kind: Variant}
)

// MaxPrecision is the largest precision of a decimal.
const MaxPrecision = 38

// DecimalType returns decimal(precision, scale).
func DecimalType(precision, scale int) Type {
	return Type{Kind: Decimal, Precision: int8(precision), Scale: int8(scale)}
}

// ArrayType returns array<elem>.
func ArrayType(elem Type, containsNull bool) Type {
	return Type{Kind: Array, more: &more{elem: elem, elemNull: containsNull}}
}

// MapType returns map<key, value>.
func MapType(key, value Type, valueContainsNull bool) Type {
	return Type{Kind: Map, more: &more{key: key, elem: value, elemNull: valueContainsNull}}
}

// StructType returns struct<fields>.
func StructType(fields ...Field) Type {
	return Type{Kind: Struct, more: &more{fields: fields}}
}

// YearMonthType returns interval <start> to <end> over FieldYear and FieldMonth.
func YearMonthType(start, end int8) Type {
	return Type{Kind: YearMonthInterval, Start: start, End: end}
}

// DayTimeType returns interval <start> to <end> over FieldDay … FieldSecond.
func DayTimeType(start, end int8) Type { return Type{Kind: DayTimeInterval, Start: start, End: end} }

// CharType returns char(n); VarcharType varchar(n).
func CharType(n int) Type { return Type{Kind: String, Form: CharString, Length: int32(n)} }

// VarcharType returns varchar(n).
func VarcharType(n int) Type { return Type{Kind: String, Form: VarcharString, Length: int32(n)} }

// CollatedType returns string collate name.
func CollatedType(name string) Type {
	if name == "" || strings.EqualFold(name, "UTF8_BINARY") {
		return StringType
	}
	return Type{Kind: String, more: &more{collation: strings.ToUpper(name)}}
}

// Elem is the element type of an array or the value type of a map.
func (t Type) Elem() Type {
	if t.more == nil {
		return VoidType
	}
	return t.more.elem
}

// ElemNullable reports whether array elements or map values may be null.
func (t Type) ElemNullable() bool { return t.more != nil && t.more.elemNull }

// Key is the key type of a map.
func (t Type) Key() Type {
	if t.more == nil {
		return VoidType
	}
	return t.more.key
}

// Fields are the members of a struct; do not modify.
func (t Type) Fields() []Field {
	if t.more == nil {
		return nil
	}
	return t.more.fields
}

// Collation is the collation name of a string type, "" for UTF8_BINARY.
func (t Type) Collation() string {
	if t.more == nil {
		return ""
	}
	return t.more.collation
}

// Equal reports whether t and u are the same type, nullability of nested values and field names included.
func (t Type) Equal(u Type) bool { return t.equal(u, true) }

// SameType reports whether t and u are the same type apart from nullability of nested values.
func (t Type) SameType(u Type) bool { return t.equal(u, false) }

func (t Type) equal(u Type, nulls bool) bool {
	a, b := t.more, u.more
	t.more, u.more = nil, nil
	if t != u {
		return false
	}
	if a == b {
		return true
	}
	if a == nil {
		a = &more{}
	}
	if b == nil {
		b = &more{}
	}
	if a.collation != b.collation || nulls && a.elemNull != b.elemNull || !a.elem.equal(b.elem, nulls) || !a.key.equal(b.key, nulls) {
		return false
	}
	return slices.EqualFunc(a.fields, b.fields, func(f, g Field) bool {
		return f.Name == g.Name && (!nulls || f.Nullable == g.Nullable) && f.Type.equal(g.Type, nulls)
	})
}

// IsNumeric reports whether t is an integral, floating or decimal type.
func (t Type) IsNumeric() bool { return t.Kind >= Byte && t.Kind <= Decimal }

// IsIntegral reports whether t is tinyint, smallint, int or bigint.
func (t Type) IsIntegral() bool { return t.Kind >= Byte && t.Kind <= Long }

// IsFloating reports whether t is float or double.
func (t Type) IsFloating() bool { return t.Kind == Float || t.Kind == Double }

// IsDatetime reports whether t is date, timestamp or timestamp_ntz.
func (t Type) IsDatetime() bool {
	return t.Kind == Date || t.Kind == Timestamp || t.Kind == TimestampNTZ
}

// IsInterval reports whether t is one of the three interval kinds.
func (t Type) IsInterval() bool {
	return t.Kind == YearMonthInterval || t.Kind == DayTimeInterval || t.Kind == CalendarInterval
}

// IsNested reports whether t is an array, map or struct.
func (t Type) IsNested() bool { return t.Kind == Array || t.Kind == Map || t.Kind == Struct }

// Physical is how the values of a vector are laid out in memory.
type Physical uint8

// The physical types. PhysicalBool is one byte per value, 0 or 1.
const (
	PhysicalVoid Physical = iota
	PhysicalBool
	PhysicalInt8
	PhysicalInt16
	PhysicalInt32
	PhysicalInt64
	PhysicalInt128 // Int128, 16 bytes
	PhysicalFloat32
	PhysicalFloat64
	PhysicalString   // 16-byte Arrow string view; also binary and variant
	PhysicalInterval // Interval, 16 bytes: months, days, microseconds
	PhysicalList     // start and length into one child; a map is a list of structs of key and value
	PhysicalStruct
)

// Size is the width of one value in bytes; 0 for void and struct; 8 for a list (start and length).
func (p Physical) Size() int {
	switch p {
	case PhysicalBool, PhysicalInt8:
		return 1
	case PhysicalInt16:
		return 2
	case PhysicalInt32, PhysicalFloat32:
		return 4
	case PhysicalInt64, PhysicalFloat64, PhysicalList:
		return 8
	case PhysicalInt128, PhysicalString, PhysicalInterval:
		return 16
	}
	return 0
}

// IsInteger reports whether p is one of the five integer layouts.
func (p Physical) IsInteger() bool { return p >= PhysicalInt8 && p <= PhysicalInt128 }

// MaxDecimal64 is the largest precision that fits 64 bits.
const MaxDecimal64 = 18

// Physical is the widest layout the values of t ever need: what they have unless a proven range chose a narrower one.
func (t Type) Physical() Physical {
	switch t.Kind {
	case Boolean:
		return PhysicalBool
	case Byte:
		return PhysicalInt8
	case Short:
		return PhysicalInt16
	case Int, Date, YearMonthInterval:
		return PhysicalInt32
	case Long, Timestamp, TimestampNTZ, DayTimeInterval:
		return PhysicalInt64
	case Float:
		return PhysicalFloat32
	case Double:
		return PhysicalFloat64
	case Decimal:
		if t.Precision <= MaxDecimal64 {
			return PhysicalInt64
		}
		return PhysicalInt128
	case String, Binary, Variant:
		return PhysicalString
	case CalendarInterval:
		return PhysicalInterval
	case Array, Map:
		return PhysicalList
	case Struct:
		return PhysicalStruct
	}
	return PhysicalVoid
}

// Interval is a value of a calendar interval.
type Interval struct {
	Months, Days int32
	Micros       int64
}

var simpleNames = map[Kind]string{Void: "void", Boolean: "boolean", Byte: "tinyint", Short: "smallint", Int: "int", Long: "bigint",
	Float: "float", Double: "double", Binary: "binary", Date: "date", Timestamp: "timestamp", TimestampNTZ: "timestamp_ntz",
	CalendarInterval: "interval", Variant: "variant"}

var (
	yearMonthFields = []string{"year", "month"}
	dayTimeFields   = []string{"day", "hour", "minute", "second"}
)

// String is Spark's simple string, such as "decimal(10,2)" or "struct<a:int,b:array<string>>".
func (t Type) String() string {
	switch t.Kind {
	case Decimal:
		return "decimal(" + strconv.Itoa(int(t.Precision)) + "," + strconv.Itoa(int(t.Scale)) + ")"
	case String:
		switch {
		case t.Form == CharString:
			return "char(" + strconv.Itoa(int(t.Length)) + ")"
		case t.Form == VarcharString:
			return "varchar(" + strconv.Itoa(int(t.Length)) + ")"
		case t.Collation() != "":
			return "string collate " + t.Collation()
		}
		return "string"
	case YearMonthInterval:
		return intervalName(yearMonthFields, t.Start, t.End)
	case DayTimeInterval:
		return intervalName(dayTimeFields, t.Start, t.End)
	case Array:
		return "array<" + t.Elem().String() + ">"
	case Map:
		return "map<" + t.Key().String() + "," + t.Elem().String() + ">"
	case Struct:
		parts := make([]string, len(t.Fields()))
		for i, f := range t.Fields() {
			parts[i] = f.Name + ":" + f.Type.String()
		}
		return "struct<" + strings.Join(parts, ",") + ">"
	}
	return simpleNames[t.Kind]
}

// SQL is the type as Spark's messages quote it: upper-case, such as DECIMAL(10,2) or ARRAY<STRING>.
func (t Type) SQL() string {
	switch t.Kind {
	case Array:
		return "ARRAY<" + t.Elem().SQL() + ">"
	case Map:
		return "MAP<" + t.Key().SQL() + ", " + t.Elem().SQL() + ">"
	case Struct:
		parts := make([]string, len(t.Fields()))
		for i, f := range t.Fields() {
			parts[i] = f.Name + ": " + f.Type.SQL()
			if !f.Nullable {
				parts[i] += " NOT NULL"
			}
		}
		return "STRUCT<" + strings.Join(parts, ", ") + ">"
	case String:
		if c := t.Collation(); c != "" {
			return "STRING COLLATE " + c
		}
	}
	return strings.ToUpper(t.String())
}

func intervalName(fields []string, start, end int8) string {
	if start == end {
		return "interval " + fields[start]
	}
	return "interval " + fields[start] + " to " + fields[end]
}
