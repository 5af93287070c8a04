package kiln_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/kilnql/kiln"
)

// A guard lets through the rows for which an expression has a value. What it guards must never be evaluated for others,
// wherever the two stand and whatever the optimizer and the executor make of them.
var guardedExpressions = []struct{ guard, raises, safe string }{
	{"x <> 0", "1 / x > 0.3", "try_divide(1, x) > 0.3"},
	{"x > 0", "10 % x < 2", "try_mod(10, x) < 2"},
	{"x <> 0", "100 div x >= 50", "try_divide(100, x) >= 50"},
	{"s RLIKE '^[0-9]+$'", "CAST(s AS INT) > 2", "try_cast(s AS INT) > 2"},
	{"x BETWEEN -1 AND 1", "x * 9223372036854775807L > 5", "try_multiply(x, 9223372036854775807L) > 5"},
	{"k >= 1 AND k <= 3", "element_at(array(1, 2, 3), k) = k", "try_element_at(array(1, 2, 3), k) = k"},
	{"x <> 0 AND s = '7'", "CAST(s AS INT) / x > 1", "try_divide(try_cast(s AS INT), x) > 1"},
}

// guardedPlaces are queries with {g} and {f} for guard and guarded expression, or {c} for both among other conditions.
var guardedPlaces = []string{
	"SELECT count(*), sum(id) FROM n WHERE {c}",
	"SELECT count(*), sum(id) FROM (SELECT * FROM n WHERE {g}) WHERE {f}",
	"SELECT count(*), sum(id) FROM (SELECT *, {g} AS ok FROM n) WHERE ok AND {f}",
	"SELECT count(*) FROM (SELECT * FROM n WHERE {g} ORDER BY id LIMIT 100) WHERE {f}",
	"SELECT count(*) FROM n WHERE NOT ({g}) OR {f}",
	"SELECT count(*) FROM n WHERE NOT ({g} AND NOT {f})",
	"SELECT count(*), sum(n.id) FROM n JOIN d ON n.k = d.dk WHERE {c}",
	"SELECT count(*), sum(n.id) FROM n JOIN d ON n.k = d.dk AND {c}",
	"SELECT count(*), sum(n.id) FROM n, d WHERE n.k < d.dk AND {c}",
	"SELECT count(*), count(dk) FROM n LEFT JOIN d ON n.k = d.dk AND {c}",
	"SELECT count(*), count(id) FROM d LEFT JOIN n ON n.k = d.dk AND {c}",
	"SELECT count(*), count(id), count(dk) FROM n FULL JOIN d ON n.k = d.dk AND {c}",
	"SELECT count(*), count(dk) FROM n LEFT JOIN d ON {g} AND d.flag = ({f})",
	"SELECT count(*), count(id) FROM n RIGHT JOIN d ON {g} AND ({f}) = d.flag AND n.k = d.dk",
	"SELECT count(*) FROM n LEFT SEMI JOIN d ON {g} AND d.flag = ({f})",
	"SELECT count(*) FROM n LEFT ANTI JOIN d ON {g} AND d.flag = ({f})",
	"SELECT count(*) FROM n JOIN (SELECT id AS i FROM n WHERE {g}) r ON n.id = r.i WHERE {f}",
	"SELECT count(*) FROM n WHERE {g} AND id IN (SELECT id FROM n WHERE {c})",
	"SELECT count(*) FROM d WHERE EXISTS (SELECT 1 FROM n WHERE n.k = d.dk AND {c})",
	"SELECT count(*) FROM d WHERE NOT EXISTS (SELECT 1 FROM n WHERE {c} AND n.k = d.dk)",
	"SELECT dk, (SELECT count(*) FROM n WHERE n.k = d.dk AND {c}) AS c FROM d ORDER BY ALL",
	"SELECT k, count(*) FILTER (WHERE {c}) AS c FROM n GROUP BY k ORDER BY ALL",
	"SELECT count(DISTINCT id) FILTER (WHERE {c}), count(DISTINCT k) FROM n",
	"SELECT x, s, k, id, count(*) AS c FROM n GROUP BY x, s, k, id HAVING {c} ORDER BY ALL",
	"SELECT count(*) FROM (SELECT x, s, k, max(id) AS id FROM n GROUP BY ALL) WHERE {c}",
	"SELECT sum(CASE WHEN NOT ({g}) THEN 0 WHEN {f} THEN 1 ELSE 2 END) FROM n WHERE ({g}) IS NOT NULL",
	"SELECT sum(if({g}, if({f}, 1, 2), 0)) FROM n",
	"SELECT count(*) FROM n WHERE coalesce(if({g}, NULL, false), {f})",
	"SELECT count(nullif(if({g}, {f}, NULL), true)) FROM n",
	"SELECT count(*) FROM (SELECT * FROM n UNION ALL SELECT * FROM n) WHERE {c}",
	"SELECT id FROM n WHERE {c} ORDER BY id LIMIT 3",
	"SELECT id FROM n ORDER BY CASE WHEN {g} THEN {f} END, id LIMIT 5",
	"SELECT CASE WHEN {g} THEN {f} END AS e, count(*) AS c FROM n GROUP BY 1 ORDER BY ALL",
	"SELECT DISTINCT if({g}, {f}, NULL) AS e FROM n ORDER BY 1",
	"WITH c AS (SELECT * FROM n WHERE {g}) SELECT (SELECT count(*) FROM c WHERE {f}), (SELECT count(*) FROM c)",
}

