package builtin

import "github.com/kilnql/kiln/expr"

// document is what people see of a function, being written down: doc(…).example(…).printed(…).
type document struct {
	expr.Doc
	print func(c *expr.PrintedCall) string
}

// newFunction makes the entry of a function, still without Bind.
func newFunction(name string, d document) *expr.Function {
	return &expr.Function{Name: name, Doc: d.Doc, Print: d.print}
}

// newAggregate makes the entry of an aggregate function, still without Bind.
func newAggregate(name string, d document, t traits) *expr.AggregateFunction {
	return &expr.AggregateFunction{Name: name, Doc: d.Doc, Print: d.print, IgnoresOrder: t&ordered == 0, IgnoresDuplicates: t&ignoresDuplicates != 0}
}

// doc starts the documentation of a function: Spark's group, what it does, one line "name - meaning" per argument.
func doc(group, usage string, args ...string) document {
	return document{Doc: expr.Doc{Group: group, Usage: usage, Args: args, Since: "1.0.0"}}
}

// example adds a query and what Spark prints for it: columns split by tabs, rows by newlines.
func (d document) example(sql, result string) document {
	d.Examples = append(d.Examples[:len(d.Examples):len(d.Examples)], expr.Example{SQL: sql, Result: result})
	return d
}
