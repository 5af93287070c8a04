package builtin

import (
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

// numberFormat is a format of to_char and to_number:
//
//	[MI|S] [$] [0|9|G|,]* [.|D] [0|9]* [$] [PR|MI|S]
type numberFormat struct {
	text   string // in upper case
	tokens []formatToken
	whole  []digitGroup // between thousands separators
	// wholeDigits and fractionDigits count the digits before and behind the point.
	wholeDigits, fractionDigits int
	point                       bool
}

type tokenKind uint8

const (
	tokenDigits tokenKind = iota
	tokenPoint
	tokenDollar
	tokenSign    // S
	tokenMinus   // MI
	tokenBracket // PR
	tokenOpening // stands before all others if there is PR
	tokenUnknown
)

type formatToken struct {
	kind tokenKind
	text string
}

// digitGroup is a run of digits; the first says what it is: 0 for exactly so many digits, 9 for at most so many.
type digitGroup struct {
	digits int
	exact  bool
}

// name is what Spark's messages call a token.
func (t formatToken) name() string {
	switch t.kind {
	case tokenDigits:
		return "digit sequence"
	case tokenPoint:
		return ". or D"
	case tokenUnknown:
		return "character '" + t.text + "''"
	}
	return t.text
}

// parseNumberFormat reads and checks a format.
func parseNumberFormat(text string) (*numberFormat, *diag.Error) {
	f := &numberFormat{text: strings.ToUpper(text)}
	wrong := func(condition string, more ...string) *diag.Error {
		return diag.New("INVALID_FORMAT."+condition, append([]string{"format", "'" + f.text + "'"}, more...)...)
	}
	if text == "" {
		return nil, wrong("EMPTY")
	}
	f.readTokens()
	digits, dollar, point := f.index(tokenDigits), f.index(tokenDollar), f.index(tokenPoint)
	switch {
	case digits < 0:
		return nil, wrong("WRONG_NUM_DIGIT")
	case digits < dollar:
		return nil, wrong("CUR_MUST_BEFORE_DIGIT")
	case point >= 0 && point < dollar:
		return nil, wrong("CUR_MUST_BEFORE_DEC")
	}
	for i, t := range f.tokens {
		if t.kind != tokenDigits || point >= 0 && i > point {
			continue
		}
		if s := strings.ReplaceAll(t.text, "G", ","); s[0] == ',' || s[len(s)-1] == ',' || strings.Contains(s, ",,") {
			return nil, wrong("CONT_THOUSANDS_SEPS")
		}
	}
	for i, t := range f.tokens {
		if t.kind == tokenDigits && point >= 0 && i > point && strings.ContainsAny(t.text, ",G") {
			return nil, wrong("THOUSANDS_SEPS_MUST_BEFORE_DEC")
		}
	}
	for _, kind := range []tokenKind{tokenPoint, tokenSign, tokenMinus, tokenDollar, tokenBracket} {
		if n, t := f.count(kind); n > 1 {
			return nil, wrong("WRONG_NUM_TOKEN", "token", t.name())
		}
	}
	if at := f.outOfOrder(); at < len(f.tokens) {
		return nil, wrong("UNEXPECTED_TOKEN", "token", f.tokens[at].name())
	}
	f.countDigits()
	return f, nil
}

func (f *numberFormat) readTokens() {
	for s := f.text; s != ""; {
		t := formatToken{tokenUnknown, s[:characterWidth([]byte(s))]}
		switch {
		case strings.IndexByte("09,G", s[0]) >= 0:
			t = formatToken{tokenDigits, s[:len(s)-len(strings.TrimLeft(s, "09,G"))]}
		case s[0] == '.' || s[0] == 'D':
			t.kind = tokenPoint
		case s[0] == '$':
			t.kind = tokenDollar
		case s[0] == 'S':
			t.kind = tokenSign
		case strings.HasPrefix(s, "MI"):
			t = formatToken{tokenMinus, "MI"}
		case strings.HasPrefix(s, "PR"):
			t = formatToken{tokenBracket, "PR"}
			if f.index(tokenOpening) < 0 {
				f.tokens = append([]formatToken{{tokenOpening, "PR"}}, f.tokens...)
			}
		}
		f.tokens = append(f.tokens, t)
		s = s[len(t.text):]
	}
}

func (f *numberFormat) index(kind tokenKind) int {
	for i, t := range f.tokens {
		if t.kind == kind {
			return i
		}
	}
	return -1
}

func (f *numberFormat) count(kind tokenKind) (n int, last formatToken) {
	for _, t := range f.tokens {
		if t.kind == kind {
			n, last = n+1, t
		}
	}
	return n, last
}

// outOfOrder is the index of the first token that is not where it may be, the number of tokens if all are.
func (f *numberFormat) outOfOrder() int {
	at := 0
	for _, allowed := range [][]tokenKind{
		{tokenOpening}, {tokenMinus, tokenSign}, {tokenDollar}, {tokenDigits}, {tokenPoint}, {tokenDigits}, {tokenDollar},
		{tokenBracket, tokenMinus, tokenSign},
	} {
		for _, kind := range allowed {
			if at < len(f.tokens) && f.tokens[at].kind == kind {
				at++
				break
			}
		}
	}
	return at
}

func (f *numberFormat) countDigits() {
	for _, t := range f.tokens {
		switch {
		case t.kind == tokenPoint:
			f.point = true
		case t.kind != tokenDigits:
		case f.point:
			f.fractionDigits = len(t.text)
		default:
			for _, group := range strings.Split(strings.ReplaceAll(t.text, "G", ","), ",") {
				f.whole = append(f.whole, digitGroup{len(group), group[0] == '0'})
				f.wholeDigits += len(group)
			}
		}
	}
}

// append writes a decimal. Digits that do not fit are #.
func (f *numberFormat) append(dst []byte, unscaled types.Int128, scale int) []byte {
	text := appendRoundedDecimal(nil, unscaled, scale, scale)
	negative := text[0] == '-'
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(string(text), "-"), ".")
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	w := numberWriter{dst: dst, start: len(dst), fits: len(whole) <= f.wholeDigits && len(fraction) <= f.fractionDigits}
	behind := false
	for i, t := range f.tokens {
		switch t.kind {
		case tokenOpening:
			if negative {
				w.dst = append(w.dst, '<')
			}
		case tokenBracket:
			if negative {
				w.addSign('>')
			} else {
				w.dst = append(w.dst, ' ', ' ')
			}
		case tokenSign, tokenMinus:
			w.sign(t.kind, negative, i > 0)
		case tokenDollar:
			w.dst = append(w.dst, '$')
		case tokenPoint:
			behind = true
			w.point(f.fractionDigits > 0)
		case tokenDigits:
			if behind {
				w.fraction(fraction, f.fractionDigits)
			} else {
				w.wholeDigits(whole, f)
			}
		}
	}
	return w.dst
}

