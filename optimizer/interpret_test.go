package optimizer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// The interpreter gives plans their meaning in the simplest way, subqueries and lateral joins by nested loops, so that a
// plan before a rule can be compared with the plan after it. Values are int64, bool, string or nil.

// rows is a table with its rows in memory.
type rows struct {
	name   string
	schema types.Type
	data   [][]any
}

func (t *rows) Name() string       { return t.name }
func (t *rows) Schema() types.Type { return t.schema }

// Statistics pretend that there are many rows with few different values, but of u few rows, so that rules of cost have
// something to do.
func (t *rows) Statistics() *source.Statistics {
	s := &source.Statistics{Rows: int64(len(t.data)) * 100000, Bytes: -1}
	distinct := 50.0
	if t.name == "u" {
		s.Rows, distinct = 10, 5
	}
	for range t.schema.Fields() {
		s.Columns = append(s.Columns, &types.ColumnStatistics{Distinct: distinct, NullCount: -1})
	}
	return s
}
func (t *rows) Scan(context.Context, *source.Request) (source.Scan, error) {
	return nil, errors.New("scanned by the interpreter only")
}

// row is the value of each column in scope.
type row map[expr.ColumnID]any

func (r row) with(columns []logical.Column, values []any) row {
	out := make(row, len(r)+len(columns))
	for id, v := range r {
		out[id] = v
	}
	for i, c := range columns {
		out[c.ID] = values[i]
	}
	return out
}

var errTooManyRows = errors.New("a scalar subquery gave two rows")

// interpret computes a plan; outer holds the columns of enclosing queries.
func interpret(n logical.Node, outer row) ([][]any, error) {
	switch n := n.(type) {
	case *logical.Scan:
		var out [][]any
		for _, r := range n.Table.(*rows).data {
			values := make([]any, len(n.Output))
			for i, c := range n.Output {
				values[i] = r[c.Path[0]]
			}
			out = append(out, values)
		}
		return out, nil
	case *logical.Values:
		var out [][]any
		for _, r := range n.Rows {
			values, err := evaluateAll(r, outer)
			if err != nil {
				return nil, err
			}
			out = append(out, values)
		}
		return out, nil
	case *logical.Join:
		return interpretJoin(n, outer)
	case *logical.SetOperation:
		return interpretSetOperation(n, outer)
	case *logical.CommonPlan:
		return interpret(n.Definition, outer)
	}
	input, err := interpret(n.Children()[0], outer)
	if err != nil {
		return nil, err
	}
	return interpretUnary(n, input, outer)
}

func interpretUnary(n logical.Node, input [][]any, outer row) ([][]any, error) {
	columns := n.Children()[0].Columns()
	var out [][]any
	switch n := n.(type) {
	case *logical.Filter:
		for _, r := range input {
			v, err := evaluate(n.Condition, outer.with(columns, r))
			if err != nil {
				return nil, err
			}
			if v == true {
				out = append(out, r)
			}
		}
		return out, nil
	case *logical.Project:
		for _, r := range input {
			values, err := evaluateAll(n.Expressions(), outer.with(columns, r))
			if err != nil {
				return nil, err
			}
			out = append(out, values)
		}
		return out, nil
	case *logical.Aggregate:
		return interpretAggregate(n, input, outer)
	case *logical.Sort:
		return input, interpretSort(n, input, outer)
	case *logical.Limit:
		start := min(int64(len(input)), n.Offset)
		stop := int64(len(input))
		if n.Count >= 0 {
			stop = min(stop, start+n.Count)
		}
		return input[start:stop], nil
	case *logical.Single:
		switch len(input) {
		case 0:
			return [][]any{make([]any, len(columns))}, nil
		case 1:
			return input, nil
		}
		return nil, errTooManyRows
	case *logical.Repartition:
		return input, nil
	}
	return nil, fmt.Errorf("no interpretation of %T", n)
}

