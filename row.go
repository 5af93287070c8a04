package kiln

import (
	"strconv"
	"strings"
	"time"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// Row is one row of a result. Values have these Go types: bool, int8, int16, int32, int64, float32, float64, string,
// []byte (binary), Decimal, time.Time (date at midnight UTC; timestamp in the session's zone; timestamp_ntz in UTC),
// time.Duration (day-time interval), Months (year-month interval), types.Interval, []any (array), Map, Row (struct), and
// nil for NULL.
type Row struct {
	schema types.Type
	raw    []any
	zone   *time.Location
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

// SparkValue implements types.Valuer: a decimal with as many digits as d has.
func (d Decimal) SparkValue() (any, types.Type, error) {
	scale := max(d.Scale, 0)
	unscaled, ok := types.Rescale(d.Unscaled, d.Scale, scale, types.MaxPrecision)
	precision := max(unscaled.Digits(), scale, 1)
	if !ok || precision > types.MaxPrecision {
		return nil, types.Type{}, diag.New("DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION", "precision", strconv.Itoa(precision),
			"maxPrecision", strconv.Itoa(types.MaxPrecision))
	}
	t := types.DecimalType(precision, scale)
	return types.NewDecimalValue(unscaled, t), t, nil
}

// SparkType is decimal(38,18), as Spark has it for a field that may hold any decimal.
func (Decimal) SparkType() types.Type { return types.DecimalType(38, 18) }

// Months is a year-month interval.
type Months int32

// SparkValue implements types.Valuer.
func (m Months) SparkValue() (any, types.Type, error) { return int32(m), m.SparkType(), nil }

// SparkType is interval year to month.
func (Months) SparkType() types.Type { return types.YearMonthType(types.FieldYear, types.FieldMonth) }

// Map is the value of a map column, in the order of the data.
type Map []Entry

// Entry is one key and value of a Map.
type Entry struct{ Key, Value any }

// SparkValue implements types.Valuer. All keys, and all values, must have one Spark type.
func (m Map) SparkValue() (any, types.Type, error) {
	if m == nil {
		return nil, types.VoidType, nil
	}
	keys, values := make([]any, len(m)), make([]any, len(m))
	for i, e := range m {
		keys[i], values[i] = e.Key, e.Value
	}
	return types.MapOf(keys, values)
}

// SparkValue implements types.Valuer: a struct.
func (r Row) SparkValue() (any, types.Type, error) {
	if r.schema.Kind != types.Struct {
		return nil, types.VoidType, nil
	}
	return r.raw, r.schema, nil
}

// Len is the number of columns.
func (r Row) Len() int { return len(r.raw) }

// At is the value of column i.
func (r Row) At(i int) any { return goValue(r.raw[i], r.schema.Fields()[i].Type, r.zone) }

// Raw is the value of column i in the Go form of package types: days, microseconds, unscaled decimals.
func (r Row) Raw(i int) any { return r.raw[i] }

// Get is the value of the named column, matched without regard to case; nil if there is none, the first if there are several.
func (r Row) Get(name string) any {
	for i, f := range r.schema.Fields() {
		if strings.EqualFold(f.Name, name) {
			return r.At(i)
		}
	}
	return nil
}

// Values are all values.
func (r Row) Values() []any {
	out := make([]any, len(r.raw))
	for i := range out {
		out[i] = r.At(i)
	}
	return out
}

// Schema is the struct type of the row.
func (r Row) Schema() types.Type { return r.schema }

// String prints the row as [a, b, c], each value as Spark prints it.
func (r Row) String() string {
	parts := make([]string, len(r.raw))
	for i, v := range r.raw {
		if v == nil {
			parts[i] = "NULL"
		} else {
			parts[i] = types.FormatValue(v, r.schema.Fields()[i].Type, types.ZoneOf(r.zone))
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// rowsOf turns the columns of a batch into rows.
func rowsOf(c *vector.Chunk, schema types.Type, zone *time.Location) []Row {
	rows := make([]Row, c.Len)
	width := len(c.Columns)
	cells := make([]any, len(rows)*width)
	for i := range rows {
		rows[i] = Row{schema, cells[i*width : (i+1)*width : (i+1)*width], zone}
		for j, column := range c.Columns {
			rows[i].raw[j] = kernel.Value(column, i)
		}
	}
	return rows
}

// goValue turns a value in the form of package types into that of Row.
func goValue(v any, t types.Type, zone *time.Location) any {
	if v == nil {
		return nil
	}
	switch t.Kind {
	case types.Decimal:
		return Decimal{types.DecimalValue(v), int(t.Scale)}
	case types.Binary:
		return []byte(v.(string))
	case types.Date:
		return time.Unix(int64(v.(int32))*86400, 0).UTC()
	case types.Timestamp:
		return time.UnixMicro(v.(int64)).In(zone)
	case types.TimestampNTZ:
		return time.UnixMicro(v.(int64)).UTC()
	case types.YearMonthInterval:
		return Months(v.(int32))
	case types.DayTimeInterval:
		return time.Duration(v.(int64)) * time.Microsecond
	case types.Array:
		elements := v.([]any)
		out := make([]any, len(elements))
		for i, e := range elements {
			out[i] = goValue(e, t.Elem(), zone)
		}
		return out
	case types.Map:
		m := v.(types.MapValue)
		out := make(Map, len(m.Keys))
		for i := range out {
			out[i] = Entry{goValue(m.Keys[i], t.Key(), zone), goValue(m.Values[i], t.Elem(), zone)}
		}
		return out
	case types.Struct:
		return Row{t, v.([]any), zone}
	}
	return v
}
