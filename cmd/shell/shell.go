package shell

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/types"
)

// The statuses that the command ends with.
const (
	statusOK     = 0
	statusFailed = 1 // a statement failed, or a file could not be read or written
	statusUsage  = 2 // a bad command line or setting
)

// Main runs the command and returns its exit status.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, stdout)
	if errors.Is(err, pflag.ErrHelp) {
		return statusOK
	}
	if err != nil {
		fmt.Fprintf(stderr, "kiln: %v\nTry kiln --help.\n", err)
		return statusUsage
	}
	session, err := kiln.Open(o.session.WithLogger(slog.New(warnings{stderr})))
	if err != nil {
		fmt.Fprintln(stderr, "kiln:", errorText(err))
		return statusUsage
	}
	tuneCollector(session)
	s := newShell(o, session, stdin, stdout, stderr)
	s.signals.listen()
	status := s.run()
	s.signals.stop()
	status = max(status, s.close())
	return status
}

// shell is one run of the command.
type shell struct {
	options *options
	session *kiln.Session
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	console *bufio.Writer // over stdout
	out     *bufio.Writer // where results go: console, or the file of \o
	file    *os.File      // of \o, nil without
	signals *signals

	place       position // of the command that runs
	interactive bool
	failed      bool // a statement failed
	tables      int  // written as Markdown
	ending      ending
	depth       int // files of \i within files; 0 is the prompt, or the command line
}

// ending says how much of what is left to run will be run; each outranks those before it.
type ending uint8

const (
	goingOn     ending = iota
	scriptEnded        // nothing of the scripts that run, or of the line at the prompt: an error, or Ctrl-C
	leaving            // nothing at all: \q, a signal, or nobody reads the output
)

// end ends what runs, if nothing has ended more of it already.
func (s *shell) end(e ending) { s.ending = max(s.ending, e) }

func newShell(o *options, session *kiln.Session, stdin io.Reader, stdout, stderr io.Writer) *shell {
	s := &shell{options: o, session: session, stdin: stdin, stdout: stdout, stderr: stderr}
	s.console = bufio.NewWriterSize(stdout, 1<<16)
	s.out = s.console
	s.signals = newSignals(func() { session.Close() })
	return s
}

// run does what the command line asks for.
func (s *shell) run() int {
	if s.options.database != "" {
		if err := s.session.SQL("USE `" + strings.ReplaceAll(s.options.database, "`", "``") + "`").Err(); err != nil {
			return s.fatal(statement{own: true}.told(err))
		}
	}
	if !s.initialize() {
		return statusFailed
	}
	switch {
	case s.options.input == "jsonl":
		s.serve()
	case len(s.options.inputs) > 0:
		s.runInputs(s.options.inputs)
	case isTerminal(s.stdin):
		return s.interact()
	default:
		s.runInputs([]input{{file: "-"}})
	}
	if s.failed {
		return statusFailed
	}
	return statusOK
}

// initialize runs the files of -i, their results thrown away. An error in one of them ends the run whatever the output.
func (s *shell) initialize() bool {
	out := s.out
	defer func() { s.out = out }()
	o := *s.options
	o.output, o.timing, o.echo = "table", false, false
	saved := s.options
	s.options = &o
	defer func() { s.options = saved }()
	s.out = bufio.NewWriter(io.Discard)
	for _, name := range o.initFiles {
		if !s.runFile(name) || s.failed {
			return false
		}
	}
	return true
}

// runInputs runs texts and files until one of them says stop.
func (s *shell) runInputs(inputs []input) {
	for _, in := range inputs {
		if s.ending != goingOn {
			return
		}
		text, err := in.read(s.stdin)
		if err != nil {
			s.fatal(err)
			s.failed = true
			return
		}
		s.script(text, in.file)
	}
}

// runFile runs a script; false means that it could not be read.
func (s *shell) runFile(name string) bool {
	text, err := input{file: name}.read(s.stdin)
	if err != nil {
		s.fatal(err)
		return false
	}
	s.script(text, name)
	return true
}

// close ends the run: what is written is flushed, the session closed.
func (s *shell) close() int {
	status := statusOK
	for _, end := range []func() error{s.closeFile, s.console.Flush, s.session.Close} {
		if err := end(); err != nil && !readerGone(err) && s.ending != leaving {
			status = s.fatal(err)
		}
	}
	return status
}

// closeFile ends \o.
func (s *shell) closeFile() error {
	if s.file == nil {
		return nil
	}
	err := s.out.Flush()
	err = errors.Join(err, s.file.Close())
	s.file, s.out = nil, s.console
	return err
}

func (s *shell) fatal(err error) int {
	s.console.Flush()
	fmt.Fprintln(s.stderr, "kiln:", errorText(err))
	return statusFailed
}

// flush writes out what is pending and tells of a failure, which it returns. When nobody reads standard output any more the run
// ends quietly, as of `kiln … | head -1`; a file of \o that cannot be written is given up.
func (s *shell) flush() error {
	if s.file != nil {
		if err := s.out.Flush(); err != nil {
			s.file.Close()
			s.file, s.out = nil, s.console
			s.failed = true
			s.endScript()
			fmt.Fprintln(s.stderr, "kiln:", err)
			return err
		}
	}
	err := s.console.Flush()
	if err == nil || s.ending == leaving {
		return err
	}
	s.end(leaving)
	if !readerGone(err) {
		s.failed = true
		fmt.Fprintln(s.stderr, "kiln:", err)
	}
	return err
}

// readerGone reports whether an error of writing means that the reader of a pipe has left.
func readerGone(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}

func isTerminal(r any) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (s *shell) zone() *types.Zone { return types.ZoneOf(s.session.Zone()) }
