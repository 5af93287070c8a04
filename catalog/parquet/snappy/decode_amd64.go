//go:build amd64 && !purego

package snappy

import (
	"encoding/binary"
	"unsafe"
)

const fast = true

// elements describes each tag byte: bits 0-7 the length to copy, bits 16-31 what is added to the offset bytes. Tags that decodeElements leaves alone (literals
// above 60 bytes and copies with a four-byte offset) have a length that no offset of zero reaches.
var elements = makeElements()

// offsetMasks cut the offset from the four bytes behind the tag, by the tag's low two bits.
var offsetMasks = [4]uint32{0, 0xff, 0xffff, 0}

// literalOffset stands in a literal's entry so that it passes the tests that are made of copies, but for literals at
// the very start of the output, which decodeOne takes.
const literalOffset = 64

func makeElements() (t [256]uint32) {
	const leave = 64
	for tag := range uint32(256) {
		switch tag & 3 {
		case 0:
			t[tag] = leave
			if n := tag>>2 + 1; n <= 60 {
				t[tag] = n | literalOffset<<16
			}
		case 1:
			t[tag] = 4 + tag>>2&7 | tag>>5<<24
		case 2:
			t[tag] = tag>>2 + 1
		case 3:
			t[tag] = leave
		}
	}
	return t
}

// decodeElements decodes elements until one needs care: it is long, or overlaps itself closely, or reaches before the
// output's start, or an end is reached. It may write 64 bytes behind dstEnd, read 64 behind srcEnd, and return a place
// behind either end if the input is damaged.
//
//go:noescape
func decodeElements(dstStart, dst, dstEnd, src, srcEnd unsafe.Pointer, table *[256]uint32, masks *[4]uint32) (newDst, newSrc unsafe.Pointer)

func decodeFast(dst, src []byte, s int) error {
	out, in := unsafe.Pointer(unsafe.SliceData(dst)), unsafe.Pointer(unsafe.SliceData(src))
	d := 0
	for {
		newOut, newIn := decodeElements(out, unsafe.Add(out, d), unsafe.Add(out, len(dst)), unsafe.Add(in, s), unsafe.Add(in, len(src)), &elements, &offsetMasks)
		d, s = int(uintptr(newOut)-uintptr(out)), int(uintptr(newIn)-uintptr(in))
		if d >= len(dst) || s >= len(src) {
			break
		}
		var ok bool
		if d, s, ok = decodeOne(dst, src, d, s); !ok {
			return ErrDamaged
		}
	}
	if d != len(dst) || s != len(src) {
		return ErrDamaged
	}
	return nil
}

// decodeOne decodes any one element with all checks.
func decodeOne(dst, src []byte, d, s int) (newD, newS int, ok bool) {
	tag := src[s]
	s++
	if tag&3 == 0 {
		n := int(tag >> 2)
		if n >= 60 {
			size := n - 59
			if size > len(src)-s {
				return 0, 0, false
			}
			var raw [8]byte
			copy(raw[:], src[s:s+size])
			n = int(binary.LittleEndian.Uint64(raw[:]))
			s += size
		}
		n++
		if n > len(src)-s || n > len(dst)-d {
			return 0, 0, false
		}
		copy(dst[d:], src[s:s+n])
		return d + n, s + n, true
	}
	size := [4]int{0, 1, 2, 4}[tag&3]
	if size > len(src)-s {
		return 0, 0, false
	}
	var raw [8]byte
	copy(raw[:], src[s:s+size])
	offset, n := int(binary.LittleEndian.Uint64(raw[:])), int(tag>>2)+1
	if tag&3 == 1 {
		offset, n = offset|int(tag>>5)<<8, 4+int(tag>>2)&7
	}
	s += size
	if offset == 0 || offset > d || n > len(dst)-d {
		return 0, 0, false
	}
	copyOverlapping(dst, d, offset, n)
	return d + n, s, true
}

// copyOverlapping copies n bytes from offset before d, where the copy may read what it writes. dst has slack behind it.
func copyOverlapping(dst []byte, d, offset, n int) {
	p := unsafe.Pointer(unsafe.SliceData(dst))
	if offset >= 8 {
		for i := 0; i < n; i += 8 {
			*(*uint64)(unsafe.Add(p, d+i)) = *(*uint64)(unsafe.Add(p, d-offset+i))
		}
		return
	}
	// Double the pattern until it is at least eight bytes: then every further eight repeat those before.
	for i := range min(n, 8) {
		dst[d+i] = dst[d-offset+i]
	}
	step := offset * ((8 + offset - 1) / offset)
	if n > 8 {
		// The first bytes again up to one whole step, then words.
		for i := 8; i < min(n, step); i++ {
			dst[d+i] = dst[d-offset+i]
		}
		for i := step; i < n; i += 8 {
			*(*uint64)(unsafe.Add(p, d+i)) = *(*uint64)(unsafe.Add(p, d+i-step))
		}
	}
}
