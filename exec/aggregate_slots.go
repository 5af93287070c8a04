package exec

import (
	"cmp"
	"math/bits"
	"slices"
	"unsafe"

	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// slotTable is a linear-probing table with keys of one or two words and the states inline: slot = key, states. The home of a
// key is given by the top bits of its hash (times the sink's seed) and probing never wraps around, so slots are nearly in the
// order of hashes.
// Free slots are zero; keys are stored mixed with a constant, so that the key that would be zero is a rare one. It and the
// null key have slots of their own at the end.
type slotTable struct {
	packer  *keyPacker
	reserve reserve
	wide    bool
	stride  int
	seed    uint64
	skip    uint // hash bits that are the same for all keys of this table
	shift   uint
	slots   int // addressable by hash
	total   int // and those that probing may run into
	used    int
	limit   int // groups at which it grows: half of slots
	slab    []byte
	special [2]bool // the null group and the zero group exist
	grown   int

	accounted int64 // bytes that were reserved
}

const (
	// keyMix and hashMultiplier make the hash of a word the same as vector.Hash64's.
	keyMix         = 0x9e3779b97f4a7c15
	hashMultiplier = 0xbf58476d1ce4e5b9
	// slotOverflow is the number of slots behind the last home.
	slotOverflow = 256
	firstSlots   = 1024
)

// newSlotTable makes a table for packed keys; skip is the number of leading hash bits that its keys share.
func newSlotTable(p *keyPacker, stateSize int, seed uint64, skip uint, r reserve) *slotTable {
	t := &slotTable{packer: p, wide: p.form.wide(), stride: 8 + stateSize, seed: seed, skip: skip, reserve: r}
	if t.wide {
		t.stride += 8
	}
	t.allocate(firstSlots)
	if r(t.bytes()) {
		t.accounted = t.bytes()
	}
	return t
}

func (t *slotTable) allocate(slots int) {
	t.slots, t.total, t.limit = slots, slots+slotOverflow, slots/2
	t.shift = uint(64 - bits.Len(uint(slots-1)))
	t.slab = memory.Aligned((t.total + 2) * t.stride)
}

func (t *slotTable) states() ([]byte, int) {
	if t.wide {
		return t.slab[16:], t.stride
	}
	return t.slab[8:], t.stride
}

func (t *slotTable) count() int   { return t.used }
func (t *slotTable) bytes() int64 { return int64(len(t.slab)) }
func (t *slotTable) version() int { return t.grown }
func (t *slotTable) release()     { t.reserve(-t.accounted) }

// room implements groupTable.
func (t *slotTable) room(n int) bool {
	slots := t.slots
	for t.used+n > slots/2 {
		slots *= 2
	}
	return slots == t.slots || t.resize(slots)
}

func (t *slotTable) full() bool { return t.used+vector.ChunkSize > t.limit }

// clear implements groupTable.
func (t *slotTable) clear() {
	clear(t.slab)
	t.used, t.special = 0, [2]bool{}
	t.grown++
}

// nullSlot and zeroSlot are the numbers of the two special groups.
func (t *slotTable) nullSlot() uint32 { return uint32(t.total) }
func (t *slotTable) zeroSlot() uint32 { return uint32(t.total + 1) }

func (t *slotTable) addSpecial(i int) {
	if !t.special[i] {
		t.special[i] = true
		t.used++
	}
}

// find implements groupTable.
func (t *slotTable) find(keys []*vector.Vector, sel vector.Selection, n int, rows []uint32) findResult {
	lo, hi, valid, ok := t.packer.pack(keys, sel, n)
	if !ok {
		return foundUnfit
	}
	if valid != nil {
		sel = t.findNulls(valid, sel, n, rows)
	}
	if t.packer.form == packedDouble || t.packer.form == packedTwo {
		hashWide(lo, hi, t.packer.hashes)
	}
	for {
		done := false
		switch {
		case t.wide:
			done = t.find16(lo, hi, t.packer.hashes, sel, rows)
		case sel == nil:
			done = t.find8(lo, rows)
		default:
			done = t.find8Selected(lo, sel, rows)
		}
		if done {
			return foundAll
		}
		if !t.grow() {
			return foundFull
		}
		if valid != nil {
			t.renumberNulls(valid, n, rows)
		}
	}
}

// findNulls gives null rows the null group and returns the others.
func (t *slotTable) findNulls(valid vector.Bitmap, sel vector.Selection, n int, rows []uint32) vector.Selection {
	rest := make(vector.Selection, 0, n)
	each := func(i int) {
		if valid.Get(i) {
			rest = append(rest, uint16(i))
			return
		}
		t.addSpecial(0)
		rows[i] = t.nullSlot()
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
	return rest
}

func (t *slotTable) renumberNulls(valid vector.Bitmap, n int, rows []uint32) {
	for i := range n {
		if !valid.Get(i) {
			rows[i] = t.nullSlot()
		}
	}
}

func hashWide(lo, hi, hashes []uint64) {
	hi, hashes = hi[:len(lo)], hashes[:len(lo)]
	for i, w := range lo {
		hashes[i] = vector.HashCombine(vector.Hash64(w), hi[i])
	}
}

// The loops over the rows of a chunk look at the home of a key themselves; where that is not the key's, those for keys of one word
// leave the search to probe. More in common costs more, in the best of many runs in turn over the keys of BenchmarkSlots: one
// loop for rows with and without a selection takes 7 to 16 % longer without one, and one probe for keys of one and two words 5
// to 7 % longer with a selection and 10,000 groups. So there are three loops, which TestSlotsAgree compares.

// find8 finds the groups of all rows; false if the table must grow first.
func (t *slotTable) find8(keys []uint64, rows []uint32) bool {
	base, stride, seed, shift, skip := unsafe.Pointer(unsafe.SliceData(t.slab)), uintptr(t.stride), t.seed, t.shift&63, t.skip&63
	rows = rows[:len(keys)]
	for i, k := range keys {
		k ^= keyMix
		hi, lo := bits.Mul64(k, hashMultiplier)
		s := uintptr((hi ^ lo ^ (k^keyMix)>>29) * seed << skip >> shift)
		if *(*uint64)(unsafe.Add(base, s*stride)) != k {
			var ok bool
			if s, ok = t.probe(s, k); !ok {
				return false
			}
		}
		rows[i] = uint32(s)
		if k == 0 {
			t.addSpecial(1)
			rows[i] = t.zeroSlot()
		}
	}
	return true
}

// find8Selected is find8 for the selected rows.
func (t *slotTable) find8Selected(keys []uint64, sel vector.Selection, rows []uint32) bool {
	base, stride, seed, shift, skip := unsafe.Pointer(unsafe.SliceData(t.slab)), uintptr(t.stride), t.seed, t.shift&63, t.skip&63
	for _, i := range sel {
		k := keys[i] ^ keyMix
		hi, lo := bits.Mul64(k, hashMultiplier)
		s := uintptr((hi ^ lo ^ (k^keyMix)>>29) * seed << skip >> shift)
		if *(*uint64)(unsafe.Add(base, s*stride)) != k {
			var ok bool
			if s, ok = t.probe(s, k); !ok {
				return false
			}
		}
		rows[i] = uint32(s)
		if k == 0 {
			t.addSpecial(1)
			rows[i] = t.zeroSlot()
		}
	}
	return true
}

// probe searches for a mixed key of one word from slot s on, and adds it in the first free slot; false if the table must grow
// first.
func (t *slotTable) probe(s uintptr, k uint64) (uintptr, bool) {
	stride, total := uintptr(t.stride), uintptr(t.total)
	p := unsafe.Add(unsafe.Pointer(unsafe.SliceData(t.slab)), s*stride)
	for *(*uint64)(p) != k {
		if *(*uint64)(p) == 0 {
			if t.used >= t.limit {
				return 0, false
			}
			*(*uint64)(p) = k
			t.used++
			break
		}
		if s++; s == total {
			return 0, false
		}
		p = unsafe.Add(p, stride)
	}
	return s, true
}

// find16 is find8 for keys of two words, whose hashes are given.
func (t *slotTable) find16(lo, hi, hashes []uint64, sel vector.Selection, rows []uint32) bool {
	n := sel.Rows(len(lo))
	base, stride, seed, shift, skip, total := unsafe.Pointer(unsafe.SliceData(t.slab)), uintptr(t.stride), t.seed, t.shift&63, t.skip&63, uintptr(t.total)
	for j := range n {
		i := j
		if sel != nil {
			i = int(sel[j])
		}
		a, b := lo[i]^keyMix, hi[i]
		if a|b == 0 {
			t.addSpecial(1)
			rows[i] = t.zeroSlot()
			continue
		}
		s := uintptr(hashes[i] * seed << skip >> shift)
		p := unsafe.Add(base, s*stride)
		for {
			e := (*[2]uint64)(p)
			if e[0] == a && e[1] == b {
				break
			}
			if e[0]|e[1] == 0 {
				if t.used >= t.limit {
					return false
				}
				e[0], e[1] = a, b
				t.used++
				break
			}
			if s++; s == total {
				return false
			}
			p = unsafe.Add(p, stride)
		}
		rows[i] = uint32(s)
	}
	return true
}

// hashAt is the hash of the key in a slot that is in use.
func (t *slotTable) hashAt(p unsafe.Pointer) uint64 {
	k := *(*uint64)(p) ^ keyMix
	if !t.wide {
		return vector.Hash64(k) * t.seed
	}
	hi := *(*uint64)(unsafe.Add(p, 8))
	if t.packer.form != packedString {
		return vector.HashCombine(vector.Hash64(k), hi) * t.seed
	}
	words := [2]uint64{k, hi}
	return vector.HashBytes(unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(&words), 4)), int(uint32(k)&^stringMark))) * t.seed
}

