package builtin

import (
	"errors"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/vector"
)

// Adapters for functions over strings and binary. They never call the function for a null row.

// placed gives a user error the place of the call.
func placed(c *expr.KernelContext, err error) error {
	if err == nil {
		return nil
	}
	var e *diag.Error
	if errors.As(err, &e) {
		e.At(c.Span)
	}
	return err
}

// textToText is a kernel string → string in the append style: f appends the result to dst.
func textToText(f func(dst, s []byte) []byte) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in := stringsOf(args[0])
		return each(sel, out, func(i int) error {
			c.Scratch = f(c.Scratch[:0], in.at(i))
			out.SetString(i, c.Scratch)
			return nil
		})
	}
}

// textToTextNull is textToText for a function that is null (false) for some strings.
func textToTextNull(f func(dst, s []byte) ([]byte, bool)) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in := stringsOf(args[0])
		return each(sel, out, func(i int) error {
			var ok bool
			if c.Scratch, ok = f(c.Scratch[:0], in.at(i)); !ok {
				out.SetNull(i)
				return nil
			}
			out.SetString(i, c.Scratch)
			return nil
		})
	}
}

// textToTextErr is textToText for a function that fails for some strings.
func textToTextErr(f func(c *expr.KernelContext, dst, s []byte) ([]byte, error)) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in := stringsOf(args[0])
		return each(sel, out, func(i int) error {
			b, err := f(c, c.Scratch[:0], in.at(i))
			if err != nil {
				return placed(c, err)
			}
			c.Scratch = b
			out.SetString(i, b)
			return nil
		})
	}
}

// textPart is a kernel string → part of that string: f returns a sub-slice of its argument. The bytes are copied, as a
// register of the program that held the argument may be reused while the result is alive.
func textPart(f func(s []byte) []byte) expr.Kernel {
	return func(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in := stringsOf(args[0])
		return each(sel, out, func(i int) error {
			out.SetString(i, f(in.at(i)))
			return nil
		})
	}
}

// textTo is a kernel string → fixed width.
func textTo[R any](f func(s []byte) R) expr.Kernel {
	return func(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in, to := stringsOf(args[0]), vector.Values[R](out)
		return each(sel, out, func(i int) error {
			to[i] = f(in.at(i))
			return nil
		})
	}
}

// textToNull is textTo for a function that is null (false) for some strings.
func textToNull[R any](f func(s []byte) (R, bool)) expr.Kernel {
	return func(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in, to := stringsOf(args[0]), vector.Values[R](out)
		return each(sel, out, func(i int) error {
			v, ok := f(in.at(i))
			if !ok {
				out.SetNull(i)
			}
			to[i] = v
			return nil
		})
	}
}

// textToErr is textTo for a function that fails for some strings.
func textToErr[R any](f func(c *expr.KernelContext, s []byte) (R, error)) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in, to := stringsOf(args[0]), vector.Values[R](out)
		return each(sel, out, func(i int) (err error) {
			to[i], err = f(c, in.at(i))
			return placed(c, err)
		})
	}
}

// twoTextsTo is a kernel (string, string) → fixed width.
func twoTextsTo[R any](f func(a, b []byte) R) expr.Kernel {
	return func(_ *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		a, b, to := stringsOf(args[0]), stringsOf(args[1]), vector.Values[R](out)
		return each(sel, out, func(i int) error {
			to[i] = f(a.at(i), b.at(i))
			return nil
		})
	}
}

// textAnd is a kernel (string, fixed width) → string in the append style.
func textAnd[B any](f func(dst, s []byte, b B) []byte) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		s, b := stringsOf(args[0]), columnOf[B](args[1])
		return each(sel, out, func(i int) error {
			c.Scratch = f(c.Scratch[:0], s.at(i), b.at(i))
			out.SetString(i, c.Scratch)
			return nil
		})
	}
}

// toText is a kernel fixed width → string in the append style.
func toText[A any](f func(dst []byte, a A) []byte) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in := columnOf[A](args[0])
		return each(sel, out, func(i int) error {
			c.Scratch = f(c.Scratch[:0], in.at(i))
			out.SetString(i, c.Scratch)
			return nil
		})
	}
}
