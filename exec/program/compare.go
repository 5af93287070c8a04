package program

import (
	"bytes"
	"strings"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// compare compiles the rows of sel for which the comparison is true, or false if want is false.
func (b *Builder) compare(n *valueNode, e *expr.Comparison, want bool, sel selID) selID {
	left, right := b.value(n.kids[0], sel), b.value(n.kids[1], sel)
	op := e.Op
	if op == expr.NullSafeEqual {
		return b.nullSafe(e, left, right, want, sel)
	}
	if left.isNull() || right.isNull() {
		return b.selectNone(sel)
	}
	if !want {
		op, _ = op.Negate()
	}
	if left.isLiteral() && !right.isLiteral() {
		left, right, op = right, left, op.Flip()
	}
	return b.compareOperands(op, left, right, sel)
}

// compareOperands selects valid rows with left op right; a literal is on the right.
func (b *Builder) compareOperands(op expr.CompareOp, left, right operand, sel selID) selID {
	left = b.notLiteral(left)
	if iv, ok := constantInterval(op, right); ok && left.phys.IsInteger() && left.phys != types.PhysicalInt128 {
		if decided, all := decide(left.rng, iv); decided && b.options.NarrowTypes {
			if !all {
				return b.selectNone(sel)
			}
			return b.selectNull(left, false, sel)
		}
		return b.selectInterval("select", false, left, iv, sel)
	}
	if left.phys == types.PhysicalBool && right.isLiteral() && op == expr.Equal {
		value, _ := right.literal.Value.(bool)
		return b.selectBoolean(left, value, sel)
	}
	if right.isLiteral() && (left.phys == types.PhysicalFloat64 || left.phys == types.PhysicalFloat32) {
		if bind := bindFloatConstant(op, left, right); bind != nil {
			return b.selectionStep(step{name: "select", in: []operand{left}, detail: op.String() + " " + expr.SQL(right.literal), bind: bind}, sel)
		}
	}
	if op == expr.Greater || op == expr.GreaterOrEqual {
		right = b.notLiteral(right)
		left, right, op = right, left, op.Flip()
	}
	k := map[expr.CompareOp]kernel.Comparison{expr.Equal: kernel.Equal, expr.NotEqual: kernel.NotEqual, expr.Less: kernel.Less, expr.LessOrEqual: kernel.LessOrEqual}[op]
	right = b.notLiteral(right)
	left, right = b.sameWidth(left, right, sel)
	return b.selectionStep(step{name: "select_" + k.String(), in: []operand{left, right}, bind: bindCompare(k, left, right)}, sel)
}

// bindFloatConstant compares doubles or floats with a literal; nil for NaN, which has a place of its own in the order.
func bindFloatConstant(op expr.CompareOp, left, right operand) binder {
	if c := floatOf[float64](right); c != c {
		return nil
	}
	// What is not below or equal is above: nulls pass neither, and NaN is above.
	k, not := kernel.Equal, op == expr.Greater || op == expr.GreaterOrEqual
	switch op {
	case expr.NotEqual:
		k = kernel.NotEqual
	case expr.Less, expr.GreaterOrEqual:
		k = kernel.Less
	case expr.LessOrEqual, expr.Greater:
		k = kernel.LessOrEqual
	}
	if left.phys == types.PhysicalFloat32 {
		return compareFloatConstant(k, not, left, floatOf[float32](right))
	}
	return compareFloatConstant(k, not, left, floatOf[float64](right))
}

func compareFloatConstant[T kernel.Float](op kernel.Comparison, not bool, left operand, c T) binder {
	return func(m *Machine, s *step) func() error {
		return func() error {
			v := m.flat(left.reg)
			k := kernel.SelectFloatConstant(op, not, vector.Values[T](v), c, v.Valid, m.sels[s.sel], m.selectionBuffer(s.outSel))
			m.setSelection(s.outSel, s.sel, k)
			return nil
		}
	}
}

// decide compares an interval with what is proven of the operand.
func decide(r types.Range, iv interval) (decided, all bool) {
	switch {
	case !r.Known:
		return false, false
	case r.Min >= iv.lo && r.Max <= iv.hi:
		return true, !iv.not
	case r.Max < iv.lo || r.Min > iv.hi:
		return true, iv.not
	}
	return false, false
}

// sameWidth brings integers to one class: both at most 64 bits wide, or both 128.
func (b *Builder) sameWidth(left, right operand, sel selID) (operand, operand) {
	if left.phys != right.phys && (left.phys == types.PhysicalInt128 || right.phys == types.PhysicalInt128) {
		return b.widen(left, types.PhysicalInt128, sel), b.widen(right, types.PhysicalInt128, sel)
	}
	return left, right
}

func bindCompare(op kernel.Comparison, left, right operand) binder {
	switch left.phys {
	case types.PhysicalInt8:
		return compareRight[int8](op, left, right)
	case types.PhysicalInt16:
		return compareRight[int16](op, left, right)
	case types.PhysicalInt32:
		return compareRight[int32](op, left, right)
	case types.PhysicalInt64:
		return compareRight[int64](op, left, right)
	case types.PhysicalFloat32:
		return compareFlat(left, right, func(a, c *vector.Vector, valid vector.Bitmap, in vector.Selection, out []uint16) int {
			return kernel.SelectFloats(op, vector.Values[float32](a), vector.Values[float32](c), valid, in, out)
		})
	case types.PhysicalFloat64:
		return compareFlat(left, right, func(a, c *vector.Vector, valid vector.Bitmap, in vector.Selection, out []uint16) int {
			return kernel.SelectFloats(op, vector.Values[float64](a), vector.Values[float64](c), valid, in, out)
		})
	case types.PhysicalInt128:
		return compareFlat(left, right, func(a, c *vector.Vector, valid vector.Bitmap, in vector.Selection, out []uint16) int {
			return kernel.SelectInt128(op, vector.Values[types.Int128](a), vector.Values[types.Int128](c), valid, in, out)
		})
	case types.PhysicalString:
		return compareStrings(op, left, right)
	}
	return compareAny(op, left, right)
}

func compareRight[A kernel.Integer](op kernel.Comparison, left, right operand) binder {
	return perInteger(right.phys, compareIntegers[A, int8](op, left, right), compareIntegers[A, int16](op, left, right),
		compareIntegers[A, int32](op, left, right), compareIntegers[A, int64](op, left, right))
}

func compareIntegers[A, B kernel.Integer](op kernel.Comparison, left, right operand) binder {
	return compareFlat(left, right, func(a, c *vector.Vector, valid vector.Bitmap, in vector.Selection, out []uint16) int {
		return kernel.SelectIntegers(op, vector.Values[A](a), vector.Values[B](c), valid, in, out)
	})
}

// pairValidity is where both vectors are valid.
type pairValidity struct{ bits vector.Bitmap }

func (p *pairValidity) of(a, b *vector.Vector) vector.Bitmap {
	switch {
	case a.Valid == nil:
		return b.Valid
	case b.Valid == nil:
		return a.Valid
	}
	p.bits = append(p.bits[:0], a.Valid...)
	p.bits.And(b.Valid)
	return p.bits
}

type pairKernel func(a, b *vector.Vector, valid vector.Bitmap, in vector.Selection, out []uint16) int

// compareFlat runs a kernel over two flat vectors.
func compareFlat(left, right operand, run pairKernel) binder {
	return func(m *Machine, s *step) func() error {
		var valid pairValidity
		return func() error {
			a, c := m.flat(left.reg), m.flat(right.reg)
			k := run(a, c, valid.of(a, c), m.sels[s.sel], m.selectionBuffer(s.outSel))
			m.setSelection(s.outSel, s.sel, k)
			return nil
		}
	}
}

// compareStrings compares a string register with another. Where one is a dictionary and the other a constant, each
// entry is compared once.
func compareStrings(op kernel.Comparison, left, right operand) binder {
	if left.typ.Collation() != "" || right.typ.Collation() != "" {
		return compareAny(op, left, right)
	}
	return func(m *Machine, s *step) func() error {
		var memo dictionarySelection
		var valid pairValidity
		return func() error {
			a, c := m.vector(left.reg), m.vector(right.reg)
			in, out := m.sels[s.sel], m.selectionBuffer(s.outSel)
			switch {
			case c.Encoding == vector.Constant && a.Encoding != vector.Constant:
				return selectString(m, s, &memo, a, c, op, false)
			case a.Encoding == vector.Constant && c.Encoding != vector.Constant:
				return selectString(m, s, &memo, c, a, op, true)
			}
			a, c = m.flat(left.reg), m.flat(right.reg)
			x, y := vector.Values[vector.View](a), vector.Values[vector.View](c)
			k := kernel.SelectWhere(m.n, valid.of(a, c), in, out, func(i int) bool {
				if op == kernel.Equal || op == kernel.NotEqual {
					return vector.EqualViews(&x[i], a.Buffers, &y[i], c.Buffers) == (op == kernel.Equal)
				}
				return op.Holds(vector.CompareViews(&x[i], a.Buffers, &y[i], c.Buffers))
			})
			m.setSelection(s.outSel, s.sel, k)
			return nil
		}
	}
}

// selectString compares column v with the constant vector c (or c with v if swapped).
func selectString(m *Machine, s *step, memo *dictionarySelection, v, c *vector.Vector, op kernel.Comparison, swapped bool) error {
	if c.IsNull(0) {
		m.sels[s.outSel] = noRows
		return nil
	}
	text := c.StringAt(0)
	test := func(values *vector.Vector, in vector.Selection, out []uint16) int {
		if op == kernel.Equal || op == kernel.NotEqual {
			return selectEqualString(values, text, op == kernel.Equal, in, out)
		}
		views := vector.Values[vector.View](values)
		return kernel.SelectWhere(values.Len, values.Valid, in, out, func(i int) bool {
			order := bytes.Compare(vector.ViewBytes(&views[i], values.Buffers), text)
			if swapped {
				order = -order
			}
			return op.Holds(order)
		})
	}
	if v.Encoding == vector.Dictionary && m.p.options.DictionaryEvaluation && v.Dict.Values.Len <= maxDictionaryEvaluation {
		return memo.run(m, s, v, test)
	}
	if v.Encoding == vector.Dictionary {
		r := s.in[0].reg
		if swapped {
			r = s.in[1].reg
		}
		v = m.flat(r)
	}
	m.setSelection(s.outSel, s.sel, test(v, m.sels[s.sel], m.selectionBuffer(s.outSel)))
	return nil
}

// selectEqualString compares views with one string: short strings by both words of the view.
func selectEqualString(v *vector.Vector, text []byte, want bool, in vector.Selection, out []uint16) int {
	views := vector.Values[vector.View](v)
	if len(text) <= vector.InlineLength {
		w := vector.Inline(text)
		return kernel.SelectWhere(v.Len, v.Valid, in, out, func(i int) bool { return (views[i] == w) == want })
	}
	w := vector.MakeView(text, 0, 0)
	head, _ := w.Words()
	return kernel.SelectWhere(v.Len, v.Valid, in, out, func(i int) bool {
		h, _ := views[i].Words()
		return (h == head && bytes.Equal(vector.ViewBytes(&views[i], v.Buffers), text)) == want
	})
}

// compareAny compares values of any type, row by row: booleans, intervals, collated strings, structs and arrays.
func compareAny(op kernel.Comparison, left, right operand) binder {
	order := Order(left.typ)
	return compareFlat(left, right, func(a, c *vector.Vector, valid vector.Bitmap, in vector.Selection, out []uint16) int {
		return kernel.SelectWhere(a.Len, valid, in, out, func(i int) bool { return op.Holds(order(a, i, c, i)) })
	})
}

// Order returns the order of values of type t: negative, zero or positive as row i of a is below, equal to or above row j
// of b. The rows must not be null; nulls inside of structs and arrays are lowest.
func Order(t types.Type) func(a *vector.Vector, i int, b *vector.Vector, j int) int {
	if t.Kind == types.String && t.Collation() != "" {
		fold := foldFor(t.Collation())
		return func(a *vector.Vector, i int, b *vector.Vector, j int) int {
			return strings.Compare(fold(string(a.StringAt(i))), fold(string(b.StringAt(j))))
		}
	}
	return compareRows
}

// foldFor maps strings so that byte order is the collation's: exact for UTF8_LCASE and trimming, an approximation by
// case folding for locales.
func foldFor(collation string) func(string) string {
	trim := strings.Contains(collation, "_RTRIM")
	lower := collation == "UTF8_LCASE" || strings.HasPrefix(collation, "UTF8_LCASE_") || strings.Contains(collation, "_CI")
	return func(s string) string {
		if trim {
			s = strings.TrimRight(s, " ")
		}
		if lower {
			s = strings.ToLower(s)
		}
		return s
	}
}

func compareRows(a *vector.Vector, i int, b *vector.Vector, j int) int {
	switch a.Physical {
	case types.PhysicalBool:
		return int(vector.Get[uint8](a, i)&1) - int(vector.Get[uint8](b, j)&1)
	case types.PhysicalFloat32:
		return types.CompareDouble(float64(vector.Get[float32](a, i)), float64(vector.Get[float32](b, j)))
	case types.PhysicalFloat64:
		return types.CompareDouble(vector.Get[float64](a, i), vector.Get[float64](b, j))
	case types.PhysicalString:
		return bytes.Compare(a.StringAt(i), b.StringAt(j))
	case types.PhysicalInterval:
		return compareIntervals(vector.Get[types.Interval](a, i), vector.Get[types.Interval](b, j))
	case types.PhysicalStruct:
		for f := range a.Children {
			if order := compareNullable(a.Children[f], i, b.Children[f], j); order != 0 {
				return order
			}
		}
		return 0
	case types.PhysicalList:
		return compareLists(a, i, b, j)
	case types.PhysicalVoid:
		return 0
	}
	return wideValue(a, i).Cmp(wideValue(b, j))
}

func wideValue(v *vector.Vector, i int) types.Int128 {
	switch v.Physical {
	case types.PhysicalInt8:
		return types.Int128From(int64(vector.Get[int8](v, i)))
	case types.PhysicalInt16:
		return types.Int128From(int64(vector.Get[int16](v, i)))
	case types.PhysicalInt32:
		return types.Int128From(int64(vector.Get[int32](v, i)))
	case types.PhysicalInt64:
		return types.Int128From(vector.Get[int64](v, i))
	}
	return vector.Get[types.Int128](v, i)
}

func compareNullable(a *vector.Vector, i int, b *vector.Vector, j int) int {
	switch x, y := a.IsNull(i), b.IsNull(j); {
	case x && y:
		return 0
	case x:
		return -1
	case y:
		return 1
	}
	return compareRows(a, i, b, j)
}

func compareLists(a *vector.Vector, i int, b *vector.Vector, j int) int {
	x, y := vector.Get[vector.List](a, i), vector.Get[vector.List](b, j)
	for k := int32(0); k < min(x.Length, y.Length); k++ {
		if order := compareNullable(a.Children[0], int(x.Start+k), b.Children[0], int(y.Start+k)); order != 0 {
			return order
		}
	}
	return int(x.Length) - int(y.Length)
}

func compareIntervals(a, b types.Interval) int {
	for _, d := range [...]int64{int64(a.Months) - int64(b.Months), int64(a.Days) - int64(b.Days)} {
		if d != 0 {
			return int(max(-1, min(1, d)))
		}
	}
	return types.Int128From(a.Micros).Cmp(types.Int128From(b.Micros))
}

// nullSafe compiles <=>, which is never null.
func (b *Builder) nullSafe(e *expr.Comparison, left, right operand, want bool, sel selID) selID {
	if left.isNull() {
		return b.selectNull(right, want, sel)
	}
	if right.isNull() {
		return b.selectNull(left, want, sel)
	}
	if left.isLiteral() {
		left, right = right, left
	}
	equal := b.compareOperands(expr.Equal, left, right, sel)
	if left.nullable && right.nullable && !right.isLiteral() {
		both := b.selectNull(right, true, b.selectNull(left, true, sel))
		equal = b.union(sel, equal, both)
	}
	if want {
		return equal
	}
	return b.difference(sel, equal)
}
