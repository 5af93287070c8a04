package program

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// predicateValue computes a comparison, IN or IS NULL as a boolean register: the rows that pass, and the nulls of the operands.
func (b *Builder) predicateValue(n *valueNode, sel selID) operand {
	var passed selID
	var operands []operand
	hasNull := false
	switch e := n.e.(type) {
	case *expr.Comparison:
		if e.Op != expr.NullSafeEqual {
			operands = []operand{b.value(n.kids[0], sel), b.value(n.kids[1], sel)}
		}
		passed = b.compare(n, e, true, sel)
	case *expr.In:
		operands = []operand{b.value(n.kids[0], sel)}
		hasNull = e.HasNull
		passed = b.in(n, e, true, sel)
	case *expr.IsNull:
		passed = b.selectNull(b.value(n.kids[0], sel), true, sel)
	}
	var nullable []operand
	for _, o := range operands {
		if o.isNull() {
			return b.nullOf(n.e)
		}
		if o.nullable && !o.isLiteral() {
			nullable = append(nullable, o)
		}
	}
	out := b.result(n.e, types.PhysicalBool, len(nullable) > 0 || hasNull, types.Range{})
	b.emitStep(step{name: "boolean", out: []reg{out.reg}, in: nullable, sel: sel, sels: []selID{passed}, bind: bindBoolean(passed, nullable, hasNull)})
	return out
}

func bindBoolean(passed selID, nullable []operand, onlyTrueKnown bool) binder {
	return func(m *Machine, s *step) func() error {
		return func() error {
			out := m.result(s)
			values := vector.Values[uint8](out)
			rows := m.sels[passed]
			if rows == nil {
				for i := range values {
					values[i] = 1
				}
			} else {
				clear(values)
				for _, i := range rows {
					values[i] = 1
				}
			}
			for _, o := range nullable {
				m.intersectOne(out, m.flat(o.reg))
			}
			if onlyTrueKnown && rows != nil {
				valid := out.ClearedValid()
				for _, i := range rows {
					valid.Set(int(i))
				}
			}
			return nil
		}
	}
}

// intersectOne adds v's nulls to those of out.
func (m *Machine) intersectOne(out, v *vector.Vector) {
	if v.Valid == nil {
		return
	}
	if out.Valid == nil {
		kernel.CopyValidity(out, v)
		return
	}
	out.Valid.And(v.Valid)
}

// connective computes AND (or OR) as a boolean. A part that may fail is evaluated only for the rows that the parts before
// it left undecided.
func (b *Builder) connective(n *valueNode, sel selID, and bool) operand {
	result := b.value(n.kids[0], sel)
	for _, k := range n.kids[1:] {
		under := sel
		if b.values.nodes[k].fallible || b.values.nodes[k].cost > expensive {
			under = b.undecided(result, and, sel)
		}
		result = b.combine(n.e, result, b.value(k, under), and, sel)
	}
	return result
}

// expensive is the size from which an expression is evaluated only where its value counts.
const expensive = 12

// undecided is the rows of sel where the connective is not yet settled: not false for AND, not true for OR.
func (b *Builder) undecided(o operand, and bool, sel selID) selID {
	return b.difference(sel, b.selectBoolean(o, !and, sel))
}

// combine is three-valued AND or OR of two booleans. Where the left side settles the result the right may be anything.
func (b *Builder) combine(e expr.Expr, left, right operand, and bool, sel selID) operand {
	if left.isLiteral() && !right.isLiteral() && !left.isNull() {
		left, right = right, left
	}
	if right.isLiteral() && !right.isNull() {
		if right.literal.Value.(bool) == and {
			return left
		}
		return right
	}
	left, right = b.notLiteral(left), b.notLiteral(right)
	out := b.result(e, types.PhysicalBool, left.nullable || right.nullable, types.Range{})
	name := "or"
	if and {
		name = "and"
	}
	b.emitStep(step{name: name, out: []reg{out.reg}, in: []operand{left, right}, sel: sel, bind: func(m *Machine, s *step) func() error {
		return func() error {
			x, y, out := m.flat(left.reg), m.flat(right.reg), m.result(s)
			connect(and, x, y, out)
			return nil
		}
	}})
	return out
}

// connect works on whole chunks: bytes for values, words for validity.
func connect(and bool, x, y, out *vector.Vector) {
	a, c, r := vector.Values[uint8](x), vector.Values[uint8](y), vector.Values[uint8](out)
	flip := uint8(1)
	if and {
		flip = 0
	}
	// OR is AND of the negations, negated.
	for i := range r {
		r[i] = ((a[i] ^ flip) & (c[i] ^ flip) & 1) ^ flip
	}
	if x.Valid == nil && y.Valid == nil {
		return
	}
	valid := out.NewValid()
	for i := range valid {
		xv, yv := validWord(x, i), validWord(y, i)
		// Known where both are, and where one of them alone settles it.
		valid[i] = xv&yv | xv&settles(a, i, flip) | yv&settles(c, i, flip)
	}
	// A null operand has any value: the settled ones decide.
	for i := range r {
		if !bothValid(x, y, i) {
			r[i] = flip
		}
	}
}

func validWord(v *vector.Vector, word int) uint64 {
	if v.Valid == nil {
		return ^uint64(0)
	}
	return v.Valid[word]
}

func bothValid(x, y *vector.Vector, i int) bool {
	return (x.Valid == nil || x.Valid.Get(i)) && (y.Valid == nil || y.Valid.Get(i))
}

// settles is the bits of the rows of a word whose value settles the connective: false for AND (flip 0), true for OR.
func settles(values []uint8, word int, flip uint8) (bits uint64) {
	rows := values[word*64 : min(len(values), word*64+64)]
	for i, v := range rows {
		bits |= uint64((v^flip^1)&1) << i
	}
	return bits
}

// not negates a boolean.
func (b *Builder) not(n *valueNode, sel selID) operand {
	o := b.value(n.kids[0], sel)
	if o.isNull() {
		return o
	}
	o = b.notLiteral(o)
	out := b.result(n.e, types.PhysicalBool, o.nullable, types.Range{})
	b.emitStep(step{name: "not", out: []reg{out.reg}, in: []operand{o}, sel: sel, bind: func(m *Machine, s *step) func() error {
		return func() error {
			x, out := m.flat(o.reg), m.result(s)
			r := vector.Values[uint8](out)
			for i, v := range vector.Values[uint8](x) {
				r[i] = v&1 ^ 1
			}
			kernel.CopyValidity(out, x)
			return nil
		}
	}})
	return out
}
