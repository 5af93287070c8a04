package kernel

import (
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Selection kernels write the rows that pass into out, which has room for all rows, and return how many there are.
// They store every candidate and advance only for those that pass: no branch depends on the data. A null row never passes.

// SelectRange selects rows with lo ≤ v ≤ hi, or outside of it if not is set. Every comparison of an integer with a
// constant is one of these.
func SelectRange[T Integer](v []T, lo, hi int64, not bool, valid vector.Bitmap, in vector.Selection, out []uint16) int {
	k := 0
	width := uint64(hi) - uint64(lo)
	flip := bit(not)
	switch {
	case in == nil && valid == nil:
		out = out[:len(v)]
		for i, x := range v {
			out[k] = uint16(i)
			k += bit(uint64(int64(x))-uint64(lo) <= width) ^ flip
		}
	case in == nil:
		out = out[:len(v)]
		for i, x := range v {
			out[k] = uint16(i)
			k += (bit(uint64(int64(x))-uint64(lo) <= width) ^ flip) & validBit(valid, i)
		}
	case valid == nil:
		for _, i := range in {
			out[k] = i
			k += bit(uint64(int64(v[i]))-uint64(lo) <= width) ^ flip
		}
	default:
		for _, i := range in {
			out[k] = i
			k += (bit(uint64(int64(v[i]))-uint64(lo) <= width) ^ flip) & validBit(valid, int(i))
		}
	}
	return k
}

// Comparison is the test of the comparing kernels; > and >= are their flips.
type Comparison uint8

// The comparisons.
const (
	Equal Comparison = iota
	NotEqual
	Less
	LessOrEqual
)

// String is the comparison's name in a program listing.
func (c Comparison) String() string { return [...]string{"eq", "ne", "lt", "le"}[c] }

// SelectIntegers selects rows with a op b.
func SelectIntegers[A, B Integer](op Comparison, a []A, b []B, valid vector.Bitmap, in vector.Selection, out []uint16) int {
	k := 0
	b = b[:len(a)]
	if in == nil && valid == nil {
		out = out[:len(a)]
		switch op {
		case Equal, NotEqual:
			flip := bit(op == NotEqual)
			for i, x := range a {
				out[k] = uint16(i)
				k += bit(int64(x) == int64(b[i])) ^ flip
			}
		case Less:
			for i, x := range a {
				out[k] = uint16(i)
				k += bit(int64(x) < int64(b[i]))
			}
		case LessOrEqual:
			for i, x := range a {
				out[k] = uint16(i)
				k += bit(int64(x) <= int64(b[i]))
			}
		}
		return k
	}
	if in != nil && valid == nil {
		return selectIntegersFrom(op, a, b, in, out)
	}
	return selectWhere(len(a), valid, in, out, func(i int) bool { return compareOrdered(op, int64(a[i]), int64(b[i])) })
}

func selectIntegersFrom[A, B Integer](op Comparison, a []A, b []B, in vector.Selection, out []uint16) int {
	k := 0
	switch op {
	case Equal, NotEqual:
		flip := bit(op == NotEqual)
		for _, i := range in {
			out[k] = i
			k += bit(int64(a[i]) == int64(b[i])) ^ flip
		}
	case Less:
		for _, i := range in {
			out[k] = i
			k += bit(int64(a[i]) < int64(b[i]))
		}
	case LessOrEqual:
		for _, i := range in {
			out[k] = i
			k += bit(int64(a[i]) <= int64(b[i]))
		}
	}
	return k
}

func compareOrdered(op Comparison, a, b int64) bool {
	switch op {
	case Equal:
		return a == b
	case NotEqual:
		return a != b
	case Less:
		return a < b
	}
	return a <= b
}

// Holds reports whether a three-way result satisfies op.
func (c Comparison) Holds(order int) bool {
	switch c {
	case Equal:
		return order == 0
	case NotEqual:
		return order != 0
	case Less:
		return order < 0
	}
	return order <= 0
}

// selectWhere is the general loop.
func selectWhere(n int, valid vector.Bitmap, in vector.Selection, out []uint16, test func(i int) bool) int {
	k := 0
	one := func(i int) {
		if valid == nil || valid.Get(i) {
			out[k] = uint16(i)
			k += bit(test(i))
		}
	}
	each(in, n, one)
	return k
}

// SelectWhere selects the valid rows for which test holds; for tests that dwarf a call.
func SelectWhere(n int, valid vector.Bitmap, in vector.Selection, out []uint16, test func(i int) bool) int {
	return selectWhere(n, valid, in, out, test)
}

// SelectFloats selects rows with a op b.
func SelectFloats[T Float](op Comparison, a, b []T, valid vector.Bitmap, in vector.Selection, out []uint16) int {
	return selectWhere(len(a), valid, in, out, func(i int) bool { return op.Holds(types.CompareDouble(float64(a[i]), float64(b[i]))) })
}

// SelectFloatConstant selects rows with a op c, or those without if not is set, for a c that is not NaN. NaN is above c.
// Every test is made of x < c and x = c, so that one loop with flags does for all.
func SelectFloatConstant[T Float](op Comparison, not bool, a []T, c T, valid vector.Bitmap, in vector.Selection, out []uint16) int {
	less, equal, flip := bit(op == Less || op == LessOrEqual), bit(op != Less), bit(op == NotEqual)^bit(not)
	k := 0
	switch {
	case in == nil && valid == nil:
		out = out[:len(a)]
		for i, x := range a {
			out[k] = uint16(i)
			k += (bit(x < c)&less | bit(x == c)&equal) ^ flip
		}
	case in == nil:
		for i, x := range a {
			out[k] = uint16(i)
			k += ((bit(x < c)&less | bit(x == c)&equal) ^ flip) & validBit(valid, i)
		}
	case valid == nil:
		for _, i := range in {
			out[k] = i
			k += (bit(a[i] < c)&less | bit(a[i] == c)&equal) ^ flip
		}
	default:
		for _, i := range in {
			out[k] = i
			k += ((bit(a[i] < c)&less | bit(a[i] == c)&equal) ^ flip) & validBit(valid, int(i))
		}
	}
	return k
}

// SelectInt128 selects rows with a op b; a constant is given as one value in b.
func SelectInt128(op Comparison, a, b []types.Int128, valid vector.Bitmap, in vector.Selection, out []uint16) int {
	step := bit(len(b) > 1 || len(a) == 1)
	return selectWhere(len(a), valid, in, out, func(i int) bool { return op.Holds(a[i].Cmp(b[i*step])) })
}

// SelectTrue selects rows whose boolean is want (0 or 1).
func SelectTrue(v []uint8, want uint8, valid vector.Bitmap, in vector.Selection, out []uint16) int {
	k := 0
	flip := int(1 - want)
	switch {
	case in == nil && valid == nil:
		out = out[:len(v)]
		for i, x := range v {
			out[k] = uint16(i)
			k += int(x&1) ^ flip
		}
	case in == nil:
		for i, x := range v {
			out[k] = uint16(i)
			k += (int(x&1) ^ flip) & validBit(valid, i)
		}
	case valid == nil:
		for _, i := range in {
			out[k] = i
			k += int(v[i]&1) ^ flip
		}
	default:
		for _, i := range in {
			out[k] = i
			k += (int(v[i]&1) ^ flip) & validBit(valid, int(i))
		}
	}
	return k
}

// SelectValid selects rows that are valid (want 1) or null (want 0).
func SelectValid(valid vector.Bitmap, want int, n int, in vector.Selection, out []uint16) int {
	k := 0
	flip := 1 - want
	if in == nil {
		for i := range n {
			out[k] = uint16(i)
			k += validBit(valid, i) ^ flip
		}
		return k
	}
	for _, i := range in {
		out[k] = i
		k += validBit(valid, int(i)) ^ flip
	}
	return k
}

// Difference writes the rows of a (all of n if nil) that are not in b, a subset of a.
func Difference(a, b vector.Selection, n int, out []uint16) int {
	k, j := 0, 0
	if a == nil {
		next := 0
		for _, r := range b {
			for ; next < int(r); next++ {
				out[k] = uint16(next)
				k++
			}
			next = int(r) + 1
		}
		for ; next < n; next++ {
			out[k] = uint16(next)
			k++
		}
		return k
	}
	for _, r := range a {
		if j < len(b) && b[j] == r {
			j++
			continue
		}
		out[k] = r
		k++
	}
	return k
}

// Union merges two disjoint selections.
func Union(a, b vector.Selection, out []uint16) int {
	k, i, j := 0, 0, 0
	for i < len(a) && j < len(b) {
		x, y := a[i], b[j]
		out[k] = min(x, y)
		k++
		i += bit(x < y)
		j += bit(y < x)
	}
	k += copy(out[k:], a[i:])
	k += copy(out[k:], b[j:])
	return k
}
