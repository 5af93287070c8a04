package parquet

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/float16"
	arrowmemory "github.com/apache/arrow-go/v18/arrow/memory"
	arrowparquet "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

var flatTypes = []arrow.DataType{
	arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
	arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
	arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64, arrow.FixedWidthTypes.Float16,
	arrow.BinaryTypes.String, arrow.BinaryTypes.Binary, &arrow.FixedSizeBinaryType{ByteWidth: 5}, &arrow.FixedSizeBinaryType{ByteWidth: 20},
	arrow.FixedWidthTypes.Date32, &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}, &arrow.TimestampType{Unit: arrow.Microsecond},
	&arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64us,
	&arrow.Decimal128Type{Precision: 7, Scale: 2}, &arrow.Decimal128Type{Precision: 15, Scale: 4}, &arrow.Decimal128Type{Precision: 38, Scale: 10},
}

// randomType is a type of at most the given depth.
func randomType(rng *rand.Rand, depth int) arrow.DataType {
	if depth == 0 || rng.IntN(3) == 0 {
		return flatTypes[rng.IntN(len(flatTypes))]
	}
	switch rng.IntN(3) {
	case 0:
		return arrow.ListOfField(arrow.Field{Name: "element", Type: randomType(rng, depth-1), Nullable: rng.IntN(2) == 0})
	case 1:
		m := arrow.MapOf(arrow.BinaryTypes.String, randomType(rng, depth-1))
		m.SetItemNullable(rng.IntN(2) == 0)
		return m
	}
	fields := make([]arrow.Field, 1+rng.IntN(3))
	for i := range fields {
		fields[i] = arrow.Field{Name: fmt.Sprintf("f%d", i), Type: randomType(rng, depth-1), Nullable: rng.IntN(2) == 0}
	}
	return arrow.StructOf(fields...)
}

// appendRandom appends a value, or null with probability nulls where it is allowed.
func appendRandom(rng *rand.Rand, b array.Builder, t arrow.DataType, nullable bool, nulls float64, distinct int) {
	if nullable && rng.Float64() < nulls {
		b.AppendNull()
		return
	}
	k := rng.IntN(distinct)
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(k%2 == 0)
	case *array.Int8Builder:
		b.Append(int8(k))
	case *array.Int16Builder:
		b.Append(int16(k - 100))
	case *array.Int32Builder:
		b.Append(int32(k*7919 - 5000))
	case *array.Int64Builder:
		b.Append(int64(k)*1e12 - 7)
	case *array.Uint8Builder:
		b.Append(uint8(k * 77))
	case *array.Uint16Builder:
		b.Append(uint16(k * 7777))
	case *array.Uint32Builder:
		b.Append(uint32(k) * 4000000007)
	case *array.Uint64Builder:
		b.Append(uint64(k) * 0x9e3779b97f4a7c15)
	case *array.Float32Builder:
		b.Append(float32(k) / 3)
	case *array.Float64Builder:
		b.Append(-float64(k) / 7)
	case *array.Float16Builder:
		b.Append(float16.New(float32(k%100) / 8))
	case *array.StringBuilder:
		b.Append(text(k))
	case *array.BinaryBuilder:
		b.Append([]byte(text(k)))
	case *array.FixedSizeBinaryBuilder:
		width := t.(*arrow.FixedSizeBinaryType).ByteWidth
		b.Append([]byte(fmt.Sprintf("%020d", k))[20-width:])
	case *array.Date32Builder:
		b.Append(arrow.Date32(k - 1000))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(int64(k)*1234567 - 99999999))
	case *array.Time32Builder:
		b.Append(arrow.Time32(k * 10))
	case *array.Time64Builder:
		b.Append(arrow.Time64(k * 1000))
	case *array.Decimal128Builder:
		n := decimal128.FromI64(int64(k) - 50)
		if t.(*arrow.Decimal128Type).Precision > 30 {
			n = n.Mul(decimal128.FromU64(1e18)).Mul(decimal128.FromU64(1e9))
		}
		b.Append(n)
	case *array.ListBuilder:
		b.Append(true)
		l := t.(*arrow.ListType)
		for range rng.IntN(4) * rng.IntN(3) {
			appendRandom(rng, b.ValueBuilder(), l.Elem(), l.ElemField().Nullable, nulls, distinct)
		}
	case *array.MapBuilder:
		b.Append(true)
		m := t.(*arrow.MapType)
		for i := range rng.IntN(4) {
			b.KeyBuilder().(*array.StringBuilder).Append(fmt.Sprint("k", i))
			appendRandom(rng, b.ItemBuilder(), m.ItemType(), m.ItemField().Nullable, nulls, distinct)
		}
	case *array.StructBuilder:
		b.Append(true)
		for i, f := range t.(*arrow.StructType).Fields() {
			appendRandom(rng, b.FieldBuilder(i), f.Type, f.Nullable, nulls, distinct)
		}
	default:
		panic(fmt.Sprintf("%T", b))
	}
}

