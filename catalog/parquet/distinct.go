package parquet

import (
	"math"

	"github.com/kilnql/kiln/types"
	"github.com/parquet-go/parquet-go/format"
)

// distinctSamples is how many row groups are looked at to estimate how many different values a column has.
const distinctSamples = 3

// sample is what one row group says of the different values of a column.
type sample struct {
	values   int64 // not null
	distinct int64 // entries of its dictionary, or values if it has none
	length   float64
	low      float64 // bounds, if they are numbers
	high     float64
	bounded  bool
}

// estimateDistinct estimates the number of different values from the sizes of a few dictionaries, whose page headers
// it reads. Errors mean no estimate: they will be met again where data is read.
func (t *Table) estimateDistinct(s *types.ColumnStatistics, field types.Field, rows int64) {
	values := rows - max(s.NullCount, 0)
	if values <= 0 || field.Type.Kind == types.Boolean {
		s.Distinct = float64(min(max(values, 0), 2))
		return
	}
	samples := t.sampleDictionaries(field)
	if len(samples) == 0 {
		return
	}
	low, high, bounded := numericBounds(s.Min, s.Max)
	estimate, length := 0.0, 0.0
	for _, p := range samples {
		estimate = max(estimate, p.estimate(float64(values), low, high, bounded))
		length = max(length, p.length)
	}
	if bounded && !field.Type.IsFloating() {
		estimate = min(estimate, high-low+1)
	}
	s.Distinct = max(1, min(estimate, float64(values)))
	if s.AverageLength == 0 {
		s.AverageLength = length
	}
}

// estimate extends the sample to a column of so many values within the given bounds.
func (p *sample) estimate(values, low, high float64, bounded bool) float64 {
	n, d := float64(p.values), float64(p.distinct)
	if n >= values {
		return d
	}
	if bounded && p.bounded && p.high-p.low < (high-low)/2 {
		return d / n * values // rows are clustered: other row groups have other values
	}
	if d > 0.95*n {
		return d / n * values
	}
	// n draws of u values are expected to meet u(1-exp(-n/u)) of them: find u by bisection.
	from, to := d, values
	for range 60 {
		u := (from + to) / 2
		if u*(1-math.Exp(-n/u)) < d {
			from = u
		} else {
			to = u
		}
	}
	return to
}

func numericBounds(low, high any) (l, h float64, ok bool) {
	l, ok1 := asFloat(low)
	h, ok2 := asFloat(high)
	return l, h, ok1 && ok2
}

func asFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case int8:
		return float64(v), true
	case int16:
		return float64(v), true
	case int32:
		return float64(v), true
	case int64:
		return float64(v), true
	case float32:
		return float64(v), true
	case float64:
		return v, true
	case types.Int128:
		return float64(v.Hi)*(1<<64) + float64(v.Lo), true
	}
	return 0, false
}

// sampleDictionaries looks at the first, the middle and the last row group that have values.
func (t *Table) sampleDictionaries(field types.Field) []sample {
	var places [][2]int
	for i, f := range t.footers {
		for g := range f.metadata.RowGroups {
			if f.metadata.RowGroups[g].NumRows > 0 {
				places = append(places, [2]int{i, g})
			}
		}
	}
	var samples []sample
	for k := range min(distinctSamples, len(places)) {
		at := places[k*(len(places)-1)/max(min(distinctSamples, len(places))-1, 1)]
		f := t.footers[at[0]]
		n := f.root.child(field.Name, t.options.CaseSensitive)
		if n == nil || n.kind != leafNode {
			continue
		}
		if p, ok := t.sampleDictionary(f, at[1], n, field.Type); ok {
			samples = append(samples, p)
		}
	}
	return samples
}

func (t *Table) sampleDictionary(f *footer, rowGroup int, n *node, typ types.Type) (p sample, ok bool) {
	b := f.boundsOf(rowGroup, n, typ)
	p.values = b.rows - max(b.nulls, 0)
	p.low, p.high, p.bounded = numericBounds(b.min, b.max)
	if p.values <= 0 {
		return p, false
	}
	m := &f.metadata.RowGroups[rowGroup].Columns[n.firstLeaf].MetaData
	p.distinct = p.values
	if m.Statistics.DistinctCount > 0 && m.Statistics.DistinctCount <= p.values {
		p.distinct = m.Statistics.DistinctCount
		return p, true
	}
	h, found := t.dictionaryHeader(f, rowGroup, n.firstLeaf)
	if !found {
		return p, m.Type != format.Boolean
	}
	if h.values > 0 {
		p.length = max(0, float64(h.uncompressed)/float64(h.values)-4)
	}
	if !fellBack(m) {
		p.distinct = min(int64(h.values), p.values)
	}
	return p, true
}

// fellBack reports whether some data pages of a chunk are not dictionary-encoded, its dictionary having grown too large.
func fellBack(m *format.ColumnMetaData) bool {
	if len(m.EncodingStats) > 0 {
		for _, e := range m.EncodingStats {
			if e.PageType != format.DictionaryPage && e.Encoding != format.RLEDictionary && e.Encoding != plainDictionary {
				return true
			}
		}
		return false
	}
	for _, e := range m.Encoding {
		// PLAIN may be the dictionary's own encoding, when the file says RLE_DICTIONARY; then it is not known.
		if e != format.Plain && e != format.RLE && e != format.BitPacked && e != format.RLEDictionary && e != plainDictionary {
			return true
		}
	}
	return false
}

// dictionaryHeader reads the header of a chunk's dictionary page, if it has one. It is kept with the footer.
func (t *Table) dictionaryHeader(f *footer, rowGroup, leaf int) (h pageHeader, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	place := dictionaryPlace{rowGroup, leaf}
	h, kept := f.samples[place]
	if !kept {
		h = t.readFirstHeader(f, &f.metadata.RowGroups[rowGroup].Columns[leaf].MetaData)
		if f.samples == nil {
			f.samples = map[dictionaryPlace]pageHeader{}
		}
		f.samples[place] = h
	}
	return h, h.described && h.kind == format.DictionaryPage
}

// readFirstHeader reads the header of a chunk's first page; the zero header if it cannot be read.
func (t *Table) readFirstHeader(f *footer, m *format.ColumnMetaData) (h pageHeader) {
	start, end := chunkRange(m)
	file, err := f.open(t.set.Gate)
	if err != nil {
		return h
	}
	defer file.Close()
	b := make([]byte, max(0, min(end-start, 128)))
	if end > file.Size() || readFull(file, b, start) != nil {
		return h
	}
	if _, err := h.read(b); err != nil {
		return pageHeader{}
	}
	return h
}
