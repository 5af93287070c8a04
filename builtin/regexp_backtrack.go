package builtin

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/kilnql/kiln/expr"
)

// backtracker matches a pattern by trying, as Java does. It does what package regexp cannot: looking around, possessive
// quantifiers, references to groups, $ before a last line terminator, \b between letters of any script.
type backtracker struct {
	text   []byte
	groups []int // start and end of each, -1 if it has taken no part
	begin  int   // of the search, for \G
	steps  int
	depth  int
	budget *expr.Budget // of whom the search is for; it may end it
}

// The limits stand for the stack overflow that Java would end in, and for never ending.
const (
	maxSteps = 20_000_000
	maxDepth = 200_000
)

// A search asks its budget every so many steps, each of about so much work; it must be a power of two.
const (
	stepsPerLook = 4096
	workPerStep  = 16
)

// errExhausted ends a match that takes too long.
type errExhausted struct{}

// search finds the first match at or behind from. exhausted tells that it gave up.
func (m *backtracker) search(n *regexpNode, from int) (found, exhausted bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(errExhausted); !ok {
				panic(r)
			}
			found, exhausted = false, true
		}
	}()
	m.begin, m.steps, m.depth = from, 0, 0
	for at := from; ; at += characterWidth(m.text[at:]) {
		for i := range m.groups {
			m.groups[i] = -1
		}
		end := -1
		if m.match(n, at, func(e int) bool { end = e; return true }) {
			m.groups[0], m.groups[1] = at, end
			return true, false
		}
		if at == len(m.text) {
			return false, false
		}
	}
}

// match tries n at position at, and what follows it at each end that it may have.
func (m *backtracker) match(n *regexpNode, at int, follow func(end int) bool) bool {
	m.steps++
	m.depth++
	if m.steps > maxSteps || m.depth > maxDepth || m.steps&(stepsPerLook-1) == 0 && m.budget.Work(stepsPerLook*workPerStep) != nil {
		panic(errExhausted{})
	}
	ok := m.try(n, at, follow)
	m.depth--
	return ok
}

func (m *backtracker) try(n *regexpNode, at int, follow func(end int) bool) bool {
	switch n.kind {
	case nodeSet:
		end := m.take(n.set, at)
		return end > at && follow(end)
	case nodeSequence:
		return m.sequence(n.list, at, follow)
	case nodeAlternatives:
		for _, part := range n.list {
			if m.match(part, at, follow) {
				return true
			}
		}
		return false
	case nodeGroup:
		return m.match(n.list[0], at, follow)
	case nodeCapture:
		return m.capture(n, at, follow)
	case nodeRepeat:
		return m.repeat(n, at, follow)
	case nodeLook:
		return m.look(n, at) && follow(at)
	case nodeAtomic:
		return m.atomic(n.list[0], at, follow)
	case nodeReference:
		return m.reference(n, at, follow)
	}
	return m.holds(n, at) && follow(at)
}

// take is the end of the character at position at, if it is one of the set; else at.
func (m *backtracker) take(s runeSet, at int) int {
	if at == len(m.text) {
		return at
	}
	r, width := utf8.DecodeRune(m.text[at:])
	_, found := slices.BinarySearchFunc(s, r, func(a runeRange, r rune) int {
		switch {
		case a.high < r:
			return -1
		case a.low > r:
			return 1
		}
		return 0
	})
	if !found {
		return at
	}
	return at + width
}

func (m *backtracker) sequence(list []*regexpNode, at int, follow func(end int) bool) bool {
	switch len(list) {
	case 0:
		return follow(at)
	case 1:
		return m.match(list[0], at, follow)
	}
	return m.match(list[0], at, func(end int) bool { return m.sequence(list[1:], end, follow) })
}

func (m *backtracker) capture(n *regexpNode, at int, follow func(end int) bool) bool {
	from, to := m.groups[2*n.group], m.groups[2*n.group+1]
	ok := m.match(n.list[0], at, func(end int) bool {
		innerFrom, innerTo := m.groups[2*n.group], m.groups[2*n.group+1]
		m.groups[2*n.group], m.groups[2*n.group+1] = at, end
		if follow(end) {
			return true
		}
		m.groups[2*n.group], m.groups[2*n.group+1] = innerFrom, innerTo
		return false
	})
	if !ok {
		m.groups[2*n.group], m.groups[2*n.group+1] = from, to
	}
	return ok
}

func (m *backtracker) repeat(n *regexpNode, at int, follow func(end int) bool) bool {
	if body := n.list[0]; body.kind == nodeSet {
		return m.repeatSet(n, body.set, at, follow)
	}
	if n.mode == possessive {
		most := *n
		most.mode = greedy
		return m.atomic(&most, at, follow)
	}
	return m.again(n, 0, at, follow)
}

