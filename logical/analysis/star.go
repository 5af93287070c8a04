package analysis

import (
	"slices"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

func invalidStar(where string) error {
	return diag.New("INVALID_USAGE_OF_STAR_OR_REGEX", "elem", "'*'", "prettyName", where)
}

// star expands *, t.* and s.* for a struct s, without the columns that EXCEPT names.
func (s *site) star(e *ast.Star) ([]*item, error) {
	var items []*item
	for _, c := range s.relation.columns {
		if len(e.Qualifier) == 0 || s.qualifies(c, e.Qualifier) {
			items = append(items, &item{expr: c.ref(e.Place()), name: c.Name, qualifier: c.qualifier, metadata: c.Metadata})
		}
	}
	if len(e.Qualifier) > 0 && len(s.relation.hidden) > 0 {
		items = s.hiddenStar(e, items)
	}
	if len(items) == 0 && len(e.Qualifier) > 0 {
		var err error
		if items, err = s.structStar(e); err != nil {
			return nil, err
		}
	}
	return s.except(e, items)
}

// hiddenStar adds to t.* the columns of t that a USING join hid, in the table's order.
func (s *site) hiddenStar(e *ast.Star, items []*item) []*item {
	for _, c := range s.relation.hidden {
		if s.qualifies(c, e.Qualifier) {
			items = append(items, &item{expr: c.ref(e.Place()), name: c.Name, qualifier: c.qualifier, metadata: c.Metadata})
		}
	}
	place := map[expr.ColumnID]int{}
	for i, c := range s.relation.node.Columns() {
		place[c.ID] = i
	}
	slices.SortStableFunc(items, func(x, y *item) int {
		return place[x.expr.(*expr.Column).ID] - place[y.expr.(*expr.Column).ID]
	})
	return items
}

// qualifies reports whether the qualifier written is the end of the column's.
func (s *site) qualifies(c visible, qualifier []string) bool {
	if len(qualifier) > len(c.qualifier) {
		return false
	}
	return slices.EqualFunc(c.qualifier[len(c.qualifier)-len(qualifier):], qualifier, s.sameName)
}

// structStar is s.*: the members of a struct.
func (s *site) structStar(e *ast.Star) ([]*item, error) {
	n := &ast.Name{Parts: e.Qualifier}
	base, err := s.find(n)
	if err != nil {
		return nil, err
	}
	if base == nil {
		var columns []string
		for _, c := range s.relation.columns {
			columns = append(columns, c.Name)
		}
		return nil, diag.New("CANNOT_RESOLVE_STAR_EXPAND", "targetString", quoteName(e.Qualifier), "columns", joinNames(columns)).At(e.Place())
	}
	if base.Type().Kind != types.Struct {
		return nil, diag.New("DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "sqlExpr", sqlOf(base), "paramIndex", "first",
			"requiredType", `"STRUCT"`, "inputSql", sqlOf(base), "inputType", quoteSQL(base.Type().SQL())).At(e.Place())
	}
	var items []*item
	for i, f := range base.Type().Fields() {
		field := &expr.Field{Base: expr.Base{Typ: f.Type, Null: base.Nullable() || f.Nullable, Span: e.Place()}, Input: base, Index: i}
		items = append(items, &item{expr: field, name: f.Name})
	}
	return items, nil
}

func joinNames(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quoteName([]string{n})
	}
	return joinComma(quoted)
}
