package builtin

import (
	"math"
	"slices"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// isNaNKernel is null-aware: false for null.
func isNaNKernel(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	to, in := vector.Values[uint8](out), args[0]
	eachRow(sel, out.Len, func(i int) { to[i] = boolByte(!in.IsNull(i) && isNaN(in, in.At(i))) })
	return nil
}

// widthBucketKernel numbers equal buckets between two bounds.
func widthBucketKernel[A any](number func(A) float64) expr.Kernel {
	return func(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		value, low, high, buckets := columnOf[A](args[0]), columnOf[A](args[1]), columnOf[A](args[2]), columnOf[int64](args[3])
		to := vector.Values[int64](out)
		eachRow(sel, out.Len, func(i int) {
			n, ok := widthBucket(number(value.at(i)), number(low.at(i)), number(high.at(i)), buckets.at(i))
			if !ok {
				out.SetNull(i)
			}
			to[i] = n
		})
		return nil
	}
}

func widthBucket(value, low, high float64, n int64) (int64, bool) {
	if n <= 0 || n == math.MaxInt64 || value != value || low == high || low-low != 0 || high-high != 0 {
		return 0, false
	}
	lower, upper := min(low, high), max(low, high)
	switch {
	case low < high && value < lower, low > high && value > upper:
		return 0, true
	case low < high && value >= upper, low > high && value <= lower:
		return n + 1, true
	case low < high:
		return int64(float64(n)*(value-lower)/(upper-lower)) + 1, true
	}
	return int64(float64(n)*(upper-value)/(upper-lower)) + 1, true
}

// absFunction is what abs becomes.
var absFunction = internal("abs")

func bindAbs(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
	e, err := signed(c, "abs", `("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH")`, args)
	if err != nil {
		return nil, err
	}
	t := e.Type()
	if t.Kind == types.CalendarInterval {
		return nil, unexpectedType(c, "abs", args, 0, `("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH")`)
	}
	o := outcome{result: t}
	checked := modeOf(c) == expr.Checked || t.IsInterval()
	switch {
	case t.Kind == types.Float:
		o.kernel = unary(func(v float32) float32 { return float32(math.Abs(float64(v))) })
	case t.Kind == types.Double:
		o.kernel = unary(math.Abs)
	case t.Kind == types.Decimal && t.Physical() == types.PhysicalInt128:
		o.kernel = unary(types.Int128.Abs)
	case t.Kind == types.Decimal:
		o.kernel = absInteger[int64](false)
	default:
		o.fails = checked
		o.kernel = chooseByLayout(t, absInteger[int8](checked), absInteger[int16](checked), absInteger[int32](checked), absInteger[int64](checked), nil, nil, nil)
	}
	return makeCall(c, absFunction, []expr.Expr{e}, o), nil
}

// absInteger fails for the smallest integer, or outside ANSI mode leaves it as it is.
func absInteger[A integerType](checked bool) expr.Kernel {
	if !checked {
		return unary(func(v A) A { return max(v, -v) })
	}
	return unaryErr(func(_ *expr.KernelContext, v A) (A, error) {
		if v < 0 && -v == v {
			return v, overflow(javaName(v)+" overflow", "")
		}
		return max(v, -v), nil
	})
}

// javaName is what Java's messages call the type of an integer.
func javaName[A integerType](v A) string {
	switch any(v).(type) {
	case int8:
		return "byte"
	case int16:
		return "short"
	case int32:
		return "integer"
	}
	return "long"
}

// pmodFunction is what pmod becomes.
var pmodFunction = internal("pmod")

func bindPositiveModulo(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
	e, err := bindArithmetic(c, expr.Remainder, args[0], args[1], modeOf(c))
	if err != nil {
		return nil, err
	}
	a, ok := e.(*expr.Arithmetic)
	if !ok {
		return nil, unexpectedType(c, "pmod", args, 0, numeric.text)
	}
	t := a.Left.Type()
	o := outcome{result: a.Typ}
	var kernel expr.Kernel
	switch {
	case t.Kind == types.Decimal:
		return bindDecimalPositiveModulo(c, a)
	case t.Kind == types.Float:
		kernel = pmodFloat[float32]()
	case t.Kind == types.Double:
		kernel = pmodFloat[float64]()
	default:
		kernel = chooseByLayout(t, pmodInteger[int8](), pmodInteger[int16](), pmodInteger[int32](), pmodInteger[int64](), nil, nil, nil)
	}
	o.kernel, o.fails = kernel, true
	if modeOf(c) != expr.Checked {
		o.kernel, o.fails, o.nullable = tryKernel(kernel), false, true
	}
	return makeCall(c, pmodFunction, a.Children(), o), nil
}

func pmodInteger[A integerType]() expr.Kernel {
	return binaryErr(func(_ *expr.KernelContext, a, n A) (A, error) {
		if n == 0 {
			return 0, divideByZero()
		}
		r := a % n
		if r >= 0 {
			return r, nil
		}
		if _, wide := any(a).(int64); wide {
			return (r + n) % n, nil
		}
		return A((int32(r) + int32(n)) % int32(n)), nil // narrow integers are added as ints, which wrap
	})
}

func pmodFloat[A floatType]() expr.Kernel {
	return binaryErr(func(_ *expr.KernelContext, a, n A) (A, error) {
		if n == 0 {
			return 0, divideByZero()
		}
		r := A(math.Mod(float64(a), float64(n)))
		if r < 0 {
			r = A(math.Mod(float64(r+n), float64(n)))
		}
		return r, nil
	})
}

// bindDecimalPositiveModulo brings both operands to the scale of the result first, where the remainder is exact.
func bindDecimalPositiveModulo(c *expr.BindContext, a *expr.Arithmetic) (expr.Expr, error) {
	l, r := a.Left.Type(), a.Right.Type()
	kernel := func(k *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		x, y := readDecimal(args[0]), readDecimal(args[1])
		scale := max(l.Scale, r.Scale)
		return each(sel, out, func(i int) error {
			n := y(i)
			if n.IsZero() {
				return divideByZero().At(k.Span)
			}
			v, ok := positiveRemainder(x(i), n, l, r)
			if ok {
				v, ok = types.Rescale(v, int(scale), int(a.Typ.Scale), int(a.Typ.Precision))
			}
			if !ok {
				return outOfDecimalRange(v.String(), a.Typ).At(k.Span)
			}
			writeDecimal(out, i, v)
			return nil
		})
	}
	o := outcome{result: a.Typ, kernel: kernel, fails: true}
	if modeOf(c) != expr.Checked {
		o.kernel, o.fails, o.nullable = tryKernel(kernel), false, true
	}
	return makeCall(c, pmodFunction, a.Children(), o), nil
}

// positiveRemainder is at the larger of both scales.
func positiveRemainder(a, n types.Int128, l, r types.Type) (types.Int128, bool) {
	scale := max(int(l.Scale), int(r.Scale))
	v, ok := types.DecimalRemainder(a, n, int(l.Scale), int(r.Scale), scale, types.MaxPrecision)
	if !ok || v.Sign() >= 0 {
		return v, ok
	}
	divisor, ok := types.Rescale(n, int(r.Scale), scale, types.MaxPrecision)
	if !ok {
		return v, false
	}
	return types.DecimalRemainder(v.Add(divisor), divisor, scale, scale, scale, types.MaxPrecision)
}

// readDecimal reads unscaled values of either layout.
func readDecimal(v *vector.Vector) func(i int) types.Int128 {
	if v.Physical == types.PhysicalInt64 {
		c := columnOf[int64](v)
		return func(i int) types.Int128 { return types.Int128From(c.at(i)) }
	}
	c := columnOf[types.Int128](v)
	return c.at
}

func writeDecimal(out *vector.Vector, i int, v types.Int128) {
	if out.Physical == types.PhysicalInt64 {
		vector.Set(out, i, v.Int64())
		return
	}
	vector.Set(out, i, v)
}

// comparingFunction is greatest (sign 1) or least (-1).
func comparingFunction(name string, sign int, d document) *expr.Function {
	f := newFunction(name, d)
	f.Nulls = expr.NullAware
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		if len(args) < 2 {
			return nil, wrongNumber(c, name, 2, -1, len(args))
		}
		t, ok := coercion(c).WiderCommonTypeWithoutStrings(typesOf(args))
		if !ok {
			return nil, differentTypes(c, name, callText(name, args), args)
		}
		if err := requireOrder(c, name, callText(name, args), t); err != nil {
			return nil, err
		}
		cast, err := castAllTo(c, args, t)
		if err != nil {
			return nil, err
		}
		null := !slices.ContainsFunc(cast, func(e expr.Expr) bool { return !e.Nullable() })
		if t.Kind == types.Void {
			return newLiteral(c, nil, t), nil
		}
		return makeCall(c, f, cast, outcome{result: t, nullable: null, kernel: comparingKernel(t, sign)}), nil
	}
	return f
}

