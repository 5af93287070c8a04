package builtin

import (
	"slices"
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
)

// The tables are filled by init, so that the functions in them may look others up without an initialization cycle.
var (
	scalars    = map[string]*expr.Function{}
	aggregates = map[string]*expr.AggregateFunction{}
	names      []string
)

func init() {
	for _, group := range [][]*expr.Function{
		operatorFunctions, comparisonFunctions, logicFunctions, conditionalFunctions, mathFunctions, roundingFunctions,
		bitFunctions, numberTextFunctions, randomFunctions, miscFunctions, castFunctions,
		textFunctions, bitmapFunctions, aesFunctions,
		dateFunctions, timeFunctions, makeTimestampFunctions, epochFunctions, timeTextFunctions, unitFunctions, intervalMakers,
		accessFunctions, changeFunctions, arrayMakers, mapFunctions, lambdaFunctions, sequenceFunctions,
	} {
		for _, f := range group {
			addScalar(f.Name, f)
			for _, alias := range f.Aliases {
				addScalar(alias, f)
			}
		}
	}
	for _, group := range [][]*expr.AggregateFunction{
		sumAggregates, extremeAggregates, momentAggregates, collectAggregates, positionAggregates,
		percentileAggregates, modeAggregates, distinctAggregates, joinAggregates,
	} {
		for _, f := range group {
			addAggregate(f.Name, f)
			for _, alias := range f.Aliases {
				addAggregate(alias, f)
			}
		}
	}
	slices.Sort(names)
}

func addScalar(name string, f *expr.Function) {
	if scalars[name] != nil {
		panic(&diag.Bug{Value: "builtin: function listed twice: " + name})
	}
	scalars[name] = f
	names = append(names, name)
}

func addAggregate(name string, f *expr.AggregateFunction) {
	if aggregates[name] != nil || scalars[name] != nil {
		panic(&diag.Bug{Value: "builtin: function listed twice: " + name})
	}
	aggregates[name] = f
	names = append(names, name)
}

// Lookup finds a scalar, generator or window function or an operator by name or alias, in any case.
func Lookup(name string) (*expr.Function, bool) {
	f, ok := scalars[strings.ToLower(name)]
	return f, ok
}

// LookupAggregate finds an aggregate function by name or alias, in any case.
func LookupAggregate(name string) (*expr.AggregateFunction, bool) {
	f, ok := aggregates[strings.ToLower(name)]
	return f, ok
}

// Callable returns the names and aliases of what a query can call, and of the operators, sorted: what SHOW FUNCTIONS lists.
func Callable() []string {
	return slices.DeleteFunc(Names(), func(name string) bool { f := scalars[name]; return f != nil && f.Syntax })
}

// asSyntax marks functions that only pieces of syntax call.
func asSyntax(f *expr.Function) *expr.Function {
	f.Syntax = true
	return f
}

// Names returns the names and aliases of all functions and operators, sorted.
func Names() []string { return slices.Clone(names) }
