package parquet

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	arrowparquet "github.com/apache/arrow-go/v18/parquet"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	pq "github.com/parquet-go/parquet-go"
)

// TestPruningKeepsMatches reads with random filters: whatever is left out, every matching row is there.
func TestPruningKeepsMatches(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "sorted", Type: arrow.PrimitiveTypes.Int64},
		{Name: "random", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
		{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "float", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "decimal", Type: &arrow.Decimal128Type{Precision: 12, Scale: 2}, Nullable: true},
		{Name: "mostly", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	}, nil)
	const rows = 20000
	record := buildRecord(schema, rows, func(c, row int) any {
		switch schema.Field(c).Name {
		case "sorted":
			return int64(row / 3)
		case "random":
			return int64(rng.IntN(1000))
		case "text":
			return fmt.Sprintf("%05d tail that makes it long", row/7*3)
		case "float":
			if row%5000 == 17 {
				return math.NaN()
			}
			return float64(row%6000) - 3000
		case "decimal":
			return int64(row) * 5
		}
		if row < rows/2 {
			return nil
		}
		return int64(row)
	})
	table := open(t, writeArrow(t, record, 3000, arrowparquet.WithPageIndexEnabled(true), arrowparquet.WithDataPageSize(2000), arrowparquet.WithBatchSize(100)))
	full := readColumns(t, table, everything(table))
	literal := func(c int) any {
		row := rng.IntN(rows)
		switch schema.Field(c).Name {
		case "sorted":
			return int64(row / 3)
		case "random":
			return int32(rng.IntN(1000))
		case "text":
			return fmt.Sprintf("%05d tail that makes it long", row/2)
		case "float":
			return float64(row % 6000)
		case "decimal":
			return int64(row) * 5
		}
		return int32(row)
	}
	pruned := 0
	for range 300 {
		request := everything(table)
		for range 1 + rng.IntN(2) {
			f := source.Filter{Column: rng.IntN(schema.NumFields()), Op: source.FilterOp(rng.IntN(9))}
			for range map[source.FilterOp]int{source.FilterIsNull: 0, source.FilterIsNotNull: 0, source.FilterIn: 3}[f.Op] {
				f.Values = append(f.Values, literal(f.Column))
			}
			if f.Values == nil && f.Op != source.FilterIsNull && f.Op != source.FilterIsNotNull {
				f.Values = []any{literal(f.Column)}
			}
			request.Filters = append(request.Filters, f)
		}
		want := map[int64]bool{}
		for row := range rows {
			if passes(request.Filters, full, row) {
				want[full[0][row].(int64)*1_000_000+hashOf(full, row)] = true
			}
		}
		got := readColumns(t, table, request)
		if len(got[0]) < rows {
			pruned++
		}
		for row := range got[0] {
			delete(want, got[0][row].(int64)*1_000_000+hashOf(got, row))
		}
		if len(want) > 0 {
			t.Fatalf("filters %v lost %d rows", request.Filters, len(want))
		}
	}
	if pruned < 150 {
		t.Errorf("only %d of 300 reads left something out", pruned)
	}
}

// hashOf tells apart the rows that share the first column's value.
func hashOf(columns [][]any, row int) int64 {
	d, _ := columns[4][row].(int64)
	return d % 1_000_000
}

// passes evaluates filters on a row, with NaN above all numbers.
func passes(filters []source.Filter, columns [][]any, row int) bool {
	for _, f := range filters {
		v := columns[f.Column][row]
		if f.Op == source.FilterIsNull || f.Op == source.FilterIsNotNull {
			if (v == nil) != (f.Op == source.FilterIsNull) {
				return false
			}
			continue
		}
		if v == nil {
			return false
		}
		ok := false
		for _, x := range f.Values {
			c := compareTest(v, x)
			switch f.Op {
			case source.FilterEqual, source.FilterIn:
				ok = ok || c == 0
			case source.FilterNotEqual:
				ok = c != 0
			case source.FilterLess:
				ok = c < 0
			case source.FilterLessOrEqual:
				ok = c <= 0
			case source.FilterGreater:
				ok = c > 0
			case source.FilterGreaterOrEqual:
				ok = c >= 0
			}
		}
		if !ok {
			return false
		}
	}
	return true
}

