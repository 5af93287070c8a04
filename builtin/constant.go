package builtin

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// Constant evaluates an expression of literals, casts, calls, signs and arrays of such at binding, for arguments that
// decide a type or a plan. The value is in the Go form of package types, nil for NULL. ok is false if e is not such an
// expression, or takes too much to compute it here; err is the error of evaluating it.
func Constant(e expr.Expr) (value any, ok bool, err error) {
	v, ok, err := constantVector(e)
	if !ok || err != nil {
		return nil, ok, err
	}
	return kernel.Value(v, 0), true, nil
}

// constantVector evaluates e as a flat vector of one row.
func constantVector(e expr.Expr) (*vector.Vector, bool, error) {
	switch e := e.(type) {
	case *expr.Literal:
		v := vector.NewFlat(e.Typ, 1)
		v.Reset(1)
		if e.Typ.Kind != types.Void {
			kernel.SetValue(v, 0, e.Value)
		}
		return v, true, nil
	case *expr.Cast:
		if e.Kernel == nil {
			v, ok, err := constantVector(e.Input)
			if ok && err == nil {
				v.Type = e.Typ
			}
			return v, ok, err
		}
		return runKernel(e.Kernel, expr.KernelContext{Settings: e.Settings, Span: e.Span, Type: e.Typ}, false, []expr.Expr{e.Input})
	case *expr.Call:
		if e.Kernel == nil || e.Function.NonDeterministic {
			return nil, false, nil
		}
		return runKernel(e.Kernel, expr.KernelContext{Settings: e.Settings, Span: e.Span, Type: e.Typ}, e.Function.Nulls == expr.NullAware, e.Args)
	case *expr.Arithmetic:
		return constantArithmetic(e)
	}
	return nil, false, nil
}

// runKernel runs a kernel over constant arguments.
func runKernel(k expr.Kernel, c expr.KernelContext, nullAware bool, args []expr.Expr) (*vector.Vector, bool, error) {
	in := make([]*vector.Vector, len(args))
	null := false
	for i, a := range args {
		v, ok, err := constantVector(a)
		if !ok || err != nil {
			return nil, ok, err
		}
		in[i] = v
		null = null || v.IsNull(0)
		c.ArgTypes = append(c.ArgTypes, a.Type())
	}
	out := vector.NewFlat(c.Type, 1)
	out.Reset(1)
	if null && !nullAware {
		out.SetNull(0)
		return out, true, nil
	}
	c.Budget = &expr.Budget{Take: expr.FoldedBytes(), MostWork: expr.MostFoldedWork}
	err := k(&c, in, nil, out)
	if c.Budget.Err() != nil {
		return nil, false, nil
	}
	return out, true, err
}

// constantArithmetic evaluates signs and integer arithmetic: what is written where a scale or a percentage is wanted.
func constantArithmetic(e *expr.Arithmetic) (*vector.Vector, bool, error) {
	operands := []int64{}
	for _, c := range e.Children() {
		v, ok, err := constantVector(c)
		if !ok || err != nil {
			return nil, ok, err
		}
		if v.IsNull(0) {
			return v, true, nil
		}
		if e.Right == nil && c.Type().Kind == types.Double {
			vector.Set(v, 0, -vector.Get[float64](v, 0))
			return v, true, nil
		}
		n, isInteger := types.Integer64(kernel.Value(v, 0))
		if !isInteger {
			return nil, false, nil
		}
		operands = append(operands, n)
	}
	out := vector.NewFlat(e.Typ, 1)
	out.Reset(1)
	if len(operands) == 1 {
		kernel.SetValue(out, 0, -operands[0])
		return out, true, nil
	}
	var result int64
	switch e.Op {
	case expr.Add:
		result = operands[0] + operands[1]
	case expr.Subtract:
		result = operands[0] - operands[1]
	case expr.Multiply:
		result = operands[0] * operands[1]
	default:
		return nil, false, nil
	}
	if e.Typ.Kind == types.Decimal {
		return nil, false, nil
	}
	kernel.SetValue(out, 0, result)
	return out, true, nil
}

// constantOf is Constant for an argument that has to be one: its error otherwise says so.
func constantOf(c *expr.BindContext, name, input string, t types.Type, args []expr.Expr, at int) (any, error) {
	v, ok, err := Constant(args[at])
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, notFoldable(c, name, input, t, args, at)
	}
	return v, nil
}
