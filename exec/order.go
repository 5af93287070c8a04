package exec

import (
	"slices"

	"github.com/kilnql/kiln/catalog/source"
)

// morselOrder follows which morsels of a sink's feeders are done, in the order (partition, sequence). It is guarded by
// the sink's lock.
type morselOrder struct {
	feeders []feeder
	at      int // feeder of the head
}

// feeder is the state of one feeding stage's morsels.
type feeder struct {
	offset   int32
	expected bool
	morsels  []*morselState
	byKey    map[morselKey]*morselState
	head     int // the first morsel that is not done
}

type morselKey struct{ partition, sequence int32 }

// morselState is what is known of one morsel.
type morselState struct {
	key     morselKey
	done    bool
	rows    int64
	batches []*rowSegment // not yet delivered, in order
	bytes   int64         // of batches
}

func (o *morselOrder) setFeeders(offsets []int32) {
	o.feeders = make([]feeder, len(offsets))
	for i, offset := range offsets {
		o.feeders[i].offset = offset
	}
}

// expect adds the morsels of a feeder. A stage that starts over adds more, after those it had.
func (o *morselOrder) expect(offset int32, morsels []source.Morsel) {
	for i := range o.feeders {
		f := &o.feeders[i]
		if f.offset != offset {
			continue
		}
		f.expected, f.byKey = true, make(map[morselKey]*morselState, len(morsels))
		for _, m := range morsels {
			s := &morselState{key: morselKey{m.Partition, m.Sequence}}
			f.morsels = append(f.morsels, s)
			f.byKey[s.key] = s
		}
		o.at = min(o.at, i)
		return
	}
}

// find is the state of a morsel that was expected.
func (o *morselOrder) find(m source.Morsel) *morselState {
	i, found := slices.BinarySearchFunc(o.feeders, m.Partition, func(f feeder, p int32) int { return int(f.offset) - int(p) })
	if !found {
		i--
	}
	key := morselKey{m.Partition, m.Sequence}
	for ; i >= 0; i-- {
		if s := o.feeders[i].byKey[key]; s != nil {
			return s
		}
	}
	return nil
}

// head is the first morsel that is not done and delivered, or nil if it is not known yet or there is none.
func (o *morselOrder) head() *morselState {
	for o.at < len(o.feeders) {
		f := &o.feeders[o.at]
		if f.head < len(f.morsels) {
			return f.morsels[f.head]
		}
		if !f.expected {
			return nil
		}
		o.at++
	}
	return nil
}

// pop moves the head on.
func (o *morselOrder) pop() {
	f := &o.feeders[o.at]
	f.morsels[f.head] = nil
	f.head++
}

// rowLimit decides when enough rows are there, in order.
type rowLimit struct {
	order  morselOrder
	need   int64 // offset + limit; -1: all
	prefix int64 // rows of morsels that were popped
}

// enough reports whether the rows up to the head are as many as needed; done morsels at the head are popped.
func (l *rowLimit) enough() bool {
	if l.need < 0 {
		return false
	}
	for {
		h := l.order.head()
		if h == nil {
			return l.prefix >= l.need
		}
		if l.prefix+h.rows >= l.need {
			return true
		}
		if !h.done {
			return false
		}
		l.prefix += h.rows
		l.order.pop()
	}
}
