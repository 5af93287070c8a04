package builtin

import "github.com/kilnql/kiln/expr"

// document is a Doc being written down: doc(…).example(…).since(…).
type document struct{ expr.Doc }

// doc starts the documentation of a function: Spark's group, what it does, one line "name - meaning" per argument.
func doc(group, usage string, args ...string) document {
	return document{expr.Doc{Group: group, Usage: usage, Args: args, Since: "1.0.0"}}
}

// example adds a query and what Spark prints for it: columns split by tabs, rows by newlines.
func (d document) example(sql, result string) document {
	d.Examples = append(d.Examples[:len(d.Examples):len(d.Examples)], expr.Example{SQL: sql, Result: result})
	return d
}
