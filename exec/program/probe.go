package program

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// ProbeKind says what a probe does with the rows of the chunk.
type ProbeKind uint8

// The kinds. Right and full joins are inner and left joins that mark the build rows which found a partner.
const (
	// InnerProbe keeps pairs.
	InnerProbe ProbeKind = iota
	// LeftOuterProbe keeps pairs, and rows without a partner with null build columns.
	LeftOuterProbe
	// SemiProbe keeps rows that have a partner, AntiProbe those that have none.
	SemiProbe
	AntiProbe
	// NullAwareAntiProbe is NOT IN: rows whose comparison with some build row is null are dropped too.
	NullAwareAntiProbe
	// MarkProbe keeps all rows and adds a boolean: whether there is a partner. NullAwareMarkProbe is IN: null if there is none,
	// but the comparison with some build row is null.
	MarkProbe
	NullAwareMarkProbe
	// SingleProbe is LeftOuterProbe that fails where a row has more than one partner: a scalar subquery.
	SingleProbe
)

var probeNames = [...]string{"inner", "left_outer", "semi", "anti", "null_aware_anti", "mark", "null_aware_mark", "single"}

// String is the kind's name in a program listing.
func (k ProbeKind) String() string { return probeNames[k] }

// keepsRows reports that the result has rows of the chunk, without build columns.
func (k ProbeKind) keepsRows() bool { return k >= SemiProbe && k <= NullAwareMarkProbe }

func (k ProbeKind) marks() bool { return k == MarkProbe || k == NullAwareMarkProbe }

func (k ProbeKind) nullAware() bool { return k == NullAwareAntiProbe || k == NullAwareMarkProbe }

// outer reports that rows without a partner stay, with null build columns.
func (k ProbeKind) outer() bool { return k == LeftOuterProbe || k == SingleProbe }

// BuildColumn is a column of the build side that the program may read after the probe, and in its residual.
type BuildColumn struct {
	ID       expr.ColumnID
	Name     string
	Type     types.Type
	Physical types.Physical
	Nullable bool
	Range    types.Range
	Index    int // for Probe.Gather
}

// ProbeSpec describes a join probe.
type ProbeSpec struct {
	Lookup Lookup
	Kind   ProbeKind
	Keys   []expr.Expr
	Build  []BuildColumn
	// Residual is the rest of the join condition, over columns of both sides; nil for none.
	Residual expr.Expr
	// ResidualNullAware says that it is the residual, not the keys, whose nulls a null-aware kind looks at.
	ResidualNullAware bool
	// MarkID is the boolean column that a mark join adds.
	MarkID expr.ColumnID
	// MarkBuild records which build rows found a partner.
	MarkBuild bool
	// Name describes the build side in the listing.
	Name string
}

// probe is a compiled probe.
type probe struct {
	ProbeSpec
	index   int
	owner   int // the operator that it works for
	keys    []operand
	below   int   // the space of the probing rows
	space   int   // the space of pairs; below if there is none
	in      selID // the probing rows
	pairs   selID // candidate pairs, or the pairs themselves without a fold
	passed  selID // pairs whose residual is true
	unknown selID // pairs whose residual is null
	out     selID
	mark    reg
	// folded: the residual is evaluated on candidate pairs first, and then decides about rows.
	folded bool
}

// missing reports whether build columns may be null because there was no partner.
func (p *probe) missing() bool { return p.Kind.outer() }

// Probe adds a join probe. With a unique build side it narrows the selection in place, else it makes new chunks of pairs.
func (b *Builder) Probe(spec ProbeSpec) error {
	p := &probe{ProbeSpec: spec, index: len(b.probes), owner: b.owner, below: b.space, space: b.space, in: b.main, passed: noSel, unknown: noSel, mark: noReg}
	if spec.ResidualNullAware && !spec.Kind.nullAware() {
		p.ResidualNullAware = false
	}
	b.probes = append(b.probes, p)
	p.folded = spec.Residual != nil && (spec.Kind != InnerProbe || spec.MarkBuild)
	if spec.Residual != nil && p.folded {
		b.preload(spec)
	}
	for _, k := range spec.Keys {
		p.keys = append(p.keys, b.notLiteral(b.expression(k, b.main)))
	}
	p.in = b.main
	if p.Kind.keepsRows() && !p.folded {
		b.probeRows(p)
		return b.err
	}
	b.probePairs(p)
	return b.err
}

