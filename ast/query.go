package ast

import (
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

// Query is an unresolved relation: a SQL query or any step of a DataFrame chain.
type Query interface {
	Place() diag.Span
	query()
}

type isQuery struct{ At }

func (isQuery) query() {}

// QueryAt makes the embedded part of a query node.
func QueryAt(s diag.Span) isQuery { return isQuery{At{s}} }

type (
	// With is WITH ctes body.
	With struct {
		isQuery
		Recursive bool
		CTEs      []CTE
		Body      Query
	}

	// Select is one SELECT block. From is nil for a query without FROM (one row).
	Select struct {
		isQuery
		Hints    []HintItem
		Distinct bool
		Items    []Expr
		From     Query
		Where    Expr
		GroupBy  []Expr // Grouping and All nodes included; nil if absent
		Grouped  bool   // GROUP BY was written (it may be empty: GROUP BY ())
		Having   Expr
		Qualify  Expr
		Windows  []NamedWindow
	}

	// SetOperation is UNION, INTERSECT or EXCEPT.
	SetOperation struct {
		isQuery
		Op           SetOperator
		All          bool
		ByName       bool
		AllowMissing bool // unionByName(allowMissingColumns)
		Left, Right  Query
	}

	// Sort is ORDER BY (Global) or SORT BY (each partition).
	Sort struct {
		isQuery
		Input  Query
		Items  []SortItem
		Global bool
	}

	// Limit keeps Count rows (nil or All: no limit) after skipping Offset (nil: none).
	Limit struct {
		isQuery
		Input         Query
		Count, Offset Expr
	}

	// Values is VALUES (…), (…); columns are named col1, col2, ….
	Values struct {
		isQuery
		Rows [][]Expr
	}

	// Table is a named table, view or CTE, or a file written as format.`path` or 'path'
	// (then Format is "parquet" and so on, or "" to be told from the path's extension).
	Table struct {
		isQuery
		Name []string
	}

	// FileTable reads files: Read().Parquet(paths…), parquet.`path`, 'path'.
	FileTable struct {
		isQuery
		Format  string // lower-case; "" means by file extension
		Paths   []string
		Options map[string]string
		Schema  *types.Type // struct type the user gave, or nil
	}

	// Alias names a relation: q AS name(columns).
	SubqueryAlias struct {
		isQuery
		Input   Query
		Name    string
		Columns []string
	}

	// TableFunction is range(10), explode(x) and the like in FROM.
	TableFunction struct {
		isQuery
		Name []string
		Args []Expr
	}

	// Lateral marks a relation that may refer to columns on its left.
	Lateral struct {
		isQuery
		Input Query
	}

	// LateralView is LATERAL VIEW [OUTER] generator table AS columns.
	LateralView struct {
		isQuery
		Input     Query
		Generator Expr
		Outer     bool
		Table     string
		Columns   []string
	}

	// Join joins two relations. At most one of On, Using, Natural is set.
	Join struct {
		isQuery
		Type        JoinType
		Left, Right Query
		On          Expr
		Using       []string
		Natural     bool
	}

	// Filter, Project, WithColumns, DropColumns, RenameColumns, Aggregate, Distinct, DropDuplicates, Repartition, Hint
	// and Sample are steps of DataFrame chains; SQL spells them inside Select.
	Filter struct {
		isQuery
		Input     Query
		Condition Expr
	}

	// Project is df.Select(items…).
	Project struct {
		isQuery
		Input Query
		Items []Expr
	}

	// WithColumns adds or replaces columns; each item is an Alias.
	WithColumns struct {
		isQuery
		Input Query
		Items []Expr
	}

	// DropColumns removes columns; a string literal is a plain name, of any number of columns. Unknown ones are ignored, as
	// in Spark.
	DropColumns struct {
		isQuery
		Input   Query
		Columns []Expr
	}

	// RenameColumns renames; unknown names are ignored, as in Spark. From is nil if To has a name for each column.
	RenameColumns struct {
		isQuery
		Input Query
		From  []string
		To    []string
	}

	// Aggregate is df.GroupBy(keys…).Agg(items…): its output is the keys followed by the items.
	Aggregate struct {
		isQuery
		Input   Query
		GroupBy []Expr // Grouping nodes included
		Items   []Expr
	}

	// Distinct is df.Distinct().
	Distinct struct {
		isQuery
		Input Query
	}

	// DropDuplicates keeps one row for each combination of the columns; none means all columns.
	DropDuplicates struct {
		isQuery
		Input   Query
		Columns []string
	}

	// Repartition sets the number of partitions (0: default) by round robin or by hash of By.
	// Coalesce (Shuffle false) only merges partitions.
	Repartition struct {
		isQuery
		Input   Query
		Count   int
		By      []Expr
		Shuffle bool
	}

	// Hint is df.Hint(name, args…).
	Hint struct {
		isQuery
		Input Query
		Hints []HintItem
	}

	// Sample is TABLESAMPLE or df.Sample.
	Sample struct {
		isQuery
		Input Query
		Unit  SampleUnit
		Size  Expr
		Out   Expr // BUCKET x OUT OF y
		Seed  Expr
	}

	// Pivot turns values of a column into columns.
	Pivot struct {
		isQuery
		Input      Query
		Aggregates []Expr
		Columns    []Expr
		Values     []Expr
	}

	// Bound gives values to the ? and :name markers of its input.
	Bound struct {
		isQuery
		Input      Query
		Positional []*Literal
		Named      map[string]*Literal
	}

	// Owned is a DataFrame's query inside an expression: only the session that made it may run it. Step is what it was bound
	// to, a *analysis.Step, or nil.
	Owned struct {
		isQuery
		Input Query
		Owner any
		Step  any
	}

	// LocalRelation is data the program brought: Source is a catalog/source.Table.
	LocalRelation struct {
		isQuery
		Source any
		Name   string
	}
)

// CTE is one common table expression.
type CTE struct {
	At
	Name    string
	Columns []string
	Query   Query
}

// NamedWindow is one element of the WINDOW clause.
type NamedWindow struct {
	Name string
	Spec *Window
}

// HintItem is one hint: a name and its arguments, such as BROADCAST(t).
type HintItem struct {
	At
	Name string
	Args []Expr
}

// SetOperator is the kind of a set operation.
type SetOperator uint8

// The set operators.
const (
	Union SetOperator = iota
	Intersect
	Except
)

// JoinType is the kind of a join; the logical plan uses the same type.
type JoinType uint8

// The join types that can be written.
const (
	InnerJoin JoinType = iota
	CrossJoin
	LeftJoin
	RightJoin
	FullJoin
	LeftSemiJoin
	LeftAntiJoin
)

var joinNames = [...]string{"Inner", "Cross", "LeftOuter", "RightOuter", "FullOuter", "LeftSemi", "LeftAnti"}

// String is Spark's name, such as "LeftOuter".
func (j JoinType) String() string { return joinNames[j] }

// SampleUnit is how the size of a sample is given.
type SampleUnit uint8

// The sample units.
const (
	SamplePercent SampleUnit = iota
	SampleRows
	SampleBuckets
	SampleBytes
)
