// Package ast is the unresolved form of everything a user can ask: queries, commands and expressions, each with
// its place in the SQL text. SQL text is decoded into it, DataFrame calls build it, and logical/analysis is the only
// package that gives it meaning. Trees are immutable once built and may be shared.
package ast

import (
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// Expr is an unresolved expression.
type Expr interface {
	// Place is where the expression stands in the SQL text; zero for DataFrame calls.
	Place() diag.Span
	isExpression()
}

// At is the place of a node; every node embeds it.
type At struct{ diag.Span }

// Place returns the span.
func (a At) Place() diag.Span { return a.Span }

type isExpr struct{ At }

func (isExpr) isExpression() {}

// ExprAt makes the embedded part of an expression node.
func ExprAt(s diag.Span) isExpr { return isExpr{At{s}} }

type (
	// Name is a possibly qualified name: a column, a struct field of one, a variable.
	Name struct {
		isExpr
		Parts []string
		// Plan, if not nil, says the name belongs to the output of this very query node (df.Col("x") in a self-join).
		Plan Query
	}

	// Star is * or t.*, with the columns that EXCEPT leaves out.
	Star struct {
		isExpr
		Qualifier []string
		Except    [][]string
	}

	// Literal is a constant. Value is in the Go form of types.Value for Type; nil is NULL.
	// Text is the spelling where it matters for the column name (1.50, 1e3, DATE '…'), else "".
	Literal struct {
		isExpr
		Value any
		Type  types.Type
		Text  string
	}

	// TypedLiteral is DATE '…', TIMESTAMP '…', X'…' or INTERVAL '…': validated by analysis, which knows the zone.
	TypedLiteral struct {
		isExpr
		TypeName string // upper-case
		Text     string
	}

	// IntervalLiteral is INTERVAL with units: INTERVAL 1 DAY 2 HOURS, INTERVAL '1-2' YEAR TO MONTH.
	IntervalLiteral struct {
		isExpr
		Fields []IntervalField
	}

	// Parameter is ? (Name "", Index from 0) or :name.
	Parameter struct {
		isExpr
		Name  string
		Index int
	}

	// Call is a function call or an operator; operators use Spark's names of the function: "+", "=", "and", "not",
	// "like", "between", "||" is "concat"... Operator says it was written as one, for column names.
	Call struct {
		isExpr
		Func        []string // one part, or database-qualified
		Args        []Expr
		Operator    bool
		Distinct    bool
		Filter      Expr       // FILTER (WHERE …)
		WithinGroup []SortItem // WITHIN GROUP (ORDER BY …)
		IgnoreNulls *bool      // IGNORE NULLS true, RESPECT NULLS false, neither nil
		Over        *Window
	}

	// NamedArgument is name => value in a call.
	NamedArgument struct {
		isExpr
		Name  string
		Value Expr
	}

	// Alias is expr AS name, or AS (a, b) for generators with several columns.
	Alias struct {
		isExpr
		Input    Expr
		Names    []string
		Metadata map[string]string
	}

	// Cast is CAST(x AS T), x::T or TRY_CAST.
	Cast struct {
		isExpr
		Input Expr
		Type  types.Type
		Try   bool
	}

	// Case is CASE [Operand] WHEN … END.
	Case struct {
		isExpr
		Operand Expr // nil for the searched form
		Whens   []When
		Else    Expr // nil if absent
	}

	// In is x [NOT] IN (list) or x IN (query). NOT is written as Call "not" around it.
	// A row value (a, b) IN … has a Call "struct" as Value with RowValue set.
	In struct {
		isExpr
		Value    Expr
		List     []Expr
		Query    Query
		RowValue bool
	}

	// Exists is EXISTS (query).
	Exists struct {
		isExpr
		Query Query
	}

	// ScalarSubquery is (query) used as a value.
	ScalarSubquery struct {
		isExpr
		Query Query
	}

	// Outer marks a column of the enclosing query explicitly (DataFrame Column.Outer).
	Outer struct {
		isExpr
		Input Expr
	}

	// Lambda is (x, y) -> body.
	Lambda struct {
		isExpr
		Params []string
		Body   Expr
	}

	// Subscript is base[index].
	Subscript struct {
		isExpr
		Base, Index Expr
	}

	// Field is base.name where base is not a plain name.
	Field struct {
		isExpr
		Base Expr
		Name string
	}

	// Grouping is ROLLUP, CUBE or GROUPING SETS inside GROUP BY.
	Grouping struct {
		isExpr
		Kind GroupingKind
		Sets [][]Expr // for rollup and cube each element is one "column", possibly several expressions wide
		// Exprs is the list before the words GROUPING SETS, in GROUP BY a, b GROUPING SETS (…); it orders grouping_id.
		Exprs []Expr
	}

	// All is the keyword ALL in GROUP BY ALL, ORDER BY ALL, LIMIT ALL.
	All struct{ isExpr }
)

// IntervalField is one value and unit of an interval literal; UnitTo is set for YEAR TO MONTH forms.
type IntervalField struct {
	Value  Expr
	Unit   string // singular, upper-case
	UnitTo string
}

// When is one branch of CASE.
type When struct{ Condition, Result Expr }

// GroupingKind is the way several grouping sets are spelt.
type GroupingKind uint8

// The grouping kinds.
const (
	Rollup GroupingKind = iota
	Cube
	GroupingSets
)

// SortItem is one ORDER BY element. NullsFirst nil means Spark's default: first when ascending, last when descending.
type SortItem struct {
	Expr       Expr
	Descending bool
	NullsFirst *bool
}

// Text is the item as Spark prints it, its direction and place of nulls always said; expression is the text of Expr.
func (s SortItem) Text(expression string) string {
	direction, nullsFirst := " ASC", !s.Descending
	if s.Descending {
		direction = " DESC"
	}
	if s.NullsFirst != nil {
		nullsFirst = *s.NullsFirst
	}
	if nullsFirst {
		return expression + direction + " NULLS FIRST"
	}
	return expression + direction + " NULLS LAST"
}

// Window is what stands after OVER: a reference to a named window, a specification, or both.
type Window struct {
	At
	Name        string
	PartitionBy []Expr
	OrderBy     []SortItem
	Frame       *Frame
}

// FrameBoundKind is the kind of one end of a window frame.
type FrameBoundKind = expr.FrameBoundKind

// The frame bounds.
const (
	UnboundedPreceding = expr.UnboundedPreceding
	Preceding          = expr.Preceding
	CurrentRow         = expr.CurrentRow
	Following          = expr.Following
	UnboundedFollowing = expr.UnboundedFollowing
)

// FrameBound is one end of a frame; Offset is set for Preceding and Following.
type FrameBound struct {
	Kind   FrameBoundKind
	Offset Expr
}

// Frame is ROWS or RANGE BETWEEN Start AND End.
type Frame struct {
	Rows       bool
	Start, End FrameBound
}
