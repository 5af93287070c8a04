package types

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/kilnql/kiln/diag"
)

func TestArrowRoundTrip(t *testing.T) {
	for _, text := range []string{"void", "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(10,2)", "decimal(38,10)", "string", "char(3)",
		"varchar(9)", "string collate UTF8_LCASE", "binary", "date", "timestamp", "timestamp_ntz", "interval", "interval year", "interval year to month", "interval day to second",
		"interval hour", "variant", "array<string>", "array<char(3)>", "map<int,decimal(5,1)>", "map<string,array<struct<a:int,b:varchar(2)>>>", "struct<>", "struct<a:int,b:interval month>"} {
		want := Field{Name: "c", Type: mustParse(t, text), Nullable: true, Metadata: map[string]string{"comment": "x"}}
		for _, o := range []ArrowOptions{{}, InsideArrow, {Zone: "Europe/Paris"}} {
			got, err := FromArrowField(ToArrowField(want, o))
			if err != nil || !got.Type.Equal(want.Type) || got.Metadata["comment"] != "x" || len(got.Metadata) != 1 {
				t.Errorf("%s: %v (%v), %v", text, got, ToArrow(want.Type, o), err)
			}
		}
	}
}

func TestToArrow(t *testing.T) {
	for _, c := range []struct{ text, border, inside string }{
		{"decimal(18,2)", "decimal(18, 2)", "decimal64(18, 2)"}, {"decimal(19,2)", "decimal(19, 2)", "decimal(19, 2)"}, {"string", "utf8", "string_view"},
		{"timestamp", "timestamp[us, tz=UTC]", "timestamp[us, tz=UTC]"}, {"timestamp_ntz", "timestamp[us]", "timestamp[us]"}, {"interval day", "duration[us]", "duration[us]"},
	} {
		border, inside := ToArrow(mustParse(t, c.text), ArrowOptions{}), ToArrow(mustParse(t, c.text), InsideArrow)
		if border.String() != c.border || inside.String() != c.inside {
			t.Errorf("%s: %v, %v", c.text, border, inside)
		}
	}
}

func TestFromArrow(t *testing.T) {
	for _, c := range []struct {
		dt   arrow.DataType
		want string
	}{
		{arrow.PrimitiveTypes.Uint8, "smallint"}, {arrow.PrimitiveTypes.Uint64, "decimal(20,0)"}, {arrow.FixedWidthTypes.Float16, "float"}, {arrow.BinaryTypes.LargeString, "string"},
		{&arrow.FixedSizeBinaryType{ByteWidth: 4}, "binary"}, {arrow.FixedWidthTypes.Date64, "date"}, {arrow.FixedWidthTypes.Timestamp_ns, "timestamp"}, {&arrow.TimestampType{Unit: arrow.Second}, "timestamp_ntz"},
		{&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, "string"}, {arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64), "bigint"},
		{arrow.FixedSizeListOf(3, arrow.PrimitiveTypes.Int32), "array<int>"}, {arrow.LargeListOf(arrow.PrimitiveTypes.Int32), "array<int>"}, {arrow.ListViewOf(arrow.PrimitiveTypes.Int32), "array<int>"},
		{&arrow.Decimal256Type{Precision: 38, Scale: 2}, "decimal(38,2)"}, {&arrow.Decimal32Type{Precision: 5, Scale: 2}, "decimal(5,2)"}, {&arrow.Decimal128Type{Precision: 5, Scale: -2}, "decimal(7,0)"},
		{&arrow.Decimal256Type{Precision: 39, Scale: 2}, ""}, {arrow.FixedWidthTypes.Time32s, "interval hour to second"}, {arrow.FixedWidthTypes.Time64ns, "interval hour to second"}, {arrow.DenseUnionOf(nil, nil), ""},
	} {
		got, err := FromArrow(c.dt)
		if c.want == "" {
			if diag.ConditionOf(err) != "UNSUPPORTED_ARROWTYPE" {
				t.Errorf("%v: %v, %v", c.dt, got, err)
			}
		} else if err != nil || got.String() != c.want {
			t.Errorf("%v: %v, %v; want %s", c.dt, got, err, c.want)
		}
	}
	// A wrong label does not change the family.
	f := arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int32, Metadata: arrow.NewMetadata([]string{ArrowTypeKey}, []string{"varchar(3)"})}
	if got, err := FromArrowField(f); err != nil || got.Type.Kind != Int {
		t.Error(got, err)
	}
	schema := ToArrowSchema([]Field{{Name: "a", Type: IntType}, {Name: "b", Type: CharType(2), Nullable: true}}, ArrowOptions{})
	if columns, err := FromArrowSchema(schema); err != nil || StructType(columns...).String() != "struct<a:int,b:char(2)>" || columns[0].Nullable {
		t.Error(columns, err)
	}
}
