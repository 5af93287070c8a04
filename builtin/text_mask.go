package builtin

import (
	"unicode"
	"unicode/utf8"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

var maskFunctions = []*expr.Function{maskFunction}

var maskFunction = func() *expr.Function {
	f := rewrite("mask", doc("string_funcs", "Replaces letters and digits; a null replacement keeps them as they are.", "str - a string", "upperChar - replaces capital letters, by default X",
		"lowerChar - replaces small letters, by default x", "digitChar - replaces digits, by default n", "otherChar - replaces other characters, by default none").printed(defaults(1, "X", "x", "n", "NULL")).
		example("SELECT mask('abcd-EFGH-8765-4321');", "xxxx-XXXX-nnnn-nnnn").
		example("SELECT mask('abcd-EFGH-8765-4321', 'Q');", "xxxx-QQQQ-nnnn-nnnn").
		example("SELECT mask('AbCD123-@$#', 'Q', 'q', 'd', 'o');", "QqQQdddoooo"), 1, 5, bindMask)
	f.Parameters = maskParameters
	f.Nulls = expr.NullAware // of the replacements, which may be null
	return f
}()

// mask holds the replacements of capital letters, small letters, digits and others; negative keeps them.
type mask [4]rune

var maskParameters = []expr.NamedParameter{{Name: "str"}, {Name: "upperChar", Default: textLiteral("X")}, {Name: "lowerChar", Default: textLiteral("x")},
	{Name: "digitChar", Default: textLiteral("n")}, {Name: "otherChar", Default: textLiteral(nil)}}

// textLiteral is a string as the default of a parameter, NULL if v is nil.
func textLiteral(v any) *expr.Literal {
	return &expr.Literal{Base: expr.Base{Typ: types.StringType, Null: v == nil}, Value: v}
}

func bindMask(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
	all := append([]expr.Expr{}, args...)
	for _, p := range maskParameters[len(args):] {
		all = append(all, newLiteral(c, p.Default.Value, types.StringType))
	}
	var m mask
	for i, a := range all {
		if k := a.Type().Kind; k != types.String && k != types.Void {
			return nil, unexpectedType(c, "mask", all, i, text.text)
		}
		if i == 0 {
			continue
		}
		v, err := constantOf(c, "mask", maskParameters[i].Name, types.StringType, all, i)
		if err != nil {
			return nil, err
		}
		m[i-1] = -1
		if s, ok := v.(string); ok {
			if utf8.RuneCountInString(s) != 1 {
				return nil, diag.New("DATATYPE_MISMATCH.INPUT_SIZE_NOT_ONE", "sqlExpr", callText("mask", all), "exprName", maskParameters[i].Name).At(c.Span)
			}
			m[i-1], _ = utf8.DecodeRuneInString(s)
		}
	}
	input, err := castTo(c, args[0], types.StringType)
	if err != nil {
		return nil, err
	}
	f, _ := Lookup("mask")
	return makeCall(c, f, append([]expr.Expr{input}, all[1:]...), outcome{result: types.StringType, nullable: true, kernel: maskKernel(m)}), nil
}

func (m *mask) append(dst, s []byte) []byte {
	for len(s) > 0 {
		r, width := utf8.DecodeRune(s)
		by := m[3]
		switch {
		case unicode.IsUpper(r):
			by = m[0]
		case unicode.IsLower(r):
			by = m[1]
		case unicode.IsDigit(r):
			by = m[2]
		}
		if by < 0 {
			dst = append(dst, s[:width]...)
		} else {
			dst = utf8.AppendRune(dst, by)
			if width == 4 { // two units of Java's strings
				dst = utf8.AppendRune(dst, by)
			}
		}
		s = s[width:]
	}
	return dst
}

// maskKernel reads the first argument only.
func maskKernel(m mask) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		s := stringsOf(args[0])
		eachRow(sel, out.Len, func(i int) {
			if args[0].IsNull(i) {
				out.SetNull(i)
				return
			}
			c.Scratch = m.append(c.Scratch[:0], s.at(i))
			_ = setScratch(c, out, i)
		})
		return c.Budget.Err()
	}
}
