package exec

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/vector"
)

// resultQueueBytes is about how much a Result holds before it parks its stages.
const resultQueueBytes = 16 << 20

// Result is the sink at the end of a query: a queue, bounded by bytes, from which one reader takes batches in the order
// of (partition, sequence) while the stages run. When the queue is full, stages are parked.
type Result struct {
	layout []vector.Layout
	bound  int64
	skip   int64 // rows of the offset still to be left out
	take   int64 // rows still to be given; -1: all

	mu       sync.Mutex
	changed  *sync.Cond
	limit    rowLimit // enough() is not used here: rows are counted as they are taken
	wake     func()
	queued   int64
	paused   bool // a stage was told to pause, or a worker waits
	finished bool // no rows will come any more
	enough   bool
	started  bool // something was taken or given
	err      error
	account  *memory.Reservation
	given    atomic.Int64 // rows
}

// NewResult makes the sink. limit rows are given (-1: all) after offset rows.
func NewResult(layout []vector.Layout, limit, offset int64) *Result {
	r := &Result{layout: layout, bound: resultQueueBytes, skip: offset, take: limit}
	r.limit.need = -1
	if limit >= 0 {
		r.limit.need = limit + offset
	}
	r.enough = limit == 0
	r.changed = sync.NewCond(&r.mu)
	return r
}

// Rows is the number of rows that the reader has been given.
func (r *Result) Rows() int64 { return r.given.Load() }

// SetBound sets about how many bytes the queue holds.
func (r *Result) SetBound(bytes int64) { r.bound = bytes }

// SetWake implements Waker. Workers that wait look again too.
func (r *Result) SetWake(wake func()) {
	r.wake = func() {
		wake()
		r.changed.Broadcast()
	}
}

// Feeders implements Sequencer.
func (r *Result) Feeders(offsets []int32) { r.limit.order.setFeeders(offsets) }

// Expect implements Sequencer.
func (r *Result) Expect(offset int32, morsels []source.Morsel) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.limit.order.expect(offset, morsels)
}

// Demand implements Demander.
func (r *Result) Demand(m source.Morsel) Need {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.enough || r.err != nil || r.supplied() {
		return NeedNothing
	}
	s := r.limit.order.find(m)
	if r.limit.need >= 0 && s.rows >= r.limit.need {
		return NeedLess
	}
	if !r.full(s) {
		return NeedMore
	}
	r.paused = true
	return NeedPause
}

// full reports whether a morsel must wait until the reader has taken rows; the lock is held. The morsel that the reader waits
// for may go on while the queue is full of later ones.
func (r *Result) full(s *morselState) bool {
	return r.queued >= r.bound && (r.head() != s || s.bytes >= r.bound/4)
}

// supplied reports whether the rows that wait, in order and without a gap, are as many as the reader will take. It may be
// late to take them; no more need to be read.
func (r *Result) supplied() bool {
	if r.take < 0 {
		return false
	}
	rest := r.skip + r.take
	o := &r.limit.order
	for i := o.at; i < len(o.feeders); i++ {
		f := &o.feeders[i]
		for _, s := range f.morsels[min(f.head, len(f.morsels)):] {
			for _, b := range s.batches {
				rest -= int64(b.rows)
			}
			if rest <= 0 {
				return true
			}
			if !s.done {
				return false
			}
		}
		if !f.expected {
			return false
		}
	}
	return false
}

// head is the first morsel that is not both done and taken.
func (r *Result) head() *morselState {
	for {
		h := r.limit.order.head()
		if h == nil || !h.done || len(h.batches) > 0 {
			return h
		}
		r.limit.order.pop()
	}
}

// NewLocal implements Sink.
func (r *Result) NewLocal(w *Worker) (LocalSink, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.account == nil {
		r.account = w.Query.Reserve("result", nil)
		// A bound of 0 would be reached by an empty queue, and nobody would ever wake its workers.
		r.bound = max(1, min(r.bound, w.Query.runtime.memory.Limit()/8))
	}
	return &resultLocal{sink: r, builder: segmentBuilder{layout: r.layout}}, nil
}

// Finish implements Sink.
func (r *Result) Finish(context.Context, *Pool) error {
	r.mu.Lock()
	r.finished = true
	r.mu.Unlock()
	r.changed.Broadcast()
	return nil
}

// Output implements Sink: there is none, the reader has had the rows.
func (r *Result) Output() source.Scan { return nil }

// Fail implements Failer.
func (r *Result) Fail(err error) {
	r.mu.Lock()
	r.err = err
	r.mu.Unlock()
	r.changed.Broadcast()
}

// Close implements Sink.
func (r *Result) Close() {
	r.mu.Lock()
	r.finished = true
	if r.account != nil {
		r.account.Close()
	}
	r.mu.Unlock()
	r.changed.Broadcast()
}

