package optimizer

import (
	"slices"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// pruneFields reads only the members of a struct that a query uses: a scanned struct all of whose uses are s.f becomes
// columns of its members. The guard: a use of the struct itself, or its being an output, needs it whole; in
//
//	SELECT s.f FROM t WHERE s IS NOT NULL
//
// s.f may be null where s is not.
func pruneFields(n logical.Node, c *Context) (logical.Node, bool) {
	plan := n
	for { // members of members
		f := &fieldPruner{c: c, whole: outputSet(plan), fields: map[expr.ColumnID][]int{}, members: map[expr.ColumnID]map[int]logical.Column{}}
		f.collect(plan)
		next := plan
		if len(f.fields) > 0 {
			next = f.rewrite(plan)
		}
		if next == plan {
			return plan, plan != n
		}
		plan = next
	}
}

type fieldPruner struct {
	c *Context
	// whole are columns that are used as they are; fields are the members used of others.
	whole  columnSet
	fields map[expr.ColumnID][]int
	// members are the columns that replace a struct's members.
	members map[expr.ColumnID]map[int]logical.Column
	common  map[logical.Node]logical.Node
}

func (f *fieldPruner) collect(n logical.Node) {
	switch n := n.(type) {
	case *logical.SetOperation:
		for _, input := range n.Inputs {
			f.whole.addAll(outputSet(input))
		}
	case *logical.CommonPlan:
		f.whole.addAll(outputSet(n.Definition))
	case *logical.Cache:
		f.whole.addAll(outputSet(n.Input))
	}
	for _, e := range n.Expressions() {
		f.uses(e)
	}
	for _, child := range n.Children() {
		f.collect(child)
	}
}

func (f *fieldPruner) uses(e expr.Expr) {
	switch e := e.(type) {
	case *expr.Column:
		f.whole[e.ID] = true
		return
	case *expr.Field:
		if c, ok := e.Input.(*expr.Column); ok {
			if !slices.Contains(f.fields[c.ID], e.Index) {
				f.fields[c.ID] = append(f.fields[c.ID], e.Index)
			}
			return
		}
	}
	for _, child := range e.Children() {
		f.uses(child)
	}
}

// rewrite replaces the structs, scans first.
func (f *fieldPruner) rewrite(n logical.Node) logical.Node {
	if s, ok := n.(*logical.Scan); ok {
		return f.scan(s)
	}
	if use, ok := n.(*logical.CommonPlan); ok {
		if f.common == nil {
			f.common = map[logical.Node]logical.Node{}
		}
		definition, done := f.common[use.Definition]
		if !done {
			definition = f.rewrite(use.Definition)
			f.common[use.Definition] = definition
		}
		return replaced(use, definition)
	}
	n = mapChildren(n, f.rewrite)
	m, _ := mapExpressions(n, func(e expr.Expr) expr.Expr { return expr.Transform(e, f.member) })
	return m
}

// member replaces s.f by the column read in its place.
func (f *fieldPruner) member(e expr.Expr) expr.Expr {
	field, ok := e.(*expr.Field)
	if !ok {
		return e
	}
	c, ok := field.Input.(*expr.Column)
	if !ok || f.members[c.ID] == nil {
		return e
	}
	member := f.members[c.ID][field.Index].Ref()
	member.Null = member.Null || c.Null || field.Null
	return member
}

func (f *fieldPruner) scan(n *logical.Scan) logical.Node {
	var out []logical.ScanColumn
	changed := false
	for _, c := range n.Output {
		used := f.fields[c.ID]
		if f.whole[c.ID] || len(used) == 0 {
			out = append(out, c)
			continue
		}
		changed = true
		f.members[c.ID] = map[int]logical.Column{}
		slices.Sort(used)
		for _, i := range used {
			field := c.Type.Fields()[i]
			member := logical.Column{ID: f.c.IDs.Next(), Name: c.Name + "." + field.Name, Type: field.Type, Nullable: c.Nullable || field.Nullable}
			f.members[c.ID][i] = member
			out = append(out, logical.ScanColumn{Column: member, Path: append(slices.Clip(c.Path), i)})
		}
	}
	if !changed {
		return n
	}
	m := *n
	m.Output = out
	return &m
}
