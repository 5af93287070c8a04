package sql

import (
	"strings"

	"vitess.io/vitess/go/vt/sqlparser"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
)

// query decodes a query.
func (d *decoder) query(s sqlparser.TableStatement) ast.Query {
	switch s := s.(type) {
	case *sqlparser.Select:
		return d.withClauses(s.With, d.selectBody(s), s.OrderBy, s.Limit)
	case *sqlparser.Union:
		return d.withClauses(s.With, d.union(s), s.OrderBy, s.Limit)
	case *sqlparser.ValuesStatement:
		return d.values(s)
	}
	panic(unknown(s))
}

// withClauses puts ORDER BY, LIMIT and WITH around a body.
func (d *decoder) withClauses(with *sqlparser.With, body ast.Query, order sqlparser.OrderBy, limit *sqlparser.Limit) ast.Query {
	body = d.ordered(body, order)
	if limit != nil {
		l := &ast.Limit{Input: body}
		if !emptyWord(limit.Rowcount) {
			l.Count = d.expr(limit.Rowcount)
		}
		if limit.Offset != nil {
			l.Offset = d.expr(limit.Offset)
		}
		body = l
	}
	if with == nil {
		return body
	}
	w := &ast.With{Recursive: with.Recursive, Body: body}
	for _, c := range with.CTEs {
		cte := ast.CTE{Query: d.query(c.Subquery)}
		cte.Name, cte.Columns, cte.Span = alias(c.ID.String())
		w.CTEs = append(w.CTEs, cte)
	}
	return w
}

// emptyWord reports whether e is the empty string that the rewriter writes where MySQL wants a value and there is none.
func emptyWord(e sqlparser.Expr) bool {
	l, ok := e.(*sqlparser.Literal)
	return ok && l.Val == ""
}

// ordered puts the sorts and repartitionings of an ORDER BY clause around a body.
func (d *decoder) ordered(body ast.Query, order sqlparser.OrderBy) ast.Query {
	var global, local []ast.SortItem
	var by []ast.Expr
	for _, o := range order {
		m, _, args, ok := markerOf(o.Expr)
		if !ok || !strings.HasSuffix(m, "_by") {
			global = append(global, d.sortItem(o.Expr, o.Direction == sqlparser.DescOrder))
			continue
		}
		for _, a := range args {
			item := d.sortItem(a, false)
			if m != "distribute_by" {
				local = append(local, item)
			}
			if m != "sort_by" {
				by = append(by, item.Expr)
			}
		}
	}
	if by != nil {
		body = &ast.Repartition{Input: body, By: by, Shuffle: true}
	}
	if local != nil {
		body = &ast.Sort{Input: body, Items: local}
	}
	if global != nil {
		body = &ast.Sort{Input: body, Items: global, Global: true}
	}
	return body
}

// union decodes set operations from left to right. Those that MySQL lacks are a marker on their right side.
func (d *decoder) union(u *sqlparser.Union) ast.Query {
	chain := []*sqlparser.Union{u}
	left := u.Left
	for {
		inner, is := left.(*sqlparser.Union)
		if !is {
			break
		}
		chain, left = append(chain, inner), inner.Left
	}
	q := d.query(left)
	for i := len(chain) - 1; i >= 0; i-- {
		u := chain[i]
		op := &ast.SetOperation{All: !u.Distinct, Left: q}
		if s, is := u.Right.(*sqlparser.Select); is {
			m, span, _, _ := d.firstMarker(s)
			op.Span = span
			switch m {
			case "except":
				op.Op = ast.Except
			case "intersect":
				op.Op = ast.Intersect
			case "by_name":
				op.ByName = true
			}
		}
		op.Right = d.query(u.Right)
		q = op
	}
	return q
}

// firstMarker returns the marker that is the first item of a SELECT the rewriter made or added to.
func (d *decoder) firstMarker(s *sqlparser.Select) (m string, span diag.Span, args []sqlparser.Expr, ok bool) {
	if s.SelectExprs == nil || len(s.SelectExprs.Exprs) == 0 {
		return
	}
	item, is := s.SelectExprs.Exprs[0].(*sqlparser.AliasedExpr)
	if !is {
		panic(unknown(s.SelectExprs.Exprs[0]))
	}
	return markerOf(item.Expr)
}

// selectBody decodes a SELECT without its WITH, ORDER BY and LIMIT: one of the user's, or the derived table of a marker.
func (d *decoder) selectBody(s *sqlparser.Select) ast.Query {
	m, span, args, ok := d.firstMarker(s)
	if !ok {
		return d.selectBlock(s, s.SelectExprs.Exprs)
	}
	switch m {
	case "q", "except", "intersect", "by_name":
		return d.from(s.From)
	case "tvf", "tvf_lateral":
		call := d.expr(args[0]).(*ast.Call)
		f := &ast.TableFunction{Name: call.Func, Args: call.Args}
		f.Span = call.Span
		if m == "tvf_lateral" {
			return d.lateral(f, span)
		}
		return f
	case "sample_percent", "sample_rows", "sample_bytes", "sample_bucket":
		return d.sample(m, span, args, d.from(s.From))
	case "pivot":
		p := &ast.Pivot{Input: d.from(s.From), Aggregates: d.set(args[0]), Columns: d.set(args[1]), Values: d.set(args[2])}
		p.Span = span
		return p
	case "hints":
		return d.selectBlock(s, s.SelectExprs.Exprs[1:])
	}
	return d.selectBlock(s, s.SelectExprs.Exprs)
}

func (d *decoder) set(e sqlparser.Expr) []ast.Expr {
	_, _, args, _ := markerOf(e)
	return d.exprs(args)
}

