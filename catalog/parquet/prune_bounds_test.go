package parquet

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	arrowparquet "github.com/apache/arrow-go/v18/parquet"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	pq "github.com/parquet-go/parquet-go"
)

const boundsRows, boundsGroup = 400, 100

// boundsSchema is of columns whose row groups and pages have bounds that do not overlap, meet in one value, are one value,
// overlap much, and have nulls and NaN.
var boundsSchema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64},
	{Name: "meets", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "float", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	{Name: "decimal", Type: &arrow.Decimal128Type{Precision: 12, Scale: 2}, Nullable: true},
	{Name: "constant", Type: arrow.PrimitiveTypes.Int64},
	{Name: "shuffled", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "day", Type: arrow.FixedWidthTypes.Date32},
}, nil)

func boundsValue(c, row int) any {
	if f := boundsSchema.Field(c); f.Nullable && (row%17 == 3 || row >= 300 && row < 340) {
		return nil
	}
	switch boundsSchema.Field(c).Name {
	case "id":
		return int64(row)
	case "meets": // the last value of a group of rows is the first of the next
		return int64((row+10)/20) * 10
	case "text":
		return fmt.Sprintf("%05d", row/2)
	case "float":
		if row%50 == 49 {
			return math.NaN()
		}
		return float64(row)/4 - 60
	case "decimal":
		return int64(row)*10 - 2000
	case "constant":
		return int64(row / boundsGroup * 7)
	case "shuffled":
		return int64(row * 7919 % 401)
	}
	return int64(18000 + row/5)
}

func writeBounds(t *testing.T) string {
	record := buildRecord(boundsSchema, boundsRows, boundsValue)
	return writeArrow(t, record, boundsGroup, arrowparquet.WithPageIndexEnabled(true), arrowparquet.WithDataPageSize(100), arrowparquet.WithBatchSize(25),
		arrowparquet.WithDictionaryDefault(false))
}

// pieces are the ranges of rows of each row group and each page of a column, as another library finds them.
func pieces(t *testing.T, path string, column int) [][2]int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	file, err := pq.OpenFile(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	var out [][2]int
	start := 0
	for _, g := range file.RowGroups() {
		end := start + int(g.NumRows())
		out = append(out, [2]int{start, end})
		index, err := g.ColumnChunks()[column].OffsetIndex()
		if err != nil {
			t.Fatal(err)
		}
		for i := range index.NumPages() {
			to := end
			if i+1 < index.NumPages() {
				to = start + int(index.FirstRowIndex(i+1))
			}
			out = append(out, [2]int{start + int(index.FirstRowIndex(i)), to})
		}
		start = end
	}
	if len(out) < 3*len(file.RowGroups()) {
		t.Fatalf("column %d: only %d row groups and pages", column, len(out))
	}
	return out
}

// compareBounds orders the values of boundsValue; NaN is above all numbers.
func compareBounds(a, b any) int {
	switch a := a.(type) {
	case int64:
		return cmp.Compare(a, b.(int64))
	case string:
		return strings.Compare(a, b.(string))
	}
	x, y := a.(float64), b.(float64)
	switch {
	case x != x && y != y:
		return 0
	case x != x:
		return 1
	case y != y:
		return -1
	}
	return cmp.Compare(x, y)
}

// atBounds are the least and greatest values of each row group and page of a column, and their neighbours.
func atBounds(t *testing.T, path string, column int) []any {
	var out []any
	for _, p := range pieces(t, path, column) {
		var low, high any
		for row := p[0]; row < p[1]; row++ {
			v := boundsValue(column, row)
			if f, ok := v.(float64); v == nil || ok && f != f {
				continue
			}
			if low == nil || compareBounds(v, low) < 0 {
				low = v
			}
			if high == nil || compareBounds(v, high) > 0 {
				high = v
			}
		}
		for _, v := range []any{low, high} {
			switch v := v.(type) {
			case int64:
				out = append(out, v-1, v, v+1)
			case float64:
				out = append(out, math.Nextafter(v, math.Inf(-1)), v, math.Nextafter(v, math.Inf(1)))
			case string:
				out = append(out, v[:len(v)-1], v, v+"\x00")
			}
		}
	}
	slices.SortFunc(out, compareBounds)
	return slices.Compact(out)
}

// matches is what a filter says of a value.
func matches(op source.FilterOp, v, literal any) bool {
	if v == nil {
		return false
	}
	c := compareBounds(v, literal)
	switch op {
	case source.FilterEqual, source.FilterIn:
		return c == 0
	case source.FilterNotEqual:
		return c != 0
	case source.FilterLess:
		return c < 0
	case source.FilterLessOrEqual:
		return c <= 0
	case source.FilterGreater:
		return c > 0
	case source.FilterGreaterOrEqual:
		return c >= 0
	}
	return strings.HasPrefix(v.(string), literal.(string))
}