// again repeats the body of n, which has matched count times.
func (m *backtracker) again(n *regexpNode, count, at int, follow func(end int) bool) bool {
	more := func() bool {
		return (n.most < 0 || count < n.most) && m.match(n.list[0], at, func(end int) bool {
			if end == at && count >= n.least {
				return follow(end) // nothing more would come of taking nothing again
			}
			return m.again(n, count+1, end, follow)
		})
	}
	switch {
	case count < n.least:
		return more()
	case n.mode == lazy:
		return follow(at) || more()
	}
	return more() || follow(at)
}

// repeatSet repeats a single character without recursion.
func (m *backtracker) repeatSet(n *regexpNode, set runeSet, at int, follow func(end int) bool) bool {
	count := 0
	step := func() bool {
		end := m.take(set, at)
		if end == at || n.most >= 0 && count == n.most {
			return false
		}
		at, count = end, count+1
		m.steps++
		return true
	}
	for count < n.least {
		if !step() {
			return false
		}
	}
	if n.mode == lazy {
		for !follow(at) {
			if !step() {
				return false
			}
		}
		return true
	}
	least := at
	for step() {
	}
	for !follow(at) {
		if n.mode == possessive || at == least {
			return false
		}
		at -= lastRuneWidth(m.text[:at])
	}
	return true
}

func lastRuneWidth(s []byte) int {
	_, width := utf8.DecodeLastRune(s)
	return width
}

// look reports whether what is looked for is there. The groups of it stay, if it is to be there.
func (m *backtracker) look(n *regexpNode, at int) bool {
	saved := slices.Clone(m.groups)
	var found bool
	if n.behind {
		found = m.lookBehind(n.list[0], at)
	} else {
		found = m.match(n.list[0], at, func(int) bool { return true })
	}
	if !found || n.negative {
		copy(m.groups, saved)
	}
	return found != n.negative
}

func (m *backtracker) lookBehind(n *regexpNode, at int) bool {
	least, most := n.width()
	start := at
	for width := 0; most < 0 || width <= most; width++ {
		if width >= least && m.match(n, start, func(end int) bool { return end == at }) {
			return true
		}
		if start == 0 {
			return false
		}
		start -= lastRuneWidth(m.text[:start])
	}
	return false
}

// atomic takes the first match of n, or none.
func (m *backtracker) atomic(n *regexpNode, at int, follow func(end int) bool) bool {
	saved := slices.Clone(m.groups)
	end := -1
	if m.match(n, at, func(e int) bool { end = e; return true }) && follow(end) {
		return true
	}
	copy(m.groups, saved)
	return false
}

func (m *backtracker) reference(n *regexpNode, at int, follow func(end int) bool) bool {
	if 2*n.group >= len(m.groups) || m.groups[2*n.group] < 0 {
		return false
	}
	text := m.text[m.groups[2*n.group]:m.groups[2*n.group+1]]
	rest := m.text[at:]
	if len(rest) < len(text) {
		return false
	}
	if same := rest[:len(text)]; !bytes.Equal(same, text) && !(n.fold && bytes.EqualFold(same, text)) {
		return false
	}
	return follow(at + len(text))
}

// holds decides the conditions on a position.
func (m *backtracker) holds(n *regexpNode, at int) bool {
	switch n.kind {
	case nodeTextBegin:
		return at == 0
	case nodeTextEnd:
		return at == len(m.text)
	case nodeLastEnd:
		return at == len(m.text) || m.terminator(at, n.unixLines) == len(m.text)-at
	case nodeLineBegin:
		return at == 0 || at < len(m.text) && m.endsTerminator(at, n.unixLines)
	case nodeLineEnd:
		return at == len(m.text) || m.terminator(at, n.unixLines) > 0
	case nodeBoundary:
		return m.isWord(at, true) != m.isWord(at, false) != n.negative
	case nodeSearchBegin:
		return at == m.begin
	}
	return false
}

// terminator is the length of the line terminator at position at, 0 if there is none: nothing stands inside of \r\n.
func (m *backtracker) terminator(at int, unixLines bool) int {
	r, width := utf8.DecodeRune(m.text[at:])
	switch {
	case r == '\n':
		if at > 0 && m.text[at-1] == '\r' && !unixLines {
			return 0
		}
		return 1
	case unixLines:
		return 0
	case r == '\r':
		if at+1 < len(m.text) && m.text[at+1] == '\n' {
			return 2
		}
		return 1
	case r == 0x85, r == 0x2028, r == 0x2029:
		return width
	}
	return 0
}

// endsTerminator reports whether a line terminator ends at position at.
func (m *backtracker) endsTerminator(at int, unixLines bool) bool {
	r, _ := utf8.DecodeLastRune(m.text[:at])
	switch r {
	case '\n':
		return true
	case '\r':
		return !unixLines && m.text[at] != '\n'
	case 0x85, 0x2028, 0x2029:
		return !unixLines
	}
	return false
}

// isWord reports whether the character before or behind position at belongs to a word.
func (m *backtracker) isWord(at int, before bool) bool {
	r, width := utf8.DecodeRune(m.text[at:])
	if before {
		r, width = utf8.DecodeLastRune(m.text[:at])
	}
	return width > 0 && (r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r))
}
