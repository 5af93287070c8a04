package optimizer

import (
	"github.com/kilnql/kiln/builtin"
	"github.com/kilnql/kiln/expr"
)

// Functions that rules call. Rules find functions by name to make calls of them; they never match calls by name.

func lookupFunction(name string) (*expr.Function, bool) { return builtin.Lookup(name) }

func lookupAggregate(name string) (*expr.AggregateFunction, bool) {
	return builtin.LookupAggregate(name)
}
