package kiln

import (
	"context"

	"github.com/kilnql/kiln/configuration"
	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/logical"
)

// ComparePlans optimizes two queries and reports whether the plans are the same but for column IDs.
func ComparePlans(ctx context.Context, a, b *DataFrame) (textA, textB string, same bool, err error) {
	for _, d := range []*DataFrame{a, b} {
		if d.err != nil {
			return "", "", false, d.err
		}
	}
	planA, err := a.session.optimize(ctx, a.plan)
	if err != nil {
		return "", "", false, err
	}
	planB, err := b.session.optimize(ctx, b.plan)
	if err != nil {
		return "", "", false, err
	}
	return logical.Format(planA), logical.Format(planB), logical.Same(planA, planB), nil
}

// Rebound is d bound from the start of its chain, and not from the steps that were bound before: d's plain twin.
func Rebound(d *DataFrame) *DataFrame { return d.session.newDataFrame(d.query, d.err) }

// SharePlan reports whether two DataFrames of SQL text have the same bound plan, not a copy.
func SharePlan(a, b *DataFrame) bool { return a.plan != nil && a.plan == b.plan }

// PlansKept is the number of plans that a session keeps.
func PlansKept(s *Session) int {
	s.plans.mu.Lock()
	defer s.plans.mu.Unlock()
	return len(s.plans.plans.items)
}

// FirstRow is First without a Limit around the query, so that the query's own plan is run.
func FirstRow(ctx context.Context, d *DataFrame) (Row, bool, error) {
	rows, err := d.Collect(ctx)
	if err != nil || len(rows) == 0 {
		return Row{}, false, err
	}
	return rows[0], true, nil
}

// OpenWithSpillFiles opens a session whose spill files are on the given file system.
func OpenWithSpillFiles(c *Config, files memory.FileSystem) (*Session, error) {
	s, err := Open(c)
	if err != nil {
		return nil, err
	}
	if err := s.runtime.Close(); err != nil {
		return nil, err
	}
	s.runtime = exec.NewRuntime(exec.Options{
		Workers: 2, MemoryLimit: s.configuration.Size(configuration.MemoryLimit), SpillDir: s.configuration.String(configuration.SpillDirectory),
		QueryMinimum: s.configuration.Size(configuration.QueryMinimum), Files: files,
	})
	return s, nil
}
