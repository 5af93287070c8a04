package parquet

import (
	"errors"
	"io"
)

// readAhead is how much is read at once: it is then decompressed while it is still in the processor's cache.
const readAhead = 256 << 10

// window reads a range of a file through one block that it moves forward. Files are never mapped: a file that is cut
// off while it is mapped kills the process.
type window struct {
	file  io.ReaderAt
	block []byte // the bytes at start of the file
	start int64
	end   int64 // of the range
	read  *int64
}

func (w *window) reset(file io.ReaderAt, end int64) {
	w.file, w.end = file, end
	w.block = w.block[:0]
}

// bytes returns n bytes at an offset, valid until the next call; slack bytes behind them may be read.
func (w *window) bytes(offset int64, n int) ([]byte, error) {
	if n < 0 || offset < 0 || offset+int64(n) > w.end {
		return nil, errors.New("a page reaches past the end of its column chunk")
	}
	at := offset - w.start
	if at >= 0 && at+int64(n) <= int64(len(w.block)) {
		return w.block[at : at+int64(n)], nil
	}
	// Keep what is there of the wanted bytes, and read on from where they end.
	var kept []byte
	if at >= 0 && at < int64(len(w.block)) {
		kept = w.block[at:]
	}
	size := int(min(w.end-offset, int64(max(n, readAhead))))
	block := w.block[:0]
	if cap(block) < size+slack {
		block = newBuffer(max(size, readAhead))
	}
	block = block[:size]
	copy(block, kept)
	if err := readFull(w.file, block[len(kept):], offset+int64(len(kept))); err != nil {
		w.block = w.block[:0]
		return nil, err
	}
	*w.read += int64(size - len(kept))
	w.block, w.start = block, offset
	return block[:n], nil
}

// header reads the page header at an offset.
func (w *window) header(offset int64, h *pageHeader) (length int, err error) {
	left := w.end - offset
	for try := int64(512); ; try *= 16 {
		b, err := w.bytes(offset, int(min(try, left)))
		if err != nil {
			return 0, err
		}
		length, err = h.read(b)
		if err == nil || try >= left || try > 16<<20 {
			return length, err
		}
	}
}
