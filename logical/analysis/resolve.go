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

// literalFunctions may be written without parentheses where no column has their name.
var literalFunctions = map[string]string{
	"current_date": "current_date", "current_timestamp": "current_timestamp", "localtimestamp": "localtimestamp",
	"current_user": "current_user", "user": "user", "session_user": "session_user",
	"current_catalog": "current_catalog", "current_database": "current_database", "current_schema": "current_schema",
}

// name resolves a name in Spark's order: parameters of lambdas, columns of the relation, functions without parentheses,
// aliases of the SELECT list, columns of the queries around. Places that set aliasesFirst ask the aliases first.
func (s *site) name(n *ast.Name) (expr.Expr, error) {
	if n.Plan != nil {
		return s.planColumn(n)
	}
	e, err := s.find(n)
	if err != nil {
		return nil, at(err, n.Place())
	}
	if e == nil {
		return nil, s.unresolvedColumn(n)
	}
	return e, nil
}

// find is name, but gives nil if nothing has the name.
func (s *site) find(n *ast.Name) (expr.Expr, error) {
	if e, err := s.lambdaParameter(n); e != nil || err != nil {
		return e, err
	}
	if s.aliasesFirst && !s.inAggregate {
		if e, err := s.alias(n); e != nil || err != nil {
			return e, err
		}
	}
	match, err := s.relation.find(s.binder, n.Parts)
	if err != nil && !s.sorts {
		return nil, err
	}
	if match.found {
		s.qualifiers[n] = match.used
		return s.extract(match.column.ref(n.Place()), n.Parts[match.used+1:], n.Place())
	}
	if len(n.Parts) == 1 {
		if function, ok := literalFunctions[strings.ToLower(n.Parts[0])]; ok {
			if _, ok := s.functions.Lookup(function); ok {
				s.qualifiers[n] = literalFunction
				return s.call(n.Place(), function)
			}
		}
	}
	if !s.aliasesFirst || s.inAggregate {
		if e, err := s.alias(n); e != nil || err != nil {
			return e, err
		}
	}
	if e, err := s.outerName(n); e != nil || err != nil {
		return e, err
	}
	if s.grouping != nil && len(n.Parts) == 1 && strings.EqualFold(n.Parts[0], "grouping__id") {
		// Hive's name of grouping_id().
		s.qualifiers[n] = groupingID
		return s.groupingCall(&ast.Call{Func: []string{"grouping_id"}}, "grouping_id")
	}
	return nil, nil
}

// What qualifiers keeps for a name that turned out to be a function without parentheses, an alias of the same SELECT list, or
// Hive's GROUPING__ID.
const (
	literalFunction  = -1
	lateralReference = -2
	groupingID       = -3
)

// ref is the expression for a column found by name.
func (v visible) ref(span diag.Span) *expr.Column {
	c := v.Ref()
	c.Span = span
	return c
}

// outerName resolves a name in the query around this one.
func (s *site) outerName(n *ast.Name) (expr.Expr, error) {
	if s.env.outer == nil {
		return nil, nil
	}
	outside := *s.env.outer.site
	if !outside.aliasesFirst && outside.clause == "" {
		outside.aliases = nil // a lateral alias is known in its own list alone
	}
	e, err := outside.find(n)
	if diag.ConditionOf(err) == "AMBIGUOUS_REFERENCE" {
		return nil, nil // as in Spark, the query outside has no such name then
	}
	if e != nil && err == nil {
		e, err = s.asOuter(e)
	}
	if e != nil {
		s.env.outer.note(e)
	}
	return e, err
}

func (s *site) lambdaParameter(n *ast.Name) (expr.Expr, error) {
	for _, l := range slices.Backward(s.lambdas) {
		for _, p := range l.params {
			if s.sameName(p.Name, n.Parts[0]) {
				s.qualifiers[n] = 0
				return s.extract(p, n.Parts[1:], n.Place())
			}
		}
	}
	return nil, nil
}

