package vector

import (
	"encoding/binary"
	"unsafe"
)

// PageView makes the view of the n bytes at offset of page, which is buffer number of the vector. Unlike MakeView it
// loads whole words: at least 16 bytes behind the string must be readable memory of the page's array.
func PageView(page []byte, offset, n, number int) View {
	p := unsafe.Add(unsafe.Pointer(unsafe.SliceData(page)), offset)
	head := uint64(*(*uint32)(p))<<32 | uint64(uint32(n))
	if n > InlineLength {
		return View{head, uint64(uint32(number)) | uint64(uint32(offset))<<32}
	}
	tail := *(*uint64)(unsafe.Add(p, 4))
	return View{head & inlineMasks[n][0], tail & inlineMasks[n][1]}
}

// inlineMasks keep the length and the first n bytes of an inline view's words.
var inlineMasks = func() (m [InlineLength + 1][2]uint64) {
	for n := range m {
		var raw [16]byte
		for i := range raw[:4+n] {
			raw[i] = 0xff
		}
		m[n] = [2]uint64{binary.LittleEndian.Uint64(raw[:]), binary.LittleEndian.Uint64(raw[8:])}
	}
	return m
}()
