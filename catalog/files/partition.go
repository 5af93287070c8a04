package files

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

// nullPartition is the directory value that Hive and Spark write for null.
const nullPartition = "__HIVE_DEFAULT_PARTITION__"

// directory is what the path of a directory with files says of partitions.
type directory struct {
	segments [][2]string // names and texts, outermost first
	base     string      // the table's root, as far as this directory can tell
}

// directoryOf reads the directories of a file upwards, as Spark does, to base or to the first one above a partition that
// is none itself: name=value directories are partitions, and those below them without a value do not count.
func directoryOf(path, base string) directory {
	leaf := parent(path)
	base = strings.TrimRight(base, "/")
	var found [][2]string
	at := leaf
	for at != base {
		name, value, ok := strings.Cut(lastName(at), "=")
		up := parent(at)
		switch {
		case ok && name != "":
			found = append([][2]string{{unescape(name), unescape(value)}}, found...)
		case len(found) > 0:
			return directory{found, at}
		}
		if up == "" || up == at || len(up) >= len(at) {
			break
		}
		at = up
	}
	if len(found) == 0 {
		return directory{base: leaf}
	}
	return directory{found, at}
}

// parent is the path of the directory that a path is in; "" if it names none.
func parent(path string) string {
	at := strings.LastIndexByte(strings.TrimRight(path, "/"), '/')
	return strings.TrimRight(path[:max(at, 0)], "/")
}

// cleanBase is a base path in the form that the paths of found files have.
func cleanBase(path string) string {
	scheme, rest := splitScheme(path)
	if scheme == "" {
		return filepath.Clean(rest)
	}
	return strings.TrimRight(path, "/")
}

func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// inferPartitions decides the partition columns of the set, gives every file its values and, where there are partitions,
// leaves out files that lie beside them.
func (s *Set) inferPartitions(o *Options) error {
	if o.Recursive {
		return nil
	}
	var partitioned []Entry
	for _, f := range s.Files {
		if len(f.directory.segments) > 0 {
			partitioned = append(partitioned, f)
		}
	}
	if len(partitioned) == 0 {
		direct := s.Files[:0:0]
		for _, f := range s.Files {
			if f.direct {
				direct = append(direct, f)
			}
		}
		s.Files = direct
		return nil
	}
	base := partitioned[0].directory.base
	for _, f := range s.Files {
		if f.directory.base != base {
			return diag.New("CONFLICTING_DIRECTORY_STRUCTURES", "discoveredBasePaths", "\t"+base+"\n\t"+f.directory.base)
		}
	}
	s.Files = partitioned
	first := s.Files[0].directory.segments
	for _, f := range s.Files {
		if !sameNames(first, f.directory.segments, o.CaseSensitive) {
			return diag.New("CONFLICTING_PARTITION_COLUMN_NAMES", "distinctPartColLists", namesOf(first)+" and "+namesOf(f.directory.segments),
				"suspiciousPaths", s.Files[0].Path+", "+f.Path)
		}
	}
	for i := range s.Files {
		s.Files[i].Values = make([]any, len(first))
	}
	for c := range first {
		if err := s.inferPartition(c, o); err != nil {
			return err
		}
	}
	return nil
}

// inferPartition decides name and type of partition column c: those that the given schema has for it, or the type that
// all its texts fit.
func (s *Set) inferPartition(c int, o *Options) error {
	field := types.Field{Name: s.Files[0].directory.segments[c][0], Type: types.VoidType, Nullable: true}
	given := false
	if o.Schema.Kind == types.Struct {
		for _, f := range o.Schema.Fields() {
			if sameName(f.Name, field.Name, o.CaseSensitive) {
				field, given = types.Field{Name: f.Name, Type: f.Type, Nullable: true}, true
				break
			}
		}
	}
	for _, f := range s.Files {
		text := f.directory.segments[c][1]
		switch {
		case given || text == nullPartition:
		case o.StringPartitions:
			field.Type = types.StringType
		default:
			field.Type = widerPartition(field.Type, partitionType(text, o.TimestampNTZ))
		}
	}
	s.Partitions = append(s.Partitions, field)
	for i := range s.Files {
		text := s.Files[i].directory.segments[c][1]
		if text == nullPartition {
			continue
		}
		value, ok := partitionValue(text, field.Type, o.Zone)
		if !ok {
			return diag.New("INVALID_PARTITION_VALUE", "value", "'"+text+"'", "dataType", `"`+field.Type.SQL()+`"`, "columnName", "`"+field.Name+"`")
		}
		s.Files[i].Values[c] = value
	}
	return nil
}

func sameName(a, b string, caseSensitive bool) bool {
	return a == b || !caseSensitive && strings.EqualFold(a, b)
}

func sameNames(a, b [][2]string, caseSensitive bool) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !sameName(a[i][0], b[i][0], caseSensitive) {
			return false
		}
	}
	return true
}

func namesOf(segments [][2]string) string {
	names := make([]string, len(segments))
	for i, s := range segments {
		names[i] = s[0]
	}
	return "[" + strings.Join(names, ", ") + "]"
}
