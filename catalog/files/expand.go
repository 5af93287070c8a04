package files

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

// Set is the files of one table, in the order they are read.
type Set struct {
	Gate  *Gate
	Paths []string // what was asked for
	Files []Entry
	// Partitions are the columns that directory names like year=2024 give; they have no place in the files.
	Partitions []types.Field
}

// Entry is one file of a Set.
type Entry struct {
	Path    string
	Size    int64 // bytes
	ModTime time.Time
	// Values are the file's partition values, one per Set.Partitions, in the Go forms of package types; nil for null.
	Values []any

	directory directory
	direct    bool // asked for itself, or right in a directory that was
}

// Options change how paths are expanded.
type Options struct {
	// BasePath, if set, is the directory below which directories are partitions; otherwise it is each directory asked for.
	BasePath string
	// NameGlob, if set, keeps only files whose name it matches: * ? [a-z] and {a,b}. Directories are walked all the same.
	NameGlob string
	// Recursive takes the files of all directories, whatever their names; none is a partition.
	Recursive bool
	// ModifiedBefore and ModifiedAfter, if not zero, keep only files changed before and after that moment.
	ModifiedBefore, ModifiedAfter time.Time
	// StringPartitions leaves partition values strings instead of inferring their types.
	StringPartitions bool
	// Schema, if a struct, gives names and types to the partition columns that it has; others are inferred.
	Schema types.Type
	// CaseSensitive compares the names of partition columns exactly.
	CaseSensitive bool
	// Zone is where timestamps of partitions are; nil is UTC.
	Zone *types.Zone
	// TimestampNTZ infers timestamps without zone.
	TimestampNTZ bool
}

// Expand finds the files of the given paths. Each path is a file, a directory (names that begin with _ or . left out), a
// glob with * ? [a-z] and {a,b}, or a comma-separated list of these. A star does not match a slash, and two are as one, as
// in Spark. Symbolic links are followed, but not back into a directory that they are in. Of a directory the files are taken that lie in
// partitions below it; without any, the files right in it, and with Options.Recursive, all below it. Errors:
// PATH_NOT_FOUND for a path where nothing is and a glob that matches nothing, CONFLICTING_DIRECTORY_STRUCTURES,
// CONFLICTING_PARTITION_COLUMN_NAMES, INVALID_PARTITION_VALUE,
// INVALID_CONF_VALUE.TYPE_MISMATCH for an option, and those of Gate.
func Expand(ctx context.Context, gate *Gate, paths []string, o Options) (*Set, error) {
	x := &expander{ctx: ctx, gate: gate, options: o, seen: map[string]bool{}}
	if o.NameGlob != "" {
		x.names = expandBraces(o.NameGlob)
		for _, name := range x.names {
			if _, err := filepath.Match(name, ""); err != nil {
				return nil, invalidOption("pathGlobFilter", o.NameGlob, "a pattern of file names")
			}
		}
	}
	if o.BasePath != "" {
		x.options.BasePath = cleanBase(o.BasePath)
	}
	set := &Set{Gate: gate, Paths: paths}
	for _, p := range paths {
		parts, err := x.split(p)
		if err != nil {
			return nil, err
		}
		for _, part := range parts {
			if err := x.add(part); err != nil {
				return nil, err
			}
		}
	}
	set.Files = x.files
	if err := set.inferPartitions(&o); err != nil {
		return nil, err
	}
	return set, nil
}

type expander struct {
	ctx     context.Context
	gate    *Gate
	options Options
	names   []string // patterns of which a file's name has to match one; nil: any name
	files   []Entry
	seen    map[string]bool
}

// split cuts a list at commas outside braces, unless the text names something that exists.
func (x *expander) split(p string) ([]string, error) {
	if !strings.Contains(p, ",") {
		return []string{p}, nil
	}
	if _, err := x.gate.Stat(p); err == nil {
		return []string{p}, nil
	}
	var parts []string
	depth, start := 0, 0
	for i := 0; i <= len(p); i++ {
		switch {
		case i == len(p) || p[i] == ',' && depth == 0:
			if part := strings.TrimSpace(p[start:i]); part != "" {
				parts = append(parts, part)
			}
			start = i + 1
		case p[i] == '{':
			depth++
		case p[i] == '}' && depth > 0:
			depth--
		}
	}
	if len(parts) == 0 {
		return nil, NotFound(p)
	}
	return parts, nil
}

