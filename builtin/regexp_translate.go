package builtin

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// errPattern says that a pattern is wrong, or uses what a matcher of linear time cannot do: looking around, possessive
// quantifiers, back references.
var errPattern = errors.New("builtin: pattern is invalid or not supported")

// regexpFlags are Java's flags: (?idmsuxU).
type regexpFlags struct {
	ignoreCase, unixLines, multiline, dotAll, unicodeCase, comments, unicodeClasses bool
}

// translator rewrites a pattern of java.util.regex for package regexp. Both take the first alternative that fits and have
// greedy and lazy quantifiers, so the structure stays; classes, flags and line ends are spelled out.
type translator struct {
	source []rune
	at     int
	flags  regexpFlags
	out    strings.Builder
	// beforeEnd makes $ match before a line terminator that ends the text as well: it is then a group of its own,
	// whose start is where $ matched.
	beforeEnd bool
	opened    int            // groups in out
	groups    []int          // Java's group → group in out
	names     map[string]int // name → Java's group
	ends      []int          // groups in out that stand for $
	hasEnd    bool           // there is a $ or \Z
	looksBack bool           // there is something that looks at what precedes it
}

// translation of a pattern.
type translated struct {
	text      string
	groups    []int
	names     map[string]int
	ends      []int
	hasEnd    bool
	looksBack bool
}

func translateRegexp(pattern string, beforeEnd bool) (t translated, err error) {
	p := &translator{source: []rune(pattern), beforeEnd: beforeEnd, groups: []int{0}, names: map[string]int{}}
	defer func() {
		if r := recover(); r != nil {
			if r != errPattern {
				panic(r)
			}
			err = errPattern
		}
	}()
	p.alternatives(0)
	if p.more() {
		p.fail() // a closing parenthesis too many
	}
	return translated{p.out.String(), p.groups, p.names, p.ends, p.hasEnd, p.looksBack}, nil
}

func (p *translator) fail()      { panic(errPattern) }
func (p *translator) more() bool { return p.at < len(p.source) }

func (p *translator) peek() rune {
	if p.at < len(p.source) {
		return p.source[p.at]
	}
	return -1
}

func (p *translator) next() rune {
	if !p.more() {
		p.fail()
	}
	p.at++
	return p.source[p.at-1]
}

func (p *translator) accept(r rune) bool {
	if p.peek() == r {
		p.at++
		return true
	}
	return false
}

// alternatives reads up to the closing parenthesis or the end; depth guards the stack.
func (p *translator) alternatives(depth int) {
	if depth > 200 {
		p.fail()
	}
	for p.more() {
		switch c := p.peek(); {
		case c == ')':
			return
		case c == '|':
			p.at++
			p.out.WriteByte('|')
		case p.flags.comments && p.skipComment():
		default:
			if p.atom(depth) {
				p.quantifier()
			}
		}
	}
}

