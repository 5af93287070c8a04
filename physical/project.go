package physical

import (
	"strings"

	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// lowerProject defines the computed columns in the program; a column nobody reads is never computed.
func (p *planner) lowerProject(n *logical.Project, w wanted) (*flow, error) {
	f, err := p.lower(n.Input, w.renamed(n.Items))
	if err != nil {
		return nil, err
	}
	items := namedTexts(n.Items)
	op := p.newOperator(n, "Project", "["+strings.Join(items, ", ")+"]", listArgument("Expressions", items))
	f.begin(op)
	for _, item := range n.Items {
		if !w.needs(item.ID) {
			continue // nobody reads it, and what it is computed from may not be there
		}
		if err := f.each(func(b *program.Builder) error { return b.Define(item.ID, item.Name, item.Expr) }); err != nil {
			return nil, err
		}
		if stateful(item.Expr) {
			for _, b := range f.branches {
				b.inOrder = true
			}
		}
	}
	p.fuse(f, op)
	return p.cut(f, neededColumns(n, w))
}

// stateful reports whether an expression must see the rows of a partition in order.
func stateful(e expr.Expr) bool {
	return expr.Any(e, func(x expr.Expr) bool {
		c, ok := x.(*expr.Call)
		return ok && c.Function != nil && c.Function.Stateful
	})
}

func namedTexts(items []logical.Named) []string {
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = expr.Debug(item.Expr)
		if c, ok := item.Expr.(*expr.Column); !ok || c.Name != item.Name {
			parts[i] += " AS " + item.Name
		}
	}
	return parts
}
