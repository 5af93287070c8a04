// Package memory accounts for what queries hold in memory and on disk: a manager per session with a limit, a query's
// reservations under it, arenas, counted blocks, and spill files.
//
// Accounting, not allocation, is what the manager does: a consumer asks before it grows. Below the limit everyone is
// served. At the limit the manager first asks consumers, largest first, to give memory back; what then still does not
// fit is refused, and the consumer that asked spills what it holds itself.
package memory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kilnql/kiln/diag"
)

// Manager is the account of a session. It is safe for concurrent use.
type Manager struct {
	limit int64
	slack int64
	used  atomic.Int64
	peak  atomic.Int64

	mu           sync.Mutex
	reservations map[*Reservation]struct{}
}

// NewManager makes a manager with a limit in bytes; 0 or less means DefaultLimit.
func NewManager(limit int64) *Manager {
	if limit <= 0 {
		limit = DefaultLimit()
	}
	return &Manager{limit: limit, slack: min(limit/4, 64<<20), reservations: map[*Reservation]struct{}{}}
}

// Limit is the number of bytes that consumers may hold together.
func (m *Manager) Limit() int64 { return m.limit }

// Used is the number of bytes held now; Peak the most that ever were.
func (m *Manager) Used() int64 { return m.used.Load() }

// Peak is the highest value that Used ever had.
func (m *Manager) Peak() int64 { return m.peak.Load() }

// Spiller frees memory of a consumer on another's request. Spill runs on the goroutine that needs memory, while the
// owner may be working: an implementation that cannot stop its owner returns 0 at once (the owner then sees
// Reservation.Pressure at its next chunk). It shrinks its reservation itself and returns about how much it freed.
type Spiller interface {
	Spill(need int64) (freed int64, err error)
}

// Query is the account of one query. A minimum is set aside for it, which its reservations use first.
type Query struct {
	manager *Manager
	name    string
	spilled atomic.Int64
	peak    atomic.Int64

	mu      sync.Mutex
	minimum int64
	used    int64
	all     []*Reservation
}

// NewQuery opens an account; minimum bytes are set aside for it until Close, so that a query that runs can always
// go on in small steps. It fails with OUT_OF_MEMORY if they are not to be had.
func (m *Manager) NewQuery(name string, minimum int64) (*Query, error) {
	q := &Query{manager: m, name: name}
	if !m.takeBelow(minimum, m.limit) {
		if err := m.reclaim(nil, m.used.Load()+minimum-m.limit); err != nil {
			return nil, err
		}
		if !m.takeBelow(minimum, m.limit) {
			return nil, m.outOfMemory(minimum)
		}
	}
	q.minimum = minimum
	return q, nil
}

// Used, Peak and Spilled are bytes of the query: held now, held at most, written to spill files.
func (q *Query) Used() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.used
}

// Peak is the most bytes the query held at once.
func (q *Query) Peak() int64 { return q.peak.Load() }

// Spilled is the number of bytes that the query wrote to spill files.
func (q *Query) Spilled() int64 { return q.spilled.Load() }

