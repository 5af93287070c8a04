package program

import (
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/vector"
)

// probeState is a probe in one machine.
type probeState struct {
	*probe
	state   Probe
	unique  bool
	keys    []*vector.Vector
	rows    []int32 // first build row of each probing row
	room    vector.Selection
	matched []uint16
	origin  []uint16
	// pairRows is the build row of each pair of the current chunk.
	pairRows []int32
	found    vector.Bitmap // probing rows with a partner that passed the residual
	maybe    vector.Bitmap // probing rows with a partner whose residual is null
	gathers  []func() error
}

func (m *Machine) makeProbes() {
	for _, s := range m.p.steps {
		if s.probe == nil || s.probe.index < len(m.probes) {
			continue
		}
		p := s.probe
		m.probes = append(m.probes, probeState{probe: p, state: p.Lookup.NewProbe(), unique: p.Lookup.Unique(), keys: make([]*vector.Vector, len(p.keys))})
	}
}

// find looks up the keys of the probing rows; sel is the rows that this pass of the join is about.
func (m *Machine) find(p *probeState) (sel vector.Selection, err error) {
	for i, k := range p.probe.keys {
		p.keys[i] = m.vector(k.reg)
		if p.keys[i].Encoding == vector.Constant {
			p.keys[i].Len = m.n
		}
	}
	if len(p.rows) < m.room {
		p.rows, p.room = make([]int32, m.room), make(vector.Selection, m.room)
		p.matched, p.origin, p.pairRows = make([]uint16, m.room), make([]uint16, m.room), make([]int32, m.room)
		p.found, p.maybe = vector.NewBitmap(m.room), vector.NewBitmap(m.room)
	}
	if sel, err = p.state.Restrict(p.keys, m.sels[p.in], m.n, p.room); err != nil {
		return nil, err
	}
	return sel, p.state.Find(p.keys, sel, m.n, p.rows)
}

// withPartner is the rows of sel that found a build row.
func (p *probeState) withPartner(sel vector.Selection, n int) vector.Selection {
	k, out := 0, p.matched
	if sel == nil {
		for i, r := range p.rows[:n] {
			out[k] = uint16(i)
			k += int(uint32(^r) >> 31)
		}
		if k == n {
			return nil
		}
		return out[:k]
	}
	for _, i := range sel {
		out[k] = i
		k += int(uint32(^p.rows[i]) >> 31)
	}
	if k == len(sel) {
		return sel
	}
	return out[:k]
}

// probeRows decides about rows by their keys alone.
func (m *Machine) probeRows(def *probe) error {
	p := &m.probes[def.index]
	sel, err := m.find(p)
	if err != nil {
		return err
	}
	matched := p.withPartner(sel, m.n)
	if p.MarkBuild {
		p.state.Mark(p.rows, matched, m.n)
	}
	m.decide(p, sel, matched)
	return nil
}

// decide sets the rows that a semi, anti or mark probe keeps, given those that have a partner.
func (m *Machine) decide(p *probeState, sel, matched vector.Selection) {
	out := m.selectionBuffer(p.out)
	switch p.Kind {
	case SemiProbe:
		m.sels[p.out] = copySelection(out, matched)
	case AntiProbe:
		m.sels[p.out] = copySelection(out, m.difference(sel, matched, out))
	case NullAwareAntiProbe:
		m.sels[p.out] = m.notIn(p, sel, matched, out)
	default:
		m.sels[p.out] = copySelection(out, sel)
		m.writeMark(p, sel, matched)
	}
}

// copySelection keeps a selection in the memory of its register: the probe's own is used again.
func copySelection(out []uint16, sel vector.Selection) vector.Selection {
	if sel == nil {
		return nil
	}
	return out[:copy(out, sel)]
}

// notIn is the rows that are certain to have no partner.
func (m *Machine) notIn(p *probeState, sel, matched vector.Selection, out []uint16) vector.Selection {
	rest := m.difference(sel, matched, out)
	k := 0
	for j := range rest.Rows(m.n) {
		i := uint16(j)
		if rest != nil {
			i = rest[j]
		}
		if !m.unknownRow(p, int(i)) {
			out[k] = i
			k++
		}
	}
	return out[:k]
}

// unknownRow reports whether the comparison of a row without a partner with some build row is null.
func (m *Machine) unknownRow(p *probeState, i int) bool {
	if p.ResidualNullAware {
		return p.maybe.Get(i)
	}
	if p.Lookup.Empty() {
		return false
	}
	if p.Lookup.HasNullKey() {
		return true
	}
	for _, k := range p.keys {
		if k.IsNull(i) {
			return true
		}
	}
	return false
}

