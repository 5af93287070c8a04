// Package logical holds the bound query: nodes over column IDs. Nodes are immutable; a rule that changes one builds a
// new one and shares the rest. Each operator has one file here, and files of the same name in physical and exec.
package logical

import (
	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// Column is one output column of a node.
type Column struct {
	ID       expr.ColumnID
	Name     string
	Type     types.Type
	Nullable bool
	// Metadata carries comments and char/varchar length to the border.
	Metadata map[string]string
}

// Ref is the expression that refers to the column.
func (c Column) Ref() *expr.Column {
	return &expr.Column{Base: expr.Base{Typ: c.Type, Null: c.Nullable}, ID: c.ID, Name: c.Name}
}

// Named is an expression with the column it becomes.
type Named struct {
	ID   expr.ColumnID
	Name string
	Expr expr.Expr
	// Metadata as in Column.
	Metadata map[string]string
}

// Column is the column that n becomes.
func (n Named) Column() Column {
	return Column{ID: n.ID, Name: n.Name, Type: n.Expr.Type(), Nullable: n.Expr.Nullable(), Metadata: n.Metadata}
}

// Node is an operator of a logical plan.
type Node interface {
	// Children are the inputs; do not modify.
	Children() []Node
	// WithChildren is the same operator over other inputs with the same columns.
	WithChildren([]Node) Node
	// Columns is the output, in order.
	Columns() []Column
	// Expressions are all expressions the node holds, in a fixed order; MapExpressions returns the node with each replaced by f.
	Expressions() []expr.Expr
	MapExpressions(f func(expr.Expr) expr.Expr) Node
	// Describe is one line for EXPLAIN, without children.
	Describe() string
}

type (
	// Scan reads a table. Output columns refer to fields of the table's schema.
	Scan struct {
		Table  source.Table
		Output []ScanColumn
		// Filters are conjuncts above the scan, offered to the source for pruning; they do not replace the Filter node.
		Filters []expr.Expr
		// Limit is the number of rows that are enough, -1 for all.
		Limit int64
		// Identity tells scans of the same table apart in a plan used twice.
		Alias string
	}

	// Filter keeps the rows for which Condition is true.
	Filter struct {
		Input     Node
		Condition expr.Expr
	}

	// Project computes columns.
	Project struct {
		Input Node
		Items []Named
	}

	// Aggregate groups by Keys and computes Aggregates, each of which is an *expr.Aggregate. Output: keys, aggregates.
	// Keys nil: one row for the whole input. Sets, if not nil, are grouping sets: indexes into Keys; Output then has
	// GroupingID as a last column. A required rule expands them.
	Aggregate struct {
		Input      Node
		Keys       []Named
		Aggregates []Named
		Sets       [][]int
		GroupingID expr.ColumnID
	}

	// Join joins two inputs. Condition may be nil. Output: left columns, then right columns (not for semi and anti), then
	// for LeftMark one boolean. Outer sides' columns become nullable.
	Join struct {
		Type        JoinType
		Left, Right Node
		Condition   expr.Expr
		// Mark is the boolean column of a LeftMark join.
		Mark Column
		// NullAware says that an anti or mark join is that of NOT IN / IN: unknown comparisons count (see NullAwareKeys).
		NullAware bool
		// Single says that more than one match of a left row is the error SCALAR_SUBQUERY_TOO_MANY_ROWS.
		Single bool
		// Hint: which side to broadcast, or how to join; "" for none.
		LeftHint, RightHint string
	}

	// Sort orders rows: in all (Global) or in each partition.
	Sort struct {
		Input  Node
		Keys   []expr.SortKey
		Global bool
	}

	// Limit keeps Count rows (-1: all) after Offset rows. A Limit over a global Sort is executed as top-n.
	Limit struct {
		Input         Node
		Count, Offset int64
	}

	// SetOperation is union (All only; the binder puts an Aggregate on top for distinct), intersect or except. Output
	// columns have their own IDs; inputs have the same types in order.
	SetOperation struct {
		Op     ast.SetOperator
		All    bool
		Inputs []Node
		Output []Column
	}

	// Values is literal rows: expressions without columns.
	Values struct {
		Rows   [][]expr.Expr
		Output []Column
	}

	// Window computes window functions over its input: Output is the input's columns and Functions.
	Window struct {
		Input     Node
		Functions []Named // each an *expr.WindowCall with the same PartitionBy and OrderBy
	}

	// Generate joins each row with the rows of a generator function. Output: input's columns, Output.
	Generate struct {
		Input     Node
		Generator expr.Expr
		Outer     bool
		Output    []Column
	}

	// Sample keeps a random part of the rows.
	Sample struct {
		Input        Node
		Lower, Upper float64
		Seed         int64
	}

	// Repartition sets the partitions: by hash of By, or round robin; Shuffle false only merges (coalesce).
	Repartition struct {
		Input   Node
		Count   int
		By      []expr.Expr
		Shuffle bool
	}

	// Cache is a subplan whose result the session keeps; Table is the cached data once it exists.
	Cache struct {
		Input Node
		Key   string
	}

	// CommonPlan is a subplan used more than once and computed once: Definition is shared by all uses with one Key;
	// Output maps its columns, in order, to fresh IDs.
	CommonPlan struct {
		Key        int32
		Definition Node
		Output     []Column
	}

	// Single passes its input on and fails with SCALAR_SUBQUERY_TOO_MANY_ROWS at a second row; without rows it gives one of nulls.
	Single struct{ Input Node }
)

// ScanColumn is one column that a Scan reads.
type ScanColumn struct {
	Column
	// Path is the field's index in the table's schema, then of nested struct fields.
	Path []int
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

// IDs hands out the column IDs of one query.
type IDs struct{ next expr.ColumnID }

// Next returns a new ID.
func (s *IDs) Next() expr.ColumnID { s.next++; return s.next }