func (d *decoder) lateral(q ast.Query, span diag.Span) ast.Query {
	l := &ast.Lateral{Input: q}
	l.Span = span
	return l
}

func (d *decoder) sample(m string, span diag.Span, args []sqlparser.Expr, input ast.Query) ast.Query {
	s := &ast.Sample{Input: input, Size: d.expr(args[0])}
	s.Span = span
	args = args[1:]
	switch m {
	case "sample_rows":
		s.Unit = ast.SampleRows
	case "sample_bytes":
		s.Unit = ast.SampleBytes
	case "sample_bucket":
		s.Unit = ast.SampleBuckets
		s.Out = d.expr(args[0])
		args = args[1:]
	}
	if len(args) > 0 {
		s.Seed = d.expr(args[0])
	}
	return s
}

// selectBlock decodes a SELECT block of the user's.
func (d *decoder) selectBlock(s *sqlparser.Select, items []sqlparser.SelectExpr) ast.Query {
	q := &ast.Select{Distinct: s.Distinct, Items: make([]ast.Expr, len(items))}
	if m, _, args, _ := d.firstMarker(s); m == "hints" {
		q.Hints = d.hints(args)
	}
	var span diag.Span
	for i, item := range items {
		e, extent := d.selectItem(item)
		q.Items[i] = e
		span = span.To(extent)
	}
	if len(s.From) > 0 {
		q.From = d.from(s.From)
	}
	if s.Where != nil {
		var extent diag.Span
		q.Where, extent = d.extent(s.Where.Expr)
		span = span.To(extent)
	}
	if s.GroupBy != nil {
		q.Grouped = true
		q.GroupBy = d.groupBy(s.GroupBy.Exprs)
	}
	if s.Having != nil {
		d.having(q, s.Having.Expr)
	}
	for _, w := range s.Windows {
		for _, def := range w.Windows {
			parts, at := name(def.Name.String())
			spec := d.window(def.WindowSpec)
			if spec.Span.IsZero() {
				spec.Span = at
			}
			q.Windows = append(q.Windows, ast.NamedWindow{Name: parts[0], Spec: spec})
		}
	}
	q.Span = span
	return q
}

func (d *decoder) hints(args []sqlparser.Expr) []ast.HintItem {
	hints := make([]ast.HintItem, len(args))
	for i, a := range args {
		_, span, parts, _ := markerOf(a)
		hints[i] = ast.HintItem{Name: word(parts[0]), Args: d.exprs(parts[1:])}
		hints[i].Span = span
	}
	return hints
}

func (d *decoder) selectItem(item sqlparser.SelectExpr) (ast.Expr, diag.Span) {
	a, is := item.(*sqlparser.AliasedExpr)
	if !is {
		panic(unknown(item))
	}
	e, span := d.extent(a.Expr)
	if a.As.IsEmpty() {
		return e, span
	}
	parts, s := name(a.As.String())
	x := &ast.Alias{Input: e, Names: parts}
	x.Span = span.To(s)
	return x, x.Span
}

func (d *decoder) having(q *ast.Select, e sqlparser.Expr) {
	if m, _, args, _ := markerOf(e); m == "qualify" {
		if !emptyWord(args[0]) {
			q.Having = d.expr(args[0])
		}
		q.Qualify = d.expr(args[1])
		return
	}
	q.Having = d.expr(e)
}

func (d *decoder) groupBy(es []sqlparser.Expr) []ast.Expr {
	var out []ast.Expr
	var list []ast.Expr
	for _, e := range es {
		m, span, args, _ := markerOf(e)
		switch m {
		case "set": // GROUP BY ()
		case "group_list":
			list = d.exprs(args)
		case "with_rollup", "with_cube":
			out = append(out, d.grouping(strings.TrimPrefix(m, "with_"), span, args))
		case "rollup", "cube", "grouping_sets":
			g := d.grouping(m, span, args)
			g.Exprs = list
			out = append(out, g)
		default:
			out = append(out, d.expr(e))
		}
	}
	return out
}

func (d *decoder) grouping(m string, span diag.Span, args []sqlparser.Expr) *ast.Grouping {
	g := &ast.Grouping{Kind: ast.Rollup}
	switch m {
	case "cube":
		g.Kind = ast.Cube
	case "grouping_sets":
		g.Kind = ast.GroupingSets
	}
	g.Span = span
	for _, a := range args {
		inner, s, parts, _ := markerOf(a)
		switch inner {
		case "set":
			g.Sets = append(g.Sets, []ast.Expr{})
		case "row":
			g.Sets = append(g.Sets, d.exprs(parts))
		case "rollup", "cube", "grouping_sets":
			g.Sets = append(g.Sets, []ast.Expr{d.grouping(inner, s, parts)})
		default:
			g.Sets = append(g.Sets, []ast.Expr{d.expr(a)})
		}
	}
	return g
}

// values decodes VALUES; a row of several columns was written as a row in a row.
func (d *decoder) values(s *sqlparser.ValuesStatement) ast.Query {
	v := &ast.Values{Rows: make([][]ast.Expr, len(s.Rows))}
	for i, row := range s.Rows {
		if len(row) == 1 {
			if m, span, args, _ := markerOf(row[0]); m == "row" {
				v.Rows[i] = d.exprs(args)
				v.Span = v.Span.To(span)
				continue
			}
		}
		v.Rows[i] = make([]ast.Expr, len(row))
		for j, e := range row {
			var extent diag.Span
			v.Rows[i][j], extent = d.extent(e)
			v.Span = v.Span.To(extent)
		}
	}
	return v
}
