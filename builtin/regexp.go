package builtin

import (
	"math"
	"strconv"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

const regexpArgument = "regexp - a regular expression in the syntax of Java"

var regexpFunctions = []*expr.Function{
	alias(scalar("rlike", doc("predicate_funcs", "Reports whether a part of str matches regexp.", "str - a string", regexpArgument).printed(capitals()).
		example(`SELECT rlike('%SystemDrive%\\Users\\John', '%SystemDrive%\\\\Users.*');`, "true"),
		signature{params: of(text, text), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			_, valid := constantPattern(args, 1)
			return outcome{result: types.BooleanType, kernel: rlikeKernel(c.Name), fails: !valid}, nil
		}}), "regexp", "regexp_like"),
	scalar("regexp_count", doc("string_funcs", "Returns how many times regexp matches in str.", "str - a string", regexpArgument).
		example("SELECT regexp_count('Steven Jones and Stephen Smith are the best players', 'Ste(v|ph)en');", "2"),
		signature{params: of(text, text), resolve: resolveRegexp(types.IntType, regexpCountKernel)}),
	scalar("regexp_instr", doc("string_funcs", "Returns the position, from 1, of the first match of regexp in str; 0 if there is none.", "str - a string", regexpArgument, "idx - not used").printed(defaults(2, "0")).
		example("SELECT regexp_instr('user@spark.apache.org', '@[^.]*');", "5"),
		signature{params: of(text, text, integer), optional: 1, resolve: resolveRegexp(types.IntType, regexpPositionKernel)}),
	scalar("regexp_substr", doc("string_funcs", "Returns the first part of str that matches regexp; null if there is none.", "str - a string", regexpArgument).
		example("SELECT regexp_substr('Steven Jones and Stephen Smith are the best players', 'Ste(v|ph)en');", "Steven"),
		signature{params: of(text, text), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			o, err := resolveRegexp(types.StringType, regexpPartKernel)(c, args)
			o.nullable = true
			return o, err
		}}),
	scalar("regexp_extract", doc("string_funcs", "Returns group idx of the first match of regexp in str; an empty string if there is none.", "str - a string", regexpArgument, "idx - by default 1; 0 is the whole match").printed(defaults(2, "1")).
		example(`SELECT regexp_extract('100-200', '(\\d+)-(\\d+)', 1);`, "100"),
		signature{params: of(text, text, integer), optional: 1, resolve: resolveGroup(types.StringType, regexpExtractKernel)}),
	scalar("regexp_extract_all", doc("string_funcs", "Returns group idx of each match of regexp in str.", "str - a string", regexpArgument, "idx - by default 1; 0 is the whole match").printed(defaults(2, "1")).
		example(`SELECT regexp_extract_all('100-200, 300-400', '(\\d+)-(\\d+)', 1);`, `["100","300"]`),
		signature{params: of(text, text, integer), optional: 1, resolve: resolveGroup(types.ArrayType(types.StringType, true), regexpExtractAllKernel)}),
	scalar("regexp_replace", doc("string_funcs", "Replaces what matches regexp in str; $1 in the replacement is a group.", "str - a string", regexpArgument, "rep - a string", "position - where to begin, by default 1").printed(defaults(3, "1")).
		example(`SELECT regexp_replace('100-200', '(\\d+)', 'num');`, "num-num"),
		signature{params: of(text, text, text, integer), optional: 1, resolve: resolveRegexpReplace}),
	scalar("split", doc("string_funcs", "Splits str at what matches regex.", "str - a string", "regex - a regular expression in the syntax of Java", "limit - the greatest number of parts, the last of which is the rest; without limit if not positive").printed(defaults(2, "-1")).
		example("SELECT split('oneAtwoBthreeC', '[ABC]');", `["one","two","three",""]`).
		example("SELECT split('oneAtwoBthreeC', '[ABC]', 2);", `["one","twoBthreeC"]`),
		signature{params: of(text, text, integer), optional: 1, resolve: resolveRegexp(types.ArrayType(types.StringType, false), splitKernel)}),
}

