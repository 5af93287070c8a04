package shell

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/internal/jsonrow"
	"github.com/kilnql/kiln/sql"
	"github.com/kilnql/kiln/types"
)

// answer writes the result of one query.
type answer struct {
	shell *shell
	frame *kiln.DataFrame
	bar   *bar
	start time.Time
	prose bool // the statement answers with texts, see isProse
}

func (a *answer) write(ctx context.Context) error {
	switch a.shell.options.output {
	case "csv":
		return a.stream(ctx, &csvRows{})
	case "tsv":
		return a.stream(ctx, &tsvRows{})
	case "jsonl":
		return a.stream(ctx, &jsonRows{})
	}
	return a.page(ctx)
}

// timing writes the line about the time that a statement took.
func (a *answer) timing(what string) {
	if a.shell.options.timing {
		fmt.Fprintf(a.shell.messages(), "%s in %.3f s\n", what, time.Since(a.start).Seconds())
	}
}

// messages is where texts for people go: not among the rows of a form that programs read.
func (s *shell) messages() io.Writer {
	switch s.options.output {
	case "csv", "tsv", "json", "jsonl":
		s.flush()
		return s.stderr
	}
	return s.console
}

// rowCount is a number of rows as text.
func rowCount(n int64) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}

// rowWriter is a form that is written row by row.
type rowWriter interface {
	// header appends what stands before the rows.
	header(b []byte, names []string) []byte
	// row appends a row.
	row(b []byte, r kiln.Row, zone *types.Zone) []byte
}

// stream writes rows as they come; none is kept.
func (a *answer) stream(ctx context.Context, w rowWriter) error {
	s := a.shell
	var b []byte
	if !s.options.noHeader {
		b = w.header(b, a.frame.Columns())
	}
	zone, rows := s.zone(), int64(0)
	for row, err := range a.frame.Rows(ctx) {
		if err != nil {
			return err
		}
		if rows == 0 && isTerminal(s.stdout) {
			a.bar.stop()
		}
		rows++
		if _, err := s.out.Write(w.row(b, row, zone)); err != nil {
			return err
		}
		b = b[:0]
	}
	a.bar.stop()
	s.out.Write(b)
	a.timing(rowCount(rows))
	return nil
}

// appendCell appends a value as text, NULL as null.
func appendCell(b []byte, v any, t types.Type, zone *types.Zone, null string) []byte {
	switch {
	case v == nil:
		return append(b, null...)
	case t.Kind == types.Binary:
		return fmt.Appendf(b, "[% X]", v)
	}
	return types.AppendValue(b, v, t, &types.FormatOptions{Zone: zone, Null: null})
}

// csvRows writes RFC 4180: a cell is quoted when it has to be. NULL is an empty cell, the empty string is "".
type csvRows struct{ cell []byte }

func (c *csvRows) header(b []byte, names []string) []byte {
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(b, []byte(name))
	}
	return append(b, '\n')
}

func (c *csvRows) row(b []byte, r kiln.Row, zone *types.Zone) []byte {
	for i, f := range r.Schema().Fields() {
		if i > 0 {
			b = append(b, ',')
		}
		if v := r.Raw(i); v != nil {
			c.cell = appendCell(c.cell[:0], v, f.Type, zone, "")
			b = appendQuoted(b, c.cell)
		}
	}
	return append(b, '\n')
}

func appendQuoted(b, cell []byte) []byte {
	quote := len(cell) == 0
	for _, c := range cell {
		quote = quote || c == ',' || c == '"' || c == '\n' || c == '\r'
	}
	if !quote && cell[0] != ' ' && cell[len(cell)-1] != ' ' {
		return append(b, cell...)
	}
	b = append(b, '"')
	for _, c := range cell {
		if c == '"' {
			b = append(b, '"')
		}
		b = append(b, c)
	}
	return append(b, '"')
}

// tsvRows writes the text form of PostgreSQL's COPY: cells between tabs, \N for NULL, and \t, \n, \r and \\ for the characters
// that would be taken for something else.
type tsvRows struct{ cell []byte }

func (t *tsvRows) header(b []byte, names []string) []byte {
	for i, name := range names {
		if i > 0 {
			b = append(b, '\t')
		}
		b = appendEscaped(b, []byte(name))
	}
	return append(b, '\n')
}

func (t *tsvRows) row(b []byte, r kiln.Row, zone *types.Zone) []byte {
	for i, f := range r.Schema().Fields() {
		if i > 0 {
			b = append(b, '\t')
		}
		v := r.Raw(i)
		if v == nil {
			b = append(b, `\N`...)
			continue
		}
		t.cell = appendCell(t.cell[:0], v, f.Type, zone, "")
		b = appendEscaped(b, t.cell)
	}
	return append(b, '\n')
}

