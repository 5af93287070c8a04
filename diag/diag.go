// Package diag holds what kiln says to its user when something is wrong: error conditions with the
// names and SQLSTATEs of Apache Spark, the place in the SQL text, and the rendering of both.
//
// A user error is a value of type *Error and is returned. An internal bug panics with a *Bug, which is
// recovered at the root of a query and at the top of each worker goroutine.
package diag

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Span is a half-open range [Start, Stop) of byte offsets in the SQL text of a statement.
// The zero Span means "no place known".
type Span struct{ Start, Stop int32 }

// IsZero reports whether s names no place.
func (s Span) IsZero() bool { return s == Span{} }

// To returns the smallest span that holds s and t; a zero span is ignored.
func (s Span) To(t Span) Span {
	switch {
	case s.IsZero():
		return t
	case t.IsZero():
		return s
	}
	return Span{min(s.Start, t.Start), max(s.Stop, t.Stop)}
}

// Param is one named parameter of an error condition, as Spark names it.
type Param struct{ Name, Value string }

// Error is a user error: a condition of Spark's list, its parameters as data, and a place.
type Error struct {
	Condition   string  // Spark's name, such as "DIVIDE_BY_ZERO" or "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"
	SQLState    string  // five characters
	Params      []Param // in the order given
	Text        string  // the message, parameters filled in
	Span        Span    // the place in SQL, zero if unknown
	SQL         string  // the statement that Span refers to; set by WithSQL
	Suggestions []string
	Hint        string // what to do about it, a line below the place; "" if there is nothing to add
	Cause       error
}

// New makes an error of a condition listed in this package. nameValues alternate between parameter names and values.
// An unlisted condition is a bug in kiln and panics.
func New(condition string, nameValues ...string) *Error {
	c, ok := conditions[condition]
	if !ok {
		panic(&Bug{Value: "diag: unlisted condition " + condition})
	}
	e := &Error{Condition: condition, SQLState: c.SQLState}
	for i := 0; i+1 < len(nameValues); i += 2 {
		e.Params = append(e.Params, Param{nameValues[i], nameValues[i+1]})
	}
	e.Text = fill(c.Message, e.Params)
	return e
}

// Unsupported is the one error for what kiln can read but not do; what names the construct.
func Unsupported(what string) *Error { return New("UNSUPPORTED_FEATURE", "feature", what) }

func fill(template string, params []Param) string {
	pairs := make([]string, 0, 2*len(params))
	for _, p := range params {
		pairs = append(pairs, "<"+p.Name+">", p.Value)
	}
	return strings.NewReplacer(pairs...).Replace(template)
}

// At sets the place of e where it has none yet, and returns e.
func (e *Error) At(s Span) *Error {
	if e.Span.IsZero() {
		e.Span = s
	}
	return e
}

// Wrap records the error that caused e, and returns e.
func (e *Error) Wrap(cause error) *Error { e.Cause = cause; return e }

