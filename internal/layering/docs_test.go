package layering

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// documented are the packages whose every exported name has a comment that says what it is.
var documented = []string{".", "functions", "types", "vector", "catalog/source", "arrow15", "configuration", "diag"}

func TestExportedNamesAreDocumented(t *testing.T) {
	for _, dir := range documented {
		names, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil || len(names) == 0 {
			t.Fatal(dir, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range undocumented(file) {
				t.Errorf("%s: %s has no comment", fset.Position(n.Pos()), n.Name)
			}
		}
	}
}

func TestDocumentationCheckCanFail(t *testing.T) {
	const text = `package p
type T struct{}
func (T) Method() {}
func (t *T) unexported() {}
func F() {}
const C = 1
// Both are documented.
const (
	A = 1
	B = 2
)
// G is documented.
func G() {}
type hidden struct{}
func (hidden) Method() {}
`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	if got := undocumented(file); len(got) != 4 {
		t.Errorf("want T, Method, F and C, got %v", got)
	}
}

// undocumented returns the exported names of a file without a comment; a comment on a group of constants or variables is one for
// each. Methods that only implement an interface everybody knows (Error, String, Unwrap) may do without.
func undocumented(file *ast.File) []*ast.Ident {
	var out []*ast.Ident
	missing := func(name *ast.Ident, comments ...*ast.CommentGroup) {
		for _, c := range comments {
			if c != nil && strings.TrimSpace(c.Text()) != "" {
				return
			}
		}
		if name.IsExported() {
			out = append(out, name)
		}
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv != nil && !receiver(d.Recv.List[0].Type).IsExported() {
				continue
			}
			missing(d.Name, d.Doc)
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					missing(s.Name, s.Doc, s.Comment, d.Doc)
				case *ast.ValueSpec:
					for _, name := range s.Names {
						missing(name, s.Doc, s.Comment, d.Doc)
					}
				}
			}
		}
	}
	return out
}

func receiver(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		default:
			return x.(*ast.Ident)
		}
	}
}

// pages are the documents that people read first.
func pages(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	names, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md")) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		page, err := filepath.Rel(root, name)
		if err != nil {
			t.Fatal(err)
		}
		out[page] = string(text)
	}
	return out
}

var (
	fenced = regexp.MustCompile("(?s)\n```.*?\n```")
	quoted = regexp.MustCompile("`([^`\n]+)`")
	linked = regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)
	// pathLike is a path of the repository: a folder or a file with a known ending.
	pathLike = regexp.MustCompile(`^[a-zA-Z0-9_.*-]+(/[a-zA-Z0-9_.*-]+)*\.(go|md|sh|py|test|conf|parquet|txt)$`)
)

// elsewhere are names that look like paths of the repository and are none.
var elsewhere = map[string]string{
	"kiln.conf":     "the user's settings",
	"logical/x.go":  "x stands for an operator",
	"physical/x.go": "x stands for an operator",
	"exec/x.go":     "x stands for an operator",
}

func TestPathsInPagesExist(t *testing.T) {
	folders := packageFolders(t)
	for page, text := range pages(t) {
		if page == filepath.Join("docs", "functions.md") {
			continue
		}
		for _, m := range quoted.FindAllStringSubmatch(text, -1) {
			for _, word := range strings.FieldsFunc(m[1], func(r rune) bool { return r == ' ' || r == ',' }) {
				if complaint := missingPath(word, folders); complaint != "" {
					t.Errorf("%s: %s", page, complaint)
				}
			}
		}
		for _, m := range linked.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: the link %s leads nowhere", page, m[1])
			}
		}
	}
}

