package parquet

import (
	"math"
	"strings"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/parquet-go/parquet-go/format"
)

// bounds is what the metadata of a column chunk says about its values, in the Go forms of the type they are read as.
type bounds struct {
	min, max any   // nil: unknown
	exact    bool  // min and max are values of the chunk
	nulls    int64 // -1: unknown
	rows     int64
}

// boundsOf reads the statistics of a leaf in a row group, for values read as t. Leaves in lists have none.
func (f *footer) boundsOf(rowGroup int, n *node, t types.Type) bounds {
	rg := &f.metadata.RowGroups[rowGroup]
	b := bounds{nulls: -1, rows: rg.NumRows}
	if n.kind != leafNode || n.repetition > 0 {
		return b
	}
	m := &rg.Columns[n.firstLeaf].MetaData
	flags := f.flagsOf(rowGroup, n.firstLeaf)
	switch {
	case n.form == formNull:
		b.nulls = b.rows
		return b
	case n.definition == 0:
		b.nulls = 0
	case flags&hasNullCount != 0 && m.Statistics.NullCount >= 0 && m.Statistics.NullCount <= b.rows:
		b.nulls = m.Statistics.NullCount
	}
	low, high, ok := f.rawBounds(m, flags, n)
	if !ok {
		return b
	}
	b.min, b.max, b.exact = f.decodeBounds(n, t, low, high)
	if flags&(minNotExact|maxNotExact) != 0 {
		b.exact = false
	}
	return b
}

// rawBounds picks the encoded bounds that can be trusted: the old fields only where signed order is right.
func (f *footer) rawBounds(m *format.ColumnMetaData, flags statisticFlags, n *node) (low, high []byte, ok bool) {
	s := &m.Statistics
	signed := n.form != formUnsigned && m.Type != format.ByteArray && m.Type != format.FixedLenByteArray && m.Type != format.Int96
	if flags&hasMin != 0 && flags&hasMax != 0 {
		return s.MinValue, s.MaxValue, signed || len(f.metadata.ColumnOrders) > 0
	}
	if flags&hasOldMin != 0 && flags&hasOldMax != 0 {
		return s.Min, s.Max, signed
	}
	return nil, nil, false
}

// decodeBounds decodes bounds as values of t; nil where they mean nothing.
func (f *footer) decodeBounds(n *node, t types.Type, low, high []byte) (minimum, maximum any, exact bool) {
	rebase := rebasingOf(f.metadata)
	if n.form == formInt96 || n.form == formHalf || n.form == formHiveInterval || n.form == formUUID || rebase.dates || rebase.int96 {
		return nil, nil, false
	}
	c, ok := newConversion(n, t, t.Physical(), rebase)
	if !ok {
		return nil, nil, false
	}
	if c.kind == stringValues || c.kind == fixedStrings {
		// Writers may cut long strings without saying so.
		if t.Collation() != "" || string(low) > string(high) {
			return nil, nil, false
		}
		return string(low), string(high), false
	}
	minimum, okMin := c.value(t, low)
	maximum, okMax := c.value(t, high)
	if !okMin || !okMax || compareValues(minimum, maximum) > 0 {
		return nil, nil, false
	}
	return widenZeros(minimum, maximum)
}

// widenZeros treats the two zeros of floating types as one, as the format asks. Bounds of floats are never exact: NaN
// is left out of them.
func widenZeros(minimum, maximum any) (any, any, bool) {
	switch low := minimum.(type) {
	case float32:
		if low == 0 {
			minimum = float32(math.Copysign(0, -1))
		}
		if maximum.(float32) == 0 {
			maximum = float32(0)
		}
		return minimum, maximum, false
	case float64:
		if low == 0 {
			minimum = math.Copysign(0, -1)
		}
		if maximum.(float64) == 0 {
			maximum = float64(0)
		}
		return minimum, maximum, false
	}
	return minimum, maximum, true
}

// value decodes one PLAIN value (byte arrays without their length) to the Go form of t.
func (v *conversion) value(t types.Type, b []byte) (any, bool) {
	if v.kind == booleanValues {
		return len(b) == 1 && b[0] != 0, len(b) == 1
	}
	var room [4]uint64
	dst := vector.Bytes(room[:])
	switch v.kind {
	case bytesDecimal:
		w, ok := bigEndian(b)
		if ok {
			w, ok = multiply128(w, v.scale)
		}
		return types.NewDecimalValue(w, t), ok
	case fixedValues:
		if len(b) != v.width {
			return nil, false
		}
		source := newBuffer(v.width)
		copy(source, b)
		if !v.fixed(dst, source, 1) {
			return nil, false
		}
	default:
		return nil, false
	}
	return goValue(t, v.physical, dst)
}

// goValue reads a value in a layout to the Go form of its type; NaN is no value.
func goValue(t types.Type, p types.Physical, b []byte) (any, bool) {
	if t.Kind == types.Decimal {
		if p == types.PhysicalInt128 {
			return vector.As[types.Int128](b)[0], true
		}
		return vector.As[int64](b)[0], p == types.PhysicalInt64
	}
	switch p {
	case types.PhysicalInt8:
		return vector.As[int8](b)[0], true
	case types.PhysicalInt16:
		return vector.As[int16](b)[0], true
	case types.PhysicalInt32:
		return vector.As[int32](b)[0], true
	case types.PhysicalInt64:
		return vector.As[int64](b)[0], true
	case types.PhysicalFloat32:
		f := vector.As[float32](b)[0]
		return f, f == f
	case types.PhysicalFloat64:
		f := vector.As[float64](b)[0]
		return f, f == f
	}
	return nil, false
}

