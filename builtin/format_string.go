package builtin

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// resolvePrintf has values of nested types as the text that a cast gives.
func resolvePrintf(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	cast := append([]expr.Expr{}, args...)
	for i, a := range args[1:] {
		if t := a.Type(); t.IsNested() || t.Kind == types.Decimal || t.Kind == types.CalendarInterval || t.Kind == types.Variant {
			e, err := c.Cast(a, types.StringType)
			if err != nil {
				return outcome{}, err
			}
			cast[i+1] = e
		}
	}
	if format, ok, err := Constant(args[0]); ok && err == nil {
		if s, isString := format.(string); isString && strings.Contains(s, "%0$") {
			return outcome{}, diag.New("INVALID_PARAMETER_VALUE.ZERO_INDEX", "parameter", "`strfmt`", "functionName", "`format_string`").At(c.Span)
		}
	}
	return outcome{result: types.StringType, nullable: args[0].Nullable(), fails: true, kernel: printfKernel, args: cast}, nil
}

func printfKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) (err error) {
	formats := stringsOf(args[0])
	eachRow(sel, out.Len, func(i int) {
		switch {
		case err != nil:
		case args[0].IsNull(i):
			out.SetNull(i)
		default:
			p := printer{budget: c.Budget, format: formats.at(i), args: args[1:], row: i, dst: c.Scratch[:0], previous: -1}
			if !p.run() {
				err = placed(c, diag.New("INVALID_PARAMETER_VALUE.PATTERN", "parameter", "`strfmt`", "functionName", "`format_string`", "value", quoteText(formats.at(i))))
				return
			}
			c.Scratch = p.dst
			putScratch(c, out, i)
			err = c.Budget.Err()
		}
	})
	return err
}

// printer writes one row of format_string.
type printer struct {
	budget   *expr.Budget
	format   []byte
	args     []*vector.Vector
	row      int
	dst      []byte
	ordinary int // the next argument for a conversion without an index
	previous int // the argument of the conversion before
}

// directive is one %[index$][flags][width][.precision]letter.
type directive struct {
	flags            string
	width, precision int // -1 if absent
	letter           byte
}

func (f *directive) has(flag byte) bool { return strings.IndexByte(f.flags, flag) >= 0 }

// run reports whether the format is right and fits the arguments.
func (p *printer) run() bool {
	for i := 0; i < len(p.format); i++ {
		if p.format[i] != '%' {
			p.dst = append(p.dst, p.format[i])
			continue
		}
		f, argument, end, ok := p.read(i + 1)
		before := len(p.dst)
		if !ok || !p.convert(f, argument) || p.budget.Grow(int64(len(p.dst)-before)) != nil {
			return false
		}
		i = end - 1
	}
	return true
}

// read reads a conversion behind the percent sign.
func (p *printer) read(i int) (f directive, argument, end int, ok bool) {
	f.width, f.precision, argument = -1, -1, -1
	number := func() (int, bool) {
		start := i
		for i < len(p.format) && p.format[i] >= '0' && p.format[i] <= '9' {
			i++
		}
		n, err := strconv.Atoi(string(p.format[start:i]))
		return n, err == nil && n < 1<<20
	}
	if i < len(p.format) && p.format[i] >= '1' && p.format[i] <= '9' {
		n, ok := number()
		switch {
		case !ok:
			return f, 0, 0, false
		case i < len(p.format) && p.format[i] == '$':
			argument = n - 1
			i++
		default:
			f.width = n
		}
	} else if i < len(p.format) && p.format[i] == '<' {
		argument = p.previous
		if i++; argument < 0 {
			return f, 0, 0, false
		}
	}
	if f.width < 0 {
		start := i
		for i < len(p.format) && strings.IndexByte("-#+ 0,(", p.format[i]) >= 0 {
			i++
		}
		f.flags = string(p.format[start:i])
		if i < len(p.format) && p.format[i] >= '1' && p.format[i] <= '9' {
			if f.width, ok = number(); !ok {
				return f, 0, 0, false
			}
		}
	}
	if i < len(p.format) && p.format[i] == '.' {
		i++
		if f.precision, ok = number(); !ok {
			return f, 0, 0, false
		}
	}
	if i == len(p.format) {
		return f, 0, 0, false
	}
	f.letter = p.format[i]
	if f.letter != '%' && f.letter != 'n' {
		if argument < 0 {
			argument = p.ordinary
			p.ordinary++
		}
		p.previous = argument
	}
	return f, argument, i + 1, f.width >= 0 || !f.has('-') && !f.has('0')
}

