package analysis

import (
	"math/big"
	"strconv"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// castTypeName is a type as names of columns have it: a cast to char or varchar is one to string.
func castTypeName(t types.Type) string {
	if t.Kind == types.String {
		return types.StringType.SQL()
	}
	return t.SQL()
}

// mirrored are the comparisons read from right to left.
var mirrored = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<="}

// noteComparison keeps the name of a comparison of an integer with a decimal literal. Spark rounds the literal to the
// integer that decides the same, before it names the column: id > 1.5 is "(id > 1)". The comparison itself stays.
func (s *site) noteComparison(e *ast.Call, name string, args []expr.Expr) {
	if len(args) != 2 || mirrored[name] == "" {
		return
	}
	integer, literal, operator, left := args[0], args[1], name, true
	if integer.Type().Kind == types.Decimal {
		integer, literal, operator, left = args[1], args[0], mirrored[name], false
	}
	l, ok := literal.(*expr.Literal)
	if !ok || l.Computed || l.Typ.Kind != types.Decimal || l.Value == nil || !integer.Type().IsIntegral() {
		return
	}
	n := namer{site: s}
	bound := roundedLiteral(l, operator == ">=" || operator == "<")
	if !bound.IsInt64() { // the comparison is decided
		s.comparisonNames[e] = strconv.FormatBool((bound.Sign() < 0) == (operator[0] == '>'))
		return
	}
	if left {
		s.comparisonNames[e] = "(" + n.expr(e.Args[0]) + " " + name + " " + bound.String() + ")"
	} else {
		s.comparisonNames[e] = "(" + bound.String() + " " + name + " " + n.expr(e.Args[1]) + ")"
	}
}

// roundedLiteral is the integer next to a decimal literal, below it or above.
func roundedLiteral(l *expr.Literal, up bool) *big.Int {
	unscaled, ok := l.Value.(types.Int128)
	if !ok {
		unscaled = types.Int128From(l.Value.(int64))
	}
	r, _ := new(big.Rat).SetString(types.FormatDecimal(unscaled, int(l.Typ.Scale)))
	whole, rest := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int))
	if up && rest.Sign() > 0 {
		whole.Add(whole, big.NewInt(1))
	}
	return whole
}
