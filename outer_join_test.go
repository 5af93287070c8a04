package kiln_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// joinedRow is a row of the join of a(k) and b(j); a nil side is filled up with nulls.
type joinedRow struct{ k, j *int }

// joinedRows joins two lists on equal values the slow way: each kind of join says whose rows without a partner stay.
func joinedRows(left, right []int, keepLeft, keepRight bool) []joinedRow {
	var out []joinedRow
	for i := range left {
		if !slices.Contains(right, left[i]) && keepLeft {
			out = append(out, joinedRow{&left[i], nil})
		}
		for n := range right {
			if left[i] == right[n] {
				out = append(out, joinedRow{&left[i], &right[n]})
			}
		}
	}
	for n := range right {
		if !slices.Contains(left, right[n]) && keepRight {
			out = append(out, joinedRow{nil, &right[n]})
		}
	}
	return out
}

// TestPredicatesAboveOuterJoins puts predicates that are true for nulls of the left, the right, both or neither side above each
// kind of outer join. An outer join may become another kind only where the predicate drops the rows filled up with nulls.
func TestPredicatesAboveOuterJoins(t *testing.T) {
	left, right := []int{1, 2, 3, 3}, []int{3, 2, 4, 5, 5}
	above := func(p *int, than int) bool { return p != nil && *p > than }
	predicates := []struct {
		sql   string
		holds func(joinedRow) bool
	}{
		{"true", func(joinedRow) bool { return true }},
		{"j > 0", func(r joinedRow) bool { return above(r.j, 0) }},
		{"k > 0", func(r joinedRow) bool { return above(r.k, 0) }},
		{"j > 2", func(r joinedRow) bool { return above(r.j, 2) }},
		{"k > 2", func(r joinedRow) bool { return above(r.k, 2) }},
		{"k > 0 AND j > 0", func(r joinedRow) bool { return above(r.k, 0) && above(r.j, 0) }},
		{"k > 0 OR j > 0", func(r joinedRow) bool { return above(r.k, 0) || above(r.j, 0) }},
		{"k + j > 0", func(r joinedRow) bool { return r.k != nil && r.j != nil }},
		{"k IS NOT NULL", func(r joinedRow) bool { return r.k != nil }},
		{"j IS NOT NULL", func(r joinedRow) bool { return r.j != nil }},
		{"k IS NULL", func(r joinedRow) bool { return r.k == nil }},
		{"j IS NULL", func(r joinedRow) bool { return r.j == nil }},
		{"j IS NULL OR j > 3", func(r joinedRow) bool { return r.j == nil || *r.j > 3 }},
		{"k IS NULL OR k > 2", func(r joinedRow) bool { return r.k == nil || *r.k > 2 }},
		{"coalesce(k, 9) > 2", func(r joinedRow) bool { return r.k == nil || *r.k > 2 }},
		{"coalesce(j, 9) > 4", func(r joinedRow) bool { return r.j == nil || *r.j > 4 }},
		{"j <=> NULL", func(r joinedRow) bool { return r.j == nil }},
		{"NOT (k <=> NULL)", func(r joinedRow) bool { return r.k != nil }},
		{"(k IS NULL OR k > 2) AND j > 2", func(r joinedRow) bool { return (r.k == nil || *r.k > 2) && above(r.j, 2) }},
		{"(j IS NULL OR j > 2) AND k > 2", func(r joinedRow) bool { return (r.j == nil || *r.j > 2) && above(r.k, 2) }},
	}
	kinds := []struct {
		sql                 string
		keepLeft, keepRight bool
	}{{"JOIN", false, false}, {"LEFT JOIN", true, false}, {"RIGHT JOIN", false, true}, {"FULL JOIN", true, true}}
	s := open(t, nil)
	values := func(list []int) string { return strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ", "), "[]") }
	for _, kind := range kinds {
		for _, p := range predicates {
			text := func(v *int) string {
				if v == nil {
					return "NULL"
				}
				return fmt.Sprint(*v)
			}
			var want []string
			for _, r := range joinedRows(left, right, kind.keepLeft, kind.keepRight) {
				if p.holds(r) {
					want = append(want, "["+text(r.k)+", "+text(r.j)+"]")
				}
			}
			from := fmt.Sprintf("FROM (VALUES %s) a(k) %s (VALUES %s) b(j) ON k = j", values(left), kind.sql, values(right))
			rows, err := s.SQL("SELECT * " + from + " WHERE " + p.sql).Collect(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, row := range rows {
				got = append(got, row.String())
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s WHERE %s: %v, want %v", kind.sql, p.sql, got, want)
			}
			// The same predicate as the condition of an inner join above the outer one.
			rows, err = s.SQL("SELECT count(*) FROM (SELECT * " + from + ") JOIN (VALUES 1, 2) c(x) ON x > 0 AND (" + p.sql + ")").Collect(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if got := rows[0].At(0).(int64); got != int64(2*len(want)) {
				t.Errorf("%s below JOIN ON %s: %d rows, want %d", kind.sql, p.sql, got, 2*len(want))
			}
		}
	}
	rows, err := s.SQL("SELECT count(*) FROM (VALUES 1, 2) a(k) FULL JOIN (VALUES 2, 3) b(j) ON k = j WHERE j > 0").Collect(context.Background())
	if err != nil || rows[0].At(0) != int64(2) {
		t.Error(rows, err)
	}
}
