package program

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// branch is a part of a CASE or COALESCE: a value for some of the rows.
type branch struct {
	value operand
	sel   selID
}

// caseWhen evaluates each branch for the rows that reach it and merges the results.
func (b *Builder) caseWhen(n *valueNode, e *expr.Case, sel selID) operand {
	var branches []branch
	rest := sel
	for i := range e.Whens {
		picked := b.filter(n.kids[2*i], true, rest)
		branches = append(branches, branch{b.value(n.kids[2*i+1], picked), picked})
		rest = b.difference(rest, picked)
	}
	last := b.value(n.kids[len(n.kids)-1], rest)
	return b.merge(e, n.rng, append(branches, branch{last, rest}), sel)
}

// coalesce evaluates each argument where all before it are null.
func (b *Builder) coalesce(n *valueNode, sel selID) operand {
	var branches []branch
	rest, closed := sel, false
	for i, k := range n.kids {
		v := b.value(k, rest)
		if v.isNull() {
			continue
		}
		if closed = !v.nullable || i == len(n.kids)-1; closed {
			branches = append(branches, branch{v, rest})
			break
		}
		valid := b.selectNull(v, false, rest)
		branches = append(branches, branch{v, valid})
		rest = b.difference(rest, valid)
	}
	if !closed {
		branches = append(branches, branch{b.nullOf(n.e), rest})
	}
	if len(branches) == 1 {
		return branches[0].value
	}
	return b.merge(n.e, n.rng, branches, sel)
}

// merge is mergeNamed as the plain instruction.
func (b *Builder) merge(e expr.Expr, rng types.Range, branches []branch, sel selID) operand {
	return b.mergeNamed("merge", e, rng, branches, sel)
}

// mergeNamed writes each branch's rows into one register. The branches' rows are parts of sel and together
// all of it; later branches write over earlier ones.
func (b *Builder) mergeNamed(name string, e expr.Expr, rng types.Range, branches []branch, sel selID) operand {
	phys := e.Type().Physical()
	if phys.IsInteger() {
		phys = b.commonLayout(branches, e.Type(), rng)
	}
	nullable := e.Nullable()
	ins := make([]operand, 0, len(branches))
	sels := make([]selID, 0, len(branches))
	for i, br := range branches {
		if br.value.isNull() {
			nullable = true
			ins, sels = append(ins, br.value), append(sels, br.sel)
			continue
		}
		nullable = nullable || br.value.nullable
		v := br.value
		if !v.isLiteral() && v.phys.IsInteger() {
			v = b.widen(v, phys, br.sel)
		}
		branches[i].value = v
		ins, sels = append(ins, v), append(sels, br.sel)
	}
	out := b.result(e, phys, nullable, rng)
	if e.Type().IsNested() {
		b.registers[out.reg].class = foreign
	}
	b.emitStep(step{name: name, fused: name != "merge", out: []reg{out.reg}, in: ins, sel: sel, sels: sels, bind: bindMerge(ins, sels, e.Type())})
	return out
}

// commonLayout is the narrowest layout that all branches fit.
func (b *Builder) commonLayout(branches []branch, t types.Type, rng types.Range) types.Physical {
	p := types.PhysicalInt8
	for _, br := range branches {
		v := br.value
		switch {
		case v.isNull():
		case v.isLiteral():
			p = max(p, b.calculation(t, v.rng))
		default:
			p = max(p, v.phys)
		}
	}
	if !b.options.NarrowTypes {
		return max(p, t.Physical())
	}
	return p
}

func bindMerge(ins []operand, sels []selID, t types.Type) binder {
	return func(m *Machine, s *step) func() error {
		phys := m.p.registers[s.out[0]].phys
		constants := make([]*vector.Vector, len(ins))
		for i, o := range ins {
			if o.isLiteral() && !o.isNull() {
				v := vector.New(t, phys, 1)
				v.Reset(1)
				kernel.SetValue(v, 0, o.literal.Value)
				v.SetConstant(1)
				constants[i] = v
			}
		}
		return func() error {
			out := m.result(s)
			if t.IsNested() {
				return m.mergeNested(ins, sels, constants, out)
			}
			for i, o := range ins {
				rows := m.sels[sels[i]]
				switch {
				case rows != nil && len(rows) == 0:
				case o.isNull():
					nullRows(rows, out)
				case constants[i] != nil:
					mergeConstant(constants[i], rows, out)
				default:
					kernel.Merge(m.flat(o.reg), rows, out)
				}
			}
			return nil
		}
	}
}

func nullRows(rows vector.Selection, out *vector.Vector) {
	if rows == nil {
		out.ClearedValid()
		return
	}
	for _, i := range rows {
		out.SetNull(int(i))
	}
}

// mergeConstant writes the value of c into the rows.
func mergeConstant(c *vector.Vector, rows vector.Selection, out *vector.Vector) {
	switch c.Physical {
	case types.PhysicalBool, types.PhysicalInt8:
		put(vector.Values[int8](c)[0], rows, vector.Values[int8](out))
	case types.PhysicalInt16:
		put(vector.Values[int16](c)[0], rows, vector.Values[int16](out))
	case types.PhysicalInt32, types.PhysicalFloat32:
		put(vector.Values[int32](c)[0], rows, vector.Values[int32](out))
	case types.PhysicalInt64, types.PhysicalFloat64:
		put(vector.Values[int64](c)[0], rows, vector.Values[int64](out))
	case types.PhysicalInt128, types.PhysicalInterval:
		put(vector.Values[types.Int128](c)[0], rows, vector.Values[types.Int128](out))
	case types.PhysicalString:
		base := out.ShareBuffers(c)
		put(vector.Values[vector.View](c)[0].Moved(base), rows, vector.Values[vector.View](out))
	}
	if out.Valid != nil {
		if rows == nil {
			out.Valid.SetAll(out.Len)
		}
		for _, i := range rows {
			out.Valid.Set(int(i))
		}
	}
}

func put[T any](v T, rows vector.Selection, out []T) {
	if rows == nil {
		for i := range out {
			out[i] = v
		}
		return
	}
	for _, i := range rows {
		out[i] = v
	}
}

// mergeNested appends the branches' rows one after the other and gathers them into place: nested values cannot be written
// by row.
func (m *Machine) mergeNested(ins []operand, sels []selID, constants []*vector.Vector, out *vector.Vector) error {
	all := vector.NewFlat(out.Type, m.n)
	all.Reset(0)
	place := make([]int32, m.n)
	for i := range place {
		place[i] = -1
	}
	next := int32(0)
	for i, o := range ins {
		rows := m.sels[sels[i]]
		if o.isNull() || rows != nil && len(rows) == 0 {
			continue
		}
		src := constants[i]
		if src == nil {
			src = m.flat(o.reg)
		} else {
			src.Len = m.n
		}
		vector.AppendRows(all, src, rows, m.n)
		for j := range rows.Rows(m.n) {
			at := j
			if rows != nil {
				at = int(rows[j])
			}
			place[at] = next
			next++
		}
	}
	kernel.Gather(all, place, nil, out)
	return nil
}
