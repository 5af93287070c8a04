package parquet

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	arrowmemory "github.com/apache/arrow-go/v18/arrow/memory"
	arrowparquet "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	pq "github.com/parquet-go/parquet-go"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/internal/testenv"
)

// What becomes of a file with one damaged byte.
const (
	noticed   = "error"     // an error that names the file
	harmless  = "same"      // the same rows as before
	unnoticed = "different" // other rows: nothing in the file tells
)

// fates lists, for each kind of part, what may become of a file when a byte of such a part is damaged: first if its page
// has a checksum, then if not. Parquet has checksums for the bodies of pages only; neither their headers, nor indexes, nor
// filters, nor the footer can be checked as a whole. Where a page has none, a damaged value is a value like any other.
var fates = map[string][2][]string{
	"magic head":             {nil, {noticed}},
	"dictionary page header": {{noticed, harmless}, {noticed, harmless}},
	"dictionary":             {{noticed}, {noticed, harmless, unnoticed}},
	"data page header":       {{noticed, harmless}, {noticed, harmless}},
	"data page header v2":    {{noticed, harmless}, {noticed, harmless}},
	"repetition levels":      {{noticed}, {noticed, harmless, unnoticed}}, // bits behind the last level mean nothing
	"definition levels":      {{noticed}, {noticed, harmless, unnoticed}},
	"values":                 {{noticed}, {noticed, harmless, unnoticed}},
	"compressed page":        {{noticed}, {noticed, harmless, unnoticed}},
	"column index":           {nil, {harmless, unnoticed}}, // what cannot be read or contradicts itself is not used
	"offset index":           {nil, {harmless, unnoticed}},
	"bloom filter header":    {nil, {harmless}},
	"bloom filter":           {nil, {harmless, unnoticed}},
	"footer":                 {nil, {noticed, harmless, unnoticed}},
	"footer length":          {nil, {noticed}},
	"magic tail":             {nil, {noticed}},
}

type partsRow struct {
	ID    int64    `parquet:"id"`
	Name  string   `parquet:"name,dict,optional"`
	Price *float64 `parquet:"price,optional"`
	Tags  []string `parquet:"tags,list"`
}

// partsSamples are files that have parts of all kinds: with checksums (parquet-go) and without (arrow-go).
func partsSamples(t *testing.T) map[string][]byte {
	var rows []partsRow
	for i := range 60 {
		r := partsRow{ID: int64(i * 3), Name: []string{"", "ash", "birch", "cedar"}[i%4]}
		if p := float64(i) / 4; i%5 != 0 {
			r.Price = &p
		}
		for k := range i % 3 {
			r.Tags = append(r.Tags, fmt.Sprint("tag", k))
		}
		rows = append(rows, r)
	}
	samples := map[string][]byte{}
	for name, options := range map[string][]pq.WriterOption{
		"checked v1":        {pq.DataPageVersion(1), pq.Compression(&pq.Uncompressed)},
		"checked v1 snappy": {pq.DataPageVersion(1), pq.Compression(&pq.Snappy)},
		"checked v2 zstd":   {pq.DataPageVersion(2), pq.Compression(&pq.Zstd)},
	} {
		options = append(options, pq.PageBufferSize(200), pq.BloomFilters(pq.SplitBlockFilter(10, "id")))
		samples[name] = readSample(t, writeRows(t, rows, options...))
	}
	record := partsRecord(rows)
	defer record.Release()
	for name, options := range map[string][]arrowparquet.WriterProperty{
		"unchecked v1":      {arrowparquet.WithDataPageVersion(arrowparquet.DataPageV1)},
		"unchecked v1 zstd": {arrowparquet.WithDataPageVersion(arrowparquet.DataPageV1), arrowparquet.WithCompression(compress.Codecs.Zstd)},
		"unchecked v2":      {arrowparquet.WithDataPageVersion(arrowparquet.DataPageV2), arrowparquet.WithCompression(compress.Codecs.Snappy)},
	} {
		options = append(options, arrowparquet.WithPageIndexEnabled(true), arrowparquet.WithBloomFilterEnabledFor("id", true), arrowparquet.WithMaxBloomFilterBytes(64),
			arrowparquet.WithDataPageSize(100), arrowparquet.WithBatchSize(10), arrowparquet.WithDictionaryFor("id", false), arrowparquet.WithDictionaryFor("price", false))
		samples[name] = readSample(t, writeArrow(t, record, 60, options...))
	}
	return samples
}

