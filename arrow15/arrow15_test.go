package arrow15

import (
	"context"
	"strings"
	"testing"

	old "github.com/apache/arrow/go/v15/arrow"
	oldarray "github.com/apache/arrow/go/v15/arrow/array"
	oldmemory "github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
)

// everyType is a v15 schema with every type that both libraries have and whose values JSON can give, nested ones included.
func everyType() *old.Schema {
	entry := old.StructOf(old.Field{Name: "a", Type: old.PrimitiveTypes.Int32, Nullable: true}, old.Field{Name: "b", Type: old.BinaryTypes.String, Nullable: true})
	types := []old.DataType{
		old.FixedWidthTypes.Boolean, old.PrimitiveTypes.Int8, old.PrimitiveTypes.Int16, old.PrimitiveTypes.Int32, old.PrimitiveTypes.Int64,
		old.PrimitiveTypes.Uint8, old.PrimitiveTypes.Uint16, old.PrimitiveTypes.Uint32, old.PrimitiveTypes.Uint64,
		old.FixedWidthTypes.Float16, old.PrimitiveTypes.Float32, old.PrimitiveTypes.Float64,
		old.BinaryTypes.String, old.BinaryTypes.Binary, old.BinaryTypes.LargeString, old.BinaryTypes.LargeBinary,
		old.BinaryTypes.StringView, old.BinaryTypes.BinaryView, &old.FixedSizeBinaryType{ByteWidth: 3},
		old.PrimitiveTypes.Date32, old.PrimitiveTypes.Date64, old.FixedWidthTypes.Timestamp_us, &old.TimestampType{Unit: old.Millisecond},
		old.FixedWidthTypes.Time32s, old.FixedWidthTypes.Time64us, old.FixedWidthTypes.Duration_us,
		old.FixedWidthTypes.MonthInterval, old.FixedWidthTypes.DayTimeInterval, old.FixedWidthTypes.MonthDayNanoInterval,
		&old.Decimal128Type{Precision: 20, Scale: 2}, &old.Decimal256Type{Precision: 50, Scale: 3},
		entry, old.ListOf(old.PrimitiveTypes.Int64), old.LargeListOf(entry), old.FixedSizeListOf(2, old.PrimitiveTypes.Float32),
		old.MapOf(old.BinaryTypes.String, old.ListOf(old.PrimitiveTypes.Int16)),
		&old.DictionaryType{IndexType: old.PrimitiveTypes.Int16, ValueType: old.BinaryTypes.String},
	}
	var fields []old.Field
	for _, t := range types {
		fields = append(fields, old.Field{Name: strings.ReplaceAll(t.String(), " ", ""), Type: t, Nullable: true, Metadata: old.NewMetadata([]string{"k"}, []string{"v"})})
	}
	m := old.NewMetadata([]string{"table"}, []string{"t"})
	return old.NewSchema(fields, &m)
}

// fill gives a builder three values: an empty one, a null, and another.
func fill(b oldarray.Builder) {
	b.AppendEmptyValue()
	b.AppendNull()
	switch b := b.(type) {
	case *oldarray.StringBuilder:
		b.Append("a longer text than twelve bytes")
	case *oldarray.StringViewBuilder:
		b.Append("a longer text than twelve bytes")
	case *oldarray.Int64Builder:
		b.Append(-7)
	case *oldarray.BinaryDictionaryBuilder:
		_ = b.AppendString("code")
	case *oldarray.ListBuilder:
		b.Append(true)
		if v, ok := b.ValueBuilder().(*oldarray.Int64Builder); ok {
			v.AppendValues([]int64{1, 2, 3}, nil)
		}
	case *oldarray.StructBuilder:
		b.Append(true)
		for i := range b.NumField() {
			b.FieldBuilder(i).AppendEmptyValue()
		}
	default:
		b.AppendEmptyValue()
	}
}

func record(mem oldmemory.Allocator) old.Record {
	b := oldarray.NewRecordBuilder(mem, everyType())
	defer b.Release()
	for _, f := range b.Fields() {
		fill(f)
	}
	return b.NewRecord()
}

