package physical

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/logical"
)

// Operator is a node of the tree that EXPLAIN prints.
type Operator struct {
	Name   string // such as "Filter", "HashAggregate"
	Detail string // one line about it
	// Number counts the operators of a plan from 1, inputs before what reads them.
	Number int
	// Arguments are names and values, in the order that EXPLAIN FORMATTED prints them.
	Arguments []Argument
	Output    []logical.Column
	Children  []*Operator
	// Stages are those whose program holds the operator's work, or whose sink it is.
	Stages []*exec.Stage
	// Breaker says that the operator ends its stages: it is their sink.
	Breaker bool

	id     int           // tags its instructions; see program.Builder.Operator
	rows   float64       // that it gives, by the estimate
	ends   []end         // where its rows leave it, one for each branch that it is part of
	reads  []*branch     // whose source is the operator: a scan, or what its sink holds
	feeds  []*exec.Stage // that end in a sink of the operator's, a join's build side included
	builds []*exec.JoinBuild
}

// Argument is one line of an operator's section in EXPLAIN FORMATTED. Count, if above 0, is the number of things in Value.
type Argument struct {
	Name  string
	Count int
	Value string
}

// end is a place in a branch's program at which an operator is done.
type end struct {
	branch *branch
	at     program.Point
	builds int // join build sides of the branch that come before
}

// String prints the tree in Spark's form: *(n) marks operators whose work is fused into stage n.
func (o *Operator) String() string {
	return o.Print(func(o *Operator) string {
		if o.Detail == "" {
			return o.Title()
		}
		return o.Title() + " " + o.Detail
	})
}

// Title is the operator's name, behind the number of the stage that it is part of.
func (o *Operator) Title() string {
	if len(o.Stages) == 0 {
		return o.Name
	}
	return fmt.Sprintf("*(%d) %s", o.Stages[0].ID, o.Name)
}

// Print draws the tree with the given text for each operator, a line each.
func (o *Operator) Print(text func(*Operator) string) string {
	var b strings.Builder
	o.Draw(func(drawing string, o *Operator) { b.WriteString(drawing + text(o) + "\n") })
	return b.String()
}

// Draw calls line for each operator from the top, with the branches of the tree that stand before it.
func (o *Operator) Draw(line func(drawing string, o *Operator)) { o.draw("", "", line) }

func (o *Operator) draw(first, rest string, line func(string, *Operator)) {
	line(first, o)
	for i, c := range o.Children {
		if i == len(o.Children)-1 {
			c.draw(rest+"+- ", rest+"   ", line)
		} else {
			c.draw(rest+":- ", rest+":  ", line)
		}
	}
}

// Formatted is what EXPLAIN FORMATTED prints: the tree of numbered operators, then a section for each.
func (p *Plan) Formatted() string {
	var b strings.Builder
	b.WriteString("== Physical Plan ==\n")
	b.WriteString(p.Root.Print(func(o *Operator) string {
		text := fmt.Sprintf("%s (%d)", o.Name, o.Number)
		if len(o.Stages) > 0 {
			return "* " + text
		}
		return text
	}))
	b.WriteString("\n")
	for _, o := range p.Operators() {
		b.WriteString("\n" + o.section())
	}
	return b.String()
}

// section is an operator's part of EXPLAIN FORMATTED.
func (o *Operator) section() string {
	var b strings.Builder
	fmt.Fprintf(&b, "(%d) %s", o.Number, o.Name)
	for i, s := range o.Stages {
		if i == 0 {
			fmt.Fprintf(&b, " [codegen id : %d", s.ID)
		} else {
			fmt.Fprintf(&b, ", %d", s.ID)
		}
	}
	if len(o.Stages) > 0 {
		b.WriteString("]")
	}
	b.WriteString("\n")
	inputs := 0
	for _, c := range o.Children {
		inputs += len(c.Output)
	}
	lines := []Argument{{"Output", len(o.Output), columnList(o.Output)}}
	if len(o.Output) == 0 {
		lines[0].Value = "[]"
	}
	if len(o.Children) > 0 {
		var columns []logical.Column
		for _, c := range o.Children {
			columns = append(columns, c.Output...)
		}
		lines = append(lines, Argument{"Input", inputs, columnList(columns)})
	}
	for _, a := range append(lines, o.Arguments...) {
		if a.Count > 0 || a.Value == "[]" {
			fmt.Fprintf(&b, "%s [%d]: %s\n", a.Name, a.Count, a.Value)
		} else {
			fmt.Fprintf(&b, "%s: %s\n", a.Name, a.Value)
		}
	}
	return b.String()
}

func columnList(columns []logical.Column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = fmt.Sprintf("%s#%d", c.Name, c.ID)
	}
	return "[" + strings.Join(names, ", ") + "]"
}

// listArgument is an argument that is a list.
func listArgument(name string, items []string) Argument {
	return Argument{name, len(items), "[" + strings.Join(items, ", ") + "]"}
}

// Operators are the operators of the plan by their numbers, from 1.
func (p *Plan) Operators() []*Operator { return p.Root.appendTo(nil) }

func (o *Operator) appendTo(list []*Operator) []*Operator {
	for _, c := range o.Children {
		list = c.appendTo(list)
	}
	return append(list, o)
}

// number gives the operators their numbers, and the stages their shares of the work.
func (p *Plan) number() {
	for i, o := range p.Operators() {
		o.Number = i + 1
		work := o.work()
		for _, s := range o.Stages {
			s.Work += work / float64(len(o.Stages))
		}
		for _, b := range o.reads {
			if b.stage != nil {
				b.stage.Work += o.rows / float64(len(o.reads))
			}
		}
	}
}

// work is the number of rows that the operator handles: of a join without keys, the pairs that it looks at.
func (o *Operator) work() float64 {
	if o.Name == "NestedLoopJoin" && len(o.Children) == 2 {
		return max(o.rows, o.Children[0].rows*o.Children[1].rows)
	}
	return o.rows
}

// mostRows bounds what is estimated of a plan that will not end, so that products of estimates stay finite.
const mostRows = 1e30

// newOperator makes an operator whose output is n's.
func (p *planner) newOperator(n logical.Node, name, detail string, arguments ...Argument) *Operator {
	p.operators++
	return &Operator{
		Name: name, Detail: detail, Arguments: arguments, Output: slices.Clone(n.Columns()), id: p.operators,
		rows: min(p.estimator.Rows(n), mostRows),
	}
}

// begin says that what is added to the flow's programs from here on is op's work.
func (f *flow) begin(op *Operator) {
	for _, b := range f.branches {
		b.builder.Operator(op.id)
	}
}

// end says that op is part of the program of each of the flow's branches, and is done.
func (f *flow) end(op *Operator) {
	for _, b := range f.branches {
		b.operators = append(b.operators, op)
		op.ends = append(op.ends, end{b, b.builder.Point(), len(b.builds)})
	}
}

// Numbers are the operators' numbers by the tags of their instructions.
func (p *Plan) Numbers() map[int]int {
	numbers := map[int]int{}
	for _, o := range p.Operators() {
		numbers[o.id] = o.Number
	}
	return numbers
}
