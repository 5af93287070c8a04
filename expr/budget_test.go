package expr

import (
	"context"
	"errors"
	"testing"
)

// TestBudget checks what a budget asks and when, that it refuses all after it refused once, and that a nil one allows all.
func TestBudget(t *testing.T) {
	var none *Budget
	if none.Grow(1<<40) != nil || none.Work(1<<40) != nil || none.Err() != nil {
		t.Error("a nil budget refuses")
	}
	var asked []int64
	full := errors.New("full")
	b := &Budget{Take: func(n int64) error {
		if asked = append(asked, n); n > 1<<20 {
			return full
		}
		return nil
	}}
	for range 100 {
		if err := b.Grow(1 << 10); err != nil {
			t.Fatal(err)
		}
	}
	if len(asked) != 1 || asked[0] != 64<<10 {
		t.Error(asked)
	}
	if b.Grow(2<<20) != full || b.Grow(1) != full || b.Work(1) != full || b.Err() != full || len(asked) != 2 {
		t.Error(asked, b.Err())
	}
	ctx, cancel := context.WithCancel(context.Background())
	b = &Budget{Context: ctx}
	if err := b.Work(1 << 20); err != nil {
		t.Error(err)
	}
	cancel()
	if b.Work(1) != nil || b.Work(1<<20) != context.Canceled || b.Grow(1) != context.Canceled {
		t.Error("a cancelled context", b.Err())
	}
	b = &Budget{MostWork: 1 << 20, Take: FoldedBytes()}
	if b.Work(1<<20) != nil || b.Grow(MostFoldedBytes) != nil || b.Work(1<<20) != ErrTooMuch {
		t.Error(b.Err())
	}
	if b = (&Budget{Take: FoldedBytes()}); b.Grow(MostFoldedBytes+1) != ErrTooMuch {
		t.Error(b.Err())
	}
}
