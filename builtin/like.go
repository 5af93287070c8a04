package builtin

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

var likeFunctions = []*expr.Function{
	like,
	rewrite("ilike", doc("predicate_funcs", "Reports whether str matches pattern without regard to case: % is any text and _ any character.",
		"str - a string", "pattern - a string", "escape - the character, by default \\, that makes a following %, _ or itself stand for itself").printed(firstArguments(2)).
		example("SELECT ilike('Kiln', '_IL%');", "true"), 2, 3, bindILike),
	quantifiedLike("like_any", quantifier{one: "like"}, "Reports whether str matches any of the patterns.", "SELECT 'kiln' LIKE ANY ('a%', 'k%');"),
	quantifiedLike("like_all", quantifier{one: "like", all: true}, "Reports whether str matches all patterns.", "SELECT 'kiln' LIKE ALL ('k%', '%n');"),
	quantifiedLike("not_like_any", quantifier{one: "like", not: true}, "Reports whether str does not match one of the patterns.", "SELECT 'kiln' NOT LIKE ANY ('a%', 'k%');"),
	quantifiedLike("not_like_all", quantifier{one: "like", not: true, all: true}, "Reports whether str matches none of the patterns.", "SELECT 'kiln' NOT LIKE ALL ('a%', 'b%');"),
	quantifiedLike("ilike_any", quantifier{one: "ilike"}, "Reports whether str matches any of the patterns without regard to case.", "SELECT 'kiln' ILIKE ANY ('A%', 'K%');"),
	quantifiedLike("ilike_all", quantifier{one: "ilike", all: true}, "Reports whether str matches all patterns without regard to case.", "SELECT 'kiln' ILIKE ALL ('K%', '%N');"),
	quantifiedLike("not_ilike_any", quantifier{one: "ilike", not: true}, "Reports whether str does not match one of the patterns, without regard to case.", "SELECT 'kiln' NOT ILIKE ANY ('A%', 'K%');"),
	quantifiedLike("not_ilike_all", quantifier{one: "ilike", not: true, all: true}, "Reports whether str matches none of the patterns, without regard to case.", "SELECT 'kiln' NOT ILIKE ALL ('A%', 'B%');"),
}

var like = scalar("like", doc("predicate_funcs", "Reports whether str matches pattern: % is any text and _ any character.",
	"str - a string", "pattern - a string", "escape - the character, by default \\, that makes a following %, _ or itself stand for itself").printed(printLike).
	example("SELECT like('Kiln', '_il%');", "true").example("SELECT '10%' LIKE '%/%' ESCAPE '/';", "true"),
	signature{params: of(text, text, text), optional: 1, resolve: resolveLike})

// likeState is the pattern that the kernel compiled last.
type likeState struct {
	text    []byte
	pattern *likePattern
}

func resolveLike(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	escape := '\\'
	if len(args) == 3 {
		v, ok, err := Constant(args[2])
		s, isString := v.(string)
		if err != nil || !ok || !isString || utf8.RuneCountInString(s) != 1 {
			return outcome{}, diag.New("INVALID_ESCAPE_CHAR", "sqlExpr", quoted(pretty(args[2]))).At(c.Span)
		}
		escape, _ = utf8.DecodeRuneInString(s)
	}
	o := outcome{result: types.BooleanType, kernel: likeKernel(escape), fails: true, args: args[:2]}
	if pattern, ok, err := Constant(args[1]); ok && err == nil {
		s, _ := pattern.(string)
		_, err := compileLike([]byte(s), escape)
		o.fails = err != nil // a wrong pattern is an error of the rows that meet it
	}
	if escape != '\\' {
		o.args = args
	}
	return o, nil
}

// likeKernel matches with one pattern for all rows, or one a row; patterns that repeat are compiled once.
func likeKernel(escape rune) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		state, _ := stateOf(c, func() (*likeState, error) { return &likeState{}, nil })
		if isConstant(args[1]) {
			pattern := args[1].StringAt(0)
			if err := state.compile(pattern, escape); err != nil {
				return placed(c, err)
			}
			matchRows(state.pattern.matcher(), args[0], sel, out)
			return nil
		}
		s, patterns, to := stringsOf(args[0]), stringsOf(args[1]), vector.Values[uint8](out)
		return each(sel, out, func(i int) error {
			if err := state.compile(patterns.at(i), escape); err != nil {
				return placed(c, err)
			}
			to[i] = boolByte(state.pattern.match(s.at(i)))
			return nil
		})
	}
}

func (s *likeState) compile(text []byte, escape rune) (err error) {
	if s.pattern != nil && bytes.Equal(s.text, text) {
		return nil
	}
	s.text = append(s.text[:0], text...)
	s.pattern, err = compileLike(text, escape)
	return err
}

