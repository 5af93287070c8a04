package exec

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/vector"
)

// groupSet is a table with the blobs of its states, and what merges into it.
type groupSet struct {
	sink     *Aggregate
	table    groupTable // nil without keys
	single   []byte     // the one state without keys
	blobs    expr.BlobStore
	contexts []expr.AggregateContext
	skip     uint
	reserve  reserve
	rows     []uint32
	widened  int // how often the groups moved to another table
}

// init makes the set empty.
func (g *groupSet) init(a *Aggregate, r reserve) {
	g.sink, g.reserve = a, r
	g.contexts = a.contexts(&g.blobs)
	if len(a.spec.Keys) == 0 {
		g.single = vector.Bytes(make([]uint64, a.spec.StateSize/8+1))
		return
	}
	g.table = a.newTable(true, 0, r)
}

// reset drops all groups; keep leaves the table as large as it is.
func (g *groupSet) reset(keep bool) {
	g.blobs.Blobs, g.blobs.Bytes = nil, 0
	if keep {
		g.table.clear()
		return
	}
	g.table.release()
	g.table = g.sink.newTable(false, g.skip, g.reserve)
}

// states are where the states stand.
func (g *groupSet) states() (base []byte, stride int) {
	if g.table == nil {
		return g.single, g.sink.spec.StateSize
	}
	return g.table.states()
}

// find is groupTable.find, on a wider table if the present one does not fit the keys. foundUnfit is never returned.
func (g *groupSet) find(keys []*vector.Vector, sel vector.Selection, n int, rows []uint32) (findResult, error) {
	for {
		r := g.table.find(keys, sel, n, rows)
		if r != foundUnfit {
			return r, nil
		}
		if _, array := g.table.(*arrayTable); array {
			g.sink.unfit.Store(true)
		}
		if err := g.widen(); err != nil {
			return foundFull, err
		}
	}
}

// widen moves all groups to a table for wider keys.
func (g *groupSet) widen() error {
	old := g.table
	base, stride := old.states()
	g.table = g.sink.wider(old, g.skip, g.reserve)
	g.table.room(old.count())
	keys := g.sink.newKeys()
	c := allGroups()
	from, to := make([]uint32, vector.ChunkSize), make([]uint32, vector.ChunkSize)
	for {
		n := old.list(&c, from)
		if n == 0 {
			break
		}
		old.keys(from[:n], keys)
		if r := g.table.find(keys, nil, n, to); r != foundAll {
			// The groups are kept as they are, and there is no room for them twice.
			return g.sink.shared.OutOfMemory(g.table.bytes(), "")
		}
		newBase, newStride := g.table.states()
		size := g.sink.spec.StateSize
		for i := range n {
			copy(newBase[int(to[i])*newStride:][:size], base[int(from[i])*stride:][:size])
		}
	}
	old.release()
	g.widened++
	return nil
}

// newKeys makes vectors for keys.
func (a *Aggregate) newKeys() []*vector.Vector {
	keys := make([]*vector.Vector, len(a.layouts))
	for i, l := range a.layouts {
		keys[i] = vector.New(l.Type, l.Physical, vector.ChunkSize)
	}
	return keys
}

// merge adds states of other groups to the groups to: the i-th at base[from[i]*stride], with its blobs.
func (g *groupSet) merge(base []byte, from []uint32, stride int, blobs *expr.BlobStore, to []uint32) error {
	dst, dstStride := g.states()
	for a, call := range g.sink.spec.Aggregates {
		kernel, offset := call.Kernel, g.sink.offsets[a]
		context := &g.contexts[a]
		for i, r := range from {
			src := base[int(r)*stride+offset:][:kernel.Size:kernel.Size]
			at := int(to[i])*dstStride + offset
			if err := kernel.Merge(context, dst[at:at+kernel.Size:at+kernel.Size], src, blobs); err != nil {
				return err
			}
		}
	}
	return nil
}

// add finds or adds groups for n keys and merges their states into them. foundFull: nothing was merged, for want of
// memory.
func (g *groupSet) add(keys []*vector.Vector, n int, base []byte, from []uint32, stride int, blobs *expr.BlobStore) (findResult, error) {
	g.rows = ensure(g.rows, n)
	if r, err := g.find(keys, nil, n, g.rows); r != foundAll || err != nil {
		return r, err
	}
	return foundAll, g.merge(base, from[:n], stride, blobs, g.rows)
}
