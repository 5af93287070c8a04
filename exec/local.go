package exec

import (
	"errors"
	"time"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/vector"
)

// local is the part of a running stage that one worker at a time holds: a reader, a machine for the program, and the
// worker's part of the sink. It moves from worker to worker only between chunks.
type local struct {
	run     *stageRun
	reader  source.Reader
	machine *program.Machine
	// registers is what the machine takes.
	registers *memory.Reservation
	sink      LocalSink
	ordered   MorselSink  // sink, if it wants to know morsels
	waiting   WaitingSink // sink, if it may wait
	columns   []*vector.Vector
	emit      func(c *vector.Chunk) error

	morsel  source.Morsel
	index   int // of morsel in the stage's list
	at      program.Position
	open    bool // morsel has been announced and opened
	rowBase int64

	timed              bool
	sinkTime, loadTime time.Duration // of the present chunk, if timed
	emitted            int64
	bytesRead          int64
}

// begin chooses the morsel to read next.
func (l *local) begin(m source.Morsel, index int) { l.morsel, l.index, l.open = m, index, false }

// prepare makes what is missing and opens the morsel.
func (l *local) prepare(w *Worker) error {
	if l.reader == nil {
		if err := l.make(w); err != nil {
			return err
		}
	}
	if l.waiting != nil {
		l.waiting.SetWorker(w)
	}
	if l.open {
		return nil
	}
	m := l.morsel
	m.Partition += l.run.stage.partitionOffset()
	l.at = program.Position{Partition: m.Partition, Sequence: m.Sequence, RowBase: l.rowBase, Order: l.order()}
	if l.ordered != nil {
		if err := l.ordered.BeginMorsel(m); err != nil {
			return err
		}
	}
	l.open = true
	start := l.clock()
	err := l.reader.Open(l.run.query.ctx, l.morsel)
	l.run.profile.opened(l.since(start))
	return err
}

// order is the order of the morsel's first row among all rows of the sink: the stage, the morsel, the row, from high
// bits to low.
func (l *local) order() int64 {
	return int64(l.run.stage.Feeder)<<(63-l.run.stage.feederBits()) | int64(l.index)<<32
}

func (l *local) make(w *Worker) error {
	stage := l.run.stage
	l.timed = stage.Profile
	var err error
	if l.sink == nil {
		if l.sink, err = stage.Sink.NewLocal(w); err != nil {
			return err
		}
		l.ordered, _ = l.sink.(MorselSink)
		l.waiting, _ = l.sink.(WaitingSink)
		l.emit = l.consume
	}
	if stage.Program != nil {
		env := program.Env{Profile: stage.Profile, Context: l.run.query.ctx}
		env.Groups, _ = l.sink.(program.GroupTable)
		l.registers = l.run.query.Reserve("program", nil)
		env.Reserve, env.Grow = l.registers.Grow, l.registers.Add
		l.machine = stage.Program.NewMachine(env)
	} else if l.columns == nil {
		for _, c := range stage.Columns {
			l.columns = append(l.columns, vector.New(c.Type, c.Physical, vector.ChunkSize))
		}
	}
	l.bytesRead = 0
	l.reader, err = l.run.scan.NewReader()
	return err
}

// chunk reads and works on the next chunk; false at the end of the morsel, or when the sink wants no more of it.
func (l *local) chunk() (bool, error) {
	start := l.clock()
	n, err := l.reader.Next()
	if err != nil || n == 0 {
		l.run.profile.opened(l.since(start))
		return false, err
	}
	next := l.since(start)
	l.loadTime, l.sinkTime = 0, 0
	l.emitted = 0
	if l.machine != nil {
		err = l.machine.Run(l, n, l.at, l.emit)
	} else {
		err = l.pass(n)
	}
	enough := errors.Is(err, errEnough)
	if err != nil && !enough {
		return false, err
	}
	l.at.RowBase += int64(n)
	l.at.Order += int64(n)
	read := l.reader.BytesRead()
	l.run.profile.chunk(int64(n), l.emitted, read-l.bytesRead)
	if l.timed {
		l.run.profile.times(l.since(start), next, l.loadTime, l.sinkTime)
	}
	l.bytesRead = read
	return !enough, nil
}

// Load decodes a column of the chunk for the program, and counts the time. It implements program.Source.
func (l *local) Load(c int, sel vector.Selection, v *vector.Vector) error {
	start := l.clock()
	err := l.reader.Load(c, sel, v)
	l.loadTime += l.since(start)
	return err
}

// clock is the time, if the stage is timed.
func (l *local) clock() time.Time {
	if !l.timed {
		return time.Time{}
	}
	return time.Now()
}

// since is the time since clock gave start; 0 if the stage is not timed.
func (l *local) since(start time.Time) time.Duration {
	if !l.timed {
		return 0
	}
	return time.Since(start)
}

// pass hands all columns of a chunk to the sink as they are.
func (l *local) pass(n int) error {
	for c, v := range l.columns {
		if err := l.Load(c, nil, v); err != nil {
			return err
		}
	}
	return l.consume(&vector.Chunk{Columns: l.columns, Len: n})
}

func (l *local) consume(c *vector.Chunk) error {
	start := l.clock()
	l.emitted += int64(c.Rows())
	err := l.sink.Consume(c, l.at)
	l.sinkTime += l.since(start)
	return err
}

// end announces the end of the morsel.
func (l *local) end() error {
	l.rowBase = l.at.RowBase
	l.open = false
	if l.ordered != nil {
		start := l.clock()
		err := l.ordered.EndMorsel()
		l.run.profile.SinkTime.Add(int64(l.since(start)))
		return err
	}
	return nil
}

// finish ends the worker's part of the sink.
func (l *local) finish() error {
	l.count()
	if l.sink == nil {
		return nil
	}
	return l.sink.Finish()
}

// count adds the counters of the machine to the profile.
func (l *local) count() {
	if l.machine != nil {
		l.run.profile.addInstructions(l.machine.Counters())
	}
}

// close closes the reader and drops the machine; it may be called again.
func (l *local) close() {
	if l.reader != nil {
		_ = l.reader.Close()
	}
	if l.registers != nil {
		l.registers.Close()
	}
	l.reader, l.machine, l.registers = nil, nil, nil
}