// matcher is match, specialized for the common shapes.
func (p *likePattern) matcher() func(s []byte) bool {
	if !p.plain || len(p.parts) > 3 {
		return p.match
	}
	first, last := p.parts[0].text, p.parts[len(p.parts)-1].text
	switch {
	case len(p.parts) == 3 && len(first) == 0 && len(last) == 0:
		middle := p.parts[1].text
		return func(s []byte) bool { return len(s) >= len(middle) && bytes.Contains(s, middle) }
	case len(p.parts) == 2 && len(last) == 0:
		return func(s []byte) bool { return bytes.HasPrefix(s, first) }
	case len(p.parts) == 2 && len(first) == 0:
		return func(s []byte) bool { return bytes.HasSuffix(s, last) }
	}
	return p.match
}

// matchRows writes what match says of each row that is not null.
func matchRows(match func(s []byte) bool, in *vector.Vector, sel vector.Selection, out *vector.Vector) {
	s, to := stringsOf(in), vector.Values[uint8](out)
	if out.Valid == nil && sel == nil {
		for i := range to {
			to[i] = boolByte(match(s.at(i)))
		}
		return
	}
	_ = each(sel, out, func(i int) error {
		to[i] = boolByte(match(s.at(i)))
		return nil
	})
}

// bindILike compares in lower case.
func bindILike(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
	lowered := make([]expr.Expr, len(args))
	for i, a := range args {
		lowered[i] = a
		if i < 2 {
			t, ok := text.implicit(a.Type(), coercion(c))
			if !ok {
				return nil, unexpectedTypeIn(c, callText("ilike", args), args, i, text.text)
			}
			s, err := castTo(c, a, t)
			if err != nil {
				return nil, err
			}
			if lowered[i], err = callBuiltin(c, "lower", s); err != nil {
				return nil, err
			}
		}
	}
	return like.Bind(c, lowered)
}

// printLike writes x LIKE y as an operator, without brackets.
func printLike(c *expr.PrintedCall) (string, bool) {
	switch len(c.Args) {
	case 2:
		return c.Args[0] + " LIKE " + c.Args[1], true
	case 3:
		return c.Args[0] + " LIKE " + c.Args[1] + " ESCAPE '" + c.Args[2] + "'", true
	}
	return "", false
}

// callBuiltin binds a call of another function of the table.
func callBuiltin(c *expr.BindContext, name string, args ...expr.Expr) (expr.Expr, error) {
	f, ok := Lookup(name)
	if !ok {
		panic(&diag.Bug{Value: "builtin: no function " + name})
	}
	return f.Bind(c, args)
}

// quantifier is what is between a string and a list of patterns: one is like or ilike.
type quantifier struct {
	one      string
	not, all bool
}

// quantifiedLike makes LIKE ANY and its like: an AND or OR of single comparisons has the same nulls. The query's result is
// true.
// print leaves the patterns out where all are constants, as Spark keeps them outside of the expression; others it writes out as
// comparisons.
func (q quantifier) print(c *expr.PrintedCall) (string, bool) {
	if len(c.Args) < 2 {
		return "", false
	}
	value, patterns := c.Args[0], c.Args[1:]
	if !slices.Contains(c.Literals[1:], false) {
		if q.one == "ilike" {
			value = "lower(" + value + ")"
		}
		return q.constantName() + "(" + value + ")", true
	}
	connective, all := " OR ", ""
	if q.all {
		connective = " AND "
	}
	for i, p := range patterns {
		test := value + " LIKE " + p
		if q.one == "ilike" {
			test = "ilike(" + value + ", " + p + ")"
		}
		if q.not {
			test = "(NOT " + test + ")"
		}
		if i == 0 {
			all = test
		} else {
			all = "(" + all + connective + test + ")"
		}
	}
	return all, true
}

// constantName is what Spark calls the function with constant patterns, with or without regard to case.
func (q quantifier) constantName() string {
	name := "like"
	if q.not {
		name = "notlike"
	}
	if q.all {
		return name + "all"
	}
	return name + "any"
}

func quantifiedLike(name string, q quantifier, usage, query string) *expr.Function {
	d := doc("predicate_funcs", usage, "str - a string", "pattern1, pattern2, … - strings").printed(q.print).example(query, "true")
	return asSyntax(rewrite(name, d, 2, -1, func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		tests := make([]expr.Expr, len(args)-1)
		for i := range tests {
			test, err := callBuiltin(c, q.one, args[0], args[i+1])
			if err != nil {
				return nil, err
			}
			if q.not {
				test = newNot(c, test)
			}
			tests[i] = test
		}
		switch {
		case len(tests) == 1:
			return tests[0], nil
		case q.all:
			return newAnd(c, tests...), nil
		}
		return &expr.Or{Base: expr.Base{Typ: types.BooleanType, Null: anyNullable(tests), Span: c.Span}, Args: tests}, nil
	}))
}
