package builtin

import (
	"bytes"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/vector"
)

// trimmer says which ends are trimmed.
type trimmer struct{ left, right bool }

const trimArgument = "trimStr - the characters to remove, by default the blank"

var trimFunctions = []*expr.Function{
	trimFunction("trim", trimmer{true, true}, "Removes blanks, or the characters of trimStr, from both ends of str.").example(
		"SELECT trim('    SparkSQL   ');", "SparkSQL").example("SELECT trim(BOTH 'SL' FROM 'SSparkSQLS');", "parkSQ").function(),
	trimFunction("ltrim", trimmer{left: true}, "Removes blanks, or the characters of trimStr, from the start of str.").example(
		"SELECT ltrim('    SparkSQL   ');", "SparkSQL   ").example("SELECT ltrim('Sp', 'SSparkSQLS');", "arkSQLS").function(),
	trimFunction("rtrim", trimmer{right: true}, "Removes blanks, or the characters of trimStr, from the end of str.").example(
		"SELECT rtrim('    SparkSQL   ');", "    SparkSQL").example("SELECT rtrim('LQSa', 'SSparkSQLS');", "SSpark").function(),
	scalar("btrim", doc("string_funcs", "Removes blanks, or the characters of trimStr, from both ends of str.", "str - a string", trimArgument).
		example("SELECT btrim('    SparkSQL   ');", "SparkSQL").example("SELECT btrim('SSparkSQLS', 'SL');", "parkSQ"),
		signature{params: of(text, text), optional: 1, resolve: textLike(trimmer{true, true}.kernel(0, 1))}),
}

// trimEntry is the entry of a function that takes trimStr before str.
type trimEntry struct {
	name string
	t    trimmer
	doc  document
}

func trimFunction(name string, t trimmer, usage string) trimEntry {
	return trimEntry{name, t, doc("string_funcs", usage, trimArgument, "str - a string").printed(t.print)}
}

func (e trimEntry) example(sql, result string) trimEntry {
	e.doc = e.doc.example(sql, result)
	return e
}

func (e trimEntry) function() *expr.Function {
	return scalar(e.name, e.doc,
		signature{params: of(text), resolve: textLike(e.t.kernel(0, -1))},
		signature{params: of(text, text), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			return outcome{result: plainString(args[1].Type()), kernel: e.t.kernel(1, 0)}, nil
		}})
}

// print writes TRIM(BOTH characters FROM string) where the characters are given.
func (t trimmer) print(c *expr.PrintedCall) (string, bool) {
	if len(c.Args) != 2 {
		return "", false
	}
	ends := "BOTH"
	switch {
	case !t.right:
		ends = "LEADING"
	case !t.left:
		ends = "TRAILING"
	}
	return "TRIM(" + ends + " " + c.Args[0] + " FROM " + c.Args[1] + ")", true
}

// kernel trims argument str; the characters are argument set, the blank if it is negative or absent.
func (t trimmer) kernel(str, set int) expr.Kernel {
	blanks := textPart(t.blanks)
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		if set < 0 || len(args) == 1 {
			return blanks(c, args, sel, out)
		}
		s, sets := stringsOf(args[str]), stringsOf(args[set])
		return each(sel, out, func(i int) error {
			return setText(c, out, i, t.characters(s.at(i), sets.at(i)))
		})
	}
}

func (t trimmer) blanks(s []byte) []byte {
	if t.left {
		for len(s) > 0 && s[0] == ' ' {
			s = s[1:]
		}
	}
	if t.right {
		for len(s) > 0 && s[len(s)-1] == ' ' {
			s = s[:len(s)-1]
		}
	}
	return s
}

// characters removes the characters of set.
func (t trimmer) characters(s, set []byte) []byte {
	if t.left {
		for len(s) > 0 && holdsCharacter(set, s[:characterWidth(s)]) {
			s = s[characterWidth(s):]
		}
	}
	if t.right {
		for len(s) > 0 {
			width := lastCharacterWidth(s)
			if !holdsCharacter(set, s[len(s)-width:]) {
				break
			}
			s = s[:len(s)-width]
		}
	}
	return s
}

// lastCharacterWidth is the length in bytes of the character that ends s, which is not empty.
func lastCharacterWidth(s []byte) int {
	for width := 1; width <= 4 && width <= len(s); width++ {
		if first := s[len(s)-width]; first < 0x80 || first >= 0xC0 {
			if int(characterWidths[first]) == width {
				return width
			}
			return 1
		}
	}
	return 1
}

// holdsCharacter reports whether one of set's characters is c.
func holdsCharacter(set, c []byte) bool {
	if len(c) == 1 {
		return bytes.IndexByte(set, c[0]) >= 0
	}
	return bytes.Contains(set, c)
}
