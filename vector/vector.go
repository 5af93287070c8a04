// Package vector holds the data a query works on: typed columns of up to a few thousand rows with their validity,
// selections of rows, chunks of columns, string views, dictionaries, and the generic kernels over them.
//
// Ownership: a vector that a source or an operator hands out dies at the next call of the same kind; whoever keeps
// rows copies them (Append, Copy), long strings included. Vectors hold no Go pointers in their value buffers.
package vector

import (
	"unsafe"

	"github.com/kilnql/kiln/types"
)

// ChunkSize is the number of rows a stage works on at a time.
const ChunkSize = 2048

// Encoding says how the rows of a vector are stored.
type Encoding uint8

const (
	// Flat stores one value a row.
	Flat Encoding = iota
	// Constant stores one value, in slot 0, for all rows.
	Constant
	// Dictionary stores an int32 code a row, into Dictionary.Values.
	Dictionary
)

// Vector is one column of rows. The zero Vector is empty; New makes one with room for rows.
type Vector struct {
	Type     types.Type
	Physical types.Physical
	Encoding Encoding
	Len      int    // number of rows
	Valid    Bitmap // nil: no nulls; else bit i (bit 0 of a constant) is set where row i is not null
	// Buffers are what views longer than 12 bytes point into.
	Buffers [][]byte
	// Dict is the dictionary of a Dictionary vector.
	Dict *Dict
	// Children: fields of a struct (same Len, same selection); the one child of a list, which is a struct
	// vector of key and value for a map.
	Children []*Vector

	data  []byte // values, or int32 codes
	valid Bitmap // storage for Valid, kept between uses
	heap  int    // index into Buffers of the buffer that SetString appends to, or -1
	// aliased says that Buffers is another vector's list and must not be appended to in place.
	aliased bool
	// borrowed says the same of the Children of a list: Reset must not empty them.
	borrowed bool
}

// Dict is the set of values that the codes of a dictionary vector stand for. Two vectors with the same ID have the
// same codes, so work done for a dictionary may be kept by ID. Values is flat; it may hold nulls and duplicates.
type Dict struct {
	ID     uint64
	Values *Vector
}

// New returns a flat vector of type t in layout p with room for capacity rows and Len 0.
func New(t types.Type, p types.Physical, capacity int) *Vector {
	v := &Vector{Type: t, Physical: p, heap: -1}
	switch t.Kind {
	case types.Array, types.Map:
		v.Children = newElements(t)
	case types.Struct:
		for _, f := range t.Fields() {
			v.Children = append(v.Children, New(f.Type, f.Type.Physical(), capacity))
		}
	}
	v.Reserve(capacity)
	return v
}

// newElements is the child of an empty vector of arrays or maps.
func newElements(t types.Type) []*Vector {
	e := listElement(t)
	return []*Vector{New(e, e.Physical(), 0)}
}

// NewFlat is New with the widest layout of t.
func NewFlat(t types.Type, capacity int) *Vector { return New(t, t.Physical(), capacity) }

// Reserve makes room for capacity rows in a flat vector, keeping what is there.
func (v *Vector) Reserve(capacity int) {
	if need := capacity * v.Physical.Size(); need > len(v.data) {
		v.data = grow(v.data, need)
	}
	if v.Physical == types.PhysicalStruct {
		for _, c := range v.Children {
			c.Reserve(capacity)
		}
	}
}

// grow returns a buffer of at least need bytes, 8-byte aligned, that starts with old's bytes.
func grow(old []byte, need int) []byte {
	words := make([]uint64, (max(need, 2*len(old))+7)/8)
	b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), len(words)*8)
	copy(b, old)
	return b
}

// Reset makes v a flat vector of n rows without nulls, with room for them; values are unspecified.
// Buffers and children of earlier contents are dropped or reused.
func (v *Vector) Reset(n int) {
	v.Encoding, v.Len, v.Valid, v.Dict = Flat, n, nil, nil
	if v.aliased {
		v.Buffers, v.aliased, v.heap = nil, false, -1
	}
	switch {
	case v.heap < 0 && len(v.Buffers) > 1:
		v.Buffers = nil // do not keep alive what may be long
	case v.heap < 0:
		v.Buffers = v.Buffers[:0]
	case len(v.Buffers) > 1:
		v.Buffers, v.heap = [][]byte{v.Buffers[v.heap][:0]}, 0
	default:
		v.Buffers[0] = v.Buffers[0][:0]
	}
	v.Reserve(n)
	switch v.Physical {
	case types.PhysicalStruct:
		for _, c := range v.Children {
			c.Reset(n)
		}
	case types.PhysicalList:
		if v.borrowed {
			v.Children, v.borrowed = newElements(v.Type), false
			return
		}
		for _, c := range v.Children {
			c.Reset(0)
		}
	}
}

