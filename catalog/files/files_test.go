package files

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

// tree makes empty files in a new directory.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range names {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// expand expands paths below root and returns the files relative to it.
func expand(t *testing.T, gate *Gate, root string, paths ...string) ([]string, *Set, error) {
	t.Helper()
	var whole []string
	for _, p := range paths {
		parts := strings.Split(p, ",")
		for i, part := range parts {
			if !strings.Contains(p, "{") || i == 0 {
				parts[i] = root + "/" + part
			}
		}
		whole = append(whole, strings.Join(parts, ","))
	}
	set, err := Expand(context.Background(), gate, whole, Options{})
	if err != nil {
		return nil, nil, err
	}
	var names []string
	for _, f := range set.Files {
		names = append(names, strings.TrimPrefix(f.Path, root+"/"))
	}
	return names, set, nil
}

func TestExpand(t *testing.T) {
	root := tree(t, "a.parquet", "b1.parquet", "b2.parquet", "c,d.parquet", "dir/x.parquet", "dir/_SUCCESS", "dir/.hidden", "dir/sub/y.parquet",
		"dir/_temporary/z.parquet", "[odd].parquet")
	for _, c := range []struct{ path, want string }{
		{"a.parquet", "a.parquet"},
		{"a.parquet,b1.parquet", "a.parquet b1.parquet"},
		{"c,d.parquet", "c,d.parquet"},
		{"b*.parquet", "b1.parquet b2.parquet"},
		{"b?.parquet", "b1.parquet b2.parquet"},
		{"b[2-9].parquet", "b2.parquet"},
		{"{a,b1}.parquet", "a.parquet b1.parquet"},
		{"{a,b{1,2}}.parquet", "a.parquet b1.parquet b2.parquet"},
		{"dir", "dir/x.parquet"},
		{"dir/*", "dir/sub/y.parquet dir/x.parquet"},
		{"d*/*.parquet", "dir/x.parquet"},
		{"*/sub/y.parquet", "dir/sub/y.parquet"},
		{"[odd].parquet", "[odd].parquet"},
	} {
		got, _, err := expand(t, nil, root, c.path)
		if c.path == "c,d.parquet" {
			set, e := Expand(context.Background(), nil, []string{root + "/c,d.parquet"}, Options{})
			if e != nil || len(set.Files) != 1 {
				t.Errorf("a name with a comma: %v, %v", set, e)
			}
			continue
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, %v; want %s", c.path, got, err, c.want)
		}
	}
	for _, path := range []string{"missing.parquet", "m*.parquet", "a.parquet,missing.parquet", "a.parquet/*", "missing/*/x", "{x,y}.parquet"} {
		if _, _, err := expand(t, nil, root, path); diag.ConditionOf(err) != "PATH_NOT_FOUND" {
			t.Errorf("%s: %v", path, err)
		}
	}
	if set, err := Expand(context.Background(), nil, []string{"file://" + root + "/a.parquet", "file:" + root + "/b1.parquet"}, Options{}); err != nil || len(set.Files) != 2 {
		t.Errorf("URLs: %v, %v", set, err)
	}
	if _, err := Expand(context.Background(), nil, []string{"s3://bucket/key"}, Options{}); diag.ConditionOf(err) != "UNSUPPORTED_FEATURE" {
		t.Errorf("unregistered scheme: %v", err)
	}
}

