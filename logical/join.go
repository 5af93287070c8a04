package logical

import (
	"github.com/kilnql/kiln/expr"
)

// Join joins two inputs. Condition may be nil. Output: left columns, then right columns (not for semi and anti), then
// for LeftMark one boolean. Outer sides' columns become nullable.
type Join struct {
	Type        JoinType
	Left, Right Node
	Condition   expr.Expr
	// Mark is the boolean column of a LeftMark join.
	Mark Column
	// NullAware says that an anti or mark join is that of NOT IN / IN, where an unknown condition counts: an anti join
	// keeps a left row only if the condition is false for every right row, and a mark is null if the condition is true
	// for none and unknown for one. Conjuncts that are not IN's own comparisons are made so that they are never unknown
	// (a correlated k = o.k is k <=> o.k over right rows whose k is not null), so Equal conjuncts are IN's keys.
	NullAware bool
	// Single says that more than one match of a left row is the error SCALAR_SUBQUERY_TOO_MANY_ROWS.
	Single bool
	// Lateral says that Right refers to columns of Left: a dependent join, which a required rule turns into others.
	Lateral bool
	// Hint: which side to broadcast, or how to join; "" for none.
	LeftHint, RightHint string
}

// JoinType is the kind of a join in a plan.
type JoinType uint8

// The join types. LeftMark adds a column that says whether a left row has a partner.
const (
	Inner JoinType = iota
	Cross
	LeftOuter
	RightOuter
	FullOuter
	LeftSemi
	LeftAnti
	LeftMark
)

var joinTypeNames = [...]string{"Inner", "Cross", "LeftOuter", "RightOuter", "FullOuter", "LeftSemi", "LeftAnti", "LeftMark"}

// String is Spark's name of the join type.
func (j JoinType) String() string { return joinTypeNames[j] }

// HasRightColumns reports whether the right side's columns are part of the output.
func (j JoinType) HasRightColumns() bool { return j < LeftSemi }

// Children returns left and right.
func (n *Join) Children() []Node { return []Node{n.Left, n.Right} }

// WithChildren returns the join of other inputs.
func (n *Join) WithChildren(c []Node) Node {
	m := *n
	m.Left, m.Right = c[0], c[1]
	return &m
}

// Columns returns the left columns, the right ones unless the join is semi, anti or mark, and the mark.
func (n *Join) Columns() []Column { return n.appendColumns(nil) }

// appendColumns adds the columns to others. Joins of joins, which may be hundreds, fill one list: a list of its own for each
// of them would make the columns of a query quadratic work, and rules that ask each join for its columns cubic.
func (n *Join) appendColumns(columns []Column) []Column {
	first := len(columns)
	columns = appendColumnsOf(columns, n.Left)
	if n.Type == RightOuter || n.Type == FullOuter {
		setNullable(columns[first:])
	}
	switch {
	case n.Type.HasRightColumns():
		right := len(columns)
		columns = appendColumnsOf(columns, n.Right)
		if n.Type == LeftOuter || n.Type == FullOuter {
			setNullable(columns[right:])
		}
	case n.Type == LeftMark:
		columns = append(columns, n.Mark)
	}
	return columns
}

func appendColumnsOf(columns []Column, n Node) []Column {
	for {
		switch m := n.(type) {
		case *Join:
			return m.appendColumns(columns)
		case *Filter:
			n = m.Input
		default:
			return append(columns, n.Columns()...)
		}
	}
}

func setNullable(columns []Column) {
	for i := range columns {
		columns[i].Nullable = true
	}
}

// Expressions returns the condition, if there is one.
func (n *Join) Expressions() []expr.Expr {
	if n.Condition == nil {
		return nil
	}
	return []expr.Expr{n.Condition}
}

// MapExpressions maps the condition.
func (n *Join) MapExpressions(f func(expr.Expr) expr.Expr) Node {
	if n.Condition == nil {
		return n
	}
	m := *n
	m.Condition = f(n.Condition)
	return &m
}

// Describe gives type, condition and hints.
func (n *Join) Describe() string {
	s := "Join " + n.Type.String()
	if n.NullAware {
		s += " null-aware"
	}
	if n.Lateral {
		s += " lateral"
	}
	if n.Single {
		s += " single"
	}
	if n.Type == LeftMark {
		s += " " + columnName(n.Mark)
	}
	if n.Condition != nil {
		s += ", " + expr.Debug(n.Condition)
	}
	if n.LeftHint != "" {
		s += ", leftHint=(strategy=" + n.LeftHint + ")"
	}
	if n.RightHint != "" {
		s += ", rightHint=(strategy=" + n.RightHint + ")"
	}
	return s
}

func (n *Join) mapIDs(f mapID) Node {
	if n.Type != LeftMark {
		return n
	}
	m := *n
	m.Mark.ID = f(n.Mark.ID)
	return &m
}
