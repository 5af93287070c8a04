package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/bits"

	"github.com/kilnql/kiln/vector"
	"github.com/parquet-go/parquet-go/encoding/bitpacked"
	"github.com/parquet-go/parquet-go/format"
)

// pageValues is how the values of a loaded page are held.
type pageValues uint8

const (
	valuesFixed   pageValues = iota // data: fixed width, to be converted
	valuesReady                     // data: already in the layout of the vector
	valuesIndexed                   // indexes into the dictionary (or into false, true)
	valuesBytes                     // data: PLAIN byte arrays, each after its length
	valuesViews                     // views into text
)

// memory is what a page's values may refer to; it outlives the page while a vector refers to it.
type memory struct {
	body []byte // the decompressed page
	text []byte // strings that are not in the page as they are
}

// page is the data page that a column stands in. Its header is read; the rest only if loaded.
type page struct {
	number int   // ordinal in the chunk
	first  int64 // flat columns: row of the first value
	values int   // with nulls
	header pageHeader
	offset int64 // of the body
	loaded bool

	memory
	kind    pageValues
	data    []byte // part of memory.body, or of own
	own     []byte // values decoded from rare encodings
	views   []vector.View
	source  []byte // what long views point into
	start   hybrid // where the indexes begin
	present int    // values that are not null
	valid   vector.Bitmap
	nulls   bool

	// Levels of nested columns, one a value.
	definitions []uint8
	repetitions []uint8
}

// Limits of what one page may claim to hold; real pages are far below.
const maximumPageValues = 1 << 26

// nextPage reads the header of the next data page.
func (c *column) nextPage() error {
	p := &c.page
	p.first += int64(p.values)
	p.loaded = false
	p.values = 0
	for {
		if c.remaining <= 0 {
			return errShort
		}
		length, err := c.window.header(c.next, &p.header)
		if err != nil {
			return err
		}
		h := &p.header
		p.offset = c.next + int64(length)
		if int64(h.compressed) > c.window.end-p.offset {
			return errors.New("a page reaches past the end of its column chunk")
		}
		if err := c.checkSizes(h); err != nil {
			return err
		}
		c.next = p.offset + int64(h.compressed)
		switch h.kind {
		case format.DictionaryPage:
			c.dictionary.found(h, p.offset)
		case format.DataPage, format.DataPageV2:
			if int64(h.values) > c.remaining || h.values > maximumPageValues {
				return fmt.Errorf("a page claims %d values, its column chunk has %d left", h.values, c.remaining)
			}
			p.values = int(h.values)
			p.number++
			c.remaining -= int64(h.values)
			return nil
		}
	}
}

func (c *column) checkSizes(h *pageHeader) error {
	if h.uncompressed > maximumPage || int(h.uncompressed) > int(h.compressed)*expansion(c.codec)+1024 {
		return fmt.Errorf("a page claims to grow from %d to %d bytes", h.compressed, h.uncompressed)
	}
	if h.kind == format.DataPageV2 && int64(h.definitionBytes)+int64(h.repetitionBytes) > int64(min(h.compressed, h.uncompressed)) {
		return errors.New("a page is smaller than its levels")
	}
	return nil
}

// body reads the compressed bytes of a page and checks them.
func (c *column) body(h *pageHeader, offset int64) ([]byte, error) {
	b, err := c.window.bytes(offset, int(h.compressed))
	if err != nil {
		return nil, err
	}
	if h.hasCRC && crc32.ChecksumIEEE(b) != h.crc {
		return nil, errors.New("a page does not match its checksum")
	}
	return b, nil
}

// loadPage decompresses the page and decodes its levels.
func (c *column) loadPage() error {
	p := &c.page
	if p.loaded {
		return nil
	}
	c.lendMemory()
	c.decompressor.pages++
	b, err := c.body(&p.header, p.offset)
	if err != nil {
		return err
	}
	var values []byte
	if p.header.kind == format.DataPage {
		values, err = c.loadV1(b)
	} else {
		values, err = c.loadV2(b)
	}
	if err != nil {
		return err
	}
	if err := c.prepareValues(values); err != nil {
		return err
	}
	p.loaded = true
	c.cursor = cursor{page: p.number, hybrid: p.start}
	c.mark = c.cursor
	return nil
}

