package kiln

import (
	"fmt"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/types"
)

// Reader reads files into a DataFrame: session.Read().Option("mergeSchema", "true").Parquet("data/*.parquet"). It is
// immutable; each method returns a changed copy.
type Reader struct {
	session *Session
	format  string
	options map[string]string
	schema  *types.Type
	err     error
}

// Read starts reading files.
func (s *Session) Read() *Reader { return &Reader{session: s} }

// Format names the file format; "" tells it from the files' names.
func (r *Reader) Format(name string) *Reader { c := *r; c.format = name; return &c }

// Option sets an option of the format, as in Spark, by a name in any case:
//
//   - mergeSchema, true or false: take the columns of all files, by name, instead of those of the first;
//   - basePath: the directory below which directories such as k=1 are partitions, where the paths name some of them;
//   - pathGlobFilter: only files whose name, without directories, matches this glob;
//   - recursiveFileLookup, true or false: all files below the directories, none of which is a partition;
//   - modifiedBefore, modifiedAfter: only files changed before or after this time, such as 2024-12-31T23:59:59, in the
//     session's zone if it names none.
//
// Any other option is UNSUPPORTED_FEATURE, a value that cannot be read INVALID_CONF_VALUE.TYPE_MISMATCH, when the DataFrame is used.
func (r *Reader) Option(key string, value any) *Reader {
	c := *r
	c.options = map[string]string{key: fmt.Sprint(value)}
	for k, v := range r.options {
		if _, ok := c.options[k]; !ok {
			c.options[k] = v
		}
	}
	return &c
}

// Schema gives the columns to read, as SQL text ("a int, b string"); columns are found by name. Partition columns come
// last whether it names them or not, with the types that it gives them; INVALID_PARTITION_VALUE is the error of a
// directory that does not fit.
func (r *Reader) Schema(text string) *Reader {
	c := *r
	t, err := types.ParseSchema(text)
	c.schema = &t
	if c.err == nil {
		c.err = err
	}
	return &c
}

// Load reads paths: files, directories with or without Hive partitions, globs, comma-separated lists of these.
func (r *Reader) Load(paths ...string) *DataFrame {
	return r.session.newDataFrame(&ast.FileTable{Format: r.format, Paths: paths, Options: r.options, Schema: r.schema}, r.err)
}

// Parquet is Format("parquet").Load(paths…).
func (r *Reader) Parquet(paths ...string) *DataFrame { return r.Format("parquet").Load(paths...) }

// Table is the table or view of that name.
func (r *Reader) Table(name string) *DataFrame { return r.session.Table(name) }

// Table is the table or view of that name as a DataFrame.
func (s *Session) Table(name string) *DataFrame {
	e, err := Col(name).Expr()
	n, ok := e.(*ast.Name)
	if err == nil && !ok {
		err = fmt.Errorf("kiln: %q is not the name of a table", name)
	}
	if err != nil {
		return s.newDataFrame(nil, err)
	}
	return s.newDataFrame(&ast.Table{Name: n.Parts}, nil)
}

// Range is the DataFrame of one bigint column "id" with the numbers from start up to end, end left out, by step.
func (s *Session) Range(start, end, step int64) *DataFrame {
	literal := func(n int64) ast.Expr { return &ast.Literal{Value: n, Type: types.LongType} }
	return s.newDataFrame(&ast.TableFunction{Name: []string{"range"}, Args: []ast.Expr{literal(start), literal(end), literal(step)}}, nil)
}
