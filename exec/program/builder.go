package program

import (
	"fmt"
	"slices"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// Builder compiles one program. It is used once, by one goroutine.
type Builder struct {
	options Options
	inputs  []Input
	columns map[expr.ColumnID]*column
	values  valueTable

	registers  []register
	selections []selection
	spaces     []spaceInfo
	steps      []*step
	literals   []constant
	literalOf  map[string]reg
	probes     []*probe
	notes      []string

	visit int   // number of the current walk over selections
	space int   // the current one
	main  selID // the selection of the rows that are still in the chunk

	// owner is the operator being compiled, source the one whose rows the program reads, and definers those that
	// defined values: what is computed late, at its first use, is still theirs.
	owner, source int
	definers      map[valueID]int

	// known are the values that registers hold.
	known map[valueID][]held
	// wanted are values that the main path needs anyway, so that a branch need not compute them for its rows only.
	wanted map[valueID]bool

	wide      map[expr.ColumnID]bool // columns to come out in the widest layout
	aggregate bool
	keys      []Input
	err       error
}

// held says that a register holds a value for the rows of a selection.
type held struct {
	operand operand
	sel     selID
}

// column is what a column ID stands for.
type column struct {
	kind  columnKind
	info  Input
	index int // input or build column
	value valueID
	reg   reg // markColumn
	space int
	probe *probe
}

type columnKind uint8

const (
	inputColumn columnKind = iota
	definedColumn
	buildColumn
	markColumn
)

// operand is an argument of an instruction: a register, or a literal.
type operand struct {
	reg      reg
	literal  *expr.Literal // not nil: reg is noReg
	typ      types.Type
	phys     types.Physical
	nullable bool
	rng      types.Range
}

func (o operand) isLiteral() bool { return o.literal != nil }

// isNull reports a NULL literal.
func (o operand) isNull() bool { return o.literal != nil && o.literal.Value == nil }

// NewBuilder starts a program over the columns of a source. They are loaded at their first use, for the rows that are
// then selected.
func NewBuilder(o Options, inputs []Input) *Builder {
	if o.ChunkSize <= 0 || o.ChunkSize > 1<<16-1 {
		o.ChunkSize = DefaultOptions().ChunkSize
	}
	b := &Builder{options: o, inputs: slices.Clone(inputs), columns: map[expr.ColumnID]*column{}, literalOf: map[string]reg{},
		known: map[valueID][]held{}, wanted: map[valueID]bool{}, wide: map[expr.ColumnID]bool{}, definers: map[valueID]int{}}
	b.spaces = []spaceInfo{{parent: -1, parentSel: noSel}}
	b.main = b.newSelection(0)
	b.values.init(b)
	for i, in := range b.inputs {
		if !o.NarrowTypes {
			in.Range = types.Range{}
			if in.Physical != types.PhysicalVoid && in.Physical.IsInteger() {
				b.inputs[i].Range = types.Range{}
			}
		}
		b.addColumn(&column{kind: inputColumn, info: in, index: i})
	}
	return b
}

// addColumn makes a column known; it is no definition.
func (b *Builder) addColumn(c *column) {
	b.columns[c.info.ID] = c
	c.value = b.values.number(&expr.Column{Base: expr.Base{Typ: c.info.Type, Null: c.info.Nullable}, ID: c.info.ID, Name: c.info.Name})
}

// fail records the first error; compilation goes on without harm and Build returns it.
func (b *Builder) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// note records why something did not fuse, for the listing.
func (b *Builder) note(format string, args ...any) {
	b.notes = append(b.notes, fmt.Sprintf(format, args...))
}

func (b *Builder) newSelection(space int, parents ...selID) selID {
	b.selections = append(b.selections, selection{parents: parents, space: space})
	return selID(len(b.selections) - 1)
}

// within reports whether the rows of inner are always among those of outer.
func (b *Builder) within(inner, outer selID) bool {
	b.visit++
	return b.reaches(inner, outer)
}

// reaches walks up from inner, each selection once: the paths through groups of conjuncts multiply.
func (b *Builder) reaches(inner, outer selID) bool {
	if inner == outer {
		return true
	}
	s := &b.selections[inner]
	if inner < outer || s.visited == b.visit {
		return false // parents are made before their children
	}
	s.visited = b.visit
	for _, p := range s.parents {
		if b.reaches(p, outer) {
			return true
		}
	}
	return false
}

func (b *Builder) newRegister(t types.Type, p types.Physical, nullable bool, r types.Range, class registerClass) operand {
	b.registers = append(b.registers, register{t, p, nullable, r, b.space, class})
	return operand{reg: reg(len(b.registers) - 1), typ: t, phys: p, nullable: nullable, rng: r}
}

// result makes the register for a value of expression e.
func (b *Builder) result(e expr.Expr, p types.Physical, nullable bool, r types.Range) operand {
	return b.newRegister(e.Type(), p, nullable, r, computed)
}

// emitStep appends an instruction and returns it.
func (b *Builder) emitStep(s step) *step {
	p := &s
	p.space = b.space
	if p.owner == 0 {
		p.owner = b.owner
	}
	b.steps = append(b.steps, p)
	return p
}

// Define makes id a column of the value of e for later expressions and outputs. It is computed at its first use, for
// the rows then selected; a non-deterministic expression is computed here and once.
func (b *Builder) Define(id expr.ColumnID, name string, e expr.Expr) error {
	v := b.values.number(e)
	n := b.values.nodes[v]
	if _, ok := b.definers[v]; !ok {
		b.definers[v] = b.owner
	}
	b.columns[id] = &column{kind: definedColumn, value: v,
		info: Input{ID: id, Name: name, Type: e.Type(), Physical: e.Type().Physical(), Nullable: e.Nullable(), Range: n.rng}}
	if !n.deterministic {
		b.value(v, b.main)
	}
	return b.err
}

// Build ends the program. outputs are the columns that the sink reads, in order; none if an aggregation ended it.
func (b *Builder) Build(outputs []expr.ColumnID) (*Program, error) {
	p := &Program{options: b.options, inputs: b.inputs, aggregate: b.aggregate, keys: b.keys}
	for _, id := range outputs {
		if c := b.columns[id]; c != nil {
			b.wantValue(c.value)
		}
	}
	for _, id := range outputs {
		c, ok := b.columns[id]
		if !ok {
			panic(fmt.Sprintf("program: output column %d is not defined", id))
		}
		o := b.output(c, id)
		p.outputRegs = append(p.outputRegs, o.reg)
		p.outputs = append(p.outputs, Input{ID: id, Name: c.info.Name, Type: c.info.Type, Physical: o.phys, Nullable: o.nullable, Range: o.rng})
	}
	if b.err != nil {
		return nil, b.err
	}
	p.outputSel = b.main
	p.registers, p.selections, p.spaces, p.steps = b.registers, b.selections, b.spaces, b.steps
	p.literals, p.notes = b.literals, b.notes
	if b.options.Fusion {
		for _, f := range patterns {
			if f.program != nil {
				f.program(p)
			}
		}
	}
	p.assignSlots()
	return p, nil
}

// output computes a column for the sink: in a register, no wider than its type.
func (b *Builder) output(c *column, id expr.ColumnID) operand {
	o := b.value(c.value, b.main)
	if o.isLiteral() {
		return b.constantRegister(o)
	}
	widest := c.info.Type.Physical()
	if o.phys.IsInteger() && o.phys != widest && (o.phys.Size() > widest.Size() || b.wide[id] || !b.options.NarrowTypes && c.kind == definedColumn) {
		rng := o.rng
		o = b.widen(o, widest, b.main)
		o.rng = rng
	}
	o.typ = c.info.Type
	return o
}

// constantRegister puts a literal into a register as a constant vector.
func (b *Builder) constantRegister(o operand) operand {
	key := expr.Key(o.literal)
	r, ok := b.literalOf[key]
	if !ok {
		r = b.newRegister(o.typ, o.typ.Physical(), o.literal.Value == nil, o.rng, fixed).reg
		b.literalOf[key] = r
		b.literals = append(b.literals, constant{r, o.literal})
	}
	o.literal, o.reg, o.phys = nil, r, o.typ.Physical()
	return o
}
