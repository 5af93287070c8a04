package analysis

import (
	"strings"

	"github.com/kilnql/kiln/builtin"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// Functions finds functions by name. Package builtin's table is the default.
type Functions interface {
	// Lookup finds a scalar, generator or window function or an operator.
	Lookup(name string) (*expr.Function, bool)
	// LookupAggregate finds an aggregate function.
	LookupAggregate(name string) (*expr.AggregateFunction, bool)
	// WithinGroup binds f(args) WITHIN GROUP (ORDER BY keys).
	WithinGroup(c *expr.BindContext, f *expr.AggregateFunction, args []expr.Expr, keys []expr.SortKey, distinct bool) (expr.Expr, error)
	// Cast converts e to t; mode Try makes failures null. It is an error if Spark has no such cast.
	Cast(e expr.Expr, t types.Type, mode expr.ErrorMode, s *expr.Settings) (expr.Expr, error)
}

type builtinFunctions struct{}

func (builtinFunctions) Lookup(name string) (*expr.Function, bool) { return builtin.Lookup(name) }

func (builtinFunctions) LookupAggregate(name string) (*expr.AggregateFunction, bool) {
	return builtin.LookupAggregate(name)
}

func (builtinFunctions) WithinGroup(c *expr.BindContext, f *expr.AggregateFunction, args []expr.Expr, keys []expr.SortKey, distinct bool) (expr.Expr, error) {
	return builtin.BindWithinGroup(c, f, args, keys, distinct)
}

func (builtinFunctions) Cast(e expr.Expr, t types.Type, mode expr.ErrorMode, s *expr.Settings) (expr.Expr, error) {
	return builtin.Cast(e, t, mode, s)
}

// bindContext is what functions get to bind a call at a place.
func (b *binder) bindContext(span diag.Span, name string) *expr.BindContext {
	c := &expr.BindContext{Settings: b.settings, Span: span, Name: name}
	c.NextInstance = func() int32 { b.instances++; return b.instances }
	c.Cast = func(e expr.Expr, t types.Type) (expr.Expr, error) {
		if e.Type().Equal(t) {
			return e, nil
		}
		return b.functions.Cast(e, t, b.mode(), b.settings)
	}
	return c
}

func (b *binder) mode() expr.ErrorMode {
	if b.settings.ANSI {
		return expr.Checked
	}
	return expr.Legacy
}

// cast converts e to t by the session's mode; nothing is done if the types are the same but for nullability inside.
func (b *binder) cast(e expr.Expr, t types.Type) (expr.Expr, error) {
	if e.Type().SameType(t) {
		return e, nil
	}
	if l, ok := e.(*expr.Literal); ok {
		if folded, ok := castLiteral(l, t); ok {
			return folded, nil
		}
	}
	return b.functions.Cast(e, t, b.mode(), b.settings)
}

// call binds a builtin function or operator by name.
func (b *binder) call(span diag.Span, name string, args ...expr.Expr) (expr.Expr, error) {
	f, ok := b.functions.Lookup(name)
	if !ok {
		return nil, unresolvedRoutine([]string{name}).At(span)
	}
	return f.Bind(b.bindContext(span, strings.ToLower(name)), args)
}

// castLiteral converts constants where no digit can be lost and no text has to be read: NULL, wider integers, integers to
// decimals with room for them. Other casts are left to be folded when the plan is optimized.
func castLiteral(l *expr.Literal, t types.Type) (*expr.Literal, bool) {
	base := l.Base
	base.Typ = t
	if l.Value == nil {
		return &expr.Literal{Base: base}, true
	}
	from := l.Typ
	if !from.IsIntegral() {
		return nil, false
	}
	n, ok := types.Integer64(l.Value)
	if !ok {
		return nil, false
	}
	switch {
	case t.IsIntegral() && t.Kind > from.Kind:
		return &expr.Literal{Base: base, Value: integerOf(n, t)}, true
	case t.Kind == types.Decimal && types.IsWiderDecimal(t, from):
		v, ok := types.Rescale(types.Int128From(n), 0, int(t.Scale), int(t.Precision))
		return &expr.Literal{Base: base, Value: types.NewDecimalValue(v, t)}, ok
	case t.Kind == types.Double:
		return &expr.Literal{Base: base, Value: float64(n)}, n == int64(float64(n))
	}
	return nil, false
}

// integerOf is n in the Go form of an integral type.
func integerOf(n int64, t types.Type) any {
	switch t.Kind {
	case types.Byte:
		return int8(n)
	case types.Short:
		return int16(n)
	case types.Int:
		return int32(n)
	}
	return n
}