func (c *column) loadV1(b []byte) (values []byte, err error) {
	p, h, leaf := &c.page, &c.page.header, c.leaf
	p.body = sized(p.body, int(h.uncompressed))
	if err := c.decompressor.decompress(c.codec, p.body, b); err != nil {
		return nil, err
	}
	rest := p.body
	if leaf.repetition > 0 {
		var levels hybrid
		if levels, rest, err = levelsV1(rest, h.repetition, leaf.repetition, p.values); err != nil {
			return nil, err
		}
		if p.repetitions, err = decodeLevels(levels, p.repetitions, p.values, leaf.repetition); err != nil {
			return nil, err
		}
	}
	if leaf.definition == 0 {
		return rest, c.noDefinitions()
	}
	if h.levelEncoding == format.BitPacked {
		return c.oldDefinitions(rest)
	}
	levels, rest, err := levelsV1(rest, h.levelEncoding, leaf.definition, p.values)
	if err != nil {
		return nil, err
	}
	return rest, c.loadDefinitions(levels)
}

// levelsV1 cuts the levels of a version 1 page from its front.
func levelsV1(b []byte, encoding format.Encoding, highest uint8, n int) (levels hybrid, rest []byte, err error) {
	width := uint(bits.Len8(highest))
	switch encoding {
	case format.RLE:
		if len(b) < 4 {
			return levels, nil, errShort
		}
		length := binary.LittleEndian.Uint32(b)
		if uint64(length) > uint64(len(b)-4) {
			return levels, nil, errors.New("levels reach past the end of their page")
		}
		return newHybrid(b[4:4+length], width), b[4+length:], nil
	case format.BitPacked:
		// The deprecated encoding packs from the highest bit; it is unpacked and packed again, being rare.
		length := (n*int(width) + 7) / 8
		if length > len(b) {
			return levels, nil, errors.New("levels reach past the end of their page")
		}
		unpacked, err := (&bitpacked.Encoding{BitWidth: int(width)}).DecodeLevels(nil, b[:length])
		if err != nil || len(unpacked) < n {
			return levels, nil, errShort
		}
		again := newBuffer(len(unpacked))
		copy(again, unpacked)
		return packedRun(again, 8, n), b[length:], nil
	}
	return levels, nil, fmt.Errorf("levels in the encoding %v", encoding)
}

// oldDefinitions reads definition levels of the deprecated encoding.
func (c *column) oldDefinitions(b []byte) ([]byte, error) {
	levels, rest, err := levelsV1(b, format.BitPacked, c.leaf.definition, c.page.values)
	if err != nil {
		return nil, err
	}
	return rest, c.loadDefinitions(levels)
}

func (c *column) loadV2(b []byte) (values []byte, err error) {
	p, h, leaf := &c.page, &c.page.header, c.leaf
	levelBytes := int(h.repetitionBytes) + int(h.definitionBytes)
	// Levels are kept in front of the values, in memory of the page with slack behind it.
	p.body = sized(p.body, int(h.uncompressed))
	copy(p.body[:levelBytes], b)
	packed := b[levelBytes:]
	codec := c.codec
	if !h.valuesCompressed {
		codec = format.Uncompressed
	}
	values = p.body[levelBytes:]
	if len(values) > 0 || len(packed) > 0 {
		if err := c.decompressor.decompress(codec, values, packed); err != nil {
			return nil, err
		}
	}
	if leaf.repetition > 0 {
		levels := newHybrid(p.body[:h.repetitionBytes], uint(bits.Len8(leaf.repetition)))
		if p.repetitions, err = decodeLevels(levels, p.repetitions, p.values, leaf.repetition); err != nil {
			return nil, err
		}
	}
	if leaf.definition == 0 {
		return values, c.noDefinitions()
	}
	return values, c.loadDefinitions(newHybrid(p.body[h.repetitionBytes:levelBytes], uint(bits.Len8(leaf.definition))))
}

