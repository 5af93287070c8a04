package exec

import (
	"math"

	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// packing is how the keys of an aggregation become one or two words.
type packing uint8

const (
	noPacking    packing = iota // too wide: keys live in a row store
	packedSingle                // one key of at most 64 bits; nulls are a group of their own
	packedDouble                // one key of 128 bits; nulls are a group of their own
	packedString                // one string of at most 12 bytes, as its view; nulls are a group of their own
	packedWord                  // several keys and their null bits in one word
	packedTwo                   // several keys and their null bits in two words
)

// wide reports whether packed keys take two words.
func (p packing) wide() bool { return p == packedDouble || p == packedString || p == packedTwo }

// keyPacker turns key columns into words and back.
type keyPacker struct {
	form    packing
	columns []packedColumn
	lo, hi  []uint64 // scratch
	hashes  []uint64
	flats   []*vector.Vector
}

// packedColumn is the place of one key in the words: value bits from shift on in word 0 or 1, and its null bit.
type packedColumn struct {
	layout    vector.Layout
	bits      uint
	word      int
	shift     uint
	nullable  bool
	nullWord  int
	nullShift uint
}

// newKeyPacker decides how keys are packed.
func newKeyPacker(keys []program.Input) *keyPacker {
	p := &keyPacker{}
	for _, k := range keys {
		p.columns = append(p.columns, packedColumn{layout: vector.Layout{Type: k.Type, Physical: k.Physical}, bits: 8 * uint(k.Physical.Size()), nullable: k.Nullable})
	}
	if len(keys) == 1 {
		switch ph := keys[0].Physical; {
		case ph == types.PhysicalString:
			p.form = packedString
		case ph == types.PhysicalList || ph == types.PhysicalStruct || ph == types.PhysicalVoid:
		case ph.Size() == 16:
			p.form = packedDouble
		default:
			p.form = packedSingle
		}
		return p
	}
	p.form = p.place()
	return p
}

// place lays several keys out in two words, large ones first.
func (p *keyPacker) place() packing {
	var used [2]uint
	put := func(bits uint) (int, uint, bool) {
		for w := range used {
			if used[w]+bits <= 64 {
				used[w] += bits
				return w, used[w] - bits, true
			}
		}
		return 0, 0, false
	}
	for _, size := range []uint{64, 32, 16, 8} {
		for i := range p.columns {
			c := &p.columns[i]
			switch ph := c.layout.Physical; ph {
			case types.PhysicalString, types.PhysicalList, types.PhysicalStruct, types.PhysicalVoid, types.PhysicalInt128, types.PhysicalInterval:
				return noPacking
			}
			if c.bits != size {
				continue
			}
			var ok bool
			if c.word, c.shift, ok = put(c.bits); !ok {
				return noPacking
			}
		}
	}
	for i := range p.columns {
		c := &p.columns[i]
		if !c.nullable {
			continue
		}
		var ok bool
		if c.nullWord, c.nullShift, ok = put(1); !ok {
			return noPacking
		}
	}
	if used[1] == 0 {
		return packedWord
	}
	return packedTwo
}

// room makes the scratch words hold n rows.
func (p *keyPacker) room(n int) {
	if cap(p.lo) < n {
		p.lo, p.hi, p.hashes = make([]uint64, max(n, vector.ChunkSize)), make([]uint64, max(n, vector.ChunkSize)), make([]uint64, max(n, vector.ChunkSize))
	}
	p.lo, p.hi, p.hashes = p.lo[:n], p.hi[:n], p.hashes[:n]
}

// flat gives column c of the keys as a flat vector, at least the rows of sel.
func (p *keyPacker) flat(c int, v *vector.Vector, sel vector.Selection, n int) *vector.Vector {
	if v.Encoding == vector.Flat {
		return v
	}
	if p.flats == nil {
		p.flats = make([]*vector.Vector, len(p.columns))
	}
	if p.flats[c] == nil {
		p.flats[c] = vector.New(v.Type, v.Physical, n)
	}
	return vector.FlattenRows(v, sel, n, p.flats[c])
}

// pack turns the first n rows of the keys into words lo and, if the form is wide, hi; rows that are not selected get any
// words. ok is false if a selected key does not fit (a long string). nulls is the validity of a single key, nil if it has no
// nulls.
func (p *keyPacker) pack(keys []*vector.Vector, sel vector.Selection, n int) (lo, hi []uint64, valid vector.Bitmap, ok bool) {
	p.room(n)
	switch p.form {
	case packedSingle:
		v := p.flat(0, keys[0], sel, n)
		return packSingle(v, n, p.lo), nil, v.Valid, true
	case packedDouble:
		v := p.flat(0, keys[0], sel, n)
		for i, x := range vector.As[[2]uint64](v.Data())[:n] {
			p.lo[i], p.hi[i] = x[0], x[1]
		}
		return p.lo, p.hi, v.Valid, true
	case packedString:
		v := p.flat(0, keys[0], sel, n)
		return p.lo, p.hi, v.Valid, p.packStrings(v, sel, n)
	}
	clear(p.lo)
	clear(p.hi)
	for c := range p.columns {
		p.packColumn(&p.columns[c], p.flat(c, keys[c], sel, n), n)
	}
	return p.lo, p.hi, nil, true
}

// stringMark is set in the first word of a packed string, so that no string packs to zero.
const stringMark = 1 << 31

// hashes are those by which the sink's tables place n groups.
func (a *Aggregate) hashes(p *keyPacker, keys []*vector.Vector, n int, out []uint64) []uint64 {
	if p.form == packedString || p.form == noPacking {
		out = vector.HashRows(keys, nil, n, out)
	} else {
		lo, hi, valid, _ := p.pack(keys, nil, n)
		out = ensure(out, n)[:n]
		for i, w := range lo {
			out[i] = vector.Hash64(w)
			if hi != nil {
				out[i] = vector.HashCombine(out[i], hi[i])
			}
			if valid != nil && !valid.Get(i) {
				out[i] = nullHash
			}
		}
	}
	for i := range out {
		out[i] *= a.seed
	}
	return out
}

func (p *keyPacker) packStrings(v *vector.Vector, sel vector.Selection, n int) bool {
	views := vector.As[vector.View](v.Data())[:n]
	fits := true
	each := func(i int) {
		if v.Valid != nil && !v.Valid.Get(i) {
			return
		}
		w := &views[i]
		fits = fits && w.Length() <= vector.InlineLength
		head, tail := w.Words()
		p.lo[i], p.hi[i] = head|stringMark, tail
		p.hashes[i] = vector.HashBytes(vector.ViewBytes(w, v.Buffers))
	}
	if sel == nil {
		for i := range n {
			each(i)
		}
	} else {
		for _, i := range sel {
			each(int(i))
		}
	}
	return fits
}

// packSingle gives the words of one key of at most 64 bits, in out or in the vector's own memory.
func packSingle(v *vector.Vector, n int, out []uint64) []uint64 {
	switch v.Physical {
	case types.PhysicalInt64:
		return vector.As[uint64](v.Data())[:n]
	case types.PhysicalFloat64:
		for i, x := range vector.As[float64](v.Data())[:n] {
			out[i] = vector.FloatKey(x)
		}
	case types.PhysicalFloat32:
		for i, x := range vector.As[float32](v.Data())[:n] {
			out[i] = uint64(floatKey32(x))
		}
	case types.PhysicalInt32:
		widen[int32](v, out)
	case types.PhysicalInt16:
		widen[int16](v, out)
	case types.PhysicalInt8:
		widen[int8](v, out)
	case types.PhysicalBool:
		widen[uint8](v, out)
	}
	return out
}

// floatKey32 is the bits of x with all NaNs made one and -0.0 made 0.0.
func floatKey32(x float32) uint32 {
	if x != x {
		return 0x7fc00000
	}
	return math.Float32bits(x + 0)
}

func widen[T int32 | int16 | int8 | uint8](v *vector.Vector, out []uint64) {
	values := vector.As[T](v.Data())[:len(out)]
	for i, x := range values {
		out[i] = uint64(x)
	}
}

// packColumn adds one of several keys to the words.
func (p *keyPacker) packColumn(c *packedColumn, v *vector.Vector, n int) {
	words := p.lo
	if c.word == 1 {
		words = p.hi
	}
	switch v.Physical {
	case types.PhysicalBool, types.PhysicalInt8:
		merge[uint8](v, words, c.shift)
	case types.PhysicalInt16:
		merge[uint16](v, words, c.shift)
	case types.PhysicalInt32:
		merge[uint32](v, words, c.shift)
	case types.PhysicalInt64:
		merge[uint64](v, words, c.shift)
	case types.PhysicalFloat32:
		for i, x := range vector.As[float32](v.Data())[:n] {
			words[i] |= uint64(floatKey32(x)) << c.shift
		}
	case types.PhysicalFloat64:
		for i, x := range vector.As[float64](v.Data())[:n] {
			words[i] |= vector.FloatKey(x) << c.shift
		}
	}
	if v.Valid == nil {
		return
	}
	mask := ^(^uint64(0) >> (64 - c.bits) << c.shift)
	nulls := p.lo
	if c.nullWord == 1 {
		nulls = p.hi
	}
	for i := range n {
		if !v.Valid.Get(i) {
			words[i] &= mask
			nulls[i] |= 1 << c.nullShift
		}
	}
}

func merge[T uint8 | uint16 | uint32 | uint64](v *vector.Vector, words []uint64, shift uint) {
	for i, x := range vector.As[T](v.Data())[:len(words)] {
		words[i] |= uint64(x) << (shift & 63)
	}
}

// unpack writes the keys of n groups, given by their words, into out. Nulls of a single key are set by the caller.
func (p *keyPacker) unpack(lo, hi []uint64, out []*vector.Vector) {
	n := len(lo)
	for c := range p.columns {
		out[c].Reset(n)
	}
	switch p.form {
	case packedSingle:
		unpackColumn(out[0], lo, 0)
	case packedDouble:
		to := vector.As[[2]uint64](out[0].Data())
		for i := range lo {
			to[i] = [2]uint64{lo[i], hi[i]}
		}
	case packedString:
		to := vector.As[[2]uint64](out[0].Data())
		for i := range lo {
			to[i] = [2]uint64{lo[i] &^ stringMark, hi[i]}
		}
	default:
		for c := range p.columns {
			p.unpackOne(&p.columns[c], lo, hi, out[c])
		}
	}
}

func (p *keyPacker) unpackOne(c *packedColumn, lo, hi []uint64, out *vector.Vector) {
	words, nulls := lo, lo
	if c.word == 1 {
		words = hi
	}
	if c.nullWord == 1 {
		nulls = hi
	}
	unpackColumn(out, words, c.shift)
	if !c.nullable {
		return
	}
	for i := range nulls {
		if nulls[i]>>c.nullShift&1 != 0 {
			out.SetNull(i)
		}
	}
}

func unpackColumn(out *vector.Vector, words []uint64, shift uint) {
	switch out.Physical {
	case types.PhysicalBool, types.PhysicalInt8:
		split[uint8](out, words, shift)
	case types.PhysicalInt16:
		split[uint16](out, words, shift)
	case types.PhysicalInt32, types.PhysicalFloat32:
		split[uint32](out, words, shift)
	default:
		split[uint64](out, words, shift)
	}
}

func split[T uint8 | uint16 | uint32 | uint64](out *vector.Vector, words []uint64, shift uint) {
	to := vector.As[T](out.Data())
	for i, w := range words {
		to[i] = T(w >> (shift & 63))
	}
}
