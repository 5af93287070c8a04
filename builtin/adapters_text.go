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

// setText copies b to row i of out, within the budget.
func setText(c *expr.KernelContext, out *vector.Vector, i int, b []byte) error {
	if err := c.Budget.Grow(int64(len(b))); err != nil {
		return err
	}
	out.SetString(i, b)
	return nil
}

// setScratch makes c.Scratch row i of out, within the budget.
func setScratch(c *expr.KernelContext, out *vector.Vector, i int) error {
	if err := c.Budget.Grow(int64(len(c.Scratch))); err != nil {
		return err
	}
	putScratch(c, out, i)
	return nil
}

// largeText is the length from which a text is not copied into the result but becomes a buffer of it.
const largeText = 256 << 10

// putScratch is setScratch for bytes that the budget has been asked for.
func putScratch(c *expr.KernelContext, out *vector.Vector, i int) {
	if len(c.Scratch) < largeText {
		out.SetString(i, c.Scratch)
		return
	}
	out.AdoptString(i, c.Scratch)
	c.Scratch = nil
}

// room asks the budget for a text of size bytes and gives c.Scratch room for it; name is the function.
func room(c *expr.KernelContext, name string, size int64) ([]byte, error) {
	if size > largestArray {
		return nil, tooManyElements(c, name, size)
	}
	if err := c.Budget.Grow(size); err != nil {
		return nil, err
	}
	if int64(cap(c.Scratch)) < size {
		c.Scratch = make([]byte, 0, size)
	}
	return c.Scratch[:0], nil
}

// appendRepeated appends n copies of s to dst, which has room for them, and stops early when the budget ends the work.
func appendRepeated(c *expr.KernelContext, dst, s []byte, n int) []byte {
	if n <= 0 || len(s) == 0 {
		return dst
	}
	start, end := len(dst), len(dst)+n*len(s)
	dst = append(dst, s...)
	const most = 64 << 10 // a block that stays in the cache
	for len(dst) < end {
		block := dst[start:min(len(dst), start+max(most/len(s), 1)*len(s))]
		dst = append(dst, block[:min(len(block), end-len(dst))]...)
		if c.Budget.Work(int64(len(block))) != nil {
			return dst
		}
	}
	return dst
}

// textToText is a kernel string → string in the append style: f appends the result to dst.
func textToText(f func(dst, s []byte) []byte) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in := stringsOf(args[0])
		return each(sel, out, func(i int) error {
			c.Scratch = f(c.Scratch[:0], in.at(i))
			return setScratch(c, out, i)
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
			return setScratch(c, out, i)
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
			return setScratch(c, out, i)
		})
	}
}

// textPart is a kernel string → part of that string: f returns a sub-slice of its argument. The bytes are copied, as a
// register of the program that held the argument may be reused while the result is alive.
func textPart(f func(s []byte) []byte) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in := stringsOf(args[0])
		return each(sel, out, func(i int) error {
			return setText(c, out, i, f(in.at(i)))
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

// toText is a kernel fixed width → string in the append style.
func toText[A any](f func(dst []byte, a A) []byte) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in := columnOf[A](args[0])
		return each(sel, out, func(i int) error {
			c.Scratch = f(c.Scratch[:0], in.at(i))
			return setScratch(c, out, i)
		})
	}
}