// skipComment skips a blank, or # and the rest of its line.
func (p *translator) skipComment() bool {
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

// atom reads one item; it reports whether a quantifier may follow.
func (p *translator) atom(depth int) bool {
	switch c := p.next(); c {
	case '(':
		return p.group(depth)
	case '[':
		p.set(p.class(depth))
	case '.':
		p.dot()
	case '^':
		p.looksBack = true
		if p.flags.multiline {
			p.out.WriteString(`(?m:^)`)
		} else {
			p.out.WriteString(`\A`)
		}
	case '$':
		if p.flags.multiline {
			p.out.WriteString(`(?m:$)`)
		} else {
			p.end()
		}
	case '\\':
		return p.escape()
	case '*', '+', '?':
		p.fail()
	case '{':
		p.fail()
	default:
		p.literal(c)
	}
	return true
}

func (p *translator) dot() {
	switch {
	case p.flags.dotAll:
		p.out.WriteString(`(?s:.)`)
	case p.flags.unixLines:
		p.out.WriteString(`[^\n]`)
	default:
		p.out.WriteString(`[^\n\r\x{85}\x{2028}\x{2029}]`)
	}
}

// end is $ and \Z.
func (p *translator) end() {
	p.hasEnd = true
	if !p.beforeEnd {
		p.out.WriteString(`\z`)
		return
	}
	p.opened++
	p.ends = append(p.ends, p.opened)
	if p.flags.unixLines {
		p.out.WriteString(`(?:\z|(\n\z))`)
	} else {
		p.out.WriteString(`(?:\z|((?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])\z))`)
	}
}

func (p *translator) literal(c rune) {
	switch {
	case p.flags.ignoreCase && (p.flags.unicodeCase || c < 0x80):
		if s := setOf(c, c).foldCase(p.flags.unicodeCase); len(s) > 1 {
			p.out.WriteString(s.text())
			return
		}
	}
	p.out.WriteString(regexp.QuoteMeta(string(c)))
}

func (p *translator) set(s runeSet) { p.out.WriteString(s.text()) }

// quantifier reads what follows an item.
func (p *translator) quantifier() {
	if p.flags.comments {
		for p.more() && p.skipComment() {
		}
	}
	switch p.peek() {
	case '*', '+', '?':
		p.out.WriteRune(p.next())
	case '{':
		p.at++
		p.repeat()
	default:
		return
	}
	switch p.peek() {
	case '?':
		p.at++
		p.out.WriteByte('?')
	case '+':
		p.fail()
	}
	switch p.peek() {
	case '*', '+', '?':
		p.fail()
	}
}

// repeat reads {n}, {n,} and {n,m} behind the brace.
func (p *translator) repeat() {
	least := p.number()
	text := "{" + strconv.Itoa(least)
	if p.accept(',') {
		text += ","
		if p.peek() != '}' {
			most := p.number()
			if most < least {
				p.fail()
			}
			text += strconv.Itoa(most)
		}
	}
	if !p.accept('}') {
		p.fail()
	}
	p.out.WriteString(text + "}")
}

func (p *translator) number() int {
	start := p.at
	for p.peek() >= '0' && p.peek() <= '9' {
		p.at++
	}
	n, err := strconv.Atoi(string(p.source[start:p.at]))
	if err != nil {
		p.fail()
	}
	return n
}

// group reads behind an opening parenthesis; it reports whether it was more than flags.
func (p *translator) group(depth int) bool {
	outer := p.flags
	switch {
	case !p.accept('?'):
		p.capture("")
	case p.accept(':'):
		p.out.WriteString("(?:")
	case p.peek() == '<' && p.at+1 < len(p.source) && isNameStart(p.source[p.at+1]):
		p.at++
		p.capture(p.groupName())
	default:
		p.readFlags()
		if p.accept(')') {
			return false // the flags hold up to the end of the group around
		}
		if !p.accept(':') {
			p.fail() // looking around, or an atomic group
		}
		p.out.WriteString("(?:")
	}
	p.alternatives(depth + 1)
	if !p.accept(')') {
		p.fail()
	}
	p.flags = outer
	p.out.WriteByte(')')
	return true
}

func (p *translator) capture(name string) {
	p.opened++
	p.groups = append(p.groups, p.opened)
	if name != "" {
		if _, twice := p.names[name]; twice {
			p.fail()
		}
		p.names[name] = len(p.groups) - 1
	}
	p.out.WriteByte('(')
}

func isNameStart(c rune) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' && c < 0x80 }

func (p *translator) groupName() string {
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

func (p *translator) readFlags() {
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

// escape reads behind a backslash outside a class; it reports whether a quantifier may follow.
func (p *translator) escape() bool {
	c := p.next()
	switch c {
	case 'A':
		p.looksBack = true
		p.out.WriteString(`\A`)
	case 'Z':
		p.end()
	case 'z':
		p.out.WriteString(`\z`)
	case 'b', 'B':
		if p.peek() == '{' {
			p.fail()
		}
		p.looksBack = true
		p.out.WriteString(`\` + string(c))
	case 'R':
		p.out.WriteString(`(?:\r\n|[\n\x0B\f\r\x{85}\x{2028}\x{2029}])`)
	case 'Q':
		return p.quotation()
	case 'E':
		return false
	default:
		if s, ok := p.escapedSet(c); ok {
			p.set(s)
		} else {
			p.literal(p.escapedCharacter(c))
		}
	}
	return true
}

// quotation reads behind \Q; a quantifier holds for the last character.
func (p *translator) quotation() bool {
	any := false
	for p.more() {
		c := p.next()
		if c == '\\' && p.accept('E') {
			return any
		}
		p.literal(c)
		any = true
	}
	return any
}

// escapedSet is the set that \c stands for, if it stands for one.
func (p *translator) escapedSet(c rune) (runeSet, bool) {
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
func (p *translator) property() runeSet {
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
func (p *translator) escapedCharacter(c rune) rune {
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
		p.fail() // a back reference, or nothing that Java knows
	}
	return c
}

func (p *translator) octal() rune {
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

func (p *translator) hexDigits(n int) rune {
	if p.at+n > len(p.source) {
		p.fail()
	}
	p.at += n
	return p.hexadecimal(string(p.source[p.at-n : p.at]))
}

func (p *translator) hexadecimal(text string) rune {
	v, err := strconv.ParseUint(text, 16, 32)
	if err != nil || v > unicode.MaxRune {
		p.fail()
	}
	return rune(v)
}

// class reads behind an opening bracket: unions of items, with && between those that are intersected.
func (p *translator) class(depth int) runeSet {
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
func (p *translator) classItem(c rune) runeSet {
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

func (p *translator) classQuotation() runeSet {
	var s runeSet
	for {
		c := p.next()
		if c == '\\' && p.accept('E') {
			return s
		}
		s = s.union(setOf(c, c))
	}
}