// convert writes one conversion.
func (p *printer) convert(f directive, argument int) bool {
	switch f.letter {
	case '%':
		p.pad(f, "%")
		return true
	case 'n':
		p.dst = append(p.dst, '\n')
		return true
	}
	if argument >= len(p.args) {
		return false
	}
	if !f.allowed() {
		return false
	}
	v := p.args[argument]
	upper := f.letter >= 'A' && f.letter <= 'Z'
	letter := f.letter | 0x20
	if v.IsNull(p.row) && strings.IndexByte("bhscdoxefga", letter) >= 0 {
		text := "null"
		if letter == 'b' {
			text = "false"
		}
		f.flags = strings.ReplaceAll(f.flags, "0", "")
		return p.text(f, text, upper)
	}
	switch letter {
	case 's':
		return p.text(f, p.valueText(v), upper)
	case 'b':
		text := "true"
		if v.Physical == types.PhysicalBool && vector.Get[uint8](v, p.row) == 0 {
			text = "false"
		}
		return p.text(f, text, upper)
	case 'h':
		return p.text(f, strconv.FormatUint(uint64(uint32(javaHash(v, p.row))), 16), upper)
	case 'c':
		text, ok := characterText(v, p.row)
		return ok && f.precision < 0 && p.text(f, text, upper)
	case 'd':
		n, ok := types.Integer64(integerAt(v, p.row))
		return ok && f.precision < 0 && !upper && p.number(f, strconv.FormatInt(n, 10), false)
	case 'x', 'o':
		text, ok := unsignedText(v, p.row, letter, f.has('#'))
		return ok && f.precision < 0 && (letter == 'x' || !upper) && p.number(f, text, upper)
	case 'e', 'f', 'g', 'a':
		return (letter != 'f' || !upper) && p.float(f, v, letter, upper)
	}
	return false
}

// allowed reports whether the flags go together, and with the letter.
func (f *directive) allowed() bool {
	flags := "-#+ 0,("
	switch f.letter {
	case 'b', 'B', 'c', 'C', 'h', 'H', 's', 'S':
		flags = "-"
	case 'd':
		flags = "-+ 0,("
	case 'x', 'X', 'o':
		flags = "-#0"
	case 'e', 'E':
		flags = "-#+ 0("
	case 'g', 'G':
		flags = "-+ 0,("
	case 'a', 'A':
		flags = "-#+ 0"
	}
	return strings.Trim(f.flags, flags) == "" && !(f.has('-') && f.has('0')) && !(f.has('+') && f.has(' '))
}

// text writes a text with the width and precision of a conversion.
func (p *printer) text(f directive, text string, upper bool) bool {
	if f.precision >= 0 {
		text = text[:byteOffset([]byte(text), f.precision)]
	}
	if upper {
		text = string(appendUpper(nil, []byte(text)))
	}
	p.pad(f, text)
	return true
}

func (p *printer) pad(f directive, text string) {
	missing := f.width - utf16Length([]byte(text))
	if !f.has('-') {
		p.blanks(missing)
	}
	p.dst = append(p.dst, text...)
	if f.has('-') {
		p.blanks(missing)
	}
}

func (p *printer) blanks(n int) {
	for range max(n, 0) {
		p.dst = append(p.dst, ' ')
	}
}

// number writes a number, "-" before it if it is negative, with the flags of a conversion.
func (p *printer) number(f directive, digits string, upper bool) bool {
	digits, negative := strings.CutPrefix(digits, "-")
	if f.has(',') {
		whole := digits
		if end := strings.IndexAny(digits, ".e"); end >= 0 {
			whole = digits[:end]
		}
		digits = grouped(whole) + digits[len(whole):]
	}
	before, after := "", ""
	switch {
	case negative && f.has('('):
		before, after = "(", ")"
	case negative:
		before = "-"
	case f.has('+'):
		before = "+"
	case f.has(' '):
		before = " "
	}
	if strings.HasPrefix(digits, "0x") {
		before, digits = before+"0x", digits[2:]
	}
	if f.has('0') {
		if missing := f.width - len(before) - len(digits) - len(after); missing > 0 {
			digits = strings.Repeat("0", missing) + digits
		}
	}
	text := before + digits + after
	if upper {
		text = strings.ToUpper(text)
	}
	p.pad(f, text)
	return true
}

func grouped(digits string) string {
	var b strings.Builder
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(digits[i])
	}
	return b.String()
}

// float writes a double in one of the conversions e, f, g and a.
func (p *printer) float(f directive, v *vector.Vector, letter byte, upper bool) bool {
	var x float64
	switch v.Physical {
	case types.PhysicalFloat32:
		x = float64(vector.Get[float32](v, p.row))
		if letter != 'a' { // the digits of a float are its own
			x, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'g', -1, 32), 64)
		}
	case types.PhysicalFloat64:
		x = vector.Get[float64](v, p.row)
	default:
		return false
	}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		f.flags = strings.NewReplacer("0", "", ",", "").Replace(f.flags)
		text := strings.TrimPrefix(strings.Replace(strconv.FormatFloat(x, 'g', -1, 64), "Inf", "Infinity", 1), "+")
		if x != x {
			f.flags = strings.NewReplacer("+", "", " ", "", "(", "").Replace(f.flags)
		}
		return p.number(f, text, upper)
	}
	precision := f.precision
	if precision < 0 {
		precision = 6
	}
	switch letter {
	case 'f':
		return p.number(f, fixedPoint(x, precision), upper)
	case 'e':
		return p.number(f, scientific(x, precision), upper)
	case 'a':
		return p.number(f, hexadecimalFloat(x), upper)
	}
	precision = max(precision, 1)
	if x == 0 {
		return p.number(f, fixedPoint(x, precision-1), upper)
	}
	rounded, _ := strconv.ParseFloat(scientific(x, precision-1), 64)
	if a := math.Abs(rounded); a >= 1e-4 && a < math.Pow10(precision) {
		exponent := int(math.Floor(math.Log10(a)))
		return p.number(f, fixedPoint(x, max(precision-1-exponent, 0)), upper)
	}
	return p.number(f, scientific(x, precision-1), upper)
}

