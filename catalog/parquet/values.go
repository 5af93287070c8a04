package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/parquet-go/parquet-go/format"
)

// plainDictionary is the number of old files for dictionary indexes in data pages, and for plain values in dictionaries.
const plainDictionary = format.Encoding(2)

var errFit = errors.New("a value does not fit the type or the range that the file's statistics promise")

// prepareValues makes the values of a page, whose levels are decoded, ready to be read.
func (c *column) prepareValues(b []byte) error {
	p := &c.page
	p.start = hybrid{}
	if c.conversion.kind == voidValues {
		p.kind = valuesReady
		return nil
	}
	switch e := p.header.encoding; e {
	case format.Plain:
		return c.preparePlain(b)
	case format.RLEDictionary, plainDictionary:
		return c.prepareIndexes(b)
	case format.RLE:
		if c.conversion.kind != booleanValues {
			return fmt.Errorf("encoding RLE for %v", c.leaf.element.Type.V)
		}
		if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
			if p.present == 0 {
				b = []byte{0, 0, 0, 0}
			} else {
				return errShort
			}
		}
		p.kind = valuesIndexed
		p.start = newHybrid(b[4:4+binary.LittleEndian.Uint32(b)], 1)
		return nil
	case format.DeltaBinaryPacked, format.DeltaLengthByteArray, format.DeltaByteArray, format.ByteStreamSplit:
		return c.prepareRare(e, b)
	default:
		return fmt.Errorf("encoding %v", e)
	}
}

func (c *column) preparePlain(b []byte) error {
	p := &c.page
	p.data = b
	switch c.conversion.kind {
	case fixedValues:
		p.kind = valuesFixed
		return checkFixed(b, p.present, c.conversion.width)
	case booleanValues:
		if len(b)*8 < p.present {
			return errShort
		}
		p.kind = valuesIndexed
		p.start = packedRun(b, 1, p.present)
		return nil
	case stringValues:
		p.kind = valuesBytes
		return nil
	case bytesDecimal:
		return c.readyDecimals(b, plainStrings)
	}
	// fixed-length strings
	if err := checkFixed(b, p.present, c.conversion.width); err != nil {
		return err
	}
	p.kind = valuesViews
	p.views = growViews(p.views, p.present)
	p.source, p.text = c.conversion.fixedViews(p.views, b, p.text)
	return nil
}

func checkFixed(b []byte, n, width int) error {
	if len(b) < n*width {
		return errShort
	}
	return nil
}

func growViews(old []vector.View, n int) []vector.View {
	if cap(old) < n {
		return make([]vector.View, n, n+n/4)
	}
	return old[:n]
}

// fixedViews makes views of fixed-length byte arrays, in place, or of their text form, which is put into text.
func (v *conversion) fixedViews(views []vector.View, b, text []byte) (source, newText []byte) {
	if v.kind == fixedStrings {
		for i := range views {
			at := i * v.width
			views[i] = vector.MakeView(b[at:at+v.width], 0, at)
		}
		return b, text
	}
	const length = 36
	text = sized(text, len(views)*length)
	for i := range views {
		s := text[i*length : (i+1)*length]
		uuidText(s, b[i*16:])
		views[i] = vector.MakeView(s, 0, i*length)
	}
	return text, text
}

// stringIterator steps through encoded strings: it returns the next one and what follows.
type stringIterator func(b []byte) (s, rest []byte, ok bool)

func plainStrings(b []byte) (s, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := binary.LittleEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, false
	}
	return b[4 : 4+n], b[4+n:], true
}

// readyDecimals converts decimals in byte arrays to the layout of the vector.
func (c *column) readyDecimals(b []byte, next stringIterator) error {
	p := &c.page
	p.kind = valuesReady
	p.own = sized(p.own, p.present*c.conversion.size)
	p.data = p.own
	return c.conversion.decimals(p.own, b, p.present, next)
}

func (v *conversion) decimals(dst, b []byte, n int, next stringIterator) error {
	for i := range n {
		s, rest, ok := next(b)
		if !ok {
			return errShort
		}
		b = rest
		value, ok := bigEndian(s)
		if !ok {
			return errFit
		}
		if value, ok = multiply128(value, v.scale); !ok || !v.put(dst, i, value) {
			return errFit
		}
	}
	return nil
}

// put writes an integer in the layout of the vector; false if it does not fit.
func (v *conversion) put(dst []byte, i int, value types.Int128) bool {
	w := value.Int64()
	switch v.physical {
	case types.PhysicalInt128:
		vector.As[types.Int128](dst)[i] = value
		return true
	case types.PhysicalInt64:
		vector.As[int64](dst)[i] = w
		return value.IsInt64()
	case types.PhysicalInt32:
		vector.As[int32](dst)[i] = int32(w)
		return value.IsInt64() && w == int64(int32(w))
	case types.PhysicalInt16:
		vector.As[int16](dst)[i] = int16(w)
		return value.IsInt64() && w == int64(int16(w))
	case types.PhysicalInt8:
		vector.As[int8](dst)[i] = int8(w)
		return value.IsInt64() && w == int64(int8(w))
	}
	return false
}

// isString reports whether the values are views.
func (c *column) isString() bool {
	k := c.conversion.kind
	return k == stringValues || k == fixedStrings || k == uuidStrings
}

// prepareIndexes readies a dictionary page's indexes.
func (c *column) prepareIndexes(b []byte) error {
	p := &c.page
	p.kind = valuesIndexed
	if c.conversion.kind == booleanValues {
		return errors.New("a dictionary of booleans")
	}
	if p.present > 0 || c.dictionary.known {
		if err := c.loadDictionary(); err != nil {
			return err
		}
	}
	if p.present == 0 {
		if c.dictionary.count == 0 {
			// Codes must mean something even where rows are null, so there are none without a dictionary.
			p.kind, p.data, p.views, p.source = valuesReady, nil, p.views[:0], nil
			if c.isString() {
				p.kind = valuesViews
			}
		}
		return nil
	}
	if len(b) < 1 || b[0] > 32 {
		return errors.New("dictionary indexes of an impossible width")
	}
	p.start = newHybrid(b[1:], uint(b[0]))
	if c.dictionary.count == 0 {
		return errors.New("indexes into an empty dictionary")
	}
	return nil
}

// plainViews makes views of the next len(out) PLAIN byte arrays of data from an offset on, and returns the offset after
// them. data has slack behind it and is buffer number of the vector.
func plainViews(out []vector.View, data []byte, at, buffer int) (int, error) {
	end := len(data)
	for i := range out {
		if end-at < 4 {
			return at, errShort
		}
		n := int(binary.LittleEndian.Uint32(data[at:]))
		at += 4
		if n > end-at {
			return at, errors.New("a string reaches past the end of its page")
		}
		out[i] = vector.PageView(data, at, n, buffer)
		at += n
	}
	return at, nil
}
