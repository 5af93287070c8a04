package builtin

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

var padFunctions = []*expr.Function{
	padFunction("lpad", true, "Pads str on the left with pad to a length of len characters (bytes, of binary), or cuts it to that length.",
		[2]string{"SELECT lpad('hi', 5, '??');", "???hi"}, [2]string{"SELECT lpad('hi', 1, '??');", "h"}),
	padFunction("rpad", false, "Pads str on the right with pad to a length of len characters (bytes, of binary), or cuts it to that length.",
		[2]string{"SELECT rpad('hi', 5, '??');", "hi???"}, [2]string{"SELECT rpad('hi', 1, '??');", "h"}),
}

func padFunction(name string, left bool, usage string, examples ...[2]string) *expr.Function {
	d := doc("string_funcs", usage, "str - a string or binary", "len - an integer", "pad - by default the blank, or the byte zero")
	for _, e := range examples {
		d = d.example(e[0], e[1])
	}
	return scalar(name, d,
		signature{params: of(text, integer, text), optional: 1, resolve: textLike(padKernel(left, false))},
		signature{params: of(blob, integer, blob), optional: 1, result: types.BinaryType, kernel: padKernel(left, true)})
}

func padKernel(left, binary bool) expr.Kernel {
	standard := []byte{' '}
	if binary {
		standard[0] = 0
	}
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		s, length := stringsOf(args[0]), columnOf[int32](args[1])
		var pads stringColumn
		if len(args) == 3 {
			pads = stringsOf(args[2])
		}
		return each(sel, out, func(i int) error {
			pad := standard
			if len(args) == 3 {
				pad = pads.at(i)
			}
			if binary {
				c.Scratch = appendPaddedBytes(c.Scratch[:0], s.at(i), int(length.at(i)), pad, left)
			} else {
				c.Scratch = appendPaddedText(c.Scratch[:0], s.at(i), int(length.at(i)), pad, left)
			}
			out.SetString(i, c.Scratch)
			return nil
		})
	}
}

func appendPaddedText(dst, s []byte, length int, pad []byte, left bool) []byte {
	missing := length - characters(s)
	if missing <= 0 || len(pad) == 0 {
		return append(dst, s[:byteOffset(s, length)]...)
	}
	if !left {
		dst = append(dst, s...)
	}
	width := characters(pad)
	for range missing / width {
		dst = append(dst, pad...)
	}
	dst = append(dst, pad[:byteOffset(pad, missing%width)]...)
	if left {
		dst = append(dst, s...)
	}
	return dst
}

func appendPaddedBytes(dst, b []byte, length int, pad []byte, left bool) []byte {
	missing := length - len(b)
	if missing <= 0 || len(pad) == 0 {
		return append(dst, b[:max(min(length, len(b)), 0)]...)
	}
	if !left {
		dst = append(dst, b...)
	}
	for ; missing >= len(pad); missing -= len(pad) {
		dst = append(dst, pad...)
	}
	dst = append(dst, pad[:missing]...)
	if left {
		dst = append(dst, b...)
	}
	return dst
}