// writeMark writes the boolean of a mark join.
func (m *Machine) writeMark(p *probeState, sel, matched vector.Selection) {
	v := m.begin(p.mark, m.n, sel)
	v.Reset(m.n)
	values := vector.Values[uint8](v)
	if matched == nil {
		for i := range values {
			values[i] = 1
		}
		return
	}
	clear(values)
	for _, i := range matched {
		values[i] = 1
	}
	if p.Kind != NullAwareMarkProbe {
		return
	}
	for j := range sel.Rows(m.n) {
		i := j
		if sel != nil {
			i = int(sel[j])
		}
		if values[i] == 0 && m.unknownRow(p, i) {
			v.SetNull(i)
		}
	}
}

// probe runs a probe that makes pairs. done means that the rest of the program has been run for all of them.
func (m *Machine) probe(s *step, pc int) (done bool, err error) {
	p := &m.probes[s.probe.index]
	sel, err := m.find(p)
	if err != nil {
		return false, err
	}
	m.spaces[p.space].rows = p.rows
	if p.folded {
		clear(p.found)
		clear(p.maybe)
	}
	if p.unique {
		return m.probeUnique(p, sel, pc, s.last)
	}
	return m.probeMany(p, sel, pc, s.last)
}

// probeUnique keeps the rows in their places.
func (m *Machine) probeUnique(p *probeState, sel vector.Selection, pc, last int) (bool, error) {
	n := m.n
	matched := p.withPartner(sel, n)
	m.spaces[p.space].identity = true
	m.enter(p.space, n)
	if !p.folded {
		if p.MarkBuild {
			p.state.Mark(p.rows, matched, n)
		}
		kept := matched
		if p.Kind.outer() {
			kept = sel
		}
		m.sels[p.pairs] = kept
		m.counts[pc].RowsOut += int64(kept.Rows(n))
		if kept != nil && len(kept) == 0 {
			return false, errEmpty
		}
		return false, p.gather()
	}
	m.sels[p.pairs] = matched
	m.counts[pc].RowsOut += int64(matched.Rows(n))
	passed, err := m.residual(p, pc, last)
	if err != nil {
		return false, err
	}
	if p.MarkBuild {
		p.state.Mark(p.rows, passed, n)
	}
	switch {
	case p.Kind.keepsRows():
		m.note(p, nil, passed)
		m.space = p.below
		m.decide(p, sel, copySelection(p.matched, passed))
	case p.Kind == InnerProbe:
		m.sels[p.out] = passed
	default:
		// Rows whose only candidate failed stay, without a partner.
		lost := m.difference(sel, passed, p.origin)
		for j := range lost.Rows(n) {
			i := j
			if lost != nil {
				i = int(lost[j])
			}
			p.rows[i] = NoRow
		}
		m.sels[p.out] = sel
	}
	return false, m.folded(p, last)
}

// gather fetches the build columns that belong to the probe.
func (p *probeState) gather() error {
	for _, g := range p.gathers {
		if err := g(); err != nil {
			return err
		}
	}
	return nil
}

// residual evaluates the residual on the current candidate pairs and returns those that pass.
func (m *Machine) residual(p *probeState, pc, last int) (vector.Selection, error) {
	if c := m.sels[p.pairs]; c != nil && len(c) == 0 {
		if p.unknown != noSel {
			m.sels[p.unknown] = noRows
		}
		return noRows, nil
	}
	if _, err := m.steps(pc+1, last); err == errEmpty {
		return noRows, nil
	} else if err != nil {
		return nil, err
	}
	return m.sels[p.passed], nil
}

// note records for the probing rows what their pairs said; origin is nil where pairs stand at their rows.
func (m *Machine) note(p *probeState, origin []uint16, passed vector.Selection) {
	set(p.found, origin, passed, m.n)
	if p.unknown != noSel {
		set(p.maybe, origin, m.sels[p.unknown], m.n)
	}
}

func set(bits vector.Bitmap, origin []uint16, sel vector.Selection, n int) {
	for j := range sel.Rows(n) {
		i := j
		if sel != nil {
			i = int(sel[j])
		}
		if origin != nil {
			i = int(origin[i])
		}
		bits.Set(i)
	}
}