// Close frees what reservations still hold, and the minimum; it may be called again.
func (q *Query) Close() {
	q.mu.Lock()
	all := q.all
	q.all = nil
	q.mu.Unlock()
	for _, r := range all {
		r.Close()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.manager.used.Add(max(q.used, 0) - max(q.used, q.minimum))
	q.minimum = 0
}

// Reservation is the memory of one consumer: a sink of one worker, a buffer, a cache. It is safe for concurrent use.
// Once it is closed nothing is counted any more: whoever still gives or takes memory then changes nothing.
type Reservation struct {
	query    *Query
	name     string
	spiller  Spiller
	size     atomic.Int64
	peak     atomic.Int64
	pressure atomic.Int64
	closed   bool // guarded by query.mu
}

// Reserve opens a reservation of 0 bytes. The name stands in errors, such as "aggregate". spiller may be nil.
func (q *Query) Reserve(name string, spiller Spiller) *Reservation {
	r := &Reservation{query: q, name: name, spiller: spiller}
	q.mu.Lock()
	q.all = append(q.all, r)
	q.mu.Unlock()
	m := q.manager
	m.mu.Lock()
	m.reservations[r] = struct{}{}
	m.mu.Unlock()
	return r
}

// Size is the number of bytes held; Peak the most that ever were.
func (r *Reservation) Size() int64 { return r.size.Load() }

// Peak is the highest value Size ever had.
func (r *Reservation) Peak() int64 { return r.peak.Load() }

// Pressure is the number of bytes that others would like this consumer to free; 0 if nobody waits. Reading it does
// not change it; Shrink lowers it.
func (r *Reservation) Pressure() int64 { return r.pressure.Load() }

// TryGrow takes n more bytes if the limit allows, after asking others to free memory. False means: spill, then Grow.
func (r *Reservation) TryGrow(n int64) bool {
	ok, _ := r.tryGrow(n)
	return ok
}

// tryGrow is TryGrow; err is why others, who were asked, could not free memory.
func (r *Reservation) tryGrow(n int64) (ok bool, err error) {
	m := r.query.manager
	if n <= 0 {
		r.Shrink(-n)
		return true, nil
	}
	if r.takeBelow(n, m.limit) {
		return true, nil
	}
	if err := m.reclaim(r, m.used.Load()+n-m.limit); err != nil {
		return false, err
	}
	return r.takeBelow(n, m.limit), nil
}

// Grow takes n more bytes, for what a consumer must have to go on after it spilled. It may pass the limit by a quarter
// (at most 64 MB) and fails beyond: with what kept others from spilling, such as a full disk, or with OUT_OF_MEMORY, which
// names the largest consumers.
func (r *Reservation) Grow(n int64) error {
	ok, err := r.tryGrow(n)
	if ok {
		return nil
	}
	m := r.query.manager
	if r.takeBelow(n, m.limit+m.slack) {
		return nil
	}
	if err != nil {
		return err
	}
	return m.outOfMemoryFor(r, n)
}

// Resize makes the size n: Grow or Shrink.
func (r *Reservation) Resize(n int64) error {
	d := n - r.size.Load()
	if d > 0 {
		return r.Grow(d)
	}
	r.Shrink(-d)
	return nil
}

// TryResize makes the size n if the limit allows.
func (r *Reservation) TryResize(n int64) bool {
	d := n - r.size.Load()
	if d > 0 {
		return r.TryGrow(d)
	}
	r.Shrink(-d)
	return true
}

// Add is Grow for a change above 0, else Shrink: for consumers that report how their buffers change.
func (r *Reservation) Add(change int64) error {
	if change > 0 {
		return r.Grow(change)
	}
	r.Shrink(-change)
	return nil
}

// Shrink gives n bytes back.
func (r *Reservation) Shrink(n int64) {
	if n <= 0 {
		return
	}
	r.give(n)
	for {
		p := r.pressure.Load()
		if p == 0 || r.pressure.CompareAndSwap(p, max(0, p-n)) {
			return
		}
	}
}

// Close gives everything back; it may be called again.
func (r *Reservation) Close() {
	q := r.query
	q.mu.Lock()
	if r.closed {
		q.mu.Unlock()
		return
	}
	r.giveLocked(r.size.Load())
	r.closed = true
	q.mu.Unlock()
	m := q.manager
	m.mu.Lock()
	delete(m.reservations, r)
	m.mu.Unlock()
}

// AddSpilled counts bytes written to spill files for the consumer.
func (r *Reservation) AddSpilled(n int64) { r.query.spilled.Add(n) }

// takeBelow takes n bytes unless the session would then hold more than limit.
func (r *Reservation) takeBelow(n, limit int64) bool {
	q := r.query
	q.mu.Lock()
	defer q.mu.Unlock()
	if r.closed {
		return true
	}
	if d := max(q.used+n, q.minimum) - max(q.used, q.minimum); d > 0 && !q.manager.takeBelow(d, limit) {
		return false
	}
	q.used += n
	raise(&q.peak, q.used)
	raise(&r.peak, r.size.Add(n))
	return true
}

// give gives n bytes back.
func (r *Reservation) give(n int64) {
	r.query.mu.Lock()
	defer r.query.mu.Unlock()
	if !r.closed {
		r.giveLocked(n)
	}
}

// giveLocked is give for who holds the query's lock.
func (r *Reservation) giveLocked(n int64) {
	q := r.query
	r.size.Add(-n)
	q.manager.used.Add(max(q.used-n, q.minimum) - max(q.used, q.minimum))
	q.used -= n
}

// takeBelow takes n bytes unless the session would then hold more than limit.
func (m *Manager) takeBelow(n, limit int64) bool {
	for {
		used := m.used.Load()
		if used+n > limit {
			return false
		}
		if m.used.CompareAndSwap(used, used+n) {
			raise(&m.peak, used+n)
			return true
		}
	}
}

func raise(peak *atomic.Int64, v int64) {
	for {
		p := peak.Load()
		if v <= p || peak.CompareAndSwap(p, v) {
			return
		}
	}
}

// reclaim asks consumers other than r, largest first, to free need bytes in all, and marks those that cannot at once.
func (m *Manager) reclaim(r *Reservation, need int64) error {
	for _, other := range m.largest() {
		if need <= 0 {
			return nil
		}
		if other == r || other.spiller == nil || other.Size() < minReclaim {
			continue
		}
		freed, err := other.spiller.Spill(need)
		if err != nil {
			return err
		}
		if freed == 0 {
			other.pressure.Store(min(need, other.Size()))
			need -= other.Size()
			continue
		}
		need -= freed
	}
	return nil
}

// minReclaim is the size below which a consumer is left alone.
const minReclaim = 4 << 10

// largest lists the reservations, largest first.
func (m *Manager) largest() []*Reservation {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]*Reservation, 0, len(m.reservations))
	sizes := make(map[*Reservation]int64, len(m.reservations))
	for r := range m.reservations {
		all = append(all, r)
		sizes[r] = r.Size()
	}
	slices.SortFunc(all, func(a, b *Reservation) int { return cmp.Compare(sizes[b], sizes[a]) })
	return all
}

