package testenv

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TPCHQueries is the number of queries of TPC-H; they are numbered from 1.
const TPCHQueries = 22

// TPCHTables are the names of TPC-H's tables; each is one file NAME.parquet in
// the directory that TPCHDir returns.
var TPCHTables = []string{"customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"}

// TPCHDir returns the directory with the Parquet files of TPC-H at a scale,
// written as in "0.01" or "1". Scale 0.01 comes with the repository; others are
// made on first use below .cache, which needs Python.
func TPCHDir(t testing.TB, scale string) string {
	t.Helper()
	if directory := Path(t, "testdata", "tpch", "sf"+scale); isDirectory(directory) {
		return directory
	}
	directory := Path(t, ".cache", "tpch", "sf"+scale)
	require(t, "tpch-data.sh", scale, directory)
	return directory
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// TPCHQuery returns the text of a query, 1 to TPCHQueries, with its final semicolon.
func TPCHQuery(t testing.TB, number int) string {
	t.Helper()
	text, err := os.ReadFile(Path(t, "testdata", "tpch", "queries", fmt.Sprintf("q%02d.sql", number)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TPCHAnswer returns Spark's answer to a query at a scale, "0.01" or "1". DuckDB
// gave the same: summary.json beside the answers says so for each.
func TPCHAnswer(t testing.TB, scale string, number int) Answer {
	t.Helper()
	name := Path(t, "testdata", "tpch", "answers", "sf"+scale, fmt.Sprintf("q%02d.json", number))
	data, err := readPlainOrGzip(name)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := ParseAnswer(data)
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(name), err)
	}
	return answer
}

// readPlainOrGzip reads the file, or the one with .gz after its name.
func readPlainOrGzip(name string) ([]byte, error) {
	data, err := os.ReadFile(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return data, err
	}
	packed, err := os.ReadFile(name + ".gz")
	if err != nil {
		return nil, err
	}
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}
