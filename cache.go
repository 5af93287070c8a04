package kiln

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/physical"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// StorageLevel says where the rows of a persisted DataFrame are kept.
type StorageLevel uint8

const (
	// MemoryAndDisk keeps rows in memory and moves them to disk when memory is short: what Cache does.
	MemoryAndDisk = StorageLevel(exec.MemoryAndDisk)
	// MemoryOnly keeps rows in memory; a query that has no room for them fails.
	MemoryOnly = StorageLevel(exec.MemoryOnly)
	// DiskOnly keeps rows in spill files.
	DiskOnly = StorageLevel(exec.DiskOnly)
)

// cache holds the plans that were cached and, from their first use on, their rows. A query whose plan contains a cached
// plan reads the rows in its place.
type cache struct {
	mu      sync.Mutex
	entries []*cacheEntry
	version atomic.Int64 // changes when a plan may be answered otherwise than before
	dropped func()       // told when rows were dropped, without the lock
}

// cacheEntry is one cached plan. Its rows are those of a finished query that is kept open: the memory manager sees and
// may spill them like any other.
type cacheEntry struct {
	plan  logical.Node
	level StorageLevel

	mu    sync.Mutex
	query *exec.Query // nil until the rows were computed
	table *cachedTable
}

func newCache(dropped func()) *cache { return &cache{dropped: dropped} }

// add caches a plan; it is computed at its first use.
func (c *cache) add(plan logical.Node, level StorageLevel) *cacheEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.find(plan); e != nil {
		return e
	}
	e := &cacheEntry{plan: plan, level: level}
	c.entries = append(c.entries, e)
	c.version.Add(1)
	return e
}

// find returns the entry of a plan, or nil; the lock is held.
func (c *cache) find(plan logical.Node) *cacheEntry {
	for _, e := range c.entries {
		if logical.Same(e.plan, plan) {
			return e
		}
	}
	return nil
}

// has reports whether a plan is cached.
func (c *cache) has(plan logical.Node) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.find(plan) != nil
}

// remove forgets a plan and frees its rows when the queries that read them have ended; false if it was not cached.
func (c *cache) remove(plan logical.Node) bool {
	defer c.dropped()
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, e := range c.entries {
		if logical.Same(e.plan, plan) {
			c.entries = append(c.entries[:i:i], c.entries[i+1:]...)
			c.version.Add(1)
			e.free()
			return true
		}
	}
	return false
}

func (c *cache) clear() {
	defer c.dropped()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version.Add(1)
	for _, e := range c.entries {
		e.free()
	}
	c.entries = nil
}

func (e *cacheEntry) free() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.query != nil {
		e.query.Close()
		e.query, e.table = nil, nil
	}
}

// substitute puts scans of cached rows in the place of cached subplans, computing those that were not used before.
func (c *cache) substitute(ctx context.Context, s *Session, plan logical.Node) (logical.Node, error) {
	c.mu.Lock()
	entries := append([]*cacheEntry(nil), c.entries...)
	c.mu.Unlock()
	if len(entries) == 0 {
		return plan, nil
	}
	return substitute(ctx, s, plan, entries, nil)
}

func substitute(ctx context.Context, s *Session, n logical.Node, entries []*cacheEntry, self *cacheEntry) (logical.Node, error) {
	for _, e := range entries {
		if e != self && logical.Same(e.plan, n) {
			table, err := e.rows(ctx, s, entries)
			if err != nil {
				return nil, err
			}
			scan := &logical.Scan{Table: table, Limit: -1}
			for i, column := range n.Columns() {
				scan.Output = append(scan.Output, logical.ScanColumn{Column: column, Path: []int{i}})
			}
			return scan, nil
		}
	}
	var failed error
	mapped := n.MapExpressions(func(e expr.Expr) expr.Expr {
		return expr.Transform(e, func(x expr.Expr) expr.Expr {
			q, ok := x.(*expr.Subquery)
			if !ok || failed != nil {
				return x
			}
			plan, err := substitute(ctx, s, q.Plan.(logical.Node), entries, self)
			if err != nil {
				failed = err
			}
			if plan == q.Plan {
				return x
			}
			changed := *q
			changed.Plan = plan
			return &changed
		})
	})
	if failed != nil {
		return nil, failed
	}
	children := mapped.Children()
	changed := false
	next := make([]logical.Node, len(children))
	for i, child := range children {
		m, err := substitute(ctx, s, child, entries, self)
		if err != nil {
			return nil, err
		}
		next[i] = m
		changed = changed || m != child
	}
	if changed {
		return mapped.WithChildren(next), nil
	}
	return mapped, nil
}

