package program

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// in compiles the rows of sel whose value is in the list, or is not if want is false. With a null in the list no
// row is known not to be in it.
func (b *Builder) in(n *valueNode, e *expr.In, want bool, sel selID) selID {
	input := b.value(n.kids[0], sel)
	if input.isNull() || !want && e.HasNull {
		return b.selectNone(sel)
	}
	input = b.notLiteral(input)
	set, name := b.inSet(e, input)
	if !want {
		name = "select_not_" + name
	} else {
		name = "select_" + name
	}
	return b.selectionStep(step{name: name, in: []operand{input}, detail: expr.SQL(e), bind: func(m *Machine, s *step) func() error {
		var memo dictionarySelection
		return func() error {
			v := m.vector(input.reg)
			if v.Encoding == vector.Dictionary && m.p.options.DictionaryEvaluation {
				return memo.run(m, s, v, func(values *vector.Vector, in vector.Selection, out []uint16) int {
					return kernel.SelectWhere(values.Len, values.Valid, in, out, set(values, want))
				})
			}
			v = m.flat(input.reg)
			k := kernel.SelectWhere(m.n, v.Valid, m.sels[s.sel], m.selectionBuffer(s.outSel), set(v, want))
			m.setSelection(s.outSel, s.sel, k)
			return nil
		}
	}}, sel)
}

// memberTest makes the test of a vector's rows.
type memberTest func(v *vector.Vector, want bool) func(i int) bool

// maxBitmapSpan is the span of values up to which a list of integers becomes a bitmap.
const maxBitmapSpan = 1 << 16

// inSet chooses the form of the set: a bitmap for integers close together, else a hash set.
func (b *Builder) inSet(e *expr.In, input operand) (memberTest, string) {
	switch {
	case input.phys.IsInteger():
		return integerSet(e)
	case input.phys == types.PhysicalString && input.typ.Collation() == "":
		return stringSet(e), "in_hash"
	}
	return anySet(e, input.typ), "in_list"
}

func integerSet(e *expr.In) (memberTest, string) {
	wide := map[types.Int128]bool{}
	lo, hi, narrow := types.MaxInt128, types.MinInt128, true
	for _, v := range e.Values {
		w, ok := v.(types.Int128)
		if !ok {
			n, _ := types.Integer64(v)
			w = types.Int128From(n)
		}
		wide[w] = true
		narrow = narrow && w.IsInt64()
		if w.Cmp(lo) < 0 {
			lo = w
		}
		if w.Cmp(hi) > 0 {
			hi = w
		}
	}
	if span := hi.Sub(lo); len(wide) > 0 && narrow && span.IsInt64() && span.Int64() >= 0 && span.Int64() < maxBitmapSpan {
		return bitmapSet(wide, lo.Int64(), int(span.Int64())+1), "in_bitmap"
	}
	return func(v *vector.Vector, want bool) func(int) bool {
		return func(i int) bool { return wide[wideValue(v, i)] == want }
	}, "in_hash"
}

func bitmapSet(values map[types.Int128]bool, lo int64, span int) memberTest {
	set := vector.NewBitmap(span)
	for w := range values {
		set.Set(int(w.Int64() - lo))
	}
	has := func(x int64) bool { d := uint64(x - lo); return d < uint64(span) && set.Get(int(d)) }
	return func(v *vector.Vector, want bool) func(int) bool {
		switch v.Physical {
		case types.PhysicalInt8:
			return bitmapTest(vector.Values[int8](v), has, want)
		case types.PhysicalInt16:
			return bitmapTest(vector.Values[int16](v), has, want)
		case types.PhysicalInt32:
			return bitmapTest(vector.Values[int32](v), has, want)
		case types.PhysicalInt64:
			return bitmapTest(vector.Values[int64](v), has, want)
		}
		return func(i int) bool {
			w := wideValue(v, i)
			return (w.IsInt64() && has(w.Int64())) == want
		}
	}
}

func bitmapTest[T kernel.Integer](values []T, has func(int64) bool, want bool) func(int) bool {
	return func(i int) bool { return has(int64(values[i])) == want }
}

func stringSet(e *expr.In) memberTest {
	set := map[string]bool{}
	for _, v := range e.Values {
		switch s := v.(type) {
		case string:
			set[s] = true
		case []byte:
			set[string(s)] = true
		}
	}
	return func(v *vector.Vector, want bool) func(int) bool {
		views := vector.Values[vector.View](v)
		return func(i int) bool { return set[string(vector.ViewBytes(&views[i], v.Buffers))] == want }
	}
}

// anySet compares with each value of the list.
func anySet(e *expr.In, t types.Type) memberTest {
	list := vector.NewFlat(t, len(e.Values))
	list.Reset(len(e.Values))
	for i, v := range e.Values {
		kernel.SetValue(list, i, v)
	}
	order := Order(t)
	return func(v *vector.Vector, want bool) func(int) bool {
		return func(i int) bool {
			for j := range list.Len {
				if order(v, i, list, j) == 0 {
					return want
				}
			}
			return !want
		}
	}
}
