package kiln_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/kilnql/kiln"
)

// jsonArray is an array of the JSON text that Arrow reads for its type, without its first element: arrays with an offset
// read as well as others.
func jsonArray(t *testing.T, dt arrow.DataType, text string) arrow.Array {
	t.Helper()
	a, _, err := array.FromJSON(memory.DefaultAllocator, dt, strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v: %v", dt, err)
	}
	return array.NewSlice(a, 1, int64(a.Len()))
}

func batchOf(a arrow.Array) arrow.RecordBatch {
	schema := arrow.NewSchema([]arrow.Field{{Name: "c", Type: a.DataType(), Nullable: true}}, nil)
	return array.NewRecordBatch(schema, []arrow.Array{a}, int64(a.Len()))
}

func wantArrow(t *testing.T, s *kiln.Session, a arrow.Array, sparkType string, want ...string) {
	t.Helper()
	d := s.CreateDataFrame(batchOf(a))
	rows, err := d.Collect(context.Background())
	if err != nil || d.Schema().Fields()[0].Type.String() != sparkType || len(rows) != len(want) {
		t.Errorf("%v: %v, %v, %v; want %s", a.DataType(), d.Schema(), rows, err, sparkType)
		return
	}
	for i, r := range rows {
		if r.String() != "["+want[i]+"]" {
			t.Errorf("%v, row %d: %s, want %s", a.DataType(), i, r, want[i])
		}
	}
}

func TestArrowTypesThatSparkDoesNotHave(t *testing.T) {
	s := open(t, nil)
	for _, c := range []struct {
		dt        arrow.DataType
		json      string
		sparkType string
		want      []string
	}{
		{arrow.PrimitiveTypes.Uint8, `[0, 255, null]`, "smallint", []string{"255", "NULL"}},
		{arrow.PrimitiveTypes.Uint16, `[0, 65535]`, "int", []string{"65535"}},
		{arrow.PrimitiveTypes.Uint32, `[0, 4294967295]`, "bigint", []string{"4294967295"}},
		{arrow.PrimitiveTypes.Uint64, `[0, 18446744073709551615, null, 7]`, "decimal(20,0)", []string{"18446744073709551615", "NULL", "7"}},
		{arrow.FixedWidthTypes.Float16, `[0, 1.5, null]`, "float", []string{"1.5", "NULL"}},
		{arrow.FixedWidthTypes.Duration_ms, `["0ms", "90000ms", null]`, "interval day to second", []string{"INTERVAL '0 00:01:30' DAY TO SECOND", "NULL"}},
		{arrow.FixedWidthTypes.MonthInterval, `[{"months": 0}, {"months": 14}]`, "interval year to month", []string{"INTERVAL '1-2' YEAR TO MONTH"}},
		{arrow.FixedWidthTypes.DayTimeInterval, `[{"days": 0, "milliseconds": 0}, {"days": 1, "milliseconds": 1500}, null]`, "interval", []string{"1 days 1.5 seconds", "NULL"}},
		{arrow.FixedWidthTypes.Time32s, `["00:00:00", "01:02:03", null]`, "interval hour to second", []string{"INTERVAL '01:02:03' HOUR TO SECOND", "NULL"}},
		{arrow.FixedWidthTypes.Time64us, `["00:00:00", "01:02:03.5"]`, "interval hour to second", []string{"INTERVAL '01:02:03.5' HOUR TO SECOND"}},
		{&arrow.Decimal256Type{Precision: 38, Scale: 2}, `["0", "-1.25", null]`, "decimal(38,2)", []string{"-1.25", "NULL"}},
		{arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.BinaryTypes.String), `["a", "a", "b", "b", null]`, "string", []string{"a", "b", "b", "NULL"}},
		{arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int32), `[[0, 0], [1, null], null]`, "array<int>", []string{"[1, null]", "NULL"}},
		{arrow.ListViewOf(arrow.PrimitiveTypes.Int32), `[[0], [1, 2], null]`, "array<int>", []string{"[1, 2]", "NULL"}},
		{arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Uint64), `[[], [{"key": "k", "value": 1}]]`, "map<string,decimal(20,0)>", []string{"{k -> 1}"}},
		{&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, `["x", "y", null]`, "string", []string{"y", "NULL"}},
	} {
		wantArrow(t, s, jsonArray(t, c.dt, c.json), c.sparkType, c.want...)
	}
	d := s.CreateDataFrame(batchOf(array.NewNull(1)))
	if d.Err() != nil {
		t.Error(d.Err())
	}
	union := arrow.DenseUnionOf([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int8}}, []arrow.UnionTypeCode{0})
	b := array.NewBuilder(memory.DefaultAllocator, union)
	wantCondition(t, "union", s.CreateDataFrame(batchOf(b.NewArray())).Err(), "UNSUPPORTED_ARROWTYPE")
	far := jsonArray(t, &arrow.TimestampType{Unit: arrow.Second}, `[0, 9223372036854775807]`)
	wantCondition(t, "a time far away", s.CreateDataFrame(batchOf(far)).Err(), "DATETIME_OVERFLOW")
}

