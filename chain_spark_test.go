package kiln_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/functions"
)

// TestChainsLikeSpark holds answers of PySpark 4.0.1 to chains of calls that kiln once answered otherwise.
func TestChainsLikeSpark(t *testing.T) {
	s := open(t, nil)
	ctx := t.Context()
	col := kiln.Col
	f := s.CreateDataFrame([][]any{{1, "a", 1.5}, {2, "b", nil}, {2, "c", 2.5}, {nil, "d", 3.5}, {5, nil, -1.0}}, "k int, name string, x double")
	g := s.CreateDataFrame([][]any{{1, 10, "p"}, {2, 20, "q"}, {2, 21, "r"}, {7, 70, "t"}}, "k bigint, v int, name string")
	n := s.SQL("SELECT map('a', id) AS m, named_struct('x', id) AS st, id FROM range(2)")
	w := s.SQL("SELECT 1 AS a, 2 AS `a.b`")
	renamed := f.Select(col("k").As("j"), "name")
	for _, c := range []struct {
		name string
		d    *kiln.DataFrame
		want string // names of columns, then rows in any order; or the condition of an error
	}{
		{"names of operators", f.Where("k = 1").Select(col("k").Negate(), col("k").Between(1, 2), col("name").Substr(1, 2)),
			"negative(k),((k >= 1) AND (k <= 2)),substr(name, 1, 2) [-1,true,a]"},
		{"names of parts", n.Where("id = 1").Select(col("m").GetField("a"), col("m").GetItem("a"), col("st").GetField("x"), col("st").GetItem("x")),
			"m[a],m[a],st.x,st.x [1,1,1,1]"},
		{"In of nothing", f.Select(col("k").In()).Distinct(), "(k IN ()) [false]"},
		{"In of a slice", f.Where(col("name").In([]string{"a", "c"})).Select("name"), "name [a] [c]"},
		{"ToDF of columns with one name", f.Join(g, f.Col("k").Eq(g.Col("k")), "inner").ToDF("a", "b", "c", "d", "e", "f").Select("d", "f"),
			"d,f [1,p] [2,q] [2,q] [2,r] [2,r]"},
		{"a column twice", f.Select("k", "k").Where("k > 2").Select("k"), "k [5]"},
		{"a column twice, grouped", f.Select("*", "*").GroupBy("name").Count().Where("name = 'a'"), "name,count [a,1]"},
		{"a column twice, merged by a join", f.Select("k", "k").Join(g, "k", "inner").Where("v < 20"), "k,v,name [1,10,p]"},
		{"a column twice, in SQL", s.SQL("SELECT id FROM (SELECT id, id FROM range(1))"), "id [0]"},
		{"a column and an alias", f.Select("k", col("k").As("k")).Select("k"), "AMBIGUOUS_REFERENCE"},
		{"filter by a column left out", f.Drop("k").Where("k > 1").Select("name"), "name [b] [c] [NULL]"},
		{"filter by a column left out, twice", f.Where("x > 0").Select("name").Where("k = 1").Where("x > 1"), "name [a]"},
		{"filter by a column left out, sorted", s.SQL("SELECT name FROM VALUES (1, 'a'), (2, 'b') AS t(k, name) ORDER BY k").Where("k > 1"), "name [b]"},
		{"filter by an old name", f.WithColumnRenamed("k", "j").Where("k > 2"), "j,name,x [5,NULL,-1.0]"},
		{"sort by a column left out", f.Drop("k", "x").OrderBy(col("k").Desc(), "name").Limit(1), "name [NULL]"},
		{"sort by an aggregate left out", f.GroupBy("k").Agg(functions.Sum("x").As("s")).Drop("s").OrderBy("s").Limit(1), "k [5]"},
		{"a renamed column in a join", f.Join(renamed, f.Col("k").Eq(col("j")), "inner").Select("x", "j"), "x,j [1.5,1] [NULL,2] [NULL,2] [2.5,2] [2.5,2] [-1.0,5]"},
		{"the qualifier of a renamed column", f.Alias("q").WithColumnRenamed("k", "kk").Select("q.kk"), "UNRESOLVED_COLUMN.WITH_SUGGESTION"},
		{"drop of an ambiguous column", f.Join(g, f.Col("k").Eq(g.Col("k")), "inner").Drop(col("k")), "AMBIGUOUS_REFERENCE"},
		{"drop of a name that two have", f.Join(g, f.Col("k").Eq(g.Col("k")), "inner").Drop("k", "name").Where("v > 20"), "x,v [NULL,21] [2.5,21]"},
		{"drop of what is no field", w.Drop(col("a.b")), "INVALID_EXTRACT_BASE_FIELD_TYPE"},
		{"drop of a name with a dot", w.Drop("a.b"), "a [1]"},
		{"duplicates by a map", n.DropDuplicates("m"), "UNSUPPORTED_FEATURE.SET_OPERATION_ON_MAP_TYPE"},
	} {
		rows, err := c.d.Collect(ctx)
		var texts []string
		for _, r := range rows {
			texts = append(texts, r.String())
		}
		got := strings.Join(append([]string{strings.Join(c.d.Columns(), ",")}, texts...), " ")
		want := c.want
		if err != nil {
			got = diag.ConditionOf(err)
		}
		a, b := strings.Split(strings.ReplaceAll(got, ", ", ","), " ["), strings.Split(strings.ReplaceAll(want, ", ", ","), " [")
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Errorf("%s: %s, in Spark %s (%v)", c.name, got, want, err)
		}
	}
}
