package parquet

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
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

// TestNarrow reads columns in every layout that their values fit.
func TestNarrow(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, dictionary := range []bool{true, false} {
		schema := arrow.NewSchema([]arrow.Field{
			{Name: "i32", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
			{Name: "i64", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
			{Name: "u16", Type: arrow.PrimitiveTypes.Uint16, Nullable: true},
			{Name: "d32", Type: &arrow.Decimal128Type{Precision: 7, Scale: 2}, Nullable: true},
			{Name: "d64", Type: &arrow.Decimal128Type{Precision: 15, Scale: 2}, Nullable: true},
			{Name: "date", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
		}, nil)
		record := smallIntegers(rng, schema, 4000)
		path := writeArrow(t, record, 3000, arrowparquet.WithDictionaryDefault(dictionary), arrowparquet.WithStoreDecimalAsInteger(true))
		table := open(t, path)
		full := readColumns(t, table, everything(table))
		for _, p := range []types.Physical{types.PhysicalInt8, types.PhysicalInt16, types.PhysicalInt32, types.PhysicalInt64} {
			request := everything(table)
			for i := range request.Columns {
				if p.Size() <= request.Columns[i].Type.Physical().Size() {
					request.Columns[i].Physical = p
				}
			}
			got := readColumns(t, table, request)
			for i := range got {
				same(t, fmt.Sprint(schema.Field(i).Name, " as ", p), got[i], full[i])
			}
			randomReads(t, table, request, full, rng)
		}
	}
}

func smallIntegers(rng *rand.Rand, schema *arrow.Schema, rows int) arrow.RecordBatch {
	return buildRecord(schema, rows, func(c, row int) any {
		if rng.IntN(10) == 0 {
			return nil
		}
		if schema.Field(c).Name == "u16" {
			return int64(rng.IntN(100))
		}
		return int64(rng.IntN(200) - 100)
	})
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