func interpretSort(n *logical.Sort, input [][]any, outer row) error {
	columns := n.Input.Columns()
	var failed error
	sort.SliceStable(input, func(i, j int) bool {
		for _, k := range n.Keys {
			a, err1 := evaluate(k.Expr, outer.with(columns, input[i]))
			b, err2 := evaluate(k.Expr, outer.with(columns, input[j]))
			failed = errors.Join(failed, err1, err2)
			if c := compareForSort(a, b, k); c != 0 {
				return c < 0
			}
		}
		return false
	})
	return failed
}

func compareForSort(a, b any, k expr.SortKey) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil || b == nil:
		if (a == nil) == k.NullsFirst {
			return -1
		}
		return 1
	}
	c := compareValues(a, b)
	if k.Descending {
		return -c
	}
	return c
}

func interpretJoin(n *logical.Join, outer row) ([][]any, error) {
	left, err := interpret(n.Left, outer)
	if err != nil {
		return nil, err
	}
	lc, rc := n.Left.Columns(), n.Right.Columns()
	var right [][]any
	if !n.Lateral {
		if right, err = interpret(n.Right, outer); err != nil {
			return nil, err
		}
	}
	var out [][]any
	matchedRight := make([]bool, len(right))
	for _, l := range left {
		if n.Lateral {
			if right, err = interpret(n.Right, outer.with(lc, l)); err != nil {
				return nil, err
			}
			matchedRight = make([]bool, len(right))
		}
		matches, unknown := 0, false
		for i, r := range right {
			var v any = true
			if n.Condition != nil {
				if v, err = evaluate(n.Condition, outer.with(lc, l).with(rc, r)); err != nil {
					return nil, err
				}
			}
			unknown = unknown || v == nil
			if v != true {
				continue
			}
			matches++
			matchedRight[i] = true
			if n.Type.HasRightColumns() {
				out = append(out, slices.Concat(l, r))
			}
		}
		if n.Single && matches > 1 {
			return nil, errTooManyRows
		}
		out = joinLeftRow(n, out, l, len(rc), matches > 0, unknown && n.NullAware)
	}
	if n.Type == logical.RightOuter || n.Type == logical.FullOuter {
		for i, r := range right {
			if !matchedRight[i] {
				out = append(out, slices.Concat(make([]any, len(lc)), r))
			}
		}
	}
	return out, nil
}

// joinLeftRow adds what a left row gives beside its pairs.
func joinLeftRow(n *logical.Join, out [][]any, l []any, rightWidth int, matched, unknown bool) [][]any {
	switch n.Type {
	case logical.LeftOuter, logical.FullOuter:
		if !matched {
			out = append(out, slices.Concat(l, make([]any, rightWidth)))
		}
	case logical.LeftSemi:
		if matched {
			out = append(out, l)
		}
	case logical.LeftAnti:
		if !matched && !unknown {
			out = append(out, l)
		}
	case logical.LeftMark:
		var mark any = matched
		if !matched && unknown {
			mark = nil
		}
		out = append(out, slices.Concat(l, []any{mark}))
	}
	return out
}

func interpretSetOperation(n *logical.SetOperation, outer row) ([][]any, error) {
	var out [][]any
	for i, input := range n.Inputs {
		r, err := interpret(input, outer)
		if err != nil {
			return nil, err
		}
		switch {
		case i == 0 || n.Op == ast.Union:
			out = append(out, r...)
		default:
			out = intersectOrExcept(out, r, n.Op == ast.Intersect, n.All)
		}
	}
	return out, nil
}

func intersectOrExcept(a, b [][]any, intersect, all bool) [][]any {
	counts := map[string]int{}
	for _, r := range b {
		counts[fmt.Sprint(r...)]++
	}
	var out [][]any
	seen := map[string]bool{}
	for _, r := range a {
		key := fmt.Sprint(r...)
		has := counts[key] > 0
		if all {
			counts[key]--
		} else if seen[key] {
			continue
		}
		seen[key] = true
		if has == intersect {
			out = append(out, r)
		}
	}
	return out
}

