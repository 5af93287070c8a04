package vector

import (
	"fmt"

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
