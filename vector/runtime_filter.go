package vector

import (
	"sync/atomic"

	"github.com/kilnql/kiln/types"
)

// RuntimeFilter is a test on the values of one column that a running query learns: the keys of a join's build side,
// or the threshold of a top-n. It is made when the query is planned, empty (everything passes), and set or tightened
// by the operator that learns it; readers and probes look at it as they go. Safe for concurrent use.
type RuntimeFilter struct {
	Type  types.Type
	state atomic.Pointer[FilterState]
}

// FilterState is one immutable state of a RuntimeFilter. Every part that is present must pass.
type FilterState struct {
	// None is set when no row can pass (an empty build side).
	None bool
	// Min and Max bound integer-like values (and dates, timestamps, decimals up to 18 digits), if HasRange.
	HasRange bool
	Min, Max int64
	// Bits, if not nil, has bit v-Min set for each value v that passes; only with HasRange.
	Bits Bitmap
	// Bloom, if not nil, is a blocked bloom filter over Hash64 of values.
	Bloom *Bloom
	// KeepNulls lets null values pass.
	KeepNulls bool
}

// Load returns the current state, or nil if nothing is known yet.
func (f *RuntimeFilter) Load() *FilterState { return f.state.Load() }

// Store publishes a state; it must not change afterwards.
func (f *RuntimeFilter) Store(s *FilterState) { f.state.Store(s) }

// Bloom is a split-block bloom filter: eight 32-bit words a block, one bit in each for a value.
type Bloom struct {
	blocks [][8]uint32
}

// NewBloom returns a filter sized for n values at about one percent of false positives.
func NewBloom(n int) *Bloom {
	blocks := 1
	for blocks*24 < n {
		blocks *= 2
	}
	return &Bloom{blocks: make([][8]uint32, blocks)}
}

var bloomSalt = [8]uint32{0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31}

// Add inserts a hash. Not safe for concurrent use.
func (b *Bloom) Add(hash uint64) {
	block := &b.blocks[(hash>>32)&uint64(len(b.blocks)-1)]
	for i, salt := range bloomSalt {
		block[i] |= 1 << (uint32(hash) * salt >> 27)
	}
}

// Has reports whether a hash may have been inserted.
func (b *Bloom) Has(hash uint64) bool {
	block := &b.blocks[(hash>>32)&uint64(len(b.blocks)-1)]
	for i, salt := range bloomSalt {
		if block[i]&(1<<(uint32(hash)*salt>>27)) == 0 {
			return false
		}
	}
	return true
}

// Merge adds every value of c, which must be of the same size.
func (b *Bloom) Merge(c *Bloom) {
	for i := range b.blocks {
		for j := range b.blocks[i] {
			b.blocks[i][j] |= c.blocks[i][j]
		}
	}
}
