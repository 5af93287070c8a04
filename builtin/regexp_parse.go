package builtin

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// errPattern says that a pattern is wrong.
var errPattern = errors.New("builtin: invalid pattern")

// regexpFlags are Java's flags: (?idmsuxU).
type regexpFlags struct {
	ignoreCase, unixLines, multiline, dotAll, unicodeCase, comments, unicodeClasses bool
}

// regexpParser reads a pattern of java.util.regex.
type regexpParser struct {
	source []rune
	at     int
	flags  regexpFlags
	groups int            // capturing groups so far
	names  map[string]int // of groups
}

// parseRegexp returns the tree of a pattern, the number of its groups and their names.
func parseRegexp(pattern string) (tree *regexpNode, groups int, names map[string]int, err error) {
	p := &regexpParser{source: []rune(pattern), names: map[string]int{}}
	defer func() {
		if r := recover(); r != nil {
			if r != errPattern {
				panic(r)
			}
			err = errPattern
		}
	}()
	tree = p.alternatives(0)
	if p.more() {
		p.fail() // a closing parenthesis too many
	}
	return tree, p.groups, p.names, nil
}

func (p *regexpParser) fail()      { panic(errPattern) }
func (p *regexpParser) more() bool { return p.at < len(p.source) }

func (p *regexpParser) peek() rune {
	if p.at < len(p.source) {
		return p.source[p.at]
	}
	return -1
}

// follows reports whether the next characters are those of text.
func (p *regexpParser) follows(text string) bool {
	return strings.HasPrefix(string(p.source[p.at:min(len(p.source), p.at+len(text))]), text)
}

func (p *regexpParser) next() rune {
	if !p.more() {
		p.fail()
	}
	p.at++
	return p.source[p.at-1]
}

func (p *regexpParser) accept(r rune) bool {
	if p.peek() == r {
		p.at++
		return true
	}
	return false
}

// alternatives reads up to the closing parenthesis or the end; depth guards the stack.
func (p *regexpParser) alternatives(depth int) *regexpNode {
	if depth > 200 {
		p.fail()
	}
	all := &regexpNode{kind: nodeAlternatives}
	sequence := &regexpNode{kind: nodeSequence}
	for p.more() && p.peek() != ')' {
		switch {
		case p.accept('|'):
			all.list = append(all.list, sequence)
			sequence = &regexpNode{kind: nodeSequence}
		case p.flags.comments && p.skipComment():
		default:
			atoms := p.atom(depth)
			if n := len(atoms); n > 0 {
				atoms[n-1] = p.quantified(atoms[n-1])
			}
			sequence.list = append(sequence.list, atoms...)
		}
	}
	if len(all.list) == 0 {
		return sequence
	}
	all.list = append(all.list, sequence)
	return all
}

// skipComment skips a blank, or # and the rest of its line.
func (p *regexpParser) skipComment() bool {
	c := p.peek()
	if c == '#' {
		for p.more() && p.next() != '\n' {
		}
		return true
	}
	if c == ' ' || c >= '\t' && c <= '\r' {
		p.at++
		return true
	}
	return false
}

// atom reads one item: several characters if it is a quotation, of which a quantifier takes the last, and nothing if it sets flags.
func (p *regexpParser) atom(depth int) []*regexpNode {
	switch c := p.next(); c {
	case '(':
		return p.group(depth)
	case '[':
		return one(setNode(p.class(depth)))
	case '.':
		return one(setNode(p.dot()))
	case '^':
		if p.flags.multiline {
			return one(&regexpNode{kind: nodeLineBegin, unixLines: p.flags.unixLines})
		}
		return one(&regexpNode{kind: nodeTextBegin})
	case '$':
		if p.flags.multiline {
			return one(&regexpNode{kind: nodeLineEnd, unixLines: p.flags.unixLines})
		}
		return one(&regexpNode{kind: nodeLastEnd, unixLines: p.flags.unixLines})
	case '\\':
		return p.escape()
	case '*', '+', '?', '{':
		p.fail()
		return nil
	default:
		return one(p.literal(c))
	}
}

