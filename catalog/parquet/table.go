// Package parquet reads Parquet files into vectors: schemas and statistics of one or many files as one table, pruning
// by partition values, statistics, bloom filters and page indexes, and a page loop of its own for the data.
//
// A column that is not loaded for a chunk is not decoded, and pages that no wanted row is in are not even
// decompressed. Damaged files give errors with the path and the column; decoders do not panic past this package.
package parquet

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/kilnql/kiln/catalog/files"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

// Options change how files become a table.
type Options struct {
	// MergeSchema takes the columns of all files, by name; otherwise the first file's schema holds for all.
	MergeSchema bool
	// Schema, if not void, is the table's schema; columns that files lack are null.
	Schema types.Type
	// CaseSensitive compares column names exactly.
	CaseSensitive bool
	// BinaryAsString reads byte arrays without annotation as strings, as old writers meant them.
	BinaryAsString bool
}

// Table is a set of Parquet files read as one table. It implements source.Table.
type Table struct {
	set     *files.Set
	options Options
	footers []*footer // per file of the set
	schema  types.Type
	// partitions maps columns of the schema to partition columns of the set; -1: a column of the files.
	partitions []int

	statisticsOnce sync.Once
	statistics     *source.Statistics
}

// OpenPaths is Open for the files that Expand finds under paths.
func OpenPaths(ctx context.Context, gate *files.Gate, paths []string, o Options) (*Table, error) {
	set, err := files.Expand(ctx, gate, paths, files.Options{Schema: o.Schema, CaseSensitive: o.CaseSensitive})
	if err != nil {
		return nil, err
	}
	return Open(ctx, set, o)
}

// Open reads the footers of the files and makes a table of them. The set must not change afterwards. Errors:
// FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER, CANNOT_MERGE_SCHEMAS, COLUMN_ALREADY_EXISTS, UNABLE_TO_INFER_SCHEMA (no files), and those of
// files.Gate.
func Open(ctx context.Context, set *files.Set, o Options) (*Table, error) {
	t := &Table{set: set, options: o}
	if err := t.readFooters(ctx); err != nil {
		return nil, err
	}
	if err := t.inferSchema(); err != nil {
		return nil, err
	}
	return t, nil
}

// footerReaders is how many footers are read at once; they are short reads that mostly wait.
const footerReaders = 8

