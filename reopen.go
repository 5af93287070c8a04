package kiln

import (
	"context"
	"strings"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/logical"
)

// A plan holds the tables that were opened when it was bound: for files, their list and their footers. Files may change
// between that and an action, so an action looks at them again.

// reopened lists the tables of files in a plan that are others now, with those in their place. Opening files that have not
// changed gives the same table. It is an error if the files are gone, or have other columns than the plan reads.
func (s *Session) reopened(ctx context.Context, plan logical.Node) (map[source.Table]source.Table, error) {
	now := map[source.Table]source.Table{}
	seen := map[source.Table]bool{} // a plan may read a table many times
	var failed error
	logical.WalkAll(plan, func(n logical.Node) bool {
		scan, ok := n.(*logical.Scan)
		if !ok || scan.Files == nil || seen[scan.Table] || failed != nil {
			return failed == nil
		}
		seen[scan.Table] = true
		table, err := sessionCatalog{s}.OpenFiles(ctx, scan.Files)
		switch {
		case err != nil:
			failed = err
		case table == scan.Table:
		case !table.Schema().Equal(scan.Table.Schema()):
			failed = diag.New("FAILED_READ_FILE.NO_HINT", "path", strings.Join(scan.Files.Paths, ", "), "reason",
				"It has changed since the table was opened: its columns were "+scan.Table.Schema().String()+", and are "+table.Schema().String()+".")
		default:
			now[scan.Table] = table
		}
		return failed == nil
	})
	return now, failed
}

// current reports whether the files that a plan reads are those that were opened for it.
func (s *Session) current(ctx context.Context, plan logical.Node) bool {
	changed, err := s.reopened(ctx, plan)
	return len(changed) == 0 && err == nil
}

// reopen is the plan over its files as they are now.
func (s *Session) reopen(ctx context.Context, plan logical.Node) (logical.Node, error) {
	changed, err := s.reopened(ctx, plan)
	if len(changed) == 0 || err != nil {
		return plan, err
	}
	return logical.TransformAll(plan, func(n logical.Node) logical.Node {
		scan, ok := n.(*logical.Scan)
		if !ok || changed[scan.Table] == nil {
			return n
		}
		m := *scan
		m.Table = changed[scan.Table]
		return &m
	}), nil
}
