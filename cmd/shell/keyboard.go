package shell

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/chzyer/readline"
)

// The line editor knows single lines, and takes some keys for others. Characters for private use stand for what it must not see.
const (
	// lineBreak stands for a newline: a statement of several lines is recalled as one, and is the same again when it is run. It is
	// shown as ↵.
	lineBreak = '\ue00a'
	// tabStop stands for a tab of a statement, where the editor would complete. It is shown as a blank.
	tabStop = '\ue00b'
	// deleteKey stands for the Delete key, which the editor takes for Ctrl-D: on an empty line it would end the shell.
	deleteKey = '\ue00c'
)

var (
	toMarks   = strings.NewReplacer("\n", string(lineBreak), "\t", string(tabStop))
	fromMarks = strings.NewReplacer(string(lineBreak), "\n", string(tabStop), "\t", string(deleteKey), "")
)

func toEditor(text string) string   { return toMarks.Replace(text) }
func fromEditor(text string) string { return fromMarks.Replace(text) }

// painter shows the marks. The editor goes back from the end of the line to the cursor by one column for each character: where some
// take two, the painter goes the rest of the way.
type painter struct{}

func (painter) Paint(line []rune, cursor int) []rune {
	shown := slices.Clone(line)
	for i, r := range shown {
		switch r {
		case lineBreak:
			shown[i] = '↵'
		case tabStop, deleteKey:
			shown[i] = ' '
		}
	}
	rest := line[min(cursor, len(line)):]
	for range (readline.Runes{}).WidthAll(rest) - len(rest) {
		shown = append(shown, '\b')
	}
	return shown
}

// What makes terminals tell pasted text from keys, and what they send then.
const (
	pasteOn     = "\x1b[?2004h"
	pasteOff    = "\x1b[?2004l"
	pasteBegins = "\x1b[200~"
	pasteEnds   = "\x1b[201~"
)

// keys are what terminals send and the editor does not know, or takes for something else, and what it gets.
var keys = []struct{ sent, taken string }{
	{"\x1b[3~", string(deleteKey)},
	{"\x1b[1~", "\x01"}, {"\x1b[7~", "\x01"}, // Home
	{"\x1b[4~", "\x05"}, {"\x1b[8~", "\x05"}, // End
	{"\x1b[1;5D", "\x1bb"}, {"\x1b[1;3D", "\x1bb"}, // Ctrl and Alt with the arrow to the left: a word
	{"\x1b[1;5C", "\x1bf"}, {"\x1b[1;3C", "\x1bf"}, // and to the right
	{pasteBegins, ""}, {pasteEnds, ""},
}

// keyboard is the input from a terminal as the editor is to see it: some keys are others, pasted tabs are marks, and
// of other control characters in pasted text only the ends of lines are left.
type keyboard struct {
	in     io.ReadCloser
	ready  []byte
	held   []byte // the beginning of what may be a sequence; the editor would wait for its end too
	pasted bool
}

func (k *keyboard) Close() error { return k.in.Close() }

func (k *keyboard) Read(p []byte) (int, error) {
	var buffer [1024]byte
	for len(k.ready) == 0 {
		n, err := k.in.Read(buffer[:])
		k.take(buffer[:n])
		if err != nil {
			k.ready, k.held = append(k.ready, k.held...), nil
			if len(k.ready) == 0 {
				return 0, err
			}
		}
	}
	n := copy(p, k.ready)
	k.ready = k.ready[n:]
	return n, nil
}

func (k *keyboard) take(text []byte) {
	k.held = append(k.held, text...)
	for len(k.held) > 0 {
		n, waits := k.next()
		if waits {
			return
		}
		k.held = k.held[n:]
	}
}

// next moves what is held first to what is ready; waits means that more has to come to know what it is.
func (k *keyboard) next() (n int, waits bool) {
	for _, key := range keys {
		if bytes.HasPrefix(k.held, []byte(key.sent)) {
			k.ready = append(k.ready, key.taken...)
			k.pasted = key.sent == pasteBegins || k.pasted && key.sent != pasteEnds
			return len(key.sent), false
		}
		if strings.HasPrefix(key.sent, string(k.held)) {
			return 0, true
		}
	}
	switch c := k.held[0]; {
	case k.pasted && c == '\t':
		k.ready = utf8.AppendRune(k.ready, tabStop)
	case k.pasted && (c < ' ' || c == 0x7f) && c != '\r' && c != '\n':
	default:
		k.ready = append(k.ready, c)
	}
	return 1, false
}

// key sees each key before the editor does. From the search of the history Ctrl-C goes back to an empty prompt at once; Ctrl-T, with which
// the editor fails on a line of one character, needs two.
func (t *terminalShell) key(r rune) (rune, bool) {
	searching := t.editor.Operation.IsSearchMode()
	switch {
	case searching && (r == readline.CharInterrupt || r == deleteKey):
		t.editor.Operation.ExitSearchMode(r == readline.CharInterrupt)
	case r == readline.CharTranspose && t.typed < 2:
		return readline.CharBell, true
	}
	return r, true
}

// OnChange implements readline.Listener: it sees the line after each key. The Delete key's mark has been put in: it goes, and takes the
// character behind it along.
func (t *terminalShell) OnChange(line []rune, cursor int, key rune) ([]rune, int, bool) {
	changed := key == deleteKey && cursor > 0 && line[cursor-1] == deleteKey
	if changed {
		line = slices.Delete(slices.Clone(line), cursor-1, min(cursor+1, len(line)))
		cursor--
	}
	t.typed = len(line)
	return line, cursor, changed
}
