package shell

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/chzyer/readline"
	"golang.org/x/term"

	"github.com/kilnql/kiln/sql"
)

const prompt = "kiln> "

// terminalShell is a shell with a person at a terminal.
type terminalShell struct {
	*shell
	editor  *readline.Instance
	history *history
	pending string // lines of a statement that is not complete
	typed   int    // characters of the line
}

// interact reads statements from a terminal until \q or Ctrl-D.
func (s *shell) interact() int {
	s.interactive, s.signals.interactive = true, true
	if !s.options.timingSet {
		s.options.timing = true
	}
	t := &terminalShell{shell: s, history: openHistory(historyPath())}
	config := &readline.Config{
		Prompt: prompt, DisableAutoSaveHistory: true, HistoryLimit: historyLimit + 1, HistorySearchFold: true, Painter: painter{},
		AutoComplete:        &completer{session: s.session, pending: func() string { return t.pending }, list: t.list},
		FuncFilterInputRune: t.key, Listener: t,
	}
	if f, ok := s.stdin.(*os.File); ok {
		config.Stdin = &keyboard{in: readline.NewCancelableStdin(f)}
	}
	editor, err := readline.NewEx(config)
	if err != nil {
		return s.fatal(err)
	}
	defer editor.Close()
	t.editor = editor
	s.signals.atExit(func() {
		io.WriteString(s.stdout, pasteOff)
		editor.Terminal.ExitRawMode()
	})
	t.recall()
	fmt.Fprintf(s.stdout, "kiln %s: Spark SQL over Parquet files\nStatements end with a semicolon; \\? helps, \\q leaves.\n", version())
	for s.ending != leaving {
		if !t.readOne() {
			return statusOK
		}
	}
	return statusOK
}

// list shows candidates above the line that is typed; the editor calls it.
func (t *terminalShell) list(words []string) {
	width, height := 80, 24
	if f, ok := t.stdout.(*os.File); ok {
		if w, h, err := term.GetSize(int(f.Fd())); err == nil && w > 0 && h > 0 {
			width, height = w, h
		}
	}
	io.WriteString(t.editor.Stdout(), columns(words, width, height-2))
}

// recall gives the editor the history anew: its own idea of what was entered knows lines, not statements. It must have an entry, if an
// empty one: the editor's search of a history without one fails.
func (t *terminalShell) recall() {
	t.editor.ResetHistory()
	if len(t.history.entries) == 0 {
		t.editor.SaveHistory("")
	}
	for _, entry := range t.history.entries {
		t.editor.SaveHistory(toEditor(entry))
	}
}

// readOne reads a line and runs what it completes; false means that the person leaves.
func (t *terminalShell) readOne() bool {
	t.ending = goingOn // what ended the last line is over
	t.editor.SetPrompt(promptFor(t.pending))
	line, err := t.readLine()
	switch {
	case errors.Is(err, readline.ErrInterrupt):
		t.remember(t.pending + line)
		t.pending = ""
		return true
	case errors.Is(err, io.EOF):
		return false
	case err != nil:
		t.fatal(err)
		return false
	}
	if t.pending == "" {
		line = commandOf(line)
	}
	if t.pending == "" && strings.HasPrefix(strings.TrimSpace(line), `\`) {
		t.remember(line)
		t.backslash(line, position{})
		return true
	}
	if t.pending == "" && strings.TrimSpace(line) == "" {
		return true
	}
	t.pending += line + "\n"
	if sql.Complete(t.pending) {
		text := t.pending
		t.pending = ""
		t.remember(text)
		t.script(text, "")
	}
	return true
}

// readLine reads a line; while it does, the terminal marks what is pasted.
func (t *terminalShell) readLine() (string, error) {
	if os.Getenv("TERM") != "dumb" {
		io.WriteString(t.stdout, pasteOn)
		defer io.WriteString(t.stdout, pasteOff)
	}
	line, err := t.editor.Readline()
	return fromEditor(line), err
}

// commandOf turns what people type to leave any shell, or to get help, into the command for it.
func commandOf(line string) string {
	word := strings.ToLower(strings.TrimRight(strings.TrimSpace(line), "; "))
	switch word {
	case "exit", "quit":
		return `\q`
	case "help":
		return `\?`
	}
	if len(word) > 1 && word[0] == '.' && 'a' <= word[1] && word[1] <= 'z' { // of shells whose commands begin with a dot
		return `\` + strings.TrimSpace(line)[1:]
	}
	return line
}

func (t *terminalShell) remember(text string) {
	t.history.add(text)
	t.recall()
}

// promptFor shows what an incomplete statement waits for: a quote, the end of a comment, or a semicolon.
func promptFor(pending string) string {
	if pending == "" {
		return prompt
	}
	if tokens := sql.Tokens(pending); len(tokens) > 0 {
		if last := tokens[len(tokens)-1]; last.Class == sql.UnfinishedToken {
			return "   " + pending[last.Start:last.Start+1] + "> "
		}
	}
	return "   -> "
}
