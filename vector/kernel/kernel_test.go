package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// selections are nil and a few random ones over n rows.
func selections(r *rand.Rand, n int) []vector.Selection {
	out := []vector.Selection{nil, {}}
	for _, share := range []float64{0.1, 0.6} {
		s := vector.Selection{}
		for i := range n {
			if r.Float64() < share {
				s = append(s, uint16(i))
			}
		}
		out = append(out, s)
	}
	return out
}

func rowsOf(sel vector.Selection, n int) []uint16 {
	if sel != nil {
		return sel
	}
	all := make([]uint16, n)
	for i := range all {
		all[i] = uint16(i)
	}
	return all
}

func TestSelectRange(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const n = 200
	values := make([]int8, n)
	valid := vector.NewBitmap(n)
	for i := range values {
		values[i] = int8(r.IntN(256) - 128)
		valid.Put(i, r.IntN(3) > 0)
	}
	for _, in := range selections(r, n) {
		for _, bits := range []vector.Bitmap{nil, valid} {
			for _, iv := range [][2]int64{{-10, 10}, {math.MinInt64, 5}, {100, math.MaxInt64}, {1000, 2000}} {
				for _, not := range []bool{false, true} {
					out := make([]uint16, n)
					got := out[:SelectRange(values, iv[0], iv[1], not, bits, in, out)]
					var want []uint16
					for _, i := range rowsOf(in, n) {
						v := int64(values[i])
						if (bits == nil || bits.Get(int(i))) && (v >= iv[0] && v <= iv[1]) != not {
							want = append(want, i)
						}
					}
					if !slices.Equal(got, want) {
						t.Fatalf("%v not %v: %v, want %v", iv, not, got, want)
					}
				}
			}
		}
	}
}

func TestSelectionSets(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	const n = 50
	for range 100 {
		for _, all := range selections(r, n) {
			var part, rest []uint16
			for _, i := range rowsOf(all, n) {
				if r.IntN(2) == 0 {
					part = append(part, i)
				} else {
					rest = append(rest, i)
				}
			}
			out := make([]uint16, n)
			if got := out[:Difference(all, part, n, out)]; !slices.Equal(got, rest) {
				t.Fatalf("difference %v, want %v", got, rest)
			}
			if got := out[:Union(part, rest, out)]; !slices.Equal(got, rowsOf(all, n)) {
				t.Fatalf("union %v, want %v", got, all)
			}
		}
	}
}

func TestCheckedArithmetic(t *testing.T) {
	edges := []int64{0, 1, -1, 2, -2, math.MaxInt64, math.MinInt64, math.MaxInt32, math.MinInt32, 1 << 40, -1 << 40}
	for _, op := range []Operator{Add, Subtract, Multiply, ReverseSubtract} {
		for _, x := range edges {
			for _, y := range edges {
				a, b := types.Int128From(x), types.Int128From(y)
				var exact types.Int128
				switch op {
				case Add:
					exact = a.Add(b)
				case Subtract:
					exact = a.Sub(b)
				case ReverseSubtract:
					exact = b.Sub(a)
				default:
					exact = types.MulInt64(x, y)
				}
				out := make([]int64, 1)
				bad := ArithmeticChecked(op, []int64{x}, []int64{y}, math.MinInt64, math.MaxInt64, nil, out)
				if bad == exact.IsInt64() || !bad && out[0] != exact.Int64() {
					t.Errorf("%d %s %d = %d, overflow %v", x, op, y, out[0], bad)
				}
				if _, one := CheckedOne(op, x, y, math.MinInt64, math.MaxInt64); one != bad {
					t.Errorf("%d %s %d: one by one says %v", x, op, y, one)
				}
				narrow := ArithmeticConstantChecked(op, []int64{x}, y, -1000, 1000, nil, out)
				if want := !exact.IsInt64() || exact.Int64() < -1000 || exact.Int64() > 1000; narrow != want {
					t.Errorf("%d %s %d leaves [-1000, 1000]: %v", x, op, y, narrow)
				}
			}
		}
	}
}

func TestGatherEncodings(t *testing.T) {
	flat := vector.NewFlat(types.StringType, 4)
	flat.Reset(4)
	for i, s := range []any{"a", nil, "a string that is long enough", "d"} {
		SetValue(flat, i, s)
	}
	codes := vector.NewFlat(types.StringType, 0)
	copy(codes.SetDictionary(&vector.Dict{ID: 1, Values: flat}, 3), []int32{2, 1, 0})
	constant := vector.NewFlat(types.StringType, 1)
	constant.Reset(1)
	SetValue(constant, 0, "c")
	constant.SetConstant(5)
	for _, c := range []struct {
		src  *vector.Vector
		from []int32
		want []any
	}{
		{flat, []int32{3, -1, 2, 1}, []any{"d", nil, "a string that is long enough", nil}},
		{codes, []int32{2, 0, -1}, []any{"a", "a string that is long enough", nil}},
		{constant, []int32{4, -1, 0}, []any{"c", nil, "c"}},
	} {
		out := vector.NewFlat(types.StringType, 0)
		Gather(c.src, c.from, nil, out)
		for i, w := range c.want {
			if got := Value(out, i); got != w {
				t.Errorf("encoding %d row %d: %v, want %v", c.src.Encoding, i, got, w)
			}
		}
		again := vector.NewFlat(types.StringType, 0)
		Flatten(out, nil, again)
		for i, w := range c.want {
			if got := Value(again, i); got != w {
				t.Errorf("flat form of encoding %d row %d: %v, want %v", c.src.Encoding, i, got, w)
			}
		}
	}
}
