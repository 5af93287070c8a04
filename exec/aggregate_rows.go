package exec

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"

	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// rowTable is for keys that are too wide for slots: they stand in a row store, and a directory in the order of hashes says
// which row may be theirs. A directory entry is the upper half of the hash (without the bits that are skipped) and the row
// number plus one; 0 is free.
type rowTable struct {
	layouts   []vector.Layout
	stateSize int
	reserve   reserve
	seed      uint64
	skip      uint
	store     *vector.RowStore
	slab      []byte // states by row number
	stateRows int    // rows that slab has room for
	directory []uint64
	slots     int
	shift     uint
	accounted int64 // bytes that were reserved
	changed   int

	hashes     []uint64
	places     []uint32 // of each chunk row: where its search goes on in the directory
	candidates []uint16
	misses     []uint16
	fresh      []uint16
	floats     []*vector.Vector // copies of float keys
	normalized []*vector.Vector // the keys with these copies
}

func newRowTable(layouts []vector.Layout, stateSize int, seed uint64, skip uint, r reserve) *rowTable {
	t := &rowTable{layouts: layouts, stateSize: stateSize, seed: seed, skip: skip, reserve: r, store: vector.NewRowStore(vector.NewRowLayout(layouts, 0))}
	t.allocate(firstSlots)
	t.growStates(firstSlots / 2)
	t.account()
	return t
}

func (t *rowTable) allocate(slots int) {
	t.slots = slots
	t.shift = uint(64 - bits.Len(uint(slots-1)))
	t.directory = make([]uint64, slots+slotOverflow)
}

func (t *rowTable) growStates(rows int) {
	bigger := memory.Aligned(rows*t.stateSize + 8)
	copy(bigger, t.slab)
	t.slab, t.stateRows = bigger, rows
}

func (t *rowTable) states() ([]byte, int) { return t.slab, t.stateSize }
func (t *rowTable) count() int            { return t.store.Len() }
func (t *rowTable) version() int          { return t.changed }
func (t *rowTable) bytes() int64 {
	return t.store.Bytes() + int64(len(t.slab)) + 8*int64(len(t.directory))
}

func (t *rowTable) full() bool { return t.store.Len()+vector.ChunkSize > t.slots/2 }

// clear implements groupTable. The room for states and the directory stay.
func (t *rowTable) clear() {
	clear(t.slab)
	clear(t.directory)
	t.store = vector.NewRowStore(t.store.Layout())
	t.changed++
	t.account()
}

func (t *rowTable) release() { t.reserve(-t.accounted) }

// account reserves what the table has grown by; false if that is refused.
func (t *rowTable) account() bool {
	now := t.bytes()
	if d := now - t.accounted; d == 0 || t.reserve(d) {
		t.accounted = now
		return true
	}
	return false
}

// find implements groupTable.
func (t *rowTable) find(keys []*vector.Vector, sel vector.Selection, n int, rows []uint32) findResult {
	if !t.room(n) {
		return foundFull
	}
	t.places, t.candidates, t.misses = ensure(t.places, n), ensure(t.candidates, n), ensure(t.misses, n)
	given := keys
	keys = t.normal(keys, sel, n)
	t.hashes = vector.HashRows(keys, sel, n, t.hashes)
	open := t.candidates[:0]
	if sel == nil {
		for i := range n {
			open = append(open, uint16(i))
		}
	} else {
		open = append(open, sel...)
	}
	for _, i := range open {
		t.hashes[i] = t.hashes[i] * t.seed << t.skip
		t.places[i] = uint32(t.hashes[i] >> t.shift)
	}
	spare := t.misses[:0]
	for len(open) > 0 {
		if !t.search(keys, open, n, rows) {
			t.crowded()
			return t.find(given, sel, n, rows)
		}
		misses := spare[:0]
		candidates := open
		for c, k := range keys {
			candidates, misses = t.store.Match(c, k, candidates, rows, misses)
		}
		for _, i := range misses {
			t.places[i]++
		}
		open, spare = misses, open[:0]
	}
	if !t.account() {
		return foundFull
	}
	return foundAll
}

// room implements groupTable.
func (t *rowTable) room(n int) bool {
	need := t.store.Len() + n
	if need > t.stateRows {
		rows := max(need, 2*t.stateRows)
		if !t.reserve(int64((rows - t.stateRows) * t.stateSize)) {
			return false
		}
		t.accounted += int64((rows - t.stateRows) * t.stateSize)
		t.growStates(rows)
	}
	slots := t.slots
	for need > slots/2 {
		slots *= 2
	}
	if slots > t.slots {
		if !t.reserve(8 * int64(slots-t.slots)) {
			return false
		}
		t.accounted += 8 * int64(slots-t.slots)
		t.rebuild(slots)
	}
	return true
}

// crowded makes the directory larger because probing ran out of it.
func (t *rowTable) crowded() {
	if t.reserve(8 * int64(t.slots)) {
		t.accounted += 8 * int64(t.slots)
	}
	t.rebuild(2 * t.slots)
}

