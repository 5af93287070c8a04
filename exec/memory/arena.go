package memory

import "unsafe"

// Arena hands out pieces of memory that are freed together. It belongs to one goroutine. Memory is 16-byte aligned,
// holds no Go pointers, and is not cleared when it is reused after Reset.
type Arena struct {
	blocks [][]byte
	block  int // the block being filled
	at     int // its next free byte
	bytes  int64
}

// arenaBlock is the size of an arena's first block; later ones double up to arenaBlockMax.
const (
	arenaBlock    = 64 << 10
	arenaBlockMax = 4 << 20
)

// Alloc returns n bytes that stay valid until Reset.
func (a *Arena) Alloc(n int) []byte {
	n16 := (n + 15) &^ 15
	for a.block < len(a.blocks) {
		if b := a.blocks[a.block]; a.at+n16 <= len(b) {
			p := b[a.at : a.at+n : a.at+n16]
			a.at += n16
			return p
		}
		a.block, a.at = a.block+1, 0
	}
	size := arenaBlock
	if len(a.blocks) > 0 {
		size = min(2*len(a.blocks[len(a.blocks)-1]), arenaBlockMax)
	}
	b := Aligned(max(size, n16))
	a.blocks = append(a.blocks, b)
	a.bytes += int64(len(b))
	a.at = n16
	return b[:n:n16]
}

// Bytes is the memory the arena holds, used or not.
func (a *Arena) Bytes() int64 { return a.bytes }

// Reset makes all memory free for reuse.
func (a *Arena) Reset() { a.block, a.at = 0, 0 }

// Aligned allocates n zero bytes at a 16-byte boundary, without Go pointers.
func Aligned(n int) []byte {
	if n == 0 {
		return nil
	}
	type pair [2]uint64
	p := make([]pair, (n+15)/16)
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(p))), n)
}
