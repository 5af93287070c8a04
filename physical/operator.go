package physical

import (
	"fmt"
	"strings"
	"time"

	"github.com/kilnql/kiln/exec"
)

// Operator is a node of the tree that EXPLAIN prints.
type Operator struct {
	Name     string // such as "Filter", "HashAggregate"
	Detail   string
	Children []*Operator
	// Stages are those whose program holds the operator's work, or whose sink it is.
	Stages []*exec.Stage
	// Breaker says that the operator ends its stages: it is their sink.
	Breaker bool
	// NotFused says why an operator is not part of a larger stage, if there is a reason other than being a breaker.
	NotFused string
}

// String prints the tree in Spark's form: *(n) marks operators whose work is fused into stage n.
func (o *Operator) String() string {
	var b strings.Builder
	o.print(&b, "", "", nil)
	return b.String()
}

// Print is String with a note after each line.
func (o *Operator) Print(note func(*Operator) string) string {
	var b strings.Builder
	o.print(&b, "", "", note)
	return b.String()
}

func (o *Operator) print(b *strings.Builder, first, rest string, note func(*Operator) string) {
	b.WriteString(first)
	if len(o.Stages) > 0 {
		fmt.Fprintf(b, "*(%d) ", o.Stages[0].ID)
	}
	b.WriteString(o.Name)
	if o.Detail != "" {
		b.WriteString(" " + o.Detail)
	}
	if o.NotFused != "" {
		b.WriteString(" (not fused: " + o.NotFused + ")")
	}
	if note != nil {
		b.WriteString(note(o))
	}
	b.WriteByte('\n')
	for i, c := range o.Children {
		if i == len(o.Children)-1 {
			c.print(b, rest+"+- ", rest+"   ", note)
		} else {
			c.print(b, rest+":- ", rest+":  ", note)
		}
	}
}

// Note is what the operator did, for EXPLAIN ANALYZE: rows and time, summed over the workers of the stages it is part of.
func (o *Operator) Note(stages map[int]*exec.StageProfile) string {
	var rowsIn, rowsOut, load, work, sink int64
	for _, s := range o.Stages {
		p := stages[s.ID]
		if p == nil {
			continue
		}
		rowsIn += p.Rows.Load()
		rowsOut += p.RowsOut.Load()
		if list := p.Instructions(); o.Breaker && p.RowsOut.Load() == 0 && len(list) > 0 { // the program's last instructions update the groups
			rowsOut += list[len(list)-1].RowsIn
		}
		load += p.LoadTime.Load()
		work += p.ProgramTime.Load()
		sink += p.SinkTime.Load() + p.FinishTime.Load()
	}
	switch {
	case len(o.Stages) == 0:
		return ""
	case o.Breaker:
		return fmt.Sprintf(" [rows in %d, %v]", rowsOut, time.Duration(sink).Round(time.Microsecond))
	case len(o.Children) == 0:
		return fmt.Sprintf(" [rows %d, %v]", rowsIn, time.Duration(load).Round(time.Microsecond))
	}
	return fmt.Sprintf(" [in the program of *(%d), %v]", o.Stages[0].ID, time.Duration(work).Round(time.Microsecond))
}