// resolveRegexp is the outcome of a function that only a wrong pattern makes fail.
func resolveRegexp(result types.Type, kernel expr.Kernel) func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	return func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
		_, valid := constantPattern(args, 1)
		return outcome{result: result, kernel: kernel, fails: !valid}, nil
	}
}

// resolveGroup is resolveRegexp where a wrong group is an error too.
func resolveGroup(result types.Type, kernel expr.Kernel) func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	return func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
		p, valid := constantPattern(args, 1)
		var group any = int32(1)
		if len(args) == 3 {
			group, _, _ = Constant(args[2])
		}
		n, ok := group.(int32)
		fails := !valid || !ok || n < 0 || int(n) > p.groups
		return outcome{result: result, kernel: kernel, fails: fails}, nil
	}
}

func resolveRegexpReplace(c *expr.BindContext, args []expr.Expr) (outcome, error) {
	if len(args) == 4 {
		v, err := constantOf(c, "regexp_replace", "position", types.IntType, args, 3)
		if err != nil {
			return outcome{}, err
		}
		if n, ok := v.(int32); ok && n < 1 {
			return outcome{}, diag.New("DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE", "sqlExpr", callText("regexp_replace", args), "exprName", "position",
				"valueRange", "(0, "+strconv.Itoa(math.MaxInt32)+"]", "currentValue", strconv.Itoa(int(n))).At(c.Span)
		}
	}
	fails := true
	if p, valid := constantPattern(args, 1); valid {
		if by, ok, err := Constant(args[2]); ok && err == nil {
			var r replacement
			text, _ := by.(string)
			r.prepare([]byte(text), p)
			fails = r.wrong
		}
	}
	return outcome{result: types.StringType, kernel: regexpReplaceKernel, fails: fails}, nil
}

func rlikeKernel(name string) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		state := patternStateOf(c)
		if isConstant(args[1]) {
			p, err := state.use(c, name, args[1].StringAt(0))
			if err != nil {
				return err
			}
			matchRows(func(s []byte) bool { return c.Budget.Work(searchWork(s)) == nil && p.matches(s) }, args[0], sel, out)
			if err := c.Budget.Err(); err != nil {
				return err
			}
			return p.gaveUp(c, name)
		}
		to := vector.Values[uint8](out)
		return eachPattern(c, name, args, sel, out, func(i int, s []byte, p *pattern) error {
			to[i] = boolByte(p.matches(s))
			return nil
		})
	}
}

// searchWork is about the work of searching s for a pattern.
func searchWork(s []byte) int64 { return 16 + 16*int64(len(s)) }

// eachPattern calls f for each row with its text and pattern; name is the function that errors name.
func eachPattern(c *expr.KernelContext, name string, args []*vector.Vector, sel vector.Selection, out *vector.Vector, f func(i int, s []byte, p *pattern) error) error {
	state := patternStateOf(c)
	s, patterns := stringsOf(args[0]), stringsOf(args[1])
	return each(sel, out, func(i int) error {
		p, err := state.use(c, name, patterns.at(i))
		if err != nil {
			return err
		}
		if err := c.Budget.Work(searchWork(s.at(i))); err != nil {
			return err
		}
		if err := f(i, s.at(i), p); err != nil {
			return err
		}
		return p.gaveUp(c, name)
	})
}

func regexpCountKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	to := vector.Values[int32](out)
	return eachPattern(c, "regexp_extract_all", args, sel, out, func(i int, s []byte, p *pattern) error {
		n := int32(0)
		p.each(s, func([]int) bool {
			n++
			return true
		})
		to[i] = n
		return nil
	})
}

func regexpPositionKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	to := vector.Values[int32](out)
	return eachPattern(c, "regexp_instr", args, sel, out, func(i int, s []byte, p *pattern) error {
		to[i] = 0
		if location := p.find(s); location != nil {
			to[i] = int32(utf16Length(s[:location[0]])) + 1
		}
		return nil
	})
}

func regexpPartKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	return eachPattern(c, "regexp_extract", args, sel, out, func(i int, s []byte, p *pattern) error {
		location := p.find(s)
		if location == nil || location[0] == location[1] {
			out.SetNull(i)
			return nil
		}
		return setText(c, out, i, s[location[0]:location[1]])
	})
}

