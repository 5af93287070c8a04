package kernel

import (
	"math/bits"
	"unsafe"

	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Accumulated is what partial sums of one chunk are kept in.
type Accumulated interface{ int64 | float64 }

// MaxAccumulate is the largest number of columns that Accumulate adds in one pass.
const MaxAccumulate = 8

// Accumulate adds columns to accumulators of their rows' groups in one pass: group g has len(columns)+1 accumulators from
// acc[g*(len(columns)+1)] on, one for each column and then a count of rows. There are at most MaxAccumulate columns.
func Accumulate[T Accumulated](groups []uint32, columns [][]T, sel vector.Selection, n int, acc []T) {
	switch len(columns) {
	case 0:
		accumulate0(groups, sel, n, acc)
	case 1:
		accumulate1(groups, columns, sel, n, acc)
	case 2:
		accumulate2(groups, columns, sel, n, acc)
	case 3:
		accumulate3(groups, columns, sel, n, acc)
	case 4:
		accumulate4(groups, columns, sel, n, acc)
	case 5:
		accumulate5(groups, columns, sel, n, acc)
	case 6:
		accumulate6(groups, columns, sel, n, acc)
	case 7:
		accumulate7(groups, columns, sel, n, acc)
	case 8:
		accumulate8(groups, columns, sel, n, acc)
	default:
		panic("kernel: too many columns in one pass")
	}
}

func accumulate0[T Accumulated](groups []uint32, sel vector.Selection, n int, acc []T) {
	if sel == nil {
		for _, g := range groups[:n] {
			acc[g]++
		}
		return
	}
	for _, i := range sel {
		acc[groups[i]]++
	}
}

func accumulate1[T Accumulated](groups []uint32, columns [][]T, sel vector.Selection, n int, acc []T) {
	groups = groups[:n]
	a := columns[0][:n]
	rows := unsafe.Slice((*[2]T)(unsafe.Pointer(unsafe.SliceData(acc))), len(acc)/2)
	if sel == nil {
		for i, g := range groups {
			r := &rows[g]
			r[0] += a[i]
			r[1]++
		}
		return
	}
	for _, i := range sel {
		r := &rows[groups[i]]
		r[0] += a[i]
		r[1]++
	}
}

func accumulate2[T Accumulated](groups []uint32, columns [][]T, sel vector.Selection, n int, acc []T) {
	groups = groups[:n]
	a, b := columns[0][:n], columns[1][:n]
	rows := unsafe.Slice((*[3]T)(unsafe.Pointer(unsafe.SliceData(acc))), len(acc)/3)
	if sel == nil {
		for i, g := range groups {
			r := &rows[g]
			r[0] += a[i]
			r[1] += b[i]
			r[2]++
		}
		return
	}
	for _, i := range sel {
		r := &rows[groups[i]]
		r[0] += a[i]
		r[1] += b[i]
		r[2]++
	}
}

func accumulate3[T Accumulated](groups []uint32, columns [][]T, sel vector.Selection, n int, acc []T) {
	groups = groups[:n]
	a, b, c := columns[0][:n], columns[1][:n], columns[2][:n]
	rows := unsafe.Slice((*[4]T)(unsafe.Pointer(unsafe.SliceData(acc))), len(acc)/4)
	if sel == nil {
		for i, g := range groups {
			r := &rows[g]
			r[0] += a[i]
			r[1] += b[i]
			r[2] += c[i]
			r[3]++
		}
		return
	}
	for _, i := range sel {
		r := &rows[groups[i]]
		r[0] += a[i]
		r[1] += b[i]
		r[2] += c[i]
		r[3]++
	}
}

func accumulate4[T Accumulated](groups []uint32, columns [][]T, sel vector.Selection, n int, acc []T) {
	groups = groups[:n]
	a, b, c, d := columns[0][:n], columns[1][:n], columns[2][:n], columns[3][:n]
	rows := unsafe.Slice((*[5]T)(unsafe.Pointer(unsafe.SliceData(acc))), len(acc)/5)
	if sel == nil {
		for i, g := range groups {
			r := &rows[g]
			r[0] += a[i]
			r[1] += b[i]
			r[2] += c[i]
			r[3] += d[i]
			r[4]++
		}
		return
	}
	for _, i := range sel {
		r := &rows[groups[i]]
		r[0] += a[i]
		r[1] += b[i]
		r[2] += c[i]
		r[3] += d[i]
		r[4]++
	}
}

func accumulate5[T Accumulated](groups []uint32, columns [][]T, sel vector.Selection, n int, acc []T) {
	groups = groups[:n]
	a, b, c, d, e := columns[0][:n], columns[1][:n], columns[2][:n], columns[3][:n], columns[4][:n]
	rows := unsafe.Slice((*[6]T)(unsafe.Pointer(unsafe.SliceData(acc))), len(acc)/6)
	if sel == nil {
		for i, g := range groups {
			r := &rows[g]
			r[0] += a[i]
			r[1] += b[i]
			r[2] += c[i]
			r[3] += d[i]
			r[4] += e[i]
			r[5]++
		}
		return
	}
	for _, i := range sel {
		r := &rows[groups[i]]
		r[0] += a[i]
		r[1] += b[i]
		r[2] += c[i]
		r[3] += d[i]
		r[4] += e[i]
		r[5]++
	}
}

func accumulate6[T Accumulated](groups []uint32, columns [][]T, sel vector.Selection, n int, acc []T) {
	groups = groups[:n]
	a, b, c := columns[0][:n], columns[1][:n], columns[2][:n]
	d, e, f := columns[3][:n], columns[4][:n], columns[5][:n]
	rows := unsafe.Slice((*[7]T)(unsafe.Pointer(unsafe.SliceData(acc))), len(acc)/7)
	one := func(i int) {
		r := &rows[groups[i]]
		r[0] += a[i]
		r[1] += b[i]
		r[2] += c[i]
		r[3] += d[i]
		r[4] += e[i]
		r[5] += f[i]
		r[6]++
	}
	if sel == nil {
		for i := range groups {
			one(i)
		}
		return
	}
	for _, i := range sel {
		one(int(i))
	}
}

func accumulate7[T Accumulated](groups []uint32, columns [][]T, sel vector.Selection, n int, acc []T) {
	groups = groups[:n]
	a, b, c, d := columns[0][:n], columns[1][:n], columns[2][:n], columns[3][:n]
	e, f, h := columns[4][:n], columns[5][:n], columns[6][:n]
	rows := unsafe.Slice((*[8]T)(unsafe.Pointer(unsafe.SliceData(acc))), len(acc)/8)
	one := func(i int) {
		r := &rows[groups[i]]
		r[0] += a[i]
		r[1] += b[i]
		r[2] += c[i]
		r[3] += d[i]
		r[4] += e[i]
		r[5] += f[i]
		r[6] += h[i]
		r[7]++
	}
	if sel == nil {
		for i := range groups {
			one(i)
		}
		return
	}
	for _, i := range sel {
		one(int(i))
	}
}

func accumulate8[T Accumulated](groups []uint32, columns [][]T, sel vector.Selection, n int, acc []T) {
	groups = groups[:n]
	a, b, c, d := columns[0][:n], columns[1][:n], columns[2][:n], columns[3][:n]
	e, f, h, k := columns[4][:n], columns[5][:n], columns[6][:n], columns[7][:n]
	rows := unsafe.Slice((*[9]T)(unsafe.Pointer(unsafe.SliceData(acc))), len(acc)/9)
	one := func(i int) {
		r := &rows[groups[i]]
		r[0] += a[i]
		r[1] += b[i]
		r[2] += c[i]
		r[3] += d[i]
		r[4] += e[i]
		r[5] += f[i]
		r[6] += h[i]
		r[7] += k[i]
		r[8]++
	}
	if sel == nil {
		for i := range groups {
			one(i)
		}
		return
	}
	for _, i := range sel {
		one(int(i))
	}
}

// Sum adds the rows of a column; for integers the caller has bounded them so that the sum fits.
func Sum[T Accumulated](values []T, sel vector.Selection) (sum T) {
	if sel == nil {
		for _, v := range values {
			sum += v
		}
		return sum
	}
	for _, i := range sel {
		sum += values[i]
	}
	return sum
}

// Magnitude has at least the bits of every |v|: a bound on a chunk's values in one cheap pass.
func Magnitude(values []int64, sel vector.Selection) (m uint64) {
	if sel == nil {
		for _, v := range values {
			m |= uint64(v ^ v>>63)
		}
		return m
	}
	for _, i := range sel {
		v := values[i]
		m |= uint64(v ^ v>>63)
	}
	return m
}

// ZeroNulls writes a with 0 for null rows to out, and 1 for each valid row, 0 for each null one, to count.
func ZeroNulls[A Number, T Accumulated](a []A, valid vector.Bitmap, out, count []T) {
	out, count = out[:len(a)], count[:len(a)]
	for i, v := range a {
		if validBit(valid, i) != 0 {
			out[i], count[i] = T(v), 1
		} else {
			out[i], count[i] = 0, 0
		}
	}
}

// AddInt128 adds v to the sum of size bytes at p, of 128 or 192 bits.
func AddInt128(p unsafe.Pointer, v types.Int128, size int) {
	s := (*types.Int128)(p)
	lo, carry := bits.Add64(s.Lo, v.Lo, 0)
	hi, carry := bits.Add64(uint64(s.Hi), uint64(v.Hi), carry)
	s.Lo, s.Hi = lo, int64(hi)
	if size > 16 {
		*(*int64)(unsafe.Add(p, 16)) += v.Hi>>63 + int64(carry)
	}
}

// MaxGroup is the largest group number of the selected rows.
func MaxGroup(groups []uint32, sel vector.Selection) (m uint32) {
	if sel == nil {
		for _, g := range groups {
			m = max(m, g)
		}
		return m
	}
	for _, i := range sel {
		m = max(m, groups[i])
	}
	return m
}

// SumTarget is a sum state: a sum of Size bytes at Offset of the group's states, and the count of values behind it.
type SumTarget struct {
	Offset, Size int
	Column       int // of the columns of the pass
}

// AddToGroups adds columns to exact sums and counts in place, all states of a row's group at once: for more groups than a
// chunk's own accumulators pay for.
func AddToGroups(base []byte, stride int, groups []uint32, columns [][]int64, targets []SumTarget, sel vector.Selection, n int) {
	start := unsafe.Pointer(unsafe.SliceData(base))
	if len(targets) == 1 && targets[0].Size == 16 {
		addToGroups1(unsafe.Add(start, targets[0].Offset), stride, groups[:n], columns[targets[0].Column], sel)
		return
	}
	one := func(i int) {
		row := unsafe.Add(start, int(groups[i])*stride)
		for _, t := range targets {
			p := unsafe.Add(row, t.Offset)
			AddInt128(p, types.Int128From(columns[t.Column][i]), t.Size)
			*(*int64)(unsafe.Add(p, t.Size))++
		}
	}
	each(sel, n, one)
}

// sum128 is a 128-bit sum with the count of its values.
type sum128 struct {
	lo    uint64
	hi    int64
	count int64
}

func (s *sum128) add(v int64) {
	lo, carry := bits.Add64(s.lo, uint64(v), 0)
	s.lo, s.hi = lo, s.hi+v>>63+int64(carry)
	s.count++
}

func addToGroups1(start unsafe.Pointer, stride int, groups []uint32, values []int64, sel vector.Selection) {
	values = values[:len(groups)]
	if sel == nil {
		for i, g := range groups {
			(*sum128)(unsafe.Add(start, int(g)*stride)).add(values[i])
		}
		return
	}
	for _, i := range sel {
		(*sum128)(unsafe.Add(start, int(groups[i])*stride)).add(values[i])
	}
}

// AddFloatsToGroups is AddToGroups for sums of doubles.
func AddFloatsToGroups(base []byte, stride int, groups []uint32, columns [][]float64, targets []SumTarget, sel vector.Selection, n int) {
	start := unsafe.Pointer(unsafe.SliceData(base))
	each(sel, n, func(i int) {
		row := unsafe.Add(start, int(groups[i])*stride)
		for _, t := range targets {
			p := unsafe.Add(row, t.Offset)
			*(*float64)(p) += columns[t.Column][i]
			*(*int64)(unsafe.Add(p, 8))++
		}
	})
}

// CountToGroups adds 1 to the counts at offset of the groups of the rows.
func CountToGroups(base []byte, stride, offset int, groups []uint32, sel vector.Selection, n int) {
	start := unsafe.Add(unsafe.Pointer(unsafe.SliceData(base)), offset)
	each(sel, n, func(i int) { *(*int64)(unsafe.Add(start, int(groups[i])*stride))++ })
}

// Extreme keeps the smallest (or largest) value of each group: the state is a value of layout W and then a byte that
// says whether there is one. groups nil means the one group 0.
func Extreme[A, W Number](values []A, largest bool, base []byte, stride, offset int, groups []uint32, valid vector.Bitmap, sel vector.Selection) {
	var w W
	size := unsafe.Sizeof(w)
	start := unsafe.Add(unsafe.Pointer(unsafe.SliceData(base)), offset)
	each(sel, len(values), func(i int) {
		if valid != nil && !valid.Get(i) {
			return
		}
		p := start
		if groups != nil {
			p = unsafe.Add(start, int(groups[i])*stride)
		}
		v, held, seen := W(values[i]), (*W)(p), (*uint8)(unsafe.Add(p, size))
		if *seen == 0 || less(v, *held) != largest && v != *held {
			*held, *seen = v, 1
		}
	})
}

// less orders numbers with NaN above all.
func less[W Number](a, b W) bool { return a < b || b != b && a == a }

// Range is the smallest and largest of the selected integers; ok is false for none.
func Range[A Integer](values []A, valid vector.Bitmap, sel vector.Selection) (lo, hi A, ok bool) {
	if sel == nil && valid == nil && len(values) > 0 {
		lo, hi = values[0], values[0]
		for _, v := range values[1:] {
			lo, hi = min(lo, v), max(hi, v)
		}
		return lo, hi, true
	}
	each(sel, len(values), func(i int) {
		if valid != nil && !valid.Get(i) {
			return
		}
		v := values[i]
		if !ok {
			lo, hi, ok = v, v, true
		}
		lo, hi = min(lo, v), max(hi, v)
	})
	return lo, hi, ok
}

// AddSum adds a chunk's sum and its number of values to the sum state at the start of state, whose sum has size bytes.
func AddSum(state []byte, size int, sum, count int64) {
	p := unsafe.Pointer(unsafe.SliceData(state))
	AddInt128(p, types.Int128From(sum), size)
	*(*int64)(unsafe.Add(p, size)) += count
}
