// Package functions holds Column, the expression of DataFrame code, and a constructor for each builtin function,
// generated from the table in package builtin: functions.Sum("v"), functions.Upper(functions.Col("name")).
//
// One rule for arguments everywhere: a string is the name of a column; a Column is itself; any other Go value is a
// constant. A constant string is functions.Lit("text").
package functions

import (
	"reflect"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

//go:generate go run ../scripts/genfunctions

// Column is an unresolved expression over the columns of a DataFrame. It is immutable. A mistake made while it was
// built is kept and reported by the action that uses it.
type Column struct {
	expr ast.Expr
	sort *ast.SortItem
	err  error
	when *ast.Case // set while When … may still be followed by When and Otherwise
}

// Subquery is what a DataFrame gives to In: its query.
type Subquery interface{ Unresolved() (ast.Query, error) }

// FromExpr wraps an unresolved expression; err, if any, is reported by the action that uses the column.
func FromExpr(e ast.Expr, err error) Column { return Column{expr: e, err: err} }

// Expr returns the unresolved expression and the first mistake made in building it. An ordering is none: Asc and Desc are the
// last thing said of a column, and where rows are sorted SortItem takes them.
func (c Column) Expr() (ast.Expr, error) {
	if c.err == nil && c.sort != nil {
		err := diag.New("NOT_COLUMN", "arg_name", "Column", "arg_type", "the ordering of one")
		return nil, err.Advise("Asc and Desc are for columns that rows are sorted by, and are called last.")
	}
	if c.err == nil && c.expr == nil {
		return nil, diag.New("CANNOT_BE_NONE", "arg_name", "Column")
	}
	return c.expr, c.err
}

// SortItem returns the ordering that Asc or Desc gave, or ascending.
func (c Column) SortItem() (ast.SortItem, error) {
	if c.sort != nil {
		return *c.sort, c.err
	}
	e, err := c.Expr()
	return ast.SortItem{Expr: e}, err
}

// Col is the column of that name; dots reach into structs and qualify by alias, back quotes protect them.
func Col(name string) Column {
	if name == "*" {
		return Column{expr: &ast.Star{}}
	}
	parts, err := splitName(name)
	if err == nil && len(parts) > 1 && parts[len(parts)-1] == "*" {
		return Column{expr: &ast.Star{Qualifier: parts[:len(parts)-1]}}
	}
	return Column{expr: &ast.Name{Parts: parts}, err: err}
}

func splitName(name string) ([]string, error) {
	var parts []string
	rest := name
	for {
		if strings.HasPrefix(rest, "`") {
			end := 1
			var b strings.Builder
			for ; ; end++ {
				if end >= len(rest) {
					return nil, diag.New("INVALID_ATTRIBUTE_NAME_SYNTAX", "name", name)
				}
				if rest[end] == '`' {
					if end+1 < len(rest) && rest[end+1] == '`' {
						end++
					} else {
						break
					}
				}
				b.WriteByte(rest[end])
			}
			parts = append(parts, b.String())
			rest = rest[end+1:]
			if rest == "" {
				return parts, nil
			}
			if rest[0] != '.' {
				return nil, diag.New("INVALID_ATTRIBUTE_NAME_SYNTAX", "name", name)
			}
			rest = rest[1:]
			continue
		}
		part, more, found := strings.Cut(rest, ".")
		if part == "" {
			return nil, diag.New("INVALID_ATTRIBUTE_NAME_SYNTAX", "name", name)
		}
		parts = append(parts, part)
		if !found {
			return parts, nil
		}
		rest = more
	}
}

// Lit is a constant: any Go value that types.FromGo knows, among them every value of a kiln.Row. A Column is itself.
func Lit(value any) Column {
	if c, ok := value.(Column); ok {
		return c
	}
	v, t, err := types.FromGo(value)
	return Column{expr: &ast.Literal{Value: v, Type: t}, err: err}
}

// column turns an argument into a Column by the package's rule.
func column(v any) Column {
	switch v := v.(type) {
	case Column:
		return v
	case string:
		return Col(v)
	}
	return Lit(v)
}

// Of turns an argument into a Column by the package's rule: a string is a column's name, other values are constants.
func Of(v any) Column { return column(v) }

// Call calls the function of that name; each argument follows the package's rule.
func Call(name string, args ...any) Column {
	return call(false, name, args...)
}

func call(operator bool, name string, args ...any) Column {
	c := &ast.Call{Func: []string{name}, Operator: operator}
	var first error
	for _, a := range args {
		e, err := column(a).Expr()
		if first == nil {
			first = err
		}
		c.Args = append(c.Args, e)
	}
	return Column{expr: c, err: first}
}

// operand turns the right side of an operator method into a Column: here a string is a constant, as in Spark.
func operand(v any) Column {
	if c, ok := v.(Column); ok {
		return c
	}
	return Lit(v)
}

func (c Column) binary(op string, right any) Column { return call(true, op, c, operand(right)) }

// Eq is c = right; like all operator methods it takes a Column or a constant, and here a string is a constant.
func (c Column) Eq(right any) Column { return c.binary("=", right) }

// NotEq is c <> right.
func (c Column) NotEq(right any) Column { return c.binary("!=", right) }

// Lt is c < right.
func (c Column) Lt(right any) Column { return c.binary("<", right) }

// Leq is c <= right.
func (c Column) Leq(right any) Column { return c.binary("<=", right) }

// Gt is c > right.
func (c Column) Gt(right any) Column { return c.binary(">", right) }

// Geq is c >= right.
func (c Column) Geq(right any) Column { return c.binary(">=", right) }

// EqNullSafe is c <=> right: true where both are null.
func (c Column) EqNullSafe(right any) Column { return c.binary("<=>", right) }

// And is c AND right.
func (c Column) And(right any) Column { return c.binary("and", right) }

// Or is c OR right.
func (c Column) Or(right any) Column { return c.binary("or", right) }

// Not is NOT c.
func (c Column) Not() Column { return call(true, "not", c) }

// Plus is c + right.
func (c Column) Plus(right any) Column { return c.binary("+", right) }

// Minus is c - right.
func (c Column) Minus(right any) Column { return c.binary("-", right) }

// Multiply is c * right.
func (c Column) Multiply(right any) Column { return c.binary("*", right) }

// Divide is c / right.
func (c Column) Divide(right any) Column { return c.binary("/", right) }

// Mod is c % right.
func (c Column) Mod(right any) Column { return c.binary("%", right) }

// Negate is -c.
func (c Column) Negate() Column { return call(false, "negative", c) }

// BitwiseAnd is c & right.
func (c Column) BitwiseAnd(right any) Column { return c.binary("&", right) }

// BitwiseOr is c | right.
func (c Column) BitwiseOr(right any) Column { return c.binary("|", right) }

// BitwiseXor is c ^ right.
func (c Column) BitwiseXor(right any) Column { return c.binary("^", right) }

// IsNull is c IS NULL.
func (c Column) IsNull() Column { return call(true, "isnull", c) }

// IsNotNull is c IS NOT NULL.
func (c Column) IsNotNull() Column { return call(true, "isnotnull", c) }

// IsNaN reports whether a float is not a number.
func (c Column) IsNaN() Column { return call(false, "isnan", c) }

// Between is c >= low AND c <= high.
func (c Column) Between(low, high any) Column { return c.Geq(low).And(c.Leq(high)) }

// Like is c LIKE pattern, with % and _.
func (c Column) Like(pattern any) Column { return c.binary("like", pattern) }

// ILike is Like without regard to case.
func (c Column) ILike(pattern any) Column { return c.binary("ilike", pattern) }

// RLike matches a regular expression.
func (c Column) RLike(pattern any) Column { return c.binary("rlike", pattern) }

// Contains reports whether c holds part.
func (c Column) Contains(part any) Column { return call(false, "contains", c, operand(part)) }

// StartsWith reports whether c begins with prefix.
func (c Column) StartsWith(prefix any) Column { return call(false, "startswith", c, operand(prefix)) }

// EndsWith reports whether c ends with suffix.
func (c Column) EndsWith(suffix any) Column { return call(false, "endswith", c, operand(suffix)) }

// Substr is the part of c from the one-based position start, length characters long.
func (c Column) Substr(start, length any) Column {
	return call(false, "substr", c, operand(start), operand(length))
}

// In is c IN (values…); one argument that is a DataFrame is a subquery, with SQL's treatment of nulls, and one that is a slice
// stands for its elements. In of nothing is false.
func (c Column) In(values ...any) Column {
	in := &ast.In{}
	var err error
	in.Value, err = c.Expr()
	if len(values) == 1 {
		if q, ok := values[0].(Subquery); ok {
			var e error
			if in.Query, e = q.Unresolved(); err == nil {
				err = e
			}
			return Column{expr: in, err: err}
		}
	}
	for _, v := range elements(values) {
		e, e2 := operand(v).Expr()
		if err == nil {
			err = e2
		}
		in.List = append(in.List, e)
	}
	return Column{expr: in, err: err}
}

// elements are the values, or those of the slice that is the only one; bytes are one value.
func elements(values []any) []any {
	if len(values) != 1 {
		return values
	}
	list := reflect.ValueOf(values[0])
	if list.Kind() != reflect.Slice || list.Type().Elem().Kind() == reflect.Uint8 {
		return values
	}
	values = make([]any, list.Len())
	for i := range values {
		values[i] = list.Index(i).Interface()
	}
	return values
}

// Cast converts to a type, written as in SQL: "int", "decimal(10,2)". TryCast gives null where Cast fails.
func (c Column) Cast(typeName string) Column { return c.cast(typeName, false) }

// TryCast is Cast with null in place of an error.
func (c Column) TryCast(typeName string) Column { return c.cast(typeName, true) }

func (c Column) cast(typeName string, try bool) Column {
	t, err := types.Parse(typeName)
	e, first := c.Expr()
	if first == nil {
		first = err
	}
	return Column{expr: &ast.Cast{Input: e, Type: t, Try: try}, err: first}
}

// As names the column; several names are for generators of several columns. No name is the error CANNOT_BE_EMPTY.
func (c Column) As(names ...string) Column {
	e, err := c.Expr()
	if err == nil && len(names) == 0 {
		err = diag.New("CANNOT_BE_EMPTY", "item", "name")
	}
	return Column{expr: &ast.Alias{Input: e, Names: names}, err: err}
}

// Alias is As.
func (c Column) Alias(names ...string) Column { return c.As(names...) }

// GetField is a member of a struct, or the value of a map's string key.
func (c Column) GetField(name string) Column {
	e, err := c.Expr()
	return Column{expr: &ast.Field{Base: e, Name: name}, err: err}
}

// GetItem is an element of an array (from 0) or the value of a map's key.
func (c Column) GetItem(index any) Column {
	e, err := c.Expr()
	i, err2 := operand(index).Expr()
	if err == nil {
		err = err2
	}
	return Column{expr: &ast.Subscript{Base: e, Index: i}, err: err}
}

// Outer says that c is a column of the query around the subquery it is used in.
func (c Column) Outer() Column {
	e, err := c.Expr()
	return Column{expr: &ast.Outer{Input: e}, err: err}
}

func (c Column) ordered(descending bool, nullsFirst *bool) Column {
	e, err := c.Expr()
	return Column{expr: e, err: err, sort: &ast.SortItem{Expr: e, Descending: descending, NullsFirst: nullsFirst}}
}

// Asc orders by c upwards, nulls first; Desc downwards, nulls last.
func (c Column) Asc() Column { return c.ordered(false, nil) }

// Desc orders by c downwards, nulls last.
func (c Column) Desc() Column { return c.ordered(true, nil) }

var yes, no = true, false

// AscNullsLast orders upwards with nulls at the end.
func (c Column) AscNullsLast() Column { return c.ordered(false, &no) }

// AscNullsFirst orders upwards with nulls at the start.
func (c Column) AscNullsFirst() Column { return c.ordered(false, &yes) }

// DescNullsFirst orders downwards with nulls at the start.
func (c Column) DescNullsFirst() Column { return c.ordered(true, &yes) }

// DescNullsLast orders downwards with nulls at the end.
func (c Column) DescNullsLast() Column { return c.ordered(true, &no) }

// When starts CASE WHEN condition THEN value; further When and Otherwise calls continue it.
func When(condition Column, value any) Column {
	return Column{when: &ast.Case{}}.addWhen(condition, value)
}

// When adds a branch to a Column that When made.
func (c Column) When(condition Column, value any) Column { return c.addWhen(condition, value) }

func (c Column) addWhen(condition Column, value any) Column {
	if c.when == nil {
		return Column{expr: c.expr, err: diag.New("INVALID_WHEN_USAGE")}
	}
	test, err1 := condition.Expr()
	result, err2 := operand(value).Expr()
	next := &ast.Case{Whens: append(append([]ast.When(nil), c.when.Whens...), ast.When{Condition: test, Result: result})}
	return Column{expr: next, when: next, err: firstError(c.err, err1, err2)}
}

// Otherwise ends a CASE with its ELSE value.
func (c Column) Otherwise(value any) Column {
	if c.when == nil {
		return Column{expr: c.expr, err: diag.New("INVALID_WHEN_USAGE")}
	}
	e, err := operand(value).Expr()
	return Column{expr: &ast.Case{Whens: c.when.Whens, Else: e}, err: firstError(c.err, err)}
}

// Distinct makes an aggregate call one over distinct values: functions.Count("v").Distinct().
func (c Column) Distinct() Column {
	return c.changeCall("Distinct", func(call *ast.Call) error { call.Distinct = true; return nil })
}

// Filter makes an aggregate call see only the rows for which condition is true.
func (c Column) Filter(condition Column) Column {
	return c.changeCall("Filter", func(call *ast.Call) (err error) { call.Filter, err = condition.Expr(); return err })
}

func (c Column) changeCall(what string, change func(*ast.Call) error) Column {
	call, ok := c.expr.(*ast.Call)
	if !ok {
		return Column{expr: c.expr, err: firstError(c.err, diag.New("INVALID_TYPE", "arg_name", what, "arg_type", "Column that is no function call"))}
	}
	next := *call
	err := change(&next)
	return Column{expr: &next, err: firstError(c.err, err)}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
