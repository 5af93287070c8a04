package kiln

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/catalog"
	"github.com/kilnql/kiln/catalog/files"
	"github.com/kilnql/kiln/catalog/parquet"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/configuration"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/logical/analysis"
	"github.com/kilnql/kiln/types"
)

// sessionCatalog answers the binder from a session's catalog and from files.
type sessionCatalog struct {
	session *Session
}

// ResolveTable finds a temporary view, or files named as format.`path`.
func (c sessionCatalog) ResolveTable(_ context.Context, name []string) (analysis.Relation, error) {
	if v, ok := c.session.catalog.View(name); ok {
		qualifier := []string{v.Name}
		if v.Global {
			qualifier = []string{catalog.GlobalTemp, v.Name}
		}
		r := analysis.Relation{Qualifier: qualifier, View: v.Query, Columns: v.Columns, Comments: v.Comments, Text: v.Text}
		if q, ok := v.Query.(*ast.Owned); ok { // of a DataFrame
			r.View = q.Input
			r.Step, _ = q.Step.(*analysis.Step)
		}
		return r, nil
	}
	return analysis.Relation{}, nil
}

// TableNames lists what could have been meant.
func (c sessionCatalog) TableNames() []string { return c.session.catalog.Names() }

// OpenFiles opens the files of a format.
func (c sessionCatalog) OpenFiles(ctx context.Context, t *ast.FileTable) (source.Table, error) {
	format := strings.ToLower(t.Format)
	if format == "" {
		format = formatOf(t.Paths)
	}
	switch format {
	case "parquet":
		return c.openParquet(ctx, t)
	case "csv", "json", "orc", "text", "avro", "xml", "binaryfile", "delta", "iceberg":
		return nil, diag.Unsupported("reading files of format " + format)
	}
	return nil, diag.New("DATA_SOURCE_NOT_FOUND", "provider", format)
}

// formatOf tells a format from the name of the first path; what has no telling name is Parquet, Spark's default.
func formatOf(paths []string) string {
	for _, p := range paths {
		first, _, _ := strings.Cut(p, ",")
		name := strings.ToLower(filepath.Base(first))
		for _, packed := range []string{".gz", ".bz2", ".zst"} {
			name = strings.TrimSuffix(name, packed)
		}
		switch ext := filepath.Ext(name); ext {
		case ".csv", ".json", ".orc", ".avro", ".xml":
			return ext[1:]
		case ".jsonl", ".ndjson":
			return "json"
		case ".txt", ".tsv":
			return "text"
		}
	}
	return "parquet"
}

func (c sessionCatalog) openParquet(ctx context.Context, t *ast.FileTable) (source.Table, error) {
	conf := c.session.configuration
	o := parquet.Options{CaseSensitive: conf.Bool(configuration.CaseSensitive), MergeSchema: conf.Bool(configuration.MergeSchema)}
	if t.Schema != nil {
		o.Schema = *t.Schema
	}
	expand := files.Options{
		Schema: o.Schema, CaseSensitive: o.CaseSensitive, StringPartitions: !conf.Bool(configuration.PartitionTypes),
		Zone: types.ZoneOf(c.session.Zone()), TimestampNTZ: strings.EqualFold(conf.String(configuration.TimestampType), "TIMESTAMP_NTZ"),
	}
	for key, value := range t.Options {
		if err := readerOption(key, value, &o, &expand); err != nil {
			return nil, err
		}
	}
	set, err := files.Expand(ctx, c.session.gate, t.Paths, expand)
	if err != nil {
		return nil, err
	}
	return c.session.tables.open(ctx, set, o)
}

// readerOption takes one option of Reader.Option, whose comment lists them.
func readerOption(key, value string, o *parquet.Options, expand *files.Options) (err error) {
	switch strings.ToLower(key) {
	case "path":
	case "mergeschema":
		o.MergeSchema, err = booleanOption(key, value)
	case "basepath":
		expand.BasePath = value
	case "pathglobfilter":
		expand.NameGlob = value
	case "recursivefilelookup":
		expand.Recursive, err = booleanOption(key, value)
	case "modifiedbefore":
		expand.ModifiedBefore, err = timeOption(key, value, expand.Zone)
	case "modifiedafter":
		expand.ModifiedAfter, err = timeOption(key, value, expand.Zone)
	default:
		err = diag.Unsupported("the option " + key + " of Parquet files")
	}
	return err
}

func booleanOption(key, value string) (bool, error) {
	on, err := strconv.ParseBool(strings.ToLower(value))
	if err != nil {
		return false, diag.New("INVALID_CONF_VALUE.TYPE_MISMATCH", "confName", key, "confValue", value, "confType", "boolean")
	}
	return on, nil
}

func timeOption(key, value string, zone *types.Zone) (time.Time, error) {
	micros, ok := types.ParseTimestamp(value, zone, 0)
	if !ok {
		return time.Time{}, diag.New("INVALID_CONF_VALUE.TYPE_MISMATCH", "confName", key, "confValue", value, "confType", "a time such as 2024-12-31T23:59:59")
	}
	return time.UnixMicro(micros), nil
}

// tableCache keeps opened tables of files, so that the same files are the same table as long as they do not change: plans can
// be compared, and footers are read once.
type tableCache struct {
	mu     sync.Mutex
	tables map[string]*parquet.Table
}

// maxTables bounds the cache; when it is full it starts anew.
const maxTables = 256

func (c *tableCache) open(ctx context.Context, set *files.Set, o parquet.Options) (source.Table, error) {
	var key strings.Builder
	fmt.Fprintf(&key, "%t %t %t %s\n", o.MergeSchema, o.CaseSensitive, o.BinaryAsString, o.Schema)
	for _, f := range set.Partitions {
		fmt.Fprintf(&key, "%s %s\n", f.Name, f.Type)
	}
	for _, f := range set.Files {
		fmt.Fprintf(&key, "%s %d %d %v\n", f.Path, f.Size, f.ModTime.UnixNano(), f.Values)
	}
	c.mu.Lock()
	t := c.tables[key.String()]
	c.mu.Unlock()
	if t != nil {
		return t, nil
	}
	t, err := parquet.Open(ctx, set, o)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tables == nil || len(c.tables) >= maxTables {
		c.tables = map[string]*parquet.Table{}
	}
	c.tables[key.String()] = t
	return t, nil
}
