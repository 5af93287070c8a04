package parquet

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	arrowparquet "github.com/apache/arrow-go/v18/parquet"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

// damagedSamples are small files of many kinds: types, encodings, page versions, nesting, codecs.
func damagedSamples(t testing.TB) [][]byte {
	var samples [][]byte
	for seed := range uint64(24) {
		rng := rand.New(rand.NewPCG(seed, 77))
		var fields []arrow.Field
		for i := range 4 {
			depth := 0
			if i == 3 {
				depth = 2
			}
			fields = append(fields, arrow.Field{Name: string(rune('a' + i)), Type: randomType(rng, depth), Nullable: rng.IntN(2) == 0})
		}
		record := randomRecord(rng, arrow.NewSchema(fields, nil), 60, []int{3, 1000}[rng.IntN(2)], 0.2)
		options := randomOptions(rng)
		if seed%3 == 0 {
			options = append(options, arrowparquet.WithPageIndexEnabled(true))
		}
		b, err := os.ReadFile(writeArrow(t, record, 40, options...))
		if err != nil {
			t.Fatal(err)
		}
		samples = append(samples, b)
	}
	return samples
}

// readDamaged reads all of a file that may be damaged. What comes back is a user error or nothing.
func readDamaged(t testing.TB, path string) {
	t.Helper()
	table, err := OpenPaths(context.Background(), nil, []string{path}, Options{})
	if err != nil {
		wantUserError(t, err)
		return
	}
	table.Statistics()
	request := everything(table)
	for i, c := range request.Columns {
		request.Filters = append(request.Filters, source.Filter{Column: i, Op: source.FilterIsNotNull})
		if c.Type.Kind == types.Long {
			request.Filters = append(request.Filters, source.Filter{Column: i, Op: source.FilterGreater, Values: []any{int64(-1 << 40)}})
		}
	}
	s, err := table.Scan(context.Background(), request)
	if err != nil {
		wantUserError(t, err)
		return
	}
	reader, _ := s.NewReader()
	defer reader.Close()
	vectors := vectorsFor(request)
	for _, m := range s.Morsels() {
		if err := reader.Open(context.Background(), m); err != nil {
			wantUserError(t, err)
			continue
		}
		for chunks := 0; chunks < 4; chunks++ {
			n, err := reader.Next()
			if err != nil || n == 0 {
				break
			}
			for c, v := range vectors {
				if err := reader.Load(c, nil, v); err != nil {
					wantUserError(t, err)
					continue
				}
				for i := range n {
					value(v, i) // every view and code must be readable
				}
			}
		}
	}
}

// readBytes is readDamaged for a file of its own, so that no cached footer is used.
func readBytes(t testing.TB, b []byte) {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "damaged*.parquet")
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(b); err != nil {
		t.Fatal(err)
	}
	f.Close()
	readDamaged(t, f.Name())
}

func wantUserError(t testing.TB, err error) {
	t.Helper()
	var known *diag.Error
	if !errors.As(err, &known) {
		t.Fatalf("not a user error: %v", err)
	}
	switch known.Condition {
	case "FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER", "FAILED_READ_FILE.DAMAGED_COLUMN", "FAILED_READ_FILE.NO_HINT", "UNSUPPORTED_FEATURE",
		"FAILED_READ_FILE.PARQUET_COLUMN_DATA_TYPE_MISMATCH":
	default:
		t.Fatalf("unexpected condition: %v", err)
	}
}

func TestDamage(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for _, sample := range damagedSamples(t) {
		for range 80 {
			b := bytes.Clone(sample)
			for range 1 + rng.IntN(3) {
				at := rng.IntN(len(b) - 8)
				if rng.IntN(2) == 0 {
					b[at] ^= 1 << rng.IntN(8)
				} else {
					b[at] = byte(rng.Uint32())
				}
			}
			if rng.IntN(10) == 0 {
				b = append(b[:rng.IntN(len(b))], "PAR1"...)
			}
			readBytes(t, b)
		}
	}
}

func TestNotParquet(t *testing.T) {
	sample := damagedSamples(t)[0]
	for name, b := range map[string][]byte{
		"empty":     {},
		"short":     []byte("PAR1"),
		"text":      bytes.Repeat([]byte("this is no Parquet file\n"), 100),
		"truncated": sample[:len(sample)/2],
		"no magic":  append(bytes.Clone(sample[:len(sample)-1]), 'x'),
		"encrypted": append(bytes.Clone(sample[:len(sample)-4]), "PARE"...),
		"footer":    append(bytes.Clone(sample[:len(sample)-8]), 0xff, 0xff, 0xff, 0x7f, 'P', 'A', 'R', '1'),
	} {
		path := filepath.Join(t.TempDir(), "x.parquet")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := OpenPaths(context.Background(), nil, []string{path}, Options{})
		if diag.ConditionOf(err) != "FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestChangedFile cuts a file off after its table was opened.
func TestChangedFile(t *testing.T) {
	b, _ := os.ReadFile(tpch + "/nation.parquet")
	path := filepath.Join(t.TempDir(), "n.parquet")
	os.WriteFile(path, b, 0o600)
	table := open(t, path)
	os.WriteFile(path, b[:100], 0o600)
	_, err := tryColumns(table, everything(table))
	wantCondition(t, err, "FAILED_READ_FILE.NO_HINT")
	os.Remove(path)
	_, err = tryColumns(table, everything(table))
	wantCondition(t, err, "FAILED_READ_FILE.FILE_NOT_EXIST")
}

// TestDamageNeedsNoMemory checks that sizes in damaged headers are not believed.
func TestDamageNeedsNoMemory(t *testing.T) {
	sample := damagedSamples(t)[1]
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	rng := rand.New(rand.NewPCG(1, 1))
	const files = 200
	for range files {
		b := bytes.Clone(sample)
		for range 4 {
			b[rng.IntN(len(b)-8)] = 0xff // varints become long
		}
		readBytes(t, b)
	}
	runtime.ReadMemStats(&after)
	if per := (after.TotalAlloc - before.TotalAlloc) / files; per > 8<<20 {
		t.Errorf("%d bytes allocated for a file of %d", per, len(sample))
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range damagedSamples(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) { readBytes(t, b) })
}
