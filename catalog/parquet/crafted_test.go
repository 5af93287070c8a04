package parquet

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/parquet-go/parquet-go/format"
)

// deltas is DELTA_BINARY_PACKED of n values that begin with first and grow by step: one miniblock of no bits, and three whose
// widths mean nothing, as writers may leave them.
func deltas(n int, first, step int64) []byte {
	b := binary.AppendUvarint(nil, 128)
	b = binary.AppendUvarint(b, 4)
	b = binary.AppendUvarint(b, uint64(n))
	b = binary.AppendVarint(b, first)
	return append(binary.AppendVarint(b, step), 0, 255, 255, 255)
}

// slackened is a copy with the slack behind it that decoders may read.
func slackened(b []byte) []byte {
	out := newBuffer(len(b))
	copy(out, b)
	return out
}

// TestCraftedDeltas decodes blocks whose unused widths are no widths, and strings that begin with more of the string before than
// there is.
func TestCraftedDeltas(t *testing.T) {
	out := make([]int64, 3)
	rest, err := deltaBinary(out, slackened(append(deltas(3, 7, -2), "rest"...)))
	if err != nil || !slices.Equal(out, []int64{7, 5, 3}) || string(rest) != "rest" {
		t.Error(out, string(rest), err)
	}
	for _, c := range []struct {
		prefix int64 // of the second of two strings; the first is "a"
		want   string
	}{{1, "ab"}, {2, ""}, {-1, ""}} {
		b := append(append(deltas(2, 0, c.prefix), deltas(2, 1, 0)...), "ab"...)
		n := &node{kind: leafNode, form: formPlain, typ: types.StringType, element: &format.SchemaElement{}}
		n.element.Type.V = format.ByteArray
		column := column{leaf: n, conversion: &conversion{kind: stringValues}}
		column.page.present = 2
		err := column.prepareDeltaBytes(slackened(b))
		if (err == nil) != (c.want != "") {
			t.Errorf("prefix %d: error %v", c.prefix, err)
		}
		if err == nil {
			if text := string(vector.ViewBytes(&column.page.views[1], [][]byte{column.page.source})); text != c.want {
				t.Errorf("prefix %d: %q, want %q", c.prefix, text, c.want)
			}
		}
	}
}

// TestIndexesOutsideTheDictionary gives a dictionary of three values indexes of two bits, of which one means nothing, and of
// eight bits. The room behind the values holds no values of dictionaries before.
func TestIndexesOutsideTheDictionary(t *testing.T) {
	n := &node{kind: leafNode, form: formPlain, typ: types.LongType, element: &format.SchemaElement{}}
	n.element.Type.V = format.Int64
	conversion, ok := newConversion(n, types.LongType, types.PhysicalInt64, rebasing{})
	if !ok {
		t.Fatal("longs cannot be read")
	}
	column := column{leaf: n, conversion: conversion}
	load := func(values ...int64) {
		t.Helper()
		d := &column.dictionary
		d.body, d.count = slackened(nil), len(values)
		for _, v := range values {
			d.body = binary.LittleEndian.AppendUint64(d.body, uint64(v))
		}
		d.body = slackened(d.body)
		if err := column.decodeDictionary(); err != nil {
			t.Fatal(err)
		}
	}
	load(1, 2, 3, 4)
	load(5, 6, 7)
	var scratch []int32
	out := make([]int64, 2)
	h := newHybrid(slackened([]byte{2 << 1, 3}), 2) // a run of two
	if err := gatherEntries(&column.dictionary, &h, out, &scratch); err == nil && (out[0] != 0 || out[1] != 0) {
		t.Error("a value of another dictionary:", out)
	}
	for index, want := range map[byte]bool{2: true, 3: false, 200: false} {
		h := newHybrid(slackened([]byte{2 << 1, index}), 8)
		if err := gatherEntries(&column.dictionary, &h, out, &scratch); (err == nil) != want || want && out[1] != 7 {
			t.Errorf("index %d: %v %v", index, out, err)
		}
	}
}

