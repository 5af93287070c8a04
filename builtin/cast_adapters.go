package builtin

import (
	"strconv"
	"unsafe"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// nullKernel makes every row null.
func nullKernel(_ *expr.KernelContext, _ []*vector.Vector, _ vector.Selection, out *vector.Vector) error {
	out.ClearedValid()
	return nil
}

// total is a conversion that has a result for every value.
func total[A, B any](f func(A) B) (conversion, bool) { return conversion{kernel: unary(f)}, true }

// partial is a conversion that has no result for some values: they are errors in Checked mode, else null.
func partial[A, B any](c *caster, f func(A) (B, failure)) (conversion, bool) {
	if !c.checked() {
		return conversion{nulls: true, kernel: unaryNull(func(a A) (B, bool) {
			b, why := f(a)
			return b, why == converted
		})}, true
	}
	kernel := func(k *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in, to := columnOf[A](args[0]), vector.Values[B](out)
		return each(sel, out, func(i int) error {
			b, why := f(in.at(i))
			to[i] = b
			if why == asNull {
				out.SetNull(i)
			} else if why != converted {
				return c.error(why, any(in.at(i))).At(k.Span)
			}
			return nil
		})
	}
	return conversion{kernel: kernel, fails: true, nulls: true}, true
}

// exact is partial where no value becomes null in Checked mode.
func exact[A, B any](c *caster, f func(A) (B, failure)) (conversion, bool) {
	k, ok := partial(c, f)
	k.nulls = k.nulls && !c.checked()
	return k, ok
}

// exactText is exact for strings.
func exactText[B any](c *caster, f func(string) (B, failure)) (conversion, bool) {
	kernel := func(k *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in, to := stringsOf(args[0]), vector.Values[B](out)
		return each(sel, out, func(i int) error {
			b, why := f(asString(in.at(i)))
			to[i] = b
			if why != converted {
				if c.checked() {
					return c.error(why, string(in.at(i))).At(k.Span)
				}
				out.SetNull(i)
			}
			return nil
		})
	}
	return conversion{kernel: kernel, fails: c.checked(), nulls: !c.checked()}, true
}

// exactTextErr is exactText for conversions with errors of their own.
func exactTextErr[B any](c *caster, f func(string) (B, error)) (conversion, bool) {
	kernel := textToErr(func(_ *expr.KernelContext, s []byte) (B, error) { return f(asString(s)) })
	if !c.checked() {
		kernel = textToNull(func(s []byte) (B, bool) {
			v, err := f(asString(s))
			return v, err == nil
		})
	}
	return conversion{kernel: kernel, fails: c.checked(), nulls: !c.checked()}, true
}

// asString views bytes as a string; neither may outlive the row.
func asString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func itoa(n int) string { return strconv.Itoa(n) }

// valueText is a value, as a vector holds it, as Spark's messages spell it: as a literal.
func (c *caster) valueText(v any) string {
	switch v := v.(type) {
	case float32:
		return string(types.AppendFloat(nil, v))
	case float64:
		if v-v != 0 {
			return string(types.AppendDouble(nil, v))
		}
	case uint8:
		return strconv.FormatBool(v != 0)
	}
	return types.SQLLiteral(v, c.from, c.zone)
}

// plainNumber is a number as messages about ranges spell it: digits without a suffix.
func plainNumber(v any, t types.Type) string {
	switch v := v.(type) {
	case string:
		if n, scale, status := types.ParseDecimal(v); status == types.TextOK {
			return types.FormatDecimal(n, scale)
		}
		return v
	case float32:
		return strconv.FormatFloat(float64(v), 'f', -1, 64)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case int64:
		return types.FormatDecimal(types.Int128From(v), int(t.Scale))
	case types.Int128:
		return types.FormatDecimal(v, int(t.Scale))
	case uint8:
		return itoa(int(v))
	}
	return strconv.FormatInt(integerValue(v), 10)
}
