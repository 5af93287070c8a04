// Package builtin is the one table of functions: what Spark SQL calls them, what they accept, what they return, how
// they are computed, and their documentation with examples. Binding, folding, execution, the functions package,
// DESCRIBE FUNCTION, SHOW FUNCTIONS, the docs page and the tests that run every example all read this table.
//
// To add a scalar function, add one entry to the slice of its group (mathFunctions, dateFunctions, …):
//
//	scalar("cbrt", doc("math_funcs", "Returns the cube root of expr.", "expr - a number").
//		example("SELECT cbrt(27.0);", "3.0"),
//		signature{params: of(double), result: types.DoubleType, kernel: unary(math.Cbrt)}),
//
// A signature says which parameters it takes (of; the last may be optional or variadic), its result type, and its kernel, usually one of
// the adapters in adapters*.go around a plain Go function. Functions whose types depend on the arguments use resolve
// instead of result and kernel; functions that are other expressions in disguise use rewrite. Functions that take lambdas
// are in withLambda, which says what the lambda gets; one whose arguments a call can name has Parameters. An aggregate is
// made by aggregate, with a kernel over states, in a slice of its own (sumAggregates, …). A new slice is added to table.go.
//
// A column that is a call without a name is called name(arguments), as in Spark. Where Spark does otherwise, doc(…).printed(rules)
// says how; the rules are in printing.go.
//
// Kernels get flat or constant vectors in the widest layout and never allocate per row. Errors of rows are *diag.Error
// with Spark's condition; the try_ functions and the non-ANSI mode turn them into null in the kernel, chosen at binding.
//
// Tests run every example and a grid of edges (grid_test.go) and compare with Spark's answers in testdata. After a new
// example or grid call, go test ./builtin -run Spark -rewrite asks Spark for the answers that are missing.
package builtin
