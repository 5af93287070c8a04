package optimizer

import "github.com/kilnql/kiln/logical"

// order is how the driver walks a plan for a rule.
type order uint8

const (
	// topDown applies a rule to a node, then to the inputs of the result.
	topDown order = iota
	// bottomUp applies a rule to the inputs first.
	bottomUp
	// wholePlan gives the rule the root; it walks for itself.
	wholePlan
)

// rule is one row of the table. apply returns the node to put in n's place and whether it is another.
type rule struct {
	name     string
	order    order
	required bool
	apply    func(n logical.Node, c *Context) (logical.Node, bool)
	why      string
}

// batch is a list of rules that run in order, once or until none of them changes the plan.
type batch struct {
	name  string
	once  bool
	rules []rule
}

// mustPrecede lists pairs of rules of which the first has to come earlier in the table.
var mustPrecede = [][2]string{
	{"Decorrelate", "FormJoins"},            // decorrelation leaves comma joins below the joins it makes, and adds predicates to them
	{"Decorrelate", "PruneColumns"},         // a correlated plan reads columns that only its enclosing query shows
	{"Decorrelate", "ReplaceSetOperations"}, // decorrelation of a set operation adds columns to its inputs
	{"Decorrelate", "ExpandGroupingSets"},   // and to grouping sets
	{"FormJoins", "PushFilterToScan"},       // predicates sink to the scans through the joins they do not form
	{"PushFilterJoin", "OrderJoins"},        // relations are estimated with their filters
	{"OrderJoins", "PruneColumns"},          // projections between joins would keep them apart
	{"MergeFilters", "PushFilterJoin"},      // one conjunction is split once
}

const (
	once       = true
	fixedPoint = false
	required   = true
	optional   = false
)

// batches is the table of rules, in the order in which they run.
var batches = []batch{
	{"Subqueries", once, []rule{
		{"Decorrelate", wholePlan, required, decorrelate, "subqueries and lateral joins become joins; first, so that later rules see one plan"},
	}},
	{"Operators", fixedPoint, []rule{
		{"ReplaceSetOperations", topDown, required, replaceSetOperations, "INTERSECT and EXCEPT are joins and aggregates"},
		{"ExpandGroupingSets", topDown, required, expandGroupingSets, "each row goes to every grouping set"},
		{"ExpandDistinct", topDown, required, expandDistinct, "DISTINCT aggregates are two aggregates, one over the other; makes grouping sets"},
	}},
	{"Joins", once, []rule{
		{"FormJoins", topDown, required, formJoins, "FROM a, b WHERE a.k = b.k is a join on k, not a product"},
	}},
	{"Pushdown", fixedPoint, []rule{
		{"MergeFilters", topDown, optional, mergeFilters, "two filters are one conjunction, which the next rules split once"},
		{"PushFilterProject", topDown, optional, pushFilterProject, "a predicate on computed columns is one on what they are computed from"},
		{"PushFilterJoin", topDown, optional, pushFilterJoin, "each conjunct goes to the side whose columns it reads"},
		{"PushFilterAggregate", topDown, optional, pushFilterAggregate, "a predicate on group keys drops whole groups before they are made"},
		{"PushFilterWindow", topDown, optional, pushFilterWindow, "a predicate on PARTITION BY columns drops whole partitions"},
		{"PushFilterSetOperation", topDown, optional, pushFilterSetOperation, "each input of a union filters its own rows"},
		{"PushFilterUnary", topDown, optional, pushFilterUnary, "a filter passes sorts, repartitions and generators"},
		{"MergeProjects", topDown, optional, mergeProjects, "a projection of a projection is one"},
	}},
	{"Order", once, []rule{
		{"OrderJoins", wholePlan, optional, orderJoins, "the order of joins is chosen by cost, once all predicates are where they belong"},
	}},
	{"Pruning", once, []rule{
		{"PruneColumns", wholePlan, optional, pruneColumns, "only columns that are read are computed and scanned"},
		{"PushFilterToScan", topDown, optional, pushFilterToScan, "the source is told the predicates, to skip what cannot match"},
	}},
}
