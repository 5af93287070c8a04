package analysis

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/catalog/memory"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// from binds what stands in FROM: nil is one row without columns.
func (b *binder) from(q ast.Query, env environment) (*relation, error) {
	r, err := b.fromItem(q, env)
	if err != nil && q != nil {
		return nil, at(err, q.Place())
	}
	return r, err
}

func (b *binder) fromItem(q ast.Query, env environment) (*relation, error) {
	if q != nil && !isSQL(q) {
		if r := b.known(q); r != nil {
			return r, nil
		}
	}
	switch q := q.(type) {
	case nil:
		return newRelation(oneRow(), nil), nil
	case *ast.Table:
		return b.table(q, env)
	case *ast.FileTable:
		if b.catalog == nil {
			return nil, diag.Unsupported("file tables without a catalog")
		}
		t, err := b.catalog.OpenFiles(b.ctx, q)
		if err != nil {
			return nil, err
		}
		n := b.scan(t, "")
		n.Files = q
		return newRelation(n, nil), nil
	case *ast.LocalRelation:
		t, ok := q.Source.(source.Table)
		if !ok {
			return nil, diag.Unsupported("a local relation that is no table")
		}
		return newRelation(b.scan(t, q.Name), nil), nil
	case *ast.SubqueryAlias:
		return b.subqueryAlias(q, env)
	case *ast.TableFunction:
		return b.tableFunction(q, env)
	case *ast.Lateral:
		// A first FROM item has nothing on its left that it could refer to.
		return b.from(q.Input, env)
	case *ast.LateralView:
		return b.lateralView(q, env)
	case *ast.Join:
		return b.join(q, env)
	}
	r, err := b.query(q, env)
	if err != nil {
		return nil, err
	}
	if isSQL(q) {
		// Names of a derived table without alias cannot be qualified with what it is made of.
		out := &relation{node: r.node, columns: slices.Clone(r.columns), origins: r.origins}
		for i := range out.columns {
			out.columns[i].qualifier = nil
		}
		return out, nil
	}
	return r, nil
}

// isSQL reports whether a query is one of SQL's own forms and not a step of a DataFrame chain, whose columns stay
// qualified.
func isSQL(q ast.Query) bool {
	switch q.(type) {
	case *ast.Select, *ast.With, *ast.SetOperation, *ast.Values:
		return true
	case *ast.Sort, *ast.Limit:
		return !q.Place().IsZero()
	}
	return false
}

// table binds a name: a common table expression, then what the catalog has.
func (b *binder) table(q *ast.Table, env environment) (*relation, error) {
	if len(q.Name) == 1 {
		if c := env.ctes.find(b, q.Name[0]); c != nil {
			return b.useCTE(c, q.Name[0], env)
		}
	}
	if b.catalog == nil {
		return nil, b.tableNotFound(q.Name)
	}
	found, err := b.catalog.ResolveTable(b.ctx, q.Name)
	if err != nil {
		return nil, err
	}
	if found.isZero() {
		return nil, b.tableNotFound(q.Name)
	}
	qualifier := found.Qualifier
	if qualifier == nil {
		qualifier = q.Name
	}
	last := q.Name[len(q.Name)-1]
	if found.Table != nil {
		return newRelation(b.scan(found.Table, last), qualifier), nil
	}
	return b.view(found, q.Name, qualifier, q.Place())
}

// view binds the query of a view, which sees nothing of the query around it; place is where it is used.
func (b *binder) view(v Relation, name, qualifier []string, place diag.Span) (*relation, error) {
	full := strings.ToLower(strings.Join(name, "."))
	if slices.Contains(b.views, full) {
		path := append(slices.Clone(b.views), full)
		return nil, diag.New("RECURSIVE_VIEW", "viewIdent", quoteName(name), "newPath", strings.Join(path, " -> "))
	}
	b.views = append(b.views, full)
	warn := b.warn
	if warn != nil && v.Text != "" {
		b.warn = func(w *diag.Warning) {
			w.SQL = v.Text
			warn(w)
		}
	}
	if v.Step != nil {
		b.steps[v.View] = v.Step
	}
	r, err := b.query(v.View, environment{})
	b.views, b.warn = b.views[:len(b.views)-1], warn
	if err != nil {
		// A place found so far is one in the view's text; without one the place is where the view is used.
		var e *diag.Error
		if v.Text != "" && errors.As(err, &e) && !e.Span.IsZero() {
			err = diag.WithSQL(err, v.Text)
		}
		return nil, err
	}
	out := newRelation(logical.MoveTo(r.plan(), place), qualifier)
	if v.Columns != nil {
		if err := out.rename(v.Columns); err != nil {
			return nil, err
		}
	}
	for i, comment := range v.Comments {
		if comment != "" && i < len(out.columns) {
			metadata := maps.Clone(out.columns[i].Metadata)
			if metadata == nil {
				metadata = map[string]string{}
			}
			metadata["comment"] = comment
			out.columns[i].Metadata = metadata
		}
	}
	return out, nil
}