// alias resolves a name to an item of the SELECT list.
func (s *site) alias(n *ast.Name) (expr.Expr, error) {
	matches := s.itemsNamed(n.Parts[0])
	lateral := !s.aliasesFirst && s.clause == ""
	switch {
	case len(matches) == 0, len(matches) > 1 && s.sorts:
		return nil, nil
	case len(matches) == 1, s.clause == "GROUP BY": // which takes the first
	case lateral:
		return nil, ambiguousAlias(n.Parts, len(matches))
	default:
		return nil, ambiguousReference(n.Parts, visibleItems(matches))
	}
	found := matches[0]
	s.qualifiers[n] = 0
	if lateral {
		s.qualifiers[n] = lateralReference
		if s.inAggregate {
			return nil, &lateralInAggregate{n}
		}
	}
	if s.clause == "GROUP BY" {
		return s.extract(found.expr, n.Parts[1:], n.Place())
	}
	return s.extract(found.use(), n.Parts[1:], n.Place())
}

// itemsNamed are the items of the SELECT list that a name may mean. A column that is listed twice under its own name is one.
func (s *site) itemsNamed(name string) []*item {
	var found []*item
	for _, it := range s.aliases {
		if !it.aliased && !s.anyName || !s.sameName(it.name, name) {
			continue
		}
		if !slices.ContainsFunc(found, func(other *item) bool { return it.isColumn() && other.isColumn() && expr.Same(it.expr, other.expr) }) {
			found = append(found, it)
		}
	}
	return found
}

// isColumn reports whether the item is a column under its own name.
func (it *item) isColumn() bool {
	_, ok := it.expr.(*expr.Column)
	return ok && !it.aliased
}

// visibleItems are items as messages show columns.
func visibleItems(items []*item) []visible {
	columns := make([]visible, len(items))
	for i, it := range items {
		columns[i] = visible{Column: logical.Column{Name: it.name}, qualifier: it.qualifier}
	}
	return columns
}

// lateralInAggregate says that an argument of an aggregate function is an alias of the same SELECT list. The call makes the error.
type lateralInAggregate struct{ name *ast.Name }

// Error names the alias.
func (e *lateralInAggregate) Error() string {
	return "lateral column alias " + quoteName(e.name.Parts) + " in an aggregate function"
}

// match is what a name of several parts found in a relation.
type match struct {
	found  bool
	column visible
	used   int // leading parts that were a qualifier
}

// find looks a name up: the longest qualifier that fits wins, then a bare column name. What stands behind the
// column's name is left for fields of a struct.
func (r *relation) find(b *binder, parts []string) (match, error) {
	for used := min(len(parts)-1, 3); used >= 0; used-- {
		var found []visible
		for _, c := range r.columns {
			if b.matches(c, parts, used) {
				found = append(found, c)
			}
		}
		if used > 0 {
			for _, c := range r.hidden {
				if b.matches(c, parts, used) {
					found = append(found, c)
				}
			}
		}
		found = distinctColumns(found)
		switch len(found) {
		case 0:
		case 1:
			return match{true, found[0], used}, nil
		default:
			return match{}, ambiguousReference(parts, found)
		}
	}
	return match{}, nil
}

// matches reports whether the first used parts are the end of c's qualifier and the next one is its name.
func (b *binder) matches(c visible, parts []string, used int) bool {
	if used > len(c.qualifier) || !b.sameName(c.Name, parts[used]) {
		return false
	}
	q := c.qualifier[len(c.qualifier)-used:]
	for i := range q {
		if !b.sameName(q[i], parts[i]) {
			return false
		}
	}
	return true
}

