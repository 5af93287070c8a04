// Package program compiles the expressions of a stage into one linear program of vector instructions and runs it on
// chunks. Stages, constant folding, VALUES and sources all evaluate expressions through it: there is no other evaluator.
//
// A Builder takes filters, column definitions, run-time filters, join probes and an aggregation in the order of the
// stage, and Build gives a Program: a list of instructions over typed registers (vectors) and selection registers.
// A register belongs to a space, which is a set of row numbers: space 0 is the source's chunk, and a probe that may
// widen the chunk starts the next. Every value is computed at its first use, under the selection that then holds, and
// found again by its structure wherever a narrower selection holds; so columns are loaded only for rows that passed the
// filters before, and a fallible expression sees exactly the rows that its own place in the tree reaches.
//
// How to add an expression node: an arm in (*Builder).emit, and one in (*Builder).filter if it has a cheaper form as
// a condition. How to add a fused instruction: a row in the table of patterns in fuse.go.
package program

import (
	"context"
	"time"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Options are the switches of the compiler. The plain twin is the same compiler with all of them off.
type Options struct {
	Fusion               bool // use the table of patterns
	CommonSubexpressions bool // compute equal expressions once
	DictionaryEvaluation bool // evaluate predicates and functions once for each entry of a dictionary
	NarrowTypes          bool // use ranges: narrow layouts, no overflow checks where proven
	ChunkSize            int  // rows of a chunk that a join probe makes; at most 65,535
}

// DefaultOptions has everything on and chunks of 2,048 rows.
func DefaultOptions() Options {
	return Options{Fusion: true, CommonSubexpressions: true, DictionaryEvaluation: true, NarrowTypes: true, ChunkSize: vector.ChunkSize}
}

// Input is a column that a program reads from its source, or gives to its sink.
type Input struct {
	ID       expr.ColumnID
	Name     string
	Type     types.Type
	Physical types.Physical
	Nullable bool
	Range    types.Range
}

// Position says where in its partition a chunk is.
type Position struct {
	Partition int32
	Sequence  int32 // of the morsel
	RowBase   int64 // rows of the partition before the chunk
	Order     int64 // position in the whole input for aggregates that depend on order: row i has order Order+i
}

// Source gives the columns of the current chunk; source.Reader is one.
type Source interface {
	// Load decodes column c, an index into the builder's inputs, for the rows of sel.
	Load(c int, sel vector.Selection, v *vector.Vector) error
}

// GroupTable holds the groups of one worker's part of an aggregation. The aggregate operator of package exec implements it.
type GroupTable interface {
	// Groups finds or adds the group of each row of sel and writes its number to rows[i]. With no keys it is not called:
	// there is one group, number 0. Keys may be in any encoding.
	Groups(keys []*vector.Vector, sel vector.Selection, n int, rows []uint32) error
	// States are the aggregate states, stride bytes a group, after the last call of Groups.
	States() (base []byte, stride int)
	// Blobs keeps what does not fit a state.
	Blobs() *expr.BlobStore
}

// Env is what one worker's machine works with.
type Env struct {
	// Groups is where a program that ends in an aggregation puts its rows.
	Groups GroupTable
	// Profile measures the time of each instruction.
	Profile bool
	// Reserve, if not nil, is told after a few chunks how many bytes the machine's registers have grown by; its error ends
	// the run. Registers never shrink: who made the machine gives the bytes back when it drops the machine.
	Reserve func(bytes int64) error
	// Grow, if not nil, is asked before kernels make results that count, such as long strings; its error ends the run. A
	// negative number gives back what registers turned out not to keep.
	Grow func(bytes int64) error
	// MostWork, if above 0, bounds the work of kernels, in the units of expr.Budget: expr.ErrTooMuch ends the run.
	MostWork int64
	// Context, if not nil, ends a run: between instructions, and inside those whose kernels work long.
	Context context.Context
}

// InstructionCounters is what one instruction of a machine did.
type InstructionCounters struct {
	Text            string // the line of the listing
	Operator        int    // that it belongs to; see Builder.Operator
	RowsIn, RowsOut int64
	Chunks          int64
	Nanoseconds     int64 // in the instruction itself, not in others that it runs; 0 unless profiling
}

// Program is a compiled stage. It does not change and may be used by any number of machines at once.
type Program struct {
	options    Options
	inputs     []Input
	outputs    []Input
	outputRegs []reg
	outputSel  selID
	registers  []register
	slots      []int // of each register: the vector that holds it
	slotCount  int
	selections []selection
	spaces     []spaceInfo
	steps      []*step
	notes      []string // why parts did not fuse
	literals   []constant
	aggregate  bool
	keys       []Input
}

// Outputs are the columns that Run emits.
func (p *Program) Outputs() []Input { return p.outputs }

// Inputs are the columns of the source, in the order of the builder's inputs.
func (p *Program) Inputs() []Input { return p.inputs }

// Loads reports for each input whether the program ever loads it.
func (p *Program) Loads() []bool {
	used := make([]bool, len(p.inputs))
	for _, s := range p.steps {
		if s.load > 0 {
			used[s.load-1] = true
		}
	}
	return used
}

// Memory estimates the bytes that a machine takes for registers and selections, for the caller to reserve.
func (p *Program) Memory() int64 {
	rows := int64(max(p.options.ChunkSize, vector.ChunkSize))
	sizes := make([]int, p.slotCount)
	for r, slot := range p.slots {
		sizes[slot] = max(sizes[slot], p.registers[r].phys.Size())
	}
	total := int64(2*len(p.selections)) * rows
	for _, size := range sizes {
		total += int64(size) * rows
	}
	return total
}

// Aggregates reports whether the program ends in an aggregation and emits no chunks.
func (p *Program) Aggregates() bool { return p.aggregate }

// reg is a register; selID a selection register. Both are numbered as they are made.
type (
	reg   int32
	selID int32
)

const (
	noReg reg   = -1
	noSel selID = -1
)

// register is what is known of a register at compile time.
type register struct {
	typ      types.Type
	phys     types.Physical
	nullable bool
	rng      types.Range
	space    int
	class    registerClass
}

type registerClass uint8

const (
	computed registerClass = iota // its own memory; may be reused
	foreign                       // may refer to the source's or another register's memory; never reused
	fixed                         // a constant
)

// selection is what is known of a selection register: its rows are among those of each of its parents.
type selection struct {
	parents []selID
	space   int
	visited int // the last walk that came here
}

// spaceInfo describes a space: the probe that starts it, and the selection that held in the space before.
type spaceInfo struct {
	parent    int
	parentSel selID
	owner     int // the operator of the probe
}

// constant is a literal that stands in a register.
type constant struct {
	reg     reg
	literal *expr.Literal
}

// step is one instruction.
type step struct {
	name   string
	fused  bool
	out    []reg
	in     []operand
	sel    selID
	sels   []selID // further selections it reads
	outSel selID
	space  int
	detail string
	owner  int  // the operator that it works for, 0: none
	load   int  // 1 + the input that it loads, or 0
	main   bool // outSel is on the main path: nothing is left to do when it is empty
	always bool // runs even if sel is empty
	// bind makes the function that runs the instruction on a chunk, with its state for one machine.
	bind func(m *Machine, s *step) func() error
	// group and probe steps run others.
	units []unit
	probe *probe
	// gathers are the steps that a probe runs itself for the rows it keeps.
	gathers []*step
	role    stepRole
	last    int // probes: index of the step that ends it
}

type stepRole uint8

const (
	plainStep stepRole = iota
	groupStep          // a group of conjuncts in measured order
	probeStep
	probeEndStep
)

// unit is a run of steps [first, last) that tests one independent condition of a group.
type unit struct {
	first, last int
	in, out     selID
}

var startOfTime = time.Now()

// now is a cheap monotonic clock in nanoseconds.
func now() int64 { return int64(time.Since(startOfTime)) }
