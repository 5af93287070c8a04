package kiln

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/kilnql/kiln/types"
)

// ShowOptions say how Show prints.
type ShowOptions struct {
	Rows     int  // rows at most; 0 means 20
	Truncate int  // characters a cell has at most, names of columns aside; 0 means 20, below 0 means no limit
	Vertical bool // one line a column, records one below another
}

// displayWidth is the number of terminal columns of s: wide East Asian characters take two.
func displayWidth(s string) int {
	n := 0
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// truncateCell cuts a cell to limit characters, the last three of them dots, as Spark does.
func truncateCell(s string, limit int) string {
	if limit <= 0 || utf8.RuneCountInString(s) <= limit {
		return s
	}
	r := []rune(s)
	if limit < 4 {
		return string(r[:limit])
	}
	return string(r[:limit-3]) + "..."
}

// FormatTable lays out rows of text under the names of a schema's columns as Spark's show does.
func FormatTable(schema types.Type, rows [][]string, o ShowOptions) string {
	var header []string
	for _, f := range schema.Fields() {
		header = append(header, f.Name)
	}
	return formatTable(header, rows, o, false)
}

// formatTable lays out a header and rows of text as Spark's show does. more says that rows were left out.
func formatTable(header []string, rows [][]string, o ShowOptions, more bool) string {
	limit := o.Truncate
	if limit == 0 {
		limit = 20
	}
	escape := strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`, "\f", `\f`, "\b", `\b`, "\v", `\v`, "\a", `\a`)
	cells := make([][]string, 0, len(rows)+1)
	for i, r := range append([][]string{header}, rows...) {
		line := make([]string, len(r))
		for c, s := range r {
			line[c] = escape.Replace(s)
			if i > 0 { // names of columns are shown in full, as Spark does
				line[c] = truncateCell(line[c], limit)
			}
		}
		cells = append(cells, line)
	}
	var b strings.Builder
	if o.Vertical {
		formatVertical(&b, cells)
	} else {
		formatGrid(&b, cells, limit > 0)
	}
	if more {
		b.WriteString("only showing top ")
		b.WriteString(plural(len(rows), "row"))
		b.WriteByte('\n')
	}
	return b.String()
}

func formatGrid(b *strings.Builder, cells [][]string, right bool) {
	widths := make([]int, len(cells[0]))
	for c := range widths {
		widths[c] = 3
		for _, r := range cells {
			widths[c] = max(widths[c], displayWidth(r[c]))
		}
	}
	lines := make([]string, len(widths))
	for c, w := range widths {
		lines[c] = strings.Repeat("-", w)
	}
	rule := "+" + strings.Join(lines, "+") + "+" // "++" if there are no columns
	b.WriteString(rule + "\n")
	for i, r := range cells {
		for c, s := range r {
			pad := strings.Repeat(" ", widths[c]-displayWidth(s))
			if right {
				r[c] = pad + s
			} else {
				r[c] = s + pad
			}
		}
		b.WriteString("|" + strings.Join(r, "|") + "|\n")
		if i == 0 {
			b.WriteString(rule + "\n")
		}
	}
	b.WriteString(rule + "\n")
}

func formatVertical(b *strings.Builder, cells [][]string) {
	header, rows := cells[0], cells[1:]
	nameWidth, dataWidth := 3, 3
	for _, h := range header {
		nameWidth = max(nameWidth, displayWidth(h))
	}
	for _, r := range rows {
		for _, s := range r {
			dataWidth = max(dataWidth, displayWidth(s))
		}
	}
	for i, r := range rows {
		title := "-RECORD " + itoa(i)
		b.WriteString(title + strings.Repeat("-", max(0, nameWidth+dataWidth+5-len(title))) + "\n")
		for c, s := range r {
			b.WriteString(" " + header[c] + strings.Repeat(" ", nameWidth-displayWidth(header[c])) + " | " +
				s + strings.Repeat(" ", dataWidth-displayWidth(s)) + " \n")
		}
	}
	if len(rows) == 0 {
		b.WriteString("(0 rows)\n")
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return itoa(n) + " " + noun + "s"
}
