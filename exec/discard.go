package exec

import (
	"context"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/vector"
)

// Discard is the sink of a stage that is run for what its program does on the way: the probes of a join that only mark
// build rows.
type Discard struct{}

// NewDiscard makes the sink.
func NewDiscard() *Discard { return &Discard{} }

// NewLocal implements Sink.
func (*Discard) NewLocal(*Worker) (LocalSink, error) { return discardLocal{}, nil }

// Finish implements Sink.
func (*Discard) Finish(context.Context, *Pool) error { return nil }

// Output implements Sink.
func (*Discard) Output() source.Scan { return nil }

// Close implements Sink.
func (*Discard) Close() {}

type discardLocal struct{}

func (discardLocal) Consume(*vector.Chunk, program.Position) error { return nil }
func (discardLocal) Finish() error                                 { return nil }