// probeMany makes chunks of pairs and runs the rest of the program for each.
func (m *Machine) probeMany(p *probeState, sel vector.Selection, pc, last int) (bool, error) {
	n := m.n
	m.spaces[p.space].identity = false
	defer func() { m.space, m.n = p.below, n }()
	k := 0
	limit := m.p.options.ChunkSize
	flush := func() error {
		err := m.pairs(p, k, pc, last)
		k = 0
		m.space, m.n = p.below, n
		return err
	}
	for j := range sel.Rows(n) {
		i := j
		if sel != nil {
			i = int(sel[j])
		}
		r := p.rows[i]
		if r == NoRow && (!p.Kind.outer() || p.folded) {
			continue
		}
		for partners := 0; ; partners++ {
			if partners == 1 && p.Kind == SingleProbe && !p.folded {
				return true, diag.New("SCALAR_SUBQUERY_TOO_MANY_ROWS")
			}
			if k == limit {
				if err := flush(); err != nil {
					return true, err
				}
			}
			p.origin[k], p.pairRows[k] = uint16(i), r
			k++
			if r == NoRow {
				break
			}
			if r = p.state.Next(r); r == NoRow {
				break
			}
		}
	}
	if k > 0 {
		if err := flush(); err != nil {
			return true, err
		}
	}
	return m.afterPairs(p, sel, last)
}

// pairs runs the rest of the program on the first k pairs.
func (m *Machine) pairs(p *probeState, k, pc, last int) error {
	if c := m.env.Context; c != nil && c.Err() != nil {
		return c.Err()
	}
	m.spaces[p.space].origin, m.spaces[p.space].rows = p.origin, p.pairRows
	m.enter(p.space, k)
	m.sels[p.pairs] = nil
	m.counts[pc].RowsOut += int64(k)
	if !p.folded {
		if p.MarkBuild {
			p.state.Mark(p.pairRows, nil, k)
		}
		if err := p.gather(); err != nil {
			return err
		}
		return m.from(pc + 1)
	}
	passed, err := m.residual(p, pc, last)
	if err != nil {
		return err
	}
	if p.Kind == SingleProbe {
		if err := p.single(passed, k); err != nil {
			return err
		}
	}
	m.note(p, p.origin, passed)
	if p.MarkBuild {
		p.state.Mark(p.pairRows, passed, k)
	}
	if p.Kind.keepsRows() || passed != nil && len(passed) == 0 {
		return nil
	}
	m.sels[p.out] = passed
	m.counts[last].RowsOut += int64(passed.Rows(k))
	return m.from(last + 1)
}

// single fails if a probing row has a second partner among the pairs that passed.
func (p *probeState) single(passed vector.Selection, n int) error {
	before := -1
	for j := range passed.Rows(n) {
		i := j
		if passed != nil {
			i = int(passed[j])
		}
		at := int(p.origin[i])
		if at == before || p.found.Get(at) {
			return diag.New("SCALAR_SUBQUERY_TOO_MANY_ROWS")
		}
		before = at
	}
	return nil
}

// afterPairs ends a probe once all candidate pairs have been seen: rows without a partner follow, or the rows that a
// semi, anti or mark probe keeps are known.
func (m *Machine) afterPairs(p *probeState, sel vector.Selection, last int) (bool, error) {
	if !p.folded || p.Kind == InnerProbe {
		return true, nil
	}
	k := 0
	if p.Kind.keepsRows() {
		for j := range sel.Rows(m.n) {
			i := j
			if sel != nil {
				i = int(sel[j])
			}
			p.matched[k] = uint16(i)
			k += int(p.found[i>>6] >> (i & 63) & 1)
		}
		matched := vector.Selection(p.matched[:k])
		if k == m.n {
			matched = nil
		}
		m.decide(p, sel, matched)
		return false, m.folded(p, last)
	}
	for j := range sel.Rows(m.n) {
		i := j
		if sel != nil {
			i = int(sel[j])
		}
		if !p.found.Get(i) {
			p.origin[k], p.pairRows[k] = uint16(i), NoRow
			k++
		}
	}
	if k == 0 {
		return true, nil
	}
	m.spaces[p.space].origin, m.spaces[p.space].rows = p.origin, p.pairRows
	for start := 0; start < k; start += m.p.options.ChunkSize {
		end := min(k, start+m.p.options.ChunkSize)
		m.spaces[p.space].origin, m.spaces[p.space].rows = p.origin[start:end], p.pairRows[start:end]
		m.enter(p.space, end-start)
		m.sels[p.out] = nil
		m.counts[last].RowsOut += int64(end - start)
		if err := m.from(last + 1); err != nil {
			return true, err
		}
	}
	return true, nil
}

// folded counts the rows that a probe keeps in their places after its residual, and ends a chunk that has none left.
func (m *Machine) folded(p *probeState, last int) error {
	out := m.sels[p.out]
	m.counts[last].RowsOut += int64(out.Rows(m.n))
	if out != nil && len(out) == 0 {
		return errEmpty
	}
	return nil
}
