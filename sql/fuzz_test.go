package sql

import (
	"errors"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kilnql/kiln/diag"
)

// mustBeSound checks what holds for every text: the rewriter refuses it with a user error, or vitess accepts what it
// writes and the decoder knows every node of it. Nothing panics.
func mustBeSound(t *testing.T, text string) {
	t.Helper()
	for _, options := range []Options{{}, {DoubleQuotedIdentifiers: true}} {
		s, err := options.ParseStatement(text)
		var e *diag.Error
		switch {
		case err == nil && s == nil:
			t.Errorf("%q: neither a statement nor an error", text)
		case err != nil && !errors.As(err, &e):
			t.Errorf("%q: %v", text, err)
		case e != nil && (e.Span.Stop < e.Span.Start || int(e.Span.Stop) > len(text)):
			t.Errorf("%q: the error is at %v", text, e.Span)
		}
	}
	for _, p := range Split(text) {
		if text[p.Start:p.Start+len(p.Text)] != p.Text {
			t.Errorf("%q: piece %v is not where it says", text, p)
		}
	}
	end := 0
	for _, k := range Tokens(text) {
		if k.Start < end || k.Stop <= k.Start {
			t.Errorf("%q: token %v after %d", text, k, end)
		}
		end = k.Stop
	}
	Complete(text)
}

// seedTexts are the texts of the goldens and, where they are at hand, of Spark's suite.
func seedTexts(tb testing.TB) []string {
	var texts []string
	files, _ := filepath.Glob("testdata/golden/*.test")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			tb.Fatal(err)
		}
		for _, c := range strings.Split(string(b), "\n\n") {
			_, c, _ = strings.Cut(c, "\n")
			text, _, ok := strings.Cut(c, "\n----")
			if ok {
				texts = append(texts, text, "select "+text)
			}
		}
	}
	queries, _ := filepath.Glob("../testdata/tpch/queries/*.sql")
	for _, f := range queries {
		if b, err := os.ReadFile(f); err == nil {
			texts = append(texts, string(b))
		}
	}
	if len(texts) < 40 {
		tb.Fatal("too few seeds")
	}
	return texts
}

// FuzzParse mutates texts at random bytes: go test -fuzz=FuzzParse ./sql
func FuzzParse(f *testing.F) {
	for _, s := range seedTexts(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) < 10_000 {
			mustBeSound(t, text)
		}
	})
}

// TestMutate mutates texts token by token, which finds more than bytes do: a token dropped, doubled, or replaced by another.
func TestMutate(t *testing.T) {
	texts := seedTexts(t)
	if cases := sparkTexts(); cases != nil {
		texts = append(texts, cases...)
	}
	n := 20_000
	if testing.Short() {
		n = 2_000
	}
	random := rand.New(rand.NewSource(1))
	for range n {
		mustBeSound(t, mutate(random, texts[random.Intn(len(texts))], texts[random.Intn(len(texts))]))
		if t.Failed() {
			return
		}
	}
}

func mutate(random *rand.Rand, text, other string) string {
	tokens, err := tokenize(text, Options{})
	if err != nil || len(tokens) < 3 {
		return text
	}
	i := random.Intn(len(tokens) - 1)
	a := tokens[i]
	b := tokens[random.Intn(len(tokens)-1)]
	switch random.Intn(4) {
	case 0:
		return text[:a.start] + " " + text[a.end:]
	case 1:
		return text[:a.end] + " " + text[a.start:a.end] + " " + text[a.end:]
	case 2:
		return text[:a.start] + text[b.start:b.end] + " " + text[a.end:]
	}
	foreign, err := tokenize(other, Options{})
	if err != nil {
		return text
	}
	c := foreign[random.Intn(len(foreign))]
	return text[:a.start] + " " + other[c.start:c.end] + " " + text[a.start:]
}
