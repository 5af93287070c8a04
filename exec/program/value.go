package program

import (
	"fmt"
	"strconv"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// valueID numbers distinct expressions: equal structure, equal number. A column that is defined by an expression has
// the expression's number.
type valueID int32

// valueNode is one distinct expression.
type valueNode struct {
	e             expr.Expr
	kids          []valueID // of e's children, in order
	column        *column   // e is a column that is no definition
	fallible      bool      // e or something below it may raise an error
	deterministic bool
	rng           types.Range
	columns       []*column // distinct columns below
	cost          int       // nodes below, shared ones counted again
}

// valueTable numbers expressions.
type valueTable struct {
	b        *Builder
	nodes    []*valueNode
	byKey    map[string]valueID
	byExpr   map[expr.Expr]valueID
	distinct int // makes keys that equal no other, with common subexpressions off
	// proven knows the ranges of columns, typed those of their types only.
	proven, typed *expr.RangeAnalysis
}

func (t *valueTable) init(b *Builder) {
	t.b, t.byKey, t.byExpr = b, map[string]valueID{}, map[expr.Expr]valueID{}
	t.proven, t.typed = expr.NewRangeAnalysis(t.rangeOf), expr.NewRangeAnalysis(nil)
}

// rangeOf is the proven range of a column.
func (t *valueTable) rangeOf(id expr.ColumnID) types.Range {
	if c := t.b.columns[id]; c != nil {
		return c.info.Range
	}
	return types.Range{}
}

// number returns the value number of e.
func (t *valueTable) number(e expr.Expr) valueID {
	if v, ok := t.byExpr[e]; ok {
		return v
	}
	v := t.numberOf(e)
	t.byExpr[e] = v
	return v
}

func (t *valueTable) numberOf(e expr.Expr) valueID {
	if c, ok := e.(*expr.Column); ok {
		return t.column(c)
	}
	n := &valueNode{e: e, deterministic: true}
	key := expr.NodeKey(e)
	if _, ok := e.(*expr.Lambda); ok {
		key = expr.Key(e)
		n.deterministic = expr.Deterministic(e)
		n.fallible = t.proven.Fallible(e)
		for _, id := range expr.Columns(e) {
			n.columns = append(n.columns, t.columnOf(id))
		}
	} else {
		for _, k := range e.Children() {
			kid := t.number(k)
			n.kids = append(n.kids, kid)
			key += "," + strconv.Itoa(int(kid))
		}
	}
	_, isLiteral := e.(*expr.Literal)
	if !t.b.options.CommonSubexpressions && !isLiteral && len(n.kids) > 0 {
		t.distinct++
		key += "#" + strconv.Itoa(t.distinct)
	}
	if v, ok := t.byKey[key]; ok {
		return v
	}
	t.describe(n)
	return t.add(key, n)
}

func (t *valueTable) add(key string, n *valueNode) valueID {
	t.nodes = append(t.nodes, n)
	v := valueID(len(t.nodes) - 1)
	t.byKey[key] = v
	return v
}

func (t *valueTable) columnOf(id expr.ColumnID) *column {
	c, ok := t.b.columns[id]
	if !ok {
		panic(fmt.Sprintf("program: column %d is not an input of the stage", id))
	}
	return c
}

func (t *valueTable) column(e *expr.Column) valueID {
	c := t.columnOf(e.ID)
	if c.kind == definedColumn {
		return c.value
	}
	key := "c" + strconv.Itoa(int(e.ID))
	if v, ok := t.byKey[key]; ok {
		return v
	}
	return t.add(key, &valueNode{e: e, column: c, deterministic: true, rng: c.info.Range, columns: []*column{c}, cost: 1})
}

// describe fills in what follows from the node and its children.
func (t *valueTable) describe(n *valueNode) {
	e := n.e
	n.fallible = n.fallible || t.proven.FallibleNode(e)
	if c, ok := e.(*expr.Call); ok && (c.Function.NonDeterministic || c.Function.Stateful) {
		n.deterministic = false
	}
	n.cost = 1
	for _, k := range n.kids {
		kid := t.nodes[k]
		n.fallible = n.fallible || kid.fallible
		n.deterministic = n.deterministic && kid.deterministic
		n.cost = min(n.cost+kid.cost, 1<<20)
		for _, c := range kid.columns {
			n.columns = appendNew(n.columns, c)
		}
	}
	if t.b.options.NarrowTypes || isLiteral(e) {
		n.rng = t.proven.RangeOf(e)
	} else {
		n.rng = types.RangeOfType(e.Type())
	}
	if r := n.rng; r.Known && r.Min > r.Max {
		n.rng = types.Range{} // contradictory statistics: no row, or wrong ones; prove nothing from them
	}
}

func isLiteral(e expr.Expr) bool {
	_, ok := e.(*expr.Literal)
	return ok
}

func appendNew[T comparable](list []T, x T) []T {
	for _, y := range list {
		if x == y {
			return list
		}
	}
	return append(list, x)
}

// value returns an operand that holds value v for the rows of sel, computing it if no register does.
func (b *Builder) value(v valueID, sel selID) operand {
	n := b.values.nodes[v]
	if l, ok := n.e.(*expr.Literal); ok {
		return literalOperand(l)
	}
	if o, ok := b.lookup(v, sel); ok {
		return o
	}
	if n.column != nil {
		return b.load(v, n.column)
	}
	// A branch computes for its own rows only what may fail or what nobody else needs.
	if sel != b.main && b.wanted[v] && !n.fallible && b.within(sel, b.main) {
		sel = b.main
	}
	owner := b.owner
	if definer, ok := b.definers[v]; ok {
		b.owner = definer
	}
	o := b.emit(n, sel)
	b.owner = owner
	b.remember(v, o, sel)
	return o
}

// lookup finds a register of the current space, or of one below it, that holds v for at least the rows of sel.
func (b *Builder) lookup(v valueID, sel selID) (operand, bool) {
	for i := len(b.known[v]) - 1; i >= 0; i-- {
		h := b.known[v][i]
		if b.within(sel, h.sel) {
			return h.operand, true
		}
	}
	for i := len(b.known[v]) - 1; i >= 0; i-- {
		h := b.known[v][i]
		if path, ok := b.pathUp(h.sel); ok {
			o := b.carry(h.operand, path)
			b.remember(v, o, b.main)
			return o, true
		}
	}
	return operand{}, false
}

func (b *Builder) remember(v valueID, o operand, sel selID) {
	if !o.isLiteral() {
		b.known[v] = append(b.known[v], held{o, sel})
	}
}

func literalOperand(l *expr.Literal) operand {
	o := operand{reg: noReg, literal: l, typ: l.Typ, phys: l.Typ.Physical(), nullable: l.Value == nil}
	o.rng = expr.RangeOf(l, nil)
	return o
}

// expression is value for an expression.
func (b *Builder) expression(e expr.Expr, sel selID) operand { return b.value(b.values.number(e), sel) }

// emit compiles the node n, whose value no register holds, for the rows of sel.
func (b *Builder) emit(n *valueNode, sel selID) operand {
	if o, ok := b.fused(n, sel); ok {
		return o
	}
	switch e := n.e.(type) {
	case *expr.Arithmetic:
		return b.arithmetic(n, e, sel)
	case *expr.Comparison, *expr.In, *expr.IsNull:
		return b.predicateValue(n, sel)
	case *expr.And:
		return b.connective(n, sel, true)
	case *expr.Or:
		return b.connective(n, sel, false)
	case *expr.Not:
		return b.not(n, sel)
	case *expr.Case:
		return b.caseWhen(n, e, sel)
	case *expr.Coalesce:
		return b.coalesce(n, sel)
	case *expr.Cast:
		return b.cast(n, e, sel)
	case *expr.Call:
		return b.call(n, e, sel)
	case *expr.Field:
		return b.field(n, e, sel)
	case *expr.Parameter:
		panic("program: a parameter has no value; put literals in their place first")
	}
	panic(fmt.Sprintf("program: %T in a program", n.e))
}
