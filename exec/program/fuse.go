package program

import (
	"math"
	"strings"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// pattern is a fused instruction: one that does in one loop what several plain ones would. Exactly one of the functions is
// set. Each returns false, having emitted nothing, where its shape does not match; the plain instructions follow then.
type pattern struct {
	name  string // of the instruction
	shape string // what it stands for
	plain string // the instructions it replaces
	// value computes an expression.
	value func(b *Builder, n *valueNode, sel selID) (operand, bool)
	// conjuncts takes conditions out of a conjunction and returns the rest.
	conjuncts func(b *Builder, conjuncts []valueID, sel selID) ([]valueID, selID)
	// aggregate updates the state of an aggregate without groups from the expression of its argument.
	aggregate func(b *Builder, a *accumulation) bool
	// program rewrites finished steps.
	program func(p *Program)
}

// patterns is the table of fused instructions that are chosen by shape. (The accumulating instructions acc1 to acc8 are
// chosen by what aggregates have in common; see accumulate.go.)
var patterns []pattern

// The patterns call the compiler, which reads the table: it is filled here since Go allows no cycle in initial values.
func init() {
	patterns = []pattern{
		{name: "mul_sub", shape: "x*(c-y), x*(c+y)", plain: "rsub or add, mul", value: (*Builder).fuseMultiplyOffset},
		{name: "case_range", shape: "CASE WHEN x BETWEEN c AND d THEN a ELSE b END", plain: "select, difference, merge", value: (*Builder).fuseCaseRange},
		{name: "blend", shape: "CASE WHEN p THEN a ELSE b END, b cheap", plain: "select, difference, merge", value: (*Builder).fuseBlend},
		{name: "select_range", shape: "x >= c AND x < d", plain: "select, select", conjuncts: (*Builder).fuseRanges},
		{name: "sum_product", shape: "sum(x*y) of the selected rows", plain: "mul, acc1", aggregate: (*Builder).fuseSumProduct},
		{name: "probe_gather", shape: "hash, probe and fetch of build columns", plain: "probe, gather…", program: (*Program).fuseProbes},
	}
}

// fused looks for a pattern for the value n.
func (b *Builder) fused(n *valueNode, sel selID) (operand, bool) {
	if !b.options.Fusion {
		return operand{}, false
	}
	for i := range patterns {
		if patterns[i].value == nil {
			continue
		}
		if o, ok := patterns[i].value(b, n, sel); ok {
			return o, true
		}
	}
	return operand{}, false
}

// offset is c-y or c+y with a literal c, as a part of x*(c±y).
type offset struct {
	c        int64
	y        valueID
	negative bool
}

// fuseMultiplyOffset computes x*(c-y) and x*(c+y) on integers, decimals and doubles that are proven not to overflow.
func (b *Builder) fuseMultiplyOffset(n *valueNode, sel selID) (operand, bool) {
	e, ok := n.e.(*expr.Arithmetic)
	if !ok || e.Op != expr.Multiply || e.Typ.IsFloating() {
		return operand{}, false
	}
	if !b.proven(e) || !n.rng.Known {
		if b.hasOffset(n) {
			b.note("%s: no range proves that the product fits 64 bits", expr.SQL(e))
		}
		return operand{}, false
	}
	if e.Typ.Kind == types.Decimal && e.Typ.Scale != e.Left.Type().Scale+e.Right.Type().Scale {
		return operand{}, false
	}
	for side := range 2 {
		off, ok := b.offsetOf(n.kids[1-side], sel)
		if !ok {
			continue
		}
		x, y := b.value(n.kids[side], sel), b.value(off.y, sel)
		if x.isLiteral() || y.isLiteral() || !narrowInteger(x) || !narrowInteger(y) {
			continue
		}
		phys := b.calculation(e.Typ, n.rng)
		if phys == types.PhysicalInt128 {
			return operand{}, false
		}
		out := b.result(e, phys, x.nullable || y.nullable, n.rng)
		name := "mul_add"
		if off.negative {
			name = "mul_sub"
		}
		c := operand{reg: noReg, literal: &expr.Literal{Base: expr.Base{Typ: types.LongType}, Value: off.c}}
		s := step{name: name, fused: true, out: []reg{out.reg}, in: []operand{x, c, y}, sel: sel}
		if phys == types.PhysicalInt32 {
			s.bind = multiplyOffset[int32](x, y, off)
		} else {
			s.bind = multiplyOffset[int64](x, y, off)
		}
		b.emitStep(s)
		return out, true
	}
	return operand{}, false
}

// hasOffset reports the shape x*(c-y) or x*(c+y), whatever is proven.
func (b *Builder) hasOffset(n *valueNode) bool {
	for _, k := range n.kids {
		e, ok := b.values.nodes[k].e.(*expr.Arithmetic)
		if ok && (e.Op == expr.Add || e.Op == expr.Subtract) && (isLiteral(e.Left) || e.Op == expr.Add && isLiteral(e.Right)) {
			return true
		}
	}
	return false
}

func narrowInteger(o operand) bool { return o.phys.IsInteger() && o.phys != types.PhysicalInt128 }

// offsetOf recognises c-y, c+y and y+c, unless a register holds it already or others need it.
func (b *Builder) offsetOf(v valueID, sel selID) (offset, bool) {
	n := b.values.nodes[v]
	e, ok := n.e.(*expr.Arithmetic)
	if !ok || e.Op != expr.Add && e.Op != expr.Subtract || e.Typ.IsFloating() || !b.proven(e) {
		return offset{}, false
	}
	if _, held := b.lookup(v, sel); held {
		return offset{}, false
	}
	literal, y := e.Left, n.kids[1]
	if e.Op == expr.Add && isLiteral(e.Right) {
		literal, y = e.Right, n.kids[0]
	}
	l, ok := literal.(*expr.Literal)
	if !ok || l.Value == nil {
		return offset{}, false
	}
	c, ok := types.Integer64(l.Value)
	if !ok {
		return offset{}, false
	}
	if e.Typ.Kind == types.Decimal {
		yScale := b.values.nodes[y].e.Type().Scale
		digits := int(e.Typ.Scale - l.Typ.Scale)
		if yScale != e.Typ.Scale || digits < 0 || digits > 9 || c > math.MaxInt32 || c < math.MinInt32 {
			return offset{}, false
		}
		c *= types.Pow10Int64(digits)
	}
	return offset{c, y, e.Op == expr.Subtract}, true
}

func multiplyOffset[R kernel.Integer](x, y operand, off offset) binder {
	return perInteger(x.phys, multiplyOffsetBy[int8, R](x, y, off), multiplyOffsetBy[int16, R](x, y, off),
		multiplyOffsetBy[int32, R](x, y, off), multiplyOffsetBy[int64, R](x, y, off))
}

func multiplyOffsetBy[A, R kernel.Integer](x, y operand, off offset) binder {
	return perInteger(y.phys, bindMultiplyOffset[A, int8, R](x, y, off), bindMultiplyOffset[A, int16, R](x, y, off),
		bindMultiplyOffset[A, int32, R](x, y, off), bindMultiplyOffset[A, int64, R](x, y, off))
}

func bindMultiplyOffset[A, B, R kernel.Integer](x, y operand, off offset) binder {
	return func(m *Machine, s *step) func() error {
		return func() error {
			u, v, out := m.flat(x.reg), m.flat(y.reg), m.result(s)
			kernel.MultiplyOffset(vector.Values[A](u), R(off.c), vector.Values[B](v), off.negative, m.denseOr(s.sel), vector.Values[R](out))
			kernel.IntersectValidity(out, u, v)
			return nil
		}
	}
}

// simpleCase is a CASE with one branch whose parts may be computed for all rows.
func (b *Builder) simpleCase(n *valueNode) (e *expr.Case, ok bool) {
	e, ok = n.e.(*expr.Case)
	return e, ok && len(e.Whens) == 1 && !e.Typ.IsNested() && e.Typ.Kind != types.Void
}

// cheapBranch is the size up to which a branch is computed for all rows rather than for its own.
const cheapBranch = 4

// cheap reports whether a value may be computed for more rows than need it.
func (b *Builder) cheap(v valueID) bool {
	n := b.values.nodes[v]
	return !n.fallible && n.deterministic && n.cost <= cheapBranch && n.e.Type().Physical() != types.PhysicalString
}

// fuseCaseRange compares, and takes one of two values, in one loop over integers.
func (b *Builder) fuseCaseRange(n *valueNode, sel selID) (operand, bool) {
	e, ok := b.simpleCase(n)
	if !ok || !n.rng.Known || e.Typ.Physical() == types.PhysicalInt128 && !b.options.NarrowTypes {
		return operand{}, false
	}
	test := b.values.nodes[n.kids[0]]
	cmp, ok := test.e.(*expr.Comparison)
	if !ok || test.fallible || !b.cheap(n.kids[1]) || !b.cheap(n.kids[2]) || isNullLiteral(e.Whens[0].Result) || isNullLiteral(e.Else) {
		return operand{}, false
	}
	l, ok := cmp.Right.(*expr.Literal)
	if !ok || isLiteral(cmp.Left) {
		return operand{}, false
	}
	iv, ok := constantInterval(cmp.Op, literalOperand(l))
	if !ok {
		return operand{}, false
	}
	x := b.value(test.kids[0], sel)
	then, other := b.value(n.kids[1], sel), b.value(n.kids[2], sel)
	if x.isLiteral() || !narrowInteger(x) || then.nullable || other.nullable {
		return operand{}, false
	}
	phys := b.calculation(e.Typ, n.rng)
	if phys == types.PhysicalInt128 {
		return operand{}, false
	}
	a, c := b.asLayout(then, phys, sel), b.asLayout(other, phys, sel)
	out := b.result(e, phys, false, n.rng)
	s := step{name: "case_range", fused: true, out: []reg{out.reg}, in: []operand{x, a, c}, sel: sel, detail: iv.text(x.typ)}
	if phys == types.PhysicalInt32 {
		s.bind = perInteger(x.phys, bindCaseRange[int8, int32](x, a, c, iv), bindCaseRange[int16, int32](x, a, c, iv),
			bindCaseRange[int32, int32](x, a, c, iv), bindCaseRange[int64, int32](x, a, c, iv))
	} else {
		s.bind = perInteger(x.phys, bindCaseRange[int8, int64](x, a, c, iv), bindCaseRange[int16, int64](x, a, c, iv),
			bindCaseRange[int32, int64](x, a, c, iv), bindCaseRange[int64, int64](x, a, c, iv))
	}
	b.emitStep(s)
	return out, true
}

func isNullLiteral(e expr.Expr) bool {
	l, ok := e.(*expr.Literal)
	return ok && l.Value == nil
}

// asLayout brings a value into a register of layout p.
func (b *Builder) asLayout(o operand, p types.Physical, sel selID) operand {
	if !o.isLiteral() {
		return b.widen(o, p, sel)
	}
	// The constant's register has the type's own layout; a literal of a wide decimal needs a narrow one.
	if o.typ.Physical() != p {
		narrow := types.IntType
		if p == types.PhysicalInt64 {
			narrow = types.LongType
		}
		l := &expr.Literal{Base: expr.Base{Typ: narrow}, Value: integerOf(o)}
		if p == types.PhysicalInt32 {
			l.Value = int32(integerOf(o))
		}
		return b.constantRegister(literalOperand(l))
	}
	return b.constantRegister(o)
}

func bindCaseRange[T, R kernel.Integer](x, a, c operand, iv interval) binder {
	return func(m *Machine, s *step) func() error {
		return func() error {
			v, then, other, out := m.flat(x.reg), m.flat(a.reg), m.flat(c.reg), m.result(s)
			kernel.CaseRange(vector.Values[T](v), iv.lo, iv.hi, iv.not, v.Valid, vector.Values[R](then), vector.Values[R](other), vector.Values[R](out))
			return nil
		}
	}
}

// fuseBlend writes the cheap ELSE for all rows and then the branch's value over the rows that pass, without making
// the selection of those that do not.
func (b *Builder) fuseBlend(n *valueNode, sel selID) (operand, bool) {
	e, ok := b.simpleCase(n)
	if !ok || !b.cheap(n.kids[2]) && !isLiteral(e.Else) {
		return operand{}, false
	}
	picked := b.filter(n.kids[0], true, sel)
	then := b.value(n.kids[1], picked)
	other := b.value(n.kids[2], sel)
	return b.mergeNamed("blend", e, n.rng, []branch{{other, sel}, {then, picked}}, sel), true
}

// fuseRanges turns comparisons of one operand with constants into one interval.
func (b *Builder) fuseRanges(conjuncts []valueID, sel selID) ([]valueID, selID) {
	type part struct {
		operand valueID
		iv      interval
		count   int
	}
	var parts []*part
	var rest []valueID
	for _, v := range conjuncts {
		x, iv, ok := b.rangeTest(v)
		if !ok {
			rest = append(rest, v)
			continue
		}
		found := false
		for _, p := range parts {
			if p.operand == x {
				p.iv.lo, p.iv.hi, p.count, found = max(p.iv.lo, iv.lo), min(p.iv.hi, iv.hi), p.count+1, true
			}
		}
		if !found {
			parts = append(parts, &part{x, iv, 1})
		}
	}
	for _, p := range parts {
		o := b.value(p.operand, sel)
		if p.iv.lo > p.iv.hi || o.isNull() {
			sel = b.selectNone(sel)
			continue
		}
		o = b.notLiteral(o)
		if decided, all := decide(o.rng, p.iv); decided && b.options.NarrowTypes {
			if !all {
				sel = b.selectNone(sel)
			} else {
				sel = b.selectNull(o, false, sel)
			}
			continue
		}
		name := "select"
		if p.count > 1 {
			name = "select_range"
		}
		sel = b.selectInterval(name, p.count > 1, o, p.iv, sel)
	}
	return rest, sel
}

// rangeTest recognises a comparison of a narrow integer with a constant.
func (b *Builder) rangeTest(v valueID) (operand valueID, iv interval, ok bool) {
	n := b.values.nodes[v]
	cmp, ok := n.e.(*expr.Comparison)
	if !ok || isLiteral(cmp.Left) == isLiteral(cmp.Right) {
		return 0, iv, false
	}
	op, l, x := cmp.Op, cmp.Right, n.kids[0]
	if isLiteral(cmp.Left) {
		op, l, x = op.Flip(), cmp.Left, n.kids[1]
	}
	iv, ok = constantInterval(op, literalOperand(l.(*expr.Literal)))
	if !ok || iv.not {
		return 0, iv, false
	}
	// The layout is known only of columns and where the type itself is narrow.
	t := b.values.nodes[x].e.Type()
	if c := b.values.nodes[x].column; c != nil {
		return x, iv, c.info.Physical.IsInteger() && c.info.Physical != types.PhysicalInt128
	}
	return x, iv, t.Physical().IsInteger() && t.Physical() != types.PhysicalInt128
}

// fuseSumProduct adds products without storing them, where a chunk's sum is proven to fit 64 bits.
func (b *Builder) fuseSumProduct(a *accumulation) bool {
	kind := a.Aggregate.Kernel.Kind
	if kind != expr.SumAggregate && kind != expr.AvgAggregate || a.Aggregate.Kernel.Size != 24 && a.Aggregate.Kernel.Size != 32 {
		return false
	}
	v := b.values.number(a.Aggregate.Args[0])
	n := b.values.nodes[v]
	e, ok := n.e.(*expr.Arithmetic)
	if !ok || e.Op != expr.Multiply || e.Typ.IsFloating() || !b.proven(e) || !n.rng.Known || n.rng.Min < -safeMagnitude || n.rng.Max > safeMagnitude {
		return false
	}
	if e.Typ.Kind == types.Decimal && e.Typ.Scale != e.Left.Type().Scale+e.Right.Type().Scale {
		return false
	}
	if _, held := b.lookup(v, a.sel); held || isLiteral(e.Left) || isLiteral(e.Right) {
		return false
	}
	for _, k := range n.kids {
		if k := b.values.nodes[k]; k.e.Nullable() || k.column == nil || !narrowInteger(operand{phys: k.column.info.Physical}) || k.column.info.Nullable {
			return false
		}
	}
	x, y := b.value(n.kids[0], a.sel), b.value(n.kids[1], a.sel)
	bind := perInteger(x.phys, sumProductOf[int8](x, y, a), sumProductOf[int16](x, y, a), sumProductOf[int32](x, y, a), sumProductOf[int64](x, y, a))
	b.emitStep(step{name: "sum_product", fused: true, in: []operand{x, y}, sel: a.sel, detail: expr.SQL(a.Aggregate), bind: bind})
	return true
}

func sumProductOf[A kernel.Integer](x, y operand, a *accumulation) binder {
	return perInteger(y.phys, bindSumProduct[A, int8](x, y, a), bindSumProduct[A, int16](x, y, a),
		bindSumProduct[A, int32](x, y, a), bindSumProduct[A, int64](x, y, a))
}

func bindSumProduct[A, B kernel.Integer](x, y operand, a *accumulation) binder {
	return func(m *Machine, s *step) func() error {
		return func() error {
			base, _ := m.env.Groups.States()
			u, v := m.flat(x.reg), m.flat(y.reg)
			sel := m.sels[s.sel]
			sum := kernel.SumProduct(vector.Values[A](u), vector.Values[B](v), sel)
			kernel.AddSum(base[a.Offset:], sumSize(a), sum, int64(sel.Rows(m.n)))
			return nil
		}
	}
}

// sumProducts applies the patterns on aggregates of a program without groups.
func (b *Builder) sumProducts(spec AggregateSpec, list []*accumulation) map[*accumulation]bool {
	done := map[*accumulation]bool{}
	if !b.options.Fusion || len(spec.Keys) > 0 {
		return done
	}
	uses := map[valueID]int{}
	for _, a := range list {
		for _, arg := range a.Aggregate.Args {
			uses[b.values.number(arg)]++
		}
	}
	for _, a := range list {
		if len(a.Aggregate.Args) != 1 || uses[b.values.number(a.Aggregate.Args[0])] > 1 {
			continue
		}
		for i := range patterns {
			if f := patterns[i].aggregate; f != nil && f(b, a) {
				done[a] = true
				break
			}
		}
	}
	return done
}

// fuseProbes lets a probe fetch the build columns that are read for just the rows it keeps.
func (p *Program) fuseProbes() {
	moved := make([]int, len(p.steps)+1) // new index of each step
	var kept []*step
	var probing *step
	for i, s := range p.steps {
		moved[i] = len(kept)
		switch {
		case s.role == probeStep:
			probing = nil
			if !s.probe.folded {
				probing = s
			}
		case s.name == "gather" && probing != nil && s.probe == probing.probe && s.sel == probing.outSel:
			probing.gathers = append(probing.gathers, s)
			probing.out = append(probing.out, s.out...)
			probing.detail = strings.TrimSpace(probing.detail + " " + s.detail)
			probing.fused = true
			probing.name = "probe_gather_" + probing.probe.Kind.String()
			moved[i] = len(kept) - 1
			continue
		}
		kept = append(kept, s)
	}
	moved[len(p.steps)] = len(kept)
	for _, s := range kept {
		if s.last > 0 || s.role == probeStep {
			s.last = moved[s.last]
		}
		for i := range s.units {
			s.units[i].first, s.units[i].last = moved[s.units[i].first], moved[s.units[i].last]
		}
	}
	p.steps = kept
}
