package builtin

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
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

var prettyString = &expr.Function{Name: "pretty_string"}

// PrettyString is the text that Show prints for a value: its cast to string, but NULL inside arrays, maps and structs in
// capitals, and the bytes of binaries in hexadecimal, in brackets. A value that is NULL stays NULL.
func PrettyString(e expr.Expr, s *expr.Settings) (expr.Expr, error) {
	t := e.Type()
	switch t.Kind {
	case types.Binary, types.Array, types.Map, types.Struct:
	default:
		return Cast(e, types.StringType, expr.Checked, s)
	}
	c := &caster{from: t, to: types.StringType, mode: expr.Checked, settings: s, zone: types.UTC, pretty: true}
	if s != nil && s.Zone != nil {
		c.zone = types.ZoneOf(s.Zone)
	}
	write, ok := c.textOf(t)
	if !ok {
		return Cast(e, types.StringType, expr.Checked, s)
	}
	kernel := func(k *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in := args[0]
		return each(sel, out, func(i int) error {
			k.Scratch = write(k.Scratch[:0], in, i)
			return setScratch(k, out, i)
		})
	}
	return &expr.Call{Base: expr.Base{Typ: types.StringType, Null: e.Nullable()}, Function: prettyString, Args: []expr.Expr{e}, Kernel: kernel, Settings: s}, nil
}

// appendBytes writes [0A FF].
func appendBytes(dst, b []byte) []byte {
	const digits = "0123456789ABCDEF"
	dst = append(dst, '[')
	for i, x := range b {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, digits[x>>4], digits[x&15])
	}
	return append(dst, ']')
}
