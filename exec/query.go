package exec

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/exec/memory"
)

// Query is one run of a graph of stages. Its methods are safe for concurrent use.
type Query struct {
	runtime *Runtime
	memory  *memory.Query
	profile *Profile
	ctx     context.Context
	cancel  context.CancelFunc
	unwatch func() bool
	start   time.Time

	// Below, guarded by runtime.mu.
	runs    []*stageRun
	sinks   map[Sink]*sinkRun
	waiting int // stages that are not finished
	active  int // pieces of work being done
	err     error
	quiet   *sync.Cond // active or waiting changed
	closed  bool

	closing sync.Once // Stop
	freeing sync.Once // Close, after it
}

// sinkRun counts the stages that still feed a sink.
type sinkRun struct {
	sink    Sink
	feeding int
	offsets []int32 // of the feeding stages
}

// announce tells the sink what it wants to know before rows come.
func (s *sinkRun) announce(q *Query) {
	if w, ok := s.sink.(Waker); ok {
		w.SetWake(q.wake)
	}
	if o, ok := s.sink.(Sequencer); ok {
		slices.Sort(s.offsets)
		o.Feeders(s.offsets)
	}
}

// Failer is implemented by sinks whose readers wait for rows: Fail tells them that no more will come.
type Failer interface {
	// Fail is called at most once, from any goroutine, with the reason the query ended early.
	Fail(err error)
}

// Start runs a graph of stages. Every stage that others come After must be in the list. name describes the query in
// errors and the profile. The query goes on by itself; the caller must Close it. Start fails with OUT_OF_MEMORY when
// not even the minimum for a query can be had, and after Runtime.Stop.
func (rt *Runtime) Start(ctx context.Context, name string, stages []*Stage) (*Query, error) {
	account, err := rt.memory.NewQuery(name, rt.minimum)
	if err != nil {
		return nil, err
	}
	q := &Query{runtime: rt, memory: account, start: time.Now(), sinks: map[Sink]*sinkRun{}, waiting: len(stages)}
	q.quiet = sync.NewCond(&rt.mu)
	q.ctx, q.cancel = context.WithCancel(context.WithValue(ctx, queryKey{}, q))
	q.profile = newProfile(q, name, stages)
	runs := make(map[*Stage]*stageRun, len(stages))
	for i, s := range stages {
		r := newStageRun(q, s, q.profile.Stages[i])
		runs[s] = r
		q.runs = append(q.runs, r)
		if q.sinks[s.Sink] == nil {
			q.sinks[s.Sink] = &sinkRun{sink: s.Sink}
		}
		q.sinks[s.Sink].feeding++
		q.sinks[s.Sink].offsets = append(q.sinks[s.Sink].offsets, s.partitionOffset())
	}
	for _, r := range q.runs {
		for _, before := range r.stage.After {
			runs[before].next = append(runs[before].next, r)
			r.before++
		}
	}
	for _, s := range q.sinks {
		s.announce(q)
	}
	rt.mu.Lock()
	if rt.stopped != nil {
		reason := rt.stopped
		rt.mu.Unlock()
		q.cancel()
		q.memory.Close()
		return nil, reason()
	}
	rt.queries[q] = struct{}{}
	q.unwatch = context.AfterFunc(ctx, func() { q.fail(ctx.Err()) })
	for _, r := range q.runs {
		if r.before == 0 {
			r.ready()
		}
	}
	rt.mu.Unlock()
	return q, nil
}

// Context is cancelled when the query ends early.
func (q *Query) Context() context.Context { return q.ctx }

// Runtime is where the query runs.
func (q *Query) Runtime() *Runtime { return q.runtime }

// Reserve opens a reservation for a consumer of the query; see memory.Query.Reserve.
func (q *Query) Reserve(name string, s memory.Spiller) *memory.Reservation {
	return q.memory.Reserve(name, s)
}

// queryKey is the key of the query in its context.
type queryKey struct{}

