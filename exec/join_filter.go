package exec

import (
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// A run-time filter over integers is a bitmap while it is small enough to stay in cache, or about as large as the keys it
// stands for; a bloom filter takes eight probes where a bitmap takes one.
const (
	cachedFilterBits = 1 << 23 // 1 MB
	maxFilterBits    = 1 << 26 // 8 MB
)

// publishFilters tells the run-time filters which keys the build side holds.
func (b *JoinBuild) publishFilters(store *vector.Store) {
	for k, f := range b.spec.Filters {
		if f != nil {
			f.Store(filterState(store.Columns[k], store.Len))
		}
	}
}

// filterState describes the values of a key that are not null.
func filterState(c *vector.Vector, n int) *vector.FilterState {
	present := n
	if c.Valid != nil {
		present = c.Valid.Count(n)
	}
	if present == 0 {
		return &vector.FilterState{None: true}
	}
	s := &vector.FilterState{}
	if !isIntegerLayout(c.Physical) {
		if c.Physical == types.PhysicalString {
			s.Bloom = bloomOf(c, n, present)
		}
		return s
	}
	r := integerRange(c)
	s.HasRange, s.Min, s.Max = true, r.Min, r.Max
	span := uint64(r.Max) - uint64(r.Min)
	switch {
	case span < maxFilterBits && span < max(uint64(present)*64, cachedFilterBits):
		s.Bits = vector.NewBitmap(int(span) + 1)
		for i := range n {
			if c.Valid == nil || c.Valid.Get(i) {
				s.Bits.Set(int(integerAt(c, i) - r.Min))
			}
		}
	default:
		s.Bloom = bloomOf(c, n, present)
	}
	return s
}

func bloomOf(c *vector.Vector, n, present int) *vector.Bloom {
	bloom := vector.NewBloom(present)
	for i := range n {
		if c.Valid == nil || c.Valid.Get(i) {
			bloom.Add(hashValue(c, i))
		}
	}
	return bloom
}
