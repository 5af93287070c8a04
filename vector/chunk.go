package vector

// Selection lists the rows of a chunk that count, in increasing order; nil means all of them.
type Selection []uint16

// Rows is the number of rows that s selects of a chunk of n.
func (s Selection) Rows(n int) int {
	if s == nil {
		return n
	}
	return len(s)
}

// Chunk is a batch of rows: columns of equal length, of which Selection chooses some.
type Chunk struct {
	Columns   []*Vector
	Len       int
	Selection Selection // nil: all rows; empty but not nil: none
}

// Rows is the number of selected rows.
func (c *Chunk) Rows() int { return c.Selection.Rows(c.Len) }

// List is the value of an array or map row: Length elements of the child vector from Start on.
type List struct{ Start, Length int32 }
