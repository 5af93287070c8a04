package kiln

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/builtin"
	"github.com/kilnql/kiln/catalog"
	"github.com/kilnql/kiln/catalog/memory"
	"github.com/kilnql/kiln/configuration"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/functions"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/logical/analysis"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// table is what a command answers: columns and rows of Go values, in the forms of package types.
type table struct {
	fields []types.Field
	rows   [][]any
}

func textColumns(names ...string) *table {
	t := &table{}
	for _, n := range names {
		t.fields = append(t.fields, types.Field{Name: n, Type: types.StringType, Nullable: true})
	}
	return t
}

func (t *table) add(values ...any) { t.rows = append(t.rows, values) }

// frame makes a DataFrame of a command's answer.
func (s *Session) frame(t *table) *DataFrame {
	return s.newDataFrame(&ast.LocalRelation{Source: localTable("LocalRelation", t.fields, t.rows), Name: ""}, nil)
}

// localTable holds rows of Go values as one partition.
func localTable(name string, fields []types.Field, rows [][]any) *memory.Table {
	batch := memory.Batch{Len: len(rows)}
	for c, f := range fields {
		column := vector.NewFlat(f.Type, len(rows))
		column.Reset(len(rows))
		for r, row := range rows {
			kernel.SetValue(column, r, row[c])
		}
		batch.Columns = append(batch.Columns, column)
	}
	return memory.NewTable(name, types.StructType(fields...), [][]memory.Batch{{batch}})
}

// command runs a statement that is not a query.
func (s *Session) command(ctx context.Context, stmt *ast.Statement, p parameters) *DataFrame {
	if err := ctx.Err(); err != nil {
		return &DataFrame{session: s, err: diag.New("OPERATION_CANCELED").Wrap(err)}
	}
	t, err := s.runCommand(ctx, stmt, p)
	if err != nil {
		var e *diag.Error
		if errors.As(err, &e) && e.SQL == "" {
			e.At(stmt.Command.Place()) // unless it knows a narrower place
		}
		return &DataFrame{session: s, err: err}
	}
	if t == nil {
		t = &table{}
	}
	return s.frame(t)
}

// runCommand is the one switch over commands; a nil table is an answer without columns.
func (s *Session) runCommand(ctx context.Context, stmt *ast.Statement, p parameters) (_ *table, err error) {
	defer diag.Recover(&err)
	switch c := stmt.Command.(type) {
	case *ast.Explain:
		return s.explain(ctx, stmt, c, p)
	case *ast.ShowTables:
		return s.showTables(c)
	case *ast.ShowFunctions:
		return showFunctions(c), nil
	case *ast.ShowColumns:
		return s.showColumns(ctx, c)
	case *ast.ShowDatabases:
		return s.showDatabases(c), nil
	case *ast.DescribeTable:
		return s.describeTable(ctx, c)
	case *ast.DescribeQuery:
		return s.describeQuery(ctx, c, p)
	case *ast.DescribeFunction:
		return describeFunction(c)
	case *ast.Set:
		return s.set(ctx, c)
	case *ast.Reset:
		return nil, s.configuration.Reset(c.Key)
	case *ast.CreateView:
		return nil, s.createView(ctx, c, p)
	case *ast.DropView:
		return nil, s.dropView(c)
	case *ast.CacheTable:
		return nil, s.cacheTable(ctx, c, p)
	case *ast.UncacheTable:
		return nil, s.uncacheTable(ctx, c)
	case *ast.ClearCache:
		s.cache.clear()
		return nil, nil
	case *ast.Use:
		return nil, s.catalog.Use(strings.Join(c.Database, "."))
	case *ast.Unsupported:
		return nil, diag.Unsupported(c.Name).At(c.Place())
	}
	panic(&diag.Bug{Value: fmt.Sprintf("no command %T", stmt.Command)})
}

func (s *Session) showTables(c *ast.ShowTables) (*table, error) {
	if len(c.Database) > 0 && !slices.ContainsFunc(s.catalog.Databases(), func(d string) bool { return strings.EqualFold(d, c.Database[len(c.Database)-1]) }) &&
		!strings.EqualFold(c.Database[len(c.Database)-1], catalog.GlobalTemp) {
		err := diag.New("SCHEMA_NOT_FOUND", "schemaName", quoteName(c.Database))
		err.Suggestions = diag.Similar(c.Database[len(c.Database)-1], s.catalog.Databases(), 3)
		return nil, err
	}
	first := "tableName"
	if c.Views {
		first = "viewName"
	}
	t := textColumns("namespace", first)
	t.fields = append(t.fields, types.Field{Name: "isTemporary", Type: types.BooleanType})
	global := len(c.Database) == 1 && strings.EqualFold(c.Database[0], catalog.GlobalTemp)
	if global {
		for _, v := range s.catalog.Views(c.Pattern, true) {
			t.add(catalog.GlobalTemp, v.Name, true)
		}
	}
	for _, v := range s.catalog.Views(c.Pattern, false) {
		t.add("", v.Name, true)
	}
	return t, nil
}

