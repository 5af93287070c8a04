package types

import (
	"math"
	"math/rand/v2"
	"testing"
)

// overflowInJava are values whose last digit Java gets wrong by an overflow of its own.
var overflowInJava = map[string]bool{"5.992826490196753e+25": true}

func TestFloatsAsSpark(t *testing.T) {
	for _, row := range readRows(t, "floats.txt") {
		var got string
		if row[0] == "double" {
			v, _ := ParseDouble(row[1])
			got = string(AppendDouble(nil, v))
		} else {
			v, _ := ParseFloat(row[1])
			got = string(AppendFloat(nil, v))
		}
		if got != row[2] && !overflowInJava[row[1]] {
			t.Errorf("%s %s: %s, want %s", row[0], row[1], got, row[2])
		}
	}
}

// Whatever the digits, they must read back as the same value.
func TestFloatsReadBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 50000 {
		v := math.Float64frombits(r.Uint64())
		if got, ok := ParseDouble(string(AppendDouble(nil, v))); !ok || got != v && v == v {
			t.Fatalf("%g came back as %g", v, got)
		}
		w := math.Float32frombits(r.Uint32())
		if got, ok := ParseFloat(string(AppendFloat(nil, w))); !ok || got != w && w == w {
			t.Fatalf("%g came back as %g", w, got)
		}
		n := float64(r.Uint64() >> r.IntN(12))
		if got, _ := ParseDouble(string(AppendDouble(nil, n))); got != n {
			t.Fatalf("%g came back as %g", n, got)
		}
	}
}
