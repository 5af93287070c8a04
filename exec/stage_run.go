package exec

import (
	"context"
	"fmt"
	"time"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/diag"
)

// stageRun is a Stage being run. Fields from state on are guarded by the runtime's lock.
type stageRun struct {
	query   *Query
	stage   *Stage
	profile *StageProfile
	demand  func(m source.Morsel) Need // nil: always NeedMore
	scan    source.Scan

	state     runState
	before    int         // stages that must finish first
	next      []*stageRun // stages that wait for this one
	morsels   []source.Morsel
	at        int   // next morsel to start
	unit      int32 // OnePartition: the partition being read
	inUnit    int   // OnePartition: its morsels being read
	working   int   // locals with a worker
	idle      []*local
	paused    []*local // waiting for a wake
	resumable []*local // in the middle of a morsel, ready to go on
	locals    []*local
	wakes     int
	starved   bool // the sink wants nothing more
}

type runState uint8

const (
	runWaiting runState = iota
	runOpening          // the source is being opened
	runReading
	runFinishing
	runDone
)

func newStageRun(q *Query, s *Stage, p *StageProfile) *stageRun {
	r := &stageRun{query: q, stage: s, profile: p}
	if d, ok := s.Sink.(Demander); ok {
		r.demand = d.Demand
	}
	return r
}

// ready puts the stage on the runtime, its predecessors being finished; the lock is held.
func (r *stageRun) ready() {
	if r.query.err != nil || r.query.closed {
		return
	}
	r.state = runOpening
	r.query.runtime.add(r)
}

// claim gives a worker something of the stage to do; see job.
func (r *stageRun) claim() func(w *Worker) {
	switch r.state {
	case runOpening:
		if r.working > 0 {
			return nil
		}
		return r.take(func(w *Worker) error { return r.open() })
	case runReading:
		return r.claimReading()
	case runFinishing:
		if r.working > 0 {
			return nil
		}
		return r.take(r.finish)
	}
	return nil
}

// take wraps a piece of work of the stage that runs alone or for one local; the lock is held.
func (r *stageRun) take(f func(w *Worker) error) func(w *Worker) {
	r.working++
	r.query.enter()
	return func(w *Worker) {
		w.Query = r.query
		err := protect(func() error { return f(w) })
		if err != nil {
			r.query.fail(err)
		}
		rt := r.query.runtime
		rt.mu.Lock()
		r.working--
		if err == nil {
			r.advance()
		}
		r.query.leave()
		rt.startWorkers()
		rt.mu.Unlock()
	}
}

// protect turns a panic of f into an error.
func protect(f func() error) (err error) {
	defer diag.Recover(&err)
	return f()
}

// advance moves the stage to its next state when nothing holds it in the present one; the lock is held.
func (r *stageRun) advance() {
	if r.state != runReading || r.working > 0 || len(r.resumable)+len(r.paused) > 0 {
		return
	}
	if r.at < len(r.morsels) && !r.starved {
		return
	}
	r.state = runFinishing
}

// open gets the source and its morsels.
func (r *stageRun) open() error {
	start := time.Now()
	scan := r.stage.Source
	if scan == nil {
		var err error
		if scan, err = r.stage.Open(r.query.ctx); err != nil {
			return err
		}
	}
	morsels := scan.Morsels()
	if n := len(morsels); n > 0 && int(morsels[n-1].Partition)>>r.stage.partitionBits() != 0 {
		panic(&diag.Bug{Value: fmt.Sprintf("exec: partition %d of one of %d stages that feed a sink", morsels[n-1].Partition, r.stage.Feeders)})
	}
	rows := int64(0)
	for _, m := range morsels {
		if m.Rows < 0 || rows < 0 {
			rows = -1
			continue
		}
		rows += m.Rows
	}
	r.profile.open(scan, len(morsels), rows)
	if r.stage.Profile {
		r.profile.opened(time.Since(start))
	}
	if s, ok := r.stage.Sink.(Sequencer); ok {
		s.Expect(r.stage.partitionOffset(), r.shifted(morsels))
	}
	rt := r.query.runtime
	rt.mu.Lock()
	defer rt.mu.Unlock()
	r.scan, r.morsels, r.state = scan, morsels, runReading
	if len(morsels) > 0 {
		r.unit = morsels[0].Partition
	}
	return nil
}

