package expr

import (
	"testing"
	"time"

	"github.com/kilnql/kiln/types"
)

// TestRangeOfLongSum asks about every node of a sum of 50,000 terms, which took minutes when each answer walked what is below.
func TestRangeOfLongSum(t *testing.T) {
	const terms = 50_000
	column := &Column{Base: Base{Typ: types.LongType}, ID: 1}
	sum := Expr(column)
	for range terms - 1 {
		sum = &Arithmetic{Base: Base{Typ: types.LongType}, Op: Add, Left: sum, Right: column, Mode: Checked}
	}
	upTo := func(most int64) Ranges {
		return func(ColumnID) types.Range { return types.Range{Known: true, Min: -1, Max: most} }
	}
	start := time.Now()
	if got, want := RangeOf(sum, upTo(2)), (types.Range{Known: true, Min: -terms, Max: 2 * terms}); got != want {
		t.Errorf("range %v, want %v", got, want)
	}
	const edge = (1<<63 - 1) / terms
	if FallibleWith(sum, upTo(edge)) {
		t.Error("a sum that cannot overflow may fail")
	}
	if !FallibleWith(sum, upTo(edge+1)) {
		t.Error("a sum that can overflow cannot fail")
	}
	if !Fallible(sum) {
		t.Error("a sum of any numbers cannot fail")
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}
