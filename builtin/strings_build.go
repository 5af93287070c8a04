package builtin

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Functions that build strings of others.

var buildFunctions = []*expr.Function{
	concatFunction,
	nullAware("concat_ws", doc("string_funcs", "Joins strings and the strings of arrays with sep between them, leaving out nulls.", "sep - a string", "str1, str2, … - strings or arrays of strings").
		example("SELECT concat_ws(' ', 'Spark', 'SQL');", "Spark SQL").example("SELECT concat_ws('s');", "").
		example("SELECT concat_ws('/', 'foo', null, 'bar');", "foo/bar"),
		signature{params: of(text, anyOf(arrayOf(text), text)), optional: 1, variadic: true, nullable: true, result: types.StringType, kernel: concatWithKernel}),
	scalar("repeat", doc("string_funcs", "Returns str n times.", "str - a string", "n - an integer").
		example("SELECT repeat('123', 2);", "123123"),
		signature{params: of(text, integer), resolve: textLike(repeatTextKernel)}),
	scalar("space", doc("string_funcs", "Returns n blanks.", "n - an integer").example("SELECT concat(space(2), '1');", "  1"),
		signature{params: of(integer), result: types.StringType, kernel: spaceKernel}),
	scalar("reverse", doc("collection_funcs", "Returns the characters of a string, or the elements of an array, in reverse order.", "expr - a string or array").
		example("SELECT reverse('Spark SQL');", "LQS krapS").example("SELECT reverse(array(2, 1, 4, 3));", "[3,4,1,2]"),
		signature{params: of(anyOf(text, anyArray)), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			if t := args[0].Type(); t.Kind == types.Array {
				return outcome{result: t, kernel: reverseArrayKernel}, nil
			}
			return textLike(textToText(appendReversed))(c, args)
		}}),
	scalar("replace", doc("string_funcs", "Replaces all occurrences of search in str.", "str - a string", "search - a string; an empty one is nowhere", "replace - by default an empty string").printed(defaults(2, "")).
		example("SELECT replace('ABCabc', 'abc', 'DEF');", "ABCDEF"),
		signature{params: of(text, text, text), optional: 1, resolve: textLike(replaceKernel)}),
	scalar("translate", doc("string_funcs", "Replaces the characters of from by those at the same positions in to, or removes them if to is shorter.", "input - a string", "from - a string", "to - a string").
		example("SELECT translate('AaBbCc', 'abc', '123');", "A1B2C3"), signature{params: of(text, text, text), resolve: textLike(translateKernel)}),
	scalar("overlay", doc("string_funcs", "Replaces the len characters (bytes, of binary) of input at position pos.", "input - a string or binary", "replace - a string or binary", "pos - an integer, from 1", "len - by default the length of replace").printed(defaults(3, "-1")).
		example("SELECT overlay('Spark SQL' PLACING '_' FROM 6);", "Spark_SQL").example("SELECT overlay('Spark SQL' PLACING 'ANSI ' FROM 7 FOR 0);", "Spark ANSI SQL"),
		signature{params: of(textOrBlob, textOrBlob, integer, integer), optional: 1, resolve: resolveOverlay}),
	nullAware("elt", doc("string_funcs", "Returns argument n of those that follow it; an error (null if ANSI mode is off) if there is none.", "n - an integer, from 1", "input1, input2, … - strings, or all binary").
		example("SELECT elt(1, 'scala', 'java');", "scala"),
		signature{params: of(integer, text), variadic: true, resolve: resolveElt(types.StringType)},
		signature{params: of(integer, blob), variadic: true, resolve: resolveElt(types.BinaryType)}),
}

// buildText is the loop of kernels that build their result in the append style, from row i of their arguments.
func buildText(c *expr.KernelContext, sel vector.Selection, out *vector.Vector, build func(dst []byte, i int) []byte) error {
	return each(sel, out, func(i int) error {
		c.Scratch = build(c.Scratch[:0], i)
		return setScratch(c, out, i)
	})
}

func repeatTextKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	s, n := stringsOf(args[0]), columnOf[int32](args[1])
	return each(sel, out, func(i int) error { return repeatText(c, "repeat", s.at(i), n.at(i), out, i) })
}

func spaceKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	n, blank := columnOf[int32](args[0]), []byte{' '}
	return each(sel, out, func(i int) error { return repeatText(c, "space", blank, n.at(i), out, i) })
}

