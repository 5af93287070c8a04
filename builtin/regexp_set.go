package builtin

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// runeSet is a set of characters: ranges in order, with gaps between them.
type runeSet []runeRange

type runeRange struct{ low, high rune }

func setOf(pairs ...rune) runeSet {
	s := make(runeSet, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		s = append(s, runeRange{pairs[i], pairs[i+1]})
	}
	return s.normal()
}

// normal sorts and joins ranges.
func (s runeSet) normal() runeSet {
	slices.SortFunc(s, func(a, b runeRange) int { return int(a.low - b.low) })
	var joined runeSet
	for _, r := range s {
		if n := len(joined); n > 0 && r.low <= joined[n-1].high+1 {
			joined[n-1].high = max(joined[n-1].high, r.high)
		} else {
			joined = append(joined, r)
		}
	}
	return joined
}

func (s runeSet) union(sets ...runeSet) runeSet {
	all := slices.Clone(s)
	for _, t := range sets {
		all = append(all, t...)
	}
	return all.normal()
}

func (s runeSet) complement() runeSet {
	var rest runeSet
	next := rune(0)
	for _, r := range s {
		if r.low > next {
			rest = append(rest, runeRange{next, r.low - 1})
		}
		next = r.high + 1
	}
	if next <= unicode.MaxRune {
		rest = append(rest, runeRange{next, unicode.MaxRune})
	}
	return rest
}

func (s runeSet) intersect(t runeSet) runeSet {
	return s.complement().union(t.complement()).complement()
}

// foldCase adds the other case of letters: of English ones, or of all.
func (s runeSet) foldCase(all bool) runeSet {
	folded := slices.Clone(s)
	for _, r := range s {
		for _, letters := range []runeRange{{'A', 'Z'}, {'a', 'z'}} {
			if low, high := max(r.low, letters.low), min(r.high, letters.high); low <= high {
				folded = append(folded, runeRange{low ^ 0x20, high ^ 0x20})
			}
		}
		if !all || r.high-r.low > 10000 {
			continue // a range that wide has the letters of both cases
		}
		for c := r.low; c <= r.high; c++ {
			for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
				folded = append(folded, runeRange{f, f})
			}
		}
	}
	return folded.normal()
}

// text is the set in the syntax of package regexp.
func (s runeSet) text() string {
	if len(s) == 0 {
		return `[^\x00-\x{10FFFF}]`
	}
	var b strings.Builder
	b.WriteByte('[')
	for _, r := range s {
		b.WriteString(`\x{` + strconv.FormatInt(int64(r.low), 16) + `}`)
		if r.high > r.low {
			b.WriteString(`-\x{` + strconv.FormatInt(int64(r.high), 16) + `}`)
		}
	}
	b.WriteByte(']')
	return b.String()
}

