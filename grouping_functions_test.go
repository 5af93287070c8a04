package kiln_test

import (
	"reflect"
	"testing"

	"github.com/kilnql/kiln/functions"
)

// TestGroupingFunctions compares the constructors of grouping functions, which SQL has as syntax, with SQL.
func TestGroupingFunctions(t *testing.T) {
	s := open(t, nil)
	d := s.SQL("SELECT id % 2 AS a, id % 3 AS b FROM range(6)")
	if err := d.CreateTempView("t"); err != nil {
		t.Fatal(err)
	}
	inCalls := d.Rollup("a", "b").Agg(functions.Grouping("b"), functions.GroupingId(), functions.GroupingId("a", "b"), functions.BitwiseNot(functions.Max("b")).As("n")).OrderBy("a", "b")
	inSQL := s.SQL("SELECT a, b, grouping(b), grouping_id(), grouping_id(a, b), ~max(b) AS n FROM t GROUP BY ROLLUP (a, b) ORDER BY a, b")
	if got, want := inCalls.Columns(), inSQL.Columns(); !reflect.DeepEqual(got, want) {
		t.Errorf("columns %v, want %v", got, want)
	}
	got, err := inCalls.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, err := inSQL.Collect(t.Context())
	if err != nil || len(want) != 9 || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\nwant %v, %v", got, want, err)
	}
	if last := want[0].String(); last != "[NULL, NULL, 1, 3, 3, -3]" {
		t.Errorf("the row of all: %s", last)
	}
}
