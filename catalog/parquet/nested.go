package parquet

import (
	"errors"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/parquet-go/parquet-go/format"
)

// shape is how a wanted nested type is read from a file: its nodes, and the leaves that carry their levels.
type shape struct {
	node       *node // nil: the file does not have it, all null
	typ        types.Type
	kind       nodeKind
	conversion *conversion // of a leaf
	column     int         // of a leaf: its number among the assembly's columns
	guide      int         // of a group: the column whose levels tell where its values are
	children   []*shape
	leaves     []*shape // of the root: the columns, in order
}

// newShape matches a node with the type wanted of it: struct fields by name, so that a plan may ask for some of them.
func (f *footer) newShape(n *node, t types.Type, caseSensitive bool) (*shape, error) {
	root := &shape{}
	s, err := f.matchShape(root, n, t, caseSensitive)
	if err != nil {
		return nil, err
	}
	s.leaves = root.leaves
	return s, nil
}

func (f *footer) matchShape(root *shape, n *node, t types.Type, caseSensitive bool) (*shape, error) {
	s := &shape{node: n, typ: t, kind: n.kind}
	first := len(root.leaves)
	var err error
	switch {
	case n.kind == leafNode && !t.IsNested():
		if s.conversion, err = f.conversionOf(n, t, t.Physical()); err != nil {
			return nil, err
		}
		root.addColumn(s)
		return s, nil
	case n.kind == structNode && t.Kind == types.Struct:
		for _, field := range t.Fields() {
			child := &shape{typ: field.Type}
			if c := n.child(field.Name, caseSensitive); c != nil {
				if child, err = f.matchShape(root, c, field.Type, caseSensitive); err != nil {
					return nil, err
				}
			}
			s.children = append(s.children, child)
		}
	case n.kind == listNode && t.Kind == types.Array:
		element, err := f.matchShape(root, n.children[0], t.Elem(), caseSensitive)
		if err != nil {
			return nil, err
		}
		s.children = []*shape{element}
	case n.kind == mapNode && t.Kind == types.Map:
		for i, part := range []types.Type{t.Key(), t.Elem()} {
			child, err := f.matchShape(root, n.children[i], part, caseSensitive)
			if err != nil {
				return nil, err
			}
			s.children = append(s.children, child)
		}
	default:
		return nil, f.typeMismatch(n, t)
	}
	if len(root.leaves) == first {
		// No wanted field is in the file: any leaf tells where the group is null.
		if n.firstLeaf == n.endLeaf {
			return nil, diag.Unsupported("the group " + n.path + " without fields in " + f.path)
		}
		leaf := f.leaves[n.firstLeaf]
		root.addColumn(&shape{node: leaf, typ: types.VoidType, conversion: &conversion{kind: voidValues}})
	}
	s.guide = first
	return s, nil
}

func (s *shape) addColumn(leaf *shape) {
	leaf.column = len(s.leaves)
	s.leaves = append(s.leaves, leaf)
}

// levels is a nested column's place, and the levels of the current chunk.
type levels struct {
	entry       int   // next value of the page, nulls counted
	row         int64 // rows begun before it
	definitions []uint8
	repetitions []uint8
	strings     stringLoad
}

func (l *levels) restart() { l.entry, l.row = 0, 0 }

// assembly reads a nested column: its leaves, and from their levels the lists and structs around them.
type assembly struct {
	shape   *shape
	columns []*column
}

func newAssembly(s *shape, d *decompressor) *assembly {
	a := &assembly{shape: s}
	for _, leaf := range s.leaves {
		a.columns = append(a.columns, &column{decompressor: d, nested: true, conversion: leaf.conversion, typ: leaf.typ})
	}
	return a
}

func (a *assembly) reset(f *footer, rowGroup int, file fileReader) {
	for i, c := range a.columns {
		c.reset(f, rowGroup, a.shape.leaves[i].node, file)
	}
}

// load decodes the rows [start, start+n) into v.
func (a *assembly) load(start int64, n int, v *vector.Vector) error {
	v.Reset(n)
	if err := a.loadLeaves(a.shape, start, n, v); err != nil {
		return err
	}
	return a.build(a.shape, v, n, 0, 0)
}

// loadLeaves decodes the values of all leaves below s, without gaps for nulls, into the vectors they belong to.
func (a *assembly) loadLeaves(s *shape, start int64, n int, v *vector.Vector) error {
	if s.node == nil {
		return nil
	}
	if s.kind == leafNode {
		return a.columns[s.column].loadRecords(start, n, v)
	}
	before := a.columns[s.guide]
	if before.conversion.kind == voidValues && !s.reads(s.guide) {
		if err := before.loadRecords(start, n, nil); err != nil {
			return err
		}
	}
	for i, child := range s.children {
		if err := a.loadLeaves(child, start, n, s.vectorOf(v, i)); err != nil {
			return err
		}
	}
	return nil
}

// reads reports whether a leaf below s is the given column.
func (s *shape) reads(column int) bool {
	if s.node == nil {
		return false
	}
	if s.kind == leafNode {
		return s.column == column
	}
	for _, c := range s.children {
		if c.reads(column) {
			return true
		}
	}
	return false
}

