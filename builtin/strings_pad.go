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
	d := doc("string_funcs", usage, "str - a string or binary", "len - an integer", "pad - by default the blank, or the byte zero").printed(printPad)
	for _, e := range examples {
		d = d.example(e[0], e[1])
	}
	return scalar(name, d,
		signature{params: of(text, integer, text), optional: 1, resolve: textLike(padKernel(name, left, false))},
		signature{params: of(blob, integer, blob), optional: 1, result: types.BinaryType, kernel: padKernel(name, left, true)})
}

// printPad adds the padding that is used by default.
func printPad(c *expr.PrintedCall) (string, bool) {
	if len(c.Args) == 2 {
		pad := " "
		if c.ArgType(0).Kind == types.Binary {
			pad = "X'00'"
		}
		c.Args = append(c.Args, pad)
	}
	return "", false
}

func padKernel(name string, left, binary bool) expr.Kernel {
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
			return padRow(c, name, s.at(i), int(length.at(i)), pad, left, binary, out, i)
		})
	}
}

// padRow makes s, with pad before or behind it up to length characters (bytes, if binary), row i of out.
func padRow(c *expr.KernelContext, name string, s []byte, length int, pad []byte, left, binary bool, out *vector.Vector, i int) error {
	size, width, cut := len(s), len(pad), func(b []byte, n int) []byte { return b[:max(min(n, len(b)), 0)] }
	if !binary {
		size, width, cut = characters(s), characters(pad), func(b []byte, n int) []byte { return b[:byteOffset(b, n)] }
	}
	missing := length - size
	if missing <= 0 || width == 0 {
		return setText(c, out, i, cut(s, length))
	}
	whole, part := missing/width, cut(pad, missing%width)
	dst, err := room(c, name, int64(whole)*int64(len(pad))+int64(len(s)+len(part)))
	if err != nil {
		return err
	}
	if !left {
		dst = append(dst, s...)
	}
	dst = append(appendRepeated(c, dst, pad, whole), part...)
	if left {
		dst = append(dst, s...)
	}
	c.Scratch = dst
	putScratch(c, out, i)
	return c.Budget.Err()
}
