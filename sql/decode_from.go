package sql

import (
	"strings"

	"vitess.io/vitess/go/vt/sqlparser"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
)

// from decodes a FROM clause, which the rewriter always writes as one tree of joins; nil if there is none.
func (d *decoder) from(tables []sqlparser.TableExpr) ast.Query {
	if len(tables) != 1 {
		panic(bug("FROM with commas"))
	}
	return d.table(tables[0])
}

func (d *decoder) table(t sqlparser.TableExpr) ast.Query {
	var joins []*sqlparser.JoinTableExpr
	for {
		j, is := t.(*sqlparser.JoinTableExpr)
		if !is {
			break
		}
		joins, t = append(joins, j), j.LeftExpr
	}
	q := d.tableOperand(t)
	for i := len(joins) - 1; i >= 0; i-- {
		q = d.join(q, joins[i])
	}
	return q
}

func (d *decoder) tableOperand(t sqlparser.TableExpr) ast.Query {
	switch t := t.(type) {
	case *sqlparser.ParenTableExpr:
		return d.from(t.Exprs)
	case *sqlparser.AliasedTableExpr:
		if v := d.lateralView(nil, t); v != nil {
			return v
		}
		return d.aliased(t)
	}
	panic(unknown(t))
}

// aliased decodes a named or derived table with its alias.
func (d *decoder) aliased(t *sqlparser.AliasedTableExpr) ast.Query {
	var q ast.Query
	var span diag.Span
	switch e := t.Expr.(type) {
	case sqlparser.TableName:
		text := e.Name.String()
		if text == "dual" { // vitess' own: there is no FROM
			return nil
		}
		q = d.named(text)
		span = q.Place()
	case *sqlparser.DerivedTable:
		q = d.query(e.Select)
		if s, is := e.Select.(*sqlparser.Select); is && e.Lateral {
			if m, _, _, _ := d.firstMarker(s); m == "tvf" || m == "tvf_lateral" {
				break
			}
		}
		if e.Lateral {
			q = d.lateral(q, q.Place())
		}
	default:
		panic(unknown(e))
	}
	if t.As.IsEmpty() || t.As.String() == "k:anon" {
		return q
	}
	a := &ast.SubqueryAlias{Input: q}
	a.Name, a.Columns, a.Span = alias(t.As.String())
	if a.Name == "" && a.Columns == nil {
		return q
	}
	if !span.IsZero() {
		a.Span = span.To(a.Span)
	}
	return a
}

// fileFormats are the names that, before a quoted path, make it a file: parquet.`/data/t`.
var fileFormats = map[string]bool{"parquet": true, "csv": true, "json": true, "orc": true, "text": true, "avro": true, "binaryfile": true, "arrow": true}

// named decodes a table's name, or the path that stands for one.
func (d *decoder) named(text string) ast.Query {
	if path, is := strings.CutPrefix(text, pathMark); is {
		path, span, _ := cutRange(path, '@')
		f := &ast.FileTable{Paths: []string{unescapePart.Replace(path)}}
		f.Span = span
		return f
	}
	parts, span := name(text)
	if len(parts) == 2 && fileFormats[lower(parts[0])] && d.source[span.Stop-1] == '`' {
		f := &ast.FileTable{Format: lower(parts[0]), Paths: parts[1:]}
		f.Span = span
		return f
	}
	t := &ast.Table{Name: parts}
	t.Span = span
	return t
}

// lateralView decodes t as a LATERAL VIEW of input; nil if it is none.
func (d *decoder) lateralView(input ast.Query, t *sqlparser.AliasedTableExpr) ast.Query {
	derived, is := t.Expr.(*sqlparser.DerivedTable)
	if !is {
		return nil
	}
	s, is := derived.Select.(*sqlparser.Select)
	if !is {
		return nil
	}
	m, span, args, _ := d.firstMarker(s)
	if m != "view" && m != "view_outer" {
		return nil
	}
	v := &ast.LateralView{Input: input, Generator: d.expr(args[0]), Outer: m == "view_outer"}
	v.Table, v.Columns, _ = alias(t.As.String())
	v.Span = span
	return v
}

var joinTypes = map[string]ast.JoinType{
	"inner": ast.InnerJoin, "cross": ast.CrossJoin, "left": ast.LeftJoin, "right": ast.RightJoin, "full": ast.FullJoin,
	"semi": ast.LeftSemiJoin, "anti": ast.LeftAntiJoin,
}

func (d *decoder) join(left ast.Query, t *sqlparser.JoinTableExpr) ast.Query {
	if right, is := t.RightExpr.(*sqlparser.AliasedTableExpr); is {
		if v := d.lateralView(left, right); v != nil {
			return v
		}
	}
	j := &ast.Join{Left: left, Right: d.table(t.RightExpr)}
	switch t.Join {
	case sqlparser.NormalJoinType:
	case sqlparser.LeftJoinType:
		j.Type = ast.LeftJoin
	case sqlparser.RightJoinType:
		j.Type = ast.RightJoin
	default:
		panic(bug("the join " + t.Join.ToString()))
	}
	if t.Condition == nil {
		return j
	}
	for _, c := range t.Condition.Using {
		parts, span := name(c.String())
		j.Using = append(j.Using, parts[0])
		j.Span = j.Span.To(span)
	}
	if t.Condition.On == nil {
		return j
	}
	m, span, args, ok := markerOf(t.Condition.On)
	if ok && d.markedJoin(j, m, args) {
		j.Span = span
		return j
	}
	j.On, j.Span = d.extent(t.Condition.On)
	return j
}

// markedJoin decodes a join that MySQL lacks from the marker in its ON.
func (d *decoder) markedJoin(j *ast.Join, m string, args []sqlparser.Expr) bool {
	if m == "none" {
		return true
	}
	kind, natural := strings.CutPrefix(m, "natural_")
	kind, using := strings.CutSuffix(kind, "_using")
	t, known := joinTypes[kind]
	if !known {
		return false
	}
	j.Type, j.Natural = t, natural
	switch {
	case using:
		for _, a := range args {
			parts, _ := name(a.(*sqlparser.ColName).Name.String())
			j.Using = append(j.Using, parts[0])
		}
	case len(args) == 1:
		j.On = d.expr(args[0])
	}
	return true
}