// repeatText makes n copies of s row i of out.
func repeatText(c *expr.KernelContext, name string, s []byte, n int32, out *vector.Vector, i int) error {
	n = max(n, 0)
	dst, err := room(c, name, int64(n)*int64(len(s)))
	if err != nil {
		return err
	}
	c.Scratch = appendRepeated(c, dst, s, int(n))
	putScratch(c, out, i)
	return c.Budget.Err()
}

func allStrings(args []*vector.Vector) []stringColumn {
	columns := make([]stringColumn, len(args))
	for i, a := range args {
		columns[i] = stringsOf(a)
	}
	return columns
}

// concatWithKernel is concat_ws.
func concatWithKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	separators := stringsOf(args[0])
	eachRow(sel, out.Len, func(i int) {
		if args[0].IsNull(i) || c.Budget.Err() != nil {
			out.SetNull(i)
			return
		}
		separator := separators.at(i)
		dst, first := c.Scratch[:0], true
		add := func(v *vector.Vector, i int) {
			if v.IsNull(i) {
				return
			}
			b := v.StringAt(i)
			if c.Budget.Grow(int64(len(separator)+len(b))) != nil {
				return
			}
			if !first {
				dst = append(dst, separator...)
			}
			dst, first = append(dst, b...), false
		}
		for _, a := range args[1:] {
			if a.Physical != types.PhysicalList {
				add(a, i)
			} else if !a.IsNull(i) {
				l := vector.Get[vector.List](a, i)
				for j := range l.Length {
					add(a.Children[0], int(l.Start+j))
				}
			}
		}
		c.Scratch = dst
		putScratch(c, out, i)
	})
	return c.Budget.Err()
}

func appendReversed(dst, s []byte) []byte {
	start := len(dst)
	dst = append(dst, s...)
	if isASCII(s) {
		slices.Reverse(dst[start:])
		return dst
	}
	end := len(dst)
	for len(s) > 0 {
		width := characterWidth(s)
		end -= width
		copy(dst[end:], s[:width])
		s = s[width:]
	}
	return dst
}

func reverseArrayKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	to := vector.Values[vector.List](out)
	var rows []int32
	_ = each(sel, out, func(i int) error {
		l := vector.Get[vector.List](args[0], i)
		to[i] = vector.List{Start: int32(len(rows)), Length: l.Length}
		for j := range l.Length {
			rows = append(rows, l.Start+l.Length-1-j)
		}
		return nil
	})
	turned := vector.NewFlat(out.Children[0].Type, len(rows))
	vector.Gather(args[0].Children[0], rows, nil, len(rows), turned)
	vector.AppendRows(out.Children[0], turned, nil, len(rows)) // a copy, as the result must not share the argument's strings
	return nil
}

func replaceKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	s, search := stringsOf(args[0]), stringsOf(args[1])
	var by stringColumn
	if len(args) == 3 {
		by = stringsOf(args[2])
	}
	return buildText(c, sel, out, func(dst []byte, i int) []byte {
		var with []byte
		if len(args) == 3 {
			with = by.at(i)
		}
		return appendReplaced(c, dst, s.at(i), search.at(i), with)
	})
}

// appendReplaced asks the budget for what the text grows by; it stops early if that is refused.
func appendReplaced(c *expr.KernelContext, dst, s, search, with []byte) []byte {
	if len(search) == 0 {
		return append(dst, s...)
	}
	growth := int64(max(len(with)-len(search), 0))
	for {
		at := bytes.Index(s, search)
		if at < 0 || c.Budget.Grow(growth) != nil {
			return append(dst, s...)
		}
		dst = append(append(dst, s[:at]...), with...)
		s = s[at+len(search):]
	}
}

// translation maps characters: single bytes by table, others by map.
type translation struct {
	from, to []byte
	set      bool
	ascii    [128]int32       // index of what replaces it in to plus 1, -1 to remove it, 0 to keep it
	others   map[string]int32 // the same
	// direct is what is written for an ASCII character, -1 for nothing; isDirect says that all are replaced by one byte at most.
	direct   [128]int16
	isDirect bool
}

func translateKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	t, _ := stateOf(c, func() (*translation, error) { return &translation{}, nil })
	s, from, to := stringsOf(args[0]), stringsOf(args[1]), stringsOf(args[2])
	return buildText(c, sel, out, func(dst []byte, i int) []byte {
		t.prepare(from.at(i), to.at(i))
		return t.append(dst, s.at(i))
	})
}

