package exec

import (
	"context"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/vector"
)

// Single is the sink of a scalar subquery: it holds exactly one row. A second row is SCALAR_SUBQUERY_TOO_MANY_ROWS; no row
// becomes a row of nulls.
type Single struct {
	*Materialize
	layout []vector.Layout
	row    source.Scan
}

// NewSingle makes the sink.
func NewSingle(layout []vector.Layout) *Single {
	return &Single{Materialize: newMaterialize(materializeOptions{name: "scalar subquery", layout: layout, limit: 2}), layout: layout}
}

// Finish implements Sink.
func (s *Single) Finish(ctx context.Context, p *Pool) error {
	if err := s.Materialize.Finish(ctx, p); err != nil {
		return err
	}
	store, err := readAll(ctx, s.Materialize.Output(), s.layout)
	if err != nil {
		return err
	}
	switch store.Len {
	case 0:
		for _, c := range store.Columns {
			null := vector.New(c.Type, c.Physical, 1)
			null.SetConstantNull(1)
			vector.AppendRows(c, null, nil, 1)
		}
		store.Len = 1
	case 1:
	default:
		return diag.New("SCALAR_SUBQUERY_TOO_MANY_ROWS")
	}
	s.row = NewStoreScan(store)
	return nil
}

// Output implements Sink.
func (s *Single) Output() source.Scan { return s.row }

// readAll copies the rows of a scan.
func readAll(ctx context.Context, scan source.Scan, layout []vector.Layout) (*vector.Store, error) {
	store := vector.NewStore(layout)
	r, err := scan.NewReader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	columns := make([]*vector.Vector, len(layout))
	for i, l := range layout {
		columns[i] = vector.New(l.Type, l.Physical, vector.ChunkSize)
	}
	for _, m := range scan.Morsels() {
		if err := r.Open(ctx, m); err != nil {
			return nil, err
		}
		for {
			n, err := r.Next()
			if err != nil {
				return nil, err
			}
			if n == 0 {
				break
			}
			for i, c := range columns {
				if err := r.Load(i, nil, c); err != nil {
					return nil, err
				}
			}
			store.Append(columns, nil, n)
		}
	}
	return store, nil
}
