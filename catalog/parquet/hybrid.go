package parquet

import (
	"encoding/binary"
	"errors"
	"unsafe"
)

var errShort = errors.New("the page holds fewer values than its header says")

// hybrid reads the RLE / bit-packing hybrid: runs of one repeated value, and runs of values packed in width bits. It is
// a value: copying it saves the place. The source must have slack bytes behind its end.
type hybrid struct {
	source []byte
	at     int    // where the next run begins
	width  uint   // bits of a value, 0 to 32
	left   int    // values left in the current run
	packed bool   // the current run is packed
	value  uint32 // the value of a repeated run
	bit    int    // where the next value of a packed run begins, in bits from the source's start
}

func newHybrid(source []byte, width uint) hybrid { return hybrid{source: source, width: width} }

// packedRun is a hybrid of one packed run of n values without a run header: PLAIN booleans and the old level encoding.
func packedRun(source []byte, width uint, n int) hybrid {
	n = min(n, len(source)*8/int(width))
	return hybrid{source: source, at: len(source), width: width, packed: true, left: n}
}

// next moves to the next run that has values; false at the end or where the source is damaged.
func (h *hybrid) next() bool {
	for h.left == 0 {
		if h.at >= len(h.source) {
			return false
		}
		u, n := binary.Uvarint(h.source[h.at:])
		if n <= 0 || u>>1 > 1<<32 {
			return false
		}
		h.at += n
		if u&1 == 0 {
			bytes := int(h.width+7) / 8
			if bytes > len(h.source)-h.at {
				return false
			}
			h.packed, h.left, h.value = false, int(u>>1), 0
			for i := range bytes {
				h.value |= uint32(h.source[h.at+i]) << (8 * uint(i))
			}
			h.at += bytes
			if h.width < 32 {
				h.value &= 1<<h.width - 1
			}
			continue
		}
		groups := int(u >> 1)
		h.packed, h.left, h.bit = true, groups*8, h.at*8
		// Writers may leave out the padding of the last group.
		if bytes := len(h.source) - h.at; groups > bytes/max(int(h.width), 1) && h.width > 0 {
			h.left = min(h.left, bytes*8/int(h.width))
			h.at = len(h.source)
		} else {
			h.at += groups * int(h.width)
		}
	}
	return true
}

// skip steps over n values.
func (h *hybrid) skip(n int) error {
	for n > 0 {
		if !h.next() {
			return errShort
		}
		k := min(n, h.left)
		if h.packed {
			h.bit += k * int(h.width)
		}
		h.left -= k
		n -= k
	}
	return nil
}

// load64 reads eight bytes at a byte offset of memory known to be readable.
func load64(p unsafe.Pointer, offset int) uint64 { return *(*uint64)(unsafe.Add(p, offset)) }

// gather decodes the next len(out) indexes and writes the dictionary's values for them. The dictionary must hold
// 1<<width entries, so that no index needs a check.
func gather[T any](h *hybrid, out []T, dictionary []T) error {
	if len(dictionary) < 1<<h.width {
		return errors.New("the dictionary is too small for the width of its indexes")
	}
	entries := unsafe.Pointer(unsafe.SliceData(dictionary))
	for len(out) > 0 {
		if !h.next() {
			return errShort
		}
		k := min(len(out), h.left)
		if !h.packed {
			value := dictionary[h.value]
			run := out[:k]
			for i := range run {
				run[i] = value
			}
		} else {
			gatherPacked(unsafe.Pointer(unsafe.SliceData(h.source)), h.bit, h.width, out[:k], entries)
			h.bit += k * int(h.width)
		}
		h.left -= k
		out = out[k:]
	}
	return nil
}

