package vector

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/kilnql/kiln/types"
)

// EncodeStore appends rows [start, start+n) of a store to b, in the form that DecodeStore reads: for each column the
// validity, the values, and the bytes of long strings. It is for spill files of this process: no version, no checks.
func EncodeStore(b []byte, s *Store, start, n int) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(n))
	for _, c := range s.Columns {
		b = storeColumn(b, c, start, n)
	}
	return b
}

func storeColumn(b []byte, v *Vector, start, n int) []byte {
	if v.Valid == nil {
		b = append(b, 0)
	} else {
		b = append(b, 1)
		bits := NewBitmap(n)
		for i := range n {
			bits.Put(i, v.Valid.Get(start+i))
		}
		b = append(b, Bytes(bits)...)
	}
	switch v.Physical {
	case types.PhysicalString:
		return storeStrings(b, v, start, n)
	case types.PhysicalList:
		return storeLists(b, v, start, n)
	case types.PhysicalStruct:
		for _, c := range v.Children {
			b = storeColumn(b, c, start, n)
		}
		return b
	}
	size := v.Physical.Size()
	return append(b, v.data[start*size:(start+n)*size]...)
}

func storeStrings(b []byte, v *Vector, start, n int) []byte {
	views := As[View](v.data)[start : start+n]
	lengths := len(b)
	b = slices.Grow(b, 4*n)[:len(b)+4*n]
	for i := range views {
		text := []byte(nil)
		if v.Valid == nil || v.Valid.Get(start+i) {
			text = ViewBytes(&views[i], v.Buffers)
		}
		binary.LittleEndian.PutUint32(b[lengths+4*i:], uint32(len(text)))
		b = append(b, text...)
	}
	return b
}

func storeLists(b []byte, v *Vector, start, n int) []byte {
	lists := As[List](v.data)[start : start+n]
	for i, l := range lists {
		if v.Valid != nil && !v.Valid.Get(start+i) {
			l.Length = 0
		}
		b = binary.LittleEndian.AppendUint32(b, uint32(l.Length))
	}
	for i, l := range lists {
		if v.Valid == nil || v.Valid.Get(start+i) {
			b = storeColumn(b, v.Children[0], int(l.Start), int(l.Length))
		}
	}
	return b
}

// DecodeStore appends the rows that EncodeStore wrote to a store of the same layout, and returns what follows them in b.
func DecodeStore(b []byte, s *Store) ([]byte, error) {
	d := decoder{b: b}
	n := int(d.uint32())
	for _, c := range s.Columns {
		d.vector(c, n)
	}
	if d.failed {
		return nil, fmt.Errorf("spilled rows are cut short")
	}
	s.Len += n
	return d.b, nil
}

type decoder struct {
	b      []byte
	failed bool
}

// take returns the next n bytes, or zeros if there are not so many.
func (d *decoder) take(n int) []byte {
	if n < 0 || n > len(d.b) {
		d.failed = true
		return make([]byte, max(0, min(n, 1<<20)))
	}
	part := d.b[:n]
	d.b = d.b[n:]
	return part
}

func (d *decoder) uint32() uint32 { return binary.LittleEndian.Uint32(d.take(4)) }

func (d *decoder) vector(v *Vector, n int) {
	old := v.Len
	v.extend(old + n)
	if flag := d.take(1); flag[0] == 1 {
		bits := make(Bitmap, BitmapWords(n))
		copy(Bytes(bits), d.take(8*len(bits)))
		v.appendBits(bits, old, n)
	} else {
		v.appendBits(nil, old, n)
	}
	if d.failed {
		return
	}
	switch v.Physical {
	case types.PhysicalString:
		lengths := d.take(4 * n)
		for i := 0; i < n && !d.failed; i++ {
			text := d.take(int(binary.LittleEndian.Uint32(lengths[4*i:])))
			v.SetString(old+i, text)
		}
	case types.PhysicalList:
		d.lists(v, old, n)
	case types.PhysicalStruct:
		for _, c := range v.Children {
			d.vector(c, n)
		}
	default:
		size := v.Physical.Size()
		copy(v.data[old*size:], d.take(n*size))
	}
}

func (d *decoder) lists(v *Vector, old, n int) {
	lists := As[List](v.data)
	child := v.Children[0]
	lengths := d.take(4 * n)
	for i := 0; i < n && !d.failed; i++ {
		length := int(binary.LittleEndian.Uint32(lengths[4*i:]))
		lists[old+i] = List{int32(child.Len), int32(length)}
		if v.Valid == nil || v.Valid.Get(old+i) {
			d.vector(child, length)
		}
	}
}

// appendBits extends the validity of v, whose length is old+n already, by n rows; nil means that all are valid.
func (v *Vector) appendBits(bits Bitmap, old, n int) {
	if v.Valid == nil && bits == nil {
		return
	}
	words := BitmapWords(old + n)
	if v.Valid == nil {
		v.valid = slices.Grow(v.valid[:0], words)[:words]
		v.Valid = v.valid
		v.Valid.SetAll(old + n)
	}
	for len(v.valid) < words {
		v.valid = append(v.valid, ^uint64(0))
	}
	v.Valid = v.valid
	for i := range n {
		v.Valid.Put(old+i, bits == nil || bits.Get(i))
	}
}
