package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unsafe"

	"github.com/andybalholm/brotli"
	"github.com/kilnql/kiln/catalog/parquet/snappy"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// slack is how many bytes behind a page's end may be read (never used): kernels load whole words.
const slack = 64

// maximumPage bounds the size of one page; the format's own sizes are signed 32-bit numbers.
const maximumPage = 1 << 30

// newBuffer makes an 8-byte aligned buffer of length n with slack behind it.
func newBuffer(n int) []byte {
	words := make([]uint64, (n+slack+7)/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), len(words)*8)[:n]
}

// sized returns a buffer of length n with slack, reusing old where it is large enough.
func sized(old []byte, n int) []byte {
	if cap(old) >= n+slack {
		return old[:n]
	}
	return newBuffer(n + n/8)[:n]
}

// decompressor holds what one worker needs to decompress pages.
type decompressor struct {
	zstd   *zstd.Decoder
	gzip   *gzip.Reader
	brotli *brotli.Reader
	source bytes.Reader
	pages  int64 // loaded so far: buffers grow only with pages
}

// What decoders are taken to hold besides the pages: tables, and what they keep of earlier output.
const (
	zstdBytes   = 256 << 10
	gzipBytes   = 48 << 10
	brotliBytes = 1 << 20
)

// bytes estimates the memory of the decoders made so far.
func (d *decompressor) bytes() int64 {
	n := int64(0)
	if d.zstd != nil {
		n += zstdBytes
	}
	if d.gzip != nil {
		n += gzipBytes
	}
	if d.brotli != nil {
		n += brotliBytes
	}
	return n
}

func (d *decompressor) close() {
	if d.zstd != nil {
		d.zstd.Close()
	}
	d.zstd, d.gzip, d.brotli = nil, nil, nil
	d.pages++
}

var errSize = errors.New("a page does not decompress to the size in its header")

// expansion bounds how many times larger than its compressed form a page may claim to be, so that a damaged header
// cannot ask for memory at will. Snappy and LZ4 reach 255 at most; the others are unbounded and are given more.
func expansion(codec format.CompressionCodec) int {
	switch codec {
	case format.Uncompressed:
		return 1
	case format.Snappy, format.Lz4, format.Lz4Raw:
		return 300
	}
	return 1 << 16
}

// decompress fills dst, whose length is the size that the page's header gives, from src.
func (d *decompressor) decompress(codec format.CompressionCodec, dst, src []byte) error {
	switch codec {
	case format.Uncompressed:
		if len(src) != len(dst) {
			return errSize
		}
		copy(dst, src)
		return nil
	case format.Snappy:
		return snappy.Decode(dst, src)
	case format.Gzip:
		return d.decompressGzip(dst, src)
	case format.Zstd:
		return d.decompressZstd(dst, src)
	case format.Brotli:
		return d.decompressBrotli(dst, src)
	case format.Lz4Raw:
		return decompressLZ4(dst, src)
	case format.Lz4:
		return decompressHadoopLZ4(dst, src)
	}
	return fmt.Errorf("compression %v is not supported", codec)
}

// fill reads exactly dst from r, which must then be at its end.
func fill(r io.Reader, dst []byte) error {
	if _, err := io.ReadFull(r, dst); err != nil {
		return err
	}
	var more [1]byte
	if n, err := r.Read(more[:]); n != 0 || err != nil && err != io.EOF {
		return errSize
	}
	return nil
}

func (d *decompressor) decompressGzip(dst, src []byte) error {
	d.source.Reset(src)
	var err error
	if d.gzip == nil {
		d.gzip, err = gzip.NewReader(&d.source)
	} else {
		err = d.gzip.Reset(&d.source)
	}
	if err != nil {
		d.gzip = nil
		return err
	}
	return fill(d.gzip, dst)
}

func (d *decompressor) decompressBrotli(dst, src []byte) error {
	d.source.Reset(src)
	if d.brotli == nil {
		d.brotli = brotli.NewReader(&d.source)
	} else if err := d.brotli.Reset(&d.source); err != nil {
		return err
	}
	return fill(d.brotli, dst)
}

func (d *decompressor) decompressZstd(dst, src []byte) error {
	if d.zstd == nil {
		var err error
		d.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maximumPage), zstd.IgnoreChecksum(false))
		if err != nil {
			return err
		}
	}
	// The capacity is cut so that a frame larger than it claims moves to memory of its own and is seen below.
	out, err := d.zstd.DecodeAll(src, dst[:0:len(dst)])
	if err != nil {
		return err
	}
	if len(out) != len(dst) {
		return errSize
	}
	if len(out) > 0 && &out[0] != &dst[0] {
		copy(dst, out)
	}
	return nil
}

func decompressLZ4(dst, src []byte) error {
	n, err := lz4.UncompressBlock(src, dst)
	if err != nil {
		return err
	}
	if n != len(dst) {
		return errSize
	}
	return nil
}

// decompressHadoopLZ4 reads the deprecated LZ4 codec: Hadoop's frames (sizes in big-endian before each block), or, from
// some writers, one plain block.
func decompressHadoopLZ4(dst, src []byte) error {
	if hadoopLZ4(dst, src) {
		return nil
	}
	return decompressLZ4(dst, src)
}

func hadoopLZ4(dst, src []byte) bool {
	for len(src) >= 8 {
		whole, packed := int(binary.BigEndian.Uint32(src)), int(binary.BigEndian.Uint32(src[4:]))
		src = src[8:]
		if whole > len(dst) || packed > len(src) {
			return false
		}
		n, err := lz4.UncompressBlock(src[:packed], dst[:whole])
		if err != nil || n != whole {
			return false
		}
		src, dst = src[packed:], dst[whole:]
	}
	return len(src) == 0 && len(dst) == 0
}
