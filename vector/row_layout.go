package vector

import (
	"github.com/kilnql/kiln/types"
)

// RowLayout is how a RowStore lays out a row: one bit a column that is set if the value is null, then the values at their
// alignment, strings as views into the store's heap, nested values as views of their bytes (see AppendValue), then Extra
// bytes for the owner. Rows hold no Go pointers.
type RowLayout struct {
	Columns []Layout
	// Size is the length of a row in bytes, a multiple of 8; Extra is where the owner's bytes begin.
	Size, Extra int
	offsets     []int
}

// NewRowLayout lays out rows of columns with extra bytes for the owner.
func NewRowLayout(columns []Layout, extra int) *RowLayout {
	l := &RowLayout{Columns: columns, offsets: make([]int, len(columns))}
	at := (len(columns) + 7) / 8
	for i, c := range columns {
		size := rowSlot(c.Physical)
		align := max(1, min(size, 8))
		at = (at + align - 1) &^ (align - 1)
		l.offsets[i] = at
		at += size
	}
	l.Extra = (at + 7) &^ 7
	l.Size = (l.Extra + extra + 7) &^ 7
	return l
}

// rowSlot is the size of a value in a row.
func rowSlot(p types.Physical) int {
	switch p {
	case types.PhysicalList, types.PhysicalStruct:
		return 16 // the view of its bytes
	}
	return p.Size()
}

// isNested reports whether rows hold values of layout p as bytes in the heap.
func isNested(p types.Physical) bool { return p == types.PhysicalList || p == types.PhysicalStruct }
