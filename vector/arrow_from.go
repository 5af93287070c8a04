package vector

import (
	"fmt"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

// FromArrow copies an Arrow array into a flat vector in the widest layout of t, its Spark type.
func FromArrow(a arrow.Array, t types.Type) (*Vector, error) {
	n := a.Len()
	v := NewFlat(t, n)
	v.Reset(n)
	if a.NullN() > 0 {
		valid := v.NewValid()
		for i := range n {
			valid.Put(i, a.IsValid(i))
		}
	}
	return v, v.fill(a)
}

// fill copies the values of an array into v, which has its length and validity.
func (v *Vector) fill(a arrow.Array) error {
	switch a := a.(type) {
	case *array.Null:
		v.ClearedValid()
		return nil
	case *array.Boolean:
		for i, to := 0, As[uint8](v.data); i < a.Len(); i++ {
			to[i] = 0
			if a.IsValid(i) && a.Value(i) {
				to[i] = 1
			}
		}
		return nil
	case *array.Int8:
		return copyInts(v, a.Int8Values())
	case *array.Int16:
		return copyInts(v, a.Int16Values())
	case *array.Int32:
		return copyInts(v, a.Int32Values())
	case *array.Int64:
		return copyInts(v, a.Int64Values())
	case *array.Uint8:
		return copyInts(v, a.Uint8Values())
	case *array.Uint16:
		return copyInts(v, a.Uint16Values())
	case *array.Uint32:
		return copyInts(v, a.Uint32Values())
	case *array.Date32:
		return copyInts(v, a.Date32Values())
	case *array.MonthInterval:
		return copyInts(v, a.MonthIntervalValues())
	case *array.Float32:
		copy(As[float32](v.data), a.Float32Values())
		return nil
	case *array.Float64:
		copy(As[float64](v.data), a.Float64Values())
		return nil
	case *array.Float16:
		for i, x := range a.Values() {
			As[float32](v.data)[i] = x.Float32()
		}
		return nil
	case *array.Timestamp:
		return copyScaled(v, a.TimestampValues(), a.DataType().(*arrow.TimestampType).Unit)
	case *array.Duration:
		return copyScaled(v, a.DurationValues(), a.DataType().(*arrow.DurationType).Unit)
	case *array.Time32:
		return copyScaled(v, a.Time32Values(), a.DataType().(*arrow.Time32Type).Unit)
	case *array.Time64:
		return copyScaled(v, a.Time64Values(), a.DataType().(*arrow.Time64Type).Unit)
	case *array.Date64:
		for i, x := range a.Date64Values() {
			As[int32](v.data)[i] = int32(floorDiv(int64(x), 86_400_000))
		}
		return nil
	}
	return v.fillWide(a)
}

func copyInts[T ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32](v *Vector, values []T) error {
	switch v.Physical {
	case types.PhysicalInt8:
		copyAs[int8](v, values)
	case types.PhysicalInt16:
		copyAs[int16](v, values)
	case types.PhysicalInt32:
		copyAs[int32](v, values)
	case types.PhysicalInt64:
		copyAs[int64](v, values)
	default:
		return diag.New("UNSUPPORTED_ARROWTYPE", "typeName", "integers for a column of "+v.Type.String())
	}
	return nil
}

func copyAs[U int8 | int16 | int32 | int64, T ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32](v *Vector, values []T) {
	to := As[U](v.data)
	for i, x := range values {
		to[i] = U(x)
	}
}

// copyScaled brings times of any unit to microseconds.
func copyScaled[T ~int32 | ~int64](v *Vector, values []T, unit arrow.TimeUnit) error {
	to := As[int64](v.data)
	factor := map[arrow.TimeUnit]int64{arrow.Second: 1_000_000, arrow.Millisecond: 1000, arrow.Microsecond: 1}[unit]
	for i, x := range values {
		if factor == 0 { // nanoseconds
			to[i] = floorDiv(int64(x), 1000)
			continue
		}
		to[i] = int64(x) * factor
		if to[i]/factor != int64(x) && !v.IsNull(i) {
			return diag.New("DATETIME_OVERFLOW", "operation", "reading "+strconv.FormatInt(int64(x), 10)+unit.String()+" from Arrow as "+v.Type.String())
		}
	}
	return nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// fillWide copies what is no plain number.
func (v *Vector) fillWide(a arrow.Array) error {
	switch a := a.(type) {
	case *array.Decimal32:
		return copyDecimals(v, a, func(i int) (types.Int128, bool) { return types.Int128From(int64(a.Value(i))), true })
	case *array.Decimal64:
		return copyDecimals(v, a, func(i int) (types.Int128, bool) { return types.Int128From(int64(a.Value(i))), true })
	case *array.Decimal128:
		return copyDecimals(v, a, func(i int) (types.Int128, bool) {
			x := a.Value(i)
			return types.Int128{Lo: x.LowBits(), Hi: x.HighBits()}, true
		})
	case *array.Decimal256:
		return copyDecimals(v, a, func(i int) (types.Int128, bool) {
			x := a.Value(i).Array()
			sign := uint64(int64(x[1]) >> 63)
			return types.Int128{Lo: x[0], Hi: int64(x[1])}, x[2] == sign && x[3] == sign
		})
	case *array.Uint64:
		for i, x := range a.Uint64Values() {
			As[types.Int128](v.data)[i] = types.Int128{Lo: x}
		}
		return nil
	case *array.DayTimeInterval:
		for i, x := range a.DayTimeIntervalValues() {
			As[types.Interval](v.data)[i] = types.Interval{Days: x.Days, Micros: int64(x.Milliseconds) * 1000}
		}
		return nil
	case *array.MonthDayNanoInterval:
		for i, x := range a.MonthDayNanoIntervalValues() {
			As[types.Interval](v.data)[i] = types.Interval{Months: x.Months, Days: x.Days, Micros: floorDiv(x.Nanoseconds, 1000)}
		}
		return nil
	case *array.Struct:
		for i, c := range v.Children {
			child, err := FromArrow(a.Field(i), c.Type)
			if err != nil {
				return err
			}
			v.Children[i] = child
		}
		return nil
	case *array.Dictionary:
		values, err := FromArrow(a.Dictionary(), v.Type)
		if err != nil {
			return err
		}
		rows := make([]int32, a.Len())
		for i := range rows {
			rows[i] = -1
			if a.IsValid(i) {
				rows[i] = int32(a.GetValueIndex(i))
			}
		}
		Gather(values, rows, nil, len(rows), v)
		return nil
	case *array.RunEndEncoded:
		values, err := FromArrow(a.Values(), v.Type)
		if err != nil {
			return err
		}
		rows := make([]int32, a.Len())
		for i := range rows {
			rows[i] = int32(a.GetPhysicalIndex(i))
		}
		Gather(values, rows, nil, len(rows), v)
		return nil
	case array.ExtensionArray:
		return v.fillExtension(a)
	case array.ListLike:
		return v.fillList(a)
	case interface {
		arrow.Array
		Value(int) []byte
	}: // binary of any width of offsets, and binary views
		return v.fillStrings(a.Len(), a.IsValid, a.Value)
	case interface {
		arrow.Array
		Value(int) string
	}:
		return v.fillStrings(a.Len(), a.IsValid, func(i int) []byte { return []byte(a.Value(i)) })
	}
	return diag.New("UNSUPPORTED_ARROWTYPE", "typeName", a.DataType().String())
}

// copyDecimals copies unscaled values. A negative scale, which Spark does not have, becomes zeros at the end.
func copyDecimals(v *Vector, a arrow.Array, unscaled func(i int) (types.Int128, bool)) error {
	scale := min(int(a.DataType().(arrow.DecimalType).GetScale()), int(v.Type.Scale))
	for i := range a.Len() {
		if a.IsNull(i) {
			continue
		}
		x, ok := unscaled(i)
		if ok && scale < int(v.Type.Scale) {
			x, ok = types.Rescale(x, scale, int(v.Type.Scale), int(v.Type.Precision))
		}
		if !ok || v.Physical == types.PhysicalInt64 && !x.IsInt64() {
			return diag.New("NUMERIC_VALUE_OUT_OF_RANGE.WITHOUT_SUGGESTION", "roundedValue", a.ValueStr(i), "originalValue", a.ValueStr(i),
				"precision", strconv.Itoa(int(v.Type.Precision)), "scale", strconv.Itoa(int(v.Type.Scale)))
		}
		if v.Physical == types.PhysicalInt64 {
			As[int64](v.data)[i] = x.Int64()
		} else {
			As[types.Int128](v.data)[i] = x
		}
	}
	return nil
}

// fillExtension copies UUIDs as text, and the storage of other extension types.
func (v *Vector) fillExtension(a array.ExtensionArray) error {
	bytes, ok := a.Storage().(*array.FixedSizeBinary)
	if a.ExtensionType().ExtensionName() != types.ArrowUUID || !ok {
		return v.fill(a.Storage())
	}
	return v.fillStrings(a.Len(), a.IsValid, func(i int) []byte {
		x := bytes.Value(i)
		if len(x) != 16 {
			return x
		}
		return fmt.Appendf(nil, "%x-%x-%x-%x-%x", x[:4], x[4:6], x[6:8], x[8:10], x[10:])
	})
}

func (v *Vector) fillStrings(n int, valid func(int) bool, value func(int) []byte) error {
	for i := range n {
		if valid(i) {
			v.SetString(i, value(i))
		} else {
			As[View](v.data)[i] = View{}
		}
	}
	return nil
}

func (v *Vector) fillList(a array.ListLike) error {
	child, err := FromArrow(a.ListValues(), v.Children[0].Type)
	if err != nil {
		return err
	}
	v.Children[0] = child
	for i, to := 0, As[List](v.data); i < a.Len(); i++ {
		start, end := a.ValueOffsets(i)
		to[i] = List{int32(start), int32(end - start)}
		if a.IsNull(i) {
			to[i] = List{}
		}
	}
	return nil
}