// taken reports whether a slot holds a group.
func (t *slotTable) taken(p unsafe.Pointer) bool {
	return *(*uint64)(p) != 0 || t.wide && *(*uint64)(unsafe.Add(p, 8)) != 0
}

// grow doubles the table. False if the memory is refused.
func (t *slotTable) grow() bool { return t.resize(2 * t.slots) }

// resize moves the groups to a larger table. False if the memory is refused.
func (t *slotTable) resize(slots int) bool {
	for { // more than once only when keys crowd at the end
		need := int64((slots + slotOverflow + 2) * t.stride)
		if !t.reserve(need) {
			return false
		}
		old, oldTotal := t.slab, t.total
		t.allocate(slots)
		if t.rehash(old, oldTotal) {
			t.reserve(-t.accounted)
			t.accounted = need
			t.grown++
			return true
		}
		t.reserve(-need)
		t.slab, t.total, slots = old, oldTotal, slots*2
	}
}

// rehash moves all groups from an old slab, whose order the new one nearly has.
func (t *slotTable) rehash(old []byte, oldTotal int) bool {
	words := t.stride / 8
	from := vector.As[uint64](old[:oldTotal*t.stride])
	to := vector.As[uint64](t.slab)
	moved := false
	if t.wide {
		moved = t.rehash16(from, to, words)
	} else {
		moved = t.rehash8(from, to, words)
	}
	copy(t.slab[t.total*t.stride:], old[oldTotal*t.stride:])
	return moved
}

