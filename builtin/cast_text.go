package builtin

import (
	"strconv"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

func (c *caster) fromString() (conversion, bool) {
	legacy := c.mode == expr.Legacy
	switch c.to.Kind {
	case types.Binary:
		return conversion{}, true
	case types.Boolean:
		return exactText(c, func(s string) (uint8, failure) {
			v, ok := types.ParseBoolean(s)
			return boolByte(v), malformedUnless(ok)
		})
	case types.Byte:
		return textToInteger[int8](c, 8, legacy)
	case types.Short:
		return textToInteger[int16](c, 16, legacy)
	case types.Int:
		return textToInteger[int32](c, 32, legacy)
	case types.Long:
		return textToInteger[int64](c, 64, legacy)
	case types.Float:
		return exactText(c, func(s string) (float32, failure) {
			v, ok := types.ParseFloat(s)
			return v, malformedUnless(ok)
		})
	case types.Double:
		return exactText(c, func(s string) (float64, failure) {
			v, ok := types.ParseDouble(s)
			return v, malformedUnless(ok)
		})
	case types.Decimal:
		return c.textToDecimal()
	case types.Date:
		return exactText(c, func(s string) (int32, failure) {
			v, ok := types.ParseDate(s)
			return v, malformedUnless(ok)
		})
	case types.Timestamp:
		return exactText(c, func(s string) (int64, failure) {
			v, ok := types.ParseTimestamp(s, c.zone, c.now)
			return v, malformedUnless(ok)
		})
	case types.TimestampNTZ:
		return exactText(c, func(s string) (int64, failure) {
			v, ok := types.ParseTimestampNTZ(s, true)
			return v, malformedUnless(ok)
		})
	}
	return c.textToInterval()
}

func malformedUnless(ok bool) failure {
	if ok {
		return converted
	}
	return malformed
}

func textToInteger[B integerType](c *caster, bits int, legacy bool) (conversion, bool) {
	return exactText(c, func(s string) (B, failure) {
		v, status := types.ParseInteger(s, bits, legacy)
		return B(v), malformedUnless(status == types.TextOK)
	})
}

func (c *caster) textToDecimal() (conversion, bool) {
	precision, scale := int(c.to.Precision), int(c.to.Scale)
	read := func(s string) (types.Int128, failure) {
		v, status := types.ParseDecimalAs(s, precision, scale)
		switch status {
		case types.TextOK:
			return v, converted
		case types.TextOverflow:
			return v, outOfRange
		}
		return v, malformed
	}
	if c.to.Physical() == types.PhysicalInt64 {
		return exactText(c, func(s string) (int64, failure) {
			v, why := read(s)
			return v.Int64(), why
		})
	}
	return exactText(c, read)
}

// appendText appends the text of row i of v, which must not be null.
type appendText func(dst []byte, v *vector.Vector, i int) []byte

// fixedText makes an appendText of a function of a fixed-width value.
func fixedText[A any](f func(dst []byte, a A) []byte) appendText {
	return func(dst []byte, v *vector.Vector, i int) []byte { return f(dst, vector.Get[A](v, i)) }
}

func integerText[A integerType](dst []byte, v A) []byte { return strconv.AppendInt(dst, int64(v), 10) }

// toString is CAST(… AS STRING), which never fails.
func (c *caster) toString() (conversion, bool) {
	switch c.from.Kind {
	case types.Binary, types.String:
		return conversion{}, true
	}
	write, ok := c.textOf(c.from)
	if !ok {
		return conversion{}, false
	}
	return conversion{kernel: func(k *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in := args[0]
		return each(sel, out, func(i int) error {
			k.Scratch = write(k.Scratch[:0], in, i)
			return setScratch(k, out, i)
		})
	}}, true
}

// textOf is how values of type t are written.
func (c *caster) textOf(t types.Type) (appendText, bool) {
	switch t.Kind {
	case types.Boolean:
		return fixedText(func(dst []byte, b uint8) []byte { return strconv.AppendBool(dst, b != 0) }), true
	case types.Byte:
		return fixedText(integerText[int8]), true
	case types.Short:
		return fixedText(integerText[int16]), true
	case types.Int:
		return fixedText(integerText[int32]), true
	case types.Long:
		return fixedText(integerText[int64]), true
	case types.Float:
		return fixedText(types.AppendFloat), true
	case types.Double:
		return fixedText(types.AppendDouble), true
	case types.Decimal:
		return c.decimalText(t), true
	case types.Binary:
		if c.pretty {
			return func(dst []byte, v *vector.Vector, i int) []byte { return appendBytes(dst, v.StringAt(i)) }, true
		}
		return func(dst []byte, v *vector.Vector, i int) []byte { return append(dst, v.StringAt(i)...) }, true
	case types.String:
		return func(dst []byte, v *vector.Vector, i int) []byte { return append(dst, v.StringAt(i)...) }, true
	case types.Date:
		return fixedText(func(dst []byte, days int32) []byte { return types.AppendDate(dst, int64(days)) }), true
	case types.Timestamp:
		return fixedText(func(dst []byte, micros int64) []byte { return types.AppendTimestamp(dst, micros, c.zone) }), true
	case types.TimestampNTZ:
		return fixedText(types.AppendTimestampNTZ), true
	case types.YearMonthInterval:
		return fixedText(func(dst []byte, months int32) []byte { return types.AppendYearMonth(dst, months, t, false) }), true
	case types.DayTimeInterval:
		return fixedText(func(dst []byte, micros int64) []byte { return types.AppendDayTime(dst, micros, t, false) }), true
	case types.CalendarInterval:
		return fixedText(types.AppendInterval), true
	case types.Void:
		return func(dst []byte, _ *vector.Vector, _ int) []byte { return append(dst, c.null()...) }, true
	}
	return c.nestedText(t)
}

// decimalText writes plain digits, or outside ANSI mode what Java's BigDecimal.toString writes.
func (c *caster) decimalText(t types.Type) appendText {
	write := types.AppendDecimal
	if c.mode == expr.Legacy {
		write = types.AppendDecimalScientific
	}
	scale := int(t.Scale)
	if t.Physical() == types.PhysicalInt64 {
		return fixedText(func(dst []byte, v int64) []byte { return write(dst, types.Int128From(v), scale) })
	}
	return fixedText(func(dst []byte, v types.Int128) []byte { return write(dst, v, scale) })
}

func (c *caster) nestedText(t types.Type) (appendText, bool) {
	switch t.Kind {
	case types.Array:
		elem, ok := c.textOf(t.Elem())
		return listText("[", "]", func(dst []byte, child *vector.Vector, j int) []byte { return c.orNull(dst, child, j, elem) }), ok
	case types.Map:
		key, ok1 := c.textOf(t.Key())
		value, ok2 := c.textOf(t.Elem())
		return listText("{", "}", func(dst []byte, child *vector.Vector, j int) []byte {
			dst = append(key(dst, child.Children[0], j), " -> "...)
			return c.orNull(dst, child.Children[1], j, value)
		}), ok1 && ok2
	case types.Struct:
		writers := make([]appendText, len(t.Fields()))
		for f, field := range t.Fields() {
			w, ok := c.textOf(field.Type)
			if !ok {
				return nil, false
			}
			writers[f] = w
		}
		return func(dst []byte, v *vector.Vector, i int) []byte {
			dst = append(dst, '{')
			for f, w := range writers {
				if f > 0 {
					dst = append(dst, ", "...)
				}
				dst = c.orNull(dst, v.Children[f], v.At(i), w)
			}
			return append(dst, '}')
		}, true
	}
	return nil, false
}

func listText(open, end string, elem appendText) appendText {
	return func(dst []byte, v *vector.Vector, i int) []byte {
		l := vector.Get[vector.List](v, i)
		dst = append(dst, open...)
		for j := range int(l.Length) {
			if j > 0 {
				dst = append(dst, ", "...)
			}
			dst = elem(dst, v.Children[0], int(l.Start)+j)
		}
		return append(dst, end...)
	}
}

// null is the text of NULL inside a value.
func (c *caster) null() string {
	if c.pretty {
		return "NULL"
	}
	return "null"
}

func (c *caster) orNull(dst []byte, v *vector.Vector, i int, write appendText) []byte {
	if v.IsNull(i) {
		return append(dst, c.null()...)
	}
	return write(dst, v, i)
}

// textToInterval reads intervals.
func (c *caster) textToInterval() (conversion, bool) {
	switch c.to.Kind {
	case types.YearMonthInterval:
		return exactTextErr(c, func(s string) (int32, error) { return types.ParseYearMonth(s, c.to) })
	case types.DayTimeInterval:
		return exactTextErr(c, func(s string) (int64, error) { return types.ParseDayTime(s, c.to) })
	case types.CalendarInterval:
		return exactTextErr(c, types.ParseInterval)
	}
	return conversion{}, false
}
