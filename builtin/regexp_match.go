package builtin

import (
	"bytes"
	"regexp"
	"regexp/syntax"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
)

// pattern is a compiled pattern of java.util.regex.
type pattern struct {
	source []byte
	// plain takes $ as the end of the text; ended, made when it is needed, for texts that end with a line terminator.
	plain, ended *regexp.Regexp
	translated
	endedForm translated
	literal   []byte // what the pattern matches, if that is one text
	isLiteral bool
	anchored  bool  // there is one match at most, at the start
	location  []int // of the last match, in the order of Java's groups
}

func compilePattern(source string) (*pattern, error) {
	t, err := translateRegexp(source, false)
	if err != nil {
		return nil, err
	}
	p := &pattern{source: []byte(source), translated: t}
	if p.plain, err = regexp.Compile(t.text); err != nil {
		return nil, errPattern
	}
	if tree, err := syntax.Parse(t.text, syntax.Perl); err == nil {
		if tree.Op == syntax.OpLiteral && tree.Flags&syntax.FoldCase == 0 {
			p.literal, p.isLiteral = []byte(string(tree.Rune)), true
		}
		p.anchored = beginsText(tree)
	}
	if t.hasEnd {
		if p.endedForm, err = translateRegexp(source, true); err != nil {
			return nil, err
		}
	}
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

// form is the regular expression to use for a text.
func (p *pattern) form(s []byte) (*regexp.Regexp, *translated) {
	if !p.hasEnd || !endsLine(s) {
		return p.plain, &p.translated
	}
	if p.ended == nil {
		p.ended = regexp.MustCompile(p.endedForm.text)
	}
	return p.ended, &p.endedForm
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

// matches reports whether the pattern is found in s.
func (p *pattern) matches(s []byte) bool {
	if p.isLiteral {
		return bytes.Contains(s, p.literal)
	}
	re, _ := p.form(s)
	return re.Match(s)
}

// find returns where the first match and its groups are: start and end of each, -1 for a group that took no part. It is good
// until the next search.
func (p *pattern) find(s []byte) []int {
	if p.isLiteral {
		at := bytes.Index(s, p.literal)
		if at < 0 {
			return nil
		}
		p.location = append(p.location[:0], at, at+len(p.literal))
		return p.location
	}
	re, form := p.form(s)
	return p.located(re.FindSubmatchIndex(s), form, 0)
}

// located turns a location in package regexp's groups into one in Java's.
func (p *pattern) located(found []int, form *translated, offset int) []int {
	if found == nil {
		return nil
	}
	end := found[1]
	for _, group := range form.ends {
		if at := found[2*group]; at >= 0 {
			end = min(end, at)
		}
	}
	p.location = p.location[:0]
	for _, group := range form.groups {
		from, to := found[2*group], found[2*group+1]
		if from >= 0 {
			from, to = min(from, end)+offset, min(to, end)+offset
		}
		p.location = append(p.location, from, to)
	}
	return p.location
}

// each calls f for each match, in order, until it returns false. An empty match may follow another match at once, as in
// Java; package regexp would leave it out.
func (p *pattern) each(s []byte, f func(location []int) bool) {
	if p.anchored {
		if location := p.find(s); location != nil {
			f(location)
		}
		return
	}
	if p.looksBack {
		re, form := p.form(s)
		for _, found := range re.FindAllSubmatchIndex(s, -1) {
			if !f(p.located(found, form, 0)) {
				return
			}
		}
		return
	}
	for at := 0; at <= len(s); {
		var location []int
		if p.isLiteral {
			if location = p.find(s[at:]); location != nil {
				location[0] += at
				location[1] += at
			}
		} else {
			re, form := p.form(s)
			location = p.located(re.FindSubmatchIndex(s[at:]), form, at)
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
		return s.pattern, nil
	}
	s.text = append(s.text[:0], text...)
	p, err := compilePattern(string(text))
	if err != nil {
		s.pattern = nil
		return nil, placed(c, invalidPattern(name, text))
	}
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

// constantPattern is argument at, if it is a constant and a valid pattern.
func constantPattern(args []expr.Expr, at int) (*pattern, bool) {
	v, ok, err := Constant(args[at])
	text, isString := v.(string)
	if !ok || err != nil || !isString {
		return nil, false
	}
	p, err := compilePattern(text)
	return p, err == nil
}
