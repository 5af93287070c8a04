package expr

import (
	"strings"

	"github.com/kilnql/kiln/types"
)

// PrintedCall is a call on its way into the name of an unnamed column, where Spark shows many functions in another way than
// they are called. A Print of a function changes it and returns its Text, or returns a text of its own.
type PrintedCall struct {
	// Name is the name or alias that the query calls, in lower case.
	Name string
	// Args are the texts of the arguments: stars are expanded, named arguments in their places.
	Args []string
	// Types are the types of Args that names depend on (dates, timestamps, intervals, binary), and Type is that of the result,
	// also where it is a string. Other types, and all of a query that is not bound yet, are void.
	Types []types.Type
	Type  types.Type
	// Literals tells of each of Args whether it is a string literal.
	Literals []bool
	// Operator is true where the query has an operator and not a name with arguments in parentheses.
	Operator bool
	// Distinct is true for f(DISTINCT …).
	Distinct bool
	// WithinGroup are the sort keys of WITHIN GROUP.
	WithinGroup []PrintedKey
	// Frame is for the Print of a window function that looks at rows of its own choice, such as lag: the frame that the name
	// shows instead of that of the window.
	Frame string
}

// PrintedKey is a sort key on its way into the name of a column.
type PrintedKey struct {
	Expr       string // the text of the key alone
	Descending bool
	Full       string // with direction and place of nulls, as Spark writes them
}

// Text is the call as name(arguments).
func (c *PrintedCall) Text() string {
	distinct := ""
	if c.Distinct {
		distinct = "DISTINCT "
	}
	return c.Name + "(" + distinct + strings.Join(c.Args, ", ") + ")"
}

// ArgType is the type of argument i, void where it is absent or of no matter for names.
func (c *PrintedCall) ArgType(i int) types.Type {
	if i < len(c.Types) {
		return c.Types[i]
	}
	return types.Type{}
}