// guardedTables makes n, of a file with several row groups, and d, of which few rows have partners.
func guardedTables(t *testing.T, s *kiln.Session, path string) {
	t.Helper()
	for _, sql := range []string{
		"CREATE TEMP VIEW n AS SELECT * FROM '" + path + "'",
		"CREATE TEMP VIEW d AS SELECT * FROM VALUES (1, true), (2, false), (3, true), (40, NULL), (NULL, true) AS d(dk, flag)",
	} {
		if err := s.SQL(sql).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// writeGuarded writes the columns id, x, s and k, whose values include those that raise.
func writeGuarded(t *testing.T) string {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "x", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "k", Type: arrow.PrimitiveTypes.Int32, Nullable: true}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	words := []string{"7", "abc", "", "3", "2", "-"}
	for i := range int64(60) {
		b.Field(0).(*array.Int64Builder).Append(i)
		if i%11 == 10 {
			b.Field(1).AppendNull()
		} else {
			b.Field(1).(*array.Int64Builder).Append(i%7 - 3)
		}
		if i%13 == 12 {
			b.Field(2).AppendNull()
		} else {
			b.Field(2).(*array.StringBuilder).Append(words[i%6])
		}
		if i%17 == 16 {
			b.Field(3).AppendNull()
		} else {
			b.Field(3).(*array.Int32Builder).Append(int32(i % 5))
		}
	}
	record := b.NewRecordBatch()
	defer record.Release()
	path := filepath.Join(t.TempDir(), "n.parquet")
	writeRecord(t, path, record, 20)
	return path
}

// TestGuardedExpressionsNeverRaise puts each guarded expression in each place, with further conditions around it in a
// random order that keeps the guard before what it guards, and compares with a form of it that cannot raise.
func TestGuardedExpressionsNeverRaise(t *testing.T) {
	path := writeGuarded(t)
	plain := open(t, map[string]string{"kiln.exec.fusion": "false"})
	guardedTables(t, plain, path)
	sessions := map[string]*kiln.Session{}
	for name, conf := range map[string]map[string]string{
		"fused": nil, "chunks of 3": {"kiln.exec.chunkSize": "3"}, "unoptimized": {"kiln.optimizer.enabled": "false"},
		"plain": {"kiln.exec.fusion": "false", "kiln.optimizer.enabled": "false"}, "checked": {"kiln.optimizer.check": "true"},
	} {
		sessions[name] = open(t, conf)
		guardedTables(t, sessions[name], path)
	}
	rng := rand.New(rand.NewPCG(7, 9))
	others := []string{"id >= 0", "k < 5", "id < 55", "s IS NOT NULL", "id % 2 < 2", "length(s) < 9"}
	for _, g := range guardedExpressions {
		for _, place := range guardedPlaces {
			conditions := []string{"(" + g.guard + ")", "({f})"}
			for _, o := range rng.Perm(len(others))[:rng.IntN(4)] {
				at := rng.IntN(len(conditions) + 1)
				conditions = append(conditions[:at], append([]string{others[o]}, conditions[at:]...)...)
			}
			text := strings.NewReplacer("{c}", strings.Join(conditions, " AND "), "{g}", g.guard).Replace(place)
			want := outcome(plain, strings.ReplaceAll(text, "{f}", g.safe))
			if strings.HasPrefix(want, "error") {
				t.Fatalf("%s: %s", text, want)
			}
			text = strings.ReplaceAll(text, "{f}", g.raises)
			for name, s := range sessions {
				if got := outcome(s, text); !sameRows(got, want) {
					t.Errorf("%s: %s\n%s\nwant %s", name, text, got, want)
				}
			}
		}
	}
}

// TestUnguardedExpressionsRaise checks that the test above tests something: without its guard each expression raises.
func TestUnguardedExpressionsRaise(t *testing.T) {
	s := open(t, nil)
	guardedTables(t, s, writeGuarded(t))
	for _, g := range guardedExpressions {
		for _, place := range []string{"SELECT count(*) FROM n WHERE %s", "SELECT count(*) FROM n LEFT JOIN d ON d.flag = (%s)", "SELECT sum(if(%s, 1, 2)) FROM n"} {
			sql := fmt.Sprintf(place, g.raises)
			if _, err := s.SQL(sql).Collect(context.Background()); err == nil {
				t.Errorf("%s raises nothing", sql)
			}
		}
	}
}

// TestComputedKeysAreHashed checks that joins on expressions that may raise are not nested loops, unless a condition of both
// sides stands before.
func TestComputedKeysAreHashed(t *testing.T) {
	s := open(t, nil)
	for condition, operator := range map[string]string{
		"b.id * 2 = a.id":                               "HashJoin",
		"CAST(CAST(a.id AS STRING) AS INT) = b.id":      "HashJoin",
		"a.id <> 0 AND 18 div a.id = b.id":              "HashJoin",
		"a.id = b.id AND 18 div a.id = b.id":            "HashJoin",
		"a.id < b.id AND 18 div a.id = b.id":            "NestedLoopJoin",
		"a.id + b.id <> 0 AND 18 div (a.id + b.id) = 9": "NestedLoopJoin",
	} {
		for _, join := range []string{"LEFT", "FULL", "LEFT ANTI"} {
			sql := "SELECT count(*) FROM range(10) a " + join + " JOIN range(9) b ON " + condition
			text, err := s.SQL(sql).ExplainString(context.Background(), "")
			if err != nil || !strings.Contains(text, " "+operator+" ") {
				t.Errorf("%s: %v\n%s", sql, err, text)
			}
		}
	}
}
