package parquet

import (
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

type levels struct{}

func (*levels) restart() {}

type shape struct{}

type assembly struct{ shape *shape }

func (f *footer) newShape(n *node, t types.Type, caseSensitive bool) (*shape, error) {
	return nil, diag.Unsupported("nested columns")
}

func newAssembly(s *shape, d *decompressor) *assembly { return &assembly{s} }

func (a *assembly) reset(f *footer, rowGroup int, file fileReader) {}

func (a *assembly) load(start int64, n int, v *vector.Vector) error { return nil }
