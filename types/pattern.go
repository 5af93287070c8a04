package types

import (
	"strings"
	"unicode/utf8"

	"github.com/kilnql/kiln/diag"
)

// Pattern is a compiled datetime pattern, such as "yyyy-MM-dd HH:mm:ss", with the letters and rules of Spark (those of Java's
// DateTimeFormatter without the week-based ones). It is immutable.
type Pattern struct {
	text     string
	elements []patternElement
	hasZone  bool
}

// CompilePattern compiles a pattern for formatting. An error is INVALID_DATETIME_PATTERN or, for letters that are about weeks,
// INCONSISTENT_BEHAVIOR_CROSS_VERSION.
func CompilePattern(text string) (*Pattern, error) { return compilePattern(text, false) }

// CompileParsePattern compiles a pattern for parsing, where the letters E, F, Q and q are not allowed.
func CompileParsePattern(text string) (*Pattern, error) { return compilePattern(text, true) }

// String is the text of the pattern.
func (p *Pattern) String() string { return p.text }

// HasZone reports whether the pattern has a letter for a zone or an offset.
func (p *Pattern) HasZone() bool { return p.hasZone }

type patternField uint8

const (
	fieldNone        patternField = iota
	fieldEra                      // G
	fieldYear                     // y without G: negative before year 1
	fieldYearOfEra                // y with G
	fieldQuarter                  // Q q
	fieldMonth                    // M L
	fieldDayOfYear                // D
	fieldDayOfMonth               // d
	fieldWeekInMonth              // F: the day's place in its seven-day group of the month
	fieldDayOfWeek                // E
	fieldAmPm                     // a
	fieldClockHour12              // h, 1 to 12
	fieldHour12                   // K, 0 to 11
	fieldClockHour24              // k, 1 to 24
	fieldHour24                   // H, 0 to 23
	fieldMinute
	fieldSecond
	fieldNano           // S
	fieldModifiedJulian // g: days since 1858-11-17
	fieldCount
)

type elementKind uint8

const (
	elementNumber elementKind = iota
	elementReducedYear
	elementFraction
	elementText
	elementLiteral
	elementOffset
	elementLocalizedOffset
	elementZoneID
	elementZoneName
	elementOptional
)

type signStyle uint8

const (
	signNormal     signStyle = iota // a minus where needed
	signNever                       // none
	signExceedsPad                  // a plus where the number is wider than its width
)

type patternElement struct {
	kind     elementKind
	field    patternField
	min, max int // widths of numbers
	sign     signStyle
	// subsequent is the width of the fixed numbers that follow directly, -1 if this number is one of those.
	subsequent int
	full       bool // long texts
	count      int  // letters
	text       string
	optional   []patternElement
	colons     bool
	zulu       bool // offset zero is Z
}

const weekLetters = "YWwuec"

// compiler holds the elements of the section being read; outer sections wait on the stack.
type patternCompiler struct {
	text     string
	parsing  bool
	hasEra   bool
	elements []patternElement
	active   int // the number that adjacent numbers belong to, -1 if none
	stack    [][]patternElement
	hasZone  bool
}

func compilePattern(text string, parsing bool) (*Pattern, error) {
	c := &patternCompiler{text: text, parsing: parsing, active: -1, hasEra: unquotedContains(text, 'G')}
	for i := 0; i < len(text); {
		n, err := c.next(i)
		if err != nil {
			// What Spark 2 understood gets an error of its own, which names the setting to go back.
			if _, unknown := legacyElements(text); unknown == nil {
				err = c.unrecognised()
			}
			return nil, err
		}
		i += n
	}
	for len(c.stack) > 0 {
		c.closeOptional()
	}
	return &Pattern{text: text, elements: c.elements, hasZone: c.hasZone}, nil
}

func unquotedContains(text string, letter byte) bool {
	for i, part := range strings.Split(text, "'") {
		if i%2 == 0 && strings.IndexByte(part, letter) >= 0 {
			return true
		}
	}
	return false
}

