package builtin

import (
	"slices"
	"strings"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// How Spark names an unnamed column that is a call: name(arguments), unless the entry of the function has rules of printing.
// doc(…).printed(defaults(1, "0")) is round(x, 0) for round(x). This file has the rules that several functions share, and those of
// the operators.

// printing is a rule: it changes the call that is printed, or writes its text, which ends the printing.
type printing func(c *expr.PrintedCall) (text string, done bool)

// printed gives a function its rules, which apply in order; a call that none of them writes is written as name(arguments).
func (d document) printed(rules ...printing) document {
	d.print = func(c *expr.PrintedCall) string {
		for _, rule := range rules {
			if text, done := rule(c); done {
				return text
			}
		}
		return c.Text()
	}
	return d
}

// reprinted gives rules to an entry whose documentation a helper has written; without rules it is written as name(arguments).
func reprinted(f *expr.Function, rules ...printing) *expr.Function {
	f.Print = document{}.printed(rules...).print
	return f
}

// capitals writes the name in upper case: always, or where the function is called by one of the names given.
func capitals(names ...string) printing {
	return func(c *expr.PrintedCall) (string, bool) {
		if len(names) == 0 || slices.Contains(names, c.Name) {
			c.Name = strings.ToUpper(c.Name)
		}
		return "", false
	}
}

// under writes a function under another name where it is called by one of the names given.
func under(name string, called ...string) printing {
	return func(c *expr.PrintedCall) (string, bool) {
		if slices.Contains(called, c.Name) {
			c.Name = name
		}
		return "", false
	}
}

// defaults adds the arguments that were left out; first is the index of the first that may be.
func defaults(first int, values ...string) printing {
	return func(c *expr.PrintedCall) (string, bool) {
		if given := len(c.Args) - first; given >= 0 && given < len(values) {
			c.Args = append(c.Args, values[given:]...)
		}
		return "", false
	}
}

// firstArguments leaves out all arguments but the first n.
func firstArguments(n int) printing {
	return func(c *expr.PrintedCall) (string, bool) {
		c.Args = c.Args[:min(n, len(c.Args))]
		return "", false
	}
}

// enclosed writes n arguments between two texts, without a name.
func enclosed(n int, before, after string) printing {
	return func(c *expr.PrintedCall) (string, bool) {
		return before + strings.Join(c.Args, ", ") + after, len(c.Args) == n
	}
}

// infix writes an operator between its two operands, in brackets. The spellings are the names that make a call the operator,
// by default the operator itself.
func infix(operator string, spellings ...string) printing {
	if spellings == nil {
		spellings = []string{operator}
	}
	return func(c *expr.PrintedCall) (string, bool) {
		if len(c.Args) != 2 || !slices.Contains(spellings, c.Name) {
			return "", false
		}
		return "(" + c.Args[0] + " " + operator + " " + c.Args[1] + ")", true
	}
}

// constantLambda writes a value that stands where a lambda of so many parameters is expected as Spark does: as a lambda.
func constantLambda(at, parameters int) printing {
	return func(c *expr.PrintedCall) (string, bool) {
		if at < len(c.Args) && !strings.HasPrefix(c.Args[at], "lambdafunction(") {
			c.Args[at] = "lambdafunction(" + c.Args[at] + strings.Repeat(", namedlambdavariable()", parameters) + ")"
		}
		return "", false
	}
}

// printTemporal writes arithmetic on dates, timestamps and intervals, which Spark turns into functions before it names them.
func printTemporal(c *expr.PrintedCall) (string, bool) {
	if len(c.Args) != 2 {
		return "", false
	}
	left, right, a, b := c.ArgType(0), c.ArgType(1), c.Args[0], c.Args[1]
	if c.Name == "*" {
		return "(" + b + " * " + a + ")", right.IsInterval() && !left.IsInterval()
	}
	if right.IsInterval() && c.Type.Kind == types.String {
		return a + " " + c.Name + " " + b, true // the text of a timestamp
	}
	if c.Name == "+" && right.IsDatetime() && !left.IsDatetime() {
		left, right, a, b = right, left, b, a
	}
	switch {
	case !left.IsDatetime() || right.IsDatetime():
		return "", false
	case right.IsInterval() && left.Kind == types.Date && right.Kind == types.DayTimeInterval && right.End == types.FieldDay:
		days := "extractansiintervaldays(" + b + ")"
		if c.Name == "-" {
			days = "(- " + days + ")"
		}
		return "date_add(" + a + ", " + days + ")", true
	case right.IsInterval():
		return a + " " + c.Name + " " + b, true
	case left.Kind != types.Date || c.Type.IsInterval():
		return "", false
	case c.Name == "-":
		return "date_sub(" + a + ", " + b + ")", true
	}
	return "date_add(" + a + ", " + b + ")", true
}

// printNegative writes -x, but not negative(x), as an operator.
func printNegative(c *expr.PrintedCall) (string, bool) {
	if len(c.Args) != 1 || !c.Operator && c.Name == "negative" {
		return "", false
	}
	return "(- " + c.Args[0] + ")", true
}

// printNotEqual writes a <> b as Spark reads it.
func printNotEqual(c *expr.PrintedCall) (string, bool) {
	if len(c.Args) != 2 {
		return "", false
	}
	return "(NOT (" + c.Args[0] + " = " + c.Args[1] + "))", true
}

// printWithinGroup writes f(…) WITHIN GROUP (ORDER BY …) with the defaults of the order left out.
func printWithinGroup(c *expr.PrintedCall) (string, bool) {
	if c.WithinGroup == nil {
		return "", false
	}
	keys := make([]string, len(c.WithinGroup))
	for i, k := range c.WithinGroup {
		keys[i] = k.Expr
		if k.Descending {
			keys[i] += " DESC"
		}
	}
	return withinGroupText(c, keys), true
}

// withinGroupText is f(…) WITHIN GROUP (ORDER BY keys).
func withinGroupText(c *expr.PrintedCall, keys []string) string {
	return c.Text() + " WITHIN GROUP (ORDER BY " + strings.Join(keys, ", ") + ")"
}
