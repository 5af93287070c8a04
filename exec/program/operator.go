package program

// Operator makes what is compiled from here on, until the next call, the work of the operator with this id, above 0.
// The first call names the operator whose rows the program reads: loading their columns is its work, whoever asks for
// them. What a join fetches, or copies because it makes new rows, is the join's. A column that Define gave belongs to
// the operator that defined it, though it is computed at its first use; if an operator below has computed the same
// value already, to that one.
func (b *Builder) Operator(id int) {
	if b.source == 0 {
		b.source = id
	}
	b.owner = id
}

// Point is a place between the operators of a program.
type Point struct{ sel selID }

// Point is the place that compilation has reached.
func (b *Builder) Point() Point { return Point{b.main} }

// MadeBy is the number of the instruction whose RowsOut are the rows that get to a place; -1 if all rows of the source do.
func (p *Program) MadeBy(at Point) int {
	if at.sel == 0 {
		return -1
	}
	for i, s := range p.steps {
		if s.outSel == at.sel {
			return i
		}
	}
	panic("program: a place that no instruction leads to")
}

// Describe fills in the operator of each of a machine's counters, and the text if it is wanted.
func (p *Program) Describe(counters []InstructionCounters, text bool) {
	for i, s := range p.steps {
		counters[i].Operator = s.owner
		if text {
			counters[i].Text = p.line(s)
		}
	}
}
