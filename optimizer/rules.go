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
	{"Decorrelate", "ReplaceSetOperations"}, // decorrelation of a set operation adds columns to its inputs
	{"Decorrelate", "ExpandGroupingSets"},   // and to grouping sets
	{"Decorrelate", "FormJoins"},            // it leaves comma joins below the joins it makes, and adds predicates to them
	{"Decorrelate", "PruneColumns"},         // a correlated plan reads columns that only its enclosing query shows
	{"Decorrelate", "InlineCommonPlans"},    // domains are common plans, many with one use
	{"FactorDisjunctions", "FormJoins"},     // a join condition may be in every branch of an OR
	{"FormJoins", "ImplyFromDisjunctions"},  // what an OR implies is asked for each relation of a join
	{"FormJoins", "PushFilterToScan"},       // predicates sink to the scans through the joins they do not form
	{"MergeFilters", "PushFilterJoin"},      // one conjunction is split once
	{"PushFilterJoin", "OrderJoins"},        // relations are estimated with their filters
	{"InferPredicates", "OrderJoins"},       // and with inferred ones
	{"OuterToInner", "OrderJoins"},          // only inner joins are reordered
	{"OrderJoins", "ShareCommonPlans"},      // equal subplans get equal orders; a shared one is a relation that is not taken apart
	{"ShareCommonPlans", "PruneColumns"},    // pruning makes equal subplans different
	{"OrderJoins", "ReduceJoinInput"},       // the small side is what was joined first
	{"ReduceJoinInput", "PruneColumns"},     // both uses of the small side have its columns
	{"PruneFields", "PruneColumns"},         // projections that prune pass structs on whole
	{"OrderJoins", "PushAggregate"},         // an aggregate below a join keeps it in its place
	{"PushAggregate", "PruneColumns"},       // projections between aggregate and join would hide the join
	{"OrderJoins", "PruneColumns"},          // projections between joins would keep them apart
	{"PruneColumns", "PushFilterToScan"},    // a filter offered to the scan keeps its columns alive
}

const (
	once       = true
	fixedPoint = false
	required   = true
	optional   = false
)

// rewriting is the batch that simplifies expressions and moves predicates. It runs again after predicates were inferred.
var rewriting = []rule{
	{"FoldConstants", topDown, optional, foldConstants, "constant expressions are computed once, here"},
	{"SimplifyBooleans", bottomUp, optional, onExpressions(simplifyBooleans), "AND, OR, NOT, CASE and COALESCE without what decides nothing"},
	{"SimplifyComparisons", bottomUp, optional, onExpressions(simplifyComparisons), "literals on the right; IS NULL and x = x decided where they are known"},
	{"PropagateNulls", bottomUp, required, onExpressions(propagateNull), "an operator with a NULL operand is NULL"},
	{"UnwrapCasts", bottomUp, optional, onExpressions(unwrapCasts), "a cast moves from the column to the literal it is compared with"},
	{"ValuesToSet", bottomUp, optional, onExpressions(valuesToSet), "x = 1 OR x = 2 is one test of a set"},
	{"MergeFilters", topDown, optional, mergeFilters, "two filters are one conjunction, which the next rules split once"},
	{"PushFilterProject", topDown, optional, pushFilterProject, "a predicate on computed columns is one on what they are computed from"},
	{"OuterToInner", topDown, optional, outerToInner, "an outer join whose nulls are filtered away is an inner one; before predicates leave the filter"},
	{"PushFilterJoin", topDown, optional, pushFilterJoin, "each conjunct goes to the side whose columns it reads"},
	{"PushFilterAggregate", topDown, optional, pushFilterAggregate, "a predicate on group keys drops whole groups before they are made"},
	{"PushFilterWindow", topDown, optional, pushFilterWindow, "a predicate on PARTITION BY columns drops whole partitions"},
	{"PushFilterSetOperation", topDown, optional, pushFilterSetOperation, "each input of a union filters its own rows"},
	{"PushFilterUnary", topDown, optional, pushFilterUnary, "a filter passes sorts, repartitions and generators"},
	{"PushLimit", topDown, optional, pushLimit, "sources stop once they gave enough"},
	{"MergeProjects", topDown, optional, mergeProjects, "a projection of a projection is one"},
	{"SimplifyJoins", topDown, optional, simplifyJoins, "what is proven of its sides makes a join cheaper"},
	{"MetadataAggregates", topDown, optional, metadataAggregates, "count, min and max of a whole table are in its statistics"},
	{"PropagateEmpty", bottomUp, optional, propagateEmpty, "what has no rows is not computed"},
	{"RemoveNoOps", bottomUp, optional, removeNoOps, "operators without effect go"},
}

