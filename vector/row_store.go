package vector

import (
	"unsafe"

	"github.com/kilnql/kiln/types"
)

// RowStore holds rows in one layout, numbered from 0 in the order they came, in pages that are never moved: wide keys,
// what a sort carries along. It owns everything it holds. One goroutine writes; once writing is over any number reads.
type RowStore struct {
	layout  *RowLayout
	pages   [][]byte
	shift   uint // rows of a page, as a power of two
	count   int
	heap    [][]byte
	heapLen int64
	scratch []byte
}

// rowPageBytes is about the size of a page. String pages double from firstHeapPage to heapPage.
const (
	rowPageBytes  = 32 << 10
	firstHeapPage = 8 << 10
	heapPage      = 256 << 10
)

// NewRowStore makes an empty store.
func NewRowStore(l *RowLayout) *RowStore {
	s := &RowStore{layout: l}
	for (2<<s.shift)*max(l.Size, 8) <= rowPageBytes {
		s.shift++
	}
	return s
}

// Layout is the layout of the rows.
func (s *RowStore) Layout() *RowLayout { return s.layout }

// Len is the number of rows.
func (s *RowStore) Len() int { return s.count }

// Bytes is the memory that the store takes.
func (s *RowStore) Bytes() int64 {
	return int64(len(s.pages))*int64(s.layout.Size)<<s.shift + s.heapLen
}

// Row returns the bytes of a row.
func (s *RowStore) Row(r int) []byte {
	at := (r & (1<<s.shift - 1)) * s.layout.Size
	return s.pages[r>>s.shift][at : at+s.layout.Size : at+s.layout.Size]
}

// pointer is the address of a row.
func (s *RowStore) pointer(r uint32) unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(unsafe.SliceData(s.pages[r>>s.shift])), uintptr(r&(1<<s.shift-1))*uintptr(s.layout.Size))
}

// Append copies the rows of sel (nil: all n) of the columns, in any encoding, and returns the number of the first.
func (s *RowStore) Append(columns []*Vector, sel Selection, n int) (first int) {
	first = s.count
	rows := sel.Rows(n)
	s.count += rows
	for len(s.pages)<<s.shift < s.count {
		s.pages = append(s.pages, grow(nil, s.layout.Size<<s.shift))
	}
	for c := range columns {
		s.appendColumn(c, columns[c], sel, n, first)
	}
	return first
}

func (s *RowStore) appendColumn(c int, v *Vector, sel Selection, n, first int) {
	if v.MayHaveNulls() {
		s.appendNulls(c, v, sel, n, first)
	}
	switch p := s.layout.Columns[c].Physical; p {
	case types.PhysicalVoid:
	case types.PhysicalBool, types.PhysicalInt8:
		scatter[uint8](s, c, v, sel, n, first)
	case types.PhysicalInt16:
		scatter[uint16](s, c, v, sel, n, first)
	case types.PhysicalInt32, types.PhysicalFloat32:
		scatter[uint32](s, c, v, sel, n, first)
	case types.PhysicalInt64, types.PhysicalFloat64:
		scatter[uint64](s, c, v, sel, n, first)
	case types.PhysicalInt128, types.PhysicalInterval:
		scatter[[2]uint64](s, c, v, sel, n, first)
	default:
		s.scatterBytes(c, v, sel, n, first, isNested(p))
	}
}

// each calls f with the row of the chunk and the place of the store's row.
func (s *RowStore) each(sel Selection, n, first int, f func(i int, row unsafe.Pointer)) {
	if sel == nil {
		for i := range n {
			f(i, s.pointer(uint32(first+i)))
		}
		return
	}
	for j, i := range sel {
		f(int(i), s.pointer(uint32(first+j)))
	}
}

func (s *RowStore) appendNulls(c int, v *Vector, sel Selection, n, first int) {
	at, bit := c/8, byte(1)<<(c&7)
	s.each(sel, n, first, func(i int, row unsafe.Pointer) {
		if v.IsNull(i) {
			*(*byte)(unsafe.Add(row, at)) |= bit
		}
	})
}

func scatter[T any](s *RowStore, c int, v *Vector, sel Selection, n, first int) {
	at := s.layout.offsets[c]
	switch v.Encoding {
	case Flat:
		values := As[T](v.data)
		s.each(sel, n, first, func(i int, row unsafe.Pointer) { *(*T)(unsafe.Add(row, at)) = values[i] })
	case Constant:
		var value T
		if !v.IsNull(0) {
			value = As[T](v.data)[0]
		}
		s.each(sel, n, first, func(_ int, row unsafe.Pointer) { *(*T)(unsafe.Add(row, at)) = value })
	default:
		values, codes := As[T](v.Dict.Values.data), v.Codes()
		s.each(sel, n, first, func(i int, row unsafe.Pointer) {
			if v.Valid == nil || v.Valid.Get(i) {
				*(*T)(unsafe.Add(row, at)) = values[codes[i]]
			}
		})
	}
}

