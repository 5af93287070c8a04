// Package jsonrow writes results in kiln's machine format: columns with Spark's types, rows of JSON values. Tools depend on
// the form:
//
//	{"columns":[{"name":"k","type":"bigint"}],"rows":[[1]],"elapsed_ms":1.9}
//	{"error":{"condition":"DIVIDE_BY_ZERO","sqlstate":"22012","message":"…","line":1,"column":8,"messageParameters":{}},"elapsed_ms":0.4}
package jsonrow

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

// Document is the JSON of a DataFrame's result, without the time.
func Document(ctx context.Context, d *kiln.DataFrame) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	err := WriteResult(&b, ctx, d)
	b.WriteByte('}')
	return b.Bytes(), err
}

// pieceSize is how many bytes WriteResult writes at once, and a row more.
const pieceSize = 1 << 16

// WriteResult runs d and writes "columns":[…],"rows":[…] as the rows come. After an error, which is that of the query or of w, what is
// written is a beginning.
func WriteResult(w io.Writer, ctx context.Context, d *kiln.DataFrame) error {
	if err := d.Err(); err != nil {
		return err
	}
	b := append(AppendColumns([]byte(`"columns":`), d.Schema()), `,"rows":[`...)
	zone := types.ZoneOf(d.Session().Zone())
	first := true
	for row, err := range d.Rows(ctx) {
		if err != nil {
			return err
		}
		if len(b) >= pieceSize {
			if _, err := w.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = AppendRow(b, row, zone)
	}
	_, err := w.Write(append(b, ']'))
	return err
}

// AppendString appends a JSON string. Bytes that are not UTF-8 become U+FFFD, as JSON asks.
func AppendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		plain := i
		for i < len(s) && s[i] >= 0x20 && s[i] < utf8.RuneSelf && s[i] != '"' && s[i] != '\\' {
			i++
		}
		b = append(b, s[plain:i]...)
		if i == len(s) {
			break
		}
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
			i++
		case c == '\n':
			b = append(b, '\\', 'n')
			i++
		case c == '\r':
			b = append(b, '\\', 'r')
			i++
		case c == '\t':
			b = append(b, '\\', 't')
			i++
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			i++
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += size
		}
	}
	return append(b, '"')
}

// AppendValue appends a value in the form of package types: integers and finite floats as numbers; NaN and infinities as
// strings; decimals, dates, timestamps and intervals as strings as Spark prints them; binary as base64; arrays as arrays;
// structs as objects, or as [name, value] pairs when names repeat; maps as arrays of [key, value]; variants as JSON text.
func AppendValue(b []byte, v any, t types.Type, zone *types.Zone) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case float32:
		return appendFloat(b, float64(v), 32)
	case float64:
		return appendFloat(b, v, 64)
	}
	switch t.Kind {
	case types.Byte, types.Short, types.Int, types.Long:
		return types.AppendValue(b, v, t, nil)
	case types.String, types.Variant:
		return AppendString(b, v.(string))
	case types.Binary:
		return AppendString(b, base64.StdEncoding.EncodeToString([]byte(v.(string))))
	case types.Array:
		b = append(b, '[')
		for i, e := range v.([]any) {
			if i > 0 {
				b = append(b, ',')
			}
			b = AppendValue(b, e, t.Elem(), zone)
		}
		return append(b, ']')
	case types.Map:
		return appendMap(b, v.(types.MapValue), t, zone)
	case types.Struct:
		return AppendStruct(b, v.([]any), t, zone)
	}
	return AppendString(b, types.FormatValue(v, t, zone))
}

func appendFloat(b []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(b, `"-Infinity"`...)
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	start := len(b)
	b = strconv.AppendFloat(b, f, format, -1, bits)
	for _, c := range b[start:] {
		if c == '.' || c == 'e' {
			return b
		}
	}
	return append(b, ".0"...)
}

func appendMap(b []byte, m types.MapValue, t types.Type, zone *types.Zone) []byte {
	b = append(b, '[')
	for i := range m.Keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendValue(append(b, '['), m.Keys[i], t.Key(), zone)
		b = append(AppendValue(append(b, ','), m.Values[i], t.Elem(), zone), ']')
	}
	return append(b, ']')
}

