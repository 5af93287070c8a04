// Package kernel holds the loops that programs are made of: arithmetic, comparison, selection, gathering and
// accumulation over slices of values, instantiated for each physical type. A kernel knows nothing of expressions.
//
// Kernels take a selection: with nil they work on rows 0 … n-1 densely, else on the selected rows only. Results stand
// at the row's own index; rows outside the selection are left unspecified. Where a row's value may be anything (null
// or unselected rows), kernels for fixed-width types never fail on it.
package kernel

import (
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Integer is the integer layouts of up to 64 bits.
type Integer interface {
	int8 | int16 | int32 | int64
}

// Float is the floating layouts.
type Float interface{ float32 | float64 }

// Number is every layout that Go's own arithmetic covers.
type Number interface{ Integer | Float }

// Fixed is every layout of fixed width that is copied by value.
type Fixed interface {
	uint8 | int8 | int16 | int32 | int64 | float32 | float64 | types.Int128 | types.Interval | vector.View | vector.List
}

// bit is 1 for true, without a branch.
func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// DenseShare decides between a loop over all rows and one over the selected rows: infallible kernels go dense when at
// least half of the rows are selected, since sequential access is about twice as fast.
func DenseShare(sel vector.Selection, n int) vector.Selection {
	if 2*len(sel) >= n {
		return nil
	}
	return sel
}

// validBit is 1 if row i is valid.
func validBit(valid vector.Bitmap, i int) int { return int(valid[uint(i)>>6] >> (uint(i) & 63) & 1) }
