package shell

import (
	"context"
	"encoding/csv"
	"fmt"
	"strings"
	"time"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/internal/jsonrow"
	"github.com/kilnql/kiln/types"
)

// shownRows is how many rows the forms for people show by default.
const shownRows = 1000

// print runs a statement and writes what it answers in the chosen form.
func (s *shell) print(ctx context.Context, text string, start time.Time) error {
	d := s.session.SQL(text)
	if err := d.Err(); err != nil {
		return err
	}
	if len(d.Columns()) == 0 {
		s.timed("OK", start)
		return nil
	}
	var rows int
	var err error
	switch s.options.output {
	case "csv", "tsv":
		rows, err = s.printSeparated(ctx, d)
	case "jsonl":
		rows, err = s.printLines(ctx, d)
	default:
		rows, err = s.printTable(ctx, d)
	}
	if err != nil {
		return err
	}
	s.timed(plural(rows, "row"), start)
	return nil
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// timed ends the answer to a statement with a line for people.
func (s *shell) timed(what string, start time.Time) {
	if s.options.timing {
		fmt.Fprintf(s.out, "%s in %.3f s\n", what, time.Since(start).Seconds())
	}
	s.out.Flush()
}

// cells is a row as text; null is what NULL is written as.
func cells(r kiln.Row, zone *types.Zone, null string) []string {
	out := make([]string, r.Len())
	for i, f := range r.Schema().Fields() {
		v := r.Raw(i)
		switch {
		case v == nil:
			out[i] = null
		case f.Type.Kind == types.Binary:
			out[i] = fmt.Sprintf("% X", v)
		default:
			out[i] = types.FormatValue(v, f.Type, zone)
		}
	}
	return out
}

// printSeparated writes comma- or tab-separated values, as they come.
func (s *shell) printSeparated(ctx context.Context, d *kiln.DataFrame) (int, error) {
	w := csv.NewWriter(s.out)
	if s.options.output == "tsv" {
		w.Comma = '\t'
	}
	if !s.options.noHeader {
		if err := w.Write(d.Columns()); err != nil {
			return 0, err
		}
	}
	n, zone := 0, s.zone()
	for row, err := range d.Rows(ctx) {
		if err != nil {
			w.Flush()
			return n, err
		}
		if err := w.Write(cells(row, zone, "")); err != nil {
			return n, err
		}
		n++
	}
	w.Flush()
	return n, w.Error()
}

// printLines writes a JSON object a row.
func (s *shell) printLines(ctx context.Context, d *kiln.DataFrame) (int, error) {
	n, zone := 0, s.zone()
	schema := d.Schema()
	var b []byte
	for row, err := range d.Rows(ctx) {
		if err != nil {
			return n, err
		}
		values := make([]any, row.Len())
		for i := range values {
			values[i] = row.Raw(i)
		}
		b = append(jsonrow.AppendStruct(b[:0], values, schema, zone), '\n')
		if _, err := s.out.Write(b); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// printTable writes a grid, records or a Markdown table. All rows are counted, the first are shown.
func (s *shell) printTable(ctx context.Context, d *kiln.DataFrame) (int, error) {
	limit := s.options.rows
	if limit == 0 {
		limit = shownRows
	}
	n, zone := 0, s.zone()
	var rows [][]string
	for row, err := range d.Rows(ctx) {
		if err != nil {
			return n, err
		}
		n++
		if limit < 0 || n <= limit {
			rows = append(rows, cells(row, zone, "NULL"))
		}
	}
	text := ""
	switch {
	case s.options.output == "markdown":
		text = markdown(d.Columns(), rows)
	case planText(d, rows):
		text = strings.TrimRight(rows[0][0], "\n") + "\n"
	default:
		text = kiln.FormatTable(d.Schema(), rows, kiln.ShowOptions{Truncate: s.cellLimit(), Vertical: s.options.output == "vertical"})
	}
	s.out.WriteString(text)
	if len(rows) < n {
		fmt.Fprintf(s.out, "(the first %d of %d rows)\n", len(rows), n)
	}
	return n, nil
}

// planText reports whether an answer is one long text, such as that of EXPLAIN: it is printed as it is.
func planText(d *kiln.DataFrame, rows [][]string) bool {
	return len(d.Columns()) == 1 && d.Columns()[0] == "plan" && len(rows) == 1
}

func (s *shell) cellLimit() int {
	if s.options.truncate == 0 {
		return -1
	}
	return s.options.truncate
}

func markdown(header []string, rows [][]string) string {
	var b strings.Builder
	escape := strings.NewReplacer("|", `\|`, "\n", "<br>")
	line := func(cells []string) {
		b.WriteByte('|')
		for _, c := range cells {
			b.WriteString(" " + escape.Replace(c) + " |")
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
