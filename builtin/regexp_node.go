package builtin

import (
	"regexp"
	"strconv"
	"strings"
)

type nodeKind uint8

// The kinds of nodes of a pattern.
const (
	nodeSet nodeKind = iota
	nodeSequence
	nodeAlternatives
	nodeGroup   // without a number
	nodeCapture // with one
	nodeRepeat
	nodeTextBegin   // ^ and \A
	nodeTextEnd     // \z
	nodeLastEnd     // $ and \Z: the end, or before a line terminator that ends the text
	nodeLineBegin   // ^ of (?m)
	nodeLineEnd     // $ of (?m)
	nodeBoundary    // \b, negative \B
	nodeSearchBegin // \G
	nodeLook        // (?=…), negative (?!…), behind (?<=…)
	nodeAtomic      // (?>…)
	nodeReference   // \1
)

// The ways in which a repetition gives up what it has taken.
const (
	greedy = iota
	lazy
	possessive
)

// regexpNode is a part of a pattern.
type regexpNode struct {
	kind             nodeKind
	set              runeSet
	list             []*regexpNode // of a sequence or alternatives; one in groups and repetitions
	group            int
	least, most      int // times to repeat; most -1: without limit
	mode             int
	negative, behind bool
	fold, unixLines  bool
}

// walk calls f for n and all in it.
func (n *regexpNode) walk(f func(*regexpNode)) {
	f(n)
	for _, part := range n.list {
		part.walk(f)
	}
}

// width is the least and the greatest number of characters that n takes; most is -1 if there is no limit.
func (n *regexpNode) width() (least, most int) {
	switch n.kind {
	case nodeSet:
		return 1, 1
	case nodeSequence, nodeGroup, nodeCapture, nodeAtomic:
		for _, part := range n.list {
			l, m := part.width()
			if least += l; most >= 0 && m >= 0 {
				most += m
			} else {
				most = -1
			}
		}
		return least, most
	case nodeAlternatives:
		least, most = n.list[0].width()
		for _, part := range n.list[1:] {
			l, m := part.width()
			least = min(least, l)
			if most = max(most, m); m < 0 {
				most = -1
			}
			if most < 0 {
				return least, -1
			}
		}
		return least, most
	case nodeRepeat:
		l, m := n.list[0].width()
		if n.most < 0 || m < 0 {
			return l * n.least, -1
		}
		return l * n.least, m * n.most
	case nodeReference:
		return 0, -1
	}
	return 0, 0
}

// write writes n in the syntax of package regexp; ok is false if that has no such thing. Both packages take the first
// alternative that fits and have greedy and lazy quantifiers, so the structure stays. $ is written as the end of the text.
func (n *regexpNode) write(b *strings.Builder) (ok bool) {
	switch n.kind {
	case nodeSet:
		if len(n.set) == 1 && n.set[0].low == n.set[0].high {
			b.WriteString(regexp.QuoteMeta(string(n.set[0].low)))
		} else {
			b.WriteString(n.set.text())
		}
	case nodeSequence, nodeAlternatives:
		for i, part := range n.list {
			if i > 0 && n.kind == nodeAlternatives {
				b.WriteByte('|')
			}
			if !part.write(b) {
				return false
			}
		}
	case nodeGroup, nodeCapture:
		b.WriteByte('(')
		if n.kind == nodeGroup {
			b.WriteString("?:")
		}
		ok := n.list[0].write(b)
		b.WriteByte(')')
		return ok
	case nodeRepeat:
		return n.writeRepeat(b)
	case nodeTextBegin:
		b.WriteString(`\A`)
	case nodeTextEnd, nodeLastEnd:
		b.WriteString(`\z`)
	case nodeLineBegin:
		b.WriteString(`(?m:^)`)
	case nodeLineEnd:
		b.WriteString(`(?m:$)`)
	case nodeBoundary:
		b.WriteString(map[bool]string{false: `\b`, true: `\B`}[n.negative])
	default:
		return false
	}
	return true
}

func (n *regexpNode) writeRepeat(b *strings.Builder) bool {
	if n.mode == possessive {
		return false
	}
	b.WriteString("(?:")
	ok := n.list[0].write(b)
	b.WriteByte(')')
	switch {
	case n.least == 0 && n.most < 0:
		b.WriteByte('*')
	case n.least == 1 && n.most < 0:
		b.WriteByte('+')
	case n.least == 0 && n.most == 1:
		b.WriteByte('?')
	default:
		b.WriteString("{" + strconv.Itoa(n.least))
		if n.most != n.least {
			b.WriteByte(',')
			if n.most >= 0 {
				b.WriteString(strconv.Itoa(n.most))
			}
		}
		b.WriteByte('}')
	}
	if n.mode == lazy {
		b.WriteByte('?')
	}
	return ok
}
