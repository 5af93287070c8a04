package builtin

import (
	"math"
	"math/bits"
	"strconv"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Numbers in other bases.

var numberTextFunctions = []*expr.Function{
	scalar("bin", doc("math_funcs", "Returns the bigint expr in binary.", "expr - an integer").
		example("SELECT bin(13);", "1101").example("SELECT bin(-13);", "1111111111111111111111111111111111111111111111111111111111110011"),
		signature{params: of(bigint), result: types.StringType, kernel: toText(func(dst []byte, v int64) []byte { return strconv.AppendUint(dst, uint64(v), 2) })}),
	scalar("hex", doc("math_funcs", "Returns expr in hexadecimal: a bigint as a number, a string or binary byte by byte.", "expr - an integer, string or binary").
		example("SELECT hex(17);", "11").example("SELECT hex('Spark SQL');", "537061726B2053514C"),
		signature{params: of(bigint), result: types.StringType, kernel: toText(appendHex)},
		signature{params: of(blob), result: types.StringType, kernel: textToText(hexBytes)},
		signature{params: of(text), result: types.StringType, kernel: textToText(hexBytes)}),
	scalar("unhex", doc("math_funcs", "Returns the bytes that expr writes in hexadecimal; null if it is not hexadecimal.", "expr - a string").
		example("SELECT decode(unhex('537061726B2053514C'), 'UTF-8');", "Spark SQL"),
		signature{params: of(text), result: types.BinaryType, nullable: true, kernel: textToTextNull(unhexBytes)}),
	scalar("conv", doc("math_funcs", "Returns the number num, written in base from_base, in base to_base; a negative to_base reads it as signed.", "num - a string", "from_base - an integer from 2 to 36", "to_base - an integer from 2 to 36 or -36 to -2").
		example("SELECT conv('100', 2, 10);", "4").example("SELECT conv(-10, 16, -10);", "-16"),
		signature{params: of(text, integer, integer), result: types.StringType, nullable: true, resolve: func(c *expr.BindContext, _ []expr.Expr) (outcome, error) {
			checked := modeOf(c) == expr.Checked
			return outcome{result: types.StringType, nullable: true, fails: checked, kernel: convKernel(checked)}, nil
		}}),
}

const hexDigits = "0123456789ABCDEF"

func appendHex(dst []byte, v int64) []byte {
	for shift := max(0, (bits.Len64(uint64(v))-1)/4*4); shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[uint64(v)>>shift&15])
	}
	return dst
}

func hexBytes(dst, s []byte) []byte {
	for _, b := range s {
		dst = append(dst, hexDigits[b>>4], hexDigits[b&15])
	}
	return dst
}

// unhexBytes reads hexadecimal; an odd number of digits means a leading zero.
func unhexBytes(dst, s []byte) ([]byte, bool) {
	if len(s)%2 == 1 {
		d, ok := hexDigit(s[0])
		if !ok {
			return dst, false
		}
		dst, s = append(dst, d), s[1:]
	}
	for i := 0; i < len(s); i += 2 {
		high, ok1 := hexDigit(s[i])
		low, ok2 := hexDigit(s[i+1])
		if !ok1 || !ok2 {
			return dst, false
		}
		dst = append(dst, high<<4|low)
	}
	return dst, true
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

func convKernel(checked bool) expr.Kernel {
	return func(k *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		num, from, to := stringsOf(args[0]), columnOf[int32](args[1]), columnOf[int32](args[2])
		return each(sel, out, func(i int) error {
			text, ok, over := conv(k.Scratch[:0], num.at(i), from.at(i), to.at(i))
			if over && checked {
				return overflow("Overflow in function conv()", "").At(k.Span)
			}
			if !ok {
				out.SetNull(i)
				return nil
			}
			k.Scratch = text
			return setScratch(k, out, i)
		})
	}
}

// conv reads num up to its first character that is no digit of the base. A number beyond 64 bits is the largest one.
func conv(dst, num []byte, from, to int32) (_ []byte, ok, over bool) {
	for len(num) > 0 && num[0] == ' ' {
		num = num[1:]
	}
	for len(num) > 0 && num[len(num)-1] == ' ' {
		num = num[:len(num)-1]
	}
	base := max(to, -to)
	if from < 2 || from > 36 || base < 2 || base > 36 || len(num) == 0 {
		return dst, false, false
	}
	negative := num[0] == '-'
	if negative {
		num = num[1:]
	}
	var v uint64
	for _, c := range num {
		d := digitOf(c)
		if d >= uint64(from) {
			break
		}
		hi, lo := bits.Mul64(v, uint64(from))
		sum, carry := bits.Add64(lo, d, 0)
		if hi != 0 || carry != 0 {
			v, over = math.MaxUint64, true
			break
		}
		v = sum
	}
	if negative && to > 0 {
		if int64(v) < 0 {
			v = math.MaxUint64
		} else {
			v = -v
		}
	}
	if to < 0 && int64(v) < 0 {
		v, negative = -v, true
	}
	start := len(dst)
	if negative && to < 0 {
		dst = append(dst, '-')
	}
	dst = strconv.AppendUint(dst, v, int(base))
	for i := start; i < len(dst); i++ {
		if c := dst[i]; c >= 'a' && c <= 'z' {
			dst[i] = c - 'a' + 'A'
		}
	}
	return dst, true, over
}

// digitOf is the value of a digit, 36 if it is none.
func digitOf(c byte) uint64 {
	switch {
	case c >= '0' && c <= '9':
		return uint64(c - '0')
	case c >= 'a' && c <= 'z':
		return uint64(c-'a') + 10
	case c >= 'A' && c <= 'Z':
		return uint64(c-'A') + 10
	}
	return 36
}