// TestBoundsThatAreNotTrusted asks for the bounds of a column by statistics that are right but for one thing that makes them mean
// nothing, or not what they seem to.
func TestBoundsThatAreNotTrusted(t *testing.T) {
	long := func(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }
	low, high := long(3), long(9)
	char := types.StringType
	char.Form = types.CharString
	all := statisticFlags(hasMin | hasMax | hasNullCount)
	for name, c := range map[string]struct {
		change     func(n *node, m *format.ColumnMetaData, f *footer)
		flags      statisticFlags
		min, max   any
		exact      bool
		nulls      int64
		comparable bool
	}{
		"right":          {nil, all, int64(3), int64(9), true, 2, true},
		"nulls unknown":  {nil, all &^ hasNullCount, int64(3), int64(9), true, -1, true},
		"too many nulls": {func(_ *node, m *format.ColumnMetaData, _ *footer) { m.Statistics.NullCount = 11 }, all, int64(3), int64(9), true, -1, true},
		"cut":            {nil, all | maxNotExact, int64(3), int64(9), false, 2, true},
		"old":            {func(_ *node, m *format.ColumnMetaData, _ *footer) { m.Statistics.Min, m.Statistics.Max = low, high }, hasOldMin | hasOldMax | hasNullCount, int64(3), int64(9), true, 2, true},
		"none":           {nil, hasNullCount, nil, nil, false, 2, true},
		"turned round": {func(_ *node, m *format.ColumnMetaData, _ *footer) {
			m.Statistics.MinValue, m.Statistics.MaxValue = high, low
		}, all, nil, nil, false, 2, true},
		"within a list": {func(n *node, _ *format.ColumnMetaData, _ *footer) { n.repetition = 1 }, all, nil, nil, false, -1, true},
		"unsigned, of no order": {func(n *node, _ *format.ColumnMetaData, _ *footer) {
			n.form, n.typ = formUnsigned, types.DecimalType(20, 0)
		}, all, nil, nil, false, 2, true},
		"unsigned, of the old order": {func(n *node, m *format.ColumnMetaData, f *footer) {
			n.form, n.typ = formUnsigned, types.DecimalType(20, 0)
			m.Statistics.Min, m.Statistics.Max = low, high
			f.metadata.ColumnOrders = make([]format.ColumnOrder, 1)
		}, hasOldMin | hasOldMax | hasNullCount, nil, nil, false, 2, true},
		"text of no order": {func(n *node, m *format.ColumnMetaData, _ *footer) {
			n.typ, n.element.Type.V, m.Type = types.StringType, format.ByteArray, format.ByteArray
		}, all, nil, nil, false, 2, true},
		"text, which may be cut": {func(n *node, m *format.ColumnMetaData, f *footer) {
			n.typ, n.element.Type.V, m.Type = types.StringType, format.ByteArray, format.ByteArray
			f.metadata.ColumnOrders = make([]format.ColumnOrder, 1)
		}, all, string(low), string(high), false, 2, true},
		"padded text": {func(n *node, m *format.ColumnMetaData, f *footer) {
			n.typ, n.element.Type.V, m.Type = char, format.ByteArray, format.ByteArray
			f.metadata.ColumnOrders = make([]format.ColumnOrder, 1)
		}, all, string(low), string(high), false, 2, false},
	} {
		m := format.ColumnMetaData{Type: format.Int64}
		m.Statistics = format.Statistics{MinValue: low, MaxValue: high, NullCount: 2}
		n := &node{kind: leafNode, form: formPlain, typ: types.LongType, definition: 1, element: &format.SchemaElement{}}
		n.element.Type.V = format.Int64
		f := &footer{metadata: &format.FileMetaData{}, flags: []statisticFlags{c.flags}, leaves: []*node{n}}
		if c.change != nil {
			c.change(n, &m, f)
		}
		f.metadata.RowGroups = []format.RowGroup{{NumRows: 10, Columns: []format.ColumnChunk{{MetaData: m}}}}
		b := f.boundsOf(0, n, n.typ)
		if b.min != c.min || b.max != c.max || b.exact != c.exact || b.nulls != c.nulls {
			t.Errorf("%s: %+v", name, b)
		}
		if comparableType(n.typ) != c.comparable {
			t.Errorf("%s: compared by bytes: %v", name, !c.comparable)
		}
	}
}

// TestPagesLeftOut counts the rows that come: those of the pages whose bounds hold the wanted value, by a filter and by a run-time
// filter alike, and none of a page of nulls.
func TestPagesLeftOut(t *testing.T) {
	path := writeBounds(t)
	table := open(t, path)
	all := everything(table)
	for column, name := range map[int]string{0: "id", 1: "meets", 7: "day"} {
		for _, row := range []int{0, 10, 130, 399} {
			v := boundsValue(column, row)
			if boundsSchema.Field(column).Name != name || v == nil {
				t.Fatal(name, row)
			}
			kept := pagesWith(t, path, column, v.(int64))
			request := &source.Request{Limit: -1, Columns: []source.Column{all.Columns[0], all.Columns[column]}}
			literal := any(v)
			if table.Schema().Fields()[column].Type.Physical() == types.PhysicalInt32 {
				literal = int32(v.(int64))
			}
			request.Filters = []source.Filter{{Column: 1, Op: source.FilterEqual, Values: []any{literal}}}
			if missing, pruned := lost(t, table, request, kept); missing > 0 || pruned != boundsRows-count(kept) {
				t.Errorf("%s = %v: %d rows lost, %d left out, want %d", name, v, missing, pruned, boundsRows-count(kept))
			}
			filter := &vector.RuntimeFilter{Type: table.Schema().Fields()[column].Type}
			filter.Store(&vector.FilterState{HasRange: true, Min: v.(int64), Max: v.(int64)})
			request.Filters, request.Runtime = nil, []source.RuntimeFilter{{Column: 1, Filter: filter}}
			if missing, pruned := lost(t, table, request, kept); missing > 0 || pruned != boundsRows-count(kept) {
				t.Errorf("%s by run-time filter %v: %d rows lost, %d left out, want %d", name, v, missing, pruned, boundsRows-count(kept))
			}
		}
	}
}

// pagesWith tells the rows of the pages whose least and greatest values have v between them.
func pagesWith(t *testing.T, path string, column int, v int64) func(row int) bool {
	var kept [boundsRows]bool
	for _, p := range pieces(t, path, column) {
		var low, high any
		for row := p[0]; row < p[1]; row++ {
			x := boundsValue(column, row)
			if x == nil {
				continue
			}
			if low == nil || x.(int64) < low.(int64) {
				low = x
			}
			if high == nil || x.(int64) > high.(int64) {
				high = x
			}
		}
		if p[1]-p[0] == boundsGroup || low == nil || v < low.(int64) || v > high.(int64) {
			continue
		}
		for row := p[0]; row < p[1]; row++ {
			kept[row] = true
		}
	}
	return func(row int) bool { return kept[row] }
}

func count(kept func(row int) bool) int {
	n := 0
	for row := range boundsRows {
		if kept(row) {
			n++
		}
	}
	return n
}

// TestStatisticsOfTexts checks that bounds of texts are never said to be exact: a writer may have cut them.
func TestStatisticsOfTexts(t *testing.T) {
	for i, c := range open(t, tpch+"/lineitem.parquet").Statistics().Columns {
		if _, text := c.Min.(string); text && c.MinMaxExact {
			t.Errorf("column %d: %q to %q", i, c.Min, c.Max)
		}
	}
}
