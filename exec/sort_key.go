package exec

import (
	"encoding/binary"
	"math"

	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// SortKey is the direction of one key of a sort.
type SortKey struct {
	Descending bool
	NullsFirst bool
}

// keyEncoder turns the sort keys of rows into bytes whose order is the order of the rows: a normalised key. A byte for
// null or not comes before each value; integers and floats are big-endian with the sign turned over, strings are
// escaped and ended, and what sorts downwards has every bit turned over. The row's position ends the key, so that no
// two keys are equal and rows that tie keep the order they came in.
type keyEncoder struct {
	keys        []SortKey
	byPartition bool // sort each partition by itself: its number is the first key
	buffer      []byte
	ends        []uint32 // of row j's key in buffer
}

// encode makes the keys of the selected rows; key j is of the j-th selected row and valid until the next call.
func (e *keyEncoder) encode(columns []*vector.Vector, sel vector.Selection, n int, at program.Position) {
	e.buffer, e.ends = e.buffer[:0], e.ends[:0]
	for j := range sel.Rows(n) {
		i := j
		if sel != nil {
			i = int(sel[j])
		}
		if e.byPartition {
			e.buffer = binary.BigEndian.AppendUint32(e.buffer, uint32(at.Partition))
		}
		for k, key := range e.keys {
			e.buffer = appendSortKey(e.buffer, columns[k], i, key)
		}
		e.buffer = binary.BigEndian.AppendUint32(e.buffer, uint32(at.Partition))
		e.buffer = binary.BigEndian.AppendUint32(e.buffer, uint32(at.Sequence))
		e.buffer = binary.BigEndian.AppendUint64(e.buffer, uint64(at.RowBase)+uint64(i))
		e.ends = append(e.ends, uint32(len(e.buffer)))
	}
}

// key is the key of the j-th selected row.
func (e *keyEncoder) key(j int) []byte {
	start := uint32(0)
	if j > 0 {
		start = e.ends[j-1]
	}
	return e.buffer[start:e.ends[j]]
}

func appendSortKey(b []byte, c *vector.Vector, i int, k SortKey) []byte {
	if c.IsNull(i) {
		if k.NullsFirst {
			return append(b, 0)
		}
		return append(b, 2)
	}
	start := len(b) + 1
	b = appendSortValue(append(b, 1), c, i)
	if k.Descending {
		for j := start; j < len(b); j++ {
			b[j] = ^b[j]
		}
	}
	return b
}

// appendSortValue appends a value that is not null so that bytes order like values, and no value's bytes are the start
// of another's.
func appendSortValue(b []byte, c *vector.Vector, i int) []byte {
	switch c.Physical {
	case types.PhysicalBool:
		return append(b, vector.Get[uint8](c, i))
	case types.PhysicalInt8, types.PhysicalInt16, types.PhysicalInt32, types.PhysicalInt64:
		return binary.BigEndian.AppendUint64(b, uint64(integerAt(c, i))^(1<<63))
	case types.PhysicalInt128:
		v := vector.Get[types.Int128](c, i)
		return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, uint64(v.Hi)^(1<<63)), v.Lo)
	case types.PhysicalFloat32:
		return appendSortFloat(b, float64(vector.Get[float32](c, i)))
	case types.PhysicalFloat64:
		return appendSortFloat(b, vector.Get[float64](c, i))
	case types.PhysicalString:
		return appendSortBytes(b, c.StringAt(i))
	case types.PhysicalInterval:
		v := vector.Get[types.Interval](c, i)
		b = binary.BigEndian.AppendUint32(b, uint32(v.Months)^(1<<31))
		b = binary.BigEndian.AppendUint32(b, uint32(v.Days)^(1<<31))
		return binary.BigEndian.AppendUint64(b, uint64(v.Micros)^(1<<63))
	case types.PhysicalStruct, types.PhysicalList:
		return appendSortNested(b, c, i)
	}
	return b
}

// appendSortFloat orders floats as Spark: -0.0 is 0.0, and NaN is the largest.
func appendSortFloat(b []byte, f float64) []byte {
	bits := math.Float64bits(normalFloat(f))
	if bits>>63 != 0 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(b, bits)
}

// appendSortBytes writes 0 as 0 255 and ends with 0 0.
func appendSortBytes(b, text []byte) []byte {
	for _, x := range text {
		b = append(b, x)
		if x == 0 {
			b = append(b, 255)
		}
	}
	return append(b, 0, 0)
}

var ascending = SortKey{NullsFirst: true}

func appendSortNested(b []byte, c *vector.Vector, i int) []byte {
	v, slot := c, c.At(i)
	if c.Encoding == vector.Dictionary {
		v, slot = c.Dict.Values, int(c.Codes()[i])
	}
	if v.Physical == types.PhysicalStruct {
		for _, f := range v.Children {
			b = appendSortKey(b, f, slot, ascending)
		}
		return b
	}
	l := vector.As[vector.List](v.Data())[slot]
	for j := l.Start; j < l.Start+l.Length; j++ {
		b = appendSortKey(append(b, 1), v.Children[0], int(j), ascending)
	}
	return append(b, 0)
}
