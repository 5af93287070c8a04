package types

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func bigOf(v Int128) *big.Int {
	b := new(big.Int).Lsh(big.NewInt(v.Hi), 64)
	return b.Add(b, new(big.Int).SetUint64(v.Lo))
}

func fromBig(b *big.Int) (Int128, bool) {
	fits := b.BitLen() < 128
	low := new(big.Int).And(b, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
	return Int128{low, new(big.Int).Rsh(b, 64).Int64()}, fits
}

// random128 favours values of all widths and the edges.
func random128(r *rand.Rand) Int128 {
	switch r.IntN(8) {
	case 0:
		return []Int128{{}, Int128From(1), Int128From(-1), MaxInt128, MinInt128, Int128From(math.MaxInt64), Int128From(math.MinInt64),
			{Lo: math.MaxUint64}, {Hi: 1}, {Hi: -1}, pow10[38], pow10[38].Neg(), pow10[19]}[r.IntN(13)]
	case 1:
		return pow10[r.IntN(39)].Sub(Int128From(int64(r.IntN(3)) - 1))
	}
	v := Int128{r.Uint64(), int64(r.Uint64())}
	n := uint(r.IntN(128))
	m := uint128{uint64(v.Hi), v.Lo}.shiftRight(n)
	v = Int128{m.lo, int64(m.hi)}
	if r.IntN(2) == 0 {
		v = v.Neg()
	}
	return v
}

func TestInt128AgainstBig(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 40000 {
		a, b := random128(r), random128(r)
		x, y := bigOf(a), bigOf(b)
		check := func(name string, got Int128, overflow bool, want *big.Int) {
			t.Helper()
			w, _ := fromBig(want)
			fits := want.IsInt64() || want.BitLen() < 128 || bigOf(w).Cmp(want) == 0
			if fits == overflow || fits && got != w {
				t.Fatalf("%v %s %v = %v overflow %v, want %v", x, name, y, bigOf(got), overflow, want)
			}
		}
		sum, o := a.AddOverflow(b)
		check("+", sum, o, new(big.Int).Add(x, y))
		difference, o := a.SubOverflow(b)
		check("-", difference, o, new(big.Int).Sub(x, y))
		product, o := a.Mul(b)
		check("*", product, o, new(big.Int).Mul(x, y))
		if low, _ := fromBig(new(big.Int).Mul(x, y)); a.MulLow(b) != low {
			t.Fatalf("MulLow %v %v", x, y)
		}
		if !b.IsZero() && !(a == MinInt128 && b == Int128From(-1)) {
			q, m := a.DivMod(b)
			wq, wm := new(big.Int).QuoRem(x, y, new(big.Int))
			check("/", q, false, wq)
			check("%", m, false, wm)
		}
		if got := a.String(); got != x.String() {
			t.Fatalf("String %s want %s", got, x)
		}
		if back, ok := ParseInt128(x.String()); !ok || back != a {
			t.Fatalf("Parse %s", x)
		}
		if got := a.Digits(); got != len(new(big.Int).Abs(x).String()) {
			t.Fatalf("Digits(%s) = %d", x, got)
		}
		if want, _ := new(big.Float).SetInt(x).Float64(); a.Float64() != want {
			t.Fatalf("Float64(%s) = %v want %v", x, a.Float64(), want)
		}
	}
}

func TestWideDivision(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 40000 {
		a, b, c := random128(r).magnitude(), random128(r).magnitude(), random128(r).magnitude()
		if c.hi == 0 && c.lo == 0 {
			continue
		}
		x := mulUnsigned(a, b)
		q, m := x.divide(c)
		back := new(big.Int).Mul(big256(q), big256(c.wide()))
		back.Add(back, big256(m.wide()))
		if back.Cmp(big256(x)) != 0 || m.cmp(c) >= 0 {
			t.Fatalf("%v / %v = %v rest %v", big256(x), c, big256(q), m)
		}
	}
}

func big256(x uint256) *big.Int {
	b := new(big.Int)
	for i := 3; i >= 0; i-- {
		b.Lsh(b, 64).Or(b, new(big.Int).SetUint64(x[i]))
	}
	return b
}

func TestInt128FromFloat64(t *testing.T) {
	for _, v := range []float64{0, 1, -1, 1.9, -1.9, 0.5, 1e18, -1e18, 1e30, -1.5e37, math.Ldexp(1, 126), -math.Ldexp(1, 127), 9007199254740993, math.MaxInt64} {
		got, ok := Int128FromFloat64(v)
		want, _ := new(big.Float).SetFloat64(math.Trunc(v)).Int(nil)
		if !ok || bigOf(got).Cmp(want) != 0 {
			t.Errorf("Int128FromFloat64(%v) = %v, %v; want %v", v, got, ok, want)
		}
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Ldexp(1, 127), 1e39} {
		if _, ok := Int128FromFloat64(v); ok {
			t.Errorf("Int128FromFloat64(%v) should fail", v)
		}
	}
}

func TestParseInt128(t *testing.T) {
	for _, text := range []string{"", "-", "+", "1x", "170141183460469231731687303715884105728", "-170141183460469231731687303715884105729", "1.0"} {
		if v, ok := ParseInt128(text); ok {
			t.Errorf("ParseInt128(%q) = %v", text, v)
		}
	}
	if v, ok := ParseInt128("+12"); !ok || v != Int128From(12) {
		t.Error("sign")
	}
}

func BenchmarkDecimalMultiply38(b *testing.B) {
	x, y := pow10[30].Sub(Int128From(7)), pow10[20].Add(Int128From(3))
	for b.Loop() {
		DecimalMultiply(x, y, 20, 6, 38)
	}
}

func BenchmarkDecimalDivide(b *testing.B) {
	x, y := Int128From(123456789012345), Int128From(98765)
	for b.Loop() {
		DecimalDivide(x, y, 2, 2, 13, 38)
	}
}
