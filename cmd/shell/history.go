package shell

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// historyLimit is how many statements are remembered. The file is rewritten when it holds twice as many.
const historyLimit = 1000

// history is the statements of this and earlier runs, the latest last, and the file that keeps them: one a line, newlines
// written as \n and backslashes as \\. Shells that run at the same time append to the same file.
type history struct {
	path    string // "" keeps nothing
	entries []string
}

// historyPath is kiln/history in $XDG_STATE_HOME or ~/.local/state; "" if there is no home directory.
func historyPath() string {
	dir := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(dir, "kiln", "history")
}

var (
	historyEscaper   = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`)
	historyUnescaper = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r")
)

// openHistory reads the file. A file that cannot be read is an empty one: history is a convenience.
func openHistory(path string) *history {
	h := &history{path: path}
	f, err := os.Open(path)
	if err != nil {
		return h
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		h.push(historyUnescaper.Replace(lines.Text()))
	}
	if len(h.entries) > historyLimit {
		rewrite := len(h.entries) > 2*historyLimit
		h.entries = slices.Clone(h.entries[len(h.entries)-historyLimit:])
		if rewrite {
			h.rewrite()
		}
	}
	return h
}

// push adds an entry unless it is blank or the same as the last one.
func (h *history) push(entry string) bool {
	entry = strings.TrimSpace(entry)
	if entry == "" || len(h.entries) > 0 && h.entries[len(h.entries)-1] == entry {
		return false
	}
	h.entries = append(h.entries, entry)
	return true
}

// add remembers an entry, in the file too.
func (h *history) add(entry string) {
	if !h.push(entry) {
		return
	}
	if len(h.entries) > historyLimit {
		h.entries = h.entries[1:]
	}
	if h.path == "" || os.MkdirAll(filepath.Dir(h.path), 0o700) != nil {
		return
	}
	f, err := os.OpenFile(h.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	f.WriteString(historyEscaper.Replace(strings.TrimSpace(entry)) + "\n") // one write: entries of two shells do not mix
}

// rewrite puts the entries in the place of the file.
func (h *history) rewrite() {
	f, err := os.CreateTemp(filepath.Dir(h.path), "history")
	if err != nil {
		return
	}
	defer os.Remove(f.Name())
	w := bufio.NewWriter(f)
	for _, e := range h.entries {
		w.WriteString(historyEscaper.Replace(e) + "\n")
	}
	if w.Flush() == nil && f.Close() == nil {
		os.Rename(f.Name(), h.path)
	}
}
