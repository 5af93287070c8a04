package kernel

import "github.com/kilnql/kiln/vector"

// MultiplyOffset computes out = x * (c + s*y), where s is 1 or -1: the x*(c-y) and x*(c+y) of discounts and taxes.
func MultiplyOffset[A, B, R Integer](x []A, c R, y []B, negative bool, sel vector.Selection, out []R) {
	y, out = y[:len(x)], out[:len(x)]
	switch {
	case sel != nil && negative:
		for _, i := range sel {
			out[i] = R(x[i]) * (c - R(y[i]))
		}
	case sel != nil:
		for _, i := range sel {
			out[i] = R(x[i]) * (c + R(y[i]))
		}
	case negative:
		for i, v := range x {
			out[i] = R(v) * (c - R(y[i]))
		}
	default:
		for i, v := range x {
			out[i] = R(v) * (c + R(y[i]))
		}
	}
}

// MultiplyOffsetFloat is MultiplyOffset on floats, rounding after each step as the plain kernels do.
func MultiplyOffsetFloat[T Float](x []T, c T, y []T, negative bool, sel vector.Selection, out []T) {
	y, out = y[:len(x)], out[:len(x)]
	switch {
	case sel != nil && negative:
		for _, i := range sel {
			out[i] = x[i] * (c - y[i])
		}
	case sel != nil:
		for _, i := range sel {
			out[i] = x[i] * (c + y[i])
		}
	case negative:
		for i, v := range x {
			out[i] = v * (c - y[i])
		}
	default:
		for i, v := range x {
			out[i] = v * (c + y[i])
		}
	}
}

// CaseRange computes out = a where lo ≤ x ≤ hi (or outside, if not is set), else b. A null x counts as no.
func CaseRange[T Integer, R Fixed](x []T, lo, hi int64, not bool, valid vector.Bitmap, a, b []R, out []R) {
	a, b, out = a[:len(x)], b[:len(x)], out[:len(x)]
	width := uint64(hi) - uint64(lo)
	if valid == nil {
		for i, v := range x {
			r := b[i]
			if (uint64(int64(v))-uint64(lo) <= width) != not {
				r = a[i]
			}
			out[i] = r
		}
		return
	}
	for i, v := range x {
		r := b[i]
		if (uint64(int64(v))-uint64(lo) <= width) != not && valid.Get(i) {
			r = a[i]
		}
		out[i] = r
	}
}

// SumProduct adds a*b over the rows; the caller has proven that no partial sum overflows.
func SumProduct[A, B Integer](a []A, b []B, sel vector.Selection) (sum int64) {
	b = b[:len(a)]
	if sel != nil {
		for _, i := range sel {
			sum += int64(a[i]) * int64(b[i])
		}
		return sum
	}
	for i, x := range a {
		sum += int64(x) * int64(b[i])
	}
	return sum
}
