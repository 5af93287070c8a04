package shell

import (
	"os"
	"os/exec"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// paged shows a text with the pager if it does not fit on the terminal; false means that the caller has to write it.
func (s *shell) paged(text string) bool {
	f, ok := s.stdout.(*os.File)
	if !ok || !s.options.pager {
		return false
	}
	width, height, err := term.GetSize(int(f.Fd()))
	if err != nil || fits(text, width, height) {
		return false
	}
	command := pagerCommand()
	if command == "" {
		return false
	}
	s.flush()
	c := exec.Command("sh", "-c", command)
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(text), f, s.stderr
	err = c.Run()
	if status, ok := err.(*exec.ExitError); ok && status.ExitCode() == 127 || err != nil && !ok && !readerGone(err) {
		return false // no such program
	}
	return true
}

// pagerCommand is $PAGER, or less with long lines cut and the screen left as it is.
func pagerCommand() string {
	command, set := os.LookupEnv("PAGER")
	if strings.TrimSpace(command) == "cat" {
		return ""
	}
	if set {
		return strings.TrimSpace(command)
	}
	if _, err := exec.LookPath("less"); err != nil {
		return ""
	}
	return "less -S -X"
}

// fits reports whether a text can be seen whole, with the prompt below it.
func fits(text string, width, height int) bool {
	lines := 0
	for line := range strings.Lines(text) {
		lines++
		if lines >= height || len(line) > width && utf8.RuneCountInString(strings.TrimRight(line, " \n")) > width {
			return false
		}
	}
	return true
}
