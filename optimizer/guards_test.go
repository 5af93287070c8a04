package optimizer

import (
	"math"
	"testing"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// planOf optimizes a query over one table in checked mode.
func planOf(t *testing.T, c tables, text string) logical.Node {
	t.Helper()
	ids := &logical.IDs{}
	plan, err := bind(c, text, ids)
	if err != nil {
		t.Fatal(err)
	}
	if plan, err = Optimize(plan, Options{Enabled: true, Check: true, IDs: ids}); err != nil {
		t.Fatal(err)
	}
	return plan
}

// scans are the scans of a plan by the names of their tables.
func scans(plan logical.Node) map[string]*logical.Scan {
	out := map[string]*logical.Scan{}
	logical.Walk(plan, func(n logical.Node) bool {
		if s, ok := n.(*logical.Scan); ok {
			out[s.Table.Name()] = s
		}
		return true
	})
	return out
}

// TestMetadataAggregatesNeedExactStatistics asks for aggregates of a column with statistics that are right but for one thing
// that makes them no answer.
func TestMetadataAggregatesNeedExactStatistics(t *testing.T) {
	exact := types.ColumnStatistics{Min: 1.5, Max: 7.5, MinMaxExact: true, NaNFree: true, NullCount: 3, Distinct: 4}
	for _, c := range []struct {
		name, sql string
		change    func(*source.Statistics, *types.ColumnStatistics)
		answered  bool
	}{
		{"exact", "SELECT min(x), max(x), count(x), count(*) FROM t", func(*source.Statistics, *types.ColumnStatistics) {}, true},
		{"all null", "SELECT min(x), count(x) FROM t", func(_ *source.Statistics, c *types.ColumnStatistics) {
			c.Min, c.Max, c.MinMaxExact, c.NullCount = nil, nil, false, 10
		}, true},
		{"cut bounds", "SELECT max(x) FROM t", func(_ *source.Statistics, c *types.ColumnStatistics) { c.MinMaxExact = false }, false},
		{"NaN", "SELECT max(x) FROM t", func(_ *source.Statistics, c *types.ColumnStatistics) { c.NaNFree = false }, false},
		{"zero of either sign", "SELECT min(x) FROM t", func(_ *source.Statistics, c *types.ColumnStatistics) { c.Min = 0.0 }, false},
		{"negative zero", "SELECT max(x) FROM t", func(_ *source.Statistics, c *types.ColumnStatistics) { c.Min, c.Max = -1.0, math.Copysign(0, -1) }, false},
		{"nulls unknown", "SELECT count(x) FROM t", func(_ *source.Statistics, c *types.ColumnStatistics) { c.NullCount = -1 }, false},
		{"rows estimated", "SELECT count(*) FROM t", func(s *source.Statistics, _ *types.ColumnStatistics) { s.RowsExact = false }, false},
		{"distinct", "SELECT count(DISTINCT x) FROM t", func(*source.Statistics, *types.ColumnStatistics) {}, false},
		{"filter", "SELECT count(*) FILTER (WHERE x > 2) FROM t", func(*source.Statistics, *types.ColumnStatistics) {}, false},
		{"filter of a maximum", "SELECT max(x) FILTER (WHERE x < 2) FROM t", func(*source.Statistics, *types.ColumnStatistics) {}, false},
		{"groups", "SELECT count(*) FROM t GROUP BY x", func(*source.Statistics, *types.ColumnStatistics) {}, false},
		{"some rows", "SELECT max(x) FROM t WHERE x < 2", func(*source.Statistics, *types.ColumnStatistics) {}, false},
		{"rows of a limit", "SELECT count(*) FROM (SELECT * FROM t LIMIT 3)", func(*source.Statistics, *types.ColumnStatistics) {}, false},
	} {
		column := exact
		statistics := source.Statistics{Rows: 10, Bytes: -1, RowsExact: true, Columns: []*types.ColumnStatistics{&column}}
		c.change(&statistics, &column)
		schema := types.StructType(types.Field{Name: "x", Type: types.DoubleType, Nullable: true})
		plan := planOf(t, tables{"t": {name: "t", schema: schema, statistics: statistics}}, c.sql)
		if answered := len(scans(plan)) == 0; answered != c.answered {
			t.Errorf("%s: answered by statistics: %v\n%s", c.name, answered, logical.Format(plan))
		}
	}
}

// TestMetadataAggregatesOfLimitedScan checks that a scan which may stop early is not counted by the table's rows.
func TestMetadataAggregatesOfLimitedScan(t *testing.T) {
	schema := types.StructType(types.Field{Name: "x", Type: types.LongType})
	of := &table{name: "t", schema: schema, statistics: source.Statistics{Rows: 10, RowsExact: true, Columns: []*types.ColumnStatistics{nil}}}
	ids := &logical.IDs{}
	plan, err := bind(tables{"t": of}, "SELECT count(*) FROM t", ids)
	if err != nil {
		t.Fatal(err)
	}
	var found *logical.Aggregate
	logical.Walk(plan, func(n logical.Node) bool {
		if a, ok := n.(*logical.Aggregate); ok {
			found = a
		}
		return true
	})
	for _, limit := range []int64{-1, 3} {
		scan := *scans(found)["t"]
		scan.Limit = limit
		_, changed := metadataAggregates(found.WithChildren([]logical.Node{&scan}), &Context{})
		if changed != (limit < 0) {
			t.Errorf("limit %d: answered by statistics: %v", limit, changed)
		}
	}
}

// TestLimitsStopSources checks which scans are told that some of their rows are enough.
func TestLimitsStopSources(t *testing.T) {
	schema := types.StructType(types.Field{Name: "k", Type: types.LongType, Nullable: true}, types.Field{Name: "v", Type: types.LongType, Nullable: true})
	c := tables{}
	for _, name := range []string{"a", "b"} {
		c[name] = &table{name: name, schema: schema, statistics: source.Statistics{Rows: 1000, Bytes: -1, Columns: make([]*types.ColumnStatistics, 2)}}
	}
	for _, q := range []struct {
		sql  string
		a, b int64
	}{
		{"SELECT * FROM a LIMIT 5", 5, 0},
		{"SELECT k + 1 FROM a LIMIT 5 OFFSET 3", 8, 0},
		{"SELECT * FROM (SELECT * FROM a LIMIT 9) LIMIT 5", 5, 0},
		{"SELECT * FROM (SELECT * FROM a LIMIT 4 OFFSET 2) LIMIT 5", 6, 0},
		{"SELECT * FROM a WHERE k > 1 LIMIT 5", -1, 0},
		{"SELECT k FROM a UNION ALL SELECT k FROM b LIMIT 5", 5, 5},
		{"SELECT k FROM a INTERSECT SELECT k FROM b LIMIT 5", -1, -1},
		{"SELECT * FROM a LEFT JOIN b ON a.k = b.k LIMIT 5", 5, -1},
		{"SELECT * FROM a RIGHT JOIN b ON a.k = b.k LIMIT 5", -1, 5},
		{"SELECT * FROM a FULL JOIN b ON a.k = b.k LIMIT 5", -1, -1},
		{"SELECT * FROM a JOIN b ON a.k = b.k LIMIT 5", -1, -1},
		{"SELECT * FROM a ORDER BY k LIMIT 5", -1, 0},
		// A row of which the subquery gives two is an error, wherever it stands.
		{"SELECT (SELECT v FROM b WHERE b.k = a.k) FROM a LIMIT 5", -1, -1},
	} {
		plan := planOf(t, c, q.sql)
		for name, want := range map[string]int64{"a": q.a, "b": q.b} {
			if s := scans(plan)[name]; s != nil && s.Limit != want {
				t.Errorf("%s: the limit of %s is %d, want %d\n%s", q.sql, name, s.Limit, want, logical.Format(plan))
			}
		}
	}
}

// TestPredicatesThatMayFailStay checks that a scan is not offered conjuncts behind one that may raise an error.
func TestPredicatesThatMayFailStay(t *testing.T) {
	schema := types.StructType(types.Field{Name: "k", Type: types.LongType, Nullable: true})
	c := tables{"a": {name: "a", schema: schema, statistics: source.Statistics{Rows: -1, Bytes: -1, Columns: make([]*types.ColumnStatistics, 1)}}}
	for sql, want := range map[string]int{
		"SELECT * FROM a WHERE k > 1 AND k < 5":               2,
		"SELECT * FROM a WHERE k > 1 AND 1 / k > 0 AND k < 5": 1,
		"SELECT * FROM a WHERE 1 / k > 0 AND k <> 0":          0,
		"SELECT * FROM a WHERE rand() < 0.5 AND k <> 0":       0,
	} {
		var offered []expr.Expr
		if s := scans(planOf(t, c, sql))["a"]; s != nil {
			offered = s.Filters
		}
		if len(offered) != want {
			t.Errorf("%s: %d conjuncts offered, want %d", sql, len(offered), want)
		}
	}
}

// TestReducedInputKeepsNulls checks that the semi join before a grouped side compares as the join above it does: <=> finds the
// partner of a null.
func TestReducedInputKeepsNulls(t *testing.T) {
	of := func(name string, rows int64, distinct float64) *table {
		column := types.ColumnStatistics{Min: int64(1), Max: int64(distinct), NullCount: 1, Distinct: distinct}
		schema := types.StructType(types.Field{Name: "k", Type: types.LongType, Nullable: true})
		return &table{name: name, schema: schema, statistics: source.Statistics{Rows: rows, Bytes: -1, Columns: []*types.ColumnStatistics{&column}}}
	}
	c := tables{"few": of("few", 10, 10), "many": of("many", 10_000_000, 100_000)}
	for sql, want := range map[string]expr.CompareOp{"=": expr.Equal, "<=>": expr.NullSafeEqual} {
		plan := planOf(t, c, "SELECT * FROM few JOIN (SELECT k, count(*) AS c FROM many GROUP BY k) m ON few.k "+sql+" m.k")
		found := false
		logical.Walk(plan, func(n logical.Node) bool {
			if j, ok := n.(*logical.Join); ok && j.Type == logical.LeftSemi {
				found = true
				if op := j.Condition.(*expr.Comparison).Op; op != want {
					t.Errorf("%s: reduced by %s", sql, op)
				}
			}
			return true
		})
		if !found {
			t.Errorf("%s: nothing is reduced\n%s", sql, logical.Format(plan))
		}
	}
}
