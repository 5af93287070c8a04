package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/internal/testenv"
)

// BenchmarkTPCH runs each query of TPC-H at scale 1, fused.
func BenchmarkTPCH(b *testing.B) {
	s, err := kiln.Open(kiln.NewConfig().WithoutDefaults().WithWorkers(2).With("spark.sql.session.timeZone", "UTC"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	dir := testenv.TPCHDir(b, "1")
	for _, table := range testenv.TPCHTables {
		if err := s.Read().Parquet(filepath.Join(dir, table+".parquet")).CreateTempView(table); err != nil {
			b.Fatal(err)
		}
	}
	for n := 1; n <= testenv.TPCHQueries; n++ {
		text := testenv.TPCHQuery(b, n)
		b.Run(fmt.Sprintf("Q%02d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.SQL(text).Collect(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPhases splits a query's time before it runs: parse, bind, optimize and lower are what EXPLAIN does.
func BenchmarkPhases(b *testing.B) {
	s, err := kiln.Open(kiln.NewConfig().WithoutDefaults().WithWorkers(2).With("kiln.plan.cacheSize", 0))
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
	for _, n := range []int{1, 5, 21} {
		text := testenv.TPCHQuery(b, n)
		b.Run(fmt.Sprintf("Q%02d/bind", n), func(b *testing.B) {
			for b.Loop() {
				if err := s.SQL(text).Err(); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("Q%02d/explain", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.SQL(text).ExplainString(context.Background(), ""); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