// batches is the table of rules, in the order in which they run.
var batches = []batch{
	{"Subqueries", once, []rule{
		{"Decorrelate", wholePlan, required, decorrelate, "subqueries and lateral joins become joins; first, so that later rules see one plan"},
	}},
	{"Operators", fixedPoint, []rule{
		{"PropagateNulls", bottomUp, required, onExpressions(propagateNull), "an operator with a NULL operand is NULL, before any other operand can fail"},
		{"ReplaceSetOperations", topDown, required, replaceSetOperations, "INTERSECT and EXCEPT are joins and aggregates"},
		{"ExpandGroupingSets", topDown, required, expandGroupingSets, "each row goes to every grouping set"},
		{"ExpandDistinct", topDown, required, expandDistinct, "DISTINCT aggregates are two aggregates, one over the other; makes grouping sets"},
	}},
	{"Common plans", once, []rule{
		{"InlineCommonPlans", wholePlan, optional, inlineCommonPlans, "a common plan with one use, or of one table, is part of the plan it is used in"},
	}},
	{"Joins", once, []rule{
		{"FactorDisjunctions", bottomUp, required, onExpressions(factorDisjunctions), "what all branches of an OR ask for is a conjunct; join conditions hide there"},
		{"FormJoins", topDown, required, formJoins, "FROM a, b WHERE a.k = b.k is a join on k, not a product"},
		{"ImplyFromDisjunctions", topDown, optional, implyFromDisjunctions, "an OR over several tables says something about each"},
	}},
	{"Rewriting", fixedPoint, rewriting},
	{"Inference", once, []rule{
		{"InferPredicates", bottomUp, optional, inferPredicates, "what is known of one side of an equality is known of the other; once all predicates are at their tables"},
	}},
	{"Rewriting again", fixedPoint, rewriting},
	{"Order", once, []rule{
		{"OrderJoins", wholePlan, optional, orderJoins, "the order of joins is chosen by cost, once all predicates are where they belong"},
	}},
	{"Aggregation", once, []rule{
		{"PushAggregate", topDown, optional, pushAggregate, "a side of a join that has many rows of few keys is aggregated before it; once the order of joins is known"},
	}},
	{"Reduction", once, []rule{
		{"ReduceJoinInput", bottomUp, optional, reduceJoinInput, "rows that will find no partner are dropped before they are grouped or built; once it is known which side is small"},
	}},
	{"Sharing", once, []rule{
		{"ShareCommonPlans", wholePlan, optional, shareCommonPlans, "a subplan that occurs twice is computed once"},
	}},
	{"Pruning", once, []rule{
		{"PruneFields", wholePlan, optional, pruneFields, "of structs only the members that are read are scanned"},
		{"PruneColumns", wholePlan, optional, pruneColumns, "only columns that are read are computed and scanned"},
	}},
	{"Finishing", fixedPoint, []rule{
		{"MergeProjects", topDown, optional, mergeProjects, "projections that pruning put above others"},
		{"RemoveNoOps", bottomUp, optional, removeNoOps, "projections that came to nothing"},
		{"PushFilterToScan", topDown, optional, pushFilterToScan, "the source is told the predicates, to skip what cannot match"},
	}},
}
