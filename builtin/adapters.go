package builtin

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Adapters make kernels of plain Go functions. Unless an adapter's name says otherwise, the function is also called for
// rows that are null, with whatever value the slot holds, so it must be total; what it gives there is ignored. Adapters
// of functions with errors are for calls with Fails set, whose rows are never null.

// column reads rows of a flat or constant argument of fixed width.
type column[T any] struct {
	values []T
	mask   int // -1 for flat, 0 for constant: row i is slot i&mask
}

// columnOf views an argument; T is the Go form of its layout.
func columnOf[T any](v *vector.Vector) column[T] {
	mask := -1
	if v.Encoding == vector.Constant {
		mask = 0
	}
	return column[T]{vector.Values[T](v), mask}
}

func (c column[T]) at(i int) T { return c.values[i&c.mask] }

// stringColumn reads rows of a flat or constant string or binary argument.
type stringColumn struct {
	views   []vector.View
	buffers [][]byte
	mask    int
}

func stringsOf(v *vector.Vector) stringColumn {
	c := columnOf[vector.View](v)
	return stringColumn{c.values, v.Buffers, c.mask}
}

// at returns the bytes of row i, which must not be null; they are not to be modified or kept.
func (s *stringColumn) at(i int) []byte { return vector.ViewBytes(&s.views[i&s.mask], s.buffers) }

// each calls f for the rows to compute whose result is not null already, and stops at the first error.
func each(sel vector.Selection, out *vector.Vector, f func(i int) error) error {
	valid := out.Valid
	if sel == nil {
		for i := range out.Len {
			if valid == nil || valid.Get(i) {
				if err := f(i); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for _, r := range sel {
		if valid == nil || valid.Get(int(r)) {
			if err := f(int(r)); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachRow calls f for all rows to compute, null or not.
func eachRow(sel vector.Selection, n int, f func(i int)) {
	if sel == nil {
		for i := range n {
			f(i)
		}
		return
	}
	for _, r := range sel {
		f(int(r))
	}
}

// fill gives all rows of out the same value.
func fill[T any](out *vector.Vector, value T) {
	to := vector.Values[T](out)
	for i := range to {
		to[i] = value
	}
}

// unary is a kernel of one fixed-width argument.
func unary[A, B any](f func(A) B) expr.Kernel {
	return func(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in, to := vector.Values[A](args[0]), vector.Values[B](out)
		switch {
		case args[0].Encoding == vector.Constant:
			fill(out, f(in[0]))
		case sel == nil:
			in = in[:len(to)]
			for i := range to {
				to[i] = f(in[i])
			}
		default:
			for _, r := range sel {
				to[r] = f(in[r])
			}
		}
		return nil
	}
}

// unaryNull is unary for a function that is null (false) for some values.
func unaryNull[A, B any](f func(A) (B, bool)) expr.Kernel {
	return func(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in, to := columnOf[A](args[0]), vector.Values[B](out)
		eachRow(sel, out.Len, func(i int) {
			v, ok := f(in.at(i))
			if !ok {
				out.SetNull(i)
			}
			to[i] = v
		})
		return nil
	}
}

// unaryErr is unary for a function that fails for some values; the error gets the call's place.
func unaryErr[A, B any](f func(c *expr.KernelContext, a A) (B, error)) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in, to := columnOf[A](args[0]), vector.Values[B](out)
		return each(sel, out, func(i int) (err error) {
			to[i], err = f(c, in.at(i))
			return placed(c, err)
		})
	}
}

// binaryOf is a kernel of two fixed-width arguments.
func binaryOf[A, B, R any](f func(A, B) R) expr.Kernel {
	return func(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		a, b, to := columnOf[A](args[0]), columnOf[B](args[1]), vector.Values[R](out)
		if sel == nil {
			for i := range to {
				to[i] = f(a.at(i), b.at(i))
			}
			return nil
		}
		for _, r := range sel {
			to[r] = f(a.at(int(r)), b.at(int(r)))
		}
		return nil
	}
}

// binaryNull is binary for a function that is null (false) for some values.
func binaryNull[A, B, R any](f func(A, B) (R, bool)) expr.Kernel {
	return func(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		a, b, to := columnOf[A](args[0]), columnOf[B](args[1]), vector.Values[R](out)
		eachRow(sel, out.Len, func(i int) {
			v, ok := f(a.at(i), b.at(i))
			if !ok {
				out.SetNull(i)
			}
			to[i] = v
		})
		return nil
	}
}

// binaryErr is binary for a function that fails for some values.
func binaryErr[A, B, R any](f func(c *expr.KernelContext, a A, b B) (R, error)) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		a, b, to := columnOf[A](args[0]), columnOf[B](args[1]), vector.Values[R](out)
		return each(sel, out, func(i int) (err error) {
			to[i], err = f(c, a.at(i), b.at(i))
			return placed(c, err)
		})
	}
}

// tryKernel is a kernel whose errors become nulls: one row at a time through the kernel that fails.
func tryKernel(k expr.Kernel) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		var one [1]uint16
		return each(sel, out, func(i int) error {
			one[0] = uint16(i)
			if err := k(c, args, one[:], out); err != nil {
				out.SetNull(i)
			}
			return c.Budget.Err()
		})
	}
}

// stateOf returns the kernel's own state, made by create on first use.
func stateOf[T any](c *expr.KernelContext, create func() (*T, error)) (*T, error) {
	if s, ok := c.State.(*T); ok {
		return s, nil
	}
	s, err := create()
	if err != nil {
		return nil, err
	}
	c.State = s
	return s, nil
}

// isConstant reports whether an argument has one value for all rows and it is not null: the case in which a pattern
// is compiled once.
func isConstant(v *vector.Vector) bool { return v.Encoding == vector.Constant && !v.IsNull(0) }

// boolByte is a boolean as vectors hold it.
func boolByte(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// chooseByLayout picks the kernel for the layout of a numeric type: kernels for int8 to int64, Int128, float32 and
// float64 in this order. Absent ones are nil.
func chooseByLayout(t types.Type, i8, i16, i32, i64, i128, f32, f64 expr.Kernel) expr.Kernel {
	switch t.Physical() {
	case types.PhysicalInt8:
		return i8
	case types.PhysicalInt16:
		return i16
	case types.PhysicalInt32:
		return i32
	case types.PhysicalInt64:
		return i64
	case types.PhysicalInt128:
		return i128
	case types.PhysicalFloat32:
		return f32
	case types.PhysicalFloat64:
		return f64
	}
	return nil
}
