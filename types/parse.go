package types

import (
	"strconv"
	"strings"

	"github.com/kilnql/kiln/diag"
)

// Parse reads the text of a type in Spark's notation, such as "decimal(10,2)" or "struct<a:int NOT NULL, b:array<string>>".
// Keywords may be of any case. An error is a *diag.Error whose span counts bytes of text.
func Parse(text string) (Type, error) {
	p, err := newTypeParser(text)
	if err != nil {
		return Type{}, err
	}
	t, err := p.dataType()
	if err == nil && p.token.kind != tokenEnd {
		err = p.syntaxError()
	}
	if err != nil {
		return Type{}, err
	}
	return t, nil
}

// ParseSchema reads a list of columns, "a INT NOT NULL COMMENT 'x', b STRING", and returns it as a struct type.
// A text that is one type (such as "struct<a:int>") is returned as that type's struct.
func ParseSchema(text string) (Type, error) {
	if t, err := Parse(text); err == nil && t.Kind == Struct {
		return t, nil
	}
	p, err := newTypeParser(text)
	if err != nil {
		return Type{}, err
	}
	var fields []Field
	if p.token.kind != tokenEnd {
		fields, err = p.fields()
	}
	if err == nil && p.token.kind != tokenEnd {
		err = p.syntaxError()
	}
	if err != nil {
		return Type{}, err
	}
	return StructType(fields...), nil
}

type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenWord             // identifier or keyword, as written
	tokenQuoted           // `identifier`, unquoted
	tokenNumber           // digits
	tokenString           // string literal, decoded
	tokenSymbol           // one character
)

type typeToken struct {
	kind tokenKind
	text string
	span diag.Span
}

// typeParser is a recursive-descent parser with one token of look-ahead. '>' is always a token of its own,
// so that ">>" closes two lists.
type typeParser struct {
	text  string
	at    int
	token typeToken
}

func newTypeParser(text string) (*typeParser, error) {
	p := &typeParser{text: text}
	return p, p.next()
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// next reads the next token into p.token.
func (p *typeParser) next() error {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
	start := p.at
	set := func(kind tokenKind, text string) {
		p.token = typeToken{kind, text, diag.Span{Start: int32(start), Stop: int32(p.at)}}
	}
	if start == len(p.text) {
		set(tokenEnd, "")
		return nil
	}
	switch c := p.text[start]; {
	case c == '`':
		return p.quoted(start, set)
	case c == '\'' || c == '"':
		return p.stringLiteral(start, c, set)
	case isWordByte(c):
		digits := true
		for p.at < len(p.text) && isWordByte(p.text[p.at]) {
			digits = digits && p.text[p.at] >= '0' && p.text[p.at] <= '9'
			p.at++
		}
		kind := tokenWord
		if digits {
			kind = tokenNumber
		}
		set(kind, p.text[start:p.at])
	default:
		p.at++
		set(tokenSymbol, p.text[start:p.at])
	}
	return nil
}

func (p *typeParser) quoted(start int, set func(tokenKind, string)) error {
	var name strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		if p.text[p.at] != '`' {
			name.WriteByte(p.text[p.at])
			continue
		}
		p.at++
		if p.at == len(p.text) || p.text[p.at] != '`' {
			set(tokenQuoted, name.String())
			return nil
		}
		name.WriteByte('`')
	}
	set(tokenSymbol, p.text[start:start+1])
	return p.syntaxError()
}

// stringLiteral reads a literal with Spark's escapes; only COMMENT needs one here.
func (p *typeParser) stringLiteral(start int, quote byte, set func(tokenKind, string)) error {
	var value strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == quote && p.at+1 < len(p.text) && p.text[p.at+1] == quote:
			value.WriteByte(quote)
			p.at++
		case c == quote:
			p.at++
			set(tokenString, value.String())
			return nil
		case c == '\\' && p.at+1 < len(p.text):
			p.at++
			if i := strings.IndexByte("0bnrtZ", p.text[p.at]); i >= 0 {
				value.WriteByte("\x00\b\n\r\t\x1a"[i])
			} else {
				value.WriteByte(p.text[p.at])
			}
		default:
			value.WriteByte(c)
		}
	}
	set(tokenSymbol, p.text[start:start+1])
	return p.syntaxError()
}

func (p *typeParser) syntaxError() *diag.Error {
	what := "end of input"
	if p.token.kind != tokenEnd {
		what = "'" + p.text[p.token.span.Start:p.token.span.Stop] + "'"
	}
	return diag.New("PARSE_SYNTAX_ERROR", "error", what, "hint", "").At(p.token.span)
}

// keyword consumes the word if it comes next.
func (p *typeParser) keyword(word string) (bool, error) {
	if p.token.kind != tokenWord || !strings.EqualFold(p.token.text, word) {
		return false, nil
	}
	return true, p.next()
}

