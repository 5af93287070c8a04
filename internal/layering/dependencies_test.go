package layering

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The modules that a program gets with package kiln, and why. What is not here must not come in by an import made in
// passing: an application pays for it in download, build time, size and advisories. Clouds' SDKs, RPC servers and
// WebAssembly belong to packages of their own.
var libraryModules = map[string]string{
	"github.com/apache/arrow-go/v18":            "batches, and CreateDataFrame from Arrow",
	"github.com/goccy/go-json":                  "of arrow-go: values as JSON",
	"github.com/google/flatbuffers":             "of arrow-go",
	"github.com/klauspost/cpuid/v2":             "of arrow-go and xxh3",
	"github.com/zeebo/xxh3":                     "of arrow-go: hashes of dictionaries",
	"golang.org/x/exp":                          "of arrow-go: constraints",
	"golang.org/x/sys":                          "of arrow-go and parquet-go: processor features; memory limits and disks",
	"github.com/parquet-go/parquet-go":          "Parquet's metadata and rarer encodings",
	"github.com/parquet-go/bitpack":             "of parquet-go",
	"github.com/andybalholm/brotli":             "codec of Parquet",
	"github.com/klauspost/compress":             "codecs of Parquet: Zstd, Gzip",
	"github.com/pierrec/lz4/v4":                 "codec of Parquet",
	"vitess.io/vitess":                          "the SQL parser",
	"github.com/golang/glog":                    "of vitess's log",
	"github.com/lmittmann/tint":                 "of vitess's log",
	"github.com/mattn/go-isatty":                "of vitess's log",
	"github.com/spf13/pflag":                    "of vitess's log",
	"github.com/planetscale/vtprotobuf":         "of vitess's messages",
	"google.golang.org/protobuf":                "of vitess's messages",
	"google.golang.org/genproto/googleapis/rpc": "of vitess's errors: one package of status codes",
	"google.golang.org/grpc":                    "of vitess's errors: codes and status only, see grpcPackages",
	"golang.org/x/text":                         "collation and case of strings",
}

// What the shell adds.
var shellModules = map[string]string{
	"github.com/chzyer/readline": "line editing",
	"golang.org/x/term":          "size and mode of the terminal",
}

// grpcPackages are all of gRPC that vitess's error codes draw in. None opens a connection.
var grpcPackages = []string{"codes", "connectivity", "grpclog", "grpclog/internal", "internal", "internal/status", "serviceconfig", "status"}

func TestLibraryDependencies(t *testing.T) {
	checkModules(t, ".", libraryModules)
	var grpc []string
	for _, line := range goList(t, "-deps", module) {
		if rest, ok := strings.CutPrefix(line, "google.golang.org/grpc/"); ok {
			grpc = append(grpc, rest)
		}
	}
	slices.Sort(grpc)
	if !slices.Equal(grpc, grpcPackages) {
		t.Errorf("packages of gRPC: %q, want %q", grpc, grpcPackages)
	}
}

func TestShellDependencies(t *testing.T) {
	all := map[string]string{}
	for _, part := range []map[string]string{libraryModules, shellModules} {
		for path, why := range part {
			all[path] = why
		}
	}
	checkModules(t, "./cmd/kiln", all)
}

// checkModules compares the modules below a package with those allowed, both ways.
func checkModules(t *testing.T, pkg string, allowed map[string]string) {
	t.Helper()
	have := map[string]bool{}
	for _, path := range goList(t, "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", strings.Replace(pkg, ".", module, 1)) {
		if path == "" || path == module || have[path] {
			continue
		}
		have[path] = true
		if allowed[path] == "" {
			t.Errorf("%s reaches module %s, which is not allowed", pkg, path)
		}
	}
	for path := range allowed {
		if !have[path] {
			t.Errorf("%s no longer reaches %s: take it off the list", pkg, path)
		}
	}
}

func goList(t *testing.T, arguments ...string) []string {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("go", append([]string{"list"}, arguments...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

var (
	startsGoroutine = regexp.MustCompile(`(?m)^\s*go \w|\.Go\(func`)
	verifiesLeaks   = regexp.MustCompile(`(?m)func TestMain\([^\n]*((testenv\.Main|goleak\.VerifyTestMain)\(m|\{\n(.*\n)*?.*goleak\.Find\()`)
)

// TestGoroutinesAreCounted checks that every package whose tests can start goroutines looks for those left behind: those
// with a go statement in their tests, and those whose tests reach a package that has one.
func TestGoroutinesAreCounted(t *testing.T) {
	starters := map[string]bool{}
	texts := map[string]string{}
	for _, line := range goList(t, "-f", "{{.ImportPath}}\t{{.Dir}}\t{{join .GoFiles \" \"}}\t{{join .TestGoFiles \" \"}} {{join .XTestGoFiles \" \"}}", module+"/...") {
		cells := strings.Split(line, "\t")
		if startsGoroutine.MatchString(readAll(t, cells[1], cells[2])) {
			starters[cells[0]] = true
		}
		texts[cells[0]] = readAll(t, cells[1], cells[3])
	}
	if !starters[module+"/exec"] {
		t.Fatal("the runtime starts no workers?")
	}
	need := map[string]bool{}
	for _, line := range goList(t, "-test", "-f", "{{if .ForTest}}{{.ForTest}} {{.ImportPath}} {{join .Deps \" \"}}{{end}}", module+"/...") {
		words := strings.Fields(line)
		for i, w := range words {
			if i > 0 && starters[w] {
				need[words[0]] = true
			}
		}
	}
	count := 0
	for pkg, text := range texts {
		if text == "" || !need[pkg] && !startsGoroutine.MatchString(text) {
			continue
		}
		count++
		if !verifiesLeaks.MatchString(text) {
			t.Errorf("the tests of %s start goroutines and need func TestMain(m *testing.M) { testenv.Main(m) }", pkg)
		}
	}
	if count < 8 {
		t.Errorf("only %d packages have tests with goroutines?", count)
	}
}

// readAll is the text of a folder's files.
func readAll(t *testing.T, dir, names string) string {
	t.Helper()
	var all strings.Builder
	for name := range strings.FieldsSeq(names) {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
