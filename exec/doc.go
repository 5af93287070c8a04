// Package exec is the runtime: it runs stages on the workers of a session. It knows programs and sources, never plans
// or SQL.
//
// A query is a graph of stages. A Stage reads a source.Scan morsel by morsel, runs a program.Program over each chunk
// and gives what comes out to a Sink: an aggregate, a join build, a sort, a limit, the result. What a sink holds when
// it is finished is a source.Scan again, so the next stage reads it like any table, with its morsels numbered
// (partition, sequence).
//
// Who works: a Runtime has N workers which all queries of a session share, morsel by morsel. A worker is a goroutine that
// exists only while there is work, so nothing is left behind when the last query ends. A stage whose sink is full (the
// reader of a result is slow) is parked between two chunks and gives its worker back; it never blocks one.
//
// Who owns what: a Stage and its Program are constant; a LocalSink, a program machine and a source.Reader belong to
// one worker at a time; a Sink is shared, and says on each method what may run at once.
//
// How to add an operator: implement Sink and LocalSink in a file named after it, register memory with
// Worker.Query.Reserve, spill through Worker.Query.Spill, and return a source.Scan from Output.
package exec