// comparingKernel picks a kernel by the layout of the values.
func comparingKernel(t types.Type, sign int) expr.Kernel {
	switch t.Physical() {
	case types.PhysicalBool:
		return extremeOfRow(compareOrdered[uint8], sign)
	case types.PhysicalInt8:
		return extremeOfRow(compareOrdered[int8], sign)
	case types.PhysicalInt16:
		return extremeOfRow(compareOrdered[int16], sign)
	case types.PhysicalInt32:
		return extremeOfRow(compareOrdered[int32], sign)
	case types.PhysicalInt64:
		return extremeOfRow(compareOrdered[int64], sign)
	case types.PhysicalInt128:
		return extremeOfRow(types.Int128.Cmp, sign)
	case types.PhysicalFloat32:
		return extremeOfRow(compareFloat[float32], sign)
	case types.PhysicalFloat64:
		return extremeOfRow(compareFloat[float64], sign)
	}
	physical := t.Physical()
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		// Strings and nested values are compared as bytes and written one row after the other, so that all rows are.
		var best, candidate []byte
		chosen := make([]int, out.Len)
		eachRow(sel, out.Len, func(i int) {
			chosen[i] = -1
			for a, arg := range args {
				if arg.IsNull(i) {
					continue
				}
				candidate = vector.AppendValue(candidate[:0], arg, i)
				if order, _, _ := compareOrFirst(t, physical, candidate, best, chosen[i] < 0); chosen[i] < 0 || order == sign {
					best, candidate, chosen[i] = candidate, best, a
				}
			}
		})
		if physical == types.PhysicalString {
			eachRow(sel, out.Len, func(i int) {
				if chosen[i] < 0 || setText(c, out, i, args[chosen[i]].StringAt(i)) != nil {
					out.SetNull(i)
				}
			})
			return c.Budget.Err()
		}
		selected := vector.NewBitmap(out.Len)
		eachRow(sel, out.Len, func(i int) { selected.Set(i) })
		readInto(out, out.Len, func(i int) []byte {
			if !selected.Get(i) || chosen[i] < 0 {
				return nil
			}
			return vector.AppendValue(nil, args[chosen[i]], i)
		})
		return nil
	}
}

