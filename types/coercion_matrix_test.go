package types

import "testing"

// TestCoercionMatrix compares each pair of types with what Spark does.
func TestCoercionMatrix(t *testing.T) {
	for _, row := range readRows(t, "coercion.txt") {
		a, b := mustParse(t, row[0]), mustParse(t, row[1])
		for i, ansi := range []bool{true, false} {
			c := Coercion{ANSI: ansi}
			wider, comparable, castable := row[2+3*i], row[3+3*i], row[4+3*i]
			got := "-"
			if w, ok := c.WiderCommonType([]Type{a, b}); ok {
				got = w.String()
			}
			if got != wider {
				t.Errorf("ANSI %v: %v with %v: %s, want %s", ansi, a, b, got, wider)
			}
			if _, ok := c.ComparisonType(a, b); comparable[0] != '?' && ok != (comparable == "yes") {
				t.Errorf("ANSI %v: %v = %v: %v, want %s", ansi, a, b, ok, comparable)
			}
			if ok := CanCast(a, b, ansi); ok != (castable == "yes") {
				t.Errorf("ANSI %v: cast %v as %v: %v, want %s", ansi, a, b, ok, castable)
			}
		}
	}
}
