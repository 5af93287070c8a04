package analysis

import (
	"slices"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// cteList is the common table expressions in scope, innermost first.
type cteList struct {
	cte  *cte
	next *cteList
}

// cte is a common table expression, bound when it is first used.
type cte struct {
	ast.CTE
	env      environment // where it was defined
	relation *relation
	plan     logical.Node
	key      int32
	free     []expr.ColumnID
}

func (l *cteList) find(b *binder, name string) *cte {
	for ; l != nil; l = l.next {
		if b.sameName(l.cte.Name, name) {
			return l.cte
		}
	}
	return nil
}

// with binds WITH: each expression sees those before it, the body sees all.
func (b *binder) with(q *ast.With, env environment) (*relation, error) {
	for i, c := range q.CTEs {
		for _, other := range q.CTEs[:i] {
			if b.sameName(c.Name, other.Name) {
				return nil, diag.New("DUPLICATED_CTE_NAMES", "duplicateNames", quoteName([]string{c.Name})).At(c.Place())
			}
		}
		if q.Recursive && refersTo(b, c.Query, c.Name) {
			return nil, diag.Unsupported("recursive common table expressions").At(c.Place())
		}
		env.ctes = &cteList{cte: &cte{CTE: c, env: env}, next: env.ctes}
	}
	// Spark reports mistakes in expressions that are not used as well.
	for l, i := env.ctes, 0; i < len(q.CTEs); l, i = l.next, i+1 {
		if err := b.bindCTE(l.cte); err != nil {
			return nil, err
		}
	}
	return b.query(q.Body, env)
}

func (b *binder) bindCTE(c *cte) error {
	if c.plan != nil {
		return nil
	}
	r, err := b.query(c.Query, c.env)
	if err != nil {
		return err
	}
	c.plan = r.plan()
	c.relation = newRelation(c.plan, nil)
	if c.Columns != nil {
		if err := c.relation.rename(c.Columns); err != nil {
			return at(err, c.Place())
		}
	}
	b.commons++
	c.key = b.commons
	c.free = freeColumns(c.plan)
	return nil
}

// useCTE makes one use of a common table expression: its columns under fresh IDs.
func (b *binder) useCTE(c *cte, name string, env environment) (*relation, error) {
	if err := b.bindCTE(c); err != nil {
		return nil, err
	}
	n := &logical.CommonPlan{Key: c.key, Definition: c.plan}
	for _, column := range c.relation.columns {
		out := column.Column
		out.ID = b.ids.Next()
		n.Output = append(n.Output, out)
	}
	// What the definition takes from queries around it, every query between it and this use takes as well.
	for o := env.outer; o != nil && o != c.env.outer; o = o.site.env.outer {
		for _, id := range c.free {
			o.note(outerColumn(c.env.outer, id))
		}
	}
	return newRelation(n, []string{name}), nil
}

// outerColumn finds the reference that a query noted for a column outside it.
func outerColumn(c *correlation, id expr.ColumnID) expr.Expr {
	for ; c != nil; c = c.site.env.outer {
		for _, o := range c.outer {
			if o.ID == id {
				return o
			}
		}
	}
	panic(&diag.Bug{Value: "analysis: a common table expression reads a column that nobody noted"})
}

// freeColumns are the IDs that a plan reads but does not make.
func freeColumns(plan logical.Node) []expr.ColumnID {
	made := logical.Made(plan)
	var free []expr.ColumnID
	logical.WalkAll(plan, func(n logical.Node) bool {
		for _, e := range n.Expressions() {
			expr.VisitColumns(e, func(c *expr.Column) {
				if !slices.Contains(made, c.ID) && !slices.Contains(free, c.ID) {
					free = append(free, c.ID)
				}
			})
		}
		_, common := n.(*logical.CommonPlan)
		return !common
	})
	return free
}

// refersTo reports whether a query reads a table of that name.
func refersTo(b *binder, q ast.Query, name string) bool {
	switch q := q.(type) {
	case *ast.Table:
		return len(q.Name) == 1 && b.sameName(q.Name[0], name)
	case *ast.SetOperation:
		return refersTo(b, q.Left, name) || refersTo(b, q.Right, name)
	case *ast.Select:
		return q.From != nil && refersTo(b, q.From, name)
	case *ast.Join:
		return refersTo(b, q.Left, name) || refersTo(b, q.Right, name)
	case *ast.SubqueryAlias:
		return refersTo(b, q.Input, name)
	case *ast.Sort:
		return refersTo(b, q.Input, name)
	case *ast.Limit:
		return refersTo(b, q.Input, name)
	case *ast.With:
		return refersTo(b, q.Body, name)
	}
	return false
}

// inlineSingleUses puts the definition of a common plan that is used once in the place of the use.
func (b *binder) inlineSingleUses(plan logical.Node) logical.Node {
	in := inliner{uses: map[int32]int{}, done: map[int32]logical.Node{}}
	in.count(plan)
	return in.node(plan)
}

type inliner struct {
	uses map[int32]int
	done map[int32]logical.Node // definitions after inlining what is in them
}

// count counts uses; a definition is walked at its first use only, for all uses share it.
func (in *inliner) count(plan logical.Node) {
	logical.WalkAll(plan, func(n logical.Node) bool {
		c, ok := n.(*logical.CommonPlan)
		if !ok {
			return true
		}
		in.uses[c.Key]++
		return in.uses[c.Key] == 1
	})
}

func (in *inliner) node(n logical.Node) logical.Node {
	if h, ok := n.(*hinted); ok {
		n = h.Node // a hint that no join took
	}
	if c, ok := n.(*logical.CommonPlan); ok {
		return in.common(c)
	}
	children := n.Children()
	var changed []logical.Node
	for i, c := range children {
		m := in.node(c)
		if m != c && changed == nil {
			changed = slices.Clone(children)
		}
		if changed != nil {
			changed[i] = m
		}
	}
	if changed != nil {
		n = n.WithChildren(changed)
	}
	if len(logical.Subqueries(n)) > 0 {
		n = n.MapExpressions(func(e expr.Expr) expr.Expr { return logical.MapSubqueries(e, in.node) })
	}
	return n
}

func (in *inliner) common(c *logical.CommonPlan) logical.Node {
	definition, ok := in.done[c.Key]
	if !ok {
		definition = in.node(c.Definition)
		in.done[c.Key] = definition
	}
	if in.uses[c.Key] > 1 {
		return &logical.CommonPlan{Key: c.Key, Definition: definition, Output: c.Output}
	}
	columns := definition.Columns()
	items := make([]logical.Named, len(columns))
	for i, column := range columns {
		ref := column.Ref()
		items[i] = logical.Named{ID: c.Output[i].ID, Name: c.Output[i].Name, Expr: ref, Metadata: column.Metadata}
	}
	renamed := map[expr.ColumnID]expr.ColumnID{}
	for i, column := range columns {
		renamed[column.ID] = c.Output[i].ID
	}
	definition = logical.Renumber(definition, renamed)
	for i, column := range definition.Columns() {
		items[i].Expr = column.Ref()
	}
	return project(definition, items)
}