func TestEveryTypeThereAndBack(t *testing.T) {
	mem := oldmemory.NewCheckedAllocator(oldmemory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	before := record(mem)
	batch, err := FromRecord(before)
	if err != nil {
		t.Fatal(err)
	}
	after, err := ToRecord(batch)
	if err != nil {
		t.Fatal(err)
	}
	if !after.Schema().Equal(before.Schema()) || !after.Schema().Metadata().Equal(before.Schema().Metadata()) {
		t.Errorf("schema\n%s\nwant\n%s", after.Schema(), before.Schema())
	}
	for i, c := range before.Columns() {
		if !oldarray.Equal(c, after.Column(i)) {
			t.Errorf("%s: %v, want %v", before.ColumnName(i), after.Column(i), c)
		}
		for row := range 3 {
			if a, b := c.ValueStr(row), batch.Column(i).ValueStr(row); a != b && c.DataType().ID() != old.TIMESTAMP { // the libraries print times differently
				t.Errorf("%s row %d is %s in v18, %s in v15", before.ColumnName(i), row, b, a)
			}
		}
	}
	before.Release()
	if n := batch.NumRows(); n != 3 || batch.Column(4).(*array.Int64).Value(2) != -7 {
		t.Error("the batch must outlive the record")
	}
	batch.Release()
	if !after.Column(0).IsNull(1) {
		t.Error("the record must outlive the batch")
	}
	after.Release()
}

func TestBuffersAreShared(t *testing.T) {
	r := record(oldmemory.DefaultAllocator)
	batch, err := FromRecord(r)
	if err != nil {
		t.Fatal(err)
	}
	a, b := r.Column(4).Data().Buffers()[1].Bytes(), batch.Column(4).Data().Buffers()[1].Bytes()
	if &a[0] != &b[0] {
		t.Error("values were copied")
	}
}

func TestSlicesKeepTheirOffset(t *testing.T) {
	r := record(oldmemory.DefaultAllocator).NewSlice(1, 3)
	batch, err := FromRecord(r)
	if err != nil {
		t.Fatal(err)
	}
	if c := batch.Column(4).(*array.Int64); c.Len() != 2 || !c.IsNull(0) || c.Value(1) != -7 {
		t.Error(c)
	}
}

func TestSmallDecimalsBecomeDecimal128(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "d", Type: &arrow.Decimal64Type{Precision: 10, Scale: 2}, Nullable: true}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	b.Field(0).(*array.Decimal64Builder).Append(decimal.Decimal64(-1234))
	b.Field(0).AppendNull()
	r, err := ToRecord(b.NewRecordBatch())
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Column(0).String(); got != "[-12.34 (null)]" && r.Column(0).ValueStr(0) != "-12.34" {
		t.Error(got)
	}
}

func TestRecordsOfTheOldLibraryAsDataFrame(t *testing.T) {
	s, err := kiln.Open(kiln.NewConfig().WithoutDefaults())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b := oldarray.NewRecordBuilder(oldmemory.DefaultAllocator, old.NewSchema([]old.Field{{Name: "v", Type: old.PrimitiveTypes.Int64}}, nil))
	b.Field(0).(*oldarray.Int64Builder).AppendValues([]int64{1, 2, 3}, nil)
	batch, err := FromRecord(b.NewRecord())
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.CreateDataFrame(batch).SelectExpr("v * 10 AS w").ToArrow(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	r, err := ToRecord(out[0])
	if err != nil || r.Column(0).(*oldarray.Int64).Value(2) != 30 {
		t.Error(r, err)
	}
}

// TestEveryTypeAsDataFrame gives records with every type to a session, whole and sliced, and releases them: the rows are those
// of the record, and nothing of it is held.
func TestEveryTypeAsDataFrame(t *testing.T) {
	s, err := kiln.Open(kiln.NewConfig().WithoutDefaults().With("spark.sql.session.timeZone", "UTC"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	mem := oldmemory.NewCheckedAllocator(oldmemory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	whole := record(mem)
	defer whole.Release()
	for from := range int64(2) {
		r := whole.NewSlice(from, 3)
		batch, err := FromRecord(r)
		r.Release()
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range batch.Schema().Fields() {
			one := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{f}, nil), []arrow.Array{batch.Column(i)}, batch.NumRows())
			d := s.CreateDataFrame(one)
			one.Release()
			if dt, ok := f.Type.(*arrow.Decimal256Type); ok && dt.Precision > 38 {
				if diag.ConditionOf(d.Err()) != "UNSUPPORTED_ARROWTYPE" {
					t.Errorf("%s: %v", f.Name, d.Err())
				}
				continue
			}
			rows, err := d.Collect(context.Background())
			if err != nil || len(rows) != int(3-from) || rows[1-from].At(0) != nil || rows[2-from].At(0) == nil {
				t.Errorf("%s from row %d: %v, %v", f.Name, from, rows, err)
			}
		}
		batch.Release()
	}
}
