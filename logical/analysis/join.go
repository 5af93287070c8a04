package analysis

import (
	"slices"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

var joinTypes = map[ast.JoinType]logical.JoinType{
	ast.InnerJoin: logical.Inner, ast.CrossJoin: logical.Cross, ast.LeftJoin: logical.LeftOuter, ast.RightJoin: logical.RightOuter,
	ast.FullJoin: logical.FullOuter, ast.LeftSemiJoin: logical.LeftSemi, ast.LeftAntiJoin: logical.LeftAnti,
}

// join binds a join of two FROM items.
func (b *binder) join(q *ast.Join, env environment) (*relation, error) {
	left, err := b.side(q.Left, env)
	if err != nil {
		return nil, err
	}
	n := &logical.Join{Type: joinTypes[q.Type]}
	right, err := b.rightSide(q, left, n, env)
	if err != nil {
		return nil, err
	}
	n.Left, n.LeftHint = takeHint(left.node)
	n.Right, n.RightHint = takeHint(right.node)
	using := q.Using
	if q.Natural {
		using = b.commonNames(left, right)
	}
	if len(using) > 0 {
		return b.joinUsing(n, left, right, using, q)
	}
	if q.On != nil {
		if n.Condition, err = b.joinCondition(q, left, right, env); err != nil {
			return nil, err
		}
	}
	return joined(n, left, right), nil
}

// side binds an input of a join, whose columns DataFrame.Col of that input may name.
func (b *binder) side(q ast.Query, env environment) (*relation, error) {
	r, err := b.from(q, env)
	if err != nil || q == nil {
		return r, err
	}
	return r.from(q), nil
}

// rightSide binds the right input, which may see the left one's columns if it is lateral.
func (b *binder) rightSide(q *ast.Join, left *relation, n *logical.Join, env environment) (*relation, error) {
	if !isLateral(q.Right) {
		return b.side(q.Right, env)
	}
	switch q.Type {
	case ast.InnerJoin, ast.CrossJoin, ast.LeftJoin:
	default:
		return nil, diag.New("INVALID_LATERAL_JOIN_TYPE", "joinType", n.Type.String()).At(q.Place())
	}
	if len(q.Using) > 0 || q.Natural {
		return nil, diag.New("UNSUPPORTED_FEATURE.LATERAL_JOIN_USING").At(q.Place())
	}
	c := &correlation{site: b.site(left, env), lateral: true}
	right, err := b.from(q.Right, environment{ctes: env.ctes, outer: c})
	if err != nil {
		return nil, err
	}
	n.Lateral = len(c.outer) > 0
	return right, nil
}

// isLateral reports whether a FROM item may refer to its left: LATERAL, under an alias or not.
func isLateral(q ast.Query) bool {
	switch q := q.(type) {
	case *ast.Lateral:
		return true
	case *ast.SubqueryAlias:
		return isLateral(q.Input)
	}
	return false
}

// joined is the relation of a join whose columns are those of both sides.
func joined(n *logical.Join, left, right *relation) *relation {
	r := &relation{node: n, columns: slices.Clone(left.columns), hidden: slices.Clone(left.hidden), origins: slices.Clone(left.origins)}
	if n.Type.HasRightColumns() {
		r.columns = append(r.columns, right.columns...)
		r.hidden = append(r.hidden, right.hidden...)
		r.origins = append(r.origins, right.origins...)
	}
	return r.over(n)
}

// both is what names in a join condition may refer to: the columns of both sides, whatever the type of the join.
func both(left, right *relation) *relation {
	return &relation{
		node:    &logical.Join{Type: logical.Inner, Left: left.node, Right: right.node},
		columns: append(slices.Clip(left.columns), right.columns...),
		hidden:  append(slices.Clip(left.hidden), right.hidden...),
		origins: append(slices.Clip(left.origins), right.origins...),
	}
}

func (b *binder) joinCondition(q *ast.Join, left, right *relation, env environment) (expr.Expr, error) {
	r := both(left, right)
	s := b.site(r, env)
	s.clause = "JOIN"
	m := &selfJoin{left: b.site(left, env), right: b.site(right, env), leftMark: &ast.Owned{}, rightMark: &ast.Owned{}}
	on := m.condition(q.On)
	r.origins = append(r.origins, origin{m.leftMark, left.columns}, origin{m.rightMark, right.columns})
	bound, err := s.expr(on)
	if err != nil {
		return nil, err
	}
	if err := s.noSpecial(bound); err != nil {
		return nil, at(err, q.On.Place())
	}
	bound, err = s.boolean(bound, "JOIN")
	return bound, at2(err, q.On)
}

func at2(err error, e ast.Expr) error {
	if err == nil {
		return nil
	}
	return at(err, e.Place())
}

// commonNames are the column names that both sides of a NATURAL join have, in the left's order.
func (b *binder) commonNames(left, right *relation) []string {
	var names []string
	for _, l := range left.columns {
		if slices.ContainsFunc(right.columns, func(r visible) bool { return b.sameName(l.Name, r.Name) }) {
			names = append(names, l.Name)
		}
	}
	return names
}

// joinUsing joins on equality of columns of one name, which the result has once: the left's, the right's of a right join,
// the first that is not null of a full one. The others can still be named with their qualifier.
func (b *binder) joinUsing(n *logical.Join, left, right *relation, using []string, q *ast.Join) (*relation, error) {
	var lefts, rights []visible
	var conditions []expr.Expr
	for _, name := range using {
		l, err := b.usingColumn(left, name, "left")
		if err != nil {
			return nil, at(err, q.Place())
		}
		r, err := b.usingColumn(right, name, "right")
		if err != nil {
			return nil, at(err, q.Place())
		}
		equal, err := b.call(q.Place(), "=", l.Ref(), r.Ref())
		if err != nil {
			return nil, err
		}
		lefts, rights, conditions = append(lefts, l), append(rights, r), append(conditions, equal)
	}
	n.Condition = expr.Conjunction(conditions...)
	all := joined(n, left, right)
	if !n.Type.HasRightColumns() {
		return all, nil
	}
	merged := lefts
	if n.Type == logical.RightOuter {
		merged = rights
	}
	if n.Type == logical.FullOuter {
		return b.fullUsing(all, lefts, rights, q)
	}
	return all.merge(merged, append(slices.Clip(lefts), rights...)), nil
}

// merge puts the merged columns first and hides the others that they stand for.
func (r *relation) merge(merged, hidden []visible) *relation {
	out := &relation{node: r.node, hidden: r.hidden, origins: r.origins}
	isIn := func(list []visible, c visible) bool {
		return slices.ContainsFunc(list, func(o visible) bool { return o.identity() == c.identity() })
	}
	for _, m := range merged {
		c, ok := r.byID(m.ID)
		if !ok {
			c = m
		}
		out.columns = append(out.columns, c)
	}
	for _, c := range r.columns {
		switch {
		case isIn(merged, c):
		case isIn(hidden, c):
			out.hidden = append(out.hidden, c)
		default:
			out.columns = append(out.columns, c)
		}
	}
	return out
}

// fullUsing computes the columns that a full join's sides share.
func (b *binder) fullUsing(all *relation, lefts, rights []visible, q *ast.Join) (*relation, error) {
	items := passThrough(all.node)
	var merged []visible
	for i, l := range lefts {
		left, _ := all.byID(l.ID)
		right, _ := all.byID(rights[i].ID)
		t, ok := b.coercion.WiderType(left.Type, right.Type)
		if !ok {
			t = left.Type
		}
		x, err := b.cast(left.Ref(), t)
		if err != nil {
			return nil, err
		}
		y, err := b.cast(right.Ref(), t)
		if err != nil {
			return nil, err
		}
		null := lefts[i].Nullable || rights[i].Nullable
		e := &expr.Coalesce{Base: expr.Base{Typ: t, Null: null, Span: q.Place()}, Args: []expr.Expr{x, y}}
		item := logical.Named{ID: b.ids.Next(), Name: l.Name, Expr: e, Metadata: l.Metadata}
		items = append(items, item)
		merged = append(merged, visible{Column: item.Column()})
	}
	node := &logical.Project{Input: all.node, Items: items}
	return all.over(node).merge(merged, append(slices.Clip(lefts), rights...)), nil
}

func (b *binder) usingColumn(r *relation, name, side string) (visible, error) {
	var found []visible
	for _, c := range r.columns {
		if b.sameName(c.Name, name) {
			found = append(found, c)
		}
	}
	switch found = distinctColumns(found); len(found) {
	case 1:
		return found[0], nil
	case 0:
		var names []string
		for _, c := range r.columns {
			names = append(names, c.Name)
		}
		e := diag.New("UNRESOLVED_USING_COLUMN_FOR_JOIN", "colName", quoteName([]string{name}), "side", side, "suggestion", joinNames(diag.Nearest(name, names, suggestedNames)))
		return visible{}, e
	}
	return visible{}, ambiguousReference([]string{name}, found)
}