func one(n *regexpNode) []*regexpNode { return []*regexpNode{n} }

func setNode(s runeSet) *regexpNode { return &regexpNode{kind: nodeSet, set: s} }

func (p *regexpParser) dot() runeSet {
	switch {
	case p.flags.dotAll:
		return setOf(0, unicode.MaxRune)
	case p.flags.unixLines:
		return setOf('\n', '\n').complement()
	}
	return lineTerminators.complement()
}

func (p *regexpParser) literal(c rune) *regexpNode {
	s := setOf(c, c)
	if p.flags.ignoreCase {
		s = s.foldCase(p.flags.unicodeCase)
	}
	return setNode(s)
}

// quantified is n with the quantifier that follows it.
func (p *regexpParser) quantified(n *regexpNode) *regexpNode {
	if p.flags.comments {
		for p.more() && p.skipComment() {
		}
	}
	r := &regexpNode{kind: nodeRepeat, list: one(n), most: -1}
	switch p.peek() {
	case '*':
	case '+':
		r.least = 1
	case '?':
		r.most = 1
	case '{':
		p.at++
		r.least, r.most = p.bounds()
		p.at--
	default:
		return n
	}
	p.at++
	switch {
	case p.accept('?'):
		r.mode = lazy
	case p.accept('+'):
		r.mode = possessive
	}
	switch p.peek() {
	case '*', '+', '?':
		p.fail()
	}
	return r
}

// bounds reads n, n, and n,m up to the closing brace.
func (p *regexpParser) bounds() (least, most int) {
	least = p.number()
	most = least
	if p.accept(',') {
		if most = -1; p.peek() != '}' {
			if most = p.number(); most < least {
				p.fail()
			}
		}
	}
	if !p.accept('}') {
		p.fail()
	}
	return least, most
}

func (p *regexpParser) number() int {
	start := p.at
	for p.peek() >= '0' && p.peek() <= '9' {
		p.at++
	}
	n, err := strconv.Atoi(string(p.source[start:p.at]))
	if err != nil || n > math.MaxInt32 {
		p.fail()
	}
	return n
}

// group reads behind an opening parenthesis.
func (p *regexpParser) group(depth int) []*regexpNode {
	outer := p.flags
	n := &regexpNode{kind: nodeGroup}
	switch {
	case !p.accept('?'):
		p.capture(n, "")
	case p.accept(':'):
	case p.accept('='):
		n.kind = nodeLook
	case p.accept('!'):
		n.kind, n.negative = nodeLook, true
	case p.accept('>'):
		n.kind = nodeAtomic
	case p.follows("<="), p.follows("<!"):
		p.at++
		n.kind, n.behind, n.negative = nodeLook, true, p.next() == '!'
	case p.accept('<'):
		if !isNameStart(p.peek()) {
			p.fail()
		}
		p.capture(n, p.groupName())
	default:
		p.readFlags()
		if p.accept(')') {
			return nil // the flags hold up to the end of the group around
		}
		if !p.accept(':') {
			p.fail()
		}
	}
	n.list = one(p.alternatives(depth + 1))
	if !p.accept(')') {
		p.fail()
	}
	p.flags = outer
	return one(n)
}

func (p *regexpParser) capture(n *regexpNode, name string) {
	p.groups++
	n.kind, n.group = nodeCapture, p.groups
	if name == "" {
		return
	}
	if _, twice := p.names[name]; twice {
		p.fail()
	}
	p.names[name] = p.groups
}

func isNameStart(c rune) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' && c < 0x80 }

func (p *regexpParser) groupName() string {
	start := p.at
	for isNameStart(p.peek()) || p.peek() >= '0' && p.peek() <= '9' {
		p.at++
	}
	name := string(p.source[start:p.at])
	if !p.accept('>') {
		p.fail()
	}
	return name
}

