package analysis

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
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

// partitionHints are the hints that change how rows are divided.
var partitionHints = map[string]bool{"repartition": true, "coalesce": true, "repartition_by_range": true, "rebalance": true}

// hints applies hints to a relation: join hints for the relation itself and, in DataFrame calls, partitioning. An unknown hint is
// a warning, as in Spark.
func (b *binder) hints(r *relation, hints []ast.HintItem, env environment) (*relation, error) {
	for _, h := range hints {
		name := strings.ToLower(h.Name)
		switch strategy, isJoin := joinHints[name]; {
		case isJoin && (len(h.Args) == 0 || h.Place().IsZero()):
			b.hinted = true
			r = r.over(&hinted{Node: r.node, hint: strategy})
		case isJoin: // hintFrom has put it where it belongs
		case !partitionHints[name]:
			names := append(slices.Collect(maps.Keys(joinHints)), slices.Collect(maps.Keys(partitionHints))...)
			slices.Sort(names)
			near := diag.Nearest(name, names, 1)
			if near[0] = strings.ToUpper(near[0]); !strings.HasPrefix(near[0], strings.ToUpper(name[:min(len(name), 3)])) {
				near = nil
			}
			b.warning(h, "the unknown hint "+strings.ToUpper(h.Name)+" is ignored", near)
		case h.Place().IsZero(): // df.Hint; those of a SELECT are the block's, see repartitionHints
			step, err := b.site(r, env).repartitionHint(h, name)
			if err != nil {
				return nil, err
			}
			r = r.over(step.node(r.node, step.keys))
		}
	}
	return r, nil
}

func (b *binder) warning(h ast.HintItem, text string, near []string) {
	if b.warn != nil {
		b.warn(&diag.Warning{Text: text, Span: h.Place(), Suggestions: near})
	}
}

// hintFrom puts the join hints of a SELECT on the FROM items that they name.
func (b *binder) hintFrom(q ast.Query, hints []ast.HintItem) ast.Query {
	for _, h := range hints {
		if _, ok := joinHints[strings.ToLower(h.Name)]; !ok {
			continue
		}
		for _, a := range h.Args {
			n, ok := a.(*ast.Name)
			if !ok {
				continue
			}
			found := false
			name := n.Parts[len(n.Parts)-1]
			if q = b.hintItem(q, name, ast.HintItem{At: h.At, Name: h.Name}, &found); !found {
				b.warning(h, "the hint "+strings.ToUpper(h.Name)+" is ignored: FROM has no relation "+quoteName([]string{name}), nil)
			}
		}
	}
	return q
}

func (b *binder) hintItem(q ast.Query, name string, hint ast.HintItem, found *bool) ast.Query {
	matches := false
	switch q := q.(type) {
	case *ast.Join:
		j := *q
		j.Left, j.Right = b.hintItem(q.Left, name, hint, found), b.hintItem(q.Right, name, hint, found)
		return &j
	case *ast.Hint:
		h := *q
		h.Input = b.hintItem(q.Input, name, hint, found)
		return &h
	case *ast.SubqueryAlias:
		matches = b.sameName(q.Name, name)
	case *ast.Table:
		matches = b.sameName(q.Name[len(q.Name)-1], name)
	}
	if !matches {
		return q
	}
	*found = true
	return &ast.Hint{Input: q, Hints: []ast.HintItem{hint}}
}

// repartitionHints puts the partition hints of a SELECT above its block; the first one is the topmost, as in Spark.
func (k *block) repartitionHints(hints []ast.HintItem) error {
	for _, h := range slices.Backward(hints) {
		if name := strings.ToLower(h.Name); partitionHints[name] {
			step, err := k.aboveSite().repartitionHint(h, name)
			if err != nil {
				return at(err, h.Place())
			}
			k.above = append(k.above, step)
		}
	}
	return nil
}

// repartitionHint is REPARTITION(n, columns…), COALESCE(n) and their kin.
func (s *site) repartitionHint(h ast.HintItem, name string) (aboveStep, error) {
	count := 0
	var keys []expr.SortKey
	for i, a := range h.Args {
		bound, err := s.expr(a)
		if err != nil {
			return aboveStep{}, err
		}
		if v, err := s.fold(bound); i == 0 && err == nil {
			n, ok := types.Integer64(v)
			if !ok {
				return aboveStep{}, diag.Unsupported("this parameter of the hint " + strings.ToUpper(name))
			}
			if n <= 0 {
				return aboveStep{}, diag.New("VALUE_NOT_POSITIVE", "arg_name", "numPartitions", "arg_value", strconv.FormatInt(n, 10)).At(a.Place())
			}
			count = int(n)
			continue
		}
		if err := s.noSpecial(bound); err != nil {
			return aboveStep{}, at(err, a.Place())
		}
		keys = append(keys, expr.SortKey{Expr: bound})
	}
	return repartitionStep(keys, count, name != "coalesce"), nil
}