// lost reads with a request and counts the rows that should have come and did not, and those left out.
func lost(t *testing.T, table *Table, r *source.Request, wanted func(row int) bool) (missing, pruned int) {
	t.Helper()
	var came [boundsRows]bool
	for _, id := range readColumns(t, table, r)[0] {
		came[id.(int64)] = true
	}
	for row, ok := range came {
		if !ok && wanted(row) {
			missing++
		}
		if !ok {
			pruned++
		}
	}
	return missing, pruned
}

// TestPruningAtBounds filters by the values where pruning can be wrong by one: the bounds of each row group and page, and their
// neighbours, with each operator.
func TestPruningAtBounds(t *testing.T) {
	path := writeBounds(t)
	table := open(t, path)
	all := everything(table)
	operators := []source.FilterOp{source.FilterEqual, source.FilterNotEqual, source.FilterLess, source.FilterLessOrEqual,
		source.FilterGreater, source.FilterGreaterOrEqual, source.FilterIn, source.FilterStartsWith}
	for column, field := range boundsSchema.Fields() {
		pruned := make([]int, len(operators))
		for _, literal := range atBounds(t, path, column) {
			for i, op := range operators {
				if _, text := literal.(string); !text && op == source.FilterStartsWith {
					continue
				}
				value := literal
				if k := table.Schema().Fields()[column].Type.Kind; k == types.Int || k == types.Date {
					value = int32(literal.(int64))
				}
				request := &source.Request{Limit: -1, Columns: []source.Column{all.Columns[0], all.Columns[column]}}
				request.Filters = []source.Filter{{Column: 1, Op: op, Values: []any{value}}}
				missing, out := lost(t, table, request, func(row int) bool { return matches(op, boundsValue(column, row), literal) })
				if missing > 0 {
					t.Errorf("%s: operator %d with %v lost %d rows", field.Name, op, literal, missing)
				}
				pruned[i] += out
			}
		}
		if pruned[0] == 0 || pruned[2] == 0 || pruned[3] == 0 || field.Name != "float" && (pruned[4] == 0 || pruned[5] == 0) {
			t.Errorf("%s: rows left out by each operator: %v", field.Name, pruned)
		}
	}
}

// TestRuntimePruningAtBounds lets through the values at the bounds of row groups and pages by a run-time filter's range, with and
// without the bits of single values.
func TestRuntimePruningAtBounds(t *testing.T) {
	path := writeBounds(t)
	table := open(t, path)
	all := everything(table)
	for column, field := range boundsSchema.Fields() {
		kind := table.Schema().Fields()[column].Type
		if field.Name == "text" || field.Name == "float" {
			continue
		}
		filter := &vector.RuntimeFilter{Type: kind}
		request := &source.Request{Limit: -1, Columns: []source.Column{all.Columns[0], all.Columns[column]},
			Runtime: []source.RuntimeFilter{{Column: 1, Filter: filter}}}
		pruned := 0
		check := func(s *vector.FilterState, passes func(v int64) bool) {
			t.Helper()
			filter.Store(s)
			missing, out := lost(t, table, request, func(row int) bool {
				v := boundsValue(column, row)
				if v == nil {
					return s.KeepNulls
				}
				return passes(v.(int64))
			})
			if missing > 0 {
				t.Errorf("%s: %+v lost %d rows", field.Name, *s, missing)
			}
			pruned += out
		}
		for _, v := range atBounds(t, path, column) {
			at := v.(int64)
			for _, nulls := range []bool{false, true} {
				for _, r := range [][2]int64{{at, at}, {at, at + 3}, {at - 3, at}, {at, math.MaxInt64}, {math.MinInt64, at}} {
					check(&vector.FilterState{HasRange: true, Min: r[0], Max: r[1], KeepNulls: nulls}, func(x int64) bool { return r[0] <= x && x <= r[1] })
				}
				for _, width := range []int64{0, 1, 70} { // bits for the first and the last value of the range only
					bits := vector.NewBitmap(int(width) + 1)
					bits.Set(0)
					bits.Set(int(width))
					check(&vector.FilterState{HasRange: true, Min: at, Max: at + width, Bits: bits, KeepNulls: nulls}, func(x int64) bool { return x == at || x == at+width })
					check(&vector.FilterState{HasRange: true, Min: at - width, Max: at, Bits: bits, KeepNulls: nulls}, func(x int64) bool { return x == at || x == at-width })
				}
			}
		}
		if pruned == 0 {
			t.Errorf("%s: nothing was left out", field.Name)
		}
	}
}
