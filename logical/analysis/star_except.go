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

// except leaves out the columns that EXCEPT names, and members of struct columns; each has to be one of those that the star
// stands for.
func (s *site) except(e *ast.Star, items []*item) ([]*item, error) {
	if len(e.Except) == 0 {
		return items, nil
	}
	// dropped are, for each item, the members to leave out; an empty path is the whole column.
	dropped := map[*item][][]string{}
	for _, name := range e.Except {
		var found []visible
		for _, it := range items {
			if path, ok := s.pathIn(it, name); ok {
				dropped[it] = append(dropped[it], path)
				found = append(found, visible{Column: logical.Column{Name: it.name}, qualifier: it.qualifier})
			}
		}
		switch len(found) {
		case 0:
			return nil, at(s.unresolvedColumn(&ast.Name{Parts: name}), e.Place())
		case 1:
		default:
			return nil, ambiguousReference(name, found).At(e.Place())
		}
	}
	var kept []*item
	for _, it := range items {
		paths := dropped[it]
		switch {
		case len(paths) == 0:
			kept = append(kept, it)
		case s.overlap(paths):
			return nil, overlapping(e)
		case len(paths[0]) > 0:
			left, err := s.without(it.expr, it.name, paths)
			if err != nil {
				return nil, at(err, e.Place())
			}
			kept = append(kept, &item{expr: left, name: it.name})
		}
	}
	return kept, nil
}

// pathIn tells the column it, or a member inside it, from a name: a.b.c may be column c of a.b, or member c of column b.
func (s *site) pathIn(it *item, name []string) (path []string, ok bool) {
	for i, part := range name {
		if s.sameName(it.name, part) && (i == 0 || s.qualifies(visible{qualifier: it.qualifier}, name[:i])) {
			return name[i+1:], true
		}
	}
	return nil, false
}

// overlap reports whether one path is the beginning of another.
func (s *site) overlap(paths [][]string) bool {
	for i, a := range paths {
		for _, b := range paths[:i] {
			n := min(len(a), len(b))
			if slices.EqualFunc(a[:n], b[:n], s.sameName) {
				return true
			}
		}
	}
	return false
}

func overlapping(e *ast.Star) error {
	names := make([]string, len(e.Except))
	for i, name := range e.Except {
		names[i] = strings.Join(name, ".")
	}
	return diag.New("EXCEPT_OVERLAPPING_COLUMNS", "columns", joinComma(names)).At(e.Place())
}

// without is a struct without some of its members, which may be members of members.
func (s *site) without(base expr.Expr, name string, paths [][]string) (expr.Expr, error) {
	t := base.Type()
	if t.Kind != types.Struct {
		return nil, diag.New("INVALID_EXTRACT_BASE_FIELD_TYPE", "base", quoteSQL(name), "other", quoteSQL(t.SQL()))
	}
	fields := t.Fields()
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	var args []expr.Expr
	found := make([]bool, len(paths))
	for i, f := range fields {
		var inner [][]string
		whole := false
		for j, path := range paths {
			if s.sameName(f.Name, path[0]) {
				found[j] = true
				whole = whole || len(path) == 1
				inner = append(inner, path[1:])
			}
		}
		if whole {
			continue
		}
		var member expr.Expr = &expr.Field{Base: expr.Base{Typ: f.Type, Null: base.Nullable() || f.Nullable, Span: base.Place()}, Input: base, Index: i}
		if inner != nil {
			var err error
			if member, err = s.without(member, f.Name, inner); err != nil {
				return nil, err
			}
		}
		args = append(args, &expr.Literal{Base: expr.Base{Typ: types.StringType}, Value: f.Name}, member)
	}
	if j := slices.Index(found, false); j >= 0 {
		return nil, diag.New("FIELD_NOT_FOUND", "fieldName", quoteName(paths[j][:1]), "fields", joinNames(names))
	}
	return s.call(base.Place(), "named_struct", args...)
}
