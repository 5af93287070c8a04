package program

import (
	"fmt"

	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// load brings column c into a register of the current space, for all rows of the main selection.
func (b *Builder) load(v valueID, c *column) operand {
	var o operand
	switch c.kind {
	case inputColumn:
		o = b.loadInput(c)
	case buildColumn:
		o = b.gather(c)
	case markColumn:
		panic(fmt.Sprintf("program: mark column %d is lost", c.info.ID))
	}
	if c.space == b.space {
		b.remember(v, o, b.main)
		return o
	}
	o = b.carry(o, c.space)
	b.remember(v, o, b.main)
	return o
}

// inSpace makes a register of another space.
func (b *Builder) registerIn(space int, info Input) operand {
	o := b.newRegister(info.Type, info.Physical, info.Nullable, info.Range, foreign)
	b.registers[o.reg].space = space
	return o
}

func (b *Builder) loadInput(c *column) operand {
	o := b.registerIn(0, c.info)
	b.emitStep(step{name: "load", out: []reg{o.reg}, sel: b.main, owner: b.source, load: c.index + 1, detail: c.info.Name, bind: bindLoad})
	return o
}

// bindLoad loads an input in space 0, once for a chunk of the source.
func bindLoad(m *Machine, s *step) func() error {
	once := m.onceIn(0)
	return func() error {
		sel, again := once(s)
		if again {
			return nil
		}
		v := m.begin(s.out[0], m.spaces[0].n, sel)
		if err := m.source.Load(s.load-1, sel, v); err != nil {
			return err
		}
		if want := m.p.registers[s.out[0]].phys; v.Physical != want {
			return fmt.Errorf("program: source gave column %s in layout %d instead of %d", s.detail, v.Physical, want)
		}
		v.Len = m.spaces[0].n
		return nil
	}
}

// onceIn returns a function that an instruction working in a space below the current one calls first: it gives the
// rows of that space that are needed, and says whether the space's chunk has been seen already.
func (m *Machine) onceIn(space int) func(s *step) (sel vector.Selection, again bool) {
	var seen uint64
	return func(s *step) (vector.Selection, bool) {
		serial := m.spaces[space].serial
		if s.space != space && seen == serial {
			return nil, true
		}
		seen = serial
		return m.selectionIn(space, s), false
	}
}

// selectionIn gives the rows of a space, at or below the one of s, that may still be needed.
func (m *Machine) selectionIn(space int, s *step) vector.Selection {
	sel := m.sels[s.sel]
	for at := s.space; at != space; {
		info := &m.p.spaces[at]
		if !m.spaces[at].identity {
			sel = m.sels[info.parentSel]
		}
		at = info.parent
	}
	return sel
}

// pathUp reports whether a register that is valid for the rows of sel, in a space below the current one, is valid for
// all rows from which that space's successor came.
func (b *Builder) pathUp(sel selID) (space int, ok bool) {
	from := b.selections[sel].space
	for at := b.space; at != 0; at = b.spaces[at].parent {
		if b.spaces[at].parent == from {
			return from, b.within(b.spaces[at].parentSel, sel)
		}
	}
	return 0, false
}

// carry brings a register of a lower space into the current one, space by space. It costs nothing where the probe
// between them turns out to keep rows in their places.
func (b *Builder) carry(o operand, from int) operand {
	if from == b.space || o.isLiteral() {
		return o
	}
	var path []int
	for at := b.space; at != from; at = b.spaces[at].parent {
		path = append(path, at)
	}
	for i := len(path) - 1; i >= 0; i-- {
		n := b.newRegister(o.typ, o.phys, o.nullable, o.rng, foreign)
		b.registers[n.reg].space = path[i]
		b.registers[o.reg].class = max(b.registers[o.reg].class, foreign) // it lives as long as the chunk
		to := path[i]
		b.emitStep(step{name: "carry", owner: b.spaces[to].owner, out: []reg{n.reg}, in: []operand{o}, sel: b.main,
			bind: func(m *Machine, s *step) func() error { return bindCarry(m, s, to) }})
		o = n
	}
	return o
}

func bindCarry(m *Machine, s *step, to int) func() error {
	once := m.onceIn(to)
	return func() error {
		sel, again := once(s)
		if again {
			return nil
		}
		space := &m.spaces[to]
		src := m.vector(s.in[0].reg)
		if space.identity {
			m.alias(s.out[0], src, sel)
			return nil
		}
		kernel.Gather(src, space.origin[:space.n], sel, m.begin(s.out[0], space.n, sel))
		return nil
	}
}

// gather fetches a build column of a probe, in the space the probe made.
func (b *Builder) gather(c *column) operand {
	info := c.info
	info.Nullable = info.Nullable || c.probe.missing()
	o := b.registerIn(c.space, info)
	p := c.probe
	b.emitStep(step{name: "gather", owner: p.owner, out: []reg{o.reg}, sel: b.main, detail: info.Name, probe: p,
		bind: func(m *Machine, s *step) func() error { return bindGather(m, s, c) }})
	return o
}

func bindGather(m *Machine, s *step, c *column) func() error {
	once := m.onceIn(c.space)
	return func() error {
		sel, again := once(s)
		if again {
			return nil
		}
		space := &m.spaces[c.space]
		v := m.begin(s.out[0], space.n, sel)
		return m.probes[c.probe.index].state.Gather(c.index, space.rows, sel, space.n, v)
	}
}

// widen changes the layout of an integer register.
func (b *Builder) widen(o operand, p types.Physical, sel selID) operand {
	if o.phys == p {
		return o
	}
	n := b.newRegister(o.typ, p, o.nullable, o.rng, computed)
	b.emitStep(step{name: "convert", out: []reg{n.reg}, in: []operand{o}, sel: sel,
		bind: func(m *Machine, s *step) func() error {
			return func() error {
				kernel.Widen(m.flat(o.reg), p, m.denseOr(s.sel), m.result(s))
				return nil
			}
		}})
	return n
}

// flatRegister puts an operand into a flat register of the widest layout, for kernels that want it so.
func (b *Builder) widest(o operand, sel selID) operand {
	if o.isLiteral() {
		return b.constantRegister(o)
	}
	if p := o.typ.Physical(); o.phys != p && o.phys.IsInteger() && p.IsInteger() {
		return b.widen(o, p, sel)
	}
	return o
}