// text is a string whose length goes up to about 40, around the length that a view holds inline.
func text(k int) string {
	return fmt.Sprintf("%d:%s", k, "the quick brown fox jumps over the lazy dog"[:k*5%40])
}

func randomRecord(rng *rand.Rand, schema *arrow.Schema, rows, distinct int, nulls float64) arrow.RecordBatch {
	b := array.NewRecordBuilder(arrowmemory.DefaultAllocator, schema)
	for c, f := range schema.Fields() {
		for range rows {
			appendRandom(rng, b.Field(c), f.Type, f.Nullable, nulls, distinct)
		}
	}
	return b.NewRecordBatch()
}

// writeArrow writes a record to a new file.
func writeArrow(t testing.TB, record arrow.RecordBatch, rowGroup int64, options ...arrowparquet.WriterProperty) string {
	t.Helper()
	var buffer bytes.Buffer
	w, err := pqarrow.NewFileWriter(record.Schema(), &buffer, arrowparquet.NewWriterProperties(append(options, arrowparquet.WithMaxRowGroupLength(rowGroup))...),
		pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(record); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "t.parquet")
	if err := os.WriteFile(path, buffer.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func randomOptions(rng *rand.Rand) []arrowparquet.WriterProperty {
	codecs := []compress.Compression{compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Gzip, compress.Codecs.Zstd, compress.Codecs.Brotli, compress.Codecs.Lz4Raw}
	versions := []arrowparquet.DataPageVersion{arrowparquet.DataPageV1, arrowparquet.DataPageV2}
	return []arrowparquet.WriterProperty{
		arrowparquet.WithCompression(codecs[rng.IntN(len(codecs))]),
		arrowparquet.WithDataPageVersion(versions[rng.IntN(2)]),
		arrowparquet.WithDictionaryDefault(rng.IntN(3) > 0),
		arrowparquet.WithDictionaryPageSizeLimit([]int64{300, 5000, 1 << 20}[rng.IntN(3)]),
		arrowparquet.WithDataPageSize([]int64{200, 4000, 1 << 20}[rng.IntN(3)]),
		arrowparquet.WithBatchSize([]int64{7, 64, 1024}[rng.IntN(3)]),
		arrowparquet.WithStats(rng.IntN(2) == 0),
		arrowparquet.WithPageIndexEnabled(rng.IntN(2) == 0),
	}
}

func checkRandomFile(t *testing.T, seed uint64, depth, columns int) {
	rng := rand.New(rand.NewPCG(seed, 9))
	fields := make([]arrow.Field, columns)
	for i := range fields {
		fields[i] = arrow.Field{Name: fmt.Sprintf("c%d", i), Type: randomType(rng, depth), Nullable: rng.IntN(3) > 0}
	}
	rows := []int{1, 63, 700, 5000}[rng.IntN(4)]
	distinct := []int{1, 2, 13, 200, 100000}[rng.IntN(5)]
	nulls := []float64{0, 0.02, 0.5, 0.97, 1}[rng.IntN(5)]
	record := randomRecord(rng, arrow.NewSchema(fields, nil), rows, distinct, nulls)
	path := writeArrow(t, record, []int64{100, 1000, 100000}[rng.IntN(3)], randomOptions(rng)...)
	table := open(t, path)
	request := everything(table)
	got := readColumns(t, table, request)
	for c := range got {
		want := make([]any, rows)
		for i := range want {
			want[i] = arrowValue(record.Column(c), i)
		}
		same(t, fmt.Sprintf("seed %d, column %d of type %s, %d rows, %d distinct, %g nulls", seed, c, fields[c].Type, rows, distinct, nulls), got[c], want)
	}
	randomReads(t, table, request, got, rng)
}

func TestRandomFlat(t *testing.T) {
	for seed := range uint64(30) {
		checkRandomFile(t, seed, 0, 6)
	}
}

func TestRandomNested(t *testing.T) {
	for seed := range uint64(30) {
		checkRandomFile(t, seed, 3, 3)
	}
}
