package shell

import (
	"fmt"
	"strings"

	"github.com/chzyer/readline"
)

// columns lays out words as ls does: as many columns as fit into width, read from top to bottom. When there are more than height
// lines of them, the last line says how many are left out; one that is wider than the terminal is cut.
func columns(words []string, width, height int) string {
	width, height = max(width, 2), max(height, 2)
	words = shortened(words)
	widest := 0
	for i, w := range words {
		words[i] = cut(w, width-1)
		widest = max(widest, displayWidth(words[i]))
	}
	across := max(1, (width+1)/(widest+2))
	down := (len(words) + across - 1) / across
	left := 0
	if down > height {
		down = height - 1
		left = len(words) - down*across
		words = words[:down*across]
	}
	var b strings.Builder
	for row := range down {
		for i := row; i < len(words); i += down {
			b.WriteString(words[i])
			if i+down < len(words) {
				b.WriteString(strings.Repeat(" ", widest+2-displayWidth(words[i])))
			}
		}
		b.WriteByte('\n')
	}
	if left > 0 {
		fmt.Fprintln(&b, cut(fmt.Sprintf("… and %d more", left), width-1))
	}
	return b.String()
}

// shortened are words without what all of them have before their last slash or dot: files without their directory, columns without
// their table.
func shortened(words []string) []string {
	same := string(common(words))
	at := strings.LastIndexAny(same, "/.") + 1
	if same[:at] == strings.Repeat(".", at) { // hidden files, and the directories above
		at = 0
	}
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w[at:]
	}
	return out
}

// cut shortens a text to a number of columns of the terminal.
func cut(s string, width int) string {
	if displayWidth(s) <= width {
		return s
	}
	n := 0
	for i, r := range s {
		if n += displayWidth(string(r)); n > width-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// displayWidth is the number of columns that a text takes on the terminal, as the line editor counts them.
func displayWidth(s string) int { return readline.Runes{}.WidthAll([]rune(s)) }
