package analysis

import (
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/expr"
)

// selfJoin gives a meaning to the equality of a DataFrame's column with itself in a join of the DataFrame with itself, or
// with a step made of it:
//
//	a.Join(a, a.Col("id").Eq(a.Col("id")), "inner")
//
// As in Spark, this compares the left side's column of that name with the right side's. Any other use of a column that
// both sides have stays ambiguous.
type selfJoin struct {
	left, right         *site
	leftMark, rightMark ast.Query // stand for the sides
}

// condition rewrites such equalities under AND, OR and NOT.
func (m *selfJoin) condition(e ast.Expr) ast.Expr {
	call, ok := e.(*ast.Call)
	if !ok || !call.Operator || len(call.Func) != 1 {
		return e
	}
	switch strings.ToLower(call.Func[0]) {
	case "=", "==", "<=>":
		return m.equality(call)
	case "and", "or", "not", "&&", "||", "!":
	default:
		return e
	}
	changed := *call
	changed.Args = make([]ast.Expr, len(call.Args))
	for i, a := range call.Args {
		changed.Args[i] = m.condition(a)
	}
	return &changed
}

func (m *selfJoin) equality(call *ast.Call) ast.Expr {
	if len(call.Args) != 2 {
		return call
	}
	x, isX := call.Args[0].(*ast.Name)
	y, isY := call.Args[1].(*ast.Name)
	if !isX || !isY || x.Plan == nil || y.Plan == nil {
		return call
	}
	name, ok := sameColumn(m.left, x, y)
	if !ok {
		if name, ok = sameColumn(m.right, x, y); !ok {
			return call
		}
	}
	if !hasOne(m.left, name) || !hasOne(m.right, name) {
		return call
	}
	changed := *call
	changed.Args = []ast.Expr{&ast.Name{Parts: []string{name}, Plan: m.leftMark}, &ast.Name{Parts: []string{name}, Plan: m.rightMark}}
	return &changed
}

// sameColumn reports whether two names are one column of a side, and its name.
func sameColumn(s *site, x, y *ast.Name) (string, bool) {
	a, err := s.planColumn(x)
	if err != nil {
		return "", false
	}
	b, err := s.planColumn(y)
	if err != nil {
		return "", false
	}
	p, isColumn := a.(*expr.Column)
	q, both := b.(*expr.Column)
	return x.Parts[len(x.Parts)-1], isColumn && both && p.ID == q.ID
}

func hasOne(s *site, name string) bool {
	n := 0
	for _, c := range s.relation.columns {
		if s.sameName(c.Name, name) {
			n++
		}
	}
	return n == 1
}
