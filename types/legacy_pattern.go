package types

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kilnql/kiln/diag"
)

// LegacyPattern is a datetime pattern with the letters and rules of Java's SimpleDateFormat, not lenient, in the English of the
// United States: what Spark follows where spark.sql.legacy.timeParserPolicy is LEGACY. It is immutable.
//
// Dates before 1582-10-15 are days of the Julian calendar that are then taken as the same day of the proleptic Gregorian one, as
// Spark's rebasing does.
type LegacyPattern struct {
	text     string
	elements []legacyElement
	// centuryStart is 80 years before the pattern was compiled: years of two digits fall into the 100 years from then.
	centuryStart time.Time
}

// legacyElement is a letter repeated, or a literal if the letter is 0.
type legacyElement struct {
	letter  byte
	count   int
	literal string
	// exact says that a number is followed by another one with nothing in between: it takes count characters and no more.
	exact bool
}

const legacyLetters = "GyYMLwWDdFEuaHkKhmsSzZX"

// CompileLegacyPattern compiles a pattern for parsing and formatting. An error is INVALID_DATETIME_PATTERN, where Spark has an error
// of Java without a condition.
func CompileLegacyPattern(text string) (*LegacyPattern, error) {
	elements, err := legacyElements(text)
	if err != nil {
		return nil, err
	}
	for i := 0; i+1 < len(elements); i++ {
		elements[i].exact = elements[i].letter != 0 && elements[i+1].isNumber()
	}
	return &LegacyPattern{text: text, elements: elements, centuryStart: time.Now().UTC().AddDate(-80, 0, 0)}, nil
}

// String is the text of the pattern.
func (p *LegacyPattern) String() string { return p.text }

func (e *legacyElement) isNumber() bool {
	switch e.letter {
	case 'M', 'L':
		return e.count <= 2
	}
	return e.letter != 0 && strings.IndexByte("GEazZX", e.letter) < 0
}

func legacyElements(text string) ([]legacyElement, error) {
	var elements []legacyElement
	quoted, merge := false, false
	literal := func(s string) {
		if n := len(elements); n > 0 && elements[n-1].letter == 0 {
			elements[n-1].literal += s
		} else {
			elements = append(elements, legacyElement{literal: s})
		}
		merge = false
	}
	for i := 0; i < len(text); {
		c := text[i]
		_, width := utf8.DecodeRuneInString(text[i:])
		switch {
		case c == '\'' && i+1 < len(text) && text[i+1] == '\'':
			literal("'")
			width = 2
		case c == '\'':
			quoted, merge = !quoted, false
		case quoted || (c|0x20) < 'a' || (c|0x20) > 'z':
			literal(text[i : i+width])
		case strings.IndexByte(legacyLetters, c) < 0:
			return nil, diag.New("INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER", "c", string(c), "pattern", text)
		default:
			if n := len(elements); merge && elements[n-1].letter == c {
				elements[n-1].count++
			} else {
				elements = append(elements, legacyElement{letter: c, count: 1})
			}
			merge = true
		}
		i += width
	}
	if quoted {
		return nil, diag.New("INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER", "c", "'", "pattern", text)
	}
	for _, e := range elements {
		if e.letter == 'X' && e.count > 3 {
			return nil, diag.New("INVALID_DATETIME_PATTERN.LENGTH", "pattern", text)
		}
	}
	return elements, nil
}