func (s *Session) showDatabases(c *ast.ShowDatabases) *table {
	t := textColumns("namespace")
	for _, name := range s.catalog.Databases() {
		if catalog.Matches(c.Pattern, name) {
			t.add(name)
		}
	}
	return t
}

func showFunctions(c *ast.ShowFunctions) *table {
	t := textColumns("function")
	if strings.EqualFold(c.Scope, "USER") {
		return t
	}
	for _, name := range builtin.Callable() {
		if catalog.Matches(c.Pattern, name) {
			t.add(name)
		}
	}
	return t
}

func (s *Session) showColumns(ctx context.Context, c *ast.ShowColumns) (*table, error) {
	plan, err := s.bindWith(ctx, tableAt(c.Table, c.Place()), parameters{})
	if err != nil {
		return nil, err
	}
	t := textColumns("col_name")
	for _, column := range plan.Columns() {
		t.add(column.Name)
	}
	return t, nil
}

func tableAt(name []string, place diag.Span) ast.Query {
	t := &ast.Table{Name: name}
	t.Span = place
	return t
}

func (s *Session) describeTable(ctx context.Context, c *ast.DescribeTable) (*table, error) {
	plan, err := s.bindWith(ctx, tableAt(c.Table, c.Place()), parameters{})
	if err != nil {
		return nil, err
	}
	columns := plan.Columns()
	if len(c.Column) > 0 {
		name := c.Column[len(c.Column)-1]
		i := slices.IndexFunc(columns, func(x logical.Column) bool { return strings.EqualFold(x.Name, name) })
		if i < 0 {
			return nil, diag.New("COLUMN_NOT_FOUND", "colName", "`"+name+"`", "caseSensitiveConfig", `"`+configuration.CaseSensitive+`"`).At(c.Place())
		}
		t := textColumns("info_name", "info_value")
		t.add("col_name", columns[i].Name)
		t.add("data_type", columns[i].Type.String())
		t.add("comment", commentOf(columns[i], "NULL"))
		return t, nil
	}
	return describeColumns(columns), nil
}

func (s *Session) describeQuery(ctx context.Context, c *ast.DescribeQuery, p parameters) (*table, error) {
	plan, err := s.bindWith(ctx, c.Query, p)
	if err != nil {
		return nil, err
	}
	return describeColumns(plan.Columns()), nil
}

func describeColumns(columns []logical.Column) *table {
	t := textColumns("col_name", "data_type", "comment")
	for _, c := range columns {
		var comment any
		if text := commentOf(c, ""); text != "" {
			comment = text
		}
		t.add(c.Name, c.Type.String(), comment)
	}
	return t
}

func commentOf(c logical.Column, none string) string {
	if text := c.Metadata["comment"]; text != "" {
		return text
	}
	return none
}

func describeFunction(c *ast.DescribeFunction) (*table, error) {
	name := c.Name[len(c.Name)-1]
	canonical, d, ok := builtin.Documentation(name)
	if !ok && analysis.Absent(name) {
		return nil, diag.Unsupported("the function " + strings.ToLower(name)).At(c.Place())
	}
	if !ok {
		near := diag.Similar(name, builtin.Callable(), 3)
		err := diag.New("UNRESOLVED_ROUTINE", "routineName", "`"+name+"`", "searchPath", "[`system`.`builtin`, `system`.`session`, `spark_catalog`.`default`]")
		err.Suggestions = near
		return nil, err.At(c.Place())
	}
	t := textColumns("function_desc")
	t.add("Function: " + canonical)
	t.add("Usage: " + d.Usage)
	if c.Extended {
		var b strings.Builder
		b.WriteString("Extended Usage:")
		if len(d.Args) > 0 {
			b.WriteString("\n    Arguments:")
			for _, a := range d.Args {
				b.WriteString("\n      * " + a)
			}
		}
		if len(d.Examples) > 0 {
			b.WriteString("\n    Examples:")
			for _, e := range d.Examples {
				b.WriteString("\n      > " + strings.TrimSuffix(e.SQL, ";") + ";\n       " + strings.ReplaceAll(e.Result, "\n", "\n       "))
			}
		}
		t.add(b.String())
	}
	return t, nil
}

