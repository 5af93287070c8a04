package exec

import (
	"bytes"
	"context"
	"testing"

	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// lookedAt is a context that counts how often somebody asks whether it is done, and is done after some times.
type lookedAt struct {
	context.Context
	looks, end int
}

func (c *lookedAt) Err() error {
	if c.looks++; c.end > 0 && c.looks > c.end {
		return context.Canceled
	}
	return nil
}

// runOf is a run of n rows with a text of some bytes each; keys are the numbers from first on, behind as many bytes that are the
// same in all.
func runOf(n, first, textBytes, keyBytes int) sortRun {
	r := sortRun{store: vector.NewStore([]vector.Layout{{Type: types.StringType, Physical: types.PhysicalString}})}
	text := vector.NewFlat(types.StringType, 1)
	text.Reset(1)
	text.SetString(0, bytes.Repeat([]byte("x"), textBytes))
	e := keyEncoder{}
	for i := range n {
		e.buffer = append(e.buffer[:0], bytes.Repeat([]byte("k"), keyBytes)...)
		e.buffer = appendSortKey(e.buffer, longs(int64(first+i)), 0, ascending)
		e.ends = append(e.ends[:0], uint32(len(e.buffer)))
		r.add(&e, []*vector.Vector{text}, nil, 1)
	}
	return r
}

// longs is a vector of one number.
func longs(x int64) *vector.Vector {
	v := vector.NewFlat(types.LongType, 1)
	v.Reset(1)
	vector.Set(v, 0, x)
	return v
}

// TestSortsLookAtTheContext checks that runs are sorted and merged with a look at the context for every few rows, fewer if they
// are long, also where all rows of one run come before those of the other; and that they end when it is done.
func TestSortsLookAtTheContext(t *testing.T) {
	for _, c := range []struct {
		name      string
		a, b      sortRun
		least     int // looks of a merge
		leastSort int // looks of a sort
	}{
		{"one before the other", runOf(100_000, 0, 1, 0), runOf(100_000, 200_000, 1, 0), 200_000 / workPerLook, 100_000 / workPerLook},
		{"one after the other", runOf(100_000, 200_000, 1, 0), runOf(100_000, 0, 1, 0), 200_000 / workPerLook, 100_000 / workPerLook},
		{"long rows", runOf(10, 0, 1, 0), runOf(4_000, 10, 8<<10, 0), 4_000 * workOf(8<<10) / workPerLook, 0},
		{"long keys", runOf(4_000, 0, 1, 8<<10), runOf(4_000, 4_000, 1, 8<<10), 4_000 * workOf(8<<10) / workPerLook, 4_000 * workOf(8<<10) / workPerLook},
	} {
		sorting := &lookedAt{Context: t.Context()}
		if err := c.a.order(sorting); err != nil || sorting.looks < c.leastSort {
			t.Errorf("%s: %d looks while sorting, want %d; %v", c.name, sorting.looks, c.leastSort, err)
		}
		if err := c.b.order(t.Context()); err != nil {
			t.Fatal(err)
		}
		merging := &lookedAt{Context: t.Context()}
		left := sortRun{store: vector.NewStore([]vector.Layout{{Type: types.StringType, Physical: types.PhysicalString}}), keys: bytes.Clone(c.a.keys), entries: c.a.entries}
		if err := appendStore(t.Context(), left.store, c.a.store); err != nil {
			t.Fatal(err)
		}
		all, err := left.merge(merging, &c.b)
		if err != nil || merging.looks < c.least {
			t.Errorf("%s: %d looks while merging, want %d; %v", c.name, merging.looks, c.least, err)
		}
		if len(all.entries) != len(c.a.entries)+len(c.b.entries) || all.store.Len != len(all.entries) {
			t.Errorf("%s: %d entries of %d rows", c.name, len(all.entries), all.store.Len)
		}
		for i := 1; i < len(all.entries); i++ {
			if !all.less(&all.entries[i-1], &all.entries[i]) {
				t.Fatalf("%s: rows %d and %d are out of order", c.name, i-1, i)
			}
		}
		for _, end := range []int{1, merging.looks - 1} {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := c.a.merge(&lookedAt{Context: ctx, end: end}, &c.b); err != context.Canceled {
				t.Errorf("%s: a merge that was to end after %d looks returned %v", c.name, end, err)
			}
		}
	}
}