func (p *regexpParser) readFlags() {
	on := true
	for {
		switch p.peek() {
		case 'i':
			p.flags.ignoreCase = on
		case 'd':
			p.flags.unixLines = on
		case 'm':
			p.flags.multiline = on
		case 's':
			p.flags.dotAll = on
		case 'u':
			p.flags.unicodeCase = on
		case 'x':
			p.flags.comments = on
		case 'U':
			p.flags.unicodeClasses, p.flags.unicodeCase = on, on
		case '-':
			on = false
		default:
			return
		}
		p.at++
	}
}

// escape reads behind a backslash outside a class.
func (p *regexpParser) escape() []*regexpNode {
	c := p.next()
	switch c {
	case 'A':
		return one(&regexpNode{kind: nodeTextBegin})
	case 'G':
		return one(&regexpNode{kind: nodeSearchBegin})
	case 'Z':
		return one(&regexpNode{kind: nodeLastEnd, unixLines: p.flags.unixLines})
	case 'z':
		return one(&regexpNode{kind: nodeTextEnd})
	case 'b', 'B':
		if p.peek() == '{' {
			p.fail()
		}
		return one(&regexpNode{kind: nodeBoundary, negative: c == 'B'})
	case 'R':
		return one(lineBreak())
	case 'k':
		if !p.accept('<') {
			p.fail()
		}
		group, ok := p.names[p.groupName()]
		if !ok {
			p.fail()
		}
		return one(&regexpNode{kind: nodeReference, group: group, fold: p.flags.ignoreCase})
	case 'Q':
		return p.quotation()
	case 'E':
		return nil
	}
	if c >= '1' && c <= '9' {
		return one(p.reference(int(c - '0')))
	}
	if s, ok := p.escapedSet(c); ok {
		return one(setNode(s))
	}
	return one(p.literal(p.escapedCharacter(c)))
}

// reference reads the digits of a back reference, as long as there are so many groups.
func (p *regexpParser) reference(group int) *regexpNode {
	for p.peek() >= '0' && p.peek() <= '9' {
		longer := 10*group + int(p.peek()-'0')
		if longer > p.groups {
			break
		}
		group = longer
		p.at++
	}
	return &regexpNode{kind: nodeReference, group: group, fold: p.flags.ignoreCase}
}

// lineBreak is \R: two characters that belong together, or one.
func lineBreak() *regexpNode {
	pair := &regexpNode{kind: nodeSequence, list: []*regexpNode{setNode(setOf('\r', '\r')), setNode(setOf('\n', '\n'))}}
	return &regexpNode{kind: nodeGroup, list: one(&regexpNode{kind: nodeAlternatives, list: []*regexpNode{pair, setNode(verticalSpace)}})}
}

// quotation reads behind \Q.
func (p *regexpParser) quotation() (all []*regexpNode) {
	for p.more() {
		c := p.next()
		if c == '\\' && p.accept('E') {
			return all
		}
		all = append(all, p.literal(c))
	}
	return all
}

// escapedSet is the set that \c stands for, if it stands for one.
func (p *regexpParser) escapedSet(c rune) (runeSet, bool) {
	var s runeSet
	switch unicode.ToLower(c) {
	case 'd':
		if s = digits; p.flags.unicodeClasses {
			s = tableSet(unicode.Nd)
		}
	case 'w':
		if s = wordCharacters; p.flags.unicodeClasses {
			s = unicodeWord
		}
	case 's':
		if s = whiteSpace; p.flags.unicodeClasses {
			s = tableSet(unicode.White_Space)
		}
	case 'h':
		s = horizontalSpace
	case 'v':
		s = verticalSpace
	case 'p':
		s = p.property()
	default:
		return nil, false
	}
	if unicode.IsUpper(c) {
		s = s.complement()
	}
	return s, true
}

// property reads behind \p.
func (p *regexpParser) property() runeSet {
	name := string(p.next())
	if name == "{" {
		start := p.at
		for p.next() != '}' {
		}
		name = string(p.source[start : p.at-1])
	}
	if p.flags.unicodeClasses && posixSets[name] != nil {
		if s, ok := binaryProperty(name); ok {
			return s
		}
	}
	s, ok := propertySet(name)
	if !ok {
		p.fail()
	}
	if p.flags.ignoreCase && (name == "Lower" || name == "Upper" || name == "Lu" || name == "Ll" || name == "Lt") {
		s = s.foldCase(true)
	}
	return s
}

