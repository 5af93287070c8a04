package vector

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"

	"github.com/kilnql/kiln/types"
)

// AppendValue appends row i of v, in any encoding and of any type, as bytes: what rows hold of nested values. Equal
// values (NaN equals NaN, -0.0 equals 0.0) have equal bytes. Integers have the width of v's layout.
//
// A value is one byte, 0 for null or 1, then: fixed-size values as they stand in memory; strings and lists a 4-byte length,
// then bytes or elements; structs their fields.
func AppendValue(b []byte, v *Vector, i int) []byte {
	if v.IsNull(i) {
		return append(b, 0)
	}
	b = append(b, 1)
	switch v.Encoding {
	case Constant:
		i = 0
	case Dictionary:
		return AppendValue(b[:len(b)-1], v.Dict.Values, int(v.Codes()[i]))
	}
	switch v.Physical {
	case types.PhysicalFloat32:
		f := As[float32](v.data)[i]
		if f != f {
			return binary.LittleEndian.AppendUint32(b, 0x7fc00000)
		}
		return binary.LittleEndian.AppendUint32(b, math.Float32bits(f+0))
	case types.PhysicalFloat64:
		return binary.LittleEndian.AppendUint64(b, FloatKey(As[float64](v.data)[i]))
	case types.PhysicalString:
		s := ViewBytes(&As[View](v.data)[i], v.Buffers)
		return append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
	case types.PhysicalList:
		l := As[List](v.data)[i]
		b = binary.LittleEndian.AppendUint32(b, uint32(l.Length))
		for e := range l.Length {
			b = AppendValue(b, v.Children[0], int(l.Start+e))
		}
		return b
	case types.PhysicalStruct:
		for _, c := range v.Children {
			b = AppendValue(b, c, i)
		}
		return b
	}
	size := v.Physical.Size()
	return append(b, v.data[i*size:(i+1)*size]...)
}

// ReadValue appends the value at the start of b, which AppendValue wrote for the same layouts, as a new last row of the
// flat vector v, and returns what follows it.
func ReadValue(b []byte, v *Vector) []byte {
	i := v.Len
	present := b[0] != 0
	b = b[1:]
	if v.Physical == types.PhysicalStruct {
		return readStruct(b, v, present)
	}
	v.extend(i + 1)
	v.extendValid(i)
	if !present {
		v.putNull(i)
		if size := v.Physical.Size(); size > 0 {
			clear(v.data[i*size : (i+1)*size])
		}
		return b
	}
	switch v.Physical {
	case types.PhysicalString:
		n := int(binary.LittleEndian.Uint32(b))
		v.SetString(i, b[4:4+n])
		return b[4+n:]
	case types.PhysicalList:
		n := int32(binary.LittleEndian.Uint32(b))
		b = b[4:]
		As[List](v.data)[i] = List{int32(v.Children[0].Len), n}
		for range n {
			b = ReadValue(b, v.Children[0])
		}
		return b
	}
	size := v.Physical.Size()
	copy(v.data[i*size:(i+1)*size], b)
	return b[size:]
}

func readStruct(b []byte, v *Vector, present bool) []byte {
	i := v.Len
	v.Len++
	v.extendValid(i)
	if !present {
		v.putNull(i)
		for _, c := range v.Children {
			ReadValue([]byte{0}, c)
		}
		return b
	}
	for _, c := range v.Children {
		b = ReadValue(b, c)
	}
	return b
}

// extendValid grows an existing validity to Len rows, those from first on valid.
func (v *Vector) extendValid(first int) {
	if v.Valid == nil {
		return
	}
	for words := BitmapWords(v.Len); len(v.Valid) < words; {
		v.Valid = append(v.Valid, 0)
	}
	v.valid = v.Valid
	for i := first; i < v.Len; i++ {
		v.Valid.Set(i)
	}
}

// putNull makes row i of a growing vector null.
func (v *Vector) putNull(i int) {
	if v.Valid == nil {
		v.NewValid()
	}
	v.Valid.Clear(i)
}

