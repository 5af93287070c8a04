package program

import (
	"slices"

	"github.com/kilnql/kiln/types"
)

// assignSlots gives registers vectors: two registers of the same layout share one if their lives do not overlap. A register
// that may refer to foreign memory, or that another may refer to (as strings do), has a vector of its own.
func (p *Program) assignSlots() {
	first, last := p.lives()
	p.slots = make([]int, len(p.registers))
	order := make([]int, len(p.registers))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return first[a] - first[b] })
	type free struct{ slot, from int }
	available := map[types.Physical][]free{}
	type use struct {
		slot, last int
		phys       types.Physical
	}
	var active []use
	for _, r := range order {
		info := &p.registers[r]
		active = slices.DeleteFunc(active, func(u use) bool {
			if u.last >= first[r] {
				return false
			}
			available[u.phys] = append(available[u.phys], free{u.slot, u.last})
			return true
		})
		reusable := info.class == computed && !info.typ.IsNested() && info.phys != types.PhysicalVoid && info.phys != types.PhysicalString
		if list := available[info.phys]; reusable && len(list) > 0 {
			p.slots[r] = list[len(list)-1].slot
			available[info.phys] = list[:len(list)-1]
		} else {
			p.slots[r] = p.slotCount
			p.slotCount++
		}
		if reusable {
			active = append(active, use{p.slots[r], last[r], info.phys})
		}
	}
}

// lives finds the first and the last step that touches each register. The units of a group run in any order, so a register
// made in one is taken to live from the group's start to its end.
func (p *Program) lives() (first, last []int) {
	first, last = make([]int, len(p.registers)), make([]int, len(p.registers))
	for i := range first {
		first[i], last[i] = len(p.steps), -1
	}
	touch := func(r reg, from, to int) {
		if r >= 0 {
			first[r], last[r] = min(first[r], from), max(last[r], to)
		}
	}
	groupEnd, groupStart := -1, -1
	for i, s := range p.steps {
		if s.role == groupStep {
			groupStart, groupEnd = i, s.last
		}
		from, to := i, i
		if i <= groupEnd {
			from, to = groupStart, groupEnd
		}
		for _, r := range s.out {
			touch(r, from, to)
		}
		for _, o := range s.in {
			touch(o.reg, from, to)
		}
	}
	for _, r := range p.outputRegs {
		touch(r, len(p.steps), len(p.steps))
	}
	for _, c := range p.literals {
		touch(c.reg, 0, len(p.steps))
	}
	return first, last
}
