// Package analysis gives unresolved queries their meaning: names become columns, functions get types and kernels, and
// a query becomes a logical plan. It is the only binder: SQL text and DataFrame calls both arrive here as package ast's
// trees, and share the code that binds a SELECT block.
//
// The path of a query: query.go dispatches on the node; from.go and join.go bind relations to a relation (scope.go), the
// columns that names may refer to; block.go binds one SELECT block, or the same steps of a DataFrame chain, in SQL's
// order: items (expression.go, call.go, star.go), grouping (aggregation.go), windows (window.go), generators
// (generator.go), ORDER BY (sort.go); subquery.go binds queries inside expressions; name.go names unnamed columns.
//
// To add an expression: one arm in site.expr and one in namer.expr. To add a relation: one arm in binder.query. A function
// needs nothing here; package builtin's entry is enough.
package analysis

import (
	"context"
	"maps"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// Catalog is what the analyzer asks of the world outside a query.
type Catalog interface {
	// ResolveTable finds a table or view by its name of one or more parts. A name that stands for nothing gives a zero
	// Relation and no error; the analyzer makes the error, with the nearest names.
	ResolveTable(ctx context.Context, name []string) (Relation, error)
	// OpenFiles opens a table of files.
	OpenFiles(ctx context.Context, files *ast.FileTable) (source.Table, error)
	// TableNames lists the names that could have been meant, for suggestions.
	TableNames() []string
}

// Relation is what a name stands for: one of Table and View is set.
type Relation struct {
	// Qualifier is the full name that columns may be qualified with (spark_catalog, default, t); a suffix of it will do.
	// Nil means the name as written.
	Qualifier []string
	Table     source.Table
	// View is the query of a view, bound where it is used; Columns are new names for its columns, or nil, and Comments what
	// is said about each of them, "" for nothing.
	View              ast.Query
	Columns, Comments []string
	// Text is the SQL that the spans in View refer to, "" if it came from DataFrame calls.
	Text string
	// Step is what View means already, for the view of a DataFrame: it stays what it was made from.
	Step *Step
}

func (r Relation) isZero() bool { return r.Table == nil && r.View == nil }

// Parameter is the value of a ? or :name marker; Value is in the Go form of types.Value for Type, nil for NULL.
type Parameter struct {
	Value any
	Type  types.Type
}

// Analyzer binds queries. It is used for one query at a time; Settings are shared with the bound expressions and must not
// change afterwards.
type Analyzer struct {
	Catalog  Catalog
	Settings *expr.Settings
	// IDs numbers the columns of the query; nil makes a new counter.
	IDs *logical.IDs
	// Positional are the values of ? markers, Named those of :name markers.
	Positional []Parameter
	Named      map[string]Parameter
	// Functions finds functions; nil means the builtin ones.
	Functions Functions
	// Steps are what queries inside the one to bind mean already, by identity of the node. It is not changed, and must not be
	// afterwards.
	Steps map[ast.Query]*Step
	// Owner is whose queries may be inside others; nil means anybody's. See ast.Owned.
	Owner any
	// Warn is told of what has no effect, such as unknown hints; nil drops it.
	Warn func(*diag.Warning)
}

// Expression binds an expression over the columns of input, which may be nil for an expression without columns.
// Aggregate and window functions are not allowed.
func (a *Analyzer) Expression(ctx context.Context, e ast.Expr, input logical.Node) (_ expr.Expr, err error) {
	defer diag.Recover(&err)
	b := a.binder(ctx)
	if input == nil {
		input = oneRow()
	}
	s := b.site(newRelation(input, nil), environment{})
	bound, err := s.expr(e)
	if err != nil {
		return nil, err
	}
	return bound, s.noSpecial(bound)
}

func (a *Analyzer) binder(ctx context.Context) *binder {
	b := &binder{
		ctx: ctx, catalog: a.Catalog, settings: a.Settings, ids: a.IDs, positional: a.Positional, named: a.Named,
		steps: map[ast.Query]*Step{}, functions: a.Functions, warn: a.Warn, owner: a.Owner, qualifiers: map[*ast.Name]int{}, outerNames: map[ast.Expr][]string{}, printedTypes: map[ast.Expr]types.Type{}, accessed: map[ast.Expr]types.Kind{}, comparisonNames: map[*ast.Call]string{},
		coercion: types.Coercion{ANSI: a.Settings.ANSI, CaseSensitive: a.Settings.CaseSensitive},
	}
	maps.Copy(b.steps, a.Steps)
	if b.ids == nil {
		b.ids = &logical.IDs{}
	}
	if b.functions == nil {
		b.functions = builtinFunctions{}
	}
	return b
}

// binder is the state of binding one query.
type binder struct {
	ctx        context.Context
	catalog    Catalog
	settings   *expr.Settings
	coercion   types.Coercion
	ids        *logical.IDs
	positional []Parameter
	named      map[string]Parameter
	functions  Functions
	warn       func(*diag.Warning)
	owner      any

	instances int32 // of non-deterministic calls
	commons   int32 // keys of common plans
	// generators counts generator calls; most queries have none, and need no look for one inside others.
	generators int
	// hinted says that join hints were given, whose marks the plan has until they are removed.
	hinted bool
	// steps are the queries inside that were bound before.
	steps map[ast.Query]*Step
	views []string
	// qualifiers keeps, for the names bound last, how many leading parts were a table's: for naming columns.
	qualifiers map[*ast.Name]int
	// printedTypes keeps the types of dates, timestamps, intervals and binaries bound last: names of columns depend on them.
	printedTypes map[ast.Expr]types.Type
	// accessed keeps the kinds of what x[y] and x.y took the x of: a field is printed with a dot, a map's value in brackets.
	accessed map[ast.Expr]types.Kind
	// comparisonNames are the names of comparisons whose decimal literals Spark makes integers.
	comparisonNames map[*ast.Call]string
	// outerNames keeps the outer columns of the subqueries bound last, for naming columns.
	outerNames map[ast.Expr][]string
}

// sameName compares two names by the session's rule.
func (b *binder) sameName(x, y string) bool {
	if b.settings.CaseSensitive {
		return x == y
	}
	return x == y || strings.EqualFold(x, y)
}

// environment is what a query sees of the queries around it.
type environment struct {
	ctes *cteList
	// outer resolves names of enclosing queries; nil at the top and in views.
	outer *correlation
}

func oneRow() logical.Node { return &logical.Values{Rows: [][]expr.Expr{{}}} }
