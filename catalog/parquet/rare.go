package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"github.com/kilnql/kiln/vector"
	"github.com/parquet-go/parquet-go/format"
)

// prepareRare decodes the encodings that are read page by page: delta and byte-stream-split.
func (c *column) prepareRare(e format.Encoding, b []byte) error {
	p, v := &c.page, c.conversion
	t := c.leaf.element.Type.V
	switch {
	case e == format.DeltaBinaryPacked && (t == format.Int32 || t == format.Int64):
		p.kind = valuesFixed
		p.own = sized(p.own, p.present*v.width)
		p.data = p.own
		if t == format.Int32 {
			_, err := deltaBinary(vector.As[int32](p.own)[:p.present], b)
			return err
		}
		_, err := deltaBinary(vector.As[int64](p.own)[:p.present], b)
		return err
	case e == format.ByteStreamSplit && v.width > 0:
		if err := checkFixed(b, p.present, v.width); err != nil {
			return err
		}
		p.own = sized(p.own, p.present*v.width)
		joinStreams(p.own, b, p.present, v.width)
		return c.preparePlain(p.own)
	case e == format.DeltaLengthByteArray && t == format.ByteArray:
		return c.prepareDeltaLength(b)
	case e == format.DeltaByteArray && (t == format.ByteArray || t == format.FixedLenByteArray):
		return c.prepareDeltaBytes(b)
	}
	return fmt.Errorf("encoding %v for %v", e, t)
}

// joinStreams undoes BYTE_STREAM_SPLIT: stream k holds byte k of each of n values.
func joinStreams(dst, src []byte, n, width int) {
	for k := range width {
		stream := src[k*n : (k+1)*n]
		at := k
		for _, x := range stream {
			dst[at] = x
			at += width
		}
	}
}

// maximumBlock bounds the block size of DELTA_BINARY_PACKED; writers use 128.
const maximumBlock = 1 << 16

var errDelta = errors.New("damaged delta encoding")

// deltaBinary decodes exactly len(out) values of DELTA_BINARY_PACKED and returns what follows them.
func deltaBinary[T int32 | int64](out []T, b []byte) (rest []byte, err error) {
	if len(b) == 0 && len(out) == 0 {
		return b, nil
	}
	var header [3]uint64
	for i := range header {
		u, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errDelta
		}
		header[i], b = u, b[n:]
	}
	first, n := binary.Varint(b)
	if n <= 0 {
		return nil, errDelta
	}
	b = b[n:]
	block, miniblocks, total := header[0], header[1], header[2]
	if total != uint64(len(out)) {
		return nil, errShort
	}
	if block == 0 || block > maximumBlock || miniblocks == 0 || block%miniblocks != 0 || block/miniblocks%8 != 0 {
		return nil, errDelta
	}
	if total == 0 {
		return b, nil
	}
	perMiniblock := int(block / miniblocks)
	out[0] = T(first)
	previous, at := T(first), 1
	for at < len(out) {
		smallest, n := binary.Varint(b)
		if n <= 0 || len(b)-n < int(miniblocks) {
			return nil, errDelta
		}
		widths := b[n : n+int(miniblocks)]
		b = b[n+int(miniblocks):]
		for _, width := range widths {
			if at >= len(out) {
				break // the rest of the last block's widths mean nothing
			}
			size := perMiniblock * int(width) / 8
			if width > 64 || size > len(b) {
				return nil, errDelta
			}
			k := min(perMiniblock, len(out)-at)
			previous = deltaMiniblock(out[at:at+k], b, uint(width), T(smallest), previous)
			at += k
			b = b[size:]
		}
	}
	return b, nil
}