func TestPathCheckCanFail(t *testing.T) {
	folders := packageFolders(t)
	for word, ok := range map[string]bool{
		"sql/lex.go": true, "sql/rewrite_*.go": true, "lex.go": true, "sql/nothing.go": false, "nothing.go": false, "docs/none.md": false, "sql/nothing_*.go": false,
		"logical/analysis": true, "logical/nothing": false, "x*(c-y)": true, "and/or": true, "./optimizer": true, "./nothing": false, "bin/kiln": true,
	} {
		if complaint := missingPath(word, folders); (complaint == "") != ok {
			t.Errorf("%s: %q", word, complaint)
		}
	}
}

// missingPath says what is wrong with a word of a page, "" if it is no path or names something. A file without a folder may be in
// any; a path whose first part is a folder of the repository must exist, but in bin/ and .cache/, which are made.
func missingPath(word string, folders map[string]bool) string {
	word = strings.TrimSuffix(strings.TrimRight(word, ".,;:"), "/…")
	if _, ok := elsewhere[word]; ok {
		return ""
	}
	relative := strings.HasPrefix(word, "./")
	word = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(word, "./"), "/..."), "/")
	first, rest, nested := strings.Cut(word, "/")
	if strings.ContainsAny(word, "…$()<>'\"") || first == "bin" || first == ".cache" || first == ".venv" {
		return ""
	}
	switch {
	case nested && rest != "" && folders[first], relative && regexp.MustCompile(`^[a-z]`).MatchString(word), pathLike.MatchString(word) && nested:
		if found, err := filepath.Glob(filepath.Join(root, word)); err != nil || len(found) == 0 {
			return word + " does not exist"
		}
	case pathLike.MatchString(word) && strings.HasSuffix(word, ".go"):
		found := false
		for folder := range folders {
			if m, err := filepath.Glob(filepath.Join(root, folder, word)); err == nil && len(m) > 0 {
				found = true
			}
		}
		if !found {
			return "no folder has " + word
		}
	}
	return ""
}

// packageFolders are the folders of the repository, relative to its root.
func packageFolders(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{".": true}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() || path == root {
			return nil
		}
		if strings.HasPrefix(d.Name(), ".") || d.Name() == "bin" {
			return filepath.SkipDir
		}
		folder, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		out[filepath.ToSlash(folder)] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// TestGoInPagesRuns looks for each line of Go of the pages in the tests of the root package and in the examples, where it runs.
func TestGoInPagesRuns(t *testing.T) {
	lines := map[string]bool{}
	names, err := filepath.Glob(filepath.Join(root, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Glob(filepath.Join(root, "examples", "*", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, examples...) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			lines[strings.TrimSpace(line)] = true
		}
	}
	blocks := 0
	for page, text := range pages(t) {
		for _, block := range goBlock.FindAllStringSubmatch(text, -1) {
			blocks++
			for _, line := range strings.Split(block[1], "\n") {
				if line = strings.TrimSpace(line); line != "" && !lines[line] {
					t.Errorf("%s: no test of the root package and no example has the line %s", page, line)
				}
			}
		}
	}
	if blocks < 5 {
		t.Errorf("only %d blocks of Go found", blocks)
	}
}

// TestNamesInPagesExist looks for each Example… and Test… that a page names.
func TestNamesInPagesExist(t *testing.T) {
	declared := map[string]bool{}
	for folder := range packageFolders(t) {
		names, err := filepath.Glob(filepath.Join(root, folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok {
					declared[f.Name.Name] = true
				}
			}
		}
	}
	name := regexp.MustCompile("`((Example|Test)[A-Z][A-Za-z_]*)`")
	for page, text := range pages(t) {
		for _, m := range name.FindAllStringSubmatch(text, -1) {
			if !declared[m[1]] {
				t.Errorf("%s names %s, which does not exist", page, m[1])
			}
		}
	}
}

// TestEveryPackageIsInArchitecture looks for each package in the table of docs/ARCHITECTURE.md.
func TestEveryPackageIsInArchitecture(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range listPackages(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		if name == "" || strings.HasPrefix(name, "scripts") || strings.HasPrefix(name, "examples") {
			continue
		}
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/ARCHITECTURE.md says nothing of %s", name)
		}
	}
}