// Buffers opens a reservation of the query that ctx, the context of Stage.Open, belongs to, for a source whose readers tell
// how their buffers change: it is what source.Request.Memory wants. It is nil if ctx is no query's. Calls after the query
// was closed change nothing.
func Buffers(ctx context.Context, name string) func(change int64) error {
	q, ok := ctx.Value(queryKey{}).(*Query)
	if !ok {
		return nil
	}
	return q.Reserve(name, nil).Add
}

// Spill is the place for the query's spill files.
func (q *Query) Spill() *memory.Spill { return q.runtime.spill }

// Profile is what the query did so far; it may be read while the query runs.
func (q *Query) Profile() *Profile { return q.profile }

// Wait returns when every stage is finished or the query failed, with the error.
func (q *Query) Wait() error {
	rt := q.runtime
	rt.mu.Lock()
	defer rt.mu.Unlock()
	for q.waiting > 0 && q.err == nil && !q.closed || q.active > 0 {
		q.quiet.Wait()
	}
	if q.err == nil && q.waiting > 0 {
		return diag.New("OPERATION_CANCELED")
	}
	return q.err
}

// Err is the error that the query failed with so far.
func (q *Query) Err() error {
	q.runtime.mu.Lock()
	defer q.runtime.mu.Unlock()
	return q.err
}

// Close stops the query if it is still running, waits until no worker is in it, and frees what it holds: sinks,
// memory, spill files. It may be called again. It must not be called by a worker.
func (q *Query) Close() {
	q.Stop()
	q.freeing.Do(q.free)
}

// Stop ends the query if it still runs and waits until no worker is at it. What its sinks hold, and say in the profile, is
// there until Close.
func (q *Query) Stop() {
	q.closing.Do(func() {
		q.unwatch()
		q.cancel()
		rt := q.runtime
		rt.mu.Lock()
		q.closed = true
		q.stop()
		for q.active > 0 {
			q.quiet.Wait()
		}
		delete(rt.queries, q)
		rt.mu.Unlock()
	})
}

// free closes readers, sinks and the account; no worker is in the query any more.
func (q *Query) free() {
	for _, r := range q.runs {
		r.closeLocals()
	}
	for _, r := range q.runs {
		r.stage.Sink.Close()
	}
	q.profile.end()
	q.memory.Close()
}

// fail ends the query with an error; the first one counts. The runtime's lock is not held.
func (q *Query) fail(err error) {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		if diag.ConditionOf(err) == "" {
			err = diag.New("OPERATION_CANCELED").Wrap(err)
		}
	}
	rt := q.runtime
	rt.mu.Lock()
	if q.err != nil || q.closed || q.waiting == 0 {
		rt.mu.Unlock()
		return
	}
	q.err = err
	q.stop()
	q.quiet.Broadcast()
	rt.mu.Unlock()
	q.cancel()
	for sink := range q.sinks {
		if f, ok := sink.(Failer); ok {
			f.Fail(err)
		}
	}
}

// stop takes the query's work off the runtime; the lock is held.
func (q *Query) stop() {
	for _, r := range q.runs {
		q.runtime.remove(r)
	}
}

// wake lets paused stages ask their sinks again.
func (q *Query) wake() {
	rt := q.runtime
	rt.mu.Lock()
	defer rt.mu.Unlock()
	for _, r := range q.runs {
		r.wakes++
		r.resumable = append(r.resumable, r.paused...)
		r.paused = r.paused[:0]
	}
	rt.startWorkers()
}

// enter begins a piece of work that a claim took; the lock is held.
func (q *Query) enter() { q.active++ }

// leave ends a piece of work; the lock is held.
func (q *Query) leave() {
	q.active--
	if q.active == 0 {
		q.quiet.Broadcast()
	}
}

// finished says that one more stage is done; the lock is held.
func (q *Query) finished() {
	q.waiting--
	if q.waiting == 0 {
		q.profile.end()
		q.quiet.Broadcast()
	}
}
