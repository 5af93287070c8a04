package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/kilnql/kiln/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// The program is run from the root of the repository.
func init() {
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
}

func Example() {
	if err := run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// +----------+--------+-----+
	// |l_shipmode|   total|items|
	// +----------+--------+-----+
	// |       FOB|56665.00| 2203|
	// |     TRUCK|56617.00| 2168|
	// +----------+--------+-----+
	// FOB 2203
	// TRUCK 2168
	// +--------+
	// |count(1)|
	// +--------+
	// |   14902|
	// +--------+
}

// README.md shows this very program.
func TestReadmeShowsIt(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("examples/quickstart/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(program), "\npackage main\n")
	if !strings.Contains(string(readme), "```go\npackage main\n"+code+"```") {
		t.Error("the program of README.md is not examples/quickstart/main.go")
	}
}
