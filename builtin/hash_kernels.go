package builtin

import (
	bin "encoding/binary"
	"math"
	"math/bits"

	"github.com/kilnql/kiln/types"
)

// floatBits and doubleBits are the bits that are hashed: one zero and one NaN.
func floatBits(x float32) uint32 {
	switch {
	case x == 0:
		return 0
	case x != x:
		return 0x7FC00000
	}
	return math.Float32bits(x)
}

func doubleBits(x float64) uint64 {
	switch {
	case x == 0:
		return 0
	case x != x:
		return 0x7FF8000000000000
	}
	return math.Float64bits(x)
}

// appendBigEndian writes v in two's complement with as few bytes as keep its sign, as Java's BigInteger does.
func appendBigEndian(dst []byte, v types.Int128) []byte {
	start := len(dst)
	dst = bin.BigEndian.AppendUint64(bin.BigEndian.AppendUint64(dst, uint64(v.Hi)), v.Lo)
	b := dst[start:]
	sign := byte(v.Hi >> 63)
	skip := 0
	for skip < len(b)-1 && b[skip] == sign && (b[skip+1]^sign) < 0x80 {
		skip++
	}
	return append(dst[:start], b[skip:]...)
}

// murmurHash is Murmur3_x86_32 as Spark has it: the bytes behind the last whole word are each mixed as a word.
type murmurHash struct{}

func murmurMix(h, k uint32) uint32 {
	k = bits.RotateLeft32(k*0xCC9E2D51, 15) * 0x1B873593
	return bits.RotateLeft32(h^k, 13)*5 + 0xE6546B64
}

func murmurFinish(h, length uint32) uint32 {
	h ^= length
	h = (h ^ h>>16) * 0x85EBCA6B
	h = (h ^ h>>13) * 0xC2B2AE35
	return h ^ h>>16
}

func (murmurHash) word(v, seed uint32) uint32 { return murmurFinish(murmurMix(seed, v), 4) }

func (murmurHash) long(v uint64, seed uint32) uint32 {
	return murmurFinish(murmurMix(murmurMix(seed, uint32(v)), uint32(v>>32)), 8)
}

func (murmurHash) bytes(b []byte, seed uint32) uint32 {
	n := uint32(len(b))
	for ; len(b) >= 4; b = b[4:] {
		seed = murmurMix(seed, bin.LittleEndian.Uint32(b))
	}
	for _, x := range b {
		seed = murmurMix(seed, uint32(int8(x)))
	}
	return murmurFinish(seed, n)
}

// xxhash64 is xxHash with 64 bits.
type xxhash64 struct{}

func (xxhash64) word(v uint32, seed uint64) uint64  { return xxHashInt(v, seed) }
func (xxhash64) long(v, seed uint64) uint64         { return xxHashLong(v, seed) }
func (xxhash64) bytes(b []byte, seed uint64) uint64 { return xxHashBytes(b, seed) }
