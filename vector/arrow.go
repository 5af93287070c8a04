package vector

import (
	"fmt"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/kilnql/kiln/types"
)

// ToArrow makes a record batch of the first n rows of columns, of any encoding and layout. The batch owns heap memory that
// is never reused; releasing it is optional.
func ToArrow(schema *arrow.Schema, columns []*Vector, n int) (arrow.RecordBatch, error) {
	arrays := make([]arrow.Array, len(columns))
	for i, c := range columns {
		data, err := arrowData(c, schema.Field(i).Type, n)
		if err != nil {
			return nil, err
		}
		arrays[i] = array.MakeFromData(data)
	}
	return array.NewRecordBatch(schema, arrays, int64(n)), nil
}

// arrowData copies a vector into Arrow buffers of type t.
func arrowData(v *Vector, t arrow.DataType, n int) (arrow.ArrayData, error) {
	if v.Encoding != Flat {
		v = Flatten(v, n)
	}
	valid, nulls := arrowValidity(v, n)
	switch v.Physical {
	case types.PhysicalVoid:
		return array.NewData(arrow.Null, n, []*memory.Buffer{nil}, nil, n, 0), nil
	case types.PhysicalBool:
		bits := NewBitmap(n)
		for i, b := range As[uint8](v.data)[:n] {
			if b != 0 {
				bits.Set(i)
			}
		}
		return array.NewData(t, n, []*memory.Buffer{valid, memory.NewBufferBytes(Bytes(bits))}, nil, nulls, 0), nil
	case types.PhysicalString:
		return arrowStrings(v, t, n, valid, nulls)
	case types.PhysicalInterval:
		out := make([]arrow.MonthDayNanoInterval, n)
		for i, x := range As[types.Interval](v.data)[:n] {
			out[i] = arrow.MonthDayNanoInterval{Months: x.Months, Days: x.Days, Nanoseconds: x.Micros * 1000}
		}
		return array.NewData(t, n, []*memory.Buffer{valid, memory.NewBufferBytes(Bytes(out))}, nil, nulls, 0), nil
	case types.PhysicalStruct:
		return arrowStruct(v, t.(*arrow.StructType), n, valid, nulls)
	case types.PhysicalList:
		return arrowList(v, t, n, valid, nulls)
	}
	values, err := arrowNumbers(v, t, n)
	if err != nil {
		return nil, err
	}
	return array.NewData(t, n, []*memory.Buffer{valid, memory.NewBufferBytes(values)}, nil, nulls, 0), nil
}

func arrowValidity(v *Vector, n int) (*memory.Buffer, int) {
	if v.Valid == nil {
		return nil, 0
	}
	present := v.Valid.Count(n)
	if present == n {
		return nil, 0
	}
	bits := append(Bitmap(nil), v.Valid[:BitmapWords(n)]...)
	return memory.NewBufferBytes(Bytes(bits)), n - present
}

// arrowNumbers copies fixed-width values, widened from whatever layout the vector has to Arrow's.
func arrowNumbers(v *Vector, t arrow.DataType, n int) ([]byte, error) {
	fixed, ok := t.(arrow.FixedWidthDataType)
	if !ok {
		return nil, fmt.Errorf("kiln: a vector of %s is no Arrow %s", v.Type, t)
	}
	width := fixed.BitWidth() / 8
	if !v.Physical.IsInteger() || width == v.Physical.Size() {
		return append([]byte(nil), v.data[:n*v.Physical.Size()]...), nil
	}
	switch v.Physical {
	case types.PhysicalInt8:
		return widened(As[int8](v.data)[:n], width)
	case types.PhysicalInt16:
		return widened(As[int16](v.data)[:n], width)
	case types.PhysicalInt32:
		return widened(As[int32](v.data)[:n], width)
	case types.PhysicalInt64:
		return widened(As[int64](v.data)[:n], width)
	}
	return nil, fmt.Errorf("kiln: values of %d bytes do not fit Arrow's %s", v.Physical.Size(), t)
}

func widened[T int8 | int16 | int32 | int64](values []T, width int) ([]byte, error) {
	switch width {
	case 1:
		return converted[int8](values), nil
	case 2:
		return converted[int16](values), nil
	case 4:
		return converted[int32](values), nil
	case 8:
		return converted[int64](values), nil
	}
	out := make([]types.Int128, len(values))
	for i, x := range values {
		out[i] = types.Int128From(int64(x))
	}
	return Bytes(out), nil
}

