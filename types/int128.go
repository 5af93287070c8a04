package types

import "math/bits"

// Int128 is a signed 128-bit integer in two's complement: the unscaled value of a wide decimal.
// Lo comes first in memory, which makes it Arrow's decimal128 layout on little-endian machines.
type Int128 struct {
	Lo uint64
	Hi int64
}

// Int128From widens a 64-bit integer.
func Int128From(v int64) Int128 { return Int128{uint64(v), v >> 63} }

// Add returns a+b, wrapping.
func (a Int128) Add(b Int128) Int128 {
	lo, carry := bits.Add64(a.Lo, b.Lo, 0)
	return Int128{lo, a.Hi + b.Hi + int64(carry)}
}

// Sub returns a-b, wrapping.
func (a Int128) Sub(b Int128) Int128 {
	lo, borrow := bits.Sub64(a.Lo, b.Lo, 0)
	return Int128{lo, a.Hi - b.Hi - int64(borrow)}
}

// Neg returns -a, wrapping.
func (a Int128) Neg() Int128 { return Int128{}.Sub(a) }

// Sign is -1, 0 or 1.
func (a Int128) Sign() int {
	switch {
	case a.Hi < 0:
		return -1
	case a.Hi == 0 && a.Lo == 0:
		return 0
	}
	return 1
}

// Cmp is -1, 0 or 1 as a is below, equal to or above b.
func (a Int128) Cmp(b Int128) int {
	switch {
	case a.Hi < b.Hi, a.Hi == b.Hi && a.Lo < b.Lo:
		return -1
	case a == b:
		return 0
	}
	return 1
}

// IsInt64 reports whether a fits a signed 64-bit integer.
func (a Int128) IsInt64() bool { return a.Hi == int64(a.Lo)>>63 }

// Int64 truncates a to 64 bits.
func (a Int128) Int64() int64 { return int64(a.Lo) }
