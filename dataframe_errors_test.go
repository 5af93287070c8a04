package kiln_test

import (
	"bytes"
	"context"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/functions"
	"github.com/kilnql/kiln/types"
)

// wantRows compares rows, in any order, with Spark's, as Row.String prints them.
func wantRows(t *testing.T, what string, d *kiln.DataFrame, want ...string) {
	t.Helper()
	rows, err := d.Collect(context.Background())
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	var got []string
	for _, r := range rows {
		got = append(got, r.String())
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func wantColumns(t *testing.T, what string, d *kiln.DataFrame, want ...string) {
	t.Helper()
	if got := d.Columns(); d.Err() != nil || !slices.Equal(got, want) {
		t.Errorf("%s: got %v, %v, want %v", what, got, d.Err(), want)
	}
}

func TestNamesWithDots(t *testing.T) {
	s := open(t, nil)
	d := s.SQL("SELECT 1 AS `a.b`, 2 AS c, named_struct('b', 3) AS a")
	wantColumns(t, "Drop(a.b)", d.Drop("a.b"), "c", "a")
	wantColumns(t, "Drop(A.B)", d.Drop("A.B"), "c", "a")
	wantColumns(t, "Drop(`a.b`)", d.Drop("`a.b`"), "a.b", "c", "a")
	wantColumns(t, "Drop(Col(a.b))", d.Drop(kiln.Col("a.b")), "a.b", "c", "a")
	wantColumns(t, "Drop(Col(`a.b`))", d.Drop(kiln.Col("`a.b`")), "c", "a")
	wantColumns(t, "Drop([]string)", d.Drop([]string{"a.b", "zz"}, "c"), "a")
	// Spark itself fails here with an internal error.
	wantColumns(t, "Sum()", d.GroupBy("c").Sum(), "c", "sum(a.b)", "sum(c)")
	wantColumns(t, "Max(`a.b`)", d.GroupBy("c").Max("`a.b`"), "c", "max(a.b)")
}

func TestShortcutsOfGroups(t *testing.T) {
	s := open(t, nil)
	d := s.SQL("SELECT 'x' AS A, 'y' AS B, 1 AS C")
	wantCondition(t, "a string", d.GroupBy("A").Sum("B").Err(), "_LEGACY_ERROR_TEMP_1323")
	wantCondition(t, "the second a string", d.GroupBy("A").Sum("C", "B").Err(), "_LEGACY_ERROR_TEMP_1323")
	wantCondition(t, "max of a string", d.GroupBy("A").Max("B").Err(), "_LEGACY_ERROR_TEMP_1323")
	wantCondition(t, "missing", d.GroupBy("A").Sum("nope").Err(), "UNRESOLVED_COLUMN.WITH_SUGGESTION")
	wantCondition(t, "two of a name", s.SQL("SELECT 'x' AS A, 1 AS B, 2 AS B").GroupBy("A").Sum().Err(), "AMBIGUOUS_REFERENCE")
	wantColumns(t, "none numeric", s.SQL("SELECT 'x' AS A, 'y' AS B").GroupBy("A").Sum(), "A")
	two := s.SQL("SELECT 1 AS A, 2 AS B")
	wantColumns(t, "keys are summed too", two.GroupBy("A").Sum(), "A", "sum(A)", "sum(B)")
	wantRows(t, "rollup", two.Rollup("A").Sum(), "[1, 1, 2]", "[NULL, 1, 2]")
	wantColumns(t, "a number", two.GroupBy(2).Count(), "B", "count")
	wantCondition(t, "number 0", two.GroupBy(0).Count().Err(), "INDEX_NOT_POSITIVE")
	wantCondition(t, "number 3", two.GroupBy(3).Count().Err(), "INDEX_OUT_OF_RANGE")
}

func TestSelfJoinByColumnsOfTheDataFrame(t *testing.T) {
	s := open(t, nil)
	a := s.SQL("SELECT * FROM VALUES (1, 10), (2, 20), (null, 30) t(id, v)")
	local := s.CreateDataFrame([][]any{{1, 10}, {2, 20}, {nil, 30}}, "id int, v int")
	for _, a := range []*kiln.DataFrame{a, local} {
		id := a.Col("id")
		inner := []string{"[1, 10, 1, 10]", "[2, 20, 2, 20]"}
		wantRows(t, "inner", a.Join(a, id.Eq(id), "inner"), inner...)
		wantRows(t, "left", a.Join(a, id.Eq(id), "left"), append(inner, "[NULL, 30, NULL, NULL]")...)
		wantRows(t, "full", a.Join(a, id.Eq(id), "FULL_outer"), append(inner, "[NULL, 30, NULL, NULL]", "[NULL, NULL, NULL, 30]")...)
		wantRows(t, "null-safe", a.Join(a, id.EqNullSafe(id), "inner"), append(inner, "[NULL, 30, NULL, 30]")...)
		wantRows(t, "semi", a.Join(a, id.Eq(id), "left_semi"), "[1, 10]", "[2, 20]")
		wantRows(t, "anti", a.Join(a, id.Eq(id), "anti"), "[NULL, 30]")
		wantRows(t, "and", a.Join(a, id.Eq(id).And(a.Col("v").Eq(a.Col("v"))), ""), inner...)
		wantRows(t, "or", a.Join(a, id.Eq(id).Or(a.Col("v").Eq(a.Col("v"))), ""), append(inner, "[NULL, 30, NULL, 30]")...)
		wantRows(t, "not", a.Join(a, id.Eq(id).Not(), ""), "[1, 10, 2, 20]", "[2, 20, 1, 10]")
		b := a.Where("v > 5")
		wantRows(t, "derived", a.Join(b, id.Eq(b.Col("id")), ""), inner...)
		wantRows(t, "derived, turned", a.Join(b, b.Col("id").Eq(id), ""), inner...)
		c := a.Select("id", a.Col("v").Plus(1).As("w"))
		wantRows(t, "projected", a.Join(c, id.Eq(c.Col("id")), ""), "[1, 10, 1, 11]", "[2, 20, 2, 21]")
		wantRows(t, "projected, another column", a.Join(c, a.Col("v").Eq(c.Col("w")), ""))
		wantRows(t, "aggregated", a.Join(a.GroupBy("id").Count(), id.Eq(id), ""), "[1, 10, 1, 1]", "[2, 20, 2, 1]")
		wantRows(t, "a list", a.Join(c, []kiln.Column{id.Eq(c.Col("id")), a.Col("v").Lt(15)}, ""), "[1, 10, 1, 11]")
		// Spark's condition is _LEGACY_ERROR_TEMP_1182, or this one from its server.
		wantCondition(t, "other columns", a.Join(a, id.Eq(a.Col("v")), "").Err(), "AMBIGUOUS_COLUMN_REFERENCE")
		wantCondition(t, "less than", a.Join(a, id.Lt(id), "").Err(), "AMBIGUOUS_COLUMN_REFERENCE")
		wantCondition(t, "and a filter", a.Join(a, id.Eq(id).And(a.Col("v").Gt(15)), "").Err(), "AMBIGUOUS_COLUMN_REFERENCE")
		wantCondition(t, "after the join", a.Join(a, id.Eq(id), "").Select(id).Err(), "AMBIGUOUS_COLUMN_REFERENCE")
	}
}

func TestValuesOfRowsAreConstants(t *testing.T) {
	s := open(t, nil)
	ctx := context.Background()
	source := s.SQL("SELECT 1.50BD, map('b', 1, 'a', 2), INTERVAL '1-2' YEAR TO MONTH, named_struct('x', 1, 'y', array(1, null)), array(1, 2), " +
		"DATE'2020-01-02', X'4142', 1Y, INTERVAL '1' DAY")
	row := collect(t, source)[0]
	for i, f := range source.Schema().Fields() {
		v := row.At(i)
		for what, d := range map[string]*kiln.DataFrame{"?": s.SQL("SELECT ?", v), "Lit": s.Range(0, 1, 1).Select(kiln.Lit(v)), ":a": s.SQL("SELECT :a", kiln.Named("a", v))} {
			got, ok, err := d.First(ctx)
			want := types.FormatValue(row.Raw(i), f.Type, types.ZoneOf(time.UTC))
			if f.Type.Kind == types.Date {
				want += " 00:00:00" // a Go time is a timestamp
			} else if gt := d.Schema().Fields()[0].Type; !gt.SameType(f.Type) && f.Type.Kind != types.DayTimeInterval {
				t.Errorf("%s of %s has type %s", what, f.Type, gt)
			}
			if err != nil || !ok {
				t.Errorf("%s of a %s: %v", what, f.Type, err)
			} else if text := types.FormatValue(got.Raw(0), d.Schema().Fields()[0].Type, types.ZoneOf(time.UTC)); text != want && f.Type.Kind != types.DayTimeInterval {
				t.Errorf("%s of a %s: got %s, want %s", what, f.Type, text, want)
			}
		}
	}
	for _, c := range []struct {
		value  any
		schema string
	}{
		{map[string]int{"b": 1, "a": 2}, "map<string,int>"}, {uint64(7), "bigint"}, {uint64(math.MaxUint64), "decimal(20,0)"}, {uint(7), "int"}, {uint(1 << 40), "bigint"},
		{struct {
			A int64
			B []string
		}{1, nil}, "struct<A:bigint,B:array<string>>"}, {[]int{1, 1 << 40}, "array<bigint>"}, {[3]int8{}, "array<tinyint>"}, {[]string{}, "array<string>"},
		{kiln.Months(14), "interval year to month"}, {map[int][]int{1: {2}}, "map<int,array<int>>"}, {row, source.Schema().String()}, {kiln.Lit(5), "int"},
	} {
		d := s.SQL("SELECT ?", c.value)
		if d.Err() != nil || d.Schema().Fields()[0].Type.String() != c.schema {
			t.Errorf("%T: %v, %v; want %s", c.value, d.Schema(), d.Err(), c.schema)
		} else if _, err := d.Collect(ctx); err != nil {
			t.Errorf("%T: %v", c.value, err)
		}
	}
	for _, v := range []any{make(chan int), func() {}, complex(1, 2)} {
		wantCondition(t, "?", s.SQL("SELECT ?", v).Err(), "UNSUPPORTED_FEATURE.LITERAL_TYPE")
		wantCondition(t, "Lit", s.Range(0, 1, 1).Select(kiln.Lit(v)).Err(), "UNSUPPORTED_FEATURE.LITERAL_TYPE")
	}
	wantCondition(t, "mixed elements", s.SQL("SELECT ?", []any{1, "a"}).Err(), "CANNOT_MERGE_TYPE")
	wantCondition(t, "no constant", s.SQL("SELECT ?", kiln.Col("a")).Err(), "INVALID_SQL_ARG")
	wantCondition(t, "? and :a", s.SQL("SELECT ?, :a", 1, kiln.Named("a", 2)).Err(), "INVALID_QUERY_MIXED_QUERY_PARAMETERS")
	wantCondition(t, "? without its value", s.SQL("SELECT ?, :a", kiln.Named("a", 2)).Err(), "UNBOUND_SQL_PARAMETER")
	wantCondition(t, "too many", s.SQL("SELECT ?", 1, 2).Err(), "TOO_MANY_VALUES")
}

func TestForeignSessions(t *testing.T) {
	s, foreign := open(t, nil), open(t, nil)
	d, other := s.Range(0, 3, 1), foreign.Range(0, 3, 1)
	for what, got := range map[string]*kiln.DataFrame{
		"Join": d.Join(other, "id", ""), "Union": d.Union(other), "Exists": d.Where(other.Exists()), "In": d.Where(kiln.Col("id").In(other)),
		"Scalar": d.Select(other.Limit(1).Scalar()), "nested": d.Select(functions.Call("coalesce", other.Limit(1).Scalar(), 1)),
	} {
		wantCondition(t, what, got.Err(), "SESSION_NOT_SAME")
	}
	if n, err := d.Where(kiln.Col("id").In(d.Limit(2))).Count(context.Background()); n != 2 || err != nil {
		t.Error(n, err)
	}
}

func TestClosedSession(t *testing.T) {
	s, err := kiln.Open(kiln.NewConfig().WithoutDefaults())
	if err != nil {
		t.Fatal(err)
	}
	d := s.Range(0, 3, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, collected := d.Collect(context.Background())
	_, explained := d.ExplainString(context.Background(), "")
	for what, err := range map[string]error{
		"Collect": collected, "Explain": explained, "SQL": s.SQL("SELECT 1").Err(), "a command": s.SQL("SHOW TABLES").Err(), "Set": s.Set("spark.sql.ansi.enabled", "false"),
		"CreateTempView": d.CreateTempView("v"), "Range": s.Range(0, 1, 1).Err(), "Table": s.Table("t").Err(), "Where": d.Where("id > 1").Err(),
		"CreateDataFrame": s.CreateDataFrame([]int{1}).Err(), "Read": s.Read().Parquet("x").Err(),
	} {
		wantCondition(t, what, err, "INVALID_HANDLE.SESSION_CLOSED")
	}
}

func TestViewNames(t *testing.T) {
	s := open(t, nil)
	d := s.Range(0, 1, 1)
	for name, condition := range map[string]string{
		"a.b.c": "TEMP_VIEW_NAME_TOO_MANY_NAME_PARTS", "a.b": "TEMP_VIEW_NAME_TOO_MANY_NAME_PARTS", "": "_LEGACY_ERROR_TEMP_1321", "a-b": "_LEGACY_ERROR_TEMP_1321",
		"a b": "_LEGACY_ERROR_TEMP_1321", "`": "_LEGACY_ERROR_TEMP_1321", "`a b`": "", "1a": "", "`a.b`": "", "select": "",
	} {
		if err := d.CreateOrReplaceTempView(name); condition != "" {
			wantCondition(t, name, err, condition)
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantRows(t, "a quoted name", s.SQL("SELECT * FROM `a b`, `a.b`, `select`"), "[0, 0, 0]")
}

func TestWrongArguments(t *testing.T) {
	s := open(t, nil)
	d := s.SQL("SELECT * FROM VALUES (2, 1), (1, 2) t(x, y)")
	ctx := context.Background()
	var none context.Context // what a nil context does is tested
	_, collected := d.Collect(none)
	_, explained := d.ExplainString(ctx, "zzz")
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for what, c := range map[string]struct {
		err       error
		condition string
	}{
		"Collect(nil)": {collected, "CANNOT_BE_NONE"}, "SQLContext(nil)": {s.SQLContext(none, "SELECT 1").Err(), "CANNOT_BE_NONE"},
		"SQLContext of a query": {s.SQLContext(cancelled, "SELECT 1").Err(), "OPERATION_CANCELED"}, "of a command": {s.SQLContext(cancelled, "SHOW TABLES").Err(), "OPERATION_CANCELED"},
		"Broadcast(nil)": {kiln.Broadcast(nil).Err(), "CANNOT_BE_NONE"}, "Join(Broadcast(nil))": {d.Join(kiln.Broadcast(nil), "x", "").Err(), "CANNOT_BE_NONE"},
		"Join(nil)": {d.Join(nil, "x", "").Err(), "CANNOT_BE_NONE"}, "In(nil)": {d.Where(kiln.Col("x").In((*kiln.DataFrame)(nil))).Err(), "CANNOT_BE_NONE"},
		"Sample(2)": {d.Sample(2, 1).Err(), "VALUE_NOT_BETWEEN"}, "Sample(-1)": {d.Sample(-1, 1).Err(), "VALUE_NOT_BETWEEN"}, "Sample(NaN)": {d.Sample(math.NaN(), 1).Err(), "VALUE_NOT_BETWEEN"},
		"sideways": {d.Join(d, "x", "sideways").Err(), "UNSUPPORTED_JOIN_TYPE"}, "Repartition(-1)": {d.Repartition(-1).Err(), "VALUE_NOT_POSITIVE"},
		"Repartition(0)": {d.Repartition(0).Err(), "VALUE_NOT_POSITIVE"}, "Repartition(0, x)": {d.Repartition(0, "x").Err(), "VALUE_NOT_POSITIVE"},
		"Hint(repartition, 0)": {d.Hint("repartition", 0).Err(), "VALUE_NOT_POSITIVE"}, "Hint(coalesce, 0)": {d.Hint("coalesce", 0).Err(), "VALUE_NOT_POSITIVE"},
		"As()": {d.Select(kiln.Col("x").As()).Err(), "CANNOT_BE_EMPTY"}, "Alias()": {d.GroupBy("x").Agg(functions.Sum("y").Alias()).Err(), "CANNOT_BE_EMPTY"},
		"Desc().Gt()": {d.Where(kiln.Col("x").Desc().Gt(1)).Err(), "NOT_COLUMN"}, "Desc().As()": {d.OrderBy(kiln.Col("x").Desc().As("z")).Err(), "NOT_COLUMN"},
		"Desc().Asc()": {d.OrderBy(kiln.Col("x").Desc().Asc()).Err(), "NOT_COLUMN"}, "Select(Desc())": {d.Select(kiln.Col("x").Desc()).Err(), "NOT_COLUMN"},
		"GroupBy(Asc())": {d.GroupBy(kiln.Col("x").Asc()).Count().Err(), "NOT_COLUMN"}, "Abs(Desc())": {d.Select(functions.Abs(kiln.Col("x").Desc())).Err(), "NOT_COLUMN"},
		"Named twice": {s.SQL("SELECT :a", kiln.Named("a", 1), kiln.Named("a", 2)).Err(), "DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.DOUBLE_NAMED_ARGUMENT_REFERENCE"},
		"Coalesce(0)": {d.Coalesce(0).Err(), "VALUE_NOT_POSITIVE"}, "Explain": {explained, "UNKNOWN_EXPLAIN_MODE"}, "ToDF": {d.ToDF("a").Err(), "ASSIGNMENT_ARITY_MISMATCH"},
		"Limit(-1)": {d.Limit(-1).Err(), "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE"}, "Persist(77)": {d.Persist(kiln.StorageLevel(77)).Err(), "VALUE_NOT_ALLOWED"},
		"Where(nil)": {d.Where(nil).Err(), "NOT_COLUMN_OR_STR"}, "Where(1)": {d.Where(1).Err(), "NOT_COLUMN_OR_STR"}, "Where(x)": {d.Where("x").Err(), "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN"},
		"OrderBy(0)": {d.OrderBy(0).Err(), "ZERO_INDEX"}, "OrderBy(3)": {d.OrderBy(3).Err(), "INDEX_OUT_OF_RANGE"}, "OrderBy(1.5)": {d.OrderBy(1.5).Err(), "NOT_COLUMN_OR_INT_OR_STR"},
		"OrderBy(true)": {d.OrderBy(true).Err(), "NOT_COLUMN_OR_INT_OR_STR"}, "Join([])": {d.Join(d, []string{}, "").Err(), "CANNOT_BE_EMPTY"},
		"Join(1)": {d.Join(d, 1, "").Err(), "NOT_COLUMN_OR_LIST_OR_STR"}, "WithColumns": {d.WithColumns("a").Err(), "TOO_MANY_VALUES"}, "WithColumns(1, 2)": {d.WithColumns(1, 2).Err(), "NOT_STR"},
	} {
		wantCondition(t, what, c.err, c.condition)
	}
}

func TestListsAndNumbersOfColumns(t *testing.T) {
	s := open(t, nil)
	d := s.SQL("SELECT * FROM VALUES (2, 1), (1, 2) t(x, y)")
	for what, c := range map[string]struct {
		d    *kiln.DataFrame
		want string
	}{
		"OrderBy(1)": {d.OrderBy(1), "[[1, 2] [2, 1]]"}, "OrderBy(2)": {d.OrderBy(2), "[[2, 1] [1, 2]]"}, "OrderBy(-2)": {d.OrderBy(-2), "[[1, 2] [2, 1]]"},
		"OrderBy(Lit(2).Desc())": {d.OrderBy(kiln.Lit(2).Desc()), "[[1, 2] [2, 1]]"}, "OrderBy(list)": {d.OrderBy([]string{"x", "y"}), "[[1, 2] [2, 1]]"},
		"Select(list)": {d.Select([]string{"y", "x"}).OrderBy("x"), "[[2, 1] [1, 2]]"}, "Select(columns)": {d.Select([]kiln.Column{kiln.Col("x")}).OrderBy(1), "[[1] [2]]"},
		"GroupBy(list)": {d.GroupBy([]string{"x", "y"}).Count().OrderBy(1), "[[1, 2, 1] [2, 1, 1]]"},
	} {
		rows, err := c.d.Collect(context.Background())
		var got []string
		for _, r := range rows {
			got = append(got, r.String())
		}
		if text := "[" + strings.Join(got, " ") + "]"; err != nil || text != c.want {
			t.Errorf("%s: %s, %v; want %s", what, text, err, c.want)
		}
	}
	w := s.SQL("SELECT * FROM VALUES (2, 1), (1, 2) t(w, z)")
	wantRows(t, "Join on columns", d.Join(w, []kiln.Column{kiln.Col("x").Eq(kiln.Col("w")), kiln.Col("y").Eq(kiln.Col("z"))}, "INNER"), "[2, 1, 2, 1]", "[1, 2, 1, 2]")
}

func TestUnknownHintIsAWarning(t *testing.T) {
	var log bytes.Buffer
	s, err := kiln.Open(kiln.NewConfig().WithoutDefaults().WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Range(0, 1, 1).Hint("foo").Err(); err != nil || !strings.Contains(log.String(), "FOO") {
		t.Error(err, log.String())
	}
}

func TestWrongColumns(t *testing.T) {
	d := open(t, nil).Range(0, 1, 1)
	yes := kiln.Lit(true)
	for what, c := range map[string]struct {
		column    kiln.Column
		condition string
	}{
		"zero": {kiln.Column{}, "CANNOT_BE_NONE"}, "a..b": {kiln.Col("a..b"), "INVALID_ATTRIBUTE_NAME_SYNTAX"}, "`a": {kiln.Col("`a"), "INVALID_ATTRIBUTE_NAME_SYNTAX"},
		"`a`b": {kiln.Col("`a`b"), "INVALID_ATTRIBUTE_NAME_SYNTAX"}, "When": {kiln.Col("id").When(yes, 1), "INVALID_WHEN_USAGE"},
		"Otherwise twice": {functions.When(yes, 1).Otherwise(2).Otherwise(3), "INVALID_WHEN_USAGE"}, "Distinct": {kiln.Col("id").Distinct(), "INVALID_TYPE"},
		"Decimal": {functions.Decimal("x"), "CAST_INVALID_INPUT"},
	} {
		wantCondition(t, what, d.Select(c.column).Err(), c.condition)
	}
}

func TestHintsOfNoPartitions(t *testing.T) {
	s := open(t, nil)
	for _, hint := range []string{"REPARTITION(0)", "REPARTITION(-1)", "COALESCE(0)", "REPARTITION(0, id)", "REPARTITION_BY_RANGE(0, id)", "REBALANCE(0)"} {
		wantCondition(t, hint, s.SQL("SELECT /*+ "+hint+" */ id FROM range(3)").Err(), "VALUE_NOT_POSITIVE")
	}
	wantRows(t, "one partition", s.SQL("SELECT /*+ REPARTITION(1) */ id FROM range(2)"), "[0]", "[1]")
}

// What is no column's name and no Column is a constant; a condition is neither.
func TestConstantColumns(t *testing.T) {
	s := open(t, nil)
	wantRows(t, "constants", s.Range(0, 1, 1).Select(1, nil, true, kiln.Lit("id"), "id"), "[1, NULL, true, id, 0]")
}

func TestOuterColumnsWithoutAQueryAround(t *testing.T) {
	s := open(t, nil)
	d := s.Range(0, 3, 1).Where(kiln.Col("id").Eq(kiln.Col("id").Outer()))
	if d.Err() != nil {
		t.Fatal(d.Err())
	}
	_, err := d.Collect(context.Background())
	wantCondition(t, "Collect", err, "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION")
	_, err = d.Count(context.Background())
	wantCondition(t, "Count", err, "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION")
	wantRows(t, "inside the query that has them", s.Range(0, 2, 1).Alias("t").Where(s.Range(1, 3, 1).Where(kiln.Col("id").Eq(kiln.Col("t.id").Outer())).Exists()), "[1]")
}

func TestShowWithoutColumns(t *testing.T) {
	s := open(t, nil)
	d := s.Range(0, 3, 1).Select()
	for _, c := range []struct {
		d    *kiln.DataFrame
		o    kiln.ShowOptions
		want string
	}{
		{d, kiln.ShowOptions{}, "++\n||\n++\n||\n||\n||\n++\n"}, {d.Limit(0), kiln.ShowOptions{}, "++\n||\n++\n++\n"},
		{d, kiln.ShowOptions{Rows: 2, Truncate: -1}, "++\n||\n++\n||\n||\n++\nonly showing top 2 rows\n"},
	} {
		if got, err := c.d.ShowString(context.Background(), c.o); err != nil || got != c.want {
			t.Errorf("%v: %q, %v; want %q", c.o, got, err, c.want)
		}
	}
}
