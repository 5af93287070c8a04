package physical

import (
	"fmt"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// lowerUnion makes one flow of the branches of all inputs. Intersect and except have been rewritten by the optimizer.
func (p *planner) lowerUnion(n *logical.SetOperation, w wanted) (*flow, error) {
	if n.Op != ast.Union || !n.All {
		panic(&diag.Bug{Value: fmt.Sprintf("physical: %s was left by the optimizer", n.Describe())})
	}
	op := p.newOperator(n, "Union", "")
	all := &flow{operator: op}
	for _, input := range n.Inputs {
		columns := input.Columns()
		items := make([]logical.Named, len(columns))
		for i, c := range columns {
			items[i] = logical.Named{ID: n.Output[i].ID, Name: n.Output[i].Name, Expr: c.Ref()}
		}
		f, err := p.lower(input, w.renamed(items))
		if err != nil {
			return nil, err
		}
		f.begin(op)
		for _, b := range f.branches {
			for _, item := range items {
				if !w.needs(item.ID) {
					continue // the input was lowered without it
				}
				if err := b.builder.Define(item.ID, item.Name, item.Expr.(*expr.Column)); err != nil {
					return nil, err
				}
			}
		}
		f.end(op)
		op.Children = append(op.Children, f.operator)
		all.branches = append(all.branches, f.branches...)
	}
	return all, nil
}
