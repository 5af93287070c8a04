package parquet

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
)

const tpch = "../../testdata/tpch/sf0.01"

func TestTPCH(t *testing.T) {
	paths, _ := filepath.Glob(tpch + "/*.parquet")
	if len(paths) != 8 {
		t.Fatalf("%d tables", len(paths))
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			table := open(t, path)
			want := arrowColumns(t, path)
			request := everything(table)
			got := readColumns(t, table, request)
			for c := range got {
				same(t, table.Schema().Fields()[c].Name, got[c], want[c])
			}
			rng := rand.New(rand.NewPCG(1, 2))
			for range 3 {
				randomReads(t, table, request, got, rng)
			}
		})
	}
}