// compareValues orders two values of one Go form.
func compareValues(a, b any) int {
	switch x := a.(type) {
	case bool:
		return compareOrdered(asInteger(x), asInteger(b.(bool)))
	case int8:
		return compareOrdered(x, b.(int8))
	case int16:
		return compareOrdered(x, b.(int16))
	case int32:
		return compareOrdered(x, b.(int32))
	case int64:
		return compareOrdered(x, b.(int64))
	case float32:
		return compareOrdered(x, b.(float32))
	case float64:
		return compareOrdered(x, b.(float64))
	case string:
		return strings.Compare(x, b.(string))
	case types.Int128:
		return x.Cmp(b.(types.Int128))
	}
	return 0
}

func asInteger(b bool) int8 {
	if b {
		return 1
	}
	return 0
}

func compareOrdered[T int8 | int16 | int32 | int64 | float32 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Statistics are what the footers, and a few dictionary headers, say of the table. They are computed once.
func (t *Table) Statistics() *source.Statistics {
	t.statisticsOnce.Do(func() { t.statistics = t.computeStatistics() })
	return t.statistics
}

func (t *Table) computeStatistics() *source.Statistics {
	s := &source.Statistics{RowsExact: true}
	for _, f := range t.footers {
		s.Rows += f.metadata.NumRows
		for g := range f.metadata.RowGroups {
			s.Bytes += f.metadata.RowGroups[g].TotalByteSize
		}
	}
	if s.Bytes < 0 {
		s.Bytes = -1
	}
	for i, field := range t.schema.Fields() {
		if p := t.partitions[i]; p >= 0 {
			s.Columns = append(s.Columns, t.partitionStatistics(p))
			continue
		}
		s.Columns = append(s.Columns, t.columnStatistics(field, s.Rows))
	}
	return s
}

// partitionStatistics are those of a partition column, whose values are known.
func (t *Table) partitionStatistics(p int) *types.ColumnStatistics {
	s := &types.ColumnStatistics{MinMaxExact: true, NaNFree: true}
	var all summary
	seen := map[any]bool{}
	for i := range t.set.Files {
		rows := t.footers[i].metadata.NumRows
		value := t.set.Files[i].Values[p]
		if rows == 0 {
			continue
		}
		if value == nil {
			s.NullCount += rows
			continue
		}
		seen[value] = true
		all.include(value, value)
		if text, ok := value.(string); ok {
			s.AverageLength = max(s.AverageLength, float64(len(text)))
		}
	}
	s.Min, s.Max, s.Distinct = all.min, all.max, float64(len(seen))
	return s
}

// columnStatistics are those of a column of the files; nil for nested ones.
func (t *Table) columnStatistics(field types.Field, rows int64) *types.ColumnStatistics {
	if field.Type.IsNested() {
		return nil
	}
	all := summary{known: true, exact: true}
	for _, f := range t.footers {
		n := f.root.child(field.Name, t.options.CaseSensitive)
		if n == nil {
			all.addNulls(f.metadata.NumRows)
			continue
		}
		all.add(f.summaryOf(n, field.Type))
	}
	s := &types.ColumnStatistics{Min: all.min, Max: all.max, NullCount: all.nulls}
	if !all.known {
		s.Min, s.Max = nil, nil
	}
	s.MinMaxExact = all.exact && s.Min != nil
	if all.counted > 0 {
		s.AverageLength = float64(all.length) / float64(all.counted)
	}
	t.estimateDistinct(s, field, rows)
	return s
}

// summary is what the statistics of all row groups of a file, or of many, say of a column.
type summary struct {
	min, max any
	known    bool // min and max bound all values
	exact    bool
	nulls    int64 // -1: unknown
	length   int64 // bytes of strings whose number is counted
	counted  int64
}

// summaryOf is the summary of a leaf; it is kept with the footer.
func (f *footer) summaryOf(n *node, t types.Type) summary {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s, ok := f.summaries[n]; ok && t.Equal(n.typ) {
		return s
	}
	s := summary{known: true, exact: true}
	for g := range f.metadata.RowGroups {
		b := f.boundsOf(g, n, t)
		if b.rows == 0 {
			continue
		}
		s.addNulls(b.nulls)
		if b.nulls == b.rows {
			continue
		}
		s.exact = s.exact && b.exact
		s.include(b.min, b.max)
		if n.kind == leafNode {
			if bytes := f.metadata.RowGroups[g].Columns[n.firstLeaf].MetaData.SizeStatistics.UnencodedByteArrayDataBytes; bytes > 0 && b.nulls >= 0 {
				s.length += bytes
				s.counted += b.rows - b.nulls
			}
		}
	}
	if t.Equal(n.typ) {
		if f.summaries == nil {
			f.summaries = map[*node]summary{}
		}
		f.summaries[n] = s
	}
	return s
}

// add joins the summary of another file.
func (s *summary) add(f summary) {
	s.addNulls(f.nulls)
	s.known = s.known && f.known
	s.exact = s.exact && f.exact
	s.length += f.length
	s.counted += f.counted
	if f.min != nil {
		s.include(f.min, f.max)
	}
}

// include widens the bounds; nil is a row group without any.
func (s *summary) include(low, high any) {
	if low == nil || high == nil {
		s.known = false
		return
	}
	if s.min == nil || compareValues(low, s.min) < 0 {
		s.min = low
	}
	if s.max == nil || compareValues(high, s.max) > 0 {
		s.max = high
	}
}

// addNulls counts nulls, once unknown always unknown.
func (s *summary) addNulls(n int64) {
	if n < 0 || s.nulls < 0 {
		s.nulls = -1
		return
	}
	s.nulls += n
}