func (t *Table) readFooters(ctx context.Context) error {
	t.footers = make([]*footer, len(t.set.Files))
	errs := make([]error, len(t.set.Files))
	work := make(chan int)
	var group sync.WaitGroup
	for range min(footerReaders, len(t.set.Files)) {
		group.Go(func() {
			for i := range work {
				if errs[i] = ctx.Err(); errs[i] == nil {
					t.footers[i], errs[i] = openFooter(t.set.Gate, &t.set.Files[i], &t.options)
				}
			}
		})
	}
	for i := range t.set.Files {
		work <- i
	}
	close(work)
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// inferSchema decides the columns of the table. Partition columns take the place of columns of the files that have their
// names; others, and with a given schema all, come last.
func (t *Table) inferSchema() error {
	given := t.options.Schema.Kind == types.Struct
	schema, err := t.dataSchema()
	if err != nil {
		return err
	}
	fields := append([]types.Field(nil), schema.Fields()...)
	if given {
		for _, partition := range t.set.Partitions {
			fields = slices.DeleteFunc(fields, func(f types.Field) bool { return t.sameName(f.Name, partition.Name) })
		}
	}
	t.partitions = make([]int, len(fields), len(fields)+len(t.set.Partitions))
	for i := range fields {
		t.partitions[i] = -1
	}
	if err := t.checkNames(types.StructType(fields...)); err != nil {
		return err
	}
	if err := t.checkNames(types.StructType(t.set.Partitions...)); err != nil {
		return err
	}
	for p, partition := range t.set.Partitions {
		at := slices.IndexFunc(fields, func(f types.Field) bool { return t.sameName(f.Name, partition.Name) })
		if at < 0 {
			at = len(fields)
			fields = append(fields, partition)
			t.partitions = append(t.partitions, p)
		}
		fields[at], t.partitions[at] = partition, p
	}
	t.schema = types.StructType(fields...)
	return nil
}

// dataSchema is the given schema, or that of the files.
func (t *Table) dataSchema() (types.Type, error) {
	switch {
	case t.options.Schema.Kind == types.Struct:
		return t.options.Schema, nil
	case len(t.footers) == 0:
		return types.Type{}, diag.New("UNABLE_TO_INFER_SCHEMA", "format", "Parquet")
	}
	schema := t.footers[0].root.typ
	if !t.options.MergeSchema {
		return schema, nil
	}
	for _, f := range t.footers[1:] {
		merged, ok := mergeTypes(schema, f.root.typ, t.options.CaseSensitive)
		if !ok {
			return schema, diag.New("CANNOT_MERGE_SCHEMAS", "left", schema.SQL(), "right", f.root.typ.SQL())
		}
		schema = merged
	}
	return schema, nil
}

func (t *Table) sameName(a, b string) bool {
	return a == b || !t.options.CaseSensitive && strings.EqualFold(a, b)
}

// checkNames refuses two fields of one name at any level, between which no query could choose.
func (t *Table) checkNames(typ types.Type) error {
	switch typ.Kind {
	case types.Array:
		return t.checkNames(typ.Elem())
	case types.Map:
		if err := t.checkNames(typ.Key()); err != nil {
			return err
		}
		return t.checkNames(typ.Elem())
	case types.Struct:
		seen := map[string]bool{}
		for _, f := range typ.Fields() {
			name := f.Name
			if !t.options.CaseSensitive {
				name = strings.ToLower(name)
			}
			if seen[name] {
				return diag.New("COLUMN_ALREADY_EXISTS", "columnName", "`"+strings.ReplaceAll(name, "`", "``")+"`")
			}
			seen[name] = true
			if err := t.checkNames(f.Type); err != nil {
				return err
			}
		}
	}
	return nil
}

// mergeTypes is the type that holds values of both, structs by the names of their fields; ok is false if there is none.
func mergeTypes(a, b types.Type, caseSensitive bool) (types.Type, bool) {
	if a.SameType(b) {
		return a, true
	}
	switch {
	case a.Kind == types.Struct && b.Kind == types.Struct:
		return mergeStructs(a, b, caseSensitive)
	case a.Kind == types.Array && b.Kind == types.Array:
		elem, ok := mergeTypes(a.Elem(), b.Elem(), caseSensitive)
		return types.ArrayType(elem, true), ok
	case a.Kind == types.Map && b.Kind == types.Map:
		key, ok := mergeTypes(a.Key(), b.Key(), caseSensitive)
		value, ok2 := mergeTypes(a.Elem(), b.Elem(), caseSensitive)
		return types.MapType(key, value, true), ok && ok2
	case a.Kind == types.Void:
		return b, true
	case b.Kind == types.Void || widens(b, a):
		return a, true
	case widens(a, b):
		return b, true
	}
	return a, false
}

func mergeStructs(a, b types.Type, caseSensitive bool) (types.Type, bool) {
	fields := append([]types.Field(nil), a.Fields()...)
	for _, g := range b.Fields() {
		found := false
		for i := range fields {
			if fields[i].Name == g.Name || !caseSensitive && strings.EqualFold(fields[i].Name, g.Name) {
				merged, ok := mergeTypes(fields[i].Type, g.Type, caseSensitive)
				if !ok {
					return a, false
				}
				fields[i].Type, found = merged, true
				break
			}
		}
		if !found {
			g.Nullable = true
			fields = append(fields, g)
		}
	}
	return types.StructType(fields...), true
}

// widens reports whether every value of type a can be read as type b.
func widens(a, b types.Type) bool {
	switch {
	case a.IsIntegral() && b.IsIntegral():
		return a.Kind < b.Kind
	case a.Kind == types.Float && b.Kind == types.Double, a.IsIntegral() && a.Kind <= types.Int && b.Kind == types.Double:
		return true
	case a.Kind == types.Decimal && b.Kind == types.Decimal:
		_, ok := decimalFactor(a, b)
		return ok
	case a.IsIntegral() && b.Kind == types.Decimal:
		return int(b.Precision-b.Scale) >= digitsOf(a.Kind)
	case a.Kind == types.Date && b.Kind == types.TimestampNTZ:
		return true
	}
	return false
}

// Name names the files, as "parquet [/data/a.parquet, …]".
func (t *Table) Name() string {
	paths := t.set.Paths
	text := strings.Join(paths[:min(len(paths), 3)], ", ")
	if len(paths) > 3 {
		text += fmt.Sprintf(", … %d more", len(paths)-3)
	}
	return "parquet [" + text + "]"
}

// Schema is the struct of the table's columns: those of the files, then partition columns that the files do not have.
func (t *Table) Schema() types.Type { return t.schema }

// Files are the files of the table; do not modify.
func (t *Table) Files() *files.Set { return t.set }

// Format implements source.FileTable.
func (t *Table) Format() string { return "parquet" }

// Paths implements source.FileTable.
func (t *Table) Paths() []string {
	paths := make([]string, len(t.set.Files))
	for i, f := range t.set.Files {
		paths[i] = f.Path
	}
	return paths
}

var _ source.FileTable = (*Table)(nil)