// gatherPacked unpacks values that begin at a bit of source and gathers their entries. Eight values take a whole number
// of bytes, so the place within a byte is the same for every group: one load serves 8 values of up to 7 bits, or 4 of up to 14.
func gatherPacked[T any](source unsafe.Pointer, bit int, width uint, out []T, entries unsafe.Pointer) {
	var zero T
	size := unsafe.Sizeof(zero)
	mask := uint64(1)<<(width&63) - 1
	groups := len(out) / 8
	p := unsafe.Add(source, bit>>3)
	shift := uint(bit & 7)
	switch {
	case width == 0:
		for i := range out {
			out[i] = *(*T)(entries)
		}
		return
	case 8*width+shift <= 64:
		for g := range groups {
			w := *(*uint64)(p) >> (shift & 63)
			o := (*[8]T)(unsafe.Pointer(&out[g*8]))
			o[0] = *(*T)(unsafe.Add(entries, uintptr(w&mask)*size))
			w >>= width & 63
			o[1] = *(*T)(unsafe.Add(entries, uintptr(w&mask)*size))
			w >>= width & 63
			o[2] = *(*T)(unsafe.Add(entries, uintptr(w&mask)*size))
			w >>= width & 63
			o[3] = *(*T)(unsafe.Add(entries, uintptr(w&mask)*size))
			w >>= width & 63
			o[4] = *(*T)(unsafe.Add(entries, uintptr(w&mask)*size))
			w >>= width & 63
			o[5] = *(*T)(unsafe.Add(entries, uintptr(w&mask)*size))
			w >>= width & 63
			o[6] = *(*T)(unsafe.Add(entries, uintptr(w&mask)*size))
			w >>= width & 63
			o[7] = *(*T)(unsafe.Add(entries, uintptr(w&mask)*size))
			p = unsafe.Add(p, width)
		}
	case 4*width+7 <= 64 || 4*width+shift <= 64 && width%2 == 0:
		half := shift + 4*width
		step, halfShift := uintptr(half>>3), half&7
		for g := range groups {
			w := *(*uint64)(p) >> (shift & 63)
			x := *(*uint64)(unsafe.Add(p, step)) >> (halfShift & 63)
			o := (*[8]T)(unsafe.Pointer(&out[g*8]))
			o[0] = *(*T)(unsafe.Add(entries, uintptr(w&mask)*size))
			o[4] = *(*T)(unsafe.Add(entries, uintptr(x&mask)*size))
			w >>= width & 63
			x >>= width & 63
			o[1] = *(*T)(unsafe.Add(entries, uintptr(w&mask)*size))
			o[5] = *(*T)(unsafe.Add(entries, uintptr(x&mask)*size))
			w >>= width & 63
			x >>= width & 63
			o[2] = *(*T)(unsafe.Add(entries, uintptr(w&mask)*size))
			o[6] = *(*T)(unsafe.Add(entries, uintptr(x&mask)*size))
			w >>= width & 63
			x >>= width & 63
			o[3] = *(*T)(unsafe.Add(entries, uintptr(w&mask)*size))
			o[7] = *(*T)(unsafe.Add(entries, uintptr(x&mask)*size))
			p = unsafe.Add(p, width)
		}
	default:
		for g := range groups {
			o := (*[8]T)(unsafe.Pointer(&out[g*8]))
			b := shift
			for i := 0; i < 8; i += 2 {
				w := *(*uint64)(unsafe.Add(p, b>>3)) >> (b & 7)
				o[i] = *(*T)(unsafe.Add(entries, uintptr(w&mask)*size))
				b += width
				w = *(*uint64)(unsafe.Add(p, b>>3)) >> (b & 7)
				o[i+1] = *(*T)(unsafe.Add(entries, uintptr(w&mask)*size))
				b += width
			}
			p = unsafe.Add(p, width)
		}
	}
	bit += groups * 8 * int(width)
	for i := groups * 8; i < len(out); i++ {
		w := load64(source, bit>>3) >> (uint(bit) & 7) & mask
		out[i] = *(*T)(unsafe.Add(entries, uintptr(w)*size))
		bit += int(width)
	}
}