// numberWriter writes the tokens of a format.
type numberWriter struct {
	dst   []byte
	start int
	fits  bool
}

func (w *numberWriter) last() byte {
	if len(w.dst) == w.start {
		return 0
	}
	return w.dst[len(w.dst)-1]
}

// sign writes S or MI; behind the digits it goes before blanks that end the text.
func (w *numberWriter) sign(kind tokenKind, negative, behind bool) {
	c := byte('-')
	switch {
	case negative:
	case kind == tokenSign:
		c = '+'
	default:
		w.dst = append(w.dst, ' ')
		return
	}
	if behind {
		w.addSign(c)
	} else {
		w.dst = append(w.dst, c)
	}
}

func (w *numberWriter) addSign(c byte) {
	at := len(w.dst)
	for at > w.start && w.dst[at-1] == ' ' {
		at--
	}
	w.dst = append(w.dst, 0)
	copy(w.dst[at+1:], w.dst[at:])
	w.dst[at] = c
}

// blank writes a blank, before a sign that comes directly before it.
func (w *numberWriter) blank() {
	switch c := w.last(); c {
	case '+', '-', '<':
		w.dst[len(w.dst)-1] = ' '
		w.dst = append(w.dst, c)
	default:
		w.dst = append(w.dst, ' ')
	}
}

