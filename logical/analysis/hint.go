package analysis

import (
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// joinHints are the names of join hints, and the strategy each stands for.
var joinHints = map[string]string{
	"broadcast": "broadcast", "broadcastjoin": "broadcast", "mapjoin": "broadcast",
	"merge": "merge", "mergejoin": "merge", "shuffle_merge": "merge",
	"shuffle_hash": "shuffle_hash", "shuffle_replicate_nl": "shuffle_replicate_nl",
}

// hinted marks a relation that a join hint was given for; the join above it takes the hint. It never leaves this package.
type hinted struct {
	logical.Node
	hint string
}

// takeHint removes the mark from a join's input, where it may stand below operators of one input.
func takeHint(n logical.Node) (logical.Node, string) {
	switch m := n.(type) {
	case *hinted:
		return m.Node, m.hint
	case *logical.CommonPlan, *logical.Cache:
		return n, ""
	}
	children := n.Children()
	if len(children) != 1 {
		return n, ""
	}
	if c, hint := takeHint(children[0]); hint != "" {
		return n.WithChildren([]logical.Node{c}), hint
	}
	return n, ""
}

// hints applies hints to a relation: partitioning, and join hints for the relation itself. Unknown hints are ignored, as in
// Spark.
func (b *binder) hints(r *relation, hints []ast.HintItem, env environment) (*relation, error) {
	for _, h := range hints {
		name := strings.ToLower(h.Name)
		switch strategy, isJoin := joinHints[name]; {
		case isJoin && (len(h.Args) == 0 || h.Place().IsZero()):
			r = r.over(&hinted{Node: r.node, hint: strategy})
		case name == "repartition" || name == "coalesce" || name == "repartition_by_range" || name == "rebalance":
			var err error
			if r, err = b.repartitionHint(r, h, name, env); err != nil {
				return nil, at(err, h.Place())
			}
		}
	}
	return r, nil
}

// hintFrom puts the join hints of a SELECT on the FROM items that they name.
func (b *binder) hintFrom(q ast.Query, hints []ast.HintItem) ast.Query {
	for _, h := range hints {
		if _, ok := joinHints[strings.ToLower(h.Name)]; !ok {
			continue
		}
		for _, a := range h.Args {
			if n, ok := a.(*ast.Name); ok {
				q = b.hintItem(q, n.Parts[len(n.Parts)-1], ast.HintItem{At: h.At, Name: h.Name})
			}
		}
	}
	return q
}

func (b *binder) hintItem(q ast.Query, name string, hint ast.HintItem) ast.Query {
	matches := false
	switch q := q.(type) {
	case *ast.Join:
		j := *q
		j.Left, j.Right = b.hintItem(q.Left, name, hint), b.hintItem(q.Right, name, hint)
		return &j
	case *ast.Hint:
		h := *q
		h.Input = b.hintItem(q.Input, name, hint)
		return &h
	case *ast.SubqueryAlias:
		matches = b.sameName(q.Name, name)
	case *ast.Table:
		matches = b.sameName(q.Name[len(q.Name)-1], name)
	}
	if !matches {
		return q
	}
	return &ast.Hint{Input: q, Hints: []ast.HintItem{hint}}
}

// repartitionHint is REPARTITION(n, columns…), COALESCE(n) and their kin.
func (b *binder) repartitionHint(r *relation, h ast.HintItem, name string, env environment) (*relation, error) {
	n := &logical.Repartition{Input: r.node, Shuffle: name != "coalesce"}
	s := b.site(r, env)
	for i, a := range h.Args {
		bound, err := s.expr(a)
		if err != nil {
			return nil, err
		}
		if v, err := b.fold(bound); i == 0 && err == nil {
			count, ok := types.Integer64(v)
			if !ok {
				return nil, diag.Unsupported("this parameter of the hint " + strings.ToUpper(name))
			}
			n.Count = int(count)
			continue
		}
		n.By = append(n.By, bound)
	}
	return r.over(n), nil
}