// rebuild moves the entries to a directory of another size.
func (t *rowTable) rebuild(slots int) {
	old := t.directory
	t.allocate(slots)
	for _, e := range old {
		if e == 0 {
			continue
		}
		s := int(e >> 32 << 32 >> t.shift)
		for s < len(t.directory) && t.directory[s] != 0 {
			s++
		}
		if s == len(t.directory) {
			t.directory = old
			t.rebuild(2 * slots)
			return
		}
		t.directory[s] = e
	}
}

// normal gives keys of floats one form of zero, so that -0.0 is grouped and shown as 0.0.
func (t *rowTable) normal(keys []*vector.Vector, sel vector.Selection, n int) []*vector.Vector {
	out := keys
	for c, l := range t.layouts {
		if l.Physical != types.PhysicalFloat32 && l.Physical != types.PhysicalFloat64 {
			continue
		}
		if t.floats == nil {
			t.floats, t.normalized = make([]*vector.Vector, len(keys)), make([]*vector.Vector, len(keys))
		}
		if len(out) > 0 && &out[0] == &keys[0] {
			out = t.normalized
			copy(out, keys)
		}
		if t.floats[c] == nil {
			t.floats[c] = vector.New(l.Type, l.Physical, n)
		}
		v := t.floats[c]
		v.Reset(0)
		vector.AppendRows(v, vector.FlattenRows(keys[c], sel, n, vector.New(l.Type, l.Physical, n)), nil, n)
		if l.Physical == types.PhysicalFloat32 {
			addZero(vector.Values[float32](v))
		} else {
			addZero(vector.Values[float64](v))
		}
		out[c] = v
	}
	return out
}

func addZero[T float32 | float64](values []T) {
	for i := range values {
		values[i] += 0
	}
}

// search goes on for each open row to the next entry with its hash, or to a free one, where it becomes a new row.
// False if a search ran out of the directory.
func (t *rowTable) search(keys []*vector.Vector, open []uint16, n int, rows []uint32) bool {
	fresh := t.fresh[:0]
	next := uint32(t.store.Len())
	for _, i := range open {
		tag := t.hashes[i] >> 32
		s := t.places[i]
		for {
			if int(s) >= len(t.directory) {
				t.keep(keys, fresh, n)
				return false
			}
			e := t.directory[s]
			if e == 0 {
				t.directory[s] = tag<<32 | uint64(next+1)
				rows[i] = next
				next++
				fresh = append(fresh, i)
				break
			}
			if e>>32 == tag {
				rows[i] = uint32(e) - 1
				break
			}
			s++
		}
		t.places[i] = s
	}
	t.keep(keys, fresh, n)
	return true
}

// keep stores the keys of new rows.
func (t *rowTable) keep(keys []*vector.Vector, fresh []uint16, n int) {
	t.fresh = fresh
	if len(fresh) > 0 {
		t.store.Append(keys, fresh, n)
	}
}

// list implements groupTable. A table that skips hash bits is only listed whole. What slotTable.list says of groups side by
// side goes for entries of the directory.
func (t *rowTable) list(c *groupCursor, rows []uint32) int {
	whole := c.from == 0 && c.to == groupPartitions
	size := t.slots / groupPartitions
	if !c.started {
		c.started, c.at = true, c.from*size
	}
	end := len(t.directory)
	if c.to < groupPartitions {
		end = c.to * size
	}
	n := c.take(rows)
	for n < len(rows) {
		for c.at < end && t.directory[c.at] == 0 {
			c.at++
		}
		if c.at >= end {
			break
		}
		c.crowd, c.next = c.crowd[:0], 0
		for ; c.at < len(t.directory) && t.directory[c.at] != 0; c.at++ {
			if e := t.directory[c.at]; whole || c.has(e) {
				c.crowd = append(c.crowd, hashedGroup{e >> 32, uint32(e) - 1})
			}
		}
		if len(c.crowd) > 1 {
			sortCrowd(c.crowd)
			equalHashes(c.crowd, t.sortEqual)
		}
		n += c.take(rows[n:])
	}
	return n
}

// sortEqual orders groups whose hashes have the same upper half: by the whole hash, and where that is the same too, by
// their keys.
func (t *rowTable) sortEqual(run []hashedGroup) {
	rows, keys := make([]uint32, len(run)), make([]*vector.Vector, len(t.layouts))
	for i, g := range run {
		rows[i] = g.row
	}
	for c, l := range t.layouts {
		keys[c] = vector.New(l.Type, l.Physical, len(run))
	}
	t.keys(rows, keys)
	type exact struct {
		hash  uint64
		key   []byte
		group hashedGroup
	}
	order := make([]exact, len(run))
	for i, h := range vector.HashRows(keys, nil, len(run), nil) {
		order[i] = exact{hash: h * t.seed, group: run[i]}
		for _, k := range keys {
			order[i].key = appendSortKey(order[i].key, k, i, ascending)
		}
	}
	slices.SortFunc(order, func(a, b exact) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), bytes.Compare(a.key, b.key))
	})
	for i, e := range order {
		run[i] = e.group
	}
}

// keys implements groupTable.
func (t *rowTable) keys(rows []uint32, out []*vector.Vector) {
	for c := range t.layouts {
		t.store.Gather(c, rows, out[c])
	}
}