// indexes decodes the next len(out) indexes as they are.
func (h *hybrid) indexes(out []int32) error {
	for len(out) > 0 {
		if !h.next() {
			return errShort
		}
		k := min(len(out), h.left)
		if !h.packed {
			run := out[:k]
			for i := range run {
				run[i] = int32(h.value)
			}
		} else {
			unpack(unsafe.Pointer(unsafe.SliceData(h.source)), h.bit, h.width, out[:k])
			h.bit += k * int(h.width)
		}
		h.left -= k
		out = out[k:]
	}
	return nil
}

// unpack is gatherPacked for the indexes themselves.
func unpack(source unsafe.Pointer, bit int, width uint, out []int32) {
	mask := uint64(1)<<(width&63) - 1
	groups := len(out) / 8
	p := unsafe.Add(source, bit>>3)
	shift := uint(bit & 7)
	switch {
	case width == 0:
		clear(out)
		return
	case 8*width+shift <= 64:
		for g := range groups {
			w := *(*uint64)(p) >> (shift & 63)
			o := (*[8]int32)(unsafe.Pointer(&out[g*8]))
			o[0] = int32(w & mask)
			w >>= width & 63
			o[1] = int32(w & mask)
			w >>= width & 63
			o[2] = int32(w & mask)
			w >>= width & 63
			o[3] = int32(w & mask)
			w >>= width & 63
			o[4] = int32(w & mask)
			w >>= width & 63
			o[5] = int32(w & mask)
			w >>= width & 63
			o[6] = int32(w & mask)
			w >>= width & 63
			o[7] = int32(w & mask)
			p = unsafe.Add(p, width)
		}
	default:
		for g := range groups {
			o := (*[8]int32)(unsafe.Pointer(&out[g*8]))
			b := shift
			for i := 0; i < 8; i += 2 {
				o[i] = int32(*(*uint64)(unsafe.Add(p, b>>3)) >> (b & 7) & mask)
				b += width
				o[i+1] = int32(*(*uint64)(unsafe.Add(p, b>>3)) >> (b & 7) & mask)
				b += width
			}
			p = unsafe.Add(p, width)
		}
	}
	bit += groups * 8 * int(width)
	for i := groups * 8; i < len(out); i++ {
		out[i] = int32(load64(source, bit>>3) >> (uint(bit) & 7) & mask)
		bit += int(width)
	}
}

// indexesAt decodes the indexes at increasing positions, counted from the current place, into out, and moves on to end.
func (h *hybrid) indexesAt(positions []int32, end int, out []int32) error {
	mask := uint64(1)<<(h.width&63) - 1
	source := unsafe.Pointer(unsafe.SliceData(h.source))
	passed, i := 0, 0
	for passed < end {
		if !h.next() {
			return errShort
		}
		k := min(end-passed, h.left)
		limit := int32(passed + k)
		if !h.packed {
			for i < len(positions) && positions[i] < limit {
				out[i] = int32(h.value)
				i++
			}
		} else {
			base := h.bit - passed*int(h.width)
			for i < len(positions) && positions[i] < limit {
				bit := base + int(positions[i])*int(h.width)
				out[i] = int32(load64(source, bit>>3) >> (uint(bit) & 7) & mask)
				i++
			}
			h.bit += k * int(h.width)
		}
		h.left -= k
		passed += k
	}
	return nil
}

// maximum is the largest of non-negative numbers; -1 of none.
func maximum(indexes []int32) int32 {
	if len(indexes) == 0 {
		return -1
	}
	// The bits of all values together are an upper bound; only if that is too large are they compared (by the caller).
	var or int32
	for _, x := range indexes {
		or |= x
	}
	return or
}

// checkIndexes reports an error if an index is outside a dictionary of n entries.
func checkIndexes(indexes []int32, n int) error {
	if bound := maximum(indexes); bound >= 0 && int(bound) < n || bound == -1 && len(indexes) == 0 {
		return nil
	}
	for _, x := range indexes {
		if uint32(x) >= uint32(n) {
			return errors.New("an index outside the dictionary")
		}
	}
	return nil
}
