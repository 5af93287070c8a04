package builtin

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// part is the conversion of one part of a nested value: array elements, map entries, a field.
type part struct {
	conversion
	from, to types.Type
}

// part finds the conversion between two parts.
func (c *caster) part(from, to types.Type) (part, bool) {
	k, ok := castKernel(from, to, c.mode, c.settings)
	return part{k, from, to}, ok
}

// fromNested converts arrays, maps and structs part by part.
func (c *caster) fromNested() (conversion, bool) {
	var parts []part
	add := func(from, to types.Type) bool {
		p, ok := c.part(from, to)
		parts = append(parts, p)
		return ok
	}
	switch c.from.Kind {
	case types.Array:
		if !add(c.from.Elem(), c.to.Elem()) {
			return conversion{}, false
		}
		return conversion{kernel: castList(parts), fails: anyFails(parts)}, true
	case types.Map:
		if !add(c.from.Key(), c.to.Key()) || !add(c.from.Elem(), c.to.Elem()) {
			return conversion{}, false
		}
		return conversion{kernel: castList(parts), fails: anyFails(parts)}, true
	}
	for i, f := range c.from.Fields() {
		if !add(f.Type, c.to.Fields()[i].Type) {
			return conversion{}, false
		}
	}
	return conversion{kernel: castStruct(parts), fails: anyFails(parts)}, true
}

func anyFails(parts []part) bool {
	for _, p := range parts {
		if p.fails {
			return true
		}
	}
	return false
}

// nestedState is what the kernel of a nested type keeps between calls.
type nestedState struct {
	contexts []expr.KernelContext // one a part
	in, out  []*vector.Vector     // windows of the parts
	rows     []int32              // of the child, to convert
	sel      vector.Selection
}

func nestedStateOf(k *expr.KernelContext, parts []part) *nestedState {
	s, _ := stateOf(k, func() (*nestedState, error) {
		s := &nestedState{}
		for _, p := range parts {
			s.contexts = append(s.contexts, expr.KernelContext{Settings: k.Settings, Span: k.Span, Type: p.to, ArgTypes: []types.Type{p.from}})
			s.in = append(s.in, vector.NewFlat(p.from, 0))
			s.out = append(s.out, vector.NewFlat(p.to, 0))
		}
		return s, nil
	})
	return s
}

// castList converts arrays (one part) or maps (two). The elements of the rows to compute are converted one row after the
// other, in windows of a chunk's size, and appended to the result's child.
func castList(parts []part) expr.Kernel {
	return func(k *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		s := nestedStateOf(k, parts)
		in, to := columnOf[vector.List](args[0]), vector.Values[vector.List](out)
		s.rows = s.rows[:0]
		eachRow(sel, out.Len, func(i int) {
			to[i] = vector.List{}
			if out.Valid != nil && !out.Valid.Get(i) {
				return
			}
			l := in.at(i)
			to[i] = vector.List{Start: int32(len(s.rows)), Length: l.Length}
			for j := range l.Length {
				s.rows = append(s.rows, l.Start+j)
			}
		})
		from, target := args[0].Children[0], out.Children[0]
		target.Reset(0)
		if len(parts) == 1 {
			return s.append(0, parts[0], from, target)
		}
		for p := range parts {
			if err := s.append(p, parts[p], from.Children[p], target.Children[p]); err != nil {
				return err
			}
		}
		target.Len = len(s.rows)
		return nil
	}
}

// append converts s.rows of a child and appends them to target.
func (s *nestedState) append(n int, p part, from, target *vector.Vector) error {
	from = vector.Flatten(from, from.Len)
	for at := 0; at < len(s.rows); at += vector.ChunkSize {
		rows := s.rows[at:min(at+vector.ChunkSize, len(s.rows))]
		s.in[n].Reset(len(rows))
		vector.Gather(from, rows, nil, len(rows), s.in[n])
		converted := s.in[n]
		if p.kernel != nil {
			converted = s.out[n]
			if err := s.run(n, p, s.in[n], nil, converted); err != nil {
				return err
			}
		}
		vector.AppendRows(target, converted, nil, len(rows))
	}
	return nil
}

// run converts the rows of in that are not null; out becomes a flat vector of as many rows.
func (s *nestedState) run(n int, p part, in *vector.Vector, sel vector.Selection, out *vector.Vector) error {
	out.Reset(in.Len)
	if in.MayHaveNulls() {
		valid := out.NewValid()
		for i := range in.Len {
			valid.Put(i, !in.IsNull(i))
		}
		if p.fails {
			sel = s.notNull(valid, sel, in.Len)
		}
	}
	return p.kernel(&s.contexts[n], []*vector.Vector{in}, sel, out)
}

// notNull is the part of a selection whose rows are valid.
func (s *nestedState) notNull(valid vector.Bitmap, sel vector.Selection, n int) vector.Selection {
	s.sel = s.sel[:0]
	if s.sel == nil {
		s.sel = vector.Selection{}
	}
	eachRow(sel, n, func(i int) {
		if valid.Get(i) {
			s.sel = append(s.sel, uint16(i))
		}
	})
	return s.sel
}

// castStruct converts structs field by field, row i to row i.
func castStruct(parts []part) expr.Kernel {
	return func(k *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		s := nestedStateOf(k, parts)
		s.rows = s.rows[:0]
		for i := range out.Len {
			// Null structs have no fields to look at.
			if out.Valid != nil && !out.Valid.Get(i) {
				s.rows = append(s.rows, -1)
			} else {
				s.rows = append(s.rows, int32(args[0].At(i)))
			}
		}
		for n, p := range parts {
			from, in := args[0].Children[n], s.in[n]
			in.Reset(len(s.rows))
			vector.Gather(vector.Flatten(from, from.Len), s.rows, nil, len(s.rows), in)
			converted := in
			if p.kernel != nil {
				converted = s.out[n]
				if err := s.run(n, p, in, sel, converted); err != nil {
					return err
				}
			}
			out.Children[n].Reset(0)
			vector.AppendRows(out.Children[n], converted, nil, len(s.rows))
		}
		return nil
	}
}
