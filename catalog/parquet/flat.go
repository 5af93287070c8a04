package parquet

import (
	"encoding/binary"
	"errors"

	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// loadFlat decodes the rows [start, start+n) of a column that is in no list into v.
func (c *column) loadFlat(start int64, n int, sel vector.Selection, v *vector.Vector) error {
	switch c.conversion.kind {
	case voidValues:
		v.SetConstantNull(n)
		return nil
	case stringValues, fixedStrings, uuidStrings:
		return c.loadStrings(start, n, sel, v)
	case booleanValues:
		return c.loadBooleans(start, n, sel, v)
	}
	switch c.conversion.physical {
	case types.PhysicalInt8:
		return loadFixed[int8](c, start, n, sel, v)
	case types.PhysicalInt16:
		return loadFixed[int16](c, start, n, sel, v)
	case types.PhysicalInt32:
		return loadFixed[int32](c, start, n, sel, v)
	case types.PhysicalInt64:
		return loadFixed[int64](c, start, n, sel, v)
	case types.PhysicalInt128:
		return loadFixed[types.Int128](c, start, n, sel, v)
	case types.PhysicalFloat32:
		return loadFixed[float32](c, start, n, sel, v)
	case types.PhysicalFloat64:
		return loadFixed[float64](c, start, n, sel, v)
	case types.PhysicalInterval:
		return loadFixed[types.Interval](c, start, n, sel, v)
	}
	return errors.New("a layout that no column has")
}

// truth is the dictionary of booleans.
var truth = []uint8{0, 1}

func (c *column) loadBooleans(start int64, n int, sel vector.Selection, v *vector.Vector) error {
	v.Reset(n)
	out := vector.Values[uint8](v)
	return c.segments(start, n, sel, func(s *segment) error {
		c.markNulls(s, v)
		part := out[s.at : s.at+s.rows]
		if err := gather(&c.cursor.hybrid, part[:s.count], truth); err != nil {
			return err
		}
		c.cursor.value += s.count
		if s.count < s.rows {
			spread(part, s.count, c.page.valid, s.row)
		}
		return nil
	})
}

func loadFixed[T any](c *column, start int64, n int, sel vector.Selection, v *vector.Vector) error {
	v.Reset(n)
	out := vector.Values[T](v)
	return c.segments(start, n, sel, func(s *segment) error {
		c.markNulls(s, v)
		if s.sparse() {
			return fetchFixed(c, s, out)
		}
		part := out[s.at : s.at+s.rows]
		if err := decodeFixed(c, part[:s.count]); err != nil {
			return err
		}
		if s.count < s.rows {
			spread(part, s.count, c.page.valid, s.row)
		}
		return nil
	})
}

// decodeFixed decodes the next values of the page, which are not null.
func decodeFixed[T any](c *column, out []T) error {
	p, v := &c.page, c.conversion
	switch p.kind {
	case valuesIndexed:
		if err := gatherEntries(&c.dictionary, &c.cursor.hybrid, out, &c.indexes); err != nil {
			return err
		}
	case valuesReady:
		copy(out, vector.As[T](p.data)[c.cursor.value:p.present])
	default:
		if !v.fixed(vector.Bytes(out), p.data[c.cursor.value*v.width:], len(out)) {
			return errFit
		}
	}
	c.cursor.value += len(out)
	return nil
}

// fetchFixed decodes only the selected rows of a segment.
func fetchFixed[T any](c *column, s *segment, out []T) error {
	rows, positions := c.placement(s)
	p, v := &c.page, c.conversion
	switch p.kind {
	case valuesIndexed:
		indexes := growIndexes(&c.indexes, len(rows))
		if err := c.cursor.hybrid.indexesAt(positions, s.count, indexes); err != nil {
			return err
		}
		if err := checkIndexes(indexes, c.dictionary.count); err != nil {
			return err
		}
		entries := vector.As[T](c.dictionary.entries)
		for i, r := range rows {
			out[r] = entries[indexes[i]]
		}
	case valuesReady:
		values := vector.As[T](p.data)[c.cursor.value:p.present]
		for i, r := range rows {
			out[r] = values[positions[i]]
		}
	default:
		ok := true
		bytes := vector.Bytes(out)
		for i, r := range rows {
			at := (c.cursor.value + int(positions[i])) * v.width
			ok = v.fixed(bytes[int(r)*v.size:], p.data[at:at+v.width], 1) && ok
		}
		if !ok {
			return errFit
		}
	}
	c.cursor.value += s.count
	return nil
}

// stringLoad is the state of loading a chunk of strings: codes as long as all pages so far hold indexes, else views.
type stringLoad struct {
	v     *vector.Vector
	n     int
	codes []int32
	views []vector.View
	base  int // buffer number of the dictionary's bytes in v, -1 if not there yet
}

func (c *column) loadStrings(start int64, n int, sel vector.Selection, v *vector.Vector) error {
	l := &stringLoad{v: v, n: n, base: -1}
	v.Reset(n)
	err := c.segments(start, n, sel, func(s *segment) error {
		valid := v.Valid
		if c.page.kind == valuesIndexed && l.views == nil {
			if l.codes == nil {
				l.codes = v.SetDictionary(c.dictionary.shared, n)
				v.Valid = valid
				clear(l.codes)
			}
			c.markNulls(s, v)
			return c.loadCodes(s, l.codes)
		}
		if l.views == nil {
			c.toViews(l)
		}
		c.markNulls(s, v)
		return c.loadViews(s, l)
	})
	if err == nil && l.codes == nil && l.views == nil {
		clear(vector.Values[vector.View](v))
	}
	return err
}

// toViews turns the vector to flat, moving the codes it may have.
func (c *column) toViews(l *stringLoad) {
	v := l.v
	var codes []int32
	if l.codes != nil {
		codes = growIndexes(&c.indexes, l.n)
		copy(codes, l.codes)
		l.codes = nil
	}
	valid := v.Valid
	v.Reset(l.n)
	v.Valid = valid
	l.views = vector.Values[vector.View](v)
	clear(l.views)
	if codes != nil {
		base := c.shareDictionary(l)
		for i, x := range codes {
			l.views[i] = c.dictionary.views[x].Moved(base)
		}
	}
}

func (c *column) shareDictionary(l *stringLoad) int {
	if l.base < 0 {
		l.base = l.v.ShareBuffers(c.dictionary.shared.Values)
	}
	return l.base
}

// loadCodes decodes the indexes of a segment.
func (c *column) loadCodes(s *segment, codes []int32) error {
	if s.sparse() {
		rows, positions := c.placement(s)
		indexes := growIndexes(&c.indexes, len(rows))
		if err := c.cursor.hybrid.indexesAt(positions, s.count, indexes); err != nil {
			return err
		}
		if err := checkIndexes(indexes, c.dictionary.count); err != nil {
			return err
		}
		for i, r := range rows {
			codes[r] = indexes[i]
		}
		c.cursor.value += s.count
		return nil
	}
	part := codes[s.at : s.at+s.rows]
	if err := c.cursor.hybrid.indexes(part[:s.count]); err != nil {
		return err
	}
	if err := checkIndexes(part[:s.count], c.dictionary.count); err != nil {
		return err
	}
	c.cursor.value += s.count
	if s.count < s.rows {
		spread(part, s.count, c.page.valid, s.row)
	}
	return nil
}

// loadViews makes the views of a segment.
func (c *column) loadViews(s *segment, l *stringLoad) error {
	part := l.views[s.at : s.at+s.rows]
	if c.page.kind == valuesBytes && s.sparse() {
		return c.fetchStrings(s, l)
	}
	if err := c.decodeViews(part[:s.count], l); err != nil {
		return err
	}
	if s.count < s.rows {
		spread(part, s.count, c.page.valid, s.row)
	}
	return nil
}

// decodeViews makes views of the next values of the page, which are not null.
func (c *column) decodeViews(out []vector.View, l *stringLoad) error {
	p := &c.page
	switch p.kind {
	case valuesIndexed:
		base := c.shareDictionary(l)
		indexes := growIndexes(&c.indexes, len(out))
		if err := c.cursor.hybrid.indexes(indexes); err != nil {
			return err
		}
		if err := checkIndexes(indexes, c.dictionary.count); err != nil {
			return err
		}
		for i, x := range indexes {
			out[i] = c.dictionary.views[x].Moved(base)
		}
	case valuesBytes:
		buffer := c.lend(l, p.data)
		at, err := plainViews(out, p.data, c.cursor.offset, buffer)
		if err != nil {
			return err
		}
		c.cursor.offset = at
	case valuesViews:
		base := c.lend(l, p.source)
		for i, w := range p.views[c.cursor.value : c.cursor.value+len(out)] {
			out[i] = w.Moved(base)
		}
	default:
		return errors.New("values that are no strings")
	}
	c.cursor.value += len(out)
	return nil
}

// lend lets the vector refer to bytes of the page and returns their buffer number.
func (c *column) lend(l *stringLoad, bytes []byte) int {
	c.lent = true
	l.v.Buffers = append(l.v.Buffers, bytes)
	return len(l.v.Buffers) - 1
}

// fetchStrings steps through a segment's strings and makes views of the selected ones.
func (c *column) fetchStrings(s *segment, l *stringLoad) error {
	rows, positions := c.placement(s)
	data, at, passed := c.page.data, c.cursor.offset, 0
	buffer := c.lend(l, data)
	var err error
	for i, r := range rows {
		if at, err = skipStrings(data, at, int(positions[i])-passed); err != nil {
			return err
		}
		if at, err = plainViews(l.views[r:r+1], data, at, buffer); err != nil {
			return err
		}
		passed = int(positions[i]) + 1
	}
	if at, err = skipStrings(data, at, s.count-passed); err != nil {
		return err
	}
	c.cursor.offset = at
	c.cursor.value += s.count
	return nil
}

// skipStrings steps over n PLAIN byte arrays.
func skipStrings(data []byte, at, n int) (int, error) {
	for range n {
		if len(data)-at < 4 {
			return at, errShort
		}
		length := int(binary.LittleEndian.Uint32(data[at:]))
		if length > len(data)-at-4 {
			return at, errors.New("a string reaches past the end of its page")
		}
		at += 4 + length
	}
	return at, nil
}
