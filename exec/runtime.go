package exec

import (
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/kilnql/kiln/exec/memory"
)

// Runtime is what the queries of a session share: workers, memory, a place to spill. It is safe for concurrent use.
type Runtime struct {
	workers int
	memory  *memory.Manager
	spill   *memory.Spill
	minimum int64 // set aside for each query

	mu      sync.Mutex
	slot    *sync.Cond // a worker slot became free
	running int        // slots in use
	blocked int        // workers that wait for a slot after a blocking call
	free    []int      // worker numbers not in use
	ids     int        // worker numbers given out so far
	jobs    []job      // what has work, served in turn
	turn    int
	idle    *sync.Cond          // running became 0
	queries map[*Query]struct{} // started, and not stopped
	stopped func() error        // why queries are refused; nil before Stop
}

// job is something that workers can take pieces of work from.
type job interface {
	// claim takes a piece of work, or returns nil if there is none now. The runtime's lock is held.
	claim() func(w *Worker)
}

// Options configure a Runtime.
type Options struct {
	// Workers is the number of workers; 0: as many as the machine has processors for this process.
	Workers int
	// MemoryLimit is in bytes; 0: memory.DefaultLimit.
	MemoryLimit int64
	// QueryMinimum is set aside for each query, so that it can go on in small steps whatever others hold; 0: 256 KiB. It is
	// never more than a sixteenth of the limit.
	QueryMinimum int64
	// SpillDir is where spill files go; "": the system's directory for temporary files. Files replaces the file system in tests.
	SpillDir string
	Files    memory.FileSystem
}

// NewRuntime makes a runtime. It starts no goroutine.
func NewRuntime(o Options) *Runtime {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.QueryMinimum <= 0 {
		o.QueryMinimum = 256 << 10
	}
	rt := &Runtime{workers: o.Workers, memory: memory.NewManager(o.MemoryLimit), spill: memory.OpenSpill(o.SpillDir, o.Files)}
	rt.minimum = min(o.QueryMinimum, rt.memory.Limit()/16)
	rt.slot, rt.idle = sync.NewCond(&rt.mu), sync.NewCond(&rt.mu)
	rt.queries = map[*Query]struct{}{}
	return rt
}

// Workers is the number of workers.
func (rt *Runtime) Workers() int { return rt.workers }

// Memory is the account that all queries draw from.
func (rt *Runtime) Memory() *memory.Manager { return rt.memory }

// Spill is the place for spill files.
func (rt *Runtime) Spill() *memory.Spill { return rt.spill }

// Stop ends all queries that run, refuses others from now on, and waits until no worker is left. Each query fails with an error
// of its own from reason. What queries hold is there until they are closed. Stop may be called again; no worker may call it.
func (rt *Runtime) Stop(reason func() error) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	rt.stopped = reason
	running := slices.Collect(maps.Keys(rt.queries))
	rt.mu.Unlock()
	for _, q := range running {
		q.fail(reason())
	}
	rt.mu.Lock()
	for _, q := range running {
		for q.active > 0 {
			q.quiet.Wait()
		}
	}
	for rt.running > 0 {
		rt.idle.Wait()
	}
}

// Close removes the spill directory. Queries must have been closed, or stopped by Stop.
func (rt *Runtime) Close() error { return rt.spill.Close() }

// Worker is what a piece of work knows of the worker that runs it. It is valid only for that piece.
type Worker struct {
	// ID is small: below Runtime.Workers() unless calls block.
	ID int
	// Query is the query being worked for.
	Query *Query
}

// Blocking runs f, a call that waits (a foreign process, a network), without occupying a worker meanwhile.
func (w *Worker) Blocking(f func()) {
	rt := w.Query.runtime
	rt.mu.Lock()
	rt.running--
	rt.slot.Signal()
	rt.startWorkers()
	rt.mu.Unlock()
	defer func() {
		rt.mu.Lock()
		rt.blocked++
		for rt.running >= rt.workers {
			rt.slot.Wait()
		}
		rt.blocked--
		rt.running++
		rt.startWorkers()
		rt.mu.Unlock()
	}()
	f()
}

// add makes a job known and wakes workers; the lock is held.
func (rt *Runtime) add(j job) {
	rt.jobs = append(rt.jobs, j)
	rt.startWorkers()
}

// remove forgets a job; the lock is held.
func (rt *Runtime) remove(j job) {
	for i, other := range rt.jobs {
		if other == j {
			rt.jobs = append(rt.jobs[:i], rt.jobs[i+1:]...)
			if rt.turn > i {
				rt.turn--
			}
			return
		}
	}
}

// startWorkers starts workers for work that is waiting, as far as slots are free; the lock is held.
func (rt *Runtime) startWorkers() {
	for rt.running < rt.workers && rt.blocked == 0 {
		work := rt.pick()
		if work == nil {
			return
		}
		id := rt.ids
		if n := len(rt.free); n > 0 {
			id, rt.free = rt.free[n-1], rt.free[:n-1]
		} else {
			rt.ids++
		}
		rt.running++
		go rt.work(id, work)
	}
}

// pick takes the next piece of work, serving jobs in turn; the lock is held.
func (rt *Runtime) pick() func(w *Worker) {
	for range len(rt.jobs) {
		if rt.turn >= len(rt.jobs) {
			rt.turn = 0
		}
		j := rt.jobs[rt.turn]
		rt.turn++
		if work := j.claim(); work != nil {
			return work
		}
	}
	return nil
}

// work is a worker: it goes on until there is no work for it.
func (rt *Runtime) work(id int, work func(w *Worker)) {
	for work != nil {
		work(&Worker{ID: id})
		rt.mu.Lock()
		work = nil
		if rt.blocked == 0 {
			work = rt.pick()
		}
		if work == nil {
			rt.running--
			rt.free = append(rt.free, id)
			rt.slot.Signal()
			if rt.running == 0 {
				rt.idle.Broadcast()
			}
		}
		rt.mu.Unlock()
	}
}

// crowded reports whether other work waits, or a worker whose call has returned, so that a long piece should give way. The
// lock is not held.
func (rt *Runtime) crowded() bool {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	return len(rt.jobs) > 1 || rt.blocked > 0
}
