package kiln_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSQLInPages runs the statements that README.md and docs/ show: sql blocks, what stands behind the shell's prompt, and
// EXPLAIN at the start of a block.
func TestSQLInPages(t *testing.T) {
	block := regexp.MustCompile("(?s)```[a-z]*\n(.*?)```")
	ran := 0
	for _, page := range []string{"README.md", "docs/guide.md", "docs/shell.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		s := open(t, nil)
		for _, statement := range statementsIn(string(text), block) {
			ran++
			if _, err := s.SQL(statement).Collect(context.Background()); err != nil {
				t.Errorf("%s: %s: %v", page, statement, err)
			}
		}
	}
	if ran < 3 {
		t.Errorf("only %d statements found", ran)
	}
}

// TestLinksInPages follows the links of the pages to files of the repository.
func TestLinksInPages(t *testing.T) {
	pages, _ := filepath.Glob("docs/*.md")
	links := 0
	for _, page := range append(pages, "README.md", "CONTRIBUTING.md", "scripts/README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\]\(([^(),#\s]+)(#[^()\s]*)?\)`).FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			links++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
	if links < 7 {
		t.Errorf("only %d links found", links)
	}
}

func statementsIn(page string, block *regexp.Regexp) []string {
	var out []string
	add := func(text string) {
		if statement, _, whole := strings.Cut(text, ";"); whole {
			out = append(out, statement)
		}
	}
	for _, m := range block.FindAllStringSubmatch(page, -1) {
		if strings.HasPrefix(m[1], "EXPLAIN") {
			add(m[1])
		}
	}
	lines := strings.Split(page, "\n")
	for i, line := range lines {
		_, statement, prompt := strings.Cut(line, "kiln> ")
		if !prompt {
			continue
		}
		for _, next := range lines[i+1:] {
			_, more, follows := strings.Cut(next, "-> ")
			if !follows {
				break
			}
			statement += "\n" + more
		}
		add(statement)
	}
	return out
}
