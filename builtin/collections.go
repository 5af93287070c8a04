package builtin

import (
	"math"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// picker collects values of several source vectors by (source, row) and appends copies of them, in order, to a vector.
// Rows below zero are null.
type picker struct {
	sources []*vector.Vector
	rows    []int32
	from    []uint16 // source of each row; nil while all are of source 0
}

// newPicker picks from flat or constant vectors.
func newPicker(sources ...*vector.Vector) *picker {
	p := &picker{sources: make([]*vector.Vector, len(sources))}
	for i, s := range sources {
		if s.Encoding == vector.Constant {
			one := *s
			one.Encoding, one.Len = vector.Flat, 1
			s = &one
		}
		p.sources[i] = vector.Flatten(s, s.Len)
	}
	return p
}

func (p *picker) add(source int, row int32) {
	if source > 0 && p.from == nil {
		p.from = make([]uint16, len(p.rows), 2*len(p.rows)+16)
	}
	p.rows = append(p.rows, row)
	if p.from != nil {
		p.from = append(p.from, uint16(source))
	}
}

// addRange picks length rows from start on.
func (p *picker) addRange(source int, start, length int32) {
	for r := range length {
		p.add(source, start+r)
	}
}

// finish appends what was picked to the flat vector to, which owns its copies.
func (p *picker) finish(to *vector.Vector) {
	if len(p.rows) == 0 {
		return
	}
	if p.from == nil {
		copyRows(p.sources[0], p.rows, to)
		return
	}
	// Bring the values of each source together, then put them into order.
	pool := vector.New(to.Type, to.Physical, len(p.rows))
	order, rows, base := make([]int32, len(p.rows)), make([][]int32, len(p.sources)), make([]int32, len(p.sources))
	for k, f := range p.from {
		order[k] = int32(len(rows[f]))
		rows[f] = append(rows[f], p.rows[k])
	}
	for s, source := range p.sources {
		base[s] = int32(pool.Len)
		if len(rows[s]) > 0 {
			copyRows(source, rows[s], pool)
		}
	}
	for k, f := range p.from {
		order[k] += base[f]
	}
	copyRows(pool, order, to)
}

// copyRows appends copies of rows of a flat vector to another; a negative row is null.
func copyRows(source *vector.Vector, rows []int32, to *vector.Vector) {
	gathered := vector.New(to.Type, to.Physical, len(rows))
	vector.Gather(source, rows, nil, len(rows), gathered)
	vector.AppendRows(to, gathered, nil, len(rows))
}

// takeRows makes row i of out a copy of row rows[i] of a flat vector, null if it is negative.
func takeRows(source *vector.Vector, rows []int32, out *vector.Vector) {
	out.Reset(0)
	copyRows(vector.Flatten(source, source.Len), rows, out)
}

// nulls returns n rows that are null.
func nullRows(n int) []int32 {
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = -1
	}
	return rows
}

// lists builds the arrays of a result from picked elements.
type lists struct {
	*picker
	to   []vector.List
	base int32
	out  *vector.Vector
}

func newLists(out *vector.Vector, sources ...*vector.Vector) *lists {
	l := &lists{picker: newPicker(sources...), to: vector.Values[vector.List](out), base: int32(out.Children[0].Len), out: out}
	clear(l.to)
	return l
}

// mark is where the next array starts.
func (l *lists) mark() int32 { return l.base + int32(len(l.rows)) }

// close makes the elements picked since start the array of row i.
func (l *lists) close(i int, start int32) {
	l.to[i] = vector.List{Start: start, Length: l.mark() - start}
}

// done copies the elements.
func (l *lists) done() error {
	l.finish(l.out.Children[0])
	return nil
}

// maps builds the maps of a result from picked keys and values.
type mapBuilder struct {
	keys, values *picker
	to           []vector.List
	base         int32
	out          *vector.Vector
	lastWins     bool
	seen         map[string]int
	buffer       []byte
	start        int
}

