package parquet

import (
	"math/bits"

	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/parquet-go/parquet-go/format"
)

// column reads the pages of one leaf in one row group after the other. Rows are counted from the row group's start.
type column struct {
	leaf         *node
	typ          types.Type // what the values are read as
	conversion   *conversion
	nested       bool
	decompressor *decompressor

	window    window
	codec     format.CompressionCodec
	begin     int64 // of the chunk
	values    int64 // of the chunk
	next      int64 // where the next page is
	remaining int64 // values in pages not yet met

	dictionary dictionary
	page       page
	cursor     cursor
	mark       cursor // where the last load began

	chunk int64    // first row of the chunk that memory was lent to
	lent  bool     // vectors of the current chunk refer to page.memory
	held  []memory // earlier pages of the current chunk, referred to
	free  []memory

	indexes   []int32
	positions []int32
	rows      []uint16
	lengths   []int32
	prefixes  []int32
	levels    levels // nested columns
}

// cursor is a place in a page: row and value are counted from the page's start.
type cursor struct {
	page   int
	row    int
	value  int
	offset int    // PLAIN byte arrays: where the value begins
	hybrid hybrid // indexes
}

// reset starts a row group.
func (c *column) reset(f *footer, rowGroup int, leaf *node, file fileReader) {
	m := &f.metadata.RowGroups[rowGroup].Columns[leaf.firstLeaf].MetaData
	c.leaf = leaf
	start, end := chunkRange(m)
	c.codec, c.begin, c.values = m.Codec, start, m.NumValues
	c.window.reset(file, end)
	c.window.read = file.read
	c.dictionary.reset(f.dictionaryID(rowGroup, leaf.firstLeaf))
	c.chunk = -1
	c.restart()
}

// restart goes back to the chunk's first page.
func (c *column) restart() {
	c.next, c.remaining = c.begin, c.values
	c.lendMemory()
	c.page.first, c.page.values, c.page.number, c.page.loaded = 0, 0, 0, false
	c.cursor, c.mark = cursor{}, cursor{}
	c.levels.restart()
}

// bytes is the size of the column's larger buffers.
func (c *column) bytes() int64 {
	p, d := &c.page, &c.dictionary
	n := cap(c.window.block) + cap(p.body) + cap(p.text) + cap(p.own) + 16*cap(p.views) + 8*cap(p.valid) + cap(p.definitions) + cap(p.repetitions) +
		cap(d.body) + cap(d.text) + cap(d.entries) + 16*cap(d.views) + 4*(cap(c.lengths)+cap(c.prefixes))
	for _, m := range c.held {
		n += cap(m.body) + cap(m.text)
	}
	for _, m := range c.free {
		n += cap(m.body) + cap(m.text)
	}
	return int64(n)
}

// enter notes that a load for the chunk of rows from start begins; memory lent to an earlier chunk is free again.
func (c *column) enter(start int64) {
	if c.chunk != start {
		c.chunk = start
		c.lent = false
		c.free = append(c.free, c.held...)
		c.held = c.held[:0]
	}
}

// lendMemory gives the page new memory if vectors of the current chunk refer to what it has.
func (c *column) lendMemory() {
	if !c.lent {
		return
	}
	c.held = append(c.held, c.page.memory)
	c.page.memory = memory{}
	if n := len(c.free); n > 0 {
		c.page.memory = c.free[n-1]
		c.free = c.free[:n-1]
	}
	c.lent = false
}

// seek makes the page that holds a row the current one, without loading it.
func (c *column) seek(row int64) error {
	if row < c.page.first {
		c.restart()
	}
	for row >= c.page.first+int64(c.page.values) {
		if err := c.nextPage(); err != nil {
			return err
		}
	}
	return nil
}

// advance moves the cursor to a row of the loaded page.
func (c *column) advance(row int) error {
	if row < c.cursor.row {
		if c.mark.page == c.page.number && c.mark.row <= row {
			c.cursor = c.mark
		} else {
			c.cursor = cursor{page: c.page.number, hybrid: c.page.start}
		}
	}
	values := row - c.cursor.row
	if c.page.nulls {
		values = countRange(c.page.valid, c.cursor.row, row)
	}
	if err := c.skipValues(values); err != nil {
		return err
	}
	c.cursor.row = row
	return nil
}

// skipValues moves over values that are not null.
func (c *column) skipValues(n int) error {
	if n == 0 {
		return nil
	}
	switch c.page.kind {
	case valuesIndexed:
		if err := c.cursor.hybrid.skip(n); err != nil {
			return err
		}
	case valuesBytes:
		at, err := skipStrings(c.page.data, c.cursor.offset, n)
		if err != nil {
			return err
		}
		c.cursor.offset = at
	}
	c.cursor.value += n
	return nil
}

