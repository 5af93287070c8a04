package program

import (
	"math"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// arithmetic compiles + - * / div % and unary minus. Integers and decimals of up to 64 bits have kernels with an error
// flag, and kernels without where ranges prove that nothing overflows; wide decimals go value by value unless the digits of the
// types prove that 128 bits suffice.
func (b *Builder) arithmetic(n *valueNode, e *expr.Arithmetic, sel selID) operand {
	left := b.value(n.kids[0], sel)
	if e.Op == expr.Negate {
		return b.negate(n, e, left, sel)
	}
	right := b.value(n.kids[1], sel)
	if left.isNull() || right.isNull() {
		return b.nullOf(e)
	}
	switch {
	case e.Left.Type().IsFloating():
		return b.floatArithmetic(e, left, right, sel)
	case e.Left.Type().Kind == types.Decimal:
		return b.decimalArithmetic(n, e, left, right, sel)
	}
	return b.integerArithmetic(n, e, left, right, sel)
}

func (b *Builder) nullOf(e expr.Expr) operand {
	return literalOperand(&expr.Literal{Base: expr.Base{Typ: e.Type(), Null: true}})
}

// negate is 0 - x, but for floats, where -x has the sign that 0 - 0.0 has not.
func (b *Builder) negate(n *valueNode, e *expr.Arithmetic, x operand, sel selID) operand {
	if x.isNull() {
		return b.nullOf(e)
	}
	if e.Typ.IsFloating() {
		minus := e.Left.Type()
		return b.floatArithmetic(&expr.Arithmetic{Base: e.Base, Op: expr.Multiply, Left: e.Left, Right: e.Left, Mode: e.Mode},
			x, literalOperand(floatLiteral(minus, -1)), sel)
	}
	if x.isLiteral() {
		x = b.constantRegister(x)
	}
	zero := literalOperand(&expr.Literal{Base: expr.Base{Typ: e.Typ}, Value: types.Int128{}})
	if x.phys == types.PhysicalInt128 {
		return b.wideArithmetic(e, kernelOp{op: expr.Subtract, name: "neg"}, b.constantRegister(zero), x, sel)
	}
	return b.narrowArithmetic(n, e, kernel.ReverseSubtract, x, zero, sel)
}

func floatLiteral(t types.Type, v float64) *expr.Literal {
	l := &expr.Literal{Base: expr.Base{Typ: t}, Value: v}
	if t.Kind == types.Float {
		l.Value = float32(v)
	}
	return l
}

func (b *Builder) integerArithmetic(n *valueNode, e *expr.Arithmetic, left, right operand, sel selID) operand {
	switch e.Op {
	case expr.Divide, expr.IntegralDivide, expr.Remainder:
		return b.integerDivision(e, left, right, sel)
	}
	op, left, right := arrange(e.Op, left, right)
	return b.narrowArithmetic(n, e, op, b.notLiteral(left), right, sel)
}

// arrange puts a literal on the right.
func arrange(op expr.ArithmeticOp, left, right operand) (kernel.Operator, operand, operand) {
	k := map[expr.ArithmeticOp]kernel.Operator{expr.Add: kernel.Add, expr.Subtract: kernel.Subtract, expr.Multiply: kernel.Multiply}[op]
	if !left.isLiteral() || right.isLiteral() {
		return k, left, right
	}
	if k == kernel.Subtract {
		return kernel.ReverseSubtract, right, left
	}
	return k, right, left
}

// notLiteral puts a literal into a register.
func (b *Builder) notLiteral(o operand) operand {
	if o.isLiteral() {
		return b.constantRegister(o)
	}
	return o
}

// calculation is the layout that arithmetic of type t with results in r uses: 32 or 64 bits, or 128.
func (b *Builder) calculation(t types.Type, r types.Range) types.Physical {
	widest := t.Physical()
	switch {
	case widest.Size() <= 4:
		return types.PhysicalInt32
	case b.options.NarrowTypes && r.Known && r.Min >= math.MinInt32 && r.Max <= math.MaxInt32:
		return types.PhysicalInt32
	case b.options.NarrowTypes && r.Known:
		return types.PhysicalInt64
	}
	return widest
}

// proven reports whether e, apart from a division by zero, can neither overflow its type nor 64 bits on the way.
func (b *Builder) proven(e *expr.Arithmetic) bool {
	if !b.options.NarrowTypes {
		return !b.values.typed.MayFail(e)
	}
	return !b.values.proven.MayFail(e)
}

// bounds are the smallest and largest value of a type of at most 64 bits.
func bounds(t types.Type) (lo, hi int64) {
	r := types.RangeOfType(t)
	if !r.Known {
		return math.MinInt64, math.MaxInt64
	}
	return r.Min, r.Max
}

// narrowArithmetic compiles + - * on values of at most 64 bits and of one scale.
func (b *Builder) narrowArithmetic(n *valueNode, e *expr.Arithmetic, op kernel.Operator, left, right operand, sel selID) operand {
	unchecked := b.proven(e)
	wraps := e.Mode == expr.Legacy && e.Typ.Kind != types.Decimal
	nullable := left.nullable || right.nullable || !unchecked && !wraps && e.Mode != expr.Checked
	phys := b.calculation(e.Typ, n.rng)
	out := b.result(e, phys, nullable, n.rng)
	s := step{name: op.String(), out: []reg{out.reg}, in: []operand{left, right}, sel: sel}
	if unchecked || wraps {
		s.bind = uncheckedArithmetic(op, left, right, phys)
	} else {
		s.name += "_checked"
		s.bind = b.checkedArithmetic(op, e, left, right, phys)
	}
	b.emitStep(s)
	if wraps && e.Typ.Physical().Size() < phys.Size() {
		out.rng = types.Range{}
		return b.widen(out, e.Typ.Physical(), sel)
	}
	return out
}

type binder = func(m *Machine, s *step) func() error

// perInteger calls the instantiation of f for an integer layout.
func perInteger[T any](p types.Physical, f8, f16, f32, f64 T) T {
	switch p {
	case types.PhysicalInt8:
		return f8
	case types.PhysicalInt16:
		return f16
	case types.PhysicalInt32:
		return f32
	case types.PhysicalInt64:
		return f64
	}
	panic("program: no integer kernel for layout " + physicalName(p))
}

func uncheckedArithmetic(op kernel.Operator, a, b operand, r types.Physical) binder {
	if r == types.PhysicalInt32 {
		return uncheckedInto[int32](op, a, b)
	}
	return uncheckedInto[int64](op, a, b)
}

func uncheckedInto[R kernel.Integer](op kernel.Operator, a, b operand) binder {
	if b.isLiteral() {
		c := R(integerOf(b))
		return perInteger(a.phys, unaryConstant[int8](op, a, c), unaryConstant[int16](op, a, c), unaryConstant[int32](op, a, c), unaryConstant[int64](op, a, c))
	}
	return perInteger(a.phys, uncheckedLeft[int8, R](op, a, b), uncheckedLeft[int16, R](op, a, b), uncheckedLeft[int32, R](op, a, b), uncheckedLeft[int64, R](op, a, b))
}

func unaryConstant[A, R kernel.Integer](op kernel.Operator, a operand, c R) binder {
	return func(m *Machine, s *step) func() error {
		return func() error {
			x, out := m.flat(a.reg), m.result(s)
			kernel.ArithmeticConstant(op, vector.Values[A](x), c, m.denseOr(s.sel), vector.Values[R](out))
			kernel.CopyValidity(out, x)
			return nil
		}
	}
}

func uncheckedLeft[A, R kernel.Integer](op kernel.Operator, a, b operand) binder {
	return perInteger(b.phys, unchecked[A, int8, R](op, a, b), unchecked[A, int16, R](op, a, b), unchecked[A, int32, R](op, a, b), unchecked[A, int64, R](op, a, b))
}

func unchecked[A, B, R kernel.Integer](op kernel.Operator, a, b operand) binder {
	return func(m *Machine, s *step) func() error {
		return func() error {
			x, y, out := m.flat(a.reg), m.flat(b.reg), m.result(s)
			kernel.Arithmetic(op, vector.Values[A](x), vector.Values[B](y), m.denseOr(s.sel), vector.Values[R](out))
			kernel.IntersectValidity(out, x, y)
			return nil
		}
	}
}

// integerOf is the value of an integer-like literal.
func integerOf(o operand) int64 {
	v, ok := types.Integer64(o.literal.Value)
	if !ok {
		panic("program: literal does not fit 64 bits")
	}
	return v
}

// check is what a checked instruction does with the rows that have no value.
type check struct {
	mode expr.ErrorMode
	// test reports whether row i, valid and selected, has a value; fail makes the error of a row that has none.
	test func(i int) bool
	fail func(i int) error
}

// exact looks at the rows of a flagged chunk one by one: only rows that are selected and not null count.
func (c *check) exact(m *Machine, sel vector.Selection, out *vector.Vector) error {
	one := func(i int) error {
		if out.Valid != nil && !out.Valid.Get(i) || c.test(i) {
			return nil
		}
		if c.mode == expr.Checked {
			return c.fail(i)
		}
		out.SetNull(i)
		return nil
	}
	if sel == nil {
		for i := range out.Len {
			if err := one(i); err != nil {
				return err
			}
		}
		return nil
	}
	for _, i := range sel {
		if err := one(int(i)); err != nil {
			return err
		}
	}
	return nil
}

func (b *Builder) checkedArithmetic(op kernel.Operator, e *expr.Arithmetic, left, right operand, r types.Physical) binder {
	lo, hi := bounds(e.Typ)
	if r == types.PhysicalInt32 {
		return checkedInto[int32](op, e, left, right, lo, hi)
	}
	return checkedInto[int64](op, e, left, right, lo, hi)
}

func checkedInto[R kernel.Integer](op kernel.Operator, e *expr.Arithmetic, a, b operand, lo, hi int64) binder {
	if b.isLiteral() {
		return perInteger(a.phys, checkedConstant[int8, R](op, e, a, b, lo, hi), checkedConstant[int16, R](op, e, a, b, lo, hi),
			checkedConstant[int32, R](op, e, a, b, lo, hi), checkedConstant[int64, R](op, e, a, b, lo, hi))
	}
	return perInteger(a.phys, checkedLeft[int8, R](op, e, a, b, lo, hi), checkedLeft[int16, R](op, e, a, b, lo, hi),
		checkedLeft[int32, R](op, e, a, b, lo, hi), checkedLeft[int64, R](op, e, a, b, lo, hi))
}

func checkedLeft[A, R kernel.Integer](op kernel.Operator, e *expr.Arithmetic, a, b operand, lo, hi int64) binder {
	return perInteger(b.phys, checkedBoth[A, int8, R](op, e, a, b, lo, hi), checkedBoth[A, int16, R](op, e, a, b, lo, hi),
		checkedBoth[A, int32, R](op, e, a, b, lo, hi), checkedBoth[A, int64, R](op, e, a, b, lo, hi))
}

func checkedBoth[A, B, R kernel.Integer](op kernel.Operator, e *expr.Arithmetic, a, b operand, lo, hi int64) binder {
	return func(m *Machine, s *step) func() error {
		var x []A
		var y []B
		c := overflowCheck(op, e, lo, hi, func(i int) (int64, int64) { return int64(x[i]), int64(y[i]) })
		return func() error {
			u, v, out := m.flat(a.reg), m.flat(b.reg), m.result(s)
			x, y = vector.Values[A](u), vector.Values[B](v)
			bad := kernel.ArithmeticChecked(op, x, y, lo, hi, m.denseOr(s.sel), vector.Values[R](out))
			kernel.IntersectValidity(out, u, v)
			if bad {
				return c.exact(m, m.sels[s.sel], out)
			}
			return nil
		}
	}
}

func checkedConstant[A, R kernel.Integer](op kernel.Operator, e *expr.Arithmetic, a, b operand, lo, hi int64) binder {
	k := integerOf(b)
	return func(m *Machine, s *step) func() error {
		var x []A
		c := overflowCheck(op, e, lo, hi, func(i int) (int64, int64) { return int64(x[i]), k })
		return func() error {
			u, out := m.flat(a.reg), m.result(s)
			x = vector.Values[A](u)
			bad := kernel.ArithmeticConstantChecked(op, x, k, lo, hi, m.denseOr(s.sel), vector.Values[R](out))
			kernel.CopyValidity(out, u)
			if bad {
				return c.exact(m, m.sels[s.sel], out)
			}
			return nil
		}
	}
}

func overflowCheck(op kernel.Operator, e *expr.Arithmetic, lo, hi int64, operands func(i int) (int64, int64)) *check {
	return &check{mode: e.Mode,
		test: func(i int) bool {
			x, y := operands(i)
			_, bad := kernel.CheckedOne(op, x, y, lo, hi)
			return !bad
		},
		fail: func(i int) error {
			x, y := operands(i)
			if op == kernel.ReverseSubtract {
				x, y = y, x
			}
			return overflowError(e, types.Int128From(x), types.Int128From(y))
		}}
}

func (b *Builder) floatArithmetic(e *expr.Arithmetic, left, right operand, sel selID) operand {
	phys := e.Typ.Physical()
	fallible := (e.Op == expr.Divide || e.Op == expr.Remainder) && b.mayBeZero(e.Right)
	nullable := left.nullable || right.nullable || fallible && e.Mode != expr.Checked
	out := b.result(e, phys, nullable, types.Range{})
	s := step{out: []reg{out.reg}, sel: sel}
	switch e.Op {
	case expr.Divide, expr.Remainder:
		left, right = b.notLiteral(left), b.notLiteral(right)
		s.name = map[expr.ArithmeticOp]string{expr.Divide: "div", expr.Remainder: "mod"}[e.Op]
		s.bind = floatDivision[float64](e, left, right, fallible)
		if phys == types.PhysicalFloat32 {
			s.bind = floatDivision[float32](e, left, right, fallible)
		}
	default:
		var op kernel.Operator
		op, left, right = arrange(e.Op, left, right)
		left = b.notLiteral(left)
		s.name = op.String()
		s.bind = floatBinary[float64](op, left, right)
		if phys == types.PhysicalFloat32 {
			s.bind = floatBinary[float32](op, left, right)
		}
	}
	s.in = []operand{left, right}
	b.emitStep(s)
	return out
}

func (b *Builder) mayBeZero(e expr.Expr) bool {
	l, ok := e.(*expr.Literal)
	if !ok {
		return true
	}
	switch v := l.Value.(type) {
	case float64:
		return v == 0
	case float32:
		return v == 0
	}
	return true
}

func floatBinary[T kernel.Float](op kernel.Operator, a, b operand) binder {
	return func(m *Machine, s *step) func() error {
		if b.isLiteral() {
			c := floatOf[T](b)
			return func() error {
				x, out := m.flat(a.reg), m.result(s)
				kernel.FloatArithmeticConstant(op, vector.Values[T](x), c, m.denseOr(s.sel), vector.Values[T](out))
				kernel.CopyValidity(out, x)
				return nil
			}
		}
		return func() error {
			x, y, out := m.flat(a.reg), m.flat(b.reg), m.result(s)
			kernel.FloatArithmetic(op, vector.Values[T](x), vector.Values[T](y), m.denseOr(s.sel), vector.Values[T](out))
			kernel.IntersectValidity(out, x, y)
			return nil
		}
	}
}

func floatOf[T kernel.Float](o operand) T {
	switch v := o.literal.Value.(type) {
	case float64:
		return T(v)
	case float32:
		return T(v)
	}
	return T(integerOf(o))
}

func floatDivision[T kernel.Float](e *expr.Arithmetic, a, b operand, fallible bool) binder {
	return func(m *Machine, s *step) func() error {
		var y []T
		c := &check{mode: e.Mode, test: func(i int) bool { return y[i] != 0 }, fail: func(int) error { return divideByZero(e) }}
		return func() error {
			u, v, out := m.flat(a.reg), m.flat(b.reg), m.result(s)
			x := vector.Values[T](u)
			y = vector.Values[T](v)
			divide := kernel.FloatDivide[T]
			if e.Op == expr.Remainder {
				divide = kernel.FloatRemainder[T]
			}
			zero := divide(x, y, m.sels[s.sel], vector.Values[T](out))
			kernel.IntersectValidity(out, u, v)
			if zero && fallible {
				return c.exact(m, m.sels[s.sel], out)
			}
			return nil
		}
	}
}
