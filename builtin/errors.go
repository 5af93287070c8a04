package builtin

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// ansiConfig and docroot are values of message parameters.
const (
	ansiConfig = `"spark.sql.ansi.enabled"`
	docroot    = "https://spark.apache.org/docs/latest"
)

var ordinals = [...]string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"}

// ordinal spells the position of argument i as Spark does.
func ordinal(i int) string {
	if i < len(ordinals) {
		return ordinals[i]
	}
	return strconv.Itoa(i+1) + "th"
}

// routine quotes a function name as Spark does in messages.
func routine(name string) string { return "`" + name + "`" }

// pretty is an expression as Spark's messages show it.
func pretty(e expr.Expr) string { return expr.Pretty(e) }

// operatorText is a binary operator as Spark's messages show it, in quotes.
func operatorText(operator string, left, right expr.Expr) string {
	return quoted("(" + pretty(left) + " " + operator + " " + pretty(right) + ")")
}

// callText is the call as Spark's messages show it, in quotes.
func callText(name string, args []expr.Expr) string {
	parts := make([]string, len(args))
	for i, a := range args {
		parts[i] = pretty(a)
	}
	return quoted(name + "(" + strings.Join(parts, ", ") + ")")
}

// unexpectedType is the error for argument at, whose type has no implicit cast to required.
func unexpectedType(c *expr.BindContext, name string, args []expr.Expr, at int, required string) *diag.Error {
	return unexpectedTypeIn(c, callText(name, args), args, at, required)
}

func unexpectedTypeIn(c *expr.BindContext, sqlExpr string, args []expr.Expr, at int, required string) *diag.Error {
	return diag.New("DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
		"sqlExpr", sqlExpr, "paramIndex", ordinal(at), "requiredType", required,
		"inputSql", quoted(pretty(args[at])), "inputType", quoted(args[at].Type().SQL())).At(c.Span)
}

// differentTypes is the error for arguments that have no common type.
func differentTypes(c *expr.BindContext, name, sqlExpr string, args []expr.Expr) *diag.Error {
	return diag.New("DATATYPE_MISMATCH.DATA_DIFF_TYPES",
		"sqlExpr", sqlExpr, "functionName", routine(name), "dataType", "["+typeList(args)+"]").At(c.Span)
}

func typeList(args []expr.Expr) string {
	texts := make([]string, len(args))
	for i, a := range args {
		texts[i] = quoted(a.Type().SQL())
	}
	return strings.Join(texts, ", ")
}

// unionOf is the required type of parameter at over several signatures.
func unionOf(signatures []*signature, at int) string {
	var texts []string
	seen := map[string]bool{}
	for _, s := range signatures {
		text := withoutBrackets(s.param(at).text)
		if !seen[text] {
			seen[text] = true
			texts = append(texts, text)
		}
	}
	all := strings.Join(texts, " or ")
	if strings.Contains(all, " or ") {
		return "(" + all + ")"
	}
	return all
}

// wrongNumber is the error for n arguments where least to most (-1: any number) are wanted.
func wrongNumber(c *expr.BindContext, name string, least, most, n int) *diag.Error {
	expected := strconv.Itoa(least)
	switch {
	case most < 0:
		expected = fmt.Sprintf("> %d", least-1)
	case most > least:
		all := []string{}
		for i := least; i <= most; i++ {
			all = append(all, strconv.Itoa(i))
		}
		expected = "[" + strings.Join(all, ", ") + "]"
	}
	return diag.New("WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "functionName", routine(name), "expectedNum", expected,
		"actualNum", strconv.Itoa(n), "docroot", docroot).At(c.Span)
}

func wrongNumberOf(c *expr.BindContext, name string, signatures []signature, n int) *diag.Error {
	least, most := len(signatures[0].params), 0
	for _, s := range signatures {
		least = min(least, len(s.params)-s.optional)
		if s.variadic {
			most = -1
		} else if most >= 0 {
			most = max(most, len(s.params))
		}
	}
	return wrongNumber(c, name, least, most, n)
}

// overflow is the error of an operation whose result does not fit; suggestion is a function such as try_add, or "".
func overflow(message, suggestion string) *diag.Error {
	alternative := ""
	if suggestion != "" {
		alternative = " Use '" + suggestion + "' to tolerate overflow and return NULL instead."
	}
	return diag.New("ARITHMETIC_OVERFLOW", "message", message, "alternative", alternative, "config", ansiConfig)
}

// divideByZero is the error of a zero divisor.
func divideByZero() *diag.Error { return diag.New("DIVIDE_BY_ZERO", "config", ansiConfig) }

// notFoldable is the error for an argument that has to be a constant.
func notFoldable(c *expr.BindContext, name, input string, t types.Type, args []expr.Expr, at int) *diag.Error {
	return diag.New("DATATYPE_MISMATCH.NON_FOLDABLE_INPUT", "sqlExpr", callText(name, args), "inputName", routine(input),
		"inputType", quoted(t.SQL()), "inputExpr", quoted(pretty(args[at]))).At(c.Span)
}
