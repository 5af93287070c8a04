package parquet

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/parquet-go/parquet-go/format"
)

// dictionary is the dictionary page of a column chunk. It is loaded when a page of indexes is.
type dictionary struct {
	known   bool // the page's place is known
	loaded  bool
	header  pageHeader
	offset  int64
	count   int
	body    []byte        // the decompressed page
	text    []byte        // strings that are not in the page as they are
	entries []byte        // fixed widths: values in the layout of the vector, in a buffer of zeros behind them
	views   []vector.View // strings
	shared  *vector.Dict  // strings: what vectors refer to
	id      uint64
}

func (d *dictionary) reset(id uint64) {
	d.known, d.loaded, d.count, d.id = false, false, 0, id
}

func (d *dictionary) found(h *pageHeader, offset int64) {
	if !d.known {
		d.known, d.header, d.offset = true, *h, offset
	}
}

// loadDictionary decodes the dictionary of the chunk.
func (c *column) loadDictionary() error {
	d := &c.dictionary
	if d.loaded {
		return nil
	}
	if !d.known {
		return errors.New("dictionary indexes without a dictionary")
	}
	h := &d.header
	if h.encoding != format.Plain && h.encoding != plainDictionary {
		return fmt.Errorf("a dictionary in the encoding %v", h.encoding)
	}
	c.decompressor.pages++
	b, err := c.body(h, d.offset)
	if err != nil {
		return err
	}
	d.body = sized(d.body, int(h.uncompressed))
	if err := c.decompressor.decompress(c.codec, d.body, b); err != nil {
		return err
	}
	d.count = int(h.values)
	if err := c.decodeDictionary(); err != nil {
		return err
	}
	d.loaded = true
	return nil
}

func (c *column) decodeDictionary() error {
	d, v := &c.dictionary, c.conversion
	switch v.kind {
	case fixedValues, bytesDecimal:
		if v.kind == fixedValues {
			if err := checkFixed(d.body, d.count, v.width); err != nil {
				return err
			}
		} else if d.count > len(d.body)/4 {
			return errShort
		}
		// Room for every index of the width that the indexes most likely have.
		n := d.count * v.size
		room := max(1<<bits.Len(uint(max(d.count, 1)-1)), d.count) * v.size
		d.entries = sized(d.entries, room)
		clear(d.entries[n:])
		if v.kind == fixedValues {
			if !v.fixed(d.entries, d.body, d.count) {
				return errFit
			}
			return nil
		}
		return v.decimals(d.entries, d.body, d.count, plainStrings)
	case stringValues:
		if d.count > len(d.body)/4 {
			return errShort
		}
		d.views = growViews(d.views, d.count)
		if _, err := plainViews(d.views, d.body, 0, 0); err != nil {
			return err
		}
		d.share(c.typ, d.body)
		return nil
	case fixedStrings, uuidStrings:
		if err := checkFixed(d.body, d.count, v.width); err != nil {
			return err
		}
		d.views = growViews(d.views, d.count)
		var source []byte
		source, d.text = v.fixedViews(d.views, d.body, d.text)
		d.share(c.typ, source)
		return nil
	}
	return errors.New("a dictionary of such values")
}

// share makes the vector that codes refer to.
func (d *dictionary) share(t types.Type, source []byte) {
	v := vector.New(t, types.PhysicalString, 0)
	v.Len = d.count
	v.SetData(vector.Bytes(d.views))
	v.Buffers = [][]byte{source}
	d.shared = &vector.Dict{ID: d.id, Values: v}
}

// gatherEntries decodes the next len(out) indexes to values of the dictionary.
func gatherEntries[T any](d *dictionary, h *hybrid, out []T, scratch *[]int32) error {
	entries := vector.As[T](d.entries)
	if len(entries) >= 1<<h.width {
		return gather(h, out, entries)
	}
	// Indexes wider than the dictionary needs: a few writers fix the width; each index is checked.
	indexes := growIndexes(scratch, len(out))
	if err := h.indexes(indexes); err != nil {
		return err
	}
	if err := checkIndexes(indexes, d.count); err != nil {
		return err
	}
	for i, x := range indexes {
		out[i] = entries[x]
	}
	return nil
}

func growIndexes(scratch *[]int32, n int) []int32 {
	if cap(*scratch) < n {
		*scratch = make([]int32, n, max(n, vector.ChunkSize))
	}
	return (*scratch)[:n]
}