func (s *Session) set(ctx context.Context, c *ast.Set) (*table, error) {
	switch {
	case c.TimeZone != nil:
		return s.setTimeZone(ctx, c)
	case c.Key == "":
		return s.listSettings(c.Verbose), nil
	case c.Value != nil:
		if err := s.Set(c.Key, *c.Value); err != nil {
			return nil, err
		}
		if _, ok := configuration.Known(c.Key); !ok && strings.HasPrefix(strings.ToLower(c.Key), "spark.") {
			s.warn(ctx, &diag.Warning{Text: "the setting " + c.Key + " is kept and has no effect here"})
		}
	}
	t := textColumns("key", "value")
	value, _, ok := s.configuration.Lookup(c.Key)
	if !ok && strings.HasPrefix(strings.ToLower(c.Key), "kiln.") {
		return nil, configuration.Unknown(c.Key)
	}
	if !ok {
		value = "<undefined>"
	}
	t.add(c.Key, value)
	return t, nil
}

func (s *Session) listSettings(verbose bool) *table {
	if !verbose {
		t := textColumns("key", "value")
		for _, setting := range s.configuration.Settings(false) {
			t.add(setting.Key, setting.Value)
		}
		return t
	}
	t := textColumns("key", "value", "meaning", "origin")
	for _, setting := range s.configuration.Settings(true) {
		t.add(setting.Key, setting.Value, setting.Doc, setting.Origin.String())
	}
	return t
}

// setTimeZone is SET TIME ZONE with an interval; a name arrives as SET spark.sql.session.timeZone.
func (s *Session) setTimeZone(ctx context.Context, c *ast.Set) (*table, error) {
	d := s.newDataFrame(&ast.Select{Items: []ast.Expr{c.TimeZone}}, nil)
	row, _, err := d.First(ctx)
	if err != nil {
		return nil, err
	}
	seconds, ok := zoneOffset(row.At(0))
	if !ok {
		return nil, diag.New("INVALID_INTERVAL_FORMAT.TIMEZONE_INTERVAL_OUT_OF_RANGE", "input", fmt.Sprint(row.At(0))).At(c.Place())
	}
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	value := fmt.Sprintf("%c%02d:%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		value += fmt.Sprintf(":%02d", seconds%60)
	}
	if err := s.Set(configuration.TimeZone, value); err != nil {
		return nil, err
	}
	t := textColumns("key", "value")
	t.add(configuration.TimeZone, value)
	return t, nil
}

func (s *Session) createView(ctx context.Context, c *ast.CreateView, p parameters) error {
	if !c.Temporary {
		return diag.Unsupported("CREATE VIEW without TEMPORARY").At(c.Place())
	}
	v := &catalog.View{Name: c.Name[len(c.Name)-1], Columns: c.Columns, Comments: c.Comments, Query: c.Query, Text: p.text, Comment: c.Comment, Global: c.Global}
	if len(c.Name) > 1 {
		return diag.New("TEMP_VIEW_NAME_TOO_MANY_NAME_PARTS", "actualName", quoteName(c.Name)).At(c.Place())
	}
	if c.Using != "" {
		var paths []string
		for key, value := range c.Options {
			if strings.EqualFold(key, "path") {
				paths = append(paths, value)
			}
		}
		v.Query = &ast.FileTable{Format: strings.ToLower(c.Using), Paths: paths, Options: c.Options}
	}
	if len(p.positional) > 0 || len(p.named) > 0 {
		v.Query = &ast.Bound{Input: v.Query, Positional: p.positional, Named: p.named}
	}
	return s.defineView(ctx, v, c.Replace, c.IfNotExists)
}

// defineView checks a view's query before it becomes known.
func (s *Session) defineView(ctx context.Context, v *catalog.View, replace, ifNotExists bool) error {
	plan, err := s.bindWith(ctx, v.Query, parameters{text: v.Text})
	if err != nil {
		return err
	}
	if err := distinctNames(plan.Columns(), v.Columns, s.configuration.Bool(configuration.CaseSensitive)); err != nil {
		return err
	}
	if n := len(plan.Columns()); len(v.Columns) > 0 && len(v.Columns) != n {
		condition := "CREATE_VIEW_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS"
		if n > len(v.Columns) {
			condition = "CREATE_VIEW_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS"
		}
		names := make([]string, 0, n)
		for _, c := range plan.Columns() {
			names = append(names, "`"+c.Name+"`")
		}
		return diag.New(condition, "viewName", "`"+v.Name+"`", "viewColumns", "`"+strings.Join(v.Columns, "`, `")+"`", "dataColumns", strings.Join(names, ", "))
	}
	if _, there := s.catalog.View([]string{v.Name}); there && ifNotExists {
		return nil
	}
	return s.catalog.CreateView(v, replace)
}

