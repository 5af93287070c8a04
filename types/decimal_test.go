package types

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func decimal(t *testing.T, text string) Type {
	t.Helper()
	d, err := Parse("decimal" + text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDecimalResultTypes(t *testing.T) {
	cases := []struct{ a, b, add, multiply, divide, remainder, wider string }{
		{"(10,2)", "(5,3)", "(12,3)", "(16,5)", "(19,8)", "(5,3)", "(11,3)"},
		{"(38,0)", "(38,10)", "(38,6)", "(38,6)", "(38,6)", "(38,10)", "(38,0)"},
		{"(38,38)", "(38,38)", "(38,37)", "(38,37)", "(38,6)", "(38,38)", "(38,38)"},
		{"(38,18)", "(38,18)", "(38,17)", "(38,6)", "(38,6)", "(38,18)", "(38,18)"},
		{"(15,2)", "(15,2)", "(16,2)", "(31,4)", "(33,18)", "(15,2)", "(15,2)"},
		{"(10,0)", "(20,0)", "(21,0)", "(31,0)", "(31,21)", "(10,0)", "(20,0)"},
	}
	for _, c := range cases {
		a, b := decimal(t, c.a), decimal(t, c.b)
		for _, r := range []struct {
			name, want string
			got        Type
		}{{"+", c.add, DecimalAddType(a, b)}, {"*", c.multiply, DecimalMultiplyType(a, b)}, {"/", c.divide, DecimalDivideType(a, b)},
			{"%", c.remainder, DecimalRemainderType(a, b)}, {"wider", c.wider, WiderDecimal(a, b)}} {
			if r.got.String() != "decimal"+r.want {
				t.Errorf("%s %s %s = %v, want %s", c.a, r.name, c.b, r.got, r.want)
			}
		}
	}
	if got := DecimalSumType(DecimalType(33, 2)).String(); got != "decimal(38,2)" {
		t.Error("sum", got)
	}
	if got := DecimalAverageType(DecimalType(15, 2)).String(); got != "decimal(19,6)" {
		t.Error("avg", got)
	}
	if got := DecimalForIntegerLiteral(-120).String(); got != "decimal(3,0)" {
		t.Error("literal", got)
	}
	if got := DecimalForLiteral(Int128From(5), 3).String(); got != "decimal(3,3)" {
		t.Error("literal", got)
	}
}

// halfUp rounds n/d half up, both positive or n negative.
func halfUp(n, d *big.Int) *big.Int {
	twice := new(big.Int).Mul(new(big.Int).Abs(n), big.NewInt(2))
	twice.Add(twice, d).Quo(twice, new(big.Int).Mul(d, big.NewInt(2)))
	if n.Sign() < 0 {
		twice.Neg(twice)
	}
	return twice
}

func tenTo(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

func randomDecimal(r *rand.Rand, precision int) Int128 {
	for {
		if v := random128(r); v.FitsPrecision(precision) {
			return v
		}
	}
}

func TestDecimalArithmeticAgainstBig(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 30000 {
		p1, p2 := 1+r.IntN(38), 1+r.IntN(38)
		a, b := DecimalType(p1, r.IntN(p1+1)), DecimalType(p2, r.IntN(p2+1))
		x, y := randomDecimal(r, p1), randomDecimal(r, p2)
		check := func(name string, result Type, got Int128, ok bool, want *big.Int) {
			t.Helper()
			fits := new(big.Int).Abs(want).Cmp(tenTo(int(result.Precision))) < 0
			if ok != fits || ok && bigOf(got).Cmp(want) != 0 {
				t.Fatalf("%v as %v %s %v as %v → %v: got %v %v, want %v", x, a, name, y, b, result, got, ok, want)
			}
		}
		result := DecimalMultiplyType(a, b)
		product := new(big.Int).Mul(bigOf(x), bigOf(y))
		scale := int(a.Scale + b.Scale)
		exact := new(big.Int).Set(product)
		if drop := scale - int(result.Scale); drop >= 0 {
			exact = halfUp(exact, tenTo(drop))
		} else {
			exact.Mul(exact, tenTo(-drop))
		}
		got, ok := DecimalMultiply(x, y, int(a.Scale+b.Scale), int(result.Scale), int(result.Precision))
		check("*", result, got, ok, exact)
		result = DecimalAddType(a, b)
		at := max(a.Scale, b.Scale)
		total := new(big.Int).Mul(bigOf(x), tenTo(int(at-a.Scale)))
		total.Add(total, new(big.Int).Mul(bigOf(y), tenTo(int(at-b.Scale))))
		got, ok = DecimalAdd(x, y, int(a.Scale), int(b.Scale), int(result.Scale), int(result.Precision))
		check("+", result, got, ok, halfUp(total, tenTo(int(at-result.Scale))))
		if y.IsZero() {
			continue
		}
		result = DecimalDivideType(a, b)
		n, d := new(big.Int).Mul(bigOf(x), tenTo(int(b.Scale+result.Scale))), new(big.Int).Mul(bigOf(y), tenTo(int(a.Scale)))
		if d.Sign() < 0 {
			n.Neg(n)
			d.Neg(d)
		}
		quotient := halfUp(n, d)
		got, ok = DecimalDivide(x, y, int(a.Scale), int(b.Scale), int(result.Scale), int(result.Precision))
		check("/", result, got, ok, quotient)

		common := max(a.Scale, b.Scale)
		u, v := new(big.Int).Mul(bigOf(x), tenTo(int(common-a.Scale))), new(big.Int).Mul(bigOf(y), tenTo(int(common-b.Scale)))
		got, ok = DecimalIntegralDivide(x, y, int(a.Scale), int(b.Scale))
		if whole := new(big.Int).Quo(u, v); ok && bigOf(got).Cmp(whole) != 0 || !ok && whole.BitLen() < 127 {
			t.Fatalf("%v div %v: %v %v want %v", u, v, got, ok, whole)
		}
		got, ok = DecimalRemainder(x, y, int(a.Scale), int(b.Scale), int(common), 38)
		if rest := new(big.Int).Rem(u, v); ok && bigOf(got).Cmp(rest) != 0 || !ok && rest.BitLen() < 126 {
			t.Fatalf("%v %% %v: %v %v want %v", u, v, got, ok, rest)
		}
	}
}

func TestRescale(t *testing.T) {
	cases := []struct {
		v                   int64
		from, to, precision int
		want                int64
		ok                  bool
	}{
		{125, 2, 1, 18, 13, true}, {-125, 2, 1, 18, -13, true}, {124, 2, 1, 18, 12, true}, {5, 1, 0, 18, 1, true}, {4, 1, 0, 18, 0, true},
		{1, 0, 18, 19, 1e18, true}, {1, 0, 2, 2, 100, false}, {999, 1, 0, 2, 100, false}, {10, 0, 19, 18, 0, false}, {0, 0, 30, 1, 0, true},
		{math.MaxInt64, 19, 0, 18, 1, true}, {-5e18, 19, 0, 18, -1, true}, {4e18, 19, 0, 18, 0, true}, {math.MaxInt64, 25, 0, 18, 0, true},
	}
	for _, c := range cases {
		got, ok := RescaleInt64(c.v, c.from, c.to, c.precision)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("RescaleInt64(%v) = %d %v", c, got, ok)
		}
		wide, ok := Rescale(Int128From(c.v), c.from, c.to, c.precision)
		if ok != c.ok || ok && wide != Int128From(c.want) {
			t.Errorf("Rescale(%v) = %v %v", c, wide, ok)
		}
	}
}

func TestDecimalText(t *testing.T) {
	cases := []struct {
		text             string
		precision, scale int
		want             string
		status           TextStatus
	}{
		{"1.50", 10, 2, "1.50", TextOK}, {" -1.505 ", 10, 2, "-1.51", TextOK}, {"1e3", 10, 1, "1000.0", TextOK}, {".5", 3, 0, "1", TextOK},
		{"5.", 3, 0, "5", TextOK}, {"0.4999999999999999999999999999999999999999999999", 3, 0, "0", TextOK},
		{"1E-2", 3, 2, "0.01", TextOK}, {"99.995", 4, 2, "", TextOverflow}, {"1e40", 38, 0, "", TextOverflow}, {"1e-400000", 38, 10, "0.0000000000", TextOK},
		{"0e999999", 5, 2, "0.00", TextOK}, {"12345678901234567890123456789012345678", 38, 0, "12345678901234567890123456789012345678", TextOK},
		{"99999999999999999999999999999999999999.5", 38, 0, "", TextOverflow}, {"", 5, 2, "", TextMalformed}, {".", 5, 2, "", TextMalformed},
		{"1.2.3", 5, 2, "", TextMalformed}, {"1e", 5, 2, "", TextMalformed}, {"1 2", 5, 2, "", TextMalformed}, {"1d", 5, 2, "", TextMalformed},
		{"1e99999999999", 5, 2, "", TextMalformed}, {"--1", 5, 2, "", TextMalformed}, {"000000000000000000000000000000000000000000001", 5, 0, "1", TextOK},
	}
	for _, c := range cases {
		v, status := ParseDecimalAs(c.text, c.precision, c.scale)
		if status != c.status || status == TextOK && FormatDecimal(v, c.scale) != c.want {
			t.Errorf("ParseDecimalAs(%q, %d, %d) = %s, %v", c.text, c.precision, c.scale, FormatDecimal(v, c.scale), status)
		}
	}
	for _, c := range []struct {
		text  string
		scale int
		want  string
	}{{"1.50", 2, "150"}, {"1E3", 0, "1000"}, {"1.5E-3", 4, "15"}, {"0.00", 2, "0"}, {"-0.001", 3, "-1"}} {
		v, scale, status := ParseDecimal(c.text)
		if status != TextOK || scale != c.scale || v.String() != c.want {
			t.Errorf("ParseDecimal(%q) = %v, %d, %v", c.text, v, scale, status)
		}
	}
}

func TestAppendDecimal(t *testing.T) {
	for _, c := range []struct {
		v                 Int128
		scale             int
		plain, scientific string
	}{
		{Int128From(0), 0, "0", "0"}, {Int128From(0), 2, "0.00", "0.00"}, {Int128From(-5), 2, "-0.05", "-0.05"}, {Int128From(12345), 2, "123.45", "123.45"},
		{Int128From(1), 7, "0.0000001", "1E-7"}, {Int128From(-123), 12, "-0.000000000123", "-1.23E-10"}, {Int128From(0), 7, "0.0000000", "0E-7"},
		{pow10[38].Sub(Int128From(1)), 38, "0.99999999999999999999999999999999999999", "0.99999999999999999999999999999999999999"},
		{pow10[38].Sub(Int128From(1)).Neg(), 0, "-99999999999999999999999999999999999999", "-99999999999999999999999999999999999999"},
		{pow10[20], 10, "10000000000.0000000000", "10000000000.0000000000"}, {Int128From(math.MinInt64), 1, "-922337203685477580.8", "-922337203685477580.8"},
	} {
		if got := FormatDecimal(c.v, c.scale); got != c.plain {
			t.Errorf("plain %s want %s", got, c.plain)
		}
		if got := string(AppendDecimalScientific(nil, c.v, c.scale)); got != c.scientific {
			t.Errorf("scientific %s want %s", got, c.scientific)
		}
	}
}

func TestDecimalFloats(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 20000 {
		v, scale := randomDecimal(r, 38), r.IntN(39)
		exact := new(big.Rat).SetFrac(bigOf(v), tenTo(scale))
		want, _ := exact.Float64()
		if got := DecimalToFloat64(v, scale); got != want {
			t.Fatalf("DecimalToFloat64(%v, %d) = %v, want %v", v, scale, got, want)
		}
		want32, _ := exact.Float32()
		if got := DecimalToFloat32(v, scale); got != want32 {
			t.Fatalf("DecimalToFloat32(%v, %d) = %v, want %v", v, scale, got, want32)
		}
	}
	for _, c := range []struct {
		v                float64
		precision, scale int
		want             string
	}{{0.1, 10, 2, "0.10"}, {1.005, 10, 2, "1.01"}, {2.5, 10, 0, "3"}, {-2.5, 10, 0, "-3"}, {1e20, 38, 2, "100000000000000000000.00"}, {123.456, 4, 2, ""}, {math.NaN(), 10, 2, ""}} {
		v, ok := DecimalFromFloat64(c.v, c.precision, c.scale)
		if ok != (c.want != "") || ok && FormatDecimal(v, c.scale) != c.want {
			t.Errorf("DecimalFromFloat64(%v) = %v %v", c.v, FormatDecimal(v, c.scale), ok)
		}
	}
	if v, _ := DecimalFromFloat32(0.1, 20, 17); FormatDecimal(v, 17) != "0.10000000149011612" {
		t.Error("float", v)
	}
}
