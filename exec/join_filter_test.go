package exec

import (
	"fmt"
	"testing"

	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// TestFilterStateHasEveryKey makes the run-time filters of build sides of few and many keys, close together and far apart, integers
// and strings, and looks every key up, the first and the last too.
func TestFilterStateHasEveryKey(t *testing.T) {
	type keys struct {
		name     string
		physical types.Physical
		of       func(i int) int64
		bloom    bool
	}
	text := func(i int64) []byte { return fmt.Appendf(nil, "key %d, longer than what a view holds", i) }
	for _, c := range []keys{
		{"close", types.PhysicalInt64, func(i int) int64 { return int64(i) * 3 }, false},
		{"narrow", types.PhysicalInt16, func(i int) int64 { return int64(i) - 20 }, false},
		{"apart", types.PhysicalInt64, func(i int) int64 { return int64(i) * 7_000_000_007 }, true},
		{"strings", types.PhysicalString, func(i int) int64 { return int64(i) }, true},
	} {
		for _, n := range []int{1, 2, 3, 64, 1000} {
			for _, nulls := range []bool{false, true} {
				v := vector.New(map[types.Physical]types.Type{types.PhysicalInt16: types.ShortType, types.PhysicalInt64: types.LongType,
					types.PhysicalString: types.StringType}[c.physical], c.physical, n)
				v.Reset(n)
				for i := range n {
					switch c.physical {
					case types.PhysicalInt16:
						vector.Set(v, i, int16(c.of(i)))
					case types.PhysicalInt64:
						vector.Set(v, i, c.of(i))
					default:
						v.SetString(i, text(c.of(i)))
					}
				}
				null := func(i int) bool { return nulls && i%3 == 1 && i < n-1 }
				for i := range n {
					if null(i) {
						v.SetNull(i)
					}
				}
				s := filterState(v, n)
				if s.None || c.bloom && n > 1 && s.Bloom == nil || !c.bloom && s.Bits == nil {
					t.Fatalf("%s, %d keys: %+v", c.name, n, s)
				}
				for i := range n {
					if null(i) {
						continue
					}
					k := c.of(i)
					if s.HasRange && (k < s.Min || k > s.Max) || s.Bits != nil && !s.Bits.Get(int(k-s.Min)) || s.Bloom != nil && !s.Bloom.Has(hashValue(v, i)) {
						t.Errorf("%s: key %d of %d does not pass", c.name, i, n)
					}
				}
			}
		}
	}
	none := vector.New(types.LongType, types.PhysicalInt64, 2)
	none.Reset(2)
	none.SetNull(0)
	none.SetNull(1)
	if !filterState(none, 2).None {
		t.Error("a build side of nulls lets rows pass")
	}
}