// Advise sets the hint of e, and returns e.
func (e *Error) Advise(hint string) *Error { e.Hint = hint; return e }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Param returns the value of a parameter, or "".
func (e *Error) Param(name string) string {
	for _, p := range e.Params {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// Message is Spark's message line: "[CONDITION] text SQLSTATE: 22012". Conditions that Spark has not named yet have
// neither in its messages.
func (e *Error) Message() string {
	if strings.HasPrefix(e.Condition, "_LEGACY_ERROR_") {
		return e.Text
	}
	return "[" + e.Condition + "] " + e.Text + " SQLSTATE: " + e.SQLState
}

// Error is Message followed, if the place is known, by the line of SQL with a caret under it, by the suggestions that the
// message does not have, and by the hint.
func (e *Error) Error() string {
	m := e.Message()
	if place := e.Caret(); place != "" {
		m += "\n" + place
	}
	if len(e.Suggestions) > 0 && !strings.Contains(strings.ReplaceAll(e.Text, "`", ""), e.Suggestions[0]) {
		m += "\nDid you mean: " + strings.Join(e.Suggestions, ", ") + "?"
	}
	if e.Hint != "" {
		m += "\nHint: " + e.Hint
	}
	if e.Cause != nil {
		if cause := e.Cause.Error(); !strings.Contains(m, cause) { // most messages have it as their reason
			m += "\ncaused by: " + cause
		}
	}
	return m
}

// Position returns the one-based line and column (in characters) of the error's place; zero, zero if unknown.
func (e *Error) Position() (line, column int) {
	if e.SQL == "" || e.Span.IsZero() {
		return 0, 0
	}
	at := min(int(e.Span.Start), len(e.SQL))
	before := e.SQL[:at]
	line = strings.Count(before, "\n") + 1
	column = len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1
	return line, column
}

// Caret renders the place as Spark does: "== SQL (line 1, position 8) ==", the source line, and carets below it. The line is
// Printable, the carets stand below what it shows.
func (e *Error) Caret() string {
	line, column := e.Position()
	if line == 0 {
		return ""
	}
	start := min(int(e.Span.Start), len(e.SQL))
	text := strings.TrimSuffix(strings.Split(e.SQL, "\n")[line-1], "\r")
	before := e.SQL[strings.LastIndexByte(e.SQL[:start], '\n')+1 : start]
	before = before[:min(len(before), len(text))]
	marked := text[len(before):]
	marked = marked[:max(0, min(len(marked), int(e.Span.Stop)-start))]
	after := text[len(before)+len(marked):]
	before, marked = Printable(before), Printable(marked)
	var blank strings.Builder
	for _, r := range before {
		if r == '\t' {
			blank.WriteRune(r)
		} else {
			blank.WriteString(strings.Repeat(" ", columns(r)))
		}
	}
	carets := 0
	for _, r := range marked {
		carets += columns(r)
	}
	return fmt.Sprintf("== SQL (line %d, position %d) ==\n%s\n%s%s", line, column, before+marked+Printable(after),
		blank.String(), strings.Repeat("^", max(1, carets)))
}

// columns is the number of columns that a character takes on a terminal.
func columns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// WithSQL attaches the statement text to a user error found anywhere in err's chain, so that it can show its place.
func WithSQL(err error, sql string) error {
	var e *Error
	if errors.As(err, &e) && e.SQL == "" {
		e.SQL = sql
	}
	return err
}

// ConditionOf returns the condition of the first user error in err's chain, or "".
func ConditionOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Condition
	}
	return ""
}

// Bug is the value that kiln panics with on a broken internal invariant, and the error that a query returns for it.
type Bug struct {
	Value any
	Stack []byte
}

// Error describes the bug as Spark's INTERNAL_ERROR.
func (b *Bug) Error() string {
	return fmt.Sprintf("[INTERNAL_ERROR] kiln failed in a way it never should: %v SQLSTATE: XX000\n%s", b.Value, b.Stack)
}

// Recover turns a panic into an error: deferred as `defer diag.Recover(&err)`.
func Recover(err *error) {
	r := recover()
	if r == nil {
		return
	}
	switch r := r.(type) {
	case *Error:
		*err = r
	case *Bug:
		if r.Stack == nil {
			r.Stack = stack()
		}
		*err = r
	default:
		*err = &Bug{Value: r, Stack: stack()}
	}
}

// Nearest returns the names closest to name (edit distance, case ignored), best first, at most n. Names that have nothing in common
// with it are among them when there are no others: it is for the conditions whose message lists what there is, as Spark's do. A
// guess at what was meant comes from Similar.
func Nearest(name string, names []string, n int) []string {
	return namesOf(byDistance(name, names), n)
}

// Similar returns the names that name may be a misspelling or the beginning of, best first, at most n: those with at most one
// mistake for three letters, and those that go on after name, if it has three letters or more.
func Similar(name string, names []string, n int) []string {
	low := strings.ToLower(name)
	most := min(max(len(name), 3)/3, len(name)-1)
	return namesOf(slices.DeleteFunc(byDistance(name, names), func(c candidate) bool {
		return c.distance > most && (len(name) < 3 || !strings.HasPrefix(strings.ToLower(c.name), low))
	}), n)
}

// candidate is a name and its edit distance from the one that was given.
type candidate struct {
	name     string
	distance int
}

func byDistance(name string, names []string) []candidate {
	low := strings.ToLower(name)
	all := make([]candidate, len(names))
	for i, c := range names {
		all[i] = candidate{c, distance(low, strings.ToLower(c))}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return a.distance - b.distance })
	return all
}

func namesOf(candidates []candidate, n int) []string {
	out := make([]string, min(n, len(candidates)))
	for i := range out {
		out[i] = candidates[i].name
	}
	return out
}

func distance(a, b string) int {
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	cur := make([]int, len(b)+1)
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
		}
		prev, cur = cur, prev
	}
	return prev[len(b)]
}