// scatterBytes stores strings, or nested values as bytes.
func (s *RowStore) scatterBytes(c int, v *Vector, sel Selection, n, first int, nested bool) {
	at := s.layout.offsets[c]
	nulls := v.MayHaveNulls()
	s.each(sel, n, first, func(i int, row unsafe.Pointer) {
		if nulls && v.IsNull(i) {
			*(*View)(unsafe.Add(row, at)) = View{}
			return
		}
		var b []byte
		if nested {
			s.scratch = AppendValue(s.scratch[:0], v, i)
			b = s.scratch
		} else {
			b = v.StringAt(i)
		}
		*(*View)(unsafe.Add(row, at)) = s.keep(b)
	})
}

// keep copies bytes into the heap and returns their view.
func (s *RowStore) keep(b []byte) View {
	if len(b) <= InlineLength {
		return Inline(b)
	}
	last := len(s.heap) - 1
	if last < 0 || len(s.heap[last])+len(b) > cap(s.heap[last]) {
		size := max(min(firstHeapPage<<min(len(s.heap), 10), heapPage), len(b))
		s.heap = append(s.heap, make([]byte, 0, size))
		s.heapLen += int64(size)
		last++
	}
	offset := len(s.heap[last])
	s.heap[last] = append(s.heap[last], b...)
	return MakeView(b, last, offset)
}

// IsNull reports whether column c of a row is null.
func (s *RowStore) IsNull(c int, r uint32) bool {
	return *(*byte)(unsafe.Add(s.pointer(r), c/8))&(1<<(c&7)) != 0
}

// Gather writes column c of the rows into out, which becomes flat with len(rows) rows. Strings of out refer to the
// store's heap.
func (s *RowStore) Gather(c int, rows []uint32, out *Vector) {
	p := s.layout.Columns[c].Physical
	if isNested(p) {
		s.gatherNested(c, rows, out)
		return
	}
	out.Reset(len(rows))
	switch p {
	case types.PhysicalVoid:
		return
	case types.PhysicalBool, types.PhysicalInt8:
		gatherRows[uint8](s, c, rows, out)
	case types.PhysicalInt16:
		gatherRows[uint16](s, c, rows, out)
	case types.PhysicalInt32, types.PhysicalFloat32:
		gatherRows[uint32](s, c, rows, out)
	case types.PhysicalInt64, types.PhysicalFloat64:
		gatherRows[uint64](s, c, rows, out)
	case types.PhysicalInt128, types.PhysicalInterval:
		gatherRows[[2]uint64](s, c, rows, out)
	case types.PhysicalString:
		out.AliasBuffers(&Vector{Buffers: s.heap})
		gatherRows[View](s, c, rows, out)
	}
	for i, r := range rows {
		if s.IsNull(c, r) {
			out.SetNull(i)
		}
	}
}

func gatherRows[T any](s *RowStore, c int, rows []uint32, out *Vector) {
	at := s.layout.offsets[c]
	values := As[T](out.data)[:len(rows)]
	for i, r := range rows {
		values[i] = *(*T)(unsafe.Add(s.pointer(r), at))
	}
}

func (s *RowStore) gatherNested(c int, rows []uint32, out *Vector) {
	out.Reset(0)
	null := []byte{0}
	for _, r := range rows {
		b := null
		if !s.IsNull(c, r) {
			b = ViewBytes((*View)(unsafe.Add(s.pointer(r), s.layout.offsets[c])), s.heap)
		}
		ReadValue(b, out)
	}
}

