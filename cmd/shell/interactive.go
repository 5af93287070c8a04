package shell

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/chzyer/readline"

	"github.com/kilnql/kiln/sql"
)

// interactive reads statements from a terminal until the end of input.
func (s *shell) interactive() int {
	s.options.timing = true
	line, err := readline.NewEx(&readline.Config{Prompt: "kiln> ", DisableAutoSaveHistory: true})
	if err != nil {
		return s.fatal(err)
	}
	defer line.Close()
	fmt.Fprintf(s.stdout, "kiln %s. Statements end with a semicolon; \\q leaves.\n", Version)
	var pending strings.Builder
	for {
		text, err := line.Readline()
		switch {
		case errors.Is(err, readline.ErrInterrupt):
			pending.Reset()
			line.SetPrompt("kiln> ")
			continue
		case errors.Is(err, io.EOF):
			return 0
		case err != nil:
			return s.fatal(err)
		}
		if pending.Len() == 0 && strings.TrimSpace(text) == `\q` {
			return 0
		}
		pending.WriteString(text + "\n")
		if !sql.Complete(pending.String()) {
			line.SetPrompt("    > ")
			continue
		}
		statements := pending.String()
		pending.Reset()
		line.SetPrompt("kiln> ")
		_ = line.SaveHistory(strings.TrimSpace(statements))
		s.failed = false
		s.script(statements)
	}
}
