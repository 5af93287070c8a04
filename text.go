package kiln

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/kilnql/kiln/builtin"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// texts runs d and returns its header and its first limit rows (all, below 0) as text, cast as Spark's show does.
func (d *DataFrame) texts(ctx context.Context, limit int) (header []string, rows [][]string, err error) {
	if err := d.bound(); err != nil {
		return nil, nil, err
	}
	plan, err := d.session.textPlan(d.plan, limit)
	if err != nil {
		return nil, nil, err
	}
	for c, err := range d.session.columns(ctx, unshared(plan)) {
		if err != nil {
			return nil, nil, d.located(err)
		}
		for i := range c.Len {
			row := make([]string, len(c.Columns))
			for j, column := range c.Columns {
				row[j] = "NULL"
				if !column.IsNull(i) {
					row[j] = string(column.StringAt(i))
				}
			}
			rows = append(rows, row)
		}
	}
	return d.Columns(), rows, nil
}

// textPlan casts every column of a plan to string, over at most limit rows.
func (s *Session) textPlan(plan logical.Node, limit int) (logical.Node, error) {
	ids := logical.IDsAfter(plan)
	settings := s.settings()
	project := &logical.Project{Input: plan}
	for _, c := range plan.Columns() {
		e, err := builtin.PrettyString(c.Ref(), settings)
		if err != nil {
			return nil, err
		}
		project.Items = append(project.Items, logical.Named{ID: ids.Next(), Name: c.Name, Expr: e})
	}
	if limit >= 0 {
		project.Input = &logical.Limit{Input: plan, Count: int64(limit)}
	}
	return project, nil
}

// Show runs d and prints its first rows to standard output as Spark's show does.
func (d *DataFrame) Show(ctx context.Context, o ShowOptions) error {
	text, err := d.ShowString(ctx, o)
	if err == nil {
		fmt.Print(text)
	}
	return err
}

// SchemaString is the schema as Spark's printSchema prints it.
func (d *DataFrame) SchemaString() string {
	var b strings.Builder
	b.WriteString("root\n")
	for _, f := range d.Schema().Fields() {
		schemaLine(&b, " |-- ", f.Name, f.Type, f.Nullable)
	}
	return b.String()
}

// PrintSchema prints SchemaString.
func (d *DataFrame) PrintSchema(w io.Writer) error {
	if err := d.bound(); err != nil {
		return err
	}
	_, err := io.WriteString(w, d.SchemaString())
	return err
}

func schemaLine(b *strings.Builder, lead, name string, t types.Type, nullable bool) {
	fmt.Fprintf(b, "%s%s: %s (nullable = %t)\n", lead, name, treeName(t), nullable)
	schemaBelow(b, " |   "+lead, t)
}

// schemaBelow prints what is inside a nested type.
func schemaBelow(b *strings.Builder, lead string, t types.Type) {
	switch t.Kind {
	case types.Struct:
		for _, f := range t.Fields() {
			schemaLine(b, lead, f.Name, f.Type, f.Nullable)
		}
	case types.Array:
		fmt.Fprintf(b, "%selement: %s (containsNull = %t)\n", lead, treeName(t.Elem()), t.ElemNullable())
		schemaBelow(b, " |   "+lead, t.Elem())
	case types.Map:
		fmt.Fprintf(b, "%skey: %s\n", lead, treeName(t.Key()))
		schemaBelow(b, " |   "+lead, t.Key())
		fmt.Fprintf(b, "%svalue: %s (valueContainsNull = %t)\n", lead, treeName(t.Elem()), t.ElemNullable())
		schemaBelow(b, " |   "+lead, t.Elem())
	}
}

// treeName is the name of a type in printSchema: Spark's typeName, not its simple string.
func treeName(t types.Type) string {
	switch t.Kind {
	case types.Byte:
		return "byte"
	case types.Short:
		return "short"
	case types.Int:
		return "integer"
	case types.Long:
		return "long"
	case types.Array:
		return "array"
	case types.Map:
		return "map"
	case types.Struct:
		return "struct"
	}
	return t.String()
}

// zoneOffset reads a day-time interval as an offset of a time zone in seconds.
func zoneOffset(v any) (seconds int, ok bool) {
	d, ok := v.(time.Duration)
	if !ok || d%time.Second != 0 || d > 18*time.Hour || d < -18*time.Hour {
		return 0, false
	}
	return int(d / time.Second), true
}
