package vector

import (
	"math/bits"
	"unsafe"
)

// Hash64 mixes an integer key into a 64-bit hash.
func Hash64(v uint64) uint64 {
	hi, lo := bits.Mul64(v^0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9)
	return hi ^ lo ^ v>>29
}

// HashCombine mixes the hash of a further key into h.
func HashCombine(h, g uint64) uint64 {
	hi, lo := bits.Mul64(h^g, 0x94d049bb133111eb)
	return hi ^ lo + g
}

// HashBytes hashes a string.
func HashBytes(b []byte) uint64 {
	const m1, m2 = 0xa0761d6478bd642f, 0xe7037ed1a0b428db
	h := uint64(len(b)) * m1
	p := unsafe.Pointer(unsafe.SliceData(b))
	n := len(b)
	for n > 16 { // the last 8 to 16 bytes stay below, so that p never points past the end
		hi, lo := bits.Mul64(*(*uint64)(p)^m1, *(*uint64)(unsafe.Add(p, 8))^h^m2)
		h = hi ^ lo
		p = unsafe.Add(p, 16)
		n -= 16
	}
	var a, c uint64
	switch {
	case n >= 8:
		a = *(*uint64)(p)
		c = *(*uint64)(unsafe.Add(p, n-8))
	case n >= 4:
		a = uint64(*(*uint32)(p))
		c = uint64(*(*uint32)(unsafe.Add(p, n-4)))
	case n > 0:
		a = uint64(*(*byte)(p))<<16 | uint64(*(*byte)(unsafe.Add(p, n>>1)))<<8 | uint64(*(*byte)(unsafe.Add(p, n-1)))
	}
	hi, lo := bits.Mul64(a^m2, c^h^m1)
	return hi ^ lo ^ uint64(len(b))
}
