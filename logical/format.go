package logical

import (
	"strings"

	"github.com/kilnql/kiln/expr"
)

// Format draws a plan as a tree, one node a line, as Spark does:
//
//	Project [a#1]
//	+- Join Inner, (a#1 = b#2)
//	   :- Scan t [a#1]
//	   +- Scan u [b#2]
//
// Plans of subqueries stand below the node whose expressions hold them, before its inputs, behind a colon.
func Format(plan Node) string { return FormatWith(plan, func(Node) string { return "" }) }

// FormatWith is Format with a text behind the line of each node.
func FormatWith(plan Node, note func(Node) string) string {
	var b strings.Builder
	format(&b, plan, "", "", note)
	return b.String()
}

// format writes n behind first, and what is below it behind rest.
func format(b *strings.Builder, n Node, first, rest string, note func(Node) string) {
	b.WriteString(first + n.Describe() + note(n) + "\n")
	children := n.Children()
	subqueries := Subqueries(n)
	below := rest
	if len(children) > 0 {
		below += ":  "
	} else {
		below += "   "
	}
	for i, s := range subqueries {
		if i < len(subqueries)-1 {
			format(b, s.Plan.(Node), below+":- ", below+":  ", note)
		} else {
			format(b, s.Plan.(Node), below+"+- ", below+"   ", note)
		}
	}
	for i, c := range children {
		if i < len(children)-1 {
			format(b, c, rest+":- ", rest+":  ", note)
		} else {
			format(b, c, rest+"+- ", rest+"   ", note)
		}
	}
}

// Subqueries are the subqueries in the expressions of n itself, in order; one that occurs twice is given once.
func Subqueries(n Node) []*expr.Subquery {
	var found []*expr.Subquery
	seen := map[any]bool{}
	for _, e := range n.Expressions() {
		expr.Walk(e, func(e expr.Expr) bool {
			if s, ok := e.(*expr.Subquery); ok && !seen[s.Plan] {
				seen[s.Plan] = true
				found = append(found, s)
			}
			return true
		})
	}
	return found
}
