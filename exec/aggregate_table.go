package exec

import (
	"cmp"
	"slices"

	"github.com/kilnql/kiln/vector"
)

// A table keeps its groups in the order of the top bits of their hash, so that the groups of one of groupPartitions parts are
// found together, in any table and in spill files.
const (
	partitionBits   = 6
	groupPartitions = 1 << partitionBits
)

// findResult says how groupTable.find ended.
type findResult uint8

const (
	foundAll   findResult = iota
	foundUnfit            // a key does not fit this kind of table
	foundFull             // the table must grow and the memory for it was refused
)

// groupTable finds groups by key and holds their states.
type groupTable interface {
	// find writes the number of each row's group to rows, adding groups with zero states. If the result is not foundAll,
	// rows are unspecified and some groups may have been added.
	find(keys []*vector.Vector, sel vector.Selection, n int, rows []uint32) findResult
	// states are where the states of groups are: number*stride from base on.
	states() (base []byte, stride int)
	// count is the number of groups; bytes the memory of the table.
	count() int
	bytes() int64
	// room makes room for n more groups; false if the memory is refused.
	room(n int) bool
	// full reports that the table must grow soon.
	full() bool
	// clear drops all groups but keeps the table's memory for others.
	clear()
	// release gives the table's memory back to the account.
	release()
	// version changes whenever groups get other numbers.
	version() int
	// list writes numbers of groups of c's parts to rows, in the order of their hashes (of their numbers in arrays), and moves
	// c on; 0 at the end. The order depends on nothing but the keys and the sink's seed.
	list(c *groupCursor, rows []uint32) int
	// keys writes the keys of groups into flat vectors.
	keys(rows []uint32, out []*vector.Vector)
}

// groupCursor is a place in the listing of parts [from, to) of a table.
type groupCursor struct {
	from, to int
	at       int
	started  bool
	// crowd are groups that stand side by side in a table, in order; those from next on are to be listed.
	crowd []hashedGroup
	next  int
	// apart are the groups to be listed that do not stand at the place of their hash, in order.
	apart []hashedGroup
}

// has reports whether a hash is of the cursor's parts.
func (c *groupCursor) has(hash uint64) bool {
	part := int(hash >> (64 - partitionBits))
	return part >= c.from && part < c.to
}

// hashedGroup is a group's hash, or a part of it, and its number.
type hashedGroup struct {
	hash uint64
	row  uint32
}

// take lists what is left of the crowd.
func (c *groupCursor) take(rows []uint32) int {
	n := min(len(rows), len(c.crowd)-c.next)
	for i, g := range c.crowd[c.next : c.next+n] {
		rows[i] = g.row
	}
	c.next += n
	return n
}

// sortCrowd sorts by hash. Crowds are a few groups, as a rule.
func sortCrowd(crowd []hashedGroup) {
	if len(crowd) > 16 {
		slices.SortFunc(crowd, func(a, b hashedGroup) int { return cmp.Compare(a.hash, b.hash) })
		return
	}
	for i := 1; i < len(crowd); i++ {
		g, j := crowd[i], i
		for ; j > 0 && crowd[j-1].hash > g.hash; j-- {
			crowd[j] = crowd[j-1]
		}
		crowd[j] = g
	}
}

// equalHashes calls f with each run of two or more groups of a sorted crowd that have the same hash.
func equalHashes(crowd []hashedGroup, f func(run []hashedGroup)) {
	for from := 0; from < len(crowd); {
		to := from + 1
		for to < len(crowd) && crowd[to].hash == crowd[from].hash {
			to++
		}
		if to-from > 1 {
			f(crowd[from:to])
		}
		from = to
	}
}

// allGroups lists a whole table.
func allGroups() groupCursor { return groupCursor{to: groupPartitions} }

// reserve asks for n more bytes (less, if negative) for a table.
type reserve func(n int64) bool

// ensure makes rows hold n.
func ensure[T any](rows []T, n int) []T {
	if cap(rows) < n {
		return make([]T, max(n, vector.ChunkSize))
	}
	return rows[:n]
}
