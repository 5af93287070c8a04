package builtin

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// Documentation returns the documentation of a function or operator, and its name if name is an alias.
func Documentation(name string) (canonical string, d expr.Doc, ok bool) {
	if f, ok := Lookup(name); ok {
		return f.Name, f.Doc, true
	}
	if f, ok := LookupAggregate(name); ok {
		return f.Name, f.Doc, true
	}
	return "", expr.Doc{}, false
}

// prettyBinary is what Show prints for binary values: [0A FF].
var prettyBinary = &expr.Function{Name: "pretty_binary"}

// PrettyBinary is the text that Show prints for a binary value: its bytes in hexadecimal, in brackets.
func PrettyBinary(e expr.Expr, s *expr.Settings) (expr.Expr, error) {
	const digits = "0123456789ABCDEF"
	kernel := textToText(func(dst, b []byte) []byte {
		dst = append(dst, '[')
		for i, x := range b {
			if i > 0 {
				dst = append(dst, ' ')
			}
			dst = append(dst, digits[x>>4], digits[x&15])
		}
		return append(dst, ']')
	})
	return &expr.Call{Base: expr.Base{Typ: types.StringType, Null: e.Nullable()}, Function: prettyBinary, Args: []expr.Expr{e}, Kernel: kernel, Settings: s}, nil
}