// CompareValues orders two values written by AppendValue for vectors of type t in layout p: nulls first, NaN last, structs and lists
// element by element, shorter lists first. It returns what follows each value.
func CompareValues(t types.Type, p types.Physical, a, b []byte) (order int, restA, restB []byte) {
	nullA, nullB := a[0] == 0, b[0] == 0
	a, b = a[1:], b[1:]
	switch {
	case nullA && nullB:
		return 0, a, b
	case nullA:
		return -1, a, SkipValue(t, p, b)
	case nullB:
		return 1, SkipValue(t, p, a), b
	}
	switch p {
	case types.PhysicalString:
		na, nb := binary.LittleEndian.Uint32(a), binary.LittleEndian.Uint32(b)
		return bytes.Compare(a[4:4+na], b[4:4+nb]), a[4+na:], b[4+nb:]
	case types.PhysicalList:
		return compareLists(t, a, b)
	case types.PhysicalStruct:
		for _, f := range t.Fields() {
			o, ra, rb := CompareValues(f.Type, f.Type.Physical(), a, b)
			if order == 0 {
				order = o
			}
			a, b = ra, rb
		}
		return order, a, b
	}
	size := p.Size()
	return compareFixed(p, a, b), a[size:], b[size:]
}

func compareLists(t types.Type, a, b []byte) (order int, restA, restB []byte) {
	na, nb := int(binary.LittleEndian.Uint32(a)), int(binary.LittleEndian.Uint32(b))
	a, b = a[4:], b[4:]
	elem := listElement(t)
	p := elem.Physical()
	for range min(na, nb) {
		o, ra, rb := CompareValues(elem, p, a, b)
		if order == 0 {
			order = o
		}
		a, b = ra, rb
	}
	for range na - nb {
		a = skipNullable(elem, a)
	}
	for range nb - na {
		b = skipNullable(elem, b)
	}
	return cmp.Or(order, cmp.Compare(na, nb)), a, b
}

// listElement is the element type of an array, or the entry struct of a map.
func listElement(t types.Type) types.Type {
	if t.Kind != types.Map {
		return t.Elem()
	}
	return types.StructType(types.Field{Name: "key", Type: t.Key()}, types.Field{Name: "value", Type: t.Elem(), Nullable: true})
}

// SkipValue returns what follows a value that is not null, after its null byte.
func SkipValue(t types.Type, p types.Physical, b []byte) []byte {
	switch p {
	case types.PhysicalString:
		return b[4+binary.LittleEndian.Uint32(b):]
	case types.PhysicalList:
		n := binary.LittleEndian.Uint32(b)
		b = b[4:]
		elem := listElement(t)
		for range n {
			b = skipNullable(elem, b)
		}
		return b
	case types.PhysicalStruct:
		for _, f := range t.Fields() {
			b = skipNullable(f.Type, b)
		}
		return b
	}
	return b[p.Size():]
}

func skipNullable(t types.Type, b []byte) []byte {
	if b[0] == 0 {
		return b[1:]
	}
	return SkipValue(t, t.Physical(), b[1:])
}

// compareFixed orders two values of a fixed-size layout as they stand in memory.
func compareFixed(p types.Physical, a, b []byte) int {
	switch p {
	case types.PhysicalBool:
		return cmp.Compare(a[0], b[0])
	case types.PhysicalInt8:
		return cmp.Compare(int8(a[0]), int8(b[0]))
	case types.PhysicalInt16:
		return cmp.Compare(int16(binary.LittleEndian.Uint16(a)), int16(binary.LittleEndian.Uint16(b)))
	case types.PhysicalInt32:
		return cmp.Compare(int32(binary.LittleEndian.Uint32(a)), int32(binary.LittleEndian.Uint32(b)))
	case types.PhysicalInt64:
		return cmp.Compare(int64(binary.LittleEndian.Uint64(a)), int64(binary.LittleEndian.Uint64(b)))
	case types.PhysicalInt128:
		return int128At(a).Cmp(int128At(b))
	case types.PhysicalFloat32:
		return types.CompareDouble(float64(math.Float32frombits(binary.LittleEndian.Uint32(a))), float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
	case types.PhysicalFloat64:
		return types.CompareDouble(math.Float64frombits(binary.LittleEndian.Uint64(a)), math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return bytes.Compare(a[:p.Size()], b[:p.Size()])
}

func int128At(b []byte) types.Int128 {
	return types.Int128{Lo: binary.LittleEndian.Uint64(b), Hi: int64(binary.LittleEndian.Uint64(b[8:]))}
}
