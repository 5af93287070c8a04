package kiln_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/internal/testenv"
)

var corpusFile = flag.String("corpus-file", "", "run only the files of testdata/sql whose path contains this")

// corpusSkips is the most records that may be skipped, all modes together: a skip needs a reason, and many need a repair.
const corpusSkips = 8

// corpusModes are the ways of running that must all give Spark's answers.
var corpusModes = []struct {
	name string
	conf map[string]string
}{
	{"fused", map[string]string{"kiln.master": "local[2]"}},
	{"plain", map[string]string{"kiln.master": "local[2]", "kiln.exec.fusion": "false"}},
	{"unoptimized", map[string]string{"kiln.master": "local[2]", "kiln.optimizer.enabled": "false"}},
	{"checked", map[string]string{"kiln.master": "local[2]", "kiln.optimizer.check": "true"}},
	{"chunk1", map[string]string{"kiln.master": "local[2]", "kiln.exec.chunkSize": "1"}},
	{"chunk3", map[string]string{"kiln.master": "local[2]", "kiln.exec.chunkSize": "3"}},
	{"plain-chunk3", map[string]string{"kiln.master": "local[2]", "kiln.exec.chunkSize": "3", "kiln.exec.fusion": "false"}},
	{"plain-unoptimized", map[string]string{"kiln.master": "local[1]", "kiln.optimizer.enabled": "false", "kiln.exec.fusion": "false"}},
	{"worker1", map[string]string{"kiln.master": "local[1]"}},
	{"memory", map[string]string{"kiln.master": "local[2]", "kiln.memory.limit": "8m", "kiln.memory.query.minimum": "1m"}},
}

// corpusRecord is one statement of a file of testdata/sql, whose form README.md there describes.
type corpusRecord struct {
	line    int
	sql     string
	query   bool
	sorted  bool   // rows come in the order given
	error   string // condition of the error expected
	answer  testenv.Answer
	skipped []string // modes
}

