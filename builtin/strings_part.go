package builtin

import (
	"math"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Functions that return a part of their string.

var stringPartFunctions = []*expr.Function{
	alias(scalar("substring", doc("string_funcs", "Returns the part of str that starts at pos and is len characters (or bytes, of binary) long. A negative pos counts from the end.",
		"str - a string or binary", "pos - the first position is 1", "len - by default up to the end").
		example("SELECT substring('Spark SQL', 5);", "k SQL").
		example("SELECT substring('Spark SQL', -3);", "SQL").
		example("SELECT substring('Spark SQL', 5, 1);", "k").
		example("SELECT substring('Spark SQL' FROM -10 FOR 5);", "Spar"),
		signature{params: of(anyOf(text, blob), integer, integer), optional: 1, resolve: resolveSubstring}), "substr"),
}

func resolveSubstring(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	if args[0].Type().Kind == types.Binary {
		return outcome{result: types.BinaryType, kernel: substringKernel(substringBytes)}, nil
	}
	return outcome{result: plainString(args[0].Type()), kernel: substringKernel(substringText)}, nil
}

// plainString is the type of strings that are made of ones of type t: its collation without a length.
func plainString(t types.Type) types.Type {
	if c := t.Collation(); c != "" {
		return types.CollatedType(c)
	}
	return types.StringType
}

func substringKernel(part func(s []byte, pos, length int32) []byte) expr.Kernel {
	return func(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		s, pos := stringsOf(args[0]), columnOf[int32](args[1])
		length := column[int32]{[]int32{math.MaxInt32}, 0}
		if len(args) == 3 {
			length = columnOf[int32](args[2])
		}
		return each(sel, out, func(i int) error {
			out.SetString(i, part(s.at(i), pos.at(i), length.at(i)))
			return nil
		})
	}
}

// substringText is length characters from position pos; a negative pos may lie before the text, and what is before it
// counts towards the length.
func substringText(s []byte, pos, length int32) []byte {
	start := int64(pos)
	switch {
	case pos > 0:
		start--
	case pos < 0:
		start += int64(characters(s))
	}
	return slice(s, int(start), int(min(max(start+int64(length), math.MinInt32), math.MaxInt32)))
}

func substringBytes(b []byte, pos, length int32) []byte {
	n, start := int64(len(b)), int64(pos)
	switch {
	case start > n:
		return nil
	case pos > 0:
		start--
	case pos < 0:
		start += n
	}
	end := min(start+int64(length), n)
	start = max(start, 0)
	if start >= end {
		return nil
	}
	return b[start:end]
}
