package program

import (
	"math"
	"slices"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// Filter keeps the rows for which e is true. Conjuncts are tested in order; neighbours that cannot fail may be
// reordered at run time by what they cost and how many rows they drop. None moves ahead of a fallible one before it.
func (b *Builder) Filter(e expr.Expr) error {
	var group []valueID
	for _, c := range expr.Conjuncts(e) {
		v := b.values.number(c)
		if n := b.values.nodes[v]; n.fallible || !n.deterministic {
			b.filterGroup(group)
			group = nil
			b.setMain(b.filter(v, true, b.main))
			continue
		}
		group = append(group, v)
	}
	b.filterGroup(group)
	return b.err
}

// setMain makes sel the rows that are still in the chunk.
func (b *Builder) setMain(sel selID) {
	if sel == b.main {
		return
	}
	b.main = sel
	if len(b.steps) > 0 {
		if last := b.steps[len(b.steps)-1]; last.outSel == sel {
			last.main = true
		}
	}
}

// filterGroup compiles conjuncts that cannot fail. Conjuncts that share columns stay together in one unit; units are
// independent of each other and may run in any order.
func (b *Builder) filterGroup(conjuncts []valueID) {
	units := b.independent(conjuncts)
	if len(units) == 1 {
		b.setMain(b.conjunction(units[0], b.main))
		return
	}
	if len(units) == 0 {
		return
	}
	group := b.emitStep(step{name: "filter_group", sel: b.main, role: groupStep, outSel: noSel})
	start := b.main
	var outs []selID
	for _, u := range units {
		in := b.newSelection(b.space, start)
		b.main = in
		first := len(b.steps)
		out := b.conjunction(u, in)
		group.units = append(group.units, unit{first: first, last: len(b.steps), in: in, out: out})
		outs = append(outs, out)
	}
	b.main = b.newSelection(b.space, outs...)
	group.outSel, group.main, group.last = b.main, true, len(b.steps)-1
}

// independent splits conjuncts into units that have no column in common, in order of their first conjuncts.
func (b *Builder) independent(conjuncts []valueID) [][]valueID {
	var units [][]valueID
	var columns [][]*column
	for _, v := range conjuncts {
		mine := slices.Clone(b.values.nodes[v].columns)
		at := -1
		for i := 0; i < len(units); i++ {
			if !slices.ContainsFunc(columns[i], func(c *column) bool { return slices.Contains(mine, c) }) {
				continue
			}
			if at < 0 {
				at = i
				units[i] = append(units[i], v)
				for _, c := range mine {
					columns[i] = appendNew(columns[i], c)
				}
				mine = columns[i]
				continue
			}
			units[at] = append(units[at], units[i]...)
			for _, c := range columns[i] {
				columns[at] = appendNew(columns[at], c)
			}
			units, columns = slices.Delete(units, i, i+1), slices.Delete(columns, i, i+1)
			i--
		}
		if at < 0 {
			units, columns = append(units, []valueID{v}), append(columns, mine)
		}
	}
	return units
}

// conjunction tests the values one after the other.
func (b *Builder) conjunction(conjuncts []valueID, sel selID) selID {
	if b.options.Fusion {
		for _, f := range patterns {
			if f.conjuncts != nil {
				conjuncts, sel = f.conjuncts(b, conjuncts, sel)
			}
		}
	}
	for _, v := range conjuncts {
		sel = b.filter(v, true, sel)
	}
	return sel
}

// filter compiles the selection of those rows of sel for which v is true, or false if want is false.
func (b *Builder) filter(v valueID, want bool, sel selID) selID {
	n := b.values.nodes[v]
	if o, ok := b.lookup(v, sel); ok {
		return b.selectBoolean(o, want, sel)
	}
	switch e := n.e.(type) {
	case *expr.Literal:
		if value, ok := e.Value.(bool); ok && value == want {
			return sel
		}
		return b.selectNone(sel)
	case *expr.And, *expr.Or:
		_, and := e.(*expr.And)
		if all := and == want; !all || !b.anyFallible(n.kids[1:]) {
			return b.filterConnective(n.kids, want, all, sel)
		}
	case *expr.Not:
		return b.filter(n.kids[0], !want, sel)
	case *expr.IsNull:
		return b.selectNull(b.value(n.kids[0], sel), want, sel)
	case *expr.Comparison:
		return b.compare(n, e, want, sel)
	case *expr.In:
		return b.in(n, e, want, sel)
	}
	return b.selectBoolean(b.value(v, sel), want, sel)
}

// anyFallible: where a later part of AND may fail it must be evaluated for rows whose earlier part is null, too, which
// cannot pass any more.
func (b *Builder) anyFallible(parts []valueID) bool {
	return slices.ContainsFunc(parts, func(v valueID) bool { return b.values.nodes[v].fallible })
}

// filterConnective: all parts in turn (AND for true, OR for false), or the rows that some part picks (the others). A row
// goes to the next part only if it is undecided. A null part decides nothing, but the rows that want what they
// cannot get any more are not looked at again.
func (b *Builder) filterConnective(parts []valueID, want, all bool, sel selID) selID {
	if all {
		for _, p := range parts {
			sel = b.filter(p, want, sel)
		}
		return sel
	}
	rest, result := sel, noSel
	for i, p := range parts {
		picked := b.filter(p, want, rest)
		if result == noSel {
			result = picked
		} else {
			result = b.union(sel, result, picked)
		}
		if i < len(parts)-1 {
			rest = b.difference(rest, picked)
		}
	}
	return result
}

func (b *Builder) selectionStep(s step, sel selID) selID {
	s.sel, s.outSel = sel, b.newSelection(b.space, sel)
	b.emitStep(s)
	return s.outSel
}

func (b *Builder) union(within, x, y selID) selID {
	if x == y {
		return x
	}
	return b.selectionStep(step{name: "union", sels: []selID{x, y}, bind: func(m *Machine, s *step) func() error {
		return func() error {
			a, c := m.sels[x], m.sels[y]
			switch {
			case a == nil || c != nil && len(c) == 0:
				m.sels[s.outSel] = a
			case c == nil || len(a) == 0:
				m.sels[s.outSel] = c
			default:
				m.setSelection(s.outSel, s.sel, kernel.Union(a, c, m.selectionBuffer(s.outSel)))
			}
			return nil
		}
	}}, within)
}

// difference is the rows of sel that are not in picked, a part of it.
func (b *Builder) difference(sel, picked selID) selID {
	return b.selectionStep(step{name: "difference", sels: []selID{picked}, bind: func(m *Machine, s *step) func() error {
		return func() error {
			m.sels[s.outSel] = m.difference(m.sels[s.sel], m.sels[picked], m.selectionBuffer(s.outSel))
			return nil
		}
	}}, sel)
}

func (m *Machine) difference(all, part vector.Selection, out []uint16) vector.Selection {
	switch {
	case part == nil:
		return noRows
	case len(part) == 0:
		return all
	}
	return out[:kernel.Difference(all, part, m.n, out)]
}

func (b *Builder) selectNone(sel selID) selID {
	return b.selectionStep(step{name: "none", bind: func(m *Machine, s *step) func() error {
		return func() error { m.sels[s.outSel] = noRows; return nil }
	}}, sel)
}

// selectBoolean selects by the values of a boolean register.
func (b *Builder) selectBoolean(o operand, want bool, sel selID) selID {
	if o.isLiteral() {
		if value, ok := o.literal.Value.(bool); ok && value == want {
			return sel
		}
		return b.selectNone(sel)
	}
	bit, name := uint8(0), "select_false"
	if want {
		bit, name = 1, "select_true"
	}
	return b.selectionStep(step{name: name, in: []operand{o}, bind: func(m *Machine, s *step) func() error {
		var memo dictionarySelection
		return func() error {
			v := m.vector(o.reg)
			if v.Encoding == vector.Dictionary {
				return memo.run(m, s, v, func(values *vector.Vector, in vector.Selection, out []uint16) int {
					return kernel.SelectTrue(vector.Values[uint8](values), bit, values.Valid, in, out)
				})
			}
			v = m.flat(o.reg)
			k := kernel.SelectTrue(vector.Values[uint8](v), bit, v.Valid, m.sels[s.sel], m.selectionBuffer(s.outSel))
			m.setSelection(s.outSel, s.sel, k)
			return nil
		}
	}}, sel)
}

// selectNull selects the null rows, or the others.
func (b *Builder) selectNull(o operand, want bool, sel selID) selID {
	switch {
	case o.isNull() == want && o.isLiteral():
		return sel
	case o.isLiteral(), !o.nullable && want:
		return b.selectNone(sel)
	case !o.nullable:
		return sel
	}
	bit, name := 1, "select_valid"
	if want {
		bit, name = 0, "select_null"
	}
	return b.selectionStep(step{name: name, in: []operand{o}, bind: func(m *Machine, s *step) func() error {
		return func() error {
			v := m.vector(o.reg)
			if v.Encoding != vector.Flat {
				v = m.flat(o.reg)
			}
			if v.Valid == nil {
				m.sels[s.outSel] = m.sels[s.sel]
				if want {
					m.sels[s.outSel] = noRows
				}
				return nil
			}
			m.setSelection(s.outSel, s.sel, kernel.SelectValid(v.Valid, bit, m.n, m.sels[s.sel], m.selectionBuffer(s.outSel)))
			return nil
		}
	}}, sel)
}

// interval is a test of an integer operand against constants: lo ≤ x ≤ hi, or not.
type interval struct {
	lo, hi int64
	not    bool
}

// constantInterval turns a comparison of an integer with a literal into an interval; ok is false for other comparisons.
func constantInterval(op expr.CompareOp, c operand) (iv interval, ok bool) {
	if !c.isLiteral() || c.isNull() {
		return interval{}, false
	}
	v, ok := types.Integer64(c.literal.Value)
	if !ok || !c.typ.Physical().IsInteger() {
		return interval{}, false
	}
	iv = interval{lo: math.MinInt64, hi: math.MaxInt64}
	switch op {
	case expr.Equal:
		iv.lo, iv.hi = v, v
	case expr.NotEqual:
		iv = interval{lo: v, hi: v, not: true}
	case expr.LessOrEqual:
		iv.hi = v
	case expr.GreaterOrEqual:
		iv.lo = v
	case expr.Less:
		if v == math.MinInt64 {
			return interval{}, false
		}
		iv.hi = v - 1
	case expr.Greater:
		if v == math.MaxInt64 {
			return interval{}, false
		}
		iv.lo = v + 1
	default:
		return interval{}, false
	}
	return iv, true
}

// selectInterval selects by an interval.
func (b *Builder) selectInterval(name string, fused bool, o operand, iv interval, sel selID) selID {
	bind := perInteger(o.phys, bindInterval[int8](o, iv), bindInterval[int16](o, iv), bindInterval[int32](o, iv), bindInterval[int64](o, iv))
	return b.selectionStep(step{name: name, fused: fused, in: []operand{o}, detail: iv.text(o.typ), bind: bind}, sel)
}

func bindInterval[T kernel.Integer](o operand, iv interval) binder {
	return func(m *Machine, s *step) func() error {
		var memo dictionarySelection
		return func() error {
			v := m.vector(o.reg)
			if v.Encoding == vector.Dictionary && m.p.options.DictionaryEvaluation {
				return memo.run(m, s, v, func(values *vector.Vector, in vector.Selection, out []uint16) int {
					return kernel.SelectRange(vector.Values[T](values), iv.lo, iv.hi, iv.not, values.Valid, in, out)
				})
			}
			v = m.flat(o.reg)
			k := kernel.SelectRange(vector.Values[T](v), iv.lo, iv.hi, iv.not, v.Valid, m.sels[s.sel], m.selectionBuffer(s.outSel))
			m.setSelection(s.outSel, s.sel, k)
			return nil
		}
	}
}

func (iv interval) text(t types.Type) string {
	lo, hi := expr.FormatLiteral(iv.lo, t), expr.FormatLiteral(iv.hi, t)
	not := ""
	if iv.not {
		not = "not "
	}
	switch {
	case iv.lo == iv.hi && iv.not:
		return "<> " + lo
	case iv.lo == iv.hi:
		return "= " + lo
	case iv.lo == math.MinInt64:
		return not + "<= " + hi
	case iv.hi == math.MaxInt64:
		return not + ">= " + lo
	}
	return not + "in [" + lo + ", " + hi + "]"
}
