package analysis

import (
	"errors"
	"slices"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

func joinComma(texts []string) string { return strings.Join(texts, ", ") }

// operatorNames are spellings of operators that are functions of another name.
var operatorNames = map[string]string{"<>": "!=", "==": "=", "||": "concat"}

// functionName is the plain name of a function, "" if it is qualified by a place where kiln has no functions.
func functionName(parts []string) string {
	name := strings.ToLower(parts[len(parts)-1])
	if len(parts) == 1 {
		return name
	}
	switch strings.ToLower(strings.Join(parts[:len(parts)-1], ".")) {
	case "system.builtin", "builtin":
		return name
	}
	return ""
}

// callOf binds a call of a function, an aggregate function, or a function over a window.
func (s *site) callOf(e *ast.Call) (expr.Expr, error) {
	name := functionName(e.Func)
	if e.Operator {
		if canonical, ok := operatorNames[name]; ok {
			name = canonical
		}
		if name == "!=" {
			if _, ok := s.functions.Lookup("!="); !ok {
				name = "<>"
			}
		}
	}
	switch {
	case name == "grouping" || name == "grouping_id":
		return s.groupingCall(e, name)
	case name == "collate" && e.Operator:
		return nil, diag.Unsupported("COLLATE")
	}
	if e.Over != nil {
		return s.windowCall(e, name)
	}
	if f, ok := s.functions.LookupAggregate(name); ok {
		return s.aggregateCall(e, f, name)
	}
	if name == "struct" {
		return s.structCall(e)
	}
	f, ok := s.functions.Lookup(name)
	if !ok || f.Syntax && !e.Operator && !isUnitCall(e, name) {
		return nil, missingFunction(name, e)
	}
	if f.Window {
		return nil, diag.New("WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE", "funcName", quoteSQL(name+"()"))
	}
	return s.scalarCall(e, f, name)
}

func (s *site) scalarCall(e *ast.Call, f *expr.Function, name string) (expr.Expr, error) {
	switch {
	case e.Distinct:
		return nil, notAggregate(name, "DISTINCT")
	case e.Filter != nil:
		return nil, notAggregate(name, "FILTER clause")
	case e.WithinGroup != nil:
		return nil, notAggregate(name, "WITHIN GROUP (ORDER BY ...)")
	case e.IgnoreNulls != nil && *e.IgnoreNulls:
		return nil, notAggregate(name, "IGNORE NULLS")
	}
	args, err := s.arguments(e, f, name)
	if err != nil {
		return nil, err
	}
	if s.generators > 0 && slices.ContainsFunc(args, hasGenerator) {
		return nil, diag.New("UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS", "expression", s.text(e))
	}
	bound, err := f.Bind(s.bindContext(e.Place(), name), args)
	if err != nil {
		return nil, err
	}
	if e.Operator {
		s.noteComparison(e, name, args)
	}
	if l, ok := bound.(*expr.Literal); ok { // +1 is not the literal 1
		computed := *l
		computed.Computed = true
		bound = &computed
	}
	if isGenerator(bound) {
		s.generators++
	}
	return flatten(bound), nil
}

// Functions of Spark's that need a place of their own in a plan. Where the function table does not have one, the error says
// what is missing, and not that there is no such function.
var (
	windowFunctions = map[string]bool{"row_number": true, "rank": true, "dense_rank": true, "percent_rank": true, "cume_dist": true,
		"ntile": true, "lag": true, "lead": true, "nth_value": true}
	generatorFunctions = map[string]bool{"explode": true, "explode_outer": true, "posexplode": true, "posexplode_outer": true,
		"inline": true, "inline_outer": true, "stack": true, "json_tuple": true}
)

// isUnitCall reports whether e is timestampadd(HOUR, 1, x) or one of its kin, where the parser made a string of the unit:
// without a unit Spark takes them for calls of functions, which do not exist.
func isUnitCall(e *ast.Call, name string) bool {
	if name != "timestampadd" && name != "timestampdiff" && name != "timediff" || len(e.Args) != 3 {
		return false
	}
	unit, ok := e.Args[0].(*ast.Literal)
	return ok && unit.Type.Kind == types.String
}

// missingFunction is the error for a function that the table does not have.
func missingFunction(name string, e *ast.Call) error {
	switch {
	case windowFunctions[name] && e.Over == nil && name != "nth_value":
		return diag.New("WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE", "funcName", quoteSQL(name+"()"))
	case windowFunctions[name]:
		return diag.Unsupported("the window function " + name)
	case generatorFunctions[name]:
		return diag.Unsupported("the generator function " + name)
	}
	return unresolvedRoutine(e.Func)
}

// structCall is struct(a, b AS c, …): named_struct('a', a, 'c', b, …).
func (s *site) structCall(e *ast.Call) (expr.Expr, error) {
	var args []expr.Expr
	add := func(name string, value expr.Expr) {
		args = append(args, &expr.Literal{Base: expr.Base{Typ: types.StringType}, Value: name}, value)
	}
	for _, a := range e.Args {
		if star, ok := a.(*ast.Star); ok {
			columns, err := s.star(star)
			if err != nil {
				return nil, err
			}
			for _, c := range columns {
				add(c.name, c.expr)
			}
			continue
		}
		alias, inner := aliasOf(a)
		value, err := s.expr(inner)
		if err != nil {
			return nil, err
		}
		name := "col" + itoa(len(args)/2+1)
		switch inner := inner.(type) {
		case *ast.Name:
			name = inner.Parts[len(inner.Parts)-1]
		case *ast.Field:
			name = inner.Name
		}
		if alias != nil {
			name = alias.Names[0]
		}
		add(name, value)
	}
	return s.call(e.Place(), "named_struct", args...)
}

func notAggregate(name, syntax string) error {
	return diag.New("INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX", "prettyName", quoteName([]string{name}), "syntax", quoteSQL(syntax))
}

// flatten makes chains of AND and of OR one node.
func flatten(e expr.Expr) expr.Expr {
	switch e := e.(type) {
	case *expr.And:
		if slices.ContainsFunc(e.Args, func(a expr.Expr) bool { _, ok := a.(*expr.And); return ok }) {
			return e.WithChildren(expr.Conjuncts(e))
		}
	case *expr.Or:
		if slices.ContainsFunc(e.Args, func(a expr.Expr) bool { _, ok := a.(*expr.Or); return ok }) {
			return e.WithChildren(expr.Disjuncts(e))
		}
	}
	return e
}

// arguments binds the arguments of a call: stars are expanded, named arguments put in place, lambdas given the types of
// their parameters. f is nil for an aggregate function.
func (s *site) arguments(e *ast.Call, f *expr.Function, name string) ([]expr.Expr, error) {
	list, err := namedArguments(e.Args, f, name)
	if err != nil {
		return nil, err
	}
	var args []expr.Expr
	for i, a := range list {
		switch a := a.(type) {
		case *ast.Star:
			columns, err := s.star(a)
			if err != nil {
				return nil, err
			}
			for _, c := range columns {
				args = append(args, c.expr)
			}
			continue
		case *ast.Lambda:
			bound, err := s.lambda(a, f, name, i, args)
			if err != nil {
				return nil, err
			}
			args = append(args, bound)
			continue
		}
		bound, err := s.expr(a)
		if err != nil {
			return nil, err
		}
		args = append(args, constantLambda(f, i, args, bound))
	}
	return args, nil
}

// aggregateCall binds a call of an aggregate function.
func (s *site) aggregateCall(e *ast.Call, f *expr.AggregateFunction, name string) (expr.Expr, error) {
	if name == "count" {
		if err := s.checkCount(e); err != nil {
			return nil, err
		}
	}
	inner := *s
	inner.inAggregate = true
	var before []*expr.Column
	if s.env.outer != nil {
		before = slices.Clone(s.env.outer.outer)
	}
	args, err := inner.aggregateArguments(e, f, name)
	var lateral *lateralInAggregate
	if errors.As(err, &lateral) {
		return nil, diag.New("UNSUPPORTED_FEATURE.LATERAL_COLUMN_ALIAS_IN_AGGREGATE_FUNC", "lca", quoteName(lateral.name.Parts),
			"aggFunc", s.text(e)).At(lateral.name.Place())
	}
	if err != nil {
		return nil, err
	}
	bound, err := inner.bindAggregate(e, f, name, args)
	if err != nil {
		return nil, err
	}
	var filter expr.Expr
	if e.Filter != nil {
		if filter, err = inner.aggregateFilter(e.Filter); err != nil {
			return nil, err
		}
	}
	bound = expr.Transform(bound, func(x expr.Expr) expr.Expr {
		a, ok := x.(*expr.Aggregate)
		if !ok {
			return x
		}
		n := *a
		n.Filter = filter
		n.Distinct = e.Distinct && !a.Function.IgnoresDuplicates
		if n.Span.IsZero() {
			n.Span = e.Place()
		}
		return &n
	})
	return s.outerAggregate(bound, args, before)
}

// checkCount refuses what counts something else than it seems to: count(), and count(t.*), which counts the rows where no
// column of t is null. Settings of Spark's allow both.
func (s *site) checkCount(e *ast.Call) error {
	allowed := func(setting string) bool { return s.settings.Conf != nil && s.settings.Conf(setting) == "true" }
	if len(e.Args) == 0 {
		const setting = "spark.sql.legacy.allowParameterlessCount"
		if allowed(setting) {
			return nil
		}
		return diag.New("WRONG_NUM_ARGS.WITH_SUGGESTION", "functionName", "`count`", "expectedNum", " >= 1", "actualNum", "0",
			"legacyNum", "0", "legacyConfKey", quoteSQL(setting), "legacyConfValue", `"true"`)
	}
	if star, ok := e.Args[0].(*ast.Star); ok && len(e.Args) == 1 && len(star.Qualifier) > 0 && !allowed("spark.sql.legacy.allowStarWithSingleTableIdentifierInCount") {
		return diag.New("_LEGACY_ERROR_TEMP_1021", "targetString", strings.Join(star.Qualifier, ".")).At(star.Place())
	}
	return nil
}

// bindAggregate gives the call its kernel.
func (s *site) bindAggregate(e *ast.Call, f *expr.AggregateFunction, name string, args []expr.Expr) (expr.Expr, error) {
	c := s.bindContext(e.Place(), name)
	if e.IgnoreNulls != nil && *e.IgnoreNulls {
		switch f.Name {
		case "first", "last", "any_value": // their second argument says the same
			ignore := &expr.Literal{Base: expr.Base{Typ: types.BooleanType, Span: e.Place()}, Value: true}
			args = append(args[:len(args):len(args)], ignore)
		default:
			return nil, notAggregate(name, "IGNORE NULLS")
		}
	}
	if e.WithinGroup == nil {
		return f.Bind(c, args, e.Distinct)
	}
	if e.Distinct {
		return nil, diag.New("INVALID_WITHIN_GROUP_EXPRESSION.DISTINCT_UNSUPPORTED", "funcName", quoteName([]string{name}))
	}
	keys, err := s.sortKeys(e.WithinGroup)
	if err != nil {
		return nil, err
	}
	return s.functions.WithinGroup(c, f, args, keys, e.Distinct)
}

func (s *site) aggregateArguments(e *ast.Call, f *expr.AggregateFunction, name string) ([]expr.Expr, error) {
	var args []expr.Expr
	if isCountOfRows(e, name) {
		args = []expr.Expr{intLiteral(1, e.Place())}
	} else if name == "count" && len(e.Args) == 0 { // allowed by a setting of Spark 2, and 0
		args = []expr.Expr{&expr.Literal{Base: expr.Base{Typ: types.VoidType, Null: true, Span: e.Place()}}}
	} else {
		var err error
		if args, err = s.arguments(e, nil, name); err != nil {
			return nil, err
		}
	}
	for _, a := range args {
		var nested error
		expr.Walk(a, func(x expr.Expr) bool {
			switch {
			case nested != nil:
			case isAggregate(x):
				nested = diag.New("NESTED_AGGREGATE_FUNCTION").At(x.Place())
			case isWindowCall(x):
				nested = diag.New("_LEGACY_ERROR_TEMP_1031").At(x.Place())
			case isGenerator(x):
				nested = diag.New("UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS", "expression", sqlOf(x)).At(x.Place())
			}
			return nested == nil
		})
		if nested != nil {
			return nil, nested
		}
	}
	return args, nil
}

func isAggregate(e expr.Expr) bool { _, ok := e.(*expr.Aggregate); return ok }

func isWindowCall(e expr.Expr) bool { _, ok := e.(*expr.WindowCall); return ok }

// isCountOfRows reports whether a call is count(*).
func isCountOfRows(e *ast.Call, name string) bool {
	return name == "count" && len(e.Args) == 1 && isPlainStar(e.Args[0]) && !e.Distinct
}

func isPlainStar(e ast.Expr) bool {
	star, ok := e.(*ast.Star)
	return ok && len(star.Qualifier) == 0 && len(star.Except) == 0
}

func (s *site) aggregateFilter(e ast.Expr) (expr.Expr, error) {
	filter, err := s.expr(e)
	if err != nil {
		return nil, err
	}
	switch {
	case filter.Type().Kind != types.Boolean:
		return nil, diag.New("INVALID_AGGREGATE_FILTER.NOT_BOOLEAN", "filterExpr", sqlOf(filter)).At(e.Place())
	case hasAggregate(filter):
		return nil, diag.New("INVALID_AGGREGATE_FILTER.CONTAINS_AGGREGATE", "filterExpr", sqlOf(filter), "aggExpr", sqlOf(filter)).At(e.Place())
	case hasWindow(filter):
		return nil, diag.New("INVALID_AGGREGATE_FILTER.CONTAINS_WINDOW_FUNCTION", "filterExpr", sqlOf(filter), "windowExpr", sqlOf(filter)).At(e.Place())
	case !expr.Deterministic(filter):
		return nil, diag.New("INVALID_AGGREGATE_FILTER.NON_DETERMINISTIC", "filterExpr", sqlOf(filter)).At(e.Place())
	}
	return filter, nil
}

func intLiteral(n int32, span diag.Span) *expr.Literal {
	return &expr.Literal{Base: expr.Base{Typ: types.IntType, Span: span}, Value: n}
}

// sortKeys binds ORDER BY elements that refer to the site's columns.
func (s *site) sortKeys(items []ast.SortItem) ([]expr.SortKey, error) {
	var keys []expr.SortKey
	for _, it := range items {
		e, err := s.expr(it.Expr)
		if err != nil {
			return nil, err
		}
		if err := s.orderable(e); err != nil {
			return nil, err
		}
		keys = append(keys, sortKey(it, e))
	}
	return keys, nil
}

func sortKey(it ast.SortItem, e expr.Expr) expr.SortKey {
	k := expr.SortKey{Expr: e, Descending: it.Descending, NullsFirst: !it.Descending}
	if it.NullsFirst != nil {
		k.NullsFirst = *it.NullsFirst
	}
	return k
}

// orderable is the error for a sort key whose type has no order.
func (s *site) orderable(e expr.Expr) error {
	if e.Type().IsOrderable() {
		return nil
	}
	return diag.New("DATATYPE_MISMATCH.INVALID_ORDERING_TYPE", "functionName", "`sortorder`",
		"dataType", quoteSQL(e.Type().SQL()), "sqlExpr", quoteSQL(expr.Pretty(e)+" ASC NULLS FIRST")).At(e.Place())
}
