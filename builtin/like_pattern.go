package builtin

import (
	"bytes"
	"slices"
	"strings"

	"github.com/kilnql/kiln/diag"
)

// likePattern is a compiled pattern of LIKE.
type likePattern struct {
	// parts is what stands between the % signs; the first begins the text and the last ends it, and either may be empty.
	parts []likePart
	// least is the number of bytes that a text needs at least.
	least int
	plain bool // no part has wildcards
}

// likePart is a run of a pattern without %.
type likePart struct {
	text []byte // one character of any kind where wild says so: that slot holds a 0
	wild []bool // nil if no byte is a wildcard
}

// compileLike reads a pattern: % is any text, _ any character, and escape takes the meaning from these and itself.
func compileLike(pattern []byte, escape rune) (*likePattern, error) {
	p := &likePattern{plain: true}
	part := likePart{}
	for i := 0; i < len(pattern); {
		width := characterWidth(pattern[i:])
		c := pattern[i : i+width]
		i += width
		switch {
		case string(c) == string(escape):
			if i == len(pattern) {
				return nil, diag.New("INVALID_FORMAT.ESC_AT_THE_END", "format", quoteText(pattern))
			}
			width = characterWidth(pattern[i:])
			c = pattern[i : i+width]
			if string(c) != "_" && string(c) != "%" && string(c) != string(escape) {
				return nil, diag.New("INVALID_FORMAT.ESC_IN_THE_MIDDLE", "format", quoteText(pattern), "char", quoteText(c))
			}
			part.text = append(part.text, c...)
			i += width
		case c[0] == '_':
			for len(part.wild) < len(part.text) {
				part.wild = append(part.wild, false)
			}
			part.text, part.wild = append(part.text, 0), append(part.wild, true)
			p.plain = false
		case c[0] == '%':
			p.add(part)
			part = likePart{}
		default:
			part.text = append(part.text, c...)
		}
	}
	p.add(part)
	p.parts = withoutEmptyMiddle(p.parts)
	return p, nil
}

func (p *likePattern) add(part likePart) {
	if part.wild != nil {
		for len(part.wild) < len(part.text) {
			part.wild = append(part.wild, false)
		}
	}
	p.parts = append(p.parts, part)
	p.least += len(part.text)
}

// withoutEmptyMiddle drops what stands between two % that follow each other.
func withoutEmptyMiddle(parts []likePart) []likePart {
	kept := parts[:0]
	for i, part := range parts {
		if i == 0 || i == len(parts)-1 || len(part.text) > 0 {
			kept = append(kept, part)
		}
	}
	return kept
}

// quoteText shows a text as Spark's messages do.
func quoteText(s []byte) string { return "'" + textEscapes.Replace(string(s)) + "'" }

var textEscapes = strings.NewReplacer(`\`, `\\`, "'", `\'`)

// match reports whether all of s fits the pattern.
func (p *likePattern) match(s []byte) bool {
	if len(s) < p.least {
		return false
	}
	if !p.plain {
		return p.matchWild(s)
	}
	first, last := p.parts[0].text, p.parts[len(p.parts)-1].text
	if len(p.parts) == 1 {
		return bytes.Equal(s, first)
	}
	if !bytes.HasPrefix(s, first) || !bytes.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range p.parts[1 : len(p.parts)-1] {
		at := bytes.Index(s, part.text)
		if at < 0 {
			return false
		}
		s = s[at+len(part.text):]
	}
	return true
}

// matchWild is match for patterns with _. Each part is taken at the first place where it fits, which leaves the most text
// to the parts behind it; the last one is then tried where it ends the text.
func (p *likePattern) matchWild(s []byte) bool {
	n := p.parts[0].matchAt(s)
	if n < 0 {
		return false
	}
	if len(p.parts) == 1 {
		return n == len(s)
	}
	s = s[n:]
	for _, part := range p.parts[1 : len(p.parts)-1] {
		var ok bool
		if s, ok = part.skipPast(s); !ok {
			return false
		}
	}
	last := &p.parts[len(p.parts)-1]
	if last.wild == nil {
		return bytes.HasSuffix(s, last.text)
	}
	for {
		if n := last.matchAt(s); n == len(s) {
			return true
		}
		if len(s) == 0 {
			return false
		}
		s = s[characterWidth(s):]
	}
}

// matchAt is the number of bytes of s, from its start, that the part takes; -1 if it does not fit.
func (part *likePart) matchAt(s []byte) int {
	if part.wild == nil {
		if bytes.HasPrefix(s, part.text) {
			return len(part.text)
		}
		return -1
	}
	at := 0
	for i, b := range part.text {
		switch {
		case at >= len(s):
			return -1
		case part.wild[i]:
			at += characterWidth(s[at:])
		case s[at] != b:
			return -1
		default:
			at++
		}
	}
	return at
}

// skipPast is what follows the first place in s where the part fits; ok is false if there is none.
func (part *likePart) skipPast(s []byte) (rest []byte, ok bool) {
	if part.wild == nil {
		if at := bytes.Index(s, part.text); at >= 0 {
			return s[at+len(part.text):], true
		}
		return nil, false
	}
	literal := part.text[:slices.Index(part.wild, true)]
	for {
		if at := bytes.Index(s, literal); at >= 0 {
			s = s[at:]
		} else {
			return nil, false
		}
		if n := part.matchAt(s); n >= 0 {
			return s[n:], true
		}
		if len(s) == 0 {
			return nil, false
		}
		s = s[characterWidth(s):]
	}
}
