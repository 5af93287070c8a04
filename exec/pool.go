package exec

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kilnql/kiln/diag"
)

// Pool lets a sink's Finish split its work over the session's workers.
type Pool struct {
	query  *Query
	worker *Worker
	helped *atomic.Int64 // nanoseconds that other workers helped; nil: not counted
}

// Query is the query being worked for.
func (p *Pool) Query() *Query { return p.query }

// Worker is the worker that runs Finish.
func (p *Pool) Worker() *Worker { return p.worker }

// Workers is the number of workers that may help.
func (p *Pool) Workers() int { return p.query.runtime.workers }

// Run calls f for 0 … n-1, on the calling worker and on others that are free, and returns when all calls are done.
// After an error or a cancellation the rest is left out, and the first error is returned.
func (p *Pool) Run(ctx context.Context, n int, f func(w *Worker, i int) error) error {
	if n == 1 {
		if err := ctx.Err(); err != nil {
			return err
		}
		return f(p.worker, 0)
	}
	b := &batch{query: p.query, ctx: ctx, n: n, call: f, helped: p.helped}
	b.quiet = sync.NewCond(&p.query.runtime.mu)
	rt := p.query.runtime
	rt.mu.Lock()
	rt.add(b)
	rt.mu.Unlock()
	b.help(p.worker)
	rt.mu.Lock()
	defer rt.mu.Unlock()
	rt.remove(b)
	for b.active > 0 {
		b.quiet.Wait()
	}
	if b.err == nil && b.next < b.n {
		return ctx.Err()
	}
	return b.err
}

// batch is the job of one Run; its fields are guarded by the runtime's lock.
type batch struct {
	query  *Query
	ctx    context.Context
	n      int
	call   func(w *Worker, i int) error
	next   int
	active int
	err    error
	quiet  *sync.Cond
	helped *atomic.Int64
}

// take gives the next number, or false if there is none; the lock is held.
func (b *batch) take() (int, bool) {
	if b.err != nil || b.next >= b.n || b.ctx.Err() != nil {
		return 0, false
	}
	b.next++
	return b.next - 1, true
}

func (b *batch) claim() func(w *Worker) {
	i, ok := b.take()
	if !ok {
		return nil
	}
	b.active++
	b.query.enter()
	return func(w *Worker) {
		w.Query = b.query
		start := time.Now()
		err := b.one(w, i)
		if b.helped != nil {
			b.helped.Add(int64(time.Since(start)))
		}
		rt := b.query.runtime
		rt.mu.Lock()
		defer rt.mu.Unlock()
		b.done(err)
		b.active--
		b.query.leave()
		if b.active == 0 {
			b.quiet.Broadcast()
		}
	}
}

// help works on the batch until nothing is left to take.
func (b *batch) help(w *Worker) {
	rt := b.query.runtime
	for {
		rt.mu.Lock()
		i, ok := b.take()
		rt.mu.Unlock()
		if !ok {
			return
		}
		err := b.one(w, i)
		rt.mu.Lock()
		b.done(err)
		rt.mu.Unlock()
	}
}

func (b *batch) done(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *batch) one(w *Worker, i int) (err error) {
	defer diag.Recover(&err)
	return b.call(w, i)
}
