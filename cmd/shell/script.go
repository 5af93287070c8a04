package shell

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/sql"
)

// script runs a text: statements, and the shell's commands on lines of their own that start with a backslash. An error ends
// the script, but for machine output, which goes on. name is that of the file, "" if it is none.
func (s *shell) script(text, name string) {
	for start := 0; start < len(text) && s.ending == goingOn; {
		stop, line, next := nextCommand(text, start)
		s.statements(text, name, start, stop)
		if line != "" && s.ending == goingOn {
			s.backslash(line, position{name, text, stop})
		}
		start = next
	}
}

// nextCommand finds the shell's first command in text[start:]. The statements before it end at stop.
func nextCommand(text string, start int) (stop int, line string, next int) {
	for at := start; at < len(text); {
		end := at + strings.IndexByte(text[at:], '\n') + 1
		if end == at {
			end = len(text)
		}
		trimmed := strings.TrimSpace(text[at:end])
		if strings.HasPrefix(trimmed, `\`) && sql.Complete(text[start:at]) {
			return at, trimmed, end
		}
		at = end
	}
	return len(text), "", len(text)
}

// statements runs the statements of text[start:stop].
func (s *shell) statements(text, name string, start, stop int) {
	before := start
	for _, piece := range sql.Split(text[start:stop]) {
		if s.ending != goingOn {
			return
		}
		at := start + piece.Start
		if s.options.echo {
			s.echoStatement(text[before:at+len(piece.Text)], piece.Text)
		}
		before = at + len(piece.Text)
		s.statement(statement{text: piece.Text, place: position{name, text, at}})
		if s.options.echo {
			s.console.WriteByte('\n')
		}
	}
}

// position is where a statement stands in a script.
type position struct {
	file string // "" if it is none
	text string // of the script
	at   int    // offset of the statement
}

// of is what an error at an offset of the text begins with: the file, the line and, in characters, the column.
func (p position) of(at int) string {
	if p.file == "" || p.file == "-" {
		return ""
	}
	before := p.text[:at]
	line := strings.Count(before, "\n") + 1
	return fmt.Sprintf("%s:%d:%d: ", p.file, line, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])+1)
}

// located is an error as a person is told it who reads the whole script: a place in the statement is one in the script.
func (st statement) located(err error) (file string, _ error) {
	var e *diag.Error
	if !errors.As(err, &e) || e.Span.IsZero() || e.SQL != st.text || st.place.text == "" {
		return st.place.of(st.place.at), err
	}
	moved := *e
	moved.SQL = st.place.text
	moved.Span.Start += int32(st.place.at)
	moved.Span.Stop += int32(st.place.at)
	return st.place.of(min(int(moved.Span.Start), len(moved.SQL))), &moved
}

// statement is one to run.
type statement struct {
	text  string
	place position
	own   bool // the shell wrote it for one of its commands
}

// told is an error of the statement as it is told: without the line of SQL and its carets if a person has not written it.
func (st statement) told(err error) error {
	var e *diag.Error
	if !st.own || !errors.As(err, &e) {
		return err
	}
	bare := *e
	bare.SQL, bare.Span = "", diag.Span{}
	return &bare
}

// echoStatement prints a statement and the comments before it.
func (s *shell) echoStatement(text, statement string) {
	comments := strings.TrimLeft(strings.TrimSuffix(text, statement), "; \t\r\n")
	fmt.Fprintf(s.console, "%s%s;\n", comments, statement)
	s.flush()
}

// statement runs one statement and writes what it answers.
func (s *shell) statement(st statement) {
	ctx, done := s.signals.statement()
	var err error
	if s.options.output == "json" {
		err = s.printDocument(ctx, nil, st)
	} else {
		err = st.told(s.print(ctx, st.text))
	}
	done()
	if unwritten := s.flush(); err != nil && (unwritten == nil || !errors.Is(err, unwritten)) {
		s.report(err, st)
	}
	if interrupted, terminated := s.signals.ended(); interrupted || terminated {
		s.failed = true
		if s.end(scriptEnded); terminated || !s.interactive {
			s.end(leaving)
		}
	}
}

// report tells of a failed statement. What fails in a script ends it; machine output has said it already and goes on.
func (s *shell) report(err error, st statement) {
	s.failed = true
	if s.options.output != "json" {
		place, err := st.located(err)
		fmt.Fprintln(s.stderr, place+errorText(err))
		s.endScript()
	}
}

// endScript ends the scripts that run. What is typed at the prompt goes on with its next statement, as in psql.
func (s *shell) endScript() {
	if !s.interactive || s.depth > 0 {
		s.end(scriptEnded)
	}
}

// errorText is an error as a person reads it, at a terminal perhaps.
func errorText(err error) string {
	if diag.ConditionOf(err) == "OPERATION_CANCELED" || errors.Is(err, context.Canceled) {
		return "[OPERATION_CANCELED] Cancelled. SQLSTATE: HY008"
	}
	return diag.Printable(err.Error())
}

// print runs a statement and writes what it answers in the chosen form.
func (s *shell) print(ctx context.Context, text string) error {
	start := time.Now()
	progress := &kiln.Progress{}
	ctx = kiln.WithProgress(ctx, progress)
	bar := s.startBar(progress)
	defer bar.stop()
	d := s.session.SQLContext(ctx, text)
	if err := d.Err(); err != nil {
		return err
	}
	a := &answer{shell: s, frame: d, bar: bar, start: start, prose: isProse(text)}
	if len(d.Columns()) == 0 {
		bar.stop()
		a.timing("OK")
		return nil
	}
	return a.write(ctx)
}
