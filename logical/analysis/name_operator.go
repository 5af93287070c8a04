package analysis

import (
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/types"
)

// patternSet names x LIKE ANY (…) and its kin. Spark keeps patterns that are constants out of the expression, and so out of
// its name; others it writes out as comparisons.
func (n namer) patternSet(e *ast.Call, name string) string {
	value := n.expr(e.Args[0])
	insensitive := strings.Contains(name, "ilike")
	constant := true
	for _, p := range e.Args[1:] {
		l, ok := p.(*ast.Literal)
		constant = constant && ok && l.Type.Kind == types.String
	}
	if constant {
		if insensitive {
			value = "lower(" + value + ")"
		}
		return patternSets[name] + "(" + value + ")"
	}
	connective := " AND "
	if strings.HasSuffix(name, "any") {
		connective = " OR "
	}
	all := ""
	for i, p := range e.Args[1:] {
		test := value + " LIKE " + n.expr(p)
		if insensitive {
			test = "ilike(" + value + ", " + n.expr(p) + ")"
		}
		if strings.HasPrefix(name, "not_") {
			test = "(NOT " + test + ")"
		}
		if i == 0 {
			all = test
		} else {
			all = "(" + all + connective + test + ")"
		}
	}
	return all
}

// toChar names to_char of what is no number; ok is false for numbers.
func (n namer) toChar(e *ast.Call, name string, args []string) (string, bool) {
	if n.site == nil || len(e.Args) != 2 {
		return "", false
	}
	switch t := n.site.printedTypes[e.Args[0]]; {
	case isInstant(t):
		return "date_format(" + strings.Join(args, ", ") + ")", true
	case t.Kind != types.Binary:
		return "", false
	}
	if name == "to_varchar" {
		return "to_varchar(" + args[0] + ")", true
	}
	switch strings.ToLower(args[1]) {
	case "base64", "hex":
		return strings.ToLower(args[1]) + "(" + args[0] + ")", true
	}
	return "decode(" + args[0] + ", " + args[1] + ")", true
}
