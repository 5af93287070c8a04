package program

import (
	"cmp"
	"slices"
)

// unitOrder is the order in which a machine runs the units of a group of conjuncts, and what it has seen of them.
type unitOrder struct {
	order  []int
	seen   []unitCost
	chunks int
}

// unitCost is what a unit did since the order was last decided.
type unitCost struct{ in, out, nanoseconds int64 }

// reorderEvery is the number of chunks between decisions about the order, and measureEvery between measurements.
const (
	reorderEvery = 32
	measureEvery = 4
)

// group tests independent conjuncts that cannot fail: first those that drop the most rows for their time.
func (m *Machine) group(s *step, pc int) error {
	o := m.orders[s]
	if o == nil {
		o = &unitOrder{seen: make([]unitCost, len(s.units))}
		for i := range s.units {
			o.order = append(o.order, i)
		}
		if m.orders == nil {
			m.orders = map[*step]*unitOrder{}
		}
		m.orders[s] = o
	}
	o.chunks++
	measure := o.chunks%measureEvery == 1
	sel := m.sels[s.sel]
	for _, i := range o.order {
		u := &s.units[i]
		m.sels[u.in] = sel
		var start int64
		if measure {
			start = now()
		}
		if _, err := m.steps(u.first, u.last); err != nil {
			return err
		}
		if measure {
			c := &o.seen[i]
			c.nanoseconds += now() - start
			c.in += int64(sel.Rows(m.n))
			c.out += int64(m.sels[u.out].Rows(m.n))
		}
		sel = m.sels[u.out]
		if sel != nil && len(sel) == 0 {
			break
		}
	}
	m.sels[s.outSel] = sel
	if o.chunks%reorderEvery == 0 {
		o.decide()
	}
	return nil
}

// decide sorts the units by time per dropped row. A unit that saw no rows keeps its place at the end.
func (o *unitOrder) decide() {
	rank := func(i int) float64 {
		c := o.seen[i]
		if c.in == 0 {
			return 1e18
		}
		return float64(c.nanoseconds+1) / (float64(c.in-c.out) + 0.01*float64(c.in))
	}
	slices.SortStableFunc(o.order, func(i, j int) int { return cmp.Compare(rank(i), rank(j)) })
	clear(o.seen)
}
