package shell

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/internal/jsonrow"
	"github.com/kilnql/kiln/sql"
	"github.com/kilnql/kiln/types"
)

// Main runs the command and returns its exit status: 0, 1 if a statement failed, 2 for a bad command line.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, stdout, stderr)
	if errors.Is(err, pflag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "kiln:", err)
		return 2
	}
	session, err := kiln.Open(o.session)
	if err != nil {
		fmt.Fprintln(stderr, "kiln:", err)
		return 2
	}
	sh := &shell{options: o, session: session, out: bufio.NewWriterSize(stdout, 1<<16), stdout: stdout, stderr: stderr}
	status := sh.run(stdin)
	if err := sh.out.Flush(); err != nil && status == 0 {
		fmt.Fprintln(stderr, "kiln:", err)
		status = 1
	}
	if err := session.Close(); err != nil && status == 0 {
		fmt.Fprintln(stderr, "kiln:", err)
		status = 1
	}
	return status
}

// shell is one run of the command.
type shell struct {
	options *options
	session *kiln.Session
	out     *bufio.Writer
	stdout  io.Writer
	stderr  io.Writer
	failed  bool
}

func (s *shell) run(stdin io.Reader) int {
	if s.options.database != "" {
		if err := s.session.SQL("USE `" + strings.ReplaceAll(s.options.database, "`", "``") + "`").Err(); err != nil {
			return s.fatal(err)
		}
	}
	for _, name := range s.options.initFiles {
		text, err := readScript(name, stdin)
		if err != nil {
			return s.fatal(err)
		}
		s.script(text)
	}
	scripts, err := s.options.scripts(stdin)
	if err != nil {
		return s.fatal(err)
	}
	switch {
	case s.options.input == "jsonl":
		err = s.serve(stdin)
	case len(scripts) > 0:
		for _, text := range scripts {
			s.script(text)
		}
	case isTerminal(stdin):
		return s.interactive()
	default:
		text, e := io.ReadAll(stdin)
		if err = e; err == nil {
			s.script(string(text))
		}
	}
	if err != nil {
		return s.fatal(err)
	}
	if s.failed {
		return 1
	}
	return 0
}

func (s *shell) fatal(err error) int {
	fmt.Fprintln(s.stderr, "kiln:", err)
	return 1
}

func isTerminal(r any) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// script runs statements one after the other. An error ends the script, but for machine output, which goes on.
func (s *shell) script(text string) {
	for _, piece := range sql.Split(text) {
		if s.failed && s.options.output != "json" {
			return
		}
		s.statement(piece.Text)
	}
}

// statement runs one statement and prints what it answers. An interrupt cancels it.
func (s *shell) statement(text string) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	start := time.Now()
	if s.options.output == "json" {
		s.out.Write(s.document(ctx, nil, text, start))
		s.out.WriteByte('\n')
		s.out.Flush()
		return
	}
	if err := s.print(ctx, text, start); err != nil {
		s.out.Flush()
		s.failed = true
		fmt.Fprintln(s.stderr, errorText(err))
	}
}

// errorText is an error as a person reads it.
func errorText(err error) string {
	var e *diag.Error
	text := err.Error()
	if errors.As(err, &e) && len(e.Suggestions) > 0 && !strings.Contains(text, e.Suggestions[0]) {
		text += "\nDid you mean: " + strings.Join(e.Suggestions, ", ") + "?"
	}
	return text
}

// document is the JSON answer to a statement; id, if not nil, is that of the request.
func (s *shell) document(ctx context.Context, id json.RawMessage, text string, start time.Time) []byte {
	b := []byte{'{'}
	if id != nil {
		b = append(append(append(b, `"id":`...), id...), ',')
	}
	body := len(b)
	b, err := jsonrow.AppendResult(b, ctx, s.session.SQL(text))
	if err != nil {
		s.failed = true
		b = jsonrow.AppendError(b[:body], err)
	}
	return append(jsonrow.AppendElapsed(b, time.Since(start)), '}')
}

func (s *shell) zone() *types.Zone { return types.ZoneOf(s.session.Zone()) }

// request is one line of --input jsonl.
type request struct {
	ID  json.RawMessage `json:"id"`
	SQL string          `json:"sql"`
}

// serve answers requests, one a line, until the input ends.
func (s *shell) serve(stdin io.Reader) error {
	lines := bufio.NewReaderSize(stdin, 1<<16)
	for {
		line, err := lines.ReadString('\n')
		if strings.TrimSpace(line) != "" {
			s.answer(line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *shell) answer(line string) {
	var r request
	start := time.Now()
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		s.failed = true
		b := jsonrow.AppendError([]byte{'{'}, fmt.Errorf("not a request: %w", err))
		s.out.Write(append(jsonrow.AppendElapsed(b, time.Since(start)), '}', '\n'))
		s.out.Flush()
		return
	}
	if r.ID == nil {
		r.ID = json.RawMessage("null")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s.out.Write(append(s.document(ctx, r.ID, r.SQL, start), '\n'))
	s.out.Flush()
}