// distinctNames is the error for a view with two columns of one name; names replace those of the columns.
func distinctNames(columns []logical.Column, names []string, caseSensitive bool) error {
	if names == nil {
		for _, c := range columns {
			names = append(names, c.Name)
		}
	}
	seen := map[string]bool{}
	for _, name := range names {
		key := name
		if !caseSensitive {
			key = strings.ToLower(name)
		}
		if seen[key] {
			return diag.New("COLUMN_ALREADY_EXISTS", "columnName", "`"+key+"`")
		}
		seen[key] = true
	}
	return nil
}

func quoteName(parts []string) string { return "`" + strings.Join(parts, "`.`") + "`" }

func (s *Session) dropView(c *ast.DropView) error {
	if s.catalog.DropView(c.Name) || c.IfExists {
		return nil
	}
	err := diag.New("TABLE_OR_VIEW_NOT_FOUND", "relationName", quoteName(c.Name))
	err.Suggestions = diag.Similar(c.Name[len(c.Name)-1], s.catalog.Names(), 3)
	return err.At(c.Place())
}

func (s *Session) cacheTable(ctx context.Context, c *ast.CacheTable, p parameters) error {
	if c.Query != nil {
		v := &catalog.View{Name: c.Name[len(c.Name)-1], Query: c.Query, Text: p.text}
		if err := s.defineView(ctx, v, false, false); err != nil {
			return err
		}
	}
	level := MemoryAndDisk
	for key, value := range c.Options {
		if !strings.EqualFold(key, "storageLevel") {
			return diag.Unsupported("the option " + key + " of CACHE TABLE").At(c.Place())
		}
		switch strings.ToUpper(value) {
		case "MEMORY_AND_DISK":
		case "MEMORY_ONLY":
			level = MemoryOnly
		case "DISK_ONLY":
			level = DiskOnly
		default:
			return diag.Unsupported("the storage level " + value).At(c.Place())
		}
	}
	plan, err := s.bindWith(ctx, tableAt(c.Name, c.Place()), p)
	if err != nil {
		return err
	}
	s.cache.add(plan, level)
	if c.Lazy {
		return nil
	}
	_, err = s.cache.substitute(ctx, s, plan)
	return err
}

func (s *Session) uncacheTable(ctx context.Context, c *ast.UncacheTable) error {
	plan, err := s.bindWith(ctx, tableAt(c.Name, c.Place()), parameters{})
	if err != nil {
		if c.IfExists {
			return nil
		}
		return err
	}
	s.cache.remove(plan)
	return nil
}

// simpleName is an identifier as SQL reads it: letters, digits and underscores, not digits alone, or anything in back quotes.
var simpleName = regexp.MustCompile("^(`([^`]|``)+`|[\\p{L}\\p{N}_]*[\\p{L}_][\\p{L}\\p{N}_]*)$")

// viewName is the name of a view as SQL knows it, without back quotes.
func viewName(text string) (string, error) {
	e, err := functions.Col(text).Expr()
	n, ok := e.(*ast.Name)
	switch {
	case err != nil || !ok || len(n.Parts) == 1 && !simpleName.MatchString(text):
		return "", diag.New("_LEGACY_ERROR_TEMP_1321", "viewName", text)
	case len(n.Parts) > 1:
		return "", diag.New("TEMP_VIEW_NAME_TOO_MANY_NAME_PARTS", "actualName", strings.Join(n.Parts, "."))
	}
	return n.Parts[0], nil
}

// CreateTempView gives d a name for SQL, which is one identifier; an existing view of that name is an error. CreateOrReplaceTempView replaces it.
func (d *DataFrame) CreateTempView(name string) error { return d.createView(name, false) }

// CreateOrReplaceTempView gives d a name for SQL.
func (d *DataFrame) CreateOrReplaceTempView(name string) error { return d.createView(name, true) }

func (d *DataFrame) createView(name string, replace bool) error {
	if d.err != nil {
		return d.err
	}
	if err := d.session.usable(); err != nil {
		return err
	}
	name, err := viewName(name)
	if err != nil {
		return err
	}
	return d.session.catalog.CreateView(&catalog.View{Name: name, Query: d.owned(), Text: d.sqlText}, replace)
}