// escapedCharacter is the character that \c stands for.
func (p *regexpParser) escapedCharacter(c rune) rune {
	switch c {
	case 't':
		return '\t'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 'f':
		return '\f'
	case 'a':
		return 7
	case 'e':
		return 0x1B
	case 'c':
		return p.next() ^ 64
	case '0':
		return p.octal()
	case 'x':
		if p.accept('{') {
			start := p.at
			for p.next() != '}' {
			}
			return p.hexadecimal(string(p.source[start : p.at-1]))
		}
		return p.hexDigits(2)
	case 'u':
		r := p.hexDigits(4)
		if r >= 0xD800 && r < 0xDC00 && p.peek() == '\\' && p.at+1 < len(p.source) && p.source[p.at+1] == 'u' {
			p.at += 2
			return (r-0xD800)<<10 + (p.hexDigits(4) - 0xDC00) + 0x10000
		}
		return r
	}
	if isNameStart(c) || c >= '1' && c <= '9' {
		p.fail()
	}
	return c
}

func (p *regexpParser) octal() rune {
	v, n := rune(0), 0
	for n < 3 && p.peek() >= '0' && p.peek() <= '7' && v*8+(p.peek()-'0') <= 0o377 {
		v = v*8 + (p.next() - '0')
		n++
	}
	if n == 0 {
		p.fail()
	}
	return v
}

func (p *regexpParser) hexDigits(n int) rune {
	if p.at+n > len(p.source) {
		p.fail()
	}
	p.at += n
	return p.hexadecimal(string(p.source[p.at-n : p.at]))
}

func (p *regexpParser) hexadecimal(text string) rune {
	v, err := strconv.ParseUint(text, 16, 32)
	if err != nil || v > unicode.MaxRune {
		p.fail()
	}
	return rune(v)
}

// class reads behind an opening bracket: unions of items, with && between those that are intersected.
func (p *regexpParser) class(depth int) runeSet {
	if depth > 200 {
		p.fail()
	}
	negated := p.accept('^')
	var result, operand runeSet
	intersected, empty := false, true
	close := func() {
		if intersected {
			result = result.intersect(operand)
		} else {
			result = operand
		}
		operand = nil
	}
	for {
		switch c := p.next(); {
		case c == ']' && !empty:
			close()
			if negated {
				return result.complement()
			}
			return result
		case c == '[':
			operand = operand.union(p.class(depth + 1))
		case c == '&' && p.peek() == '&':
			p.at++
			if !empty {
				close()
				intersected = true
			}
			continue
		case p.flags.comments && (c == ' ' || c >= '\t' && c <= '\r'):
			continue
		default:
			operand = operand.union(p.classItem(c))
		}
		empty = false
	}
}

// classItem is a character, a range or an escape in a class; c has been read.
func (p *regexpParser) classItem(c rune) runeSet {
	if c == '\\' {
		c = p.next()
		if c == 'Q' {
			return p.classQuotation()
		}
		if s, ok := p.escapedSet(c); ok {
			return s
		}
		c = p.escapedCharacter(c)
	}
	high := c
	if p.peek() == '-' && p.at+1 < len(p.source) && p.source[p.at+1] != ']' && p.source[p.at+1] != '[' {
		p.at++
		if high = p.next(); high == '\\' {
			high = p.next()
			if strings.ContainsRune("dDwWsShHvVpP", high) {
				p.fail()
			}
			high = p.escapedCharacter(high)
		}
		if high < c {
			p.fail()
		}
	}
	s := setOf(c, high)
	if p.flags.ignoreCase {
		s = s.foldCase(p.flags.unicodeCase)
	}
	return s
}

func (p *regexpParser) classQuotation() runeSet {
	var s runeSet
	for {
		c := p.next()
		if c == '\\' && p.accept('E') {
			return s
		}
		s = s.union(setOf(c, c))
	}
}
