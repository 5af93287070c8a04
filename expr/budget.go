package expr

import (
	"context"
	"errors"
)

// Budget bounds what the kernels of one worker make and how long they take: they ask it before they make much more than
// they were given, and while they work long on few rows. A nil Budget allows everything. Once it has refused something it
// refuses all, so that a kernel may ignore a refusal as long as it comes to an end: who ran the kernel looks at Err.
type Budget struct {
	// Context, if not nil, ends the work when it is done.
	Context context.Context
	// Take, if not nil, is asked for bytes that kernels are about to fill: some 64 KiB at a time, or more at once.
	Take func(bytes int64) error
	// MostWork, if above 0, is the number of units of work after which more is refused with ErrTooMuch.
	MostWork int64

	untaken int64 // bytes asked for since Take was asked
	unseen  int64 // units of work since the context was looked at
	worked  int64
	err     error
}

// budgetStep is the number of bytes, or units of work, that are counted before anybody is asked: what the question costs
// is nothing beside making them.
const budgetStep = 64 << 10

// Constant expressions are computed before a query runs only if they take no more than this: larger values are better made
// where they are used, where they count as memory of the query.
const (
	MostFoldedBytes = 256 << 10
	MostFoldedWork  = 4 << 20
)

// ErrTooMuch is the error of an expression that takes more than it may before the query runs.
var ErrTooMuch = errors.New("expr: the expression takes too much to compute it before the query runs")

// FoldedBytes is what Take is for a Budget, or Grow for a machine, that computes constant expressions before a query runs.
func FoldedBytes() func(bytes int64) error {
	made := int64(0)
	return func(bytes int64) error {
		if made += bytes; made > MostFoldedBytes {
			return ErrTooMuch
		}
		return nil
	}
}

// Grow asks for bytes more of results or of buffers. An error means not to make them.
func (b *Budget) Grow(bytes int64) error {
	if b == nil {
		return nil
	}
	if b.untaken += bytes; b.untaken < budgetStep {
		return nil
	}
	return b.settle()
}

func (b *Budget) settle() error {
	if b.err == nil && b.Take != nil {
		b.err = b.Take(b.untaken)
	}
	b.untaken = 0
	return b.look()
}

// Work counts units of work, each of about a nanosecond to a microsecond: bytes searched, elements compared. An error
// means to stop.
func (b *Budget) Work(units int64) error {
	if b == nil {
		return nil
	}
	if b.unseen += units; b.unseen < budgetStep {
		return nil
	}
	return b.look()
}

// look ends the work if the context is done or there has been too much.
func (b *Budget) look() error {
	b.worked += b.unseen
	b.unseen = 0
	switch {
	case b.err != nil:
	case b.Context != nil && b.Context.Err() != nil:
		b.err = b.Context.Err()
	case b.MostWork > 0 && b.worked > b.MostWork:
		b.err = ErrTooMuch
	}
	if b.err != nil {
		b.untaken, b.unseen = budgetStep, budgetStep // the next call comes here again
	}
	return b.err
}

// Err is what Grow or Work refused with, if they did.
func (b *Budget) Err() error {
	if b == nil {
		return nil
	}
	return b.err
}