// rename gives the columns other names.
func (r *relation) rename(names []string) error {
	if len(names) != len(r.columns) {
		return diag.New("ASSIGNMENT_ARITY_MISMATCH", "numExpr", itoa(len(names)), "numTarget", itoa(len(r.columns)))
	}
	for i, n := range names {
		r.columns[i].Name = n
	}
	return nil
}

// subqueryAlias is q AS name(columns).
func (b *binder) subqueryAlias(q *ast.SubqueryAlias, env environment) (*relation, error) {
	r, err := b.from(q.Input, env)
	if err != nil {
		return nil, err
	}
	if v, ok := q.Input.(*ast.Values); ok && q.Columns != nil && len(q.Columns) != len(r.columns) {
		return nil, valuesWidth(len(q.Columns), len(r.columns), 0).At(v.Place())
	}
	out := r.qualified(q.Name)
	if q.Name == "" {
		out.columns = slices.Clone(r.columns)
	}
	if q.Columns == nil {
		return out, nil
	}
	if _, ok := q.Input.(*ast.TableFunction); ok && len(q.Columns) != len(out.columns) {
		return nil, diag.New("NUM_TABLE_VALUE_ALIASES_MISMATCH", "funcName", quoteName([]string{q.Name}),
			"aliasesNum", itoa(len(q.Columns)), "outColsNum", itoa(len(out.columns)))
	}
	return out, out.rename(q.Columns)
}

// tableFunction binds a function in FROM: a generator, or range. The site's columns are those of a LATERAL item's left.
func (b *binder) tableFunction(q *ast.TableFunction, env environment) (*relation, error) {
	name := functionName(q.Name)
	s := b.site(newRelation(oneRow(), nil), env)
	if name == "range" {
		return b.rangeFunction(q, s)
	}
	bound, err := s.expr(&ast.Call{Func: q.Name, Args: q.Args})
	if err != nil {
		if diag.ConditionOf(err) == "UNRESOLVED_ROUTINE" {
			return nil, tableFunctionNotFound(q)
		}
		return nil, err
	}
	call := generatorOf(bound)
	if call == nil || bound != expr.Expr(call) {
		return nil, tableFunctionNotFound(q)
	}
	g, err := b.newGenerated(call, call.Function.Name, nil, false)
	if err != nil {
		return nil, err
	}
	n := &logical.Generate{Input: oneRow(), Generator: call, Outer: g.outer, Output: g.columns}
	return newRelation(n, []string{name}), nil
}

// rangeFunction is range(end), range(start, end[, step[, partitions]]).
func (b *binder) rangeFunction(q *ast.TableFunction, s *site) (*relation, error) {
	if len(q.Args) < 1 || len(q.Args) > 4 {
		return nil, diag.New("WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "functionName", "`range`", "expectedNum", "[1, 2, 3, 4]",
			"actualNum", itoa(len(q.Args)), "docroot", "https://spark.apache.org/docs/latest")
	}
	numbers := make([]int64, len(q.Args))
	for i, a := range q.Args {
		e, err := s.expr(a)
		if err != nil {
			return nil, err
		}
		v, err := b.fold(e)
		if err != nil {
			return nil, err
		}
		n, ok := types.Integer64(v)
		if !ok {
			return nil, diag.New("UNEXPECTED_INPUT_TYPE", "functionName", "`range`", "paramIndex", ordinal(i), "requiredType", `"BIGINT"`,
				"inputSql", sqlOf(e), "inputType", quoteSQL(e.Type().SQL())).At(a.Place())
		}
		numbers[i] = n
	}
	r := &memory.Range{End: numbers[0], Step: 1, Partitions: 1}
	if len(numbers) > 1 {
		r.Start, r.End = numbers[0], numbers[1]
	}
	if len(numbers) > 2 {
		r.Step = numbers[2]
	}
	if len(numbers) > 3 {
		r.Partitions = max(1, int(numbers[3]))
	}
	if r.Step == 0 {
		return nil, diag.New("FAILED_FUNCTION_CALL", "funcName", "`range`")
	}
	return newRelation(b.scan(r, "range"), []string{"range"}), nil
}