// TestArrowDecimalsOfNegativeScale: a scale of -2 means hundreds.
func TestArrowDecimalsOfNegativeScale(t *testing.T) {
	s := open(t, nil)
	narrow := array.NewDecimal128Builder(memory.DefaultAllocator, &arrow.Decimal128Type{Precision: 10, Scale: -2})
	narrow.AppendValues([]decimal128.Num{decimal128.FromI64(1), decimal128.FromI64(7), decimal128.FromI64(-2)}, []bool{true, true, true})
	narrow.AppendNull()
	wantArrow(t, s, array.NewSlice(narrow.NewArray(), 1, 4), "decimal(12,0)", "700", "-200", "NULL")
	wide := array.NewDecimal256Builder(memory.DefaultAllocator, &arrow.Decimal256Type{Precision: 30, Scale: -5})
	wide.Append(decimal256.FromI64(-3))
	wantArrow(t, s, wide.NewArray(), "decimal(35,0)", "-300000")
	small := array.NewDecimal64Builder(memory.DefaultAllocator, &arrow.Decimal64Type{Precision: 3, Scale: -1})
	small.Append(12)
	wantArrow(t, s, small.NewArray(), "decimal(4,0)", "120")
}

// uuidType is Arrow's canonical extension type, by its name and storage.
type uuidType struct{ arrow.ExtensionBase }

type uuidArray struct{ array.ExtensionArrayBase }

func newUUIDType() *uuidType {
	return &uuidType{arrow.ExtensionBase{Storage: &arrow.FixedSizeBinaryType{ByteWidth: 16}}}
}

func (*uuidType) ArrayType() reflect.Type { return reflect.TypeFor[uuidArray]() }
func (*uuidType) ExtensionName() string   { return "arrow.uuid" }
func (*uuidType) Serialize() string       { return "" }
func (t *uuidType) ExtensionEquals(o arrow.ExtensionType) bool {
	return o.ExtensionName() == t.ExtensionName()
}
func (*uuidType) Deserialize(arrow.DataType, string) (arrow.ExtensionType, error) {
	return newUUIDType(), nil
}

// TestArrowExtensions: UUIDs read as their text, as those of Parquet do; others as their storage.
func TestArrowExtensions(t *testing.T) {
	s := open(t, nil)
	b := array.NewFixedSizeBinaryBuilder(memory.DefaultAllocator, &arrow.FixedSizeBinaryType{ByteWidth: 16})
	b.Append([]byte("0123456789abcdef"))
	b.AppendNull()
	wantArrow(t, s, array.NewExtensionArrayWithStorage(newUUIDType(), b.NewArray()), "string", "30313233-3435-3637-3839-616263646566", "NULL")
}
