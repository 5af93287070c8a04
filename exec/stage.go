package exec

import (
	"context"
	"math/bits"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/vector"
)

// Stage is everything between two pipeline breakers: a source, the fused operators on its rows, and a sink. It is
// constant while a query runs; one Stage value belongs to one run of one query.
type Stage struct {
	// ID is the number that EXPLAIN prints, *(ID).
	ID int
	// Label describes the stage in the profile.
	Label string
	// Work is about how many rows the stage handles, those inside its program included, from statistics: its share in the
	// progress of the query. 0: not known.
	Work float64
	// Source is what the stage reads. If nil, Open gives it once all of After are finished; it runs on a worker, again for
	// each time that the source is read. Buffers counts its readers' memory, by the context that Open gets.
	Source source.Scan
	Open   func(ctx context.Context) (source.Scan, error)
	// Program is what is done with each chunk. If nil, the sink gets all columns of the source as they are, in Columns'
	// layouts.
	Program *program.Program
	Columns []vector.Layout
	// Again is asked when everything has been read: true reads the source once more from the start, with new readers and
	// machines, into the same local sinks. A join whose build side did not fit memory has its parts probed one after
	// the other this way. nil: once is enough.
	Again func(ctx context.Context, p *Pool) (bool, error)
	// Sink takes the rows. Several stages may feed one sink (a union); it is finished when the last of them is.
	Sink Sink
	// Feeder is the place of this stage among the Feeders stages whose rows come to the Sink one after the other (a union).
	// 0 of 0 is a stage that feeds its sink alone.
	Feeder, Feeders int
	// After are stages that must have finished, sinks included, before this one starts.
	After []*Stage
	// InOrder runs all morsels of a partition one after the other on one worker, with Position.RowBase counting the
	// partition's rows: what stateful functions need.
	InOrder bool
	// OnePartition starts no morsel of a partition before all earlier partitions are done: what first and small limits
	// want, so that only what is needed is computed.
	OnePartition bool
	// Profile measures the time of each instruction.
	Profile bool
}

// feederBits is how many bits tell the feeders of the sink apart.
func (s *Stage) feederBits() int { return bits.Len(uint(max(s.Feeders, 1) - 1)) }

// partitionOffset is added to the partition numbers of the stage's morsels, so that stages which feed one sink keep their
// order: the feeder's number stands in the highest bits.
func (s *Stage) partitionOffset() int32 { return int32(s.Feeder) << s.partitionBits() }

// partitionBits is how many bits are left for a partition's number in the source. All numbers stay below 1<<30, the partitions
// that monotonically_increasing_id has room for.
func (s *Stage) partitionBits() int { return 30 - s.feederBits() }
