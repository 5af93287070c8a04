package builtin

import (
	"slices"
	"strings"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// signature is one way to call a function. Of several, the first that takes the arguments as they are is chosen,
// else the first that takes them after implicit casts.
type signature struct {
	params   []parameter
	optional int  // how many of the last params may be left out
	variadic bool // the last parameter may repeat, and be absent if optional is 1
	// result, kernel, nullable and fails are the outcome where it does not depend on the arguments.
	result   types.Type
	kernel   expr.Kernel
	nullable bool // may be null though no argument is
	fails    bool // the kernel may return an error, in any mode
	// resolve, if set, decides the outcome instead. Arguments have been cast to the parameters' types.
	resolve func(c *expr.BindContext, args []expr.Expr) (outcome, error)
}

// outcome is what a call turned out to be.
type outcome struct {
	result   types.Type
	kernel   expr.Kernel
	nullable bool
	fails    bool
	args     []expr.Expr // nil: as given
}

// of lists the parameters of a signature.
func of(classes ...class) []parameter {
	params := make([]parameter, len(classes))
	for i, c := range classes {
		params[i] = parameter{c}
	}
	return params
}

// parameter is what one argument has to be.
type parameter struct{ class }

// scalar makes the entry of a function with the default null policy: null where an argument is null.
func scalar(name string, d document, signatures ...signature) *expr.Function {
	f := newFunction(name, d)
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		return bindCall(c, f, signatures, args)
	}
	return f
}

// nullAware makes the entry of a function whose kernel reads and writes validity itself.
func nullAware(name string, d document, signatures ...signature) *expr.Function {
	f := scalar(name, d, signatures...)
	f.Nulls = expr.NullAware
	return f
}

// rewrite makes the entry of a function that is other expressions in disguise. It takes at least least arguments and
// at most most (-1: any number).
func rewrite(name string, d document, least, most int, bind func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error)) *expr.Function {
	f := newFunction(name, d)
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		if len(args) < least || most >= 0 && len(args) > most {
			return nil, wrongNumber(c, name, least, most, len(args))
		}
		return bind(c, args)
	}
	return f
}

// alias gives f further names.
func alias(f *expr.Function, names ...string) *expr.Function {
	f.Aliases = append(f.Aliases, names...)
	return f
}

// bindCall chooses a signature, casts the arguments and makes the call.
func bindCall(c *expr.BindContext, f *expr.Function, signatures []signature, args []expr.Expr) (expr.Expr, error) {
	s, err := choose(c, calledName(c, f), signatures, args)
	if err != nil {
		return nil, err
	}
	cast, err := s.coerce(c, args)
	if err != nil {
		return nil, err
	}
	o := outcome{result: s.result, kernel: s.kernel, nullable: s.nullable, fails: s.fails}
	if s.resolve != nil {
		if o, err = s.resolve(c, cast); err != nil {
			return nil, err
		}
	}
	if o.args != nil {
		cast = o.args
	}
	return makeCall(c, f, cast, o), nil
}

// calledName is the name for messages: an alias where the user wrote that. Calls that others are rewritten to have their own.
func calledName(c *expr.BindContext, f *expr.Function) string {
	if name := strings.ToLower(c.Name); slices.Contains(f.Aliases, name) {
		return name
	}
	return f.Name
}

// makeCall builds the node of a resolved call.
func makeCall(c *expr.BindContext, f *expr.Function, args []expr.Expr, o outcome) *expr.Call {
	call := &expr.Call{
		Base:     expr.Base{Typ: o.result, Null: o.nullable, Span: c.Span},
		Function: f, Args: args, Kernel: o.kernel, Settings: c.Settings, Fails: o.fails,
	}
	if f.Nulls == expr.NullPropagating {
		call.Null = call.Null || anyNullable(args)
	}
	if f.NonDeterministic && c.NextInstance != nil {
		call.Instance = c.NextInstance()
	}
	return call
}

func anyNullable(args []expr.Expr) bool {
	for _, a := range args {
		if a.Nullable() {
			return true
		}
	}
	return false
}

// choose picks the signature to use; if none fits it reports the failing argument of the first with a fitting number.
func choose(c *expr.BindContext, name string, signatures []signature, args []expr.Expr) (*signature, error) {
	var fitting []*signature
	for i := range signatures {
		if signatures[i].takes(len(args)) {
			fitting = append(fitting, &signatures[i])
		}
	}
	if len(fitting) == 0 {
		return nil, wrongNumberOf(c, name, signatures, len(args))
	}
	for _, s := range fitting {
		if s.accepts(args) {
			return s, nil
		}
	}
	for _, s := range fitting {
		if s.mismatch(c, args) < 0 {
			return s, nil
		}
	}
	at := 0
	for _, s := range fitting {
		at = max(at, s.mismatch(c, args))
	}
	return nil, unexpectedType(c, name, args, at, unionOf(fitting, at))
}

// takes reports whether n arguments are a possible number.
func (s *signature) takes(n int) bool {
	return n >= len(s.params)-s.optional && (n <= len(s.params) || s.variadic)
}

// param is the parameter for argument i.
func (s *signature) param(i int) *parameter { return &s.params[min(i, len(s.params)-1)] }

func (s *signature) accepts(args []expr.Expr) bool {
	for i, a := range args {
		if !s.param(i).accepts(a.Type()) {
			return false
		}
	}
	return true
}

// mismatch is the index of the first argument that has no implicit cast to its parameter, -1 if there is none.
func (s *signature) mismatch(c *expr.BindContext, args []expr.Expr) int {
	for i, a := range args {
		if _, ok := s.param(i).implicit(a.Type(), coercion(c)); !ok {
			return i
		}
	}
	return -1
}

func (s *signature) coerce(c *expr.BindContext, args []expr.Expr) ([]expr.Expr, error) {
	cast := make([]expr.Expr, len(args))
	for i, a := range args {
		t, _ := s.param(i).implicit(a.Type(), coercion(c))
		e, err := castTo(c, a, t)
		if err != nil {
			return nil, err
		}
		cast[i] = e
	}
	return cast, nil
}

// castAllTo casts all arguments to one type.
func castAllTo(c *expr.BindContext, args []expr.Expr, t types.Type) ([]expr.Expr, error) {
	cast := make([]expr.Expr, len(args))
	for i, a := range args {
		e, err := castTo(c, a, t)
		if err != nil {
			return nil, err
		}
		cast[i] = e
	}
	return cast, nil
}

// typesOf are the types of arguments.
func typesOf(args []expr.Expr) []types.Type {
	list := make([]types.Type, len(args))
	for i, a := range args {
		list[i] = a.Type()
	}
	return list
}

// coercion is the session's rules of implicit casts.
func coercion(c *expr.BindContext) types.Coercion {
	return types.Coercion{ANSI: c.Settings.ANSI, CaseSensitive: c.Settings.CaseSensitive}
}

// castTo is c.Cast, skipped where nothing is to be done.
func castTo(c *expr.BindContext, e expr.Expr, t types.Type) (expr.Expr, error) {
	if e.Type().SameType(t) {
		return e, nil
	}
	return c.Cast(e, t)
}
