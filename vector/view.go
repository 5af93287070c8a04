package vector

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unsafe"
)

// View is Arrow's 16-byte string view: length and first four bytes in the first word; the next eight bytes (up to
// InlineLength in all) or buffer index and offset in the second. Bytes past the length of a short string are zero,
// so short strings are equal exactly when their views are.
type View struct {
	head uint64 // length in the low 32 bits, first four bytes above
	tail uint64 // inline bytes 4…11, or buffer index (low 32 bits) and offset (high 32 bits)
}

// InlineLength is the length up to which a view holds its whole string.
const InlineLength = 12

// Length is the number of bytes.
func (w View) Length() int { return int(uint32(w.head)) }

// Prefix is the first four bytes, zero-padded, first byte lowest.
func (w View) Prefix() uint32 { return uint32(w.head >> 32) }

// Words are the two words of the view; a short string is equal to another exactly when both words are.
func (w View) Words() (head, tail uint64) { return w.head, w.tail }

// Buffer is the buffer index of a long view.
func (w View) Buffer() int { return int(uint32(w.tail)) }

// Offset is the offset in its buffer of a long view.
func (w View) Offset() int { return int(w.tail >> 32) }

// Inline makes the view of a short string (at most InlineLength bytes).
func Inline(b []byte) View {
	var raw [16]byte
	binary.LittleEndian.PutUint32(raw[:], uint32(len(b)))
	copy(raw[4:], b)
	return View{binary.LittleEndian.Uint64(raw[:]), binary.LittleEndian.Uint64(raw[8:])}
}

// MakeView makes the view of b, which stands at offset of buffer; a short string is stored inline.
func MakeView(b []byte, buffer, offset int) View {
	if len(b) <= InlineLength {
		return Inline(b)
	}
	head := uint64(uint32(len(b))) | uint64(binary.LittleEndian.Uint32(b))<<32
	return View{head, uint64(uint32(buffer)) | uint64(uint32(offset))<<32}
}

// ViewBytes returns the bytes of the view at w; they alias *w or one of buffers and must not be modified.
func ViewBytes(w *View, buffers [][]byte) []byte {
	n := w.Length()
	if n <= InlineLength {
		return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(w), 4)), n)
	}
	at := w.Offset()
	return buffers[w.Buffer()][at : at+n : at+n]
}

// StringAt returns the bytes of row i of a string vector of any encoding; the row must not be null. The bytes die
// with the vector.
func (v *Vector) StringAt(i int) []byte {
	switch v.Encoding {
	case Constant:
		i = 0
	case Dictionary:
		return v.Dict.Values.StringAt(int(v.Codes()[i]))
	}
	return ViewBytes(&As[View](v.data)[i], v.Buffers)
}

// SetString copies b into row i of a flat string vector.
func (v *Vector) SetString(i int, b []byte) {
	if len(b) <= InlineLength {
		As[View](v.data)[i] = Inline(b)
		return
	}
	buffer, offset := v.appendHeap(b)
	As[View](v.data)[i] = MakeView(b, buffer, offset)
}

// AdoptString makes b, longer than InlineLength, row i of a flat string vector without a copy: b belongs to v from now on.
func (v *Vector) AdoptString(i int, b []byte) {
	if v.aliased {
		v.Buffers, v.aliased, v.heap = slices.Clone(v.Buffers), false, -1
	}
	v.Buffers = append(v.Buffers, b)
	As[View](v.data)[i] = MakeView(b, len(v.Buffers)-1, 0)
}

// String buffers start small and double; past heapBlock a full one is left alone and another is begun, so that large
// stores never copy what they hold.
const (
	firstHeapBlock = 256
	heapBlock      = 1 << 20
)

// appendHeap copies b to the end of v's own string buffers and returns where it stands.
func (v *Vector) appendHeap(b []byte) (buffer, offset int) {
	if v.heap < 0 || len(v.Buffers[v.heap])+len(b) > cap(v.Buffers[v.heap]) {
		v.growHeap(len(b))
	}
	h := v.Buffers[v.heap]
	v.Buffers[v.heap] = append(h, b...)
	return v.heap, len(h)
}

func (v *Vector) growHeap(need int) {
	if v.aliased {
		v.Buffers, v.aliased, v.heap = slices.Clone(v.Buffers), false, -1
	}
	if v.heap >= 0 {
		old := v.Buffers[v.heap]
		if size := max(2*cap(old), len(old)+need); size <= heapBlock {
			v.Buffers[v.heap] = append(make([]byte, 0, size), old...)
			return
		}
		need = max(need, heapBlock)
	}
	v.Buffers = append(v.Buffers, make([]byte, 0, max(need, firstHeapBlock)))
	v.heap = len(v.Buffers) - 1
}

// ShareBuffers lets views of src appear in v: it appends src's buffers to v's and returns the number to add to the
// buffer index of each long view (see View.Moved).
func (v *Vector) ShareBuffers(src *Vector) (base int) {
	if src.Encoding == Dictionary {
		src = src.Dict.Values
	}
	if v.aliased {
		v.Buffers, v.aliased = slices.Clone(v.Buffers), false
	}
	base = len(v.Buffers)
	v.Buffers = append(v.Buffers, src.Buffers...)
	return base
}

// AliasBuffers makes v, which has no buffers of its own yet, use src's list of buffers as it is, so that src's views
// are valid in v.
func (v *Vector) AliasBuffers(src *Vector) {
	v.Buffers, v.aliased, v.heap = src.Buffers[:len(src.Buffers):len(src.Buffers)], true, -1
}

// Moved is w with base added to its buffer index; short views are unchanged.
func (w View) Moved(base int) View {
	if w.Length() > InlineLength {
		w.tail += uint64(uint32(base))
	}
	return w
}

// EqualViews reports whether two strings are equal.
func EqualViews(a *View, aBuffers [][]byte, b *View, bBuffers [][]byte) bool {
	if a.head != b.head {
		return false
	}
	if a.Length() <= InlineLength {
		return a.tail == b.tail
	}
	return bytes.Equal(ViewBytes(a, aBuffers), ViewBytes(b, bBuffers))
}

// CompareViews orders two strings by their bytes.
func CompareViews(a *View, aBuffers [][]byte, b *View, bBuffers [][]byte) int {
	return bytes.Compare(ViewBytes(a, aBuffers), ViewBytes(b, bBuffers))
}