func interpretAggregate(n *logical.Aggregate, input [][]any, outer row) ([][]any, error) {
	sets := n.Sets
	if sets == nil {
		all := make([]int, len(n.Keys))
		for i := range all {
			all[i] = i
		}
		sets = [][]int{all}
	}
	var out [][]any
	for _, set := range sets {
		r, err := interpretGroups(n, set, input, outer)
		if err != nil {
			return nil, err
		}
		out = append(out, r...)
	}
	return out, nil
}

func interpretGroups(n *logical.Aggregate, set []int, input [][]any, outer row) ([][]any, error) {
	type group struct {
		keys []any
		rows []row
	}
	groups := map[string]*group{}
	var order []*group
	for _, r := range input {
		scope := outer.with(n.Input.Columns(), r)
		keys := make([]any, len(n.Keys))
		for _, i := range set {
			v, err := evaluate(n.Keys[i].Expr, scope)
			if err != nil {
				return nil, err
			}
			keys[i] = v
		}
		text := fmt.Sprintf("%v", keys)
		g := groups[text]
		if g == nil {
			g = &group{keys: keys}
			groups[text] = g
			order = append(order, g)
		}
		g.rows = append(g.rows, scope)
	}
	if len(n.Keys) == 0 && n.Sets == nil && len(order) == 0 {
		order = append(order, &group{})
	}
	var out [][]any
	for _, g := range order {
		values := slices.Clone(g.keys)
		for _, item := range n.Aggregates {
			v, err := aggregateOf(item.Expr.(*expr.Aggregate), g.rows)
			if err != nil {
				return nil, err
			}
			values = append(values, v)
		}
		if n.Sets != nil {
			values = append(values, groupingID(set, len(n.Keys)))
		}
		out = append(out, values)
	}
	return out, nil
}

func aggregateOf(call *expr.Aggregate, in []row) (any, error) {
	var result any
	count := int64(0)
	seen := map[string]bool{}
	for _, r := range in {
		if call.Filter != nil {
			if v, err := evaluate(call.Filter, r); err != nil || v != true {
				if err != nil {
					return nil, err
				}
				continue
			}
		}
		args, err := evaluateAll(call.Args, r)
		if err != nil {
			return nil, err
		}
		if call.Function.Name == "first" {
			return args[0], nil
		}
		if slices.Contains(args, nil) {
			continue
		}
		if key := fmt.Sprint(args...); call.Distinct {
			if seen[key] {
				continue
			}
			seen[key] = true
		}
		count++
		switch call.Kernel.Kind {
		case expr.SumAggregate:
			if result == nil {
				result = int64(0)
			}
			result = result.(int64) + args[0].(int64)
		case expr.MinAggregate, expr.MaxAggregate:
			c := -1
			if result != nil {
				c = compareValues(args[0], result)
			}
			if result == nil || c < 0 == (call.Kernel.Kind == expr.MinAggregate) && c != 0 {
				result = args[0]
			}
		}
	}
	if call.Kernel.Kind == expr.CountAggregate {
		return count, nil
	}
	return result, nil
}