// planColumn resolves a name that belongs to one step of a DataFrame chain.
func (s *site) planColumn(n *ast.Name) (expr.Expr, error) {
	if s.block != nil && s.aliasesFirst && slices.Contains(s.block.queries, n.Plan) {
		e, err := s.alias(n)
		if e != nil || err != nil {
			return e, err
		}
	}
	var found []visible
	for _, o := range s.relation.origins {
		if o.query != n.Plan {
			continue
		}
		m, err := (&relation{columns: o.columns}).find(s.binder, n.Parts)
		if err != nil {
			return nil, at(err, n.Place())
		}
		if m.found {
			s.qualifiers[n] = m.used
			found = append(found, m.column)
		}
	}
	found = slices.DeleteFunc(found, func(v visible) bool { return !s.relation.has(v.ID) })
	found = slices.CompactFunc(found, func(x, y visible) bool { return x.ID == y.ID })
	if len(found) > 1 { // on one side of a join it may have been renamed: then it is no longer that column
		found = slices.DeleteFunc(found, func(v visible) bool {
			c, _ := s.relation.byID(v.ID)
			return c.Name != v.Name
		})
	}
	switch len(found) {
	case 1:
		c, _ := s.relation.byID(found[0].ID)
		used := s.qualifiers[n]
		return s.extract(c.ref(n.Place()), n.Parts[used+1:], n.Place())
	case 0:
		if s.env.outer != nil {
			e, err := s.env.outer.site.planColumn(n)
			if err == nil {
				s.env.outer.note(e)
			}
			return e, err
		}
		return nil, diag.New("CANNOT_RESOLVE_DATAFRAME_COLUMN", "name", quoteName(n.Parts)).At(n.Place())
	}
	return nil, diag.New("AMBIGUOUS_COLUMN_REFERENCE", "name", quoteName(n.Parts)).At(n.Place())
}

func (r *relation) byID(id expr.ColumnID) (visible, bool) {
	for _, list := range [][]visible{r.columns, r.hidden} {
		for _, c := range list {
			if c.ID == id {
				return c, true
			}
		}
	}
	return visible{}, false
}

func (r *relation) has(id expr.ColumnID) bool {
	_, ok := r.byID(id)
	return ok
}

// extract takes fields out of a nested value: e.a.b.
func (s *site) extract(e expr.Expr, fields []string, span diag.Span) (expr.Expr, error) {
	for _, f := range fields {
		var err error
		if e, err = s.field(e, f, span); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// field is e.name: a member of a struct, that member of each element of an array of structs, or a map's value by key.
func (s *site) field(e expr.Expr, name string, span diag.Span) (expr.Expr, error) {
	switch t := e.Type(); t.Kind {
	case types.Struct:
		i, err := s.fieldIndex(t, name)
		if err != nil {
			return nil, at(err, span)
		}
		f := t.Fields()[i]
		return &expr.Field{Base: expr.Base{Typ: f.Type, Null: e.Nullable() || f.Nullable, Span: span}, Input: e, Index: i}, nil
	case types.Map:
		key := &expr.Literal{Base: expr.Base{Typ: types.StringType, Span: span}, Value: name}
		return s.subscriptOf(e, key, span)
	case types.Array:
		if t.Elem().Kind == types.Struct {
			return s.arrayOfFields(e, name, span)
		}
	}
	return nil, diag.New("INVALID_EXTRACT_BASE_FIELD_TYPE", "base", quoteSQL(expr.Pretty(e)), "other", quoteSQL(e.Type().SQL())).At(span)
}

func (s *site) fieldIndex(t types.Type, name string) (int, error) {
	found := -1
	for i, f := range t.Fields() {
		if !s.sameName(f.Name, name) {
			continue
		}
		if found >= 0 {
			return 0, diag.New("AMBIGUOUS_REFERENCE_TO_FIELDS", "field", quoteName([]string{name}), "count", "2")
		}
		found = i
	}
	if found < 0 {
		names := make([]string, len(t.Fields()))
		for i, f := range t.Fields() {
			names[i] = quoteName([]string{f.Name})
		}
		return 0, diag.New("FIELD_NOT_FOUND", "fieldName", quoteName([]string{name}), "fields", strings.Join(names, ", "))
	}
	return found, nil
}

// arrayOfFields is a.f where a is an array of structs: transform(a, x -> x.f).
func (s *site) arrayOfFields(e expr.Expr, name string, span diag.Span) (expr.Expr, error) {
	elem := e.Type().Elem()
	x := &expr.Column{Base: expr.Base{Typ: elem, Null: e.Type().ElemNullable()}, ID: s.ids.Next(), Name: "x"}
	body, err := s.field(x, name, span)
	if err != nil {
		return nil, err
	}
	lambda := &expr.Lambda{Base: expr.Base{Typ: body.Type(), Null: body.Nullable(), Span: span}, Params: []*expr.Column{x}, Body: body}
	return s.call(span, "transform", e, lambda)
}

// at gives a user error its place, if it has none yet.
func at(err error, span diag.Span) error {
	if e, ok := err.(*diag.Error); ok {
		return e.At(span)
	}
	return err
}
