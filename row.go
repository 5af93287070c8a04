package kiln

import (
	"fmt"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/kilnql/kiln/types"
)

// Row is one row of a result. Values have these Go types: bool, int8, int16, int32, int64, float32, float64, string,
// []byte (binary), Decimal, time.Time (date at midnight UTC; timestamp in the session's zone; timestamp_ntz in UTC),
// time.Duration (day-time interval), Months (year-month interval), types.Interval, []any (array), Map, Row (struct), and
// nil for NULL.
type Row struct {
	schema types.Type
	values []any
}

// Decimal is an exact decimal number: Unscaled divided by ten to the power Scale.
type Decimal struct {
	Unscaled types.Int128
	Scale    int
}

// String prints every digit of the scale, as Spark does.
func (d Decimal) String() string { return types.FormatDecimal(d.Unscaled, d.Scale) }

// Float64 is the nearest float.
func (d Decimal) Float64() float64 { return types.DecimalToFloat64(d.Unscaled, d.Scale) }

// Months is a year-month interval.
type Months int32

// Map is the value of a map column, in the order of the data.
type Map []Entry

// Entry is one key and value of a Map.
type Entry struct{ Key, Value any }

// Len is the number of columns.
func (r Row) Len() int { return len(r.values) }

// At is the value of column i.
func (r Row) At(i int) any { return r.values[i] }

// Get is the value of the named column, matched as Spark matches names; nil if there is none.
func (r Row) Get(name string) any {
	for i, f := range r.schema.Fields() {
		if strings.EqualFold(f.Name, name) {
			return r.values[i]
		}
	}
	return nil
}

// Values are all values; do not modify.
func (r Row) Values() []any { return r.values }

// Schema is the struct type of the row.
func (r Row) Schema() types.Type { return r.schema }

// String prints the row as [a, b, c].
func (r Row) String() string {
	parts := make([]string, len(r.values))
	for i, v := range r.values {
		if v == nil {
			parts[i] = "NULL"
		} else {
			parts[i] = fmt.Sprint(v)
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// rowsOf turns a batch into rows.
func rowsOf(batch arrow.RecordBatch, schema types.Type, zone *time.Location) []Row {
	rows := make([]Row, batch.NumRows())
	width := int(batch.NumCols())
	cells := make([]any, len(rows)*width)
	for i := range rows {
		rows[i] = Row{schema, cells[i*width : (i+1)*width : (i+1)*width]}
	}
	for c, f := range schema.Fields() {
		column := batch.Column(c)
		for i := range rows {
			rows[i].values[c] = goValue(column, i, f.Type, zone)
		}
	}
	return rows
}

// goValue is one value of an Arrow array at the border, in the Go form of Row.
func goValue(a arrow.Array, i int, t types.Type, zone *time.Location) any {
	if a.IsNull(i) {
		return nil
	}
	switch a := a.(type) {
	case *array.Boolean:
		return a.Value(i)
	case *array.Int8:
		return a.Value(i)
	case *array.Int16:
		return a.Value(i)
	case *array.Int32:
		if t.Kind == types.YearMonthInterval {
			return Months(a.Value(i))
		}
		return a.Value(i)
	case *array.MonthInterval:
		return Months(a.Value(i))
	case *array.Int64:
		return a.Value(i)
	case *array.Float32:
		return a.Value(i)
	case *array.Float64:
		return a.Value(i)
	case *array.String:
		return a.Value(i)
	case *array.LargeString:
		return a.Value(i)
	case *array.StringView:
		return strings.Clone(a.Value(i))
	case *array.Binary:
		return append([]byte(nil), a.Value(i)...)
	case *array.Decimal128:
		v := a.Value(i)
		return Decimal{types.Int128{Lo: v.LowBits(), Hi: v.HighBits()}, int(t.Scale)}
	case *array.Date32:
		return time.Unix(int64(a.Value(i))*86400, 0).UTC()
	case *array.Timestamp:
		at := time.UnixMicro(int64(a.Value(i)))
		if t.Kind == types.TimestampNTZ {
			return at.UTC()
		}
		return at.In(zone)
	case *array.Duration:
		return time.Duration(a.Value(i)) * time.Microsecond
	case *array.MonthDayNanoInterval:
		v := a.Value(i)
		return types.Interval{Months: v.Months, Days: v.Days, Micros: v.Nanoseconds / 1000}
	case *array.Map:
		start, end := a.ValueOffsets(i)
		out := make(Map, 0, end-start)
		for j := int(start); j < int(end); j++ {
			out = append(out, Entry{goValue(a.Keys(), j, t.Key(), zone), goValue(a.Items(), j, t.Elem(), zone)})
		}
		return out
	case *array.List:
		start, end := a.ValueOffsets(i)
		out := make([]any, 0, end-start)
		for j := int(start); j < int(end); j++ {
			out = append(out, goValue(a.ListValues(), j, t.Elem(), zone))
		}
		return out
	case *array.Struct:
		r := Row{t, make([]any, a.NumField())}
		for j, f := range t.Fields() {
			r.values[j] = goValue(a.Field(j), i, f.Type, zone)
		}
		return r
	}
	return a.ValueStr(i)
}