// symbol consumes the symbol if it comes next.
func (p *typeParser) symbol(s string) (bool, error) {
	if p.token.kind != tokenSymbol || p.token.text != s {
		return false, nil
	}
	return true, p.next()
}

func (p *typeParser) expectSymbol(s string) error {
	ok, err := p.symbol(s)
	if err == nil && !ok {
		err = p.syntaxError()
	}
	return err
}

func (p *typeParser) dataType() (Type, error) {
	head := p.token
	if head.kind != tokenWord && head.kind != tokenQuoted {
		return Type{}, p.syntaxError()
	}
	if err := p.next(); err != nil {
		return Type{}, err
	}
	name := strings.ToLower(head.text)
	if head.kind == tokenQuoted {
		return Type{}, unsupportedType(head.text, head.span)
	}
	opens := p.token.kind == tokenSymbol && p.token.text == "<"
	switch {
	case name == "array" && opens:
		return p.arrayType()
	case name == "map" && opens:
		return p.mapType()
	case name == "struct" && opens:
		return p.structType()
	case name == "interval":
		return p.intervalType()
	}
	return p.simpleType(name, head.span)
}

func unsupportedType(name string, span diag.Span) *diag.Error {
	return diag.New("UNSUPPORTED_DATATYPE", "typeName", `"`+strings.ToUpper(name)+`"`).At(span)
}

func (p *typeParser) arrayType() (Type, error) {
	if err := p.expectSymbol("<"); err != nil {
		return Type{}, err
	}
	elem, err := p.dataType()
	if err != nil {
		return Type{}, err
	}
	return ArrayType(elem, true), p.expectSymbol(">")
}

func (p *typeParser) mapType() (Type, error) {
	if err := p.expectSymbol("<"); err != nil {
		return Type{}, err
	}
	key, err := p.dataType()
	if err != nil {
		return Type{}, err
	}
	if err = p.expectSymbol(","); err != nil {
		return Type{}, err
	}
	value, err := p.dataType()
	if err != nil {
		return Type{}, err
	}
	return MapType(key, value, true), p.expectSymbol(">")
}

func (p *typeParser) structType() (Type, error) {
	if err := p.expectSymbol("<"); err != nil {
		return Type{}, err
	}
	if closed, err := p.symbol(">"); closed || err != nil {
		return StructType(), err
	}
	fields, err := p.fields()
	if err != nil {
		return Type{}, err
	}
	return StructType(fields...), p.expectSymbol(">")
}

func (p *typeParser) fields() ([]Field, error) {
	var fields []Field
	for {
		f, err := p.field()
		if err != nil {
			return nil, err
		}
		fields = append(fields, f)
		if more, err := p.symbol(","); !more || err != nil {
			return fields, err
		}
	}
}

// field reads: name [:] type [NOT NULL] [COMMENT 'text'].
func (p *typeParser) field() (Field, error) {
	f := Field{Name: p.token.text, Nullable: true}
	if p.token.kind != tokenWord && p.token.kind != tokenQuoted {
		return f, p.syntaxError()
	}
	err := p.next()
	if err != nil {
		return f, err
	}
	if _, err = p.symbol(":"); err != nil {
		return f, err
	}
	if f.Type, err = p.dataType(); err != nil {
		return f, err
	}
	not, err := p.keyword("not")
	if err != nil {
		return f, err
	}
	if not {
		null, err := p.keyword("null")
		if err != nil {
			return f, err
		}
		if !null {
			return f, p.syntaxError()
		}
		f.Nullable = false
	}
	comment, err := p.keyword("comment")
	if err != nil || !comment {
		return f, err
	}
	if p.token.kind != tokenString {
		return f, p.syntaxError()
	}
	f.Metadata = map[string]string{"comment": p.token.text}
	return f, p.next()
}

// intervalType reads what follows INTERVAL: nothing (a calendar interval), a field, or a range of fields.
func (p *typeParser) intervalType() (Type, error) {
	if p.token.kind != tokenWord {
		return CalendarType, nil
	}
	if start := fieldIndex(yearMonthFields, p.token.text); start >= 0 {
		end, err := p.intervalEnd(yearMonthFields, start)
		return YearMonthType(start, end), err
	}
	if start := fieldIndex(dayTimeFields, p.token.text); start >= 0 {
		end, err := p.intervalEnd(dayTimeFields, start)
		return DayTimeType(start, end), err
	}
	return CalendarType, nil
}

func (p *typeParser) intervalEnd(names []string, start int8) (int8, error) {
	if err := p.next(); err != nil {
		return 0, err
	}
	if to, err := p.keyword("to"); !to || err != nil {
		return start, err
	}
	end := fieldIndex(names, p.token.text)
	if p.token.kind != tokenWord || end <= start {
		return 0, p.syntaxError()
	}
	return end, p.next()
}

func fieldIndex(names []string, word string) int8 {
	for i, n := range names {
		if strings.EqualFold(n, word) {
			return int8(i)
		}
	}
	return -1
}

