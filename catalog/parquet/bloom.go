package parquet

import (
	"encoding/binary"
	"io"
	"math"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/types"
	"github.com/parquet-go/parquet-go/bloom"
	"github.com/parquet-go/parquet-go/bloom/xxhash"
	"github.com/parquet-go/parquet-go/format"
)

// maximumBloomTests bounds how many values of an IN list are looked up in one bloom filter; each is a short read.
const maximumBloomTests = 64

// passesBlooms asks the bloom filters of a row group for the values of equality filters. What cannot be read
// rules nothing out.
func (s *scan) passesBlooms(file, rowGroup int, open func() (fileReader, error)) (bool, error) {
	f := s.table.footers[file]
	for i := range s.columns {
		w := &s.columns[i]
		if w.partition >= 0 || len(w.filters) == 0 || !comparableType(w.Type) {
			continue
		}
		n := s.nodeOf(f, w)
		if n == nil || n.kind != leafNode || n.repetition > 0 {
			continue
		}
		m := &f.metadata.RowGroups[rowGroup].Columns[n.firstLeaf].MetaData
		if m.BloomFilterOffset <= 0 || m.BloomFilterOffset >= f.size {
			continue
		}
		for k := range w.filters {
			hashes, ok := bloomHashes(&w.filters[k], n, w.Type)
			if !ok {
				continue
			}
			r, err := open()
			if err != nil {
				return true, err
			}
			if !bloomHasAny(r, f.size, m, hashes) {
				return false, nil
			}
		}
	}
	return true, nil
}

// bloomHashes hashes the values of an equality filter as the file would store them; ok is false for other filters and
// where the stored form is not the value itself.
func bloomHashes(f *source.Filter, n *node, t types.Type) (hashes []uint64, ok bool) {
	if f.Op != source.FilterEqual && f.Op != source.FilterIn || len(f.Values) == 0 || len(f.Values) > maximumBloomTests || !n.typ.SameType(t) ||
		n.form != formPlain && n.form != formDecimal {
		return nil, false
	}
	for _, v := range f.Values {
		b, ok := storedForm(v, n.element.Type.V)
		if !ok {
			return nil, false
		}
		hashes = append(hashes, xxhash.Sum64(b))
	}
	return hashes, true
}

// storedForm is a value as PLAIN stores it; byte arrays without their length.
func storedForm(v any, t format.Type) ([]byte, bool) {
	switch x := v.(type) {
	case string:
		return []byte(x), t == format.ByteArray || t == format.FixedLenByteArray
	case float32:
		// Both zeros are equal, and NaN has many forms.
		return binary.LittleEndian.AppendUint32(nil, math.Float32bits(x)), t == format.Float && x != 0 && x == x
	case float64:
		return binary.LittleEndian.AppendUint64(nil, math.Float64bits(x)), t == format.Double && x != 0 && x == x
	}
	i, ok := asInt64(v)
	switch {
	case ok && t == format.Int32 && i == int64(int32(i)):
		return binary.LittleEndian.AppendUint32(nil, uint32(i)), true
	case ok && t == format.Int64:
		return binary.LittleEndian.AppendUint64(nil, uint64(i)), true
	}
	return nil, false
}

// bloomHasAny reports whether a filter may hold one of the hashes; true if the filter cannot be read.
func bloomHasAny(r io.ReaderAt, size int64, m *format.ColumnMetaData, hashes []uint64) bool {
	offset := m.BloomFilterOffset
	b := make([]byte, min(64, size-offset))
	if readFull(r, b, offset) != nil {
		return true
	}
	length, bytes, ok := bloomHeader(b)
	if !ok || bytes < bloom.BlockSize || bytes%bloom.BlockSize != 0 || offset+int64(length)+bytes > size {
		return true
	}
	if m.BloomFilterLength != 0 && int64(m.BloomFilterLength) != int64(length)+bytes {
		return true // one of the two lengths is damaged, and with another size the bits are others
	}
	section := io.NewSectionReader(r, offset+int64(length), bytes)
	for _, h := range hashes {
		if has, err := bloom.CheckSplitBlock(section, bytes, h); has || err != nil {
			return true
		}
	}
	return false
}

// bloomHeader reads a bloom filter's header: its own length and that of the bits. ok is false unless the filter is of
// the one kind that the format has: split blocks, XXH64, not compressed.
func bloomHeader(b []byte) (length int, bytes int64, ok bool) {
	c := compact{b: b}
	kinds := 0
	c.structure(func(id int16, kind byte) bool {
		switch {
		case id == 1 && kind == thriftInt32:
			bytes = int64(c.int32())
			return true
		case id >= 2 && id <= 4 && kind == thriftStruct:
			c.structure(func(member int16, kind byte) bool {
				if member == 1 && kind == thriftStruct {
					kinds++
				}
				return false
			}, 1)
			return true
		}
		return false
	}, 0)
	return c.at, bytes, !c.bad && kinds == 3
}