// vectorOf is the vector of child i of a group whose vector is v.
func (s *shape) vectorOf(v *vector.Vector, i int) *vector.Vector {
	switch s.kind {
	case listNode:
		return v.Children[0]
	case mapNode:
		return v.Children[0].Children[i]
	}
	return v.Children[i]
}

var errLevels = errors.New("the levels of its columns do not agree")

// build makes the vector of a shape with the given number of slots. Its levels are seen from inside the list whose
// elements begin at repetition level repetition or below and exist from definition level definition on.
func (a *assembly) build(s *shape, v *vector.Vector, slots int, repetition, definition uint8) error {
	if s.node == nil {
		setNulls(v, slots)
		return nil
	}
	switch s.kind {
	case leafNode:
		return a.columns[s.column].place(v, slots, definition)
	case structNode:
		if err := a.buildStruct(s, v, slots, repetition, definition); err != nil {
			return err
		}
		for i, child := range s.children {
			if err := a.build(child, v.Children[i], slots, repetition, definition); err != nil {
				return err
			}
		}
		return nil
	}
	elements, err := a.buildList(s, v, slots, repetition, definition)
	if err != nil {
		return err
	}
	if s.kind == mapNode {
		entry := v.Children[0]
		entry.Encoding, entry.Len, entry.Valid = vector.Flat, elements, nil
	}
	for i, child := range s.children {
		if err := a.build(child, s.vectorOf(v, i), elements, s.node.elementRepetition, s.node.elementDefinition); err != nil {
			return err
		}
	}
	return nil
}

// setNulls makes a vector of n nulls, flat at all levels.
func setNulls(v *vector.Vector, n int) {
	v.Reset(n)
	clear(v.Data())
	v.ClearedValid()
	if v.Physical == types.PhysicalStruct {
		for _, c := range v.Children {
			setNulls(c, n)
		}
	}
}

func (a *assembly) buildStruct(s *shape, v *vector.Vector, slots int, repetition, definition uint8) error {
	l := &a.columns[s.guide].levels
	v.Encoding, v.Len, v.Valid = vector.Flat, slots, nil
	at := 0
	for i, d := range l.definitions {
		if d < definition || l.repetition(i) > repetition {
			continue
		}
		if at >= slots {
			return errLevels
		}
		if d < s.node.definition {
			v.SetNull(at)
		}
		at++
	}
	if at != slots {
		return errLevels
	}
	return nil
}

func (l *levels) repetition(i int) uint8 {
	if len(l.repetitions) == 0 {
		return 0
	}
	return l.repetitions[i]
}

// buildList fills the starts and lengths of a list or map and returns how many elements there are in all.
func (a *assembly) buildList(s *shape, v *vector.Vector, slots int, repetition, definition uint8) (elements int, err error) {
	l := &a.columns[s.guide].levels
	v.Encoding, v.Len, v.Valid = vector.Flat, slots, nil
	v.Reserve(slots)
	lists := vector.Values[vector.List](v)
	n := s.node
	at := -1
	for i, d := range l.definitions {
		r := l.repetition(i)
		switch {
		case r <= repetition:
			if d < definition {
				continue // a list further out is null or empty here
			}
			if at++; at >= slots {
				return 0, errLevels
			}
			lists[at] = vector.List{Start: int32(elements)}
			if d < n.elementDefinition {
				// An old list of two levels has no level of its own for null: it is empty.
				if d < n.definition {
					v.SetNull(at)
				}
				continue
			}
		case r != n.elementRepetition:
			continue // within an element
		case at < 0 || d < n.elementDefinition:
			return 0, errLevels
		}
		lists[at].Length++
		elements++
	}
	if at+1 != slots {
		return 0, errLevels
	}
	return elements, nil
}

// place moves the values that loadRecords left at the front of v to their slots.
func (c *column) place(v *vector.Vector, slots int, definition uint8) error {
	l := &c.levels
	if c.conversion.kind == voidValues {
		setNulls(v, slots)
		return nil
	}
	values, n := v.Len, 0
	for _, d := range l.definitions {
		if d >= definition {
			n++
		}
	}
	if n != slots {
		return errLevels
	}
	v.Reserve(slots)
	v.Encoding, v.Len, v.Valid = vector.Flat, slots, nil
	if values == slots {
		return nil
	}
	valid := v.ClearedValid()
	at := 0
	for _, d := range l.definitions {
		if d == c.leaf.definition {
			valid.Set(at)
		}
		if d >= definition {
			at++
		}
	}
	switch c.conversion.physicalSize() {
	case 1:
		spread(vector.Values[uint8](v), values, valid, 0)
	case 2:
		spread(vector.Values[uint16](v), values, valid, 0)
	case 4:
		spread(vector.Values[uint32](v), values, valid, 0)
	case 8:
		spread(vector.Values[uint64](v), values, valid, 0)
	default:
		spread(vector.Values[[2]uint64](v), values, valid, 0)
	}
	return nil
}