// shifted are morsels with the partition numbers that the sink knows.
func (r *stageRun) shifted(morsels []source.Morsel) []source.Morsel {
	out := make([]source.Morsel, len(morsels))
	for i, m := range morsels {
		m.Partition += r.stage.partitionOffset()
		out[i] = m
	}
	return out
}

// claimReading resumes a local or starts the next morsel; the lock is held.
func (r *stageRun) claimReading() func(w *Worker) {
	for i, l := range r.resumable {
		if r.ask(l.morsel) == NeedPause {
			continue
		}
		r.resumable = append(r.resumable[:i], r.resumable[i+1:]...)
		return r.take(func(w *Worker) error { return r.step(w, l) })
	}
	i, ok := r.nextMorsel()
	if !ok {
		r.advance()
		if r.state == runFinishing {
			return r.claim()
		}
		return nil
	}
	l := r.idleLocal()
	l.begin(r.morsels[i], i)
	return r.take(func(w *Worker) error { return r.step(w, l) })
}

// nextMorsel takes the number of the next morsel that may be started now; the lock is held.
func (r *stageRun) nextMorsel() (int, bool) {
	if r.at < len(r.morsels) && !r.starved {
		m := r.morsels[r.at]
		if r.stage.OnePartition && m.Partition != r.unit {
			if r.inUnit > 0 {
				return 0, false
			}
			r.unit = m.Partition
		}
		switch r.ask(m) {
		case NeedPause:
			return 0, false
		case NeedNothing:
			r.starve()
			return 0, false
		}
		i := r.at
		r.at++
		r.inUnit++
		if r.stage.InOrder { // the worker goes on through the partition by itself
			for r.at < len(r.morsels) && r.morsels[r.at].Partition == m.Partition {
				r.at++
			}
		}
		return i, true
	}
	return 0, false
}

// ask asks the sink about a morsel, with the partition number that the sink knows.
func (r *stageRun) ask(m source.Morsel) Need {
	if r.demand == nil {
		return NeedMore
	}
	m.Partition += r.stage.partitionOffset()
	return r.demand(m)
}

// idleLocal gives a local that is not in the middle of a morsel, perhaps a new one; the lock is held.
func (r *stageRun) idleLocal() *local {
	if n := len(r.idle); n > 0 {
		l := r.idle[n-1]
		r.idle = r.idle[:n-1]
		return l
	}
	l := &local{run: r}
	r.locals = append(r.locals, l)
	return l
}

// timeSlice is how long a worker stays with one morsel when other work waits.
const timeSlice = 10 * time.Millisecond

// step reads l's morsel until it ends, the sink has enough, or it is time to give way.
func (r *stageRun) step(w *Worker, l *local) error {
	if err := l.prepare(w); err != nil {
		return err
	}
	r.profile.worker(w.ID)
	deadline := time.Now().Add(timeSlice)
	for {
		if err := r.query.ctx.Err(); err != nil {
			return err
		}
		seen := r.seenWakes()
		switch r.ask(l.morsel) {
		case NeedPause:
			r.park(l, seen, true)
			return nil
		case NeedLess:
			return r.endMorsel(w, l)
		case NeedNothing:
			r.query.runtime.mu.Lock()
			r.starve()
			r.query.runtime.mu.Unlock()
			return r.endMorsel(w, l)
		}
		more, err := l.chunk()
		if err != nil {
			return err
		}
		if !more {
			return r.endMorsel(w, l)
		}
		if now := time.Now(); now.After(deadline) {
			if r.query.runtime.crowded() {
				r.park(l, seen, false)
				return nil
			}
			deadline = now.Add(timeSlice)
		}
	}
}

