package analysis

import (
	"slices"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// generated is a generator call of a SELECT list or FROM and the columns it makes. A generator's call has the type of its
// rows: a struct with one field for each column.
type generated struct {
	call    *expr.Call
	outer   bool
	columns []logical.Column
}

// generatorOf is the generator call that an expression holds, or nil.
func generatorOf(e expr.Expr) *expr.Call {
	var found *expr.Call
	expr.Walk(e, func(x expr.Expr) bool {
		if found == nil && isGenerator(x) {
			found = x.(*expr.Call)
		}
		return found == nil
	})
	return found
}

// newGenerated makes the columns of a generator call, under the names given or the generator's own. outer generators
// give a row of nulls where they would give none.
func (b *binder) newGenerated(call *expr.Call, name string, names []string, outer bool) (*generated, error) {
	fields := []types.Field{{Name: "col", Type: call.Type(), Nullable: true}}
	if call.Type().Kind == types.Struct {
		fields = call.Type().Fields()
	}
	if len(names) > 0 && len(names) != len(fields) {
		return nil, diag.New("UDTF_ALIAS_NUMBER_MISMATCH", "aliasesSize", itoa(len(fields)), "aliasesNames", joinComma(names)).At(call.Place())
	}
	g := &generated{call: call, outer: outer || strings.HasSuffix(name, "_outer")}
	for i, f := range fields {
		c := logical.Column{ID: b.ids.Next(), Name: f.Name, Type: f.Type, Nullable: f.Nullable || g.outer}
		if len(names) > 0 {
			c.Name = names[i]
		}
		g.columns = append(g.columns, c)
	}
	return g, nil
}

// bindGenerator adds the columns of a generator in the SELECT list.
func (k *block) bindGenerator(call *expr.Call, bound expr.Expr, alias *ast.Alias, e ast.Expr) error {
	if bound != expr.Expr(call) {
		return diag.New("UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS", "expression", sqlOf(bound)).At(e.Place())
	}
	if slices.ContainsFunc(k.items, func(it *item) bool { return it.generated != nil }) {
		return diag.New("UNSUPPORTED_GENERATOR.MULTI_GENERATOR", "clause", "SELECT", "num", "2", "generators", sqlOf(bound)).At(e.Place())
	}
	var names []string
	if alias != nil {
		names = alias.Names
	}
	g, err := k.newGenerated(call, call.Function.Name, names, false)
	if err != nil {
		return err
	}
	for _, c := range g.columns {
		k.items = append(k.items, &item{block: k, expr: c.Ref(), name: c.Name, aliased: alias != nil, generated: g})
	}
	return nil
}

// generate puts the Generate node of the SELECT list, if it has one, on the plan.
func (k *block) generate(node logical.Node) (logical.Node, error) {
	i := slices.IndexFunc(k.items, func(it *item) bool { return it.generated != nil })
	if i < 0 {
		return node, nil
	}
	g := k.items[i].generated
	call := expr.Expr(g.call)
	if k.aggregation != nil {
		var err error
		if call, err = k.aggregation.lower(call); err != nil {
			return nil, err
		}
	}
	return &logical.Generate{Input: node, Generator: call, Outer: g.outer, Output: g.columns}, nil
}

// lateralView binds LATERAL VIEW [OUTER] generator(…) table AS columns.
func (b *binder) lateralView(q *ast.LateralView, env environment) (*relation, error) {
	r, err := b.from(q.Input, env)
	if err != nil {
		return nil, err
	}
	s := b.site(r, env)
	bound, err := s.expr(q.Generator)
	if err != nil {
		return nil, err
	}
	call := generatorOf(bound)
	if call == nil || bound != expr.Expr(call) {
		return nil, diag.New("UNSUPPORTED_GENERATOR.NOT_GENERATOR", "functionName", quoteSQL(expr.Pretty(bound)), "classCanonicalName", "").At(q.Place())
	}
	g, err := b.newGenerated(call, call.Function.Name, q.Columns, q.Outer)
	if err != nil {
		return nil, at(err, q.Place())
	}
	out := r.over(&logical.Generate{Input: r.node, Generator: call, Outer: g.outer, Output: g.columns})
	for _, c := range g.columns {
		out.columns = append(out.columns, visible{Column: c, qualifier: []string{q.Table}})
	}
	return out, nil
}