// preload computes, for all probing rows, the columns that a folded residual reads: inside it only candidates are seen.
func (b *Builder) preload(spec ProbeSpec) {
	for _, id := range expr.Columns(spec.Residual) {
		if c, ok := b.columns[id]; ok {
			for _, leaf := range b.values.nodes[c.value].columns {
				b.value(leaf.value, b.main)
			}
		}
	}
}

// probeRows is a probe that decides about rows without looking at pairs.
func (b *Builder) probeRows(p *probe) {
	s := step{name: "probe_" + p.Kind.String(), in: p.keys, sel: b.main, detail: p.Name, probe: p,
		bind: func(m *Machine, s *step) func() error { return func() error { return m.probeRows(p) } }}
	if p.Kind.marks() {
		s.out = []reg{b.markColumn(p).reg}
	}
	p.out = b.newSelection(b.space, b.main)
	s.outSel, s.main = p.out, true
	b.emitStep(s)
	b.main = p.out
	b.rememberMark(p)
}

func (b *Builder) markColumn(p *probe) operand {
	o := b.newRegister(types.BooleanType, types.PhysicalBool, p.Kind == NullAwareMarkProbe, types.Range{}, foreign)
	b.registers[o.reg].space = p.below
	p.mark = o.reg
	return o
}

// rememberMark makes the mark a column.
func (b *Builder) rememberMark(p *probe) {
	if p.mark == noReg {
		return
	}
	info := Input{ID: p.MarkID, Name: "mark", Type: types.BooleanType, Physical: types.PhysicalBool, Nullable: p.Kind == NullAwareMarkProbe}
	c := &column{kind: markColumn, info: info, space: b.space, reg: p.mark}
	b.addColumn(c)
	b.remember(c.value, operand{reg: p.mark, typ: info.Type, phys: info.Physical, nullable: info.Nullable}, b.main)
}

// probePairs is a probe that makes a space of pairs.
func (b *Builder) probePairs(p *probe) {
	b.spaces = append(b.spaces, spaceInfo{parent: b.space, parentSel: b.main, owner: b.owner})
	p.space = len(b.spaces) - 1
	s := b.emitStep(step{name: "probe_" + p.Kind.String(), in: p.keys, sel: b.main, detail: p.Name, probe: p, role: probeStep, main: true})
	b.space = p.space
	p.pairs = b.newSelection(p.space)
	s.outSel, s.last = p.pairs, len(b.steps)-1
	b.main = p.pairs
	for _, c := range p.Build {
		b.addColumn(&column{kind: buildColumn, index: c.Index, space: p.space, probe: p,
			info: b.withoutRange(Input{ID: c.ID, Name: c.Name, Type: c.Type, Physical: c.Physical, Nullable: c.Nullable || p.missing(), Range: c.Range})})
	}
	switch {
	case p.folded:
		b.fold(p, s)
	case p.Residual != nil:
		if err := b.Filter(p.Residual); err != nil {
			b.fail(err)
		}
	}
}

func (b *Builder) withoutRange(in Input) Input {
	if !b.options.NarrowTypes {
		in.Range = types.Range{}
	}
	return in
}

// fold compiles a residual that decides about candidate pairs before the probe's result is known.
func (b *Builder) fold(p *probe, s *step) {
	v := b.values.number(p.Residual)
	if p.ResidualNullAware {
		p.passed = b.filter(v, true, p.pairs)
		no := b.filter(v, false, p.pairs)
		p.unknown = b.difference(b.difference(p.pairs, p.passed), no)
	} else {
		if err := b.Filter(p.Residual); err != nil {
			b.fail(err)
		}
		p.passed = b.main
	}
	end := step{name: "fold_" + p.Kind.String(), sel: p.pairs, role: probeEndStep, probe: p, sels: []selID{p.passed}, always: true}
	switch {
	case p.Kind.keepsRows():
		b.space = p.below
		p.out = b.newSelection(b.space, p.in)
		if p.Kind.marks() {
			end.out = []reg{b.markColumn(p).reg}
		}
	case p.Kind == InnerProbe:
		p.out = b.newSelection(p.space, p.passed)
	default:
		p.out = b.newSelection(p.space)
	}
	end.outSel = p.out
	b.emitStep(end)
	s.last = len(b.steps) - 1
	b.main = p.out
	if p.Kind.keepsRows() {
		b.rememberMark(p)
	}
}
