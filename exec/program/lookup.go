package program

import "github.com/kilnql/kiln/vector"

// Lookup is the build side of a join as a program probes it: immutable, shared by all workers. The join operator of
// package exec implements it.
type Lookup interface {
	// NewProbe makes the state of one worker.
	NewProbe() Probe
	// Unique reports that no key has more than one build row, so that a probe narrows the chunk and never widens it.
	// It is known when the build is done, before any probe of it runs.
	Unique() bool
	// HasNullKey reports that some build row had a null key, and Empty that there was no build row (null-aware anti join).
	HasNullKey() bool
	Empty() bool
}

// NoRow is the build row number that means "no match".
const NoRow int32 = -1

// Probe finds build rows for one worker.
type Probe interface {
	// Find sets rows[i], for each i of sel, to the first build row whose key equals row i of keys, or NoRow. Keys may
	// be in any encoding. A null key matches nothing, but where the join compares it with <=>.
	Find(keys []*vector.Vector, sel vector.Selection, n int, rows []int32) error
	// Restrict returns the rows of sel that this pass of the join is about, written into room; a probe must call it before
	// Find and drop all other rows, whatever the kind of join. A build side that did not fit memory is probed in several
	// passes over the source, each with a part of the build rows; one that did returns sel as it is.
	Restrict(keys []*vector.Vector, sel vector.Selection, n int, room vector.Selection) (vector.Selection, error)
	// Next returns the next build row with the same key as row, or NoRow.
	Next(row int32) int32
	// Gather writes column c of the build rows rows[i], for each i of sel (or 0…n-1), into out[i]; NoRow gives null.
	// rows is indexed like out.
	Gather(c int, rows []int32, sel vector.Selection, n int, out *vector.Vector) error
	// Mark records that build rows have a partner (right and full joins, right semi and anti); NoRow is skipped.
	Mark(rows []int32, sel vector.Selection, n int)
}
