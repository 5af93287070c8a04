package files

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

// nullPartition is the directory value that Hive and Spark write for null.
const nullPartition = "__HIVE_DEFAULT_PARTITION__"

// partitionSegments are the name=value directories of path below base, outermost first.
func partitionSegments(path, base string) [][2]string {
	base = strings.TrimRight(base, "/")
	rest, ok := strings.CutPrefix(path, base+"/")
	if !ok {
		return nil
	}
	names := strings.Split(rest, "/")
	var segments [][2]string
	for _, s := range names[:len(names)-1] {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			// Spark stops at the first directory, seen from the file, that is no partition.
			segments = nil
			continue
		}
		segments = append(segments, [2]string{unescape(name), unescape(value)})
	}
	return segments
}

func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// inferPartitions decides the partition columns of the set and gives every file its values.
func (s *Set) inferPartitions(asStrings bool) error {
	if len(s.Files) == 0 || !anySegments(s.Files) {
		return nil
	}
	first := s.Files[0].segments
	for _, f := range s.Files {
		if !sameNames(first, f.segments) {
			return diag.New("CONFLICTING_PARTITION_COLUMN_NAMES", "distinctPartColLists", namesOf(first)+" and "+namesOf(f.segments),
				"suspiciousPaths", s.Files[0].Path+", "+f.Path)
		}
	}
	for i := range s.Files {
		s.Files[i].Values = make([]any, len(first))
	}
	for c, segment := range first {
		form := formUnknown
		for _, f := range s.Files {
			if text := f.segments[c][1]; text != nullPartition {
				form = form.with(formOf(text))
			}
		}
		if asStrings || form == formUnknown {
			form = formString
		}
		s.Partitions = append(s.Partitions, types.Field{Name: segment[0], Type: form.kind(), Nullable: true})
		for i := range s.Files {
			if text := s.Files[i].segments[c][1]; text != nullPartition {
				s.Files[i].Values[c] = form.value(text)
			}
		}
	}
	return nil
}

func anySegments(files []Entry) bool {
	for _, f := range files {
		if len(f.segments) > 0 {
			return true
		}
	}
	return false
}

func sameNames(a, b [][2]string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i][0] != b[i][0] {
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

// form is the narrowest type that the texts of a partition column fit.
type form uint8

const (
	formUnknown form = iota
	formInt
	formLong
	formDouble
	formDate
	formString
)

func formOf(text string) form {
	if v, err := strconv.ParseInt(text, 10, 64); err == nil {
		if v >= math.MinInt32 && v <= math.MaxInt32 {
			return formInt
		}
		return formLong
	}
	if len(text) > 0 && strings.IndexByte("+-.0123456789", text[0]) >= 0 && !strings.ContainsAny(text, "xXpP_") {
		if _, err := strconv.ParseFloat(text, 64); err == nil {
			return formDouble
		}
	}
	if _, err := time.Parse(time.DateOnly, text); err == nil {
		return formDate
	}
	return formString
}

func (f form) with(g form) form {
	switch {
	case f == formUnknown || f == g:
		return g
	case f <= formDouble && g <= formDouble:
		return max(f, g)
	}
	return formString
}

func (f form) kind() types.Type {
	switch f {
	case formInt:
		return types.IntType
	case formLong:
		return types.LongType
	case formDouble:
		return types.DoubleType
	case formDate:
		return types.DateType
	}
	return types.StringType
}

// value reads a text of which formOf has said that it fits.
func (f form) value(text string) any {
	switch f {
	case formInt:
		v, _ := strconv.ParseInt(text, 10, 32)
		return int32(v)
	case formLong:
		v, _ := strconv.ParseInt(text, 10, 64)
		return v
	case formDouble:
		v, _ := strconv.ParseFloat(text, 64)
		return v
	case formDate:
		t, _ := time.Parse(time.DateOnly, text)
		return int32(t.Unix() / 86400)
	}
	return text
}