// seenWakes is the number of wakes so far; a pause that was decided before a wake must not wait for another.
func (r *stageRun) seenWakes() int {
	if r.demand == nil {
		return 0
	}
	r.query.runtime.mu.Lock()
	defer r.query.runtime.mu.Unlock()
	return r.wakes
}

// park puts a local aside in the middle of its morsel.
func (r *stageRun) park(l *local, seen int, pause bool) {
	r.query.runtime.mu.Lock()
	defer r.query.runtime.mu.Unlock()
	if pause && r.wakes == seen {
		r.paused = append(r.paused, l)
	} else {
		r.resumable = append(r.resumable, l)
	}
}

// starve starts no more morsels, and lets paused ones come back to end; the lock is held.
func (r *stageRun) starve() {
	r.starved = true
	r.resumable = append(r.resumable, r.paused...)
	r.paused = nil
}

// endMorsel closes l's morsel. An InOrder stage goes on with the next morsel of the partition.
func (r *stageRun) endMorsel(w *Worker, l *local) error {
	if err := l.end(); err != nil {
		return err
	}
	r.profile.endMorsel(w.ID)
	rt := r.query.runtime
	rt.mu.Lock()
	if next, ok := r.following(l.index); ok {
		l.begin(r.morsels[next], next)
		r.resumable = append([]*local{l}, r.resumable...)
		rt.mu.Unlock()
		return nil
	}
	r.inUnit--
	l.rowBase = 0
	r.idle = append(r.idle, l)
	rt.mu.Unlock()
	return nil
}

// following is the index of the morsel after number i in its partition, for an InOrder stage; the lock is held.
func (r *stageRun) following(i int) (int, bool) {
	return i + 1, r.stage.InOrder && !r.starved && i+1 < len(r.morsels) && r.morsels[i+1].Partition == r.morsels[i].Partition
}

// finish ends the stage: its locals, and if it is the last that feeds the sink, the sink.
func (r *stageRun) finish(w *Worker) error {
	ctx := r.query.ctx
	pool := &Pool{query: r.query, worker: w, helped: &r.profile.FinishTime}
	start := time.Now()
	again, err := r.again(ctx, pool)
	r.profile.PassTime.Add(int64(time.Since(start)))
	if again || err != nil {
		return err
	}
	start = time.Now()
	locals := r.locals
	err = pool.Run(ctx, len(locals), func(_ *Worker, i int) error { return locals[i].finish() })
	if err != nil {
		return err
	}
	r.closeLocals()
	rt := r.query.runtime
	rt.mu.Lock()
	s := r.query.sinks[r.stage.Sink]
	s.feeding--
	last := s.feeding == 0
	rt.mu.Unlock()
	if last {
		if err := r.stage.Sink.Finish(ctx, pool); err != nil {
			return err
		}
	}
	r.profile.FinishTime.Add(int64(time.Since(start)))
	r.profile.Ended.Store(true)
	rt.mu.Lock()
	defer rt.mu.Unlock()
	r.state = runDone
	rt.remove(r)
	for _, n := range r.next {
		if n.before--; n.before == 0 {
			n.ready()
		}
	}
	r.query.finished()
	return nil
}

// again starts the stage over if it is asked to.
func (r *stageRun) again(ctx context.Context, pool *Pool) (bool, error) {
	if r.stage.Again == nil || r.starved {
		return false, nil
	}
	more, err := r.stage.Again(ctx, pool)
	if !more || err != nil {
		return false, err
	}
	rt := r.query.runtime
	rt.mu.Lock()
	defer rt.mu.Unlock()
	for _, l := range r.locals {
		l.count()
		l.close()
	}
	r.at, r.inUnit, r.state = 0, 0, runOpening
	return true, nil
}

// closeLocals closes the readers.
func (r *stageRun) closeLocals() {
	for _, l := range r.locals {
		l.close()
	}
}