// fixedPoint writes x with places decimal places, rounding its shortest digits half up as Java does.
func fixedPoint(x float64, places int) string {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(x, 'e', -1, 64))
	text := r.FloatString(places) // rounds half away from zero
	if math.Signbit(x) && text[0] != '-' {
		return "-" + text
	}
	return text
}

// scientific writes x with one digit before the point and at least two in the exponent.
func scientific(x float64, places int) string {
	shortest := strconv.FormatFloat(x, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(shortest, "e")
	m, _ := strconv.ParseFloat(mantissa, 64)
	e, _ := strconv.Atoi(exponent)
	text := fixedPoint(m, places)
	if strings.HasPrefix(strings.TrimPrefix(text, "-"), "10") {
		m, e = m/10, e+1
		text = fixedPoint(m, places)
	}
	sign := "+"
	if e < 0 {
		sign, e = "-", -e
	}
	digits := strconv.Itoa(e)
	if len(digits) < 2 {
		digits = "0" + digits
	}
	return text + "e" + sign + digits
}

// hexadecimalFloat writes x as Java does: 0x1.0p0.
func hexadecimalFloat(x float64) string {
	text := strconv.FormatFloat(x, 'x', -1, 64)
	mantissa, exponent, _ := strings.Cut(text, "p")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	e, _ := strconv.Atoi(exponent)
	return mantissa + "p" + strconv.Itoa(e)
}

// integerAt is the value of an integer, or of a type that is held as one; nil for others.
func integerAt(v *vector.Vector, i int) any {
	switch v.Physical {
	case types.PhysicalInt8:
		return vector.Get[int8](v, i)
	case types.PhysicalInt16:
		return vector.Get[int16](v, i)
	case types.PhysicalInt32:
		return vector.Get[int32](v, i)
	case types.PhysicalInt64:
		return vector.Get[int64](v, i)
	}
	return nil
}

// unsignedText is an integer in hexadecimal or octal; negative ones in two's complement of their own width.
func unsignedText(v *vector.Vector, i int, letter byte, marked bool) (string, bool) {
	n, ok := types.Integer64(integerAt(v, i))
	if !ok {
		return "", false
	}
	u := uint64(n)
	if width := 8 * v.Physical.Size(); width < 64 {
		u &= 1<<width - 1
	}
	switch {
	case letter == 'x' && marked:
		return "0x" + strconv.FormatUint(u, 16), true
	case letter == 'x':
		return strconv.FormatUint(u, 16), true
	case marked:
		return "0" + strconv.FormatUint(u, 8), true
	}
	return strconv.FormatUint(u, 8), true
}

// characterText is the character of an integer's code point.
func characterText(v *vector.Vector, i int) (string, bool) {
	n, ok := types.Integer64(integerAt(v, i))
	if !ok || v.Physical == types.PhysicalInt64 || n < 0 || n > utf8.MaxRune {
		return "", false
	}
	return string(rune(n)), true
}

// valueText is what %s writes: dates and timestamps are the numbers that hold them.
func (p *printer) valueText(v *vector.Vector) string {
	switch v.Physical {
	case types.PhysicalBool:
		return strconv.FormatBool(vector.Get[uint8](v, p.row) != 0)
	case types.PhysicalFloat32:
		return string(types.AppendFloat(nil, vector.Get[float32](v, p.row)))
	case types.PhysicalFloat64:
		return string(types.AppendDouble(nil, vector.Get[float64](v, p.row)))
	case types.PhysicalString:
		return string(v.StringAt(p.row))
	}
	n, _ := types.Integer64(integerAt(v, p.row))
	return strconv.FormatInt(n, 10)
}

// javaHash is Java's hashCode of a value; strings are Spark's UTF8String, which hashes as Murmur3 does.
func javaHash(v *vector.Vector, i int) int32 {
	switch v.Physical {
	case types.PhysicalBool:
		if vector.Get[uint8](v, i) != 0 {
			return 1231
		}
		return 1237
	case types.PhysicalFloat32:
		return int32(math.Float32bits(vector.Get[float32](v, i)))
	case types.PhysicalFloat64:
		b := math.Float64bits(vector.Get[float64](v, i))
		return int32(b ^ b>>32)
	case types.PhysicalString:
		return int32(murmurHash{}.bytes(v.StringAt(i), 42))
	case types.PhysicalInt64:
		n := uint64(vector.Get[int64](v, i))
		return int32(n ^ n>>32)
	}
	n, _ := types.Integer64(integerAt(v, i))
	return int32(n)
}
