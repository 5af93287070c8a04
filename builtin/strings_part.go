package builtin

import (
	"bytes"
	"math"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Functions that return a part of their string.

var stringPartFunctions = []*expr.Function{
	alias(scalar("substring", doc("string_funcs", "Returns the part of str that starts at pos and is len characters (or bytes, of binary) long. A negative pos counts from the end.",
		"str - a string or binary", "pos - the first position is 1", "len - by default up to the end").printed(defaults(2, "2147483647")).
		example("SELECT substring('Spark SQL', 5);", "k SQL").
		example("SELECT substring('Spark SQL', -3);", "SQL").
		example("SELECT substring('Spark SQL', 5, 1);", "k").
		example("SELECT substring('Spark SQL' FROM -10 FOR 5);", "Spar"),
		signature{params: of(textOrBlob, integer, integer), optional: 1, resolve: resolveSubstring}), "substr"),
	scalar("left", doc("string_funcs", "Returns the first len characters (bytes, of binary) of str; nothing if len is not positive.", "str - a string or binary", "len - an integer").
		example("SELECT left('Spark SQL', 3);", "Spa"),
		signature{params: of(textOrBlob, integer), resolve: func(_ *expr.BindContext, args []expr.Expr) (outcome, error) {
			if args[0].Type().Kind == types.Binary {
				return outcome{result: types.BinaryType, kernel: textAndPart(leftBytes)}, nil
			}
			return outcome{result: plainString(args[0].Type()), kernel: textAndPart(leftText)}, nil
		}}),
	scalar("right", doc("string_funcs", "Returns the last len characters of str; nothing if len is not positive.", "str - a string", "len - an integer").
		example("SELECT right('Spark SQL', 3);", "SQL"), signature{params: of(text, integer), resolve: textLike(textAndPart(rightText))}),
	scalar("split_part", doc("string_funcs", "Splits str at delimiter and returns the part at position partNum, counted from 1, or from the end if negative; an empty string if there is none.",
		"str - a string", "delimiter - a string; an empty one splits nothing", "partNum - an integer other than 0").
		example("SELECT split_part('11.12.13', '.', 3);", "13"),
		signature{params: of(text, text, integer), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			n, ok, err := Constant(args[2])
			return outcome{result: plainString(args[0].Type()), kernel: splitPartKernel, fails: !ok || err != nil || n == int32(0)}, nil
		}}),
	scalar("substring_index", doc("string_funcs", "Returns what stands before the count-th occurrence of delim, or, if count is negative, behind it counted from the end.", "str - a string", "delim - a string", "count - an integer").
		example("SELECT substring_index('www.apache.org', '.', 2);", "www.apache"),
		signature{params: of(text, text, integer), resolve: textLike(substringIndexKernel)}),
}

// textAndPart is a kernel (string, int) → part of that string.
func textAndPart(part func(s []byte, n int32) []byte) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		s, n := stringsOf(args[0]), columnOf[int32](args[1])
		return each(sel, out, func(i int) error {
			return setText(c, out, i, part(s.at(i), n.at(i)))
		})
	}
}

func leftText(s []byte, n int32) []byte { return s[:byteOffset(s, int(n))] }

func leftBytes(b []byte, n int32) []byte { return b[:max(0, min(int(n), len(b)))] }

func rightText(s []byte, n int32) []byte {
	if n <= 0 {
		return nil
	}
	return s[byteOffset(s, characters(s)-int(n)):]
}

func splitPartKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	s, delimiter, n := stringsOf(args[0]), stringsOf(args[1]), columnOf[int32](args[2])
	return each(sel, out, func(i int) error {
		if n.at(i) == 0 {
			return placed(c, diag.New("INVALID_INDEX_OF_ZERO"))
		}
		return setText(c, out, i, splitPart(s.at(i), delimiter.at(i), int(n.at(i))))
	})
}

func splitPart(s, delimiter []byte, n int) []byte {
	if len(delimiter) == 0 {
		if n == 1 || n == -1 {
			return s
		}
		return nil
	}
	if n < 0 {
		// Parts are counted from the start, as occurrences may overlap.
		if n += bytes.Count(s, delimiter) + 2; n < 1 {
			return nil
		}
	}
	for {
		at := bytes.Index(s, delimiter)
		switch {
		case n == 1 && at >= 0:
			return s[:at]
		case n == 1:
			return s
		case at < 0:
			return nil
		}
		s = s[at+len(delimiter):]
		n--
	}
}

func substringIndexKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	s, delimiter, n := stringsOf(args[0]), stringsOf(args[1]), columnOf[int32](args[2])
	return each(sel, out, func(i int) error {
		return setText(c, out, i, substringIndex(s.at(i), delimiter.at(i), int(n.at(i))))
	})
}

// substringIndex counts occurrences that may overlap.
func substringIndex(s, delimiter []byte, count int) []byte {
	if len(delimiter) == 0 || count == 0 {
		return nil
	}
	if count > 0 {
		from := 0
		for {
			at := bytes.Index(s[from:], delimiter)
			if at < 0 {
				return s
			}
			if count--; count == 0 {
				return s[:from+at]
			}
			from += at + 1
		}
	}
	end := len(s)
	for {
		at := bytes.LastIndex(s[:end], delimiter)
		if at < 0 {
			return s
		}
		if count++; count == 0 {
			return s[at+len(delimiter):]
		}
		end = at + len(delimiter) - 1
	}
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
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		s, pos := stringsOf(args[0]), columnOf[int32](args[1])
		length := column[int32]{[]int32{math.MaxInt32}, 0}
		if len(args) == 3 {
			length = columnOf[int32](args[2])
		}
		return each(sel, out, func(i int) error {
			return setText(c, out, i, part(s.at(i), pos.at(i), length.at(i)))
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

// substringBytes counts in 32 bits, whose overflow shows for the smallest pos as it does in Spark.
func substringBytes(b []byte, pos, length int32) []byte {
	n, start := int32(len(b)), pos
	switch {
	case start > n:
		return nil
	case pos > 0:
		start--
	case pos < 0:
		start += n
	}
	end := n
	if n-start >= length {
		end = start + length
	}
	start = max(start, 0)
	if start >= end {
		return nil
	}
	return b[start:end]
}
