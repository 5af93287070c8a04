package vector

import "math/bits"

// Bitmap is a set of rows, one bit each, lowest bit first: Arrow's validity layout on little-endian machines.
type Bitmap []uint64

// BitmapWords is the number of words for n rows.
func BitmapWords(n int) int { return (n + 63) / 64 }

// NewBitmap returns a bitmap for n rows with no bit set.
func NewBitmap(n int) Bitmap { return make(Bitmap, BitmapWords(n)) }

// Get reports whether bit i is set.
func (b Bitmap) Get(i int) bool { return b[uint(i)>>6]&(1<<(uint(i)&63)) != 0 }

// Set sets bit i.
func (b Bitmap) Set(i int) { b[uint(i)>>6] |= 1 << (uint(i) & 63) }

// Clear clears bit i.
func (b Bitmap) Clear(i int) { b[uint(i)>>6] &^= 1 << (uint(i) & 63) }

// Put sets bit i to on.
func (b Bitmap) Put(i int, on bool) {
	if on {
		b.Set(i)
	} else {
		b.Clear(i)
	}
}

// SetAll sets the first n bits.
func (b Bitmap) SetAll(n int) {
	for i := range b[:BitmapWords(n)] {
		b[i] = ^uint64(0)
	}
}

// Count is the number of set bits among the first n.
func (b Bitmap) Count(n int) int {
	c := 0
	full := n / 64
	for _, w := range b[:full] {
		c += bits.OnesCount64(w)
	}
	if rest := n % 64; rest != 0 {
		c += bits.OnesCount64(b[full] & (1<<rest - 1))
	}
	return c
}

// And intersects b with c over the words of b.
func (b Bitmap) And(c Bitmap) {
	c = c[:len(b)]
	for i := range b {
		b[i] &= c[i]
	}
}