func readSample(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func partsRecord(rows []partsRow) arrow.RecordBatch {
	b := array.NewRecordBuilder(arrowmemory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "price", Type: arrow.PrimitiveTypes.Float64, Nullable: true}, {Name: "tags", Type: arrow.ListOfNonNullable(arrow.BinaryTypes.String)},
	}, nil))
	defer b.Release()
	tags := b.Field(3).(*array.ListBuilder)
	for i := range rows {
		r := &rows[i]
		b.Field(0).(*array.Int64Builder).Append(r.ID)
		if r.Name == "" {
			b.Field(1).AppendNull()
		} else {
			b.Field(1).(*array.StringBuilder).Append(r.Name)
		}
		if r.Price == nil {
			b.Field(2).AppendNull()
		} else {
			b.Field(2).(*array.Float64Builder).Append(*r.Price)
		}
		tags.Append(true)
		for _, tag := range r.Tags {
			tags.ValueBuilder().(*array.StringBuilder).Append(tag)
		}
	}
	return b.NewRecordBatch()
}

// readParts gives the text of all rows of a file, and of those that a filter looks for by indexes and bloom filters.
func readParts(path string) (string, error) {
	table, err := OpenPaths(context.Background(), nil, []string{path}, Options{})
	if err != nil {
		return "", err
	}
	request := everything(table)
	if len(request.Columns) == 0 {
		return "no columns", nil
	}
	all, err := tryColumns(table, request)
	if err != nil {
		return "", err
	}
	text := fmt.Sprint(table.Schema(), all)
	if table.Schema().String() != partsSchema {
		return text, nil
	}
	for _, f := range []source.Filter{{Column: 0, Op: source.FilterEqual, Values: []any{int64(99)}}, {Column: 0, Op: source.FilterGreater, Values: []any{int64(165)}}} {
		request.Filters = []source.Filter{f}
		found, err := tryColumns(table, request)
		if err != nil {
			return text, err
		}
		var ids []any
		for _, id := range found[0] {
			if passes(request.Filters, [][]any{{id}}, 0) {
				ids = append(ids, id)
			}
		}
		text += fmt.Sprint(ids)
	}
	return text, nil
}

const partsSchema = "struct<id:bigint,name:string,price:double,tags:array<string>>"

// TestDamagedParts damages bytes of every part of small files, one at a time, and compares what happens with the table of
// fates. It was written with a step of 1.
func TestDamagedParts(t *testing.T) {
	seen := map[string]map[string]int{}
	for name, sample := range partsSamples(t) {
		parts, err := testenv.ParquetParts(sample)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		sound := filepath.Join(dir, "sound.parquet")
		if err := os.WriteFile(sound, sample, 0o600); err != nil {
			t.Fatal(err)
		}
		want, err := readParts(sound)
		if err != nil || !strings.HasPrefix(want, partsSchema) {
			t.Fatalf("%s: %s %v", name, want, err)
		}
		for _, p := range parts {
			for at := p.From; at < p.To; at += 1 + (p.To-p.From)/30 {
				for k, mask := range []byte{0xff, 1 << (at % 8)} {
					b := bytes.Clone(sample)
					b[at] ^= mask
					path := filepath.Join(dir, fmt.Sprintf("%d-%d.parquet", at, k)) // footers are cached by path and time
					if err := os.WriteFile(path, b, 0o600); err != nil {
						t.Fatal(err)
					}
					got, err := readParts(path)
					os.Remove(path)
					fate := fateOf(t, path, p, got, want, err)
					key := fmt.Sprintf("%s, checked %v", p.Kind, p.Checked)
					if seen[key] == nil {
						seen[key] = map[string]int{}
					}
					seen[key][fate]++
					allowed := fates[p.Kind][1]
					if p.Checked {
						allowed = fates[p.Kind][0]
					}
					if !slices.Contains(allowed, fate) {
						t.Errorf("%s: %s of %s: byte %d of %d-%d ^ %#x: %s %v\n%s", name, p.Kind, p.Column, at, p.From, p.To, mask, fate, err, got)
					}
				}
			}
		}
	}
	for _, kind := range testenv.ParquetKinds {
		for i, allowed := range fates[kind] {
			key := fmt.Sprintf("%s, checked %v", kind, i == 0)
			t.Log(key, seen[key])
			if allowed != nil && seen[key] == nil {
				t.Errorf("no file has a part of the kind %s", key)
			}
		}
	}
}

// fateOf classifies what reading a damaged file gave, and checks that errors are clear ones.
func fateOf(t *testing.T, path string, p testenv.ParquetPart, got, want string, err error) string {
	t.Helper()
	switch {
	case err != nil:
		wantUserError(t, err)
		if !strings.Contains(err.Error(), filepath.Base(path)) {
			t.Errorf("the file is not in %v", err)
		}
		if column, _, _ := strings.Cut(p.Column, "."); !strings.Contains(err.Error(), column) {
			t.Errorf("column %s is not in %v", column, err)
		}
		return noticed
	case got == want:
		return harmless
	}
	return unnoticed
}