func converted[U, T int8 | int16 | int32 | int64](values []T) []byte {
	out := make([]U, len(values))
	for i, x := range values {
		out[i] = U(x)
	}
	return Bytes(out)
}

func arrowStrings(v *Vector, t arrow.DataType, n int, valid *memory.Buffer, nulls int) (arrow.ArrayData, error) {
	views := As[View](v.data)[:n]
	total := 0
	for i := range views {
		if v.Valid == nil || v.Valid.Get(i) {
			total += views[i].Length()
		}
	}
	if total > 1<<31-1 {
		return nil, fmt.Errorf("kiln: a batch of %d bytes of text does not fit an Arrow array", total)
	}
	offsets := make([]int32, n+1)
	text := make([]byte, 0, total)
	for i := range views {
		if v.Valid == nil || v.Valid.Get(i) {
			text = append(text, ViewBytes(&views[i], v.Buffers)...)
		}
		offsets[i+1] = int32(len(text))
	}
	return array.NewData(t, n, []*memory.Buffer{valid, memory.NewBufferBytes(Bytes(offsets)), memory.NewBufferBytes(text)}, nil, nulls, 0), nil
}

func arrowStruct(v *Vector, t *arrow.StructType, n int, valid *memory.Buffer, nulls int) (arrow.ArrayData, error) {
	children := make([]arrow.ArrayData, len(v.Children))
	for i, c := range v.Children {
		var err error
		if children[i], err = arrowData(c, t.Field(i).Type, n); err != nil {
			return nil, err
		}
	}
	return array.NewData(t, n, []*memory.Buffer{valid}, children, nulls, 0), nil
}

// arrowList compacts the elements that rows refer to.
func arrowList(v *Vector, t arrow.DataType, n int, valid *memory.Buffer, nulls int) (arrow.ArrayData, error) {
	lists := As[List](v.data)[:n]
	offsets := make([]int32, n+1)
	child := v.Children[0]
	compact := New(child.Type, child.Physical, 0)
	for i, l := range lists {
		if v.Valid == nil || v.Valid.Get(i) {
			appendSlice(compact, child, int(l.Start), int(l.Length))
		}
		offsets[i+1] = int32(compact.Len)
	}
	var elem arrow.DataType
	switch t := t.(type) {
	case *arrow.MapType:
		elem = t.Elem()
	case arrow.ListLikeType:
		elem = t.Elem()
	}
	data, err := arrowData(compact, elem, compact.Len)
	if err != nil {
		return nil, err
	}
	return array.NewData(t, n, []*memory.Buffer{valid, memory.NewBufferBytes(Bytes(offsets))}, []arrow.ArrayData{data}, nulls, 0), nil
}

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
	case *array.Timestamp:
		return copyScaled(v, a.TimestampValues(), a.DataType().(*arrow.TimestampType).Unit)
	case *array.Duration:
		return copyScaled(v, a.DurationValues(), a.DataType().(*arrow.DurationType).Unit)
	case *array.Date64:
		for i, x := range a.Date64Values() {
			As[int32](v.data)[i] = int32(int64(x) / 86_400_000)
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
		return fmt.Errorf("kiln: integers from Arrow for a column of %s", v.Type)
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
func copyScaled[T ~int64](v *Vector, values []T, unit arrow.TimeUnit) error {
	to := As[int64](v.data)
	for i, x := range values {
		switch unit {
		case arrow.Second:
			to[i] = int64(x) * 1_000_000
		case arrow.Millisecond:
			to[i] = int64(x) * 1000
		case arrow.Microsecond:
			to[i] = int64(x)
		default:
			to[i] = floorDiv(int64(x), 1000)
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
	case *array.Decimal128:
		for i, x := range a.Values() {
			if v.Physical == types.PhysicalInt64 {
				As[int64](v.data)[i] = int64(x.LowBits())
			} else {
				As[types.Int128](v.data)[i] = types.Int128{Lo: x.LowBits(), Hi: x.HighBits()}
			}
		}
		return nil
	case *array.Decimal32:
		return copyInts(v, unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(a.Values()))), a.Len()))
	case *array.Decimal64:
		return copyInts(v, unsafe.Slice((*int64)(unsafe.Pointer(unsafe.SliceData(a.Values()))), a.Len()))
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
	return fmt.Errorf("kiln: Arrow arrays of type %s are not supported", a.DataType())
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
