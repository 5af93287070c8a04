package diag

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestConditionsAreListed looks at every diag.New of the module: a condition that is not listed would be a bug where a user's
// mistake should be reported.
func TestConditionsAreListed(t *testing.T) {
	fset := token.NewFileSet()
	found := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != "..", d.IsDir() && d.Name() == "testdata":
			return filepath.SkipDir
		case d.IsDir(), !strings.HasSuffix(path, ".go"), strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			literal, isLiteral := call.Args[0].(*ast.BasicLit)
			if !ok || !isLiteral || f.Sel.Name != "New" {
				return true
			}
			if p, ok := f.X.(*ast.Ident); !ok || p.Name != "diag" {
				return true
			}
			name, _ := strconv.Unquote(literal.Value)
			found++
			if _, ok := conditions[name]; !ok {
				t.Errorf("%s: the condition %s is not listed", fset.Position(call.Pos()), name)
			}
			return true
		})
		return nil
	})
	if err != nil || found < 100 {
		t.Fatal(found, err)
	}
}