// readCorpus reads a file of records.
func readCorpus(path string) ([]corpusRecord, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []corpusRecord
	var skipped []string
	lines := strings.Split(strings.TrimRight(string(text), "\n")+"\n", "\n")
	for i := 0; i < len(lines); i++ {
		words := strings.Fields(lines[i])
		if len(words) == 0 || strings.HasPrefix(lines[i], "#") {
			continue
		}
		if words[0] == "skipif" {
			if len(words) < 3 || !slices.ContainsFunc(corpusModes, func(m struct {
				name string
				conf map[string]string
			}) bool {
				return m.name == words[1]
			}) {
				return nil, fmt.Errorf("%s:%d: skipif wants a mode and a reason", path, i+1)
			}
			skipped = append(skipped, words[1])
			continue
		}
		r := corpusRecord{line: i + 1, query: words[0] == "query", sorted: true, skipped: skipped}
		skipped = nil
		switch rest := strings.Join(words[1:], " "); {
		case r.query && rest == "rowsort":
			r.sorted = false
		case r.query && rest == "", words[0] == "statement" && rest == "ok":
		case words[0] == "statement" && len(words) == 3 && words[1] == "error":
			r.error = words[2]
		default:
			return nil, fmt.Errorf("%s:%d: what is %q?", path, i+1, lines[i])
		}
		block, end := corpusBlock(lines, i+1)
		i = end
		if !r.query {
			r.sql = strings.Join(block, "\n")
			out = append(out, r)
			continue
		}
		cut := slices.Index(block, "----")
		if cut < 0 || cut+1 >= len(block) {
			return nil, fmt.Errorf("%s:%d: no answer: run scripts/oracle/corpus_answers.py", path, r.line)
		}
		r.sql = strings.Join(block[:cut], "\n")
		if r.answer, err = corpusAnswer(block[cut+1], block[cut+2:]); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, r.line, err)
		}
		if r.sorted {
			for _, c := range r.answer.Columns {
				r.answer.Order = append(r.answer.Order, c.Name)
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// corpusBlock returns the lines from start to the next empty one, and where that is.
func corpusBlock(lines []string, start int) ([]string, int) {
	end := start
	for end < len(lines) && lines[end] != "" {
		end++
	}
	return lines[start:end], end
}

var corpusEscapes = strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r", `\e`, "", `\N`, "NULL")

// corpusAnswer reads the line of name:type and the rows below it.
func corpusAnswer(header string, lines []string) (testenv.Answer, error) {
	var a testenv.Answer
	for _, column := range strings.Split(header, "\t") {
		at := strings.LastIndex(column, "::")
		if at < 0 {
			return a, fmt.Errorf("column %q has no type", column)
		}
		a.Columns = append(a.Columns, testenv.Column{Name: corpusEscapes.Replace(column[:at]), Type: column[at+2:]})
	}
	for _, line := range lines {
		cells := strings.Split(line, "\t")
		if len(cells) != len(a.Columns) {
			return a, fmt.Errorf("%d values in %q for %d columns", len(cells), line, len(a.Columns))
		}
		row := make([]any, len(cells))
		for i, cell := range cells {
			row[i] = corpusValue(cell, a.Columns[i].Type)
		}
		a.Rows = append(a.Rows, row)
	}
	return a, nil
}

// corpusValue reads a cell: NULL, JSON for numbers, booleans and nested values, else text.
func corpusValue(cell, kind string) any {
	if cell == "NULL" {
		return nil
	}
	base, _, _ := strings.Cut(kind, "<")
	switch base {
	case "tinyint", "smallint", "int", "bigint", "float", "double", "boolean", "array", "map", "struct":
		d := json.NewDecoder(strings.NewReader(cell))
		d.UseNumber()
		var v any
		if d.Decode(&v) == nil {
			return v
		}
	}
	return corpusEscapes.Replace(cell)
}

// corpusPaths are the files of testdata/sql.
func corpusPaths(t testing.TB) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(testenv.Path(t, "testdata/sql"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".test") && strings.Contains(path, *corpusFile) {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil || len(paths) == 0 {
		t.Fatal("no corpus", err)
	}
	return paths
}

// TestCorpus runs the SQL files of testdata/sql, whose results are Spark's, in every mode.
func TestCorpus(t *testing.T) {
	files := map[string][]corpusRecord{}
	skips := 0
	for _, path := range corpusPaths(t) {
		records, err := readCorpus(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			skips += len(r.skipped)
		}
		files[path] = records
	}
	if skips > corpusSkips {
		t.Errorf("%d records are skipped, at most %d may be", skips, corpusSkips)
	}
	for _, mode := range corpusModes {
		t.Run(mode.name, func(t *testing.T) {
			for _, path := range corpusPaths(t) {
				name := strings.TrimSuffix(filepath.Base(path), ".test")
				t.Run(name, func(t *testing.T) { runCorpus(t, openTPCH(t, "0.01", mode.conf), path, files[path], mode.name) })
			}
		})
	}
}

func runCorpus(t *testing.T, s *kiln.Session, path string, records []corpusRecord, mode string) {
	for _, r := range records {
		if slices.Contains(r.skipped, mode) {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute) // chunks of one row under the race detector
		if err := runCorpusRecord(ctx, t, s, &r); err != nil {
			t.Errorf("%s:%d: %v\n%s", path, r.line, err, r.sql)
		}
		cancel()
	}
}

func runCorpusRecord(ctx context.Context, t *testing.T, s *kiln.Session, r *corpusRecord) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	d := s.SQL(r.sql)
	if !r.query {
		_, err := d.Collect(ctx)
		if got := diag.ConditionOf(err); got != r.error || (err != nil && r.error == "") {
			return fmt.Errorf("error %v, want %q", err, r.error)
		}
		return nil
	}
	if _, err := d.Collect(ctx); err != nil {
		return err
	}
	return testenv.Compare(r.answer, answerOf(t, d))
}