// plainTypes are the type names that take no parameter.
var plainTypes = map[string]Type{
	"boolean": BooleanType, "tinyint": ByteType, "byte": ByteType, "smallint": ShortType, "short": ShortType,
	"int": IntType, "integer": IntType, "bigint": LongType, "long": LongType, "float": FloatType, "real": FloatType,
	"double": DoubleType, "date": DateType, "timestamp": TimestampType, "timestamp_ltz": TimestampType,
	"timestamp_ntz": TimestampNTZType, "string": StringType, "binary": BinaryType, "void": VoidType, "variant": VariantType,
}

// simpleType reads the parameters of a type without nested types.
func (p *typeParser) simpleType(name string, span diag.Span) (Type, error) {
	if name == "string" {
		if collate, err := p.keyword("collate"); collate || err != nil {
			return p.collatedString(err)
		}
	}
	parameters, stop, err := p.parameters()
	if err != nil {
		return Type{}, err
	}
	whole := diag.Span{Start: span.Start, Stop: max(span.Stop, stop)}
	if t, ok := plainTypes[name]; ok && parameters == nil {
		return t, nil
	}
	switch name {
	case "decimal", "dec", "numeric":
		return decimalWith(parameters, whole, name)
	case "char", "character", "varchar":
		switch {
		case len(parameters) == 0:
			return Type{}, diag.New("DATATYPE_MISSING_SIZE", "type", `"`+strings.ToUpper(name)+`"`).At(whole)
		case len(parameters) == 1 && name == "varchar":
			return VarcharType(parameters[0]), nil
		case len(parameters) == 1:
			return CharType(parameters[0]), nil
		}
	case "array":
		return Type{}, diag.New("INCOMPLETE_TYPE_DEFINITION.ARRAY", "elementType", "<INT>").At(whole)
	case "map":
		return Type{}, diag.New("INCOMPLETE_TYPE_DEFINITION.MAP").At(whole)
	case "struct":
		return Type{}, diag.New("INCOMPLETE_TYPE_DEFINITION.STRUCT").At(whole)
	}
	return Type{}, unsupportedType(name+parameterText(parameters), whole)
}

func parameterText(parameters []int) string {
	if parameters == nil {
		return ""
	}
	parts := make([]string, len(parameters))
	for i, n := range parameters {
		parts[i] = strconv.Itoa(n)
	}
	return "(" + strings.Join(parts, ",") + ")"
}

func decimalWith(parameters []int, span diag.Span, name string) (Type, error) {
	precision, scale := 10, 0
	switch len(parameters) {
	case 0:
	case 1:
		precision = parameters[0]
	case 2:
		precision, scale = parameters[0], parameters[1]
	default:
		return Type{}, unsupportedType(name+parameterText(parameters), span)
	}
	if scale > precision {
		return Type{}, diag.New("_LEGACY_ERROR_TEMP_1228", "scale", strconv.Itoa(scale), "precision", strconv.Itoa(precision)).At(span)
	}
	if precision > MaxPrecision {
		return Type{}, diag.New("DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION", "precision", strconv.Itoa(precision),
			"maxPrecision", strconv.Itoa(MaxPrecision)).At(span)
	}
	return DecimalType(precision, scale), nil
}

// parameters reads "(n, n…)" if it comes next; stop is the offset behind it.
func (p *typeParser) parameters() (list []int, stop int32, err error) {
	opened, err := p.symbol("(")
	if err != nil || !opened {
		return nil, 0, err
	}
	for {
		if p.token.kind != tokenNumber {
			return nil, 0, p.syntaxError()
		}
		n, err := strconv.ParseInt(p.token.text, 10, 32)
		if err != nil {
			return nil, 0, p.syntaxError()
		}
		list = append(list, int(n))
		if err = p.next(); err != nil {
			return nil, 0, err
		}
		more, err := p.symbol(",")
		if err != nil {
			return nil, 0, err
		}
		if more {
			continue
		}
		stop = p.token.span.Stop
		return list, stop, p.expectSymbol(")")
	}
}

func (p *typeParser) collatedString(err error) (Type, error) {
	if err != nil {
		return Type{}, err
	}
	if p.token.kind != tokenWord && p.token.kind != tokenQuoted {
		return Type{}, p.syntaxError()
	}
	name, span := p.token.text, p.token.span
	if err = p.next(); err != nil {
		return Type{}, err
	}
	// A name may be qualified: system.builtin.UTF8_LCASE.
	for {
		more, err := p.symbol(".")
		if err != nil {
			return Type{}, err
		}
		if !more {
			break
		}
		name, span = p.token.text, span.To(p.token.span)
		if err = p.next(); err != nil {
			return Type{}, err
		}
	}
	if !ValidCollation(name) {
		return Type{}, diag.New("COLLATION_INVALID_NAME", "collationName", name,
			"proposals", strings.Join(diag.Nearest(name, collationBases, 3), ", ")).At(span)
	}
	return CollatedType(name), nil
}