func (c *column) noDefinitions() error {
	p := &c.page
	p.nulls, p.present = false, p.values
	if c.nested {
		p.definitions = growLevels(p.definitions, p.values)
		clear(p.definitions)
	}
	return nil
}

// loadDefinitions decodes definition levels: to one byte each for nested columns, else to a validity bitmap.
func (c *column) loadDefinitions(levels hybrid) (err error) {
	p := &c.page
	if c.nested {
		if p.definitions, err = decodeLevels(levels, p.definitions, p.values, c.leaf.definition); err != nil {
			return err
		}
		p.present = 0
		for _, d := range p.definitions {
			if d == c.leaf.definition {
				p.present++
			}
		}
		return nil
	}
	words := vector.BitmapWords(p.values)
	if cap(p.valid) < words+1 {
		p.valid = make(vector.Bitmap, words+words/4+1)
	}
	p.valid = p.valid[:words+1]
	clear(p.valid)
	if err := levelsToBitmap(levels, p.valid, p.values, c.leaf.definition); err != nil {
		return err
	}
	p.present = p.valid.Count(p.values)
	p.nulls = p.present != p.values
	return nil
}

func growLevels(old []uint8, n int) []uint8 {
	if cap(old) < n {
		return make([]uint8, n, n+n/4)
	}
	return old[:n]
}

// decodeLevels decodes n levels of at most highest to one byte each.
func decodeLevels(h hybrid, out []uint8, n int, highest uint8) ([]uint8, error) {
	out = growLevels(out, n)
	var scratch [512]int32
	for at := 0; at < n; {
		k := min(n-at, len(scratch))
		if err := h.indexes(scratch[:k]); err != nil {
			return out, err
		}
		for i, x := range scratch[:k] {
			if x > int32(highest) {
				return out, errors.New("a level above the highest of its column")
			}
			out[at+i] = uint8(x)
		}
		at += k
	}
	return out, nil
}

// levelsToBitmap sets the bit of each of n levels that is the highest. The bitmap is clear and has a spare word.
func levelsToBitmap(h hybrid, valid vector.Bitmap, n int, highest uint8) error {
	if h.width == 1 {
		return bitsToBitmap(h, valid, n)
	}
	var scratch [512]int32
	for at := 0; at < n; {
		k := min(n-at, len(scratch))
		if err := h.indexes(scratch[:k]); err != nil {
			return err
		}
		for i, x := range scratch[:k] {
			if x == int32(highest) {
				valid.Set(at + i)
			} else if x > int32(highest) {
				return errors.New("a level above the highest of its column")
			}
		}
		at += k
	}
	return nil
}

// bitsToBitmap is levelsToBitmap for levels of one bit, which are the bitmap.
func bitsToBitmap(h hybrid, valid vector.Bitmap, n int) error {
	for at := 0; at < n; {
		if !h.next() {
			return errShort
		}
		k := min(n-at, h.left)
		if h.packed {
			copyBits(valid, at, h.source, h.bit, k)
			h.bit += k
		} else if h.value != 0 {
			setBits(valid, at, k)
		}
		h.left -= k
		at += k
	}
	return nil
}

// setBits sets n bits from a position on.
func setBits(b vector.Bitmap, at, n int) {
	for n > 0 {
		word, bit := at>>6, uint(at&63)
		k := min(n, 64-int(bit))
		b[word] |= (^uint64(0) >> (64 - uint(k))) << bit
		at += k
		n -= k
	}
}

// copyBits sets the bits of b, clear so far, from n bits of source, which has slack behind it.
func copyBits(b vector.Bitmap, at int, source []byte, bit, n int) {
	whole := source[:cap(source)]
	for n > 0 {
		word, offset := at>>6, uint(at&63)
		k := min(n, 64-int(offset), 56)
		w := binary.LittleEndian.Uint64(whole[bit>>3:]) >> uint(bit&7)
		b[word] |= w & (^uint64(0) >> (64 - uint(k))) << offset
		at += k
		bit += k
		n -= k
	}
}