func TestPartitions(t *testing.T) {
	root := tree(t, "t/year=2024/day=2024-02-29/part=a%2Fb/x.parquet", "t/year=2025/day=2025-01-01/part=__HIVE_DEFAULT_PARTITION__/x.parquet")
	_, set, err := expand(t, nil, root, "t")
	if err != nil {
		t.Fatal(err)
	}
	var columns []string
	for _, p := range set.Partitions {
		columns = append(columns, p.Name+" "+p.Type.String())
	}
	if got := strings.Join(columns, ", "); got != "year int, day date, part string" {
		t.Error(got)
	}
	leap := int32(time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	if got, want := set.Files[0].Values, []any{int32(2024), leap, "a/b"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if set.Files[1].Values[2] != nil {
		t.Error("the default partition is not null")
	}
	// Asked for directly, a partition's directory is an ordinary one.
	if _, set, _ := expand(t, nil, root, "t/year=2024/day=2024-02-29"); len(set.Partitions) != 1 {
		t.Errorf("%v", set.Partitions)
	}
}

// TestPartitionTypes: the wanted types are those that Spark 4.0.1 infers.
func TestPartitionTypes(t *testing.T) {
	for _, c := range []struct {
		values []string
		want   types.Type
	}{
		{[]string{"1", "2"}, types.IntType},
		{[]string{"+1", "01", "-0"}, types.IntType},
		{[]string{"1", "3000000000"}, types.LongType},
		{[]string{"1", "2.5"}, types.DoubleType},
		{[]string{"3000000000", "2.5"}, types.StringType},
		{[]string{"123456789012345678901234567890"}, types.DecimalType(30, 0)},
		{[]string{"123456789012345678901234567890", "1"}, types.DecimalType(30, 0)},
		{[]string{"9999999999", "99999999999999999999"}, types.DecimalType(20, 0)},
		{[]string{"99999999999999999999", "1.5"}, types.StringType},
		{[]string{"12345678901234567890123456789012345678901"}, types.DoubleType},
		{[]string{"1e3"}, types.DecimalType(4, 0)},
		{[]string{"1e3", "5"}, types.DecimalType(10, 0)},
		{[]string{"12e30", "7"}, types.DecimalType(32, 0)},
		{[]string{"5."}, types.DecimalType(1, 0)},
		{[]string{"1e-3"}, types.DoubleType},
		{[]string{".5"}, types.DoubleType},
		{[]string{"1.5d"}, types.DoubleType},
		{[]string{" 1"}, types.DoubleType},
		{[]string{"1e400"}, types.DoubleType},
		{[]string{"NaN"}, types.DoubleType},
		{[]string{"Infinity"}, types.DoubleType},
		{[]string{"inf"}, types.StringType},
		{[]string{"1e3", "NaN"}, types.StringType},
		{[]string{"1_000"}, types.StringType},
		{[]string{"0x10"}, types.StringType},
		{[]string{"2024-01-01"}, types.DateType},
		{[]string{"2024-01-01", "1"}, types.StringType},
		{[]string{"2024-01-01", "2024-02-30"}, types.StringType},
		{[]string{"2024-1-1"}, types.StringType},
		{[]string{"2024-01-01 "}, types.StringType},
		{[]string{"10000-01-01"}, types.StringType},
		{[]string{"2024-01-01 10%3A00%3A00"}, types.TimestampType},
		{[]string{"2024-01-01 10%3A00%3A00.1"}, types.TimestampType},
		{[]string{"2024-01-01 10%3A00%3A00", "2024-01-01"}, types.TimestampType},
		{[]string{"2024-01-01 10%3A00%3A00", "1"}, types.StringType},
		{[]string{"2024-01-01 10%3A00%3A00.123456"}, types.StringType},
		{[]string{"2024-01-01 25%3A00%3A00"}, types.StringType},
		{[]string{"2024-01-01 10%3A00"}, types.StringType},
		{[]string{"2024-01-01T10%3A00"}, types.StringType},
		{[]string{"2024-01-01 10%3A00%3A00Z"}, types.StringType},
		{[]string{"true", "false"}, types.StringType},
		{[]string{"x", "1"}, types.StringType},
		{[]string{nullPartition, "1"}, types.IntType},
		{[]string{nullPartition}, types.VoidType},
	} {
		var names []string
		for _, v := range c.values {
			names = append(names, "t/k="+v+"/x.parquet")
		}
		_, set, err := expand(t, nil, tree(t, names...), "t")
		if err != nil || !set.Partitions[0].Type.Equal(c.want) {
			t.Errorf("%v: %v, %v", c.values, set.Partitions, err)
		}
	}
	root := tree(t, "t/a=1/x.parquet", "t/b=1/x.parquet")
	if _, _, err := expand(t, nil, root, "t"); diag.ConditionOf(err) != "CONFLICTING_PARTITION_COLUMN_NAMES" {
		t.Error(err)
	}
}

// TestPartitionDirectories: the files and columns are those that Spark 4.0.1 takes of such directories.
func TestPartitionDirectories(t *testing.T) {
	for _, c := range []struct{ files, want string }{
		{"a sub/b", "a"},
		{"sub/b", ""},
		{"sub/k=1/b", "sub/k=1/b k"},
		{"sub/k=1/x/b", "sub/k=1/x/b k"},
		{"k=1/x/j=2/b", "k=1/x/j=2/b j"},
		{"k=1/b k=2/x/b", "k=1/b k=2/x/b k"},
		{"a k=1/b", "k=1/b k"},
		{"K=1/a k=2/b", "K=1/a k=2/b K"},
		{"k=1/b k=2/j=1/b", "CONFLICTING_PARTITION_COLUMN_NAMES"},
		{"a k=1/b sub/b", "CONFLICTING_DIRECTORY_STRUCTURES"},
		{"a sub/k=1/b", "CONFLICTING_DIRECTORY_STRUCTURES"},
	} {
		var names []string
		for _, f := range strings.Fields(c.files) {
			names = append(names, "t/"+f)
		}
		got, set, err := expand(t, nil, tree(t, names...), "t")
		text := diag.ConditionOf(err)
		if err == nil {
			for i := range got {
				got[i] = strings.TrimPrefix(got[i], "t/")
			}
			for _, p := range set.Partitions {
				got = append(got, p.Name)
			}
			text = strings.Join(got, " ")
		}
		if text != c.want {
			t.Errorf("%s: %s, want %s", c.files, text, c.want)
		}
	}
}

func TestGate(t *testing.T) {
	root := tree(t, "in/a.parquet", "in/sub/b.parquet", "out/c.parquet", "inside/d.parquet")
	if err := os.Symlink(root+"/out", root+"/in/link"); err != nil {
		t.Fatal(err)
	}
	g := NewGate()
	if err := g.Allow(root + "/in"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"in/a.parquet", "in/sub/../a.parquet", "in/*.parquet", "in/sub", "i*/a.parquet"} {
		if _, _, err := expand(t, g, root, path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, path := range []string{"out/c.parquet", "in/../out/c.parquet", "in/link/c.parquet", "inside/d.parquet", "*/*.parquet"} {
		if _, _, err := expand(t, g, root, path); diag.ConditionOf(err) != "FILE_ACCESS_DENIED" {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := g.CheckWrite(root + "/in/new.parquet"); err != nil {
		t.Error(err)
	}
	g.SetReadOnly(true)
	if err := g.CheckWrite(root + "/in/new.parquet"); diag.ConditionOf(err) != "FILE_ACCESS_DENIED" {
		t.Error(err)
	}
	g.Lock()
	for _, err := range []error{g.Allow("/"), g.SetReadOnly(false), g.Register("mem", memory{})} {
		if diag.ConditionOf(err) != "FILE_ACCESS_DENIED" {
			t.Error(err)
		}
	}
}

// memory is a file system of names without contents.
type memory map[string]int64

type memoryFile struct {
	strings.Reader
	size int64
}

func (f *memoryFile) Close() error       { return nil }
func (f *memoryFile) Size() int64        { return f.size }
func (f *memoryFile) ModTime() time.Time { return time.Time{} }

func (m memory) Open(name string) (File, error) {
	size, ok := m[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return &memoryFile{size: size}, nil
}

func (m memory) Stat(name string) (Info, error) {
	if size, ok := m[name]; ok {
		return Info{Path: name, Size: size}, nil
	}
	for n := range m {
		if strings.HasPrefix(n, strings.TrimSuffix(name, "/")+"/") {
			return Info{Path: name, IsDir: true}, nil
		}
	}
	return Info{}, fs.ErrNotExist
}

func (m memory) List(directory string) ([]Info, error) {
	seen := map[string]bool{}
	var out []Info
	for n, size := range m {
		rest, ok := strings.CutPrefix(n, strings.TrimSuffix(directory, "/")+"/")
		if !ok {
			continue
		}
		first, _, deeper := strings.Cut(rest, "/")
		if !seen[first] {
			seen[first] = true
			out = append(out, Info{Path: strings.TrimSuffix(directory, "/") + "/" + first, Size: size, IsDir: deeper})
		}
	}
	if out == nil {
		return nil, errors.New("nothing there")
	}
	return out, nil
}

func TestRegisteredFileSystem(t *testing.T) {
	g := NewGate()
	if err := g.Register("mem", memory{"mem://b/t/k=1/x.parquet": 5, "mem://b/t/k=2/y.parquet": 6, "mem://b/u.parquet": 7}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"mem://b/t": 2, "mem://b/*.parquet": 1, "mem://b/t/k=*/*.parquet": 2, "mem://b/u.parquet": 1} {
		set, err := Expand(context.Background(), g, []string{path}, Options{})
		if err != nil || len(set.Files) != want {
			t.Errorf("%s: %v, %v", path, set, err)
		}
	}
	f, err := g.Open("mem://b/u.parquet")
	if err != nil || f.Size() != 7 {
		t.Error(f, err)
	}
}

// TestLinksInCircles: a link back to a directory on the way to it is not followed; other links are.
func TestLinksInCircles(t *testing.T) {
	root := tree(t, "t/a/x", "t/b/y", "other/z")
	for link, target := range map[string]string{"t/self": ".", "t/a/up": "..", "t/b/a": "../a", "t/top": "../../" + filepath.Base(root), "t/other": "../other"} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Skip(err)
		}
	}
	set, err := Expand(context.Background(), nil, []string{root + "/t"}, Options{Recursive: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range set.Files {
		got = append(got, strings.TrimPrefix(f.Path, root+"/t/"))
	}
	if want := "a/x b/a/x b/y other/z top/other/z"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// TestHintsOfPaths: forms that the shells of other programs know.
func TestHintsOfPaths(t *testing.T) {
	root := tree(t, "a/x", "b/c/y")
	if got, _, err := expand(t, nil, root, "**/?"); err != nil || strings.Join(got, " ") != "a/x b/c/y" {
		t.Errorf("%v, %v", got, err)
	}
	for path, hint := range map[string]string{root + "/**/z": "recursiveFileLookup", "~/nothing/here": "home directory", root + "/nothing": ""} {
		_, err := Expand(context.Background(), nil, []string{path}, Options{})
		if diag.ConditionOf(err) != "PATH_NOT_FOUND" || !strings.Contains(err.Error(), hint) || (hint != "") != strings.Contains(err.Error(), "Hint: ") {
			t.Errorf("%s: %v", path, err)
		}
	}
}