func newMapBuilder(c *expr.KernelContext, out *vector.Vector, keys, values []*vector.Vector) *mapBuilder {
	m := &mapBuilder{keys: newPicker(keys...), values: newPicker(values...), to: vector.Values[vector.List](out), base: int32(out.Children[0].Len), out: out,
		lastWins: c.Settings != nil && c.Settings.Conf != nil && c.Settings.Conf("spark.sql.mapKeyDedupPolicy") == "LAST_WIN", seen: map[string]int{}}
	clear(m.to)
	return m
}

// open starts a map.
func (m *mapBuilder) open() {
	clear(m.seen)
	m.start = len(m.keys.rows)
}

// put adds an entry. Null keys are an error; so are duplicates, unless the last one wins.
func (m *mapBuilder) put(c *expr.KernelContext, keySource int, key int32, valueSource int, value int32) error {
	v := m.keys.sources[keySource]
	if v.IsNull(int(key)) {
		return nullMapKey(c)
	}
	m.buffer = vector.AppendValue(m.buffer[:0], v, int(key))
	if at, ok := m.seen[string(m.buffer)]; ok {
		if !m.lastWins {
			return duplicateMapKey(c, v, int(key))
		}
		m.values.replace(at, valueSource, value)
		return nil
	}
	m.seen[string(m.buffer)] = len(m.keys.rows)
	m.keys.add(keySource, key)
	m.values.add(valueSource, value)
	return nil
}

// replace changes what was picked at a position.
func (p *picker) replace(at, source int, row int32) {
	if source > 0 && p.from == nil {
		p.from = make([]uint16, len(p.rows))
	}
	p.rows[at] = row
	if p.from != nil {
		p.from[at] = uint16(source)
	}
}

// close makes the entries since open the map of row i.
func (m *mapBuilder) close(i int) {
	m.to[i] = vector.List{Start: m.base + int32(m.start), Length: int32(len(m.keys.rows) - m.start)}
}

func (m *mapBuilder) done() error {
	entries := m.out.Children[0]
	m.keys.finish(entries.Children[0])
	m.values.finish(entries.Children[1])
	entries.Len += len(m.keys.rows)
	return nil
}

// elements encodes the elements of one array at a time, to compare them as bytes.
type elements struct {
	child  *vector.Vector
	bytes  []byte
	starts []int32
	typ    types.Type
	// exact tells -0.0 from 0.0, as the set operations do.
	exact bool
}

func elementsOf(array *vector.Vector) *elements {
	child := array.Children[0]
	return &elements{child: vector.Flatten(child, child.Len), typ: child.Type}
}

// load encodes the elements of l.
func (e *elements) load(l vector.List) {
	e.bytes, e.starts = e.bytes[:0], e.starts[:0]
	for r := range l.Length {
		e.starts = append(e.starts, int32(len(e.bytes)))
		e.bytes = vector.AppendValue(e.bytes, e.child, int(l.Start+r))
		if e.exact && isNegativeZero(e.child, int(l.Start+r)) {
			e.bytes = append(e.bytes, 1)
		}
	}
	e.starts = append(e.starts, int32(len(e.bytes)))
}

func isNegativeZero(v *vector.Vector, i int) bool {
	switch {
	case v.Physical == types.PhysicalFloat64 && !v.IsNull(i):
		f := vector.Get[float64](v, i)
		return f == 0 && math.Signbit(f)
	case v.Physical == types.PhysicalFloat32 && !v.IsNull(i):
		f := vector.Get[float32](v, i)
		return f == 0 && math.Signbit(float64(f))
	}
	return false
}

// at is element k of the array that was loaded; its first byte is 0 if it is null.
func (e *elements) at(k int32) []byte { return e.bytes[e.starts[k]:e.starts[k+1]] }

func (e *elements) isNull(k int32) bool { return e.bytes[e.starts[k]] == 0 }

// compare orders two elements, nulls first.
func (e *elements) compare(a, b int32) int {
	order, _, _ := vector.CompareValues(e.typ, e.child.Physical, e.at(a), e.at(b))
	return order
}

// propagate makes rows of out null where one of args is, for kernels that are null-aware because of other arguments.
func propagate(sel vector.Selection, out *vector.Vector, args ...*vector.Vector) {
	for _, a := range args {
		if a.MayHaveNulls() {
			eachRow(sel, out.Len, func(i int) {
				if a.IsNull(i) {
					out.SetNull(i)
				}
			})
		}
	}
}