func (t *slotTable) rehash8(from, to []uint64, words int) bool {
	seed, skip, shift, last := t.seed, t.skip&63, t.shift&63, t.total*words
	for ; len(from) >= words; from = from[words:] {
		k := from[0]
		if k == 0 {
			continue
		}
		hi, lo := bits.Mul64(k, hashMultiplier)
		at := int((hi^lo^(k^keyMix)>>29)*seed<<skip>>shift) * words
		for to[at] != 0 {
			if at += words; at == last {
				return false
			}
		}
		for w, x := range from[:words] {
			to[at+w] = x
		}
	}
	return true
}

func (t *slotTable) rehash16(from, to []uint64, words int) bool {
	last := t.total * words
	for ; len(from) >= words; from = from[words:] {
		if from[0]|from[1] == 0 {
			continue
		}
		at := int(t.hashAt(unsafe.Pointer(&from[0]))<<t.skip>>t.shift) * words
		for to[at]|to[at+1] != 0 {
			if at += words; at == last {
				return false
			}
		}
		copy(to[at:at+words], from[:words])
	}
	return true
}

// specialHash is the hash of a special group.
func (t *slotTable) specialHash(i int) uint64 {
	h := nullHash
	if i == 1 {
		h = vector.Hash64(keyMix)
		if t.wide {
			h = vector.HashCombine(h, 0)
		}
	}
	return h * t.seed
}

