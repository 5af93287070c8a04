package program

import (
	"errors"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// Machine runs a program for one worker: it has the registers and the state of the instructions. It is not safe for
// concurrent use.
type Machine struct {
	p          *Program
	env        Env
	source     Source
	at         Position
	n          int // rows of the chunk in the current space
	space      int
	vectors    []*vector.Vector // of each slot: what stands there, its own memory or an alias
	own        []*vector.Vector
	flats      []flatCopy
	rowsOf     []vector.Selection // of each slot: the rows that were written
	sels       []vector.Selection
	buffers    [][]uint16
	spaces     []spaceState
	probes     []probeState
	run        []func() error
	counts     []InstructionCounters
	inner      int64 // nanoseconds of what the present instruction ran itself; only if profiling
	chunk      vector.Chunk
	emit       func(*vector.Chunk) error
	room       int
	serial     uint64
	groups     []uint32 // of each row, after the group instruction
	groupCount int      // one above the largest of groups
	spare      []uint16
	orders     map[*step]*unitOrder
	runs       uint64 // calls of Run
	reserved   int64  // bytes of registers that env.Reserve and env.Grow know of
	made       int64  // bytes that kernels made for the present chunks of all spaces
	budget     expr.Budget
	done       <-chan struct{} // of env.Context
}

// flatCopy is the flat form of a slot that holds another encoding.
type flatCopy struct {
	v    *vector.Vector
	done bool
}

// spaceState is the current chunk of a space.
type spaceState struct {
	n        int
	serial   uint64 // changes with each chunk
	identity bool   // rows are the parent space's
	origin   []uint16
	rows     []int32 // build rows
	before   int64   // rows of the partition before this chunk, counted by this machine
	made     int64   // bytes that kernels made for this chunk
	part     int32
}

// errEmpty ends a chunk of which no row is left.
var errEmpty = errors.New("no rows left")

// NewMachine makes a machine for one worker. Joins that the program probes must have been built.
func (p *Program) NewMachine(e Env) *Machine {
	m := &Machine{p: p, env: e, room: max(p.options.ChunkSize, vector.ChunkSize)}
	m.budget = expr.Budget{Context: e.Context, MostWork: e.MostWork}
	if e.Grow != nil {
		m.budget.Take = m.take
	}
	if e.Context != nil {
		m.done = e.Context.Done()
	}
	m.vectors = make([]*vector.Vector, p.slotCount)
	m.own = make([]*vector.Vector, p.slotCount)
	m.flats = make([]flatCopy, p.slotCount)
	m.rowsOf = make([]vector.Selection, p.slotCount)
	m.sels = make([]vector.Selection, len(p.selections))
	m.buffers = make([][]uint16, len(p.selections))
	m.spaces = make([]spaceState, len(p.spaces))
	m.counts = make([]InstructionCounters, len(p.steps))
	for _, c := range p.literals {
		m.setLiteral(c)
	}
	m.makeProbes()
	m.run = make([]func() error, len(p.steps))
	for i, s := range p.steps {
		if s.bind != nil {
			m.run[i] = s.bind(m, s)
		}
		if s.probe != nil {
			for _, g := range s.gathers {
				p := &m.probes[s.probe.index]
				p.gathers = append(p.gathers, g.bind(m, g))
			}
		}
	}
	for range p.outputRegs {
		m.chunk.Columns = append(m.chunk.Columns, &vector.Vector{})
	}
	return m
}

func (m *Machine) setLiteral(c constant) {
	slot := m.p.slots[c.reg]
	v := vector.NewFlat(c.literal.Typ, 1)
	v.Reset(1)
	kernel.SetValue(v, 0, c.literal.Value)
	v.SetConstant(1)
	m.own[slot], m.vectors[slot] = v, v
}

// Run runs the program on a chunk of n rows of in, which stands at position at, and gives what comes out to emit: nothing,
// one chunk, or several where a join widens it. A chunk dies when emit returns.
func (m *Machine) Run(in Source, n int, at Position, emit func(*vector.Chunk) error) error {
	if n == 0 {
		return nil
	}
	m.source, m.at, m.emit, m.inner = in, at, emit, 0
	m.room = max(m.room, n)
	m.enter(0, n)
	m.sels[0] = nil
	if err := m.from(0); err != nil {
		return err
	}
	m.runs++
	if m.env.Reserve != nil && (m.runs%reserveEvery == 1 || m.made > muchMade) {
		return m.reserve()
	}
	return nil
}

// muchMade is how many bytes kernels make in a chunk before the registers are measured after it.
const muchMade = 1 << 20

// take asks for bytes that a kernel is about to make for the present chunk. What earlier chunks made is in registers that
// are used again, and so is counted once.
func (m *Machine) take(bytes int64) error {
	m.made += bytes
	m.spaces[m.space].made += bytes
	if m.made <= m.reserved {
		return nil
	}
	if err := m.env.Grow(m.made - m.reserved); err != nil {
		return err
	}
	m.reserved = m.made
	return nil
}

// reserveEvery is after how many chunks the registers are measured: all are allocated by the first, and only those of strings
// and lists grow later.
const reserveEvery = 16

// reserve reports how much the registers have grown.
func (m *Machine) reserve() error {
	bytes := int64(0)
	for slot, v := range m.own {
		if v != nil {
			bytes += v.Bytes()
		}
		if f := m.flats[slot].v; f != nil {
			bytes += f.Bytes()
		}
	}
	for _, b := range m.buffers {
		bytes += 2 * int64(len(b))
	}
	for i := range m.probes {
		p := &m.probes[i]
		bytes += 4*int64(len(p.rows)+len(p.pairRows)) + 2*int64(len(p.room)+len(p.matched)+len(p.origin))
	}
	grown := bytes - m.reserved
	if grown == 0 || grown < 0 && m.env.Grow == nil {
		return nil
	}
	if grown < 0 {
		m.reserved = bytes
		return m.env.Grow(grown)
	}
	if err := m.env.Reserve(grown); err != nil {
		return err
	}
	m.reserved = bytes
	return nil
}

// enter starts a new chunk of a space.
func (m *Machine) enter(space, n int) {
	m.serial++
	s := &m.spaces[space]
	if s.part != m.at.Partition {
		s.part, s.before, s.n = m.at.Partition, 0, 0
	}
	s.before += int64(s.n)
	s.n, s.serial = n, m.serial
	m.made -= s.made
	s.made = 0
	m.space, m.n = space, n
}

// from runs the steps from first on and emits what is left.
func (m *Machine) from(first int) error {
	done, err := m.steps(first, len(m.p.steps))
	switch {
	case err == errEmpty, err == nil && done:
		return nil
	case err != nil:
		return err
	}
	return m.emitChunk()
}

func (m *Machine) emitChunk() error {
	if m.p.aggregate {
		return nil
	}
	m.chunk.Len, m.chunk.Selection = m.n, m.sels[m.p.outputSel]
	for i, r := range m.p.outputRegs {
		v := m.vector(r)
		if v.Encoding == vector.Constant {
			v.Len = m.n
		}
		// A cast that changes nothing in memory leaves the register the type it had.
		out := m.chunk.Columns[i]
		*out = *v
		out.Type = m.p.outputs[i].Type
	}
	if m.chunk.Selection != nil && len(m.chunk.Selection) == 0 {
		return nil
	}
	if !m.env.Profile {
		return m.emit(&m.chunk)
	}
	start := now()
	err := m.emit(&m.chunk)
	m.inner += now() - start
	return err
}

// steps runs steps [first, last). done means that a step ran the rest of the program itself.
func (m *Machine) steps(first, last int) (done bool, err error) {
	for pc := first; pc < last; pc++ {
		s := m.p.steps[pc]
		sel := m.sels[s.sel]
		if sel != nil && len(sel) == 0 && !s.always {
			m.skip(s)
			if s.main {
				return false, errEmpty
			}
			pc = max(pc, s.last)
			continue
		}
		c := &m.counts[pc]
		c.Chunks++
		c.RowsIn += int64(sel.Rows(m.n))
		select {
		case <-m.done:
			return false, m.env.Context.Err()
		default:
		}
		start, outer := int64(0), m.inner
		if m.env.Profile {
			m.inner = 0
			start = now()
		}
		switch s.role {
		case plainStep:
			err = m.run[pc]()
		case groupStep:
			err = m.group(s, pc)
			pc = s.last
		case probeStep:
			done, err = m.probe(s, pc)
			pc = s.last
		}
		if m.env.Profile {
			took := now() - start
			c.Nanoseconds += took - m.inner
			m.inner = outer + took
		}
		if err != nil || done {
			return done, err
		}
		if s.role == probeStep {
			continue // it has counted its rows itself
		}
		if s.outSel != noSel && s.hasSelection() {
			out := m.sels[s.outSel]
			c.RowsOut += int64(out.Rows(m.n))
			if s.main && out != nil && len(out) == 0 {
				return false, errEmpty
			}
		} else {
			c.RowsOut += int64(sel.Rows(m.n))
		}
	}
	return false, nil
}

// hasSelection tells selection 0, the source's rows, from no selection: no step makes it.
func (s *step) hasSelection() bool { return s.outSel > 0 }

// skip leaves the results of a step that has no rows to work on in a state that others can read.
func (m *Machine) skip(s *step) {
	for _, r := range s.out {
		if m.p.registers[r].space == m.space {
			m.begin(r, m.n, noRows).Reset(m.n)
		}
	}
	if s.hasSelection() {
		m.sels[s.outSel] = noRows
	}
}

var noRows = vector.Selection{}

// Counters are what each instruction did so far, in the order of the listing. Text and Operator are left out; see
// Program.Describe.
func (m *Machine) Counters() []InstructionCounters { return m.counts }

// vector is what stands in a register.
func (m *Machine) vector(r reg) *vector.Vector { return m.vectors[m.p.slots[r]] }

// begin gives the register's own memory for new contents, of which the rows of sel will be written.
func (m *Machine) begin(r reg, n int, sel vector.Selection) *vector.Vector {
	slot := m.p.slots[r]
	v := m.own[slot]
	if v == nil {
		info := &m.p.registers[r]
		v = vector.New(info.typ, info.phys, m.room)
		m.own[slot] = v
	}
	v.Type = m.p.registers[r].typ
	v.Len = n
	m.vectors[slot] = v
	m.flats[slot].done = false
	m.rowsOf[slot] = sel
	return v
}

// alias lets a register stand for another's vector.
func (m *Machine) alias(r reg, v *vector.Vector, sel vector.Selection) {
	slot := m.p.slots[r]
	m.vectors[slot] = v
	m.flats[slot].done = false
	m.rowsOf[slot] = sel
}

// result gives the memory of a step's one result as a flat vector of the chunk's rows without nulls.
func (m *Machine) result(s *step) *vector.Vector {
	v := m.begin(s.out[0], m.n, m.sels[s.sel])
	v.Reset(m.n)
	return v
}

// flat is the register's vector in flat form.
func (m *Machine) flat(r reg) *vector.Vector {
	slot := m.p.slots[r]
	v := m.vectors[slot]
	if v.Encoding == vector.Flat {
		return v
	}
	f := &m.flats[slot]
	if f.done {
		return f.v
	}
	if f.v == nil {
		f.v = vector.New(v.Type, v.Physical, m.room)
	}
	if v.Encoding == vector.Constant {
		v.Len = m.n
	}
	f.v.Type = v.Type
	kernel.Flatten(v, m.thin(m.rowsOf[slot]), f.v)
	f.done = v.Encoding != vector.Constant
	return f.v
}

// thin is sel if so few rows are selected that visiting only them is faster, else nil.
func (m *Machine) thin(sel vector.Selection) vector.Selection {
	if sel == nil {
		return nil
	}
	return kernel.DenseShare(sel, m.n)
}

// denseOr is the selection that an infallible instruction over values of fixed width works on.
func (m *Machine) denseOr(sel selID) vector.Selection { return m.thin(m.sels[sel]) }

// selectionBuffer is the memory of a selection register.
func (m *Machine) selectionBuffer(sel selID) []uint16 {
	if len(m.buffers[sel]) < m.room {
		m.buffers[sel] = make([]uint16, m.room)
	}
	return m.buffers[sel]
}

// setSelection makes the first k entries of its buffer the selection out, knowing that they are among those of in.
func (m *Machine) setSelection(out, in selID, k int) {
	if k == m.sels[in].Rows(m.n) {
		m.sels[out] = m.sels[in]
		return
	}
	m.sels[out] = m.buffers[out][:k:k]
}
