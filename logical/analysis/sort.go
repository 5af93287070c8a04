package analysis

import (
	"slices"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// sort binds ORDER BY and SORT BY. Directly over a SELECT block, or over the step of a DataFrame chain that is one, the keys
// may use what the block's own expressions may: columns of FROM and aggregate functions that are not in the SELECT list.
func (b *binder) sort(q *ast.Sort, env environment) (*relation, error) {
	r, err := b.withBlock(q.Input, env)
	if err != nil {
		return nil, err
	}
	if k := r.block; k != nil {
		return k.orderBy(q)
	}
	s := b.site(r, env)
	s.sorts = true
	var keys []expr.SortKey
	for _, it := range q.Items {
		if _, ok := it.Expr.(*ast.All); ok {
			for _, c := range r.columns {
				keys = append(keys, sortKey(it, c.Ref()))
			}
			continue
		}
		i, isPosition, err := b.position(it.Expr, len(r.columns), "ORDER_BY_POS_OUT_OF_RANGE")
		if err != nil {
			return nil, err
		}
		var e expr.Expr
		if isPosition {
			e = r.columns[i].Ref()
		} else if e, err = s.expr(it.Expr); err != nil {
			return nil, err
		}
		if err := s.orderable(e); err != nil {
			return nil, at(err, it.Expr.Place())
		}
		keys = append(keys, sortKey(it, e))
	}
	for _, k := range keys {
		if err := s.noSpecial(k.Expr); err != nil {
			return nil, err
		}
	}
	return r.over(&logical.Sort{Input: r.node, Keys: keys, Global: q.Global}), nil
}

// ordinalSettings are the settings that let numbers in GROUP BY and ORDER BY count columns, by the condition of a wrong one.
var ordinalSettings = map[string]string{
	"GROUP_BY_POS_OUT_OF_RANGE": "spark.sql.groupByOrdinal", "ORDER_BY_POS_OUT_OF_RANGE": "spark.sql.orderByOrdinal",
}

// setting reads a boolean setting that is on by default.
func (b *binder) setting(key string) bool {
	return b.settings.Conf == nil || !strings.EqualFold(b.settings.Conf(key), "false")
}

// position reads a literal that counts columns from 1.
func (b *binder) position(e ast.Expr, n int, condition string) (index int, ok bool, err error) {
	l, isLiteral := e.(*ast.Literal)
	if !isLiteral || l.Type.Kind != types.Int || !b.setting(ordinalSettings[condition]) {
		return 0, false, nil
	}
	i, isInt := types.Integer64(l.Value)
	if !isInt {
		return 0, false, nil
	}
	if i < 1 || i > int64(n) {
		return 0, false, diag.New(condition, "index", itoa(int(i)), "size", itoa(n)).At(e.Place())
	}
	return int(i - 1), true, nil
}

// aboveStep is a step put on a block: its keys, bound over the block's FROM relation, and the node it is.
type aboveStep struct {
	keys []expr.SortKey
	node func(input logical.Node, keys []expr.SortKey) logical.Node
}

// orderBy binds ORDER BY or SORT BY over the block and builds it again.
func (k *block) orderBy(q *ast.Sort) (*relation, error) {
	s := k.aboveSite()
	s.sorts = true
	var keys []expr.SortKey
	for _, it := range q.Items {
		if _, ok := it.Expr.(*ast.All); ok {
			for _, other := range k.items {
				keys = append(keys, sortKey(it, other.use()))
			}
			continue
		}
		i, isPosition, err := k.position(it.Expr, len(k.items), "ORDER_BY_POS_OUT_OF_RANGE")
		if err != nil {
			return nil, err
		}
		var e expr.Expr
		if isPosition {
			e = k.items[i].use()
		} else if e, err = s.expr(it.Expr); err != nil {
			return nil, err
		}
		if hasGenerator(e) {
			return nil, diag.New("UNSUPPORTED_GENERATOR.OUTSIDE_SELECT", "plan", "Sort").At(it.Expr.Place())
		}
		if err := s.orderable(e); err != nil {
			return nil, at(err, it.Expr.Place())
		}
		if k.aggregation == nil && needsAggregate(e) {
			return nil, diag.New("UNSUPPORTED_EXPR_FOR_OPERATOR", "invalidExprSqls", sqlOf(e)).At(it.Expr.Place())
		}
		keys = append(keys, sortKey(it, e))
	}
	return k.put(aboveStep{keys, func(input logical.Node, keys []expr.SortKey) logical.Node {
		return &logical.Sort{Input: input, Keys: keys, Global: q.Global}
	}})
}

// aboveSite is where expressions of steps above the block are bound: its items by name first, then what they are made of.
func (k *block) aboveSite() *site {
	s := k.site()
	s.aliases, s.aliasesFirst, s.anyName = k.items, true, true
	return s
}

func (k *block) put(step aboveStep) (*relation, error) {
	k.above = append(k.above, step)
	return k.build()
}

// finishAbove puts projection, DISTINCT and the steps above the block on the node. Keys that are not among the output columns
// become columns of the projection that a last one drops again.
func (k *block) finishAbove(out *relation, node logical.Node, items []expr.Expr, named []logical.Named, order [][]expr.SortKey) (*relation, error) {
	hidden := []logical.Named{}
	seen := map[expr.ColumnID]bool{}
	for _, n := range named {
		seen[n.ID] = true
	}
	for _, keys := range order {
		for i := range keys {
			keys[i].Expr = toOutputs(keys[i].Expr, items, named)
			for _, c := range columnsOf(keys[i].Expr) {
				if seen[c.ID] || !hasColumn(node, c.ID) {
					continue
				}
				if k.distinct {
					return nil, k.site().notInDistinct(c, out)
				}
				seen[c.ID] = true
				hidden = append(hidden, logical.Named{ID: c.ID, Name: c.Name, Expr: c})
			}
		}
	}
	node = project(node, append(slices.Clip(named), hidden...))
	if k.distinct {
		var err error
		if node, err = distinct(node); err != nil {
			return nil, err
		}
	}
	for i, step := range k.above {
		node = step.node(node, order[i])
	}
	if len(hidden) > 0 {
		node = &logical.Project{Input: node, Items: passThrough(node)[:len(named)]}
	}
	out.node = node
	return out, nil
}

// toOutputs replaces what is computed by an item with the item's column.
func toOutputs(e expr.Expr, items []expr.Expr, named []logical.Named) expr.Expr {
	return expr.TransformDown(e, func(x expr.Expr) (expr.Expr, bool) {
		if _, ok := x.(*expr.Literal); ok {
			return x, true
		}
		for i, it := range items {
			if expr.Same(x, it) {
				return named[i].Column().Ref(), true
			}
		}
		return x, false
	})
}

func columnsOf(e expr.Expr) []*expr.Column {
	var columns []*expr.Column
	expr.VisitColumns(e, func(c *expr.Column) { columns = append(columns, c) })
	return columns
}

func hasColumn(n logical.Node, id expr.ColumnID) bool {
	return slices.ContainsFunc(n.Columns(), func(c logical.Column) bool { return c.ID == id })
}

// notInDistinct is the error for ORDER BY a column that SELECT DISTINCT dropped.
func (s *site) notInDistinct(c *expr.Column, out *relation) error {
	inner := *s
	inner.relation = out
	n := &ast.Name{Parts: []string{c.Name}}
	return at(inner.unresolvedColumn(n), c.Place())
}
