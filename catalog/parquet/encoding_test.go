package parquet

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	arrowmemory "github.com/apache/arrow-go/v18/arrow/memory"
	arrowparquet "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/kilnql/kiln/types"
)

func TestEncodings(t *testing.T) {
	e := arrowparquet.Encodings
	cases := []struct {
		encoding arrowparquet.Encoding
		types    []arrow.DataType
	}{
		{e.Plain, flatTypes},
		{e.RLE, []arrow.DataType{arrow.FixedWidthTypes.Boolean}},
		{e.DeltaBinaryPacked, []arrow.DataType{arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Int8, arrow.FixedWidthTypes.Date32,
			&arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}}},
		{e.DeltaLengthByteArray, []arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.Binary}},
		{e.DeltaByteArray, []arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.Binary}},
		{e.ByteStreamSplit, []arrow.DataType{arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
			&arrow.FixedSizeBinaryType{ByteWidth: 9}, &arrow.Decimal128Type{Precision: 30, Scale: 2}}},
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for _, c := range cases {
		for _, v := range []arrowparquet.DataPageVersion{arrowparquet.DataPageV1, arrowparquet.DataPageV2} {
			for _, nulls := range []float64{0, 0.3} {
				var fields []arrow.Field
				for i, typ := range c.types {
					fields = append(fields, arrow.Field{Name: fmt.Sprint("c", i), Type: typ, Nullable: nulls > 0},
						arrow.Field{Name: fmt.Sprint("l", i), Type: arrow.ListOf(typ), Nullable: true})
				}
				record := randomRecord(rng, arrow.NewSchema(fields, nil), 3000, 1000, nulls)
				path := writeArrow(t, record, 1700, arrowparquet.WithEncoding(c.encoding), arrowparquet.WithDictionaryDefault(false), arrowparquet.WithDataPageVersion(v),
					arrowparquet.WithDataPageSize(3000), arrowparquet.WithBatchSize(100), arrowparquet.WithCompression(compress.Codecs.Snappy))
				table := open(t, path)
				request := everything(table)
				got := readColumns(t, table, request)
				for i := range got {
					want := make([]any, record.NumRows())
					for k := range want {
						want[k] = arrowValue(record.Column(i), k)
					}
					same(t, fmt.Sprint(c.encoding, " ", fields[i].Type, " ", nulls), got[i], want)
				}
				randomReads(t, table, request, got, rng)
			}
		}
	}
}

// narrowTypes are all physical and logical types that read as integers of some width. UINT64 is decimal(20,0).
var narrowTypes = []arrow.DataType{
	arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
	arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
	&arrow.Decimal128Type{Precision: 4, Scale: 1}, &arrow.Decimal128Type{Precision: 7, Scale: 2}, &arrow.Decimal128Type{Precision: 15, Scale: 2},
	&arrow.Decimal128Type{Precision: 30, Scale: 3}, arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64us,
	arrow.FixedWidthTypes.Time64ns, &arrow.TimestampType{Unit: arrow.Millisecond}, &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"},
	&arrow.TimestampType{Unit: arrow.Nanosecond},
}

// TestNarrow reads every type in every layout that the values fit and a planner may ask for, in each encoding, page
// version and nullability: the values are those written, whatever the layout.
func TestNarrow(t *testing.T) {
	e := arrowparquet.Encodings
	rng := rand.New(rand.NewPCG(5, 6))
	for _, encoding := range []arrowparquet.Encoding{e.PlainDict, e.Plain, e.DeltaBinaryPacked, e.ByteStreamSplit} {
		for _, version := range []arrowparquet.DataPageVersion{arrowparquet.DataPageV1, arrowparquet.DataPageV2} {
			for _, nullable := range []bool{false, true} {
				for _, asInteger := range []bool{false, true} {
					checkNarrow(t, rng, encoding, version, nullable, asInteger)
				}
			}
		}
	}
}