// nullHash is the hash of a null key: that of vector.HashRows.
var nullHash = func() uint64 {
	v := vector.NewFlat(types.VoidType, 1)
	v.SetConstantNull(1)
	return vector.HashRows([]*vector.Vector{v}, nil, 1, nil)[0]
}()

// list implements groupTable. A table that skips hash bits is only listed whole. Groups that stand side by side, with no free
// slot between, came in any order, but all groups before them have smaller hashes and all behind them have larger ones.
func (t *slotTable) list(c *groupCursor, rows []uint32) int {
	size := t.slots / groupPartitions
	end := t.total
	if c.to < groupPartitions {
		end = c.to * size
	}
	if !c.started {
		c.started, c.at = true, c.from*size
		for i, exists := range t.special {
			if h := t.specialHash(i); exists && c.has(h) {
				c.apart = append(c.apart, hashedGroup{h, uint32(t.total + i)})
			}
		}
		sortCrowd(c.apart)
	}
	base, stride := unsafe.Pointer(unsafe.SliceData(t.slab)), uintptr(t.stride)
	n := c.take(rows)
	for n < len(rows) {
		for c.at < end && !t.taken(unsafe.Add(base, uintptr(c.at)*stride)) {
			c.at++
		}
		if c.at >= end {
			if len(c.apart) == 0 {
				break
			}
			c.crowd, c.apart, c.next = c.apart, nil, 0
			n += c.take(rows[n:])
			continue
		}
		first := c.at
		for c.at++; c.at < t.total && t.taken(unsafe.Add(base, uintptr(c.at)*stride)); c.at++ {
		}
		// Groups of the neighbours may stand at the start of the parts and behind their end.
		within := c.from == 0 && c.to == groupPartitions || first > c.from*size && c.at <= end
		if within && c.at == first+1 && len(c.apart) == 0 {
			rows[n] = uint32(first)
			n++
			continue
		}
		t.crowd(c, first, within)
		n += c.take(rows[n:])
	}
	return n
}

// crowd makes the groups from slot first to c.at the cursor's crowd; within says that all are of its parts.
func (t *slotTable) crowd(c *groupCursor, first int, within bool) {
	c.crowd, c.next = c.crowd[:0], 0
	for s := first; s < c.at; s++ {
		h := t.hashAt(unsafe.Pointer(&t.slab[s*t.stride]))
		if within || c.has(h) {
			c.crowd = append(c.crowd, hashedGroup{h, uint32(s)})
		}
	}
	sortCrowd(c.crowd)
	if n := len(c.crowd); n > 0 && len(c.apart) > 0 && c.apart[0].hash <= c.crowd[n-1].hash {
		last := c.crowd[n-1].hash
		for len(c.apart) > 0 && c.apart[0].hash <= last {
			c.crowd, c.apart = append(c.crowd, c.apart[0]), c.apart[1:]
		}
		sortCrowd(c.crowd)
	}
	equalHashes(c.crowd, func(run []hashedGroup) {
		slices.SortFunc(run, func(a, b hashedGroup) int { return t.compareKeys(a.row, b.row) })
	})
}

// compareKeys orders groups with the same hash: by their words, special ones last.
func (t *slotTable) compareKeys(a, b uint32) int {
	if int(a) >= t.total || int(b) >= t.total {
		return cmp.Compare(a, b)
	}
	words := t.stride / 8
	all := vector.As[uint64](t.slab)
	n := 1
	if t.wide {
		n = 2
	}
	return slices.Compare(all[int(a)*words:][:n], all[int(b)*words:][:n])
}

// keys implements groupTable.
func (t *slotTable) keys(rows []uint32, out []*vector.Vector) {
	lo, hi := make([]uint64, len(rows)), make([]uint64, len(rows))
	for i, r := range rows {
		at := int(r) * t.stride
		words := vector.As[uint64](t.slab[at : at+16])
		lo[i] = words[0] ^ keyMix
		if t.wide {
			hi[i] = words[1]
		}
	}
	t.packer.unpack(lo, hi, out)
	for i, r := range rows {
		if r == t.nullSlot() {
			out[0].SetNull(i)
		}
	}
}
