// Command kiln is the interactive shell and script runner of kiln; `kiln --help` explains it.
package main

import (
	"os"

	"github.com/kilnql/kiln/cmd/shell"
)

func main() { os.Exit(shell.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