func (w *numberWriter) wholeDigits(digits string, f *numberFormat) {
	missing := f.wholeDigits - len(digits)
	started := false
	for g, group := range f.whole {
		if g > 0 {
			if started && w.fits {
				w.dst = append(w.dst, ',')
			} else {
				w.blank()
			}
		}
		for range group.digits {
			switch {
			case !w.fits:
				w.dst = append(w.dst, '#')
			case missing <= 0:
				w.dst = append(w.dst, digits[0])
				digits, started = digits[1:], true
			case group.exact:
				w.dst, started = append(w.dst, '0'), true
			default:
				w.blank()
			}
			missing--
		}
	}
}

// point writes the decimal point, a blank if nothing follows it. A blank before it becomes a zero.
func (w *numberWriter) point(followed bool) {
	if w.last() == ' ' {
		w.dst[len(w.dst)-1] = '0'
	}
	if followed {
		w.dst = append(w.dst, '.')
	} else {
		w.dst = append(w.dst, ' ')
	}
}

func (w *numberWriter) fraction(digits string, n int) {
	for i := range n {
		switch {
		case !w.fits:
			w.dst = append(w.dst, '#')
		case i < len(digits):
			w.dst = append(w.dst, digits[i])
		default:
			w.dst = append(w.dst, '0')
		}
	}
}

// parse reads a number in the format; the result is unscaled. ok is false if the text does not fit.
func (f *numberFormat) parse(text string) (unscaled types.Int128, ok bool) {
	text = strings.Join(strings.Fields(text), "") // blanks do not count
	negative, bracket, behind, pointed := false, false, false, false
	var whole, fraction string
	for _, t := range f.tokens {
		switch t.kind {
		case tokenOpening:
			text, bracket = strings.CutPrefix(text, "<")
			negative = negative || bracket
		case tokenBracket:
			var closed bool
			if text, closed = strings.CutPrefix(text, ">"); closed != bracket {
				return unscaled, false
			}
		case tokenSign, tokenMinus:
			var minus bool
			if text, minus = strings.CutPrefix(text, "-"); minus {
				negative = true
			} else if t.kind == tokenSign {
				text = strings.TrimPrefix(text, "+")
			}
		case tokenDollar:
			if text, ok = strings.CutPrefix(text, "$"); !ok {
				return unscaled, false
			}
		case tokenPoint:
			text, pointed = strings.CutPrefix(text, ".")
			behind = true
		case tokenDigits:
			rest := text
			switch {
			case !behind:
				rest = strings.TrimLeft(text, "0123456789,")
			case pointed:
				rest = strings.TrimLeft(text, "0123456789")
			}
			part := text[:len(text)-len(rest)]
			if text = rest; behind {
				fraction = part
			} else if whole, ok = f.ungroup(part); !ok {
				return unscaled, false
			}
		}
	}
	if text != "" || len(fraction) > f.fractionDigits || whole == "" && fraction == "" && !f.point {
		return unscaled, false
	}
	digits := whole + fraction + strings.Repeat("0", f.fractionDigits-len(fraction))
	return parseDigits(digits, negative)
}

// ungroup takes the separators out of the digits before the point; ok is false if groups are longer than the format's.
func (f *numberFormat) ungroup(text string) (digits string, ok bool) {
	groups := strings.Split(text, ",")
	if len(groups) > len(f.whole) {
		return "", false
	}
	skipped := len(f.whole) - len(groups)
	for i, group := range f.whole {
		switch {
		case i < skipped:
			if group.exact {
				return "", false
			}
		case len(groups[i-skipped]) > group.digits, group.exact && len(groups[i-skipped]) < group.digits,
			len(groups) > 1 && groups[i-skipped] == "":
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

func parseDigits(digits string, negative bool) (v types.Int128, ok bool) {
	if strings.Trim(digits, "0") == "" {
		return v, true
	}
	v, ok = types.ParseInt128(strings.TrimLeft(digits, "0"))
	if negative {
		v = v.Neg()
	}
	return v, ok
}