// countRange is the number of set bits in [from, to).
func countRange(b vector.Bitmap, from, to int) int {
	n := 0
	for from < to {
		bit := uint(from & 63)
		k := min(to-from, 64-int(bit))
		n += bits.OnesCount64(b[from>>6] >> bit & (^uint64(0) >> (64 - uint(k))))
		from += k
	}
	return n
}

// segment is a part of a chunk that lies in one page.
type segment struct {
	at, rows int              // in the chunk
	row      int              // in the page
	sel      vector.Selection // rows of the chunk wanted of it; nil: all
	count    int              // values that are not null, once the page is loaded
}

// segments calls read for each part of the chunk [start, start+n) that lies in one page and has selected rows; pages
// without any are passed over unread.
func (c *column) segments(start int64, n int, sel vector.Selection, read func(*segment) error) error {
	c.enter(start)
	marked := false
	for at := 0; at < n; {
		if sel != nil {
			if len(sel) == 0 {
				return nil
			}
			at = max(at, int(sel[0])) // nothing is wanted before
		}
		if err := c.seek(start + int64(at)); err != nil {
			return err
		}
		row := int(start + int64(at) - c.page.first)
		s := segment{at: at, rows: min(n-at, c.page.values-row), row: row}
		if sel != nil {
			k := 0
			for k < len(sel) && int(sel[k]) < s.at+s.rows {
				k++
			}
			s.sel, sel = sel[:k], sel[k:]
			s.rows = int(s.sel[k-1]) - s.at + 1
		}
		if err := c.loadPage(); err != nil {
			return err
		}
		if err := c.advance(row); err != nil {
			return err
		}
		if !marked {
			c.mark, marked = c.cursor, true
		}
		s.count = s.rows
		if c.page.nulls {
			s.count = countRange(c.page.valid, row, row+s.rows)
		}
		if err := read(&s); err != nil {
			return err
		}
		c.cursor.row += s.rows
		at += s.rows
	}
	return nil
}

// sparse decides whether so few rows of a segment are selected that fetching them one by one is faster than
// decoding all: a fetched value costs about four decoded ones.
func (s *segment) sparse() bool { return s.sel != nil && len(s.sel)*4 < s.rows }

// placement computes, for the selected rows of a segment that are not null, the row in the chunk and the position among
// the values of the segment.
func (c *column) placement(s *segment) (rows []uint16, positions []int32) {
	rows, positions = c.rows[:0], c.positions[:0]
	if !c.page.nulls {
		for _, r := range s.sel {
			rows = append(rows, r)
			positions = append(positions, int32(int(r)-s.at))
		}
	} else {
		shift := s.row - s.at // from rows of the chunk to rows of the page
		from, rank := s.row, 0
		for _, r := range s.sel {
			row := int(r) + shift
			rank += countRange(c.page.valid, from, row)
			from = row
			if c.page.valid.Get(row) {
				rows = append(rows, r)
				positions = append(positions, int32(rank))
			}
		}
	}
	c.rows, c.positions = rows, positions
	return rows, positions
}

// markNulls copies the validity of a segment to the vector.
func (c *column) markNulls(s *segment, v *vector.Vector) {
	if s.count == s.rows {
		return
	}
	if v.Valid == nil {
		v.NewValid()
	}
	clearRange(v.Valid, s.at, s.at+s.rows)
	source := vector.Bytes(c.page.valid)
	copyBits(v.Valid, s.at, source, s.row, s.rows)
}

func clearRange(b vector.Bitmap, from, to int) {
	for from < to {
		bit := uint(from & 63)
		k := min(to-from, 64-int(bit))
		b[from>>6] &^= (^uint64(0) >> (64 - uint(k))) << bit
		from += k
	}
}

// spread moves count dense values at the front of out to the slots of a segment's rows that are not null, from the back
// to the front. Slots of nulls get some value that was there, or zero.
func spread[T any](out []T, count int, valid vector.Bitmap, row int) {
	if count < len(out) {
		var zero T
		out[count] = zero
	}
	at := count
	for end := len(out); at < end; {
		last := row + end - 1
		first := max(last&^63, row) // rows of one word of the bitmap
		n := last - first + 1
		all := ^uint64(0) >> (64 - uint(n))
		word := valid[last>>6] >> uint(first&63) & all
		begin := end - n
		switch word {
		case all:
			copy(out[begin:end], out[at-n:at])
			at -= n
		case 0:
			clear(out[begin:end])
		default:
			part := out[begin:end]
			for k := n - 1; k >= 0; k-- {
				at -= int(word >> uint(k) & 1)
				part[k] = out[at]
			}
		}
		end = begin
	}
}
