package exec

import (
	"context"
	"math/bits"
	"slices"
	"sync/atomic"

	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// joinTable finds the rows of a store by key. It has one of three shapes: an array indexed by packed key where keys are
// dense, linear probing on packed keys, or linear probing on hashes. Rows of one key are chained in the order they came.
type joinTable struct {
	store    *vector.Store // keys first, then payload
	spans    []rowSpan     // all rows, in the order they came in
	keys     int
	nullSafe []bool

	form   keyForm
	packed []packedKey
	array  []int32         // packed keys: first row by key, or NoRow
	slots  []keySlot       // packed keys, or hashes
	shift  uint            // hash >> shift is the slot
	next   []int32         // row → next row with the same key; nil if every key is unique
	marks  []atomic.Uint64 // rows with a partner, for right and full joins
}

// keySlot is one place of a linear-probing table; row is NoRow where it is free.
type keySlot struct {
	key uint64
	row int32
}

// Unique reports that no key has two rows.
func (t *joinTable) Unique() bool { return t.next == nil }

// arrayLimit is the number of array entries that n rows are worth: an entry is a quarter of a slot, and a miss in it
// costs one load and no comparison.
func arrayLimit(n int) uint64 { return uint64(n)*8 + 4096 }

// buildJoinTable indexes a store whose first len(nullSafe) columns are the keys. spans give its rows in the order they came
// in; nil if that is how they stand.
func buildJoinTable(ctx context.Context, store *vector.Store, spans []rowSpan, nullSafe []bool, perfect bool) (*joinTable, error) {
	if spans == nil {
		spans = []rowSpan{{end: store.Len}}
	}
	t := &joinTable{store: store, spans: spans, keys: len(nullSafe), nullSafe: nullSafe, form: hashedKeys}
	ranges, ok := integerRanges(store.Columns[:t.keys])
	var width uint
	if ok {
		t.packed, width, ok = packLayout(ranges, nullSafe)
	}
	if ok {
		t.form = packedKeys
		size := uint64(1) << width
		if len(t.packed) == 1 {
			size = uint64(ranges[0].Max) - uint64(ranges[0].Min) + 2
		}
		if perfect && size <= arrayLimit(store.Len) {
			t.array = make([]int32, size)
			for i := range t.array {
				t.array[i] = program.NoRow
			}
			return t, t.insert(ctx, t.insertArray)
		}
	}
	capacity := 1 << bits.Len(uint(max(store.Len, 8)*2-1))
	t.slots = make([]keySlot, capacity)
	for i := range t.slots {
		t.slots[i].row = program.NoRow
	}
	t.shift = uint(64 - bits.Len(uint(capacity-1)))
	if t.form == packedKeys {
		return t, t.insert(ctx, t.insertPacked)
	}
	return t, t.insert(ctx, t.insertHashed)
}

// integerRanges measures the smallest and largest value of each key; ok is false if a key is no integer of at most 64 bits.
func integerRanges(keys []*vector.Vector) ([]types.Range, bool) {
	out := make([]types.Range, len(keys))
	for k, c := range keys {
		if !isIntegerLayout(c.Physical) {
			return nil, false
		}
		out[k] = integerRange(c)
	}
	return out, true
}

func integerRange(c *vector.Vector) types.Range {
	switch c.Physical {
	case types.PhysicalBool:
		return rangeOf[uint8](c)
	case types.PhysicalInt8:
		return rangeOf[int8](c)
	case types.PhysicalInt16:
		return rangeOf[int16](c)
	case types.PhysicalInt32:
		return rangeOf[int32](c)
	}
	return rangeOf[int64](c)
}

// rangeOf is the range of a flat column's values that are not null; [0, 0] if there is none.
func rangeOf[T uint8 | int8 | int16 | int32 | int64](c *vector.Vector) types.Range {
	r := types.Range{}
	for i, v := range vector.Values[T](c) {
		if c.Valid != nil && !c.Valid.Get(i) {
			continue
		}
		if !r.Known {
			r = types.Range{Known: true, Min: int64(v), Max: int64(v)}
			continue
		}
		r.Min, r.Max = min(r.Min, int64(v)), max(r.Max, int64(v))
	}
	r.Known = true
	return r
}

// insert gives every row with a key to one of the insert methods, last row first, so that chains run forwards.
func (t *joinTable) insert(ctx context.Context, one func(key uint64, row int32)) error {
	keys := make([]uint64, vector.ChunkSize)
	room := make(vector.Selection, vector.ChunkSize)
	columns := make([]*vector.Vector, t.keys)
	for _, s := range slices.Backward(t.spans) {
		for end := s.end; end > s.start; {
			if err := ctx.Err(); err != nil {
				return context.Cause(ctx)
			}
			start := max(s.start, (end-1)/vector.ChunkSize*vector.ChunkSize)
			n := end - start
			for k := range columns {
				columns[k] = t.store.Columns[k].Slice(start, n)
			}
			sel := t.keysOf(columns, nil, n, keys, room)
			for j := len(sel) - 1; j >= 0; j-- {
				i := sel[j]
				one(keys[i], int32(start+int(i)))
			}
			end = start
		}
	}
	return nil
}

// keysOf computes what the table is searched with, for the rows that can have a partner.
func (t *joinTable) keysOf(columns []*vector.Vector, sel vector.Selection, n int, keys []uint64, room vector.Selection) vector.Selection {
	if t.keys == 0 { // every pair of rows is a candidate
		return allRows(sel, n, keys, room)
	}
	if t.form == packedKeys {
		return packRows(t.packed, columns, sel, n, keys, room)
	}
	return hashRows(columns, t.nullSafe, sel, n, keys, room)
}

// allRows gives every row the key 0.
func allRows(sel vector.Selection, n int, keys []uint64, room vector.Selection) vector.Selection {
	clear(keys[:n])
	if sel != nil {
		return sel
	}
	room = room[:n]
	for i := range room {
		room[i] = uint16(i)
	}
	return room
}

// chain puts row in front of first, the row that had its key until now.
func (t *joinTable) chain(row, first int32) {
	if first == program.NoRow {
		return
	}
	if t.next == nil {
		t.next = make([]int32, t.store.Len)
		for i := range t.next {
			t.next[i] = program.NoRow
		}
	}
	t.next[row] = first
}

func (t *joinTable) insertArray(key uint64, row int32) {
	t.chain(row, t.array[key])
	t.array[key] = row
}

func (t *joinTable) insertPacked(key uint64, row int32) {
	mask := len(t.slots) - 1
	for at := int(vector.Hash64(key) >> t.shift); ; at = (at + 1) & mask {
		s := &t.slots[at]
		if s.row == program.NoRow {
			*s = keySlot{key, row}
			return
		}
		if s.key == key {
			t.chain(row, s.row)
			s.row = row
			return
		}
	}
}

func (t *joinTable) insertHashed(hash uint64, row int32) {
	mask := len(t.slots) - 1
	for at := int(hash >> t.shift); ; at = (at + 1) & mask {
		s := &t.slots[at]
		if s.row == program.NoRow {
			*s = keySlot{hash, row}
			return
		}
		if s.key == hash && t.sameKeys(t.store.Columns, int(row), s.row) {
			t.chain(row, s.row)
			s.row = row
			return
		}
	}
}

// sameKeys compares the keys of row i of columns with those of a stored row.
func (t *joinTable) sameKeys(columns []*vector.Vector, i int, row int32) bool {
	for k := range t.keys {
		if !equalNullable(columns[k], i, t.store.Columns[k], int(row)) {
			return false
		}
	}
	return true
}

// find sets rows[i] for each row of sel.
func (t *joinTable) find(columns []*vector.Vector, sel vector.Selection, n int, keys []uint64, room vector.Selection, rows []int32) {
	kept := t.keysOf(columns, sel, n, keys, room)
	if len(kept) < sel.Rows(n) {
		if sel == nil {
			for i := range rows[:n] {
				rows[i] = program.NoRow
			}
		}
		for _, i := range sel {
			rows[i] = program.NoRow
		}
	}
	switch {
	case t.array != nil:
		array := t.array
		for _, i := range kept {
			rows[i] = array[keys[i]]
		}
	case t.form == packedKeys:
		t.findPacked(kept, keys, rows)
	default:
		t.findHashed(columns, kept, keys, rows)
	}
}

func (t *joinTable) findPacked(sel vector.Selection, keys []uint64, rows []int32) {
	slots, shift := t.slots, t.shift
	mask := len(slots) - 1
	for _, i := range sel {
		key := keys[i]
		at := int(vector.Hash64(key) >> shift)
		for {
			s := &slots[at&mask]
			if s.key == key && s.row != program.NoRow || s.row == program.NoRow {
				rows[i] = s.row
				break
			}
			at++
		}
	}
}

func (t *joinTable) findHashed(columns []*vector.Vector, sel vector.Selection, keys []uint64, rows []int32) {
	mask := len(t.slots) - 1
	for _, i := range sel {
		hash := keys[i]
		rows[i] = program.NoRow
		for at := int(hash >> t.shift); ; at = (at + 1) & mask {
			s := &t.slots[at]
			if s.row == program.NoRow {
				break
			}
			if s.key == hash && t.sameKeys(columns, int(i), s.row) {
				rows[i] = s.row
				break
			}
		}
	}
}

// tableBytes estimates the memory that indexing n rows takes.
func tableBytes(n int) int64 { return int64(n)*(4*16+4) + 4096 }

// mark records that rows have a partner.
func (t *joinTable) mark(rows []int32, sel vector.Selection, n int) {
	for j := range sel.Rows(n) {
		i := j
		if sel != nil {
			i = int(sel[j])
		}
		if r := rows[i]; r >= 0 {
			word, bit := &t.marks[r>>6], uint64(1)<<(r&63)
			if word.Load()&bit == 0 {
				word.Or(bit)
			}
		}
	}
}
