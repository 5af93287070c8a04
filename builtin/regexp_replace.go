package builtin

import (
	"bytes"
	"strconv"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/vector"
)

// replacement is a compiled replacement text of java.util.regex: $1, ${name}, and a backslash before what stands for itself.
type replacement struct {
	text    []byte
	pattern *pattern
	parts   []replacementPart
	wrong   bool // an error of the first match
}

// replacementPart is a text followed by a group, or no group if it is negative.
type replacementPart struct {
	text  []byte
	group int
}

// prepare compiles text for p, unless that is what it holds.
func (r *replacement) prepare(text []byte, p *pattern) {
	if r.pattern == p && bytes.Equal(r.text, text) {
		return
	}
	*r = replacement{text: append(r.text[:0], text...), pattern: p}
	var part replacementPart
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '\\':
			if i++; i == len(text) {
				r.wrong = true
				return
			}
			part.text = append(part.text, text[i])
		case '$':
			group, end := groupReference(text, i+1, p)
			if group < 0 {
				r.wrong = true
				return
			}
			part.group = group
			r.parts = append(r.parts, part)
			part = replacementPart{}
			i = end - 1
		default:
			part.text = append(part.text, c)
		}
	}
	part.group = -1
	r.parts = append(r.parts, part)
}

// groupReference reads what follows a dollar sign; group is negative if there is no such group.
func groupReference(text []byte, at int, p *pattern) (group, end int) {
	if at < len(text) && text[at] == '{' {
		close := bytes.IndexByte(text[at:], '}')
		if close < 0 {
			return -1, at
		}
		group, ok := p.names[string(text[at+1:at+close])]
		if !ok {
			return -1, at
		}
		return group, at + close + 1
	}
	digit := func(i int) bool { return i < len(text) && text[i] >= '0' && text[i] <= '9' }
	if !digit(at) {
		return -1, at
	}
	group = int(text[at] - '0')
	if group > p.groups {
		return -1, at
	}
	for at++; digit(at); at++ {
		longer := 10*group + int(text[at]-'0')
		if longer > p.groups {
			break
		}
		group = longer
	}
	return group, at
}

func (r *replacement) append(dst, s []byte, location []int) []byte {
	for _, part := range r.parts {
		dst = append(dst, part.text...)
		if part.group >= 0 && location[2*part.group] >= 0 {
			dst = append(dst, s[location[2*part.group]:location[2*part.group+1]]...)
		}
	}
	return dst
}

func regexpReplaceKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	state := patternStateOf(c)
	s, patterns, by, positions := stringsOf(args[0]), stringsOf(args[1]), stringsOf(args[2]), column[int32]{[]int32{1}, 0}
	if len(args) == 4 {
		positions = columnOf[int32](args[3])
	}
	return each(sel, out, func(i int) error {
		p, err := state.use(c, "regexp_replace", patterns.at(i))
		if err != nil {
			return err
		}
		text := s.at(i)
		if err := c.Budget.Work(searchWork(text)); err != nil {
			return err
		}
		from := utf16Offset(text, int(positions.at(i))-1)
		if from < 0 {
			return setText(c, out, i, text)
		}
		rest := text[from:]
		dst, copied, grown, wrong := append(c.Scratch[:0], text[:from]...), 0, 0, false
		p.each(rest, func(location []int) bool {
			if state.replacement.prepare(by.at(i), p); state.replacement.wrong {
				wrong = true
				return false
			}
			dst = append(dst, rest[copied:location[0]]...)
			dst = state.replacement.append(dst, rest, location)
			copied = location[1]
			err = c.Budget.Grow(int64(len(dst) - grown))
			grown = len(dst)
			return err == nil
		})
		if err != nil {
			return err
		}
		if err := p.gaveUp(c, "regexp_replace"); err != nil {
			return err
		}
		if wrong {
			return placed(c, diag.New("INVALID_REGEXP_REPLACE", "source", string(text), "pattern", string(patterns.at(i)),
				"replacement", string(by.at(i)), "position", strconv.Itoa(int(positions.at(i)))))
		}
		c.Scratch = append(dst, rest[copied:]...)
		if err := c.Budget.Grow(int64(len(c.Scratch) - grown)); err != nil {
			return err
		}
		putScratch(c, out, i)
		return nil
	})
}

// utf16Offset is the byte offset of a position counted in UTF-16 units, as Java's strings count; -1 if it is at or
// behind the end, unless it is 0.
func utf16Offset(s []byte, units int) int {
	if units <= 0 {
		return 0
	}
	at := 0
	for at < len(s) && units > 0 {
		width := characterWidth(s[at:])
		at += width
		units--
		if width == 4 {
			units--
		}
	}
	if at >= len(s) {
		return -1
	}
	return at
}

// utf16Length is the length of s in UTF-16 units.
func utf16Length(s []byte) int {
	n := characters(s)
	for _, b := range s {
		if b >= 0xF0 {
			n++
		}
	}
	return n
}
