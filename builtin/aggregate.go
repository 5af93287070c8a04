package builtin

import (
	"unsafe"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// The machinery of aggregate functions: entries, binding, and loops over states. A state is a Go struct without pointers
// laid over the bytes that the hash table keeps; all zero is the state of no rows.

// aggregateSignature is what an aggregate makes of its arguments, which have been cast to params.
type aggregateSignature struct {
	params   []parameter
	optional int
	variadic bool
	resolve  func(c *expr.BindContext, args []expr.Expr) (aggregateOutcome, error)
}

// aggregateOutcome is the result of binding.
type aggregateOutcome struct {
	result   types.Type
	nullable bool
	kernel   *expr.AggregateKernel
	args     []expr.Expr // nil: as given
}

// traits are the properties of an aggregate that the optimizer asks for.
type traits uint8

const (
	ordered           traits = 1 << iota // the order of rows can change the result
	ignoresDuplicates                    // DISTINCT changes nothing
)

// aggregate makes the entry of an aggregate function.
func aggregate(name string, d document, t traits, s aggregateSignature) *expr.AggregateFunction {
	f := newAggregate(name, d, t)
	sig := signature{params: s.params, optional: s.optional, variadic: s.variadic}
	f.Bind = func(c *expr.BindContext, args []expr.Expr, distinct bool) (expr.Expr, error) {
		if _, err := choose(c, name, []signature{sig}, args); err != nil {
			return nil, err
		}
		cast, err := sig.coerce(c, args)
		if err != nil {
			return nil, err
		}
		o, err := s.resolve(c, cast)
		if err != nil {
			return nil, err
		}
		return makeAggregate(c, f, cast, o, distinct), nil
	}
	return f
}

// aggregateRewrite makes the entry of an aggregate that is expressions over other aggregates.
func aggregateRewrite(name string, d document, t traits, least, most int, bind func(c *expr.BindContext, args []expr.Expr, distinct bool) (expr.Expr, error)) *expr.AggregateFunction {
	f := newAggregate(name, d, t)
	f.Bind = func(c *expr.BindContext, args []expr.Expr, distinct bool) (expr.Expr, error) {
		if len(args) < least || most >= 0 && len(args) > most {
			return nil, wrongNumber(c, name, least, most, len(args))
		}
		return bind(c, args, distinct)
	}
	return f
}

// aggregateAlias gives f further names.
func aggregateAlias(f *expr.AggregateFunction, names ...string) *expr.AggregateFunction {
	f.Aliases = append(f.Aliases, names...)
	return f
}

func makeAggregate(c *expr.BindContext, f *expr.AggregateFunction, args []expr.Expr, o aggregateOutcome, distinct bool) *expr.Aggregate {
	if o.args != nil {
		args = o.args
	}
	return &expr.Aggregate{Base: expr.Base{Typ: o.result, Null: o.nullable, Span: c.Span}, Function: f, Args: args,
		Distinct: distinct && !f.IgnoresDuplicates, Kernel: o.kernel, Settings: c.Settings}
}

// as lays a state over its bytes.
func as[S any](b []byte) *S { return (*S)(unsafe.Pointer(unsafe.SliceData(b))) }

// asBytes views a state as its bytes.
func asBytes[S any](s *S) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(s)), unsafe.Sizeof(*s)) }

// sizeOf is the size of a state; states are multiples of 8 bytes.
func sizeOf[S any]() int {
	var s S
	return (int(unsafe.Sizeof(s)) + 7) &^ 7
}

// stateAt is the state of chunk row i.
func stateAt[S any](g *expr.Groups, i int) *S {
	at := g.Offset
	if g.Rows != nil {
		at += int(g.Rows[i]) * g.Stride
	}
	return (*S)(unsafe.Pointer(&g.Base[at]))
}

// resultAt is state i of those that Final is given.
func resultAt[S any](g *expr.Groups, i int) *S {
	if g.Rows != nil {
		i = int(g.Rows[i])
	}
	return (*S)(unsafe.Pointer(&g.Base[g.Offset+i*g.Stride]))
}

// accumulate makes an Update of one fixed-width argument: add for each row that is not null.
func accumulate[S, A any](add func(s *S, v A)) func(*expr.AggregateContext, *expr.Groups, []*vector.Vector, vector.Selection, int) error {
	return func(_ *expr.AggregateContext, g *expr.Groups, args []*vector.Vector, sel vector.Selection, n int) error {
		in, arg := columnOf[A](args[0]), args[0]
		if !arg.MayHaveNulls() && sel == nil {
			if g.Rows == nil {
				s := stateAt[S](g, 0)
				for i := range n {
					add(s, in.at(i))
				}
				return nil
			}
			for i, row := range g.Rows[:n] {
				add((*S)(unsafe.Pointer(&g.Base[g.Offset+int(row)*g.Stride])), in.at(i))
			}
			return nil
		}
		eachRow(sel, n, func(i int) {
			if !arg.IsNull(i) {
				add(stateAt[S](g, i), in.at(i))
			}
		})
		return nil
	}
}

// accumulate2 is accumulate of two arguments; rows with a null in either are skipped.
func accumulate2[S, A, B any](add func(s *S, a A, b B)) func(*expr.AggregateContext, *expr.Groups, []*vector.Vector, vector.Selection, int) error {
	return func(_ *expr.AggregateContext, g *expr.Groups, args []*vector.Vector, sel vector.Selection, n int) error {
		a, b := columnOf[A](args[0]), columnOf[B](args[1])
		eachRow(sel, n, func(i int) {
			if !args[0].IsNull(i) && !args[1].IsNull(i) {
				add(stateAt[S](g, i), a.at(i), b.at(i))
			}
		})
		return nil
	}
}

// mergeStates makes a Merge of states without blobs.
func mergeStates[S any](merge func(dst, src *S)) func(*expr.AggregateContext, []byte, []byte, *expr.BlobStore) error {
	return func(_ *expr.AggregateContext, dst, src []byte, _ *expr.BlobStore) error {
		merge(as[S](dst), as[S](src))
		return nil
	}
}

// finish makes a Final with a fixed-width result; ok false is null.
func finish[S, R any](final func(s *S) (r R, ok bool)) func(*expr.AggregateContext, *expr.Groups, int, *vector.Vector) error {
	return func(_ *expr.AggregateContext, g *expr.Groups, n int, out *vector.Vector) error {
		to := vector.Values[R](out)
		for i := range n {
			r, ok := final(resultAt[S](g, i))
			to[i] = r
			if !ok {
				out.SetNull(i)
			}
		}
		return nil
	}
}

// finishErr is finish for results that may fail.
func finishErr[S, R any](final func(c *expr.AggregateContext, s *S) (r R, ok bool, err error)) func(*expr.AggregateContext, *expr.Groups, int, *vector.Vector) error {
	return func(c *expr.AggregateContext, g *expr.Groups, n int, out *vector.Vector) error {
		to := vector.Values[R](out)
		for i := range n {
			r, ok, err := final(c, resultAt[S](g, i))
			if err != nil {
				if e, is := err.(*diag.Error); is {
					return e.At(c.Span)
				}
				return err
			}
			to[i] = r
			if !ok {
				out.SetNull(i)
			}
		}
		return nil
	}
}
