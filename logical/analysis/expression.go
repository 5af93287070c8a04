package analysis

import (
	"fmt"
	"strconv"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

func itoa(n int) string { return strconv.Itoa(n) }

// expr binds an expression. Aggregate functions, window functions and generators become *expr.Aggregate, *expr.WindowCall
// and calls of generators inside the result; the clause that binds it says whether they may stand there (noSpecial).
func (s *site) expr(e ast.Expr) (expr.Expr, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	bound, err := s.bind(e)
	if err != nil {
		return nil, at(err, e.Place())
	}
	t := bound.Type()
	if c, ok := e.(*ast.Call); ok && t.Kind == types.String && c.Operator && (c.Func[0] == "+" || c.Func[0] == "-") {
		s.printedTypes[e] = t
	}
	if t.IsDatetime() || t.IsInterval() || t.Kind == types.Binary {
		s.printedTypes[e] = t
	}
	return bound, nil
}

func (s *site) bind(e ast.Expr) (expr.Expr, error) {
	switch e := e.(type) {
	case *ast.Name:
		return s.name(e)
	case *ast.Literal:
		return &expr.Literal{Base: expr.Base{Typ: e.Type, Null: e.Value == nil, Span: e.Place()}, Value: e.Value}, nil
	case *ast.TypedLiteral:
		return s.typedLiteral(e)
	case *ast.IntervalLiteral:
		return s.intervalLiteral(e)
	case *ast.Parameter:
		return s.parameter(e)
	case *ast.Call:
		return s.callOf(e)
	case *ast.Alias:
		return s.expr(e.Input)
	case *ast.Cast:
		return s.castOf(e)
	case *ast.Case:
		return s.caseOf(e)
	case *ast.In:
		return s.in(e)
	case *ast.Exists:
		return s.exists(e)
	case *ast.ScalarSubquery:
		return s.scalarSubquery(e)
	case *ast.Outer:
		return s.explicitOuter(e)
	case *ast.Subscript:
		return s.subscript(e)
	case *ast.Field:
		base, err := s.expr(e.Base)
		if err != nil {
			return nil, err
		}
		s.accessed[e] = base.Type().Kind
		return s.field(base, e.Name, e.Place())
	case *ast.Star:
		return nil, invalidStar("expression")
	case *ast.Lambda:
		return nil, diag.New("INVALID_LAMBDA_FUNCTION_CALL.NON_HIGHER_ORDER_FUNCTION", "class", "expression")
	case *ast.NamedArgument:
		return nil, diag.Unsupported("a named argument outside a function call")
	case *ast.Grouping, *ast.All:
		return nil, diag.New("UNSUPPORTED_GROUPING_EXPRESSION")
	}
	panic(&diag.Bug{Value: fmt.Sprintf("analysis: no binding for %T", e)})
}

func (s *site) exprs(list []ast.Expr) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		var err error
		if out[i], err = s.expr(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *site) castOf(e *ast.Cast) (expr.Expr, error) {
	input, err := s.expr(e.Input)
	if err != nil {
		return nil, err
	}
	if input.Type().Equal(e.Type) {
		if l, ok := input.(*expr.Literal); ok {
			written := *l
			written.Computed = true
			return &written, nil
		}
		return input, nil
	}
	mode := s.mode()
	if e.Try {
		mode = expr.Try
	}
	bound, err := s.functions.Cast(input, e.Type, mode, s.settings)
	if c, ok := bound.(*expr.Cast); ok {
		written := *c
		written.Span = e.Place() // tells it from an implicit cast
		return &written, nil
	}
	return bound, err
}

// caseOf binds CASE; the simple form compares the operand with each WHEN.
func (s *site) caseOf(e *ast.Case) (expr.Expr, error) {
	var operand expr.Expr
	var err error
	if e.Operand != nil {
		if operand, err = s.expr(e.Operand); err != nil {
			return nil, err
		}
	}
	c := &expr.Case{Whens: make([]expr.When, len(e.Whens))}
	for i, w := range e.Whens {
		condition, err := s.expr(w.Condition)
		if err != nil {
			return nil, err
		}
		if operand != nil {
			if condition, err = s.call(w.Condition.Place(), "=", operand, condition); err != nil {
				return nil, err
			}
		} else if condition, err = s.whenCondition(e, condition, i); err != nil {
			return nil, err
		}
		result, err := s.expr(w.Result)
		if err != nil {
			return nil, err
		}
		c.Whens[i] = expr.When{Condition: condition, Result: result}
	}
	if e.Else != nil {
		if c.Else, err = s.expr(e.Else); err != nil {
			return nil, err
		}
	}
	c.Span = e.Place()
	return c, s.coerceCase(c)
}

func (s *site) whenCondition(e *ast.Case, condition expr.Expr, i int) (expr.Expr, error) {
	if condition.Type().Kind == types.Boolean {
		return condition, nil
	}
	return nil, diag.New("DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "sqlExpr", s.text(e),
		"paramIndex", ordinal(i), "requiredType", `"BOOLEAN"`, "inputSql", sqlOf(condition),
		"inputType", quoteSQL(condition.Type().SQL())).At(condition.Place())
}

var ordinals = [...]string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"}

func ordinal(i int) string {
	if i < len(ordinals) {
		return ordinals[i]
	}
	return strconv.Itoa(i+1) + "th"
}

// coerceCase casts the results of a CASE to their common type and completes it.
func (s *site) coerceCase(c *expr.Case) error {
	kinds := make([]types.Type, 0, len(c.Whens)+1)
	for _, w := range c.Whens {
		kinds = append(kinds, w.Result.Type())
	}
	if c.Else != nil {
		kinds = append(kinds, c.Else.Type())
	}
	t, ok := s.coercion.WiderCommonType(kinds)
	if !ok {
		texts := make([]string, len(kinds))
		for i, k := range kinds {
			texts[i] = quoteSQL(k.SQL())
		}
		return diag.New("DATATYPE_MISMATCH.DATA_DIFF_TYPES", "sqlExpr", quoteSQL(caseSQL(c)), "functionName", "`casewhen`",
			"dataType", "["+joinComma(texts)+"]").At(c.Span)
	}
	c.Typ = t
	var err error
	for i := range c.Whens {
		if c.Whens[i].Result, err = s.cast(c.Whens[i].Result, t); err != nil {
			return err
		}
		c.Null = c.Null || c.Whens[i].Result.Nullable()
	}
	if c.Else == nil {
		c.Else = &expr.Literal{Base: expr.Base{Typ: t, Null: true}}
	} else if c.Else, err = s.cast(c.Else, t); err != nil {
		return err
	}
	c.Null = c.Null || c.Else.Nullable()
	return nil
}

func caseSQL(c *expr.Case) string {
	if c.Else == nil {
		n := *c
		n.Else = &expr.Literal{Base: expr.Base{Null: true}}
		c = &n
	}
	return expr.Pretty(c)
}

// in binds x IN (list); the subquery form is in subquery.go.
func (s *site) in(e *ast.In) (expr.Expr, error) {
	if e.Query != nil {
		return s.inSubquery(e)
	}
	if rows := rowList(e); rows != nil {
		return s.inRows(e, rows)
	}
	value, err := s.expr(e.Value)
	if err != nil {
		return nil, err
	}
	if len(e.List) == 0 { // only a DataFrame can write it; false even for null, as in Spark
		return &expr.Literal{Base: expr.Base{Typ: types.BooleanType, Span: e.Place()}, Value: false}, nil
	}
	list, err := s.exprs(e.List)
	if err != nil {
		return nil, err
	}
	t, err := s.inType(value, list, e.Place())
	if err != nil {
		return nil, err
	}
	if value, err = s.cast(value, t); err != nil {
		return nil, err
	}
	for i := range list {
		if list[i], err = s.cast(list[i], t); err != nil {
			return nil, err
		}
	}
	if in := inLiterals(value, list, e.Place()); in != nil {
		return in, nil
	}
	return s.inAlternatives(value, list, e.Place())
}

// rowList are the rows of (a, b) IN ((1, 2), (3, 4)); nil if e is not of that form.
func rowList(e *ast.In) []*ast.Call {
	value, ok := e.Value.(*ast.Call)
	if !ok || !isRow(value) {
		return nil
	}
	var rows []*ast.Call
	for _, item := range e.List {
		row, ok := item.(*ast.Call)
		if !ok || !isRow(row) || len(row.Args) != len(value.Args) {
			return nil
		}
		rows = append(rows, row)
	}
	return rows
}

func isRow(c *ast.Call) bool { return c.Operator && len(c.Func) == 1 && c.Func[0] == "struct" }

// inRows compares rows field by field. Fields that are both null are equal, as in the comparison of structs.
func (s *site) inRows(e *ast.In, rows []*ast.Call) (expr.Expr, error) {
	values, err := s.exprs(e.Value.(*ast.Call).Args)
	if err != nil {
		return nil, err
	}
	or := &expr.Or{Base: expr.Base{Typ: types.BooleanType, Span: e.Place()}}
	for _, row := range rows {
		var equal []expr.Expr
		for i, field := range row.Args {
			bound, err := s.expr(field)
			if err != nil {
				return nil, err
			}
			same, err := s.call(row.Place(), "<=>", values[i], bound)
			if err != nil {
				return nil, err
			}
			equal = append(equal, same)
		}
		or.Args = append(or.Args, expr.Conjunction(equal...))
	}
	if len(or.Args) == 1 {
		return or.Args[0], nil
	}
	return or, nil
}

func (s *site) inType(value expr.Expr, list []expr.Expr, span diag.Span) (types.Type, error) {
	kinds := []types.Type{value.Type()}
	for _, e := range list {
		kinds = append(kinds, e.Type())
	}
	t, ok := s.coercion.WiderCommonType(kinds)
	if ok {
		return t, nil
	}
	texts := make([]string, len(kinds))
	for i, k := range kinds {
		texts[i] = quoteSQL(k.SQL())
	}
	sql := make([]string, len(list))
	for i, e := range list {
		sql[i] = expr.Pretty(e)
	}
	return t, diag.New("DATATYPE_MISMATCH.DATA_DIFF_TYPES", "sqlExpr", quoteSQL("("+expr.Pretty(value)+" IN ("+joinComma(sql)+"))"),
		"functionName", "`in`", "dataType", "["+joinComma(texts)+"]").At(span)
}

// inLiterals is the list as a set of constants; nil if it holds anything else.
func inLiterals(value expr.Expr, list []expr.Expr, span diag.Span) *expr.In {
	if value.Type().Kind == types.Void || value.Type().IsNested() {
		return nil
	}
	in := &expr.In{Base: expr.Base{Typ: types.BooleanType, Null: value.Nullable(), Span: span}, Input: value}
	for _, e := range list {
		l, ok := e.(*expr.Literal)
		if !ok {
			return nil
		}
		if l.Value == nil {
			in.HasNull, in.Null = true, true
			continue
		}
		in.Values = append(in.Values, l.Value)
	}
	return in
}

// inAlternatives is x = a OR x = b OR ….
func (s *site) inAlternatives(value expr.Expr, list []expr.Expr, span diag.Span) (expr.Expr, error) {
	or := &expr.Or{Base: expr.Base{Typ: types.BooleanType, Span: span}}
	for _, e := range list {
		c, err := s.call(span, "=", value, e)
		if err != nil {
			return nil, err
		}
		or.Args = append(or.Args, c)
		or.Null = or.Null || c.Nullable()
	}
	if len(or.Args) == 1 {
		return or.Args[0], nil
	}
	return or, nil
}

func (s *site) subscript(e *ast.Subscript) (expr.Expr, error) {
	base, err := s.expr(e.Base)
	if err != nil {
		return nil, err
	}
	index, err := s.expr(e.Index)
	if err != nil {
		return nil, err
	}
	s.accessed[e] = base.Type().Kind
	return s.subscriptOf(base, index, e.Place())
}

// subscriptOf is base[index]: an element of an array, from 0, or the value of a map's key; of a struct, a field by name.
func (s *site) subscriptOf(base, index expr.Expr, span diag.Span) (expr.Expr, error) {
	switch base.Type().Kind {
	case types.Array, types.Map:
		return s.call(span, "[]", base, index)
	case types.Struct:
		if l, ok := index.(*expr.Literal); ok {
			if name, ok := l.Value.(string); ok {
				return s.field(base, name, span)
			}
		}
		return nil, diag.New("INVALID_EXTRACT_FIELD_TYPE", "extraction", sqlOf(index)).At(span)
	}
	return nil, diag.New("INVALID_EXTRACT_BASE_FIELD_TYPE", "base", sqlOf(base), "other", quoteSQL(base.Type().SQL())).At(span)
}

// parameter puts a marker's value in its place.
func (s *site) parameter(e *ast.Parameter) (expr.Expr, error) {
	var p Parameter
	ok := false
	name := e.Name
	if name != "" {
		p, ok = s.named[name]
	} else {
		name = "_" + itoa(int(e.Place().Start))
		if ok = e.Index < len(s.positional); ok {
			p = s.positional[e.Index]
		}
	}
	if !ok {
		return nil, diag.New("UNBOUND_SQL_PARAMETER", "name", name)
	}
	return &expr.Literal{Base: expr.Base{Typ: p.Type, Null: p.Value == nil, Span: e.Place()}, Value: p.Value}, nil
}

// explicitOuter is DataFrame's Column.Outer: a column of the query around this one.
func (s *site) explicitOuter(e *ast.Outer) (expr.Expr, error) {
	name, _ := e.Input.(*ast.Name)
	if s.env.outer == nil || s.env.outer.site == nil {
		if name == nil {
			name = &ast.Name{Parts: []string{"outer"}}
		}
		return nil, &OuterError{Name: name}
	}
	bound, err := s.env.outer.site.expr(e.Input)
	if err != nil {
		return nil, err
	}
	if name != nil {
		s.qualifiers[name] = len(name.Parts) - 1
	}
	s.env.outer.note(bound)
	return bound, nil
}

// noSpecial is the error for an aggregate function, window function or generator where none may stand.
func (s *site) noSpecial(e expr.Expr) error {
	var special expr.Expr
	expr.Walk(e, func(x expr.Expr) bool {
		if special == nil && isSpecial(x) {
			special = x
		}
		return special == nil
	})
	if special == nil {
		return nil
	}
	return diag.New("UNSUPPORTED_EXPR_FOR_OPERATOR", "invalidExprSqls", sqlOf(special)).At(special.Place())
}

func isSpecial(e expr.Expr) bool {
	switch e.(type) {
	case *expr.Aggregate, *expr.WindowCall:
		return true
	}
	return isGenerator(e) || isGrouping(e)
}

func isGenerator(e expr.Expr) bool {
	c, ok := e.(*expr.Call)
	return ok && c.Function != nil && c.Function.Generator
}

func hasAggregate(e expr.Expr) bool {
	return expr.Any(e, func(x expr.Expr) bool { _, ok := x.(*expr.Aggregate); return ok || isGrouping(x) })
}

func hasWindow(e expr.Expr) bool {
	return expr.Any(e, func(x expr.Expr) bool { _, ok := x.(*expr.WindowCall); return ok })
}

func hasGenerator(e expr.Expr) bool { return expr.Any(e, isGenerator) }
