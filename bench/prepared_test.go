package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/internal/testenv"
)

// BenchmarkPrepared measures what a session spares by keeping plans, on queries of TPC-H's tables of scale 0.01 that take little
// time to run: "none" keeps nothing, "text" finds the parsed text only since each run has arguments of its own, "plan"
// finds the optimized plan.
func BenchmarkPrepared(b *testing.B) {
	same := func(int) []any { return []any{7} }
	other := func(run int) []any { return []any{run} }
	for _, q := range []struct{ name, text string }{
		{"point", "SELECT c_name, c_acctbal FROM customer WHERE c_custkey = ?"},
		{"join", "SELECT o_orderdate, sum(l_extendedprice * (1 - l_discount)) FROM orders JOIN lineitem ON o_orderkey = l_orderkey " +
			"JOIN customer ON o_custkey = c_custkey WHERE c_custkey = ? GROUP BY o_orderdate ORDER BY 2 DESC LIMIT 3"},
		{"constant", "SELECT ? + 1"},
	} {
		b.Run(q.name+"/none", func(b *testing.B) { benchPrepared(b, q.text, 0, same) })
		b.Run(q.name+"/text", func(b *testing.B) { benchPrepared(b, q.text, 256, other) })
		b.Run(q.name+"/plan", func(b *testing.B) { benchPrepared(b, q.text, 256, same) })
	}
	for _, n := range []int{3, 5, 21} {
		text := testenv.TPCHQuery(b, n)
		for name, size := range map[string]int{"none": 0, "plan": 256} {
			b.Run(fmt.Sprintf("Q%02d/%s", n, name), func(b *testing.B) { benchPrepared(b, text, size, nil) })
		}
	}
}

// benchPrepared runs a text through Session.SQL with the arguments of each run, which may be nil.
func benchPrepared(b *testing.B, text string, plans int, arguments func(run int) []any) {
	s, err := kiln.Open(kiln.NewConfig().WithoutDefaults().WithWorkers(2).With("spark.sql.session.timeZone", "UTC").With("kiln.plan.cacheSize", plans))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	dir := testenv.TPCHDir(b, "0.01")
	for _, table := range testenv.TPCHTables {
		if err := s.Read().Parquet(filepath.Join(dir, table+".parquet")).CreateTempView(table); err != nil {
			b.Fatal(err)
		}
	}
	ctx := context.Background()
	for run := 0; b.Loop(); run++ {
		var args []any
		if arguments != nil {
			args = arguments(run)
		}
		if _, err := s.SQL(text, args...).Collect(ctx); err != nil {
			b.Fatal(err)
		}
	}
}
