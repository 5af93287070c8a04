package vector

import (
	"slices"

	"github.com/kilnql/kiln/types"
)

// Layout is the type of a column and how its values are laid out.
type Layout struct {
	Type     types.Type
	Physical types.Physical
}

// Store keeps rows, a flat vector for each column: the build side of a join, the rows of a sort. Rows are numbered
// from 0 in the order they came. It owns everything it holds.
type Store struct {
	Columns []*Vector
	Len     int
}

// NewStore returns an empty store.
func NewStore(layout []Layout) *Store {
	s := &Store{Columns: make([]*Vector, len(layout))}
	for i, l := range layout {
		s.Columns[i] = New(l.Type, l.Physical, 0)
	}
	return s
}

// Append copies the selected rows of the columns, which may have any encoding but must have the store's layouts.
func (s *Store) Append(columns []*Vector, sel Selection, n int) {
	for i, c := range columns {
		AppendRows(s.Columns[i], c, sel, n)
	}
	s.Len += sel.Rows(n)
}

// Bytes is the memory the store takes.
func (s *Store) Bytes() int64 {
	n := int64(0)
	for _, c := range s.Columns {
		n += c.Bytes()
	}
	return n
}

// Bytes is the memory that a flat vector owns: values, validity, strings and children.
func (v *Vector) Bytes() int64 {
	n := int64(len(v.data)) + 8*int64(len(v.valid))
	if !v.aliased {
		for _, b := range v.Buffers {
			n += int64(cap(b))
		}
	}
	for _, c := range v.Children {
		n += c.Bytes()
	}
	return n
}

// AppendRows copies rows of src (those of sel, or the first n), in any encoding, to the end of the flat vector dst, which has
// the same layout and owns what it holds.
func AppendRows(dst, src *Vector, sel Selection, n int) {
	rows := sel.Rows(n)
	if rows == 0 {
		return
	}
	old := dst.Len
	dst.extend(old + rows)
	appendValidity(dst, src, sel, old, rows)
	switch dst.Physical {
	case types.PhysicalBool, types.PhysicalInt8:
		appendFixed[uint8](dst, src, sel, old, rows)
	case types.PhysicalInt16:
		appendFixed[uint16](dst, src, sel, old, rows)
	case types.PhysicalInt32, types.PhysicalFloat32:
		appendFixed[uint32](dst, src, sel, old, rows)
	case types.PhysicalInt64, types.PhysicalFloat64:
		appendFixed[uint64](dst, src, sel, old, rows)
	case types.PhysicalInt128, types.PhysicalInterval:
		appendFixed[types.Int128](dst, src, sel, old, rows)
	case types.PhysicalString:
		appendStrings(dst, src, sel, old, rows)
	case types.PhysicalStruct:
		appendStructs(dst, src, sel, rows)
	case types.PhysicalList:
		appendLists(dst, src, sel, old, rows)
	}
}

// extend sets the length of a flat vector, keeping what is there.
func (v *Vector) extend(n int) {
	v.Reserve(n)
	v.Len = n
}

// sourceRow maps the j-th chosen row to its slot: its row by sel, slot 0 of a constant, the code of a dictionary.
func sourceRow(src *Vector, sel Selection, j int) int {
	i := j
	if sel != nil {
		i = int(sel[j])
	}
	switch src.Encoding {
	case Constant:
		return 0
	case Dictionary:
		return int(src.Codes()[i])
	}
	return i
}

// values is the vector whose slots sourceRow counts in.
func (v *Vector) values() *Vector {
	if v.Encoding == Dictionary {
		return v.Dict.Values
	}
	return v
}

func appendValidity(dst, src *Vector, sel Selection, old, rows int) {
	if dst.Valid == nil && !src.MayHaveNulls() {
		return
	}
	dst.appendBits(nil, old, rows)
	if dst.Valid == nil {
		dst.valid = slices.Grow(dst.valid[:0], BitmapWords(old+rows))[:BitmapWords(old+rows)]
		dst.Valid = dst.valid
		dst.Valid.SetAll(old + rows)
	}
	if !src.MayHaveNulls() {
		return
	}
	for j := range rows {
		i := j
		if sel != nil {
			i = int(sel[j])
		}
		dst.Valid.Put(old+j, !src.IsNull(i))
	}
}

func appendFixed[T any](dst, src *Vector, sel Selection, old, rows int) {
	to := As[T](dst.data)[old : old+rows]
	switch {
	case src.Encoding == Flat && sel == nil:
		copy(to, As[T](src.data)[:rows])
	case src.Encoding == Flat:
		from := As[T](src.data)
		for j, i := range sel {
			to[j] = from[i]
		}
	default:
		from := As[T](src.values().data)
		for j := range to {
			if k := sourceRow(src, sel, j); k < len(from) {
				to[j] = from[k]
			}
		}
	}
}

