//go:build !amd64 || purego

package snappy

const fast = false

func decodeFast(dst, src []byte, _ int) error { return decodePlain(dst, src) }
