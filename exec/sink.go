package exec

import (
	"context"
	"errors"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/vector"
)

// Sink is where the rows of one or more stages end: a pipeline breaker. Its life is
//
//	NewLocal (once per worker that takes part) → Consume… → LocalSink.Finish → Finish → Output → Close
//
// A sink is used by one run of one query only.
type Sink interface {
	// NewLocal makes the part of the sink that one worker fills. Calls may run at once.
	NewLocal(w *Worker) (LocalSink, error)
	// Finish is called once, after every LocalSink of every feeding stage has finished without error. It may split
	// its work over the workers with p.Run. It does not run if the query failed or was cancelled.
	Finish(ctx context.Context, p *Pool) error
	// Output is what the sink holds, to be read after Finish. Sinks without output (a join build) return nil.
	Output() source.Scan
	// Close frees memory and spill files, whatever the state; no other method runs at the same time or later. It may
	// be called again.
	Close()
}

// LocalSink is the part of a sink that one worker at a time fills; its methods never run at once. If it also is a
// program.GroupTable, the stage's program updates aggregate states through it, and Consume is not called.
type LocalSink interface {
	// Consume takes the selected rows of c. The chunk dies when Consume returns: what is kept is copied, long strings
	// included.
	Consume(c *vector.Chunk, at program.Position) error
	// Finish is called once, when no rows will come any more.
	Finish() error
}

// MorselSink is implemented by local sinks that must know where morsels begin and end, because they keep their order.
// Every morsel that a worker starts is announced, also when it yields no rows. BeginMorsel and EndMorsel enclose the
// Consume calls of the morsel; in between the worker may be given other queries' morsels, not others of this sink.
type MorselSink interface {
	LocalSink
	BeginMorsel(m source.Morsel) error
	EndMorsel() error
}

// WaitingSink is implemented by local sinks whose Consume may wait, by Worker.Blocking: SetWorker tells which worker holds
// the sink from now on.
type WaitingSink interface {
	LocalSink
	SetWorker(w *Worker)
}

// errEnough is returned by the Consume of a sink that wants no more rows of the present morsel: the rest of the chunk is not
// worked out, and the morsel ends.
var errEnough = errors.New("exec: no more rows of this morsel are wanted")

// Need is what a sink wants of the stages that feed it.
type Need uint8

const (
	// NeedMore: go on.
	NeedMore Need = iota
	// NeedLess: the morsel being read has given enough; go to the next. Only said of morsels that have begun.
	NeedLess
	// NeedPause: ask again when the sink calls wake (see Waker): a result queue is full.
	NeedPause
	// NeedNothing: every stage that feeds this sink can stop now (a limit is reached).
	NeedNothing
)

// Demander is implemented by sinks that may stop or pause their sources. It is asked before each chunk, with the
// morsel that is about to be read; calls may run at once.
type Demander interface {
	Demand(m source.Morsel) Need
}

// Waker is implemented by sinks that answer NeedPause. SetWake is called once before any rows come; the sink calls
// wake, from any goroutine and without holding its own locks, whenever paused stages should ask again.
type Waker interface {
	SetWake(wake func())
}

// Sequencer is implemented by sinks that follow the order of morsels over all workers and feeding stages.
type Sequencer interface {
	// Feeders is called once before any rows come, with the partition offset of each feeding stage, ascending.
	Feeders(offsets []int32)
	// Expect tells all morsels of one feeding stage, in order, before the first of them begins. Partition numbers have
	// the offset added.
	Expect(offset int32, morsels []source.Morsel)
}