func tableSet(tables ...*unicode.RangeTable) runeSet {
	var s runeSet
	add := func(low, high, stride rune) {
		if stride == 1 {
			s = append(s, runeRange{low, high})
			return
		}
		for r := low; r <= high; r += stride {
			s = append(s, runeRange{r, r})
		}
	}
	for _, t := range tables {
		for _, r := range t.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	return s.normal()
}

// The sets of Java's escapes.
var (
	digits          = setOf('0', '9')
	wordCharacters  = setOf('0', '9', 'A', 'Z', '_', '_', 'a', 'z')
	whiteSpace      = setOf('\t', '\r', ' ', ' ')
	horizontalSpace = setOf('\t', '\t', ' ', ' ', 0xA0, 0xA0, 0x1680, 0x1680, 0x180E, 0x180E, 0x2000, 0x200A, 0x202F, 0x202F, 0x205F, 0x205F, 0x3000, 0x3000)
	verticalSpace   = setOf('\n', '\r', 0x85, 0x85, 0x2028, 0x2029)
	lineTerminators = setOf('\n', '\n', '\r', '\r', 0x85, 0x85, 0x2028, 0x2029)
	unicodeWord     = tableSet(unicode.L, unicode.Nl, unicode.Other_Alphabetic, unicode.M, unicode.Nd, unicode.Pc)
	alphabetic      = tableSet(unicode.L, unicode.Nl, unicode.Other_Alphabetic)
)

// posixSets are the classes of English characters.
var posixSets = map[string]runeSet{
	"Lower": setOf('a', 'z'), "Upper": setOf('A', 'Z'), "ASCII": setOf(0, 0x7F), "Alpha": setOf('A', 'Z', 'a', 'z'), "Digit": digits,
	"Alnum": setOf('0', '9', 'A', 'Z', 'a', 'z'), "Punct": setOf('!', '/', ':', '@', '[', '`', '{', '~'), "Graph": setOf('!', '~'),
	"Print": setOf(' ', '~'), "Blank": setOf(' ', ' ', '\t', '\t'), "Cntrl": setOf(0, 0x1F, 0x7F, 0x7F),
	"XDigit": setOf('0', '9', 'A', 'F', 'a', 'f'), "Space": whiteSpace,
}

// propertySet finds the set of \p{name}; ok is false if Java has none of that name, or kiln does not know it.
func propertySet(name string) (_ runeSet, ok bool) {
	if key, value, found := strings.Cut(name, "="); found {
		switch strings.ToLower(key) {
		case "sc", "script":
			return scriptSet(value)
		case "blk", "block":
			return blockSet(value)
		case "gc", "general_category":
			return categorySet(value)
		}
		return nil, false
	}
	if s, ok := posixSets[name]; ok {
		return s, true
	}
	if rest, found := strings.CutPrefix(name, "In"); found {
		return blockSet(rest)
	}
	if rest, found := strings.CutPrefix(name, "Is"); found {
		if s, ok := binaryProperty(rest); ok {
			return s, true
		}
		if s, ok := scriptSet(rest); ok {
			return s, true
		}
		return categorySet(rest)
	}
	if rest, found := strings.CutPrefix(name, "java"); found {
		return javaSet(rest)
	}
	return categorySet(name)
}

func categorySet(name string) (runeSet, bool) {
	switch name {
	case "LC":
		return tableSet(unicode.Lu, unicode.Ll, unicode.Lt), true
	case "LD":
		return tableSet(unicode.L, unicode.Nd), true
	case "L1":
		return setOf(0, 0xFF), true
	case "all":
		return setOf(0, unicode.MaxRune), true
	case "Cn":
		return assigned().complement(), true
	}
	t, ok := unicode.Categories[name]
	if !ok {
		return nil, false
	}
	return tableSet(t), true
}

func assigned() runeSet {
	return tableSet(unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.C)
}

func scriptSet(name string) (runeSet, bool) {
	for script, table := range unicode.Scripts {
		if strings.EqualFold(script, name) {
			return tableSet(table), true
		}
	}
	return nil, false
}

// blocks are the blocks of Unicode that patterns name most.
var blocks = map[string]runeRange{
	"basiclatin": {0, 0x7F}, "latin1supplement": {0x80, 0xFF}, "latinextendeda": {0x100, 0x17F}, "latinextendedb": {0x180, 0x24F},
	"greek": {0x370, 0x3FF}, "greekandcoptic": {0x370, 0x3FF}, "cyrillic": {0x400, 0x4FF}, "armenian": {0x530, 0x58F}, "hebrew": {0x590, 0x5FF},
	"arabic": {0x600, 0x6FF}, "devanagari": {0x900, 0x97F}, "bengali": {0x980, 0x9FF}, "thai": {0xE00, 0xE7F}, "georgian": {0x10A0, 0x10FF},
	"hanguljamo": {0x1100, 0x11FF}, "generalpunctuation": {0x2000, 0x206F}, "currencysymbols": {0x20A0, 0x20CF}, "arrows": {0x2190, 0x21FF},
	"mathematicaloperators": {0x2200, 0x22FF}, "boxdrawing": {0x2500, 0x257F}, "cjksymbolsandpunctuation": {0x3000, 0x303F},
	"hiragana": {0x3040, 0x309F}, "katakana": {0x30A0, 0x30FF}, "cjkunifiedideographs": {0x4E00, 0x9FFF}, "hangulsyllables": {0xAC00, 0xD7AF},
	"halfwidthandfullwidthforms": {0xFF00, 0xFFEF}, "emoticons": {0x1F600, 0x1F64F},
}

func blockSet(name string) (runeSet, bool) {
	r, ok := blocks[strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(name))]
	return runeSet{r}, ok
}

func binaryProperty(name string) (runeSet, bool) {
	switch strings.ToUpper(strings.ReplaceAll(name, "_", "")) {
	case "ALPHABETIC", "ALPHA":
		return alphabetic, true
	case "LETTER":
		return tableSet(unicode.L), true
	case "IDEOGRAPHIC":
		return tableSet(unicode.Ideographic), true
	case "LOWERCASE", "LOWER":
		return tableSet(unicode.Ll, unicode.Other_Lowercase), true
	case "UPPERCASE", "UPPER":
		return tableSet(unicode.Lu, unicode.Other_Uppercase), true
	case "TITLECASE":
		return tableSet(unicode.Lt), true
	case "WHITESPACE":
		return tableSet(unicode.White_Space), true
	case "CONTROL":
		return tableSet(unicode.Cc), true
	case "PUNCTUATION":
		return tableSet(unicode.P), true
	case "HEXDIGIT":
		return tableSet(unicode.Hex_Digit), true
	case "DIGIT":
		return tableSet(unicode.Nd), true
	case "ALNUM":
		return alphabetic.union(tableSet(unicode.Nd)), true
	case "ASSIGNED":
		return assigned(), true
	case "NONCHARACTERCODEPOINT":
		return tableSet(unicode.Noncharacter_Code_Point), true
	case "WORD":
		return unicodeWord, true
	}
	return nil, false
}

// javaSet are the properties named after the methods of java.lang.Character.
func javaSet(name string) (runeSet, bool) {
	switch name {
	case "LowerCase":
		return binaryProperty("Lowercase")
	case "UpperCase":
		return binaryProperty("Uppercase")
	case "TitleCase":
		return binaryProperty("Titlecase")
	case "Alphabetic":
		return alphabetic, true
	case "Letter":
		return tableSet(unicode.L), true
	case "Digit":
		return tableSet(unicode.Nd), true
	case "LetterOrDigit":
		return tableSet(unicode.L, unicode.Nd), true
	case "Whitespace":
		noBreak := setOf(0xA0, 0xA0, 0x2007, 0x2007, 0x202F, 0x202F)
		return tableSet(unicode.Z).union(setOf('\t', '\r', 0x1C, 0x1F)).intersect(noBreak.complement()), true
	case "SpaceChar":
		return tableSet(unicode.Z), true
	case "ISOControl":
		return tableSet(unicode.Cc), true
	case "Defined":
		return assigned(), true
	case "Ideographic":
		return tableSet(unicode.Ideographic), true
	}
	return nil, false
}