func checkNarrow(t *testing.T, rng *rand.Rand, encoding arrowparquet.Encoding, version arrowparquet.DataPageVersion, nullable, asInteger bool) {
	t.Helper()
	var fields []arrow.Field
	for i, typ := range narrowTypes {
		decimal, isDecimal := typ.(*arrow.Decimal128Type)
		if encoding == arrowparquet.Encodings.DeltaBinaryPacked && isDecimal && (!asInteger || decimal.Precision > 18) {
			continue // DELTA_BINARY_PACKED is for INT32 and INT64
		}
		fields = append(fields, arrow.Field{Name: fmt.Sprint("c", i), Type: typ, Nullable: nullable})
	}
	record := smallIntegers(rng, arrow.NewSchema(fields, nil), 2500)
	options := []arrowparquet.WriterProperty{arrowparquet.WithStoreDecimalAsInteger(asInteger), arrowparquet.WithDataPageVersion(version), arrowparquet.WithDataPageSize(3000)}
	if encoding == arrowparquet.Encodings.PlainDict {
		options = append(options, arrowparquet.WithDictionaryDefault(true))
	} else {
		options = append(options, arrowparquet.WithDictionaryDefault(false), arrowparquet.WithEncoding(encoding))
	}
	table := open(t, writeArrow(t, record, 1700, options...))
	want := make([][]any, len(fields))
	for c := range want {
		for row := range int(record.NumRows()) {
			want[c] = append(want[c], arrowValue(record.Column(c), row))
		}
	}
	for _, p := range []types.Physical{types.PhysicalInt8, types.PhysicalInt16, types.PhysicalInt32, types.PhysicalInt64, types.PhysicalInt128} {
		request := everything(table)
		for i := range request.Columns {
			if p.Size() < request.Columns[i].Type.Physical().Size() && holdsSmall(fields[i].Type, p) {
				request.Columns[i].Physical = p
			}
		}
		got := readColumns(t, table, request)
		for i := range got {
			same(t, fmt.Sprintf("%s as %v, %v, pages %v, nullable %t, decimals as integers %t", fields[i].Type, p, encoding, version, nullable, asInteger), got[i], want[i])
		}
		randomReads(t, table, request, want, rng)
	}
}

// holdsSmall reports whether a layout holds what smallIntegers makes of a type, once it is in microseconds.
func holdsSmall(t arrow.DataType, p types.Physical) bool {
	switch t := t.(type) {
	case *arrow.Time32Type:
		return p.Size() >= 4
	case *arrow.TimestampType:
		return t.Unit != arrow.Millisecond || p.Size() >= 4
	}
	return true
}

// smallIntegers fits a byte in every column, before units of time are converted.
func smallIntegers(rng *rand.Rand, schema *arrow.Schema, rows int) arrow.RecordBatch {
	return buildRecord(schema, rows, func(c, row int) any {
		field := schema.Field(c)
		if field.Nullable && rng.IntN(10) == 0 {
			return nil
		}
		switch field.Type.ID() {
		case arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64, arrow.TIME32, arrow.TIME64:
			return int64(rng.IntN(128))
		}
		return int64(rng.IntN(200) - 100)
	})
}

// TestUnsigned64 reads 64-bit integers without sign at the edges of what layouts and wider decimals hold.
func TestUnsigned64(t *testing.T) {
	values := []uint64{0, 127, 128, 1<<31 - 1, 1 << 31, 1<<63 - 1, 1 << 63, 1<<64 - 1}
	b := array.NewRecordBuilder(arrowmemory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "u", Type: arrow.PrimitiveTypes.Uint64}}, nil))
	b.Field(0).(*array.Uint64Builder).AppendValues(values, nil)
	path := writeArrow(t, b.NewRecordBatch(), 100)
	for _, scale := range []int{0, 1, 18} {
		table, err := OpenPaths(context.Background(), nil, []string{path},
			Options{Schema: types.StructType(types.Field{Name: "u", Type: types.DecimalType(20+scale, scale), Nullable: true})})
		if err != nil {
			t.Fatal(err)
		}
		want := make([]any, len(values))
		for i, v := range values {
			w := types.Int128{Lo: v}
			for range scale {
				w, _ = multiply128(w, 10)
			}
			if want[i] = any(w); w.IsInt64() {
				want[i] = w.Int64()
			}
		}
		same(t, fmt.Sprint("scale ", scale), readColumns(t, table, everything(table))[0], want)
		for _, p := range []types.Physical{types.PhysicalInt8, types.PhysicalInt16, types.PhysicalInt32, types.PhysicalInt64} {
			request := everything(table)
			request.Columns[0].Physical = p
			_, err := tryColumns(table, request)
			wantCondition(t, err, "FAILED_READ_FILE.DAMAGED_COLUMN")
		}
	}
}

// TestNarrowOverflow asks for a layout that the values do not fit.
func TestNarrowOverflow(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "v", Type: arrow.PrimitiveTypes.Int64}}, nil)
	for _, dictionary := range []bool{true, false} {
		record := buildRecord(schema, 100, func(_, row int) any { return int64(row * 10) })
		table := open(t, writeArrow(t, record, 100, arrowparquet.WithDictionaryDefault(dictionary)))
		request := everything(table)
		request.Columns[0].Physical = types.PhysicalInt8
		_, err := tryColumns(table, request)
		wantCondition(t, err, "FAILED_READ_FILE.DAMAGED_COLUMN")
	}
}
