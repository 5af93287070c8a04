package exec

import (
	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// arrayTable is the perfect hash: keys with small known ranges are numbers of states. Number 0 of each key is null.
type arrayTable struct {
	columns   []arrayColumn
	layouts   []vector.Layout
	stateSize int
	size      int
	present   []bool
	slab      []byte
	used      int
	reserve   reserve
	packer    *keyPacker // for flat copies of other encodings
}

// arrayColumn is one key: group number += (value - min + 1) * step.
type arrayColumn struct {
	min, values uint64 // values: how many there are, null not counted
	step        uint32
}

// arrayEntries is the number of groups up to which an array is always used; past it, only if about a quarter of it will
// be filled, and never past maxArrayEntries or a budget of bytes.
const (
	arrayEntries    = 16 << 10
	maxArrayEntries = 4 << 20
)

// maxArrayShare is the share of the memory limit that an array may take. It goes by no number of workers: an array has its
// own order of groups.
const maxArrayShare = 32

// planArray makes an array without memory for the keys if their ranges are known and small enough, else nil. States with
// blobs have no array, since they might not fit into memory all at once, and an array is never read in parts.
func (a *Aggregate) planArray() *arrayTable {
	if !a.spec.PerfectArrays || a.blobs || len(a.spec.Keys) == 0 {
		return nil
	}
	t := &arrayTable{stateSize: a.spec.StateSize}
	size := uint64(1)
	for _, k := range a.spec.Keys {
		low, high := k.Range.Min, k.Range.Max
		switch {
		case k.Physical == types.PhysicalBool:
			low, high = 0, 1
		case !k.Physical.IsInteger() || k.Physical == types.PhysicalInt128 || !k.Range.Known || low > high:
			return nil
		}
		values := uint64(high) - uint64(low) + 1
		if values == 0 || values > maxArrayEntries {
			return nil
		}
		t.columns = append(t.columns, arrayColumn{min: uint64(low), values: values, step: uint32(size)})
		t.layouts = append(t.layouts, vector.Layout{Type: k.Type, Physical: k.Physical})
		if size *= values + 1; size > maxArrayEntries {
			return nil
		}
	}
	t.size = int(size)
	limit := min(maxFirstBytes, a.query.runtime.memory.Limit()/maxArrayShare)
	if size > arrayEntries && a.spec.Groups*4 < float64(size) || t.bytes() > limit {
		return nil
	}
	return t
}

// allocated is a copy of the array with memory; nil if that is refused.
func (t *arrayTable) allocated(p *keyPacker, r reserve) *arrayTable {
	if !r(t.bytes()) {
		return nil
	}
	out := *t
	out.packer, out.reserve = p, r
	out.present = make([]bool, t.size)
	out.slab = memory.Aligned(t.size*t.stateSize + 8)
	return &out
}

func (t *arrayTable) states() ([]byte, int) { return t.slab, t.stateSize }
func (t *arrayTable) count() int            { return t.used }
func (t *arrayTable) bytes() int64          { return int64(t.size) * int64(t.stateSize+1) }
func (t *arrayTable) version() int          { return 0 }
func (t *arrayTable) room(int) bool         { return true }
func (t *arrayTable) full() bool            { return false }
func (t *arrayTable) clear() {
	clear(t.present)
	clear(t.slab)
	t.used = 0
}
func (t *arrayTable) release() { t.reserve(-t.bytes()) }

// find implements groupTable. A value outside the range that was promised is foundUnfit.
func (t *arrayTable) find(keys []*vector.Vector, sel vector.Selection, n int, rows []uint32) findResult {
	rows = rows[:n]
	fits := true
	for c, k := range keys {
		v := t.packer.flat(c, k, sel, n)
		first := c == 0
		switch v.Physical {
		case types.PhysicalBool:
			fits = addIndex[uint8](&t.columns[c], v, sel, rows, first) && fits
		case types.PhysicalInt8:
			fits = addIndex[int8](&t.columns[c], v, sel, rows, first) && fits
		case types.PhysicalInt16:
			fits = addIndex[int16](&t.columns[c], v, sel, rows, first) && fits
		case types.PhysicalInt32:
			fits = addIndex[int32](&t.columns[c], v, sel, rows, first) && fits
		case types.PhysicalInt64:
			fits = addIndex[int64](&t.columns[c], v, sel, rows, first) && fits
		}
	}
	if !fits {
		return foundUnfit
	}
	t.mark(sel, rows)
	return foundAll
}

// mark notes which groups exist.
func (t *arrayTable) mark(sel vector.Selection, rows []uint32) {
	present := t.present
	if sel == nil {
		for _, r := range rows {
			if !present[r] {
				present[r] = true
				t.used++
			}
		}
		return
	}
	for _, i := range sel {
		if r := rows[i]; !present[r] {
			present[r] = true
			t.used++
		}
	}
}

// addIndex adds a key's part to the group numbers; false if a value is outside the range.
func addIndex[T uint8 | int8 | int16 | int32 | int64](c *arrayColumn, v *vector.Vector, sel vector.Selection, rows []uint32, first bool) bool {
	values := vector.As[T](v.Data())
	low, count, step := c.min, c.values, c.step
	outside := false
	if v.Valid == nil && sel == nil {
		values = values[:len(rows)]
		for i, x := range values {
			d := uint64(int64(x)) - low
			outside = outside || d >= count
			at := uint32(d+1) * step
			if first {
				rows[i] = at
			} else {
				rows[i] += at
			}
		}
		return !outside
	}
	each := func(i int) {
		at := uint32(0)
		if v.Valid == nil || v.Valid.Get(i) {
			d := uint64(int64(values[i])) - low
			outside = outside || d >= count
			at = uint32(d+1) * step
		}
		if first {
			rows[i] = at
		} else {
			rows[i] += at
		}
	}
	if sel == nil {
		for i := range rows {
			each(i)
		}
	} else {
		for _, i := range sel {
			each(int(i))
		}
	}
	return !outside
}

// list implements groupTable: parts are equal shares of the array.
func (t *arrayTable) list(c *groupCursor, rows []uint32) int {
	if !c.started {
		c.started, c.at = true, t.size*c.from/groupPartitions
	}
	n := 0
	for end := t.size * c.to / groupPartitions; c.at < end && n < len(rows); c.at++ {
		if t.present[c.at] {
			rows[n] = uint32(c.at)
			n++
		}
	}
	return n
}

// keys implements groupTable.
func (t *arrayTable) keys(rows []uint32, out []*vector.Vector) {
	for c := range t.columns {
		col, v := &t.columns[c], out[c]
		v.Reset(len(rows))
		for i, r := range rows {
			at := uint64(r/col.step) % (col.values + 1)
			if at == 0 {
				v.SetNull(i)
			}
			setInteger(v, i, int64(col.min+at-1))
		}
	}
}

// setInteger writes a value of any integer layout up to 64 bits, or a boolean.
func setInteger(v *vector.Vector, i int, x int64) {
	switch v.Physical {
	case types.PhysicalBool, types.PhysicalInt8:
		vector.Set(v, i, int8(x))
	case types.PhysicalInt16:
		vector.Set(v, i, int16(x))
	case types.PhysicalInt32:
		vector.Set(v, i, int32(x))
	default:
		vector.Set(v, i, x)
	}
}
