package sql

import (
	"vitess.io/vitess/go/vt/sqlparser"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
)

// operator makes a call that was written as an operator.
func operator(span diag.Span, function string, args ...ast.Expr) *ast.Call {
	c := &ast.Call{Func: []string{function}, Args: args, Operator: true}
	c.Span = span
	return c
}

// expr decodes an expression.
func (d *decoder) expr(e sqlparser.Expr) ast.Expr {
	x, _ := d.extent(e)
	return x
}

func (d *decoder) exprs(es []sqlparser.Expr) []ast.Expr {
	if len(es) == 0 {
		return nil
	}
	out := make([]ast.Expr, len(es))
	for i, e := range es {
		out[i] = d.expr(e)
	}
	return out
}

// extent decodes an expression and says which part of the source it takes up, its parentheses included.
func (d *decoder) extent(e sqlparser.Expr) (ast.Expr, diag.Span) {
	switch e := e.(type) {
	case *sqlparser.Literal:
		return d.literal(e.Val)
	case *sqlparser.ColName:
		n := &ast.Name{}
		n.Parts, n.Span = name(e.Name.String())
		return n, n.Span
	case *sqlparser.FuncExpr:
		return d.function(e)
	case *sqlparser.BinaryExpr, *sqlparser.AndExpr, *sqlparser.OrExpr:
		return d.chain(e)
	case *sqlparser.ComparisonExpr:
		return d.comparison(e)
	case *sqlparser.BetweenExpr:
		x, a := d.extent(e.Left)
		low := d.expr(e.From)
		high, b := d.extent(e.To)
		span := a.To(b)
		c := operator(span, "between", x, low, high)
		if !e.IsBetween {
			c = operator(span, "not", c)
		}
		return c, span
	case *sqlparser.ExistsExpr:
		return &ast.Exists{Query: d.query(e.Subquery.Select)}, diag.Span{}
	case *sqlparser.CaseExpr:
		return d.caseExpr(e), diag.Span{}
	}
	panic(unknown(e))
}

var binaryNames = map[sqlparser.BinaryExprOperator]string{
	sqlparser.BitAndOp: "&", sqlparser.BitOrOp: "|", sqlparser.PlusOp: "+", sqlparser.MinusOp: "-", sqlparser.MultOp: "*", sqlparser.DivOp: "/",
	sqlparser.IntDivOp: "div", sqlparser.ModOp: "%", sqlparser.ShiftLeftOp: "<<", sqlparser.ShiftRightOp: ">>",
}

// chain decodes infix operators without descending the left side, which may be ten thousand operators deep.
func (d *decoder) chain(e sqlparser.Expr) (ast.Expr, diag.Span) {
	type link struct {
		function string
		right    sqlparser.Expr
	}
	var links []link
	for {
		switch b := e.(type) {
		case *sqlparser.BinaryExpr:
			f, ok := binaryNames[b.Operator]
			if !ok {
				panic(bug("the operator " + b.Operator.ToString()))
			}
			links, e = append(links, link{f, b.Right}), b.Left
			continue
		case *sqlparser.AndExpr:
			links, e = append(links, link{"and", b.Right}), b.Left
			continue
		case *sqlparser.OrExpr:
			links, e = append(links, link{"or", b.Right}), b.Left
			continue
		}
		break
	}
	x, span := d.extent(e)
	for i := len(links) - 1; i >= 0; i-- {
		f := links[i].function
		if f != "and" && f != "or" {
			right, s := d.extent(links[i].right)
			span = span.To(s)
			x = operator(span, f, x, right)
			continue
		}
		operands := []operand{{x, span}}
		for ; i >= 0 && links[i].function == f; i-- {
			right, s := d.extent(links[i].right)
			operands = append(operands, operand{right, s})
		}
		i++
		x, span = balanced(f, operands)
	}
	return x, span
}

// operand is an expression with the part of the source it takes up.
type operand struct {
	ast.Expr
	extent diag.Span
}

// balanced joins the operands of a chain of AND or OR as Spark's parser does: to a tree of little depth.
func balanced(function string, operands []operand) (ast.Expr, diag.Span) {
	if len(operands) == 1 {
		return operands[0].Expr, operands[0].extent
	}
	middle := (len(operands) + 1) / 2
	left, a := balanced(function, operands[:middle])
	right, b := balanced(function, operands[middle:])
	span := a.To(b)
	return operator(span, function, left, right), span
}

var comparisonNames = map[sqlparser.ComparisonExprOperator]string{
	sqlparser.EqualOp: "=", sqlparser.LessThanOp: "<", sqlparser.GreaterThanOp: ">", sqlparser.LessEqualOp: "<=", sqlparser.GreaterEqualOp: ">=",
	sqlparser.NotEqualOp: "!=", sqlparser.NullSafeEqualOp: "<=>", sqlparser.LikeOp: "like", sqlparser.NotLikeOp: "like",
	sqlparser.RegexpOp: "rlike", sqlparser.NotRegexpOp: "rlike",
}

func (d *decoder) comparison(e *sqlparser.ComparisonExpr) (ast.Expr, diag.Span) {
	left, span := d.extent(e.Left)
	if e.Operator == sqlparser.InOp || e.Operator == sqlparser.NotInOp {
		return d.in(e, left), diag.Span{}
	}
	f, ok := comparisonNames[e.Operator]
	if !ok || e.Modifier != 0 {
		panic(bug("the operator " + e.Operator.ToString()))
	}
	right, s := d.extent(e.Right)
	args := []ast.Expr{left, right}
	if e.Escape != nil {
		escape, t := d.extent(e.Escape)
		args, s = append(args, escape), s.To(t)
	}
	span = span.To(s)
	c := operator(span, f, args...)
	if e.Operator == sqlparser.NotLikeOp || e.Operator == sqlparser.NotRegexpOp {
		c = operator(span, "not", c)
	}
	return c, span
}

// in decodes IN; the marker around it knows its place.
func (d *decoder) in(e *sqlparser.ComparisonExpr, left ast.Expr) ast.Expr {
	in := &ast.In{Value: left}
	if m, _, _, ok := markerOf(e.Left); ok && m == "row" {
		in.RowValue = true
	}
	switch right := e.Right.(type) {
	case sqlparser.ValTuple:
		in.List = d.exprs(right)
	case *sqlparser.Subquery:
		in.Query = d.query(right.Select)
	default:
		panic(unknown(right))
	}
	if e.Operator == sqlparser.NotInOp {
		return operator(diag.Span{}, "not", in)
	}
	return in
}

func (d *decoder) caseExpr(e *sqlparser.CaseExpr) *ast.Case {
	c := &ast.Case{Whens: make([]ast.When, len(e.Whens))}
	if e.Expr != nil {
		c.Operand = d.expr(e.Expr)
	}
	for i, w := range e.Whens {
		c.Whens[i] = ast.When{Condition: d.expr(w.Cond), Result: d.expr(w.Val)}
	}
	if e.Else != nil {
		c.Else = d.expr(e.Else)
	}
	return c
}

// place sets the place of a node that does not know it by itself, and of what its NOT contains.
func place(e ast.Expr, span diag.Span) ast.Expr {
	switch e := e.(type) {
	case *ast.In:
		e.Span = span
	case *ast.Exists:
		e.Span = span
	case *ast.Case:
		e.Span = span
	case *ast.Call:
		e.Span = span
		if in, is := e.Args[0].(*ast.In); is {
			in.Span = span
		}
	}
	return e
}