// next compiles what stands at i and returns its length.
func (c *patternCompiler) next(i int) (int, error) {
	switch ch := c.text[i]; {
	case ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z':
		n := 1
		for i+n < len(c.text) && c.text[i+n] == ch {
			n++
		}
		return n, c.letter(ch, n)
	case ch == '\'':
		return c.quoted(i)
	case ch == '[':
		c.stack = append(c.stack, c.elements)
		c.elements, c.active = nil, -1
		return 1, nil
	case ch == ']':
		if len(c.stack) == 0 {
			return 0, c.illegal("]")
		}
		c.closeOptional()
		return 1, nil
	case ch == '{' || ch == '}' || ch == '#':
		return 0, c.illegal(string(ch))
	}
	_, n := utf8.DecodeRuneInString(c.text[i:])
	c.literal(c.text[i : i+n])
	return n, nil
}

func (c *patternCompiler) closeOptional() {
	inner := c.elements
	c.elements = c.stack[len(c.stack)-1]
	c.stack = c.stack[:len(c.stack)-1]
	c.add(patternElement{kind: elementOptional, optional: inner})
}

func (c *patternCompiler) quoted(i int) (int, error) {
	var literal strings.Builder
	for j := i + 1; j < len(c.text); j++ {
		if c.text[j] != '\'' {
			literal.WriteByte(c.text[j])
			continue
		}
		if j+1 < len(c.text) && c.text[j+1] == '\'' {
			literal.WriteByte('\'')
			j++
			continue
		}
		if j == i+1 {
			literal.WriteByte('\'') // '' outside quotes
		}
		c.literal(literal.String())
		return j + 1 - i, nil
	}
	return 0, c.illegal("'")
}

func (c *patternCompiler) literal(text string) {
	if n := len(c.elements); n > 0 && c.elements[n-1].kind == elementLiteral {
		c.elements[n-1].text += text
		return
	}
	c.add(patternElement{kind: elementLiteral, text: text})
}

func (c *patternCompiler) add(e patternElement) {
	c.elements = append(c.elements, e)
	c.active = -1
}

// number adds a number. Numbers without anything between them are read together: those of fixed width take their digits from the
// end of the run.
func (c *patternCompiler) number(e patternElement) {
	active := c.active
	c.add(e)
	at := len(c.elements) - 1
	switch {
	case active < 0:
		c.active = at
	case e.min == e.max && e.sign == signNever:
		c.elements[active].subsequent += e.max
		c.elements[at].subsequent = -1
		c.active = active
	default:
		c.elements[active].subsequent = -1
		c.active = at
	}
}

func (c *patternCompiler) illegal(what string) *diag.Error {
	return diag.New("INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER", "c", what, "pattern", c.text)
}

func (c *patternCompiler) tooMany() *diag.Error {
	return diag.New("INVALID_DATETIME_PATTERN.LENGTH", "pattern", c.text)
}

func (c *patternCompiler) unrecognised() *diag.Error {
	return diag.New("INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION", "pattern", "'"+c.text+"'",
		"config", `"spark.sql.legacy.timeParserPolicy"`, "docroot", "https://spark.apache.org/docs/latest")
}

