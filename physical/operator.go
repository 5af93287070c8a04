package physical

import (
	"fmt"
	"strings"

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