func appendEscaped(b, cell []byte) []byte {
	for _, c := range cell {
		switch c {
		case '\t':
			b = append(b, `\t`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\\':
			b = append(b, `\\`...)
		default:
			b = append(b, c)
		}
	}
	return b
}

// jsonRows writes an object a row.
type jsonRows struct{ object *jsonrow.Object }

func (*jsonRows) header(b []byte, _ []string) []byte { return b }

func (j *jsonRows) row(b []byte, r kiln.Row, zone *types.Zone) []byte {
	if j.object == nil {
		j.object = jsonrow.NewObject(r.Schema())
	}
	return append(j.object.Append(b, r.Raw, zone), '\n')
}

// page writes a grid, records or a Markdown table: the first rows of the result, and how many it has.
func (a *answer) page(ctx context.Context) error {
	s := a.shell
	head, total, err := a.frame.Head(ctx, s.options.rows)
	if err != nil {
		return err
	}
	took := time.Since(a.start)
	a.bar.stop()
	text, footer := a.format(head), ""
	count := rowCount(total)
	if a.isPlan() || a.isUsage() {
		count = "OK"
	}
	if int64(len(head)) < total {
		count = fmt.Sprintf("first %d of %s", len(head), count)
		footer = "(" + count + ")\n"
	}
	if s.options.timing {
		footer = fmt.Sprintf("%s in %.3f s\n", count, took.Seconds())
	}
	if s.interactive && s.file == nil && s.paged(text+footer) {
		return nil
	}
	if _, err := s.out.WriteString(text); err != nil {
		return err
	}
	_, err = s.console.WriteString(footer)
	return err
}

// isProse reports whether a statement answers with texts of several lines, which are written as they are: EXPLAIN with one, DESCRIBE
// FUNCTION with some.
func isProse(text string) bool {
	var words []string
	for _, t := range sql.Tokens(text) {
		if t.Class != sql.CommentToken {
			words = append(words, strings.ToUpper(text[t.Start:t.Stop]))
		}
		if len(words) == 2 {
			break
		}
	}
	return len(words) == 2 && (words[0] == "EXPLAIN" || (words[0] == "DESCRIBE" || words[0] == "DESC") && words[1] == "FUNCTION")
}

// isPlan reports whether an answer is EXPLAIN's.
func (a *answer) isPlan() bool { return a.prose && slices.Equal(a.frame.Columns(), []string{"plan"}) }

// isUsage reports whether an answer is DESCRIBE FUNCTION's, and not that of a table with the name function.
func (a *answer) isUsage() bool {
	return a.prose && slices.Equal(a.frame.Columns(), []string{"function_desc"})
}

// format lays out the rows that are shown.
func (a *answer) format(head []kiln.Row) string {
	s, zone := a.shell, a.shell.zone()
	rows := make([][]string, len(head))
	for i, r := range head {
		rows[i] = make([]string, r.Len())
		for j, f := range r.Schema().Fields() {
			rows[i][j] = string(appendCell(nil, r.Raw(j), f.Type, zone, "NULL"))
			if s.options.output != "markdown" {
				rows[i][j] = diag.Printable(rows[i][j])
			}
		}
	}
	switch {
	case s.options.output == "markdown":
		text := markdown(a.frame.Columns(), rows)
		if s.tables++; s.tables > 1 { // two tables without a blank line between them are one
			text = "\n" + text
		}
		return text
	case a.isPlan() || a.isUsage():
		var b strings.Builder
		for _, r := range rows {
			b.WriteString(strings.TrimRight(r[0], "\n") + "\n")
		}
		return b.String()
	}
	limit := s.options.truncate
	if limit == 0 {
		limit = -1
	}
	columns := slices.Clone(a.frame.Schema().Fields())
	for i := range columns {
		columns[i].Name = diag.Printable(columns[i].Name)
	}
	return kiln.FormatTable(types.StructType(columns...), rows, kiln.ShowOptions{Truncate: limit, Vertical: s.options.output == "vertical"})
}

func markdown(header []string, rows [][]string) string {
	var b strings.Builder
	escape := strings.NewReplacer("|", `\|`, "\n", "<br>", "\r", "")
	line := func(cells []string) {
		b.WriteByte('|')
		for _, c := range cells {
			b.WriteString(" " + diag.Printable(escape.Replace(c)) + " |")
		}
		b.WriteByte('\n')
	}
	line(header)
	b.WriteString("|" + strings.Repeat("---|", len(header)) + "\n")
	for _, r := range rows {
		line(r)
	}
	return b.String()
}