func (c *patternCompiler) letter(letter byte, n int) error {
	switch {
	case strings.IndexByte(weekLetters, letter) >= 0:
		return diag.New("INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_WEEK_BASED_PATTERN", "c", string(letter))
	case strings.IndexByte("ABnNp", letter) >= 0, c.parsing && strings.IndexByte("EFqQ", letter) >= 0:
		return c.illegal(string(letter))
	case n >= 5 && strings.IndexByte("GMLEQq", letter) >= 0, n >= 7 && letter == 'y':
		return c.tooMany()
	}
	switch letter {
	case 'y':
		return c.year(n)
	case 'M', 'L':
		return c.numberOrText(fieldMonth, n)
	case 'Q', 'q':
		return c.numberOrText(fieldQuarter, n)
	case 'G':
		c.add(patternElement{kind: elementText, field: fieldEra, full: n == 4})
	case 'E':
		c.add(patternElement{kind: elementText, field: fieldDayOfWeek, full: n == 4})
	case 'a':
		if n > 1 {
			return c.tooMany()
		}
		c.add(patternElement{kind: elementText, field: fieldAmPm})
	case 'D':
		return c.dayOfYear(n)
	case 'S':
		if n > 9 {
			return c.tooMany()
		}
		e := patternElement{kind: elementFraction, field: fieldNano, min: n, max: n, sign: signNever}
		if c.parsing {
			e.min = 1 // fewer digits will do, but then the numbers before it do not know where to stop
			c.add(e)
		} else {
			c.number(e)
		}
	case 'g':
		c.number(patternElement{field: fieldModifiedJulian, min: n, max: 19})
	case 'V', 'z', 'O', 'X', 'x', 'Z':
		return c.zone(letter, n)
	default:
		return c.plainNumber(letter, n)
	}
	return nil
}

func (c *patternCompiler) year(n int) error {
	field := fieldYear
	if c.hasEra {
		field = fieldYearOfEra
	}
	switch {
	case n == 2:
		c.number(patternElement{kind: elementReducedYear, field: field, min: 2, max: 2, sign: signNever})
	case n < 4:
		c.number(patternElement{field: field, min: n, max: 19})
	default:
		c.number(patternElement{field: field, min: n, max: 19, sign: signExceedsPad})
	}
	return nil
}

func (c *patternCompiler) numberOrText(field patternField, n int) error {
	switch {
	case n >= 3:
		c.add(patternElement{kind: elementText, field: field, full: n == 4})
	default:
		c.width(field, n)
	}
	return nil
}

// width adds a number of any width for one letter, and of exactly two digits for two.
func (c *patternCompiler) width(field patternField, n int) {
	if n == 1 {
		c.number(patternElement{field: field, min: 1, max: 19})
		return
	}
	c.number(patternElement{field: field, min: n, max: n, sign: signNever})
}

func (c *patternCompiler) dayOfYear(n int) error {
	switch {
	case n == 1:
		c.width(fieldDayOfYear, 1)
	case n <= 3:
		c.number(patternElement{field: fieldDayOfYear, min: n, max: 3, sign: signNever})
	default:
		return c.tooMany()
	}
	return nil
}

var numberLetters = map[byte]patternField{'d': fieldDayOfMonth, 'F': fieldWeekInMonth, 'h': fieldClockHour12, 'K': fieldHour12,
	'k': fieldClockHour24, 'H': fieldHour24, 'm': fieldMinute, 's': fieldSecond}

func (c *patternCompiler) plainNumber(letter byte, n int) error {
	field, ok := numberLetters[letter]
	if !ok {
		return c.illegal(string(letter))
	}
	if n > 2 || field == fieldWeekInMonth && n > 1 {
		return c.tooMany()
	}
	c.width(field, n)
	return nil
}

func (c *patternCompiler) zone(letter byte, n int) error {
	c.hasZone = true
	switch letter {
	case 'V':
		if n != 2 {
			return c.tooMany()
		}
		c.add(patternElement{kind: elementZoneID})
	case 'z':
		if n > 4 {
			return c.tooMany()
		}
		c.add(patternElement{kind: elementZoneName, full: n == 4})
	case 'O':
		if n != 1 && n != 4 {
			return c.tooMany()
		}
		c.add(patternElement{kind: elementLocalizedOffset, full: n == 4})
	case 'X', 'x':
		if n > 5 {
			return c.tooMany()
		}
		c.add(patternElement{kind: elementOffset, count: n, colons: n == 3 || n == 5, zulu: letter == 'X'})
	case 'Z':
		switch {
		case n <= 3:
			c.add(patternElement{kind: elementOffset, count: 2})
		case n == 4:
			c.add(patternElement{kind: elementLocalizedOffset, full: true})
		case n == 5:
			c.add(patternElement{kind: elementOffset, count: 5, colons: true, zulu: true})
		default:
			return c.tooMany()
		}
	}
	return nil
}
