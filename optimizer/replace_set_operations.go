package optimizer

import (
	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// replaceSetOperations turns INTERSECT and EXCEPT into semi and anti joins of distinct rows. Rows are compared with <=>,
// since here null equals null:
//
//	SELECT CAST(NULL AS INT) INTERSECT SELECT CAST(NULL AS INT)
//
// has one row. With ALL, rows are counted on both sides and the smaller count, or the difference, is what is given again.
func replaceSetOperations(n logical.Node, c *Context) (logical.Node, bool) {
	s, ok := n.(*logical.SetOperation)
	if !ok || s.Op == ast.Union {
		return n, false
	}
	r := setReplacement{c: c, op: s.Op}
	plan := s.Inputs[0]
	for _, right := range s.Inputs[1:] {
		if s.All {
			plan = r.all(plan, right)
		} else {
			plan = r.distinct(plan, right)
		}
	}
	items := make([]logical.Named, len(s.Output))
	for i, column := range plan.Columns() {
		items[i] = logical.Named{ID: s.Output[i].ID, Name: s.Output[i].Name, Expr: column.Ref(), Metadata: s.Output[i].Metadata}
	}
	return &logical.Project{Input: plan, Items: items}, true
}

type setReplacement struct {
	c  *Context
	op ast.SetOperator
}

// grouped groups a plan by all its columns, which get fresh IDs, and computes aggregates.
func (r setReplacement) grouped(n logical.Node, aggregates ...logical.Named) *logical.Aggregate {
	a := &logical.Aggregate{Input: n, Aggregates: aggregates}
	for _, column := range n.Columns() {
		a.Keys = append(a.Keys, logical.Named{ID: r.c.IDs.Next(), Name: column.Name, Expr: column.Ref()})
	}
	return a
}

func (r setReplacement) distinct(left, right logical.Node) logical.Node {
	l := r.grouped(left)
	var same []expr.Expr
	for i, column := range right.Columns() {
		same = append(same, sameValue(l.Keys[i].Column().Ref(), column.Ref()))
	}
	kind := logical.LeftSemi
	if r.op == ast.Except {
		kind = logical.LeftAnti
	}
	return &logical.Join{Type: kind, Left: l, Right: right, Condition: expr.Conjunction(same...)}
}

// all counts the copies of each row: those of the left as they are, those of the right in a second column.
func (r setReplacement) all(left, right logical.Node) logical.Node {
	union := &logical.SetOperation{All: true}
	for i, column := range left.Columns() {
		column.Nullable = column.Nullable || right.Columns()[i].Nullable
		union.Output = append(union.Output, r.c.freshColumn(column))
	}
	width := len(union.Output)
	side := logical.Column{ID: r.c.IDs.Next(), Name: "side", Type: types.BooleanType}
	union.Output = append(union.Output, side)
	for i, input := range []logical.Node{left, right} {
		mark := logical.Named{ID: r.c.IDs.Next(), Name: "side", Expr: booleanLiteral(i == 0)}
		union.Inputs = append(union.Inputs, &logical.Project{Input: input, Items: append(passColumns(input.Columns()), mark)})
	}
	inLeft, err := r.c.countWhere(side.Ref())
	if err != nil {
		r.c.fail(err)
		return left
	}
	inRight, _ := r.c.countWhere(not(side.Ref()))
	counts := []logical.Named{
		{ID: r.c.IDs.Next(), Name: "left", Expr: inLeft},
		{ID: r.c.IDs.Next(), Name: "right", Expr: inRight},
	}
	groups := &logical.Aggregate{Input: union, Aggregates: counts}
	for _, column := range union.Output[:width] {
		groups.Keys = append(groups.Keys, logical.Named{ID: r.c.IDs.Next(), Name: column.Name, Expr: column.Ref()})
	}
	l, right2 := counts[0].Column().Ref(), counts[1].Column().Ref()
	var copies expr.Expr
	if r.op == ast.Except {
		copies = &expr.Arithmetic{Base: expr.Base{Typ: types.LongType}, Op: expr.Subtract, Left: l, Right: right2, Mode: expr.Legacy}
	} else {
		copies = choose(compare(expr.Less, l, right2), l, right2)
	}
	items := passColumns(groups.Columns()[:width])
	count := logical.Named{ID: r.c.IDs.Next(), Name: "copies", Expr: copies}
	counted := &logical.Project{Input: groups, Items: append(items, count)}
	return r.repeat(counted, count.Column())
}

// countWhere is count(*) FILTER (WHERE condition).
func (c *Context) countWhere(condition expr.Expr) (*expr.Aggregate, error) {
	f, ok := lookupAggregate("count")
	if !ok {
		panic("optimizer: there is no function count")
	}
	bound, err := f.Bind(&expr.BindContext{Settings: c.Settings, Name: "count"}, []expr.Expr{longLiteral(1)}, false)
	if err != nil {
		return nil, err
	}
	call := *bound.(*expr.Aggregate)
	call.Filter = condition
	return &call, nil
}

// Rows are repeated by their count in digits of base repeatBase: a row with count n is joined with the highest digits d
// for which d × base^k < n, the results with the next digits, and so on. Every step at most multiplies what it keeps by
// the base, and the rows with count 1, usually nearly all, take no step.
const (
	repeatBase   = 16
	repeatDigits = 12 // up to 2^48 copies of one row
)

// repeat gives each row of n as often as its column count says and drops the column.
func (r setReplacement) repeat(n logical.Node, count logical.Column) logical.Node {
	columns := n.Columns()
	keep := columns[:len(columns)-1]
	definition, _ := logical.FreshCopy(n, r.c.IDs)
	key := r.c.nextCommonKey()
	use := func() (logical.Node, []logical.Column) {
		u := &logical.CommonPlan{Key: key, Definition: definition}
		for _, column := range definition.Columns() {
			u.Output = append(u.Output, r.c.freshColumn(column))
		}
		return u, u.Output
	}
	once, onceColumns := use()
	ones := filtered(once, compare(expr.Equal, onceColumns[len(keep)].Ref(), longLiteral(1)))
	many, manyColumns := use()
	many = filtered(many, compare(expr.Greater, manyColumns[len(keep)].Ref(), longLiteral(1)))
	many = r.digits(many, manyColumns[len(keep)])
	union := &logical.SetOperation{All: true}
	for _, column := range keep {
		union.Output = append(union.Output, r.c.freshColumn(column))
	}
	union.Inputs = []logical.Node{keepColumns(ones, onceColumns[:len(keep)]), keepColumns(many, manyColumns[:len(keep)])}
	return union
}

// digits joins the digits of all numbers below count to the rows of n.
func (r setReplacement) digits(n logical.Node, count logical.Column) logical.Node {
	var number expr.Expr = longLiteral(0)
	for k := repeatDigits - 1; k >= 0; k-- {
		unit := int64(1) << (4 * k)
		values := &logical.Values{Output: []logical.Column{{ID: r.c.IDs.Next(), Name: "digit", Type: types.LongType}}}
		for d := int64(0); d < repeatBase; d++ {
			values.Rows = append(values.Rows, []expr.Expr{longLiteral(d * unit)})
		}
		sum := &expr.Arithmetic{Base: expr.Base{Typ: types.LongType}, Op: expr.Add, Left: number, Right: values.Output[0].Ref(), Mode: expr.Legacy}
		prefix := logical.Named{ID: r.c.IDs.Next(), Name: "number", Expr: sum}
		joined := &logical.Join{Type: logical.Cross, Left: n, Right: values}
		n = &logical.Filter{Condition: compare(expr.Less, prefix.Column().Ref(), count.Ref()),
			Input: &logical.Project{Input: joined, Items: append(passColumns(n.Columns()), prefix)}}
		number = prefix.Column().Ref()
	}
	return n
}
