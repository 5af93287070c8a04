package parquet

import (
	"errors"

	"github.com/parquet-go/parquet-go/format"
)

// The compact protocol's types, as far as they are needed to step over a value.
const (
	thriftStop   = 0
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftInt16  = 4
	thriftInt32  = 5
	thriftInt64  = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// thriftDepth bounds nesting, so that a damaged file cannot exhaust the stack.
const thriftDepth = 16

var errThrift = errors.New("damaged thrift structure")

// compact reads Thrift's compact protocol from bytes. Page headers are read with it directly, without reflection or
// allocation, and footers are checked with it before they are given to the generic decoder, which trusts list sizes.
type compact struct {
	b   []byte
	at  int
	bad bool
}

func (c *compact) fail() { c.bad = true; c.at = len(c.b) }

func (c *compact) byte() byte {
	if c.at >= len(c.b) {
		c.fail()
		return 0
	}
	v := c.b[c.at]
	c.at++
	return v
}

func (c *compact) uvarint() uint64 {
	v, shift := uint64(0), uint(0)
	for {
		b := c.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
		if shift += 7; shift > 63 {
			c.fail()
			return 0
		}
	}
}

func (c *compact) varint() int64 {
	u := c.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// int32 reads a varint that must fit 32 bits.
func (c *compact) int32() int32 {
	v := c.varint()
	if v != int64(int32(v)) {
		c.fail()
		return 0
	}
	return int32(v)
}

// field reads a field header; id is the last field's and kind thriftStop ends the struct.
func (c *compact) field(last int16) (id int16, kind byte) {
	b := c.byte()
	kind = b & 0xf
	if b == thriftStop || kind == thriftStop {
		return 0, thriftStop
	}
	if delta := b >> 4; delta != 0 {
		return last + int16(delta), kind
	}
	return int16(c.varint()), kind
}

// list reads a list header; the size is checked against what is left, each element taking at least a byte.
func (c *compact) list() (size int, kind byte) {
	b := c.byte()
	size, kind = int(b>>4), b&0xf
	if size == 15 {
		n := c.uvarint()
		if n > uint64(len(c.b)) {
			c.fail()
			return 0, kind
		}
		size = int(n)
	}
	if size > len(c.b)-c.at {
		c.fail()
		return 0, kind
	}
	return size, kind
}

// skip steps over a value; element is set for list elements, where booleans take a byte.
func (c *compact) skip(kind byte, element bool, depth int) {
	if depth > thriftDepth {
		c.fail()
	}
	if c.bad {
		return
	}
	switch kind {
	case thriftTrue, thriftFalse:
		if element {
			c.byte()
		}
	case thriftByte:
		c.byte()
	case thriftInt16, thriftInt32, thriftInt64:
		c.uvarint()
	case thriftDouble:
		c.advance(8)
	case thriftBinary:
		n := c.uvarint()
		if n > uint64(len(c.b)) {
			c.fail()
			return
		}
		c.advance(int(n))
	case thriftList, thriftSet:
		size, inner := c.list()
		for range size {
			if c.bad {
				return
			}
			c.skip(inner, true, depth+1)
		}
	case thriftMap:
		c.skipMap(depth)
	case thriftStruct:
		c.structure(func(int16, byte) bool { return false }, depth)
	default:
		c.fail()
	}
}

func (c *compact) skipMap(depth int) {
	n := c.uvarint()
	if n == 0 {
		return
	}
	kinds := c.byte()
	if n > uint64(len(c.b)-c.at) {
		c.fail()
		return
	}
	for range n {
		if c.bad {
			return
		}
		c.skip(kinds>>4, true, depth+1)
		c.skip(kinds&0xf, true, depth+1)
	}
}

func (c *compact) advance(n int) {
	if n < 0 || n > len(c.b)-c.at {
		c.fail()
		return
	}
	c.at += n
}

// structure calls visit for each field; fields it does not consume (false) are stepped over.
func (c *compact) structure(visit func(id int16, kind byte) bool, depth int) {
	last := int16(0)
	for !c.bad {
		id, kind := c.field(last)
		if kind == thriftStop {
			return
		}
		last = id
		if !visit(id, kind) {
			c.skip(kind, false, depth+1)
		}
	}
}

// pageHeader is what the page loop needs of a page's header.
type pageHeader struct {
	kind             format.PageType
	uncompressed     int32 // bytes
	compressed       int32 // bytes
	crc              uint32
	hasCRC           bool
	values           int32
	nulls            int32 // v2
	rows             int32 // v2
	encoding         format.Encoding
	levelEncoding    format.Encoding // of definition levels, v1
	repetition       format.Encoding // of repetition levels, v1
	definitionBytes  int32           // v2
	repetitionBytes  int32           // v2
	valuesCompressed bool            // v2
	described        bool            // the header for the page's kind was there
}

// read reads a header from the front of b and returns its length in bytes.
func (h *pageHeader) read(b []byte) (int, error) {
	*h = pageHeader{kind: -1, valuesCompressed: true}
	c := compact{b: b}
	c.structure(func(id int16, kind byte) bool {
		switch {
		case kind == thriftInt32 && id == 1:
			h.kind = format.PageType(c.int32())
		case kind == thriftInt32 && id == 2:
			h.uncompressed = c.int32()
		case kind == thriftInt32 && id == 3:
			h.compressed = c.int32()
		case kind == thriftInt32 && id == 4:
			h.crc, h.hasCRC = uint32(c.int32()), true
		case kind == thriftStruct && id == 5:
			h.readData(&c)
		case kind == thriftStruct && id == 7:
			h.readDictionary(&c)
		case kind == thriftStruct && id == 8:
			h.readDataV2(&c)
		default:
			return false
		}
		return true
	}, 0)
	if c.bad {
		return 0, errThrift
	}
	return c.at, h.check()
}

func (h *pageHeader) check() error {
	if h.uncompressed < 0 || h.compressed < 0 || h.values < 0 || h.nulls < 0 || h.rows < 0 || h.definitionBytes < 0 || h.repetitionBytes < 0 ||
		h.nulls > h.values || h.kind < 0 {
		return errors.New("page header with impossible sizes")
	}
	if !h.described && h.kind != format.IndexPage {
		return errors.New("page header without a description of the page")
	}
	return nil
}

func (h *pageHeader) readData(c *compact) {
	c.structure(func(id int16, kind byte) bool {
		switch {
		case kind == thriftInt32 && id == 1:
			h.values = c.int32()
		case kind == thriftInt32 && id == 2:
			h.encoding = format.Encoding(c.int32())
		case kind == thriftInt32 && id == 3:
			h.levelEncoding = format.Encoding(c.int32())
		case kind == thriftInt32 && id == 4:
			h.repetition = format.Encoding(c.int32())
		default:
			return false
		}
		return true
	}, 1)
	h.described = h.described || h.kind == format.DataPage
}

func (h *pageHeader) readDictionary(c *compact) {
	c.structure(func(id int16, kind byte) bool {
		switch {
		case kind == thriftInt32 && id == 1:
			h.values = c.int32()
		case kind == thriftInt32 && id == 2:
			h.encoding = format.Encoding(c.int32())
		default:
			return false
		}
		return true
	}, 1)
	h.described = h.described || h.kind == format.DictionaryPage
}

func (h *pageHeader) readDataV2(c *compact) {
	c.structure(func(id int16, kind byte) bool {
		switch {
		case kind == thriftInt32 && id == 1:
			h.values = c.int32()
		case kind == thriftInt32 && id == 2:
			h.nulls = c.int32()
		case kind == thriftInt32 && id == 3:
			h.rows = c.int32()
		case kind == thriftInt32 && id == 4:
			h.encoding = format.Encoding(c.int32())
		case kind == thriftInt32 && id == 5:
			h.definitionBytes = c.int32()
		case kind == thriftInt32 && id == 6:
			h.repetitionBytes = c.int32()
		case (kind == thriftTrue || kind == thriftFalse) && id == 7:
			h.valuesCompressed = kind == thriftTrue
		default:
			return false
		}
		return true
	}, 1)
	h.described = h.described || h.kind == format.DataPageV2
}

// statisticFlags says which statistics of a column chunk are present; the generic decoder cannot tell 0 from absent.
type statisticFlags uint8

const (
	hasOldMax statisticFlags = 1 << iota
	hasOldMin
	hasNullCount
	hasMax
	hasMin
	maxNotExact
	minNotExact
)

// footerFlags walks a footer, checks that all of it can be read, and returns the statistics flags of its column
// chunks, row group after row group.
func footerFlags(b []byte) (flags []statisticFlags, length int, err error) {
	c := compact{b: b}
	c.structure(func(id int16, kind byte) bool {
		if id != 4 || kind != thriftList {
			return false
		}
		c.structures(func(id int16, kind byte) bool { // row groups
			if id != 1 || kind != thriftList {
				return false
			}
			c.structures(func(id int16, kind byte) bool { // column chunks
				if id != 3 || kind != thriftStruct {
					return false
				}
				c.structure(func(id int16, kind byte) bool { // column metadata
					if id != 12 || kind != thriftStruct {
						return false
					}
					flags[len(flags)-1] = c.statistics()
					return true
				}, 5)
				return true
			}, func() { flags = append(flags, 0) }, 4)
			return true
		}, func() {}, 2)
		return true
	}, 0)
	if c.bad {
		return nil, 0, errThrift
	}
	return flags, c.at, nil
}

// structures reads a list of structs, calling begin before each.
func (c *compact) structures(visit func(int16, byte) bool, begin func(), depth int) {
	size, kind := c.list()
	for range size {
		if c.bad {
			return
		}
		if kind != thriftStruct {
			c.skip(kind, true, depth)
			continue
		}
		begin()
		c.structure(visit, depth)
	}
}

func (c *compact) statistics() statisticFlags {
	var f statisticFlags
	c.structure(func(id int16, kind byte) bool {
		switch id {
		case 1:
			f |= hasOldMax
		case 2:
			f |= hasOldMin
		case 3:
			f |= hasNullCount
		case 5:
			f |= hasMax
		case 6:
			f |= hasMin
		case 7:
			if kind == thriftFalse {
				f |= maxNotExact
			}
		case 8:
			if kind == thriftFalse {
				f |= minNotExact
			}
		}
		return false
	}, 6)
	return f
}
