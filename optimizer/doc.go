// Package optimizer rewrites logical plans. Its rules are a table (rules.go) of named functions in batches; a rule is
// pure: it gets a node and returns the node to put in its place and whether that differs. Required rules turn what
// physical plans cannot run (subqueries, dependent joins, grouping sets, DISTINCT aggregates, INTERSECT and EXCEPT) into
// joins and aggregates, and always run. The others only make plans faster, and each can be disabled by name.
//
// How to add a rule: one file, named like the rule, whose doc comment shows the query that breaks when the guard is
// dropped; one row in the table, at the place that the reason in the row explains, with a mustPrecede pair if the place
// matters; one section in testdata that asserts with expect=(Rule) that the rule fired.
//
// Terms. A column is free in a plan if the plan reads it but does not make it: a correlated subquery has free columns. A
// conjunct may be moved past a join, an aggregate or a limit only if it cannot fail, and never past one that can fail
// and is written before it: a row that the query as written would not evaluate must not raise an error.
//
// This package must not know how plans run: no stages, no operators of package exec.
package optimizer
