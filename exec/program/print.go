package program

import (
	"fmt"
	"strings"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

var physicalNames = map[types.Physical]string{types.PhysicalVoid: "void", types.PhysicalBool: "bool", types.PhysicalInt8: "i8", types.PhysicalInt16: "i16",
	types.PhysicalInt32: "i32", types.PhysicalInt64: "i64", types.PhysicalInt128: "i128", types.PhysicalFloat32: "f32", types.PhysicalFloat64: "f64",
	types.PhysicalString: "str", types.PhysicalInterval: "interval", types.PhysicalList: "list", types.PhysicalStruct: "struct"}

func physicalName(p types.Physical) string { return physicalNames[p] }

// String is the listing that EXPLAIN CODEGEN shows: one instruction a line, with the registers and selections that it
// reads and writes, r3:i64 being a register of 64-bit integers and s2 the rows that are left. Fused instructions have a star. A
// register may appear with several values that live one after the other.
func (p *Program) String() string {
	var b strings.Builder
	for i, line := range p.lines() {
		fmt.Fprintf(&b, "%3d %s\n", i, line)
	}
	if len(p.outputs) > 0 {
		b.WriteString("    emit")
		for i, r := range p.outputRegs {
			fmt.Fprintf(&b, " %s=%s", p.outputs[i].Name, p.register(r))
		}
		b.WriteString(p.where(p.outputSel) + "\n")
	}
	for _, n := range p.notes {
		b.WriteString("  - not fused: " + n + "\n")
	}
	return b.String()
}

func (p *Program) register(r reg) string {
	return fmt.Sprintf("r%d:%s", p.slots[r], physicalName(p.registers[r].phys))
}

func (p *Program) where(sel selID) string {
	if sel <= 0 {
		return ""
	}
	return fmt.Sprintf(" [s%d]", sel)
}

func (p *Program) lines() []string {
	lines := make([]string, len(p.steps))
	for i, s := range p.steps {
		lines[i] = p.line(s)
	}
	return lines
}

func (p *Program) line(s *step) string {
	var b strings.Builder
	if s.fused {
		b.WriteString("* ")
	} else {
		b.WriteString("  ")
	}
	var results []string
	for _, r := range s.out {
		results = append(results, p.register(r))
	}
	if s.hasSelection() {
		results = append(results, fmt.Sprintf("s%d", s.outSel))
	}
	if len(results) > 0 {
		b.WriteString(strings.Join(results, ", ") + " = ")
	}
	b.WriteString(s.name)
	var args []string
	for _, o := range s.in {
		args = append(args, p.operand(o))
	}
	for _, x := range s.sels {
		args = append(args, fmt.Sprintf("s%d", x))
	}
	if len(args) > 0 {
		b.WriteString(" " + strings.Join(args, ", "))
	}
	if s.detail != "" {
		b.WriteString(" {" + s.detail + "}")
	}
	b.WriteString(p.where(s.sel))
	return b.String()
}

func (p *Program) operand(o operand) string {
	if o.isLiteral() {
		return expr.FormatLiteral(o.literal.Value, o.literal.Typ)
	}
	for _, c := range p.literals {
		if c.reg == o.reg {
			return expr.FormatLiteral(c.literal.Value, c.literal.Typ)
		}
	}
	return p.register(o.reg)
}