// add expands one path, without commas.
func (x *expander) add(path string) error {
	info, err := x.gate.Stat(path)
	switch {
	case err == nil:
		return x.addFound(info)
	case diag.ConditionOf(err) != "PATH_NOT_FOUND":
		if !hasMeta(path) || diag.ConditionOf(err) != "FILE_ACCESS_DENIED" {
			return err
		}
	case !hasMeta(path):
		return err
	}
	var matches []Info
	for _, pattern := range expandBraces(path) {
		found, err := x.glob(pattern)
		if err != nil {
			return err
		}
		matches = append(matches, found...)
	}
	if len(matches) == 0 {
		return NotFound(path)
	}
	sort.SliceStable(matches, func(i, j int) bool { return matches[i].Path < matches[j].Path })
	for _, m := range matches {
		if err := x.gate.CheckRead(m.Path); err != nil {
			return err
		}
		if err := x.addFound(m); err != nil {
			return err
		}
	}
	return nil
}

func (x *expander) addFound(info Info) error {
	base := x.options.BasePath
	switch {
	case base != "":
		if at := strings.TrimRight(info.Path, "/"); at != base && !strings.HasPrefix(at, strings.TrimRight(base, "/")+"/") {
			return invalidOption("basePath", base, "a directory above "+info.Path)
		}
	case info.IsDir:
		base = info.Path
	default:
		base = parent(info.Path)
	}
	if info.IsDir {
		return x.walk(info.Path, base, nil, true)
	}
	x.addFile(info, base, true)
	return nil
}

// walk adds the files below a directory, in order of their names; direct if it was asked for. above are the directories on the
// way to it, of which none is entered again by a symbolic link.
func (x *expander) walk(directory, base string, above *ancestor, direct bool) error {
	if err := x.ctx.Err(); err != nil {
		return err
	}
	here := &ancestor{path: directory, above: above}
	if here.again() {
		return nil
	}
	infos, err := x.gate.List(directory)
	if err != nil {
		return err
	}
	for _, info := range infos {
		name := lastName(info.Path)
		if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") && !strings.Contains(name, "=") {
			continue
		}
		if info.IsDir {
			if err := x.walk(info.Path, base, here, false); err != nil {
				return err
			}
			continue
		}
		x.addFile(info, base, direct)
	}
	return nil
}

// ancestor is a directory that is being walked.
type ancestor struct {
	path   string
	above  *ancestor
	linked bool // it or one above it is a symbolic link: only then can it be one of those above it
}

// again reports whether a directory of this machine is one of those above it, under another name.
func (a *ancestor) again() bool {
	scheme, name := splitScheme(a.path)
	if scheme != "" || a.above == nil {
		return false
	}
	a.linked = a.above.linked
	if !a.linked {
		info, err := os.Lstat(name)
		a.linked = err == nil && info.Mode()&fs.ModeSymlink != 0
	}
	if !a.linked {
		return false
	}
	self, err := os.Stat(name)
	if err != nil {
		return false // listing it tells what is wrong
	}
	for b := a.above; b != nil; b = b.above {
		_, name := splitScheme(b.path)
		if info, err := os.Stat(name); err == nil && os.SameFile(self, info) {
			return true
		}
	}
	return false
}

func (x *expander) addFile(info Info, base string, direct bool) {
	if x.seen[info.Path] || !x.wanted(info) {
		return
	}
	x.seen[info.Path] = true
	x.files = append(x.files, Entry{Path: info.Path, Size: info.Size, ModTime: info.ModTime, directory: directoryOf(info.Path, base), direct: direct})
}

