package exec

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/exec/program"
)

// Profile is what a query did, or has done so far: EXPLAIN ANALYZE and the progress bar read it. All of it may be read
// while the query runs.
type Profile struct {
	Name   string
	Stages []*StageProfile

	account *memory.Query
	start   time.Time
	elapsed atomic.Int64 // nanoseconds, 0 while running
}

// StageProfile counts what one stage did. Times are summed over workers, in nanoseconds; all but FinishTime and PassTime
// are 0 unless Stage.Profile is set.
type StageProfile struct {
	ID    int
	Label string
	Work  float64 // Stage.Work

	MorselsDone  atomic.Int64
	MorselsTotal atomic.Int64 // 0 until the source is open
	RowsTotal    atomic.Int64 // of the source, if nothing is skipped; -1 unknown
	Ended        atomic.Bool  // it has finished, and its sink if it was the last to feed it
	Rows         atomic.Int64 // read from the source
	Batches      atomic.Int64 // chunks read
	BytesRead    atomic.Int64 // from files
	RowsOut      atomic.Int64 // given to the sink; groups are counted by the sink's own profile
	LoadTime     atomic.Int64 // reading and decoding the source: ReadTime, and loading columns for the program
	ReadTime     atomic.Int64 // the part of it that is no instruction's: opening the source and its morsels, going to the next chunk
	ProgramTime  atomic.Int64 // the program's instructions
	SinkTime     atomic.Int64 // the sink's Consume and the ends of morsels
	FinishTime   atomic.Int64 // finishing the stage and its sink
	Passes       atomic.Int64 // readings of the source: more than one where a join's build side was spilled
	PassTime     atomic.Int64 // loading the parts of build sides between passes

	mu           sync.Mutex
	morsels      []int64 // done, per worker
	instructions []program.InstructionCounters
	scan         source.Scan
	program      *program.Program
	sink         Sink
}

// Detailer is implemented by sinks (and sources) that have something to say in the profile.
type Detailer interface {
	// Detail gives ordered name/value pairs. It may be called while the query runs.
	Detail() [][2]string
}

func newProfile(q *Query, name string, stages []*Stage) *Profile {
	p := &Profile{Name: name, account: q.memory, start: q.start}
	for _, s := range stages {
		sp := &StageProfile{ID: s.ID, Label: s.Label, Work: s.Work, program: s.Program, sink: s.Sink}
		sp.RowsTotal.Store(-1)
		p.Stages = append(p.Stages, sp)
	}
	return p
}

func (p *Profile) end() { p.elapsed.CompareAndSwap(0, max(1, int64(time.Since(p.start)))) }

// Elapsed is the wall time from the start to the end, or to now.
func (p *Profile) Elapsed() time.Duration {
	if e := p.elapsed.Load(); e != 0 {
		return time.Duration(e)
	}
	return time.Since(p.start)
}

// PeakMemory is the most bytes the query held at once; SpilledBytes what it wrote to spill files.
func (p *Profile) PeakMemory() int64 { return p.account.Peak() }

// SpilledBytes is the number of bytes that the query wrote to spill files.
func (p *Profile) SpilledBytes() int64 { return p.account.Spilled() }

// Progress is the number of morsels done, and of those known so far.
func (p *Profile) Progress() (done, total int64) {
	for _, s := range p.Stages {
		done += s.MorselsDone.Load()
		total += s.MorselsTotal.Load()
	}
	return done, total
}

// MorselsPerWorker is the number of morsels that each worker did.
func (s *StageProfile) MorselsPerWorker() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]int64(nil), s.morsels...)
}

// Instructions is what each instruction of the program did, summed over the workers, with its text as EXPLAIN CODEGEN prints
// it; nil before the stage ends.
func (s *StageProfile) Instructions() []program.InstructionCounters { return s.described(true) }

// Counters is Instructions without the texts, which cost something to make.
func (s *StageProfile) Counters() []program.InstructionCounters { return s.described(false) }

func (s *StageProfile) described(text bool) []program.InstructionCounters {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := append([]program.InstructionCounters(nil), s.instructions...)
	if out != nil {
		s.program.Describe(out, text)
	}
	return out
}

// addInstructions adds the counters of one worker's machine.
func (s *StageProfile) addInstructions(counters []program.InstructionCounters) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.instructions == nil {
		s.instructions = append([]program.InstructionCounters(nil), counters...)
		return
	}
	for i, c := range counters {
		sum := &s.instructions[i]
		sum.RowsIn += c.RowsIn
		sum.RowsOut += c.RowsOut
		sum.Chunks += c.Chunks
		sum.Nanoseconds += c.Nanoseconds
	}
}

// SourceDetail is what the source says of itself; SinkDetail what the sink says. Both may be nil.
func (s *StageProfile) SourceDetail() [][2]string {
	s.mu.Lock()
	scan := s.scan
	s.mu.Unlock()
	if scan == nil {
		return nil
	}
	return scan.Detail()
}

// SinkDetail is what the sink says of itself.
func (s *StageProfile) SinkDetail() [][2]string {
	if d, ok := s.sink.(Detailer); ok {
		return d.Detail()
	}
	return nil
}

func (s *StageProfile) open(scan source.Scan, morsels int, rows int64) {
	s.mu.Lock()
	s.scan = scan
	s.mu.Unlock()
	s.Passes.Add(1)
	s.RowsTotal.Store(rows)
	s.MorselsTotal.Store(int64(morsels))
}

// worker makes room for a worker's count.
func (s *StageProfile) worker(id int) {
	s.mu.Lock()
	for len(s.morsels) <= id {
		s.morsels = append(s.morsels, 0)
	}
	s.mu.Unlock()
}

func (s *StageProfile) endMorsel(worker int) {
	s.MorselsDone.Add(1)
	s.mu.Lock()
	s.morsels[worker]++
	s.mu.Unlock()
}

func (s *StageProfile) chunk(rows, out, read int64) {
	s.Rows.Add(rows)
	s.Batches.Add(1)
	s.RowsOut.Add(out)
	if read != 0 {
		s.BytesRead.Add(read)
	}
}

// times adds the times of a chunk: all of it, and those parts that are not the program's.
func (s *StageProfile) times(all, next, load, sink time.Duration) {
	s.LoadTime.Add(int64(next + load))
	s.ReadTime.Add(int64(next))
	s.SinkTime.Add(int64(sink))
	s.ProgramTime.Add(int64(all - next - load - sink))
}

// opened adds the time of opening the source or a morsel.
func (s *StageProfile) opened(d time.Duration) {
	s.LoadTime.Add(int64(d))
	s.ReadTime.Add(int64(d))
}