// groupArgument is the group that a function of (str, regexp [, idx]) takes.
func groupArgument(args []*vector.Vector) column[int32] {
	if len(args) == 3 {
		return columnOf[int32](args[2])
	}
	return column[int32]{[]int32{1}, 0}
}

// groupOf is the text of a group of a match; a group that took no part is empty.
func groupOf(c *expr.KernelContext, name string, s []byte, location []int, group int32) ([]byte, error) {
	if groups := int32(len(location) / 2); group < 0 || group >= groups {
		return nil, placed(c, diag.New("INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX", "parameter", "`idx`", "functionName", routine(name),
			"groupCount", strconv.Itoa(int(groups)-1), "groupIndex", strconv.Itoa(int(group))))
	}
	if location[2*group] < 0 {
		return nil, nil
	}
	return s[location[2*group]:location[2*group+1]], nil
}

func regexpExtractKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	groups := groupArgument(args)
	return eachPattern(c, "regexp_extract", args, sel, out, func(i int, s []byte, p *pattern) error {
		var part []byte
		var err error
		if location := p.find(s); location != nil {
			part, err = groupOf(c, "regexp_extract", s, location, groups.at(i))
		}
		if err != nil {
			return err
		}
		return setText(c, out, i, part)
	})
}

func regexpExtractAllKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	groups, list := groupArgument(args), newListWriter(c, out)
	return eachPattern(c, "regexp_extract_all", args, sel, out, func(i int, s []byte, p *pattern) (err error) {
		list.begin(i)
		p.each(s, func(location []int) bool {
			var part []byte
			if part, err = groupOf(c, "regexp_extract_all", s, location, groups.at(i)); err != nil {
				return false
			}
			list.add(part)
			return true
		})
		list.end(i)
		return err
	})
}

func splitKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	list, limits := newListWriter(c, out), column[int32]{[]int32{-1}, 0}
	if len(args) == 3 {
		limits = columnOf[int32](args[2])
	}
	return eachPattern(c, "split", args, sel, out, func(i int, s []byte, p *pattern) error {
		list.begin(i)
		if limit := int(limits.at(i)); len(p.source) == 0 && len(s) > 0 {
			splitCharacters(s, limit, &list)
		} else {
			splitPattern(s, p, limit, &list)
		}
		list.end(i)
		return nil
	})
}

// splitCharacters is a split by an empty pattern: the first limit characters, or all.
func splitCharacters(s []byte, limit int, list *listWriter) {
	for n := 1; len(s) > 0 && (limit <= 0 || n <= limit); n++ {
		width := characterWidth(s)
		list.add(s[:width])
		s = s[width:]
	}
}

// splitPattern leaves out an empty part that an empty match at the start would make.
func splitPattern(s []byte, p *pattern, limit int, list *listWriter) {
	at, parts := 0, 1
	p.each(s, func(location []int) bool {
		if parts == limit {
			return false
		}
		if location[1] == 0 {
			return true
		}
		list.add(s[at:location[0]])
		at = location[1]
		parts++
		return true
	})
	list.add(s[at:])
}

// bytesPerView is what a string takes besides its bytes.
const bytesPerView = 16

// listWriter writes rows of arrays of strings.
type listWriter struct {
	lists  []vector.List
	child  *vector.Vector
	budget *expr.Budget
}

func newListWriter(c *expr.KernelContext, out *vector.Vector) listWriter {
	lists := vector.Values[vector.List](out)
	clear(lists)
	return listWriter{lists, out.Children[0], c.Budget}
}

func (w *listWriter) begin(i int) { w.lists[i].Start = int32(w.child.Len) }

// add is nothing once the budget refuses.
func (w *listWriter) add(s []byte) {
	if w.budget.Grow(int64(len(s))+bytesPerView) != nil {
		return
	}
	n := w.child.Len
	w.child.Reserve(n + 1)
	w.child.Len = n + 1
	w.child.SetString(n, s)
}

func (w *listWriter) end(i int) { w.lists[i].Length = int32(w.child.Len) - w.lists[i].Start }