func (v *conversion) physicalSize() int { return v.physical.Size() }

// loadRecords reads the levels of the rows [start, start+n), and their values to the front of v, whose Len is then the
// number of values that are not null. v may be nil for a column read for its levels only.
func (c *column) loadRecords(start int64, n int, v *vector.Vector) error {
	c.enter(start)
	l := &c.levels
	if start < l.row {
		c.restart()
	}
	if v != nil {
		v.Reset(0)
		l.strings = stringLoad{v: v, base: -1}
	}
	l.definitions, l.repetitions = l.definitions[:0], l.repetitions[:0]
	if err := c.records(start-l.row, nil, false); err != nil {
		return err
	}
	return c.records(int64(n), v, true)
}

// records moves over whole rows, and with take keeps their levels and values.
func (c *column) records(rows int64, v *vector.Vector, take bool) error {
	l, p := &c.levels, &c.page
	for {
		if l.entry >= p.values {
			if rows == 0 && (c.remaining <= 0 || c.startsWithRow()) {
				return nil
			}
			if err := c.nextPage(); err != nil {
				return err
			}
			l.entry = 0
			if skip, ok := c.rowsOfPage(); ok && !take && skip <= rows {
				rows -= skip
				l.row += skip
				l.entry = p.values
				continue
			}
			if p.values == 0 {
				continue
			}
		}
		if err := c.loadPage(); err != nil {
			return err
		}
		end, begun := c.recordEnd(rows)
		if l.entry == 0 && l.row == 0 && end > 0 && c.leaf.repetition > 0 && p.repetitions[0] != 0 {
			return errors.New("the first value continues a list that never began")
		}
		if err := c.takeEntries(end, v, take); err != nil {
			return err
		}
		rows -= begun
		l.row += begun
		if end < p.values {
			return nil
		}
	}
}

// startsWithRow reports whether the next page is known to begin with a new row.
func (c *column) startsWithRow() bool {
	return c.leaf.repetition == 0 || c.page.header.kind == format.DataPageV2
}

// rowsOfPage is the number of rows of the current page, if it is known without its levels.
func (c *column) rowsOfPage() (int64, bool) {
	if c.leaf.repetition == 0 {
		return int64(c.page.values), true
	}
	return int64(c.page.header.rows), c.page.header.kind == format.DataPageV2
}

// recordEnd finds, in the loaded page from the current entry on, where so many rows end, and how many of them begin there.
func (c *column) recordEnd(rows int64) (end int, begun int64) {
	l, p := &c.levels, &c.page
	if c.leaf.repetition == 0 {
		begun = min(rows, int64(p.values-l.entry))
		return l.entry + int(begun), begun
	}
	for i := l.entry; i < p.values; i++ {
		if p.repetitions[i] == 0 {
			if begun == rows {
				return i, begun
			}
			begun++
		}
	}
	return p.values, begun
}

// takeEntries moves to an entry of the page.
func (c *column) takeEntries(end int, v *vector.Vector, take bool) error {
	l, p := &c.levels, &c.page
	definitions := p.definitions[l.entry:end]
	if take {
		l.definitions = append(l.definitions, definitions...)
		if c.leaf.repetition > 0 {
			l.repetitions = append(l.repetitions, p.repetitions[l.entry:end]...)
		}
	}
	l.entry = end
	if c.conversion.kind == voidValues {
		return nil
	}
	values := 0
	for _, d := range definitions {
		if d == c.leaf.definition {
			values++
		}
	}
	if !take {
		return c.skipValues(values)
	}
	return c.decodeInto(v, values)
}

// decodeInto appends the next values of the page to v.
func (c *column) decodeInto(v *vector.Vector, n int) error {
	at := v.Len
	v.Reserve(at + n)
	v.Len = at + n
	switch c.conversion.kind {
	case stringValues, fixedStrings, uuidStrings:
		return c.decodeViews(vector.Values[vector.View](v)[at:], &c.levels.strings)
	case booleanValues:
		c.cursor.value += n
		return gather(&c.cursor.hybrid, vector.Values[uint8](v)[at:], truth)
	}
	switch c.conversion.physical {
	case types.PhysicalInt8:
		return decodeFixed(c, vector.Values[int8](v)[at:])
	case types.PhysicalInt16:
		return decodeFixed(c, vector.Values[int16](v)[at:])
	case types.PhysicalInt32:
		return decodeFixed(c, vector.Values[int32](v)[at:])
	case types.PhysicalInt64:
		return decodeFixed(c, vector.Values[int64](v)[at:])
	case types.PhysicalInt128:
		return decodeFixed(c, vector.Values[types.Int128](v)[at:])
	case types.PhysicalFloat32:
		return decodeFixed(c, vector.Values[float32](v)[at:])
	case types.PhysicalFloat64:
		return decodeFixed(c, vector.Values[float64](v)[at:])
	case types.PhysicalInterval:
		return decodeFixed(c, vector.Values[types.Interval](v)[at:])
	}
	return errors.New("a layout that no column has")
}
