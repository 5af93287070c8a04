package optimizer

import (
	"maps"
	"slices"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// columnSet is a set of column IDs.
type columnSet map[expr.ColumnID]bool

func setOf(ids ...expr.ColumnID) columnSet {
	s := make(columnSet, len(ids))
	for _, id := range ids {
		s[id] = true
	}
	return s
}

// outputSet is the set of n's output columns.
func outputSet(n logical.Node) columnSet {
	columns := n.Columns()
	s := make(columnSet, len(columns))
	for _, c := range columns {
		s[c.ID] = true
	}
	return s
}

func (s columnSet) addAll(t columnSet) { maps.Copy(s, t) }

func (s columnSet) addExpr(e expr.Expr) {
	expr.VisitColumns(e, func(c *expr.Column) { s[c.ID] = true })
}

// covers reports whether e reads columns of s only.
func (s columnSet) covers(e expr.Expr) bool {
	all := true
	expr.VisitColumns(e, func(c *expr.Column) { all = all && s[c.ID] })
	return all
}

// touches reports whether e reads a column of s.
func (s columnSet) touches(e expr.Expr) bool {
	some := false
	expr.VisitColumns(e, func(c *expr.Column) { some = some || s[c.ID] })
	return some
}

// freeColumns are the columns that a plan reads but does not make, with the nullability they are read with.
func freeColumns(n logical.Node) map[expr.ColumnID]*expr.Column {
	free := map[expr.ColumnID]*expr.Column{}
	addFree(n, free)
	return free
}

func addFree(n logical.Node, free map[expr.ColumnID]*expr.Column) {
	made := columnSet{}
	own := map[expr.ColumnID]*expr.Column{}
	for _, c := range n.Children() {
		addFree(c, own)
		made.addAll(outputSet(c))
	}
	if s, ok := n.(*logical.Scan); ok { // its filters read its own columns
		made = outputSet(s)
	}
	for _, e := range n.Expressions() {
		expr.VisitColumns(e, func(c *expr.Column) { own[c.ID] = c })
		expr.Walk(e, func(e expr.Expr) bool {
			if s, ok := e.(*expr.Subquery); ok {
				addFree(s.Plan.(logical.Node), own)
			}
			return true
		})
	}
	for id, c := range own {
		if !made[id] {
			free[id] = c
		}
	}
}

// readsAny reports whether a plan has a free column of s.
func readsAny(n logical.Node, s columnSet) bool {
	for id := range freeColumns(n) {
		if s[id] {
			return true
		}
	}
	return false
}

// columnByID finds a column among columns.
func columnByID(columns []logical.Column, id expr.ColumnID) (logical.Column, bool) {
	i := slices.IndexFunc(columns, func(c logical.Column) bool { return c.ID == id })
	if i < 0 {
		return logical.Column{}, false
	}
	return columns[i], true
}

// named makes each column an item that passes it on.
func passColumns(columns []logical.Column) []logical.Named {
	items := make([]logical.Named, len(columns))
	for i, c := range columns {
		items[i] = passColumn(c)
	}
	return items
}

func passColumn(c logical.Column) logical.Named {
	return logical.Named{ID: c.ID, Name: c.Name, Expr: c.Ref(), Metadata: c.Metadata}
}

// keepColumns projects n to columns if its output is another.
func keepColumns(n logical.Node, columns []logical.Column) logical.Node {
	have := n.Columns()
	if slices.EqualFunc(have, columns, func(a, b logical.Column) bool { return a.ID == b.ID }) {
		return n
	}
	items := make([]logical.Named, len(columns))
	for i, want := range columns {
		c, ok := columnByID(have, want.ID)
		if !ok {
			panic("optimizer: a column to keep is not there: " + want.Name)
		}
		items[i] = passColumn(c)
		items[i].Name, items[i].Metadata = want.Name, want.Metadata
	}
	return &logical.Project{Input: n, Items: items}
}

// substitute replaces columns by expressions.
func substitute(e expr.Expr, by map[expr.ColumnID]expr.Expr) expr.Expr {
	return expr.ReplaceColumns(e, func(c *expr.Column) expr.Expr {
		if r, ok := by[c.ID]; ok {
			return r
		}
		return c
	})
}

// itemExprs maps the IDs of items to their expressions.
func itemExprs(items []logical.Named) map[expr.ColumnID]expr.Expr {
	m := make(map[expr.ColumnID]expr.Expr, len(items))
	for _, item := range items {
		m[item.ID] = item.Expr
	}
	return m
}
