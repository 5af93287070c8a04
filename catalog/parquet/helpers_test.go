package parquet

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	arrowmemory "github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/kilnql/kiln/diag"
)

// buildRecord makes a record of what a function says for each column and row: nil, int64, float64 or string.
func buildRecord(schema *arrow.Schema, rows int, value func(column, row int) any) arrow.RecordBatch {
	b := array.NewRecordBuilder(arrowmemory.DefaultAllocator, schema)
	for c := range schema.Fields() {
		for row := range rows {
			v := value(c, row)
			if v == nil {
				b.Field(c).AppendNull()
				continue
			}
			switch f := b.Field(c).(type) {
			case *array.Int32Builder:
				f.Append(int32(v.(int64)))
			case *array.Int64Builder:
				f.Append(v.(int64))
			case *array.Int8Builder:
				f.Append(int8(v.(int64)))
			case *array.Int16Builder:
				f.Append(int16(v.(int64)))
			case *array.Uint8Builder:
				f.Append(uint8(v.(int64)))
			case *array.Uint16Builder:
				f.Append(uint16(v.(int64)))
			case *array.Uint32Builder:
				f.Append(uint32(v.(int64)))
			case *array.Uint64Builder:
				f.Append(uint64(v.(int64)))
			case *array.Time32Builder:
				f.Append(arrow.Time32(v.(int64)))
			case *array.Time64Builder:
				f.Append(arrow.Time64(v.(int64)))
			case *array.TimestampBuilder:
				f.Append(arrow.Timestamp(v.(int64)))
			case *array.Decimal128Builder:
				f.Append(decimal128.FromI64(v.(int64)))
			case *array.Date32Builder:
				f.Append(arrow.Date32(v.(int64)))
			case *array.Float64Builder:
				f.Append(v.(float64))
			case *array.StringBuilder:
				f.Append(v.(string))
			default:
				panic("type")
			}
		}
	}
	return b.NewRecordBatch()
}

func wantCondition(t testing.TB, err error, condition string) {
	t.Helper()
	if diag.ConditionOf(err) != condition {
		t.Fatalf("error %v, want %s", err, condition)
	}
}
