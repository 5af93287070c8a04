package optimizer

import (
	"slices"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// pruneColumns drops columns that nothing reads, from the root down to the scans, and projects them away below joins,
// sorts and set operations, which would store them. Columns of INTERSECT and EXCEPT stay, all of them decide which rows
// are equal, as do the keys of an aggregate:
//
//	SELECT count(*) FROM (SELECT a, b FROM t GROUP BY a, b)
//
// The definition of a common plan keeps what any of its uses reads, and all uses have the same columns.
func pruneColumns(n logical.Node, _ *Context) (logical.Node, bool) {
	p := pruner{common: map[logical.Node]columnSet{}, done: map[logical.Node]logical.Node{}}
	for {
		p.grown = false
		clear(p.done)
		m := p.exactly(n, n.Columns())
		if p.grown { // a use read columns that the definition was pruned of in this round
			continue
		}
		return m, m != n
	}
}

type pruner struct {
	// common are the columns of definitions that some use reads; done are the pruned definitions.
	common map[logical.Node]columnSet
	done   map[logical.Node]logical.Node
	grown  bool
}

// exactly prunes n to the given columns, in this order.
func (p *pruner) exactly(n logical.Node, columns []logical.Column) logical.Node {
	return keepColumns(p.prune(n, columnsOf(columns)), columns)
}

// only prunes n to the columns in needs, dropping others that n needs itself by a projection.
func (p *pruner) only(n logical.Node, needs columnSet) logical.Node {
	m := p.prune(n, needs)
	var keep []logical.Column
	all := m.Columns()
	for _, c := range all {
		if needs[c.ID] {
			keep = append(keep, c)
		}
	}
	if len(keep) == len(all) {
		return m
	}
	return &logical.Project{Input: m, Items: passColumns(keep)}
}

func with(needs columnSet, exprs []expr.Expr) columnSet {
	out := columnSet{}
	out.addAll(needs)
	for _, e := range exprs {
		out.addExpr(e)
	}
	return out
}

// prune returns n with at least the columns in needs.
func (p *pruner) prune(n logical.Node, needs columnSet) logical.Node {
	switch n := n.(type) {
	case *logical.Scan:
		return pruneScan(n, needs)
	case *logical.Values:
		return pruneValues(n, needs)
	case *logical.Project:
		items := keepItems(n.Items, needs)
		input := p.prune(n.Input, with(nil, (&logical.Project{Items: items}).Expressions()))
		if input == n.Input && len(items) == len(n.Items) {
			return n
		}
		return &logical.Project{Input: input, Items: items}
	case *logical.Aggregate:
		return p.aggregate(n, needs)
	case *logical.Window:
		m := &logical.Window{Functions: keepItems(n.Functions, needs)}
		if len(m.Functions) == 0 {
			return p.prune(n.Input, needs)
		}
		m.Input = p.only(n.Input, p.within(n.Input, with(needs, m.Expressions())))
		if m.Input == n.Input && len(m.Functions) == len(n.Functions) {
			return n
		}
		return m
	case *logical.Join:
		all := with(needs, n.Expressions())
		left, right := p.only(n.Left, p.within(n.Left, all)), p.only(n.Right, p.within(n.Right, all))
		return replaced(n, left, right)
	case *logical.Sort:
		return replaced(n, p.only(n.Input, p.within(n.Input, with(needs, n.Expressions()))))
	case *logical.SetOperation:
		return p.setOperation(n, needs)
	case *logical.CommonPlan:
		return p.use(n, needs)
	case *logical.Cache:
		return n
	}
	children := n.Children()
	if len(children) != 1 {
		return n
	}
	return replaced(n, p.prune(children[0], with(needs, n.Expressions())))
}

// within restricts needs to the columns of n.
func (p *pruner) within(n logical.Node, needs columnSet) columnSet {
	out := columnSet{}
	for _, c := range n.Columns() {
		if needs[c.ID] {
			out[c.ID] = true
		}
	}
	return out
}

// replaced is n over other inputs, or n itself if they are the same.
func replaced(n logical.Node, inputs ...logical.Node) logical.Node {
	if slices.Equal(n.Children(), inputs) {
		return n
	}
	return n.WithChildren(inputs)
}

func keepItems(items []logical.Named, needs columnSet) []logical.Named {
	var out []logical.Named
	for _, item := range items {
		if needs[item.ID] {
			out = append(out, item)
		}
	}
	return out
}

func pruneScan(n *logical.Scan, needs columnSet) logical.Node {
	all := with(needs, n.Filters)
	var out []logical.ScanColumn
	for _, c := range n.Output {
		if all[c.ID] {
			out = append(out, c)
		}
	}
	if len(out) == len(n.Output) {
		return n
	}
	m := *n
	m.Output = out
	return &m
}

func pruneValues(n *logical.Values, needs columnSet) logical.Node {
	var at []int
	for i, c := range n.Output {
		if needs[c.ID] {
			at = append(at, i)
		}
	}
	if len(at) == len(n.Output) {
		return n
	}
	m := &logical.Values{Rows: make([][]expr.Expr, len(n.Rows))}
	for _, i := range at {
		m.Output = append(m.Output, n.Output[i])
	}
	for r, row := range n.Rows {
		for _, i := range at {
			m.Rows[r] = append(m.Rows[r], row[i])
		}
	}
	return m
}

// aggregate drops aggregates that are not read. One without GROUP BY keeps at least one: its row must have a maker.
func (p *pruner) aggregate(n *logical.Aggregate, needs columnSet) logical.Node {
	m := *n
	m.Aggregates = keepItems(n.Aggregates, needs)
	if len(m.Aggregates) == 0 && len(n.Keys) == 0 && len(n.Aggregates) > 0 {
		m.Aggregates = n.Aggregates[:1]
	}
	m.Input = p.prune(n.Input, with(nil, m.Expressions()))
	if m.Input == n.Input && len(m.Aggregates) == len(n.Aggregates) {
		return n
	}
	return &m
}

func (p *pruner) setOperation(n *logical.SetOperation, needs columnSet) logical.Node {
	keep := func(i int) bool { return n.Op != ast.Union || needs[n.Output[i].ID] }
	m := *n
	m.Output, m.Inputs = nil, make([]logical.Node, len(n.Inputs))
	for i, c := range n.Output {
		if keep(i) {
			m.Output = append(m.Output, c)
		}
	}
	same := len(m.Output) == len(n.Output)
	for k, input := range n.Inputs {
		var columns []logical.Column
		for i, c := range input.Columns() {
			if keep(i) {
				columns = append(columns, c)
			}
		}
		m.Inputs[k] = p.exactly(input, columns)
		same = same && m.Inputs[k] == input
	}
	if same {
		return n
	}
	return &m
}

// use prunes one use of a common plan to what all uses of it read.
func (p *pruner) use(n *logical.CommonPlan, needs columnSet) logical.Node {
	read := p.common[n.Definition]
	if read == nil {
		read = columnSet{}
		p.common[n.Definition] = read
	}
	columns := n.Definition.Columns()
	for i, c := range n.Output {
		if needs[c.ID] && !read[columns[i].ID] {
			read[columns[i].ID] = true
			p.grown = true
		}
	}
	var kept, output []logical.Column
	for i, c := range columns {
		if read[c.ID] {
			kept, output = append(kept, c), append(output, n.Output[i])
		}
	}
	definition, ok := p.done[n.Definition]
	if !ok {
		definition = p.exactly(n.Definition, kept)
		p.done[n.Definition] = definition
	}
	if definition == n.Definition && len(output) == len(n.Output) {
		return n
	}
	return &logical.CommonPlan{Key: n.Key, Definition: definition, Output: output}
}
