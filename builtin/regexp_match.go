package builtin

import (
	"bytes"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
)

// pattern is a compiled pattern of java.util.regex.
type pattern struct {
	source []byte
	tree   *regexpNode
	groups int            // capturing groups, without the match as a whole
	names  map[string]int // of groups
	// plain does the work in linear time where it can; nil if it never can.
	plain *regexp.Regexp
	// Texts that plain gets wrong: with a last line terminator, not ASCII, with other line terminators.
	hasEnd, hasBoundary, multiline bool
	looksBack                      bool   // what precedes the place of a match matters
	anchored                       bool   // there is one match at most, at the start
	literal                        []byte // what the pattern matches, if that is one text
	isLiteral                      bool
	location                       []int // of the last match: start and end of each group, -1 if it took no part
	tries                          *backtracker
	exhausted                      bool // the last search gave up
}

func compilePattern(source string) (*pattern, error) {
	p := &pattern{source: []byte(source)}
	var err error
	if p.tree, p.groups, p.names, err = parseRegexp(source); err != nil {
		return nil, err
	}
	p.tree.walk(func(n *regexpNode) {
		switch n.kind {
		case nodeTextBegin, nodeSearchBegin:
			p.looksBack = true
		case nodeLastEnd:
			p.hasEnd = true
		case nodeLineBegin, nodeLineEnd:
			p.multiline, p.looksBack = true, true
		case nodeBoundary:
			p.hasBoundary, p.looksBack = true, true
		}
	})
	p.tries = &backtracker{groups: make([]int, 2*p.groups+2)}
	var b strings.Builder
	if !p.tree.write(&b) {
		return p, nil
	}
	tree, err := syntax.Parse(b.String(), syntax.Perl)
	if err != nil {
		return p, nil // it is too large, or repeats too often
	}
	p.plain = regexp.MustCompile(b.String())
	if tree.Op == syntax.OpLiteral && tree.Flags&syntax.FoldCase == 0 {
		p.literal, p.isLiteral = []byte(string(tree.Rune)), true
	}
	p.anchored = beginsText(tree)
	return p, nil
}

// beginsText reports whether a pattern can match at the start of the text only.
func beginsText(tree *syntax.Regexp) bool {
	switch tree.Op {
	case syntax.OpBeginText:
		return true
	case syntax.OpConcat, syntax.OpCapture:
		return beginsText(tree.Sub[0])
	}
	return false
}

// mayFail reports whether a search may give up.
func (p *pattern) mayFail() bool { return p.plain == nil }

// isPlain reports whether plain gets s right.
func (p *pattern) isPlain(s []byte) bool {
	switch {
	case p.plain == nil, p.hasEnd && endsLine(s), p.hasBoundary && !isASCII(s):
		return false
	case p.multiline:
		return isASCII(s) && bytes.IndexByte(s, '\r') < 0 && !endsLine(s)
	}
	return true
}

// endsLine reports whether s ends with a line terminator.
func endsLine(s []byte) bool {
	if len(s) == 0 {
		return false
	}
	switch s[len(s)-1] {
	case '\n', '\r':
		return true
	case 0x85:
		return bytes.HasSuffix(s, []byte("\u0085"))
	case 0xA8, 0xA9:
		return bytes.HasSuffix(s, []byte("\u2028")) || bytes.HasSuffix(s, []byte("\u2029"))
	}
	return false
}

// try searches s from a position on by trying; it returns what find does.
func (p *pattern) try(s []byte, from int) []int {
	p.tries.text = s
	found, exhausted := p.tries.search(p.tree, from)
	p.tries.text = nil
	switch {
	case exhausted && p.plain != nil:
		return p.keep(p.plain.FindSubmatchIndex(s[from:]), from) // nearly right is better than an error
	case exhausted:
		p.exhausted = true
		return nil
	case !found:
		return nil
	}
	return p.tries.groups
}

// keep copies a location found in a part of a text that begins at offset.
func (p *pattern) keep(location []int, offset int) []int {
	if location == nil || offset == 0 {
		return location
	}
	p.location = p.location[:0]
	for _, at := range location {
		if at >= 0 {
			at += offset
		}
		p.location = append(p.location, at)
	}
	return p.location
}

// matches reports whether the pattern is found in s.
func (p *pattern) matches(s []byte) bool {
	switch {
	case p.isLiteral:
		return bytes.Contains(s, p.literal)
	case p.isPlain(s):
		return p.plain.Match(s)
	}
	return p.try(s, 0) != nil
}

// find returns where the first match and its groups are: start and end of each, -1 for a group that took no part; nil if there is
// no match. It is good until the next search.
func (p *pattern) find(s []byte) []int {
	switch {
	case p.isLiteral:
		at := bytes.Index(s, p.literal)
		if at < 0 {
			return nil
		}
		p.location = append(p.location[:0], at, at+len(p.literal))
		return p.location
	case p.isPlain(s):
		return p.plain.FindSubmatchIndex(s)
	}
	return p.try(s, 0)
}

// each calls f for each match, in order, until it returns false. An empty match may follow another match at once, as in
// Java; package regexp would leave it out.
func (p *pattern) each(s []byte, f func(location []int) bool) {
	plain := p.isPlain(s)
	switch {
	case p.anchored && plain:
		if location := p.find(s); location != nil {
			f(location)
		}
		return
	case p.looksBack && plain:
		for _, location := range p.plain.FindAllSubmatchIndex(s, -1) {
			if !f(location) {
				return
			}
		}
		return
	}
	for at := 0; at <= len(s); {
		var location []int
		if plain {
			location = p.keep(p.find(s[at:]), at)
		} else {
			location = p.try(s, at)
		}
		if location == nil {
			return
		}
		start, end := location[0], location[1]
		if !f(location) {
			return
		}
		if at = end; start == end {
			at++
			if end < len(s) {
				at = end + characterWidth(s[end:])
			}
		}
	}
}

// patternState keeps the pattern that a kernel compiled last, and what it made of a replacement.
type patternState struct {
	text        []byte
	pattern     *pattern
	replacement replacement
}

// use compiles text, unless it is the pattern of the row before; name is the function that errors name.
func (s *patternState) use(c *expr.KernelContext, name string, text []byte) (*pattern, error) {
	if s.pattern != nil && bytes.Equal(s.text, text) {
		return s.pattern, c.Budget.Err()
	}
	s.text = append(s.text[:0], text...)
	p, err := compilePattern(string(text))
	if err != nil {
		s.pattern = nil
		return nil, placed(c, invalidPattern(name, text))
	}
	p.tries.budget = c.Budget
	s.pattern = p
	return p, nil
}

func invalidPattern(name string, text []byte) *diag.Error {
	return diag.New("INVALID_PARAMETER_VALUE.PATTERN", "parameter", "`regexp`", "functionName", routine(name), "value", quoteText(text))
}

func patternStateOf(c *expr.KernelContext) *patternState {
	s, _ := stateOf(c, func() (*patternState, error) { return &patternState{}, nil })
	return s
}

// gaveUp is the error of a row whose search gave up, nil if it did not.
func (p *pattern) gaveUp(c *expr.KernelContext, name string) error {
	if !p.exhausted {
		return nil
	}
	p.exhausted = false
	return placed(c, invalidPattern(name, p.source))
}

// constantPattern is argument at, if it is a constant and a valid pattern whose search cannot fail.
func constantPattern(args []expr.Expr, at int) (*pattern, bool) {
	v, ok, err := Constant(args[at])
	text, isString := v.(string)
	if !ok || err != nil || !isString {
		return nil, false
	}
	p, err := compilePattern(text)
	return p, err == nil && !p.mayFail()
}
