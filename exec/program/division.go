package program

import (
	"math"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// integerDivision compiles div (to bigint) and % on integers.
func (b *Builder) integerDivision(e *expr.Arithmetic, left, right operand, sel selID) operand {
	left, right = b.notLiteral(left), b.notLiteral(right)
	left, right = b.widen(left, types.PhysicalInt64, sel), b.widen(right, types.PhysicalInt64, sel)
	phys := types.PhysicalInt64
	nullable := left.nullable || right.nullable || e.Mode != expr.Checked
	out := b.result(e, phys, nullable, b.values.nodes[b.values.number(e)].rng)
	name := "div"
	if e.Op == expr.Remainder {
		name = "mod"
	}
	b.emitStep(step{name: name, out: []reg{out.reg}, in: []operand{left, right}, sel: sel, bind: bindIntegerDivision(e, left, right)})
	if widest := e.Typ.Physical(); widest.Size() < phys.Size() {
		return b.widen(out, widest, sel)
	}
	return out
}

func bindIntegerDivision(e *expr.Arithmetic, a, b operand) binder {
	remainder := e.Op == expr.Remainder
	return func(m *Machine, s *step) func() error {
		var x, y []int64
		overflows := func(i int) bool { return !remainder && x[i] == math.MinInt64 && y[i] == -1 }
		c := &check{mode: e.Mode,
			// Without ANSI mode the one quotient that overflows wraps and only a division by zero is null.
			test: func(i int) bool { return y[i] != 0 && !(overflows(i) && e.Mode != expr.Legacy) },
			fail: func(i int) error {
				if y[i] == 0 {
					return divideByZero(e)
				}
				return integralOverflow(e)
			}}
		return func() error {
			u, v, out := m.flat(a.reg), m.flat(b.reg), m.result(s)
			x, y = vector.Values[int64](u), vector.Values[int64](v)
			bad := kernel.IntegerDivide(remainder, x, y, m.sels[s.sel], vector.Values[int64](out))
			kernel.IntersectValidity(out, u, v)
			if bad {
				return c.exact(m, m.sels[s.sel], out)
			}
			return nil
		}
	}
}

// kernelOp names a decimal operation that is done value by value.
type kernelOp struct {
	op   expr.ArithmeticOp
	name string
}

var decimalNames = map[expr.ArithmeticOp]string{expr.Add: "add", expr.Subtract: "sub", expr.Multiply: "mul", expr.Divide: "div",
	expr.IntegralDivide: "idiv", expr.Remainder: "mod"}

// decimalArithmetic compiles operators on decimals, whose operands have scales of their own.
func (b *Builder) decimalArithmetic(n *valueNode, e *expr.Arithmetic, left, right operand, sel selID) operand {
	s1, s2 := int(e.Left.Type().Scale), int(e.Right.Type().Scale)
	fits := fits64(left) && fits64(right)
	narrow := b.proven(e) && n.rng.Known && (b.options.NarrowTypes || e.Typ.Physical() == types.PhysicalInt64) || e.Typ.Physical() == types.PhysicalInt64
	switch e.Op {
	case expr.Add, expr.Subtract:
		scale := max(s1, s2)
		if fits && narrow && int(e.Typ.Scale) == scale && b.scalesWithin64(left, scale-s1) && b.scalesWithin64(right, scale-s2) {
			left, right = b.rescale(left, scale-s1, sel), b.rescale(right, scale-s2, sel)
			op, left, right := arrange(e.Op, left, right)
			return b.narrowArithmetic(n, e, op, b.narrowConstant(left), right, sel)
		}
	case expr.Multiply:
		if fits && narrow && int(e.Typ.Scale) == s1+s2 {
			op, left, right := arrange(e.Op, left, right)
			return b.narrowArithmetic(n, e, op, b.narrowConstant(left), right, sel)
		}
	}
	return b.wideArithmetic(e, kernelOp{e.Op, decimalNames[e.Op]}, b.notLiteral(left), b.notLiteral(right), sel)
}

// fits64 reports whether an operand stands in at most 64 bits.
func fits64(o operand) bool {
	if o.isLiteral() {
		_, ok := types.Integer64(o.literal.Value)
		return ok
	}
	return o.phys != types.PhysicalInt128
}

// narrowConstant puts a literal that fits 64 bits into a register of at most that width.
func (b *Builder) narrowConstant(o operand) operand {
	if o.isLiteral() && o.phys == types.PhysicalInt128 {
		return b.asLayout(o, types.PhysicalInt64, b.main)
	}
	return b.notLiteral(o)
}

// scalesWithin64 reports whether an operand times 10^digits is proven to fit 64 bits.
func (b *Builder) scalesWithin64(o operand, digits int) bool {
	if digits == 0 {
		return true
	}
	if digits > types.MaxDecimal64 || !o.rng.Known {
		return false
	}
	limit := math.MaxInt64 / types.Pow10Int64(digits)
	return o.rng.Max <= limit && o.rng.Min >= -limit
}

// rescale multiplies by 10^digits, which is proven to fit.
func (b *Builder) rescale(o operand, digits int, sel selID) operand {
	if digits == 0 {
		return o
	}
	factor := types.Pow10Int64(digits)
	r := types.Range{Known: true, Min: o.rng.Min * factor, Max: o.rng.Max * factor}
	if o.isLiteral() {
		l := *o.literal
		l.Value = types.Int128From(integerOf(o) * factor)
		scaled := literalOperand(&l)
		scaled.rng = r
		return scaled
	}
	phys := b.calculation(o.typ, r)
	if phys == types.PhysicalInt128 || phys == types.PhysicalInt32 && !(r.Min >= math.MinInt32 && r.Max <= math.MaxInt32) {
		phys = types.PhysicalInt64
	}
	out := b.newRegister(o.typ, phys, o.nullable, r, computed)
	c := operand{reg: noReg, literal: &expr.Literal{Base: expr.Base{Typ: types.LongType}, Value: factor}}
	b.emitStep(step{name: "rescale", out: []reg{out.reg}, in: []operand{o, c}, sel: sel, bind: uncheckedArithmetic(kernel.Multiply, o, c, phys)})
	return out
}

// wideArithmetic computes decimals in 128 bits.
func (b *Builder) wideArithmetic(e *expr.Arithmetic, op kernelOp, left, right operand, sel selID) operand {
	if !b.proven(e) || op.op == expr.Divide || op.op == expr.Remainder || op.op == expr.IntegralDivide || !b.plainWide(e) {
		return b.decimalByValue(e, op, left, right, sel)
	}
	left, right = b.widen(left, types.PhysicalInt128, sel), b.widen(right, types.PhysicalInt128, sel)
	out := b.result(e, types.PhysicalInt128, left.nullable || right.nullable, types.Range{})
	apply := map[expr.ArithmeticOp]func(a, b []types.Int128, sel vector.Selection, out []types.Int128){
		expr.Add: kernel.Add128, expr.Subtract: kernel.Subtract128, expr.Multiply: kernel.Multiply128}[op.op]
	b.emitStep(step{name: op.name, out: []reg{out.reg}, in: []operand{left, right}, sel: sel, bind: func(m *Machine, s *step) func() error {
		return func() error {
			x, y, out := m.flat(left.reg), m.flat(right.reg), m.result(s)
			apply(vector.Values[types.Int128](x), vector.Values[types.Int128](y), m.denseOr(s.sel), vector.Values[types.Int128](out))
			kernel.IntersectValidity(out, x, y)
			return nil
		}
	}})
	return b.typedDecimal(e, out, sel)
}

// plainWide reports whether the operands need no rescaling.
func (b *Builder) plainWide(e *expr.Arithmetic) bool {
	if e.Right == nil {
		return true
	}
	s1, s2 := e.Left.Type().Scale, e.Right.Type().Scale
	if e.Op == expr.Multiply {
		return e.Typ.Scale == s1+s2
	}
	return s1 == s2 && e.Typ.Scale == s1
}

// typedDecimal narrows a 128-bit result whose type has at most 64 bits.
func (b *Builder) typedDecimal(e *expr.Arithmetic, o operand, sel selID) operand {
	if p := e.Typ.Physical(); p != types.PhysicalInt128 {
		o = b.widen(o, p, sel)
	}
	return o
}

// decimalByValue computes decimals one by one, with Spark's rounding, for valid and selected rows only.
func (b *Builder) decimalByValue(e *expr.Arithmetic, op kernelOp, left, right operand, sel selID) operand {
	left, right = b.widen(left, types.PhysicalInt128, sel), b.widen(right, types.PhysicalInt128, sel)
	nullable := left.nullable || right.nullable || e.Mode != expr.Checked
	out := b.result(e, types.PhysicalInt128, nullable, types.Range{})
	name := op.name
	if b.values.proven.MayFail(e) {
		name += "_checked"
	}
	b.emitStep(step{name: name, out: []reg{out.reg}, in: []operand{left, right}, sel: sel, bind: bindDecimal(e, op.op, left, right)})
	return b.typedDecimal(e, out, sel)
}

func bindDecimal(e *expr.Arithmetic, op expr.ArithmeticOp, left, right operand) binder {
	compute := decimalFunction(e, op)
	return func(m *Machine, s *step) func() error {
		return func() error {
			u, v, out := m.flat(left.reg), m.flat(right.reg), m.result(s)
			x, y, r := vector.Values[types.Int128](u), vector.Values[types.Int128](v), vector.Values[types.Int128](out)
			kernel.IntersectValidity(out, u, v)
			c := check{mode: e.Mode,
				test: func(i int) (ok bool) { r[i], ok = compute(x[i], y[i]); return ok },
				fail: func(i int) error { return decimalError(e, op, x[i], y[i]) }}
			return c.exact(m, m.sels[s.sel], out)
		}
	}
}

// decimalFunction is one operation with its scales and precision; ok is false on overflow and on division by zero.
func decimalFunction(e *expr.Arithmetic, op expr.ArithmeticOp) func(a, b types.Int128) (types.Int128, bool) {
	t := e.Typ
	s1, s2 := int(e.Left.Type().Scale), int(e.Left.Type().Scale)
	if e.Right != nil {
		s2 = int(e.Right.Type().Scale)
	}
	scale, precision := int(t.Scale), int(t.Precision)
	switch op {
	case expr.Add, expr.Subtract:
		return func(a, b types.Int128) (types.Int128, bool) {
			if op == expr.Subtract {
				b = b.Neg()
			}
			return types.DecimalAdd(a, b, s1, s2, scale, precision)
		}
	case expr.Multiply:
		return func(a, b types.Int128) (types.Int128, bool) {
			return types.DecimalMultiply(a, b, s1+s2, scale, precision)
		}
	case expr.Divide:
		return func(a, b types.Int128) (types.Int128, bool) {
			if b.IsZero() {
				return b, false
			}
			return types.DecimalDivide(a, b, s1, s2, scale, precision)
		}
	case expr.Remainder:
		return func(a, b types.Int128) (types.Int128, bool) {
			if b.IsZero() {
				return b, false
			}
			return types.DecimalRemainder(a, b, s1, s2, scale, precision)
		}
	}
	return func(a, b types.Int128) (types.Int128, bool) {
		if b.IsZero() {
			return b, false
		}
		q, ok := types.DecimalIntegralDivide(a, b, s1, s2)
		if t.Kind == types.Decimal {
			return q, ok && q.FitsPrecision(precision)
		}
		return q, ok && q.IsInt64()
	}
}
