package shell

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestKeyboard(t *testing.T) {
	for _, c := range []struct{ sent, taken string }{
		{"select 1;\r", "select 1;\r"},
		{"a\tb", "a\tb"},
		{"\x1b[3~", "\ue00c"},
		{"\x1b[1~\x1b[4~\x1b[7~\x1b[8~", "\x01\x05\x01\x05"},
		{"\x1b[1;5D\x1b[1;3C", "\x1bb\x1bf"},
		{"\x1b[A\x1b[Z\x1bb\x1bOA", "\x1b[A\x1b[Z\x1bb\x1bOA"},
		{"\x1b[200~a\tb\x03\x1b\x7fc\r\n漢\x1b[201~\t\x03", "a\ue00bbc\r\n漢\t\x03"},
		{"\x1b[200~a\x1b[20b", "a[20b"},
		{"x\x1b", "x\x1b"},
	} {
		for name, in := range map[string]io.Reader{"at once": strings.NewReader(c.sent), "by bytes": iotest.OneByteReader(strings.NewReader(c.sent))} {
			taken, err := io.ReadAll(&keyboard{in: io.NopCloser(in)})
			if err != nil || string(taken) != c.taken {
				t.Errorf("%q %s: %q, %v, want %q", c.sent, name, taken, err, c.taken)
			}
		}
	}
}