// wanted reports whether a file passes the options that choose by name and time.
func (x *expander) wanted(info Info) bool {
	if t := x.options.ModifiedBefore; !t.IsZero() && !info.ModTime.Before(t) {
		return false
	}
	if t := x.options.ModifiedAfter; !t.IsZero() && !info.ModTime.After(t) {
		return false
	}
	for _, pattern := range x.names {
		if ok, _ := filepath.Match(pattern, lastName(info.Path)); ok {
			return true
		}
	}
	return x.names == nil
}

// invalidOption is the error of an option whose value cannot be used.
func invalidOption(name, value, wanted string) error {
	return diag.New("INVALID_CONF_VALUE.TYPE_MISMATCH", "confName", name, "confValue", value, "confType", wanted)
}

func lastName(path string) string {
	path = strings.TrimRight(path, "/")
	return path[strings.LastIndexByte(path, '/')+1:]
}

func hasMeta(p string) bool { return strings.ContainsAny(p, "*?[{") }

// expandBraces writes out the alternatives of {a,b}; nested braces too.
func expandBraces(p string) []string {
	open := strings.IndexByte(p, '{')
	if open < 0 {
		return []string{p}
	}
	depth := 0
	var cuts []int
	for i := open; i < len(p); i++ {
		switch p[i] {
		case '{':
			depth++
		case '}':
			depth--
		case ',':
			if depth == 1 {
				cuts = append(cuts, i)
			}
		}
		if depth == 0 {
			var out []string
			start := open + 1
			for _, c := range append(cuts, i) {
				out = append(out, expandBraces(p[:open]+p[start:c]+p[i+1:])...)
				start = c + 1
			}
			return out
		}
	}
	return []string{p} // no closing brace: taken as it stands
}

// glob finds what a pattern without braces matches, segment by segment. Hidden names need a pattern that begins so.
func (x *expander) glob(pattern string) ([]Info, error) {
	root, rest := "", pattern
	if scheme, after := splitScheme(pattern); scheme != "" {
		root, rest = scheme+"://", after
		if at := strings.IndexByte(rest, '/'); at >= 0 && !hasMeta(rest[:at]) {
			root, rest = root+rest[:at+1], rest[at+1:]
		}
	} else {
		rest = after
		if strings.HasPrefix(rest, "/") {
			root, rest = "/", strings.TrimLeft(rest, "/")
		}
	}
	current := []string{root}
	segments := strings.FieldsFunc(rest, func(r rune) bool { return r == '/' })
	for i, segment := range segments {
		if err := x.ctx.Err(); err != nil {
			return nil, err
		}
		last := i == len(segments)-1
		if !hasMeta(segment) {
			next := current[:0:0]
			for _, c := range current {
				next = append(next, c+segment+"/")
			}
			current = next
			continue
		}
		var next []string
		for _, c := range current {
			names, err := x.matches(c, segment, last)
			if err != nil {
				return nil, err
			}
			next = append(next, names...)
		}
		current = next
	}
	var found []Info
	for _, c := range current {
		info, err := x.gate.stat(strings.TrimRight(c, "/"))
		if diag.ConditionOf(err) == "PATH_NOT_FOUND" {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, info)
	}
	return found, nil
}

// matches gives the entries of a directory (a prefix ending in "/", or "" for the working directory) that match segment.
func (x *expander) matches(directory, segment string, last bool) ([]string, error) {
	if _, err := filepath.Match(segment, ""); err != nil {
		return nil, NotFound(directory + segment)
	}
	at := directory
	if at == "" {
		at = "."
	}
	infos, err := x.gate.list(at)
	if diag.ConditionOf(err) == "PATH_NOT_FOUND" {
		return nil, nil
	}
	if err != nil {
		// What lies on the way may be a plain file, which has no entries.
		if info, statErr := x.gate.stat(strings.TrimRight(at, "/")); statErr == nil && !info.IsDir {
			return nil, nil
		}
		return nil, err
	}
	var out []string
	for _, info := range infos {
		name := lastName(info.Path)
		if ok, _ := filepath.Match(segment, name); !ok || hidden(name) && !hidden(segment) || !last && !info.IsDir {
			continue
		}
		out = append(out, directory+name+"/")
	}
	slices.Sort(out)
	return out, nil
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") }
