package vector

import (
	"encoding/binary"
	"errors"

	"github.com/kilnql/kiln/types"
)

// errDamaged is returned for bytes that EncodeColumns cannot have written.
var errDamaged = errors.New("damaged rows")

// EncodeColumns appends the first n rows of flat columns to b in a form for spill files; DecodeColumns reads it. Rows a
// vector does not refer to (elements of lists that were dropped, dead strings) may be written too: append rows to a
// fresh vector first where that matters. b's length must be a multiple of 8.
func EncodeColumns(b []byte, columns []*Vector, n int) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(n))
	for _, c := range columns {
		b = encodeColumn(b, c, n)
	}
	return b
}

// DecodeColumns reads what EncodeColumns wrote for columns of the same layouts. The vectors refer to b, which must be
// aligned to 8 bytes and stay unchanged while they are in use.
func DecodeColumns(b []byte, layout []Layout) (columns []*Vector, n int, err error) {
	columns, n, _, err = DecodeColumnsPrefix(b, layout)
	return columns, n, err
}

// DecodeColumnsPrefix is DecodeColumns for bytes that go on; rest is what follows the columns.
func DecodeColumnsPrefix(b []byte, layout []Layout) (columns []*Vector, n int, rest []byte, err error) {
	if len(b) < 8 {
		return nil, 0, nil, errDamaged
	}
	n = int(binary.LittleEndian.Uint64(b))
	b = b[8:]
	for _, l := range layout {
		v := New(l.Type, l.Physical, 0)
		if b, err = decodeColumn(b, v, n); err != nil {
			return nil, 0, nil, err
		}
		columns = append(columns, v)
	}
	return columns, n, b, nil
}

// pad8 fills b up to a multiple of 8 bytes.
func pad8(b []byte) []byte {
	for len(b)&7 != 0 {
		b = append(b, 0)
	}
	return b
}

func encodeColumn(b []byte, v *Vector, n int) []byte {
	if v.Encoding != Flat {
		flat := New(v.Type, v.Physical, n)
		AppendRows(flat, v, nil, n)
		v = flat
	}
	if v.Valid == nil {
		b = binary.LittleEndian.AppendUint64(b, 0)
	} else {
		b = binary.LittleEndian.AppendUint64(b, 1)
		b = append(b, Bytes(v.Valid[:BitmapWords(n)])...)
	}
	switch v.Physical {
	case types.PhysicalString:
		return encodeStrings(b, v, n)
	case types.PhysicalStruct:
		for _, c := range v.Children {
			b = encodeColumn(b, c, n)
		}
		return b
	case types.PhysicalList:
		b = append(b, v.data[:n*8]...)
		b = binary.LittleEndian.AppendUint64(b, uint64(v.Children[0].Len))
		return encodeColumn(b, v.Children[0], v.Children[0].Len)
	}
	return pad8(append(b, v.data[:n*v.Physical.Size()]...))
}

// encodeStrings writes the views, long ones pointing into the one heap that follows them.
func encodeStrings(b []byte, v *Vector, n int) []byte {
	views := As[View](v.data)[:n]
	heap := 0
	for i := range views {
		w := views[i]
		switch {
		case v.Valid != nil && !v.Valid.Get(i):
			w = View{}
		case w.Length() > InlineLength:
			w.tail = uint64(uint32(heap)) << 32
			heap += w.Length()
		}
		b = binary.LittleEndian.AppendUint64(b, w.head)
		b = binary.LittleEndian.AppendUint64(b, w.tail)
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(heap))
	for i := range views {
		if views[i].Length() > InlineLength && (v.Valid == nil || v.Valid.Get(i)) {
			b = append(b, ViewBytes(&views[i], v.Buffers)...)
		}
	}
	return pad8(b)
}

// cut takes n bytes off b, and what pads them to 8.
func cut(b []byte, n int) (piece, rest []byte, err error) {
	padded := (n + 7) &^ 7
	if n < 0 || padded > len(b) {
		return nil, nil, errDamaged
	}
	return b[:n:n], b[padded:], nil
}

func cutWord(b []byte) (uint64, []byte, error) {
	if len(b) < 8 {
		return 0, nil, errDamaged
	}
	return binary.LittleEndian.Uint64(b), b[8:], nil
}

func decodeColumn(b []byte, v *Vector, n int) ([]byte, error) {
	v.Len = n
	nulls, b, err := cutWord(b)
	if err != nil {
		return nil, err
	}
	if nulls != 0 {
		var piece []byte
		if piece, b, err = cut(b, 8*BitmapWords(n)); err != nil {
			return nil, err
		}
		v.Valid = As[uint64](piece)
	}
	if v.Physical == types.PhysicalStruct {
		for _, c := range v.Children {
			if b, err = decodeColumn(b, c, n); err != nil {
				return nil, err
			}
		}
		return b, nil
	}
	if v.data, b, err = cut(b, n*v.Physical.Size()); err != nil {
		return nil, err
	}
	switch v.Physical {
	case types.PhysicalString:
		heap, rest, err := cutWord(b)
		if err != nil {
			return nil, err
		}
		piece, rest, err := cut(rest, int(heap))
		if err != nil {
			return nil, err
		}
		v.Buffers = [][]byte{piece}
		return rest, nil
	case types.PhysicalList:
		elements, rest, err := cutWord(b)
		if err != nil {
			return nil, err
		}
		return decodeColumn(rest, v.Children[0], int(elements))
	}
	return b, nil
}