func (t *translation) prepare(from, to []byte) {
	if t.set && bytes.Equal(t.from, from) && bytes.Equal(t.to, to) {
		return
	}
	t.set, t.from, t.to = true, append(t.from[:0], from...), append(t.to[:0], to...)
	clear(t.ascii[:])
	t.others = map[string]int32{}
	at := int32(0)
	for len(from) > 0 {
		width := characterWidth(from)
		target := int32(-1)
		if int(at) < len(to) {
			target = at + 1
			at += int32(characterWidth(to[at:]))
		}
		if c := from[:width]; c[0] < 0x80 {
			if t.ascii[c[0]] == 0 {
				t.ascii[c[0]] = target
			}
		} else if t.others[string(c)] == 0 {
			t.others[string(c)] = target
		}
		from = from[width:]
	}
	t.isDirect = isASCII(t.to)
	for c, target := range t.ascii {
		switch {
		case target > 0:
			t.direct[c] = int16(t.to[target-1])
		case target == 0:
			t.direct[c] = int16(c)
		default:
			t.direct[c] = -1
		}
	}
}

func (t *translation) append(dst, s []byte) []byte {
	if t.isDirect {
		n := asciiPrefix(s)
		for _, c := range s[:n] {
			if by := t.direct[c&0x7F]; by >= 0 {
				dst = append(dst, byte(by))
			}
		}
		s = s[n:]
	}
	for len(s) > 0 {
		width := characterWidth(s)
		c := s[:width]
		var target int32
		if c[0] < 0x80 {
			target = t.ascii[c[0]]
		} else if len(t.others) > 0 {
			target = t.others[string(c)]
		}
		switch {
		case target > 0:
			by := t.to[target-1:]
			dst = append(dst, by[:characterWidth(by)]...)
		case target == 0:
			dst = append(dst, c...)
		}
		s = s[width:]
	}
	return dst
}

func resolveOverlay(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	a, b := args[0].Type(), args[1].Type()
	if a.Kind != b.Kind {
		return outcome{}, diag.New("DATATYPE_MISMATCH.DATA_DIFF_TYPES", "sqlExpr", callText("overlay", args), "functionName", "`overlay`",
			"dataType", "("+quoted(a.SQL())+" or "+quoted(b.SQL())+")").At(c.Span)
	}
	return textLike(overlayKernel(a.Kind == types.Binary))(c, args)
}

func overlayKernel(binary bool) expr.Kernel {
	part, size := substringText, characters
	if binary {
		part, size = substringBytes, func(b []byte) int { return len(b) }
	}
	const whole = 1<<31 - 1
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		s, by, pos := stringsOf(args[0]), stringsOf(args[1]), columnOf[int32](args[2])
		length := column[int32]{[]int32{-1}, 0}
		if len(args) == 4 {
			length = columnOf[int32](args[3])
		}
		return buildText(c, sel, out, func(dst []byte, i int) []byte {
			n := length.at(i)
			if n < 0 {
				n = int32(size(by.at(i)))
			}
			dst = append(dst, part(s.at(i), 1, pos.at(i)-1)...)
			dst = append(dst, by.at(i)...)
			return append(dst, part(s.at(i), pos.at(i)+n, whole)...)
		})
	}
}

func resolveElt(result types.Type) func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	return func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
		t := result
		if legacyConf(c, "spark.sql.function.eltOutputAsString") {
			t = types.StringType // the same bytes
		}
		return outcome{result: t, kernel: eltKernel, nullable: true, fails: c.Settings.ANSI}, nil
	}
}

func eltKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	var failure error
	eachRow(sel, out.Len, func(i int) {
		if args[0].IsNull(i) || failure != nil {
			out.SetNull(i)
			return
		}
		n := vector.Get[int32](args[0], i)
		if n < 1 || int(n) >= len(args) {
			if c.Settings.ANSI && failure == nil {
				failure = diag.New("INVALID_ARRAY_INDEX", "indexValue", strconv.Itoa(int(n)), "arraySize", strconv.Itoa(len(args)-1))
			}
			out.SetNull(i)
			return
		}
		if args[n].IsNull(i) {
			out.SetNull(i)
			return
		}
		failure = setText(c, out, i, args[n].StringAt(i))
	})
	return placed(c, failure)
}