// deltaMiniblock adds up the deltas of one miniblock. b has slack behind it.
func deltaMiniblock[T int32 | int64](out []T, b []byte, width uint, smallest, previous T) T {
	p := unsafe.Pointer(unsafe.SliceData(b))
	mask := ^uint64(0)
	if width < 64 {
		mask = 1<<width - 1
	}
	bit := uint(0)
	for i := range out {
		delta := uint64(0)
		if width > 0 {
			shift := bit & 7
			delta = load64(p, int(bit>>3)) >> shift
			if width+shift > 64 {
				delta |= uint64(*(*byte)(unsafe.Add(p, int(bit>>3)+8))) << (64 - shift)
			}
			delta &= mask
		}
		bit += width
		previous += smallest + T(delta)
		out[i] = previous
	}
	return previous
}

// lengths decodes n lengths into scratch memory and checks their sum.
func (c *column) deltaLengths(scratch []int32, n int, b []byte) (lengths []int32, rest []byte, total int, err error) {
	if cap(scratch) < n {
		scratch = make([]int32, n, n+n/4)
	}
	lengths = scratch[:n]
	if rest, err = deltaBinary(lengths, b); err != nil {
		return lengths, nil, 0, err
	}
	for _, l := range lengths {
		if l < 0 {
			return lengths, nil, 0, errDelta
		}
		total += int(l)
	}
	return lengths, rest, total, nil
}

// prepareDeltaLength reads DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes, which the views point into.
func (c *column) prepareDeltaLength(b []byte) (err error) {
	p := &c.page
	var total int
	var text []byte
	if c.lengths, text, total, err = c.deltaLengths(c.lengths, p.present, b); err != nil {
		return err
	}
	if total > len(text) {
		return errShort
	}
	return c.prepareText(text, c.lengths)
}

// prepareText readies strings that stand one behind the other in text.
func (c *column) prepareText(text []byte, lengths []int32) error {
	p := &c.page
	if c.conversion.kind == bytesDecimal {
		i := 0
		return c.readyDecimals(text, func(b []byte) (s, rest []byte, ok bool) {
			n := lengths[i]
			i++
			return b[:n], b[n:], true
		})
	}
	p.kind = valuesViews
	p.views = growViews(p.views, len(lengths))
	p.source = text
	at := 0
	for i, n := range lengths {
		p.views[i] = vector.PageView(text, at, int(n), 0)
		at += int(n)
	}
	return nil
}

// prepareDeltaBytes reads DELTA_BYTE_ARRAY: each string is a prefix of the one before and a suffix.
func (c *column) prepareDeltaBytes(b []byte) (err error) {
	p := &c.page
	prefixes, b, _, err := c.deltaLengths(c.prefixes, p.present, b)
	c.prefixes = prefixes
	if err != nil {
		return err
	}
	var suffixTotal int
	lengths, suffixes, suffixTotal, err := c.deltaLengths(c.lengths, p.present, b)
	c.lengths = lengths
	if err != nil {
		return err
	}
	if suffixTotal > len(suffixes) {
		return errShort
	}
	total, last := 0, int32(0)
	for i, prefix := range prefixes {
		if prefix > last {
			return errDelta
		}
		last = prefix + lengths[i]
		total += int(last)
	}
	if total > maximumPage {
		return errors.New("a page's strings take more than a gigabyte")
	}
	p.text = sized(p.text, total)
	at, before := 0, 0
	for i, prefix := range prefixes {
		n := int(lengths[i])
		copy(p.text[at:], p.text[before:before+int(prefix)])
		copy(p.text[at+int(prefix):], suffixes[:n])
		suffixes = suffixes[n:]
		before = at
		lengths[i] += prefix
		at += int(lengths[i])
	}
	if c.leaf.element.Type.V == format.FixedLenByteArray {
		for _, n := range lengths {
			if int(n) != c.conversion.width {
				return errDelta
			}
		}
		if c.conversion.kind != fixedStrings {
			p.own = sized(p.own, total)
			copy(p.own, p.text)
			return c.preparePlain(p.own)
		}
	}
	return c.prepareText(p.text, lengths)
}