// OutOfMemory is the error for a consumer that needs n bytes more and can neither get them nor spill (detail says
// why, such as the name of a state that cannot be written).
func (r *Reservation) OutOfMemory(n int64, detail string) error {
	e := r.query.manager.outOfMemoryFor(r, n)
	if detail != "" {
		e.Text += " " + detail
	}
	return e
}

func (m *Manager) outOfMemory(n int64) *diag.Error { return m.outOfMemoryFor(nil, n) }

// outOfMemoryFor is the error for n bytes that r (nil: a query that begins) asked for. It names r if nobody holds anything.
func (m *Manager) outOfMemoryFor(r *Reservation, n int64) *diag.Error {
	var names []string
	for _, r := range m.largest() {
		if len(names) == 3 || r.Size() == 0 {
			break
		}
		names = append(names, fmt.Sprintf("%s of %s (%s)", r.name, r.query.name, FormatBytes(r.Size())))
	}
	switch {
	case len(names) > 0:
	case r != nil:
		names = append(names, fmt.Sprintf("%s of %s (asks for the first)", r.name, r.query.name))
	default:
		names = append(names, "none")
	}
	return diag.New("OUT_OF_MEMORY", "requested", FormatBytes(n), "limit", FormatBytes(m.limit), "consumers", strings.Join(names, ", "))
}

// FormatBytes prints a size for people: "1.5 MiB".
func FormatBytes(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	v, u := float64(n), 0
	for v >= 1024 && u < len(units)-1 {
		v /= 1024
		u++
	}
	if u == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", v, units[u])
}
