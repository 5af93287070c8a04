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

// finish appends what was picked to the flat vector to, which owns its copies, if the budget of c allows.
func (p *picker) finish(c *expr.KernelContext, to *vector.Vector) error {
	if len(p.rows) == 0 {
		return c.Budget.Err()
	}
	if err := c.Budget.Grow(p.size()); err != nil {
		return err
	}
	p.place(to)
	return nil
}

// place is finish for what replaces something of its size, so that the budget has nothing to say.
func (p *picker) place(to *vector.Vector) {
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

// size is about how many bytes the values that were picked take.
func (p *picker) size() int64 {
	total := int64(0)
	for k, row := range p.rows {
		source := p.sources[0]
		if p.from != nil {
			source = p.sources[p.from[k]]
		}
		if width := source.Physical.Size(); row < 0 || source.Physical != types.PhysicalString && !source.Type.IsNested() {
			total += int64(width)
			continue
		}
		total += bytesTaken(source, int(row))
	}
	return total
}

// bytesTaken is about how many bytes a value of a flat vector takes.
func bytesTaken(v *vector.Vector, row int) int64 {
	n := int64(v.Physical.Size())
	if v.IsNull(row) {
		return n
	}
	switch v.Physical {
	case types.PhysicalString:
		n += int64(vector.Get[vector.View](v, row).Length())
	case types.PhysicalStruct:
		for _, c := range v.Children {
			n += bytesTaken(c, row)
		}
	case types.PhysicalList:
		n += bytesTakenByList(v.Children[0], vector.Get[vector.List](v, row))
	}
	return n
}

// bytesTakenByList is about how many bytes the elements of a list take.
func bytesTakenByList(child *vector.Vector, l vector.List) int64 {
	if child.Physical != types.PhysicalString && !child.Type.IsNested() {
		return int64(child.Physical.Size()) * int64(l.Length)
	}
	n := int64(0)
	for r := l.Start; r < l.Start+l.Length; r++ {
		n += bytesTaken(child, int(r))
	}
	return n
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
	c    *expr.KernelContext
}

func newLists(c *expr.KernelContext, out *vector.Vector, sources ...*vector.Vector) *lists {
	l := &lists{c: c, picker: newPicker(sources...), to: vector.Values[vector.List](out), base: int32(out.Children[0].Len), out: out}
	clear(l.to)
	return l
}

// mark is where the next array starts.
func (l *lists) mark() int32 { return l.base + int32(len(l.rows)) }

// close makes the elements picked since start the array of row i. An error means that the budget is used up.
func (l *lists) close(i int, start int32) error {
	n := l.mark() - start
	l.to[i] = vector.List{Start: start, Length: n}
	return l.c.Budget.Grow(bytesPerPick * int64(n))
}

// bytesPerPick is what a picker itself holds of a value.
const bytesPerPick = 4

// done copies the elements.
func (l *lists) done() error {
	if err := l.c.Budget.Err(); err != nil {
		return err
	}
	return l.finish(l.c, l.out.Children[0])
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
	c            *expr.KernelContext
}

func newMapBuilder(c *expr.KernelContext, out *vector.Vector, keys, values []*vector.Vector) *mapBuilder {
	m := &mapBuilder{c: c, keys: newPicker(keys...), values: newPicker(values...), to: vector.Values[vector.List](out), base: int32(out.Children[0].Len), out: out,
		lastWins: lastKeyWins(c), seen: map[string]int{}}
	clear(m.to)
	return m
}

// lastKeyWins reports whether, of entries of a map with the same key, the last one stays; else they are an error.
func lastKeyWins(c *expr.KernelContext) bool {
	return c.Settings != nil && c.Settings.Conf != nil && c.Settings.Conf("spark.sql.mapKeyDedupPolicy") == "LAST_WIN"
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
	if err := c.Budget.Grow(2 * bytesPerPick); err != nil {
		return err
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

// fill makes the maps of the rows of sel, of the entries that row puts, and ends the building.
func (m *mapBuilder) fill(sel vector.Selection, row func(i int) error) error {
	return m.done(each(sel, m.out, func(i int) error {
		m.open()
		if err := row(i); err != nil {
			return err
		}
		m.close(i)
		return nil
	}))
}

// done ends the building; err is that of a row, if there was one.
func (m *mapBuilder) done(err error) error {
	if err != nil {
		return err
	}
	entries := m.out.Children[0]
	if err := m.keys.finish(m.c, entries.Children[0]); err != nil {
		return err
	}
	if err := m.values.finish(m.c, entries.Children[1]); err != nil {
		return err
	}
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