// Match keeps those chunk rows i of candidates whose column c, in any encoding, equals that of store row rows[i]; null
// equals null, NaN equals NaN, -0.0 equals 0.0. Rows that differ are appended to misses. It returns the rows kept, in the memory
// of candidates.
func (s *RowStore) Match(c int, v *Vector, candidates []uint16, rows []uint32, misses []uint16) (kept, missed []uint16) {
	m := matcher{s: s, c: c, at: s.layout.offsets[c], v: v, nulls: v.MayHaveNulls(), rows: rows}
	switch s.layout.Columns[c].Physical {
	case types.PhysicalBool, types.PhysicalInt8:
		return match(m, candidates, misses, func(a, b uint8) bool { return a == b })
	case types.PhysicalInt16:
		return match(m, candidates, misses, func(a, b uint16) bool { return a == b })
	case types.PhysicalInt32:
		return match(m, candidates, misses, func(a, b uint32) bool { return a == b })
	case types.PhysicalInt64:
		return match(m, candidates, misses, func(a, b uint64) bool { return a == b })
	case types.PhysicalFloat32:
		return match(m, candidates, misses, func(a, b float32) bool { return a == b || a != a && b != b })
	case types.PhysicalFloat64:
		return match(m, candidates, misses, func(a, b float64) bool { return a == b || a != a && b != b })
	case types.PhysicalInt128, types.PhysicalInterval:
		return match(m, candidates, misses, func(a, b [2]uint64) bool { return a == b })
	case types.PhysicalVoid:
		return candidates, misses
	}
	return m.matchBytes(candidates, misses, isNested(s.layout.Columns[c].Physical))
}

// matcher compares one column of chunk rows with store rows.
type matcher struct {
	s     *RowStore
	c, at int
	v     *Vector
	nulls bool
	rows  []uint32
}

// sameNull decides the comparison where a null is involved: decided is false if neither value is null.
func (m *matcher) sameNull(i int, r uint32) (equal, decided bool) {
	a, b := m.nulls && m.v.IsNull(i), m.s.IsNull(m.c, r)
	return a && b, a || b
}

func match[T any](m matcher, candidates, misses []uint16, equal func(a, b T) bool) (kept, missed []uint16) {
	values, codes, constant := valuesOf[T](m.v)
	kept = candidates[:0]
	for _, i := range candidates {
		r := m.rows[i]
		same, decided := m.sameNull(int(i), r)
		if !decided {
			k := int(i)
			if constant {
				k = 0
			} else if codes != nil {
				k = int(codes[i])
			}
			same = equal(values[k], *(*T)(unsafe.Add(m.s.pointer(r), m.at)))
		}
		if same {
			kept = append(kept, i)
		} else {
			misses = append(misses, i)
		}
	}
	return kept, misses
}

// valuesOf gives a vector's values with how rows map to them.
func valuesOf[T any](v *Vector) (values []T, codes []int32, constant bool) {
	switch v.Encoding {
	case Dictionary:
		return As[T](v.Dict.Values.data), v.Codes(), false
	case Constant:
		return As[T](v.data), nil, true
	}
	return As[T](v.data), nil, false
}

func (m *matcher) matchBytes(candidates, misses []uint16, nested bool) (kept, missed []uint16) {
	kept = candidates[:0]
	for _, i := range candidates {
		r := m.rows[i]
		same, decided := m.sameNull(int(i), r)
		if !decided {
			w := (*View)(unsafe.Add(m.s.pointer(r), m.at))
			var b []byte
			if nested {
				m.s.scratch = AppendValue(m.s.scratch[:0], m.v, int(i))
				b = m.s.scratch
			} else {
				b = m.v.StringAt(int(i))
			}
			same = w.Length() == len(b) && string(ViewBytes(w, m.s.heap)) == string(b)
		}
		if same {
			kept = append(kept, i)
		} else {
			misses = append(misses, i)
		}
	}
	return kept, misses
}

// Compare orders two rows by the first n columns, ascending, nulls first, NaN last.
func (s *RowStore) Compare(n int, a, b uint32) int {
	pa, pb := s.pointer(a), s.pointer(b)
	for c := range n {
		nullA, nullB := s.IsNull(c, a), s.IsNull(c, b)
		switch {
		case nullA && nullB:
			continue
		case nullA:
			return -1
		case nullB:
			return 1
		}
		at, l := s.layout.offsets[c], s.layout.Columns[c]
		order := 0
		switch {
		case l.Physical == types.PhysicalVoid:
		case l.Physical == types.PhysicalString:
			order = CompareViews((*View)(unsafe.Add(pa, at)), s.heap, (*View)(unsafe.Add(pb, at)), s.heap)
		case isNested(l.Physical):
			order, _, _ = CompareValues(l.Type, l.Physical, ViewBytes((*View)(unsafe.Add(pa, at)), s.heap), ViewBytes((*View)(unsafe.Add(pb, at)), s.heap))
		default:
			size := l.Physical.Size()
			order = compareFixed(l.Physical, unsafe.Slice((*byte)(unsafe.Add(pa, at)), size), unsafe.Slice((*byte)(unsafe.Add(pb, at)), size))
		}
		if order != 0 {
			return order
		}
	}
	return 0
}