// rows returns the entry's table, computing it if this is its first use.
func (e *cacheEntry) rows(ctx context.Context, s *Session, entries []*cacheEntry) (source.Table, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.table != nil {
		return e.table, nil
	}
	plan, err := substitute(ctx, s, e.plan, entries, e)
	if err != nil {
		return nil, err
	}
	if plan, err = s.optimizeOnly(ctx, plan); err != nil {
		return nil, err
	}
	options := s.physicalOptions()
	options.Program.NarrowTypes = false
	var sink *exec.Materialize
	p, err := physical.Lower(plan, options, -1, 0, func(layout []vector.Layout) exec.Sink {
		sink = exec.NewCache(layout, exec.Storage(e.level))
		return sink
	})
	if err != nil {
		return nil, err
	}
	query, err := s.runtime.Start(context.WithoutCancel(ctx), "cache", p.Stages)
	if err != nil {
		return nil, err
	}
	follow(ctx, query.Profile())
	stop := context.AfterFunc(ctx, query.Close)
	err = query.Wait()
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		query.Close()
		return nil, err
	}
	e.query = query
	e.table = newCachedTable(e.plan, sink)
	return e.table, nil
}

// cachedTable is the rows of a cached plan as a table.
type cachedTable struct {
	schema     types.Type
	scan       source.Scan
	statistics *source.Statistics
}

func newCachedTable(plan logical.Node, sink *exec.Materialize) *cachedTable {
	t := &cachedTable{schema: schemaOf(plan), scan: sink.Output()}
	rows := int64(0)
	for _, m := range t.scan.Morsels() {
		rows += m.Rows
	}
	t.statistics = &source.Statistics{Rows: rows, RowsExact: true, Bytes: -1, Columns: make([]*types.ColumnStatistics, len(t.schema.Fields()))}
	return t
}

func (t *cachedTable) Name() string                   { return "InMemoryRelation" }
func (t *cachedTable) Schema() types.Type             { return t.schema }
func (t *cachedTable) Statistics() *source.Statistics { return t.statistics }

// Scan implements source.Table.
func (t *cachedTable) Scan(_ context.Context, r *source.Request) (source.Scan, error) {
	return &cachedScan{t, r}, nil
}

// cachedScan reads some columns of the cached rows, perhaps a field of a struct.
type cachedScan struct {
	table   *cachedTable
	request *source.Request
}

func (s *cachedScan) Morsels() []source.Morsel { return s.table.scan.Morsels() }
func (s *cachedScan) Detail() [][2]string      { return nil }

func (s *cachedScan) NewReader() (source.Reader, error) {
	r, err := s.table.scan.NewReader()
	return &cachedReader{r, s.table.schema, s.request.Columns}, err
}

type cachedReader struct {
	source.Reader
	schema  types.Type
	columns []source.Column
}

// Load implements source.Reader.
func (r *cachedReader) Load(c int, sel vector.Selection, v *vector.Vector) error {
	path := r.columns[c].Path
	if len(path) == 1 {
		return r.Reader.Load(path[0], sel, v)
	}
	whole := vector.NewFlat(r.schema.Fields()[path[0]].Type, 0)
	if err := r.Reader.Load(path[0], sel, whole); err != nil {
		return err
	}
	for _, i := range path[1:] {
		field := whole.Children[i]
		if whole.Valid != nil { // a field of a null struct is null
			for row := range whole.Len {
				if !whole.Valid.Get(row) {
					field.SetNull(row)
				}
			}
		}
		whole = field
	}
	*v = *whole
	return nil
}

// Cache keeps d's rows, once an action has computed them, for every later query whose plan contains d's.
func (d *DataFrame) Cache() *DataFrame { return d.Persist(MemoryAndDisk) }

// Persist is Cache with a storage level.
func (d *DataFrame) Persist(level StorageLevel) *DataFrame {
	switch level {
	case MemoryAndDisk, MemoryOnly, DiskOnly:
	default:
		return d.with(nil, diag.New("VALUE_NOT_ALLOWED", "arg_name", "storageLevel", "allowed_values", "MemoryAndDisk, MemoryOnly, DiskOnly"))
	}
	if d.bound() == nil {
		d.session.cache.add(d.plan, level)
	}
	return d
}

// Unpersist forgets the rows that Cache or Persist kept. No query may be reading them.
func (d *DataFrame) Unpersist() *DataFrame {
	if d.bound() == nil {
		d.session.cache.remove(d.plan)
	}
	return d
}

// IsCached reports whether d's rows are kept, or will be at their first use.
func (d *DataFrame) IsCached() bool { return d.bound() == nil && d.session.cache.has(d.plan) }
