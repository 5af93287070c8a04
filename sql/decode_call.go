package sql

import (
	"strings"

	"vitess.io/vitess/go/vt/sqlparser"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

// function decodes a call, which is one of the user's or a marker.
func (d *decoder) function(f *sqlparser.FuncExpr) (ast.Expr, diag.Span) {
	m, span, ok := marker(f)
	if !ok {
		c := &ast.Call{Args: d.exprs(f.Exprs)}
		c.Func, c.Span = name(m)
		return c, c.Span
	}
	args := f.Exprs
	switch m {
	case "p":
		x, _ := d.extent(args[0])
		return x, span
	case "at":
		return place(d.expr(args[0]), span), span
	case "concat":
		return d.concat(args, span)
	case "distinct", "within", "filter", "ignore_nulls", "respect_nulls", "over":
		return d.modified(m, args, span), span
	}
	if x := d.operatorMarker(m, args, span); x != nil {
		return x, span
	}
	return d.syntaxMarker(m, args, span), span
}

// concat decodes a || b || c, which the rewriter wrote as one marker.
func (d *decoder) concat(args []sqlparser.Expr, span diag.Span) (ast.Expr, diag.Span) {
	x, s := d.extent(args[0])
	if s.IsZero() || s.Start > span.Start {
		s.Start = span.Start
	}
	for _, a := range args[1:] {
		right, t := d.extent(a)
		s = s.To(t)
		x = operator(s, "concat", x, right)
	}
	return x, s
}

// markedOperators are the markers that are operators with the operands as they stand.
var markedOperators = map[string]string{
	"not": "not", "negative": "negative", "positive": "positive", "~": "~", "^": "^", ">>>": ">>>", "ilike": "ilike",
	"like_any": "like_any", "like_all": "like_all", "not_like_any": "not_like_any", "not_like_all": "not_like_all",
	"ilike_any": "ilike_any", "ilike_all": "ilike_all", "not_ilike_any": "not_ilike_any", "not_ilike_all": "not_ilike_all",
	"is_null": "isnull", "is_not_null": "isnotnull", "is_true": "istrue", "is_false": "isfalse", "is_unknown": "isunknown", "is_not_distinct": "<=>",
}

// negatedOperators are those with NOT around them.
var negatedOperators = map[string]string{
	"not_ilike": "ilike", "is_not_true": "istrue", "is_not_false": "isfalse", "is_not_unknown": "isunknown", "is_distinct": "<=>",
}

func (d *decoder) operatorMarker(m string, args []sqlparser.Expr, span diag.Span) ast.Expr {
	if f, ok := markedOperators[m]; ok {
		return operator(span, f, d.exprs(args)...)
	}
	if f, ok := negatedOperators[m]; ok {
		return operator(span, "not", operator(span, f, d.exprs(args)...))
	}
	return nil
}

// syntaxMarker decodes the markers that have nodes of their own.
func (d *decoder) syntaxMarker(m string, args []sqlparser.Expr, span diag.Span) ast.Expr {
	switch m {
	case "query":
		x := &ast.ScalarSubquery{Query: d.query(args[0].(*sqlparser.Subquery).Select)}
		x.Span = span
		return x
	case "row":
		x := &ast.Call{Func: []string{"struct"}, Args: d.exprs(args), Operator: true}
		x.Span = span
		return x
	case "cast", "try_cast":
		x := &ast.Cast{Input: d.expr(args[0]), Type: d.dataType(word(args[1])), Try: m == "try_cast"}
		x.Span = span
		return x
	case "subscript":
		x := &ast.Subscript{Base: d.expr(args[0]), Index: d.expr(args[1])}
		x.Span = span
		return x
	case "field":
		x := &ast.Field{Base: d.expr(args[0]), Name: word(args[1])}
		x.Span = span
		return x
	case "path":
		return operator(span, "semi_structured_extract", d.expr(args[0]), d.expr(args[1]))
	case "collate":
		l := &ast.Literal{Value: strings.Join(splitNames(word(args[1]), partSeparator), "."), Type: types.StringType}
		l.Span = span
		return operator(span, "collate", d.expr(args[0]), l)
	case "typed":
		l, _ := d.literal(word(args[1]))
		x := &ast.TypedLiteral{TypeName: word(args[0]), Text: l.(*ast.Literal).Value.(string)}
		x.Span = span
		return x
	case "interval":
		return d.interval(args, span)
	case "lambda":
		x := &ast.Lambda{Body: d.expr(args[len(args)-1])}
		for _, p := range args[:len(args)-1] {
			x.Params = append(x.Params, word(p))
		}
		x.Span = span
		return x
	case "named":
		x := &ast.NamedArgument{Name: word(args[0]), Value: d.expr(args[1])}
		x.Span = span
		return x
	case "as", "aliases":
		x := &ast.Alias{Input: d.expr(args[0])}
		x.Names = []string{unescapePart.Replace(word(args[1]))}
		if m == "aliases" {
			x.Names = splitNames(word(args[1]), aliasSeparator)[1:]
		}
		x.Span = span
		return x
	case "param":
		return d.parameter(args, span)
	case "star":
		return d.star(args, span)
	case "all":
		x := &ast.All{}
		x.Span = span
		return x
	}
	panic(bug("the marker " + m))
}

func (d *decoder) interval(args []sqlparser.Expr, span diag.Span) *ast.IntervalLiteral {
	x := &ast.IntervalLiteral{}
	x.Span = span
	for i := 0; i+1 < len(args); i += 2 {
		f := ast.IntervalField{Value: d.expr(args[i])}
		f.Unit, f.UnitTo, _ = strings.Cut(word(args[i+1]), " TO ")
		x.Fields = append(x.Fields, f)
	}
	return x
}

func (d *decoder) star(args []sqlparser.Expr, span diag.Span) *ast.Star {
	x := &ast.Star{}
	x.Span = span
	if len(args) == 0 {
		return x
	}
	if c, is := args[0].(*sqlparser.ColName); is {
		x.Qualifier, _ = name(c.Name.String())
	}
	for _, a := range args[1:] {
		column, _ := name(a.(*sqlparser.ColName).Name.String())
		x.Except = append(x.Except, column)
	}
	return x
}

// modified decodes a marker that adds something to the call inside it.
func (d *decoder) modified(m string, args []sqlparser.Expr, span diag.Span) *ast.Call {
	inner := args[0]
	var over *sqlparser.OverClause
	if m == "over" {
		carrier := inner.(*sqlparser.Max)
		inner, over = carrier.Arg, carrier.OverClause
	}
	c, is := d.expr(inner).(*ast.Call)
	if !is {
		panic(bug("the marker " + m + " around no call"))
	}
	c.Span = span
	switch m {
	case "distinct":
		c.Distinct = true
	case "within":
		for _, a := range args[1:] {
			c.WithinGroup = append(c.WithinGroup, d.sortItem(a, false))
		}
	case "filter":
		c.Filter = d.expr(args[1])
	case "ignore_nulls", "respect_nulls":
		ignore := m == "ignore_nulls"
		c.IgnoreNulls = &ignore
	case "over":
		c.Over = d.over(over)
	}
	return c
}

func (d *decoder) over(o *sqlparser.OverClause) *ast.Window {
	if o.WindowSpec != nil {
		return d.window(o.WindowSpec)
	}
	w := &ast.Window{}
	parts, span := name(o.WindowName.String())
	w.Name, w.Span = parts[0], span
	return w
}

func (d *decoder) window(s *sqlparser.WindowSpecification) *ast.Window {
	w := &ast.Window{PartitionBy: d.exprs(s.PartitionClause)}
	if !s.Name.IsEmpty() {
		parts, span := name(s.Name.String())
		w.Name, w.Span = parts[0], span
	}
	for _, o := range s.OrderClause {
		w.OrderBy = append(w.OrderBy, d.sortItem(o.Expr, o.Direction == sqlparser.DescOrder))
	}
	if s.FrameClause != nil {
		w.Frame = d.frame(s.FrameClause)
	}
	return w
}

func (d *decoder) frame(f *sqlparser.FrameClause) *ast.Frame {
	frame := &ast.Frame{Rows: f.Unit == sqlparser.FrameRowsType, End: ast.FrameBound{Kind: ast.CurrentRow}}
	frame.Start = d.bound(f.Start)
	if f.End != nil {
		frame.End = d.bound(f.End)
	}
	return frame
}

func (d *decoder) bound(p *sqlparser.FramePoint) ast.FrameBound {
	switch p.Type {
	case sqlparser.CurrentRowType:
		return ast.FrameBound{Kind: ast.CurrentRow}
	case sqlparser.UnboundedPrecedingType:
		return ast.FrameBound{Kind: ast.UnboundedPreceding}
	case sqlparser.UnboundedFollowingType:
		return ast.FrameBound{Kind: ast.UnboundedFollowing}
	case sqlparser.ExprPrecedingType:
		return ast.FrameBound{Kind: ast.Preceding, Offset: d.expr(p.Expr)}
	}
	return ast.FrameBound{Kind: ast.Following, Offset: d.expr(p.Expr)}
}

// sortItem decodes a sort key with the markers around it.
func (d *decoder) sortItem(e sqlparser.Expr, descending bool) ast.SortItem {
	item := ast.SortItem{Descending: descending}
	for {
		m, _, args, ok := markerOf(e)
		if !ok || m != "desc" && m != "nulls_first" && m != "nulls_last" {
			item.Expr = d.expr(e)
			return item
		}
		if m == "desc" {
			item.Descending = true
		} else {
			first := m == "nulls_first"
			item.NullsFirst = &first
		}
		e = args[0]
	}
}
