// Command quickstart is the program of README.md. Run it from the root of the repository: go run ./examples/quickstart
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/functions"
)

// A shipMode is a row: a field takes the column of its name, or of its tag.
type shipMode struct {
	Mode  string `kiln:"l_shipmode"`
	Items int64
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	session, err := kiln.Open(nil)
	if err != nil {
		return err
	}
	defer session.Close()

	lineitem := session.Read().Parquet("testdata/tpch/sf0.01/lineitem.parquet")
	top := lineitem.
		Where(kiln.Col("l_returnflag").Eq("R")).
		GroupBy("l_shipmode").
		Agg(functions.Sum("l_quantity").As("total"), functions.CountStar().As("items")).
		OrderBy(kiln.Col("total").Desc()).
		Limit(2)

	if err := top.Show(ctx, kiln.ShowOptions{}); err != nil { // as Spark's show prints it
		return err
	}
	for row, err := range kiln.Rows[shipMode](ctx, top) { // typed rows; Collect gives all of them, Batches gives Arrow
		if err != nil {
			return err
		}
		fmt.Println(row.Mode, row.Items)
	}

	// The same in SQL. Arguments are values, never text: ? in order, or :name.
	returned := session.SQL("SELECT count(*) FROM 'testdata/tpch/sf0.01/lineitem.parquet' WHERE l_returnflag = :flag", kiln.Named("flag", "R"))
	return returned.Show(ctx, kiln.ShowOptions{})
}