func evaluateAll(es []expr.Expr, r row) ([]any, error) {
	out := make([]any, len(es))
	for i, e := range es {
		v, err := evaluate(e, r)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// evaluate computes an expression for a row.
func evaluate(e expr.Expr, r row) (any, error) {
	switch e := e.(type) {
	case *expr.Column:
		v, ok := r[e.ID]
		if !ok {
			return nil, fmt.Errorf("no column %s", expr.Debug(e))
		}
		if v == nil && !e.Null {
			return nil, fmt.Errorf("column %s is null and marked as never null", expr.Debug(e))
		}
		return v, nil
	case *expr.Literal:
		if i, ok := types.Integer64(e.Value); ok {
			return i, nil
		}
		return e.Value, nil
	case *expr.And:
		return junction(e.Args, r, false)
	case *expr.Or:
		return junction(e.Args, r, true)
	case *expr.Case:
		for _, w := range e.Whens {
			if v, err := evaluate(w.Condition, r); err != nil || v == true {
				if err != nil {
					return nil, err
				}
				return evaluate(w.Result, r)
			}
		}
		return evaluate(e.Else, r)
	case *expr.Coalesce:
		for _, a := range e.Args {
			if v, err := evaluate(a, r); err != nil || v != nil {
				return v, err
			}
		}
		return nil, nil
	case *expr.Subquery:
		v, err := evaluateSubquery(e, r)
		if v == nil && e.Kind == expr.InSubquery {
			v = false // as in Spark, where IN is never null
		}
		return v, err
	case *expr.Not:
		if hasSubquery(e) {
			if m := simplifyNot(e); m != expr.Expr(e) {
				return evaluate(m, r)
			}
		}
		if s, ok := e.Input.(*expr.Subquery); ok && s.Kind == expr.InSubquery {
			v, err := evaluateSubquery(s, r)
			return v == false, err // and NOT IN false where it is unknown
		}
	}
	args, err := evaluateAll(e.Children(), r)
	if err != nil {
		return nil, err
	}
	return apply(e, args)
}

// junction is AND, or OR for which stop is true.
func junction(args []expr.Expr, r row, stop bool) (any, error) {
	var result any = !stop
	for _, a := range args {
		v, err := evaluate(a, r)
		switch {
		case err != nil:
			return nil, err
		case v == stop:
			return stop, nil
		case v == nil:
			result = nil
		}
	}
	return result, nil
}

func apply(e expr.Expr, args []any) (any, error) {
	switch e := e.(type) {
	case *expr.IsNull:
		return args[0] == nil, nil
	case *expr.Comparison:
		if e.Op == expr.NullSafeEqual {
			return args[0] == args[1], nil
		}
	}
	if slices.Contains(args, nil) {
		return nil, nil
	}
	switch e := e.(type) {
	case *expr.Not:
		return !args[0].(bool), nil
	case *expr.Cast:
		return args[0], nil
	case *expr.Comparison:
		c := compareValues(args[0], args[1])
		return [...]bool{c == 0, c != 0, c < 0, c <= 0, c > 0, c >= 0}[e.Op], nil
	case *expr.In:
		for _, v := range e.Values {
			if i, ok := types.Integer64(v); ok {
				v = i
			}
			if v == args[0] {
				return true, nil
			}
		}
		if e.HasNull {
			return nil, nil
		}
		return false, nil
	case *expr.Arithmetic:
		a := args[0].(int64)
		switch e.Op {
		case expr.Negate:
			return -a, nil
		case expr.Add:
			return a + args[1].(int64), nil
		case expr.Subtract:
			return a - args[1].(int64), nil
		case expr.Multiply:
			return a * args[1].(int64), nil
		case expr.IntegralDivide:
			if args[1].(int64) == 0 {
				return nil, errors.New("division by zero")
			}
			return a / args[1].(int64), nil
		}
	}
	return nil, fmt.Errorf("no evaluation of %s", expr.Debug(e))
}

func compareValues(a, b any) int {
	switch a := a.(type) {
	case int64:
		b := b.(int64)
		switch {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	case string:
		return strings.Compare(a, b.(string))
	case bool:
		if a == b.(bool) {
			return 0
		}
		if !a {
			return -1
		}
		return 1
	}
	panic(fmt.Sprintf("no order of %T", a))
}

func evaluateSubquery(e *expr.Subquery, r row) (any, error) {
	result, err := interpret(e.Plan.(logical.Node), r)
	if err != nil {
		return nil, err
	}
	switch e.Kind {
	case expr.ExistsSubquery:
		return len(result) > 0, nil
	case expr.ScalarSubquery:
		switch len(result) {
		case 0:
			return nil, nil
		case 1:
			return result[0][0], nil
		}
		return nil, errTooManyRows
	}
	values, err := evaluateAll(e.Values, r)
	if err != nil {
		return nil, err
	}
	var found any = false
	for _, x := range result {
		var same any = true
		for i, v := range values {
			switch {
			case v == nil || x[i] == nil:
				if same == true {
					same = nil
				}
			case compareValues(v, x[i]) != 0:
				same = false
			}
		}
		if same == true {
			return true, nil
		}
		if same == nil {
			found = nil
		}
	}
	return found, nil
}
