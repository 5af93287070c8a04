// Command demo asks question 2 of `make demo` as a Go program: the nations whose customers brought the most revenue in 1994.
// Run it from the root of the repository: go run ./examples/demo
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/functions"
)

const tables = "testdata/tpch/sf0.01/"

func main() {
	session, err := kiln.Open(nil)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	if err := run(context.Background(), session); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, session *kiln.Session) error {
	lineitem := session.Read().Parquet(tables + "lineitem.parquet")
	orders := session.Read().Parquet(tables + "orders.parquet")
	customer := session.Read().Parquet(tables + "customer.parquet")
	nation := session.Read().Parquet(tables + "nation.parquet")

	date := kiln.Col("o_orderdate")
	in1994 := date.Geq(day("1994-01-01")).And(date.Lt(day("1995-01-01")))
	revenue := kiln.Col("l_extendedprice").Multiply(kiln.Lit(1).Minus(kiln.Col("l_discount")))

	top := customer.
		Join(orders.Where(in1994), kiln.Col("c_custkey").Eq(kiln.Col("o_custkey")), "inner").
		Join(lineitem, kiln.Col("l_orderkey").Eq(kiln.Col("o_orderkey")), "inner").
		Join(nation, kiln.Col("c_nationkey").Eq(kiln.Col("n_nationkey")), "inner").
		GroupBy("n_name").Agg(functions.Sum(revenue).As("revenue")).
		OrderBy(kiln.Col("revenue").Desc()).
		Limit(5)

	start := time.Now()
	if err := top.Show(ctx, kiln.ShowOptions{}); err != nil {
		return err
	}
	fmt.Printf("in %.3f s\n", time.Since(start).Seconds())
	return nil
}

// day is a constant of SQL's type date.
func day(text string) kiln.Column { return kiln.Lit(text).Cast("date") }
