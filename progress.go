package kiln

import (
	"context"
	"sync/atomic"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/exec"
)

// SQLContext is SQL with a context, which ends a command that takes long (CACHE TABLE, EXPLAIN ANALYZE) and the opening of
// files. A query runs later, with the context of its action.
func (s *Session) SQLContext(ctx context.Context, text string, args ...any) *DataFrame {
	text, err := s.configuration.Substitute(text)
	if err != nil {
		return &DataFrame{session: s, err: err}
	}
	stmt, err := s.parser().ParseStatement(text)
	if err != nil {
		return &DataFrame{session: s, err: diag.WithSQL(err, text)}
	}
	return s.statement(ctx, stmt, args)
}

// Progress tells how far the query has come that runs with its context; see WithProgress. It may be read at any time, from
// any goroutine.
type Progress struct{ profile atomic.Pointer[exec.Profile] }

type progressKey struct{}

// WithProgress returns a context for one action, or one SQLContext; p follows the query that it starts, or the latest of them.
func WithProgress(ctx context.Context, p *Progress) context.Context {
	return context.WithValue(ctx, progressKey{}, p)
}

// finishing is the part of a stage's work that comes after the last row has been read: sorting, merging, writing.
const finishing = 0.1

// Fraction is the share of the work that is done, from 0 to 1. Stages count by the rows that they are estimated to handle, a join without
// keys by its pairs of rows; a stage that has not begun counts as nothing done. ok is false before a query has started.
func (p *Progress) Fraction() (done float64, ok bool) {
	profile := p.profile.Load()
	if profile == nil || len(profile.Stages) == 0 {
		return 0, false
	}
	all := 0.0
	for _, stage := range profile.Stages {
		work := max(stage.Work, 1)
		all += work
		if stage.Ended.Load() {
			done += work
			continue
		}
		// Rows are finer than morsels, but those that a scan skips are never read.
		read := max(share(&stage.MorselsDone, &stage.MorselsTotal), share(&stage.Rows, &stage.RowsTotal))
		done += work * read * (1 - finishing)
	}
	return done / all, true
}

// share is done / total, at most 1; 0 while the total is not known.
func share(done, total *atomic.Int64) float64 {
	if t := total.Load(); t > 0 {
		return min(float64(done.Load())/float64(t), 1)
	}
	return 0
}

// Rows is the number of rows read so far, by all stages.
func (p *Progress) Rows() int64 {
	profile := p.profile.Load()
	if profile == nil {
		return 0
	}
	rows := int64(0)
	for _, stage := range profile.Stages {
		rows += stage.Rows.Load()
	}
	return rows
}

// follow makes the context's Progress, if it has one, tell of this query.
func follow(ctx context.Context, profile *exec.Profile) {
	if p, ok := ctx.Value(progressKey{}).(*Progress); ok {
		p.profile.Store(profile)
	}
}

// Head runs d to its end, returns the first n rows (all of them if n is below 0) and counts all. The rows after the first n are not kept.
func (d *DataFrame) Head(ctx context.Context, n int) (rows []Row, total int64, err error) {
	if d.err != nil {
		return nil, 0, d.err
	}
	schema, zone := d.Schema(), d.session.settings().Zone
	for c, err := range d.session.columns(ctx, d.compiled()) {
		if err != nil {
			return nil, total, d.located(err)
		}
		total += int64(c.Len)
		if n >= 0 && len(rows) >= n {
			continue
		}
		for _, row := range rowsOf(&c, schema, zone) {
			if n >= 0 && len(rows) == n {
				break
			}
			rows = append(rows, row)
		}
	}
	return rows, total, nil
}
