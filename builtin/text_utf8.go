package builtin

import (
	bin "encoding/binary"
	"math/bits"
)

// Characters are code points. As in Spark, the first byte alone decides how long a character is, so that damaged text
// has characters too; a character that the end of the text cuts is as long as what is left.

// characterWidths is the length of a character by its first byte; a byte that cannot begin one is a character.
var characterWidths = func() (w [256]uint8) {
	for b := range w {
		switch {
		case b >= 0xC2 && b <= 0xDF:
			w[b] = 2
		case b >= 0xE0 && b <= 0xEF:
			w[b] = 3
		case b >= 0xF0 && b <= 0xF4:
			w[b] = 4
		default:
			w[b] = 1
		}
	}
	return w
}()

// characterWidth is the length in bytes of the character that s, which is not empty, begins with.
func characterWidth(s []byte) int { return min(int(characterWidths[s[0]]), len(s)) }

const highBits = 0x8080808080808080

// isASCII reports whether s holds ASCII only.
func isASCII(s []byte) bool { return asciiPrefix(s) == len(s) }

// asciiPrefix is the number of ASCII bytes that s begins with.
func asciiPrefix(s []byte) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if high := bin.LittleEndian.Uint64(s[i:]) & highBits; high != 0 {
			return i + bits.TrailingZeros64(high)/8
		}
	}
	for ; i < len(s) && s[i] < 0x80; i++ {
	}
	return i
}

// characters counts the characters of s.
func characters(s []byte) int {
	i := asciiPrefix(s)
	n := i
	for i < len(s) {
		i += int(characterWidths[s[i]])
		n++
	}
	return n
}

// byteOffset is where character n (from 0) of s begins, len(s) if there are not so many; a negative n gives 0.
func byteOffset(s []byte, n int) int {
	if n <= 0 {
		return 0
	}
	if n <= len(s) && isASCII(s[:n]) {
		return n
	}
	i := 0
	for ; i < len(s) && n > 0; n-- {
		i += int(characterWidths[s[i]])
	}
	return min(i, len(s))
}

// slice is the characters from start to before end, counted from 0; a negative start still counts towards nothing.
func slice(s []byte, start, end int) []byte {
	if end <= start || start >= len(s) {
		return nil
	}
	from := byteOffset(s, start)
	return s[from : from+byteOffset(s[from:], end-max(start, 0))]
}
