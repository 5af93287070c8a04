package parquet

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// benchTable is lineitem at scale 1 if it has been made, else at scale 0.01.
func benchTable(b *testing.B) *Table {
	path := "../../.cache/tpch/sf1/lineitem.parquet"
	if _, err := os.Stat(path); err != nil {
		path = tpch + "/lineitem.parquet"
	}
	return open(b, path)
}

// benchColumns are the columns measured and the layouts that their ranges allow.
var benchColumns = []struct {
	name     string
	physical types.Physical
}{
	{"l_orderkey", types.PhysicalInt64}, {"l_partkey", types.PhysicalInt64}, {"l_partkey", types.PhysicalInt32},
	{"l_quantity", types.PhysicalInt64}, {"l_quantity", types.PhysicalInt16}, {"l_extendedprice", types.PhysicalInt64},
	{"l_extendedprice", types.PhysicalInt32}, {"l_discount", types.PhysicalInt64}, {"l_discount", types.PhysicalInt8},
	{"l_shipdate", types.PhysicalInt32}, {"l_returnflag", types.PhysicalString}, {"l_shipmode", types.PhysicalString},
	{"l_comment", types.PhysicalString},
}

// BenchmarkColumn reads one column whole, and with two of a hundred rows selected.
func BenchmarkColumn(b *testing.B) {
	table := benchTable(b)
	sparse := vector.Selection{}
	for i := 0; i < vector.ChunkSize; i += 50 {
		sparse = append(sparse, uint16(i))
	}
	for _, c := range benchColumns {
		i := slices.IndexFunc(table.Schema().Fields(), func(f types.Field) bool { return f.Name == c.name })
		request := &source.Request{Limit: -1, Columns: []source.Column{{Path: []int{i}, Type: table.Schema().Fields()[i].Type, Physical: c.physical}}}
		for _, mode := range []string{"all", "sparse"} {
			b.Run(fmt.Sprintf("%s/%d/%s", c.name, c.physical.Size(), mode), func(b *testing.B) {
				var sel vector.Selection
				if mode == "sparse" {
					sel = sparse
				}
				benchRead(b, table, request, sel)
			})
		}
	}
}

func benchRead(b *testing.B, table *Table, request *source.Request, sel vector.Selection) {
	s, err := table.Scan(context.Background(), request)
	if err != nil {
		b.Fatal(err)
	}
	reader, _ := s.NewReader()
	defer reader.Close()
	v := vectorsFor(request)[0]
	rows := 0
	b.ReportAllocs()
	before := processorTime()
	for b.Loop() {
		rows = 0
		for _, m := range s.Morsels() {
			if err := reader.Open(context.Background(), m); err != nil {
				b.Fatal(err)
			}
			for {
				n, err := reader.Next()
				if err != nil {
					b.Fatal(err)
				}
				if n == 0 {
					break
				}
				part := sel
				for len(part) > 0 && int(part[len(part)-1]) >= n {
					part = part[:len(part)-1]
				}
				if err := reader.Load(0, part, v); err != nil {
					b.Fatal(err)
				}
				rows += n
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
	b.ReportMetric(float64((processorTime()-before).Nanoseconds())/float64(b.N)/float64(rows), "cpu-ns/row")
}

func BenchmarkFooter(b *testing.B) {
	table := benchTable(b)
	f := table.footers[0]
	file, err := table.set.Gate.Open(f.path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	for b.Loop() {
		if _, err := readFooter(file, f.path, f.size, &table.options); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNulls reads columns of which a share of the rows is null.
func BenchmarkNulls(b *testing.B) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "i", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "d", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)
	for _, nulls := range []int{5, 50} {
		rng := newRand(1)
		record := buildRecord(schema, 500_000, func(c, row int) any {
			switch {
			case rng.IntN(100) < nulls:
				return nil
			case c == 0:
				return rng.Int64()
			case c == 1:
				return rng.Int64N(100)
			}
			return text(rng.IntN(1000))
		})
		table := open(b, writeArrow(b, record, 200_000))
		for c, name := range []string{"plain", "dictionary", "string"} {
			request := everything(table)
			request.Columns = request.Columns[c : c+1]
			b.Run(fmt.Sprint(name, "/", nulls), func(b *testing.B) { benchRead(b, table, request, nil) })
		}
	}
}
