package layering

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/kilnql/kiln"

// The map of the house, bottom first. A package may import only packages that stand above it here. "root" is the
// package kiln itself; "x/…" stands for x and everything below it that has no row of its own. Do not edit the map to
// make a build pass: move the code.
const houseMap = `
internal/testenv
diag
configuration
types
exec/memory
vector
vector/kernel
expr
builtin
exec/program
ast
sql
functions
catalog/source
catalog/files
catalog/parquet/snappy
catalog/parquet
catalog/memory
catalog
logical
logical/analysis
optimizer
exec
physical
root
internal/jsonrow
internal/tpch
arrow15
udf/…
bench/…
cmd/shell
cmd/kiln
scripts/…
examples/…
internal/layering
`

// further lists edges that are forbidden although the order of the map would allow them, and why.
var further = []struct{ from, to, why string }{
	{"exec", "logical", "the runtime knows programs and sources, never plans"},
	{"exec", "sql", "the runtime never sees SQL"},
	{"exec", "ast", "the runtime never sees unresolved trees"},
	{"catalog/parquet", "exec/program", "a source hands out columns; the stage's program filters them"},
	{"optimizer", "sql", "rules work on plans"},
	{"optimizer", "logical/analysis", "binding is over when rules run"},
}

type pkg struct {
	ImportPath string
	Imports    []string
}

func TestImportsFollowTheMap(t *testing.T) {
	for _, complaint := range check(houseMap, listPackages(t)) {
		t.Error(complaint)
	}
}

func TestTheMapCanFail(t *testing.T) {
	bad := []pkg{
		{module + "/vector", []string{module + "/exec"}},
		{module + "/exec", []string{module + "/logical"}},
		{module + "/brandnew", nil},
	}
	if got := check(houseMap, bad); len(got) != 3 {
		t.Fatalf("want 3 complaints about forbidden edges, got %q", got)
	}
}

// check returns a line for each package without a row and each import against the order.
func check(text string, packages []pkg) []string {
	rows := strings.Fields(text)
	rank := func(path string) int {
		name := strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
		if name == "" {
			name = "root"
		}
		best, bestLen := -1, -1
		for i, row := range rows {
			prefix, tree := strings.CutSuffix(row, "/…")
			if row == name || tree && (name == prefix || strings.HasPrefix(name, prefix+"/")) {
				if len(row) > bestLen {
					best, bestLen = i, len(row)
				}
			}
		}
		return best
	}
	var out []string
	for _, p := range packages {
		from := rank(p.ImportPath)
		if from < 0 {
			out = append(out, p.ImportPath+" has no row in the map")
			continue
		}
		for _, dep := range p.Imports {
			if !strings.HasPrefix(dep, module) {
				continue
			}
			if to := rank(dep); to > from {
				out = append(out, p.ImportPath+" must not import "+dep+": it stands below it in the map")
			}
			for _, f := range further {
				if p.ImportPath == module+"/"+f.from && dep == module+"/"+f.to {
					out = append(out, p.ImportPath+" must not import "+dep+": "+f.why)
				}
			}
		}
	}
	return out
}

func listPackages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...")
	cmd.Stderr = nil
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
