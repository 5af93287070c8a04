package analysis

import (
	"slices"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// relation is a bound FROM item or query: a plan, and the columns that names may refer to.
type relation struct {
	node logical.Node
	// columns are what * stands for, in order. Their names may differ from those in node.
	columns []visible
	// hidden columns can be named, but only with a qualifier: the other side of a USING join.
	hidden []visible
	// origins say which columns the steps of a DataFrame chain below gave, for names that belong to one step.
	origins []origin
	// block is set for the result of a SELECT block whose ORDER BY may still add to it.
	block *block
}

// visible is a column under the name and qualifier it has at some place of a query.
type visible struct {
	logical.Column
	qualifier []string
	// same is the ID of an earlier column that this one repeats, 0 if there is none: SELECT k, k. A name that both have is
	// not ambiguous.
	same expr.ColumnID
}

// identity is the same for a column and those that repeat it.
func (v visible) identity() expr.ColumnID {
	if v.same != 0 {
		return v.same
	}
	return v.ID
}

// distinctColumns leaves out columns that repeat others of the list.
func distinctColumns(list []visible) []visible {
	return slices.CompactFunc(list, func(x, y visible) bool { return x.identity() == y.identity() })
}

// origin is a step of a DataFrame chain and the columns it gave.
type origin struct {
	query   ast.Query
	columns []visible
}

// newRelation makes the columns of node visible under one qualifier.
func newRelation(node logical.Node, qualifier []string) *relation {
	columns := node.Columns()
	r := &relation{node: node, columns: make([]visible, len(columns))}
	for i, c := range columns {
		r.columns[i] = visible{Column: c, qualifier: qualifier}
	}
	return r
}

// plan is the relation as a plan whose columns are exactly the visible ones, in order and under their names.
func (r *relation) plan() logical.Node {
	items := make([]logical.Named, len(r.columns))
	for i, c := range r.columns {
		items[i] = logical.Named{ID: c.ID, Name: c.Name, Expr: c.Ref(), Metadata: c.Metadata}
	}
	return project(r.node, items)
}

// project puts a Project on a plan, unless it would change nothing.
func project(node logical.Node, items []logical.Named) logical.Node {
	columns := node.Columns()
	same := len(columns) == len(items)
	for i := 0; same && i < len(items); i++ {
		c, ok := items[i].Expr.(*expr.Column)
		same = ok && c.ID == items[i].ID && c.ID == columns[i].ID && items[i].Name == columns[i].Name
	}
	if same {
		return node
	}
	return &logical.Project{Input: node, Items: items}
}

// over is the relation with node in place of its plan, which has the same columns but perhaps more of them nullable.
func (r *relation) over(node logical.Node) *relation {
	now := map[expr.ColumnID]logical.Column{}
	for _, c := range node.Columns() {
		now[c.ID] = c
	}
	refresh := func(list []visible) []visible {
		list = slices.Clone(list)
		for i := range list {
			if c, ok := now[list[i].ID]; ok {
				list[i].Nullable = c.Nullable
			}
		}
		return list
	}
	return &relation{node: node, columns: refresh(r.columns), hidden: refresh(r.hidden), origins: r.origins}
}

// qualified is the relation with one qualifier for all columns.
func (r *relation) qualified(name string) *relation {
	out := &relation{node: r.node, columns: slices.Clone(r.columns), origins: r.origins}
	for i := range out.columns {
		out.columns[i].qualifier = []string{name}
	}
	return out
}

// from records that the relation's columns are those of a step of a DataFrame chain.
func (r *relation) from(q ast.Query) *relation {
	if n := len(r.origins); n > 0 && r.origins[n-1].query == q {
		return r // a step that was bound before
	}
	if r.block != nil {
		r.block.queries = append(r.block.queries, q)
	}
	r.origins = append(slices.Clone(r.origins), origin{q, r.columns})
	return r
}

// correlation is the border between a query and the subquery (or lateral relation) in it.
type correlation struct {
	// site resolves the names of the query outside.
	site *site
	// lateral says that the inner query is a relation of FROM and not a subquery in an expression.
	lateral bool
	// outer are the columns of the query outside that the inner one refers to, each once.
	outer []*expr.Column
	// names are the names of those columns, once for each time that they were used: Spark's names of subqueries list them.
	names []string
}

// note records columns that the inner query takes from outside.
func (c *correlation) note(e expr.Expr) {
	expr.VisitColumns(e, func(column *expr.Column) {
		c.names = append(c.names, column.Name)
		if !slices.ContainsFunc(c.outer, func(o *expr.Column) bool { return o.ID == column.ID }) {
			c.outer = append(c.outer, column)
		}
	})
}

// site is a place where expressions are bound: what names may refer to there.
type site struct {
	*binder
	relation *relation
	env      environment
	// aliases are the items of the SELECT list that a name may mean: earlier ones in the list itself (lateral aliases),
	// all of them in GROUP BY, HAVING and QUALIFY. They come after the relation's columns, or with aliasesFirst before.
	aliases      []*item
	aliasesFirst bool
	// anyName lets names of items count that were not given with AS.
	anyName bool
	// sorts is set in ORDER BY and SORT BY, where a name that means several columns is as good as one that means none, as in Spark.
	sorts bool
	// windows are the definitions of the WINDOW clause.
	windows []ast.NamedWindow
	// block is the block that the site belongs to, nil elsewhere.
	block *block
	// grouping is set where grouping() and grouping_id() may be used.
	grouping *aggregation
	lambdas  []lambdaScope
	// inAggregate is set while arguments of an aggregate function are bound: there, names are columns first.
	inAggregate bool
	// clause is WHERE, HAVING, QUALIFY, GROUP BY, JOIN, VALUES, or "" elsewhere.
	clause string
}

type lambdaScope struct{ params []*expr.Column }

// site makes a place with a relation's columns in scope.
func (b *binder) site(r *relation, env environment) *site {
	return &site{binder: b, relation: r, env: env}
}