// ShareElements lets the lists of v, which was Reset, refer to the elements of src, until v is Reset again.
func (v *Vector) ShareElements(src *Vector) {
	v.Children, v.borrowed = src.Children, true
}

// Values are the values of a flat vector (Len of them) or of a constant (one). T must be the Go form of v.Physical:
// uint8 for PhysicalBool, int8…int64, types.Int128, float32, float64, View, types.Interval, List.
func Values[T any](v *Vector) []T {
	n := v.Len
	if v.Encoding == Constant {
		n = 1
	}
	return As[T](v.data)[:n]
}

// As views bytes as values of T; b must be aligned for T.
func As[T any](b []byte) []T {
	var zero T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(zero)))
}

// Bytes views values as the bytes they are stored in.
func Bytes[T any](s []T) []byte {
	var zero T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(zero)))
}

// Codes are the codes of a Dictionary vector, one a row.
func (v *Vector) Codes() []int32 { return As[int32](v.data)[:v.Len] }

// SetData makes data the value storage of v (or the codes, for a dictionary), without copying; it must be 8-byte
// aligned and outlive v's use.
func (v *Vector) SetData(data []byte) { v.data = data }

// Data is the value storage.
func (v *Vector) Data() []byte { return v.data }

// SetDictionary makes v a dictionary vector of n rows over d; the codes are to be written into the returned slice.
func (v *Vector) SetDictionary(d *Dict, n int) []int32 {
	v.Encoding, v.Len, v.Valid, v.Dict = Dictionary, n, nil, d
	if len(v.data) < 4*n {
		v.data = grow(v.data, 4*n)
	}
	return v.Codes()
}

// SetConstantNull makes v n rows of NULL.
func (v *Vector) SetConstantNull(n int) {
	v.Reset(1)
	v.Encoding, v.Len = Constant, n
	v.Valid = v.writable(1)
	v.Valid[0] = 0
}

// SetConstant makes v, whose slot 0 has been written as row 0 of a one-row flat vector, stand for n rows.
func (v *Vector) SetConstant(n int) { v.Encoding, v.Len = Constant, n }

// IsNull reports whether row i is null.
func (v *Vector) IsNull(i int) bool {
	if v.Physical == types.PhysicalVoid {
		return true
	}
	switch v.Encoding {
	case Constant:
		i = 0
	case Dictionary:
		if v.Valid != nil && !v.Valid.Get(i) {
			return true
		}
		return v.Dict.Values.IsNull(int(v.Codes()[i]))
	}
	return v.Valid != nil && !v.Valid.Get(i)
}

// MayHaveNulls reports whether any row could be null; false is certain.
func (v *Vector) MayHaveNulls() bool {
	return v.Valid != nil || v.Physical == types.PhysicalVoid || v.Encoding == Dictionary && v.Dict.Values.MayHaveNulls()
}

// NewValid gives v a writable validity bitmap for Len rows (one for a constant), all valid, and returns it.
func (v *Vector) NewValid() Bitmap {
	n := v.Len
	if v.Encoding == Constant {
		n = 1
	}
	v.Valid = v.writable(n)
	v.Valid.SetAll(n)
	return v.Valid
}

// ClearedValid is NewValid with every row null.
func (v *Vector) ClearedValid() Bitmap {
	v.NewValid()
	clear(v.Valid)
	return v.Valid
}

func (v *Vector) writable(n int) Bitmap {
	words := BitmapWords(n)
	if cap(v.valid) < words {
		v.valid = make(Bitmap, words)
	}
	v.valid = v.valid[:words]
	return v.valid
}

// SetNull makes row i of a flat vector null.
func (v *Vector) SetNull(i int) {
	if v.Valid == nil {
		v.NewValid()
	}
	v.Valid.Clear(i)
}

// At maps row i to the slot that holds its value: 0 in a constant.
func (v *Vector) At(i int) int {
	if v.Encoding == Constant {
		return 0
	}
	return i
}

// Get returns the value of row i of any encoding; T as in Values. The row must not be null. For occasional use.
func Get[T any](v *Vector, i int) T {
	switch v.Encoding {
	case Constant:
		return As[T](v.data)[0]
	case Dictionary:
		return Get[T](v.Dict.Values, int(v.Codes()[i]))
	}
	return As[T](v.data)[i]
}

// Set writes the value of row i of a flat vector.
func Set[T any](v *Vector, i int, value T) { As[T](v.data)[i] = value }
