package builtin

import (
	"bytes"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

var searchFunctions = []*expr.Function{
	scalar("instr", doc("string_funcs", "Returns the position, from 1, of the first occurrence of substr in str; 0 if there is none.", "str - a string", "substr - a string").
		example("SELECT instr('SparkSQL', 'SQL');", "6"),
		signature{params: of(text, text), result: types.IntType, kernel: twoTextsTo(func(s, part []byte) int32 { return position(s, part, 0) })}),
	alias(nullAware("locate", doc("string_funcs", "Returns the position, from 1, of the first occurrence of substr in str at or behind position pos; 0 if there is none.", "substr - a string", "str - a string", "pos - by default 1").printed(defaults(2, "1")).
		example("SELECT locate('bar', 'foobarbar');", "4").example("SELECT locate('bar', 'foobarbar', 5);", "7").example("SELECT POSITION('bar' IN 'foobarbar');", "4"),
		signature{params: of(text, text, integer), optional: 1, nullable: true, result: types.IntType, kernel: locateKernel}), "position"),
	testFunction("startswith", "Reports whether left begins with right.", bytes.HasPrefix, "SELECT startswith('Spark SQL', 'Spark');"),
	testFunction("endswith", "Reports whether left ends with right.", bytes.HasSuffix, "SELECT endswith('Spark SQL', 'SQL');"),
	testFunction("contains", "Reports whether left contains right.", bytes.Contains, "SELECT contains('Spark SQL', 'Spark');"),
	scalar("find_in_set", doc("string_funcs", "Returns the position, from 1, of str in a list of strings with commas between them; 0 if it is not there or has a comma.", "str - a string", "str_array - a string").
		example("SELECT find_in_set('ab','abc,b,ab,c,def');", "3"), signature{params: of(text, text), result: types.IntType, kernel: twoTextsTo(findInSet)}),
}

// testFunction makes a function of two strings, or two of binary.
func testFunction(name, usage string, test func(s, part []byte) bool, query string) *expr.Function {
	kernel := func(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		if isConstant(args[1]) {
			part := args[1].StringAt(0)
			matchRows(func(s []byte) bool { return test(s, part) }, args[0], sel, out)
			return nil
		}
		a, b, to := stringsOf(args[0]), stringsOf(args[1]), vector.Values[uint8](out)
		return each(sel, out, func(i int) error {
			to[i] = boolByte(test(a.at(i), b.at(i)))
			return nil
		})
	}
	return scalar(name, doc("string_funcs", usage, "left - a string or binary", "right - a string or binary").example(query, "true"),
		signature{params: of(text, text), result: types.BooleanType, kernel: kernel},
		signature{params: of(blob, blob), result: types.BooleanType, kernel: kernel})
}

// position is where part stands in s at or behind character start (from 0), counted from 1; 0 if nowhere. An empty part
// is at the start.
func position(s, part []byte, start int) int32 {
	if len(part) == 0 {
		return 1
	}
	from := byteOffset(s, start)
	at := bytes.Index(s[from:], part)
	if at < 0 {
		return 0
	}
	return int32(characters(s[:from+at])) + 1
}

// locateKernel is 0 for a null position, unlike other functions.
func locateKernel(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	part, s, to := stringsOf(args[0]), stringsOf(args[1]), vector.Values[int32](out)
	eachRow(sel, out.Len, func(i int) {
		start := int32(1)
		if len(args) == 3 {
			if args[2].IsNull(i) {
				to[i] = 0
				return
			}
			start = vector.Get[int32](args[2], i)
		}
		switch {
		case args[0].IsNull(i) || args[1].IsNull(i):
			out.SetNull(i)
		case start < 1:
			to[i] = 0
		default:
			to[i] = position(s.at(i), part.at(i), int(start)-1)
		}
	})
	return nil
}

func findInSet(s, list []byte) int32 {
	if bytes.IndexByte(s, ',') >= 0 {
		return 0
	}
	for n := int32(1); ; n++ {
		comma := bytes.IndexByte(list, ',')
		if comma < 0 {
			if bytes.Equal(s, list) {
				return n
			}
			return 0
		}
		if bytes.Equal(s, list[:comma]) {
			return n
		}
		list = list[comma+1:]
	}
}