// AppendStruct appends a struct: an object, or [name, value] pairs when names repeat.
func AppendStruct(b []byte, values []any, t types.Type, zone *types.Zone) []byte {
	return NewObject(t).Append(b, func(i int) any { return values[i] }, zone)
}

// Object writes structs of one type. It may be used for any number of them, by one goroutine at a time or by many.
type Object struct {
	fields   []types.Field
	keys     [][]byte // "name": or ["name", with what stands before it
	repeated bool
}

// NewObject prepares to write structs of type t.
func NewObject(t types.Type) *Object {
	o := &Object{fields: t.Fields()}
	o.repeated = repeat(o.fields)
	o.keys = make([][]byte, len(o.fields))
	for i, f := range o.fields {
		var key []byte
		if i > 0 {
			key = append(key, ',')
		}
		if o.repeated {
			o.keys[i] = append(AppendString(append(key, '['), f.Name), ',')
		} else {
			o.keys[i] = append(AppendString(key, f.Name), ':')
		}
	}
	return o
}

// repeat reports whether two fields have one name.
func repeat(fields []types.Field) bool {
	if len(fields) > 16 {
		names := make(map[string]bool, len(fields))
		for _, f := range fields {
			names[f.Name] = true
		}
		return len(names) < len(fields)
	}
	for i, f := range fields {
		for _, g := range fields[:i] {
			if f.Name == g.Name {
				return true
			}
		}
	}
	return false
}

// Append appends the struct whose i-th field has the value that value(i) returns.
func (o *Object) Append(b []byte, value func(i int) any, zone *types.Zone) []byte {
	if o.repeated {
		b = append(b, '[')
		for i, f := range o.fields {
			b = append(AppendValue(append(b, o.keys[i]...), value(i), f.Type, zone), ']')
		}
		return append(b, ']')
	}
	b = append(b, '{')
	for i, f := range o.fields {
		b = AppendValue(append(b, o.keys[i]...), value(i), f.Type, zone)
	}
	return append(b, '}')
}

// AppendColumns appends the list of columns.
func AppendColumns(b []byte, schema types.Type) []byte {
	b = append(b, '[')
	for i, f := range schema.Fields() {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendString(append(b, `{"name":`...), f.Name)
		b = append(AppendString(append(b, `,"type":`...), f.Type.String()), '}')
	}
	return append(b, ']')
}

// AppendRow appends the array of a row's values.
func AppendRow(b []byte, r kiln.Row, zone *types.Zone) []byte {
	b = append(b, '[')
	for i, f := range r.Schema().Fields() {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendValue(b, r.Raw(i), f.Type, zone)
	}
	return append(b, ']')
}

// AppendElapsed appends ,"elapsed_ms":… with microseconds as decimals.
func AppendElapsed(b []byte, d time.Duration) []byte {
	b = append(b, `,"elapsed_ms":`...)
	return strconv.AppendFloat(b, float64(d.Microseconds())/1000, 'f', -1, 64)
}

// AppendError appends the document of an error, without its braces.
func AppendError(b []byte, err error) []byte {
	var e *diag.Error
	var bug *diag.Bug
	if !errors.As(err, &e) && errors.Is(err, context.Canceled) {
		err = diag.New("OPERATION_CANCELED").Wrap(err)
	}
	condition, state, message := "INTERNAL_ERROR", "XX000", err.Error()
	line, column := 0, 0
	parameters := map[string]string{}
	switch {
	case errors.As(err, &e):
		condition, state, message = e.Condition, e.SQLState, e.Message()
		line, column = e.Position()
		for _, p := range e.Params {
			parameters[p.Name] = p.Value
		}
	case errors.As(err, &bug):
	default:
		condition, state = "USER_ERROR", "45000"
	}
	b = AppendString(append(b, `"error":{"condition":`...), condition)
	b = AppendString(append(b, `,"sqlstate":`...), state)
	b = AppendString(append(b, `,"message":`...), message)
	if line > 0 {
		b = strconv.AppendInt(append(b, `,"line":`...), int64(line), 10)
		b = strconv.AppendInt(append(b, `,"column":`...), int64(column), 10)
	}
	text, _ := json.Marshal(parameters)
	b = append(append(b, `,"messageParameters":`...), text...)
	return append(b, '}')
}