// Next waits for the next batch and returns its columns, which are flat, the caller's to keep, and never reused; n is 0 at
// the end. One goroutine reads.
func (r *Result) Next() (columns []*vector.Vector, n int, err error) {
	for {
		s, err := r.pop()
		if s == nil || err != nil {
			return nil, 0, err
		}
		if s, err = r.cut(s); err != nil {
			return nil, 0, err
		}
		if s != nil {
			return s.columns, s.rows, nil
		}
	}
}

// pop waits for the next segment in order; nil at the end.
func (r *Result) pop() (*rowSegment, error) {
	r.mu.Lock()
	for {
		if r.err != nil || r.enough {
			defer r.mu.Unlock()
			return nil, r.err
		}
		if h := r.head(); h != nil && len(h.batches) > 0 {
			s := h.batches[0]
			h.batches = h.batches[1:]
			h.bytes -= s.bytes
			r.queued -= s.bytes
			r.account.Shrink(s.bytes)
			wake := r.paused
			r.paused = false
			r.mu.Unlock()
			if wake {
				r.wake()
			}
			return s, nil
		}
		if r.finished {
			r.mu.Unlock()
			return nil, nil
		}
		if r.paused { // the head has moved to a morsel that was told to wait
			r.paused = false
			r.mu.Unlock()
			r.wake()
			r.mu.Lock()
			if h := r.head(); r.err != nil || r.finished || h != nil && len(h.batches) > 0 {
				continue
			}
		}
		r.changed.Wait()
	}
}

// cut applies offset and limit; nil if nothing is left of the segment.
func (r *Result) cut(s *rowSegment) (*rowSegment, error) {
	from, n, last := r.claim(int64(s.rows))
	if last {
		r.wake()
	}
	if n <= 0 {
		return nil, nil
	}
	r.given.Add(n)
	return s.cut(int(from), int(n), r.layout)
}

// claim counts the rows of a segment against offset and limit: n of them are given, from one on; last says that the
// reader then has all it will take. Workers ask about both in supplied.
func (r *Result) claim(rows int64) (from, n int64, last bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from = min(r.skip, rows)
	r.skip -= from
	n = rows - from
	if r.take >= 0 {
		n = min(n, r.take)
		r.take -= n
		last = r.take == 0
		r.enough = r.enough || last
	}
	return from, n, last
}

// resultLocal collects the rows of one morsel at a time.
type resultLocal struct {
	sink    *Result
	worker  *Worker
	builder segmentBuilder
	morsel  *morselState
}

// SetWorker implements WaitingSink.
func (l *resultLocal) SetWorker(w *Worker) { l.worker = w }

func (l *resultLocal) BeginMorsel(m source.Morsel) error {
	l.sink.mu.Lock()
	defer l.sink.mu.Unlock()
	l.morsel = l.sink.limit.order.find(m)
	return nil
}

func (l *resultLocal) Consume(c *vector.Chunk, _ program.Position) error {
	r := l.sink
	s := l.builder.add(c.Columns, c.Selection, c.Len)
	rows := int64(c.Rows())
	r.mu.Lock()
	l.morsel.rows += rows
	first := !r.started && r.head() == l.morsel
	enough := r.enough || r.limit.need >= 0 && l.morsel.rows >= r.limit.need
	r.mu.Unlock()
	if s == nil && first { // let the reader begin
		s = l.builder.close()
	}
	if err := l.give(s); err != nil {
		return err
	}
	if enough {
		return errEnough
	}
	return l.wait()
}

// wait waits until the reader has made room for more of the morsel.
func (l *resultLocal) wait() error {
	r := l.sink
	r.mu.Lock()
	full := r.full(l.morsel)
	r.mu.Unlock()
	if !full {
		return nil
	}
	ctx := l.worker.Query.ctx
	over := false
	l.worker.Blocking(func() {
		defer context.AfterFunc(ctx, func() {
			r.mu.Lock() // not between the test and the wait below
			defer r.mu.Unlock()
			r.changed.Broadcast()
		})()
		r.mu.Lock()
		defer r.mu.Unlock()
		for ctx.Err() == nil && r.full(l.morsel) {
			if over = r.enough || r.supplied(); over {
				return
			}
			r.paused = true
			r.changed.Wait()
		}
	})
	if over {
		return errEnough
	}
	return ctx.Err()
}

func (l *resultLocal) give(s *rowSegment) error {
	if s == nil {
		return nil
	}
	r := l.sink
	if err := r.account.Grow(s.bytes); err != nil {
		return err
	}
	r.mu.Lock()
	l.morsel.batches = append(l.morsel.batches, s)
	l.morsel.bytes += s.bytes
	r.queued += s.bytes
	r.started = true
	r.mu.Unlock()
	r.changed.Broadcast()
	return nil
}

func (l *resultLocal) EndMorsel() error {
	err := l.give(l.builder.close())
	r := l.sink
	r.mu.Lock()
	l.morsel.done = true
	wake := r.paused
	r.paused = false
	r.mu.Unlock()
	r.changed.Broadcast()
	if wake {
		r.wake()
	}
	return err
}

func (l *resultLocal) Finish() error { return nil }
