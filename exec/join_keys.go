package exec

import (
	"bytes"
	"math"
	"math/bits"

	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// keyForm is how the keys of a join are turned into what its table compares.
type keyForm uint8

const (
	// packedKeys: all keys are integers whose ranges on the build side fit 64 bits together. A row's keys become one
	// number; a probe row outside the ranges has no partner.
	packedKeys keyForm = iota
	// hashedKeys: anything else. Rows are found by hash and compared value by value.
	hashedKeys
)

// packedKey is one key of a packed form: value-min, shifted into its place.
type packedKey struct {
	min, max int64
	shift    uint
	nullSafe bool // null is a value of its own, after max
}

// isIntegerLayout reports whether values of a layout can be read as int64.
func isIntegerLayout(p types.Physical) bool {
	return p == types.PhysicalBool || p.IsInteger() && p != types.PhysicalInt128
}

// packLayout decides how integer keys with these ranges are packed; ok is false if they need more than 63 bits.
func packLayout(ranges []types.Range, nullSafe []bool) (keys []packedKey, width uint, ok bool) {
	for i, r := range ranges {
		span := uint64(r.Max) - uint64(r.Min)
		if nullSafe[i] {
			if span == math.MaxUint64 {
				return nil, 0, false
			}
			span++
		}
		keys = append(keys, packedKey{r.Min, r.Max, width, nullSafe[i]})
		width += uint(bits.Len64(span))
		if width > 63 {
			return nil, 0, false
		}
	}
	return keys, width, true
}

// packRows computes the packed key of each selected row into out. Rows without a partner (null, or outside the build
// side's range) are left out of the returned selection, which is written into room.
func packRows(keys []packedKey, columns []*vector.Vector, sel vector.Selection, n int, out []uint64, room vector.Selection) vector.Selection {
	for k, c := range columns {
		sel = packColumn(keys[k], c, sel, n, out, room, k == 0)
		if sel == nil {
			sel = room[:0:cap(room)]
		}
	}
	return sel
}

func packColumn(k packedKey, c *vector.Vector, sel vector.Selection, n int, out []uint64, room vector.Selection, first bool) vector.Selection {
	switch c.Physical {
	case types.PhysicalBool:
		return packTyped[uint8](k, c, sel, n, out, room, first)
	case types.PhysicalInt8:
		return packTyped[int8](k, c, sel, n, out, room, first)
	case types.PhysicalInt16:
		return packTyped[int16](k, c, sel, n, out, room, first)
	case types.PhysicalInt32:
		return packTyped[int32](k, c, sel, n, out, room, first)
	case types.PhysicalInt128:
		return packWide(k, c, sel, n, out, room, first)
	}
	return packTyped[int64](k, c, sel, n, out, room, first)
}

// packWide is packTyped for the probe side's decimals of more than 64 bits, whose partners are narrower.
func packWide(k packedKey, c *vector.Vector, sel vector.Selection, n int, out []uint64, room vector.Selection, first bool) vector.Selection {
	span := uint64(k.max) - uint64(k.min)
	kept := room[:0]
	for j := range sel.Rows(n) {
		i := j
		if sel != nil {
			i = int(sel[j])
		}
		var part uint64
		if c.IsNull(i) {
			if !k.nullSafe {
				continue
			}
			part = span + 1
		} else {
			v := vector.Get[types.Int128](c, i)
			if part = v.Lo - uint64(k.min); v.Hi != int64(v.Lo)>>63 || part > span {
				continue
			}
		}
		if first {
			out[i] = part << k.shift
		} else {
			out[i] |= part << k.shift
		}
		kept = append(kept, uint16(i))
	}
	return kept
}

func packTyped[T uint8 | int8 | int16 | int32 | int64](k packedKey, c *vector.Vector, sel vector.Selection, n int, out []uint64, room vector.Selection, first bool) vector.Selection {
	span := uint64(k.max) - uint64(k.min)
	if c.Encoding == vector.Flat && !c.MayHaveNulls() {
		return packFlat(k, vector.Values[T](c), span, sel, n, out, room, first)
	}
	kept := room[:0]
	for j := range sel.Rows(n) {
		i := j
		if sel != nil {
			i = int(sel[j])
		}
		var part uint64
		if c.IsNull(i) {
			if !k.nullSafe {
				continue
			}
			part = span + 1
		} else if part = uint64(vector.Get[T](c, i)) - uint64(k.min); part > span {
			continue
		}
		if first {
			out[i] = part << k.shift
		} else {
			out[i] |= part << k.shift
		}
		kept = append(kept, uint16(i))
	}
	return kept
}

// packFlat is packTyped for flat columns without nulls: branch-free.
func packFlat[T uint8 | int8 | int16 | int32 | int64](k packedKey, values []T, span uint64, sel vector.Selection, n int, out []uint64, room vector.Selection, first bool) vector.Selection {
	room = room[:cap(room)]
	at := 0
	if sel == nil {
		values, out = values[:n], out[:n]
		for i, v := range values {
			part := uint64(int64(v)) - uint64(k.min)
			if first {
				out[i] = part << k.shift
			} else {
				out[i] |= part << k.shift
			}
			room[at] = uint16(i)
			if part <= span {
				at++
			}
		}
		return room[:at]
	}
	for _, i := range sel {
		part := uint64(int64(values[i])) - uint64(k.min)
		if first {
			out[i] = part << k.shift
		} else {
			out[i] |= part << k.shift
		}
		room[at] = i
		if part <= span {
			at++
		}
	}
	return room[:at]
}

// hashRows computes a hash of the keys of each selected row. Rows with a null in a key that is not nullSafe are left
// out of the returned selection, which is written into room.
func hashRows(columns []*vector.Vector, nullSafe []bool, sel vector.Selection, n int, out []uint64, room vector.Selection) vector.Selection {
	for k, c := range columns {
		kept := room[:0]
		nulls := c.MayHaveNulls()
		for j := range sel.Rows(n) {
			i := j
			if sel != nil {
				i = int(sel[j])
			}
			h := uint64(0x5bd1e995)
			if nulls && c.IsNull(i) {
				if !nullSafe[k] {
					continue
				}
			} else {
				h = hashValue(c, i)
			}
			if k == 0 {
				out[i] = h
			} else {
				out[i] = vector.HashCombine(out[i], h)
			}
			kept = append(kept, uint16(i))
		}
		sel = kept
	}
	return sel
}

// hashValue hashes one value that is not null, so that equal values of a join have equal hashes whatever their layout:
// integers by value, floats with -0.0 as 0.0 and one NaN, strings by bytes.
func hashValue(c *vector.Vector, i int) uint64 {
	switch c.Physical {
	case types.PhysicalBool:
		return vector.Hash64(uint64(vector.Get[uint8](c, i)))
	case types.PhysicalInt8:
		return vector.Hash64(uint64(vector.Get[int8](c, i)))
	case types.PhysicalInt16:
		return vector.Hash64(uint64(vector.Get[int16](c, i)))
	case types.PhysicalInt32:
		return vector.Hash64(uint64(vector.Get[int32](c, i)))
	case types.PhysicalInt64:
		return vector.Hash64(uint64(vector.Get[int64](c, i)))
	case types.PhysicalInt128:
		v := vector.Get[types.Int128](c, i)
		if v.IsInt64() { // the other side may hold the same number in 64 bits
			return vector.Hash64(uint64(v.Int64()))
		}
		return vector.HashCombine(vector.Hash64(v.Lo), uint64(v.Hi))
	case types.PhysicalFloat32:
		return vector.Hash64(math.Float64bits(normalFloat(float64(vector.Get[float32](c, i)))))
	case types.PhysicalFloat64:
		return vector.Hash64(math.Float64bits(normalFloat(vector.Get[float64](c, i))))
	case types.PhysicalString:
		return vector.HashBytes(c.StringAt(i))
	case types.PhysicalInterval:
		v := vector.Get[types.Interval](c, i)
		return vector.HashCombine(vector.Hash64(uint64(v.Months)<<32|uint64(uint32(v.Days))), uint64(v.Micros))
	}
	return hashNested(c, i)
}

func normalFloat(f float64) float64 {
	if f != f {
		return math.NaN()
	}
	return f + 0 // -0.0 + 0 is 0.0
}

func hashNested(c *vector.Vector, i int) uint64 {
	v, slot := c, c.At(i)
	if c.Encoding == vector.Dictionary {
		v, slot = c.Dict.Values, int(c.Codes()[i])
	}
	h := uint64(17)
	if v.Physical == types.PhysicalStruct {
		for _, f := range v.Children {
			h = vector.HashCombine(h, hashNullable(f, slot))
		}
		return h
	}
	l := vector.As[vector.List](v.Data())[slot]
	for j := l.Start; j < l.Start+l.Length; j++ {
		h = vector.HashCombine(h, hashNullable(v.Children[0], int(j)))
	}
	return h
}

func hashNullable(c *vector.Vector, i int) uint64 {
	if c.IsNull(i) {
		return 0x5bd1e995
	}
	return hashValue(c, i)
}

// equalValues compares two values that are not null and have the same type; integer layouts may differ.
func equalValues(a *vector.Vector, i int, b *vector.Vector, j int) bool {
	switch {
	case isIntegerLayout(a.Physical) && isIntegerLayout(b.Physical):
		return integerAt(a, i) == integerAt(b, j)
	case a.Physical == types.PhysicalInt128 || b.Physical == types.PhysicalInt128:
		return wideAt(a, i) == wideAt(b, j)
	case a.Physical == types.PhysicalFloat32:
		return math.Float64bits(normalFloat(float64(vector.Get[float32](a, i)))) == math.Float64bits(normalFloat(float64(vector.Get[float32](b, j))))
	case a.Physical == types.PhysicalFloat64:
		return math.Float64bits(normalFloat(vector.Get[float64](a, i))) == math.Float64bits(normalFloat(vector.Get[float64](b, j)))
	case a.Physical == types.PhysicalString:
		return bytes.Equal(a.StringAt(i), b.StringAt(j))
	case a.Physical == types.PhysicalInterval:
		return vector.Get[types.Interval](a, i) == vector.Get[types.Interval](b, j)
	}
	return equalNested(a, i, b, j)
}

func equalNullable(a *vector.Vector, i int, b *vector.Vector, j int) bool {
	if x, y := a.IsNull(i), b.IsNull(j); x || y {
		return x && y
	}
	return equalValues(a, i, b, j)
}

func equalNested(a *vector.Vector, i int, b *vector.Vector, j int) bool {
	slot := func(c *vector.Vector, i int) (*vector.Vector, int) {
		if c.Encoding == vector.Dictionary {
			return c.Dict.Values, int(c.Codes()[i])
		}
		return c, c.At(i)
	}
	a, i = slot(a, i)
	b, j = slot(b, j)
	if a.Physical == types.PhysicalStruct {
		for f := range a.Children {
			if !equalNullable(a.Children[f], i, b.Children[f], j) {
				return false
			}
		}
		return true
	}
	l, m := vector.As[vector.List](a.Data())[i], vector.As[vector.List](b.Data())[j]
	if l.Length != m.Length {
		return false
	}
	for k := range l.Length {
		if !equalNullable(a.Children[0], int(l.Start+k), b.Children[0], int(m.Start+k)) {
			return false
		}
	}
	return true
}

// integerAt reads a value of an integer layout of up to 64 bits.
func integerAt(c *vector.Vector, i int) int64 {
	switch c.Physical {
	case types.PhysicalBool:
		return int64(vector.Get[uint8](c, i))
	case types.PhysicalInt8:
		return int64(vector.Get[int8](c, i))
	case types.PhysicalInt16:
		return int64(vector.Get[int16](c, i))
	case types.PhysicalInt32:
		return int64(vector.Get[int32](c, i))
	}
	return vector.Get[int64](c, i)
}

// wideAt reads a value of any integer layout.
func wideAt(c *vector.Vector, i int) types.Int128 {
	if c.Physical == types.PhysicalInt128 {
		return vector.Get[types.Int128](c, i)
	}
	return types.Int128From(integerAt(c, i))
}
