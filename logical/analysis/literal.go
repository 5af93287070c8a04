package analysis

import (
	"encoding/hex"
	"math"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// typedLiteral binds DATE '…', TIMESTAMP '…', X'…' and INTERVAL '…'.
func (s *site) typedLiteral(e *ast.TypedLiteral) (expr.Expr, error) {
	literal := func(v any, t types.Type) (expr.Expr, error) {
		return &expr.Literal{Base: expr.Base{Typ: t, Span: e.Place()}, Value: v}, nil
	}
	zone := types.ZoneOf(s.settings.Zone)
	now := int64(0)
	if !types.StartsWithYear(e.Text) { // 'now', 'today', or a time of today
		now = s.settings.CurrentTime().UnixMicro()
	}
	switch e.TypeName {
	case "DATE":
		if v, ok := types.ParseSpecialDate(e.Text, zone, now); ok {
			return literal(v, types.DateType)
		}
		if v, ok := types.ParseDate(e.Text); ok {
			return literal(v, types.DateType)
		}
	case "TIMESTAMP_NTZ":
		if v, ok := types.ParseSpecialTimestampNTZ(e.Text, zone, now); ok {
			return literal(v, types.TimestampNTZType)
		}
		if v, ok := types.ParseTimestampNTZ(e.Text, false); ok {
			return literal(v, types.TimestampNTZType)
		}
	case "TIMESTAMP", "TIMESTAMP_LTZ":
		if e.TypeName == "TIMESTAMP" && s.timestampNTZ() && !types.TimestampHasZone(e.Text) {
			if v, ok := types.ParseTimestampNTZ(e.Text, false); ok {
				return literal(v, types.TimestampNTZType)
			}
		}
		if v, ok := types.ParseSpecialTimestamp(e.Text, zone, now); ok {
			return literal(v, types.TimestampType)
		}
		if v, ok := types.ParseTimestamp(e.Text, zone, now); ok {
			return literal(v, types.TimestampType)
		}
	case "X":
		text := e.Text
		if len(text)%2 == 1 {
			text = "0" + text
		}
		if b, err := hex.DecodeString(text); err == nil {
			return literal(string(b), types.BinaryType)
		}
	case "INTERVAL":
		return s.intervalText(e)
	default:
		return nil, diag.New("UNSUPPORTED_TYPED_LITERAL", "unsupportedType", quoteSQL(e.TypeName),
			"supportedTypes", `"DATE", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP", "INTERVAL", "X"`)
	}
	return nil, diag.New("INVALID_TYPED_LITERAL", "valueType", quoteSQL(e.TypeName), "value", "'"+e.Text+"'")
}

// timestampNTZ reports whether TIMESTAMP means a timestamp without zone.
func (b *binder) timestampNTZ() bool {
	return b.settings.Conf != nil && strings.EqualFold(b.settings.Conf("spark.sql.timestampType"), "TIMESTAMP_NTZ")
}

// interval units, in microseconds or months; the field is that of the interval's type.
type intervalUnit struct {
	months bool
	size   int64
	field  int8
}

var intervalUnits = map[string]intervalUnit{
	"YEAR": {true, 12, types.FieldYear}, "MONTH": {true, 1, types.FieldMonth},
	"WEEK": {false, 7 * types.MicrosPerDay, types.FieldDay}, "DAY": {false, types.MicrosPerDay, types.FieldDay},
	"HOUR": {false, types.MicrosPerHour, types.FieldHour}, "MINUTE": {false, types.MicrosPerMinute, types.FieldMinute},
	"SECOND": {false, types.MicrosPerSecond, types.FieldSecond}, "MILLISECOND": {false, 1000, types.FieldSecond},
	"MICROSECOND": {false, 1, types.FieldSecond},
}

func unitOf(name string) (intervalUnit, bool) {
	name = strings.ToUpper(name)
	if u, ok := intervalUnits[name]; ok {
		return u, true
	}
	u, ok := intervalUnits[strings.TrimSuffix(name, "S")]
	return u, ok
}

// intervalSum adds up the fields of an interval literal.
type intervalSum struct {
	months, micros       int64
	hasMonths, hasMicros bool
	start, end           int8
	overflow             bool
}

func (t *intervalSum) add(n int64, fraction int64, u intervalUnit) {
	if u.months {
		t.note(u.field, t.hasMonths)
		t.hasMonths = true
		t.months = t.plus(t.months, t.times(n, u.size))
		return
	}
	t.note(u.field, t.hasMicros)
	t.hasMicros = true
	t.micros = t.plus(t.plus(t.micros, t.times(n, u.size)), fraction)
}

func (t *intervalSum) note(field int8, seen bool) {
	if !seen {
		t.start, t.end = field, field
	}
	t.start, t.end = min(t.start, field), max(t.end, field)
}

func (t *intervalSum) times(a, b int64) int64 {
	p := types.MulInt64(a, b)
	t.overflow = t.overflow || !p.IsInt64()
	return p.Int64()
}

func (t *intervalSum) plus(a, b int64) int64 {
	c := a + b
	t.overflow = t.overflow || (c > a) != (b > 0) && b != 0
	return c
}

// literal is the sum as a constant; text is for errors.
func (t *intervalSum) literal(span diag.Span, text string) (expr.Expr, error) {
	if t.hasMonths && t.hasMicros {
		return nil, diag.New("_LEGACY_ERROR_TEMP_0029", "literal", text)
	}
	if t.overflow || t.months != int64(int32(t.months)) {
		return nil, diag.New("INVALID_INTERVAL_FORMAT.ARITHMETIC_EXCEPTION", "input", text)
	}
	if t.hasMonths {
		return &expr.Literal{Base: expr.Base{Typ: types.YearMonthType(t.start, t.end), Span: span}, Value: int32(t.months)}, nil
	}
	return &expr.Literal{Base: expr.Base{Typ: types.DayTimeType(t.start, t.end), Span: span}, Value: t.micros}, nil
}

// intervalLiteral binds INTERVAL 1 DAY 2 HOURS and INTERVAL '1-2' YEAR TO MONTH.
func (s *site) intervalLiteral(e *ast.IntervalLiteral) (expr.Expr, error) {
	sum := &intervalSum{}
	var text []string
	for _, f := range e.Fields {
		value, err := s.intervalValue(f)
		if err != nil {
			return nil, err
		}
		if f.UnitTo != "" {
			return unitToUnit(value, f, e.Place())
		}
		text = append(text, value, strings.ToLower(f.Unit))
		u, ok := unitOf(f.Unit)
		if !ok {
			return nil, diag.New("INVALID_INTERVAL_FORMAT.INVALID_UNIT", "input", value+" "+f.Unit, "unit", f.Unit)
		}
		n, fraction, ok := intervalNumber(value, u)
		if !ok {
			return nil, diag.New("INVALID_INTERVAL_FORMAT.INVALID_VALUE", "input", strings.Join(text, " "), "value", value)
		}
		sum.add(n, fraction, u)
	}
	return sum.literal(e.Place(), "interval "+strings.Join(text, " "))
}

// intervalValue is the text of a field's value: a number, its negation, or a string.
func (s *site) intervalValue(f ast.IntervalField) (string, error) {
	bound, err := s.expr(f.Value)
	if err != nil {
		return "", err
	}
	sign := ""
	for {
		a, ok := bound.(*expr.Arithmetic)
		if !ok || a.Op != expr.Negate {
			break
		}
		bound, sign = a.Left, "-"
	}
	l, ok := bound.(*expr.Literal)
	if !ok || l.Value == nil {
		return "", diag.New("INVALID_INTERVAL_FORMAT.UNRECOGNIZED_NUMBER", "input", expr.Pretty(bound), "number", expr.Pretty(bound)).At(f.Value.Place())
	}
	return sign + strings.TrimSpace(types.FormatValue(l.Value, l.Typ, nil)), nil
}

// intervalNumber reads a whole number, or for seconds one with a fraction of up to nine digits.
func intervalNumber(text string, u intervalUnit) (n, fraction int64, ok bool) {
	text = strings.TrimSpace(text)
	whole, rest, hasFraction := strings.Cut(text, ".")
	if hasFraction {
		if u.size != types.MicrosPerSecond || u.months || len(rest) > 9 {
			return 0, 0, false
		}
		digits := (rest + "000000")[:6]
		f, status := types.ParseLong(digits, false)
		if status != types.TextOK || strings.ContainsAny(rest, "+-") {
			return 0, 0, false
		}
		fraction = f
		if strings.HasPrefix(whole, "-") {
			fraction = -f
		}
		if whole == "" || whole == "-" || whole == "+" {
			return 0, fraction, true
		}
	}
	if len(whole) > 1 && (whole[0] == '-' || whole[0] == '+') {
		whole = whole[:1] + strings.TrimLeft(whole[1:], " \t\n\r")
	}
	n, status := types.ParseLong(whole, false)
	return n, fraction, status == types.TextOK
}

// unitToUnit reads INTERVAL '1 02:03' DAY TO MINUTE: fields from the first unit to the second.
func unitToUnit(text string, f ast.IntervalField, span diag.Span) (expr.Expr, error) {
	from, ok := unitOf(f.Unit)
	to, also := unitOf(f.UnitTo)
	if !ok || !also || from.months != to.months || from.field >= to.field {
		return nil, diag.New("INVALID_INTERVAL_FORMAT.UNSUPPORTED_FROM_TO_EXPRESSION", "input", text,
			"from", strings.ToLower(f.Unit), "to", strings.ToLower(f.UnitTo)).At(span)
	}
	mismatch := diag.New("INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING", "input", text, "intervalStr", intervalFamily(from),
		"supportedFormat", "`"+intervalFormat(from, to)+"`", "typeName", strings.ToLower("interval "+f.Unit+" to "+f.UnitTo)).At(span)
	trimmed := strings.TrimSpace(text)
	negative := strings.HasPrefix(trimmed, "-")
	parts := splitFields(strings.TrimLeft(trimmed, "+-"), from, to)
	if parts == nil {
		return nil, mismatch
	}
	sum := &intervalSum{}
	for i, p := range parts {
		u := fieldUnits(from)[from.field+int8(i)]
		n, fraction, ok := intervalNumber(p, u)
		if !ok || n < 0 || i > 0 && n > fieldLimit(u) {
			return nil, mismatch
		}
		if negative {
			n, fraction = -n, -fraction
		}
		sum.add(n, fraction, u)
	}
	return sum.literal(span, text)
}

func intervalFamily(u intervalUnit) string {
	if u.months {
		return "year-month"
	}
	return "day-time"
}

func fieldUnits(u intervalUnit) []intervalUnit {
	if u.months {
		return []intervalUnit{intervalUnits["YEAR"], intervalUnits["MONTH"]}
	}
	return []intervalUnit{intervalUnits["DAY"], intervalUnits["HOUR"], intervalUnits["MINUTE"], intervalUnits["SECOND"]}
}

// fieldLimit is the largest value of a field that is not the first.
func fieldLimit(u intervalUnit) int64 {
	switch {
	case u.months:
		return 11
	case u.size == types.MicrosPerHour:
		return 23
	case u.size == types.MicrosPerDay:
		return math.MaxInt64
	}
	return 59
}

func intervalFormat(from, to intervalUnit) string {
	if from.months {
		return "[+|-]y-m"
	}
	formats := [...]string{"d", "h", "m", "s.n"}
	text := "[+|-]" + formats[from.field]
	for f := from.field + 1; f <= to.field; f++ {
		separator := ":"
		if f == types.FieldHour {
			separator = " "
		}
		text += separator + formats[f]
	}
	return text
}

// splitFields cuts text at the separators between the fields from and to; nil if they are not there.
func splitFields(text string, from, to intervalUnit) []string {
	var parts []string
	for f := from.field; f < to.field; f++ {
		separator := ":"
		switch {
		case from.months:
			separator = "-"
		case f == types.FieldDay:
			separator = " "
		}
		part, rest, ok := strings.Cut(text, separator)
		if !ok {
			return nil
		}
		parts, text = append(parts, part), strings.TrimSpace(rest)
	}
	return append(parts, text)
}

// intervalText reads INTERVAL '1 day 2 hours'.
func (s *site) intervalText(e *ast.TypedLiteral) (expr.Expr, error) {
	invalid := diag.New("INVALID_TYPED_LITERAL", "valueType", `"INTERVAL"`, "value", "'"+e.Text+"'")
	words := strings.Fields(strings.ToLower(e.Text))
	if len(words) > 0 && words[0] == "interval" {
		words = words[1:]
	}
	if len(words) == 0 {
		return nil, invalid
	}
	sum := &intervalSum{}
	for len(words) > 0 {
		value := words[0]
		if (value == "-" || value == "+") && len(words) > 1 {
			words = words[1:]
			value += words[0]
		}
		if len(words) < 2 {
			return nil, invalid
		}
		u, ok := unitOf(words[1])
		if !ok {
			return nil, invalid
		}
		n, fraction, ok := intervalNumber(value, u)
		if !ok {
			return nil, invalid
		}
		sum.add(n, fraction, u)
		words = words[2:]
	}
	return sum.literal(e.Place(), "INTERVAL '"+e.Text+"'")
}