func appendStrings(dst, src *Vector, sel Selection, old, rows int) {
	to := As[View](dst.data)[old : old+rows]
	values := src.values()
	from := As[View](values.data)
	nulls := src.MayHaveNulls()
	for j := range to {
		if nulls && !dst.Valid.Get(old+j) {
			to[j] = View{}
			continue
		}
		w := &from[sourceRow(src, sel, j)]
		if w.Length() <= InlineLength {
			to[j] = *w
			continue
		}
		b := ViewBytes(w, values.Buffers)
		buffer, offset := dst.appendHeap(b)
		to[j] = MakeView(b, buffer, offset)
	}
}

func appendStructs(dst, src *Vector, sel Selection, rows int) {
	values := src.values()
	if src.Encoding == Flat {
		for c := range dst.Children {
			AppendRows(dst.Children[c], values.Children[c], sel, rows)
		}
		return
	}
	one := make(Selection, 1)
	for j := range rows {
		one[0] = uint16(sourceRow(src, sel, j))
		for c := range dst.Children {
			AppendRows(dst.Children[c], values.Children[c], one, 0)
		}
	}
}

func appendLists(dst, src *Vector, sel Selection, old, rows int) {
	to := As[List](dst.data)
	values := src.values()
	from := As[List](values.data)
	nulls := src.MayHaveNulls()
	child := dst.Children[0]
	for j := range rows {
		start := int32(child.Len)
		if nulls && !dst.Valid.Get(old+j) {
			to[old+j] = List{start, 0}
			continue
		}
		l := from[sourceRow(src, sel, j)]
		appendSlice(child, values.Children[0], int(l.Start), int(l.Length))
		to[old+j] = List{start, l.Length}
	}
}

// appendSlice copies rows [start, start+n) of src, which may lie beyond what a Selection can name.
func appendSlice(dst, src *Vector, start, n int) {
	if n == 0 {
		return
	}
	if src.Encoding == Constant {
		v := *src
		v.Len = n
		AppendRows(dst, &v, nil, n)
		return
	}
	AppendRows(dst, src.Slice(start, n), nil, n)
}

// Slice is a read-only window of rows [start, start+n) of a flat or dictionary vector; it shares v's storage.
func (v *Vector) Slice(start, n int) *Vector {
	w := *v
	w.Len, w.valid, w.heap, w.aliased, w.borrowed = n, nil, -1, true, true
	size := v.Physical.Size()
	if v.Encoding == Dictionary {
		size = 4
	}
	if size > 0 {
		w.data = v.data[start*size : (start+n)*size : (start+n)*size]
	}
	if v.Valid != nil {
		w.Valid = NewBitmap(n)
		for i := range n {
			w.Valid.Put(i, v.Valid.Get(start+i))
		}
	}
	if v.Physical == types.PhysicalStruct {
		w.Children = make([]*Vector, len(v.Children))
		for i, c := range v.Children {
			w.Children[i] = c.Slice(start, n)
		}
	}
	return &w
}

// Gather writes rows[i] of the flat vector src into row i of out, for each i of sel (or 0 … n-1); a negative row gives
// null. out is reset and shares src's strings and lists.
func Gather(src *Vector, rows []int32, sel Selection, n int, out *Vector) {
	out.Reset(n)
	switch src.Physical {
	case types.PhysicalBool, types.PhysicalInt8:
		gatherFixed[uint8](src, rows, sel, n, out)
	case types.PhysicalInt16:
		gatherFixed[uint16](src, rows, sel, n, out)
	case types.PhysicalInt32, types.PhysicalFloat32:
		gatherFixed[uint32](src, rows, sel, n, out)
	case types.PhysicalInt64, types.PhysicalFloat64:
		gatherFixed[uint64](src, rows, sel, n, out)
	case types.PhysicalInt128, types.PhysicalInterval:
		gatherFixed[types.Int128](src, rows, sel, n, out)
	case types.PhysicalString:
		out.AliasBuffers(src)
		gatherFixed[View](src, rows, sel, n, out)
	case types.PhysicalList:
		out.ShareElements(src)
		gatherFixed[List](src, rows, sel, n, out)
	case types.PhysicalStruct:
		for i, c := range src.Children {
			Gather(c, rows, sel, n, out.Children[i])
		}
	}
	gatherValidity(src, rows, sel, n, out)
}

func gatherFixed[T any](src *Vector, rows []int32, sel Selection, n int, out *Vector) {
	from, to := As[T](src.data), As[T](out.data)
	var zero T
	if sel == nil {
		to, rows = to[:n], rows[:n]
		for i, r := range rows {
			if r >= 0 {
				to[i] = from[r]
			} else {
				to[i] = zero
			}
		}
		return
	}
	for _, i := range sel {
		if r := rows[i]; r >= 0 {
			to[i] = from[r]
		} else {
			to[i] = zero
		}
	}
}

func gatherValidity(src *Vector, rows []int32, sel Selection, n int, out *Vector) {
	each := func(i int) {
		if r := rows[i]; r < 0 || src.Valid != nil && !src.Valid.Get(int(r)) {
			out.SetNull(i)
		}
	}
	if sel == nil {
		for i := range n {
			each(i)
		}
		return
	}
	for _, i := range sel {
		each(int(i))
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
