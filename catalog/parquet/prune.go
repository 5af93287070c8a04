package parquet

import (
	"reflect"
	"strings"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// mayMatch reports whether a filter can hold for some of the values that b describes; false is certain.
func (b *bounds) mayMatch(f *source.Filter, t types.Type) bool {
	allNull := b.nulls == b.rows
	switch f.Op {
	case source.FilterIsNull:
		return b.nulls != 0
	case source.FilterIsNotNull:
		return !allNull
	}
	if allNull {
		return false
	}
	if b.min == nil || b.max == nil {
		return true
	}
	for _, v := range f.Values {
		if v == nil || reflect.TypeOf(v) != reflect.TypeOf(b.min) || isNaN(v) {
			return true
		}
		if b.mayMatchValue(f.Op, v, t.IsFloating()) {
			return true
		}
	}
	return len(f.Values) == 0
}

// mayMatchValue is mayMatch for one literal. NaN is above all numbers and never in the bounds, so that an upper bound of
// floats bounds nothing from above.
func (b *bounds) mayMatchValue(op source.FilterOp, v any, floating bool) bool {
	low, high := compareValues(v, b.min), compareValues(v, b.max)
	switch op {
	case source.FilterEqual, source.FilterIn:
		return low >= 0 && high <= 0
	case source.FilterNotEqual:
		return floating || !b.exact || low != 0 || high != 0
	case source.FilterLess:
		return low > 0
	case source.FilterLessOrEqual:
		return low >= 0
	case source.FilterGreater:
		return floating || high < 0
	case source.FilterGreaterOrEqual:
		return floating || high <= 0
	case source.FilterStartsWith:
		prefix, ok := v.(string)
		if !ok {
			return true
		}
		least := b.min.(string)
		return high <= 0 && (least <= prefix || strings.HasPrefix(least, prefix))
	}
	return true
}

func isNaN(v any) bool {
	switch v := v.(type) {
	case float32:
		return v != v
	case float64:
		return v != v
	}
	return false
}

// mayPass reports whether some of the values that b describes can pass the state of a run-time filter.
func (b *bounds) mayPass(s *vector.FilterState) bool {
	if s == nil || s.KeepNulls && b.nulls != 0 {
		return true
	}
	if s.None || b.nulls == b.rows {
		return false
	}
	if !s.HasRange {
		return true
	}
	low, ok1 := asInt64(b.min)
	high, ok2 := asInt64(b.max)
	if !ok1 || !ok2 {
		return true
	}
	if high < s.Min || low > s.Max {
		return false
	}
	return s.Bits == nil || anyBit(s, max(low, s.Min), min(high, s.Max))
}

// maximumBits is how many bits of a filter are looked at for one row group.
const maximumBits = 1 << 16

// anyBit reports whether a value in [low, high], within the filter's range, passes.
func anyBit(s *vector.FilterState, low, high int64) bool {
	if high-low > maximumBits || high-low < 0 {
		return true
	}
	for at := low - s.Min; at <= high-s.Min; {
		word := at >> 6
		if word >= int64(len(s.Bits)) {
			return false
		}
		if at&63 == 0 && s.Bits[word] == 0 {
			at += 64
			continue
		}
		if s.Bits.Get(int(at)) {
			return true
		}
		at++
	}
	return false
}

// asInt64 is the value of an integer of up to 64 bits; wide decimals are compared and hashed in forms of their own.
func asInt64(v any) (int64, bool) {
	if _, wide := v.(types.Int128); wide {
		return 0, false
	}
	return types.Integer64(v)
}

// comparable reports whether pruning may compare values of a type by their bytes: char(n) is padded and collations
// have orders of their own.
func comparableType(t types.Type) bool {
	return t.Kind != types.String || t.Form != types.CharString && t.Collation() == ""
}

// boundsOfColumn is what is known of a wanted column in a row group (of the whole file: -1) before it is read; ok is
// false if nothing is.
func (s *scan) boundsOfColumn(w *wantedColumn, file, rowGroup int) (b bounds, ok bool) {
	f := s.table.footers[file]
	rows := f.metadata.NumRows
	if rowGroup >= 0 {
		rows = f.metadata.RowGroups[rowGroup].NumRows
	}
	if !comparableType(w.Type) {
		return b, false
	}
	if w.partition >= 0 {
		value := s.table.set.Files[file].Values[w.partition]
		if value == nil {
			return bounds{nulls: rows, rows: rows}, true
		}
		return bounds{min: value, max: value, exact: true, rows: rows}, true
	}
	if rowGroup < 0 {
		return b, false
	}
	n := s.nodeOf(f, w)
	switch {
	case n == nil:
		return bounds{nulls: rows, rows: rows}, true
	case n.kind != leafNode || n.repetition > 0:
		return b, false
	}
	return f.boundsOf(rowGroup, n, w.Type), true
}

// keepsFile reports whether the partition values of a file can pass the filters.
func (s *scan) keepsFile(file int) bool {
	if s.table.footers[file].metadata.NumRows == 0 {
		return true
	}
	return s.keeps(file, -1)
}

func (s *scan) keeps(file, rowGroup int) bool {
	for i := range s.columns {
		w := &s.columns[i]
		if len(w.filters) == 0 {
			continue
		}
		b, ok := s.boundsOfColumn(w, file, rowGroup)
		if !ok {
			continue
		}
		for k := range w.filters {
			if !b.mayMatch(&w.filters[k], w.Type) {
				return false
			}
		}
	}
	return true
}

// keepsRowGroup reports whether a row group can hold rows that pass the filters, and counts it if not.
func (s *scan) keepsRowGroup(file, rowGroup int, open func() (fileReader, error)) (bool, error) {
	if s.table.footers[file].metadata.RowGroups[rowGroup].NumRows == 0 {
		return true, nil
	}
	if !s.keeps(file, rowGroup) {
		s.counters.groupsByStatistics++
		return false, nil
	}
	keep, err := s.passesBlooms(file, rowGroup, open)
	if !keep {
		s.counters.groupsByBloom++
	}
	return keep, err
}

// passesRuntime reports whether rows of a piece can pass what run-time filters know by now.
func (s *scan) passesRuntime(p *piece) bool {
	for i := range s.columns {
		w := &s.columns[i]
		for _, f := range w.runtime {
			state := f.Filter.Load()
			if state == nil {
				continue
			}
			if state.None && !state.KeepNulls {
				return false
			}
			if b, ok := s.boundsOfColumn(w, p.file, p.rowGroup); ok && !b.mayPass(state) {
				return false
			}
		}
	}
	return true
}