// compareTest compares a value as the tests hold it with a literal.
func compareTest(v, literal any) int {
	switch x := literal.(type) {
	case int32:
		return compareOrdered(v.(int64), int64(x))
	case int64:
		return compareOrdered(v.(int64), x)
	case float64:
		if v == "NaN" {
			return 1
		}
		return compareOrdered(math.Float64frombits(v.(uint64)), x)
	case string:
		return compareValues(v, x)
	}
	panic("literal")
}

type bloomRow struct {
	ID   int64  `parquet:"id"`
	Name string `parquet:"name,dict"`
}

func TestBloomFilters(t *testing.T) {
	var buffer bytes.Buffer
	w := pq.NewGenericWriter[bloomRow](&buffer, pq.BloomFilters(pq.SplitBlockFilter(10, "id"), pq.SplitBlockFilter(10, "name")))
	for g := range 4 {
		for i := range 1000 {
			k := i*4 + g // row groups overlap: only the filters can tell them apart
			if _, err := w.Write([]bloomRow{{int64(k), fmt.Sprint("name ", k)}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "bloom.parquet")
	if err := os.WriteFile(path, buffer.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	table := open(t, path)
	for _, f := range []source.Filter{
		{Column: 0, Op: source.FilterEqual, Values: []any{int64(1001)}},
		{Column: 1, Op: source.FilterEqual, Values: []any{"name 1001"}},
		{Column: 0, Op: source.FilterIn, Values: []any{int64(1001), int64(2001)}},
	} {
		request := everything(table)
		request.Filters = []source.Filter{f}
		s, err := table.Scan(context.Background(), request)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(s.Morsels()); n > 2 {
			t.Errorf("%v: %d row groups left; %v", f, n, s.Detail())
		}
		found := false
		for _, v := range readColumns(t, table, request)[0] {
			found = found || v == int64(1001)
		}
		if !found {
			t.Errorf("%v lost its row", f)
		}
	}
}

func TestRuntimeFilters(t *testing.T) {
	table := open(t, tpch+"/orders.parquet")
	request := everything(table)
	filter := &vector.RuntimeFilter{Type: types.LongType}
	request.Runtime = []source.RuntimeFilter{{Column: 0, Filter: filter}}
	s, _ := table.Scan(context.Background(), request)
	all := len(readColumns(t, table, request)[0])
	filter.Store(&vector.FilterState{HasRange: true, Min: 1, Max: 100})
	some := len(readColumns(t, table, request)[0])
	if all != 15000 || some >= all || some == 0 {
		t.Errorf("%d rows of %d", some, all)
	}
	filter.Store(&vector.FilterState{None: true})
	if none := len(readColumns(t, table, request)[0]); none != 0 {
		t.Errorf("%d rows of none; %v", none, s.Detail())
	}
}

func TestStatistics(t *testing.T) {
	s := open(t, tpch+"/lineitem.parquet").Statistics()
	table := open(t, tpch+"/lineitem.parquet")
	values := readColumns(t, table, everything(table))
	if s.Rows != int64(len(values[0])) || !s.RowsExact {
		t.Fatalf("%d rows", s.Rows)
	}
	for c, f := range table.Schema().Fields() {
		distinct := map[any]bool{}
		low, high := values[c][0], values[c][0]
		for _, v := range values[c] {
			distinct[v] = true
			if compareValues(v, low) < 0 {
				low = v
			}
			if compareValues(v, high) > 0 {
				high = v
			}
		}
		got := s.Columns[c]
		if got.NullCount != 0 {
			t.Errorf("%s: %d nulls", f.Name, got.NullCount)
		}
		if d := got.Distinct / float64(len(distinct)); d < 0.4 || d > 2.5 {
			t.Errorf("%s: %g different values estimated, %d are there", f.Name, got.Distinct, len(distinct))
		}
		if text, ok := low.(string); ok {
			if got.Min.(string) > text || got.Max.(string) < high.(string) || got.AverageLength <= 0 {
				t.Errorf("%s: %q to %q, length %g", f.Name, got.Min, got.Max, got.AverageLength)
			}
			continue
		}
		if !got.MinMaxExact || asTest(got.Min) != low || asTest(got.Max) != high {
			t.Errorf("%s: %v to %v (%v), want %v to %v", f.Name, got.Min, got.Max, got.MinMaxExact, low, high)
		}
	}
}

func asTest(v any) any {
	if i, ok := asInt64(v); ok {
		return i
	}
	return v
}
