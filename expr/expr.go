// Package expr holds bound expressions: trees over column IDs whose types, kernels and settings are decided.
// It also holds the descriptors of functions that such trees refer to; the functions themselves are in builtin.
//
// Expressions are immutable. Where an expression may fail (Fallible) its place in the tree decides which rows it may
// be evaluated for: And, Or, Case and Coalesce evaluate from left to right, and later parts only where needed.
package expr

import (
	"sync/atomic"
	"time"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

// ColumnID names a column of a plan. IDs come from a counter of the query and are never reused in it.
type ColumnID int32

// Settings are what the session's configuration says about evaluation, copied when a query is bound.
type Settings struct {
	ANSI          bool
	Zone          *time.Location
	CaseSensitive bool
	Now           time.Time // the one current_timestamp of the query; read it with CurrentTime
	User          string
	Database      string
	// Conf looks up other configuration (legacy time parser policy, …); nil means all defaults.
	Conf func(key string) string
	// ClockRead is set by CurrentTime: a plan that depends on Now is good for one query only. Nil if nobody asks.
	ClockRead *atomic.Bool
}

// CurrentTime is Now, and notes that what is being bound depends on it.
func (s *Settings) CurrentTime() time.Time {
	if s.ClockRead != nil {
		s.ClockRead.Store(true)
	}
	return s.Now
}

// Expr is a bound expression.
type Expr interface {
	Type() types.Type
	// Nullable reports whether the value may be null; false is certain.
	Nullable() bool
	// Children are the direct inputs in order of evaluation; do not modify.
	Children() []Expr
	// WithChildren returns the same node over other inputs (as many as Children gives, of the same types).
	WithChildren([]Expr) Expr
	// Place is where the expression stands in the SQL text.
	Place() diag.Span
}

// Base is the part that nodes share: the type, the nullability and the place.
type Base struct {
	Typ  types.Type
	Null bool
	Span diag.Span
}

// Type returns the type.
func (b *Base) Type() types.Type { return b.Typ }

// Nullable returns the nullability.
func (b *Base) Nullable() bool { return b.Null }

// Place returns the span.
func (b *Base) Place() diag.Span { return b.Span }

type (
	// Column is a column of the input.
	Column struct {
		Base
		ID   ColumnID
		Name string // for printing only
	}

	// Literal is a constant; Value in the Go form of package types, nil for NULL.
	Literal struct {
		Base
		Value any
		// Computed says that the constant was not written as such, as in CAST(1 AS INT): the type of arithmetic on decimals
		// does not look at its value then.
		Computed bool
	}

	// Parameter is a value given when a prepared statement runs.
	Parameter struct {
		Base
		Index int
	}

	// Arithmetic is + - * / % div and unary minus (Right nil) on operands of one type, after coercion; for decimals the
	// operands keep their own scales and Typ is the result type. Checked: overflow and division by zero are errors
	// (ANSI), or with Try null; unchecked: integers wrap and division by zero is null.
	Arithmetic struct {
		Base
		Op          ArithmeticOp
		Left, Right Expr
		Mode        ErrorMode
	}

	// Comparison is = <> < <= > >= <=> on operands of one type.
	Comparison struct {
		Base
		Op          CompareOp
		Left, Right Expr
	}

	// And and Or are n-ary with SQL's three-valued logic.
	And struct {
		Base
		Args []Expr
	}

	// Or is the disjunction.
	Or struct {
		Base
		Args []Expr
	}

	// Not negates a boolean.
	Not struct {
		Base
		Input Expr
	}

	// IsNull is IS NULL.
	IsNull struct {
		Base
		Input Expr
	}

	// Case is the searched CASE; Else is never nil (a NULL literal if absent). IF is a Case.
	Case struct {
		Base
		Whens []When
		Else  Expr
	}

	// Coalesce is the first non-null argument.
	Coalesce struct {
		Base
		Args []Expr
	}

	// In is value IN (list) over literals of the value's type; Values holds no null, HasNull says the list had one.
	// Lists with non-literal elements are bound to Or of Comparisons.
	In struct {
		Base
		Input   Expr
		Values  []any
		HasNull bool
	}

	// Cast converts to Typ.
	Cast struct {
		Base
		Input    Expr
		Mode     ErrorMode
		Settings *Settings
		Kernel   Kernel // from builtin's table of casts; nil if the layouts agree and nothing is to be done
		// Fails says that the kernel can fail for some input (in Mode Checked).
		Fails bool
	}

	// Call is a call of a builtin or user function.
	Call struct {
		Base
		Function *Function
		Args     []Expr
		Kernel   Kernel
		Settings *Settings
		// Fails says whether this call can fail (in ANSI mode, with these types).
		Fails bool
		// Instance tells calls of non-deterministic functions apart: two are the same only if their Instance is.
		Instance int32
	}

	// Field is a member of a struct.
	Field struct {
		Base
		Input Expr
		Index int
	}

	// Lambda is the argument of a higher-order function; its Params are columns that only Body sees.
	Lambda struct {
		Base
		Params []*Column
		Body   Expr
	}

	// Aggregate is a call of an aggregate function; only Aggregate and Window nodes of a plan hold it.
	Aggregate struct {
		Base
		Function *AggregateFunction
		Args     []Expr
		Distinct bool
		Filter   Expr // nil: none
		OrderBy  []SortKey
		Kernel   *AggregateKernel
		Settings *Settings
	}

	// WindowCall is a function over a window; only Window nodes of a plan hold it.
	WindowCall struct {
		Base
		Function    Expr // an *Aggregate, or a *Call of a window function
		PartitionBy []Expr
		OrderBy     []SortKey
		Frame       Frame
		IgnoreNulls bool
	}

	// Subquery is a query used in an expression. The optimizer's required rules turn every one into a join.
	Subquery struct {
		Base
		Kind SubqueryKind
		// Plan is a logical.Node.
		Plan any
		// Outer are the columns of the enclosing query that Plan refers to.
		Outer []*Column
		// Values are the left side of IN, compared with the columns of Plan in order.
		Values []Expr
	}
)

// When is one branch of a Case.
type When struct{ Condition, Result Expr }

// SortKey is one key of an ordering.
type SortKey struct {
	Expr       Expr
	Descending bool
	NullsFirst bool
}

// Frame is the frame of a window, bound; offsets are literals or foldable expressions.
type Frame struct {
	Rows               bool
	StartKind, EndKind FrameBoundKind
	Start, End         Expr
}

// FrameBoundKind is the kind of one end of a window frame.
type FrameBoundKind uint8

// The frame bounds.
const (
	UnboundedPreceding FrameBoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// SubqueryKind is how a subquery is used.
type SubqueryKind uint8

// The kinds of subquery.
const (
	ScalarSubquery SubqueryKind = iota
	ExistsSubquery
	InSubquery
)

// ErrorMode says what happens to a row whose value cannot be computed.
type ErrorMode uint8

const (
	// Checked returns an error (ANSI mode).
	Checked ErrorMode = iota
	// Try gives null (try_ functions).
	Try
	// Legacy is spark.sql.ansi.enabled=false: wrap, or null.
	Legacy
)

// ArithmeticOp is an arithmetic operator.
type ArithmeticOp uint8

// The arithmetic operators. Divide is on doubles and decimals; IntegralDivide gives bigint.
const (
	Add ArithmeticOp = iota
	Subtract
	Multiply
	Divide
	IntegralDivide
	Remainder
	Negate
)

var arithmeticNames = [...]string{"+", "-", "*", "/", "div", "%", "-"}

// String is the operator's spelling.
func (o ArithmeticOp) String() string { return arithmeticNames[o] }

// CompareOp is a comparison operator.
type CompareOp uint8

// The comparison operators; NullSafeEqual is <=>.
const (
	Equal CompareOp = iota
	NotEqual
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
	NullSafeEqual
)

var compareNames = [...]string{"=", "<>", "<", "<=", ">", ">=", "<=>"}

// String is the operator's spelling.
func (o CompareOp) String() string { return compareNames[o] }

// Flip is the operator with its operands exchanged.
func (o CompareOp) Flip() CompareOp {
	switch o {
	case Less:
		return Greater
	case LessOrEqual:
		return GreaterOrEqual
	case Greater:
		return Less
	case GreaterOrEqual:
		return LessOrEqual
	}
	return o
}

// Negate is the operator that holds exactly where o does not (null where o is null); ok is false for <=>.
func (o CompareOp) Negate() (_ CompareOp, ok bool) {
	if o == NullSafeEqual {
		return o, false
	}
	return [...]CompareOp{NotEqual, Equal, GreaterOrEqual, Greater, LessOrEqual, Less}[o], true
}
