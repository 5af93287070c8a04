// Package snappy decompresses Snappy blocks into buffers that have room behind their end. On amd64 the common elements
// are copied by assembly that always moves whole 16-byte words, which is about one and a half times as fast on text as
// the usual decoder; elsewhere, and with the build tag purego, it is that decoder.
package snappy

import (
	"encoding/binary"
	"errors"

	"github.com/klauspost/compress/snappy"
)

// Slack is how many bytes behind the end of both buffers must belong to them (be within their capacity).
const Slack = 64

// ErrDamaged is returned for input that is no Snappy block, or one of another size.
var ErrDamaged = errors.New("snappy: damaged block")

// Decode decompresses a block into dst, whose length must be the block's decompressed length. Bytes of dst's capacity
// behind its length may be overwritten. Both capacities should exceed the lengths by Slack; if not, it is slower.
func Decode(dst, src []byte) error {
	length, header := binary.Uvarint(src)
	if header <= 0 || length != uint64(len(dst)) || length > 1<<32-1 {
		return ErrDamaged
	}
	if !fast || cap(dst)-len(dst) < Slack || cap(src)-len(src) < Slack {
		return decodePlain(dst, src)
	}
	return decodeFast(dst, src, header)
}

// decodePlain is the twin of decodeFast.
func decodePlain(dst, src []byte) error {
	out, err := snappy.Decode(dst, src)
	if err != nil || len(out) != len(dst) {
		return ErrDamaged
	}
	return nil
}
