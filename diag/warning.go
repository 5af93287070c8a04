package diag

import "strings"

// Warning is something in a query that has no effect and was perhaps meant to have one. The query runs.
type Warning struct {
	Text        string
	Span        Span
	SQL         string   // the statement that Span refers to, "" if there is none
	Suggestions []string // the nearest names, nearest first
}

// String is the text with the nearest names and, if it is known, the place with its source line.
func (w *Warning) String() string {
	text := w.Text
	if len(w.Suggestions) > 0 {
		text += "; did you mean " + strings.Join(w.Suggestions, " or ") + "?"
	}
	e := &Error{Span: w.Span, SQL: w.SQL}
	if caret := e.Caret(); caret != "" {
		text += "\n" + caret
	}
	return text
}