func compareOrFirst(t types.Type, p types.Physical, a, b []byte, first bool) (int, []byte, []byte) {
	if first {
		return 0, nil, nil
	}
	return vector.CompareValues(t, p, a, b)
}

// extremeOfRow finds the largest or smallest of fixed-width arguments, nulls left out.
func extremeOfRow[T any](compare compareFunc[T], sign int) expr.Kernel {
	return func(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		columns := make([]column[T], len(args))
		for a, arg := range args {
			columns[a] = columnOf[T](arg)
		}
		to := vector.Values[T](out)
		eachRow(sel, out.Len, func(i int) {
			found := false
			for a, arg := range args {
				if arg.IsNull(i) {
					continue
				}
				if v := columns[a].at(i); !found || compare(v, to[i]) == sign {
					to[i], found = v, true
				}
			}
			if !found {
				out.SetNull(i)
			}
		})
		return nil
	}
}

// scaleOf reads the constant that says how many digits to keep.
func scaleOf(c *expr.BindContext, name string, args []expr.Expr) (scale int32, null bool, err error) {
	if len(args) < 2 {
		return 0, false, nil
	}
	v, err := constantOf(c, name, "scale", types.IntType, args, 1)
	if err != nil || v == nil {
		return 0, v == nil, err
	}
	n, ok := v.(int32)
	if !ok {
		return 0, false, &diag.Bug{Value: "builtin: scale is not an int"}
	}
	return n, false, nil
}
