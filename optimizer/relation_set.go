package optimizer

import "math/bits"

// relationSet is a set of relations by their number, 64 to a word. Sets of one search have the same number of words, so
// that there is no bound on the relations of a query.
type relationSet []uint64

func newRelationSet(relations int) relationSet { return make(relationSet, (relations+63)/64) }

func (s relationSet) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s relationSet) has(i int) bool { return s[i/64]>>(i%64)&1 != 0 }

func (s relationSet) addAll(t relationSet) {
	for i, w := range t {
		s[i] |= w
	}
}

// intersects reports whether s and t have a relation in common.
func (s relationSet) intersects(t relationSet) bool {
	for i, w := range s {
		if w&t[i] != 0 {
			return true
		}
	}
	return false
}

// within reports whether all of s is in a or in b.
func (s relationSet) within(a, b relationSet) bool {
	for i, w := range s {
		if w&^(a[i]|b[i]) != 0 {
			return false
		}
	}
	return true
}

func (s relationSet) count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// first is the smallest number in s; -1 if it is empty.
func (s relationSet) first() int {
	for i, w := range s {
		if w != 0 {
			return 64*i + bits.TrailingZeros64(w)
		}
	}
	return -1
}

// firstOfAll is the smallest number in s and in the sets of all classes; -1 if there is none.
func (s relationSet) firstOfAll(classes []*columnClass) int {
	for i, w := range s {
		for _, k := range classes {
			w &= k.set[i]
		}
		if w != 0 {
			return 64*i + bits.TrailingZeros64(w)
		}
	}
	return -1
}

// union is a new set of what is in s or t.
func (s relationSet) union(t relationSet) relationSet {
	u := make(relationSet, len(s))
	copy(u, s)
	u.addAll(t)
	return u
}
